//! `run`: waiting, cancelling, and faults on the way. Jobs of aggregates share the job runner.

use std::time::{Duration, Instant};

use genesys_journey::action_maps::estimates;
use genesys_journey::analytics::{self, AggregateQuery, Metric};
use genesys_journey::outcomes::attributions::{self, NewAttributions};
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

/// Returns this many responses "not found".
fn missing(n: usize) -> Vec<Response> {
    (0..n).map(|_| Response::error(404, "not.found", "no such results")).collect()
}

#[test]
fn results_that_are_not_visible_yet_are_awaited() {
    let service = StandIn::start();
    let config = config!(service);
    let job = json!({ "id": "j", "status": "Complete" });
    let submitted = [json!({ "id": "j" }), job].map(|body| Response::json(200, body));
    let results = Response::json(200, json!({ "elements": [{ "id": "e" }] }));
    service.respond_next(submitted.into_iter().chain(missing(6)).chain([results]));
    let result = jobs::run(&config, "v", 1, JobOptions::default()).unwrap();
    assert_eq!(result.elements[0].id.as_deref(), Some("e"));
    assert_eq!(take_lines(&service)[2..], vec!["GET /v/versions/1/jobs/j/results"; 7]);

    let chart = || Response::json(200, json!({ "id": "c", "metrics": [{ "id": "m", "values": [{ "value": 7 }] }] }));
    service.respond_next(missing(6).into_iter().chain([chart()]));
    let result = jobs::chart_results(&config, "v", 1, "j", "c").unwrap();
    assert_eq!(result.rows().next().unwrap().text(), "7");
    let line = "GET /v/versions/1/jobs/j/results/charts/c";
    assert_eq!(take_lines(&service), vec![line; 7]);
    service.respond_next(missing(6).into_iter().chain([chart()]));
    let mut stream = jobs::stream_chart_results(&config, "v", 1, "j", "c").unwrap();
    assert_eq!(stream.next().unwrap().unwrap().value.text(), "7");
    assert_eq!(take_lines(&service), vec![line; 7]);
}

#[test]
fn results_that_stay_missing_are_an_error() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next(missing(7));
    assert!(jobs::results(&config, "v", 1, "j").unwrap_err().is_not_found());
    assert_eq!(take_lines(&service).len(), 7);
    // The waits end before the deadline of the call.
    let settings = builder!(service).initial_backoff(Duration::from_secs(1)).call_timeout(Duration::from_millis(800));
    let config = settings.token(&service.token()).unwrap();
    let start = Instant::now();
    service.respond_next(missing(20));
    assert!(jobs::results(&config, "v", 1, "j").unwrap_err().is_not_found());
    assert!(take_lines(&service).len() > 1);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn other_errors_of_results_are_not_retried() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    jobs::submit(&config, &id, 1).unwrap();
    take_lines(&service);
    assert_eq!(jobs::results(&config, &id, 1, "job-1").unwrap_err().code(), Some("job.not.complete"));
    assert_eq!(take_lines(&service).len(), 1);
}

#[test]
fn results_of_aggregates_that_are_not_visible_yet_are_awaited() {
    let service = StandIn::start();
    let config = config!(service);
    let query = AggregateQuery::new("2026-01-01T00:00:00Z/P1D".parse().unwrap(), [Metric::NJourneySessions]);
    let ready = |body: Value| Response::json(200, body);
    let job = [ready(json!({ "jobId": "j" })), ready(json!({ "state": "FULFILLED" }))];
    let page = ready(json!({ "results": [{ "group": { "a": "b" } }], "cursor": "next" }));
    service.respond_next(job.into_iter().chain(missing(6)).chain([page]).chain(missing(1)));
    let mut containers = analytics::jobs::run(&config, &query, Default::default()).unwrap();
    assert!(containers.next().unwrap().is_ok());
    // Only the first page may be missing.
    assert!(containers.next().unwrap().unwrap_err().is_not_found());
    assert_eq!(service.requests().len(), 2 + 6 + 1 + 1);
}

#[test]
fn results_of_estimates_and_attributions_are_awaited() {
    let service = StandIn::start();
    let config = config!(service);
    let ready = |body: Value| Response::json(200, body);
    let job = || ready(json!({ "id": "j" }));
    service.respond_next([job(), ready(json!("Succeeded"))].into_iter().chain(missing(6)).chain([ready(json!({}))]));
    estimates::run(&config, &Default::default(), Default::default()).unwrap();
    let results = ready(json!({ "entities": [] }));
    let ended = ready(json!({ "id": "j", "state": "Completed" }));
    service.respond_next([job(), ended].into_iter().chain(missing(6)).chain([results]));
    attributions::run(&config, &NewAttributions::new([]), Default::default()).unwrap();
    assert_eq!(service.requests().len(), 2 * (2 + 6 + 1));
}
