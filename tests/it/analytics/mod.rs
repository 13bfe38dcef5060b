//! Aggregates: queries, intervals, rows, streams and jobs.

mod interval;
mod jobs;
mod query;
mod stream;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use genesys_journey::analytics::jobs::JobOptions;
use genesys_journey::analytics::{
    self, AggregateQuery, AggregateResponse, AggregationRange, Clause, Container, Dimension, Filter, Interval,
    IntervalData, Metric, NumericRange, Predicate, TimeDimension, View,
};
use genesys_journey::{Config, ConfigBuilder, ErrorKind, Region};
use genesys_stand_in::{Response, StandIn};
use serde_json::{Value, json};

use crate::heap::peak;
use genesys_listener::{Listener, Scripted};

/// Settings with timeouts that a large response does not reach.
fn with_long_timeouts(listener: &Listener) -> ConfigBuilder {
    let region = Region::custom(&listener.url(), &listener.url()).unwrap();
    Config::builder(region).initial_backoff(Duration::from_millis(1))
}

fn to(listener: &Listener) -> Config {
    with_long_timeouts(listener).token("a-token").unwrap()
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

/// Returns and clears the recorded requests.
fn take_requests(service: &StandIn) -> Vec<String> {
    let seen = service.requests().into_iter().map(|seen| {
        let path = seen.raw_path.replace("/api/v2/analytics/journeys/aggregates", "");
        let query = if seen.raw_query.is_empty() { String::new() } else { format!("?{}", seen.raw_query) };
        format!("{} {path}{query}", seen.method)
    });
    let seen = seen.collect();
    service.clear_requests();
    seen
}

/// Segments that visitors are assigned to.
fn add_active(service: &StandIn, n: usize) {
    (0..n).for_each(|n| drop(service.add_segment(json!({ "displayName": format!("Segment {n}") }))));
}
