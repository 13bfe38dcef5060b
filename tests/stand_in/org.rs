//! The organisation: its segments and action targets.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Response, Seen, error, not_found, text};

#[derive(Default)]
pub struct Org {
    segments: Vec<Value>,
    targets: Option<Vec<Value>>,
    made: u64,
    clock: u64,
    /// Reads that still show what was before a write.
    pub lag: usize,
    /// What the next so many reads of a segment still show: `None` is that it is not there yet.
    shadows: HashMap<String, (usize, Option<Value>)>,
    pub unique_names: bool,
    /// 409, unless it is set.
    pub conflict_status: u16,
}

/// Segments that an organisation can have.
const MOST: usize = 500;

impl Org {
    pub fn segment(&self, id: &str) -> Option<Value> {
        self.segments.iter().find(|segment| segment["id"] == id).cloned()
    }

    pub fn segments(&self) -> Vec<Value> {
        self.segments.clone()
    }

    /// The time of the organisation: a minute passes with each write.
    fn now(&mut self) -> Value {
        let start = humantime::parse_rfc3339("2026-05-04T08:15:30.123Z").unwrap();
        let now = start + std::time::Duration::from_secs(60 * self.clock);
        self.clock += 1;
        json!(humantime::format_rfc3339_millis(now).to_string())
    }

    fn new_id(&mut self, kind: u64) -> String {
        self.made += 1;
        let scattered = self.made.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!("{:08x}-{:04x}-4{kind:03x}-9e11-{:012x}", scattered >> 32, scattered & 0xFFFF, self.made)
    }

    pub fn seed_segment(&mut self) -> String {
        let n = self.segments.len();
        let names = ["VIP", "Comparing prices", "Mobile campaign", "Back again", "Full basket"];
        let key = ["device.category", "browser.family", "geolocation.region"][n % 3];
        let criterion = json!({
            "key": key, "values": [format!("value {n}")], "operator": "equal", "shouldIgnoreCase": true,
            "entityType": "visit",
        });
        let event = json!({
            "criteria": [{ "key": "page.title", "values": ["Offers"], "operator": "containsAny", "shouldIgnoreCase": n % 2 == 0 }],
            "count": 1 + n % 3, "streamType": "Web", "sessionType": "web",
        });
        self.insert(json!({
            "displayName": format!("{} {n}", names[n % names.len()]),
            "isActive": n % 4 != 3,
            "color": format!("#{:06x}", (n * 7919) & 0xFF_FFFF),
            "shouldDisplayToAgent": n % 2 == 0,
            "context": { "patterns": [{ "criteria": [criterion] }] },
            "journey": { "patterns": if n % 2 == 0 { vec![event] } else { vec![] } },
        }))
    }

    /// Fills in what the service fills in, and keeps it.
    pub fn insert(&mut self, fields: Value) -> String {
        let now = self.now();
        let id = fields["id"].as_str().map_or_else(|| self.new_id(0), str::to_owned);
        let scope = if fields["externalSegment"].is_object() { "Customer" } else { "Session" };
        let mut segment = json!({
            "id": id, "isActive": true, "displayName": "", "version": 1, "color": "#008000", "scope": scope,
            "shouldDisplayToAgent": false, "context": { "patterns": [] }, "journey": { "patterns": [] },
            "selfUri": format!("/api/v2/journey/segments/{id}"), "createdDate": now, "modifiedDate": now,
        });
        merge(&mut segment, fields);
        fill_in(&mut segment);
        self.segments.push(segment);
        id
    }

    /// What a read of one segment shows.
    fn visible(&mut self, id: &str) -> Option<Value> {
        if let Some((reads, shadow)) = self.shadows.get_mut(id) {
            if *reads > 0 {
                *reads -= 1;
                return shadow.clone();
            }
            self.shadows.remove(id);
        }
        self.segment(id)
    }

    fn shadow(&mut self, id: &str, before: Option<Value>) {
        if self.lag > 0 {
            self.shadows.insert(id.to_owned(), (self.lag, before));
        }
    }

    pub fn get(&mut self, id: &str) -> Response {
        match self.visible(id) {
            Some(segment) => Response::json(200, &segment),
            None => not_found("segment", id),
        }
    }

