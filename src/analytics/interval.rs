//! The interval of an aggregates query.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::timestamp::rfc3339;
use crate::{Error, Result, Timestamp};

/// The interval to count in: from its start (inclusive) to its end (exclusive).
///
/// ```
/// use genesys_journey::analytics::Interval;
///
/// let january: Interval = "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z".parse()?;
/// let week = Interval::last_days(7)?; // seven whole days (UTC), today not included
/// assert!("2026-02-01T00:00:00Z/2026-01-01T00:00:00Z".parse::<Interval>().is_err());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Interval(Box<str>);

impl Interval {
    /// Returns the interval between two instants, with a precision of one millisecond. The seven days until now
    /// are `Interval::new(now - Duration::from_secs(7 * 86_400), now)`.
    ///
    /// # Errors
    /// `Input` if it does not start before it ends, or is not within the years 1970 to 9999.
    pub fn new(start: SystemTime, end: SystemTime) -> Result<Interval> {
        let text =
            |time| rfc3339(time).ok_or_else(|| Error::input("interval", "must be within the years 1970 to 9999"));
        format!("{}/{}", text(start)?, text(end)?).parse()
    }

    /// Returns the last `n` whole days (UTC), without today.
    ///
    /// # Errors
    /// `Input` if `n` is 0 or the start is before 1970.
    pub fn last_days(n: u32) -> Result<Interval> {
        Interval::last(n, Duration::from_secs(86_400))
    }

    /// Returns the last `n` whole hours, without the current one.
    ///
    /// # Errors
    /// `Input` if `n` is 0 or the start is before 1970.
    pub fn last_hours(n: u32) -> Result<Interval> {
        Interval::last(n, Duration::from_secs(3_600))
    }

    fn last(n: u32, unit: Duration) -> Result<Interval> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(now - now % unit.as_secs());
        let start = unit.checked_mul(n).and_then(|length| end.checked_sub(length));
        let start = start.ok_or_else(|| Error::input("interval", "goes back too far"))?;
        Interval::new(start, end)
    }

    /// Returns the text as it is sent: `start/end`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the start and the end; `None` if the text, which may come from elsewhere, cannot be read.
    #[must_use]
    pub fn to_system_times(&self) -> Option<(SystemTime, SystemTime)> {
        let (start, end) = self.0.split_once('/')?;
        Some((Timestamp::from(start).to_system_time()?, Timestamp::from(end).to_system_time()?))
    }

    pub(crate) fn check(&self) -> Result<()> {
        match self.to_system_times() {
            None => Err(Error::input(
                "interval",
                format_args!("is {:?}; it must be start/end, both RFC 3339 like 2026-01-01T00:00:00Z", self.0),
            )),
            Some((start, end)) if start >= end => {
                Err(Error::input("interval", format_args!("is {:?}; it must start before it ends", self.0)))
            }
            Some(_) => Ok(()),
        }
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Interval> {
        let interval = Interval(text.into());
        interval.check()?;
        Ok(interval)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
