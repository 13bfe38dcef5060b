//! No secret is in any text of the crate: errors, `Debug`, and log lines of every level and library.
//!
//! The other side returns each secret that it was sent, in every spelling and in every place, with success and with
//! failure. The prefix of a secret counts as the secret.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genesys_journey::auth::{AuthorizeUrl, Grant};
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, analytics};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use genesys_listener::calls::{ALL, Op, at_once, query};
use genesys_listener::log_lines::is_free_of_secrets;
use genesys_listener::{Listener, Request, Scripted};

const CLIENT_SECRET: &str = "Kq7/+= &\"\\%41~é😀-client-secret";
const CODE: &str = "Zc3/+= code-of-the-person";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ASSERTION: &str = "PHNh/bWxwOlJlc3BvbnNl+PC9zYW1scDpSZXNwb25zZT4==";
const REFRESH_TOKEN: &str = "Rf9/+=\"refresh\\token-1";
const NEW_REFRESH_TOKEN: &str = "Rg8/+=\"refresh\\token-2";
const TOKEN: &str = "Tk5/+=%41\"access\\token~1";
const NEW_TOKEN: &str = "Tn6/+=%41\"access\\token~2";
const GATEWAY_KEY: &str = "Gw2/+= \"gateway\\key\" %41";
const PROXY_PASSWORD: &str = "Px4/+=:@proxy pass-word";

fn basic() -> String {
    STANDARD.encode(format!("the-client:{CLIENT_SECRET}"))
}

fn proxy_basic() -> String {
    STANDARD.encode(format!("user:{PROXY_PASSWORD}"))
}

/// Returns all secrets.
fn secrets() -> Vec<String> {
    let fixed = [
        CLIENT_SECRET,
        CODE,
        VERIFIER,
        ASSERTION,
        REFRESH_TOKEN,
        NEW_REFRESH_TOKEN,
        TOKEN,
        NEW_TOKEN,
        GATEWAY_KEY,
        PROXY_PASSWORD,
    ];
    fixed.into_iter().map(str::to_owned).chain([basic(), proxy_basic()]).collect()
}

/// Returns the spellings in which the other side may return a text.
fn spellings(text: &str) -> BTreeSet<String> {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let percent = |set: &'static AsciiSet| utf8_percent_encode(text, set).to_string();
    let lower = |text: &str| {
        let parts: Vec<String> = text.split('%').enumerate().map(|(n, part)| lower_digits(n, part)).collect();
        parts.join("%")
    };
    let json = json!(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let unicode = |upper: bool| {
        let mut spelled = String::new();
        for unit in text.encode_utf16() {
            match char::from_u32(unit.into()).filter(char::is_ascii_alphanumeric) {
                Some(char) => spelled.push(char),
                None if upper => write!(spelled, "\\u{unit:04X}").unwrap(),
                None => write!(spelled, "\\u{unit:04x}").unwrap(),
            }
        }
        spelled
    };
    BTreeSet::from([
        text.to_owned(),
        percent(RESERVED),
        percent(NON_ALPHANUMERIC),
        lower(&percent(RESERVED)),
        percent(RESERVED).replace("%20", "+"),
        lower(&percent(NON_ALPHANUMERIC)).replace("%20", "+"),
        json.replace('/', "\\/"),
        json,
        unicode(false),
        unicode(true),
    ])
}

/// Returns the two digits after a `%`, in lower case.
fn lower_digits(part_number: usize, part: &str) -> String {
    match part.split_at_checked(2) {
        Some((digits, rest)) if part_number > 0 => digits.to_lowercase() + rest,
        _ => part.to_owned(),
    }
}

/// Returns the texts that no output may contain: the start of each secret, in each spelling.
fn forbidden() -> Vec<String> {
    let starts = secrets().into_iter().map(|secret| secret.chars().take(8).collect::<String>());
    starts.flat_map(|start| spellings(&start)).collect()
}

/// Keeps every line, of this crate, of ureq and of rustls.
struct Log(Mutex<String>);

static LOG: Log = Log(Mutex::new(String::new()));

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        is_free_of_secrets(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        // ureq shows the `Content-Encoding` and the `Server` of a response as received. The docs say so.
        let is_header = ["run: Response {", "body: Unknown content-encoding"].map(|text| format!("DEBUG ureq::{text}"));
        if !is_header.iter().any(|start| line.starts_with(start)) {
            writeln!(self.0.lock().unwrap(), "{line}").unwrap();
        }
    }

    fn flush(&self) {}
}

