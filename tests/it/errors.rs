//! Errors as a program sees them: the line, the message of the service, and whether a later run may succeed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, analytics, raw};
use serde_json::{Value, json};

use genesys_listener::calls::*;
use genesys_listener::messages::assert_listed;
use genesys_listener::{Listener, Scripted, bound};

fn client() -> Grant {
    Grant::client_credentials("the-client", "the-secret")
}

fn refresh() -> Grant {
    Grant::refresh_token("the-client", "the-secret", "the-refresh-token")
}

/// Settings for one attempt. Only a response that never ends needs a short timeout.
fn once(listener: &Listener, scripted: &Scripted) -> ConfigBuilder {
    let is_endless = matches!(scripted, Scripted::Silent | Scripted::RawThenSilent(_));
    let timeout = if is_endless { TIMEOUT } else { DEADLINE };
    settings(&listener.url()).max_attempts(1).connect_timeout(DEADLINE).attempt_timeout(timeout)
}

/// Returns the error of one call, after one attempt.
fn error_of(op: Op, scripted: Scripted) -> Error {
    let listener = Listener::scripted([scripted.clone()]);
    let settings = once(&listener, &scripted);
    let error = op.call(&settings.token(TOKEN).unwrap()).unwrap_err();
    assert!(std::error::Error::source(&error).is_none());
    assert_eq!(format!("{error}"), format!("{error:?}"));
    error
}

/// Returns the error of a sign-in, after one attempt.
fn sign_in_error(grant: Grant, scripted: Scripted) -> Error {
    let listener = Listener::scripted([scripted.clone()]);
    once(&listener, &scripted).sign_in(grant).unwrap_err()
}

fn refused_connection() -> Config {
    let unused = bound();
    let address = unused.local_addr().unwrap().as_socket().unwrap();
    settings(&format!("http://{address}")).max_attempts(1).attempt_timeout(DEADLINE).token(TOKEN).unwrap()
}

fn in_vendor_region() -> Config {
    Config::builder(Region::EU_WEST_1).no_proxy().token(TOKEN).unwrap()
}

/// Returns the error of a list that never becomes complete: each pass sees another segment and another total.
fn incomplete_list() -> Error {
    let listener = Listener::responding(|request| {
        let mut segment = segment();
        segment["id"] = json!(request.number.to_string());
        let is_first = request.target.contains("pageNumber=1");
        let entities = if is_first { json!([segment]) } else { json!([]) };
        Scripted::json(200, json!({"entities": entities, "total": 100 + request.number, "pageCount": 1}))
    });
    let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap();
    let error = segments::list_all(&config, &Default::default()).find_map(Result::err).unwrap();
    assert!(error.is_incomplete(), "{error}");
    error
}

fn refused_by_a_proxy(op: Op, status: u16) -> Error {
    let proxy = Listener::scripted([Scripted::text(status, "")]);
    let settings =
        settings("https://api.example.com").connect_timeout(DEADLINE).attempt_timeout(DEADLINE).proxy(proxy.url());
    op.call(&settings.token(TOKEN).unwrap()).unwrap_err()
}

/// Returns the error of a failed handshake. An untrusted certificate fails alike: `tests/heavy/network/trust.rs`.
fn failed_handshake(op: Op) -> Error {
    let listener = Listener::scripted([Scripted::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).unsolicited()]);
    let settings =
        settings(&listener.url().replace("http:", "https:")).connect_timeout(DEADLINE).attempt_timeout(DEADLINE);
    op.call(&settings.token(TOKEN).unwrap()).unwrap_err()
}

fn too_large(op: Op) -> Error {
    let listener = Listener::scripted([op.good()]);
    let settings = settings(&listener.url()).connect_timeout(DEADLINE).attempt_timeout(DEADLINE).max_response_bytes(10);
    op.call(&settings.token(TOKEN).unwrap()).unwrap_err()
}

fn no_slot() -> Error {
    let listener = Listener::scripted([Op::Get.good()]);
    let config =
        settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).requests_per_minute(1).token(TOKEN).unwrap();
    Op::Get.call(&config).unwrap();
    Op::Get.call(&config).unwrap_err()
}

