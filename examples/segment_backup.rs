//! All segments in a file: to keep, to see what has drifted since, and to bring back.

mod common;

use std::collections::HashMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use common::Stop;
use genesys_journey::segments::{self, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Config, Update};
use lexopt::prelude::*;
use serde_json::Value as Json;

const HELP: &str = "\
usage: segment_backup FILE
       segment_backup --diff FILE
       segment_backup --restore FILE [--apply]

Writes all segments to FILE, as JSON, ordered by name: whole, or not at all.

  --diff              say what has drifted since, field by field: as in the file -> as it is now
  --restore           say what would bring the segments back: as it is now -> as in the file;
                      segments that are not in the file are left alone
  --apply             with --restore: do it; where it fails half-way, it can be run again
  --token-cache FILE  keep the token there (mode 0600): one sign-in a day, not one a run
  -q, --quiet         no progress and no summary on standard error
  -h, --help          print this

Exit codes:
  0  done; with --diff: nothing has drifted
  1  with --diff: something has; with --restore: something cannot be brought back, as is said
  2  trouble: arguments, environment, credentials, files, the network or the service

";

fn main() -> ExitCode {
    common::main(&[HELP, common::ENVIRONMENT].concat(), |args| {
        // As with diff(1), 1 means differences, and 2 means an error.
        run(args).map_err(|stop| match stop {
            Stop::Failure { message, .. } => Stop::wrong(message),
            Stop::Help => Stop::Help,
        })
    })
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode, Stop> {
    let (mut diff, mut restore, mut apply, mut quiet) = (false, false, false, false);
    let (mut file, mut token_cache) = (None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("diff") => diff = true,
            Long("restore") => restore = true,
            Long("apply") => apply = true,
            Long("token-cache") => token_cache = Some(PathBuf::from(args.value()?)),
            Short('q') | Long("quiet") => quiet = true,
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            arg => return Err(common::other(arg)),
        }
    }
    let file = file.ok_or_else(|| Stop::wrong("which FILE? (see --help)"))?;
    if (diff && restore) || (apply && !restore) {
        return Err(Stop::wrong("it is either --diff, or --restore, or --restore --apply (see --help)"));
    }
    let backup = if diff || restore { read(&file)? } else { Vec::new() };
    let service = common::connect(token_cache)?;
    let now = all_segments(&service.config, !quiet && io::stderr().is_terminal())?;
    let (code, summary) = match (diff, restore) {
        (true, _) => show_drift(&backup, &now)?,
        (_, true) => bring_back(&service.config, &backup, &now, apply)?,
        _ => {
            let mut json = serde_json::to_vec_pretty(&now).map_err(Stop::wrong)?;
            json.push(b'\n');
            common::write_whole(&file, &json)?;
            (0, format!("{} segments written to {}", now.len(), file.display()))
        }
    };
    if !quiet {
        eprintln!("{summary}");
    }
    Ok(ExitCode::from(code))
}

fn read(file: &Path) -> Result<Vec<Segment>, Stop> {
    let json = fs::read(file).map_err(|error| Stop::file(file, error))?;
    serde_json::from_slice(&json).map_err(|error| Stop::file(file, format_args!("is no backup of segments: {error}")))
}

fn all_segments(config: &Config, progress: bool) -> genesys_journey::Result<Vec<Segment>> {
    let mut all = Vec::new();
    for segment in segments::list_all(config, &Default::default()) {
        if progress {
            eprint!("\r{} segments ", all.len() + 1);
        }
        all.push(segment.inspect_err(|_| {
            if progress {
                eprintln!()
            }
        })?);
    }
    if progress {
        eprint!("\r{:30}\r", "");
    }
    all.sort_by(|a, b| (&a.display_name, &a.id).cmp(&(&b.display_name, &b.id)));
    Ok(all)
}

/// Each segment of the backup with what it is now, which has its id, or else its name; and those that
/// are new since.
type Pairs<'a> = (Vec<(&'a Segment, Option<&'a Segment>)>, Vec<&'a Segment>);

fn pair<'a>(backup: &'a [Segment], now: &'a [Segment]) -> Pairs<'a> {
    let mut by_id: HashMap<&str, &Segment> = now.iter().map(|segment| (segment.id.as_str(), segment)).collect();
    let same_id: Vec<Option<&Segment>> = backup.iter().map(|then| by_id.remove(then.id.as_str())).collect();
    let mut left: Vec<&Segment> = now.iter().filter(|segment| by_id.contains_key(segment.id.as_str())).collect();
    let mut same_name = |then: &Segment| {
        let at = left.iter().position(|segment| segment.display_name == then.display_name)?;
        Some(left.remove(at))
    };
    let pairs = backup.iter().zip(same_id).map(|(then, now)| (then, now.or_else(|| same_name(then)))).collect();
    (pairs, left)
}

/// What makes a segment again what it was. Empty where nothing has drifted but, perhaps, which segment
/// of another system it mirrors: that cannot be changed.
fn back(then: &Segment, now: &Segment) -> SegmentUpdate {
    let mut update = segments::diff(now, &NewSegment::from(then));
    // To `diff`, what is not set is left to the service; in a backup it was not there.
    if then.description.is_none() && now.description.is_some() {
        update.description = Update::Clear;
    }
    if then.assignment_expiration_days.is_none() && now.assignment_expiration_days.is_some() {
        update.assignment_expiration_days = Update::Clear;
    }
    if !mirrors_the_same(then, now) {
        update.external_segment = None;
    }
    update
}

fn mirrors_the_same(then: &Segment, now: &Segment) -> bool {
    let what = |segment: &Segment| segment.external_segment.clone().map(|external| (external.id, external.source));
    what(then) == what(now)
}

