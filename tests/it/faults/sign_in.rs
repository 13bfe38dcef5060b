//! A token endpoint that misbehaves, and tokens that are refused.

use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genesys_journey::auth::Grant;
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region};
use serde_json::json;

use genesys_listener::calls::*;
use genesys_listener::{Listener, Request, Scripted};

const ID: &str = "the-client";
const SECRET: &str = "the/secret+of=it";
const REFRESH_TOKEN: &str = "the/refresh+token=";
const LIMIT: u64 = 1 << 20;

fn grants() -> [Grant; 2] {
    [Grant::client_credentials(ID, SECRET), Grant::refresh_token(ID, SECRET, REFRESH_TOKEN)]
}

/// What is signed in with and called.
fn between(api: &Listener, login: &Listener) -> ConfigBuilder {
    Config::builder(Region::custom(&api.url(), &login.url()).unwrap())
        .attempt_timeout(PLENTY)
        .call_timeout(DEADLINE)
        .initial_backoff(Duration::from_millis(1))
        .max_response_bytes(LIMIT)
}

fn client() -> Grant {
    Grant::client_credentials(ID, SECRET)
}

fn token(text: &str) -> Scripted {
    Scripted::json(200, json!({"access_token": text, "token_type": "bearer", "expires_in": 86_400}))
}

/// Gives a new token each time.
fn tokens() -> Listener {
    Listener::answering(|request| token(&format!("{TOKEN}-{}", request.number)))
}

/// Signing in failed, and no text has what it was tried with.
fn says_no_secret(error: &Error) {
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Auth, false), "{error}");
    assert_eq!(error.body(), "", "{error}");
    let escaped = |text: &str| text.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    let texts = texts(error);
    for secret in [SECRET, REFRESH_TOKEN, &STANDARD.encode(format!("{ID}:{SECRET}"))] {
        assert!(!texts.contains(secret) && !texts.contains(&escaped(secret)), "{secret} is in {texts}");
    }
}

/// A small text that is a large one.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"{\"access_token\":\"").unwrap();
    for _ in 0..64 {
        encoder.write_all(&[b'0'; LIMIT as usize]).unwrap();
    }
    encoder.finish().unwrap()
}

/// What the token endpoint does, and how often it is asked: again where the answer broke off, since asking
/// for a token changes nothing; not where it is whole or too large.
fn bad_plays() -> Vec<(Scripted, usize)> {
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let drip = |head: Vec<u8>| Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) };
    let flood = |head: Vec<u8>| Scripted::Flood { head, chunk: vec![b'x'; 65_536] };
    let many: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
    vec![
        (Scripted::Silent, 4),
        (drip(ok("X: ")), 4),
        (drip(ok("Content-Length: 100000\r\n\r\n")), 4),
        (Scripted::Flood { head: Vec::new(), chunk: b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50) }, 4),
        (Scripted::Close, 4),
        (Scripted::Reset, 4),
        (Scripted::RawThenClose(ok("Content-Length: 90\r\n\r\n{\"access_token\":\"x\"")), 4),
        (Scripted::RawThenClose(ok(&format!("{many}\r\n"))), 4),
        (flood(ok("X: ")), 4),
        (flood(ok("\r\n{\"access_token\":\"")), 1),
        (flood(ok("Content-Length: 3000000000\r\n\r\n{\"access_token\":\"")), 1),
        (Scripted::text(200, bomb()).with("Content-Encoding", "gzip"), 1),
        (Scripted::text(200, "{}").with("Content-Encoding", "gzip"), 1),
        (Scripted::json(200, "[".repeat(100_000)), 1),
    ]
}

/// Only time ends it: too large an answer ends itself. Answers that do end have the same time.
fn in_a_hurry(settings: ConfigBuilder, play: &Scripted, requests: usize) -> ConfigBuilder {
    settings.call_timeout(LONG).attempt_timeout(if never_ends(play) && requests > 1 { TIMEOUT * 2 } else { LONG / 4 })
}

/// Those that keep a processor busy one after the other, the others all at the same time.
fn in_turns(each: impl Fn(&Scripted, usize) + Sync) {
    let is_busy = |play: &Scripted| matches!(play, Scripted::Flood { .. } | Scripted::Response { .. });
    let (busy, idle): (Vec<_>, Vec<_>) = bad_plays().into_iter().partition(|(play, _)| is_busy(play));
    at_once(idle, |(play, requests)| each(&play, requests));
    busy.iter().for_each(|(play, requests)| each(play, *requests));
}

#[test]
fn a_token_endpoint_that_misbehaves_ends_signing_in_after_its_attempts_and_without_a_secret_in_a_text() {
    in_turns(|play, requests| {
        at_once(grants(), |grant| {
            let login = Listener::scripted([play.clone()]);
            let settings = in_a_hurry(between(&login, &login), play, requests);
            let error = in_time(LONG, || settings.sign_in(grant)).0.unwrap_err();
            says_no_secret(&error);
            let seen = (error.attempts() as usize, login.count_of_all());
            assert_eq!(seen, (requests, requests), "{error}");
        });
    });
}

