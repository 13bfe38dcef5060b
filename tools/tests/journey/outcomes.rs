//! `backup`, `diff`, `restore` and `mirror` of outcomes, to which action maps refer.

use serde_json::{Value, json};

use super::kinds::{MAPS, named, patch};
use super::mirror::mirror;
use super::*;

pub const OUTCOMES: &str = "journey/outcomes";

/// An organisation with these outcomes only: ids and names.
fn with_outcomes<const N: usize>(outcomes: [(&str, &str); N]) -> StandIn {
    let service = StandIn::start();
    for id in ["outcome-1", "outcome-2"] {
        service.remove(OUTCOMES, id);
    }
    for (id, name) in outcomes {
        service.add(OUTCOMES, json!({ "id": id, "displayName": name }));
    }
    service
}

/// Adds a map with a condition of each kind on this outcome.
fn add_map(service: &StandIn, id: &str, name: &str, outcome: &str) {
    let condition = json!([{ "outcomeId": outcome, "probability": 0.5 }]);
    let quantile = json!([{ "outcomeId": outcome, "maxQuantileThreshold": 0.5 }]);
    let map = json!({
        "id": id, "displayName": name, "triggerWithOutcomeProbabilityConditions": condition,
        "triggerWithOutcomeQuantileConditions": quantile,
    });
    service.add(MAPS, map);
}

fn outcome_ids(map: &Value) -> Vec<&str> {
    let conditions = ["triggerWithOutcomeProbabilityConditions", "triggerWithOutcomeQuantileConditions"];
    conditions.iter().map(|field| map[field][0]["outcomeId"].as_str().unwrap()).collect()
}

fn with_file(service: &StandIn, subcommand: &str, file: &Path, args: &[&str]) -> Ended {
    let fast = [subcommand, file.to_str().unwrap(), "--initial-backoff", "5ms"];
    run(at(service), fast.into_iter().chain(args.iter().copied()))
}

fn backup(service: &StandIn, file: &Path, args: &[&str]) -> Ended {
    run(at(service), ["backup", "--output", file.to_str().unwrap()].into_iter().chain(args.iter().copied()))
}

#[test]
fn an_outcome_is_changed_back_and_a_map_refers_to_its_new_id() {
    let service = with_outcomes([("o1", "Booking"), ("o2", "Order")]);
    add_map(&service, "m1", "Map", "o1");
    let file = Folder::new("outcomes").file("journey.json");
    backup(&service, &file, &["--quiet"]).printed(0, "");
    patch(&service, OUTCOMES, "o2", json!({ "displayName": "Order", "isPositive": false }));
    service.remove(OUTCOMES, "o1");
    let expected = "gone outcome \"Booking\" (o1)\n\
        different outcome \"Order\" (o2)\n\x20   isPositive: true -> false\n\
        segments: none\noutcomes: 0 in sync, 1 gone, 1 different\naction templates: none\naction maps: 1 in sync\n";
    with_file(&service, "diff", &file, &[]).printed(3, expected);
    let Ended { out, .. } = with_file(&service, "restore", &file, &["--apply"]).code(0);
    assert!(out.contains("created outcome \"Booking\"") && out.contains("changed outcome \"Order\" (o2)"), "{out}");
    assert!(out.contains("changed action map \"Map\" (m1)"), "{out}");
    let new = named(&service, OUTCOMES, "Booking")["id"].as_str().unwrap().to_owned();
    assert_ne!(new, "o1");
    assert_eq!(outcome_ids(&named(&service, MAPS, "Map")), [new.as_str(); 2]);
    service.clear_requests();
    with_file(&service, "restore", &file, &["--apply"]).code(0);
    assert!(writes(&service).is_empty());
}

#[test]
fn a_mirrored_map_refers_to_the_outcome_of_the_same_name() {
    let source = with_outcomes([("s1", "Booking"), ("s2", "New")]);
    let target = with_outcomes([("t1", "Booking"), ("t old", "Old"), ("t kept", "Kept")]);
    add_map(&source, "sm1", "Map", "s1");
    add_map(&source, "sm2", "New map", "s2");
    add_map(&target, "tm1", "Map", "t old");
    let Ended { out, .. } = mirror(&source, &target, &["--prune"]).code(3);
    assert!(out.contains("would create outcome \"New\" (s2)") && writes(&target).is_empty(), "{out}");
    let Ended { out, .. } = mirror(&source, &target, &["--apply", "--prune"]).code(0);
    let summary = "segments: none\noutcomes: 1 in sync, 1 created, 2 deleted\naction templates: none\n\
                   action maps: 0 in sync, 1 changed, 1 created\n";
    assert!(out.ends_with(summary), "{out}");
    assert_eq!(outcome_ids(&named(&target, MAPS, "Map")), ["t1", "t1"]);
    let new = named(&target, OUTCOMES, "New")["id"].as_str().unwrap().to_owned();
    assert_eq!(outcome_ids(&named(&target, MAPS, "New map")), [new.as_str(); 2]);
    assert_eq!(target.all::<Value>(OUTCOMES).len(), 2);
    target.clear_requests();
    mirror(&source, &target, &["--apply", "--prune"]).code(0);
    assert!(writes(&target).is_empty());
}

