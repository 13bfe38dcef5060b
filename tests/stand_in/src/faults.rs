//! Fault injection: the settings, and the handle through which a test changes them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::MutexGuard;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};

use crate::StandIn;
use crate::external_events::RefuseHook;
use crate::response::{Response, to_value};
use crate::state::State;

/// A change of each list before it is sent.
pub(crate) type ListHook = Box<dyn Fn(&mut Value) + Send + Sync>;

/// A change of each name before it is stored.
pub(crate) type NameHook = Box<dyn Fn(&str) -> String + Send + Sync>;

#[derive(Default)]
pub(crate) struct FaultState {
    pub latency: Duration,
    pub close_connections: bool,
    pub losses: VecDeque<Loss>,
    pub loss_probability: f64,
    pub lag_reads: usize,
    pub lag_time: Duration,
    pub rate_limit: Option<RateLimit>,
    pub unstable_order: bool,
    pub deletions: usize,
    pub error_pages: usize,
    /// By the number of the request, counted from the start.
    pub statuses: BTreeMap<u64, u16>,
    pub list_hook: Option<ListHook>,
    pub name_hook: Option<NameHook>,
    pub event_hook: Option<RefuseHook>,
}

/// The part of an exchange that is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The request is not processed.
    Write,
    /// The request is processed.
    Response,
}

pub(crate) struct RateLimit {
    per_minute: usize,
    in_words: bool,
    recent: VecDeque<SystemTime>,
}

const MINUTE: Duration = Duration::from_secs(60);

impl RateLimit {
    /// Returns the refusal of a request over the limit.
    pub fn refusal(&mut self, now: SystemTime) -> Option<Response> {
        self.recent.retain(|at| now.duration_since(*at).unwrap_or_default() < MINUTE);
        if self.recent.len() < self.per_minute {
            self.recent.push_back(now);
            return None;
        }
        let age = self.recent.front().map(|at| now.duration_since(*at).unwrap_or_default()).unwrap_or_default();
        let wait = MINUTE.saturating_sub(age).as_secs() + 1;
        let mut message = "Rate limit exceeded the maximum.".to_owned();
        if self.in_words {
            message = format!("{message} Retry the request in [{wait}] seconds");
        }
        let limit = json!({
            "key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": self.per_minute,
        });
        let body = json!({ "message": message, "code": "too.many.requests", "status": 429, "limit": limit });
        let response = Response::json(429, body);
        Some(if self.in_words { response } else { response.header("Retry-After", &wait.to_string()) })
    }
}

/// The faults of a stand-in: [`StandIn::faults`].
///
/// A fault applies from now on, or to the next requests, until it is set otherwise or [cleared](Faults::clear).
/// A *write* is a POST, PATCH, PUT or DELETE, such as the submission of a job, but not a query by POST. Signing in is
/// subject to [`latency`](Faults::latency), [`close_connections`](Faults::close_connections) and the faults of tokens only.
///
/// ```
/// use std::time::Duration;
///
/// let service = genesys_stand_in::StandIn::start();
/// service.faults().latency(Duration::from_millis(20)).lag_reads(3).lose_responses(1);
/// // … run the program under test …
/// service.faults().clear();
/// ```
#[derive(Clone, Copy)]
pub struct Faults<'a> {
    pub(crate) service: &'a StandIn,
}

impl std::fmt::Debug for Faults<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Faults").field(self.service).finish()
    }
}

