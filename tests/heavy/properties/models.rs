//! Any segment, update or query is equal after it was written and read.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use genesys_journey::action_targets::{ActionTarget, ActionTargetUpdate, ServiceLevel};
use genesys_journey::analytics::*;
use genesys_journey::criteria::*;
use genesys_journey::segments::*;
use genesys_journey::{Region, Timestamp, Update};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9 ._#%&?/+-]{0,12}", "\\PC{0,8}", Just("日本語 \"\\\n\t\u{0}".to_owned())]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1e-7), -1e15..1e15_f64, any::<i32>().prop_map(f64::from)]
}

fn update<T: Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Update<T>> {
    option::of(option::of(value)).prop_map(|update| match update {
        None => Update::Keep,
        Some(None) => Update::Clear,
        Some(Some(value)) => Update::Set(value),
    })
}

fn operator() -> impl Strategy<Value = Operator> {
    prop_oneof![proptest::sample::select(Operator::KNOWN), "[a-z]{1,8}".prop_map(|text| Operator::from(text.as_str()))]
}

// A condition is not empty: of empty ones in a row, only the first is read.
prop_compose! {
    fn context()(patterns in vec(vec((text(), vec(text(), 0..3), option::of(any::<bool>()), option::of(operator())), 1..3), 0..3)) -> Context {
        let criterion = |(key, values, should_ignore_case, operator)| ContextCriterion {
            key, values, should_ignore_case, operator, entity_type: Some(EntityType::Visit),
        };
        Context::new(patterns.into_iter().map(|criteria| ContextPattern::new(criteria.into_iter().map(criterion))))
    }
}

prop_compose! {
    fn journey()(patterns in vec((vec((text(), vec(text(), 0..3), option::of(operator())), 1..3), any::<i64>(), text(), option::of(text())), 0..3)) -> Journey {
        Journey::new(patterns.into_iter().map(|(criteria, count, session_type, event_name)| JourneyPattern {
            criteria: criteria.into_iter().map(|(key, values, operator)| JourneyCriterion {
                key, values, should_ignore_case: Some(true), operator,
            }).collect(),
            count: Some(count),
            stream_type: Some(StreamType::from(session_type.as_str())),
            session_type: Some(session_type),
            event_name,
        }))
    }
}

prop_compose! {
    fn new_segment()(
        display_name in text(), is_active in option::of(any::<bool>()), version in option::of(any::<i64>()),
        description in option::of(text()), color in option::of(text()), should_display_to_agent in option::of(any::<bool>()),
        context in option::of(context()), journey in option::of(journey()),
        external in option::of((text(), text(), option::of(text()))), days in option::of(any::<i64>()),
    ) -> NewSegment {
        let external_segment = external.map(|(id, name, source)| ExternalSegment {
            id, name, source: source.map(|source| ExternalSource::from(source.as_str())),
        });
        NewSegment {
            is_active, display_name, version, description, color, should_display_to_agent, context, journey,
            external_segment, assignment_expiration_days: days,
        }
    }
}

prop_compose! {
    fn segment_update()(
        display_name in option::of(text()), is_active in option::of(any::<bool>()), version in option::of(any::<i64>()),
        description in update(text()), color in update(text()), should_display_to_agent in update(any::<bool>()),
        context in option::of(context()), journey in option::of(journey()), name in option::of(option::of(text())),
        days in update(any::<i64>()),
    ) -> SegmentUpdate {
        SegmentUpdate {
            is_active, display_name, version, description, color, should_display_to_agent,
            // `Clear` of these two is written like an empty value, so only `Keep` and `Set` differ.
            context: context.map_or(Update::Keep, Update::Set), journey: journey.map_or(Update::Keep, Update::Set),
            external_segment: name.map(|name| ExternalSegmentUpdate { name }),
            assignment_expiration_days: days,
        }
    }
}

