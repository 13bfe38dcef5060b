//! The rate limiter of a `Config`: when the next request may be sent. Shared by all clones.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backoff::{jitter, spread};

pub(crate) struct RateLimiter {
    /// The time between two requests; zero without a limit.
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next_slot: Option<Instant>,
    /// The service limits the rate until then.
    paused_until: Option<Instant>,
    /// The length of that pause.
    pause: Duration,
}

impl RateLimiter {
    pub fn new(requests_per_minute: Option<u32>) -> RateLimiter {
        let interval = requests_per_minute.map_or(Duration::ZERO, |n| Duration::from_secs(60) / n.max(1));
        RateLimiter { interval, state: Mutex::default() }
    }

    /// Waits for a slot. If the slot lies after the deadline, returns the wait without reserving the slot.
    pub fn acquire(&self, deadline: Instant) -> Result<(), Duration> {
        let mut slot = None;
        let jitter = jitter();
        loop {
            let now = Instant::now();
            let ready = {
                let mut state = self.lock();
                let pause = state.paused_until.filter(|until| *until > now);
                if pause.is_none() && slot.is_none() && self.interval.is_zero() {
                    return Ok(());
                }
                // A slot within a new pause is void: using all such slots when it ends would be a burst.
                let valid = slot.filter(|slot| state.paused_until.is_none_or(|until| *slot >= until));
                let after_pause =
                    pause.map(|until| until + spread(state.pause, deadline.saturating_duration_since(until), jitter));
                let free = state.next_slot.into_iter().chain(after_pause).fold(now, Instant::max);
                let ready = valid.unwrap_or(free);
                if ready > deadline {
                    return Err(ready - now);
                }
                if valid.is_none() {
                    slot = Some(ready);
                    if !self.interval.is_zero() {
                        state.next_slot = Some(ready + self.interval);
                    }
                }
                ready
            };
            if ready <= now {
                return Ok(());
            }
            std::thread::sleep(ready - now);
        }
    }

    /// Pauses all requests. A pause never shortens a longer one.
    pub fn pause_for(&self, pause: Duration) {
        if let Some(until) = Instant::now().checked_add(pause) {
            let mut state = self.lock();
            if state.paused_until.is_none_or(|longer| longer < until) {
                state.paused_until = Some(until);
                state.pause = pause;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
