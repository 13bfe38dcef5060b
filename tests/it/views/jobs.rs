//! Jobs: the single requests, and the rows of charts.

use genesys_journey::views::jobs::{self, ChartResult, JobStatus, ListJobs, ViewResult};

use super::*;

#[test]
fn the_requests_of_a_job() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let job = jobs::submit(&config, &id, 1).unwrap();
    assert_eq!((job.id.as_str(), job.status), ("job-1", Some(JobStatus::Accepted)));
    assert_eq!(job.journey_view.unwrap().id, id);
    assert_eq!((service.last_request().body, service.last_request().header("content-type")), (None, None));
    assert_eq!(jobs::results(&config, &id, 1, "job-1").unwrap_err().code(), Some("job.not.complete"));
    let status = || jobs::get(&config, &id, 1, "job-1").unwrap().status;
    assert_eq!(
        [status(), status(), status()],
        [JobStatus::Accepted, JobStatus::Executing, JobStatus::Complete].map(Some)
    );
    let latest = jobs::latest(&config, &id, 1).unwrap();
    assert_eq!((latest.id.as_str(), latest.date_completed.is_some()), ("job-1", true));

    let results = jobs::results(&config, &id, "1", "job-1").unwrap();
    let element = results.element(&bots("").elements[1].id).unwrap();
    assert_eq!(element.metrics.as_ref().unwrap().participant_count, Some(2_560));
    assert_eq!(results.elements[0].followed_by[0].connection_count, Some(2_560));
    let chart = results.charts[0].id.clone();
    assert_eq!(jobs::chart_results(&config, &id, 1, "job-1", &chart).unwrap(), results.charts[0]);
    let cancelled = jobs::cancel(&config, &id, 1, "job-1").unwrap();
    assert_eq!(cancelled.status, Some(JobStatus::Cancelled));
    assert_eq!(service.last_request().body, Some(json!({ "status": "Cancelled" })));
    let job = format!("/{id}/versions/1/jobs/job-1");
    let expected = [
        format!("POST /{id}/versions/1/jobs"),
        format!("GET {job}/results"),
        format!("GET {job}"),
        format!("GET {job}"),
        format!("GET {job}"),
        format!("GET /{id}/versions/1/jobs/latest"),
        format!("GET {job}/results"),
        format!("GET {job}/results/charts/{chart}"),
        format!("PATCH {job}"),
    ];
    assert_eq!(take_lines(&service), expected);
}

#[test]
fn a_missing_job_is_not_found() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let errors = [
        jobs::submit(&config, "none", 1).unwrap_err(),
        jobs::get(&config, &id, 1, "none").unwrap_err(),
        jobs::latest(&config, &id, 1).unwrap_err(),
        jobs::cancel(&config, &id, 1, "none").unwrap_err(),
        jobs::results(&config, &id, 1, "none").unwrap_err(),
        jobs::chart_results(&config, &id, 1, "none", "chart").unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.is_not_found()));
    take_lines(&service);
    let errors = [
        jobs::submit(&config, "", 1).unwrap_err(),
        jobs::submit(&config, "v", "").unwrap_err(),
        jobs::get(&config, "v", 1, "..").unwrap_err(),
        jobs::latest(&config, "v", ".").unwrap_err(),
        jobs::cancel(&config, "v", 1, "").unwrap_err(),
        jobs::results(&config, "v", 1, "").unwrap_err(),
        jobs::chart_results(&config, "v", 1, "j", "").unwrap_err(),
    ];
    let fields = ["viewId", "version", "jobId", "version", "jobId", "jobId", "chartId"];
    assert_eq!(errors.map(|error| error.field().unwrap().to_owned()), fields);
    assert!(take_lines(&service).is_empty());
}

