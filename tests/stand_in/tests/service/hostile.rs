//! Hostile input: every request gets a response, and the next one, too.

use std::io::{Read, Write};
use std::net::TcpStream;

use genesys_stand_in::Response;
use serde_json::json;

use super::*;

const PATHS: [&str; 32] = [
    "/",
    "//",
    "/api",
    "/api/v2",
    "/api/v2/",
    "/api/v2/journey",
    "/api/v2/journey/segments",
    "/api/v2/journey/segments/",
    "/api/v2/journey/segments/no%2Fsuch%ff",
    "/api/v2/journey/segments/7/8",
    "/api/v2/journey/actiontargets/7",
    "/api/v2/journey/views",
    "/api/v2/journey/views/7/versions",
    "/api/v2/journey/views/7/versions/1",
    "/api/v2/journey/views/7/versions/1/jobs",
    "/api/v2/journey/views/7/versions/1/jobs/latest",
    "/api/v2/journey/views/7/versions/1/jobs/job-1/results",
    "/api/v2/journey/views/7/schedules",
    "/api/v2/journey/views/encodings/validate",
    "/api/v2/journey/views/eventdefinitions/6b45c539-275a-56fc-a237-fa6e718d3176/activate",
    "/api/v2/analytics/journeys/aggregates/query",
    "/api/v2/analytics/journeys/aggregates/jobs",
    "/api/v2/analytics/journeys/aggregates/jobs/job-1/results?cursor=%ff",
    "/api/v2/journey/externalevents/configurations/3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64/events",
    "/api/v2/journey/externalevents/schemas",
    "/api/v2/journey/externalevents/schemas/3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64",
    "/api/v2/journey/externalevents/schemas/7/versions/8/9",
    "/api/v2/journey/deployments/d1/customers/c1/ping?dl=",
    "/api/v2/journey/deployments/d1/actionevent",
    "/api/v2/journey/deployments/d1/webevents",
    "/oauth/token",
    "/oauth/authorize",
];

fn bodies() -> Vec<String> {
    let mut bodies: Vec<String> =
        ["", "null", "[]", "7", "\"\"", "{", "{}", "\u{feff}{}", "&&==&a=%"].map(str::to_owned).to_vec();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let odd = [
        json!(null),
        json!(7),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!([]),
        json!([7]),
        json!({}),
        json!({ "patterns": [{ "criteria": [{}] }] }),
        json!([[]]),
        json!({ "id": {} }),
    ];
    for value in odd {
        bodies.push(
            json!({
                "id": value, "displayName": value, "version": value, "color": value, "context": value,
                "journey": value, "externalSegment": value, "assignmentExpirationDays": value, "isActive": value,
                "interval": value, "metrics": value, "views": value, "filter": value, "groupBy": value,
                "granularity": value, "pageSize": value, "entities": value, "jsonSchema": value, "title": value,
                "enabled": true, "createdDate": value, "page": value, "eventName": value, "customerCookieId": value,
                "elements": [{ "followedBy": value }], "charts": [value],
                "status": value, "frequency": value, "rank": value,
            })
            .to_string(),
        );
        bodies.push(json!({ "entities": [value, { "id": value }], "version": 1, "enabled": true }).to_string());
        bodies.push(json!({ "displayName": "x", "version": value, "context": value }).to_string());
        bodies.push(
            json!({
                "interval": "1970-01-01T00:00:00Z/9999-12-31T23:59:59Z", "metrics": ["nJourneySessions"], "views": value,
                "filter": { "clauses": value, "predicates": value }, "groupBy": value, "pageSize": value,
            })
            .to_string(),
        );
    }
    bodies.push(deep);
    bodies
}

