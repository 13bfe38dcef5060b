//! Points in time as the service writes them.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A date and time: the RFC 3339 text as received, and what it says.
///
/// ```
/// use genesys_journey::Timestamp;
///
/// let date = Timestamp::from("2026-05-04T08:15:30.123Z");
/// assert_eq!(date.as_str(), "2026-05-04T08:15:30.123Z");
/// let seconds = date.to_system_time().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
/// assert_eq!(seconds, 1_777_882_530);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Box<str>);

impl Timestamp {
    /// The text as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time; `None` where the text is no RFC 3339 date and time.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let Some((local, east, offset)) = split_offset(&self.0) else {
            return humantime::parse_rfc3339(&self.0).ok();
        };
        let utc = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
        if east { utc.checked_sub(offset) } else { utc.checked_add(offset) }
    }
}

/// `2026-01-01T01:00:00`, east, an hour — of `2026-01-01T01:00:00+01:00`.
fn split_offset(text: &str) -> Option<(&str, bool, Duration)> {
    let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let (hours, minutes) = offset.split_once(':')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let valid = matches!(sign, "+" | "-") && hours < 24 && minutes < 60;
    valid.then(|| (local, sign == "+", Duration::from_secs(hours * 3600 + minutes * 60)))
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Timestamp(text.into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A point in time as the service reads it, to the millisecond; `None` before 1970 and after 9999,
/// where the formatter would panic.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since_1970.as_secs() < YEAR_10000).then(|| humantime::format_rfc3339_millis(time).to_string())
}
