//! Queries, their responses, and the rows of a response.

use genesys_journey::action_targets::{self, ActionTargetUpdate, ServiceLevel};
use genesys_stand_in::config;

use super::*;

#[test]
fn a_query_without_groups_has_one_container_with_no_group() {
    let service = StandIn::start();
    add_active(&service, 3);
    let response = analytics::query_aggregates(&config!(service), &sessions()).unwrap();
    assert_eq!(response.results.len(), 1);
    let rows: Vec<_> = response.rows().collect();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].group.is_empty() && rows[0].stats.count.unwrap() > 0);
    assert_eq!((rows[0].name, rows[0].interval), ("nJourneySessions", Some(&january())));
    assert_eq!(rows[0].dimension(&Dimension::JourneySegmentId), None);
    let body = service.last_request().body.unwrap();
    assert_eq!(body, json!({ "interval": january().as_str(), "metrics": ["nJourneySessions"] }));
    assert_eq!(take_requests(&service), ["POST /query"]);
}

#[test]
fn an_interval_of_a_response_is_kept_as_received() {
    for text in ["", "later", "2026-01-02/2026-01-01"] {
        let data = json!({ "interval": text, "metrics": [], "views": [] });
        let read: IntervalData = serde_json::from_value(data.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), data);
    }
}

#[test]
fn a_metric_missing_from_the_response_is_no_error() {
    let service = StandIn::start();
    add_active(&service, 1);
    let query = AggregateQuery {
        metrics: vec![Metric::NWebActionsTimedout, Metric::NJourneySessions, Metric::OJourneyOutcomeValue],
        ..sessions()
    };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let names: Vec<&str> = response.rows().map(|row| row.name).collect();
    assert_eq!(names, ["nJourneySessions", "oJourneyOutcomeValue"]);
    let observed = response.rows().nth(1).unwrap().stats.clone();
    assert_eq!((observed.min, observed.max), (Some(0.5), Some(4.5)));
}

#[test]
fn an_empty_response_has_no_rows() {
    for empty in [r#"{}"#, r#"{"results":[]}"#, r#"{"results":null}"#, r#"{"results":[{}]}"#] {
        let service = StandIn::start();
        service.respond_next([Response::text(200, empty)]);
        let response = analytics::query_aggregates(&config!(service), &sessions()).unwrap();
        assert_eq!(response.rows().count(), 0, "{empty}");
    }
}

#[test]
fn views_are_in_the_response_by_name() {
    let service = StandIn::start();
    add_active(&service, 2);
    let query = AggregateQuery {
        views: vec![
            View::range_bound("all", Metric::NJourneySessions, AggregationRange { gte: Some(0.0), lt: None }),
            View::range_bound("none", Metric::NJourneySessions, AggregationRange { gte: None, lt: Some(0.0) }),
        ],
        ..sessions()
    };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let rows: Vec<(&str, bool)> = response.rows().map(|row| (row.name, row.is_view)).collect();
    assert_eq!(rows, [("nJourneySessions", false), ("all", true), ("none", true)]);
    assert!(response.rows().nth(1).unwrap().stats.count > Some(0));
    assert_eq!(response.rows().nth(2).unwrap().stats.count, Some(0));
    let views = json!([
        { "target": "nJourneySessions", "name": "all", "function": "rangeBound", "range": { "gte": 0.0 } },
        { "target": "nJourneySessions", "name": "none", "function": "rangeBound", "range": { "lt": 0.0 } },
    ]);
    assert_eq!(service.last_request().body.unwrap()["views"], views);
}

