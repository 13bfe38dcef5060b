//! `journey mirror`: the segments of one organisation in another.

use std::collections::BTreeMap;

use genesys_journey::Config;
use genesys_journey::segments::{self, NewSegment, Segment, changes, diff_exact};
use genesys_stand_in::StandIn;

use crate::connect::{Access, Connection, demo};
use crate::differences::{CANNOT, IN_SYNC, Report};
use crate::exit::{Failure, Status};
use crate::interrupt;
use crate::output::OutputArgs;

/// Make the segments of one organisation exactly like those of another
///
/// Segments are matched by their names. Without --apply, only shows the differences; the exit code is 3 if there are
/// any. A field that the source does not have is cleared. Nothing is deleted without --prune. A run that failed can
/// be started again: it sends only what is left to do.
///
/// States: "in sync"; "would change", "would create", "would delete" (with --apply: "changed" and so on);
/// "cannot be made the same": the API cannot change this field; "cannot be matched": several segments of one
/// organisation have this name, and are left alone. The last two need attention: exit code 2.
#[derive(clap::Args)]
#[command(after_help = "\
Environment:
  SOURCE_GENESYSCLOUD_REGION, SOURCE_GENESYSCLOUD_OAUTHCLIENT_ID, SOURCE_GENESYSCLOUD_OAUTHCLIENT_SECRET
      the organisation that is read; nothing is written to it
  TARGET_GENESYSCLOUD_REGION, TARGET_GENESYSCLOUD_OAUTHCLIENT_ID, TARGET_GENESYSCLOUD_OAUTHCLIENT_SECRET
      the organisation that is changed
The other variables of `journey report --help` may have these prefixes, too. Variables without a prefix are not read.
The token cache is two files: FILE.source and FILE.target.

Example for cron, which mails each change:
  0 2 * * *  journey mirror --apply --quiet --deadline 30m --token-cache ~/.journey.token")]
pub struct Args {
    /// Make the changes
    #[arg(long, conflicts_with = "read_only")]
    apply: bool,
    /// Delete the segments that only the target has, unless another segment failed
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

/// The number of segments that are created after one list of the target.
const CREATES: usize = 5;

const ONLY_IN_TARGET: &str = "only in the target";
const NOT_TRIED: &str = "not tried";

pub fn run(args: &Args) -> Result<Status, Failure> {
    let mut report = Report::open(&args.output)?;
    if !args.demo() {
        check_distinct()?;
    }
    let source = args.connection.connect_to("SOURCE_", Access::Read, demo)?;
    let access = if args.apply { Access::Write } else { Access::Read };
    let target = args.connection.connect_to("TARGET_", access, demo_target)?;
    let wanted = args.connection.all_segments(&source.config)?;
    let present = args.connection.all_segments(&target.config)?;
    if args.prune && wanted.is_empty() && !present.is_empty() {
        let problem = format!("the source has no segments, and --prune would delete all {}", present.len());
        return Err(Failure::attention(problem + " of the target; nothing is changed"));
    }
    if args.apply {
        interrupt::defer();
    }
    let plan = Plan::new(&wanted, &present);
    let result = plan.run(&target.config, args, &mut report);
    let result = result.and_then(|()| report.finish(&args.connection.verbosity));
    result.map_err(|failure| if args.apply { failure.after_writes() } else { failure })
}

impl Args {
    fn demo(&self) -> bool {
        self.connection.demo
    }
}

/// Refuses two organisations that have the same OAuth client, which belongs to one.
fn check_distinct() -> Result<(), Failure> {
    let variable = |prefix: &str| std::env::var_os(format!("{prefix}GENESYSCLOUD_OAUTHCLIENT_ID"));
    let region = |prefix: &str| genesys_journey::Region::from_env_prefixed(prefix).ok();
    let is_same = |prefixes: [&str; 2]| {
        let [source, target] = prefixes.map(|prefix| (region(prefix), variable(prefix)));
        source.0.is_some() && source.1.is_some() && source == target
    };
    if is_same(["SOURCE_", "TARGET_"]) {
        return Err(Failure::attention("source and target have the same OAuth client: they are the same organisation"));
    }
    Ok(())
}

/// The target of `--demo`: the segments of the source, some of them different.
fn demo_target() -> StandIn {
    let stand_in = StandIn::start();
    let ids = stand_in.seed_segments(4);
    let change = |id: Option<&String>, fields: serde_json::Value| {
        if let Some(id) = id {
            stand_in.call("PATCH", &format!("/api/v2/journey/segments/{id}"), fields);
        }
    };
    change(ids.first(), serde_json::json!({ "color": "#d4af37" }));
    change(ids.get(1), serde_json::json!({ "description": "Only in the target" }));
    stand_in.add_segment(serde_json::json!({ "displayName": "Old campaign" }));
    stand_in
}

/// The segments of both organisations by their names.
struct Plan<'a> {
    /// Segments of the source, with the reason.
    unmatched: Vec<(&'a Segment, String)>,
    /// Wanted and present segments of the same name.
    pairs: Vec<(&'a Segment, &'a Segment)>,
    missing: Vec<&'a Segment>,
    extra: Vec<&'a Segment>,
}

impl<'a> Plan<'a> {
    fn new(wanted: &'a [Segment], present: &'a [Segment]) -> Plan<'a> {
        let mut by_name: BTreeMap<&str, [Vec<&Segment>; 2]> = BTreeMap::new();
        for (side, segments) in [wanted, present].into_iter().enumerate() {
            for segment in segments {
                let sides = by_name.entry(&segment.display_name).or_default();
                sides.iter_mut().skip(side).take(1).for_each(|named| named.push(segment));
            }
        }
        let mut plan = Plan { unmatched: Vec::new(), pairs: Vec::new(), missing: Vec::new(), extra: Vec::new() };
        for [wanted, present] in by_name.into_values() {
            match (wanted.as_slice(), present.as_slice()) {
                ([], extra) => plan.extra.extend(extra),
                ([wanted], []) => plan.missing.push(wanted),
                ([wanted], [present]) => plan.pairs.push((wanted, present)),
                ([first, ..], _) => {
                    let [source, target] = [wanted.len(), present.len()];
                    let problem = format!("{source} of the source and {target} of the target have this name");
                    plan.unmatched.push((first, problem));
                }
            }
        }
        plan
    }

