//! Signing in with each grant, and staying signed in.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, Result};
use genesys_stand_in::{
    ASSERTION, CLIENT_ID, CLIENT_SECRET, CODE, FIRST_REFRESH_TOKEN, ORG_NAME, REDIRECT_URI, RecordedRequest, Response,
    StandIn,
};
use serde_json::json;

use genesys_listener::calls::{DEADLINE, Op, RELAXED_TIMEOUT, at_once, in_time, settings};
use genesys_listener::log_lines::on_warning;
use genesys_listener::{Listener, Scripted};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn builder(service: &StandIn) -> ConfigBuilder {
    Config::builder(Region::custom(&service.url(), &service.url()).unwrap())
        .initial_backoff(Duration::from_millis(1))
        .attempt_timeout(Duration::from_secs(5))
        .call_timeout(Duration::from_secs(10))
}

fn client() -> Grant {
    Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)
}

fn by_code() -> Grant {
    Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE)
}

fn list(config: &Config) -> Result<()> {
    segments::list(config, &Default::default()).map(drop)
}

fn thirty_two_threads_list(config: &Config) {
    let start = std::sync::Barrier::new(32);
    at_once(0..32, |_| {
        start.wait();
        list(config).unwrap();
    });
}

/// Returns the requests to the token endpoint.
fn sign_ins(service: &StandIn) -> Vec<RecordedRequest> {
    service.requests().into_iter().filter(|seen| seen.raw_path == "/oauth/token").collect()
}

#[test]
fn each_grant_sends_its_form_and_gives_a_token_that_works() {
    let redirect = "redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback";
    let grants: [(Grant, String, bool); 6] = [
        (client(), "grant_type=client_credentials".into(), true),
        (by_code(), format!("grant_type=authorization_code&code=stand-in-code&{redirect}"), true),
        (
            Grant::authorization_code_pkce(CLIENT_ID, REDIRECT_URI, CODE, VERIFIER),
            format!(
                "grant_type=authorization_code&code=stand-in-code&{redirect}&code_verifier={VERIFIER}&client_id={CLIENT_ID}"
            ),
            false,
        ),
        (
            Grant::refresh_token(CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN),
            format!("grant_type=refresh_token&refresh_token={FIRST_REFRESH_TOKEN}"),
            true,
        ),
        (
            Grant::refresh_token_pkce(CLIENT_ID, FIRST_REFRESH_TOKEN),
            format!("grant_type=refresh_token&refresh_token={FIRST_REFRESH_TOKEN}&client_id={CLIENT_ID}"),
            false,
        ),
        (
            Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION),
            format!(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&orgName={ORG_NAME}&assertion=stand%2Bin%2Fassertion%3D%3D"
            ),
            true,
        ),
    ];
    for (grant, form, with_secret) in grants {
        let service = StandIn::start();
        let config = builder(&service).sign_in(grant).unwrap();
        list(&config).unwrap();
        let seen = &sign_ins(&service)[0];
        assert_eq!((seen.method.as_str(), seen.text.as_str()), ("POST", form.as_str()));
        assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(seen.header("accept"), Some("application/json"));
        let basic = "Basic c3RhbmQtaW4tY2xpZW50OnN0YW5kLWluL3NlY3JldCs9";
        assert_eq!(seen.header("authorization"), with_secret.then_some(basic));
        assert_eq!(service.last_request().header("authorization"), Some("Bearer stand-in-access-1"));
    }
}

#[test]
fn a_wrong_secret_is_an_error_of_the_sign_in() {
    let service = StandIn::start();
    let error = builder(&service).sign_in(Grant::client_credentials(CLIENT_ID, "wrong")).unwrap_err();
    assert_eq!((error.kind(), error.status(), error.code()), (ErrorKind::Auth, Some(400), Some("invalid_client")));
    assert_eq!(error.message(), "client not found or invalid secret");
    assert!(!error.outcome_unknown());
    assert_eq!(service.token_requests(), 1);
}

#[test]
fn a_refused_token_is_renewed_for_any_method() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(client()).unwrap();
    service.faults().expire_tokens();
    list(&config).unwrap();
    assert_eq!(service.token_requests(), 2);
    service.faults().expire_tokens();
    segments::create(&config, &NewSegment::new("VIP")).unwrap();
    assert_eq!(service.token_requests(), 3);
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_token_that_is_always_refused_is_renewed_once() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(client()).unwrap();
    service.faults().token_uses(0);
    service.faults().expire_tokens();
    service.clear_requests();
    let error = list(&config).unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(401), 2));
    assert_eq!(sign_ins(&service).len(), 1);
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn threads_with_a_refused_token_make_one_token_request() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(client()).unwrap();
    service.faults().expire_tokens();
    thirty_two_threads_list(&config);
    assert_eq!(service.token_requests(), 2, "the first, and one for all");
}

