//! The example programs, run as what they are: processes that are given arguments and an environment,
//! and leave output, files and an exit code.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use genesys_journey::Update;
use genesys_journey::analytics::{self, AggregateQuery, Dimension, Metric};
use genesys_journey::criteria::Operator;
use genesys_journey::segments::{self, ExternalSegment, NewSegment, Segment, SegmentUpdate};
use genesys_listener::{Listener, Scripted};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, Response, StandIn, config};
use serde_json::{Value, json};

const PROGRAMS: [&str; 5] = ["quickstart", "sign_in", "segment_report", "segment_backup", "rows_to_csv"];
const DAY: &str = "2026-05-04T00:00:00Z/2026-05-05T00:00:00Z";

/// A program without any `GENESYSCLOUD_*` in its environment.
fn program(name: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().and_then(Path::parent).unwrap().join("examples");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not there; `cargo test` builds it, or `cargo build --examples`", path.display());
    let mut program = Command::new(path);
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GENESYSCLOUD_")) {
        program.env_remove(variable);
    }
    program
}

/// A program that signs in at a stand-in.
fn at(service: &StandIn, name: &str) -> Command {
    let mut program = program(name);
    program.env("GENESYSCLOUD_GATEWAY_URL", service.url());
    program.env("GENESYSCLOUD_OAUTHCLIENT_ID", CLIENT_ID).env("GENESYSCLOUD_OAUTHCLIENT_SECRET", CLIENT_SECRET);
    program
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run<'a>(mut program: Command, args: impl IntoIterator<Item = &'a str>) -> Ended {
    let output = program.args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Ended {
    #[track_caller]
    fn code(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// It failed with this code, said why on one line with this word in it, and gave no result.
    #[track_caller]
    fn failed(self, code: i32, word: &str) {
        let Ended { out, err, .. } = self.code(code);
        assert_eq!(out, "");
        assert!(err.lines().count() == 1 && err.contains(word), "{err}");
    }
}

/// An empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("examples-{test}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn writes(service: &StandIn) -> Vec<String> {
    let seen = service.requests().into_iter().filter(|seen| seen.method != "GET" && seen.raw_path != "/oauth/token");
    seen.map(|seen| seen.method).collect()
}

#[test]
fn each_program_says_what_it_does_and_how_it_ends() {
    for name in PROGRAMS {
        for flag in ["--help", "-h"] {
            let Ended { out, err, .. } = run(program(name), [flag]).code(0);
            assert!(out.starts_with(&format!("usage: {name}")), "{out}");
            for word in ["--help", "Exit codes:", "GENESYSCLOUD_REGION", "stand-in"] {
                assert!(out.contains(word), "{name} does not speak of {word}: {out}");
            }
            assert_eq!(err, "");
        }
    }
}

#[test]
fn wrong_arguments_are_told_on_one_line_with_exit_code_2() {
    let cases: [(&str, &[&str], &str); 15] = [
        ("quickstart", &["--wirte"], "--wirte"),
        ("quickstart", &["write"], "write"),
        ("sign_in", &["somebody"], "somebody"),
        ("segment_report", &["--days"], "--days"),
        ("segment_report", &["--days", "0"], "interval"),
        ("segment_report", &["--days", "many"], "many"),
        ("segment_report", &["--interval", "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"], "start"),
        ("segment_report", &["report.csv"], "report.csv"),
        ("rows_to_csv", &["--granularity"], "--granularity"),
        ("segment_backup", &[], "FILE"),
        ("segment_backup", &["a.json", "b.json"], "b.json"),
        ("segment_backup", &["--diff", "--restore", "a.json"], "either"),
        ("segment_backup", &["--apply", "a.json"], "--restore"),
        ("segment_backup", &["--diff", "missing.json"], "missing.json"),
        ("segment_backup", &["--restore", "Cargo.toml"], "no backup"),
    ];
    for (name, args, word) in cases {
        run(program(name), args.iter().copied()).failed(2, word);
    }
}

#[test]
fn without_credentials_they_run_on_a_stand_in_and_say_so() {
    let cases: [(&str, &str); 4] = [
        ("quickstart", "409 version.mismatch"),
        ("sign_in", "  VIP 0\n"),
        ("segment_report", "Mobile campaign 2"),
        ("rows_to_csv", "nJourneySessions"),
    ];
    for (name, word) in cases {
        let Ended { out, err, .. } = run(program(name), []).code(0);
        assert!(out.contains(word), "{out}");
        assert!(err.contains("running on a stand-in"), "{err}");
    }
}

#[test]
fn that_nobody_reads_on_is_no_failure() {
    for name in ["quickstart", "sign_in", "segment_report", "rows_to_csv"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = program(name);
        let Output { status, stderr, .. } = program.stdin(Stdio::null()).stdout(writer).output().unwrap();
        assert!(status.success(), "{name}: {}", String::from_utf8_lossy(&stderr));
    }
}

#[test]
fn quickstart_only_reads_unless_it_is_told_to_write() {
    let service = StandIn::start();
    service.seed_segments(1);
    let Ended { out, .. } = run(at(&service, "quickstart"), []).code(0);
    assert!(out.contains("VIP 0"), "{out}");
    let reads = ["GET", "GET", "POST"]; // a list, one entity, an aggregates query
    let methods = |service: &StandIn| -> Vec<String> {
        let requests = service.requests().into_iter().filter(|seen| seen.raw_path != "/oauth/token");
        requests.map(|seen| seen.method).collect()
    };
    assert_eq!(methods(&service), reads);
    service.clear_requests();
    run(at(&service, "quickstart"), ["--write"]).code(0);
    assert_eq!(methods(&service).last().map(String::as_str), Some("GET"));
    assert!(methods(&service).contains(&"DELETE".to_owned()));
    assert_eq!(service.segments().len(), 1);
}

/// Two segments that are active and one that is not; one of them was assigned to, in two containers.
fn counted() -> StandIn {
    let service = StandIn::start();
    service.add_segment(json!({ "id": "1", "displayName": "Not, once" }));
    service.add_segment(json!({ "id": "2", "displayName": "\"Quoted\"\nand broken" }));
    service.add_segment(json!({ "id": "3", "displayName": "Retired", "isActive": false }));
    let container = |id: &str, count: u64| {
        let metric = json!({ "metric": "nJourneySegmentsAssigned", "stats": { "count": count } });
        json!({ "group": { "journeySegmentId": id }, "data": [{ "interval": DAY, "metrics": [metric] }] })
    };
    let results =
        json!({ "results": [container("2", 40), container("3", 9), container("gone", 5), container("2", 2)] });
    service.respond_next([Response::json(200, &results)]);
    service
}

#[test]
fn the_report_is_an_aligned_table_of_the_active_segments_with_zeros() {
    let Ended { out, err, .. } = run(at(&counted(), "segment_report"), ["--interval", DAY]).code(0);
    let id = |id: &str| format!("{id:<36}");
    let expected = format!(
        "Assigned to active segments, {DAY}\n\n\
         segment              {}   assigned\n\
         \"Quoted\" and broken  {}         42\n\
         Not, once            {}          0\n\
         total                {}         42\n",
        id("id"),
        id("2"),
        id("1"),
        id("")
    );
    assert_eq!(out, expected);
    assert_eq!(err, "");
}

#[test]
fn the_report_as_csv_reads_back_whatever_is_in_a_name() {
    let Ended { out, err, .. } = run(at(&counted(), "segment_report"), ["--csv", "--interval", DAY]).code(0);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes());
    let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
    let (from, to) = DAY.split_once('/').unwrap();
    let expected: [[&str; 5]; 3] = [
        ["from", "to", "segment_id", "segment", "assigned"],
        [from, to, "2", "\"Quoted\"\nand broken", "42"],
        [from, to, "1", "Not, once", "0"],
    ];
    assert_eq!(rows, expected);
    assert_eq!(err, "");
}

