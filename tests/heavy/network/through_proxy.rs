//! The faults of connections through a proxy, and the faults of CONNECT itself.

use std::time::Duration;

use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ErrorKind};

use super::front::{CloseNotify, Front};
use super::proxy::Proxy;
use super::tls::Ca;
use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

/// The schemes of the service and of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    PlainByHttp,
    PlainByHttps,
    TlsByHttp,
    TlsByHttps,
}

const WAYS: [Way; 4] = [Way::PlainByHttp, Way::PlainByHttps, Way::TlsByHttp, Way::TlsByHttps];

/// A config whose calls reach the listener through a proxy.
struct Tunnel {
    config: Config,
    proxy: Proxy,
    _fronts: Vec<Front>,
}

impl Tunnel {
    fn to(listener: &Listener, way: Way, timeout: Duration) -> Tunnel {
        let (ca, proxy) = (Ca::new(), Proxy::start(200));
        let identity = || ca.issue("localhost", false).pem();
        let mut fronts = Vec::new();
        let mut url = listener.url();
        if matches!(way, Way::TlsByHttp | Way::TlsByHttps) {
            let front = Front::of(listener, identity(), CloseNotify::Omitted);
            url = front.url();
            fronts.push(front);
        }
        let mut proxy_url = format!("http://127.0.0.1:{}", proxy.port);
        if matches!(way, Way::PlainByHttps | Way::TlsByHttps) {
            let behind = ([127, 0, 0, 1], proxy.port).into();
            let front = Front::before(behind, identity(), CloseNotify::Omitted, &Ca::new());
            proxy_url = front.url();
            fronts.push(front);
        }
        let settings = settings(&url).extra_roots(ca.pem()).proxy(proxy_url).max_response_bytes(1 << 20);
        let settings = settings.call_timeout(LONG_TIMEOUT).attempt_timeout(timeout).connect_timeout(LONG_TIMEOUT / 4);
        Tunnel { config: settings.token(TOKEN).unwrap(), proxy, _fronts: fronts }
    }
}

/// Makes a call of each kind, against the script, by each way.
fn by_each_way(
    scripts: Vec<Scripted>,
    timeout: Duration,
    check: impl Fn(Way, Op, Result<(), genesys_journey::Error>, usize) + Sync,
) {
    at_once(scripts, |scripted| {
        at_once(WAYS, |way| {
            for op in [Op::Get, Op::Create] {
                let listener = Listener::scripted([scripted.clone()]);
                let tunnel = Tunnel::to(&listener, way, timeout);
                let (result, _) = timed(op, &tunnel.config, LONG_TIMEOUT);
                check(way, op, result, listener.count());
            }
        });
    });
}

fn response(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into_bytes()
}

/// Returns an unsolicited response that fits any call.
fn unsolicited() -> Vec<u8> {
    Scripted::json(200, segment().to_string().replace("\"7\"", "\"stray\"")).bytes()
}

#[test]
fn a_lost_response_behind_a_proxy_leaves_only_writes_unknown() {
    let cut = response("Content-Length: 900", "{\"id\":");
    let gzip = response("Content-Encoding: gzip\r\nContent-Length: 900", "\x1f");
    let mut scripts = vec![
        Scripted::Close,
        Scripted::Reset,
        Scripted::ResetMidRequest(40),
        Scripted::RawThenClose(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        Scripted::RawThenClose(cut.clone()),
        Scripted::RawThenReset(cut),
        Scripted::RawThenClose(response("Transfer-Encoding: chunked", "6\r\n{\"id\":")),
        Scripted::RawThenClose(response("Transfer-Encoding: chunked", "xyz\r\n{}\r\n0\r\n\r\n")),
    ];
    if cfg!(feature = "gzip") {
        scripts.push(Scripted::RawThenClose(gzip));
    }
    by_each_way(scripts, LONG_TIMEOUT / 4, |way, op, result, seen| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, op.is_write()), "{way:?}: {error}");
        assert_eq!(seen, if op.is_write() { 1 } else { 4 }, "{way:?}: {error}");
    });
}

