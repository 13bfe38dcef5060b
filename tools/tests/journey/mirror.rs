//! `mirror`.

use std::collections::{BTreeMap, BTreeSet};

use genesys_journey::segments::{Segment, diff_exact};
use serde_json::{Map, Value, json};

use super::kinds::{MAPS, SEGMENTS, TEMPLATES};
use super::outcomes::OUTCOMES;
use super::*;

pub fn mirror(source: &StandIn, target: &StandIn, args: &[&str]) -> Ended {
    run(program(source, target), args.iter().copied())
}

fn program(source: &StandIn, target: &StandIn) -> Command {
    let mut program = journey();
    credentials(&mut program, "SOURCE_", source);
    credentials(&mut program, "TARGET_", target);
    program.args(["mirror", "--initial-backoff", "20ms"]);
    program
}

pub fn segment(name: &str, fields: Value) -> Value {
    let mut segment = json!({ "displayName": name });
    segment.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    segment
}

fn context(value: &str) -> Value {
    let criterion = json!({ "key": "device.category", "values": [value], "operator": "equal", "shouldIgnoreCase": true, "entityType": "visit" });
    json!({ "patterns": [{ "criteria": [criterion] }] })
}

#[test]
fn a_dry_run_shows_each_state_and_writes_nothing() {
    let (source, target) = (StandIn::start(), StandIn::start());
    for (name, fields) in [("Same", json!({})), ("Other", json!({ "color": "#000000" })), ("New", json!({}))] {
        source.add_segment(segment(name, fields));
    }
    target.add_segment(segment("Same", json!({ "id": "t1" })));
    target.add_segment(segment("Other", json!({ "id": "t2", "color": "#ffffff", "description": "Theirs" })));
    target.add_segment(segment("Old", json!({ "id": "t4" })));
    let before = target.segments();
    let shown = |shown: &str| {
        let new = source.segments().into_iter().find(|it| it["displayName"] == "New").unwrap();
        format!(
            "would change segment \"Other\" (t2)\n    color: \"#ffffff\" -> \"#000000\"\n    description: \"Theirs\" -> none\n\
             would create segment \"New\" ({})\n{shown}",
            new["id"].as_str().unwrap()
        )
    };
    let without = shown(&summary("1 in sync, 1 would change, 1 would create, 1 only in the target"));
    mirror(&source, &target, &[]).printed(3, &without);
    let old = summary("1 in sync, 1 would change, 1 would create, 1 would delete");
    mirror(&source, &target, &["--prune"]).printed(3, &shown(&format!("would delete segment \"Old\" (t4)\n{old}")));
    assert_eq!(target.segments(), before);
    assert!(writes(&source).is_empty() && writes(&target).is_empty());

    let Ended { out, .. } = mirror(&source, &target, &["--apply"]).code(0);
    assert!(out.ends_with(&summary("1 in sync, 1 changed, 1 created, 1 only in the target")), "{out}");
    assert_eq!(target.segments().len(), 4, "nothing is deleted without --prune");
    let deleted = format!("deleted segment \"Old\" (t4)\n{}", summary("3 in sync, 1 deleted"));
    mirror(&source, &target, &["--apply", "--prune"]).printed(0, &deleted);
    target.clear_requests();
    mirror(&source, &target, &["--apply", "--prune"]).printed(0, &summary("3 in sync"));
    mirror(&source, &target, &["--quiet"]).printed(0, "");
    assert!(writes(&source).is_empty() && writes(&target).is_empty());
}

#[test]
fn unchangeable_fields_and_ambiguous_names_need_attention() {
    let (source, target) = (StandIn::start(), StandIn::start());
    source.add_segment(segment("Scoped", json!({ "scope": "Customer", "color": "#000000" })));
    source.add_segment(segment("Twice", json!({ "id": "s2" })));
    source.add_segment(segment("Once", json!({ "id": "s3" })));
    source.add_segment(segment("Once", json!({ "id": "s4" })));
    target.add_segment(segment("Scoped", json!({ "id": "t1", "color": "#ffffff" })));
    target.add_segment(segment("Twice", json!({ "color": "#ffffff" })));
    target.add_segment(segment("Twice", json!({})));
    let before = target.segments();
    let report = |change: &str| {
        format!(
            "cannot be matched: segment \"Once\" (s3): 2 of the source and 0 of the target have this name\n\
             cannot be matched: segment \"Twice\" (s2): 1 of the source and 2 of the target have this name\n\
             {change} segment \"Scoped\" (t1)\n    color: \"#ffffff\" -> \"#000000\"\n\
             cannot be made the same: segment \"Scoped\" (t1)\n    scope: \"Session\" -> \"Customer\"\n\
             {}",
            summary(&format!("0 in sync, 2 cannot be matched, 1 {change}, 1 cannot be made the same"))
        )
    };
    for (args, change) in [(&["--prune"][..], "would change"), (&["--apply", "--prune"], "changed")] {
        let Ended { out, err, .. } = mirror(&source, &target, args).code(2);
        assert_eq!(out, report(change));
        assert!(err.lines().count() == 1 && err.contains("segment \"Once\" (s3) cannot be matched"), "{err}");
    }
    assert_eq!(target.segments().len(), 3);
    assert_eq!(target.segments()[1..], before[1..]);
    assert_eq!(writes(&target), ["PATCH"]);
}

