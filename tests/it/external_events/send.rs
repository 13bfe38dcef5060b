//! One batch of events.

use genesys_journey::external_events::{self, SendResponse};

use super::*;

#[test]
fn a_batch_has_every_field_of_its_events() {
    let service = organisation();
    let config = config!(service);
    let mut second = Event::new("e2", Timestamp::from("2026-04-21T08:30:00.000+02:00"));
    second.attributes.insert("parcels_integer".into(), json!(2));
    second.attributes.insert("note_text".into(), Value::Null);
    let response = external_events::send(&config, EXAMPLE_ID, &[event("e1"), second]).unwrap();
    assert!(response.is_complete());
    response.into_result().unwrap();
    let seen = service.last_request();
    assert_eq!((seen.method, seen.raw_path), ("POST".into(), format!("/api/v2/{CONFIGURATIONS}/{EXAMPLE_ID}/events")));
    let body = json!({ "entities": [
        {
            "id": "e1", "dateCreated": "2026-04-21T06:30:00.000Z", "attributes": {},
            "identifiers": { "externalIds": [{ "value": "C-1", "externalSourceId": "source-1" }] },
        },
        {
            "id": "e2", "dateCreated": "2026-04-21T08:30:00.000+02:00", "identifiers": { "externalIds": [] },
            "attributes": { "parcels_integer": 2, "note_text": null },
        },
    ] });
    assert_eq!(seen.body, Some(body));
    assert_eq!(service.accepted_events().into_values().sum::<u64>(), 2);
}

#[test]
fn a_bad_batch_is_refused_before_it_is_sent() {
    let service = organisation();
    let config = config!(service);
    let undated = Event { date_created: None, ..event("e2") };
    for (events, field) in
        [(vec![], "entities"), (vec![event("e1"), event("")], "id"), (vec![event("e1"), undated], "dateCreated")]
    {
        let error = external_events::send(&config, EXAMPLE_ID, &events).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(field)));
    }
    let error = external_events::send(&config, "..", &[event("e1")]).unwrap_err();
    assert_eq!(error.field(), Some("configurationId"));
    assert!(service.requests().is_empty());
    assert!(external_events::send(&config, "none", &[event("e1")]).unwrap_err().is_not_found());
}

#[test]
fn unprocessed_events_are_returned_and_are_no_success() {
    let service = organisation();
    service.faults().refuse_events(|event| {
        (event["id"] == "e1").then(|| json!({ "isRetryable": true, "errorMessage": "Busy", "statusCode": 503 }))
    });
    let response = external_events::send(&config!(service), EXAMPLE_ID, &events(3)).unwrap();
    let [unprocessed] = response.unprocessed_entities.as_slice() else { panic!("{response:?}") };
    assert_eq!(unprocessed.event, Some(event("e1")));
    assert_eq!((unprocessed.original_request_index, unprocessed.is_retryable), (Some(1), Some(true)));
    assert_eq!((unprocessed.error_message.as_deref(), unprocessed.status_code), (Some("Busy"), Some(503)));
    assert!(!response.is_complete());
    let error = response.into_result().unwrap_err();
    assert_eq!(error.to_string(), "1 events were not processed, the first (index 1) with status 503");
    assert_eq!(error.message(), "Busy");
}

#[test]
fn only_an_explicit_list_is_a_success() {
    let service = organisation();
    let config = config!(service);
    for (status, body) in [
        (200, "{}"),
        (202, ""),
        (204, ""),
        (200, "null"),
        (200, "[]"),
        (200, r#"{"message":"Oops"}"#),
        (200, r#"{"unprocessedEntities":{}}"#),
        (200, r#"{"unprocessedEntities":[null]}"#),
        (200, "<html>"),
    ] {
        service.respond_next([Response::text(status, body)]);
        let error = external_events::send(&config, EXAMPLE_ID, &events(1)).unwrap_err();
        assert!(error.kind() == ErrorKind::Decode && error.outcome_unknown(), "{body}: {error}");
    }
    for body in [r#"{"unprocessedEntities":[]}"#, r#"{"unprocessedEntities":null}"#] {
        service.respond_next([Response::text(200, body)]);
        assert!(external_events::send(&config, EXAMPLE_ID, &events(1)).unwrap().is_complete(), "{body}");
    }
}

#[test]
fn an_entry_with_missing_fields_is_still_unprocessed() {
    let text = r#"{"unprocessedEntities":[{"event":{"id":null},"originalRequestIndex":2.0},{"isRetryable":null}]}"#;
    let response: SendResponse = serde_json::from_str(text).unwrap();
    assert_eq!(response.unprocessed_entities.len(), 2);
    assert_eq!(response.unprocessed_entities[0].original_request_index, Some(2));
    assert!(response.into_result().unwrap_err().message().contains("the service gives no reason"));
}

#[test]
fn a_lost_response_is_not_retried() {
    let service = organisation();
    let config = config!(service);
    service.faults().lose_responses(1);
    assert!(external_events::send(&config, EXAMPLE_ID, &events(2)).unwrap_err().outcome_unknown());
    assert_eq!((service.requests().len(), service.accepted_events()["e0"]), (1, 1));
}
