//! The public handle of a running stand-in.

mod behaviour;
mod entities;
mod events;
mod exchange;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;
use serde_json::{Value, json};

use crate::families::{self, ACTION_MAPS, ACTION_TEMPLATES, EVENT_CONFIGURATIONS, EVENT_SCHEMAS, OUTCOMES, VIEWS};
use crate::request::RecordedRequest;
use crate::response::{Response, to_value};
use crate::server::{Server, Shared, lock};
use crate::state::State;
use crate::visitors::{PREDICTORS, SESSIONS};
use crate::{EXAMPLE_ID, TOKEN};

/// A running stand-in of the service, on a loopback port in this process. It stops when it is dropped.
///
/// ```
/// use genesys_stand_in::StandIn;
///
/// let service = StandIn::start();
/// service.add_segment(serde_json::json!({ "displayName": "VIP" }));
/// let url = format!("{}/api/v2/journey/segments", service.url());
/// let page = ureq::get(url).header("Authorization", format!("Bearer {}", service.token())).call()?;
/// assert!(page.into_body().read_to_string()?.contains("VIP"));
/// # Ok::<(), ureq::Error>(())
/// ```
pub struct StandIn {
    server: Server,
    state: Shared,
}

/// The settings of a stand-in: [`StandIn::builder`].
///
/// ```
/// let service = genesys_stand_in::StandIn::builder().seed(7).start()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    port: u16,
    seed: u64,
}

