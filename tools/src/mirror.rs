//! `journey mirror`: the segments, outcomes, action templates and action maps of one organisation in another.

use std::collections::{BTreeMap, BTreeSet};

use genesys_journey::Config;
use genesys_journey::action_maps::ActionMap;
use genesys_stand_in::StandIn;

use crate::connect::{Access, Connection, demo};
use crate::differences::{CANNOT, IN_SYNC, NOT_TRIED, Report, described};
use crate::exit::{Failure, Status, say};
use crate::interrupt;
use crate::kind::{Entity, Kind, KindsArg};
use crate::organisation::{Organisation, protecting_maps};
use crate::output::OutputArgs;
use crate::references::{Counterpart, Ids, References, Translated, Unknown, inside, name_deleted};

/// Make the segments, outcomes, action templates and action maps of one organisation exactly like those of another
///
/// Entities are matched by their names. Without --apply, only shows the differences; the exit code is 3 if there are
/// any. A field that the source does not have is cleared. Nothing is deleted without --prune. A run that failed can
/// be started again: it sends only what is left to do.
///
/// An action map of the target refers to the segments, the outcomes and the template of the same names. Flows, open
/// actions and schedule groups are not mirrored: a map keeps its own, and is not created if it needs one.
///
/// States: "in sync"; "would change", "would create", "would delete" (with --apply: "changed" and so on);
/// "cannot be made the same": the API cannot change this field, or a reference has no counterpart; "cannot be created":
/// the same for a map that the target does not have; "cannot be matched": several entities of one organisation have this
/// name, and are left alone; "cannot be deleted": an action map refers to it. These need attention: exit code 2.
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
    /// Delete the entities that only the target has, unless a write failed. Templates are marked as deleted
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    kinds: KindsArg,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

/// The number of entities that are created after one list of the target.
const CREATES: usize = 5;

const ONLY_IN_TARGET: &str = "only in the target";

pub fn run(args: &Args) -> Result<Status, Failure> {
    let mut report = Report::open(&args.output, |kind| args.kinds.contains(kind))?;
    if !args.demo() {
        check_distinct()?;
    }
    let source = args.connection.connect_to("SOURCE_", Access::Read, demo)?;
    let access = if args.apply { Access::Write } else { Access::Read };
    let target = args.connection.connect_to("TARGET_", access, demo_target)?;
    let mut wanted = Organisation::read(&args.connection, &source.config, &args.kinds)?;
    let mut present = Organisation::read(&args.connection, &target.config, &args.kinds)?;
    if args.kinds.contains(Kind::Outcomes) && wanted.outcomes.is_none() != present.outcomes.is_none() {
        // A side that no longer serves outcomes has no list of them: it does not mean that all were deleted.
        (wanted.outcomes, present.outcomes) = (None, None);
        say(format_args!("journey: left out: outcomes, which one of the organisations does not have"));
    }
    if args.prune && present.action_maps.is_none() {
        // Its maps decide what may be deleted, also if they are not mirrored.
        present.action_maps = Some(protecting_maps(&args.connection, &target.config)?);
    }
    let total = |all: &Organisation| -> usize {
        let kinds = Kind::ALL.into_iter().filter(|kind| args.kinds.contains(*kind));
        kinds.filter_map(|kind| all.count(kind)).sum()
    };
    if args.prune && total(&wanted) == 0 && total(&present) > 0 {
        let problem = format!("the source has no entities, and --prune would delete all {}", total(&present));
        return Err(Failure::attention(problem + " of the target; nothing is changed"));
    }
    if args.apply {
        interrupt::defer();
    }
    let result = Run { args, config: &target.config, report: &mut report }.all(&wanted, &present);
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

/// The target of `--demo`: the entities of the source, some of them different.
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
    let map = serde_json::json!({ "displayName": "Boots for VIPs", "triggerWithSegments": ids.as_slice() });
    stand_in.add("journey/actionmaps", map);
    stand_in
}

/// The entities of both organisations by their names.
struct Plan<'a, E> {
    /// Entities of the source, with the reason.
    unmatched: Vec<(&'a E, String)>,
    /// Wanted and present entities of the same name.
    pairs: Vec<(&'a E, &'a E)>,
    missing: Vec<&'a E>,
    extra: Vec<&'a E>,
}