fn show_drift(backup: &[Segment], now: &[Segment]) -> Result<(u8, String), Stop> {
    let (pairs, new) = pair(backup, now);
    let (mut same, mut changed, mut gone) = (0, 0, 0);
    for (then, now) in pairs {
        match now {
            None => {
                gone += 1;
                say("gone", then)?;
            }
            Some(now) => {
                let mut fields = fields(&back(then, now))?;
                if !mirrors_the_same(then, now) {
                    fields.push(EXTERNAL.to_owned());
                }
                if fields.is_empty() {
                    same += 1;
                    continue;
                }
                changed += 1;
                say("changed", then)?;
                show(&fields, then, now)?;
            }
        }
    }
    for segment in &new {
        say("new", segment)?;
    }
    let drifted = changed + gone + new.len() > 0;
    Ok((u8::from(drifted), format!("{same} as before, {changed} changed, {gone} gone, {} new", new.len())))
}

fn bring_back(config: &Config, backup: &[Segment], now: &[Segment], apply: bool) -> Result<(u8, String), Stop> {
    let (pairs, _) = pair(backup, now);
    let (mut same, mut changed, mut created, mut impossible) = (0, 0, 0, 0);
    // Those that exist first: one of them may have taken the name of one that does not.
    for (then, now) in pairs.iter().filter_map(|(then, now)| Some((*then, (*now)?))) {
        if !mirrors_the_same(then, now) {
            impossible += 1;
            say("cannot change which segment of another system is mirrored by", now)?;
            show(&[EXTERNAL.to_owned()], now, then)?;
        }
        let update = back(then, now);
        if update.is_empty() {
            same += 1;
            continue;
        }
        if apply {
            segments::edit(config, &now.id, |now| back(then, now))?;
        }
        changed += 1;
        say(if apply { "changed" } else { "would change" }, now)?;
        show(&fields(&update)?, now, then)?;
    }
    for then in pairs.iter().filter(|(_, now)| now.is_none()).map(|(then, _)| *then) {
        // Created by name, so that one that is there already, unseen by a read that lags, is not made twice.
        if backup.iter().filter(|other| other.display_name == then.display_name).count() > 1 {
            impossible += 1;
            say("cannot create, for others in the file have the same name,", then)?;
            continue;
        }
        created += 1;
        match apply {
            true => say("created", segments::ensure(config, &NewSegment::from(then))?.segment())?,
            false => say("would create", then)?,
        }
    }
    let summary = match apply {
        true => format!("{same} as before, {changed} changed, {created} created"),
        false => format!("{same} as before, {changed} to change, {created} to create; --apply does it"),
    };
    Ok((u8::from(impossible > 0), summary))
}

fn say(what: &str, segment: &Segment) -> Result<(), Stop> {
    common::print(format!("{what} {:?} ({})\n", segment.display_name, segment.id).as_bytes())
}

const EXTERNAL: &str = "externalSegment";

/// What an update changes, as the service names it.
fn fields(update: &SegmentUpdate) -> Result<Vec<String>, Stop> {
    let update = serde_json::to_value(update).map_err(Stop::wrong)?;
    let names = update.as_object().into_iter().flat_map(|fields| fields.keys());
    Ok(names.filter(|name| *name != "version").cloned().collect())
}

/// Shows fields of two segments where they differ, as they are in the one and in the other.
fn show(fields: &[String], from: &Segment, to: &Segment) -> Result<(), Stop> {
    let json = |segment: &Segment| serde_json::to_value(segment).map_err(Stop::wrong);
    let (from, to) = (json(from)?, json(to)?);
    let mut lines = String::new();
    for field in fields {
        differences(field, &from[field], &to[field], &mut lines);
    }
    common::print(lines.as_bytes())
}

fn differences(path: &str, from: &Json, to: &Json, lines: &mut String) {
    match (from, to) {
        (Json::Object(a), Json::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                differences(&format!("{path}.{key}"), &from[key], &to[key], lines);
            }
        }
        (Json::Array(a), Json::Array(b)) if a.iter().chain(b).any(Json::is_object) => {
            // Without those that are in both: order carries no meaning.
            let mut a: Vec<(usize, &Json)> = a.iter().enumerate().collect();
            let mut b: Vec<(usize, &Json)> = b.iter().enumerate().collect();
            a.retain(|(_, a)| match b.iter().position(|(_, b)| in_order(a) == in_order(b)) {
                Some(same) => {
                    b.remove(same);
                    false
                }
                None => true,
            });
            for i in 0..a.len().max(b.len()) {
                let (a, b) = (a.get(i), b.get(i));
                let at = a.or(b).map_or(i, |(at, _)| *at);
                let [a, b] = [a, b].map(|side| side.map_or(&Json::Null, |(_, value)| *value));
                differences(&format!("{path}[{at}]"), a, b, lines);
            }
        }
        (a, b) if in_order(a) == in_order(b) => {}
        (a, b) => {
            let text = |value: &Json| if value.is_null() { "none".to_owned() } else { value.to_string() };
            lines.push_str(&format!("    {path}: {} -> {}\n", text(a), text(b)));
        }
    }
}

/// The same, with every list in the order of its texts.
fn in_order(json: &Json) -> Json {
    match json {
        Json::Array(list) => {
            let mut list: Vec<Json> = list.iter().map(in_order).collect();
            list.sort_by_key(Json::to_string);
            Json::Array(list)
        }
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(key, value)| (key.clone(), in_order(value))).collect())
        }
        other => other.clone(),
    }
}
