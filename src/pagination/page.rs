//! One page of a list, as the service sends it.
//!
//! Invariant: an error object with status 200 never becomes an empty page.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

use super::next_uri;
use crate::serde_util::{Entries, TWO_TO_53, entries};

/// One page of a list.
///
/// All fields but the entities are optional. They are the service's own counts, which may be wrong;
/// `list_all` does not rely on them.
///
/// A test of your program makes a page of entities, or decodes one from JSON:
///
/// ```
/// use genesys_journey::Page;
/// use genesys_journey::segments::Segment;
///
/// let mut page = Page::from(vec![Segment::default()]);
/// page.total = Some(1);
/// let empty: Page<Segment> = serde_json::from_str(r#"{"entities": [], "total": 0}"#)?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "SegmentListing")]
#[doc(alias = "ActionTargetListing")]
#[doc(alias = "EventListing")]
#[doc(alias = "OutcomeListing")]
#[doc(alias = "SessionListing")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Envelope<T>", bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct Page<T> {
    /// The entities of this page.
    pub entities: Vec<T>,
    /// The number of entities on a full page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// The number of this page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u64>,
    /// The number of entities on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The number of pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u64>,
    /// The path of the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_uri: Option<String>,
    /// The path of the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// The path of this page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The path of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// The path of the page before, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
    /// The number of entries that were `null`. They are not in `entities`, but fill the page.
    #[serde(skip)]
    pub(super) null_entries: usize,
}

impl<T> Page<T> {
    /// Returns the cursor of the next page, for a list whose pages have a cursor inside [`next_uri`](Self::next_uri),
    /// or `None` on the last page.
    ///
    /// # Errors
    /// `Decode` if there is a `nextUri` without a cursor, as in a list by page numbers.
    ///
    /// ```
    /// use genesys_journey::Page;
    ///
    /// let page: Page<String> = serde_json::from_str(r#"{"nextUri": "/api/v2/things?after=b2xk%3D&pageSize=2"}"#).unwrap();
    /// assert_eq!(page.next_cursor()?.as_deref(), Some("b2xk="));
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    pub fn next_cursor(&self) -> crate::error::Result<Option<String>> {
        next_uri::cursor(self.next_uri.as_deref())
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page::from(Vec::new())
    }
}

impl<T> From<Vec<T>> for Page<T> {
    /// Returns a page with these entities and nothing else.
    fn from(entities: Vec<T>) -> Self {
        Page {
            entities,
            page_size: None,
            page_number: None,
            total: None,
            page_count: None,
            first_uri: None,
            last_uri: None,
            self_uri: None,
            next_uri: None,
            previous_uri: None,
            null_entries: 0,
        }
    }
}

/// A page before it is known to be one: each field may be absent, but not all of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Envelope<T> {
    #[serde(default, deserialize_with = "entries")]
    entities: Option<Entries<T>>,
    #[serde(default, deserialize_with = "count")]
    page_size: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    page_number: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    total: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    page_count: Option<u64>,
    first_uri: Option<String>,
    last_uri: Option<String>,
    self_uri: Option<String>,
    next_uri: Option<String>,
    previous_uri: Option<String>,
}

impl<T> TryFrom<Envelope<T>> for Page<T> {
    type Error = &'static str;

    fn try_from(envelope: Envelope<T>) -> Result<Page<T>, &'static str> {
        let Envelope { page_size, page_number, total, page_count, .. } = envelope;
        let Envelope { entities, first_uri, last_uri, self_uri, next_uri, previous_uri, .. } = envelope;
        let counts = [page_size, page_number, total, page_count];
        let uris = [&first_uri, &last_uri, &self_uri, &next_uri, &previous_uri];
        // An error object must never look like an empty list.
        if entities.is_none() && counts.iter().all(Option::is_none) && uris.iter().all(|uri| uri.is_none()) {
            return Err(NO_LIST);
        }
        let Entries { entries: entities, nulls: null_entries } = entities.unwrap_or_default();
        Ok(Page {
            entities,
            page_size,
            page_number,
            total,
            page_count,
            first_uri,
            last_uri,
            self_uri,
            next_uri,
            previous_uri,
            null_entries,
        })
    }
}

/// A list that comes whole: it must have `entities`.
#[cfg(any(feature = "external-events", feature = "outcomes", feature = "views"))]
#[derive(Deserialize)]
#[serde(try_from = "Envelope<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct WholeList<T>(Page<T>);

#[cfg(any(feature = "external-events", feature = "outcomes", feature = "views"))]
impl<T> WholeList<T> {
    pub fn into_page(self) -> Page<T> {
        self.0
    }
}

#[cfg(any(feature = "external-events", feature = "outcomes", feature = "views"))]
impl<T> TryFrom<Envelope<T>> for WholeList<T> {
    type Error = &'static str;

    fn try_from(envelope: Envelope<T>) -> Result<WholeList<T>, &'static str> {
        if envelope.entities.is_none() {
            return Err(NO_LIST);
        }
        envelope.try_into().map(WholeList)
    }
}

/// The problem of an object that is no list.
const NO_LIST: &str = "expected a list, found an object without \"entities\"";

/// Reads a count, also from a number with an empty fraction, such as `3.0`. A negative count is none.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    match (number.as_u64(), number.as_f64()) {
        (Some(count), _) => Ok(Some(count)),
        (None, Some(count)) if count < 0.0 => Ok(None),
        (None, Some(count)) if count.fract() == 0.0 && count < TWO_TO_53 => Ok(Some(count as u64)),
        _ => Err(D::Error::invalid_value(Unexpected::Other("number"), &"a count")),
    }
}
