//! `raw`: typed and untyped bodies, and the same escaping, checks and retries as for the other endpoints.

use std::collections::BTreeMap;

use genesys_journey::{ErrorKind, raw};
use genesys_stand_in::{Family, Paging, Response, StandIn, config};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    id: String,
    display_name: String,
    is_active: bool,
}

fn refund() -> Outcome {
    Outcome { id: "outcome-3".into(), display_name: "Refund".into(), is_active: true }
}

/// The response of the stand-in to a request below `echo`.
#[derive(Debug, Deserialize)]
struct Echo {
    method: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

#[test]
fn get_reads_a_type_and_a_value() {
    let service = StandIn::start();
    let config = config!(service);
    let path = ["journey", "outcomes", "outcome-2"];
    let typed: Outcome = raw::get(&config, &path, &[]).unwrap();
    let expected = Outcome { id: "outcome-2".into(), display_name: "Newsletter".into(), is_active: false };
    assert_eq!(typed, expected);
    let value: Value = raw::get(&config, &path, &[]).unwrap();
    assert_eq!(value["displayName"], typed.display_name);
    let seen = service.last_request();
    assert_eq!((seen.method.as_str(), seen.raw_path.as_str()), ("GET", "/api/v2/journey/outcomes/outcome-2"));
    assert_eq!(seen.header("authorization"), Some("Bearer stand-in-token"));
    assert_eq!((seen.header("accept"), seen.header("content-type")), (Some("application/json"), None));
    assert_eq!((seen.text.as_str(), seen.raw_query.as_str()), ("", ""));
    assert_eq!(service.requests().len(), 2);
}

#[test]
fn post_patch_and_put_send_and_read_any_type() {
    let service = StandIn::start();
    let config = config!(service);
    let body = serde_json::to_value(refund()).unwrap();

    let typed: Echo = raw::post(&config, &["echo"], &[], &refund()).unwrap();
    assert_eq!(typed.body.as_ref(), Some(&body));
    let value: Value = raw::post(&config, &["echo"], &[], &body).unwrap();
    assert_eq!(value["body"], body);

    let typed: Echo = raw::patch(&config, &["echo"], &[], &body).unwrap();
    assert_eq!(typed.body.as_ref(), Some(&body));
    let value: Value = raw::patch(&config, &["echo"], &[], &refund()).unwrap();
    assert_eq!(value["body"], body);

    let typed: Echo = raw::put(&config, &["echo"], &[], &refund()).unwrap();
    assert_eq!(typed.body.as_ref(), Some(&body));
    let value: Value = raw::put(&config, &["echo"], &[], &body).unwrap();
    assert_eq!(value["body"], body);

    let requests = service.requests();
    let methods: Vec<&str> = requests.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["POST", "POST", "PATCH", "PATCH", "PUT", "PUT"]);
    for seen in requests {
        assert_eq!((seen.header("content-type"), seen.body.as_ref()), (Some("application/json"), Some(&body)));
    }
}

#[test]
fn every_method_takes_a_query() {
    let service = StandIn::start();
    let config = config!(service);
    let query = [("expand", "a"), ("expand", "b & c"), ("ü=", "1+1"), ("empty", "")];
    let body = json!(null);
    let echoes: [Echo; 4] = [
        raw::get(&config, &["echo"], &query).unwrap(),
        raw::post(&config, &["echo"], &query, &body).unwrap(),
        raw::patch(&config, &["echo"], &query, &body).unwrap(),
        raw::put(&config, &["echo"], &query, &body).unwrap(),
    ];
    for (echo, method) in echoes.iter().zip(["GET", "POST", "PATCH", "PUT"]) {
        assert_eq!(echo.method, method);
        let pairs: Vec<(&str, &str)> = echo.query.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, query);
    }
    raw::delete(&config, &["echo"], &query).unwrap();
    assert_eq!(service.last_request().method, "DELETE");
    for seen in service.requests() {
        assert_eq!(seen.raw_query, "expand=a&expand=b%20%26%20c&%C3%BC%3D=1%2B1&empty=");
    }
}

#[test]
fn any_text_is_one_segment_of_the_path() {
    let service = StandIn::start();
    let config = config!(service);
    for (segment, escaped) in [
        ("a/b", "a%2Fb"),
        ("../../oauth/token", "..%2F..%2Foauth%2Ftoken"),
        ("?a=b#c", "%3Fa%3Db%23c"),
        ("%2e%2e", "%252e%252e"),
        ("two words", "two%20words"),
        ("ü", "%C3%BC"),
        ("a\r\nX: y", "a%0D%0AX%3A%20y"),
        ("~a-b_c.d", "~a-b_c.d"),
    ] {
        let echo: Echo = raw::get(&config, &["echo", segment, "after"], &[]).unwrap();
        assert_eq!(echo.path, ["api", "v2", "echo", segment, "after"]);
        assert!(echo.body.is_none());
        assert_eq!(service.last_request().raw_path, format!("/api/v2/echo/{escaped}/after"));
        raw::delete(&config, &["echo", segment], &[]).unwrap();
        assert_eq!(service.last_request().raw_path, format!("/api/v2/echo/{escaped}"));
    }
}

