//! The one error type of the crate.

mod service;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::escape::escaped;

pub(crate) use service::Fields;
pub use service::{ErrorDetail, ErrorLimit, ServiceError};

/// What every fallible function of the crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The bytes of a reply that an error keeps: enough to see what came, no more.
pub(crate) const MAX_BODY: usize = 8 * 1024;

/// Turned away at the door, for the rate: not carried out, whatever it was, and so is whoever else comes now.
pub(crate) const RATE_LIMITED: [u16; 1] = [429];

/// Why a call failed.
///
/// One pointer in size, `Send + Sync + 'static`. [`kind`](Error::kind) says what to do about it, the
/// other accessors say what the service said, and `Display` (and `Debug`, which is the same) puts all
/// of it on one line, fit for a log:
///
/// ```text
/// PATCH https://api.mypurecloud.ie/api/v2/journey/segments/7: 409 version.mismatch: Version 3 does not match the current version 4 (correlation id 5f0c…, 1 attempt)
/// ```
///
/// No token, secret, code or assertion is ever in it.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::{ErrorKind, segments};
///
/// let error = segments::get(&config, "").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Input);
/// assert_eq!(error.field(), Some("segmentId"));
/// ```
pub struct Error(Box<Inner>);

/// The kind of an [`Error`]: whose turn it is to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Refused before anything was sent; the message names the field and what is allowed.
    Input,
    /// Signing in, or renewing the token, failed.
    Auth,
    /// The network or TLS failed, or the reply broke off.
    Transport,
    /// An attempt's time-out or the call's deadline passed.
    Timeout,
    /// The service answered with an error; see [`Error::status`] and [`Error::code`].
    Api,
    /// A reply that is not what it should be.
    Decode,
}

const REDACTED: &str = "[redacted]";

