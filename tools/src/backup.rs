//! `journey backup`: segments, outcomes, action templates and action maps in a JSON file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::connect::{Access, Connection, environment};
use crate::differences::described;
use crate::exit::{Failure, Status, say};
use crate::kind::{Entity, Kind, KindsArg};
use crate::organisation::{Organisation, counted, in_words};
use crate::output::{FileArg, Output};
use crate::references::{outcome_ids, outside};

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
    let notes = notes(&read, args.kinds.reads(Kind::Outcomes));
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

/// Returns what a backup of these entities lacks, one line each.
fn notes(read: &Organisation, has_read_outcomes: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if has_read_outcomes && read.outcomes.is_none() {
        notes.push("left out: outcomes, which the service does not have".to_owned());
    }
    if read.deleted_templates > 0 {
        notes.push(format!("left out: {}, marked as deleted", counted(read.deleted_templates, "action template")));
    }
    let mut outside_ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (noun, id) in read.action_maps().iter().flat_map(outside) {
        outside_ids.entry(noun).or_default().insert(id);
    }
    let counts: Vec<String> = outside_ids.iter().map(|(noun, ids)| counted(ids.len(), noun)).collect();
    if !counts.is_empty() {
        notes.push(format!("left out: {}, to which action maps refer", in_words(&counts)));
    }
    let segments: BTreeSet<&str> = read.segments().iter().map(Entity::id).collect();
    let templates: BTreeSet<&str> = read.action_templates().iter().map(Entity::id).collect();
    let outcomes: BTreeSet<&str> = read.outcomes().iter().map(Entity::id).collect();
    for map in read.action_maps() {
        let template = map.action.as_ref().and_then(|action| action.action_template.as_ref()?.id.as_deref());
        let references = map.trigger_with_segments.iter().map(|id| ("segment", id.as_str(), &segments));
        let references = references.chain(outcome_ids(map).map(|id| ("outcome", id, &outcomes)));
        let references = references.chain(template.map(|id| ("action template", id, &templates)));
        for (noun, id, _) in references.filter(|(_, id, known)| !known.contains(id)) {
            notes.push(format!("{} refers to {noun} {id}, which does not exist", described(map)));
        }
    }
    notes
}
