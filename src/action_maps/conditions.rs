//! The triggers of an action map, the pages on which it acts, and its times.

use serde::{Deserialize, Serialize};

use crate::criteria::{Operator, StreamType};
use crate::open_enum::open_enum;
use crate::references::EntityRef;
use crate::serde_util::{finite, null_as_default, optional_integer, plain_list};
use crate::update::{Update, set_or_clear};

/// An event that must occur.
///
/// ```
/// use genesys_journey::action_maps::EventCondition;
/// use genesys_journey::criteria::{Operator, StreamType};
///
/// let pages = ["/checkout", "/basket"];
/// let checkout = EventCondition::new(StreamType::Web, "web", "page.pathname", Operator::StartsWith, pages);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventCondition {
    /// The comparison. Default of the service: `equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The stream of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_type: Option<StreamType>,
    /// The attribute of the event, such as `page.url`.
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    /// The values to compare with.
    #[serde(deserialize_with = "plain_list")]
    pub values: Vec<String>,
    /// The kind of session: `web` or `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// The name of the event; without it, any event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
}

impl EventCondition {
    /// Returns a condition on an attribute of any event of a stream. Without an operator (`None`) the service compares for
    /// equality.
    pub fn new(
        stream_type: StreamType,
        session_type: impl Into<String>,
        key: impl Into<String>,
        operator: impl Into<Option<Operator>>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> EventCondition {
        EventCondition {
            operator: operator.into(),
            stream_type: Some(stream_type),
            key: key.into(),
            values: values.into_iter().map(Into::into).collect(),
            session_type: Some(session_type.into()),
            ..EventCondition::default()
        }
    }
}

/// A condition on the URL of the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UrlCondition {
    /// The comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The values to compare with.
    #[serde(deserialize_with = "plain_list")]
    pub values: Vec<String>,
}

impl UrlCondition {
    /// Returns a condition on the URL of the page. The vendor requires an operator, and documents equality as the
    /// default.
    ///
    /// ```
    /// use genesys_journey::action_maps::UrlCondition;
    /// use genesys_journey::criteria::Operator;
    ///
    /// let shop = UrlCondition::new(Operator::ContainsAny, ["shop.example.com"]);
    /// assert_eq!(UrlCondition::new(None, ["https://shop.example.com/"]).operator, None);
    /// ```
    pub fn new(
        operator: impl Into<Option<Operator>>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> UrlCondition {
        UrlCondition { operator: operator.into(), values: values.into_iter().map(Into::into).collect() }
    }
}

/// A trigger on the probability of an outcome. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OutcomeProbabilityCondition {
    /// The id of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<String>,
    /// The highest probability in the session must reach this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub maximum_probability: Option<f64>,
    /// The current probability must be at most this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// A trigger on the percentile of an outcome. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OutcomePercentileCondition {
    /// The id of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<String>,
    /// The highest percentile in the session must reach this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub maximum_percentile: Option<f64>,
    /// The current percentile must be at most this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub fallback_percentile: Option<f64>,
}

/// A trigger on the quantile of an outcome. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OutcomeQuantileCondition {
    /// The id of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<String>,
    /// The highest quantile of the session must exceed this one, from 0 to 1.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub max_quantile_threshold: Option<f64>,
    /// The current quantile must be below this one, from 0 to 1.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub fallback_quantile_threshold: Option<f64>,
}

open_enum! {
    /// The time at which an action starts, once the triggers of its map hold.
    pub enum ActivationType {
        Immediate = "immediate",
        OnNextVisit = "on-next-visit",
        OnNextSession = "on-next-session",
        /// After [`Activation::delay_in_seconds`].
        Delay = "delay",
    }
}

/// The time at which an action starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Activation {
    /// The time at which it starts.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub activation_type: Option<ActivationType>,
    /// The delay in seconds, for the type `delay`.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub delay_in_seconds: Option<i64>,
}

impl Activation {
    /// Returns an activation of this type, without a delay.
    pub fn new(activation_type: ActivationType) -> Activation {
        Activation { activation_type: Some(activation_type), delay_in_seconds: None }
    }

    /// Returns an activation this number of seconds after the triggers hold.
    pub fn after_seconds(delay_in_seconds: i64) -> Activation {
        Activation { delay_in_seconds: Some(delay_in_seconds), ..Activation::new(ActivationType::Delay) }
    }
}

/// The opening hours of an action map: schedule groups of the platform.
#[doc(alias = "ActionMapScheduleGroups")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduleGroups {
    /// The hours in which the map acts.
    #[doc(alias = "ActionMapScheduleGroup")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map_schedule_group: Option<EntityRef>,
    /// The emergency hours in which it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency_action_map_schedule_group: Option<EntityRef>,
}

/// Changes to the opening hours of an action map.
#[doc(alias = "PatchActionMapScheduleGroups")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduleGroupsUpdate {
    /// The hours in which the map acts. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map_schedule_group: Option<EntityRef>,
    /// The emergency hours in which it does not.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub emergency_action_map_schedule_group: Update<EntityRef>,
}

/// Returns the changes that lead to exactly these opening hours.
impl From<&ScheduleGroups> for ScheduleGroupsUpdate {
    fn from(groups: &ScheduleGroups) -> Self {
        ScheduleGroupsUpdate {
            action_map_schedule_group: groups.action_map_schedule_group.clone(),
            emergency_action_map_schedule_group: set_or_clear(groups.emergency_action_map_schedule_group.clone()),
        }
    }
}
