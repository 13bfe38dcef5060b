//! The kinds of entities that are backed up and mirrored, and the functions of the library for each.

use std::path::Path;

use genesys_journey::action_maps::{self, ActionMap, ActionMapUpdate, NewActionMap};
use genesys_journey::action_templates::{self, ActionTemplate, ActionTemplateUpdate, NewActionTemplate, TemplateState};
use genesys_journey::outcomes::{self, NewOutcome, Outcome, OutcomeUpdate};
use genesys_journey::segments::{self, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Change, Config, Ensured, Error, ExactDifference, ListAll};

use crate::exit::Failure;
use crate::organisation::Organisation;

/// A kind of entity, in the order of the writes: an action map refers to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    Segments,
    /// Deprecated by the vendor
    Outcomes,
    ActionTemplates,
    ActionMaps,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Segments, Kind::Outcomes, Kind::ActionTemplates, Kind::ActionMaps];

    pub fn noun(self) -> &'static str {
        match self {
            Kind::Segments => "segment",
            Kind::Outcomes => "outcome",
            Kind::ActionTemplates => "action template",
            Kind::ActionMaps => "action map",
        }
    }

    pub fn plural(self) -> &'static str {
        match self {
            Kind::Segments => "segments",
            Kind::Outcomes => "outcomes",
            Kind::ActionTemplates => "action templates",
            Kind::ActionMaps => "action maps",
        }
    }
}

#[derive(clap::Args)]
pub struct KindsArg {
    /// Only these kinds of entities, separated by commas [default: all]
    #[arg(long, value_enum, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<Kind>,
}

impl KindsArg {
    pub fn contains(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }

    /// Returns whether the command line names a kind.
    pub fn names(&self, kind: Kind) -> bool {
        self.only.contains(&kind)
    }

    /// Returns the kinds that a backup has. Fails if it lacks one that the command line names.
    pub fn within(&self, file: &Path, backup: &Organisation) -> Result<KindsArg, Failure> {
        let is_there = |kind: &Kind| backup.count(*kind).is_some();
        if let Some(kind) = self.only.iter().find(|kind| !is_there(kind)) {
            return Err(Failure::file(file, format_args!("has no {}", kind.plural())));
        }
        let kinds = Kind::ALL.into_iter().filter(|kind| self.contains(*kind) && is_there(kind));
        Ok(KindsArg { only: kinds.collect() })
    }

    /// Returns whether the entities of a kind are read: action maps refer to the other kinds.
    pub fn reads(&self, kind: Kind) -> bool {
        self.contains(kind) || self.contains(Kind::ActionMaps)
    }
}

/// A kind of entity, with the functions of the library for it.
pub trait Entity: Clone {
    type Update;

    const KIND: Kind;

    fn id(&self) -> &str;
    fn name(&self) -> &str;

    /// Returns whether the entity is deleted, although it is in lists.
    fn is_deleted(&self) -> bool {
        false
    }

    fn list(config: &Config) -> ListAll<Self>;
    fn get(config: &Config, id: &str) -> Result<Self, Error>;
    fn edit(config: &Config, id: &str, change: &mut dyn FnMut(&Self) -> Self::Update) -> Result<Self, Error>;
    fn ensure_exact(config: &Config, like: &Self) -> Result<Ensured<Self, Self::Update>, Error>;
    fn ensure_all(config: &Config, like: &[Self]) -> Result<Results<Self>, Error>;
    fn delete(config: &Config, id: &str) -> Result<(), Error>;

    fn diff_exact(&self, like: &Self) -> ExactDifference<Self::Update>;
    fn changes(&self, update: &Self::Update) -> Vec<Change>;
    fn is_empty(update: &Self::Update) -> bool;
}

/// The results for several entities.
pub type Results<E> = Vec<Result<Ensured<E, <E as Entity>::Update>, Error>>;

impl Entity for Segment {
    type Update = SegmentUpdate;

    const KIND: Kind = Kind::Segments;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.display_name
    }

    fn list(config: &Config) -> ListAll<Segment> {
        segments::list_all(config, &Default::default())
    }

    fn get(config: &Config, id: &str) -> Result<Segment, Error> {
        segments::get(config, id)
    }

    fn edit(config: &Config, id: &str, change: &mut dyn FnMut(&Segment) -> SegmentUpdate) -> Result<Segment, Error> {
        segments::edit(config, id, change)
    }

    fn ensure_exact(config: &Config, like: &Segment) -> Result<Ensured<Segment, SegmentUpdate>, Error> {
        Ok(segments::ensure_exact(config, like)?.ensured)
    }

    fn ensure_all(config: &Config, like: &[Segment]) -> Result<Results<Segment>, Error> {
        let wanted: Vec<NewSegment> = like.iter().map(NewSegment::from).collect();
        segments::ensure_all(config, &wanted)
    }

    fn delete(config: &Config, id: &str) -> Result<(), Error> {
        segments::delete(config, id)
    }

    fn diff_exact(&self, like: &Segment) -> ExactDifference<SegmentUpdate> {
        segments::diff_exact(self, like)
    }

    fn changes(&self, update: &SegmentUpdate) -> Vec<Change> {
        segments::changes(self, update)
    }

    fn is_empty(update: &SegmentUpdate) -> bool {
        update.is_empty()
    }
}