#[test]
fn a_thousand_calls_with_expiring_tokens_never_fail() {
    let service = StandIn::start();
    service.faults().token_uses(7);
    let config = builder(&service).sign_in(client()).unwrap();
    for _ in 0..1000 {
        list(&config).unwrap();
    }
    assert_eq!(service.token_requests(), 1000_usize.div_ceil(7));
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let service = StandIn::start();
    // The stand-in refuses an expired token.
    service.faults().token_lifetime(json!(1));
    let config = builder(&service).sign_in(client()).unwrap();
    let start = Instant::now();
    let mut calls = 0;
    while service.token_requests() < 3 {
        list(&config).unwrap();
        calls += 1;
        assert!(start.elapsed() < Duration::from_secs(5), "never renewed");
    }
    // The token is renewed at nine tenths of its lifetime. No call was refused, which would be a second request.
    assert!(start.elapsed() >= Duration::from_millis(1700), "{:?}", start.elapsed());
    assert_eq!(service.request_count(), calls + 3);
}

#[test]
fn threads_with_an_expired_token_make_one_token_request() {
    let service = StandIn::start();
    service.faults().token_lifetime(json!(1));
    let config = builder(&service).sign_in(client()).unwrap();
    service.faults().token_lifetime(json!(86_400));
    thread::sleep(Duration::from_secs(1));
    thirty_two_threads_list(&config);
    assert_eq!(service.token_requests(), 2);
    assert_eq!(service.requests().len(), 32 + 2, "some call was refused");
}

#[test]
fn odd_lifetimes_cause_no_loop_of_renewals() {
    let odd = [
        None,
        Some(json!(null)),
        Some(json!(0)),
        Some(json!(-1)),
        Some(json!("3600")),
        Some(json!("soon")),
        Some(json!(1e12)),
        Some(json!(1e300)),
        Some(json!(1e-9)),
        Some(json!(0.9)),
        Some(json!([])),
        Some(json!({})),
    ];
    for lifetime in odd {
        let mut token = json!({"access_token": "token"});
        if let Some(lifetime) = &lifetime {
            token["expires_in"] = lifetime.clone();
        }
        let listener = Listener::responding(move |request| match request.target.as_str() {
            "/oauth/token" => Scripted::json(200, &token),
            _ => Op::Get.good(),
        });
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(client()).unwrap();
        for _ in 0..20 {
            Op::Get.call(&config).unwrap();
        }
        assert_eq!(listener.count(), 1 + 20, "expires_in {lifetime:?}");
    }
}

/// Calls from eight threads at once, all of which fail.
fn eight_threads_fail(config: &Config) -> Vec<Error> {
    let start = std::sync::Barrier::new(8);
    thread::scope(|scope| {
        let call = || {
            start.wait();
            list(config).unwrap_err()
        };
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

#[test]
fn a_failed_renewal_fails_only_waiting_calls() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(client()).unwrap();
    service.faults().expire_tokens();
    let refusal = json!({"error": "invalid_client", "error_description": "client was deleted"});
    service.respond_next_sign_in(vec![Response::json(400, &refusal); 8]);
    for error in eight_threads_fail(&config) {
        assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("invalid_client")), "{error}");
        assert_eq!(error.message(), "client was deleted");
        assert!(error.during_sign_in() && !error.outcome_unknown(), "{error}");
    }
    // The number of remaining scripted refusals does not matter.
    while list(&config).is_err() {
        assert!(service.token_requests() < 12);
    }
}

#[test]
fn waiting_calls_do_not_retry_a_renewal_without_attempts_left() {
    for (status, attempts) in [(500, 1), (503, 4)] {
        let listener = Listener::responding(move |request| match (request.target.as_str(), request.number) {
            ("/oauth/token", 0) => Scripted::json(200, json!({"access_token": "token"})),
            // The delay lets all threads wait for it.
            ("/oauth/token", _) => {
                Scripted::Delayed(Duration::from_millis(300), Box::new(Scripted::json(status, "{}")))
            }
            _ => Scripted::json(401, "{}"),
        });
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(client()).unwrap();
        for error in eight_threads_fail(&config) {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(status)), "{error}");
            assert!(error.during_sign_in(), "{error}");
        }
        let renewals = listener.requests().iter().filter(|request| request.target == "/oauth/token").count() - 1;
        assert_eq!(renewals, attempts, "{status}");
    }
}

