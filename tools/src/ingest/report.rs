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
pub struct Entry<'a> {
    lines: [u64; 2],
    id: Option<&'a str>,
    state: &'static str,
    problem: &'a str,
}

impl<'a> Entry<'a> {
    pub fn lines(lines: [u64; 2], state: &'static str, problem: &'a str) -> Entry<'a> {
        Entry { lines, id: None, state, problem }
    }

    pub fn event(line: u64, id: &'a str, state: &'static str, problem: &'a str) -> Entry<'a> {
        Entry { lines: [line; 2], id: Some(id), state, problem }
    }

    fn text(&self) -> String {
        let [first, last] = self.lines;
        let lines = if first == last { format!("line {first}") } else { format!("lines {first}-{last}") };
        let id = self.id.map(|id| format!(" ({id:?})")).unwrap_or_default();
        format!("{lines}{id}: {}: {}", self.state, self.problem)
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
        Ok(Report { sink, accepted: 0, counts: [0; STATES.len()], problem: None, has_stopped: false })
    }

    pub fn accept(&mut self, events: u64) {
        self.accepted += events;
    }

    /// Records that the run ended before the end of the input.
    pub fn stop(&mut self) {
        self.has_stopped = true;
    }

    pub fn write(&mut self, entry: &Entry<'_>) -> Result<(), Failure> {
        let [first, last] = entry.lines;
        let states = STATES.iter().zip(&mut self.counts).filter(|(state, _)| **state == entry.state);
        states.for_each(|(_, count)| *count += last - first + 1);
        self.problem.get_or_insert_with(|| entry.text());
        match &mut self.sink {
            Sink::Text(output) => {
                writeln!(output, "{}", entry.text().replace(char::is_control, " "))?;
                output.flush()?;
            }
            Sink::Records(records) => {
                let id = entry.id.map_or(Value::Null, |id| json!(id));
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
        if let Some(problem) = self.problem {
            let others = if problems > 1 { format!(" (and {} more)", problems - 1) } else { String::new() };
            say(format_args!("journey: {problem}{others}"));
        }
        Ok(match interrupt::received() {
            Some(interrupted) => interrupted,
            None if rejected + unknown + bad > 0 => Status::Attention,
            None if retry > 0 || self.has_stopped => Status::Transient,
            None => Status::Done,
        })
    }
}
