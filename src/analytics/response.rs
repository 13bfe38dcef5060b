//! What the aggregates answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Dimension, Metric};
use crate::serde_util::null_as_default;

/// The answer to a query: a container of results for each group.
#[doc(alias = "JourneyAggregateQueryResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AggregateResponse {
    /// The containers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub results: Vec<Container>,
}

/// The results of one group; without groups there is one of all.
#[doc(alias = "JourneyAggregateDataContainer")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Container {
    /// The dimensions that make the group, and their values; see [`dimension`](Container::dimension).
    #[serde(default, deserialize_with = "null_as_default")]
    pub group: BTreeMap<String, String>,
    /// What is counted, interval by interval.
    #[serde(default, deserialize_with = "null_as_default")]
    pub data: Vec<IntervalData>,
}

/// What is counted in one interval.
#[doc(alias = "StatisticalResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IntervalData {
    /// The interval, `start/end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// The metrics; what was asked for may be missing.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metrics: Vec<MetricData>,
    /// The views.
    #[serde(default, deserialize_with = "null_as_default")]
    pub views: Vec<ViewData>,
}

/// A metric and its statistics.
#[doc(alias = "AggregateMetricData")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricData {
    /// The metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// What sets it apart from the same metric beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// Its statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// A view and its statistics.
#[doc(alias = "AggregateViewData")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ViewData {
    /// The name that the query gave the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// Statistics; a metric has those that make sense for it. Counts have [`count`](Stats::count).
#[doc(alias = "StatisticalSummary")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Stats {
    /// The largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// How many are negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_negative: Option<i64>,
    /// How many are positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_positive: Option<i64>,
    /// The sum of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// The value now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<f64>,
    /// `numerator` by `denominator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The numerator of the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// The denominator of the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// The ratio to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// 95 percent are at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<i64>,
    /// 99 percent are at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<i64>,
    /// The value of a metric that is calculated from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculated_metric_value: Option<i64>,
}

/// One line of a table: a metric or a view of a group in an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row<'a> {
    /// The dimensions of the group, and their values.
    pub group: &'a BTreeMap<String, String>,
    /// The interval, `start/end`; empty where the service names none.
    pub interval: &'a str,
    /// The name of the metric or the view; empty where the service names none.
    pub name: &'a str,
    /// Whether it is a view.
    pub is_view: bool,
    /// What sets it apart from the same metric beside it.
    pub qualifier: Option<&'a str>,
    /// Its statistics; all of them `None` where the service sends none.
    pub stats: &'a Stats,
}

/// What a row borrows where the service sends no statistics.
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
    /// The answer as a flat table: a row for each group × interval × metric or view, in the order of
    /// the answer; in each interval the metrics come before the views. Where there was nothing to count a
    /// group, an interval or a metric may have no row.
    ///
    /// ```
    /// use genesys_journey::analytics::{AggregateResponse, Dimension};
    ///
    /// let answer: AggregateResponse = serde_json::from_str(r#"{"results": [{
    ///     "group": {"journeySegmentId": "7"},
    ///     "data": [{
    ///         "interval": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
    ///         "metrics": [{"metric": "nJourneySegmentsAssigned", "stats": {"count": 12}}]
    ///     }]
    /// }]}"#)?;
    /// let rows: Vec<_> = answer.rows().collect();
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
    /// The value of a dimension of the group.
    pub fn dimension(&self, dimension: &Dimension) -> Option<&str> {
        self.group.get(dimension.as_str()).map(String::as_str)
    }

    /// The results of this group as a flat table; see [`AggregateResponse::rows`].
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.data.iter().flat_map(move |data| {
            let row = Row {
                group: &self.group,
                interval: data.interval.as_deref().unwrap_or_default(),
                name: "",
                is_view: false,
                qualifier: None,
                stats: &NO_STATS,
            };
            let metrics = data.metrics.iter().map(move |metric| Row {
                name: metric.metric.as_ref().map_or("", Metric::as_str),
                qualifier: metric.qualifier.as_deref(),
                stats: metric.stats.as_ref().unwrap_or(&NO_STATS),
                ..row
            });
            let views = data.views.iter().map(move |view| Row {
                name: view.name.as_deref().unwrap_or_default(),
                is_view: true,
                stats: view.stats.as_ref().unwrap_or(&NO_STATS),
                ..row
            });
            metrics.chain(views)
        })
    }
}

impl<'a> Row<'a> {
    /// The value of a dimension of the group.
    pub fn dimension(&self, dimension: &Dimension) -> Option<&'a str> {
        self.group.get(dimension.as_str()).map(String::as_str)
    }
}