impl Faults<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.service.lock()
    }

    /// Delays every response by this time.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().latency(Duration::from_millis(50));
    /// let start = Instant::now();
    /// _ = ureq::get(service.url()).call();
    /// assert!(start.elapsed() >= Duration::from_millis(50));
    /// ```
    pub fn latency(self, latency: Duration) -> Self {
        self.state().faults.latency = latency;
        self
    }

    /// Closes the connection after each response, or keeps it open again.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().close_connections(true);
    /// let request = ureq::get(service.url()).config().http_status_as_error(false).build();
    /// assert_eq!(request.call()?.headers()["connection"], "close");
    /// # Ok::<(), ureq::Error>(())
    /// ```
    pub fn close_connections(self, close: bool) -> Self {
        self.state().faults.close_connections = close;
        self
    }

    /// Processes the next writes and closes the connection without a response.
    ///
    /// With `genesys-journey`, a create or an update ends in an error whose `outcome_unknown()` is true. A delete is
    /// retried, and succeeds.
    ///
    /// [`StandIn::call`] and [`StandIn::handle`] have no connection; they return status 503 in its place.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().lose_responses(1);
    /// assert_eq!(service.call("POST", "/api/v2/journey/segments", json!({ "displayName": "VIP" })).status, 503);
    /// assert_eq!(service.segments().len(), 1);
    /// ```
    pub fn lose_responses(self, writes: usize) -> Self {
        self.state().faults.losses.extend(std::iter::repeat_n(Loss::Response, writes));
        self
    }

    /// Closes the connection at the next writes, without processing them.
    ///
    /// With `genesys-journey`, a create or an update ends as with [`lose_responses`](Faults::lose_responses), because a
    /// client cannot see the difference. A delete is retried, and succeeds. `ensure` waits for its create until the deadline
    /// of the call, 5 minutes by default: set a short one, with `Config::with_deadline` for example.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().lose_writes(1);
    /// assert_eq!(service.call("POST", "/api/v2/journey/segments", json!({ "displayName": "VIP" })).status, 503);
    /// assert!(service.segments().is_empty());
    /// ```
    pub fn lose_writes(self, writes: usize) -> Self {
        self.state().faults.losses.extend(std::iter::repeat_n(Loss::Write, writes));
        self
    }

    /// Loses the response to each request, read or write, with this probability. The request is processed.
    /// The seed decides which.
    ///
    /// `genesys-journey` retries a read, by default up to 4 attempts.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().lose_responses_at_random(1.0);
    /// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 503);
    /// ```
    pub fn lose_responses_at_random(self, probability: f64) -> Self {
        self.state().faults.loss_probability = probability;
        self
    }

    /// Lets the next reads of an entity after each write, also in lists, show the state before the write.
    ///
    /// With `genesys-journey`, `get` of a new segment is an error with `is_not_found()`, `list` lacks it, and both return
    /// the old state of a changed one. `find_by_name` confirms by one more read that there is none; `ensure` reads until it
    /// sees its write.
    ///
    /// ```
    /// use serde_json::{Value, json};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().lag_reads(1);
    /// let created = service.call("POST", "/api/v2/journey/segments", json!({ "displayName": "VIP" }));
    /// let path = created.read_json::<Value>()?["selfUri"].as_str().unwrap().to_owned();
    /// assert_eq!(service.call("GET", &path, ()).status, 404);
    /// assert_eq!(service.call("GET", &path, ()).status, 200);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn lag_reads(self, reads: usize) -> Self {
        self.state().faults.lag_reads = reads;
        self
    }

    /// Lets reads show the state before a write for this time after it, by the clock of the organisation.
    ///
    /// ```
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.stop_clock();
    /// service.faults().lag_time(Duration::from_secs(2));
    /// let id = service.add_segment(json!({ "displayName": "VIP" }));
    /// let path = format!("/api/v2/journey/segments/{id}");
    /// service.call("DELETE", &path, ());
    /// assert_eq!(service.call("GET", &path, ()).status, 200);
    /// service.advance_time(Duration::from_secs(2));
    /// assert_eq!(service.call("GET", &path, ()).status, 404);
    /// ```
    pub fn lag_time(self, time: Duration) -> Self {
        self.state().faults.lag_time = time;
        self
    }

    /// Responds with status 429 and `Retry-After` to more requests in a minute than this, by the clock of the
    /// organisation.
    ///
    /// `Retry-After` is up to 61 s, and `genesys-journey` waits for it. A test of the error makes one attempt,
    /// with `builder!(service).max_attempts(1)`, and a new `Config` for the next call. A test of the wait uses
    /// [`status_for_request`](Faults::status_for_request), or scripts a `Retry-After` of 1 with
    /// [`StandIn::respond_next`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().limit_rate(1);
    /// service.call("GET", "/api/v2/journey/segments", ());
    /// let refused = service.call("GET", "/api/v2/journey/segments", ());
    /// assert_eq!(refused.status, 429);
    /// assert!(refused.headers.iter().any(|(name, _)| name == "Retry-After"));
    /// service.advance_time(Duration::from_secs(60));
    /// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 200);
    /// ```
    pub fn limit_rate(self, per_minute: u32) -> Self {
        self.set_rate_limit(per_minute, false)
    }

    /// Limits the rate as [`limit_rate`](Faults::limit_rate) does, with the time to wait only in the message:
    /// "Retry the request in \[n\] seconds".
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().limit_rate_in_words(0);
    /// let refused = service.call("GET", "/api/v2/journey/segments", ());
    /// assert!(refused.body.contains("Retry the request in ["));
    /// assert!(refused.headers.iter().all(|(name, _)| name != "Retry-After"));
    /// ```
    pub fn limit_rate_in_words(self, per_minute: u32) -> Self {
        self.set_rate_limit(per_minute, true)
    }

    fn set_rate_limit(self, per_minute: u32, in_words: bool) -> Self {
        let limit = RateLimit { per_minute: per_minute as usize, in_words, recent: VecDeque::new() };
        self.state().faults.rate_limit = Some(limit);
        self
    }

    /// Refuses every token that was issued so far, the fixed one included.
    ///
    /// A client that signed in requests a new token. The `Config` of [`config!`](crate::config) has the fixed
    /// token, which cannot be renewed: its calls fail.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().expire_tokens();
    /// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 401);
    /// ```
    pub fn expire_tokens(self) -> Self {
        self.state().tokens.expire_all();
        self
    }

    /// Sets `expires_in` of the tokens that are issued from now on. `null` leaves it out; any JSON is possible.
    /// Default: 86,400 s.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().token_lifetime(60);
    /// service.faults().token_lifetime(serde_json::json!("3600"));
    /// ```
    pub fn token_lifetime(self, seconds: impl Serialize) -> Self {
        let seconds = to_value(seconds);
        self.state().tokens.expires_in = seconds;
        self
    }

    /// Sets the number of requests for which each token is valid that is issued from now on. Default: no limit.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().token_uses(7);
    /// ```
    pub fn token_uses(self, requests: usize) -> Self {
        self.state().tokens.uses = Some(requests);
        self
    }

    /// Puts each list into another order whenever a page of it is read, so that pages overlap.
    ///
    /// A list of several pages cannot be read completely then: `list_all` of `genesys-journey` ends in an error.
    ///
    /// ```
    /// use genesys_journey::segments;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let config = genesys_stand_in::config!(service);
    /// service.seed_segments(250);
    /// service.faults().unstable_order(true);
    /// let last = segments::list_all(&config, &Default::default()).last().unwrap();
    /// assert!(last.unwrap_err().is_incomplete());
    /// ```
    pub fn unstable_order(self, unstable: bool) -> Self {
        self.state().faults.unstable_order = unstable;
        self
    }

    /// Deletes the first entity of each of the next pages just after the page was read, so that later pages shift.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.seed_segments(50);
    /// service.faults().delete_during_listing(1);
    /// service.call("GET", "/api/v2/journey/segments?pageNumber=1", ());
    /// assert_eq!(service.segments().len(), 49);
    /// ```
    pub fn delete_during_listing(self, pages: usize) -> Self {
        self.state().faults.deletions = pages;
        self
    }

    /// Responds to the next requests with an HTML page and status 200, as some gateways do. They are not processed.
    ///
    /// With `genesys-journey`, each such call is an error of the kind `Decode`; after a create or an update,
    /// `outcome_unknown()` is true.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().error_page_with_200(1);
    /// let page = service.call("GET", "/api/v2/journey/segments", ());
    /// assert_eq!((page.status, page.body.starts_with("<html>")), (200, true));
    /// ```
    pub fn error_page_with_200(self, requests: usize) -> Self {
        self.state().faults.error_pages = requests;
        self
    }

    /// Responds with this status to the `n`th request from now, counted from 1. It is not processed.
    ///
    /// Reads count, too: the PATCH of an `edit` is the second request. The body is an error of the service with the usual
    /// code, such as `missing.permission` for 403.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().status_for_request(2, 500);
    /// let status = || service.call("GET", "/api/v2/journey/segments", ()).status;
    /// assert_eq!([status(), status(), status()], [200, 500, 200]);
    /// ```
    pub fn status_for_request(self, n: u64, status: u16) -> Self {
        let mut state = self.state();
        let number = state.api_requests.saturating_add(n);
        state.faults.statuses.insert(number, status);
        drop(state);
        self
    }

    /// Changes every list with this function before it is sent.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().mutate_lists(|page| page["total"] = serde_json::json!(1_000_000));
    /// assert!(service.call("GET", "/api/v2/journey/segments", ()).body.contains("1000000"));
    /// ```
    pub fn mutate_lists(self, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.state().faults.list_hook = Some(Box::new(change));
        self
    }

    /// Stores each name, `displayName` or `name`, as this function returns it, as a service does that trims names.
    ///
    /// ```
    /// use serde_json::{Value, json};
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().rewrite_names(|name| name.trim().to_owned());
    /// let created = service.call("POST", "/api/v2/journey/segments", json!({ "displayName": " VIP " }));
    /// assert_eq!(created.read_json::<Value>()?["displayName"], "VIP");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn rewrite_names(self, rewrite: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.state().faults.name_hook = Some(Box::new(rewrite));
        self
    }

    /// Ends all faults but those of tokens: a token that is refused stays refused.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().limit_rate(0).error_page_with_200(9);
    /// service.faults().clear();
    /// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 200);
    /// ```
    pub fn clear(self) -> Self {
        self.state().faults = FaultState::default();
        self
    }
}
