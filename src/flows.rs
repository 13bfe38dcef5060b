//! Flows: the paths of customers through the flows of Architect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::references::EntityRef;
use crate::request::Request;
use crate::serde_util::{filled_list, map, optional_integer};
use crate::{Config, Result, Timestamp};

const PATHS: &str = "/api/v2/journey/flows/paths/query";

/// Returns the paths of customers through flows.
///
/// The service covers about the last seven days, and its counts are approximate. The request changes nothing and is
/// retried like a read. An unknown flow has no steps.
///
/// **Permission** `journey:flowpaths:view`
///
/// # Errors
/// Those of any read; see [`Error`](crate::Error).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::flows::{self, FlowCategory, PathsQuery};
///
/// let query = PathsQuery::new(FlowCategory::All, ["3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64"]);
/// let paths = flows::paths(&config, &query)?;
/// if let Some((id, root)) = paths.root() {
///     println!("{:?} journeys", root.count);
///     for (_, step) in paths.children(id) {
///         println!("{:?}: {:?}", step.element_type, step.count);
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyFlowsPathsQuery")]
#[inline]
pub fn paths(config: &Config, query: &PathsQuery) -> Result<FlowPaths> {
    Request::post(PATHS).read_only().json(query).send(config)
}

/// The flows to query, and their end.
#[doc(alias = "FlowPathsQuery")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is queried until it is sent"]
pub struct PathsQuery {
    /// The end of the flows.
    pub category: FlowCategory,
    /// The flows.
    pub flows: Vec<EntityRef>,
}

impl PathsQuery {
    /// Returns a query of the flows with these ids.
    pub fn new(category: FlowCategory, flow_ids: impl IntoIterator<Item = impl Into<String>>) -> PathsQuery {
        PathsQuery { category, flows: flow_ids.into_iter().map(EntityRef::new).collect() }
    }
}

open_enum! {
    /// The end of the flows of a query.
    pub enum FlowCategory {
        All = "All",
        Abandoned = "Abandoned",
        AgentEscalation = "AgentEscalation",
        Complete = "Complete",
        Disconnect = "Disconnect",
        Error = "Error",
        RecognitionFailure = "RecognitionFailure",
        Transfer = "Transfer",
    }
}

open_enum! {
    /// The kind of a step in a flow.
    pub enum ElementType {
        Abandoned = "Abandoned",
        AgentEscalation = "AgentEscalation",
        Disconnect = "Disconnect",
        Error = "Error",
        Exit = "Exit",
        Milestone = "Milestone",
        Outcome = "Outcome",
        RecognitionFailure = "RecognitionFailure",
        Root = "Root",
        TransferReturnToAgent = "TransferReturnToAgent",
        TransferToAcd = "TransferToAcd",
        TransferToAcdVoicemail = "TransferToAcdVoicemail",
        TransferToFlow = "TransferToFlow",
        TransferToGroup = "TransferToGroup",
        TransferToGroupVoicemail = "TransferToGroupVoicemail",
        TransferToNumber = "TransferToNumber",
        TransferToSecureFlow = "TransferToSecureFlow",
        TransferToUser = "TransferToUser",
        TransferToUserVoicemail = "TransferToUserVoicemail",
    }
}

open_enum! {
    /// The value of an outcome of a flow.
    pub enum FlowOutcomeValue {
        Failure = "FAILURE",
        Success = "SUCCESS",
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// The kind of a flow.
    pub enum FlowType {
        DigitalBot = "DigitalBot",
        Bot = "Bot",
        InboundCall = "InboundCall",
        SecureCall = "SecureCall",
        InboundShortMessage = "InboundShortMessage",
        InboundEmail = "InboundEmail",
        OutboundCall = "OutboundCall",
    }
}

/// The part of a flow in a step.
#[doc(alias = "FlowPathsFlowDetails")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ElementFlow {
    /// The kind of flow.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<FlowType>,
    /// The flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<EntityRef>,
    /// The version of the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The number of journeys through the step in this flow.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// A step, with a reference to the step before it.
#[doc(alias = "FlowPathsElement")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PathElement {
    /// The kind of step.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub element_type: Option<ElementType>,
    /// The value of the outcome, for an outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_outcome_value: Option<FlowOutcomeValue>,
    /// The id of the step before. The root has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The number of journeys through the step.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// The flows of the step.
    #[serde(deserialize_with = "filled_list")]
    pub flows: Vec<ElementFlow>,
    /// The milestone, for a milestone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_milestone: Option<EntityRef>,
    /// The outcome, for an outcome or a milestone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_outcome: Option<EntityRef>,
}

/// The paths of customers through flows: a tree of steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct FlowPaths {
    /// The end of the flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<FlowCategory>,
    /// The start of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_start: Option<Timestamp>,
    /// The end of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_end: Option<Timestamp>,
    /// The steps by id. Empty for a flow without journeys, or an unknown one.
    #[serde(deserialize_with = "map")]
    pub elements: BTreeMap<String, PathElement>,
}

impl FlowPaths {
    /// Returns the root of the tree and its id.
    #[must_use]
    pub fn root(&self) -> Option<(&str, &PathElement)> {
        let root = self.elements.iter().find(|(_, element)| element.element_type == Some(ElementType::Root));
        root.map(|(id, element)| (id.as_str(), element))
    }

    /// Returns the steps that follow a step, with their ids.
    pub fn children<'a>(&'a self, parent_id: &str) -> impl Iterator<Item = (&'a str, &'a PathElement)> {
        let is_child = move |element: &PathElement| element.parent_id.as_deref() == Some(parent_id);
        self.elements.iter().filter(move |(_, element)| is_child(element)).map(|(id, element)| (id.as_str(), element))
    }
}
