//! Sessions, the segments of contacts, flows, and attributions of outcomes.

use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::families::{OUTCOMES, SEGMENTS};
use crate::family::{Family, Operation, Paging, split};
use crate::jobs::{JobState, Jobs};
use crate::request::RecordedRequest;
use crate::response::Response;
use crate::store::Store;

pub(crate) const SESSIONS: &str = "journey/sessions";
pub(crate) const PREDICTORS: &str = "journey/outcomes/predictors";

/// The number of segments that a response has at most.
const MAX_LIMIT: usize = 500;
/// The number of changes that a request may have.
const MAX_CHANGES: usize = 10;

pub(crate) fn families() -> Vec<Family> {
    let cursors = |path: &str| Family::new(path).operations([Operation::List]).paging(Paging::After).max_page_size(200);
    let whole = |path: &str| Family::new(path).paging(Paging::Whole);
    vec![
        Family::new(SESSIONS).operations([Operation::Get]),
        cursors("journey/sessions/{}/events").filter_equal("eventType", "eventType"),
        cursors("externalcontacts/contacts/{}/journey/sessions"),
        // `respond` handles its requests.
        whole("externalcontacts/contacts/{}/journey/segments").operations([]),
        whole(PREDICTORS).entity("predictor").required(["outcome"]).limit(10).operations([
            Operation::List,
            Operation::Get,
            Operation::Create,
            Operation::Delete,
        ]),
    ]
}

/// Returns the response to a request that is more than a read or a write of an entity.
pub(crate) fn respond(
    request: &RecordedRequest,
    path: &[&str],
    store: &mut Store,
    clock: &mut Clock,
    jobs: &mut Jobs<Attributions>,
) -> Option<Response> {
    let method = request.method.as_str();
    Some(match (method, path) {
        ("GET", ["journey", "sessions", id, "outcomescores"]) => scores(store, id),
        ("GET", ["externalcontacts", "contacts", _, "journey", "segments"]) => segments(request, path, store),
        ("POST", ["externalcontacts", "contacts", contact, "journey", "segments"]) => {
            assign(request, path, contact, store, clock)
        }
        ("POST", ["journey", "flows", "paths", "query"]) => flow_paths(request),
        ("POST", ["journey", "outcomes", "attributions", "jobs"]) => {
            let id = jobs.submit(Attributions::check(request, store), clock.now());
            let uri = format!("{}/{id}", request.raw_path);
            Response::json(202, json!({ "id": id, "selfUri": uri }))
        }
        ("GET", ["journey", "outcomes", "attributions", "jobs", id, part @ ..]) => {
            let now = clock.now();
            match (jobs.find(id, now), part) {
                (Some(job), []) => {
                    let is_ended = job.poll() == JobState::Ended;
                    let state = if is_ended { job.work.state } else { "Running" };
                    Response::json(200, json!({ "id": id, "state": state, "selfUri": request.raw_path }))
                }
                (Some(job), ["results"]) if job.state() == JobState::Ended => {
                    Response::json(200, json!({ "entities": job.work.results }))
                }
                (Some(_), ["results"]) => Response::error(409, "job.not.ended", "The job has no results"),
                _ => Response::not_found("attributionJob", id),
            }
        }
        (_, ["journey", "outcomes", "attributions", "jobs", ..] | ["journey", "flows", "paths", "query"]) => {
            Response::method_not_allowed(method)
        }
        _ => return None,
    })
}

/// The scores of all outcomes in a session.
fn scores(store: &Store, session: &str) -> Response {
    if store.get(&split(SESSIONS), session).is_none() {
        return Response::not_found("session", session);
    }
    let score = |outcome: &Value| {
        let outcome = json!({ "id": outcome["id"] });
        json!({ "outcome": outcome, "probability": 0.25, "sessionMaxProbability": 0.5, "quantile": 0.75 })
    };
    let scores: Vec<Value> = store.all(&split(OUTCOMES)).into_iter().map(score).collect();
    Response::json(200, json!({ "outcomeScores": scores }))
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&segment| segment.to_owned()).collect()
}

/// The segments of a contact, at most `limit`. There is no next page.
fn segments(request: &RecordedRequest, path: &[&str], store: &Store) -> Response {
    let limit = request.query_first("limit").map_or(Ok(25), str::parse);
    let Some(limit) = limit.ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)) else {
        return Response::bad_request(&format!("The limit must be from 1 to {MAX_LIMIT}"));
    };
    let mut entities: Vec<Value> = store.all(&owned(path)).into_iter().take(limit).cloned().collect();
    for assignment in entities.iter_mut().filter_map(Value::as_object_mut) {
        assignment.retain(|field, _| !["id", "selfUri", "createdDate", "modifiedDate"].contains(&field.as_str()));
    }
    Response::json(200, json!({ "entities": entities }))
}

