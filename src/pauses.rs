//! Pauses, each about twice as long as the one before; and the randomness that spreads them.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// For who looks, or tries, again and again. Spread at random, so that two who do it at the same time do not
/// meet for ever.
pub(crate) struct Pauses {
    first: Duration,
    next: Duration,
    longest: Duration,
    until: Instant,
}

impl Pauses {
    pub fn new(first: Duration, longest: Duration, until: Instant) -> Pauses {
        // Short against what is left, so that there is a second look; not so short that looks never end.
        let left = until.saturating_duration_since(Instant::now());
        let first = first.min(left / 8).max(Duration::from_millis(1));
        Pauses { first, next: first, longest: longest.max(first), until }
    }

    /// Sleeps, and leaves time for a last look; or says, at once, that there is not enough left.
    pub fn pause(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left < self.first {
            return false;
        }
        std::thread::sleep(self.next.mul_f64(0.5 + jitter() / 2.0).min(left / 2));
        self.next = self.next.saturating_mul(2).min(self.longest);
        true
    }
}

/// From 0 to 1, at random.
pub(crate) fn jitter() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// From the only source of randomness that the standard library has; no secret may rest on it.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(Instant::now())
}
