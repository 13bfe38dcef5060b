//! Jobs: the single requests, and `run`.

use genesys_journey::analytics::jobs::{self, JobContainers, JobState};
use genesys_stand_in::{builder, config};

use super::*;

#[test]
fn the_four_requests_of_a_job() {
    let service = StandIn::start();
    add_active(&service, 5);
    let config = config!(service);
    let id = jobs::submit(&config, &by_segment(), Some(2)).unwrap();
    let body = service.last_request().body.unwrap();
    let expected = json!({
        "interval": january().as_str(), "groupBy": ["journeySegmentId"], "metrics": ["nJourneySessions"], "pageSize": 2,
    });
    assert_eq!((id.as_str(), body), ("job-1", expected));

    let status = jobs::status(&config, &id).unwrap();
    assert_eq!((status.state, status.error_message), (Some(JobState::Queued), None));
    assert!(status.submission_date.is_some() && status.completion_date.is_none());
    assert_eq!(jobs::results(&config, &id, None).unwrap_err().code(), Some("job.not.fulfilled"));
    assert_eq!(jobs::status(&config, &id).unwrap().state, Some(JobState::Pending));
    assert_eq!(jobs::status(&config, &id).unwrap().state, Some(JobState::Fulfilled));

    let first = jobs::results(&config, &id, None).unwrap();
    let second = jobs::results(&config, &id, first.cursor.as_deref()).unwrap();
    let third = jobs::results(&config, &id, second.cursor.as_deref()).unwrap();
    assert_eq!((first.results.len(), second.results.len(), third.results.len()), (2, 2, 1));
    assert_eq!(third.cursor, None);
    jobs::cancel(&config, &id).unwrap();
    assert_eq!(jobs::status(&config, &id).unwrap().state, Some(JobState::Cancelled));
    let expected = [
        "POST /jobs",
        "GET /jobs/job-1",
        "GET /jobs/job-1/results",
        "GET /jobs/job-1",
        "GET /jobs/job-1",
        "GET /jobs/job-1/results",
        "GET /jobs/job-1/results?cursor=from-2",
        "GET /jobs/job-1/results?cursor=from-4",
        "DELETE /jobs/job-1",
        "GET /jobs/job-1",
    ];
    assert_eq!(take_requests(&service), expected);
    // Without a page size, the parameter is not sent.
    jobs::submit(&config, &sessions(), None).unwrap();
    assert_eq!(service.last_request().body.unwrap().get("pageSize"), None);
    let error = jobs::submit(&config, &sessions(), Some(0)).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0));
}

#[test]
fn a_submission_with_a_lost_response_is_not_retried() {
    let service = StandIn::start();
    service.respond_next([Response::text(503, "")]);
    let error = jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(take_requests(&service), ["POST /jobs"]);
}

#[test]
fn a_job_yields_the_results_of_the_query_page_by_page() {
    let service = StandIn::start();
    add_active(&service, 5);
    let config = config!(service);
    let mut states = Vec::new();
    let mut on_state = |state: &JobState| states.push(state.clone());
    let wait = JobOptions { page_size: Some(2), on_state: Some(&mut on_state), ..JobOptions::default() };
    let mut containers = jobs::run(&config, &by_segment(), wait).unwrap();
    assert_eq!(states, [JobState::Queued, JobState::Pending, JobState::Fulfilled]);
    assert_eq!(containers.job_id(), "job-1");
    let waited = ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1", "GET /jobs/job-1"];
    assert_eq!(take_requests(&service), waited);

    let mut given = vec![containers.next().unwrap().unwrap(), containers.next().unwrap().unwrap()];
    assert_eq!(take_requests(&service), ["GET /jobs/job-1/results"]);
    given.push(containers.next().unwrap().unwrap());
    assert_eq!(take_requests(&service), ["GET /jobs/job-1/results?cursor=from-2"]);
    given.extend(containers.by_ref().map(Result::unwrap));
    assert_eq!(take_requests(&service), ["GET /jobs/job-1/results?cursor=from-4"]);
    assert!(containers.next().is_none());
    assert_eq!(analytics::query_aggregates(&config, &by_segment()).unwrap().results, given);
}

