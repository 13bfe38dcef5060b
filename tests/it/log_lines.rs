//! The log: a debug line for each attempt, a warning for each retry.

use std::cell::RefCell;
use std::rc::Rc;

use genesys_journey::Config;
use genesys_journey::auth::Grant;
use log::Level;

use genesys_listener::calls::*;
use genesys_listener::log_lines::on_line;
use genesys_listener::{Listener, Scripted};

/// Makes a call, and returns its log lines.
fn logged(op: Op, script: impl IntoIterator<Item = Scripted>) -> Vec<(Level, String)> {
    let listener = Listener::scripted(script);
    logged_by(op, &config(&listener))
}

fn logged_by(op: Op, config: &Config) -> Vec<(Level, String)> {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let kept = lines.clone();
    on_line(move |level, line| kept.borrow_mut().push((level, line.to_owned())));
    let _ = op.call(config);
    lines.take()
}

#[test]
fn each_attempt_is_a_debug_line_with_its_result() {
    let good = Op::Get.good().with("ININ-Correlation-Id", "c-2");
    let lines = logged(Op::Get, [Scripted::text(503, "").with("ININ-Correlation-Id", "c-1"), good]);
    let debug: Vec<&String> = lines.iter().filter(|(level, _)| *level == Level::Debug).map(|(_, line)| line).collect();
    let [first, second] = debug.as_slice() else { panic!("two attempts, but: {lines:?}") };
    let path = "GET /api/v2/journey/segments/7: ";
    assert!(first.starts_with(path) && second.starts_with(path), "{lines:?}");
    assert!(first.ends_with(" ms (attempt 1, correlation id c-1)"), "{first}");
    assert!(second.contains(": 200 in ") && second.ends_with(" ms (attempt 2, correlation id c-2)"), "{second}");
    assert!(first.starts_with(&format!("{path}503 the response has no body in ")), "{first}");
}

#[test]
fn each_retry_is_a_warning_with_its_reason_and_its_wait() {
    let error = r#"{"code": "too.many.requests", "message": "slow down"}"#;
    let lines = logged(Op::Create, [Scripted::json(429, error), Op::Create.good()]);
    let warnings: Vec<&String> =
        lines.iter().filter(|(level, _)| *level == Level::Warn).map(|(_, line)| line).collect();
    let [warning] = warnings.as_slice() else { panic!("one retry, but: {lines:?}") };
    assert!(
        warning.starts_with("POST /api/v2/journey/segments: retrying in 3.") && warning.contains("ms after: "),
        "{warning}"
    );
    assert!(warning.contains("429") && warning.contains("slow down"), "{warning}");
}

#[test]
fn a_token_that_is_renewed_because_it_was_refused_is_a_warning() {
    let token = Scripted::json(200, r#"{"access_token": "token"}"#);
    let refused = Scripted::json(401, r#"{"code": "bad.credentials"}"#);
    let listener = Listener::scripted([token.clone(), refused, token, Op::Create.good()]);
    let config = settings(&listener.url())
        .attempt_timeout(RELAXED_TIMEOUT)
        .sign_in(Grant::client_credentials("id", "secret"))
        .unwrap();
    let lines = logged_by(Op::Create, &config);
    let path = "POST /api/v2/journey/segments: ";
    let starts = [
        (Level::Debug, format!("{path}401 bad.credentials")),
        (Level::Warn, format!("{path}the token was refused; renewing it")),
        (Level::Debug, "POST /oauth/token: 200 in ".to_owned()),
        (Level::Debug, format!("{path}200 in ")),
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:?}");
    for ((level, line), (expected, start)) in lines.iter().zip(&starts) {
        assert!(level == expected && line.starts_with(start), "{line:?}, not {start:?}");
    }
}

#[test]
fn an_attempt_without_a_response_is_logged_with_its_error() {
    let lines = logged(Op::Update, [Scripted::Close]);
    let [(Level::Debug, line)] = lines.as_slice() else { panic!("one attempt, but: {lines:?}") };
    assert!(line.starts_with("PATCH /api/v2/journey/segments/7: no complete response: "), "{line}");
    assert!(line.ends_with("(attempt 1, correlation id none)"), "{line}");
}

#[test]
fn text_of_the_service_forges_no_lines() {
    let error =
        format!(r#"{{"message": "no\nDEBUG forged", "contextId": "c\r\nforged", "code": "{}"}}"#, "x".repeat(100_000));
    for (_, line) in logged(Op::Get, [Scripted::json(503, error), Op::Get.good()]) {
        assert!(!line.contains(['\n', '\r']) && line.len() < 9_000, "{} bytes: {line:?}", line.len());
    }
}

#[test]
fn the_query_of_a_request_is_not_logged() {
    let lines = logged(Op::List, [Scripted::text(503, ""), Op::List.good()]);
    assert!(lines.iter().all(|(_, line)| !line.contains('?')), "{lines:?}");
}