#[test]
fn the_report_covers_yesterday_and_the_days_that_it_is_told() {
    let service = StandIn::start();
    for (args, days) in [(vec![], 1), (vec!["--days", "7"], 7)] {
        run(at(&service, "segment_report"), args).code(0);
        let requests = service.requests().into_iter().rfind(|seen| seen.raw_path.ends_with("/query")).unwrap();
        let interval: analytics::Interval = requests.body.unwrap()["interval"].as_str().unwrap().parse().unwrap();
        let (from, to) = interval.to_system_times().unwrap();
        assert_eq!(to.duration_since(from).unwrap(), Duration::from_secs(days * 86_400));
        assert!(SystemTime::now().duration_since(to).unwrap() < Duration::from_secs(2 * 86_400));
    }
}

#[test]
fn with_output_cron_hears_nothing_and_signs_in_once() {
    let (service, folder) = (StandIn::start(), folder("cron"));
    service.seed_segments(2);
    let (report, token) = (folder.join("report.csv"), folder.join("token"));
    let args = ["--csv", "--output", report.to_str().unwrap(), "--token-cache", token.to_str().unwrap()];
    for _ in 0..2 {
        let Ended { out, err, .. } = run(at(&service, "segment_report"), args).code(0);
        assert_eq!((out.as_str(), err.as_str()), ("", ""));
        assert_eq!(fs::read_to_string(&report).unwrap().lines().count(), 3);
    }
    assert_eq!(service.token_requests(), 1);
    assert_eq!(files(&folder), ["report.csv", "token"]);
}

