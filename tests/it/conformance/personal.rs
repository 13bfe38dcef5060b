//! Personal data is in no error and in no log line: a response of each operation is broken at each of its values, and
//! error responses name a person.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use genesys_journey::sessions::events::{self, ListEvents};
use genesys_journey::{Config, Region};
use genesys_listener::calls::{RELAXED_TIMEOUT, TOKEN, settings};
use genesys_listener::log_lines::on_line;
use genesys_listener::{Listener, Scripted};
use genesys_stand_in::{Response, StandIn};
use serde_json::{Value, json};

use super::{Call, Family};

/// A part of each text of the responses.
const PERSON: &str = "Ann Smith";

/// Replaces every text but ids, which errors may name, and returns the paths of all values.
fn personalise(value: &mut Value, path: &str, paths: &mut Vec<String>) {
    paths.push(path.to_owned());
    match value {
        Value::String(text) if !path.ends_with("/id") => *text = format!("{PERSON} {}", text.len()),
        Value::Array(list) => {
            list.iter_mut().enumerate().for_each(|(n, entry)| personalise(entry, &format!("{path}/{n}"), paths));
        }
        Value::Object(fields) => {
            for (name, entry) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                personalise(entry, &format!("{path}/{name}"), paths);
            }
        }
        _ => {}
    }
}

/// Responses of which most cannot be decoded: a value is replaced by one of another type, or the text is cut.
fn broken(response: &Value) -> Vec<String> {
    let mut whole = response.clone();
    let mut paths = Vec::new();
    personalise(&mut whole, "", &mut paths);
    let mut texts = Vec::new();
    for path in paths {
        let mut changed = whole.clone();
        let value = changed.pointer_mut(&path).unwrap();
        *value = if value.is_string() { json!({ PERSON: -4711.5 }) } else { json!(PERSON) };
        texts.push(changed.to_string());
    }
    let text = whole.to_string();
    let cuts = [1, text.len() / 3, text.len() / 2, text.len() - 1];
    texts.extend(cuts.map(|cut| String::from_utf8_lossy(&text.as_bytes()[..cut]).into_owned()));
    texts
}

/// The lines that this thread logs from now on.
fn log_lines() -> Rc<RefCell<Vec<String>>> {
    let logged = Rc::new(RefCell::new(Vec::new()));
    let lines = logged.clone();
    on_line(move |_, line| lines.borrow_mut().push(line.to_owned()));
    logged
}

/// Makes a call for each response. Returns the number of errors.
fn errors_of(call: &Call, family: &Family, service: &StandIn) -> usize {
    let region = Region::custom(&service.url(), &service.url()).unwrap();
    let config: Config = Config::builder(region).max_attempts(1).token(&service.token()).unwrap();
    let logged = log_lines();
    let mut errors = 0;
    for text in broken(call.response()) {
        service.respond_next([Response::text(200, text.clone()).header("content-type", "application/json")]);
        if let Err(error) = (family.make)(call, &config) {
            errors += 1;
            for shown in [error.to_string(), format!("{error:?}"), error.message().to_owned()] {
                assert!(!shown.contains("Ann") && !shown.contains("4711"), "{}: {shown}\n{text}", call.operation());
            }
        }
    }
    assert!(logged.borrow().iter().all(|line| !line.contains("Ann")), "{}: {:?}", call.operation(), logged.borrow());
    errors
}

/// Returns the longest call of each operation: its response has the most values.
fn longest_calls(families: &[&str]) -> Vec<(Call, &'static Family)> {
    let mut longest: BTreeMap<String, (Call, &Family)> = BTreeMap::new();
    for (call, family) in Call::of_families() {
        let length = |call: &Call| call.response().to_string().len();
        let is_longer = longest.get(call.operation()).is_none_or(|(other, _)| length(&call) > length(other));
        if families.contains(&family.name) && is_longer {
            longest.insert(call.operation().to_owned(), (call, family));
        }
    }
    longest.into_values().collect()
}

#[test]
fn personal_data_is_in_no_error_and_in_no_log_line() {
    let calls = longest_calls(&["sessions", "external_contacts", "flows", "outcomes", "deployments"]);
    let service = StandIn::start();
    let with_response = calls.iter().filter(|(call, _)| !call.response().is_null());
    let errors: usize = with_response.map(|(call, family)| errors_of(call, family, &service)).sum();
    assert!(errors > 500, "only {errors} errors");
}

/// The calls about visitors: every operation but the settings of external events.
fn calls_about_visitors() -> Vec<(Call, &'static Family)> {
    let mut calls = longest_calls(&["sessions", "external_contacts", "deployments", "external_events"]);
    calls.retain(|(call, family)| family.name != "external_events" || call.operation().ends_with("_events"));
    calls
}

