//! `journey visitor`: the timeline, its two forms, paging, the deadline, and errors without personal data.

use genesys_stand_in::{EXAMPLE_ID, Response};
use serde_json::{Value, json};

use super::*;

const SESSIONS: &str = "externalcontacts/contacts/3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64/journey/sessions";

const DEMO: &str = "\
2026-05-04T08:15:30Z  session  web started, 2 events, ended 2026-05-04T08:31:02Z  [demo-visit]
2026-05-04T08:15:30Z  event    page_viewed, Boots, https://shop.example.com/boots  [demo-visit]
2026-05-04T08:20:11Z  event    product_added, Basket, https://shop.example.com/boots  [demo-visit]
2026-05-04T08:20:12Z  segment  segment ID assigned until 2026-06-03T08:20:12Z
2026-05-04T08:40:00Z  session  conversation started, 0 events  [demo-call]
";

/// Adds a visit with events, one each minute, and returns its id.
fn add_visit(service: &StandIn, hour: usize, events: usize) -> String {
    let time = |minute: usize| format!("2026-05-04T{hour:02}:{minute:02}:00Z");
    let id = service.add(SESSIONS, json!({ "type": "web", "createdDate": time(0) }));
    for minute in 0..events {
        let event = json!({
            "createdDate": time(minute), "eventType": "com.genesys.journey.WebEvent",
            "webEvent": { "eventName": format!("event{minute}") },
        });
        service.add(&format!("journey/sessions/{id}/events"), event);
    }
    id
}

