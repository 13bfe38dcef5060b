//! Outcomes as a [`Resource`], for the generic code behind the helpers of this module.

use super::diff::{diff, diff_exact, only_changes};
use super::{ListOutcomes, NewOutcome, Outcome, OutcomeUpdate, create, get, list_all, update};
use crate::reconcile::Resource;

pub(super) const OUTCOME: Resource<Outcome, NewOutcome, OutcomeUpdate> = Resource {
    noun: "outcome",
    name_field: "displayName",
    id: |outcome| &outcome.id,
    name: |outcome| outcome.display_name.as_deref().unwrap_or_default(),
    wanted_name: |wanted| &wanted.display_name,
    is_exact: false,
    is_deleted: |_| false,
    version: |outcome| outcome.version.unwrap_or_default(),

    search: |config, name| list_all(config, &with_name_like(name)),
    list_all: |config| list_all(config, &ListOutcomes::default()),
    get,
    create,
    update,

    check_immutable: |_, _| Ok(()),
    difference: |outcome, wanted| non_empty(diff(outcome, wanted)),
    only_changes: |outcome, update| non_empty(only_changes(outcome, update)),
};

/// The mode that makes an outcome exactly like another one. The caller reports the differences that cannot be removed.
pub(super) const EXACT_OUTCOME: Resource<Outcome, Outcome, OutcomeUpdate> = OUTCOME.exact(
    |config, like| create(config, &NewOutcome::from(like)),
    |outcome, like| non_empty(diff_exact(outcome, like).update),
);

fn with_name_like(name: &str) -> ListOutcomes {
    let query_fields = vec!["displayName".to_owned()];
    ListOutcomes { query_fields, query_value: Some(name.to_owned()), ..ListOutcomes::default() }
}

fn non_empty(update: OutcomeUpdate) -> Option<OutcomeUpdate> {
    Some(update).filter(|update| !update.is_empty())
}
