//! Faults of the token endpoint, and tokens that are refused.

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

/// Settings with separate hosts for the API and for sign-in.
fn between(api: &Listener, login: &Listener) -> ConfigBuilder {
    Config::builder(Region::custom(&api.url(), &login.url()).unwrap())
        .attempt_timeout(RELAXED_TIMEOUT)
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

/// A token endpoint that returns a new token each time.
fn tokens() -> Listener {
    Listener::responding(|request| token(&format!("{TOKEN}-{}", request.number)))
}

/// Signing in failed, and no text contains a credential.
fn shows_no_secret(error: &Error, kinds: &[ErrorKind]) {
    assert!(kinds.contains(&error.kind()) && error.during_sign_in(), "{:?}, not {kinds:?}: {error}", error.kind());
    assert_eq!(error.body(), "", "{error}");
    let escaped = |text: &str| text.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    let texts = texts(error);
    for secret in [SECRET, REFRESH_TOKEN, &STANDARD.encode(format!("{ID}:{SECRET}"))] {
        assert!(!texts.contains(secret) && !texts.contains(&escaped(secret)), "{secret} is in {texts}");
    }
}

/// Returns a small compressed body that decodes to a large one.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"{\"access_token\":\"").unwrap();
    for _ in 0..64 {
        encoder.write_all(&[b'0'; LIMIT as usize]).unwrap();
    }
    encoder.finish().unwrap()
}

const AUTH: &[ErrorKind] = &[ErrorKind::Auth];
const LOST: &[ErrorKind] = &[ErrorKind::Transport];
const LATE: &[ErrorKind] = &[ErrorKind::Timeout];

/// A response of the token endpoint, and the error that signing in ends in.
#[derive(Clone)]
struct Fault {
    scripted: Scripted,
    kinds: &'static [ErrorKind],
    /// Requests with client credentials. A refresh token is sent once.
    requests: usize,
}

/// A lost response is requested again, since a request for a token changes nothing. A complete or too large one is
/// not.
fn faults() -> Vec<Fault> {
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let drip = |head: Vec<u8>| Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) };
    let flood = |head: Vec<u8>| Scripted::Flood { head, chunk: vec![b'x'; 65_536] };
    let many: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let faults = [
        (Scripted::Silent, LATE, 4),
        (drip(ok("X: ")), LATE, 4),
        (drip(ok("Content-Length: 100000\r\n\r\n")), LATE, 4),
        (Scripted::Flood { head: Vec::new(), chunk: b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50) }, LATE, 4),
        (Scripted::Close, LOST, 4),
        (Scripted::Reset, LOST, 4),
        (Scripted::RawThenClose(ok("Content-Length: 90\r\n\r\n{\"access_token\":\"x\"")), LOST, 4),
        (Scripted::RawThenClose(ok(&format!("{many}\r\n"))), LOST, 4),
        (flood(ok("X: ")), LOST, 4),
        (flood(ok("\r\n{\"access_token\":\"")), AUTH, 1),
        (flood(ok("Content-Length: 3000000000\r\n\r\n{\"access_token\":\"")), AUTH, 1),
        (Scripted::text(200, bomb()).with("Content-Encoding", "gzip"), AUTH, 1),
        (Scripted::text(200, "{}").with("Content-Encoding", "gzip"), AUTH, 1),
        (Scripted::text(200, "{}").with("Content-Encoding", "br"), AUTH, 1),
        (Scripted::json(200, "[".repeat(100_000)), AUTH, 1),
    ];
    faults.into_iter().map(|(scripted, kinds, requests)| Fault { scripted, kinds, requests }).collect()
}

impl Fault {
    /// A response that never ends needs a short timeout, unless its size ends it.
    fn with_timeouts(&self, settings: ConfigBuilder) -> ConfigBuilder {
        let timeout = if never_ends(&self.scripted) && self.kinds != AUTH { TIMEOUT * 2 } else { LONG_TIMEOUT / 4 };
        settings.call_timeout(LONG_TIMEOUT).attempt_timeout(timeout)
    }

    fn requests(&self, grant: &Grant) -> usize {
        if format!("{grant:?}").contains("client_credentials") { self.requests } else { 1 }
    }
}

/// Runs the CPU-intensive faults one after the other, and the others at the same time.
fn in_turns(each: impl Fn(&Fault) + Sync) {
    let is_busy = |fault: &Fault| matches!(fault.scripted, Scripted::Flood { .. } | Scripted::Response { .. });
    let (busy, idle): (Vec<_>, Vec<_>) = faults().into_iter().partition(is_busy);
    at_once(idle, |fault| each(&fault));
    busy.iter().for_each(each);
}

#[test]
fn a_faulty_token_endpoint_ends_a_sign_in_after_its_attempts() {
    in_turns(|fault| {
        at_once(grants(), |grant| {
            let requests = fault.requests(&grant);
            let unknown =
                requests != fault.requests || fault.kinds == AUTH && !format!("{grant:?}").contains("client_");
            let login = Listener::scripted([fault.scripted.clone()]);
            let settings = fault.with_timeouts(between(&login, &login));
            let error = in_time(LONG_TIMEOUT, || settings.sign_in(grant)).0.unwrap_err();
            shows_no_secret(&error, fault.kinds);
            assert_eq!(error.outcome_unknown(), unknown, "{error}");
            let seen = (error.attempts() as usize, login.count_of_all());
            assert_eq!(seen, (requests, requests), "{error}");
        });
    });
}

