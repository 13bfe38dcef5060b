//! The report of a run: each line that was not accepted, and the counts.

use std::io::Write;

use serde_json::{Value, json};

use crate::connect::Verbosity;
use crate::exit::{Failure, Status, say};
use crate::interrupt;
use crate::output::{Format, Output, OutputArgs};
use crate::records::Records;

const STATES: [&str; 4] = ["rejected", "retry", "unknown", "bad"];

/// Lines with the same state.
pub struct Entry {
    lines: [u64; 2],
    id: Option<String>,
    state: &'static str,
    /// The reason. It may have words of the service, which may quote the event.
    problem: String,
    /// The part of the reason for standard error: kind, position, status and code.
    brief: String,
}

impl Entry {
    pub fn lines(lines: [u64; 2], state: &'static str, problem: impl Into<String>, brief: &str) -> Entry {
        Entry { lines, id: None, state, problem: problem.into(), brief: brief.to_owned() }
    }

    pub fn event(line: u64, id: &str, state: &'static str, problem: String, brief: String) -> Entry {
        Entry { lines: [line; 2], id: Some(id.to_owned()), state, problem, brief }
    }

    fn place(&self) -> String {
        let [first, last] = self.lines;
        if first == last { format!("line {first}") } else { format!("lines {first}-{last}") }
    }

    /// The line of the report.
    fn text(&self) -> String {
        let id = self.id.as_ref().map(|id| format!(" ({id:?})")).unwrap_or_default();
        format!("{}{id}: {}: {}", self.place(), self.state, self.problem)
    }

    /// The line on standard error.
    fn brief(&self) -> String {
        format!("{}: {}: {}", self.place(), self.state, self.brief)
    }
}

pub struct Report {
    sink: Sink,
    accepted: u64,
    /// By the place of the state in [`STATES`].
    counts: [u64; STATES.len()],
    /// The first line for standard error.
    problem: Option<String>,
    has_stopped: bool,
    needs_attention: bool,
}

enum Sink {
    Text(Output),
    Records(Records),
}

impl Report {
    pub fn open(args: &OutputArgs) -> Result<Report, Failure> {
        let output = Output::open(args.file.output.as_deref())?;
        let columns = ["line", "last_line", "event_id", "state", "problem"];
        let sink = match args.format {
            Format::Table => Sink::Text(output),
            format => Sink::Records(Records::new(output, format, columns.map(str::to_owned).to_vec())?),
        };
        Ok(Report {
            sink,
            accepted: 0,
            counts: [0; STATES.len()],
            problem: None,
            has_stopped: false,
            needs_attention: false,
        })
    }

    pub fn accept(&mut self, events: u64) {
        self.accepted += events;
    }

    /// Records that the run ended before the end of the input.
    pub fn stop(&mut self) {
        self.has_stopped = true;
    }

    /// Records that a later run would fail in the same way.
    pub fn needs_attention(&mut self) {
        self.needs_attention = true;
    }

    pub fn write(&mut self, entry: &Entry) -> Result<(), Failure> {
        let [first, last] = entry.lines;
        let states = STATES.iter().zip(&mut self.counts).filter(|(state, _)| **state == entry.state);
        states.for_each(|(_, count)| *count += last - first + 1);
        self.problem.get_or_insert_with(|| entry.brief());
        match &mut self.sink {
            Sink::Text(output) => {
                writeln!(output, "{}", entry.text().replace(char::is_control, " "))?;
                output.flush()?;
            }
            Sink::Records(records) => {
                let id = entry.id.as_ref().map_or(Value::Null, |id| json!(id));
                records.write(vec![json!(first), json!(last), id, json!(entry.state), json!(entry.problem)])?;
                records.flush()?;
            }
        }
        Ok(())
    }

    /// Completes the report, and returns the status of the run. The report of a run that failed is written, too.
    pub fn finish(self, verbosity: &Verbosity, result: Result<(), Failure>) -> Result<Status, Failure> {
        let [rejected, retry, unknown, bad] = self.counts;
        let problems = self.counts.iter().sum::<u64>();
        match self.sink {
            Sink::Records(records) => records.commit()?,
            Sink::Text(mut output) => {
                if !verbosity.quiet {
                    let counts: Vec<String> =
                        STATES.iter().zip(self.counts).map(|(state, count)| format!("{count} {state}")).collect();
                    let end = if self.has_stopped { "; stopped before the end of the input" } else { "" };
                    writeln!(output, "{} accepted, {}{end}", self.accepted, counts.join(", "))?;
                }
                output.commit()?;
            }
        }
        result?;
        let interrupted = interrupt::received();
        if let Some(problem) = self.problem {
            let others = if problems > 1 { format!(" (and {} more)", problems - 1) } else { String::new() };
            say(format_args!("journey: {problem}{others}"));
        } else if self.has_stopped && interrupted.is_none() {
            say("journey: stopped at the deadline, before the end of the input");
        }
        Ok(match interrupted {
            Some(interrupted) => interrupted,
            None if rejected + unknown + bad > 0 || self.needs_attention => Status::Attention,
            None if retry > 0 || self.has_stopped => Status::Transient,
            None => Status::Done,
        })
    }
}
