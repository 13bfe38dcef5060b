//! Reads a JSON document value by value, while it is received.
//!
//! The text is read in pieces into a buffer, since serde_json reads a text in memory several times faster than a
//! stream. Invariant: the result does not depend on the boundaries of the pieces.

use std::io::Read;

use serde::de::DeserializeOwned;
use serde_json::Deserializer;

use super::{decode_error, not_utf8, without_content};
use crate::http::{Body, Cause, TransportError};

/// The bytes to read at a time. A value that is cut by the end of the buffer is parsed again from its
/// start, so this is much larger than a value.
const CHUNK: usize = 256 * 1024;

/// The bytes before the problem and from the problem on that an error holds. They are more than a token, so that a
/// secret is redacted before the limits of an error cut it.
const BEFORE: usize = 16 * 1024;
const AFTER: usize = 64 * 1024;

/// Returns how many more bytes may be held besides those that are.
pub type Room<R> = fn(&R, usize) -> Result<usize, TransportError>;

/// A JSON document that is being read.
pub(crate) struct Reader<R> {
    pub source: R,
    room: Room<R>,
    chunk: usize,
    /// Valid text.
    buffer: String,
    /// The bytes after the buffer: an incomplete character, or everything from invalid bytes on.
    tail: Vec<u8>,
    /// The tail begins with bytes that are not UTF-8.
    is_invalid: bool,
    /// The start of the unread bytes in the buffer.
    at: usize,
    /// The number of bytes that were dropped from the front of the buffer.
    dropped: usize,
    /// The start of the object was read, so the response counts as JSON.
    opened: bool,
    ended: bool,
}

impl Reader<Body> {
    pub fn of_body(body: Body) -> Reader<Body> {
        Reader::new(body, Body::room, CHUNK)
    }
}

impl<R: Read> Reader<R> {
    /// Returns a reader with this size of a piece.
    pub fn new(source: R, room: Room<R>, chunk: usize) -> Reader<R> {
        Reader {
            source,
            room,
            chunk,
            buffer: String::new(),
            tail: Vec::new(),
            is_invalid: false,
            at: 0,
            dropped: 0,
            opened: false,
            ended: false,
        }
    }

    /// Reads the start of an object. Returns whether the object has no fields.
    pub fn open(&mut self) -> Result<bool, TransportError> {
        self.expect(b'{')?;
        self.opened = true;
        self.next_is(b'}')
    }

    /// Returns the error of a complete response without a field.
    pub fn lacks(&self, field: &str) -> TransportError {
        let what = format!("the response has no {field:?} in its {} bytes", self.dropped + self.at);
        let body = start(self.buffer.as_bytes(), AFTER).to_vec();
        // The buffer may begin within a secret.
        let context = if self.dropped == 0 { 0 } else { BEFORE.min(body.len()) };
        let error = TransportError::new(true, Cause::Decode, what);
        TransportError { body, is_part: true, context, ..error }
    }

    /// Reads one JSON value.
    pub fn value<T: DeserializeOwned>(&mut self) -> Result<T, TransportError> {
        loop {
            let mut values = Deserializer::from_str(self.rest()).into_iter::<T>();
            let value = values.next();
            let length = values.byte_offset();
            let is_whole = self.ended || length < self.rest().len();
            match value {
                // A value at the end of the buffer may go on behind it: 12 may be the start of 123.
                Some(Ok(value)) if is_whole => {
                    self.at += length;
                    return Ok(value);
                }
                Some(Err(error)) if self.ended || !may_be_cut(&error, self.rest().as_bytes()) => {
                    return Err(self.unreadable(&error));
                }
                None if self.ended => return self.broken("a value"),
                _ => self.fill()?,
            }
        }
    }

    /// Reads the separator after a value: the end of the list or object, or a comma.
    pub fn separator<S>(&mut self, end: u8, at_end: S, at_comma: S) -> Result<S, TransportError> {
        if self.next_is(end)? {
            return Ok(at_end);
        }
        self.expect(b',')?;
        Ok(at_comma)
    }

