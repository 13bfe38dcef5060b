//! Every cell of the table, and every form of `Retry-After`.

use super::*;

const UNIT: Duration = Duration::from_secs(1);
const POLICY: RetryPolicy = policy(4, UNIT);
const fn policy(max_attempts: u32, initial: Duration) -> RetryPolicy {
    RetryPolicy { max_attempts, backoff: Backoff { initial, max: Duration::MAX } }
}

const EFFECTS: [Idempotency; 3] = [Idempotency::Safe, Idempotency::Idempotent, Idempotency::NonIdempotent];

fn first() -> RetryState {
    RetryState {
        attempt: 1,
        left: Duration::from_secs(300),
        earlier_outcome_unknown: false,
        partially_consumed: false,
        renewable: false,
        jitter: 1.0,
    }
}

fn answered(status: u16) -> AttemptOutcome {
    AttemptOutcome::Responded { status, retry_after: None }
}

fn failed(sent: bool, cause: Cause) -> AttemptOutcome {
    AttemptOutcome::Failed { sent, cause }
}

const fn repeat(seconds: u64) -> RetryDecision {
    RetryDecision::Retry { after: Duration::from_secs(seconds) }
}

const KNOWN: RetryDecision = RetryDecision::GiveUp { unknown: false };
const UNKNOWN: RetryDecision = RetryDecision::GiveUp { unknown: true };

#[test]
fn every_cell_of_the_table_is_as_the_design_says() {
    // What outcome, and the verdict for a read, a DELETE and a write.
    let mut table = vec![
        (failed(false, Cause::Transport), [repeat(1), repeat(1), repeat(1)]),
        (failed(false, Cause::Timeout), [repeat(1), repeat(1), repeat(1)]),
        (failed(false, Cause::Refused), [KNOWN, KNOWN, KNOWN]),
        (failed(true, Cause::Transport), [repeat(1), repeat(1), UNKNOWN]),
        (failed(true, Cause::Timeout), [repeat(1), repeat(1), UNKNOWN]),
        (failed(true, Cause::Decode), [KNOWN, UNKNOWN, UNKNOWN]),
        (answered(401), [KNOWN, KNOWN, KNOWN]),
    ];
    table.extend(RATE_LIMITED.map(|status| (answered(status), [repeat(3); 3])));
    table.extend((200..300).map(|status| (answered(status), [RetryDecision::Done; 3])));
    table.extend((300..400).map(|status| (answered(status), [KNOWN; 3])));
    let refused = (400..500).filter(|status| ![401, 408].contains(status) && !RATE_LIMITED.contains(status));
    table.extend(refused.map(|status| (answered(status), [KNOWN; 3])));
    table.extend([408, 502, 503, 504].map(|status| (answered(status), [repeat(1), repeat(1), UNKNOWN])));
    let broken = (500..1000).filter(|status| ![502, 503, 504].contains(status));
    table.extend(broken.map(|status| (answered(status), [KNOWN, UNKNOWN, UNKNOWN])));
    assert_eq!(RATE_LIMITED, [429]);
    for (outcome, verdicts) in table {
        for (idempotency, verdict) in EFFECTS.into_iter().zip(verdicts) {
            assert_eq!(POLICY.decide(idempotency, first(), outcome), verdict, "{idempotency:?}, {outcome:?}");
        }
    }
}

#[test]
fn a_refused_token_is_renewed_where_it_can_be() {
    for idempotency in EFFECTS {
        // Even after the last attempt: the request was not carried out, and the next one has a good token.
        for attempt in 1..6 {
            let state = RetryState { renewable: true, attempt, ..first() };
            assert_eq!(POLICY.decide(idempotency, state, answered(401)), RetryDecision::RenewToken);
            let state = RetryState { renewable: false, attempt, ..first() };
            assert_eq!(POLICY.decide(idempotency, state, answered(401)), KNOWN);
        }
    }
}

#[test]
fn what_was_handed_on_is_not_asked_for_again() {
    let state = RetryState { partially_consumed: true, ..first() };
    for cause in [Cause::Transport, Cause::Timeout] {
        assert_eq!(POLICY.decide(Idempotency::Safe, state, failed(true, cause)), KNOWN);
    }
}

