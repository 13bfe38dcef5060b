//! Date and time as the service writes it: the text is kept as received, and read only on request.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A date and time: the text as received, and the instant that it stands for.
///
/// The text is read with `Z`, with an offset (`+01:00` or `+0100`), or without a zone, which means UTC. `Eq`
/// and `Hash` compare the text. There is no `Ord`: to compare instants, use
/// [`to_system_time`](Timestamp::to_system_time).
///
/// ```
/// use std::time::SystemTime;
///
/// use genesys_journey::Timestamp;
///
/// let utc = Timestamp::from("2026-05-04T08:15:30.123Z");
/// let berlin = Timestamp::from("2026-05-04T10:15:30.123+0200");
/// assert_ne!(utc, berlin);
/// assert_eq!(utc.to_system_time(), berlin.to_system_time());
/// assert_eq!(utc.as_str(), "2026-05-04T08:15:30.123Z");
///
/// let now = Timestamp::try_from(SystemTime::now())?;
/// assert!(now.to_system_time() > utc.to_system_time());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
///
/// With the feature `jiff` it converts to and from `jiff::Timestamp`:
///
/// ```
/// # #[cfg(feature = "jiff")] {
/// use genesys_journey::Timestamp;
///
/// let created = Timestamp::from("2026-05-04T10:15:30.123+02:00");
/// let instant = jiff::Timestamp::try_from(&created)?;
/// assert_eq!(instant.to_string(), "2026-05-04T08:15:30.123Z");
/// assert_eq!(Timestamp::try_from(instant)?.as_str(), "2026-05-04T08:15:30.123Z");
/// # }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// Returns the text as received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the instant; `None` if the text cannot be read or the year is not within 1970 to 9999.
    #[must_use]
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let (local, offset) = split_offset(&self.0);
        // `humantime` accepts a second `Z` and a fraction without digits.
        if !local.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
        match offset? {
            Offset::East(offset) => local.checked_sub(offset),
            Offset::West(offset) => local.checked_add(offset),
        }
    }

    /// Returns whether two timestamps stand for the same instant, or have the same text.
    pub(crate) fn is_same_instant(&self, other: &Timestamp) -> bool {
        let instant = self.to_system_time();
        self == other || instant.is_some() && instant == other.to_system_time()
    }
}

enum Offset {
    East(Duration),
    West(Duration),
}

/// Splits `2026-01-01T01:00:00+01:00` into the local time and the offset; `None` for an invalid offset.
fn split_offset(text: &str) -> (&str, Option<Offset>) {
    let utc = Some(Offset::East(Duration::ZERO));
    if let Some(local) = text.strip_suffix('Z') {
        return (local, utc);
    }
    // A hyphen of the date is not the sign of an offset.
    let Some(at) = text.rfind(['+', '-']).filter(|at| text.get(..*at).is_some_and(|local| local.contains('T'))) else {
        return (text, utc);
    };
    let (local, offset) = text.split_at(at);
    (local, parse_offset(offset))
}

/// Parses `+01:00` or `+0100`.
fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_once(':').or_else(|| digits.split_at_checked(2))?;
    let number = |text: &str| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let length = Duration::from_secs(hours * 3600 + minutes * 60);
    let is_valid = hours < 24 && minutes < 60;
    is_valid.then_some(if sign == "+" { Offset::East(length) } else { Offset::West(length) })
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Timestamp(text.into())
    }
}

/// Writes the instant in UTC with a precision of one millisecond, as the service does. An instant outside of
/// the years 1970 to 9999 is an `Input` error.
impl TryFrom<SystemTime> for Timestamp {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Timestamp> {
        let text = rfc3339(time).ok_or_else(out_of_range)?;
        Ok(Timestamp(text.into()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Reads the text like [`Timestamp::to_system_time`]; a text that cannot be read is an `Input` error.
#[cfg(feature = "jiff")]
impl TryFrom<&Timestamp> for jiff::Timestamp {
    type Error = Error;

    fn try_from(timestamp: &Timestamp) -> Result<jiff::Timestamp> {
        let instant = timestamp.to_system_time().and_then(|time| jiff::Timestamp::try_from(time).ok());
        let problem = || format!("is {:?}; it must be a time such as 2026-05-04T08:15:30Z", timestamp.0);
        instant.ok_or_else(|| Error::input("timestamp", problem()))
    }
}

/// Writes the instant like `TryFrom<SystemTime>`.
#[cfg(feature = "jiff")]
impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = Error;

    fn try_from(instant: jiff::Timestamp) -> Result<Timestamp> {
        SystemTime::try_from(instant).map_err(|_| out_of_range())?.try_into()
    }
}

fn out_of_range() -> Error {
    Error::input("timestamp", "must be within the years 1970 to 9999")
}

/// Writes an instant in UTC with a precision of one millisecond. Returns `None` before 1970 and after 9999,
/// where the formatter would panic.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since_1970.as_secs() < YEAR_10000).then(|| humantime::format_rfc3339_millis(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        let since_1970 = Timestamp::from(text).to_system_time()?.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Some(since_1970.as_secs_f64())
    }

