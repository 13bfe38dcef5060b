//! The checkpoint file: a record before each batch and one after it.
//!
//! Invariant: the first record is on the disk before the batch is sent. A record is one line of JSON; a record without
//! its end was not written completely, and is removed.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::exit::{Failure, Status};

/// The first line of the file.
#[derive(PartialEq, Serialize, Deserialize)]
struct Header {
    journey_ingest: u32,
    configuration: String,
}

const VERSION: u32 = 1;

const OTHER: &str = "is not a checkpoint of ingest";

/// The record before a batch.
#[derive(Serialize, Deserialize)]
struct Started {
    started: u64,
    lines: Lines,
    /// The hash of the input up to the last of the lines.
    hash: String,
}

/// The record after a batch.
#[derive(Default, Serialize, Deserialize)]
pub struct Finished {
    pub finished: u64,
    pub accepted: u64,
    /// Lines that were not processed and are to be sent again.
    pub retry: Lines,
    /// Lines whose outcome is unknown.
    pub unknown: Lines,
    /// Lines that were refused, with the reasons, which are only for people.
    rejected: Vec<(u64, String)>,
}

impl Finished {
    pub fn new(finished: u64) -> Finished {
        Finished { finished, ..Finished::default() }
    }

    pub fn reject(&mut self, line: u64, reason: &str) {
        self.rejected.push((line, reason.to_owned()));
    }
}

