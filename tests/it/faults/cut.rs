//! Responses that break off, and codings of bodies.

use std::io::Write;

use genesys_journey::ErrorKind;

use genesys_listener::Scripted;
use genesys_listener::calls::*;

/// The calls whose response is read.
const READ: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

/// A response whose body ends with the connection.
fn without_a_length(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes(), body].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The response is lost: reads are retried, the outcome of a write is unknown.
#[track_caller]
fn is_lost(op: Op, scripted: Scripted) {
    let (requests, unknown) = if op.is_write() { (1, true) } else { (4, false) };
    let (result, seen) = against(op, [scripted]);
    let error = result.expect_err(&format!("{op:?}"));
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, unknown), "{op:?}: {error}");
    assert_eq!((seen, error.attempts() as usize), (requests, requests), "{op:?}: {error}");
}

#[test]
fn a_reset_does_not_end_a_body_without_a_length() {
    at_once(READ, |op| {
        // Even if it can be read, more may have been lost.
        is_lost(op, Scripted::RawThenReset(without_a_length("", op.good_body().as_bytes())));
        is_lost(op, Scripted::RawThenReset(without_a_length("", b"")));
    });
}

#[test]
fn a_reset_during_a_write_loses_a_body_without_a_length() {
    use genesys_journey::segments::{self, NewSegment};
    use genesys_listener::Listener;

    let segment = NewSegment { description: Some("x".repeat(8 << 20)), ..NewSegment::new("VIP") };
    let body = without_a_length("", Op::Create.good_body().as_bytes());
    // The listener closes the connection with the rest of the request unread.
    let listener = Listener::scripted([Scripted::RawThenClose(body).before_body()]);
    let settings = settings(&listener.url())
        .attempt_timeout(LONG_TIMEOUT)
        .call_timeout(LONG_TIMEOUT)
        .connect_timeout(LONG_TIMEOUT);
    let error = segments::create(&settings.token(TOKEN).unwrap(), &segment).unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
    assert_eq!((error.attempts(), listener.count()), (1, 1), "{error}");
}

#[test]
fn a_close_ends_a_body_without_a_length() {
    at_once(READ, |op| {
        let (result, seen) = against(op, [Scripted::RawThenClose(without_a_length("", op.good_body().as_bytes()))]);
        assert!(result.is_ok() && seen == 1, "{op:?}: {result:?}");
    });
}

#[test]
#[cfg(feature = "gzip")]
fn a_compressed_body_whose_connection_breaks_is_lost() {
    at_once(READ, |op| {
        let whole = gzip(op.good_body().as_bytes());
        for cut in [0, 5, 12, whole.len() - 9, whole.len() - 1] {
            let coded = |length: &str| {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n{length}\r\n\r\n");
                [head.as_bytes(), &whole[..cut]].concat()
            };
            let length = format!("Content-Length: {}", whole.len());
            is_lost(op, Scripted::RawThenReset(coded(&length)));
            is_lost(op, Scripted::RawThenClose(coded(&length)));
            let chunk =
                format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n{cut:x}\r\n");
            if cut > 0 {
                is_lost(op, Scripted::RawThenClose([chunk.as_bytes(), &whole[..cut]].concat()));
                is_lost(op, Scripted::RawThenClose(without_a_length("Content-Encoding: gzip\r\n", &whole[..cut])));
            }
        }
    });
}

