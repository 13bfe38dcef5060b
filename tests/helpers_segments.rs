//! What stands above the operations on segments: many ids, names, edits that lose nothing, set-up from
//! code. Each request is counted.

use std::time::{Duration, Instant};

use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
};
use genesys_journey::segments::{
    self, Ensured, ExternalSegment, ExternalSegmentUpdate, ExternalSource, NewSegment, Segment, SegmentUpdate,
};
use genesys_journey::{Error, ErrorKind, Update};
use genesys_stand_in::{Answer, StandIn};
use serde_json::{Value, json};

/// The methods of what was asked since the requests were last forgotten, and forgets them.
fn asked(service: &StandIn) -> String {
    let methods: Vec<String> = service.requests().into_iter().map(|seen| seen.method).collect();
    service.forget_requests();
    methods.join(" ")
}

fn add(service: &StandIn, name: &str) -> String {
    service.add_segment(json!({ "displayName": name }))
}

fn is_input(error: &Error, service: &StandIn) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
    assert_eq!(asked(service), "", "{error}");
}

fn on(key: &str, values: &[&str]) -> ContextPattern {
    ContextPattern::new([ContextCriterion::new(key, Operator::Equal, values.iter().copied())])
}

// ---- get_many

#[test]
fn two_hundred_and_fifty_ids_are_three_requests() {
    let service = StandIn::start();
    let mut ids = service.seed_segments(250);
    ids.reverse();
    let found = segments::get_many(&service.config(), &ids).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(found.missing.is_empty());
    let counts: Vec<usize> = service.requests().iter().map(|seen| seen.query_all("segmentIds").len()).collect();
    assert_eq!(counts, [100, 100, 50]);
}

#[test]
fn a_hundred_ids_are_one_request_and_one_more_is_two() {
    let service = StandIn::start();
    let ids = service.seed_segments(101);
    let config = service.config();
    for (n, requests) in [(1, "GET"), (100, "GET"), (101, "GET GET")] {
        assert_eq!(segments::get_many(&config, &ids[..n]).unwrap().segments.len(), n);
        assert_eq!(asked(&service), requests, "{n} ids");
    }
}

#[test]
fn no_ids_are_no_request() {
    let service = StandIn::start();
    let found = segments::get_many(&service.config(), Vec::<String>::new()).unwrap();
    assert_eq!(found, Default::default());
    assert_eq!(asked(&service), "");
}

#[test]
fn an_id_given_twice_is_asked_for_once() {
    let service = StandIn::start();
    let ids = service.seed_segments(2);
    let given = [&ids[1], &ids[0], &ids[1], &ids[1]];
    let found = segments::get_many(&service.config(), given).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), [&ids[1], &ids[0]]);
    assert_eq!(service.last_request().query_all("segmentIds"), [&ids[1], &ids[0]]);
    // A hundred and one of one id are one request.
    service.forget_requests();
    segments::get_many(&service.config(), vec![ids[0].as_str(); 101]).unwrap();
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ids_that_are_not_found_are_named_in_order() {
    let service = StandIn::start();
    let ids = service.seed_segments(2);
    let given = ["gone 2", &ids[1], "gone 1", &ids[0], "gone 2"];
    let found = segments::get_many(&service.config(), given).unwrap();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), [&ids[1], &ids[0]]);
    assert_eq!(found.missing, ["gone 2", "gone 1"]);
}

#[test]
fn an_empty_id_among_many_is_refused() {
    let service = StandIn::start();
    is_input(&segments::get_many(&service.config(), ["7", ""]).unwrap_err(), &service);
}

#[test]
fn an_error_in_the_second_hundred_is_the_error_of_all() {
    let service = StandIn::start();
    let ids = service.seed_segments(101);
    service.answer_next([Answer::json(200, &json!({ "entities": [] })), Answer::json(403, &json!({ "code": "no" }))]);
    assert_eq!(segments::get_many(&service.config(), ids).unwrap_err().code(), Some("no"));
}

#[test]
fn what_the_service_sends_unasked_is_left_out() {
    let service = StandIn::start();
    let ids = service.seed_segments(3);
    let all: Value = json!({ "entities": service.segments() });
    service.answer_next([Answer::json(200, &all)]);
    let found = segments::get_many(&service.config(), [&ids[2]]).unwrap();
    assert_eq!(found.segments.len(), 1);
    assert_eq!(found.segments[0].id, ids[2]);
}

