//! The helpers above the operations: action templates by name, guarded edits, and action templates as code.

use super::diff::diff_exact;
use super::resource::{ACTION_TEMPLATE, EXACT_ACTION_TEMPLATE};
use super::{ActionTemplate, ActionTemplateUpdate, NewActionTemplate, TemplateState};
use crate::reconcile;
use crate::{Config, Error, Result};

/// Returns the action template of exactly this name, active or not, or `None` if there is none. Templates in the state
/// `Deleted` do not count, although lists have them.
///
/// One request for each 100 templates whose name contains `name`. If the search finds nothing, `find_by_name` lists all
/// templates, since the vendor does not document how the service searches. All requests share the deadline of one call.
///
/// **Permission** `journey:actiontemplate:view`
///
/// # Errors
/// `Input` if the name is empty; `Api`, with the ids of the first two, if the search or the list contains several
/// templates of this name; otherwise the errors of [`list`](super::list).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// if let Some(template) = genesys_journey::action_templates::find_by_name(&config, "Boots, spring")? {
///     println!("{}", template.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn find_by_name(config: &Config, name: &str) -> Result<Option<ActionTemplate>> {
    reconcile::find_by_name(&ACTION_TEMPLATE, config, name)
}

/// Reads an action template and sends the changes that `change` returns.
///
/// The update carries the version that was read and the name, which the vendor requires. If another program changed the
/// template since, `edit` reads it and calls `change` again, up to 20 times. Fields that `change` sets to their current
/// value are not sent; if no field is left, nothing is sent and the template is returned as read.
///
/// Two requests without a conflict. Each conflict adds two, after a wait that starts at a tenth of
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) and doubles up to 30 times `initial_backoff`. All requests
/// share the deadline of one call.
///
/// **Permission** `journey:actiontemplate:view`, `journey:actiontemplate:edit`
///
/// # Errors
/// The errors of [`get`](super::get) and [`update`](super::update); a version conflict only after the last try, or if
/// the deadline leaves no time for another. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the change may
/// have been applied: call `edit` again, with a `change` that sends nothing if it was.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, ActionTemplateUpdate};
///
/// action_templates::edit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", |template| ActionTemplateUpdate {
///     description: format!("{} (old)", template.description.as_deref().unwrap_or_default()).into(),
///     ..ActionTemplateUpdate::default()
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn edit(
    config: &Config,
    id: &str,
    mut change: impl FnMut(&ActionTemplate) -> ActionTemplateUpdate,
) -> Result<ActionTemplate> {
    reconcile::edit(&ACTION_TEMPLATE, config, id, &mut change)
}

/// The result of [`ensure`].
pub type Ensured = crate::Ensured<ActionTemplate, ActionTemplateUpdate>;

/// The result of [`ensure_exact`].
pub type EnsuredExact = crate::EnsuredExact<Ensured>;

/// Creates or updates the named action template to match `wanted`.
///
/// Nothing is written if [`diff`](super::diff()) finds no difference, so a second run sends no write. Lost responses,
/// delayed reads, concurrent changes and rewritten names are handled as by
/// [`segments::ensure`](crate::segments::ensure()): a create is never sent twice, and of an update that is sent again the
/// service applies at most one. A template in the state `Deleted` is another one: the name is created again.
///
/// Requests: those of [`find_by_name`]; a write adds one for itself and at least one read. All requests share the
/// deadline of one call, and a write may use half of the remaining time.
///
/// **Permission** `journey:actiontemplate:view`, and `journey:actiontemplate:add` or `journey:actiontemplate:edit`
///
/// # Errors
/// The errors of [`find_by_name`], [`create`](super::create) and [`update`](super::update); `Input` if the wanted state is
/// `Deleted`, or if a template has a name that the service may have made of the wanted one; `Api` after 20 conflicts with
/// other programs, or if the service changed the name. If [`outcome_unknown`](crate::Error::outcome_unknown) is true, the
/// write is not visible yet: call `ensure` again later.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, Ensured, NewActionTemplate, TemplateState};
/// use genesys_journey::offers::{ContentOffer, MediaType};
///
/// let wanted = NewActionTemplate {
///     content_offer: Some(ContentOffer { title: Some("20 % off".into()), ..ContentOffer::default() }),
///     ..NewActionTemplate::new("Boots, spring", MediaType::ContentOffer, TemplateState::Active)
/// };
/// match action_templates::ensure(&config, &wanted)? {
///     Ensured::Created(template) => println!("created {}", template.id),
///     Ensured::Updated { update, .. } => println!("changed {update:?}"),
///     _ => println!("nothing to do"),
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure(config: &Config, wanted: &NewActionTemplate) -> Result<Ensured> {
    check(wanted)?;
    reconcile::ensure(&ACTION_TEMPLATE, config, wanted)
}

