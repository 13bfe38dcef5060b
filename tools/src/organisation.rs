//! The entities of an organisation, read from the service or from a backup.

use std::collections::BTreeSet;
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
use crate::references::inside;

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
    /// The ids of templates in lists that are marked as deleted. They are left out.
    #[serde(skip)]
    pub deleted_templates: Vec<String>,
    /// The kinds that the service refused, with the reason. Either they are not selected, or they are outcomes.
    #[serde(skip)]
    pub refused: Vec<(Kind, &'static str)>,
}

impl Organisation {
    /// Lists the entities of these kinds, and of those to which they refer.
    pub fn read(connection: &Connection, config: &Config, kinds: &KindsArg) -> Result<Organisation, Failure> {
        let mut read = Organisation::default();
        if kinds.reads(Kind::Segments) {
            read.segments = read.list(connection, config, kinds)?;
        }
        if kinds.reads(Kind::Outcomes) {
            read.outcomes = read.list(connection, config, kinds)?;
        }
        if kinds.reads(Kind::ActionTemplates) {
            let templates: Option<Vec<ActionTemplate>> = read.list(connection, config, kinds)?;
            let is_deleted = |template: &ActionTemplate| template.is_deleted();
            let (deleted, left) = templates.map(|all| all.into_iter().partition(is_deleted)).unzip();
            let deleted: Vec<ActionTemplate> = deleted.unwrap_or_default();
            read.deleted_templates = deleted.into_iter().map(|template| template.id).collect();
            read.action_templates = left;
        }
        if kinds.reads(Kind::ActionMaps) {
            read.action_maps = read.list(connection, config, kinds)?;
        }
        Ok(read)
    }

    /// Returns all entities of a kind. If the service refuses those that are only read for references, returns `None` and
    /// notes the reason; so also for outcomes that are no longer served, without `--only`, since the vendor removes them
    /// from the platform.
    fn list<E: Entity>(
        &mut self,
        connection: &Connection,
        config: &Config,
        kinds: &KindsArg,
    ) -> Result<Option<Vec<E>>, Failure> {
        let error = match list(connection, config) {
            Ok(list) => return Ok(Some(list)),
            Err(error) => error,
        };
        let is_removable = E::KIND == Kind::Outcomes && !kinds.names(E::KIND);
        let reason = match error.status() {
            Some(403) if !kinds.contains(E::KIND) => "which this client may not read (403)",
            Some(404) if !kinds.contains(E::KIND) || is_removable => "which the service does not have (404)",
            Some(410) if !kinds.contains(E::KIND) || is_removable => "which the service no longer has (410)",
            _ => return Err(failure::<E>(error)),
        };
        self.refused.push((E::KIND, reason));
        Ok(None)
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

    /// Returns a line for each kind that the service refused and to which these maps refer.
    pub fn not_checked(&self, maps: &[ActionMap]) -> Vec<String> {
        let line = |(kind, reason): &(Kind, &str)| {
            let ids: BTreeSet<&str> =
                maps.iter().flat_map(inside).filter(|(referred, _)| referred == kind).map(|(_, id)| id).collect();
            let count = counted(ids.len(), kind.noun());
            (!ids.is_empty()).then(|| format!("not checked: references of action maps to {count}, {reason}"))
        };
        self.refused.iter().filter_map(line).collect()
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

/// Returns the action maps that are read only to protect the entities to which they refer.
pub fn protecting_maps(connection: &Connection, config: &Config) -> Result<Vec<ActionMap>, Failure> {
    list(connection, config).map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message.push_str(" (--prune reads the action maps, which may refer to what it deletes)");
        failure
    })
}

/// Returns the failure of a list. That of a refusal names the option that leaves the kind out.
fn failure<E: Entity>(error: Error) -> Failure {
    let is_refused = matches!(error.status(), Some(403 | 404 | 410));
    let mut failure = Failure::from(error);
    if is_refused {
        failure.message.push_str(&format!(" (to leave out {}: --only)", E::KIND.plural()));
    }
    failure
}

/// Returns all entities of a kind, ordered by name.
pub fn list<E: Entity>(connection: &Connection, config: &Config) -> Result<Vec<E>, Error> {
    let progress = progress::counter(connection.shows_progress(), E::KIND.plural());
    let all: Result<Vec<E>, _> = E::list(config).inspect(|_| progress.inc(1)).collect();
    let mut all = all?;
    all.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
    Ok(all)
}