// ---- find_by_name

#[test]
fn a_name_that_is_there_is_one_request() {
    let service = StandIn::start();
    service.seed_segments(400);
    let id = add(&service, "The one");
    assert_eq!(segments::find_by_name(&service.config(), "The one").unwrap().unwrap().id, id);
    let seen = service.last_request();
    assert_eq!((seen.query_all("queryFields"), seen.query_all("queryValue")), (vec!["displayName"], vec!["The one"]));
    assert!(seen.query_all("isActive").is_empty());
    assert_eq!(asked(&service), "GET");
}

#[test]
fn a_name_that_is_not_there_is_believed_after_a_walk() {
    let service = StandIn::start();
    service.seed_segments(500);
    assert_eq!(segments::find_by_name(&service.config(), "The one").unwrap(), None);
    assert_eq!(asked(&service), "GET GET GET GET GET GET");
    let nobody = StandIn::start();
    assert_eq!(segments::find_by_name(&nobody.config(), "The one").unwrap(), None);
    assert_eq!(asked(&nobody), "GET GET");
}

#[test]
fn a_search_that_finds_nothing_does_not_hide_what_is_there() {
    let service = StandIn::start();
    let id = add(&service, "The one");
    service.answer_next([Answer::json(200, &json!({ "entities": [], "total": 0, "pageCount": 0 }))]);
    assert_eq!(segments::find_by_name(&service.config(), "The one").unwrap().unwrap().id, id);
    assert_eq!(asked(&service), "GET GET");
}

#[test]
fn an_inactive_segment_is_found_too() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "Asleep", "isActive": false }));
    let segment = segments::find_by_name(&service.config(), "Asleep").unwrap().unwrap();
    assert!(segment.id == id && !segment.is_active);
}

#[test]
fn the_name_must_be_exactly_the_same() {
    let service = StandIn::start();
    for name in ["VIP customers", "vip", "ViP", "VIP ", " VIP", "A VIP"] {
        add(&service, name);
    }
    assert_eq!(segments::find_by_name(&service.config(), "VIP").unwrap(), None);
    let id = add(&service, "VIP");
    assert_eq!(segments::find_by_name(&service.config(), "VIP").unwrap().unwrap().id, id);
}

#[test]
fn a_neighbour_on_an_earlier_page_of_the_search_does_not_hide_it() {
    let service = StandIn::start();
    for n in 0..150 {
        add(&service, &format!("VIP {n}"));
    }
    let id = add(&service, "VIP");
    assert_eq!(segments::find_by_name(&service.config(), "VIP").unwrap().unwrap().id, id);
    assert_eq!(asked(&service), "GET GET");
}

#[test]
fn two_of_one_name_are_an_error_with_both_ids() {
    let service = StandIn::start();
    let first = add(&service, "Twins");
    // The other is inactive, and a page further.
    for n in 0..120 {
        add(&service, &format!("Twins {n}"));
    }
    let second = service.add_segment(json!({ "displayName": "Twins", "isActive": false }));
    let error = segments::find_by_name(&service.config(), "Twins").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains(&first) && error.to_string().contains(&second), "{error}");
    assert!(error.to_string().contains("Twins") && !error.outcome_unknown());
}

#[test]
fn an_empty_name_is_refused() {
    let service = StandIn::start();
    is_input(&segments::find_by_name(&service.config(), "").unwrap_err(), &service);
}

#[test]
fn names_of_any_characters_are_found() {
    let service = StandIn::start();
    let names =
        ["Früh & spät", "100 % +1", "a=b&c=d", "日本語", "\"quoted\"", "back\\slash", "#1F6FEB", "a/b?c", " ", "🦀"];
    let ids: Vec<String> = names.iter().map(|name| add(&service, name)).collect();
    service.forget_requests();
    for (name, id) in names.iter().zip(ids) {
        assert_eq!(segments::find_by_name(&service.config(), name).unwrap().unwrap().id, id, "{name}");
        assert_eq!(asked(&service), "GET", "{name}");
    }
}

// ---- edit

