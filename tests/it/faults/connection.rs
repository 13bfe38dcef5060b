//! Connections that are refused, lost, slow or out of step.

use std::cell::RefCell;
#[cfg(target_os = "linux")]
use std::net::TcpStream;
use std::time::{Duration, Instant};

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ErrorKind, Region};

use crate::child;
use genesys_listener::calls::*;
use genesys_listener::log_lines::on_warning;
use genesys_listener::{Listener, Scripted, bound};

const LOST: &[ErrorKind] = &[ErrorKind::Transport];
const LATE: &[ErrorKind] = &[ErrorKind::Timeout];

/// Returns a valid response to the call without its last `cut` bytes.
fn cut_short(op: Op, cut: usize) -> Vec<u8> {
    let mut bytes = Scripted::json(200, op.good_body() + " ").bytes();
    bytes.truncate(bytes.len() - cut);
    bytes
}

#[test]
fn a_refused_connection_is_four_attempts_with_a_known_outcome() {
    at_once(ALL, |op| {
        let socket = bound();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let config = settings(&format!("http://{address}")).token(TOKEN).unwrap();
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{op:?}: {error}");
        assert_eq!((error.attempts(), error.outcome_unknown()), (4, false), "{op:?}: {error}");
        assert_eq!(error.status(), None);
    });
}

#[test]
fn a_refused_connection_is_retried() {
    at_once(ALL, |op| {
        let socket = bound();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        let config = settings(&url).token(TOKEN).unwrap();
        let waiting = RefCell::new(Some(socket));
        let up = std::rc::Rc::new(RefCell::new(None));
        let starting = up.clone();
        // The warning comes between the first attempt and the second.
        on_warning(move |warning| {
            assert!(warning.contains("retrying in"), "{warning}");
            let socket = waiting.borrow_mut().take().expect("only one attempt fails");
            *starting.borrow_mut() = Some(Listener::scripted_on(socket, [op.good()]));
        });
        timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!(up.borrow().as_ref().expect("the first attempt failed").count(), 1, "{op:?}");
    });
}

/// Returns a listening socket with a full queue, so that further connections wait, and the connections that fill the
/// queue.
#[cfg(target_os = "linux")]
fn full() -> (genesys_listener::Socket, Vec<TcpStream>) {
    let socket = bound();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let connect = || TcpStream::connect_timeout(&address, TIMEOUT);
    let filling: Vec<TcpStream> = std::iter::from_fn(|| connect().ok()).take(64).collect();
    assert!(filling.len() < 64, "the queue is never full");
    (socket, filling)
}

