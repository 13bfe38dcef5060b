//! The comparison of single fields and of criteria, from which a difference is made.

use super::unordered::{same_entries, same_values};
use crate::criteria::{Context, ContextCriterion, Journey, JourneyCriterion};
use crate::update::Update;

/// Returns the wanted value of a field, if it is set and not equal to the current one.
pub(crate) fn changed<T: Clone>(wanted: Option<&T>, is_equal: impl FnOnce(&T) -> bool) -> Option<T> {
    wanted.filter(|wanted| !is_equal(wanted)).cloned()
}

/// Returns the update that sets this value, or keeps the field.
pub(crate) fn set<T>(value: Option<T>) -> Update<T> {
    value.map_or(Update::Keep, Update::Set)
}

/// Returns the update of a field, or `Keep` if it would change nothing.
pub(crate) fn unless_equal<T: PartialEq>(current: Option<&T>, update: Update<T>) -> Update<T> {
    match (&update, current) {
        (Update::Clear, None) => Update::Keep,
        (Update::Set(value), Some(current)) if value == current => Update::Keep,
        _ => update,
    }
}

/// The same for a field whose empty value equals an absent one.
pub(crate) fn unless_equal_or_empty<T: Default + PartialEq>(current: Option<&T>, update: Update<T>) -> Update<T> {
    let empty = T::default();
    match update {
        Update::Clear if current.is_none_or(|current| *current == empty) => Update::Keep,
        update => unless_equal(Some(current.unwrap_or(&empty)), update),
    }
}

/// Clears a field that the other entity lacks, unless the update already sets it, for example to `false`.
pub(crate) fn or_clear<T>(update: Update<T>, is_lacking: bool) -> Update<T> {
    if is_lacking && update.is_keep() { Update::Clear } else { update }
}

/// Returns whether two contexts are equal, except for the order of their parts and for unset fields of `wanted`.
pub(crate) fn same_context(wanted: &Context, actual: &Context) -> bool {
    same_entries(&wanted.patterns, &actual.patterns, &|wanted, actual| {
        same_entries(&wanted.criteria, &actual.criteria, &same_context_criterion)
    })
}

fn same_context_criterion(wanted: &ContextCriterion, actual: &ContextCriterion) -> bool {
    wanted.key == actual.key
        && unset_or_equal(&wanted.entity_type, &actual.entity_type)
        && unset_or_equal(&wanted.operator, &actual.operator)
        && unset_or_equal(&wanted.should_ignore_case, &actual.should_ignore_case)
        && same_values(&wanted.values, &actual.values)
}

/// Returns whether two journeys are equal, except for the order of their parts and for unset fields of `wanted`.
pub(crate) fn same_journey(wanted: &Journey, actual: &Journey) -> bool {
    same_entries(&wanted.patterns, &actual.patterns, &|wanted, actual| {
        unset_or_equal(&wanted.count, &actual.count)
            && unset_or_equal(&wanted.stream_type, &actual.stream_type)
            && unset_or_equal(&wanted.session_type, &actual.session_type)
            && wanted.event_name == actual.event_name
            && same_entries(&wanted.criteria, &actual.criteria, &same_journey_criterion)
    })
}

fn same_journey_criterion(wanted: &JourneyCriterion, actual: &JourneyCriterion) -> bool {
    wanted.key == actual.key
        && unset_or_equal(&wanted.operator, &actual.operator)
        && unset_or_equal(&wanted.should_ignore_case, &actual.should_ignore_case)
        && same_values(&wanted.values, &actual.values)
}

/// Returns whether a field is equal, or unset in `wanted`, which accepts the default of the service.
fn unset_or_equal<T: PartialEq>(wanted: &Option<T>, actual: &Option<T>) -> bool {
    wanted.is_none() || wanted == actual
}
