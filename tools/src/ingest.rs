//! `journey ingest`: lines of JSON become external events.
//!
//! Invariant: a line is sent again only if the service did not process it, or with `--resend-unknown`.

mod checkpoint;
mod event;
mod input;
mod lines;
mod report;
mod source;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use genesys_journey::external_events::{Event, EventOutcome, Rejection, SendOptions, send_all};
use genesys_journey::{Config, Error};
use genesys_stand_in::{EXAMPLE_ID, StandIn};
use indicatif::ProgressBar;

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::OutputArgs;
use crate::progress;
use checkpoint::{Checkpoint, Finished, Open};
use event::Problem;
use input::Input;
use lines::Lines;
use report::{Entry, Report};
use source::Source;

/// Send events of other systems, one JSON object a line
///
/// A line is an event as the service takes it, with the fields id, dateCreated, identifiers and attributes. Empty lines
/// are skipped. A bad line is reported with its number, and is not sent. A line is bad, too, if it has a key twice or a
/// number that cannot be sent exactly. A last line without an end is sent if it is complete.
///
/// The checkpoint file records each batch before it is sent and after it. A run that was interrupted is started again
/// with the same lines and the same file, and sends the rest. Lines may be added at the end. A batch that was started
/// and not finished, or whose response was lost, is unknown: it is reported, and is not sent again unless
/// --resend-unknown is given; it stays unknown until it is accepted. Every other event is sent exactly once. The
/// checkpoint also has the reason of each rejection. If a run is killed before its report is complete, the next run
/// reports its bad and rejected lines.
///
/// States: "bad": not an event; "rejected": the service refused the event; "retry": not processed, the next run sends it
/// again; "unknown": perhaps processed. All but "retry" need attention: exit code 2. So does "retry" if the next run
/// would fail, too, as without the permission.
///
/// The reasons in the report and in the checkpoint may quote an event. Standard error shows only line numbers, states,
/// positions and codes.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron, which sends the new lines of a file, and mails problems:
  */5 * * * *  journey ingest --quiet --configuration 15e1a81a-f71e-572e-997f-e168cb415b60 \\
                 --checkpoint /srv/shipments.checkpoint /srv/shipments.jsonl --token-cache ~/.journey.token"))]
pub struct Args {
    /// The file with the lines [default: standard input]
    file: Option<PathBuf>,
    /// The id of the configuration of the events
    #[arg(long, value_name = "ID", required_unless_present = "demo")]
    configuration: Option<String>,
    /// Record the batches in this file
    #[arg(long, value_name = "FILE", required_unless_present = "demo")]
    checkpoint: Option<PathBuf>,
    /// The number of events in a batch
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch_size: u16,
    /// The largest number of requests a minute; the platform allows 300 for a token
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    rate: u32,
    /// Stop at the first bad line; its batch is not sent
    #[arg(long)]
    strict: bool,
    /// Send events again that are unknown: the service may record them twice
    #[arg(long)]
    resend_unknown: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

/// A batch of more bytes is sent although it has fewer events.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// After so many batches in a row with an unknown outcome, no further batch is sent.
const MAX_UNKNOWN_IN_A_ROW: u32 = 3;

pub fn run(args: &Args) -> Result<Status, Failure> {
    if args.connection.read_only {
        return Err(Failure::attention("--read-only: ingest sends events"));
    }
    let configuration = args.configuration.as_deref().unwrap_or(EXAMPLE_ID);
    let deadline = args.connection.deadline.and_then(|time| Instant::now().checked_add(time));
    let mut report = Report::open(&args.output)?;
    let mut input = Input::new(open(args, deadline)?);
    let mut checkpoint = Checkpoint::open(args.checkpoint.as_deref(), configuration)?;
    let service =
        args.connection.connect_with("", Access::Write, demo, |builder| builder.requests_per_minute(args.rate))?;
    interrupt::defer();
    let result = Ingest {
        args,
        config: &service.config,
        configuration,
        checkpoint: &mut checkpoint,
        report: &mut report,
        progress: progress::counter(args.connection.shows_progress(), "events"),
        unknown_in_a_row: 0,
        has_stopped: false,
    }
    .run(&mut input);
    let status = report.finish(&args.connection.verbosity, result)?;
    checkpoint.complete(input.number)?;
    Ok(status)
}

fn open(args: &Args, deadline: Option<Instant>) -> Result<Source, Failure> {
    let Some(path) = &args.file else { return Ok(Source::new(io::stdin(), deadline)) };
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    Ok(Source::new(file, deadline))
}

fn demo() -> StandIn {
    StandIn::doc_example()
}

/// Events and their lines.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    lines: Lines,
    bytes: usize,
    /// The hash of the input up to the last line.
    hash: u64,
}

impl Batch {
    fn push(&mut self, event: Event, input: &Input) {
        self.events.push(event);
        self.lines.push(input.number);
        self.bytes += input.line.len();
        self.hash = input.hash;
    }
}

