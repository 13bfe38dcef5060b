//! An edit: reads an entity, changes it and writes it.
//!
//! Invariant: the update carries the version that was read, so that no concurrent change is lost.

use super::{MAX_TRIES, Resource};
use crate::backoff::{Backoff, Polling};
use crate::config::Config;
use crate::error::Result;

/// Reads an entity and sends the changes that `change` returns, with the version that was read. After a
/// version conflict it starts again.
pub(crate) fn edit<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    id: &str,
    change: &mut dyn FnMut(&Entity) -> Update,
) -> Result<Entity> {
    let config = &config.as_one_call();
    let unit = config.initial_backoff();
    let mut polling = Polling::new(Backoff { initial: unit / 10, max: unit * 30 }, config.deadline().at);
    let mut tries = 1;
    loop {
        let current = (resource.get)(config, id)?;
        let Some(update) = (resource.only_changes)(&current, change(&current)) else {
            return Ok(current);
        };
        let result = (resource.update)(config, id, &update);
        let is_conflict = match &result {
            Ok(_) => false,
            Err(error) if error.is_version_conflict() => true,
            // A 409 without words about a version is a conflict if the entity has changed.
            Err(error) if error.status() == Some(409) => {
                (resource.get)(config, id).is_ok_and(|seen| (resource.version)(&seen) != (resource.version)(&current))
            }
            Err(_) => false,
        };
        // A read may not show the other program's write at once, so the next try waits.
        if !is_conflict || tries == MAX_TRIES || !polling.wait() {
            return result;
        }
        tries += 1;
    }
}
