//! The models of attributions: the request, the job and the results.

use serde::{Deserialize, Serialize, Serializer};

use crate::open_enum::open_enum;
use crate::serde_util::{filled_list, finite, optional_integer};
use crate::{Error, Result, Timestamp};

/// Attributions to record.
#[doc(alias = "OutcomeAttributionListing")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is recorded until it is sent"]
pub struct NewAttributions {
    /// The attributions.
    pub entities: Vec<Attribution>,
    /// The percentage of failures at which the job stops. Default of the service: 5. Range: 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_failed_threshold: Option<i64>,
}

/// An outcome that was achieved outside the platform, with the conversations that led to it.
#[doc(alias = "OutcomeAttributionRequest")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribution {
    /// The id of the outcome.
    pub outcome_id: String,
    /// The id of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_contact_id: Option<String>,
    /// The value of the outcome, such as an amount of money.
    #[serde(serialize_with = "finite_number")]
    pub associated_value: f64,
    /// The conversations to credit.
    pub touchpoints: Vec<Touchpoint>,
    /// The time at which the outcome was achieved.
    pub created_date: Timestamp,
}

/// A conversation of an agent that led to an outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Touchpoint {
    /// The channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<TouchpointType>,
    /// The id of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The id of the agent.
    pub agent_id: String,
    /// The value to credit.
    #[serde(serialize_with = "finite_number")]
    pub associated_value: f64,
    /// The time of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

open_enum! {
    /// The state of a job.
    pub enum AttributionState {
        Running = "Running",
        Completed = "Completed",
        CompletedWithErrors = "CompletedWithErrors",
        Failed = "Failed",
    }
}

open_enum! {
    /// The result of an attribution or of a touchpoint.
    pub enum ResultState {
        Completed = "Completed",
        Valid = "Valid",
        Invalid = "Invalid",
        Failed = "Failed",
    }
}

open_enum! {
    /// The channel of a touchpoint.
    pub enum TouchpointType {
        Email = "Email",
        Message = "Message",
        Voice = "Voice",
    }
}

/// A job that records attributions.
#[doc(alias = "OutcomeAttributionJobStateResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AttributionJob {
    /// The state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<AttributionState>,
    /// The id.
    pub id: String,
    /// The path of the results. Set when the job has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results_uri: Option<String>,
    /// The percentage of failures at which the job stops.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub percent_failed_threshold: Option<i64>,
    /// The path of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// The result of one attribution.
#[doc(alias = "OutcomeAttributionResultsResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AttributionResult {
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ResultState>,
    /// The id of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<String>,
    /// The index in [`NewAttributions::entities`].
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// The id of the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_contact_id: Option<String>,
    /// The value of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_value: Option<f64>,
    /// The explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The results of the touchpoints.
    #[serde(deserialize_with = "filled_list")]
    pub touchpoints: Vec<TouchpointResult>,
    /// The time at which the outcome was achieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// The result of one touchpoint.
#[doc(alias = "TouchpointResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TouchpointResult {
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<TouchpointType>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ResultState>,
    /// The id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The id of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The value that is credited to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_value: Option<f64>,
    /// The explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The time of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

impl NewAttributions {
    /// Returns these attributions, with the threshold of the service.
    pub fn new(entities: impl IntoIterator<Item = Attribution>) -> NewAttributions {
        NewAttributions { entities: entities.into_iter().collect(), percent_failed_threshold: None }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.percent_failed_threshold {
            None | Some(0..=100) => Ok(()),
            Some(percent) => {
                Err(Error::input("percentFailedThreshold", format_args!("is {percent}; it must be from 0 to 100")))
            }
        }
    }
}

impl Attribution {
    /// Returns the attribution of an outcome of this value at this time.
    pub fn new(
        outcome_id: impl Into<String>,
        associated_value: f64,
        touchpoints: impl IntoIterator<Item = Touchpoint>,
        created_date: Timestamp,
    ) -> Attribution {
        Attribution {
            outcome_id: outcome_id.into(),
            external_contact_id: None,
            associated_value,
            touchpoints: touchpoints.into_iter().collect(),
            created_date,
        }
    }
}

impl Touchpoint {
    /// Returns a touchpoint of this agent, to whom this value is credited.
    pub fn new(agent_id: impl Into<String>, associated_value: f64) -> Touchpoint {
        Touchpoint { agent_id: agent_id.into(), associated_value, ..Touchpoint::default() }
    }
}

impl AttributionState {
    /// Returns whether the state is final. A state that this version of the crate does not know is not.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, AttributionState::Completed | AttributionState::CompletedWithErrors | AttributionState::Failed)
    }
}

fn finite_number<S: Serializer>(number: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    finite(&Some(*number), serializer)
}