/// The printed texts.
#[derive(Default)]
struct Printed(Mutex<String>);

impl Printed {
    fn line(&self, text: impl std::fmt::Display) {
        writeln!(self.0.lock().unwrap(), "{text}").unwrap();
    }

    /// Prints an error in every way that a program may choose.
    fn error(&self, error: &Error) {
        self.line(texts(error));
    }

    fn result<T>(&self, result: Result<T, Error>) {
        if let Err(error) = result {
            self.error(&error);
        }
    }
}

fn texts(error: &Error) -> String {
    assert!(std::error::Error::source(error).is_none());
    let line = error.to_string();
    assert!(format!("{error:?}") == line && format!("{error:#?}") == line, "{line}");
    let service = error.service_error();
    format!(
        "{line} {service:?} {} {} {:?} {:?} {:?} {:?} {:?}",
        error.body(),
        error.message(),
        error.details(),
        error.code(),
        error.correlation_id(),
        error.url(),
        error.field(),
    )
}

/// Returns the secrets of a request, as the other side reads them.
fn sent(request: &Request) -> Vec<String> {
    let mut sent: Vec<String> = Vec::new();
    for (_, value) in &request.headers {
        sent.extend(secrets().into_iter().filter(|secret| value.contains(secret.as_str())));
    }
    if sent.contains(&basic()) {
        sent.push(CLIENT_SECRET.to_owned());
    }
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let fields = form.split('&').filter_map(|pair| pair.split_once('='));
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    sent.extend(fields.map(|(_, value)| decoded(value)).filter(|value| secrets().contains(value)));
    assert!(!sent.is_empty(), "{request:?}");
    sent
}

/// Returns the secrets of a request in every spelling, with `between` around each.
fn echo(request: &Request, between: &str) -> String {
    let spelled: Vec<String> = sent(request).iter().flat_map(|secret| spellings(secret)).collect();
    format!("{between}{}{between}", spelled.join(between))
}

/// Returns the same text without characters that a header cannot contain.
fn header_echo(request: &Request, between: &str) -> String {
    let spelled: Vec<String> = sent(request).iter().flat_map(|secret| spellings(secret)).collect();
    let printable = |text: &&String| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    spelled.iter().filter(printable).fold(between.to_owned(), |all, text| all + text + between)
}

/// Returns an error of the service without the spellings that are JSON escapes, which would be escaped twice.
fn service_error(request: &Request, between: &str) -> serde_json::Value {
    let spelled: Vec<String> = sent(request).iter().flat_map(|secret| spellings(secret)).collect();
    let plain =
        spelled.into_iter().filter(|text| !["\\\"", "\\/", "\\\\", "\\u00"].into_iter().any(|it| text.contains(it)));
    let words = &plain.fold(between.to_owned(), |all, text| all + &text + between);
    json!({
        "error": words, "error_description": words, "description": words, "message": words, "code": words,
        "entityId": words, "messageWithParams": words, "messageParams": {"a": words, words: "a", "b": [words]},
        "contextId": words, "entityName": words,
        "details": [{"errorCode": words, "fieldName": words, "entityId": words, "entityName": words}],
        "errors": [{"message": words, "code": words}], "limit": {"key": words, "namespace": words},
        "access_token": [words],
    })
}

