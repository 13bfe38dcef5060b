//! Event definitions: the events that can be elements of a view, the vendor's own and external ones.
//!
//! ```no_run
//! use genesys_journey::views::event_definitions;
//!
//! let config = genesys_journey::Config::from_env()?;
//! for definition in event_definitions::list(&config)?.entities {
//!     println!("{} {:?}", definition.id, definition.display_name);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::open_enum::open_enum;
use crate::pagination::WholeList;
use crate::request::Request;
use crate::serde_util::{filled_list, null_as_default, optional_integer, plain_list};
use crate::{Config, Error, Page, Result, Timestamp};

const EVENT_DEFINITIONS: &str = "/api/v2/journey/views/eventdefinitions";

/// Returns all event definitions. They come on one page.
///
/// **Permission** `journey:eventDefinition:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions;
///
/// for definition in event_definitions::list(&config)?.entities {
///     println!("{}: {:?}", definition.id, definition.display_name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsEventdefinitions")]
#[doc(alias = "JourneyEventDefinitionListing")]
#[inline]
pub fn list(config: &Config) -> Result<Page<EventDefinition>> {
    Request::get(EVENT_DEFINITIONS).send(config).map(WholeList::into_page)
}

/// Returns one event definition.
///
/// **Permission** `journey:eventDefinition:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such event
/// definition, and with status 501 if the service does not offer it.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions;
///
/// let definition = event_definitions::get(&config, "4283fe19-b3eb-5c7b-9470-71b34a87c22b")?;
/// let schema = definition.json_schema.unwrap_or_default();
/// println!("{:?}: {:?}", definition.display_name, schema.properties.keys().collect::<Vec<_>>());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsEventdefinition")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<EventDefinition> {
    Request::get(EVENT_DEFINITIONS).segment("eventDefinitionId", id).send(config)
}

/// Replaces the name and the rank of an external event, and returns the event.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:externalEvents:edit`
///
/// # Errors
/// `Input` if the id or the name is empty; `Api` with [`is_not_found`](Error::is_not_found) if there is no such event.
/// With [`outcome_unknown`](Error::outcome_unknown) the change may have been made; it is safe to send it again. With
/// [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions::{self, ExternalEventSettings};
///
/// let settings = ExternalEventSettings::new("Order shipped", 3);
/// let event = event_definitions::replace(&config, "6b45c539-275a-56fc-a237-fa6e718d3176", &settings)?;
/// println!("{:?}", event.display_name);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PutJourneyViewsEventdefinition")]
#[inline]
pub fn replace(config: &Config, id: &str, settings: &ExternalEventSettings) -> Result<ExternalEvent> {
    settings.check()?;
    Request::put(EVENT_DEFINITIONS).segment("eventDefinitionId", id).json(settings).send(config)
}

/// Activates an external event, so that views can use it, and returns the event.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:externalEvents:activate`
///
/// # Errors
/// As for [`replace`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions::{self, ExternalEventSettings};
///
/// let settings = ExternalEventSettings::new("Order shipped", 3);
/// let event = event_definitions::activate(&config, "6b45c539-275a-56fc-a237-fa6e718d3176", &settings)?;
/// println!("{:?}", event.activation_status);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PutJourneyViewsEventdefinitionActivate")]
#[inline]
pub fn activate(config: &Config, id: &str, settings: &ExternalEventSettings) -> Result<ExternalEvent> {
    settings.check()?;
    let event = Request::put(EVENT_DEFINITIONS).segment("eventDefinitionId", id);
    event.then("/activate").json(settings).send(config)
}

/// Returns all external events. They come on one page.
///
/// **Permission** `journey:externalEvents:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions;
///
/// for event in event_definitions::list_external(&config)?.entities {
///     println!("{:?}: {:?}", event.event_name, event.system_status);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsEventdefinitionsExternal")]
#[doc(alias = "GetExternalEventsResponse")]
#[inline]
pub fn list_external(config: &Config) -> Result<Page<ExternalEvent>> {
    Request::get(EVENT_DEFINITIONS).then("/external").send(config).map(WholeList::into_page)
}

