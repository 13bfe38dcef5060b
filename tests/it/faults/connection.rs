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

/// The start of an answer that suits the call, `cut` bytes short of its end.
fn cut_short(op: Op, cut: usize) -> Vec<u8> {
    let mut bytes = Scripted::json(200, op.good_body() + " ").bytes();
    bytes.truncate(bytes.len() - cut);
    bytes
}

#[test]
fn a_refused_connection_is_tried_four_times_for_any_method_and_its_outcome_is_known() {
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
fn a_connection_that_is_refused_once_is_made_the_second_time_and_one_request_is_seen() {
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

/// A socket that listens, and whose queue is full: what connects now waits. The connections that fill it
/// come with it.
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
fn a_connect_that_hangs_is_tried_four_times_for_any_method_and_its_outcome_is_known() {
    at_once(ALL, |op| {
        let (socket, filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        // Connecting has a time-out of its own.
        let config = settings(&url).attempt_timeout(LONG).call_timeout(LONG).token(TOKEN).unwrap();
        let (result, took) = timed(op, &config, LONG);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None), "{op:?}: {error}");
        assert_eq!((error.attempts(), error.outcome_unknown()), (4, false), "{op:?}: {error}");
        assert!(took >= TIMEOUT * 4 && took < LONG / 2, "{op:?}: {took:?}");
        // Nobody else is in the queue.
        socket.set_nonblocking(true).unwrap();
        let waiting = std::iter::from_fn(|| socket.accept().ok()).count();
        assert_eq!(waiting, filling.len(), "{op:?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_connect_that_hangs_does_not_outlast_the_deadline_and_its_outcome_is_known() {
    at_once(ALL, |op| {
        let (socket, _filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        let deadline = Duration::from_millis(150);
        let config =
            settings(&url).attempt_timeout(LONG).connect_timeout(LONG).call_timeout(deadline).token(TOKEN).unwrap();
        let error = timed(op, &config, deadline).0.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{op:?}: {error}");
        assert_eq!(error.attempts(), 1, "{op:?}: {error}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_connect_that_hangs_once_is_made_the_second_time_and_one_request_is_seen() {
    at_once(ALL, |op| {
        let (socket, filling) = full();
        let url = format!("http://{}", socket.local_addr().unwrap().as_socket().unwrap());
        let config = settings(&url).attempt_timeout(LONG).call_timeout(LONG).token(TOKEN).unwrap();
        let waiting = RefCell::new(Some((socket, filling)));
        let up = std::rc::Rc::new(RefCell::new(None));
        let starting = up.clone();
        on_warning(move |warning| {
            assert!(warning.contains("retrying in"), "{warning}");
            let Some((socket, filling)) = waiting.borrow_mut().take() else { return };
            drop(filling);
            *starting.borrow_mut() = Some(Listener::scripted_on(socket, [op.good()]));
        });
        timed(op, &config, LONG).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!(up.borrow().as_ref().expect("the first attempt hung").count(), 1, "{op:?}");
    });
}

#[test]
fn a_name_that_does_not_resolve_is_a_transport_error_whose_outcome_is_known() {
    // A label of more than 63 characters is refused by the resolver itself: no name server is asked.
    let settings = settings(&format!("https://{}.invalid", "a".repeat(70))).no_proxy();
    let config = settings.attempt_timeout(DEADLINE).token(TOKEN).unwrap();
    for op in ALL {
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{op:?}: {error}");
    }
}

#[test]
fn a_service_that_accepts_and_never_answers_ends_in_a_timeout() {
    loses_the_response(&Scripted::Silent, LATE);
}

#[test]
fn a_close_before_the_first_byte_of_an_answer_repeats_reads_and_leaves_writes_unknown() {
    loses_the_response(&Scripted::Close, LOST);
}

#[test]
fn a_reset_before_the_head_repeats_reads_and_leaves_writes_unknown() {
    loses_the_response(&Scripted::Reset, LOST);
}

#[test]
fn a_reset_within_the_head_repeats_reads_and_leaves_writes_unknown() {
    loses_the_response(&Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()), LOST);
}

#[test]
fn a_reset_within_the_body_repeats_reads_and_leaves_writes_unknown() {
    at_once([Op::Get, Op::List, Op::Query, Op::Create, Op::Update], |op| {
        let requests = if op.is_write() { 1 } else { 4 };
        let (result, seen) = against(op, [Scripted::RawThenReset(cut_short(op, 5))]);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), seen), (ErrorKind::Transport, requests), "{op:?}: {error}");
        assert_eq!(error.outcome_unknown(), op.is_write(), "{op:?}: {error}");
    });
    // What a DELETE is answered beyond its status does not matter.
    let cut = Scripted::RawThenReset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec());
    let (result, seen) = against(Op::Delete, [cut, Op::Delete.good()]);
    assert!(result.is_ok() && seen <= 2, "{result:?} {seen}");
}

#[test]
fn a_kept_connection_that_closes_as_the_next_request_arrives_loses_no_read() {
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
fn a_reset_in_the_middle_of_the_request_repeats_reads_and_leaves_writes_unknown() {
    loses_the_response(&Scripted::ResetMidRequest(40), LOST);
}

#[test]
fn an_answer_before_the_body_was_read_is_taken_if_it_is_whole() {
    let refusal = Scripted::json(413, r#"{"message":"too large","code":"too.large"}"#);
    let bytes = refusal.bytes();
    // What of an answer comes before the rest of a large request meets a reset is a race.
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
        // Part of an answer is none, unless it is the status and the rest of it is in its body.
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
fn a_request_that_nobody_reads_ends_in_time() {
    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    at_once([Duration::from_millis(150), DEADLINE], |deadline| {
        let listener = Listener::scripted([Scripted::Stuck.before_body()]);
        let config = settings(&listener.url()).call_timeout(deadline).token(TOKEN).unwrap();
        let error = segments::create(&config, &segment).unwrap_err();
        let requests = listener.requests();
        // Writing so much down takes a while, before there is a call.
        let took = requests[0].at.elapsed();
        assert!(took <= deadline.min(TIMEOUT) + grace(), "{took:?}");
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, true), "{error}");
        assert_eq!(requests.len(), 1);
    });
}

#[test]
fn a_head_that_drips_for_ever_ends_at_the_time_out_of_the_attempt() {
    let head = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    loses_the_response(&Scripted::Drip { head, bytes: b"x".to_vec(), every: Duration::from_millis(20) }, LATE);
}

fn dripping_body() -> Scripted {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
    Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) }
}

const WITH_A_BODY: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

#[test]
fn a_body_that_drips_for_ever_ends_at_the_time_out_of_the_attempt() {
    at_once(WITH_A_BODY, |op| {
        let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
        let expected = Expected { kinds: LATE, status: Some(200), unknown, requests };
        fails(op, [dripping_body()], expected);
    });
}

/// Bodies of a success that are not what the head says, or do not end.
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
        // The head of a gzip, and nothing in it; one that never was.
        encoded(b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "gzip"),
        encoded(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x5a\x5a\x5a\x5a\x5a\x5a\x5a\x5a", "gzip"),
        encoded(b"{}", "gzip"),
        encoded(b"{}", "br"),
    ]
}

#[test]
fn a_delete_is_done_once_its_status_has_come_however_its_body_breaks() {
    at_once(broken_bodies(), |scripted| {
        let listener = Listener::answering(move |request| match request.number {
            0 => scripted.clone(),
            _ => success_for(request),
        });
        let config = settings(&listener.url()).call_timeout(LONG).token(TOKEN).unwrap();
        let (result, took) = timed(Op::Delete, &config, LONG);
        let first = listener.requests().swap_remove(0);
        assert!(result.is_ok() && took < LONG / 2, "{result:?} after {took:?}");
        // What came of the body, or comes yet, is not taken for the next answer.
        Op::Get.call(&config).unwrap();
        drop(config);
        listener.wait_until_left();
        let deletes: Vec<_> = listener.requests().into_iter().filter(|request| request.method == "DELETE").collect();
        assert_eq!((deletes.len(), first.method.as_str()), (1, "DELETE"));
    });
}

/// Those that begin an answer, or none, and never end it.
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
fn a_write_whose_answer_never_ends_has_the_time_of_one_attempt_and_not_all_until_the_deadline() {
    at_once(never_ending(), |scripted| {
        at_once(WRITES, |op| {
            let listener = Listener::scripted([scripted.clone()]);
            let config = settings(&listener.url()).call_timeout(LONG).token(TOKEN).unwrap();
            let (result, took) = timed(op, &config, LONG);
            drop(config);
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, true), "{op:?}: {error}");
            assert_eq!((error.attempts(), listener.count_of_all()), (1, 1), "{op:?}: {error}");
            assert!(took >= TIMEOUT && took < LONG / 2, "{op:?}, {scripted:?}: {took:?}");
        });
    });
}

