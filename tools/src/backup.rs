//! `journey backup`: segments, outcomes, action templates and action maps in a JSON file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::connect::{Access, Connection, environment};
use crate::differences::described;
use crate::exit::{Failure, Status, say};
use crate::kind::{Entity, Kind, KindsArg};
use crate::organisation::{Organisation, counted, in_words};
use crate::output::{FileArg, Output};
use crate::references::{inside, outside};

/// Write all segments, outcomes, action templates and action maps as JSON, ordered by name
///
/// The file is for `journey diff` and `journey restore`. Left out, and named on standard error: templates that are marked
/// as deleted, and the flows and schedule groups to which action maps refer.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron; it prints nothing unless it fails:
  0 1 * * *  journey backup --quiet --output /srv/journey.json --token-cache ~/.journey.token"))]
pub struct Args {
    #[command(flatten)]
    kinds: KindsArg,
    #[command(flatten)]
    file: FileArg,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let mut output = Output::open(args.file.output.as_deref())?;
    let service = args.connection.connect(Access::Read)?;
    let read = Organisation::read(&args.connection, &service.config, &args.kinds)?;
    let notes = notes(&read, &args.kinds);
    let backup = read.only(&args.kinds);
    let json = serde_json::to_vec_pretty(&backup).map_err(Failure::attention)?;
    output.write_all(&json)?;
    output.write_all(b"\n")?;
    output.commit()?;
    if !args.connection.verbosity.quiet {
        if let Some(file) = &args.file.output {
            say(format_args!("{} written to {}", backup.counts(), file.display()));
        }
        notes.iter().for_each(say);
    }
    Ok(Status::Done)
}

/// Returns the notes on a backup, one line each: entities that are left out, and references that lead nowhere.
fn notes(read: &Organisation, kinds: &KindsArg) -> Vec<String> {
    let refused = read.refused.iter().filter(|(kind, _)| kinds.contains(*kind));
    let mut notes: Vec<String> =
        refused.map(|(kind, reason)| format!("left out: {}, {reason}", kind.plural())).collect();
    let deleted: BTreeSet<&str> = read.deleted_templates.iter().map(String::as_str).collect();
    if !deleted.is_empty() && kinds.contains(Kind::ActionTemplates) {
        notes.push(format!("left out: {}, marked as deleted", counted(deleted.len(), "action template")));
    }
    let mut outside_ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (noun, id) in read.action_maps().iter().flat_map(outside) {
        outside_ids.entry(noun).or_default().insert(id);
    }
    let counts: Vec<String> = outside_ids.iter().map(|(noun, ids)| counted(ids.len(), noun)).collect();
    if !counts.is_empty() {
        notes.push(format!("left out: {}, to which action maps refer", in_words(&counts)));
    }
    notes.extend(read.not_checked(read.action_maps()));
    let segments = read.segments().iter().map(|it| (Kind::Segments, it.id()));
    let templates = read.action_templates().iter().map(|it| (Kind::ActionTemplates, it.id()));
    let outcomes = read.outcomes().iter().map(|it| (Kind::Outcomes, it.id()));
    let known: BTreeSet<(Kind, &str)> = segments.chain(templates).chain(outcomes).collect();
    for map in read.action_maps() {
        let is_lost = |(kind, id): &(Kind, &str)| read.count(*kind).is_some() && !known.contains(&(*kind, *id));
        for (kind, id) in inside(map).filter(is_lost) {
            let is_deleted = kind == Kind::ActionTemplates && deleted.contains(id);
            let reason = if is_deleted { "is marked as deleted" } else { "does not exist" };
            notes.push(format!("{} refers to {} {id}, which {reason}", described(map), kind.noun()));
        }
    }
    notes
}
