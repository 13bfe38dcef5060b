//! Aggregates: for each segment, hour and device a number of events that follows from the seed.

#![allow(clippy::indexing_slicing, reason = "reading a `Value` by a key gives null where there is none")]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::clock;
use crate::interval;
use crate::jobs::{JobState, Jobs};
use crate::list::Position;
use crate::random::{hash, mix};
use crate::request::RecordedRequest;
use crate::response::Response;

const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];
const METRICS: [&str; 5] = [
    "nJourneySessions",
    "nJourneySegmentsAssigned",
    "nWebActionsOffered",
    "nWebActionsAccepted",
    "oJourneyOutcomeValue",
];
/// The limit of a query. A larger one would take seconds and is refused.
const MAX_EVENTS: u64 = 20_000_000;

/// A query, and the segments that visitors were assigned to when it was sent.
pub(crate) struct Work {
    pub query: Value,
    pub segments: Vec<String>,
    pub seed: u64,
}

/// The end of jobs: the state, and a message.
pub(crate) struct JobEnd {
    pub state: String,
    pub message: String,
}

impl Default for JobEnd {
    fn default() -> JobEnd {
        JobEnd { state: "FULFILLED".to_owned(), message: String::new() }
    }
}

/// The events of one hour in one segment on one kind of device.
struct Event<'a> {
    hour: u64,
    dimensions: [(&'static str, &'a str); 3],
    weight: u64,
}

/// Responds to the query itself.
pub(crate) fn respond(work: &Work) -> Response {
    work.page(&Position::WHOLE).unwrap_or_else(|refusal| refusal)
}

/// Responds to the submission of a job.
pub(crate) fn submit(jobs: &mut Jobs<Work>, work: Work, now: SystemTime) -> Response {
    match work.check() {
        Ok(_) => Response::json(202, json!({ "jobId": jobs.submit(work, now) })),
        Err(refusal) => refusal,
    }
}

/// Responds to a request about a job: `rest` is the part of the path after its id.
pub(crate) fn respond_job(
    jobs: &mut Jobs<Work>,
    end: &JobEnd,
    request: &RecordedRequest,
    id: &str,
    rest: &[&str],
    now: SystemTime,
) -> Response {
    let Some(job) = jobs.find(id, now) else {
        return Response::not_found("job", id);
    };
    match (request.method.as_str(), rest) {
        ("GET", []) => status(job.poll(), job.submitted, end),
        ("GET", ["results"]) if job.state() == JobState::Ended && end.state == "FULFILLED" => {
            results_page(&job.work, request.query_first("cursor"))
        }
        ("GET", ["results"]) => Response::error(409, "job.not.fulfilled", "The job has no results"),
        ("DELETE", []) => {
            job.cancel();
            Response::no_content()
        }
        (method, [] | ["results"]) => Response::method_not_allowed(method),
        _ => Response::not_found("path", &request.raw_path),
    }
}

fn status(state: JobState, submitted: SystemTime, end: &JobEnd) -> Response {
    let mut body = json!({ "submissionDate": clock::text(submitted) });
    let state = match state {
        JobState::Queued => "QUEUED",
        JobState::Running => "PENDING",
        JobState::Cancelled => "CANCELLED",
        JobState::Ended => {
            body["completionDate"] = json!(clock::text(submitted + Duration::from_secs(30)));
            if !end.message.is_empty() {
                body["errorMessage"] = json!(end.message);
            }
            &end.state
        }
    };
    body["state"] = json!(state);
    Response::json(200, body)
}

