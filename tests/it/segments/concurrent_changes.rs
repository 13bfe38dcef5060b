//! What others do to a segment while it is ensured, and what a service does that is slow to show it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use genesys_listener::{Listener, Scripted};
use super::*;

/// A list of one.
fn only(segment: &Value) -> Response {
    Response::json(200, &json!({ "entities": [segment], "total": 1 }))
}

/// As a list of one, and as the one: whichever way it is looked at.
fn either(segment: &Value) -> Response {
    Response::json(200, &later(segment, json!({ "entities": [segment], "total": 1 })))
}

fn none() -> Response {
    Response::json(200, &json!({ "entities": [], "total": 0 }))
}

/// What was read once, with other fields since.
fn later(segment: &Value, fields: Value) -> Value {
    let mut segment = segment.clone();
    for (key, value) in fields.as_object().unwrap() {
        segment[key] = value.clone();
    }
    segment
}

fn impatient(service: &StandIn, millis: u64) -> Config {
    service.settings().call_timeout(Duration::from_millis(millis)).token(&service.token()).unwrap()
}

fn blue() -> NewSegment {
    NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("From code") }
}

#[test]
fn a_segment_that_is_renamed_meanwhile_keeps_its_new_name() {
    for with_heir in [false, true] {
        let service = StandIn::start();
        let config = patient(&service);
        let id = add(&service, "From code");
        let stale = only(&service.segment(&id).unwrap());
        let renamed = SegmentUpdate { display_name: "Old".into(), ..SegmentUpdate::default() };
        segments::update(&config, &id, &renamed).unwrap();
        if with_heir {
            add(&service, "From code");
        }
        service.respond_next([stale]);
        let ensured = segments::ensure(&config, &blue()).unwrap();
        assert_ne!(ensured.segment().id, id);
        assert_eq!(service.segment(&id).unwrap()["displayName"], "Old");
        assert!(segments::find_by_name(&config, "From code").is_ok());
    }
}

#[test]
fn no_version_makes_ensure_panic_or_wait() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let least = later(&segment, json!({ "version": i64::MIN, "color": "#1F6FEB" }));
    service.respond_next([only(&segment), either(&least), either(&least)]);
    assert!(matches!(segments::ensure(&impatient(&service, 5000), &blue()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn a_lost_update_of_a_service_that_does_not_raise_the_version_is_seen() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let blue_now = either(&later(&segment, json!({ "color": "#1F6FEB" })));
    service.respond_next([only(&segment), Response::text(503, ""), blue_now]);
    let ensured = segments::ensure(&impatient(&service, 5000), &blue()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { segment, .. } if segment.color == "#1F6FEB"));
    assert_eq!(asked(&service), "GET PATCH GET");
}

#[test]
fn an_update_is_waited_for_where_the_version_is_not_raised() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let blue_now = either(&later(&segment, json!({ "color": "#1F6FEB" })));
    service.respond_next([only(&segment), blue_now.clone(), either(&segment), blue_now]);
    let ensured = segments::ensure(&impatient(&service, 5000), &blue()).unwrap();
    assert_eq!(ensured.segment().color, "#1F6FEB");
    assert_eq!(asked(&service), "GET PATCH GET GET");
}

#[test]
fn what_was_sent_and_lost_is_not_called_unchanged() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let first = service.segment(&id).unwrap();
    let wanted = NewSegment { description: Some("d".into()), ..blue() };
    // One's own, whose answer is lost, is 2; others make it 3 and, before it can be changed, 4.
    let third = later(&first, json!({ "version": 3, "description": "d" }));
    let fourth = later(&third, json!({ "version": 4, "color": "#1F6FEB" }));
    service.respond_next([
        only(&first),
        Response::text(503, ""),
        either(&third),
        Response::json(409, &json!({ "code": "version.mismatch" })),
        either(&fourth),
    ]);
    let ensured = segments::ensure(&patient(&service), &wanted).unwrap();
    assert_eq!(asked(&service), "GET PATCH GET PATCH GET");
    assert!(matches!(ensured, Ensured::Updated { .. }), "{ensured:?}");
}

#[test]
fn an_unknown_create_stays_unknown_where_another_of_the_name_cannot_be_changed() {
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let mirror = NewSegment { external_segment: Some(external), ..blue() };
    for wanted in [mirror, blue()] {
        let service = StandIn::start();
        let id = add(&service, "From code");
        let forbidden = Response::json(403, &json!({ "code": "missing.permission" }));
        let theirs = only(&service.segment(&id).unwrap());
        service.respond_next([none(), none(), Response::text(503, ""), theirs, forbidden]);
        let error = segments::ensure(&patient(&service), &wanted).unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
    }
}

#[test]
fn a_segment_that_is_deleted_meanwhile_is_made_again() {
    let service = StandIn::start();
    let config = patient(&service);
    let id = add(&service, "From code");
    let stale = only(&service.segment(&id).unwrap());
    segments::delete(&config, &id).unwrap();
    service.forget_requests();
    service.respond_next([stale]);
    let ensured = segments::ensure(&config, &blue()).unwrap();
    assert!(matches!(ensured, Ensured::Created(_)));
    assert_eq!(asked(&service), "GET PATCH GET GET POST GET");
}

