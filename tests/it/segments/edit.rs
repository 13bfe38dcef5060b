//! Edits: read, change, write.

use genesys_stand_in::{builder, config};

use super::concurrent_changes::with_fields;
use super::*;

#[test]
fn an_edit_sends_only_changed_fields_and_the_version_it_read() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP", "version": 6, "description": "old" }));
    let segment = segments::edit(&config!(service), &id, |segment| SegmentUpdate {
        display_name: Some(segment.display_name.clone()),
        color: segment.color.clone().unwrap().into(),
        context: segment.context.clone().unwrap().into(),
        journey: Update::Clear,
        is_active: Some(segment.is_active),
        should_display_to_agent: (!segment.should_display_to_agent.unwrap()).into(),
        description: Update::Clear,
        assignment_expiration_days: Update::Clear,
        external_segment: None,
        version: None,
    })
    .unwrap();
    assert_eq!((segment.version, segment.description.as_deref()), (7, None));
    let sent = service.last_request().body.unwrap();
    assert_eq!(sent, json!({ "version": 6, "description": null, "shouldDisplayToAgent": true }));
    assert_eq!(methods_of(&service), "GET PATCH");
}

#[test]
fn the_version_of_the_closure_is_ignored() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP", "version": 6 }));
    let update = SegmentUpdate { version: Some(1), ..SegmentUpdate::default() };
    let update = SegmentUpdate { color: "#000000".into(), ..update };
    segments::edit(&config!(service), &id, |_| update.clone()).unwrap();
    assert_eq!(service.last_request().body.unwrap()["version"], 6);
}

#[test]
fn an_edit_that_changes_nothing_sends_nothing() {
    let service = StandIn::start();
    let id = service.add_segment(json!({
        "displayName": "VIP", "externalSegment": { "id": "x", "name": "X", "source": "Custom" }
    }));
    let config = config!(service);
    let read = segments::edit(&config, &id, |_| SegmentUpdate::default()).unwrap();
    assert_eq!((read.id.as_str(), read.version), (id.as_str(), 1));
    assert_eq!(methods_of(&service), "GET");
    segments::edit(&config, &id, |segment| SegmentUpdate {
        display_name: Some(segment.display_name.clone()),
        external_segment: Some(ExternalSegmentUpdate { name: Some("X".into()) }),
        description: "".into(),
        ..SegmentUpdate::default()
    })
    .unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn two_threads_that_add_patterns_lose_none() {
    let service = StandIn::start();
    let id = add(&service, "Busy");
    // Longer than a request, as in production, so that a thread with a conflict waits for several other edits.
    let config = builder!(service).initial_backoff(Duration::from_millis(20)).token(&service.token()).unwrap();
    std::thread::scope(|scope| {
        for who in ["left", "right"] {
            let (config, id) = (&config, &id);
            scope.spawn(move || {
                for n in 0..30 {
                    segments::edit(config, id, |segment| {
                        let mut context = segment.context.clone().unwrap_or_default();
                        context.patterns.push(on("browser.family", &[&format!("{who} {n}")]));
                        SegmentUpdate { context: context.into(), ..SegmentUpdate::default() }
                    })
                    .unwrap();
                }
            });
        }
    });
    let segment: Segment = serde_json::from_value(service.segment(&id).unwrap()).unwrap();
    let patterns = segment.context.unwrap().patterns;
    let mut values: Vec<String> =
        patterns.into_iter().map(|mut pattern| pattern.criteria.remove(0).values.remove(0)).collect();
    values.sort();
    let mut expected: Vec<String> =
        ["left", "right"].iter().flat_map(|who| (0..30).map(move |n| format!("{who} {n}"))).collect();
    expected.sort();
    assert_eq!(values, expected);
    assert_eq!(segment.version, 61);
}

/// Edits a segment that another program changes after each of the first `others` reads.
fn edit_against(service: &StandIn, others: i64) -> (Result<Segment, Error>, i64) {
    let id = add(service, "Contended");
    let (config, other) = (config!(service), config!(service));
    service.clear_requests();
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
fn a_conflict_keeps_the_change_of_the_other_program() {
    for as_400 in [false, true] {
        let service = StandIn::start();
        if as_400 {
            service.version_conflict_status(400);
        }
        let (result, calls) = edit_against(&service, 2);
        let segment = result.unwrap();
        assert_eq!((segment.color.as_deref(), segment.description.as_deref()), (Some("#ABCDEF"), Some("2")));
        assert_eq!((calls, segment.version), (3, 4));
        // Twice: a read, the update of the other program, the refused update. Then the last edit.
        assert_eq!(methods_of(&service), "GET PATCH PATCH GET PATCH PATCH GET PATCH");
    }
}

/// Makes an edit whose update is refused with a 409 that does not mention a version. Returns the HTTP methods.
fn refused_edit(changed_by_others: bool) -> (Result<Segment, Error>, String) {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    let read =
        |version: i64| Response::json(200, with_fields(&service.segment(&id).unwrap(), json!({"version": version})));
    let taken = Response::json(409, json!({ "code": "name.taken", "message": "The name is taken" }));
    let current = if changed_by_others { 1 } else { 0 };
    service.respond_next([read(0), taken, read(current)]);
    let change = |_: &Segment| SegmentUpdate { color: "#ABCDEF".into(), ..Default::default() };
    (segments::edit(&config!(service), &id, change), methods_of(&service))
}

#[test]
fn a_409_is_a_conflict_if_the_segment_has_changed() {
    let (result, methods) = refused_edit(true);
    assert_eq!(result.unwrap().color.as_deref(), Some("#ABCDEF"));
    assert_eq!(methods, "GET PATCH GET GET PATCH");
}

#[test]
fn a_409_about_an_unchanged_segment_is_not_retried() {
    let (result, methods) = refused_edit(false);
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.is_version_conflict()), (Some("name.taken"), false), "{error}");
    assert_eq!(methods, "GET PATCH GET");
}