#[test]
fn the_exit_code_tells_what_may_pass_from_what_somebody_must_put_right() {
    let (service, folder) = (StandIn::start(), folder("codes"));
    let file = folder.join("report.csv");
    fs::write(&file, "the report of the day before").unwrap();
    let file = file.to_str().unwrap();
    let report = || at(&service, "segment_report");
    let with = |variable: &str, value: &str| {
        let mut report = report();
        report.env(variable, value);
        report
    };
    let down = Response::json(500, json!({ "message": "Oops", "code": "internal.server.error" }));
    service.respond_next([down]);
    run(report(), ["--output", file]).failed(1, "500 internal.server.error");

    run(with("GENESYSCLOUD_ACCESS_TOKEN", "expired"), ["--output", file]).failed(2, "401");
    run(with("GENESYSCLOUD_OAUTHCLIENT_SECRET", "wrong"), ["--output", file]).failed(2, "invalid_client");
    run(with("GENESYSCLOUD_OAUTHCLIENT_SECRET", ""), ["--output", file]).failed(2, "GENESYSCLOUD_OAUTHCLIENT_SECRET");
    service.respond_next([Response::json(403, json!({ "message": "No", "code": "missing.permission" }))]);
    run(report(), ["--output", file]).failed(2, "missing.permission");
    let nowhere = folder.join("nowhere").join("report.csv");
    run(report(), ["--output", nowhere.to_str().unwrap()]).failed(2, "nowhere");

    assert_eq!(fs::read_to_string(file).unwrap(), "the report of the day before");
    assert_eq!(files(&folder), ["report.csv"]);
}

#[test]
fn a_proxy_that_refuses_the_credentials_needs_attention_and_one_that_is_down_does_not() {
    let through = |proxy: &str| {
        let mut program = program("segment_report");
        program.env("GENESYSCLOUD_GATEWAY_URL", "https://service.invalid").env("GENESYSCLOUD_ACCESS_TOKEN", "token");
        program.env_remove("no_proxy").env_remove("NO_PROXY").env_remove("SSL_CERT_FILE").env("https_proxy", proxy);
        run(program, [])
    };
    let proxy = Listener::scripted([Scripted::text(407, "")]);
    let address = proxy.address();
    through(&format!("http://user:wrong@{address}")).failed(2, "check the user and password in https_proxy");
    assert_eq!(proxy.count(), 1);
    through("garbage://x").failed(2, "https_proxy is not a proxy URL");
    // Its retries take the default delays.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    through(&format!("http://{closed}")).failed(1, &format!("no connection to the proxy {closed}"));
}

#[test]
fn rows_to_csv_writes_each_row_of_the_response() {
    let service = StandIn::start();
    service.seed_segments(2);
    let args =
        ["--metric", "nJourneySessions", "--metric", "oJourneyOutcomeValue", "--group-by", "journeyDeviceCategory"];
    let interval = ["--granularity", "PT1H", "--interval", DAY];
    let Ended { out, .. } = run(at(&service, "rows_to_csv"), args.into_iter().chain(interval)).code(0);
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneyDeviceCategory],
        granularity: Some("PT1H".to_owned()),
        ..AggregateQuery::new(DAY.parse().unwrap(), [Metric::NJourneySessions, Metric::OJourneyOutcomeValue])
    };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let expected: Vec<Vec<String>> = response
        .rows()
        .map(|row| {
            let device = row.dimension(&Dimension::JourneyDeviceCategory).unwrap();
            let (count, stats) = (row.stats.count.unwrap().to_string(), row.stats);
            let texts = [device, row.interval, row.name].map(str::to_owned);
            [&texts[..], &[count, number(stats.sum), number(stats.min), number(stats.max)]].concat()
        })
        .collect();
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    assert_eq!(
        reader.headers().unwrap(),
        vec!["journeyDeviceCategory", "interval", "metric", "count", "sum", "min", "max"]
    );
    let rows: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows), (3 * 24 * 2, &expected));
}

