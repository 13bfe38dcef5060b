//! The differences of two views.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::NewView;
use crate::Change;

/// The values of the service for fields that a request does not have.
const DEFAULTS: [(&str, &str); 3] =
    [("eventCountType", "Sequential"), ("operator", "Matches"), ("aggregate", "CustomerCount")];

/// A field that the service sets to a value of its own if a request does not have it.
const CHOSEN: &str = "rank";

/// Returns the differences of two views, or of two versions of a view, one for each field.
///
/// Elements, links and metrics are compared with those of the same id, and charts with those of the same name. Their
/// order does not matter. The path of a change has the names of elements and charts.
///
/// The service adds defaults to the view that it receives, such as the operator `Matches`. An unset field and its
/// default are therefore no difference. The same holds for an unset field and `false`, an empty text or an empty list,
/// and for a chart without a rank and a chart with one.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{NewView, diff, versions};
///
/// let view = versions::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1)?;
/// let old = NewView::from(&view);
/// let mut new = old.clone();
/// new.duration = Some("P90D".into());
/// new.elements[0].followed_by.clear();
/// let lines: Vec<String> = diff(&old, &new).iter().map(|change| change.to_string()).collect();
/// assert_eq!(lines[0], r#"duration: "P30D" -> "P90D""#);
/// assert!(lines[1].starts_with("elements[Bot start].followedBy["));
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[must_use]
pub fn diff(old: &NewView, new: &NewView) -> Vec<Change> {
    let json = |view: &NewView| serde_json::to_value(view).unwrap_or_default();
    let mut changes = Vec::new();
    compare("", &json(old), &json(new), &mut changes);
    changes
}

fn compare(path: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    match (old, new) {
        (old, new) if is_same(old, new) => {}
        (Value::Object(old), Value::Object(new)) => {
            for (field, old, new) in changed_fields(old, new) {
                let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                compare(&path, old, new, changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if have_keys(old) && have_keys(new) => {
            compare_entries(path, old, new, changes);
        }
        (Value::Array(entries), Value::Null) if have_keys(entries) => compare_entries(path, entries, &[], changes),
        (Value::Null, Value::Array(entries)) if have_keys(entries) => compare_entries(path, &[], entries, changes),
        (old, new) => changes.push(Change::new(path, old, new)),
    }
}

/// Returns whether two values mean the same to the service.
fn is_same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => changed_fields(old, new).next().is_none(),
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
        }
        (old, new) => old == new,
    }
}

/// Returns the fields whose values differ, with both values; `null` stands for a field that is not set.
fn changed_fields<'a>(
    old: &'a Map<String, Value>,
    new: &'a Map<String, Value>,
) -> impl Iterator<Item = (&'a String, &'a Value, &'a Value)> {
    let removed = old.keys().filter(|field| !new.contains_key(*field));
    let value = |of: &'a Map<String, Value>, field: &str| of.get(field).unwrap_or(&Value::Null);
    let fields = new.keys().chain(removed).map(move |field| (field, value(old, field), value(new, field)));
    fields.filter(|(field, old, new)| {
        let is_chosen = *field == CHOSEN && (old.is_null() || new.is_null());
        let is_unset = is_default(field, old) && is_default(field, new);
        !(is_chosen || is_unset || is_same(old, new))
    })
}

/// Returns whether a value is that of a field that is not set.
fn is_default(field: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty() || DEFAULTS.contains(&(field, text.as_str())),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(fields) => fields.iter().all(|(field, value)| is_default(field, value)),
    }
}

/// Returns whether each entry has a key of its own. Two links may lead to the same element, so that they have not.
fn have_keys(entries: &[Value]) -> bool {
    let keys: BTreeSet<&str> = entries.iter().filter_map(key).collect();
    keys.len() == entries.len()
}

/// Compares entries that have an id or a name.
fn compare_entries(path: &str, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let find = |entries: &'_ [Value], wanted: &Value| entries.iter().find(|entry| key(entry) == key(wanted)).cloned();
    for entry in new {
        compare(&path_of(path, entry), &find(old, entry).unwrap_or_default(), entry, changes);
    }
    for entry in old.iter().filter(|entry| find(new, entry).is_none()) {
        compare(&path_of(path, entry), entry, &Value::Null, changes);
    }
}

fn key(entry: &Value) -> Option<&str> {
    text(entry, "id").or_else(|| text(entry, "name"))
}

fn path_of(path: &str, entry: &Value) -> String {
    let label = text(entry, "name").or_else(|| text(entry, "displayLabel")).or_else(|| key(entry));
    format!("{path}[{}]", label.unwrap_or_default())
}

fn text<'a>(entry: &'a Value, field: &str) -> Option<&'a str> {
    entry.get(field).and_then(Value::as_str)
}
