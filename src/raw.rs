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

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::pagination::DEFAULT_PAGE_SIZE;
use crate::request::Request;
use crate::{Config, Error, ListAll, Page, Result};

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
#[inline]
pub fn get<T: DeserializeOwned>(config: &Config, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
    below(Request::get(ROOT), path, query).send_any(config)
}

/// Sends a POST request with a JSON body.
///
/// The request is retried only if the service provably did not process it.
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
#[inline]
pub fn post<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::post(ROOT), path, query).json(body).send_any(config)
}

/// Sends a POST request that changes nothing, such as a query. It is retried if its response is lost, and also sent
/// where the configuration is [`read_only`](crate::ConfigBuilder::read_only).
///
/// # Errors
/// Those of [`get`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::{Value, json};
///
/// let path = ["analytics", "journeys", "aggregates", "query"];
/// let query = json!({ "interval": "2026-05-01/2026-05-08", "metrics": ["nJourneySessions"] });
/// let results: Value = genesys_journey::raw::post_read_only(&config, &path, &[], &query)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn post_read_only<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::post(ROOT), path, query).read_only().json(body).send_any(config)
}

/// Sends a PATCH request with a JSON body.
///
/// The request is retried only if the service provably did not process it.
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
#[inline]
pub fn patch<T: DeserializeOwned>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
    body: &(impl Serialize + ?Sized),
) -> Result<T> {
    below(Request::patch(ROOT), path, query).json(body).send_any(config)
}

/// Sends a PUT request with a JSON body.
///
/// The request is retried only if the service provably did not process it: bodies of the platform contain versions, so
/// a retry could be refused although the first request was processed.
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
#[inline]
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

/// Iterates over all entities of a list, page by page: 100 to a request, or the `pageSize` of `query`.
///
/// Covers lists that are read by GET: those by page numbers, and those whose `nextUri` has the parameter `after`. The
/// iterator is complete, and yields each `id` once, as described for [`ListAll`]. An entity without an `id` counts by its
/// place.
///
/// A list whose `cursor` goes into the query or into the POST body of the next request is not covered: send its requests
/// in a loop, as in the second example.
///
/// # Errors
/// `Input` if `query` has a page number, or a page size that is no number from 1; otherwise those of [`get`]. An error
/// is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::Value;
///
/// for outcome in genesys_journey::raw::list_all::<Value>(&config, &["journey", "outcomes"], &[]) {
///     println!("{}", outcome?["displayName"]);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
///
/// A search whose cursor is in the body:
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use serde_json::{Value, json};
///
/// # let pages = [json!({ "results": [{}], "cursor": "2" }), json!({ "results": [{}] })];
/// # config.service().respond_next(pages.map(|page| genesys_stand_in::Response::json(200, page)));
/// let path = ["conversations", "participants", "attributes", "search"];
/// let mut search = json!({ "query": [{ "type": "EXACT", "fields": ["level"], "value": "gold" }] });
/// loop {
///     let page: Value = genesys_journey::raw::post_read_only(&config, &path, &[], &search)?;
///     println!("{}", page["results"]);
///     let Some(cursor) = page.get("cursor") else { break };
///     search["cursor"] = cursor.clone();
/// }
/// # assert_eq!(config.service().last_request().body.unwrap()["cursor"], "2");
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all<T: DeserializeOwned + Send + 'static>(
    config: &Config,
    path: &[&str],
    query: &[(&str, &str)],
) -> impl Iterator<Item = Result<T>> + Send + use<T> {
    let (config, list) = (config.clone(), PagedList::new(path, query));
    let page_size = list.page_size;
    let all = ListAll::detected(page_size, Entry::id, move |number, cursor| list.page(&config, number, cursor));
    all.map(|entry| Ok(entry?.entity))
}

/// A list of any type of entity.
struct PagedList {
    path: Vec<String>,
    /// Without the page size.
    query: Vec<(String, String)>,
    page_size: u32,
}

impl PagedList {
    const PAGE_SIZE: &str = "pageSize";

    fn new(path: &[&str], query: &[(&str, &str)]) -> PagedList {
        let page_size = query.iter().find(|(key, _)| *key == PagedList::PAGE_SIZE);
        // 0 is refused when the first page is requested.
        let page_size = page_size.map_or(DEFAULT_PAGE_SIZE, |(_, size)| size.parse().unwrap_or(0));
        let query = query.iter().filter(|(key, _)| *key != PagedList::PAGE_SIZE);
        PagedList {
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query: query.map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            page_size,
        }
    }

    #[inline]
    fn page<T: DeserializeOwned>(
        &self,
        config: &Config,
        number: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Entry<T>>> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let query: Vec<(&str, &str)> = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let is_set = |name: &&str| query.iter().any(|(key, _)| key == name);
        if let Some(name) = ["pageNumber", "after"].into_iter().find(is_set) {
            return Err(Error::input(name, "is set; list_all returns all pages"));
        }
        let number = number.filter(|number| *number > 1);
        let request = below(Request::get(ROOT), &path, &query).paged(Some(self.page_size), number);
        let mut page: Page<Entry<T>> = request.query("after", cursor).send(config)?;
        for (place, entry) in page.entities.iter_mut().enumerate() {
            entry.id.get_or_insert_with(|| format!("{number:?} {cursor:?} {place}"));
        }
        Ok(page)
    }
}

/// An entity of a list, and its id, if it has one.
struct Entry<T> {
    id: Option<String>,
    entity: T,
}

impl<T> Entry<T> {
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entry<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        let entity = serde_json::from_value(value).map_err(D::Error::custom)?;
        Ok(Entry { id, entity })
    }
}

fn below(request: Request, path: &[&str], query: &[(&str, &str)]) -> Request {
    let request = if path.is_empty() {
        request.refused(Error::input("path", "is empty; a path must have a segment"))
    } else {
        request
    };
    let request = path.iter().fold(request, |request, segment| request.segment("path", segment));
    query.iter().fold(request, |request, (key, value)| request.query(key, Some(value)))
}
