//! The models of aggregates queries.

use serde::{Deserialize, Serialize};

use super::Interval;
use crate::open_enum::open_enum;
use crate::serde_util::{finite, null_as_default};
use crate::{Error, Result};

open_enum! {
    /// A metric that counts (`n…`) or observes (`o…`).
    ///
    /// The vendor's [list](https://developer.genesys.cloud/api/rest/v2/analytics/journeys.html) describes each.
    pub enum Metric {
        /// counts distinct actions, approximately.
        NDistinctJourneyActions = "nDistinctJourneyActions",
        /// counts distinct sessions, approximately.
        NDistinctJourneySessions = "nDistinctJourneySessions",
        /// counts actions that were blocked.
        NJourneyActionsBlocked = "nJourneyActionsBlocked",
        /// counts how often an outcome was achieved.
        NJourneyOutcomesAchieved = "nJourneyOutcomesAchieved",
        /// counts how often an outcome was attributed.
        NJourneyOutcomesAttributed = "nJourneyOutcomesAttributed",
        /// counts how often a segment was assigned.
        NJourneySegmentsAssigned = "nJourneySegmentsAssigned",
        /// counts sessions.
        NJourneySessions = "nJourneySessions",
        /// counts web actions that were abandoned.
        NWebActionsAbandoned = "nWebActionsAbandoned",
        /// counts web actions that were accepted.
        NWebActionsAccepted = "nWebActionsAccepted",
        /// counts web actions that were engaged.
        NWebActionsEngaged = "nWebActionsEngaged",
        /// counts web actions that failed.
        NWebActionsErrored = "nWebActionsErrored",
        /// counts web actions that reached the frequency cap.
        NWebActionsFrequencyCapReached = "nWebActionsFrequencyCapReached",
        /// counts web actions that were ignored.
        NWebActionsIgnored = "nWebActionsIgnored",
        /// counts web actions that were offered.
        NWebActionsOffered = "nWebActionsOffered",
        /// counts web actions that were offered outside of their schedule.
        NWebActionsOfferedOutsideSchedule = "nWebActionsOfferedOutsideSchedule",
        /// counts web actions that qualified.
        NWebActionsQualified = "nWebActionsQualified",
        /// counts web actions that qualified outside of their schedule.
        NWebActionsQualifiedOutsideSchedule = "nWebActionsQualifiedOutsideSchedule",
        /// counts web actions that were rejected.
        NWebActionsRejected = "nWebActionsRejected",
        /// counts web actions that were started.
        NWebActionsStarted = "nWebActionsStarted",
        /// counts web actions that timed out.
        NWebActionsTimedout = "nWebActionsTimedout",
        /// observes the value of a touchpoint of an outcome.
        OJourneyOutcomeTouchpointValue = "oJourneyOutcomeTouchpointValue",
        /// observes the value of an outcome.
        OJourneyOutcomeValue = "oJourneyOutcomeValue",
    }
}

open_enum! {
    /// A dimension by which results are grouped and filtered.
    ///
    /// The vendor's [list](https://developer.genesys.cloud/api/rest/v2/analytics/journeys.html) has types and values.
    pub enum Dimension {
        ContainsAllCondition = "containsAllCondition",
        ContainsAnyCondition = "containsAnyCondition",
        EndsWithCondition = "endsWithCondition",
        EqualCondition = "equalCondition",
        JourneyActionId = "journeyActionId",
        JourneyActionMapId = "journeyActionMapId",
        JourneyActionMapVersion = "journeyActionMapVersion",
        JourneyActionMediaType = "journeyActionMediaType",
        JourneyActionTargetId = "journeyActionTargetId",
        JourneyActionTemplateId = "journeyActionTemplateId",
        JourneyBlockingActionMapId = "journeyBlockingActionMapId",
        JourneyBlockingEmergencyScheduleGroupId = "journeyBlockingEmergencyScheduleGroupId",
        JourneyBlockingReason = "journeyBlockingReason",
        JourneyBlockingScheduleGroupId = "journeyBlockingScheduleGroupId",
        JourneyDeviceCategory = "journeyDeviceCategory",
        JourneyDeviceType = "journeyDeviceType",
        JourneyFrequencyCapReason = "journeyFrequencyCapReason",
        JourneyIpGeolocationCountry = "journeyIpGeolocationCountry",
        JourneyOutcomeId = "journeyOutcomeId",
        JourneySegmentAssignmentState = "journeySegmentAssignmentState",
        JourneySegmentId = "journeySegmentId",
        JourneySessionId = "journeySessionId",
        JourneySessionSegmentId = "journeySessionSegmentId",
        JourneySessionType = "journeySessionType",
        NotContainsAllCondition = "notContainsAllCondition",
        NotContainsAnyCondition = "notContainsAnyCondition",
        NotEqualCondition = "notEqualCondition",
        StartsWithCondition = "startsWithCondition",
        TouchpointActionMapId = "touchpointActionMapId",
        TouchpointAgentId = "touchpointAgentId",
        TouchpointAttributionScope = "touchpointAttributionScope",
        TouchpointChannelMessageType = "touchpointChannelMessageType",
        TouchpointChannelPlatform = "touchpointChannelPlatform",
        TouchpointChannelType = "touchpointChannelType",
        TouchpointConversationId = "touchpointConversationId",
        TouchpointInteractionType = "touchpointInteractionType",
        TouchpointQueueId = "touchpointQueueId",
        TouchpointRequestedRouting = "touchpointRequestedRouting",
        TouchpointUsedRouting = "touchpointUsedRouting",
        TouchpointWrapupCode = "touchpointWrapupCode",
    }
}

