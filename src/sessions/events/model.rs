//! The model of an event: a union by event type, which stays flat.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::parts::{AppEvent, OutcomeAchievedEvent, SegmentAssignmentEvent, WebActionEvent, WebEvent};
use crate::Timestamp;
use crate::open_enum::open_enum;
use crate::visitors::SessionRef;

open_enum! {
    /// The type of an event.
    pub enum EventType {
        OutcomeAchieved = "com.genesys.journey.OutcomeAchievedEvent",
        SegmentAssignment = "com.genesys.journey.SegmentAssignmentEvent",
        WebAction = "com.genesys.journey.WebActionEvent",
        Web = "com.genesys.journey.WebEvent",
        App = "com.genesys.journey.AppEvent",
    }
}

/// An event of a session. [`kind`](Self::kind) returns the part that belongs to its type.
///
/// ```
/// use genesys_journey::sessions::events::{Event, EventKind};
///
/// let json = r#"{"id": "7", "eventType": "com.genesys.journey.WebEvent", "webEvent": {"eventName": "page_viewed"}}"#;
/// let event: Event = serde_json::from_str(json)?;
/// match event.kind() {
///     EventKind::Web(event) => println!("{:?} on {:?}", event.event_name, event.page),
///     EventKind::App(event) => println!("{:?} on {:?}", event.event_name, event.screen_name),
///     EventKind::Other { event_type, .. } => println!("{event_type:?}"),
///     _ => println!("an action, a segment or an outcome"),
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// The id.
    pub id: String,
    /// The id that this event shares with its cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The id of the visitor in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// The kind of the customer id: `cookie`, `email`, `phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionRef>,
    /// The type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// The outcome that was achieved. Deprecated by the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_achieved_event: Option<OutcomeAchievedEvent>,
    /// The segment that was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_assignment_event: Option<SegmentAssignmentEvent>,
    /// The action on a website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_action_event: Option<WebActionEvent>,
    /// The event on a website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_event: Option<WebEvent>,
    /// The event in an app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_event: Option<AppEvent>,
    /// The time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The fields that this version of the crate does not know, such as the part of a new type of event. They are
    /// written back unchanged.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The part of an [`Event`] that belongs to its type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// An event on a website.
    Web(&'a WebEvent),
    /// An event in an app.
    App(&'a AppEvent),
    /// An action on a website.
    WebAction(&'a WebActionEvent),
    /// A segment that was assigned.
    SegmentAssignment(&'a SegmentAssignmentEvent),
    /// An outcome that was achieved.
    OutcomeAchieved(&'a OutcomeAchievedEvent),
    /// Another type, none, or one whose part is absent.
    #[non_exhaustive]
    Other {
        /// The type as received.
        event_type: Option<&'a EventType>,
        /// The fields that this version of the crate does not know, as received.
        fields: &'a Map<String, Value>,
    },
}

impl Event {
    /// Returns the part that belongs to the type of the event.
    #[must_use]
    pub fn kind(&self) -> EventKind<'_> {
        let kind = match self.event_type {
            Some(EventType::Web) => self.web_event.as_ref().map(EventKind::Web),
            Some(EventType::App) => self.app_event.as_ref().map(EventKind::App),
            Some(EventType::WebAction) => self.web_action_event.as_ref().map(EventKind::WebAction),
            Some(EventType::SegmentAssignment) => {
                self.segment_assignment_event.as_ref().map(EventKind::SegmentAssignment)
            }
            Some(EventType::OutcomeAchieved) => self.outcome_achieved_event.as_ref().map(EventKind::OutcomeAchieved),
            _ => None,
        };
        kind.unwrap_or(EventKind::Other { event_type: self.event_type.as_ref(), fields: &self.other })
    }
}