#[test]
fn ten_views_are_sent_and_eleven_are_refused() {
    let service = StandIn::start();
    let config = config!(service);
    let all = AggregationRange::default();
    let view = |n| View::range_bound(format!("view {n}"), Metric::NJourneySessions, all.clone());
    analytics::query_aggregates(&config, &AggregateQuery { views: (0..10).map(view).collect(), ..sessions() }).unwrap();
    service.clear_requests();

    let eleven = AggregateQuery { views: (0..11).map(view).collect(), ..sessions() };
    let without_metrics = AggregateQuery { metrics: Vec::new(), ..sessions() };
    for (query, field) in [(&eleven, "views"), (&without_metrics, "metrics")] {
        let errors = [
            analytics::query_aggregates(&config, query).unwrap_err(),
            analytics::stream_aggregates(&config, query).unwrap_err(),
            analytics::jobs::submit(&config, query, None).unwrap_err(),
            analytics::jobs::run(&config, query, JobOptions::default()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
            assert!(error.message().contains(field), "{error}");
        }
    }
    assert!(take_requests(&service).is_empty());
}

#[test]
fn filters_are_sent_in_the_format_of_the_service() {
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
    analytics::query_aggregates(&config!(service), &query).unwrap();
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
fn filters_are_applied() {
    let service = StandIn::start();
    add_active(&service, 4);
    let config = config!(service);
    let devices = |filter: Filter| -> Vec<String> {
        let query =
            AggregateQuery { filter: Some(filter), group_by: vec![Dimension::JourneyDeviceCategory], ..sessions() };
        let response = analytics::query_aggregates(&config, &query).unwrap();
        response.rows().map(|row| row.dimension(&Dimension::JourneyDeviceCategory).unwrap().to_owned()).collect()
    };
    let is = |device: &str| Predicate::equals(Dimension::JourneyDeviceCategory, device);
    let web = || Predicate::equals(Dimension::JourneySessionType, "web");
    assert_eq!(devices(Filter::and([web()])), ["desktop", "mobile"]);
    assert_eq!(devices(Filter::or([is("mobile"), is("tablet")])), ["mobile", "tablet"]);
    assert_eq!(devices(Filter::and([web()]).with_clause(Clause::or([is("mobile"), is("tablet")]))), ["mobile"]);
    assert!(devices(Filter::and([]).with_clause(Clause::and([is("mobile"), is("tablet")]))).is_empty());
}

#[test]
fn rows_are_flat_and_in_the_order_of_the_response() {
    let text = json!({ "results": [
        { "group": { "journeySegmentId": "b", "new": "x" }, "data": [
            { "interval": "i1", "metrics": [
                { "metric": "nJourneySessions", "stats": { "count": 1 } },
                { "metric": "aNewMetric", "qualifier": "q", "stats": { "sum": 2.5 } },
            ], "views": [{ "name": "v", "stats": { "count": 3 } }] },
            { "interval": "i2", "metrics": [{ "metric": "nJourneySessions" }, { "qualifier": "q" }] },
        ]},
        { "data": [{ "views": [{ "stats": { "ratio": 0.5 } }] }, { "interval": "i3" }] },
        { "group": { "journeySegmentId": "a" }, "data": null },
        { "group": { "journeySegmentId": "a" }, "data": [{ "interval": "i1", "metrics": [
            { "metric": "nJourneySessions", "stats": { "count": 9 } }] }] },
    ]});
    let response: AggregateResponse = serde_json::from_value(text).unwrap();
    let rows: Vec<_> = response
        .rows()
        .map(|row| {
            let group: Vec<&str> = row.group.values().map(String::as_str).collect();
            (
                group.join(","),
                row.interval.map_or("", Interval::as_str),
                row.name,
                row.is_view,
                row.qualifier,
                row.stats.count,
            )
        })
        .collect();
    let expected = [
        ("b,x", "i1", "nJourneySessions", false, None, Some(1)),
        ("b,x", "i1", "aNewMetric", false, Some("q"), None),
        ("b,x", "i1", "v", true, None, Some(3)),
        ("b,x", "i2", "nJourneySessions", false, None, None),
        ("b,x", "i2", "", false, Some("q"), None),
        ("", "", "", true, None, None),
        ("a", "i1", "nJourneySessions", false, None, Some(9)),
    ];
    let expected = expected.map(|(group, interval, name, view, qualifier, count)| {
        (group.to_owned(), interval, name, view, qualifier, count)
    });
    assert_eq!(rows, expected);
    let rows: Vec<_> = response.rows().collect();
    assert_eq!((rows[1].stats.sum, rows[5].stats.ratio), (Some(2.5), Some(0.5)));
    assert_eq!(rows[0].dimension(&"new".into()), Some("x"));
    assert_eq!(response.results[0].rows().count(), 5);
}

#[test]
fn rows_allocate_nothing() {
    let service = StandIn::start();
    add_active(&service, 20);
    let query = AggregateQuery { granularity: Some("PT1H".into()), ..by_segment() };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let mut rows = 0;
    assert_eq!(peak(|| rows = response.rows().count()), 0);
    assert_eq!(rows, 20 * 48);
}

#[test]
fn a_number_that_is_not_finite_is_refused_by_name() {
    let service = StandIn::start();
    let config = config!(service);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let number = Some(number);
        let within = |range| Some(Filter::and([Predicate::within(Dimension::JourneyActionMapVersion, range)]));
        let none = NumericRange::default();
        let ranges = [
            ("gt", NumericRange { gt: number, ..none }),
            ("gte", NumericRange { gte: number, ..none }),
            ("lt", NumericRange { lt: number, ..none }),
            ("lte", NumericRange { lte: number, ..none }),
        ];
        let mut queries: Vec<_> =
            ranges.map(|(field, range)| (field, AggregateQuery { filter: within(range), ..sessions() })).into();
        for (field, gte, lt) in [("gte", number, None), ("lt", None, number)] {
            let views = vec![View::range_bound("v", Metric::OJourneyOutcomeValue, AggregationRange { gte, lt })];
            queries.push((field, AggregateQuery { views, ..sessions() }));
        }
        for (field, query) in queries {
            let errors = [
                analytics::query_aggregates(&config, &query).unwrap_err(),
                analytics::jobs::submit(&config, &query, None).unwrap_err(),
            ];
            for error in errors {
                assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(field)), "{error}");
            }
        }
        let service_level = Some(ServiceLevel { percentage: number, duration_ms: None });
        let update = ActionTargetUpdate { service_level, ..ActionTargetUpdate::default() };
        let error = action_targets::update(&config, "id", &update).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("percentage")), "{error}");
    }
    assert!(take_requests(&service).is_empty());
}
