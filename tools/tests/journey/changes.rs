//! `backup`, `diff` and `restore`.

use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_journey::Update;
use genesys_journey::criteria::Operator;
use genesys_journey::segments::{self, ExternalSegment, NewSegment, Segment, SegmentUpdate};
use genesys_stand_in::{Response, config};
use serde_json::{Value, json};

use super::*;

/// An organisation and its backup.
fn backed_up(test: &str) -> (StandIn, FileInFolder) {
    let service = StandIn::start();
    service.seed_segments(5);
    let file = Folder::new(test).file("segments.json");
    backup(&service, &file, &[]).code(0);
    service.clear_requests();
    (service, file)
}

fn backup(service: &StandIn, file: &Path, args: &[&str]) -> Ended {
    run(at(service), ["backup", "--output", file.to_str().unwrap()].into_iter().chain(args.iter().copied()))
}

fn diff(service: &StandIn, file: &Path) -> Ended {
    run(at(service), ["diff", file.to_str().unwrap()])
}

fn restore(service: &StandIn, file: &Path, args: &[&str]) -> Ended {
    let fast = ["--initial-backoff", "5ms"];
    run(at(service), ["restore", file.to_str().unwrap()].into_iter().chain(fast).chain(args.iter().copied()))
}

fn named(service: &StandIn, name: &str) -> Segment {
    segments::find_by_name(&config!(service), name).unwrap().unwrap()
}

fn change(service: &StandIn, name: &str, update: SegmentUpdate) {
    segments::update(&config!(service), &named(service, name).id, &update).unwrap();
}

fn edit_file(file: &Path, edit: impl FnOnce(&mut Vec<Value>)) {
    let mut backup: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    edit(backup["segments"].as_array_mut().unwrap());
    fs::write(file, backup.to_string()).unwrap();
}

#[test]
fn a_backup_holds_every_segment_and_is_the_same_twice() {
    let (service, folder) = (StandIn::start(), Folder::new("backup"));
    service.seed_segments(120);
    let file = folder.join("segments.json");
    let Ended { out, err, .. } = backup(&service, &file, &[]).code(0);
    assert_eq!(
        (out, err),
        (
            String::new(),
            format!("120 segments, 2 outcomes, 0 action templates and 0 action maps written to {}\n", file.display())
        )
    );
    let first = fs::read(&file).unwrap();
    let kept: Value = serde_json::from_slice(&first).unwrap();
    let mut there = service.segments();
    there.sort_by_key(|segment| segment["displayName"].as_str().unwrap().to_owned());
    let outcomes = ["outcome-2", "outcome-1"].map(|id| service.get::<Value>("journey/outcomes", id));
    assert_eq!(kept, json!({ "segments": there, "outcomes": outcomes, "actionTemplates": [], "actionMaps": [] }));

    backup(&service, &file, &["--quiet"]).printed(0, "");
    assert_eq!(fs::read(&file).unwrap(), first);
    run(at(&service), ["backup"]).printed(0, &String::from_utf8(first).unwrap());
    assert_eq!(files(&folder), ["segments.json"]);
}

#[test]
fn a_failed_backup_keeps_the_one_before() {
    let (service, file) = backed_up("failed-backup");
    let before = fs::read(&file).unwrap();
    service.respond_next([Response::text(500, "")]);
    backup(&service, &file, &[]).failed(1, "500");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(files(file.parent().unwrap()), ["segments.json"]);
}