#[test]
fn only_client_credentials_are_sent_over_a_used_connection() {
    for (grant, is_reused) in [(client(), true), (refresh(), false)] {
        let listener =
            Listener::responding(|request| match (request.target.as_str(), request.header("authorization")) {
                ("/oauth/token", _) => {
                    let token = format!("token-{}", request.number);
                    Scripted::json(200, json!({"access_token": token, "refresh_token": "refresh-2"}))
                }
                (_, Some("Bearer token-0")) => Scripted::json(401, "{}"),
                _ => Op::Get.good(),
            });
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(grant).unwrap();
        Op::Get.call(&config).unwrap();
        let requests = listener.requests();
        // The sign-in, the refused call, the renewal, and the call.
        let [_, refused, renewal, _] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!(renewal.target, "/oauth/token");
        assert_eq!(renewal.connection == refused.connection, is_reused);
    }
}

#[test]
fn a_lifetime_as_text_is_read() {
    let listener = Listener::responding(|request| match request.target.as_str() {
        "/oauth/token" => Scripted::json(200, json!({"access_token": "token", "expires_in": " 1 "})),
        _ => Op::Get.good(),
    });
    let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(client()).unwrap();
    thread::sleep(Duration::from_secs(1));
    Op::Get.call(&config).unwrap();
    assert_eq!(listener.count(), 3, "not renewed");
}

#[test]
fn a_refused_renewal_keeps_the_unknown_outcome_of_a_delete() {
    let token = Scripted::json(200, json!({"access_token": "token"}));
    let refused = Scripted::json(400, json!({"error": "invalid_client"}));
    let script = [token, Scripted::Close, Scripted::json(401, json!({"code": "bad.credentials"})), refused];
    let listener = Listener::scripted(script);
    let config = settings(&listener.url()).sign_in(client()).unwrap();
    let error = segments::delete(&config, "7").unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("invalid_client")), "{error}");
    assert!(error.outcome_unknown() && error.during_sign_in(), "{error}");
    let text = error.to_string();
    assert!(text.contains("needed to retry DELETE /api/v2/journey/segments/7; the request may have been"), "{text}");
    let targets: Vec<String> = listener.requests().into_iter().map(|request| request.target).collect();
    let (login, segment) = ("/oauth/token", "/api/v2/journey/segments/7");
    assert_eq!(targets, [login, segment, segment, login]);
}

#[test]
fn a_call_with_more_time_renews_after_one_with_too_little() {
    let is_silent = Arc::new(AtomicBool::new(false));
    let silent = is_silent.clone();
    let listener = Listener::responding(move |request| match request.header("authorization") {
        Some("Bearer new") => Op::Get.good(),
        Some("Bearer old") => Scripted::json(401, json!({"code": "bad.credentials"})),
        _ if silent.load(Ordering::SeqCst) => Scripted::Silent,
        _ => {
            let token = if request.number == 0 { "old" } else { "new" };
            Scripted::json(200, json!({"access_token": token}))
        }
    });
    let config = settings(&listener.url()).sign_in(client()).unwrap();
    is_silent.store(true, Ordering::SeqCst);
    thread::scope(|scope| {
        scope.spawn(|| {
            let with_little_time = config.with_deadline(Instant::now() + Duration::from_millis(600));
            let error = Op::Get.call(&with_little_time).unwrap_err();
            assert_eq!((error.kind(), error.during_sign_in()), (ErrorKind::Timeout, true), "{error}");
            is_silent.store(false, Ordering::SeqCst);
        });
        // The sign-in, the call, and its renewal, which gets no response.
        listener.wait_for_requests(3);
        Op::Get.call(&config).unwrap();
    });
}

#[test]
fn a_plain_token_cannot_be_renewed() {
    let service = StandIn::start();
    let config = builder(&service).token(&service.token()).unwrap();
    list(&config).unwrap();
    service.faults().expire_tokens();
    service.clear_requests();
    let error = list(&config).unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(401), 1));
    assert!(error.to_string().contains("cannot be renewed"), "{error}");
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_sign_in_without_refresh_token_cannot_be_renewed() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION)).unwrap();
    service.faults().expire_tokens();
    let error = list(&config).unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert!(error.to_string().contains("cannot be renewed"), "{error}");
    assert_eq!(service.token_requests(), 1, "an assertion is sent once");
}

#[test]
fn refresh_tokens_rotate_and_the_callback_gets_each() {
    let service = StandIn::start();
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = received.clone();
    let config = builder(&service)
        .on_refresh_token(move |token| keep.lock().unwrap().push(token.to_owned()))
        .sign_in(by_code())
        .unwrap();
    for _ in 0..3 {
        service.faults().expire_tokens();
        list(&config).unwrap();
    }
    let received = received.lock().unwrap().clone();
    assert_eq!(received.len(), 4);
    let forms: Vec<String> = sign_ins(&service).into_iter().skip(1).map(|seen| seen.text).collect();
    for (form, token) in forms.iter().zip(&received) {
        assert_eq!(*form, format!("grant_type=refresh_token&refresh_token={token}"), "the newest is used");
    }
}