#[test]
fn an_edit_sends_only_what_changed_and_the_version_it_read() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP", "version": 6, "description": "old" }));
    let segment = segments::edit(&service.config(), &id, |segment| SegmentUpdate {
        display_name: segment.display_name.clone().into(),
        color: segment.color.clone().into(),
        context: segment.context.clone().into(),
        journey: Update::Clear,
        is_active: segment.is_active.into(),
        should_display_to_agent: (!segment.should_display_to_agent).into(),
        description: Update::Clear,
        assignment_expiration_days: Update::Clear,
        external_segment: Update::Clear,
        version: None,
    })
    .unwrap();
    assert_eq!((segment.version, segment.description.as_deref()), (7, None));
    let sent = service.last_request().body.unwrap();
    assert_eq!(sent, json!({ "version": 6, "description": null, "shouldDisplayToAgent": true }));
    assert_eq!(asked(&service), "GET PATCH");
}

#[test]
fn the_version_of_an_edit_is_the_one_read_whatever_the_closure_says() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP", "version": 6 }));
    let update = SegmentUpdate { version: Some(1), ..SegmentUpdate::default() };
    let update = SegmentUpdate { color: "#000000".into(), ..update };
    segments::edit(&service.config(), &id, |_| update.clone()).unwrap();
    assert_eq!(service.last_request().body.unwrap()["version"], 6);
}

#[test]
fn an_edit_that_changes_nothing_sends_nothing() {
    let service = StandIn::start();
    let id = service.add_segment(json!({
        "displayName": "VIP", "externalSegment": { "id": "x", "name": "X", "source": "Custom" }
    }));
    let config = service.config();
    let read = segments::edit(&config, &id, |_| SegmentUpdate::default()).unwrap();
    assert_eq!((read.id.as_str(), read.version), (id.as_str(), 1));
    assert_eq!(asked(&service), "GET");
    segments::edit(&config, &id, |segment| SegmentUpdate {
        display_name: segment.display_name.clone().into(),
        external_segment: ExternalSegmentUpdate { name: "X".into() }.into(),
        description: Update::Clear,
        ..SegmentUpdate::default()
    })
    .unwrap();
    assert_eq!(asked(&service), "GET");
}

#[test]
fn two_threads_that_add_a_hundred_patterns_each_lose_none() {
    let service = StandIn::start();
    let id = add(&service, "Busy");
    // A request takes less than this, as it does outside a test: who lost waits for more than the next.
    let config = service.settings().base_wait(Duration::from_millis(20)).token(&service.token()).unwrap();
    std::thread::scope(|scope| {
        for who in ["left", "right"] {
            let (config, id) = (&config, &id);
            scope.spawn(move || {
                for n in 0..100 {
                    segments::edit(config, id, |segment| {
                        let mut context = segment.context.clone();
                        context.patterns.push(on("browser.family", &[&format!("{who} {n}")]));
                        SegmentUpdate { context: context.into(), ..SegmentUpdate::default() }
                    })
                    .unwrap();
                }
            });
        }
    });
    let segment: Segment = serde_json::from_value(service.segment(&id).unwrap()).unwrap();
    let mut values: Vec<String> =
        segment.context.patterns.into_iter().map(|mut pattern| pattern.criteria.remove(0).values.remove(0)).collect();
    values.sort();
    let mut expected: Vec<String> =
        ["left", "right"].iter().flat_map(|who| (0..100).map(move |n| format!("{who} {n}"))).collect();
    expected.sort();
    assert_eq!(values, expected);
    assert_eq!(segment.version, 201);
}

/// Edits a segment that somebody else changes after each of the first so many reads.
fn edit_against(service: &StandIn, others: i64) -> (Result<Segment, Error>, i64) {
    let id = add(service, "Contended");
    let (config, other) = (service.config(), service.config());
    service.forget_requests();
    let mut calls = 0;
    let result = segments::edit(&config, &id, |segment| {
        calls += 1;
        assert_eq!(segment.version, calls);
        if calls <= others {
            let update = SegmentUpdate { description: format!("{calls}").into(), ..SegmentUpdate::default() };
            segments::update(&other, &segment.id, &update).unwrap();
        }
        SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() }
    });
    (result, calls)
}

#[test]
fn a_conflict_is_read_again_and_keeps_what_the_other_changed() {
    for as_400 in [false, true] {
        let service = StandIn::start();
        if as_400 {
            service.conflicts_as_400();
        }
        let (result, calls) = edit_against(&service, 2);
        let segment = result.unwrap();
        assert_eq!((segment.color.as_str(), segment.description.as_deref()), ("#ABCDEF", Some("2")));
        assert_eq!((calls, segment.version), (3, 4));
        // A read, the other's update, and one's own that is refused; twice; then the last.
        assert_eq!(asked(&service), "GET PATCH PATCH GET PATCH PATCH GET PATCH");
    }
}

