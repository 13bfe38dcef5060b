//! Segments: groups of visitors who meet the same conditions.
//!
//! ```no_run
//! use genesys_journey::{Config, segments};
//! use genesys_journey::segments::{ListSegments, NewSegment};
//!
//! let config = Config::from_env()?;
//! let segment = segments::create(&config, &NewSegment::new("VIP"))?;
//! for segment in segments::list_all(&config, &ListSegments::default()) {
//!     println!("{}", segment?.display_name);
//! }
//! segments::delete(&config, &segment.id)?;
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! An organisation has at most 500 segments. A read may lag behind a write: a 404 just after a create
//! is normal.

mod diff;
mod edit;
mod ensure;
mod find;
mod model;
mod resource;

use crate::request::Request;
use crate::{Config, Error, ListAll, Page, Result};

pub use diff::{ExactDifference, changes, diff, diff_exact};
pub use edit::edit;
pub use ensure::{Ensured, EnsuredExact, ensure, ensure_all, ensure_exact};
pub use find::{Found, find_by_name, get_many};
pub use model::{ExternalSegment, ExternalSegmentUpdate, ExternalSource, NewSegment, Scope, Segment, SegmentUpdate};

const SEGMENTS: &str = "/api/v2/journey/segments";

/// Returns one page of segments.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` if the page size or number is 0, there are more than 100 ids, or ids are combined with paging,
/// sorting or a query; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, ListSegments};
///
/// let page = segments::list(&config, &ListSegments { is_active: Some(true), ..Default::default() })?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneySegments")]
#[doc(alias = "SegmentListing")]
#[inline]
pub fn list(config: &Config, list: &ListSegments) -> Result<Page<Segment>> {
    list.check()?;
    list.request().send(config)
}

/// Returns one segment.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no
/// such segment, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let segment = genesys_journey::segments::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{} (version {})", segment.display_name, segment.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneySegment")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Segment> {
    Request::get(SEGMENTS).segment("segmentId", id).send(config)
}

/// Creates a segment and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:segment:add`
///
/// # Errors
/// `Input` if the name is empty, the colour is not `#` and six hex digits, the days are negative, a pattern
/// has no criteria or a criterion has no key. With [`outcome_unknown`](Error::outcome_unknown) the segment may
/// exist: look for its name before you create it again. With [`during_sign_in`](Error::during_sign_in) it was not
/// created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, NewSegment};
///
/// let segment = segments::create(&config, &NewSegment { is_active: Some(false), ..NewSegment::new("VIP") })?;
/// println!("created {}", segment.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneySegments")]
#[inline]
pub fn create(config: &Config, segment: &NewSegment) -> Result<Segment> {
    segment.check()?;
    Request::post(SEGMENTS).json(segment).send(config)
}

/// Updates a segment and returns it.
///
/// The request is retried only if the service provably did not process it. With
/// [`SegmentUpdate::version`], the service refuses the update if the segment has changed since it was read.
///
/// **Permission** `journey:segment:edit`
///
/// # Errors
/// `Input` as for [`create`]; `Api` with [`is_version_conflict`](Error::is_version_conflict) if the version is
/// no longer the current one. With [`outcome_unknown`](Error::outcome_unknown) the change may have been made:
/// read the segment before you send the update again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::Update;
/// use genesys_journey::segments::{self, SegmentUpdate};
///
/// let segment = segments::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let update = SegmentUpdate {
///     version: Some(segment.version),
///     color: "#1F6FEB".into(),
///     description: Update::Clear,
///     ..SegmentUpdate::default()
/// };
/// segments::update(&config, &segment.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneySegment")]
#[inline]
pub fn update(config: &Config, id: &str, update: &SegmentUpdate) -> Result<Segment> {
    update.check()?;
    Request::patch(SEGMENTS).segment("segmentId", id).json(update).send(config)
}

/// Deletes a segment.
///
/// If the response is lost, the request is retried. A retry that finds no segment succeeds.
///
/// **Permission** `journey:segment:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such segment. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::segments::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneySegment")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(SEGMENTS).segment("segmentId", id).send_for_nothing(config)
}

/// Iterates over all segments of a list.
///
/// A page has 100 segments, or [`page_size`](ListSegments::page_size). 500 segments are 5 requests. A list of ids is
/// one request.
///
/// Collect the segments before you change or delete any of them: a change moves the pages that are not read yet.
///
/// **Permission** `journey:segment:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it
/// was read; otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, Segment};
///
/// let all: Vec<Segment> = segments::list_all(&config, &Default::default()).collect::<Result<_, _>>()?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListSegments) -> ListAll<Segment> {
    let wanted = list.clone();
    if !list.segment_ids.is_empty() {
        return ListAll::single_page(config, |segment| &segment.id, move |config| self::list(config, &wanted));
    }
    let fetch = move |config: &Config, page_size, page_number| {
        self::list(config, &ListSegments { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |segment| &segment.id, fetch)
}

/// The filter, the order and the page of a list of segments. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListSegments {
    /// The field to sort by, as the service spells it, such as `displayName`.
    pub sort_by: Option<String>,
    /// The number of segments on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, from 1. Default: 1. Not for [`list_all`].
    pub page_number: Option<u32>,
    /// Only the active or only the inactive segments. Default: both.
    pub is_active: Option<bool>,
    /// Only the segments with these ids. Range: at most 100. Not together with paging, sorting or a query.
    pub segment_ids: Vec<String>,
    /// The fields to search for [`query_value`](Self::query_value), such as `displayName`.
    pub query_fields: Vec<String>,
    /// The text to search for in the [`query_fields`](Self::query_fields).
    pub query_value: Option<String>,
}

impl ListSegments {
    fn check(&self) -> Result<()> {
        let ids = self.segment_ids.len();
        let others = [
            ("sortBy", self.sort_by.is_some()),
            ("pageSize", self.page_size.is_some()),
            ("pageNumber", self.page_number.is_some()),
            ("queryFields", !self.query_fields.is_empty()),
            ("queryValue", self.query_value.is_some()),
        ];
        if ids > 100 {
            return Err(Error::input(
                "segmentIds",
                format_args!("has {ids} ids; at most 100 are allowed in a request"),
            ));
        }
        if let Some((other, _)) = others.iter().find(|(_, set)| ids > 0 && *set) {
            return Err(Error::input("segmentIds", format_args!("cannot be combined with {other}")));
        }
        Ok(())
    }

    fn request(&self) -> Request {
        Request::get(SEGMENTS)
            .query("sortBy", self.sort_by.as_ref())
            .paged(self.page_size, self.page_number)
            .query("isActive", self.is_active)
            .query_all("segmentIds", &self.segment_ids)
            .searched(&self.query_fields, self.query_value.as_ref())
    }
}
