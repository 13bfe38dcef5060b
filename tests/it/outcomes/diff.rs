//! The difference between an outcome and its wanted state, and the exact mode.

use genesys_journey::Change;
use serde_json::Value;

use super::*;

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn outcome(fields: Value) -> Outcome {
    let mut outcome = json!({ "id": "7", "displayName": "Booking", "version": 3 });
    outcome.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(outcome).unwrap()
}

fn conditions(values: [&str; 2]) -> Value {
    let context = json!({ "key": "device.category", "values": values, "operator": "equal", "entityType": "visit" });
    let event = json!({ "key": "page.title", "values": values });
    json!({
        "context": { "patterns": [{ "criteria": [context] }] },
        "journey": { "patterns": [{ "criteria": [event], "count": 1, "streamType": "Web", "sessionType": "web" }] },
    })
}

fn rich() -> Outcome {
    let mut fields = conditions(["a", "b"]);
    fields["description"] = json!("A paid order");
    fields["isActive"] = json!(true);
    fields["isPositive"] = json!(true);
    fields["associatedValueField"] = json!({ "dataType": "Number", "name": "price" });
    outcome(fields)
}

fn wanted(fields: Value) -> NewOutcome {
    let mut wanted = json!({ "displayName": "Booking" });
    wanted.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(wanted).unwrap()
}

#[test]
fn unset_fields_and_the_order_of_values_are_no_difference() {
    let rich = rich();
    assert!(outcomes::diff(&rich, &wanted(json!({}))).is_empty());
    assert!(outcomes::diff(&rich, &NewOutcome::from(&rich)).is_empty());
    assert!(outcomes::diff(&rich, &wanted(conditions(["b", "a"]))).is_empty());
    assert!(outcomes::diff(&rich, &wanted(json!({ "associatedValueField": { "name": "price" } }))).is_empty());
    assert!(outcomes::diff(&outcome(json!({})), &wanted(json!({ "description": "", "context": {} }))).is_empty());
}

#[test]
fn each_difference_is_in_the_update() {
    let mut fields = conditions(["a", "c"]);
    fields["displayName"] = json!("Order");
    fields["description"] = json!("Any order");
    fields["isActive"] = json!(false);
    fields["isPositive"] = json!(false);
    fields["associatedValueField"] = json!({ "dataType": "Integer" });
    let update = outcomes::diff(&rich(), &wanted(fields));
    let values = |path: &str| format!(r#"{path}.patterns[0].criteria[0].values: ["a","b"] -> ["a","c"]"#);
    let expected = [
        r#"associatedValueField.dataType: "Number" -> "Integer""#.to_owned(),
        values("context"),
        r#"description: "A paid order" -> "Any order""#.to_owned(),
        r#"displayName: "Booking" -> "Order""#.to_owned(),
        "isActive: true -> false".to_owned(),
        "isPositive: true -> false".to_owned(),
        values("journey"),
    ];
    assert_eq!(lines(&outcomes::changes(&rich(), &update)), expected);
    // A part of the field that is not wanted keeps its value.
    assert_eq!(update.associated_value_field, Some(AssociatedValueField::new(ValueType::Integer, "price")));
    assert_eq!(update.version, Some(3));
}

#[test]
fn an_update_has_the_name_that_the_vendor_requires() {
    let update = outcomes::diff(&rich(), &wanted(json!({ "isActive": false })));
    let expected = json!({ "version": 3, "displayName": "Booking", "isActive": false });
    assert_eq!(serde_json::to_value(update).unwrap(), expected);
}

#[test]
fn the_exact_mode_clears_conditions_and_lists_the_rest() {
    let bare = outcome(json!({}));
    let difference = outcomes::diff_exact(&rich(), &bare);
    let expected = json!({
        "version": 3, "displayName": "Booking", "context": { "patterns": [] }, "journey": { "patterns": [] },
    });
    assert_eq!(serde_json::to_value(&difference.update).unwrap(), expected);
    let paths: Vec<&str> = difference.unchangeable.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["isActive", "description", "isPositive", "associatedValueField"]);
    assert!(!difference.is_empty());
    assert!(outcomes::diff_exact(&rich(), &rich()).is_empty());
    let nothing = outcome(json!({ "context": { "patterns": [] }, "description": "" }));
    assert!(outcomes::diff_exact(&nothing, &bare).is_empty());
    let part = outcome(json!({ "associatedValueField": { "dataType": "Number" } }));
    let whole = outcome(json!({ "associatedValueField": { "dataType": "Number", "name": "price" } }));
    assert_eq!(
        lines(&outcomes::diff_exact(&whole, &part).unchangeable),
        [r#"associatedValueField.name: "price" -> none"#]
    );
}
