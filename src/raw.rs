//! Calls to any other endpoint of the platform, with the same sign-in, retries, limits and errors.
//!
//! A path is a list of segments below `/api/v2`; each is percent-encoded. A response is decoded into any type that
//! implements `Deserialize`, such as [`serde_json::Value`]. An empty response decodes as `null`: use `()`, an
//! `Option` or a `Value` for it.
//!
//! serde_json writes a number that is NaN or infinite as `null`, which may clear a field. The models of this crate
//! refuse such a number; check it yourself in a body of your own.
//!
//! ```no_run
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "camelCase")]
//! struct Outcome {
//!     id: String,
//!     display_name: String,
//! }
//!
//! let config = genesys_journey::Config::from_env()?;
//! let outcome: Outcome = genesys_journey::raw::get(&config, &["journey", "outcomes", "outcome-1"], &[])?;
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::request::Request;
use crate::{Config, Error, Result};

const ROOT: &str = "/api/v2";

/// Sends a GET request. It is retried if its response is lost.
///
/// `query` holds the pairs of the query in order; a key may occur more than once.
///
/// # Errors
/// `Input` if the path has no segments, or if a segment is empty, `.` or `..`. For other errors see [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::Value;
///
/// let page: Value = genesys_journey::raw::get(&config, &["journey", "outcomes"], &[("pageSize", "100")])?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn get<T: DeserializeOwned>(config: &Config, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
    below(Request::get(ROOT), path, query).send_any(config)
}

/// Sends a POST request with a JSON body. It is never sent twice.
///
/// # Errors
/// Those of [`get`]. If [`outcome_unknown`](Error::outcome_unknown) is true, the request may have been processed.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::{Value, json};
///
/// let body = json!({ "displayName": "Purchase" });
/// let outcome: Value = genesys_journey::raw::post(&config, &["journey", "outcomes"], &[], &body)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn post<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::post(ROOT), path, query).json(body).send_any(config)
}

/// Sends a PATCH request with a JSON body. It is never sent twice.
///
/// # Errors
/// Those of [`get`]. If [`outcome_unknown`](Error::outcome_unknown) is true, the request may have been processed.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::{Value, json};
///
/// let body = json!({ "displayName": "Purchase" });
/// let outcome: Value = genesys_journey::raw::patch(&config, &["journey", "outcomes", "outcome-1"], &[], &body)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn patch<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::patch(ROOT), path, query).json(body).send_any(config)
}

/// Sends a PUT request with a JSON body. It is never sent twice.
///
/// Bodies of the platform contain versions, so a retry could be refused although the first request was processed.
///
/// # Errors
/// Those of [`get`]. If [`outcome_unknown`](Error::outcome_unknown) is true, the request may have been processed.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::{Value, json};
///
/// # use genesys_stand_in::{Family, Operation};
/// # config.service().add_family(Family::new("routing/queues").operations([Operation::Replace]));
/// # config.service().add("routing/queues", json!({ "id": "an id" }));
/// let body = json!({ "version": 3, "name": "Sales" });
/// let queue: Value = genesys_journey::raw::put(&config, &["routing", "queues", "an id"], &[], &body)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn put<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::put(ROOT), path, query).json(body).send_any(config)
}

/// Sends a DELETE request. It is retried if its response is lost; a 404 to the retry is a success.
///
/// # Errors
/// Those of [`get`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::raw::delete(&config, &["journey", "outcomes", "outcome-1"], &[])?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn delete(config: &Config, path: &[&str], query: &[(&str, &str)]) -> Result<()> {
    below(Request::delete(ROOT), path, query).send_for_nothing(config)
}

fn below(request: Request, path: &[&str], query: &[(&str, &str)]) -> Request {
    let request = if path.is_empty() { request.refused(Error::input("path", "has no segments")) } else { request };
    let request = path.iter().fold(request, |request, segment| request.segment("path", segment));
    query.iter().fold(request, |request, (key, value)| request.query(key, Some(value)))
}