/// Text within a JSON string as it is, since some spellings are escapes of JSON already.
fn raw_json(words: &str) -> String {
    format!(r#"{{"unknown": "{words}"}}"#)
}

type Respond = fn(&Request) -> Scripted;

/// Responses that return the secrets of the request, in every place where a text can stand.
fn echoes() -> Vec<Respond> {
    vec![
        |request| Scripted::json(400, service_error(request, " ")),
        |request| Scripted::json(409, service_error(request, "|")),
        |request| Scripted::json(429, service_error(request, " ")).with("Retry-After", 3600),
        |request| Scripted::json(500, service_error(request, "&")),
        |request| Scripted::json(503, service_error(request, "\n")),
        |request| Scripted::json(401, service_error(request, " ")),
        |request| Scripted::json(200, service_error(request, " ")),
        |request| Scripted::json(403, json!({"Message": service_error(request, " ")["message"]})),
        |request| Scripted::json(403, json!({"errors": [service_error(request, " ")]})),
        |request| Scripted::text(403, raw_json(&echo(request, " "))),
        |request| Scripted::text(403, format!("<html><title>{}</title></html>", echo(request, " "))),
        |request| Scripted::text(403, format!("<html>{}</html>", echo(request, "<br>"))),
        |request| Scripted::text(502, echo(request, "\n")),
        |request| Scripted::text(200, format!("<html>{}</html>", echo(request, " "))),
        |request| Scripted::text(200, raw_json(&echo(request, " "))),
        |request| Scripted::text(200, format!("{{\"access_token\": {}", echo(request, " "))),
        |request| Scripted::text(200, format!("{{\"results\": [ {}", echo(request, " "))),
        |request| Scripted::text(200, format!("{{\"results\": [{{\"group\": 7}} {}", echo(request, " "))),
        |request| {
            Scripted::text(302, "").with("Location", format!("https://example.com/{}", header_echo(request, "&")))
        },
        |request| Scripted::text(403, "").with("ININ-Correlation-Id", header_echo(request, " ")),
        |request| Scripted::text(200, "").with("ININ-Correlation-Id", header_echo(request, " ")),
        |request| Scripted::text(200, "").with("Content-Encoding", header_echo(request, " ")),
        |request| Scripted::text(429, "").with("Retry-After", header_echo(request, " ")),
        |request| Scripted::RawThenClose(format!("{}\r\n\r\n", echo(request, " ")).into_bytes()),
        |request| Scripted::RawThenClose(format!("HTTP/1.1 200 {}\r\n\r\n", header_echo(request, " ")).into_bytes()),
        |request| Scripted::RawThenClose(format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", echo(request, " ")).into_bytes()),
    ]
}

fn builder(login: &Listener, api: &Listener) -> ConfigBuilder {
    Config::builder(Region::custom(&api.url(), &login.url()).unwrap())
        .initial_backoff(Duration::from_millis(1))
        .call_timeout(Duration::from_secs(20))
        .max_attempts(2)
        .header("X-Gateway-Key", GATEWAY_KEY)
}

fn grants() -> [Grant; 6] {
    let (id, uri) = ("the-client", "http://localhost:8080/callback");
    [
        Grant::client_credentials(id, CLIENT_SECRET),
        Grant::authorization_code(id, CLIENT_SECRET, uri, CODE),
        Grant::authorization_code_pkce(id, uri, CODE, VERIFIER),
        Grant::refresh_token(id, CLIENT_SECRET, REFRESH_TOKEN),
        Grant::refresh_token_pkce(id, REFRESH_TOKEN),
        Grant::saml2_bearer(id, CLIENT_SECRET, "the-organisation", ASSERTION),
    ]
}

fn token(request: &Request) -> Scripted {
    let token = json!({"access_token": NEW_TOKEN, "refresh_token": NEW_REFRESH_TOKEN, "expires_in": 3600});
    Scripted::json(200, token).with("ININ-Correlation-Id", header_echo(request, " "))
}

/// Returns a good response whose correlation id returns the secrets.
fn good(request: &Request) -> Scripted {
    genesys_listener::calls::success_for(request).with("ININ-Correlation-Id", header_echo(request, " "))
}

/// Makes all calls, and prints their results and errors.
fn make_calls(printed: &Printed, config: &Config) {
    for op in ALL {
        printed.result(op.send(config));
    }
    printed.result(
        analytics::stream_aggregates(config, &query()).and_then(|containers| containers.collect::<Result<Vec<_>, _>>()),
    );
    let mut all = segments::list_all(config, &Default::default());
    printed.result(all.next().transpose());
    printed.line(format_args!("{config:?} {config:#?} {all:?}"));
}

fn everything_succeeds(printed: &Printed) {
    at_once(grants(), |grant| {
        let (login, api) = (Listener::responding(token), Listener::responding(good));
        let settings = builder(&login, &api);
        printed.line(format_args!("{grant:?} {grant:#?} {settings:?} {settings:#?}"));
        let config = settings.sign_in(grant).unwrap();
        segments::create(&config, &NewSegment::new("VIP")).unwrap();
        make_calls(printed, &config);
    });
    let url = AuthorizeUrl::new("the-client", "http://localhost:8080/callback");
    printed.line(format_args!("{url:?}"));
}

/// Checks a token endpoint that returns the secrets of a sign-in and of a renewal.
fn a_sign_in_is_returned(printed: &Printed) {
    for grant in grants() {
        at_once(echoes(), |respond| {
            let login = Listener::responding(respond);
            let error = builder(&login, &login).sign_in(grant.clone()).unwrap_err();
            assert!(error.during_sign_in(), "{error}");
            printed.error(&error);
        });
        at_once(echoes(), |respond| {
            let login = Listener::responding(
                move |request| if request.number == 0 { token(request) } else { respond(request) },
            );
            let api = Listener::scripted([Scripted::json(401, "{}")]);
            let config = builder(&login, &api).sign_in(grant.clone()).unwrap();
            make_calls(printed, &config);
        });
    }
}

/// Checks an API that returns the token, also after a renewal.
fn a_token_is_returned(printed: &Printed) {
    let redacted = Mutex::new(0);
    at_once(echoes(), |respond| {
        let api = Listener::responding(respond);
        make_calls(printed, &builder(&api, &api).token(TOKEN).unwrap());
        let error = Op::Get.send(&builder(&api, &api).token(TOKEN).unwrap()).unwrap_err();
        *redacted.lock().unwrap() += usize::from(texts(&error).contains("[redacted]"));
    });
    // Checks that the response reached the error. ureq does not show a head that is not HTTP.
    let (redacted, all) = (redacted.into_inner().unwrap(), echoes().len());
    assert!(redacted >= all - 6, "only {redacted} of {all} errors contained a secret");
    at_once(echoes(), |respond| {
        let login = Listener::responding(token);
        let api = Listener::responding(move |request| match request.number {
            0 => Scripted::json(401, "{}"),
            _ => respond(request),
        });
        make_calls(
            printed,
            &builder(&login, &api).sign_in(Grant::client_credentials("the-client", CLIENT_SECRET)).unwrap(),
        );
    });
}

/// Checks limits (100 characters, 8 KiB, 256 KiB) that cut a secret. The unit tests of `redact` cut at each character.
fn a_limit_cuts_a_secret(printed: &Printed) {
    let limits = [(100, 8), (8 * 1024, 4), (256 * 1024, 1)];
    let cases = limits.into_iter().flat_map(|limit| [TOKEN, GATEWAY_KEY].map(|secret| (limit, secret)));
    for ((limit, cuts), secret) in cases {
        for spelled in spellings(secret) {
            // The shortest prefix that counts as the secret has at most 8 × 6 characters.
            let shortest = (spelled.len() / 2).max(8);
            let step = ((spelled.len() - shortest) / cuts).max(1);
            at_once((shortest..spelled.len()).step_by(step), |cut| {
                let body = format!("{} {spelled} end", "x".repeat(limit - cut - 1));
                let listener = Listener::responding(move |request| {
                    Scripted::text(if request.number == 0 { 403 } else { 200 }, body.clone())
                });
                let config = builder(&listener, &listener).token(TOKEN).unwrap();
                for kind in [ErrorKind::Api, ErrorKind::Decode] {
                    let error = Op::Get.send(&config).unwrap_err();
                    assert_eq!(error.kind(), kind, "{error}");
                    printed.error(&error);
                }
            });
        }
    }
}

/// Checks a proxy that returns its password in a refusal and within its tunnel.
fn a_proxy_password_is_returned(printed: &Printed) {
    let url = |listener: &Listener| {
        let password = utf8_percent_encode(PROXY_PASSWORD, NON_ALPHANUMERIC);
        format!("http://user:{password}@{}", listener.address())
    };
    let connected = |request: &Request| request.method == "CONNECT";
    at_once(echoes(), |respond| {
        let refusing = Listener::responding(respond);
        let tunnel = Listener::responding(move |request| {
            if connected(request) {
                return Scripted::Raw(b"HTTP/1.1 200 Connected\r\n\r\n".to_vec());
            }
            let mut request = request.clone();
            request.headers.push(("proxy-authorization".to_owned(), proxy_basic()));
            request.headers.push(("password".to_owned(), PROXY_PASSWORD.to_owned()));
            respond(&request)
        });
        for proxy in [&refusing, &tunnel] {
            let settings = builder(proxy, proxy).proxy(url(proxy));
            printed.line(format_args!("{settings:?} {settings:#?}"));
            make_calls(printed, &settings.clone().token(TOKEN).unwrap());
            printed.result(settings.sign_in(Grant::client_credentials("the-client", CLIENT_SECRET)));
        }
        assert!(refusing.requests().iter().chain(&tunnel.requests()).any(connected));
    });
}

/// Uses invalid values and unreachable hosts, so that nothing is sent.
fn nothing_is_sent(printed: &Printed) {
    let nowhere = Region::custom("http://127.0.0.1:1", "http://127.0.0.1:1").unwrap();
    let lost = || Config::builder(nowhere.clone()).initial_backoff(Duration::from_millis(1));
    for grant in grants() {
        printed.result(lost().sign_in(grant));
    }
    let password = utf8_percent_encode(PROXY_PASSWORD, NON_ALPHANUMERIC).to_string();
    let by_proxy = lost().proxy(format!("http://user:{password}@127.0.0.1:1"));
    printed.line(format_args!("{by_proxy:?}"));
    make_calls(printed, &by_proxy.token(TOKEN).unwrap());
    for proxy in
        [format!("http://user:{password}@"), format!("ftp://user:{password}@host"), format!("{password} @host")]
    {
        printed.result(lost().proxy(proxy).token(TOKEN));
    }
    printed.result(lost().token(&format!("{TOKEN}\n")));
    printed.result(lost().header("X-Key", format!("{GATEWAY_KEY}\n")).token(TOKEN));
    printed.result(lost().header("Authorization", GATEWAY_KEY).token(TOKEN));
    printed.result(lost().sign_in(Grant::client_credentials("the-client", format!("{CLIENT_SECRET}\n"))));
    printed.result(lost().sign_in(Grant::client_credentials("the:client", CLIENT_SECRET)));
    printed.result(lost().sign_in(Grant::refresh_token_pkce("the-client", format!("{REFRESH_TOKEN}\0"))));
    printed.result(lost().sign_in(Grant::authorization_code_pkce("the-client", "r", CODE, &VERIFIER[1..])));
    for url in [format!("https://user:{password}@host"), format!("http://{password}@host/{password}")] {
        printed.result(Region::custom(&url, "https://login.example.com"));
    }
}

/// Checks a token cache that is damaged or belongs to another client.
fn a_cache_is_damaged(printed: &Printed) {
    let path = std::env::temp_dir().join(format!("genesys-journey-secrets-{}.json", std::process::id()));
    let entry = json!({
        "owner": {"login": "x", "grant": TOKEN, "client_id": "y"}, "access_token": TOKEN, "expires_at": TOKEN,
    });
    let foreign = json!({
        "owner": {"login": "x", "grant": "y", "client_id": "z"}, "access_token": TOKEN, "expires_at": u64::MAX,
    });
    for text in [entry.to_string(), foreign.to_string(), format!("\"{TOKEN}\""), TOKEN.to_owned()] {
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let (login, api) = (Listener::responding(token), Listener::responding(good));
        let settings = builder(&login, &api).token_cache(&path);
        printed.line(format_args!("{settings:?}"));
        let config = settings.sign_in(Grant::client_credentials("the-client", CLIENT_SECRET)).unwrap();
        make_calls(printed, &config);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn no_secret_is_in_any_text() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let forbidden = forbidden();
    for (name, case) in [
        ("everything succeeds", everything_succeeds as fn(&Printed)),
        ("a sign-in is returned", a_sign_in_is_returned),
        ("a token is returned", a_token_is_returned),
        ("a limit cuts a secret", a_limit_cuts_a_secret),
        ("a proxy password is returned", a_proxy_password_is_returned),
        ("nothing is sent", nothing_is_sent),
        ("a cache is damaged", a_cache_is_damaged),
    ] {
        let printed = Printed::default();
        case(&printed);
        let log = std::mem::take(&mut *LOG.0.lock().unwrap());
        assert!(log.contains("DEBUG genesys_journey: ") && log.contains(" ureq"), "{name}: the log was not kept");
        assert!(!log.contains(" genesys_journey::"), "{name}: a line has another target");
        let text = log + &printed.0.into_inner().unwrap();
        if let Some(secret) = forbidden.iter().find(|secret| text.contains(secret.as_str())) {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            panic!("{name}: {secret:?} is in: {}", line.unwrap_or(&text));
        }
    }
}