#[test]
fn a_slow_callback_gets_the_newest_refresh_token_last() {
    let service = StandIn::start();
    let (received, tokens) = mpsc::channel();
    let (let_go, may_go) = mpsc::channel();
    let may_go = Mutex::new(may_go);
    let_go.send(()).unwrap();
    let config = builder(&service)
        .on_refresh_token(move |token| {
            received.send(token.to_owned()).unwrap();
            may_go.lock().unwrap().recv_timeout(Duration::from_secs(10)).expect("let go");
        })
        .sign_in(by_code())
        .unwrap();
    assert_eq!(tokens.recv().unwrap(), "stand-in-refresh-2");
    thread::scope(|scope| {
        service.faults().expire_tokens();
        // The result does not matter: the token may be refused again first.
        scope.spawn(|| drop(list(&config)));
        assert_eq!(tokens.recv().unwrap(), "stand-in-refresh-3");
        // While the callback stores that token, another call renews again and does not wait.
        service.faults().expire_tokens();
        list(&config).unwrap();
        let_go.send(()).unwrap();
        let_go.send(()).unwrap();
    });
    assert_eq!(tokens.try_iter().collect::<Vec<_>>(), ["stand-in-refresh-4"]);
}

#[test]
fn a_callback_that_panics_gets_the_next_refresh_token() {
    let service = StandIn::start();
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = received.clone();
    let config = builder(&service)
        .on_refresh_token(move |token| {
            keep.lock().unwrap_or_else(PoisonError::into_inner).push(token.to_owned());
            assert!(!token.ends_with("-3"), "the disk is full");
        })
        .sign_in(by_code())
        .unwrap();
    service.faults().expire_tokens();
    assert!(thread::scope(|scope| scope.spawn(|| list(&config)).join()).is_err());
    service.faults().expire_tokens();
    list(&config).unwrap();
    let received = received.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(received, ["stand-in-refresh-2", "stand-in-refresh-3", "stand-in-refresh-4"]);
}

