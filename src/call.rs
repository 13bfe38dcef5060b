//! One call: its attempts, the waits between them, and the error that it may end in.

use std::time::{Duration, Instant};

use crate::backoff::jitter;
use crate::error::{BODY_KEPT, Error, ErrorKind, Fields, OneLine, Result, ServiceError};
use crate::http::{Base, Body, Cause, Http, HttpRequest, HttpResponse, SecretHeader, TransportError};
use crate::rate_limiter::RateLimiter;
use crate::retry::{self, AttemptOutcome, Idempotency, RetryDecision, RetryPolicy, RetryState};

/// What calls go out over: connections, patience and pace.
pub(crate) struct Client {
    pub http: Http,
    pub policy: RetryPolicy,
    pub rate_limiter: RateLimiter,
}

/// What is asked, ready to be sent any number of times.
pub(crate) struct Call<'a> {
    pub client: &'a Client,
    pub base: &'a Base,
    pub method: &'static str,
    /// Path and query, escaped.
    pub target: &'a str,
    pub body: Option<(&'static str, &'a [u8])>,
    pub idempotency: Idempotency,
    pub error_format: ErrorFormat,
    /// The body of the answer is taken piece by piece, in as much time as the call has.
    pub stream: bool,
    pub deadline: Instant,
    /// What the body holds that no text may show, should the other end give it back.
    pub secrets: Vec<&'a str>,
}

/// How errors are written at the other end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    Api,
    OAuth,
}

/// What a request is sent with; `id` tells one token from the next.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub header: Option<SecretHeader>,
    pub id: u64,
    pub renewable: bool,
}

/// Takes the body of an answer; may be called once more after an answer that broke off.
pub(crate) type ReadBody<'a> = dyn FnMut(&mut Body) -> Result<(), BodyError> + 'a;

/// Why a body was not taken.
pub(crate) struct BodyError {
    pub failure: TransportError,
    /// Some of it has been handed on: it cannot be asked for once more.
    pub partially_consumed: bool,
}

impl From<TransportError> for BodyError {
    fn from(failure: TransportError) -> Self {
        BodyError { failure, partially_consumed: false }
    }
}

/// What an attempt that did not succeed ended in.
struct FailedAttempt {
    outcome: AttemptOutcome,
    partially_consumed: bool,
    error: Error,
}