open_enum! {
    /// Whether all of several conditions must hold, or one of them.
    pub enum FilterType {
        And = "and",
        Or = "or",
    }
}

open_enum! {
    /// The kind of subject of a predicate.
    pub enum PredicateType {
        Dimension = "dimension",
        Property = "property",
        Metric = "metric",
    }
}

open_enum! {
    /// The comparison of a predicate.
    pub enum PredicateOperator {
        Matches = "matches",
        Exists = "exists",
        NotExists = "notExists",
    }
}

open_enum! {
    /// The function that a view applies to a metric.
    pub enum ViewFunction {
        RangeBound = "rangeBound",
    }
}

open_enum! {
    /// A time to count by, instead of the time at which the service received an event.
    pub enum TimeDimension {
        EventTime = "eventTime",
    }
}

/// A query for aggregates. Start with [`new`](AggregateQuery::new) and set further fields.
#[doc(alias = "JourneyAggregationQuery")]
#[doc(alias = "JourneyAsyncAggregationQuery")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is queried until it is sent"]
pub struct AggregateQuery {
    /// The interval to count in.
    pub interval: Interval,
    /// The length of one interval of the response, in ISO 8601: `PT30M`, `PT1H`, `P1D`, …. Default: the whole
    /// interval of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// The time zone in which the days of the response begin, such as `Europe/Berlin`. It also applies to
    /// times without a zone in `interval`, but does not move an interval that has zones, such as
    /// [`Interval::last_days`]. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The dimensions to group by. The response has a container for each combination of their values, except
    /// for combinations with nothing to count. Default: one container for everything.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<Dimension>,
    /// The conditions on what is counted. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The metrics; at least one. Any of them may be missing from the response.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metrics: Vec<Metric>,
    /// Whether a dimension with several values is one group, with the values joined by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flatten_multivalued_dimensions: Option<bool>,
    /// The views: metrics within ranges. Range: at most 10.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<View>,
    /// A time to count by, instead of the time at which the service received an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate_time_dimension: Option<TimeDimension>,
}

impl AggregateQuery {
    /// Returns a query for these metrics over the whole interval.
    pub fn new(interval: Interval, metrics: impl IntoIterator<Item = Metric>) -> AggregateQuery {
        AggregateQuery {
            interval,
            granularity: None,
            time_zone: None,
            group_by: Vec::new(),
            filter: None,
            metrics: metrics.into_iter().collect(),
            flatten_multivalued_dimensions: None,
            views: Vec::new(),
            alternate_time_dimension: None,
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.metrics.is_empty() {
            return Err(Error::input("metrics", "is empty; a query must have at least one metric"));
        }
        if self.views.len() > 10 {
            let problem = format!("has {} views; at most 10 are allowed", self.views.len());
            return Err(Error::input("views", problem));
        }
        self.interval.check()
    }
}

/// The conditions on what is counted.
///
/// ```
/// use genesys_journey::analytics::{Clause, Dimension, Filter, Predicate};
///
/// // Web sessions on a phone or a tablet.
/// let filter = Filter::and([Predicate::equals(Dimension::JourneySessionType, "web")]).with_clause(Clause::or([
///     Predicate::equals(Dimension::JourneyDeviceCategory, "mobile"),
///     Predicate::equals(Dimension::JourneyDeviceCategory, "tablet"),
/// ]));
/// ```
#[doc(alias = "JourneyAggregateQueryFilter")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Whether all of the clauses and predicates must hold, or one of them.
    #[serde(rename = "type")]
    pub filter_type: FilterType,
    /// The groups of predicates.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
    /// The single predicates.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
}