    #[test]
    fn every_way_to_write_a_zone_is_read() {
        let noon = [
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.000Z",
            "2026-01-01T12:00:00",
            "2026-01-01T12:00:00.000",
            "2026-01-01T12:00:00+00:00",
            "2026-01-01T12:00:00+0000",
            "2026-01-01T12:00:00-0000",
            "2026-01-01T13:30:00+01:30",
            "2026-01-01T13:30:00.000+0130",
            "2026-01-01T07:00:00-05:00",
            "2026-01-01T07:00:00-0500",
            "2026-01-02T00:00:00+12:00",
        ];
        for text in noon {
            assert_eq!(seconds(text), Some(1_767_268_800.0), "{text}");
        }
        assert_eq!(seconds("2026-01-01T12:00:00.25+0000"), Some(1_767_268_800.25));
    }

    #[test]
    fn other_texts_have_no_instant() {
        for text in [
            "",
            "Z",
            "yesterday",
            "2026-01-01",
            "2026-01-01Z",
            "2026-01-01T12:00",
            "2026-01-01 12:00:00",
            "2026-13-01T12:00:00Z",
            "2026-01-01T12:00:00ZZ",
            "2026-01-01T12:00:00+01:00Z",
            "2026-01-01T12:00:00Z+01:00",
            "2026-01-01T12:00:00.Z",
            "2026-01-01T12:00:00+24:00",
            "2026-01-01T12:00:00+01:60",
            "2026-01-01T12:00:00+1:00",
            "2026-01-01T12:00:00+01",
            "2026-01-01T12:00:00+01:0",
            "2026-01-01T12:00:00++1:00",
            "2026-01-01T12:00:00+010",
            "2026-01-01T12:00:00+01000",
            "2026-01-01T12:00:00+ü1",
            "2026-01-01T12:00:00 01:00",
            "1969-12-31T23:59:59Z",
            "日本",
        ] {
            assert_eq!(Timestamp::from(text).to_system_time(), None, "{text:?}");
            assert_eq!(Timestamp::from(text).as_str(), text);
        }
    }

    #[test]
    fn a_system_time_is_written_to_the_millisecond() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_767_268_800_123_456_789);
        let timestamp = Timestamp::try_from(time).unwrap();
        assert_eq!(timestamp.as_str(), "2026-01-01T12:00:00.123Z");
        assert_eq!(timestamp.to_system_time(), Some(time - Duration::from_nanos(456_789)));
        for outside in [Duration::from_secs(253_402_300_800), Duration::from_secs(1 << 60)] {
            let error = Timestamp::try_from(SystemTime::UNIX_EPOCH + outside).unwrap_err();
            assert_eq!(error.field(), Some("timestamp"), "{error}");
        }
        assert!(Timestamp::try_from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_err());
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn jiff_converts_both_ways() {
        let instant = jiff::Timestamp::try_from(&Timestamp::from("2026-01-01T13:00:00.5+0100")).unwrap();
        assert_eq!(instant, "2026-01-01T12:00:00.5Z".parse().unwrap());
        assert_eq!(Timestamp::try_from(instant).unwrap().as_str(), "2026-01-01T12:00:00.500Z");
        let error = jiff::Timestamp::try_from(&Timestamp::from("yesterday")).unwrap_err();
        assert_eq!((error.kind(), error.field()), (crate::error::ErrorKind::Input, Some("timestamp")));
        assert!(Timestamp::try_from(jiff::Timestamp::MIN).is_err());
        assert!(Timestamp::try_from(jiff::Timestamp::MAX).is_ok());
    }
}
