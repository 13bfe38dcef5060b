//! Views as code: constructors, the check, JSON, and the differences of two views.

use genesys_journey::views::charts::{Aggregate, GroupBy};
use genesys_journey::views::{Bound, NumberPredicate, Predicate, Range, element_id};

use super::*;

/// Returns the field of the first problem.
fn problem(change: impl FnOnce(&mut NewView)) -> Option<String> {
    let mut view = bots("Bots");
    change(&mut view);
    view.check().err().map(|error| {
        assert_eq!(error.kind(), ErrorKind::Input);
        error.field().unwrap().to_owned()
    })
}

#[test]
fn constructors_make_the_json_of_the_vendor() {
    let turns = Range { gt: Some(Bound::number(1.0)), ..Range::default() };
    let agent = Element::event("Agent", AGENT)
        .filter(Predicate::not_matches("channels", ["CALL"]))
        .filter_number(NumberPredicate::new("turnCount", turns));
    let start = Element::event("Bot start", BOT)
        .filter(Predicate::matches("channels", ["CALL", "CALLBACK"]))
        .followed_by(&agent)
        .followed_by("Bot start")
        .followed_by(Link::to("Agent").within(60, TimeUnit::Minutes).after(2, TimeUnit::Seconds));
    let chart = Chart {
        group_by_attributes: vec![GroupBy::new("Agent", "channels")],
        ..Chart::new("Waits", [ChartMetric::of(Aggregate::Average, "Agent", "wait"), ChartMetric::events("Agent")])
    };
    let view = NewView { charts: vec![chart], duration: Some("P30D".into()), ..NewView::new("Bots", [start, agent]) };
    view.check().unwrap();
    let (start, agent) = (element_id("Bot start"), element_id("Agent"));
    let expected = json!({
        "name": "Bots", "duration": "P30D",
        "elements": [
            {
                "id": start, "name": "Bot start", "attributes": { "type": "Event", "id": BOT },
                "filter": { "type": "And", "predicates": [
                    { "operator": "Matches", "dimension": "channels", "values": ["CALL", "CALLBACK"] },
                ] },
                "followedBy": [
                    { "id": agent },
                    { "id": start },
                    {
                        "id": agent, "constraintWithin": { "unit": "Minutes", "value": 60 },
                        "constraintAfter": { "unit": "Seconds", "value": 2 },
                    },
                ],
            },
            {
                "id": agent, "name": "Agent", "attributes": { "type": "Event", "id": AGENT },
                "filter": {
                    "type": "And",
                    "predicates": [{ "operator": "NotMatches", "dimension": "channels", "values": ["CALL"] }],
                    "numberPredicates": [
                        { "operator": "Matches", "dimension": "turnCount", "range": { "gt": { "number": 1.0 } } },
                    ],
                },
            },
        ],
        "charts": [{
            "name": "Waits", "groupByAttributes": [{ "elementId": agent, "attribute": "channels" }],
            "metrics": [
                {
                    "id": element_id(r#"["Average","Agent","wait"]"#), "aggregate": "Average", "elementId": agent,
                    "attribute": "wait", "displayLabel": "Agent",
                },
                {
                    "id": element_id(r#"["EventCount","Agent"]"#), "aggregate": "EventCount", "elementId": agent,
                    "displayLabel": "Agent",
                },
            ],
        }],
    });
    assert_eq!(json!(view), expected);
}

#[test]
fn ids_of_elements_are_uuids_that_follow_from_names() {
    // FNV-1a of no bytes is its basis.
    assert_eq!(element_id(""), "6c62272e-07bb-8142-a2b8-21756295c58d");
    let ids: std::collections::HashSet<String> = (0..1_000).map(|n| element_id(&format!("Element {n}"))).collect();
    assert_eq!(ids.len(), 1_000);
    let is_uuid = |id: &str| {
        id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && id.as_bytes()[14] == b'8'
            && b"89ab".contains(&id.as_bytes()[19])
    };
    assert!(ids.iter().all(|id| is_uuid(id)));
}

#[test]
fn different_metrics_have_different_ids() {
    let sum = |element: &str, attribute: &str| ChartMetric::of(Aggregate::Sum, element, attribute);
    let metrics = [
        sum("A", "b c"),
        sum("A b", "c"),
        sum("A", ""),
        sum("A\",\"b", "c"),
        sum("A", "b\",\"c"),
        ChartMetric::of(Aggregate::EventCount, "A", ""),
        ChartMetric::events("A"),
        ChartMetric::customers("A"),
        ChartMetric::events("A b"),
    ];
    let ids: std::collections::HashSet<&str> = metrics.iter().map(|metric| &*metric.id).collect();
    assert_eq!(ids.len(), metrics.len());
    assert_eq!(sum("A", "b c").id, metrics[0].id);
}

#[test]
fn check_names_the_field_of_a_problem() {
    use genesys_journey::views::{ElementFilter, ElementPosition, TimeConstraint};

    assert_eq!(problem(|_| ()), None);
    let interval = Some("2026-01-01T00:00:00Z/P1D".parse().unwrap());
    assert_eq!(problem(|view| (view.interval, view.duration) = (interval.clone(), None)), None);
    let filter = |predicate: Predicate| {
        problem(|view| view.elements[0].filter = Element::event("a", "b").filter(predicate).filter)
    };
    let number = |range: Range| {
        let predicate = NumberPredicate::new("turnCount", range);
        problem(|view| view.elements[0].filter = Element::event("a", "b").filter_number(predicate).filter)
    };
    let gt = |bound: Bound| Range { gt: Some(bound), ..Range::default() };
    let constraint = |unit, value| {
        problem(|view| view.elements[0].followed_by[0].constraint_within = Some(TimeConstraint { unit, value }))
    };
    let position =
        |x, y, col| problem(|view| view.elements[1].display_attributes = Some(ElementPosition { x, y, col }));
    // The vendor does not require these fields.
    assert_eq!(problem(|view| view.elements[0].attributes.id = None), None);
    assert_eq!([constraint(None, Some(3)), constraint(Some(TimeUnit::Days), None)], [None, None]);
    assert_eq!(position(Some(0), Some(-1), Some(0)), None);
    for duration in ["P0,5D", "PT6.5S", "PT1H30,25M"] {
        assert_eq!(problem(|view| view.duration = Some(duration.into())), None);
    }
    assert_eq!(filter(Predicate { no_value: Some(true), ..Predicate::matches("channels", [""; 0]) }), None);
    assert_eq!(number(gt(Bound::duration("PT30S"))), None);
    let problems = [
        (problem(|view| view.name = None), "name"),
        (problem(|view| view.name = Some(String::new())), "name"),
        (problem(|view| view.duration = None), "interval and duration"),
        (problem(|view| view.interval = interval), "interval and duration"),
        (problem(|view| view.duration = Some("30 days".into())), "duration"),
        (
            problem(|view| {
                view.duration = None;
                view.interval = Some(serde_json::from_value(json!("2026-01-02/2026-01-01")).unwrap());
            }),
            "interval",
        ),
        (problem(|view| view.elements.clear()), "elements"),
        (problem(|view| view.elements[1].id.clear()), "elements[1].id"),
        (problem(|view| view.elements[1].id = view.elements[0].id.clone()), "elements[1].id"),
        (problem(|view| view.elements[1].name.clear()), "elements[1].name"),
        (problem(|view| view.elements[1].name = "Bot start".into()), "elements[1].name"),
        (problem(|view| view.elements[0].attributes.element_type = None), "elements[0].attributes.type"),
        (problem(|view| view.elements[0].attributes.id = Some(String::new())), "elements[0].attributes.id"),
        (problem(|view| view.elements[0].followed_by.push(Link::to("Nobody"))), "elements[0].followedBy[1].id"),
        (position(None, Some(1), Some(1)), "elements[1].displayAttributes.x"),
        (position(Some(1), None, Some(1)), "elements[1].displayAttributes.y"),
        (position(Some(1), Some(1), None), "elements[1].displayAttributes.col"),
        (constraint(None, Some(-1)), "elements[0].followedBy[0].constraintWithin.value"),
        (
            problem(|view| view.elements[1].followed_by.push(Link::to("Agent").after(-1, TimeUnit::Days))),
            "elements[1].followedBy[0].constraintAfter.value",
        ),
        (problem(|view| view.elements[1].filter = Some(ElementFilter::default())), "elements[1].filter.type"),
        (filter(Predicate::matches("", ["CALL"])), "elements[0].filter.predicates[0].dimension"),
        (filter(Predicate::matches("channels", [""; 0])), "elements[0].filter.predicates[0].values"),
        (number(Range::default()), "elements[0].filter.numberPredicates[0].range"),
        (number(gt(Bound::default())), "elements[0].filter.numberPredicates[0].range.gt"),
        (
            number(gt(Bound { number: Some(1.0), duration: Some("P1D".into()) })),
            "elements[0].filter.numberPredicates[0].range.gt",
        ),
        (number(gt(Bound::number(f64::INFINITY))), "elements[0].filter.numberPredicates[0].range.gt"),
        (number(gt(Bound::duration("1 minute"))), "elements[0].filter.numberPredicates[0].range.gt"),
        (problem(|view| view.charts[0].metrics.clear()), "charts[0].metrics"),
        (problem(|view| view.charts[0].metrics[0].id.clear()), "charts[0].metrics[0].id"),
        (problem(|view| view.charts[0].metrics[0].element_id.clear()), "charts[0].metrics[0].elementId"),
        (problem(|view| view.charts[0].metrics[0].aggregate = Some(Aggregate::Sum)), "charts[0].metrics[0].attribute"),
        (
            problem(|view| view.charts[0].group_by_attributes = vec![GroupBy::new("Nobody", "channels")]),
            "charts[0].groupByAttributes[0].elementId",
        ),
        (
            problem(|view| view.charts[0].group_by_attributes = vec![GroupBy::new("Agent", "")]),
            "charts[0].groupByAttributes[0].attribute",
        ),
    ];
    for (found, expected) in problems {
        assert_eq!(found.as_deref(), Some(expected));
    }
}

#[test]
fn a_view_is_exported_and_imported_as_json() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let view = views::get(&config, &id).unwrap();
    let json = NewView::from(&view).to_json().unwrap();
    assert!(json.contains("\n  \"name\": \"Bots\""), "{json}");
    assert_eq!(NewView::from_json(&json).unwrap(), NewView::from(&view));
    // The whole response can be imported, too: read-only fields are not sent.
    let whole = NewView::from_json(&json!(view).to_string()).unwrap();
    assert_eq!(json!(whole), json!(NewView::from(&view)));
    let error = NewView::from_json(r#"{"elements": [{"name": 7}]}"#).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("view")));
    assert!(error.to_string().contains("line 1"), "{error}");
    let nan = Range { gt: Some(Bound::number(f64::NAN)), ..Range::default() };
    let element = Element::event("a", "b").filter_number(NumberPredicate::new("n", nan));
    assert_eq!(NewView::new("Bots", [element]).to_json().unwrap_err().kind(), ErrorKind::Input);
}

/// A view that leaves every default to the service.
fn without_defaults() -> NewView {
    let turns = Range { gt: Some(Bound::number(1.0)), ..Range::default() };
    let mut start = Element::event("Bot start", BOT)
        .filter(Predicate::matches("channels", ["CALL"]))
        .filter_number(NumberPredicate::new("turnCount", turns))
        .followed_by("Agent")
        // Two links to one element have no key, so that they are compared as a whole.
        .followed_by("Agent");
    if let Some(filter) = &mut start.filter {
        filter.predicates[0].operator = None;
        filter.number_predicates[0].operator = None;
    }
    let metric = ChartMetric { aggregate: None, ..ChartMetric::customers("Agent") };
    NewView {
        duration: Some("P30D".into()),
        charts: vec![Chart::new("Agents", [metric]), Chart::new("More", [ChartMetric::events("Agent")])],
        ..NewView::new("Bots", [start, Element::event("Agent", AGENT)])
    }
}

#[test]
fn the_defaults_of_the_service_are_no_difference() {
    let service = StandIn::start();
    let config = config!(service);
    let wanted = without_defaults();
    let id = views::create(&config, &wanted).unwrap().id;
    let current = NewView::from(&views::get(&config, &id).unwrap());
    assert_eq!(views::diff(&current, &wanted), []);
    assert_eq!(views::diff(&wanted, &current), []);
    let current = json!(current);
    let (element, chart) = (&current["elements"][0], &current["charts"][1]);
    let defaults = [
        (&element["filter"]["predicates"][0]["operator"], json!("Matches")),
        (&element["filter"]["numberPredicates"][0]["operator"], json!("Matches")),
        (&element["followedBy"][1]["eventCountType"], json!("Sequential")),
        (&current["charts"][0]["metrics"][0]["aggregate"], json!("CustomerCount")),
        (&chart["rank"], json!(2)),
    ];
    for (found, expected) in defaults {
        assert_eq!(*found, expected);
    }
}

#[test]
fn an_unset_field_and_an_empty_one_are_no_difference() {
    use genesys_journey::views::charts::ChartDisplay;

    let old = without_defaults();
    let mut new = old.clone();
    new.description = Some(String::new());
    new.elements[0].attributes.source = Some(String::new());
    new.elements[0].filter.as_mut().unwrap().predicates[0].no_value = Some(false);
    new.charts[0].display_attributes = Some(ChartDisplay { show_legend: Some(false), ..ChartDisplay::default() });
    assert_eq!(views::diff(&old, &new), []);
    assert_eq!(views::diff(&new, &old), []);
}

#[test]
fn another_value_than_the_default_is_a_difference() {
    use genesys_journey::views::{EventCountType, Operator};

    let old = without_defaults();
    let lines = |change: fn(&mut NewView)| {
        let mut new = old.clone();
        change(&mut new);
        views::diff(&old, &new).iter().map(|change| change.to_string()).collect::<Vec<_>>()
    };
    let charts = "charts[Agents]";
    assert_eq!(
        lines(|view| view.charts[0].metrics[0].aggregate = Some(Aggregate::EventCount)),
        [format!("{charts}.metrics[Agent].aggregate: none -> \"EventCount\"")]
    );
    let filter = |view: &mut NewView| {
        view.elements[0].filter.as_mut().unwrap().predicates[0].operator = Some(Operator::NotMatches);
    };
    assert_eq!(lines(filter).len(), 1);
    let number = |view: &mut NewView| {
        view.elements[0].filter.as_mut().unwrap().number_predicates[0].no_value = Some(true);
    };
    assert_eq!(lines(number).len(), 1);
    let link = |view: &mut NewView| view.elements[0].followed_by[0].event_count_type = Some(EventCountType::All);
    assert_eq!(lines(link).len(), 1);
    // A rank that both sides set is compared.
    let ranked = |rank| {
        let mut view = without_defaults();
        view.charts[0].rank = Some(rank);
        view
    };
    let change = &views::diff(&ranked(1), &ranked(2))[0];
    assert_eq!(change.to_string(), format!("{charts}.rank: 1 -> 2"));
}

#[test]
fn a_difference_is_one_line_for_each_field() {
    let old = bots("Bots");
    let lines = |change: fn(&mut NewView)| {
        let mut new = old.clone();
        change(&mut new);
        views::diff(&old, &new).iter().map(|change| change.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(lines(|_| ()), [""; 0]);
    // The order of elements is no difference.
    assert_eq!(lines(|view| view.elements.reverse()), [""; 0]);
    assert_eq!(
        lines(|view| (view.duration, view.description) = (None, Some("New".into()))),
        [r#"description: none -> "New""#, r#"duration: "P30D" -> none"#]
    );
    let agent = element_id("Agent");
    assert_eq!(
        lines(|view| view.elements[0].followed_by[0] = Link::to("Agent").within(90, TimeUnit::Minutes)),
        [format!("elements[Bot start].followedBy[{agent}].constraintWithin.value: 60 -> 90")]
    );
    let link = r#"{"constraintWithin":{"unit":"Minutes","value":60},"id":"#;
    assert_eq!(
        lines(|view| view.elements[0].followed_by.clear()),
        [format!("elements[Bot start].followedBy[{agent}]: {link}\"{agent}\"}} -> none")]
    );
    let predicate = r#"{"predicates":[{"dimension":"channels","operator":"Matches","values":["CALL"]}],"type":"And"}"#;
    assert_eq!(
        lines(|view| view.elements[1].filter =
            Element::event("", "").filter(Predicate::matches("channels", ["CALL"])).filter),
        [format!("elements[Agent].filter: none -> {predicate}")]
    );
    assert_eq!(
        lines(|view| view.elements[1].name = "Person".into()),
        [r#"elements[Person].name: "Agent" -> "Person""#]
    );
    assert_eq!(
        lines(|view| view.charts[0].metrics[0].aggregate = Some(Aggregate::EventCount)),
        [r#"charts[Agents a day].metrics[Agent].aggregate: "CustomerCount" -> "EventCount""#]
    );
    let removed = lines(|view| view.charts.clear());
    assert!(removed.len() == 1 && removed[0].starts_with("charts[Agents a day]: {"), "{removed:?}");
    let replaced = lines(|view| view.elements[1] = Element::event("Person", AGENT));
    assert_eq!(replaced.len(), 2, "{replaced:?}");
}
