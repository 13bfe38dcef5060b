//! The changes of the segments of a contact, and their result.
//!
//! Invariant: a change counts as made only if the service names all changes that failed, and this one is not among
//! them.

use serde::{Deserialize, Serialize};

use crate::references::EntityRef;
use crate::serde_util::{filled_list, optional_integer};
use crate::{Error, Result};

/// The number of changes that the service accepts in a request.
const MAX_CHANGES: usize = 10;

/// The segments to assign to a contact, and those to remove from it: the ids.
///
/// ```
/// use genesys_journey::external_contacts::segments::SegmentChanges;
///
/// let changes = SegmentChanges::assign(["7"]);
/// assert_eq!(serde_json::to_string(&changes)?, r#"{"assign":{"segments":[{"id":"7"}]}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "UpdateSegmentAssignmentRequest")]
#[doc(alias = "SegmentAssignments")]
#[doc(alias = "SegmentUnassignments")]
#[doc(alias = "SegmentForAssignment")]
#[doc(alias = "SegmentForUnassignment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
#[must_use = "nothing is changed until it is sent"]
pub struct SegmentChanges {
    /// The ids of the segments to assign.
    pub assign: Vec<String>,
    /// The ids of the segments to remove.
    pub unassign: Vec<String>,
}

impl SegmentChanges {
    /// Returns changes that assign these segments.
    pub fn assign(ids: impl IntoIterator<Item = impl Into<String>>) -> SegmentChanges {
        SegmentChanges { assign: ids.into_iter().map(Into::into).collect(), unassign: Vec::new() }
    }

    /// Returns changes that remove these segments.
    pub fn unassign(ids: impl IntoIterator<Item = impl Into<String>>) -> SegmentChanges {
        SegmentChanges { assign: Vec::new(), unassign: ids.into_iter().map(Into::into).collect() }
    }

    /// Returns the number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.assign.len() + self.unassign.len()
    }

    /// Returns whether there are no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.len() > MAX_CHANGES {
            let problem = format!("has {} changes; at most {MAX_CHANGES} are allowed in a request", self.len());
            return Err(Error::input("assign", problem));
        }
        Ok(())
    }

    /// Returns these changes without others. The case of ids does not matter.
    fn without(&self, others: &SegmentChanges) -> SegmentChanges {
        let is_other = |id: &str, others: &[String]| others.iter().any(|other| id.eq_ignore_ascii_case(other));
        let without =
            |ids: &[String], others: &[String]| ids.iter().filter(|id| !is_other(id, others)).cloned().collect();
        SegmentChanges {
            assign: without(&self.assign, &others.assign),
            unassign: without(&self.unassign, &others.unassign),
        }
    }
}

/// The result of [`assign`](super::assign): the changes that were made and those that were not.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_contacts::segments::{self, SegmentChanges};
///
/// let changes = SegmentChanges::assign(["3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64"]);
/// let assigned = segments::assign(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &changes)?;
/// assert!(assigned.is_complete());
/// assert_eq!(assigned.made, changes);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "the service may have made only some of the changes"]
#[non_exhaustive]
pub struct Assigned {
    /// The changes that were made.
    pub made: SegmentChanges,
    /// The changes that were not made.
    pub failed: SegmentChanges,
    /// The changes whose result is unknown: the service reports more failures than it names.
    pub unknown: SegmentChanges,
    /// The number of changes that were not made, as the service reports it.
    pub failed_count: Option<i64>,
}

impl Assigned {
    /// Returns whether all changes were made.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.failed_count == Some(0)
    }
}

/// A response. Without `unprocessedItems` it is not one: it would look like full success.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    unprocessed_items: Unprocessed,
}

#[doc(alias = "UnprocessedSegmentAssignments")]
#[derive(Deserialize)]
struct Unprocessed {
    #[serde(flatten)]
    changes: SegmentChanges,
    #[serde(default, deserialize_with = "optional_integer")]
    count: Option<i64>,
}

impl Response {
    pub fn compared_with(self, wanted: &SegmentChanges) -> Assigned {
        let Unprocessed { changes: failed, count } = self.unprocessed_items;
        let others = wanted.without(&failed);
        // A name that was not sent, or a name that is repeated, does not account for a failure.
        let named = wanted.len() - others.len();
        let names_all = count.is_some_and(|count| usize::try_from(count).is_ok_and(|count| count <= named));
        let (made, unknown) =
            if names_all { (others, SegmentChanges::default()) } else { (SegmentChanges::default(), others) };
        Assigned { made, failed, unknown, failed_count: count }
    }
}

/// The changes on the wire.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    assign: Option<Segments>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unassign: Option<Segments>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Segments {
    #[serde(deserialize_with = "filled_list")]
    segments: Vec<EntityRef>,
}

impl From<SegmentChanges> for Wire {
    fn from(changes: SegmentChanges) -> Wire {
        let segments = |ids: Vec<String>| {
            (!ids.is_empty()).then(|| Segments { segments: ids.into_iter().map(EntityRef::new).collect() })
        };
        Wire { assign: segments(changes.assign), unassign: segments(changes.unassign) }
    }
}

impl From<Wire> for SegmentChanges {
    fn from(wire: Wire) -> SegmentChanges {
        let ids = |segments: Option<Segments>| {
            segments.unwrap_or_default().segments.into_iter().filter_map(|segment| segment.id).collect()
        };
        SegmentChanges { assign: ids(wire.assign), unassign: ids(wire.unassign) }
    }
}
