//! Very large responses use a bounded amount of memory.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use genesys_journey::auth::Grant;
use genesys_journey::views::{self, jobs};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, action_targets, analytics, segments};
use peak_alloc::PeakAlloc;

use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// A lock that lets one test run at a time, because the heap belongs to the whole process.
type Alone = MutexGuard<'static, ()>;

fn alone() -> Alone {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;
const LIMIT: usize = 4 * MIB;
/// The peak of a buffer that doubles: its old bytes and the new space for twice as many.
const HELD: usize = 3 * LIMIT + 2 * MIB;
const RELAXED_TIMEOUT: Duration = Duration::from_secs(10);

const READ: [Op; 5] = [Op::Get, Op::List, Op::Query, Op::Create, Op::Update];

/// Settings with the default number of attempts.
fn with_long_timeouts(listener: &Listener) -> ConfigBuilder {
    let settings = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).call_timeout(RELAXED_TIMEOUT);
    settings.max_response_bytes(LIMIT as u64)
}

/// Makes a call, which must not hold more than this.
fn holding<T>(held: usize, call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let (result, _) = in_time(RELAXED_TIMEOUT, call);
    let peak = HEAP.peak_usage().saturating_sub(before);
    let outcome = result.as_ref().err();
    assert!(peak <= held, "{} KiB were held, more than {}: {outcome:?}", peak >> 10, held >> 10);
    result
}

/// Makes each call against the scripted response, and checks the memory it used and the bytes it was sent.
fn holds_at_most(_: &Alone, ops: &[Op], held: usize, scripted: Scripted, check: impl Fn(Op, Result<(), Error>)) {
    for op in ops {
        // A copy for the script, one for the response, and the bytes as they are written.
        let listener = Listener::scripted([scripted.clone()]);
        let config = with_long_timeouts(&listener).token(TOKEN).unwrap();
        let result = holding(held, || op.call(&config));
        drop(config);
        let attempts = result.as_ref().err().map_or(1, |error| error.attempts() as usize);
        assert_eq!(listener.count_of_all(), attempts, "{op:?}");
        // The buffers of the sockets hold more than the limit.
        let most = attempts * (LIMIT + 16 * MIB);
        assert!(listener.flooded() <= most as u64, "{op:?}: {} bytes were sent", listener.flooded());
        check(*op, result);
    }
}

fn names_the_limit(op: Op, result: Result<(), Error>) {
    let error = result.expect_err(&format!("{op:?}"));
    assert_eq!(error.attempts(), 1, "{op:?}: {error}");
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
    holds_at_most(&alone, &READ, HELD, Scripted::Flood { head, chunk: vec![b'x'; 65_536] }, names_the_limit);
}

#[test]
fn an_endless_body_is_read_up_to_the_limit() {
    let alone = alone();
    let head = format!("HTTP/1.1 200 OK\r\n\r\n{OPEN}").into_bytes();
    holds_at_most(&alone, &READ, HELD, Scripted::Flood { head, chunk: vec![b'x'; 65_536] }, names_the_limit);
}

#[test]
fn endless_chunks_are_read_up_to_the_limit() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"x\":\"x\r\n".to_vec();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 65_536], b"\r\n"].concat();
    holds_at_most(&alone, &READ, HELD, Scripted::Flood { head, chunk }, names_the_limit);
}

#[test]
fn an_endless_error_is_read_up_to_a_small_part() {
    let alone = alone();
    let head = b"HTTP/1.1 400 Bad\r\nContent-Length: 3000000000\r\n\r\n".to_vec();
    let ops: Vec<Op> = ALL.into();
    holds_at_most(&alone, &ops, 2 * MIB, Scripted::Flood { head, chunk: vec![b'x'; 65_536] }, |op, result| {
        let error = result.unwrap_err();
        let seen = (error.kind(), error.status(), error.attempts());
        assert_eq!(seen, (ErrorKind::Api, Some(400), 1), "{op:?}");
        assert!(error.body().len() <= 8 * 1024);
    });
}

/// Returns a gigabyte of one text, compressed.
fn bomb() -> Vec<u8> {
    let member = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    // A gzip stream may consist of several members.
    [member(OPEN.as_bytes()), member(&vec![b'0'; 4 * MIB]).repeat(256)].concat()
}

