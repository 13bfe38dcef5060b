//! External events: sources, schemas with versions, and the events themselves.
//!
//! Invariant: each accepted event is counted by its id, apart from the recorded requests.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::families::{EVENT_CONFIGURATIONS, EVENT_SCHEMAS};
use crate::family::{Family, Operation, Paging, split};
use crate::request::RecordedRequest;
use crate::response::Response;
use crate::state::State;
use crate::store::Surroundings;

const DRAFT_4: &str = "http://json-schema.org/draft-04/schema#";

/// The part of the organisation that is about external events.
#[derive(Default)]
pub(crate) struct ExternalEvents {
    /// The number of times that each event was accepted, by its id.
    pub accepted: BTreeMap<String, u64>,
    /// The earlier versions of schemas, by their ids.
    earlier: HashMap<String, Vec<Value>>,
}

/// Decides whether an event is refused. Returns the fields of the entry, such as `isRetryable`.
pub(crate) type RefuseHook = Box<dyn FnMut(&Value) -> Option<Value> + Send>;

pub(crate) fn configurations() -> Family {
    let family = Family::new(EVENT_CONFIGURATIONS)
        .required(["name", "description", "divisionId", "schemaId", "source"])
        .defaults(json!({ "divisionIdActive": true, "schemaActive": true }))
        .max_page_size(20);
    let complete = |fields: &mut Map<String, Value>| copy(fields, "modifiedDate", "dateLastModified");
    Family { complete, ..family }
}

pub(crate) fn schemas() -> Family {
    let operations = [Operation::List, Operation::Get, Operation::Create, Operation::Replace, Operation::Delete];
    let family = Family::new(EVENT_SCHEMAS).operations(operations).versioned().paging(Paging::Whole);
    let complete = |fields: &mut Map<String, Value>| copy(fields, "createdDate", "dateCreated");
    Family { check: check_schema, complete, ..family }
}

fn copy(fields: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = fields.get(from).cloned() {
        fields.insert(to.to_owned(), value);
    }
}

/// Responds to a request below `journey/externalevents`.
pub(crate) fn respond(state: &mut State, request: &RecordedRequest, rest: &[&str]) -> Response {
    match (request.method.as_str(), rest) {
        ("POST", ["configurations", id, "events"]) => record(state, request, id),
        (method, ["configurations", _, "events"]) => Response::method_not_allowed(method),
        ("GET", ["schemas", "limits"]) => Response::json(200, limits()),
        ("GET", ["schemas", "coretypes"]) => {
            let types: Vec<Value> = CORE_TYPES.iter().map(|name| core_type(name)).collect();
            Response::json(200, json!({ "total": types.len(), "entities": types }))
        }
        ("GET", ["schemas", "coretypes", name]) if CORE_TYPES.contains(name) => Response::json(200, core_type(name)),
        (_, ["schemas", "coretypes", name]) => Response::not_found("coretype", name),
        (method, ["schemas", "limits" | "coretypes"]) => Response::method_not_allowed(method),
        ("GET", ["schemas", id, "versions", rest @ ..]) => versions(state, id, rest),
        ("POST", ["schemas"]) => {
            let body = json!({ "enabled": true, "jsonSchema": request.body });
            let title = body.pointer("/jsonSchema/title");
            title_conflict(state, title, "").unwrap_or_else(|| stored(state, request, Some(body), rest))
        }
        ("PUT", ["schemas", id]) => replace(state, request, id, rest),
        _ => stored(state, request, request.body.clone(), rest),
    }
}

/// Passes a request with this body on to the store.
fn stored(state: &mut State, request: &RecordedRequest, body: Option<Value>, rest: &[&str]) -> Response {
    let State { store, clock, faults, random, .. } = state;
    let request = RecordedRequest { body, ..request.clone() };
    let path = [&["journey", "externalevents"], rest].concat();
    let response = store.respond(&request, &path, &mut Surroundings { clock, faults, random });
    response.unwrap_or_else(|| Response::not_found("path", &request.raw_path))
}

/// Accepts events, one by one.
fn record(state: &mut State, request: &RecordedRequest, id: &str) -> Response {
    if state.store.get(&split(EVENT_CONFIGURATIONS), id).is_none() {
        return Response::not_found("configuration", id);
    }
    let events = request.body.as_ref().and_then(|body| body.get("entities")).and_then(Value::as_array);
    let Some(events) = events.filter(|events| !events.is_empty()) else {
        return Response::invalid("entities", "A batch must have an event");
    };
    let mut unprocessed = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let refuse = || state.faults.event_hook.as_mut().and_then(|refuse| refuse(event));
        if let Some(entry) = problem(event).or_else(refuse) {
            let mut entry = if let Value::Object(entry) = entry { entry } else { Map::new() };
            entry.entry("event").or_insert(event.clone());
            entry.entry("originalRequestIndex").or_insert(json!(index));
            unprocessed.push(Value::Object(entry));
        } else if let Some(id) = event.get("id").and_then(Value::as_str) {
            *state.external_events.accepted.entry(id.to_owned()).or_default() += 1;
        }
    }
    Response::json(200, json!({ "unprocessedEntities": unprocessed }))
}

