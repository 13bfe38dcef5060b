//! Sessions in the facts.

use genesys_journey::sessions::events::{self, Event, EventType, ListEvents};
use genesys_journey::sessions::{self, OutcomeScores, Session};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::response;

pub const FAMILY: Family = Family {
    name: "sessions",
    responses: &[
        ("Session", response::<Session>),
        ("EventListing", response::<Page<Event>>),
        ("OutcomeScoresResult", response::<OutcomeScores>),
    ],
    requests: &[],
    private: &[],
    identified: &[("Session", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("sessionId");
    match call.operation() {
        "get_journey_session" => json_of(sessions::get(config, id())),
        "get_journey_session_events" => json_of(events::list(config, id(), &list(call))),
        "get_journey_session_outcomescores" => json_of(sessions::outcome_scores(config, id())),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListEvents {
    let types: Option<String> = call.text("eventType");
    ListEvents {
        page_size: call.number("pageSize"),
        after: call.text("after"),
        event_types: types.iter().flat_map(|types| types.split(',')).map(EventType::from).collect(),
    }
}