    fn run(&self, config: &Config, args: &Args, report: &mut Report) -> Result<(), Failure> {
        for (segment, problem) in &self.unmatched {
            report.cannot("cannot be matched", segment, &[], Some(problem))?;
        }
        for (wanted, present) in &self.pairs {
            self.change(config, args, report, wanted, present)?;
        }
        if args.apply {
            self.create(config, report)?;
        } else {
            self.missing.iter().try_for_each(|wanted| report.entry("would create", wanted, &[]))?;
        }
        self.prune(config, args, report)
    }

    fn change(
        &self,
        config: &Config,
        args: &Args,
        report: &mut Report,
        wanted: &Segment,
        present: &Segment,
    ) -> Result<(), Failure> {
        let difference = diff_exact(present, wanted);
        let update = difference.update;
        if args.apply && !update.is_empty() {
            if report.has_stopped() {
                report.count(NOT_TRIED);
                return Ok(());
            }
            return match segments::ensure_exact(config, wanted) {
                Ok(result) => report.ensured(config, wanted, Some(present), &result.ensured),
                Err(error) => report.failed(present, &error),
            };
        }
        if !update.is_empty() {
            report.entry("would change", present, &changes(present, &update))?;
        }
        if !difference.unchangeable.is_empty() {
            return report.cannot(CANNOT, present, &difference.unchangeable, None);
        }
        if update.is_empty() {
            report.count(IN_SYNC);
        }
        Ok(())
    }

    fn create(&self, config: &Config, report: &mut Report) -> Result<(), Failure> {
        for missing in self.missing.chunks(CREATES) {
            if report.has_stopped() {
                missing.iter().for_each(|_| report.count(NOT_TRIED));
                continue;
            }
            let new: Vec<NewSegment> = missing.iter().map(|wanted| NewSegment::from(*wanted)).collect();
            match segments::ensure_all(config, &new) {
                Ok(results) => {
                    for (wanted, result) in missing.iter().zip(results) {
                        match result {
                            Ok(ensured) => report.ensured(config, wanted, None, &ensured)?,
                            Err(error) => report.failed(wanted, &error)?,
                        }
                    }
                }
                // The target could not be listed.
                Err(error) => missing.iter().try_for_each(|wanted| report.failed(wanted, &error))?,
            }
        }
        Ok(())
    }

    /// Deletes the segments that only the target has. After a failure nothing is deleted: the service may have given
    /// a segment of the source another name.
    fn prune(&self, config: &Config, args: &Args, report: &mut Report) -> Result<(), Failure> {
        let has_failed = report.has_failed_writes();
        for extra in &self.extra {
            if !args.prune || has_failed {
                report.count(ONLY_IN_TARGET);
            } else if !args.apply {
                report.entry("would delete", extra, &[])?;
            } else if report.has_stopped() {
                report.count(NOT_TRIED);
            } else {
                match segments::delete(config, &extra.id) {
                    Ok(()) => {
                        report.entry("deleted", extra, &[])?;
                        args.connection.wait_until_deleted(config, &extra.id);
                    }
                    Err(error) if error.is_not_found() => {}
                    Err(error) => report.failed(extra, &error)?,
                }
            }
        }
        Ok(())
    }
}
