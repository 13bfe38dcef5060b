//! Reads an answer container by container, from a buffer of its own: serde_json reads a slice several
//! times faster than a stream, and no more than a container need be in memory.

use std::io::Read;
use std::ops::ControlFlow;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Deserializer;

use super::Container;
use crate::http::{Body, Cause, TransportError};
use crate::request::{decode_error, without_content};

/// Bytes asked for at a time. A container that the end of the buffer cuts is parsed again from its
/// start, so this is large against a container.
const CHUNK: usize = 256 * 1024;

/// Calls `each` with each of the `results`, until it breaks.
pub(super) fn each_container(
    body: &mut Body,
    each: &mut dyn FnMut(Container) -> ControlFlow<()>,
) -> Result<(), TransportError> {
    let mut reader = Reader { body, buffer: Vec::new(), at: 0, dropped: 0, opened: false, ended: false };
    reader.expect(b'{')?;
    reader.opened = true;
    if reader.next_is(b'}')? {
        return reader.end();
    }
    loop {
        let key: String = reader.value()?;
        reader.expect(b':')?;
        if key != "results" {
            reader.value::<IgnoredAny>()?;
        } else if !reader.next_is(b'[')? {
            // Nothing else may stand for a list.
            reader.value::<()>()?;
        } else if !reader.next_is(b']')? {
            loop {
                // To serde a list is as good as an object.
                if !reader.comes(b'{')? {
                    return reader.broken("a container");
                }
                if each(reader.value()?).is_break() {
                    return Ok(());
                }
                if reader.next_is(b']')? {
                    break;
                }
                reader.expect(b',')?;
            }
        }
        if reader.next_is(b'}')? {
            return reader.end();
        }
        reader.expect(b',')?;
    }
}

struct Reader<'a> {
    body: &'a mut Body,
    buffer: Vec<u8>,
    /// Where what is not read yet begins.
    at: usize,
    /// Bytes that were in front of the buffer.
    dropped: usize,
    /// The object has begun, so that the response is JSON.
    opened: bool,
    ended: bool,
}

impl Reader<'_> {
    /// One JSON value.
    fn value<T: DeserializeOwned>(&mut self) -> Result<T, TransportError> {
        loop {
            let mut values = Deserializer::from_slice(self.rest()).into_iter::<T>();
            let value = values.next();
            let length = values.byte_offset();
            let is_whole = self.ended || length < self.rest().len();
            match value {
                // What ends with the buffer may go on behind it: 12 may be the start of 123.
                Some(Ok(value)) if is_whole => {
                    self.at += length;
                    return Ok(value);
                }
                Some(Err(error)) if self.ended || !error.is_eof() => return Err(self.unreadable(&error)),
                None if self.ended => return self.broken("a value"),
                _ => self.fill()?,
            }
        }
    }

    /// Whether the next character is this one, which is then read.
    fn next_is(&mut self, wanted: u8) -> Result<bool, TransportError> {
        let found = self.comes(wanted)?;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Whether the next character is this one.
    fn comes(&mut self, wanted: u8) -> Result<bool, TransportError> {
        loop {
            let rest = self.rest();
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

    fn expect(&mut self, wanted: u8) -> Result<(), TransportError> {
        match self.next_is(wanted)? {
            true => Ok(()),
            false => self.broken(&format!("{:?}", char::from(wanted))),
        }
    }

    /// Nothing may follow.
    fn end(&mut self) -> Result<(), TransportError> {
        while !self.ended {
            self.fill()?;
        }
        match self.rest().iter().all(u8::is_ascii_whitespace) {
            true => Ok(()),
            false => self.broken("the end"),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads more behind what is not read yet; twice as much as before where that was not enough.
    fn fill(&mut self) -> Result<(), TransportError> {
        self.buffer.drain(..self.at);
        self.dropped += self.at;
        self.at = 0;
        let kept = self.buffer.len();
        let more = kept.max(CHUNK).min(self.body.room(kept)?);
        self.buffer.reserve_exact(more);
        self.body.take(more as u64).read_to_end(&mut self.buffer)?;
        self.ended = self.buffer.len() - kept < more;
        Ok(())
    }

    fn broken<T>(&self, wanted: &str) -> Result<T, TransportError> {
        let error = serde::de::Error::custom(format_args!("expected {wanted}"));
        Err(self.unreadable(&error))
    }

    fn unreadable(&self, error: &serde_json::Error) -> TransportError {
        const SHOWN: usize = 8 * 1024;
        let rest = self.rest();
        if !self.opened {
            return decode_error(error, rest.get(..SHOWN).unwrap_or(rest).to_vec());
        }
        // What is left may begin anywhere, so that it is not shown.
        let read = self.dropped + self.at;
        let what = match rest {
            [] => format!("the response ends too early, after {read} bytes: {error}"),
            _ => format!("the response cannot be decoded from byte {read} on: {}", without_content(&error.to_string())),
        };
        let body = rest.get(..SHOWN).unwrap_or(rest).to_vec();
        TransportError { body, is_part: true, ..TransportError::new(true, Cause::Decode, what) }
    }
}
