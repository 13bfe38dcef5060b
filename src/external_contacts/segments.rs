//! The segments of a contact.

mod assign;

use serde::{Deserialize, Serialize};

use super::CONTACTS;
use crate::pagination::Whole;
use crate::references::EntityRef;
use crate::request::Request;
use crate::serde_util::Entries;
use crate::{Config, Error, Result, Timestamp};

pub use crate::visitors::SessionRef;
pub use assign::{Assigned, SegmentChanges};

/// The number of segments that the service returns at most. There is no further page.
const MAX_LIMIT: u32 = 500;

/// Returns the segments of a contact.
///
/// The service has no further pages. If the response is full, [`ContactSegments::may_be_incomplete`] returns `true`.
///
/// **Permission** `externalContacts:segmentAssignment:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`, or the limit is out of range; `Api` with
/// [`is_not_found`](Error::is_not_found) if there is no such contact.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_contacts::segments;
///
/// let segments = segments::list(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &Default::default())?;
/// for assignment in &segments.entities {
///     println!("{:?} until {:?}", assignment.segment, assignment.date_for_unassignment);
/// }
/// if segments.may_be_incomplete() {
///     println!("and perhaps others");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetExternalcontactsContactJourneySegments")]
#[inline]
pub fn list(config: &Config, contact_id: &str, list: &ListSegments) -> Result<ContactSegments> {
    let received: Whole<SegmentAssignment> = list.request(contact_id).send(config)?;
    Ok(ContactSegments::new(received.into_entries(), list.limit()))
}

/// Assigns segments to a contact, and removes assignments. At most 10 changes in all.
///
/// **The service may make only some of the changes.** The result says which ones. [`Assigned::is_complete`] returns
/// whether all of them were made, and [`Assigned::failed`] can be sent again. A second assignment only renews its end.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `externalContacts:segmentAssignment:add` or `externalContacts:segmentAssignment:delete`
///
/// # Errors
/// `Input` if there are more than 10 changes, or the id of the contact is empty, `.` or `..`. With
/// [`outcome_unknown`](Error::outcome_unknown) the changes may have been made; it is safe to send them again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_contacts::segments::{self, SegmentChanges};
///
/// let changes = SegmentChanges {
///     unassign: vec!["another-segment-id".into()],
///     ..SegmentChanges::assign(["a-segment-id"])
/// };
/// let assigned = segments::assign(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &changes)?;
/// if !assigned.is_complete() {
///     println!("not made: {:?}; unknown: {:?}", assigned.failed, assigned.unknown);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostExternalcontactsContactJourneySegments")]
#[doc(alias = "UpdateSegmentAssignmentResponse")]
#[inline]
pub fn assign(config: &Config, contact_id: &str, changes: &SegmentChanges) -> Result<Assigned> {
    changes.check()?;
    let request = Request::post(CONTACTS).segment("contactId", contact_id).then("/journey/segments");
    Ok(request.json(changes).send::<assign::Response>(config)?.compared_with(changes))
}

/// The limit and the filter of the segments of a contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListSegments {
    /// Whether the segments of contacts that were merged with this one are included. Default: chosen by the service.
    pub include_merged: Option<bool>,
    /// The number of segments to return at most. Default: 500. Range: 1 to 500.
    pub limit: Option<u32>,
}

impl ListSegments {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(MAX_LIMIT)
    }

    fn request(&self, contact_id: &str) -> Request {
        let mut request = Request::get(CONTACTS).segment("contactId", contact_id).then("/journey/segments");
        if self.limit == Some(0) {
            request = request.refused(Error::input("limit", "is 0; it must be at least 1"));
        }
        request
            .at_most("limit", self.limit, MAX_LIMIT)
            .query("includeMerged", self.include_merged)
            .query("limit", Some(self.limit()))
    }
}

/// The segments of a contact.
#[doc(alias = "SegmentAssignmentListing")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactSegments {
    /// The segments.
    pub entities: Vec<SegmentAssignment>,
    #[serde(skip)]
    is_full: bool,
}

impl ContactSegments {
    fn new(received: Entries<SegmentAssignment>, limit: u32) -> ContactSegments {
        let is_full = received.entries.len() + received.nulls >= limit as usize;
        ContactSegments { entities: received.entries, is_full }
    }

    /// Returns whether the response was full, so that the contact may have more segments. They cannot be read.
    #[must_use]
    pub fn may_be_incomplete(&self) -> bool {
        self.is_full
    }
}

/// A segment that is assigned to a contact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SegmentAssignment {
    /// The time of the assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_assigned: Option<Timestamp>,
    /// The time at which the assignment ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_for_unassignment: Option<Timestamp>,
    /// The segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<EntityRef>,
    /// The contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_contact: Option<EntityRef>,
    /// The session in which the segment was assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionRef>,
}
