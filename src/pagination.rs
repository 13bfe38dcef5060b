//! One page of a list, and the walk over all of them.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::vec;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::Result;
use crate::serde_util::null_as_default;

/// One page of a list.
///
/// Everything but the entities may be absent, and is what the service says: `list_all` does not rely
/// on it.
#[doc(alias = "SegmentListing")]
#[doc(alias = "ActionTargetListing")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on this page.
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub entities: Vec<T>,
    /// How many are on a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// The number of this page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u64>,
    /// How many there are on all pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many pages there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u64>,
    /// Where the first page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_uri: Option<String>,
    /// Where the last page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// Where this page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// Where the next page is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// Where the page before is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
}

/// Which page of a list, and how much on it. What is not set is not sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// Entities on a page; at least 1; the service's default is 25.
    pub page_size: Option<u32>,
    /// The number of the page, from 1, which is the default. `list_all` sets it itself.
    pub page_number: Option<u32>,
}

type Fetch<T> = dyn FnMut(&Config, &Paging) -> Result<Page<T>> + Send;

/// All entities of a list, page by page: what the `list_all` functions return.
///
/// A page is asked for when its first entity is wanted. The walk ends after the first error, and it
/// ends on a service that repeats a page, sends an empty one or lies about the count: what it says is
/// believed only as far as it agrees with what it sends. An entity that moves to a later page during
/// the walk is given once.
#[must_use = "nothing is asked for until the first entity is wanted"]
pub struct ListAll<T> {
    config: Config,
    fetch: Box<Fetch<T>>,
    id: fn(&T) -> &str,
    /// What is asked for at a time, where the service does not say what it gives.
    page_size: u32,
    /// The number of the next page, from 1; `None` when there is no more.
    next: Option<u32>,
    buffer: vec::IntoIter<T>,
    /// A hash of each id seen, which is 8 bytes where an id may be long. That two of a million ids have the
    /// same one happens once in forty million walks.
    seen: HashSet<u64>,
    hasher: RandomState,
    total: Option<u64>,
    /// Pages in a row that held nothing new.
    empty_pages: u32,
}

impl<T> ListAll<T> {
    /// `id` tells one entity from another; `fetch` asks for a page, of 100 where `page_size` is `None`.
    pub(crate) fn new(
        config: &Config,
        page_size: Option<u32>,
        id: fn(&T) -> &str,
        fetch: impl FnMut(&Config, &Paging) -> Result<Page<T>> + Send + 'static,
    ) -> ListAll<T> {
        ListAll {
            config: config.clone(),
            fetch: Box::new(fetch),
            id,
            page_size: page_size.unwrap_or(100),
            next: Some(1),
            buffer: Vec::new().into_iter(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            total: None,
            empty_pages: 0,
        }
    }

    /// Takes a page in hand, and decides whether there is another.
    fn accept_page(&mut self, number: u32, mut page: Page<T>) {
        let on_page = page.entities.len() as u64;
        page.entities.retain(|entity| self.seen.insert(self.hasher.hash_one((self.id)(entity))));
        self.empty_pages = if page.entities.is_empty() { self.empty_pages + 1 } else { 0 };
        let seen = self.seen.len() as u64;
        // A count below what was already seen is no count.
        self.total = page.total.filter(|total| *total >= seen);
        let pages = page.page_count.filter(|pages| *pages >= u64::from(number));
        let known = self.total.is_some() || pages.is_some() || page.next_uri.is_some();
        let is_full = on_page >= page.page_size.filter(|size| *size > 0).unwrap_or(self.page_size.into());
        let more = match known {
            true => {
                self.total.is_some_and(|total| total > seen)
                    || pages.is_some_and(|pages| pages > u64::from(number))
                    || page.next_uri.is_some()
            }
            false => is_full,
        };
        // One empty page may be a gap; two are the end.
        self.next = if more && self.empty_pages < 2 { number.checked_add(1) } else { None };
        self.buffer = page.entities.into_iter();
    }
}

impl<T> Iterator for ListAll<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            if let Some(entity) = self.buffer.next() {
                return Some(Ok(entity));
            }
            let number = self.next.take()?;
            let paging = Paging { page_size: Some(self.page_size), page_number: Some(number) };
            match (self.fetch)(&self.config, &paging) {
                Ok(page) => self.accept_page(number, page),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let buffer = self.buffer.len();
        let to_come = match (self.next, self.total) {
            (None, _) => Some(0),
            (Some(_), Some(total)) => usize::try_from(total.saturating_sub(self.seen.len() as u64)).ok(),
            (Some(_), None) => None,
        };
        (buffer, to_come.and_then(|to_come| buffer.checked_add(to_come)))
    }
}

impl<T> std::iter::FusedIterator for ListAll<T> {}

impl<T> fmt::Debug for ListAll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListAll {{ next page: {:?}, in hand: {} }}", self.next, self.buffer.len())
    }
}
