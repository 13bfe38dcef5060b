//! The models of action maps: the response, the request and the update.

use serde::{Deserialize, Serialize};

use super::action::{Action, ActionUpdate, sent_action};
use super::conditions::{
    Activation, EventCondition, OutcomePercentileCondition, OutcomeProbabilityCondition, OutcomeQuantileCondition,
    ScheduleGroups, ScheduleGroupsUpdate, UrlCondition,
};
use crate::serde_util::{filled_list, optional_integer, plain_list};
use crate::update::clear_as_default;
use crate::{Error, Result, Timestamp, Update};

/// An action map: the offer for visitors, and the time at which it is made.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::action_maps::ActionMap;
///
/// let mut map = ActionMap::default();
/// map.id = "7".into();
/// map.display_name = Some("Help with the basket".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActionMap {
    /// The id, set by the service.
    pub id: String,
    /// The version, which grows with each change; see [`ActionMapUpdate::version`].
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether the map is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The ids of segments; any one of them triggers the map.
    #[serde(default, deserialize_with = "plain_list")]
    pub trigger_with_segments: Vec<String>,
    /// The events that must occur.
    #[serde(default, deserialize_with = "filled_list")]
    pub trigger_with_event_conditions: Vec<EventCondition>,
    /// The triggers on probabilities of outcomes. Deprecated by the vendor.
    #[serde(default, deserialize_with = "filled_list")]
    pub trigger_with_outcome_probability_conditions: Vec<OutcomeProbabilityCondition>,
    /// The triggers on percentiles of outcomes. Deprecated by the vendor.
    #[serde(default, deserialize_with = "filled_list")]
    pub trigger_with_outcome_percentile_conditions: Vec<OutcomePercentileCondition>,
    /// The triggers on quantiles of outcomes. Deprecated by the vendor.
    #[serde(default, deserialize_with = "filled_list")]
    pub trigger_with_outcome_quantile_conditions: Vec<OutcomeQuantileCondition>,
    /// The pages on which the map acts. Empty: all pages.
    #[serde(default, deserialize_with = "filled_list")]
    pub page_url_conditions: Vec<UrlCondition>,
    /// The time at which the action starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// The priority among maps: 1 is low, 2 is medium, 3 is high.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// The action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The opening hours of the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_map_schedule_groups: Option<ScheduleGroups>,
    /// Whether the action is offered although the cap of the organisation is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_frequency_cap: Option<bool>,
    /// The first moment at which the map may act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    /// The last moment at which the map may act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Timestamp>,
    /// The path of the action map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// An action map to create. Unset fields take the defaults of the service.