#[test]
fn an_incomplete_list_keeps_the_backup_before() {
    let (service, file) = backed_up("incomplete-backup");
    let before = fs::read(&file).unwrap();
    // Another segment is missing from each response.
    let requests = AtomicUsize::new(0);
    service.faults().mutate_lists(move |page| {
        let entities = page["entities"].as_array_mut().unwrap();
        if !entities.is_empty() {
            entities.remove(requests.fetch_add(1, Ordering::Relaxed) % entities.len());
        }
    });
    backup(&service, &file, &["--initial-backoff", "1ms"]).failed(1, "incomplete");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn order_version_and_dates_are_no_difference() {
    let (service, file) = backed_up("order");
    let segment = named(&service, "VIP 0");
    let mut context = segment.context.unwrap();
    let mut second = context.patterns[0].clone();
    second.criteria[0].values = vec!["a".into(), "b".into()];
    context.patterns.push(second);
    edit_file(&file, |all| all.iter_mut().find(|it| it["id"] == *segment.id).unwrap()["context"] = json!(context));
    context.patterns.reverse();
    context.patterns[0].criteria[0].values.reverse();
    change(&service, "VIP 0", SegmentUpdate { context: context.into(), ..Default::default() });
    diff(&service, &file).printed(0, &summary("5 in sync"));
    run(at(&service), ["diff", "--quiet", file.to_str().unwrap()]).printed(0, "");
}

#[test]
fn only_the_changed_part_of_a_pattern_is_shown() {
    let (service, file) = backed_up("patterns");
    let segment = named(&service, "VIP 0");
    let mut context = segment.context.unwrap();
    let mut second = context.patterns[0].clone();
    context.patterns[0].criteria[0].values = vec!["1".into(), "2".into()];
    second.criteria[0].values = vec!["a".into(), "b".into()];
    context.patterns.push(second);
    edit_file(&file, |all| all.iter_mut().find(|it| it["id"] == *segment.id).unwrap()["context"] = json!(context));
    context.patterns.reverse();
    context.patterns[0].criteria[0].operator = Some(Operator::NotEqual);
    change(&service, "VIP 0", SegmentUpdate { context: context.into(), ..Default::default() });
    let change = "    context.patterns[1].criteria[0].operator: \"equal\" -> \"notEqual\"";
    diff(&service, &file).printed(
        3,
        &format!("different segment \"VIP 0\" ({})\n{change}\n{}", segment.id, summary("4 in sync, 1 different")),
    );
}

/// Makes each kind of change, and returns what `diff` prints.
fn drift(service: &StandIn, file: &Path) -> String {
    edit_file(file, |all| {
        let back_again = all.iter_mut().find(|it| it["displayName"] == "Back again 3").unwrap();
        back_again["description"] = json!("Was here \"before\"");
        back_again["assignmentExpirationDays"] = json!(7);
    });
    let comparing = named(service, "Comparing prices 1");
    let mut context = comparing.context.unwrap();
    context.patterns[0].criteria[0].values.push("more".into());
    let update = SegmentUpdate {
        display_name: Some("Comparing".into()),
        is_active: Some(!comparing.is_active),
        description: "Now here".into(),
        assignment_expiration_days: 3.into(),
        context: context.into(),
        ..Default::default()
    };
    change(service, "Comparing prices 1", update);
    change(service, "Mobile campaign 2", SegmentUpdate { journey: Update::Clear, ..Default::default() });
    let gone = named(service, "Full basket 4").id;
    segments::delete(&config!(service), &gone).unwrap();
    let new = segments::create(&config!(service), &NewSegment::new("Newcomers")).unwrap().id;
    let id = |name: &str| named(service, name).id;
    let pattern = r#"{"count":3,"criteria":[{"key":"page.title","operator":"containsAny","shouldIgnoreCase":true,"values":["Offers"]}],"sessionType":"web","streamType":"Web"}"#;
    format!(
        "different segment \"Back again 3\" ({})\n\
         \x20   assignmentExpirationDays: 7 -> none\n\
         \x20   description: \"Was here \\\"before\\\"\" -> none\n\
         different segment \"Comparing prices 1\" ({})\n\
         \x20   assignmentExpirationDays: none -> 3\n\
         \x20   context.patterns[0].criteria[0].values: [\"value 1\"] -> [\"value 1\",\"more\"]\n\
         \x20   description: none -> \"Now here\"\n\
         \x20   displayName: \"Comparing prices 1\" -> \"Comparing\"\n\
         \x20   isActive: true -> false\n\
         gone segment \"Full basket 4\" ({gone})\n\
         different segment \"Mobile campaign 2\" ({})\n\
         \x20   journey.patterns[0]: {pattern} -> none\n\
         new segment \"Newcomers\" ({new})\n",
        id("Back again 3"),
        id("Comparing"),
        id("Mobile campaign 2"),
    )
}

#[test]
fn diff_shows_each_changed_field() {
    let (service, file) = backed_up("drift");
    let expected = drift(&service, &file);
    diff(&service, &file).printed(3, &(expected + &summary("1 in sync, 3 different, 1 gone, 1 new")));
    assert!(writes(&service).len() == 4, "those of this test");
}

#[test]
fn diff_as_csv_and_json_has_a_row_for_each_change() {
    let (service, file) = backed_up("drift-csv");
    drift(&service, &file);
    let Ended { out, .. } = run(at(&service), ["diff", "--format", "csv", file.to_str().unwrap()]).code(3);
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2 + 5 + 1 + 1 + 1);
    assert_eq!(rows[0][1], "segment");
    assert_eq!(rows[0][3..], ["Back again 3", "assignmentExpirationDays", "7", "", ""]);
    let Ended { out, .. } = run(at(&service), ["diff", "--format", "json", file.to_str().unwrap()]).code(3);
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(rows.len(), 10);
    assert_eq!((&rows[0]["old"], &rows[0]["new"]), (&json!(7), &Value::Null));
}

#[test]
fn restore_without_apply_only_shows_the_changes() {
    let (service, file) = backed_up("dry-run");
    drift(&service, &file);
    let before = service.segments();
    service.clear_requests();
    let Ended { out, err, .. } = restore(&service, &file, &[]).code(3);
    assert_eq!(out.lines().filter(|line| line.starts_with("would change ")).count(), 3, "{out}");
    assert!(out.contains("    displayName: \"Comparing\" -> \"Comparing prices 1\"\n"), "{out}");
    assert!(out.contains("would create segment \"Full basket 4\""), "{out}");
    assert!(out.ends_with(&summary("1 in sync, 3 would change, 1 would create")) && err.is_empty(), "{out}{err}");
    assert!(writes(&service).is_empty());
    assert_eq!(service.segments(), before);
}

