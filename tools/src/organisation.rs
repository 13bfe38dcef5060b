//! The entities of an organisation, read from the service or from a backup.

use std::fs;
use std::path::Path;

use genesys_journey::action_maps::ActionMap;
use genesys_journey::action_templates::ActionTemplate;
use genesys_journey::outcomes::Outcome;
use genesys_journey::segments::Segment;
use genesys_journey::{Config, Error};
use serde::{Deserialize, Serialize};

use crate::connect::Connection;
use crate::exit::Failure;
use crate::kind::{Entity, Kind, KindsArg};
use crate::progress;

/// The entities of each kind, ordered by name; `None` for a kind that was not read.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Organisation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<Segment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Vec<Outcome>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_templates: Option<Vec<ActionTemplate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_maps: Option<Vec<ActionMap>>,
    /// The number of templates in lists that are marked as deleted. They are left out.
    #[serde(skip)]
    pub deleted_templates: usize,
}

impl Organisation {
    /// Lists the entities of these kinds, and of those to which they refer.
    pub fn read(connection: &Connection, config: &Config, kinds: &KindsArg) -> Result<Organisation, Failure> {
        let mut read = Organisation::default();
        if kinds.reads(Kind::Segments) {
            read.segments = Some(list(connection, config)?);
        }
        if kinds.reads(Kind::Outcomes) {
            read.outcomes = outcomes(connection, config, kinds)?;
        }
        if kinds.reads(Kind::ActionTemplates) {
            let mut templates: Vec<ActionTemplate> = list(connection, config)?;
            let all = templates.len();
            templates.retain(|template| !template.is_deleted());
            read.deleted_templates = all - templates.len();
            read.action_templates = Some(templates);
        }
        if kinds.reads(Kind::ActionMaps) {
            read.action_maps = Some(list(connection, config)?);
        }
        Ok(read)
    }

    /// Reads a backup. An earlier form of it was a list of segments.
    pub fn from_file(file: &Path) -> Result<Organisation, Failure> {
        let json = fs::read(file).map_err(|error| Failure::file(file, error))?;
        let is_list = json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let read = if is_list {
            let segments = serde_json::from_slice(&json);
            segments.map(|segments| Organisation { segments: Some(segments), ..Organisation::default() })
        } else {
            serde_json::from_slice(&json)
        };
        let read = read.map_err(|error| Failure::file(file, format_args!("not a backup: {error}")))?;
        if Kind::ALL.iter().all(|kind| read.count(*kind).is_none()) {
            return Err(Failure::file(
                file,
                "not a backup: it has no segments, outcomes, action templates or action maps",
            ));
        }
        Ok(read)
    }

    /// Drops what was read only because other entities refer to it.
    pub fn only(mut self, kinds: &KindsArg) -> Organisation {
        self.segments = self.segments.filter(|_| kinds.contains(Kind::Segments));
        self.outcomes = self.outcomes.filter(|_| kinds.contains(Kind::Outcomes));
        self.action_templates = self.action_templates.filter(|_| kinds.contains(Kind::ActionTemplates));
        self.action_maps = self.action_maps.filter(|_| kinds.contains(Kind::ActionMaps));
        self
    }

    /// Returns the number of entities of a kind, if it was read.
    pub fn count(&self, kind: Kind) -> Option<usize> {
        match kind {
            Kind::Segments => self.segments.as_ref().map(Vec::len),
            Kind::Outcomes => self.outcomes.as_ref().map(Vec::len),
            Kind::ActionTemplates => self.action_templates.as_ref().map(Vec::len),
            Kind::ActionMaps => self.action_maps.as_ref().map(Vec::len),
        }
    }

    /// Returns the numbers of the entities in words, such as "5 segments, 1 action template and 2 action maps".
    pub fn counts(&self) -> String {
        let counts = Kind::ALL.iter().filter_map(|kind| Some(counted(self.count(*kind)?, kind.noun())));
        in_words(&counts.collect::<Vec<_>>())
    }

    pub fn segments(&self) -> &[Segment] {
        self.segments.as_deref().unwrap_or_default()
    }

    pub fn outcomes(&self) -> &[Outcome] {
        self.outcomes.as_deref().unwrap_or_default()
    }

    pub fn action_templates(&self) -> &[ActionTemplate] {
        self.action_templates.as_deref().unwrap_or_default()
    }

    pub fn action_maps(&self) -> &[ActionMap] {
        self.action_maps.as_deref().unwrap_or_default()
    }
}

/// Returns a number with its noun, such as "2 flows".
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns a list as a sentence has it.
pub fn in_words(parts: &[String]) -> String {
    match parts {
        [first @ .., second, last] => [first, &[format!("{second} and {last}")]].concat().join(", "),
        parts => parts.concat(),
    }
}

/// Returns all entities of a kind, ordered by name. The error of a refusal names the option that leaves them out.
pub fn list<E: Entity>(connection: &Connection, config: &Config) -> Result<Vec<E>, Failure> {
    try_list(connection, config).map_err(failure::<E>)
}

fn failure<E: Entity>(error: Error) -> Failure {
    let is_refused = matches!(error.status(), Some(403 | 404 | 410));
    let mut failure = Failure::from(error);
    if is_refused {
        failure.message.push_str(&format!(" (to leave out {}: --only)", E::KIND.plural()));
    }
    failure
}

/// Returns the outcomes. The vendor removes them from the platform: without `--only`, `None` if they are no longer
/// served.
fn outcomes(connection: &Connection, config: &Config, kinds: &KindsArg) -> Result<Option<Vec<Outcome>>, Failure> {
    match try_list(connection, config) {
        Err(error) if matches!(error.status(), Some(404 | 410)) && !kinds.names(Kind::Outcomes) => Ok(None),
        list => list.map(Some).map_err(failure::<Outcome>),
    }
}

fn try_list<E: Entity>(connection: &Connection, config: &Config) -> Result<Vec<E>, Error> {
    let progress = progress::counter(connection.shows_progress(), E::KIND.plural());
    let all: Result<Vec<E>, _> = E::list(config).inspect(|_| progress.inc(1)).collect();
    let mut all = all?;
    all.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
    Ok(all)
}
