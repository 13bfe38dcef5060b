//! Journey aggregates: how much outcome, by interval, by group.
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
//! What did not happen is not in an answer: a segment that nobody was assigned to may have no container
//! at all. So a search for it begins with what there is:
//!
//! ```
//! # let service = genesys_stand_in::StandIn::doc_example();
//! # service.add_segment(serde_json::json!({ "displayName": "Nobody", "isActive": false }));
//! # let config = genesys_stand_in::config!(service);
//! use std::collections::HashSet;
//! use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
//! use genesys_journey::segments;
//!
//! let query = AggregateQuery {
//!     group_by: vec![Dimension::JourneySegmentId],
//!     ..AggregateQuery::new(Interval::last_days(7)?, [Metric::NJourneySegmentsAssigned])
//! };
//! let answer = analytics::query_aggregates(&config, &query)?;
//! let assigned: HashSet<&str> = answer
//!     .rows()
//!     .filter(|row| row.stats.count.unwrap_or(0) > 0)
//!     .filter_map(|row| row.dimension(&Dimension::JourneySegmentId))
//!     .collect();
//! # let mut idle = 0;
//! for segment in segments::list_all(&config, &Default::default()) {
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
//! For an answer of many megabytes there is [`for_each_result`]; for a query that takes long, [`run_job`].

mod interval;
mod jobs;
mod query;
mod reader;
mod response;

use std::ops::ControlFlow;

#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::{Config, Result};

pub use interval::Interval;
pub use jobs::{
    JobContainers, JobOptions, JobResults, JobState, JobStatus, cancel_job, job_results, job_status, run_job,
    submit_job,
};
pub use query::{
    AggregateQuery, AggregationRange, Clause, Dimension, Filter, FilterType, Metric, NumericRange, Predicate,
    PredicateOperator, PredicateType, TimeDimension, View, ViewFunction,
};
pub use response::{AggregateResponse, Container, IntervalData, MetricData, Row, Stats, ViewData};

const AGGREGATES: &str = "/api/v2/analytics/journeys/aggregates";

/// Asks for aggregates, and holds the whole answer. Reads only, so it is repeated where the answer is
/// lost.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// `Input` where there is no metric, there are more than 10 views, or the interval does not start
/// before it ends; else see [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_hours(24)?, [Metric::NJourneySessions]);
/// let answer = analytics::query_aggregates(&config, &query)?;
/// println!("{} rows", answer.rows().count());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostAnalyticsJourneysAggregatesQuery")]
pub fn query_aggregates(config: &Config, query: &AggregateQuery) -> Result<AggregateResponse> {
    let mut results = Vec::new();
    request(query)?.send_with(config, &mut |body| {
        results.clear();
        // Container by container: the text of the answer is never held as a whole.
        reader::each_container(body, &mut |container| {
            results.push(container);
            ControlFlow::Continue(())
        })
        .map_err(Into::into)
    })?;
    Ok(AggregateResponse { results })
}

/// Asks for aggregates in one request, and hands on one container of results at a time: for answers of any
/// size, in the memory of one container. Ends early on [`ControlFlow::Break`]. The answer is read in pieces of
/// 256 KiB, or of a container if one is larger.
///
/// The call's deadline bounds all of it, the time spent in `each` included; the time-out of one attempt
/// and the largest response do not apply, save that one container must not be larger than the latter.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`query_aggregates`]. An answer that breaks off after the first container was handed on is not
/// asked for again: what was handed on would be handed on twice.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use std::ops::ControlFlow;
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(30)?, [Metric::NJourneySessions]);
/// let mut sessions = 0;
/// analytics::for_each_result(&config, &query, |container| {
///     sessions += container.rows().filter_map(|row| row.stats.count).sum::<i64>();
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn for_each_result(
    config: &Config,
    query: &AggregateQuery,
    mut each: impl FnMut(Container) -> ControlFlow<()>,
) -> Result<()> {
    let mut partially_consumed = false;
    request(query)?.stream(config, &mut |body| {
        reader::each_container(body, &mut |container| {
            partially_consumed = true;
            each(container)
        })
        .map_err(|error| crate::call::BodyError { error, partially_consumed })
    })
}

fn request(query: &AggregateQuery) -> Result<Request> {
    query.check()?;
    Ok(Request::post(AGGREGATES).then("/query").json(query).read_only())
}
