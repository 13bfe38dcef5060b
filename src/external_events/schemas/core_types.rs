//! Core types: the building blocks of schemas, such as `text`, and the limits that each of them accepts.

use serde::{Deserialize, Serialize};

use super::SCHEMAS;
#[cfg(doc)]
use crate::Error;
use crate::pagination::WholeList;
use crate::request::Request;
use crate::serde_util::{optional_integer, plain_list};
use crate::{Config, Page, Result, Timestamp};

/// Returns all core types. They come on one page.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::core_types;
///
/// for core_type in core_types::list(&config)?.entities {
///     println!("{:?} {:?}", core_type.name, core_type.validation_fields);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemasCoretypes")]
#[doc(alias = "CoretypeListing")]
#[inline]
pub fn list(config: &Config) -> Result<Page<CoreType>> {
    Request::get(SCHEMAS).then("/coretypes").send(config).map(WholeList::into_page)
}

/// Returns one core type.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// `Input` if the name is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such core
/// type.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::core_types;
///
/// let text = core_types::get(&config, "text")?;
/// println!("{:?}", text.validation_limits);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemasCoretype")]
#[inline]
pub fn get(config: &Config, name: &str) -> Result<CoreType> {
    Request::get(SCHEMAS).then("/coretypes").segment("coreTypeName", name).send(config)
}

/// A core type: a building block of schemas.
///
/// For a test, start from `Default`.
#[doc(alias = "Coretype")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoreType {
    /// The id, set by the service.
    pub id: String,
    /// The name, such as `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version, from 1.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The schema of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<CoreTypeSchema>,
    /// Whether this version is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    /// The limits that a schema may set, such as `maxLength`.
    #[serde(default, deserialize_with = "plain_list")]
    pub validation_fields: Vec<String>,
    /// The ranges of these limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_limits: Option<ValidationLimits>,
    /// The limits that a schema may set for the items of a list.
    #[serde(default, deserialize_with = "plain_list")]
    pub item_validation_fields: Vec<String>,
    /// The ranges of these limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_validation_limits: Option<ItemValidationLimits>,
    /// The path of the core type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The schema of the values of a core type.
#[doc(alias = "Schema")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CoreTypeSchema {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The types of JSON, such as `string` and `null`.
    #[serde(rename = "type", deserialize_with = "plain_list")]
    pub json_types: Vec<String>,
    /// The type of the items, for a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// The regular expression of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// The type of the items of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Items {
    /// The type of JSON.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub json_type: Option<String>,
    /// The regular expression of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// The ranges of the limits that a schema may set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ValidationLimits {
    /// The range of the smallest length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<LimitRange>,
    /// The range of the largest length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<LimitRange>,
    /// The range of the smallest number of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<LimitRange>,
    /// The range of the largest number of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<LimitRange>,
    /// The range of the smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<LimitRange>,
    /// The range of the largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<LimitRange>,
}

/// The limits for the items of a list, each with the smallest and the largest value that a schema may give it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ItemValidationLimits {
    /// The range of the smallest length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<LimitRange>,
    /// The range of the largest length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<LimitRange>,
}

/// The range of a limit.
#[doc(alias = "MinLength")]
#[doc(alias = "MaxLength")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LimitRange {
    /// The smallest value.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The largest value.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}
