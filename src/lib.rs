//! A blocking client for the Genesys Cloud (formerly PureCloud) Journey API: segments, journey aggregates, and by features
//! all 95 operations.
//!
//! The crate has no async runtime and a small footprint. It is made for synchronous programs, build scripts and
//! cron jobs.
//!
//! ```no_run
//! use genesys_journey::{Config, Region, segments};
//!
//! fn main() -> Result<(), genesys_journey::Error> {
//!     let config = Config::new(Region::EU_WEST_1, "an-access-token")?; // or Config::from_env()?
//!     for segment in segments::list_all(&config, &Default::default()) {
//!         println!("{}", segment?.display_name);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The [`guide`] has eleven pages, with one task and one program each.
//!
//! # Modules
//!
//! The API consists of free functions, grouped by module. A [`Config`], passed by reference, is the only state.
//!
//! | Module | Content |
//! |---|---|
//! | [`segments`] | list, read, create, update and delete segments; find one by name; edit without lost updates; set up from code |
//! | [`analytics`] | query journey aggregates: as a whole, streamed, or as a job |
//! | `action_maps` (feature `action-maps`) | list, read, create, update and delete action maps; find, edit and set up by name; estimate their reach |
//! | `action_templates` (feature `action-templates`) | list, read, create, update and delete action templates; find, edit and set up by name |
//! | `deployments` (feature `deployments`) | the reports of websites and apps about their visitors, without a token |
//! | `external_events` (feature `external-events`) | send events of other systems; their sources and schemas |
//! | `views` (feature `views`) | journey views: write them as code, run their jobs, read their charts as rows |
//! | `sessions` (feature `sessions`) | read sessions, their events and their scores |
//! | `external_contacts` (feature `external-contacts`) | list the sessions and segments of a contact; assign segments |
//! | `flows` (feature `flows`) | query the paths through flows |
//! | `outcomes` (feature `outcomes`) | outcomes, their predictors and attributions (deprecated by the vendor); find, edit and set up by name |
//! | [`action_targets`] | list, read and update action targets (deprecated by the vendor) |
//! | [`criteria`] | the conditions that assign visitors to a segment |
//! | [`auth`] | sign in with any grant of the platform |
//! | [`raw`] | call any other endpoint of the platform |
//!
//! | Function | HTTP | The vendor's name |
//! |---|---|---|
//! | [`segments::list`], [`segments::list_all`] | GET /api/v2/journey/segments | GetJourneySegments |
//! | [`segments::get`] | GET …/segments/{segmentId} | GetJourneySegment |
//! | [`segments::create`] | POST …/segments | PostJourneySegments |
//! | [`segments::update`] | PATCH …/segments/{segmentId} | PatchJourneySegment |
//! | [`segments::delete`] | DELETE …/segments/{segmentId} | DeleteJourneySegment |
//! | [`action_targets::list`], [`action_targets::list_all`] | GET /api/v2/journey/actiontargets | GetJourneyActiontargets |
//! | [`action_targets::get`] | GET …/actiontargets/{actionTargetId} | GetJourneyActiontarget |
//! | [`action_targets::update`] | PATCH …/actiontargets/{actionTargetId} | PatchJourneyActiontarget |
//! | [`analytics::query_aggregates`], [`analytics::stream_aggregates`] | POST /api/v2/analytics/journeys/aggregates/query | PostAnalyticsJourneysAggregatesQuery |
//! | [`analytics::jobs::submit`] | POST /api/v2/analytics/journeys/aggregates/jobs | PostAnalyticsJourneysAggregatesJobs |
//!
//! # Guarantees
//!
//! * **No write is sent twice.** If the response to a create or an update is lost, the error says that the outcome
//!   is unknown ([`Error::outcome_unknown`]). The request is sent again only if it was provably not processed.
//! * **Idempotent requests are retried**: up to 4 attempts with exponential backoff. `Retry-After` is respected by
//!   all clones of a [`Config`].
//! * **Every call ends.** An attempt takes at most 30 s and a call at most 5 minutes, the sign-in included. Both
//!   are settings of [`ConfigBuilder`]; [`Config::with_deadline`] bounds a whole program.
//! * **No secret leaks.** No token or secret appears in an error, a `Debug` output or a log line. Plain HTTP is
//!   used for loopback hosts only, and redirects are not followed.
//! * **Unknown fields and enum values are tolerated.** Unknown enum values are kept and written back unchanged.
//!
//! # Errors
//!
//! Every function returns [`Error`]. [`Error::kind`] names the cause, and [`Error::is_transient`] returns whether
//! a later run may succeed. `Display` prints one line with all facts.
//!
//! A write reuses a connection only if it was idle for less than a second. A 429 with `Retry-After` pauses all clones
//! of the [`Config`], for at most 5 minutes. If a wait does not fit into the deadline, the call fails at once, and
//! [`Error::retry_after`] returns the wait.
//!
//! # Testing your program
//!
//! The crate [`genesys-stand-in`](https://docs.rs/genesys-stand-in) is an organisation in the process of the test, with
//! state and fault injection. Add it to the `[dev-dependencies]`; its macro `config!` makes the [`Config`]. A test
//! needs no network and no credentials, and shares nothing with other tests.
//!
//! ```
//! use std::time::{Duration, Instant};
//!
//! use genesys_journey::segments::{self, NewSegment};
//! use genesys_journey::{Config, Result};
//!
//! /// The function under test: returns the id of the segment of this name, and creates it if there is none.
//! fn id_of(config: &Config, name: &str) -> Result<String> {
//!     Ok(segments::ensure(config, &NewSegment::new(name))?.entity().id.clone())
//! }
//!
//! // In a test function:
//! let service = genesys_stand_in::StandIn::start();
//! let config = genesys_stand_in::config!(service);
//!
//! // The service processes the create and closes the connection without a response. Then reads lag.
//! service.faults().lose_responses(1).lag_reads(2);
//! let id = id_of(&config, "VIP")?;
//! assert_eq!(service.segments()[0]["id"], id);
//!
//! // The service never receives the create. `ensure` waits for the segment until the deadline.
//! service.faults().lose_writes(1);
//! let config = config.with_deadline(Instant::now() + Duration::from_millis(300));
//! assert!(id_of(&config, "New visitors").unwrap_err().outcome_unknown());
//! assert_eq!(service.segments().len(), 1);
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! A function that needs no service is tested on values. Every response has `Default` and public fields, and is decoded
//! from short JSON. [`Error::from_response`] makes the error of a response, [`Error::new`] one of a kind, and
//! [`Error::with_outcome_unknown`] that of a write whose response is lost. [`Page`] is made from a `Vec`, and
//! [`segments::Ensured`] from a segment. Take a list as `impl Iterator<Item = Result<T>>`, so that a test passes a
//! `Vec` in place of [`ListAll`]. The errors of a sign-in and of an incomplete list come from the stand-in.
//!
//! ```
//! use genesys_journey::segments::Segment;
//! use genesys_journey::{Error, ErrorKind, Result};
//!
//! /// A function under test: the names of the active segments.
//! fn active(segments: impl Iterator<Item = Result<Segment>>) -> Result<Vec<String>> {
//!     segments
//!         .filter(|segment| segment.as_ref().map_or(true, |segment| segment.is_active))
//!         .map(|segment| Ok(segment?.display_name))
//!         .collect()
//! }
//!
//! /// A function under test: the exit code of a cron job.
//! fn exit_code(error: &Error) -> u8 {
//!     if error.is_transient() { 1 } else { 2 }
//! }
//!
//! // In a test function:
//! let mut vip = Segment::default();
//! vip.display_name = "VIP".into();
//! vip.is_active = true;
//! let old = serde_json::from_str(r#"{"id": "7", "displayName": "Old", "version": 3, "isActive": false}"#).unwrap();
//! assert_eq!(active([Ok(vip), Ok(old)].into_iter())?, ["VIP"]);
//! assert!(active([Err(Error::new(ErrorKind::Timeout, "too slow"))].into_iter()).is_err());
//!
//! assert_eq!(exit_code(&Error::from_response(403, r#"{"code": "missing.permission"}"#)), 2);
//! assert_eq!(exit_code(&Error::from_response(429, "")), 1);
//! assert_eq!(exit_code(&Error::from_response(503, "").with_outcome_unknown()), 2);
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! # Async programs
//!
//! Every call blocks its thread. In an async runtime, run it with the runtime's `spawn_blocking`; a clone of the
//! [`Config`] is cheap and shares connections, token and rate limiter:
//!
//! ```text
//! let config = config.clone();
//! let segment = tokio::task::spawn_blocking(move || segments::get(&config, &id)).await??;
//! ```
//!
//! # Logging
//!
//! The crate logs through [`log`](https://docs.rs/log) under the target `genesys_journey`. Each attempt is a debug
//! line with method, path, status or failure, duration, attempt number and correlation id. Each retry is a warning
//! with its reason and delay. With `env_logger`, set `RUST_LOG=genesys_journey=debug`. Calls about visitors log no text of a
//! response, and no id that is not a UUID.
//!
//! The libraries `ureq` and `rustls` log under their own targets. **Keep `ureq` and `ureq_proto` above trace
//! level**: at that level they log all bytes on the wire, including the token. At debug level, `ureq` logs a few
//! headers of each response as received, such as `Server`.
//!
//! # Features
//!
//! | Feature | Effect |
//! |---|---|
//! | `rustls` (default) | TLS by rustls, with Mozilla's root certificates compiled in |
//! | `platform-verifier` | TLS by rustls, with the trust store of the operating system |
//! | `native-tls` | TLS by the library of the operating system; used if `rustls` is off |
//! | `socks-proxy` | SOCKS 5 proxies |
//! | `gzip` (default) | requests compressed responses |
//! | `jiff` | conversions between [`Timestamp`] and `jiff::Timestamp` |
//! | `action-maps` | the module `action_maps` |
//! | `action-templates` | the module `action_templates` |
//! | `deployments` | the module `deployments` |
//! | `external-events` | the module `external_events` |
//! | `views` | the module `views` |
//! | `external-contacts` | the module `external_contacts` |
//! | `flows` | the module `flows` |
//! | `outcomes` | the module `outcomes` |
//! | `sessions` | the module `sessions` |
//! | `full` | every family of endpoints beyond the core |
//!
//! With rustls, the cryptography is always ring. The crate neither sets nor uses rustls's process-wide
//! `CryptoProvider`, so your program is free to install another one. ring needs a C compiler. For a musl target,
//! install `musl-gcc`, or name another compiler in `CC_<target>`, such as `CC_x86_64_unknown_linux_musl=gcc`.
//!
//! Without a TLS feature, only plain HTTP to loopback hosts works, which is enough for tests.
//!
//! # Compared with the vendor's SDKs
//!
//! The tests of the crate replay calls that were recorded with the vendor's Python SDK 269. Requests and responses are
//! equal, with three differences. Lists of ids are sent with one key for each id instead of one value with commas,
//! `Content-Type` is sent only with a body, and 500 segments of a contact are requested instead of 25.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::todo
    )
)]