impl Call<'_> {
    /// Makes the call. `authorize` gives a valid token: another one than the id that was refused.
    pub fn run(
        &self,
        authorize: &mut dyn FnMut(Option<u64>) -> Result<Authorization>,
        take: &mut ReadBody<'_>,
    ) -> Result<()> {
        let mut attempt = 0;
        let mut earlier_outcome_unknown = false;
        let mut refused = None;
        loop {
            // Where this attempt cannot be made, the one before may have been carried out all the same.
            let unknown = earlier_outcome_unknown && self.idempotency != Idempotency::Safe;
            if self.left().is_zero() {
                let error = Error::new(ErrorKind::Timeout, "not sent: the deadline has passed");
                return Err(self.with_context(error, attempt, unknown, false));
            }
            if self.error_format == ErrorFormat::Api {
                self.client.rate_limiter.wait(self.deadline).map_err(|wait| self.held_back(attempt, wait, unknown))?;
            }
            let authorization = authorize(refused).map_err(|error| self.unauthorized(error, unknown))?;
            attempt += 1;
            let Err(failed) = self.attempt(attempt, &authorization, take) else { return Ok(()) };
            let FailedAttempt { outcome, partially_consumed, error } = failed;
            let renewable = authorization.renewable && refused.is_none();
            let state = RetryState {
                attempt,
                left: self.left(),
                earlier_outcome_unknown,
                partially_consumed,
                renewable,
                jitter: jitter(),
            };
            earlier_outcome_unknown |= outcome.may_have_been_processed();
            match self.client.policy.decide(self.idempotency, state, outcome) {
                RetryDecision::Retry { after } => {
                    log::warn!("{} {}: repeating in {after:.1?} after: {error}", self.method, self.path());
                    std::thread::sleep(after);
                }
                RetryDecision::RenewToken => {
                    log::warn!("{} {}: renewing the token, which was refused", self.method, self.path());
                    refused = Some(authorization.id);
                }
                // A DELETE whose answer was lost, and which now finds nothing left to delete.
                RetryDecision::Done => return Ok(()),
                RetryDecision::GiveUp { unknown } => {
                    return Err(self.with_context(error, attempt, unknown, authorization.renewable));
                }
            }
        }
    }

    /// One attempt, told to the log, and to the others where all have to wait.
    fn attempt(
        &self,
        attempt: u32,
        authorization: &Authorization,
        take: &mut ReadBody<'_>,
    ) -> Result<(), FailedAttempt> {
        let started = Instant::now();
        let mut failed = match self.exchange(authorization, take) {
            Ok(reply) => {
                self.log(attempt, started, reply.header(CORRELATION_ID), &reply.status);
                return Ok(());
            }
            Err(failed) => failed,
        };
        let error = &mut failed.error;
        // Before anything of it is logged.
        self.redact(error, authorization.header.as_ref());
        let id = error.correlation_id().map(|id| OneLine(id).to_string());
        self.log(attempt, started, id.as_deref(), &OneLine(&error.summary()));
        // What the token endpoint asks for holds up only those who need a token.
        if let (ErrorFormat::Api, Some(wait)) = (self.error_format, failed.outcome.pause()) {
            self.client.rate_limiter.pause_for(wait);
        }
        Err(failed)
    }

    /// Takes out of an error what was sent in confidence.
    pub fn redact(&self, error: &mut Error, authorization: Option<&SecretHeader>) {
        let header = authorization.map(SecretHeader::secret);
        header.into_iter().chain(self.secrets.iter().copied()).for_each(|secret| error.redact(secret));
    }

    /// Sends the request once, and reads the reply.
    fn exchange(&self, authorization: &Authorization, take: &mut ReadBody<'_>) -> Result<HttpResponse, FailedAttempt> {
        let out = HttpRequest {
            method: self.method,
            base: self.base,
            target: self.target,
            authorization: authorization.header.as_ref(),
            body: self.body,
            fresh: self.idempotency == Idempotency::NonIdempotent,
        };
        let failed = |untaken: BodyError, reply: Option<&HttpResponse>| FailedAttempt {
            outcome: AttemptOutcome::Failed { sent: untaken.failure.sent, cause: untaken.failure.cause },
            partially_consumed: untaken.partially_consumed,
            error: undelivered(untaken.failure, reply),
        };
        let mut reply =
            self.client.http.attempt(&out, self.left(), self.stream).map_err(|failure| failed(failure.into(), None))?;
        if !(200..300).contains(&reply.status) {
            return Err(self.error_answer(reply));
        }
        match take(&mut reply.body) {
            Ok(()) => Ok(reply),
            Err(untaken) => Err(failed(untaken, Some(&reply))),
        }
    }

    /// What the service said went wrong.
    fn error_answer(&self, mut reply: HttpResponse) -> FailedAttempt {
        // Larger error bodies are cut off, and then read as text.
        const READ: usize = 256 * 1024;
        let text = String::from_utf8_lossy(&reply.body.read_start(READ)).into_owned();
        let (service, status) = match self.error_format {
            ErrorFormat::Api => (ServiceError::of(Fields::read(&text)), reply.status),
            ErrorFormat::OAuth => {
                let service = oauth_error(&text);
                let status = oauth_status(&service, reply.status);
                (service, status)
            }
        };
        let what = match (&service, reply.header("location")) {
            (_, Some(target)) if (300..400).contains(&reply.status) => {
                format!("redirects are not followed; this one goes to {target}")
            }
            (ServiceError { message: None, code: None, .. }, _) => "the service answered with an error".to_owned(),
            _ => String::new(),
        };
        let retry_after = retry::retry_after(reply.header_all("retry-after"));
        let mut error = Error::new(ErrorKind::Api, what);
        let inner = error.inner_mut();
        inner.status = Some(reply.status);
        inner.service = service;
        inner.correlation_id = reply.header(CORRELATION_ID).map(str::to_owned);
        inner.retry_after = retry_after;
        inner.body = text;
        FailedAttempt { outcome: AttemptOutcome::Responded { status, retry_after }, partially_consumed: false, error }
    }

    /// The turn of this request would come after its deadline.
    fn held_back(&self, attempts: u32, wait: Duration, unknown: bool) -> Error {
        let what = format!("not sent: its turn would come in {wait:.1?}, after the deadline of the call");
        let mut error = Error::new(ErrorKind::Timeout, what);
        error.inner_mut().retry_after = Some(wait);
        self.with_context(error, attempts, unknown, false)
    }

    /// There is no token to go on with.
    fn unauthorized(&self, mut error: Error, unknown: bool) -> Error {
        if unknown {
            let inner = error.inner_mut();
            inner.outcome_unknown = true;
            inner.what = format!("{}, after an attempt of {} {}", inner.what, self.method, self.path());
        }
        error
    }

    fn with_context(&self, mut error: Error, attempts: u32, unknown: bool, renewable: bool) -> Error {
        let inner = error.inner_mut();
        inner.method = Some(self.method);
        inner.url = format!("{}{}", self.base, self.target);
        inner.attempts = attempts;
        inner.outcome_unknown = unknown;
        if inner.status == Some(401) && self.error_format == ErrorFormat::Api {
            inner.what = match renewable {
                true => "a new token was refused, too".to_owned(),
                false => "the token was refused, and it cannot be renewed".to_owned(),
            };
        }
        error.cut_body(BODY_KEPT);
        error
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn log(&self, attempt: u32, started: Instant, correlation_id: Option<&str>, outcome: &dyn std::fmt::Display) {
        log::debug!(
            "{} {}: {outcome} in {} ms (attempt {attempt}, correlation id {})",
            self.method,
            self.path(),
            started.elapsed().as_millis(),
            correlation_id.unwrap_or("none"),
        );
    }
}

const CORRELATION_ID: &str = "inin-correlation-id";

/// The error for a failure of the way, or of reading what came.
fn undelivered(failure: TransportError, reply: Option<&HttpResponse>) -> Error {
    let kind = match failure.cause {
        Cause::Timeout => ErrorKind::Timeout,
        Cause::Transport | Cause::Refused => ErrorKind::Transport,
        Cause::Decode => ErrorKind::Decode,
    };
    let mut error = Error::new(kind, failure.what);
    let inner = error.inner_mut();
    inner.source = failure.source;
    inner.body = String::from_utf8_lossy(&failure.came).into_owned();
    if let Some(reply) = reply {
        inner.status = Some(reply.status);
        inner.correlation_id = reply.header(CORRELATION_ID).map(str::to_owned);
    }
    error
}

/// The token endpoint has words of its own.
pub(crate) fn oauth_error(text: &str) -> ServiceError {
    let mut fields = Fields::read(text);
    let message = fields.text("error_description").or_else(|| fields.text("description"));
    ServiceError { code: fields.text("error"), message, ..ServiceError::default() }
}

/// What its status means: it hides its rate limit behind a 400, and its 500 may be repeated, since asking
/// for a token changes nothing.
fn oauth_status(said: &ServiceError, status: u16) -> u16 {
    let limited =
        said.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().starts_with("rate limit exceeded"));
    match status {
        400 if limited => 429,
        500 => 503,
        other => other,
    }
}
