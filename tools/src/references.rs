//! The ids in an action map, translated from one state of an organisation, or from one organisation, to another.
//!
//! Invariant: a reference that cannot be translated is left as it is in the present map, and named.

use std::collections::BTreeMap;

use genesys_journey::action_maps::{Action, ActionMap, ScheduleGroups};
use genesys_journey::references::{EntityRef, NamedEntityRef};

use crate::differences::described;
use crate::kind::{Entity, Kind};

/// The entity to which a reference should lead.
pub enum Counterpart {
    Id(String),
    /// It is not there yet, because a write failed or was not sent. A later run translates the reference.
    Pending,
    /// There is none: the entity and the reason.
    Lacking(String),
}

/// The counterparts of entities by their ids.
pub type Ids = BTreeMap<String, Counterpart>;

/// Names the templates that are marked as deleted, unless they have a counterpart.
pub fn name_deleted(ids: &mut Ids, deleted: &[String]) {
    for id in deleted {
        let problem = || Counterpart::Lacking(format!("action template {id}, which is marked as deleted"));
        ids.entry(id.clone()).or_insert_with(problem);
    }
}

/// The meaning of an id that has no counterpart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is the id of the same entity, for a comparison.
    Same,
    /// There is no such entity. Ids of flows and the like are those of the same organisation.
    Missing,
    /// It belongs to another organisation, as do ids of flows and the like.
    Foreign,
}

/// The counterparts of each kind; `None` for a kind that could not be read.
pub struct References {
    pub segments: Option<Ids>,
    pub outcomes: Option<Ids>,
    pub templates: Option<Ids>,
    pub unknown: Unknown,
}

/// An entity with the ids of its counterparts.
pub struct Translated<E> {
    pub entity: E,
    /// The references that cannot be translated, with the reasons.
    pub problems: Vec<String>,
    /// Whether a counterpart is not there yet.
    pub is_pending: bool,
}

impl Counterpart {
    /// Stands in a dry run for the id of an entity that would be created.
    pub fn new<E: Entity>(entity: &E) -> Counterpart {
        Counterpart::Id(format!("new {} {:?}", E::KIND.noun(), entity.name()))
    }

    /// There is none for this reason, such as "cannot be created".
    pub fn lacking<E: Entity>(entity: &E, reason: &str) -> Counterpart {
        Counterpart::Lacking(format!("{}, which {reason}", described(entity)))
    }
}

impl<E: Entity> Translated<E> {
    /// Returns an entity without references.
    pub fn unchanged(entity: &E, _: Option<&E>) -> Translated<E> {
        Translated { entity: entity.clone(), problems: Vec::new(), is_pending: false }
    }
}

impl References {
    /// Returns a map of the source as the target should have it. `present` is the map of the target, if there is one.
    pub fn translated(&self, map: &ActionMap, present: Option<&ActionMap>) -> Translated<ActionMap> {
        let none = ActionMap::default();
        let present = present.unwrap_or(&none);
        let mut to = Translated::unchanged(map, None);
        self.segments(&mut to, present);
        self.outcomes(&mut to, present);
        self.template(&mut to, present.action.as_ref());
        if self.unknown == Unknown::Foreign {
            to.keep_schedule_groups(present.action_map_schedule_groups.as_ref());
            to.keep_parts_of_action(present.action.as_ref());
        }
        to
    }

    fn segments(&self, to: &mut Translated<ActionMap>, present: &ActionMap) {
        let ids = to.entity.trigger_with_segments.clone();
        let (field, present) = ("triggerWithSegments", &present.trigger_with_segments);
        let mut translate =
            |id: &String| self.id(to, self.segments.as_ref(), [field, "segment"], id, present.contains(id));
        let translated: Vec<Option<String>> = ids.iter().map(&mut translate).collect();
        to.entity.trigger_with_segments =
            translated.into_iter().collect::<Option<_>>().unwrap_or_else(|| present.clone());
    }

    fn outcomes(&self, to: &mut Translated<ActionMap>, present: &ActionMap) {
        let map = to.entity.clone();
        to.entity.trigger_with_outcome_probability_conditions = self.conditions(
            to,
            "triggerWithOutcomeProbabilityConditions",
            [&map.trigger_with_outcome_probability_conditions, &present.trigger_with_outcome_probability_conditions],
            |condition| &mut condition.outcome_id,
        );
        to.entity.trigger_with_outcome_percentile_conditions = self.conditions(
            to,
            "triggerWithOutcomePercentileConditions",
            [&map.trigger_with_outcome_percentile_conditions, &present.trigger_with_outcome_percentile_conditions],
            |condition| &mut condition.outcome_id,
        );
        to.entity.trigger_with_outcome_quantile_conditions = self.conditions(
            to,
            "triggerWithOutcomeQuantileConditions",
            [&map.trigger_with_outcome_quantile_conditions, &present.trigger_with_outcome_quantile_conditions],
            |condition| &mut condition.outcome_id,
        );
    }

