//! Which connections a request may be sent over.

use std::collections::BTreeSet;
use std::time::Duration;

use genesys_journey::auth::Grant;
use genesys_journey::{Config, ErrorKind};

use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

/// A little longer than the idle time after which a write opens a connection.
const IDLE: Duration = Duration::from_millis(1050);

fn config_for(listener: &Listener, reuse: bool) -> Config {
    let settings = settings(&listener.url()).reuse_connections_for_writes(reuse);
    settings.attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap()
}

fn all_calls(config: &Config) {
    for _ in 0..5 {
        for op in ALL {
            op.call(config).unwrap_or_else(|error| panic!("{op:?}: {error}"));
        }
    }
}

#[test]
fn reads_and_writes_share_a_recent_connection() {
    let listener = Listener::responding(success_for);
    all_calls(&config_for(&listener, true));
    assert_eq!((listener.count(), listener.connections()), (30, 1));
}

#[test]
fn a_write_does_not_reuse_an_idle_connection() {
    at_once(ALL, |op| {
        let listener = Listener::responding(success_for);
        let config = config_for(&listener, true);
        Op::Get.call(&config).unwrap();
        std::thread::sleep(IDLE);
        op.call(&config).unwrap();
        assert_eq!(listener.connections(), if op.is_write() { 2 } else { 1 }, "{op:?}");
        // The new connection is kept.
        op.call(&config).unwrap();
        assert_eq!(listener.connections(), if op.is_write() { 2 } else { 1 }, "{op:?}");
    });
}

#[test]
fn writes_open_a_connection_each_if_reuse_is_off() {
    let listener = Listener::responding(success_for);
    all_calls(&config_for(&listener, false));
    let mut used = BTreeSet::new();
    for request in listener.requests() {
        let is_write = request.method == "PATCH" || request.target.ends_with("/segments") && request.method == "POST";
        assert!(used.insert(request.connection) || !is_write, "{} over a used connection", request.method);
    }
    assert_eq!(used.len(), 11, "reads share one connection");
}

#[test]
fn a_single_use_grant_is_sent_over_a_new_connection() {
    let token = |number: usize| {
        let body = format!(r#"{{"access_token":"token-{number}","refresh_token":"r-{number}","expires_in":3600}}"#);
        Scripted::json(200, body)
    };
    let listener = Listener::responding(move |request| match request.target.as_str() {
        "/oauth/token" => token(request.number),
        _ if request.header("authorization") == Some("Bearer token-0") && request.number > 1 => {
            Scripted::json(401, "{}")
        }
        _ => success_for(request),
    });
    let settings = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT);
    let config = settings.sign_in(Grant::refresh_token("id", "secret", "r")).unwrap();
    Op::Get.call(&config).unwrap();
    Op::Get.call(&config).unwrap();
    let requests = listener.requests();
    let renewal = requests.iter().rposition(|request| request.target == "/oauth/token").unwrap();
    assert_eq!((requests.len(), renewal), (5, 3));
    assert!(requests[..renewal].iter().all(|earlier| earlier.connection != requests[renewal].connection));
}

#[test]
fn connection_close_prevents_reuse() {
    for head in ["HTTP/1.1 200 OK\r\nConnection: Close\r\n", "HTTP/1.0 200 OK\r\n"] {
        for op in [Op::Get, Op::Create] {
            let body = segment().to_string();
            let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
            let listener = Listener::scripted([Scripted::Raw(bytes)]);
            let config = config_for(&listener, true);
            op.call(&config).unwrap();
            op.call(&config).unwrap();
            assert_eq!((listener.count(), listener.connections()), (2, 2), "{op:?} after {head:?}");
        }
    }
}

#[test]
fn a_write_on_a_closing_connection_is_sent_once() {
    let ends: [fn(Scripted) -> Scripted; 2] = [Scripted::then_close_on_next, Scripted::then_reset_on_next];
    at_once(ends, |end| {
        for op in WRITES {
            let listener = Listener::scripted([end(Op::Get.good()), op.good()]);
            let config = config_for(&listener, true);
            Op::Get.call(&config).unwrap();
            let error = timed(op, &config, DEADLINE).0.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{op:?}: {error}");
            assert_eq!((error.attempts(), listener.count()), (1, 1), "{op:?}: {error}");
        }
    });
}

#[test]
fn a_write_opens_a_connection_if_the_recent_one_closed() {
    for op in WRITES {
        let listener = Listener::scripted([Op::Get.good().then_close(), op.good()]);
        let config = config_for(&listener, true);
        Op::Get.call(&config).unwrap();
        listener.wait_until_left();
        timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!((listener.count(), listener.connections()), (2, 2), "{op:?}");
    }
}
