//! Action templates as a [`Resource`], for the generic code behind the helpers of this module.

use super::diff::{diff, diff_exact, only_changes};
use super::{
    ActionTemplate, ActionTemplateUpdate, ListActionTemplates, NewActionTemplate, TemplateState, create, get, list_all,
    update,
};
use crate::reconcile::Resource;

pub(super) const ACTION_TEMPLATE: Resource<ActionTemplate, NewActionTemplate, ActionTemplateUpdate> = Resource {
    noun: "action template",
    name_field: "name",
    id: |template| &template.id,
    name: |template| template.name.as_deref().unwrap_or_default(),
    wanted_name: |wanted| &wanted.name,
    is_exact: false,
    is_deleted: |template| template.state == Some(TemplateState::Deleted),
    version: |template| template.version.unwrap_or_default(),

    search: |config, name| list_all(config, &with_name_like(name)),
    list_all: |config| list_all(config, &ListActionTemplates::default()),
    get,
    create,
    update,

    check_immutable: |_, _| Ok(()),
    difference: |template, wanted| non_empty(diff(template, wanted)),
    only_changes: |template, update| non_empty(only_changes(template, update)),
};

/// The mode that makes a template exactly like another one. The caller reports the differences that cannot be removed.
pub(super) const EXACT_ACTION_TEMPLATE: Resource<ActionTemplate, ActionTemplate, ActionTemplateUpdate> =
    ACTION_TEMPLATE.exact(
        |config, like| create(config, &NewActionTemplate::from(like)),
        |template, like| non_empty(diff_exact(template, like).update),
    );

fn with_name_like(name: &str) -> ListActionTemplates {
    let query_fields = vec!["name".to_owned()];
    ListActionTemplates { query_fields, query_value: Some(name.to_owned()), ..ListActionTemplates::default() }
}

fn non_empty(update: ActionTemplateUpdate) -> Option<ActionTemplateUpdate> {
    Some(update).filter(|update| !update.is_empty())
}