#[test]
fn each_failure_is_transient_or_not() {
    use ErrorKind::{Api, Auth, Decode, Input, Timeout, Transport};

    let cut = Scripted::RawThenClose(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"id\":".to_vec());
    let late = Scripted::RawThenSilent(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"id\":".to_vec());
    let limited = json!({"error": "invalid_request", "error_description": "rate limit exceeded"});
    let oauth = |status| Scripted::json(status, json!({"error": "invalid_client"}));
    let mut table: Vec<(String, Error, ErrorKind, bool)> = Vec::new();
    let mut add = |what: &str, error: Error, kind: ErrorKind, transient: bool| {
        table.push((what.to_owned(), error, kind, transient));
    };

    add("deadline", Op::Get.call(&in_vendor_region().with_deadline(Instant::now())).unwrap_err(), Timeout, true);
    add("input", segments::get(&in_vendor_region(), "").unwrap_err(), Input, false);
    add("input", segments::create(&in_vendor_region(), &NewSegment::new("")).unwrap_err(), Input, false);
    for op in [Op::Get, Op::Create] {
        add("connection refused", op.call(&refused_connection()).unwrap_err(), Transport, true);
        add("failed TLS handshake", failed_handshake(op), Transport, false);
        for status in [302, 401, 403, 407] {
            add(&format!("{status} of a proxy"), refused_by_a_proxy(op, status), Transport, false);
        }
    }
    // The outcome of a write, and whether a refresh token is used up, is unknown.
    for (what, scripted, kind) in [
        ("closed", Scripted::Close, Transport),
        ("reset", Scripted::Reset, Transport),
        ("cut", cut, Transport),
        ("silent", Scripted::Silent, Timeout),
        ("late", late, Timeout),
    ] {
        add(&format!("{what}, read"), error_of(Op::Get, scripted.clone()), kind, true);
        add(&format!("{what}, write"), error_of(Op::Create, scripted.clone()), kind, false);
        add(&format!("{what}, client credentials"), sign_in_error(client(), scripted.clone()), kind, true);
        add(&format!("{what}, refresh token"), sign_in_error(refresh(), scripted), kind, false);
    }
    for status in (300..=599).filter(|status| *status != 401) {
        let known = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
        add(&format!("{status}, read"), error_of(Op::Get, Scripted::text(status, "")), Api, known);
        // The outcome of a write is known only if the request was refused.
        add(&format!("{status}, write"), error_of(Op::Create, Scripted::text(status, "")), Api, status == 429);
    }
    for status in [404, 408, 429, 500, 501, 502, 503, 504] {
        let known = !matches!(status, 404 | 501);
        add(&format!("{status}, client credentials"), sign_in_error(client(), Scripted::text(status, "")), Api, known);
        let known = status == 429;
        add(&format!("{status}, refresh token"), sign_in_error(refresh(), Scripted::text(status, "")), Api, known);
    }
    for grant in [client(), refresh()] {
        let error = sign_in_error(grant.clone(), Scripted::json(400, &limited));
        add("rate limit of the token endpoint", error, Api, true);
        for status in [200, 400, 401, 403] {
            add("refused credentials", sign_in_error(grant.clone(), oauth(status)), Auth, false);
            let kind = if status == 200 { Auth } else { Api };
            let error = sign_in_error(grant.clone(), Scripted::text(status, "no"));
            add("refused in another format", error, kind, false);
        }
    }
    add("refused token", error_of(Op::Get, Scripted::json(401, "{}")), Auth, false);
    for op in [Op::Get, Op::List, Op::Query, Op::Create, Op::Update] {
        add("undecodable", error_of(op, Scripted::text(200, "<html>")), Decode, false);
        add("no body", error_of(op, Scripted::text(200, "")), Decode, false);
        add("unknown coding", error_of(op, Scripted::text(200, "{}").with("Content-Encoding", "br")), Decode, false);
        add("too large", too_large(op), Decode, false);
    }
    add("no slot before the deadline", no_slot(), Timeout, true);
    add("incomplete list", incomplete_list(), Decode, true);

    for (what, error, kind, transient) in table {
        assert_listed(&error);
        assert_eq!((error.kind(), error.is_transient()), (kind, transient), "{what}: {error}");
        let unknown = what.ends_with(", write") && !transient && !matches!(error.status(), Some(300..=407 | 409..=499));
        assert!(!unknown || error.outcome_unknown(), "{what}: {error}");
    }
}

