//! The device and the app of a visitor, and the values that they report.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::serde_util::optional_integer;

open_enum! {
    /// The kind of a device.
    pub enum DeviceCategory {
        Desktop = "desktop",
        Mobile = "mobile",
        Tablet = "tablet",
        OtherCategory = "other",
    }
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Device {
    /// The kind of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<DeviceCategory>,
    /// The model or the family.
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
    /// A hash of traits of the device or the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_family: Option<String>,
    /// The version of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The manufacturer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
}

/// A mobile app.
#[doc(alias = "JourneyApp")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct App {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name in the reverse order of a domain, such as `com.example.shop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_number: Option<String>,
}

/// The SDK that reports the events of an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SdkLibrary {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The network of a phone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkConnectivity {
    /// The mobile operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Whether Bluetooth is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bluetooth_enabled: Option<bool>,
    /// Whether mobile data is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cellular_enabled: Option<bool>,
    /// Whether Wi-Fi is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wifi_enabled: Option<bool>,
}

/// A value of an event. The value is always text.
#[doc(alias = "CustomEventAttribute")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attribute {
    /// The type of the value, such as `Number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Attribute {
    /// Returns a value of this type, such as `String`, `Number` or `Boolean`.
    pub fn new(data_type: impl Into<String>, value: impl Into<String>) -> Attribute {
        Attribute { data_type: Some(data_type.into()), value: Some(value.into()) }
    }
}