/// Bodies of errors that name a person, in the format of the service and in others.
fn error_bodies() -> Vec<Scripted> {
    let detail = json!({ "errorCode": PERSON, "fieldName": PERSON, "entityId": PERSON, "entityName": PERSON });
    let service = |code: Value| {
        json!({
            "code": code, "message": format!("{PERSON} may not be read"), "messageWithParams": "{person} may not be read",
            "messageParams": { "person": PERSON, PERSON: "person" }, "details": [detail], "contextId": PERSON,
            "entityId": PERSON, "entityName": PERSON, "errors": [{ "code": PERSON, "message": PERSON }],
        })
    };
    let html = format!("<html><title>{PERSON}</title><p>{PERSON}</p></html>");
    vec![
        Scripted::json(400, service(json!("not.allowed"))),
        Scripted::json(400, service(json!(PERSON))),
        Scripted::json(400, service(Value::Null)),
        Scripted::json(400, json!({ "Message": PERSON })),
        Scripted::json(400, json!({ "errors": [{ "message": PERSON }] })),
        Scripted::json(400, json!([PERSON])),
        Scripted::json(400, json!(PERSON)),
        Scripted::text(400, html),
        Scripted::text(400, PERSON).with("Retry-After", "0"),
        Scripted::text(400, "").with("Location", "https://portal.example.com/login?user=Ann%20Smith"),
    ]
}

fn with_status(response: &Scripted, status: u16) -> Scripted {
    let Scripted::Response { headers, body, .. } = response.clone() else { panic!("{response:?}") };
    Scripted::Response { status, headers, body }
}

#[test]
fn an_error_response_is_not_shown_for_a_call_about_a_visitor() {
    let statuses = [302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503];
    let mut warnings = 0;
    for (call, family) in calls_about_visitors() {
        let call = call.about(PERSON);
        let logged = log_lines();
        for (status, body) in statuses.iter().flat_map(|status| error_bodies().into_iter().map(move |it| (*status, it)))
        {
            let listener = Listener::scripted([with_status(&body, status)]);
            let config =
                settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(2).token(TOKEN).unwrap();
            let error = (family.make)(&call, &config).unwrap_err();
            let line = error.to_string();
            for shown in [&line, &format!("{error:?}"), error.url().unwrap()] {
                assert!(!shown.contains("Ann"), "{}: {shown}", call.operation());
            }
            assert_eq!(error.status(), Some(status), "{line}");
            assert!(line.contains(&format!(": {status}")) && !line.contains("  "), "{line}");
            if error.code() == Some("not.allowed") {
                assert!(line.contains(&format!(": {status} not.allowed")), "{line}");
                assert_eq!((error.message(), error.details().len()), ("Ann Smith may not be read", 1));
            }
            let leads = line.contains("this one leads to https://portal.example.com (");
            assert_eq!(leads, status == 302 && format!("{body:?}").contains("portal"), "{line}");
        }
        let logged = logged.borrow();
        assert!(logged.iter().all(|line| !line.contains("Ann")), "{}: {logged:?}", call.operation());
        assert!(logged.len() >= statuses.len() * error_bodies().len(), "{}", call.operation());
        warnings += logged.iter().filter(|line| line.contains("retrying in")).count();
    }
    assert!(warnings > 100, "only {warnings} retries");
}

#[test]
fn a_success_and_a_lost_response_are_logged_without_the_inputs() {
    for (call, family) in calls_about_visitors() {
        let call = call.about(PERSON);
        let logged = log_lines();
        let good = Scripted::json(call.status(), call.response());
        let listener = Listener::scripted([good, Scripted::Close]);
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).max_attempts(2).token(TOKEN).unwrap();
        _ = (family.make)(&call, &config);
        let error = (family.make)(&call, &config).unwrap_err();
        assert!(!error.to_string().contains("Ann") && !error.url().unwrap().contains("Ann"), "{error}");
        let logged = logged.borrow();
        assert!(logged.len() >= 2 && logged.iter().all(|line| !line.contains("Ann")), "{logged:?}");
        assert!(logged[0].contains("/[redacted]") && logged[0].contains(": 20"), "{logged:?}");
    }
}

#[test]
fn an_id_that_is_a_uuid_is_shown() {
    const ID: &str = "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64";
    for (call, family) in calls_about_visitors() {
        let call = call.about(ID);
        let listener = Listener::scripted([
            Scripted::json(404, json!({ "code": "not.found", "message": PERSON })).with("ININ-Correlation-Id", ID)
        ]);
        let error = (family.make)(&call, &settings(&listener.url()).token(TOKEN).unwrap()).unwrap_err();
        let line = error.to_string();
        let url = error.url().unwrap();
        assert!(url.contains(ID) && !url.contains(['?', '[']), "{line}");
        assert!(line.ends_with(&format!(": 404 not.found (correlation id {ID}, 1 attempt)")), "{line}");
    }
}

#[test]
fn a_success_that_cannot_be_decoded_is_not_shown_for_a_call_about_a_visitor() {
    let entry = json!({ "entities": [{ "id": PERSON, "customerId": 7 }] });
    for (response, words) in [
        (Scripted::json(200, entry), "entry 0: invalid type"),
        (Scripted::text(200, format!("<html>{PERSON}</html>")), "cannot be decoded"),
    ] {
        let listener = Listener::scripted([response]);
        let config = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap();
        let error = events::list(&config, "s1", &ListEvents::default()).unwrap_err();
        assert!(error.to_string().contains(words) && !error.to_string().contains("Ann"), "{error}");
        assert!(error.body().contains(PERSON), "{error}");
    }
}
