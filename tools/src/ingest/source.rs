//! The bytes of the input, read by a thread.
//!
//! Invariant: a signal or the deadline ends the wait for bytes, also if the input is an idle pipe.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use crate::interrupt;

/// The largest number of bytes of a chunk.
const CHUNK: usize = 64 * 1024;

/// The time between two looks at the signals.
const POLL: Duration = Duration::from_millis(50);

/// The next part of the input.
pub enum Chunk {
    Bytes(Vec<u8>),
    End,
    /// A signal came, or the deadline passed.
    Stopped,
}

pub struct Source {
    chunks: Receiver<io::Result<Chunk>>,
    deadline: Option<Instant>,
}

impl Source {
    /// Starts to read. The thread is at most two chunks ahead. It may outlive the source, in a read that does not end.
    pub fn new(mut reader: impl Read + Send + 'static, deadline: Option<Instant>) -> Source {
        let (sender, chunks) = sync_channel(1);
        std::thread::spawn(move || {
            loop {
                let chunk = read(&mut reader);
                let is_last = !matches!(chunk, Ok(Chunk::Bytes(_)));
                if sender.send(chunk).is_err() || is_last {
                    return;
                }
            }
        });
        Source { chunks, deadline }
    }

    pub fn next(&mut self) -> io::Result<Chunk> {
        while !self.is_stopped() {
            match self.chunks.recv_timeout(POLL) {
                Ok(chunk) => return chunk,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the end was read before")),
            }
        }
        Ok(Chunk::Stopped)
    }

    fn is_stopped(&self) -> bool {
        interrupt::received().is_some() || self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}

fn read(reader: &mut impl Read) -> io::Result<Chunk> {
    let mut bytes = vec![0; CHUNK];
    loop {
        match reader.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("the input: {error}"))),
            Ok(0) => return Ok(Chunk::End),
            Ok(length) => {
                bytes.truncate(length);
                return Ok(Chunk::Bytes(bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_for_bytes_ends_at_the_deadline() {
        // Nobody writes to the pipe.
        let (reader, writer) = io::pipe().unwrap();
        let mut source = Source::new(reader, Some(Instant::now() + Duration::from_millis(20)));
        assert!(matches!(source.next().unwrap(), Chunk::Stopped));
        drop(writer);
    }

    #[test]
    fn bytes_come_as_they_are_written_and_the_end_after_them() {
        use std::io::Write;
        let (reader, mut writer) = io::pipe().unwrap();
        let mut source = Source::new(reader, None);
        for text in ["a", "b\n"] {
            writer.write_all(text.as_bytes()).unwrap();
            assert!(matches!(source.next().unwrap(), Chunk::Bytes(bytes) if bytes == text.as_bytes()));
        }
        drop(writer);
        assert!(matches!(source.next().unwrap(), Chunk::End));
        assert!(source.next().is_err());
    }
}
