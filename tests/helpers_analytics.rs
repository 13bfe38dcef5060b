//! What stands above the aggregates: filters, intervals, rows, streaming, jobs.

mod listener;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use genesys_journey::analytics::{
    self, AggregateQuery, AggregateResponse, Clause, Container, Dimension, Filter, Interval, JobState, Metric,
    NumericRange, Predicate, TimeDimension, View, Wait,
};
use genesys_journey::{Config, ConfigBuilder, ErrorKind, Region};
use genesys_stand_in::{Answer, StandIn};
use serde_json::{Value, json};

use listener::{Listener, Play};

/// What this thread holds on the heap, and at most held.
struct Counting;

thread_local! {
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

fn count(bytes: isize) {
    // A thread that ends has no counter any more.
    let _ = HELD.try_with(|held| {
        let now = held.get().0 + bytes;
        held.set((now, held.get().1.max(now)));
    });
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

/// How many bytes this thread held at most while it did something.
fn peak(what: impl FnOnce()) -> usize {
    let before = HELD.get().0;
    HELD.set((before, before));
    what();
    (HELD.get().1 - before) as usize
}

/// With all the time that a large answer may need.
fn patient(listener: &Listener) -> ConfigBuilder {
    let region = Region::at(&listener.url(), &listener.url()).unwrap();
    Config::builder(region).base_wait(Duration::from_millis(1))
}

fn to(listener: &Listener) -> Config {
    patient(listener).token("a-token").unwrap()
}

fn january() -> Interval {
    "2026-01-01T00:00:00.000Z/2026-01-03T00:00:00.000Z".parse().unwrap()
}

fn sessions() -> AggregateQuery {
    AggregateQuery::new(january(), [Metric::NJourneySessions])
}

fn by_segment() -> AggregateQuery {
    AggregateQuery { group_by: vec![Dimension::JourneySegmentId], ..sessions() }
}

/// The requests since they were last forgotten, and forgets them.
fn asked(service: &StandIn) -> Vec<String> {
    let seen = service.requests().into_iter().map(|seen| {
        let path = seen.raw_path.replace("/api/v2/analytics/journeys/aggregates", "");
        let query = if seen.raw_query.is_empty() { String::new() } else { format!("?{}", seen.raw_query) };
        format!("{} {path}{query}", seen.method)
    });
    let seen = seen.collect();
    service.forget_requests();
    seen
}

// ---- The query and its answer

/// Segments that visitors are assigned to.
fn add_active(service: &StandIn, n: usize) {
    (0..n).for_each(|n| drop(service.add_segment(json!({ "displayName": format!("Segment {n}") }))));
}

#[test]
fn a_query_without_groups_has_one_container_with_no_group() {
    let service = StandIn::start();
    add_active(&service, 3);
    let answer = analytics::query_aggregates(&service.config(), &sessions()).unwrap();
    assert_eq!(answer.results.len(), 1);
    let rows: Vec<_> = answer.rows().collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].group.is_empty() && rows[0].stats.count.unwrap() > 0);
    assert_eq!((rows[0].name, rows[0].interval), ("nJourneySessions", january().as_str()));
    assert_eq!(rows[0].dimension(&Dimension::JourneySegmentId), None);
    let body = service.last_request().body.unwrap();
    assert_eq!(body, json!({ "interval": january().as_str(), "metrics": ["nJourneySessions"] }));
    assert_eq!(asked(&service), ["POST /query"]);
}

#[test]
fn a_metric_that_is_missing_from_the_answer_is_no_error() {
    let service = StandIn::start();
    add_active(&service, 1);
    let query = AggregateQuery {
        metrics: vec![Metric::NWebActionsTimedout, Metric::NJourneySessions, Metric::OJourneyOutcomeValue],
        ..sessions()
    };
    let answer = analytics::query_aggregates(&service.config(), &query).unwrap();
    let names: Vec<&str> = answer.rows().map(|row| row.name).collect();
    assert_eq!(names, ["nJourneySessions", "oJourneyOutcomeValue"]);
    let observed = answer.rows().nth(1).unwrap().stats.clone();
    assert_eq!((observed.min, observed.max), (Some(0.5), Some(4.5)));
}

#[test]
fn an_answer_with_nothing_in_it_has_no_rows() {
    for empty in [r#"{}"#, r#"{"results":[]}"#, r#"{"results":null}"#, r#"{"results":[{}]}"#] {
        let service = StandIn::start();
        service.answer_next([Answer::text(200, empty)]);
        let answer = analytics::query_aggregates(&service.config(), &sessions()).unwrap();
        assert_eq!(answer.rows().count(), 0, "{empty}");
    }
}

