//! No secret is in any text: log lines of every level and library, errors and their sources, `Debug`.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, Region};
use genesys_stand_in::{
    ASSERTION, CLIENT_ID, CLIENT_SECRET, CODE, FIRST_REFRESH_TOKEN, ORG_NAME, REDIRECT_URI, Response, StandIn,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PROXY_PASSWORD: &str = "proxy-pass-word";

/// Keeps every line, of this crate, of ureq and of rustls.
struct Log(Mutex<String>);

static LOG: Log = Log(Mutex::new(String::new()));

impl log::Log for Log {
    // At TRACE, ureq logs all bytes on the wire, as the docs say.
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let dumps_the_wire = metadata.level() == log::Level::Trace && metadata.target().starts_with("ureq");
        !dumps_the_wire
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        writeln!(self.0.lock().unwrap(), "{} {}: {}", record.level(), record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

/// An error as any program may print it, with what lies behind it.
fn print(text: &mut String, error: &Error) {
    writeln!(text, "{error} {error:?} {error:#?} {:?} {}", error.service_error(), error.body()).unwrap();
    writeln!(text, "{} {:?} {:?} {:?}", error.message(), error.details(), error.correlation_id(), error.url()).unwrap();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        writeln!(text, "{inner} {inner:?}").unwrap();
        source = inner.source();
    }
}

/// Each grant, with the secrets that it sends beside those of the client.
fn grants() -> Vec<(Grant, Vec<&'static str>)> {
    vec![
        (Grant::client_credentials(CLIENT_ID, CLIENT_SECRET), vec![]),
        (Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE), vec![CODE]),
        (Grant::refresh_token(CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN), vec![FIRST_REFRESH_TOKEN]),
        (Grant::saml2_bearer(CLIENT_ID, CLIENT_SECRET, ORG_NAME, ASSERTION), vec![ASSERTION]),
    ]
}

fn pkce() -> Grant {
    Grant::authorization_code_pkce(CLIENT_ID, REDIRECT_URI, CODE, VERIFIER)
}

fn basic() -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
}

/// All that must not be seen.
fn secrets() -> Vec<String> {
    let fixed = [
        CLIENT_SECRET,
        CODE,
        VERIFIER,
        ASSERTION,
        "stand-in-token",
        PROXY_PASSWORD,
        "stand-in-access-",
        "stand-in-refresh-",
    ];
    let in_a_form = |secret: &str| secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let plain: Vec<String> = fixed.into_iter().map(str::to_owned).chain([basic()]).collect();
    plain.iter().map(|secret| in_a_form(secret)).chain(plain.clone()).collect()
}

fn builder(service: &StandIn) -> ConfigBuilder {
    let region = Region::custom(&service.url(), &service.url()).unwrap();
    Config::builder(region).initial_backoff(Duration::from_millis(1)).attempt_timeout(Duration::from_secs(2))
}