prop_compose! {
    fn query()(
        granularity in option::of(text()), time_zone in option::of(text()), group_by in vec(text(), 0..4),
        metrics in vec(text(), 0..4), predicates in vec((text(), option::of(text()), option::of((number(), number()))), 0..3),
        views in vec((text(), text(), option::of(number())), 0..3), flatten in option::of(any::<bool>()),
    ) -> AggregateQuery {
        let predicate = |(dimension, value, range): (String, Option<String>, Option<(f64, f64)>)| Predicate {
            value, range: range.map(|(gt, lte)| NumericRange { gt: Some(gt), lte: Some(lte), ..NumericRange::default() }),
            ..Predicate::exists(Dimension::from(dimension.as_str()))
        };
        let predicates: Vec<Predicate> = predicates.into_iter().map(predicate).collect();
        let view = |(name, target, gte): (String, String, Option<f64>)| View::range_bound(name, Metric::from(target.as_str()), AggregationRange { gte, lt: None });
        AggregateQuery {
            granularity, time_zone, group_by: group_by.iter().map(|name| Dimension::from(name.as_str())).collect(),
            filter: Some(Filter::or(predicates.clone()).with_clause(Clause::and(predicates))),
            flatten_multivalued_dimensions: flatten, views: views.into_iter().map(view).collect(),
            ..AggregateQuery::new(
                "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z".parse().unwrap(),
                metrics.iter().map(|name| Metric::from(name.as_str())),
            )
        }
    }
}

/// URLs of gateways, of regions of the vendor, and of a region that the crate does not know.
fn url() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        "https://[a-z]{1,8}(\\.[a-z]{2,5}){0,2}(:[1-9][0-9]{0,3})?",
        Just("http://127.0.0.1:8080".to_owned()),
        proptest::sample::select(Region::ALL).prop_map(|region| region.api_url()),
        proptest::sample::select(Region::ALL).prop_map(|region| region.login_url()),
        Just("https://API.mypurecloud.ie".to_owned()),
        Just("https://api.euw9.pure.cloud".to_owned()),
        Just("https://eu-west-1".to_owned()),
    ];
    (host, "(/[a-zA-Z0-9._-]{1,5}){0,2}/?").prop_map(|(host, path)| host + &path)
}

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&written).unwrap();
    assert_eq!(read, *value);
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
}

/// Returns the response of the service to a new segment.
fn as_read(new: &NewSegment, id: &str, version: i64) -> Value {
    let mut segment = serde_json::to_value(new).unwrap();
    let filled = json!({
        "id": id, "version": version, "isActive": true, "color": "#008000", "scope": "Session", "shouldDisplayToAgent": false,
        "context": {"patterns": []}, "journey": {"patterns": []}, "createdDate": "x", "modifiedDate": "y",
    });
    for (key, value) in filled.as_object().unwrap() {
        segment.as_object_mut().unwrap().entry(key).or_insert(value.clone());
    }
    segment["version"] = json!(version);
    segment
}

