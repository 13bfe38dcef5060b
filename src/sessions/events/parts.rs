//! The parts of events by type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::offers::{ActionState, MediaType};
use crate::references::EntityRef;
use crate::serde_util::{map, optional_integer};
use crate::visitors::{
    App, Attribute, Browser, Campaign, Device, Geolocation, NetworkConnectivity, Referrer, SdkLibrary, VisitedPage,
};

/// An event on a website.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct WebEvent {
    /// The name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The number of events in all sessions of the visitor.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub total_event_count: Option<i64>,
    /// The number of web pages in all sessions of the visitor.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub total_pageview_count: Option<i64>,
    /// The web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<VisitedPage>,
    /// The `User-Agent` header of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The place of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The IP address. The service may withhold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The owner of the IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The campaign that led the visitor to the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// The values of the event, by name.
    #[serde(deserialize_with = "map")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Facts about the visitor, by name.
    #[serde(deserialize_with = "map")]
    pub traits: BTreeMap<String, Attribute>,
    /// The text that the visitor searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// Whether the visitor was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
}

/// An event in an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AppEvent {
    /// The name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The screen of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_name: Option<String>,
    /// The app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The IP address. The service may withhold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The owner of the IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The place of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The SDK of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// The network of the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// The campaign that led the visitor to the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The text that the visitor searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// The values of the event, by name.
    #[serde(deserialize_with = "map")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Facts about the visitor, by name.
    #[serde(deserialize_with = "map")]
    pub traits: BTreeMap<String, Attribute>,
}

/// The action of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct EventAction {
    /// The state of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ActionState>,
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text that the visitor saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The time of its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// An action on a website: its offer, or a response to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct WebActionEvent {
    /// The action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<EventAction>,
    /// The action map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map: Option<VersionedRef>,
    /// The action target. Deprecated by the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_target: Option<EntityRef>,
    /// The number of milliseconds until the action ended.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub time_to_disposition: Option<i64>,
    /// The code of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The message of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The `User-Agent` header of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The place of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The IP address. The service may withhold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The owner of the IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The campaign that led the visitor to the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_referrer: Option<Referrer>,
}

/// A segment that was assigned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SegmentAssignmentEvent {
    /// The segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<EntityRef>,
}

/// An outcome that was achieved. Deprecated by the vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OutcomeAchievedEvent {
    /// The outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<VersionedRef>,
    /// The `User-Agent` header of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The place of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The IP address. The service may withhold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The owner of the IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The campaign that led the visitor to the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_referrer: Option<Referrer>,
    /// The time of the first event of the visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_created_date: Option<Timestamp>,
}

/// A reference to a version of an outcome or of an action map.
#[doc(alias = "OutcomeAchievedEventOutcome")]
#[doc(alias = "ActionEventActionMap")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct VersionedRef {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The version.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}
