//! Responses that are read piece by piece.

use genesys_journey::Error;

use genesys_listener::calls::{LONG_TIMEOUT, TIMEOUT, at_once, settings};
use genesys_stand_in::config;

use super::*;

fn container(n: usize, size: usize) -> Value {
    let stats = json!({ "count": n, "max": 1.5 });
    let metric = json!({ "metric": "nJourneySessions", "stats": stats });
    let data = json!([{ "interval": january().as_str(), "metrics": [metric] }]);
    json!({ "group": { "journeySegmentId": n.to_string(), "padding": "x".repeat(size) }, "data": data })
}

/// Returns the first dimension of each container of the stream, and its error.
fn streamed(config: &Config) -> (Vec<String>, Result<(), Error>) {
    let mut ids = Vec::new();
    let mut read = || {
        for container in analytics::stream_aggregates(config, &by_segment())? {
            ids.push(container?.dimension(&Dimension::JourneySegmentId).unwrap().to_owned());
        }
        Ok(())
    };
    let result = read();
    (ids, result)
}

/// Returns a response that breaks off after this start of its body.
fn broken_off(start: &str) -> Scripted {
    Scripted::RawThenClose(format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{start}").into_bytes())
}

#[test]
fn a_stream_has_the_results_of_the_query() {
    let service = StandIn::start();
    add_active(&service, 50);
    let config = config!(service);
    let query = AggregateQuery { granularity: Some("PT1H".into()), ..by_segment() };
    let stream = analytics::stream_aggregates(&config, &query).unwrap();
    let results: Vec<Container> = stream.map(Result::unwrap).collect();
    assert_eq!(results.len(), 50);
    assert_eq!(analytics::query_aggregates(&config, &query).unwrap().results, results);
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].raw_path, requests[1].raw_path);
}

#[test]
fn the_first_container_is_yielded_before_the_last_arrives() {
    // The rest of a large second container does not arrive.
    let body =
        format!("{{\"results\":[{},{}", container(0, 0), container(1, 600_000).to_string().trim_end_matches('}'));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{body}");
    let listener = Listener::scripted([Scripted::RawThenSilent(head.into_bytes())]);
    let mut stream = analytics::stream_aggregates(&to(&listener), &by_segment()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().group["journeySegmentId"], "0");
    assert_eq!(listener.count(), 1);
}

#[test]
fn a_stream_that_is_dropped_early_disturbs_no_other_call() {
    let service = StandIn::start();
    add_active(&service, 50);
    let config = config!(service);
    let stream = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    assert_eq!((stream.take(3).filter(Result::is_ok).count(), service.requests().len()), (3, 1));
    assert_eq!(analytics::query_aggregates(&config, &by_segment()).unwrap().results.len(), 50);
    // Two streams at the same time, and a call in between.
    let first = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    let second = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    assert_eq!(analytics::query_aggregates(&config, &by_segment()).unwrap().results.len(), 50);
    let pairs = first.zip(second).filter(|(first, second)| first.as_ref().unwrap() == second.as_ref().unwrap());
    assert_eq!(pairs.count(), 50);
}

#[test]
fn a_break_before_the_first_container_is_retried() {
    for start in ["", "{", "{\"results\":[", "{\"other\":[1,2],\"results\":[{\"group\":{\"journeySeg"] {
        let whole = json!({ "results": [container(0, 0), container(1, 0)] });
        let listener = Listener::scripted([broken_off(start), Scripted::json(200, whole)]);
        let (ids, result) = streamed(&to(&listener));
        result.unwrap();
        assert_eq!((ids, listener.count()), (vec!["0".to_owned(), "1".to_owned()], 2), "{start:?}");
    }
}