impl<'a, E: Entity> Plan<'a, E> {
    fn new(wanted: &'a [E], present: &'a [E]) -> Plan<'a, E> {
        let mut by_name: BTreeMap<&str, [Vec<&E>; 2]> = BTreeMap::new();
        for (side, entities) in [wanted, present].into_iter().enumerate() {
            for entity in entities {
                let sides = by_name.entry(entity.name()).or_default();
                sides.iter_mut().skip(side).take(1).for_each(|named| named.push(entity));
            }
        }
        let mut plan: Plan<'a, E> =
            Plan { unmatched: Vec::new(), pairs: Vec::new(), missing: Vec::new(), extra: Vec::new() };
        for [wanted, present] in by_name.into_values() {
            match (wanted.as_slice(), present.as_slice()) {
                ([], extra) => plan.extra.extend(extra),
                ([wanted], []) => plan.missing.push(wanted),
                ([wanted], [present]) => plan.pairs.push((wanted, present)),
                (all, _) => {
                    let [source, target] = [wanted.len(), present.len()];
                    let problem = format!("{source} of the source and {target} of the target have this name");
                    plan.unmatched.extend(all.iter().map(|wanted| (*wanted, problem.clone())));
                }
            }
        }
        plan
    }

    /// Returns the counterparts before any write.
    fn ids(&self) -> Ids {
        let lacking = |wanted: &E, reason| (wanted.id().to_owned(), Counterpart::lacking(wanted, reason));
        let id = |(wanted, present): &(&E, &E)| (wanted.id().to_owned(), Counterpart::Id(present.id().to_owned()));
        let unmatched = self.unmatched.iter().map(|(wanted, _)| lacking(wanted, "cannot be matched"));
        let missing = self.missing.iter().map(|wanted| lacking(wanted, "the target does not have"));
        unmatched.chain(missing).chain(self.pairs.iter().map(id)).collect()
    }
}

struct Run<'a> {
    args: &'a Args,
    config: &'a Config,
    report: &'a mut Report,
}

/// Returns an entity of the source as the target should have it. The second argument is the present entity of the target.
type Translate<'a, E> = &'a dyn Fn(&E, Option<&E>) -> Translated<E>;

