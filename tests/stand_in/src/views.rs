//! Journey views: versions, charts, jobs and their results, schedules, and event definitions.
//!
//! The store has the newest version of each view, the schedules and the event definitions.

#![allow(clippy::indexing_slicing, reason = "reading a `Value` by a key gives null where there is none")]

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::aggregates::JobEnd;
use crate::clock;
use crate::families::{EVENT_DEFINITIONS, EXTERNAL_EVENTS, VIEW_SCHEDULES, VIEWS};
use crate::family::{Family, split};
use crate::interval;
use crate::jobs::{Job, JobState, Jobs};
use crate::list;
use crate::request::RecordedRequest;
use crate::response::Response;
use crate::store::{Store, Surroundings};

/// The versions and the jobs of all views.
#[derive(Default)]
pub(crate) struct Views {
    /// By the id of the view, from version 1. A view that has only been created is not in it.
    versions: HashMap<String, Vec<Value>>,
    pub jobs: Jobs<Work>,
}

/// The version of a view that a job calculates.
pub(crate) struct Work {
    view: Value,
    uri: String,
}

/// The parts of the organisation that views use.
pub(crate) struct Organisation<'a> {
    pub store: &'a mut Store,
    pub around: Surroundings<'a>,
    pub job_end: &'a JobEnd,
}

impl Views {
    /// Responds to a request: `rest` is the part of the path after `journey/views`.
    pub fn respond(&mut self, request: &RecordedRequest, rest: &[&str], mut it: Organisation<'_>) -> Response {
        let missing = || Response::not_found("path", &request.raw_path);
        match (request.method.as_str(), rest) {
            ("GET", ["data", "details"]) => Response::json(
                200,
                json!({ "dateMin": "2025-03-30T00:00:00.000Z", "dateMax": "2026-05-03T23:59:59.000Z" }),
            ),
            ("POST", ["encodings", "validate"]) => validate_labels(request),
            ("GET", ["jobs"] | ["jobs", "me"]) => self.list_jobs(request, it.job_end),
            ("GET", ["eventdefinitions", "external", "changes"]) => Response::json(
                200,
                json!({ "changes": [{
                "changeCategory": "Error", "systemStatus": "Error", "schemaId": "6b45c539-275a-56fc-a237-fa6e718d3176",
                "eventName": "order_shipped", "dateDetected": "2026-05-01T02:00:00.000Z",
                "errorCode": "schema.incompatible", "errorDescription": "A field changed its type",
            }] }),
            ),
            ("PUT", ["eventdefinitions", id]) => write_event(request, id, json!({}), &mut it),
            ("PUT", ["eventdefinitions", id, "activate"]) => {
                write_event(request, id, json!({ "activationStatus": "Activated", "systemStatus": "Active" }), &mut it)
            }
            (_, ["eventdefinitions" | "schedules", ..]) => forward(request, rest, &mut it).unwrap_or_else(missing),
            (_, [id, "schedules"]) => schedule(request, id, &mut it),
            ("DELETE", [id]) => {
                self.versions.remove(*id);
                forward(request, rest, &mut it).unwrap_or_else(missing)
            }
            ("POST", [id, "versions"]) => self.create_version(request, id, &mut it),
            (_, [id, "versions", version, rest @ ..]) => match self.version(id, version, it.store) {
                Some(view) => self.respond_version(request, view, rest, it),
                None => Response::not_found("journeyView", &format!("{id}, version {version}")),
            },
            _ => forward(request, rest, &mut it).unwrap_or_else(missing),
        }
    }

    fn version(&self, id: &str, version: &str, store: &Store) -> Option<Value> {
        let current = store.get(&split(VIEWS), id)?;
        let history = self.versions.get(id).map_or(std::slice::from_ref(current), Vec::as_slice);
        history.iter().find(|view| is_number(&view["version"], version)).cloned()
    }

    fn create_version(&mut self, request: &RecordedRequest, id: &str, it: &mut Organisation<'_>) -> Response {
        let Some(current) = it.store.get(&split(VIEWS), id).cloned() else {
            return Response::not_found("journeyView", id);
        };
        let history = self.versions.entry(id.to_owned()).or_insert_with(|| vec![current]);
        match stored(request, id, history.len() + 1, it) {
            Ok(view) => {
                history.push(view.clone());
                Response::json(201, view)
            }
            Err(refusal) => refusal,
        }
    }

