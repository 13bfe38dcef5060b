//! Each model of a complete family is decoded with every field and encoded again: all fields are there.

use std::collections::BTreeSet;
use std::fmt::Debug;

use genesys_journey::Page;
use genesys_journey::action_maps::estimates::{Estimate, EstimateRequest};
use genesys_journey::action_maps::{ActionMap, ActionMapUpdate, NewActionMap};
use genesys_journey::action_targets::{ActionTarget, ActionTargetUpdate};
use genesys_journey::action_templates::{ActionTemplate, ActionTemplateUpdate, NewActionTemplate};
use genesys_journey::analytics::{AggregateQuery, AggregateResponse, JobResults, JobStatus};
use genesys_journey::segments::{NewSegment, Segment, SegmentUpdate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{COMPLETE, Facts};

/// Returns the paths of the fields that a type of the crate lacks.
type Lacking = fn(&Facts, &str) -> BTreeSet<String>;

const RESPONSES: &[(&str, Lacking)] = &[
    ("SegmentListing", response::<Page<Segment>>),
    ("JourneySegment", response::<Segment>),
    ("ActionTargetListing", response::<Page<ActionTarget>>),
    ("ActionTarget", response::<ActionTarget>),
    ("JourneyAggregateQueryResponse", response::<AggregateResponse>),
    ("AsyncQueryStatus", response::<JobStatus>),
    ("JourneyAsyncAggregateQueryResponse", response::<JobResults>),
    ("ActionMapListing", response::<Page<ActionMap>>),
    ("ActionMap", response::<ActionMap>),
    ("ActionTemplateListing", response::<Page<ActionTemplate>>),
    ("ActionTemplate", response::<ActionTemplate>),
    ("ActionMapEstimateResult", response::<Estimate>),
];

const REQUESTS: &[(&str, Lacking)] = &[
    ("JourneySegmentRequest", request::<NewSegment>),
    ("PatchSegment", request::<SegmentUpdate>),
    ("PatchActionTarget", request::<ActionTargetUpdate>),
    ("JourneyAggregationQuery", request::<AggregateQuery>),
    ("ActionMap", request::<NewActionMap>),
    ("PatchActionMap", request::<ActionMapUpdate>),
    ("ActionTemplate", request::<NewActionTemplate>),
    ("PatchActionTemplate", request::<ActionTemplateUpdate>),
    ("ActionMapEstimateRequest", request::<EstimateRequest>),
];

/// Models without a public type, and the reason.
const PRIVATE: &[(&str, &str)] = &[
    ("JourneyAsyncAggregationQuery", "an AggregateQuery and a page size; the replay compares it"),
    ("EstimateJobAsyncResponse", "submit returns the id in it; the replay compares it"),
    ("AsyncQueryResponse", "submit_job returns the id in it; the replay compares it"),
];

fn response<T: Serialize + DeserializeOwned + Debug>(facts: &Facts, model: &str) -> BTreeSet<String> {
    lacking::<T>(facts, model, Facts::filled)
}

fn request<T: Serialize + DeserializeOwned + Debug>(facts: &Facts, model: &str) -> BTreeSet<String> {
    lacking::<T>(facts, model, Facts::sent)
}

fn lacking<T: Serialize + DeserializeOwned + Debug>(
    facts: &Facts,
    model: &str,
    expected: fn(&Facts, &str, usize) -> Value,
) -> BTreeSet<String> {
    let mut lacking = BTreeSet::new();
    for round in 0..facts.rounds(model) {
        match serde_json::from_value::<T>(facts.filled(model, round)) {
            Ok(read) => {
                compare(model, &expected(facts, model, round), &serde_json::to_value(&read).unwrap(), &mut lacking);
                // `Other` also holds texts that the vendor does not list.
                let debug = format!("{read:?}");
                let unknown = debug.split("Other(\"").skip(1).filter_map(|rest| rest.split('"').next());
                let unknown = unknown.filter(|value| facts.is_enum_value(value));
                lacking.extend(unknown.map(|value| format!("{model}: the enum value {value}")));
            }
            Err(error) => _ = lacking.insert(format!("{model}: {error}")),
        }
    }
    lacking
}

fn compare(path: &str, expected: &Value, written: &Value, lacking: &mut BTreeSet<String>) {
    match (expected, written) {
        (Value::Object(fields), Value::Object(others)) => {
            for (name, value) in fields {
                compare(&format!("{path}.{name}"), value, others.get(name).unwrap_or(&Value::Null), lacking);
            }
            let more = others.keys().filter(|name| !fields.contains_key(*name));
            lacking.extend(more.map(|name| format!("{path}.{name} (the vendor has no such field)")));
        }
        (Value::Array(values), Value::Array(others)) if values.len() == others.len() => {
            values.iter().zip(others).for_each(|(value, other)| compare(path, value, other, lacking));
        }
        (Value::Number(_), Value::Number(_)) if expected.as_f64() == written.as_f64() => {}
        _ if expected == written => {}
        _ => _ = lacking.insert(path.to_owned()),
    }
}

/// The models that the operations of a family send or return.
fn models<'a>(facts: &'a Facts, family: &'a str, key: &str) -> BTreeSet<&'a str> {
    let models = facts.of_family(family).filter_map(|(_, operation)| operation[key].as_str());
    let models = models.map(|model| model.strip_prefix("list[").map_or(model, |item| item.trim_end_matches(']')));
    models.filter(|model| *model != "str" && !PRIVATE.iter().any(|(private, _)| private == model)).collect()
}

#[test]
fn a_complete_family_has_every_field() {
    let facts = Facts::read();
    let mut broken = Vec::new();
    for family in facts.families() {
        for (key, types) in [("returns", RESPONSES), ("body", REQUESTS)] {
            for model in models(&facts, family, key) {
                let lacking = match types.iter().find(|(name, _)| *name == model) {
                    Some((_, lacking)) => lacking(&facts, model),
                    None => [format!("{model} as a whole")].into(),
                };
                let lacking: Vec<String> = lacking.into_iter().collect();
                if !lacking.is_empty() {
                    println!("{family} lacks {}", lacking.join(", "));
                    broken.extend(COMPLETE.contains(&family).then(|| lacking.join(", ")));
                }
            }
        }
    }
    assert!(broken.is_empty(), "complete families lack {broken:#?}");
}

#[test]
fn a_missing_field_and_a_missing_value_are_found() {
    #[derive(Debug, Serialize, serde::Deserialize)]
    struct WithoutVersion {
        name: Option<String>,
    }
    let found = |expected: Value, written: Value| {
        let mut lacking = BTreeSet::new();
        compare("M", &expected, &written, &mut lacking);
        lacking.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(json!({ "a": 1, "b": [{ "c": 1 }] }), json!({ "a": 1.0, "b": [{}] })), "M.b.c");
    assert_eq!(found(json!({}), json!({ "d": 1 })), "M.d (the vendor has no such field)");
    let facts = Facts::read();
    assert!(response::<WithoutVersion>(&facts, "ActionTarget").contains("ActionTarget.state"));
    assert!(!response::<WithoutVersion>(&facts, "ActionTarget").contains("ActionTarget.name"));
}