#[derive(Clone)]
pub(crate) struct Inner {
    pub kind: ErrorKind,
    /// The field, setting or variable that an `Input` error is about.
    pub field: Option<Cow<'static, str>>,
    /// What happened, in the crate's words; empty where the service's message is enough.
    pub what: String,
    pub method: Option<&'static str>,
    pub url: String,
    pub status: Option<u16>,
    pub service: ServiceError,
    pub body: String,
    pub correlation_id: Option<String>,
    pub retry_after: Option<Duration>,
    pub attempts: u32,
    pub outcome_unknown: bool,
    pub incomplete: bool,
    // Shared, so that all who waited for one failed renewal can be given the same error.
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A new error of which only the kind and the crate's own words are known.
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            field: None,
            what: what.into(),
            method: None,
            url: String::new(),
            status: None,
            service: ServiceError::default(),
            body: String::new(),
            correlation_id: None,
            retry_after: None,
            attempts: 0,
            outcome_unknown: false,
            incomplete: false,
            source: None,
        }))
    }

    /// Refuses an input before anything is sent: the field, as the vendor spells it, and what is allowed.
    pub(crate) fn input(field: impl Into<Cow<'static, str>>, problem: impl fmt::Display) -> Error {
        let field = field.into();
        let mut error = Error::new(ErrorKind::Input, format!("{field} {problem}"));
        error.0.field = Some(field);
        error
    }

    /// The same `Input` error about the field that the caller knows, such as the variable it was read from.
    pub(crate) fn with_field(&self, field: &'static str) -> Error {
        let old = self.field().unwrap_or_default();
        let what = &self.0.what;
        Error::input(field, what.strip_prefix(old).unwrap_or(what).trim_start())
    }

    pub(crate) fn inner_mut(&mut self) -> &mut Inner {
        &mut self.0
    }

    /// Takes a secret out of everything that the other end wrote, should it have echoed it as it is or as
    /// it stood in a form.
    pub(crate) fn redact(&mut self, secret: &str) {
        let in_a_form = escaped(secret).to_string();
        for spelling in [secret, &in_a_form] {
            if !spelling.is_empty() {
                self.redact_spelling(spelling);
            }
        }
    }

    fn redact_spelling(&mut self, secret: &str) {
        let inner = &mut *self.0;
        if inner.body.contains(secret) || inner.what.contains(secret) {
            inner.body = inner.body.replace(secret, REDACTED);
            inner.what = inner.what.replace(secret, REDACTED);
        }
        inner.service.for_each_text(&mut |text| {
            if text.contains(secret) {
                *text = text.replace(secret, REDACTED);
            }
        });
        if inner.correlation_id.as_ref().is_some_and(|id| id.contains(secret)) {
            inner.correlation_id = None;
        }
        // What a library below says it may say with what the other end wrote.
        if inner.source.as_ref().is_some_and(|source| format!("{source} {source:?}").contains(secret)) {
            inner.source = None;
        }
    }

    /// The same error, for the next thread that waited for it.
    pub(crate) fn duplicate(&self) -> Error {
        Error(self.0.clone())
    }

    /// What stands in parentheses at the end of its line.
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

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the field, setting or environment variable that an `Input` error is about.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The HTTP status of the last reply, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's code, such as `not.found`; for a sign-in the OAuth `error`.
    pub fn code(&self) -> Option<&str> {
        self.0.service.code.as_deref()
    }

    /// What the service said went wrong; without that, what the crate has to say.
    pub fn message(&self) -> &str {
        self.0.service.message.as_deref().unwrap_or(&self.0.what)
    }

    /// What went wrong field by field, as the service says it.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.service.details
    }

    /// All that the service's error body says: entity, limit, nested errors, parameters.
    /// Empty where the reply was no error body.
    pub fn service_error(&self) -> &ServiceError {
        &self.0.service
    }

    /// The first 8 KiB of the reply as received; empty where there was none, and for a sign-in.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    /// The id to give to the vendor's support: header `ININ-Correlation-Id`, else the body's `contextId`.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref().or(self.0.service.context_id.as_deref())
    }

    /// How long to wait before it is worth while: as the service asked (`Retry-After`), or until there would
    /// have been a turn.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The HTTP method of the request; empty where the call failed before there was one.
    pub fn method(&self) -> &'static str {
        self.0.method.unwrap_or_default()
    }

    /// The URL of the request; empty where the call failed before there was one.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// How many times the request was tried; 0 where it was refused, or out of time, before.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The service answered 404. Just after a create that is normal: a read may lag behind a write.
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(404)
    }

    /// The service turned it away (429); see [`retry_after`](Error::retry_after).
    pub fn is_rate_limited(&self) -> bool {
        self.0.status.is_some_and(|status| RATE_LIMITED.contains(&status))
    }

    /// The version sent with an update is no longer the current one: 409, or 400 whose message has
    /// "does not match the current version" (both are seen by the vendor's Terraform provider).
    pub fn is_version_conflict(&self) -> bool {
        match self.0.status {
            Some(409) => true,
            Some(400) => self.message().contains("does not match the current version"),
            _ => false,
        }
    }

    /// A write may or may not have been carried out: look before you repeat it.
    ///
    /// `false` means that it is known: the request was refused, answered, or provably not sent.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Returns whether a list could not be read completely, because it changed too often while it was read.
    ///
    /// `list_all` yields such an error, of kind `Decode`, after all entities that it received. A later run may
    /// succeed.
    pub fn is_incomplete(&self) -> bool {
        self.0.incomplete
    }

    /// What came, in the service's words and in the crate's, without what was asked of whom.
    pub(crate) fn summary(&self) -> String {
        let Inner { status, what, service, .. } = &*self.0;
        let mut line = status.map(|status| format!("{status} ")).unwrap_or_default();
        let words: Vec<&str> =
            service.message.iter().chain([what]).map(String::as_str).filter(|it| !it.is_empty()).collect();
        if let Some(code) = &service.code {
            line.push_str(code);
            line.push_str(if words.is_empty() { "" } else { ": " });
        }
        line.push_str(&words.join("; "));
        for detail in &service.details {
            let field = detail.field_name.as_deref().unwrap_or_default();
            line.push_str(&format!(" [{field}: {}]", detail.error_code.as_deref().unwrap_or_default()));
        }
        line
    }
}

impl Inner {
    /// Truncates the body to at most so many bytes.
    pub fn truncate_body(&mut self, max: usize) {
        let mut end = max.min(self.body.len());
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

/// A text on one line, whatever the service put into its words, and no longer than anyone will read.
pub(crate) struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 4_000;
        for c in self.0.chars().take(LONGEST) {
            if c.is_control() { f.write_str(" ")? } else { fmt::Write::write_char(f, c)? }
        }
        f.write_str(if self.0.chars().nth(LONGEST).is_some() { "…" } else { "" })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut line = String::new();
        if let Some(method) = inner.method {
            line.push_str(&format!("{method} {}: ", inner.url));
        }
        line.push_str(&self.summary());
        if inner.outcome_unknown {
            line.push_str("; it is not known whether the request was carried out");
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
