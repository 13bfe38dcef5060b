//! The state machine that creates or updates the entity of a name, so that it matches the wanted state.
//!
//! ```text
//!    ┌─────────────────────────── wait ─────────────────────────────┐
//!    ▼                                                              │
//!  Find ────────── found ─────────► Compare ─ renamed or deleted ─► Gone
//!    │                                │  │                          ▲
//!    │ not found, not even            │  └─ equal ─► Done           │
//!    │ a rewritten name               │                             │
//!    ▼                                ▼ different                   │
//!  Create                           Apply ──────── not found ───────┘
//!    │                                │
//!    ├─ ok ─► ConfirmCreate ─► Done   ├─ ok ─► ConfirmUpdate ─► Done
//!    │           └─ exact ─► Compare  │
//!    ├─ 409 ─► ResolveTakenName       ├─ 409 or version conflict ─► ResolveConflict
//!    │           └─ found ─► Compare  │                        └─ newer version ─► Compare
//!    │                                │
//!    └─ outcome unknown ─► ResolveUnknownCreate
//!                 ├─ equal ─► Done    │
//!                 └─ different ─► Compare
//!                                     │
//!                                     └─ outcome unknown ─► ResolveUnknownUpdate
//!                                                  ├─ newer version ─► Compare
//!                                                  └─ same version ─► Compare, sends it again
//! ```
//!
//! Each state is a variant of [`State`] with a method of its name, and each arrow is a value that this method
//! returns. Any other result is an error. In the exact mode, a new entity is compared, too, since the service fills in
//! defaults for the fields that the other entity lacks. [`ensure_all`] lists all entities once, and starts each machine from
//! `Compare` or `Find`.
//!
//! * A create is sent once. While its outcome is unknown, its error takes precedence over all later errors.
//! * An update carries the version that was read. It is sent again only while a read returns the same version, so
//!   at most one of the two is applied.
//! * `Confirm…` and `Resolve…` poll. All writes leave half of the remaining time for it.

use std::collections::HashSet;

use super::find::{Search, search, select};
use super::poll::{for_a_while, half, poll, polling};
use super::{Ensured, MAX_TRIES, Resource, find_by_name};
use crate::backoff::Polling;
use crate::call::LOG_TARGET;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};

/// Creates or updates the entity of the wanted name, so that it matches `wanted`. The caller has checked `wanted`.
pub(crate) fn ensure<Entity: PartialEq, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    wanted: &New,
) -> Result<Ensured<Entity, Update>> {
    let config = &config.as_one_call();
    Machine::new(resource, config, wanted).run(State::Find)
}

