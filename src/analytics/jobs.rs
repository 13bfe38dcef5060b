//! Jobs: aggregates of a query that is submitted, polled until it ends, and read page by page.
//!
//! ```no_run
//! use genesys_journey::Config;
//! use genesys_journey::analytics::jobs::{self, JobOptions};
//! use genesys_journey::analytics::{AggregateQuery, Interval, Metric};
//!
//! let config = Config::from_env()?;
//! let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
//! for container in jobs::run(&config, &query, JobOptions::default())? {
//!     println!("{} rows", container?.rows().count());
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::{AGGREGATES, AggregateQuery, Container};
#[cfg(doc)]
use crate::Error;
use crate::job::{self, Ended};
use crate::open_enum::open_enum;
use crate::request::{Request, check_not_zero};
use crate::serde_util::filled_list;
use crate::{Config, ListAll, Result, Timestamp};

open_enum! {
    /// The state of a job.
    pub enum JobState {
        Queued = "QUEUED",
        Pending = "PENDING",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        Fulfilled = "FULFILLED",
        Expired = "EXPIRED",
    }
}

impl JobState {
    /// Returns whether the state is final. A state that this version of the crate does not know is not.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, JobState::Fulfilled | JobState::Failed | JobState::Cancelled | JobState::Expired)
    }
}

/// The status of a job.
#[doc(alias = "AsyncQueryStatus")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct JobStatus {
    /// The state of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// The reason why the job failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The time at which the results are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// The time at which the job was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission_date: Option<Timestamp>,
    /// The time at which the job ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_date: Option<Timestamp>,
}

/// One page of a job's results.
#[doc(alias = "JourneyAsyncAggregateQueryResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ResultsBody")]
#[non_exhaustive]
pub struct JobResults {
    /// The containers of this page.
    pub results: Vec<Container>,
    /// The cursor of the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

#[derive(Deserialize)]
struct ResultsBody {
    #[serde(default, deserialize_with = "present")]
    results: Option<Vec<Container>>,
    cursor: Option<String>,
}

/// Reads `null` as an empty list, so that only absent results are `None`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Container>>, D::Error> {
    filled_list(deserializer).map(Some)
}

impl TryFrom<ResultsBody> for JobResults {
    type Error = &'static str;

    fn try_from(body: ResultsBody) -> Result<JobResults, &'static str> {
        // An error object must never look like an empty page.
        if body.results.is_none() && body.cursor.is_none() {
            return Err("expected a page of results, found an object without \"results\" and \"cursor\"");
        }
        Ok(JobResults { results: body.results.unwrap_or_default(), cursor: body.cursor })
    }
}

/// Submits a query as a job and returns the id of the job.
///
/// `page_size` is the number of containers on a page of results. Default: chosen by the service. Range: at least 1.
/// The request is sent once.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`query_aggregates`](super::query_aggregates); `Input` if the page size is 0. With
/// [`outcome_unknown`](Error::outcome_unknown) a job may be running whose id is lost. Jobs change no data.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{AggregateQuery, Interval, Metric, jobs};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = jobs::submit(&config, &query, Some(1_000))?;
/// println!("{:?}", jobs::status(&config, &job)?.state);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostAnalyticsJourneysAggregatesJobs")]
#[doc(alias = "AsyncQueryResponse")]
#[inline]
pub fn submit(config: &Config, query: &AggregateQuery, page_size: Option<u32>) -> Result<String> {
    let job = JobQuery::new(query, page_size)?;
    let Submitted { job_id } = jobs(Request::post(AGGREGATES)).json(&job).send(config)?;
    Ok(job_id)
}

/// The body of a submission.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobQuery<'a> {
    #[serde(flatten)]
    query: &'a AggregateQuery,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_size: Option<u32>,
}

impl JobQuery<'_> {
    fn new(query: &AggregateQuery, page_size: Option<u32>) -> Result<JobQuery<'_>> {
        query.check()?;
        check_not_zero("pageSize", page_size)?;
        Ok(JobQuery { query, page_size })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    job_id: String,
}

/// Returns the status of a job.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is
/// no such job.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{AggregateQuery, Interval, Metric, jobs};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = jobs::submit(&config, &query, None)?;
/// let status = jobs::status(&config, &job)?;
/// println!("{:?} {:?}", status.state, status.error_message);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetAnalyticsJourneysAggregatesJob")]
#[inline]
pub fn status(config: &Config, job_id: &str) -> Result<JobStatus> {
    jobs(Request::get(AGGREGATES)).segment("jobId", job_id).send(config)
}

