//! The report of `diff`, `restore` and `mirror`: differences of segments, and the result of each write.

use std::io::Write;

use genesys_journey::segments::{self, Ensured, Segment, diff_exact};
use genesys_journey::{Change, Config, Error, ErrorKind};
use serde_json::{Value, json};

use crate::connect::Verbosity;
use crate::exit::{Failure, Status, say};
use crate::interrupt;
use crate::output::{Format, Output, OutputArgs};
use crate::records::Records;

/// After so many failures in a row that concern the service or the network, no further write is tried.
const MAX_FAILURES_IN_A_ROW: usize = 3;

pub const CANNOT: &str = "cannot be made the same";
pub const IN_SYNC: &str = "in sync";
const FAILED: &str = "failed";

/// A report that is written entry by entry, so that it shows every write that was sent.
pub struct Report {
    sink: Sink,
    /// The number of segments of each state, in the order of their first occurrence.
    counts: Vec<(&'static str, usize)>,
    /// The first line for standard error.
    problem: Option<String>,
    transient: usize,
    permanent: usize,
    failed_writes: usize,
    in_a_row: usize,
}

enum Sink {
    Text(Output),
    Records(Records),
}

impl Report {
    pub fn open(args: &OutputArgs) -> Result<Report, Failure> {
        let output = Output::open(args.file.output.as_deref())?;
        let columns = ["action", "segment_id", "segment", "field", "old", "new", "problem"];
        let sink = match args.format {
            Format::Table => Sink::Text(output),
            format => Sink::Records(Records::new(output, format, columns.map(str::to_owned).to_vec())?),
        };
        // A report without entries is still one about this state.
        let counts = vec![(IN_SYNC, 0)];
        Ok(Report { sink, counts, problem: None, transient: 0, permanent: 0, failed_writes: 0, in_a_row: 0 })
    }

    /// Counts a segment that is not shown.
    pub fn count(&mut self, state: &'static str) {
        match self.counts.iter_mut().find(|(counted, _)| *counted == state) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((state, 1)),
        }
    }

    /// Shows a segment and its changes.
    pub fn entry(&mut self, action: &'static str, segment: &Segment, changes: &[Change]) -> Result<(), Failure> {
        self.write(action, segment, changes, None)
    }

    /// Shows a segment that needs attention.
    pub fn cannot(
        &mut self,
        action: &'static str,
        segment: &Segment,
        changes: &[Change],
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        self.permanent += 1;
        let line = format!("{:?} ({}) {action}", segment.display_name, segment.id);
        self.problem.get_or_insert(problem.map_or(line.clone(), |problem| format!("{line}: {problem}")));
        self.write(action, segment, changes, problem)
    }

    /// Shows a segment whose write failed.
    pub fn failed(&mut self, segment: &Segment, error: &Error) -> Result<(), Failure> {
        self.failed_writes += 1;
        // A write of unknown outcome is no lasting failure: a later run compares again.
        if error.is_transient() || error.outcome_unknown() {
            self.transient += 1;
        } else {
            self.permanent += 1;
        }
        let concerns_all = matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Auth);
        self.in_a_row = if concerns_all || error.is_rate_limited() { self.in_a_row + 1 } else { 0 };
        let problem = error.to_string();
        self.problem.get_or_insert_with(|| format!("{:?} ({}): {problem}", segment.display_name, segment.id));
        self.write(FAILED, segment, &[], Some(&problem))
    }

    /// Whether no further write may be sent.
    pub fn has_stopped(&self) -> bool {
        self.in_a_row >= MAX_FAILURES_IN_A_ROW || interrupt::received().is_some()
    }

    /// Whether a write failed or was not sent.
    pub fn has_failed_writes(&self) -> bool {
        self.failed_writes > 0 || self.has_stopped()
    }

    /// Shows the result of an `ensure`, and sends what it has not changed: a create cannot clear the defaults of the
    /// service. `before` is the segment as it was listed.
    pub fn ensured(
        &mut self,
        config: &Config,
        wanted: &Segment,
        before: Option<&Segment>,
        ensured: &Ensured,
    ) -> Result<(), Failure> {
        let segment = ensured.segment();
        self.in_a_row = 0;
        self.result(before, ensured)?;
        let rest = diff_exact(segment, wanted);
        if rest.update.is_empty() || before.is_some() {
            let changes = [rest.unchangeable, segments::changes(segment, &rest.update)].concat();
            return if changes.is_empty() { Ok(()) } else { self.cannot(CANNOT, segment, &changes, None) };
        }
        match segments::ensure_exact(config, wanted) {
            Ok(result) => self.ensured(config, wanted, Some(segment), &result.ensured),
            Err(error) => self.failed(segment, &error),
        }
    }

    fn result(&mut self, before: Option<&Segment>, ensured: &Ensured) -> Result<(), Failure> {
        match ensured {
            Ensured::Created(segment) => self.entry("created", segment, &[]),
            Ensured::Updated { segment, update, .. } => {
                let changes = segments::changes(before.unwrap_or(segment), update);
                self.entry("changed", segment, &changes)
            }
            _ => {
                self.count(IN_SYNC);
                Ok(())
            }
        }
    }

    /// Completes the report, and returns the status of the run.
    pub fn finish(self, verbosity: &Verbosity) -> Result<Status, Failure> {
        let status = self.status();
        match self.sink {
            Sink::Records(records) => records.commit()?,
            Sink::Text(mut output) => {
                if !verbosity.quiet {
                    let counts: Vec<String> =
                        self.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
                    writeln!(output, "{}", counts.join(", "))?;
                }
                output.commit()?;
            }
        }
        if let Some(problem) = self.problem {
            let others = self.transient + self.permanent - 1;
            let others = if others > 0 { format!(" (and {others} more)") } else { String::new() };
            say(format_args!("journey: {problem}{others}"));
        }
        Ok(status)
    }

    fn status(&self) -> Status {
        if let Some(interrupted) = interrupt::received() {
            return interrupted;
        }
        let is_difference = |state: &str| state.starts_with("would ") || ["different", "gone", "new"].contains(&state);
        let has_differences = self.counts.iter().any(|(state, _)| is_difference(state));
        match (self.permanent, self.transient) {
            (1.., _) => Status::Attention,
            (0, 1..) => Status::Transient,
            (0, 0) if has_differences => Status::Differences,
            (0, 0) => Status::Done,
        }
    }

    fn write(
        &mut self,
        action: &'static str,
        segment: &Segment,
        changes: &[Change],
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        self.count(action);
        let (id, name) = (&segment.id, &segment.display_name);
        match &mut self.sink {
            Sink::Text(output) => {
                let problem = problem.map(|problem| format!(": {problem}")).unwrap_or_default();
                let mut lines = format!("{action} {name:?} ({id}){problem}\n");
                for change in changes {
                    lines.push_str(&format!("    {change}\n"));
                }
                output.write_all(lines.as_bytes())?;
                output.flush()?;
            }
            Sink::Records(records) => {
                let record = |field: Value, old: Value, new: Value| {
                    vec![json!(action), json!(id), json!(name), field, old, new, json!(problem)]
                };
                for change in changes {
                    records.write(record(json!(change.path), change.old.clone(), change.new.clone()))?;
                }
                if changes.is_empty() {
                    records.write(record(Value::Null, Value::Null, Value::Null))?;
                }
                records.flush()?;
            }
        }
        Ok(())
    }
}
