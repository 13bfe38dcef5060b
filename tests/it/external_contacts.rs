//! External contacts: the request, the response and one error of each operation, and assignments that succeed in part.

use genesys_journey::external_contacts::segments::{self, Assigned, ListSegments, SegmentChanges};
use genesys_journey::external_contacts::sessions::{self, ListSessions};
use genesys_journey::{ErrorKind, Result};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::{Value, json};

const SESSIONS: &str = "externalcontacts/contacts/c1/journey/sessions";

fn changes(assign: &[&str], unassign: &[&str]) -> SegmentChanges {
    let SegmentChanges { unassign, .. } = SegmentChanges::unassign(unassign.iter().copied());
    SegmentChanges { unassign, ..SegmentChanges::assign(assign.iter().copied()) }
}

fn last_line(service: &StandIn) -> String {
    let seen = service.last_request();
    format!("{} {}?{}", seen.method, seen.raw_path, seen.raw_query)
}

#[test]
fn sessions_are_listed_by_cursor() {
    let service = StandIn::start();
    let config = config!(service);
    let added: Vec<String> = (0..230).map(|n| service.add(SESSIONS, json!({ "eventCount": n }))).collect();
    let list = ListSessions { include_merged: Some(true), ..ListSessions::default() };
    let all: Vec<String> =
        sessions::list_all(&config, "c1", &list).map(|session| session.map(|it| it.id)).collect::<Result<_>>().unwrap();
    assert_eq!(all, added);
    assert_eq!(last_line(&service), format!("GET /api/v2/{SESSIONS}?pageSize=100&after=from-200&includeMerged=true"));
    let page = sessions::list(&config, "c1", &ListSessions { page_size: Some(3), ..list }).unwrap();
    assert_eq!((page.entities.len(), page.next_cursor().unwrap().as_deref()), (3, Some("from-3")));
    let rest = ListSessions { after: Some("from-229".into()), page_size: Some(200), ..ListSessions::default() };
    assert_eq!(sessions::list_all(&config, "c1", &rest).count(), 1);
}

#[test]
fn bad_input_is_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    let sized = |page_size| ListSessions { page_size: Some(page_size), ..ListSessions::default() };
    let limited = |limit| ListSegments { limit: Some(limit), ..ListSegments::default() };
    let eleven = SegmentChanges { assign: vec!["a".into(); 6], unassign: vec!["b".into(); 5] };
    let errors = [
        ("pageSize", sessions::list(&config, "c1", &sized(0)).unwrap_err()),
        ("pageSize", sessions::list(&config, "c1", &sized(201)).unwrap_err()),
        ("pageSize", sessions::list_all(&config, "c1", &sized(201)).next().unwrap().unwrap_err()),
        ("contactId", sessions::list(&config, "", &sized(1)).unwrap_err()),
        ("limit", segments::list(&config, "c1", &limited(0)).unwrap_err()),
        ("limit", segments::list(&config, "c1", &limited(501)).unwrap_err()),
        ("contactId", segments::list(&config, ".", &limited(1)).unwrap_err()),
        ("assign", segments::assign(&config, "c1", &eleven).unwrap_err()),
        ("contactId", segments::assign(&config, "..", &SegmentChanges::default()).unwrap_err()),
    ];
    for (field, error) in errors {
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(field)), "{error}");
    }
    assert!(service.requests().is_empty());
}

#[test]
fn five_hundred_segments_are_requested_and_a_full_response_is_marked() {
    let service = StandIn::start();
    let config = config!(service);
    let path = "externalcontacts/contacts/c1/journey/segments";
    (0..499).for_each(|n| drop(service.add(path, json!({ "segment": { "id": format!("s{n}") } }))));
    let few = segments::list(&config, "c1", &ListSegments::default()).unwrap();
    assert_eq!((few.entities.len(), few.may_be_incomplete()), (499, false));
    assert_eq!(last_line(&service), format!("GET /api/v2/{path}?limit=500"));
    service.add(path, json!({ "segment": { "id": "last" } }));
    let full = segments::list(&config, "c1", &ListSegments::default()).unwrap();
    assert_eq!((full.entities.len(), full.may_be_incomplete()), (500, true));
    let list = ListSegments { limit: Some(3), include_merged: Some(false) };
    let first = segments::list(&config, "c1", &list).unwrap();
    assert_eq!(first.entities[0].segment.as_ref().unwrap().id.as_deref(), Some("s0"));
    assert!(first.may_be_incomplete());
    assert_eq!(last_line(&service), format!("GET /api/v2/{path}?includeMerged=false&limit=3"));
}

#[test]
fn an_entry_that_is_null_fills_the_response() {
    let service = StandIn::start();
    service.respond_next([Response::json(200, json!({ "entities": [null, {}] }))]);
    let list = ListSegments { limit: Some(2), ..ListSegments::default() };
    let segments = segments::list(&config!(service), "c1", &list).unwrap();
    assert_eq!((segments.entities.len(), segments.may_be_incomplete()), (1, true));
}

#[test]
fn a_list_of_segments_needs_its_entities() {
    let service = StandIn::start();
    let config = config!(service);
    service
        .respond_next([Response::json(200, json!({ "total": 0 })), Response::json(200, json!({ "entities": null }))]);
    let list = ListSegments::default();
    assert_eq!(segments::list(&config, "c1", &list).unwrap_err().kind(), ErrorKind::Decode);
    assert!(segments::list(&config, "c1", &list).unwrap().entities.is_empty());
}

