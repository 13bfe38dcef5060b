//! Personal data is in no error and in no log line: a response of each operation is broken at each of its values.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use genesys_journey::{Config, Region};
use genesys_listener::log_lines::on_line;
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

/// Makes a call for each response. Returns the number of errors.
fn errors_of(call: &Call, family: &Family, service: &StandIn) -> usize {
    let region = Region::custom(&service.url(), &service.url()).unwrap();
    let config: Config = Config::builder(region).max_attempts(1).token(&service.token()).unwrap();
    let logged = Rc::new(RefCell::new(Vec::new()));
    let lines = logged.clone();
    on_line(move |_, line| lines.borrow_mut().push(line.to_owned()));
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

#[test]
fn personal_data_is_in_no_error_and_in_no_log_line() {
    // The longest response of each operation has the most values.
    let mut longest: BTreeMap<String, (Call, &Family)> = BTreeMap::new();
    for (call, family) in Call::of_families() {
        let length = |call: &Call| call.response().to_string().len();
        let is_personal = ["sessions", "external_contacts", "flows", "outcomes"].contains(&family.name);
        let is_longer = longest.get(call.operation()).is_none_or(|(other, _)| length(&call) > length(other));
        if is_personal && is_longer && !call.response().is_null() {
            longest.insert(call.operation().to_owned(), (call, family));
        }
    }
    let service = StandIn::start();
    let errors: usize = longest.values().map(|(call, family)| errors_of(call, family, &service)).sum();
    assert!(errors > 500, "only {errors} errors");
}
