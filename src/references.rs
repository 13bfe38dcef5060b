//! References to other entities of the platform, shared by several families.

use serde::{Deserialize, Serialize};

/// A reference to an entity. A request needs the id only.
///
/// ```
/// use genesys_journey::references::EntityRef;
///
/// let flow = EntityRef::new("0836f6b5-a972-5568-86ed-c7782d6d31f5");
/// assert_eq!(serde_json::to_string(&flow)?, r#"{"id":"0836f6b5-a972-5568-86ed-c7782d6d31f5"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "AddressableEntityRef")]
#[doc(alias = "AchievedOutcome")]
#[doc(alias = "AssignedSegment")]
#[doc(alias = "ConnectedQueue")]
#[doc(alias = "ConnectedUser")]
#[doc(alias = "FlowPathsFlowFilter")]
#[doc(alias = "OutcomeRef")]
#[doc(alias = "SegmentAssignmentSegment")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EntityRef {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The path of the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl EntityRef {
    /// Returns a reference to the entity with this id.
    pub fn new(id: impl Into<String>) -> EntityRef {
        EntityRef { id: Some(id.into()), self_uri: None }
    }
}

/// A reference to an entity, with its name. A request needs the id only.
#[cfg(any(feature = "action-maps", feature = "external-events"))]
#[doc(alias = "DomainEntityRef")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedEntityRef {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The path of the entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

#[cfg(any(feature = "action-maps", feature = "external-events"))]
impl NamedEntityRef {
    /// Returns a reference to the entity with this id.
    pub fn new(id: impl Into<String>) -> NamedEntityRef {
        NamedEntityRef { id: Some(id.into()), ..NamedEntityRef::default() }
    }
}
