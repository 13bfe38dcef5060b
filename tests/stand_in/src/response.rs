//! A response, and the error format of the service.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A response: one that a test scripts, or one that the stand-in returned to [`StandIn::call`](crate::StandIn::call).
///
/// ```
/// use genesys_stand_in::{Response, StandIn};
///
/// let service = StandIn::start();
/// service.respond_next([Response::text(503, "").header("Retry-After", "2")]);
/// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 503);
/// assert_eq!(service.call("GET", "/api/v2/journey/segments", ()).status, 200);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body. It is not sent if the status allows none.
    pub body: String,
}

impl Response {
    /// Returns a response with a JSON body.
    ///
    /// # Panics
    /// If the body cannot be written as JSON.
    ///
    /// ```
    /// use genesys_stand_in::Response;
    ///
    /// let response = Response::json(200, serde_json::json!({ "entities": [], "total": 0 }));
    /// assert_eq!(response.body, r#"{"entities":[],"total":0}"#);
    /// ```
    pub fn json(status: u16, body: impl Serialize) -> Response {
        Response::text(status, to_value(body).to_string()).header("content-type", "application/json")
    }

    /// Returns a response with this body and no content type.
    ///
    /// ```
    /// use genesys_stand_in::Response;
    ///
    /// assert_eq!(Response::text(502, "<html>Bad Gateway</html>").status, 502);
    /// ```
    pub fn text(status: u16, body: impl Into<String>) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    /// Returns an error in the format of the service.
    ///
    /// ```
    /// use genesys_stand_in::Response;
    ///
    /// let response = Response::error(403, "missing.permission", "You are missing journey:segment:view");
    /// assert_eq!(response.read_json::<serde_json::Value>()?["code"], "missing.permission");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn error(status: u16, code: &str, message: &str) -> Response {
        let body = json!({
            "message": message, "code": code, "status": status, "messageParams": {}, "details": [], "errors": [],
        });
        Response::json(status, body)
    }

    /// Adds a header.
    ///
    /// ```
    /// use genesys_stand_in::Response;
    ///
    /// let response = Response::text(429, "").header("Retry-After", "3");
    /// assert_eq!(response.headers, [("Retry-After".to_owned(), "3".to_owned())]);
    /// ```
    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Decodes the body.
    ///
    /// # Errors
    /// The body is not JSON of this type.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// let page: serde_json::Value = service.call("GET", "/api/v2/journey/outcomes", ()).read_json()?;
    /// assert_eq!(page["total"], 2);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn read_json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }

    pub(crate) fn no_content() -> Response {
        Response::text(204, "")
    }

    pub(crate) fn bad_request(message: &str) -> Response {
        Response::error(400, "bad.request", message)
    }

    /// Returns the error of a field with a wrong value.
    pub(crate) fn invalid(field: &str, message: &str) -> Response {
        let body = json!({
            "message": message, "code": "invalid.value", "status": 400, "messageParams": {}, "errors": [],
            "details": [{ "errorCode": "invalid.value", "fieldName": field }],
        });
        Response::json(400, body)
    }

    pub(crate) fn not_found(entity: &str, id: &str) -> Response {
        let body = json!({
            "message": format!("Unable to find a {entity} with id {id}"), "code": "not.found", "status": 404,
            "entityId": id, "entityName": entity,
            "messageWithParams": "Unable to find a {entity} with id {id}",
            "messageParams": { "entity": entity, "id": id }, "details": [], "errors": [],
        });
        Response::json(404, body)
    }

    pub(crate) fn method_not_allowed(method: &str) -> Response {
        Response::error(405, "method.not.allowed", &format!("HTTP 405 Method Not Allowed: {method}"))
    }

    /// Returns what the service or a gateway sends with a status.
    pub(crate) fn of_status(status: u16) -> Response {
        let (code, message) = match status {
            0..400 => return Response::json(status, json!({})),
            401 => ("bad.credentials", "Invalid login credentials."),
            403 => ("missing.permission", "Unable to perform the requested action."),
            404 => ("not.found", "The requested resource was not found."),
            409 => ("conflict", "The request conflicts with the current state."),
            429 => ("too.many.requests", "Rate limit exceeded the maximum."),
            400..500 => ("bad.request", "The request could not be understood."),
            503 => ("service.unavailable", "The service is unavailable."),
            _ => ("internal.server.error", "The server encountered an unexpected condition."),
        };
        Response::error(status, code, message)
    }

    /// Adds the correlation id, to the body of an error as well.
    pub(crate) fn correlated(mut self, id: &str) -> Response {
        if self.status >= 400 {
            if let Ok(Value::Object(mut error)) = serde_json::from_str(&self.body) {
                error.entry("contextId").or_insert(json!(id));
                self.body = Value::Object(error).to_string();
            }
        }
        self.header("ININ-Correlation-Id", id)
    }
}

/// Writes what a test passes as JSON.
pub(crate) fn to_value(value: impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        #[allow(clippy::panic, reason = "a mistake in the test, documented at each function")]
        Err(error) => panic!("cannot be written as JSON: {error}"),
    }
}

/// Writes what a test passes as a JSON object.
pub(crate) fn to_object(value: impl Serialize) -> Map<String, Value> {
    match to_value(value) {
        Value::Object(fields) => fields,
        #[allow(clippy::panic, reason = "a mistake in the test, documented at each function")]
        other => panic!("not a JSON object: {other}"),
    }
}
