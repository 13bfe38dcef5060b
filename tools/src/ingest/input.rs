//! The lines of the input, in bounded memory.

use std::io;

use genesys_journey::external_events::Event;

use super::event::{self, Problem};
use super::source::{Chunk, Source};

/// A longer line is bad. Its rest is skipped.
const MAX_LINE: usize = 1 << 20;

/// The input. After [`next`](Input::next), `line` is the line with this number.
pub struct Input {
    source: Source,
    chunk: Vec<u8>,
    /// The start of the rest of the chunk.
    position: usize,
    pub line: Vec<u8>,
    /// From 1; 0 before the first line.
    pub number: u64,
    /// The hash of all lines so far. The end of the last line does not matter.
    pub hash: u64,
    is_too_long: bool,
    /// Whether the end was seen. More bytes, in a file that grows, belong to the next run.
    is_at_end: bool,
    /// Whether the input was given up before its end, because of a signal or the deadline.
    pub is_stopped: bool,
}

impl Input {
    pub fn new(source: Source) -> Input {
        Input {
            source,
            chunk: Vec::new(),
            position: 0,
            line: Vec::new(),
            number: 0,
            // FNV-1a, which is the same in every version of Rust.
            hash: 0xcbf2_9ce4_8422_2325,
            is_too_long: false,
            is_at_end: false,
            is_stopped: false,
        }
    }

    /// Reads the next line, without its end. Returns `false` at the end of the input, or if it was stopped.
    pub fn next(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.is_too_long = false;
        let mut has_bytes = false;
        while !self.is_at_end && !self.is_stopped {
            let rest = self.chunk.get(self.position..).unwrap_or_default();
            if rest.is_empty() {
                self.position = 0;
                match self.source.next()? {
                    Chunk::Bytes(bytes) => self.chunk = bytes,
                    Chunk::Stopped => self.is_stopped = true,
                    Chunk::End => {
                        self.is_at_end = true;
                        if has_bytes {
                            self.end_line();
                        }
                        return Ok(has_bytes);
                    }
                }
                continue;
            }
            has_bytes = true;
            let end = rest.iter().position(|byte| *byte == b'\n');
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = MAX_LINE - self.line.len();
            self.is_too_long |= part.len() > room;
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            self.hash = part.iter().fold(self.hash, with_byte);
            self.position += part.len();
            if end.is_some() {
                self.position += 1;
                self.end_line();
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn end_line(&mut self) {
        self.number += 1;
        self.hash = with_byte(self.hash, &b'\n');
    }

    /// Returns the event in the line, if the line is not empty, or the problem with it.
    pub fn event(&self) -> Result<Option<Event>, Problem> {
        if self.is_too_long {
            return Err(Problem::new(format!("is longer than {MAX_LINE} bytes")));
        }
        event::parse(&self.line)
    }

    /// Returns whether the line with this problem is the last one and has no end: more of it may be written later.
    pub fn is_incomplete(&self, problem: &Problem) -> bool {
        self.is_at_end && problem.is_syntax
    }
}

fn with_byte(hash: u64, byte: &u8) -> u64 {
    (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn input_of(reader: impl Read + Send + 'static) -> Input {
        Input::new(Source::new(reader, None))
    }

    #[test]
    fn lines_have_numbers_and_the_last_needs_no_end() {
        let mut input = input_of(&b"a\r\n\nb"[..]);
        let mut lines = Vec::new();
        while input.next().unwrap() {
            lines.push((input.number, input.line.clone(), input.hash));
        }
        let texts: Vec<(u64, &[u8])> = lines.iter().map(|(number, line, _)| (*number, line.as_slice())).collect();
        assert_eq!(texts, [(1, &b"a\r"[..]), (2, b""), (3, b"b")]);
        assert!(lines[0].2 != lines[1].2 && lines[1].2 != lines[2].2);
        assert!(!input.next().unwrap() && input.number == 3);
        // The end of the last line does not matter.
        let mut ended = input_of(&b"a\r\n\nb\n"[..]);
        while ended.next().unwrap() {}
        assert_eq!((ended.number, ended.hash), (3, input.hash));
    }

    #[test]
    fn a_long_line_is_bounded_and_hashed() {
        let read = |length: u64| {
            let text = io::repeat(b'x').take(length).chain(&b"\n{}"[..]);
            let mut input = input_of(text);
            assert!(input.next().unwrap());
            let first = (input.line.len(), input.event().unwrap_err().to_string(), input.hash);
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
        let mut input = input_of(Growing(vec![b"a\nb", b"", b"c\nd\n"]));
        assert!(input.next().unwrap() && input.next().unwrap());
        assert_eq!((input.line.as_slice(), input.number), (b"b".as_slice(), 2));
        assert!(!input.next().unwrap() && !input.next().unwrap());
        assert_eq!(input.number, 2);
    }
}
