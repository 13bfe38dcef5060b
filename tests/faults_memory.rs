//! Answers that are larger than anyone can want: what is held of them is bounded.

mod listener;

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genesys_journey::{Config, Error, ErrorKind};
use peak_alloc::PeakAlloc;

use listener::calls::*;
use listener::{Listener, Play};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// One at a time, what it prepares included: the heap is that of the whole process.
type Alone = MutexGuard<'static, ()>;

fn alone() -> Alone {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;
const LIMIT: usize = 4 * MIB;
/// A buffer that doubles holds, for a moment, its old bytes besides the new room for twice as many.
const HELD: usize = 3 * LIMIT + 2 * MIB;
const PLENTY: Duration = Duration::from_secs(10);

const READ: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

fn patient(listener: &Listener) -> Config {
    let settings = settings(&listener.url()).timeout(PLENTY).deadline(PLENTY).attempts(1);
    settings.max_response_bytes(LIMIT as u64).token(TOKEN).unwrap()
}

/// Makes each call against the play, and checks what it held at most, and how much it had sent.
fn holds_at_most(_: &Alone, ops: &[Op], held: usize, play: Play, check: impl Fn(Op, Error)) {
    for op in ops {
        // A copy for the script, one for the play, and the bytes as they are written.
        let listener = Listener::play([play.clone()]);
        let config = patient(&listener);
        let before = HEAP.current_usage();
        HEAP.reset_peak_usage();
        let (result, _) = timed(*op, &config, PLENTY);
        let peak = HEAP.peak_usage().saturating_sub(before);
        check(*op, result.expect_err(&format!("{op:?}")));
        assert!(peak <= held, "{op:?}: {} KiB were held, more than {}", peak >> 10, held >> 10);
        listener.wait_for_requests(1);
        // What the sockets hold, besides.
        assert!(listener.flooded() <= (LIMIT + 16 * MIB) as u64, "{} bytes were taken", listener.flooded());
    }
}

fn names_the_limit(op: Op, error: Error) {
    assert_eq!(error.kind(), ErrorKind::Decode, "{op:?}: {error}");
    assert!(error.message().contains(&LIMIT.to_string()), "{op:?}: {error}");
    assert_eq!(error.outcome_unknown(), op.is_write(), "{op:?}: {error}");
    assert!(error.body().len() <= 8 * 1024);
}

/// An object that never ends.
const OPEN: &str = "{\"x\":\"";

#[test]
fn a_body_of_three_gigabytes_is_read_up_to_the_limit() {
    let alone = alone();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n{OPEN}").into_bytes();
    holds_at_most(&alone, &READ, HELD, Play::Flood { head, chunk: vec![b'x'; 65_536] }, names_the_limit);
}

#[test]
fn an_endless_body_is_read_up_to_the_limit() {
    let alone = alone();
    let head = format!("HTTP/1.1 200 OK\r\n\r\n{OPEN}").into_bytes();
    holds_at_most(&alone, &READ, HELD, Play::Flood { head, chunk: vec![b'x'; 65_536] }, names_the_limit);
}

#[test]
fn endless_chunks_are_read_up_to_the_limit() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"x\":\"x\r\n".to_vec();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 65_536], b"\r\n"].concat();
    holds_at_most(&alone, &READ, HELD, Play::Flood { head, chunk }, names_the_limit);
}

#[test]
fn an_endless_error_is_read_up_to_a_small_part() {
    let alone = alone();
    let head = b"HTTP/1.1 400 Bad\r\nContent-Length: 3000000000\r\n\r\n".to_vec();
    let ops: Vec<Op> = ALL.into();
    holds_at_most(&alone, &ops, 2 * MIB, Play::Flood { head, chunk: vec![b'x'; 65_536] }, |op, error| {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)), "{op:?}");
        assert!(error.body().len() <= 8 * 1024);
    });
}

/// A gigabyte of blanks, and of one text, compressed.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(OPEN.as_bytes()).unwrap();
    let zeros = vec![b'0'; MIB];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    // The rest is the same again: members may follow each other.
    let member = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..64 {
            encoder.write_all(&zeros).unwrap();
        }
        encoder.finish().unwrap()
    };
    let mut bytes = encoder.finish().unwrap();
    for _ in 0..15 {
        bytes.extend(&member);
    }
    bytes
}

#[test]
fn a_gzip_bomb_is_decoded_up_to_the_limit() {
    let alone = alone();
    let bomb = bomb();
    let size = bomb.len();
    assert!(size < 10 * MIB, "{size}");
    let play = Play::text(200, bomb).with("Content-Encoding", "gzip");
    // The script's copies of the bomb are on the same heap.
    holds_at_most(&alone, &READ, HELD + 3 * size, play, names_the_limit);
}

fn broken(op: Op, error: Error) {
    assert!([ErrorKind::Transport, ErrorKind::Decode].contains(&error.kind()), "{op:?}: {error}");
    assert_eq!(error.outcome_unknown(), op.is_write() || op == Op::Delete, "{op:?}: {error}");
}

#[test]
fn ten_thousand_headers_are_an_error() {
    let alone = alone();
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for n in 0..10_000 {
        bytes.extend(format!("X-{n}: y\r\n").bytes());
    }
    bytes.extend(b"Content-Length: 0\r\n\r\n");
    holds_at_most(&alone, &ALL, MIB, Play::RawThenSilent(bytes), broken);
}

#[test]
fn endless_headers_are_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    holds_at_most(&alone, &ALL, MIB, Play::Flood { head, chunk: b"X-Y: z\r\n".repeat(1000) }, broken);
}

#[test]
fn a_header_of_ten_megabytes_is_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\nX-Y: ".to_vec();
    holds_at_most(&alone, &ALL, MIB, Play::Flood { head, chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn a_status_line_of_a_megabyte_is_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 ".to_vec();
    holds_at_most(&alone, &ALL, MIB, Play::Flood { head, chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn an_answer_without_a_status_line_is_an_error() {
    let alone = alone();
    holds_at_most(&alone, &ALL, MIB, Play::Flood { head: Vec::new(), chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn a_million_brackets_are_an_error() {
    let alone = alone();
    holds_at_most(&alone, &READ, 16 * MIB, Play::json(200, "[".repeat(1_000_000)), |op, error| {
        assert_eq!(error.kind(), ErrorKind::Decode, "{op:?}: {error}");
    });
}