#[test]
fn an_endless_token_response_does_not_outlast_a_short_deadline() {
    let deadline = Duration::from_millis(150);
    let endless = faults().into_iter().filter(|fault| never_ends(&fault.scripted) && fault.kinds != AUTH);
    at_once(endless, |fault| {
        let login = Listener::scripted([fault.scripted]);
        let settings = between(&login, &login).call_timeout(deadline);
        let error = in_time(deadline, || settings.sign_in(client())).0.unwrap_err();
        shows_no_secret(&error, &[ErrorKind::Transport, ErrorKind::Timeout]);
        assert!(!error.outcome_unknown() && error.is_transient(), "{error}");
    });
}

#[test]
fn a_faulty_token_endpoint_ends_any_call_with_its_outcome_known() {
    in_turns(|fault| {
        at_once(ALL, |op| {
            let api = Listener::scripted([Scripted::json(401, "{}")]);
            let login = Listener::scripted([token(TOKEN), fault.scripted.clone()]);
            let config = fault.with_timeouts(between(&api, &login)).sign_in(client()).unwrap();
            let error = timed(op, &config, LONG_TIMEOUT).0.unwrap_err();
            shows_no_secret(&error, fault.kinds);
            assert!(!error.outcome_unknown(), "{op:?}: {error}");
            drop(config);
            assert_eq!((api.count_of_all(), login.count_of_all()), (1, 1 + fault.requests), "{op:?}: {error}");
        });
    });
}

/// A response that contains the request, in one of many places, and the kind of the error.
type Echo = (fn(&Request) -> Scripted, ErrorKind);

fn echoes() -> [Echo; 8] {
    fn echoed(request: &Request) -> String {
        let text = String::from_utf8_lossy(&request.raw).replace(['\r', '\n'], " ");
        // The plain secrets, too; the refresh token only if it was sent.
        let token = if text.contains("refresh_token=") { REFRESH_TOKEN } else { "" };
        format!("{text} {SECRET} {token}")
    }
    fn json(status: u16, key: &str, request: &Request) -> Scripted {
        Scripted::json(status, json!({"error": "invalid_client", key: echoed(request)}))
    }
    [
        (|request| Scripted::text(400, echoed(request)), ErrorKind::Api),
        (|request| json(400, "error_description", request), ErrorKind::Auth),
        (|request| json(200, "error", request), ErrorKind::Auth),
        (|request| Scripted::json(200, json!({"access_token": echoed(request)})), ErrorKind::Auth),
        (|request| Scripted::text(302, "").with("Location", echoed(request)), ErrorKind::Api),
        (|request| Scripted::text(403, "").with("ININ-Correlation-Id", echoed(request)), ErrorKind::Api),
        (|request| Scripted::RawThenClose(format!("{}\r\n\r\n", echoed(request)).into_bytes()), ErrorKind::Transport),
        (|request| Scripted::text(200, "").with("Content-Encoding", echoed(request)), ErrorKind::Auth),
    ]
}

#[test]
fn credentials_in_the_response_of_a_token_endpoint_are_in_no_text() {
    at_once(echoes(), |(echo, kind)| {
        for grant in grants() {
            let login = Listener::responding(echo);
            let error = in_time(DEADLINE, || between(&login, &login).sign_in(grant)).0.unwrap_err();
            shows_no_secret(&error, &[kind]);
        }
    });
}

#[test]
fn a_new_token_in_an_unexpected_format_is_in_no_text() {
    for body in
        ["access_token=the-new-token&expires_in=3600", "the-new-token", "<html>the-new-token</html>", "\"the-new-token"]
    {
        let login = Listener::scripted([Scripted::text(200, body)]);
        let error = between(&login, &login).sign_in(client()).unwrap_err();
        shows_no_secret(&error, AUTH);
        assert!(!texts(&error).contains("the-new-token"), "{error}");
    }
}

#[test]
fn a_refused_plain_token_ends_any_call_after_one_request() {
    at_once(ALL, |op| {
        let (api, login) = (Listener::scripted([Scripted::json(401, "{}"), op.good()]), tokens());
        let config = between(&api, &login).token(TOKEN).unwrap();
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        drop(config);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)), "{op:?}: {error}");
        assert_eq!((error.attempts(), error.outcome_unknown()), (1, false), "{op:?}: {error}");
        assert!(error.to_string().contains("it cannot be renewed"), "{op:?}: {error}");
        assert_eq!((api.count_of_all(), login.connections()), (1, 0), "{op:?}");
    });
}

#[test]
fn a_refused_token_is_renewed_once_and_any_call_retried() {
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
fn a_token_that_is_always_refused_is_renewed_once_per_call() {
    at_once(ALL, |op| {
        let (api, login) = (Listener::scripted([Scripted::json(401, "{}")]), tokens());
        let config = between(&api, &login).sign_in(client()).unwrap();
        for call in 1..=2 {
            let error = timed(op, &config, DEADLINE).0.unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)), "{op:?}: {error}");
            assert_eq!((error.attempts(), error.outcome_unknown()), (2, false), "{op:?}: {error}");
            assert!(error.to_string().contains("the renewed token was refused, too"), "{op:?}: {error}");
            assert_eq!((api.count(), login.count()), (2 * call, 1 + call), "{op:?}: {error}");
        }
    });
}
