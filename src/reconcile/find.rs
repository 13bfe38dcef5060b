//! The search for an entity by its exact name.

use super::Resource;
use super::rewritten::may_be_rewritten;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};

/// The result of a search for a name.
pub(super) enum Search<Entity> {
    Found(Entity),
    /// No entity has the name, but this entity has a name that may be a rewritten form of it.
    Similar(Entity),
    Missing,
}

/// Returns the entity of this name, or `None`. Fails if several entities have the name.
pub(crate) fn find_by_name<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    name: &str,
) -> Result<Option<Entity>> {
    Ok(match search(resource, config, name)? {
        Search::Found(entity) => Some(entity),
        Search::Similar(_) | Search::Missing => None,
    })
}

/// Searches for a name.
///
/// The service does not document how it searches, so an empty result of a search is confirmed by the list of
/// all entities.
pub(super) fn search<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    name: &str,
) -> Result<Search<Entity>> {
    if name.is_empty() {
        let problem = format!("is empty; every {} has a name", resource.noun);
        return Err(Error::input(resource.name_field, problem));
    }
    let config = &config.as_one_call();
    match select(resource, name, (resource.search)(config, name))? {
        Search::Found(found) => Ok(Search::Found(found)),
        _ => select(resource, name, (resource.list_all)(config)),
    }
}

/// Returns the only one of these entities that has the name.
pub(super) fn select<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    name: &str,
    entities: impl IntoIterator<Item = Result<Entity>>,
) -> Result<Search<Entity>> {
    let (mut found, mut similar): (Option<Entity>, Option<Entity>) = (None, None);
    for entity in entities {
        let entity = entity?;
        if (resource.is_deleted)(&entity) {
            continue;
        }
        let actual = (resource.name)(&entity);
        if actual != name {
            if !resource.is_exact && may_be_rewritten(name, actual) {
                similar.get_or_insert(entity);
            }
            continue;
        }
        if let Some(first) = &found {
            let (noun, first, second) = (resource.noun, (resource.id)(first), (resource.id)(&entity));
            let problem = format!("several {noun}s are named {name:?}: {first} and {second}; rename or delete one");
            return Err(Error::new(ErrorKind::Api, problem));
        }
        found = Some(entity);
    }
    Ok(found.map(Search::Found).or(similar.map(Search::Similar)).unwrap_or(Search::Missing))
}
