//! Whether to repeat: a pure function of what was asked and what happened. No clock, no network.

use std::time::Duration;

use crate::error::TURNED_AWAY;
use crate::http::Cause;

/// What a request does to the organisation, and so what may be done about a lost answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: repeat at will.
    Read,
    /// What a repeat cannot do twice, though its answer may then be 404.
    Delete,
    /// What must not be done twice.
    Write,
}

/// What came of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// The head of an answer, with what its `Retry-After` says.
    Answered { status: u16, retry_after: Option<Duration> },
    /// No answer, or none that can be read; `sent` is false where the service provably saw nothing.
    Failed { sent: bool, cause: Cause },
}

impl Happened {
    /// How long every call is asked to wait, not only this one.
    pub fn hold(self) -> Option<Duration> {
        // For longer than this nobody is held up by what another call was told.
        const LONGEST: Duration = Duration::from_secs(300);
        match self {
            Happened::Answered { status, retry_after } if TURNED_AWAY.contains(&status) => {
                retry_after.map(|wait| wait.min(LONGEST))
            }
            _ => None,
        }
    }

    /// The service may have carried it out.
    pub fn perhaps_done(self) -> bool {
        match self {
            Happened::Answered { status, .. } => status == 408 || status >= 500,
            Happened::Failed { sent, .. } => sent,
        }
    }
}

/// How far the call is when it asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// The number of the attempt that just ended, from 1.
    pub attempt: u32,
    /// What is left of the call's deadline.
    pub left: Duration,
    /// An earlier attempt may have been carried out.
    pub lost_before: bool,
    /// Some of the answer has been handed on: to ask again would hand it on twice.
    pub handed_on: bool,
    /// The token can be renewed, and has not been in this call.
    pub renewable: bool,
    /// From 0 to 1, at random: spreads the repeats of many callers.
    pub jitter: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The answer is what was asked for.
    Done,
    Repeat {
        after: Duration,
    },
    /// Repeat at once, with another token.
    Renew,
    /// Return the error; `unknown` where the request may have been carried out.
    GiveUp {
        unknown: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The unit of the waits: 0.5–1, 1–2, 2–4 of it, and 3, 9, 27 of it when the rate is limited.
    pub base_wait: Duration,
}

impl Policy {
    pub fn decide(&self, effect: Effect, progress: Progress, happened: Happened) -> Verdict {
        let give_up =
            Verdict::GiveUp { unknown: effect != Effect::Read && (happened.perhaps_done() || progress.lost_before) };
        let may_repeat = progress.attempt < self.attempts && !progress.handed_on;
        let repeat = |after: Duration| match may_repeat && after < progress.left {
            true => Verdict::Repeat { after },
            false => give_up,
        };
        let backoff = || {
            let doubled = self.base_wait.saturating_mul(1 << (progress.attempt.clamp(1, 16) - 1));
            doubled.mul_f64(0.5 + progress.jitter.clamp(0.0, 1.0) / 2.0)
        };
        match happened {
            Happened::Answered { status: 200..=299, .. } => Verdict::Done,
            Happened::Answered { status: 401, .. } if progress.renewable => Verdict::Renew,
            Happened::Answered { status: 404, .. } if effect == Effect::Delete && progress.lost_before => Verdict::Done,
            Happened::Answered { status, retry_after } if TURNED_AWAY.contains(&status) => {
                let unasked = || self.base_wait.saturating_mul(3_u32.saturating_pow(progress.attempt.min(16)));
                repeat(retry_after.unwrap_or_else(unasked))
            }
            Happened::Answered { status: 408 | 502 | 503 | 504, retry_after } if effect != Effect::Write => {
                repeat(retry_after.unwrap_or_else(backoff))
            }
            Happened::Answered { .. } => give_up,
            Happened::Failed { sent: false, cause: Cause::Refused } => give_up,
            Happened::Failed { sent: false, .. } => repeat(backoff()),
            Happened::Failed { cause: Cause::Timeout | Cause::Transport, .. } if effect != Effect::Write => {
                repeat(backoff())
            }
            Happened::Failed { .. } => give_up,
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
