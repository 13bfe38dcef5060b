//! The recorded calls of the vendor's SDK, sent through `raw` to a server that is not ours: httpmock responds only to
//! a request with exactly this method, path, query, token and body.

use genesys_journey::{Config, Region, Result, raw};
use httpmock::{Mock, MockServer};
use serde_json::{Value, json};

const WIRE: &str = include_str!("../fixtures/wire-sample.jsonl");
const TOKEN: &str = "tok-123";

fn config(server: &MockServer) -> Config {
    let url = server.base_url();
    Config::builder(Region::custom(&url, &url).unwrap()).max_attempts(1).token(TOKEN).unwrap()
}

/// The pairs of the query and the segments of the path below `/api/v2`.
fn target(wire: &Value) -> (Vec<(&str, &str)>, Vec<&str>) {
    let pairs = wire["query"].as_array().unwrap().iter();
    let pairs = pairs.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
    let segments = wire["path"].as_array().unwrap().iter().skip(3).filter_map(Value::as_str).collect();
    (pairs, segments)
}

fn expect<'a>(server: &'a MockServer, record: &Value) -> Mock<'a> {
    let wire = &record["wire"];
    server.mock(|when, then| {
        let mut when = when.method(wire["method"].as_str().unwrap()).header("authorization", format!("Bearer {TOKEN}"));
        when = when.path(wire["raw_path"].as_str().unwrap());
        for (key, value) in target(wire).0 {
            when = when.query_param(key, value);
        }
        if !wire["body"].is_null() {
            _ = when.header("content-type", "application/json").json_body(wire["body"].clone());
        }
        let then = then.status(record["response"]["status"].as_u64().unwrap() as u16);
        if !record["response"]["body"].is_null() {
            _ = then.json_body(record["response"]["body"].clone());
        }
    })
}

fn send(config: &Config, wire: &Value) -> Result<Value> {
    let (query, path) = target(wire);
    match wire["method"].as_str().unwrap() {
        "GET" => raw::get(config, &path, &query),
        "POST" => raw::post(config, &path, &query, &wire["body"]),
        "PATCH" => raw::patch(config, &path, &query, &wire["body"]),
        "DELETE" => raw::delete(config, &path, &query).map(|()| Value::Null),
        method => panic!("{method} was not recorded"),
    }
}

#[test]
fn another_server_understands_every_recorded_request() {
    let server = MockServer::start();
    let config = config(&server);
    for line in WIRE.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let mut expected = expect(&server, &record);
        let received = send(&config, &record["wire"]);
        assert_eq!(expected.calls(), 1, "{line}: {received:?}");
        assert_eq!(received.unwrap(), record["response"]["body"], "{line}");
        expected.delete();
    }
}

#[test]
fn a_request_that_differs_has_no_response() {
    let server = MockServer::start();
    let record: Value = serde_json::from_str(WIRE.lines().last().unwrap()).unwrap();
    expect(&server, &record);
    for (key, value) in [("method", json!("POST")), ("body", json!({ "name": "another" }))] {
        let mut wire = record["wire"].clone();
        wire[key] = value;
        assert!(send(&config(&server), &wire).is_err(), "{key}");
    }
}
