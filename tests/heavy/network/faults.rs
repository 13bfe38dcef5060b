//! Faults of TLS, and the faults of connections under TLS.

use std::time::Duration;

use genesys_journey::segments::{self, NewSegment, SegmentUpdate};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind};

use super::front::{CloseNotify, Front};
use super::tls::{Ca, Server};
use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

const LOST: ErrorKind = ErrorKind::Transport;
const LATE: ErrorKind = ErrorKind::Timeout;

/// For a listener that does not speak TLS.
fn settings_for(listener: &Listener) -> ConfigBuilder {
    settings(&listener.url().replace("http://", "https://"))
}

/// A listener under TLS, and a config that trusts it.
fn under_tls(listener: &Listener, close_notify: CloseNotify, timeout: Duration) -> (Front, Config) {
    let ca = Ca::new();
    let front = Front::of(listener, ca.issue("localhost", false).pem(), close_notify);
    let settings = settings(&front.url()).call_timeout(LONG_TIMEOUT).attempt_timeout(timeout).connect_timeout(timeout);
    let settings = settings.extra_roots(ca.pem());
    (front, settings.token(TOKEN).unwrap())
}

fn known(op: Op, error: &Error, kind: ErrorKind, attempts: u32) {
    assert_eq!((error.kind(), error.status(), error.attempts()), (kind, None, attempts), "{op:?}: {error}");
    assert!(!error.outcome_unknown(), "{op:?}: {error}");
}

/// The start of a handshake message that never ends.
fn endless_hello() -> Scripted {
    let head = vec![0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3];
    Scripted::Drip { head, bytes: vec![0], every: Duration::from_millis(20) }.unsolicited()
}

#[test]
fn a_slow_handshake_is_four_attempts_with_a_known_outcome() {
    at_once([Scripted::Silent.unsolicited(), Scripted::Stuck.unsolicited(), endless_hello()], |scripted| {
        at_once(ALL, |op| {
            let listener = Listener::scripted([scripted.clone()]);
            let (result, took) = timed(op, &settings_for(&listener).token(TOKEN).unwrap(), DEADLINE);
            known(op, &result.unwrap_err(), LATE, 4);
            assert_eq!((listener.count(), listener.connections()), (4, 4), "{op:?}");
            assert!(took >= TIMEOUT * 4, "{op:?}: {took:?}");
        });
    });
}

#[test]
fn a_handshake_ends_at_the_deadline() {
    at_once([Scripted::Silent.unsolicited(), endless_hello()], |scripted| {
        at_once(ALL, |op| {
            let listener = Listener::scripted([scripted.clone()]);
            let deadline = Duration::from_millis(150);
            let settings =
                settings_for(&listener).attempt_timeout(DEADLINE).connect_timeout(DEADLINE).call_timeout(deadline);
            let (result, _) = timed(op, &settings.token(TOKEN).unwrap(), deadline);
            known(op, &result.unwrap_err(), LATE, 1);
        });
    });
}

#[test]
fn a_broken_handshake_is_retried() {
    at_once([Scripted::Close.unsolicited(), Scripted::Reset.unsolicited()], |scripted| {
        at_once(ALL, |op| {
            let listener = Listener::scripted([scripted.clone()]);
            let config = settings_for(&listener)
                .attempt_timeout(RELAXED_TIMEOUT)
                .connect_timeout(RELAXED_TIMEOUT)
                .token(TOKEN)
                .unwrap();
            known(op, &timed(op, &config, DEADLINE).0.unwrap_err(), LOST, 4);
            assert_eq!(listener.count(), 4, "{op:?}");
        });
    });
}

#[test]
fn a_service_without_tls_never_receives_the_token() {
    at_once(ALL, |op| {
        let response = Scripted::RawThenClose(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec());
        let listener = Listener::scripted([response.unsolicited()]);
        let config = settings_for(&listener)
            .attempt_timeout(RELAXED_TIMEOUT)
            .connect_timeout(RELAXED_TIMEOUT)
            .token(TOKEN)
            .unwrap();
        known(op, &timed(op, &config, DEADLINE).0.unwrap_err(), LOST, 1);
        assert_eq!(listener.count(), 1, "{op:?}");
    });
}