/// Returns all changes of external events.
///
/// **Permission** `journey:externalEvents:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::event_definitions;
///
/// for change in event_definitions::list_external_changes(&config)?.changes {
///     println!("{:?}: {:?}", change.event_name, change.change_category);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsEventdefinitionsExternalChanges")]
#[inline]
pub fn list_external_changes(config: &Config) -> Result<ExternalEventChanges> {
    Request::get(EVENT_DEFINITIONS).then("/external/changes").send(config)
}

open_enum! {
    /// The origin of an event.
    pub enum EventSource {
        /// The vendor defines the event.
        Native = "Native",
        /// The organisation defines the event.
        External = "External",
    }
}

open_enum! {
    /// Whether views can use an external event.
    pub enum ActivationStatus {
        Activated = "Activated",
        Deactivated = "Deactivated",
    }
}

open_enum! {
    /// The state of an external event in the service.
    pub enum SystemStatus {
        New = "New",
        Updated = "Updated",
        Active = "Active",
        Inactive = "Inactive",
        Error = "Error",
    }
}

open_enum! {
    /// The kind of a change of an external event.
    pub enum ChangeCategory {
        Error = "Error",
        Updated = "Updated",
        New = "New",
    }
}

/// An event that can be an element of a view.
#[doc(alias = "JourneyEventDefinition")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventDefinition {
    /// The id.
    pub id: String,
    /// The origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<EventSource>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The position in lists.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The attributes of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<JsonSchema>,
    /// The path of the event definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The JSON schema of an event.
#[doc(alias = "JsonSchemaDocument")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct JsonSchema {
    /// The id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The URI of the dialect.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The type of the document.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<String>,
    /// The attributes that an event must have.
    #[serde(deserialize_with = "plain_list", skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// The attributes by name, each with its schema.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
    /// The schema of other attributes, or whether they are allowed.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub additional_properties: Value,
}

/// An external event. Only [`list_external`] returns its system status and its times.
#[doc(alias = "ExternalEventSummary")]
#[doc(alias = "UpdateExternalEventResponse")]
#[doc(alias = "ActivateExternalEventResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ExternalEvent {
    /// Whether views can use the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_status: Option<ActivationStatus>,
    /// The state of the event in the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_status: Option<SystemStatus>,
    /// The id of the schema of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_id: Option<String>,
    /// The name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The position in lists.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
    /// The time of its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The time of its last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_modified: Option<Timestamp>,
    /// The time of its first activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_first_activated: Option<Timestamp>,
}

/// All changes of external events.
#[doc(alias = "ExternalEventChangesResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ExternalEventChanges {
    /// The changes.
    #[serde(deserialize_with = "filled_list")]
    pub changes: Vec<ExternalEventChange>,
}

/// A change of an external event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ExternalEventChange {
    /// The kind of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_category: Option<ChangeCategory>,
    /// The state of the event after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_status: Option<SystemStatus>,
    /// The id of the schema of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_id: Option<String>,
    /// The name of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The time at which the service noticed the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_detected: Option<Timestamp>,
    /// The code of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The description of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

/// The name and the rank of an external event.
#[doc(alias = "UpdateExternalEventRequest")]
#[doc(alias = "ActivateExternalEventRequest")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalEventSettings {
    /// The name for people; not empty.
    pub display_name: String,
    /// The position in lists.
    pub rank: i64,
}

impl ExternalEventSettings {
    /// Returns settings.
    pub fn new(display_name: impl Into<String>, rank: i64) -> ExternalEventSettings {
        ExternalEventSettings { display_name: display_name.into(), rank }
    }

    fn check(&self) -> Result<()> {
        if self.display_name.is_empty() {
            return Err(Error::input("displayName", "is empty; an external event must have a name"));
        }
        Ok(())
    }
}
