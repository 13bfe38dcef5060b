//! One pace for all clones and threads.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use genesys_journey::{ErrorKind, segments};

use genesys_listener::calls::*;
use genesys_listener::log_lines::on_warning;
use genesys_listener::{Listener, Scripted};

const THREADS: usize = 8;

#[test]
fn requests_of_all_threads_are_evenly_spaced_at_the_pace_that_is_set() {
    const CALLS: usize = 200;
    let interval = Duration::from_millis(10);
    let listener = Listener::answering(suiting);
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
    // None before its turn, whatever came before it.
    for (n, time) in times.iter().enumerate() {
        assert!(*time >= interval * n as u32, "number {n} came after {time:?}");
    }
    // And no turn is wasted.
    assert!(times[CALLS - 1] <= interval * CALLS as u32 + Duration::from_millis(800), "{:?}", times[CALLS - 1]);
}

#[test]
fn turns_are_taken_in_the_order_in_which_they_were_asked_for() {
    const TURNS: usize = 12;
    let listener = Listener::answering(suiting);
    let settings =
        settings(&listener.url()).attempt_timeout(Duration::from_secs(5)).call_timeout(Duration::from_secs(30));
    let config = settings.requests_per_minute(6000).token(TOKEN).unwrap();
    let start = std::sync::Barrier::new(THREADS);
    at_once(0..THREADS, |thread| {
        let config = config.clone();
        start.wait();
        for _ in 0..TURNS {
            // The answer is the one of another id, which does not matter here.
            let _ = segments::get(&config, &format!("thread-{thread}"));
        }
    });
    // Who has just had a turn waits until each of the others has had one; two may pass each other on the way.
    let mut had = [0_usize; THREADS];
    for request in listener.requests() {
        let thread: usize = request.target.rsplit('-').next().unwrap().parse().unwrap();
        had[thread] += 1;
        let slowest = had.iter().min().unwrap();
        assert!(had[thread] <= slowest + 3, "{had:?}");
    }
}

#[test]
fn a_pause_does_not_save_up_requests() {
    let listener = Listener::answering(suiting);
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
fn repeats_keep_the_pace_too() {
    let listener = Listener::scripted([Scripted::text(503, ""), Scripted::text(503, ""), Op::Get.good()]);
    let config = settings(&listener.url()).requests_per_minute(600).token(TOKEN).unwrap();
    let started = Instant::now();
    Op::Get.call(&config).unwrap();
    assert!(listener.requests()[2].at - started >= Duration::from_millis(200));
}

#[test]
fn who_would_come_after_its_deadline_is_told_at_once_and_takes_no_place() {
    let listener = Listener::answering(suiting);
    let config = settings(&listener.url()).requests_per_minute(6).token(TOKEN).unwrap();
    Op::Get.call(&config).unwrap();
    for _ in 0..5 {
        let (result, took) = timed(Op::Create, &config, DEADLINE);
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown(), error.attempts()), (ErrorKind::Timeout, false, 0));
        let wait = error.retry_after().expect("it says when its turn would be");
        assert!(wait > Duration::from_secs(9) && wait <= Duration::from_secs(10), "{wait:?}");
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
    assert_eq!(listener.count(), 1);
}

#[test]
fn when_one_thread_is_told_to_wait_its_clones_wait_too() {
    at_once(RATE_LIMITED, the_clones_wait_too);
}

fn the_clones_wait_too(status: u16) {
    let listener = Listener::answering(move |request| match request.number {
        0 => Scripted::json(status, "{}").with("Retry-After", 1),
        _ => suiting(request),
    });
    let config = config(&listener);
    std::thread::scope(|scope| {
        let told = config.clone();
        let (tell, was_told) = mpsc::channel();
        scope.spawn(move || {
            on_warning(move |_| tell.send(()).unwrap());
            Op::Get.call(&told).unwrap();
        });
        was_told.recv().unwrap();
        for n in 0..THREADS {
            let clone = config.clone();
            scope.spawn(move || ALL[n % ALL.len()].call(&clone).unwrap());
        }
    });
    let requests = listener.requests();
    assert_eq!(requests.len(), THREADS + 2);
    let told = requests[0].at;
    for request in &requests[1..] {
        let after = request.at - told;
        assert!(after >= Duration::from_secs(1), "{} {} came after {after:?}", request.method, request.target);
        assert!(after < Duration::from_secs(3), "{} {} came after {after:?}", request.method, request.target);
    }
}

#[test]
fn the_pace_goes_on_after_a_wait_without_a_burst() {
    let listener = Listener::answering(|request| match request.number {
        4 => Scripted::json(429, "{}").with("Retry-After", 1),
        _ => suiting(request),
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
    // One may have been on its way.
    let hasty = times.iter().filter(|at| **at > known && **at < end).count();
    assert!(hasty <= 1, "{hasty} did not wait");
    let later: Vec<Instant> = times.into_iter().filter(|at| *at >= end).collect();
    assert!(later.len() >= 10, "{}", later.len());
    for (n, at) in later.iter().enumerate() {
        assert!(*at >= end + interval * n as u32, "number {n} came {:?} after the wait", *at - end);
    }
}

#[test]
fn a_delete_whose_answer_was_lost_and_whose_next_turn_comes_too_late_may_have_been_carried_out() {
    let listener = Listener::scripted([Scripted::Close]);
    let settings = settings(&listener.url()).requests_per_minute(60).call_timeout(Duration::from_millis(900));
    let config = settings.token(TOKEN).unwrap();
    let error = Op::Delete.call(&config).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Timeout, 1, true), "{error}");
    assert_eq!(listener.count(), 1);
}