#[test]
#[cfg(target_os = "linux")]
fn a_hanging_connect_is_four_attempts_with_a_known_outcome() {
    at_once(ALL, |op| {
        let (socket, filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        // Connecting has its own timeout.
        let config = settings(&url).attempt_timeout(LONG_TIMEOUT).call_timeout(LONG_TIMEOUT).token(TOKEN).unwrap();
        let (result, took) = timed(op, &config, LONG_TIMEOUT);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None), "{op:?}: {error}");
        assert_eq!((error.attempts(), error.outcome_unknown()), (4, false), "{op:?}: {error}");
        assert!(took >= TIMEOUT * 4 && took < LONG_TIMEOUT / 2, "{op:?}: {took:?}");
        // No other connection is in the queue.
        socket.set_nonblocking(true).unwrap();
        let waiting = std::iter::from_fn(|| socket.accept().ok()).count();
        assert_eq!(waiting, filling.len(), "{op:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_hanging_connect_ends_at_the_deadline() {
    at_once(ALL, |op| {
        let (socket, _filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        let deadline = Duration::from_millis(150);
        let config = settings(&url)
            .attempt_timeout(LONG_TIMEOUT)
            .connect_timeout(LONG_TIMEOUT)
            .call_timeout(deadline)
            .token(TOKEN)
            .unwrap();
        let error = timed(op, &config, deadline).0.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{op:?}: {error}");
        assert_eq!(error.attempts(), 1, "{op:?}: {error}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_hanging_connect_is_retried() {
    at_once(ALL, |op| {
        let (socket, filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        let config = settings(&url).attempt_timeout(LONG_TIMEOUT).call_timeout(LONG_TIMEOUT).token(TOKEN).unwrap();
        let waiting = RefCell::new(Some((socket, filling)));
        let up = std::rc::Rc::new(RefCell::new(None));
        let starting = up.clone();
        on_warning(move |warning| {
            assert!(warning.contains("retrying in"), "{warning}");
            let Some((socket, filling)) = waiting.borrow_mut().take() else { return };
            drop(filling);
            *starting.borrow_mut() = Some(Listener::scripted_on(socket, [op.good()]));
        });
        timed(op, &config, LONG_TIMEOUT).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!(up.borrow().as_ref().expect("the first attempt hung").count(), 1, "{op:?}");
    });
}

#[test]
fn an_unresolved_name_is_a_transport_error_with_a_known_outcome() {
    // The resolver itself refuses a label of more than 63 characters, without a network request.
    let settings = settings(&format!("https://{}.invalid", "a".repeat(70))).no_proxy();
    let config = settings.attempt_timeout(DEADLINE).token(TOKEN).unwrap();
    for op in ALL {
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{op:?}: {error}");
    }
}

#[test]
fn a_silent_service_ends_in_a_timeout() {
    loses_the_response(&Scripted::Silent, LATE);
}

#[test]
fn a_close_before_the_response_leaves_only_writes_unknown() {
    loses_the_response(&Scripted::Close, LOST);
}

#[test]
fn a_reset_before_the_head_leaves_only_writes_unknown() {
    loses_the_response(&Scripted::Reset, LOST);
}

#[test]
fn a_reset_within_the_head_leaves_only_writes_unknown() {
    loses_the_response(&Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), LOST);
}

#[test]
fn a_reset_within_the_body_leaves_only_writes_unknown() {
    at_once([Op::Get, Op::List, Op::Query, Op::Create, Op::Update], |op| {
        let requests = if op.is_write() { 1 } else { 4 };
        let (result, seen) = against(op, [Scripted::RawThenReset(cut_short(op, 5))]);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), seen), (ErrorKind::Transport, requests), "{op:?}: {error}");
        assert_eq!(error.outcome_unknown(), op.is_write(), "{op:?}: {error}");
    });
    // For a DELETE only the status matters.
    let cut = Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec());
    let (result, seen) = against(Op::Delete, [cut, Op::Delete.good()]);
    assert!(result.is_ok() && seen <= 2, "{result:?} {seen}");
}

#[test]
fn a_read_is_retried_if_its_reused_connection_closes() {
    let ends: [fn(Scripted) -> Scripted; 3] =
        [Scripted::then_close_on_next, Scripted::then_reset_on_next, Scripted::then_close];
    at_once(ends, |end| {
        for op in READS {
            let listener = Listener::scripted([end(Op::Get.good()), op.good()]);
            let config = config(&listener);
            Op::Get.call(&config).unwrap();
            let (result, _) = timed(op, &config, DEADLINE);
            result.unwrap_or_else(|error| panic!("{op:?}: {error}"));
            let requests = listener.requests();
            assert_eq!(requests.len(), 2, "{op:?} is processed once");
            assert_ne!(requests[0].connection, requests[1].connection, "{op:?}");
        }
    });
}

#[test]
fn a_reset_within_the_request_leaves_only_writes_unknown() {
    loses_the_response(&Scripted::ResetMidRequest(40), LOST);
}

#[test]
fn an_early_response_is_read_if_it_is_complete() {
    let refusal = Scripted::json(413, r#"{"message":"too large","code":"too.large"}"#);
    let bytes = refusal.bytes();
    // For a large request it is a race whether the response or the reset arrives first.
    for (size, may_be_lost) in [(10, false), (8 << 20, true)] {
        let segment = NewSegment { description: Some("x".repeat(size)), ..NewSegment::new("VIP") };
        let create = |scripted: Scripted| {
            let listener = Listener::scripted([scripted.before_body()]);
            let error = segments::create(&config(&listener), &segment).unwrap_err();
            assert_eq!(listener.count(), 1);
            error
        };
        let error = create(refusal.clone().then_close());
        match error.status() {
            Some(413) => assert_eq!((error.code(), error.outcome_unknown()), (Some("too.large"), false)),
            _ => assert!(may_be_lost && error.outcome_unknown(), "{error}"),
        }
        // A truncated head is no response. A truncated body still leaves the status.
        assert!(create(Scripted::RawThenClose(bytes[..10].to_vec())).outcome_unknown());
        let error = create(Scripted::RawThenClose(bytes[..bytes.len() - 10].to_vec()));
        assert!(
            error.status() == Some(413) && !error.outcome_unknown() || may_be_lost && error.outcome_unknown(),
            "{error}"
        );
        assert!(create(Scripted::Close).outcome_unknown());
    }
}

#[test]
fn an_unread_request_ends_at_the_timeout() {
    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    at_once([Duration::from_millis(150), DEADLINE], |deadline| {
        let listener = Listener::scripted([Scripted::Stuck.before_body()]);
        let config = settings(&listener.url()).call_timeout(deadline).token(TOKEN).unwrap();
        let error = segments::create(&config, &segment).unwrap_err();
        let requests = listener.requests();
        // Encoding the large body takes time before the request is sent.
        let took = requests[0].at.elapsed();
        assert!(took <= deadline.min(TIMEOUT) + grace(), "{took:?}");
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, true), "{error}");
        assert_eq!(requests.len(), 1);
    });
}

#[test]
fn an_endless_head_ends_at_the_attempt_timeout() {
    let head = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    loses_the_response(&Scripted::Drip { head, bytes: b"x".to_vec(), every: Duration::from_millis(20) }, LATE);
}

fn dripping_body() -> Scripted {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
    Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) }
}