#[test]
fn every_request_gets_a_response_in_the_format_of_the_service() {
    let service = StandIn::doc_example();
    service.seed_segments(3);
    service.add("journey/views", json!({ "id": "7", "elements": [] }));
    service.job_polls(0);
    let client = Client::of(&service);
    let mut requests = 0;
    for method in ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "BREW"] {
        for path in PATHS {
            let all = bodies();
            let some = match method {
                "GET" => 1,
                "POST" | "PATCH" | "PUT" => all.len(),
                _ => 4,
            };
            for body in all.into_iter().take(some) {
                let response = client.send(method, path, &body);
                let response = response.unwrap_or_else(|error| panic!("{method} {path} {body:.80}: {error}"));
                let status = response.status().as_u16();
                let text = response.into_body().read_to_string().unwrap();
                if status >= 400 {
                    let error: Value = serde_json::from_str(&text).unwrap();
                    let code = error.get("code").or(error.get("error"));
                    assert!(code.is_some_and(Value::is_string), "{method} {path} {body:.80}: {status} {text}");
                }
                assert!(status < 500, "{method} {path} {body:.80}: {status}");
                requests += 1;
            }
        }
    }
    assert!(requests > 2_000, "{requests}");
    assert_eq!(client.call("GET", "/api/v2/journey/outcomes", &Value::Null).0, 200);
}

#[test]
fn unknown_paths_and_methods_are_errors_of_the_service() {
    let service = StandIn::start();
    let missing: Value = service.call("GET", "/api/v2/journey/nothing/7", ()).read_json().unwrap();
    assert_eq!((&missing["status"], &missing["code"]), (&json!(404), &json!("not.found")));
    assert!(missing["contextId"].is_string());
    for (method, path) in [("PUT", SEGMENTS), ("POST", "/api/v2/journey/segments/7"), ("GET", "/oauth/token")] {
        assert_eq!(service.call(method, path, ()).status, 405, "{method} {path}");
    }
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let service = StandIn::start();
    let body = json!({ "displayName": "x".repeat(5 << 20) });
    // It may close before all of it is sent.
    if let Ok(response) = Client::of(&service).send("POST", SEGMENTS, &body.to_string()) {
        assert_eq!(response.status(), 413);
    }
    assert!(service.segments().is_empty() && service.requests().is_empty());
}

#[test]
fn a_query_over_millennia_is_refused_at_once() {
    let service = StandIn::start();
    service.seed_segments(500);
    let query = json!({ "interval": "1970-01-01/9999-12-31", "metrics": ["nJourneySessions"] });
    let refused = service.call("POST", "/api/v2/analytics/journeys/aggregates/query", query);
    assert_eq!((refused.status, refused.body.contains("query.too.large")), (400, true));
}

#[test]
fn garbage_on_the_wire_does_not_stop_the_server() {
    let service = StandIn::start();
    let pieces: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\n\r\n",
    ];
    for piece in pieces {
        let mut stream = TcpStream::connect(service.url().trim_start_matches("http://")).unwrap();
        stream.write_all(piece).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(Client::of(&service).call("GET", SEGMENTS, &Value::Null).0, 200);
}

#[test]
fn scripted_responses_that_http_cannot_express_close_the_connection() {
    let service = StandIn::start();
    let client = Client::of(&service);
    let odd = [
        Response::text(0, ""),
        Response::text(1_000, ""),
        Response::text(200, "").header("a b", "c"),
        Response::text(200, "").header("a", "b\r\nc: d"),
    ];
    for response in odd {
        service.respond_next([response]);
        assert!(client.send("GET", SEGMENTS, "").is_err());
    }
    service.respond_next([Response::text(204, "not sent")]);
    assert_eq!(client.call("GET", SEGMENTS, &Value::Null), (204, Value::Null));
}

#[test]
fn many_connections_at_once_are_served() {
    let service = StandIn::start();
    service.seed_segments(10);
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let client = Client::of(&service);
                (0..20).for_each(|_| assert_eq!(client.call("GET", SEGMENTS, &Value::Null).0, 200));
            });
        }
    });
    assert_eq!(service.requests().len(), 640);
}

#[test]
fn the_port_is_free_after_the_drop() {
    let service = StandIn::start();
    let client = Client::of(&service);
    assert_eq!(client.call("GET", SEGMENTS, &Value::Null).0, 200);
    let url = service.url();
    drop(service);
    assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err());
}
