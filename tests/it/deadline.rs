//! Deadlines of operations that need several requests.

use std::time::{Duration, Instant};

use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Error, ErrorKind, Region};
use genesys_listener::calls::{LONG_TIMEOUT, TOKEN, at_once, settings};
use genesys_listener::{Listener, Scripted};
use genesys_stand_in::{Response, StandIn, builder, config};
use serde_json::json;

/// The time between requests with `requests_per_minute(120)`.
const INTERVAL: Duration = Duration::from_millis(500);

/// Returns a config whose call timeout is too short for this number of requests.
fn too_short_for(service: &StandIn, requests: u32) -> Config {
    let deadline = INTERVAL * (requests - 1) - Duration::from_millis(50);
    builder!(service).requests_per_minute(120).call_timeout(deadline).token(&service.token()).unwrap()
}

#[track_caller]
fn assert_out_of_time(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    // On a busy machine, the last request may be sent and time out.
    assert!(["not sent", "timed out"].iter().any(|words| error.to_string().contains(words)), "{error}");
    assert!(!error.outcome_unknown(), "{error}");
}

#[test]
fn nothing_is_sent_after_the_deadline() {
    let service = StandIn::start();
    let config = config!(service).with_deadline(Instant::now());
    let errors = [
        segments::get(&config, "an id").unwrap_err(),
        segments::create(&config, &NewSegment::new("VIP")).unwrap_err(),
        segments::delete(&config, "an id").unwrap_err(),
        segments::list_all(&config, &ListSegments::default()).next().unwrap().unwrap_err(),
        segments::edit(&config, "an id", |_| SegmentUpdate::default()).unwrap_err(),
        segments::ensure(&config, &NewSegment::new("VIP")).unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error}");
    }
    assert_eq!(service.requests().len(), 0);
}

#[test]
fn a_deadline_is_for_the_clone_and_cannot_be_extended() {
    let service = StandIn::start();
    let config = config!(service);
    let ended = config.with_deadline(Instant::now());
    let put_off = ended.with_deadline(Instant::now() + Duration::from_secs(60));
    assert!(segments::list(&put_off, &ListSegments::default()).is_err());
    segments::list(&config, &ListSegments::default()).unwrap();
    // Nor does it lengthen the deadline of a call.
    let config = too_short_for(&service, 3).with_deadline(Instant::now() + Duration::from_secs(60));
    assert_out_of_time(&segments::get_many(&config, ids(300)).unwrap_err());
}

#[test]
fn each_page_of_a_list_has_its_own_call_timeout() {
    let service = StandIn::start();
    service.seed_segments(500);
    let config = too_short_for(&service, 5);
    assert_eq!(segments::list_all(&config, &ListSegments::default()).filter(Result::is_ok).count(), 500);
}

#[test]
fn a_list_of_all_pages_ends_at_the_deadline() {
    let service = StandIn::start();
    service.seed_segments(500);
    let config = too_short_for(&service, 10).with_deadline(Instant::now() + INTERVAL * 2 - Duration::from_millis(50));
    let mut given: Vec<_> = segments::list_all(&config, &ListSegments::default()).collect();
    // Before the third page is sent, or, on a busy machine, during the second.
    assert_eq!(given.pop().unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    assert!(given.len() <= 200 && given.iter().all(Result::is_ok), "{}", given.len());
}

#[test]
fn many_ids_share_one_call_timeout() {
    let service = StandIn::start();
    assert_eq!(segments::get_many(&config!(service), ids(300)).unwrap().missing.len(), 300);
    assert_out_of_time(&segments::get_many(&too_short_for(&service, 3), ids(300)).unwrap_err());
}

fn ids(n: usize) -> impl Iterator<Item = String> {
    (0..n).map(|n| n.to_string())
}

#[test]
fn a_search_by_name_has_one_call_timeout() {
    let service = StandIn::start();
    service.seed_segments(500);
    assert_out_of_time(&segments::find_by_name(&too_short_for(&service, 5), "There is none").unwrap_err());
}

#[test]
fn an_edit_with_endless_conflicts_ends_before_the_deadline() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "Busy" }));
    let segment = service.segment(&id).unwrap();
    let conflict = || Response::json(409, json!({ "code": "version.mismatch" }));
    service.respond_next((0..40).flat_map(|_| [Response::json(200, &segment), conflict()]));
    let deadline = Duration::from_secs(2);
    let settings = builder!(service).initial_backoff(Duration::from_secs(1)).call_timeout(deadline);
    let config = settings.token(&service.token()).unwrap();
    let started = Instant::now();
    let change = |_: &_| SegmentUpdate { color: "#ABCDEF".into(), ..SegmentUpdate::default() };
    let error = segments::edit(&config, &id, change).unwrap_err();
    assert!(error.is_version_conflict(), "{error}");
    assert!(started.elapsed() <= deadline, "{:?}", started.elapsed());
}

/// A service that needs 100 ms for each of the first responses, and does not respond to the request after them.
fn silent_after(responses: &[serde_json::Value]) -> Listener {
    let slow =
        responses.iter().map(|body| Scripted::Delayed(Duration::from_millis(100), Box::new(Scripted::json(200, body))));
    Listener::scripted(slow.chain([Scripted::Silent]).collect::<Vec<_>>())
}

#[test]
fn a_timeout_in_a_helper_names_its_limit_and_value() {
    type Helper = fn(&Config) -> Option<Error>;
    let (none, segment) = (json!({"entities": []}), genesys_listener::calls::segment());
    let helpers: [(&str, Vec<serde_json::Value>, Helper); 4] = [
        ("get_many", vec![none.clone()], |config| segments::get_many(config, ids(200)).err()),
        ("find_by_name", vec![none.clone()], |config| segments::find_by_name(config, "VIP").err()),
        ("edit", vec![segment], |config| {
            segments::edit(config, "7", |_| SegmentUpdate { color: "#123456".into(), ..Default::default() }).err()
        }),
        ("ensure", vec![none], |config| segments::ensure(config, &NewSegment::new("VIP")).err()),
    ];
    at_once(helpers, |(name, responses, helper)| {
        let listener = silent_after(&responses);
        let settings = settings(&listener.url()).attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT);
        let config = settings.call_timeout(Duration::from_secs(1)).token(TOKEN).unwrap();
        let line = helper(&config).unwrap().to_string();
        assert!(line.contains("timed out after 1 s (call timeout)"), "{name}: {line}");
        // The deadline of the clone is the earlier one.
        let listener = silent_after(&responses);
        let region = Region::custom(&listener.url(), &listener.url()).unwrap();
        let config = Config::new(region, TOKEN).unwrap().with_deadline(Instant::now() + Duration::from_millis(500));
        let line = helper(&config).unwrap().to_string();
        assert!(line.contains(" ms (deadline)"), "{name}: {line}");
    });
}

#[test]
fn a_call_that_cannot_start_names_its_limit() {
    let service = StandIn::start();
    let error = segments::get_many(&too_short_for(&service, 3), ids(300)).unwrap_err();
    assert!(error.to_string().contains("and the call timeout of 950 ms passes before that"), "{error}");
    let config = config!(service).with_deadline(Instant::now());
    let error = segments::get(&config, "an id").unwrap_err();
    assert!(error.to_string().contains("not sent: the deadline has passed"), "{error}");
}