const WITH_A_BODY: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

#[test]
fn an_endless_body_ends_at_the_attempt_timeout() {
    at_once(WITH_A_BODY, |op| {
        let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
        let expected = Expected { kinds: LATE, status: Some(200), unknown, requests };
        fails(op, [dripping_body()], expected);
    });
}

/// Success responses whose body contradicts the head or never ends.
fn broken_bodies() -> Vec<Scripted> {
    let ok = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    let chunked = |chunks: &str| ok(&format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"));
    let encoded = |body: &[u8], encoding: &str| Scripted::text(200, body).with("Content-Encoding", encoding);
    let flood = |head: Vec<u8>, chunk: Vec<u8>| Scripted::Flood { head, chunk };
    vec![
        dripping_body(),
        flood(ok("\r\n"), vec![b'x'; 65_536]),
        flood(ok("Content-Length: 3000000000\r\n\r\n"), vec![b'x'; 65_536]),
        flood(chunked(""), b"5\r\nxxxxx\r\n".repeat(1000)),
        Scripted::RawThenSilent(ok("Content-Length: 9\r\n\r\n{")),
        Scripted::RawThenClose(ok("Content-Length: 9\r\n\r\n{")),
        Scripted::RawThenClose(ok("Content-Length: 9\r\n\r\n")),
        Scripted::RawThenClose(chunked("2\r\n{}\r\n")),
        Scripted::RawThenClose(chunked("xyz\r\n{}\r\n0\r\n\r\n")),
        // A gzip header without data, corrupt data, no gzip at all, and an unknown coding.
        encoded(b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "gzip"),
        encoded(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a", "gzip"),
        encoded(b"{}", "gzip"),
        encoded(b"{}", "br"),
    ]
}

#[test]
fn a_delete_succeeds_with_its_status_alone() {
    at_once(broken_bodies(), |scripted| {
        let listener = Listener::responding(move |request| match request.number {
            0 => scripted.clone(),
            _ => success_for(request),
        });
        let config = settings(&listener.url()).call_timeout(LONG_TIMEOUT).token(TOKEN).unwrap();
        let (result, took) = timed(Op::Delete, &config, LONG_TIMEOUT);
        let first = listener.requests().swap_remove(0);
        assert!(result.is_ok() && took < LONG_TIMEOUT / 2, "{result:?} after {took:?}");
        // The rest of the body is not read as the next response.
        Op::Get.call(&config).unwrap();
        drop(config);
        listener.wait_until_left();
        let deletes: Vec<_> = listener.requests().into_iter().filter(|request| request.method == "DELETE").collect();
        assert_eq!((deletes.len(), first.method.as_str()), (1, "DELETE"));
    });
}

/// Responses that never end, or never begin.
fn never_ending() -> Vec<Scripted> {
    let every = Duration::from_millis(20);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    vec![
        Scripted::Silent,
        Scripted::Drip { head: b"HTTP/1.1 200 OK\r\nX: ".to_vec(), bytes: b"x".to_vec(), every },
        dripping_body(),
        Scripted::Drip { head: chunked, bytes: b"1\r\n \r\n".to_vec(), every: TIMEOUT * 9 / 10 },
        Scripted::RawThenSilent(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()),
    ]
}

#[test]
fn a_write_with_an_endless_response_ends_at_the_attempt_timeout() {
    at_once(never_ending(), |scripted| {
        at_once(WRITES, |op| {
            let listener = Listener::scripted([scripted.clone()]);
            let config = settings(&listener.url()).call_timeout(LONG_TIMEOUT).token(TOKEN).unwrap();
            let (result, took) = timed(op, &config, LONG_TIMEOUT);
            drop(config);
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, true), "{op:?}: {error}");
            assert_eq!((error.attempts(), listener.count_of_all()), (1, 1), "{op:?}: {error}");
            assert!(took >= TIMEOUT && took < LONG_TIMEOUT / 2, "{op:?}, {scripted:?}: {took:?}");
        });
    });
}

