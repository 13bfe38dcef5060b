//! The difference between a segment and its wanted state.

use super::*;

#[test]
fn fields_filled_by_the_service_are_no_difference() {
    let made = created_from(&rich());
    assert!(
        made.context.as_ref().unwrap().patterns[0].criteria[0].should_ignore_case.is_some(),
        "the service filled in nothing"
    );
    assert!(made.self_uri.is_some());
    let update = segments::diff(&made, &rich());
    assert!(update.is_empty(), "{update:?}");
    let mut open = rich();
    open.context.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    open.journey.as_mut().unwrap().patterns[1].criteria[0].operator = None;
    assert!(segments::diff(&created_from(&open), &open).is_empty(), "the service filled in an operator");
    assert_eq!(update.version, Some(made.version));
    assert!(segments::diff(&made, &NewSegment::new("From code")).is_empty());
}

#[test]
fn order_is_no_difference() {
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
    assert!(segments::diff(&created_from(&turned), &rich()).is_empty());
    turned.color = Some("#1f6feb".into());
    assert!(segments::diff(&created_from(&turned), &rich()).is_empty());
}

#[test]
fn the_difference_contains_exactly_the_fields_that_differ() {
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
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria[0].entity_type = Some("other".into())),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].count = Some(3)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].event_name = None),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].stream_type = Some(StreamType::Custom)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[1].session_type = Some("web".into())),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].key = "page.url".into()),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].values.push("Deals".into())),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].operator = Some(Operator::Equal)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria[0].should_ignore_case = Some(true)),
        ("journey", |new| new.journey.as_mut().unwrap().patterns[0].criteria.truncate(1)),
        ("context", |new| new.context.as_mut().unwrap().patterns[0].criteria.truncate(1)),
    ];
    let made = created_from(&rich());
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
fn patterns_with_unset_fields_are_paired_with_patterns_that_fit() {
    // The first wanted pattern fits both, the second fits only the first.
    let criterion = |ignore: Option<bool>| ContextPattern {
        criteria: vec![ContextCriterion {
            should_ignore_case: ignore,
            ..ContextCriterion::new("browser.lang", Operator::Equal, ["fr"])
        }],
    };
    let made = created_from(&NewSegment {
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
fn an_empty_description_equals_none() {
    let wanted = NewSegment { description: Some(String::new()), ..NewSegment::new("Bare") };
    let update = segments::diff(&created_from(&NewSegment::new("Bare")), &wanted);
    assert!(update.is_empty(), "{update:?}");
}

#[test]
fn duplicate_values_are_no_difference() {
    let of = |values: &[&str]| NewSegment {
        context: Some(Context::new([on("browser.lang", values)])),
        ..NewSegment::new("Twice")
    };
    assert!(segments::diff(&created_from(&of(&["fr", "de"])), &of(&["de", "fr", "fr"])).is_empty());
}

/// Returns all sequences of this length.
fn sequences<T: Clone>(choices: &[T], length: usize) -> Vec<Vec<T>> {
    (0..length).fold(vec![Vec::new()], |shorter, _| {
        let longer = |start: &Vec<T>| {
            let start = start.clone();
            choices.iter().map(move |choice| [&start[..], std::slice::from_ref(choice)].concat()).collect::<Vec<_>>()
        };
        shorter.iter().flat_map(longer).collect()
    })
}

/// Tries every order.
fn equal_in_some_order<T: Clone>(wanted: &[T], actual: &[T], matches: &dyn Fn(&T, &T) -> bool) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return actual.is_empty() };
    (0..actual.len()).any(|i| {
        let others = [&actual[..i], &actual[i + 1..]].concat();
        matches(first, &actual[i]) && equal_in_some_order(rest, &others, matches)
    })
}

fn criteria(operators: &[Option<Operator>], ignore_case: &[Option<bool>]) -> Vec<ContextCriterion> {
    let criterion = |operator: &Option<Operator>, should_ignore_case| ContextCriterion {
        operator: operator.clone(),
        should_ignore_case,
        ..ContextCriterion::new("browser.lang", Operator::Equal, ["fr"])
    };
    operators.iter().flat_map(|operator| ignore_case.iter().map(|ignore| criterion(operator, *ignore))).collect()
}

/// Compares `diff` with the search through all orders, for each pair.
fn assert_difference_is_exact(wanted: &[Vec<ContextPattern>], actual: &[Vec<ContextPattern>]) {
    let same_criterion = |wanted: &ContextCriterion, actual: &ContextCriterion| {
        (wanted.operator.is_none() || wanted.operator == actual.operator)
            && (wanted.should_ignore_case.is_none() || wanted.should_ignore_case == actual.should_ignore_case)
    };
    let same_pattern = |wanted: &ContextPattern, actual: &ContextPattern| {
        equal_in_some_order(&wanted.criteria, &actual.criteria, &same_criterion)
    };
    let mut segment = created_from(&NewSegment::new("Exact"));
    let mut same = 0;
    for wanted in wanted {
        let new = NewSegment { context: Some(Context::new(wanted.clone())), ..NewSegment::new("Exact") };
        for actual in actual {
            segment.context = Some(Context::new(actual.clone()));
            let expected = equal_in_some_order(wanted, actual, &same_pattern);
            assert_eq!(segments::diff(&segment, &new).is_empty(), expected, "{wanted:?}\n{actual:?}");
            same += usize::from(expected);
        }
    }
    assert!(same > 100, "only {same} pairs are the same");
}

#[test]
fn criteria_with_unset_fields_are_compared_as_by_trying_every_order() {
    let operators = [None, Some(Operator::Equal), Some(Operator::LessThan), Some(Operator::StartsWith)];
    let patterns = |criteria: &[ContextCriterion]| {
        sequences(criteria, 3).into_iter().map(|criteria| vec![ContextPattern::new(criteria)]).collect::<Vec<_>>()
    };
    let wanted = patterns(&criteria(&operators, &[None, Some(true)]));
    let actual = [
        patterns(&criteria(&operators[1..], &[Some(true)])),
        patterns(&criteria(&operators[1..2], &[Some(true), Some(false)])),
    ];
    assert_difference_is_exact(&wanted, &actual.concat());
}

#[test]
fn patterns_with_unset_fields_are_compared_as_by_trying_every_order() {
    let patterns = |criteria: &[ContextCriterion]| {
        let criteria = (1..=2).flat_map(|length| sequences(criteria, length));
        sequences(&criteria.map(ContextPattern::new).collect::<Vec<_>>(), 2)
    };
    let wanted = patterns(&criteria(&[None, Some(Operator::Equal)], &[None, Some(true)]));
    let actual = patterns(&criteria(&[Some(Operator::Equal), Some(Operator::LessThan)], &[Some(true)]));
    assert_difference_is_exact(&wanted, &actual);
}

#[test]
fn an_external_segment_cannot_be_added() {
    let wanted = NewSegment { external_segment: Some(ExternalSegment::new("x-1", "X")), ..NewSegment::new("Bare") };
    let update = segments::diff(&created_from(&NewSegment::new("Bare")), &wanted);
    assert!(update.is_empty(), "{update:?}");
}

#[test]
fn unset_fields_of_a_pattern_are_no_difference() {
    let mut open = rich();
    let pattern = &mut open.journey.as_mut().unwrap().patterns[1];
    (pattern.count, pattern.stream_type, pattern.session_type) = (None, None, None);
    open.context.as_mut().unwrap().patterns[1].criteria[0].entity_type = None;
    let update = segments::diff(&created_from(&rich()), &open);
    assert!(update.is_empty(), "{update:?}");
}
