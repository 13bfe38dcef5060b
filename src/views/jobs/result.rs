//! The results of a job, and the rows of its charts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::serde_util::{filled_list, optional_integer};

/// The results of a job: the counts of the elements, and the values of the charts.
#[doc(alias = "JourneyViewResult")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ViewResult {
    /// The counts of each element.
    #[serde(deserialize_with = "filled_list")]
    pub elements: Vec<ElementResult>,
    /// The values of each chart.
    #[serde(deserialize_with = "filled_list")]
    pub charts: Vec<ChartResult>,
}

/// The counts of an element.
#[doc(alias = "JourneyViewResultElement")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ElementResult {
    /// The id of the element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The numbers of customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<ElementMetrics>,
    /// The counts of each link.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<LinkResult>,
    /// The path of the element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The numbers of customers at an element.
#[doc(alias = "JourneyViewResultMetrics")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ElementMetrics {
    /// The customers who reached the element.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub participant_count: Option<i64>,
    /// The customers who are still on their way to the end.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub active_count: Option<i64>,
    /// The customers who reached the end.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub completed_count: Option<i64>,
    /// The customers who never reached the next element.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub dropout_count: Option<i64>,
    /// The customers who moved on and have not finished.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub flow_count: Option<i64>,
}

/// The count of a link.
#[doc(alias = "JourneyViewResultLink")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LinkResult {
    /// The id of the next element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The number of passages along the link.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub connection_count: Option<i64>,
    /// The path of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The values of a chart.
#[doc(alias = "JourneyViewChartResult")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChartResult {
    /// The id of the chart.
    pub id: String,
    /// The version of the chart.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The values of each metric.
    #[serde(default, deserialize_with = "filled_list")]
    pub metrics: Vec<MetricResult>,
    /// The path of the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The values of a metric, one for each group.
#[doc(alias = "JourneyViewChartMetricResult")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetricResult {
    /// The id of the metric; see [`ChartMetric::id`](crate::views::charts::ChartMetric::id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The values.
    #[serde(deserialize_with = "filled_list")]
    pub values: Vec<MetricValue>,
}

/// One value of a metric, and its group.
#[doc(alias = "JourneyViewChartMetricResultValue")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MetricValue {
    /// The value: a number, a text, or `null`. An integer of 64 bits is exact; any other number is an `f64`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// The attributes of the group.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub group_by_attributes: Vec<GroupValue>,
}

/// An attribute of a group, and its value.
#[doc(alias = "GroupByAttribute")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct GroupValue {
    /// The name of the attribute, such as `day`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The value of the attribute in this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// One line of the table of a chart: a value of a metric in a group.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChartRow<'a> {
    /// The id of the chart.
    pub chart_id: &'a str,
    /// The id of the metric; empty if the service names none.
    pub metric_id: &'a str,
    /// The attributes of the group.
    pub groups: &'a [GroupValue],
    /// The value: a number, a text, or `null`.
    pub value: &'a Value,
}

impl ViewResult {
    /// Returns the values of all charts as a flat table; see [`ChartResult::rows`].
    pub fn chart_rows(&self) -> impl Iterator<Item = ChartRow<'_>> {
        self.charts.iter().flat_map(ChartResult::rows)
    }

    /// Returns the counts of the element with this id.
    #[must_use]
    pub fn element(&self, id: &str) -> Option<&ElementResult> {
        self.elements.iter().find(|element| element.id.as_deref() == Some(id))
    }
}

impl ChartResult {
    /// Returns the values of the chart as a flat table: a row for each metric and group, in the order of the response.
    ///
    /// ```
    /// use genesys_journey::views::jobs::ChartResult;
    ///
    /// let result: ChartResult = serde_json::from_str(r#"{"id": "c", "metrics": [{"id": "m", "values": [
    ///     {"value": 412, "groupByAttributes": [{"attribute": "day", "value": "2026-01-30"}]},
    ///     {"value": 387.5, "groupByAttributes": [{"attribute": "day", "value": "2026-01-31"}]}
    /// ]}]}"#)?;
    /// let lines: Vec<String> =
    ///     result.rows().map(|row| format!("{},{}", row.group("day").unwrap_or_default(), row.text())).collect();
    /// assert_eq!(lines, ["2026-01-30,412", "2026-01-31,387.5"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = ChartRow<'_>> {
        self.metrics.iter().flat_map(|metric| {
            metric.values.iter().map(|value| ChartRow {
                chart_id: &self.id,
                metric_id: metric.id.as_deref().unwrap_or_default(),
                groups: &value.group_by_attributes,
                value: &value.value,
            })
        })
    }
}

impl MetricValue {
    /// Returns the value of an attribute of the group.
    #[must_use]
    pub fn group(&self, attribute: &str) -> Option<&str> {
        group(&self.group_by_attributes, attribute)
    }

    /// Returns the value as the cell of a table; see [`ChartRow::text`].
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        cell(&self.value)
    }
}

impl<'a> ChartRow<'a> {
    /// Returns the value of an attribute of the group.
    #[must_use]
    pub fn group(&self, attribute: &str) -> Option<&'a str> {
        group(self.groups, attribute)
    }

    /// Returns the value as a number; `None` if it is not one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.value.as_f64()
    }

    /// Returns the value as the cell of a table: a text without quotes, nothing for `null`, and JSON otherwise.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        cell(self.value)
    }
}

fn group<'a>(groups: &'a [GroupValue], attribute: &str) -> Option<&'a str> {
    let group = groups.iter().find(|group| group.attribute.as_deref() == Some(attribute))?;
    group.value.as_deref()
}

fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