///
/// ```
/// use genesys_journey::action_maps::{Action, NewActionMap, WebMessagingOfferFields};
///
/// let offer = WebMessagingOfferFields {
///     offer_text: Some("Can we help you?".into()),
///     ..WebMessagingOfferFields::default()
/// };
/// let map = NewActionMap {
///     trigger_with_segments: vec!["b15dcf37-5da3-5d41-a3c2-12ae6e6427df".into()],
///     action: Some(Action::web_messaging_offer(offer)),
///     ..NewActionMap::new("Help with the basket")
/// };
/// ```
#[doc(alias = "ActionMap")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is created until it is sent"]
pub struct NewActionMap {
    /// The version. The service sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether the map is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty.
    pub display_name: String,
    /// The ids of segments; any one of them triggers the map.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger_with_segments: Vec<String>,
    /// The events that must occur.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger_with_event_conditions: Vec<EventCondition>,
    /// The triggers on probabilities of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger_with_outcome_probability_conditions: Vec<OutcomeProbabilityCondition>,
    /// The triggers on percentiles of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger_with_outcome_percentile_conditions: Vec<OutcomePercentileCondition>,
    /// The triggers on quantiles of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trigger_with_outcome_quantile_conditions: Vec<OutcomeQuantileCondition>,
    /// The pages on which the map acts. Empty: all pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub page_url_conditions: Vec<UrlCondition>,
    /// The time at which the action starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// The priority among maps: 1 is low, 2 is medium, 3 is high.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// The action.
    #[serde(serialize_with = "sent_action", skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The opening hours of the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map_schedule_groups: Option<ScheduleGroups>,
    /// Whether the action is offered although the cap of the organisation is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_frequency_cap: Option<bool>,
    /// The first moment at which the map may act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    /// The last moment at which the map may act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Timestamp>,
    /// The time of its creation. The service sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its last change. The service sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// Changes to an action map. Fields that are kept (see [`Update`]) or `None` are not sent.
///
/// The vendor requires some fields in every update. Start from [`of`](Self::of), which copies them from the map.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, ActionMapUpdate};
///
/// let map = action_maps::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let update = ActionMapUpdate { weight: Some(3), ..ActionMapUpdate::of(&map) };
/// action_maps::update(&config, &map.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchActionMap")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct ActionMapUpdate {
    /// The version that was read. If it is no longer the current one, the service refuses the update
    /// ([`Error::is_version_conflict`]). Without a version, the last update wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether the map is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The ids of segments; any one of them triggers the map. The vendor requires it.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub trigger_with_segments: Update<Vec<String>>,
    /// The events that must occur.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub trigger_with_event_conditions: Update<Vec<EventCondition>>,
    /// The triggers on probabilities of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub trigger_with_outcome_probability_conditions: Update<Vec<OutcomeProbabilityCondition>>,
    /// The triggers on percentiles of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_with_outcome_percentile_conditions: Option<Vec<OutcomePercentileCondition>>,
    /// The triggers on quantiles of outcomes. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub trigger_with_outcome_quantile_conditions: Update<Vec<OutcomeQuantileCondition>>,
    /// The pages on which the map acts. Empty: all pages. The vendor requires it.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub page_url_conditions: Update<Vec<UrlCondition>>,
    /// The time at which the action starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// The priority among maps: 1 is low, 2 is medium, 3 is high.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// The action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionUpdate>,
    /// The opening hours of the map.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub action_map_schedule_groups: Update<ScheduleGroupsUpdate>,
    /// Whether the action is offered although the cap of the organisation is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_frequency_cap: Option<bool>,
    /// The first moment at which the map may act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    /// The last moment at which the map may act.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub end_date: Update<Timestamp>,
    /// The time of its creation. The service sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its last change. The service sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

impl NewActionMap {
    /// Returns an action map with this name and no other field set.
    pub fn new(display_name: impl Into<String>) -> NewActionMap {
        NewActionMap { display_name: display_name.into(), ..NewActionMap::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check(Some(&self.display_name))
    }
}

/// Copies an action map, without the fields that the service sets (id, version, dates).
impl From<&ActionMap> for NewActionMap {
    fn from(map: &ActionMap) -> NewActionMap {
        NewActionMap {
            version: None,
            is_active: map.is_active,
            display_name: map.display_name.clone().unwrap_or_default(),
            trigger_with_segments: map.trigger_with_segments.clone(),
            trigger_with_event_conditions: map.trigger_with_event_conditions.clone(),
            trigger_with_outcome_probability_conditions: map.trigger_with_outcome_probability_conditions.clone(),
            trigger_with_outcome_percentile_conditions: map.trigger_with_outcome_percentile_conditions.clone(),
            trigger_with_outcome_quantile_conditions: map.trigger_with_outcome_quantile_conditions.clone(),
            page_url_conditions: map.page_url_conditions.clone(),
            activation: map.activation.clone(),
            weight: map.weight,
            action: map.action.clone(),
            action_map_schedule_groups: map.action_map_schedule_groups.clone(),
            ignore_frequency_cap: map.ignore_frequency_cap,
            start_date: map.start_date.clone(),
            end_date: map.end_date.clone(),
            created_date: None,
            modified_date: None,
        }
    }
}

impl ActionMapUpdate {
    /// Returns an update that changes nothing, with the version of the map and the fields that the vendor requires.
    pub fn of(map: &ActionMap) -> ActionMapUpdate {
        ActionMapUpdate {
            version: map.version,
            display_name: map.display_name.clone(),
            trigger_with_segments: Update::Set(map.trigger_with_segments.clone()),
            page_url_conditions: Update::Set(map.page_url_conditions.clone()),
            ..ActionMapUpdate::default()
        }
    }

    /// Returns whether no field is set. The version does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == ActionMapUpdate { version: self.version, ..ActionMapUpdate::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check(self.display_name.as_ref())
    }
}

fn check(display_name: Option<&String>) -> Result<()> {
    if display_name.is_some_and(String::is_empty) {
        return Err(Error::input("displayName", "is empty; an action map must have a name"));
    }
    Ok(())
}
