//! Segments by many ids, and by name.

use std::collections::{HashMap, HashSet};

use super::resource::SEGMENT;
use super::{ListSegments, Segment, list};
use crate::pagination;
use crate::reconcile;
use crate::{Config, Error, Page, Result};

/// The largest number of ids in one request.
const MAX_IDS: usize = 100;

/// The result of [`get_many`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The segments that exist, in the order of the given ids.
    pub segments: Vec<Segment>,
    /// The ids without a segment, in the given order and spelling.
    pub missing: Vec<String>,
}

/// Returns the segments with these ids, of which there may be any number.
///
/// The segments are in the order of the given ids. Upper and lower case of ids do not matter. An id that is
/// given several times counts once, at its first place.
///
/// One request for each 100 distinct ids; none for no ids. All requests share the deadline of one call.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` if an id is empty; [`is_incomplete`](Error::is_incomplete) if a response has fewer segments than it reports;
/// otherwise the errors of [`list`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let found = genesys_journey::segments::get_many(&config, ["an id", "another id"])?;
/// println!("{} found, missing: {:?}", found.segments.len(), found.missing);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn get_many(config: &Config, ids: impl IntoIterator<Item = impl Into<String>>) -> Result<Found> {
    let mut seen = HashSet::new();
    let ids = ids.into_iter().map(Into::into).filter(|id: &String| seen.insert(id.to_ascii_lowercase())).collect();
    get_distinct(config, ids)
}

#[inline]
fn get_distinct(config: &Config, ids: Vec<String>) -> Result<Found> {
    if ids.iter().any(String::is_empty) {
        return Err(Error::input("segmentIds", "contains an empty id; remove it"));
    }
    let config = &config.as_one_call();
    let mut found = Found::default();
    for chunk in ids.chunks(MAX_IDS) {
        let page = list(config, &ListSegments { segment_ids: chunk.to_vec(), ..ListSegments::default() })?;
        let has_more = has_more(&page);
        let mut by_id: HashMap<String, Segment> =
            page.entities.into_iter().map(|segment| (segment.id.to_ascii_lowercase(), segment)).collect();
        for id in chunk {
            match by_id.remove(&id.to_ascii_lowercase()) {
                Some(segment) => found.segments.push(segment),
                None if has_more => return Err(truncated(id)),
                None => found.missing.push(id.clone()),
            }
        }
    }
    Ok(found)
}

/// Returns whether a page reports more segments than it has. Ids are requested without paging, so that one page
/// should have all of them.
fn has_more(page: &Page<Segment>) -> bool {
    page.total.is_some_and(|total| total > page.entities.len() as u64)
        || page.page_count.is_some_and(|pages| pages > 1)
        || page.next_uri.is_some()
}

fn truncated(id: &str) -> Error {
    pagination::incomplete(format!(
        "the list is incomplete: the response has no segment {id:?}, but reports more segments than it has"
    ))
}

/// Returns the segment of exactly this name, active or not, or `None` if there is none.
///
/// One request for each 100 segments whose name contains `name`. If the search finds nothing, `find_by_name`
/// lists all segments, up to 5 more requests, since the vendor does not document how the service searches. All
/// requests share the deadline of one call.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` if the name is empty; `Api`, with the ids of the first two, if the search or the list contains
/// several segments of this name; otherwise the errors of [`list`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// if let Some(segment) = genesys_journey::segments::find_by_name(&config, "VIP")? {
///     println!("{}", segment.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<Segment>> {
    reconcile::find_by_name(&SEGMENT, config, name)
}
