//! Pings: the request and the actions in the response.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::offers::{ContentOffer, MediaType};
use crate::request::Request;
use crate::serde_util::{filled_list, null_as_default, optional_integer};

/// The place of the visitor at a ping. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PingOptions {
    /// The URL of the page, or the screen of the app. Without it, no action is returned.
    pub page_url: Option<String>,
    /// The title of the page or the screen.
    pub page_title: Option<String>,
    /// The name of the app in the reverse order of a domain, such as `com.example.shop`.
    pub app_namespace: Option<String>,
    /// The UUID of the session, the same for all calls of a session.
    pub session_id: Option<String>,
    /// The time since the last event or ping, in milliseconds.
    pub since_last_beacon_milliseconds: Option<u64>,
}

impl PingOptions {
    pub(super) fn request(&self, request: Request) -> Request {
        request
            .query("dl", self.page_url.as_ref())
            .query("dt", self.page_title.as_ref())
            .query("appNamespace", self.app_namespace.as_ref())
            .query("sessionId", self.session_id.as_ref())
            .query("sinceLastBeaconMilliseconds", self.since_last_beacon_milliseconds)
    }
}

/// The response to a ping.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DeploymentPing {
    /// The actions to show now.
    #[serde(deserialize_with = "filled_list")]
    pub actions: Vec<WebAction>,
    /// The time until the next ping, in milliseconds. -1: do not ping again.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub poll_interval_milliseconds: Option<i64>,
}

impl DeploymentPing {
    /// Returns the time until the next ping; `None` if there should be none, or if the service does not name a time.
    #[must_use]
    pub fn poll_interval(&self) -> Option<Duration> {
        let milliseconds = self.poll_interval_milliseconds?;
        u64::try_from(milliseconds).ok().map(Duration::from_millis)
    }
}

/// An action to show to a visitor. [`kind`](Self::kind) returns the part that belongs to its media type.
#[doc(alias = "DeploymentWebAction")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct WebAction {
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The id, for [`ActionEvent`](super::ActionEvent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The kind of the customer id: `cookie`, `email`, `phone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// The id of the action map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map_id: Option<String>,
    /// The version of the action map.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub action_map_version: Option<i64>,
    /// The id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The offer, for the media type `webMessagingOffer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_messaging_offer_properties: Option<WebMessagingOfferProperties>,
    /// The content, for the media type `contentOffer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_offer_properties: Option<ContentOffer>,
    /// The open action and its values, for the media type `openAction`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_action_properties: Option<OpenActionProperties>,
}

/// The part of a [`WebAction`] that belongs to its media type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum WebActionKind<'a> {
    /// An offer to chat.
    WebMessagingOffer(&'a WebMessagingOfferProperties),
    /// A content offer.
    ContentOffer(&'a ContentOffer),
    /// An action of an integration. It has no part of its own.
    IntegrationAction,
    /// A flow. It has no part of its own.
    ArchitectFlow,
    /// An open action.
    OpenAction(&'a OpenActionProperties),
    /// Another media type, none, or one whose part is absent.
    Other(Option<&'a MediaType>),
}

impl WebAction {
    /// Returns the part that belongs to the media type.
    #[must_use]
    pub fn kind(&self) -> WebActionKind<'_> {
        let kind = match self.media_type {
            Some(MediaType::WebMessagingOffer) => {
                self.web_messaging_offer_properties.as_ref().map(WebActionKind::WebMessagingOffer)
            }
            Some(MediaType::ContentOffer) => self.content_offer_properties.as_ref().map(WebActionKind::ContentOffer),
            Some(MediaType::IntegrationAction) => Some(WebActionKind::IntegrationAction),
            Some(MediaType::ArchitectFlow) => Some(WebActionKind::ArchitectFlow),
            Some(MediaType::OpenAction) => self.open_action_properties.as_ref().map(WebActionKind::OpenAction),
            _ => None,
        };
        kind.unwrap_or(WebActionKind::Other(self.media_type.as_ref()))
    }
}

/// An offer to chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct WebMessagingOfferProperties {
    /// The text of the offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_text: Option<String>,
}

/// An open action and its values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OpenActionProperties {
    /// The name of the open action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_action_name: Option<String>,
    /// The values for the schema of the open action: any JSON.
    #[serde(deserialize_with = "null_as_default")]
    pub configuration_fields: Map<String, Value>,
}
