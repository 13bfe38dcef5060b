//! How the program ends: the exit codes, and the line on standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use genesys_journey::Error;

/// The part of the help text about exit codes.
pub const CODES: &str = "\
Exit codes:
  0    done
  1    transient failure of the service or the network: a later run may succeed
  2    needs attention: arguments, environment, credentials, permissions, files
  3    differences were found (diff, and restore and mirror without --apply)
  130  interrupted by Ctrl-C (143: by SIGTERM)
A failure is one line on standard error.";

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Done,
    Transient,
    Attention,
    Differences,
    /// By this signal.
    Interrupted(u8),
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Done => 0,
            Status::Transient => 1,
            Status::Attention => 2,
            Status::Differences => 3,
            Status::Interrupted(signal) => 128 + signal,
        })
    }
}

/// The reason why a run ended early.
#[derive(Debug)]
pub struct Failure {
    pub status: Status,
    pub message: String,
}

impl Failure {
    pub fn attention(message: impl Display) -> Failure {
        Failure { status: Status::Attention, message: message.to_string() }
    }

    pub fn file(path: &Path, problem: impl Display) -> Failure {
        Failure::attention(format_args!("{}: {problem}", path.display()))
    }

    /// Adds that the run has written to the service.
    pub fn after_writes(mut self) -> Failure {
        self.message.push_str("; stopped, and the report may not show every write");
        self
    }

    /// Prints the message, and returns the status.
    pub fn report(self) -> Status {
        let message = self.message.strip_prefix("error: ").unwrap_or(&self.message);
        say(format_args!("journey: {message}"));
        self.status
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let status = if error.is_transient() { Status::Transient } else { Status::Attention };
        Failure { status, message: error.to_string() }
    }
}

/// The errors of an [`Output`](crate::output::Output) name it.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::attention(error)
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Failure {
        Failure::attention(error)
    }
}

/// Prints a line on standard error. Unlike `eprintln!` it does not panic if that fails.
pub fn say(line: impl Display) {
    _ = writeln!(io::stderr(), "{line}");
}