#[test]
fn display_is_one_line_without_repetition() {
    let body = json!({
        "message": "this is a test.; ", "code": "not.good", "status": "400", "contextId": "c-1",
        "details": [{"errorCode": "bad", "fieldName": "color"}, {"fieldName": "x"}, {"errorCode": "y"}, {}],
    });
    let listener = Listener::scripted([Scripted::json(400, &body)]);
    let url = format!("{}/api/v2/journey/segments", listener.url());
    let error = Op::Create.call(&config(&listener)).unwrap_err();
    let line = format!("POST {url}: 400 not.good: this is a test [color: bad] [x] [y] (correlation id c-1, 1 attempt)");
    assert_eq!(error.to_string(), line);
    assert_eq!((error.message(), error.service_error().status), ("this is a test.; ", Some(400)));

    for (scripted, words) in [
        (Scripted::json(404, json!({"message": "gone."})), "404 gone (1 attempt)"),
        (Scripted::json(404, json!({"code": "not.found"})), "404 not.found (1 attempt)"),
        (Scripted::json(404, json!({"message": "", "code": "not.found"})), "404 not.found (1 attempt)"),
        (Scripted::json(404, json!({"message": "a\r\nb\u{1b}c"})), "404 a  b c (1 attempt)"),
        (Scripted::text(404, ""), "404 the response has no body (1 attempt)"),
        (
            Scripted::json(429, json!({"message": "slow down"})).with("Retry-After", 3600),
            "429 slow down (retry after 3600 s, 1 attempt)",
        ),
        (
            Scripted::json(500, json!({"message": "it broke!"})),
            "500 it broke!; the request may have been processed (1 attempt)",
        ),
        (
            Scripted::json(401, json!({"message": "Invalid credentials."})),
            "401 Invalid credentials; the token was refused, and it cannot be renewed; get a new one (1 attempt)",
        ),
        (
            Scripted::text(401, "<html>Proxy says no</html>"),
            "401 the token was refused, and it cannot be renewed; get a new one; \
             the response is not in the format of the service: \"Proxy says no\" (1 attempt)",
        ),
    ] {
        let listener = Listener::scripted([scripted]);
        let error = Op::Create.call(&config(&listener)).unwrap_err().to_string();
        assert_eq!(error.split_once("/segments: ").unwrap().1, words);
    }
    let listener =
        Listener::scripted([Scripted::json(400, json!({"error": "invalid_client", "description": "Gone."}))]);
    let error = settings(&listener.url()).sign_in(client()).unwrap_err();
    let line = format!("POST {}/oauth/token: signing in failed: 400 invalid_client: Gone (1 attempt)", listener.url());
    assert_eq!(error.to_string(), line);
}