#[test]
fn a_callback_may_make_calls() {
    let service = StandIn::start();
    let made: Arc<OnceLock<Config>> = Arc::default();
    let calls = Arc::new(AtomicUsize::new(0));
    let (config_of_then, counted) = (made.clone(), calls.clone());
    let config = builder(&service)
        .on_refresh_token(move |_| {
            if let Some(config) = config_of_then.get() {
                list(config).unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
        })
        .sign_in(by_code())
        .unwrap();
    made.set(config.clone()).unwrap();
    service.faults().expire_tokens();
    list(&config).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_public_client_keeps_a_refresh_token_that_is_not_replaced() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(Grant::refresh_token_pkce(CLIENT_ID, FIRST_REFRESH_TOKEN)).unwrap();
    service.faults().expire_tokens();
    // A response without a new refresh token: the earlier one stays valid.
    service.respond_next_sign_in([Response::json(200, json!({"access_token": "of-no-use", "expires_in": 60}))]);
    assert_eq!(list(&config).unwrap_err().status(), Some(401));
    list(&config).unwrap();
    let renewals = sign_ins(&service).split_off(1);
    let form = format!("grant_type=refresh_token&refresh_token=stand-in-refresh-2&client_id={CLIENT_ID}");
    assert_eq!(renewals.iter().map(|seen| seen.text.as_str()).collect::<Vec<_>>(), [&form, &form]);
    assert!(renewals.iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn a_refused_refresh_token_is_an_error_after_one_request() {
    let service = StandIn::start();
    let config = builder(&service).sign_in(by_code()).unwrap();
    service.faults().expire_tokens();
    let refusal = json!({"error": "invalid_grant", "error_description": "refresh token is invalid"});
    service.respond_next_sign_in([Response::json(400, &refusal)]);
    service.clear_requests();
    let error = list(&config).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("invalid_grant")));
    assert_eq!(service.requests().len(), 2);
    list(&config).unwrap();
}

#[test]
fn an_unusable_token_response_is_an_auth_error() {
    let responses = [
        (Response::text(200, "<html>Sign in</html>"), "cannot be read"),
        (Response::text(200, ""), "cannot be read"),
        (Response::text(200, "null"), "cannot be read"),
        (
            Response::json(200, json!({"error": "invalid_client", "error_description": "client was deleted"})),
            "invalid_client: client was deleted",
        ),
        (Response::json(400, json!({"error": "invalid_client", "description": "gone"})), "invalid_client: gone"),
        (Response::json(200, json!({"expires_in": 3600})), "no access_token"),
        (Response::json(200, json!({"access_token": null})), "no access_token"),
        (Response::json(200, json!({"access_token": ""})), "empty"),
        (Response::json(200, json!({"access_token": "a\r\nX-Evil: b"})), "cannot be sent"),
        (Response::json(200, json!({"access_token": 7})), "cannot be read"),
    ];
    for (response, words) in responses {
        let service = StandIn::start();
        service.respond_next_sign_in([response]);
        let error = builder(&service).sign_in(client()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
        assert!(error.to_string().contains(words), "{words:?} is not in {error}");
        assert!(!error.to_string().contains("X-Evil"), "{error}");
        assert_eq!((error.body(), service.token_requests()), ("", 1));
    }
}

/// Returns a grant that is sent only once.
fn refresh() -> Grant {
    Grant::refresh_token(CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN)
}

#[test]
fn an_error_of_the_token_endpoint_keeps_its_cause() {
    let oauth = |status| Response::json(status, json!({"error": "invalid_client", "error_description": "no"}));
    let html = |status| Response::text(status, "<html><title>No way</title></html>");
    // The response, its kind, the requests with client credentials, and whether a refresh token may be spent.
    let table = [
        (oauth(400), ErrorKind::Auth, 1, false),
        (oauth(401), ErrorKind::Auth, 1, false),
        (oauth(403), ErrorKind::Auth, 1, false),
        (oauth(200), ErrorKind::Auth, 1, false),
        (oauth(404), ErrorKind::Api, 1, false),
        (oauth(500), ErrorKind::Api, 1, true),
        (html(400), ErrorKind::Api, 1, false),
        (html(401), ErrorKind::Api, 1, false),
        (html(403), ErrorKind::Api, 1, false),
        (html(404), ErrorKind::Api, 1, false),
        (html(200), ErrorKind::Auth, 1, true),
        (Response::text(200, ""), ErrorKind::Auth, 1, true),
        (html(408), ErrorKind::Api, 4, true),
        (html(500), ErrorKind::Api, 1, true),
        (html(501), ErrorKind::Api, 1, true),
        (html(502), ErrorKind::Api, 4, true),
        (html(503), ErrorKind::Api, 4, true),
        (html(504), ErrorKind::Api, 4, true),
    ];
    for (response, kind, requests, may_be_spent) in table {
        for (grant, requests, unknown) in [(client(), requests, false), (refresh(), 1, may_be_spent)] {
            let service = StandIn::start();
            service.respond_next_sign_in(vec![response.clone(); 4]);
            let error = builder(&service).sign_in(grant).unwrap_err();
            assert_eq!((error.kind(), error.status()), (kind, Some(response.status)), "{error}");
            assert!(error.during_sign_in() && error.to_string().contains(": signing in failed: "), "{error}");
            assert_eq!(error.outcome_unknown(), unknown, "{error}");
            assert_eq!((service.token_requests(), error.attempts() as usize), (requests, requests), "{error}");
        }
    }
}

#[test]
fn a_token_endpoint_may_recover() {
    for fault in [Scripted::text(503, ""), Scripted::Close, Scripted::Silent] {
        let token = Scripted::json(200, json!({"access_token": "token"}));
        let listener = Listener::scripted([fault, token]);
        settings(&listener.url()).sign_in(client()).unwrap();
        assert_eq!(listener.count(), 2);
    }
}

/// Returns the grants that may be valid only once.
fn single_use_grants() -> [Grant; 5] {
    [
        by_code(),
        Grant::authorization_code_pkce(CLIENT_ID, REDIRECT_URI, CODE, VERIFIER),
        refresh(),
        Grant::refresh_token_pkce(CLIENT_ID, FIRST_REFRESH_TOKEN),
        Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION),
    ]
}

/// Faults after which the response to a request is lost, and their kinds.
fn losses() -> [(Scripted, ErrorKind); 6] {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"access_token\":\"x\"".to_vec();
    [
        (Scripted::Close, ErrorKind::Transport),
        (Scripted::Reset, ErrorKind::Transport),
        (Scripted::RawThenClose(cut.clone()), ErrorKind::Transport),
        (Scripted::Silent, ErrorKind::Timeout),
        (Scripted::RawThenSilent(cut), ErrorKind::Timeout),
        (Scripted::text(503, ""), ErrorKind::Api),
    ]
}

#[test]
fn a_grant_for_single_use_is_sent_once() {
    at_once(losses(), |(loss, kind)| {
        for grant in single_use_grants() {
            let listener = Listener::scripted([loss.clone()]);
            let error = in_time(DEADLINE, || settings(&listener.url()).sign_in(grant)).0.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
            assert!(error.during_sign_in() && error.outcome_unknown() && !error.is_transient(), "{error}");
            assert_eq!(listener.count_of_all(), 1, "{error}");
        }
    });
}

#[test]
fn a_grant_that_was_provably_not_sent_is_sent_again() {
    let limited = json!({"error": "invalid_request", "error_description": "rate limit exceeded"});
    for grant in single_use_grants() {
        let token = Scripted::json(200, json!({"access_token": "token"}));
        let listener = Listener::scripted([Scripted::json(400, &limited), Scripted::text(429, ""), token]);
        settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).sign_in(grant).unwrap();
        assert_eq!(listener.count(), 3);
    }
}

