//! The organisation behind the server: it responds to requests one by one, faults included.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::aggregates::{self, JobEnd, Work};
use crate::clock::Clock;
use crate::deployments;
use crate::estimates;
use crate::external_events::{self, ExternalEvents};
use crate::families;
use crate::family::split;
use crate::faults::{FaultState, Loss};
use crate::jobs::Jobs;
use crate::oauth::Tokens;
use crate::random::{Random, mix};
use crate::request::{RecordedRequest, RequestLog};
use crate::response::Response;
use crate::store::{Store, Surroundings};
use crate::views::{Organisation, Views};
use crate::visitors::{self, Attributions};

pub(crate) struct State {
    pub store: Store,
    pub clock: Clock,
    pub faults: FaultState,
    pub tokens: Tokens,
    pub jobs: Jobs<Work>,
    pub estimates: Jobs<Value>,
    pub views: Views,
    pub attributions: Jobs<Attributions>,
    pub job_end: JobEnd,
    pub external_events: ExternalEvents,
    /// The actions that the next ping of a deployment returns.
    pub web_actions: Vec<Value>,
    pub log: RequestLog,
    /// Responses to the next requests of the API.
    pub scripted: VecDeque<Response>,
    /// Requests of the API since the start.
    pub api_requests: u64,
    /// Active segments that no visitor is assigned to.
    pub unassigned: HashSet<String>,
    pub seed: u64,
    responses: u64,
    pub random: Random,
}

/// A response and the way it is sent.
pub(crate) struct Sent {
    /// `None` if it is lost.
    pub response: Option<Response>,
    pub latency: Duration,
    pub close: bool,
}

impl State {
    pub fn new(seed: u64) -> State {
        let mut state = State {
            store: Store::new([families::all(), visitors::families()].concat(), seed),
            clock: Clock::default(),
            faults: FaultState::default(),
            tokens: Tokens::default(),
            jobs: Jobs::default(),
            estimates: Jobs::default(),
            views: Views::default(),
            attributions: Jobs::default(),
            job_end: JobEnd::default(),
            external_events: ExternalEvents::default(),
            web_actions: Vec::new(),
            log: RequestLog::default(),
            scripted: VecDeque::new(),
            api_requests: 0,
            unassigned: HashSet::new(),
            seed,
            responses: 0,
            random: Random::new(seed),
        };
        for (path, fields) in families::initial() {
            if let Value::Object(fields) = fields {
                state.store.insert(&split(path), fields, &mut state.clock);
            }
        }
        state
    }

    /// Responds to a request and records it.
    pub fn respond(&mut self, request: RecordedRequest) -> Sent {
        self.responses += 1;
        let correlation_id = format!("00000000-0000-4000-8000-{:012x}", self.responses);
        let now = self.clock.now();
        let response = match request.path.as_slice() {
            [oauth, token] if oauth == "oauth" && token == "token" => Some(self.tokens.respond(&request, now)),
            _ => self.respond_api(&request),
        };
        self.log.push(request);
        Sent {
            response: response.map(|response| response.correlated(&correlation_id)),
            latency: self.faults.latency,
            close: self.faults.close_connections,
        }
    }

    /// Returns the response of the API, or `None` if it is lost.
    fn respond_api(&mut self, request: &RecordedRequest) -> Option<Response> {
        self.api_requests += 1;
        if let Some(refusal) = self.refusal(request) {
            return Some(refusal);
        }
        match self.next_loss(request) {
            Some(Loss::Write) => None,
            Some(Loss::Response) => {
                self.route(request);
                None
            }
            None => Some(self.route(request)),
        }
    }

    /// Returns the response to a request that is not processed.
    fn refusal(&mut self, request: &RecordedRequest) -> Option<Response> {
        if let Some(status) = self.faults.statuses.remove(&self.api_requests) {
            return Some(Response::of_status(status));
        }
        if let Some(response) = self.scripted.pop_front() {
            return Some(response);
        }
        let now = self.clock.now();
        let needs_token = !deployments::is_open(request);
        if let Some(refusal) = needs_token.then(|| self.tokens.refusal(request, now)).flatten() {
            return Some(refusal);
        }
        if let Some(refusal) = self.faults.rate_limit.as_mut().and_then(|limit| limit.refusal(now)) {
            return Some(refusal);
        }
        if self.faults.error_pages > 0 {
            self.faults.error_pages -= 1;
            let page = "<html><body>The service is not available at the moment.</body></html>";
            return Some(Response::text(200, page).header("content-type", "text/html"));
        }
        None
    }

