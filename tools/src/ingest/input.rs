//! The lines of the input, in bounded memory, and the events in them.

use std::io::{self, BufRead, ErrorKind};

use genesys_journey::external_events::Event;
use serde::Deserialize;
use serde_json::Value;

/// A longer line is bad. Its rest is skipped.
const MAX_LINE: usize = 1 << 20;

/// The input. After [`next`](Input::next), `line` is the line with this number.
pub struct Input {
    reader: Box<dyn BufRead>,
    pub line: Vec<u8>,
    /// From 1; 0 before the first line.
    pub number: u64,
    /// The hash of all lines so far. The end of the last line does not matter.
    pub hash: u64,
    is_too_long: bool,
    /// Whether the end was seen. More bytes, in a file that grows, belong to the next run.
    is_at_end: bool,
}

impl Input {
    pub fn new(reader: Box<dyn BufRead>) -> Input {
        // FNV-1a, which is the same in every version of Rust.
        Input { reader, line: Vec::new(), number: 0, hash: 0xcbf2_9ce4_8422_2325, is_too_long: false, is_at_end: false }
    }

    /// Reads the next line, without its end. Returns `false` at the end of the input.
    pub fn next(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.is_too_long = false;
        let mut has_bytes = false;
        if self.is_at_end {
            return Ok(false);
        }
        loop {
            let bytes = match self.reader.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(io::Error::new(error.kind(), format!("the input: {error}"))),
                Ok(bytes) => bytes,
            };
            if bytes.is_empty() {
                self.is_at_end = true;
                if has_bytes {
                    self.end_line();
                }
                return Ok(has_bytes);
            }
            has_bytes = true;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (part, length) =
                end.map_or((bytes, bytes.len()), |end| (bytes.get(..end).unwrap_or_default(), end + 1));
            let room = MAX_LINE - self.line.len();
            self.is_too_long |= part.len() > room;
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            self.hash = part.iter().fold(self.hash, with_byte);
            self.reader.consume(length);
            if end.is_some() {
                self.end_line();
                return Ok(true);
            }
        }
    }

    fn end_line(&mut self) {
        self.number += 1;
        self.hash = with_byte(self.hash, &b'\n');
    }

    /// Returns the event in the line, if the line is not empty, or the problem with it.
    pub fn event(&self) -> Result<Option<Event>, String> {
        if self.is_too_long {
            return Err(format!("is longer than {MAX_LINE} bytes"));
        }
        parse(&self.line)
    }
}