/// The record after the report of a run: it lists all rejected lines so far, and all bad lines up to this line.
#[derive(Serialize, Deserialize)]
struct Reported {
    reported: u64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Record {
    Started(Started),
    Finished(Finished),
    Reported(Reported),
}

/// A place in the input.
#[derive(Clone, Copy, Default)]
pub struct Position {
    pub line: u64,
    pub hash: u64,
}

/// A batch with lines that were not accepted or rejected.
#[derive(Default)]
pub struct Open {
    pub retry: Lines,
    pub unknown: Lines,
    pub last: Position,
}

#[derive(Default)]
pub struct Checkpoint {
    /// `None` for a run without a checkpoint.
    file: Option<(File, PathBuf)>,
    /// By the number of the batch.
    pub open: BTreeMap<u64, Open>,
    /// The end of the lines that were started.
    pub end: Option<Position>,
    /// The number of the next new batch.
    pub next: u64,
    /// A complete report lists the bad lines up to this one.
    pub reported: u64,
    /// Rejected lines that no complete report lists, of earlier runs.
    pub rejected: Lines,
    /// Whether there are rejected lines that no complete report lists, of earlier runs or of this one.
    has_rejected: bool,
}

impl Checkpoint {
    /// Opens a checkpoint, or creates it. Another run with the same file is an error.
    pub fn open(path: Option<&Path>, configuration: &str) -> Result<Checkpoint, Failure> {
        let mut checkpoint = Checkpoint { next: 1, ..Checkpoint::default() };
        let Some(path) = path else { return Ok(checkpoint) };
        let failure = |error: io::Error| Failure::file(path, error);
        if std::fs::metadata(path).is_ok_and(|file| !file.is_file()) {
            return Err(Failure::file(path, "is not a regular file"));
        }
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failure)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("{}: another run uses this checkpoint", path.display());
                return Err(Failure { status: Status::Transient, message });
            }
            Err(TryLockError::Error(error)) => return Err(failure(error)),
        }
        let header = Header { journey_ingest: VERSION, configuration: configuration.to_owned() };
        let length = checkpoint.read(&file, &header).map_err(|problem| Failure::file(path, problem))?;
        file.set_len(length).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failure)?;
        checkpoint.file = Some((file, path.to_owned()));
        if length == 0 {
            checkpoint.write(&header)?;
            sync_folder(path).map_err(failure)?;
        }
        Ok(checkpoint)
    }

    /// Reads the records. Returns the length of the complete ones.
    fn read(&mut self, file: &File, header: &Header) -> Result<u64, String> {
        let mut reader = BufReader::new(file);
        let (mut length, mut number) = (0, 0);
        let mut rejected = Vec::new();
        // The last line may be damaged: its record was not on the disk when the machine stopped.
        let mut damaged = None;
        loop {
            let mut bytes = Vec::new();
            let read = reader.read_until(b'\n', &mut bytes).map_err(|error| error.to_string())?;
            if bytes.last() != Some(&b'\n') {
                // Another file must not be removed.
                let is_start = length > 0 || (damaged.is_none() && json(header).starts_with(&bytes));
                rejected.sort_unstable();
                self.has_rejected = !rejected.is_empty();
                self.rejected = rejected.into_iter().collect();
                return if is_start { Ok(length) } else { Err(OTHER.to_owned()) };
            }
            if let Some(damaged) = damaged {
                return Err(format!("line {damaged} is damaged"));
            }
            number += 1;
            match serde_json::from_slice::<serde_json::Value>(&bytes) {
                Err(_) => {
                    damaged = Some(number);
                    continue;
                }
                Ok(value) if number == 1 => {
                    let found: Header = serde_json::from_value(value).map_err(|_| OTHER)?;
                    if found != *header {
                        let Header { journey_ingest, configuration } = found;
                        return Err(format!("is for the configuration {configuration} (version {journey_ingest})"));
                    }
                }
                Ok(value) => match serde_json::from_value(value) {
                    Ok(record) => self.apply(record, &mut rejected)?,
                    Err(_) => return Err(format!("line {number} is not a record")),
                },
            }
            length += read as u64;
        }
    }

    fn apply(&mut self, record: Record, rejected: &mut Vec<u64>) -> Result<(), String> {
        match record {
            Record::Started(Started { started, lines, hash }) => {
                let hash = u64::from_str_radix(&hash, 16).map_err(|_| format!("batch {started} has no hash"))?;
                let last = Position { line: lines.last().unwrap_or_default(), hash };
                let open = self.open.entry(started).or_insert_with(|| Open { last, ..Open::default() });
                open.retry = open.retry.iter().filter(|line| !lines.contains(*line)).collect();
                open.unknown.add(&lines);
                self.extend(last);
                self.next = self.next.max(started + 1);
            }
            Record::Reported(Reported { reported }) => {
                rejected.clear();
                self.reported = reported;
            }
            Record::Finished(Finished { finished, retry, unknown, rejected: refused, .. }) => {
                rejected.extend(refused.iter().map(|(line, _)| *line));
                if retry.is_empty() && unknown.is_empty() {
                    self.open.remove(&finished);
                } else if let Some(open) = self.open.get_mut(&finished) {
                    (open.retry, open.unknown) = (retry, unknown);
                }
            }
        }
        Ok(())
    }

    fn extend(&mut self, last: Position) {
        if self.end.is_none_or(|end| end.line < last.line) {
            self.end = Some(last);
        }
    }

    /// Records that a batch is about to be sent.
    pub fn start(&mut self, number: u64, lines: &Lines, hash: u64) -> Result<(), Failure> {
        self.next = self.next.max(number + 1);
        self.write(&Started { started: number, lines: lines.clone(), hash: format!("{hash:016x}") })?;
        self.extend(Position { line: lines.last().unwrap_or_default(), hash });
        Ok(())
    }

    /// Records the result of a batch.
    pub fn finish(&mut self, finished: &Finished) -> Result<(), Failure> {
        self.has_rejected |= !finished.rejected.is_empty();
        self.write(finished)
    }

    /// Records that the report of a run is complete. It lists the bad lines up to `line`.
    pub fn complete(&mut self, line: u64) -> Result<(), Failure> {
        // Bad lines after the last batch are read again by the next run.
        let reported = self.reported.max(line.min(self.end.unwrap_or_default().line));
        if reported > self.reported || self.has_rejected { self.write(&Reported { reported }) } else { Ok(()) }
    }

    /// Writes a record, and waits until it is on the disk.
    fn write(&mut self, record: &impl Serialize) -> Result<(), Failure> {
        let Some((file, path)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(&json(record)).and_then(|()| file.sync_data());
        written.map_err(|error| Failure::file(path, error))
    }
}

/// Returns the line of a record.
fn json(record: &impl Serialize) -> Vec<u8> {
    // A record has only texts, numbers and lists, which can always be written.
    let mut text = serde_json::to_vec(record).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Makes the name of a new file last.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
