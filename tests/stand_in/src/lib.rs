//! A stateful stand-in of the Genesys Cloud (formerly PureCloud) Journey API with fault injection, in process, for
//! tests of programs that use [`genesys-journey`](https://docs.rs/genesys-journey) or any other client.
//!
//! [`StandIn::start`] starts an organisation on a free loopback port. It keeps state as the service does: ids, versions
//! and their conflicts, filters, sorting, pages, reads that lag, tokens that expire, aggregates and their jobs.
//!
//! ```
//! use genesys_journey::segments::{self, NewSegment};
//!
//! // In a test: no network, no credentials, and nothing shared with other tests.
//! let service = genesys_stand_in::StandIn::start();
//! let config = genesys_stand_in::config!(service);
//!
//! segments::create(&config, &NewSegment::new("VIP"))?;
//! assert_eq!(service.segments()[0]["displayName"], "VIP");
//!
//! // The response to the next write is lost: the client cannot know whether it was processed.
//! service.faults().lose_responses(1);
//! let error = segments::create(&config, &NewSegment::new("Back again")).unwrap_err();
//! assert!(error.outcome_unknown());
//! assert_eq!(service.segments().len(), 2);
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! The macros [`config!`], [`builder!`] and [`region!`] of this version make values of `genesys-journey` 0.1.
//!
//! # State
//!
//! A test puts entities in with [`StandIn::add_segment`], [`StandIn::add`] and [`StandIn::seed_segments`], and reads
//! them with [`StandIn::segment`], [`StandIn::get`] and [`StandIn::all`]. They are any `Serialize` or
//! `DeserializeOwned` types, for example those of the client, or [`serde_json::Value`]. [`StandIn::requests`] has the
//! recorded requests.
//!
//! | Path below `/api/v2/` | Operations |
//! |---|---|
//! | `journey/segments` | list, get, create, update, delete; filters, versions, at most 500 |
//! | `journey/outcomes` | list, get, create, update, delete; filters, versions; predictors; attributions as jobs |
//! | `journey/sessions` | get; events by cursor, of any session; scores |
//! | `externalcontacts/contacts/{}/journey` | sessions by cursor, segments, assignments with partial success |
//! | `journey/flows/paths` | query |
//! | `journey/actiontargets` | list, get, update |
//! | `journey/actionmaps` | list, get, create, update, delete; filters, versions, at most 200; estimates |
//! | `journey/actiontemplates` | list, get, create, update, delete (also for good); filters, versions |
//! | `journey/externalevents/configurations` | list, get, create, update, delete; events, counted by id |
//! | `journey/externalevents/schemas` | list, get, create, replace, delete; versions, core types, limits |
//! | `journey/deployments/…` | ping; events of actions, apps and websites; without a token |
//! | `journey/views` | list, get, create, delete; versions, charts, jobs with results, schedules, event definitions |
//! | `analytics/journeys/aggregates` | query; jobs: submit, status, results, cancel; the numbers follow from the seed, in any interval, also after [`StandIn::now`] |
//! | `echo/…` | any method: the response is the request |
//! | `/oauth/token` (on the same host) | all grants, with the constants of this crate |
//!
//! A test adds further families in a few lines: see [`Family`]. Any other path is 404, in the format of the service.
//!
//! # Faults
//!
//! [`StandIn::faults`] returns the handle. All faults work for all families.
//!
//! | Fault | Method |
//! |---|---|
//! | latency | [`Faults::latency`] |
//! | lost response: processed, and the connection closes | [`Faults::lose_responses`], [`Faults::lose_responses_at_random`] |
//! | lost write: not processed, and the connection closes | [`Faults::lose_writes`] |
//! | reads that lag behind writes | [`Faults::lag_reads`], [`Faults::lag_time`] |
//! | rate limit: 429 with `Retry-After`, or with words only | [`Faults::limit_rate`], [`Faults::limit_rate_in_words`] |
//! | tokens that expire | [`Faults::expire_tokens`], [`Faults::token_lifetime`], [`Faults::token_uses`] |
//! | unstable order of pages | [`Faults::unstable_order`] |
//! | entities deleted during a listing | [`Faults::delete_during_listing`] |
//! | wrong pages | [`Faults::mutate_lists`] |
//! | names that are trimmed, cut or in another case | [`Faults::rewrite_names`] |
//! | external events that are not processed | [`Faults::refuse_events`] |
//! | an error page with status 200 | [`Faults::error_page_with_200`] |
//! | a status for the n-th request | [`Faults::status_for_request`] |
//! | any response | [`StandIn::respond_next`] |
//! | connection closed after each response | [`Faults::close_connections`] |
//!
//! # Time and chance
//!
//! Dates, token lifetimes, rate limits and lag follow a clock that a test can set: [`StandIn::set_time`],
//! [`StandIn::advance_time`], [`StandIn::stop_clock`]. Ids, aggregates and random faults follow from a seed:
//! [`Builder::seed`].
//!
//! # The program
//!
//! `cargo install genesys-stand-in` installs `stand_in`, which serves an organisation to programs in any language until
//! it is stopped: see its `--help`. Its memory does not grow: the last 1,000 requests and 200 jobs are kept. Only
//! the ids of accepted external events add to it.

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