#[test]
fn a_path_outside_the_api_is_refused() {
    let service = StandIn::start();
    let config = config!(service);
    let paths: [&[&str]; 5] = [&[], &[""], &["journey", ""], &["journey", "."], &["..", "oauth"]];
    for path in paths {
        let body = json!({});
        let errors = [
            raw::get::<Value>(&config, path, &[]).unwrap_err(),
            raw::post::<Value>(&config, path, &[], &body).unwrap_err(),
            raw::patch::<Value>(&config, path, &[], &body).unwrap_err(),
            raw::put::<Value>(&config, path, &[], &body).unwrap_err(),
            raw::delete(&config, path, &[]).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{path:?}");
            assert!(error.message().contains("path"), "{error}");
        }
    }
    let long = "x".repeat(9_000);
    assert_eq!(raw::get::<Value>(&config, &[&long], &[]).unwrap_err().kind(), ErrorKind::Input);
    assert_eq!(raw::get::<Value>(&config, &["echo"], &[("q", &long)]).unwrap_err().kind(), ErrorKind::Input);
    assert!(service.requests().is_empty());
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    let service = StandIn::start();
    let body = BTreeMap::from([((1, 2), "a key that is no text")]);
    let error = raw::post::<Value>(&config!(service), &["echo"], &[], &body).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0));
    assert!(service.requests().is_empty());
}

#[test]
fn responses_of_any_shape_are_read() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next([
        Response::json(200, json!([1, 2])),
        Response::json(200, json!("text")),
        Response::text(200, "null"),
    ]);
    assert_eq!(raw::get::<Vec<u8>>(&config, &["a"], &[]).unwrap(), [1, 2]);
    assert_eq!(raw::get::<String>(&config, &["a"], &[]).unwrap(), "text");
    assert_eq!(raw::get::<Option<Value>>(&config, &["a"], &[]).unwrap(), None);
}

#[test]
fn a_response_without_a_body_is_null() {
    let service = StandIn::start();
    let config = config!(service);
    let empty = || Response::text(204, "");
    service.respond_next([empty(), empty(), Response::text(202, " \n"), empty()]);
    raw::post::<()>(&config, &["a"], &[], &json!({})).unwrap();
    assert_eq!(raw::post::<Value>(&config, &["a"], &[], &json!({})).unwrap(), Value::Null);
    assert_eq!(raw::put::<Option<Outcome>>(&config, &["a"], &[], &json!({})).unwrap(), None);
    let error = raw::get::<Outcome>(&config, &["a"], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("no body"), "{error}");
}

#[test]
fn a_response_of_another_shape_is_a_decode_error() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next([Response::json(200, json!({ "id": 7 })), Response::text(200, "<html>")]);
    for start in [r#"{"id":7}"#, "<html>"] {
        let error = raw::get::<Outcome>(&config, &["journey", "outcomes", "7"], &[]).unwrap_err();
        assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Decode, Some(200), 1));
        assert_eq!(error.body(), start);
    }
    service.respond_next([Response::text(200, "<html>")]);
    let error = raw::post::<Value>(&config, &["journey", "outcomes"], &[], &json!({})).unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.outcome_unknown());
}

#[test]
fn errors_of_the_service_are_decoded() {
    let service = StandIn::start();
    let error = raw::get::<Value>(&config!(service), &["journey", "outcomes", "no such"], &[]).unwrap_err();
    assert!(error.is_not_found() && error.kind() == ErrorKind::Api);
    assert_eq!(error.code(), Some("not.found"));
    assert_eq!(error.message(), "Unable to find a outcome with id no such");
    assert!(error.correlation_id().is_some());
    assert_eq!(error.url().unwrap(), format!("{}/api/v2/journey/outcomes/no%20such", service.url()));
}

