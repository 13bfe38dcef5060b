//! The rate limit of the service, and the waits it requires.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use genesys_journey::ErrorKind;
use serde_json::json;

use genesys_listener::calls::*;
use genesys_listener::log_lines::on_warning;
use genesys_listener::{Listener, Scripted};

fn too_many() -> Scripted {
    rate_limited(429)
}

fn rate_limited(status: u16) -> Scripted {
    Scripted::json(status, r#"{"code":"too.many.requests","message":"slow down"}"#)
}

/// Every call, with every status of a rate limit.
fn each_rate_limit() -> impl Iterator<Item = (u16, Op)> {
    RATE_LIMITED.into_iter().flat_map(|status| ALL.map(|op| (status, op)))
}

#[test]
fn no_other_status_is_a_rate_limit() {
    for status in 400..600 {
        let listener = Listener::scripted([rate_limited(status)]);
        let once = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(1).token(TOKEN).unwrap();
        let error = Op::Create.call(&once).unwrap_err();
        assert_eq!(error.is_rate_limited(), RATE_LIMITED.contains(&status), "{error}");
    }
}

#[test]
fn every_method_waits_for_retry_after() {
    at_once(each_rate_limit(), |(status, op)| {
        let listener = Listener::scripted([rate_limited(status).with("Retry-After", 1), op.good()]);
        let (result, took) = timed(op, &config(&listener), DEADLINE);
        result.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        let requests = listener.requests();
        let between = requests[1].at - requests[0].at;
        assert!(between >= Duration::from_secs(1), "{op:?}: the second came after {between:?}");
        assert!(took < Duration::from_secs(3), "{op:?}: {took:?}");
        assert_eq!(requests.len(), 2, "{op:?}");
    });
}

#[test]
fn every_method_waits_for_the_time_in_the_message() {
    let message = "Rate limit exceeded the maximum. Retry the request in [1] seconds";
    at_once(ALL, |op| {
        let limited = Scripted::json(429, json!({"code": "too.many.requests", "message": message}));
        let listener = Listener::scripted([limited.clone(), op.good()]);
        timed(op, &config(&listener), DEADLINE).0.unwrap_or_else(|error| panic!("{op:?}: {error}"));
        let requests = listener.requests();
        assert_eq!(requests.len(), 2, "{op:?}");
        assert!(requests[1].at - requests[0].at >= Duration::from_secs(1), "{op:?}");

        let listener = Listener::scripted([limited]);
        let once = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(1).token(TOKEN).unwrap();
        let error = op.call(&once).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)), "{op:?}: {error}");
    });
}

#[test]
fn the_header_takes_precedence_over_the_message() {
    let limited = Scripted::json(429, json!({"message": "Retry the request in [3600] seconds"}));
    let listener = Listener::scripted([limited.with("Retry-After", 1), Op::Create.good()]);
    timed(Op::Create, &config(&listener), DEADLINE).0.unwrap();
}

#[test]
fn the_waits_of_several_calls_differ() {
    for fault in [too_many(), Scripted::text(503, ""), Scripted::Close] {
        let waits = Mutex::new(HashSet::new());
        at_once(0..8, |_| {
            let listener = Listener::scripted([fault.clone(), Op::Get.good()]);
            let wait = Rc::new(RefCell::new(String::new()));
            let kept = wait.clone();
            on_warning(move |line| {
                let (_, rest) = line.split_once("retrying in ").unwrap();
                *kept.borrow_mut() = rest.split_once(" after").unwrap().0.to_owned();
            });
            let config = settings(&listener.url()).initial_backoff(Duration::from_millis(50));
            Op::Get.call(&config.attempt_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap()).unwrap();
            waits.lock().unwrap().insert(wait.take());
        });
        let waits = waits.into_inner().unwrap();
        assert!(waits.len() > 1, "{fault:?}: {waits:?}");
    }
}

#[test]
fn a_503_waits_for_retry_after() {
    let listener = Listener::scripted([Scripted::text(503, "").with("Retry-After", 1), Op::Get.good()]);
    timed(Op::Get, &config(&listener), DEADLINE).0.unwrap();
    let requests = listener.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
}

#[test]
fn an_endless_rate_limit_ends_after_four_attempts() {
    at_once(each_rate_limit(), |(status, op)| {
        let expected = Expected { kinds: &[ErrorKind::Api], status: Some(status), unknown: false, requests: 4 };
        let error = fails(op, [rate_limited(status)], expected);
        assert!(error.is_rate_limited());
        assert_eq!((error.retry_after(), error.code()), (None, Some("too.many.requests")));
    });
}

