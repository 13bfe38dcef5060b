//! The clock of the organisation: dates, lifetimes and rate limits follow it.
//!
//! Invariants: two stamps are never equal, and every time can be written as text.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The first time of every organisation, 2026-05-04T08:15:30.123Z, in milliseconds since 1970.
const START: Duration = Duration::from_millis(1_777_882_530_123);
/// The latest time that can be written, 9999-12-31T23:59:59Z, in seconds since 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

pub(crate) struct Clock {
    /// The time at `since`.
    time: SystemTime,
    /// `None` if the clock is stopped.
    since: Option<Instant>,
    last_stamp: SystemTime,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { time: UNIX_EPOCH + START, since: Some(Instant::now()), last_stamp: UNIX_EPOCH }
    }
}

impl Clock {
    pub fn now(&self) -> SystemTime {
        let elapsed = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        bounded(self.time.checked_add(elapsed))
    }

    pub fn set(&mut self, time: SystemTime) {
        self.time = bounded(Some(time));
        self.since = self.since.map(|_| Instant::now());
        self.last_stamp = UNIX_EPOCH;
    }

    pub fn advance(&mut self, by: Duration) {
        self.time = bounded(self.time.checked_add(by));
    }

    pub fn stop(&mut self) {
        self.time = self.now();
        self.since = None;
    }

    /// Returns the time of a write, later than that of the write before.
    pub fn stamp(&mut self) -> String {
        let next = self.last_stamp.checked_add(Duration::from_millis(1));
        self.last_stamp = self.now().max(bounded(next));
        text(self.last_stamp)
    }
}

/// Returns the time in RFC 3339, with milliseconds.
pub(crate) fn text(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(bounded(Some(time))).to_string()
}

fn bounded(time: Option<SystemTime>) -> SystemTime {
    let last = UNIX_EPOCH + LAST;
    time.unwrap_or(last).clamp(UNIX_EPOCH, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_on_a_fixed_date_and_runs() {
        let clock = Clock::default();
        assert!(text(clock.now()).starts_with("2026-05-04T08:15:30."));
        let before = clock.now();
        while clock.now() == before {}
    }

    #[test]
    fn a_stopped_clock_only_moves_when_it_is_set_or_advanced() {
        let mut clock = Clock::default();
        clock.stop();
        clock.set(UNIX_EPOCH + Duration::from_secs(60));
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(65));
        assert_eq!(clock.stamp(), "1970-01-01T00:01:05.000Z");
        assert_eq!(clock.stamp(), "1970-01-01T00:01:05.001Z");
    }

    #[test]
    fn times_outside_the_calendar_are_bounded() {
        let mut clock = Clock::default();
        clock.stop();
        clock.set(UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(text(clock.now()), "1970-01-01T00:00:00.000Z");
        clock.advance(Duration::MAX);
        assert_eq!(clock.stamp(), "9999-12-31T23:59:59.000Z");
    }
}
