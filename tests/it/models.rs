//! The core's models against the vendor's facts (`fixtures/models.json`): every field and every enum value is
//! there, read-only fields are not sent, and only identifying fields are required.

use std::collections::BTreeSet;

use genesys_journey::action_targets::{ActionTarget, ActionTargetState, ActionTargetUpdate, KeyValue, ServiceLevel};
use genesys_journey::analytics::jobs::{self, JobResults, JobStatus};
use genesys_journey::analytics::{
    AggregateQuery, AggregateResponse, Container, IntervalData, MetricData, Stats, ViewData,
};
use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator,
};
use genesys_journey::segments::{ExternalSegment, NewSegment, Scope, Segment, SegmentUpdate};
use genesys_journey::{ErrorKind, Page, Update, raw};
use genesys_stand_in::{Response, StandIn, config};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Fields, types and enum values as the vendor's SDKs describe them (Python 269, .NET 270).
const FACTS: &str = include_str!("../fixtures/models.json");
/// The number of values of the longest enum.
const ROUNDS: usize = 40;

struct Facts(Value);

impl Facts {
    fn read() -> Facts {
        Facts(serde_json::from_str(FACTS).unwrap())
    }

    fn fields(&self, model: &str) -> &Vec<Value> {
        self.0[model].as_array().unwrap_or_else(|| panic!("there is no model {model}"))
    }

    /// Returns the names of the fields with this fact, such as `readonly`.
    fn names(&self, model: &str, fact: &str) -> Vec<&str> {
        let with_fact = self.fields(model).iter().filter(|field| field[fact] == true);
        with_fact.map(|field| field["json"].as_str().unwrap()).collect()
    }

    /// Returns a model with all of its fields. Each enum has the value of this round.
    fn filled(&self, model: &str, round: usize) -> Value {
        let value = |field: &Value| (field["json"].as_str().unwrap().to_owned(), self.value(field, round));
        Value::Object(self.fields(model).iter().map(value).collect::<Map<_, _>>())
    }

    fn value(&self, field: &Value, round: usize) -> Value {
        let of_round = |values: &Vec<Value>, round: usize| values[round % values.len()].clone();
        if let Some(values) = field["enum"].as_array() {
            return of_round(values, round);
        }
        if let Some(values) = field["item_enum"].as_array() {
            return json!([of_round(values, round), of_round(values, round + 1)]);
        }
        let (kind, name) = (field["type"].as_str().unwrap(), field["json"].as_str().unwrap());
        match kind.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')) {
            Some(item) => json!([self.sample(item, name, round), self.sample(item, name, round + 1)]),
            None => self.sample(kind, name, round),
        }
    }

    fn sample(&self, kind: &str, name: &str, round: usize) -> Value {
        // The responses name metrics without an enum.
        let metrics = self.fields("JourneyAggregationQuery").iter().find(|field| field["json"] == "metrics");
        let metrics = metrics.unwrap()["item_enum"].as_array().unwrap();
        match (kind, name) {
            ("str", "metric") => metrics[round % metrics.len()].clone(),
            ("str", "interval") => json!("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"),
            ("str", _) => json!(format!("{name} {round}")),
            ("int", _) => json!(round as i64 + 1),
            ("float", _) => json!(round as f64 + 0.25),
            ("bool", _) => json!(round % 2 == 0),
            ("datetime", _) => json!("2026-05-04T08:15:30.123Z"),
            ("dict(str, str)", _) => json!({"journeySegmentId": format!("{round}")}),
            (model, _) => self.filled(model, round),
        }
    }

    /// Adds a model and all models in its fields.
    fn reach<'a>(&'a self, model: &'a str, reached: &mut BTreeSet<&'a str>) {
        if !reached.insert(model) {
            return;
        }
        for field in self.fields(model) {
            let kind = field["type"].as_str().unwrap();
            let item = kind.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')).unwrap_or(kind);
            if self.0.get(item).is_some() {
                self.reach(item, reached);
            }
        }
    }
}

/// Returns the same JSON with all numbers as `f64`: 1 and 1.0 are equal.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

