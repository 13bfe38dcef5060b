//! The helpers above the operations: outcomes by name, guarded edits, and outcomes as code.

use super::diff::diff_exact;
use super::resource::{EXACT_OUTCOME, OUTCOME};
use super::{NewOutcome, Outcome, OutcomeUpdate};
use crate::reconcile;
use crate::{Config, Result};

/// Returns the outcome of exactly this name, active or not, or `None` if there is none. Deprecated by the vendor.
///
/// One request for each 100 outcomes whose name contains `name`. If the search finds nothing, `find_by_name` lists all
/// outcomes, since the vendor does not document how the service searches. All requests share the deadline of one call.
///
/// **Permission** `journey:outcome:view`
///
/// # Errors
/// `Input` if the name is empty; `Api`, with the ids of the first two, if the search or the list contains several
/// outcomes of this name; otherwise the errors of [`list`](super::list).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// if let Some(outcome) = genesys_journey::outcomes::find_by_name(&config, "Purchase")? {
///     println!("{}", outcome.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<Outcome>> {
    reconcile::find_by_name(&OUTCOME, config, name)
}

/// Reads an outcome and sends the changes that `change` returns. Deprecated by the vendor.
///
/// The update carries the version that was read, and the name, because the vendor requires it. If another program changed the
/// outcome since, `edit` reads it and calls `change` again, up to 20 times. Fields that `change` sets to their current
/// value are not sent; if no field is left, nothing is sent and the outcome is returned as read.
///
/// Two requests without a conflict. Each conflict adds two, after a wait that starts at a tenth of
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) and doubles up to 30 times `initial_backoff`. All
/// requests share the deadline of one call.
///
/// **Permission** `journey:outcome:view`, `journey:outcome:edit`
///
/// # Errors
/// The errors of [`get`](super::get) and [`update`](super::update); a version conflict only after the last try, or if
/// the deadline leaves no time for another. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the change
/// may have been applied: call `edit` again, with a `change` that sends nothing if it was.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, OutcomeUpdate};
///
/// outcomes::edit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", |outcome| OutcomeUpdate {
///     description: outcome.description.as_ref().map(|text| format!("{text} (old)")),
///     ..OutcomeUpdate::default()
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn edit(config: &Config, id: &str, mut change: impl FnMut(&Outcome) -> OutcomeUpdate) -> Result<Outcome> {
    reconcile::edit(&OUTCOME, config, id, &mut change)
}

/// The result of [`ensure`].
pub type Ensured = crate::Ensured<Outcome, OutcomeUpdate>;

/// The result of [`ensure_exact`].
pub type EnsuredExact = crate::EnsuredExact<Ensured>;

/// Creates or updates the named outcome to match `wanted`. Deprecated by the vendor.
///
/// Nothing is written if [`diff`](super::diff()) finds no difference, so a second run sends no write. Lost responses,
/// delayed reads, concurrent changes and rewritten names are handled as by
/// [`segments::ensure`](crate::segments::ensure()): a create is never sent twice, and of an update that is sent again
/// the service applies at most one.
///
/// Requests: those of [`find_by_name`]; a write adds one for itself and at least one read. All requests share the
/// deadline of one call, and a write may use half of the remaining time.
///
/// **Permission** `journey:outcome:view`, and `journey:outcome:add` or `journey:outcome:edit`
///
/// # Errors
/// The errors of [`find_by_name`], [`create`](super::create) and [`update`](super::update); `Input` if an outcome has a
/// name that the service may have made of the wanted one; `Api` after 20 conflicts with other programs, or if the
/// service changed the name. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the write is not visible
/// yet: call `ensure` again later.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, AssociatedValueField, Ensured, NewOutcome, ValueType};
///
/// let wanted = NewOutcome {
///     is_positive: Some(true),
///     associated_value_field: Some(AssociatedValueField::new(ValueType::Number, "attributes.price.value")),
///     ..NewOutcome::new("Booking")
/// };
/// match outcomes::ensure(&config, &wanted)? {
///     Ensured::Created(outcome) => println!("created {}", outcome.id),
///     Ensured::Updated { update, .. } => println!("changed {update:?}"),
///     _ => println!("nothing to do"),
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure(config: &Config, wanted: &NewOutcome) -> Result<Ensured> {
    wanted.check()?;
    reconcile::ensure(&OUTCOME, config, wanted)
}

/// Creates or updates the outcome of the same name to be exactly like `like`. Fields that `like` lacks are cleared.
///
/// This is [`ensure`] with [`diff_exact`](super::diff_exact()) in place of [`diff`](super::diff()); the docs of
/// `diff_exact` compare the two. Differences that cannot be changed are no error: the result lists them. The name of
/// `like` comes from the service, so that an outcome with a similar name is another outcome.
///
/// **Permission** `journey:outcome:view`, and `journey:outcome:add` or `journey:outcome:edit`
///
/// # Errors
/// Those of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes;
///
/// // A copy of an outcome, perhaps from a backup.
/// let original = outcomes::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let copy = outcomes::ensure_exact(&config, &original)?;
/// for change in &copy.unchangeable {
///     eprintln!("cannot be made the same: {change}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure_exact(config: &Config, like: &Outcome) -> Result<EnsuredExact> {
    NewOutcome::from(like).check()?;
    let ensured = reconcile::ensure(&EXACT_OUTCOME, config, like)?;
    let unchangeable = diff_exact(ensured.entity(), like).unchangeable;
    Ok(EnsuredExact::new(ensured, unchangeable))
}

/// Creates or updates many outcomes, each as [`ensure`] does.
///
/// The outcomes are listed once, and only those that differ are written: 200 outcomes that match are 2 requests. An
/// outcome that is not in the list is searched again before it is created. The results are in the order of `wanted`,
/// and a failure does not stop the others. The list has the deadlines of [`list_all`](super::list_all); each outcome
/// that is written has the deadline of one call.
///
/// **Permission** `journey:outcome:view`, and `journey:outcome:add` or `journey:outcome:edit`
///
/// # Errors
/// `Input` if a name is given twice; the errors of the list, with [`is_incomplete`](crate::Error::is_incomplete) if it
/// is not complete. In these cases nothing is written. Each result has the errors of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, NewOutcome};
///
/// let wanted = [NewOutcome::new("Purchase"), NewOutcome::new("Booking")];
/// for (wanted, result) in wanted.iter().zip(outcomes::ensure_all(&config, &wanted)?) {
///     match result {
///         Ok(ensured) => println!("{}: {}", wanted.display_name, ensured.entity().id),
///         Err(error) => eprintln!("{}: {error}", wanted.display_name),
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
#[must_use = "each outcome has a result of its own"]
pub fn ensure_all(config: &Config, wanted: &[NewOutcome]) -> Result<Vec<Result<Ensured>>> {
    reconcile::ensure_all(&OUTCOME, config, wanted, NewOutcome::check)
}
