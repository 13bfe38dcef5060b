//! The facts: operations, models, and sample values of models.

use serde_json::{Map, Value, json};

const FACTS: &str = include_str!("../../fixtures/api.json");

/// Read-only fields that are sent: there is no other way to name a template.
const SENT_READ_ONLY: [(&str, &str); 1] = [("ActionMapActionTemplate", "id")];

pub struct Facts(Value);

impl Facts {
    pub fn read() -> Facts {
        Facts(serde_json::from_str(FACTS).unwrap())
    }

    /// The operations: the name in the Python SDK, and the facts.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0["operations"].as_object().unwrap().iter().map(|(name, operation)| (name.as_str(), operation))
    }

    pub fn of_family<'a>(&'a self, family: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.operations().filter(move |(_, operation)| operation["family"] == family)
    }

    /// The families in the order of their names.
    pub fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = self.operations().map(|(_, it)| it["family"].as_str().unwrap()).collect();
        families.sort_unstable();
        families.dedup();
        families
    }

    fn fields(&self, model: &str) -> &Vec<Value> {
        self.0["models"][model].as_array().unwrap_or_else(|| panic!("there is no model {model}"))
    }

    /// Whether a PATCH operation sends this model.
    pub fn is_update(&self, model: &str) -> bool {
        self.operations().any(|(_, operation)| operation["method"] == "PATCH" && operation["body"] == model)
    }

    /// The fields of an update, also those of the objects in it: the path, and the JSON that clears the field, if the
    /// vendor names one. That of an object clears its fields, too. Lists are sent whole, and required ones also if empty.
    pub fn cleared<'a>(&'a self, model: &'a str) -> Vec<(Vec<&'a str>, Option<Value>)> {
        let mut all = Vec::new();
        for field in self.fields(model) {
            let name = field["json"].as_str().unwrap();
            let clear: Option<Value> = field["clear"].as_str().map(|clear| serde_json::from_str(clear).unwrap());
            let kind = field["type"].as_str().unwrap();
            let is_always_sent = field["required"] == true && kind.starts_with("list[");
            let clear = clear.or(is_always_sent.then(|| json!([])));
            if self.0["models"].get(kind).is_some() {
                for (mut path, inner) in self.cleared(kind) {
                    let by_object = || clear.as_ref().and_then(|clear| clear.get(path[0])).cloned();
                    let inner = inner.or_else(by_object);
                    path.insert(0, name);
                    all.push((path, inner));
                }
            }
            all.push((vec![name], clear));
        }
        all
    }

    /// Whether an enum of any model has this value.
    pub fn is_enum_value(&self, value: &str) -> bool {
        let fields = self.0["models"].as_object().unwrap().values().flat_map(|fields| fields.as_array().unwrap());
        let mut enums = fields.filter_map(|field| field["enum"].as_array().or(field["item_enum"].as_array()));
        enums.any(|values| values.iter().any(|known| known == value))
    }

    /// The number of rounds in which each enum of a model takes each of its values.
    pub fn rounds(&self, model: &str) -> usize {
        self.rounds_below(model, 0)
    }

    fn rounds_below(&self, model: &str, depth: usize) -> usize {
        let rounds = self.fields(model).iter().map(|field| {
            let values = field["enum"].as_array().or(field["item_enum"].as_array()).map_or(1, Vec::len);
            let item = item(field["type"].as_str().unwrap());
            let is_model = depth < MAX_DEPTH && self.0["models"].get(item).is_some();
            values.max(if is_model { self.rounds_below(item, depth + 1) } else { 1 })
        });
        rounds.max().unwrap_or(1)
    }

    /// A model with all of its fields. Each enum has the value of this round.
    pub fn filled(&self, model: &str, round: usize) -> Value {
        self.model(model, round, false, 0)
    }

    /// The same without the fields that a request does not send.
    pub fn sent(&self, model: &str, round: usize) -> Value {
        self.model(model, round, true, 0)
    }

    fn model(&self, model: &str, round: usize, is_request: bool, depth: usize) -> Value {
        let is_sent = |field: &&Value| {
            let name = field["json"].as_str().unwrap();
            !is_request || field["readonly"] != true || SENT_READ_ONLY.contains(&(model, name))
        };
        let fields = self.fields(model).iter().filter(is_sent);
        let value = |field: &Value| {
            let name = field["json"].as_str().unwrap();
            Some((name.to_owned(), self.value(field, name, round, is_request, depth)?))
        };
        Value::Object(fields.filter_map(value).collect::<Map<_, _>>())
    }

    /// `None` for a model inside itself.
    fn value(&self, field: &Value, name: &str, round: usize, is_request: bool, depth: usize) -> Option<Value> {
        let of_round = |values: &Vec<Value>, round: usize| values[round % values.len()].clone();
        if let Some(values) = field["enum"].as_array() {
            return Some(of_round(values, round));
        }
        if let Some(values) = field["item_enum"].as_array() {
            return Some(json!([of_round(values, round), of_round(values, round + 1)]));
        }
        self.sample(field["type"].as_str().unwrap(), name, round, is_request, depth)
    }

    fn sample(&self, kind: &str, name: &str, round: usize, is_request: bool, depth: usize) -> Option<Value> {
        let nested = |kind: &str, round| self.sample(kind, name, round, is_request, depth);
        if let Some(item) = inside(kind, "list[", ']') {
            return Some(json!([nested(item, round)?, nested(item, round + 1)?]));
        }
        if let Some(item) = inside(kind, "dict(str, ", ')') {
            return Some(json!({ "journeySegmentId": nested(item, round)?, "$x": nested(item, round + 1)? }));
        }
        Some(match (kind, name) {
            ("str", "interval") => json!("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"),
            ("str", "metric") => json!(["nJourneySessions", "nWebActionsOffered"][round % 2]),
            ("str", _) => json!(format!("{name} {round}")),
            ("int", _) => json!(round as i64 + 1),
            ("float", _) => json!(round as f64 + 0.25),
            ("bool", _) => json!(round % 2 == 0),
            ("datetime", _) => json!("2026-05-04T08:15:30.123Z"),
            ("object", _) => json!({ "plan": true, "type": { "a": [round, null] } }),
            (model, _) if depth < MAX_DEPTH => self.model(model, round, is_request, depth + 1),
            _ => return None,
        })
    }
}

/// Models that contain themselves end here.
const MAX_DEPTH: usize = 8;

fn inside<'a>(kind: &'a str, start: &str, end: char) -> Option<&'a str> {
    kind.strip_prefix(start)?.strip_suffix(end)
}

/// The type of the values in lists and maps.
fn item(kind: &str) -> &str {
    inside(kind, "list[", ']').or(inside(kind, "dict(str, ", ')')).map_or(kind, item)
}
