//! Recorded requests, scripted responses, and the handle for faults.

use crate::StandIn;
use crate::faults::Faults;
use crate::request::RecordedRequest;
use crate::response::Response;

/// Requests and responses.
impl StandIn {
    /// Returns the last requests, at most 1,000, in order.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments", ());
    /// assert_eq!(service.requests()[0].method, "GET");
    /// ```
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().log.all()
    }

    /// Returns the number of requests since the start, or since [`clear_requests`](StandIn::clear_requests).
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// (0..1_500).for_each(|_| _ = service.call("GET", "/api/v2/journey/outcomes", ()));
    /// assert_eq!((service.request_count(), service.requests().len()), (1_500, 1_000));
    /// ```
    pub fn request_count(&self) -> usize {
        self.lock().log.count
    }

    /// Returns the last request.
    ///
    /// # Panics
    /// If there was none.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments", ());
    /// assert_eq!(service.last_request().raw_path, "/api/v2/journey/segments");
    /// ```
    pub fn last_request(&self) -> RecordedRequest {
        #[allow(clippy::expect_used, reason = "a mistake in the test, documented")]
        self.lock().log.last().expect("the stand-in received no request")
    }

    /// Forgets the recorded requests.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments", ());
    /// service.clear_requests();
    /// assert!(service.requests().is_empty());
    /// ```
    pub fn clear_requests(&self) {
        self.lock().log.clear();
    }

    /// Returns the number of requests to the token endpoint since the start.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// assert_eq!(service.token_requests(), 0);
    /// ```
    pub fn token_requests(&self) -> usize {
        self.lock().tokens.requests
    }

    /// Scripts the responses to the next requests of the API, in order. These requests are not processed.
    ///
    /// ```
    /// use genesys_stand_in::{Response, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.respond_next([Response::error(403, "missing.permission", "No")]);
    /// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 403);
    /// ```
    pub fn respond_next(&self, responses: impl IntoIterator<Item = Response>) {
        let responses: Vec<Response> = responses.into_iter().collect();
        self.lock().scripted.extend(responses);
    }

    /// Scripts the responses to the next requests to the token endpoint, in order.
    ///
    /// ```
    /// use genesys_stand_in::{Response, StandIn};
    ///
    /// let service = StandIn::start();
    /// service.respond_next_sign_in([Response::text(503, "")]);
    /// assert_eq!(service.handle("POST", "/oauth/token", &[], b"").status, 503);
    /// ```
    pub fn respond_next_sign_in(&self, responses: impl IntoIterator<Item = Response>) {
        let responses: Vec<Response> = responses.into_iter().collect();
        self.lock().tokens.scripted.extend(responses);
    }

    /// Returns the handle for fault injection.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.faults().lose_responses(1);
    /// ```
    pub fn faults(&self) -> Faults<'_> {
        Faults { service: self }
    }
}