#[test]
fn an_edit_against_endless_conflicts_ends_with_the_conflict() {
    let service = StandIn::start();
    let (result, calls) = edit_against(&service, i64::MAX);
    let error = result.unwrap_err();
    assert!(error.is_version_conflict(), "{error}");
    assert_eq!(calls, 20);
    assert_eq!(asked(&service).matches("GET").count(), 20);
}

#[test]
fn an_edit_gets_through_reads_that_lag_behind() {
    let service = StandIn::start();
    let id = add(&service, "Lagging");
    let config = service.config();
    service.lag_reads(3);
    for n in 0..3 {
        let segment = segments::edit(&config, &id, |segment| {
            let mut context = segment.context.clone();
            context.patterns.push(on("browser.family", &[&n.to_string()]));
            SegmentUpdate { context: context.into(), ..SegmentUpdate::default() }
        })
        .unwrap();
        assert_eq!(segment.context.patterns.len(), n + 1);
    }
    assert_eq!(service.segment(&id).unwrap()["context"]["patterns"].as_array().unwrap().len(), 3);
    // The second and the third edit read what was before, three times each.
    assert_eq!(asked(&service), format!("GET PATCH{}", " GET PATCH".repeat(8)));
}

#[test]
fn an_edit_that_the_service_would_forbid_is_refused() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    let forbidden = [
        ("displayName", SegmentUpdate { display_name: Update::Clear, ..Default::default() }),
        ("displayName", SegmentUpdate { display_name: "".into(), ..Default::default() }),
        ("color", SegmentUpdate { color: "red".into(), ..Default::default() }),
        ("assignmentExpirationDays", SegmentUpdate { assignment_expiration_days: (-1).into(), ..Default::default() }),
        ("context", SegmentUpdate { context: Context::new([ContextPattern::default()]).into(), ..Default::default() }),
        (
            "journey",
            SegmentUpdate {
                journey: Journey::new([JourneyPattern::new(StreamType::Web, "web", [])]).into(),
                ..Default::default()
            },
        ),
    ];
    for (field, update) in forbidden {
        let error = segments::edit(&service.config(), &id, |_| update.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.message().contains(field), "{error}");
        assert_eq!(asked(&service), "GET");
    }
}

#[test]
fn an_edit_that_the_service_refuses_is_its_error_after_one_try() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    let read = Answer::json(200, &service.segment(&id).unwrap());
    service.answer_next([read, Answer::json(400, &json!({ "code": "invalid.value", "message": "not this colour" }))]);
    let edited =
        segments::edit(&service.config(), &id, |_| SegmentUpdate { color: "#000001".into(), ..Default::default() });
    assert_eq!(edited.unwrap_err().code(), Some("invalid.value"));
    assert_eq!(asked(&service), "GET PATCH");
}

#[test]
fn an_edit_of_what_is_not_there_does_not_call_the_closure() {
    let service = StandIn::start();
    let error = segments::edit(&service.config(), "no such", |_| panic!("called")).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(asked(&service), "GET");
}

#[test]
fn an_edit_whose_outcome_is_unknown_is_not_sent_again() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    service.lose_answers(1);
    let change = |_: &Segment| SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() };
    let error = segments::edit(&service.config(), &id, change).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(asked(&service), "GET PATCH");
    // Called again it finds that there is nothing left to change.
    assert_eq!(segments::edit(&service.config(), &id, change).unwrap().version, 2);
    assert_eq!(asked(&service), "GET");
}

// ---- diff

fn segment(fields: Value) -> Segment {
    let service = StandIn::start();
    let id = service.add_segment(fields);
    serde_json::from_value(service.segment(&id).unwrap()).unwrap()
}

