//! `journey ingest`, killed at random moments under faults: each event is accepted exactly once, or listed as unknown.
//!
//! `INGEST_KILLS=50` kills it 50 times.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::ingest::Setup;
use super::*;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

const BATCH_SIZE: usize = 5;
/// More batches than a run sends before it is killed.
const BATCHES_FOR_A_KILL: usize = 20;

/// The events that are refused: some once in a while, some always.
fn refuse(service: &StandIn, mut random: Random) {
    service.faults().refuse_events(move |event| {
        let number: u64 = event["id"].as_str()?.trim_start_matches('e').parse().ok()?;
        if number.is_multiple_of(23) {
            return Some(json!({ "isRetryable": false, "errorMessage": "No such contact", "statusCode": 404 }));
        }
        (random.below(15) == 0).then(|| json!({ "isRetryable": true, "errorMessage": "Busy", "statusCode": 503 }))
    });
}

/// Starts the program, and kills it after a random number of requests and a random time. Returns whether it still ran.
fn kill_at_random(setup: &Setup, random: &mut Random) -> bool {
    let service = &setup.service;
    match random.below(4) {
        0 => _ = service.faults().lose_responses(1),
        1 => _ = service.faults().lose_writes(1),
        2 => _ = service.faults().status_for_request(1 + random.below(8), [429, 503][random.below(2) as usize]),
        _ => {}
    }
    let size = BATCH_SIZE.to_string();
    let mut program = at(service);
    program.args(setup.args(&["--batch-size", &size])).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (before, wanted) = (service.request_count(), random.below(BATCHES_FOR_A_KILL as u64) as usize);
    let mut child = program.spawn().unwrap();
    let mut has_ended = false;
    wait_until(|| {
        has_ended = child.try_wait().unwrap().is_some();
        has_ended || service.request_count() - before >= wanted
    });
    std::thread::sleep(Duration::from_micros(random.below(8_000)));
    // SIGKILL.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    status.code().is_none()
}

/// The lines that a run lists as unknown.
fn unknown_lines(report: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    for record in report.lines().skip(1).filter(|record| record.contains(",unknown,")) {
        let [first, last] = [0, 1].map(|column| record.split(',').nth(column).unwrap().parse::<usize>().unwrap());
        lines.extend(first..=last);
    }
    lines
}

/// The lines that the checkpoint records as rejected.
fn rejected_lines(setup: &Setup) -> BTreeSet<usize> {
    let text = fs::read_to_string(setup.path("checkpoint")).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rejected = records.flat_map(|record| record["rejected"].as_array().cloned().unwrap_or_default());
    rejected.map(|entry| entry[0].as_u64().unwrap() as usize).collect()
}

/// Runs the program without faults until nothing is left to send, and returns the last report.
fn run_to_the_end(setup: &Setup, args: &[&str]) -> String {
    setup.service.faults().clear();
    for _ in 0..5 {
        let before = setup.service.request_count();
        let Ended { out, .. } = setup.run(&[&["--format", "csv"], args].concat());
        // Only the sign-in.
        if setup.service.request_count() == before + 1 {
            return out;
        }
    }
    panic!("it does not end");
}

fn is_exactly_once(kills: usize, seed: u64) {
    let setup = Setup::new(&format!("killed-{seed}"), kills * BATCH_SIZE * BATCHES_FOR_A_KILL);
    let total = kills * BATCH_SIZE * BATCHES_FOR_A_KILL;
    let mut random = Random(seed);
    let mut killed = 0;
    while killed < kills {
        refuse(&setup.service, Random(random.below(u64::MAX)));
        killed += usize::from(kill_at_random(&setup, &mut random));
        assert!(setup.service.accepted_events().len() < total, "all lines were sent after {killed} kills");
    }
    let report = run_to_the_end(&setup, &[]);
    let (unknown, rejected) = (unknown_lines(&report), rejected_lines(&setup));
    let check = |unknown: &BTreeSet<usize>, at_most: u64| {
        let accepted = setup.service.accepted_events();
        let mut wrong = Vec::new();
        for line in 1..=total {
            let count = accepted.get(&format!("e{line}")).copied().unwrap_or_default();
            let is_right = match (unknown.contains(&line), rejected.contains(&line)) {
                (true, _) => count <= at_most,
                (false, true) => count == 0,
                (false, false) => (1..=at_most).contains(&count),
            };
            if !is_right {
                wrong.push((line, count));
            }
        }
        assert!(wrong.is_empty(), "lines and the number of times that they were accepted: {wrong:?} (seed {seed})");
        accepted.len()
    };
    let accepted = check(&unknown, 1);
    println!(
        "{kills} kills, seed {seed}: {total} lines, {accepted} accepted once, {} rejected, {} unknown",
        rejected.len(),
        unknown.len()
    );
    assert!(!rejected.is_empty() && !unknown.is_empty() && unknown.len() < total / 2, "{unknown:?}");

    run_to_the_end(&setup, &["--resend-unknown"]);
    assert_eq!(unknown_lines(&run_to_the_end(&setup, &[])), BTreeSet::new());
    let resent = rejected_lines(&setup);
    let accepted = setup.service.accepted_events();
    for line in unknown.difference(&resent) {
        assert!((1..=2).contains(&accepted[&format!("e{line}")]), "line {line}");
    }
}

#[test]
fn killed_at_random_moments_each_event_is_accepted_once_or_listed_as_unknown() {
    let kills = std::env::var("INGEST_KILLS").map_or(5, |kills| kills.parse().unwrap());
    is_exactly_once(kills, 20_261_127);
}
