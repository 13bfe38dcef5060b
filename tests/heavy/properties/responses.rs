//! Real responses, mutated at random in head and body: no response makes a call panic or end after its deadline.
//!
//! `FUZZ_CASES` sets the number of responses. `FUZZ_SECONDS=60 cargo test --test properties -- --ignored
//! --nocapture` tries responses for this time, and prints their number.

use std::io::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestCaseError, TestRunner};
use serde_json::json;

use genesys_listener::Scripted;
use genesys_listener::calls::*;

use super::responder::Responder;

const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(60);
const CALL_TIMEOUT: Duration = Duration::from_millis(250);

/// A change of a text. Positions are parts of 65536 of the whole.
#[derive(Clone, Debug)]
pub enum Mutation {
    Truncate(u16),
    Flip(u16, u8),
    Set(u16, u8),
    Remove(u16, u16),
    Repeat(u16, u16, u8),
    Insert(u16, Vec<u8>),
    /// One of the pieces of responses.
    Splice(u16, usize),
    /// A digit of the head becomes another.
    Digit(u16, u8),
}

const PIECES: [&[u8]; 34] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.0 ",
    b"Content-Length: 0\r\n",
    b"Content-Length: 18446744073709551615\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: br\r\n",
    b"Connection: close\r\n",
    b"Location: http://127.0.0.1:1/\r\n",
    b"Retry-After: 999999\r\n",
    b"Retry-After: 0\r\n",
    b"ININ-Correlation-Id: \xff\xfe\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\"\\ud800\"",
    b"1e999",
    b"\xef\xbb\xbf",
    b"null",
    b"null,",
    b"{},",
    b",[]",
    b"12.",
    b"-",
    b",\"id\":7",
    b"]}",
    b"}]}",
];

pub fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        any::<u16>().prop_map(Mutation::Truncate),
        (any::<u16>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (any::<u16>(), any::<u16>()).prop_map(|(from, to)| Mutation::Remove(from, to)),
        (any::<u16>(), any::<u16>(), 1..5_u8).prop_map(|(from, to, times)| Mutation::Repeat(from, to, times)),
        (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (any::<u16>(), 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Splice(at, piece)),
        (any::<u16>(), b'0'..=b'9').prop_map(|(at, digit)| Mutation::Digit(at, digit)),
    ]
}