/// Returns the entry of `unprocessedEntities` for an event that lacks a field.
fn problem(event: &Value) -> Option<Value> {
    let lacks_text = |field: &str| event.get(field).and_then(Value::as_str).is_none_or(str::is_empty);
    let field = if lacks_text("id") {
        "id"
    } else if lacks_text("dateCreated") {
        "dateCreated"
    } else if !event.pointer("/identifiers/externalIds").is_some_and(Value::is_array) {
        "identifiers"
    } else if !event.get("attributes").is_some_and(Value::is_object) {
        "attributes"
    } else {
        return None;
    };
    let message = format!("The event has no valid {field}");
    Some(json!({ "isRetryable": false, "errorMessage": message, "statusCode": 400 }))
}

fn check_schema(fields: &Map<String, Value>) -> Option<Response> {
    let schema = fields.get("jsonSchema");
    let text = |field: &str| schema.and_then(|schema| schema.get(field)).and_then(Value::as_str).unwrap_or_default();
    if text("$schema") != DRAFT_4 {
        return Some(Response::invalid("$schema", "Only draft-04 is accepted"));
    }
    if text("title").is_empty() {
        return Some(Response::invalid("title", "A schema must have a title"));
    }
    let has_properties = schema.and_then(|schema| schema.get("properties")).is_some_and(Value::is_object);
    (!has_properties).then(|| Response::invalid("properties", "A schema must have properties"))
}

/// Titles are unique among enabled schemas.
fn title_conflict(state: &State, title: Option<&Value>, own_id: &str) -> Option<Response> {
    let schemas = state.store.all(&split(EVENT_SCHEMAS));
    let is_same = |schema: &&Value| {
        schema["enabled"] == true && schema["id"] != own_id && schema.pointer("/jsonSchema/title") == title
    };
    let exists = title.is_some() && schemas.iter().any(is_same);
    exists.then(|| Response::error(409, "schema.title.conflict", "An enabled schema has this title"))
}

/// Makes a new version of a schema.
fn replace(state: &mut State, request: &RecordedRequest, id: &str, rest: &[&str]) -> Response {
    let field = |field: &str| request.body.as_ref().and_then(|body| body.get(field));
    for (name, is_valid) in [("version", Value::is_i64 as fn(&Value) -> bool), ("enabled", Value::is_boolean)] {
        if !field(name).is_some_and(is_valid) {
            return Response::invalid(name, &format!("{name} is required"));
        }
    }
    let before = state.store.get(&split(EVENT_SCHEMAS), id).cloned();
    let required = |schema: Option<&Value>| schema.and_then(Value::as_array).cloned().unwrap_or_default();
    let old = required(before.as_ref().and_then(|schema| schema.pointer("/jsonSchema/required")));
    let new = required(field("jsonSchema").and_then(|schema| schema.get("required")));
    if before.is_some() && new.iter().any(|name| !old.contains(name)) {
        return Response::invalid("required", "A field cannot become required");
    }
    let title = field("jsonSchema").and_then(|schema| schema.get("title"));
    if let Some(conflict) = title_conflict(state, title, id) {
        return conflict;
    }
    let response = stored(state, request, request.body.clone(), rest);
    if let (200, Some(before)) = (response.status, before) {
        state.external_events.earlier.entry(id.to_owned()).or_default().push(before);
    }
    response
}

fn versions(state: &State, id: &str, rest: &[&str]) -> Response {
    let Some(current) = state.store.get(&split(EVENT_SCHEMAS), id) else {
        return Response::not_found("schema", id);
    };
    let earlier = state.external_events.earlier.get(id).into_iter().flatten();
    let versions: Vec<&Value> = earlier.chain([current]).collect();
    match rest {
        [] => Response::json(200, json!({ "total": versions.len(), "entities": versions })),
        [version] => {
            let number = version.parse::<i64>().ok();
            let found = versions.into_iter().find(|schema| number.is_some() && schema["version"].as_i64() == number);
            found.map_or_else(|| Response::not_found("version", version), |found| Response::json(200, found))
        }
        _ => Response::not_found("path", id),
    }
}

const CORE_TYPES: [&str; 3] = ["text", "longtext", "integer"];

fn core_type(name: &str) -> Value {
    let (json_type, fields, largest) = match name {
        "integer" => ("integer", ["minimum", "maximum"], i64::from(i32::MAX)),
        "longtext" => ("string", ["minLength", "maxLength"], 1_000),
        _ => ("string", ["minLength", "maxLength"], 100),
    };
    let range = json!({ "min": 0, "max": largest });
    let limits: Map<String, Value> = fields.iter().map(|&field| (field.to_owned(), range.clone())).collect();
    json!({
        "id": name, "name": name, "version": 1, "dateCreated": "2019-01-01T00:00:00.000Z", "current": true,
        "schema": { "title": name, "type": [json_type, "null"] },
        "validationFields": fields, "validationLimits": limits,
        "selfUri": format!("/api/v2/{EVENT_SCHEMAS}/coretypes/{name}"),
    })
}

fn limits() -> Value {
    json!({
        "id": "externalEvents", "name": "externalEvents", "minFieldNameCharacters": 1, "maxFieldNameCharacters": 140,
        "maxNumberOfSchemasPerOrg": 20, "maxNumberOfFieldsPerSchema": 50, "maxNumberOfFieldsPerOrg": 1000,
        "selfUri": format!("/api/v2/{EVENT_SCHEMAS}/limits"),
    })
}