    /// Returns the wanted conditions with translated outcomes, or the present ones if an outcome has no counterpart.
    fn conditions<T: Clone>(
        &self,
        to: &mut Translated<ActionMap>,
        field: &str,
        [wanted, present]: [&Vec<T>; 2],
        outcome: fn(&mut T) -> &mut Option<String>,
    ) -> Vec<T> {
        let kept: Vec<String> =
            present.iter().filter_map(|condition| outcome(&mut condition.clone()).clone()).collect();
        let mut translate = |condition: &T| {
            let mut condition = condition.clone();
            if let Some(id) = outcome(&mut condition) {
                *id = self.id(to, self.outcomes.as_ref(), [field, "outcome"], id, kept.contains(id))?;
            }
            Some(condition)
        };
        let translated: Vec<Option<T>> = wanted.iter().map(&mut translate).collect();
        translated.into_iter().collect::<Option<_>>().unwrap_or_else(|| present.clone())
    }

    fn template(&self, to: &mut Translated<ActionMap>, present: Option<&Action>) {
        let template = |action: &Action| action.action_template.as_ref().and_then(|template| template.id.clone());
        let Some(id) = to.entity.action.as_ref().and_then(template) else { return };
        let kept = present.and_then(template);
        let is_present = kept.as_ref() == Some(&id);
        let names = ["action.actionTemplate", "action template"];
        let Some(id) = self.id(to, self.templates.as_ref(), names, &id, is_present).or(kept) else {
            to.entity.action = present.cloned();
            return;
        };
        if let Some(action) = &mut to.entity.action {
            action.action_template = Some(EntityRef::new(id));
        }
    }

    /// Returns the id of the counterpart, or names the reference. An id that the present map has, too, is right. In the
    /// same organisation, an id of a kind that could not be read is kept.
    fn id(
        &self,
        to: &mut Translated<ActionMap>,
        ids: Option<&Ids>,
        names: [&str; 2],
        id: &str,
        is_present: bool,
    ) -> Option<String> {
        let [field, noun] = names;
        let is_foreign = self.unknown == Unknown::Foreign;
        let lacking = match ids.and_then(|ids| ids.get(id)) {
            Some(Counterpart::Id(id)) => return Some(id.clone()),
            Some(Counterpart::Pending) => {
                to.is_pending = true;
                return None;
            }
            _ if is_present || self.unknown == Unknown::Same => return Some(id.to_owned()),
            Some(Counterpart::Lacking(entity)) => entity.clone(),
            None if ids.is_none() && is_foreign => format!("{noun} {id}, and {noun}s could not be read"),
            None if ids.is_none() => return Some(id.to_owned()),
            None if is_foreign => format!("{noun} {id}, which the source does not have"),
            None => format!("{noun} {id}, which does not exist"),
        };
        to.problems.push(format!("{field} refers to {lacking}"));
        None
    }
}

impl Translated<ActionMap> {
    fn foreign(&mut self, field: &str, noun: &str, id: &str) {
        self.problems.push(format!("{field} refers to {noun} {id}, and {noun}s are not mirrored"));
    }

    fn keep_schedule_groups(&mut self, present: Option<&ScheduleGroups>) {
        let wanted = self.entity.action_map_schedule_groups.as_ref().map(group_ids).unwrap_or_default();
        let kept = present.map(group_ids).unwrap_or_default();
        let foreign: Vec<String> =
            wanted.into_iter().zip(kept).filter(|(id, kept)| id != kept).filter_map(|(id, _)| id).collect();
        if !foreign.is_empty() {
            self.entity.action_map_schedule_groups = present.cloned();
        }
        for id in foreign {
            self.foreign("actionMapScheduleGroups", "schedule group", &id);
        }
    }