fn rich() -> NewSegment {
    let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile", "tablet"]);
    let french = ContextCriterion::new("browser.lang", Operator::StartsWith, ["fr"]);
    let offers = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Offers", "Sale"]);
    let checkout = JourneyCriterion::new("page.url", Operator::EndsWith, ["/checkout"]);
    NewSegment {
        is_active: Some(true),
        description: Some("From code".into()),
        color: Some("#1F6FEB".into()),
        should_display_to_agent: Some(true),
        context: Some(Context::new([ContextPattern::new([phone, french]), on("authenticated", &["true"])])),
        journey: Some(Journey::new([
            JourneyPattern {
                count: 2,
                event_name: Some("view".into()),
                ..JourneyPattern::new(StreamType::Web, "web", [offers, checkout.clone()])
            },
            JourneyPattern::new(StreamType::App, "app", [checkout]),
        ])),
        assignment_expiration_days: Some(30),
        ..NewSegment::new("From code")
    }
}

/// What the service makes of it.
fn made_of(new: &NewSegment) -> Segment {
    segment(serde_json::to_value(new).unwrap())
}

#[test]
fn what_was_made_from_it_does_not_differ_although_the_service_filled_in_fields() {
    let made = made_of(&rich());
    assert!(made.context.patterns[0].criteria[0].should_ignore_case.is_some(), "the service filled in nothing");
    assert!(made.self_uri.is_some());
    let update = segments::diff(&made, &rich());
    assert!(update.is_empty(), "{update:?}");
    let mut open = rich();
    open.context.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    open.journey.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    assert!(segments::diff(&made_of(&open), &open).is_empty(), "the service filled in an operator");
    assert_eq!(update.version, Some(made.version));
    assert!(segments::diff(&made, &NewSegment::new("From code")).is_empty());
}

#[test]
fn the_order_of_patterns_criteria_and_values_carries_no_meaning() {
    let mut turned = rich();
    let context = turned.context.as_mut().unwrap();
    let journey = turned.journey.as_mut().unwrap();
    context.patterns.reverse();
    journey.patterns.reverse();
    for pattern in &mut context.patterns {
        pattern.criteria.reverse();
        pattern.criteria.iter_mut().for_each(|criterion| criterion.values.reverse());
    }
    for pattern in &mut journey.patterns {
        pattern.criteria.reverse();
        pattern.criteria.iter_mut().for_each(|criterion| criterion.values.reverse());
    }
    assert_ne!(turned, rich());
    assert!(segments::diff(&made_of(&turned), &rich()).is_empty());
    turned.color = Some("#1f6feb".into());
    assert!(segments::diff(&made_of(&turned), &rich()).is_empty());
}

#[test]
fn each_field_that_differs_is_in_the_difference_and_no_other() {
    type Change = (&'static str, fn(&mut NewSegment));
    let changes: [Change; 24] = [
        ("isActive", |new| new.is_active = Some(false)),
        ("displayName", |new| new.display_name = "from code".into()),
        ("description", |new| new.description = Some(String::new())),
        ("color", |new| new.color = Some("#1F6FEC".into())),
        ("shouldDisplayToAgent", |new| new.should_display_to_agent = Some(false)),
        ("assignmentExpirationDays", |new| new.assignment_expiration_days = Some(31)),
        ("context", |new| new.context = Some(Context::default())),
        ("context", |new| new.context.as_mut().unwrap().patterns.truncate(1)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].key = "device.type".into()),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].values.push("tv".into())),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].values[0] = "tablet".into()),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].operator = Some(Operator::NotEqual)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].should_ignore_case = Some(true)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].entity_type = "other".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].count = 3),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].event_name = None),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].stream_type = StreamType::Custom),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[1].session_type = "web".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].key = "page.url".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].values.push("Deals".into())),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].operator = Some(Operator::Equal)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].should_ignore_case = Some(true)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria.truncate(1)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria.truncate(1)),
    ];
    let made = made_of(&rich());
    for (i, (field, change)) in changes.into_iter().enumerate() {
        let mut wanted = rich();
        change(&mut wanted);
        let update = serde_json::to_value(segments::diff(&made, &wanted)).unwrap();
        let mut expected = json!({ "version": made.version });
        expected[field] = serde_json::to_value(&wanted).unwrap()[field].clone();
        assert_eq!(update, expected, "change {i}");
    }
}

