//! Intervals: their texts, and the days and hours before now.

use genesys_stand_in::config;

use super::*;

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn an_interval_of_system_times_is_in_utc_milliseconds() {
    let start = UNIX_EPOCH + Duration::from_millis(1_767_225_600_123);
    let interval = Interval::new(start, start + Duration::from_secs(90)).unwrap();
    assert_eq!(interval.as_str(), "2026-01-01T00:00:00.123Z/2026-01-01T00:01:30.123Z");
    assert_eq!(interval.to_string(), interval.as_str());
    assert_eq!(interval.to_system_times(), Some((start, start + Duration::from_secs(90))));
    assert_eq!(serde_json::to_value(&interval).unwrap(), json!(interval.as_str()));
}

#[test]
fn an_interval_of_iso_8601_is_sent_as_it_is() {
    let service = StandIn::start();
    for text in [
        "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
        "2026-01-01T00:00:00.000Z/2026-01-01T00:00:00.001Z",
        "2026-01-01T00:00:00+01:00/2026-01-02T00:00:00+01:00",
        "2026-01-01T00:00:00-08:00/2026-01-01T09:00:00+00:30",
        "2026-01-01T00:00:00-0800/2026-01-01T09:00:00+0030",
        "2026-01-01T00:00:00/2026-01-02T00:00:00",
        "2026-01-01/2026-01-02",
        "2026-01-01T00:00:00Z/P1D",
        "2026-01-01/P1M",
        "PT1H/2026-01-01T00:00:00-0500",
        "P1Y2M10DT2H30M/2026-01-01",
        // Which zone the service takes for the start is unknown.
        "2026-01-02T00:00:00/2026-01-01T23:30:00Z",
        "2026-01-01T00:00/2026-01-02T00:00",
        "20260101T000000Z/20260102T000000Z",
        "2026-W01/2026-W02",
        // It starts before it ends, although the texts suggest the opposite.
        "2026-01-01T00:00:00+01:00/2025-12-31T23:30:00Z",
    ] {
        let interval: Interval = text.parse().unwrap();
        assert_eq!(interval.as_str(), text);
        service.respond_next([Response::text(200, "{}")]);
        let query = AggregateQuery::new(interval, [Metric::NJourneySessions]);
        analytics::query_aggregates(&config!(service), &query).unwrap();
        assert_eq!(service.last_request().body.unwrap()["interval"], text);
    }
    let berlin: Interval = "2026-01-01T00:00:00+01:00/2026-01-02T00:00:00-02:30".parse().unwrap();
    let (start, end) = berlin.to_system_times().unwrap();
    assert_eq!((seconds(start), seconds(end)), (1_767_225_600 - 3_600, 1_767_312_000 + 9_000));
}

#[test]
fn an_interval_that_is_reversed_or_empty_is_refused() {
    let table = [
        "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z",
        // The same moment, and a reversed one, in other offsets.
        "2026-01-01T01:00:00+01:00/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:30:00+01:00",
        "2026-01-02T00:00:00/2026-01-01T00:00:00",
        "2026-01-01T00:00:00-0500/2026-01-01T04:59:59Z",
        "2026-01-02/2026-01-01",
        "2026-01-01/2026-01-01",
        "2026-01-01T00:00:00/2026-01-01",
        "2026-01-01T00:00:00Z/P0D",
        "PT0S/2026-01-01T00:00:00Z",
    ];
    let service = StandIn::start();
    for text in table {
        let error = text.parse::<Interval>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{text}");
        assert!(error.message().contains("interval"), "{error}");
        // An interval that was not parsed is refused when it is sent.
        let read: Interval = serde_json::from_value(json!(text)).unwrap();
        let query = AggregateQuery::new(read, [Metric::NJourneySessions]);
        let error = analytics::query_aggregates(&config!(service), &query).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{text}");
    }
    assert!(take_requests(&service).is_empty());
    let now = SystemTime::now();
    let hour = Duration::from_secs(3_600);
    for (start, end) in [(now, now), (now, now - hour), (UNIX_EPOCH - hour, now)] {
        assert_eq!(Interval::new(start, end).unwrap_err().kind(), ErrorKind::Input);
    }
    for none in [Interval::last_days(0), Interval::last_hours(0), Interval::last_days(u32::MAX)] {
        assert_eq!(none.unwrap_err().kind(), ErrorKind::Input);
    }
}

