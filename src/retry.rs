//! Decides whether a failed attempt is retried. The decision is a pure function of the request and the outcome, without
//! clock or network.

use std::time::Duration;

use crate::backoff::{Backoff, spread};
use crate::error::{TOO_MANY_REQUESTS, wait_in_words};
use crate::http::Cause;

/// Whether a request may be sent again after its response was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// Changes nothing: may be retried.
    Safe,
    /// Has the same effect when sent twice (DELETE), although the second response may be 404.
    Idempotent,
    /// Might have its effect twice: never sent again unless it was provably not processed.
    NonIdempotent,
}

/// The outcome of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptOutcome {
    /// A response was received.
    Responded { status: u16, retry_after: Option<Duration> },
    /// No usable response was received. `sent` is false only if the service provably received nothing.
    Failed { sent: bool, cause: Cause },
}

impl AttemptOutcome {
    /// Returns the time for which all calls with the same token must pause.
    pub fn pause(self) -> Option<Duration> {
        // The limit of a pause, so that an implausible value does not block other calls for hours.
        const MAX_PAUSE: Duration = Duration::from_secs(300);
        match self {
            AttemptOutcome::Responded { status: TOO_MANY_REQUESTS, retry_after } => {
                retry_after.map(|wait| wait.min(MAX_PAUSE))
            }
            _ => None,
        }
    }

    pub fn may_have_been_processed(self) -> bool {
        match self {
            // A final response below 200 is not the result of the request.
            AttemptOutcome::Responded { status, .. } => status < 200 || status == 408 || status >= 500,
            AttemptOutcome::Failed { sent, .. } => sent,
        }
    }
}

/// The state of a call after an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryState {
    /// The number of the attempt that just ended, from 1.
    pub attempt: u32,
    /// The time left before the deadline of the call.
    pub left: Duration,
    /// Whether an earlier attempt may have been processed.
    pub earlier_outcome_unknown: bool,
    /// Whether the token can be renewed and this call has not renewed it yet.
    pub renewable: bool,
    /// A random number from 0 to 1.
    pub jitter: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// The call succeeded: the entity is already deleted.
    Done,
    Retry {
        after: Duration,
    },
    /// Retry at once, with a new token.
    RenewToken,
    /// Return the error. `unknown` is true if the request may have been processed.
    GiveUp {
        unknown: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// The number of attempts, the first included.
    pub max_attempts: u32,
    pub backoff: Backoff,
}

impl RetryPolicy {
    pub fn decide(&self, idempotency: Idempotency, state: RetryState, outcome: AttemptOutcome) -> RetryDecision {
        use AttemptOutcome::{Failed, Responded};

        let may_be_lost = outcome.may_have_been_processed() || state.earlier_outcome_unknown;
        let give_up = RetryDecision::GiveUp { unknown: may_be_lost && idempotency != Idempotency::Safe };
        let retry = |after: Duration| {
            let has_attempts = state.attempt < self.max_attempts;
            if has_attempts && after < state.left { RetryDecision::Retry { after } } else { give_up }
        };
        let backoff = || self.backoff.delay(state.attempt, state.jitter);
        // Adds a random time, so that threads that wait for the same time do not start at once.
        let spread = |wait: Duration| wait.saturating_add(spread(wait, state.left.saturating_sub(wait), state.jitter));
        let may_repeat_effect = idempotency == Idempotency::NonIdempotent;

        match outcome {
            Responded { status: 401, .. } if state.renewable => RetryDecision::RenewToken,
            // The earlier DELETE was processed, although its response was lost.
            Responded { status: 404, .. }
                if idempotency == Idempotency::Idempotent && state.earlier_outcome_unknown =>
            {
                RetryDecision::Done
            }
            Responded { status: TOO_MANY_REQUESTS, retry_after } => {
                retry(spread(retry_after.unwrap_or_else(|| self.rate_limit_delay(state.attempt))))
            }
            Responded { status: 408 | 502 | 503 | 504, retry_after } if !may_repeat_effect => {
                retry(backoff().max(spread(retry_after.unwrap_or_default())))
            }
            Responded { .. } => give_up,
            Failed { sent: false, cause: Cause::Refused } => give_up,
            Failed { sent: false, .. } => retry(backoff()),
            Failed { cause: Cause::Timeout | Cause::Transport, .. } if !may_repeat_effect => retry(backoff()),
            Failed { .. } => give_up,
        }
    }

    /// Returns the delay after a rate limit without `Retry-After`: 3, 9, 27, … times the initial backoff.
    fn rate_limit_delay(&self, attempt: u32) -> Duration {
        self.backoff.initial.saturating_mul(3_u32.saturating_pow(attempt.min(16)))
    }
}

/// Returns the time to wait according to the `Retry-After` headers of a response: the first with whole seconds above 0.
/// Dates are ignored: the service sends seconds, and the clocks of two machines differ. Without a header, the
/// message of the service counts: "Retry the request in [45] seconds".
pub(crate) fn retry_after<'a>(headers: impl Iterator<Item = &'a [u8]>, message: Option<&str>) -> Option<Duration> {
    headers
        .filter_map(|value| std::str::from_utf8(value).ok()?.trim().parse::<u64>().ok())
        .find(|seconds| *seconds > 0)
        .map(Duration::from_secs)
        .or_else(|| message.and_then(wait_in_words))
}

#[cfg(test)]
mod tests;
