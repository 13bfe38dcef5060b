//! The charts of a view.
//!
//! ```no_run
//! use genesys_journey::views::{self, charts};
//!
//! let config = genesys_journey::Config::from_env()?;
//! let view = views::get(&config, "a view")?;
//! for chart in view.charts.iter().filter_map(|chart| chart.id.as_deref()) {
//!     let chart = charts::get(&config, &view.id, view.version.unwrap_or(1), chart)?;
//!     println!("{:?}: {} metrics", chart.name, chart.metrics.len());
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::versions::version_of;
use crate::open_enum::open_enum;
use crate::serde_util::{filled_list, null_as_default, optional_integer};
use crate::{Config, Result};

/// Returns the newest version of a chart.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if an id or the version is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found) if
/// there is no such chart.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, charts};
///
/// let view = views::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let chart = charts::get(&config, &view.id, 1, "0dcea0ec-00a0-592a-a971-614f4cd6e8e6")?;
/// println!("{:?}: {} metrics", chart.name, chart.metrics.len());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionChart")]
#[inline]
pub fn get(config: &Config, view_id: &str, version: impl Display, chart_id: &str) -> Result<Chart> {
    version_of(view_id, &version).then("/charts").segment("chartId", chart_id).send(config)
}

/// Returns one version of a chart.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// As for [`get`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::charts;
///
/// let chart = charts::get_version(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1, "0dcea0ec-00a0-592a-a971-614f4cd6e8e6", 1)?;
/// println!("{:?}", chart.name);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionChartVersion")]
#[inline]
pub fn get_version(
    config: &Config,
    view_id: &str,
    version: impl Display,
    chart_id: &str,
    chart_version: impl Display,
) -> Result<Chart> {
    let chart = version_of(view_id, &version).then("/charts").segment("chartId", chart_id);
    chart.then("/versions").segment("chartVersion", &chart_version.to_string()).send(config)
}

open_enum! {
    /// A unit of time to split a chart by.
    pub enum GroupByTime {
        Day = "Day",
        Week = "Week",
        Month = "Month",
        Year = "Year",
    }
}

/// A chart of a view.
#[doc(alias = "JourneyViewChart")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chart {
    /// The unit of time to split by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by_time: Option<GroupByTime>,
    /// The id, set by the service. It is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of the chart. It is not sent.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The position among the charts of the view.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
    /// The attributes to split by.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub group_by_attributes: Vec<GroupBy>,
    /// The metrics.
    #[serde(deserialize_with = "filled_list")]
    pub metrics: Vec<ChartMetric>,
    /// The form of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_attributes: Option<ChartDisplay>,
    /// The largest number of groups.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub group_by_max: Option<i64>,
    /// The path of the chart. It is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl Chart {
    /// Returns a copy without the fields that the service sets.
    pub(super) fn without_read_only(&self) -> Chart {
        Chart { id: None, version: None, self_uri: None, ..self.clone() }
    }
}

/// An attribute to split a chart by.
#[doc(alias = "JourneyViewChartGroupByAttribute")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupBy {
    /// The id of the element.
    #[serde(deserialize_with = "null_as_default")]
    pub element_id: String,
    /// The attribute of its events.
    #[serde(deserialize_with = "null_as_default")]
    pub attribute: String,
}

open_enum! {
    /// The calculation of a metric.
    pub enum Aggregate {
        EventCount = "EventCount",
        CustomerCount = "CustomerCount",
        Minimum = "Minimum",
        Maximum = "Maximum",
        Average = "Average",
        Sum = "Sum",
    }
}

/// A metric of a chart.
#[doc(alias = "JourneyViewChartMetric")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartMetric {
    /// The calculation. Default of the service: `CustomerCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// The id, chosen by the caller; unique within the chart.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The id of the element.
    #[serde(deserialize_with = "null_as_default")]
    pub element_id: String,
    /// The label in the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_label: Option<String>,
    /// The attribute of the events, for `Minimum`, `Maximum`, `Average` and `Sum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

open_enum! {
    /// The kind of a chart.
    pub enum ChartType {
        Column = "Column",
        Bar = "Bar",
        Line = "Line",
    }
}

/// The form of a chart.
#[doc(alias = "JourneyViewChartDisplayAttributes")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartDisplay {
    /// The kind of the chart.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub chart_type: Option<ChartType>,
    /// The title of the x axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by_title: Option<String>,
    /// The title of the y axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_title: Option<String>,
    /// The title of the second y axis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_metrics_title: Option<String>,
    /// Whether the chart has a legend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_legend: Option<bool>,
}
