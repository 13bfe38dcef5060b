//! Schemas: the attributes of external events, as JSON Schema in versions.
//!
//! The vendor accepts draft 4 of JSON Schema only. Titles are unique among enabled schemas, and an attribute cannot
//! become required later. [`core_types`] are the building blocks of attributes.

pub mod core_types;
pub mod versions;

mod model;

use crate::pagination::WholeList;
use crate::request::Request;
use crate::{Config, Page, Result};
#[cfg(doc)]
use crate::{Error, ListAll};

pub use model::{JsonSchema, Schema, SchemaLimits, SchemaUpdate};

const SCHEMAS: &str = "/api/v2/journey/externalevents/schemas";

/// Returns all schemas. They come on one page.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas;
///
/// for schema in schemas::list(&config)?.entities {
///     println!("{} (version {:?})", schema.id, schema.version);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemas")]
#[doc(alias = "JourneyExternalEventsSchemaListing")]
#[inline]
pub fn list(config: &Config) -> Result<Page<Schema>> {
    Request::get(SCHEMAS).send(config).map(WholeList::into_page)
}

/// Returns the newest version of a schema.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such schema,
/// or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas;
///
/// let schema = schemas::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}", schema.json_schema);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchema")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Schema> {
    Request::get(SCHEMAS).segment("schemaId", id).send(config)
}

/// Creates a schema and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:externalEventsSchema:add`
///
/// # Errors
/// `Input` if there is no title. With [`outcome_unknown`](Error::outcome_unknown) the schema may exist: look for its
/// title before you create it again. With [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::{self, JsonSchema};
/// use serde_json::json;
///
/// let mut shipment = JsonSchema::new("order_shipped");
/// let text = json!({ "allOf": [{ "$ref": "#/definitions/text" }], "title": "Order number", "maxLength": 50 });
/// shipment.properties.insert("orderNumber_text".into(), text);
/// println!("created {}", schemas::create(&config, &shipment)?.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyExternaleventsSchemas")]
#[inline]
pub fn create(config: &Config, schema: &JsonSchema) -> Result<Schema> {
    schema.check()?;
    Request::post(SCHEMAS).json(schema).send(config)
}

/// Replaces a schema with a new version, and returns it.
///
/// The request is retried only if the service provably did not process it. The service refuses it if the version that
/// was read is no longer the current one.
///
/// **Permission** `journey:externalEventsSchema:edit`
///
/// # Errors
/// `Input` if there is no title; `Api` with [`is_version_conflict`](Error::is_version_conflict) if the version is no
/// longer the current one. With [`outcome_unknown`](Error::outcome_unknown) the new version may exist: read the schema
/// before you send it again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::{self, SchemaUpdate};
///
/// let schema = schemas::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let mut update = SchemaUpdate::of(&schema);
/// update.json_schema.description = Some("A parcel has left a warehouse".into());
/// schemas::replace(&config, &schema.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PutJourneyExternaleventsSchema")]
#[inline]
pub fn replace(config: &Config, id: &str, update: &SchemaUpdate) -> Result<Schema> {
    update.json_schema.check()?;
    Request::put(SCHEMAS).segment("schemaId", id).json(update).send(config)
}

/// Deletes a schema.
///
/// If the response is lost, the request is retried; a retry that finds no schema succeeds.
///
/// **Permission** `journey:externalEventsSchema:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such schema. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::external_events::schemas::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyExternaleventsSchema")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(SCHEMAS).segment("schemaId", id).send_for_nothing(config)
}

/// Returns the limits of schemas.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let limits = genesys_journey::external_events::schemas::limits(&config)?;
/// println!("at most {:?} attributes", limits.max_number_of_fields_per_schema);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemasLimits")]
#[inline]
pub fn limits(config: &Config) -> Result<SchemaLimits> {
    Request::get(SCHEMAS).then("/limits").send(config)
}
