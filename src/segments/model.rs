//! The models of segments: the response, the request and the update.

use serde::{Deserialize, Serialize};

use crate::criteria::{Context, Journey};
use crate::open_enum::open_enum;
use crate::serde_util::{integer, null_as_default, optional_integer};
use crate::update::clear_as_default;
use crate::{Error, Result, Timestamp, Update};

open_enum! {
    /// The entities that a segment is assigned to.
    pub enum Scope {
        Session = "Session",
        Customer = "Customer",
    }
}

open_enum! {
    /// The system in which an external segment is defined.
    pub enum ExternalSource {
        AdobeExperiencePlatform = "AdobeExperiencePlatform",
        Custom = "Custom",
    }
}

/// A segment: a group of visitors who meet the same conditions.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::segments::Segment;
///
/// let mut segment = Segment::default();
/// segment.id = "7".into();
/// segment.display_name = "VIP".into();
/// ```
#[doc(alias = "JourneySegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Segment {
    /// The id, set by the service.
    pub id: String,
    /// Whether visitors can be assigned to the segment.
    pub is_active: bool,
    /// The name. Names need not be unique.
    pub display_name: String,
    /// The version, which grows with each change; see [`SegmentUpdate::version`].
    #[serde(deserialize_with = "integer")]
    pub version: i64,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The colour in the vendor's user interface: `#` and six hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The entities that the segment is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whether agents see the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_display_to_agent: Option<bool>,
    /// The conditions on a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// The conditions on the events of a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// The segment of another system that this segment mirrors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegment>,
    /// The number of days after which the assignment of a visitor ends.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
    /// The path of the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// The segment of another system that a segment mirrors.
///
/// ```
/// use genesys_journey::segments::{ExternalSegment, ExternalSource};
///
/// let mirrored = ExternalSegment { source: Some(ExternalSource::Custom), ..ExternalSegment::new("42", "Buyers") };
/// ```
#[doc(alias = "RequestExternalSegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalSegment {
    /// The id in the other system.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The name in the other system.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// The other system. Default: chosen by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ExternalSource>,
}

/// A segment to create. Unset fields are not sent; the service chooses their values.
///
/// ```
/// use genesys_journey::segments::NewSegment;
///
/// let segment = NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("VIP") };
/// assert_eq!(serde_json::to_string(&segment)?, r##"{"displayName":"VIP","color":"#1F6FEB"}"##);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "JourneySegmentRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is created until it is sent"]
pub struct NewSegment {
    /// Whether visitors can be assigned to the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty.
    pub display_name: String,
    /// The first version. Default: chosen by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The colour: `#` and six hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether agents see the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_display_to_agent: Option<bool>,
    /// The conditions on a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// The conditions on the events of a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// The segment of another system that this segment mirrors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegment>,
    /// The number of days after which the assignment of a visitor ends; 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
}

/// Changes to a segment. Fields that are kept (see [`Update`]) or `None` are not sent.
#[doc(alias = "PatchSegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct SegmentUpdate {
    /// Whether visitors can be assigned to the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The version that was read. If it is no longer the current one, the service refuses the update
    /// ([`Error::is_version_conflict`]). Without a version, the last update wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The description.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub description: Update<String>,
    /// The colour: `#` and six hex digits.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub color: Update<String>,
    /// Whether agents see the segment.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub should_display_to_agent: Update<bool>,
    /// The conditions on a visit; replaces all of them. `Clear` is sent as an empty list of patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub context: Update<Context>,
    /// The conditions on the events of a visit; replaces all of them. `Clear` is sent as an empty list of
    /// patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub journey: Update<Journey>,
    /// Changes to the segment of another system that it mirrors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegmentUpdate>,
    /// The number of days after which the assignment of a visitor ends; 0 or more.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub assignment_expiration_days: Update<i64>,
}

/// Changes to an external segment: only its name can change.
#[doc(alias = "PatchExternalSegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalSegmentUpdate {
    /// The name in the other system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl ExternalSegment {
    /// Returns an external segment with this id and name.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> ExternalSegment {
        ExternalSegment { id: id.into(), name: name.into(), source: None }
    }
}

impl NewSegment {
    /// Returns a segment with this name and no other field set.
    pub fn new(display_name: impl Into<String>) -> NewSegment {
        NewSegment { display_name: display_name.into(), ..NewSegment::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let NewSegment { color, context, journey, assignment_expiration_days: days, .. } = self;
        check(Some(&self.display_name), color.as_ref(), context.as_ref(), journey.as_ref(), *days)
    }
}

/// Copies a segment, without the fields that the service sets (id, version, scope, dates).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, NewSegment};
///
/// let segment = segments::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// assert!(segments::diff(&segment, &NewSegment::from(&segment)).is_empty());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
impl From<&Segment> for NewSegment {
    fn from(segment: &Segment) -> NewSegment {
        NewSegment {
            is_active: Some(segment.is_active),
            display_name: segment.display_name.clone(),
            version: None,
            description: segment.description.clone(),
            color: segment.color.clone(),
            should_display_to_agent: segment.should_display_to_agent,
            context: segment.context.clone(),
            journey: segment.journey.clone(),
            external_segment: segment.external_segment.clone(),
            assignment_expiration_days: segment.assignment_expiration_days,
        }
    }
}

impl SegmentUpdate {
    /// Returns whether no field is changed. The version does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == SegmentUpdate { version: self.version, ..SegmentUpdate::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let SegmentUpdate { display_name, color, context, journey, assignment_expiration_days: days, .. } = self;
        check(display_name.as_ref(), color.value(), context.value(), journey.value(), days.value().copied())
    }
}

fn check(
    display_name: Option<&String>,
    color: Option<&String>,
    context: Option<&Context>,
    journey: Option<&Journey>,
    days: Option<i64>,
) -> Result<()> {
    if display_name.is_some_and(String::is_empty) {
        return Err(Error::input("displayName", "is empty; a segment must have a name"));
    }
    if let Some(color) = color {
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Error::input("color", format_args!("is {color:?}; it must be # and six hex digits")));
        }
    }
    if let Some(days @ ..0) = days {
        return Err(Error::input("assignmentExpirationDays", format_args!("is {days}; it must be 0 or more")));
    }
    context.map_or(Ok(()), Context::check)?;
    journey.map_or(Ok(()), Journey::check)
}