#[test]
fn an_external_segment_that_is_cleared_meanwhile_is_an_error() {
    let service = StandIn::start();
    let config = patient(&service);
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let id = service.add_segment(json!({ "displayName": "From code", "externalSegment": external }));
    let stale = only(&service.segment(&id).unwrap());
    let cleared = SegmentUpdate { external_segment: Update::Clear, ..SegmentUpdate::default() };
    segments::update(&config, &id, &cleared).unwrap();
    service.respond_next([stale]);
    let wanted = NewSegment { external_segment: Some(external), ..blue() };
    let error = segments::ensure(&config, &wanted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
}

#[test]
fn a_conflict_that_no_read_shows_is_not_waited_for_until_the_deadline() {
    for patch in [true, false] {
        let service = StandIn::start();
        let id = add(&service, "From code");
        let found = only(&service.segment(&id).unwrap());
        let refused = Response::json(409, &json!({ "code": "segment.in.use", "message": "It is in use" }));
        match patch {
            true => service.respond_next([found, refused]),
            false => {
                segments::delete(&patient(&service), &id).unwrap();
                service.respond_next([none(), none(), refused]);
            }
        }
        let started = Instant::now();
        let error = segments::ensure(&impatient(&service, 20_000), &blue()).unwrap_err();
        assert_eq!(error.code(), Some("segment.in.use"));
        assert!(started.elapsed() < Duration::from_secs(10), "patch {patch}: {:?}", started.elapsed());
    }
}

#[test]
fn looks_end_with_the_smallest_base_wait_too() {
    let service = StandIn::start();
    service.lag_reads(usize::MAX);
    let settings = service.settings().initial_backoff(Duration::from_nanos(1)).call_timeout(Duration::from_secs(1));
    let config = settings.token(&service.token()).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(segments::ensure(&config, &rich()).is_ok()));
    assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(true));
}

#[test]
fn a_look_that_fails_for_a_moment_is_taken_again() {
    for status in [408, 500, 502, 503, 504] {
        let service = StandIn::start();
        let config = service.settings().max_attempts(1).token(&service.token()).unwrap();
        // Lost and carried out, by hand.
        service.respond_next([none(), none(), Response::text(503, ""), Response::text(status, "")]);
        service.add_segment(serde_json::to_value(rich()).unwrap());
        let ensured = segments::ensure(&config, &rich());
        assert!(matches!(ensured, Ok(Ensured::Created(_))), "{status}: {ensured:?}");
    }
}

#[test]
fn an_update_that_no_read_shows_is_sent_again_with_the_same_version() {
    let service = StandIn::start();
    add(&service, "From code");
    service.lose_writes(1);
    let ensured = segments::ensure(&impatient(&service, 5000), &rich()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { segment, .. } if segment.version == 2), "{ensured:?}");
    let sent: Vec<_> = service.requests().into_iter().filter(|seen| seen.method == "PATCH").collect();
    assert!(sent.len() == 2 && sent[0].body == sent[1].body, "{sent:?}");
}

#[test]
fn a_list_that_lags_more_than_the_single_read_is_waited_for() {
    let service = StandIn::start();
    let config = patient(&service);
    let id = add(&service, "From code");
    let before = service.segment(&id).unwrap();
    let left = AtomicUsize::new(6);
    service.mutate_lists(move |list| {
        if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            list["entities"] = json!([before]);
        }
    });
    segments::ensure(&config, &blue()).unwrap();
    service.forget_requests();
    assert!(matches!(segments::ensure(&config, &blue()).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(asked(&service), "GET");
}

#[test]
fn a_name_that_the_service_changed_is_looked_for_as_it_is_now() {
    let service = StandIn::start();
    let made = service.add_segment(json!({ "displayName": "VIP" }));
    let made = service.segment(&made).unwrap();
    service.respond_next([none(), none(), Response::json(200, &made)]);
    let started = Instant::now();
    segments::ensure(&impatient(&service, 20_000), &NewSegment::new("VIP ")).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn conflicts_that_end_are_outlasted() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let at = |version: i64| later(&segment, json!({ "version": version }));
    service.respond_next([only(&at(-8))]);
    let conflict = || Response::json(409, &json!({ "code": "version.mismatch" }));
    service.respond_next((-7..=0).flat_map(|version| [conflict(), either(&at(version))]));
    service.respond_next([conflict()]);
    assert!(matches!(segments::ensure(&patient(&service), &blue()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn a_write_that_is_never_answered_leaves_time_to_look() {
    let service = Arc::new(StandIn::start());
    let answering = service.clone();
    let listener = Listener::answering(move |request| {
        let answer = answering.answer(&request.method, &request.target, &request.headers, &request.body);
        if request.method == "GET" { Scripted::text(answer.status, answer.body) } else { Scripted::Silent }
    });
    let region = Region::custom(&listener.url(), &listener.url()).unwrap();
    let settings =
        Config::builder(region).initial_backoff(Duration::from_millis(1)).call_timeout(Duration::from_secs(2));
    let ensured = segments::ensure(&settings.token(&service.token()).unwrap(), &rich());
    assert!(matches!(ensured, Ok(Ensured::Created(_))), "{ensured:?} {}", asked(&service));
}

#[test]
fn a_conflict_with_ones_own_lost_write_that_no_read_shows_stays_unknown() {
    let service = StandIn::start();
    add(&service, "From code");
    service.lag_reads(usize::MAX);
    service.lose_answers(1);
    let error = segments::ensure(&impatient(&service, 2000), &blue()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
}
