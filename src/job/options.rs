//! The options of the functions that run a job. Each family names them with the type of its state.

use std::fmt;
use std::time::Duration;

use super::DEFAULT_TIMEOUT;

/// The options of a function that runs a job.
pub struct JobOptions<'a, State> {
    /// The time limit for submitting and completing the job. Default: 10 min.
    pub timeout: Duration,
    /// A callback that receives the state after each poll. Default: none.
    pub on_state: Option<&'a mut dyn FnMut(&State)>,
}

impl<State> Default for JobOptions<'_, State> {
    fn default() -> Self {
        JobOptions { timeout: DEFAULT_TIMEOUT, on_state: None }
    }
}

impl<State> fmt::Debug for JobOptions<'_, State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JobOptions { timeout, on_state: _ } = self;
        f.debug_struct("JobOptions").field("timeout", timeout).finish_non_exhaustive()
    }
}
