//! Values that a test of another program makes by hand: every response, and the errors.

use std::time::Duration;

use genesys_journey::action_targets::{ActionTarget, KeyValue};
use genesys_journey::analytics::jobs::{JobResults, JobState, JobStatus};
use genesys_journey::analytics::{AggregateResponse, Container, IntervalData, Metric, MetricData, Stats, ViewData};
use genesys_journey::segments::{self, Ensured, Found, Segment, SegmentUpdate};
use genesys_journey::{Error, ErrorDetail, ErrorKind, ErrorLimit, Page, ServiceError};
use genesys_stand_in::{Response, StandIn};
use serde_json::json;

use super::layers::sources;

fn segment(name: &str) -> Segment {
    let mut segment = Segment::default();
    segment.display_name = name.to_owned();
    segment
}

#[test]
fn every_response_has_a_default_and_public_fields() {
    assert_eq!(segment("VIP").display_name, "VIP");
    let mut target = ActionTarget::default();
    target.user_data = vec![KeyValue::default()];
    let mut status = JobStatus::default();
    status.state = Some(JobState::Failed);
    let mut results = JobResults::default();
    results.results = vec![Container::default()];
    let mut found = Found::default();
    found.missing.push("7".to_owned());
    let mut service = ServiceError::default();
    service.details.push(ErrorDetail::default());
    service.limit = Some(ErrorLimit::default());
}