#[test]
fn a_job_that_is_done_at_once_is_three_requests() {
    let service = StandIn::start();
    add_active(&service, 1);
    service.job_polls(0);
    let containers = jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap();
    assert_eq!(containers.filter(Result::is_ok).count(), 1);
    assert_eq!(take_requests(&service), ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1/results"]);
}

#[test]
fn the_pauses_between_polls_grow() {
    let service = StandIn::start();
    service.job_polls(4);
    let config = builder!(service).initial_backoff(Duration::from_millis(20)).token(&service.token()).unwrap();
    drop(jobs::run(&config, &sessions(), JobOptions::default()).unwrap());
    let at: Vec<_> = service.requests().iter().skip(1).map(|seen| seen.at).collect();
    assert_eq!(at.len(), 5);
    for (i, least) in [10, 20, 40, 80].into_iter().enumerate() {
        assert!(at[i + 1] - at[i] >= Duration::from_millis(least), "pause {i} was {:?}", at[i + 1] - at[i]);
    }
}

#[test]
fn a_failed_job_is_an_error_with_the_services_message() {
    for state in ["FAILED", "CANCELLED", "EXPIRED"] {
        let service = StandIn::start();
        service.job_end(state, "Query too large for the moon");
        let mut last = None;
        let mut on_state = |state: &JobState| last = Some(state.clone());
        let wait = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
        let error = jobs::run(&config!(service), &sessions(), wait).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        for part in [state, "job-1", "Query too large for the moon"] {
            assert!(error.to_string().contains(part), "{part} is not in {error}");
        }
        assert_eq!(last, Some(JobState::from(state)));
        // The job has ended, so it is not cancelled.
        assert_eq!(take_requests(&service), ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1", "GET /jobs/job-1"]);
    }
    let service = StandIn::start();
    service.job_end("FAILED", "");
    let error = jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap_err();
    assert!(error.to_string().contains("FAILED"), "{error}");
}

#[test]
fn a_job_that_takes_too_long_is_cancelled() {
    let service = StandIn::start();
    service.job_polls(usize::MAX);
    let wait = JobOptions { timeout: Duration::from_secs(2), ..JobOptions::default() };
    let error = jobs::run(&config!(service), &sessions(), wait).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("job-1") && error.to_string().contains("2s"), "{error}");
    let requests = take_requests(&service);
    assert_eq!(requests.last().unwrap(), "DELETE /jobs/job-1");
    assert_eq!(requests.iter().filter(|requests| requests.starts_with("DELETE")).count(), 1);
    assert!(requests.len() > 4, "{requests:?}");
    assert_eq!(jobs::status(&config!(service), "job-1").unwrap().state, Some(JobState::Cancelled));
}

#[test]
fn a_job_ends_at_the_deadline_of_the_config() {
    let service = StandIn::start();
    service.job_polls(usize::MAX);
    let settings = builder!(service).initial_backoff(Duration::from_secs(60));
    let config = settings.token(&service.token()).unwrap();
    let end = Instant::now() + Duration::from_secs(1);
    let error = jobs::run(&config.with_deadline(end), &sessions(), JobOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(Instant::now() <= end + Duration::from_secs(1));
    // The pauses are shortened, so that the job is polled more than once.
    assert!(take_requests(&service).iter().filter(|requests| *requests == "GET /jobs/job-1").count() > 2);
}

#[test]
fn a_job_that_cannot_be_polled_is_cancelled() {
    let service = StandIn::start();
    let forbidden = || Response::json(403, json!({ "code": "missing.permission" }));
    service.respond_next([Response::json(202, json!({ "jobId": "job-7" })), forbidden()]);
    let error = jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap_err();
    assert_eq!(error.code(), Some("missing.permission"));
    assert_eq!(take_requests(&service), ["POST /jobs", "GET /jobs/job-7", "DELETE /jobs/job-7"]);
    // A failed cancellation does not hide the first error.
    service.respond_next([Response::json(202, json!({ "jobId": "job-7" })), forbidden(), Response::text(500, "")]);
    let error = jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap_err();
    assert_eq!(error.code(), Some("missing.permission"));
}

#[test]
fn a_poll_that_times_out_before_the_deadline_is_its_error() {
    let listener = Listener::responding(|request| match request.method.as_str() {
        "POST" => Scripted::json(202, json!({ "jobId": "job-7" })),
        "GET" => Scripted::Silent,
        _ => Scripted::text(204, ""),
    });
    let settings = with_long_timeouts(&listener).attempt_timeout(Duration::from_millis(300)).max_attempts(1);
    let error = jobs::run(&settings.token("t").unwrap(), &sessions(), JobOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("timed out after 300 ms (attempt timeout)"), "{error}");
    let methods: Vec<String> = listener.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["POST", "GET", "DELETE"]);
}

#[test]
fn an_unknown_or_absent_state_is_not_terminal() {
    let service = StandIn::start();
    service.respond_next([
        Response::json(202, json!({ "jobId": "job-7" })),
        Response::json(200, json!({ "state": "WARMING" })),
        Response::json(200, json!({})),
        Response::json(200, json!({ "state": "FULFILLED" })),
        Response::json(200, json!({ "results": null })),
    ]);
    let mut states = Vec::new();
    let mut on_state = |state: &JobState| states.push(state.to_string());
    let wait = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
    let containers = jobs::run(&config!(service), &sessions(), wait).unwrap();
    assert_eq!(containers.count(), 0);
    assert_eq!(states, ["WARMING", "FULFILLED"]);
}

#[test]
fn a_job_that_does_not_exist_is_not_found() {
    let service = StandIn::start();
    let config = config!(service);
    assert!(jobs::status(&config, "no such").unwrap_err().is_not_found());
    assert!(jobs::results(&config, "no such", None).unwrap_err().is_not_found());
    assert!(jobs::cancel(&config, "no such").unwrap_err().is_not_found());
    let expected = ["GET /jobs/no%20such", "GET /jobs/no%20such/results", "DELETE /jobs/no%20such"];
    assert_eq!(take_requests(&service), expected);
    for id in ["", ".", ".."] {
        let errors = [
            jobs::status(&config, id).unwrap_err(),
            jobs::results(&config, id, None).unwrap_err(),
            jobs::cancel(&config, id).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Input));
    }
    assert!(take_requests(&service).is_empty());
}