#[test]
fn writes_of_jobs_are_sent_once() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.faults().lose_responses(2);
    assert!(jobs::submit(&config, &id, 1).unwrap_err().outcome_unknown());
    assert!(jobs::cancel(&config, &id, 1, "job-1").unwrap_err().outcome_unknown());
    assert_eq!(take_lines(&service).len(), 2);
    assert_eq!(jobs::latest(&config, &id, 1).unwrap().status, Some(JobStatus::Cancelled));
}

#[test]
fn jobs_are_listed_by_status_and_interval() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    for _ in 0..3 {
        jobs::submit(&config, &id, 1).unwrap();
    }
    jobs::cancel(&config, &id, 1, "job-2").unwrap();
    take_lines(&service);
    let list = ListJobs {
        page_size: Some(1),
        page_number: Some(2),
        interval: Some("2026-05-04T00:00:00Z/P1D".parse().unwrap()),
        statuses: vec![JobStatus::Cancelled, JobStatus::Executing],
    };
    assert_eq!(jobs::list(&config, &list).unwrap().total, Some(3));
    assert_eq!(
        jobs::list_mine(&config, &ListJobs { statuses: vec![JobStatus::Cancelled], ..Default::default() })
            .unwrap()
            .total,
        Some(1)
    );
    let cancelled = ListJobs { statuses: vec![JobStatus::Executing], page_size: Some(1), ..Default::default() };
    let ids = |jobs: genesys_journey::ListAll<jobs::Job>| jobs.map(|job| job.unwrap().id).collect::<Vec<_>>();
    assert_eq!(ids(jobs::list_all(&config, &cancelled)), ["job-1", "job-3"]);
    assert_eq!(ids(jobs::list_all_mine(&config, &cancelled)), ["job-1", "job-3"]);
    let interval = "interval=2026-05-04T00%3A00%3A00Z%2FP1D";
    let expected = [
        format!("GET /jobs?pageSize=1&pageNumber=2&{interval}&statuses=Cancelled%2CExecuting"),
        "GET /jobs/me?statuses=Cancelled".to_owned(),
        "GET /jobs?pageSize=1&pageNumber=1&statuses=Executing".to_owned(),
        "GET /jobs?pageSize=1&pageNumber=2&statuses=Executing".to_owned(),
        "GET /jobs/me?pageSize=1&pageNumber=1&statuses=Executing".to_owned(),
        "GET /jobs/me?pageSize=1&pageNumber=2&statuses=Executing".to_owned(),
    ];
    assert_eq!(take_lines(&service), expected);

    let reversed = serde_json::from_value(json!("2026-05-04T00:00:00Z/2026-05-03T00:00:00Z")).unwrap();
    let error = jobs::list(&config, &ListJobs { interval: Some(reversed), ..Default::default() }).unwrap_err();
    assert_eq!(error.field(), Some("interval"));
    assert_eq!(jobs::list_all(&config, &list).next().unwrap().unwrap_err().field(), Some("pageNumber"));
    assert_eq!(
        jobs::list_mine(&config, &ListJobs { page_size: Some(0), ..Default::default() }).unwrap_err().field(),
        Some("pageSize")
    );
    assert!(take_lines(&service).is_empty());
}

#[test]
fn a_list_of_jobs_has_their_end() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.job_polls(0);
    service.job_end("Failed", "");
    jobs::submit(&config, &id, 1).unwrap();
    let failed = ListJobs { statuses: vec![JobStatus::Failed], ..Default::default() };
    let page = jobs::list(&config, &failed).unwrap();
    assert_eq!(page.entities.iter().map(|job| job.status.clone()).collect::<Vec<_>>(), [Some(JobStatus::Failed)]);
    assert_eq!(jobs::list_mine(&config, &failed).unwrap().total, Some(1));
}

