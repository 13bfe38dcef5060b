//! The messages about sign-ins, connections, proxies, timeouts and responses.

use std::time::{Duration, Instant};

use genesys_journey::analytics;
use genesys_journey::analytics::jobs::{self, JobOptions};
use genesys_journey::auth::Grant;
use genesys_journey::external_contacts::sessions;
use genesys_journey::external_events::{self, Event, EventOutcome, SendOptions, SendResponse};
use genesys_journey::segments::{self, ListSegments, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, Timestamp};
use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted, bound};
use serde_json::{Value, json};

use super::Case;

pub fn cases() -> Vec<Case> {
    let groups =
        [sign_ins(), connections(), proxies(), timeouts(), statuses(), helpers(), bodies(), lists(), streams()];
    groups.into_iter().flatten().collect()
}

/// Returns the error of a call with one attempt.
fn error_of(op: Op, scripted: Scripted) -> Error {
    let listener = Listener::scripted([scripted]);
    op.call(&once(&listener.url()).token(TOKEN).unwrap()).unwrap_err()
}

fn once(url: &str) -> ConfigBuilder {
    settings(url).max_attempts(1).attempt_timeout(DEADLINE).connect_timeout(DEADLINE)
}

/// Returns the error of a sign-in.
fn sign_in(scripted: Scripted) -> Error {
    let listener = Listener::scripted([scripted]);
    once(&listener.url()).sign_in(Grant::client_credentials("the-client", "the-secret")).unwrap_err()
}

