//! The models of aggregates responses, and their rows as a flat table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Dimension, Interval, Metric};
use crate::serde_util::{filled_list, map, optional_integer};

/// The response to a query: a container of results for each group.
#[doc(alias = "JourneyAggregateQueryResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AggregateResponse {
    /// The containers.
    #[serde(deserialize_with = "filled_list")]
    pub results: Vec<Container>,
}

/// The results of one group. A query without groups has one container for everything.
#[doc(alias = "JourneyAggregateDataContainer")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Container {
    /// The dimensions of the group and their values; see [`dimension`](Container::dimension).
    #[serde(deserialize_with = "map")]
    pub group: BTreeMap<String, String>,
    /// The results, interval by interval.
    #[serde(deserialize_with = "filled_list")]
    pub data: Vec<IntervalData>,
}

/// The results of one interval.
#[doc(alias = "StatisticalResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct IntervalData {
    /// The interval as received, `start/end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The metrics. A metric of the query may be missing.
    #[serde(deserialize_with = "filled_list")]
    pub metrics: Vec<MetricData>,
    /// The results of the views of the query.
    #[serde(deserialize_with = "filled_list")]
    pub views: Vec<ViewData>,
}

/// A metric and its statistics.
#[doc(alias = "AggregateMetricData")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetricData {
    /// The metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// A text that distinguishes several values of the same metric in the same interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// The statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Box<Stats>>,
}

/// A view and its statistics.
#[doc(alias = "AggregateViewData")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ViewData {
    /// The name that the query gave the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Box<Stats>>,
}

/// The statistics of a metric. Fields that do not apply are `None`. Metrics that count have [`count`](Stats::count).
#[doc(alias = "StatisticalSummary")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Stats {
    /// The largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The number of observations.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// The number of negative observations.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count_negative: Option<i64>,
    /// The number of positive observations.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count_positive: Option<i64>,
    /// The sum of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// The current value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<f64>,
    /// The ratio of `numerator` to `denominator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The numerator of the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// The denominator of the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// The target of the metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// The 95th percentile.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub p95: Option<i64>,
    /// The 99th percentile.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub p99: Option<i64>,
    /// The value of a metric that is calculated from others.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub calculated_metric_value: Option<i64>,
}

/// One line of a table: a metric or a view of a group in an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row<'a> {
    /// The dimensions of the group, and their values.
    pub group: &'a BTreeMap<String, String>,
    /// The interval, if the service names one.
    pub interval: Option<&'a Interval>,
    /// The name of the metric or the view; empty if the service names none.
    pub name: &'a str,
    /// Whether the row is a view.
    pub is_view: bool,
    /// A text that distinguishes several values of the same metric in the same interval.
    pub qualifier: Option<&'a str>,
    /// The statistics. If the service sends none, all fields are `None`.
    pub stats: &'a Stats,
}

/// The statistics of a row for which the service sends none.
static NO_STATS: Stats = Stats {
    max: None,
    min: None,
    count: None,
    count_negative: None,
    count_positive: None,
    sum: None,
    current: None,
    ratio: None,
    numerator: None,
    denominator: None,
    target: None,
    p95: None,
    p99: None,
    calculated_metric_value: None,
};

impl AggregateResponse {
    /// Returns the response as a flat table: a row for each group, interval, and metric or view.
    ///
    /// The order is that of the response; in each interval the metrics come before the views. A group, an
    /// interval or a metric with nothing to count may have no row.
    ///
    /// ```
    /// use genesys_journey::analytics::{AggregateResponse, Dimension};
    ///
    /// let response: AggregateResponse = serde_json::from_str(r#"{"results": [{
    ///     "group": {"journeySegmentId": "7"},
    ///     "data": [{
    ///         "interval": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
    ///         "metrics": [{"metric": "nJourneySegmentsAssigned", "stats": {"count": 12}}]
    ///     }]
    /// }]}"#)?;
    /// let rows: Vec<_> = response.rows().collect();
    /// assert_eq!(rows.len(), 1);
    /// assert_eq!(rows[0].dimension(&Dimension::JourneySegmentId), Some("7"));
    /// assert_eq!((rows[0].name, rows[0].stats.count), ("nJourneySegmentsAssigned", Some(12)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.results.iter().flat_map(Container::rows)
    }
}

impl Container {
    /// Returns the value of a dimension of the group.
    #[must_use]
    pub fn dimension(&self, dimension: &Dimension) -> Option<&str> {
        self.group.get(dimension.as_str()).map(String::as_str)
    }

    /// Returns the results of this group as a flat table; see [`AggregateResponse::rows`].
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.data.iter().flat_map(move |data| {
            let row = Row {
                group: &self.group,
                interval: data.interval.as_ref(),
                name: "",
                is_view: false,
                qualifier: None,
                stats: &NO_STATS,
            };
            let metrics = data.metrics.iter().map(move |metric| Row {
                name: metric.metric.as_ref().map_or("", Metric::as_str),
                qualifier: metric.qualifier.as_deref(),
                stats: metric.stats.as_deref().unwrap_or(&NO_STATS),
                ..row
            });
            let views = data.views.iter().map(move |view| Row {
                name: view.name.as_deref().unwrap_or_default(),
                is_view: true,
                stats: view.stats.as_deref().unwrap_or(&NO_STATS),
                ..row
            });
            metrics.chain(views)
        })
    }
}

impl<'a> Row<'a> {
    /// Returns the value of a dimension of the group.
    #[must_use]
    pub fn dimension(&self, dimension: &Dimension) -> Option<&'a str> {
        self.group.get(dimension.as_str()).map(String::as_str)
    }
}
