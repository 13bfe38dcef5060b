//! The difference between a segment and its wanted state.

use super::{ExternalSegment, ExternalSegmentUpdate, NewSegment, Segment, SegmentUpdate};
use crate::criteria::{Context, Journey};
use crate::reconcile::{self, Change, changed, or_clear, same_context, same_journey, set};
use crate::{Error, Result};

/// Returns the update that [`ensure`](super::ensure()) would send, without sending a request.
///
/// Fields that `wanted` leaves unset are not compared and never cleared; to clear one, use [`update`](super::update).
/// The order of patterns, criteria and values and the case of a colour do not matter. A pattern with an event name
/// differs from the same pattern without one.
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
        // An empty text equals an absent description.
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

/// Returns the changes that [`ensure_exact`](super::ensure_exact()) would make, without sending a request.
///
/// Unlike in [`diff`], `like` is a whole segment, perhaps of another organisation. Fields that it lacks are cleared:
///
/// | Unset in `wanted` or `like` | `diff` | `diff_exact` |
/// |---|---|---|
/// | description, colour, display to agents, days, context, journey | left alone | cleared |
/// | external segment | left alone | `unchangeable`, if the segment has one |
/// | fields of patterns and criteria | equal to any value | equal to any value |
///
/// Use `diff` and [`ensure`](super::ensure()) for a description of the fields that you care about. Use `diff_exact`
/// and [`ensure_exact`](super::ensure_exact()) for a copy, such as a backup or another organisation.
///
/// ```
/// use genesys_journey::segments::{NewSegment, Segment, diff, diff_exact};
///
/// let mut like = Segment::default();
/// like.display_name = "VIP".into();
/// let mut segment = like.clone();
/// segment.description = Some("Spends much".into());
/// assert!(diff(&segment, &NewSegment::from(&like)).is_empty());
///
/// let difference = diff_exact(&segment, &like);
/// assert_eq!(serde_json::to_string(&difference.update)?, r#"{"version":0,"description":null}"#);
/// assert!(difference.unchangeable.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use = "the difference is only returned, not applied"]
pub fn diff_exact(segment: &Segment, like: &Segment) -> ExactDifference {
    let update = diff(segment, &NewSegment::from(like));
    let same_external = same_external(segment.external_segment.as_ref(), like.external_segment.as_ref());
    let has_description = |segment: &Segment| segment.description.as_ref().is_some_and(|text| !text.is_empty());
    let has_context = |segment: &Segment| segment.context.as_ref().is_some_and(|it| !it.patterns.is_empty());
    let has_journey = |segment: &Segment| segment.journey.as_ref().is_some_and(|it| !it.patterns.is_empty());
    let is_displayed = |segment: &Segment| segment.should_display_to_agent == Some(true);
    let lacks = |has: &dyn Fn(&Segment) -> bool| has(segment) && !has(like);
    let update = SegmentUpdate {
        description: or_clear(update.description, lacks(&has_description)),
        color: or_clear(update.color, lacks(&|segment| segment.color.is_some())),
        should_display_to_agent: or_clear(update.should_display_to_agent, lacks(&is_displayed)),
        context: or_clear(update.context, lacks(&has_context)),
        journey: or_clear(update.journey, lacks(&has_journey)),
        external_segment: update.external_segment.filter(|_| same_external),
        assignment_expiration_days: or_clear(
            update.assignment_expiration_days,
            lacks(&|segment| segment.assignment_expiration_days.is_some()),
        ),
        ..update
    };
    let mut unchangeable = Vec::new();
    if like.scope.is_some() && like.scope != segment.scope {
        unchangeable.push(Change::new("scope", &segment.scope, &like.scope));
    }
    if !same_external {
        unchangeable.push(Change::new("externalSegment", &segment.external_segment, &like.external_segment));
    }
    ExactDifference::new(update, unchangeable)
}

/// The result of [`diff_exact`]. Unchangeable are the scope, and presence, id and source of the external segment.
pub type ExactDifference = crate::ExactDifference<SegmentUpdate>;

impl ExactDifference {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.unchangeable.is_empty()
    }
}

/// Returns the changes that an update makes to a segment, one for each changed field.
///
/// `segment` is the segment before the update. For the changes of an [`ensure`](super::ensure()), read the segment
/// before it: the result has the segment after the update.
///
/// The order of patterns, criteria and values does not matter, and the version is left out. `Display` prints a change
/// on one line.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, NewSegment};
///
/// let segment = segments::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let wanted = NewSegment { is_active: Some(false), ..NewSegment::new(&segment.display_name) };
/// for change in segments::changes(&segment, &segments::diff(&segment, &wanted)) {
///     println!("{change}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[must_use]
#[inline]
pub fn changes(segment: &Segment, update: &SegmentUpdate) -> Vec<Change> {
    reconcile::changes(segment, update)
}

/// Returns whether two external segments, or none, are the same except for the name.
fn same_external(actual: Option<&ExternalSegment>, wanted: Option<&ExternalSegment>) -> bool {
    match (actual, wanted) {
        (Some(actual), Some(wanted)) => {
            actual.id == wanted.id && (wanted.source.is_none() || wanted.source == actual.source)
        }
        (actual, wanted) => actual.is_none() && wanted.is_none(),
    }
}

/// Refuses another external segment: only its name can be changed.
pub(super) fn check_immutable(segment: &Segment, wanted: &NewSegment) -> Result<()> {
    let (actual, wanted) = (segment.external_segment.as_ref(), wanted.external_segment.as_ref());
    if wanted.is_none() || same_external(actual, wanted) {
        return Ok(());
    }
    let problem = format!("of segment {} is {actual:?}; only its name can be changed", segment.id);
    Err(Error::input("externalSegment", problem))
}