/// Creates or updates many entities, each as [`ensure`] does. The existing entities are listed only once. The results
/// are in the order of `wanted`, and a failure does not stop the others. `check` validates one wanted entity.
pub(crate) fn ensure_all<Entity: Clone + PartialEq, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    wanted: &[New],
    check: fn(&New) -> Result<()>,
) -> Result<Vec<Result<Ensured<Entity, Update>>>> {
    let mut names = HashSet::new();
    if let Some(twice) = wanted.iter().map(resource.wanted_name).find(|name| !names.insert(*name)) {
        return Err(Error::input(resource.name_field, format_args!("{twice:?} is given twice")));
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all = (resource.list_all)(config).collect::<Result<Vec<Entity>>>()?;
    let ensure = |wanted: &New| {
        check(wanted)?;
        let config = &config.as_one_call();
        let machine = Machine::new(resource, config, wanted);
        let name = (resource.wanted_name)(wanted);
        let of_this_name = all.iter().filter(|entity| (resource.name)(entity) == name);
        match select(resource, name, of_this_name.cloned().map(Ok))? {
            Search::Found(entity) => machine.run(State::Compare(entity)),
            // It may have been created since, by another program or under a name that the service rewrote.
            Search::Similar(_) | Search::Missing => machine.run(State::Find),
        }
    };
    Ok(wanted.iter().map(ensure).collect())
}

enum State<Entity, Update> {
    /// No entity is known.
    Find,
    /// No entity has the name.
    Create,
    /// The create succeeded; a read has to show it.
    ConfirmCreate(Entity),
    /// The create was refused with 409: a read may not yet show an entity of this name.
    ResolveTakenName(Error),
    /// The outcome of the create is unknown.
    ResolveUnknownCreate(Error),
    /// An entity was read. Its name may have changed since it was found.
    Compare(Entity),
    /// The entity differs from the wanted state by this update.
    Apply(Entity, Update),
    /// The update of the first entity returned the second; a read has to show it.
    ConfirmUpdate {
        before: Entity,
        written: Entity,
        update: Update,
    },
    /// The update was refused, perhaps because the entity was changed after it was read.
    ResolveConflict(Entity, Error),
    /// The outcome of the update is unknown.
    ResolveUnknownUpdate(Entity, Update, Error),
    /// The entity was renamed or deleted after it was found.
    Gone,
    Done(Ensured<Entity, Update>),
}

struct Machine<'a, Entity, New, Update> {
    resource: &'a Resource<Entity, New, Update>,
    config: &'a Config,
    wanted: &'a New,
    /// Whether the entity was created, so that the result is [`Ensured::Created`] also after an update of its defaults.
    is_created: bool,
    /// The error of a create that may still be applied. It takes precedence over all later errors.
    unknown_create: Option<Error>,
    restarts: u32,
    restart_waits: Polling,

    // The fields below are reset in the state `Find`.
    /// The number of updates sent.
    updates: u32,
    /// The last update that may have been applied although its response was lost.
    lost_update: Option<Update>,
    /// The error of that update, while no read shows whether it was applied.
    unknown_update: Option<Error>,
}

impl<'a, Entity: PartialEq, New, Update> Machine<'a, Entity, New, Update> {
    fn new(resource: &'a Resource<Entity, New, Update>, config: &'a Config, wanted: &'a New) -> Self {
        Machine {
            resource,
            config,
            wanted,
            is_created: false,
            unknown_create: None,
            restarts: 0,
            restart_waits: polling(config),
            updates: 0,
            lost_update: None,
            unknown_update: None,
        }
    }

    fn run(mut self, mut state: State<Entity, Update>) -> Result<Ensured<Entity, Update>> {
        loop {
            let next = match state {
                State::Find => self.find(),
                State::Create => self.create(),
                State::ConfirmCreate(created) => self.confirm_create(created),
                State::ResolveTakenName(error) => self.resolve_taken_name(error),
                State::ResolveUnknownCreate(error) => self.resolve_unknown_create(error),
                State::Compare(current) => self.compare(current),
                State::Apply(current, update) => self.apply(current, update),
                State::ConfirmUpdate { before, written, update } => Ok(self.confirm_update(&before, written, update)),
                State::ResolveConflict(current, error) => self.resolve_conflict(&current, error),
                State::ResolveUnknownUpdate(current, update, error) => {
                    self.resolve_unknown_update(current, update, error)
                }
                State::Gone => self.gone(),
                State::Done(ensured) if self.is_created => return Ok(ensured.into_created()),
                State::Done(ensured) => return Ok(ensured),
            };
            state = next.map_err(|error| self.error(error))?;
        }
    }

    /// Returns the error of a create that may still be applied, if there is one, instead of `error`.
    fn error(&mut self, error: Error) -> Error {
        let Some(unknown_create) = self.unknown_create.take() else { return error };
        log::debug!(target: LOG_TARGET, "after a create whose outcome is unknown: {error}");
        unknown_create
    }

    fn find(&mut self) -> Result<State<Entity, Update>> {
        (self.updates, self.lost_update, self.unknown_update) = (0, None, None);
        match search(self.resource, self.config, self.wanted_name())? {
            Search::Found(entity) => Ok(State::Compare(entity)),
            Search::Similar(entity) => Err(self.resource.similar_name(self.wanted_name(), &entity)),
            Search::Missing => Ok(State::Create),
        }
    }

