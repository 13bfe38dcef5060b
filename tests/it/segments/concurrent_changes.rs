//! `ensure` while other programs change the same segment, and with delayed reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use genesys_stand_in::builder;

use super::*;
use genesys_listener::{Listener, Scripted};

/// Returns a list of one segment.
pub(super) fn list_of(segment: &Value) -> Response {
    Response::json(200, json!({ "entities": [segment], "total": 1 }))
}

/// Returns the segment as a list and as a single response at once, for a read of either kind.
pub(super) fn list_or_single(segment: &Value) -> Response {
    Response::json(200, with_fields(segment, json!({ "entities": [segment], "total": 1 })))
}

pub(super) fn empty_list() -> Response {
    Response::json(200, json!({ "entities": [], "total": 0 }))
}

/// Returns a copy of the segment with these fields.
pub(super) fn with_fields(segment: &Value, fields: Value) -> Value {
    let mut segment = segment.clone();
    for (key, value) in fields.as_object().unwrap() {
        segment[key] = value.clone();
    }
    segment
}

pub(super) fn with_timeout(service: &StandIn, millis: u64) -> Config {
    builder!(service).call_timeout(Duration::from_millis(millis)).token(&service.token()).unwrap()
}

pub(super) fn blue() -> NewSegment {
    NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new("From code") }
}

#[test]
fn a_segment_renamed_by_others_keeps_its_new_name() {
    for with_heir in [false, true] {
        let service = StandIn::start();
        let config = with_slow_backoff(&service);
        let id = add(&service, "From code");
        let stale = list_of(&service.segment(&id).unwrap());
        let renamed = SegmentUpdate { display_name: Some("Old".into()), ..SegmentUpdate::default() };
        segments::update(&config, &id, &renamed).unwrap();
        if with_heir {
            add(&service, "From code");
        }
        service.respond_next([stale]);
        let ensured = segments::ensure(&config, &blue()).unwrap();
        assert_ne!(ensured.entity().id, id);
        assert_eq!(service.segment(&id).unwrap()["displayName"], "Old");
        assert!(segments::find_by_name(&config, "From code").is_ok());
    }
}

#[test]
fn the_lowest_version_is_no_problem() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let least = with_fields(&segment, json!({ "version": i64::MIN, "color": "#1F6FEB" }));
    service.respond_next([list_of(&segment), list_or_single(&least), list_or_single(&least)]);
    assert!(matches!(segments::ensure(&with_timeout(&service, 5000), &blue()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn a_lost_update_is_seen_although_the_version_stays() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let blue_now = list_or_single(&with_fields(&segment, json!({ "color": "#1F6FEB" })));
    service.respond_next([list_of(&segment), Response::text(503, ""), blue_now]);
    let ensured = segments::ensure(&with_timeout(&service, 5000), &blue()).unwrap();
    assert!(
        matches!(&ensured, Ensured::Updated { entity: segment, .. } if segment.color.as_deref() == Some("#1F6FEB"))
    );
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn an_update_is_confirmed_although_the_version_stays() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let blue_now = list_or_single(&with_fields(&segment, json!({ "color": "#1F6FEB" })));
    service.respond_next([list_of(&segment), blue_now.clone(), list_or_single(&segment), blue_now]);
    let ensured = segments::ensure(&with_timeout(&service, 5000), &blue()).unwrap();
    assert_eq!(ensured.entity().color.as_deref(), Some("#1F6FEB"));
    assert_eq!(methods_of(&service), "GET PATCH GET GET");
}

#[test]
fn a_lost_update_counts_as_an_update() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let first = service.segment(&id).unwrap();
    let wanted = NewSegment { description: Some("d".into()), ..blue() };
    // The lost update makes version 2, and other programs make versions 3 and 4.
    let third = with_fields(&first, json!({ "version": 3, "description": "d" }));
    let fourth = with_fields(&third, json!({ "version": 4, "color": "#1F6FEB" }));
    service.respond_next([
        list_of(&first),
        Response::text(503, ""),
        list_or_single(&third),
        Response::json(409, json!({ "code": "version.mismatch" })),
        list_or_single(&fourth),
    ]);
    let ensured = segments::ensure(&with_slow_backoff(&service), &wanted).unwrap();
    assert_eq!(methods_of(&service), "GET PATCH GET PATCH GET");
    assert!(matches!(ensured, Ensured::Updated { .. }), "{ensured:?}");
}

#[test]
fn a_lost_create_stays_unknown_if_the_name_is_taken() {
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let mirror = NewSegment { external_segment: Some(external), ..blue() };
    for wanted in [mirror, blue()] {
        let service = StandIn::start();
        let id = add(&service, "From code");
        let forbidden = Response::json(403, json!({ "code": "missing.permission" }));
        let theirs = list_of(&service.segment(&id).unwrap());
        service.respond_next([empty_list(), empty_list(), Response::text(503, ""), theirs, forbidden]);
        let error = segments::ensure(&with_slow_backoff(&service), &wanted).unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
    }
}

#[test]
fn a_segment_deleted_by_others_is_created_again() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "From code");
    let stale = list_of(&service.segment(&id).unwrap());
    segments::delete(&config, &id).unwrap();
    service.clear_requests();
    service.respond_next([stale]);
    let ensured = segments::ensure(&config, &blue()).unwrap();
    assert!(matches!(ensured, Ensured::Created(_)));
    assert_eq!(methods_of(&service), "GET PATCH GET GET POST GET");
}

