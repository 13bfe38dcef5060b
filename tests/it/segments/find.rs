//! Segments by many ids, and by name.

use genesys_stand_in::config;

use super::*;

#[test]
fn two_hundred_and_fifty_ids_are_three_requests() {
    let service = StandIn::start();
    let mut ids = service.seed_segments(250);
    ids.reverse();
    let found = segments::get_many(&config!(service), &ids).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(found.missing.is_empty());
    let counts: Vec<usize> = service.requests().iter().map(|seen| seen.query_all("segmentIds").len()).collect();
    assert_eq!(counts, [100, 100, 50]);
}

#[test]
fn a_hundred_ids_are_one_request_and_one_more_is_two() {
    let service = StandIn::start();
    let ids = service.seed_segments(101);
    let config = config!(service);
    for (n, requests) in [(1, "GET"), (100, "GET"), (101, "GET GET")] {
        assert_eq!(segments::get_many(&config, &ids[..n]).unwrap().segments.len(), n);
        assert_eq!(methods_of(&service), requests, "{n} ids");
    }
}

#[test]
fn no_ids_are_no_request() {
    let service = StandIn::start();
    let found = segments::get_many(&config!(service), Vec::<String>::new()).unwrap();
    assert_eq!(found, Default::default());
    assert_eq!(methods_of(&service), "");
}

#[test]
fn a_duplicate_id_is_requested_once() {
    let service = StandIn::start();
    let ids = service.seed_segments(2);
    let given = [&ids[1], &ids[0], &ids[1], &ids[1]];
    let found = segments::get_many(&config!(service), given).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), [&ids[1], &ids[0]]);
    assert_eq!(service.last_request().query_all("segmentIds"), [&ids[1], &ids[0]]);
    // The same id 101 times is one request.
    service.clear_requests();
    segments::get_many(&config!(service), vec![ids[0].as_str(); 101]).unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn missing_ids_are_returned_in_order() {
    let service = StandIn::start();
    let ids = service.seed_segments(2);
    let given = ["gone 2", &ids[1], "gone 1", &ids[0], "gone 2"];
    let found = segments::get_many(&config!(service), given).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), [&ids[1], &ids[0]]);
    assert_eq!(found.missing, ["gone 2", "gone 1"]);
}

#[test]
fn the_case_of_an_id_does_not_matter() {
    let service = StandIn::start();
    let ids = service.seed_segments(3);
    let capitals: Vec<String> = ids.iter().map(|id| id.to_uppercase()).collect();
    assert_ne!(ids, capitals);
    service.respond_next([Response::json(200, json!({ "entities": service.segments() }))]);
    let given = [&capitals[2], "GONE", &ids[0], &ids[2], "gone", &capitals[1]];
    let found = segments::get_many(&config!(service), given).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), [&ids[2], &ids[0], &ids[1]]);
    assert_eq!(found.missing, ["GONE"]);
    assert_eq!(service.last_request().query_all("segmentIds"), [&capitals[2], "GONE", &ids[0], &capitals[1]]);
}

#[test]
fn an_empty_id_among_many_is_refused() {
    let service = StandIn::start();
    assert_input(&segments::get_many(&config!(service), ["7", ""]).unwrap_err(), &service);
}

#[test]
fn an_error_in_the_second_request_is_the_error() {
    let service = StandIn::start();
    let ids = service.seed_segments(101);
    service
        .respond_next([Response::json(200, json!({ "entities": [] })), Response::json(403, json!({ "code": "no" }))]);
    assert_eq!(segments::get_many(&config!(service), ids).unwrap_err().code(), Some("no"));
}

#[test]
fn segments_that_were_not_requested_are_dropped() {
    let service = StandIn::start();
    let ids = service.seed_segments(3);
    let all: Value = json!({ "entities": service.segments() });
    service.respond_next([Response::json(200, &all)]);
    let found = segments::get_many(&config!(service), [&ids[2]]).unwrap();
    assert_eq!(found.segments.len(), 1);
    assert_eq!(found.segments[0].id, ids[2]);
}

