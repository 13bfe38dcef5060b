//! A stand-in of the service: an organisation in memory, on httpmock, in this process.
//!
//! It keeps state as the service does (versions, conflicts, paging, tokens), answers errors in the
//! service's format, and remembers what it was asked. The knobs make it misbehave.

mod aggregates;
mod jobs;
mod oauth;
mod org;

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use genesys_journey::{Config, ConfigBuilder, Region};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};
use serde_json::{Value, json};

use org::Org;

pub const CLIENT_ID: &str = "stand-in-client";
pub const CLIENT_SECRET: &str = "stand-in/secret+=";
pub const CODE: &str = "stand-in-code";
pub const REDIRECT_URI: &str = "http://localhost:8080/callback";
pub const FIRST_REFRESH_TOKEN: &str = "stand-in-refresh-1";
pub const ORG_NAME: &str = "stand-in-org";
pub const ASSERTION: &str = "stand+in/assertion==";
const FIXED_TOKEN: &str = "stand-in-token";

/// A running stand-in. Ends when it is dropped.
pub struct StandIn {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

/// What the examples in the docs run on: calls to [`StandIn::doc_example`].
pub fn doc_example() -> DocExample {
    let service = StandIn::doc_example();
    DocExample { config: service.config(), _service: service }
}

/// A config, and the stand-in that it calls, as long as both are wanted.
pub struct DocExample {
    config: Config,
    _service: StandIn,
}

impl Deref for DocExample {
    type Target = Config;

