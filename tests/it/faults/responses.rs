//! Complete responses with unexpected content.

use std::io::Write;

use genesys_journey::ErrorKind;
use genesys_journey::analytics::{self, AggregateResponse};
use genesys_journey::segments::{self, ListSegments, NewSegment, Segment};
use serde_json::{Value, json};

use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

const DECODE: &[ErrorKind] = &[ErrorKind::Decode];
const API: &[ErrorKind] = &[ErrorKind::Api];
const BROKEN: &[ErrorKind] = &[ErrorKind::Transport, ErrorKind::Decode];
/// The calls whose response body is read.
const READ: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads the segment with these fields set, or taken out where they are `None`.
fn get_with(fields: &[(&str, Option<Value>)]) -> Result<Segment, genesys_journey::Error> {
    let mut body = segment();
    for (name, value) in fields {
        match value {
            Some(value) => body[name] = value.clone(),
            None => drop(body.as_object_mut().unwrap().remove(*name)),
        }
    }
    get_text(&body.to_string())
}

fn aggregates(response: &str) -> Result<AggregateResponse, genesys_journey::Error> {
    let listener = Listener::scripted([Scripted::json(200, response)]);
    let result = analytics::query_aggregates(&config(&listener), &query());
    assert_eq!(listener.count(), 1);
    result
}

fn get_text(body: &str) -> Result<Segment, genesys_journey::Error> {
    let listener = Listener::scripted([Scripted::json(200, body)]);
    let result = segments::get(&config(&listener), "7");
    assert_eq!(listener.count(), 1);
    result
}

#[track_caller]
fn undecodable(result: Result<Segment, genesys_journey::Error>) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Decode, Some(200), 1), "{error}");
}

#[test]
fn a_compressed_response_is_decoded() {
    at_once(READ, |op| {
        let scripted = Scripted::text(200, gzip(op.good_body().as_bytes())).with("Content-Encoding", "gzip");
        let listener = Listener::scripted([scripted]);
        op.call(&config(&listener)).unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!(listener.requests()[0].header("accept-encoding"), Some("gzip"));
    });
}

#[test]
fn a_truncated_or_corrupt_compressed_response_is_an_error() {
    at_once(READ, |op| {
        let whole = gzip(op.good_body().as_bytes());
        let cut = whole[..whole.len() - 12].to_vec();
        let mut corrupt = whole.clone();
        corrupt.iter_mut().skip(12).step_by(3).for_each(|byte| *byte ^= 0x5a);
        let no_gzip = op.good_body().into_bytes();
        let mut wrong_sum = whole.clone();
        let at = wrong_sum.len() - 6;
        wrong_sum[at] ^= 1;
        for body in [cut, corrupt, no_gzip, wrong_sum] {
            let (result, seen) = against(op, [Scripted::text(200, body).with("Content-Encoding", "gzip")]);
            let error = result.expect_err(&format!("{op:?}"));
            assert!(BROKEN.contains(&error.kind()), "{op:?}: {:?}: {error}", error.kind());
            assert_eq!(error.outcome_unknown(), op.is_write(), "{op:?}: {error}");
            assert!(seen == 1 || !op.is_write(), "{op:?}: {seen} requests");
        }
    });
}

#[test]
fn an_unrequested_encoding_is_named() {
    at_once(READ, |op| {
        for encoding in ["br", "zstd", "deflate", "gzip, br"] {
            let expected = Expected { kinds: DECODE, status: None, unknown: op.is_write(), requests: 1 };
            let (result, seen) = against(op, [Scripted::json(200, op.good_body()).with("Content-Encoding", encoding)]);
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown(), seen), (ErrorKind::Decode, expected.unknown, 1));
            assert!(error.to_string().contains(encoding), "{op:?}: {error}");
        }
        let (result, _) = against(op, [Scripted::json(200, op.good_body()).with("Content-Encoding", "identity")]);
        assert!(result.is_ok(), "{op:?}: {result:?}");
    });
}

#[test]
fn an_unrequested_encoding_does_not_hide_the_status() {
    at_once(ALL, |op| {
        for status in [400, 404, 409] {
            let expected = Expected { kinds: &[ErrorKind::Api], status: Some(status), unknown: false, requests: 1 };
            fails(op, [Scripted::text(status, "rubbish").with("Content-Encoding", "br")], expected);
        }
        let busy = Scripted::text(429, "rubbish").with("Content-Encoding", "br");
        let (result, seen) = against(op, [busy, op.good()]);
        assert!(result.is_ok() && seen == 2, "{op:?}: {result:?}");
    });
}