#[test]
fn the_call_timeout_bounds_all_attempts_together() {
    at_once(WITH_A_BODY, |op| {
        let listener = Listener::scripted([dripping_body()]);
        let deadline = Duration::from_millis(700);
        let config = settings(&listener.url()).call_timeout(deadline).token(TOKEN).unwrap();
        let (result, took) = timed(op, &config, deadline);
        let error = result.unwrap_err();
        drop(config);
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, op.is_write()), "{op:?}: {error}");
        let (seen, most) = (listener.count_of_all(), if op.is_write() { 1 } else { 3 });
        assert!(seen <= most, "{op:?}: {seen}");
        assert!(took >= TIMEOUT, "{op:?}: it had more time than {took:?}");
    });
}

#[test]
fn a_call_timeout_below_the_attempt_timeout_holds() {
    at_once([Scripted::Silent, dripping_body()], |scripted| {
        for op in WITH_A_BODY {
            let listener = Listener::scripted([scripted.clone()]);
            let deadline = Duration::from_millis(150);
            let config =
                settings(&listener.url()).attempt_timeout(DEADLINE).call_timeout(deadline).token(TOKEN).unwrap();
            let error = timed(op, &config, deadline).0.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, op.is_write()), "{op:?}: {error}");
            assert_eq!(error.attempts(), 1, "{op:?}: {error}");
        }
    });
}

#[test]
fn an_error_with_an_endless_body_has_its_status() {
    at_once(ALL, |op| {
        let head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n".to_vec();
        let scripted = Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) };
        let (result, seen) = against(op, [scripted]);
        let error = result.unwrap_err();
        assert_eq!((error.status(), error.kind(), seen), (Some(404), ErrorKind::Api, 1), "{op:?}: {error}");
    });
}

#[test]
fn endless_informational_responses_end_at_the_timeout() {
    let heads = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"];
    at_once(heads, |head| {
        at_once(ALL, |op| {
            let flood = Scripted::Flood { head: Vec::new(), chunk: head.repeat(50).into_bytes() };
            let (result, seen) = against(op, [flood]);
            let error = result.unwrap_err();
            assert!([ErrorKind::Timeout, ErrorKind::Transport].contains(&error.kind()), "{op:?}: {error}");
            // Informational responses do not reveal whether the request was processed.
            assert_eq!(error.outcome_unknown(), op.is_write() || op == Op::Delete, "{op:?}: {error}");
            let requests = if op.is_write() { 1 } else { 4 };
            assert_eq!((seen, error.attempts()), (requests, requests as u32), "{op:?}: {error}");
        });
    });
}

