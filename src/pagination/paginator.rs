//! The state machine of a list: accepts a page, and decides whether there is another. No I/O.
//!
//! A *pass* requests the pages of a numbered list from the first to the last. Such a list can change between
//! two pages, and its order may be unstable, so that entities are missing from a pass. Further passes then
//! follow until the list is complete.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;

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

/// The information of a page about the pages after it.
pub(super) enum Following {
    Counts(Counts),
    /// The cursor of the next page.
    Cursor(Option<String>),
    /// The page should be the whole list, which has this total.
    Nothing {
        total: Option<u64>,
        /// The page reports pages after it.
        has_more: bool,
    },
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

/// The number of passes after which an incomplete list fails.
const MAX_PASSES: usize = 3;

/// One empty numbered page may be a gap. The pass ends at the second in a row.
const MAX_EMPTY_NUMBERED_PAGES: u32 = 2;

/// The number of empty pages in a row, each with a cursor, after which the list fails.
const MAX_EMPTY_CURSOR_PAGES: u32 = 100;

#[derive(Default)]
pub(super) struct Paginator {
    /// A hash of each id of this pass. In a list of a million ids, the chance of a collision is 1 in 40 million.
    ids: HashSet<u64>,
    /// The same for each earlier pass.
    earlier: Vec<HashSet<u64>>,
    hasher: RandomState,
    /// The different totals that the pages of this pass reported.
    totals: HashSet<Option<u64>>,
    /// The distinct entities of this pass so far.
    distinct: u64,
    /// The same number before the current page.
    distinct_before: u64,
    /// The distinct entities of all passes so far.
    yielded: u64,
    /// Pages in a row on which no entity was new to this pass.
    empty_pages: u32,
    /// The cursors so far. A duplicate cursor would lead to the same pages again.
    cursors: HashSet<String>,
}

impl Paginator {
    /// Accepts the id of an entity of the current page. Returns whether the entity is new to the list.
    pub fn accept_id(&mut self, id: &str) -> bool {
        let hash = self.hasher.hash_one(id);
        let is_new_to_pass = self.ids.insert(hash);
        let is_new = is_new_to_pass && !self.earlier.iter().any(|pass| pass.contains(&hash));
        self.distinct += u64::from(is_new_to_pass);
        self.yielded += u64::from(is_new);
        is_new
    }

    /// Accepts the entities of the current page, if they have no ids.
    pub fn accept_without_ids(&mut self, entities: usize) {
        self.distinct += entities as u64;
    }

    /// Accepts the current page, after its entities. `received` is the number of entries on it.
    pub fn accept_page(&mut self, position: &Position, received: usize, following: Following) -> Result<Step> {
        self.empty_pages = if self.distinct == self.distinct_before { self.empty_pages + 1 } else { 0 };
        self.distinct_before = self.distinct;
        let next = match following {
            Following::Counts(counts) => {
                self.totals.insert(counts.total);
                self.next_number(position, received, &counts)
            }
            Following::Cursor(cursor) => self.next_cursor(cursor)?,
            Following::Nothing { total, has_more } => {
                if has_more {
                    return Ok(Step::Fail(incomplete(
                        "the list is incomplete: it has only one page, which reports further pages".to_owned(),
                    )));
                }
                self.totals.insert(total);
                None
            }
        };
        Ok(next.map_or_else(|| self.end_pass(), Step::Request))
    }

    fn end_pass(&mut self) -> Step {
        if self.is_complete() {
            return Step::End;
        }
        self.earlier.push(mem::take(&mut self.ids));
        if self.earlier.len() >= MAX_PASSES {
            return Step::Fail(self.incomplete());
        }
        self.totals.clear();
        (self.distinct, self.distinct_before, self.empty_pages) = (0, 0, 0);
        Step::Request(Position::Number(1))
    }

    /// Returns whether this pass saw the whole list, or the list needs only one pass.
    fn is_complete(&self) -> bool {
        let is_counted = self.totals.len() == 1 && self.totals.contains(&Some(self.distinct));
        let is_uncounted = self.earlier.is_empty() && self.totals.iter().all(Option::is_none);
        is_counted || is_uncounted || self.earlier.contains(&self.ids)
    }

    fn incomplete(&self) -> Error {
        incomplete(format!(
            "the list is incomplete: {MAX_PASSES} passes over it returned {} entities, but different ones each time; \
             it probably changes at the moment, so list it again later",
            self.yielded
        ))
    }

    fn next_number(&self, position: &Position, received: usize, counts: &Counts) -> Option<Position> {
        let number = position.number()?;
        // A count below the number received is wrong.
        let total = counts.total.filter(|total| *total >= self.distinct);
        let is_full = received as u64 >= counts.page_size;
        let has_more = total.is_some_and(|total| total > self.distinct)
            || counts.page_count.is_some_and(|count| count > number.into())
            || counts.has_next_uri
            || (is_full && total.is_none());
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
            // A cursor may contain an id or a name.
            return Err(endless("a cursor occurs twice".to_owned()));
        }
        if self.empty_pages >= MAX_EMPTY_CURSOR_PAGES {
            return Err(endless(format!("{MAX_EMPTY_CURSOR_PAGES} pages in a row are empty")));
        }
        self.cursors.insert(cursor.clone());
        Ok(Some(Position::Cursor(Some(cursor))))
    }
}

/// Returns the error of an incomplete list.
pub(crate) fn incomplete(what: String) -> Error {
    let mut error = Error::new(ErrorKind::Decode, what);
    error.inner_mut().is_incomplete = true;
    error
}

fn endless(problem: String) -> Error {
    Error::new(ErrorKind::Decode, format!("the list does not end: {problem}"))
}