#[test]
fn the_last_retry_after_is_in_the_error() {
    at_once(each_rate_limit(), |(status, op)| {
        let listener = Listener::scripted([rate_limited(status).with("Retry-After", 1)]);
        let config = settings(&listener.url()).max_attempts(2).token(TOKEN).unwrap();
        let error = timed(op, &config, DEADLINE).0.unwrap_err();
        assert!(error.is_rate_limited() && !error.outcome_unknown());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        assert_eq!(listener.count(), 2);
    });
}

#[test]
fn an_endless_rate_limit_with_a_wait_ends_after_four_attempts() {
    at_once([Op::Get, Op::Create], |op| {
        let listener = Listener::scripted([too_many().with("Retry-After", 1)]);
        let settings = settings(&listener.url()).attempt_timeout(DEADLINE).call_timeout(LONG_TIMEOUT);
        let error = op.call(&settings.token(TOKEN).unwrap()).unwrap_err();
        assert!(error.is_rate_limited() && !error.outcome_unknown(), "{op:?}: {error}");
        assert_eq!((error.attempts(), error.retry_after()), (4, Some(Duration::from_secs(1))), "{op:?}: {error}");
        let times: Vec<Instant> = listener.requests().iter().map(|request| request.at).collect();
        let waits: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(waits.len() == 3 && waits.iter().all(|wait| *wait >= Duration::from_secs(1)), "{op:?}: {waits:?}");
    });
}

#[test]
fn default_waits_are_3_9_and_27_units() {
    let unit = Duration::from_millis(20);
    let listener = Listener::scripted([too_many()]);
    let config = settings(&listener.url()).initial_backoff(unit).token(TOKEN).unwrap();
    timed(Op::Create, &config, DEADLINE).0.unwrap_err();
    let times: Vec<Instant> = listener.requests().iter().map(|request| request.at).collect();
    for (n, factor) in [3, 9, 27].into_iter().enumerate() {
        let wait = times[n + 1] - times[n];
        assert!(wait >= unit * factor && wait < unit * factor + Duration::from_millis(800), "{n}: {wait:?}");
    }
}

#[test]
fn a_wait_beyond_the_deadline_is_an_error_at_once() {
    at_once(ALL, |op| {
        for seconds in ["5", "999999", "18446744073709551615"] {
            let listener = Listener::scripted([too_many().with("Retry-After", seconds), op.good()]);
            let (result, took) = timed(op, &config(&listener), DEADLINE);
            let error = result.unwrap_err();
            assert!(error.is_rate_limited() && !error.outcome_unknown(), "{op:?}: {error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds.parse().unwrap())));
            assert_eq!((error.attempts(), listener.count()), (1, 1), "{op:?}");
            assert!(took < Duration::from_secs(1), "{op:?}: {took:?}");
        }
    });
}

#[test]
fn a_call_within_a_long_pause_fails_at_once() {
    let listener = Listener::scripted([too_many().with("Retry-After", 3600), Op::Get.good()]);
    let config = config(&listener);
    Op::Get.call(&config).unwrap_err();
    let (result, took) = timed(Op::Get, &config.clone(), DEADLINE);
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error}");
    // The response to one call pauses the others for five minutes at most.
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(290) && wait <= Duration::from_secs(300), "{error}");
    assert!(took < Duration::from_secs(1) && listener.count() == 1);
}

#[test]
fn an_invalid_retry_after_is_the_default_wait() {
    let unit = Duration::from_millis(10);
    let odd =
        ["0", "-1", "1.5", "soon", "Fri, 31 Dec 1999 23:59:59 GMT", "", "1e3", "0x10", "99999999999999999999999", "١"];
    at_once(odd, |value| {
        let listener = Listener::scripted([too_many().with("Retry-After", value), Op::Create.good()]);
        let config = settings(&listener.url()).initial_backoff(unit).token(TOKEN).unwrap();
        timed(Op::Create, &config, DEADLINE).0.unwrap_or_else(|error| panic!("{value:?}: {error}"));
        let requests = listener.requests();
        let wait = requests[1].at - requests[0].at;
        assert!(wait >= unit * 3 && wait < Duration::from_millis(900), "{value:?}: {wait:?}");
        assert_eq!(requests.len(), 2);
    });
}

#[test]
fn the_first_valid_retry_after_counts() {
    let listener = Listener::scripted([
        too_many().with("Retry-After", "soon").with("Retry-After", 0).with("Retry-After", 1).with("Retry-After", 3),
        Op::Create.good(),
    ]);
    timed(Op::Create, &config(&listener), DEADLINE).0.unwrap();
    let requests = listener.requests();
    let wait = requests[1].at - requests[0].at;
    assert!(wait >= Duration::from_secs(1) && wait < Duration::from_secs(2), "{wait:?}");
}