fn sign_ins() -> Vec<Case> {
    let refused = |code: &str| sign_in(Scripted::json(400, json!({ "error": code })));
    let token = |text: &str| sign_in(Scripted::text(200, text));
    let renewed = {
        let token = Scripted::json(200, json!({ "access_token": "token" }));
        let refused = Scripted::json(401, "{}");
        let listener = Listener::scripted([token.clone(), refused.clone(), token, refused]);
        let config = once(&listener.url()).max_attempts(4);
        let config = config.sign_in(Grant::client_credentials("the-client", "the-secret")).unwrap();
        Op::Get.call(&config).unwrap_err()
    };
    vec![
        ("signing in failed: … invalid_client", refused("invalid_client")),
        ("signing in failed: … invalid_grant", refused("invalid_grant")),
        ("signing in failed: … unauthorized_client", refused("unauthorized_client")),
        (
            "… the token was refused, and it cannot be renewed; get a new one",
            error_of(Op::Get, Scripted::json(401, "{}")),
        ),
        (
            "… the token was refused, and it cannot be renewed: its refresh token was sent, no response was read, and the \
             refresh token may be used up; sign in again",
            lost_refresh_token(),
        ),
        ("… the renewed token was refused, too", renewed),
        ("the token response cannot be read (line …, column …)", token("<html>")),
        ("the token response is not UTF-8 from byte … on", sign_in(Scripted::text(200, vec![b'"', 0xff, b'"']))),
        ("the token response has no access_token", token("{}")),
        ("the token response has an access_token that is empty or cannot be sent", token(r#"{"access_token": ""}"#)),
    ]
}

/// Returns the error of the call after one that lost a refresh token.
fn lost_refresh_token() -> Error {
    let token = Scripted::json(200, json!({ "access_token": "token", "refresh_token": "refresh-2" }));
    let login = Listener::scripted([token, Scripted::Close]);
    let api = Listener::scripted([Scripted::json(401, "{}")]);
    let region = Region::custom(&api.url(), &login.url()).unwrap();
    let settings = Config::builder(region).initial_backoff(Duration::from_millis(1));
    let config = settings.sign_in(Grant::refresh_token("the-client", "the-secret", "refresh-1")).unwrap();
    Op::Get.call(&config).unwrap_err();
    Op::Get.call(&config).unwrap_err()
}

fn connections() -> Vec<Case> {
    let unused = bound();
    let address = unused.local_addr().unwrap().as_socket().unwrap();
    let refused = once(&format!("http://{address}")).token(TOKEN).unwrap();
    // The resolver itself refuses a label of more than 63 characters, without a network request.
    let unresolved = once(&format!("https://{}.invalid", "a".repeat(70))).no_proxy().token(TOKEN).unwrap();
    let plain = Listener::scripted([Scripted::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).unsolicited()]);
    let plain = once(&plain.url().replace("http:", "https:")).token(TOKEN).unwrap();
    let mut cases = vec![
        (
            "not sent: no connection to …: …; check that the service is running, and the host and port in …",
            Op::Get.call(&refused).unwrap_err(),
        ),
        ("no complete response: …", error_of(Op::Get, Scripted::Close)),
    ];
    if cfg!(any(feature = "rustls", feature = "native-tls")) {
        cases.extend([
            (
                "not sent: the name … cannot be resolved (…); check the host in …, and the network",
                Op::Get.call(&unresolved).unwrap_err(),
            ),
            (
                "… does not speak TLS at this port; check the scheme and the port in …",
                Op::Get.call(&plain).unwrap_err(),
            ),
            ("GET https://…: …", Op::Get.call(&plain).unwrap_err()),
        ]);
    }
    cases
}

fn proxies() -> Vec<Case> {
    let through = |scripted: Scripted, user: &str| {
        let proxy = Listener::scripted([scripted]);
        let url = proxy.url().replace("http://", &format!("http://{user}"));
        // The host is a loopback address, so that no TLS is needed.
        Op::Get.call(&once("http://127.0.0.1:1").proxy(url).token(TOKEN).unwrap()).unwrap_err()
    };
    let status = |status: u16| through(Scripted::text(status, ""), "");
    let unused = bound();
    let address = unused.local_addr().unwrap().as_socket().unwrap();
    let unreachable = once("http://127.0.0.1:1").proxy(format!("http://{address}")).token(TOKEN).unwrap();
    let unresolved =
        once("http://127.0.0.1:1").proxy(format!("http://{}.invalid:1", "a".repeat(70))).token(TOKEN).unwrap();
    vec![
        (
            "the proxy … requires a user and a password (…); add them to …, as in http://user:password@host:port; …",
            status(407),
        ),
        (
            "the proxy … refused the user and password in … (…); correct them; …",
            through(Scripted::text(407, ""), "user:pass-word@"),
        ),
        (
            "the proxy … wants … (…), and this client can only send Basic; set … to a local proxy that does …, such as cntlm or px",
            through(Scripted::text(407, "").with("Proxy-Authenticate", "NTLM"), ""),
        ),
        ("the proxy … refused to connect to … (…); have its administrator permit that host", status(403)),
        (
            "the proxy … responded with a redirect (…) instead of a tunnel, often to the login page of a network; …",
            status(302),
        ),
        ("the proxy … could not connect to … (…); check the host in …", status(502)),
        ("the proxy … responded with … to CONNECT …; check that … names a proxy that tunnels https", status(404)),
        (
            "the proxy … does not speak HTTP; check the scheme, host and port in …",
            through(Scripted::RawThenClose(b"220 mail.example ESMTP\r\n\r\n".to_vec()), ""),
        ),
        (
            "no connection through the proxy …: it closed the tunnel, or sent data before the request; …",
            through(Scripted::RawThenClose(b"HTTP/1.1 200 OK\r\n\r\n<html>".to_vec()), ""),
        ),
        (
            "no connection through the proxy …: it sent no complete response; …",
            through(Scripted::RawThenClose(b"HTTP/1.1 200".to_vec()), ""),
        ),
        ("no connection through the proxy …: …; check …", through(Scripted::Reset, "")),
        (
            "no connection to the proxy …: …; check …, and that the proxy is running",
            Op::Get.call(&unreachable).unwrap_err(),
        ),
        ("no connection to the proxy …: …; check the host in …", Op::Get.call(&unresolved).unwrap_err()),
    ]
}

fn timeouts() -> Vec<Case> {
    let silent = Listener::scripted([Scripted::Silent]);
    let limited = Listener::scripted([Op::Get.good()]);
    let limited = once(&limited.url()).requests_per_minute(1).token(TOKEN).unwrap();
    Op::Get.call(&limited).unwrap();
    let short = |url: &str| settings(url).max_attempts(1).no_proxy();
    let once = short(&silent.url()).token(TOKEN).unwrap();
    let ended = once.with_deadline(Instant::now());
    let by_proxy = short("http://127.0.0.1:1").proxy(silent.url()).token(TOKEN).unwrap();
    let job = Listener::responding(|request| match request.method.as_str() {
        "POST" => Scripted::json(202, json!({ "jobId": "job-7" })),
        "GET" => Scripted::json(200, json!({ "state": "PENDING" })),
        _ => Scripted::text(204, ""),
    });
    let job_options = || JobOptions { timeout: TIMEOUT / 2, ..JobOptions::default() };
    // A create of `ensure` has half of the time.
    let creating = Listener::responding(|request| match request.method.as_str() {
        "GET" => Scripted::json(200, json!({ "entities": [], "total": 0 })),
        _ => Scripted::Silent,
    });
    let creating = settings(&creating.url()).attempt_timeout(DEADLINE).call_timeout(TIMEOUT * 2).token(TOKEN).unwrap();
    let vip = NewSegment::new("VIP");
    let mut cases = vec![
        ("half of the rest of the call timeout", segments::ensure(&creating, &vip).unwrap_err()),
        (
            "half of the time left",
            segments::ensure(&creating.with_deadline(Instant::now() + TIMEOUT), &vip).unwrap_err(),
        ),
        ("timed out after … (attempt timeout)", Op::Get.call(&once).unwrap_err()),
        (
            "timed out after … (call timeout)",
            Op::Get.call(&short(&silent.url()).call_timeout(TIMEOUT / 2).token(TOKEN).unwrap()).unwrap_err(),
        ),
        ("timed out after … (deadline)", Op::Get.call(&once.with_deadline(Instant::now() + TIMEOUT / 2)).unwrap_err()),
        ("timed out after … (timeout of the job)", jobs::run(&once, &query(), job_options()).unwrap_err()),
        ("not sent: the … has passed", Op::Get.call(&ended).unwrap_err()),
        ("not sent: the rate limit allows it only in …, and … passes before that", Op::Get.call(&limited).unwrap_err()),
        (
            "… while waiting for the response of the proxy … to CONNECT …; check that the proxy can reach that host, and that \
             … names a proxy that tunnels https",
            Op::Get.call(&by_proxy).unwrap_err(),
        ),
        (
            "job … did not end before its deadline (timeout …)",
            jobs::run(&config(&job), &query(), job_options()).unwrap_err(),
        ),
    ];
    if cfg!(any(feature = "rustls", feature = "native-tls")) {
        let tls = short(&silent.url().replace("http:", "https:")).connect_timeout(TIMEOUT / 2).token(TOKEN).unwrap();
        let tls_proxy =
            short("http://127.0.0.1:1").proxy(silent.url().replace("http:", "https:")).token(TOKEN).unwrap();
        let tunnel = Listener::scripted([Scripted::RawThenSilent(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]);
        let tunnel = short("https://service.invalid").proxy(tunnel.url()).token(TOKEN).unwrap();
        cases.extend([
            ("timed out after … (connect timeout)", Op::Get.call(&tls).unwrap_err()),
            (
                "not sent: timed out after … (…) during the TLS handshake with …; check that this port speaks TLS, and that no \
                 firewall blocks it",
                Op::Get.call(&tls).unwrap_err(),
            ),
            (
                "… during the TLS handshake with the proxy …; check the port and the scheme in …: use http:// unless the proxy \
                 itself speaks TLS",
                Op::Get.call(&tls_proxy).unwrap_err(),
            ),
            (
                "… during the TLS handshake with … through the proxy …; the proxy opened the tunnel, so ask its administrator \
                 whether it can reach that host",
                Op::Get.call(&tunnel).unwrap_err(),
            ),
        ]);
    }
    cases
}

fn statuses() -> Vec<Case> {
    let status = |status: u16| error_of(Op::Create, Scripted::json(status, json!({ "code": "a.code" })));
    let foreign = |body: &str| error_of(Op::Get, Scripted::text(503, body));
    let limited = Scripted::json(429, "{}").with("Retry-After", 3_600).with("ININ-Correlation-Id", "c-1");
    let unavailable = Listener::scripted([Scripted::json(503, "{}")]);
    let mut cases: Vec<Case> = ["400 …", "403 …", "404 …", "409 …", "429 …", "500 …", "502 …", "503 …", "504 …"]
        .into_iter()
        .map(|pattern| (pattern, status(pattern[..3].parse().unwrap())))
        .collect();
    cases.extend([
        ("…; the request may have been processed", status(500)),
        ("correlation id …", error_of(Op::Get, limited.clone())),
        ("retry after … s", error_of(Op::Get, limited)),
        ("… attempts", Op::Get.call(&config(&unavailable)).unwrap_err()),
        ("signing in failed: …", sign_in(Scripted::json(404, "{}"))),
        (
            "redirects are not followed; this one leads to …",
            error_of(Op::Get, Scripted::text(302, "").with("Location", "https://login.example")),
        ),
        ("the response is not in the format of the service: …", foreign("<html>Sorry</html>")),
        ("the response has no text in its body", foreign("<br/>")),
        ("the response has no body", foreign("")),
    ]);
    cases
}

fn helpers() -> Vec<Case> {
    let failed = Listener::responding(|request| match request.method.as_str() {
        "POST" => Scripted::json(202, json!({ "jobId": "job-7" })),
        _ => Scripted::json(200, json!({ "state": "FAILED" })),
    });
    let failed = jobs::run(&config(&failed), &query(), JobOptions::default()).unwrap_err();
    let mut twin = segment();
    twin["id"] = json!("8");
    let twins = Listener::scripted([Scripted::json(200, json!({ "entities": [segment(), twin], "total": 2 }))]);
    let twins = segments::find_by_name(&config(&twins), "VIP").unwrap_err();
    // The service knows no segments, and gives each new one its own name.
    let renaming = Listener::responding(|request| match request.method.as_str() {
        "POST" => Op::Create.good(),
        _ => Scripted::json(200, json!({ "entities": [], "total": 0 })),
    });
    let rewritten = segments::ensure(&config(&renaming), &NewSegment::new(" VIP ")).unwrap_err();
    let unprocessed = |body: Value| serde_json::from_value::<SendResponse>(body).unwrap().into_result().unwrap_err();
    let unprocessed = || unprocessed(json!({ "unprocessedEntities": [{ "originalRequestIndex": 3 }] }));
    vec![
        ("job … ended as …", failed),
        ("the … is being renamed or deleted by others repeatedly", ensured_while_deleted(Duration::from_millis(1))),
        (
            "the … is being renamed or deleted by others, and no time is left to search again",
            ensured_while_deleted(Duration::from_secs(60)),
        ),
        ("several … are named …: …; rename …", twins),
        ("the service named the new … instead of …; use that name", rewritten),
        ("… events were not processed, the first …", unprocessed()),
        ("the service gives no reason", unprocessed()),
        ("not sent, after an earlier batch failed: …", stopped_batch()),
    ]
}

/// Returns the error of `ensure` if each update finds no segment.
fn ensured_while_deleted(backoff: Duration) -> Error {
    let listener = Listener::responding(|request| match request.method.as_str() {
        "GET" => Op::List.good(),
        _ => Scripted::json(404, r#"{"code": "not.found"}"#),
    });
    let config = once(&listener.url()).initial_backoff(backoff).token(TOKEN).unwrap();
    let wanted = NewSegment { color: Some("#000000".into()), ..NewSegment::new("VIP") };
    segments::ensure(&config, &wanted).unwrap_err()
}

/// Returns the rejection of an event after a failed batch, as an error.
fn stopped_batch() -> Error {
    let listener = Listener::scripted([Scripted::json(403, json!({ "code": "missing.permission" }))]);
    let events = ["1", "2"].map(|id| Event::new(id, Timestamp::from("2026-05-04T08:15:30Z")));
    let report =
        external_events::send_all(&config(&listener), "7", &events, SendOptions::default().batch_size(1)).unwrap();
    let Some(EventOutcome::Rejected(rejection)) = report.outcomes.last() else { panic!("{report:?}") };
    Error::new(ErrorKind::Api, &rejection.message)
}

fn bodies() -> Vec<Case> {
    let text = |op: Op, body: &str| error_of(op, Scripted::text(200, body));
    let segment_with = |key: &str, value: Value| {
        let mut segment = segment();
        segment[key] = value;
        error_of(Op::Get, Scripted::json(200, segment))
    };
    let large = {
        let listener = Listener::scripted([Op::Get.good()]);
        Op::Get.call(&once(&listener.url()).max_response_bytes(10).token(TOKEN).unwrap()).unwrap_err()
    };
    let events = |body: Value| {
        let listener = Listener::scripted([Scripted::json(200, body)]);
        let events = [Event::new("1", Timestamp::from("2026-05-04T08:15:30Z"))];
        let report = external_events::send_all(&config(&listener), "7", &events, SendOptions::default());
        report.unwrap().error.unwrap()
    };
    let job_page = Listener::scripted([Scripted::json(200, "{}")]);
    let entry = json!({ "entities": [segment(), { "id": "8" }], "total": 2 }).to_string();
    let null_entry = || {
        let listener = Listener::scripted([Scripted::json(200, r#"{"unprocessedEntities":[null]}"#)]);
        external_events::send(&config(&listener), "7", &[Event::new("e", Timestamp::from("2026-05-04T08:15:30Z"))])
            .unwrap_err()
    };
    let mut cases = vec![
        ("the response cannot be decoded: …", text(Op::Get, "<html>")),
        ("…; it starts with …", text(Op::Get, "<html>")),
        ("the response has no body, although one is expected", text(Op::Get, "")),
        ("expected an object, not a list", text(Op::Get, "[]")),
        (r#"expected a list, found an object without "entities""#, text(Op::List, "{}")),
        (
            r#"expected a page of results, found an object without "results" and "cursor""#,
            jobs::results(&config(&job_page), "7", None).unwrap_err(),
        ),
        ("an entry of unprocessedEntities is null", null_entry()),
        ("invalid type: …, expected …", segment_with("version", json!("Ann"))),
        ("expected an integer of at most 64 bits", segment_with("version", json!("Ann"))),
        ("missing field …", text(Op::Get, "{}")),
        ("expected a map", text(Op::Query, r#"{"results": [{"group": 7}]}"#)),
        ("expected a string", segment_with("displayName", json!(7))),
        ("expected a list", text(Op::List, r#"{"entities": 7}"#)),
        ("invalid value: …, expected …", text(Op::List, r#"{"entities": [], "total": 4711.5}"#)),
        ("expected a count", text(Op::List, r#"{"entities": [], "total": 4711.5}"#)),
        ("entry …: …", text(Op::List, &entry)),
        ("the id of the entry is …", text(Op::List, &entry)),
        ("not UTF-8 from byte … on", error_of(Op::Get, Scripted::text(200, vec![b'{', 0xff]))),
        ("the response is larger than the limit of … bytes", large),
        (
            "the response has a Content-Encoding that was not requested: …",
            error_of(Op::Get, Op::Get.good().with("Content-Encoding", "br")),
        ),
        (
            "the response lists an event that is not in the batch",
            events(json!({ "unprocessedEntities": [{ "originalRequestIndex": 3 }] })),
        ),
    ];
    if cfg!(feature = "gzip") {
        cases.push((
            "the response cannot be decompressed: …",
            error_of(Op::Get, Op::Get.good().with("Content-Encoding", "gzip")),
        ));
    }
    cases
}

fn lists() -> Vec<Case> {
    let first_error = |body: Value| {
        let listener = Listener::scripted([Scripted::json(200, body)]);
        sessions::list_all(&config(&listener), "7", &Default::default()).find_map(Result::err).unwrap()
    };
    let changing = Listener::responding(|request| {
        let mut segment = segment();
        segment["id"] = json!(request.number.to_string());
        let is_first = request.target.contains("pageNumber=1");
        let entities = if is_first { json!([segment]) } else { json!([]) };
        Scripted::json(200, json!({ "entities": entities, "total": 100 + request.number, "pageCount": 1 }))
    });
    let changing = segments::list_all(&config(&changing), &Default::default()).find_map(Result::err).unwrap();
    let truncated = Listener::scripted([Scripted::json(200, json!({ "entities": [segment()], "total": 2 }))]);
    let truncated = segments::get_many(&config(&truncated), ["7", "8"]).unwrap_err();
    let parted = Listener::scripted([Scripted::json(200, json!({ "entities": [segment()], "pageCount": 2 }))]);
    let seven = ListSegments { segment_ids: vec!["7".into()], ..ListSegments::default() };
    let parted = segments::list_all(&config(&parted), &seven).find_map(Result::err).unwrap();
    let numbered = Listener::responding(|request| {
        Scripted::json(200, json!({ "entities": [], "nextUri": format!("/?after={}", request.number) }))
    });
    let empty_pages = sessions::list_all(&config(&numbered), "7", &Default::default()).find_map(Result::err).unwrap();
    vec![
        (
            "the list is incomplete: … passes over it returned … entities, but different ones each time; it probably changes \
             at the moment, so list it again later",
            changing,
        ),
        ("the list is incomplete: the response has no segment …, but reports more segments than it has", truncated),
        ("the list is incomplete: it has only one page, which reports further pages", parted),
        (
            "the list does not end: a cursor occurs twice",
            first_error(json!({ "entities": [{ "id": "1" }], "nextUri": "/?after=a" })),
        ),
        ("the list does not end: … pages in a row are empty", empty_pages),
        (
            r#"nextUri has no cursor (expected the query parameter "after")"#,
            first_error(json!({ "entities": [], "nextUri": "/?pageNumber=2" })),
        ),
    ]
}

fn streams() -> Vec<Case> {
    let stream = |body: &str| {
        let listener = Listener::scripted([Scripted::text(200, body)]);
        let config = config(&listener);
        match analytics::stream_aggregates(&config, &query()) {
            Ok(mut containers) => containers.find_map(Result::err).unwrap(),
            Err(error) => error,
        }
    };
    vec![
        ("the response cannot be decoded from byte … on: …", stream(r#"{"results":{}}"#)),
        ("the response ends too early, after … bytes: …", stream(r#"{"results":[]"#)),
        ("the response has no … in its … bytes", stream(r#"{"message":"later"}"#)),
        ("entry … of the results: …", stream(r#"{"results":[[]]}"#)),
        ("expected a container", stream(r#"{"results":[[]]}"#)),
        ("expected one list of results", stream(r#"{"results":[],"results":[]}"#)),
        ("expected the end", stream(r#"{"results":[]} rubbish"#)),
    ]
}