#[test]
fn a_refresh_token_whose_response_was_lost_is_not_sent_again() {
    at_once(losses(), |(loss, kind)| {
        let token = Scripted::json(200, json!({"access_token": "token", "refresh_token": "refresh-2"}));
        let (login, api) =
            (Listener::scripted([token.clone(), loss, token]), Listener::scripted([Scripted::json(401, "{}")]));
        let region = Region::custom(&api.url(), &login.url()).unwrap();
        let settings = Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE);
        let config = settings.initial_backoff(Duration::from_millis(1)).sign_in(refresh()).unwrap();
        let error = list(&config).unwrap_err();
        assert_eq!((error.kind(), error.during_sign_in()), (kind, true), "{error}");
        assert!(error.outcome_unknown(), "{error}");
        for _ in 0..2 {
            let error = list(&config).unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(401)), "{error}");
            assert!(error.to_string().contains("cannot be renewed"), "{error}");
        }
        assert_eq!((login.count(), api.count()), (2, 3));
    });
}

#[test]
fn a_write_whose_renewal_was_lost_was_not_processed() {
    for (op, status) in [(Op::Create, 401), (Op::Update, 401), (Op::Create, 200), (Op::Update, 200)] {
        let lifetime = if status == 401 { 3600 } else { 1 };
        let token = json!({"access_token": "token", "refresh_token": "refresh-2", "expires_in": lifetime});
        let (login, api) = (
            Listener::scripted([Scripted::json(200, token), Scripted::Close]),
            Listener::scripted([Scripted::json(status, "{}")]),
        );
        let region = Region::custom(&api.url(), &login.url()).unwrap();
        let config =
            Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE).sign_in(refresh()).unwrap();
        if status == 200 {
            thread::sleep(Duration::from_millis(900));
        }
        let error = op.call(&config).unwrap_err();
        assert!(error.during_sign_in() && error.outcome_unknown(), "{error}");
        drop(config);
        // Refused before the renewal, or not sent at all.
        assert_eq!(api.count_of_all(), usize::from(status == 401), "{error}");
    }
}

#[test]
fn waiting_for_the_renewal_of_another_call_is_a_timeout() {
    let listener = Listener::responding(|request| match (request.target.as_str(), request.number) {
        ("/oauth/token", 0) => Scripted::json(200, json!({"access_token": "token"})),
        ("/oauth/token", _) => Scripted::Silent,
        _ => Scripted::json(401, "{}"),
    });
    let config = settings(&listener.url()).attempt_timeout(DEADLINE).sign_in(client()).unwrap();
    thread::scope(|scope| {
        let renewing = config.with_deadline(Instant::now() + Duration::from_secs(2));
        scope.spawn(move || list(&renewing).unwrap_err());
        // The sign-in, the call, and the renewal that gets no response.
        listener.wait_for_requests(3);
        let deadline = Duration::from_millis(200);
        let (result, took) = in_time(deadline, || list(&config.with_deadline(Instant::now() + deadline)));
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.during_sign_in()), (ErrorKind::Timeout, true), "{error}");
        assert!(!error.outcome_unknown() && error.is_transient(), "{error}");
        assert!(error.to_string().contains("another call is still renewing the token"), "{error}");
        assert!(took >= deadline, "{took:?}");
    });
    assert_eq!(listener.count(), 4, "no second renewal");
}

#[test]
fn the_longest_wait_is_an_error_for_all_calls() {
    let api = Arc::new(Listener::responding(|_| Scripted::json(401, "{}")));
    let calls = api.clone();
    let login = Listener::responding(move |request| {
        if request.number == 0 {
            return Scripted::json(200, json!({"access_token": "token"}));
        }
        // The second call has got its 401, and begins to wait for the renewal of the first.
        calls.wait_for_requests(2);
        thread::sleep(Duration::from_millis(100));
        Scripted::text(429, "").with("Retry-After", u64::MAX)
    });
    let region = Region::custom(&api.url(), &login.url()).unwrap();
    let config =
        Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE).sign_in(client()).unwrap();
    thread::scope(|scope| {
        let calls = [(); 2].map(|()| scope.spawn(|| Op::Get.call(&config).unwrap_err()));
        for error in calls.map(|call| call.join().unwrap()) {
            assert!(error.is_rate_limited() && error.during_sign_in(), "{error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(u64::MAX)));
        }
    });
    assert_eq!(login.count(), 2, "no renewal for the second call");
}