/// An organisation and the backup of it that the program wrote.
fn backed_up(test: &str) -> (StandIn, PathBuf) {
    let service = StandIn::start();
    service.seed_segments(5);
    let file = folder(test).join("segments.json");
    run(at(&service, "segment_backup"), [file.to_str().unwrap()]).code(0);
    service.clear_requests();
    (service, file)
}

fn named(service: &StandIn, name: &str) -> Segment {
    segments::find_by_name(&config!(service), name).unwrap().unwrap()
}

fn change(service: &StandIn, name: &str, update: SegmentUpdate) -> Segment {
    segments::update(&config!(service), &named(service, name).id, &update).unwrap()
}

fn backup(service: &StandIn, args: &[&str], file: &Path) -> Ended {
    run(at(service, "segment_backup"), args.iter().copied().chain([file.to_str().unwrap()]))
}

#[test]
fn a_backup_holds_every_segment_as_it_is_and_is_the_same_twice() {
    let (service, folder) = (StandIn::start(), folder("backup"));
    service.seed_segments(120);
    let file = folder.join("segments.json");
    let Ended { out, err, .. } = backup(&service, &[], &file).code(0);
    assert_eq!((out, err), (String::new(), format!("120 segments written to {}\n", file.display())));
    let first = fs::read(&file).unwrap();
    let kept: Vec<Value> = serde_json::from_slice(&first).unwrap();
    let mut there = service.segments();
    there.sort_by_key(|segment| segment["displayName"].as_str().unwrap().to_owned());
    assert_eq!(kept, there);

    let Ended { out, err, .. } = backup(&service, &["--quiet"], &file).code(0);
    assert_eq!((out.as_str(), err.as_str()), ("", ""));
    assert_eq!(fs::read(&file).unwrap(), first);
    assert_eq!(files(&folder), ["segments.json"]);
}