#[test]
fn an_undecodable_body_is_shown_unless_it_begins_like_json() {
    at_once(READ, |op| {
        let good = op.good_body();
        // The body, and words of the message.
        let bodies: Vec<(Vec<u8>, &str)> = vec![
            (b"".to_vec(), "no body"),
            (b" \n ".to_vec(), "no body"),
            (b"null".to_vec(), "expected "),
            (b")]}'{}".to_vec(), "expected "),
            (b"[]".to_vec(), "expected "),
            (b"\"\"".to_vec(), "expected "),
            (b"42".to_vec(), "expected "),
            (b"<!DOCTYPE html><html>Sorry</html>".to_vec(), "starts with \"<!DOCTYPE html><html>Sorry</html>\""),
            (good[..good.len() - 1].into(), "after "),
            (format!("{good} rubbish").into(), "expected "),
            (format!("{good}{good}").into(), "expected "),
            (good.replace("VIP", "V\u{fffd}P").replace('}', "\x01").into(), "decoded"),
        ];
        for (body, words) in bodies {
            let text = String::from_utf8_lossy(&body).into_owned();
            let expected = Expected { kinds: DECODE, status: Some(200), unknown: op.is_write(), requests: 1 };
            let error = fails(op, [Scripted::json(200, &text)], expected);
            let is_shown = error.message().contains("it starts with");
            assert_eq!(is_shown, text.starts_with('<'), "{op:?} {text:?}: {error}");
            if is_shown || text.trim().is_empty() || op == Op::Query {
                assert!(error.message().contains(words), "{op:?} {text:?}: {error}");
            }
            if op.is_write() {
                assert!(error.to_string().contains("; the request may have been processed"), "{op:?}: {error}");
            }
            assert!(text.contains(error.body().trim_end_matches('\u{fffd}')), "{op:?}: {:?}", error.body());
        }
    });
}

#[test]
fn undecodable_aggregates_are_an_error_with_its_position() {
    let good = r#"{"results":[{"group":{"a":"b"},"data":[{"metrics":[{"stats":{"count":1}}]}]}]}"#;
    let first = r#"{"results":[{"group":{"a":"b"}}"#;
    let bodies: Vec<(Vec<u8>, &str, usize)> = vec![
        (b"".to_vec(), "no body", 0),
        (b"  \n".to_vec(), "no body", 0),
        (b"null".to_vec(), "expected '{'", 0),
        (b"[]".to_vec(), "expected '{'", 0),
        (b"\"\"".to_vec(), "expected '{'", 0),
        (b"42".to_vec(), "expected '{'", 0),
        (b"<html>Sorry</html>".to_vec(), "starts with \"<html>Sorry</html>\"", 0),
        // Only null stands for a list, and no list for a container.
        (b"{\"results\":{}}".to_vec(), "from byte 11 on: invalid type: map", 11),
        (b"{\"results\":42}".to_vec(), "from byte 11 on: invalid type: integer", 11),
        (b"{\"results\":false}".to_vec(), "from byte 11 on: invalid type: boolean", 11),
        (b"{\"results\":[[]]}".to_vec(), "from byte 12 on: expected a container", 12),
        (b"{\"results\":[[{\"a\":\"b\"},[]]]}".to_vec(), "from byte 12 on: expected a container", 12),
        (good[..good.len() - 1].into(), "too early, after 77 bytes", 77),
        (good[..good.len() - 3].into(), "from byte 12 on: EOF", 12),
        (format!("{good} rubbish").into(), "from byte 78 on: expected the end", 78),
        (format!("{good}{good}").into(), "from byte 78 on: expected the end", 78),
        (b"{\"message\":\"later\"}".to_vec(), "no \"results\" in its 19 bytes", 0),
        (format!("{first},42]}}").into(), "from byte 32 on: expected a container", 32),
        (format!("{first} 42]}}").into(), "from byte 32 on: expected ','", 32),
        (format!("{first}}}").into(), "from byte 31 on: expected ','", 31),
        // Not UTF-8: in a container, in a key, as the whole body, after the end.
        (b"{\"results\":[{\"group\":{\"a\":\"V\xffP\"}}]}".to_vec(), "from byte 12 on: ", 12),
        (b"{\"res\xff\":[]}".to_vec(), "from byte 1 on: ", 1),
        (b"\xff\xfe".to_vec(), "starts with \"\u{fffd}\u{fffd}\"", 0),
        (b"{\"results\":[]} \xff".to_vec(), "from byte 14 on: expected the end", 14),
    ];
    at_once(bodies, |(body, words, position)| {
        let text = String::from_utf8_lossy(&body).into_owned();
        let rest = String::from_utf8_lossy(&body[position..]).into_owned();
        let expected = Expected { kinds: DECODE, status: Some(200), unknown: false, requests: 1 };
        let error = fails(Op::Query, [Scripted::text(200, body)], expected);
        assert!(error.message().contains(words), "{text:?}: {error}");
        assert_eq!(error.body(), rest, "{text:?}");
    });
}

