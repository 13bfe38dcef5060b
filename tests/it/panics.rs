//! After a panic in code of the program (a logger, a callback, a closure, a serde implementation), the `Config` works.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use genesys_journey::analytics;
use genesys_journey::analytics::jobs::{self, JobOptions, JobState};
use genesys_journey::auth::Grant;
use genesys_journey::views::{self, Element, NewView, jobs as view_jobs};
use genesys_journey::{Config, ErrorKind, Region, raw, segments};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, Response, StandIn, builder, config};
use serde_json::{Value, json};

use genesys_listener::calls::*;
use genesys_listener::log_lines::{on_line, on_ureq_line};
use genesys_listener::{Listener, Scripted};

/// The line of the token request, in a call whose token was refused.
const RENEWAL_LINE: usize = 3;

fn client() -> Grant {
    Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)
}

fn by_code() -> Grant {
    Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE)
}

/// Runs a call whose logger panics at the nth line. Returns whether there was such a line.
fn panics_at_line(n: usize, call: impl FnOnce() + Send) -> bool {
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let lines = Cell::new(0);
            on_line(move |_, _| {
                lines.set(lines.get() + 1);
                assert!(lines.get() != n, "the disk of the logger is full");
            });
            call();
        });
        thread.join().is_err()
    })
}

/// Returns the number of lines at which the logger panicked.
fn panic_at_each_line(config: impl Fn() -> (Config, Box<dyn Fn() + Send + Sync>)) -> usize {
    for n in 1.. {
        let (config, prepare) = config();
        prepare();
        let panicked = panics_at_line(n, || drop(Op::List.send(&config)));
        in_time(Duration::from_secs(2), || Op::List.send(&config)).0.unwrap();
        if !panicked {
            return n - 1;
        }
    }
    unreachable!()
}

#[test]
fn a_logger_may_panic_at_any_line_of_a_renewal() {
    for grant in [client, by_code] {
        let service = StandIn::start();
        let lines = panic_at_each_line(|| {
            service.renew_code();
            let config = builder!(service).attempt_timeout(RELAXED_TIMEOUT).sign_in(grant()).unwrap();
            // The first token is used up.
            service.faults().expire_tokens();
            (config, Box::new(|| {}))
        });
        // The refusal, the warning, the new token, and the response.
        assert_eq!(lines, 4);
    }
}

#[test]
fn a_logger_may_panic_at_any_line_of_the_token_cache() {
    let service = StandIn::start();
    let lines = panic_at_each_line(|| {
        let settings =
            builder!(service).attempt_timeout(RELAXED_TIMEOUT).token_cache("/proc/genesys-journey/token.json");
        let config = settings.sign_in(client()).unwrap();
        service.faults().expire_tokens();
        (config, Box::new(|| {}))
    });
    // Those of a renewal, and a warning: the file cannot be written.
    assert_eq!(lines, 5);
}

#[test]
fn a_logger_may_panic_while_other_calls_wait_for_the_renewal() {
    let token = |name: &str| Scripted::json(200, json!({"access_token": name}));
    // The response to the renewal whose logger panics, and the number of token requests with the sign-in.
    for (response, requests) in [(token("token-2"), 2), (Scripted::text(503, ""), 3)] {
        let listener = Listener::responding(move |request| match (request.target.as_str(), request.number) {
            ("/oauth/token", 0) => token("token-1"),
            ("/oauth/token", 2) => Scripted::Delayed(Duration::from_millis(300), Box::new(response.clone())),
            ("/oauth/token", _) => token("token-3"),
            _ if request.header("authorization") == Some("Bearer token-1") => Scripted::json(401, "{}"),
            _ => Op::List.good(),
        });
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(client()).unwrap();
        thread::scope(|scope| {
            let renewing = scope.spawn(|| assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.call(&config)))));
            listener.wait_for_requests(3);
            for _ in 0..8 {
                scope.spawn(|| in_time(DEADLINE / 2, || Op::List.call(&config)).0.unwrap());
            }
            renewing.join().unwrap();
        });
        let seen = listener.requests().iter().filter(|request| request.target == "/oauth/token").count();
        assert_eq!(seen, requests, "one of the waiting calls renews for all");
    }
}

#[test]
fn a_panic_does_not_restore_an_earlier_error() {
    let token = |name: &str| Scripted::json(200, json!({"access_token": name}));
    let login = Listener::scripted([
        token("token-1"),
        Scripted::json(400, json!({"error": "invalid_client"})),
        Scripted::Delayed(Duration::from_millis(300), Box::new(Scripted::text(503, ""))),
        token("token-2"),
    ]);
    let api = Listener::responding(|request| match request.header("authorization") {
        Some("Bearer token-1") => Scripted::json(401, "{}"),
        _ => Op::List.good(),
    });
    let region = Region::custom(&api.url(), &login.url()).unwrap();
    let config =
        Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE).sign_in(client()).unwrap();
    Op::List.call(&config).unwrap_err();
    thread::scope(|scope| {
        scope.spawn(|| assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.call(&config)))));
        login.wait_for_requests(3);
        Op::List.call(&config).unwrap();
    });
    assert_eq!(login.count(), 4);
}