#[test]
#[cfg(feature = "gzip")]
fn a_compressed_body_cut_by_a_close_is_lost() {
    // HTTP/1.0 has no chunks, and another coding of the transfer has none either.
    let heads = ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked"];
    at_once(READ, |op| {
        let whole = gzip(op.good_body().as_bytes());
        for head in heads.into_iter().chain(["HTTP/1.1 200 OK\r\nConnection: close"]) {
            let of = |body: &[u8]| [format!("{head}\r\nContent-Encoding: gzip\r\n\r\n").as_bytes(), body].concat();
            is_lost(op, Scripted::RawThenClose(of(&whole[..whole.len() - 5])));
            let (result, seen) = against(op, [Scripted::RawThenClose(of(&whole))]);
            assert!(result.is_ok() && seen == 1, "{op:?}, {head}: {result:?}");
        }
    });
    // With chunks, the end of the body is known: it is complete, and cannot be decoded.
    let whole = gzip(Op::Get.good_body().as_bytes());
    let cut = &whole[..whole.len() - 5];
    for value in ["Chunked", "identity, chunked"] {
        let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {value}\r\nContent-Encoding: gzip\r\n\r\n");
        let bytes = [format!("{head}{:x}\r\n", cut.len()).as_bytes(), cut, b"\r\n0\r\n\r\n"].concat();
        let expected = Expected { kinds: &[ErrorKind::Decode], status: Some(200), unknown: false, requests: 1 };
        fails(Op::Get, [Scripted::Raw(bytes)], expected);
    }
}

#[test]
#[cfg(feature = "gzip")]
fn a_complete_but_corrupt_compressed_body_is_not_retried() {
    at_once(READ, |op| {
        let mut corrupt = gzip(op.good_body().as_bytes());
        let sum = corrupt.len() - 6;
        corrupt[sum] ^= 1;
        for body in [corrupt, op.good_body().into_bytes()] {
            let expected =
                Expected { kinds: &[ErrorKind::Decode], status: Some(200), unknown: op.is_write(), requests: 1 };
            fails(op, [Scripted::text(200, body).with("Content-Encoding", "gzip")], expected);
        }
    });
}

#[test]
#[cfg(feature = "gzip")]
fn names_of_codings_are_case_insensitive() {
    at_once(READ, |op| {
        let body = op.good_body();
        let coded = gzip(body.as_bytes());
        let members = [gzip(&body.as_bytes()[..9]), gzip(&body.as_bytes()[9..])].concat();
        for (name, body) in [
            ("GZIP", &coded),
            ("x-gzip", &coded),
            ("X-GZip", &members),
            ("gzip, identity", &coded),
            ("Identity", &body.clone().into_bytes()),
            ("", &body.clone().into_bytes()),
            (" , ", &body.clone().into_bytes()),
        ] {
            let (result, seen) = against(op, [Scripted::text(200, body.clone()).with("Content-Encoding", name)]);
            assert!(result.is_ok() && seen == 1, "{op:?}, {name:?}: {result:?}");
        }
    });
}

#[test]
fn codings_that_were_not_requested_are_named() {
    at_once(READ, |op| {
        for name in ["br", "Deflate", "gzip, gzip", "zstd"] {
            let expected =
                Expected { kinds: &[ErrorKind::Decode], status: Some(200), unknown: op.is_write(), requests: 1 };
            let error = fails(op, [Scripted::json(200, op.good_body()).with("Content-Encoding", name)], expected);
            assert!(error.to_string().contains(name), "{op:?}: {error}");
        }
    });
}

#[test]
fn an_empty_body_has_no_coding() {
    for name in ["gzip", "GZIP", "br"] {
        let empty = |status| Scripted::text(status, "").with("Content-Encoding", name);
        for status in [200, 202, 204] {
            let (result, seen) = against(Op::Delete, [empty(status)]);
            assert!(result.is_ok() && seen == 1, "{status}: {result:?}");
            let expected = Expected { kinds: &[ErrorKind::Decode], status: Some(status), unknown: false, requests: 1 };
            let error = fails(Op::Get, [empty(status)], expected);
            assert!(error.message().contains("no body"), "{name}, {status}: {error}");
        }
        let chunked =
            format!("HTTP/1.1 404 Gone\r\nContent-Encoding: {name}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        let expected = Expected { kinds: &[ErrorKind::Api], status: Some(404), unknown: false, requests: 1 };
        fails(Op::Get, [Scripted::Raw(chunked.into_bytes())], expected);
    }
}
