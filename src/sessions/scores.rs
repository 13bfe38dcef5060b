//! The scores of outcomes in a session.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::references::EntityRef;
use crate::serde_util::{filled_list, optional_integer};

/// The latest scores of the outcomes of a session. Deprecated by the vendor.
#[doc(alias = "OutcomeScoresResult")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OutcomeScores {
    /// The score of each outcome.
    #[serde(deserialize_with = "filled_list")]
    pub outcome_scores: Vec<OutcomeScore>,
    /// The time of the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// The score of an outcome in a session. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OutcomeScore {
    /// The outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EntityRef>,
    /// The highest probability so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_max_probability: Option<f64>,
    /// The probability that the outcome is achieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The percentile of the probability. Deprecated in favour of the quantile.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub percentile: Option<i64>,
    /// The highest percentile so far. Deprecated in favour of the quantile.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub session_max_percentile: Option<i64>,
    /// The share of sessions whose highest probability is lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// The quantile of the highest probability so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_max_quantile: Option<f64>,
}
