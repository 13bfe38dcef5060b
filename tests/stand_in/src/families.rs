//! The families that every organisation has, and the entities that a seed makes.

use serde_json::{Map, Value, json};

use crate::external_events;
use crate::family::{Family, Operation, Paging};
use crate::random::Random;
use crate::response::Response;
use crate::views;

pub(crate) const SEGMENTS: &str = "journey/segments";
pub(crate) const ACTION_TARGETS: &str = "journey/actiontargets";
pub(crate) const OUTCOMES: &str = "journey/outcomes";
pub(crate) const ACTION_MAPS: &str = "journey/actionmaps";
pub(crate) const ACTION_TEMPLATES: &str = "journey/actiontemplates";
pub(crate) const EVENT_CONFIGURATIONS: &str = "journey/externalevents/configurations";
pub(crate) const EVENT_SCHEMAS: &str = "journey/externalevents/schemas";
pub(crate) const VIEWS: &str = "journey/views";
pub(crate) const VIEW_SCHEDULES: &str = "journey/views/schedules";
pub(crate) const EVENT_DEFINITIONS: &str = "journey/views/eventdefinitions";
pub(crate) const EXTERNAL_EVENTS: &str = "journey/views/eventdefinitions/external";

pub(crate) fn all() -> Vec<Family> {
    let mut families = vec![segments(), action_targets(), outcomes(), action_maps(), action_templates()];
    families.extend(views());
    families.extend([external_events::configurations(), external_events::schemas()]);
    families
}

fn segments() -> Family {
    let family = Family::new(SEGMENTS)
        .required(["displayName"])
        .versioned()
        .defaults(json!({
            "isActive": true, "displayName": "", "color": "#008000", "shouldDisplayToAgent": false,
            "context": { "patterns": [] }, "journey": { "patterns": [] },
        }))
        .merged(["externalSegment"])
        .limit(500)
        .filter_ids("segmentIds", 100)
        .filter_equal("isActive", "isActive")
        .filter_search("queryFields", "queryValue");
    Family { check: check_segment, complete: complete_segment, ..family }
}

fn action_targets() -> Family {
    Family::new(ACTION_TARGETS).operations([Operation::List, Operation::Get, Operation::Update])
}

fn outcomes() -> Family {
    let family = Family::new(OUTCOMES)
        .required(["displayName"])
        .versioned()
        .defaults(json!({ "isActive": true, "isPositive": true }))
        .filter_ids("outcomeIds", 20)
        .filter_search("queryFields", "queryValue");
    Family { check: check_criteria, complete: complete_criteria, ..family }
}

fn action_maps() -> Family {
    Family::new(ACTION_MAPS)
        .required(["displayName"])
        .versioned()
        .defaults(json!({ "isActive": true, "weight": 2, "activation": { "type": "immediate" } }))
        .merged(["action", "actionMapScheduleGroups"])
        .limit(200)
        .filter_ids("actionMapIds", 100)
        .filter_field("filterField", "filterValue")
        .filter_search("queryFields", "queryValue")
}

fn action_templates() -> Family {
    let family = Family::new(ACTION_TEMPLATES)
        .required(["name", "mediaType", "state"])
        .versioned()
        .merged(["contentOffer"])
        .filter_equal("mediaType", "mediaType")
        .filter_equal("state", "state")
        .filter_search("queryFields", "queryValue");
    Family { keeps_deleted: true, ..family }
}

/// The lists below `journey/views`. The module `views` has all else.
fn views() -> [Family; 4] {
    let views = Family::new(VIEWS)
        .entity("journeyView")
        .required(["elements"])
        .operations([Operation::List, Operation::Get, Operation::Create, Operation::Delete])
        .filter_ids("id", 100)
        .filter_contains("nameOrCreatedBy", ["name"]);
    let schedules = Family::new(VIEW_SCHEDULES).entity("journeyViewSchedule").required(["frequency"]).operations([
        Operation::List,
        Operation::Get,
        Operation::Replace,
        Operation::Delete,
    ]);
    let events = |path: &str| {
        let family = Family::new(path).entity("journeyEventDefinition").paging(Paging::Whole);
        family.operations([Operation::List, Operation::Get])
    };
    [Family { complete: views::complete, ..views }, schedules, events(EVENT_DEFINITIONS), events(EXTERNAL_EVENTS)]
}

/// Returns the entities of every organisation: a path and the fields.
pub(crate) fn initial() -> Vec<(&'static str, Value)> {
    let target = |name: &str| {
        json!({
            "name": name, "supportedMediaTypes": ["webchat"], "state": "active",
            "userData": [{ "key": "priority", "value": "1" }],
            "serviceLevel": { "percentage": 80.0, "durationMs": 20000 }, "shortAbandonThreshold": 10,
        })
    };
    vec![
        (ACTION_TARGETS, target("Sales chat")),
        (ACTION_TARGETS, target("Support callback")),
        (OUTCOMES, json!({ "id": "outcome-1", "displayName": "Purchase" })),
        (OUTCOMES, json!({ "id": "outcome-2", "displayName": "Newsletter", "isActive": false })),
        (EVENT_DEFINITIONS, native_event("4283fe19-b3eb-5c7b-9470-71b34a87c22b", "BotStart", "Bot start")),
        (EVENT_DEFINITIONS, native_event("6eb77050-95f0-5a9a-afed-40115c7974d1", "AgentConnected", "Agent connected")),
        (
            EXTERNAL_EVENTS,
            json!({
                "id": "6b45c539-275a-56fc-a237-fa6e718d3176", "schemaId": "6b45c539-275a-56fc-a237-fa6e718d3176",
                "eventName": "order_shipped", "displayName": "Shipped", "rank": 1,
                "activationStatus": "Deactivated", "systemStatus": "New",
            }),
        ),
    ]
}

