//! Runs a job: submits it, waits for its end, and returns its results.

use std::fmt::Display;

use serde::Deserialize;

use super::{JobStatus, ViewResult, cancel, jobs_of, results};
use crate::job::{self, Ended};
use crate::request::Request;
use crate::views::VIEWS;
use crate::{Config, Result};

/// The options of [`run`] and [`complete`]. After the time limit, the job is cancelled.
pub type JobOptions<'a> = job::JobOptions<'a, JobStatus>;

/// Calculates a version of a view, and returns the results.
///
/// The function submits a job, waits until it is complete, and reads its results at once. For charts with very many
/// values, call [`complete`] and [`stream_chart_results`](super::stream_chart_results).
///
/// The waits between two requests for the status double, from one
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to 30 of them. A job that is not found right after its
/// submission is not visible yet: up to 6 times in a row, this is no error. The same holds for results that are not found
/// right after the job is complete. If the job fails to end in time, it is cancelled. This may take 10 s more, unless the
/// deadline of [`Config::with_deadline`] has passed.
///
/// Requests: one to submit the job, one for each read of its status, one for each read of the results. A cancellation is
/// one more.
///
/// **Permission** `journey:viewsJobs:add`, `journey:viewsJobs:view`, `journey:viewsJobs:edit`,
/// `journey:viewsResults:view`
///
/// # Errors
/// Those of [`submit`](super::submit), [`get`](super::get) and [`results`]; `Api` if the job ends as `Failed` or
/// `Cancelled`; `Timeout` if it takes longer than the timeout of [`JobOptions`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs::{self, JobOptions, JobStatus};
///
/// let mut print = |status: &JobStatus| eprintln!("{status}");
/// let options = JobOptions { on_state: Some(&mut print), ..JobOptions::default() };
/// let result = jobs::run(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1, options)?;
/// for row in result.chart_rows() {
///     println!("{},{},{}", row.metric_id, row.group("day").unwrap_or_default(), row.text());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn run(config: &Config, view_id: &str, version: impl Display, options: JobOptions<'_>) -> Result<ViewResult> {
    let version = version.to_string();
    let job_id = complete(config, view_id, &version, options)?;
    results(config, view_id, &version, &job_id)
}

/// Calculates a version of a view, and returns the id of the job when it is complete.
///
/// It works like [`run`], but does not read the results. [`element_results`](super::element_results),
/// [`chart_results`](super::chart_results) and [`stream_chart_results`](super::stream_chart_results) read parts of them.
///
/// **Permission** `journey:viewsJobs:add`, `journey:viewsJobs:view`, `journey:viewsJobs:edit`
///
/// # Errors
/// As for [`run`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{jobs, versions};
///
/// let view = versions::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// let job = jobs::complete(&config, &view.id, 1, Default::default())?;
/// for chart in view.charts.iter().filter_map(|chart| chart.id.as_deref()) {
///     println!("{} values", jobs::chart_results(&config, &view.id, 1, &job, chart)?.rows().count());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn complete(config: &Config, view_id: &str, version: impl Display, options: JobOptions<'_>) -> Result<String> {
    let JobOptions { timeout, mut on_state } = options;
    let submit = |config: &Config| Ok(Progress::submit(config, view_id, &version)?.id);
    let status = |config: &Config, id: &str| {
        let progress = Progress::read(config, view_id, &version, id)?;
        job::report(&mut on_state, progress.status.as_ref());
        Ok(progress.ended())
    };
    let cancel = |config: &Config, id: &str| cancel(config, view_id, &version, id).map(drop);
    job::run(config, timeout, submit, status, cancel)
}

/// The part of a job that matters while it runs. The view in it is not decoded at each poll.
#[derive(Deserialize)]
struct Progress {
    id: String,
    status: Option<JobStatus>,
}

impl Progress {
    #[inline]
    fn submit(config: &Config, view_id: &str, version: &dyn Display) -> Result<Progress> {
        jobs_of(Request::post(VIEWS), view_id, version).send(config)
    }

    #[inline]
    fn read(config: &Config, view_id: &str, version: &dyn Display, job_id: &str) -> Result<Progress> {
        jobs_of(Request::get(VIEWS), view_id, version).segment("jobId", job_id).send(config)
    }

    /// Returns the end of the job, or `None` while it runs.
    fn ended(self) -> Option<Ended> {
        let status = self.status.filter(JobStatus::is_terminal)?;
        Some(match status {
            JobStatus::Complete => Ended::Fulfilled,
            failed => Ended::Failed { state: failed.to_string(), message: None },
        })
    }
}
