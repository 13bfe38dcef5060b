//! The models of schemas: the response, the request and the update.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::references::NamedEntityRef;
use crate::serde_util::{null_as_default, optional_integer, plain_list};
use crate::{Error, Result, Timestamp};

/// A version of a schema.
///
/// For a test, start from `Default`.
#[doc(alias = "JourneyExternalEventsSchema")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Schema {
    /// The id, set by the service. All versions of a schema have the same.
    pub id: String,
    /// The number of the version, from 1.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether new events may use the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The user who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<NamedEntityRef>,
    /// The schema itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<JsonSchema>,
    /// The path of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A schema as JSON Schema, draft 4.
///
/// ```
/// use genesys_journey::external_events::schemas::JsonSchema;
///
/// let schema: JsonSchema = serde_json::from_str(r#"{"title": "order_shipped", "additionalProperties": false}"#)?;
/// assert_eq!(schema.other["additionalProperties"], false);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "JourneyJsonSchemaRequest")]
#[doc(alias = "JourneyJsonSchemaDocument")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JsonSchema {
    /// The URI of the dialect: [`JsonSchema::DRAFT_4`]. The vendor requires it.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The title; not empty. It is unique among enabled schemas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The names of the attributes that an event must have. None can be added later.
    #[serde(deserialize_with = "plain_list", skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// The attributes by name: any JSON.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: Map<String, Value>,
    /// Other keywords of JSON Schema, so that a schema that was read is written without loss.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A new version of a schema.
///
/// The vendor requires all fields. Start from [`of`](Self::of), which copies them.
#[doc(alias = "JourneySchemaUpdateRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct SchemaUpdate {
    /// The version that was read. If it is no longer the current one, the service refuses the update
    /// ([`Error::is_version_conflict`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Whether new events may use the schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The schema itself.
    pub json_schema: JsonSchema,
}

/// The limits of schemas.
#[doc(alias = "SchemaQuantityLimits")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SchemaLimits {
    /// The id.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shortest name of an attribute, in characters.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min_field_name_characters: Option<i64>,
    /// The longest name of an attribute.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_field_name_characters: Option<i64>,
    /// The shortest title of an attribute.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min_field_title_characters: Option<i64>,
    /// The longest title of an attribute.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_field_title_characters: Option<i64>,
    /// The shortest description of an attribute.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min_field_description_characters: Option<i64>,
    /// The longest description of an attribute.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_field_description_characters: Option<i64>,
    /// The shortest name of a schema.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min_schema_name_characters: Option<i64>,
    /// The longest name of a schema.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_schema_name_characters: Option<i64>,
    /// The shortest description of a schema.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub min_schema_description_characters: Option<i64>,
    /// The longest description of a schema.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_schema_description_characters: Option<i64>,
    /// The largest number of schemas.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_number_of_schemas_per_org: Option<i64>,
    /// The largest number of attributes of a schema.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_number_of_fields_per_schema: Option<i64>,
    /// The largest number of attributes of all schemas.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub max_number_of_fields_per_org: Option<i64>,
    /// The path of the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

impl JsonSchema {
    /// The URI of draft 4 of JSON Schema, the only dialect that the vendor accepts.
    pub const DRAFT_4: &'static str = "http://json-schema.org/draft-04/schema#";

    /// Returns a schema in draft 4 with this title and no other field set.
    pub fn new(title: impl Into<String>) -> JsonSchema {
        let schema = Some(JsonSchema::DRAFT_4.to_owned());
        JsonSchema { schema, title: Some(title.into()), ..JsonSchema::default() }
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.title.as_deref().is_none_or(str::is_empty) {
            return Err(Error::input("title", "is empty; a schema must have a title"));
        }
        Ok(())
    }
}

impl SchemaUpdate {
    /// Returns an update that changes nothing, with the version of the schema.
    pub fn of(schema: &Schema) -> SchemaUpdate {
        let json_schema = schema.json_schema.clone().unwrap_or_default();
        SchemaUpdate { version: schema.version, enabled: schema.enabled, json_schema }
    }
}
