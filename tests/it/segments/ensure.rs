//! What there should be, and what it takes to get there.

use super::*;

#[test]
fn ensure_creates_what_is_not_there_once() {
    let service = StandIn::start();
    let config = patient(&service);
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
    let config = patient(&service);
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
    let ensured = segments::ensure(&patient(&service), &NewSegment::new("Asleep")).unwrap();
    assert!(matches!(&ensured, Ensured::Unchanged(segment) if !segment.is_active));
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ensure_refuses_to_choose_between_two_of_one_name() {
    let service = StandIn::start();
    let ids = [add(&service, "Twins"), add(&service, "Twins")];
    let error = segments::ensure(&patient(&service), &NewSegment::new("Twins")).unwrap_err();
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    assert_eq!(asked(&service), "GET");
}

#[test]
fn ensure_refuses_bad_input_before_it_asks() {
    let service = StandIn::start();
    let config = patient(&service);
    is_input(&segments::ensure(&config, &NewSegment::new("")).unwrap_err(), &service);
    let red = NewSegment { color: Some("red".into()), ..NewSegment::new("VIP") };
    is_input(&segments::ensure(&config, &red).unwrap_err(), &service);
}

#[test]
fn a_create_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    let service = StandIn::start();
    service.lose_answers(1);
    let Ensured::Created(segment) = segments::ensure(&patient(&service), &rich()).unwrap() else {
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
    assert!(matches!(segments::ensure(&patient(&service), &rich()).unwrap(), Ensured::Created(_)));
    let methods = asked(&service);
    assert_eq!(methods.matches("POST").count(), 1);
    // Five reads show nothing; a look is two of them where it finds nothing.
    assert_eq!(methods, "GET GET POST GET GET GET GET GET GET");
}

#[test]
fn a_create_that_does_not_show_up_is_an_error_with_unknown_outcome_at_the_deadline() {
    let service = StandIn::start();
    service.lose_writes(1);
    let deadline = Duration::from_secs(1);
    let config = service.settings().call_timeout(deadline).token(&service.token()).unwrap();
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
    let none = Response::json(200, &json!({ "entities": [], "total": 0 }));
    service.respond_next([none.clone(), none, Response::text(503, "")]);
    service.add_segment(json!({ "displayName": rich().display_name, "color": "#000000" }));
    let Ensured::Updated { segment, .. } = segments::ensure(&patient(&service), &rich()).unwrap() else {
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
    segments::create(&patient(&service), &rich()).unwrap();
    assert!(matches!(segments::ensure(&patient(&service), &rich()).unwrap(), Ensured::Unchanged(_)));
    let methods = asked(&service);
    assert!(methods.starts_with("POST GET GET POST GET"), "{methods}");
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_create_of_unknown_outcome_stays_that_where_looking_fails() {
    let service = StandIn::start();
    let config = patient(&service);
    let none = json!({ "entities": [], "total": 0 });
    service.respond_next([
        Response::json(200, &none),
        Response::json(200, &none),
        Response::text(502, ""),
        Response::json(403, &json!({ "code": "missing.permission" })),
    ]);
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(asked(&service), "GET GET POST GET");
}

#[test]
fn a_write_that_was_carried_out_is_no_error_where_looking_fails() {
    let service = StandIn::start();
    let config = patient(&service);
    let none = Response::json(200, &json!({ "entities": [], "total": 0 }));
    let forbidden = Response::json(403, &json!({ "code": "missing.permission" }));
    let made = Response::json(200, &serde_json::to_value(made_of(&rich())).unwrap());
    service.respond_next([none.clone(), none, made, forbidden.clone()]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Created(_)));
    assert_eq!(asked(&service), "GET GET POST GET");

    let found = Response::json(200, &json!({ "entities": [made_of(&NewSegment::new("From code"))], "total": 1 }));
    let changed = Response::json(200, &serde_json::to_value(made_of(&rich())).unwrap());
    service.respond_next([found, changed, forbidden]);
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
    assert_eq!(asked(&service), "GET PATCH GET");
}

#[test]
fn a_create_that_is_refused_is_the_error_and_nothing_is_looked_for() {
    let service = StandIn::start();
    service.seed_segments(500);
    let error = segments::ensure(&patient(&service), &rich()).unwrap_err();
    assert_eq!((error.code(), error.outcome_unknown()), (Some("limit.exceeded"), false));
    assert_eq!(asked(&service), "GET GET GET GET GET GET POST");
}

#[test]
fn an_update_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    service.lose_answers(1);
    let ensured = segments::ensure(&patient(&service), &rich()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { segment, .. } if segment.version == 2 && segment.id == id));
    assert_eq!(asked(&service), "GET PATCH GET");
}

#[test]
fn an_update_that_does_not_show_up_is_an_error_with_unknown_outcome_at_the_deadline() {
    let service = StandIn::start();
    add(&service, "From code");
    service.lose_writes(usize::from(u8::MAX));
    let config = service.settings().call_timeout(Duration::from_secs(1)).token(&service.token()).unwrap();
    let error = segments::ensure(&config, &rich()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == "PATCH", "{error}");
    assert!(!asked(&service).contains("PATCH PATCH"), "it looks before it sends it again");
    service.forget_lost_writes();
    // Run again later it finishes.
    assert!(matches!(segments::ensure(&config, &rich()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn ensure_waits_until_a_read_shows_what_was_written() {
    let service = StandIn::start();
    let config = patient(&service);
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
    let deadline = Duration::from_secs(1);
    let config = service.settings().call_timeout(deadline).token(&service.token()).unwrap();
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
    let config = patient(&service);
    // The search shows version 1; the segment is at version 2 by then.
    let stale = json!({ "entities": [service.segment(&id).unwrap()], "total": 1 });
    let other = SegmentUpdate { description: "Somebody else's".into(), ..SegmentUpdate::default() };
    segments::update(&config, &id, &other).unwrap();
    service.forget_requests();
    service.respond_next([Response::json(200, &stale)]);
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
    let config = patient(&service);
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
    let config = patient(&service);
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
