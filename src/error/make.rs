//! Constructors of errors, by cause and from a response, for this crate and for the tests of other programs.

use std::time::Duration;

use super::{Error, ErrorKind, Fields, Inner, ServiceError, TOO_MANY_REQUESTS, explain_foreign_body};

impl Error {
    /// Returns an error with this cause and message, for tests of your own error handling.
    ///
    /// Status, code and all other facts are empty. An error of [`from_response`](Error::from_response) has them.
    ///
    /// ```
    /// use genesys_journey::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Timeout, "the call timeout of 300 s has passed");
    /// assert!(error.is_transient());
    /// assert_eq!(error.to_string(), "the call timeout of 300 s has passed");
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            field: None,
            what: message.into(),
            method: None,
            url: None,
            status: None,
            service: ServiceError::default(),
            body: String::new(),
            correlation_id: None,
            retry_after: None,
            attempts: 0,
            outcome_unknown: false,
            during_sign_in: false,
            is_rate_limited: false,
            is_version_conflict: false,
            is_incomplete: false,
            is_refusal: false,
        }))
    }

    /// Returns the error of a response with this status and body, for tests of your own error handling.
    ///
    /// All facts of the body and all predicates are as after a call, but there is no request, and the number of
    /// attempts is 0. A short body is enough, and it need not be JSON. There are no headers, so
    /// [`retry_after`](Error::retry_after) comes from the words of the message.
    ///
    /// ```
    /// use genesys_journey::{Error, ErrorKind};
    /// use std::time::Duration;
    ///
    /// let missing = Error::from_response(404, r#"{"code": "not.found", "message": "No such segment"}"#);
    /// assert!(missing.is_not_found() && !missing.is_transient());
    /// assert_eq!(missing.to_string(), "404 not.found: No such segment");
    ///
    /// let limited = Error::from_response(429, r#"{"message": "Retry the request in [45] seconds"}"#);
    /// assert!(limited.is_rate_limited() && limited.is_transient());
    /// assert_eq!(limited.retry_after(), Some(Duration::from_secs(45)));
    ///
    /// assert!(Error::from_response(409, r#"{"code": "version.mismatch"}"#).is_version_conflict());
    /// assert_eq!(Error::from_response(401, "").kind(), ErrorKind::Auth);
    /// assert!(Error::from_response(503, "<html>Service Unavailable</html>").is_transient());
    /// ```
    pub fn from_response(status: u16, body: &str) -> Error {
        let mut service = ServiceError::of(Fields::read(body));
        let is_foreign = service.is_foreign();
        if is_foreign {
            service.message = Fields::read(body).foreign_message();
        }
        let mut error = Error::of_response(status, service, body.to_owned());
        let inner = error.inner_mut();
        if is_foreign {
            let message = inner.service.message.take();
            inner.what = explain_foreign_body(message.as_deref(), body);
        }
        inner.truncate_body();
        error
    }

    /// Returns the same error with an [unknown outcome](Error::outcome_unknown), as a write returns it if the
    /// response is lost.
    ///
    /// ```
    /// use genesys_journey::{Error, ErrorKind};
    ///
    /// let lost = Error::new(ErrorKind::Transport, "the connection was reset").with_outcome_unknown();
    /// assert!(lost.outcome_unknown() && !lost.is_transient());
    /// ```
    #[must_use]
    pub fn with_outcome_unknown(mut self) -> Error {
        self.0.outcome_unknown = true;
        self
    }

    /// Returns the facts of an error response. The body is neither redacted nor truncated.
    pub(crate) fn of_response(status: u16, service: ServiceError, body: String) -> Error {
        let mut error = Error::new(if status == 401 { ErrorKind::Auth } else { ErrorKind::Api }, "");
        let inner = error.inner_mut();
        inner.status = Some(status);
        inner.is_rate_limited = status == TOO_MANY_REQUESTS;
        inner.is_version_conflict = service.is_version_conflict(status);
        inner.retry_after = service.message.as_deref().and_then(wait_in_words);
        inner.service = service;
        inner.body = body;
        error
    }
}

/// Returns the time to wait according to a message: "Retry the request in [45] seconds".
pub(crate) fn wait_in_words(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("Retry the request in [")?;
    let seconds = rest.split_once(']')?.0.trim().parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| !wait.is_zero())
}
