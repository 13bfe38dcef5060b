//! Every cell of the retry table, and every form of `Retry-After`.

use super::*;

const UNIT: Duration = Duration::from_secs(1);
const POLICY: RetryPolicy = policy(4, UNIT);
const fn policy(max_attempts: u32, initial: Duration) -> RetryPolicy {
    RetryPolicy { max_attempts, backoff: Backoff { initial, max: Duration::MAX } }
}

const ALL: [Idempotency; 3] = [Idempotency::Safe, Idempotency::Idempotent, Idempotency::NonIdempotent];

fn first() -> RetryState {
    RetryState {
        attempt: 1,
        left: Duration::from_secs(300),
        earlier_outcome_unknown: false,
        renewable: false,
        jitter: 1.0,
    }
}

fn responded(status: u16) -> AttemptOutcome {
    AttemptOutcome::Responded { status, retry_after: None }
}

fn failed(sent: bool, cause: Cause) -> AttemptOutcome {
    AttemptOutcome::Failed { sent, cause }
}

const fn retry(seconds: u64) -> RetryDecision {
    RetryDecision::Retry { after: Duration::from_secs(seconds) }
}

/// Returns a wait that the service sets, with the full jitter of [`first`].
fn retry_spread(seconds: u64) -> RetryDecision {
    RetryDecision::Retry { after: Duration::from_millis(seconds * 1100) }
}

const KNOWN: RetryDecision = RetryDecision::GiveUp { unknown: false };
const UNKNOWN: RetryDecision = RetryDecision::GiveUp { unknown: true };

#[test]
fn every_cell_of_the_retry_table() {
    // An outcome, and the decision for a GET, a DELETE and a POST.
    let mut table = vec![
        (failed(false, Cause::Transport), [retry(1), retry(1), retry(1)]),
        (failed(false, Cause::Timeout), [retry(1), retry(1), retry(1)]),
        (failed(false, Cause::Refused), [KNOWN, KNOWN, KNOWN]),
        (failed(true, Cause::Transport), [retry(1), retry(1), UNKNOWN]),
        (failed(true, Cause::Timeout), [retry(1), retry(1), UNKNOWN]),
        (failed(true, Cause::Decode), [KNOWN, UNKNOWN, UNKNOWN]),
        (responded(401), [KNOWN, KNOWN, KNOWN]),
    ];
    table.push((responded(429), [retry_spread(3); 3]));
    table.push((responded(101), [KNOWN, UNKNOWN, UNKNOWN]));
    table.extend((300..400).map(|status| (responded(status), [KNOWN; 3])));
    let refused = (400..500).filter(|status| ![401, 408, 429].contains(status));
    table.extend(refused.map(|status| (responded(status), [KNOWN; 3])));
    table.extend([408, 502, 503, 504].map(|status| (responded(status), [retry(1), retry(1), UNKNOWN])));
    let broken = (500..1000).filter(|status| ![502, 503, 504].contains(status));
    table.extend(broken.map(|status| (responded(status), [KNOWN, UNKNOWN, UNKNOWN])));
    for (outcome, decisions) in table {
        for (idempotency, decision) in ALL.into_iter().zip(decisions) {
            assert_eq!(POLICY.decide(idempotency, first(), outcome), decision, "{idempotency:?}, {outcome:?}");
        }
    }
}

#[test]
fn a_refused_token_is_renewed_if_it_is_renewable() {
    for idempotency in ALL {
        // A refused token is renewed even after the last attempt: the request was not processed.
        for attempt in 1..6 {
            let state = RetryState { renewable: true, attempt, ..first() };
            assert_eq!(POLICY.decide(idempotency, state, responded(401)), RetryDecision::RenewToken);
            let state = RetryState { renewable: false, attempt, ..first() };
            assert_eq!(POLICY.decide(idempotency, state, responded(401)), KNOWN);
        }
    }
}