#[test]
fn invalid_utf_8_is_an_error() {
    at_once([Op::Get, Op::List, Op::Create, Op::Update], |op| {
        let mut body = op.good_body().into_bytes();
        let at = body.windows(3).position(|bytes| bytes == b"VIP").unwrap();
        body[at] = 0xff;
        let expected = Expected { kinds: DECODE, status: Some(200), unknown: op.is_write(), requests: 1 };
        fails(op, [Scripted::text(200, body)], expected);
    });
}

#[test]
fn a_byte_order_mark_is_skipped_or_an_error() {
    at_once(READ, |op| {
        let (result, seen) = against(op, [Scripted::json(200, format!("\u{feff}{}", op.good_body()))]);
        assert_eq!(seen, 1);
        assert!(result.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Decode), "{op:?}: {result:?}");
    });
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    at_once(READ, |op| {
        // A depth of a million takes long. All calls read JSON in the same way, so one call tests it.
        let depths: &[usize] = if matches!(op, Op::Get) { &[10_000, 1_000_000] } else { &[10_000] };
        for &depth in depths {
            let nested = "[".repeat(depth);
            let good = op.good_body();
            let within = format!("{{\"x\":{nested},{}", &good[1..]);
            let objects = format!("{}{}", "{\"x\":".repeat(depth), good);
            for body in [nested.clone(), within, objects] {
                let listener = Listener::scripted([Scripted::json(200, body)]);
                let config = settings(&listener.url())
                    .attempt_timeout(LONG_TIMEOUT)
                    .call_timeout(LONG_TIMEOUT)
                    .token(TOKEN)
                    .unwrap();
                let error = timed(op, &config, LONG_TIMEOUT).0.unwrap_err();
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{op:?} {depth}: {error}");
                assert!(error.body().len() <= 8 * 1024 && error.message().len() < 1000, "{op:?}");
            }
            // In an error, too.
            let error = format!("{{\"errors\":{}", "[{\"errors\":".repeat(depth));
            let listener = Listener::scripted([Scripted::json(400, error)]);
            let config = settings(&listener.url())
                .attempt_timeout(LONG_TIMEOUT)
                .call_timeout(LONG_TIMEOUT)
                .token(TOKEN)
                .unwrap();
            let error = timed(op, &config, LONG_TIMEOUT).0.unwrap_err();
            assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Api, Some(400), 1), "{op:?}");
        }
    });
}

#[test]
fn unknown_fields_and_values_are_accepted() {
    let mut body = segment();
    body["scope"] = json!("Galaxy");
    body["future"] = json!({"a": [1, {"b": null}]});
    body["externalSegment"] = json!({"id": "e", "name": "n", "source": "NewPlatform", "future": 1});
    body["context"] = json!({"patterns": [{"criteria": [{
        "key": "device.smell", "values": ["rose"], "shouldIgnoreCase": true, "operator": "sniffs",
        "entityType": "nose", "future": 1,
    }], "future": [2]}], "future": true});
    let segment = get_text(&body.to_string()).unwrap();
    let written = serde_json::to_value(&segment).unwrap();
    assert_eq!(written["scope"], "Galaxy");
    assert_eq!(written["externalSegment"]["source"], "NewPlatform");
    let criterion = &written["context"]["patterns"][0]["criteria"][0];
    assert_eq!((&criterion["operator"], &criterion["entityType"]), (&json!("sniffs"), &json!("nose")));
}