fn native_event(id: &str, name: &str, display_name: &str) -> Value {
    json!({
        "id": id, "source": "Native", "name": name, "displayName": display_name,
        "jsonSchema": {
            "$schema": "http://json-schema.org/draft-04/schema#", "title": name, "type": "object",
            "properties": { "channels": { "type": "string" }, "turnCount": { "type": "integer" } },
        },
    })
}

/// Returns a view of two elements, with a chart, for documentation examples.
pub(crate) fn example_view(id: &str) -> Value {
    let element = |id: &str, name: &str, event: &str, links: Value| json!({ "id": id, "name": name, "attributes": { "type": "Event", "id": event }, "followedBy": links });
    let agent = "1ffa046d-aa38-5c4d-9ec4-2be739baf39f";
    json!({
        "id": id, "name": "From bot to agent", "duration": "P30D",
        "elements": [
            element("ecbc4756-3b23-5221-9c70-131544944cb9", "Bot start", "4283fe19-b3eb-5c7b-9470-71b34a87c22b",
                json!([{ "id": agent, "constraintWithin": { "unit": "Minutes", "value": 60 } }])),
            element(agent, "Agent connected", "6eb77050-95f0-5a9a-afed-40115c7974d1", json!([])),
        ],
        "charts": [{
            "id": "0dcea0ec-00a0-592a-a971-614f4cd6e8e6", "name": "Agents a day", "groupByTime": "Day",
            "metrics": [{
                "id": "b991849f-2190-5ee0-aebd-d1f0cbb1a9ff", "elementId": agent, "aggregate": "CustomerCount",
                "displayLabel": "Customers",
            }],
        }],
    })
}

const NAMES: [&str; 5] = ["VIP", "Comparing prices", "Mobile campaign", "Back again", "Full basket"];
const KEYS: [&str; 3] = ["device.category", "browser.family", "geolocation.region"];

/// Returns the fields of the `n`th segment of an organisation. Another seed gives another organisation.
pub(crate) fn seeded_segment(seed: u64, n: usize) -> Value {
    let shift = if seed == 0 { 0 } else { Random::new(seed).below(1_000) };
    let m = n + shift;
    let name = NAMES.get(m % NAMES.len()).unwrap_or(&"Segment");
    let criterion = json!({
        "key": KEYS.get(m % KEYS.len()), "values": [format!("value {n}")], "operator": "equal",
        "shouldIgnoreCase": true, "entityType": "visit",
    });
    let event = json!({
        "criteria": [{
            "key": "page.title", "values": ["Offers"], "operator": "containsAny", "shouldIgnoreCase": m % 2 == 0,
        }],
        "count": 1 + m % 3, "streamType": "Web", "sessionType": "web",
    });
    json!({
        "displayName": format!("{name} {n}"),
        "isActive": n % 4 != 3,
        "color": format!("#{:06x}", (m * 7919) & 0xFF_FFFF),
        "shouldDisplayToAgent": m % 2 == 0,
        "context": { "patterns": [{ "criteria": [criterion] }] },
        "journey": { "patterns": if m % 2 == 0 { vec![event] } else { vec![] } },
    })
}

/// Returns whether no visitor is assigned to the `n`th segment, although it is active.
pub(crate) fn is_unassigned(n: usize) -> bool {
    n % 10 == 8
}

fn check_segment(fields: &Map<String, Value>) -> Option<Response> {
    if let Some(color) = fields.get("color").filter(|color| !color.is_null()) {
        let digits = color.as_str().and_then(|color| color.strip_prefix('#'));
        if digits.is_none_or(|digits| digits.len() != 6) {
            return Some(Response::invalid("color", "The color must be #rrggbb"));
        }
    }
    if fields.get("assignmentExpirationDays").and_then(Value::as_i64).is_some_and(|days| days < 0) {
        return Some(Response::invalid("assignmentExpirationDays", "The value must not be negative"));
    }
    check_criteria(fields)
}

/// Refuses patterns without criteria, and criteria that are no objects.
fn check_criteria(fields: &Map<String, Value>) -> Option<Response> {
    for part in ["context", "journey"] {
        let Some(value) = fields.get(part).filter(|value| !value.is_null()) else { continue };
        let patterns = value.get("patterns").filter(|patterns| !patterns.is_null());
        let is_list = value.is_object() && patterns.is_none_or(Value::is_array);
        let has_criteria = |pattern: &Value| {
            let criteria = pattern.get("criteria").and_then(Value::as_array);
            criteria.is_some_and(|criteria| !criteria.is_empty() && criteria.iter().all(Value::is_object))
        };
        if !is_list || !patterns.and_then(Value::as_array).into_iter().flatten().all(has_criteria) {
            return Some(Response::invalid(part, "A pattern must have criteria"));
        }
    }
    None
}

fn complete_segment(segment: &mut Map<String, Value>) {
    let is_external = segment.get("externalSegment").is_some_and(Value::is_object);
    segment.entry("scope").or_insert_with(|| json!(if is_external { "Customer" } else { "Session" }));
    complete_criteria(segment);
}

/// Adds the defaults of criteria.
fn complete_criteria(fields: &mut Map<String, Value>) {
    for part in ["context", "journey"] {
        let patterns = fields.get_mut(part).and_then(|part| part.get_mut("patterns")).and_then(Value::as_array_mut);
        for pattern in patterns.into_iter().flatten() {
            let criteria = pattern.get_mut("criteria").and_then(Value::as_array_mut);
            for criterion in criteria.into_iter().flatten().filter_map(Value::as_object_mut) {
                criterion.entry("shouldIgnoreCase").or_insert(json!(false));
                criterion.entry("operator").or_insert(json!("equal"));
            }
        }
    }
}
