//! `run`: waiting, cancelling, and faults on the way. Jobs of aggregates share the job runner.

use std::time::{Duration, Instant};

use genesys_journey::analytics::{self, AggregateQuery, Metric};
use genesys_journey::views::jobs::{self, JobOptions, JobStatus};
use genesys_stand_in::builder;

use super::*;

fn with_timeout(timeout: Duration) -> JobOptions<'static> {
    JobOptions { timeout, ..JobOptions::default() }
}

#[test]
fn a_job_is_submitted_awaited_and_read() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let mut statuses = Vec::new();
    let mut on_state = |status: &JobStatus| statuses.push(status.clone());
    let options = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
    let result = jobs::run(&config, &id, 1, options).unwrap();
    assert_eq!(statuses, [JobStatus::Accepted, JobStatus::Executing, JobStatus::Complete]);
    assert_eq!((result.elements.len(), result.chart_rows().count()), (2, 3));
    let job = format!("GET /{id}/versions/1/jobs/job-1");
    let expected =
        [format!("POST /{id}/versions/1/jobs"), job.clone(), job.clone(), job.clone(), format!("{job}/results")];
    assert_eq!(take_lines(&service), expected);
    assert_eq!(jobs::complete(&config, &id, 1, JobOptions::default()).unwrap(), "job-2");
    assert_eq!(take_lines(&service).len(), 4);
}

#[test]
fn a_failed_job_is_an_error() {
    for status in ["Failed", "Cancelled"] {
        let service = StandIn::start();
        let config = config!(service);
        let id = add(&service, &config);
        service.job_end(status, "");
        let error = jobs::run(&config, &id, 1, JobOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(error.to_string().contains(&format!("job job-1 ended as {status}")), "{error}");
        // It has ended, so it is not cancelled.
        assert!(take_lines(&service).iter().all(|line| !line.starts_with("PATCH")));
    }
}

#[test]
fn a_job_that_takes_too_long_is_cancelled() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.job_polls(usize::MAX);
    let error = jobs::run(&config, &id, 1, with_timeout(Duration::from_millis(300))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(service.last_request().body, Some(json!({ "status": "Cancelled" })));
    let lines = take_lines(&service);
    assert_eq!(*lines.last().unwrap(), format!("PATCH /{id}/versions/1/jobs/job-1"));
    assert_eq!(jobs::latest(&config, &id, 1).unwrap().status, Some(JobStatus::Cancelled));
}

#[test]
fn a_job_ends_at_the_deadline_of_the_config() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.job_polls(usize::MAX);
    let end = Instant::now() + Duration::from_millis(500);
    let error = jobs::run(&config.with_deadline(end), &id, 1, JobOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[test]
fn a_job_that_cannot_be_polled_is_cancelled() {
    let service = StandIn::start();
    let config = config!(service);
    let forbidden = || Response::json(403, json!({ "code": "missing.permission" }));
    service.respond_next([Response::json(200, json!({ "id": "j" })), forbidden(), Response::text(500, "")]);
    let error = jobs::run(&config, "v", 2, JobOptions::default()).unwrap_err();
    assert_eq!(error.code(), Some("missing.permission"));
    let expected = ["POST /v/versions/2/jobs", "GET /v/versions/2/jobs/j", "PATCH /v/versions/2/jobs/j"];
    assert_eq!(take_lines(&service), expected);
}

#[test]
fn a_panic_in_the_callback_cancels_the_job() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let run = std::panic::AssertUnwindSafe(|| {
        let mut on_state = |_: &JobStatus| std::panic::resume_unwind(Box::new("in the callback"));
        jobs::run(&config, &id, 1, JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() })
    });
    assert!(std::panic::catch_unwind(run).is_err());
    assert_eq!(service.last_request().method, "PATCH");
}