    /// Responds to a request about a version: `rest` is the part of the path after its number.
    fn respond_version(
        &mut self,
        request: &RecordedRequest,
        view: Value,
        rest: &[&str],
        mut it: Organisation<'_>,
    ) -> Response {
        match (request.method.as_str(), rest) {
            ("GET", []) => Response::json(200, view),
            ("PUT", []) => self.replace(request, &view, &mut it),
            ("GET", ["charts", chart, rest @ ..]) => {
                let found = view["charts"].as_array().into_iter().flatten().find(|it| it["id"] == *chart);
                let is_version = |chart: &Value| match rest {
                    [] => true,
                    ["versions", version] => is_number(&chart["version"], version),
                    _ => false,
                };
                match found.filter(|chart| is_version(chart)) {
                    Some(chart) => Response::json(200, chart),
                    None => Response::not_found("journeyViewChart", chart),
                }
            }
            ("POST", ["jobs"]) => {
                let Surroundings { clock, faults, .. } = it.around;
                let work = Work { view, uri: request.raw_path.clone() };
                let id = self.jobs.submit(work, clock.now());
                let response = self.jobs.find(&id, clock.now()).map(|job| job_json(job, JobState::Queued, it.job_end));
                self.jobs.hide_last(faults, clock.now());
                Response::json(201, response)
            }
            (_, ["jobs", id, rest @ ..]) => self.respond_job(request, &view, id, rest, &mut it),
            (method, []) => Response::method_not_allowed(method),
            _ => Response::not_found("path", &request.raw_path),
        }
    }

    fn replace(&mut self, request: &RecordedRequest, view: &Value, it: &mut Organisation<'_>) -> Response {
        let id = view["id"].as_str().unwrap_or_default();
        let number = view["version"].as_u64().and_then(|version| usize::try_from(version).ok()).unwrap_or(1);
        let newest = it.store.get(&split(VIEWS), id).cloned();
        let written = match stored(request, id, number, it) {
            Ok(written) => written,
            Err(refusal) => return refusal,
        };
        if let Some(slot) = self.versions.get_mut(id).and_then(|history| history.get_mut(number - 1)) {
            *slot = written.clone();
        }
        // An older version does not become the newest one.
        if let Some(Value::Object(newest)) = newest.filter(|newest| newest["version"] != view["version"]) {
            it.store.insert(&split(VIEWS), newest, it.around.clock);
        }
        Response::json(200, written)
    }

    fn respond_job(
        &mut self,
        request: &RecordedRequest,
        view: &Value,
        id: &str,
        rest: &[&str],
        it: &mut Organisation<'_>,
    ) -> Response {
        let is_of_view =
            |job: &Job<Work>| job.work.view["id"] == view["id"] && job.work.view["version"] == view["version"];
        let now = it.around.clock.now();
        let latest = if id == "latest" { self.jobs.all().filter(|job| is_of_view(job)).last() } else { None };
        let id = latest.map_or(id.to_owned(), |job| job.id.clone());
        let Some(job) = self.jobs.find(&id, now).filter(|job| is_of_view(job)) else {
            return Response::not_found("journeyViewJob", &id);
        };
        let is_complete = job.state() == JobState::Ended && status(JobState::Ended, it.job_end) == "Complete";
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let state = job.poll();
                Response::json(200, job_json(job, state, it.job_end))
            }
            ("PATCH", []) if request.body.as_ref().is_some_and(|body| body["status"] == "Cancelled") => {
                job.cancel();
                Response::json(200, job_json(job, JobState::Cancelled, it.job_end))
            }
            ("PATCH", []) => Response::invalid("status", "Only Cancelled may be set"),
            ("GET", ["results", ..]) if !is_complete => {
                Response::error(409, "job.not.complete", "The job has no results")
            }
            ("GET", ["results"]) => Response::json(200, results(&job.work)),
            ("GET", ["results", "charts", chart]) => {
                let charts = results(&job.work)["charts"].as_array().cloned().unwrap_or_default();
                match charts.into_iter().find(|result| result["id"] == *chart) {
                    Some(result) => Response::json(200, result),
                    None => Response::not_found("journeyViewChart", chart),
                }
            }
            (method, []) => Response::method_not_allowed(method),
            _ => Response::not_found("path", &request.raw_path),
        }
    }

    fn list_jobs(&mut self, request: &RecordedRequest, end: &JobEnd) -> Response {
        let period = request.query_first("interval").and_then(interval::read);
        let is_within = |job: &&Job<Work>| {
            let at = job.submitted.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            period.is_none_or(|(start, end)| (start..end).contains(&at))
        };
        let jobs = self.jobs.all().filter(is_within).map(|job| job_json(job, job.state(), end));
        let family = Family::new("journey/views/jobs").filter_equal("statuses", "status");
        match list::page(&family, request, jobs.collect()) {
            Ok(page) => Response::json(200, page),
            Err(refusal) => refusal,
        }
    }
}

