//! Segments as code: creates or updates segments to match their descriptions.

use super::diff::diff_exact;
use super::resource::{EXACT_SEGMENT, SEGMENT};
use super::{NewSegment, Segment, SegmentUpdate};
use crate::reconcile;
use crate::{Config, Result};

/// The result of [`ensure`].
pub type Ensured = crate::Ensured<Segment, SegmentUpdate>;

/// The result of [`ensure_exact`].
pub type EnsuredExact = crate::EnsuredExact<Ensured>;

/// Creates or updates the named segment to match `wanted`.
///
/// Nothing is written if [`diff`](super::diff()) finds no difference, so a second run sends no write. To create a segment
/// only if there is none, call [`find_by_name`](super::find_by_name) first.
///
/// * **Unknown outcomes.** If the response to a create is lost, `ensure` waits for the segment to appear, at most until
///   the deadline of the call, and never sends the create again. The result is `Created` then, too. If the response to an update is lost and no read shows its effect, the update
///   is sent again with the same version, so that the service applies at most one of the two.
/// * **Delayed reads.** After a write, `ensure` reads until the change is visible.
/// * **Concurrent changes.** After a version conflict, `ensure` reads the new version and sends the remaining
///   differences. If the segment is renamed or deleted before the update, `ensure` searches the name again.
/// * **Rewritten names.** Some services store a name trimmed, in another case, or truncated. If a segment with such a
///   form of the name exists (truncated after 40 characters or more), the result is an error that
///   names the segment, and nothing is created; [`create`](super::create) does it. If the service rewrites the name of a
///   new segment, the error names it, too.
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
/// since that cannot be changed; `Api` after 20 conflicts with other programs, or if the service changed the name. If
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
    reconcile::ensure(&SEGMENT, config, wanted)
}

/// Creates or updates the segment of the same name to be exactly like `like`. Fields that `like` lacks are cleared.
///
/// This is [`ensure`] with [`diff_exact`](super::diff_exact()) in place of [`diff`](super::diff()); the docs of
/// `diff_exact` compare the two. Differences that cannot be changed are no error: the result lists them, such as the
/// scope of a new segment, which the service chooses. An update clears the defaults of a new segment.
///
/// The service has stored the name of `like`, so it does not rewrite the name again. A segment with a similar name, as
/// described for [`ensure`], is therefore another segment.
///
/// For many segments, list those of the target once, and call `ensure_exact` only where `diff_exact` finds a difference.
///
/// **Permission** `journey:segment:view`, and `journey:segment:add` or `journey:segment:edit`
///
/// # Errors
/// Those of [`ensure`], except for the external segment.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments;
///
/// // A copy of a segment, perhaps of another organisation.
/// let original = segments::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let copy = segments::ensure_exact(&config, &original)?;
/// for change in &copy.unchangeable {
///     eprintln!("cannot be made the same: {change}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure_exact(config: &Config, like: &Segment) -> Result<EnsuredExact> {
    NewSegment::from(like).check()?;
    let ensured = reconcile::ensure(&EXACT_SEGMENT, config, like)?;
    let unchangeable = diff_exact(ensured.entity(), like).unchangeable;
    Ok(EnsuredExact::new(ensured, unchangeable))
}

/// Creates or updates many segments, each as [`ensure`] does.
///
/// The segments are listed once, and only those that differ are written: 500 segments that match are 5 requests. A
/// segment that is not in the list is searched again before it is created. The results are in the order of `wanted`,
/// and a failure does not stop the others. The list has the
/// deadlines of [`list_all`](super::list_all); each segment that is written has the deadline of one call.
///
/// **Permission** `journey:segment:view`, and `journey:segment:add` or `journey:segment:edit`
///
/// # Errors
/// `Input` if a name is given twice; the errors of the list, with [`is_incomplete`](crate::Error::is_incomplete)
/// if it is not complete. In these cases nothing is written. Each result has the errors of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::segments::{self, NewSegment};
///
/// let wanted = [NewSegment::new("VIP"), NewSegment::new("New visitors")];
/// for (wanted, result) in wanted.iter().zip(segments::ensure_all(&config, &wanted)?) {
///     match result {
///         Ok(ensured) => println!("{}: {}", wanted.display_name, ensured.entity().id),
///         Err(error) => eprintln!("{}: {error}", wanted.display_name),
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
#[must_use = "each segment has a result of its own"]
pub fn ensure_all(config: &Config, wanted: &[NewSegment]) -> Result<Vec<Result<Ensured>>> {
    reconcile::ensure_all(&SEGMENT, config, wanted, NewSegment::check)
}
