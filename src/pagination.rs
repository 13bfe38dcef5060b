//! Lists of several pages.
//!
//! [`ListAll`] requests the pages of a list and yields their entities. The [`Paginator`] below it decides
//! after each page whether there is another; it does no I/O. A constructor of `ListAll` exists for each way
//! in which the service divides a list: page numbers, a cursor in the body, a cursor inside `nextUri`, one page
//! that holds the whole list, and `detected` for a list of unknown kind.

mod next_uri;
mod page;
mod paginator;
#[cfg(test)]
mod tests;
#[cfg(feature = "external-contacts")]
mod whole;

use std::fmt;
use std::mem;
use std::vec;

use crate::config::Config;
use crate::error::{Error, Result};

pub use page::Page;
#[cfg(any(feature = "external-events", feature = "outcomes", feature = "views"))]
pub(crate) use page::WholeList;
pub(crate) use paginator::incomplete;
use paginator::{Counts, Following, Paginator, Position, Step};
#[cfg(feature = "external-contacts")]
pub(crate) use whole::Whole;

/// The page size of a list by page numbers, if the caller sets none.
pub(crate) const DEFAULT_PAGE_SIZE: u32 = 100;

type Fetch<T> = dyn FnMut(&Position) -> Result<Received<T>> + Send;

/// One response of a list.
struct Received<T> {
    entities: Vec<T>,
    /// The number of entries that were `null`.
    null_entries: usize,
    following: Following,
}

impl Counts {
    /// Returns the counts of a page that was requested with this size.
    fn of<T>(page: &Page<T>, page_size: u32) -> Counts {
        Counts {
            total: page.total,
            page_count: page.page_count,
            page_size: page.page_size.filter(|size| *size > 0).unwrap_or(page_size.into()),
            has_next_uri: page.next_uri.is_some(),
        }
    }
}

/// An iterator over all entities of a list, returned by the `list_all` functions.
///
/// Each page is requested when its first entity is needed. Each entity is yielded once, also if it moves to
/// another page between two requests. The iterator ends after the first error.
///
/// A list without cursors is complete if all pages report the same total and that many entities were
/// received. Otherwise the list is requested again, at most twice, and entities that were missing are
/// yielded. The list is also complete if two of these passes received the same entities; the total does not
/// matter then. If not, the last item is an error with [`is_incomplete`](Error::is_incomplete).
///
/// One change of a list cannot be seen in one pass: between two pages, one entity is deleted and another is created, so
/// that the total stays the same. An entity that moved to an earlier page is then missing. If that matters, list twice and
/// compare the ids.
#[must_use = "nothing is requested until the first entity is needed"]
pub struct ListAll<T> {
    fetch: Box<Fetch<T>>,
    /// A function that returns the id of an entity, by which duplicates are removed. Without it every entity is
    /// yielded.
    id: Option<fn(&T) -> &str>,
    paginator: Paginator,
    buffer: vec::IntoIter<T>,
    /// The step after the last entity of the buffer.
    next: Step,
}

impl<T> ListAll<T> {
    /// Returns a list by page numbers. `fetch` receives the page size and the page number. A `page_number` of the
    /// caller is refused.
    pub(crate) fn numbered(
        config: &Config,
        page_size: Option<u32>,
        page_number: Option<u32>,
        id: fn(&T) -> &str,
        mut fetch: impl FnMut(&Config, Option<u32>, Option<u32>) -> Result<Page<T>> + Send + 'static,
    ) -> ListAll<T> {
        let config = config.clone();
        let page_size = page_size.unwrap_or(DEFAULT_PAGE_SIZE);
        let start = match page_number {
            Some(_) => Step::Fail(Error::input("pageNumber", "is set; list_all returns all pages")),
            None => Step::Request(Position::Number(1)),
        };
        ListAll::new(start, Some(id), move |position| {
            let page = fetch(&config, Some(page_size), position.number())?;
            let following = Following::Counts(Counts::of(&page, page_size));
            Ok(Received { entities: page.entities, null_entries: page.null_entries, following })
        })
    }

    /// Returns a list that is one page, such as the entities of a list of ids.
    pub(crate) fn single_page(
        config: &Config,
        id: fn(&T) -> &str,
        mut fetch: impl FnMut(&Config) -> Result<Page<T>> + Send + 'static,
    ) -> ListAll<T> {
        let config = config.clone();
        let start = Step::Request(Position::Number(1));
        ListAll::new(start, Some(id), move |_| {
            let page = fetch(&config)?;
            let has_more = page.next_uri.is_some() || page.page_count.is_some_and(|pages| pages > 1);
            let following = Following::Nothing { total: page.total, has_more };
            Ok(Received { entities: page.entities, null_entries: 0, following })
        })
    }