#[test]
fn a_rate_limit_at_sign_in_is_retried_and_transient() {
    let limited = json!({"error": "invalid_request", "error_description": "rate limit exceeded; retry in 1 s"});
    let limits = [Response::json(400, &limited), Response::text(429, "")];
    for limit in limits {
        let service = StandIn::start();
        service.respond_next_sign_in(vec![limit.clone(); 2]);
        builder(&service).sign_in(client()).unwrap();
        assert_eq!(service.token_requests(), 3);

        service.respond_next_sign_in(vec![limit.clone(); 9]);
        let error = builder(&service).sign_in(client()).unwrap_err();
        assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Api, Some(limit.status), 4));
        assert!(error.is_rate_limited() && error.is_transient() && error.during_sign_in(), "{error}");
        assert!(!error.outcome_unknown(), "{error}");
    }
    let service = StandIn::start();
    service.respond_next_sign_in(vec![Response::json(400, &limited); 9]);
    let start = Instant::now();
    let short = builder(&service).initial_backoff(Duration::from_secs(60)).call_timeout(Duration::from_secs(2));
    let error = short.sign_in(client()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some("invalid_request")));
    assert!(error.is_rate_limited() && error.is_transient(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1), "a wait beyond the deadline is none");
}

#[test]
fn a_long_rate_limit_at_sign_in_is_an_error() {
    let limited = json!({"error": "invalid_request", "error_description": "rate limit exceeded"});
    let message = json!({"error": "invalid_request", "error_description":
        "Rate limit exceeded the maximum. Retry the request in [3600] seconds"});
    let limits = [
        Response::json(400, &limited).header("Retry-After", "3600"),
        Response::text(429, "").header("Retry-After", "3600"),
        Response::json(400, &message),
    ];
    for limit in limits {
        let service = StandIn::start();
        service.respond_next_sign_in([limit]);
        let error = builder(&service).sign_in(client()).unwrap_err();
        assert!(error.is_rate_limited() && error.is_transient(), "{error}");
        assert_eq!((error.retry_after(), error.attempts()), (Some(Duration::from_secs(3600)), 1), "{error}");
    }
}

#[test]
fn a_rate_limit_at_sign_in_does_not_pause_api_calls() {
    let login = Listener::scripted([
        Scripted::json(200, json!({"access_token": "token"})),
        Scripted::text(429, "").with("Retry-After", 3600),
    ]);
    let api = Listener::scripted([Scripted::json(401, "{}"), Op::Get.good()]);
    let region = Region::custom(&api.url(), &login.url()).unwrap();
    let config =
        Config::builder(region).attempt_timeout(RELAXED_TIMEOUT).call_timeout(DEADLINE).sign_in(client()).unwrap();
    let error = Op::Get.call(&config).unwrap_err();
    assert!(error.is_rate_limited() && error.during_sign_in(), "{error}");
    // This call still has the first token.
    in_time(DEADLINE, || Op::Get.call(&config)).0.unwrap();
    assert_eq!((login.count(), api.count()), (2, 2));
}

#[test]
fn a_redirect_from_the_token_endpoint_is_not_followed() {
    let (service, elsewhere) = (StandIn::start(), StandIn::start());
    for status in [301, 302, 303, 307, 308] {
        service.respond_next_sign_in([
            Response::text(status, "").header("Location", &format!("{}/oauth/token", elsewhere.url()))
        ]);
        let error = builder(&service).sign_in(client()).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(status)));
        assert!(error.during_sign_in() && error.to_string().contains(&elsewhere.url()), "{error}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn incomplete_grants_are_refused_before_anything_is_sent() {
    let service = StandIn::start();
    let grants = [
        (Grant::client_credentials("", "s"), "client_id"),
        (Grant::client_credentials("i", ""), "client_secret"),
        (Grant::client_credentials("i\n", "s"), "client_id"),
        (Grant::client_credentials("a:b", "s"), "client_id"),
        (Grant::client_credentials("i", "s\0"), "client_secret"),
        (Grant::authorization_code("i", "s", "", "c"), "redirect_uri"),
        (Grant::authorization_code("i", "s", "r", ""), "code"),
        (Grant::authorization_code("i", "s", "r", "c\r\n"), "code"),
        (Grant::authorization_code("i", "s", "r\n", "c"), "redirect_uri"),
        (Grant::authorization_code_pkce("i", "r", "c", "short"), "code_verifier"),
        (Grant::authorization_code_pkce("i", "r", "c", "x".repeat(43) + "\n"), "code_verifier"),
        (Grant::authorization_code_pkce("i", "r", "c", "x".repeat(129)), "code_verifier"),
        (Grant::refresh_token("i", "s", ""), "refresh_token"),
        (Grant::saml2_bearer("i", "s", "", "a"), "org_name"),
        (Grant::saml2_bearer("i", "s", "o", ""), "assertion"),
    ];
    for (grant, field) in grants {
        let error = builder(&service).sign_in(grant).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert_eq!(error.field(), Some(field), "{error}");
        assert!(error.to_string().starts_with(field), "{field:?} is not at the start of {error}");
    }
    assert!(service.requests().is_empty());
}

