//! Replays recorded calls of the vendor's Python SDK: the requests are the same, and the responses are read and written
//! without loss.

use std::collections::BTreeSet;
use std::time::SystemTime;

use genesys_journey::{Config, ErrorKind, Region, Timestamp};
use genesys_stand_in::{RecordedRequest, Response, StandIn};
use serde_json::{Map, Value, json};

use super::{Call, FAMILIES, Facts, Family};

/// The kind of error, the reason, and the calls.
type Refusal = (ErrorKind, &'static str, fn(&Call, &Family) -> bool);

/// The calls that the contract refuses.
const REFUSED: &[Refusal] = &[
    (ErrorKind::Input, "the name is empty", |call, _| {
        ["displayName", "name"].iter().any(|name| call.sent()[name] == "")
    }),
    (ErrorKind::Input, "the page size is 0", |call, _| call.sent()["pageSize"] == 0),
    (ErrorKind::Decode, "the response has no id", |call, family| {
        let lacks = |(model, id): &(&str, &str)| call.facts["returns"] == *model && call.response().get(id).is_none();
        family.identified.iter().any(lacks)
    }),
];

/// Parameters that are always sent, by operation, with the value for a call that does not set them.
const DEFAULTS: [(&str, &str, &str); 1] = [("get_externalcontacts_contact_journey_segments", "limit", "500")];

fn assert_same_request(call: &Call, family: &Family, seen: &RecordedRequest) {
    assert_eq!(seen.method, call.method());
    assert_eq!(seen.path, [vec!["api", "v2"], call.segments()].concat());
    let mut sent = plain(call.sent());
    if let Some((_, fields)) = family.not_sent.iter().find(|(operation, _)| *operation == call.operation()) {
        sent.as_object_mut().unwrap().retain(|name, _| !fields.contains(&name.as_str()));
    }
    assert_eq!(plain(&seen.body.clone().unwrap_or_default()), sent);
    // The SDK writes some lists as one value with commas: the same values under the same keys.
    let mut query = call.query().as_object().cloned().unwrap_or_else(Map::new);
    for (_, key, value) in DEFAULTS.iter().filter(|(operation, ..)| *operation == call.operation()) {
        query.entry(*key).or_insert_with(|| json!(value));
    }
    for (key, value) in &query {
        let expected = match value {
            Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
            Value::String(text) => vec![text.clone()],
            other => vec![other.to_string()],
        };
        assert_eq!(seen.query_all(key), expected, "{key}");
    }
    let keys: BTreeSet<&String> = seen.query.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), query.len());
}

/// The same JSON without nulls and empty lists and maps, with numbers by their value and times as instants.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), plain(value)));
            let kept = kept.filter(|(_, value)| !value.is_null() && *value != json!([]) && *value != json!({}));
            Value::Object(kept.collect())
        }
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => json!(number.as_f64()),
        Value::String(text) => instant(text).map_or(value.clone(), |time| json!(format!("{time:?}"))),
        other => other.clone(),
    }
}

fn instant(text: &str) -> Option<SystemTime> {
    let timestamp: Timestamp = serde_json::from_value(json!(text)).ok()?;
    timestamp.to_system_time()
}

#[test]
fn recorded_calls_are_sent_and_read_like_the_vendors_sdk() {
    for (call, family) in Call::of_families() {
        let service = StandIn::start();
        let region = Region::custom(&service.url(), &service.url()).unwrap();
        let config = Config::builder(region).max_attempts(1).token(&service.token()).unwrap();
        let (response, operation) = (call.response(), call.operation());
        let text = if response.is_null() { String::new() } else { response.to_string() };
        service.respond_next([Response::text(call.status(), text).header("content-type", "application/json")]);
        let made = (family.make)(&call, &config);
        if let Some((kind, reason, _)) = REFUSED.iter().find(|(_, _, is_refused)| is_refused(&call, family)) {
            assert_eq!(made.expect_err(operation).kind(), *kind, "{operation}: {reason}");
            assert_eq!(service.requests().is_empty(), *kind == ErrorKind::Input, "{operation}: {reason}");
            continue;
        }
        let made = made.unwrap_or_else(|error| panic!("{operation}: {error}: {response}"));
        assert_eq!(service.requests().len(), 1, "{operation}");
        assert_same_request(&call, family, &service.last_request());
        // The body of the response to a DELETE is ignored.
        let expected = if operation.starts_with("delete_") { Value::Null } else { plain(response) };
        assert_eq!(plain(&made), expected, "{operation}");
    }
}

#[test]
fn each_operation_is_recorded_and_each_refusal_occurs() {
    let (facts, calls) = (Facts::read(), Call::all());
    assert_eq!(calls.len(), 45 + 258);
    let recorded: BTreeSet<&str> = calls.iter().map(Call::operation).collect();
    for family in FAMILIES {
        for (name, _) in facts.of_family(family.name) {
            assert!(recorded.contains(name), "{name} is not replayed");
        }
    }
    let calls = Call::of_families();
    for (_, reason, is_refused) in REFUSED {
        assert!(calls.iter().any(|(call, family)| is_refused(call, family)), "no call: {reason}");
    }
}