#[test]
fn an_outcome_to_which_a_map_refers_is_not_deleted() {
    let (source, target) = (with_outcomes([("s1", "Booking")]), with_outcomes([("t1", "Booking"), ("t2", "Old")]));
    // Another outcome has no counterpart, so that the map keeps its own.
    add_map(&source, "sm1", "Map", "gone");
    add_map(&target, "tm1", "Map", "t2");
    let Ended { out, .. } = mirror(&source, &target, &["--apply", "--prune"]).code(2);
    let refers = "triggerWithOutcomeProbabilityConditions refers to outcome gone, which the source does not have";
    assert!(out.contains(refers), "{out}");
    assert!(out.contains("cannot be deleted: outcome \"Old\" (t2): action map \"Map\" (tm1) refers to it"), "{out}");
    assert_eq!(target.all::<Value>(OUTCOMES).len(), 2);
}

#[test]
fn a_map_that_is_not_mirrored_protects_what_it_refers_to() {
    let (source, target) = (with_outcomes([("s1", "Booking")]), with_outcomes([("t1", "Booking"), ("t2", "Old")]));
    add_map(&target, "tm1", "Map", "t2");
    let Ended { out, .. } = mirror(&source, &target, &["--only", "outcomes", "--apply", "--prune"]).code(2);
    assert!(out.contains("cannot be deleted: outcome \"Old\" (t2): action map \"Map\" (tm1) refers to it"), "{out}");
    assert_eq!((target.all::<Value>(OUTCOMES).len(), target.all::<Value>(MAPS).len()), (2, 1));
}

#[test]
fn outcomes_that_one_side_does_not_serve_are_neither_created_nor_deleted() {
    for is_source in [true, false] {
        let (source, target) = (with_outcomes([("s1", "Booking")]), with_outcomes([("t1", "Old")]));
        let lacking = if is_source { &source } else { &target };
        lacking.faults().status_for_request(2, 404);
        let Ended { err, .. } = mirror(&source, &target, &["--apply", "--prune"]).code(0);
        assert!(err.contains("left out: outcomes, which one of the organisations does not have"), "{err}");
        assert_eq!(target.all::<Value>(OUTCOMES).len(), 1);
        assert_eq!(target.all::<Value>(OUTCOMES)[0]["displayName"], "Old");
    }
    // A backup with outcomes, of an organisation that has none any more: this is no deletion of each.
    let service = with_outcomes([("o1", "Booking")]);
    let file = Folder::new("unserved").file("journey.json");
    backup(&service, &file, &[]).code(0);
    for subcommand in ["diff", "restore"] {
        service.faults().status_for_request(2, 404);
        let Ended { out, err, .. } = with_file(&service, subcommand, &file, &[]).code(2);
        assert!(out.is_empty() && err.contains("to leave out outcomes: --only"), "{out}{err}");
    }
}

#[test]
fn a_backup_names_outcomes_that_are_not_served_and_references_that_lead_nowhere() {
    let service = with_outcomes([("o1", "Booking")]);
    add_map(&service, "m1", "Map", "o1");
    let file = Folder::new("no-outcomes").file("journey.json");
    for (status, reason) in [(404, "does not have (404)"), (410, "no longer has (410)")] {
        service.faults().status_for_request(2, status);
        let Ended { err, .. } = backup(&service, &file, &[]).code(0);
        assert!(err.contains(&format!("\nleft out: outcomes, which the service {reason}\n")), "{err}");
        let note = format!("\nnot checked: references of action maps to 1 outcome, which the service {reason}\n");
        assert!(err.contains(&note) && !err.contains("does not exist"), "{err}");
        let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept.as_object().unwrap().keys().collect::<Vec<_>>(), ["actionMaps", "actionTemplates", "segments"]);
    }
}

#[test]
fn a_permission_for_outcomes_is_not_needed_for_maps() {
    let service = with_outcomes([("o1", "Booking")]);
    add_map(&service, "m1", "Map", "o1");
    let file = Folder::new("no-permission").file("journey.json");
    service.faults().status_for_request(2, 403);
    backup(&service, &file, &[]).failed(2, "to leave out outcomes: --only");
    service.faults().status_for_request(2, 403);
    let Ended { err, .. } = backup(&service, &file, &["--only", "segments,action-templates,action-maps"]).code(0);
    assert!(
        err.ends_with("not checked: references of action maps to 1 outcome, which this client may not read (403)\n")
    );
}