#[test]
fn an_invalid_certificate_is_one_attempt_without_a_request() {
    let ca = Ca::new();
    let table = [
        (ca.issue("localhost", false), None, "unknown issuer"),
        (ca.issue("localhost", true), Some(&ca), "expired"),
        (ca.issue("example.com", false), Some(&ca), "not valid for localhost"),
    ];
    for (identity, trusted, says) in table {
        let server = Server::start(identity, None);
        let settings = settings(&format!("https://localhost:{}", server.port));
        let settings = trusted.iter().fold(settings, |settings, ca| settings.extra_roots(ca.pem()));
        let config = settings.attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap();
        for op in ALL {
            let error = timed(op, &config, DEADLINE).0.unwrap_err();
            known(op, &error, LOST, 1);
            assert!(error.to_string().to_lowercase().contains(says), "{says:?} is not in {error}");
        }
        assert_eq!(server.requests(), 0, "{says}");
    }
}

#[test]
fn a_lost_response_under_tls_leaves_only_writes_unknown() {
    let drip =
        |head: &[u8]| Scripted::Drip { head: head.to_vec(), bytes: b"x".to_vec(), every: Duration::from_millis(20) };
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":".to_vec();
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":".to_vec();
    let script = [
        (Scripted::Close, LOST),
        (Scripted::Reset, LOST),
        (Scripted::ResetMidRequest(40), LOST),
        (Scripted::RawThenClose(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), LOST),
        (Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), LOST),
        (Scripted::RawThenClose(cut.clone()), LOST),
        (Scripted::RawThenReset(cut), LOST),
        (Scripted::RawThenClose(chunk), LOST),
        (Scripted::Silent, LATE),
        (drip(b"HTTP/1.1 200 OK\r\nX: "), LATE),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"), LATE),
    ];
    for close_notify in [CloseNotify::Sent, CloseNotify::Omitted] {
        // An endless response is never followed by close_notify.
        let script = script.iter().filter(|(_, kind)| *kind != LATE || close_notify == CloseNotify::Omitted);
        at_once(script, |(scripted, kind)| {
            at_once([Op::Get, Op::Query, Op::Create, Op::Update], |op| {
                let listener = Listener::scripted([scripted.clone()]);
                // The handshake is part of an attempt.
                let timeout = if *kind == LATE { RELAXED_TIMEOUT } else { LONG_TIMEOUT / 4 };
                let (_front, config) = under_tls(&listener, close_notify, timeout);
                let error = timed(op, &config, LONG_TIMEOUT).0.unwrap_err();
                let seen = if op.is_write() { 1 } else { 4 };
                assert_eq!((error.kind(), listener.count()), (*kind, seen), "{op:?}, {scripted:?}: {error}");
                assert_eq!(error.outcome_unknown(), op.is_write(), "{op:?}, {scripted:?}: {error}");
                // rustls links to its documentation.
                assert!(!error.to_string().contains("docs.rs"), "{op:?}, {scripted:?}: {error}");
            });
        });
    }
}

#[test]
fn a_reused_tls_connection_that_closes_loses_nothing_silently() {
    let ends: [fn(Scripted) -> Scripted; 3] =
        [Scripted::then_close_on_next, Scripted::then_reset_on_next, Scripted::then_close];
    for close_notify in [CloseNotify::Sent, CloseNotify::Omitted] {
        at_once(ends, |end| {
            for op in ALL {
                let listener = Listener::scripted([end(Op::Get.good()), op.good()]);
                let (_front, config) = under_tls(&listener, close_notify, LONG_TIMEOUT / 4);
                Op::Get.call(&config).unwrap();
                let (result, _) = timed(op, &config, LONG_TIMEOUT);
                // The first scripted response is for the GET; the write on its connection was not received.
                let lost = op.is_write() && result.as_ref().is_err_and(|error| error.outcome_unknown());
                assert!(lost || result.is_ok(), "{op:?}: {result:?}");
                assert_eq!(listener.count(), if lost { 1 } else { 2 }, "{op:?} is processed once at most");
            }
        });
    }
}

