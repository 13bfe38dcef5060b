//! Every field and every value of the vendor's models is there: what is not would be lost on its way
//! through our types.

use genesys_journey::Page;
use genesys_journey::action_targets::{ActionTarget, ActionTargetUpdate};
use genesys_journey::analytics::{AggregateQuery, AggregateResponse, JobResults, JobStatus};
use genesys_journey::segments::{NewSegment, Segment, SegmentUpdate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Fields, types and enum values as the vendor's SDKs describe them (Python 269, .NET 270).
const MODELS: &str = include_str!("../fixtures/models.json");
/// As many as the longest enum has values.
const ROUNDS: usize = 40;

/// A model with all of its fields, and of each enum the value whose turn it is.
fn filled(models: &Value, model: &str, round: usize) -> Value {
    let fields = models[model].as_array().unwrap_or_else(|| panic!("there is no model {model}"));
    let field = |field: &Value| {
        let name = field["json"].as_str().unwrap();
        let value = match field["enum"].as_array() {
            Some(values) => values[round % values.len()].clone(),
            None => sample(models, field["type"].as_str().unwrap(), name, round),
        };
        (name.to_owned(), value)
    };
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

fn sample(models: &Value, kind: &str, name: &str, round: usize) -> Value {
    if let Some(item) = kind.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')) {
        return json!([sample(models, item, name, round), sample(models, item, name, round + 1)]);
    }
    // Lists of metrics and dimensions carry no enum; their values are those of a view and a predicate.
    let known = |model: &str, field: &str| {
        let fields = models[model].as_array().unwrap();
        let values = fields.iter().find(|it| it["json"] == field).unwrap()["enum"].as_array().unwrap();
        values[round % values.len()].clone()
    };
    match (kind, name) {
        ("str", "metric" | "metrics") => known("JourneyAggregationView", "target"),
        ("str", "groupBy") => known("JourneyAggregateQueryPredicate", "dimension"),
        ("str", "interval") => json!("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"),
        ("str", _) => json!(format!("{name} {round}")),
        ("int", _) => json!(round as i64 + 1),
        ("float", _) => json!(round as f64 + 0.25),
        ("bool", _) => json!(round % 2 == 0),
        ("datetime", _) => json!("2026-05-04T08:15:30.123Z"),
        ("dict(str, str)", _) => json!({"journeySegmentId": format!("{round}")}),
        (model, _) => filled(models, model, round),
    }
}

fn nothing_is_lost<T: Serialize + DeserializeOwned + std::fmt::Debug>(model: &str) {
    let models: Value = serde_json::from_str(MODELS).unwrap();
    for round in 0..ROUNDS {
        let value = filled(&models, model, round);
        let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{model}: {error}: {value}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), value, "{model}");
        let debug = format!("{read:?}");
        assert!(!debug.contains("Other("), "{model}: a value of an enum is not known: {debug}");
    }
}

#[test]
fn every_field_that_the_service_sends_is_read_and_written_back() {
    nothing_is_lost::<Segment>("JourneySegment");
    nothing_is_lost::<Page<Segment>>("SegmentListing");
    nothing_is_lost::<ActionTarget>("ActionTarget");
    nothing_is_lost::<Page<ActionTarget>>("ActionTargetListing");
    nothing_is_lost::<AggregateResponse>("JourneyAggregateQueryResponse");
    nothing_is_lost::<JobStatus>("AsyncQueryStatus");
    nothing_is_lost::<JobResults>("JourneyAsyncAggregateQueryResponse");
}

#[test]
fn every_field_that_the_service_takes_can_be_set() {
    nothing_is_lost::<NewSegment>("JourneySegmentRequest");
    nothing_is_lost::<SegmentUpdate>("PatchSegment");
    nothing_is_lost::<ActionTargetUpdate>("PatchActionTarget");
    nothing_is_lost::<AggregateQuery>("JourneyAggregationQuery");
}
