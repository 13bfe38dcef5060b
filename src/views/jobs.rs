//! Jobs: the calculation of a version of a view, and its results.
//!
//! ```no_run
//! use genesys_journey::views::jobs::{self, JobOptions};
//!
//! let config = genesys_journey::Config::from_env()?;
//! let result = jobs::run(&config, "a view", 1, JobOptions::default())?;
//! for row in result.chart_rows() {
//!     println!("{} {:?} {}", row.metric_id, row.group("day"), row.text());
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

mod result;
mod run;
mod stream;

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::versions::with_version;
use super::{VIEWS, View};
#[cfg(doc)]
use crate::Error;
use crate::interval::Interval;
use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::optional_integer;
use crate::{Config, ListAll, Page, Result, Timestamp};

pub use result::{
    ChartResult, ChartRow, ElementMetrics, ElementResult, GroupValue, LinkResult, MetricResult, MetricValue, ViewResult,
};
pub use run::{JobOptions, complete, run};
pub use stream::{ChartStream, StreamedValue, stream_chart_results};

open_enum! {
    /// The status of a job.
    pub enum JobStatus {
        Accepted = "Accepted",
        Executing = "Executing",
        Complete = "Complete",
        Failed = "Failed",
        Cancelled = "Cancelled",
        /// The job belongs to a schedule and has not started yet.
        Scheduled = "Scheduled",
    }
}

impl JobStatus {
    /// Returns whether the status is final. A status that this version of the crate does not know is not.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, JobStatus::Complete | JobStatus::Failed | JobStatus::Cancelled)
    }
}

/// A job.
#[doc(alias = "JourneyViewJob")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Job {
    /// The id, set by the service.
    pub id: String,
    /// The status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<JobStatus>,
    /// The time at which the job was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<Timestamp>,
    /// The time at which the job ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_completed: Option<Timestamp>,
    /// The view that the job calculates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey_view: Option<Box<View>>,
    /// The time at which the job is expected to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_completion_estimated: Option<Timestamp>,
    /// The uncertainty of that time. The vendor does not document its unit.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub estimated_completion_margin: Option<i64>,
    /// The id of the user who submitted the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The path of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// Submits a job that calculates a version of a view, and returns the job.
///
/// The request is sent once.
///
/// **Permission** `journey:viewsJobs:add`
///
/// # Errors
/// `Input` if the id or the version is empty, `.` or `..`; see also [`Error`]. With
/// [`outcome_unknown`](Error::outcome_unknown) a job may be running: [`latest`] returns it. Jobs change no data.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let job = genesys_journey::views::jobs::submit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// println!("{}: {:?}", job.id, job.status);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyViewVersionJobs")]
#[inline]
pub fn submit(config: &Config, view_id: &str, version: impl Display) -> Result<Job> {
    jobs_of(Request::post(VIEWS), view_id, &version).send(config)
}

/// Returns one job.
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// As for [`submit`]; `Api` with [`is_not_found`](Error::is_not_found) if there is no such job, or if it was submitted a
/// moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let job = jobs::submit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// let job = jobs::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1, &job.id)?;
/// println!("{:?}", job.status);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionJob")]
#[inline]
pub fn get(config: &Config, view_id: &str, version: impl Display, job_id: &str) -> Result<Job> {
    jobs_of(Request::get(VIEWS), view_id, &version).segment("jobId", job_id).send(config)
}

/// Returns the latest job of a version.
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// As for [`submit`]; `Api` with [`is_not_found`](Error::is_not_found) if the version has no job.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// # jobs::submit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// let job = jobs::latest(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// println!("{:?} of {:?}", job.status, job.date_created);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionJobsLatest")]
#[inline]
pub fn latest(config: &Config, view_id: &str, version: impl Display) -> Result<Job> {
    jobs_of(Request::get(VIEWS), view_id, &version).then("/latest").send(config)
}

/// Cancels a job and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:viewsJobs:edit`
///
/// # Errors
/// As for [`get`]. With [`outcome_unknown`](Error::outcome_unknown) the job may be cancelled; it is safe to cancel it
/// again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let job = jobs::submit(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// jobs::cancel(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1, &job.id)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyViewVersionJob")]
#[inline]
pub fn cancel(config: &Config, view_id: &str, version: impl Display, job_id: &str) -> Result<Job> {
    let request = jobs_of(Request::patch(VIEWS), view_id, &version).segment("jobId", job_id);
    request.json(&StatusUpdate { status: JobStatus::Cancelled }).send(config)
}

/// The only change of a job that the vendor permits.
#[derive(Serialize)]
struct StatusUpdate {
    status: JobStatus,
}

