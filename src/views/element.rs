//! The elements of a view, their filters, and the links between them.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::serde_util::{filled_list, finite, null_as_default, optional_integer, plain_list};

/// An element of a view: a step of the journey.
#[doc(alias = "JourneyViewElement")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Element {
    /// The id, chosen by the caller; unique within the view.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The name; unique within the view.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// The event of the element.
    #[serde(deserialize_with = "null_as_default")]
    pub attributes: ElementAttributes,
    /// The place on the canvas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_attributes: Option<ElementPosition>,
    /// The events that count. Default: all events of the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ElementFilter>,
    /// The links to the next elements.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<Link>,
}

open_enum! {
    /// The kind of an element.
    pub enum ElementType {
        Event = "Event",
    }
}

/// The event of an element.
#[doc(alias = "JourneyViewElementAttributes")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ElementAttributes {
    /// The kind of the element. The vendor requires it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub element_type: Option<ElementType>,
    /// The id of the event definition; see [`event_definitions`](super::event_definitions).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The channel, such as `Voice`, for information only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The place of an element on the canvas. The vendor requires all three fields.
#[doc(alias = "JourneyViewElementDisplayAttributes")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ElementPosition {
    /// The distance from the left.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub x: Option<i64>,
    /// The distance from the top.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub y: Option<i64>,
    /// The column, from 0.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub col: Option<i64>,
}

open_enum! {
    /// The way in which the conditions of a filter are combined.
    pub enum FilterType {
        /// All conditions must hold.
        And = "And",
    }
}

/// The conditions on the events of an element. All of them must hold.
#[doc(alias = "JourneyViewElementFilter")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ElementFilter {
    /// The way in which the conditions are combined. The vendor requires it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub filter_type: Option<FilterType>,
    /// The conditions on texts.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// The conditions on numbers and durations.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub number_predicates: Vec<NumberPredicate>,
}

open_enum! {
    /// Whether an event must match a condition or must not match it.
    pub enum Operator {
        Matches = "Matches",
        NotMatches = "NotMatches",
    }
}

/// A condition on a text.
#[doc(alias = "JourneyViewElementFilterPredicate")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Predicate {
    /// Whether the event must match. Default of the service: `Matches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The attribute of the event, such as `channels`.
    #[serde(deserialize_with = "null_as_default")]
    pub dimension: String,
    /// The values to compare with.
    #[serde(deserialize_with = "plain_list")]
    pub values: Vec<String>,
    /// Whether events without the attribute match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_value: Option<bool>,
}

/// A condition on a number or a duration.
#[doc(alias = "JourneyViewElementFilterNumberPredicate")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NumberPredicate {
    /// Whether the event must match. Default of the service: `Matches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The attribute of the event, such as `turnCount`.
    #[serde(deserialize_with = "null_as_default")]
    pub dimension: String,
    /// Whether events without the attribute match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_value: Option<bool>,
    /// The bounds.
    #[serde(deserialize_with = "null_as_default")]
    pub range: Range,
}

/// The bounds of a number or a duration. A range needs a bound.
#[doc(alias = "JourneyViewElementFilterRange")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    /// Less than.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<Bound>,
    /// Less than or equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lte: Option<Bound>,
    /// Greater than.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gt: Option<Bound>,
    /// Greater than or equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<Bound>,
    /// Equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eq: Option<Bound>,
    /// Not equal to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neq: Option<Bound>,
}

/// A number or a duration. Exactly one of the two must be set.
#[doc(alias = "JourneyViewElementFilterRangeData")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bound {
    /// The duration in ISO 8601, such as `PT30M`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The number.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
}

open_enum! {
    /// The events of a next element that count for a link.
    pub enum EventCountType {
        All = "All",
        Concurrent = "Concurrent",
        Sequential = "Sequential",
    }
}

/// A link to a next element.
#[doc(alias = "JourneyViewLink")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Link {
    /// The events that count. Default of the service: `Sequential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_count_type: Option<EventCountType>,
    /// The id of the next element.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The longest time until the next element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint_within: Option<TimeConstraint>,
    /// The shortest time until the next element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint_after: Option<TimeConstraint>,
    /// Further attributes that must be equal in both events.
    #[serde(deserialize_with = "plain_list", skip_serializing_if = "Vec::is_empty")]
    pub join_attributes: Vec<String>,
}

open_enum! {
    /// A unit of time.
    pub enum TimeUnit {
        Seconds = "Seconds",
        Minutes = "Minutes",
        Hours = "Hours",
        Days = "Days",
        Weeks = "Weeks",
        Months = "Months",
    }
}

/// A limit of the time between two elements.
#[doc(alias = "JourneyViewLinkTimeConstraint")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeConstraint {
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<TimeUnit>,
    /// The number of units.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
}
