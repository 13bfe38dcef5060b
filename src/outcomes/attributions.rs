//! Attributions: outcomes that were achieved outside the platform, recorded by jobs. Deprecated by the vendor.
//!
//! The vendor marks these operations as a preview: they may change at any time.

mod model;

use serde::Deserialize;

use crate::job::{self, Ended};
use crate::pagination::WholeList;
use crate::request::Request;
use crate::{Config, Error, ErrorKind, Page, Result};

pub use model::{
    Attribution, AttributionJob, AttributionResult, AttributionState, NewAttributions, ResultState, Touchpoint,
    TouchpointResult, TouchpointType,
};

const JOBS: &str = "/api/v2/journey/outcomes/attributions/jobs";

/// Starts to record attributions and returns the id of the job. Deprecated by the vendor.
///
/// A second request records the attributions again. The request is retried only if the service provably did not process
/// it.
///
/// **Permission** `journey:outcomeAttributionJob:add`
///
/// # Errors
/// `Input` if the threshold is not from 0 to 100, or a number is not finite. With
/// [`outcome_unknown`](Error::outcome_unknown) the attributions may be recorded, by a job whose id is lost.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use std::time::SystemTime;
///
/// use genesys_journey::outcomes::attributions::{self, Attribution, NewAttributions, Touchpoint};
///
/// let touchpoint = Touchpoint::new("an-agent-id", 49.9);
/// let purchase = Attribution::new("outcome-1", 49.9, [touchpoint], SystemTime::now().try_into()?);
/// let job = attributions::submit(&config, &NewAttributions::new([purchase]))?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyOutcomesAttributionsJobs")]
#[doc(alias = "OutcomeAttributionAsyncResponse")]
#[inline]
pub fn submit(config: &Config, attributions: &NewAttributions) -> Result<String> {
    attributions.check()?;
    let Submitted { id } = Request::post(JOBS).json(attributions).send(config)?;
    Ok(id)
}

/// Returns the state of a job. Deprecated by the vendor.
///
/// **Permission** `journey:outcomeAttributionJob:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such job.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::attributions;
///
/// let job = attributions::submit(&config, &Default::default())?;
/// println!("{:?}", attributions::status(&config, &job)?.state);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcomesAttributionsJob")]
#[inline]
pub fn status(config: &Config, job_id: &str) -> Result<AttributionJob> {
    Request::get(JOBS).segment("jobId", job_id).send(config)
}

/// Returns the results of a job that has ended, one for each attribution. Deprecated by the vendor.
///
/// They come on one page. [`AttributionResult::index`] is the index in the submitted list.
///
/// **Permission** `journey:outcomeAttribution:view`
///
/// # Errors
/// As for [`status`]; `Api` if the job has not ended.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::attributions::{self, AttributionState};
///
/// let job = attributions::submit(&config, &Default::default())?;
/// # while !attributions::status(&config, &job)?.state.is_some_and(|state| state.is_terminal()) {}
/// println!("{} results", attributions::results(&config, &job)?.entities.len());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcomesAttributionsJobResults")]
#[doc(alias = "OutcomeAttributionResponseListing")]
#[inline]
pub fn results(config: &Config, job_id: &str) -> Result<Page<AttributionResult>> {
    Request::get(JOBS).segment("jobId", job_id).then("/results").send(config).map(WholeList::into_page)
}

/// The options of [`run`]. After the time limit, the job continues.
pub type JobOptions<'a> = job::JobOptions<'a, AttributionState>;

/// Records attributions, waits until the job has ended, and returns the results. Deprecated by the vendor.
///
/// **Some attributions may have failed,** although the job ended: see [`AttributionResult::state`].
///
/// The waits between two requests for the state double, from one
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to 30 of them. A job cannot be cancelled: it continues
/// after a timeout.
///
/// Requests: one to start it, one for each read of its state, one for the results.
///
/// **Permission** `journey:outcomeAttributionJob:add`, `journey:outcomeAttributionJob:view`,
/// `journey:outcomeAttribution:view`
///
/// # Errors
/// Those of [`submit`], [`status`] and [`results`]; `Api` if the job ends as `Failed`; `Timeout` if it takes longer
/// than the timeout of [`JobOptions`], which does not count the request for the results. After the job has started, every
/// other error than `Failed` has [`outcome_unknown`](crate::Error::outcome_unknown): the attributions may be recorded,
/// so do not submit them again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use std::time::SystemTime;
///
/// use genesys_journey::outcomes::attributions::{
///     self, Attribution, JobOptions, NewAttributions, ResultState, Touchpoint,
/// };
///
/// let touchpoint = Touchpoint::new("an-agent-id", 49.9);
/// let purchase = Attribution::new("outcome-1", 49.9, [touchpoint], SystemTime::now().try_into()?);
/// for result in attributions::run(&config, &NewAttributions::new([purchase]), JobOptions::default())?.entities {
///     if let Some(ResultState::Invalid | ResultState::Failed) = result.state {
///         println!("{:?}: {:?}", result.index, result.message);
///     }
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn run(
    config: &Config,
    attributions: &NewAttributions,
    options: JobOptions<'_>,
) -> Result<Page<AttributionResult>> {
    let JobOptions { timeout, mut on_state } = options;
    let status = |config: &Config, id: &str| {
        let job = status(config, id)?;
        job::report(&mut on_state, job.state.as_ref());
        Ok(ended(job))
    };
    // The service has no operation that cancels such a job.
    let cancel = |_: &Config, _: &str| Ok(());
    let mut is_submitted = false;
    let submit = |config: &Config| {
        let job = submit(config, attributions)?;
        is_submitted = true;
        Ok(job)
    };
    let job = job::run(config, timeout, submit, status, cancel);
    let results = job.and_then(|job| job::results(config, |config| results(config, &job)));
    // Only a job that ended as `Failed` has recorded nothing; its error has no status.
    let has_failed = |error: &Error| error.kind() == ErrorKind::Api && error.status().is_none();
    results.map_err(|error| if is_submitted && !has_failed(&error) { error.with_outcome_unknown() } else { error })
}

/// Returns the end of the job, or `None` while it runs.
fn ended(job: AttributionJob) -> Option<Ended> {
    match job.state {
        Some(AttributionState::Completed | AttributionState::CompletedWithErrors) => Some(Ended::Fulfilled),
        Some(state) if state.is_terminal() => Some(Ended::Failed { state: state.to_string(), message: None }),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Submitted {
    id: String,
}