#[test]
fn the_authorize_url_has_all_parameters() {
    let url = AuthorizeUrl {
        state: Some("s&t".into()),
        code_challenge: Some("abc".into()),
        ..AuthorizeUrl::new("id", "http://localhost/x?y=z")
    };
    let url = url.url(&Region::EU_CENTRAL_1).unwrap();
    assert_eq!(
        url,
        "https://login.mypurecloud.de/oauth/authorize?client_id=id&response_type=code\
         &redirect_uri=http%3A%2F%2Flocalhost%2Fx%3Fy%3Dz&state=s%26t&code_challenge=abc&code_challenge_method=S256"
    );
    assert_eq!(AuthorizeUrl::new("", "r").url(&Region::EU_WEST_1).unwrap_err().kind(), ErrorKind::Input);
    assert_eq!(AuthorizeUrl::new("i", "r\n").url(&Region::EU_WEST_1).unwrap_err().kind(), ErrorKind::Input);
}

#[test]
fn a_silent_sign_in_host_does_not_outlast_the_deadline() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let start = Instant::now();
    let builder = Config::builder(Region::custom(&url, &url).unwrap()).attempt_timeout(Duration::from_secs(9));
    let error = builder.call_timeout(Duration::from_millis(300)).sign_in(client()).unwrap_err();
    assert_eq!((error.kind(), error.during_sign_in()), (ErrorKind::Timeout, true), "{error}");
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
}

/// Returns a listener with a token of 6 s and a token endpoint that then responds as scripted.
fn short_lived(renewal: Scripted) -> Listener {
    Listener::responding(move |request| match (request.target.as_str(), request.number) {
        ("/oauth/token", 0) => Scripted::json(200, json!({"access_token": "token", "expires_in": 6})),
        ("/oauth/token", _) => renewal.clone(),
        _ if request.header("authorization") == Some("Bearer token") => Op::Get.good(),
        _ => Scripted::json(401, "{}"),
    })
}

#[test]
fn a_token_is_used_while_it_is_valid_if_its_renewal_fails() {
    let renewals = [
        (Scripted::json(503, "{}"), true),
        (Scripted::Close, true),
        (Scripted::json(400, json!({"error": "invalid_client"})), false),
    ];
    at_once(renewals, |(renewal, is_transient)| {
        let listener = short_lived(renewal);
        let builder = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(1);
        let config = builder.sign_in(client()).unwrap();
        // The renewal begins 600 ms before the token expires.
        thread::sleep(Duration::from_millis(5_420));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = lines.clone();
        on_warning(move |line| log.lock().unwrap().push(line.to_owned()));
        let result = Op::Get.call(&config);
        assert_eq!(result.is_ok(), is_transient, "{result:?}");
        let lines = || lines.lock().unwrap().clone();
        if is_transient {
            let line = lines();
            assert!(line.len() == 1 && line[0].starts_with("the token could not be renewed; the current one is used"));
            // The sign-in, the renewal and the call; the next call does not try to renew it again at once.
            assert_eq!(listener.count(), 3);
            Op::Get.call(&config).unwrap();
            assert_eq!((listener.count(), lines().len()), (4, 1), "{:?}", lines());
        }
        thread::sleep(Duration::from_millis(700));
        let error = Op::Get.call(&config).unwrap_err();
        assert!(error.during_sign_in(), "{error}");
    });
}

#[test]
fn a_refused_token_is_not_used_if_its_renewal_fails() {
    let listener = Listener::responding(|request| match (request.target.as_str(), request.number) {
        ("/oauth/token", 0) => Scripted::json(200, json!({"access_token": "token", "expires_in": 3600})),
        ("/oauth/token", _) => Scripted::json(503, "{}"),
        _ => Scripted::json(401, "{}"),
    });
    let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(1).sign_in(client()).unwrap();
    let error = Op::Get.call(&config).unwrap_err();
    assert_eq!((error.status(), error.during_sign_in(), listener.count()), (Some(503), true, 3), "{error}");
}
