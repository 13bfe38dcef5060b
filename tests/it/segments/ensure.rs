//! `ensure` without concurrent changes.

use genesys_stand_in::builder;

use super::*;

#[test]
fn a_missing_segment_is_created_once() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let Ensured::Created(segment) = segments::ensure(&config, &rich()).unwrap() else { panic!("not created") };
    assert_eq!(segment.display_name, "From code");
    // The search, the list, the create, and a read that shows it.
    assert_eq!(methods_of(&service), "GET GET POST GET");
    let again = segments::ensure(&config, &rich()).unwrap();
    assert_eq!(again, Ensured::Unchanged(segment.clone()));
    assert_eq!(again.entity(), &segment);
    assert_eq!(methods_of(&service), "GET");
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_difference_is_updated_once_and_returned() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = service.add_segment(json!({ "displayName": "From code", "version": 4, "isActive": false }));
    let wanted = NewSegment { is_active: Some(true), color: Some("#1F6FEB".into()), ..NewSegment::new("From code") };
    let Ensured::Updated { entity: segment, update, .. } = segments::ensure(&config, &wanted).unwrap() else {
        panic!("not updated")
    };
    assert_eq!((segment.id, segment.version, segment.is_active), (id, 5, true));
    let expected =
        SegmentUpdate { is_active: Some(true), color: "#1F6FEB".into(), version: Some(4), ..SegmentUpdate::default() };
    assert_eq!(update, expected);
    assert_eq!(service.requests()[1].body, Some(serde_json::to_value(&expected).unwrap()));
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert!(matches!(segments::ensure(&config, &wanted).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_inactive_segment_is_found_and_stays_inactive() {
    let service = StandIn::start();
    service.add_segment(json!({ "displayName": "Asleep", "isActive": false }));
    let ensured = segments::ensure(&with_slow_backoff(&service), &NewSegment::new("Asleep")).unwrap();
    assert!(matches!(&ensured, Ensured::Unchanged(segment) if !segment.is_active));
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn two_segments_of_the_name_are_an_error() {
    let service = StandIn::start();
    let ids = [add(&service, "Twins"), add(&service, "Twins")];
    let error = segments::ensure(&with_slow_backoff(&service), &NewSegment::new("Twins")).unwrap_err();
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn bad_input_is_refused_without_a_request() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    assert_input(&segments::ensure(&config, &NewSegment::new("")).unwrap_err(), &service);
    let red = NewSegment { color: Some("red".into()), ..NewSegment::new("VIP") };
    assert_input(&segments::ensure(&config, &red).unwrap_err(), &service);
}

#[test]
fn a_create_with_a_lost_response_is_not_sent_again() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    let Ensured::Created(segment) = segments::ensure(&with_slow_backoff(&service), &rich()).unwrap() else {
        panic!("not created")
    };
    assert_eq!(service.segments().len(), 1);
    assert_eq!(service.segments()[0]["id"], segment.id);
    assert_eq!(methods_of(&service), "GET GET POST GET");
}

#[test]
fn a_create_with_a_lost_response_is_found_with_delayed_reads() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    service.faults().lag_reads(5);
    assert!(matches!(segments::ensure(&with_slow_backoff(&service), &rich()).unwrap(), Ensured::Created(_)));
    let methods = methods_of(&service);
    assert_eq!(methods.matches("POST").count(), 1);
    // Five reads show nothing: a search by name is two reads if it finds nothing.
    assert_eq!(methods, "GET GET POST GET GET GET GET GET GET");
}

#[test]
fn a_lost_create_that_never_appears_is_an_unknown_outcome() {
    let service = StandIn::start();
    service.faults().lose_writes(1);
    let deadline = Duration::from_secs(1);
    let config = builder!(service).call_timeout(deadline).token(&service.token()).unwrap();
    let started = Instant::now();
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!((error.status(), error.method()), (None, Some("POST")));
    assert!(started.elapsed() > deadline / 2 && started.elapsed() < 10 * deadline, "{:?}", started.elapsed());
    let methods = methods_of(&service);
    assert_eq!(methods.matches("POST").count(), 1);
    assert!(methods.matches("GET").count() > 4, "{methods}");
    assert!(service.segments().is_empty());
}

#[test]
fn a_different_segment_that_appears_after_a_lost_create_is_updated() {
    let service = StandIn::start();
    let none = Response::json(200, json!({ "entities": [], "total": 0 }));
    service.respond_next([none.clone(), none, Response::text(503, "")]);
    service.add_segment(json!({ "displayName": rich().display_name, "color": "#000000" }));
    let Ensured::Updated { entity: segment, .. } = segments::ensure(&with_slow_backoff(&service), &rich()).unwrap()
    else {
        panic!("not updated")
    };
    assert_eq!(segment.color.as_deref(), Some("#1F6FEB"));
    assert_eq!((methods_of(&service).as_str(), service.segments().len()), ("GET GET POST GET PATCH GET", 1));
}

#[test]
fn a_taken_name_is_found_with_delayed_reads() {
    let service = StandIn::start();
    service.refuse_duplicate_names();
    service.faults().lag_reads(4);
    segments::create(&with_slow_backoff(&service), &rich()).unwrap();
    assert!(matches!(segments::ensure(&with_slow_backoff(&service), &rich()).unwrap(), Ensured::Unchanged(_)));
    let methods = methods_of(&service);
    assert!(methods.starts_with("POST GET GET POST GET"), "{methods}");
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_lost_create_is_an_unknown_outcome_if_reads_fail() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let none = json!({ "entities": [], "total": 0 });
    service.respond_next([
        Response::json(200, &none),
        Response::json(200, &none),
        Response::text(502, ""),
        Response::json(403, json!({ "code": "missing.permission" })),
    ]);
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(methods_of(&service), "GET GET POST GET");
}

#[test]
fn a_successful_write_is_no_error_if_reads_fail() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let none = Response::json(200, json!({ "entities": [], "total": 0 }));
    let forbidden = Response::json(403, json!({ "code": "missing.permission" }));
    let made = Response::json(200, serde_json::to_value(created_from(&rich())).unwrap());
    service.respond_next([none.clone(), none, made, forbidden.clone()]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Created(_)));
    assert_eq!(methods_of(&service), "GET GET POST GET");

    let found = Response::json(200, json!({ "entities": [created_from(&NewSegment::new("From code"))], "total": 1 }));
    let changed = Response::json(200, serde_json::to_value(created_from(&rich())).unwrap());
    service.respond_next([found, changed, forbidden]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn a_refused_create_is_the_error_and_no_read_follows() {
    let service = StandIn::start();
    service.seed_segments(500);
    let error = segments::ensure(&with_slow_backoff(&service), &rich()).unwrap_err();
    assert_eq!((error.code(), error.outcome_unknown()), (Some("limit.exceeded"), false));
    assert_eq!(methods_of(&service), "GET GET GET GET GET GET POST");
}

#[test]
fn a_visible_lost_update_is_not_sent_again() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    service.faults().lose_responses(1);
    let ensured = segments::ensure(&with_slow_backoff(&service), &rich()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { entity: segment, .. } if segment.version == 2 && segment.id == id));
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn an_update_that_is_always_lost_is_an_unknown_outcome() {
    let service = StandIn::start();
    add(&service, "From code");
    service.faults().lose_writes(usize::from(u8::MAX));
    let config = builder!(service).call_timeout(Duration::from_secs(1)).token(&service.token()).unwrap();
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("PATCH"), "{error}");
    assert!(!methods_of(&service).contains("PATCH PATCH"), "it looks before it sends it again");
    service.faults().clear();
    // A later run succeeds.
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn ensure_waits_until_a_read_shows_the_write() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    service.faults().lag_reads(4);
    let created = segments::ensure(&config, &rich()).unwrap();
    assert!(matches!(created, Ensured::Created(_)));
    // Two reads for each search by name; the fifth read shows the segment.
    assert_eq!(methods_of(&service), "GET GET POST GET GET GET GET GET");
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Unchanged(_)));
    service.clear_requests();

    let wanted = NewSegment { description: Some("New".into()), ..rich() };
    let updated = segments::ensure(&config, &wanted).unwrap();
    assert_eq!(updated.entity().description.as_deref(), Some("New"));
    assert_eq!(methods_of(&service), "GET PATCH GET GET GET GET GET");
    assert!(matches!(segments::ensure(&config, &wanted).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn waiting_for_a_read_ends_at_the_deadline() {
    let service = StandIn::start();
    service.faults().lag_reads(usize::MAX);
    let deadline = Duration::from_secs(1);
    let config = builder!(service).call_timeout(deadline).token(&service.token()).unwrap();
    let started = Instant::now();
    // The segment was created. It is no error that no read shows it yet.
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Created(_)));
    assert!(started.elapsed() < 10 * deadline, "{:?}", started.elapsed());
    assert_eq!(methods_of(&service).matches("POST").count(), 1);
}