#[test]
fn an_existing_name_is_one_request() {
    let service = StandIn::start();
    service.seed_segments(400);
    let id = add(&service, "The one");
    assert_eq!(segments::find_by_name(&config!(service), "The one").unwrap().unwrap().id, id);
    let seen = service.last_request();
    assert_eq!((seen.query_all("queryFields"), seen.query_all("queryValue")), (vec!["displayName"], vec!["The one"]));
    assert!(seen.query_all("isActive").is_empty());
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn a_missing_name_is_confirmed_by_the_list() {
    let service = StandIn::start();
    service.seed_segments(500);
    assert_eq!(segments::find_by_name(&config!(service), "The one").unwrap(), None);
    assert_eq!(methods_of(&service), "GET GET GET GET GET GET");
    let nobody = StandIn::start();
    assert_eq!(segments::find_by_name(&config!(nobody), "The one").unwrap(), None);
    assert_eq!(methods_of(&nobody), "GET GET");
}

#[test]
fn an_empty_search_does_not_hide_a_segment() {
    let service = StandIn::start();
    let id = add(&service, "The one");
    service.respond_next([Response::json(200, json!({ "entities": [], "total": 0, "pageCount": 0 }))]);
    assert_eq!(segments::find_by_name(&config!(service), "The one").unwrap().unwrap().id, id);
    assert_eq!(methods_of(&service), "GET GET");
}

#[test]
fn an_inactive_segment_is_found_too() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "Asleep", "isActive": false }));
    let segment = segments::find_by_name(&config!(service), "Asleep").unwrap().unwrap();
    assert!(segment.id == id && !segment.is_active);
}

#[test]
fn the_name_must_be_exactly_equal() {
    let service = StandIn::start();
    for name in ["VIP customers", "vip", "ViP", "VIP ", " VIP", "A VIP"] {
        add(&service, name);
    }
    assert_eq!(segments::find_by_name(&config!(service), "VIP").unwrap(), None);
    let id = add(&service, "VIP");
    assert_eq!(segments::find_by_name(&config!(service), "VIP").unwrap().unwrap().id, id);
}

#[test]
fn similar_names_on_earlier_pages_do_not_hide_a_segment() {
    let service = StandIn::start();
    for n in 0..150 {
        add(&service, &format!("VIP {n}"));
    }
    let id = add(&service, "VIP");
    assert_eq!(segments::find_by_name(&config!(service), "VIP").unwrap().unwrap().id, id);
    assert_eq!(methods_of(&service), "GET GET");
}

#[test]
fn two_segments_of_one_name_are_an_error_with_both_ids() {
    let service = StandIn::start();
    let first = add(&service, "Twins");
    // The other is inactive, and on the second page.
    for n in 0..120 {
        add(&service, &format!("Twins {n}"));
    }
    let second = service.add_segment(json!({ "displayName": "Twins", "isActive": false }));
    let error = segments::find_by_name(&config!(service), "Twins").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains(&first) && error.to_string().contains(&second), "{error}");
    assert!(error.to_string().contains("Twins") && !error.outcome_unknown());
}

#[test]
fn an_empty_name_is_refused() {
    let service = StandIn::start();
    assert_input(&segments::find_by_name(&config!(service), "").unwrap_err(), &service);
}

#[test]
fn names_of_any_characters_are_found() {
    let service = StandIn::start();
    let names =
        ["Früh & spät", "100 % +1", "a=b&c=d", "日本語", "\"quoted\"", "back\\slash", "#1F6FEB", "a/b?c", " ", "🦀"];
    let ids: Vec<String> = names.iter().map(|name| add(&service, name)).collect();
    service.clear_requests();
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(segments::find_by_name(&config!(service), name).unwrap().unwrap().id, id, "{name}");
        assert_eq!(methods_of(&service), "GET", "{name}");
    }
}
