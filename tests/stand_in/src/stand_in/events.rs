//! External events and deployments, as a test reads and changes them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::StandIn;
use crate::faults::Faults;
use crate::response::to_value;

/// Events.
impl StandIn {
    /// Returns the number of times that each external event was accepted, by its id.
    ///
    /// It is counted where events are accepted, apart from the [recorded requests](StandIn::requests), which are
    /// limited in number.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add("journey/externalevents/configurations", json!({ "name": "Warehouse" }));
    /// let path = format!("/api/v2/journey/externalevents/configurations/{id}/events");
    /// let event = json!({
    ///     "id": "a", "dateCreated": "2026-05-04T08:00:00.000Z", "identifiers": { "externalIds": [] }, "attributes": {},
    /// });
    /// service.call("POST", &path, json!({ "entities": [event, event] }));
    /// assert_eq!(service.accepted_events()["a"], 2);
    /// ```
    pub fn accepted_events(&self) -> BTreeMap<String, u64> {
        self.lock().external_events.accepted.clone()
    }

    /// Sets the actions that the next ping of a deployment with a URL returns. They are returned once.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.offer_actions([json!({ "id": "a1", "mediaType": "contentOffer" })]);
    /// let path = "/api/v2/journey/deployments/d1/customers/c1/ping?dl=https%3A%2F%2Fexample.com";
    /// assert!(service.call("GET", path, ()).body.contains("a1"));
    /// assert!(!service.call("GET", path, ()).body.contains("a1"));
    /// ```
    pub fn offer_actions(&self, actions: impl IntoIterator<Item = impl Serialize>) {
        self.lock().web_actions = actions.into_iter().map(to_value).collect();
    }
}

impl Faults<'_> {
    /// Refuses the external events for which this function returns the fields of an unprocessed entry.
    ///
    /// The stand-in adds the event and its index to the fields.
    ///
    /// ```
    /// use serde_json::{Value, json};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add("journey/externalevents/configurations", json!({ "name": "Warehouse" }));
    /// service.faults().refuse_events(|event| {
    ///     (event["id"] == "a").then(|| json!({ "isRetryable": true, "errorMessage": "Busy", "statusCode": 503 }))
    /// });
    /// let path = format!("/api/v2/journey/externalevents/configurations/{id}/events");
    /// let event = json!({
    ///     "id": "a", "dateCreated": "2026-05-04T08:00:00.000Z", "identifiers": { "externalIds": [] }, "attributes": {},
    /// });
    /// let response: Value = service.call("POST", &path, json!({ "entities": [event] })).read_json()?;
    /// assert_eq!(response["unprocessedEntities"][0]["originalRequestIndex"], 0);
    /// assert!(service.accepted_events().is_empty());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn refuse_events(self, refuse: impl FnMut(&Value) -> Option<Value> + Send + 'static) -> Self {
        self.service.lock().faults.event_hook = Some(Box::new(refuse));
        self
    }
}
