//! `journey backup`: all segments in a JSON file.

use std::fs;
use std::io::Write;
use std::path::Path;

use genesys_journey::segments::Segment;

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status, say};
use crate::output::{FileArg, Output};

/// Write all segments as JSON, ordered by name
///
/// The file is for `journey diff` and `journey restore`.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron; it prints nothing unless it fails:
  0 1 * * *  journey backup --quiet --output /srv/segments.json --token-cache ~/.journey.token"))]
pub struct Args {
    #[command(flatten)]
    file: FileArg,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let mut output = Output::open(args.file.output.as_deref())?;
    let service = args.connection.connect(Access::Read)?;
    let all = args.connection.all_segments(&service.config)?;
    let json = serde_json::to_vec_pretty(&all).map_err(Failure::attention)?;
    output.write_all(&json)?;
    output.write_all(b"\n")?;
    output.commit()?;
    if let (Some(file), false) = (&args.file.output, args.connection.verbosity.quiet) {
        say(format_args!("{} segments written to {}", all.len(), file.display()));
    }
    Ok(Status::Done)
}

/// Reads the file of an earlier backup.
pub fn read(file: &Path) -> Result<Vec<Segment>, Failure> {
    let json = fs::read(file).map_err(|error| Failure::file(file, error))?;
    serde_json::from_slice(&json)
        .map_err(|error| Failure::file(file, format_args!("not a backup of segments: {error}")))
}

/// Each segment of a backup and its present state, which has the same id, or else the same name; and the segments
/// that the backup does not have.
pub struct Pairs<'a> {
    pub pairs: Vec<(&'a Segment, Option<&'a Segment>)>,
    pub new: Vec<&'a Segment>,
}

impl<'a> Pairs<'a> {
    pub fn new(backup: &'a [Segment], now: &'a [Segment]) -> Pairs<'a> {
        let mut left: Vec<&Segment> = now.iter().collect();
        let mut take = |matches: &dyn Fn(&Segment) -> bool| {
            let index = left.iter().position(|segment| matches(segment))?;
            Some(left.remove(index))
        };
        let by_id: Vec<Option<&Segment>> = backup.iter().map(|then| take(&|segment| segment.id == then.id)).collect();
        let pair = |(then, now): (&'a Segment, Option<&'a Segment>)| {
            (then, now.or_else(|| take(&|segment| segment.display_name == then.display_name)))
        };
        let pairs = backup.iter().zip(by_id).map(pair).collect();
        Pairs { pairs, new: left }
    }
}
