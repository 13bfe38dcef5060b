//! The models of views: the response and the request, labels, and the period of the data.

use serde::{Deserialize, Serialize, Serializer};

use super::charts::Chart;
use super::element::Element;
use crate::Timestamp;
use crate::interval::Interval;
use crate::serde_util::{filled_list, optional_integer};

/// A view: a journey that is drawn from events, in one of its versions.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::views::View;
///
/// let mut view = View::default();
/// view.id = "7".into();
/// view.name = Some("From bot to agent".into());
/// ```
#[doc(alias = "JourneyView")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct View {
    /// The id, set by the service. All versions of a view have the same id.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The number of the version, from 1.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The user who created the view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ViewUser>,
    /// The user who changed the view last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_by: Option<ViewUser>,
    /// The fixed period of the events, `start/end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The period up to now, an ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The elements.
    #[serde(default, deserialize_with = "filled_list")]
    pub elements: Vec<Element>,
    /// The charts. Lists have them only with [`Expand::Charts`](super::Expand::Charts).
    #[serde(default, deserialize_with = "filled_list")]
    pub charts: Vec<Chart>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_modified: Option<Timestamp>,
    /// The path of the view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A view to create, or the new content of a version.
///
/// Exactly one of [`interval`](Self::interval) and [`duration`](Self::duration) must be set.
#[doc(alias = "JourneyView")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is created until it is sent"]
pub struct NewView {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The fixed period of the events, `start/end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The period up to now, an ISO 8601 duration such as `P30D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The elements.
    #[serde(deserialize_with = "filled_list")]
    pub elements: Vec<Element>,
    /// The charts. Their ids, versions and paths are not sent.
    #[serde(deserialize_with = "filled_list", serialize_with = "sent_charts", skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
}

/// Writes charts as a request has them: id, version and path are read-only.
fn sent_charts<S: Serializer>(charts: &[Chart], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(charts.iter().map(Chart::without_read_only))
}

/// The content of a view, as it is sent to create the same view again. A view of a list has its charts only with
/// [`Expand::Charts`](super::Expand::Charts).
impl From<&View> for NewView {
    fn from(view: &View) -> Self {
        NewView {
            name: view.name.clone(),
            description: view.description.clone(),
            interval: view.interval.clone(),
            duration: view.duration.clone(),
            elements: view.elements.clone(),
            charts: view.charts.iter().map(Chart::without_read_only).collect(),
        }
    }
}

/// A user of a view.
#[doc(alias = "JourneyViewUser")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ViewUser {
    /// The id of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The email address of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_address: Option<String>,
    /// The path of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The period for which the service has data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DataRange {
    /// The time of the oldest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_min: Option<Timestamp>,
    /// The time of the newest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_max: Option<Timestamp>,
}

/// An attribute and a value of it, to be checked by [`validate_labels`](super::validate_labels).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Label {
    /// The attribute, such as `flowName`.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether the service has the value. It is not sent.
    #[serde(skip_serializing)]
    pub encoded: Option<bool>,
}

impl Label {
    /// Returns a label.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Label {
        Label { name: name.into(), value: value.into(), encoded: None }
    }
}
