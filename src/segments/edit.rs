//! Read, change, write, without losing what somebody else changed meanwhile.

use super::{Segment, SegmentUpdate, get, update};
use crate::backoff::{Backoff, Polling};
use crate::{Config, Error, Result, Update};

/// How often a segment is read and changed before the conflict is the caller's.
const TRIES: u32 = 20;

/// Reads a segment, asks `change` what to change in it, and sends that with the version that was read;
/// when somebody else was quicker, reads and asks again, up to 20 times. What `change` sets to what it
/// is already is not sent, and when nothing is left nothing is sent: the segment is returned as read.
///
/// Two requests: the read and the update. Each conflict is two more, after a pause that doubles with each,
/// from a tenth of [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to thirty of it. All of it has the
/// deadline of one call.
///
/// **Permission** `journey:segment:view`, `journey:segment:edit`
///
/// # Errors
/// Those of [`get`](super::get) and [`update`](super::update); a conflict only after the last try, or where the
/// deadline leaves no time for another. With
/// [`outcome_unknown`](crate::Error::outcome_unknown) the change may have been made: call it again, and
/// let `change` look whether there is anything left to change.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::segments::{self, SegmentUpdate};
///
/// segments::edit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", |segment| SegmentUpdate {
///     display_name: Some(format!("{} (old)", segment.display_name)),
///     is_active: Some(false),
///     ..SegmentUpdate::default()
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn edit(config: &Config, id: &str, mut change: impl FnMut(&Segment) -> SegmentUpdate) -> Result<Segment> {
    let config = &config.as_one_call();
    let unit = config.initial_backoff();
    let mut polling = Polling::new(Backoff { initial: unit / 10, max: unit * 30 }, config.deadline());
    let mut tries = 1;
    loop {
        let segment = get(config, id)?;
        let changed = only_changes(change(&segment), &segment);
        changed.check()?;
        if changed.is_empty() {
            return Ok(segment);
        }
        let done = update(config, id, &changed);
        let is_conflict = done.as_ref().is_err_and(Error::is_version_conflict);
        // The read may lag behind the write that won, and who wrote may write on for a while.
        if !is_conflict || tries == TRIES || !polling.wait() {
            return done;
        }
        tries += 1;
    }
}

/// The update without what is so already, and with the version of the segment.
pub(super) fn only_changes(update: SegmentUpdate, segment: &Segment) -> SegmentUpdate {
    let external_name = segment.external_segment.as_ref().map(|external| &external.name);
    // A segment without conditions has no patterns.
    let context_now = segment.context.clone().unwrap_or_default();
    let journey_now = segment.journey.clone().unwrap_or_default();
    SegmentUpdate {
        is_active: update.is_active.filter(|is_active| *is_active != segment.is_active),
        display_name: update.display_name.filter(|name| *name != segment.display_name),
        version: Some(segment.version),
        description: unless(update.description, segment.description.as_ref()),
        color: unless(update.color, segment.color.as_ref()),
        should_display_to_agent: unless(update.should_display_to_agent, segment.should_display_to_agent.as_ref()),
        context: match update.context {
            Update::Clear if context_now.patterns.is_empty() => Update::Keep,
            context => unless(context, Some(&context_now)),
        },
        journey: match update.journey {
            Update::Clear if journey_now.patterns.is_empty() => Update::Keep,
            journey => unless(journey, Some(&journey_now)),
        },
        external_segment: update
            .external_segment
            .filter(|external| external.name.is_some() && external.name.as_ref() != external_name),
        assignment_expiration_days: unless(
            update.assignment_expiration_days,
            segment.assignment_expiration_days.as_ref(),
        ),
    }
}

/// The update of a field, unless that is what the field is already.
fn unless<T: PartialEq>(update: Update<T>, now: Option<&T>) -> Update<T> {
    match (&update, now) {
        (Update::Clear, None) => Update::Keep,
        (Update::Set(value), Some(now)) if value == now => Update::Keep,
        _ => update,
    }
}
