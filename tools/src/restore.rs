//! `journey restore`: the entities of a backup, as they were.

use std::path::PathBuf;

use genesys_journey::action_maps::ActionMap;
use genesys_journey::{Change, Config, Error};

use crate::connect::{Access, Connection, environment};
use crate::differences::{CANNOT, IN_SYNC, NOT_TRIED, Report};
use crate::exit::{Failure, Status, say};
use crate::interrupt;
use crate::kind::{Entity, Kind, KindsArg};
use crate::organisation::Organisation;
use crate::output::OutputArgs;
use crate::pairs::Pairs;
use crate::references::{Counterpart, Ids, References, Translated, Unknown, name_deleted};

/// Change and create segments, outcomes, action templates and action maps, so that they are again as in a backup
///
/// Without --apply, only shows the changes; the exit code is 3 if there are any. Entities that the file does not have are
/// left alone. An action map refers to the present segment or template of the same name. A run that failed can be started
/// again.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron, which keeps everything as it is in the file, and mails each change:
  30 * * * *  journey restore --apply --quiet /srv/journey.json --token-cache ~/.journey.token"))]
pub struct Args {
    /// The file that `journey backup` wrote
    file: PathBuf,
    /// Make the changes
    #[arg(long, conflicts_with = "read_only")]
    apply: bool,
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
    let service = args.connection.connect(if args.apply { Access::Write } else { Access::Read })?;
    let now = Organisation::read(&args.connection, &service.config, &kinds)?;
    if !args.connection.verbosity.quiet {
        now.not_checked(backup.action_maps()).iter().for_each(|note| say(format_args!("journey: {note}")));
    }
    if args.apply {
        interrupt::defer();
    }
    let result = Run { args, config: &service.config, report: &mut report }.all(&backup, &now);
    let result = result.and_then(|()| report.finish(&args.connection.verbosity));
    result.map_err(|failure| if args.apply { failure.after_writes() } else { failure })
}

struct Run<'a> {
    args: &'a Args,
    config: &'a Config,
    report: &'a mut Report,
}

/// Returns an entity of the backup as it should be now, with the references that cannot be translated.
type Translate<'a, E> = &'a dyn Fn(&E, Option<&E>) -> Translated<E>;