#[test]
fn nothing_is_tried_more_often_than_the_policy_says() {
    let repeatable = [failed(false, Cause::Transport), answered(429), answered(503), failed(true, Cause::Timeout)];
    for attempts in 1..20 {
        let policy = policy(attempts, Duration::from_millis(1));
        for outcome in repeatable {
            for attempt in 1..25 {
                let state = RetryState { attempt, left: Duration::MAX, ..first() };
                let repeats = matches!(policy.decide(Idempotency::Safe, state, outcome), RetryDecision::Retry { .. });
                assert_eq!(repeats, attempt < attempts, "{attempt} of {attempts}, {outcome:?}");
            }
        }
    }
}

#[test]
fn what_may_have_been_done_before_is_not_forgotten() {
    let lost = RetryState { earlier_outcome_unknown: true, attempt: 4, ..first() };
    for outcome in [answered(429), answered(403), failed(false, Cause::Transport), answered(503)] {
        assert_eq!(POLICY.decide(Idempotency::Idempotent, lost, outcome), UNKNOWN, "{outcome:?}");
        assert_eq!(POLICY.decide(Idempotency::Safe, lost, outcome), KNOWN, "{outcome:?}");
    }
}

#[test]
fn a_delete_that_finds_nothing_is_done_only_after_a_lost_answer() {
    for attempt in 1..5 {
        let state = RetryState { attempt, ..first() };
        assert_eq!(POLICY.decide(Idempotency::Idempotent, state, answered(404)), KNOWN);
        let state = RetryState { earlier_outcome_unknown: true, ..state };
        assert_eq!(POLICY.decide(Idempotency::Idempotent, state, answered(404)), RetryDecision::Done);
        assert_eq!(POLICY.decide(Idempotency::Safe, state, answered(404)), KNOWN);
        assert_eq!(POLICY.decide(Idempotency::NonIdempotent, state, answered(404)), UNKNOWN);
    }
}

#[test]
fn what_was_perhaps_done_is_every_answer_that_does_not_say_otherwise() {
    for status in 100..1000 {
        assert_eq!(answered(status).may_have_been_processed(), status == 408 || status >= 500, "{status}");
    }
    for cause in [Cause::Timeout, Cause::Transport, Cause::Refused, Cause::Decode] {
        assert!(failed(true, cause).may_have_been_processed());
        assert!(!failed(false, cause).may_have_been_processed());
    }
}

#[test]
fn waits_double_and_are_spread_over_their_upper_half() {
    for (attempt, longest) in [(1, 1), (2, 2), (3, 4)] {
        let mut last = Duration::ZERO;
        for step in -5..=15 {
            let state = RetryState { attempt, jitter: f64::from(step) / 10.0, ..first() };
            let RetryDecision::Retry { after } = POLICY.decide(Idempotency::Safe, state, answered(503)) else {
                panic!("not repeated");
            };
            assert!(after >= UNIT * longest / 2 && after <= UNIT * longest, "{attempt} {step}: {after:?}");
            assert!(after >= last, "{attempt} {step}: {after:?}");
            last = after;
        }
        assert_eq!(last, UNIT * longest);
    }
    for (attempt, wait) in [(1, 3), (2, 9), (3, 27)] {
        let state = RetryState { attempt, jitter: 0.0, ..first() };
        assert_eq!(POLICY.decide(Idempotency::NonIdempotent, state, answered(429)), repeat(wait));
    }
}

#[test]
fn waits_never_overflow() {
    let policy = policy(u32::MAX, Duration::from_secs(60));
    for attempt in [0, 1, 16, 17, 31, 32, 33, 64, u32::MAX - 1] {
        for left in [Duration::ZERO, UNIT, Duration::MAX] {
            for outcome in [answered(429), answered(503), failed(false, Cause::Timeout)] {
                for jitter in [0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY] {
                    let state = RetryState { attempt, left, jitter, ..first() };
                    if let RetryDecision::Retry { after } = policy.decide(Idempotency::Safe, state, outcome) {
                        assert!(after < left);
                    }
                }
            }
        }
    }
}

