//! The difference between an action map and its wanted state.

use serde::Serialize;

use super::action::{Action, ActionUpdate};
use super::{ActionMap, ActionMapUpdate, NewActionMap, ScheduleGroups, ScheduleGroupsUpdate};
use crate::reconcile::{self, Change, changed, completed, is_equal, is_same, or_clear, set, unless_equal};
use crate::{Timestamp, Update};

/// Returns the update that [`ensure`](super::ensure()) would send, without sending a request.
///
/// Fields that `wanted` leaves unset and empty lists are not compared and never cleared; to clear one, use
/// [`update`](super::update). The order of lists does not matter. References are compared by their ids, and times as
/// instants. An event condition with an event name differs from the same condition without one. The values for an open
/// action are compared as they are. A change of the media type clears the parts of the other media types.
///
/// The update carries the version of the map and the fields that the vendor requires, so that the service refuses it if
/// the map has changed since. [`ActionMapUpdate::is_empty`] is true if nothing differs.
///
/// ```
/// use genesys_journey::action_maps::{ActionMap, NewActionMap, diff};
///
/// let mut map = ActionMap::default();
/// map.display_name = Some("Offers".into());
/// map.weight = Some(2);
/// assert!(diff(&map, &NewActionMap::new("Offers")).is_empty());
///
/// let wanted = NewActionMap { weight: Some(3), ..NewActionMap::new("Offers") };
/// assert_eq!(diff(&map, &wanted).weight, Some(3));
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff(map: &ActionMap, wanted: &NewActionMap) -> ActionMapUpdate {
    with_required(map, difference(map, wanted, false))
}

/// Returns the changes that [`ensure_exact`](super::ensure_exact()) would make, without sending a request.
///
/// Unlike in [`diff`], `like` is a whole map, perhaps of another organisation. Fields that it lacks are cleared:
///
/// | Unset in `wanted` or `like` | `diff` | `diff_exact` |
/// |---|---|---|
/// | segments, events, pages, outcomes, opening hours, end, parts of the action | left alone | cleared |
/// | whether the cap of the organisation is ignored | left alone | set to `false` |
/// | everything else, such as weight, activation and start | left alone | `unchangeable`, if the map has it |
/// | fields of conditions | equal to any value | equal to any value |
///
/// Use `diff` and [`ensure`](super::ensure()) for a description of the fields that you care about. Use `diff_exact` and
/// [`ensure_exact`](super::ensure_exact()) for a copy, such as a backup. The ids in a map, such as those of segments,
/// are compared as they are: for a copy of another organisation, replace them first.
///
/// ```
/// use genesys_journey::action_maps::{ActionMap, NewActionMap, diff, diff_exact};
///
/// let mut like = ActionMap::default();
/// like.display_name = Some("Offers".into());
/// let mut map = like.clone();
/// map.trigger_with_segments = vec!["7".into()];
/// map.weight = Some(3);
/// assert!(diff(&map, &NewActionMap::from(&like)).is_empty());
///
/// let difference = diff_exact(&map, &like);
/// assert!(difference.update.trigger_with_segments == genesys_journey::Update::Clear);
/// assert_eq!(difference.unchangeable[0].to_string(), "weight: 3 -> none");
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff_exact(map: &ActionMap, like: &ActionMap) -> ExactDifference {
    let update = difference(map, &NewActionMap::from(like), true);
    let groups = map.action_map_schedule_groups.is_some() && like.action_map_schedule_groups.is_none();
    let ignores_cap = map.ignore_frequency_cap == Some(true) && like.ignore_frequency_cap.is_none();
    let update = ActionMapUpdate {
        trigger_with_segments: or_clear(
            update.trigger_with_segments,
            lacks(&map.trigger_with_segments, &like.trigger_with_segments),
        ),
        trigger_with_event_conditions: or_clear(
            update.trigger_with_event_conditions,
            lacks(&map.trigger_with_event_conditions, &like.trigger_with_event_conditions),
        ),
        trigger_with_outcome_probability_conditions: or_clear(
            update.trigger_with_outcome_probability_conditions,
            lacks(&map.trigger_with_outcome_probability_conditions, &like.trigger_with_outcome_probability_conditions),
        ),
        trigger_with_outcome_quantile_conditions: or_clear(
            update.trigger_with_outcome_quantile_conditions,
            lacks(&map.trigger_with_outcome_quantile_conditions, &like.trigger_with_outcome_quantile_conditions),
        ),
        page_url_conditions: or_clear(
            update.page_url_conditions,
            lacks(&map.page_url_conditions, &like.page_url_conditions),
        ),
        action_map_schedule_groups: or_clear(update.action_map_schedule_groups, groups),
        ignore_frequency_cap: update.ignore_frequency_cap.or(ignores_cap.then_some(false)),
        end_date: or_clear(update.end_date, map.end_date.is_some() && like.end_date.is_none()),
        ..update
    };
    ExactDifference::new(with_required(map, update), reconcile::lacking(map, like, &NOT_CLEARABLE))
}

