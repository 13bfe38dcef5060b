//! The report of `diff`, `restore` and `mirror`: differences of entities, and the result of each write.

use std::io::Write;

use genesys_journey::{Change, Config, Ensured, Error, ErrorKind};
use serde_json::{Value, json};

use crate::connect::Verbosity;
use crate::exit::{Failure, Status, say};
use crate::interrupt;
use crate::kind::{Entity, Kind};
use crate::output::{Format, Output, OutputArgs};
use crate::records::Records;

/// After so many failures in a row that concern the service or the network, no further write is tried.
const MAX_FAILURES_IN_A_ROW: usize = 3;

pub const CANNOT: &str = "cannot be made the same";
pub const IN_SYNC: &str = "in sync";
pub const NOT_TRIED: &str = "not tried";
const FAILED: &str = "failed";

/// A report that is written entry by entry, so that it shows every write that was sent.
pub struct Report {
    sink: Sink,
    kinds: Vec<(Kind, Counts)>,
    /// The first line for standard error.
    problem: Option<String>,
    transient: usize,
    permanent: usize,
    failed_writes: usize,
    in_a_row: usize,
}

/// The numbers of entities of a kind by their states, in the order of the first occurrence; `None` if the backup does
/// not have this kind.
type Counts = Option<Vec<(&'static str, usize)>>;

enum Sink {
    Text(Output),
    Records(Records),
}

impl Report {
    pub fn open(args: &OutputArgs, is_included: impl Fn(Kind) -> bool) -> Result<Report, Failure> {
        let output = Output::open(args.file.output.as_deref())?;
        let columns = ["action", "kind", "id", "name", "field", "old", "new", "problem"];
        let sink = match args.format {
            Format::Table => Sink::Text(output),
            format => Sink::Records(Records::new(output, format, columns.map(str::to_owned).to_vec())?),
        };
        // A report without entries is still one about this state.
        let kinds = Kind::ALL.into_iter().filter(|kind| is_included(*kind));
        let kinds = kinds.map(|kind| (kind, Some(vec![(IN_SYNC, 0)]))).collect();
        Ok(Report { sink, kinds, problem: None, transient: 0, permanent: 0, failed_writes: 0, in_a_row: 0 })
    }

    /// Notes that the backup does not have entities of this kind.
    pub fn not_in_file(&mut self, kind: Kind) {
        self.kinds.iter_mut().filter(|(counted, _)| *counted == kind).for_each(|(_, counts)| *counts = None);
    }

    /// Counts an entity that is not shown.
    pub fn count<E: Entity>(&mut self, state: &'static str) {
        let counts = self.kinds.iter_mut().filter(|(kind, _)| *kind == E::KIND);
        for counts in counts.map(|(_, counts)| counts.get_or_insert_default()) {
            match counts.iter_mut().find(|(counted, _)| *counted == state) {
                Some((_, count)) => *count += 1,
                None => counts.push((state, 1)),
            }
        }
    }

    /// Shows an entity and its changes.
    pub fn entry<E: Entity>(&mut self, action: &'static str, entity: &E, changes: &[Change]) -> Result<(), Failure> {
        self.write(action, entity, changes, None)
    }

    /// Shows an entity that needs attention.
    pub fn cannot<E: Entity>(
        &mut self,
        action: &'static str,
        entity: &E,
        changes: &[Change],
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        self.permanent += 1;
        let line = format!("{} {action}", described(entity));
        self.problem.get_or_insert(problem.map_or(line.clone(), |problem| format!("{line}: {problem}")));
        self.write(action, entity, changes, problem)
    }

    /// Shows an entity whose write failed.
    pub fn failed<E: Entity>(&mut self, entity: &E, error: &Error) -> Result<(), Failure> {
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
        self.problem.get_or_insert_with(|| format!("{}: {problem}", described(entity)));
        self.write(FAILED, entity, &[], Some(&problem))
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
    /// service. `before` is the entity as it was listed; `problem` is a part that was left as it is.
    pub fn ensured<E: Entity>(
        &mut self,
        config: &Config,
        wanted: &E,
        before: Option<&E>,
        ensured: &Ensured<E, E::Update>,
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        let entity = ensured.entity();
        self.in_a_row = 0;
        let rest = entity.diff_exact(wanted);
        let is_complete = E::is_empty(&rest.update) || before.is_some();
        let changes = if is_complete { [rest.unchangeable, entity.changes(&rest.update)].concat() } else { Vec::new() };
        let needs_attention = !changes.is_empty() || problem.is_some();
        match ensured {
            Ensured::Created(entity) => self.entry("created", entity, &[])?,
            Ensured::Updated { entity, update, .. } => {
                self.entry("changed", entity, &before.unwrap_or(entity).changes(update))?;
            }
            _ if needs_attention => {}
            _ => self.count::<E>(IN_SYNC),
        }
        if needs_attention {
            return self.cannot(CANNOT, entity, &changes, problem);
        }
        if is_complete {
            return Ok(());
        }
        match E::ensure_exact(config, wanted) {
            Ok(ensured) => self.ensured(config, wanted, Some(entity), &ensured, None),
            Err(error) => self.failed(entity, &error),
        }
    }

    /// Completes the report, and returns the status of the run.
    pub fn finish(self, verbosity: &Verbosity) -> Result<Status, Failure> {
        let status = self.status();
        match self.sink {
            Sink::Records(records) => records.commit()?,
            Sink::Text(mut output) => {
                for (kind, counts) in self.kinds.iter().filter(|_| !verbosity.quiet) {
                    writeln!(output, "{}: {}", kind.plural(), summary(counts))?;
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
        let mut states = self.kinds.iter().flat_map(|(_, counts)| counts).flatten();
        let has_differences = states.any(|(state, _)| is_difference(state));
        match (self.permanent, self.transient) {
            (1.., _) => Status::Attention,
            (0, 1..) => Status::Transient,
            (0, 0) if has_differences => Status::Differences,
            (0, 0) => Status::Done,
        }
    }

    fn write<E: Entity>(
        &mut self,
        action: &'static str,
        entity: &E,
        changes: &[Change],
        problem: Option<&str>,
    ) -> Result<(), Failure> {
        self.count::<E>(action);
        match &mut self.sink {
            Sink::Text(output) => {
                let problem = problem.map(|problem| format!(": {problem}")).unwrap_or_default();
                let colon = if action.starts_with("cannot") { ":" } else { "" };
                let mut lines = format!("{action}{colon} {}{problem}\n", described(entity));
                for change in changes {
                    lines.push_str(&format!("    {change}\n"));
                }
                output.write_all(lines.as_bytes())?;
                output.flush()?;
            }
            Sink::Records(records) => {
                let record = |field: Value, old: Value, new: Value| {
                    let (kind, id, name) = (json!(E::KIND.noun()), json!(entity.id()), json!(entity.name()));
                    vec![json!(action), kind, id, name, field, old, new, json!(problem)]
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

/// Returns the kind, the name and the id of an entity, such as `segment "VIP" (7)`.
pub fn described<E: Entity>(entity: &E) -> String {
    format!("{} {:?} ({})", E::KIND.noun(), entity.name(), entity.id())
}

/// Returns the counts of a kind, such as "2 in sync, 1 would change".
fn summary(counts: &Counts) -> String {
    match counts.as_deref() {
        None => "not in the file".to_owned(),
        Some([(IN_SYNC, 0)]) => "none".to_owned(),
        Some(counts) => counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", "),
    }
}