impl Run<'_> {
    /// Mirrors each kind before the kinds that refer to it, and deletes in the reverse order.
    fn all(&mut self, wanted: &Organisation, present: &Organisation) -> Result<(), Failure> {
        let segments = Plan::new(wanted.segments(), present.segments());
        let outcomes = Plan::new(wanted.outcomes(), present.outcomes());
        let templates = Plan::new(wanted.action_templates(), present.action_templates());
        let maps = Plan::new(wanted.action_maps(), present.action_maps());
        let segment_ids = self.kind(&segments, &Translated::unchanged)?;
        let outcome_ids = self.kind(&outcomes, &Translated::unchanged)?;
        let mut template_ids = self.kind(&templates, &Translated::unchanged)?;
        name_deleted(&mut template_ids, &wanted.deleted_templates);
        let is_read = |kind| wanted.count(kind).is_some() && present.count(kind).is_some();
        let references = References {
            segments: is_read(Kind::Segments).then_some(segment_ids),
            outcomes: is_read(Kind::Outcomes).then_some(outcome_ids),
            templates: is_read(Kind::ActionTemplates).then_some(template_ids),
            unknown: Unknown::Foreign,
        };
        let translate = |map: &ActionMap, present: Option<&ActionMap>| references.translated(map, present);
        self.kind(&maps, &translate)?;

        let are_mirrored = self.args.kinds.contains(Kind::ActionMaps);
        let kept = kept(&maps, present.action_maps(), are_mirrored, &translate);
        self.prune(&maps, &BTreeMap::new())?;
        self.prune(&templates, &kept)?;
        self.prune(&outcomes, &kept)?;
        self.prune(&segments, &kept)
    }

    /// Changes and creates entities of a kind, and returns the ids of the counterparts.
    fn kind<E: Entity>(&mut self, plan: &Plan<'_, E>, translate: Translate<'_, E>) -> Result<Ids, Failure> {
        let mut ids = plan.ids();
        if !self.args.kinds.contains(E::KIND) {
            return Ok(ids);
        }
        let mut named = BTreeSet::new();
        for (entity, problem) in plan.unmatched.iter().filter(|(entity, _)| named.insert(entity.name())) {
            self.report.cannot("cannot be matched", *entity, &[], Some(problem))?;
        }
        for (wanted, present) in &plan.pairs {
            self.change(*wanted, *present, translate)?;
        }
        let mut creatable = Vec::new();
        for wanted in &plan.missing {
            let Translated { entity, problems, is_pending } = translate(wanted, None);
            if is_pending {
                self.report.count::<E>(NOT_TRIED);
            } else if !problems.is_empty() {
                self.report.cannot("cannot be created", *wanted, &[], Some(&problems.join("; ")))?;
            } else if self.args.apply {
                creatable.push(entity);
            } else {
                self.report.entry("would create", *wanted, &[])?;
                ids.insert(wanted.id().to_owned(), Counterpart::new(*wanted));
            }
        }
        self.create(&creatable, &mut ids)?;
        Ok(ids)
    }

    fn change<E: Entity>(&mut self, wanted: &E, present: &E, translate: Translate<'_, E>) -> Result<(), Failure> {
        let Translated { entity: wanted, problems, is_pending } = translate(wanted, Some(present));
        let problem = Some(problems.join("; ")).filter(|problem| !problem.is_empty());
        let difference = present.diff_exact(&wanted);
        let is_different = !E::is_empty(&difference.update);
        if is_pending || (self.args.apply && is_different && self.report.has_stopped()) {
            self.report.count::<E>(NOT_TRIED);
            return Ok(());
        }
        if self.args.apply && is_different {
            return match E::ensure_exact(self.config, &wanted) {
                Ok(ensured) => self.report.ensured(self.config, &wanted, Some(present), &ensured, problem.as_deref()),
                Err(error) => self.report.failed(present, &error),
            };
        }
        if is_different {
            self.report.entry("would change", present, &present.changes(&difference.update))?;
        }
        if problem.is_some() || !difference.unchangeable.is_empty() {
            return self.report.cannot(CANNOT, present, &difference.unchangeable, problem.as_deref());
        }
        if !is_different {
            self.report.count::<E>(IN_SYNC);
        }
        Ok(())
    }

    fn create<E: Entity>(&mut self, missing: &[E], ids: &mut Ids) -> Result<(), Failure> {
        for missing in missing.chunks(CREATES) {
            // Until it is created, and after a failure.
            ids.extend(missing.iter().map(|wanted| (wanted.id().to_owned(), Counterpart::Pending)));
            if self.report.has_stopped() {
                missing.iter().for_each(|_| self.report.count::<E>(NOT_TRIED));
                continue;
            }
            match E::ensure_all(self.config, missing) {
                Ok(results) => {
                    for (wanted, result) in missing.iter().zip(results) {
                        match result {
                            Ok(ensured) => {
                                let id = ensured.entity().id().to_owned();
                                ids.insert(wanted.id().to_owned(), Counterpart::Id(id));
                                self.report.ensured(self.config, wanted, None, &ensured, None)?;
                            }
                            Err(error) => self.report.failed(wanted, &error)?,
                        }
                    }
                }
                // The target could not be listed.
                Err(error) => missing.iter().try_for_each(|wanted| self.report.failed(wanted, &error))?,
            }
        }
        Ok(())
    }

    /// Deletes the entities that only the target has. After a failure nothing is deleted: the service may have given
    /// an entity of the source another name.
    fn prune<E: Entity>(&mut self, plan: &Plan<'_, E>, kept: &BTreeMap<String, String>) -> Result<(), Failure> {
        if !self.args.kinds.contains(E::KIND) {
            return Ok(());
        }
        let has_failed = self.report.has_failed_writes();
        for extra in &plan.extra {
            if !self.args.prune || has_failed {
                self.report.count::<E>(ONLY_IN_TARGET);
            } else if let Some(map) = kept.get(extra.id()) {
                let problem = format!("{map} refers to it");
                self.report.cannot("cannot be deleted", *extra, &[], Some(&problem))?;
            } else if !self.args.apply {
                self.report.entry("would delete", *extra, &[])?;
            } else if self.report.has_stopped() {
                self.report.count::<E>(NOT_TRIED);
            } else {
                match E::delete(self.config, extra.id()) {
                    Ok(()) => {
                        self.report.entry("deleted", *extra, &[])?;
                        self.args.connection.wait_until_deleted::<E>(self.config, extra.id());
                    }
                    Err(error) if error.is_not_found() => {}
                    Err(error) => self.report.failed(*extra, &error)?,
                }
            }
        }
        Ok(())
    }
}

/// Returns the ids to which the maps refer that the target has at the end, with a description of such a map.
fn kept(
    plan: &Plan<'_, ActionMap>,
    present: &[ActionMap],
    are_mirrored: bool,
    translate: Translate<'_, ActionMap>,
) -> BTreeMap<String, String> {
    let changed: BTreeMap<&str, ActionMap> =
        plan.pairs.iter().map(|(wanted, present)| (present.id(), translate(wanted, Some(present)).entity)).collect();
    let is_extra = |map: &ActionMap| are_mirrored && plan.extra.iter().any(|extra| extra.id() == map.id());
    let mut kept = BTreeMap::new();
    for map in present.iter().filter(|map| !is_extra(map)) {
        let now = changed.get(map.id()).unwrap_or(map);
        // Parts that the API cannot clear stay as they are.
        let stays = !map.diff_exact(now).unchangeable.is_empty();
        for now in [now].into_iter().chain(stays.then_some(map)) {
            for (_, id) in inside(now) {
                kept.entry(id.to_owned()).or_insert_with(|| described(map));
            }
        }
    }
    kept
}
