//! What stands above the aggregates: filters, intervals, rows, streaming, jobs.

mod listener;

#[path = "analytics/interval.rs"]
mod interval;
#[path = "analytics/jobs.rs"]
mod jobs;
#[path = "analytics/query.rs"]
mod query;
#[path = "analytics/stream.rs"]
mod stream;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use genesys_journey::analytics::{
    self, AggregateQuery, AggregateResponse, Clause, Container, Dimension, Filter, Interval, JobOptions, JobState,
    Metric, NumericRange, Predicate, TimeDimension, View,
};
use genesys_journey::{Config, ConfigBuilder, ErrorKind, Region};
use genesys_stand_in::{Response, StandIn};
use serde_json::{Value, json};

use listener::{Listener, Scripted};

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
    let region = Region::custom(&listener.url(), &listener.url()).unwrap();
    Config::builder(region).initial_backoff(Duration::from_millis(1))
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

/// Segments that visitors are assigned to.
fn add_active(service: &StandIn, n: usize) {
    (0..n).for_each(|n| drop(service.add_segment(json!({ "displayName": format!("Segment {n}") }))));
}