#[test]
fn values_of_charts_are_read_without_loss() {
    let values = r#"[{"value":9007199254740993},{"value":18446744073709551615},{"value":-3},{"value":387.5},{"value":0.1},
        {"value":1e-7},{"value":"n/a"},{"value":null},{},{"value":{"start":"a"}}]"#;
    let text = format!(r#"{{"id":"c","metrics":[{{"id":"m","values":{values}}}]}}"#);
    let result: ChartResult = serde_json::from_str(&text).unwrap();
    let texts: Vec<String> = result.rows().map(|row| row.text().into_owned()).collect();
    let expected =
        ["9007199254740993", "18446744073709551615", "-3", "387.5", "0.1", "1e-7", "n/a", "", r#"{"start":"a"}"#];
    assert_eq!(texts, expected);
    let numbers: Vec<Option<f64>> = result.rows().map(|row| row.number()).collect();
    assert_eq!(numbers[3..8], [Some(387.5), Some(0.1), Some(1e-7), None, None]);
}

#[test]
fn rows_name_chart_metric_and_group() {
    let groups = |day: &str| json!([{ "attribute": "day", "value": day }, { "attribute": "channel" }]);
    let result: ViewResult = serde_json::from_value(json!({ "charts": [
        { "id": "c1", "metrics": [{ "id": "m1", "values": [
            { "value": 1, "groupByAttributes": groups("2026-01-30") }, { "value": 2, "groupByAttributes": groups("2026-01-31") },
        ] }, { "values": [{ "value": 3 }] }] },
        { "id": "c2" },
    ] }))
    .unwrap();
    let rows: Vec<_> =
        result.chart_rows().map(|row| (row.chart_id, row.metric_id, row.group("day"), row.text())).collect();
    let expected = [
        ("c1", "m1", Some("2026-01-30"), "1".into()),
        ("c1", "m1", Some("2026-01-31"), "2".into()),
        ("c1", "", None, "3".into()),
    ];
    assert_eq!(rows, expected);
    assert_eq!(result.chart_rows().next().unwrap().group("channel"), None);
}

#[test]
fn a_chart_is_streamed_value_by_value() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.job_polls(0);
    let job = jobs::complete(&config, &id, 1, Default::default()).unwrap();
    let chart = views::get(&config, &id).unwrap().charts[0].id.clone().unwrap();
    take_lines(&service);
    // Until the first value is read, the request is retried.
    service.respond_next([Response::text(503, "")]);
    let stream = jobs::stream_chart_results(&config, &id, 1, &job, &chart).unwrap();
    let metric = bots("").charts[0].metrics[0].id.clone();
    let values: Vec<_> = stream.map(Result::unwrap).collect();
    assert!(values.iter().all(|streamed| streamed.metric_id == metric));
    let texts: Vec<_> = values.iter().map(|it| (it.value.group("day").unwrap(), it.value.text())).collect();
    assert_eq!(texts, [("2026-04-30", "412".into()), ("2026-05-01", "387.5".into()), ("2026-05-02", "".into())]);
    assert_eq!(take_lines(&service), vec![format!("GET /{id}/versions/1/jobs/{job}/results/charts/{chart}"); 2]);
    assert!(jobs::stream_chart_results(&config, &id, 1, &job, "none").unwrap_err().is_not_found());
    let error = jobs::stream_chart_results(&config, &id, 1, &job, "").unwrap_err();
    assert_eq!(error.field(), Some("chartId"));
    service.respond_next([Response::json(200, json!({ "message": "no chart" }))]);
    let error = jobs::stream_chart_results(&config, &id, 1, &job, &chart).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[test]
fn metrics_whose_ids_come_late_have_an_index() {
    let service = StandIn::start();
    let metric = |value: u32, id: &str| format!(r#"{{"values":[{{"value":{value}}}],"id":"{id}"}}"#);
    let body = format!(r#"{{"id":"c","metrics":[{},{}]}}"#, metric(1, "m1"), metric(2, "m2"));
    service.respond_next([Response::text(200, body.clone()), Response::text(200, body)]);
    let config = config!(service);
    let stream = jobs::stream_chart_results(&config, "v", 1, "j", "c").unwrap().map(Result::unwrap);
    let streamed: Vec<_> =
        stream.map(|it| (it.metric_id.clone(), it.metric_index, it.value.text().into_owned())).collect();
    assert_eq!(streamed, [(String::new(), 0, "1".to_owned()), (String::new(), 1, "2".to_owned())]);
    let result = jobs::chart_results(&config, "v", 1, "j", "c").unwrap();
    let rows: Vec<_> = result.rows().map(|row| (row.metric_id, row.metric_index)).collect();
    assert_eq!(rows, [("m1", 0), ("m2", 1)]);
}

#[test]
fn the_elements_are_read_without_the_charts() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.job_polls(0);
    let job = jobs::complete(&config, &id, 1, Default::default()).unwrap();
    take_lines(&service);
    // A response that is lost or not visible yet is requested again.
    service.respond_next([Response::text(503, ""), Response::error(404, "not.found", "no such results")]);
    let elements = jobs::element_results(&config, &id, 1, &job).unwrap();
    assert_eq!(take_lines(&service), vec![format!("GET /{id}/versions/1/jobs/{job}/results"); 3]);
    assert_eq!(elements, jobs::results(&config, &id, 1, &job).unwrap().elements);
    assert_eq!(elements.len(), 2);
    service.respond_next([Response::json(200, json!({ "message": "no result" }))]);
    assert_eq!(jobs::element_results(&config, &id, 1, &job).unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(jobs::element_results(&config, &id, 1, "").unwrap_err().field(), Some("jobId"));
}

#[test]
fn charts_of_any_size_are_skipped_in_bounded_memory() {
    let service = StandIn::start();
    let value = r#"{"value":412.5,"groupByAttributes":[{"attribute":"day","value":"2026-01-30"}]}"#;
    let values = vec![value; 200_000].join(",");
    let charts = format!(r#"[{{"id":"c","metrics":[{{"id":"m","values":[{values}]}}]}}]"#);
    service.respond_next([Response::text(200, format!(r#"{{"charts":{charts},"elements":[{{"id":"e"}}]}}"#))]);
    let config = genesys_stand_in::builder!(service).max_response_bytes(1 << 20).token(&service.token()).unwrap();
    let held = crate::heap::peak(|| {
        let elements = jobs::element_results(&config, "v", 1, "j").unwrap();
        assert_eq!(elements[0].id.as_deref(), Some("e"));
    });
    assert!(held < 2 << 20, "{} KiB were held", held >> 10);
}

#[test]
fn a_chart_that_ends_early_is_an_error_after_its_values() {
    let service = StandIn::start();
    let value = r#"{"value":1}"#;
    service
        .respond_next([Response::text(200, format!(r#"{{"id":"c","metrics":[{{"id":"m","values":[{value},{value}"#))]);
    let mut stream = jobs::stream_chart_results(&config!(service), "v", 1, "j", "c").unwrap();
    assert!(stream.next().unwrap().is_ok() && stream.next().unwrap().is_ok());
    assert_eq!(stream.next().unwrap().unwrap_err().kind(), ErrorKind::Decode);
    assert!(stream.next().is_none());
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_chart_of_any_size_is_streamed_in_bounded_memory() {
    let service = StandIn::start();
    let value = r#"{"value":412.5,"groupByAttributes":[{"attribute":"day","value":"2026-01-30"}]}"#;
    let values = vec![value; 200_000].join(",");
    let body = format!(r#"{{"id":"c","metrics":[{{"id":"m","values":[{values}]}}]}}"#);
    assert!(body.len() > 14 << 20);
    service.respond_next([Response::text(200, body)]);
    let config = genesys_stand_in::builder!(service).max_response_bytes(1 << 20).token(&service.token()).unwrap();
    let mut count = 0;
    let held = crate::heap::peak(|| {
        let stream = jobs::stream_chart_results(&config, "v", 1, "j", "c").unwrap();
        count = stream.map(Result::unwrap).count();
    });
    assert_eq!(count, 200_000);
    assert!(held < 2 << 20, "{} KiB were held", held >> 10);
}
