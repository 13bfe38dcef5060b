//! `journey diff`: the changes since a backup.

use std::path::PathBuf;

use crate::connect::{Access, Connection, environment};
use crate::differences::{IN_SYNC, Report};
use crate::exit::{Failure, Status, say};
use crate::kind::{Entity, Kind, KindsArg};
use crate::organisation::Organisation;
use crate::output::OutputArgs;
use crate::pairs::Pairs;
use crate::references::{References, Unknown};

/// Show the changes since a backup, field by field: value in the file -> present value
///
/// An entity is found by its id, or else by its name. The order of conditions, criteria and values is no difference, nor
/// is a new id of a segment or a template to which an action map refers. The exit code is 3 if there are differences.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron, which mails the differences:
  0 6 * * *  journey diff --quiet /srv/journey.json --token-cache ~/.journey.token"))]
pub struct Args {
    /// The file that `journey backup` wrote
    file: PathBuf,
    #[command(flatten)]
    kinds: KindsArg,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let backup = Organisation::from_file(&args.file)?;
    let kinds = args.kinds.within(&args.file, &backup)?;
    let mut report = Report::open(&args.output, |kind| args.kinds.contains(kind))?;
    let service = args.connection.connect(Access::Read)?;
    let now = Organisation::read(&args.connection, &service.config, &kinds)?;
    let segments = Pairs::new(backup.segments(), now.segments());
    let outcomes = Pairs::new(backup.outcomes(), now.outcomes());
    let templates = Pairs::new(backup.action_templates(), now.action_templates());
    if !args.connection.verbosity.quiet {
        now.not_checked(backup.action_maps()).iter().for_each(|note| say(format_args!("journey: {note}")));
    }
    let is_read = |kind| now.count(kind).is_some();
    let references = References {
        segments: is_read(Kind::Segments).then(|| segments.ids()),
        outcomes: is_read(Kind::Outcomes).then(|| outcomes.ids()),
        templates: is_read(Kind::ActionTemplates).then(|| templates.ids()),
        unknown: Unknown::Same,
    };
    let mut maps = Vec::new();
    for map in backup.action_maps() {
        maps.push(references.translated(map, None).entity);
    }
    let maps = Pairs::new(&maps, now.action_maps());
    for kind in Kind::ALL.into_iter().filter(|kind| args.kinds.contains(*kind)) {
        match kind {
            kind if backup.count(kind).is_none() => report.not_in_file(kind),
            Kind::Segments => compare(&segments, &mut report)?,
            Kind::Outcomes => compare(&outcomes, &mut report)?,
            Kind::ActionTemplates => compare(&templates, &mut report)?,
            Kind::ActionMaps => compare(&maps, &mut report)?,
        }
    }
    report.finish(&args.connection.verbosity)
}

fn compare<E: Entity>(pairs: &Pairs<'_, E>, report: &mut Report) -> Result<(), Failure> {
    for (then, now) in &pairs.pairs {
        let Some(now) = now else {
            report.entry("gone", *then, &[])?;
            continue;
        };
        let difference = then.diff_exact(now);
        if E::is_empty(&difference.update) && difference.unchangeable.is_empty() {
            report.count::<E>(IN_SYNC);
        } else {
            let changes = [then.changes(&difference.update), difference.unchangeable].concat();
            report.entry("different", *then, &changes)?;
        }
    }
    for entity in &pairs.new {
        report.entry("new", *entity, &[])?;
    }
    Ok(())
}
