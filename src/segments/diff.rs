//! The difference between a segment and its wanted state.

use super::{ExternalSegment, ExternalSegmentUpdate, NewSegment, Segment, SegmentUpdate};
use crate::criteria::{Context, Journey};
use crate::reconcile::{changed, same_context, same_journey, set};
use crate::{Error, Result};

/// Returns the update that [`ensure`](super::ensure()) would send: its dry run, without a request.
///
/// Not differences: fields that `wanted` leaves unset (they are never cleared; use
/// [`update`](super::update) for that), the order of patterns, criteria and values, and the case of a colour.
/// A pattern with an event name differs from the same pattern without one.
///
/// The update carries the version of the segment, so that the service refuses it if the segment has changed
/// since. [`SegmentUpdate::is_empty`] is true if nothing differs.
///
/// ```
/// use genesys_journey::segments::{NewSegment, Segment, diff};
///
/// let segment: Segment = serde_json::from_str(r##"{
///     "id": "7", "isActive": true, "displayName": "VIP", "version": 3, "color": "#1F6FEB",
///     "scope": "Session", "shouldDisplayToAgent": false,
///     "createdDate": "2026-05-04T08:15:30Z", "modifiedDate": "2026-05-04T08:15:30Z"
/// }"##)?;
/// assert!(diff(&segment, &NewSegment::new("VIP")).is_empty());
///
/// let wanted = NewSegment { is_active: Some(false), ..NewSegment::new("VIP") };
/// assert_eq!(serde_json::to_string(&diff(&segment, &wanted))?, r#"{"isActive":false,"version":3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use = "the difference is only returned, not applied"]
pub fn diff(segment: &Segment, wanted: &NewSegment) -> SegmentUpdate {
    let external_name = segment.external_segment.as_ref().map(|external| &external.name);
    let wanted_external_name = wanted.external_segment.as_ref().map(|external| &external.name);
    SegmentUpdate {
        is_active: changed(wanted.is_active.as_ref(), |is_active| *is_active == segment.is_active),
        display_name: changed(Some(&wanted.display_name), |name| *name == segment.display_name),
        version: Some(segment.version),
        // An empty text is no description.
        description: set(changed(wanted.description.as_ref(), |text| {
            *text == segment.description.as_deref().unwrap_or_default()
        })),
        color: set(changed(wanted.color.as_ref(), |color| {
            segment.color.as_ref().is_some_and(|current| color.eq_ignore_ascii_case(current))
        })),
        should_display_to_agent: set(changed(wanted.should_display_to_agent.as_ref(), |display| {
            Some(*display) == segment.should_display_to_agent
        })),
        context: set(changed(wanted.context.as_ref(), |context| {
            same_context(context, segment.context.as_ref().unwrap_or(&Context::default()))
        })),
        journey: set(changed(wanted.journey.as_ref(), |journey| {
            same_journey(journey, segment.journey.as_ref().unwrap_or(&Journey::default()))
        })),
        // A segment without an external segment cannot get one.
        external_segment: changed(wanted_external_name, |name| external_name.is_none_or(|current| name == current))
            .map(|name| ExternalSegmentUpdate { name: Some(name) }),
        assignment_expiration_days: set(changed(wanted.assignment_expiration_days.as_ref(), |days| {
            Some(*days) == segment.assignment_expiration_days
        })),
    }
}

/// Refuses another external segment: only its name can be changed.
pub(super) fn check_immutable(segment: &Segment, wanted: &NewSegment) -> Result<()> {
    let Some(wanted) = &wanted.external_segment else { return Ok(()) };
    let actual = segment.external_segment.as_ref();
    let is_same = |actual: &ExternalSegment| {
        actual.id == wanted.id && (wanted.source.is_none() || wanted.source == actual.source)
    };
    if actual.is_some_and(is_same) {
        return Ok(());
    }
    let problem = format_args!("of segment {} is {actual:?}; only its name can be changed", segment.id);
    Err(Error::input("externalSegment", problem))
}
