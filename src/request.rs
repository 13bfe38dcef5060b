//! A request of an endpoint as a plain value, and the decoding of its response.

mod kinds;
mod reader;

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Authorization, Call, CallKind, ReadBody};
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, MAX_BODY, Result};
use crate::escape::escaped;
use crate::http::{Cause, HttpResponse, TransportError};
use crate::retry::Idempotency;
use crate::serde_util::{Step, text_at};

pub(crate) use reader::Reader;

/// A request as a value. An endpoint fills one and sends it. A problem with an input is returned by the sending
/// method, before anything is sent.
pub(crate) struct Request {
    method: &'static str,
    /// Path and query, percent-encoded.
    target: String,
    has_query: bool,
    body: Option<Vec<u8>>,
    idempotency: Idempotency,
    needs_token: bool,
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
        let target = path.to_owned();
        Request { method, target, has_query: false, body: None, idempotency, needs_token: true, problem: None }
    }

    /// Refuses the request: the sending method returns the first problem.
    pub fn refused(mut self, problem: Error) -> Request {
        self.problem.get_or_insert(problem);
        self
    }

    /// Declares that a POST changes nothing, so that it may be retried.
    pub fn read_only(mut self) -> Request {
        self.idempotency = Idempotency::Safe;
        self
    }

    /// Appends a segment to the path, percent-encoded. `name` is the field in an error.
    pub fn segment(mut self, name: &'static str, segment: &str) -> Request {
        if matches!(segment, "" | "." | "..") {
            let problem = format!("is {segment:?}; it must not be empty, \".\" or \"..\"");
            self = self.refused(Error::input(name, problem));
        }
        self.target.push('/');
        self.push_escaped(segment);
        self
    }

    /// Appends a constant part of the path.
    pub fn then(mut self, path: &'static str) -> Request {
        self.target.push_str(path);
        self
    }

    /// Appends a pair to the query, if there is a value.
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

    /// Appends the page size and the page number.
    pub fn paged(mut self, page_size: Option<u32>, page_number: Option<u32>) -> Request {
        for (key, value) in [("pageSize", page_size), ("pageNumber", page_number)] {
            if let Err(problem) = check_not_zero(key, value) {
                self = self.refused(problem);
            }
            self = self.query(key, value);
        }
        self
    }

    /// Appends a pair to the query for each value, with the same key.
    pub fn query_all<V: Display>(self, key: &str, values: impl IntoIterator<Item = V>) -> Request {
        values.into_iter().fold(self, |request, value| request.query(key, Some(value)))
    }

    /// Appends a search: the fields and the text to search for in them. One without the other is refused.
    pub fn searched(mut self, fields: &[String], value: Option<&String>) -> Request {
        if fields.is_empty() && value.is_some() {
            self = self.refused(Error::input("queryFields", "must be set together with queryValue"));
        }
        if !fields.is_empty() && value.is_none() {
            self = self.refused(Error::input("queryValue", "must be set together with queryFields"));
        }
        self.query_all("queryFields", fields).query("queryValue", value)
    }

    fn push_escaped(&mut self, text: &str) {
        self.target.extend(escaped(text));
    }

    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Request {
        let mut bytes = Vec::with_capacity(128);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => self.body = Some(bytes),
            Err(error) => {
                let field = last_key(&bytes).unwrap_or_else(|| "body".to_owned());
                self = self.refused(Error::input(field, format_args!("cannot be written as JSON: {error}")));
            }
        }
        self
    }

    /// Sends the request and decodes the response, a JSON object.
    pub fn send<T: DeserializeOwned>(self, config: &Config) -> Result<T> {
        self.read(config, true)
    }

    /// Sends the request and decodes the response, any JSON. An empty response is `null`.
    pub fn send_any<T: DeserializeOwned>(self, config: &Config) -> Result<T> {
        self.read(config, false)
    }

    fn read<T: DeserializeOwned>(self, config: &Config, object: bool) -> Result<T> {
        let mut value = None;
        self.send_with(config, &mut |response| {
            let text = text_of(response, object)?;
            let json = if !object && text.trim_ascii().is_empty() { "null" } else { &text };
            value = Some(serde_json::from_str(json).map_err(|error| decode_error(&error, text.into_bytes()))?);
            Ok(())
        })?;
        value.ok_or_else(|| Error::new(ErrorKind::Decode, "there is no response to decode"))
    }

    /// Sends the request and ignores the body of the response.
    pub fn send_for_nothing(self, config: &Config) -> Result<()> {
        self.send_with(config, &mut |response| {
            // Reading the body lets the connection be reused.
            response.body.read_start(MAX_BODY);
            Ok(())
        })
    }

    /// Sends the request and passes the response to `read`.
    pub fn send_with(mut self, config: &Config, read: &mut ReadBody<'_>) -> Result<()> {
        self.check(config)?;
        let deadline = config.deadline();
        let mut authorize = |refused| self.authorization(config, refused, deadline);
        self.call(config, deadline, false).run(&mut authorize, read)
    }

    /// Sends the request and passes the response to `start`, which takes the body and begins to read it. The
    /// rest of the body may be read until the deadline of the call.
    pub fn stream(mut self, config: &Config, start: &mut ReadBody<'_>) -> Result<OpenRequest> {
        self.check(config)?;
        let config = config.as_one_call();
        let (deadline, mut authorizations, mut head) = (config.deadline(), Vec::new(), None);
        let mut authorize = |refused| {
            let authorization = self.authorization(&config, refused, deadline)?;
            authorizations.push(authorization.clone());
            Ok(authorization)
        };
        self.call(&config, deadline, true).run(&mut authorize, &mut |response| {
            start(response)?;
            head = Some(response.detach());
            Ok(())
        })?;
        let response = head.ok_or_else(|| Error::new(ErrorKind::Decode, "there is no response to decode"))?;
        Ok(OpenRequest { request: self, config, deadline, authorizations, response })
    }

    fn authorization(&self, config: &Config, refused: Option<u64>, deadline: Deadline) -> Result<Authorization> {
        if self.needs_token { config.authorization(refused, deadline) } else { Ok(Authorization::default()) }
    }

    /// Returns the first problem that prevents the request from being sent.
    fn check(&mut self, config: &Config) -> Result<()> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        config.api().check(&self.target)?;
        config.check_read_only(self.method, self.idempotency)
    }

    fn call<'a>(&'a self, config: &'a Config, deadline: Deadline, stream: bool) -> Call<'a> {
        Call {
            client: config.client(),
            kind: CallKind::Api,
            base: config.api(),
            method: self.method,
            target: &self.target,
            body: self.body.as_deref().map(|bytes| ("application/json", bytes)),
            idempotency: self.idempotency,
            stream,
            deadline,
            secrets: Vec::new(),
        }
    }
}

