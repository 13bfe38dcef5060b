//! `journey ingest`: lines of JSON become external events.
//!
//! Invariant: a line is sent again only if the service did not process it, or with `--resend-unknown`.

mod checkpoint;
mod input;
mod lines;
mod report;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use genesys_journey::external_events::{Event, EventOutcome, SendOptions, send_all};
use genesys_journey::{Config, Error};
use genesys_stand_in::{EXAMPLE_ID, StandIn};
use indicatif::ProgressBar;

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::OutputArgs;
use crate::progress;
use checkpoint::{Checkpoint, Finished, Open};
use input::Input;
use lines::Lines;
use report::{Entry, Report};

/// Send events of other systems, one JSON object a line
///
/// A line is an event as the service takes it, with the fields id, dateCreated, identifiers and attributes. Empty lines
/// are skipped. A bad line is reported with its number, and is not sent.
///
/// The checkpoint file records each batch before it is sent and after it. A run that was interrupted is started again
/// with the same lines and the same file, and sends the rest. Lines may be added at the end. A batch that was started
/// and not finished, or whose response was lost, is unknown: it is reported, and is not sent again unless
/// --resend-unknown is given. Every other event is sent exactly once. The checkpoint also has the reason of each
/// rejection.
///
/// States: "bad": not an event; "rejected": the service refused the event; "retry": not processed, the next run sends it
/// again; "unknown": perhaps processed. All but "retry" need attention: exit code 2.
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
    let mut report = Report::open(&args.output)?;
    let input = Input::new(open(args)?);
    let checkpoint = Checkpoint::open(args.checkpoint.as_deref(), configuration)?;
    let service =
        args.connection.connect_with("", Access::Write, demo, |builder| builder.requests_per_minute(args.rate))?;
    interrupt::defer();
    let result = Ingest {
        args,
        config: &service.config,
        configuration,
        checkpoint,
        report: &mut report,
        progress: progress::counter(args.connection.shows_progress(), "events"),
        unknown_in_a_row: 0,
        has_stopped: false,
    }
    .run(input);
    report.finish(&args.connection.verbosity, result)
}

fn open(args: &Args) -> Result<Box<dyn BufRead>, Failure> {
    let Some(path) = &args.file else { return Ok(Box::new(BufReader::new(io::stdin()))) };
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    Ok(Box::new(BufReader::with_capacity(64 * 1024, file)))
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
    checkpoint: Checkpoint,
    report: &'a mut Report,
    progress: ProgressBar,
    unknown_in_a_row: u32,
    has_stopped: bool,
}