#[test]
fn a_break_after_the_first_container_is_not_retried() {
    // Contains enough of the second container for the first to be yielded before the break.
    let start =
        format!("{{\"results\":[{},{}", container(0, 0), container(1, 600_000).to_string().trim_end_matches('}'));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{start}");
    let whole = json!({ "results": [container(0, 0), container(1, 0)] });
    let listener = Listener::scripted([Scripted::RawThenClose(head.into_bytes()), Scripted::json(200, whole)]);
    let (ids, result) = streamed(&to(&listener));
    let error = result.unwrap_err();
    assert_eq!((ids, listener.count()), (vec!["0".to_owned()], 1));
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Transport, Some(200), 1), "{error}");
    assert!(!error.outcome_unknown() && error.is_transient());
    assert_eq!(error.method(), Some("POST"));
    assert!(error.url().unwrap().ends_with("/aggregates/query"), "{error}");
}

#[test]
fn a_late_error_has_the_context_of_its_call_and_no_secret() {
    let secret = "a-very-secret-token";
    let first = container(0, 600_000);
    let body = format!("{{\"results\":[{first},{{\"{secret}\": 1, \"group\": 7}}]}}");
    let good = Scripted::json(200, body).with("ININ-Correlation-Id", "c-1");
    let listener = Listener::scripted([Scripted::text(503, ""), good]);
    let config = with_long_timeouts(&listener).token(secret).unwrap();
    let mut stream = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    assert!(stream.next().unwrap().is_ok());
    let error = stream.next().unwrap().unwrap_err();
    assert!(stream.next().is_none() && stream.next().is_none());
    assert_eq!((error.kind(), error.attempts(), error.correlation_id()), (ErrorKind::Decode, 2, Some("c-1")));
    assert!(error.message().contains("entry 1 of the results"), "{error}");
    assert!(error.body().contains("\"group\": 7") && !error.body().contains(secret), "{}", error.body());
    assert_eq!(listener.count(), 2);
}

#[test]
fn the_deadline_of_the_call_bounds_the_iteration() {
    let body =
        format!("{{\"results\":[{},{}", container(0, 0), container(1, 600_000).to_string().trim_end_matches('}'));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{body}");
    let listener = Listener::scripted([Scripted::RawThenSilent(head.into_bytes())]);
    let config = with_long_timeouts(&listener).call_timeout(Duration::from_millis(700)).token("a-token").unwrap();
    let started = Instant::now();
    let mut stream = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    assert!(stream.next().unwrap().is_ok());
    let error = stream.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), listener.count()), (ErrorKind::Timeout, 1), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn one_loop_serves_a_stream_and_a_job() {
    let service = StandIn::start();
    add_active(&service, 5);
    let config = config!(service);
    let streamed = analytics::stream_aggregates(&config, &by_segment()).unwrap();
    let job = analytics::jobs::run(&config, &by_segment(), JobOptions::default()).unwrap();
    let sources: [Box<dyn Iterator<Item = Result<Container, Error>>>; 2] = [Box::new(streamed), Box::new(job)];
    for source in sources {
        assert_eq!(source.filter(Result::is_ok).count(), 5);
    }
}

