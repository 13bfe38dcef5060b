//! One call: its attempts, the waits between them, its log lines and its error.
//!
//! Invariants: a request is sent again only if `retry` decides so, and received text is redacted before it
//! becomes part of an error or a log line.

use std::fmt;
use std::time::{Duration, Instant};

use crate::backoff::jitter;
use crate::deadline::{Deadline, Limit};
use crate::error::{
    Error, ErrorKind, Fields, Inner, OneLine, Result, ServiceError, excerpt, explain_foreign_body, is_like_json,
    origin, without_link,
};
use crate::http::{Base, Cause, Http, HttpRequest, HttpResponse, Reuse, SecretHeader, TransportError};
use crate::rate_limiter::RateLimiter;
use crate::redact::Redactor;
use crate::retry::{self, AttemptOutcome, Idempotency, RetryDecision, RetryPolicy, RetryState};

/// The parts that all calls of a `Config` share.
pub(crate) struct Client {
    pub http: Http,
    pub policy: RetryPolicy,
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
    /// For a request about a person: the path in errors and log lines. The response is not shown.
    pub shown: Option<&'a str>,
    /// Content type and bytes.
    pub body: Option<(&'static str, &'a [u8])>,
    pub idempotency: Idempotency,
    /// Whether the response is read piece by piece, until the deadline of the call.
    pub stream: bool,
    pub deadline: Deadline,
    /// Secrets in the request, besides the token. They must not appear in an error or a log line, should the
    /// response contain them.
    pub secrets: Vec<&'a str>,
}

#[derive(Clone, Copy)]
pub(crate) enum CallKind {
    /// Uses the rate limiter.
    Api,
    SignIn {
        read_error: ReadError,
    },
}

/// Reads an error response. Returns the error and the status that decides about retries.
pub(crate) type ReadError = fn(body: &str, status: u16) -> (ServiceError, u16);

/// The credentials of an attempt.
#[derive(Clone, Default)]
pub(crate) struct Authorization {
    pub header: Option<SecretHeader>,
    /// The id of the token, which is unique in this process.
    pub id: u64,
    pub renewal: Renewal,
}

/// Whether a token can be renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Renewal {
    Possible,
    #[default]
    Impossible,
    /// The refresh token was sent and may be used up: no response was read.
    RefreshTokenLost,
}

impl Renewal {
    /// Explains why a call ends with a refused token.
    pub fn explain(self) -> &'static str {
        match self {
            Renewal::Possible => "the renewed token was refused, too",
            Renewal::Impossible => "the token was refused, and it cannot be renewed; get a new one",
            Renewal::RefreshTokenLost => {
                "the token was refused, and it cannot be renewed: its refresh token was sent, no response was read, \
                 and the refresh token may be used up; sign in again"
            }
        }
    }
}

/// Reads the body of a response, or takes it to read it later. May be called again after a truncated response.
pub(crate) type ReadBody<'a> = dyn FnMut(&mut HttpResponse) -> Result<(), TransportError> + 'a;

struct FailedAttempt {
    outcome: AttemptOutcome,
    error: Error,
}

