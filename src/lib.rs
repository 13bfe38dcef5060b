//! A blocking client for the Genesys Cloud (formerly PureCloud) Journey API: segments, action targets and journey
//! aggregates.
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
//! # Modules
//!
//! The API consists of free functions, grouped by module. A [`Config`], passed by reference, is the only state.
//!
//! | Module | Content |
//! |---|---|
//! | [`segments`] | list, read, create, update and delete segments; find one by name; edit without lost updates; set up from code |
//! | [`analytics`] | query journey aggregates: as a whole, streamed, or as a job |
//! | [`action_targets`] | list, read and update action targets (deprecated by the vendor) |
//! | [`criteria`] | the conditions that assign visitors to a segment |
//! | [`auth`] | sign in with any grant of the platform |
//! | [`raw`] | call any other endpoint of the platform |
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
//! a later run may succeed. `Display` prints one line with everything that is known.
//!
//! # Logging
//!
//! The crate logs through [`log`](https://docs.rs/log) under the target `genesys_journey`. Each attempt is a debug
//! line with method, path, status or failure, duration, attempt number and correlation id. Each retry is a warning
//! with its reason and delay. With `env_logger`, set `RUST_LOG=genesys_journey=debug`.
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
//! | `gzip` (default) | requests compressed responses |
//! | `jiff` | conversions between [`Timestamp`] and `jiff::Timestamp` |
//!
//! Without a TLS feature, only plain HTTP to loopback hosts works, which is enough for tests.

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

pub mod action_targets;
pub mod analytics;
pub mod auth;
pub mod criteria;
pub mod raw;
pub mod segments;

mod backoff;
mod call;
mod config;
mod error;
mod escape;
mod http;
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
pub use crate::reconcile::Change;
pub use crate::region::Region;
pub use crate::timestamp::Timestamp;
pub use crate::tls::Tls;
pub use crate::update::Update;

/// The programs of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
