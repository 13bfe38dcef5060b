//! Decodes an aggregates response container by container.

#[cfg(test)]
mod tests;

use std::io::Read;

use serde::de::IgnoredAny;

use super::Container;
use crate::http::{Body, Cause, TransportError};
use crate::request::Reader;

/// Reads one container after the other.
pub(super) struct Containers<R> {
    reader: Reader<R>,
    state: State,
    has_results: bool,
    has_other_fields: bool,
    /// The last container was empty.
    after_empty: bool,
    /// The number of entries before the next one, for errors.
    entry: usize,
}

/// The next thing to read.
#[derive(Clone, Copy)]
enum State {
    Start,
    Key,
    AfterValue,
    Entry,
    AfterEntry,
    Ended,
}

impl Containers<Body> {
    #[inline]
    pub fn of_body(body: Body) -> Containers<Body> {
        Containers::new(Reader::of_body(body))
    }
}

impl<R: Read> Containers<R> {
    fn new(reader: Reader<R>) -> Containers<R> {
        Containers {
            reader,
            state: State::Start,
            has_results: false,
            has_other_fields: false,
            after_empty: false,
            entry: 0,
        }
    }

    /// Returns the next container; `None` after the end of the response and after an error.
    pub fn next(&mut self) -> Result<Option<Container>, TransportError> {
        let state = std::mem::replace(&mut self.state, State::Ended);
        let (state, container) = self.read_from(state)?;
        self.state = state;
        Ok(container)
    }

    fn read_from(&mut self, mut state: State) -> Result<(State, Option<Container>), TransportError> {
        loop {
            state = match state {
                State::Ended => return Ok((State::Ended, None)),
                State::Start => self.start()?,
                State::Key => self.field()?,
                State::AfterValue => self.reader.separator(b'}', State::Ended, State::Key)?,
                State::AfterEntry => self.reader.separator(b']', State::AfterValue, State::Entry)?,
                State::Entry => {
                    if let Some(container) = self.entry()? {
                        return Ok((State::AfterEntry, Some(container)));
                    }
                    State::AfterEntry
                }
            };
            if let State::Ended = state {
                self.end()?;
            }
        }
    }

    fn start(&mut self) -> Result<State, TransportError> {
        let is_empty = self.reader.open()?;
        Ok(if is_empty { State::Ended } else { State::Key })
    }

    /// Reads a field. Of `results`, it reads only the start of the list; of any other field, the whole value.
    fn field(&mut self) -> Result<State, TransportError> {
        let key: String = self.reader.value()?;
        self.reader.expect(b':')?;
        if key != "results" {
            self.has_other_fields = true;
            self.reader.value::<IgnoredAny>()?;
            return Ok(State::AfterValue);
        }
        if self.has_results {
            return self.reader.broken("one list of results");
        }
        self.has_results = true;
        if !self.reader.next_is(b'[')? {
            // Apart from a list, only `null` is permitted.
            self.reader.value::<()>()?;
            return Ok(State::AfterValue);
        }
        let is_empty = self.reader.next_is(b']')?;
        Ok(if is_empty { State::AfterValue } else { State::Entry })
    }

    /// Reads an entry of `results`; `None` if it is `null`, or empty like the one before.
    fn entry(&mut self) -> Result<Option<Container>, TransportError> {
        let entry = self.read_entry().map_err(|error| error.in_entry(self.entry))?;
        self.entry += 1;
        Ok(entry)
    }

    fn read_entry(&mut self) -> Result<Option<Container>, TransportError> {
        if self.reader.comes(b'n')? {
            self.reader.value::<()>()?;
            return Ok(None);
        }
        // Serde accepts a list in place of an object.
        if !self.reader.comes(b'{')? {
            return self.reader.broken("a container");
        }
        let container: Container = self.reader.value()?;
        let is_empty = container == Container::default();
        let is_repeated = std::mem::replace(&mut self.after_empty, is_empty) && is_empty;
        Ok(Some(container).filter(|_| !is_repeated))
    }

    /// Checks that nothing follows. An object without `results` is a response only if it is empty: the
    /// service omits `results` if there is nothing to count, and an error object has other fields.
    fn end(&mut self) -> Result<(), TransportError> {
        if self.has_other_fields && !self.has_results {
            return Err(self.reader.lacks("results"));
        }
        self.reader.end()
    }
}

impl TransportError {
    /// Names the entry of `results` that cannot be decoded.
    fn in_entry(mut self, index: usize) -> TransportError {
        if self.cause == Cause::Decode {
            self.what = format!("entry {index} of the results: {}", self.what);
        }
        self
    }
}