#[test]
fn a_gzip_bomb_is_decoded_up_to_the_limit() {
    let alone = alone();
    let bomb = bomb();
    let size = bomb.len();
    assert!(size < 10 * MIB, "{size}");
    let scripted = Scripted::text(200, bomb).with("Content-Encoding", "gzip");
    // The script's copies of the bomb are on the same heap.
    holds_at_most(&alone, &READ, HELD + 3 * size, scripted, names_the_limit);
}

/// Checks the error of a lost response.
fn broken(op: Op, result: Result<(), Error>) {
    let error = result.expect_err(&format!("{op:?}"));
    assert_eq!((error.kind(), error.status()), (ErrorKind::Transport, None), "{op:?}: {error}");
    assert_eq!(error.outcome_unknown(), op.is_write() || op == Op::Delete, "{op:?}: {error}");
    assert_eq!(error.attempts(), if op.is_write() { 1 } else { 4 }, "{op:?}: {error}");
}

#[test]
fn ten_thousand_headers_are_an_error() {
    let alone = alone();
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for n in 0..10_000 {
        bytes.extend(format!("X-{n}: y\r\n").bytes());
    }
    bytes.extend(b"Content-Length: 0\r\n\r\n");
    // One copy for each attempt: the listener has not freed all of them.
    holds_at_most(&alone, &ALL, 2 * MIB, Scripted::RawThenSilent(bytes), broken);
}

#[test]
fn endless_headers_are_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    holds_at_most(&alone, &ALL, MIB, Scripted::Flood { head, chunk: b"X-Y: z\r\n".repeat(1000) }, broken);
}

#[test]
fn a_header_of_ten_megabytes_is_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 OK\r\nX-Y: ".to_vec();
    holds_at_most(&alone, &ALL, MIB, Scripted::Flood { head, chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn a_status_line_of_a_megabyte_is_an_error() {
    let alone = alone();
    let head = b"HTTP/1.1 200 ".to_vec();
    holds_at_most(&alone, &ALL, MIB, Scripted::Flood { head, chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn a_response_without_a_status_line_is_an_error() {
    let alone = alone();
    holds_at_most(&alone, &ALL, MIB, Scripted::Flood { head: Vec::new(), chunk: vec![b'x'; 65_536] }, broken);
}

#[test]
fn a_million_brackets_are_an_error() {
    let alone = alone();
    holds_at_most(&alone, &READ, 16 * MIB, Scripted::json(200, "[".repeat(1_000_000)), |op, result| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{op:?}: {error}");
    });
}

#[test]
fn endless_informational_responses_are_not_held() {
    let _alone = alone();
    for head in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"] {
        for op in [Op::Get, Op::Create] {
            let flood = Scripted::Flood { head: Vec::new(), chunk: head.repeat(1000).into_bytes() };
            let listener = Listener::scripted([flood]);
            // Only the timeout ends them. Their number depends on the machine.
            let config =
                with_long_timeouts(&listener).attempt_timeout(Duration::from_millis(300)).token(TOKEN).unwrap();
            let mut attempts = 0;
            while listener.flooded() < 16 * MIB as u64 {
                let error = holding(MIB / 2, || op.call(&config)).unwrap_err();
                assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None), "{op:?}: {error}");
                attempts += error.attempts() as usize;
            }
            drop(config);
            assert_eq!(listener.count_of_all(), attempts, "{op:?}");
        }
    }
}

#[test]
fn only_the_start_of_the_body_of_a_delete_is_read() {
    let alone = alone();
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n"] {
        let scripted = Scripted::Flood { head: head.into(), chunk: vec![b'x'; 65_536] };
        holds_at_most(&alone, &[Op::Delete], MIB, scripted, |_, result| result.unwrap());
    }
    let bomb = bomb();
    let held = MIB + 3 * bomb.len();
    let scripted = Scripted::text(200, bomb).with("Content-Encoding", "gzip");
    holds_at_most(&alone, &[Op::Delete], held, scripted, |_, result| result.unwrap());
}

