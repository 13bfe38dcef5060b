//! One call of each kind, and its expected errors.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region};
use serde_json::{Value, json};

use super::messages::assert_listed;
use super::{Listener, Scripted};

pub const TOKEN: &str = "a-token-that-nobody-must-see";

/// The attempt timeout of these tests.
pub const TIMEOUT: Duration = Duration::from_millis(300);
pub const DEADLINE: Duration = Duration::from_secs(4);
pub const RELAXED_TIMEOUT: Duration = Duration::from_millis(1500);
/// A deadline that no test should reach.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(60);
/// The tolerance beyond a deadline on an idle machine.
const GRACE: Duration = Duration::from_millis(100);

/// Returns the tolerance beyond a deadline, by the greatest scheduling delay measured so far.
pub fn grace() -> Duration {
    static STARTED: Once = Once::new();
    static LATEST: AtomicU64 = AtomicU64::new(0);
    const NAP: Duration = Duration::from_millis(2);
    // This thread ends with the process. It measures how late a sleeping thread wakes up.
    STARTED.call_once(|| {
        std::thread::spawn(|| {
            loop {
                let asleep = Instant::now();
                std::thread::sleep(NAP);
                LATEST.fetch_max((asleep.elapsed() - NAP).as_micros() as u64, Ordering::SeqCst);
            }
        });
    });
    GRACE + Duration::from_micros(LATEST.load(Ordering::SeqCst)) * 8
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Get,
    List,
    Delete,
    Query,
    Create,
    Update,
}

pub const READS: [Op; 4] = [Op::Get, Op::List, Op::Delete, Op::Query];
pub const WRITES: [Op; 2] = [Op::Create, Op::Update];
pub const ALL: [Op; 6] = [Op::Get, Op::List, Op::Delete, Op::Query, Op::Create, Op::Update];

/// The statuses of a rate limit: the request was not processed.
pub const RATE_LIMITED: [u16; 1] = [429];

pub fn segment() -> Value {
    json!({
        "id": "7", "isActive": true, "displayName": "VIP", "version": 3, "color": "#1F6FEB", "scope": "Session",
        "shouldDisplayToAgent": false, "context": {"patterns": []}, "journey": {"patterns": []},
        "createdDate": "2026-05-04T08:15:30Z", "modifiedDate": "2026-05-04T08:15:30Z",
    })
}

impl Op {
    pub fn is_write(self) -> bool {
        WRITES.contains(&self)
    }

    /// Makes the call, and checks that the response belongs to it.
    pub fn call(self, config: &Config) -> Result<(), Error> {
        self.send(config).map(|facts| match self {
            Op::Get | Op::Create | Op::Update => assert_eq!(facts, "7"),
            Op::List => assert_eq!(facts, "1"),
            Op::Query => assert_eq!(facts, "0"),
            Op::Delete => {}
        })
    }

    /// Makes the call. Returns the id in the response, or the number of entries.
    pub fn send(self, config: &Config) -> Result<String, Error> {
        match self {
            Op::Get => segments::get(config, "7").map(|segment| segment.id),
            Op::List => segments::list(config, &ListSegments::default()).map(|page| page.entities.len().to_string()),
            Op::Delete => segments::delete(config, "7").map(|()| String::new()),
            Op::Query => {
                analytics::query_aggregates(config, &query()).map(|response| response.results.len().to_string())
            }
            Op::Create => segments::create(config, &NewSegment::new("VIP")).map(|segment| segment.id),
            Op::Update => {
                let update = SegmentUpdate { version: Some(3), color: "#1F6FEB".into(), ..SegmentUpdate::default() };
                segments::update(config, "7", &update).map(|segment| segment.id)
            }
        }
    }

    /// Returns the body of a successful response.
    pub fn good_body(self) -> String {
        match self {
            Op::List => json!({"entities": [segment()], "total": 1}).to_string(),
            Op::Query => json!({"results": []}).to_string(),
            Op::Delete => String::new(),
            Op::Get | Op::Create | Op::Update => segment().to_string(),
        }
    }

    /// Returns a successful response.
    pub fn good(self) -> Scripted {
        match self {
            Op::Delete => Scripted::text(204, ""),
            _ => Scripted::json(200, self.good_body()),
        }
    }
}

pub fn query() -> AggregateQuery {
    AggregateQuery::new(Interval::last_hours(24).unwrap(), [Metric::NJourneySessions])
}

pub fn settings(url: &str) -> ConfigBuilder {
    Config::builder(Region::custom(url, url).unwrap())
        .attempt_timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .call_timeout(DEADLINE)
        .initial_backoff(Duration::from_millis(1))
}

/// Returns a configuration with short timeouts.
pub fn with_short_timeouts(listener: &Listener) -> Config {
    settings(&listener.url()).token(TOKEN).unwrap()
}

/// Returns a configuration whose attempts have enough time on a busy machine.
pub fn config(listener: &Listener) -> Config {
    settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap()
}

