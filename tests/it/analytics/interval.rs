//! From when to when.

use genesys_stand_in::config;

use super::*;

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn an_interval_of_two_system_times_is_written_in_utc_to_the_millisecond() {
    let start = UNIX_EPOCH + Duration::from_millis(1_767_225_600_123);
    let interval = Interval::new(start, start + Duration::from_secs(90)).unwrap();
    assert_eq!(interval.as_str(), "2026-01-01T00:00:00.123Z/2026-01-01T00:01:30.123Z");
    assert_eq!(interval.to_string(), interval.as_str());
    assert_eq!(interval.to_system_times(), Some((start, start + Duration::from_secs(90))));
    assert_eq!(serde_json::to_value(&interval).unwrap(), json!(interval.as_str()));
}

#[test]
fn an_interval_of_rfc_3339_text_is_sent_as_it_is() {
    let service = StandIn::start();
    for text in [
        "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z",
        "2026-01-01T00:00:00.000Z/2026-01-01T00:00:00.001Z",
        "2026-01-01T00:00:00+01:00/2026-01-02T00:00:00+01:00",
        "2026-01-01T00:00:00-08:00/2026-01-01T09:00:00+00:30",
        "2026-01-01T00:00:00-0800/2026-01-01T09:00:00+0030",
        "2026-01-01T00:00:00/2026-01-02T00:00:00",
        // It starts before it ends, whatever the texts look like.
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
fn an_interval_that_is_reversed_empty_or_garbage_is_refused() {
    let table = [
        "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z",
        // The same moment, and a reversed one, in other offsets.
        "2026-01-01T01:00:00+01:00/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:30:00+01:00",
        "",
        "/",
        "yesterday/today",
        "2026-01-01/2026-01-02",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/",
        "2026-01-01T00:00:00Z/P1D",
        "2026-01-01T00:00:00Z/2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z/2026-01-03T00:00:00Z",
        "2026-01-01T00:00:00+25:00/2026-01-02T00:00:00Z",
        "2026-01-01T00:00:00Z--2026-01-02T00:00:00Z",
        "é/ü",
    ];
    let service = StandIn::start();
    for text in table {
        let error = text.parse::<Interval>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{text}");
        assert!(error.message().contains("interval"), "{error}");
        // What came by another way is refused when it is sent.
        let read: Interval = serde_json::from_value(json!(text)).unwrap();
        let query = AggregateQuery::new(read, [Metric::NJourneySessions]);
        let error = analytics::query_aggregates(&config!(service), &query).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{text}");
    }
    assert!(asked(&service).is_empty());
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
fn the_last_days_and_hours_are_whole_and_end_with_the_last_whole_one() {
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
