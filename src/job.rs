//! Runs asynchronous jobs of the service: submits a job, polls it until it ends, and reads its results.
//!
//! Invariant: a submitted job that has not ended is cancelled, also after an error or a panic, if any time is left and
//! the service can cancel this kind of job.

#[cfg(any(feature = "action-maps", feature = "outcomes", feature = "views"))]
mod options;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::backoff::{Backoff, Polling};
use crate::call::LOG_TARGET;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};

#[cfg(any(feature = "action-maps", feature = "outcomes", feature = "views"))]
pub use options::JobOptions;

/// The time limit for cancelling a job.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// The default time limit of each function that runs a job.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// The longest wait between two polls, as a multiple of the initial backoff.
const MAX_BACKOFF: u32 = 30;

/// The end of a job.
pub(crate) enum Ended {
    Fulfilled,
    /// The job has no results.
    Failed {
        state: String,
        message: Option<String>,
    },
}

/// The number of responses "not found" in a row that may precede the first status of a job, and its results: reads lag
/// behind the service. With the default backoff, the waits between them are 30.5 to 61 s in all.
const MAX_UNSEEN: u32 = 6;

/// Submits a job and waits until it is fulfilled. Returns its id.
///
/// `status` returns `None` while the job runs. A job that does not end within `timeout`, or whose status
/// cannot be read, is cancelled.
pub(crate) fn run(
    config: &Config,
    timeout: Duration,
    submit: impl FnOnce(&Config) -> Result<String>,
    mut status: impl FnMut(&Config, &str) -> Result<Option<Ended>>,
    cancel: impl Fn(&Config, &str) -> Result<()>,
) -> Result<String> {
    let deadline = config.deadline_after(("timeout of the job", timeout));
    let bounded = config.bounded_by(deadline);
    let mut job = Job { config, id: submit(&bounded)?, cancel: &cancel, is_terminal: false };
    let ended = poll(&bounded, deadline.at, &mut |config| status(config, &job.id))?;
    job.is_terminal = ended.is_some();
    let id = job.id.clone();
    match ended {
        Some(Ended::Fulfilled) => Ok(id),
        Some(Ended::Failed { state, message }) => {
            let mut error = Error::new(ErrorKind::Api, format!("job {id} ended as {state}"));
            error.inner_mut().service.message = message;
            Err(error)
        }
        None => {
            let what = format!("job {id} did not end before its deadline (timeout {timeout:?})");
            Err(Error::new(ErrorKind::Timeout, what))
        }
    }
}

/// Passes the state of a job to the callback of the program.
pub(crate) fn report<S>(on_state: &mut Option<&mut dyn FnMut(&S)>, state: Option<&S>) {
    if let (Some(on_state), Some(state)) = (on_state, state) {
        on_state(state);
    }
}

/// A submitted job. Dropping it cancels the job unless the job has ended. This also holds after a panic in a callback,
/// because no other code has the id.
struct Job<'a> {
    config: &'a Config,
    id: String,
    cancel: &'a dyn Fn(&Config, &str) -> Result<()>,
    is_terminal: bool,
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        if self.is_terminal {
            return;
        }
        // A second panic, in a logger for example, would abort the process.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let bounded = self.config.bounded_by(Deadline::after(("time limit for cancelling", CANCEL_TIMEOUT)));
            if let Err(error) = (self.cancel)(&bounded, &self.id) {
                log::debug!(target: LOG_TARGET, "job {} could not be cancelled: {error}", self.id);
            }
        }));
    }
}

/// The time before the deadline in which a timeout of a poll counts as the timeout of the job.
const END_MARGIN: Duration = Duration::from_millis(2);

/// Reads the results of a job. All attempts share the deadline of one call.
///
/// Results that are not found right after the end of the job are not visible yet.
pub(crate) fn results<T>(config: &Config, read: impl Fn(&Config) -> Result<T>) -> Result<T> {
    let config = config.as_one_call();
    let mut polling = polling(&config, config.deadline().at);
    for _ in 0..MAX_UNSEEN {
        match read(&config) {
            Err(error) if error.is_not_found() && polling.wait() => {}
            ended => return ended,
        }
    }
    read(&config)
}

/// Returns the waits between two polls.
fn polling(config: &Config, deadline: Instant) -> Polling {
    let initial = config.initial_backoff();
    Polling::new(Backoff { initial, max: initial.saturating_mul(MAX_BACKOFF) }, deadline)
}

/// Polls a job until it ends. Returns `None` if the deadline passes first.
///
/// A job that is not found right after its submission is not visible yet.
fn poll(
    config: &Config,
    deadline: Instant,
    status: &mut dyn FnMut(&Config) -> Result<Option<Ended>>,
) -> Result<Option<Ended>> {
    let mut polling = polling(config, deadline);
    let mut may_be_unseen = MAX_UNSEEN;
    loop {
        match status(config) {
            Ok(None) => may_be_unseen = 0,
            Err(error) if error.is_not_found() && may_be_unseen > 0 => may_be_unseen -= 1,
            // No attempt begins in the last millisecond before a deadline, so this timeout is that of the polling.
            Err(error) if error.kind() == ErrorKind::Timeout && Instant::now() + END_MARGIN >= deadline => {
                return Ok(None);
            }
            ended => return ended,
        }
        if !polling.wait() {
            return Ok(None);
        }
    }
}
