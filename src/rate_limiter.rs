//! The rate limiter of a `Config`, shared by all clones.
//!
//! Invariant: no request is sent before its slot or during a pause.

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
    /// The end of a pause that the service requires.
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
            let ready = self.reserve(&mut slot, now, deadline, jitter)?;
            if ready <= now {
                return Ok(());
            }
            std::thread::sleep(ready - now);
        }
    }

    /// Reserves a slot, unless the caller has one that is still valid. Returns its time.
    fn reserve(
        &self,
        slot: &mut Option<Instant>,
        now: Instant,
        deadline: Instant,
        jitter: f64,
    ) -> Result<Instant, Duration> {
        let mut state = self.lock();
        let pause = state.paused_until.filter(|until| *until > now);
        if pause.is_none() && slot.is_none() && self.interval.is_zero() {
            return Ok(now);
        }
        // A slot within a new pause is not used, and the caller reserves another one. Otherwise all these callers would
        // start at once when the pause ends.
        if let Some(valid) = slot.filter(|slot| state.paused_until.is_none_or(|until| *slot >= until)) {
            return Ok(valid);
        }
        let after_pause =
            pause.map(|until| until + spread(state.pause, deadline.saturating_duration_since(until), jitter));
        let ready = state.next_slot.into_iter().chain(after_pause).fold(now, Instant::max);
        if ready > deadline {
            return Err(ready - now);
        }
        *slot = Some(ready);
        if !self.interval.is_zero() {
            state.next_slot = Some(ready + self.interval);
        }
        Ok(ready)
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Returns the wait for a new slot with this jitter.
    fn wait(limiter: &RateLimiter, seconds_left: u32, jitter: f64) -> Result<Duration, Duration> {
        let now = Instant::now();
        limiter.reserve(&mut None, now, now + SECOND * seconds_left, jitter).map(|ready| ready - now)
    }

    fn assert_about(wait: Duration, expected: Duration) {
        assert!(wait <= expected && wait > expected - SECOND, "{wait:?}, not {expected:?}");
    }

    #[test]
    fn a_shorter_pause_does_not_shorten_a_longer_one() {
        let limiter = RateLimiter::new(None);
        for (pause, expected) in [(20, 20), (5, 20), (40, 40), (39, 40)] {
            limiter.pause_for(SECOND * pause);
            assert_about(wait(&limiter, 300, 0.0).unwrap(), SECOND * expected);
        }
    }

    #[test]
    fn threads_released_by_a_pause_are_spread_over_a_tenth_of_it() {
        let limiter = RateLimiter::new(None);
        assert_eq!(wait(&limiter, 300, 1.0), Ok(Duration::ZERO));
        limiter.pause_for(SECOND * 100);
        for (jitter, expected) in [(0.0, 100), (0.5, 105), (1.0, 110)] {
            assert_about(wait(&limiter, 300, jitter).unwrap(), SECOND * expected);
        }
        // The random delay is at most half of the time between the end of the pause and the deadline.
        assert_about(wait(&limiter, 110, 1.0).unwrap(), SECOND * 105);
    }

    #[test]
    fn each_call_has_a_jitter_of_its_own() {
        let after_pause = |_| {
            let limiter = RateLimiter::new(Some(60));
            limiter.pause_for(Duration::from_millis(20));
            limiter.acquire(Instant::now() + SECOND * 300).unwrap();
            let state = limiter.lock();
            assert!(Instant::now() >= state.paused_until.unwrap(), "it did not wait");
            state.next_slot.unwrap() - SECOND - state.paused_until.unwrap()
        };
        let [first, second, third] = [0; 3].map(after_pause);
        assert!(first != second || second != third, "{first:?}");
    }

    #[test]
    fn a_pause_beyond_the_deadline_is_an_error_with_the_wait() {
        let limiter = RateLimiter::new(None);
        limiter.pause_for(SECOND * 100);
        assert_about(wait(&limiter, 99, 1.0).unwrap_err(), SECOND * 100);
    }

    #[test]
    fn a_slot_within_a_new_pause_is_void_and_a_later_one_is_kept() {
        let limiter = RateLimiter::new(Some(6));
        let now = Instant::now();
        let deadline = now + SECOND * 300;
        let reserve = |slot: &mut Option<Instant>| limiter.reserve(slot, now, deadline, 0.0).unwrap() - now;
        let (mut first, mut second, mut third) = (None, None, None);
        assert_eq!([&mut first, &mut second, &mut third].map(reserve), [0, 10, 20].map(|n| SECOND * n));
        limiter.pause_for(SECOND * 15);
        assert_eq!(reserve(&mut third), SECOND * 20);
        // The free slots begin after the third.
        assert_eq!([&mut first, &mut second].map(reserve), [30, 40].map(|n| SECOND * n));
        assert_eq!([&mut first, &mut second, &mut third].map(reserve), [30, 40, 20].map(|n| SECOND * n));
    }

    #[test]
    fn a_slot_after_the_deadline_is_not_reserved() {
        let limiter = RateLimiter::new(Some(6));
        assert_eq!(wait(&limiter, 5, 0.0), Ok(Duration::ZERO));
        for _ in 0..3 {
            assert_about(wait(&limiter, 5, 0.0).unwrap_err(), SECOND * 10);
        }
        assert_about(wait(&limiter, 50, 0.0).unwrap(), SECOND * 10);
        assert_about(wait(&limiter, 50, 0.0).unwrap(), SECOND * 20);
    }

    #[test]
    fn without_a_limit_no_slot_is_reserved() {
        let limiter = RateLimiter::new(None);
        limiter.pause_for(SECOND);
        let waits: Vec<Duration> = (0..3).map(|_| wait(&limiter, 300, 0.0).unwrap()).collect();
        assert!(waits.iter().all(|wait| *wait <= SECOND), "{waits:?}");
    }
}
