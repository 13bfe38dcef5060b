//! Intervals in ISO 8601, as the service reads them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Reads `start/end` or `start/duration`, in seconds since 1970. A time without a zone is in UTC.
pub(crate) fn read(text: &str) -> Option<(u64, u64)> {
    let (start, end) = text.split_once('/')?;
    let start = time(start)?;
    let end = match end.strip_prefix('P') {
        Some(rest) => start.checked_add(duration(rest)?)?,
        None => time(end)?,
    };
    (start < end).then_some((start, end))
}

/// Reads a date, or a date and a time with `Z`, an offset or no zone.
fn time(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let (time, offset) = match time.rfind(['+', '-']) {
        Some(at) => (time.get(..at)?, offset(time.get(at..)?)?),
        None => (time.strip_suffix('Z').unwrap_or(time), 0),
    };
    let instant: SystemTime = humantime::parse_rfc3339(&format!("{date}T{time}Z")).ok()?;
    instant.duration_since(UNIX_EPOCH).ok()?.as_secs().checked_add_signed(-offset)
}

/// Reads `+hh:mm` or `-hhmm`, in seconds.
fn offset(text: &str) -> Option<i64> {
    let digits = text.get(1..)?.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    let seconds = hours * 3_600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if text.starts_with('-') { -seconds } else { seconds })
}

/// Reads a duration without its `P`, in seconds. Months and years have no fixed length and are refused.
fn duration(text: &str) -> Option<u64> {
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    let days = sum(days, &[('W', 7 * 86_400), ('D', 86_400)])?;
    days.checked_add(sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)
}

fn sum(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut seconds = 0_u64;
    for &(unit, length) in units {
        if let Some((number, rest)) = text.split_once(unit) {
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(length)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YEAR: u64 = 1_767_225_600;

    #[test]
    fn every_form_of_the_service_is_read() {
        for text in [
            "2026-01-01T00:00:00Z/2026-01-02T00:00:00.000Z",
            "2026-01-01T01:30:00+01:30/2026-01-01T19:00:00-0500",
            "2026-01-01T00:00:00/2026-01-02T00:00:00",
            "2026-01-01/2026-01-02",
            "2026-01-01/P1D",
            "2026-01-01T00:00:00Z/PT24H",
            "2026-01-01/PT23H59M60S",
        ] {
            assert_eq!(read(text), Some((NEW_YEAR, NEW_YEAR + 86_400)), "{text}");
        }
        assert_eq!(read("2026-01-01/P1WT1S"), Some((NEW_YEAR, NEW_YEAR + 7 * 86_400 + 1)));
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "/",
            "2026-01-01",
            "2026-01-02/2026-01-01",
            "2026-01-01/2026-01-01",
            "2026-01-01/P",
            "2026-01-01/P1M",
            "2026-01-01/P-1D",
            "2026-01-01/P99999999999999999999D",
            "2026-01-01/P999999999999999999W",
            "1960-01-01/2026-01-01",
            "2026-01-01T00:00:00+25:00/P1D",
            "2026-01-01T00:00:00+é/P1D",
            "ü/ü",
            "P1D/P1D",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