    fn create(&self) -> Result<State<Entity, Update>> {
        match (self.resource.create)(&half(self.config), self.wanted) {
            Ok(created) => Ok(State::ConfirmCreate(created)),
            Err(error) if was_sent(&error) => Ok(State::ResolveUnknownCreate(error)),
            Err(error) if error.status() == Some(409) => Ok(State::ResolveTakenName(error)),
            Err(error) => Err(error),
        }
    }

    fn confirm_create(&mut self, created: Entity) -> Result<State<Entity, Update>> {
        let Resource { id, name, .. } = self.resource;
        if name(&created) != self.wanted_name() {
            return Err(self.resource.rewritten_name(self.wanted_name(), &created));
        }
        let mut read = || Ok(self.read_by_name()?.filter(|seen| id(seen) == id(&created)));
        let seen = poll(self.config, &mut read).unwrap_or(created);
        self.is_created = true;
        Ok(if self.resource.is_exact { State::Compare(seen) } else { State::Done(Ensured::Created(seen)) })
    }

    fn resolve_taken_name(&self, error: Error) -> Result<State<Entity, Update>> {
        let seen = poll(&for_a_while(self.config), &mut || self.read_by_name());
        seen.map(State::Compare).ok_or(error)
    }

    fn resolve_unknown_create(&mut self, error: Error) -> Result<State<Entity, Update>> {
        let Some(seen) = poll(self.config, &mut || self.read_by_name()) else {
            return Err(error);
        };
        if (self.resource.check_immutable)(&seen, self.wanted).is_ok() && self.matches(&seen) {
            return Ok(State::Done(Ensured::Created(seen)));
        }
        // Another program created this entity. The service may still process the create of this program.
        self.unknown_create = Some(error);
        Ok(State::Compare(seen))
    }

    fn compare(&mut self, current: Entity) -> Result<State<Entity, Update>> {
        let Resource { name, is_deleted, check_immutable, difference, .. } = self.resource;
        if name(&current) != self.wanted_name() || is_deleted(&current) {
            return Ok(State::Gone);
        }
        check_immutable(&current, self.wanted)?;
        if let Some(update) = difference(&current, self.wanted) {
            return Ok(State::Apply(current, update));
        }
        Ok(State::Done(match self.lost_update.take() {
            Some(update) => Ensured::updated(current, update),
            None => Ensured::Unchanged(current),
        }))
    }

    fn apply(&mut self, current: Entity, update: Update) -> Result<State<Entity, Update>> {
        self.updates += 1;
        match (self.resource.update)(&half(self.config), (self.resource.id)(&current), &update) {
            Ok(written) => Ok(State::ConfirmUpdate { before: current, written, update }),
            Err(error) if error.is_not_found() => Ok(State::Gone),
            Err(error) if was_sent(&error) && self.updates < MAX_TRIES => {
                Ok(State::ResolveUnknownUpdate(current, update, error))
            }
            Err(error) if may_be_conflict(&error) && self.updates < MAX_TRIES => {
                Ok(State::ResolveConflict(current, error))
            }
            Err(error) => Err(self.unknown_update.take().unwrap_or(error)),
        }
    }

    fn confirm_update(&self, before: &Entity, written: Entity, update: Update) -> State<Entity, Update> {
        let Resource { version, .. } = self.resource;
        let shows_it =
            |seen: &Entity| version(seen) >= version(&written) && (self.is_later(seen, before) || *seen == written);
        let seen = poll(self.config, &mut || Ok(Some(self.read_again(before)?).filter(shows_it)));
        State::Done(Ensured::updated(seen.unwrap_or(written), update))
    }