impl Mutation {
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |at: u16| usize::from(at) * length / 65_536;
        let span = |from: u16, to: u16| place(from.min(to))..place(from.max(to));
        match self {
            Mutation::Truncate(at) => bytes.truncate(place(*at)),
            Mutation::Flip(at, bit) => bytes.get_mut(place(*at)).into_iter().for_each(|byte| *byte ^= 1 << bit),
            Mutation::Set(at, value) => bytes.get_mut(place(*at)).into_iter().for_each(|byte| *byte = *value),
            Mutation::Remove(from, to) => drop(bytes.drain(span(*from, *to))),
            Mutation::Repeat(from, to, times) => {
                let piece = bytes[span(*from, *to)].repeat((*times).into());
                let at = place(*from.max(to));
                bytes.splice(at..at, piece);
            }
            Mutation::Insert(at, piece) => drop(bytes.splice(place(*at)..place(*at), piece.iter().copied())),
            Mutation::Splice(at, piece) => {
                // Inserts after the end of a line, where a header may start.
                let lines: Vec<usize> =
                    bytes.windows(2).enumerate().filter(|(_, w)| w == b"\r\n").map(|l| l.0 + 2).collect();
                let at = if lines.is_empty() { place(*at) } else { lines[usize::from(*at) * lines.len() / 65_536] };
                bytes.splice(at..at, PIECES[*piece].iter().copied());
            }
            Mutation::Digit(at, digit) => {
                let digits: Vec<usize> = (0..length).filter(|n| bytes[*n].is_ascii_digit()).collect();
                if let Some(n) = digits.get(usize::from(*at) * digits.len() / 65_536) {
                    bytes[*n] = *digit;
                }
            }
        }
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn chunked(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(50) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// Responses as the service sends them.
fn real_responses(op: Op) -> Vec<Vec<u8>> {
    let body = match op {
        Op::Query => json!({"results": [{"group": {"mediaType": "web"}, "data": [{
            "interval": "2026-05-04T00:00:00.000Z/2026-05-05T00:00:00.000Z",
            "metrics": [{"metric": "nJourneySessions", "stats": {"count": 17, "sum": 1.5}}],
        }]}]})
        .to_string(),
        _ => op.good_body(),
    };
    let error = json!({
        "message": "it is not good", "code": "not.good", "status": 400, "contextId": "c-1", "messageParams": {"a": "b"},
        "details": [{"errorCode": "bad", "fieldName": "color"}], "errors": [{"message": "m"}],
        "limit": {"key": "k", "namespace": "n", "value": 3},
    });
    let good = Scripted::json(200, &body)
        .with("ININ-Correlation-Id", "i-1")
        .with("Timestamp", "Mon, 04 May 2026 08:15:30 GMT");
    vec![
        good.bytes(),
        Scripted::text(200, gzip(body.as_bytes())).with("Content-Encoding", "gzip").bytes(),
        chunked("Content-Type: application/json\r\n", body.as_bytes()),
        chunked("Content-Encoding: gzip\r\n", &gzip(body.as_bytes())),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes(),
        Scripted::text(204, "").bytes(),
        Scripted::json(400, &error).bytes(),
        Scripted::json(404, &error).bytes(),
        Scripted::json(429, &error).with("Retry-After", 1).bytes(),
        Scripted::text(503, "<html>later</html>").with("Retry-After", 1).bytes(),
        Scripted::text(302, "").with("Location", "https://login.mypurecloud.ie/").bytes(),
    ]
}

#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Reset,
    /// The connection stays, for the next request.
    Stay,
}

#[derive(Clone, Debug)]
struct Case {
    op: Op,
    response: usize,
    mutations: Vec<Mutation>,
    end: End,
}

fn case() -> impl Strategy<Value = Case> {
    let op = proptest::sample::select(&ALL[..]);
    let end = prop_oneof![6 => Just(End::Close), 1 => Just(End::Reset), 3 => Just(End::Stay)];
    let mutations = proptest::collection::vec(mutation(), 1..6);
    (op, 0..11_usize, mutations, end).prop_map(|(op, response, mutations, end)| Case { op, response, mutations, end })
}

fn try_one(case: &Case) -> Result<(), TestCaseError> {
    // A listener and a rate limiter of its own: a request that was given up may be read, and counted, later than the
    // case ends.
    let responder =
        Responder::new(|settings| settings.attempt_timeout(ATTEMPT_TIMEOUT).call_timeout(CALL_TIMEOUT).max_attempts(2));
    let mut bytes = real_responses(case.op).swap_remove(case.response);
    case.mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
    let is_rate_limited =
        RATE_LIMITED.iter().any(|status| bytes.windows(3).any(|w| w == status.to_string().as_bytes()));
    responder.respond_with(match case.end {
        End::Close => Scripted::RawThenClose(bytes),
        End::Reset => Scripted::RawThenReset(bytes),
        End::Stay => Scripted::Raw(bytes),
    });
    let before = responder.listener.count();
    // Neither the call nor the texts of its error may panic.
    let (result, _) = in_time(CALL_TIMEOUT, || case.op.send(&responder.config));
    let sent = responder.listener.count() - before;
    prop_assert!(sent <= 2, "{sent} requests");
    prop_assert!(sent <= 1 || !case.op.is_write() || is_rate_limited, "a write was sent twice: {result:?}");
    if let Err(error) = result {
        prop_assert!(error.body().len() <= 8 * 1024);
    }
    Ok(())
}

fn run(cases: u32) {
    let runs = Runs { cases, failure_persistence: None, ..Runs::default() };
    let result = TestRunner::new(runs).run(&case(), |case| try_one(&case));
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Returns the number of cases in `FUZZ_CASES`, or this one.
pub fn cases_or(default: u32) -> u32 {
    std::env::var("FUZZ_CASES").map_or(default, |cases| cases.parse().unwrap())
}

#[test]
fn no_response_panics_or_ends_late() {
    run(cases_or(400));
}

#[test]
#[ignore = "goes on for FUZZ_SECONDS"]
fn no_response_panics_in_a_long_run() {
    let seconds = std::env::var("FUZZ_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tried = 0;
    while Instant::now() < end {
        run(1000);
        tried += 1000;
        println!("{tried} responses");
    }
}
