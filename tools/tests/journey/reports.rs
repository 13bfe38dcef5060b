//! `report` and `rows`.

use std::time::{Duration, SystemTime};

use genesys_journey::analytics::{self, AggregateQuery, Dimension, Metric};
use genesys_stand_in::{Response, config};
use serde_json::{Value, json};

use super::*;

/// Two active segments and an inactive one. One was assigned, in two containers.
fn counted() -> StandIn {
    let service = StandIn::start();
    service.add_segment(json!({ "id": "1", "displayName": "Not, once" }));
    service.add_segment(json!({ "id": "2", "displayName": "\"Quoted\"\nand broken" }));
    service.add_segment(json!({ "id": "3", "displayName": "Retired", "isActive": false }));
    let container = |id: &str, count: u64| {
        let metric = json!({ "metric": "nJourneySegmentsAssigned", "stats": { "count": count } });
        json!({ "group": { "journeySegmentId": id }, "data": [{ "interval": DAY, "metrics": [metric] }] })
    };
    let results =
        json!({ "results": [container("2", 40), container("3", 9), container("gone", 5), container("2", 2)] });
    service.respond_next([Response::json(200, &results)]);
    service
}

#[test]
fn the_report_is_an_aligned_table_with_zeros() {
    let expected = format!(
        "Assigned to active segments, {DAY}\n\n\
         segment              id  assigned\n\
         \"Quoted\" and broken  2         42\n\
         Not, once            1          0\n\
         total                          42\n"
    );
    run(at(&counted()), ["report", "--interval", DAY]).printed(0, &expected);
}

#[test]
fn the_report_as_csv_reads_back_any_name() {
    let Ended { out, err, .. } = run(at(&counted()), ["report", "--format", "csv", "--interval", DAY]).code(0);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes());
    let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
    let (from, to) = DAY.split_once('/').unwrap();
    let expected: [[&str; 5]; 3] = [
        ["from", "to", "segment_id", "segment", "assigned"],
        [from, to, "2", "\"Quoted\"\nand broken", "42"],
        [from, to, "1", "Not, once", "0"],
    ];
    assert_eq!(rows, expected);
    assert_eq!(err, "");
}

#[test]
fn the_report_as_json_is_an_array_of_objects() {
    let Ended { out, .. } = run(at(&counted()), ["report", "--format", "json", "--interval", DAY]).code(0);
    let (from, to) = DAY.split_once('/').unwrap();
    let row = |id: &str, name: &str, assigned: u64| json!({ "from": from, "to": to, "segment_id": id, "segment": name, "assigned": assigned });
    let expected = json!([row("2", "\"Quoted\"\nand broken", 42), row("1", "Not, once", 0)]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    let empty = StandIn::start();
    run(at(&empty), ["report", "--format", "json"]).printed(0, "[]\n");
}

#[test]
fn the_report_covers_yesterday_or_the_given_days() {
    let service = StandIn::start();
    for (args, days) in [(vec!["report"], 1), (vec!["report", "--days", "7"], 7)] {
        run(at(&service), args).code(0);
        let requests = service.requests().into_iter().rfind(|seen| seen.raw_path.ends_with("/query")).unwrap();
        let interval: analytics::Interval = requests.body.unwrap()["interval"].as_str().unwrap().parse().unwrap();
        let (from, to) = interval.to_system_times().unwrap();
        assert_eq!(to.duration_since(from).unwrap(), Duration::from_secs(days * 86_400));
        assert!(SystemTime::now().duration_since(to).unwrap() < Duration::from_secs(2 * 86_400));
    }
}

#[test]
fn rows_are_those_of_the_response() {
    let service = StandIn::start();
    service.seed_segments(2);
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneyDeviceCategory],
        granularity: Some("PT1H".to_owned()),
        ..AggregateQuery::new(DAY.parse().unwrap(), [Metric::NJourneySessions, Metric::OJourneyOutcomeValue])
    };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let expected: Vec<Vec<String>> = response
        .rows()
        .map(|row| {
            let device = row.dimension(&Dimension::JourneyDeviceCategory).unwrap();
            let (count, stats) = (row.stats.count.unwrap().to_string(), row.stats);
            let texts = [device, row.interval.unwrap().as_str(), row.name, row.qualifier.unwrap_or_default()]
                .map(str::to_owned);
            [&texts[..], &[count, number(stats.sum), number(stats.min), number(stats.max)]].concat()
        })
        .collect();
    assert_eq!(expected.len(), 3 * 24 * 2);
    let args = "rows --metric nJourneySessions --metric oJourneyOutcomeValue --group-by journeyDeviceCategory \
                --granularity PT1H --format csv --interval";
    let args: Vec<&str> = args.split_whitespace().chain([DAY]).collect();
    for args in [args.clone(), [&args[..], &["--job", "--initial-backoff", "1ms"]].concat()] {
        let Ended { out, .. } = run(at(&service), args).code(0);
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let header = ["journeyDeviceCategory", "interval", "metric", "qualifier", "count", "sum", "min", "max"];
        assert_eq!(reader.headers().unwrap(), header.to_vec());
        let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows, expected);
    }
}
