//! The entities of the organisation, as a test adds and reads them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StandIn;
use crate::families::{ACTION_TARGETS, SEGMENTS};
use crate::family::{Family, split};
use crate::response::to_object;
use crate::state::State;

/// The state of the organisation.
impl StandIn {
    /// Adds segments, all different, and returns their ids. The same seed makes the same segments.
    ///
    /// Every fourth is inactive: the 4th, the 8th and so on. To one in ten no visitor is assigned, although it is active:
    /// the 9th, the 19th and so on. An inactive segment has none,
    /// either. An active segment that a test adds has visitors.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert_eq!(service.seed_segments(250).len(), 250);
    /// ```
    pub fn seed_segments(&self, n: usize) -> Vec<String> {
        let mut state = self.lock();
        (0..n).map(|_| state.seed_segment()).collect()
    }

    /// Adds a segment, completed as the service does, and returns its id.
    ///
    /// # Panics
    /// If the segment is no JSON object.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add_segment(serde_json::json!({ "displayName": "VIP", "isActive": false }));
    /// assert_eq!(service.segment(&id).unwrap()["color"], "#008000");
    /// ```
    pub fn add_segment(&self, segment: impl Serialize) -> String {
        self.add(SEGMENTS, segment)
    }

    /// Adds an action target, completed as the service does, and returns its id.
    ///
    /// # Panics
    /// If the action target is no JSON object.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add_action_target(serde_json::json!({ "name": "Sales" }));
    /// assert_eq!(service.call("GET", &format!("/api/v2/journey/actiontargets/{id}"), ()).status, 200);
    /// ```
    pub fn add_action_target(&self, target: impl Serialize) -> String {
        self.add(ACTION_TARGETS, target)
    }

    /// Returns the current state of a segment, even if reads lag.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert_eq!(service.segment("no such id"), None);
    /// ```
    pub fn segment(&self, id: &str) -> Option<Value> {
        self.get(SEGMENTS, id)
    }

    /// Returns the current state of all segments, even if reads lag.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.seed_segments(3);
    /// assert_eq!(service.segments().len(), 3);
    /// ```
    pub fn segments(&self) -> Vec<Value> {
        self.all(SEGMENTS)
    }

    /// Adds an entity to the list at this path below `/api/v2/`, completed as the service does, and returns its id.
    ///
    /// # Panics
    /// If no [`Family`] has this path, or if the entity is no JSON object.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/sessions/{}/events"));
    /// service.add("journey/sessions/s1/events", serde_json::json!({ "eventType": "com.genesys.journey.WebEvent" }));
    /// ```
    pub fn add(&self, path: &str, entity: impl Serialize) -> String {
        let (path, fields) = (self.collection(path), to_object(entity));
        let State { store, clock, .. } = &mut *self.lock();
        store.insert(&path, fields, clock)
    }

    /// Returns the current state of an entity, even if reads lag.
    ///
    /// # Panics
    /// If no [`Family`] has this path, or if the entity is not of this type.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let outcome: serde_json::Value = service.get("journey/outcomes", "outcome-1").unwrap();
    /// assert_eq!(outcome["displayName"], "Purchase");
    /// ```
    pub fn get<T: DeserializeOwned>(&self, path: &str, id: &str) -> Option<T> {
        let path = self.collection(path);
        let entity = self.lock().store.get(&path, id).cloned();
        entity.map(from_value)
    }

    /// Returns the current state of all entities of a list, even if reads lag.
    ///
    /// # Panics
    /// If no [`Family`] has this path, or if an entity is not of this type.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let outcomes: Vec<serde_json::Value> = service.all("journey/outcomes");
    /// assert_eq!(outcomes.len(), 2);
    /// ```
    pub fn all<T: DeserializeOwned>(&self, path: &str) -> Vec<T> {
        let path = self.collection(path);
        let entities: Vec<Value> = self.lock().store.all(&path).into_iter().cloned().collect();
        entities.into_iter().map(from_value).collect()
    }

    /// Removes an entity, and returns whether it was there. Reads do not lag behind.
    ///
    /// # Panics
    /// If no [`Family`] has this path.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert!(service.remove("journey/outcomes", "outcome-1"));
    /// assert!(!service.remove("journey/outcomes", "outcome-1"));
    /// ```
    pub fn remove(&self, path: &str, id: &str) -> bool {
        let path = self.collection(path);
        self.lock().store.remove(&path, id)
    }

    /// Adds a family of endpoints, or replaces the one at the same path.
    ///
    /// ```
    /// use genesys_stand_in::{Family, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.add_family(Family::new("journey/actionmaps").required(["displayName"]).versioned());
    /// assert_eq!(service.call("GET", "/api/v2/journey/actionmaps", ()).status, 200);
    /// ```
    pub fn add_family(&self, family: Family) {
        self.lock().store.add_family(family);
    }

    /// Leaves this segment without assignments: aggregates do not count it, although it is active.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add_segment(serde_json::json!({ "displayName": "Nobody" }));
    /// service.clear_assignments(&id);
    /// ```
    pub fn clear_assignments(&self, segment_id: &str) {
        self.lock().unassigned.insert(segment_id.to_owned());
    }

    fn collection(&self, path: &str) -> Vec<String> {
        let split = split(path);
        #[allow(clippy::panic, reason = "a mistake in the test, documented at each function")]
        if !self.lock().store.has_collection(&split) {
            panic!("no family has a list at {path}");
        }
        split
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> T {
    match serde_json::from_value(value) {
        Ok(value) => value,
        #[allow(clippy::panic, reason = "a mistake in the test, documented at each function")]
        Err(error) => panic!("the entity is not of this type: {error}"),
    }
}