impl Call<'_> {
    /// Makes the call. `authorize` returns a valid token; its argument is the id of a refused token.
    pub fn run(
        &self,
        authorize: &mut dyn FnMut(Option<u64>) -> Result<Authorization>,
        read: &mut ReadBody<'_>,
    ) -> Result<()> {
        let call_limit = self.deadline.limit();
        let mut attempt = 0;
        let mut earlier_outcome_unknown = false;
        let mut refused = None;
        loop {
            // This attempt cannot be made, but an earlier attempt may have been processed.
            let unknown = earlier_outcome_unknown && self.idempotency != Idempotency::Safe;
            let with_context = |error| self.with_context(error, attempt, unknown);
            if self.left().is_zero() {
                let what = format!("not sent: {} has passed", self.deadline.words());
                return Err(with_context(Error::new(ErrorKind::Timeout, what)));
            }
            let authorization = authorize(refused.as_ref().map(|refused: &Authorization| refused.id));
            let authorization = authorization.map_err(with_context)?;
            // The slot is reserved after the renewal. Otherwise the slots of waiting threads would pass during the
            // renewal, and these threads would send in a burst.
            self.acquire_slot().map_err(with_context)?;
            attempt += 1;
            let redactor = self.redactor([Some(&authorization), refused.as_ref()].into_iter().flatten());
            let Err(FailedAttempt { outcome, error }) =
                self.attempt(attempt, call_limit, &authorization, &redactor, read)
            else {
                return Ok(());
            };
            let renewable = authorization.renewal == Renewal::Possible && refused.is_none();
            let left = self.left();
            let jitter = jitter();
            let state = RetryState { attempt, left, earlier_outcome_unknown, renewable, jitter };
            earlier_outcome_unknown |= outcome.may_have_been_processed();
            match self.client.policy.decide(self.idempotency, state, outcome) {
                RetryDecision::Retry { after } => {
                    log::warn!(target: LOG_TARGET, "{} {}: retrying in {after:.1?} after: {error}", self.method, self.path());
                    std::thread::sleep(after);
                }
                RetryDecision::RenewToken => {
                    log::warn!(target: LOG_TARGET, "{} {}: the token was refused; renewing it", self.method, self.path());
                    refused = Some(authorization);
                }
                RetryDecision::Done => return Ok(()),
                RetryDecision::GiveUp { unknown } => return Err(self.with_context(error, attempt, unknown)),
            }
        }
    }

    /// Completes an error of a body that is read after the call. `authorizations` are those of the attempts.
    pub fn late_error(
        &self,
        error: TransportError,
        response: &HttpResponse,
        authorizations: &[Authorization],
    ) -> Error {
        let redactor = self.redactor(authorizations);
        let FailedAttempt { error, .. } = self.no_response(error, Some(response), &redactor);
        self.with_context(error, authorizations.len() as u32, false)
    }

    /// Waits for a slot of the rate limiter, and fails if it lies after the deadline.
    fn acquire_slot(&self) -> Result<()> {
        if let CallKind::SignIn { .. } = self.kind {
            return Ok(());
        }
        self.client.rate_limiter.acquire(self.deadline.at).map_err(|wait| {
            let words = self.deadline.words();
            let what = format!("not sent: the rate limit allows it only in {wait:.1?}, and {words} passes before that");
            let mut error = Error::new(ErrorKind::Timeout, what);
            error.inner_mut().retry_after = Some(wait);
            error
        })
    }

    /// Makes one attempt, logs it, and pauses the other calls if the service limits the rate.
    fn attempt(
        &self,
        attempt: u32,
        call_limit: Limit,
        authorization: &Authorization,
        redactor: &Redactor<'_>,
        read: &mut ReadBody<'_>,
    ) -> Result<(), FailedAttempt> {
        let started = Instant::now();
        match self.exchange(call_limit, authorization, redactor, read) {
            Ok(response) => {
                // Redaction takes a tenth of the instructions of a GET, so it is skipped if nothing is logged.
                if log::log_enabled!(target: LOG_TARGET, log::Level::Debug) {
                    let correlation_id = response.header(CORRELATION_ID).unwrap_or("none");
                    self.log(attempt, started, &redactor.redact(correlation_id), &response.status);
                }
                Ok(())
            }
            Err(failed) => {
                // The token endpoint has a rate limit of its own. The pause comes first: a logger may panic.
                if let (CallKind::Api, Some(pause)) = (self.kind, failed.outcome.pause()) {
                    self.client.rate_limiter.pause_for(pause);
                }
                let correlation_id = failed.error.shown_correlation_id().unwrap_or("none");
                self.log(attempt, started, correlation_id, &OneLine(&failed.error.summary()));
                Err(failed)
            }
        }
    }

    /// Returns a redactor for all secrets of the call: the response may contain those of an earlier attempt, too.
    fn redactor<'a>(&'a self, tokens: impl IntoIterator<Item = &'a Authorization>) -> Redactor<'a> {
        let tokens = tokens.into_iter().filter_map(|token| token.header.as_ref()).map(SecretHeader::secret);
        Redactor::new(tokens.chain(self.secrets.iter().copied()).chain(self.client.http.secrets()))
    }

    /// Sends the request once and reads the response.
    fn exchange(
        &self,
        call_limit: Limit,
        authorization: &Authorization,
        redactor: &Redactor<'_>,
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
            .map_err(|error| self.no_response(error, None, redactor))?;
        if !(200..300).contains(&response.status) {
            return Err(self.error_response(response, authorization, redactor));
        }
        if let Err(error) = read(&mut response) {
            return Err(self.no_response(error, Some(&response), redactor));
        }
        Ok(response)
    }

    /// Returns the failed attempt for a missing response, or for a body that could not be read or decoded.
    fn no_response(
        &self,
        error: TransportError,
        response: Option<&HttpResponse>,
        redactor: &Redactor<'_>,
    ) -> FailedAttempt {
        let TransportError { sent, cause, mut what, received, body, is_part, context } = error;
        let (context, body) = body.split_at_checked(context).unwrap_or((&[], &body));
        let body = String::from_utf8_lossy(body.get(..MAX_READ).unwrap_or(body));
        if let Some(received) = received.filter(|_| !(self.is_personal() && cause == Cause::Decode)) {
            what.push_str(&format!(": {}", without_link(&redactor.redact(&received))));
        }
        // JSON is not shown: it may be personal data, and users send error lines by mail. The response of a token
        // endpoint may contain a new token, which the redactor does not know.
        if matches!(self.kind, CallKind::Api) && !is_part && !self.is_personal() && !is_like_json(&body) {
            what.push_str(&format!("; it starts with {:?}", excerpt(&redactor.redact(&body))));
        }
        let mut error = Error::new(error_kind(cause), what);
        let inner = error.inner_mut();
        inner.is_refusal = cause == Cause::Refused;
        inner.status = response.map(|response| response.status);
        inner.correlation_id = response.and_then(|response| response.header(CORRELATION_ID)).map(str::to_owned);
        if let (CallKind::SignIn { read_error }, Cause::Decode) = (self.kind, cause) {
            // A token endpoint may send an error with status 200.
            inner.kind = ErrorKind::Auth;
            inner.service = read_error(&body, 200).0;
        }
        let context = String::from_utf8_lossy(context);
        inner.body = redactor.redact_from(&format!("{context}{body}"), context.len()).into_owned();
        self.complete(inner, redactor);
        FailedAttempt { outcome: AttemptOutcome::Failed { sent, cause }, error }
    }

    /// Returns the failed attempt for an error response of the service.
    fn error_response(
        &self,
        mut response: HttpResponse,
        authorization: &Authorization,
        redactor: &Redactor<'_>,
    ) -> FailedAttempt {
        let body = String::from_utf8_lossy(&response.body.read_start(MAX_READ)).into_owned();
        let (mut service, status) = match self.kind {
            CallKind::Api => (ServiceError::of(Fields::read(&body)), response.status),
            CallKind::SignIn { read_error } => read_error(&body, response.status),
        };
        let is_refused = match self.kind {
            CallKind::Api => status == 401,
            CallKind::SignIn { .. } => matches!(status, 400 | 401 | 403) && service.code.is_some(),
        };
        let is_foreign = service.is_foreign();
        if is_foreign {
            // Only for the predicates below: this text is not a message of the service.
            service.message = Fields::read(&body).foreign_message();
        }
        let mut what = Vec::new();
        if is_refused && matches!(self.kind, CallKind::Api) {
            what.push(authorization.renewal.explain().to_owned());
        }
        if let Some(target) = response.header("location").filter(|_| (300..400).contains(&response.status)) {
            let target = if self.is_personal() { origin(target) } else { target };
            what.push(format!("redirects are not followed; this one leads to {}", redactor.redact(target)));
        } else if is_foreign {
            let message = service.message.as_deref().map(|message| redactor.redact(message));
            what.push(explain_foreign_body(message.as_deref(), &redactor.redact(&body), !self.is_personal()));
        }
        let retry_after = retry::retry_after(response.header_all("retry-after"), service.message.as_deref());
        let mut error = Error::of_response(status, service, redactor.redact(&body).into_owned());
        let inner = error.inner_mut();
        inner.kind = if is_refused { ErrorKind::Auth } else { ErrorKind::Api };
        inner.what = what.join("; ");
        inner.status = Some(response.status);
        inner.service.message.take_if(|_| is_foreign);
        inner.is_version_conflict &= self.idempotency == Idempotency::NonIdempotent;
        inner.correlation_id = response.header(CORRELATION_ID).map(str::to_owned);
        inner.retry_after = retry_after;
        self.complete(inner, redactor);
        FailedAttempt { outcome: AttemptOutcome::Responded { status, retry_after }, error }
    }

    /// Redacts an error, and truncates it only then.
    fn complete(&self, inner: &mut Inner, redactor: &Redactor<'_>) {
        if let CallKind::SignIn { .. } = self.kind {
            inner.during_sign_in = true;
            inner.body.clear();
        }
        inner.is_personal = self.is_personal();
        inner.redact(redactor);
        inner.truncate_body();
    }

    /// Adds the request to the final error of the call. The error of a failed sign-in keeps the request to the token
    /// endpoint.
    fn with_context(&self, mut error: Error, attempts: u32, unknown: bool) -> Error {
        let inner = error.inner_mut();
        // A token endpoint that refuses credentials has not used them up, even if its status is 200.
        let is_refusal = matches!(self.kind, CallKind::SignIn { .. }) && inner.kind == ErrorKind::Auth;
        inner.outcome_unknown |= unknown && !(is_refusal && inner.service.code.is_some());
        if inner.method.is_some() {
            if unknown {
                inner.what.push_str(&format!("; this was needed to retry {} {}", self.method, self.path()));
            }
            return error;
        }
        inner.method = Some(self.method);
        inner.url = Some(format!("{}{}", self.base, self.shown.unwrap_or(self.target)));
        inner.attempts = attempts;
        inner.during_sign_in |= matches!(self.kind, CallKind::SignIn { .. });
        error
    }

    fn is_personal(&self) -> bool {
        self.shown.is_some()
    }

    fn left(&self) -> Duration {
        self.deadline.left()
    }

    fn path(&self) -> &str {
        self.shown.unwrap_or(self.target).split('?').next().unwrap_or_default()
    }

    fn log(&self, attempt: u32, started: Instant, correlation_id: &str, outcome: &dyn fmt::Display) {
        log::debug!(
            target: LOG_TARGET,
            "{} {}: {outcome} in {} ms (attempt {attempt}, correlation id {})",
            self.method,
            self.path(),
            started.elapsed().as_millis(),
            OneLine(correlation_id),
        );
    }
}

/// The target of all log lines of the crate.
pub(crate) const LOG_TARGET: &str = "genesys_journey";

/// The maximum number of bytes of a body that are read for an error. The rest is ignored.
const MAX_READ: usize = 256 * 1024;

const CORRELATION_ID: &str = "inin-correlation-id";

fn error_kind(cause: Cause) -> ErrorKind {
    match cause {
        Cause::Timeout => ErrorKind::Timeout,
        Cause::Transport | Cause::Refused => ErrorKind::Transport,
        Cause::Decode => ErrorKind::Decode,
    }
}