    pub fn create(&mut self, body: Option<&Value>) -> Response {
        let Some(body @ Value::Object(fields)) = body else {
            return error(400, "bad.request", "The request body is no JSON object");
        };
        if let Some(refusal) = refuse(fields, true) {
            return refusal;
        }
        if self.segments.len() >= MOST {
            let mut body = json!({ "message": "Too many segments", "code": "limit.exceeded", "status": 400 });
            body["limit"] = json!({ "key": "segments", "namespace": "journey", "value": MOST });
            return Response::json(400, &body);
        }
        if self.unique_names && self.segments.iter().any(|segment| segment["displayName"] == fields["displayName"]) {
            return error(409, "segment.name.conflict", "A segment of this name exists");
        }
        let mut body = body.clone();
        // The service gives id and version itself.
        for given in ["id", "version"] {
            body.as_object_mut().unwrap().remove(given);
        }
        let id = self.insert(body);
        self.shadow(&id, None);
        Response::json(200, &self.segment(&id).unwrap())
    }

    pub fn patch(&mut self, id: &str, body: Option<&Value>) -> Response {
        let Some(Value::Object(fields)) = body else {
            return error(400, "bad.request", "The request body is no JSON object");
        };
        let Some(before) = self.segment(id) else {
            return not_found("segment", id);
        };
        if let Some(refusal) = refuse(fields, false) {
            return refusal;
        }
        let version = before["version"].as_i64().unwrap();
        if let Some(sent) = fields.get("version").and_then(Value::as_i64).filter(|sent| *sent != version) {
            let status = if self.conflict_status == 0 { 409 } else { self.conflict_status };
            let message = format!("Version {sent} does not match the current version {version}");
            return error(status, "version.mismatch", &message);
        }
        let mut after = before.clone();
        merge(&mut after, Value::Object(fields.clone()));
        after["version"] = json!(version + 1);
        after["modifiedDate"] = self.now();
        fill_in(&mut after);
        *self.segments.iter_mut().find(|segment| segment["id"] == id).unwrap() = after.clone();
        self.shadow(id, Some(before));
        Response::json(200, &after)
    }

    pub fn delete(&mut self, id: &str) -> Response {
        let before = self.segments.len();
        self.segments.retain(|segment| segment["id"] != id);
        self.shadows.remove(id);
        match self.segments.len() < before {
            true => Response { status: 204, ..Response::default() },
            false => not_found("segment", id),
        }
    }

    pub fn list_segments(&mut self, seen: &Seen) -> Result<Value, Response> {
        let shadows = &mut self.shadows;
        let visible = |segment| match shadows.get_mut(text(segment, "id").as_str()) {
            Some((reads @ 1.., shadow)) => {
                *reads -= 1;
                shadow.clone().map(Cow::Owned)
            }
            _ => Some(Cow::Borrowed(segment)),
        };
        let mut shown: Vec<Cow<'_, Value>> = self.segments.iter().filter_map(visible).collect();
        let split = |key: &str| -> Vec<String> {
            seen.query_all(key).into_iter().flat_map(|value| value.split(',').map(str::to_owned)).collect()
        };
        let wanted = split("segmentIds");
        if wanted.len() > 100 {
            return Err(error(400, "bad.request", "At most 100 segmentIds"));
        }
        if !wanted.is_empty() {
            shown.retain(|segment| wanted.contains(&text(segment, "id")));
            return Ok(json!({ "entities": shown }));
        }
        if let Some(is_active) = seen.query_one("isActive") {
            shown.retain(|segment| segment["isActive"].as_bool() == is_active.parse().ok());
        }
        if let Some(value) = seen.query_one("queryValue").map(str::to_lowercase) {
            let fields = split("queryFields");
            shown.retain(|segment| fields.iter().any(|field| text(segment, field).to_lowercase().contains(&value)));
        }
        if let Some(sort_by) = seen.query_one("sortBy") {
            let (field, descending) = match (sort_by.strip_prefix('-'), sort_by.strip_suffix(":desc")) {
                (Some(field), _) | (None, Some(field)) => (field, true),
                (None, None) => (sort_by.strip_suffix(":asc").unwrap_or(sort_by), false),
            };
            shown.sort_by_key(|segment| text(segment, field));
            if descending {
                shown.reverse();
            }
        }
        page(seen, shown)
    }

    fn targets(&mut self) -> &mut Vec<Value> {
        if self.targets.is_none() {
            self.targets = Some(Vec::new());
            for name in ["Sales chat", "Support callback"] {
                self.insert_target(json!({
                    "name": name, "supportedMediaTypes": ["webchat"], "state": "active",
                    "userData": [{ "key": "priority", "value": "1" }],
                    "serviceLevel": { "percentage": 80.0, "durationMs": 20000 }, "shortAbandonThreshold": 10,
                }));
            }
        }
        self.targets.as_mut().unwrap()
    }