/// The fields for which the vendor names no way to clear them.
const NOT_CLEARABLE: [&str; 16] = [
    "isActive",
    "triggerWithOutcomePercentileConditions",
    "activation",
    "weight",
    "startDate",
    "action",
    "action.mediaType",
    "action.actionTargetId",
    "action.isPacingEnabled",
    "action.props",
    "action.architectFlowFields.architectFlow",
    "action.architectFlowFields.flowRequestMappings",
    "action.webMessagingOfferFields.offerText",
    "action.webMessagingOfferFields.architectFlow",
    "action.openActionFields.configurationFields",
    "actionMapScheduleGroups.actionMapScheduleGroup",
];

/// The result of [`diff_exact`]. Unchangeable are absent fields for which the vendor names no way to clear them.
pub type ExactDifference = crate::ExactDifference<ActionMapUpdate>;

impl ExactDifference {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.unchangeable.is_empty()
    }
}

/// Returns the changes that an update makes to an action map, one for each changed field.
///
/// The order of lists does not matter, and the version is left out. `Display` prints a change on one line.
///
/// ```
/// use genesys_journey::action_maps::{self, ActionMap, ActionMapUpdate};
///
/// let map = ActionMap::default();
/// let update = ActionMapUpdate { weight: Some(3), ..ActionMapUpdate::of(&map) };
/// assert_eq!(action_maps::changes(&map, &update)[0].to_string(), "weight: none -> 3");
/// ```
#[must_use]
#[inline]
pub fn changes(map: &ActionMap, update: &ActionMapUpdate) -> Vec<Change> {
    reconcile::changes(map, update)
}

/// Returns the update without the fields that it does not change, with the version of the map and the fields that the
/// vendor requires. A change of the media type clears the parts of the others.
pub(super) fn only_changes(map: &ActionMap, update: ActionMapUpdate) -> ActionMapUpdate {
    let percentiles = update.trigger_with_outcome_percentile_conditions;
    let update = ActionMapUpdate {
        version: map.version,
        is_active: update.is_active.filter(|is_active| Some(*is_active) != map.is_active),
        display_name: update.display_name.filter(|name| Some(name) != map.display_name.as_ref()),
        trigger_with_segments: changed_list(&map.trigger_with_segments, update.trigger_with_segments),
        trigger_with_event_conditions: changed_list(
            &map.trigger_with_event_conditions,
            update.trigger_with_event_conditions,
        ),
        trigger_with_outcome_probability_conditions: changed_list(
            &map.trigger_with_outcome_probability_conditions,
            update.trigger_with_outcome_probability_conditions,
        ),
        trigger_with_outcome_percentile_conditions: percentiles
            .filter(|conditions| *conditions != map.trigger_with_outcome_percentile_conditions),
        trigger_with_outcome_quantile_conditions: changed_list(
            &map.trigger_with_outcome_quantile_conditions,
            update.trigger_with_outcome_quantile_conditions,
        ),
        page_url_conditions: changed_list(&map.page_url_conditions, update.page_url_conditions),
        activation: update.activation.filter(|activation| Some(activation) != map.activation.as_ref()),
        weight: update.weight.filter(|weight| Some(*weight) != map.weight),
        action: update.action.and_then(|action| changed_action(map.action.as_ref(), action, false)),
        action_map_schedule_groups: changed_groups(map, update.action_map_schedule_groups),
        ignore_frequency_cap: update.ignore_frequency_cap.filter(|ignore| Some(*ignore) != map.ignore_frequency_cap),
        created_date: None,
        modified_date: None,
        start_date: update.start_date.filter(|time| !is_same_time(time, map.start_date.as_ref())),
        end_date: match update.end_date {
            Update::Set(time) if is_same_time(&time, map.end_date.as_ref()) => Update::Keep,
            update => unless_equal(map.end_date.as_ref(), update),
        },
    };
    with_required(map, update)
}

