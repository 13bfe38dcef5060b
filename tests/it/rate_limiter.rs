//! One rate limit for all clones and threads.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use genesys_journey::auth::Grant;
use genesys_journey::{ErrorKind, segments};
use serde_json::json;

use genesys_listener::calls::*;
use genesys_listener::log_lines::on_warning;
use genesys_listener::{Listener, Scripted};

const THREADS: usize = 8;

#[test]
fn requests_of_all_threads_are_evenly_spaced() {
    const CALLS: usize = 200;
    let interval = Duration::from_millis(10);
    let listener = Listener::responding(success_for);
    let settings =
        settings(&listener.url()).attempt_timeout(Duration::from_secs(5)).call_timeout(Duration::from_secs(30));
    let config = settings.requests_per_minute(6000).token(TOKEN).unwrap();
    let started = Instant::now();
    at_once(0..THREADS, |_| {
        let config = config.clone();
        for _ in 0..CALLS / THREADS {
            Op::Get.call(&config).unwrap();
        }
    });
    let mut times: Vec<Duration> = listener.requests().iter().map(|request| request.at - started).collect();
    times.sort();
    assert_eq!(times.len(), CALLS);
    // No request comes before its slot.
    for (n, time) in times.iter().enumerate() {
        assert!(*time >= interval * n as u32, "number {n} came after {time:?}");
    }
    // No slot is wasted.
    assert!(times[CALLS - 1] <= interval * CALLS as u32 + Duration::from_millis(800), "{:?}", times[CALLS - 1]);
}

#[test]
fn slots_are_granted_in_order() {
    const SLOTS: usize = 12;
    let listener = Listener::responding(success_for);
    let settings =
        settings(&listener.url()).attempt_timeout(Duration::from_secs(5)).call_timeout(Duration::from_secs(30));
    let config = settings.requests_per_minute(6000).token(TOKEN).unwrap();
    let start = std::sync::Barrier::new(THREADS);
    at_once(0..THREADS, |thread| {
        let config = config.clone();
        start.wait();
        for _ in 0..SLOTS {
            // The response has another id, which does not matter here.
            let _ = segments::get(&config, &format!("thread-{thread}"));
        }
    });
    // A thread gets its next slot after all others; two requests may overtake each other on the way.
    let mut had = [0_usize; THREADS];
    for request in listener.requests() {
        let thread: usize = request.target.rsplit('-').next().unwrap().parse().unwrap();
        had[thread] += 1;
        let slowest = had.iter().min().unwrap();
        assert!(had[thread] <= slowest + 3, "{had:?}");
    }
}

#[test]
fn unused_slots_are_not_saved_up() {
    let listener = Listener::responding(success_for);
    let config = settings(&listener.url()).requests_per_minute(1200).token(TOKEN).unwrap();
    Op::Get.call(&config).unwrap();
    // As long as six requests would take.
    std::thread::sleep(Duration::from_millis(300));
    let started = Instant::now();
    for _ in 0..4 {
        Op::Get.call(&config).unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(149), "{:?}", started.elapsed());
}

#[test]
fn retries_take_slots_as_well() {
    let listener = Listener::scripted([Scripted::text(503, ""), Scripted::text(503, ""), Op::Get.good()]);
    let config = settings(&listener.url()).requests_per_minute(600).token(TOKEN).unwrap();
    let started = Instant::now();
    Op::Get.call(&config).unwrap();
    assert!(listener.requests()[2].at - started >= Duration::from_millis(200));
}

#[test]
fn a_slot_after_the_deadline_is_an_error_at_once() {
    let listener = Listener::responding(success_for);
    let config = settings(&listener.url()).requests_per_minute(6).token(TOKEN).unwrap();
    Op::Get.call(&config).unwrap();
    for _ in 0..5 {
        let (result, took) = timed(Op::Create, &config, DEADLINE);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown(), error.attempts()), (ErrorKind::Timeout, false, 0));
        let wait = error.retry_after().expect("the wait until the slot");
        assert!(wait > Duration::from_secs(9) && wait <= Duration::from_secs(10), "{wait:?}");
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
    assert_eq!(listener.count(), 1);
}

#[test]
fn a_rate_limit_pauses_all_clones() {
    let limits = RATE_LIMITED.map(|status| Scripted::json(status, "{}").with("Retry-After", 1));
    let message = json!({"message": "Rate limit exceeded the maximum. Retry the request in [1] seconds"});
    at_once(limits.into_iter().chain([Scripted::json(429, message)]), all_clones_pause);
}