#[test]
fn a_backup_that_fails_leaves_the_one_before() {
    let (service, file) = backed_up("failing-backup");
    let before = fs::read(&file).unwrap();
    service.respond_next([Response::text(500, "")]);
    backup(&service, &[], &file).failed(2, "500");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_backup_of_an_incomplete_list_leaves_the_one_before() {
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
    backup(&service, &[], &file).failed(2, "incomplete");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn diff_finds_nothing_where_only_order_versions_and_dates_are_others() {
    let (service, file) = backed_up("order");
    let mut before: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let segment = named(&service, "VIP 0");
    let mut context = segment.context.unwrap();
    let mut second = context.patterns[0].clone();
    second.criteria[0].values = vec!["a".into(), "b".into()];
    context.patterns.push(second);
    before.iter_mut().find(|it| it["id"] == *segment.id).unwrap()["context"] = json!(context);
    fs::write(&file, json!(before).to_string()).unwrap();
    context.patterns.reverse();
    context.patterns[0].criteria[0].values.reverse();
    change(&service, "VIP 0", SegmentUpdate { context: context.into(), ..Default::default() });
    let Ended { out, err, .. } = backup(&service, &["--diff"], &file).code(0);
    assert_eq!((out.as_str(), err.as_str()), ("", "5 as before, 0 changed, 0 gone, 0 new\n"));
}

#[test]
fn diff_shows_of_the_patterns_only_what_differs() {
    let (service, file) = backed_up("patterns");
    let mut before: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let segment = named(&service, "VIP 0");
    let mut context = segment.context.unwrap();
    let mut second = context.patterns[0].clone();
    context.patterns[0].criteria[0].values = vec!["1".into(), "2".into()];
    second.criteria[0].values = vec!["a".into(), "b".into()];
    context.patterns.push(second);
    before.iter_mut().find(|it| it["id"] == *segment.id).unwrap()["context"] = json!(context);
    fs::write(&file, json!(before).to_string()).unwrap();
    for pattern in &mut context.patterns {
        pattern.criteria[0].values.reverse();
    }
    context.patterns.reverse();
    context.patterns[0].criteria[0].operator = Some(Operator::NotEqual);
    change(&service, "VIP 0", SegmentUpdate { context: context.into(), ..Default::default() });
    let Ended { out, .. } = backup(&service, &["--diff"], &file).code(1);
    let drifted = "    context.patterns[1].criteria[0].operator: \"equal\" -> \"notEqual\"";
    assert_eq!(out, format!("changed \"VIP 0\" ({})\n{drifted}\n", segment.id));
}

/// Drifts in each way that there is; gives what `--diff` says of it.
fn drift(service: &StandIn, file: &Path) -> String {
    // One has a description and an end in the backup, another has them now.
    let mut before: Vec<Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let back_again = before.iter_mut().find(|it| it["displayName"] == "Back again 3").unwrap();
    back_again["description"] = json!("Was here \"before\"");
    back_again["assignmentExpirationDays"] = json!(7);
    fs::write(file, json!(before).to_string()).unwrap();

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
    let fields: Value = serde_json::from_str(pattern).unwrap();
    format!(
        "changed \"Back again 3\" ({})\n\
         \x20   assignmentExpirationDays: 7 -> none\n\
         \x20   description: \"Was here \\\"before\\\"\" -> none\n\
         changed \"Comparing prices 1\" ({})\n\
         \x20   assignmentExpirationDays: none -> 3\n\
         \x20   context.patterns[0].criteria[0].values: [\"value 1\"] -> [\"value 1\",\"more\"]\n\
         \x20   description: none -> \"Now here\"\n\
         \x20   displayName: \"Comparing prices 1\" -> \"Comparing\"\n\
         \x20   isActive: true -> false\n\
         gone \"Full basket 4\" ({gone})\n\
         changed \"Mobile campaign 2\" ({})\n\
         \x20   journey.patterns[0]: {fields} -> none\n\
         new \"Newcomers\" ({new})\n",
        id("Back again 3"),
        id("Comparing"),
        id("Mobile campaign 2"),
    )
}

#[test]
fn diff_shows_field_by_field_what_has_drifted() {
    let (service, file) = backed_up("drift");
    let expected = drift(&service, &file);
    let Ended { out, err, .. } = backup(&service, &["--diff"], &file).code(1);
    assert_eq!(out, expected);
    assert_eq!(err, "1 as before, 3 changed, 1 gone, 1 new\n");
}

#[test]
fn restore_says_what_it_would_do_and_does_nothing() {
    let (service, file) = backed_up("dry-run");
    drift(&service, &file);
    let before = service.segments();
    service.clear_requests();
    let Ended { out, err, .. } = backup(&service, &["--restore"], &file).code(0);
    assert_eq!(out.lines().filter(|line| line.starts_with("would change ")).count(), 3, "{out}");
    assert!(out.contains("    displayName: \"Comparing\" -> \"Comparing prices 1\"\n"), "{out}");
    assert!(out.contains("would create \"Full basket 4\""), "{out}");
    assert_eq!(err, "1 as before, 3 to change, 1 to create; --apply does it\n");
    assert!(writes(&service).is_empty());
    assert_eq!(service.segments(), before);
}

#[test]
fn restore_brings_back_what_was_and_leaves_what_is_new() {
    let (service, file) = backed_up("restore");
    drift(&service, &file);
    let dry = backup(&service, &["--restore"], &file).code(0).out;
    service.clear_requests();
    let Ended { out, err, .. } = backup(&service, &["--restore", "--apply"], &file).code(0);
    assert_eq!(err, "1 as before, 3 changed, 1 created\n");
    let summary_lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.contains("create"));
        lines.map(|line| line.replace("would change", "changed")).collect()
    };
    assert_eq!(summary_lines(&out), summary_lines(&dry));
    assert_eq!(writes(&service), ["PATCH", "PATCH", "PATCH", "POST"]);

    let Ended { out, .. } = backup(&service, &["--diff"], &file).code(1);
    assert_eq!(out, format!("new \"Newcomers\" ({})\n", named(&service, "Newcomers").id));
    service.clear_requests();
    let Ended { out, err, .. } = backup(&service, &["--restore", "--apply"], &file).code(0);
    assert_eq!((out.as_str(), err.as_str()), ("", "5 as before, 0 changed, 0 created\n"));
    assert!(writes(&service).is_empty());
}