#[test]
fn defaults_of_the_service_are_cleared_after_a_create() {
    let (source, target) = (StandIn::start(), StandIn::start());
    let id = source.add_segment(segment("Plain", json!({})));
    clear_color(&source, &id);
    let Ended { out, .. } = mirror(&source, &target, &["--apply"]).code(0);
    let id = target.segments()[0]["id"].as_str().unwrap().to_owned();
    let lines = ["created", "changed"].map(|action| format!("{action} segment \"Plain\" ({id})\n"));
    let change = "    color: \"#008000\" -> none\n".to_owned() + &summary("0 in sync, 1 created, 1 changed");
    assert_eq!(out, lines.concat() + &change);
    mirror(&source, &target, &[]).printed(0, &summary("1 in sync"));
}

pub fn clear_color(service: &StandIn, id: &str) {
    service.call("PATCH", &format!("/api/v2/journey/segments/{id}"), json!({ "color": null }));
}

#[test]
fn a_deletion_is_visible_before_the_run_ends() {
    let (source, target) = (StandIn::start(), StandIn::start());
    source.add_segment(segment("Same", json!({})));
    target.add_segment(segment("Same", json!({ "id": "t1" })));
    target.add_segment(segment("Old", json!({ "id": "t2" })));
    target.faults().lag_reads(3);
    let deleted = format!("deleted segment \"Old\" (t2)\n{}", summary("1 in sync, 1 deleted"));
    mirror(&source, &target, &["--apply", "--prune"]).printed(0, &deleted);
    mirror(&source, &target, &["--prune"]).printed(0, &summary("1 in sync"));
}

#[test]
fn an_empty_source_prunes_nothing() {
    let (source, target) = (StandIn::start(), StandIn::start());
    target.seed_segments(3);
    for id in ["outcome-1", "outcome-2"] {
        source.remove("journey/outcomes", id);
    }
    mirror(&source, &target, &["--apply", "--prune"]).failed(2, "no entities");
    assert_eq!(target.segments().len(), 3);
}

#[test]
fn nothing_is_deleted_after_a_failure() {
    let (source, target) = (StandIn::start(), StandIn::start());
    source.add_segment(segment(" VIP ", json!({})));
    target.add_segment(segment("VIP", json!({})));
    target.faults().rewrite_names(|name| name.trim().to_owned());
    let Ended { out, err, .. } = mirror(&source, &target, &["--apply", "--prune"]).code(2);
    assert!(out.contains("failed segment \" VIP \"") && out.contains("1 only in the target"), "{out}");
    assert!(err.contains("use that name"), "{err}");
    assert_eq!(target.segments().len(), 1);
}

#[test]
fn one_organisation_is_no_mirror_of_itself() {
    let service = StandIn::start();
    mirror(&service, &service, &["--apply"]).failed(2, "the same organisation");
}