fn is_number(number: &Value, text: &str) -> bool {
    text.parse().is_ok_and(|wanted: u64| number.as_u64() == Some(wanted))
}

/// Passes a request on to the store, as a request for this part of the path after `journey/views`.
fn forward(request: &RecordedRequest, rest: &[&str], it: &mut Organisation<'_>) -> Option<Response> {
    let path: Vec<&str> = ["journey", "views"].into_iter().chain(rest.iter().copied()).collect();
    let Surroundings { clock, faults, random } = &mut it.around;
    it.store.respond(request, &path, &mut Surroundings { clock, faults, random })
}

/// Stores the body of a request as a version of a view, and returns it.
fn stored(request: &RecordedRequest, id: &str, number: usize, it: &mut Organisation<'_>) -> Result<Value, Response> {
    let Some(Value::Object(mut view)) = request.body.clone() else {
        return Err(Response::bad_request("The request body is no JSON object"));
    };
    if !view.get("elements").is_some_and(Value::is_array) {
        return Err(Response::invalid("elements", "A journeyView must have elements"));
    }
    view.extend(Map::from_iter([("id".to_owned(), json!(id)), ("version".to_owned(), json!(number))]));
    it.store.insert(&split(VIEWS), view, it.around.clock);
    Ok(it.store.get(&split(VIEWS), id).cloned().unwrap_or_default())
}

/// Adds the fields that the service sets: the version, the ids and ranks of the charts, the defaults, and the times by
/// their names here.
pub(crate) fn complete(view: &mut Map<String, Value>) {
    view.entry("version").or_insert(json!(1));
    for (old, new) in [("createdDate", "dateCreated"), ("modifiedDate", "dateModified")] {
        if let Some(time) = view.remove(old) {
            view.insert(new.to_owned(), time);
        }
    }
    for element in objects(view, "elements") {
        if let Some(filter) = element.get_mut("filter").and_then(Value::as_object_mut) {
            add_default(filter, "predicates", "operator", "Matches");
            add_default(filter, "numberPredicates", "operator", "Matches");
        }
        add_default(element, "followedBy", "eventCountType", "Sequential");
    }
    for (n, chart) in objects(view, "charts").enumerate() {
        chart.entry("id").or_insert(json!(format!("0dcea0ec-00a0-592a-a971-{n:012}")));
        chart.entry("version").or_insert(json!(1));
        chart.entry("rank").or_insert(json!(n + 1));
        add_default(chart, "metrics", "aggregate", "CustomerCount");
    }
}

/// Adds a field to the objects of a list that do not have it.
fn add_default(object: &mut Map<String, Value>, list: &str, field: &str, default: &str) {
    for entry in objects(object, list) {
        entry.entry(field).or_insert(json!(default));
    }
}

fn objects<'a>(object: &'a mut Map<String, Value>, list: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let entries = object.get_mut(list).and_then(Value::as_array_mut);
    entries.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The schedule of a view has the id of the view.
fn schedule(request: &RecordedRequest, id: &str, it: &mut Organisation<'_>) -> Response {
    if it.store.get(&split(VIEWS), id).is_none() {
        return Response::not_found("journeyView", id);
    }
    if request.method != "POST" {
        let found = forward(request, &["schedules", id], it);
        return found.unwrap_or_else(|| Response::not_found("journeyViewSchedule", id));
    }
    let Some(Value::Object(mut schedule)) = request.body.clone() else {
        return Response::bad_request("The request body is no JSON object");
    };
    if it.store.get(&split(VIEW_SCHEDULES), id).is_some() {
        return Response::error(409, "schedule.exists", "The view has a schedule");
    }
    schedule.insert("id".to_owned(), json!(id));
    it.store.insert(&split(VIEW_SCHEDULES), schedule, it.around.clock);
    Response::text(201, "")
}