#[test]
fn a_version_conflict_is_resolved() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "From code", "version": 1 }));
    let config = with_slow_backoff(&service);
    // The search shows version 1, although the segment has version 2.
    let stale = json!({ "entities": [service.segment(&id).unwrap()], "total": 1 });
    let other = SegmentUpdate { description: "Somebody else's".into(), ..SegmentUpdate::default() };
    segments::update(&config, &id, &other).unwrap();
    service.clear_requests();
    service.respond_next([Response::json(200, &stale)]);
    let wanted = NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("From code") };
    let ensured = segments::ensure(&config, &wanted).unwrap();
    let segment = ensured.entity();
    assert_eq!((segment.version, segment.description.as_deref()), (3, Some("Somebody else's")));
    assert_eq!(methods_of(&service), "GET PATCH GET PATCH GET");
}

#[test]
fn two_threads_that_ensure_the_same_changes_send_one_update() {
    let service = StandIn::start();
    add(&service, "From code");
    let config = with_slow_backoff(&service);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| segments::ensure(&config, &rich()).unwrap());
        }
    });
    assert_eq!(service.segments()[0]["version"], 2);
}

#[test]
fn only_the_name_of_an_external_segment_can_change() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let wanted =
        |external: ExternalSegment| NewSegment { external_segment: Some(external), ..NewSegment::new("Mirror") };
    assert!(matches!(segments::ensure(&config, &wanted(external.clone())).unwrap(), Ensured::Created(_)));
    service.clear_requests();

    let open = ExternalSegment { source: None, ..external.clone() };
    assert!(matches!(segments::ensure(&config, &wanted(open)).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");

    let renamed = ExternalSegment { name: "Y".into(), ..external.clone() };
    let Ensured::Updated { entity: segment, update, .. } = segments::ensure(&config, &wanted(renamed)).unwrap() else {
        panic!("not updated")
    };
    assert_eq!(serde_json::to_value(update).unwrap(), json!({ "version": 1, "externalSegment": { "name": "Y" } }));
    assert_eq!(segment.external_segment.unwrap().name, "Y");
    assert_eq!(methods_of(&service), "GET PATCH GET");

    let another = [
        ExternalSegment { id: "x-2".into(), ..external.clone() },
        ExternalSegment { source: Some(ExternalSource::AdobeExperiencePlatform), ..external },
    ];
    for external in another {
        let error = segments::ensure(&config, &wanted(external)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.message().contains("externalSegment"), "{error}");
        assert_eq!(methods_of(&service), "GET");
    }
    add(&service, "Plain");
    let plain = ExternalSegment { id: "x-3".into(), name: "Z".into(), source: None };
    let error = segments::ensure(&config, &NewSegment { external_segment: Some(plain), ..NewSegment::new("Plain") })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
}