#[test]
fn an_error_with_status_200_is_not_an_empty_response() {
    let error = json!({ "message": "Service under maintenance", "status": 503 });
    let listener = Listener::scripted([Scripted::json(200, &error)]);
    assert_eq!(streamed(&to(&listener)).1.unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(analytics::query_aggregates(&to(&listener), &by_segment()).unwrap_err().kind(), ErrorKind::Decode);
    let listener = Listener::scripted([Scripted::json(200, json!({}))]);
    assert_eq!(streamed(&to(&listener)).0.len(), 0);
    assert_eq!(analytics::query_aggregates(&to(&listener), &by_segment()).unwrap().results, []);
}

#[test]
fn a_query_without_a_stream_is_retried_after_any_break() {
    let start = format!("{{\"results\":[{},", container(0, 600_000));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{start}");
    let whole = json!({ "results": [container(0, 0), container(1, 0)] });
    let listener = Listener::scripted([Scripted::RawThenClose(head.into_bytes()), Scripted::json(200, whole)]);
    let response = analytics::query_aggregates(&to(&listener), &by_segment()).unwrap();
    assert_eq!((response.results.len(), listener.count()), (2, 2));
}

#[test]
fn a_response_that_is_not_json_is_an_error_with_its_text() {
    let first = container(0, 0).to_string();
    let table = [
        ("<html>Bad gateway</html>".to_owned(), 0),
        ("[]".to_owned(), 0),
        ("{\"results\":[1]}".to_owned(), 0),
        (format!("{{\"results\":[{first} {first}]}}"), 1),
        (format!("{{\"results\":[{first},]}}"), 1),
        (format!("{{\"results\":[{first}]}} and more"), 1),
        (format!("{{\"results\":[{first}]"), 1),
        (format!("{{\"results\":[{first},<html>"), 1),
    ];
    for (body, given) in table {
        let listener = Listener::scripted([Scripted::json(200, &body)]);
        let (ids, result) = streamed(&to(&listener));
        let error = result.unwrap_err();
        assert_eq!((error.kind(), ids.len()), (ErrorKind::Decode, given), "{body}: {error}");
        let error = analytics::query_aggregates(&to(&listener), &by_segment()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    }
    let listener = Listener::scripted([Scripted::text(200, "<html>Bad gateway</html>")]);
    assert_eq!(streamed(&to(&listener)).1.unwrap_err().body(), "<html>Bad gateway</html>");
}

#[test]
fn other_fields_than_results_are_skipped() {
    let whole = json!({ "a": { "results": [1] }, "results": [container(7, 0)], "z": [[["]}"]]] });
    let listener = Listener::scripted([Scripted::json(200, whole)]);
    let (ids, result) = streamed(&to(&listener));
    result.unwrap();
    assert_eq!(ids, ["7"]);
}

#[test]
fn a_container_is_limited_like_a_response() {
    let limited = |listener: &Listener| with_long_timeouts(listener).max_response_bytes(1 << 20).token("t").unwrap();
    // Many small containers exceed the limit together.
    let many: Vec<Value> = (0..100).map(|n| container(n, 50_000)).collect();
    let listener = Listener::scripted([Scripted::json(200, json!({ "results": many }))]);
    let (ids, result) = streamed(&limited(&listener));
    result.unwrap();
    assert_eq!(ids.len(), 100);

    let huge = json!({ "results": [container(0, 0), container(1, 3 << 20)] });
    let listener = Listener::scripted([Scripted::json(200, huge)]);
    let (ids, result) = streamed(&limited(&listener));
    let error = result.unwrap_err();
    assert_eq!((ids.len(), error.kind(), listener.count()), (1, ErrorKind::Decode, 1), "{error}");
    assert!(error.message().contains("1048576"), "{error}");
}

/// Returns a response in HTTP chunks of this many bytes.
fn in_chunks(body: &str, size: usize) -> Scripted {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(size) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    Scripted::Raw(bytes)
}

#[test]
fn the_boundaries_of_http_chunks_do_not_matter() {
    let group = json!({ "group": { "日本": "é" }, "new": 12.5 });
    let body = json!({ "a": -12.5e-3, "results": [container(1, 3), group, container(2, 0)], "z": 123 }).to_string();
    let expected = serde_json::from_str::<AggregateResponse>(&body).unwrap().results;
    assert_eq!(expected.len(), 3);
    let (length, served) = (body.len(), body);
    let listener = Listener::responding(move |request| in_chunks(&served, request.number + 1));
    let config = to(&listener);
    for size in 1..=length {
        let stream = analytics::stream_aggregates(&config, &by_segment()).unwrap();
        assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), expected, "chunks of {size} bytes");
    }
}

