//! Replays recorded calls of the vendor's Python SDK (`fixtures/wire-sample.jsonl`): the requests are the same,
//! and the responses are read without loss.

use genesys_journey::action_targets::{self, ActionTarget, ListActionTargets};
use genesys_journey::analytics::{self, AggregateQuery, AggregateResponse};
use genesys_journey::segments::{self, ListSegments, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Config, Page, Region};
use genesys_stand_in::{RecordedRequest, Response, StandIn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const WIRE: &str = include_str!("../fixtures/wire-sample.jsonl");
const PAYLOADS: &str = include_str!("../fixtures/payloads.json");

#[test]
fn recorded_calls_are_sent_and_read_like_the_vendors_sdk() {
    let service = StandIn::start();
    let config = Config::new(Region::custom(&service.url(), &service.url()).unwrap(), &service.token()).unwrap();
    let mut calls = 0;
    for line in WIRE.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let response = &record["response"];
        let body = if response["body"].is_null() { String::new() } else { response["body"].to_string() };
        let status = response["status"].as_u64().unwrap() as u16;
        service.respond_next([Response::text(status, body).header("content-type", "application/json")]);
        let read = call(&config, &record);
        assert_same_request(&service.last_request(), &record);
        assert_eq!(plain(&read), plain(&response["body"]), "{line}");
        calls += 1;
    }
    assert_eq!(calls, 45);
}

/// Makes the recorded call. Returns the decoded response as JSON.
fn call(config: &Config, record: &Value) -> Value {
    let args = &record["args"];
    let segment = args["path"]["segmentId"].as_str().unwrap_or_default();
    let target = args["path"]["actionTargetId"].as_str().unwrap_or_default();
    match record["op"].as_str().unwrap() {
        "get_journey_segments" => json(segments::list(config, &list_segments(&args["query"]))),
        "get_journey_segment" => json(segments::get(config, segment)),
        "post_journey_segments" => json(segments::create(config, &from::<NewSegment>(&args["body"]))),
        "patch_journey_segment" => json(segments::update(config, segment, &from::<SegmentUpdate>(&args["body"]))),
        "delete_journey_segment" => json(segments::delete(config, segment)),
        "get_journey_actiontargets" => {
            let number = |key: &str| args["query"][key].as_u64().map(|n| n as u32);
            let list = ListActionTargets { page_size: number("pageSize"), page_number: number("pageNumber") };
            json(action_targets::list(config, &list))
        }
        "get_journey_actiontarget" => json(action_targets::get(config, target)),
        "patch_journey_actiontarget" => json(action_targets::update(config, target, &from(&args["body"]))),
        "post_analytics_journeys_aggregates_query" => {
            json(analytics::query_aggregates(config, &from::<AggregateQuery>(&args["body"])))
        }
        other => panic!("{other} is not called"),
    }
}

fn list_segments(query: &Value) -> ListSegments {
    let texts = |key: &str| -> Vec<String> { serde_json::from_value(query[key].clone()).unwrap_or_default() };
    ListSegments {
        sort_by: query["sortBy"].as_str().map(Into::into),
        page_size: query["pageSize"].as_u64().map(|n| n as u32),
        page_number: query["pageNumber"].as_u64().map(|n| n as u32),
        is_active: query["isActive"].as_bool(),
        segment_ids: texts("segmentIds"),
        query_fields: texts("queryFields"),
        query_value: query["queryValue"].as_str().map(Into::into),
    }
}

fn from<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn json<T: Serialize>(result: genesys_journey::Result<T>) -> Value {
    serde_json::to_value(result.unwrap()).unwrap()
}

fn assert_same_request(seen: &RecordedRequest, record: &Value) {
    let wire = &record["wire"];
    assert_eq!(wire["method"], seen.method);
    let path: Vec<&str> = wire["path"].as_array().unwrap().iter().skip(1).filter_map(Value::as_str).collect();
    assert_eq!(seen.path, path);
    let mut body = plain(&wire["body"]);
    if record["op"] == "patch_journey_actiontarget" {
        // Read-only fields, which the SDK sends if they are set.
        body.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "selfUri");
    }
    assert_eq!(plain(&seen.body.clone().unwrap_or_default()), body);
    // The SDK writes a list as one value with commas: the same values under the same keys.
    for (key, value) in record["args"]["query"].as_object().unwrap() {
        let expected = match value {
            Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
            Value::String(text) => vec![text.clone()],
            other => vec![other.to_string()],
        };
        assert_eq!(seen.query_all(key), expected, "{key}");
    }
    let keys: std::collections::BTreeSet<&String> = seen.query.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), record["args"]["query"].as_object().unwrap().len());
}

/// The same JSON without nulls and empty lists, and with each number as an `f64` if it is not an integer.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), plain(value)));
            let kept = kept.filter(|(_, value)| !value.is_null() && *value != json!([]));
            Value::Object(kept.collect())
        }
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => json!(number.as_f64()),
        Value::Number(number) if number.is_f64() => json!(number.as_f64()),
        other => other.clone(),
    }
}

#[test]
fn recorded_responses_are_encoded_as_they_were_decoded() {
    fn again<T: Serialize + DeserializeOwned>(body: &Value) -> Value {
        serde_json::to_value(serde_json::from_value::<T>(body.clone()).unwrap()).unwrap()
    }
    for line in WIRE.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let body = &record["response"]["body"];
        let encoded = match record["op"].as_str().unwrap() {
            "get_journey_segments" => again::<Page<Segment>>(body),
            "get_journey_actiontargets" => again::<Page<ActionTarget>>(body),
            "delete_journey_segment" => continue,
            op if op.contains("actiontarget") => again::<ActionTarget>(body),
            op if op.contains("aggregates") => again::<AggregateResponse>(body),
            _ => again::<Segment>(body),
        };
        assert_eq!(plain(&encoded), plain(body), "{line}");
    }
}

#[test]
fn realistic_payloads_are_written_as_they_were_read() {
    let payloads: Value = serde_json::from_str(PAYLOADS).unwrap();
    for request in payloads["requests"].as_array().unwrap() {
        let body = &request["body"];
        let written = match request["method"].as_str().unwrap() {
            "POST" => serde_json::to_value(from::<NewSegment>(body)).unwrap(),
            _ => serde_json::to_value(from::<SegmentUpdate>(body)).unwrap(),
        };
        assert_eq!(written, *body, "{}", request["name"]);
    }
    let segment = &payloads["responses"][0]["body"];
    assert_eq!(serde_json::to_value(from::<Segment>(segment)).unwrap(), *segment);
}