    fn resolve_conflict(&mut self, current: &Entity, error: Error) -> Result<State<Entity, Update>> {
        let Resource { id, version, get, .. } = self.resource;
        let mut read = || Ok(Some(get(self.config, id(current))?).filter(|seen| version(seen) > version(current)));
        // A refusal that does not mention a version may have another reason. One read shows whether the entity has
        // changed.
        let newer = if error.is_version_conflict() {
            poll(&for_a_while(self.config), &mut read)
        } else {
            read().unwrap_or_default()
        };
        let unknown_update = self.unknown_update.take();
        newer.map(State::Compare).ok_or_else(|| unknown_update.unwrap_or(error))
    }

    fn resolve_unknown_update(
        &mut self,
        current: Entity,
        update: Update,
        error: Error,
    ) -> Result<State<Entity, Update>> {
        self.lost_update = Some(update);
        let mut is_as_before = false;
        let newer = poll(&for_a_while(&half(self.config)), &mut || {
            let seen = self.read_again(&current)?;
            is_as_before = !self.is_later(&seen, &current);
            Ok(Some(seen).filter(|_| !is_as_before))
        });
        match newer {
            Some(newer) => {
                self.unknown_update = None;
                Ok(State::Compare(newer))
            }
            None if is_as_before && response_was_lost(&error) => {
                log::debug!(target: LOG_TARGET, "sending the update again, with the same version, after: {error}");
                self.unknown_update = Some(error);
                Ok(State::Compare(current))
            }
            None => Err(error),
        }
    }

    fn gone(&mut self) -> Result<State<Entity, Update>> {
        if let Some(error) = self.unknown_create.take() {
            // Starting again from `Find` could lead to a second create.
            return Err(error);
        }
        let (noun, name) = (self.resource.noun, self.wanted_name());
        if self.is_created {
            // A read may lag behind the create: starting again from `Find` could lead to a second create.
            let what = format!("the {noun} {name:?} was created, but its defaults were not cleared: it was not found");
            return Err(Error::new(ErrorKind::Api, what));
        }
        let problem = format!("the {noun} {name:?} is being renamed or deleted by others");
        // A read may not show the change at once.
        if !self.restart_waits.wait() {
            return Err(Error::new(ErrorKind::Timeout, problem + ", and no time is left to search again"));
        }
        self.restarts += 1;
        if self.restarts == MAX_TRIES {
            return Err(Error::new(ErrorKind::Api, problem + " repeatedly"));
        }
        Ok(State::Find)
    }

    fn wanted_name(&self) -> &'a str {
        (self.resource.wanted_name)(self.wanted)
    }

    fn read_by_name(&self) -> Result<Option<Entity>> {
        find_by_name(self.resource, self.config, self.wanted_name())
    }

    /// Reads an entity by its name, as the next `ensure` will, and by its id if it no longer has this name.
    fn read_again(&self, entity: &Entity) -> Result<Entity> {
        let Resource { id, get, .. } = self.resource;
        match self.read_by_name()?.filter(|seen| id(seen) == id(entity)) {
            Some(seen) => Ok(seen),
            None => get(self.config, id(entity)),
        }
    }

    /// Returns whether `seen` is a later state than `before`. The service need not have raised the version.
    fn is_later(&self, seen: &Entity, before: &Entity) -> bool {
        let Resource { version, .. } = self.resource;
        version(seen) > version(before) || self.matches(seen)
    }

    fn matches(&self, entity: &Entity) -> bool {
        (self.resource.difference)(entity, self.wanted).is_none()
    }
}

fn may_be_conflict(error: &Error) -> bool {
    error.is_version_conflict() || error.status() == Some(409)
}

/// Returns whether the outcome of the write itself is unknown, rather than that of a sign-in before it.
fn was_sent(error: &Error) -> bool {
    error.outcome_unknown() && !error.during_sign_in()
}

/// Returns whether the request may not have reached the service. After an error of the service itself, such as 500, an
/// update is not sent again.
fn response_was_lost(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || matches!(error.status(), Some(408 | 502 | 503 | 504))
}