#[test]
fn the_response_of_a_token_endpoint_is_bounded() {
    let _alone = alone();
    let bomb = bomb();
    let size = bomb.len();
    let flood = |head: &str| Scripted::Flood { head: head.into(), chunk: vec![b'x'; 65_536] };
    let many: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
    for (scripted, kind, attempts, held) in [
        (flood("HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\""), ErrorKind::Auth, 1, HELD),
        (flood("HTTP/1.1 200 OK\r\nContent-Length: 3000000000\r\n\r\n{\"access_token\":\""), ErrorKind::Auth, 1, HELD),
        (flood("HTTP/1.1 400 Bad\r\n\r\n{\"error\":\""), ErrorKind::Api, 1, 2 * MIB),
        (flood("HTTP/1.1 200 OK\r\nX-Y: "), ErrorKind::Transport, 4, MIB),
        (Scripted::RawThenSilent(format!("HTTP/1.1 200 OK\r\n{many}\r\n").into()), ErrorKind::Transport, 4, 2 * MIB),
        (Scripted::text(200, bomb).with("Content-Encoding", "gzip"), ErrorKind::Auth, 1, HELD + 3 * size),
    ] {
        let listener = Listener::scripted([scripted]);
        let settings = with_long_timeouts(&listener);
        let error = holding(held, || settings.sign_in(Grant::client_credentials("id", "secret"))).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, attempts), "{error}");
        assert!(error.during_sign_in(), "{error}");
        assert_eq!(listener.count_of_all(), attempts as usize, "{error}");
        let most = attempts as u64 * (LIMIT + 16 * MIB) as u64;
        assert!(listener.flooded() <= most, "{} bytes were sent", listener.flooded());
    }
}

/// The start of a response, and values of a chart without end.
fn endless_values(start: &str) -> Scripted {
    let head = format!("HTTP/1.1 200 OK\r\n\r\n{start}{{}}").into_bytes();
    let value = br#",{"value":412.5,"groupByAttributes":[{"attribute":"day","value":"2026-01-30"}]}"#;
    Scripted::Flood { head, chunk: value.repeat(1_000) }
}