/// Makes a call, and checks that it ends in time and that its error contains no secret.
pub fn timed(op: Op, config: &Config, deadline: Duration) -> (Result<(), Error>, Duration) {
    in_time(deadline, || op.call(config))
}

/// Like `timed`, for any call.
pub fn in_time<T>(deadline: Duration, call: impl FnOnce() -> Result<T, Error>) -> (Result<T, Error>, Duration) {
    grace();
    let started = Instant::now();
    let result = call();
    let took = started.elapsed();
    let outcome = result.as_ref().err();
    assert!(took <= deadline + grace(), "it took {took:?}, with a deadline of {deadline:?}: {outcome:?}");
    if let Err(error) = &result {
        assert_listed(error);
        let texts = texts(error);
        assert!(!texts.contains(TOKEN), "the token is in {texts}");
        assert!(!error.to_string().contains(['\n', '\r']), "more than one line: {error:?}");
    }
    (result, took)
}

/// Returns every text of an error.
pub fn texts(error: &Error) -> String {
    let source = std::error::Error::source(error).map(|source| format!("{source} {source:?}"));
    let service = error.service_error();
    format!(
        "{error} {error:?} {} {} {source:?} {service:?} {:?}",
        error.body(),
        error.message(),
        error.correlation_id()
    )
}

/// Returns whether only a timeout ends the response.
pub fn never_ends(scripted: &Scripted) -> bool {
    matches!(scripted, Scripted::Silent | Scripted::Drip { .. } | Scripted::Flood { .. } | Scripted::RawThenSilent(_))
}

/// Makes one call against a script. Returns its result and the number of requests.
pub fn against(op: Op, script: impl IntoIterator<Item = Scripted>) -> (Result<(), Error>, usize) {
    let script: Vec<Scripted> = script.into_iter().collect();
    let is_endless = script.iter().any(never_ends);
    let listener = Listener::scripted(script);
    let config = if is_endless { with_short_timeouts(&listener) } else { config(&listener) };
    let (result, _) = timed(op, &config, DEADLINE);
    drop(config);
    (result, listener.count_of_all())
}

/// The expected facts of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub kinds: &'static [ErrorKind],
    pub status: Option<u16>,
    pub unknown: bool,
    pub requests: usize,
}

/// Makes one call against a script, and checks every fact of its error.
#[track_caller]
pub fn fails(op: Op, script: impl IntoIterator<Item = Scripted>, expected: Expected) -> Error {
    let (result, requests) = against(op, script);
    let error = result.expect_err(&format!("{op:?} should have failed: {expected:?}"));
    assert!(expected.kinds.contains(&error.kind()), "{op:?}: {:?}, not {expected:?}: {error}", error.kind());
    assert_eq!(error.status(), expected.status, "{op:?}: {error}");
    assert_eq!(error.outcome_unknown(), expected.unknown, "{op:?}: {error}");
    assert_eq!(requests, expected.requests, "{op:?}: {error}");
    assert_eq!(error.attempts() as usize, expected.requests, "{op:?}: {error}");
    error
}

/// Checks that reads retry a lost response and then fail, and that writes are sent once.
#[track_caller]
pub fn loses_the_response(scripted: &Scripted, kinds: &'static [ErrorKind]) {
    at_once(ALL, |op| {
        let (unknown, requests) = match op {
            _ if op.is_write() => (true, 1),
            // The outcome of a lost DELETE is unknown, too.
            Op::Delete => (true, 4),
            _ => (false, 4),
        };
        let (result, seen) = against(op, [scripted.clone()]);
        let error = result.expect_err(&format!("{op:?}"));
        assert!(kinds.contains(&error.kind()), "{op:?}: {:?}: {error}", error.kind());
        assert_eq!(error.outcome_unknown(), unknown, "{op:?}: {error}");
        assert_eq!((seen, error.attempts() as usize), (requests, requests), "{op:?}: {error}");
    });
    // If only the first response is lost, reads succeed, and writes are not retried.
    at_once(ALL, |op| {
        let (result, seen) = against(op, [scripted.clone(), op.good()]);
        assert_eq!(result.is_ok(), !op.is_write(), "{op:?}: {result:?}");
        assert_eq!(seen, if op.is_write() { 1 } else { 2 }, "{op:?}");
    });
}

/// Runs `each` for all items at the same time, since most faults are waits.
pub fn at_once<T: Send>(items: impl IntoIterator<Item = T>, each: impl Fn(T) + Sync) {
    let each = &each;
    std::thread::scope(|scope| {
        for item in items {
            scope.spawn(move || each(item));
        }
    });
}

/// Returns a successful response to any request.
pub fn success_for(request: &super::Request) -> Scripted {
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/api/v2/journey/segments") => Op::List.good(),
        ("GET", target) if target.contains('?') => Op::List.good(),
        ("GET", _) => Op::Get.good(),
        ("DELETE", _) => Op::Delete.good(),
        ("POST", target) if target.ends_with("/query") => Op::Query.good(),
        _ => Op::Create.good(),
    }
}
