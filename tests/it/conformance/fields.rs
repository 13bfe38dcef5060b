//! Each model of a family is decoded with every field and encoded again: all fields are there. A field of an update is
//! cleared as the vendor expects.

use std::collections::BTreeSet;
use std::fmt::Debug;

use genesys_journey::Update;
use genesys_journey::action_templates::TemplateState;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Facts, Family};

/// Returns the paths of the fields that a type of the crate lacks.
pub type Lacking = fn(&Facts, &str) -> BTreeSet<String>;

/// A model that operations return.
pub fn response<T: Serialize + DeserializeOwned + Debug>(facts: &Facts, model: &str) -> BTreeSet<String> {
    lacking::<T>(facts, model, Facts::filled)
}

/// A model that operations send. An update can also clear fields.
pub fn request<T: Serialize + DeserializeOwned + Debug>(facts: &Facts, model: &str) -> BTreeSet<String> {
    let mut lacking = lacking::<T>(facts, model, Facts::sent);
    if facts.is_update(model) {
        lacking.extend(wrongly_cleared::<T>(facts, model));
    }
    lacking
}

/// Reads each field of an update as `null`. It is written in the way that clears the field, or not at all if the vendor
/// names no way.
fn wrongly_cleared<T: Serialize + DeserializeOwned>(facts: &Facts, model: &str) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for (path, clear) in facts.cleared(model) {
        let cleared = path.iter().rev().fold(Value::Null, |inner, name| json!({ *name: inner }));
        let written = serde_json::from_value::<T>(cleared).map(|update| serde_json::to_value(update).unwrap());
        let is_right = match &written {
            Ok(written) => written.pointer(&format!("/{}", path.join("/"))) == clear.as_ref(),
            Err(_) => false,
        };
        if !is_right {
            wrong.insert(format!("{model}.{} (cleared by {clear:?}, but written as {written:?})", path.join(".")));
        }
    }
    wrong
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
    models.filter(|model| *model != "str").collect()
}

#[test]
fn a_family_has_every_field() {
    let facts = Facts::read();
    let mut broken = Vec::new();
    for name in facts.families() {
        let family = Family::find(name);
        for key in ["returns", "body"] {
            for model in models(&facts, name, key) {
                let Some(family) = family else {
                    println!("{name} lacks {model} as a whole");
                    continue;
                };
                let types = if key == "body" { family.requests } else { family.responses };
                let lacking = match types.iter().find(|(name, _)| *name == model) {
                    Some((_, lacking)) => lacking(&facts, model),
                    None if family.private.iter().any(|(private, _)| *private == model) => BTreeSet::new(),
                    None => [format!("{model} as a whole")].into(),
                };
                broken.extend(lacking);
            }
        }
    }
    assert!(broken.is_empty(), "the crate lacks {broken:#?}");
}

#[test]
fn a_missing_field_and_a_missing_value_are_found() {
    #[derive(Debug, Serialize, serde::Deserialize)]
    struct OnlyName {
        name: Option<String>,
    }
    /// Its state is an enum with other values.
    #[derive(Debug, Serialize, serde::Deserialize)]
    struct OtherState {
        state: Option<TemplateState>,
    }
    let found = |expected: Value, written: Value| {
        let mut lacking = BTreeSet::new();
        compare("M", &expected, &written, &mut lacking);
        lacking.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(json!({ "a": 1, "b": [{ "c": 1 }] }), json!({ "a": 1.0, "b": [{}] })), "M.b.c");
    assert_eq!(found(json!({}), json!({ "d": 1 })), "M.d (the vendor has no such field)");
    let facts = Facts::read();
    assert!(response::<OnlyName>(&facts, "ActionTarget").contains("ActionTarget.state"));
    assert!(!response::<OnlyName>(&facts, "ActionTarget").contains("ActionTarget.name"));
    let value = "ActionTarget: the enum value active";
    assert!(response::<OtherState>(&facts, "ActionTarget").contains(value));
}

#[test]
fn a_wrong_way_to_clear_is_found() {
    #[derive(Default, Serialize, serde::Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Wrong {
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(skip_serializing_if = "Update::is_keep")]
        display_name: Update<String>,
        #[serde(skip_serializing_if = "Update::is_keep")]
        color: Update<String>,
        #[serde(skip_serializing_if = "Update::is_keep")]
        context: Update<Value>,
    }
    let facts = Facts::read();
    let found = wrongly_cleared::<Wrong>(&facts, "PatchSegment");
    for (field, is_wrong) in [("description", true), ("displayName", true), ("color", false), ("context", true)] {
        let named = format!("PatchSegment.{field} (");
        assert_eq!(found.iter().any(|wrong| wrong.starts_with(&named)), is_wrong, "{field}: {found:#?}");
    }
    let nested = |path: &[&str]| facts.cleared("PatchActionTemplate").into_iter().find(|(at, _)| at == path).unwrap().1;
    assert_eq!(nested(&["contentOffer", "style", "position", "top"]), Some(json!("")));
    assert_eq!(nested(&["contentOffer", "style", "title"]), Some(Value::Null));
    assert_eq!(nested(&["contentOffer", "callToAction", "text"]), None);
}