#[test]
fn last_days_and_hours_are_complete_ones() {
    for (n, unit) in [(1, 86_400), (7, 86_400), (1, 3_600), (48, 3_600)] {
        let before = seconds(SystemTime::now()) / unit;
        let interval = if unit == 3_600 { Interval::last_hours(n) } else { Interval::last_days(n) }.unwrap();
        let after = seconds(SystemTime::now()) / unit;
        let (start, end) = interval.to_system_times().unwrap();
        assert_eq!((seconds(start) % unit, seconds(end) % unit), (0, 0), "{interval}");
        assert_eq!(seconds(end) - seconds(start), u64::from(n) * unit);
        assert!((before..=after).contains(&(seconds(end) / unit)), "{interval}");
        assert!(interval.as_str().ends_with(":00:00.000Z"), "{interval}");
    }
}

#[cfg(feature = "jiff")]
mod days_before {
    use genesys_journey::ErrorKind;
    use genesys_journey::analytics::Interval;
    use jiff::tz::TimeZone;

    fn days(now: &str, time_zone: &TimeZone, n: u32) -> String {
        Interval::days_before(now.parse().unwrap(), time_zone, n).unwrap().to_string().replace(":00:00.000Z", "")
    }

    /// The rules of America/Sao_Paulo until 2019: the clocks change at midnight.
    fn sao_paulo() -> TimeZone {
        TimeZone::posix("<-03>3<-02>,M11.1.0/0,M2.3.0/0").unwrap()
    }

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    #[test]
    fn a_day_without_midnight_starts_with_its_first_hour() {
        // 2018-11-04 starts at 01:00 and has 23 hours.
        assert_eq!(days("2018-11-05T12:00:00Z", &sao_paulo(), 1), "2018-11-04T03/2018-11-05T02");
        assert_eq!(days("2018-11-04T12:00:00Z", &sao_paulo(), 1), "2018-11-03T03/2018-11-04T03");
        assert_eq!(days("2018-11-05T12:00:00Z", &sao_paulo(), 2), "2018-11-03T03/2018-11-05T02");
    }

    #[test]
    fn a_day_with_a_duplicate_hour_has_25_hours() {
        // At the end of 2019-02-16, 23:00 comes twice.
        assert_eq!(days("2019-02-17T12:00:00Z", &sao_paulo(), 1), "2019-02-16T02/2019-02-17T03");
        assert_eq!(days("2019-02-18T12:00:00Z", &sao_paulo(), 1), "2019-02-17T03/2019-02-18T03");
        // The second 23:30 of 2019-02-16.
        assert_eq!(days("2019-02-17T02:30:00Z", &sao_paulo(), 1), "2019-02-15T02/2019-02-16T02");
    }

    #[test]
    fn both_changes_of_berlin_are_one_day() {
        assert_eq!(days("2026-03-30T09:00:00Z", &berlin(), 1), "2026-03-28T23/2026-03-29T22");
        assert_eq!(days("2026-10-26T09:00:00Z", &berlin(), 1), "2026-10-24T22/2026-10-25T23");
        assert_eq!(days("2026-10-26T09:00:00Z", &berlin(), 7), "2026-10-18T22/2026-10-25T23");
        // It is already tomorrow in Berlin.
        assert_eq!(days("2026-06-01T22:30:00Z", &berlin(), 1), "2026-05-31T22/2026-06-01T22");
    }

    #[test]
    fn no_days_or_too_many_are_refused() {
        for n in [0, 30_000, u32::MAX] {
            let error = Interval::days_before("2026-01-01T00:00:00Z".parse().unwrap(), &berlin(), n).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("interval")), "{n}");
        }
    }
}