impl Ingest<'_> {
    fn run(mut self, mut input: Input) -> Result<(), Failure> {
        if !self.args.resend_unknown {
            for lines in self.checkpoint.open.values().flat_map(|open| open.unknown.ranges()) {
                let problem = "a run started to send these lines, and its result is not known";
                self.report.write(&Entry::lines(lines, "unknown", problem))?;
            }
        }
        self.send_again(&mut input)?;
        self.send_new(&mut input)?;
        if self.has_stopped() {
            self.report.stop();
        }
        Ok(())
    }

    fn has_stopped(&self) -> bool {
        self.has_stopped || interrupt::received().is_some()
    }

    /// Reads the lines of earlier runs, and sends those again that were not processed.
    fn send_again(&mut self, input: &mut Input) -> Result<(), Failure> {
        let Some(end) = self.checkpoint.end else { return Ok(()) };
        // The open batches are in the order of their lines.
        let mut open = std::mem::take(&mut self.checkpoint.open).into_iter().peekable();
        let mut batch = Batch::default();
        while input.number < end.line && input.next()? {
            let Some((number, Open { retry, unknown, last })) = open.peek() else { continue };
            let resent = |line| retry.contains(line) || (self.args.resend_unknown && unknown.contains(line));
            if resent(input.number)
                && let Ok(Some(event)) = input.event()
            {
                batch.push(event, input);
            }
            if input.number == last.line {
                if input.hash != last.hash {
                    return Err(changed(last.line));
                }
                let kept = if self.args.resend_unknown { Lines::default() } else { unknown.clone() };
                if !batch.events.is_empty() && !self.has_stopped() {
                    self.send(*number, std::mem::take(&mut batch), kept)?;
                }
                batch = Batch::default();
                open.next();
            }
        }
        if input.number < end.line || input.hash != end.hash {
            return Err(changed(end.line));
        }
        Ok(())
    }

    /// Sends the lines that no run has sent.
    fn send_new(&mut self, input: &mut Input) -> Result<(), Failure> {
        let mut batch = Batch::default();
        while !self.has_stopped() && input.next()? {
            let event = match input.event() {
                Ok(Some(event)) => event,
                Ok(None) => continue,
                Err(problem) => {
                    self.report.write(&Entry::lines([input.number; 2], "bad", &problem))?;
                    if self.args.strict {
                        self.has_stopped = true;
                        return Ok(());
                    }
                    continue;
                }
            };
            if batch.bytes + input.line.len() > MAX_BATCH_BYTES && !batch.events.is_empty() {
                self.send_next(std::mem::take(&mut batch))?;
            }
            batch.push(event, input);
            if batch.events.len() >= usize::from(self.args.batch_size) {
                self.send_next(std::mem::take(&mut batch))?;
            }
        }
        if !batch.events.is_empty() { self.send_next(batch) } else { Ok(()) }
    }

    fn send_next(&mut self, batch: Batch) -> Result<(), Failure> {
        if self.has_stopped() {
            return Ok(());
        }
        let number = self.checkpoint.next;
        self.send(number, batch, Lines::default())
    }

    /// Sends a batch between its two records. `unknown` are lines of the batch that stay unknown.
    fn send(&mut self, number: u64, batch: Batch, unknown: Lines) -> Result<(), Failure> {
        let Batch { events, lines, hash, .. } = batch;
        self.checkpoint.start(number, &lines, hash)?;
        let options = SendOptions::default().batch_size(events.len());
        let sent = send_all(self.config, self.configuration, &events, options);
        let mut finished = Finished::new(number, unknown);
        let mut entries = Vec::new();
        let (outcomes, failed) = match sent {
            Ok(sent) => {
                self.has_stopped |= sent.is_stopped;
                (sent.outcomes, None)
            }
            // Nothing was sent.
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut unknown = Lines::default();
        for (index, (event, line)) in events.iter().zip(lines.iter()).enumerate() {
            match outcomes.get(index) {
                Some(EventOutcome::Accepted) => finished.accepted += 1,
                Some(EventOutcome::Rejected(rejection)) if !rejection.is_retryable => {
                    finished.reject(line, &rejection.message);
                    entries.push(Entry::event(line, &event.id, "rejected", &rejection.message));
                }
                Some(EventOutcome::Rejected(rejection)) => {
                    finished.retry.push(line);
                    entries.push(Entry::event(line, &event.id, "retry", &rejection.message));
                }
                None => finished.retry.push(line),
                Some(outcome) => {
                    unknown.push(line);
                    let problem = if let EventOutcome::Unknown(error) = outcome { error } else { "unknown" };
                    entries.push(Entry::event(line, &event.id, "unknown", problem));
                }
            }
        }
        finished.unknown.add(&unknown);
        self.checkpoint.finish(&finished)?;
        self.unknown_in_a_row = if unknown.is_empty() { 0 } else { self.unknown_in_a_row + 1 };
        self.has_stopped |= self.unknown_in_a_row >= MAX_UNKNOWN_IN_A_ROW;
        self.report.accept(finished.accepted);
        self.progress.inc(finished.accepted);
        entries.iter().try_for_each(|entry| self.report.write(entry))?;
        failed.map_or(Ok(()), |error: Error| Err(error.into()))
    }
}

fn changed(line: u64) -> Failure {
    let what = "these are not the lines of the checkpoint";
    Failure::attention(format_args!("{what}: line {line} or one before it has changed; nothing is sent for it"))
}