#[test]
fn every_response_is_decoded_from_short_json() {
    let segment: Segment =
        serde_json::from_str(r#"{ "id": "7", "displayName": "VIP", "version": 1, "isActive": true }"#).unwrap();
    assert_eq!(segment.id, "7");
    let target: ActionTarget = serde_json::from_str(r#"{ "id": "7" }"#).unwrap();
    assert_eq!(target.id, "7");
    let status: JobStatus = serde_json::from_str("{}").unwrap();
    assert_eq!(status, JobStatus::default());
    let results: JobResults = serde_json::from_str(r#"{ "results": [] }"#).unwrap();
    assert_eq!(results, JobResults::default());
    let response: AggregateResponse = serde_json::from_str("{}").unwrap();
    assert_eq!(response, AggregateResponse::default());
}

#[test]
fn a_page_is_made_of_entities() {
    let mut page = Page::from(vec![segment("VIP")]);
    assert_eq!((page.entities.len(), page.total), (1, None));
    page.total = Some(1);
    let decoded: Page<Segment> = serde_json::from_value(json!({ "entities": page.entities, "total": 1 })).unwrap();
    assert_eq!(decoded, page);
    struct WithoutDefault;
    assert!(Page::<WithoutDefault>::default().entities.is_empty());
}

#[test]
fn every_result_of_ensure_is_made_by_hand() {
    let updated = Ensured::updated(segment("VIP"), SegmentUpdate::default());
    assert!(matches!(&updated, Ensured::Updated { entity: segment, .. } if segment.display_name == "VIP"));
    for ensured in [Ensured::Created(segment("VIP")), updated, Ensured::Unchanged(segment("VIP"))] {
        assert_eq!(ensured.entity(), &segment("VIP"));
        let mut exact = segments::EnsuredExact::from(ensured);
        exact.unchangeable.push(genesys_journey::Change::default());
        assert_eq!(exact.unchangeable[0].to_string(), ": none -> none");
    }
}

#[test]
fn rows_of_a_response_are_made_by_hand() {
    let mut stats = Stats::default();
    stats.count = Some(12);
    let mut metric = MetricData::default();
    metric.metric = Some(Metric::NJourneySessions);
    metric.stats = Some(Box::new(stats));
    let mut data = IntervalData::default();
    data.metrics = vec![metric];
    data.views = vec![ViewData::default()];
    let mut container = Container::default();
    container.data = vec![data];
    let mut response = AggregateResponse::default();
    response.results = vec![container];
    let counts: Vec<_> = response.rows().map(|row| (row.name.to_owned(), row.stats.count)).collect();
    assert_eq!(counts, [("nJourneySessions".to_owned(), Some(12)), (String::new(), None)]);
}

#[test]
fn every_response_type_has_a_default() {
    let mut found = 0;
    // The `Default` of a page is written by hand: entities need none.
    for (file, source) in sources().into_iter().filter(|(file, _)| file != "pagination/page.rs") {
        for (at, _) in source.match_indices("#[non_exhaustive]\npub struct") {
            let derive = source[..at].lines().rev().find(|line| line.starts_with("#[derive(")).unwrap();
            found += usize::from(derive.contains("Deserialize"));
            assert!(derive.contains("Default") || !derive.contains("Deserialize"), "{file}: {derive}");
        }
    }
    assert!(found > 5, "{found}");
}

/// Returns the error of an update that the stand-in responds to in this way.
fn received(response: Response) -> Error {
    let service = StandIn::start();
    let config = genesys_stand_in::builder!(service).max_attempts(1).token(&service.token()).unwrap();
    service.respond_next([response]);
    segments::update(&config, "7", &SegmentUpdate::default()).unwrap_err()
}

#[test]
fn an_error_from_a_response_is_that_of_a_call() {
    let long = format!("<title>{}</title>{}", "Blocked ".repeat(40), "ü".repeat(10_000));
    for (status, body) in [
        (400, r#"{ "code": "bad.request", "details": [{ "fieldName": "color", "errorCode": "invalid" }] }"#),
        (400, r#"{ "message": "Version 3 does not match the current version 4" }"#),
        (403, r#"{ "code": "missing.permission", "message": "No" }"#),
        (404, r#"{ "code": "not.found", "entityId": "7" }"#),
        (409, r#"{ "code": "version.mismatch" }"#),
        (409, r#"{ "code": "name.conflict" }"#),
        (429, r#"{ "message": "Retry the request in [45] seconds", "limit": { "key": "rate", "value": 300 } }"#),
        (500, r#"{"contextId":"1"}"#),
        (503, ""),
        (502, long.as_str()),
    ] {
        let (made, received) = (Error::from_response(status, body), received(Response::text(status, body)));
        let facts = |error: &Error| {
            let mut service = error.service_error().clone();
            service.context_id = None;
            let predicates = [error.is_not_found(), error.is_rate_limited(), error.is_version_conflict()];
            (error.kind(), error.status(), service, error.retry_after(), predicates)
        };
        assert_eq!(facts(&made), facts(&received), "{body}");
        let words = received.to_string();
        assert!(words.contains(made.to_string().split(" (").next().unwrap()), "{made} / {words}");
        assert!(made.body().len() <= 8 * 1024 && body.starts_with(made.body()));
        assert_eq!((made.attempts(), made.method(), made.url()), (0, None, None));
    }
}

#[test]
fn an_error_from_a_response_has_the_predicates_of_its_status() {
    for status in 400..600 {
        let error = Error::from_response(status, "");
        assert_eq!(error.kind(), if status == 401 { ErrorKind::Auth } else { ErrorKind::Api });
        assert_eq!(error.is_transient(), matches!(status, 408 | 429 | 500 | 502 | 503 | 504), "{status}");
        assert_eq!(error.is_not_found(), status == 404);
        assert_eq!(error.is_rate_limited(), status == 429);
        assert!(!error.outcome_unknown());
        assert!(error.with_outcome_unknown().outcome_unknown());
    }
}

#[test]
fn a_wait_of_zero_seconds_is_none() {
    let wait = |words: &str| Error::from_response(429, &json!({ "message": words }).to_string()).retry_after();
    assert_eq!(wait("Retry the request in [3] seconds"), Some(Duration::from_secs(3)));
    assert_eq!(wait("Retry the request in [0] seconds"), None);
}

#[test]
fn an_error_by_kind_has_a_message_and_nothing_else() {
    for (kind, is_transient) in [
        (ErrorKind::Input, false),
        (ErrorKind::Auth, false),
        (ErrorKind::Transport, true),
        (ErrorKind::Timeout, true),
        (ErrorKind::Api, false),
        (ErrorKind::Decode, false),
    ] {
        let error = Error::new(kind, "made by a test");
        assert_eq!((error.kind(), error.is_transient(), error.outcome_unknown()), (kind, is_transient, false));
        assert_eq!((error.message(), error.to_string().as_str()), ("made by a test", "made by a test"));
        assert_eq!((error.status(), error.code(), error.field(), error.body()), (None, None, None, ""));
        let unknown = Error::new(kind, "made by a test").with_outcome_unknown();
        assert!(unknown.outcome_unknown() && !unknown.is_transient());
        assert_eq!(unknown.to_string(), "made by a test; the request may have been processed");
    }
}