/// Decodes a model with every field, and encodes it: all fields are there, except for read-only ones in requests.
fn check_fields<T: Serialize + DeserializeOwned + std::fmt::Debug>(model: &str, is_request: bool) {
    let facts = Facts::read();
    for round in 0..ROUNDS {
        let value = facts.filled(model, round);
        let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{model}: {error}: {value}"));
        let mut expected = plain(&value);
        for name in facts.names(model, "readonly").into_iter().filter(|_| is_request) {
            expected.as_object_mut().unwrap().remove(name);
        }
        let written = plain(&serde_json::to_value(&read).unwrap());
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(written.get(field), Some(value), "{model} lacks a part of {field}");
        }
        assert_eq!(written, expected, "{model} has more fields than the vendor");
        let debug = format!("{read:?}");
        assert!(!debug.contains("Other("), "{model}: an enum value is not known: {debug}");
    }
}

/// The vendor's name of a model, and the check of its fields.
type Check = (&'static str, fn(&str));

const RESPONSES: [Check; 7] = [
    ("JourneySegment", |model| check_fields::<Segment>(model, false)),
    ("SegmentListing", |model| check_fields::<Page<Segment>>(model, false)),
    ("ActionTarget", |model| check_fields::<ActionTarget>(model, false)),
    ("ActionTargetListing", |model| check_fields::<Page<ActionTarget>>(model, false)),
    ("JourneyAggregateQueryResponse", |model| check_fields::<AggregateResponse>(model, false)),
    ("AsyncQueryStatus", |model| check_fields::<JobStatus>(model, false)),
    ("JourneyAsyncAggregateQueryResponse", |model| check_fields::<JobResults>(model, false)),
];

const REQUESTS: [Check; 4] = [
    ("JourneySegmentRequest", |model| check_fields::<NewSegment>(model, true)),
    ("PatchSegment", |model| check_fields::<SegmentUpdate>(model, true)),
    ("PatchActionTarget", |model| check_fields::<ActionTargetUpdate>(model, true)),
    ("JourneyAggregationQuery", |model| check_fields::<AggregateQuery>(model, true)),
];

/// Their types are private: [`a_job_is_submitted_with_every_field`].
const JOBS: [&str; 2] = ["JourneyAsyncAggregationQuery", "AsyncQueryResponse"];

#[test]
fn every_field_of_a_response_is_read_and_written_back() {
    RESPONSES.iter().for_each(|(model, check)| check(model));
}

#[test]
fn every_writable_field_of_a_request_can_be_set() {
    REQUESTS.iter().for_each(|(model, check)| check(model));
}

#[test]
fn every_model_is_checked() {
    let facts = Facts::read();
    let mut checked = BTreeSet::new();
    for (model, _) in RESPONSES.iter().chain(&REQUESTS) {
        facts.reach(model, &mut checked);
    }
    JOBS.iter().for_each(|model| facts.reach(model, &mut checked));
    let all: BTreeSet<&str> = facts.0.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(checked, all);
}

#[test]
fn a_job_is_submitted_with_every_field() {
    let facts = Facts::read();
    let body = facts.filled("JourneyAsyncAggregationQuery", 0);
    let query: AggregateQuery = serde_json::from_value(body.clone()).unwrap();
    let service = StandIn::start();
    service.respond_next([Response::text(202, facts.filled("AsyncQueryResponse", 3).to_string())]);
    let page_size = body["pageSize"].as_u64().unwrap() as u32;
    assert_eq!(jobs::submit(&config!(service), &query, Some(page_size)).unwrap(), "jobId 3");
    assert_eq!(plain(&service.last_request().body.unwrap()), plain(&body));
}

/// Only these fields are required: each is missed, and without all others the model is read and written back.
fn check_required<T: Serialize + DeserializeOwned>(model: &str, required: &[&str]) {
    let facts = Facts::read();
    let filled = facts.filled(model, 0);
    let mut least = filled.clone();
    least.as_object_mut().unwrap().retain(|name, _| required.contains(&name.as_str()));
    for name in required {
        let mut value = filled.clone();
        value.as_object_mut().unwrap().remove(*name);
        let error = serde_json::from_value::<T>(value).err().unwrap_or_else(|| panic!("{model}: {name}"));
        assert!(error.to_string().contains(&format!("missing field `{name}`")), "{model}: {error}");
    }
    for (name, value) in filled.as_object().unwrap() {
        let mut one_more = least.clone();
        one_more[name] = value.clone();
        let read: T = serde_json::from_value(one_more.clone()).unwrap_or_else(|error| panic!("{model}: {error}"));
        let mut written = serde_json::to_value(&read).unwrap();
        // An absent list or map is an empty one.
        let is_empty = |value: &Value| *value == json!([]) || *value == json!({});
        written.as_object_mut().unwrap().retain(|_, value| !is_empty(value));
        assert_eq!(plain(&written), plain(&one_more), "{model}");
    }
}

#[test]
fn only_identifying_fields_are_required() {
    check_required::<Segment>("JourneySegment", &["id", "displayName", "version", "isActive"]);
    check_required::<ActionTarget>("ActionTarget", &["id"]);
    check_required::<JobStatus>("AsyncQueryStatus", &[]);
    check_required::<AggregateResponse>("JourneyAggregateQueryResponse", &[]);
    check_required::<Container>("JourneyAggregateDataContainer", &[]);
    check_required::<IntervalData>("StatisticalResponse", &[]);
    check_required::<MetricData>("AggregateMetricData", &[]);
    check_required::<ViewData>("AggregateViewData", &[]);
    check_required::<Stats>("StatisticalSummary", &[]);
    check_required::<Context>("Context", &[]);
    check_required::<ContextPattern>("ContextPattern", &[]);
    check_required::<Journey>("Journey", &[]);
    check_required::<JourneyPattern>("JourneyPattern", &[]);
    check_required::<ServiceLevel>("ServiceLevel", &[]);
    check_required::<KeyValue>("KeyValue", &[]);
}

#[test]
fn nested_types_with_texts_require_nothing() {
    assert_eq!(serde_json::from_str::<ExternalSegment>("{}").unwrap(), ExternalSegment::default());
    assert_eq!(serde_json::from_str::<JourneyCriterion>("{}").unwrap(), JourneyCriterion::default());
    let read = serde_json::from_str::<ContextCriterion>("{}").unwrap();
    assert_eq!(read, ContextCriterion { entity_type: None, ..ContextCriterion::default() });
    assert_eq!(serde_json::to_value(&read).unwrap(), json!({ "key": "", "values": [] }));
}

/// Adds the JSON pointers of all values in a document to `all`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{at}/{key}");
        pointers(child, &pointer, all);
        all.push(pointer);
    }
}

