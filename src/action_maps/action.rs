//! The action of an action map: a union by media type, which stays flat.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::webchat::ActionProperties;
use crate::offers::MediaType;
use crate::open_enum::open_enum;
use crate::references::{EntityRef, NamedEntityRef};
use crate::serde_util::{filled_list, null_as_default};
use crate::update::{Update, set_or_clear};

/// The action of a map. [`kind`](Self::kind) returns the part that belongs to its media type.
///
/// ```
/// use genesys_journey::action_maps::{Action, ActionKind};
///
/// let action = Action::content_offer("443f5c59-2b86-5d0b-a1c7-eed503976094");
/// match action.kind() {
///     ActionKind::ContentOffer(template) => println!("{:?}", template.id),
///     ActionKind::WebMessagingOffer(offer) => println!("{:?}", offer.offer_text),
///     _ => println!("another action"),
/// }
/// ```
#[doc(alias = "ActionMapAction")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Action {
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The template of a content offer. Its path is not sent.
    #[doc(alias = "ActionMapActionTemplate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_template: Option<EntityRef>,
    /// The id of the action target that takes the chat. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_target_id: Option<String>,
    /// Whether offers are limited to the capacity of the action target. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_pacing_enabled: Option<bool>,
    /// The texts of a webchat. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub props: Option<ActionProperties>,
    /// The flow and its inputs, for the media type `architectFlow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architect_flow_fields: Option<ArchitectFlowFields>,
    /// The offer, for the media type `webMessagingOffer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_messaging_offer_fields: Option<WebMessagingOfferFields>,
    /// The open action and its values, for the media type `openAction`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_action_fields: Option<OpenActionFields>,
}

/// The part of an [`Action`] that belongs to its media type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ActionKind<'a> {
    /// An offer to chat.
    WebMessagingOffer(&'a WebMessagingOfferFields),
    /// A content offer: the reference to its template.
    ContentOffer(&'a EntityRef),
    /// An action of an integration. It has no part of its own.
    IntegrationAction,
    /// A flow.
    ArchitectFlow(&'a ArchitectFlowFields),
    /// An open action.
    OpenAction(&'a OpenActionFields),
    /// Another media type, none, or one whose part is absent.
    Other(Option<&'a MediaType>),
}

impl Action {
    /// Returns an offer to chat.
    pub fn web_messaging_offer(fields: WebMessagingOfferFields) -> Action {
        Action { web_messaging_offer_fields: Some(fields), ..Action::of(MediaType::WebMessagingOffer) }
    }

    /// Returns a content offer with the action template of this id.
    pub fn content_offer(template_id: impl Into<String>) -> Action {
        Action { action_template: Some(EntityRef::new(template_id)), ..Action::of(MediaType::ContentOffer) }
    }

    /// Returns an action that runs a flow.
    pub fn architect_flow(fields: ArchitectFlowFields) -> Action {
        Action { architect_flow_fields: Some(fields), ..Action::of(MediaType::ArchitectFlow) }
    }

    /// Returns an action of the type `openAction`.
    pub fn open_action(fields: OpenActionFields) -> Action {
        Action { open_action_fields: Some(fields), ..Action::of(MediaType::OpenAction) }
    }

    fn of(media_type: MediaType) -> Action {
        Action { media_type: Some(media_type), ..Action::default() }
    }

    /// Returns the part that belongs to the media type.
    #[must_use]
    pub fn kind(&self) -> ActionKind<'_> {
        let kind = match self.media_type {
            Some(MediaType::WebMessagingOffer) => {
                self.web_messaging_offer_fields.as_ref().map(ActionKind::WebMessagingOffer)
            }
            Some(MediaType::ContentOffer) => self.action_template.as_ref().map(ActionKind::ContentOffer),
            Some(MediaType::IntegrationAction) => Some(ActionKind::IntegrationAction),
            Some(MediaType::ArchitectFlow) => self.architect_flow_fields.as_ref().map(ActionKind::ArchitectFlow),
            Some(MediaType::OpenAction) => self.open_action_fields.as_ref().map(ActionKind::OpenAction),
            _ => None,
        };
        kind.unwrap_or(ActionKind::Other(self.media_type.as_ref()))
    }
}

/// Writes an action as a request has it: the path of the template is read-only.
pub(super) fn sent_action<S: Serializer>(action: &Option<Action>, serializer: S) -> Result<S::Ok, S::Error> {
    let sent = action
        .as_ref()
        .map(|action| Action { action_template: action.action_template.as_ref().map(without_path), ..action.clone() });
    sent.serialize(serializer)
}

fn sent_template<S: Serializer>(template: &Update<EntityRef>, serializer: S) -> Result<S::Ok, S::Error> {
    match template {
        Update::Set(template) => without_path(template).serialize(serializer),
        Update::Keep | Update::Clear => template.serialize(serializer),
    }
}

fn without_path(template: &EntityRef) -> EntityRef {
    EntityRef { id: template.id.clone(), self_uri: None }
}

/// The flow that an action runs, and its inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArchitectFlowFields {
    /// The flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architect_flow: Option<EntityRef>,
    /// The inputs of the flow.
    #[serde(deserialize_with = "filled_list", skip_serializing_if = "Vec::is_empty")]
    pub flow_request_mappings: Vec<RequestMapping>,
}

open_enum! {
    /// The type of an input of a flow.
    pub enum AttributeType {
        String = "String",
        Number = "Number",
        Integer = "Integer",
        Boolean = "Boolean",
    }
}

open_enum! {
    /// The source of an input of a flow.
    pub enum MappingType {
        /// The value names an attribute of the session.
        Lookup = "Lookup",
        /// The value itself.
        HardCoded = "HardCoded",
    }
}

/// One input of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestMapping {
    /// The type of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeType>,
    /// The source of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping_type: Option<MappingType>,
    /// The name of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The value, or the name of the attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// An offer to chat.
#[doc(alias = "PatchWebMessagingOfferFields")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebMessagingOfferFields {
    /// The text of the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_text: Option<String>,
    /// The flow that the chat starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architect_flow: Option<EntityRef>,
}

/// An open action and its values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OpenActionFields {
    /// The open action. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_action: Option<NamedEntityRef>,
    /// The values for the schema of the open action: any JSON.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Map::is_empty")]
    pub configuration_fields: Map<String, Value>,
}

