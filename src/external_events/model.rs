//! The models of events: the events that are sent, and the response.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::serde_util::{Entries, entries, filled_list, null_as_default, optional_integer};
use crate::{Error, ErrorKind, Result, Timestamp};

/// An event of another system.
///
/// ```
/// use genesys_journey::Timestamp;
/// use genesys_journey::external_events::{Event, ExternalId, Identifiers};
///
/// let event = Event {
///     identifiers: Identifiers::new([ExternalId::new("C-10023", "a source")]),
///     ..Event::new("shipment-417", Timestamp::from("2026-04-21T06:30:00Z"))
/// };
/// assert!(event.attributes.is_empty());
/// ```
#[doc(alias = "ExternalEvent")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// The id that your system gives the event; not empty.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// The time of the event. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The contact that the event is about.
    #[serde(deserialize_with = "null_as_default")]
    pub identifiers: Identifiers,
    /// The values of the attributes that the schema has, by name.
    #[serde(deserialize_with = "null_as_default")]
    pub attributes: Map<String, Value>,
}

/// The ids of the contact that an event is about.
#[doc(alias = "ExternalEventIdentifiers")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identifiers {
    /// The ids by which the contact is found.
    #[serde(deserialize_with = "filled_list")]
    pub external_ids: Vec<ExternalId>,
}

/// The id of a contact in an external source.
#[doc(alias = "ExternalEventExternalId")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalId {
    /// The id of the contact in that source. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The id of the external source. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_source_id: Option<String>,
}

/// The response to a batch of events: the events that were **not** processed.
///
/// For a test, start from `Default`, which is a response without such events.
#[doc(alias = "ExternalEventsResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "it may list events that were not processed"]
#[non_exhaustive]
pub struct SendResponse {
    /// The events that were not processed. A response without this field is an error, so that no other object looks like
    /// success.
    #[serde(deserialize_with = "unprocessed")]
    pub unprocessed_entities: Vec<UnprocessedEvent>,
}

/// Refuses `null` entries: each stands for an event that was not processed.
fn unprocessed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UnprocessedEvent>, D::Error> {
    let Entries { entries, nulls } = entries(deserializer)?.unwrap_or_default();
    if nulls > 0 {
        return Err(serde::de::Error::custom("an entry of unprocessedEntities is null"));
    }
    Ok(entries)
}

/// An event that was not processed.
#[doc(alias = "UnprocessedExternalEvent")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct UnprocessedEvent {
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The index of the event in the request, from 0.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub original_request_index: Option<i64>,
    /// Whether the event may be processed if it is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_retryable: Option<bool>,
    /// The reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The HTTP status that stands for the reason.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub status_code: Option<i64>,
}

impl Event {
    /// Returns an event with this id and time and no other field set.
    pub fn new(id: impl Into<String>, date_created: Timestamp) -> Event {
        Event { id: id.into(), date_created: Some(date_created), ..Event::default() }
    }

    /// Returns the field that prevents the event from being sent, and the problem with it.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.id.is_empty() {
            return Some(("id", "is empty; an event must have an id"));
        }
        self.date_created.is_none().then_some(("dateCreated", "is missing; an event must have a date"))
    }
}

impl Identifiers {
    /// Returns identifiers with these ids of the contact in external sources.
    pub fn new(external_ids: impl IntoIterator<Item = ExternalId>) -> Identifiers {
        Identifiers { external_ids: external_ids.into_iter().collect() }
    }
}

impl ExternalId {
    /// Returns the id `value` that a contact has in an external source.
    pub fn new(value: impl Into<String>, external_source_id: impl Into<String>) -> ExternalId {
        ExternalId { value: Some(value.into()), external_source_id: Some(external_source_id.into()) }
    }
}

impl SendResponse {
    /// Returns whether every event was processed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unprocessed_entities.is_empty()
    }

    /// Fails if an event was not processed.
    ///
    /// # Errors
    /// `Api`, with the number of these events, and the index of the first. Its reason is the
    /// [message](Error::message), which `Display` leaves out, since it may be personal data.
    pub fn into_result(self) -> Result<()> {
        let Some(first) = self.unprocessed_entities.first() else { return Ok(()) };
        let count = self.unprocessed_entities.len();
        let index = first.original_request_index.map(|index| format!(" (index {index})")).unwrap_or_default();
        let status = first.status_code.map(|status| format!(" with status {status}")).unwrap_or_default();
        let mut what = format!("{count} events were not processed, the first{index}{status}");
        if first.error_message.is_none() {
            what.push_str(&format!(": {}", first.reason()));
        }
        let mut error = Error::new(ErrorKind::Api, what);
        let inner = error.inner_mut();
        inner.is_personal = true;
        inner.service.message = first.error_message.clone();
        Err(error)
    }
}

impl UnprocessedEvent {
    pub(super) fn reason(&self) -> &str {
        self.error_message.as_deref().unwrap_or("the service gives no reason")
    }
}
