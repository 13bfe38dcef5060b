//! `journey restore`: the segments of a backup, as they were.

use std::path::PathBuf;

use genesys_journey::segments::{self, Segment, changes, diff_exact};
use genesys_journey::{Change, Config, Error};

use crate::backup::{self, Pairs};
use crate::connect::{Access, Connection, environment};
use crate::differences::{CANNOT, IN_SYNC, Report};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::OutputArgs;

/// Change and create segments, so that they are again as in a backup
///
/// Without --apply, only shows the changes; the exit code is 3 if there are any. Segments that the file does not
/// have are left alone. A run that failed can be started again.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron, which keeps the segments as they are in the file, and mails each change:
  30 * * * *  journey restore --apply --quiet /srv/segments.json --token-cache ~/.journey.token"))]
pub struct Args {
    /// The file that `journey backup` wrote
    file: PathBuf,
    /// Make the changes
    #[arg(long, conflicts_with = "read_only")]
    apply: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let backup = backup::read(&args.file)?;
    let mut report = Report::open(&args.output)?;
    let service = args.connection.connect(if args.apply { Access::Write } else { Access::Read })?;
    let now = args.connection.all_segments(&service.config)?;
    if args.apply {
        interrupt::defer();
    }
    let result = restore(&service.config, &backup, &now, args.apply, &mut report);
    let result = result.and_then(|()| report.finish(&args.connection.verbosity));
    result.map_err(|failure| if args.apply { failure.after_writes() } else { failure })
}

fn restore(
    config: &Config,
    backup: &[Segment],
    now: &[Segment],
    apply: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    let Pairs { pairs, .. } = Pairs::new(backup, now);
    // Existing segments come first: one of them may have taken the name of a missing one.
    for (then, now) in pairs.iter().filter_map(|(then, now)| Some((*then, (*now)?))) {
        if report.has_stopped() {
            report.count("not tried");
        } else {
            change_back(report, config, then, now, apply)?;
        }
    }
    for then in pairs.iter().filter(|(_, now)| now.is_none()).map(|(then, _)| *then) {
        let same_name = backup.iter().filter(|other| other.display_name == then.display_name).count();
        if report.has_stopped() {
            report.count("not tried");
        } else if same_name > 1 {
            // A create by name finds out by the name whether it was done before.
            let problem = format!("{same_name} segments of the file have this name");
            report.cannot("cannot be created", then, &[], Some(&problem))?;
        } else if apply {
            match segments::ensure_exact(config, then) {
                Ok(result) => report.ensured(config, then, None, &result.ensured)?,
                Err(error) => report.failed(then, &error)?,
            }
        } else {
            report.entry("would create", then, &[])?;
        }
    }
    Ok(())
}

fn change_back(
    report: &mut Report,
    config: &Config,
    then: &Segment,
    now: &Segment,
    apply: bool,
) -> Result<(), Failure> {
    let difference = diff_exact(now, then);
    if !difference.unchangeable.is_empty() {
        report.cannot(CANNOT, now, &difference.unchangeable, None)?;
    }
    if difference.update.is_empty() {
        if difference.unchangeable.is_empty() {
            report.count(IN_SYNC);
        }
        return Ok(());
    }
    if !apply {
        return report.entry("would change", now, &changes(now, &difference.update));
    }
    match edit(config, then, &now.id) {
        Ok(changes) if changes.is_empty() => report.count(IN_SYNC),
        Ok(changes) => report.entry("changed", now, &changes)?,
        Err(error) => report.failed(now, &error)?,
    }
    Ok(())
}

/// Changes a segment back, and returns the changes. If the outcome of the update is unknown, reads and compares again.
fn edit(config: &Config, then: &Segment, id: &str) -> Result<Vec<Change>, Error> {
    let mut sent = Vec::new();
    let mut tries = 0;
    loop {
        tries += 1;
        let edited = segments::edit(config, id, |now| {
            let update = diff_exact(now, then).update;
            if !update.is_empty() {
                sent = changes(now, &update);
            }
            update
        });
        match edited {
            Ok(_) => return Ok(sent),
            Err(error) if tries < 3 && error.outcome_unknown() && !error.during_sign_in() => {}
            Err(error) => return Err(error),
        }
    }
}