#[test]
fn absent_or_null_lists_are_empty_and_null_fields_are_none() {
    for page in
        [r#"{"entities":null}"#, r#"{"total":0}"#, r#"{"entities":null,"total":null,"pageCount":null,"nextUri":null}"#]
    {
        let listener = Listener::scripted([Scripted::json(200, page)]);
        let page = segments::list(&config(&listener), &ListSegments::default()).unwrap();
        assert!(page.entities.is_empty() && page.total.unwrap_or(0) == 0 && page.next_uri.is_none());
    }
    for response in ["{}", r#"{"results":null}"#, r#"{"results":[]}"#] {
        assert!(aggregates(response).unwrap().results.is_empty(), "{response}");
    }
    let null = || Some(Value::Null);
    let fields = ["description", "externalSegment", "assignmentExpirationDays", "selfUri"].map(|name| (name, null()));
    let segment = get_with(&fields).unwrap();
    assert!(segment.description.is_none() && segment.external_segment.is_none());
    for patterns in [
        json!({}),
        json!({"patterns": null}),
        json!({"patterns": [{"criteria": null, "count": 1, "streamType": "Web", "sessionType": "web", "eventName": null}]}),
    ] {
        get_with(&[("context", Some(patterns.clone())), ("journey", Some(patterns.clone()))])
            .unwrap_or_else(|error| panic!("{patterns}: {error}"));
    }
    for absent in ["context", "journey", "description", "selfUri"] {
        get_with(&[(absent, None)]).unwrap_or_else(|error| panic!("{absent}: {error}"));
    }
    for absent in ["context", "journey"] {
        get_with(&[(absent, null())]).unwrap_or_else(|error| panic!("{absent}: null: {error}"));
    }
}

#[test]
fn absent_or_null_parts_of_aggregates_are_empty_or_none() {
    // Of empty entries in a row, one is kept.
    for text in ["{}", r#"{"group":null,"data":null}"#, r#"{"data":[]}"#, r#"{"group":{"a":null}}"#] {
        let results = aggregates(&format!(r#"{{"results":[{text},null,{text},{{}}]}}"#)).unwrap().results;
        assert_eq!(results, [Default::default()], "{text}");
    }
    let container = |text: &str| {
        let response = aggregates(&format!(r#"{{"results":[{{"group":{{"a":"b","c":null}},{text}}}]}}"#));
        let response = response.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((response.results.len(), response.results[0].group.len()), (1, 1), "{text}");
        response.results.into_iter().next().unwrap()
    };
    for data in ["null", "[]", "[null]"] {
        assert!(container(&format!(r#""data":{data}"#)).data.is_empty(), "{data}");
    }
    for data in ["[{}]", r#"[{"interval":null,"metrics":null,"views":[null]},null]"#] {
        assert_eq!(container(&format!(r#""data":{data}"#)).data, [Default::default()], "{data}");
    }
    let nulls = ["max", "min", "count", "sum", "ratio", "p95"].map(|name| format!("\"{name}\":null")).join(",");
    for stats in ["{}", r#"{"metric":null,"qualifier":null,"stats":null}"#, &format!(r#"{{"stats":{{{nulls}}}}}"#)] {
        let container = container(&format!(r#""data":[{{"metrics":[{stats}],"views":[{stats}]}}]"#));
        let (metric, view) = (&container.data[0].metrics[0], &container.data[0].views[0]);
        assert!(metric.metric.is_none() && metric.qualifier.is_none() && view.name.is_none(), "{stats}");
        for row in container.rows() {
            assert_eq!((row.name, row.interval, row.stats), ("", None, &Default::default()), "{stats}");
        }
        assert_eq!(container.rows().count(), 2, "{stats}");
    }
}

#[test]
fn a_segment_without_a_proper_id_is_an_error() {
    for id in [None, Some(Value::Null), Some(json!(7)), Some(json!([])), Some(json!({"id": "7"}))] {
        undecodable(get_with(&[("id", id.clone())]));
        at_once([Op::List, Op::Create, Op::Update], |op| {
            let mut segment = segment();
            match &id {
                Some(id) => segment["id"] = id.clone(),
                None => drop(segment.as_object_mut().unwrap().remove("id")),
            }
            let body = if op == Op::List {
                json!({"entities": [genesys_listener::calls::segment(), segment]})
            } else {
                segment
            };
            let expected = Expected { kinds: DECODE, status: Some(200), unknown: op.is_write(), requests: 1 };
            let error = fails(op, [Scripted::json(200, body)], expected);
            // The message names the missing field or the invalid type.
            let says = if id.is_none() { "missing field `id`" } else { "invalid type: " };
            assert!(error.message().contains(says), "{op:?}: {error}");
        });
    }
}

#[test]
fn integers_out_of_range_are_never_rounded() {
    for number in ["\"3\"", "1e400", "9223372036854775808", "18446744073709551616", "1.5", "-1e400"] {
        for field in ["version", "assignmentExpirationDays"] {
            let text = segment().to_string().replace("\"version\":3", "\"version\":0");
            let text = match field {
                "version" => text.replace("\"version\":0", &format!("\"version\":{number}")),
                _ => format!("{{\"{field}\":{number},{}", &text[1..]),
            };
            undecodable(get_text(&text));
        }
    }
    let right = [
        ("-0", 0),
        ("3.0", 3),
        ("3e0", 3),
        ("1e2", 100),
        ("-9223372036854775808", i64::MIN),
        ("9223372036854775807", i64::MAX),
    ];
    for (number, value) in right {
        let text = segment().to_string().replace("\"version\":3", &format!("\"version\":{number}"));
        assert_eq!(get_text(&text).unwrap().version, value, "{number}");
    }
}

#[test]
fn page_numbers_out_of_range_are_never_rounded() {
    let list = |text: String| {
        let listener = Listener::scripted([Scripted::json(200, text)]);
        segments::list(&config(&listener), &ListSegments::default())
    };
    at_once(["total", "pageCount", "pageSize", "pageNumber"], |field| {
        for number in ["\"1\"", "1.5", "1e400", "18446744073709551616", "true", "[]"] {
            let error = list(format!("{{\"entities\":[],\"{field}\":{number}}}")).unwrap_err();
            let seen = (error.kind(), error.status(), error.attempts());
            assert_eq!(seen, (ErrorKind::Decode, Some(200), 1), "{field} {number}: {error}");
        }
        for number in [0, 1, 1 << 53 | 1, 1 << 63, u64::MAX] {
            let page = list(format!("{{\"entities\":[],\"{field}\":{number}}}")).unwrap();
            let numbers = [page.total, page.page_count, page.page_size, page.page_number];
            assert_eq!(numbers.into_iter().flatten().collect::<Vec<_>>(), [number], "{field}");
        }
        // A negative count is no count.
        for (text, number) in [("-0", Some(0)), ("3.0", Some(3)), ("1e2", Some(100)), ("-1", None), ("null", None)] {
            let page = list(format!("{{\"entities\":[],\"{field}\":{text}}}")).unwrap();
            let numbers = [page.total, page.page_count, page.page_size, page.page_number];
            assert_eq!(numbers.into_iter().flatten().next(), number, "{field} {text}");
        }
    });
}

#[test]
fn aggregate_numbers_out_of_range_never_wrap() {
    let stats = |field: &str, number: &str| {
        let stats = format!(r#"{{"stats":{{"{field}":{number}}}}}"#);
        let response = aggregates(&format!(r#"{{"results":[{{"data":[{{"metrics":[{stats}]}}]}}]}}"#))?;
        Ok::<_, genesys_journey::Error>(response.rows().next().unwrap().stats.clone())
    };
    let wrong = |field: &str, number: &str| {
        let error = stats(field, number).expect_err(&format!("{field} {number}"));
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{field} {number}: {error}");
    };
    at_once(["count", "countNegative", "countPositive", "p95", "p99", "calculatedMetricValue"], |field| {
        for number in ["\"3\"", "1e400", "9223372036854775808", "-9223372036854775809", "1.5", "true", "[]"] {
            wrong(field, number);
        }
        let right = |text: &str, number: i64| {
            let it = stats(field, text).unwrap();
            let counts = [it.count, it.count_negative, it.count_positive, it.p95, it.p99, it.calculated_metric_value];
            assert_eq!(counts.into_iter().flatten().collect::<Vec<_>>(), [number], "{field}");
        };
        for number in [0, -1, 1 << 53 | 1, i64::MIN, i64::MAX] {
            right(&number.to_string(), number);
        }
        right("3.0", 3);
        right("3e0", 3);
    });
    at_once(["max", "min", "sum", "current", "ratio", "numerator", "denominator", "target"], |field| {
        for number in ["\"3\"", "1e400", "-1e400", "true", "[]", "NaN"] {
            wrong(field, number);
        }
        for number in ["-0", "1.5", "0.1", "5e-324", "1.7976931348623157e308", "9223372036854775808"] {
            let it = stats(field, number).unwrap();
            let values = [it.max, it.min, it.sum, it.current, it.ratio, it.numerator, it.denominator, it.target];
            let right: f64 = number.parse().unwrap();
            assert_eq!(values.into_iter().flatten().collect::<Vec<_>>(), [right], "{field}");
        }
    });
}

#[test]
fn the_same_key_twice_is_the_last_or_an_error() {
    let twice = format!("{{\"displayName\":\"first\",{}", &segment().to_string()[1..]);
    match get_text(&twice) {
        Ok(segment) => assert_eq!(segment.display_name, "VIP"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Decode, "{error}"),
    }
    for op in [Op::List, Op::Query] {
        let body = op.good_body();
        let twice = format!("{},{}", &body[..body.len() - 1], &body[1..]);
        let (result, seen) = against(op, [Scripted::json(200, twice)]);
        assert_eq!(seen, 1);
        assert!(result.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Decode), "{op:?}: {result:?}");
    }
}

#[test]
fn a_missing_body_is_an_error() {
    at_once(READ, |op| {
        for status in [200, 202, 204] {
            let expected = Expected { kinds: DECODE, status: Some(status), unknown: op.is_write(), requests: 1 };
            let error = fails(op, [Scripted::text(status, "")], expected);
            assert!(error.message().contains("no body"), "{op:?}: {error}");
        }
    });
}

#[test]
fn a_delete_succeeds_with_any_success_status() {
    for status in [200, 202, 204] {
        for body in ["", "{}", "null", "<html>", "{\"trunc"] {
            let body = if status == 204 { "" } else { body };
            let (result, seen) = against(Op::Delete, [Scripted::text(status, body)]);
            assert!(result.is_ok() && seen == 1, "{status} {body:?}: {result:?}");
        }
    }
}

#[test]
fn redirects_are_errors_that_name_their_target() {
    let other = Listener::scripted([Scripted::json(200, segment())]);
    let elsewhere = format!("{}/elsewhere", other.url());
    at_once([301, 302, 303, 307, 308], |status| {
        for op in ALL {
            for target in ["/api/v2/other", elsewhere.as_str(), "/api/v2/journey/segments/7", ""] {
                let scripted = match target {
                    "" => Scripted::text(status, ""),
                    _ => Scripted::text(status, "").with("Location", target),
                };
                let expected = Expected { kinds: API, status: Some(status), unknown: false, requests: 1 };
                let error = fails(op, [scripted, op.good()], expected);
                assert!(error.to_string().contains(target), "{op:?}: {error}");
            }
        }
    });
    assert_eq!((other.connections(), other.count()), (0, 0));
}

#[test]
fn a_service_error_keeps_its_message_after_one_request() {
    at_once([400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422], |status| {
        for op in ALL {
            let body = json!({
                "message": "it is not good", "code": "not.good", "status": status, "contextId": "c-1",
                "details": [{"errorCode": "bad", "fieldName": "color"}], "errors": [],
            });
            let scripted = Scripted::json(status, body).with("ININ-Correlation-Id", "i-1");
            let kinds = if status == 401 { &[ErrorKind::Auth] } else { API };
            let expected = Expected { kinds, status: Some(status), unknown: false, requests: 1 };
            let error = fails(op, [scripted], expected);
            assert_eq!((error.code(), error.message()), (Some("not.good"), "it is not good"));
            assert_eq!(error.correlation_id(), Some("i-1"));
            assert_eq!(error.details()[0].field_name.as_deref(), Some("color"));
        }
    });
}

#[test]
fn an_error_in_another_format_keeps_its_body() {
    at_once(ALL, |op| {
        for body in ["", "<html>nope</html>", "null", "[]", "{\"message\":5}", "{\"messag", "\u{0}\u{1}"] {
            let expected = Expected { kinds: API, status: Some(403), unknown: false, requests: 1 };
            let error = fails(op, [Scripted::text(403, body)], expected);
            assert_eq!(error.body(), body, "{op:?}");
            assert!(!error.message().is_empty());
        }
    });
}

#[test]
fn an_internal_error_is_not_retried() {
    at_once(ALL, |op| {
        for status in [500, 501, 505, 599] {
            let unknown = op.is_write() || op == Op::Delete;
            fails(
                op,
                [Scripted::json(status, "{}")],
                Expected { kinds: API, status: Some(status), unknown, requests: 1 },
            );
        }
    });
}

#[test]
fn an_unavailable_service_leaves_only_writes_unknown() {
    at_once([408, 502, 503, 504], |status| {
        for body in ["{\"message\":\"later\"}", "<html>later</html>", ""] {
            for op in ALL {
                let unknown = op.is_write() || op == Op::Delete;
                let requests = if op.is_write() { 1 } else { 4 };
                let scripted = Scripted::text(status, body);
                let expected = Expected { kinds: API, status: Some(status), unknown, requests };
                fails(op, [scripted.clone()], expected);
                let (result, seen) = against(op, [scripted, op.good()]);
                assert_eq!((result.is_ok(), seen), if op.is_write() { (false, 1) } else { (true, 2) }, "{op:?}");
            }
        }
    });
}

#[test]
fn a_not_found_after_a_lost_delete_is_success() {
    let gone = || Scripted::json(404, json!({"code": "not.found"}));
    for lost in [Scripted::Close, Scripted::Reset, Scripted::Silent, Scripted::text(503, ""), Scripted::text(408, "")] {
        let (result, seen) = against(Op::Delete, [lost.clone(), gone()]);
        assert!(result.is_ok() && seen == 2, "{lost:?}: {result:?}");
    }
    // A rate-limited DELETE was not processed, so a later 404 is an error.
    for status in RATE_LIMITED {
        let (result, seen) = against(Op::Delete, [Scripted::text(status, ""), gone()]);
        assert!(result.unwrap_err().is_not_found() && seen == 2, "{status}");
    }
}

#[test]
fn a_delete_of_a_missing_segment_is_not_found() {
    let expected = Expected { kinds: API, status: Some(404), unknown: false, requests: 1 };
    assert!(fails(Op::Delete, [Scripted::json(404, json!({"code": "not.found"}))], expected).is_not_found());
}

#[test]
fn an_invalid_head_leaves_only_writes_unknown() {
    let heads: [&[u8]; 13] = [
        b"\r\n\r\n",
        b"{\"id\":\"7\"}",
        b"<html>HTTP/0.9</html>\r\n",
        b"HTTP/1.1 000 Zero\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 99 Short\r\n\r\n",
        b"HTTP/1.1 1000 Long\r\n\r\n",
        b"HTTP/1.1 20x Odd\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: \0\x01\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
    ];
    at_once(heads, |head| {
        for op in ALL {
            // An invalid head counts as a lost response, even for a DELETE.
            let (unknown, requests) = (op.is_write() || op == Op::Delete, if op.is_write() { 1 } else { 4 });
            let expected = Expected { kinds: &[ErrorKind::Transport], status: None, unknown, requests };
            fails(op, [Scripted::RawThenClose(head.to_vec())], expected);
        }
        let (result, seen) = against(Op::Get, [Scripted::RawThenClose(head.to_vec()), Op::Get.good()]);
        assert!(result.is_ok() && seen == 2, "{result:?} after {seen}");
    });
}

#[test]
fn an_unknown_status_is_an_api_error() {
    at_once(ALL, |op| {
        let unknown = op.is_write() || op == Op::Delete;
        fails(op, [Scripted::text(999, "")], Expected { kinds: API, status: Some(999), unknown, requests: 1 });
    });
}

#[test]
fn an_undecodable_create_has_an_unknown_outcome() {
    let listener = Listener::scripted([Scripted::text(201, "<html>created</html>")]);
    let error = segments::create(&config(&listener), &NewSegment::new("VIP")).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert!(error.to_string().contains("it starts with \"<html>created</html>\""), "{error}");
    assert!(error.to_string().contains("; the request may have been processed"), "{error}");
}
