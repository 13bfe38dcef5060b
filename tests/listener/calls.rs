//! One call of each kind, and what is expected of it.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region};
use serde_json::{Value, json};

use super::{Listener, Scripted};

pub const TOKEN: &str = "a-token-that-nobody-must-see";

/// The attempt's time-out, as these tests set it.
pub const TIMEOUT: Duration = Duration::from_millis(300);
pub const DEADLINE: Duration = Duration::from_secs(4);
pub const PLENTY: Duration = Duration::from_millis(1500);
/// A deadline that no test should reach.
pub const LONG: Duration = Duration::from_secs(60);
/// What a call may take beyond its deadline, on a machine that has time for it.
const GRACE: Duration = Duration::from_millis(100);

/// What a call may take beyond its deadline on this machine, as busy as it has been.
pub fn grace() -> Duration {
    static STARTED: Once = Once::new();
    static LATEST: AtomicU64 = AtomicU64::new(0);
    const NAP: Duration = Duration::from_millis(2);
    // Ends with the process: somebody who is never in a hurry, and sees how late a sleeper is woken up.
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

/// The statuses that say "not carried out, come again".
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

    /// Makes the call, and checks that the answer is its own.
    pub fn call(self, config: &Config) -> Result<(), Error> {
        self.ask(config).map(|facts| match self {
            Op::Get | Op::Create | Op::Update => assert_eq!(facts, "7"),
            Op::List => assert_eq!(facts, "1"),
            Op::Query => assert_eq!(facts, "0"),
            Op::Delete => {}
        })
    }

    /// Makes the call; of the answer the id, or how much there is.
    pub fn ask(self, config: &Config) -> Result<String, Error> {
        match self {
            Op::Get => segments::get(config, "7").map(|segment| segment.id),
            Op::List => segments::list(config, &ListSegments::default()).map(|page| page.entities.len().to_string()),
            Op::Delete => segments::delete(config, "7").map(|()| String::new()),
            Op::Query => analytics::query_aggregates(config, &query()).map(|answer| answer.results.len().to_string()),
            Op::Create => segments::create(config, &NewSegment::new("VIP")).map(|segment| segment.id),
            Op::Update => {
                let update = SegmentUpdate { version: Some(3), color: "#1F6FEB".into(), ..SegmentUpdate::default() };
                segments::update(config, "7", &update).map(|segment| segment.id)
            }
        }
    }

    /// The body of an answer that suits it.
    pub fn good_body(self) -> String {
        match self {
            Op::List => json!({"entities": [segment()], "total": 1}).to_string(),
            Op::Query => json!({"results": []}).to_string(),
            Op::Delete => String::new(),
            Op::Get | Op::Create | Op::Update => segment().to_string(),
        }
    }

    /// An answer that suits it.
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

/// Its attempts end soon.
pub fn hasty(listener: &Listener) -> Config {
    settings(&listener.url()).token(TOKEN).unwrap()
}

/// Its attempts have time, whatever else the machine has to do.
pub fn config(listener: &Listener) -> Config {
    settings(&listener.url()).attempt_timeout(PLENTY).connect_timeout(PLENTY).token(TOKEN).unwrap()
}

/// Makes a call, and sees to it that it ends in time and that no secret is in its error.
pub fn timed(op: Op, config: &Config, deadline: Duration) -> (Result<(), Error>, Duration) {
    in_time(deadline, || op.call(config))
}

/// The same of whatever may fail.
pub fn in_time<T>(deadline: Duration, call: impl FnOnce() -> Result<T, Error>) -> (Result<T, Error>, Duration) {
    grace();
    let started = Instant::now();
    let result = call();
    let took = started.elapsed();
    let outcome = result.as_ref().err();
    assert!(took <= deadline + grace(), "it took {took:?}, with a deadline of {deadline:?}: {outcome:?}");
    if let Err(error) = &result {
        let texts = texts(error);
        assert!(!texts.contains(TOKEN), "the token is in {texts}");
        assert!(!error.to_string().contains(['\n', '\r']), "more than one line: {error:?}");
    }
    (result, took)
}

/// All that an error says, of whatever it says it.
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

/// Only time ends it.
pub fn never_ends(scripted: &Scripted) -> bool {
    matches!(scripted, Scripted::Silent | Scripted::Drip { .. } | Scripted::Flood { .. } | Scripted::RawThenSilent(_))
}

/// Makes one call against a script. Returns what came of it, and how many requests were seen.
pub fn against(op: Op, script: impl IntoIterator<Item = Scripted>) -> (Result<(), Error>, usize) {
    let script: Vec<Scripted> = script.into_iter().collect();
    let hurry = script.iter().any(never_ends);
    let listener = Listener::scripted(script);
    let config = if hurry { hasty(&listener) } else { config(&listener) };
    let (result, _) = timed(op, &config, DEADLINE);
    drop(config);
    (result, listener.count_of_all())
}

/// What is expected of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub kinds: &'static [ErrorKind],
    pub status: Option<u16>,
    pub unknown: bool,
    pub requests: usize,
}

/// Makes one call against a script, and checks all there is to know about its error.
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

/// The answer is lost each time: reads are repeated and then fail, writes are sent once.
#[track_caller]
pub fn loses_the_answer(scripted: &Scripted, kinds: &'static [ErrorKind]) {
    at_once(ALL, |op| {
        let (unknown, requests) = match op {
            _ if op.is_write() => (true, 1),
            // What a lost DELETE did is not known, either.
            Op::Delete => (true, 4),
            _ => (false, 4),
        };
        let (result, seen) = against(op, [scripted.clone()]);
        let error = result.expect_err(&format!("{op:?}"));
        assert!(kinds.contains(&error.kind()), "{op:?}: {:?}: {error}", error.kind());
        assert_eq!(error.outcome_unknown(), unknown, "{op:?}: {error}");
        assert_eq!((seen, error.attempts() as usize), (requests, requests), "{op:?}: {error}");
    });
    // Lost once only: reads succeed, writes do not try.
    at_once(ALL, |op| {
        let (result, seen) = against(op, [scripted.clone(), op.good()]);
        assert_eq!(result.is_ok(), !op.is_write(), "{op:?}: {result:?}");
        assert_eq!(seen, if op.is_write() { 1 } else { 2 }, "{op:?}");
    });
}

/// All at the same time: most of a fault is waiting.
pub fn at_once<T: Send>(items: impl IntoIterator<Item = T>, each: impl Fn(T) + Sync) {
    let each = &each;
    std::thread::scope(|scope| {
        for item in items {
            scope.spawn(move || each(item));
        }
    });
}

/// A good answer to whatever was asked.
pub fn suiting(request: &super::Request) -> Scripted {
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/api/v2/journey/segments") => Op::List.good(),
        ("GET", target) if target.contains('?') => Op::List.good(),
        ("GET", _) => Op::Get.good(),
        ("DELETE", _) => Op::Delete.good(),
        ("POST", target) if target.ends_with("/query") => Op::Query.good(),
        _ => Op::Create.good(),
    }
}