#[cfg(feature = "action-maps")]
#[cfg_attr(docsrs, doc(cfg(feature = "action-maps")))]
pub mod action_maps;
pub mod action_targets;
#[cfg(feature = "action-templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "action-templates")))]
pub mod action_templates;
pub mod analytics;
pub mod auth;
pub mod criteria;
#[cfg(feature = "deployments")]
#[cfg_attr(docsrs, doc(cfg(feature = "deployments")))]
pub mod deployments;
#[cfg(feature = "external-contacts")]
#[cfg_attr(docsrs, doc(cfg(feature = "external-contacts")))]
pub mod external_contacts;
#[cfg(feature = "external-events")]
#[cfg_attr(docsrs, doc(cfg(feature = "external-events")))]
pub mod external_events;
#[cfg(feature = "flows")]
#[cfg_attr(docsrs, doc(cfg(feature = "flows")))]
pub mod flows;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(any(feature = "action-maps", feature = "action-templates", feature = "deployments", feature = "sessions"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(
        feature = "action-maps",
        feature = "action-templates",
        feature = "deployments",
        feature = "sessions"
    )))
)]
pub mod offers;
#[cfg(feature = "outcomes")]
#[cfg_attr(docsrs, doc(cfg(feature = "outcomes")))]
pub mod outcomes;
pub mod raw;
#[cfg(any(
    feature = "action-maps",
    feature = "external-contacts",
    feature = "external-events",
    feature = "flows",
    feature = "outcomes",
    feature = "sessions",
    feature = "views"
))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(
        feature = "action-maps",
        feature = "external-contacts",
        feature = "external-events",
        feature = "flows",
        feature = "outcomes",
        feature = "sessions",
        feature = "views"
    )))
)]
pub mod references;
pub mod segments;
#[cfg(feature = "sessions")]
#[cfg_attr(docsrs, doc(cfg(feature = "sessions")))]
pub mod sessions;
#[cfg(feature = "views")]
#[cfg_attr(docsrs, doc(cfg(feature = "views")))]
pub mod views;
#[cfg(any(feature = "deployments", feature = "external-contacts", feature = "sessions"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "deployments", feature = "external-contacts", feature = "sessions"))))]
pub mod visitors;

mod backoff;
mod call;
mod config;
mod deadline;
mod error;
mod escape;
mod http;
mod interval;
mod job;
mod open_enum;
mod pagination;
mod rate_limiter;
mod reconcile;
mod redact;
mod region;
mod request;
mod retry;
mod serde_util;
mod timestamp;
mod tls;
mod update;

pub use crate::config::{Config, ConfigBuilder};
pub use crate::error::{Error, ErrorDetail, ErrorKind, ErrorLimit, Result, ServiceError};
pub use crate::pagination::{ListAll, Page};
pub use crate::reconcile::{Change, Ensured, EnsuredExact, ExactDifference};
pub use crate::region::Region;
pub use crate::timestamp::Timestamp;
pub use crate::tls::Tls;
pub use crate::update::Update;

/// The README. Its programs are compiled as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
