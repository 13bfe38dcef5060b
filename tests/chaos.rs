//! Many mixed calls against an organisation whose way there is broken in every way at once. Afterwards
//! the organisation must hold what the calls said that it holds.
//!
//! `CHAOS_SEED` repeats a run, `CHAOS_CALLS` makes a longer one.

mod listener;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Error, ErrorKind};
use genesys_stand_in::StandIn;
use serde_json::{Value, json};

use listener::calls::{GRACE, at_once, settings};
use listener::{Listener, Play, Request};

const THREADS: usize = 16;
const DEADLINE: Duration = Duration::from_millis(1500);
const TIMEOUT: Duration = Duration::from_millis(400);

/// Numbers that look random, the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// The organisation, and how often each name was created, each segment changed.
struct Organisation {
    service: StandIn,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    created: HashMap<String, u32>,
    changed: HashMap<String, u32>,
}

impl Organisation {
    fn start() -> Arc<Organisation> {
        Arc::new(Organisation { service: StandIn::start(), done: Mutex::default() })
    }

    fn answer(&self, request: &Request) -> Play {
        let answer = self.service.answer(&request.method, &request.target, &request.headers, &request.body);
        if answer.status < 300 {
            let mut done = self.done.lock().unwrap();
            let segment: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let text = |field: &str| segment[field].as_str().unwrap().to_owned();
            match request.method.as_str() {
                "POST" => *done.created.entry(text("displayName")).or_default() += 1,
                "PATCH" => *done.changed.entry(text("id")).or_default() += 1,
                _ => {}
            }
        }
        Play::text(answer.status, answer.body)
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fault {
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
    TooMany,
    TooManyInAWhile,
    Html,
    Slow,
    Silent,
    SilentAfter,
    KeepThenClose,
    CloseOnNext,
    ResetOnNext,
    Behind,
    Informational,
}

const FAULTS: [Fault; 25] = [
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
    Fault::TooMany,
    Fault::TooManyInAWhile,
    Fault::Html,
    Fault::Slow,
    Fault::Silent,
    Fault::SilentAfter,
    Fault::KeepThenClose,
    Fault::CloseOnNext,
    Fault::ResetOnNext,
    Fault::Behind,
    Fault::Informational,
];

fn suffer(fault: Fault, answer: &mut dyn FnMut() -> Play, wait: Duration) -> Play {
    let cut = |bytes: Vec<u8>, at: usize| bytes[..at.min(bytes.len() - 1)].to_vec();
    match fault {
        Fault::None => answer(),
        Fault::CloseBefore => Play::Close,
        Fault::ResetBefore => Play::Reset,
        Fault::CloseAfter => (answer(), Play::Close).1,
        Fault::ResetAfter => (answer(), Play::Reset).1,
        Fault::CutHead => Play::RawThenClose(cut(answer().bytes(), 20)),
        Fault::CutBody => {
            let bytes = answer().bytes();
            let all_but_some = bytes.len() - 7;
            Play::RawThenClose(cut(bytes, all_but_some))
        }
        Fault::ResetInBody => {
            let bytes = answer().bytes();
            let all_but_some = bytes.len() - 7;
            Play::RawThenReset(cut(bytes, all_but_some))
        }
        Fault::BadChunk => {
            drop(answer());
            Play::RawThenClose(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\nzz\r\n".to_vec())
        }
        Fault::Unavailable => Play::json(503, json!({"message": "later"})),
        Fault::UnavailableAfter => (answer(), Play::text(504, "<html>later</html>")).1,
        Fault::Internal => Play::json(500, json!({"message": "oops"})),
        Fault::InternalAfter => (answer(), Play::text(500, "")).1,
        Fault::Forbidden => Play::json(403, json!({"code": "missing.permission"})),
        Fault::Moved => Play::text(307, "").with("Location", "/elsewhere"),
        Fault::TooMany => Play::json(429, json!({"code": "too.many.requests"})),
        // More than a second would be most of the run.
        Fault::TooManyInAWhile => Play::json(429, json!({"code": "too.many.requests"})).with("Retry-After", 0),
        Fault::Html => (answer(), Play::text(200, "<html>welcome</html>")).1,
        Fault::Slow => Play::Late(wait, Box::new(answer())),
        Fault::Silent => Play::Silent,
        Fault::SilentAfter => (answer(), Play::Silent).1,
        Fault::KeepThenClose => answer().then_close(),
        Fault::CloseOnNext => answer().then_close_on_next(),
        Fault::ResetOnNext => answer().then_reset_on_next(),
        Fault::Behind => {
            let mut bytes = answer().bytes();
            bytes.extend(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            Play::Raw(bytes)
        }
        Fault::Informational => {
            let mut bytes = b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec();
            bytes.extend(answer().bytes());
            Play::Raw(bytes)
        }
    }
}

/// What a call said about what it did.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Done,
    NotDone,
    Unknown,
}

fn said<T>(result: &Result<T, Error>) -> Said {
    match result {
        Ok(_) => Said::Done,
        Err(error) if error.outcome_unknown() => Said::Unknown,
        Err(_) => Said::NotDone,
    }
}

#[derive(Default)]
struct Ledger {
    creates: Vec<(String, Said, Option<String>)>,
    /// By id, the updates and deletes: only the thread that created a segment changes it.
    updates: HashMap<String, Vec<Said>>,
    deletes: Vec<(String, Said)>,
    counts: BTreeMap<String, u32>,
}

fn timed<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let started = Instant::now();
    let result = call();
    let took = started.elapsed();
    assert!(took <= DEADLINE + GRACE, "a call took {took:?}");
    result
}

fn work(config: &Config, thread: usize, mut random: Random, calls: usize) -> Ledger {
    let mut ledger = Ledger::default();
    // What this thread knows to be there, with the version that it has last seen.
    let mut mine: Vec<(String, i64)> = Vec::new();
    for call in 0..calls {
        let pick = random.below(mine.len().max(1) as u64) as usize;
        let (what, said) = match random.below(10) {
            0..3 => {
                let name = format!("segment {thread}-{call}");
                let result = timed(|| segments::create(config, &NewSegment::new(&name)));
                let what = said(&result);
                let id = result.ok().map(|segment| {
                    assert_eq!(segment.display_name, name, "the answer is another's");
                    mine.push((segment.id.clone(), segment.version));
                    segment.id
                });
                let told = format!("{what:?}");
                ledger.creates.push((name, what, id));
                ("create", told)
            }
            3..5 if !mine.is_empty() => {
                let (id, version) = mine[pick].clone();
                let update = SegmentUpdate {
                    version: Some(version),
                    description: format!("{thread}-{call}").into(),
                    ..SegmentUpdate::default()
                };
                let result = timed(|| segments::update(config, &id, &update));
                let what = said(&result);
                match result {
                    Ok(segment) => {
                        assert_eq!((&segment.id, segment.version), (&id, version + 1), "the answer is another's");
                        mine[pick].1 += 1;
                    }
                    // Whose update is unknown does not know the version: it is read again.
                    Err(error) if error.outcome_unknown() => {
                        if let Ok(segment) = timed(|| segments::get(config, &id)) {
                            assert!(segment.version == version || segment.version == version + 1);
                            mine[pick].1 = segment.version;
                        } else {
                            mine.remove(pick);
                        }
                    }
                    Err(error) => assert!(!error.is_version_conflict() && !error.is_not_found(), "{error}"),
                }
                let told = format!("{what:?}");
                ledger.updates.entry(id).or_default().push(what);
                ("update", told)
            }
            5 if !mine.is_empty() => {
                let (id, _) = mine.remove(pick);
                let result = timed(|| segments::delete(config, &id));
                if let Err(error) = &result {
                    assert!(!error.is_not_found(), "it is there: {error}");
                }
                let told = format!("{:?}", said(&result));
                ledger.deletes.push((id, said(&result)));
                ("delete", told)
            }
            6 => {
                let result = timed(|| segments::list(config, &ListSegments::default()));
                if let Ok(page) = &result {
                    assert!(page.entities.len() <= 25);
                }
                ("list", format!("{:?}", said(&result)))
            }
            _ if !mine.is_empty() => {
                let (id, version) = mine[pick].clone();
                let result = timed(|| segments::get(config, &id));
                match &result {
                    Ok(segment) => {
                        assert_eq!((&segment.id, segment.version), (&id, version), "the answer is another's")
                    }
                    Err(error) => assert!(!error.is_not_found() && !error.outcome_unknown(), "{error}"),
                }
                ("get", format!("{:?}", said(&result)))
            }
            _ => continue,
        };
        *ledger.counts.entry(format!("{what} {said}")).or_default() += 1;
    }
    ledger
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn what_the_calls_say_that_they_did_is_what_was_done() {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = from_env("CHAOS_SEED").unwrap_or(clock);
    let calls = from_env("CHAOS_CALLS").unwrap_or(3000) as usize;
    println!("CHAOS_SEED={seed} CHAOS_CALLS={calls}");
    let organisation = Organisation::start();
    let suffered = Arc::new(Mutex::new(BTreeMap::<Fault, u32>::new()));
    let listener = {
        let (organisation, suffered) = (organisation.clone(), suffered.clone());
        Listener::answering(move |request| {
            let mut random = Random(seed ^ (request.number as u64).wrapping_mul(0x2545_f491_4f6c_dd1d));
            let mut fault = match random.below(100) {
                0..25 => FAULTS[random.below(FAULTS.len() as u64) as usize],
                _ => Fault::None,
            };
            // Waiting is what takes the time: less of it.
            if matches!(fault, Fault::Silent | Fault::SilentAfter) && random.below(4) > 0 {
                fault = Fault::None;
            }
            *suffered.lock().unwrap().entry(fault).or_default() += 1;
            let wait = Duration::from_millis(random.below(30));
            suffer(fault, &mut || organisation.answer(request), wait)
        })
    };
    let config = settings(&listener.url())
        .timeout(TIMEOUT)
        .deadline(DEADLINE)
        .connect_timeout(TIMEOUT)
        .token(&organisation.service.token())
        .unwrap();
    let ledgers = Mutex::new(Vec::new());
    let finished = AtomicU64::new(0);
    at_once(0..THREADS, |thread| {
        let random = Random(seed.wrapping_add(thread as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        let ledger = work(&config.clone(), thread, random, calls / THREADS);
        ledgers.lock().unwrap().push(ledger);
        finished.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(finished.load(Ordering::SeqCst), THREADS as u64);
    // What was sent and given up may still be on its way.
    drop(config);
    listener.wait_until_left();
    drop(listener);

    let done = organisation.done.lock().unwrap();
    let mut counts = BTreeMap::<String, u32>::new();
    for ledger in ledgers.into_inner().unwrap() {
        for (what, n) in ledger.counts {
            *counts.entry(what).or_default() += n;
        }
        let deleted: HashMap<&String, &Said> = ledger.deletes.iter().map(|(id, said)| (id, said)).collect();
        for (name, said, id) in &ledger.creates {
            let times = done.created.get(name).copied().unwrap_or_default();
            match said {
                Said::Done => assert_eq!(times, 1, "{name} was created, and said so"),
                Said::NotDone => assert_eq!(times, 0, "{name} was not created, and said so"),
                Said::Unknown => assert!(times <= 1, "{name} was created {times} times"),
            }
            let Some(id) = id else { continue };
            let is_there = organisation.service.segment(id).is_some();
            match deleted.get(id) {
                None | Some(Said::NotDone) => assert!(is_there, "{name} is lost"),
                Some(Said::Done) => assert!(!is_there, "{name} was deleted, and is there"),
                Some(Said::Unknown) => {}
            }
            let updates = ledger.updates.get(id).map_or(&[][..], Vec::as_slice);
            let certain = updates.iter().filter(|said| **said == Said::Done).count() as u32;
            let unknown = updates.iter().filter(|said| **said == Said::Unknown).count() as u32;
            let changed = done.changed.get(id).copied().unwrap_or_default();
            assert!(
                changed >= certain && changed <= certain + unknown,
                "{name}: {certain} to {} updates, not {changed}",
                certain + unknown
            );
        }
    }
    println!("{counts:?}");
    println!("{:?}", suffered.lock().unwrap());
    // It was worth something: all went well at times, and all went wrong at times.
    for what in
        ["create Done", "create NotDone", "create Unknown", "update Done", "delete Done", "get Done", "list Done"]
    {
        assert!(counts.get(what).is_some_and(|n| *n > 0), "no {what} in {counts:?}");
    }
}

#[test]
fn a_definite_error_is_never_an_error_of_the_way_back() {
    // The counterpart that makes the run above able to fail: each fault after the organisation answered
    // leaves a create unknown.
    let after = [
        Fault::CloseAfter,
        Fault::ResetAfter,
        Fault::CutHead,
        Fault::CutBody,
        Fault::ResetInBody,
        Fault::BadChunk,
        Fault::UnavailableAfter,
        Fault::InternalAfter,
        Fault::Html,
        Fault::SilentAfter,
    ];
    at_once(after, |fault| {
        let organisation = Organisation::start();
        let answering = organisation.clone();
        let listener =
            Listener::answering(move |request| suffer(fault, &mut || answering.answer(request), Duration::ZERO));
        let config = settings(&listener.url()).token(&organisation.service.token()).unwrap();
        let error = segments::create(&config, &NewSegment::new("one")).unwrap_err();
        assert!(error.outcome_unknown() && error.kind() != ErrorKind::Input, "{fault:?}: {error}");
        assert_eq!(organisation.done.lock().unwrap().created["one"], 1, "{fault:?}");
    });
}
