//! What a segment is, and what is sent to make or change one.

use serde::{Deserialize, Serialize};

use crate::criteria::{Context, Journey};
use crate::open_enum::open_enum;
use crate::serde_util::null_as_default;
use crate::{Error, Result, Timestamp, Update};

open_enum! {
    /// How far a segment reaches.
    pub enum Scope {
        Session = "Session",
        Customer = "Customer",
    }
}

open_enum! {
    /// Where an external segment comes from.
    pub enum ExternalSource {
        AdobeExperiencePlatform = "AdobeExperiencePlatform",
        Custom = "Custom",
    }
}

/// A segment: visitors with something in common.
#[doc(alias = "JourneySegment")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Segment {
    /// Its id, given by the service.
    pub id: String,
    /// Whether visitors can be assigned to it.
    pub is_active: bool,
    /// Its name. Names need not be unique.
    pub display_name: String,
    /// Rises with each change; see [`SegmentUpdate::version`].
    pub version: i64,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its colour in the vendor's user interface: `#` and six hex digits.
    pub color: String,
    /// How far it reaches.
    pub scope: Scope,
    /// Whether agents see it.
    pub should_display_to_agent: bool,
    /// What must be true of a visit.
    #[serde(default, deserialize_with = "null_as_default")]
    pub context: Context,
    /// What must have happened in a visit.
    #[serde(default, deserialize_with = "null_as_default")]
    pub journey: Journey,
    /// The segment of another system that it mirrors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegment>,
    /// After how many days an assignment to it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
    /// Its path at the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// When it was created.
    pub created_date: Timestamp,
    /// When it was last changed.
    pub modified_date: Timestamp,
}

/// The segment of another system that a segment mirrors.
#[doc(alias = "RequestExternalSegment")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalSegment {
    /// Its id there.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// The other system; the service's default where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ExternalSource>,
}

/// What a segment to be created is like; unset fields are left to the service.
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
pub struct NewSegment {
    /// Whether visitors can be assigned to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// Its name; not empty.
    pub display_name: String,
    /// Its first version. The service gives one itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its colour: `#` and six hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether agents see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_display_to_agent: Option<bool>,
    /// What must be true of a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// What must have happened in a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// The segment of another system that it mirrors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegment>,
    /// After how many days an assignment to it ends; 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
}

/// What changes in a segment; what is kept is not sent. See [`Update`].
#[doc(alias = "PatchSegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SegmentUpdate {
    /// Whether visitors can be assigned to it.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub is_active: Update<bool>,
    /// Its name; not empty.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub display_name: Update<String>,
    /// The version that was read: the service refuses the update if it is no longer the current one
    /// ([`Error::is_version_conflict`]). Without it, the last to write wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// What it is for.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub description: Update<String>,
    /// Its colour: `#` and six hex digits.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub color: Update<String>,
    /// Whether agents see it.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub should_display_to_agent: Update<bool>,
    /// What must be true of a visit; replaces all of it. To clear it is to send no patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "cleared_as_no_patterns")]
    pub context: Update<Context>,
    /// What must have happened in a visit; replaces all of it. To clear it is to send no patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "cleared_as_no_patterns")]
    pub journey: Update<Journey>,
    /// The name of the segment of another system that it mirrors.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub external_segment: Update<ExternalSegmentUpdate>,
    /// After how many days an assignment to it ends; 0 or more.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub assignment_expiration_days: Update<i64>,
}

/// What can be changed in an external segment: its name.
#[doc(alias = "PatchExternalSegment")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalSegmentUpdate {
    /// Its name in the other system.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub name: Update<String>,
}

/// The service takes no `null` for these two, but an empty list of patterns.
fn cleared_as_no_patterns<T, S>(update: &Update<T>, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Default + Serialize,
    S: serde::Serializer,
{
    match update {
        Update::Set(value) => value.serialize(serializer),
        Update::Keep | Update::Clear => T::default().serialize(serializer),
    }
}

impl NewSegment {
    /// A segment of this name.
    pub fn new(display_name: impl Into<String>) -> NewSegment {
        NewSegment { display_name: display_name.into(), ..NewSegment::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let NewSegment { color, context, journey, assignment_expiration_days: days, .. } = self;
        check(Some(&self.display_name), color.as_ref(), context.as_ref(), journey.as_ref(), *days)
    }
}

/// What a segment is, without what the service gave it (id, version, scope, dates): to make it again, or
/// one like it.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
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
            color: Some(segment.color.clone()),
            should_display_to_agent: Some(segment.should_display_to_agent),
            context: Some(segment.context.clone()),
            journey: Some(segment.journey.clone()),
            external_segment: segment.external_segment.clone(),
            assignment_expiration_days: segment.assignment_expiration_days,
        }
    }
}

impl SegmentUpdate {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == SegmentUpdate { version: self.version, ..SegmentUpdate::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let SegmentUpdate { color, context, journey, assignment_expiration_days: days, .. } = self;
        if self.display_name == Update::Clear {
            return Err(Error::input("displayName", "cannot be cleared: a segment must have a name"));
        }
        check(self.display_name.value(), color.value(), context.value(), journey.value(), days.value().copied())
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