#[test]
fn patterns_that_leave_something_open_find_the_partners_that_fit() {
    // The first wanted fits both; the second fits only the first.
    let criterion = |ignore: Option<bool>| ContextPattern {
        criteria: vec![ContextCriterion {
            should_ignore_case: ignore,
            ..ContextCriterion::new("browser.lang", Operator::Equal, ["fr"])
        }],
    };
    let made = made_of(&NewSegment {
        context: Some(Context::new([criterion(Some(true)), criterion(Some(false))])),
        ..NewSegment::new("Open")
    });
    let wanted =
        |patterns: [ContextPattern; 2]| NewSegment { context: Some(Context::new(patterns)), ..NewSegment::new("Open") };
    assert!(segments::diff(&made, &wanted([criterion(None), criterion(Some(true))])).is_empty());
    assert!(segments::diff(&made, &wanted([criterion(None), criterion(None)])).is_empty());
    assert!(!segments::diff(&made, &wanted([criterion(Some(true)), criterion(Some(true))])).is_empty());
}

// ---- ensure

#[test]
fn ensure_creates_what_is_not_there_once() {
    let service = StandIn::start();
    let config = service.config();
    let Ensured::Created(segment) = segments::ensure(&config, &rich()).unwrap() else { panic!("not created") };
    assert_eq!(segment.display_name, "From code");
    // The search and the walk; the create; it is seen.
    assert_eq!(asked(&service), "GET GET POST GET");
    let again = segments::ensure(&config, &rich()).unwrap();
    assert_eq!(again, Ensured::Unchanged(segment.clone()));
    assert_eq!(again.segment(), &segment);
    assert_eq!(asked(&service), "GET");
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn ensure_updates_what_differs_once_and_says_what() {
    let service = StandIn::start();
    let config = service.config();
    let id = service.add_segment(json!({ "displayName": "From code", "version": 4, "isActive": false }));
    let wanted = NewSegment { is_active: Some(true), color: Some("#1F6FEB".into()), ..NewSegment::new("From code") };
    let Ensured::Updated { segment, update, .. } = segments::ensure(&config, &wanted).unwrap() else {
        panic!("not updated")
    };
    assert_eq!((segment.id, segment.version, segment.is_active), (id, 5, true));
    let expected =
        SegmentUpdate { is_active: true.into(), color: "#1F6FEB".into(), version: Some(4), ..SegmentUpdate::default() };
    assert_eq!(update, expected);
    assert_eq!(service.requests()[1].body, Some(serde_json::to_value(&expected).unwrap()));
    assert_eq!(asked(&service), "GET PATCH GET");
    assert!(matches!(segments::ensure(&config, &wanted).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ensure_finds_an_inactive_segment_and_leaves_it_so_unless_told() {
    let service = StandIn::start();
    service.add_segment(json!({ "displayName": "Asleep", "isActive": false }));
    let ensured = segments::ensure(&service.config(), &NewSegment::new("Asleep")).unwrap();
    assert!(matches!(&ensured, Ensured::Unchanged(segment) if !segment.is_active));
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ensure_refuses_to_choose_between_two_of_one_name() {
    let service = StandIn::start();
    let ids = [add(&service, "Twins"), add(&service, "Twins")];
    let error = segments::ensure(&service.config(), &NewSegment::new("Twins")).unwrap_err();
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ensure_refuses_bad_input_before_it_asks() {
    let service = StandIn::start();
    let config = service.config();
    is_input(&segments::ensure(&config, &NewSegment::new("")).unwrap_err(), &service);
    let red = NewSegment { color: Some("red".into()), ..NewSegment::new("VIP") };
    is_input(&segments::ensure(&config, &red).unwrap_err(), &service);
}

#[test]
fn a_create_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    let service = StandIn::start();
    service.lose_answers(1);
    let Ensured::Created(segment) = segments::ensure(&service.config(), &rich()).unwrap() else {
        panic!("not created")
    };
    assert_eq!(service.segments().len(), 1);
    assert_eq!(service.segments()[0]["id"], segment.id);
    assert_eq!(asked(&service), "GET GET POST GET");
}

#[test]
fn a_create_whose_answer_is_lost_is_waited_for_while_reads_lag() {
    let service = StandIn::start();
    service.lose_answers(1);
    service.lag_reads(5);
    assert!(matches!(segments::ensure(&service.config(), &rich()).unwrap(), Ensured::Created(_)));
    let methods = asked(&service);
    assert_eq!(methods.matches("POST").count(), 1);
    // Five reads show nothing; a look is two of them where it finds nothing.
    assert_eq!(methods, "GET GET POST GET GET GET GET GET GET");
}

#[test]
fn a_create_that_does_not_show_up_is_an_error_with_unknown_outcome_at_the_deadline() {
    let service = StandIn::start();
    service.lose_writes(1);
    let deadline = Duration::from_millis(300);
    let config = service.settings().deadline(deadline).token(&service.token()).unwrap();
    let started = Instant::now();
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!((error.status(), error.method()), (Some(503), "POST"));
    assert!(started.elapsed() > deadline / 2 && started.elapsed() < 10 * deadline, "{:?}", started.elapsed());
    let methods = asked(&service);
    assert_eq!(methods.matches("POST").count(), 1);
    assert!(methods.matches("GET").count() > 4, "{methods}");
    assert!(service.segments().is_empty());
}

#[test]
fn a_name_that_shows_up_after_a_lost_create_may_be_somebody_elses_and_is_made_as_it_should_be() {
    let service = StandIn::start();
    let none = Answer::json(200, &json!({ "entities": [], "total": 0 }));
    service.answer_next([none.clone(), none, Answer::text(503, "")]);
    service.add_segment(json!({ "displayName": rich().display_name, "color": "#000000" }));
    let Ensured::Updated { segment, .. } = segments::ensure(&service.config(), &rich()).unwrap() else {
        panic!("not updated")
    };
    assert_eq!(segment.color, "#1F6FEB");
    assert_eq!((asked(&service).as_str(), service.segments().len()), ("GET GET POST GET PATCH GET", 1));
}

#[test]
fn a_name_that_is_taken_though_reads_do_not_show_it_yet_is_looked_for() {
    let service = StandIn::start();
    service.refuse_duplicate_names();
    service.lag_reads(4);
    segments::create(&service.config(), &rich()).unwrap();
    assert!(matches!(segments::ensure(&service.config(), &rich()).unwrap(), Ensured::Unchanged(_)));
    let methods = asked(&service);
    assert!(methods.starts_with("POST GET GET POST GET"), "{methods}");
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_create_of_unknown_outcome_stays_that_where_looking_fails() {
    let service = StandIn::start();
    let config = service.config();
    let none = json!({ "entities": [], "total": 0 });
    service.answer_next([
        Answer::json(200, &none),
        Answer::json(200, &none),
        Answer::text(502, ""),
        Answer::json(403, &json!({ "code": "missing.permission" })),
    ]);
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(asked(&service), "GET GET POST GET");
}

#[test]
fn a_write_that_was_carried_out_is_no_error_where_looking_fails() {
    let service = StandIn::start();
    let config = service.config();
    let none = Answer::json(200, &json!({ "entities": [], "total": 0 }));
    let forbidden = Answer::json(403, &json!({ "code": "missing.permission" }));
    let made = Answer::json(200, &serde_json::to_value(made_of(&rich())).unwrap());
    service.answer_next([none.clone(), none, made, forbidden.clone()]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Created(_)));
    assert_eq!(asked(&service), "GET GET POST GET");

    let found = Answer::json(200, &json!({ "entities": [made_of(&NewSegment::new("From code"))], "total": 1 }));
    let changed = Answer::json(200, &serde_json::to_value(made_of(&rich())).unwrap());
    service.answer_next([found, changed, forbidden]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
    assert_eq!(asked(&service), "GET PATCH GET");
}

#[test]
fn a_create_that_is_refused_is_the_error_and_nothing_is_looked_for() {
    let service = StandIn::start();
    service.seed_segments(500);
    let error = segments::ensure(&service.config(), &rich()).unwrap_err();
    assert_eq!((error.code(), error.outcome_unknown()), (Some("limit.exceeded"), false));
    assert_eq!(asked(&service), "GET GET GET GET GET GET POST");
}

#[test]
fn an_update_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    service.lose_answers(1);
    let ensured = segments::ensure(&service.config(), &rich()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { segment, .. } if segment.version == 2 && segment.id == id));
    assert_eq!(asked(&service), "GET PATCH GET");
}

#[test]
fn an_update_that_does_not_show_up_is_an_error_with_unknown_outcome_at_the_deadline() {
    let service = StandIn::start();
    add(&service, "From code");
    service.lose_writes(1);
    let config = service.settings().deadline(Duration::from_millis(300)).token(&service.token()).unwrap();
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == "PATCH", "{error}");
    assert_eq!(asked(&service).matches("PATCH").count(), 1);
    // Run again later it finishes.
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn ensure_waits_until_a_read_shows_what_was_written() {
    let service = StandIn::start();
    let config = service.config();
    service.lag_reads(4);
    let created = segments::ensure(&config, &rich()).unwrap();
    assert!(matches!(created, Ensured::Created(_)));
    // Two reads a look; the fifth shows it.
    assert_eq!(asked(&service), "GET GET POST GET GET GET GET GET");
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Unchanged(_)));
    service.forget_requests();

    let wanted = NewSegment { description: Some("New".into()), ..rich() };
    let updated = segments::ensure(&config, &wanted).unwrap();
    assert_eq!(updated.segment().description.as_deref(), Some("New"));
    assert_eq!(asked(&service), "GET PATCH GET GET GET GET GET");
    assert!(matches!(segments::ensure(&config, &wanted).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(asked(&service), "GET");
}

#[test]
fn the_lag_is_waited_out_until_the_deadline_and_no_longer() {
    let service = StandIn::start();
    service.lag_reads(usize::MAX);
    let deadline = Duration::from_millis(300);
    let config = service.settings().deadline(deadline).token(&service.token()).unwrap();
    let started = Instant::now();
    // It was created: that reads do not show it yet is no error.
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Created(_)));
    assert!(started.elapsed() < 10 * deadline, "{:?}", started.elapsed());
    assert_eq!(asked(&service).matches("POST").count(), 1);
}

#[test]
fn ensure_takes_another_turn_when_somebody_else_is_quicker() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "From code", "version": 1 }));
    let config = service.config();
    // The search shows version 1; the segment is at version 2 by then.
    let stale = json!({ "entities": [service.segment(&id).unwrap()], "total": 1 });
    let other = SegmentUpdate { description: "Somebody else's".into(), ..SegmentUpdate::default() };
    segments::update(&config, &id, &other).unwrap();
    service.forget_requests();
    service.answer_next([Answer::json(200, &stale)]);
    let wanted = NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("From code") };
    let ensured = segments::ensure(&config, &wanted).unwrap();
    let segment = ensured.segment();
    assert_eq!((segment.version, segment.description.as_deref()), (3, Some("Somebody else's")));
    assert_eq!(asked(&service), "GET PATCH GET PATCH GET");
}