/// Changes an external event, which is an event definition, too.
fn write_event(request: &RecordedRequest, id: &str, changes: Value, it: &mut Organisation<'_>) -> Response {
    let path = split(EXTERNAL_EVENTS);
    let Some(Value::Object(mut event)) = it.store.get(&path, id).cloned() else {
        return Response::not_found("journeyEventDefinition", id);
    };
    for changes in [request.body.clone().unwrap_or_default(), changes] {
        event.extend(changes.as_object().cloned().unwrap_or_default());
    }
    it.store.insert(&path, event.clone(), it.around.clock);
    let definition = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("source".to_owned(), json!("External")),
        ("name".to_owned(), event["eventName"].clone()),
        ("displayName".to_owned(), event["displayName"].clone()),
        ("rank".to_owned(), event["rank"].clone()),
    ]);
    it.store.insert(&split(EVENT_DEFINITIONS), definition, it.around.clock);
    let fields = ["schemaId", "eventName", "displayName", "rank", "activationStatus"];
    let fields = fields.into_iter().filter_map(|field| Some((field.to_owned(), event.get(field)?.clone())));
    Response::json(200, Value::Object(fields.collect()))
}

/// A label is known unless its value begins with `No such`.
fn validate_labels(request: &RecordedRequest) -> Response {
    let Some(Value::Array(mut labels)) = request.body.clone() else {
        return Response::bad_request("The request body is no JSON array");
    };
    for label in labels.iter_mut().filter_map(Value::as_object_mut) {
        let is_unknown = label.get("value").and_then(Value::as_str).is_none_or(|value| value.starts_with("No such"));
        label.insert("encoded".to_owned(), json!(!is_unknown));
    }
    Response::json(200, json!({ "entities": labels }))
}

/// Returns the status of a job. The default end of the jobs of aggregates is that of a complete job here.
fn status(state: JobState, end: &JobEnd) -> &str {
    match state {
        JobState::Queued => "Accepted",
        JobState::Running => "Executing",
        JobState::Cancelled => "Cancelled",
        JobState::Ended if end.state == "FULFILLED" => "Complete",
        JobState::Ended => &end.state,
    }
}

fn job_json(job: &Job<Work>, state: JobState, end: &JobEnd) -> Value {
    let mut body = json!({
        "id": job.id, "status": status(state, end), "dateCreated": clock::text(job.submitted),
        "journeyView": job.work.view, "userId": "7d4f8caa-9a65-5f53-b7b1-e72a5075acc6",
        "selfUri": format!("{}/{}", job.work.uri, job.id),
    });
    if matches!(state, JobState::Ended | JobState::Cancelled) {
        body["dateCompleted"] = json!(clock::text(job.submitted + Duration::from_secs(30)));
    }
    body
}

/// Returns the results: each element has half the customers of the one before, and each chart three days.
fn results(work: &Work) -> Value {
    let elements: Vec<Value> = work.view["elements"].as_array().cloned().unwrap_or_default();
    let customers = |index: usize| 5_120_u64.checked_shr(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
    let index_of = |id: &Value| elements.iter().position(|element| element["id"] == *id);
    let counted = elements.iter().enumerate().map(|(index, element)| {
        let links = element["followedBy"].as_array().into_iter().flatten();
        let links: Vec<(Value, u64)> =
            links.map(|link| (link["id"].clone(), index_of(&link["id"]).map_or(0, customers))).collect();
        let moved: u64 = links.iter().map(|(_, count)| count).sum();
        let dropped = if links.is_empty() { 0 } else { customers(index).saturating_sub(moved) };
        let links = links.iter().map(|(id, count)| json!({ "id": id, "connectionCount": count }));
        json!({
            "id": element["id"],
            "metrics": {
                "participantCount": customers(index), "activeCount": 0,
                "completedCount": customers(elements.len() - 1), "dropoutCount": dropped, "flowCount": 0,
            },
            "followedBy": links.collect::<Vec<_>>(),
        })
    });
    let charts = work.view["charts"].as_array().into_iter().flatten().map(|chart| {
        let values = |n: usize| {
            let days = ["2026-04-30", "2026-05-01", "2026-05-02"].into_iter().enumerate();
            let value = |(day, date): (usize, &str)| {
                let value = [json!(412 + n), json!(387.5), Value::Null][day].clone();
                json!({ "value": value, "groupByAttributes": [{ "attribute": "day", "value": date }] })
            };
            let is_grouped = chart.get("groupByTime").is_some();
            if is_grouped { days.map(value).collect() } else { vec![json!({ "value": 799.5 + n as f64 })] }
        };
        let metrics = chart["metrics"].as_array().into_iter().flatten().enumerate();
        let metrics = metrics.map(|(n, metric)| json!({ "id": metric["id"], "values": values(n) }));
        json!({ "id": chart["id"], "version": chart["version"], "metrics": metrics.collect::<Vec<_>>() })
    });
    json!({ "elements": counted.collect::<Vec<_>>(), "charts": charts.collect::<Vec<_>>() })
}
