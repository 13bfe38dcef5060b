//! The state machine of a list: accepts a page, and decides whether there is another. No I/O.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::error::{Error, ErrorKind, Result};

/// The page to request.
#[derive(Debug, PartialEq)]
pub(super) enum Position {
    /// The number of the page, from 1.
    Number(u32),
    /// The cursor of the page, `None` for the first.
    Cursor(Option<String>),
}

impl Position {
    pub fn number(&self) -> Option<u32> {
        if let Position::Number(number) = self { Some(*number) } else { None }
    }

    pub fn cursor(&self) -> Option<&str> {
        if let Position::Cursor(cursor) = self { cursor.as_deref() } else { None }
    }
}

/// The statement of a page about the pages after it.
pub(super) enum Following {
    Counts(Counts),
    /// The cursor of the next page.
    Cursor(Option<String>),
    /// The page is the whole list.
    Nothing,
}

/// The counts that come with a numbered page. All of them may be wrong.
pub(super) struct Counts {
    pub total: Option<u64>,
    pub page_count: Option<u64>,
    /// The number of entities on a full page.
    pub page_size: u64,
    pub has_next_uri: bool,
}

/// The step after a page.
#[derive(Debug)]
pub(super) enum Step {
    Request(Position),
    Fail(Error),
    End,
}

/// One empty numbered page may be a gap. The list ends at the second in a row.
const MAX_EMPTY_NUMBERED_PAGES: u32 = 2;

/// Empty pages in a row, each with the cursor of another, after which the list fails.
const MAX_EMPTY_CURSOR_PAGES: u32 = 100;

#[derive(Default)]
pub(super) struct Paginator {
    /// A hash of each id. Two of a million ids share one in one of forty million lists.
    ids: HashSet<u64>,
    hasher: RandomState,
    /// The distinct entities so far.
    distinct: u64,
    /// The same number before the current page.
    distinct_before: u64,
    /// Pages in a row without a new entity.
    empty_pages: u32,
    /// The cursors so far. A repeated cursor would lead to the same pages again.
    cursors: HashSet<String>,
}

impl Paginator {
    /// Accepts the id of an entity of the current page. Returns whether the entity is new.
    pub fn accept_id(&mut self, id: &str) -> bool {
        let is_new = self.ids.insert(self.hasher.hash_one(id));
        self.distinct += u64::from(is_new);
        is_new
    }

    /// Accepts the entities of the current page, if they have no ids.
    pub fn accept_without_ids(&mut self, entities: usize) {
        self.distinct += entities as u64;
    }

    /// Accepts the current page, after its entities. `received` is the number of entities on it.
    pub fn accept_page(&mut self, position: &Position, received: usize, following: Following) -> Result<Step> {
        self.empty_pages = if self.distinct == self.distinct_before { self.empty_pages + 1 } else { 0 };
        self.distinct_before = self.distinct;
        let next = match following {
            Following::Counts(counts) => self.next_number(position, received, &counts),
            Following::Cursor(cursor) => self.next_cursor(cursor)?,
            Following::Nothing => None,
        };
        Ok(next.map_or(Step::End, Step::Request))
    }

    fn next_number(&self, position: &Position, received: usize, counts: &Counts) -> Option<Position> {
        let number = position.number()?;
        // A count below what was received is wrong.
        let total = counts.total.filter(|total| *total >= self.distinct);
        let page_count = counts.page_count.filter(|count| *count >= number.into());
        let has_more = if total.is_some() || page_count.is_some() || counts.has_next_uri {
            total.is_some_and(|total| total > self.distinct)
                || page_count.is_some_and(|count| count > number.into())
                || counts.has_next_uri
        } else {
            received as u64 >= counts.page_size
        };
        if !has_more || self.empty_pages >= MAX_EMPTY_NUMBERED_PAGES {
            return None;
        }
        number.checked_add(1).map(Position::Number)
    }

    fn next_cursor(&mut self, cursor: Option<String>) -> Result<Option<Position>> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
            return Ok(None);
        };
        if self.cursors.contains(&cursor) {
            return Err(endless(format!("the cursor {cursor:?} repeats")));
        }
        if self.empty_pages >= MAX_EMPTY_CURSOR_PAGES {
            return Err(endless(format!("{MAX_EMPTY_CURSOR_PAGES} pages in a row are empty")));
        }
        self.cursors.insert(cursor.clone());
        Ok(Some(Position::Cursor(Some(cursor))))
    }
}

fn endless(problem: String) -> Error {
    Error::new(ErrorKind::Decode, format!("the list does not end: {problem}"))
}
