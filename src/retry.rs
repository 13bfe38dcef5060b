//! Whether to repeat: a pure function of what was asked and what outcome. No clock, no network.

use std::time::Duration;

use crate::error::RATE_LIMITED;
use crate::http::Cause;

/// What a request does to the organisation, and so what may be done about a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// Changes nothing: may be retried.
    Safe,
    /// What a repeat cannot do twice, though its answer may then be 404.
    Idempotent,
    /// What must not be done twice.
    NonIdempotent,
}

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptOutcome {
    /// The head of an answer, with what its `Retry-After` says.
    Responded { status: u16, retry_after: Option<Duration> },
    /// No answer, or none that can be read; `sent` is false where the service provably saw nothing.
    Failed { sent: bool, cause: Cause },
}

impl AttemptOutcome {
    /// How long every call is asked to wait, not only this one.
    pub fn pause(self) -> Option<Duration> {
        // For longer than this nobody is held up by what another call was told.
        const LONGEST: Duration = Duration::from_secs(300);
        match self {
            AttemptOutcome::Responded { status, retry_after } if RATE_LIMITED.contains(&status) => {
                retry_after.map(|wait| wait.min(LONGEST))
            }
            _ => None,
        }
    }

    /// The service may have carried it out.
    pub fn may_have_been_processed(self) -> bool {
        match self {
            AttemptOutcome::Responded { status, .. } => status == 408 || status >= 500,
            AttemptOutcome::Failed { sent, .. } => sent,
        }
    }
}

/// How far the call is when it asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryState {
    /// The number of the attempt that just ended, from 1.
    pub attempt: u32,
    /// What is left of the call's deadline.
    pub left: Duration,
    /// An earlier attempt may have been carried out.
    pub earlier_outcome_unknown: bool,
    /// Some of the answer has been handed on: to ask again would hand it on twice.
    pub partially_consumed: bool,
    /// The token can be renewed, and has not been in this call.
    pub renewable: bool,
    /// From 0 to 1, at random: spreads the repeats of many callers.
    pub jitter: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// The answer is what was asked for.
    Done,
    Retry {
        after: Duration,
    },
    /// Repeat at once, with another token.
    RenewToken,
    /// Return the error; `unknown` where the request may have been carried out.
    GiveUp {
        unknown: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// The unit of the waits: 0.5–1, 1–2, 2–4 of it, and 3, 9, 27 of it when the rate is limited.
    pub initial_backoff: Duration,
}

impl RetryPolicy {
    pub fn decide(&self, idempotency: Idempotency, state: RetryState, outcome: AttemptOutcome) -> RetryDecision {
        let give_up = RetryDecision::GiveUp {
            unknown: idempotency != Idempotency::Safe
                && (outcome.may_have_been_processed() || state.earlier_outcome_unknown),
        };
        let may_retry = state.attempt < self.max_attempts && !state.partially_consumed;
        let retry = |after: Duration| match may_retry && after < state.left {
            true => RetryDecision::Retry { after },
            false => give_up,
        };
        let backoff = || {
            let doubled = self.initial_backoff.saturating_mul(1 << (state.attempt.clamp(1, 16) - 1));
            doubled.mul_f64(0.5 + state.jitter.clamp(0.0, 1.0) / 2.0)
        };
        match outcome {
            AttemptOutcome::Responded { status: 200..=299, .. } => RetryDecision::Done,
            AttemptOutcome::Responded { status: 401, .. } if state.renewable => RetryDecision::RenewToken,
            AttemptOutcome::Responded { status: 404, .. }
                if idempotency == Idempotency::Idempotent && state.earlier_outcome_unknown =>
            {
                RetryDecision::Done
            }
            AttemptOutcome::Responded { status, retry_after } if RATE_LIMITED.contains(&status) => {
                let unasked = || self.initial_backoff.saturating_mul(3_u32.saturating_pow(state.attempt.min(16)));
                retry(retry_after.unwrap_or_else(unasked))
            }
            AttemptOutcome::Responded { status: 408 | 502 | 503 | 504, retry_after }
                if idempotency != Idempotency::NonIdempotent =>
            {
                retry(retry_after.unwrap_or_else(backoff))
            }
            AttemptOutcome::Responded { .. } => give_up,
            AttemptOutcome::Failed { sent: false, cause: Cause::Refused } => give_up,
            AttemptOutcome::Failed { sent: false, .. } => retry(backoff()),
            AttemptOutcome::Failed { cause: Cause::Timeout | Cause::Transport, .. }
                if idempotency != Idempotency::NonIdempotent =>
            {
                retry(backoff())
            }
            AttemptOutcome::Failed { .. } => give_up,
        }
    }
}

/// The first sensible `Retry-After` of those in a reply: whole seconds above 0. A date is none: the
/// service writes seconds, and the clocks of two machines are a poor measure of a wait.
pub(crate) fn retry_after<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Duration> {
    values
        .filter_map(|value| std::str::from_utf8(value).ok()?.trim().parse::<u64>().ok())
        .find(|seconds| *seconds > 0)
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
