//! The differences of two views.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::NewView;
use crate::Change;

/// Returns the differences of two views, or of two versions of a view, one for each field.
///
/// Elements, links and metrics are compared with those of the same id, and charts with those of the same name. Their
/// order does not matter. An element is named in the path of a change.
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
        (old, new) if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let removed = old.keys().filter(|field| !new.contains_key(*field));
            for field in new.keys().chain(removed) {
                let (old, new) = (old.get(field), new.get(field));
                let path = if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                compare(&path, old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null), changes);
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