/// Returns a job that is fulfilled, with these pages.
fn fulfilled(service: &StandIn, pages: &[Value]) -> JobContainers {
    service.respond_next([
        Response::json(202, json!({ "jobId": "job-7" })),
        Response::json(200, json!({ "state": "FULFILLED" })),
    ]);
    service.respond_next(pages.iter().map(|page| Response::json(200, page)));
    jobs::run(&config!(service), &sessions(), JobOptions::default()).unwrap()
}

#[test]
fn a_duplicate_cursor_is_an_error() {
    let page = |cursor: &str| json!({ "results": [{ "group": { "a": "b" } }], "cursor": cursor });
    let table = [(vec![page("a"), page("a")], 1, 2), (vec![page("a"), page("b"), page("a")], 2, 3)];
    for (pages, given, requests) in table {
        let service = StandIn::start();
        let mut containers = fulfilled(&service, &pages);
        assert_eq!(containers.by_ref().take_while(Result::is_ok).count(), given);
        assert!(containers.next().is_none());
        assert_eq!(take_requests(&service).len(), 2 + requests);
    }
    let service = StandIn::start();
    let error = fulfilled(&service, &[page("a"), page("a")]).last().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("a cursor occurs twice"), "{error}");
}

#[test]
fn empty_pages_are_skipped_and_an_empty_cursor_ends() {
    let service = StandIn::start();
    let group = &json!({ "group": { "a": "b" } });
    let pages = [
        json!({ "results": [], "cursor": "a b&c" }),
        json!({ "results": [group, group, null], "cursor": "d" }),
        json!({ "results": [group], "cursor": "" }),
    ];
    let containers = fulfilled(&service, &pages);
    assert_eq!(containers.filter(Result::is_ok).count(), 3);
    let requests = take_requests(&service);
    assert_eq!(requests[3..], ["GET /jobs/job-7/results?cursor=a%20b%26c", "GET /jobs/job-7/results?cursor=d"]);
}

#[test]
fn a_hundred_empty_pages_are_an_error() {
    let service = StandIn::start();
    let pages: Vec<Value> = (0..200).map(|n| json!({ "results": [], "cursor": format!("c{n}") })).collect();
    let mut containers = fulfilled(&service, &pages);
    let error = containers.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(containers.next().is_none());
    assert_eq!(take_requests(&service).len(), 2 + 100);
}

#[test]
fn an_error_on_a_page_of_results_ends_them() {
    let service = StandIn::start();
    let mut containers = fulfilled(&service, &[json!({ "results": [{ "group": { "a": "b" } }], "cursor": "a" })]);
    service.respond_next([Response::json(410, json!({ "code": "gone" }))]);
    containers.next().unwrap().unwrap();
    assert_eq!(containers.next().unwrap().unwrap_err().code(), Some("gone"));
    assert!(containers.next().is_none());
}

#[test]
fn groups_are_read_in_the_order_of_their_names() {
    let text = r#"{"group":{"z":"1","a":"2"},"data":[]}"#;
    let container: Container = serde_json::from_str(text).unwrap();
    assert_eq!(container.group, BTreeMap::from([("a".into(), "2".into()), ("z".into(), "1".into())]));
}