/// Changes to the action of a map. The vendor requires the media type.
///
/// A `From<&Action>` returns the changes that lead to exactly that action: the parts of other media types are cleared.
///
/// ```
/// use genesys_journey::action_maps::{Action, ActionUpdate};
///
/// let update = ActionUpdate::from(&Action::content_offer("a template"));
/// assert!(update.web_messaging_offer_fields == genesys_journey::Update::Clear);
/// ```
#[doc(alias = "PatchAction")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionUpdate {
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The template of a content offer. Its path is not sent.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "sent_template")]
    pub action_template: Update<EntityRef>,
    /// The id of the action target that takes the chat. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_target_id: Option<String>,
    /// Whether offers are limited to the capacity of the action target. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_pacing_enabled: Option<bool>,
    /// The texts of a webchat. Dropped by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub props: Option<ActionProperties>,
    /// The flow and its inputs, for the media type `architectFlow`.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub architect_flow_fields: Update<ArchitectFlowFields>,
    /// The offer, for the media type `webMessagingOffer`.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub web_messaging_offer_fields: Update<WebMessagingOfferFields>,
    /// The open action and its values, for the media type `openAction`.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub open_action_fields: Update<OpenActionFields>,
}

impl From<&Action> for ActionUpdate {
    fn from(action: &Action) -> Self {
        ActionUpdate {
            media_type: action.media_type.clone(),
            action_template: set_or_clear(action.action_template.clone()),
            action_target_id: action.action_target_id.clone(),
            is_pacing_enabled: action.is_pacing_enabled,
            props: action.props.clone(),
            architect_flow_fields: set_or_clear(action.architect_flow_fields.clone()),
            web_messaging_offer_fields: set_or_clear(action.web_messaging_offer_fields.clone()),
            open_action_fields: set_or_clear(action.open_action_fields.clone()),
        }
    }
}
