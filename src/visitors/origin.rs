//! The place of a visitor, and the campaign or page from which the visitor came.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

/// The place of a visitor, derived from the IP address.
#[doc(alias = "JourneyGeolocation")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Geolocation {
    /// The country as two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The name of the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_name: Option<String>,
    /// The degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// The degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The ISO code of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The name of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_name: Option<String>,
    /// The source of the position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// The marketing campaign that led a visitor to the website or the app.
#[doc(alias = "JourneyCampaign")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Campaign {
    /// The variant of the advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The medium, such as `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    /// The name of the campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The source, such as a search engine or a newsletter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The keywords of the advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// The id of the click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// The network of the advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

open_enum! {
    /// The kind of a referrer.
    pub enum ReferrerMedium {
        Internal = "internal",
        Search = "search",
        Social = "social",
        Email = "email",
        Unknown = "unknown",
        Paid = "paid",
    }
}

/// The page from which a visitor came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Referrer {
    /// The kind of referrer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<ReferrerMedium>,
    /// The URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The keywords that the page declares, or those of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<String>,
    /// The path of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pathname: Option<String>,
    /// The query of the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_string: Option<String>,
    /// The part of the URL after `#`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// The name of the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
