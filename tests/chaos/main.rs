//! Many mixed calls to an organisation with every fault at once. Afterwards the state of the organisation must match
//! the results of the calls.
//!
//! `CHAOS_SEED` reproduces a run, `CHAOS_CALLS` sets the number of calls, and `CHAOS_REUSE=0` opens a connection for
//! each write.

mod faults;
mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ErrorKind};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};
use serde_json::Value;

use faults::{FAULTS, Fault, inject};
use genesys_listener::calls::{at_once, settings};
use genesys_listener::{Listener, Request, Scripted};
use worker::{DEADLINE, Ledger, Outcome, Worker};

const THREADS: usize = 16;
const TIMEOUT: Duration = Duration::from_millis(400);

/// A pseudo-random number generator with a seed.
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

/// The organisation, with the number of creates for each name, of updates for each segment, and of jobs for each view.
struct Organisation {
    service: StandIn,
    /// Whether faults are injected.
    is_faulty: AtomicBool,
    created: Mutex<HashMap<String, u32>>,
    changed: Mutex<HashMap<String, u32>>,
    submitted: Mutex<HashMap<String, u32>>,
    injected: Mutex<BTreeMap<Fault, u32>>,
}

impl Organisation {
    fn start() -> Arc<Organisation> {
        let service = StandIn::start();
        let (created, changed, submitted, injected) = Default::default();
        Arc::new(Organisation { service, is_faulty: false.into(), created, changed, submitted, injected })
    }

    fn respond(&self, request: &Request) -> Scripted {
        let response = self.service.handle(&request.method, &request.target, &request.headers, &request.body);
        if response.status < 300 {
            self.count(request, &response.body);
        }
        Scripted::text(response.status, response.body)
    }

