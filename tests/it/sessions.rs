//! Sessions: the request, the response and one error of each operation, the cursors of events, and the union by type.

use genesys_journey::sessions::events::{self, Event, EventKind, EventType, ListEvents};
use genesys_journey::sessions::{self, Session};
use genesys_journey::visitors::{DeviceCategory, DisconnectType};
use genesys_journey::{ErrorKind, Page};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::{Value, json};

const EVENTS: &str = "journey/sessions/s1/events";

fn ids(events: impl Iterator<Item = genesys_journey::Result<Event>>) -> Vec<String> {
    events.map(|event| event.unwrap().id).collect()
}

/// Adds events, every third of which is of an app.
fn add_events(service: &StandIn, n: usize) -> Vec<String> {
    let event_type = |n: usize| if n % 3 == 2 { "App" } else { "Web" };
    let add = |n| service.add(EVENTS, json!({ "eventType": format!("com.genesys.journey.{}Event", event_type(n)) }));
    (0..n).map(add).collect()
}

#[test]
fn get_returns_the_session_and_names_a_missing_one() {
    let service = StandIn::start();
    let config = config!(service);
    let id = service.add(
        "journey/sessions",
        json!({
            "type": "web", "eventCount": 3.0, "authenticated": null, "searchTerms": ["boots", null],
            "device": { "category": "other", "type": "Phone" }, "lastUserDisconnectType": "Other",
            "attributes": { "basket": { "dataType": "Number", "value": "3" }, "gone": null },
        }),
    );
    let session = sessions::get(&config, &id).unwrap();
    assert_eq!(
        (session.session_type.as_deref(), session.event_count, session.authenticated),
        (Some("web"), Some(3), None)
    );
    assert_eq!(session.search_terms, ["boots"]);
    assert_eq!(session.device.unwrap().category, Some(DeviceCategory::OtherCategory));
    assert_eq!(session.last_user_disconnect_type, Some(DisconnectType::OtherReason));
    assert_eq!(session.attributes.keys().collect::<Vec<_>>(), ["basket"]);
    assert_eq!(service.last_request().raw_path, format!("/api/v2/journey/sessions/{id}"));
    assert!(sessions::get(&config, "none").unwrap_err().is_not_found());
    assert_eq!(sessions::get(&config, "..").unwrap_err().field(), Some("sessionId"));
}

#[test]
fn only_the_id_of_a_session_is_required() {
    let session: Session = serde_json::from_str(r#"{"id":"7","durationInSeconds":2.0}"#).unwrap();
    assert_eq!((session.id.as_str(), session.duration_in_seconds), ("7", Some(2)));
    assert!(serde_json::from_str::<Session>("{}").is_err());
}

#[test]
fn scores_are_those_of_a_session() {
    let service = StandIn::start();
    let config = config!(service);
    let id = service.add("journey/sessions", json!({ "type": "web" }));
    let scores = sessions::outcome_scores(&config, &id).unwrap();
    assert_eq!(scores.outcome_scores.len(), 2);
    assert_eq!(scores.outcome_scores[0].probability, Some(0.25));
    assert_eq!(service.last_request().raw_path, format!("/api/v2/journey/sessions/{id}/outcomescores"));
    assert!(sessions::outcome_scores(&config, "none").unwrap_err().is_not_found());
    service.respond_next([Response::json(200, json!({}))]);
    assert!(sessions::outcome_scores(&config, &id).unwrap().outcome_scores.is_empty());
}

#[test]
fn a_page_of_events_has_the_cursor_of_the_next() {
    let service = StandIn::start();
    let config = config!(service);
    let added = add_events(&service, 5);
    let list = ListEvents { page_size: Some(2), ..ListEvents::default() };
    let first = events::list(&config, "s1", &list).unwrap();
    assert_eq!(service.last_request().raw_query, "pageSize=2");
    let after = first.next_cursor().unwrap();
    assert_eq!(after.as_deref(), Some("from-2"));
    let types = vec![EventType::Web, EventType::from("com.genesys.journey.NewEvent")];
    events::list(&config, "s1", &ListEvents { after: after.clone(), event_types: types, ..list.clone() }).unwrap();
    assert_eq!(
        service.last_request().raw_query,
        "pageSize=2&after=from-2&eventType=com.genesys.journey.WebEvent%2Ccom.genesys.journey.NewEvent"
    );
    let rest = events::list_all(&config, "s1", &ListEvents { after, ..list });
    assert_eq!(ids(rest), added[2..]);
    let last: Page<Event> = serde_json::from_value(json!({ "entities": [] })).unwrap();
    assert_eq!(last.next_cursor().unwrap(), None);
}

#[test]
fn a_page_size_out_of_range_is_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    for page_size in [0, 201] {
        let list = ListEvents { page_size: Some(page_size), ..ListEvents::default() };
        let error = events::list(&config, "s1", &list).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("pageSize")));
        let error = events::list_all(&config, "s1", &list).next().unwrap().unwrap_err();
        assert_eq!(error.field(), Some("pageSize"));
    }
    assert!(service.requests().is_empty());
    events::list(&config, "s1", &ListEvents { page_size: Some(200), ..ListEvents::default() }).unwrap();
}