    fn next_loss(&mut self, request: &RecordedRequest) -> Option<Loss> {
        let scripted = if request.is_write() { self.faults.losses.pop_front() } else { None };
        let probability = self.faults.loss_probability;
        scripted.or_else(|| (probability > 0.0 && self.random.chance(probability)).then_some(Loss::Response))
    }

    fn route(&mut self, request: &RecordedRequest) -> Response {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let not_found = || Response::not_found("path", &request.raw_path);
        let ["api", "v2", path @ ..] = path.as_slice() else {
            return not_found();
        };
        match path {
            ["echo", ..] => echo(request),
            ["analytics", "journeys", "aggregates", rest @ ..] => self.aggregates(request, rest),
            ["journey", "actionmaps", "estimates", "jobs", rest @ ..] => self.estimates(request, rest),
            ["journey", "externalevents", rest @ ..] => external_events::respond(self, request, rest),
            ["journey", "deployments", _, rest @ ..] => deployments::respond(self, request, rest),
            ["journey", "views", rest @ ..] => {
                let State { store, clock, faults, random, views, job_end, .. } = self;
                let around = Surroundings { clock, faults, random };
                views.respond(request, rest, Organisation { store, around, job_end })
            }
            _ => {
                let State { store, clock, faults, random, attributions, .. } = self;
                visitors::respond(request, path, store, clock, attributions).unwrap_or_else(|| {
                    let around = &mut Surroundings { clock, faults, random };
                    store.respond(request, path, around).unwrap_or_else(not_found)
                })
            }
        }
    }

    fn aggregates(&mut self, request: &RecordedRequest, rest: &[&str]) -> Response {
        let now = self.clock.now();
        match (request.method.as_str(), rest) {
            ("POST", ["query"]) => aggregates::respond(&self.work(request)),
            ("POST", ["jobs"]) => {
                let work = self.work(request);
                let response = aggregates::submit(&mut self.jobs, work, now);
                self.jobs.hide_last(&self.faults, now);
                response
            }
            (method, ["query" | "jobs"]) => Response::method_not_allowed(method),
            (_, ["jobs", id, rest @ ..]) => {
                aggregates::respond_job(&mut self.jobs, &self.job_end, request, id, rest, now)
            }
            _ => Response::not_found("path", &request.raw_path),
        }
    }

    /// Estimates of action maps: the state of a job is a bare text.
    fn estimates(&mut self, request: &RecordedRequest, rest: &[&str]) -> Response {
        let now = self.clock.now();
        match (request.method.as_str(), rest) {
            ("POST", []) => {
                let id = self.estimates.submit(request.body.clone().unwrap_or_default(), now);
                self.estimates.hide_last(&self.faults, now);
                let uri = format!("{}/{id}", request.raw_path);
                Response::json(202, json!({ "id": id, "selfUri": uri }))
            }
            ("GET", [id, part @ ..]) => match (self.estimates.find(id, now), part) {
                (Some(job), []) => Response::json(200, estimates::state(job)),
                (Some(job), ["results"]) => estimates::result(job),
                _ => Response::not_found("estimateJob", id),
            },
            (method, _) => Response::method_not_allowed(method),
        }
    }

    /// Returns the query of a request with the segments that have assignments: the active ones, with exceptions.
    fn work(&self, request: &RecordedRequest) -> Work {
        let segments = self.store.all(&split(families::SEGMENTS));
        let active = segments.into_iter().filter(|segment| segment["isActive"] == true);
        let ids = active.filter_map(|segment| segment["id"].as_str()).filter(|id| !self.unassigned.contains(*id));
        let segments = ids.map(str::to_owned).collect();
        Work { query: request.body.clone().unwrap_or_default(), segments, seed: mix(self.seed) }
    }

    /// Adds a segment as the seed makes it, and returns its id.
    pub fn seed_segment(&mut self) -> String {
        let path = split(families::SEGMENTS);
        let n = self.store.all(&path).len();
        let Value::Object(fields) = families::seeded_segment(self.seed, n) else { return String::new() };
        let id = self.store.insert(&path, fields, &mut self.clock);
        if families::is_unassigned(n) {
            self.unassigned.insert(id.clone());
        }
        id
    }
}

/// Returns the request itself: for tests of clients, of any method.
fn echo(request: &RecordedRequest) -> Response {
    let RecordedRequest { method, path, query, body, .. } = request;
    Response::json(200, json!({ "method": method, "path": path, "query": query, "body": body }))
}
