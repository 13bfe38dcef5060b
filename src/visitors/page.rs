//! The browser of a visitor and the pages in it.

use serde::{Deserialize, Serialize};

use crate::serde_util::{optional_integer, plain_list};

/// A browser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Browser {
    /// The name of the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The language as a BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// A hash of traits of the device or the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Whether it is a mobile browser. Deprecated by the vendor; see [`Device`](super::Device).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_mobile: Option<bool>,
    /// The height of the viewport in pixels.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub view_height: Option<i64>,
    /// The width of the viewport in pixels.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub view_width: Option<i64>,
    /// Whether Flash is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_flash: Option<bool>,
    /// Whether Java is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_java: Option<bool>,
    /// Whether a PDF viewer is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_pdf: Option<bool>,
    /// Whether WebRTC is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_webrtc: Option<bool>,
}

/// A web page that a visitor opened.
#[doc(alias = "JourneyPage")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct VisitedPage {
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
    /// The place of the page in the website, top first.
    #[serde(deserialize_with = "plain_list")]
    pub breadcrumb: Vec<String>,
}
