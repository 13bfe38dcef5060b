//! Exponential backoff with jitter, for retries and for polling, and the randomness behind it.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Exponential backoff with jitter: delays of 0.5–1, 1–2, 2–4, … times `initial`, at most `max`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub initial: Duration,
    pub max: Duration,
}

impl Backoff {
    /// The delay before retry number `retry`, from 1. `jitter` is from 0 to 1.
    pub fn delay(&self, retry: u32, jitter: f64) -> Duration {
        // Beyond 2^15 the largest permitted `initial` exceeds every deadline.
        let doubled = self.initial.saturating_mul(1 << (retry.clamp(1, 16) - 1)).min(self.max);
        doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// The waits of a polling loop that must end by a deadline.
pub(crate) struct Polling {
    backoff: Backoff,
    waits: u32,
    deadline: Instant,
}

impl Polling {
    pub fn new(backoff: Backoff, deadline: Instant) -> Polling {
        let left = deadline.saturating_duration_since(Instant::now());
        // Short enough for several polls before the deadline, and long enough that polling ends.
        let initial = backoff.initial.min(left / 8).max(Duration::from_millis(1));
        Polling { backoff: Backoff { initial, max: backoff.max.max(initial) }, waits: 0, deadline }
    }

    /// Sleeps for the next delay, and leaves time for a last poll. Returns `false` without sleeping where the
    /// deadline leaves too little time.
    pub fn wait(&mut self) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left < self.backoff.initial {
            return false;
        }
        self.waits = self.waits.saturating_add(1);
        std::thread::sleep(self.backoff.delay(self.waits, jitter()).min(left / 2));
        true
    }
}

/// A random part of a tenth of the wait, so that callers that are released together do not start together. It
/// uses at most half of the time left.
pub(crate) fn spread(wait: Duration, left: Duration, jitter: f64) -> Duration {
    (wait / 10).min(left / 2).mul_f64(jitter.clamp(0.0, 1.0))
}

/// A random number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A random number from the standard library's only source. Not for secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(Instant::now())
}
