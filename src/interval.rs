//! The interval of a query and of its results: of aggregates, of a view, or of its jobs.
//!
//! Invariant: only an interval that certainly does not start before it ends is refused.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::timestamp::{Timestamp, rfc3339};

/// An interval from its start (inclusive) to its end (exclusive).
///
/// An interval that is parsed from a text is sent as it is. ISO 8601 permits `start/end`, `start/duration` and
/// `duration/end`, times with `Z`, with an offset or without a zone, and dates without a time. Only an interval
/// that certainly does not start before it ends is refused. The service refuses others that it cannot read.
/// Without a zone, the service chooses: [`AggregateQuery::time_zone`](crate::analytics::AggregateQuery::time_zone), or
/// UTC. The interval of a response is kept as received, even if it cannot be read.
///
/// ```
/// use genesys_journey::analytics::Interval;
///
/// let january: Interval = "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z".parse()?;
/// let a_day: Interval = "2026-01-01T00:00:00-0500/P1D".parse()?;
/// let week = Interval::last_days(7)?; // seven whole days (UTC), today not included
/// assert!("2026-02-01T00:00:00Z/2026-01-01T00:00:00Z".parse::<Interval>().is_err());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Interval(Box<str>);

impl Interval {
    /// Returns the interval between two instants, with a precision of one millisecond.
    ///
    /// The seven days until now are `Interval::new(now - Duration::from_secs(7 * 86_400), now)`.
    ///
    /// # Errors
    /// `Input` if it does not start before it ends, or is not within the years 1970 to 9999.
    pub fn new(start: SystemTime, end: SystemTime) -> Result<Interval> {
        let text =
            |time| rfc3339(time).ok_or_else(|| Error::input("interval", "must be within the years 1970 to 9999"));
        format!("{}/{}", text(start)?, text(end)?).parse()
    }

    /// Returns the last `n` whole days in UTC, without today, by the clock of the computer.
    ///
    /// [`AggregateQuery::time_zone`](crate::analytics::AggregateQuery::time_zone) does not move this interval: with
    /// another zone and a granularity of `P1D`, the first and the last day of the response are parts of a day.
    /// For whole days in another zone, use `Interval::days_before` (feature `jiff`), or write the interval
    /// with the offsets of that zone.
    ///
    /// # Errors
    /// `Input` if `n` is 0 or the start is before 1970.
    pub fn last_days(n: u32) -> Result<Interval> {
        Interval::last(n, Duration::from_secs(86_400))
    }

    /// Returns the last `n` whole hours in UTC, without the current one.
    ///
    /// In a zone whose offset from UTC is not a whole number of hours, these are not whole hours.
    /// [`AggregateQuery::time_zone`](crate::analytics::AggregateQuery::time_zone) does not move this interval.
    ///
    /// # Errors
    /// `Input` if `n` is 0 or the start is before 1970.
    pub fn last_hours(n: u32) -> Result<Interval> {
        Interval::last(n, Duration::from_secs(3_600))
    }

    /// Returns the last `n` whole days in a time zone before the day of `now`.
    ///
    /// Days on which the clocks change are shorter or longer than 24 hours.
    ///
    /// To divide the response into these days, set the granularity to `P1D` and
    /// [`AggregateQuery::time_zone`](crate::analytics::AggregateQuery::time_zone) to the same zone.
    ///
    /// # Errors
    /// `Input` if `n` is 0 or the interval is not within the years 1970 to 9999.
    ///
    /// ```
    /// use genesys_journey::analytics::Interval;
    /// use jiff::tz::TimeZone;
    ///
    /// let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3")?; // or TimeZone::get("Europe/Berlin")
    /// let yesterday = Interval::days_before("2026-03-30T09:00:00Z".parse()?, &berlin, 1)?;
    /// assert_eq!(yesterday.as_str(), "2026-03-28T23:00:00.000Z/2026-03-29T22:00:00.000Z"); // 23 hours
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "jiff")]
    pub fn days_before(now: jiff::Timestamp, time_zone: &jiff::tz::TimeZone, n: u32) -> Result<Interval> {
        let start_of = |days: u32| -> Result<SystemTime, jiff::Error> {
            let today = now.to_zoned_datetime(time_zone.clone()).date();
            let day = today.checked_sub(jiff::Span::new().try_days(days)?)?;
            // Midnight may not exist; the start of the day does.
            SystemTime::try_from(day.to_zoned_datetime(time_zone.clone())?.start_of_day()?)
        };
        let out_of_range = |_| Error::input("interval", "must be within the years 1970 to 9999");
        Interval::new(start_of(n).map_err(out_of_range)?, start_of(0).map_err(out_of_range)?)
    }

    fn last(n: u32, unit: Duration) -> Result<Interval> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(now - now % unit.as_secs());
        let start = unit.checked_mul(n).and_then(|length| end.checked_sub(length));
        let start = start.ok_or_else(|| Error::input("interval", "must be within the years 1970 to 9999"))?;
        Interval::new(start, end)
    }

    /// Returns the text as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the start and the end. A date is its midnight, and a time without a zone is UTC.
    ///
    /// `None` if the text cannot be read, for example because it contains a duration.
    #[must_use]
    pub fn to_system_times(&self) -> Option<(SystemTime, SystemTime)> {
        let (start, end) = self.0.split_once('/')?;
        Some((instant(start)?, instant(end)?))
    }

    /// Refuses an interval whose start is not before its end. An interval that the crate cannot read is passed on.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_empty_or_reversed() {
            return Err(Error::input("interval", format_args!("is {:?}; it must start before it ends", self.0)));
        }
        Ok(())
    }

    fn is_empty_or_reversed(&self) -> bool {
        let Some((start, end)) = self.0.split_once('/') else {
            return false;
        };
        if is_zero_duration(start) || is_zero_duration(end) {
            return true;
        }
        // A time without a zone cannot be compared with one that has a zone: the service chooses the zone.
        has_zone(start) == has_zone(end) && self.to_system_times().is_some_and(|(start, end)| start >= end)
    }
}

/// Reads a date and time, or a date.
fn instant(text: &str) -> Option<SystemTime> {
    let is_date = !text.contains('T');
    let midnight = is_date.then(|| Timestamp::from(format!("{text}T00:00:00").as_str()));
    midnight.unwrap_or_else(|| Timestamp::from(text)).to_system_time()
}

fn has_zone(text: &str) -> bool {
    text.split_once('T').is_some_and(|(_, time)| time.contains(['Z', '+', '-']))
}

/// Returns whether the text is a duration such as `P0D` or `PT0S`.
fn is_zero_duration(text: &str) -> bool {
    let mut digits = text.bytes().filter(u8::is_ascii_digit).peekable();
    text.starts_with('P') && digits.peek().is_some() && digits.all(|digit| digit == b'0')
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