#[test]
fn informational_responses_are_skipped() {
    let informational = [
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    at_once(informational, |informational| {
        for op in ALL {
            let bytes = [informational.as_bytes(), &op.good().bytes()].concat();
            let listener = Listener::scripted([Scripted::Raw(bytes)]);
            let config = config(&listener);
            // The second call uses the same connection.
            for _ in 0..2 {
                timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
            }
            assert_eq!((listener.count(), listener.connections()), (2, 1), "{op:?}");
        }
    });
}

#[test]
fn an_unexpected_informational_response_is_an_error() {
    let switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n".to_vec();
    let with_headers = [b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n".to_vec(), Op::Create.good().bytes()].concat();
    for (bytes, words) in [(with_headers, "100-continue"), (switching, "101")] {
        let (result, seen) = against(Op::Create, [Scripted::Raw(bytes)]);
        let error = result.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!((error.outcome_unknown(), seen), (true, 1), "{error}");
    }
}

#[test]
fn pauses_between_chunks_count_towards_the_attempt_timeout() {
    at_once(WITH_A_BODY, |op| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let scripted = Scripted::Drip { head, bytes: b"1\r\n \r\n".to_vec(), every: TIMEOUT * 9 / 10 };
        let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
        fails(op, [scripted], Expected { kinds: LATE, status: Some(200), unknown, requests });
    });
}

#[test]
fn a_silent_sign_in_ends_at_the_call_timeout() {
    let login = Listener::responding(|request| match request.number {
        // This token has expired when it arrives.
        0 => Scripted::json(200, r#"{"access_token":"first","token_type":"bearer","expires_in":1}"#),
        _ => Scripted::Silent,
    });
    let api = Listener::scripted([Scripted::json(401, "{}")]);
    let deadline = Duration::from_millis(800);
    let config = Config::builder(Region::custom(&api.url(), &login.url()).unwrap())
        .attempt_timeout(TIMEOUT)
        .call_timeout(deadline)
        .initial_backoff(Duration::from_millis(1))
        .sign_in(Grant::client_credentials("id", "secret"))
        .unwrap();
    at_once(ALL, |op| {
        let (result, _) = timed(op, &config, deadline);
        let error = result.unwrap_err();
        assert!([ErrorKind::Auth, ErrorKind::Timeout].contains(&error.kind()), "{op:?}: {error}");
        assert!(!error.outcome_unknown(), "{op:?}: the outcome is known: {error}");
        assert!(!error.to_string().contains("secret"));
    });
    let silent = Listener::scripted([Scripted::Silent]);
    let settings = settings(&silent.url()).call_timeout(deadline);
    let (result, _) = in_time(deadline, || settings.sign_in(Grant::client_credentials("id", "secret")));
    assert!([ErrorKind::Auth, ErrorKind::Timeout].contains(&result.unwrap_err().kind()));
}

#[test]
fn a_truncated_body_leaves_only_writes_unknown() {
    at_once(WITH_A_BODY, |op| {
        for cut in [1, 10] {
            let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
            let expected = Expected { kinds: LOST, status: Some(200), unknown, requests };
            fails(op, [Scripted::RawThenClose(cut_short(op, cut))], expected);
        }
        let (result, seen) = against(op, [Scripted::RawThenClose(cut_short(op, 1)), op.good()]);
        assert_eq!((result.is_ok(), seen), if op.is_write() { (false, 1) } else { (true, 2) }, "{op:?}");
    });
}

#[test]
fn a_broken_chunked_body_leaves_only_writes_unknown() {
    at_once(WITH_A_BODY, |op| {
        let body = op.good_body();
        let size = format!("{:x}", body.len());
        let broken = [
            format!("{size}\r\n{}", &body[..10]),
            format!("{size}\r\n{body}\r\n"),
            format!("{size}\r\n{body}\r\nxyz\r\n"),
            format!("{size}\r\n{body}\r\nffffffffffffffffffffffff\r\n"),
            format!("-1\r\n{body}\r\n0\r\n\r\n"),
            format!("\r\n{body}\r\n0\r\n\r\n"),
        ];
        for chunks in broken {
            let bytes = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes();
            let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
            let expected = Expected { kinds: LOST, status: Some(200), unknown, requests };
            fails(op, [Scripted::RawThenClose(bytes)], expected);
        }
    });
}

/// Sends a first response with this head and body, then valid responses. The second call must get its own response.
fn gets_its_own_response(head: &str, body: &str) {
    at_once(ALL, |op| {
        let first = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into_bytes();
        let listener = Listener::responding(move |request| match request.number {
            0 => Scripted::Raw(first.clone()),
            _ => success_for(request),
        });
        let config = config(&listener);
        let (first, _) = timed(Op::Get, &config, DEADLINE);
        if let Err(error) = &first {
            assert!(error.status().is_none_or(|status| status == 200), "{error}");
        }
        let (second, _) = timed(op, &config, DEADLINE);
        second.unwrap_or_else(|error| panic!("{op:?} after {head:?} ({first:?}): {error}"));
    });
}

fn unsolicited() -> String {
    let body = segment().to_string().replace("\"7\"", "\"stray\"");
    // The status shows that no call may accept it.
    format!("HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn two_lengths_never_shift_responses() {
    let good = Op::Get.good_body();
    let both = format!("{good}{}", unsolicited());
    let (short, long) = (good.len(), both.len());
    at_once(
        [
            format!("Content-Length: {short}\r\nContent-Length: {long}"),
            format!("Content-Length: {long}\r\nContent-Length: {short}"),
            format!("Content-Length: {short}, {long}"),
            format!("Content-Length: {short}\r\nContent-Length: {short}"),
            format!("Content-Length: +{short}"),
            format!("Content-Length: -{short}"),
            "Content-Length: 99999999999999999999999999".to_owned(),
        ],
        |head| gets_its_own_response(&head, &both),
    );
}

#[test]
fn a_length_beside_chunks_never_shifts_responses() {
    let good = Op::Get.good_body();
    let chunked = format!("{:x}\r\n{good}\r\n0\r\n\r\n", good.len());
    let both = format!("{chunked}{}", unsolicited());
    at_once(
        [
            format!("Content-Length: {}\r\nTransfer-Encoding: chunked", chunked.len()),
            format!("Transfer-Encoding: chunked\r\nContent-Length: {}", both.len()),
            "Transfer-Encoding: identity, chunked\r\nContent-Length: 3".to_owned(),
            "Transfer-Encoding: xchunked".to_owned(),
        ],
        |head| gets_its_own_response(&head, &both),
    );
}

#[test]
fn bytes_after_a_response_are_not_the_next_response() {
    let length = format!("Content-Length: {}", Op::Get.good_body().len());
    at_once([unsolicited(), "rubbish".to_owned(), "\r\n\r\n".to_owned(), unsolicited().repeat(100)], |behind| {
        gets_its_own_response(&length, &format!("{}{behind}", Op::Get.good_body()));
    });
}

#[test]
fn late_bytes_after_a_response_are_not_the_next_response() {
    for op in READS {
        let more = unsolicited().into_bytes();
        let length = more.len();
        let listener = Listener::scripted([Scripted::RawThenMore(Op::Get.good().bytes(), more), op.good()]);
        let config = config(&listener);
        Op::Get.call(&config).unwrap();
        listener.wait_for_flooded(length);
        timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!((listener.count(), listener.connections()), (2, 2), "{op:?}");
    }
}

#[test]
fn timed_out_calls_leave_no_connection_open() {
    let listener = Listener::scripted([Scripted::Silent]);
    let config = settings(&listener.url()).max_attempts(2).token(TOKEN).unwrap();
    at_once(0..16, |n| {
        let error = ALL[n % ALL.len()].call(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    });
    // The connections are closed though the config lives.
    listener.wait_until_left();
}

#[test]
#[cfg(unix)]
fn a_process_that_is_stopped_during_a_call_continues() {
    use std::process::{Command, Stdio};

    const CHILD: &str = "FAULTS_STOPPED_CHILD";
    if let Ok(url) = std::env::var(CHILD) {
        let config = settings(&url).max_attempts(1).token(TOKEN).unwrap();
        let first = Op::Create.call(&config);
        assert!(first.as_ref().is_err_and(|error| error.kind() == ErrorKind::Timeout), "{first:?}");
        assert!(first.unwrap_err().outcome_unknown());
        Op::Get.call(&config).unwrap();
        Op::Create.call(&config).unwrap();
        return;
    }
    let listener = Listener::scripted([Scripted::Silent, Op::Get.good(), Op::Create.good()]);
    let name = "::a_process_that_is_stopped_during_a_call_continues";
    let mut child = child::command(&format!("{}{name}", module_path!()))
        .arg("--test-threads=1")
        .env(CHILD, listener.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let signal = |signal: &str| {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    };
    listener.wait_for_requests(1);
    signal("-STOP");
    // The process is stopped for longer than several timeouts.
    std::thread::sleep(Duration::from_secs(1));
    signal("-CONT");
    let resumed = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(resumed.elapsed() < Duration::from_secs(3), "{:?}", resumed.elapsed());
    assert_eq!(listener.count(), 3);
}