/// Returns the results of a job that is complete.
///
/// **Permission** `journey:viewsResults:view`
///
/// # Errors
/// As for [`get`]; `Api` if the job is not complete.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let (view, version) = ("3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1);
/// let job = jobs::submit(&config, view, version)?;
/// # while !jobs::get(&config, view, version, &job.id)?.status.is_some_and(|status| status.is_terminal()) {}
/// for element in jobs::results(&config, view, version, &job.id)?.elements {
///     println!("{:?}: {:?}", element.id, element.metrics);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionJobResults")]
#[inline]
pub fn results(config: &Config, view_id: &str, version: impl Display, job_id: &str) -> Result<ViewResult> {
    let job = jobs_of(Request::get(VIEWS), view_id, &version).segment("jobId", job_id);
    job.then("/results").send(config)
}

/// Returns the values of one chart of a job that is complete.
///
/// **Permission** `journey:viewsResults:view`
///
/// # Errors
/// As for [`results`]; `Api` with [`is_not_found`](Error::is_not_found) if there is no such chart.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let (view, version) = ("3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1);
/// let job = jobs::submit(&config, view, version)?;
/// # while !jobs::get(&config, view, version, &job.id)?.status.is_some_and(|status| status.is_terminal()) {}
/// for row in jobs::chart_results(&config, view, version, &job.id, "0dcea0ec-00a0-592a-a971-614f4cd6e8e6")?.rows() {
///     println!("{:?} {}", row.group("day"), row.text());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewVersionJobResultsChart")]
#[inline]
pub fn chart_results(
    config: &Config,
    view_id: &str,
    version: impl Display,
    job_id: &str,
    chart_id: &str,
) -> Result<ChartResult> {
    chart_request(view_id, &version, job_id, chart_id).send(config)
}

fn chart_request(view_id: &str, version: &dyn Display, job_id: &str, chart_id: &str) -> Request {
    let job = jobs_of(Request::get(VIEWS), view_id, version).segment("jobId", job_id);
    job.then("/results/charts").segment("chartId", chart_id)
}

fn jobs_of(request: Request, view_id: &str, version: &dyn Display) -> Request {
    with_version(request, view_id, version).then("/jobs")
}

/// Returns one page of the jobs of the organisation.
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// `Input` if the page size or number is 0, or the interval does not start before it ends; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs::{self, JobStatus, ListJobs};
///
/// let failed = ListJobs { statuses: vec![JobStatus::Failed], ..Default::default() };
/// println!("{:?} jobs have failed", jobs::list(&config, &failed)?.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsJobs")]
#[doc(alias = "JourneyViewJobListing")]
#[inline]
pub fn list(config: &Config, list: &ListJobs) -> Result<Page<Job>> {
    list.request("")?.send(config)
}

/// Returns one page of the jobs of the user whose token is used.
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// As for [`list`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// println!("{:?} jobs", jobs::list_mine(&config, &Default::default())?.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsJobsMe")]
#[inline]
pub fn list_mine(config: &Config, list: &ListJobs) -> Result<Page<Job>> {
    list.request("/me")?.send(config)
}

/// Iterates over all jobs of a list, page by page.
///
/// A request returns 100 jobs, or [`page_size`](ListJobs::page_size).
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for job in genesys_journey::views::jobs::list_all(&config, &Default::default()) {
///     println!("{:?}", job?.status);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListJobs) -> ListAll<Job> {
    all_pages(config, list, self::list)
}

/// Iterates over all jobs of the user whose token is used; see [`list_all`].
///
/// **Permission** `journey:viewsJobs:view`
///
/// # Errors
/// As for [`list_all`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for job in genesys_journey::views::jobs::list_all_mine(&config, &Default::default()) {
///     println!("{:?}", job?.status);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all_mine(config: &Config, list: &ListJobs) -> ListAll<Job> {
    all_pages(config, list, list_mine)
}

#[inline]
fn all_pages(config: &Config, list: &ListJobs, page: fn(&Config, &ListJobs) -> Result<Page<Job>>) -> ListAll<Job> {
    let wanted = list.clone();
    let fetch = move |config: &Config, page_size, page_number| {
        page(config, &ListJobs { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |job| &job.id, fetch)
}

/// The filter and the page of a list of jobs. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListJobs {
    /// The number of jobs on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] and [`list_mine`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
    /// Only jobs in this interval.
    pub interval: Option<Interval>,
    /// Only jobs with one of these statuses.
    pub statuses: Vec<JobStatus>,
}

impl ListJobs {
    fn request(&self, path: &'static str) -> Result<Request> {
        self.interval.as_ref().map_or(Ok(()), Interval::check)?;
        Ok(Request::get(VIEWS)
            .then("/jobs")
            .then(path)
            .paged(self.page_size, self.page_number)
            .query("interval", self.interval.as_ref())
            .query_joined("statuses", &self.statuses))
    }
}
