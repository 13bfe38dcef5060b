//! `journey diff`: the changes since a backup.

use std::path::PathBuf;

use genesys_journey::segments::{changes, diff_exact};

use crate::backup::{self, Pairs};
use crate::connect::{Access, Connection, environment};
use crate::differences::{IN_SYNC, Report};
use crate::exit::{Failure, Status};
use crate::output::OutputArgs;

/// Show the changes since a backup, field by field: value in the file -> present value
///
/// A segment is found by its id, or else by its name. The order of patterns, criteria and values is no difference.
/// The exit code is 3 if there are differences.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron, which mails the differences:
  0 6 * * *  journey diff --quiet /srv/segments.json --token-cache ~/.journey.token"))]
pub struct Args {
    /// The file that `journey backup` wrote
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let backup = backup::read(&args.file)?;
    let mut report = Report::open(&args.output)?;
    let service = args.connection.connect(Access::Read)?;
    let now = args.connection.all_segments(&service.config)?;
    let Pairs { pairs, new } = Pairs::new(&backup, &now);
    for (then, now) in pairs {
        let Some(now) = now else {
            report.entry("gone", then, &[])?;
            continue;
        };
        let difference = diff_exact(then, now);
        if difference.is_empty() {
            report.count(IN_SYNC);
        } else {
            report.entry("different", then, &[changes(then, &difference.update), difference.unchangeable].concat())?;
        }
    }
    for segment in new {
        report.entry("new", segment, &[])?;
    }
    report.finish(&args.connection.verbosity)
}
