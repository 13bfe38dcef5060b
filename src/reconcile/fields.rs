//! The comparison of fields by their JSON, for families whose fields are objects.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Change;
use super::change::{FREE_FORM, is_empty, matches, to_json};

/// Returns whether a wanted value, or the update of a field, changes nothing.
pub(crate) fn is_same(wanted: &impl Serialize, current: &impl Serialize) -> bool {
    matches("", &to_json(wanted), &to_json(current))
}

/// Returns whether two values are equal. Unlike in [`is_same`], an unset field differs from one that is set.
#[cfg(feature = "action-maps")]
pub(crate) fn is_equal(one: &impl Serialize, other: &impl Serialize) -> bool {
    let (one, other) = (to_json(one), to_json(other));
    matches("", &one, &other) && matches("", &other, &one)
}

/// Returns the changes of these fields that an entity has and `like` lacks. The path of a field has dots.
pub(crate) fn lacking(entity: &impl Serialize, like: &impl Serialize, fields: &[&str]) -> Vec<Change> {
    let (entity, like) = (to_json(entity), to_json(like));
    let lacks = |path: &&str| {
        let pointer = format!("/{}", path.replace('.', "/"));
        let parent = pointer.rsplit_once('/').and_then(|(parent, _)| like.pointer(parent));
        let (old, new) = (entity.pointer(&pointer)?, like.pointer(&pointer).unwrap_or(&Value::Null));
        let is_lost = parent.is_some_and(|parent| !parent.is_null()) && is_empty(new) && !is_empty(old);
        is_lost.then(|| Change { path: (*path).to_owned(), old: old.clone(), new: Value::Null })
    };
    fields.iter().filter_map(lacks).collect()
}

/// Returns the wanted value with the current values of its unset fields. So an update changes nothing else, whether the
/// service merges a nested object or replaces it.
#[inline]
pub(crate) fn completed<T: Clone + Serialize + DeserializeOwned>(current: &T, wanted: &T) -> T {
    let mut value = to_json(current);
    overlay(&mut value, to_json(wanted));
    serde_json::from_value(value).unwrap_or_else(|_| wanted.clone())
}

fn overlay(value: &mut Value, wanted: Value) {
    match (value, wanted) {
        // An object with an id is a reference: it is replaced as a whole.
        (Value::Object(fields), Value::Object(wanted)) if !wanted.contains_key("id") => {
            for (field, wanted) in wanted {
                if field == FREE_FORM {
                    fields.insert(field, wanted);
                } else {
                    overlay(fields.entry(field).or_insert(Value::Null), wanted);
                }
            }
        }
        (value, wanted) => *value = wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::changes;
    use super::*;

    fn lines(old: &Value, new: &Value) -> Vec<String> {
        changes(old, new).iter().map(Change::to_string).collect()
    }

    #[test]
    fn an_unset_field_takes_whatever_is_left() {
        // The entry without a key must be paired with the one that is left.
        let old = json!({ "conditions": [{ "key": "a", "values": ["1"] }, { "key": "b", "values": ["1"] }] });
        let new = json!({ "conditions": [{ "values": ["1"] }, { "key": "a", "values": ["1"] }] });
        assert!(is_same(&new, &old) && !is_same(&old, &json!({ "conditions": [] })));
    }

    #[test]
    fn a_lacking_field_is_named_unless_its_object_is_lacking() {
        let old = json!({ "a": { "b": 1, "c": [] }, "d": "x" });
        let named = |like: Value| -> Vec<String> {
            lacking(&old, &like, &["a.b", "a.c", "d", "e"]).iter().map(Change::to_string).collect()
        };
        assert_eq!(named(json!({ "a": {} })), ["a.b: 1 -> none", r#"d: "x" -> none"#]);
        assert_eq!(named(json!({ "a": null, "d": "y" })), [""; 0]);
    }

    #[test]
    fn values_of_any_form_are_compared_as_they_are() {
        let old = json!({ "fields": { "configurationFields": { "a": [1, 2], "b": { "c": null }, "d": 1 } } });
        let new = json!({ "fields": { "configurationFields": { "a": [2, 1], "b": { "c": null } } } });
        let expected = ["fields.configurationFields.a: [1,2] -> [2,1]", "fields.configurationFields.d: 1 -> none"];
        assert_eq!(lines(&old, &new), expected);
        assert!(!is_same(&new, &old));
        let completed: Value = completed(&old, &json!({ "fields": { "configurationFields": { "x": 1 }, "y": 2 } }));
        assert_eq!(completed, json!({ "fields": { "configurationFields": { "x": 1 }, "y": 2 } }));
    }

    #[test]
    fn the_path_of_an_entity_is_no_difference() {
        let old = json!({ "flow": { "id": "f", "selfUri": "/a" }, "text": "t" });
        assert!(is_same(&json!({ "flow": { "id": "f", "selfUri": "/b" } }), &old));
        let other = json!({ "flow": { "id": "g" } });
        assert_eq!(lines(&old, &other), [r#"flow.id: "f" -> "g""#]);
        assert_eq!(completed(&old, &other), json!({ "flow": { "id": "g" }, "text": "t" }));
    }

    #[cfg(feature = "action-maps")]
    #[test]
    fn an_unset_field_is_the_same_but_not_equal() {
        let current = json!({ "flow": { "id": "f", "selfUri": "/a" }, "text": "t", "list": [] });
        let with_path = json!({ "flow": { "id": "f", "selfUri": "/b" }, "text": "t" });
        assert!(is_equal(&with_path, &current) && is_equal(&current, &with_path));
        let unset = json!({ "flow": { "id": "f" } });
        assert!(is_same(&unset, &current) && !is_equal(&unset, &current));
    }
}