#[test]
fn views_are_in_the_answer_under_their_names() {
    let service = StandIn::start();
    add_active(&service, 2);
    let query = AggregateQuery {
        views: vec![
            View::range_bound("all", Metric::NJourneySessions, Some(0.0), None),
            View::range_bound("none", Metric::NJourneySessions, None, Some(0.0)),
        ],
        ..sessions()
    };
    let answer = analytics::query_aggregates(&service.config(), &query).unwrap();
    let rows: Vec<(&str, bool)> = answer.rows().map(|row| (row.name, row.is_view)).collect();
    assert_eq!(rows, [("nJourneySessions", false), ("all", true), ("none", true)]);
    assert!(answer.rows().nth(1).unwrap().stats.count > Some(0));
    assert_eq!(answer.rows().nth(2).unwrap().stats.count, Some(0));
    let views = json!([
        { "target": "nJourneySessions", "name": "all", "function": "rangeBound", "range": { "gte": 0.0 } },
        { "target": "nJourneySessions", "name": "none", "function": "rangeBound", "range": { "lt": 0.0 } },
    ]);
    assert_eq!(service.last_request().body.unwrap()["views"], views);
}

#[test]
fn ten_views_are_sent_and_eleven_are_refused() {
    let service = StandIn::start();
    let config = service.config();
    let view = |n| View::range_bound(format!("view {n}"), Metric::NJourneySessions, None, None);
    analytics::query_aggregates(&config, &AggregateQuery { views: (0..10).map(view).collect(), ..sessions() }).unwrap();
    service.forget_requests();

    let eleven = AggregateQuery { views: (0..11).map(view).collect(), ..sessions() };
    let unasked = AggregateQuery { metrics: Vec::new(), ..sessions() };
    for (query, field) in [(&eleven, "views"), (&unasked, "metrics")] {
        let errors = [
            analytics::query_aggregates(&config, query).unwrap_err(),
            analytics::for_each_result(&config, query, |_| ControlFlow::Continue(())).unwrap_err(),
            analytics::submit_job(&config, query, None).unwrap_err(),
            analytics::run_job(&config, query, Wait::default()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
            assert!(error.message().contains(field), "{error}");
        }
    }
    assert!(asked(&service).is_empty());
}

#[test]
fn filters_are_sent_as_the_service_takes_them() {
    let service = StandIn::start();
    let range = NumericRange { gte: Some(10.0), lt: Some(20.5), ..NumericRange::default() };
    let all = Filter::and([
        Predicate::equals(Dimension::JourneySessionType, "web"),
        Predicate::exists(Dimension::JourneySegmentId),
        Predicate::not_exists("aNewDimension".into()),
        Predicate::within(Dimension::JourneyActionMapVersion, range),
    ])
    .with_clause(Clause::or([
        Predicate::equals(Dimension::JourneyDeviceCategory, "mobile"),
        Predicate::equals(Dimension::JourneyDeviceCategory, "tablet"),
    ]));
    let query = AggregateQuery {
        filter: Some(all),
        granularity: Some("PT1H".into()),
        time_zone: Some("Europe/Berlin".into()),
        flatten_multivalued_dimensions: Some(true),
        alternate_time_dimension: Some(TimeDimension::EventTime),
        ..by_segment()
    };
    analytics::query_aggregates(&service.config(), &query).unwrap();
    let on = |dimension: &str, operator: &str, value: Value| {
        let mut on = json!({ "type": "dimension", "dimension": dimension, "operator": operator });
        on.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        on
    };
    let expected = json!({
        "interval": january().as_str(),
        "granularity": "PT1H",
        "timeZone": "Europe/Berlin",
        "groupBy": ["journeySegmentId"],
        "metrics": ["nJourneySessions"],
        "flattenMultivaluedDimensions": true,
        "alternateTimeDimension": "eventTime",
        "filter": {
            "type": "and",
            "clauses": [{ "type": "or", "predicates": [
                on("journeyDeviceCategory", "matches", json!({ "value": "mobile" })),
                on("journeyDeviceCategory", "matches", json!({ "value": "tablet" })),
            ]}],
            "predicates": [
                on("journeySessionType", "matches", json!({ "value": "web" })),
                on("journeySegmentId", "exists", json!({})),
                on("aNewDimension", "notExists", json!({})),
                on("journeyActionMapVersion", "matches", json!({ "range": { "gte": 10.0, "lt": 20.5 } })),
            ],
        },
    });
    assert_eq!(service.last_request().body.unwrap(), expected);
}

#[test]
fn filters_count_what_they_say() {
    let service = StandIn::start();
    add_active(&service, 4);
    let config = service.config();
    let devices = |filter: Filter| -> Vec<String> {
        let query =
            AggregateQuery { filter: Some(filter), group_by: vec![Dimension::JourneyDeviceCategory], ..sessions() };
        let answer = analytics::query_aggregates(&config, &query).unwrap();
        answer.rows().map(|row| row.dimension(&Dimension::JourneyDeviceCategory).unwrap().to_owned()).collect()
    };
    let is = |device: &str| Predicate::equals(Dimension::JourneyDeviceCategory, device);
    let web = || Predicate::equals(Dimension::JourneySessionType, "web");
    assert_eq!(devices(Filter::and([web()])), ["desktop", "mobile"]);
    assert_eq!(devices(Filter::or([is("mobile"), is("tablet")])), ["mobile", "tablet"]);
    assert_eq!(devices(Filter::and([web()]).with_clause(Clause::or([is("mobile"), is("tablet")]))), ["mobile"]);
    assert!(devices(Filter::and([]).with_clause(Clause::and([is("mobile"), is("tablet")]))).is_empty());
}

#[test]
fn rows_are_flat_and_in_the_order_of_the_answer() {
    let text = json!({ "results": [
        { "group": { "journeySegmentId": "b", "new": "x" }, "data": [
            { "interval": "i1", "metrics": [
                { "metric": "nJourneySessions", "stats": { "count": 1 } },
                { "metric": "aNewMetric", "qualifier": "q", "stats": { "sum": 2.5 } },
            ], "views": [{ "name": "v", "stats": { "count": 3 } }] },
            { "interval": "i2", "metrics": [{ "metric": "nJourneySessions" }, { }] },
        ]},
        { "data": [{ "views": [{ "stats": { "ratio": 0.5 } }] }, { "interval": "i3" }] },
        { "group": { "journeySegmentId": "a" }, "data": null },
        { "group": { "journeySegmentId": "a" }, "data": [{ "interval": "i1", "metrics": [
            { "metric": "nJourneySessions", "stats": { "count": 9 } }] }] },
    ]});
    let answer: AggregateResponse = serde_json::from_value(text).unwrap();
    let rows: Vec<_> = answer
        .rows()
        .map(|row| {
            let group: Vec<&str> = row.group.values().map(String::as_str).collect();
            (group.join(","), row.interval, row.name, row.is_view, row.qualifier, row.stats.count)
        })
        .collect();
    let expected = [
        ("b,x", "i1", "nJourneySessions", false, None, Some(1)),
        ("b,x", "i1", "aNewMetric", false, Some("q"), None),
        ("b,x", "i1", "v", true, None, Some(3)),
        ("b,x", "i2", "nJourneySessions", false, None, None),
        ("b,x", "i2", "", false, None, None),
        ("", "", "", true, None, None),
        ("a", "i1", "nJourneySessions", false, None, Some(9)),
    ];
    let expected = expected.map(|(group, interval, name, view, qualifier, count)| {
        (group.to_owned(), interval, name, view, qualifier, count)
    });
    assert_eq!(rows, expected);
    let rows: Vec<_> = answer.rows().collect();
    assert_eq!((rows[1].stats.sum, rows[5].stats.ratio), (Some(2.5), Some(0.5)));
    assert_eq!(rows[0].dimension(&"new".into()), Some("x"));
    assert_eq!(answer.results[0].rows().count(), 5);
}

#[test]
fn rows_allocate_nothing() {
    let service = StandIn::start();
    add_active(&service, 20);
    let query = AggregateQuery { granularity: Some("PT1H".into()), ..by_segment() };
    let answer = analytics::query_aggregates(&service.config(), &query).unwrap();
    let mut rows = 0;
    assert_eq!(peak(|| rows = answer.rows().count()), 0);
    assert_eq!(rows, 20 * 48);
}

// ---- Streaming

fn container(n: usize, size: usize) -> Value {
    let stats = json!({ "count": n, "max": 1.5 });
    let metric = json!({ "metric": "nJourneySessions", "stats": stats });
    let data = json!([{ "interval": january().as_str(), "metrics": [metric] }]);
    json!({ "group": { "journeySegmentId": n.to_string(), "padding": "x".repeat(size) }, "data": data })
}

/// What the stream gave: the first dimension of each container, and how it ended.
fn streamed(config: &Config) -> (Vec<String>, Result<(), genesys_journey::Error>) {
    let mut ids = Vec::new();
    let result = analytics::for_each_result(config, &by_segment(), |container: Container| {
        ids.push(container.dimension(&Dimension::JourneySegmentId).unwrap().to_owned());
        ControlFlow::Continue(())
    });
    (ids, result)
}

/// An answer of this length that breaks off after this much.
fn broken_off(start: &str) -> Play {
    Play::RawThenClose(format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{start}").into_bytes())
}

#[test]
fn streaming_gives_what_the_whole_answer_has() {
    let service = StandIn::start();
    add_active(&service, 50);
    let config = service.config();
    let query = AggregateQuery { granularity: Some("PT1H".into()), ..by_segment() };
    let mut results = Vec::new();
    analytics::for_each_result(&config, &query, |container| {
        results.push(container);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(results.len(), 50);
    assert_eq!(analytics::query_aggregates(&config, &query).unwrap().results, results);
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].raw_path, requests[1].raw_path);
}

#[test]
fn the_first_container_is_given_before_the_last_has_come() {
    // The rest of a large second one does not come at all.
    let body =
        format!("{{\"results\":[{},{}", container(0, 0), container(1, 600_000).to_string().trim_end_matches('}'));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{body}");
    let listener = Listener::play([Play::RawThenSilent(head.into_bytes())]);
    let mut seen = 0;
    analytics::for_each_result(&to(&listener), &by_segment(), |_| {
        seen += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!((seen, listener.count()), (1, 1));
}

#[test]
fn break_ends_the_stream() {
    let service = StandIn::start();
    add_active(&service, 50);
    let mut seen = 0;
    analytics::for_each_result(&service.config(), &by_segment(), |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!((seen, service.requests().len()), (3, 1));
    // The next call is not disturbed by what was not read.
    assert_eq!(analytics::query_aggregates(&service.config(), &by_segment()).unwrap().results.len(), 50);
}

#[test]
fn an_answer_that_breaks_off_before_the_first_container_is_asked_for_again() {
    for start in ["", "{", "{\"results\":[", "{\"other\":[1,2],\"results\":[{\"group\":{\"journeySeg"] {
        let whole = json!({ "results": [container(0, 0), container(1, 0)] });
        let listener = Listener::play([broken_off(start), Play::json(200, whole)]);
        let (ids, result) = streamed(&to(&listener));
        result.unwrap();
        assert_eq!((ids, listener.count()), (vec!["0".to_owned(), "1".to_owned()], 2), "{start:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_after_the_first_container_is_not_asked_for_again() {
    // Enough of the second for the first to be handed on before the end is seen.
    let start =
        format!("{{\"results\":[{},{}", container(0, 0), container(1, 600_000).to_string().trim_end_matches('}'));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{start}");
    let whole = json!({ "results": [container(0, 0), container(1, 0)] });
    let listener = Listener::play([Play::RawThenClose(head.into_bytes()), Play::json(200, whole)]);
    let (ids, result) = streamed(&to(&listener));
    let error = result.unwrap_err();
    assert_eq!((ids, listener.count()), (vec!["0".to_owned()], 1));
    assert!([ErrorKind::Transport, ErrorKind::Decode].contains(&error.kind()), "{error}");
    assert!(!error.outcome_unknown() && error.attempts() == 1);
}

#[test]
fn an_answer_that_is_held_as_a_whole_is_asked_for_again_whenever_it_breaks_off() {
    let start = format!("{{\"results\":[{},", container(0, 600_000));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n{start}");
    let whole = json!({ "results": [container(0, 0), container(1, 0)] });
    let listener = Listener::play([Play::RawThenClose(head.into_bytes()), Play::json(200, whole)]);
    let answer = analytics::query_aggregates(&to(&listener), &by_segment()).unwrap();
    assert_eq!((answer.results.len(), listener.count()), (2, 2));
}

#[test]
fn an_answer_that_is_no_json_is_an_error_that_shows_it() {
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
        let listener = Listener::play([Play::json(200, &body)]);
        let (ids, result) = streamed(&to(&listener));
        let error = result.unwrap_err();
        assert_eq!((error.kind(), ids.len()), (ErrorKind::Decode, given), "{body}: {error}");
        let error = analytics::query_aggregates(&to(&listener), &by_segment()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    }
    let listener = Listener::play([Play::text(200, "<html>Bad gateway</html>")]);
    assert_eq!(streamed(&to(&listener)).1.unwrap_err().body(), "<html>Bad gateway</html>");
}

#[test]
fn what_is_not_results_is_passed_over() {
    let whole = json!({ "a": { "results": [1] }, "results": [container(7, 0)], "z": [[["]}"]]] });
    let listener = Listener::play([Play::json(200, whole)]);
    let (ids, result) = streamed(&to(&listener));
    result.unwrap();
    assert_eq!(ids, ["7"]);
}

#[test]
fn one_container_may_not_be_larger_than_the_largest_response() {
    let limited = |listener: &Listener| patient(listener).max_response_bytes(1 << 20).token("t").unwrap();
    // Many small ones are more than that.
    let many: Vec<Value> = (0..100).map(|n| container(n, 50_000)).collect();
    let listener = Listener::play([Play::json(200, json!({ "results": many }))]);
    let (ids, result) = streamed(&limited(&listener));
    result.unwrap();
    assert_eq!(ids.len(), 100);

    let huge = json!({ "results": [container(0, 0), container(1, 3 << 20)] });
    let listener = Listener::play([Play::json(200, huge)]);
    let (ids, result) = streamed(&limited(&listener));
    let error = result.unwrap_err();
    assert_eq!((ids.len(), error.kind(), listener.count()), (1, ErrorKind::Decode, 1), "{error}");
    assert!(error.message().contains("1048576"), "{error}");
}

#[test]
fn twenty_megabytes_are_streamed_in_the_memory_of_a_container() {
    let all: Vec<Value> = (0..20_000).map(|n| container(n, 900)).collect();
    let body = json!({ "results": all }).to_string();
    assert!(body.len() > 20_000_000, "{}", body.len());
    drop(all);
    let listener = Listener::play([Play::json(200, body)]);
    let config = to(&listener);
    let mut n = 0;
    let held = peak(|| {
        analytics::for_each_result(&config, &by_segment(), |container| {
            assert_eq!(container.rows().next().unwrap().stats.count, Some(n));
            n += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    });
    assert_eq!(n, 20_000);
    assert!(held < 2 << 20, "{} KiB were held", held >> 10);
    // What is measured is not nothing: the whole answer is held by the other function.
    let held = peak(|| drop(analytics::query_aggregates(&config, &by_segment()).unwrap()));
    assert!(held > 18 << 20, "{} KiB were held", held >> 10);
}

// ---- Intervals

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn an_interval_of_two_system_times_is_written_in_utc_to_the_millisecond() {
    let start = UNIX_EPOCH + Duration::from_millis(1_767_225_600_123);
    let interval = Interval::new(start, start + Duration::from_secs(90)).unwrap();
    assert_eq!(interval.as_str(), "2026-01-01T00:00:00.123Z/2026-01-01T00:01:30.123Z");
    assert_eq!(interval.to_string(), interval.as_str());
    assert_eq!(interval.to_system_times(), Some((start, start + Duration::from_secs(90))));
    assert_eq!(serde_json::to_value(&interval).unwrap(), json!(interval.as_str()));
}

#[test]
fn an_interval_of_rfc_3339_text_is_sent_as_it_is() {
    let service = StandIn::start();
    for text in [
        "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
        "2026-01-01T00:00:00.000Z/2026-01-01T00:00:00.001Z",
        "2026-01-01T00:00:00+01:00/2026-01-02T00:00:00+01:00",
        "2026-01-01T00:00:00-08:00/2026-01-01T09:00:00+00:30",
        // It starts before it ends, whatever the texts look like.
        "2026-01-01T00:00:00+01:00/2025-12-31T23:30:00Z",
    ] {
        let interval: Interval = text.parse().unwrap();
        assert_eq!(interval.as_str(), text);
        service.answer_next([Answer::text(200, "{}")]);
        let query = AggregateQuery::new(interval, [Metric::NJourneySessions]);
        analytics::query_aggregates(&service.config(), &query).unwrap();
        assert_eq!(service.last_request().body.unwrap()["interval"], text);
    }
    let berlin: Interval = "2026-01-01T00:00:00+01:00/2026-01-02T00:00:00-02:30".parse().unwrap();
    let (start, end) = berlin.to_system_times().unwrap();
    assert_eq!((seconds(start), seconds(end)), (1_767_225_600 - 3_600, 1_767_312_000 + 9_000));
}

#[test]
fn an_interval_that_is_reversed_empty_or_garbage_is_refused() {
    let table = [
        "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z",
        // The same moment, and a reversed one, in other offsets.
        "2026-01-01T01:00:00+01:00/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:30:00+01:00",
        "",
        "/",
        "yesterday/today",
        "2026-01-01/2026-01-02",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/",
        "2026-01-01T00:00:00Z/P1D",
        "2026-01-01T00:00:00Z/2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00/2026-01-02T00:00:00",
        "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z/2026-01-03T00:00:00Z",
        "2026-01-01T00:00:00+25:00/2026-01-02T00:00:00Z",
        "2026-01-01T00:00:00Z--2026-01-02T00:00:00Z",
        "é/ü",
    ];
    let service = StandIn::start();
    for text in table {
        let error = text.parse::<Interval>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{text}");
        assert!(error.message().contains("interval"), "{error}");
        // What came by another way is refused when it is sent.
        let read: Interval = serde_json::from_value(json!(text)).unwrap();
        let query = AggregateQuery::new(read, [Metric::NJourneySessions]);
        let error = analytics::query_aggregates(&service.config(), &query).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{text}");
    }
    assert!(asked(&service).is_empty());
    let now = SystemTime::now();
    let hour = Duration::from_secs(3_600);
    for (start, end) in [(now, now), (now, now - hour), (UNIX_EPOCH - hour, now)] {
        assert_eq!(Interval::new(start, end).unwrap_err().kind(), ErrorKind::Input);
    }
    for none in [Interval::last_days(0), Interval::last_hours(0), Interval::last_days(u32::MAX)] {
        assert_eq!(none.unwrap_err().kind(), ErrorKind::Input);
    }
}

#[test]
fn the_last_days_and_hours_are_whole_and_end_with_the_last_whole_one() {
    for (n, unit) in [(1, 86_400), (7, 86_400), (1, 3_600), (48, 3_600)] {
        let before = seconds(SystemTime::now()) / unit;
        let interval = if unit == 3_600 { Interval::last_hours(n) } else { Interval::last_days(n) }.unwrap();
        let after = seconds(SystemTime::now()) / unit;
        let (start, end) = interval.to_system_times().unwrap();
        assert_eq!((seconds(start) % unit, seconds(end) % unit), (0, 0), "{interval}");
        assert_eq!(seconds(end) - seconds(start), u64::from(n) * unit);
        assert!((before..=after).contains(&(seconds(end) / unit)), "{interval}");
        assert!(interval.as_str().ends_with(":00:00.000Z"), "{interval}");
    }
}

// ---- Jobs

#[test]
fn the_four_requests_of_a_job_are_as_the_service_takes_them() {
    let service = StandIn::start();
    add_active(&service, 5);
    let config = service.config();
    let id = analytics::submit_job(&config, &by_segment(), Some(2)).unwrap();
    let body = service.last_request().body.unwrap();
    let expected = json!({
        "interval": january().as_str(), "groupBy": ["journeySegmentId"], "metrics": ["nJourneySessions"], "pageSize": 2,
    });
    assert_eq!((id.as_str(), body), ("job-1", expected));

    let status = analytics::job_status(&config, &id).unwrap();
    assert_eq!((status.state, status.error_message), (Some(JobState::Queued), None));
    assert!(status.submission_date.is_some() && status.completion_date.is_none());
    assert_eq!(analytics::job_results(&config, &id, None).unwrap_err().code(), Some("job.not.fulfilled"));
    assert_eq!(analytics::job_status(&config, &id).unwrap().state, Some(JobState::Pending));
    assert_eq!(analytics::job_status(&config, &id).unwrap().state, Some(JobState::Fulfilled));

    let first = analytics::job_results(&config, &id, None).unwrap();
    let second = analytics::job_results(&config, &id, first.cursor.as_deref()).unwrap();
    let third = analytics::job_results(&config, &id, second.cursor.as_deref()).unwrap();
    assert_eq!((first.results.len(), second.results.len(), third.results.len()), (2, 2, 1));
    assert_eq!(third.cursor, None);
    analytics::cancel_job(&config, &id).unwrap();
    assert_eq!(analytics::job_status(&config, &id).unwrap().state, Some(JobState::Cancelled));
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
    assert_eq!(asked(&service), expected);
    // Without a size it is left out.
    analytics::submit_job(&config, &sessions(), None).unwrap();
    assert_eq!(service.last_request().body.unwrap().get("pageSize"), None);
    let error = analytics::submit_job(&config, &sessions(), Some(0)).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0));
}

#[test]
fn a_submission_whose_answer_is_lost_is_not_repeated() {
    let service = StandIn::start();
    service.answer_next([Answer::text(503, "")]);
    let error = analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(asked(&service), ["POST /jobs"]);
}

#[test]
fn a_job_gives_what_the_query_gives_page_by_page_as_it_is_wanted() {
    let service = StandIn::start();
    add_active(&service, 5);
    let config = service.config();
    let mut states = Vec::new();
    let mut on_state = |state: &JobState| states.push(state.clone());
    let wait = Wait { page_size: Some(2), on_state: Some(&mut on_state), ..Wait::default() };
    let mut containers = analytics::run_job(&config, &by_segment(), wait).unwrap();
    assert_eq!(states, [JobState::Queued, JobState::Pending, JobState::Fulfilled]);
    assert_eq!(containers.job_id(), "job-1");
    let waited = ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1", "GET /jobs/job-1"];
    assert_eq!(asked(&service), waited);

    let mut given = vec![containers.next().unwrap().unwrap(), containers.next().unwrap().unwrap()];
    assert_eq!(asked(&service), ["GET /jobs/job-1/results"]);
    given.push(containers.next().unwrap().unwrap());
    assert_eq!(asked(&service), ["GET /jobs/job-1/results?cursor=from-2"]);
    given.extend(containers.by_ref().map(Result::unwrap));
    assert_eq!(asked(&service), ["GET /jobs/job-1/results?cursor=from-4"]);
    assert!(containers.next().is_none());
    assert_eq!(analytics::query_aggregates(&config, &by_segment()).unwrap().results, given);
}

#[test]
fn a_job_that_is_done_at_once_is_three_requests() {
    let service = StandIn::start();
    service.jobs_take(0);
    let containers = analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap();
    assert_eq!(containers.filter(Result::is_ok).count(), 1);
    assert_eq!(asked(&service), ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1/results"]);
}

#[test]
fn the_pauses_between_two_looks_at_a_job_grow() {
    let service = StandIn::start();
    service.jobs_take(4);
    let config = service.settings().base_wait(Duration::from_millis(20)).token(&service.token()).unwrap();
    analytics::run_job(&config, &sessions(), Wait::default()).unwrap();
    let at: Vec<_> = service.requests().iter().skip(1).map(|seen| seen.at).collect();
    assert_eq!(at.len(), 5);
    for (i, least) in [10, 20, 40, 80].into_iter().enumerate() {
        assert!(at[i + 1] - at[i] >= Duration::from_millis(least), "pause {i} was {:?}", at[i + 1] - at[i]);
    }
}

#[test]
fn a_job_that_ends_otherwise_is_an_error_with_the_message_of_the_service() {
    for state in ["FAILED", "CANCELLED", "EXPIRED"] {
        let service = StandIn::start();
        service.jobs_end(state, "Query too large for the moon");
        let mut last = None;
        let mut on_state = |state: &JobState| last = Some(state.clone());
        let wait = Wait { on_state: Some(&mut on_state), ..Wait::default() };
        let error = analytics::run_job(&service.config(), &sessions(), wait).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        for part in [state, "job-1", "Query too large for the moon"] {
            assert!(error.to_string().contains(part), "{part} is not in {error}");
        }
        assert_eq!(last, Some(JobState::from(state)));
        // It has ended: there is nothing to cancel.
        assert_eq!(asked(&service), ["POST /jobs", "GET /jobs/job-1", "GET /jobs/job-1", "GET /jobs/job-1"]);
    }
    let service = StandIn::start();
    service.jobs_end("FAILED", "");
    let error = analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap_err();
    assert!(error.to_string().contains("FAILED"), "{error}");
}

#[test]
fn a_job_that_takes_too_long_is_cancelled() {
    let service = StandIn::start();
    service.jobs_take(usize::MAX);
    let wait = Wait { at_most: Duration::from_millis(500), ..Wait::default() };
    let error = analytics::run_job(&service.config(), &sessions(), wait).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(error.to_string().contains("job-1") && error.to_string().contains("500ms"), "{error}");
    let asked = asked(&service);
    assert_eq!(asked.last().unwrap(), "DELETE /jobs/job-1");
    assert_eq!(asked.iter().filter(|asked| asked.starts_with("DELETE")).count(), 1);
    assert!(asked.len() > 4, "{asked:?}");
    assert_eq!(analytics::job_status(&service.config(), "job-1").unwrap().state, Some(JobState::Cancelled));
}

#[test]
fn a_job_that_cannot_be_asked_for_is_cancelled() {
    let service = StandIn::start();
    let forbidden = || Answer::json(403, &json!({ "code": "missing.permission" }));
    service.answer_next([Answer::json(202, &json!({ "jobId": "job-7" })), forbidden()]);
    let error = analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap_err();
    assert_eq!(error.code(), Some("missing.permission"));
    assert_eq!(asked(&service), ["POST /jobs", "GET /jobs/job-7", "DELETE /jobs/job-7"]);
    // That it cannot be cancelled either does not hide why it was given up.
    service.answer_next([Answer::json(202, &json!({ "jobId": "job-7" })), forbidden(), Answer::text(500, "")]);
    let error = analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap_err();
    assert_eq!(error.code(), Some("missing.permission"));
}

#[test]
fn a_state_that_is_new_or_absent_is_waited_on() {
    let service = StandIn::start();
    service.answer_next([
        Answer::json(202, &json!({ "jobId": "job-7" })),
        Answer::json(200, &json!({ "state": "WARMING" })),
        Answer::json(200, &json!({})),
        Answer::json(200, &json!({ "state": "FULFILLED" })),
        Answer::json(200, &json!({ "results": null })),
    ]);
    let mut states = Vec::new();
    let mut on_state = |state: &JobState| states.push(state.to_string());
    let wait = Wait { on_state: Some(&mut on_state), ..Wait::default() };
    let containers = analytics::run_job(&service.config(), &sessions(), wait).unwrap();
    assert_eq!(containers.count(), 0);
    assert_eq!(states, ["WARMING", "FULFILLED"]);
}

#[test]
fn a_job_that_does_not_exist_is_not_found() {
    let service = StandIn::start();
    let config = service.config();
    assert!(analytics::job_status(&config, "no such").unwrap_err().is_not_found());
    assert!(analytics::job_results(&config, "no such", None).unwrap_err().is_not_found());
    assert!(analytics::cancel_job(&config, "no such").unwrap_err().is_not_found());
    let expected = ["GET /jobs/no%20such", "GET /jobs/no%20such/results", "DELETE /jobs/no%20such"];
    assert_eq!(asked(&service), expected);
    for id in ["", ".", ".."] {
        let errors = [
            analytics::job_status(&config, id).unwrap_err(),
            analytics::job_results(&config, id, None).unwrap_err(),
            analytics::cancel_job(&config, id).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::Input));
    }
    assert!(asked(&service).is_empty());
}

/// A job that is fulfilled, with these pages.
fn fulfilled(service: &StandIn, pages: &[Value]) -> analytics::JobContainers {
    service.answer_next([
        Answer::json(202, &json!({ "jobId": "job-7" })),
        Answer::json(200, &json!({ "state": "FULFILLED" })),
    ]);
    service.answer_next(pages.iter().map(|page| Answer::json(200, page)));
    analytics::run_job(&service.config(), &sessions(), Wait::default()).unwrap()
}

#[test]
fn a_cursor_that_repeats_is_an_error_and_no_endless_loop() {
    let page = |cursor: &str| json!({ "results": [{}], "cursor": cursor });
    let table = [(vec![page("a"), page("a")], 1, 2), (vec![page("a"), page("b"), page("a")], 2, 3)];
    for (pages, given, requests) in table {
        let service = StandIn::start();
        let mut containers = fulfilled(&service, &pages);
        assert_eq!(containers.by_ref().take_while(Result::is_ok).count(), given);
        assert!(containers.next().is_none());
        assert_eq!(asked(&service).len(), 2 + requests);
    }
    let service = StandIn::start();
    let error = fulfilled(&service, &[page("a"), page("a")]).last().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("\"a\" repeats"), "{error}");
}

#[test]
fn an_empty_page_with_a_cursor_is_passed_over_and_an_empty_cursor_is_the_end() {
    let service = StandIn::start();
    let pages = [
        json!({ "results": [], "cursor": "a b&c" }),
        json!({ "results": [{}, {}], "cursor": "d" }),
        json!({ "results": [{}], "cursor": "" }),
    ];
    let containers = fulfilled(&service, &pages);
    assert_eq!(containers.filter(Result::is_ok).count(), 3);
    let asked = asked(&service);
    assert_eq!(asked[3..], ["GET /jobs/job-7/results?cursor=a%20b%26c", "GET /jobs/job-7/results?cursor=d"]);
}

#[test]
fn empty_pages_that_name_another_for_ever_end_in_an_error() {
    let service = StandIn::start();
    let pages: Vec<Value> = (0..200).map(|n| json!({ "results": [], "cursor": format!("c{n}") })).collect();
    let mut containers = fulfilled(&service, &pages);
    let error = containers.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(containers.next().is_none());
    assert_eq!(asked(&service).len(), 2 + 100);
}

#[test]
fn an_error_on_a_page_of_results_ends_them() {
    let service = StandIn::start();
    let mut containers = fulfilled(&service, &[json!({ "results": [{}], "cursor": "a" })]);
    service.answer_next([Answer::json(410, &json!({ "code": "gone" }))]);
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
