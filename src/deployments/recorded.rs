//! Events as the service recorded them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::events::{EventBrowser, EventDevice};
use crate::Timestamp;
use crate::serde_util::{map, optional_integer};
use crate::visitors::{App, Attribute, Campaign, Device, Geolocation, NetworkConnectivity, Referrer, SdkLibrary};

/// An event of an app as recorded.
#[doc(alias = "AppEventResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordedAppEvent {
    /// The id, set by the service.
    pub id: String,
    /// The id of the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The kind of the customer id: `cookie`, `email`, `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// The name of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The screen of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_name: Option<String>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The owner of the IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The place of the visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The SDK that reported the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// The network of the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// The campaign that led the visitor to the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<EventSession>,
    /// The text for which the visitor searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// The values of your own, by name.
    #[serde(default, deserialize_with = "map")]
    pub attributes: BTreeMap<String, Attribute>,
    /// The facts about the visitor by which a contact is found.
    #[serde(default, deserialize_with = "map")]
    pub traits: BTreeMap<String, Attribute>,
    /// The id of the visitor in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// An event of a website as recorded. The service gives it no id.
#[doc(alias = "WebEventResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RecordedWebEvent {
    /// The id of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The kind of the customer id: `cookie`, `email`, `phone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// The page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<RecordedPage>,
    /// The `User-Agent` of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<EventBrowser>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<EventDevice>,
    /// The text for which the visitor searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// The owner of the IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// The place of the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The campaign that led the visitor to the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<Campaign>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<EventSession>,
    /// The page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// The values of your own, by name.
    #[serde(deserialize_with = "map")]
    pub attributes: BTreeMap<String, Attribute>,
    /// The facts about the visitor by which a contact is found.
    #[serde(deserialize_with = "map")]
    pub traits: BTreeMap<String, Attribute>,
    /// Whether the visitor was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    /// The id of the visitor in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The time of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// The session of an event.
#[doc(alias = "AppEventResponseSession")]
#[doc(alias = "WebEventResponseSession")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct EventSession {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The duration in seconds.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub duration_in_seconds: Option<i64>,
    /// The number of events so far.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub event_count: Option<i64>,
    /// The number of pages so far, for a website.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub pageview_count: Option<i64>,
    /// The number of screens so far, for an app.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub screenview_count: Option<i64>,
    /// The page from which the visitor came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// The path of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
}

/// The page of an event as recorded.
#[doc(alias = "ResponsePage")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RecordedPage {
    /// The URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The part of the URL after `#`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// The host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The keywords that the page declares, or those of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The path of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pathname: Option<String>,
    /// The query of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_string: Option<String>,
}
