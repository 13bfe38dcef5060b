//! Journey aggregates: metrics of visits and web actions, by interval and by group.
//!
//! ```no_run
//! use genesys_journey::{Config, analytics};
//! use genesys_journey::analytics::{AggregateQuery, Dimension, Interval, Metric};
//!
//! let config = Config::from_env()?;
//! let query = AggregateQuery {
//!     group_by: vec![Dimension::JourneySegmentId],
//!     granularity: Some("P1D".into()),
//!     ..AggregateQuery::new(Interval::last_days(7)?, [Metric::NJourneySegmentsAssigned])
//! };
//! for row in analytics::query_aggregates(&config, &query)?.rows() {
//!     println!("{:?} {:?} {} {:?}", row.group, row.interval, row.name, row.stats.count);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! A response contains only groups with something to count: a segment without visitors may have no container
//! at all. To find such segments, list all segments and compare. The last 7 days are whole days in UTC, without today;
//! [`Interval::new`] makes any other interval.
//!
//! ```
//! # let service = genesys_stand_in::StandIn::doc_example();
//! # service.clear_assignments(&service.add_segment(serde_json::json!({ "displayName": "Nobody" })));
//! # let config = genesys_stand_in::config!(service);
//! use std::collections::HashSet;
//! use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
//! use genesys_journey::segments;
//!
//! let query = AggregateQuery {
//!     group_by: vec![Dimension::JourneySegmentId],
//!     ..AggregateQuery::new(Interval::last_days(7)?, [Metric::NJourneySegmentsAssigned])
//! };
//! let response = analytics::query_aggregates(&config, &query)?;
//! let assigned: HashSet<&str> = response
//!     .rows()
//!     .filter(|row| row.stats.count.unwrap_or(0) > 0)
//!     .filter_map(|row| row.dimension(&Dimension::JourneySegmentId))
//!     .collect();
//! # let mut idle = 0;
//! let active = segments::ListSegments { is_active: Some(true), ..Default::default() };
//! for segment in segments::list_all(&config, &active) {
//!     let segment = segment?;
//!     if !assigned.contains(segment.id.as_str()) {
//!         println!("{} {}", segment.id, segment.display_name);
//! #       idle += 1;
//!     }
//! }
//! # assert_eq!(idle, 1);
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! For a response of many megabytes use [`stream_aggregates`]. For a query that takes minutes use [`jobs::run`]. The
//! service promises no order of containers, so sort the rows to compare two responses.

pub mod jobs;

mod query;
mod reader;
mod response;
mod stream;

#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::serde_util::push;
use crate::{Config, Result};

pub use crate::interval::Interval;
pub use query::{
    AggregateQuery, AggregationRange, Clause, Dimension, Filter, FilterType, Metric, NumericRange, Predicate,
    PredicateOperator, PredicateType, TimeDimension, View, ViewFunction,
};
use reader::Containers;
pub use response::{AggregateResponse, Container, IntervalData, MetricData, Row, Stats, ViewData};
pub use stream::{ContainerStream, stream_aggregates};

const AGGREGATES: &str = "/api/v2/analytics/journeys/aggregates";

/// Returns the aggregates of a query.
///
/// The service omits groups and metrics with nothing to count. If there are no results at all, the list is empty.
/// `null` entries are skipped, and so are empty entries after an empty one. The request changes nothing, so it is
/// retried.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// `Input` if there is no metric, there are more than 10 views, a number is NaN or infinite, or the interval
/// does not start before it ends. `Decode` if the response is an object with other fields and without
/// `results`, such as an error with status 200. Otherwise see [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_hours(24)?, [Metric::NJourneySessions]);
/// let response = analytics::query_aggregates(&config, &query)?;
/// println!("{} rows", response.rows().count());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostAnalyticsJourneysAggregatesQuery")]
#[inline]
pub fn query_aggregates(config: &Config, query: &AggregateQuery) -> Result<AggregateResponse> {
    let mut results = Vec::new();
    request(query)?.send_with(config, &mut |response| {
        results.clear();
        // Decodes one container at a time, so that the text of the response is never held completely.
        let mut containers = Containers::of_body(response.body.detach());
        while let Some(container) = containers.next()? {
            push(&mut results, container);
        }
        Ok(())
    })?;
    Ok(AggregateResponse { results })
}

#[inline]
fn request(query: &AggregateQuery) -> Result<Request> {
    query.check()?;
    Ok(Request::post(AGGREGATES).then("/query").json(query).read_only())
}
