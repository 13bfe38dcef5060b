//! Segments as code: creates or updates a segment to match a description.

use super::resource::SEGMENT;
use super::{NewSegment, Segment, SegmentUpdate};
use crate::reconcile;
use crate::{Config, Result};

/// The result of [`ensure`].
///
/// A test of your program can make each of them:
///
/// ```
/// use genesys_journey::segments::{Ensured, Segment, SegmentUpdate};
///
/// let created = Ensured::Created(Segment::default());
/// let updated = Ensured::updated(Segment::default(), SegmentUpdate::default());
/// assert_eq!(created.segment(), updated.segment());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ensured {
    /// No segment had this name; this one was created.
    Created(Segment),
    /// The segment differed and was updated.
    #[non_exhaustive]
    Updated {
        /// The segment after the update.
        segment: Segment,
        /// The update that was sent.
        update: SegmentUpdate,
    },
    /// The segment matched; no write was sent.
    Unchanged(Segment),
}

impl Ensured {
    /// Returns an [`Updated`](Ensured::Updated) with this segment and update.
    pub fn updated(segment: Segment, update: SegmentUpdate) -> Ensured {
        Ensured::Updated { segment, update }
    }

    /// Returns the segment in its present state.
    pub fn segment(&self) -> &Segment {
        match self {
            Ensured::Created(segment) | Ensured::Updated { segment, .. } | Ensured::Unchanged(segment) => segment,
        }
    }
}

/// Creates or updates the named segment to match `wanted`.
///
/// Nothing is written if [`diff`](super::diff()) finds no difference, so a second run sends no write.
///
/// * **Unknown outcomes.** If the response to a create is lost, `ensure` waits for the segment to appear and
///   never sends the create again. If the response to an update is lost and no read shows its effect, the update
///   is sent again with the same version, so that the service applies at most one of the two.
/// * **Delayed reads.** After a write, `ensure` reads until the change is visible.
/// * **Concurrent changes.** After a version conflict, `ensure` reads the new version and sends what still
///   differs. If the segment is renamed or deleted before the update, `ensure` searches the name again.
/// * **Limit.** Names need not be unique: two programs that ensure the same new name at the same moment may both
///   create it, unless the service refuses the second.
///
/// Requests: those of [`find_by_name`](super::find_by_name); a write adds one for itself and at least one read.
/// All requests share the deadline of one call, and a write may use half of the remaining time.
///
/// **Permission** `journey:segment:view`, and `journey:segment:add` or `journey:segment:edit`
///
/// # Errors
/// The errors of [`find_by_name`](super::find_by_name), [`create`](super::create) and
/// [`update`](super::update); `Input` if `wanted` names another external segment than the existing segment has,
/// since that cannot be changed; `Api` after 20 conflicts with other programs. If
/// [`outcome_unknown`](crate::Error::outcome_unknown) is true, the write is not visible yet: call `ensure` again
/// later.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, Ensured, NewSegment};
///
/// let wanted = NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("VIP") };
/// match segments::ensure(&config, &wanted)? {
///     Ensured::Created(segment) => println!("created {}", segment.id),
///     Ensured::Updated { update, .. } => println!("changed {update:?}"),
///     _ => println!("nothing to do"),
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure(config: &Config, wanted: &NewSegment) -> Result<Ensured> {
    wanted.check()?;
    Ok(match reconcile::ensure(&SEGMENT, config, wanted)? {
        reconcile::Ensured::Created(segment) => Ensured::Created(segment),
        reconcile::Ensured::Updated(segment, update) => Ensured::updated(segment, update),
        reconcile::Ensured::Unchanged(segment) => Ensured::Unchanged(segment),
    })
}
