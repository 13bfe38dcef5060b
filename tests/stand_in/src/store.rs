//! The entities of all families: create, read, update, replace, delete, and reads that lag behind writes.
//!
//! Invariant: every request gets a response, even with a body of the wrong shape. `list` splits lists into pages.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::collection::{Collection, Past};
use crate::family::{Family, Operation};
use crate::faults::FaultState;
use crate::list;
use crate::random::{Random, mix};
use crate::request::RecordedRequest;
use crate::response::Response;

/// The parts of the organisation that the store uses.
pub(crate) struct Surroundings<'a> {
    pub clock: &'a mut Clock,
    pub faults: &'a mut FaultState,
    pub random: &'a mut Random,
}

pub(crate) struct Store {
    families: Vec<Family>,
    /// By the segments of the path below `/api/v2/`.
    collections: HashMap<Vec<String>, Collection>,
    seed: u64,
    pub unique_names: bool,
    pub conflict_status: u16,
}

/// Lists with entities, over all families.
const MAX_COLLECTIONS: usize = 10_000;

/// The fields that only the service sets.
const READ_ONLY: [&str; 5] = ["id", "version", "selfUri", "createdDate", "modifiedDate"];

impl Store {
    pub fn new(families: Vec<Family>, seed: u64) -> Store {
        Store { families, collections: HashMap::new(), seed, unique_names: false, conflict_status: 409 }
    }

    /// Adds a family, or replaces the one with the same path.
    pub fn add_family(&mut self, family: Family) {
        match self.families.iter_mut().find(|known| known.path == family.path) {
            Some(known) => *known = family,
            None => self.families.push(family),
        }
    }

    /// Returns the index of the family with the most literal segments among those that match.
    fn family_of(&self, path: &[impl AsRef<str>]) -> Option<usize> {
        let matches = self.families.iter().enumerate();
        let matches = matches.filter_map(|(index, family)| Some((family.matches(path)?, index)));
        matches.max_by_key(|(literals, index)| (*literals, std::cmp::Reverse(*index))).map(|(_, index)| index)
    }

    /// Returns whether this is the path of a list.
    pub fn has_collection(&self, path: &[String]) -> bool {
        self.families.iter().any(|family| family.path.len() == path.len() && family.matches(path).is_some())
    }

    pub fn get(&self, path: &[String], id: &str) -> Option<&Value> {
        self.collections.get(path)?.get(id)
    }

    pub fn all(&self, path: &[String]) -> Vec<&Value> {
        self.collections.get(path).into_iter().flat_map(Collection::all).collect()
    }

    pub fn remove(&mut self, path: &[String], id: &str) -> bool {
        self.collections.get_mut(path).is_some_and(|collection| collection.remove(id, None))
    }

    /// Adds an entity as the service completes it, and returns its id. Requests go through `create`.
    pub fn insert(&mut self, path: &[String], fields: Map<String, Value>, clock: &mut Clock) -> String {
        let Some(index) = self.family_of(path) else { return String::new() };
        let kind = mix(self.seed) ^ index as u64;
        let Some(family) = self.families.get(index) else { return String::new() };
        let collection = self.collections.entry(path.to_vec()).or_default();
        let given = fields.get("id").and_then(Value::as_str).map(str::to_owned);
        let id = given.unwrap_or_else(|| collection.new_id(self.seed, kind));
        let now = json!(clock.stamp());
        let mut entity = Map::from_iter([
            ("id".to_owned(), json!(id)),
            ("selfUri".to_owned(), json!(self_uri(path, &id))),
            ("createdDate".to_owned(), now.clone()),
            ("modifiedDate".to_owned(), now),
        ]);
        if family.versioned {
            entity.insert("version".to_owned(), json!(1));
        }
        entity.extend(family.defaults.clone());
        merge(&mut entity, fields, &[]);
        (family.complete)(&mut entity);
        collection.put(&id, Value::Object(entity));
        id
    }