#[test]
fn a_lost_network_ends_the_run_soon() {
    let (source, target) = (StandIn::start(), StandIn::start());
    source.seed_segments(30);
    target.faults().lose_writes(1_000);
    let Ended { out, err, .. } = mirror(&source, &target, &["--apply", "--deadline", "3s"]).code(1);
    assert!(out.lines().filter(|line| line.starts_with("failed ")).count() >= 3, "{out}");
    assert!(out.contains(" not tried\n"), "{out}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(target.segments().is_empty());
}

#[test]
#[cfg(unix)]
fn after_a_signal_the_report_shows_each_write() {
    let (source, target) = (StandIn::start(), StandIn::start());
    let folder = Folder::new("mirror-signal");
    let file = folder.join("report.csv");
    source.seed_segments(40);
    target.seed_segments(40);
    for segment in target.segments() {
        let id = segment["id"].as_str().unwrap();
        target.call("PATCH", &format!("/api/v2/journey/segments/{id}"), json!({ "description": "Theirs" }));
    }
    let before = by_id(&target);
    target.clear_requests();
    target.faults().latency(std::time::Duration::from_millis(30));
    let args = ["--apply", "--format", "csv", "--output", file.to_str().unwrap()];
    let running = super::operator::Running::start(program(&source, &target), args);
    wait_until(|| !writes(&target).is_empty());
    running.signal("INT");
    running.end().failed(130, "ending after the current write");
    let printed = Printed::read(&fs::read_to_string(&file).unwrap());
    printed.check(&before, &by_id(&target));
    assert!((1..40).contains(&printed.changed.len()), "{printed:?}");
    assert_eq!(files(&folder), ["report.csv"]);
}

/// The entities of an organisation, without the fields that a mirror does not copy, and without empty values.
pub fn by_id(service: &StandIn) -> BTreeMap<String, Map<String, Value>> {
    let content = |entity: Value| {
        let Value::Object(mut fields) = without_empty(entity) else { panic!("no object") };
        let id = fields["id"].as_str().unwrap().to_owned();
        fields
            .retain(|field, _| !["id", "version", "selfUri", "createdDate", "modifiedDate"].contains(&field.as_str()));
        (id, fields)
    };
    let all = [SEGMENTS, OUTCOMES, TEMPLATES, MAPS].into_iter().flat_map(|path| service.all::<Value>(path));
    all.filter(|entity| entity["state"] != "Deleted").map(content).collect()
}

/// Removes the values from an object that a mirror treats as absent.
fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| [json!(null), json!(""), json!(false), json!([]), json!({})].contains(value);
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(field, value)| (field, without_empty(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_empty).collect()),
        value => value,
    }
}

fn name(fields: &Map<String, Value>) -> &str {
    fields.get("displayName").or(fields.get("name")).and_then(Value::as_str).unwrap()
}

/// The report of a run, by ids; of changed segments the fields.
#[derive(Debug, Default)]
struct Printed {
    created: BTreeSet<String>,
    changed: BTreeMap<String, BTreeSet<String>>,
    deleted: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl Printed {
    fn read(csv: &str) -> Printed {
        let mut printed = Printed::default();
        for row in csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap) {
            let (id, name, field) = (row[2].to_owned(), row[3].to_owned(), &row[4]);
            let field = field.split(['.', '[']).next().unwrap().to_owned();
            match &row[0] {
                "created" => drop(printed.created.insert(id)),
                "changed" => drop(printed.changed.entry(id).or_default().insert(field)),
                "deleted" => drop(printed.deleted.insert(id)),
                "failed" => drop(printed.failed.insert(name)),
                other => panic!("{other}"),
            }
        }
        printed
    }

    /// Compares the report with the states before and after the run. A failed write may have been processed.
    fn check(&self, before: &BTreeMap<String, Map<String, Value>>, after: &BTreeMap<String, Map<String, Value>>) {
        let has_failed = |fields: &Map<String, Value>| self.failed.contains(name(fields));
        for (id, fields) in after {
            match before.get(id) {
                None => assert!(self.created.contains(id) || has_failed(fields), "{id} was created: {self:?}"),
                Some(old) => {
                    let keys = old.keys().chain(fields.keys());
                    let differs = |key: &&String| old.get(*key) != fields.get(*key);
                    let changed: BTreeSet<String> = keys.filter(differs).cloned().collect();
                    let shown = self.changed.get(id).cloned().unwrap_or_default();
                    assert!(shown == changed || has_failed(fields), "{id} changed in {changed:?}: {self:?}");
                }
            }
        }
        for (id, fields) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
            assert!(self.deleted.contains(id) || has_failed(fields), "{id} was deleted: {self:?}");
        }
        assert!(self.created.iter().all(|id| after.contains_key(id) && !before.contains_key(id)), "{self:?}");
        assert!(self.deleted.iter().all(|id| before.contains_key(id) && !after.contains_key(id)), "{self:?}");
    }
}

/// Pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    /// A segment with some of the fields.
    pub fn segment(&mut self, name: &str) -> Value {
        let mut fields = json!({});
        if self.below(2) == 0 {
            fields["description"] = json!(format!("Text {}", self.below(3)));
        }
        if self.below(2) == 0 {
            fields["color"] = json!(format!("#00000{}", self.below(3)));
        }
        if self.below(2) == 0 {
            fields["assignmentExpirationDays"] = json!(self.below(3));
        }
        if self.below(2) == 0 {
            fields["context"] = context(["mobile", "tablet", "desktop"][self.below(3) as usize]);
        }
        fields["isActive"] = json!(self.below(2) == 0);
        fields["shouldDisplayToAgent"] = json!(self.below(2) == 0);
        segment(name, fields)
    }
}