fn with_byte(hash: u64, byte: &u8) -> u64 {
    (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
}

/// The fields of an event, all of which are required.
const FIELDS: [&str; 4] = ["id", "dateCreated", "identifiers", "attributes"];

fn parse(line: &[u8]) -> Result<Option<Event>, String> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| format!("is not JSON: {error}"))?;
    let Value::Object(fields) = &value else { return Err("is not a JSON object".to_owned()) };
    if let Some(missing) = FIELDS.iter().find(|field| !fields.contains_key(**field)) {
        return Err(format!("has no field {missing:?}"));
    }
    if let Some(unknown) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        return Err(format!("has the unknown field {unknown:?}"));
    }
    let event = Event::deserialize(&value).map_err(|error| format!("is not an event: {error}"))?;
    // Nothing of the line may be lost.
    let written = serde_json::to_value(&event).map_err(|error| error.to_string())?;
    if let Some(field) = FIELDS.iter().find(|field| written.get(**field) != value.get(**field)) {
        return Err(format!("has a field {field:?} with unknown or missing parts"));
    }
    if event.id.is_empty() {
        return Err("has an empty id".to_owned());
    }
    if event.date_created.as_ref().is_none_or(|date| date.to_system_time().is_none()) {
        return Err("has a dateCreated that is no date and time".to_owned());
    }
    let mut ids = event.identifiers.external_ids.iter();
    if ids.any(|id| id.value.is_none() || id.external_source_id.is_none()) {
        return Err("has an external id without value or externalSourceId".to_owned());
    }
    Ok(Some(event))
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    const EVENT: &str = r#"{"id":"e1","dateCreated":"2026-04-21T06:30:00Z",
        "identifiers":{"externalIds":[{"value":"C-1","externalSourceId":"s"}]},"attributes":{"a":null,"b":[1.5]}}"#;

    fn problem(line: &str) -> String {
        parse(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn an_event_is_read_and_an_empty_line_is_none() {
        let event = parse(EVENT.as_bytes()).unwrap().unwrap();
        assert_eq!((event.id.as_str(), event.attributes.len()), ("e1", 2));
        assert!(parse(b" \t\r").unwrap().is_none());
    }

    #[test]
    fn each_loss_is_a_problem() {
        let without = |part: &str, other: &str| problem(&EVENT.replace(part, other));
        for (problem, word) in [
            (problem("{"), "not JSON"),
            (problem("\u{feff}{}"), "not JSON"),
            (problem("[]"), "not a JSON object"),
            (problem("{}"), "no field \"id\""),
            (without("\"id\":\"e1\"", "\"id\":\"\""), "empty id"),
            (without("\"e1\"", "7"), "not an event"),
            (without("\"e1\"", "null"), "\"id\""),
            (without("\"id\"", "\"color\":1,\"id\""), "unknown field \"color\""),
            (without("2026-04-21T06:30:00Z", "yesterday"), "no date"),
            (without("\"externalIds\"", "\"externalids\""), "\"identifiers\""),
            (without("\"value\":\"C-1\",", ""), "external id without value"),
            (without("\"value\"", "\"color\":1,\"value\""), "\"identifiers\""),
            (without("{\"a\":null,\"b\":[1.5]}", "null"), "\"attributes\""),
        ] {
            assert!(problem.contains(word), "{problem}: {word}");
        }
    }

    #[test]
    fn lines_have_numbers_and_the_last_needs_no_end() {
        let mut input = Input::new(Box::new(&b"a\r\n\nb"[..]));
        let mut lines = Vec::new();
        while input.next().unwrap() {
            lines.push((input.number, input.line.clone(), input.hash));
        }
        let texts: Vec<(u64, &[u8])> = lines.iter().map(|(number, line, _)| (*number, line.as_slice())).collect();
        assert_eq!(texts, [(1, &b"a\r"[..]), (2, b""), (3, b"b")]);
        assert!(lines[0].2 != lines[1].2 && lines[1].2 != lines[2].2);
        assert!(!input.next().unwrap() && input.number == 3);
        // The end of the last line does not matter.
        let mut ended = Input::new(Box::new(&b"a\r\n\nb\n"[..]));
        while ended.next().unwrap() {}
        assert_eq!((ended.number, ended.hash), (3, input.hash));
    }

    #[test]
    fn a_long_line_is_bounded_and_hashed() {
        let read = |length: u64| {
            let text = io::repeat(b'x').take(length).chain(&b"\n{}"[..]);
            let mut input = Input::new(Box::new(BufReader::new(text)));
            assert!(input.next().unwrap());
            let first = (input.line.len(), input.event().unwrap_err(), input.hash);
            assert!(input.next().unwrap() && input.line == b"{}");
            first
        };
        let (length, problem, hash) = read(10 << 20);
        assert_eq!(length, MAX_LINE);
        assert!(problem.contains("longer"), "{problem}");
        assert_ne!(read((10 << 20) + 1).2, hash);
        assert!(read(MAX_LINE as u64).1.contains("not JSON"));
    }

    #[test]
    fn bytes_after_the_end_belong_to_the_next_run() {
        /// A file that grows after its end was read.
        struct Growing(Vec<&'static [u8]>);
        impl Read for Growing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let part = if self.0.is_empty() { b"".as_slice() } else { self.0.remove(0) };
                buffer[..part.len()].copy_from_slice(part);
                Ok(part.len())
            }
        }
        let mut input = Input::new(Box::new(BufReader::new(Growing(vec![b"a\nb", b"", b"c\nd\n"]))));
        assert!(input.next().unwrap() && input.next().unwrap());
        assert_eq!((input.line.as_slice(), input.number), (b"b".as_slice(), 2));
        assert!(!input.next().unwrap() && !input.next().unwrap());
        assert_eq!(input.number, 2);
    }
}
