//! The error type of the crate.
//!
//! Invariant: received text is redacted before it becomes part of an error.

mod explain;
mod make;
mod service;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::redact::Redactor;

pub(crate) use explain::{excerpt, explain_foreign_body, is_like_json, without_link};
pub(crate) use make::wait_in_words;
pub(crate) use service::Fields;
pub use service::{ErrorDetail, ErrorLimit, ServiceError};

/// The result of every fallible function of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The bytes of a response that an error keeps.
pub(crate) const MAX_BODY: usize = 8 * 1024;

/// The status of a rate limit: the request was not processed, and other requests would be refused as well.
pub(crate) const TOO_MANY_REQUESTS: u16 = 429;

/// The reason why a call failed.
///
/// [`kind`](Error::kind) names the cause. [`is_transient`](Error::is_transient) returns whether a later run
/// may succeed, and [`outcome_unknown`](Error::outcome_unknown) whether a write may have been processed.
/// `Display` and `Debug` print one line for a log:
///
/// ```text
/// GET https://api.mypurecloud.ie/api/v2/journey/segments/7: 404 not.found: No such segment (1 attempt)
/// ```
///
/// The docs of [`ErrorKind`] list the messages, each with its cause and its remedy.
///
/// The line is complete: [`source`](std::error::Error::source) is always `None`. It contains no token, secret,
/// code or assertion. An error is as large as one pointer.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::{ErrorKind, segments};
///
/// let error = segments::get(&config, "").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Input);
/// assert_eq!(error.field(), Some("segmentId"));
/// ```
pub struct Error(Box<Inner>);

/// The cause of an [`Error`].
///
#[doc = include_str!("../docs/errors.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An input was refused before anything was sent; see [`Error::field`].
    Input,
    /// The credentials or the token were refused (401). A missing permission (403) is `Api`.
    Auth,
    /// The connection failed, or the response was truncated.
    Transport,
    /// The timeout of an attempt or of the call, or a deadline, passed.
    Timeout,
    /// The service responded with an error; see [`Error::status`] and [`Error::code`].
    Api,
    /// A complete response could not be decoded.
    Decode,
}

#[derive(Clone)]
pub(crate) struct Inner {
    pub kind: ErrorKind,
    /// The field, setting or variable that an `Input` error is about.
    pub field: Option<Cow<'static, str>>,
    /// The explanation of the crate; empty if the message of the service is enough.
    pub what: String,
    pub method: Option<&'static str>,
    pub url: Option<String>,
    pub status: Option<u16>,
    pub service: ServiceError,
    pub body: String,
    pub correlation_id: Option<String>,
    pub retry_after: Option<Duration>,
    pub attempts: u32,
    pub outcome_unknown: bool,
    pub during_sign_in: bool,
    pub is_rate_limited: bool,
    pub is_version_conflict: bool,
    pub is_incomplete: bool,
    /// Whether the next attempt would fail in the same way, as with an untrusted certificate.
    pub is_refusal: bool,
}

impl Error {
    /// Returns an `Input` error about a field, in the spelling of the vendor, and the problem with its value.
    pub(crate) fn input(field: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Error {
        let field = field.into();
        let mut error = Error::new(ErrorKind::Input, format!("{field} {problem}"));
        error.0.field = Some(field);
        error
    }

    /// Returns the same `Input` error with another field, such as the variable that the value was read from.
    pub(crate) fn with_field(&self, field: impl Into<Cow<'static, str>>) -> Error {
        let old = self.field().unwrap_or_default();
        let what = &self.0.what;
        Error::input(field, what.strip_prefix(old).unwrap_or(what).trim_start())
    }

    pub(crate) fn inner_mut(&mut self) -> &mut Inner {
        &mut self.0
    }

    /// Returns a copy of the error, for another thread that waited for the same request.
    pub(crate) fn duplicate(&self) -> Error {
        Error(self.0.clone())
    }

    /// Returns the cause.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether a later run of the program may succeed without any change.
    ///
    /// True for failed connections (unless a certificate or a proxy refused them), timeouts, lost or truncated
    /// responses, rate limits, [incomplete lists](Error::is_incomplete), and the statuses 408, 429, 500, 502, 503
    /// and 504. False for everything else, and for a write whose [outcome is unknown](Error::outcome_unknown).
    pub fn is_transient(&self) -> bool {
        if self.0.outcome_unknown {
            return false;
        }
        match self.0.kind {
            ErrorKind::Input | ErrorKind::Auth => false,
            ErrorKind::Decode => self.0.is_incomplete,
            ErrorKind::Timeout => true,
            ErrorKind::Transport => !self.0.is_refusal,
            ErrorKind::Api => self.is_rate_limited() || matches!(self.0.status, Some(408 | 500 | 502 | 503 | 504)),
        }
    }

    /// Returns whether a write may have been processed although the call failed.
    ///
    /// If it is true, read the entity before you send the write again.
    ///
    /// False means that the outcome is known: the request was refused, or provably not sent.
    ///
    /// [During a sign-in](Error::during_sign_in), it is also true if the code, assertion or refresh token may
    /// have been used up. A create or an update that needed the sign-in was then not processed: it was not sent, or
    /// it was refused with status 401. A deletion may have been processed if an earlier attempt got no response.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Returns whether the request to the token endpoint failed, rather than the call itself.
    pub fn during_sign_in(&self) -> bool {
        self.0.during_sign_in
    }

    /// Returns whether the service responded with status 404.
    ///
    /// A 404 just after a create is normal: a read may lag behind a write.
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(404) && !self.0.during_sign_in
    }