    fn deref(&self) -> &Config {
        &self.config
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub raw_path: String,
    /// The segments of the path, decoded, without the first slash.
    pub path: Vec<String>,
    pub raw_query: String,
    /// The pairs of the query, decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
    pub text: String,
    pub at: Instant,
}

impl Seen {
    fn new(method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Seen {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let text = String::from_utf8_lossy(body).into_owned();
        Seen {
            method: method.to_owned(),
            raw_path: raw_path.to_owned(),
            path: raw_path.split('/').skip(1).map(decode).collect(),
            raw_query: raw_query.to_owned(),
            query: pairs(raw_query),
            headers: headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            body: serde_json::from_str(&text).ok(),
            text,
            at: Instant::now(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn query_all(&self, key: &str) -> Vec<&str> {
        self.query.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    fn query_one(&self, key: &str) -> Option<&str> {
        self.query_all(key).first().copied()
    }
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn json(status: u16, body: &Value) -> Response {
        Response::text(status, body.to_string()).with("content-type", "application/json")
    }

    pub fn text(status: u16, body: impl Into<String>) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// An error as the service words it, before it has a correlation id.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Response {
    let body = json!({
        "message": message, "code": code, "status": status, "messageParams": {}, "details": [], "errors": [],
    });
    Response::json(status, &body)
}

type Lie = Box<dyn Fn(&mut Value) + Send + Sync>;

#[derive(Default)]
struct State {
    org: Org,
    tokens: oauth::Tokens,
    jobs: jobs::Jobs,
    seen: Vec<Seen>,
    answered: u64,
    respond_next: VecDeque<Response>,
    /// Whether each of the next writes is carried out before its answer is lost.
    lost_writes: VecDeque<bool>,
    lie: Option<Lie>,
    rate: Option<(u32, Vec<Instant>)>,
}

impl StandIn {
    /// An organisation with no segments and two action targets.
    pub fn start() -> StandIn {
        let state = Arc::new(Mutex::new(State::default()));
        let server = MockServer::start();
        let answering = state.clone();
        server.mock(move |_, then| {
            then.respond_with(move |request: &HttpMockRequest| {
                let uri = request.uri_str();
                let target =
                    uri.strip_prefix("http://").map_or(uri, |rest| &rest[rest.find('/').unwrap_or(rest.len())..]);
                let seen = Seen::new(request.method_str(), target, request.headers_vec(), request.body_ref());
                let answer = lock(&answering).respond(seen);
                let built = HttpMockResponse::builder().status(answer.status).headers(answer.headers);
                if answer.status == 204 { built.build() } else { built.body(answer.body).build() }
            });
        });
        StandIn { server, state }
    }

    /// The organisation of the examples in the docs: a segment and an action target of the id
    /// `3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64`.
    pub fn doc_example() -> StandIn {
        let service = StandIn::start();
        let id = "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64";
        service.add_segment(json!({ "id": id, "displayName": "Local visitors" }));
        service.add_action_target(json!({ "id": id, "name": "Sales" }));
        service
    }

    /// The base URL of the API and of the sign-in.
    pub fn url(&self) -> String {
        self.server.base_url()
    }

    /// Where it is: the API and the sign-in.
    pub fn region(&self) -> Region {
        Region::custom(&self.url(), &self.url()).expect("plain http to loopback is allowed")
    }

    /// Calls to it that are signed in, and do not wait long between attempts.
    pub fn config(&self) -> Config {
        self.settings().token(&self.token()).expect("the token can be sent")
    }

    /// The same, still to be set.
    pub fn settings(&self) -> ConfigBuilder {
        Config::builder(self.region()).initial_backoff(Duration::from_millis(1))
    }

    /// An access token that is accepted.
    pub fn token(&self) -> String {
        FIXED_TOKEN.to_owned()
    }

    /// Adds segments, all different; returns their ids.
    pub fn seed_segments(&self, n: usize) -> Vec<String> {
        (0..n).map(|_| self.lock().org.seed_segment()).collect()
    }

    /// Adds a segment; what is missing is filled in as the service does.
    pub fn add_segment(&self, fields: Value) -> String {
        self.lock().org.insert(fields)
    }

    pub fn add_action_target(&self, fields: Value) -> String {
        self.lock().org.insert_target(fields)
    }

    /// What the organisation holds now, whatever reads show.
    pub fn segment(&self, id: &str) -> Option<Value> {
        self.lock().org.segment(id)
    }

    pub fn segments(&self) -> Vec<Value> {
        self.lock().org.segments()
    }

    /// Answers a request that did not come over HTTP: for who plays the way to the service himself.
    pub fn answer(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Response {
        self.lock().respond(Seen::new(method, target, headers, body))
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    pub fn last_request(&self) -> Seen {
        self.lock().seen.last().cloned().expect("the stand-in was asked nothing")
    }

    pub fn forget_requests(&self) {
        self.lock().seen.clear();
    }

    /// After each write, so many reads (of one segment or of a list) still show what was before.
    pub fn lag_reads(&self, reads: usize) {
        self.lock().org.lag = reads;
    }

    /// The answers to the next requests of the API, in order, instead of what would be right.
    pub fn respond_next(&self, answers: impl IntoIterator<Item = Response>) {
        self.lock().respond_next.extend(answers);
    }

    /// The next so many writes (POST, PATCH) of segments are carried out, and answered 503.
    pub fn lose_answers(&self, writes: usize) {
        self.lock().lost_writes.extend(std::iter::repeat_n(true, writes));
    }

    /// The next so many writes (POST, PATCH) of segments are not carried out, and answered 503.
    pub fn lose_writes(&self, writes: usize) {
        self.lock().lost_writes.extend(std::iter::repeat_n(false, writes));
    }

    /// The next writes are answered as they should be.
    pub fn forget_lost_writes(&self) {
        self.lock().lost_writes.clear();
    }

    /// Answers 429 to more than so many requests in a minute.
    pub fn limit_rate(&self, per_minute: u32) {
        self.lock().rate = Some((per_minute, Vec::new()));
    }

    /// Lets a function change every list before it is sent.
    pub fn mutate_lists(&self, lie: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.lock().lie = Some(Box::new(lie));
    }

    pub fn refuse_duplicate_names(&self) {
        self.lock().org.unique_names = true;
    }

    /// Version conflicts are 400 instead of 409.
    pub fn conflicts_as_400(&self) {
        self.lock().org.conflict_status = 400;
    }

    /// Every token handed out so far is refused from now on, the fixed one included.
    pub fn expire_tokens(&self) {
        self.lock().tokens.expire_all();
    }

    /// The code can be used once more, as if another had been given.
    pub fn forget_code(&self) {
        self.lock().tokens.code_used = false;
    }

    /// What `expires_in` says; `null` leaves it out.
    pub fn token_lifetime(&self, seconds: Value) {
        self.lock().tokens.expires_in = seconds;
    }

    /// Each token handed out from now on is good for so many requests.
    pub fn token_uses(&self, uses: usize) {
        self.lock().tokens.uses = Some(uses);
    }

    /// Requests to the token endpoint, whatever they were answered.
    pub fn token_requests(&self) -> usize {
        self.lock().tokens.requests
    }

    pub fn token_answers_next(&self, answers: impl IntoIterator<Item = Response>) {
        self.lock().tokens.respond_next.extend(answers);
    }

    /// How often a job is asked for its state before it ends.
    pub fn jobs_take(&self, polls: usize) {
        self.lock().jobs.polls = polls;
    }

    /// How jobs end.
    pub fn jobs_end(&self, state: &str, message: &str) {
        self.lock().jobs.end = (state.to_owned(), message.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl State {
    fn respond(&mut self, seen: Seen) -> Response {
        self.seen.push(seen.clone());
        self.answered += 1;
        let correlation_id = format!("00000000-0000-4000-8000-{:012x}", self.answered);
        let mut answer = self.answer(&seen).with("ININ-Correlation-Id", &correlation_id);
        if answer.status >= 400 {
            if let Ok(Value::Object(mut error)) = serde_json::from_str(&answer.body) {
                error.entry("contextId").or_insert(json!(correlation_id));
                answer.body = Value::Object(error).to_string();
            }
        }
        answer
    }

    fn answer(&mut self, seen: &Seen) -> Response {
        let path: Vec<&str> = seen.path.iter().map(String::as_str).collect();
        if path == ["oauth", "token"] {
            return self.tokens.answer(seen);
        }
        if let Some(answer) = self.respond_next.pop_front() {
            return answer;
        }
        if let Some(answer) = self.tokens.refuse(seen).or_else(|| self.too_many()) {
            return answer;
        }
        let ["api", "v2", path @ ..] = path.as_slice() else {
            return not_found("path", &seen.raw_path);
        };
        if let ("POST" | "PATCH", ["journey", "segments", ..]) = (seen.method.as_str(), path) {
            if let Some(carried_out) = self.lost_writes.pop_front() {
                if carried_out {
                    self.handle(seen, path);
                }
                return Response::text(503, "<html>Service Unavailable</html>");
            }
        }
        self.handle(seen, path)
    }

    fn handle(&mut self, seen: &Seen, path: &[&str]) -> Response {
        match (seen.method.as_str(), path) {
            ("GET", ["journey", "segments"]) => self.list(|org| org.list_segments(seen)),
            ("POST", ["journey", "segments"]) => self.org.create(seen.body.as_ref()),
            ("GET", ["journey", "segments", id]) => self.org.get(id),
            ("PATCH", ["journey", "segments", id]) => self.org.patch(id, seen.body.as_ref()),
            ("DELETE", ["journey", "segments", id]) => self.org.delete(id),
            ("GET", ["journey", "actiontargets"]) => self.list(|org| org.list_targets(seen)),
            ("GET", ["journey", "actiontargets", id]) => self.org.get_target(id),
            ("PATCH", ["journey", "actiontargets", id]) => self.org.patch_target(id, seen.body.as_ref()),
            (method, ["analytics", "journeys", "aggregates", rest @ ..]) => {
                // Nobody is assigned to an inactive one: there is no group of it.
                let active = self.org.segments().into_iter().filter(|segment| segment["isActive"] == true);
                let ids: Vec<String> = active.map(|segment| text(&segment, "id")).collect();
                match (method, rest) {
                    ("POST", ["query"]) => aggregates::answer(&ids, seen.body.as_ref()),
                    _ => self.jobs.answer(method, rest, seen, &ids),
                }
            }
            ("GET", ["journey", "outcomes"]) => self.list(|_| org::page(seen, OUTCOMES.map(outcome))),
            ("GET", ["journey", "outcomes", id]) => match OUTCOMES.into_iter().find(|(known, ..)| known == id) {
                Some(known) => Response::json(200, &outcome(known)),
                None => not_found("outcome", id),
            },
            // What the stand-in does not know is answered with what it was sent.
            ("DELETE", ["journey", "outcomes", _]) => Response { status: 204, ..Response::default() },
            ("POST" | "PATCH", ["journey", "outcomes", ..]) | ("PUT", ["routing", "queues", _]) => {
                Response::json(200, &seen.body.clone().unwrap_or_default())
            }
            (method, ["echo", ..]) => {
                let echo = json!({ "method": method, "path": seen.path, "query": seen.query, "body": seen.body });
                Response::json(200, &echo)
            }
            _ => not_found("path", &seen.raw_path),
        }
    }

    fn list(&mut self, list: impl FnOnce(&mut Org) -> Result<Value, Response>) -> Response {
        match list(&mut self.org) {
            Ok(mut list) => {
                if let Some(lie) = &self.lie {
                    lie(&mut list);
                }
                Response::json(200, &list)
            }
            Err(answer) => answer,
        }
    }

    fn too_many(&mut self) -> Option<Response> {
        let (limit, recent) = self.rate.as_mut()?;
        let minute = Duration::from_secs(60);
        recent.retain(|at| at.elapsed() < minute);
        if recent.len() < *limit as usize {
            recent.push(Instant::now());
            return None;
        }
        let wait = recent.first().map_or(1, |at| (minute - at.elapsed()).as_secs() + 1);
        let body = json!({
            "message": "Rate limit exceeded the maximum.", "code": "too.many.requests", "status": 429,
            "limit": { "key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": limit },
        });
        Some(Response::json(429, &body).with("Retry-After", &wait.to_string()))
    }
}

pub(crate) fn not_found(entity: &str, id: &str) -> Response {
    let body = json!({
        "message": format!("Unable to find a {entity} with id {id}"), "code": "not.found", "status": 404,
        "entityId": id, "entityName": entity,
        "messageWithParams": "Unable to find a {entity} with id {id}",
        "messageParams": { "entity": entity, "id": id }, "details": [], "errors": [],
    });
    Response::json(404, &body)
}

/// Outcomes: id, displayName, isActive.
const OUTCOMES: [(&str, &str, bool); 2] = [("outcome-1", "Purchase", true), ("outcome-2", "Newsletter", false)];

fn outcome((id, name, is_active): (&str, &str, bool)) -> Value {
    json!({ "id": id, "displayName": name, "isActive": is_active, "isPositive": true })
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn pairs(encoded: &str) -> Vec<(String, String)> {
    let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