#[test]
fn a_read_is_retried_and_a_write_is_not() {
    let service = StandIn::start();
    let config = config!(service);
    let path = ["journey", "outcomes", "outcome-1"];
    let lost = || service.respond_next([Response::text(503, "")]);

    lost();
    raw::get::<Value>(&config, &path, &[]).unwrap();
    assert_eq!(service.requests().len(), 2);

    // The retry finds nothing to delete.
    service.clear_requests();
    service.respond_next([Response::text(503, ""), Response::json(404, json!({ "code": "not.found" }))]);
    raw::delete(&config, &path, &[]).unwrap();
    assert_eq!(service.requests().len(), 2);

    service.clear_requests();
    let body = json!({});
    lost();
    let post = raw::post::<Value>(&config, &["journey", "outcomes"], &[], &body).unwrap_err();
    lost();
    let patch = raw::patch::<Value>(&config, &path, &[], &body).unwrap_err();
    lost();
    let put = raw::put::<Value>(&config, &["routing", "queues", "q"], &[], &body).unwrap_err();
    for error in [post, patch, put] {
        assert!(error.outcome_unknown() && error.attempts() == 1, "{error}");
    }
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn any_rate_limited_request_is_retried() {
    let service = StandIn::start();
    service.respond_next([Response::text(429, "")]);
    let body = json!({ "displayName": "Refund" });
    let config = config!(service);
    let value: Value = raw::post(&config, &["echo"], &[], &body).unwrap();
    assert_eq!(value["body"], body);
    service.respond_next([Response::text(429, "")]);
    let value: Value = raw::put(&config, &["echo"], &[], &body).unwrap();
    assert_eq!(value["body"], body);
    assert_eq!(service.requests().len(), 4);
}

#[test]
fn a_read_only_post_is_retried() {
    let service = StandIn::start();
    service.respond_next([Response::text(503, "")]);
    let echo: Echo = raw::post_read_only(&config!(service), &["echo"], &[], &json!([1])).unwrap();
    assert_eq!((echo.method.as_str(), echo.body), ("POST", Some(json!([1]))));
    assert_eq!(service.requests().len(), 2);
}

/// The ids of all entities of a list.
fn ids(service: &StandIn, path: &[&str], query: &[(&str, &str)]) -> Vec<String> {
    let all = raw::list_all::<Value>(&config!(service), path, query);
    all.map(|entity| entity.unwrap()["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn list_all_reads_every_page_by_number() {
    let service = StandIn::start();
    let added = service.seed_segments(230);
    assert_eq!(ids(&service, &["journey", "segments"], &[]), added);
    let queries: Vec<String> = service.requests().into_iter().map(|seen| seen.raw_query).collect();
    assert_eq!(queries, ["pageSize=100", "pageSize=100&pageNumber=2", "pageSize=100&pageNumber=3"]);
    let active = ids(&service, &["journey", "segments"], &[("pageSize", "200"), ("isActive", "true")]);
    assert_eq!(active.len(), 173);
    assert_eq!(service.last_request().raw_query, "isActive=true&pageSize=200");
}

#[test]
fn list_all_follows_the_cursor_of_next_uri() {
    let service = StandIn::start();
    service.add_family(Family::new("journey/events").paging(Paging::After));
    let added: Vec<String> = (0..5).map(|n| service.add("journey/events", json!({ "n": n }))).collect();
    assert_eq!(ids(&service, &["journey", "events"], &[("pageSize", "2")]), added);
    let queries: Vec<String> = service.requests().into_iter().map(|seen| seen.raw_query).collect();
    assert_eq!(queries, ["pageSize=2", "pageSize=2&after=from-2", "pageSize=2&after=from-4"]);
}

#[test]
fn list_all_yields_an_entity_once_and_those_without_an_id_by_their_place() {
    let service = StandIn::start();
    let page = |entities: Value| Response::json(200, json!({ "entities": entities, "total": 3, "pageSize": 2 }));
    service.respond_next([page(json!([{ "id": "a" }, { "n": 1 }])), page(json!([{ "id": "a" }, { "n": 1 }]))]);
    let all = raw::list_all::<Value>(&config!(service), &["things"], &[("pageSize", "2")]);
    let all: Vec<Value> = all.map(Result::unwrap).collect();
    assert_eq!(all, [json!({ "id": "a" }), json!({ "n": 1 }), json!({ "n": 1 })]);
}

#[test]
fn list_all_refuses_a_page_and_reports_a_problem_once() {
    let service = StandIn::start();
    for (key, value) in [("pageNumber", "1"), ("after", "x"), ("pageSize", "0"), ("pageSize", "many")] {
        let mut all = raw::list_all::<Value>(&config!(service), &["journey", "segments"], &[(key, value)]);
        let error = all.next().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(key)), "{error}");
        assert!(all.next().is_none());
    }
    assert!(service.requests().is_empty());
    service.seed_segments(1);
    let mut all = raw::list_all::<Outcome>(&config!(service), &["journey", "actiontargets"], &[]);
    assert_eq!(all.next().unwrap().unwrap_err().kind(), ErrorKind::Decode);
    assert!(all.next().is_none());
}