#[test]
fn a_slow_response_behind_a_proxy_ends_at_the_timeout() {
    let drip = |head: &[u8]| Scripted::Drip { head: head.to_vec(), bytes: b" ".to_vec(), every: TIMEOUT / 9 };
    let scripts = vec![
        Scripted::Silent,
        drip(b"HTTP/1.1 200 OK\r\nX: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    ];
    // An attempt contains two handshakes, and 24 calls run at once.
    by_each_way(scripts, RELAXED_TIMEOUT * 2, |way, op, result, seen| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, op.is_write()), "{way:?}: {error}");
        assert_eq!(seen, if op.is_write() { 1 } else { 4 }, "{way:?}: {error}");
    });
}

#[test]
fn an_impossible_head_behind_a_proxy_is_an_error() {
    let heads = [
        "HTTP/1.1 000 Zero\r\n\r\n".to_owned(),
        "{\"id\":\"7\"}\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(10_000)),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(1 << 20)),
    ];
    let scripts = heads.map(|head| Scripted::RawThenClose(head.into_bytes())).to_vec();
    by_each_way(scripts, LONG_TIMEOUT / 4, |way, op, result, _| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, op.is_write()), "{way:?}: {error}");
    });
}

#[test]
fn a_body_behind_a_proxy_is_limited() {
    let flood = |head: &str| Scripted::Flood { head: response(head, ""), chunk: vec![b' '; 65_536] };
    by_each_way(vec![flood("Content-Length: 3000000000"), flood("X: y")], LONG_TIMEOUT / 4, |way, op, result, seen| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), seen), (ErrorKind::Decode, 1), "{way:?}: {error}");
        assert!(error.to_string().contains("1048576 bytes"), "{way:?}: {error}");
        assert_eq!(error.outcome_unknown(), op.is_write(), "{way:?}: {error}");
    });
}

#[test]
fn an_early_response_behind_a_proxy_is_read_or_lost() {
    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    at_once(WAYS, |way| {
        let refusal = Scripted::json(413, r#"{"message":"too large","code":"too.large"}"#);
        let listener = Listener::scripted([refusal.then_close().before_body()]);
        let tunnel = Tunnel::to(&listener, way, LONG_TIMEOUT / 4);
        let error = segments::create(&tunnel.config, &segment).unwrap_err();
        // The proxy may pass on the reset before the response.
        let is_lost = error.kind() == ErrorKind::Transport && error.outcome_unknown();
        assert!(is_lost || error.status() == Some(413) && !error.outcome_unknown(), "{way:?}: {error}");
        assert_eq!(listener.count(), 1, "{way:?}: {error}");
    });
}

#[test]
fn bytes_after_a_proxied_response_are_not_the_next_response() {
    at_once(WAYS, |way| {
        let good = Op::Get.good_body();
        let firsts = [
            [Op::Get.good().bytes(), unsolicited()].concat(),
            [
                response("Transfer-Encoding: chunked", &format!("{:x}\r\n{good}\r\n0\r\n\r\n", good.len())),
                unsolicited(),
            ]
            .concat(),
            // The larger of two lengths, and chunks beside a length.
            response(&format!("Content-Length: {}\r\nContent-Length: 9", good.len()), &good),
            [response("Transfer-Encoding: chunked\r\nContent-Length: 9", "0\r\n\r\n"), unsolicited()].concat(),
        ];
        for first in firsts {
            let listener = Listener::responding(move |request| match request.number {
                0 => Scripted::Raw(first.clone()),
                _ => success_for(request),
            });
            let tunnel = Tunnel::to(&listener, way, LONG_TIMEOUT / 4);
            let _ = Op::Get.send(&tunnel.config);
            Op::Get.call(&tunnel.config).unwrap_or_else(|error| panic!("{way:?}: {error}"));
            Op::Create.call(&tunnel.config).unwrap_or_else(|error| panic!("{way:?}: {error}"));
            assert!(listener.connections() >= 2, "{way:?}");
        }
    });
}

#[test]
fn a_tunnel_is_reused_and_closes_with_its_connection() {
    at_once(WAYS, |way| {
        let listener = Listener::responding(|request| match request.number {
            3 => success_for(request).then_close(),
            _ => success_for(request),
        });
        let tunnel = Tunnel::to(&listener, way, LONG_TIMEOUT / 4);
        for _ in 0..4 {
            Op::Get.call(&tunnel.config).unwrap();
        }
        assert_eq!((listener.connections(), tunnel.proxy.seen().len()), (1, 1), "{way:?}");
        listener.wait_until_left();
        Op::Get.call(&tunnel.config).unwrap();
        Op::Create.call(&tunnel.config).unwrap();
        assert_eq!((listener.count(), listener.connections(), tunnel.proxy.seen().len()), (6, 2, 2), "{way:?}");
    });
}

/// Makes a write through a proxy that sends this response to CONNECT and then tunnels.
fn write_through(connect_response: Vec<u8>) -> (Result<(), genesys_journey::Error>, usize, u32) {
    let listener = Listener::responding(success_for);
    let proxy = Proxy::responding(connect_response, true);
    let settings =
        settings(&listener.url()).proxy(format!("http://127.0.0.1:{}", proxy.port)).call_timeout(LONG_TIMEOUT);
    let config =
        settings.attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT).max_attempts(2).token(TOKEN).unwrap();
    let result = Op::Create.call(&config);
    let attempts = result.as_ref().err().map_or(1, |error| error.attempts());
    (result, listener.count(), attempts)
}