    /// Counts a write that has been processed.
    fn count(&self, request: &Request, body: &str) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let count = |of: &Mutex<HashMap<String, u32>>, key: &Value| {
            *of.lock().unwrap().entry(key.as_str().unwrap().to_owned()).or_default() += 1;
        };
        let path = request.target.strip_prefix("/api/v2/journey/").unwrap_or_default();
        match (request.method.as_str(), path) {
            ("POST", "segments") => count(&self.created, &body["displayName"]),
            ("PATCH", path) if path.starts_with("segments/") => count(&self.changed, &body["id"]),
            ("POST", "views") => count(&self.created, &body["name"]),
            ("POST", path) if path.ends_with("/jobs") => count(&self.submitted, &body["journeyView"]["id"]),
            _ => {}
        }
    }

    /// Returns the response, with a fault that is chosen at random.
    fn respond_at_random(&self, request: &Request, seed: u64) -> Scripted {
        let mut random = Random(seed ^ (request.number as u64).wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut fault = match random.below(100) {
            0..25 if self.is_faulty.load(Ordering::SeqCst) => FAULTS[random.below(FAULTS.len() as u64) as usize],
            _ => Fault::None,
        };
        if fault.is_slow() && random.below(10) > 0 {
            fault = Fault::None;
        }
        *self.injected.lock().unwrap().entry(fault).or_default() += 1;
        if fault == Fault::Expired {
            self.service.faults().expire_tokens();
        }
        inject(fault, &mut || self.respond(request), Duration::from_millis(random.below(30)))
    }

    /// Checks the results of the calls of a thread against the state of the organisation.
    fn check(&self, ledger: &Ledger) {
        for (name, outcome, id) in &ledger.creates {
            let times = self.created.lock().unwrap().get(name).copied().unwrap_or_default();
            match outcome {
                Outcome::Done => assert_eq!(times, 1, "the create of {name} succeeded"),
                Outcome::NotDone => assert_eq!(times, 0, "the create of {name} failed"),
                Outcome::Unknown => assert!(times <= 1, "{name} was created {times} times"),
            }
            let Some(id) = id else { continue };
            let view: Option<Value> = self.service.get("journey/views", id);
            let is_there = view.or(self.service.segment(id)).is_some();
            match ledger.deletes.get(id) {
                None | Some(Outcome::NotDone) => assert!(is_there, "{name} is lost"),
                Some(Outcome::Done) => assert!(!is_there, "{name} was deleted, and is there"),
                Some(Outcome::Unknown) => {}
            }
            let updates = ledger.updates.get(id).map_or(&[][..], Vec::as_slice);
            let count = |wanted: Outcome| updates.iter().filter(|outcome| **outcome == wanted).count() as u32;
            let (least, most) = (count(Outcome::Done), count(Outcome::Done) + count(Outcome::Unknown));
            let changed = self.changed.lock().unwrap().get(id).copied().unwrap_or_default();
            assert!((least..=most).contains(&changed), "{name}: {least} to {most} updates, not {changed}");
        }
        for (id, runs) in &ledger.runs {
            let least = runs.iter().filter(|outcome| **outcome == Outcome::Done).count() as u32;
            let submitted = self.submitted.lock().unwrap().get(id).copied().unwrap_or_default();
            let most = runs.len() as u32;
            assert!((least..=most).contains(&submitted), "{id}: {least} to {most} jobs, not {submitted}");
        }
    }
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Makes this number of calls on many threads. Returns the ledger of each thread.
fn run(config: Config, seed: u64, calls: usize) -> Vec<Ledger> {
    let ledgers = Mutex::new(Vec::new());
    at_once(0..THREADS, |thread| {
        let random = Random(seed.wrapping_add(thread as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
        let ledger = Worker::new(config.clone(), thread.to_string(), random).work(calls / THREADS);
        ledgers.lock().unwrap().push(ledger);
    });
    ledgers.into_inner().unwrap()
}

#[test]
fn call_results_match_the_state_of_the_organisation() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = from_env("CHAOS_SEED").unwrap_or(clock);
    let calls = from_env("CHAOS_CALLS").unwrap_or(3000) as usize;
    println!("CHAOS_SEED={seed} CHAOS_CALLS={calls}");
    let organisation = Organisation::start();
    let serving = organisation.clone();
    let listener = Listener::responding(move |request| serving.respond_at_random(request, seed));
    let settings = settings(&listener.url()).attempt_timeout(TIMEOUT).connect_timeout(TIMEOUT).call_timeout(DEADLINE);
    let settings = settings.reuse_connections_for_writes(from_env("CHAOS_REUSE") != Some(0));
    let config = settings.sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap();
    organisation.is_faulty.store(true, Ordering::SeqCst);

    let ledgers = run(config, seed, calls);
    assert_eq!(ledgers.len(), THREADS);
    // An abandoned request may still be on its way.
    listener.wait_until_left();
    drop(listener);
    let mut counts = BTreeMap::<&str, u32>::new();
    for ledger in &ledgers {
        organisation.check(ledger);
        ledger.counts.iter().for_each(|(what, n)| *counts.entry(what).or_default() += n);
    }
    println!(
        "{counts:?}\n{:?}\n{} tokens",
        organisation.injected.lock().unwrap(),
        organisation.service.token_requests()
    );
    // Each kind of call has some successes and some failures.
    for what in ["create", "update", "delete", "get", "list", "query", "view", "run"].map(|what| format!("{what} Done"))
    {
        assert!(counts.contains_key(&*what), "no {what} in {counts:?}");
    }
    for what in ["create NotDone", "create Unknown", "update Unknown", "view Unknown", "run Unknown"] {
        assert!(counts.contains_key(what), "no {what} in {counts:?}");
    }
    assert!(organisation.service.token_requests() > 1);
}

#[test]
fn a_fault_after_a_create_leaves_it_unknown() {
    // A check that the run above can fail.
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
        Fault::Drip,
        Fault::CutGzip,
    ];
    at_once(after, |fault| {
        let organisation = Organisation::start();
        let serving = organisation.clone();
        let listener =
            Listener::responding(move |request| inject(fault, &mut || serving.respond(request), Duration::ZERO));
        let config = settings(&listener.url()).token(&organisation.service.token()).unwrap();
        let error = segments::create(&config, &NewSegment::new("one")).unwrap_err();
        assert!(error.outcome_unknown() && error.kind() != ErrorKind::Input, "{fault:?}: {error}");
        assert_eq!(organisation.created.lock().unwrap()["one"], 1, "{fault:?}");
    });
}
