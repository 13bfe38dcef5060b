//! A readable difference: the changed fields of an entity, one line each.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::unordered::same_entries;
use crate::timestamp::Timestamp;

/// A changed field: its path, its old value and its new value.
///
/// `Display` prints one line.
///
/// ```
/// use genesys_journey::segments::{self, NewSegment, Segment};
///
/// let mut segment = Segment::default();
/// segment.display_name = "VIP".into();
/// segment.color = Some("#1F6FEB".into());
/// let wanted = NewSegment { color: Some("#D4AF37".into()), ..NewSegment::new("VIP") };
/// let changes = segments::changes(&segment, &segments::diff(&segment, &wanted));
/// assert_eq!(changes[0].to_string(), r##"color: "#1F6FEB" -> "#D4AF37""##);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The path of the field in the vendor's spelling, such as `context.patterns[0].criteria[1].values`.
    pub path: String,
    /// The old value, as JSON; `null` if there is none.
    pub old: Value,
    /// The new value, as JSON; `null` if there is none.
    pub new: Value,
}

impl Change {
    pub(crate) fn new(path: &str, old: &impl Serialize, new: &impl Serialize) -> Change {
        Change { path: path.to_owned(), old: to_json(old), new: to_json(new) }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| if value.is_null() { "none".to_owned() } else { value.to_string() };
        write!(f, "{}: {} -> {}", self.path, text(&self.old), text(&self.new))
    }
}

/// The field that holds any JSON. Its values are compared as they are: none has a default, and order counts.
pub(super) const FREE_FORM: &str = "configurationFields";

/// The path of an entity. It follows from the id, and differs between organisations.
const PATH: &str = "selfUri";

/// Returns the changes that an update makes to an entity. The order of lists is no difference.
pub(crate) fn changes(entity: &impl Serialize, update: &impl Serialize) -> Vec<Change> {
    let (entity, update) = (to_json(entity), to_json(update));
    let mut changes = Vec::new();
    for (field, new) in update.as_object().into_iter().flatten().filter(|(field, _)| *field != "version") {
        compare(field, field, entity.get(field).unwrap_or(&Value::Null), new, &mut changes);
    }
    changes
}

pub(super) fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Adds the changes of a field, which has this path and this name.
fn compare(path: &str, field: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    if matches(field, new, old) {
        return;
    }
    match (old, new) {
        (Value::Object(fields), Value::Object(new_fields)) => {
            for (name, new) in new_fields.iter().filter(|(name, _)| *name != PATH) {
                let inner = if field == FREE_FORM { FREE_FORM } else { name };
                compare(&format!("{path}.{name}"), inner, fields.get(name).unwrap_or(&Value::Null), new, changes);
            }
            for (name, old) in fields.iter().filter(|(name, _)| is_lost(field, name, new)) {
                compare(&format!("{path}.{name}"), FREE_FORM, old, &Value::Null, changes);
            }
        }
        (Value::Array(old), Value::Array(new)) if field != FREE_FORM && old.iter().chain(new).all(Value::is_object) => {
            compare_entries(path, field, old, new, changes);
        }
        _ => changes.push(Change { path: path.to_owned(), old: old.clone(), new: new.clone() }),
    }
}

/// Pairs equal entries, and compares the others in their order.
fn compare_entries(path: &str, field: &str, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let mut old: Vec<(usize, &Value)> = old.iter().enumerate().collect();
    let mut new: Vec<(usize, &Value)> = new.iter().enumerate().collect();
    new.retain(|(_, new)| match old.iter().position(|(_, old)| matches(field, new, old)) {
        Some(equal) => {
            old.remove(equal);
            false
        }
        None => true,
    });
    for pair in 0..old.len().max(new.len()) {
        let (old, new) = (old.get(pair), new.get(pair));
        let index = old.or(new).map_or(pair, |(index, _)| *index);
        let value = |entry: Option<&(usize, &Value)>| entry.map_or(Value::Null, |(_, value)| (*value).clone());
        compare(&format!("{path}[{index}]"), field, &value(old), &value(new), changes);
    }
}

/// Returns whether the new value of a field changes nothing. Unset fields of an object take the defaults of the
/// service, so they match any value. References are equal if their ids are, and times if their instants are.
pub(super) fn matches(field: &str, new: &Value, old: &Value) -> bool {
    match (new, old) {
        _ if field == FREE_FORM => new == old || (is_empty(new) && is_empty(old)),
        _ if is_reference(new) && is_reference(old) => new.get("id") == old.get("id"),
        (Value::String(new), Value::String(old)) if field.ends_with("Date") => {
            Timestamp::from(new.as_str()).is_same_instant(&old.as_str().into())
        }
        (Value::Object(fields), Value::Object(old_fields)) => {
            let is_kept = |(name, new): (&String, &Value)| {
                name == PATH || matches(name, new, old_fields.get(name).unwrap_or(&Value::Null))
            };
            fields.iter().all(is_kept) && !old_fields.keys().any(|name| is_lost(field, name, new))
        }
        (Value::Array(new), Value::Array(old)) if new.iter().chain(old).all(Value::is_string) => {
            new.iter().all(|new| old.contains(new)) && old.iter().all(|old| new.contains(old))
        }
        (Value::Array(new), Value::Array(old)) => same_entries(new, old, &|new, old| matches(field, new, old)),
        _ => new == old || (is_empty(new) && is_empty(old)),
    }
}