#[test]
fn a_panic_does_not_send_a_refresh_token_twice() {
    let token = Scripted::json(200, json!({"access_token": "token", "refresh_token": "refresh-1"}));
    for loss in [Scripted::Close, Scripted::Silent, Scripted::text(503, "")] {
        let login = Listener::scripted([token.clone(), loss, token.clone()]);
        let api = Listener::scripted([Scripted::json(401, "{}")]);
        let region = Region::custom(&api.url(), &login.url()).unwrap();
        let settings = Config::builder(region).attempt_timeout(TIMEOUT * 4).call_timeout(DEADLINE);
        let config = settings.sign_in(by_code()).unwrap();
        assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.call(&config))));
        for _ in 0..2 {
            let error = Op::List.call(&config).unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)), "{error}");
            assert!(error.to_string().contains("the refresh token may be used up; sign in again"), "{error}");
        }
        assert_eq!((login.count(), api.count()), (2, 3));
    }
}

#[test]
fn calls_that_wait_for_a_lost_refresh_fail_after_a_panic() {
    let token = Scripted::json(200, json!({"access_token": "token", "refresh_token": "refresh-1"}));
    let login = Listener::scripted([
        token.clone(),
        Scripted::Delayed(Duration::from_millis(300), Box::new(Scripted::text(503, ""))),
        token,
    ]);
    let api = Listener::scripted([Scripted::json(401, "{}")]);
    let region = Region::custom(&api.url(), &login.url()).unwrap();
    let config =
        Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE).sign_in(by_code()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.call(&config)))));
        login.wait_for_requests(2);
        let error = Op::List.call(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
        assert!(error.to_string().contains("the refresh token may be used up; sign in again"), "{error}");
    });
    assert_eq!(login.count(), 2);
}

#[test]
fn a_panic_does_not_skip_the_callback() {
    let service = StandIn::start();
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let kept = tokens.clone();
    let settings = builder!(service).attempt_timeout(RELAXED_TIMEOUT);
    let config =
        settings.on_refresh_token(move |token| kept.lock().unwrap().push(token.to_owned())).sign_in(by_code()).unwrap();
    service.faults().expire_tokens();
    assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.send(&config))));
    assert_eq!(*tokens.lock().unwrap(), ["stand-in-refresh-2", "stand-in-refresh-3"]);
}

#[test]
fn a_panic_does_not_skip_the_token_cache() {
    let service = StandIn::start();
    let file = std::env::temp_dir().join(format!("genesys-journey-panic-{}.json", std::process::id()));
    let config = builder!(service).attempt_timeout(RELAXED_TIMEOUT).token_cache(&file).sign_in(client()).unwrap();
    service.faults().expire_tokens();
    assert!(panics_at_line(RENEWAL_LINE, || drop(Op::List.send(&config))));
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    assert!(text.contains("stand-in-access-2"), "{text}");
}

#[test]
fn a_logger_may_panic_at_any_line_of_ureq() {
    let service = StandIn::start();
    let lines = (1..).find(|&n| {
        let config = config!(service);
        // The connection stays in the pool of ureq, which is locked while ureq logs.
        Op::List.send(&config).unwrap();
        let panicked = thread::scope(|scope| {
            let call = || {
                let lines = Cell::new(0);
                on_ureq_line(move |_, _| {
                    lines.set(lines.get() + 1);
                    assert!(lines.get() != n, "the disk of the logger is full");
                });
                drop(Op::List.send(&config));
            };
            scope.spawn(call).join().is_err()
        });
        in_time(Duration::from_secs(2), || Op::List.send(&config)).0.unwrap();
        !panicked
    });
    assert!(lines > Some(1), "{lines:?}");
}

#[test]
fn a_logger_may_panic_at_any_line_of_a_retry() {
    for fault in [Scripted::text(503, ""), Scripted::Close, Scripted::text(429, "")] {
        let mut n = 1;
        loop {
            let listener = Listener::scripted([fault.clone(), Op::List.good()]);
            let config = config(&listener);
            let panicked = panics_at_line(n, || Op::List.call(&config).unwrap());
            in_time(DEADLINE, || Op::List.call(&config)).0.unwrap();
            if !panicked {
                break;
            }
            n += 1;
        }
        assert_eq!(n - 1, 3, "the failure, the warning and the response of {fault:?}");
    }
}

/// Runs a closure of the program that panics.
fn panics<T>(call: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "no panic");
}