#[test]
fn restore_changes_back_and_leaves_new_segments_alone() {
    let (service, file) = backed_up("restore");
    drift(&service, &file);
    let dry = restore(&service, &file, &[]).code(3).out;
    service.clear_requests();
    let Ended { out, .. } = restore(&service, &file, &["--apply"]).code(0);
    assert!(out.ends_with(&summary("1 in sync, 3 changed, 1 created")), "{out}");
    let changes = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.contains("create"));
        lines.map(|line| line.replace("would change", "changed")).collect()
    };
    assert_eq!(changes(&out), changes(&dry));
    assert_eq!(writes(&service), ["PATCH", "PATCH", "PATCH", "POST"]);

    let new =
        format!("new segment \"Newcomers\" ({})\n{}", named(&service, "Newcomers").id, summary("5 in sync, 1 new"));
    diff(&service, &file).printed(3, &new);
    service.clear_requests();
    restore(&service, &file, &["--apply"]).printed(0, &summary("5 in sync"));
    assert!(writes(&service).is_empty());
}

#[test]
fn restore_survives_lost_responses() {
    let (service, file) = backed_up("lost-responses");
    change(&service, "Back again 3", SegmentUpdate { color: "#ABCDEF".into(), ..Default::default() });
    segments::delete(&config!(service), &named(&service, "Full basket 4").id).unwrap();
    service.faults().lose_responses(2);
    let Ended { out, err, .. } = restore(&service, &file, &["--apply"]).code(0);
    assert!(
        out.contains("color: \"#ABCDEF\" -> ") && out.ends_with(&summary("3 in sync, 1 changed, 1 created")),
        "{out}{err}"
    );
    diff(&service, &file).printed(0, &summary("5 in sync"));
}

#[test]
fn a_failed_segment_does_not_stop_the_others() {
    let (service, file) = backed_up("half-way");
    for name in ["Back again 3", "Comparing prices 1"] {
        change(&service, name, SegmentUpdate { color: "#ABCDEF".into(), ..Default::default() });
    }
    // After the four lists comes the read of the first.
    service.faults().status_for_request(5, 500);
    let Ended { out, err, .. } = restore(&service, &file, &["--apply", "--format", "csv"]).code(1);
    let failed = named(&service, "Back again 3").id;
    assert!(out.contains(&format!("failed,segment,{failed},Back again 3,")), "{out}");
    assert!(out.contains("changed,") && err.lines().count() == 1 && err.contains("500"), "{out}{err}");
    restore(&service, &file, &["--apply"]).code(0);
    diff(&service, &file).printed(0, &summary("5 in sync"));
}

#[test]
fn restore_shows_unchangeable_fields_and_does_the_rest() {
    let service = StandIn::start();
    let file = Folder::new("cannot").file("segments.json");
    let external = |id: &str| ExternalSegment { id: id.into(), name: "Theirs".into(), source: None };
    let mirror = NewSegment { external_segment: Some(external("1")), ..NewSegment::new("Mirror") };
    let twins = ["Twin", "Twin", "Other"].map(|name| service.add_segment(json!({ "displayName": name })));
    segments::create(&config!(service), &mirror).unwrap();
    backup(&service, &file, &[]).code(0);

    segments::delete(&config!(service), &named(&service, "Mirror").id).unwrap();
    segments::create(&config!(service), &NewSegment { external_segment: Some(external("2")), ..mirror }).unwrap();
    segments::delete(&config!(service), &twins[0]).unwrap();
    segments::delete(&config!(service), &twins[2]).unwrap();
    let Ended { out, .. } = diff(&service, &file).code(3);
    assert!(out.contains("    externalSegment: {\"id\":\"1\",\"name\":\"Theirs\""), "{out}");
    service.clear_requests();
    let Ended { out, err, .. } = restore(&service, &file, &["--apply"]).code(2);
    assert_eq!(writes(&service), ["POST"]);
    assert!(out.starts_with("cannot be made the same: segment \"Mirror\""), "{out}");
    let twin = format!("cannot be created: segment \"Twin\" ({}): 2 segments of the file have this name", twins[0]);
    assert!(out.contains(&twin) && out.contains("created segment \"Other\""), "{out}");
    assert!(err.lines().count() == 1 && err.contains("\"Mirror\"") && err.contains("1 more"), "{err}");
}

#[test]
fn a_file_that_is_no_backup_is_named() {
    run(journey(), ["diff", "missing.json"]).failed(2, "missing.json");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    run(journey(), ["restore", manifest]).failed(2, "not a backup");
}