#[test]
fn bytes_after_a_tls_response_are_not_the_next_response() {
    let stray = Scripted::json(200, segment().to_string().replace("\"7\"", "\"stray\"")).bytes();
    at_once(READS, |op| {
        let together = [Op::Get.good().bytes(), stray.clone()].concat();
        let many = [Op::Get.good().bytes(), stray.repeat(300)].concat();
        for first in [together, many] {
            let listener = Listener::scripted([Scripted::Raw(first), op.good()]);
            let (_front, config) = under_tls(&listener, CloseNotify::Sent, LONG_TIMEOUT / 4);
            Op::Get.call(&config).unwrap();
            timed(op, &config, LONG_TIMEOUT).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
            assert_eq!((listener.count(), listener.connections()), (2, 2), "{op:?}");
        }
    });
}

#[test]
fn an_edit_over_tls_needs_one_handshake() {
    let listener = Listener::responding(success_for);
    let (front, config) = under_tls(&listener, CloseNotify::Sent, LONG_TIMEOUT / 4);
    segments::edit(&config, "7", |_| SegmentUpdate { color: "#008000".into(), ..Default::default() }).unwrap();
    assert_eq!((listener.count(), front.handshakes()), (2, 1));
    for op in ALL {
        op.call(&config).unwrap();
    }
    assert_eq!((listener.count(), front.handshakes()), (8, 1));
}

#[test]
fn only_close_notify_ends_a_tls_body_without_a_length() {
    for close_notify in [CloseNotify::Sent, CloseNotify::Omitted] {
        at_once([Op::Get, Op::List, Op::Query, Op::Create, Op::Update], |op| {
            let body = format!("HTTP/1.1 200 OK\r\n\r\n{}", op.good_body());
            let listener = Listener::scripted([Scripted::RawThenClose(body.into_bytes())]);
            let (_front, config) = under_tls(&listener, close_notify, LONG_TIMEOUT / 4);
            let result = op.call(&config);
            if close_notify == CloseNotify::Sent {
                result.unwrap_or_else(|error| panic!("{op:?}: {error}"));
                return;
            }
            let error = result.expect_err(&format!("{op:?}"));
            assert_eq!((error.kind(), error.outcome_unknown()), (LOST, op.is_write()), "{op:?}: {error}");
            assert_eq!(listener.count(), if op.is_write() { 1 } else { 4 }, "{op:?}: {error}");
        });
    }
}

#[test]
fn an_early_response_under_tls_is_read() {
    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    let refusal = Scripted::json(413, r#"{"message":"too large","code":"too.large"}"#);
    for close_notify in [CloseNotify::Sent, CloseNotify::Omitted] {
        let listener = Listener::scripted([refusal.clone().then_close().before_body(), Op::Get.good()]);
        let (front, config) = under_tls(&listener, close_notify, LONG_TIMEOUT / 4);
        let error = segments::create(&config, &segment).unwrap_err();
        assert_eq!((error.status(), error.outcome_unknown()), (Some(413), false), "{close_notify:?}: {error}");
        Op::Get.call(&config).unwrap();
        assert_eq!((listener.count(), front.handshakes()), (2, 2), "the connection is not used again");
        // A part of a response is none.
        let part = refusal.bytes()[..10].to_vec();
        let listener = Listener::scripted([Scripted::RawThenClose(part).before_body()]);
        let (_front, config) = under_tls(&listener, close_notify, LONG_TIMEOUT / 4);
        let error = segments::create(&config, &segment).unwrap_err();
        assert!(error.outcome_unknown(), "{close_notify:?}: {error}");
        assert_eq!(listener.count(), 1, "{close_notify:?}: {error}");
    }
}
