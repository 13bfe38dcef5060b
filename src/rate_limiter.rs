//! When the next request may go out: shared by all clones of a `Config`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) struct RateLimiter {
    /// The time from one request to the next; zero where no rate is set.
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the next free slot is.
    next: Option<Instant>,
    /// The service asked to be left alone until then.
    paused_until: Option<Instant>,
}

impl RateLimiter {
    pub fn new(requests_per_minute: Option<u32>) -> RateLimiter {
        let interval = requests_per_minute.map_or(Duration::ZERO, |n| Duration::from_secs(60) / n.max(1));
        RateLimiter { interval, state: Mutex::default() }
    }

    /// Waits for its turn. Whose turn would come after the deadline is told at once how long it would
    /// have had to wait, and takes no one's place.
    pub fn wait(&self, deadline: Instant) -> Result<(), Duration> {
        let mut slot = None;
        loop {
            let now = Instant::now();
            let ready = {
                let mut state = self.state();
                let held = state.paused_until.filter(|until| *until > now);
                if held.is_none() && self.interval.is_zero() {
                    return Ok(());
                }
                // A slot before the end of a wait is void: all such at once would be a burst.
                let kept = slot.filter(|slot| state.paused_until.is_none_or(|until| *slot >= until));
                let ready = kept.unwrap_or_else(|| state.next.into_iter().chain(held).fold(now, Instant::max));
                if ready > deadline {
                    return Err(ready - now);
                }
                if kept.is_none() {
                    slot = Some(ready);
                    state.next = Some(ready + self.interval);
                }
                ready
            };
            if ready <= now {
                return Ok(());
            }
            std::thread::sleep(ready - now);
        }
    }

    /// The service asked to wait: all wait.
    pub fn pause_for(&self, wait: Duration) {
        if let Some(until) = Instant::now().checked_add(wait) {
            let mut state = self.state();
            state.paused_until = state.paused_until.max(Some(until));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
