//! An edit of one segment that loses no concurrent change.

use super::resource::SEGMENT;
use super::{Segment, SegmentUpdate};
use crate::reconcile::{self, unless_equal, unless_equal_or_empty};
use crate::{Config, Result};

/// Reads a segment and sends the changes that `change` returns.
///
/// The update carries the version that was read. If another program changed the segment since, `edit` reads it
/// and calls `change` again, up to 20 times. Fields that `change` sets to their current value are not sent; if
/// no field is left, nothing is sent and the segment is returned as read.
///
/// Two requests without a conflict. Each conflict adds two, after a wait that starts at a tenth of
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) and doubles up to 30 times `initial_backoff`.
/// All requests share the deadline of one call.
///
/// **Permission** `journey:segment:view`, `journey:segment:edit`
///
/// # Errors
/// The errors of [`get`](super::get) and [`update`](super::update); a version conflict only after the last
/// try, or if the deadline leaves no time for another. If [`outcome_unknown`](crate::Error::outcome_unknown) is
/// true, the change may have been applied: call `edit` again, with a `change` that sends nothing if it was.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, SegmentUpdate};
///
/// segments::edit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", |segment| SegmentUpdate {
///     display_name: Some(format!("{} (old)", segment.display_name)),
///     is_active: Some(false),
///     ..SegmentUpdate::default()
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn edit(config: &Config, id: &str, mut change: impl FnMut(&Segment) -> SegmentUpdate) -> Result<Segment> {
    reconcile::edit(&SEGMENT, config, id, &mut change)
}

/// Returns the update without the fields that it does not change, and with the version of the segment.
pub(super) fn only_changes(segment: &Segment, update: SegmentUpdate) -> SegmentUpdate {
    let external_name = segment.external_segment.as_ref().map(|external| &external.name);
    SegmentUpdate {
        is_active: update.is_active.filter(|is_active| *is_active != segment.is_active),
        display_name: update.display_name.filter(|name| *name != segment.display_name),
        version: Some(segment.version),
        description: unless_equal_or_empty(segment.description.as_ref(), update.description),
        color: unless_equal(segment.color.as_ref(), update.color),
        should_display_to_agent: unless_equal(segment.should_display_to_agent.as_ref(), update.should_display_to_agent),
        context: unless_equal_or_empty(segment.context.as_ref(), update.context),
        journey: unless_equal_or_empty(segment.journey.as_ref(), update.journey),
        external_segment: update
            .external_segment
            .filter(|external| external.name.is_some() && external.name.as_ref() != external_name),
        assignment_expiration_days: unless_equal(
            segment.assignment_expiration_days.as_ref(),
            update.assignment_expiration_days,
        ),
    }
}