#[test]
fn a_token_endpoint_that_never_ends_does_not_outlast_a_short_deadline() {
    let deadline = Duration::from_millis(150);
    at_once(bad_plays().into_iter().filter(|(play, requests)| never_ends(play) && *requests > 1), |(play, _)| {
        let login = Listener::scripted([play]);
        let settings = between(&login, &login).call_timeout(deadline);
        says_no_secret(&in_time(deadline, || settings.sign_in(client())).0.unwrap_err());
    });
}

#[test]
fn a_token_endpoint_that_misbehaves_in_the_middle_of_a_call_ends_it_with_its_outcome_known() {
    in_turns(|play, requests| {
        at_once(ALL, |op| {
            let api = Listener::scripted([Scripted::json(401, "{}")]);
            let login = Listener::scripted([token(TOKEN), play.clone()]);
            let config = in_a_hurry(between(&api, &login), play, requests).sign_in(client()).unwrap();
            let error = timed(op, &config, LONG).0.unwrap_err();
            says_no_secret(&error);
            drop(config);
            assert_eq!((api.count_of_all(), login.count_of_all()), (1, 1 + requests), "{op:?}: {error}");
        });
    });
}

/// An answer that gives back what was asked, in one of many places.
fn echoes() -> [fn(&Request) -> Scripted; 8] {
    fn echoed(request: &Request) -> String {
        let text = String::from_utf8_lossy(&request.raw).replace(['\r', '\n'], " ");
        // As they are, too; the refresh token only to whom sent it.
        let token = if text.contains("refresh_token=") { REFRESH_TOKEN } else { "" };
        format!("{text} {SECRET} {token}")
    }
    [
        |request| Scripted::text(400, echoed(request)),
        |request| Scripted::json(400, json!({"error": "invalid_client", "error_description": echoed(request)})),
        |request| Scripted::json(200, json!({"error": echoed(request), "description": echoed(request)})),
        |request| Scripted::json(200, json!({"access_token": echoed(request)})),
        |request| Scripted::text(302, "").with("Location", echoed(request)),
        |request| Scripted::text(403, "").with("ININ-Correlation-Id", echoed(request)),
        |request| Scripted::RawThenClose(format!("{}\r\n\r\n", echoed(request)).into_bytes()),
        |request| Scripted::text(200, "").with("Content-Encoding", echoed(request)),
    ]
}

#[test]
fn what_a_token_endpoint_gives_back_of_the_credentials_is_in_no_text() {
    at_once(echoes(), |echo| {
        for grant in grants() {
            let login = Listener::answering(echo);
            let error = in_time(DEADLINE, || between(&login, &login).sign_in(grant)).0.unwrap_err();
            says_no_secret(&error);
        }
    });
}

#[test]
fn a_plain_token_that_is_refused_ends_any_call_after_one_request_and_says_that_it_cannot_be_renewed() {
    at_once(ALL, |op| {
        let (api, login) = (Listener::scripted([Scripted::json(401, "{}"), op.good()]), tokens());
        let config = between(&api, &login).token(TOKEN).unwrap();
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        drop(config);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(401)), "{op:?}: {error}");
        assert_eq!((error.attempts(), error.outcome_unknown()), (1, false), "{op:?}: {error}");
        assert!(error.to_string().contains("it cannot be renewed"), "{op:?}: {error}");
        assert_eq!((api.count_of_all(), login.connections()), (1, 0), "{op:?}");
    });
}

#[test]
fn a_token_that_is_refused_once_is_renewed_once_and_any_call_repeated_with_the_new_one() {
    at_once(ALL, |op| {
        let (api, login) = (Listener::scripted([Scripted::json(401, "{}"), op.good()]), tokens());
        let config = between(&api, &login).sign_in(client()).unwrap();
        timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        drop(config);
        assert_eq!((api.count_of_all(), login.count_of_all()), (2, 2), "{op:?}");
        let requests = api.requests();
        let sent: Vec<_> = requests.iter().map(|request| request.header("authorization").unwrap()).collect();
        assert_eq!(sent, [0, 1].map(|n| format!("Bearer {TOKEN}-{n}")), "{op:?}");
        let same = |n: usize| (&requests[n].method, &requests[n].target, &requests[n].body);
        assert_eq!(same(0), same(1));
    });
}

#[test]
fn a_token_that_is_always_refused_is_renewed_once_in_any_call_which_then_fails() {
    at_once(ALL, |op| {
        let (api, login) = (Listener::scripted([Scripted::json(401, "{}")]), tokens());
        let config = between(&api, &login).sign_in(client()).unwrap();
        for call in 1..=2 {
            let error = timed(op, &config, DEADLINE).0.unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(401)), "{op:?}: {error}");
            assert_eq!((error.attempts(), error.outcome_unknown()), (2, false), "{op:?}: {error}");
            assert!(error.to_string().contains("a new token was refused, too"), "{op:?}: {error}");
            assert_eq!((api.count(), login.count()), (2 * call, 1 + call), "{op:?}: {error}");
        }
    });
}