#[test]
fn segments_are_assigned_and_removed() {
    let service = StandIn::start();
    let config = config!(service);
    let id = service.add_segment(json!({ "displayName": "VIP" }));
    let assign = changes(&[&id], &[]);
    let assigned = segments::assign(&config, "c1", &assign).unwrap();
    assert!(assigned.is_complete());
    assert_eq!((assigned.made, assigned.failed, assigned.unknown), (assign, changes(&[], &[]), changes(&[], &[])));
    let seen = service.last_request();
    assert_eq!(seen.body, Some(json!({ "assign": { "segments": [{ "id": id }] } })));
    assert_eq!(
        (seen.method.as_str(), seen.raw_path.as_str()),
        ("POST", "/api/v2/externalcontacts/contacts/c1/journey/segments")
    );
    assert_eq!(segments::list(&config, "c1", &ListSegments::default()).unwrap().entities.len(), 1);
    assert!(segments::assign(&config, "c1", &changes(&[], &[&id])).unwrap().is_complete());
    assert_eq!(service.last_request().body, Some(json!({ "unassign": { "segments": [{ "id": id }] } })));
    assert!(segments::list(&config, "c1", &ListSegments::default()).unwrap().entities.is_empty());
}

#[test]
fn a_part_that_fails_is_named_and_can_be_sent_again() {
    let service = StandIn::start();
    let config = config!(service);
    let id = service.add_segment(json!({ "displayName": "VIP" }));
    let assigned = segments::assign(&config, "c1", &changes(&[&id, "gone"], &["lost", &id])).unwrap();
    assert!(!assigned.is_complete());
    assert_eq!(assigned.made, changes(&[&id], &[&id]));
    assert_eq!(assigned.failed, changes(&["gone"], &["lost"]));
    assert!(assigned.unknown.is_empty());
    assert_eq!(assigned.failed_count, Some(2));
    service.add_segment(json!({ "id": "gone", "displayName": "Gone" }));
    service.add_segment(json!({ "id": "lost", "displayName": "Lost" }));
    assert!(segments::assign(&config, "c1", &assigned.failed).unwrap().is_complete());
}

/// Returns the result for this response to a request for the changes `assign: a b` and `unassign: c`.
fn result_of(unprocessed: Value) -> Result<Assigned> {
    let service = StandIn::start();
    service.respond_next([Response::json(200, json!({ "unprocessedItems": unprocessed }))]);
    segments::assign(&config!(service), "c1", &changes(&["a", "b"], &["c"]))
}

#[test]
fn a_failure_without_a_name_makes_the_others_unknown() {
    let listed = json!({ "segments": [{ "id": "a" }] });
    for unprocessed in [
        json!({ "assign": listed, "count": 2 }),
        json!({ "assign": listed }),
        json!({ "assign": listed, "count": null }),
    ] {
        let result = result_of(unprocessed).unwrap();
        assert!(!result.is_complete() && result.made.is_empty(), "{result:?}");
        assert_eq!((result.failed, result.unknown), (changes(&["a"], &[]), changes(&["b"], &["c"])));
    }
    for unprocessed in [json!({ "count": 1 }), json!({}), json!({ "count": -1 })] {
        let result = result_of(unprocessed).unwrap();
        assert!(!result.is_complete() && result.made.is_empty(), "{result:?}");
        assert_eq!(result.unknown, changes(&["a", "b"], &["c"]));
    }
}

#[test]
fn a_failure_is_matched_without_case_and_only_by_a_name_that_was_sent() {
    let result = result_of(json!({ "assign": { "segments": [{ "id": "A" }] }, "count": 1 })).unwrap();
    assert_eq!((result.made, result.failed), (changes(&["b"], &["c"]), changes(&["A"], &[])));
    for names in [json!([{ "id": "other" }]), json!([{ "id": "a" }, { "id": "a" }])] {
        let count = names.as_array().unwrap().len();
        let result = result_of(json!({ "assign": { "segments": names }, "count": count })).unwrap();
        assert!(result.made.is_empty() && !result.unknown.is_empty(), "{result:?}");
    }
}

#[test]
fn only_a_count_of_0_without_names_is_full_success() {
    let complete = result_of(json!({ "count": 0.0, "assign": null, "unassign": { "segments": [] } })).unwrap();
    assert!(complete.is_complete());
    assert_eq!(complete.made, changes(&["a", "b"], &["c"]));
    let contradiction = result_of(json!({ "count": 0, "unassign": { "segments": [{ "id": "c" }] } })).unwrap();
    assert!(!contradiction.is_complete());
    assert_eq!((contradiction.made, contradiction.failed), (changes(&["a", "b"], &[]), changes(&[], &["c"])));
    let service = StandIn::start();
    service.respond_next([Response::json(201, json!({ "unprocessedItems": { "count": 2 } }))]);
    assert!(!segments::assign(&config!(service), "c1", &SegmentChanges::default()).unwrap().is_complete());
    assert!(!Assigned::default().is_complete());
}

#[test]
fn a_response_without_unprocessed_items_is_no_success() {
    for body in [json!({}), json!({ "unprocessedItems": null }), json!({ "entities": [] })] {
        let service = StandIn::start();
        service.respond_next([Response::json(200, body)]);
        let error = segments::assign(&config!(service), "c1", &changes(&["a"], &[])).unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Decode, true), "{error}");
    }
}

#[test]
fn an_assignment_whose_response_is_lost_is_not_sent_again() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP" }));
    service.faults().lose_responses(1);
    let error = segments::assign(&config!(service), "c1", &changes(&[&id], &[])).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(service.requests().len(), 1);
}
