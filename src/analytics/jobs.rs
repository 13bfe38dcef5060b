//! The asynchronous twin of the query: a job that is submitted, waited for, and read page by page.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};
use std::vec;

use serde::{Deserialize, Serialize};

use super::{AGGREGATES, AggregateQuery, Container};
use crate::backoff::{Backoff, Polling};
use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::null_as_default;
use crate::{Config, Error, ErrorKind, Result, Timestamp};

open_enum! {
    /// How far a job is.
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
    /// Whether it stays as it is. A state that this version of the crate does not know may change.
    pub fn is_terminal(&self) -> bool {
        matches!(self, JobState::Fulfilled | JobState::Failed | JobState::Cancelled | JobState::Expired)
    }
}

/// How far a job is, and what became of it.
#[doc(alias = "AsyncQueryStatus")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct JobStatus {
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// When its results go away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// When it was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission_date: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_date: Option<Timestamp>,
}

/// One page of a job's results.
#[doc(alias = "JourneyAsyncAggregateQueryResponse")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct JobResults {
    /// The containers of this page.
    #[serde(deserialize_with = "null_as_default")]
    pub results: Vec<Container>,
    /// Where the next page begins; `None` on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Submits a query as a job, and returns its id. `page_size` is the number of containers on a page of
/// results; the service's default where it is `None`. Sent once.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`query_aggregates`](super::query_aggregates). With
/// [`outcome_unknown`](Error::outcome_unknown) a job may be running whose id is lost; it does no harm.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = analytics::submit_job(&config, &query, Some(1_000))?;
/// println!("{:?}", analytics::job_status(&config, &job)?.state);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostAnalyticsJourneysAggregatesJobs")]
#[doc(alias = "AsyncQueryResponse")]
pub fn submit_job(config: &Config, query: &AggregateQuery, page_size: Option<u32>) -> Result<String> {
    let job = JobQuery::new(query, page_size)?;
    let Submitted { job_id } = jobs(Request::post(AGGREGATES)).json(&job).send(config)?;
    Ok(job_id)
}

/// What a job is submitted as.
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
        match page_size {
            Some(0) => Err(Error::input("pageSize", "is 0; it must be at least 1")),
            _ => Ok(JobQuery { query, page_size }),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    job_id: String,
}

/// Asks how far a job is.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// `Input` where the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) where
/// there is no such job.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = analytics::submit_job(&config, &query, None)?;
/// let status = analytics::job_status(&config, &job)?;
/// println!("{:?} {:?}", status.state, status.error_message);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetAnalyticsJourneysAggregatesJob")]
pub fn job_status(config: &Config, job_id: &str) -> Result<JobStatus> {
    jobs(Request::get(AGGREGATES)).segment("jobId", job_id).send(config)
}

/// Reads one page of a job's results: the first, or the one at the cursor of the page before.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`job_status`]; `Api` where the job has not ended.
///
/// ```
/// # let service = genesys_stand_in::StandIn::doc_example();
/// # let config = service.config();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = analytics::submit_job(&config, &query, None)?;
/// # service.jobs_take(0);
/// # let job = analytics::submit_job(&config, &query, None)?;
/// let first = analytics::job_results(&config, &job, None)?;
/// if let Some(cursor) = &first.cursor {
///     let second = analytics::job_results(&config, &job, Some(cursor))?;
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetAnalyticsJourneysAggregatesJobResults")]
pub fn job_results(config: &Config, job_id: &str, cursor: Option<&str>) -> Result<JobResults> {
    let request = jobs(Request::get(AGGREGATES)).segment("jobId", job_id).then("/results");
    request.query("cursor", cursor).send(config)
}

/// Cancels a job.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// As for [`job_status`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let job = analytics::submit_job(&config, &query, None)?;
/// analytics::cancel_job(&config, &job)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteAnalyticsJourneysAggregatesJob")]
pub fn cancel_job(config: &Config, job_id: &str) -> Result<()> {
    jobs(Request::delete(AGGREGATES)).segment("jobId", job_id).send_for_nothing(config)
}

fn jobs(request: Request) -> Request {
    request.then("/jobs")
}

/// As good as for ever.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// What it may take to cancel a job.
const CANCELLING: Duration = Duration::from_secs(10);

/// How [`run_job`] waits.
pub struct JobOptions<'a> {
    /// How long it may take to be submitted and fulfilled before it is cancelled; 10 minutes.
    pub timeout: Duration,
    /// Containers on a page of results; the service's default where it is `None`.
    pub page_size: Option<u32>,
    /// Told the state each time it has been asked for.
    pub on_state: Option<&'a mut dyn FnMut(&JobState)>,
}

impl Default for JobOptions<'_> {
    fn default() -> Self {
        JobOptions { timeout: Duration::from_secs(600), page_size: None, on_state: None }
    }
}

impl fmt::Debug for JobOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobOptions {{ timeout: {:?}, page_size: {:?} }}", self.timeout, self.page_size)
    }
}