#[test]
fn the_deadline_bounds_the_sum_of_the_repeats_of_a_dripping_body() {
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
fn the_deadline_holds_where_it_is_shorter_than_the_time_out_of_an_attempt() {
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
fn an_error_whose_body_drips_is_told_by_its_status_in_time() {
    at_once(ALL, |op| {
        let head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n".to_vec();
        let scripted = Scripted::Drip { head, bytes: b" ".to_vec(), every: Duration::from_millis(20) };
        let (result, seen) = against(op, [scripted]);
        let error = result.unwrap_err();
        assert_eq!((error.status(), error.kind(), seen), (Some(404), ErrorKind::Api, 1), "{op:?}: {error}");
    });
}

#[test]
fn endless_informational_answers_end() {
    let answers = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"];
    at_once(answers, |answer| {
        at_once(ALL, |op| {
            let flood = Scripted::Flood { head: Vec::new(), chunk: answer.repeat(50).into_bytes() };
            let (result, seen) = against(op, [flood]);
            let error = result.unwrap_err();
            assert!([ErrorKind::Timeout, ErrorKind::Transport].contains(&error.kind()), "{op:?}: {error}");
            // An informational answer says nothing about what becomes of the request.
            assert_eq!(error.outcome_unknown(), op.is_write() || op == Op::Delete, "{op:?}: {error}");
            let requests = if op.is_write() { 1 } else { 4 };
            assert_eq!((seen, error.attempts()), (requests, requests as u32), "{op:?}: {error}");
        });
    });
}

#[test]
fn an_informational_answer_before_the_real_one_is_passed_over() {
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
            // The second time over the same connection.
            for _ in 0..2 {
                timed(op, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
            }
            assert_eq!((listener.count(), listener.connections()), (2, 1), "{op:?}");
        }
    });
}

