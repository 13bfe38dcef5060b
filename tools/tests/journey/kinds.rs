//! `backup`, `diff` and `restore` of segments, action templates and action maps, which refer to each other.

use serde_json::{Value, json};

use super::*;

pub const SEGMENTS: &str = "journey/segments";
pub const TEMPLATES: &str = "journey/actiontemplates";
pub const MAPS: &str = "journey/actionmaps";

pub fn add_template(service: &StandIn, id: &str, name: &str) {
    let offer = json!({ "displayMode": "Toast", "title": "Boots", "style": { "position": { "top": "5px" } } });
    let template =
        json!({ "id": id, "name": name, "mediaType": "contentOffer", "state": "Active", "contentOffer": offer });
    service.add(TEMPLATES, template);
}

/// Adds a map that refers to segments and a template.
pub fn add_map(service: &StandIn, id: &str, name: &str, segments: &[&str], template: &str) {
    let action = json!({ "mediaType": "contentOffer", "actionTemplate": { "id": template } });
    let map = json!({ "id": id, "displayName": name, "triggerWithSegments": segments, "action": action });
    service.add(MAPS, map);
}

pub fn patch(service: &StandIn, path: &str, id: &str, fields: Value) {
    assert_eq!(service.call("PATCH", &format!("/api/v2/{path}/{id}"), fields).status, 200);
}

pub fn named(service: &StandIn, path: &str, name: &str) -> Value {
    let all: Vec<Value> = service.all(path);
    let is_named = |it: &Value| (it["displayName"] == name || it["name"] == name) && it["state"] != "Deleted";
    let mut found = all.into_iter().filter(is_named);
    let first = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "{name} exists twice");
    first
}

/// An organisation with a map for a segment and a template, and its backup.
fn backed_up(test: &str) -> (StandIn, FileInFolder) {
    let service = StandIn::start();
    service.add_segment(json!({ "id": "s1", "displayName": "VIP" }));
    service.add_segment(json!({ "id": "s2", "displayName": "Others" }));
    add_template(&service, "t1", "Boots");
    add_map(&service, "m1", "Boots for VIPs", &["s1", "s2"], "t1");
    let file = Folder::new(test).file("journey.json");
    backup(&service, &file, &["--quiet"]).printed(0, "");
    service.clear_requests();
    (service, file)
}

fn backup(service: &StandIn, file: &Path, args: &[&str]) -> Ended {
    run(at(service), ["backup", "--output", file.to_str().unwrap()].into_iter().chain(args.iter().copied()))
}

fn with_file(service: &StandIn, subcommand: &str, file: &Path, args: &[&str]) -> Ended {
    let fast = [subcommand, file.to_str().unwrap(), "--initial-backoff", "5ms"];
    run(at(service), fast.into_iter().chain(args.iter().copied()))
}

fn restore(service: &StandIn, file: &Path) -> Ended {
    with_file(service, "restore", file, &["--apply"])
}

const IN_SYNC: &str = "segments: 2 in sync\noutcomes: 2 in sync\naction templates: 1 in sync\naction maps: 1 in sync\n";