    /// Returns the response to a request, or `None` if no family has this path.
    pub fn respond(
        &mut self,
        request: &RecordedRequest,
        path: &[&str],
        around: &mut Surroundings<'_>,
    ) -> Option<Response> {
        let index = self.family_of(path)?;
        let family = self.families.get(index)?;
        let (key, id) = match path.split_last() {
            Some((id, above)) if path.len() > family.path.len() => (above, Some(*id)),
            _ => (path, None),
        };
        let operation = match (request.method.as_str(), id) {
            ("GET", None) => Operation::List,
            ("GET", Some(_)) => Operation::Get,
            ("POST", None) => Operation::Create,
            ("PATCH", Some(_)) => Operation::Update,
            ("PUT", Some(_)) => Operation::Replace,
            ("DELETE", Some(_)) => Operation::Delete,
            (method, _) => return Some(Response::method_not_allowed(method)),
        };
        if !family.operations.contains(&operation) {
            return Some(Response::method_not_allowed(&request.method));
        }
        let key: Vec<String> = key.iter().map(|&segment| segment.to_owned()).collect();
        let id = id.unwrap_or_default();
        Some(match operation {
            Operation::List => self.list(index, &key, request, around),
            Operation::Get => self.read(index, &key, id, around.clock.now()),
            Operation::Create => self.create(index, &key, request, around),
            Operation::Update | Operation::Replace => self.write(index, &key, id, request, operation, around),
            Operation::Delete if family.keeps_deleted && request.query_first("hardDelete") != Some("true") => {
                let marked = RecordedRequest { body: Some(json!({ "state": "Deleted" })), ..request.clone() };
                let written = self.write(index, &key, id, &marked, Operation::Update, around);
                if written.status == 200 { Response::no_content() } else { written }
            }
            Operation::Delete => self.delete(index, &key, id, around),
        })
    }

    fn entity_name(&self, index: usize) -> &str {
        self.families.get(index).map_or("entity", |family| &family.entity)
    }

    fn read(&mut self, index: usize, key: &[String], id: &str, now: SystemTime) -> Response {
        match self.collections.get_mut(key).and_then(|collection| collection.visible(id, now)) {
            Some(entity) => Response::json(200, entity),
            None => Response::not_found(self.entity_name(index), id),
        }
    }

    fn list(
        &mut self,
        index: usize,
        key: &[String],
        request: &RecordedRequest,
        around: &mut Surroundings<'_>,
    ) -> Response {
        let Some(family) = self.families.get(index) else { return Response::no_content() };
        let now = around.clock.now();
        let mut entities = self.collections.get_mut(key).map(|list| list.visible_all(now)).unwrap_or_default();
        if around.faults.unstable_order {
            around.random.shuffle(&mut entities);
        }
        let mut page = match list::page(family, request, entities) {
            Ok(page) => Value::Object(page),
            Err(refusal) => return refusal,
        };
        if around.faults.deletions > 0 {
            let first = page.get("entities").and_then(|entities| entities.get(0));
            let id = first.and_then(|entity| entity.get("id")).and_then(Value::as_str);
            if id.is_some_and(|id| self.remove(key, id)) {
                around.faults.deletions -= 1;
            }
        }
        if let Some(change) = &around.faults.list_hook {
            change(&mut page);
        }
        Response::json(200, page)
    }

    fn create(
        &mut self,
        index: usize,
        key: &[String],
        request: &RecordedRequest,
        around: &mut Surroundings<'_>,
    ) -> Response {
        let Some(Value::Object(fields)) = &request.body else { return no_object() };
        let Some(family) = self.families.get(index) else { return no_object() };
        if let Some(refusal) = refusal(family, fields, true) {
            return refusal;
        }
        let collection = self.collections.get(key);
        let is_full = collection.map_or(self.collections.len() >= MAX_COLLECTIONS, |list| list.len() >= family.limit);
        if is_full {
            return limit_exceeded(family, key);
        }
        let name = fields.get("displayName").or_else(|| fields.get("name"));
        if self.unique_names && collection.is_some_and(|list| list.has_name(name)) {
            let code = format!("{}.name.conflict", family.entity);
            return Response::error(409, &code, &format!("A {} of this name exists", family.entity));
        }
        let given = given_fields(fields, around.faults);
        let id = self.insert(key, given, around.clock);
        self.remember(key, &id, None, around);
        self.current(index, key, &id)
    }