#[test]
fn an_external_segment_cleared_by_others_is_an_error() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: Some(ExternalSource::Custom) };
    let id = service.add_segment(json!({ "displayName": "From code", "externalSegment": external }));
    let stale = list_of(&service.segment(&id).unwrap());
    let cleared = json!({ "externalSegment": null });
    raw::patch::<Value>(&config, &["journey", "segments", &id], &[], &cleared).unwrap();
    service.respond_next([stale]);
    let wanted = NewSegment { external_segment: Some(external), ..blue() };
    let error = segments::ensure(&config, &wanted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
}

#[test]
fn an_invisible_conflict_ends_before_the_deadline() {
    for patch in [true, false] {
        let service = StandIn::start();
        let id = add(&service, "From code");
        let found = list_of(&service.segment(&id).unwrap());
        let refused = Response::json(409, json!({ "code": "segment.in.use", "message": "It is in use" }));
        if patch {
            service.respond_next([found, refused]);
        } else {
            segments::delete(&with_slow_backoff(&service), &id).unwrap();
            service.respond_next([empty_list(), empty_list(), refused]);
        }
        let started = Instant::now();
        let error = segments::ensure(&with_timeout(&service, 20_000), &blue()).unwrap_err();
        assert_eq!(error.code(), Some("segment.in.use"));
        assert!(started.elapsed() < Duration::from_secs(10), "patch {patch}: {:?}", started.elapsed());
    }
}

#[test]
fn a_409_is_a_conflict_if_the_segment_has_changed() {
    for has_changed in [true, false] {
        let service = StandIn::start();
        let id = add(&service, "From code");
        let version = if has_changed { 0 } else { 1 };
        let found = list_of(&with_fields(&service.segment(&id).unwrap(), json!({ "version": version })));
        service.respond_next([found, Response::json(409, json!({ "code": "segment.in.use", "message": "In use" }))]);
        let result = segments::ensure(&with_slow_backoff(&service), &blue());
        if has_changed {
            assert!(matches!(result, Ok(Ensured::Updated { .. })), "{result:?}");
            assert_eq!(methods_of(&service), "GET PATCH GET PATCH GET");
        } else {
            assert_eq!(result.unwrap_err().code(), Some("segment.in.use"));
            assert_eq!(methods_of(&service), "GET PATCH GET");
        }
    }
}

#[test]
fn polling_ends_with_the_smallest_backoff() {
    let service = StandIn::start();
    service.faults().lag_reads(usize::MAX);
    let settings = builder!(service).initial_backoff(Duration::from_nanos(1)).call_timeout(Duration::from_secs(1));
    let config = settings.token(&service.token()).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(segments::ensure(&config, &rich()).is_ok()));
    assert_eq!(ended.recv_timeout(Duration::from_secs(10)), Ok(true));
}

#[test]
fn polling_continues_after_a_temporary_error() {
    for status in [404, 408, 429, 500, 502, 503, 504] {
        let service = StandIn::start();
        let config = builder!(service).max_attempts(1).token(&service.token()).unwrap();
        // The create is applied, and its response is lost.
        service.respond_next([empty_list(), empty_list(), Response::text(503, ""), Response::text(status, "")]);
        service.add_segment(serde_json::to_value(rich()).unwrap());
        let ensured = segments::ensure(&config, &rich());
        assert!(matches!(ensured, Ok(Ensured::Created(_))), "{status}: {ensured:?}");
    }
}