fn results_page(work: &Work, cursor: Option<&str>) -> Response {
    let size = work.query["pageSize"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(1_000);
    let Some(position) = Position::read(cursor, size) else {
        return Response::error(400, "bad.cursor", "No such cursor");
    };
    work.page(&position).unwrap_or_else(|refusal| refusal)
}

/// The parts of a query that must be right.
struct Checked {
    start: u64,
    end: u64,
    step: u64,
}

impl Work {
    fn check(&self) -> Result<Checked, Response> {
        let query = &self.query;
        let interval = query["interval"].as_str().and_then(interval::read);
        let Some((start, end)) = interval else {
            return Err(Response::bad_request("The interval must be start/end or start/duration"));
        };
        if query["metrics"].as_array().is_none_or(Vec::is_empty) {
            return Err(Response::bad_request("No metrics"));
        }
        if query["views"].as_array().is_some_and(|views| views.len() > 10) {
            return Err(Response::bad_request("At most 10 views"));
        }
        let step = match query["granularity"].as_str() {
            Some("PT30M") => 1_800,
            Some("PT1H") => 3_600,
            Some("P1D") => 86_400,
            Some("P7D" | "P1W") => 7 * 86_400,
            Some(_) => return Err(Response::bad_request("Unknown granularity")),
            None => end - start,
        };
        let hours = (end - start) / 3_600 + 2;
        if hours.saturating_mul((self.segments.len() * DEVICES.len()) as u64) > MAX_EVENTS {
            return Err(Response::error(400, "query.too.large", "The interval is too long"));
        }
        Ok(Checked { start, end, step })
    }

    /// Returns a page of the containers. The text is written piece by piece: as one JSON value, the export of a week
    /// would take a gigabyte.
    fn page(&self, position: &Position) -> Result<Response, Response> {
        let checked = self.check()?;
        let group_by: Vec<&str> =
            self.query["groupBy"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (groups, next) = position.split(self.groups(&checked, &group_by).into_iter().collect());
        let containers = groups.into_iter().map(|(key, intervals)| {
            let data = intervals.into_iter().map(|(from, weight)| self.data(&checked, from, weight).to_string());
            let data = joined(data);
            let group: BTreeMap<&str, &str> = group_by.iter().copied().zip(key).collect();
            if group.is_empty() {
                format!("{{\"data\":[{data}]}}")
            } else {
                format!("{{\"data\":[{data}],\"group\":{}}}", json!(group))
            }
        });
        let cursor = next.map(|next| format!("\"cursor\":{},", json!(next))).unwrap_or_default();
        let body = format!("{{{cursor}\"results\":[{}]}}", joined(containers));
        Ok(Response::text(200, body).header("content-type", "application/json"))
    }

    /// Returns the number of events of each group, by the start of the interval.
    fn groups(&self, checked: &Checked, group_by: &[&str]) -> BTreeMap<Vec<&str>, BTreeMap<u64, u64>> {
        let mut groups: BTreeMap<Vec<&str>, BTreeMap<u64, u64>> = BTreeMap::new();
        if group_by.is_empty() {
            groups.insert(Vec::new(), BTreeMap::new());
        }
        let filter = &self.query["filter"];
        for event in self.events(checked).filter(|event| passes(filter, &event.dimensions)) {
            let key = group_by.iter().map(|name| value(&event.dimensions, name).unwrap_or_default()).collect();
            let from = event.hour.max(checked.start) - checked.start;
            let interval = checked.start + from / checked.step * checked.step;
            *groups.entry(key).or_default().entry(interval).or_default() += event.weight;
        }
        groups
    }

    fn events(&self, checked: &Checked) -> impl Iterator<Item = Event<'_>> {
        let hours = (checked.start / 3_600 * 3_600..checked.end).step_by(3_600);
        let segments: Vec<(&str, u64)> = self.segments.iter().map(|id| (id.as_str(), hash(id) ^ self.seed)).collect();
        hours.flat_map(move |hour| {
            segments.clone().into_iter().flat_map(move |(segment, hashed)| {
                DEVICES.iter().enumerate().map(move |(index, device)| {
                    let weight = mix(hashed ^ mix(hour + index as u64)) % 7;
                    let session_type = if *device == "tablet" { "app" } else { "web" };
                    let dimensions = [
                        ("journeySegmentId", segment),
                        ("journeyDeviceCategory", *device),
                        ("journeySessionType", session_type),
                    ];
                    Event { hour, dimensions, weight }
                })
            })
        })
    }

    /// Returns the metrics and views of one interval.
    fn data(&self, checked: &Checked, from: u64, weight: u64) -> Value {
        let text = |seconds| clock::text(UNIX_EPOCH + Duration::from_secs(seconds));
        let to = (from + checked.step).min(checked.end);
        let metrics = self.query["metrics"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let metrics: Vec<Value> =
            metrics.filter(|metric| METRICS.contains(metric)).map(|metric| metric_data(metric, weight)).collect();
        let mut data = json!({ "interval": format!("{}/{}", text(from), text(to)), "metrics": metrics });
        if let Some(views) = self.query["views"].as_array().filter(|views| !views.is_empty()) {
            data["views"] = views.iter().map(|view| view_data(view, weight)).collect();
        }
        data
    }
}

fn joined(pieces: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&piece);
    }
    text
}

fn metric_data(metric: &str, weight: u64) -> Value {
    let count = weight * (1 + hash(metric) % 3);
    if metric.starts_with('o') {
        let stats = json!({ "count": count, "sum": count as f64 * 2.5, "min": 0.5, "max": 4.5 });
        return json!({ "metric": metric, "stats": stats });
    }
    json!({ "metric": metric, "stats": { "count": count } })
}

fn view_data(view: &Value, weight: u64) -> Value {
    let bound = |key: &str, default: f64| view["range"][key].as_f64().unwrap_or(default);
    let within = (bound("gte", f64::MIN)..bound("lt", f64::MAX)).contains(&(weight as f64));
    json!({ "name": view["name"], "stats": { "count": if within { weight } else { 0 } } })
}

fn value<'a>(dimensions: &[(&'static str, &'a str)], name: &str) -> Option<&'a str> {
    dimensions.iter().find(|(dimension, _)| *dimension == name).map(|(_, value)| *value)
}

fn passes(filter: &Value, dimensions: &[(&'static str, &str)]) -> bool {
    if filter.is_null() {
        return true;
    }
    let clauses = filter["clauses"].as_array().into_iter().flatten().map(|clause| passes(clause, dimensions));
    let predicates = filter["predicates"].as_array().into_iter().flatten().map(|predicate| {
        let value = predicate["dimension"].as_str().and_then(|name| value(dimensions, name));
        match predicate["operator"].as_str() {
            Some("exists") => value.is_some(),
            Some("notExists") => value.is_none(),
            _ => value.is_some_and(|value| predicate["value"] == *value),
        }
    });
    let mut all = clauses.chain(predicates);
    match filter["type"].as_str() {
        Some("or") => all.any(|holds| holds),
        _ => all.all(|holds| holds),
    }
}
