//! Segments by many ids, and by name.

use std::collections::{HashMap, HashSet};

use super::{ListSegments, Segment, list, list_all};
use crate::{Config, Error, ErrorKind, Result};

/// The ids that the service takes in one request.
const IDS: usize = 100;

/// What [`get_many`] found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The segments that there are, in the order in which they were asked for.
    pub segments: Vec<Segment>,
    /// The ids of which there is no segment, in the order in which they were asked for.
    pub missing: Vec<String>,
}

/// Reads any number of segments by id, 100 to a request: 250 ids are 3 requests, and none is none. An
/// id that is given twice is asked for once. All of it has the deadline of one call.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` where an id is empty; else those of [`list`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// let found = genesys_journey::segments::get_many(&config, ["an id", "another id"])?;
/// println!("{} found, missing: {:?}", found.segments.len(), found.missing);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn get_many(config: &Config, ids: impl IntoIterator<Item = impl Into<String>>) -> Result<Found> {
    let mut seen = HashSet::new();
    let ids = ids.into_iter().map(Into::into).filter(|id: &String| seen.insert(id.clone())).collect();
    get_each_once(config, ids)
}

fn get_each_once(config: &Config, ids: Vec<String>) -> Result<Found> {
    if ids.iter().any(String::is_empty) {
        return Err(Error::input("segmentIds", "has an empty id in it"));
    }
    let config = &config.as_one_call();
    let mut found = Found::default();
    for chunk in ids.chunks(IDS) {
        let page = list(config, &ListSegments { segment_ids: chunk.to_vec(), ..ListSegments::default() })?;
        let mut by_id: HashMap<String, Segment> =
            page.entities.into_iter().map(|segment| (segment.id.clone(), segment)).collect();
        for id in chunk {
            match by_id.remove(id) {
                Some(segment) => found.segments.push(segment),
                None => found.missing.push(id.clone()),
            }
        }
    }
    Ok(found)
}

/// Finds the segment of exactly this name, active or not; `None` where there is none.
///
/// One request where there is one (one for each 100 whose names contain it). That there is none is
/// believed only after a walk over all segments, since how the service searches is not documented: up to 5
/// more requests, with the deadline of one call. That a second of the same name is left out of the search
/// is the risk that remains.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` where the name is empty; `Api`, with the ids of the first two, where several segments have this
/// name; else those of [`list`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// if let Some(segment) = genesys_journey::segments::find_by_name(&config, "VIP")? {
///     println!("{}", segment.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<Segment>> {
    if name.is_empty() {
        return Err(Error::input("displayName", "is empty; every segment has a name"));
    }
    let narrowed = ListSegments {
        query_fields: vec!["displayName".to_owned()],
        query_value: Some(name.to_owned()),
        ..ListSegments::default()
    };
    let config = &config.as_one_call();
    match the_one_named(config, name, &narrowed)? {
        Some(segment) => Ok(Some(segment)),
        None => the_one_named(config, name, &ListSegments::default()),
    }
}

fn the_one_named(config: &Config, name: &str, among: &ListSegments) -> Result<Option<Segment>> {
    let mut found: Option<Segment> = None;
    for segment in list_all(config, among) {
        let segment = segment?;
        if segment.display_name != name {
            continue;
        }
        if let Some(first) = found {
            let what = format!("several segments are named {name:?}: {} and {}", first.id, segment.id);
            return Err(Error::new(ErrorKind::Api, what));
        }
        found = Some(segment);
    }
    Ok(found)
}