#[test]
fn a_backup_has_each_kind_and_names_what_it_lacks() {
    let (service, folder) = (StandIn::start(), Folder::new("kinds"));
    let file = folder.join("journey.json");
    service.seed_segments(3);
    add_template(&service, "t1", "Boots");
    add_template(&service, "t2", "Old boots");
    patch(&service, TEMPLATES, "t2", json!({ "state": "Deleted" }));
    let offer =
        json!({ "mediaType": "webMessagingOffer", "webMessagingOfferFields": { "architectFlow": { "id": "f" } } });
    let groups = json!({ "actionMapScheduleGroup": { "id": "g" } });
    let open = json!({ "mediaType": "openAction", "openActionFields": { "openAction": { "name": "Coupon" } } });
    for (name, action) in [("One", offer), ("Two", open)] {
        service.add(MAPS, json!({ "displayName": name, "action": action, "actionMapScheduleGroups": groups }));
    }
    add_map(&service, "m1", "Dangling", &["gone"], "t2");
    let Ended { out, err, .. } = backup(&service, &file, &[]).code(0);
    let expected = format!(
        "3 segments, 2 outcomes, 1 action template and 3 action maps written to {}\n\
         left out: 1 action template, marked as deleted\n\
         left out: 1 flow, 1 open action and 1 schedule group, to which action maps refer\n\
         action map \"Dangling\" (m1) refers to segment gone, which does not exist\n\
         action map \"Dangling\" (m1) refers to action template t2, which is marked as deleted\n",
        file.display()
    );
    assert_eq!((out.as_str(), err), ("", expected));
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let names = |kind: &str, field: &str| -> Vec<String> {
        kept[kind].as_array().unwrap().iter().map(|it| it[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("actionTemplates", "name"), ["Boots"]);
    assert_eq!(names("actionMaps", "displayName"), ["Dangling", "One", "Two"]);

    // The templates are read, too, since maps refer to them; they are not what was left out.
    let Ended { err, .. } = backup(&service, &file, &["--only", "action-maps"]).code(0);
    assert!(err.contains("refers to action template t2, which is marked as deleted\n"), "{err}");
    assert!(!err.contains("left out: 1 action template"), "{err}");

    let Ended { err, .. } = backup(&service, &file, &["--only", "segments"]).code(0);
    assert_eq!(err, format!("3 segments written to {}\n", file.display()));
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept.as_object().unwrap().keys().collect::<Vec<_>>(), ["segments"]);
    backup(&service, &file, &["--only", "action-templates,action-maps", "-q"]).printed(0, "");
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(kept.as_object().unwrap().keys().collect::<Vec<_>>(), ["actionMaps", "actionTemplates"]);
}

#[test]
fn a_missing_permission_names_the_option_that_leaves_a_kind_out() {
    let service = StandIn::start();
    let file = Folder::new("permission").file("journey.json");
    service.faults().status_for_request(4, 403);
    backup(&service, &file, &[]).failed(2, "to leave out action maps: --only");
    assert!(!file.exists());
    service.clear_requests();
    backup(&service, &file, &["--only", "segments", "-q"]).printed(0, "");
    let paths: Vec<String> = service.requests().into_iter().map(|seen| seen.raw_path).collect();
    assert_eq!(paths, ["/oauth/token", "/api/v2/journey/segments"]);
}

#[test]
fn references_to_a_kind_that_is_refused_are_kept_and_named() {
    let (service, file) = backed_up("refused");
    let only = ["--only", "action-maps"];
    // The lists in their order: segments, outcomes, templates, maps.
    for (list, status, note) in [
        (1, 403, "2 segments, which this client may not read (403)"),
        (1, 404, "2 segments, which the service does not have (404)"),
        (3, 410, "1 action template, which the service no longer has (410)"),
    ] {
        let refuse = || service.faults().status_for_request(list, status);
        let note = format!("not checked: references of action maps to {note}\n");
        refuse();
        let Ended { err, .. } = backup(&service, &file, &only).code(0);
        assert_eq!(err, format!("1 action map written to {}\n{note}", file.display()));
        let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(kept["actionMaps"][0]["triggerWithSegments"], json!(["s1", "s2"]));
        refuse();
        backup(&service, &file, &[only.as_slice(), &["-q"]].concat()).printed(0, "");

        refuse();
        let Ended { out, err, .. } = with_file(&service, "diff", &file, &only).code(0);
        assert_eq!((out.as_str(), err), ("action maps: 1 in sync\n", format!("journey: {note}")));
        let segments = json!({ "triggerWithSegments": ["s1"] });
        patch(&service, MAPS, "m1", segments);
        refuse();
        let Ended { out, err, .. } =
            with_file(&service, "restore", &file, &["--only", "action-maps", "--apply"]).code(0);
        assert!(out.contains("triggerWithSegments: [\"s1\"] -> [\"s1\",\"s2\"]\n"), "{out}");
        assert_eq!(err, format!("journey: {note}"));
    }
    // A kind that is selected is still needed, and a failure of another kind still ends the run.
    service.faults().status_for_request(1, 403);
    backup(&service, &file, &["--only", "segments,action-maps"]).failed(2, "to leave out segments: --only");
    service.faults().status_for_request(1, 500);
    backup(&service, &file, &only).failed(1, "500");
}

#[test]
fn a_reference_to_a_deleted_template_is_named_as_such() {
    let (service, file) = backed_up("deleted-template");
    add_template(&service, "t2", "Old");
    add_map(&service, "m2", "Second", &["s1"], "t2");
    patch(&service, TEMPLATES, "t2", json!({ "state": "Deleted" }));
    backup(&service, &file, &["-q"]).printed(0, "");
    service.call("DELETE", "/api/v2/journey/actionmaps/m2", ());
    let Ended { out, .. } = restore(&service, &file).code(2);
    assert!(out.contains("refers to action template t2, which is marked as deleted\n"), "{out}");
}

#[test]
fn a_backup_of_segments_only_is_still_read() {
    let (service, file) = backed_up("old-file");
    fs::write(&file, json!(service.segments()).to_string()).unwrap();
    let in_sync = "segments: 2 in sync\noutcomes: not in the file\naction templates: not in the file\naction maps: not in the file\n";
    with_file(&service, "diff", &file, &[]).printed(0, in_sync);
    patch(&service, SEGMENTS, "s1", json!({ "color": "#abcdef" }));
    let Ended { out, .. } = restore(&service, &file).code(0);
    assert!(out.starts_with("changed segment \"VIP\" (s1)\n"), "{out}");
    with_file(&service, "diff", &file, &["--only", "action-maps"]).failed(2, "has no action maps");
    assert!(service.requests().iter().all(|seen| !seen.raw_path.contains("action")));

    for (content, word) in [("{}", "no segments, outcomes"), (r#"{"segments":[],"flows":[]}"#, "flows"), ("[{}]", "id")]
    {
        fs::write(&file, content).unwrap();
        with_file(&service, "diff", &file, &[]).failed(2, word);
    }
}

#[test]
fn each_kind_of_change_is_shown_and_changed_back() {
    let (service, file) = backed_up("changes-of-kinds");
    with_file(&service, "diff", &file, &[]).printed(0, IN_SYNC);
    patch(&service, TEMPLATES, "t1", json!({ "contentOffer": { "title": "Shoes" }, "description": "Autumn" }));
    patch(&service, MAPS, "m1", json!({ "weight": 3, "triggerWithSegments": ["s1"] }));
    add_map(&service, "m2", "New", &["s1"], "t1");
    let expected = "different action template \"Boots\" (t1)\n\
        \x20   contentOffer.title: \"Boots\" -> \"Shoes\"\n\
        \x20   description: none -> \"Autumn\"\n\
        different action map \"Boots for VIPs\" (m1)\n\
        \x20   triggerWithSegments: [\"s1\",\"s2\"] -> [\"s1\"]\n\
        \x20   weight: 2 -> 3\n\
        new action map \"New\" (m2)\n\
        segments: 2 in sync\noutcomes: 2 in sync\naction templates: 0 in sync, 1 different\naction maps: 0 in sync, 1 different, 1 new\n";
    with_file(&service, "diff", &file, &[]).printed(3, expected);
    let Ended { out, .. } = with_file(&service, "diff", &file, &["--only", "action-maps"]).code(3);
    assert!(out.starts_with("different action map") && out.ends_with("\naction maps: 0 in sync, 1 different, 1 new\n"));

    let expected = "changed action template \"Boots\" (t1)\n\
        \x20   contentOffer.title: \"Shoes\" -> \"Boots\"\n\
        \x20   description: \"Autumn\" -> \"\"\n\
        changed action map \"Boots for VIPs\" (m1)\n\
        \x20   triggerWithSegments: [\"s1\"] -> [\"s1\",\"s2\"]\n\
        \x20   weight: 3 -> 2\n\
        segments: 2 in sync\noutcomes: 2 in sync\naction templates: 0 in sync, 1 changed\naction maps: 0 in sync, 1 changed\n";
    restore(&service, &file).printed(0, expected);
    restore(&service, &file).printed(0, IN_SYNC);
}

#[test]
fn a_restored_map_refers_to_the_new_ids() {
    let (service, file) = backed_up("new-ids");
    for (path, id) in [(MAPS, "m1"), (TEMPLATES, "t1"), (SEGMENTS, "s1")] {
        assert_eq!(service.call("DELETE", &format!("/api/v2/{path}/{id}"), ()).status, 204);
    }
    let Ended { out, .. } = with_file(&service, "restore", &file, &[]).code(3);
    assert_eq!(out.matches("would create ").count(), 3, "{out}");
    service.clear_requests();
    // The responses of the three creates are lost.
    service.faults().lose_responses(3);
    let Ended { out, .. } = restore(&service, &file).code(0);
    assert_eq!(out.matches("created ").count(), 3, "{out}");
    let created: Vec<String> =
        service.requests().into_iter().filter(|seen| seen.method == "POST").map(|seen| seen.raw_path).collect();
    assert_eq!(created[1..], [SEGMENTS, TEMPLATES, MAPS].map(|path| format!("/api/v2/{path}")));
    let map = named(&service, MAPS, "Boots for VIPs");
    assert_eq!(map["triggerWithSegments"], json!([named(&service, SEGMENTS, "VIP")["id"], "s2"]));
    assert_eq!(map["action"]["actionTemplate"]["id"], named(&service, TEMPLATES, "Boots")["id"]);
    assert_ne!(map["action"]["actionTemplate"]["id"], "t1", "the deleted template stays deleted");
    // A new id is no difference.
    with_file(&service, "diff", &file, &[]).printed(0, IN_SYNC);
    restore(&service, &file).printed(0, IN_SYNC);
}

#[test]
fn maps_alone_refer_to_present_segments() {
    let (service, file) = backed_up("maps-alone");
    backup(&service, &file, &["--only", "action-maps", "-q"]).printed(0, "");
    patch(&service, MAPS, "m1", json!({ "triggerWithSegments": [] }));
    let expected = "changed action map \"Boots for VIPs\" (m1)\n    triggerWithSegments: [] -> [\"s1\",\"s2\"]\n\
        segments: not in the file\noutcomes: not in the file\naction templates: not in the file\naction maps: 0 in sync, 1 changed\n";
    restore(&service, &file).printed(0, expected);
}

#[test]
fn a_dry_run_names_the_entities_that_it_would_create() {
    let (service, file) = backed_up("dry-run-of-kinds");
    service.call("DELETE", "/api/v2/journey/segments/s1", ());
    patch(&service, MAPS, "m1", json!({ "triggerWithSegments": ["s2"] }));
    let Ended { out, .. } = with_file(&service, "restore", &file, &[]).code(3);
    let change = "    triggerWithSegments: [\"s2\"] -> [\"new segment \\\"VIP\\\"\",\"s2\"]\n";
    assert!(out.contains(&format!("would change action map \"Boots for VIPs\" (m1)\n{change}")), "{out}");
}

#[test]
fn a_reference_to_a_lost_entity_is_left_alone_and_named() {
    let (service, file) = backed_up("lost-reference");
    add_map(&service, "m2", "Second", &["s1"], "t1");
    backup(&service, &file, &["-q"]).printed(0, "");
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut backup: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        edit(&mut backup);
        fs::write(&file, backup.to_string()).unwrap();
    };
    edit(&|backup| {
        backup["actionMaps"][0]["triggerWithSegments"] = json!(["s1", "lost"]);
        backup["actionMaps"][0]["weight"] = json!(3);
        backup["actionMaps"][1]["action"]["actionTemplate"]["id"] = json!("lost");
    });
    service.call("DELETE", "/api/v2/journey/actionmaps/m2", ());
    let Ended { out, err, .. } = restore(&service, &file).code(2);
    let expected = "cannot be made the same: action map \"Boots for VIPs\" (m1): triggerWithSegments refers to segment \
        lost, which does not exist\n\
        changed action map \"Boots for VIPs\" (m1)\n    weight: 2 -> 3\n\
        cannot be created: action map \"Second\" (m2): action.actionTemplate refers to action template lost, which does \
        not exist\n";
    assert!(out.starts_with(expected), "{out}");
    assert!(err.lines().count() == 1 && err.contains("(m1) cannot be made the same: triggerWith"), "{err}");
    let map: Value = service.get(MAPS, "m1").unwrap();
    assert_eq!((&map["triggerWithSegments"], &map["weight"]), (&json!(["s1", "s2"]), &json!(3)));

    // The same lost reference in both is no difference.
    patch(&service, MAPS, "m1", json!({ "triggerWithSegments": ["lost", "s1"] }));
    edit(&|backup| drop(backup["actionMaps"].as_array_mut().unwrap().pop()));
    restore(&service, &file).printed(0, IN_SYNC);
}

#[test]
fn a_map_waits_for_a_segment_that_failed() {
    let (service, file) = backed_up("waits");
    service.call("DELETE", "/api/v2/journey/segments/s1", ());
    patch(&service, MAPS, "m1", json!({ "triggerWithSegments": ["s2"] }));
    service.faults().lose_writes(1);
    let Ended { out, .. } = with_file(&service, "restore", &file, &["--apply", "--deadline", "1s"]).code(1);
    assert!(out.contains("failed segment \"VIP\"") && out.ends_with("action maps: 0 in sync, 1 not tried\n"), "{out}");
    service.faults().clear();
    restore(&service, &file).code(0);
    with_file(&service, "diff", &file, &[]).printed(0, IN_SYNC);
}