/// Returns one page of a job's results: the first, or the one at the cursor of the page before.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`status`]; `Api` if the job has not ended.
///
/// ```
/// # let service = genesys_stand_in::StandIn::doc_example();
/// # let config = genesys_stand_in::config!(service);
/// use genesys_journey::analytics::{AggregateQuery, Interval, Metric, jobs};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = jobs::submit(&config, &query, None)?;
/// # service.job_polls(0);
/// # let job = jobs::submit(&config, &query, None)?;
/// let first = jobs::results(&config, &job, None)?;
/// if let Some(cursor) = &first.cursor {
///     let second = jobs::results(&config, &job, Some(cursor))?;
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetAnalyticsJourneysAggregatesJobResults")]
#[inline]
pub fn results(config: &Config, job_id: &str, cursor: Option<&str>) -> Result<JobResults> {
    let request = jobs(Request::get(AGGREGATES)).segment("jobId", job_id).then("/results");
    request.query("cursor", cursor).send(config)
}

/// Cancels a job.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`status`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::{AggregateQuery, Interval, Metric, jobs};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = jobs::submit(&config, &query, None)?;
/// jobs::cancel(&config, &job)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteAnalyticsJourneysAggregatesJob")]
pub fn cancel(config: &Config, job_id: &str) -> Result<()> {
    jobs(Request::delete(AGGREGATES)).segment("jobId", job_id).send_for_nothing(config)
}

fn jobs(request: Request) -> Request {
    request.then("/jobs")
}

/// The options of [`run`].
pub struct JobOptions<'a> {
    /// The time limit for submitting and completing the job. A job that takes longer is cancelled. Default: 10 min.
    pub timeout: Duration,
    /// The number of containers on a page of results. Default: chosen by the service. Range: at least 1.
    pub page_size: Option<u32>,
    /// A callback that receives the state after each poll. Default: none.
    pub on_state: Option<&'a mut dyn FnMut(&JobState)>,
}

impl Default for JobOptions<'_> {
    fn default() -> Self {
        JobOptions { timeout: job::DEFAULT_TIMEOUT, page_size: None, on_state: None }
    }
}

impl fmt::Debug for JobOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JobOptions { timeout, page_size, on_state: _ } = self;
        f.debug_struct("JobOptions").field("timeout", timeout).field("page_size", page_size).finish_non_exhaustive()
    }
}

/// Runs a query as a job and returns an iterator over its results.
///
/// The function submits the query and waits until the job is fulfilled. The iterator yields the containers.
///
/// The waits between two requests for the state double, from one
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to 30 of them. A job that is not found right after its
/// submission is not visible yet: up to 6 times in a row, this is no error. If the job fails to end in time, it is
/// cancelled. This may take 10 s more, unless the deadline of [`Config::with_deadline`] has passed. Each page of
/// results is requested when its first container is needed.
///
/// Requests: one to submit the job, one for each read of its state, one for each page of results. A job
/// that is fulfilled at once and has one page takes three. A cancellation is one more.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// Those of [`submit`], [`status`] and [`results`]; `Api` with the service's message if the
/// job ends as `FAILED`, `CANCELLED` or `EXPIRED`; `Timeout` if it takes longer than
/// [`JobOptions::timeout`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::analytics::jobs::{self, JobOptions, JobState};
/// use genesys_journey::analytics::{AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let mut print = |state: &JobState| eprintln!("{state}");
/// let options = JobOptions { on_state: Some(&mut print), ..JobOptions::default() };
/// for container in jobs::run(&config, &query, options)? {
///     println!("{} rows", container?.rows().count());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn run(config: &Config, query: &AggregateQuery, options: JobOptions<'_>) -> Result<JobContainers> {
    let JobOptions { timeout, page_size, mut on_state } = options;
    let submit = |config: &Config| submit(config, query, page_size);
    let status = |config: &Config, id: &str| {
        let status = status(config, id)?;
        job::report(&mut on_state, status.state.as_ref());
        Ok(status.ended())
    };
    let job_id = job::run(config, timeout, submit, status, cancel)?;
    Ok(JobContainers::new(config, job_id))
}

impl JobStatus {
    /// Returns the result of the job, or `None` while it runs.
    fn ended(self) -> Option<Ended> {
        let state = self.state.filter(JobState::is_terminal)?;
        Some(match state {
            JobState::Fulfilled => Ended::Fulfilled,
            failed => Ended::Failed { state: failed.to_string(), message: self.error_message },
        })
    }
}

/// An iterator over the containers of a job's results, returned by [`run`].
///
/// The iterator ends after the first error.
#[derive(Debug)]
#[must_use = "no results are requested until the first container is needed"]
pub struct JobContainers {
    job_id: String,
    containers: ListAll<Container>,
}

impl JobContainers {
    #[inline]
    fn new(config: &Config, job_id: String) -> JobContainers {
        let id = job_id.clone();
        let containers = ListAll::with_cursor(config, None, move |config, cursor| {
            let page = results(config, &id, cursor)?;
            Ok((page.results, page.cursor))
        });
        JobContainers { job_id, containers }
    }

    /// Returns the id of the job.
    pub fn job_id(&self) -> &str {
        &self.job_id
    }
}

impl Iterator for JobContainers {
    type Item = Result<Container>;

    #[inline]
    fn next(&mut self) -> Option<Result<Container>> {
        self.containers.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.containers.size_hint()
    }
}

impl std::iter::FusedIterator for JobContainers {}
