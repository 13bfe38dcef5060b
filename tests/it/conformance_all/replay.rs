//! Replays recorded calls of the vendor's Python SDK (`fixtures/wire-families.jsonl`): the requests are the same, and
//! the responses are read and written without loss.

use std::collections::BTreeSet;
use std::time::SystemTime;

use genesys_journey::action_maps::{self, ListActionMaps, estimates};
use genesys_journey::action_templates::{self, ListActionTemplates, NewActionTemplate};
use genesys_journey::analytics::{self, AggregateQuery};
use genesys_journey::{Config, ErrorKind, Region, Result, Timestamp};
use genesys_stand_in::{RecordedRequest, Response, StandIn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{COMPLETE, Facts};

const WIRE: &str = include_str!("../../fixtures/wire-families.jsonl");
/// The calls of the first two families, which `conformance` replays.
const IN_SAMPLE: [&str; 2] = ["segments", "action_targets"];
const QUERY_IN_SAMPLE: &str = "post_analytics_journeys_aggregates_query";

/// The kind of error, the reason, and the calls.
type Refusal = (ErrorKind, &'static str, fn(&Call) -> bool);

/// The calls that the contract refuses.
const REFUSED: &[Refusal] = &[
    (ErrorKind::Input, "the name is empty", |call| {
        ["displayName", "name"].iter().any(|name| call.0["args"]["body"][name] == "")
    }),
    (ErrorKind::Input, "the page size is 0", |call| call.sent()["pageSize"] == 0),
    (ErrorKind::Decode, "the response has no id", |call| {
        let returns = call.facts()["returns"].as_str().unwrap_or_default().to_owned();
        IDENTIFIED.iter().any(|(model, id)| *model == returns && !call.has(id))
    }),
];

/// The responses that must have an id, and its field.
const IDENTIFIED: [(&str, &str); 4] = [
    ("AsyncQueryResponse", "jobId"),
    ("ActionMap", "id"),
    ("EstimateJobAsyncResponse", "id"),
    ("ActionTemplate", "id"),
];

/// A recorded call.
struct Call(Value);

impl Call {
    fn all() -> impl Iterator<Item = Call> {
        WIRE.lines().map(|line| Call(serde_json::from_str(line).unwrap()))
    }

    fn operation(&self) -> &str {
        self.0["op"].as_str().unwrap()
    }

    fn facts(&self) -> Value {
        Facts::read().operations().find(|(name, _)| *name == self.operation()).unwrap().1.clone()
    }

    fn path(&self, name: &str) -> &str {
        self.0["args"]["path"][name].as_str().unwrap()
    }

    fn query(&self, name: &str) -> &Value {
        &self.0["args"]["query"][name]
    }

    fn action_maps(&self) -> ListActionMaps {
        ListActionMaps {
            page_size: self.number("pageSize"),
            page_number: self.number("pageNumber"),
            sort_by: self.text("sortBy"),
            filter_field: self.text("filterField"),
            filter_value: self.text("filterValue"),
            action_map_ids: self.texts("actionMapIds"),
            query_fields: self.texts("queryFields"),
            query_value: self.text("queryValue"),
        }
    }

    fn action_templates(&self) -> ListActionTemplates {
        ListActionTemplates {
            page_size: self.number("pageSize"),
            page_number: self.number("pageNumber"),
            sort_by: self.text("sortBy"),
            media_type: self.query("mediaType").as_str().map(Into::into),
            state: self.query("state").as_str().map(Into::into),
            query_fields: self.texts("queryFields"),
            query_value: self.text("queryValue"),
        }
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.query(name).as_u64().map(|number| number as u32)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        serde_json::from_value(self.query(name).clone()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.query(name).as_str().map(str::to_owned)
    }

    fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.0["args"]["body"].clone()).unwrap()
    }

    fn response(&self) -> &Value {
        &self.0["response"]["body"]
    }

    /// The body on the wire: that of the arguments, unless the SDK changed it.
    fn sent(&self) -> &Value {
        self.0["wire"].get("body").unwrap_or(&self.0["args"]["body"])
    }

    /// Makes the call. Returns the decoded response as JSON.
    fn make(&self, config: &Config) -> Result<Value> {
        match self.operation() {
            "post_analytics_journeys_aggregates_jobs" => {
                let page_size = self.sent()["pageSize"].as_u64().map(|size| size as u32);
                let job = analytics::submit_job(config, &self.body::<AggregateQuery>(), page_size)?;
                Ok(json!({ "jobId": job }))
            }
            "get_analytics_journeys_aggregates_job" => json_of(analytics::job_status(config, self.path("jobId"))),
            "get_analytics_journeys_aggregates_job_results" => {
                json_of(analytics::job_results(config, self.path("jobId"), self.text("cursor").as_deref()))
            }
            "delete_analytics_journeys_aggregates_job" => json_of(analytics::cancel_job(config, self.path("jobId"))),
            "get_journey_actionmaps" => json_of(action_maps::list(config, &self.action_maps())),
            "get_journey_actionmap" => json_of(action_maps::get(config, self.path("actionMapId"))),
            "post_journey_actionmaps" => json_of(action_maps::create(config, &self.body())),
            "patch_journey_actionmap" => json_of(action_maps::update(config, self.path("actionMapId"), &self.body())),
            "delete_journey_actionmap" => json_of(action_maps::delete(config, self.path("actionMapId"))),
            "post_journey_actionmaps_estimates_jobs" => {
                let id = estimates::submit(config, &self.body())?;
                // The path is not returned.
                Ok(json!({ "id": id, "selfUri": self.response()["selfUri"] }))
            }
            "get_journey_actionmaps_estimates_job" => json_of(estimates::state(config, self.path("jobId"))),
            "get_journey_actionmaps_estimates_job_results" => json_of(estimates::results(config, self.path("jobId"))),
            "get_journey_actiontemplates" => json_of(action_templates::list(config, &self.action_templates())),
            "get_journey_actiontemplate" => json_of(action_templates::get(config, self.path("actionTemplateId"))),
            "post_journey_actiontemplates" => {
                json_of(action_templates::create(config, &self.body::<NewActionTemplate>()))
            }
            "patch_journey_actiontemplate" => {
                json_of(action_templates::update(config, self.path("actionTemplateId"), &self.body()))
            }
            "delete_journey_actiontemplate" => {
                let hard_delete = self.query("hardDelete").as_bool();
                json_of(action_templates::delete(config, self.path("actionTemplateId"), hard_delete))
            }
            other => panic!("{other} is not called"),
        }
    }

    /// Whether the response has this field.
    fn has(&self, field: &str) -> bool {
        self.response().get(field).is_some()
    }

    fn assert_same_request(&self, seen: &RecordedRequest) {
        let wire = &self.0["wire"];
        assert_eq!(wire["method"], seen.method);
        let path: Vec<&str> = wire["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(seen.path, [vec!["api", "v2"], path].concat());
        assert_eq!(plain(&seen.body.clone().unwrap_or_default()), plain(self.sent()));
        // The SDK writes some lists as one value with commas: the same values under the same keys.
        let query = self.0["args"]["query"].as_object().cloned().unwrap_or_else(Map::new);
        for (key, value) in &query {
            let expected = match value {
                Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
                Value::String(text) => vec![text.clone()],
                other => vec![other.to_string()],
            };
            assert_eq!(seen.query_all(key), expected, "{key}");
        }
        let keys: BTreeSet<&String> = seen.query.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), query.len());
    }
}