#[test]
fn a_submission_with_a_lost_response_is_not_retried() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.faults().lose_responses(1);
    let error = jobs::run(&config, &id, 1, JobOptions::default()).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(take_lines(&service), [format!("POST /{id}/versions/1/jobs")]);
    // The job that runs is found.
    assert_eq!(jobs::latest(&config, &id, 1).unwrap().id, "job-1");
}

#[test]
fn lost_polls_and_rate_limits_are_retried() {
    let service = StandIn::start();
    let config = config!(service);
    let ready = |body: Value| Response::json(200, body);
    let limited = || Response::text(429, "").header("Retry-After", "0");
    service.respond_next([
        limited(),
        ready(json!({ "id": "j", "status": "Accepted" })),
        limited(),
        Response::text(503, ""),
        ready(json!({ "id": "j", "status": "Executing" })),
        ready(json!({ "id": "j", "status": "Warming" })),
        ready(json!({ "id": "j" })),
        ready(json!({ "id": "j", "status": "Complete" })),
        Response::text(504, ""),
        ready(json!({ "elements": [{ "id": "e" }] })),
    ]);
    let result = jobs::run(&config, "v", 1, JobOptions::default()).unwrap();
    assert_eq!(result.elements[0].id.as_deref(), Some("e"));
    let lines = take_lines(&service);
    let count = |end: &str| lines.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!((count("/jobs"), count("/jobs/j"), count("/results")), (2, 6, 2));
}

#[test]
fn a_job_that_is_not_visible_yet_is_awaited() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.faults().lag_reads(6);
    jobs::run(&config, &id, 1, JobOptions::default()).unwrap();
    // 6 responses "not found", 3 reads of the status, and the results.
    assert_eq!(take_lines(&service).len(), 1 + 6 + 3 + 1);

    service.faults().lag_reads(7);
    let error = jobs::run(&config, &id, 1, JobOptions::default()).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let lines = take_lines(&service);
    assert_eq!(lines.len(), 1 + 7 + 1);
    assert!(lines.last().unwrap().starts_with("PATCH"));
}

#[test]
fn a_job_that_disappears_is_an_error() {
    let service = StandIn::start();
    let config = config!(service);
    let missing = Response::error(404, "not.found", "no such job");
    let bodies = [json!({ "id": "j" }), json!({ "id": "j", "status": "Executing" })];
    service.respond_next(bodies.map(|body| Response::json(200, body)).into_iter().chain([missing]));
    let error = jobs::run(&config, "v", 1, JobOptions::default()).unwrap_err();
    assert!(error.is_not_found());
    let job = "/v/versions/1/jobs/j";
    assert_eq!(take_lines(&service)[1..], [format!("GET {job}"), format!("GET {job}"), format!("PATCH {job}")]);
}

#[test]
fn a_job_of_aggregates_that_is_not_visible_yet_is_awaited() {
    let service = StandIn::start();
    service.faults().lag_reads(4);
    let query = AggregateQuery::new("2026-01-01T00:00:00Z/P1D".parse().unwrap(), [Metric::NJourneySessions]);
    drop(analytics::jobs::run(&config!(service), &query, Default::default()).unwrap());
    assert_eq!(service.requests().len(), 1 + 4 + 3);
}

#[test]
fn the_waits_between_polls_grow() {
    let service = StandIn::start();
    let config = builder!(service).initial_backoff(Duration::from_millis(10)).token(&service.token()).unwrap();
    let id = views::create(&config, &bots("Bots")).unwrap().id;
    service.clear_requests();
    service.job_polls(3);
    jobs::complete(&config, &id, 1, JobOptions::default()).unwrap();
    let at: Vec<Instant> = service.requests().iter().skip(1).map(|seen| seen.at).collect();
    assert_eq!(at.len(), 4);
    for (i, least) in [5, 10, 20].into_iter().enumerate() {
        assert!(at[i + 1] - at[i] >= Duration::from_millis(least), "wait {i} was {:?}", at[i + 1] - at[i]);
    }
}