#[test]
fn endless_conflicts_end_with_the_conflict() {
    let service = StandIn::start();
    let (result, calls) = edit_against(&service, i64::MAX);
    let error = result.unwrap_err();
    assert!(error.is_version_conflict(), "{error}");
    assert_eq!(calls, 20);
    assert_eq!(methods_of(&service).matches("GET").count(), 20);
}

#[test]
fn the_first_retry_of_an_edit_waits_a_tenth_of_the_backoff() {
    let service = StandIn::start();
    let read = Response::json(200, service.segment(&add(&service, "VIP")).unwrap());
    service.respond_next([read, Response::json(409, json!({ "code": "version.mismatch" }))]);
    let id = service.segments()[0]["id"].as_str().unwrap().to_owned();
    let config = builder!(service).initial_backoff(Duration::from_secs(3)).token(&service.token()).unwrap();
    let started = Instant::now();
    let change = |_: &Segment| SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() };
    segments::edit(&config, &id, change).unwrap();
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(150) && took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn conflicts_end_at_the_deadline() {
    let service = StandIn::start();
    let id = add(&service, "Contended");
    let seconds = Duration::from_secs(1);
    let config = builder!(service).initial_backoff(seconds).call_timeout(seconds).token(&service.token()).unwrap();
    let mut calls = 0;
    let result = segments::edit(&config, &id, |segment| {
        calls += 1;
        let update = SegmentUpdate { description: format!("{calls}").into(), ..SegmentUpdate::default() };
        segments::update(&config!(service), &segment.id, &update).unwrap();
        SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() }
    });
    assert!(result.unwrap_err().is_version_conflict());
    assert!((2..20).contains(&calls), "{calls} calls");
}

#[test]
fn an_edit_succeeds_with_delayed_reads() {
    let service = StandIn::start();
    let id = add(&service, "Lagging");
    let config = config!(service);
    service.faults().lag_reads(3);
    for n in 0..3 {
        let segment = segments::edit(&config, &id, |segment| {
            let mut context = segment.context.clone().unwrap_or_default();
            context.patterns.push(on("browser.family", &[&n.to_string()]));
            SegmentUpdate { context: context.into(), ..SegmentUpdate::default() }
        })
        .unwrap();
        assert_eq!(segment.context.unwrap().patterns.len(), n + 1);
    }
    assert_eq!(service.segment(&id).unwrap()["context"]["patterns"].as_array().unwrap().len(), 3);
    // The second and the third edit read an old version three times each.
    assert_eq!(methods_of(&service), format!("GET PATCH{}", " GET PATCH".repeat(8)));
}

#[test]
fn known_bad_edits_are_refused() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    let forbidden = [
        ("displayName", SegmentUpdate { display_name: Some("".into()), ..Default::default() }),
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
        let error = segments::edit(&config!(service), &id, |_| update.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.message().contains(field), "{error}");
        assert_eq!(methods_of(&service), "GET");
    }
}

#[test]
fn a_refused_edit_is_not_retried() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    let read = Response::json(200, service.segment(&id).unwrap());
    service.respond_next([read, Response::json(400, json!({ "code": "invalid.value", "message": "not this colour" }))]);
    let edited =
        segments::edit(&config!(service), &id, |_| SegmentUpdate { color: "#000001".into(), ..Default::default() });
    assert_eq!(edited.unwrap_err().code(), Some("invalid.value"));
    assert_eq!(methods_of(&service), "GET PATCH");
}

#[test]
fn an_edit_of_a_missing_segment_does_not_call_the_closure() {
    let service = StandIn::start();
    let error = segments::edit(&config!(service), "no such", |_| panic!("called")).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_whose_outcome_is_unknown_is_not_sent_again() {
    let service = StandIn::start();
    let id = add(&service, "VIP");
    service.faults().lose_responses(1);
    let change = |_: &Segment| SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() };
    let error = segments::edit(&config!(service), &id, change).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(methods_of(&service), "GET PATCH");
    // A second call finds nothing to change.
    assert_eq!(segments::edit(&config!(service), &id, change).unwrap().version, 2);
    assert_eq!(methods_of(&service), "GET");
}