#[test]
fn max_attempts_is_never_exceeded() {
    let repeatable = [failed(false, Cause::Transport), responded(429), responded(503), failed(true, Cause::Timeout)];
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
fn an_earlier_unknown_outcome_is_kept() {
    let lost = RetryState { earlier_outcome_unknown: true, attempt: 4, ..first() };
    for outcome in [responded(429), responded(403), failed(false, Cause::Transport), responded(503)] {
        assert_eq!(POLICY.decide(Idempotency::Idempotent, lost, outcome), UNKNOWN, "{outcome:?}");
        assert_eq!(POLICY.decide(Idempotency::Safe, lost, outcome), KNOWN, "{outcome:?}");
    }
}

#[test]
fn a_delete_with_404_succeeds_only_after_a_lost_response() {
    for attempt in 1..5 {
        let state = RetryState { attempt, ..first() };
        assert_eq!(POLICY.decide(Idempotency::Idempotent, state, responded(404)), KNOWN);
        let state = RetryState { earlier_outcome_unknown: true, ..state };
        assert_eq!(POLICY.decide(Idempotency::Idempotent, state, responded(404)), RetryDecision::Done);
        assert_eq!(POLICY.decide(Idempotency::Safe, state, responded(404)), KNOWN);
        assert_eq!(POLICY.decide(Idempotency::NonIdempotent, state, responded(404)), UNKNOWN);
    }
}

#[test]
fn only_known_refusals_are_not_processed() {
    for status in 100..1000 {
        assert_eq!(
            responded(status).may_have_been_processed(),
            status < 200 || status == 408 || status >= 500,
            "{status}"
        );
    }
    for cause in [Cause::Timeout, Cause::Transport, Cause::Refused, Cause::Decode] {
        assert!(failed(true, cause).may_have_been_processed());
        assert!(!failed(false, cause).may_have_been_processed());
    }
}

#[test]
fn delays_double_with_jitter_in_their_upper_half() {
    for (attempt, longest) in [(1, 1), (2, 2), (3, 4)] {
        let mut last = Duration::ZERO;
        for step in -5..=15 {
            let state = RetryState { attempt, jitter: f64::from(step) / 10.0, ..first() };
            let RetryDecision::Retry { after } = POLICY.decide(Idempotency::Safe, state, responded(503)) else {
                panic!("not retried");
            };
            assert!(after >= UNIT * longest / 2 && after <= UNIT * longest, "{attempt} {step}: {after:?}");
            assert!(after >= last, "{attempt} {step}: {after:?}");
            last = after;
        }
        assert_eq!(last, UNIT * longest);
    }
    for (attempt, wait) in [(1, 3), (2, 9), (3, 27)] {
        let state = RetryState { attempt, jitter: 0.0, ..first() };
        assert_eq!(POLICY.decide(Idempotency::NonIdempotent, state, responded(429)), retry(wait));
    }
}

#[test]
fn delays_never_overflow() {
    let policy = policy(u32::MAX, Duration::from_secs(60));
    for attempt in [0, 1, 16, 17, 31, 32, 33, 64, u32::MAX - 1] {
        for left in [Duration::ZERO, UNIT, Duration::MAX] {
            for outcome in [responded(429), responded(503), failed(false, Cause::Timeout)] {
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
fn no_delay_reaches_the_deadline() {
    for (outcome, wait) in [
        (responded(429), 3),
        (responded(503), 1),
        (failed(false, Cause::Transport), 1),
        (AttemptOutcome::Responded { status: 429, retry_after: Some(UNIT * 7) }, 7),
        (AttemptOutcome::Responded { status: 503, retry_after: Some(UNIT * 7) }, 7),
    ] {
        let wait = UNIT * wait;
        let at = |left| POLICY.decide(Idempotency::Safe, RetryState { left, ..first() }, outcome);
        // The additional random delay is at most half of the time that is left after the wait. Here it is 0.
        assert_eq!(at(wait + Duration::from_nanos(1)), RetryDecision::Retry { after: wait }, "{outcome:?}");
        for left in [wait, wait / 2, Duration::ZERO] {
            assert_eq!(at(left), KNOWN, "{outcome:?}, {left:?} left");
        }
    }
    let for_ever = AttemptOutcome::Responded { status: 429, retry_after: Some(Duration::from_secs(u64::MAX)) };
    assert_eq!(POLICY.decide(Idempotency::NonIdempotent, first(), for_ever), KNOWN);
}

#[test]
fn retry_after_sets_the_minimum_delay() {
    let requested = |status| AttemptOutcome::Responded { status, retry_after: Some(UNIT * 20) };
    for idempotency in ALL {
        assert_eq!(POLICY.decide(idempotency, first(), requested(429)), retry_spread(20));
    }
    for status in [408, 502, 503, 504] {
        assert_eq!(POLICY.decide(Idempotency::Safe, first(), requested(status)), retry_spread(20), "{status}");
        assert_eq!(POLICY.decide(Idempotency::NonIdempotent, first(), requested(status)), UNKNOWN, "{status}");
    }
    // A shorter time than the backoff does not shorten the delay.
    let short = AttemptOutcome::Responded { status: 503, retry_after: Some(UNIT) };
    assert_eq!(POLICY.decide(Idempotency::Safe, RetryState { attempt: 3, ..first() }, short), retry(4));
    assert_eq!(POLICY.decide(Idempotency::Safe, first(), requested(400)), KNOWN);
}

#[test]
fn only_a_rate_limit_with_retry_after_pauses_other_calls() {
    let with_wait =
        |status, seconds| AttemptOutcome::Responded { status, retry_after: Some(Duration::from_secs(seconds)) };
    for status in 100..1000 {
        let pauses = status == 429;
        assert_eq!(with_wait(status, 7).pause(), pauses.then_some(UNIT * 7), "{status}");
        assert_eq!(responded(status).pause(), None, "{status}");
    }
    // An implausible value does not block the other calls for longer.
    assert_eq!(with_wait(429, 300).pause(), Some(UNIT * 300));
    assert_eq!(with_wait(429, 301).pause(), Some(UNIT * 300));
    assert_eq!(with_wait(429, u64::MAX).pause(), Some(UNIT * 300));
    assert_eq!(failed(true, Cause::Timeout).pause(), None);
}

#[test]
fn every_form_of_retry_after_is_read_or_ignored() {
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
        let read = retry_after(values.iter().map(|value| value.as_bytes()), None);
        assert_eq!(read, seconds.map(Duration::from_secs), "{values:?}");
    }
    assert_eq!(retry_after([&b"\xff\xfe"[..], b"9"].into_iter(), None), Some(UNIT * 9));
}

#[test]
fn a_wait_in_the_message_counts_like_the_header() {
    let read = |headers: &[&str], message| retry_after(headers.iter().map(|value| value.as_bytes()), message);
    let message = Some("Rate limit exceeded the maximum. Retry the request in [45] seconds");
    assert_eq!(read(&[], message), Some(UNIT * 45));
    assert_eq!(read(&["7"], message), Some(UNIT * 7), "the header takes precedence");
    assert_eq!(read(&["soon"], message), Some(UNIT * 45));
    for message in
        ["Retry the request in [0] seconds", "Retry the request in [x] seconds", "Retry the request in [45", ""]
    {
        assert_eq!(read(&[], Some(message)), None, "{message}");
    }
}

#[test]
fn a_wait_of_the_service_has_jitter_and_is_never_shortened() {
    for status in [408, 429, 502, 503, 504] {
        let outcome = AttemptOutcome::Responded { status, retry_after: Some(UNIT * 10) };
        let at = |jitter| match POLICY.decide(Idempotency::Safe, RetryState { jitter, ..first() }, outcome) {
            RetryDecision::Retry { after } => after,
            other => panic!("{other:?}"),
        };
        assert_eq!([at(0.0), at(0.5), at(1.0)], [UNIT * 10, UNIT * 21 / 2, UNIT * 11], "{status}");
    }
}