/// Returns the update to the wanted fields, without the fields that only the vendor requires.
#[inline]
fn difference(map: &ActionMap, wanted: &NewActionMap, is_exact: bool) -> ActionMapUpdate {
    let percentiles = &wanted.trigger_with_outcome_percentile_conditions;
    ActionMapUpdate {
        version: map.version,
        is_active: differing(wanted.is_active.as_ref(), &map.is_active),
        display_name: differing(Some(&wanted.display_name), &map.display_name),
        trigger_with_segments: set(differing_list(&wanted.trigger_with_segments, &map.trigger_with_segments)),
        trigger_with_event_conditions: set(differing_list(
            &wanted.trigger_with_event_conditions,
            &map.trigger_with_event_conditions,
        )),
        trigger_with_outcome_probability_conditions: set(differing_list(
            &wanted.trigger_with_outcome_probability_conditions,
            &map.trigger_with_outcome_probability_conditions,
        )),
        trigger_with_outcome_percentile_conditions: differing_list(
            percentiles,
            &map.trigger_with_outcome_percentile_conditions,
        ),
        trigger_with_outcome_quantile_conditions: set(differing_list(
            &wanted.trigger_with_outcome_quantile_conditions,
            &map.trigger_with_outcome_quantile_conditions,
        )),
        page_url_conditions: set(differing_list(&wanted.page_url_conditions, &map.page_url_conditions)),
        activation: differing(wanted.activation.as_ref(), &map.activation),
        weight: differing(wanted.weight.as_ref(), &map.weight),
        action: wanted.action.as_ref().and_then(|wanted| to_action(map.action.as_ref(), wanted, is_exact)),
        action_map_schedule_groups: set(wanted.action_map_schedule_groups.as_ref().and_then(|wanted| {
            let update = to_groups(map.action_map_schedule_groups.as_ref(), wanted, is_exact);
            (!is_same(&update, &map.action_map_schedule_groups)).then_some(update)
        })),
        ignore_frequency_cap: changed(wanted.ignore_frequency_cap.as_ref(), |ignore| {
            *ignore == map.ignore_frequency_cap.unwrap_or_default()
        }),
        created_date: None,
        modified_date: None,
        start_date: changed(wanted.start_date.as_ref(), |time| is_same_time(time, map.start_date.as_ref())),
        end_date: set(changed(wanted.end_date.as_ref(), |time| is_same_time(time, map.end_date.as_ref()))),
    }
}

/// Adds the fields that the vendor requires, unless nothing changes.
fn with_required(map: &ActionMap, update: ActionMapUpdate) -> ActionMapUpdate {
    if update.is_empty() {
        return update;
    }
    let required = ActionMapUpdate::of(map);
    ActionMapUpdate {
        display_name: update.display_name.or(required.display_name),
        trigger_with_segments: or(update.trigger_with_segments, required.trigger_with_segments),
        page_url_conditions: or(update.page_url_conditions, required.page_url_conditions),
        ..update
    }
}

fn or<T>(update: Update<T>, otherwise: Update<T>) -> Update<T> {
    if update.is_keep() { otherwise } else { update }
}

fn differing<T: Clone + Serialize>(wanted: Option<&T>, current: &Option<T>) -> Option<T> {
    changed(wanted, |wanted| is_same(wanted, current))
}

/// An empty list is an unset field.
fn differing_list<T: Clone + Serialize>(wanted: &Vec<T>, current: &Vec<T>) -> Option<Vec<T>> {
    changed(Some(wanted).filter(|wanted| !wanted.is_empty()), |wanted| is_same(wanted, current))
}

fn lacks<T>(list: &[T], like: &[T]) -> bool {
    like.is_empty() && !list.is_empty()
}

fn changed_list<T: PartialEq>(current: &Vec<T>, update: Update<Vec<T>>) -> Update<Vec<T>> {
    match update {
        Update::Clear if current.is_empty() => Update::Keep,
        update => unless_equal(Some(current), update),
    }
}