impl Builder {
    /// Sets the port on 127.0.0.1. Default: 0, a free port.
    ///
    /// ```
    /// let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    /// let service = genesys_stand_in::StandIn::builder().port(free).start()?;
    /// assert_eq!(service.url(), format!("http://127.0.0.1:{free}"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Sets the seed: ids, aggregates, random faults and the fields of seeded segments follow
    /// from it. The names of seeded segments are the same for all seeds, as in copies of one organisation. Default: 0.
    ///
    /// ```
    /// use genesys_stand_in::StandIn;
    ///
    /// let ids = |seed| std::io::Result::Ok(StandIn::builder().seed(seed).start()?.seed_segments(3));
    /// assert_eq!(ids(7)?, ids(7)?);
    /// assert_ne!(ids(7)?, ids(8)?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Builder {
        self.seed = seed;
        self
    }

    /// Starts the stand-in.
    ///
    /// # Errors
    /// The port is in use, or the system has no thread or file descriptor left.
    ///
    /// ```
    /// use genesys_stand_in::StandIn;
    ///
    /// let first = StandIn::start();
    /// let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    /// assert!(StandIn::builder().port(port).start().is_err());
    /// ```
    pub fn start(self) -> io::Result<StandIn> {
        let state = Arc::new(Mutex::new(State::new(self.seed)));
        let server = Server::start(self.port, state.clone())?;
        Ok(StandIn { server, state })
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// Starting and calling.
impl StandIn {
    /// Starts an organisation with no segments, two action targets and two outcomes, on a free port.
    ///
    /// # Panics
    /// If the system has no port, thread or file descriptor left.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert!(service.url().starts_with("http://127.0.0.1:"));
    /// ```
    pub fn start() -> StandIn {
        #[allow(clippy::expect_used, reason = "documented; `Builder::start` returns the error")]
        StandIn::builder().start().expect("a free port on 127.0.0.1")
    }

    /// Returns a builder, for settings before the start.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::builder().seed(7).start()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts the organisation of documentation examples: a segment, an action target, an outcome with its predictor, an
    /// action map, an action template, a session, a contact, a view, and a source of external events with its schema, all
    /// with the id [`EXAMPLE_ID`].
    ///
    /// ```
    /// use genesys_stand_in::{EXAMPLE_ID, StandIn};
    ///
    /// let service = StandIn::doc_example();
    /// assert_eq!(service.segment(EXAMPLE_ID).unwrap()["displayName"], "Local visitors");
    /// ```
    #[doc(hidden)]
    pub fn doc_example() -> StandIn {
        let service = StandIn::start();
        service.add_segment(json!({ "id": EXAMPLE_ID, "displayName": "Local visitors" }));
        service.add_action_target(json!({ "id": EXAMPLE_ID, "name": "Sales" }));
        service.add(OUTCOMES, json!({ "id": EXAMPLE_ID, "displayName": "Sale" }));
        service.add(ACTION_MAPS, json!({ "id": EXAMPLE_ID, "displayName": "Help with the basket" }));
        let template = json!({ "id": EXAMPLE_ID, "name": "Boots", "mediaType": "contentOffer", "state": "Active" });
        service.add(ACTION_TEMPLATES, template);
        let schema = json!({
            "$schema": "http://json-schema.org/draft-04/schema#", "title": "parcel_received",
            "properties": { "parcels_integer": { "allOf": [{ "$ref": "#/definitions/integer" }] } },
        });
        service.add(EVENT_SCHEMAS, json!({ "id": EXAMPLE_ID, "enabled": true, "jsonSchema": schema }));
        let source = json!({
            "id": EXAMPLE_ID, "name": "Warehouse", "description": "", "divisionId": "division-1",
            "schemaId": EXAMPLE_ID, "source": "Warehouse",
        });
        service.add(EVENT_CONFIGURATIONS, source);
        service.add(VIEWS, families::example_view(EXAMPLE_ID));
        service.add(PREDICTORS, json!({ "id": EXAMPLE_ID, "outcome": { "id": EXAMPLE_ID } }));
        let session = json!({ "id": EXAMPLE_ID, "type": "web", "eventCount": 1 });
        service.add(SESSIONS, &session);
        service.add(&format!("externalcontacts/contacts/{EXAMPLE_ID}/journey/sessions"), session);
        let event = json!({ "eventType": "com.genesys.journey.WebEvent", "webEvent": { "eventName": "page_viewed" } });
        service.add(&format!("{SESSIONS}/{EXAMPLE_ID}/events"), event);
        service
    }

    /// Returns the base URL of the API and of the sign-in.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// println!("export GENESYSCLOUD_GATEWAY_URL={}", service.url());
    /// ```
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Returns an access token that is valid until [`Faults::expire_tokens`](crate::Faults::expire_tokens).
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert_eq!(service.token(), genesys_stand_in::TOKEN);
    /// ```
    pub fn token(&self) -> String {
        TOKEN.to_owned()
    }

    /// Handles a request with the fixed token and a JSON body, without HTTP. `()` is no body.
    ///
    /// It is recorded, and all faults apply but [`latency`](crate::Faults::latency) and
    /// [`close_connections`](crate::Faults::close_connections). A test can act as another user with it.
    ///
    /// # Panics
    /// If the body cannot be written as JSON.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// let id = service.add_segment(json!({ "displayName": "VIP" }));
    /// service.call("PATCH", &format!("/api/v2/journey/segments/{id}"), json!({ "color": "#1F6FEB" }));
    /// assert_eq!(service.segment(&id).unwrap()["version"], 2);
    /// ```
    pub fn call(&self, method: &str, target: &str, body: impl Serialize) -> Response {
        let token = ("authorization".to_owned(), format!("Bearer {TOKEN}"));
        match to_value(body) {
            Value::Null => self.handle(method, target, &[token], b""),
            body => {
                let json = ("content-type".to_owned(), "application/json".to_owned());
                self.handle(method, target, &[token, json], body.to_string().as_bytes())
            }
        }
    }

    /// Handles any request without HTTP: for tests with a transport of their own.
    ///
    /// A lost response is status 503 here.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let refused = service.handle("GET", "/api/v2/journey/segments", &[], b"");
    /// assert_eq!(refused.status, 401);
    /// ```
    pub fn handle(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Response {
        let sent = self.lock().respond(RecordedRequest::new(method, target, headers, body));
        sent.response.unwrap_or_else(|| Response::text(503, "<html>Service Unavailable</html>"))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}
