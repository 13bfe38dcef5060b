//! The tests that can share one process. A module is a topic: `cargo test pagination` runs one.

mod action_maps;
mod action_templates;
mod analytics;
mod bad_input;
mod child;
mod conformance;
mod credentials;
mod deadline;
mod deployments;
mod environment;
mod error_messages;
mod errors;
mod examples;
mod external_contacts;
mod external_events;
mod faults;
mod flows;
mod heap;
mod layers;
mod log_lines;
mod models;
mod operations;
mod outcomes;
mod pagination;
mod panics;
mod rate_limiter;
mod raw;
mod segments;
mod sessions;
mod sign_in;
#[cfg(unix)]
mod token_cache;
mod values;
mod views;
