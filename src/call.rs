//! One call: its attempts, the waits between them, its log lines, and the error it may end in.

use std::fmt;
use std::time::{Duration, Instant};

use crate::backoff::jitter;
use crate::error::{Error, ErrorKind, Fields, MAX_BODY, OneLine, Result, ServiceError};
use crate::http::{Base, Body, Cause, Http, HttpRequest, HttpResponse, Reuse, SecretHeader, TransportError};
use crate::rate_limiter::RateLimiter;
use crate::retry::{self, AttemptOutcome, Idempotency, RetryDecision, RetryPolicy, RetryState};

/// The parts that all calls of a `Config` share.
pub(crate) struct Client {
    pub http: Http,
    pub policy: RetryPolicy,
    pub call_timeout: Duration,
    pub rate_limiter: RateLimiter,
}

/// A request that can be sent any number of times.
pub(crate) struct Call<'a> {
    pub client: &'a Client,
    pub kind: CallKind,
    pub base: &'a Base,
    pub method: &'static str,
    /// Path and query, percent-encoded.
    pub target: &'a str,
    /// Content type and bytes.
    pub body: Option<(&'static str, &'a [u8])>,
    pub idempotency: Idempotency,
    /// The response is read piece by piece, until the deadline of the call.
    pub stream: bool,
    pub deadline: Instant,
    /// Secrets in the request, besides the token. They must not appear in an error or a log line, should the
    /// response contain them.
    pub secrets: Vec<&'a str>,
}

#[derive(Clone, Copy)]
pub(crate) enum CallKind {
    /// Uses the rate limiter.
    Api,
    SignIn { read_error: ReadError },
}

/// Reads an error response. Returns the error and the status that decides about retries.
pub(crate) type ReadError = fn(body: &str, status: u16) -> (ServiceError, u16);

/// The credentials of an attempt.
#[derive(Clone, Default)]
pub(crate) struct Authorization {
    pub header: Option<SecretHeader>,
    /// Identifies the token.
    pub id: u64,
    pub renewable: bool,
}

/// Reads the body of a response. May be called again after a truncated response.
pub(crate) type ReadBody<'a> = dyn FnMut(&mut Body) -> Result<(), BodyError> + 'a;

/// A failure to read a body.
pub(crate) struct BodyError {
    pub error: TransportError,
    /// The caller has received a part of it, and a retry would deliver that part twice.
    pub partially_consumed: bool,
}

impl From<TransportError> for BodyError {
    fn from(error: TransportError) -> Self {
        BodyError { error, partially_consumed: false }
    }
}

struct FailedAttempt {
    outcome: AttemptOutcome,
    partially_consumed: bool,
    error: Error,
}

