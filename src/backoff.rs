//! Exponential backoff with jitter, for retries and for polling.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Exponential backoff with jitter: delays of 0.5–1, 1–2, 2–4, … times `initial`, at most `max`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub initial: Duration,
    pub max: Duration,
}

impl Backoff {
    /// Returns the delay before a retry. `retry` is its number, from 1; `jitter` is from 0 to 1.
    pub fn delay(&self, retry: u32, jitter: f64) -> Duration {
        // The factor stops at 2^15, so that the shift cannot overflow.
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
        // Short enough for several polls before the deadline. Not zero: polling ends when less than this is left.
        let initial = backoff.initial.min(left / 8).max(Duration::from_millis(1));
        Polling { backoff: Backoff { initial, max: backoff.max.max(initial) }, waits: 0, deadline }
    }

    /// Sleeps for the next delay, and leaves time for a last poll. If too little time is left before the deadline,
    /// returns `false` without sleeping.
    pub fn wait(&mut self) -> bool {
        let delay = self.next_delay(Instant::now(), jitter());
        delay.inspect(|delay| std::thread::sleep(*delay)).is_some()
    }

    fn next_delay(&mut self, now: Instant, jitter: f64) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(now);
        if left < self.backoff.initial {
            return None;
        }
        self.waits = self.waits.saturating_add(1);
        Some(self.backoff.delay(self.waits, jitter).min(left / 2))
    }
}

/// Returns an additional random delay: at most a tenth of the wait, and at most half of the time left after it. Without
/// it, all callers that wait for the same time would start at once.
pub(crate) fn spread(wait: Duration, left: Duration, jitter: f64) -> Duration {
    (wait / 10).min(left / 2).mul_f64(jitter.clamp(0.0, 1.0))
}

/// Returns a random number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns a random number from the hash seed of the standard library. It is not suitable for secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn polling_delays_double_up_to_the_maximum() {
        let now = Instant::now();
        let mut polling = Polling::new(Backoff { initial: SECOND, max: SECOND * 5 }, now + SECOND * 3600);
        let delays: Vec<_> = (0..5).map(|_| polling.next_delay(now, 1.0).unwrap()).collect();
        assert_eq!(delays, [1, 2, 4, 5, 5].map(|n| SECOND * n));
        assert_eq!(polling.next_delay(now, 0.0), Some(SECOND * 5 / 2));
    }

    #[test]
    fn polling_leaves_time_for_a_last_poll() {
        let now = Instant::now();
        let deadline = now + SECOND * 80;
        let mut polling = Polling::new(Backoff { initial: SECOND * 3, max: SECOND * 60 }, deadline);
        assert_eq!(polling.next_delay(deadline - SECOND * 4, 1.0), Some(SECOND * 2));
        assert_eq!(polling.next_delay(deadline - SECOND * 3, 1.0), Some(SECOND * 3 / 2));
        for left in [2, 1, 0] {
            assert_eq!(polling.next_delay(deadline - SECOND * left, 1.0), None);
        }
        assert_eq!(polling.next_delay(deadline + SECOND, 1.0), None);
    }

    #[test]
    fn polling_with_little_time_starts_with_short_delays() {
        let mut polling =
            Polling::new(Backoff { initial: SECOND * 60, max: SECOND * 600 }, Instant::now() + SECOND * 80);
        let first = polling.next_delay(Instant::now(), 1.0).unwrap();
        assert!(first > SECOND * 9 && first <= SECOND * 10, "{first:?}");
        // Polling also ends if the deadline has already passed.
        let mut polling = Polling::new(Backoff { initial: SECOND, max: SECOND }, Instant::now());
        assert!(!polling.wait());
    }

    #[test]
    fn waiting_takes_the_time_of_the_delay() {
        let start = Instant::now();
        let delay = Duration::from_millis(20);
        assert!(Polling::new(Backoff { initial: delay, max: delay }, start + SECOND * 60).wait());
        assert!(start.elapsed() >= delay / 2);
    }

    #[test]
    fn random_numbers_differ_and_lie_between_zero_and_one() {
        let numbers: Vec<f64> = (0..1_000).map(|_| jitter()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        for tenth in 0..10 {
            let range = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
            assert!(numbers.iter().any(|number| range.contains(number)), "none in {range:?}");
        }
    }

    #[test]
    fn a_spread_is_a_tenth_and_at_most_half_of_the_time_left() {
        assert_eq!(spread(SECOND * 100, SECOND * 300, 1.0), SECOND * 10);
        assert_eq!(spread(SECOND * 100, SECOND * 300, 0.5), SECOND * 5);
        assert_eq!(spread(SECOND * 100, SECOND * 4, 1.0), SECOND * 2);
        for jitter in [0.0, -1.0, f64::NEG_INFINITY] {
            assert_eq!(spread(SECOND * 100, SECOND * 300, jitter), Duration::ZERO);
        }
        assert_eq!(spread(SECOND * 100, SECOND * 300, 7.0), SECOND * 10);
    }
}