#[test]
fn the_values_of_an_endless_chart_are_not_held() {
    let _alone = alone();
    let listener = Listener::scripted([endless_values(r#"{"id":"c","metrics":[{"values":["#)]);
    let config = with_long_timeouts(&listener).token(TOKEN).unwrap();
    let read = || {
        let stream = jobs::stream_chart_results(&config, "v", 1, "j", "c")?;
        Ok(stream.take(200_000).map(Result::unwrap).count())
    };
    assert_eq!(holding(2 * MIB, read).unwrap(), 200_000);
    assert!(listener.flooded() > 2 * LIMIT as u64);
}

#[test]
fn endless_charts_before_the_elements_are_not_held() {
    let _alone = alone();
    let listener = Listener::scripted([endless_values(r#"{"charts":[{"id":"c","metrics":[{"values":["#)]);
    let settings = with_long_timeouts(&listener).call_timeout(Duration::from_secs(2));
    let config = settings.token(TOKEN).unwrap();
    let error = holding(2 * MIB, || jobs::element_results(&config, "v", 1, "j")).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1), "{error}");
    assert!(listener.flooded() > 2 * LIMIT as u64);
}

/// The memory of a decoded response, as a multiple of its text. The documentation of `max_response_bytes` states it.
const BOUND: usize = 60;
/// The same for views: their elements and charts have many fields.
const BOUND_OF_VIEWS: usize = 100;

/// Returns a body that consists of this many of these entries.
fn many(start: &str, entry: &str, n: usize, end: &str) -> String {
    format!("{start}{}{end}", vec![entry; n].join(","))
}

type Read = fn(&Config);

const GET: Read = |config| drop(segments::get(config, "7").unwrap());
const LIST: Read = |config| drop(segments::list(config, &Default::default()).unwrap());
const TARGETS: Read = |config| drop(action_targets::list(config, &Default::default()).unwrap());
const QUERY: Read = |config| drop(analytics::query_aggregates(config, &query()).unwrap());
const RESULTS: Read = |config| drop(analytics::jobs::results(config, "7", None).unwrap());
const VIEW: Read = |config| drop(views::get(config, "7").unwrap());
const VIEWS: Read = |config| drop(views::list(config, &Default::default()).unwrap());
const VIEW_JOBS: Read = |config| drop(jobs::list(config, &Default::default()).unwrap());
const VIEW_RESULT: Read = |config| drop(jobs::results(config, "7", 1, "7").unwrap());
const ELEMENTS: Read = |config| drop(jobs::element_results(config, "7", 1, "7").unwrap());
const CHART: Read = |config| drop(jobs::chart_results(config, "7", 1, "7", "7").unwrap());

/// Returns the peak of a call as a multiple of the text of the response.
fn factor(read: Read, body: String) -> f64 {
    let length = body.len();
    let listener = Listener::scripted([Scripted::json(200, body)]);
    let config = with_long_timeouts(&listener).token(TOKEN).unwrap();
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    read(&config);
    HEAP.peak_usage().saturating_sub(before) as f64 / length as f64
}

/// Returns the largest factor of all lengths of a list: just after it has grown, a list holds its old memory and the
/// new.
fn worst_factor(bytes: usize, read: Read, start: &str, entry: &str, end: &str) -> f64 {
    let most = bytes / (entry.len() + 1);
    let lengths = [most * 5 / 8, most * 3 / 4, most * 7 / 8, most];
    // Just above a power of two, as of a list that doubles.
    let doubled = 1 + (most / 2 + 1).next_power_of_two() / 2;
    lengths.into_iter().chain([doubled]).map(|n| factor(read, many(start, entry, n, end))).fold(0.0, f64::max)
}

#[test]
fn a_real_response_holds_a_small_multiple_of_its_text() {
    let _alone = alone();
    let segment = r#"{"id":"3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64","isActive":true,"displayName":"A basket","version":1,
        "description":"Visitors with a full basket","color":"green","scope":"Session","shouldDisplayToAgent":true,
        "context":{"patterns":[{"criteria":[{"key":"geolocation.postalCode","values":["something"],
        "shouldIgnoreCase":true,"operator":"equal","entityType":"visit"}]}]},"journey":{"patterns":[{"criteria":[
        {"key":"page.url","values":["basket"],"shouldIgnoreCase":true,"operator":"containsAny"}],"count":1,
        "streamType":"Web","sessionType":"web","eventName":"EventName"}]},"createdDate":"2026-05-04T08:15:30.123Z",
        "modifiedDate":"2026-05-04T08:15:30.123Z","selfUri":"/api/v2/journey/segments/3f1d9c52"}"#;
    let metric = r#"{"metric":"nJourneySegmentsAssigned","stats":{"count":17}}"#;
    let container = format!(
        r#"{{"group":{{"journeySegmentId":"3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64"}},"data":[{{"interval":
        "2026-05-04T00:00:00.000Z/2026-05-05T00:00:00.000Z","metrics":[{metric},{metric}]}}]}}"#
    );
    for (what, read, start, entry) in
        [("segments", LIST, r#"{"entities":["#, segment), ("aggregates", QUERY, r#"{"results":["#, &container)]
    {
        let held = worst_factor(MIB / 2, read, start, entry, "]}");
        println!("{what}: {held:.1} times");
        assert!(held <= 9.0, "{what}: {held:.1} times");
    }
}

#[test]
fn no_response_holds_more_than_the_documented_multiple_of_its_text() {
    let _alone = alone();
    let segment = r#"{"id":"","displayName":"","version":1,"isActive":true}"#;
    let start = segment.trim_end_matches('}');
    let with_patterns = |part: &str| (GET, format!(r#"{start},"{part}":{{"patterns":["#), "]}}");
    let with_criteria = |part: &str| (GET, format!(r#"{start},"{part}":{{"patterns":[{{"criteria":["#), "]}]}}");
    let page = || (LIST, r#"{"entities":["#.to_owned(), "]}");
    let targets = || (TARGETS, r#"{"entities":["#.to_owned(), "]}");
    let results = || (QUERY, r#"{"results":["#.to_owned(), "]}");
    let job_results = || (RESULTS, r#"{"results":["#.to_owned(), "]}");
    let data = || (QUERY, r#"{"results":[{"data":["#.to_owned(), "]}]}");
    let metrics = || (QUERY, r#"{"results":[{"data":[{"metrics":["#.to_owned(), "]}]}]}");
    let views = || (QUERY, r#"{"results":[{"data":[{"views":["#.to_owned(), "]}]}]}");
    for ((read, start, end), entry) in [
        (page(), segment),
        (page(), "null"),
        (targets(), r#"{"id":""}"#),
        (with_patterns("journey"), "{}"),
        (with_patterns("journey"), r#"{},{"count":1}"#),
        (with_patterns("context"), "{}"),
        (with_patterns("context"), r#"{},{"criteria":[{}]}"#),
        (with_criteria("journey"), "{}"),
        (with_criteria("journey"), r#"{},{"key":"a"}"#),
        (with_criteria("context"), "{}"),
        (with_criteria("context"), r#"{},{"key":"a"}"#),
        (results(), "{}"),
        (job_results(), "{}"),
        (job_results(), r#"{"group":{"":""}}"#),
        (results(), r#"{"group":{"":""}}"#),
        (results(), r#"{"data":[{"metrics":[{"stats":{}}]}]}"#),
        (data(), "{}"),
        (data(), r#"{"interval":""}"#),
        (metrics(), "{}"),
        (metrics(), r#"{"metric":""}"#),
        (metrics(), r#"{"stats":{}}"#),
        (views(), r#"{"name":""}"#),
        (views(), r#"{"stats":{}}"#),
    ] {
        let held = worst_factor(MIB / 8, read, &start, entry, end);
        println!("{start}{entry}: {held:.1} times");
        assert!(held <= BOUND as f64, "{start}{entry}: {held:.1} times");
    }
}

#[test]
fn no_view_and_no_result_holds_more_than_the_documented_multiple_of_its_text() {
    let _alone = alone();
    let list = |read: Read| (read, r#"{"entities":["#, "]}");
    let elements = (VIEW, r#"{"id":"","elements":["#, "]}");
    let links = (VIEW, r#"{"id":"","elements":[{"followedBy":["#, "]}]}");
    let predicates = (VIEW, r#"{"id":"","elements":[{"filter":{"predicates":["#, "]}}]}");
    let numbers = (VIEW, r#"{"id":"","elements":[{"filter":{"numberPredicates":["#, "]}}]}");
    let charts = (VIEW, r#"{"id":"","charts":["#, "]}");
    let metrics = (VIEW, r#"{"id":"","charts":[{"metrics":["#, "]}]}");
    let groups = (VIEW, r#"{"id":"","charts":[{"groupByAttributes":["#, "]}]}");
    let counts = |read: Read| (read, r#"{"elements":["#, "]}");
    let count_links = |read: Read| (read, r#"{"elements":[{"followedBy":["#, "]}]}");
    let chart_results = (VIEW_RESULT, r#"{"charts":["#, "]}");
    let metric_results = (CHART, r#"{"id":"","metrics":["#, "]}");
    let values = (CHART, r#"{"id":"","metrics":[{"values":["#, "]}]}");
    let group_values = (CHART, r#"{"id":"","metrics":[{"values":[{"groupByAttributes":["#, "]}]}]}");
    for ((read, start, end), entry) in [
        (list(VIEWS), r#"{"id":""}"#),
        (list(VIEW_JOBS), r#"{"id":""}"#),
        (list(VIEW_JOBS), r#"{"id":"","journeyView":{"id":""}}"#),
        (elements, "{}"),
        (elements, r#"{},{"id":"a"}"#),
        (links, "{}"),
        (links, r#"{},{"id":"a"}"#),
        (predicates, "{}"),
        (predicates, r#"{},{"values":[""]}"#),
        (numbers, "{}"),
        (numbers, r#"{},{"range":{"lt":{}}}"#),
        (charts, "{}"),
        (charts, r#"{},{"rank":1}"#),
        (metrics, "{}"),
        (metrics, r#"{},{"id":"a"}"#),
        (groups, "{}"),
        (groups, r#"{},{"elementId":"a"}"#),
        (counts(VIEW_RESULT), "{}"),
        (counts(VIEW_RESULT), r#"{},{"metrics":{}}"#),
        (counts(ELEMENTS), r#"{},{"metrics":{}}"#),
        (count_links(ELEMENTS), r#"{},{"id":""}"#),
        (chart_results, r#"{"id":""}"#),
        (metric_results, r#"{},{"id":""}"#),
        (values, "{}"),
        (values, r#"{},{"value":1}"#),
        (group_values, r#"{},{"value":""}"#),
    ] {
        let held = worst_factor(MIB / 8, read, start, entry, end);
        println!("{start}{entry}: {held:.1} times");
        assert!(held <= BOUND_OF_VIEWS as f64, "{start}{entry}: {held:.1} times");
    }
}