/// Reads a model in variants that mean the same: `null` or absent, with `null` entries, with `3.0` for 3.
fn check_variants<T: Serialize + DeserializeOwned>(model: &str) {
    let filled = Facts::read().filled(model, 3);
    let read = |value: &Value| {
        serde_json::from_str::<T>(&value.to_string()).ok().map(|read| serde_json::to_value(read).unwrap())
    };
    let original = read(&filled);
    assert!(original.is_some(), "{model}");
    let mut all = Vec::new();
    pointers(&filled, "", &mut all);
    assert!(!all.is_empty());
    for pointer in all {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let with = |change: &dyn Fn(&mut Value)| {
            let mut changed = filled.clone();
            change(changed.pointer_mut(parent).unwrap());
            read(&changed)
        };
        let null = with(&|parent| *parent.pointer_mut(&format!("/{key}")).unwrap() = Value::Null);
        let absent = with(&|parent| match parent {
            Value::Object(fields) => drop(fields.remove(key)),
            parent => drop(parent.as_array_mut().unwrap().remove(key.parse().unwrap())),
        });
        assert_eq!(null, absent, "{model}: {pointer}");
        match filled.pointer(&pointer).unwrap() {
            Value::Array(_) => {
                let longer = with(&|parent| parent[key].as_array_mut().unwrap().insert(1, Value::Null));
                assert_eq!(longer, original, "{model}: {pointer}");
            }
            Value::Number(number) if number.is_i64() || number.is_u64() => {
                let fraction = with(&|parent| parent[key] = json!(number.as_f64()));
                assert_eq!(fraction, original, "{model}: {pointer}");
            }
            _ => {}
        }
    }
}

#[test]
fn null_is_like_absent_and_null_entries_are_skipped() {
    check_variants::<Segment>("JourneySegment");
    check_variants::<Page<Segment>>("SegmentListing");
    check_variants::<ActionTarget>("ActionTarget");
    check_variants::<Page<ActionTarget>>("ActionTargetListing");
    check_variants::<AggregateResponse>("JourneyAggregateQueryResponse");
    check_variants::<JobStatus>("AsyncQueryStatus");
    check_variants::<JobResults>("JourneyAsyncAggregateQueryResponse");
}

