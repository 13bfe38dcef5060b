//! A deadline, and the limit that sets it, so that an error names the limit and its value.

use std::time::{Duration, Instant};

/// The name of a limit and its length, such as the call timeout of 5 min.
pub(crate) type Limit = (&'static str, Duration);

/// A point in time that bounds everything below a call or a helper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub at: Instant,
    name: &'static str,
    /// `None` for the absolute deadline of the program, which has no length.
    length: Option<Duration>,
}

impl Deadline {
    /// Returns the end of a limit that starts now.
    pub fn after((name, length): Limit) -> Deadline {
        // Longer than any program runs, and short enough that the sum does not overflow.
        const LONGEST: Duration = Duration::from_secs(365 * 86_400);
        let now = Instant::now();
        let at = now.checked_add(length.min(LONGEST)).unwrap_or(now);
        Deadline { at, name, length: Some(length) }
    }

    /// Returns the absolute deadline of the program.
    pub fn absolute(at: Instant) -> Deadline {
        Deadline { at, name: "deadline", length: None }
    }

    /// Returns the earlier one of two deadlines.
    pub fn min(self, other: Option<Deadline>) -> Deadline {
        other.filter(|other| other.at <= self.at).unwrap_or(self)
    }

    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Returns a deadline after half of the time that is left.
    pub fn half(&self) -> Deadline {
        let name = if self.length.is_some() { "half of the rest of the call timeout" } else { "half of the time left" };
        Deadline::after((name, self.left() / 2))
    }

    /// Returns the limit for the message of a call that starts now. An absolute deadline has the length that is left.
    pub fn limit(&self) -> Limit {
        (self.name, self.length.unwrap_or_else(|| self.left()))
    }

    /// Returns the name and the length.
    pub fn words(&self) -> String {
        let length = self.length.map(|length| format!(" of {}", in_words(length)));
        format!("the {}{}", self.name, length.unwrap_or_default())
    }
}

/// Returns the message of a timeout.
pub(crate) fn timed_out((name, length): Limit) -> String {
    format!("timed out after {} ({name})", in_words(length))
}

fn in_words(length: Duration) -> String {
    match length.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        millis if millis % 1000 == 0 => format!("{} s", millis / 1000),
        _ => format!("{:.1} s", length.as_secs_f64()),
    }
}