impl Entity for Outcome {
    type Update = OutcomeUpdate;

    const KIND: Kind = Kind::Outcomes;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or_default()
    }

    fn list(config: &Config) -> ListAll<Outcome> {
        outcomes::list_all(config, &Default::default())
    }

    fn get(config: &Config, id: &str) -> Result<Outcome, Error> {
        outcomes::get(config, id)
    }

    fn edit(config: &Config, id: &str, change: &mut dyn FnMut(&Outcome) -> OutcomeUpdate) -> Result<Outcome, Error> {
        outcomes::edit(config, id, change)
    }

    fn ensure_exact(config: &Config, like: &Outcome) -> Result<outcomes::Ensured, Error> {
        Ok(outcomes::ensure_exact(config, like)?.ensured)
    }

    fn ensure_all(config: &Config, like: &[Outcome]) -> Result<Results<Outcome>, Error> {
        let wanted: Vec<NewOutcome> = like.iter().map(NewOutcome::from).collect();
        outcomes::ensure_all(config, &wanted)
    }

    fn delete(config: &Config, id: &str) -> Result<(), Error> {
        outcomes::delete(config, id)
    }

    fn diff_exact(&self, like: &Outcome) -> outcomes::ExactDifference {
        outcomes::diff_exact(self, like)
    }

    fn changes(&self, update: &OutcomeUpdate) -> Vec<Change> {
        outcomes::changes(self, update)
    }

    fn is_empty(update: &OutcomeUpdate) -> bool {
        update.is_empty()
    }
}

impl Entity for ActionTemplate {
    type Update = ActionTemplateUpdate;

    const KIND: Kind = Kind::ActionTemplates;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn is_deleted(&self) -> bool {
        self.state == Some(TemplateState::Deleted)
    }

    fn list(config: &Config) -> ListAll<ActionTemplate> {
        action_templates::list_all(config, &Default::default())
    }

    fn get(config: &Config, id: &str) -> Result<ActionTemplate, Error> {
        action_templates::get(config, id)
    }

    fn edit(
        config: &Config,
        id: &str,
        change: &mut dyn FnMut(&ActionTemplate) -> ActionTemplateUpdate,
    ) -> Result<ActionTemplate, Error> {
        action_templates::edit(config, id, change)
    }

    fn ensure_exact(config: &Config, like: &ActionTemplate) -> Result<action_templates::Ensured, Error> {
        Ok(action_templates::ensure_exact(config, like)?.ensured)
    }

    fn ensure_all(config: &Config, like: &[ActionTemplate]) -> Result<Results<ActionTemplate>, Error> {
        let wanted: Vec<NewActionTemplate> = like.iter().map(NewActionTemplate::from).collect();
        action_templates::ensure_all(config, &wanted)
    }

    /// Marks the template as deleted.
    fn delete(config: &Config, id: &str) -> Result<(), Error> {
        action_templates::delete(config, id, None)
    }

    fn diff_exact(&self, like: &ActionTemplate) -> action_templates::ExactDifference {
        action_templates::diff_exact(self, like)
    }

    fn changes(&self, update: &ActionTemplateUpdate) -> Vec<Change> {
        action_templates::changes(self, update)
    }

    fn is_empty(update: &ActionTemplateUpdate) -> bool {
        update.is_empty()
    }
}

impl Entity for ActionMap {
    type Update = ActionMapUpdate;

    const KIND: Kind = Kind::ActionMaps;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or_default()
    }

    fn list(config: &Config) -> ListAll<ActionMap> {
        action_maps::list_all(config, &Default::default())
    }

    fn get(config: &Config, id: &str) -> Result<ActionMap, Error> {
        action_maps::get(config, id)
    }

    fn edit(
        config: &Config,
        id: &str,
        change: &mut dyn FnMut(&ActionMap) -> ActionMapUpdate,
    ) -> Result<ActionMap, Error> {
        action_maps::edit(config, id, change)
    }

    fn ensure_exact(config: &Config, like: &ActionMap) -> Result<action_maps::Ensured, Error> {
        Ok(action_maps::ensure_exact(config, like)?.ensured)
    }

    fn ensure_all(config: &Config, like: &[ActionMap]) -> Result<Results<ActionMap>, Error> {
        let wanted: Vec<NewActionMap> = like.iter().map(NewActionMap::from).collect();
        action_maps::ensure_all(config, &wanted)
    }

    fn delete(config: &Config, id: &str) -> Result<(), Error> {
        action_maps::delete(config, id)
    }

    fn diff_exact(&self, like: &ActionMap) -> action_maps::ExactDifference {
        action_maps::diff_exact(self, like)
    }

    fn changes(&self, update: &ActionMapUpdate) -> Vec<Change> {
        action_maps::changes(self, update)
    }

    fn is_empty(update: &ActionMapUpdate) -> bool {
        update.is_empty()
    }
}
