//! Faults of requests and of responses in transit.

use std::time::Duration;

use serde_json::json;

use genesys_listener::Scripted;

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    None,
    CloseBefore,
    ResetBefore,
    CloseAfter,
    ResetAfter,
    CutHead,
    CutBody,
    ResetInBody,
    BadChunk,
    Unavailable,
    UnavailableAfter,
    Internal,
    InternalAfter,
    Forbidden,
    Moved,
    RateLimited,
    RateLimitedNoWait,
    RateLimitedForASecond,
    Expired,
    Html,
    Slow,
    Silent,
    SilentAfter,
    Drip,
    CutGzip,
    KeepThenClose,
    CloseOnNext,
    ResetOnNext,
    Behind,
    Informational,
}

pub const FAULTS: [Fault; 29] = [
    Fault::CloseBefore,
    Fault::ResetBefore,
    Fault::CloseAfter,
    Fault::ResetAfter,
    Fault::CutHead,
    Fault::CutBody,
    Fault::ResetInBody,
    Fault::BadChunk,
    Fault::Unavailable,
    Fault::UnavailableAfter,
    Fault::Internal,
    Fault::InternalAfter,
    Fault::Forbidden,
    Fault::Moved,
    Fault::RateLimited,
    Fault::RateLimitedNoWait,
    Fault::RateLimitedForASecond,
    Fault::Expired,
    Fault::Html,
    Fault::Slow,
    Fault::Silent,
    Fault::SilentAfter,
    Fault::Drip,
    Fault::CutGzip,
    Fault::KeepThenClose,
    Fault::CloseOnNext,
    Fault::ResetOnNext,
    Fault::Behind,
    Fault::Informational,
];

impl Fault {
    /// Returns whether the fault is a wait. Waits take most of the time of a run.
    pub fn is_slow(self) -> bool {
        matches!(self, Fault::Silent | Fault::SilentAfter | Fault::Drip | Fault::RateLimitedForASecond)
    }
}

/// Injects a fault. `respond` lets the organisation process the request, and returns its response.
pub fn inject(fault: Fault, respond: &mut dyn FnMut() -> Scripted, wait: Duration) -> Scripted {
    let cut = |bytes: Vec<u8>, at: usize| bytes[..at.min(bytes.len() - 1)].to_vec();
    match fault {
        Fault::None => respond(),
        Fault::CloseBefore => Scripted::Close,
        Fault::ResetBefore => Scripted::Reset,
        Fault::CloseAfter => (respond(), Scripted::Close).1,
        Fault::ResetAfter => (respond(), Scripted::Reset).1,
        Fault::CutHead => Scripted::RawThenClose(cut(respond().bytes(), 20)),
        Fault::CutBody => {
            let bytes = respond().bytes();
            let all_but_some = bytes.len() - 7;
            Scripted::RawThenClose(cut(bytes, all_but_some))
        }
        Fault::ResetInBody => {
            let bytes = respond().bytes();
            let all_but_some = bytes.len() - 7;
            Scripted::RawThenReset(cut(bytes, all_but_some))
        }
        Fault::BadChunk => {
            let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\nzz\r\n";
            in_place_of_success(respond(), Scripted::RawThenClose(bytes.to_vec()))
        }
        Fault::Unavailable => Scripted::json(503, json!({"message": "later"})),
        Fault::UnavailableAfter => (respond(), Scripted::text(504, "<html>later</html>")).1,
        Fault::Internal => Scripted::json(500, json!({"message": "oops"})),
        Fault::InternalAfter => (respond(), Scripted::text(500, "")).1,
        Fault::Forbidden => Scripted::json(403, json!({"code": "missing.permission"})),
        Fault::Moved => Scripted::text(307, "").with("Location", "/elsewhere"),
        Fault::RateLimited => Scripted::json(429, json!({"code": "too.many.requests"})),
        Fault::RateLimitedNoWait => Scripted::json(429, json!({"code": "too.many.requests"})).with("Retry-After", 0),
        // All threads wait for this one.
        Fault::RateLimitedForASecond => {
            Scripted::json(429, json!({"code": "too.many.requests"})).with("Retry-After", 1)
        }
        Fault::Expired => Scripted::json(401, json!({"code": "bad.credentials"})),
        Fault::Html => in_place_of_success(respond(), Scripted::text(200, "<html>welcome</html>")),
        Fault::Slow => Scripted::Delayed(wait, Box::new(respond())),
        Fault::Silent => Scripted::Silent,
        Fault::SilentAfter => (respond(), Scripted::Silent).1,
        Fault::Drip => {
            let bytes = respond().bytes();
            Scripted::Drip { head: cut(bytes, 60), bytes: b" ".to_vec(), every: Duration::from_millis(20) }
        }
        Fault::CutGzip => {
            let start = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab".to_vec();
            in_place_of_success(respond(), Scripted::text(200, start).with("Content-Encoding", "gzip"))
        }
        Fault::KeepThenClose => respond().then_close(),
        Fault::CloseOnNext => respond().then_close_on_next(),
        Fault::ResetOnNext => respond().then_reset_on_next(),
        Fault::Behind => {
            let mut bytes = respond().bytes();
            bytes.extend(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            Scripted::Raw(bytes)
        }
        Fault::Informational => {
            let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec();
            bytes.extend(respond().bytes());
            Scripted::Raw(bytes)
        }
    }
}

/// Replaces a successful response by a broken one. An error response stays.
fn in_place_of_success(response: Scripted, broken: Scripted) -> Scripted {
    match response {
        Scripted::Response { status: 200..300, .. } => broken,
        error => error,
    }
}
