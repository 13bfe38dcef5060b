//! Any other endpoint of the platform, with the same sign-in, retries, limits and errors.
//!
//! A path is given as its segments below `/api/v2`, each escaped on its own; an answer is read as any
//! type that serde can read, `serde_json::Value` among them. An answer without a body, such as a 204, reads
//! as `null`: as `()`, an `Option` or a `Value`.
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

/// Reads what is at a path: a GET, which is repeated where its answer is lost.
///
/// `query` are the pairs of the query, in order; a key may stand in it more than once.
///
/// # Errors
/// `Input` where there are no segments, or one is empty, `.` or `..`; else see [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use serde_json::Value;
///
/// let page: Value = genesys_journey::raw::get(&config, &["journey", "outcomes"], &[("pageSize", "100")])?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn get<T: DeserializeOwned>(config: &Config, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
    below(Request::get(ROOT), path, query).send_any(config)
}

/// Sends a body with POST: once, over a new connection, never twice.
///
/// # Errors
/// As for [`get`]. With [`outcome_unknown`](Error::outcome_unknown) it may have been carried out.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
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

/// Sends a body with PATCH: once, over a new connection, never twice.
///
/// # Errors
/// As for [`get`]. With [`outcome_unknown`](Error::outcome_unknown) it may have been carried out.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use serde_json::{Value, json};
///
/// let body = json!({ "displayName": "Purchase" });
/// let outcome: Value = genesys_journey::raw::patch(&config, &["journey", "outcomes", "an id"], &[], &body)?;
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

/// Sends a body with PUT: once, over a new connection, never twice. (HTTP would allow to repeat it; the
/// platform's bodies carry versions, so a repeat could be refused although the first was carried out.)
///
/// # Errors
/// As for [`get`]. With [`outcome_unknown`](Error::outcome_unknown) it may have been carried out.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use serde_json::{Value, json};
///
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

/// Deletes what is at a path; repeated where its answer is lost, and that it is then gone is success.
///
/// # Errors
/// As for [`get`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// genesys_journey::raw::delete(&config, &["journey", "outcomes", "outcome-1"], &[])?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn delete(config: &Config, path: &[&str], query: &[(&str, &str)]) -> Result<()> {
    below(Request::delete(ROOT), path, query).send_for_nothing(config)
}

fn below(request: Request, path: &[&str], query: &[(&str, &str)]) -> Request {
    let request = match path.is_empty() {
        true => request.refused(Error::input("path", "has no segments")),
        false => path.iter().fold(request, |request, segment| request.segment("path", segment)),
    };
    query.iter().fold(request, |request, (key, value)| request.query(key, Some(value)))
}