fn lines(ended: &Ended) -> Vec<Value> {
    ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The entities of this kind.
fn lines_of(ended: &Ended, kind: &str) -> Vec<Value> {
    lines(ended).into_iter().filter(|line| line["kind"] == kind).map(|line| line["entity"].clone()).collect()
}

#[test]
fn a_demo_shows_a_timeline() {
    let ended = run(journey(), ["visitor", "--demo", "--quiet", EXAMPLE_ID]).code(0);
    let segment = ended.out.split("segment  segment ").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(ended.out, DEMO.replace("ID", segment));
    assert_eq!(ended.err, "");
}

#[test]
fn json_lines_have_the_entities_in_the_order_of_time() {
    let service = StandIn::start();
    let late = add_visit(&service, 10, 2);
    let early = add_visit(&service, 9, 1);
    let new = json!({
        "id": "new", "createdDate": "2026-05-04T09:30:00.000+0000", "eventType": "com.genesys.journey.FormEvent",
        "formEvent": { "fields": ["email", null] },
    });
    service.add(&format!("journey/sessions/{early}/events"), new.clone());
    service.add(&format!("journey/sessions/{early}/events"), json!({ "id": "timeless", "createdDate": null }));
    let ended = run(at(&service), ["visitor", EXAMPLE_ID, "--format", "json-lines"]).code(0);
    let lines = lines(&ended);
    let order: Vec<(&str, &str)> =
        lines.iter().map(|line| (line["kind"].as_str().unwrap(), line["session"].as_str().unwrap())).collect();
    let (early, late) = (early.as_str(), late.as_str());
    let expected = [
        ("session", early),
        ("event", early),
        ("event", early),
        ("session", late),
        ("event", late),
        ("event", late),
        ("event", early),
    ];
    assert_eq!(order, expected);
    assert_eq!(lines[2]["entity"]["formEvent"], new["formEvent"]);
    assert_eq!((&lines[2]["time"], &lines[6]["time"]), (&new["createdDate"], &Value::Null));
    assert_eq!(lines[1]["entity"]["webEvent"]["eventName"], "event0");
}

#[test]
fn all_pages_are_read_with_the_filters() {
    let service = StandIn::start();
    (0..5).for_each(|hour| drop(add_visit(&service, hour, 3)));
    let args = ["visitor", EXAMPLE_ID, "--page-size", "2", "--include-merged", "--format", "json-lines"];
    let ended = run(at(&service), args).code(0);
    assert_eq!(lines(&ended).len(), 5 + 15);
    let queries: Vec<String> =
        service.requests().into_iter().filter(|seen| seen.method == "GET").map(|seen| seen.raw_query).collect();
    assert_eq!(queries.len(), 3 + 5 * 2 + 1);
    assert_eq!(queries[1], "pageSize=2&after=from-2&includeMerged=true");
    assert_eq!(*queries.last().unwrap(), "includeMerged=true&limit=500");

    let filter = ["visitor", EXAMPLE_ID, "--only", "events", "--event-type", "com.genesys.journey.AppEvent"];
    run(at(&service), filter).printed(0, "");
    let ended = run(at(&service), ["visitor", EXAMPLE_ID, "--max-sessions", "2", "--only", "sessions"]).code(0);
    assert_eq!(ended.out.lines().count(), 2);
    assert!(ended.err.contains("more sessions than --max-sessions"), "{}", ended.err);
    assert!(run(at(&service), ["visitor", EXAMPLE_ID, "--page-size", "201"]).code(2).err.contains("--page-size"));
}

#[test]
fn a_full_list_of_segments_is_named() {
    let service = StandIn::start();
    let path = format!("externalcontacts/contacts/{EXAMPLE_ID}/journey/segments");
    (0..500).for_each(|n| drop(service.add(&path, json!({ "segment": { "id": format!("s{n}") } }))));
    let ended = run(at(&service), ["visitor", EXAMPLE_ID, "--only", "segments"]).code(0);
    assert_eq!(ended.out.lines().count(), 500);
    assert!(ended.err.contains("may have more segments"), "{}", ended.err);
    let quiet = run(at(&service), ["visitor", EXAMPLE_ID, "--only", "segments", "--quiet"]).code(0);
    assert_eq!((quiet.err, quiet.out), (ended.err, ended.out));
}

#[test]
fn events_that_are_gone_are_named_and_the_rest_is_shown() {
    let service = StandIn::start();
    add_visit(&service, 9, 1);
    let page = json!({ "entities": [{ "id": "old", "createdDate": "2026-01-01T00:00:00Z" }] });
    service.respond_next([Response::json(200, page), Response::error(404, "not.found", "No session of Ann")]);
    let ended = run(at(&service), ["visitor", EXAMPLE_ID]).code(0);
    assert_eq!(ended.out, "2026-01-01T00:00:00Z  session  session started  [old]\n");
    assert_eq!(ended.err, "journey: the events of session old are no longer there\n");
}

/// A visit whose events have a second page, which is not found.
fn with_a_page_that_is_gone() -> StandIn {
    let service = StandIn::start();
    let session = json!({ "entities": [{ "id": "s1", "createdDate": "2026-01-01T00:00:00Z" }] });
    let events = json!({ "entities": [{ "id": "e1", "createdDate": null }], "nextUri": "/next?after=Ann%20Smith" });
    service.respond_next([
        Response::json(200, session),
        Response::json(200, events),
        Response::error(404, "not.found", "No page of Ann Smith"),
    ]);
    service
}

#[test]
fn events_whose_later_page_is_gone_are_incomplete() {
    for option in ["--quiet", "-vv"] {
        let ended = run(at(&with_a_page_that_is_gone()), ["visitor", EXAMPLE_ID, option]).code(0);
        assert_eq!(ended.out.lines().count(), 2);
        assert!(ended.err.contains("journey: the events of session s1 are incomplete"), "{}", ended.err);
        assert!(!ended.err.contains("Ann"), "{}", ended.err);
    }
}

#[test]
fn a_note_is_a_line_of_json_and_not_of_text() {
    let args = ["visitor", EXAMPLE_ID, "--quiet", "--format", "json-lines"];
    let ended = run(at(&with_a_page_that_is_gone()), args).code(0);
    let lines = lines(&ended);
    assert_eq!(lines.len(), 3);
    let text = "the events of session s1 are incomplete: a later page is no longer there";
    assert_eq!(lines[2], json!({ "time": null, "kind": "note", "session": "s1", "entity": { "text": text } }));
    assert_eq!(ended.err, format!("journey: {text}\n"));

    let service = StandIn::start();
    (0..2).for_each(|hour| drop(add_visit(&service, hour, 0)));
    let some = ["--max-sessions", "1", "--only", "sessions"];
    let ended = run(at(&service), args.into_iter().chain(some)).code(0);
    let note = json!({ "text": "the contact has more sessions than --max-sessions" });
    assert_eq!(lines_of(&ended, "note"), [note]);
    let ended = run(at(&service), ["visitor", EXAMPLE_ID].into_iter().chain(some)).code(0);
    assert_eq!(ended.out.lines().count(), 1);
}

#[test]
fn control_characters_do_not_break_a_line() {
    let service = StandIn::start();
    service.add(SESSIONS, json!({ "id": "s", "type": "a\nb\u{1b}[31m", "createdDate": "2026-01-01T00:00:00Z" }));
    run(at(&service), ["visitor", EXAMPLE_ID]).printed(0, "2026-01-01T00:00:00Z  session  a b [31m started  [s]\n");
}

#[test]
fn an_argument_that_is_no_id_is_refused_and_not_repeated() {
    let service = StandIn::start();
    for contact in ["ann@example.com", "+49 151 12345678", "Ann Smith"] {
        let ended = run(at(&service), ["visitor", contact]);
        assert!(!ended.err.contains(contact), "{}", ended.err);
        ended.failed(2, "CONTACT: not the id of a contact");
    }
    assert!(service.requests().is_empty());
}

#[test]
fn an_error_line_has_nothing_personal() {
    let session = json!({ "entities": [{ "id": "s1", "customerId": "Ann Smith" }] });
    let error = |status| Response::error(status, "not.allowed", "Ann Smith may not be read");
    for (code, word, responses) in [
        (2, "403 not.allowed", vec![error(403)]),
        (2, "404 not.allowed", vec![error(404)]),
        (2, "403 not.allowed", vec![Response::json(200, session.clone()), error(403)]),
        (1, "500 the response is not in the format of the service (", vec![Response::json(500, session.clone())]),
        (2, "400 (", vec![Response::error(400, "Ann Smith", "Ann Smith")]),
        (1, "429", vec![error(429); 4]),
        (1, "503", vec![Response::text(503, "<html><title>Ann Smith</title></html>"); 4]),
        (
            2,
            "cannot be decoded",
            vec![Response::json(200, json!({ "entities": [{ "id": "s1", "device": "Ann Smith" }] }))],
        ),
        (2, "cannot be decoded", vec![Response::text(200, "[\"Ann Smith\"]")]),
        (2, "nextUri has no cursor", vec![Response::json(200, json!({ "entities": [], "nextUri": "/Ann Smith" }))]),
    ] {
        let service = StandIn::start();
        service.respond_next(responses.clone());
        let ended = run(at(&service), ["visitor", EXAMPLE_ID, "--initial-backoff", "1ms", "-vv"]).code(code);
        assert!(!ended.err.contains("Ann") && !ended.err.contains("Smith"), "{}", ended.err);
        service.respond_next(responses);
        run(at(&service), ["visitor", EXAMPLE_ID, "--initial-backoff", "1ms"]).failed(code, word);
    }
}

#[test]
fn a_deadline_ends_the_run() {
    let service = StandIn::start();
    (0..3).for_each(|hour| drop(add_visit(&service, hour, 3)));
    service.faults().latency(std::time::Duration::from_millis(200));
    run(at(&service), ["visitor", EXAMPLE_ID, "--page-size", "1", "--deadline", "700ms"]).failed(1, "deadline");
}

#[cfg(unix)]
#[test]
fn a_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("visitor");
    let file = folder.join("visitor.jsonl");
    let path = file.to_str().unwrap();
    run(journey(), ["visitor", "--demo", "--quiet", EXAMPLE_ID, "--format", "json-lines", "-o", path]).printed(0, "");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 5);
    assert_eq!(files(&folder), ["visitor.jsonl"]);
}

#[test]
fn a_read_only_run_changes_nothing() {
    let service = StandIn::start();
    add_visit(&service, 9, 1);
    run(at(&service), ["visitor", EXAMPLE_ID]).code(0);
    assert!(writes(&service).is_empty());
}