/// Creates or updates the action template of the same name to be exactly like `like`. Fields that `like` lacks are
/// cleared.
///
/// This is [`ensure`] with [`diff_exact`](super::diff_exact()) in place of [`diff`](super::diff()); the docs of
/// `diff_exact` compare the two. Differences that cannot be changed are no error: the result lists them. The name of
/// `like` comes from the service, so that a template with a similar name is another template.
///
/// **Permission** `journey:actiontemplate:view`, and `journey:actiontemplate:add` or `journey:actiontemplate:edit`
///
/// # Errors
/// Those of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates;
///
/// // A copy of a template, perhaps from a backup.
/// let original = action_templates::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let copy = action_templates::ensure_exact(&config, &original)?;
/// for change in &copy.unchangeable {
///     eprintln!("cannot be made the same: {change}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn ensure_exact(config: &Config, like: &ActionTemplate) -> Result<EnsuredExact> {
    check(&NewActionTemplate::from(like))?;
    let ensured = reconcile::ensure(&EXACT_ACTION_TEMPLATE, config, like)?;
    let unchangeable = diff_exact(ensured.entity(), like).unchangeable;
    Ok(EnsuredExact::new(ensured, unchangeable))
}

/// Creates or updates many action templates, each as [`ensure`] does.
///
/// The templates are listed once, and only those that differ are written: 200 templates that match are 2 requests. A
/// template that is not in the list is searched again before it is created. The results are in the order of `wanted`, and
/// a failure does not stop the others. The list has the deadlines of [`list_all`](super::list_all); each template that is
/// written has the deadline of one call.
///
/// **Permission** `journey:actiontemplate:view`, and `journey:actiontemplate:add` or `journey:actiontemplate:edit`
///
/// # Errors
/// `Input` if a name is given twice; the errors of the list, with [`is_incomplete`](crate::Error::is_incomplete) if it is
/// not complete. In these cases nothing is written. Each result has the errors of [`ensure`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, NewActionTemplate, TemplateState};
/// use genesys_journey::offers::MediaType;
///
/// let new = |name: &str| NewActionTemplate::new(name, MediaType::ContentOffer, TemplateState::Active);
/// let wanted = [new("Boots, spring"), new("Boots, autumn")];
/// for (wanted, result) in wanted.iter().zip(action_templates::ensure_all(&config, &wanted)?) {
///     match result {
///         Ok(ensured) => println!("{}: {}", wanted.name, ensured.entity().id),
///         Err(error) => eprintln!("{}: {error}", wanted.name),
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
#[must_use = "each action template has a result of its own"]
pub fn ensure_all(config: &Config, wanted: &[NewActionTemplate]) -> Result<Vec<Result<Ensured>>> {
    reconcile::ensure_all(&ACTION_TEMPLATE, config, wanted, check)
}

/// Refuses a wanted state that no list would show as present.
fn check(wanted: &NewActionTemplate) -> Result<()> {
    if wanted.state == TemplateState::Deleted {
        let problem = "is Deleted; to delete a template, use action_templates::delete";
        return Err(Error::input("state", problem));
    }
    wanted.check()
}