#[test]
fn a_restore_that_failed_half_way_goes_on_when_it_is_run_again() {
    let (service, file) = backed_up("half-way");
    change(&service, "Back again 3", SegmentUpdate { color: "#ABCDEF".into(), ..Default::default() });
    segments::delete(&config!(service), &named(&service, "Full basket 4").id).unwrap();
    service.faults().lose_responses(1);
    let Ended { out, err, .. } = backup(&service, &["--restore", "--apply"], &file).code(2);
    assert_eq!(out, "");
    assert!(err.contains("may have been processed") && err.lines().count() == 1, "{err}");
    // The change was made; now the response to the create is lost, and the created segment is found.
    service.faults().lose_responses(1);
    let Ended { err, .. } = backup(&service, &["--restore", "--apply"], &file).code(0);
    assert_eq!(err, "4 as before, 0 changed, 1 created\n");
    backup(&service, &["--diff"], &file).code(0);
    assert_eq!(service.segments().len(), 5);
}

#[test]
fn restore_says_what_it_cannot_bring_back_and_does_the_rest() {
    let service = StandIn::start();
    let file = folder("cannot").join("segments.json");
    let external = |id: &str| ExternalSegment { id: id.into(), name: format!("Their {id}"), source: None };
    let mirror = NewSegment { external_segment: Some(external("1")), ..NewSegment::new("Mirror") };
    let twins = ["Twin", "Twin", "Other"].map(|name| service.add_segment(json!({ "displayName": name })));
    segments::create(&config!(service), &mirror).unwrap();
    backup(&service, &[], &file).code(0);

    segments::delete(&config!(service), &named(&service, "Mirror").id).unwrap();
    segments::create(&config!(service), &NewSegment { external_segment: Some(external("2")), ..mirror }).unwrap();
    segments::delete(&config!(service), &twins[0]).unwrap();
    segments::delete(&config!(service), &twins[2]).unwrap();
    let Ended { out, .. } = backup(&service, &["--diff"], &file).code(1);
    assert!(out.contains("    externalSegment.id: \"1\" -> \"2\"\n"), "{out}");
    service.clear_requests();
    let Ended { out, err, .. } = backup(&service, &["--restore", "--apply"], &file).code(1);
    assert_eq!(writes(&service), ["POST"]);
    assert!(out.contains("cannot change which segment of another system is mirrored by \"Mirror\""), "{out}");
    assert!(out.contains("    externalSegment.id: \"2\" -> \"1\"\n"), "{out}");
    assert!(
        out.contains(&format!("cannot create, for others in the file have the same name, \"Twin\" ({})", twins[0]))
    );
    assert!(out.contains("created \"Other\""), "{out}");
    assert_eq!(err, "2 as before, 0 changed, 1 created\n");
}

/// The build script as cargo starts it, in a folder with a snapshot.
fn build_script(mut program: Command, folder: &Path) -> Ended {
    program.current_dir(folder).env("OUT_DIR", folder);
    run(program, [])
}

fn with_snapshot(test: &str) -> PathBuf {
    let folder = folder(test);
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/build_script/segments.json");
    fs::copy(snapshot, folder.join("segments.json")).unwrap();
    folder
}

const OF_THE_SNAPSHOT: &str = "pub const VIP: &str = \"9e3779b9-7c15-4000-9e11-000000000001\";";

#[test]
fn the_build_script_makes_constants_of_the_snapshot_and_warns() {
    let folder = with_snapshot("snapshot");
    let Ended { out, .. } = build_script(program("build_script"), &folder).code(0);
    let warnings: Vec<&str> = out.lines().filter(|line| line.starts_with("cargo:warning=")).collect();
    assert_eq!(warnings, ["cargo:warning=segments as of segments.json: there is no GENESYSCLOUD_* in the environment"]);
    assert!(out.contains("cargo:rerun-if-changed=segments.json\n"), "{out}");
    for variable in ["REGION", "ACCESS_TOKEN", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET", "GATEWAY_URL"] {
        assert!(out.contains(&format!("cargo:rerun-if-env-changed=GENESYSCLOUD_{variable}\n")), "{out}");
    }
    assert!(fs::read_to_string(folder.join("segments.rs")).unwrap().contains(OF_THE_SNAPSHOT));
}