#[test]
fn two_threads_that_ensure_the_same_changes_leave_one_update() {
    let service = StandIn::start();
    add(&service, "From code");
    let config = service.config();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| segments::ensure(&config, &rich()).unwrap());
        }
    });
    assert_eq!(service.segments()[0]["version"], 2);
}

#[test]
fn the_external_segment_is_decided_once_and_its_name_can_change() {
    let service = StandIn::start();
    let config = service.config();
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let wanted =
        |external: ExternalSegment| NewSegment { external_segment: Some(external), ..NewSegment::new("Mirror") };
    assert!(matches!(segments::ensure(&config, &wanted(external.clone())).unwrap(), Ensured::Created(_)));
    service.forget_requests();

    let open = ExternalSegment { source: None, ..external.clone() };
    assert!(matches!(segments::ensure(&config, &wanted(open)).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(asked(&service), "GET");

    let renamed = ExternalSegment { name: "Y".into(), ..external.clone() };
    let Ensured::Updated { segment, update, .. } = segments::ensure(&config, &wanted(renamed)).unwrap() else {
        panic!("not updated")
    };
    assert_eq!(serde_json::to_value(update).unwrap(), json!({ "version": 1, "externalSegment": { "name": "Y" } }));
    assert_eq!(segment.external_segment.unwrap().name, "Y");
    assert_eq!(asked(&service), "GET PATCH GET");

    let another = [
        ExternalSegment { id: "x-2".into(), ..external.clone() },
        ExternalSegment { source: Some(ExternalSource::AdobeExperiencePlatform), ..external },
    ];
    for external in another {
        let error = segments::ensure(&config, &wanted(external)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.message().contains("externalSegment"), "{error}");
        assert_eq!(asked(&service), "GET");
    }
    add(&service, "Plain");
    let plain = ExternalSegment { id: "x-3".into(), name: "Z".into(), source: None };
    let error = segments::ensure(&config, &NewSegment { external_segment: Some(plain), ..NewSegment::new("Plain") })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
}