    /// Returns whether a rate limit refused the request; see [`retry_after`](Error::retry_after).
    ///
    /// The status is 429; the token endpoint uses 400 instead.
    pub fn is_rate_limited(&self) -> bool {
        self.0.is_rate_limited
    }

    /// Returns whether the version sent with an update is no longer the current one.
    ///
    /// The status is 409 with a message or code about a version, or 400 with a message that contains "does not
    /// match the current version". (Source: the vendor's Terraform provider.)
    pub fn is_version_conflict(&self) -> bool {
        self.0.is_version_conflict
    }

    /// Returns whether a list changed too often to be read completely.
    ///
    /// `list_all` yields such an error, of kind `Decode`, after all entities that it received. A later run may
    /// succeed.
    pub fn is_incomplete(&self) -> bool {
        self.0.is_incomplete
    }

    /// Returns the field, setting or environment variable that an `Input` error is about.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// Returns the HTTP status of the last response.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the code of the service, such as `not.found`. For a sign-in, this is the OAuth `error`.
    pub fn code(&self) -> Option<&str> {
        self.0.service.code.as_deref()
    }

    /// Returns the message of the service, or the explanation of the crate if there is none.
    pub fn message(&self) -> &str {
        self.0.service.message.as_deref().unwrap_or(&self.0.what)
    }

    /// Returns the details of the service's error, one for each field.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.service.details
    }

    /// Returns the whole error body of the service. Fields that the response lacks are empty.
    pub fn service_error(&self) -> &ServiceError {
        &self.0.service
    }

    /// Returns the first 8 KiB of the response, without secrets.
    ///
    /// If a streamed response cannot be decoded, these are 8 KiB from the problem on. Empty for a sign-in.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    /// Returns the correlation id, for the vendor's support.
    ///
    /// It is the header `ININ-Correlation-Id`, or the `contextId` of the body.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref().or(self.0.service.context_id.as_deref())
    }

    /// Returns the time to wait before another attempt.
    ///
    /// It is the time that the service requests, or the time until the rate limiter of the crate has a free slot.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the HTTP method of the request, or `None` if there was no request.
    pub fn method(&self) -> Option<&str> {
        self.0.method
    }

    /// Returns the URL of the request, or `None` if there was no request.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// Returns the number of attempts. 0 if the request was never sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the status, the message of the service and the explanation of the crate, without the request.
    pub(crate) fn summary(&self) -> String {
        let Inner { status, what, service, .. } = &*self.0;
        let mut line = status.map(|status| format!("{status} ")).unwrap_or_default();
        let message = service.message.as_deref().unwrap_or_default().trim_end_matches(['.', ';', ' ']);
        let words: Vec<&str> = [message, what].into_iter().filter(|text| !text.is_empty()).collect();
        if let Some(code) = &service.code {
            line.push_str(code);
            line.push_str(if words.is_empty() { "" } else { ": " });
        }
        line.push_str(&words.join("; "));
        for ErrorDetail { field_name, error_code, .. } in &service.details {
            let known: Vec<&str> = [field_name, error_code].into_iter().flatten().map(String::as_str).collect();
            if !known.is_empty() {
                line.push_str(&format!(" [{}]", known.join(": ")));
            }
        }
        line
    }

    /// Returns the correlation id, the wait and the number of attempts.
    fn facts(&self) -> Vec<String> {
        let id = self.correlation_id().map(|id| format!("correlation id {id}"));
        let wait = self.0.retry_after.map(|wait| format!("retry after {} s", wait.as_secs()));
        let attempts = match self.0.attempts {
            0 => None,
            1 => Some("1 attempt".to_owned()),
            n => Some(format!("{n} attempts")),
        };
        [id, wait, attempts].into_iter().flatten().collect()
    }
}

impl Inner {
    /// Removes secrets from all received text except for the body.
    pub fn redact(&mut self, redactor: &Redactor<'_>) {
        self.correlation_id.iter_mut().for_each(|id| redactor.redact_in_place(id));
        self.service.for_each_text(&mut |text| redactor.redact_in_place(text));
    }

    /// Truncates the body to at most [`MAX_BODY`] bytes.
    pub fn truncate_body(&mut self) {
        let mut end = MAX_BODY.min(self.body.len());
        while !self.body.is_char_boundary(end) {
            end -= 1;
        }
        self.body.truncate(end);
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ErrorKind::Input => "input",
            ErrorKind::Auth => "auth",
            ErrorKind::Transport => "transport",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Api => "api",
            ErrorKind::Decode => "decode",
        })
    }
}

/// Text on one line, at most 4,000 characters of it.
pub(crate) struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_LENGTH: usize = 4_000;
        for c in self.0.chars().take(MAX_LENGTH) {
            if c.is_control() { f.write_str(" ")? } else { fmt::Write::write_char(f, c)? }
        }
        f.write_str(if self.0.chars().nth(MAX_LENGTH).is_some() { "…" } else { "" })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut line = String::new();
        if let (Some(method), Some(url)) = (inner.method, &inner.url) {
            line.push_str(&format!("{method} {url}: "));
        }
        if inner.during_sign_in {
            line.push_str("signing in failed: ");
        }
        line.push_str(&self.summary());
        if inner.outcome_unknown {
            line.push_str("; the request may have been processed");
        }
        let facts = self.facts();
        if !facts.is_empty() {
            line.push_str(&format!(" ({})", facts.join(", ")));
        }
        OneLine(line.trim_end()).fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
