//! `ensure` after a lost write, and the limits of its retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use genesys_journey::ConfigBuilder;
use genesys_listener::{Listener, Scripted};

use super::concurrent_changes::{blue, empty_list, list_of, list_or_single, with_fields, with_timeout};
use genesys_stand_in::{builder, config};

use super::*;

fn conflict() -> Response {
    Response::json(409, json!({ "code": "version.mismatch" }))
}

fn not_found() -> Response {
    Response::json(404, json!({ "code": "not.found" }))
}

fn lost() -> Response {
    Response::text(503, "")
}

/// Starts a stand-in with one segment, which differs from [`blue`].
fn with_one_segment() -> (StandIn, Value) {
    let service = StandIn::start();
    let id = add(&service, "From code");
    let segment = service.segment(&id).unwrap();
    (service, segment)
}

#[test]
fn an_update_is_not_sent_again_if_no_read_succeeds() {
    let (service, segment) = with_one_segment();
    let forbidden = Response::json(403, json!({ "code": "missing.permission" }));
    service.respond_next([list_of(&segment), lost(), forbidden]);
    let error = segments::ensure(&with_slow_backoff(&service), &blue()).unwrap_err();
    assert!(error.outcome_unknown() && error.status() == Some(503), "{error}");
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn an_update_is_not_sent_again_after_status_500() {
    let (service, segment) = with_one_segment();
    service.respond_next([list_of(&segment), Response::text(500, "")]);
    let error = segments::ensure(&with_timeout(&service, 20_000), &blue()).unwrap_err();
    assert!(error.outcome_unknown() && error.status() == Some(500), "{error}");
    assert_eq!(methods_of(&service).matches("PATCH").count(), 1);
}

#[test]
fn a_lost_update_is_sent_again_long_before_the_deadline() {
    let (service, _) = with_one_segment();
    service.faults().lose_writes(1);
    let started = Instant::now();
    assert!(matches!(segments::ensure(&with_timeout(&service, 60_000), &blue()).unwrap(), Ensured::Updated { .. }));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// Settings for a listener that behaves as the stand-in, except for updates. `update` gets their number, from 0,
/// and a function that applies them.
fn with_updates(
    service: &Arc<StandIn>,
    update: impl Fn(usize, &dyn Fn() -> Scripted) -> Scripted + Send + Sync + 'static,
) -> (Listener, ConfigBuilder) {
    let (behind, updates) = (service.clone(), AtomicUsize::new(0));
    let listener = Listener::responding(move |request| {
        let apply = || {
            let response = behind.handle(&request.method, &request.target, &request.headers, &request.body);
            Scripted::text(response.status, response.body)
        };
        if request.method == "PATCH" { update(updates.fetch_add(1, SeqCst), &apply) } else { apply() }
    });
    let region = Region::custom(&listener.url(), &listener.url()).unwrap();
    (listener, Config::builder(region).initial_backoff(Duration::from_millis(1)))
}

#[test]
fn a_lost_update_leaves_time_to_send_it_again() {
    let service = Arc::new(with_one_segment().0);
    let (_listener, settings) = with_updates(&service, |n, apply| {
        if n == 0 {
            return Scripted::text(503, "");
        }
        // A slow service.
        std::thread::sleep(Duration::from_millis(800));
        apply()
    });
    let settings = settings.initial_backoff(Duration::from_secs(6)).call_timeout(Duration::from_secs(6));
    let ensured = segments::ensure(&settings.token(&service.token()).unwrap(), &blue());
    assert!(matches!(ensured, Ok(Ensured::Updated { .. })), "{ensured:?}");
}

#[test]
fn an_update_is_sent_again_after_each_kind_of_lost_response() {
    let statuses = [408, 502, 503, 504].map(|status| Scripted::text(status, ""));
    for lost in statuses.into_iter().chain([Scripted::Close, Scripted::Reset]) {
        let service = Arc::new(with_one_segment().0);
        let scripted = lost.clone();
        let (_listener, settings) =
            with_updates(&service, move |n, apply| if n == 0 { scripted.clone() } else { apply() });
        let ensured = segments::ensure(&settings.token(&service.token()).unwrap(), &blue());
        assert!(matches!(ensured, Ok(Ensured::Updated { .. })), "{lost:?}: {ensured:?}");
    }
}

#[test]
fn a_resolved_lost_update_does_not_hide_later_errors() {
    let (service, segment) = with_one_segment();
    let service = Arc::new(service);
    let id = segment["id"].as_str().unwrap().to_owned();
    let behind = service.clone();
    let (_listener, settings) = with_updates(&service, move |n, _| {
        if n == 1 {
            // The same update is lost again, and another program changes the segment.
            let other = SegmentUpdate { description: "Changed".into(), ..SegmentUpdate::default() };
            segments::update(&config!(behind), &id, &other).unwrap();
        }
        let forbidden = || Scripted::json(403, json!({ "code": "missing.permission" }));
        if n < 2 { Scripted::text(503, "") } else { forbidden() }
    });
    let error = segments::ensure(&settings.token(&service.token()).unwrap(), &blue()).unwrap_err();
    assert_eq!((error.status(), error.outcome_unknown()), (Some(403), false), "{error}");
}

#[test]
fn polling_continues_after_a_lost_read() {
    let service = Arc::new(with_one_segment().0);
    let behind = service.clone();
    let (reads, before_update) = (AtomicUsize::new(0), 1);
    let listener = Listener::responding(move |request| {
        if request.method == "GET" && reads.fetch_add(1, SeqCst) == before_update {
            return Scripted::Close;
        }
        let response = behind.handle(&request.method, &request.target, &request.headers, &request.body);
        Scripted::text(if request.method == "PATCH" { 503 } else { response.status }, response.body)
    });
    let region = Region::custom(&listener.url(), &listener.url()).unwrap();
    let settings = Config::builder(region).initial_backoff(Duration::from_millis(1)).max_attempts(1);
    let ensured = segments::ensure(&settings.token(&service.token()).unwrap(), &blue());
    assert!(matches!(ensured, Ok(Ensured::Updated { .. })), "{ensured:?}");
    assert_eq!(
        listener.requests().iter().map(|seen| &seen.method[..]).collect::<Vec<_>>(),
        ["GET", "PATCH", "GET", "GET"]
    );
}

#[test]
fn a_second_create_never_follows_a_lost_create() {
    let (service, segment) = with_one_segment();
    service.respond_next([empty_list(), empty_list(), lost(), list_of(&segment), not_found()]);
    let error = segments::ensure(&with_slow_backoff(&service), &blue()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("POST"), "{error}");
    assert_eq!(methods_of(&service), "GET GET POST GET PATCH");
}

#[test]
fn a_segment_of_the_same_name_does_not_confirm_an_update() {
    let (service, segment) = with_one_segment();
    let renamed = with_fields(&segment, json!({ "displayName": "Old", "version": 2 }));
    let other = with_fields(&segment, json!({ "id": "other", "color": "#1F6FEB" }));
    service.respond_next([list_of(&segment), lost(), list_of(&other), list_or_single(&renamed), list_of(&other)]);
    let ensured = segments::ensure(&with_slow_backoff(&service), &blue()).unwrap();
    assert!(matches!(&ensured, Ensured::Unchanged(segment) if segment.id == "other"), "{ensured:?}");
}

#[test]
fn an_old_version_that_matches_does_not_confirm_an_update() {
    let (service, segment) = with_one_segment();
    let version = |version: i64, color: &str| with_fields(&segment, json!({ "version": version, "color": color }));
    let (first, second, third) = (version(1, "#1F6FEB"), version(2, "#000000"), version(3, "#1F6FEB"));
    let written = Response::json(200, &third);
    service.respond_next([list_of(&second), written, list_of(&first), list_of(&third)]);
    let ensured = segments::ensure(&with_slow_backoff(&service), &blue()).unwrap();
    assert_eq!(ensured.entity().version, 3);
    assert_eq!(methods_of(&service), "GET PATCH GET GET");
}

#[test]
fn a_later_change_confirms_an_update() {
    let (service, segment) = with_one_segment();
    let written = with_fields(&segment, json!({ "version": 2, "color": "#1F6FEB" }));
    let later = with_fields(&segment, json!({ "version": 3, "color": "#000000" }));
    service.respond_next([list_of(&segment), Response::json(200, &written), list_of(&later)]);
    let ensured = segments::ensure(&with_timeout(&service, 2000), &blue()).unwrap();
    assert_eq!(ensured.entity().version, 3);
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn the_segment_as_the_service_changed_it_confirms_an_update() {
    let (service, segment) = with_one_segment();
    let written = with_fields(&segment, json!({ "color": "#1F6FEC" }));
    service.respond_next([list_of(&segment), Response::json(200, &written), list_of(&written)]);
    let ensured = segments::ensure(&with_timeout(&service, 2000), &blue()).unwrap();
    assert_eq!(ensured.entity().color.as_deref(), Some("#1F6FEC"));
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn a_version_conflict_that_no_read_shows_ends_before_the_deadline() {
    let (service, segment) = with_one_segment();
    service.respond_next([list_of(&segment), conflict()]);
    let settings = builder!(service).initial_backoff(Duration::from_millis(20)).call_timeout(Duration::from_secs(60));
    let started = Instant::now();
    let error = segments::ensure(&settings.token(&service.token()).unwrap(), &blue()).unwrap_err();
    assert!(error.is_version_conflict(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn at_most_twenty_updates_are_sent() {
    for failure in [conflict, lost] {
        let (service, segment) = with_one_segment();
        let at = |version: i64| with_fields(&segment, json!({ "version": version }));
        service.respond_next([list_of(&at(-30))]);
        service.respond_next((-29..0).flat_map(|version| [failure(), list_or_single(&at(version))]));
        let error = segments::ensure(&with_slow_backoff(&service), &blue()).unwrap_err();
        assert_eq!(error.status(), Some(failure().status), "{error}");
        assert_eq!(methods_of(&service).matches("PATCH").count(), 20);
    }
}

/// Lists a segment that is deleted.
fn with_deleted_segment() -> StandIn {
    let (service, segment) = with_one_segment();
    segments::delete(&config!(service), segment["id"].as_str().unwrap()).unwrap();
    service.faults().mutate_lists(move |list| *list = json!({ "entities": [segment], "total": 1 }));
    service.clear_requests();
    service
}

#[test]
fn at_most_twenty_searches_follow_renames_and_deletions() {
    let service = with_deleted_segment();
    let error = segments::ensure(&with_timeout(&service, 60_000), &blue()).unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, None), "{error}");
    assert_eq!(methods_of(&service), ["GET PATCH"; 20].join(" "));
}

#[test]
fn searches_wait_and_end_at_the_deadline() {
    let service = with_deleted_segment();
    let config = builder!(service).initial_backoff(Duration::from_secs(1)).call_timeout(Duration::from_secs(1));
    let error = segments::ensure(&config.token(&service.token()).unwrap(), &blue()).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
    assert!(methods_of(&service).matches("PATCH").count() < 20);
}