#[test]
fn a_number_across_buffers_is_read_completely() {
    const BUFFER: usize = 256 * 1024;
    let bodies = (0..12).map(|before| {
        let start = r#"{"x":""#;
        let padding = "x".repeat(BUFFER - start.len() - r#"","y":"#.len() - before);
        format!(r#"{start}{padding}","y":-12.5e-10,"results":[{}]}}"#, container(7, 0))
    });
    let listener = Listener::scripted(bodies.map(|body| Scripted::json(200, body)));
    for before in 0..12 {
        let (ids, result) = streamed(&to(&listener));
        assert!(result.is_ok() && ids == ["7"], "{before} bytes: {result:?}");
    }
}

#[test]
fn twenty_megabytes_are_streamed_in_the_memory_of_a_container() {
    let all: Vec<Value> = (0..2_000).map(|n| container(n, 10_000)).collect();
    let body = json!({ "results": all }).to_string();
    assert!(body.len() > 20_000_000, "{}", body.len());
    drop(all);
    let listener = Listener::scripted([Scripted::json(200, body)]);
    let config = to(&listener);
    let mut n = 0;
    let held = peak(|| {
        for container in analytics::stream_aggregates(&config, &by_segment()).unwrap() {
            assert_eq!(container.unwrap().rows().next().unwrap().stats.count, Some(n));
            n += 1;
        }
    });
    assert_eq!(n, 2_000);
    assert!(held < 2 << 20, "{} KiB were held", held >> 10);
    // The other function holds the whole response.
    let held = peak(|| drop(analytics::query_aggregates(&config, &by_segment()).unwrap()));
    assert!(held > 18 << 20, "{} KiB were held", held >> 10);
}

#[test]
fn a_service_silent_before_a_stream_costs_one_attempt() {
    let whole = json!({ "results": [container(0, 0)] });
    let started = b"HTTP/1.1 200 OK\r\nContent-Le".to_vec();
    let dripped = Scripted::Drip { head: b"HTTP/1.1 200 OK\r\nX: ".to_vec(), bytes: b" ".to_vec(), every: TIMEOUT / 9 };
    at_once([Scripted::Silent, Scripted::RawThenSilent(started), dripped], |silent| {
        let listener = Listener::scripted([silent.clone(), Scripted::json(200, &whole)]);
        let config = settings(&listener.url()).call_timeout(LONG_TIMEOUT).token("a-token").unwrap();
        let start = Instant::now();
        let (ids, result) = streamed(&config);
        result.unwrap();
        assert_eq!((ids, listener.count()), (vec!["0".to_owned()], 2), "{silent:?}");
        assert!(start.elapsed() < LONG_TIMEOUT / 4, "{:?}", start.elapsed());

        let listener = Listener::scripted([silent]);
        let config = settings(&listener.url()).call_timeout(LONG_TIMEOUT).max_attempts(2).token("a-token").unwrap();
        let error = streamed(&config).1.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2), "{error}");
        assert!(error.to_string().contains("timed out after 300 ms (attempt timeout)"), "{error}");
    });
}

#[test]
fn the_deadline_of_the_call_ends_a_stream_before_its_head() {
    let listener = Listener::scripted([Scripted::Silent]);
    let config = settings(&listener.url()).attempt_timeout(LONG_TIMEOUT).call_timeout(TIMEOUT).token("t").unwrap();
    let error = streamed(&config).1.unwrap_err();
    assert_eq!((error.kind(), listener.count()), (ErrorKind::Timeout, 1), "{error}");
    assert!(error.to_string().contains("timed out after 300 ms (call timeout)"), "{error}");
}

#[test]
fn the_attempt_timeout_does_not_end_a_stream_that_has_begun() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n{{\"results\":[{},", container(0, 600_000));
    let listener =
        Listener::scripted([Scripted::Drip { head: head.into_bytes(), bytes: b" ".to_vec(), every: TIMEOUT / 9 }]);
    let config = settings(&listener.url()).call_timeout(TIMEOUT * 4).token("a-token").unwrap();
    let error = streamed(&config).1.unwrap_err();
    assert_eq!((error.kind(), listener.count()), (ErrorKind::Timeout, 1), "{error}");
    assert!(error.to_string().contains("timed out after 1.2 s (call timeout)"), "{error}");
}
