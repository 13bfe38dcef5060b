//! Real bodies, mutated at random, in responses that are otherwise correct: each is a value or an error that names
//! its cause, after one request.
//!
//! `FUZZ_CASES` sets the number of responses: a million take some minutes with `--release`.

use std::time::Duration;

use genesys_journey::{Config, Error, ErrorKind, action_targets, analytics, raw};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestCaseError, TestRunner};
use serde_json::Value;

use genesys_listener::Scripted;
use genesys_listener::calls::*;

use super::responder::Responder;
use super::responses::{Mutation, cases_or, gzip, mutation};

const WIRE: &str = include_str!("../../fixtures/wire-sample.jsonl");
const DEADLINE: Duration = Duration::from_secs(10);
/// The listener keeps all requests, so it is replaced after this number.
const CASES_OF_A_LISTENER: u32 = 2_000;

struct Read {
    call: fn(&Config) -> Result<(), Error>,
    is_write: bool,
    /// A part of the names of the recorded calls with suitable bodies.
    bodies: &'static str,
}

const READS: [Read; 11] = [
    Read { call: |config| Op::Get.send(config).map(drop), is_write: false, bodies: "get_journey_segment" },
    Read { call: |config| Op::List.send(config).map(drop), is_write: false, bodies: "get_journey_segments" },
    Read { call: |config| Op::Create.send(config).map(drop), is_write: true, bodies: "post_journey_segments" },
    Read { call: |config| Op::Update.send(config).map(drop), is_write: true, bodies: "patch_journey_segment" },
    Read { call: |config| Op::Query.send(config).map(drop), is_write: false, bodies: "aggregates" },
    Read { call: stream, is_write: false, bodies: "aggregates" },
    Read {
        call: |config| analytics::jobs::results(config, "7", None).map(drop),
        is_write: false,
        bodies: "aggregates",
    },
    Read { call: |config| analytics::jobs::status(config, "7").map(drop), is_write: false, bodies: "" },
    Read {
        call: |config| action_targets::list(config, &Default::default()).map(drop),
        is_write: false,
        bodies: "get_journey_actiontargets",
    },
    Read {
        call: |config| action_targets::get(config, "7").map(drop),
        is_write: false,
        bodies: "get_journey_actiontarget",
    },
    Read {
        call: |config| raw::get::<Value>(config, &["journey", "segments"], &[]).map(drop),
        is_write: false,
        bodies: "",
    },
];

fn stream(config: &Config) -> Result<(), Error> {
    analytics::stream_aggregates(config, &query())?.try_for_each(|container| container.map(drop))
}

/// Returns the bodies of recorded calls whose name contains this text.
fn bodies(name: &str) -> Vec<String> {
    let calls = WIRE.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls = calls.filter(|call| call["op"].as_str().unwrap().contains(name));
    calls.map(|call| call["response"]["body"].to_string()).filter(|body| body != "null").collect()
}

#[derive(Clone, Debug)]
struct Case {
    read: usize,
    body: usize,
    mutations: Vec<Mutation>,
    status: u16,
    is_compressed: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let status = prop_oneof![12 => Just(200), 1 => Just(201), 1 => Just(400), 1 => Just(404), 1 => Just(500)];
    let mutations = proptest::collection::vec(mutation(), 0..5);
    (0..READS.len(), any::<prop::sample::Index>(), mutations, status, prop::bool::weighted(0.1)).prop_map(
        |(read, body, mutations, status, is_compressed)| Case {
            read,
            body: body.index(usize::MAX),
            mutations,
            status,
            is_compressed,
        },
    )
}

fn try_one(responder: &Responder, case: &Case, corpus: &[Vec<String>]) -> Result<(), TestCaseError> {
    let (read, bodies) = (&READS[case.read], &corpus[case.read]);
    let mut body = bodies[case.body % bodies.len()].clone().into_bytes();
    case.mutations.iter().for_each(|mutation| mutation.apply(&mut body));
    responder.respond_with(if case.is_compressed {
        Scripted::text(case.status, gzip(&body)).with("Content-Encoding", "gzip")
    } else {
        Scripted::text(case.status, body)
    });
    let before = responder.listener.count();
    let (result, _) = in_time(DEADLINE, || (read.call)(&responder.config));
    prop_assert_eq!(responder.listener.count() - before, 1);
    let is_success = case.status < 300;
    let Err(error) = result else {
        prop_assert!(is_success);
        return Ok(());
    };
    prop_assert_eq!(error.kind(), if is_success { ErrorKind::Decode } else { ErrorKind::Api }, "{}", error);
    prop_assert_eq!((error.status(), error.attempts()), (Some(case.status), 1), "{}", error);
    prop_assert_eq!(error.outcome_unknown(), read.is_write && (is_success || case.status == 500), "{}", error);
    prop_assert!(error.body().len() <= 8 * 1024);
    Ok(())
}

#[test]
fn a_mutated_body_is_a_value_or_an_error_with_its_cause() {
    let corpus: Vec<Vec<String>> = READS.iter().map(|read| bodies(read.bodies)).collect();
    let mut left = cases_or(2_000);
    while left > 0 {
        let cases = left.min(CASES_OF_A_LISTENER);
        left -= cases;
        let responder = Responder::new(|settings| settings.attempt_timeout(DEADLINE).call_timeout(DEADLINE));
        let runs = Runs { cases, failure_persistence: None, ..Runs::default() };
        let result = TestRunner::new(runs).run(&case(), |case| try_one(&responder, &case, &corpus));
        result.unwrap_or_else(|error| panic!("{error}"));
    }
}