mod aggregates;
mod clock;
mod collection;
mod deployments;
mod estimates;
mod external_events;
mod families;
mod family;
mod faults;
mod interval;
mod jobs;
mod list;
mod macros;
mod oauth;
mod random;
mod request;
mod response;
mod server;
mod stand_in;
mod state;
mod store;
mod views;
mod visitors;

pub use crate::family::{Family, Operation, Paging};
pub use crate::faults::Faults;
#[doc(hidden)]
pub use crate::macros::Example;
pub use crate::request::RecordedRequest;
pub use crate::response::Response;
pub use crate::stand_in::{Builder, StandIn};

/// The access token of [`StandIn::token`].
///
/// ```
/// assert_eq!(genesys_stand_in::TOKEN, "stand-in-token");
/// ```
pub const TOKEN: &str = "stand-in-token";

/// The id of the OAuth client.
///
/// ```
/// println!("export GENESYSCLOUD_OAUTHCLIENT_ID={}", genesys_stand_in::CLIENT_ID);
/// ```
pub const CLIENT_ID: &str = "stand-in-client";

/// The secret of the OAuth client. Some of its characters must be encoded in a form.
///
/// ```
/// println!("export GENESYSCLOUD_OAUTHCLIENT_SECRET='{}'", genesys_stand_in::CLIENT_SECRET);
/// ```
pub const CLIENT_SECRET: &str = "stand-in/secret+=";

/// The authorization code. It is valid once: see [`StandIn::renew_code`].
///
/// ```
/// use genesys_journey::auth::Grant;
/// use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI};
///
/// let service = genesys_stand_in::StandIn::start();
/// let grant = Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE);
/// let config = genesys_stand_in::builder!(service).sign_in(grant)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub const CODE: &str = "stand-in-code";

/// The redirect URI of the OAuth client.
///
/// ```
/// assert!(genesys_stand_in::REDIRECT_URI.starts_with("http://localhost:"));
/// ```
pub const REDIRECT_URI: &str = "http://localhost:8080/callback";

/// The first refresh token. Each use makes a new one.
///
/// ```
/// use genesys_journey::auth::Grant;
/// use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN};
///
/// let service = genesys_stand_in::StandIn::start();
/// let grant = Grant::refresh_token(CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN);
/// let config = genesys_stand_in::builder!(service).sign_in(grant)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub const FIRST_REFRESH_TOKEN: &str = "stand-in-refresh-1";

/// The name of the organisation, for a sign-in with SAML.
///
/// ```
/// use genesys_journey::auth::Grant;
/// use genesys_stand_in::{ASSERTION, CLIENT_ID, CLIENT_SECRET, ORG_NAME};
///
/// let service = genesys_stand_in::StandIn::start();
/// let grant = Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION);
/// let config = genesys_stand_in::builder!(service).sign_in(grant)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub const ORG_NAME: &str = "stand-in-org";

/// The SAML assertion: see [`ORG_NAME`].
///
/// ```
/// assert!(genesys_stand_in::ASSERTION.ends_with("=="));
/// ```
pub const ASSERTION: &str = "stand+in/assertion==";

/// The id of the entities of [`StandIn::doc_example`].
///
/// ```
/// let service = genesys_stand_in::StandIn::doc_example();
/// assert!(service.segment(genesys_stand_in::EXAMPLE_ID).is_some());
/// ```
#[doc(hidden)]
pub const EXAMPLE_ID: &str = "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64";

/// The programs of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
