//! Action maps as a [`Resource`], for the generic code behind the helpers of this module.

use super::diff::{diff, diff_exact, only_changes};
use super::{ActionMap, ActionMapUpdate, ListActionMaps, NewActionMap, create, get, list_all, update};
use crate::reconcile::Resource;

pub(super) const ACTION_MAP: Resource<ActionMap, NewActionMap, ActionMapUpdate> = Resource {
    noun: "action map",
    name_field: "displayName",
    id: |map| &map.id,
    name: |map| map.display_name.as_deref().unwrap_or_default(),
    wanted_name: |wanted| &wanted.display_name,
    is_exact: false,
    is_deleted: |_| false,
    version: |map| map.version.unwrap_or_default(),

    search: |config, name| list_all(config, &with_name_like(name)),
    list_all: |config| list_all(config, &ListActionMaps::default()),
    get,
    create,
    update,

    check_immutable: |_, _| Ok(()),
    difference: |map, wanted| non_empty(diff(map, wanted)),
    only_changes: |map, update| non_empty(only_changes(map, update)),
};

/// The mode that makes a map exactly like another one. The caller reports the differences that cannot be removed.
pub(super) const EXACT_ACTION_MAP: Resource<ActionMap, ActionMap, ActionMapUpdate> = ACTION_MAP.exact(
    |config, like| create(config, &NewActionMap::from(like)),
    |map, like| non_empty(diff_exact(map, like).update),
);

fn with_name_like(name: &str) -> ListActionMaps {
    let query_fields = vec!["displayName".to_owned()];
    ListActionMaps { query_fields, query_value: Some(name.to_owned()), ..ListActionMaps::default() }
}

fn non_empty(update: ActionMapUpdate) -> Option<ActionMapUpdate> {
    Some(update).filter(|update| !update.is_empty())
}
