//! What differs between what is and what should be.

use super::*;

#[test]
fn what_was_made_from_it_does_not_differ_although_the_service_filled_in_fields() {
    let made = made_of(&rich());
    assert!(made.context.patterns[0].criteria[0].should_ignore_case.is_some(), "the service filled in nothing");
    assert!(made.self_uri.is_some());
    let update = segments::diff(&made, &rich());
    assert!(update.is_empty(), "{update:?}");
    let mut open = rich();
    open.context.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    open.journey.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    assert!(segments::diff(&made_of(&open), &open).is_empty(), "the service filled in an operator");
    assert_eq!(update.version, Some(made.version));
    assert!(segments::diff(&made, &NewSegment::new("From code")).is_empty());
}

#[test]
fn the_order_of_patterns_criteria_and_values_carries_no_meaning() {
    let mut turned = rich();
    let context = turned.context.as_mut().unwrap();
    let journey = turned.journey.as_mut().unwrap();
    context.patterns.reverse();
    journey.patterns.reverse();
    for pattern in &mut context.patterns {
        pattern.criteria.reverse();
        pattern.criteria.iter_mut().for_each(|criterion| criterion.values.reverse());
    }
    for pattern in &mut journey.patterns {
        pattern.criteria.reverse();
        pattern.criteria.iter_mut().for_each(|criterion| criterion.values.reverse());
    }
    assert_ne!(turned, rich());
    assert!(segments::diff(&made_of(&turned), &rich()).is_empty());
    turned.color = Some("#1f6feb".into());
    assert!(segments::diff(&made_of(&turned), &rich()).is_empty());
}

#[test]
fn each_field_that_differs_is_in_the_difference_and_no_other() {
    type Change = (&'static str, fn(&mut NewSegment));
    let changes: [Change; 24] = [
        ("isActive", |new| new.is_active = Some(false)),
        ("displayName", |new| new.display_name = "from code".into()),
        ("description", |new| new.description = Some(String::new())),
        ("color", |new| new.color = Some("#1F6FEC".into())),
        ("shouldDisplayToAgent", |new| new.should_display_to_agent = Some(false)),
        ("assignmentExpirationDays", |new| new.assignment_expiration_days = Some(31)),
        ("context", |new| new.context = Some(Context::default())),
        ("context", |new| new.context.as_mut().unwrap().patterns.truncate(1)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].key = "device.type".into()),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].values.push("tv".into())),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].values[0] = "tablet".into()),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].operator = Some(Operator::NotEqual)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].should_ignore_case = Some(true)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].entity_type = "other".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].count = 3),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].event_name = None),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].stream_type = StreamType::Custom),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[1].session_type = "web".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].key = "page.url".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].values.push("Deals".into())),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].operator = Some(Operator::Equal)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].should_ignore_case = Some(true)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria.truncate(1)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria.truncate(1)),
    ];
    let made = made_of(&rich());
    for (i, (field, change)) in changes.into_iter().enumerate() {
        let mut wanted = rich();
        change(&mut wanted);
        let update = serde_json::to_value(segments::diff(&made, &wanted)).unwrap();
        let mut expected = json!({ "version": made.version });
        expected[field] = serde_json::to_value(&wanted).unwrap()[field].clone();
        assert_eq!(update, expected, "change {i}");
    }
}

#[test]
fn patterns_that_leave_something_open_find_the_partners_that_fit() {
    // The first wanted fits both; the second fits only the first.
    let criterion = |ignore: Option<bool>| ContextPattern {
        criteria: vec![ContextCriterion {
            should_ignore_case: ignore,
            ..ContextCriterion::new("browser.lang", Operator::Equal, ["fr"])
        }],
    };
    let made = made_of(&NewSegment {
        context: Some(Context::new([criterion(Some(true)), criterion(Some(false))])),
        ..NewSegment::new("Open")
    });
    let wanted =
        |patterns: [ContextPattern; 2]| NewSegment { context: Some(Context::new(patterns)), ..NewSegment::new("Open") };
    assert!(segments::diff(&made, &wanted([criterion(None), criterion(Some(true))])).is_empty());
    assert!(segments::diff(&made, &wanted([criterion(None), criterion(None)])).is_empty());
    assert!(!segments::diff(&made, &wanted([criterion(Some(true)), criterion(Some(true))])).is_empty());
}

#[test]
fn no_text_is_no_description() {
    let wanted = NewSegment { description: Some(String::new()), ..NewSegment::new("Bare") };
    let update = segments::diff(&made_of(&NewSegment::new("Bare")), &wanted);
    assert!(update.is_empty(), "{update:?}");
}

#[test]
fn a_value_given_twice_is_one() {
    let of = |values: &[&str]| NewSegment {
        context: Some(Context::new([on("browser.lang", values)])),
        ..NewSegment::new("Twice")
    };
    assert!(segments::diff(&made_of(&of(&["fr", "de"])), &of(&["de", "fr", "fr"])).is_empty());
}