    /// Returns a list whose pages have the cursor of the next page in the body. `fetch` receives the cursor, `None`
    /// for the first page, and returns the entities and the next cursor.
    pub(crate) fn with_cursor(
        config: &Config,
        id: Option<fn(&T) -> &str>,
        mut fetch: impl FnMut(&Config, Option<&str>) -> Result<(Vec<T>, Option<String>)> + Send + 'static,
    ) -> ListAll<T> {
        let config = config.clone();
        ListAll::new(Step::Request(Position::Cursor(None)), id, move |position| {
            let (entities, cursor) = fetch(&config, position.cursor())?;
            Ok(Received { entities, null_entries: 0, following: Following::Cursor(cursor) })
        })
    }

    /// Returns a list whose pages have the cursor of the next page in the parameter `after` of their `nextUri`.
    /// Nothing else of the URI is used, so that a request never goes to another host.
    #[cfg(any(test, feature = "external-contacts", feature = "sessions"))]
    pub(crate) fn with_next_uri(
        config: &Config,
        id: fn(&T) -> &str,
        mut fetch: impl FnMut(&Config, Option<&str>) -> Result<Page<T>> + Send + 'static,
    ) -> ListAll<T> {
        ListAll::with_cursor(config, Some(id), move |config, cursor| {
            let page = fetch(config, cursor)?;
            Ok((page.entities, next_uri::cursor(page.next_uri.as_deref())?))
        })
    }

    /// A list of any kind: by the cursor in the parameter `after` of the `nextUri`, if a page has one, and by page
    /// numbers otherwise. `fetch` receives the page to request; the first page is number 1 without a cursor.
    pub(crate) fn detected(
        page_size: u32,
        id: fn(&T) -> &str,
        mut fetch: impl FnMut(Option<u32>, Option<&str>) -> Result<Page<T>> + Send + 'static,
    ) -> ListAll<T> {
        ListAll::new(Step::Request(Position::Number(1)), Some(id), move |position| {
            let page = fetch(position.number(), position.cursor())?;
            let cursor = next_uri::cursor(page.next_uri.as_deref());
            let following = match (position, cursor) {
                (Position::Cursor(_), cursor) => Following::Cursor(cursor?),
                (Position::Number(1), Ok(Some(cursor))) => Following::Cursor(Some(cursor)),
                _ => Following::Counts(Counts::of(&page, page_size)),
            };
            Ok(Received { entities: page.entities, null_entries: page.null_entries, following })
        })
    }

    fn new(
        start: Step,
        id: Option<fn(&T) -> &str>,
        fetch: impl FnMut(&Position) -> Result<Received<T>> + Send + 'static,
    ) -> ListAll<T> {
        let buffer = Vec::new().into_iter();
        ListAll { fetch: Box::new(fetch), id, paginator: Paginator::default(), buffer, next: start }
    }

    /// Requests a page. Returns the step after it.
    fn request(&mut self, position: &Position) -> Result<Step> {
        let Received { mut entities, null_entries, following } = (self.fetch)(position)?;
        let received = entities.len() + null_entries;
        match self.id {
            Some(id) => entities.retain(|entity| self.paginator.accept_id(id(entity))),
            None => self.paginator.accept_without_ids(entities.len()),
        }
        let next = self.paginator.accept_page(position, received, following)?;
        self.buffer = entities.into_iter();
        Ok(next)
    }
}

impl<T> Iterator for ListAll<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            if let Some(entity) = self.buffer.next() {
                return Some(Ok(entity));
            }
            match mem::replace(&mut self.next, Step::End) {
                Step::Request(position) => match self.request(&position) {
                    Ok(next) => self.next = next,
                    Err(error) => return Some(Err(error)),
                },
                Step::Fail(error) => return Some(Err(error)),
                Step::End => return None,
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let buffered = self.buffer.len();
        match self.next {
            Step::Request(_) => (buffered, None),
            Step::Fail(_) => (buffered + 1, Some(buffered + 1)),
            Step::End => (buffered, Some(buffered)),
        }
    }
}

impl<T> std::iter::FusedIterator for ListAll<T> {}

impl<T> fmt::Debug for ListAll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListAll {{ next: {:?}, buffered: {} }}", self.next, self.buffer.len())
    }
}