#[test]
fn informational_responses_to_connect_are_skipped() {
    let informational = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let (result, seen, _) = write_through(format!("{informational}HTTP/1.1 200 OK\r\n\r\n").into_bytes());
    result.unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn bytes_after_the_connect_response_are_not_the_first_response() {
    let plain = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    let of_length = |length: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(length - 24));
    for head in [plain, of_length(1024), of_length(4096)] {
        for behind in [unsolicited(), b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), b"\n".to_vec()] {
            let (result, seen, attempts) = write_through([head.as_bytes(), &behind].concat());
            let error = result.unwrap_err();
            assert!(error.to_string().contains("sent data before the request"), "{error}");
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
            assert_eq!((seen, attempts), (0, 2), "{error}");
        }
    }
}

#[test]
fn a_connect_response_that_is_not_http_is_an_error() {
    // The connection stays open: no more bytes come.
    for greeting in
        ["SSH-2.0-OpenSSH_9.6\r\n", "220 mail.example ESMTP\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1\r\n200 OK\r\n\r\n"]
    {
        let (result, seen, attempts) = write_through(greeting.into());
        let error = result.unwrap_err();
        assert!(error.to_string().contains("does not speak HTTP"), "{error}");
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
        assert_eq!((seen, attempts), (0, 2), "{error}");
    }
}

#[test]
fn an_endless_response_to_connect_is_an_error() {
    let (result, seen, _) = write_through(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20)).into_bytes());
    let error = result.unwrap_err();
    assert!(error.to_string().contains("no complete response"), "{error}");
    assert_eq!((error.kind(), error.outcome_unknown(), seen), (ErrorKind::Transport, false, 0), "{error}");
}

#[test]
fn a_proxy_never_receives_the_client_certificate() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let (listener, proxy) = (Listener::responding(success_for), Proxy::start(200));
    let front = |behind| Front::before(behind, ca.issue("localhost", false).pem(), CloseNotify::Sent, &clients);
    let (service, gate) = (front(listener.address()), front(([127, 0, 0, 1], proxy.port).into()));
    let (chain, key) = clients.issue("client", false).pem();
    let settings = settings(&service.url()).extra_roots(ca.pem()).proxy(gate.url()).client_certificate(chain, key);
    let settings = settings.attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT).call_timeout(LONG_TIMEOUT);
    Op::Get.call(&settings.token(TOKEN).unwrap()).unwrap();
    assert_eq!((service.handshakes(), service.client_certificates()), (1, 1));
    assert_eq!((gate.handshakes(), gate.client_certificates()), (1, 0));
}
