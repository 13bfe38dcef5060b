//! The versions of a schema.

use super::{SCHEMAS, Schema};
#[cfg(doc)]
use crate::Error;
use crate::pagination::WholeList;
use crate::request::Request;
use crate::{Config, Page, Result};

/// Returns all versions of a schema. They come on one page, and have the same id.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such schema.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::versions;
///
/// for schema in versions::list(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?.entities {
///     println!("{:?} {:?}", schema.version, schema.date_created);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemaVersions")]
#[inline]
pub fn list(config: &Config, schema_id: &str) -> Result<Page<Schema>> {
    Request::get(SCHEMAS).segment("schemaId", schema_id).then("/versions").send(config).map(WholeList::into_page)
}

/// Returns one version of a schema. The id of a version is its number.
///
/// **Permission** `journey:externalEventsSchema:view`
///
/// # Errors
/// `Input` if an id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such version.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_events::schemas::versions;
///
/// let first = versions::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", "1")?;
/// println!("{:?}", first.json_schema);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyExternaleventsSchemaVersion")]
#[inline]
pub fn get(config: &Config, schema_id: &str, version_id: &str) -> Result<Schema> {
    let versions = Request::get(SCHEMAS).segment("schemaId", schema_id).then("/versions");
    versions.segment("versionId", version_id).send(config)
}