#[test]
fn a_wait_that_does_not_end_before_the_deadline_is_not_begun() {
    for (outcome, wait) in [
        (answered(429), 3),
        (answered(503), 1),
        (failed(false, Cause::Transport), 1),
        (AttemptOutcome::Responded { status: 429, retry_after: Some(UNIT * 7) }, 7),
        (AttemptOutcome::Responded { status: 503, retry_after: Some(UNIT * 7) }, 7),
    ] {
        let wait = UNIT * wait;
        let at = |left| POLICY.decide(Idempotency::Safe, RetryState { left, ..first() }, outcome);
        assert_eq!(at(wait + Duration::from_nanos(1)), RetryDecision::Retry { after: wait }, "{outcome:?}");
        for left in [wait, wait / 2, Duration::ZERO] {
            assert_eq!(at(left), KNOWN, "{outcome:?}, {left:?} left");
        }
    }
    let for_ever = AttemptOutcome::Responded { status: 429, retry_after: Some(Duration::from_secs(u64::MAX)) };
    assert_eq!(POLICY.decide(Idempotency::NonIdempotent, first(), for_ever), KNOWN);
}

#[test]
fn a_wait_that_is_asked_for_replaces_the_default() {
    let asked = |status| AttemptOutcome::Responded { status, retry_after: Some(UNIT * 20) };
    for idempotency in EFFECTS {
        assert_eq!(POLICY.decide(idempotency, first(), asked(429)), repeat(20));
    }
    assert_eq!(POLICY.decide(Idempotency::Safe, first(), asked(503)), repeat(20));
    assert_eq!(POLICY.decide(Idempotency::NonIdempotent, first(), asked(503)), UNKNOWN);
    // Where repeating is no use, asking for it changes nothing.
    assert_eq!(POLICY.decide(Idempotency::Safe, first(), asked(400)), KNOWN);
}

#[test]
fn only_who_is_turned_away_and_told_for_how_long_holds_up_the_others() {
    let told = |status, seconds| AttemptOutcome::Responded { status, retry_after: Some(Duration::from_secs(seconds)) };
    for status in 100..1000 {
        let holds = RATE_LIMITED.contains(&status);
        assert_eq!(told(status, 7).pause(), holds.then_some(UNIT * 7), "{status}");
        assert_eq!(answered(status).pause(), None, "{status}");
    }
    // Hours are for the caller to wait, who may know better.
    assert_eq!(told(429, 300).pause(), Some(UNIT * 300));
    assert_eq!(told(429, 301).pause(), Some(UNIT * 300));
    assert_eq!(told(429, u64::MAX).pause(), Some(UNIT * 300));
    assert_eq!(failed(true, Cause::Timeout).pause(), None);
}

#[test]
fn every_form_of_retry_after_is_read_or_passed_over() {
    let table: [(&[&str], Option<u64>); 20] = [
        (&[], None),
        (&["1"], Some(1)),
        (&[" 17 "], Some(17)),
        (&["007"], Some(7)),
        (&["3600"], Some(3600)),
        (&["18446744073709551615"], Some(u64::MAX)),
        (&["18446744073709551616"], None),
        (&["0"], None),
        (&["-1"], None),
        (&["1.5"], None),
        (&["1e3"], None),
        (&["soon"], None),
        (&["5 seconds"], None),
        (&[""], None),
        (&["Fri, 31 Dec 1999 23:59:59 GMT"], None),
        (&["Fri, 31 Dec 2999 23:59:59 GMT"], None),
        (&["2", "3"], Some(2)),
        (&["0", "soon", "", "4", "5"], Some(4)),
        (&["2, 3"], None),
        (&["1\u{661}"], None),
    ];
    for (values, seconds) in table {
        let read = retry_after(values.iter().map(|value| value.as_bytes()));
        assert_eq!(read, seconds.map(Duration::from_secs), "{values:?}");
    }
    assert_eq!(retry_after([&b"\xff\xfe"[..], b"9"].into_iter()), Some(UNIT * 9));
}