/// Assigns and removes segments. An unknown segment is not processed, although the status is 200.
fn assign(request: &RecordedRequest, path: &[&str], contact: &str, store: &mut Store, clock: &mut Clock) -> Response {
    let body = request.body.clone().unwrap_or_default();
    let ids = |part: &str| -> Vec<String> {
        let segments = body.get(part).and_then(|part| part.get("segments")).and_then(Value::as_array);
        let ids = segments.into_iter().flatten().filter_map(|segment| segment.get("id")?.as_str());
        ids.map(str::to_owned).collect()
    };
    let (to_assign, to_remove) = (ids("assign"), ids("unassign"));
    if to_assign.len() + to_remove.len() > MAX_CHANGES {
        return Response::bad_request(&format!("At most {MAX_CHANGES} segments in a request"));
    }
    let is_known = |store: &Store, id: &String| store.get(&split(SEGMENTS), id).is_some();
    let path = owned(path);
    for id in to_assign.iter().filter(|id| is_known(store, id)).cloned().collect::<Vec<String>>() {
        let now = clock.stamp();
        let assignment = json!({
            "id": id, "dateAssigned": now, "dateForUnassignment": now, "externalContact": { "id": contact },
            "segment": { "id": id, "selfUri": format!("/api/v2/{SEGMENTS}/{id}") },
        });
        if let Value::Object(assignment) = assignment {
            store.insert(&path, assignment, clock);
        }
    }
    for id in &to_remove {
        store.remove(&path, id);
    }
    let mut unprocessed = Map::new();
    let mut count = 0;
    for (part, ids) in [("assign", to_assign), ("unassign", to_remove)] {
        let unknown: Vec<Value> =
            ids.into_iter().filter(|id| !is_known(store, id)).map(|id| json!({ "id": id })).collect();
        count += unknown.len();
        if !unknown.is_empty() {
            unprocessed.insert(part.to_owned(), json!({ "segments": unknown }));
        }
    }
    unprocessed.insert("count".to_owned(), json!(count));
    Response::json(200, json!({ "unprocessedItems": unprocessed }))
}

/// The same tree for every flow: half of the journeys reach a milestone, the others are disconnected.
fn flow_paths(request: &RecordedRequest) -> Response {
    let body = request.body.clone().unwrap_or_default();
    let (Some(category), Some(flows)) = (body.get("category"), body.get("flows").and_then(Value::as_array)) else {
        return Response::bad_request("A query must have a category and flows");
    };
    let step = |kind: &str, parent: Option<&str>, count: usize| {
        let part = |flow: &Value| json!({ "type": "InboundCall", "flow": flow, "version": "1.0", "count": count });
        let parts: Vec<Value> = flows.iter().map(part).collect();
        let mut step = json!({ "type": kind, "count": count * flows.len(), "flows": parts });
        if let (Some(step), Some(parent)) = (step.as_object_mut(), parent) {
            step.insert("parentId".to_owned(), json!(parent));
        }
        step
    };
    let elements = json!({
        "root": step("Root", None, 100),
        "milestone": step("Milestone", Some("root"), 50),
        "disconnect": step("Disconnect", Some("root"), 50),
    });
    let elements = if flows.is_empty() { json!({}) } else { elements };
    Response::json(200, json!({ "category": category, "elements": elements }))
}

/// Attributions that were checked when they were submitted: the outcome must exist.
pub(crate) struct Attributions {
    state: &'static str,
    results: Vec<Value>,
}

impl Attributions {
    fn check(request: &RecordedRequest, store: &Store) -> Attributions {
        let body = request.body.clone().unwrap_or_default();
        let entities = body.get("entities").and_then(Value::as_array).cloned().unwrap_or_default();
        let threshold = body.get("percentFailedThreshold").and_then(Value::as_u64).unwrap_or(5);
        let is_valid = |attribution: &Value| {
            let outcome = attribution.get("outcomeId").and_then(Value::as_str);
            outcome.is_some_and(|outcome| store.get(&split(OUTCOMES), outcome).is_some())
        };
        let failed = entities.iter().filter(|attribution| !is_valid(attribution)).count();
        let is_stopped = failed as u64 * 100 > threshold * entities.len() as u64;
        let result = |(index, attribution): (usize, &Value)| {
            let (state, message) = match (is_valid(attribution), is_stopped) {
                (false, _) => ("Invalid", "There is no such outcome"),
                (true, true) => ("Valid", "Not recorded: too many others failed"),
                (true, false) => ("Completed", "Recorded"),
            };
            let mut result = attribution.clone();
            if let Some(result) = result.as_object_mut() {
                result.extend([
                    ("state".to_owned(), json!(state)),
                    ("message".to_owned(), json!(message)),
                    ("index".to_owned(), json!(index)),
                ]);
            }
            result
        };
        let state = match failed {
            _ if is_stopped => "Failed",
            0 => "Completed",
            _ => "CompletedWithErrors",
        };
        Attributions { state, results: entities.iter().enumerate().map(result).collect() }
    }
}