#[test]
fn an_error_in_another_format_shows_its_first_words() {
    let long = "word ".repeat(100);
    let foreign = |words: &str| format!("the response is not in the format of the service: {words:?}");
    let cases = [
        (
            "<html><head><TITLE>\n Access  denied </TITLE></head><body>Ref 18</body></html>".to_owned(),
            foreign("Access denied"),
        ),
        ("<html><head><title lang=\"en\">Blocked</title>".to_owned(), foreign("Blocked")),
        ("<html><title></title><h1>Access</h1><p>denied</p></html>".to_owned(), foreign("Access denied")),
        ("no healthy\nupstream".to_owned(), foreign("no healthy upstream")),
        (r#"{"unknown": "format"}"#.to_owned(), foreign(r#"{"unknown": "format"}"#)),
        (long.clone(), foreign(&format!("{}…", &long[..100]))),
        ("x".repeat(300), foreign(&format!("{}…", "x".repeat(100)))),
        ("é".repeat(100), foreign(&"é".repeat(100))),
        ("<br/>".to_owned(), "the response has no text in its body".to_owned()),
        (" \n".to_owned(), "the response has no body".to_owned()),
        (r#"{"Message": "User is\nnot authorized"}"#.to_owned(), foreign("User is not authorized")),
        (r#"{"errors": [{}, {"message": "first"}, {"message": "second"}]}"#.to_owned(), foreign("first")),
        (r#"{"errors": [{"errors": [{"message": "nested"}]}]}"#.to_owned(), foreign("nested")),
        (r#"{"message": " ", "errors": [{"message": "first"}], "Message": "other"}"#.to_owned(), foreign("first")),
        (r#"{"Message": "a < b > c"}"#.to_owned(), foreign("a < b > c")),
        (r#"{"Message": " "}"#.to_owned(), foreign(r#"{"Message": " "}"#)),
        (json!({"Message": long}).to_string(), foreign(&format!("{}…", &long[..100]))),
        (json!({"errors": [{"message": "x".repeat(300)}]}).to_string(), foreign(&format!("{}…", "x".repeat(100)))),
        (r#"{"message": "own", "errors": [{"message": "first"}]}"#.to_owned(), "own".to_owned()),
        (r#"{"code": "own", "errors": [{"message": "first"}]}"#.to_owned(), "first".to_owned()),
    ];
    for (body, message) in cases {
        for status in [400, 403, 503] {
            let error = error_of(Op::Get, Scripted::text(status, body.clone()));
            assert_eq!((error.status(), error.message()), (Some(status), message.as_str()), "{body}");
            assert!(error.to_string().contains(&message) && !error.to_string().contains('\n'), "{error}");
        }
    }
}

#[test]
fn an_error_in_another_format_keeps_its_predicates() {
    let bodies: [fn(&str) -> Value; 2] =
        [|text| json!({"Message": text}), |text| json!({"errors": [{"message": text}]})];
    for body in bodies {
        let error = error_of(Op::Update, Scripted::json(409, body("Version 3 is not current")));
        assert!(error.is_version_conflict(), "{error}");
        let error = error_of(Op::Get, Scripted::json(429, body("Retry the request in [45] seconds")));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(45)), "{error}");
        let error = sign_in_error(client(), Scripted::json(403, body("Forbidden")));
        assert!(error.message().ends_with("not in the format of the service: \"Forbidden\""), "{error}");
        // A secret that the limit cuts is redacted before.
        let text = format!("{}{TOKEN} end", "x".repeat(92));
        for op in [Op::Get, Op::Create] {
            let error = error_of(op, Scripted::json(403, body(&text)));
            assert!(!error.to_string().contains(&TOKEN[..6]) && error.message().contains("x[redact"), "{error}");
        }
    }
}

#[test]
fn parameters_and_a_status_of_any_type_are_kept() {
    let body = json!({
        "message": "m", "status": " 400 ", "limit": {"key": "k", "value": "300"},
        "messageParams": {"text": "t", "list": [1, "b"], "object": {"a": null}, "number": 1.5, "bool": true, "null": null},
    });
    let error = error_of(Op::Get, Scripted::json(400, body));
    let service = error.service_error();
    assert_eq!((service.status, service.limit.as_ref().unwrap().value), (Some(400), Some(300)));
    let params: Vec<(&str, &str)> = service.message_params.iter().map(|(key, value)| (&**key, &**value)).collect();
    let expected = [
        ("bool", "true"),
        ("list", "[1,\"b\"]"),
        ("null", "null"),
        ("number", "1.5"),
        ("object", "{\"a\":null}"),
        ("text", "t"),
    ];
    assert_eq!(params, expected);
    for status in [json!("soon"), json!(70_000), json!(-1), json!([])] {
        let error = error_of(Op::Get, Scripted::json(400, json!({"message": "m", "status": status})));
        assert_eq!((error.service_error().status, error.status()), (None, Some(400)));
    }
}

#[test]
fn a_version_conflict_is_about_a_version() {
    let mismatch = "Version 3 does not match the current version 4";
    for (status, message, code, is_conflict) in [
        (409, mismatch, "", true),
        (409, "The VERSION is outdated", "", true),
        (409, "", "version.mismatch", true),
        (409, "", "entityVersionMismatch", true),
        (409, "the name is taken", "", false),
        (409, "A segment named 'Loyalty version 2' exists", "", false),
        (409, "A segment named \"version 2\" exists.", "", false),
        (409, "The field 'version' is outdated", "", true),
        (409, "Segment is in use", "in.use", false),
        (409, "The conversion is in use by a conversation", "Conversion.in.use", false),
        (409, "", "", false),
        (400, mismatch, "", true),
        (400, "version 3 DOES NOT MATCH the current version 4", "", true),
        (400, "version is required", "version.missing", false),
        (404, mismatch, "version.mismatch", false),
        (412, mismatch, "version.mismatch", false),
        (500, mismatch, "version.mismatch", false),
    ] {
        for op in [Op::Update, Op::Delete] {
            let error = error_of(op, Scripted::json(status, json!({"message": message, "code": code})));
            // A DELETE sends no version.
            let expected = is_conflict && op == Op::Update;
            assert_eq!(error.is_version_conflict(), expected, "{op:?} {status} {message} {code}");
        }
    }
}

/// The secret is a part of the words by which an error is recognised.
#[test]
fn secrets_do_not_change_predicates_or_ordinary_words() {
    let conflict = || Scripted::json(409, json!({"message": "Version 3 is not current", "code": "version.mismatch"}));
    for secret in ["version.mismatch", "Version 3", "mismatch", "version", "a", "not"] {
        let listener = Listener::scripted([conflict()]);
        let settings = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).header("X-Key", secret);
        let error = Op::Update.call(&settings.token("no").unwrap()).unwrap_err();
        assert!(error.is_version_conflict(), "{secret}: {error}");
        if secret.len() < 8 {
            assert_eq!((error.code(), error.message()), (Some("version.mismatch"), "Version 3 is not current"));
        }
    }
    // Words of the crate are never redacted.
    let listener = Listener::scripted([Scripted::text(403, "")]);
    let words = "the response has no body";
    let settings = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).header("X-Key", words);
    let error = Op::Update.call(&settings.token("response").unwrap()).unwrap_err();
    assert_eq!(error.message(), words);

    let limited = json!({"error": "invalid_request", "error_description": "rate limit exceeded"});
    let grant = Grant::client_credentials("the-client", "rate limit");
    assert!(sign_in_error(grant, Scripted::json(400, limited)).is_rate_limited());
}

#[test]
fn a_decoding_error_never_shows_json() {
    let visitor = || json!({"id": "7", "displayName": "Ann Smith", "isActive": "Ann Smith", "version": 3});
    let bodies = [
        visitor().to_string(),
        format!(" \n{}", visitor()),
        format!("\u{feff}{}", visitor()),
        json!([visitor()]).to_string(),
        "\"Ann Smith\"".to_owned(),
        "42 Ann Smith".to_owned(),
        "-1 Ann Smith".to_owned(),
        "{\"id\": \"7\", \"displayName\": \"Ann Smi".to_owned(),
        json!({"entities": [visitor()]}).to_string(),
        json!({"results": [{"group": {"name": 7, "x": "Ann Smith"}}]}).to_string(),
        json!({"results": "Ann Smith"}).to_string(),
        json!({"results": ["Ann Smith"]}).to_string(),
        "{\"results\" Ann Smith".to_owned(),
        "{\"results\": [] Ann Smith".to_owned(),
        "{\"results\": []} Ann Smith".to_owned(),
    ];
    for body in bodies {
        for op in [Op::Get, Op::List, Op::Query, Op::Create] {
            let listener = Listener::scripted([Scripted::json(200, &body)]);
            let Err(error) = op.send(&config(&listener)) else { continue };
            assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)), "{error}");
            assert!(!error.to_string().contains("Ann") && !error.message().contains("Ann"), "{error}");
            let has_position = ["line ", "byte", "not a list", "found an object"]
                .into_iter()
                .any(|words| error.message().contains(words));
            assert!(has_position || body.starts_with(['"', '4', '-', '[', '\u{feff}']), "{error}");
            assert!(body.contains(error.body()), "{op:?}: {:?}", error.body());
        }
    }
    let error = error_of(Op::Get, Scripted::json(200, visitor()));
    assert!(error.message().contains("invalid type: string, expected a boolean at line 1"), "{error}");
    assert!(error.body().contains("Ann Smith"));
}

#[test]
fn a_decoding_error_shows_the_start_of_another_body() {
    for op in [Op::Get, Op::List, Op::Query, Op::Create] {
        let page = format!("<html>\n<title>Sorry</title>{}", "x".repeat(300));
        let error = error_of(op, Scripted::text(200, page));
        let words = format!("; it starts with \"<html> <title>Sorry</title>{}…\"", "x".repeat(100 - 27));
        assert!(error.to_string().contains(&words), "{error}");
    }
}

/// The body in an error of a stream begins at the problem, which may lie within a token.
#[test]
fn a_truncated_token_is_not_in_a_body() {
    const LIMIT: usize = 8 * 1024;
    let token = "\"a-token\"that-begins-like-a-text";
    let body_of = |text: String| {
        let listener = Listener::scripted([Scripted::text(200, text)]);
        let config = settings(&listener.url()).attempt_timeout(DEADLINE).token(token).unwrap();
        let stream = analytics::stream_aggregates(&config, &query());
        let error = stream.map_or_else(Some, |mut stream| stream.find_map(Result::err)).unwrap();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        error.body().to_owned()
    };
    let entry = json!({"group": {}, "data": [], "x": "y".repeat(100)}).to_string() + ",";
    // The second is longer than the buffer of the stream.
    for before in ["", &entry.repeat(3_000)] {
        for cut in [1, 7, 8, 30] {
            let start = "x".repeat(LIMIT - cut);
            let body = body_of(format!(r#"{{"results": [{before} {start}{token}"#));
            assert_eq!(body, start + &"[redacted]"[..cut.min(10)]);
        }
        let body = body_of(format!(r#"{{"results": [{before} {{}}], "x": {token} and more"#));
        assert_eq!(body, "[redacted] and more");
    }
}

/// A value of an enum of the program is content, too.
#[test]
fn a_decoding_error_of_raw_shows_no_value() {
    #[derive(Debug, serde::Deserialize)]
    enum Known {
        #[serde(rename = "known")]
        Known,
    }
    let listener = Listener::scripted([Scripted::json(200, json!({"a": "Ann Smith"}))]);
    let result: Result<BTreeMap<String, Known>, Error> = raw::get(&config(&listener), &["x"], &[]);
    let error = result.unwrap_err();
    assert!(!error.to_string().contains("Ann") && error.message().contains("unknown variant"), "{error}");
}

#[test]
fn every_log_line_has_the_documented_target() {
    fn visit(folder: &Path, lines: &mut usize) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, lines);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for level in ["error", "warn", "info", "debug", "trace"] {
                for call in text.split(&format!("log::{level}!(")).skip(1) {
                    *lines += 1;
                    assert!(call.trim_start().starts_with("target: LOG_TARGET,"), "{path:?}: {call:.60}");
                }
            }
        }
    }
    let mut lines = 0;
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut lines);
    assert!(lines >= 5, "{lines} log lines were found");
}

#[test]
fn an_error_names_its_field() {
    let config = in_vendor_region();
    let error = segments::create(&config, &NewSegment::new("")).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("displayName")), "{error}");
    // The words of the service are not a field.
    let error = error_of(Op::Get, Scripted::json(400, json!({"message": "client_id is wrong"})));
    assert_eq!((error.kind(), error.field()), (ErrorKind::Api, None), "{error}");
    let error = sign_in_error(client(), Scripted::json(400, json!({"error": "client_id: no"})));
    assert_eq!((error.kind(), error.field()), (ErrorKind::Auth, None), "{error}");
}
