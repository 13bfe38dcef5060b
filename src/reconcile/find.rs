//! The search for an entity by its exact name.

use super::Resource;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::pagination::ListAll;

/// Returns the only entity of this name, or `None`. Fails if several entities have this name.
///
/// The service does not document how it searches, so an empty result of a search is confirmed by the list of
/// all entities.
pub(crate) fn find_by_name<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    config: &Config,
    name: &str,
) -> Result<Option<Entity>> {
    if name.is_empty() {
        let problem = format_args!("is empty; every {} has a name", resource.noun);
        return Err(Error::input(resource.name_field, problem));
    }
    let config = &config.as_one_call();
    if let Some(found) = only_one(resource, name, (resource.search)(config, name))? {
        return Ok(Some(found));
    }
    only_one(resource, name, (resource.list_all)(config))
}

fn only_one<Entity, New, Update>(
    resource: &Resource<Entity, New, Update>,
    name: &str,
    list: ListAll<Entity>,
) -> Result<Option<Entity>> {
    let mut found: Option<Entity> = None;
    for entity in list {
        let entity = entity?;
        if (resource.name)(&entity) != name {
            continue;
        }
        if let Some(first) = &found {
            let (noun, first, second) = (resource.noun, (resource.id)(first), (resource.id)(&entity));
            let problem = format!("several {noun}s are named {name:?}: {first} and {second}");
            return Err(Error::new(ErrorKind::Api, problem));
        }
        found = Some(entity);
    }
    Ok(found)
}