    /// Keeps flows, the open action and the action target. Without a present one the whole action is kept.
    fn keep_parts_of_action(&mut self, present: Option<&Action>) {
        let Some(mut action) = self.entity.action.clone() else { return };
        let none = Action::default();
        let kept = present.unwrap_or(&none);
        let offer = kept.web_messaging_offer_fields.as_ref().and_then(|fields| fields.architect_flow.as_ref());
        let flow = kept.architect_flow_fields.as_ref().and_then(|fields| fields.architect_flow.as_ref());
        let open = kept.open_action_fields.as_ref().and_then(|fields| fields.open_action.as_ref());
        let mut is_whole = false;
        if let Some(fields) = &mut action.web_messaging_offer_fields {
            let field = "action.webMessagingOfferFields.architectFlow";
            is_whole |= self.keep_flow(field, &mut fields.architect_flow, offer);
        }
        if let Some(fields) = &mut action.architect_flow_fields {
            let field = "action.architectFlowFields.architectFlow";
            is_whole |= self.keep_flow(field, &mut fields.architect_flow, flow);
        }
        if let Some(wanted) = action.open_action_fields.as_mut().and_then(|fields| fields.open_action.as_mut()) {
            if !open.is_some_and(|open| is_same_open_action(open, wanted)) {
                self.foreign("action.openActionFields.openAction", "open action", &id_or_name(wanted));
            }
            match open {
                Some(open) => *wanted = open.clone(),
                None => is_whole = true,
            }
        }
        if let Some(id) = action.action_target_id.as_ref().filter(|id| Some(*id) != kept.action_target_id.as_ref()) {
            self.foreign("action.actionTargetId", "action target", id);
            action.action_target_id = kept.action_target_id.clone();
        }
        self.entity.action = if is_whole { present.cloned() } else { Some(action) };
    }

    /// Keeps the present flow, if there is another. Returns whether there is none to keep.
    fn keep_flow(&mut self, field: &str, wanted: &mut Option<EntityRef>, kept: Option<&EntityRef>) -> bool {
        let Some(flow) = wanted else { return false };
        if kept.is_some_and(|kept| kept.id == flow.id) {
            return false;
        }
        self.foreign(field, "flow", flow.id.as_deref().unwrap_or(WITHOUT_ID));
        *wanted = kept.cloned();
        kept.is_none()
    }
}

/// Stands for the id of a reference that has none.
const WITHOUT_ID: &str = "without an id";

fn id_or_name(open: &NamedEntityRef) -> String {
    let name = || open.name.as_ref().map(|name| format!("{name:?}"));
    open.id.clone().or_else(name).unwrap_or_else(|| WITHOUT_ID.to_owned())
}

/// Returns whether two references have the same id, or the same name, or neither.
fn is_same_open_action(one: &NamedEntityRef, other: &NamedEntityRef) -> bool {
    (one.id.is_some() && one.id == other.id)
        || (one.name.is_some() && one.name == other.name)
        || (&one.id, &one.name) == (&other.id, &other.name)
}

fn group_ids(groups: &ScheduleGroups) -> [Option<String>; 2] {
    let ids = [&groups.action_map_schedule_group, &groups.emergency_action_map_schedule_group];
    ids.map(|group| group.as_ref().and_then(|group| group.id.clone()))
}

/// Returns the entities to which a map refers and that are not backed up: the nouns and the ids.
pub fn outside(map: &ActionMap) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&str, Option<String>)> = Vec::new();
    let groups = map.action_map_schedule_groups.as_ref().map(group_ids).unwrap_or_default();
    found.extend(groups.map(|id| ("schedule group", id)));
    if let Some(action) = &map.action {
        let offer = action.web_messaging_offer_fields.as_ref().and_then(|fields| fields.architect_flow.as_ref());
        let flow = action.architect_flow_fields.as_ref().and_then(|fields| fields.architect_flow.as_ref());
        let open = action.open_action_fields.as_ref().and_then(|fields| fields.open_action.as_ref());
        let id = |flow: &EntityRef| flow.id.clone().unwrap_or_else(|| WITHOUT_ID.to_owned());
        found.extend([offer, flow].map(|flow| ("flow", flow.map(id))));
        found.push(("open action", open.map(id_or_name)));
        found.push(("action target", action.action_target_id.clone()));
    }
    found.into_iter().filter_map(|(noun, id)| Some((noun, id?))).collect()
}

/// Returns the entities to which a map refers and that are backed up and mirrored: the kinds and the ids.
pub fn inside(map: &ActionMap) -> impl Iterator<Item = (Kind, &str)> {
    let outcomes = (map.trigger_with_outcome_probability_conditions.iter().map(|condition| &condition.outcome_id))
        .chain(map.trigger_with_outcome_percentile_conditions.iter().map(|condition| &condition.outcome_id))
        .chain(map.trigger_with_outcome_quantile_conditions.iter().map(|condition| &condition.outcome_id))
        .filter_map(|id| id.as_deref());
    let template = map.action.as_ref().and_then(|action| action.action_template.as_ref()?.id.as_deref());
    (map.trigger_with_segments.iter().map(|id| (Kind::Segments, id.as_str())))
        .chain(outcomes.map(|id| (Kind::Outcomes, id)))
        .chain(template.map(|id| (Kind::ActionTemplates, id)))
}