fn is_same_time(wanted: &Timestamp, current: Option<&Timestamp>) -> bool {
    current.is_some_and(|current| wanted.is_same_instant(current))
}

/// Returns the update to a wanted action. It clears the parts that the wanted action lacks if the media type changes, or in
/// the exact mode.
#[inline]
fn to_action(current: Option<&Action>, wanted: &Action, is_exact: bool) -> Option<ActionUpdate> {
    let none = Action::default();
    let media_type = current.and_then(|current| current.media_type.as_ref());
    let is_other = wanted.media_type.is_some() && wanted.media_type.as_ref() != media_type;
    let update = if is_exact || is_other {
        ActionUpdate::from(wanted)
    } else {
        ActionUpdate::from(&completed(current.unwrap_or(&none), wanted))
    };
    changed_action(current, update, true)
}

/// Returns the parts of the update that change the action, and the media type, which the vendor requires. `unset` is
/// whether an unset field of a part is equal to any value.
fn changed_action(current: Option<&Action>, update: ActionUpdate, unset: bool) -> Option<ActionUpdate> {
    let none = Action::default();
    let current = current.unwrap_or(&none);
    let is_other = update.media_type.is_some() && update.media_type != current.media_type;
    let part = Part { is_other, unset };
    let changed = ActionUpdate {
        media_type: update.media_type.filter(|_| is_other),
        action_template: part.changed(current.action_template.as_ref(), update.action_template),
        action_target_id: update.action_target_id.filter(|id| Some(id) != current.action_target_id.as_ref()),
        is_pacing_enabled: update.is_pacing_enabled.filter(|enabled| Some(*enabled) != current.is_pacing_enabled),
        props: update.props.filter(|props| Some(props) != current.props.as_ref()),
        architect_flow_fields: part.changed(current.architect_flow_fields.as_ref(), update.architect_flow_fields),
        web_messaging_offer_fields: part
            .changed(current.web_messaging_offer_fields.as_ref(), update.web_messaging_offer_fields),
        open_action_fields: part.changed(current.open_action_fields.as_ref(), update.open_action_fields),
    };
    let is_changed = changed != ActionUpdate::default();
    let media_type = changed.media_type.or_else(|| current.media_type.clone());
    is_changed.then_some(ActionUpdate { media_type, ..changed })
}

/// The comparison of a part of an action.
struct Part {
    /// Whether the media type changes, so that the part is cleared unless it is set.
    is_other: bool,
    unset: bool,
}

impl Part {
    fn changed<T: Serialize>(&self, current: Option<&T>, update: Update<T>) -> Update<T> {
        match (update, current) {
            (Update::Keep, Some(_)) if self.is_other => Update::Clear,
            (Update::Clear, None) => Update::Keep,
            (Update::Set(part), Some(current)) if self.is_unchanged(&part, current) => Update::Keep,
            (update, _) => update,
        }
    }

    fn is_unchanged<T: Serialize>(&self, part: &T, current: &T) -> bool {
        if self.unset { is_same(part, current) } else { is_equal(part, current) }
    }
}

/// Returns the update to wanted opening hours.
fn to_groups(current: Option<&ScheduleGroups>, wanted: &ScheduleGroups, is_exact: bool) -> ScheduleGroupsUpdate {
    if is_exact {
        return ScheduleGroupsUpdate::from(wanted);
    }
    let hours = |groups: &ScheduleGroups| groups.action_map_schedule_group.clone();
    let emergency = |groups: &ScheduleGroups| groups.emergency_action_map_schedule_group.clone();
    ScheduleGroupsUpdate {
        action_map_schedule_group: hours(wanted).or_else(|| current.and_then(hours)),
        emergency_action_map_schedule_group: set(emergency(wanted).or_else(|| current.and_then(emergency))),
    }
}

fn changed_groups(map: &ActionMap, update: Update<ScheduleGroupsUpdate>) -> Update<ScheduleGroupsUpdate> {
    let current = map.action_map_schedule_groups.as_ref();
    match update {
        Update::Clear if current.is_none() => Update::Keep,
        Update::Set(groups) if current.is_some() && is_same(&groups, &current) => Update::Keep,
        update => update,
    }
}