#[test]
fn the_last_value_of_a_group_counts() {
    let read = |group: &str| serde_json::from_str::<Container>(&format!(r#"{{"group":{group}}}"#)).unwrap().group;
    assert_eq!(read(r#"{"a":"1","a":"2"}"#), [("a".to_owned(), "2".to_owned())].into());
    assert!(read(r#"{"a":"1","a":null}"#).is_empty());
    assert!(read("null").is_empty());
}

#[test]
fn empty_parts_of_aggregates_in_a_row_are_one() {
    let many = json!([{}, null, {}, {}]);
    let data = json!([{}, {}, { "interval": "x", "metrics": many, "views": many }, {}]);
    let read: AggregateResponse = serde_json::from_value(json!({ "results": [{}, {}, { "data": data }] })).unwrap();
    assert_eq!((read.results.len(), read.results[1].data.len()), (2, 3));
    let interval = &read.results[1].data[1];
    assert_eq!((interval.metrics.len(), interval.views.len()), (1, 1));
    // Equal results with something in them are kept.
    let read: IntervalData =
        serde_json::from_value(json!({ "metrics": [{ "metric": "m" }, { "metric": "m" }] })).unwrap();
    assert_eq!(read.metrics.len(), 2);
}

#[test]
fn empty_conditions_in_a_row_are_one() {
    let read: Journey = serde_json::from_value(json!({ "patterns": [{}, {}, { "count": 1 }, {}] })).unwrap();
    assert_eq!(read.patterns.len(), 3);
    let read: Context = serde_json::from_value(json!({ "patterns": [{ "criteria": [{}, {}] }, {}] })).unwrap();
    assert_eq!((read.patterns.len(), read.patterns[0].criteria.len()), (2, 1));
}

#[test]
fn a_response_can_be_made_for_a_test() {
    let mut segment = Segment::default();
    segment.id = "7".into();
    segment.display_name = "VIP".into();
    assert_eq!(
        serde_json::to_value(&segment).unwrap(),
        json!({ "id": "7", "displayName": "VIP", "isActive": false, "version": 0 })
    );
    let mut target = ActionTarget::default();
    target.state = Some(ActionTargetState::Active);
    assert_eq!(target.id, "");
}

#[test]
fn a_criterion_needs_no_operator() {
    let context = ContextCriterion::new("device.category", None, ["mobile"]);
    assert_eq!(
        serde_json::to_value(&context).unwrap(),
        json!({ "key": "device.category", "values": ["mobile"], "entityType": "visit" })
    );
    let journey = JourneyCriterion::new("page.title", None, ["Offers"]);
    assert_eq!(serde_json::to_value(&journey).unwrap(), json!({ "key": "page.title", "values": ["Offers"] }));
    let with_operator = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Offers"]);
    assert_eq!(with_operator.operator, Some(Operator::ContainsAny));
}

#[test]
fn an_integer_may_have_an_empty_fraction() {
    let segment: Segment = serde_json::from_str(
        r#"{"id":"7","displayName":"VIP","isActive":true,"version":3.0,"assignmentExpirationDays":7.0,
            "journey":{"patterns":[{"count":2.0}]}}"#,
    )
    .unwrap();
    assert_eq!((segment.version, segment.assignment_expiration_days), (3, Some(7)));
    assert_eq!(segment.journey.unwrap().patterns[0].count, Some(2));
    let stats: Stats = serde_json::from_str(r#"{"count":3.0,"countNegative":1.0,"countPositive":2.0}"#).unwrap();
    assert_eq!((stats.count, stats.count_negative, stats.count_positive), (Some(3), Some(1), Some(2)));
}

#[test]
fn an_open_enum_reads_any_text() {
    let known: Scope = "Session".parse().unwrap();
    let unknown: Scope = "Account".parse().unwrap();
    assert_eq!((known.as_ref(), unknown.as_ref()), ("Session", "Account"));
    assert!(matches!(known, Scope::Session) && matches!(unknown, Scope::Other { .. }));
    let matched = match unknown.as_str() {
        "Account" => "by its text",
        _ => "not at all",
    };
    assert_eq!(matched, "by its text");
}

#[test]
fn a_field_that_is_kept_is_never_written() {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct WithoutSkip {
        display_name: Update<String>,
    }

    let service = StandIn::start();
    let sent = |display_name| {
        let body = WithoutSkip { display_name };
        raw::patch::<Value>(&config!(service), &["journey", "segments", "7"], &[], &body)
    };
    let error = sent(Update::Keep).unwrap_err();
    assert_eq!((error.kind(), error.field(), error.attempts()), (ErrorKind::Input, Some("displayName"), 0), "{error}");
    assert!(error.to_string().contains("skip_serializing_if"), "{error}");
    assert!(service.requests().is_empty());
    let _ = sent(Update::Clear);
    assert_eq!(service.last_request().body, Some(json!({ "displayName": null })));
}