#[test]
fn the_build_script_writes_only_what_is_different() {
    let folder = with_snapshot("different");
    let made = folder.join("segments.rs");
    build_script(program("build_script"), &folder).code(0);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&made).unwrap().set_modified(long_ago).unwrap();
    build_script(program("build_script"), &folder).code(0);
    assert_eq!(fs::metadata(&made).unwrap().modified().unwrap(), long_ago);
    fs::write(folder.join("segments.json"), "[]").unwrap();
    build_script(program("build_script"), &folder).code(0);
    assert_ne!(fs::metadata(&made).unwrap().modified().unwrap(), long_ago);
}

#[test]
fn the_build_script_falls_back_where_it_is_not_let_in_or_nobody_is_there() {
    let folder = with_snapshot("fallback");
    let service = StandIn::start();
    let mut refused = at(&service, "build_script");
    refused.env("GENESYSCLOUD_ACCESS_TOKEN", "expired");
    let mut nobody = at(&service, "build_script");
    nobody.env("GENESYSCLOUD_GATEWAY_URL", "http://127.0.0.1:1").env("GENESYSCLOUD_ACCESS_TOKEN", "token");
    let mut no_region = program("build_script");
    no_region.env("GENESYSCLOUD_ACCESS_TOKEN", "token");
    for (program, why) in [(refused, "401"), (nobody, "127.0.0.1:1"), (no_region, "GENESYSCLOUD_REGION is not set")] {
        let Ended { out, .. } = build_script(program, &folder).code(0);
        let warning = out.lines().find(|line| line.starts_with("cargo:warning=segments as of segments.json: "));
        assert!(warning.is_some_and(|warning| warning.contains(why)), "{out}");
        assert!(fs::read_to_string(folder.join("segments.rs")).unwrap().contains(OF_THE_SNAPSHOT));
        fs::remove_file(folder.join("segments.rs")).unwrap();
    }
    fs::remove_file(folder.join("segments.json")).unwrap();
    let Ended { err, .. } = build_script(program("build_script"), &folder).code(1);
    assert!(err.contains("segments.json: "), "{err}");
}

#[test]
fn the_build_script_makes_code_that_compiles_of_any_names() {
    let (service, folder) = (StandIn::start(), folder("names"));
    let names = [
        ("00000001-a", "VIP"),
        ("00000002-a", "vip!"),
        ("00000003-a", "V I P"),
        ("00000004-a", "All"),
        ("00000005-a", "self"),
        ("00000006-a", "type"),
        ("00000007-a", "2nd visit"),
        ("00000008-a", "すし"),
        ("00000009-a", "Größe \"XL\" \\ {} */ // \u{202e}"),
        ("0000000a-a", "two\nlines\r\0"),
        ("0000000b-a", "same"),
        ("0000000b-b", "same"),
        ("0000000c-\"b\"", "_"),
    ];
    for (id, name) in names.iter().rev() {
        service.add_segment(json!({ "id": id, "displayName": name }));
    }
    let Ended { out, .. } = build_script(at(&service, "build_script"), &folder).code(0);
    assert!(!out.contains("cargo:warning"), "{out}");
    let code = fs::read_to_string(folder.join("segments.rs")).unwrap();
    let constants: Vec<&str> =
        code.lines().filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix(";")).collect();
    let expected = [
        "SEGMENT_2ND_VISIT: &str = \"00000007-a\"",
        "ALL_00000004: &str = \"00000004-a\"",
        "GR_E_XL: &str = \"00000009-a\"",
        "V_I_P: &str = \"00000003-a\"",
        "VIP_00000001: &str = \"00000001-a\"",
        "SEGMENT_0000000C: &str = \"0000000c-\\\"b\\\"\"",
        "SAME_0000000B: &str = \"0000000b-a\"",
        "SAME_0000000B_: &str = \"0000000b-b\"",
        "SELF: &str = \"00000005-a\"",
        "TWO_LINES: &str = \"0000000a-a\"",
        "TYPE: &str = \"00000006-a\"",
        "VIP_00000002: &str = \"00000002-a\"",
        "SEGMENT_00000008: &str = \"00000008-a\"",
    ];
    assert_eq!(constants, expected);

    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "-Dwarnings", "segments.rs"]);
    rustc.current_dir(&folder);
    run(rustc, []).code(0);
}