/// Puts an unknown field into every object.
fn with_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(with_unknown_fields);
            fields.insert("fieldOfTomorrow".into(), json!({"deep": [1, null, {"x": "y"}]}));
        }
        Value::Array(values) => values.iter_mut().for_each(with_unknown_fields),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_new_segment_survives(new in new_segment()) { survives(&new); }

    #[test]
    fn an_update_survives(update in segment_update()) { survives(&update); }

    #[test]
    fn a_query_survives(query in query()) { survives(&query); }

    #[test]
    fn an_action_target_update_survives(
        name in option::of(text()), percentage in option::of(number()), duration_ms in option::of(any::<i64>()),
        short_abandon_threshold in option::of(any::<i64>()),
    ) {
        let service_level = Some(ServiceLevel { percentage, duration_ms });
        survives(&ActionTargetUpdate { name, service_level, short_abandon_threshold });
    }

    #[test]
    fn a_segment_with_unknown_fields_survives(new in new_segment(), id in text(), version in any::<i64>()) {
        let mut json = as_read(&new, &id, version);
        let segment: Segment = serde_json::from_value(json.clone()).unwrap();
        survives(&segment);
        prop_assert_eq!(serde_json::to_value(&segment).unwrap(), json.clone());
        with_unknown_fields(&mut json);
        prop_assert_eq!(serde_json::from_value::<Segment>(json).unwrap(), segment);
    }

    #[test]
    fn an_equal_segment_needs_no_update(new in new_segment()) {
        let segment: Segment = serde_json::from_value(as_read(&new, "7", 3)).unwrap();
        prop_assert!(diff(&segment, &new).is_empty(), "{:?}", diff(&segment, &new));
        let mut shuffled = segment.clone();
        let (context, journey) = (shuffled.context.as_mut().unwrap(), shuffled.journey.as_mut().unwrap());
        context.patterns.reverse();
        journey.patterns.reverse();
        for pattern in &mut journey.patterns {
            pattern.criteria.reverse();
            pattern.criteria.iter_mut().for_each(|criterion| criterion.values.reverse());
        }
        prop_assert!(diff(&shuffled, &new).is_empty(), "{:?}", diff(&shuffled, &new));
        let back = NewSegment { context: segment.context, journey: segment.journey, ..NewSegment::new("back") };
        survives(&back);
    }

    #[test]
    fn a_custom_region_is_read_as_it_is_written(api in url(), login in url(), same in any::<bool>()) {
        let region = Region::custom(&api, if same { &api } else { &login }).unwrap();
        let vendors_unknown = |url: &str| url.contains("https://api.euw9.");
        let read = region.to_string().parse::<Region>();
        if vendors_unknown(&region.api_url()) || vendors_unknown(&region.login_url()) {
            prop_assert!(read.is_err());
        } else {
            prop_assert_eq!(&read.unwrap(), &region, "{}", region);
            survives(&region);
        }
    }

    #[test]
    fn a_timestamp_keeps_its_instant(millis in 0..253_402_300_800_000_u64, offset in -1439..=1439_i64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let utc = Timestamp::try_from(time).unwrap();
        prop_assert_eq!(utc.to_system_time(), Some(time));
        let local = utc.as_str().strip_suffix('Z').unwrap();
        let sign = if offset < 0 { '-' } else { '+' };
        for colon in ["", ":"] {
            let text = format!("{local}{sign}{:02}{colon}{:02}", offset.abs() / 60, offset.abs() % 60);
            let shift = Duration::from_secs(offset.unsigned_abs() * 60);
            let expected = if offset < 0 { time.checked_add(shift) } else { time.checked_sub(shift) };
            prop_assert_eq!(Timestamp::from(text.as_str()).to_system_time(), expected, "{}", text);
        }
    }

    #[test]
    fn unknown_enum_values_are_kept(value in text()) {
        let read: Scope = serde_json::from_value(json!(value)).unwrap();
        prop_assert_eq!(read.as_str(), value.as_str());
        prop_assert_eq!(read.to_string(), value.clone());
        prop_assert_eq!(&read, &Scope::from(value.as_str()));
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), json!(value));
    }
}

#[test]
fn known_enum_values_are_themselves() {
    assert_eq!(Operator::from("notContainsAny"), Operator::NotContainsAny);
    assert_eq!(Operator::KNOWN.len(), 12);
    assert_eq!(Metric::KNOWN.len(), 22);
    assert_eq!(Dimension::KNOWN.len(), 40);
    for metric in Metric::KNOWN {
        assert_eq!(Metric::from(metric.as_str()), *metric);
    }
    assert_ne!(Operator::from("Equal"), Operator::Equal, "spelling matters");
}

#[test]
fn numbers_at_the_limits_are_correct_or_refused() {
    let days = |days: &str| -> Result<Segment, _> {
        let text = as_read(&NewSegment::new("x"), "7", 1).to_string();
        serde_json::from_str(
            &text.replace("\"id\":\"7\"", &format!("\"id\":\"7\",\"assignmentExpirationDays\":{days}")),
        )
    };
    assert_eq!(days("9223372036854775807").unwrap().assignment_expiration_days, Some(i64::MAX));
    assert_eq!(days("9007199254740993").unwrap().assignment_expiration_days, Some(9_007_199_254_740_993));
    assert_eq!(days("-0").ok().and_then(|segment| segment.assignment_expiration_days).unwrap_or(0), 0);
    for refused in ["9223372036854775808", "18446744073709551616", "1.5", "1e400", "\"7\"", "true", "[]"] {
        assert!(days(refused).is_err(), "{refused}");
    }
    let target: ActionTarget =
        serde_json::from_str(r#"{"id": "7", "userData": null, "serviceLevel": {"percentage": 1e-7}}"#).unwrap();
    assert_eq!((target.user_data.len(), target.service_level.unwrap().percentage), (0, Some(1e-7)));
    for id in ["null", "7", "[]"] {
        assert!(serde_json::from_str::<ActionTarget>(&format!("{{\"id\": {id}}}")).is_err());
    }
    assert!(serde_json::from_str::<ActionTarget>("{}").is_err(), "an id makes it an action target");
}