/// Submits a job, waits until it is fulfilled, with backoff that double (from one
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to thirty), and gives its containers page by page, as
/// they are wanted. A job that is given up is cancelled, which may take 10 s more (unless the end of
/// [`Config::with_deadline`] has come).
///
/// Requests: one to submit it, one for each look at its state, one for each page of results; so three for
/// one that is fulfilled at once and has one page. One more where it is cancelled.
///
/// **Permission** `analytics:journeyAggregate:view`
///
/// # Errors
/// Those of [`submit_job`], [`job_status`] and [`job_results`]; `Api` with the service's message where
/// the job ends as `FAILED`, `CANCELLED` or `EXPIRED`; `Timeout` where it takes longer than
/// [`JobOptions::timeout`].
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric, JobOptions};
///
/// let query = AggregateQuery::new(Interval::last_days(90)?, [Metric::NJourneySessions]);
/// let mut tell = |state: &analytics::JobState| eprintln!("{state}");
/// for container in analytics::run_job(&config, &query, JobOptions { on_state: Some(&mut tell), ..JobOptions::default() })? {
///     println!("{} rows", container?.rows().count());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn run_job(config: &Config, query: &AggregateQuery, options: JobOptions<'_>) -> Result<JobContainers> {
    let now = Instant::now();
    let until = now.checked_add(options.timeout).unwrap_or(now + YEAR);
    let in_time = config.with_deadline(until);
    let job_id = submit_job(&in_time, query, options.page_size)?;
    let ended = match await_job(&in_time, &job_id, options) {
        Ok(ended) => ended,
        Err(error) => {
            // It runs on, or what it ended as is not known: nobody will ask for it any more.
            if let Err(not_cancelled) = cancel_job(&config.with_deadline(Instant::now() + CANCELLING), &job_id) {
                log::debug!("job {job_id} given up, and not cancelled: {not_cancelled}");
            }
            return Err(error);
        }
    };
    if let Some(state @ (JobState::Failed | JobState::Cancelled | JobState::Expired)) = ended.state {
        let mut error = Error::new(ErrorKind::Api, format!("job {job_id} ended as {state}"));
        error.inner_mut().service.message = ended.error_message;
        return Err(error);
    }
    Ok(JobContainers {
        config: config.clone(),
        job_id,
        next: Some(None),
        buffer: Vec::new().into_iter(),
        cursors: HashSet::new(),
        empty_pages: 0,
    })
}

/// Waits until the job has ended, in whatever state.
fn await_job(config: &Config, job_id: &str, mut options: JobOptions<'_>) -> Result<JobStatus> {
    let unit = config.initial_backoff();
    let end = config.absolute_deadline().unwrap_or_else(Instant::now);
    let mut polling = Polling::new(Backoff { initial: unit, max: unit * 30 }, end);
    loop {
        let status = match job_status(config, job_id) {
            Err(error) if error.kind() == ErrorKind::Timeout && Instant::now() >= end => break,
            status => status?,
        };
        if let (Some(state), Some(on_state)) = (&status.state, &mut options.on_state) {
            on_state(state);
        }
        if status.state.as_ref().is_some_and(JobState::is_terminal) {
            return Ok(status);
        }
        if !polling.wait() {
            break;
        }
    }
    let what = format!("job {job_id} is not fulfilled, and too little of {:?} is left", options.timeout);
    Err(Error::new(ErrorKind::Timeout, what))
}

/// The containers of a job, page by page: what [`run_job`] returns. Ends after the first error.
#[derive(Debug)]
pub struct JobContainers {
    config: Config,
    job_id: String,
    /// The cursor of the next page; `Some(None)` is the first, `None` is no more.
    next: Option<Option<String>>,
    buffer: vec::IntoIter<Container>,
    /// Those already followed: one that comes again would go round for ever.
    cursors: HashSet<String>,
    /// Pages in a row that held nothing.
    empty_pages: u32,
}

/// So many empty pages may be gaps; more are a service that goes on for ever.
const MAX_EMPTY_PAGES: u32 = 100;

impl JobContainers {
    /// The id of the job.
    pub fn job_id(&self) -> &str {
        &self.job_id
    }

    fn page(&mut self, cursor: Option<String>) -> Result<()> {
        let page = job_results(&self.config, &self.job_id, cursor.as_deref())?;
        let next = page.cursor.filter(|cursor| !cursor.is_empty());
        if let Some(next) = next.as_ref().filter(|next| !self.cursors.insert(String::clone(next))) {
            return Err(Error::new(ErrorKind::Decode, format!("job {}: the cursor {next:?} repeats", self.job_id)));
        }
        self.empty_pages = if page.results.is_empty() { self.empty_pages + 1 } else { 0 };
        if next.is_some() && self.empty_pages >= MAX_EMPTY_PAGES {
            let what =
                format!("job {}: {MAX_EMPTY_PAGES} pages in a row hold nothing, and each names another", self.job_id);
            return Err(Error::new(ErrorKind::Decode, what));
        }
        self.next = next.map(Some);
        self.buffer = page.results.into_iter();
        Ok(())
    }
}

impl Iterator for JobContainers {
    type Item = Result<Container>;

    fn next(&mut self) -> Option<Result<Container>> {
        loop {
            if let Some(container) = self.buffer.next() {
                return Some(Ok(container));
            }
            let cursor = self.next.take()?;
            if let Err(error) = self.page(cursor) {
                return Some(Err(error));
            }
        }
    }
}

impl std::iter::FusedIterator for JobContainers {}