#[test]
fn list_all_follows_the_cursors_with_the_filter() {
    let service = StandIn::start();
    let config = config!(service);
    let added = add_events(&service, 250);
    assert_eq!(ids(events::list_all(&config, "s1", &ListEvents::default())), added);
    let queries: Vec<String> = service.requests().into_iter().map(|seen| seen.raw_query).collect();
    assert_eq!(queries, ["pageSize=100", "pageSize=100&after=from-100", "pageSize=100&after=from-200"]);
    let apps = ListEvents { event_types: vec![EventType::App], page_size: Some(50), ..ListEvents::default() };
    assert_eq!(ids(events::list_all(&config, "s1", &apps)).len(), 83);
    let filter = "&eventType=com.genesys.journey.AppEvent";
    assert_eq!(service.last_request().raw_query, format!("pageSize=50&after=from-50{filter}"));
}

#[test]
fn a_next_uri_of_another_host_is_not_followed() {
    let service = StandIn::start();
    let event = |id: &str| json!({ "id": id });
    let elsewhere = "https://elsewhere.example/api/v2/other?x=1&after=YWI%2BL3c%3D&pageSize=1#after=no";
    service.respond_next([
        Response::json(200, json!({ "entities": [event("1")], "nextUri": elsewhere })),
        Response::json(200, json!({ "entities": [event("2")] })),
    ]);
    assert_eq!(ids(events::list_all(&config!(service), "s1", &ListEvents::default())), ["1", "2"]);
    let seen = service.last_request();
    assert_eq!(seen.raw_path, "/api/v2/journey/sessions/s1/events");
    assert_eq!(seen.query_all("after"), ["YWI+L3c="]);
}

#[test]
fn cursors_that_are_missing_or_do_not_end_are_errors() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next([Response::json(200, json!({ "entities": [{ "id": "1" }], "nextUri": "/next?page=2" }))]);
    let all: Vec<_> = events::list_all(&config, "s1", &ListEvents::default()).collect();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].as_ref().unwrap_err().kind(), ErrorKind::Decode);
    let same = json!({ "entities": [{ "id": "1" }], "nextUri": "/next?after=x" });
    service.respond_next(vec![Response::json(200, same); 1000]);
    let all: Vec<_> = events::list_all(&config, "s1", &ListEvents::default()).collect();
    assert_eq!(all.len(), 2);
    assert!(all[1].as_ref().unwrap_err().to_string().contains("does not end"));
}

#[test]
fn an_error_page_is_no_empty_list() {
    let service = StandIn::start();
    service.respond_next([Response::json(200, json!({}))]);
    let error = events::list(&config!(service), "s1", &ListEvents::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

fn event(event_type: &str, part: &str) -> Event {
    let mut event = json!({ "id": "7", "eventType": event_type });
    if !part.is_empty() {
        event[part] = json!({});
    }
    serde_json::from_value(event).unwrap()
}

#[test]
fn kind_borrows_the_part_of_the_type() {
    let known = |name: &str| format!("com.genesys.journey.{name}");
    let kind = |name: &str, part: &str| format!("{:?}", event(&known(name), part).kind());
    assert!(kind("WebEvent", "webEvent").starts_with("Web(WebEvent"));
    assert!(kind("AppEvent", "appEvent").starts_with("App(AppEvent"));
    assert!(kind("WebActionEvent", "webActionEvent").starts_with("WebAction("));
    assert!(kind("SegmentAssignmentEvent", "segmentAssignmentEvent").starts_with("SegmentAssignment("));
    assert!(kind("OutcomeAchievedEvent", "outcomeAchievedEvent").starts_with("OutcomeAchieved("));
    // The part of another type does not count, nor does one of an unknown type.
    for (event_type, part) in
        [(known("WebEvent"), "appEvent"), (known("AppEvent"), ""), ("com.example.New".into(), "webEvent")]
    {
        let event = event(&event_type, part);
        let EventKind::Other { event_type: Some(other), fields, .. } = event.kind() else { panic!("{event:?}") };
        assert_eq!((other.as_str(), fields.len()), (event_type.as_str(), 0));
    }
}

#[test]
fn an_unknown_event_is_written_back_without_loss() {
    let json = json!({
        "id": "7", "eventType": "com.genesys.journey.FormEvent", "createdDate": "2026-05-04T08:15:30.123Z",
        "formEvent": { "fields": [{ "name": "email", "filled": true }, null], "count": 2.5 }, "sequence": 3, "x": null,
    });
    let event: Event = serde_json::from_value(json.clone()).unwrap();
    let EventKind::Other { event_type, fields, .. } = event.kind() else { panic!("{event:?}") };
    assert_eq!(event_type.unwrap().as_str(), "com.genesys.journey.FormEvent");
    assert_eq!(fields["formEvent"]["count"], 2.5);
    assert_eq!(serde_json::to_value(&event).unwrap(), json);
    let from_text: Event = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(from_text, event);
}

#[test]
fn the_values_of_an_event_are_texts_by_name() {
    let event: Event = serde_json::from_value(json!({
        "id": "7", "eventType": "com.genesys.journey.WebEvent",
        "webEvent": { "eventName": "basket", "attributes": { "price": { "dataType": "Number", "value": "49.90" } } },
    }))
    .unwrap();
    let EventKind::Web(web) = event.kind() else { panic!("{event:?}") };
    assert_eq!(web.attributes["price"].value.as_deref(), Some("49.90"));
    assert_eq!(
        serde_json::to_value(&event).unwrap()["webEvent"]["attributes"]["price"]["dataType"],
        Value::from("Number")
    );
}