/// Answers that give back what they were sent, in every place where a text can stand.
fn echoes(sent: &[&str]) -> Vec<Response> {
    // As they are, and as they stand in a form.
    let in_a_form = sent.iter().map(|secret| utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
    let in_a_form: Vec<String> = in_a_form.map(|text| text.replace("%2D", "-").replace("%5F", "_")).collect();
    let all = format!("{} {}", sent.join(" "), in_a_form.join(" "));
    let echo = json!({
        "error": all, "error_description": all, "description": all, "message": all, "code": all, "entityId": all,
        "messageWithParams": all, "messageParams": {"a": all, all.clone(): "a"}, "contextId": all,
        "entityName": all, "details": [{"errorCode": all, "fieldName": all, "entityId": all, "entityName": all}],
        "errors": [{"message": all}], "limit": {"key": all, "namespace": all},
    });
    vec![
        Response::json(400, &echo),
        Response::json(500, &echo),
        Response::json(503, &echo),
        Response::json(200, &echo),
        Response::text(400, format!("<html>{all}</html>")),
        Response::text(200, format!("<html>{all}</html>")),
        Response::text(200, format!("{{\"access_token\": 7, \"x\": \"{all}\"}}")),
        Response::text(302, "").header("Location", &format!("https://example.com/?{}", all.replace(' ', "&"))),
        Response::text(403, "").header("ININ-Correlation-Id", &all),
    ]
}

/// All goes well, tokens are renewed, and everything is printed.
fn all_goes_well(text: &mut String) {
    for grant in grants().into_iter().map(|(grant, _)| grant).chain([pkce()]) {
        let service = StandIn::start();
        let builder = builder(&service);
        writeln!(text, "{grant:?} {grant:#?} {builder:?}").unwrap();
        let config = builder.sign_in(grant).unwrap();
        segments::create(&config, &NewSegment::new("VIP")).unwrap();
        service.faults().expire_tokens();
        if let Err(error) = segments::list(&config, &Default::default()) {
            print(text, &error);
        }
        writeln!(text, "{config:?} {config:#?} {:?}", segments::list_all(&config, &Default::default())).unwrap();
    }
}

/// The token endpoint gives back what it was sent.
fn a_sign_in_is_given_back(text: &mut String) {
    let (secret, basic) = (CLIENT_SECRET, basic());
    let with_client = |own: Vec<&'static str>| own.into_iter().chain([secret, basic.as_str()]).collect::<Vec<_>>();
    let grants = grants().into_iter().map(|(grant, own)| (grant, with_client(own)));
    for (grant, sent) in grants.chain([(pkce(), vec![CODE, VERIFIER])]) {
        for echo in echoes(&sent) {
            let service = StandIn::start();
            service.respond_next_sign_in(vec![echo; 4]);
            match builder(&service).sign_in(grant.clone()) {
                Ok(config) => writeln!(text, "{config:?}").unwrap(),
                Err(error) => print(text, &error),
            }
        }
    }
    // A renewal sends the newest refresh token.
    for echo in echoes(&["stand-in-refresh-2", secret, &basic]) {
        let service = StandIn::start();
        let code = Grant::authorization_code(CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CODE);
        let config = builder(&service).sign_in(code).unwrap();
        service.faults().expire_tokens();
        service.respond_next_sign_in(vec![echo; 4]);
        print(text, &segments::get(&config, "7").unwrap_err());
    }
}

/// So does the API.
fn a_token_is_given_back(text: &mut String) {
    for echo in echoes(&["stand-in-token"]) {
        let service = StandIn::start();
        let config = builder(&service).token(&service.token()).unwrap();
        service.respond_next(vec![echo; 4]);
        if let Err(error) = segments::get(&config, "7") {
            print(text, &error);
        }
    }
}

/// Nobody is there; a proxy has a password; a token cannot be sent.
fn nothing_goes_out(text: &mut String) {
    let nowhere = Region::custom("http://127.0.0.1:1", "http://127.0.0.1:1").unwrap();
    let lost = Config::builder(nowhere.clone()).initial_backoff(Duration::from_millis(1));
    print(text, &lost.clone().sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap_err());
    let by_proxy = lost.proxy(format!("http://user:{PROXY_PASSWORD}@127.0.0.1:1"));
    writeln!(text, "{by_proxy:?}").unwrap();
    print(text, &segments::get(&by_proxy.token("stand-in-token").unwrap(), "7").unwrap_err());
    print(text, &Config::new(nowhere, "stand-in-token\n").unwrap_err());
}

#[test]
fn no_secret_is_in_any_text() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let mut text = String::new();
    for case in [all_goes_well, a_sign_in_is_given_back, a_token_is_given_back, nothing_goes_out] {
        case(&mut text);
    }
    text.push_str(&LOG.0.lock().unwrap());
    assert!(text.contains("DEBUG genesys_journey") && text.contains(" ureq"), "the log was not kept");
    for line in text.lines() {
        for secret in secrets() {
            assert!(!line.contains(&secret), "{secret} is in: {line}");
        }
    }
}
