//! The helpers above the operations: action maps by name, guarded edits, and action maps as code.

use super::diff::diff_exact;
use super::resource::{ACTION_MAP, EXACT_ACTION_MAP};
use super::{ActionMap, ActionMapUpdate, NewActionMap};
use crate::reconcile;
use crate::{Config, Result};

/// Returns the action map of exactly this name, active or not, or `None` if there is none.
///
/// One request for each 100 maps whose name contains `name`. If the search finds nothing, `find_by_name` lists all
/// maps, up to 2 more requests, since the vendor does not document how the service searches. All requests share the
/// deadline of one call.
///
/// **Permission** `journey:actionmap:view`
///
/// # Errors
/// `Input` if the name is empty; `Api`, with the ids of the first two, if the search or the list contains several maps
/// of this name; otherwise the errors of [`list`](super::list).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// if let Some(map) = genesys_journey::action_maps::find_by_name(&config, "Help with the basket")? {
///     println!("{}", map.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<ActionMap>> {
    reconcile::find_by_name(&ACTION_MAP, config, name)
}

/// Reads an action map and sends the changes that `change` returns.
///
/// The update carries the version that was read and the fields that the vendor requires. If another program changed the
/// map since, `edit` reads it and calls `change` again, up to 20 times. Fields that `change` sets to their current value
/// are not sent; if no field is left, nothing is sent and the map is returned as read. References are compared by their
/// ids, and times as instants. A change of the media type of the action clears the parts of the others.
///
/// Two requests without a conflict. Each conflict adds two, after a wait that starts at a tenth of
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) and doubles up to 30 times `initial_backoff`. All requests
/// share the deadline of one call.
///
/// **Permission** `journey:actionmap:view`, `journey:actionmap:edit`
///
/// # Errors
/// The errors of [`get`](super::get) and [`update`](super::update); a version conflict only after the last try, or if
/// the deadline leaves no time for another. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the change may
/// have been applied: call `edit` again, with a `change` that sends nothing if it was.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, ActionMapUpdate};
///
/// action_maps::edit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", |map| ActionMapUpdate {
///     weight: Some(map.weight.unwrap_or(2) + 1),
///     ..ActionMapUpdate::default()
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn edit(config: &Config, id: &str, mut change: impl FnMut(&ActionMap) -> ActionMapUpdate) -> Result<ActionMap> {
    reconcile::edit(&ACTION_MAP, config, id, &mut change)
}

/// The result of [`ensure`].
pub type Ensured = crate::Ensured<ActionMap, ActionMapUpdate>;

/// The result of [`ensure_exact`].
pub type EnsuredExact = crate::EnsuredExact<Ensured>;

/// Creates or updates the named action map to match `wanted`.
///
/// Nothing is written if [`diff`](super::diff()) finds no difference, so a second run sends no write. Lost responses,
/// delayed reads, concurrent changes and rewritten names are handled as by
/// [`segments::ensure`](crate::segments::ensure()): a create is never sent twice, and of an update that is sent again the
/// service applies at most one.
///
/// Requests: those of [`find_by_name`]; a write adds one for itself and at least one read. All requests share the
/// deadline of one call, and a write may use half of the remaining time.
///
/// **Permission** `journey:actionmap:view`, and `journey:actionmap:add` or `journey:actionmap:edit`
///
/// # Errors
/// The errors of [`find_by_name`], [`create`](super::create) and [`update`](super::update); `Input` if a map has a name
/// that the service may have made of the wanted one; `Api` after 20 conflicts with other programs, or if the service
/// changed the name. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the write is not visible yet: call
/// `ensure` again later.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, Action, Ensured, NewActionMap};
/// use genesys_journey::segments::{self, NewSegment};
///
/// let vip = segments::ensure(&config, &NewSegment::new("VIP"))?;
/// let wanted = NewActionMap {
///     trigger_with_segments: vec![vip.entity().id.clone()],
///     action: Some(Action::content_offer("443f5c59-2b86-5d0b-a1c7-eed503976094")),
///     ..NewActionMap::new("Boots, spring")
/// };
/// match action_maps::ensure(&config, &wanted)? {
///     Ensured::Created(map) => println!("created {}", map.id),
///     Ensured::Updated { update, .. } => println!("changed {update:?}"),
///     _ => println!("nothing to do"),
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure(config: &Config, wanted: &NewActionMap) -> Result<Ensured> {
    wanted.check()?;
    reconcile::ensure(&ACTION_MAP, config, wanted)
}

/// Creates or updates the action map of the same name to be exactly like `like`. Fields that `like` lacks are cleared.
///
/// This is [`ensure`] with [`diff_exact`](super::diff_exact()) in place of [`diff`](super::diff()); the docs of
/// `diff_exact` compare the two. Differences that cannot be changed are no error: the result lists them. The name of
/// `like` comes from the service, so that a map with a similar name is another map.
///
/// **Permission** `journey:actionmap:view`, and `journey:actionmap:add` or `journey:actionmap:edit`
///
/// # Errors
/// Those of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps;
///
/// // A copy of a map, perhaps from a backup.
/// let original = action_maps::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let copy = action_maps::ensure_exact(&config, &original)?;
/// for change in &copy.unchangeable {
///     eprintln!("cannot be made the same: {change}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure_exact(config: &Config, like: &ActionMap) -> Result<EnsuredExact> {
    NewActionMap::from(like).check()?;
    let ensured = reconcile::ensure(&EXACT_ACTION_MAP, config, like)?;
    let unchangeable = diff_exact(ensured.entity(), like).unchangeable;
    Ok(EnsuredExact::new(ensured, unchangeable))
}

/// Creates or updates many action maps, each as [`ensure`] does.
///
/// The maps are listed once, and only those that differ are written: 200 maps that match are 2 requests. A map that is
/// not in the list is searched again before it is created. The results are in the order of `wanted`, and a failure does
/// not stop the others. The list has the deadlines of [`list_all`](super::list_all); each map that is written has the
/// deadline of one call.
///
/// **Permission** `journey:actionmap:view`, and `journey:actionmap:add` or `journey:actionmap:edit`
///
/// # Errors
/// `Input` if a name is given twice; the errors of the list, with [`is_incomplete`](crate::Error::is_incomplete) if it is
/// not complete. In these cases nothing is written. Each result has the errors of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, NewActionMap};
///
/// let wanted = [NewActionMap::new("Boots, spring"), NewActionMap::new("Help with the basket")];
/// for (wanted, result) in wanted.iter().zip(action_maps::ensure_all(&config, &wanted)?) {
///     match result {
///         Ok(ensured) => println!("{}: {}", wanted.display_name, ensured.entity().id),
///         Err(error) => eprintln!("{}: {error}", wanted.display_name),
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
#[must_use = "each action map has a result of its own"]
pub fn ensure_all(config: &Config, wanted: &[NewActionMap]) -> Result<Vec<Result<Ensured>>> {
    reconcile::ensure_all(&ACTION_MAP, config, wanted, NewActionMap::check)
}
