//! Estimates of the number of sessions that an action map would reach. Deprecated by the vendor, and still served.
//!
//! ```no_run
//! use genesys_journey::action_maps::estimates::{self, EstimateRequest, JobOptions};
//!
//! let config = genesys_journey::Config::from_env()?;
//! let wanted = EstimateRequest { segment_ids: vec!["a segment".into()], ..EstimateRequest::default() };
//! let estimate = estimates::run(&config, &wanted, JobOptions::default())?;
//! println!("{:?} of {:?} sessions", estimate.qualified_session_count, estimate.total_session_count);
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::job::{self, Ended};
use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::{filled_list, finite, optional_integer};
use crate::{Config, Result};

const JOBS: &str = "/api/v2/journey/actionmaps/estimates/jobs";

/// Starts an estimate and returns the id of its job. Deprecated by the vendor.
///
/// The request is sent once.
///
/// **Permission** `journey:actionmapEstimateJob:add`
///
/// # Errors
/// `Input` if a number is not finite; see also [`Error`](crate::Error). With
/// [`outcome_unknown`](crate::Error::outcome_unknown) a job may be running whose id is lost. It does no harm.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::estimates::{self, EstimateRequest};
///
/// let wanted = EstimateRequest { segment_ids: vec!["a segment".into()], ..EstimateRequest::default() };
/// let job = estimates::submit(&config, &wanted)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyActionmapsEstimatesJobs")]
#[doc(alias = "EstimateJobAsyncResponse")]
#[inline]
pub fn submit(config: &Config, wanted: &EstimateRequest) -> Result<String> {
    let Submitted { id } = Request::post(JOBS).json(wanted).send(config)?;
    Ok(id)
}

/// Returns the state of an estimate. Deprecated by the vendor.
///
/// **Permission** `journey:actionmapEstimateJob:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found) if there is no such
/// job.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::estimates;
///
/// let job = estimates::submit(&config, &Default::default())?;
/// println!("{}", estimates::status(&config, &job)?);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActionmapsEstimatesJob")]
#[inline]
pub fn status(config: &Config, job_id: &str) -> Result<EstimateState> {
    Request::get(JOBS).segment("jobId", job_id).send_any(config)
}

/// Returns the result of an estimate. Deprecated by the vendor.
///
/// **Permission** `journey:actionmapEstimate:view`
///
/// # Errors
/// As for [`status`]; `Api` if the job has not ended.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::estimates;
///
/// let job = estimates::submit(&config, &Default::default())?;
/// # while !estimates::status(&config, &job)?.is_terminal() {}
/// println!("{:?}", estimates::results(&config, &job)?.qualified_session_count);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActionmapsEstimatesJobResults")]
#[inline]
pub fn results(config: &Config, job_id: &str) -> Result<Estimate> {
    Request::get(JOBS).segment("jobId", job_id).then("/results").send(config)
}

/// The options of [`run`]. After the time limit, the estimate continues.
pub type JobOptions<'a> = job::JobOptions<'a, EstimateState>;

/// Starts an estimate, waits until it has ended, and returns its result. Deprecated by the vendor.
///
/// The waits between two requests for the state double, from one
/// [`initial_backoff`](crate::ConfigBuilder::initial_backoff) to 30 of them. An estimate that is not found right after
/// its submission is not visible yet: up to 6 times in a row, this is no error. The same holds for its result. An estimate
/// cannot be cancelled: it continues after a timeout.
///
/// Requests: one to start it, one for each read of its state, one for the result.
///
/// **Permission** `journey:actionmapEstimateJob:add`, `journey:actionmapEstimateJob:view`,
/// `journey:actionmapEstimate:view`
///
/// # Errors
/// Those of [`submit`], [`status`] and [`results`]; `Api` if the job ends as `Failed` or `Cancelled`; `Timeout` if it
/// takes longer than the timeout of [`JobOptions`], which does not count the request for the result.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::estimates::{self, EstimateState, JobOptions};
///
/// let mut print = |state: &EstimateState| eprintln!("{state}");
/// let options = JobOptions { on_state: Some(&mut print), ..JobOptions::default() };
/// let estimate = estimates::run(&config, &Default::default(), options)?;
/// println!("{:?}", estimate.qualified_session_count);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn run(config: &Config, wanted: &EstimateRequest, options: JobOptions<'_>) -> Result<Estimate> {
    let JobOptions { timeout, mut on_state } = options;
    let status = |config: &Config, id: &str| {
        let state = status(config, id)?;
        job::report(&mut on_state, Some(&state));
        Ok(state.ended())
    };
    // The service has no operation that cancels an estimate.
    let cancel = |_: &Config, _: &str| Ok(());
    let job = job::run(config, timeout, |config| submit(config, wanted), status, cancel)?;
    job::results(config, |config| results(config, &job))
}

#[derive(Deserialize)]
struct Submitted {
    id: String,
}

open_enum! {
    /// The state of an estimate.
    pub enum EstimateState {
        Queued = "Queued",
        Running = "Running",
        Succeeded = "Succeeded",
        Failed = "Failed",
        Cancelled = "Cancelled",
    }
}

impl EstimateState {
    /// Returns whether the state is final. A state that this version of the crate does not know is not.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, EstimateState::Succeeded | EstimateState::Failed | EstimateState::Cancelled)
    }

    /// Returns the end of the job, or `None` while it runs.
    fn ended(self) -> Option<Ended> {
        match self {
            EstimateState::Succeeded => Some(Ended::Fulfilled),
            state if state.is_terminal() => Some(Ended::Failed { state: state.to_string(), message: None }),
            _ => None,
        }
    }
}

/// The triggers to estimate.
#[doc(alias = "ActionMapEstimateRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is estimated until it is sent"]
pub struct EstimateRequest {
    /// The ids of the segments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segment_ids: Vec<String>,
    /// The thresholds of an outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_criteria: Option<OutcomeCriteria>,
}

/// The thresholds of an outcome.
#[doc(alias = "ActionMapEstimateOutcomeCriteria")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OutcomeCriteria {
    /// The id of the outcome. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_id: Option<String>,
    /// The highest probability in the session must reach this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub max_probability: Option<f64>,
    /// The current probability must be at most this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The share of sessions with a lower highest probability.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// The highest score of the session must stay below this one.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub max_quantile: Option<f64>,
}

/// The result of an estimate.
#[doc(alias = "ActionMapEstimateResult")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Estimate {
    /// The number of sessions that would have qualified.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub qualified_session_count: Option<i64>,
    /// The number of all sessions.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub total_session_count: Option<i64>,
    /// The number of sessions for each segment.
    #[serde(deserialize_with = "filled_list")]
    pub per_segment_counts: Vec<SegmentCount>,
    /// The number of sessions by which the thresholds of the outcome change the result.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub outcomes_scores_count: Option<i64>,
}

/// The number of sessions in a segment.
#[doc(alias = "SegmentEstimateCount")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SegmentCount {
    /// The id of the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<String>,
    /// The number of sessions.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}