#[test]
fn an_invisible_update_is_sent_again_with_the_same_version() {
    let service = StandIn::start();
    add(&service, "From code");
    service.faults().lose_writes(1);
    let ensured = segments::ensure(&with_timeout(&service, 5000), &rich()).unwrap();
    assert!(matches!(&ensured, Ensured::Updated { entity: segment, .. } if segment.version == 2), "{ensured:?}");
    let sent: Vec<_> = service.requests().into_iter().filter(|seen| seen.method == "PATCH").collect();
    assert!(sent.len() == 2 && sent[0].body == sent[1].body, "{sent:?}");
}

#[test]
fn ensure_waits_until_the_list_shows_the_update() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "From code");
    let before = service.segment(&id).unwrap();
    let left = AtomicUsize::new(6);
    service.faults().mutate_lists(move |list| {
        if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            list["entities"] = json!([before]);
        }
    });
    segments::ensure(&config, &blue()).unwrap();
    service.clear_requests();
    assert!(matches!(segments::ensure(&config, &blue()).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn several_conflicts_in_a_row_are_resolved() {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    let at = |version: i64| with_fields(&segment, json!({ "version": version }));
    service.respond_next([list_of(&at(-8))]);
    let conflict = || Response::json(409, json!({ "code": "version.mismatch" }));
    service.respond_next((-7..=0).flat_map(|version| [conflict(), list_or_single(&at(version))]));
    service.respond_next([conflict()]);
    assert!(matches!(segments::ensure(&with_slow_backoff(&service), &blue()).unwrap(), Ensured::Updated { .. }));
}

#[test]
fn a_write_without_a_response_leaves_time_to_read() {
    for exists in [false, true] {
        let service = Arc::new(StandIn::start());
        if exists {
            add(&service, "From code");
        }
        let behind = service.clone();
        let listener = Listener::responding(move |request| {
            let response = behind.handle(&request.method, &request.target, &request.headers, &request.body);
            if request.method == "GET" { Scripted::text(response.status, response.body) } else { Scripted::Silent }
        });
        let region = Region::custom(&listener.url(), &listener.url()).unwrap();
        let settings =
            Config::builder(region).initial_backoff(Duration::from_millis(1)).call_timeout(Duration::from_secs(2));
        let ensured = segments::ensure(&settings.token(&service.token()).unwrap(), &rich());
        match ensured {
            Ok(Ensured::Created(_)) if !exists => {}
            Ok(Ensured::Updated { .. }) if exists => {}
            other => panic!("{other:?} {}", methods_of(&service)),
        }
    }
}

#[test]
fn an_unconfirmed_lost_update_has_an_unknown_outcome() {
    let service = StandIn::start();
    add(&service, "From code");
    service.faults().lag_reads(usize::MAX);
    service.faults().lose_responses(1);
    let error = segments::ensure(&with_timeout(&service, 2000), &blue()).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
}

#[test]
fn another_segment_of_the_name_does_not_confirm_a_create() {
    let service = StandIn::start();
    let created = segment(json!({ "displayName": "From code" }));
    let id = add(&service, "From code");
    let other = list_of(&service.segment(&id).unwrap());
    let response = Response::json(200, with_fields(&serde_json::to_value(&created).unwrap(), json!({ "id": "new" })));
    service.respond_next([empty_list(), empty_list(), response, other]);
    let ensured = segments::ensure(&with_timeout(&service, 500), &NewSegment::new("From code")).unwrap();
    assert_eq!(ensured.entity().id, "new");
}

#[test]
fn a_segment_with_another_external_segment_is_not_the_lost_create() {
    let service = StandIn::start();
    let external = ExternalSegment { id: "x-1".into(), name: "X".into(), source: None };
    service.respond_next([empty_list(), empty_list(), Response::text(503, "")]);
    service.add_segment(json!({ "displayName": "From code", "externalSegment": { "id": "x-2", "name": "X" } }));
    let wanted = NewSegment { external_segment: Some(external), ..NewSegment::new("From code") };
    let error = segments::ensure(&with_slow_backoff(&service), &wanted).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("POST"), "{error}");
}
