//! What an endpoint asks, and how its answer is read.

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Call, CallKind, ReadBody};
use crate::config::Config;
use crate::error::{Error, ErrorKind, MAX_BODY, Result};
use crate::escape::escaped;
use crate::http::{Cause, TransportError};
use crate::retry::Idempotency;

/// A request as a value: an endpoint fills one and sends it. What is wrong with what it was filled
/// with is told when it is sent, before anything leaves.
pub(crate) struct Request {
    method: &'static str,
    /// Path and query, escaped.
    target: String,
    has_query: bool,
    body: Option<Vec<u8>>,
    idempotency: Idempotency,
    problem: Option<Error>,
}

impl Request {
    pub fn get(path: &'static str) -> Request {
        Request::new("GET", path, Idempotency::Safe)
    }

    pub fn post(path: &'static str) -> Request {
        Request::new("POST", path, Idempotency::NonIdempotent)
    }

    pub fn patch(path: &'static str) -> Request {
        Request::new("PATCH", path, Idempotency::NonIdempotent)
    }

    pub fn put(path: &'static str) -> Request {
        Request::new("PUT", path, Idempotency::NonIdempotent)
    }

    pub fn delete(path: &'static str) -> Request {
        Request::new("DELETE", path, Idempotency::Idempotent)
    }

    fn new(method: &'static str, path: &'static str, idempotency: Idempotency) -> Request {
        Request { method, target: path.to_owned(), has_query: false, body: None, idempotency, problem: None }
    }

    /// Not to be sent, for this reason.
    pub fn refused(mut self, problem: Error) -> Request {
        self.problem.get_or_insert(problem);
        self
    }

    /// A POST that changes nothing may be repeated.
    pub fn read_only(mut self) -> Request {
        self.idempotency = Idempotency::Safe;
        self
    }

    /// One more segment of the path, escaped; `name` is what an error calls it.
    pub fn segment(mut self, name: &str, segment: &str) -> Request {
        if matches!(segment, "" | "." | "..") {
            let problem = format_args!("is {segment:?}; it must not be empty, \".\" or \"..\"");
            self = self.refused(Error::input(name.to_owned(), problem));
        }
        self.target.push('/');
        self.push_escaped(segment);
        self
    }

    /// More of the path, as it is.
    pub fn then(mut self, path: &'static str) -> Request {
        self.target.push_str(path);
        self
    }

    /// One pair of the query, where there is a value.
    pub fn query<V: Display>(mut self, key: &str, value: Option<V>) -> Request {
        if let Some(value) = value {
            self.target.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.push_escaped(key);
            self.target.push('=');
            self.push_escaped(&value.to_string());
        }
        self
    }

    /// Which page of a list, and how much on it.
    pub fn paged(mut self, page_size: Option<u32>, page_number: Option<u32>) -> Request {
        for (key, value) in [("pageSize", page_size), ("pageNumber", page_number)] {
            if value == Some(0) {
                self = self.refused(Error::input(key, "is 0; it must be at least 1"));
            }
            self = self.query(key, value);
        }
        self
    }

    /// One pair of the query for each value: the same key again and again.
    pub fn query_all<V: Display>(self, key: &str, values: impl IntoIterator<Item = V>) -> Request {
        values.into_iter().fold(self, |request, value| request.query(key, Some(value)))
    }

    fn push_escaped(&mut self, text: &str) {
        self.target.extend(escaped(text));
    }

    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Request {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some(bytes),
            Err(error) => self = self.refused(Error::input("body", format_args!("cannot be written as JSON: {error}"))),
        }
        self
    }

    /// Sends it, and reads the answer, an object, as JSON.
    pub fn send<T: DeserializeOwned>(self, config: &Config) -> Result<T> {
        self.read(config, true)
    }

    /// Sends it, and reads the answer as JSON, whatever it is; an empty one is `null`.
    pub fn send_any<T: DeserializeOwned>(self, config: &Config) -> Result<T> {
        self.read(config, false)
    }

    fn read<T: DeserializeOwned>(self, config: &Config, object: bool) -> Result<T> {
        let mut value = None;
        self.run(config, false, &mut |body| {
            let bytes = body.read_all()?;
            let read = match bytes.trim_ascii_start() {
                // To serde a list is as good as an object: one field after the other, and none is missed
                // that has a default.
                [b'[', ..] if object => Err(serde::de::Error::custom("expected an object, not a list")),
                [] if !object => serde_json::from_slice(b"null"),
                _ => serde_json::from_slice(&bytes),
            };
            value = Some(read.map_err(|error| decode_error(&error, bytes))?);
            Ok(())
        })?;
        value.ok_or_else(|| Error::new(ErrorKind::Decode, "there is no answer to read"))
    }

    /// Sends it; what is answered beyond success does not matter.
    pub fn send_for_nothing(self, config: &Config) -> Result<()> {
        self.run(config, false, &mut |body| {
            // Read, so that the connection can be used again.
            body.read_start(MAX_BODY);
            Ok(())
        })
    }

    /// Sends it, and hands the body of the answer to `take`.
    pub fn send_with(self, config: &Config, read: &mut ReadBody<'_>) -> Result<()> {
        self.run(config, false, read)
    }

    /// Sends it, and hands the body of the answer to `take` piece by piece, in as much time as the call has.
    pub fn stream(self, config: &Config, read: &mut ReadBody<'_>) -> Result<()> {
        self.run(config, true, read)
    }

    fn run(mut self, config: &Config, stream: bool, read: &mut ReadBody<'_>) -> Result<()> {
        // A longer target is refused by the service, and does not fit into the output buffer of a connection.
        const MAX_TARGET: usize = 8_000;
        if self.target.len() > MAX_TARGET {
            self = self.refused(Error::input("URL", format_args!("is longer than {MAX_TARGET} bytes")));
        }
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        config.check_read_only(self.method, self.idempotency)?;
        let (client, base) = config.client();
        let deadline = config.deadline();
        let call = Call {
            client,
            kind: CallKind::Api,
            base,
            method: self.method,
            target: &self.target,
            body: self.body.as_deref().map(|bytes| ("application/json", bytes)),
            idempotency: self.idempotency,
            stream,
            deadline,
            secrets: Vec::new(),
        };
        call.run(&mut |refused| config.authorization(refused, deadline), read)
    }
}

/// A complete response that cannot be decoded: the problem and its position, without any content.
pub(crate) fn decode_error(error: &serde_json::Error, body: Vec<u8>) -> TransportError {
    let what = if body.is_empty() {
        "the response has no body, although one is expected".to_owned()
    } else {
        format!("the response cannot be decoded: {}", without_content(&error.to_string()))
    };
    TransportError { body, ..TransportError::new(true, Cause::Decode, what) }
}

/// Removes the value from a message of serde such as ``invalid type: string "Ann", expected i64``: it may be
/// personal data.
fn without_content(message: &str) -> String {
    let Some((problem, rest)) = message.split_once(": ").filter(|(start, _)| start.starts_with("invalid ")) else {
        return message.to_owned();
    };
    let (value, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, "another value"));
    let kind = value.split(['"', '`']).next().unwrap_or_default().trim_end();
    format!("{problem}: {kind}, expected {expected}")
}