fn all_clones_pause(limit: Scripted) {
    let listener = Listener::responding(move |request| match request.number {
        0 => limit.clone(),
        _ => success_for(request),
    });
    let config = config(&listener);
    std::thread::scope(|scope| {
        let limited = config.clone();
        let (sender, was_limited) = mpsc::channel();
        scope.spawn(move || {
            on_warning(move |_| sender.send(()).unwrap());
            Op::Get.call(&limited).unwrap();
        });
        was_limited.recv().unwrap();
        for n in 0..THREADS {
            let clone = config.clone();
            scope.spawn(move || ALL[n % ALL.len()].call(&clone).unwrap());
        }
    });
    let requests = listener.requests();
    assert_eq!(requests.len(), THREADS + 2);
    let limited = requests[0].at;
    let waits: Vec<Duration> = requests[1..].iter().map(|request| request.at - limited).collect();
    for wait in &waits {
        assert!(*wait >= Duration::from_secs(1) && *wait < Duration::from_secs(3), "{waits:?}");
    }
    // They start within a tenth of the pause, and not together.
    let spread = *waits.iter().max().unwrap() - *waits.iter().min().unwrap();
    assert!(spread >= Duration::from_millis(5), "{spread:?}");
}

#[test]
fn a_single_attempt_waits_for_the_pause_of_another_call() {
    let listener = Listener::responding(|request| match request.number {
        0 => Scripted::json(429, "{}").with("Retry-After", 1),
        _ => success_for(request),
    });
    let once = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(1).token(TOKEN).unwrap();
    let error = Op::Create.call(&once).unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(1))), "{error}");
    Op::Create.call(&once.clone()).unwrap();
    let requests = listener.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
}

#[test]
fn threads_that_wait_for_a_renewal_take_their_slots_after_it() {
    let interval = Duration::from_millis(50);
    let listener = Listener::responding(|request| match (request.target.as_str(), request.number) {
        ("/oauth/token", 0) => Scripted::json(200, json!({"access_token": "token-1"})),
        // As long as all slots of the waiting threads.
        ("/oauth/token", _) => {
            let token = Scripted::json(200, json!({"access_token": "token-2"}));
            Scripted::Delayed(Duration::from_millis(800), Box::new(token))
        }
        _ if request.header("authorization") == Some("Bearer token-1") => Scripted::json(401, "{}"),
        _ => Op::Get.good(),
    });
    let config = settings(&listener.url())
        .attempt_timeout(DEADLINE)
        .requests_per_minute(1200)
        .sign_in(Grant::client_credentials("the-client", "the-secret"))
        .unwrap();
    at_once(0..THREADS, |_| Op::Get.call(&config).unwrap());
    let mut times: Vec<Instant> = listener
        .requests()
        .iter()
        .filter(|request| request.header("authorization") == Some("Bearer token-2"))
        .map(|request| request.at)
        .collect();
    times.sort();
    assert_eq!(times.len(), THREADS);
    // The rate is that of a listener on the same machine: a request may arrive a little late, never early.
    let all = times[THREADS - 1] - times[0];
    assert!(all >= interval * (THREADS as u32 - 2), "{all:?}");
}

#[test]
fn after_a_pause_there_is_no_burst() {
    let listener = Listener::responding(|request| match request.number {
        4 => Scripted::json(429, "{}").with("Retry-After", 1),
        _ => success_for(request),
    });
    let config = settings(&listener.url()).attempt_timeout(DEADLINE).requests_per_minute(600).token(TOKEN).unwrap();
    let interval = Duration::from_millis(100);
    let known = Arc::new(Mutex::new(None));
    at_once(0..THREADS, |_| {
        let known = known.clone();
        on_warning(move |_| *known.lock().unwrap() = Some(Instant::now()));
        for _ in 0..2 {
            Op::Get.call(&config).unwrap();
        }
    });
    let known = known.lock().unwrap().unwrap();
    let requests = listener.requests();
    let end = requests.iter().find(|request| request.number == 4).unwrap().at + Duration::from_secs(1);
    let mut times: Vec<Instant> = requests.iter().map(|request| request.at).collect();
    times.sort();
    // One request may have been on its way.
    let early = times.iter().filter(|at| **at > known && **at < end).count();
    assert!(early <= 1, "{early} did not wait");
    let later: Vec<Instant> = times.into_iter().filter(|at| *at >= end).collect();
    assert!(later.len() >= 10, "{}", later.len());
    for (n, at) in later.iter().enumerate() {
        assert!(*at >= end + interval * n as u32, "number {n} came {:?} after the wait", *at - end);
    }
}

#[test]
fn a_lost_delete_without_a_slot_for_its_retry_is_unknown() {
    let listener = Listener::scripted([Scripted::Close]);
    let settings = settings(&listener.url()).requests_per_minute(60).call_timeout(Duration::from_millis(900));
    let config = settings.token(TOKEN).unwrap();
    let error = Op::Delete.call(&config).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Timeout, 1, true), "{error}");
    assert_eq!(listener.count(), 1);
}