impl Run<'_> {
    fn all(&mut self, backup: &Organisation, now: &Organisation) -> Result<(), Failure> {
        let kinds = Kind::ALL.into_iter().filter(|kind| backup.count(*kind).is_none());
        kinds.for_each(|kind| self.report.not_in_file(kind));
        let segments = self.kind(backup.segments(), now.segments(), &Translated::unchanged)?;
        let outcomes = self.kind(backup.outcomes(), now.outcomes(), &Translated::unchanged)?;
        let mut templates = self.kind(backup.action_templates(), now.action_templates(), &Translated::unchanged)?;
        name_deleted(&mut templates, &now.deleted_templates);
        let is_read = |kind| now.count(kind).is_some();
        let references = References {
            segments: is_read(Kind::Segments).then_some(segments),
            outcomes: is_read(Kind::Outcomes).then_some(outcomes),
            templates: is_read(Kind::ActionTemplates).then_some(templates),
            unknown: Unknown::Missing,
        };
        let translate = |map: &ActionMap, now: Option<&ActionMap>| references.translated(map, now);
        self.kind(backup.action_maps(), now.action_maps(), &translate)?;
        Ok(())
    }

    /// Restores the entities of a kind, and returns their present ids.
    fn kind<E: Entity>(&mut self, backup: &[E], now: &[E], translate: Translate<'_, E>) -> Result<Ids, Failure> {
        let pairs = Pairs::new(backup, now);
        let mut ids = pairs.ids();
        if !self.args.kinds.contains(E::KIND) {
            return Ok(ids);
        }
        // Existing entities come first: one of them may have taken the name of a missing one.
        for (then, now) in pairs.pairs.iter().filter_map(|(then, now)| Some((*then, (*now)?))) {
            if self.report.has_stopped() {
                self.report.count::<E>(NOT_TRIED);
            } else {
                self.change_back(then, now, translate)?;
            }
        }
        for then in pairs.pairs.iter().filter(|(_, now)| now.is_none()).map(|(then, _)| *then) {
            let same_name = backup.iter().filter(|other| other.name() == then.name()).count();
            let counterpart = if self.report.has_stopped() {
                self.report.count::<E>(NOT_TRIED);
                Counterpart::Pending
            } else if same_name > 1 {
                // A create by name finds out by the name whether it was done before.
                let problem = format!("{same_name} {} of the file have this name", E::KIND.plural());
                self.cannot_create(then, &problem)?
            } else {
                self.create(then, translate)?
            };
            ids.insert(then.id().to_owned(), counterpart);
        }
        Ok(ids)
    }

    fn create<E: Entity>(&mut self, then: &E, translate: Translate<'_, E>) -> Result<Counterpart, Failure> {
        let Translated { entity: wanted, problems, is_pending } = translate(then, None);
        if is_pending {
            self.report.count::<E>(NOT_TRIED);
            return Ok(Counterpart::Pending);
        }
        if !problems.is_empty() {
            return self.cannot_create(then, &problems.join("; "));
        }
        if !self.args.apply {
            self.report.entry("would create", then, &[])?;
            return Ok(Counterpart::new(then));
        }
        match E::ensure_exact(self.config, &wanted) {
            Ok(ensured) => {
                self.report.ensured(self.config, &wanted, None, &ensured, None)?;
                Ok(Counterpart::Id(ensured.entity().id().to_owned()))
            }
            Err(error) => {
                self.report.failed(then, &error)?;
                Ok(Counterpart::Pending)
            }
        }
    }

    fn cannot_create<E: Entity>(&mut self, then: &E, problem: &str) -> Result<Counterpart, Failure> {
        self.report.cannot("cannot be created", then, &[], Some(problem))?;
        Ok(Counterpart::lacking(then, "cannot be created"))
    }

    fn change_back<E: Entity>(&mut self, then: &E, now: &E, translate: Translate<'_, E>) -> Result<(), Failure> {
        let Translated { entity: wanted, problems, is_pending } = translate(then, Some(now));
        if is_pending {
            self.report.count::<E>(NOT_TRIED);
            return Ok(());
        }
        let difference = now.diff_exact(&wanted);
        let is_exact = difference.unchangeable.is_empty() && problems.is_empty();
        if !is_exact {
            let problem = Some(problems.join("; ")).filter(|problem| !problem.is_empty());
            self.report.cannot(CANNOT, now, &difference.unchangeable, problem.as_deref())?;
        }
        if E::is_empty(&difference.update) {
            if is_exact {
                self.report.count::<E>(IN_SYNC);
            }
            return Ok(());
        }
        if !self.args.apply {
            return self.report.entry("would change", now, &now.changes(&difference.update));
        }
        match edit(self.config, then, now.id(), translate) {
            Ok(changes) if changes.is_empty() => self.report.count::<E>(IN_SYNC),
            Ok(changes) => self.report.entry("changed", now, &changes)?,
            Err(error) => self.report.failed(now, &error)?,
        }
        Ok(())
    }
}

/// Changes an entity back, and returns the changes. If the outcome of the update is unknown, reads and compares again.
fn edit<E: Entity>(config: &Config, then: &E, id: &str, translate: Translate<'_, E>) -> Result<Vec<Change>, Error> {
    let mut sent = Vec::new();
    let mut tries = 0;
    loop {
        tries += 1;
        let edited = E::edit(config, id, &mut |now| {
            let update = now.diff_exact(&translate(then, Some(now)).entity).update;
            if !E::is_empty(&update) {
                sent = now.changes(&update);
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