#[test]
fn an_informational_answer_that_must_not_be_is_a_clear_error() {
    let switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n".to_vec();
    let with_headers = [b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n".to_vec(), Op::Create.good().bytes()].concat();
    for (bytes, words) in [(with_headers, "100-continue"), (switching, "101")] {
        let (result, seen) = against(Op::Create, [Scripted::Raw(bytes)]);
        let error = result.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!((error.outcome_unknown(), seen), (words != "101", 1), "{error}");
    }
}

#[test]
fn pauses_just_below_the_time_out_between_all_chunks_do_not_outlast_the_deadline() {
    at_once(WITH_A_BODY, |op| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let scripted = Scripted::Drip { head, bytes: b"1\r\n \r\n".to_vec(), every: TIMEOUT * 9 / 10 };
        let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
        fails(op, [scripted], Expected { kinds: LATE, status: Some(200), unknown, requests });
    });
}

#[test]
fn a_silent_sign_in_ends_within_the_deadline_of_the_call() {
    let login = Listener::answering(|request| match request.number {
        // Used up at once.
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
        assert!(!error.outcome_unknown(), "{op:?}: it was turned away, or never sent: {error}");
        assert!(!error.to_string().contains("secret"));
    });
    let silent = Listener::scripted([Scripted::Silent]);
    let settings = settings(&silent.url()).call_timeout(deadline);
    let (result, _) = in_time(deadline, || settings.sign_in(Grant::client_credentials("id", "secret")));
    assert!([ErrorKind::Auth, ErrorKind::Timeout].contains(&result.unwrap_err().kind()));
}

#[test]
fn a_body_shorter_than_its_length_repeats_reads_and_leaves_writes_unknown() {
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
fn a_broken_chunked_body_repeats_reads_and_leaves_writes_unknown() {
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

/// A first answer with this head and body, and then proper ones: the second call must get its own.
fn stays_in_step(head: &str, body: &str) {
    at_once(ALL, |op| {
        let first = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into_bytes();
        let listener = Listener::answering(move |request| match request.number {
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

fn evil() -> String {
    let body = segment().to_string().replace("\"7\"", "\"evil\"");
    // Nobody takes it for a success.
    format!("HTTP/1.1 409 Conflict\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn two_lengths_never_put_answers_out_of_step() {
    let good = Op::Get.good_body();
    let both = format!("{good}{}", evil());
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
        |head| stays_in_step(&head, &both),
    );
}

#[test]
fn a_length_beside_chunks_never_puts_answers_out_of_step() {
    let good = Op::Get.good_body();
    let chunked = format!("{:x}\r\n{good}\r\n0\r\n\r\n", good.len());
    let both = format!("{chunked}{}", evil());
    at_once(
        [
            format!("Content-Length: {}\r\nTransfer-Encoding: chunked", chunked.len()),
            format!("Transfer-Encoding: chunked\r\nContent-Length: {}", both.len()),
            "Transfer-Encoding: identity, chunked\r\nContent-Length: 3".to_owned(),
            "Transfer-Encoding: xchunked".to_owned(),
        ],
        |head| stays_in_step(&head, &both),
    );
}

#[test]
fn bytes_behind_an_answer_are_not_taken_for_the_next_one() {
    let length = format!("Content-Length: {}", Op::Get.good_body().len());
    at_once([evil(), "rubbish".to_owned(), "\r\n\r\n".to_owned(), evil().repeat(100)], |behind| {
        stays_in_step(&length, &format!("{}{behind}", Op::Get.good_body()));
    });
}

#[test]
fn bytes_that_come_after_an_answer_are_not_taken_for_the_next_one() {
    for op in READS {
        let more = evil().into_bytes();
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
fn calls_that_time_out_leave_no_connection_open() {
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
fn a_process_that_is_stopped_in_the_middle_of_a_call_ends_it_and_goes_on() {
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
    let name = "::a_process_that_is_stopped_in_the_middle_of_a_call_ends_it_and_goes_on";
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
    // Stopped for several time-outs; a second stands for a minute.
    std::thread::sleep(Duration::from_secs(1));
    signal("-CONT");
    let resumed = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(resumed.elapsed() < Duration::from_secs(3), "{:?}", resumed.elapsed());
    assert_eq!(listener.count(), 3);
}