fn json_of<T: Serialize>(result: Result<T>) -> Result<Value> {
    Ok(serde_json::to_value(result?).unwrap())
}

/// The same JSON without nulls and empty lists and maps, with numbers by their value and times as instants.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), plain(value)));
            let kept = kept.filter(|(_, value)| !value.is_null() && *value != json!([]) && *value != json!({}));
            Value::Object(kept.collect())
        }
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => json!(number.as_f64()),
        Value::String(text) => instant(text).map_or(value.clone(), |time| json!(format!("{time:?}"))),
        other => other.clone(),
    }
}

fn instant(text: &str) -> Option<SystemTime> {
    let timestamp: Timestamp = serde_json::from_value(json!(text)).ok()?;
    timestamp.to_system_time()
}

#[test]
fn recorded_calls_are_sent_and_read_like_the_vendors_sdk() {
    // The file may have calls of a family before the family exists.
    for call in Call::all().filter(|call| COMPLETE.iter().any(|family| call.facts()["family"] == *family)) {
        let service = StandIn::start();
        let region = Region::custom(&service.url(), &service.url()).unwrap();
        let config = Config::builder(region).max_attempts(1).token(&service.token()).unwrap();
        let (response, operation) = (call.response(), call.operation());
        let text = if response.is_null() { String::new() } else { response.to_string() };
        let status = call.0["response"]["status"].as_u64().unwrap() as u16;
        service.respond_next([Response::text(status, text).header("content-type", "application/json")]);
        let made = call.make(&config);
        if let Some((kind, reason, _)) = REFUSED.iter().find(|(_, _, is_refused)| is_refused(&call)) {
            assert_eq!(made.expect_err(operation).kind(), *kind, "{operation}: {reason}");
            assert_eq!(service.requests().is_empty(), *kind == ErrorKind::Input, "{operation}: {reason}");
            continue;
        }
        let made = made.unwrap_or_else(|error| panic!("{operation}: {error}: {response}"));
        call.assert_same_request(&service.last_request());
        // The body of the response to a DELETE is ignored.
        let expected = if operation.starts_with("delete_") { Value::Null } else { plain(response) };
        assert_eq!(plain(&made), expected, "{operation}");
    }
}

#[test]
fn each_operation_of_a_complete_family_is_replayed() {
    let facts = Facts::read();
    let recorded: BTreeSet<String> = Call::all().map(|call| call.operation().to_owned()).collect();
    for family in COMPLETE.iter().filter(|family| !IN_SAMPLE.contains(family)) {
        for (name, _) in facts.of_family(family).filter(|(name, _)| *name != QUERY_IN_SAMPLE) {
            assert!(recorded.contains(name), "{name} is not replayed");
        }
    }
}
