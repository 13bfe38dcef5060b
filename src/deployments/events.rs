//! The events that websites and apps report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::offers::ActionState;
use crate::serde_util::{map, optional_integer};
use crate::visitors::{App, Attribute, DeviceCategory, NetworkConnectivity, SdkLibrary};

/// The reaction of a visitor to an action.
#[doc(alias = "ActionEventRequest")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionEvent {
    /// The state that the action enters.
    pub action_state: ActionState,
    /// The id of the session.
    pub session_id: String,
    /// The id of the action, as the [ping](super::ping) returned it.
    pub action_id: String,
    /// Your code of the error, for the state `errored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The reason, for the state `errored`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// An event of an app.
#[doc(alias = "AppEventRequest")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppEvent {
    /// The name of the event, of letters, digits and underscores, such as `order_completed`.
    pub event_name: String,
    /// The screen of the app.
    pub screen_name: String,
    /// The app.
    pub app: App,
    /// The device.
    pub device: EventDevice,
    /// The SDK that reports the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// The network of the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// The URL from which the visitor came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// The text for which the visitor searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// Values of your own, by name.
    #[serde(default, deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Facts about the visitor by which a contact is found, such as `email`.
    #[serde(default, deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, Attribute>,
    /// The id of the visitor in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The UUID that the caller gave the visitor, one for each installation.
    pub customer_cookie_id: String,
    /// The time of the event. The service refuses events that are older than an hour.
    pub created_date: Timestamp,
}

/// An event of a website.
#[doc(alias = "WebEventRequest")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebEvent {
    /// The UUID that the caller gave the visitor.
    pub customer_cookie_id: String,
    /// The name of the event, of letters, digits and underscores, such as `page_viewed`.
    pub event_name: String,
    /// The page.
    pub page: EventPage,
    /// The `User-Agent` of the visitor, in place of that of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// The browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<EventBrowser>,
    /// The device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<EventDevice>,
    /// The text for which the visitor searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// The IP address of the visitor, in place of that of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The URL from which the visitor came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// Values of your own, by name.
    #[serde(default, deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Facts about the visitor by which a contact is found, such as `email`.
    #[serde(default, deserialize_with = "map", skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, Attribute>,
    /// The id of the visitor in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The time of the event. The service refuses events that are older than an hour.
    pub created_date: Timestamp,
}

/// The device of an event.
#[doc(alias = "RequestDevice")]
#[doc(alias = "WebEventDevice")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventDevice {
    /// The kind of device. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<DeviceCategory>,
    /// The model or the family. The vendor requires it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// Whether it is a mobile device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_mobile: Option<bool>,
    /// The height of the screen in pixels.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub screen_height: Option<i64>,
    /// The width of the screen in pixels.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub screen_width: Option<i64>,
    /// The number of pixels of the device for each logical pixel.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub screen_density: Option<i64>,
    /// A hash of traits of the device. For events of apps only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The operating system. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_family: Option<String>,
    /// The version of the operating system. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The manufacturer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
}

/// The browser of an event.
#[doc(alias = "WebEventBrowser")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventBrowser {
    /// The name of the browser. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The version. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The language as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// The page of an event.
#[doc(alias = "RequestPage")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventPage {
    /// The URL. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The title. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The keywords that the page declares, or those of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<String>,
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

impl ActionEvent {
    /// Returns an event with these fields and no other set.
    pub fn new(action_state: ActionState, session_id: impl Into<String>, action_id: impl Into<String>) -> ActionEvent {
        let (session_id, action_id) = (session_id.into(), action_id.into());
        ActionEvent { action_state, session_id, action_id, error_code: None, error_message: None }
    }
}

impl AppEvent {
    /// Returns an event with these fields and no other set.
    pub fn new(
        customer_cookie_id: impl Into<String>,
        event_name: impl Into<String>,
        screen_name: impl Into<String>,
        app: App,
        device: EventDevice,
        created_date: Timestamp,
    ) -> AppEvent {
        AppEvent {
            event_name: event_name.into(),
            screen_name: screen_name.into(),
            app,
            device,
            sdk_library: None,
            network_connectivity: None,
            referrer_url: None,
            search_query: None,
            attributes: BTreeMap::new(),
            traits: BTreeMap::new(),
            external_id: None,
            customer_cookie_id: customer_cookie_id.into(),
            created_date,
        }
    }
}

impl WebEvent {
    /// Returns an event with these fields and no other set.
    pub fn new(
        customer_cookie_id: impl Into<String>,
        event_name: impl Into<String>,
        page: EventPage,
        created_date: Timestamp,
    ) -> WebEvent {
        WebEvent {
            customer_cookie_id: customer_cookie_id.into(),
            event_name: event_name.into(),
            page,
            user_agent_string: None,
            browser: None,
            device: None,
            search_query: None,
            ip_address: None,
            referrer_url: None,
            attributes: BTreeMap::new(),
            traits: BTreeMap::new(),
            external_id: None,
            created_date,
        }
    }
}

impl EventDevice {
    /// Returns a device with the fields that the vendor requires.
    pub fn new(
        category: DeviceCategory,
        device_type: impl Into<String>,
        os_family: impl Into<String>,
        os_version: impl Into<String>,
    ) -> EventDevice {
        EventDevice {
            category: Some(category),
            device_type: Some(device_type.into()),
            os_family: Some(os_family.into()),
            os_version: Some(os_version.into()),
            ..EventDevice::default()
        }
    }
}

impl EventPage {
    /// Returns a page with the fields that the vendor requires.
    pub fn new(url: impl Into<String>, title: impl Into<String>) -> EventPage {
        EventPage { url: Some(url.into()), title: Some(title.into()), ..EventPage::default() }
    }
}