    /// Returns whether the next character is `wanted`, and reads it if so.
    pub fn next_is(&mut self, wanted: u8) -> Result<bool, TransportError> {
        let found = self.comes(wanted)?;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Returns whether the next character is `wanted`.
    pub fn comes(&mut self, wanted: u8) -> Result<bool, TransportError> {
        loop {
            let rest = self.rest().as_bytes();
            match rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
                Some(blank) => {
                    let found = rest.get(blank) == Some(&wanted);
                    self.at += blank;
                    return Ok(found);
                }
                None if self.ended => return Ok(false),
                None => self.fill()?,
            }
        }
    }

    pub fn expect(&mut self, wanted: u8) -> Result<(), TransportError> {
        if self.next_is(wanted)? { Ok(()) } else { self.broken(&format!("{:?}", char::from(wanted))) }
    }

    /// Checks that only white space follows.
    pub fn end(&mut self) -> Result<(), TransportError> {
        loop {
            if self.is_invalid || !self.rest().bytes().all(|byte| byte.is_ascii_whitespace()) {
                return self.broken("the end");
            }
            if self.ended {
                return Ok(());
            }
            self.at = self.buffer.len();
            self.fill()?;
        }
    }

    fn rest(&self) -> &str {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Drops read bytes, except for the last ones, and appends a chunk to the unread bytes. The chunk doubles if the
    /// unread bytes were not enough.
    fn fill(&mut self) -> Result<(), TransportError> {
        if self.is_invalid {
            return Err(self.unreadable(&not_utf8(self.dropped + self.buffer.len())));
        }
        let mut done = self.at.saturating_sub(BEFORE);
        while !self.buffer.is_char_boundary(done) {
            done -= 1;
        }
        let kept = self.buffer.len() - self.at + self.tail.len();
        let more = kept.max(self.chunk).min((self.room)(&self.source, kept)?);
        let mut bytes = std::mem::take(&mut self.buffer).into_bytes();
        bytes.drain(..done);
        self.dropped += done;
        self.at -= done;
        bytes.append(&mut self.tail);
        bytes.reserve_exact(more);
        let read = Read::by_ref(&mut self.source).take(more as u64).read_to_end(&mut bytes)?;
        self.ended = read < more;
        self.accept(bytes);
        Ok(())
    }

    /// Makes the valid text at the start of the bytes the buffer. An error after it waits until the text is read.
    fn accept(&mut self, bytes: Vec<u8>) {
        self.buffer = String::from_utf8(bytes).unwrap_or_else(|error| {
            let problem = error.utf8_error();
            self.is_invalid = self.ended || problem.error_len().is_some();
            self.ended = false;
            let mut bytes = error.into_bytes();
            self.tail = bytes.split_off(problem.valid_up_to());
            String::from_utf8(bytes).unwrap_or_default()
        });
    }

    pub fn broken<T>(&self, wanted: &str) -> Result<T, TransportError> {
        let error = serde::de::Error::custom(format_args!("expected {wanted}"));
        Err(self.unreadable(&error))
    }

    fn unreadable(&self, error: &serde_json::Error) -> TransportError {
        let rest = [self.rest().as_bytes(), &self.tail].concat();
        let shown = start(&rest, AFTER);
        if !self.opened {
            return decode_error(error, shown.to_vec());
        }
        // The rest may begin anywhere in the response, so it is not shown.
        let read = self.dropped + self.at;
        let what = match shown {
            [] => format!("the response ends too early, after {read} bytes: {error}"),
            _ => format!("the response cannot be decoded from byte {read} on: {}", without_content(&error.to_string())),
        };
        let context = self.buffer.as_bytes().get(self.at.saturating_sub(BEFORE)..self.at).unwrap_or_default();
        let (body, context) = ([context, shown].concat(), context.len());
        TransportError { body, is_part: true, context, ..TransportError::new(true, Cause::Decode, what) }
    }
}

fn start(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

/// Returns whether the end of the text may be the cause of the error, so that more text may correct it.
/// serde_json reports `-` and `12.` at the end as invalid numbers, and `1.5` of `1.5e1` as no integer.
fn may_be_cut(error: &serde_json::Error, text: &[u8]) -> bool {
    if error.is_eof() {
        return true;
    }
    let lines = text.split(|byte| *byte == b'\n');
    let end = lines.fold((0, 0), |(line, _), text| (line + 1, text.len()));
    (error.line(), error.column()) >= end
}
