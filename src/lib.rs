//! A blocking client for the Genesys Cloud (formerly PureCloud) Journey API: segments, action targets,
//! journey aggregates. No async runtime, a small footprint: for plain synchronous programs, build
//! scripts and cron jobs.
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
//! # How it is laid out
//!
//! Free functions, grouped by module; a [`Config`], passed by reference, is the only state.
//!
//! | Module | What one does with it |
//! |---|---|
//! | [`segments`] | list, read, create, change and delete segments; walk over all, find by name, edit without losing a change, ensure that one is as it should be |
//! | [`analytics`] | ask for aggregates, as a whole, container by container, or as a job |
//! | [`action_targets`] | list, read and change action targets (deprecated by the vendor) |
//! | [`criteria`] | say what makes a visitor part of a segment |
//! | [`auth`] | sign in with any grant of the platform |
//! | [`raw`] | call any other endpoint of the platform |
//!
//! # What it sees to
//!
//! * **Nothing is done twice.** A create or an update is sent once, over a new connection. Where its
//!   answer is lost the error says so ([`Error::outcome_unknown`]); where it was provably not sent, or
//!   turned away for the rate, it is sent again.
//! * **Nothing is lost for want of patience.** Reads and deletes are repeated, up to 4 times, with
//!   growing waits, and `Retry-After` is honoured: by all clones of the [`Config`].
//! * **Nothing hangs.** Each attempt has a time-out (30 s), each call a deadline (5 minutes) that holds
//!   for everything in it; `segments::edit`, `ensure`, `find_by_name` and `get_many` keep one as a whole. See
//!   [`ConfigBuilder`], and [`Config::with_deadline`] for a whole program.
//! * **Nothing leaks.** No token or secret is in an error, a `Debug` or a log line; none is sent over
//!   plain HTTP except to this machine; redirects are not followed.
//! * **The future does not break it.** Enum values that it does not know are kept as they came, fields
//!   that it does not know are ignored.
//!
//! # Errors
//!
//! Every function returns [`Error`], one pointer in size. [`Error::kind`] says whose turn it is;
//! [`Error::status`], [`Error::code`], [`Error::message`], [`Error::details`] and
//! [`Error::correlation_id`] say what the service said; printed, it is one line with all of it.
//!
//! # Logging
//!
//! Through the [`log`](https://docs.rs/log) crate, under the target `genesys_journey`: a debug line for
//! each attempt (method, path, status or failure, milliseconds, attempt, correlation id), a warning for
//! each repeat with its reason and wait. Any logger shows them; with `env_logger`,
//! `RUST_LOG=genesys_journey=debug`. The libraries below (`ureq`, `rustls`) log on their own targets;
//! ureq redacts the values of headers that may be secret, but **leave the targets `ureq` and
//! `ureq_proto` off at trace level**: there they dump the bytes that go over the wire, the token among
//! them, and where redirects go. Nothing else, at any level, holds a secret.
//!
//! # Features
//!
//! | Feature | |
//! |---|---|
//! | `rustls` (default) | TLS by rustls, with Mozilla's root certificates compiled in |
//! | `platform-verifier` | TLS by rustls, trusting what the operating system trusts |
//! | `native-tls` | TLS by the operating system's library; takes effect where `rustls` is off |
//! | `gzip` (default) | asks for compressed answers |
//! | `jiff` | conversions between [`Timestamp`] and `jiff::Timestamp` |
//!
//! Without any TLS feature only plain HTTP to loopback hosts works, which is enough for tests.

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
mod open_enum;
mod pagination;
mod rate_limiter;
mod region;
mod request;
mod retry;
mod serde_util;
mod timestamp;
mod tls;
mod update;

pub use crate::config::{Config, ConfigBuilder};
pub use crate::error::{Error, ErrorDetail, ErrorKind, ErrorLimit, Result, ServiceError};
pub use crate::pagination::{ListAll, Page, Paging};
pub use crate::region::Region;
pub use crate::timestamp::Timestamp;
pub use crate::update::Update;

/// The programs of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