    pub fn insert_target(&mut self, fields: Value) -> String {
        let now = self.now();
        let id = fields["id"].as_str().map_or_else(|| self.new_id(1), str::to_owned);
        let mut target = json!({
            "id": id, "selfUri": format!("/api/v2/journey/actiontargets/{id}"), "createdDate": now, "modifiedDate": now,
        });
        merge(&mut target, fields);
        self.targets().push(target);
        id
    }

    pub fn list_targets(&mut self, seen: &Seen) -> Result<Value, Response> {
        page(seen, self.targets().iter())
    }

    pub fn get_target(&mut self, id: &str) -> Response {
        match self.targets().iter().find(|target| target["id"] == id) {
            Some(target) => Response::json(200, target),
            None => not_found("actiontarget", id),
        }
    }

    pub fn patch_target(&mut self, id: &str, body: Option<&Value>) -> Response {
        let now = self.now();
        let Some(target) = self.targets().iter_mut().find(|target| target["id"] == id) else {
            return not_found("actiontarget", id);
        };
        merge(target, body.cloned().unwrap_or_default());
        target["modifiedDate"] = now;
        Response::json(200, target)
    }
}

/// Takes over the fields that are set, and takes out those that are null.
fn merge(into: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else { return };
    for (key, value) in fields {
        let external = key == "externalSegment" && into[&key].is_object() && value.is_object();
        match value {
            Value::Null => drop(into.as_object_mut().unwrap().remove(&key)),
            value if external => merge(&mut into[&key], value),
            value => into[&key] = value,
        }
    }
}

/// The defaults of criteria.
fn fill_in(segment: &mut Value) {
    for part in ["context", "journey"] {
        for pattern in segment[part]["patterns"].as_array_mut().into_iter().flatten() {
            for criterion in pattern["criteria"].as_array_mut().into_iter().flatten() {
                let criterion = criterion.as_object_mut().unwrap();
                criterion.entry("shouldIgnoreCase").or_insert(json!(false));
                criterion.entry("operator").or_insert(json!("equal"));
            }
        }
    }
}

fn refuse(fields: &Map<String, Value>, is_new: bool) -> Option<Response> {
    let invalid = |field: &str, message: &str| {
        let body = json!({
            "message": message, "code": "invalid.value", "status": 400, "messageParams": {}, "errors": [],
            "details": [{ "errorCode": "invalid.value", "fieldName": field }],
        });
        Some(Response::json(400, &body))
    };
    let name = fields.get("displayName");
    if (is_new || name.is_some()) && name.and_then(Value::as_str).is_none_or(str::is_empty) {
        return invalid("displayName", "A segment must have a name");
    }
    if let Some(color) = fields.get("color") {
        let valid = color.as_str().and_then(|color| color.strip_prefix('#')).is_some_and(|digits| digits.len() == 6);
        if !valid {
            return invalid("color", "No colour");
        }
    }
    if fields.get("assignmentExpirationDays").and_then(Value::as_i64).is_some_and(|days| days < 0) {
        return invalid("assignmentExpirationDays", "Must not be negative");
    }
    for part in ["context", "journey"] {
        let patterns = fields.get(part).and_then(|part| part["patterns"].as_array());
        if patterns.into_iter().flatten().any(|pattern| pattern["criteria"].as_array().is_none_or(Vec::is_empty)) {
            return invalid(part, "A pattern must have criteria");
        }
    }
    None
}

/// One page of what there is, with all that the service says about it.
pub fn page<V: Borrow<Value>>(seen: &Seen, all: impl IntoIterator<Item = V>) -> Result<Value, Response> {
    let all: Vec<V> = all.into_iter().collect();
    let number = |key: &str, default: usize| seen.query_one(key).map_or(Ok(default), str::parse);
    let bad = |_| error(400, "bad.request", "No number");
    let (size, number) = (number("pageSize", 25).map_err(bad)?, number("pageNumber", 1).map_err(bad)?);
    if size == 0 || size > 500 || number == 0 {
        return Err(error(400, "bad.request", "No such page"));
    }
    let (total, path) = (all.len(), &seen.raw_path);
    let pages = total.div_ceil(size);
    let uri = |number: usize| format!("{path}?pageSize={size}&pageNumber={number}");
    let entities: Vec<&Value> = all.iter().map(V::borrow).skip((number - 1) * size).take(size).collect();
    let mut page = json!({
        "entities": entities, "pageSize": size, "pageNumber": number, "total": total, "pageCount": pages,
        "firstUri": uri(1), "lastUri": uri(pages.max(1)), "selfUri": uri(number),
    });
    if number < pages {
        page["nextUri"] = json!(uri(number + 1));
    }
    if number > 1 {
        page["previousUri"] = json!(uri(number - 1));
    }
    Ok(page)
}