#[test]
fn a_callback_for_refresh_tokens_may_panic() {
    let service = StandIn::start();
    let settings = builder!(service).attempt_timeout(RELAXED_TIMEOUT);
    let config = settings.on_refresh_token(|token| assert!(!token.ends_with("-3"))).sign_in(by_code()).unwrap();
    service.faults().expire_tokens();
    panics(|| Op::List.send(&config));
    in_time(DEADLINE, || Op::List.send(&config)).0.unwrap();
    service.faults().expire_tokens();
    in_time(DEADLINE, || Op::List.send(&config)).0.unwrap();
}

#[test]
fn a_closure_may_panic() {
    let service = StandIn::start();
    let id = service.seed_segments(1).remove(0);
    let config = builder!(service).requests_per_minute(60_000).token(&service.token()).unwrap();
    panics(|| segments::edit(&config, &id, |_| panic!("no change")));
    panics(|| {
        let mut containers = analytics::stream_aggregates(&config, &query()).unwrap();
        let first = containers.next();
        panic!("after {first:?}");
    });
    segments::list(&config, &Default::default()).unwrap();
    assert_eq!(segments::get(&config, &id).unwrap().id, id);
}

struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("cannot be written")
    }
}

impl<'de> serde::Deserialize<'de> for Panics {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("cannot be read")
    }
}

#[test]
fn an_implementation_of_serde_may_panic() {
    let service = StandIn::start();
    let config = config!(service);
    panics(|| raw::post::<Value>(&config, &["echo"], &[], &Panics));
    panics(|| raw::get::<Panics>(&config, &["echo"], &[]));
    let echo: Value = raw::get(&config, &["echo", "next"], &[]).unwrap();
    assert_eq!(echo["path"][3], "next", "not the response of the earlier call");
}

#[test]
fn a_job_whose_callback_panics_is_cancelled() {
    let service = StandIn::start();
    let config = config!(service);
    let mut on_state = |_: &JobState| panic!("no terminal");
    let start = Instant::now();
    panics(|| {
        let options = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
        jobs::run(&config, &query(), options)
    });
    assert!(start.elapsed() < DEADLINE);
    let last = service.last_request();
    assert_eq!((last.method.as_str(), last.path.last().unwrap().as_str()), ("DELETE", "job-1"));
    let containers = jobs::run(&config, &query(), JobOptions::default()).unwrap();
    containers.for_each(|container| drop(container.unwrap()));
    assert_eq!(service.requests().iter().filter(|seen| seen.method == "DELETE").count(), 1);
}

/// Adds a view without a chart, and returns its id.
fn add_view(config: &Config) -> String {
    let view =
        NewView { duration: Some("P30D".into()), ..NewView::new("Bots", [Element::event("Bot start", "event")]) };
    views::create(config, &view).unwrap().id
}

#[test]
fn a_view_job_whose_callback_panics_is_cancelled() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add_view(&config);
    let mut on_state = |_: &view_jobs::JobStatus| panic!("no terminal");
    panics(|| {
        view_jobs::run(&config, &id, 1, view_jobs::JobOptions { on_state: Some(&mut on_state), ..Default::default() })
    });
    assert_eq!(service.last_request().body, Some(json!({ "status": "Cancelled" })));
    let result = view_jobs::run(&config, &id, 1, Default::default()).unwrap();
    assert_eq!(result.elements.len(), 1);
    assert_eq!(service.requests().iter().filter(|seen| seen.method == "PATCH").count(), 1);
}

#[test]
fn a_logger_may_panic_at_any_line_of_a_view_job() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add_view(&config);
    let lines = (1..).find(|&n| {
        let panicked = panics_at_line(n, || drop(view_jobs::run(&config, &id, 1, Default::default())));
        // A job whose id was received is not left running.
        let left = view_jobs::latest(&config, &id, 1).unwrap().status.unwrap();
        assert!(n == 1 || left.is_terminal(), "line {n}: {left}");
        assert_eq!(view_jobs::run(&config, &id, 1, Default::default()).unwrap().elements.len(), 1);
        !panicked
    });
    // The submission, three reads of the status, and the results.
    assert_eq!(lines, Some(6));
}

#[test]
fn code_between_two_values_of_a_chart_may_panic() {
    let service = StandIn::start();
    let config = config!(service);
    let values = vec![r#"{"value":1}"#; 100_000].join(",");
    let chart = format!(r#"{{"id":"c","metrics":[{{"id":"m","values":[{values}]}}]}}"#);
    service.respond_next([Response::text(200, chart)]);
    panics(|| {
        let mut values = view_jobs::stream_chart_results(&config, "v", 1, "j", "c").unwrap();
        let first = values.next();
        panic!("after {first:?}");
    });
    // Not the rest of the response.
    let echo: Value = raw::get(&config, &["echo", "next"], &[]).unwrap();
    assert_eq!(echo["path"][3], "next");
}