/// Returns whether a value is a reference: an id, at most with the name and the path of the entity, which follow from it.
fn is_reference(value: &Value) -> bool {
    let is_part = |name: &String| ["id", "name", PATH].contains(&name.as_str());
    value.get("id").is_some_and(Value::is_string) && value.as_object().is_some_and(|fields| fields.keys().all(is_part))
}

/// Returns whether the removal of this part of a field is a change. A pattern without an event name matches all events.
fn is_lost(field: &str, name: &str, new: &Value) -> bool {
    (name == "eventName" || field == FREE_FORM) && new.get(name).is_none()
}

/// Returns whether a value is that of a cleared field: `null`, `""`, `[]`, or an object of such values.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(old: Value, new: Value) -> Vec<String> {
        changes(&old, &new).iter().map(Change::to_string).collect()
    }

    #[test]
    fn each_changed_field_is_one_line() {
        let old = json!({ "description": "a\nb", "color": "#000000", "isActive": true, "version": 3 });
        let new = json!({ "description": null, "color": "#ffffff", "isActive": true, "days": 7, "version": 3 });
        let expected = [r##"color: "#000000" -> "#ffffff""##, "days: none -> 7", r#"description: "a\nb" -> none"#];
        assert_eq!(lines(old, new), expected);
    }

    #[test]
    fn the_order_of_lists_is_no_difference() {
        let entry = |key: &str, values: [&str; 2]| json!({ "key": key, "values": values, "operator": "equal" });
        let old =
            json!({ "context": { "patterns": [{ "criteria": [entry("a", ["1", "2"]), entry("b", ["3", "4"])] }] } });
        let wanted = |key: &str, values: [&str; 2]| json!({ "key": key, "values": values });
        let new =
            json!({ "context": { "patterns": [{ "criteria": [wanted("b", ["4", "3"]), wanted("a", ["2", "1"])] }] } });
        assert_eq!(lines(old.clone(), new), [""; 0]);
        let new =
            json!({ "context": { "patterns": [{ "criteria": [wanted("b", ["4", "5"]), wanted("a", ["2", "1"])] }] } });
        assert_eq!(lines(old, new), [r#"context.patterns[0].criteria[1].values: ["3","4"] -> ["4","5"]"#]);
    }

    #[test]
    fn references_are_compared_by_id_and_times_by_instant() {
        let old = json!({ "flow": { "id": "f", "name": "A", "selfUri": "/a" }, "endDate": "2026-04-02T08:00:00.000Z" });
        let new = json!({ "flow": { "id": "f", "name": "B" }, "endDate": "2026-04-02T10:00:00+02:00" });
        assert_eq!(lines(old.clone(), new), [""; 0]);
        let new = json!({ "flow": { "id": "g", "name": "A" }, "endDate": "soon" });
        let expected = [r#"endDate: "2026-04-02T08:00:00.000Z" -> "soon""#, r#"flow.id: "f" -> "g""#];
        assert_eq!(lines(old.clone(), new), expected);
        // An object with other fields is no reference.
        let old = json!({ "segment": { "id": "s", "name": "A", "source": "Custom" } });
        let new = json!({ "segment": { "id": "s", "name": "B", "source": "Custom" } });
        assert_eq!(lines(old, new), [r#"segment.name: "A" -> "B""#]);
    }

    #[test]
    fn entries_come_and_go() {
        let old = json!({ "journey": { "patterns": [{ "count": 1, "eventName": "x" }] } });
        let all = json!({ "journey": { "patterns": [{ "count": 1, "eventName": "x" }, { "count": 2 }] } });
        assert_eq!(lines(old.clone(), all.clone()), [r#"journey.patterns[1]: none -> {"count":2}"#]);
        assert_eq!(lines(all, old.clone()), [r#"journey.patterns[1]: {"count":2} -> none"#]);
        let any_event = json!({ "journey": { "patterns": [{ "count": 1 }] } });
        assert_eq!(lines(old.clone(), any_event), [r#"journey.patterns[0].eventName: "x" -> none"#]);
        let none = json!({ "journey": { "patterns": [] } });
        assert_eq!(lines(old, none.clone()), [r#"journey.patterns[0]: {"count":1,"eventName":"x"} -> none"#]);
        assert_eq!(lines(json!({}), none), [""; 0]);
    }
}
