//! Many events: batches, retries of single events, and the outcome of each.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use genesys_journey::external_events::{EventOutcome, SendOptions, SendReport, send_all};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, RecordedRequest, builder};

use super::*;

fn send(service: &StandIn, events: &[Event], batch_size: usize) -> SendReport {
    send_all(&config!(service), EXAMPLE_ID, events, SendOptions::default().batch_size(batch_size)).unwrap()
}

/// The number of events in each request.
fn batches(service: &StandIn) -> Vec<usize> {
    let size = |body: Option<Value>| body.unwrap()["entities"].as_array().unwrap().len();
    service.requests().into_iter().map(|seen| size(seen.body)).collect()
}

/// The ids in each request.
fn ids(service: &StandIn) -> Vec<Vec<String>> {
    let ids = |body: Value| {
        let ids = body["entities"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    events_requests(service).into_iter().map(|seen| ids(seen.body.unwrap())).collect()
}

/// The requests but for those of the sign-in.
fn events_requests(service: &StandIn) -> Vec<RecordedRequest> {
    service.requests().into_iter().filter(|seen| seen.raw_path.ends_with("/events")).collect()
}

/// One letter for each outcome: accepted, rejected, retryable, unknown.
fn letters(report: &SendReport) -> String {
    let letter = |outcome: &EventOutcome| match outcome {
        EventOutcome::Accepted => 'a',
        EventOutcome::Rejected(rejection) if rejection.is_retryable => 'R',
        EventOutcome::Rejected(_) => 'r',
        EventOutcome::Unknown(_) => 'u',
        other => panic!("{other:?}"),
    };
    report.outcomes.iter().map(letter).collect()
}

fn message(outcome: &EventOutcome) -> &str {
    match outcome {
        EventOutcome::Rejected(rejection) => &rejection.message,
        EventOutcome::Unknown(message) => message,
        other => panic!("{other:?}"),
    }
}

fn assert_sent_at_most_once(service: &StandIn) {
    let twice: Vec<(String, u64)> = service.accepted_events().into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn busy() -> Value {
    json!({ "isRetryable": true, "errorMessage": "Busy", "statusCode": 503 })
}

#[test]
fn events_are_sent_in_batches_of_100() {
    let service = organisation();
    let report = send_all(&config!(service), EXAMPLE_ID, &events(250), SendOptions::default()).unwrap();
    assert_eq!(batches(&service), [100, 100, 50]);
    assert!(report.is_complete() && report.accepted() == 250 && report.error.is_none() && !report.is_stopped);
    assert_eq!(service.accepted_events().len(), 250);
    service.clear_requests();
    assert!(send(&service, &[], 100).is_complete());
    assert!(service.requests().is_empty());
}

#[test]
fn exactly_the_retryable_events_are_sent_again() {
    let service = organisation();
    let mut tries: HashMap<String, u32> = HashMap::new();
    service.faults().refuse_events(move |event| {
        let id = event["id"].as_str().unwrap();
        let tries = tries.entry(id.to_owned()).or_default();
        *tries += 1;
        match id {
            "e1" if *tries <= 2 => Some(busy()),
            "e3" if *tries <= 1 => Some(busy()),
            "e4" => Some(json!({ "isRetryable": false, "errorMessage": "No such contact", "statusCode": 404 })),
            "e5" => Some(json!({ "errorMessage": "Unclear" })),
            _ => None,
        }
    });
    let report = send(&service, &events(7), 6);
    assert_eq!(letters(&report), "aaaarra");
    let EventOutcome::Rejected(rejection) = &report.outcomes[4] else { panic!("{report:?}") };
    assert_eq!((rejection.message.as_str(), rejection.status), ("No such contact", Some(404)));
    assert_eq!(ids(&service)[1..], [vec!["e1", "e3"], vec!["e1"], vec!["e6"]]);
    assert!(report.error.is_none() && !report.is_stopped);
    assert_sent_at_most_once(&service);
}

#[test]
fn an_event_that_stays_retryable_is_rejected_after_all_attempts() {
    let service = organisation();
    service.faults().refuse_events(|event| (event["id"] == "e0").then(busy));
    let report = send(&service, &events(2), 100);
    assert_eq!(letters(&report), "Ra");
    assert_eq!(batches(&service), [2, 1, 1, 1]);
    assert_eq!(message(&report.outcomes[0]), "Busy");
}

#[test]
fn retries_wait_for_the_backoff_and_end_before_the_deadline() {
    let service = organisation();
    service.faults().refuse_events(|_| Some(busy()));
    let options = SendOptions::default();
    let config = builder!(service).initial_backoff(Duration::from_millis(40)).token(&service.token()).unwrap();
    let start = Instant::now();
    assert_eq!(letters(&send_all(&config, EXAMPLE_ID, &events(1), options.clone()).unwrap()), "R");
    // At least half of 40, 80 and 160 ms.
    assert!(start.elapsed() >= Duration::from_millis(140), "{:?}", start.elapsed());
    assert_eq!(batches(&service), [1, 1, 1, 1]);

    service.clear_requests();
    let config = builder!(service).initial_backoff(Duration::from_secs(60)).token(&service.token()).unwrap();
    let config = config.with_deadline(Instant::now() + Duration::from_secs(20));
    assert_eq!(letters(&send_all(&config, EXAMPLE_ID, &events(1), options).unwrap()), "R");
    assert_eq!(batches(&service), [1]);
}

#[test]
fn a_batch_with_a_lost_response_is_unknown_and_the_others_are_sent() {
    let service = organisation();
    let config = config!(service);
    service.respond_next([Response::text(503, "")]);
    service.faults().lose_responses(1);
    let report = send_all(&config, EXAMPLE_ID, &events(6), SendOptions::default().batch_size(2)).unwrap();
    assert_eq!(letters(&report), "uuuuaa");
    assert!(message(&report.outcomes[0]).contains("503"), "{report:?}");
    assert!(report.error.as_ref().unwrap().outcome_unknown() && !report.is_stopped);
    assert_eq!(batches(&service), [2, 2, 2]);
    assert_sent_at_most_once(&service);
}

#[test]
fn a_lost_response_to_a_retry_leaves_accepted_events_accepted() {
    let service = organisation();
    service.faults().refuse_events(|event| (event["id"] == "e1").then(busy));
    // The first request is processed; the response to the second is lost.
    service.faults().status_for_request(2, 504);
    let report = send(&service, &events(3), 3);
    assert_eq!(letters(&report), "aua");
    assert_eq!(ids(&service), [vec!["e0", "e1", "e2"], vec!["e1"]]);
}

#[test]
fn sending_ends_after_three_unknown_batches_in_a_row() {
    let service = organisation();
    service.respond_next((0..3).map(|_| Response::text(502, "")));
    let report = send(&service, &events(5), 1);
    assert_eq!((letters(&report).as_str(), report.is_stopped), ("uuuRR", true));
    assert!(message(&report.outcomes[4]).starts_with("not sent"), "{report:?}");
    assert_eq!(batches(&service).len(), 3);
}

#[test]
fn an_error_that_would_meet_each_batch_ends_the_sending() {
    for (response, word) in [
        (Response::error(403, "missing.permission", "No"), "missing.permission"),
        (Response::error(404, "not.found", "None"), "not.found"),
        (Response::text(401, ""), "401"),
    ] {
        let service = organisation();
        service.faults().status_for_request(2, response.status);
        let report = send(&service, &events(6), 2);
        assert_eq!((letters(&report).as_str(), report.is_stopped), ("aaRRRR", true));
        assert!(message(&report.outcomes[2]).contains(word), "{report:?}");
        assert!(message(&report.outcomes[4]).starts_with("not sent"), "{report:?}");
        assert_eq!(batches(&service).len(), 2);
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let region = genesys_journey::Region::custom(&format!("http://{closed}"), &format!("http://{closed}")).unwrap();
    let config = genesys_journey::Config::builder(region).initial_backoff(Duration::from_millis(1));
    let config = config.token("a-token").unwrap();
    let report = send_all(&config, EXAMPLE_ID, &events(2), SendOptions::default().batch_size(1)).unwrap();
    assert_eq!((letters(&report).as_str(), report.is_stopped), ("RR", true));
}

#[test]
fn a_batch_refused_with_401_is_sent_again_with_a_new_token() {
    let service = organisation();
    let grant = genesys_journey::auth::Grant::client_credentials(CLIENT_ID, CLIENT_SECRET);
    let config = builder!(service).sign_in(grant).unwrap();
    // The service refuses the token before the second batch.
    let tokens = service.token_requests();
    service.faults().status_for_request(2, 401);
    let report = send_all(&config, EXAMPLE_ID, &events(6), SendOptions::default().batch_size(2)).unwrap();
    assert_eq!((letters(&report).as_str(), report.error.is_none()), ("aaaaaa", true));
    assert_eq!(service.token_requests(), tokens + 1);
    assert_eq!(ids(&service), [["e0", "e1"], ["e2", "e3"], ["e2", "e3"], ["e4", "e5"]]);
    let seen: Vec<Option<String>> =
        events_requests(&service).iter().map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert!(seen[0] == seen[1] && seen[1] != seen[2] && seen[2] == seen[3], "{seen:?}");
    assert_sent_at_most_once(&service);
}

#[test]
fn a_rate_limited_batch_is_sent_again_after_the_wait() {
    let service = organisation();
    let refusal = || Response::error(429, "too.many.requests", "Slow down").header("Retry-After", "1");
    service.respond_next([refusal()]);
    let report = send(&service, &events(4), 2);
    assert_eq!((letters(&report).as_str(), report.error.is_none()), ("aaaa", true));
    assert_eq!(ids(&service), [["e0", "e1"], ["e0", "e1"], ["e2", "e3"]]);
    let seen = service.requests();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1), "{:?}", seen[1].at - seen[0].at);
    assert_sent_at_most_once(&service);

    // After all attempts, the batch was not processed, and the others are not sent.
    let config = builder!(service).max_attempts(1).token(&service.token()).unwrap();
    service.respond_next([refusal()]);
    let report = send_all(&config, EXAMPLE_ID, &events(4), SendOptions::default().batch_size(2)).unwrap();
    assert_eq!((letters(&report).as_str(), report.is_stopped), ("RRRR", true));
    assert!(report.error.unwrap().is_rate_limited());
    assert_sent_at_most_once(&service);
}

#[test]
fn a_batch_with_bad_content_is_divided_until_the_bad_event_is_alone() {
    let service = organisation();
    for n in [1, 2] {
        service.faults().status_for_request(n, 400);
    }
    let report = send(&service, &events(4), 2);
    assert_eq!((letters(&report).as_str(), report.is_stopped), ("raaa", false));
    assert_eq!(report.error.unwrap().status(), Some(400));
    assert_eq!(batches(&service), [2, 1, 1, 2]);
}

/// The result is data of the caller, and an error line is not.
#[test]
fn the_reason_of_a_refusal_is_in_the_result_but_in_no_error_line() {
    let service = organisation();
    service.respond_next([Response::error(400, "bad.request", "Ann is unknown")]);
    let report = send(&service, &events(1), 1);
    assert!(message(&report.outcomes[0]).ends_with(": Ann is unknown"), "{report:?}");
    let error = report.error.unwrap();
    assert!(error.to_string().contains("400 bad.request") && !error.to_string().contains("Ann"), "{error}");
    assert_eq!(error.message(), "Ann is unknown");
}

#[test]
fn three_single_events_in_a_row_that_are_refused_end_the_sending() {
    let service = organisation();
    (1..=3).for_each(|n| _ = service.faults().status_for_request(n, 422));
    let report = send(&service, &events(5), 1);
    // The events that were not sent are retryable.
    assert_eq!((letters(&report).as_str(), report.is_stopped), ("rrrRR", true));
    assert_eq!(batches(&service).len(), 3);
}

#[test]
fn a_batch_that_is_too_large_is_divided() {
    let service = organisation();
    service.respond_next([Response::text(413, ""), Response::text(413, "")]);
    let report = send(&service, &events(5), 5);
    assert_eq!((letters(&report).as_str(), report.error.is_none()), ("aaaaa", true));
    assert_eq!(batches(&service), [5, 2, 1, 1, 3]);
    service.respond_next([Response::text(413, "")]);
    assert_eq!(letters(&send(&service, &[event("huge"), event("small")], 1)), "ra");
}

#[test]
fn invalid_events_are_rejected_and_not_sent() {
    let service = organisation();
    let events = [event("e0"), event(""), Event { date_created: None, ..event("e2") }, event("e3")];
    let report = send(&service, &events, 2);
    assert_eq!(letters(&report), "arra");
    assert_eq!(ids(&service), [vec!["e0", "e3"]]);
    assert!(message(&report.outcomes[2]).starts_with("dateCreated"), "{report:?}");
}

#[test]
fn bad_options_and_ids_are_input_errors() {
    let service = organisation();
    let config = config!(service);
    let none = SendOptions::default().batch_size(0);
    assert_eq!(send_all(&config, EXAMPLE_ID, &events(1), none).unwrap_err().field(), Some("batch_size"));
    let error = send_all(&config, "", &events(1), SendOptions::default()).unwrap_err();
    assert_eq!(error.field(), Some("configurationId"));
    let read_only = builder!(service).read_only().token(&service.token()).unwrap();
    let error = send_all(&read_only, EXAMPLE_ID, &events(1), SendOptions::default()).unwrap_err();
    assert_eq!(error.field(), Some("read_only"));
    assert!(service.requests().is_empty());
}

/// Sends 3 events, to which the service responds with these entries.
fn with_entries(entries: Value) -> String {
    let service = organisation();
    let config = builder!(service).max_attempts(1).token(&service.token()).unwrap();
    service.respond_next([Response::json(200, json!({ "unprocessedEntities": entries }))]);
    letters(&send_all(&config, EXAMPLE_ID, &events(3), SendOptions::default()).unwrap())
}

#[test]
fn an_entry_belongs_to_an_event_by_its_index_or_its_id() {
    assert_eq!(with_entries(json!([{ "originalRequestIndex": 1 }])), "ara");
    assert_eq!(with_entries(json!([{ "originalRequestIndex": 1, "event": { "id": "e1" } }])), "ara");
    // Indices that start at 1 would name the wrong event.
    assert_eq!(with_entries(json!([{ "originalRequestIndex": 2, "event": { "id": "e1" } }])), "ara");
    assert_eq!(with_entries(json!([{ "event": { "id": "e2" } }])), "aar");
    assert_eq!(with_entries(json!([{ "originalRequestIndex": 0, "isRetryable": true }])), "Raa");
    // Of two entries for one event, the one that forbids a retry counts.
    let two = |first: bool, second: bool| {
        let entry = |is_retryable| json!({ "originalRequestIndex": 0, "isRetryable": is_retryable });
        with_entries(json!([entry(first), entry(second)]))
    };
    assert_eq!([two(true, false), two(false, true), two(true, true)], ["raa", "raa", "Raa"]);
}

#[test]
fn an_entry_that_belongs_to_no_event_makes_the_batch_unknown() {
    for entry in [
        json!({ "isRetryable": true }),
        json!({ "originalRequestIndex": 3 }),
        json!({ "originalRequestIndex": -1 }),
        json!({ "originalRequestIndex": 0, "event": { "id": "another" } }),
    ] {
        assert_eq!(with_entries(json!([entry])), "uuu", "{entry}");
    }
    // Two events have the id, and the index names neither.
    let service = organisation();
    let entry = json!({ "originalRequestIndex": 1, "event": { "id": "same" } });
    service.respond_next([Response::json(200, json!({ "unprocessedEntities": [entry] }))]);
    let report = send(&service, &[event("same"), event("e1"), event("same")], 3);
    assert_eq!(letters(&report), "uuu");
}

#[test]
fn under_random_faults_no_event_is_accepted_twice() {
    for seed in 0..5 {
        let service = StandIn::builder().seed(seed).start().unwrap();
        let id = service.add(CONFIGURATIONS, json!({ "name": "Warehouse" }));
        let mut number = seed;
        service.faults().lose_responses_at_random(0.1).refuse_events(move |_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match (number >> 33) % 20 {
                0..=3 => Some(busy()),
                4 => Some(json!({ "isRetryable": false, "errorMessage": "No" })),
                _ => None,
            }
        });
        let events = events(1_000);
        let report = send_all(&config!(service), &id, &events, SendOptions::default().batch_size(10)).unwrap();
        let accepted = service.accepted_events();
        let (mut rejected, mut unknown) = (0, 0);
        for (event, outcome) in events.iter().zip(&report.outcomes) {
            let count = accepted.get(&event.id).copied().unwrap_or_default();
            match outcome {
                EventOutcome::Accepted => assert_eq!(count, 1, "{}", event.id),
                EventOutcome::Rejected(_) => {
                    assert_eq!(count, 0, "{}", event.id);
                    rejected += 1;
                }
                _ => {
                    assert!(count <= 1, "{}", event.id);
                    unknown += 1;
                }
            }
        }
        assert!(rejected > 0 && unknown > 0 && report.accepted() > 0, "{report:?}");
    }
}
