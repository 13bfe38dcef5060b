//! The transport error of a failed attempt: its cause, and whether the request was sent.

use std::io;

use super::connection::NotSent;
use super::{Cause, HttpError, TimeoutReason, TransportError};
use crate::deadline::{Limit, timed_out};
use crate::tls;

/// The limits of an attempt, for error messages.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub connect: Limit,
    /// From the end of connecting to the head of the response.
    pub head: Limit,
    /// The whole attempt.
    pub attempt: Limit,
}

/// Explains an error of ureq.
pub(super) fn failure(error: HttpError, limits: &Limits) -> TransportError {
    let (sent, hint, error) = match error {
        HttpError::Other(inner) => match inner.downcast::<NotSent>() {
            Ok(not_sent) => (false, not_sent.hint, not_sent.error),
            Err(other) => (true, None, HttpError::Other(other)),
        },
        other => (true, None, other),
    };
    let sent = sent && !is_unsendable(&error);
    let cause = match &error {
        HttpError::Timeout(_) => Cause::Timeout,
        HttpError::Io(io) if !sent && is_refusal(io) => Cause::Refused,
        error if is_unsendable(error) => Cause::Refused,
        _ => Cause::Transport,
    };
    let (what, received) = match error {
        HttpError::Timeout(reason) => (timed_out(limits.of(reason)), None),
        error => ("no complete response".to_owned(), Some(words(error))),
    };
    let what = match (cause, sent) {
        (_, true) => what,
        (Cause::Timeout, false) => {
            format!("not sent: {what}{}", hint.unwrap_or_default())
        }
        (_, false) => "not sent".to_owned(),
    };
    TransportError { received, ..TransportError::new(sent, cause, what) }
}

/// Returns the text of an error, without the prefix of ureq.
fn words(error: HttpError) -> String {
    match error {
        HttpError::TlsRequired => tls::NO_TLS.to_owned(),
        HttpError::Io(error) => error.to_string(),
        HttpError::Other(error) => error.to_string(),
        error => error.to_string(),
    }
}

impl Limits {
    fn of(&self, reason: TimeoutReason) -> Limit {
        match reason {
            TimeoutReason::Connect => self.connect,
            TimeoutReason::SendRequest | TimeoutReason::SendBody | TimeoutReason::RecvResponse => self.head,
            _ => self.attempt,
        }
    }
}

/// Returns whether ureq refused the request before it sent a byte.
fn is_unsendable(error: &HttpError) -> bool {
    matches!(error, HttpError::BadUri(_) | HttpError::Http(_) | HttpError::TlsRequired)
}

/// Returns whether TLS or a proxy refused the connection, as opposed to a network failure.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Unsupported | io::ErrorKind::Other)
}