impl Filter {
    /// Returns a filter whose predicates must all hold.
    pub fn and(predicates: impl IntoIterator<Item = Predicate>) -> Filter {
        Filter { filter_type: FilterType::And, clauses: Vec::new(), predicates: predicates.into_iter().collect() }
    }

    /// Returns a filter of which at least one predicate must hold.
    pub fn or(predicates: impl IntoIterator<Item = Predicate>) -> Filter {
        Filter { filter_type: FilterType::Or, ..Filter::and(predicates) }
    }

    /// Adds a group of predicates.
    #[must_use]
    pub fn with_clause(mut self, clause: Clause) -> Filter {
        self.clauses.push(clause);
        self
    }
}

/// A group of predicates within a [`Filter`].
#[doc(alias = "JourneyAggregateQueryClause")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clause {
    /// Whether all of the predicates must hold, or one of them.
    #[serde(rename = "type")]
    pub filter_type: FilterType,
    /// The predicates.
    #[serde(default, deserialize_with = "null_as_default")]
    pub predicates: Vec<Predicate>,
}

impl Clause {
    /// Returns a clause whose predicates must all hold.
    pub fn and(predicates: impl IntoIterator<Item = Predicate>) -> Clause {
        Clause { filter_type: FilterType::And, predicates: predicates.into_iter().collect() }
    }

    /// Returns a clause of which at least one predicate must hold.
    pub fn or(predicates: impl IntoIterator<Item = Predicate>) -> Clause {
        Clause { filter_type: FilterType::Or, ..Clause::and(predicates) }
    }
}

/// One condition on what is counted.
#[doc(alias = "JourneyAggregateQueryPredicate")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Predicate {
    /// The kind of the tested value: a dimension, a property or a metric. Default: chosen by the service.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<PredicateType>,
    /// The dimension to compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<Dimension>,
    /// The comparison. Default: [`PredicateOperator::Matches`], chosen by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<PredicateOperator>,
    /// The value to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The range to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<NumericRange>,
}

impl Predicate {
    /// Returns a predicate that holds if the dimension has this value.
    pub fn equals(dimension: Dimension, value: impl Into<String>) -> Predicate {
        Predicate { value: Some(value.into()), ..Predicate::on(dimension, PredicateOperator::Matches) }
    }

    /// Returns a predicate that holds if the dimension has a value.
    pub fn exists(dimension: Dimension) -> Predicate {
        Predicate::on(dimension, PredicateOperator::Exists)
    }

    /// Returns a predicate that holds if the dimension has no value.
    pub fn not_exists(dimension: Dimension) -> Predicate {
        Predicate::on(dimension, PredicateOperator::NotExists)
    }

    /// Returns a predicate that holds if the dimension has a value within a range.
    pub fn within(dimension: Dimension, range: NumericRange) -> Predicate {
        Predicate { range: Some(range), ..Predicate::on(dimension, PredicateOperator::Matches) }
    }

    fn on(dimension: Dimension, operator: PredicateOperator) -> Predicate {
        Predicate {
            predicate_type: Some(PredicateType::Dimension),
            dimension: Some(dimension),
            operator: Some(operator),
            ..Predicate::default()
        }
    }
}

/// A range of numbers. Either end may be open.
///
/// ```
/// use genesys_journey::analytics::NumericRange;
///
/// let tens = NumericRange { gte: Some(10.0), lt: Some(20.0), ..NumericRange::default() };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NumericRange {
    /// Greater than this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub gt: Option<f64>,
    /// Greater than or equal to this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// Less than this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
    /// Less than or equal to this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub lte: Option<f64>,
}

/// A metric that counts only values within a range. Its result has a name of its own.
#[doc(alias = "JourneyAggregationView")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The metric.
    pub target: Metric,
    /// The name of the view in the response.
    pub name: String,
    /// The function to apply to the metric.
    pub function: ViewFunction,
    /// The range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<AggregationRange>,
}

impl View {
    /// Returns a view of the values of a metric within a range.
    ///
    /// ```
    /// use genesys_journey::analytics::{AggregationRange, Metric, View};
    ///
    /// let range = AggregationRange { gte: Some(100.0), ..AggregationRange::default() };
    /// let large = View::range_bound("large", Metric::OJourneyOutcomeValue, range);
    /// ```
    pub fn range_bound(name: impl Into<String>, target: Metric, range: AggregationRange) -> View {
        View { target, name: name.into(), function: ViewFunction::RangeBound, range: Some(range) }
    }
}

/// The range of a [`View`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AggregationRange {
    /// Greater than or equal to this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// Less than this.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
}
