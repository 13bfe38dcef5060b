//! Deployments: pings and events of websites and apps. They need no token.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::clock;
use crate::request::RecordedRequest;
use crate::response::Response;
use crate::state::State;

/// Older events are refused.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// Whether a request is for a deployment, so that it needs no token.
pub(crate) fn is_open(request: &RecordedRequest) -> bool {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    path.starts_with(&["api", "v2", "journey", "deployments"])
}

/// Responds to a request below `journey/deployments/{id}`.
pub(crate) fn respond(state: &mut State, request: &RecordedRequest, rest: &[&str]) -> Response {
    let now = state.clock.now();
    match (request.method.as_str(), rest) {
        ("GET", ["customers", _, "ping"]) => {
            // Without the URL of the page, there is no action.
            let actions: &[Value] = request.query_first("dl").map_or(&[], |_| &state.web_actions);
            let response = Response::json(200, json!({ "actions": actions, "pollIntervalMilliseconds": 60_000 }));
            if !actions.is_empty() {
                state.web_actions.clear();
            }
            response
        }
        ("POST", ["actionevent"]) => {
            let lacking = lacking(request, &["actionState", "sessionId", "actionId"]);
            lacking.unwrap_or_else(|| Response::text(202, ""))
        }
        ("POST", ["appevents"]) => {
            record(request, now, &["screenName", "app", "device"], &["screenName", "app"], "screenviewCount")
        }
        ("POST", ["webevents"]) => record(request, now, &["page"], &["page", "browser"], "pageviewCount"),
        (method, ["customers", _, "ping"] | ["actionevent" | "appevents" | "webevents"]) => {
            Response::method_not_allowed(method)
        }
        _ => Response::not_found("path", &request.raw_path),
    }
}

/// Returns the refusal of a body without one of these fields.
fn lacking(request: &RecordedRequest, fields: &[&str]) -> Option<Response> {
    let value = |field: &str| request.body.as_ref().and_then(|body| body.get(field));
    let missing = fields.iter().find(|field| value(field).is_none_or(|value| value.is_null() || value == ""))?;
    Some(Response::invalid(missing, &format!("{missing} is required")))
}

/// Returns an event as the service records it.
fn record(request: &RecordedRequest, now: SystemTime, required: &[&str], kept: &[&str], count: &str) -> Response {
    let required = [&["customerCookieId", "eventName", "createdDate"], required].concat();
    if let Some(refusal) = lacking(request, &required) {
        return refusal;
    }
    let value = |field: &str| request.body.as_ref().and_then(|body| body.get(field)).cloned();
    let created = value("createdDate").unwrap_or_default();
    match created.as_str().and_then(|text| humantime::parse_rfc3339(text).ok()) {
        None => return Response::invalid("createdDate", "createdDate is no time"),
        Some(created) if now.duration_since(created).is_ok_and(|age| age > MAX_AGE) => {
            return Response::error(422, "event.too.old", "The event is older than an hour");
        }
        Some(_) => {}
    }
    let kept = [&["eventName", "device", "searchQuery", "attributes", "traits", "externalId"], kept].concat();
    let mut event: Map<String, Value> =
        kept.into_iter().filter_map(|field| Some((field.to_owned(), value(field)?))).collect();
    event.insert("id".to_owned(), json!("event-1"));
    event.insert("customerId".to_owned(), value("customerCookieId").unwrap_or_default());
    event.insert("customerIdType".to_owned(), json!("cookie"));
    event.insert("createdDate".to_owned(), created);
    let session = json!({
        "id": "session-1", "durationInSeconds": 0, "eventCount": 1, count: 1, "createdDate": clock::text(now),
    });
    event.insert("session".to_owned(), session);
    Response::json(200, event)
}