    fn write(
        &mut self,
        index: usize,
        key: &[String],
        id: &str,
        request: &RecordedRequest,
        operation: Operation,
        around: &mut Surroundings<'_>,
    ) -> Response {
        let Some(Value::Object(fields)) = &request.body else { return no_object() };
        let Some(family) = self.families.get(index) else { return no_object() };
        let before = self.collections.get(key).and_then(|collection| collection.get(id));
        let Some(Value::Object(before)) = before.cloned() else {
            return Response::not_found(&family.entity, id);
        };
        if let Some(refusal) = refusal(family, fields, operation == Operation::Replace) {
            return refusal;
        }
        let version = before.get("version").and_then(Value::as_i64).unwrap_or_default();
        let sent = fields.get("version").and_then(Value::as_i64);
        if let Some(sent) = sent.filter(|sent| family.versioned && *sent != version) {
            let message = format!("Version {sent} does not match the current version {version}");
            return Response::error(self.conflict_status, "version.mismatch", &message);
        }
        let given = given_fields(fields, around.faults);
        let mut after = before.clone();
        if operation == Operation::Replace {
            after.retain(|field, _| READ_ONLY.contains(&field.as_str()));
            after.extend(family.defaults.clone());
        }
        merge(&mut after, given, &family.merged);
        if family.versioned {
            after.insert("version".to_owned(), json!(version.saturating_add(1)));
        }
        after.insert("modifiedDate".to_owned(), json!(around.clock.stamp()));
        (family.complete)(&mut after);
        self.remember(key, id, Some(Value::Object(before)), around);
        if let Some(collection) = self.collections.get_mut(key) {
            collection.put(id, Value::Object(after));
        }
        self.current(index, key, id)
    }

    fn delete(&mut self, index: usize, key: &[String], id: &str, around: &mut Surroundings<'_>) -> Response {
        let past = |value| past(value, around);
        let Some(collection) = self.collections.get_mut(key) else {
            return Response::not_found(self.entity_name(index), id);
        };
        let before = collection.get(id).cloned();
        if collection.remove(id, past(before)) {
            return Response::no_content();
        }
        Response::not_found(self.entity_name(index), id)
    }

    fn current(&self, index: usize, key: &[String], id: &str) -> Response {
        match self.get(key, id) {
            Some(entity) => Response::json(200, entity),
            None => Response::not_found(self.entity_name(index), id),
        }
    }

    /// Lets reads show the state before a write, if they are to lag.
    fn remember(&mut self, key: &[String], id: &str, before: Option<Value>, around: &Surroundings<'_>) {
        if let (Some(collection), Some(past)) = (self.collections.get_mut(key), past(before, around)) {
            collection.show_past(id, past);
        }
    }
}

/// Returns the fields of a request that the service stores.
fn given_fields(fields: &Map<String, Value>, faults: &FaultState) -> Map<String, Value> {
    let given = fields.iter().filter(|(field, _)| !READ_ONLY.contains(&field.as_str()));
    let rewrite = |field: &String, value: &Value| match (field.as_str(), value, &faults.name_hook) {
        ("displayName" | "name", Value::String(name), Some(rewrite)) => Value::String(rewrite(name)),
        _ => value.clone(),
    };
    given.map(|(field, value)| (field.clone(), rewrite(field, value))).collect()
}

fn past(value: Option<Value>, around: &Surroundings<'_>) -> Option<Past> {
    let FaultState { lag_reads, lag_time, .. } = *around.faults;
    if lag_reads == 0 && lag_time == Duration::ZERO {
        return None;
    }
    let now = around.clock.now();
    Some(Past { value, reads_left: lag_reads, until: now.checked_add(lag_time).unwrap_or(now) })
}

/// Takes over the fields that are set, and removes those that are `null`.
fn merge(into: &mut Map<String, Value>, fields: Map<String, Value>, merged: &[String]) {
    for (field, value) in fields {
        match (into.get_mut(&field), value) {
            (_, Value::Null) => drop(into.remove(&field)),
            (Some(Value::Object(old)), Value::Object(new)) if merged.contains(&field) => merge(old, new, &[]),
            (_, value) => drop(into.insert(field, value)),
        }
    }
}

/// Returns the refusal of a create or an update.
fn refusal(family: &Family, fields: &Map<String, Value>, is_whole: bool) -> Option<Response> {
    for field in &family.required {
        let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
        if fields.get(field).map_or(is_whole, is_empty) {
            let message = format!("A {} must have a value for {field}", family.entity);
            return Some(Response::invalid(field, &message));
        }
    }
    (family.check)(fields)
}

fn no_object() -> Response {
    Response::bad_request("The request body is no JSON object")
}

fn limit_exceeded(family: &Family, key: &[String]) -> Response {
    let name = key.last().map_or("entities", String::as_str);
    let body = json!({
        "message": format!("Too many {name}"), "code": "limit.exceeded", "status": 400,
        "limit": { "key": name, "namespace": "journey", "value": family.limit },
    });
    Response::json(400, body)
}

fn self_uri(path: &[String], id: &str) -> String {
    let segments = path.iter().map(String::as_str).chain([id]);
    segments.fold("/api/v2".to_owned(), |uri, segment| format!("{uri}/{}", utf8_percent_encode(segment, RESERVED)))
}

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