/// Reads the text of a response to decode. UTF-8 is checked here, once.
fn text_of(response: &mut HttpResponse, object: bool) -> Result<String, TransportError> {
    let text = String::from_utf8(response.body.read_all()?).map_err(|error| {
        let problem = not_utf8(error.utf8_error().valid_up_to());
        decode_error(&problem, error.into_bytes())
    })?;
    // A derived `Deserialize` accepts a list in place of an object.
    if object && text.trim_ascii_start().starts_with('[') {
        return Err(decode_error(&serde::de::Error::custom("expected an object, not a list"), text.into_bytes()));
    }
    Ok(text)
}

/// Returns the error of a response that is not UTF-8 from this byte on.
pub(crate) fn not_utf8(byte: usize) -> serde_json::Error {
    serde::de::Error::custom(format_args!("not UTF-8 from byte {byte} on"))
}

/// Refuses 0 as a page size or a page number.
pub(crate) fn check_not_zero(key: &'static str, value: Option<u32>) -> Result<()> {
    if value == Some(0) {
        return Err(Error::input(key, "is 0; it must be at least 1"));
    }
    Ok(())
}

/// A request whose response is still being read.
pub(crate) struct OpenRequest {
    request: Request,
    config: Config,
    deadline: Deadline,
    /// The credentials of each attempt.
    authorizations: Vec<Authorization>,
    /// The response without its body.
    response: HttpResponse,
}