#[test]
fn a_mirror_through_faults_is_exact() {
    for_seeds(20, mirror_through_faults);
}

/// Calls a test with each seed from 0, in four threads.
pub fn for_seeds(seeds: u64, test: fn(u64)) {
    let seeds = std::env::var("MIRROR_SEEDS").map_or(seeds, |seeds| seeds.parse().unwrap());
    let next = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    test(seed);
                }
            });
        }
    });
}

/// Runs a mirror with injected faults until it has succeeded, and compares each report with the changes.
pub fn run_through_faults(seed: u64, random: &mut Random, source: &StandIn, target: &StandIn) {
    let mut codes = Vec::new();
    for attempt in 0..10 {
        if attempt < 4 {
            for service in [source, target] {
                let faults = service.faults();
                faults.lose_responses_at_random(0.08).lag_reads(random.below(3) as usize);
                for _ in 0..3 {
                    // A request with status 500 is not sent again, and the next run has to do its work.
                    let status = [429, 429, 503, 500][random.below(3 + seed % 2) as usize];
                    faults.status_for_request(1 + random.below(30), status);
                }
            }
            let faults = target.faults();
            faults.lose_writes(random.below(2) as usize).lose_responses(random.below(3) as usize);
        } else {
            source.faults().clear();
            target.faults().clear();
        }
        let before = by_id(target);
        source.clear_requests();
        // A create that is lost on its way is never sent again by the same run, which waits for it until the deadline.
        let deadline = if attempt < 4 { "6s" } else { "5m" };
        let args = ["--apply", "--prune", "--format", "csv", "--deadline", deadline];
        let Ended { code, out, err } = mirror(source, target, &args);
        println!("seed {seed}, run {attempt}: {code:?} {err}");
        if !out.is_empty() {
            Printed::read(&out).check(&before, &by_id(target));
        } else {
            assert_eq!(before, by_id(target), "seed {seed}: nothing was printed");
        }
        assert_eq!(writes(source), [""; 0], "seed {seed}");
        codes.push(code);
        if code == Some(0) {
            break;
        }
        assert_eq!(code, Some(1), "seed {seed}: {err}");
    }
    assert_eq!(codes.last(), Some(&Some(0)), "seed {seed}: {codes:?}");
    target.faults().clear();
    source.faults().clear();
}

fn mirror_through_faults(seed: u64) {
    let mut random = Random(seed);
    let source = StandIn::builder().seed(seed).start().unwrap();
    let target = StandIn::builder().seed(seed + 1_000).start().unwrap();
    for number in 0..12 {
        let name = format!("Segment {number}");
        let id = source.add_segment(random.segment(&name));
        if random.below(3) == 0 {
            clear_color(&source, &id);
        }
        if random.below(3) > 0 {
            target.add_segment(random.segment(&name));
        }
    }
    for number in 0..random.below(4) {
        target.add_segment(random.segment(&format!("Only here {number}")));
    }
    run_through_faults(seed, &mut random, &source, &target);
    let sorted = |service: &StandIn| {
        let segments = service.segments().into_iter().map(|json| serde_json::from_value(json).unwrap());
        let mut segments: Vec<Segment> = segments.collect();
        segments.sort_by(|a, b| a.display_name.cmp(&b.display_name));
        segments
    };
    let (wanted, present) = (sorted(&source), sorted(&target));
    assert_eq!(wanted.len(), present.len(), "seed {seed}");
    for (wanted, present) in wanted.iter().zip(&present) {
        assert_eq!(wanted.display_name, present.display_name, "seed {seed}");
        assert!(diff_exact(present, wanted).is_empty(), "seed {seed}: {present:?} {wanted:?}");
        let fields = |segment: &Segment| (segment.description.clone(), segment.color.clone(), segment.is_active);
        assert_eq!(fields(wanted), fields(present), "seed {seed}: {}", wanted.display_name);
    }
    // The lists may still lag behind a deletion whose response was lost: at most two reads.
    (0..2).for_each(|_| _ = mirror(&source, &target, &[]));
    target.clear_requests();
    mirror(&source, &target, &["--apply", "--prune"]).printed(0, &summary("12 in sync"));
    assert_eq!(writes(&target), [""; 0], "seed {seed}");
}