impl Call<'_> {
    /// Makes the call. `authorize` returns a valid token, other than the one whose id it is given.
    pub fn run(
        &self,
        authorize: &mut dyn FnMut(Option<u64>) -> Result<Authorization>,
        read: &mut ReadBody<'_>,
    ) -> Result<()> {
        let call_limit = self.limit();
        let mut attempt = 0;
        let mut earlier_outcome_unknown = false;
        let mut refused = None;
        loop {
            // If this attempt cannot be made, the earlier one may still have been processed.
            let unknown = earlier_outcome_unknown && self.idempotency != Idempotency::Safe;
            let with_context = |error| self.with_context(error, attempt, unknown);
            self.acquire_slot().map_err(with_context)?;
            let authorization = authorize(refused).map_err(with_context)?;
            attempt += 1;
            let Err(FailedAttempt { outcome, partially_consumed, mut error }) =
                self.attempt(attempt, call_limit, &authorization, read)
            else {
                return Ok(());
            };
            let renewable = authorization.renewable && refused.is_none();
            let left = self.left();
            let jitter = jitter();
            let state = RetryState { attempt, left, earlier_outcome_unknown, partially_consumed, renewable, jitter };
            earlier_outcome_unknown |= outcome.may_have_been_processed();
            match self.client.policy.decide(self.idempotency, state, outcome) {
                RetryDecision::Retry { after } => {
                    log::warn!("{} {}: retrying in {after:.1?} after: {error}", self.method, self.path());
                    std::thread::sleep(after);
                }
                RetryDecision::RenewToken => {
                    log::warn!("{} {}: the token was refused; renewing it", self.method, self.path());
                    refused = Some(authorization.id);
                }
                RetryDecision::Done => return Ok(()),
                RetryDecision::GiveUp { unknown } => {
                    if error.status() == Some(401) && matches!(self.kind, CallKind::Api) {
                        error.inner_mut().what = explain_refusal(authorization.renewable).to_owned();
                    }
                    return Err(self.with_context(error, attempt, unknown));
                }
            }
        }
    }

    /// Waits for a slot of the rate limiter, and fails if it lies after the deadline.
    fn acquire_slot(&self) -> Result<()> {
        if self.left().is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "not sent: the deadline has passed"));
        }
        if let CallKind::SignIn { .. } = self.kind {
            return Ok(());
        }
        self.client.rate_limiter.acquire(self.deadline).map_err(|wait| {
            let what = format!("not sent: the rate limit allows it in {wait:.1?}, after the deadline of the call");
            let mut error = Error::new(ErrorKind::Timeout, what);
            error.inner_mut().retry_after = Some(wait);
            error
        })
    }

    /// Makes one attempt, logs it, and pauses the other calls if the service limits the rate.
    fn attempt(
        &self,
        attempt: u32,
        call_limit: (&'static str, Duration),
        authorization: &Authorization,
        read: &mut ReadBody<'_>,
    ) -> Result<(), FailedAttempt> {
        let started = Instant::now();
        let mut failed = match self.exchange(call_limit, authorization, read) {
            Ok(response) => {
                self.log(attempt, started, response.header(CORRELATION_ID), &response.status);
                return Ok(());
            }
            Err(failed) => failed,
        };
        let error = &mut failed.error;
        self.redact(error, authorization.header.as_ref());
        let correlation_id = error.correlation_id().map(|id| OneLine(id).to_string());
        self.log(attempt, started, correlation_id.as_deref(), &OneLine(&error.summary()));
        // The token endpoint has a rate limit of its own.
        if let (CallKind::Api, Some(pause)) = (self.kind, failed.outcome.pause()) {
            self.client.rate_limiter.pause_for(pause);
        }
        Err(failed)
    }

    fn redact(&self, error: &mut Error, authorization: Option<&SecretHeader>) {
        let token = authorization.map(SecretHeader::secret);
        let headers = self.client.http.secrets();
        token.into_iter().chain(self.secrets.iter().copied()).chain(headers).for_each(|secret| error.redact(secret));
    }

    /// Sends the request once and reads the response.
    fn exchange(
        &self,
        call_limit: (&'static str, Duration),
        authorization: &Authorization,
        read: &mut ReadBody<'_>,
    ) -> Result<HttpResponse, FailedAttempt> {
        let request = HttpRequest {
            method: self.method,
            base: self.base,
            target: self.target,
            authorization: authorization.header.as_ref(),
            body: self.body,
            reuse: match (self.idempotency, self.kind) {
                (Idempotency::NonIdempotent, CallKind::Api) => Reuse::Recent,
                // A code or a refresh token may be used only once.
                (Idempotency::NonIdempotent, CallKind::SignIn { .. }) => Reuse::Never,
                _ => Reuse::Any,
            },
            call_limit,
        };
        let mut response = self
            .client
            .http
            .attempt(&request, self.left(), self.stream)
            .map_err(|error| self.no_response(error.into(), None))?;
        if !(200..300).contains(&response.status) {
            return Err(self.error_response(response));
        }
        read(&mut response.body).map_err(|error| self.no_response(error, Some(&response)))?;
        Ok(response)
    }

    /// There was no response, or its body could not be read.
    fn no_response(&self, failed: BodyError, response: Option<&HttpResponse>) -> FailedAttempt {
        let BodyError { error: TransportError { sent, cause, what, body, source }, partially_consumed } = failed;
        let kind = match cause {
            Cause::Timeout => ErrorKind::Timeout,
            Cause::Transport | Cause::Refused => ErrorKind::Transport,
            Cause::Decode => ErrorKind::Decode,
        };
        let mut error = Error::new(kind, what);
        let inner = error.inner_mut();
        inner.source = source;
        inner.body = String::from_utf8_lossy(&body).into_owned();
        if let Some(response) = response {
            inner.status = Some(response.status);
            inner.correlation_id = response.header(CORRELATION_ID).map(str::to_owned);
            // A token endpoint may send an error with status 200.
            if let CallKind::SignIn { read_error } = self.kind {
                inner.service = read_error(&inner.body, response.status).0;
            }
        }
        FailedAttempt { outcome: AttemptOutcome::Failed { sent, cause }, partially_consumed, error }
    }

    /// The service responded with an error.
    fn error_response(&self, mut response: HttpResponse) -> FailedAttempt {
        // The rest of a longer body is ignored.
        const MAX_READ: usize = 256 * 1024;
        let body = String::from_utf8_lossy(&response.body.read_start(MAX_READ)).into_owned();
        let (service, status) = match self.kind {
            CallKind::Api => (ServiceError::of(Fields::read(&body)), response.status),
            CallKind::SignIn { read_error } => read_error(&body, response.status),
        };
        let redirect = response.header("location").filter(|_| (300..400).contains(&response.status));
        let what = if let Some(target) = redirect {
            format!("redirects are not followed; this one leads to {target}")
        } else if service.message.is_none() && service.code.is_none() {
            "the service responded with an error".to_owned()
        } else {
            String::new()
        };
        let retry_after = retry::retry_after(response.header_all("retry-after"));
        let mut error = Error::new(ErrorKind::Api, what);
        let inner = error.inner_mut();
        inner.status = Some(response.status);
        inner.service = service;
        inner.correlation_id = response.header(CORRELATION_ID).map(str::to_owned);
        inner.retry_after = retry_after;
        inner.body = body;
        FailedAttempt { outcome: AttemptOutcome::Responded { status, retry_after }, partially_consumed: false, error }
    }

    /// Adds the request to an error that the call ends in. A failed sign-in keeps its own request.
    fn with_context(&self, mut error: Error, attempts: u32, unknown: bool) -> Error {
        let inner = error.inner_mut();
        inner.outcome_unknown |= unknown;
        if inner.method.is_some() {
            if unknown {
                inner.what.push_str(&format!("; this was needed to retry {} {}", self.method, self.path()));
            }
            return error;
        }
        inner.method = Some(self.method);
        inner.url = format!("{}{}", self.base, self.target);
        inner.attempts = attempts;
        inner.truncate_body(MAX_BODY);
        if let CallKind::SignIn { .. } = self.kind {
            inner.kind = ErrorKind::Auth;
            // The response of a token endpoint may contain a token.
            inner.body.clear();
            let separator = if inner.what.is_empty() { "" } else { ": " };
            inner.what = format!("signing in failed{separator}{}", inner.what);
        }
        error
    }

    /// The limit that the deadline comes from, and the time that it gives the whole call.
    fn limit(&self) -> (&'static str, Duration) {
        // The time since the call began.
        const SLACK: Duration = Duration::from_millis(50);
        let (left, call_timeout) = (self.left(), self.client.call_timeout);
        if left + SLACK >= call_timeout { ("call timeout", call_timeout) } else { ("deadline", left) }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn log(&self, attempt: u32, started: Instant, correlation_id: Option<&str>, outcome: &dyn fmt::Display) {
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

fn explain_refusal(renewable: bool) -> &'static str {
    if renewable { "the renewed token was refused, too" } else { "the token was refused, and it cannot be renewed" }
}