impl OpenRequest {
    /// Finishes an error that occurred while the rest of the body was read.
    pub fn error(&self, error: TransportError) -> Error {
        let call = self.request.call(&self.config, self.deadline, true);
        call.late_error(error, &self.response, &self.authorizations)
    }
}

/// Returns the key at the end of a JSON text that could not be written further: the field that has failed.
fn last_key(written: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(written).ok()?.strip_suffix("\":")?;
    let (_, key) = text.rsplit_once('"')?;
    Some(key.to_owned())
}

/// A complete response that cannot be decoded: the problem and its position, without any content.
pub(crate) fn decode_error(error: &serde_json::Error, body: Vec<u8>) -> TransportError {
    let what = if body.trim_ascii().is_empty() {
        "the response has no body, although one is expected".to_owned()
    } else {
        format!("the response cannot be decoded: {}", without_content(&error.to_string()))
    };
    let received = entry_id(error, &body).map(|id| format!("the id of the entry is {id:?}"));
    TransportError { received, body, ..TransportError::new(true, Cause::Decode, what) }
}

/// Returns the id of an entry of a list that cannot be decoded, if it has an id.
fn entry_id(error: &serde_json::Error, body: &[u8]) -> Option<String> {
    const MAX_LENGTH: usize = 100;
    let message = error.to_string();
    let (index, _) = message.strip_prefix("entry ")?.split_once(": ")?;
    let body = std::str::from_utf8(body).ok()?;
    let id = text_at(body, &[Step::Key("entities"), Step::Index(index.parse().ok()?), Step::Key("id")])?;
    // A longer text is not an id, and must not be truncated before it is redacted.
    (id.len() <= MAX_LENGTH).then_some(id)
}

/// Removes the value from a message of serde such as ``invalid type: string "Ann", expected i64``: it may be
/// personal data.
pub(crate) fn without_content(message: &str) -> String {
    if let Some((entry, problem)) = message.split_once(": ").filter(|(start, _)| start.starts_with("entry ")) {
        return format!("{entry}: {}", without_content(problem));
    }
    let problem = ["invalid type", "invalid value", "unknown variant"].into_iter().find(|it| message.starts_with(it));
    let Some(problem) = problem else { return message.to_owned() };
    let rest = message.get(problem.len()..).unwrap_or_default().trim_start_matches(':');
    let (value, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, "another value"));
    let kind = value.split(['"', '`']).next().unwrap_or_default().trim();
    let colon = if kind.is_empty() { "" } else { ": " };
    format!("{problem}{colon}{kind}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::without_content;

    #[test]
    fn a_decoding_error_names_the_problem_without_the_value() {
        for (message, shown) in [
            (
                r#"invalid type: string "Ann, expected \"x\"", expected i64 at line 1 column 9"#,
                "invalid type: string, expected i64 at line 1 column 9",
            ),
            ("invalid value: integer `-7`, expected u8 at line 2", "invalid value: integer, expected u8 at line 2"),
            ("invalid type: map, expected a string", "invalid type: map, expected a string"),
            ("invalid type: string \"Ann\"", "invalid type: string, expected another value"),
            ("unknown variant `Ann`, expected `a` or `b` at line 1", "unknown variant, expected `a` or `b` at line 1"),
            ("missing field `id` at line 1 column 2", "missing field `id` at line 1 column 2"),
            ("invalid length 3, expected a tuple of size 2", "invalid length 3, expected a tuple of size 2"),
        ] {
            assert_eq!(without_content(message), shown);
        }
    }
}