struct Ingest<'a> {
    args: &'a Args,
    config: &'a Config,
    configuration: &'a str,
    checkpoint: &'a mut Checkpoint,
    report: &'a mut Report,
    progress: ProgressBar,
    unknown_in_a_row: u32,
    has_stopped: bool,
}

impl Ingest<'_> {
    fn run(mut self, input: &mut Input) -> Result<(), Failure> {
        for lines in self.checkpoint.rejected.ranges() {
            let problem = "the service refused these lines in a run that was killed; the checkpoint has the reasons";
            self.report.write(&Entry::lines(lines, "rejected", problem, problem))?;
        }
        // The open batches are in the order of their lines.
        let mut open = std::mem::take(&mut self.checkpoint.open);
        if !self.args.resend_unknown {
            open.values().try_for_each(|open| self.report_unknown(open.unknown.ranges()))?;
        }
        let result = self.send_again(input, &mut open);
        if self.args.resend_unknown {
            // These were not reached.
            open.values().try_for_each(|open| self.report_unknown(open.unknown.ranges()))?;
        }
        result?;
        self.send_new(input)?;
        if self.has_stopped(input) {
            self.report.stop();
        }
        Ok(())
    }

    fn report_unknown(&mut self, mut lines: impl Iterator<Item = [u64; 2]>) -> Result<(), Failure> {
        let problem = "a run started to send these lines, and its result is not known";
        lines.try_for_each(|lines| self.report.write(&Entry::lines(lines, "unknown", problem, problem)))
    }

    fn report_bad(&mut self, line: u64, problem: &Problem) -> Result<(), Failure> {
        self.report.write(&Entry::lines([line; 2], "bad", problem.to_string(), &problem.brief))
    }

    fn has_stopped(&self, input: &Input) -> bool {
        self.has_stopped || input.is_stopped || interrupt::received().is_some()
    }

    /// Reads the lines of earlier runs, and sends those again that were not processed. Removes their batches from `open`.
    fn send_again(&mut self, input: &mut Input, open: &mut BTreeMap<u64, Open>) -> Result<(), Failure> {
        let Some(end) = self.checkpoint.end else { return Ok(()) };
        let mut batch = Batch::default();
        while input.number < end.line && !self.has_stopped(input) && input.next()? {
            let line = input.number;
            let is_resent = open.values().next().is_some_and(|open| {
                open.retry.contains(line) || (self.args.resend_unknown && open.unknown.contains(line))
            });
            // No report lists the bad lines of a run that was killed.
            if is_resent || line > self.checkpoint.reported {
                match input.event() {
                    Ok(Some(event)) if is_resent => batch.push(event, input),
                    Ok(_) => {}
                    Err(problem) => self.report_bad(line, &problem)?,
                }
            }
            let Some(first) = open.first_entry().filter(|open| open.get().last.line == line) else { continue };
            if input.hash != first.get().last.hash {
                return Err(changed(line));
            }
            if self.has_stopped(input) {
                return Ok(());
            }
            let (number, Open { unknown, .. }) = first.remove_entry();
            let batch = std::mem::take(&mut batch);
            if !batch.events.is_empty() {
                self.send(number, batch, &unknown)?;
            }
        }
        if !self.has_stopped(input) && (input.number < end.line || input.hash != end.hash) {
            return Err(changed(end.line));
        }
        Ok(())
    }

    /// Sends the lines that no run has sent.
    fn send_new(&mut self, input: &mut Input) -> Result<(), Failure> {
        let mut batch = Batch::default();
        while !self.has_stopped(input) && input.next()? {
            let event = match input.event() {
                Ok(Some(event)) => event,
                Ok(None) => continue,
                Err(problem) if input.is_incomplete(&problem) => {
                    let problem = "is incomplete: it has no line end";
                    self.report.write(&Entry::lines([input.number; 2], "retry", problem, problem))?;
                    continue;
                }
                Err(problem) => {
                    self.report_bad(input.number, &problem)?;
                    if self.args.strict {
                        self.has_stopped = true;
                        return Ok(());
                    }
                    continue;
                }
            };
            if batch.bytes + input.line.len() > MAX_BATCH_BYTES && !batch.events.is_empty() {
                self.send_next(input, std::mem::take(&mut batch))?;
            }
            batch.push(event, input);
            if batch.events.len() >= usize::from(self.args.batch_size) {
                self.send_next(input, std::mem::take(&mut batch))?;
            }
        }
        if batch.events.is_empty() { Ok(()) } else { self.send_next(input, batch) }
    }

    fn send_next(&mut self, input: &Input, batch: Batch) -> Result<(), Failure> {
        if self.has_stopped(input) { Ok(()) } else { self.send(self.checkpoint.next, batch, &Lines::default()) }
    }

    /// Sends a batch between its two records. `before` are the lines with this number that were unknown before.
    fn send(&mut self, number: u64, batch: Batch, before: &Lines) -> Result<(), Failure> {
        let Batch { events, lines, hash, .. } = batch;
        if let Err(failure) = self.checkpoint.start(number, &lines, hash) {
            let unknown: Lines = lines.iter().filter(|line| before.contains(*line)).collect();
            self.report_unknown(unknown.ranges())?;
            return Err(failure);
        }
        let options = SendOptions::default().batch_size(events.len());
        // After an error, nothing was sent.
        let (outcomes, error, failure) = match send_all(self.config, self.configuration, &events, options) {
            Ok(sent) => {
                self.has_stopped |= sent.is_stopped;
                (sent.outcomes, sent.error, None)
            }
            Err(error) => (Vec::new(), None, Some(error)),
        };
        if self.has_stopped && error.as_ref().is_some_and(|error| !error.is_transient()) {
            self.report.needs_attention();
        }
        let mut results = Results { finished: Finished::new(number), ..Results::default() };
        let not_sent = failure.as_ref().map(not_sent);
        for (index, (event, line)) in events.iter().zip(lines.iter()).enumerate() {
            if let Some(outcome) = outcomes.get(index).or(not_sent.as_ref()) {
                results.add(line, event, outcome, error.as_ref(), before.contains(line));
            }
        }
        let Results { mut finished, accepted, unknown, entries } = results;
        finished.accepted = accepted.iter().count() as u64;
        finished.unknown = before.iter().filter(|line| !accepted.contains(*line)).collect();
        finished.unknown.add(&unknown);
        let recorded = self.checkpoint.finish(&finished);
        self.unknown_in_a_row = if unknown.is_empty() { 0 } else { self.unknown_in_a_row + 1 };
        self.has_stopped |= self.unknown_in_a_row >= MAX_UNKNOWN_IN_A_ROW;
        self.report.accept(finished.accepted);
        self.progress.inc(finished.accepted);
        entries.iter().try_for_each(|entry| self.report.write(entry))?;
        recorded?;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// The outcomes of a batch.
#[derive(Default)]
struct Results {
    finished: Finished,
    accepted: Lines,
    /// Lines whose outcome is unknown because of this request.
    unknown: Lines,
    entries: Vec<Entry>,
}

impl Results {
    /// Adds the outcome of a line. If it `was_unknown`, an earlier request may have been processed: it stays unknown
    /// until it is accepted.
    fn add(&mut self, line: u64, event: &Event, outcome: &EventOutcome, error: Option<&Error>, was_unknown: bool) {
        let (state, problem, brief) = match outcome {
            EventOutcome::Accepted => {
                self.accepted.push(line);
                return;
            }
            EventOutcome::Rejected(Rejection { message, status, .. }) if was_unknown => {
                let still = "sent again and not accepted, but an earlier request may have been processed";
                ("unknown", format!("{still}: {message}"), format!("{still}: {}", codes(*status, error)))
            }
            EventOutcome::Rejected(Rejection { message, status, is_retryable: true, .. }) => {
                self.finished.retry.push(line);
                ("retry", message.clone(), codes(*status, error))
            }
            EventOutcome::Rejected(Rejection { message, status, .. }) => {
                self.finished.reject(line, message);
                ("rejected", message.clone(), codes(*status, error))
            }
            outcome => {
                self.unknown.push(line);
                let problem = if let EventOutcome::Unknown(error) = outcome { error } else { "unknown" };
                ("unknown", problem.to_owned(), codes(None, error))
            }
        };
        self.entries.push(Entry::event(line, &event.id, state, problem, brief));
    }
}

/// Returns the status and the code of a problem, without the words of the service.
fn codes(status: Option<i64>, error: Option<&Error>) -> String {
    let status_of = |error: &Error| error.status().map(i64::from);
    // A batch that was divided may have other errors.
    let error = error.filter(|error| status.is_none() || status == status_of(error));
    let code = error.and_then(Error::code).filter(|code| is_code(code)).map(|code| format!(" {code}"));
    if let Some(status) = status.or_else(|| error.and_then(status_of)) {
        return format!("status {status}{}", code.unwrap_or_default());
    }
    error.map_or("no status".to_owned(), |error| format!("{} error", error.kind()))
}

/// Returns the outcome of each event of a batch that was not sent.
fn not_sent(error: &Error) -> EventOutcome {
    let mut rejection = Rejection::default();
    (rejection.message, rejection.is_retryable) = (format!("not sent: {error}"), true);
    EventOutcome::Rejected(rejection)
}

fn changed(line: u64) -> Failure {
    let what = "these are not the lines of the checkpoint";
    Failure::attention(format_args!("{what}: line {line} or one before it has changed; nothing is sent for it"))
}

/// Returns whether a text has the form of a code, such as `not.found`.
fn is_code(text: &str) -> bool {
    text.len() <= 60 && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"._-".contains(&byte))
}
