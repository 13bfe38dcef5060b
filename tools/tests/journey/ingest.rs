//! `journey ingest`: lines, batches, the checkpoint, and second runs.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use genesys_stand_in::{EXAMPLE_ID, Response};
use serde_json::{Value, json};

use super::operator::Running;
use super::*;

/// A service with a configuration, and a folder with lines and a checkpoint.
pub struct Setup {
    pub service: StandIn,
    folder: Folder,
}

pub fn event_line(n: usize) -> String {
    let event = json!({
        "id": format!("e{n}"), "dateCreated": "2026-04-21T06:30:00.000Z",
        "identifiers": { "externalIds": [{ "value": format!("C-{n}"), "externalSourceId": "source-1" }] },
        "attributes": { "parcels_integer": n % 7 },
    });
    event.to_string() + "\n"
}

impl Setup {
    /// `lines` are events `e1`, `e2` and so on, each in the line of its number.
    pub fn new(test: &str, lines: usize) -> Setup {
        let setup = Setup { service: StandIn::doc_example(), folder: Folder::new(&format!("ingest-{test}")) };
        setup.write((1..=lines).map(event_line).collect::<String>());
        setup
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, lines: impl AsRef<[u8]>) {
        fs::write(self.path("lines"), lines).unwrap();
    }

    fn checkpoint(&self) -> String {
        fs::read_to_string(self.path("checkpoint")).unwrap()
    }

    pub fn args(&self, more: &[&str]) -> Vec<String> {
        let (lines, checkpoint) = (self.path("lines"), self.path("checkpoint"));
        let args = ["ingest", &lines, "--configuration", EXAMPLE_ID, "--checkpoint", &checkpoint, "--rate", "60000"];
        let args = args.into_iter().chain(["--initial-backoff", "1ms"]).chain(more.iter().copied());
        args.map(str::to_owned).collect()
    }

    pub fn run(&self, more: &[&str]) -> Ended {
        run(at(&self.service), self.args(more).iter().map(String::as_str))
    }

    /// The number of events in each request since the last call.
    fn batches(&self) -> Vec<usize> {
        let requests = self.service.requests().into_iter().filter(|seen| seen.raw_path.ends_with("/events"));
        let batches = requests.map(|seen| seen.body.unwrap()["entities"].as_array().unwrap().len()).collect();
        self.service.clear_requests();
        batches
    }

    /// The events by the number of times that they were accepted.
    fn accepted(&self) -> BTreeMap<u64, usize> {
        let mut by_count = BTreeMap::new();
        self.service.accepted_events().into_values().for_each(|count| *by_count.entry(count).or_default() += 1);
        by_count
    }
}

fn summary(accepted: usize, rejected: usize, retry: usize, unknown: usize, bad: usize) -> String {
    format!("{accepted} accepted, {rejected} rejected, {retry} retry, {unknown} unknown, {bad} bad\n")
}

#[test]
fn each_line_is_sent_once_in_batches() {
    let setup = Setup::new("batches", 250);
    setup.run(&[]).printed(0, &summary(250, 0, 0, 0, 0));
    assert_eq!(setup.batches(), [100, 100, 50]);
    setup.run(&[]).printed(0, &summary(0, 0, 0, 0, 0));
    // Lines are added, the first of them to a file without a last line end.
    let lines: String = (1..=260).map(event_line).collect();
    setup.write(lines.trim_end());
    setup.run(&["--batch-size", "7", "--quiet"]).printed(0, "");
    setup.write(lines + "\n\n" + &event_line(263));
    setup.run(&[]).printed(0, &summary(1, 0, 0, 0, 0));
    assert_eq!(setup.batches(), [7, 3, 1]);
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 261)]));
}

#[test]
fn standard_input_is_read_and_resumed() {
    let setup = Setup::new("stdin", 0);
    for expected in [30, 0] {
        let (child, input) = start_with_input(&setup, 30, &["--batch-size", "10"]);
        drop(input);
        Ended::from(child.wait_with_output().unwrap()).printed(0, &summary(expected, 0, 0, 0, 0));
    }
    assert_eq!(setup.batches(), [10, 10, 10]);
}

#[test]
fn a_bad_line_is_reported_with_its_number() {
    let setup = Setup::new("bad", 0);
    let long = format!("{}\n", "x".repeat(2 << 20));
    let unknown = event_line(5).replace("\"id\"", "\"color\":1,\"id\"");
    let twice = event_line(6).replace("\"id\"", "\"id\":\"e0\",\"id\"");
    let large = event_line(7).replace("\"parcels_integer\":0", "\"parcels_integer\":18446744073709551616");
    setup.write([event_line(1), "{\n".into(), "\n".into(), long, unknown, twice, large, event_line(8)].concat());
    let Ended { out, err, .. } = setup.run(&[]).code(2);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "line 2: bad: is not JSON at column 1: EOF while parsing an object");
    assert_eq!(lines[1], "line 4: bad: is longer than 1048576 bytes");
    assert_eq!(lines[2], "line 5: bad: has an unknown field: \"color\"");
    assert!(lines[3].starts_with("line 6: bad: has the same key twice at column ") && lines[3].ends_with(": \"id\""));
    assert!(lines[4].starts_with("line 7: bad: has a number that cannot be sent exactly at column "), "{out}");
    assert_eq!(lines[5..], [summary(2, 0, 0, 0, 5).trim_end()]);
    assert_eq!(err, "journey: line 2: bad: is not JSON at column 1 (and 4 more)\n");
    assert_eq!(setup.service.accepted_events().into_keys().collect::<Vec<_>>(), ["e1", "e8"]);
    setup.run(&[]).printed(0, &summary(0, 0, 0, 0, 0));
}

#[test]
fn strict_stops_at_the_first_bad_line() {
    let setup = Setup::new("strict", 0);
    setup.write([event_line(1), event_line(2), event_line(3), "{\n".into(), event_line(5)].concat());
    let args = ["--strict", "--batch-size", "2"];
    let Ended { out, .. } = setup.run(&args).code(2);
    assert!(out.starts_with("line 4: bad") && out.ends_with("1 bad; stopped before the end of the input\n"), "{out}");
    assert_eq!(setup.service.accepted_events().into_keys().collect::<Vec<_>>(), ["e1", "e2"]);
    setup.write((1..=5).map(event_line).collect::<String>());
    setup.run(&args).printed(0, &summary(3, 0, 0, 0, 0));
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 5)]));
}

#[test]
fn a_rejected_event_is_final_and_a_retryable_one_is_sent_by_the_next_run() {
    let setup = Setup::new("rejected", 10);
    setup.service.faults().refuse_events(|event| match event["id"].as_str()? {
        "e2" => Some(json!({ "isRetryable": false, "errorMessage": "No such contact" })),
        "e3" | "e8" => Some(json!({ "isRetryable": true, "errorMessage": "Busy" })),
        _ => None,
    });
    let Ended { out, .. } = setup.run(&["--batch-size", "5"]).code(2);
    let expected = [
        "line 2 (\"e2\"): rejected: No such contact\n",
        "line 3 (\"e3\"): retry: Busy\n",
        "line 8 (\"e8\"): retry: Busy\n",
        &summary(7, 1, 2, 0, 0),
    ];
    assert_eq!(out, expected.concat());
    assert!(setup.checkpoint().contains(r#""rejected":[[2,"No such contact"]]"#));
    setup.batches();
    let Ended { out, .. } = setup.run(&["--format", "csv"]).code(1);
    assert_eq!(out, "line,last_line,event_id,state,problem\n3,3,e3,retry,Busy\n8,8,e8,retry,Busy\n");
    // Four attempts of each.
    assert_eq!(setup.batches(), [1; 8]);
    setup.service.faults().clear();
    setup.run(&[]).printed(0, &summary(2, 0, 0, 0, 0));
    setup.run(&[]).printed(0, &summary(0, 0, 0, 0, 0));
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 9)]));
}

#[test]
fn an_unknown_batch_is_listed_and_sent_again_only_on_demand() {
    let setup = Setup::new("unknown", 6);
    setup.service.faults().lose_responses(1).lose_writes(1);
    let Ended { out, err, .. } = setup.run(&["--batch-size", "2"]).code(2);
    assert!(out.starts_with("line 1 (\"e1\"): unknown: POST http") && out.ends_with(&summary(2, 0, 0, 4, 0)), "{out}");
    assert_eq!(err, "journey: line 1: unknown: transport error (and 3 more)\n");
    setup.batches();
    let Ended { out, .. } = setup.run(&[]).code(2);
    let problem = "unknown: a run started to send these lines, and its result is not known\n";
    assert_eq!(out, format!("lines 1-2: {problem}lines 3-4: {problem}{}", summary(0, 0, 0, 4, 0)));
    assert!(setup.batches().is_empty());
    setup.run(&["--resend-unknown"]).printed(0, &summary(4, 0, 0, 0, 0));
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 4), (2, 2)]));
    setup.run(&["--resend-unknown"]).printed(0, &summary(0, 0, 0, 0, 0));
}

#[test]
fn a_retry_of_some_lines_keeps_the_unknown_ones_of_their_batch() {
    let setup = Setup::new("mixed", 4);
    setup.service.faults().refuse_events(|event| {
        ["e1", "e2"].contains(&event["id"].as_str()?).then(|| json!({ "isRetryable": true, "errorMessage": "Busy" }))
    });
    // Batch 1: accepted but for two events; the response to their retry is lost.
    setup.service.faults().status_for_request(2, 503);
    setup.run(&[]).code(2);
    assert_eq!(setup.batches(), [4, 2]);
    let records = setup.checkpoint();
    assert!(records.contains(r#""accepted":2,"retry":[],"unknown":[[1,2]]"#), "{records}");
    // All are refused again: nothing of the batch is lost.
    let Ended { out, .. } = setup.run(&["--resend-unknown"]).code(2);
    assert!(out.ends_with(&summary(0, 0, 0, 2, 0)), "{out}");
    setup.service.faults().clear();
    setup.run(&["--resend-unknown"]).printed(0, &summary(2, 0, 0, 0, 0));
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 4)]));
}

#[test]
fn a_run_that_sends_some_lines_again_keeps_the_unknown_ones_of_their_batch() {
    let setup = Setup::new("half", 4);
    // The batch is divided. The response to the first half is lost; an event of the second stays retryable.
    setup.service.respond_next([Response::text(413, "")]);
    setup
        .service
        .faults()
        .lose_responses(1)
        .refuse_events(|event| (event["id"] == "e3").then(|| json!({ "isRetryable": true, "errorMessage": "Busy" })));
    let Ended { out, .. } = setup.run(&[]).code(2);
    assert!(out.ends_with(&summary(1, 0, 1, 2, 0)), "{out}");
    setup.service.faults().clear();
    for accepted in [1, 0] {
        let Ended { out, .. } = setup.run(&[]).code(2);
        assert!(out.starts_with("lines 1-2: unknown") && out.ends_with(&summary(accepted, 0, 0, 2, 0)), "{out}");
    }
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 4)]));
    setup.run(&["--resend-unknown"]).printed(0, &summary(2, 0, 0, 0, 0));
}

#[test]
fn a_refused_resend_stays_unknown_until_it_is_accepted() {
    let setup = Setup::new("refused-resend", 3);
    setup.service.faults().lose_responses(1);
    setup.run(&[]).code(2);
    let still = "sent again and not accepted, but an earlier request may have been processed";
    for (accepted, is_retryable) in [(2, false), (0, true)] {
        setup.service.faults().refuse_events(move |event| {
            let entry = json!({ "isRetryable": is_retryable, "errorMessage": "No such contact", "statusCode": 404 });
            (event["id"] == "e2").then_some(entry)
        });
        let Ended { out, err, .. } = setup.run(&["--resend-unknown"]).code(2);
        let line = format!("line 2 (\"e2\"): unknown: {still}: No such contact\n");
        assert_eq!(out, line + &summary(accepted, 0, 0, 1, 0));
        assert_eq!(err, format!("journey: line 2: unknown: {still}: status 404\n"));
        setup.batches();
        let Ended { out, .. } = setup.run(&[]).code(2);
        assert!(out.starts_with("line 2: unknown: a run started") && out.ends_with(&summary(0, 0, 0, 1, 0)), "{out}");
        assert!(setup.batches().is_empty());
    }
    setup.service.faults().clear().status_for_request(1, 403);
    let Ended { out, .. } = setup.run(&["--resend-unknown"]).code(2);
    assert!(out.contains("403 missing.permission") && out.contains("0 retry, 1 unknown, 0 bad; stopped"), "{out}");
    setup.run(&["--resend-unknown"]).printed(0, &summary(1, 0, 0, 0, 0));
    setup.run(&[]).printed(0, &summary(0, 0, 0, 0, 0));
}

#[test]
fn unknown_lines_that_are_not_reached_are_listed() {
    let setup = Setup::new("not-reached", 5);
    setup.service.respond_next((0..3).map(|_| Response::text(502, "")));
    setup.run(&["--batch-size", "1"]).code(2);
    let resend = |more: &[&str]| setup.run(&[&["--resend-unknown", "--format", "csv"], more].concat()).code(2);
    let unknown = |out: &str| -> Vec<String> {
        let lines = out.lines().skip(1).inspect(|line| assert!(line.contains(",unknown,"), "{out}"));
        lines.map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    // The first request is refused, as each would be.
    setup.service.faults().status_for_request(1, 403);
    assert_eq!(unknown(&resend(&[]).out), ["1", "2", "3"]);
    // The deadline passes during the first request.
    setup.service.faults().latency(Duration::from_secs(60));
    let mut program = journey();
    program.env("GENESYSCLOUD_GATEWAY_URL", setup.service.url());
    program.env("GENESYSCLOUD_ACCESS_TOKEN", setup.service.token());
    let args = setup.args(&["--resend-unknown", "--format", "csv", "--deadline", "1s"]);
    assert_eq!(unknown(&run(program, args.iter().map(String::as_str)).code(2).out), ["1", "2", "3"]);
    setup.service.faults().clear();
    // The second line has changed.
    setup.write((1..=5).map(event_line).collect::<String>().replace("C-2", "C-0"));
    let Ended { out, err, .. } = resend(&[]);
    assert!(err.contains("not the lines of the checkpoint"), "{err}");
    assert_eq!(unknown(&out), ["2", "3"]);
    setup.write((1..=5).map(event_line).collect::<String>());
    setup.run(&["--resend-unknown"]).printed(0, &summary(4, 0, 0, 0, 0));
}

#[test]
fn a_refusal_of_all_requests_stops_the_run_and_the_next_sends_the_rest() {
    // A request with status 401 or 429 is retried.
    for (status, requests, code) in [(403, 1, 2), (404, 1, 2), (401, 2, 2), (429, 4, 1)] {
        let setup = Setup::new(&format!("stop-{status}"), 6);
        (2..2 + requests).for_each(|n| _ = setup.service.faults().status_for_request(n, status));
        let Ended { out, err, .. } = setup.run(&["--batch-size", "2"]).code(code);
        let end = "2 accepted, 0 rejected, 2 retry, 0 unknown, 0 bad; stopped before the end of the input\n";
        assert!(out.ends_with(end), "{out}");
        assert!(err.starts_with(&format!("journey: line 3: retry: status {status} ")), "{err}");
        assert_eq!(setup.batches().len(), 1 + requests as usize);
        setup.run(&[]).printed(0, &summary(4, 0, 0, 0, 0));
        assert_eq!(setup.batches(), [2, 2]);
        assert_eq!(setup.accepted(), BTreeMap::from([(1, 6)]));
    }
}

#[test]
fn a_refused_token_needs_attention() {
    let setup = Setup::new("token", 2);
    let mut program = journey();
    program.env("GENESYSCLOUD_GATEWAY_URL", setup.service.url()).env("GENESYSCLOUD_ACCESS_TOKEN", "expired");
    let Ended { out, err, .. } = run(program, setup.args(&[]).iter().map(String::as_str)).code(2);
    assert!(out.contains("0 accepted, 0 rejected, 2 retry, 0 unknown, 0 bad; stopped"), "{out}");
    assert!(err.contains("status 401"), "{err}");
}

#[test]
fn standard_error_has_codes_and_no_words_of_the_service() {
    let setup = Setup::new("private", 1);
    let file = setup.path("report");
    let stderr = || {
        let Ended { out, err, .. } = setup.run(&["--output", &file]).code(2);
        assert_eq!(out, "");
        assert!(fs::read_to_string(&file).unwrap().contains("Ann Smith"));
        err
    };
    for (code, shown) in [("missing.permission", " missing.permission"), ("Ann Smith", "")] {
        setup.service.respond_next([Response::error(403, code, "Ann Smith may not do this")]);
        assert_eq!(stderr(), format!("journey: line 1: retry: status 403{shown}\n"));
    }
    setup
        .service
        .faults()
        .refuse_events(|_| Some(json!({ "errorMessage": "No contact Ann Smith", "statusCode": 404 })));
    assert_eq!(stderr(), "journey: line 1: rejected: status 404\n");
    setup.service.faults().refuse_events(|_| Some(json!({ "errorMessage": "No contact Ann Smith" })));
    setup.write([event_line(1), event_line(2)].concat());
    assert_eq!(stderr(), "journey: line 2: rejected: no status\n");
    setup.write([event_line(1), event_line(2), event_line(3)].concat());
    setup.service.respond_next([Response::error(503, "unavailable", "Nothing for Ann Smith")]);
    assert_eq!(stderr(), "journey: line 3: unknown: status 503 unavailable\n");
}

#[test]
fn an_incomplete_last_line_is_sent_by_a_later_run() {
    let setup = Setup::new("incomplete", 0);
    let last = event_line(3).replace("C-3", "Zoë");
    let middle = last.find('ë').unwrap();
    let last = last.into_bytes();
    // The line is cut after its first byte, within a letter, and before its last brace.
    for end in [1, middle + 1, last.len() - 2] {
        setup.write([event_line(1).as_bytes(), event_line(2).as_bytes(), &last[..end]].concat());
        for more in [&["--strict"][..], &[]] {
            let accepted = if setup.accepted().is_empty() { 2 } else { 0 };
            let Ended { out, err, .. } = setup.run(more).code(1);
            let problem = "line 3: retry: is incomplete: it has no line end\n";
            assert_eq!(out, problem.to_owned() + &summary(accepted, 0, 1, 0, 0));
            assert_eq!(err, format!("journey: {problem}"));
        }
    }
    // Without a line end, a complete event is sent, and other JSON is bad.
    setup.write([event_line(1).as_bytes(), event_line(2).as_bytes(), last.trim_ascii_end()].concat());
    setup.run(&[]).printed(0, &summary(1, 0, 0, 0, 0));
    setup.write([event_line(1).as_bytes(), event_line(2).as_bytes(), &last, b"{}"].concat());
    let Ended { out, .. } = setup.run(&[]).code(2);
    assert!(out.starts_with("line 4: bad: has no field"), "{out}");
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 3)]));
}

#[test]
fn a_run_after_a_killed_one_reports_its_bad_and_rejected_lines() {
    let setup = Setup::new("lost-report", 0);
    setup.write((1..=40).map(|n| if n == 3 { "{}\n".into() } else { event_line(n) }).collect::<String>() + "[]\n");
    let refuse = |event: &Value| {
        let entry = json!({ "isRetryable": false, "errorMessage": "No such contact" });
        (event["id"] == "e2").then_some(entry)
    };
    setup.service.faults().latency(Duration::from_millis(10)).refuse_events(refuse);
    let file = setup.path("report");
    let args = ["--output", &file, "--format", "csv"];
    let mut program = at(&setup.service);
    program.args(setup.args(&[&args[..], &["--batch-size", "1"]].concat()));
    let mut child = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| setup.service.accepted_events().len() >= 4);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::metadata(&file).is_err());

    setup.service.faults().clear();
    setup.run(&[&args[..], &["--resend-unknown"]].concat()).code(2);
    let report = fs::read_to_string(&file).unwrap();
    let rejected = "the service refused these lines in a run that was killed; the checkpoint has the reasons";
    let expected = [
        "line,last_line,event_id,state,problem".to_owned(),
        format!("2,2,,rejected,{rejected}"),
        "3,3,,bad,\"has no field \"\"id\"\"\"".to_owned(),
        "41,41,,bad,is not a JSON object".to_owned(),
    ];
    assert_eq!(report.lines().collect::<Vec<_>>(), expected);
    // The report is complete. A bad line after the last event may still be corrected: it is read again.
    setup.run(&args).code(2);
    let report = fs::read_to_string(&file).unwrap();
    assert_eq!(report.lines().collect::<Vec<_>>(), [&expected[0], &expected[3]]);
    assert_eq!(setup.service.accepted_events().len(), 38);
}

#[test]
fn a_run_stops_after_three_unknown_batches_in_a_row() {
    let setup = Setup::new("three", 5);
    setup.service.respond_next((0..3).map(|_| Response::text(502, "")));
    let Ended { out, .. } = setup.run(&["--batch-size", "1"]).code(2);
    assert!(out.ends_with("3 unknown, 0 bad; stopped before the end of the input\n"), "{out}");
    let Ended { out, .. } = setup.run(&[]).code(2);
    assert!(out.ends_with(&summary(2, 0, 0, 3, 0)), "{out}");
}

#[test]
fn other_lines_than_those_of_the_checkpoint_are_refused() {
    let setup = Setup::new("changed", 10);
    setup.service.faults().lose_writes(1);
    setup.run(&["--batch-size", "4"]).code(2);
    setup.batches();
    let lines = |range: std::ops::RangeInclusive<usize>| range.map(event_line).collect::<String>();
    let changed = lines(1..=10).replace("\"C-2\"", "\"C-3\"");
    for (lines, expected) in [(changed, 0), (lines(2..=12), 0), (lines(1..=9), 1), (String::new(), 0)] {
        setup.write(lines);
        let Ended { out, err, .. } = setup.run(&["--resend-unknown"]).code(2);
        assert!(err.contains("not the lines of the checkpoint"), "{out}{err}");
        // The batch before the change is the same.
        assert_eq!(setup.batches().len(), expected);
    }
}

#[test]
fn a_file_that_is_no_checkpoint_is_kept() {
    let setup = Setup::new("other-file", 2);
    for text in ["notes\n", "notes", "{}\n", "[1]\n{}\n", "{\"journey_ingest\":1}\n", "\0\0\0"] {
        fs::write(setup.path("checkpoint"), text).unwrap();
        setup.run(&[]).failed(2, "not a checkpoint");
        assert_eq!(setup.checkpoint(), text);
    }
    fs::remove_file(setup.path("checkpoint")).unwrap();
    setup.run(&[]).printed(0, &summary(2, 0, 0, 0, 0));
    let text = setup.checkpoint().replace(EXAMPLE_ID, "another");
    fs::write(setup.path("checkpoint"), &text).unwrap();
    setup.run(&[]).failed(2, "configuration another");
    fs::write(setup.path("checkpoint"), text.replace("another", EXAMPLE_ID).replace("{\"started\"", "\"started\""))
        .unwrap();
    setup.run(&[]).failed(2, "line 2 is damaged");
    let folder = setup.path("");
    let args = ["ingest", "--configuration", "c", "--checkpoint", &folder];
    run(at(&setup.service), args).failed(2, "not a regular file");
    assert_eq!(setup.batches().len(), 1);
}

#[test]
fn an_incomplete_record_is_removed() {
    let setup = Setup::new("torn", 4);
    setup.run(&["--batch-size", "2"]).printed(0, &summary(4, 0, 0, 0, 0));
    let whole = setup.checkpoint();
    let records: Vec<&str> = whole.split_inclusive('\n').collect();
    assert_eq!((records.len(), records[5]), (6, "{\"reported\":4}\n"));
    // The second record of the last batch is incomplete: the batch is unknown.
    for torn in [&records[4][..10], "", "\0\0\0\n", "{\"finished\":2\n"] {
        fs::write(setup.path("checkpoint"), records[..4].concat() + torn).unwrap();
        let Ended { out, .. } = setup.run(&[]).code(2);
        assert!(out.starts_with("lines 3-4: unknown"), "{out}");
        assert_eq!(setup.checkpoint(), records[..4].concat() + records[5]);
    }
    // The first is incomplete: the batch was not sent.
    fs::write(setup.path("checkpoint"), records[..3].concat() + &records[3][..20]).unwrap();
    setup.run(&[]).printed(0, &summary(2, 0, 0, 0, 0));
    assert_eq!(setup.checkpoint(), whole);
    // The header is incomplete.
    fs::write(setup.path("checkpoint"), &records[0][..5]).unwrap();
    setup.run(&["--batch-size", "2"]).printed(0, &summary(4, 0, 0, 0, 0));
    assert_eq!(setup.checkpoint(), whole);
}

#[test]
fn a_batch_is_recorded_before_it_is_sent_and_finished_after() {
    let setup = Setup::new("order", 6);
    let (path, seen) = (setup.path("checkpoint"), Arc::new(Mutex::new(Vec::new())));
    let records = seen.clone();
    setup.service.faults().refuse_events(move |_| {
        let text = fs::read_to_string(&path).unwrap();
        let count = |word: &str| text.matches(word).count();
        records.lock().unwrap().push((count("\"started\""), count("\"finished\"")));
        None
    });
    setup.run(&["--batch-size", "2"]).printed(0, &summary(6, 0, 0, 0, 0));
    assert_eq!(*seen.lock().unwrap(), [(1, 0), (1, 0), (2, 1), (2, 1), (3, 2), (3, 2)]);
    let text = setup.checkpoint();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records[0], json!({ "journey_ingest": 1, "configuration": EXAMPLE_ID }));
    assert_eq!((&records[1]["started"], &records[1]["lines"]), (&json!(1), &json!([[1, 2]])));
    let finished = json!({ "finished": 1, "accepted": 2, "retry": [], "unknown": [], "rejected": [] });
    assert_eq!(records[2], finished);
}

#[test]
#[cfg(unix)]
fn a_record_that_cannot_be_written_prevents_the_request() {
    let setup = Setup::new("full", 20);
    // A limit for the size of files, as a full disk: a few records fit.
    let mut limited = at(&setup.service);
    let program = limited.get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.env_clear().envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]).arg(program);
    limited = shell;
    limited.args(setup.args(&["--batch-size", "1"])).stdin(Stdio::null());
    let Ended { out, err, .. } = Ended::from(limited.output().unwrap()).code(2);
    assert!(err.contains(&setup.path("checkpoint")), "{out}{err}");
    let sent = setup.service.accepted_events().len();
    let started = setup.checkpoint().matches("{\"started\":").count();
    assert!((1..20).contains(&sent) && sent <= started, "{sent} of {started}");
    // At most the last batch has no second record.
    let Ended { out, .. } = setup.run(&["--resend-unknown", "--quiet"]).code(0);
    assert_eq!(out, "");
    assert_eq!(setup.service.accepted_events().len(), 20);
    assert!(setup.accepted().get(&2).is_none_or(|twice| *twice == 1), "{:?}", setup.accepted());
}

#[test]
#[cfg(unix)]
fn a_second_run_with_the_same_checkpoint_is_refused() {
    let setup = Setup::new("lock", 2);
    setup.service.faults().latency(Duration::from_secs(60));
    let args = setup.args(&[]);
    let _running = Running::start(at(&setup.service), args.iter().map(String::as_str));
    wait_until(|| fs::read_to_string(setup.path("checkpoint")).is_ok_and(|text| !text.is_empty()));
    setup.run(&[]).failed(1, "another run uses this checkpoint");
}

#[test]
#[cfg(unix)]
fn the_first_interrupt_ends_the_run_after_the_current_batch() {
    let setup = Setup::new("interrupt", 1_000);
    setup.service.faults().latency(Duration::from_millis(20));
    let args = setup.args(&["--batch-size", "1"]);
    let running = Running::start(at(&setup.service), args.iter().map(String::as_str));
    wait_until(|| setup.service.accepted_events().len() >= 3);
    running.signal("INT");
    let Ended { out, .. } = running.end().code(130);
    assert!(out.ends_with("0 unknown, 0 bad; stopped before the end of the input\n"), "{out}");
    setup.service.faults().clear();
    setup.run(&["--quiet"]).printed(0, "");
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 1_000)]));
}

/// Starts a run that reads standard input. Writes these lines to it, and returns the open end.
fn start_with_input(setup: &Setup, lines: usize, more: &[&str]) -> (std::process::Child, std::process::ChildStdin) {
    let args = setup.args(more).into_iter().filter(|arg| *arg != setup.path("lines"));
    let mut program = at(&setup.service);
    program.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all((1..=lines).map(event_line).collect::<String>().as_bytes()).unwrap();
    (child, input)
}

#[test]
#[cfg(unix)]
fn a_signal_ends_a_run_that_waits_for_input() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let setup = Setup::new(&format!("idle-{signal}"), 0);
        let (child, input) = start_with_input(&setup, 3, &["--batch-size", "2"]);
        let running = Running(Some(child));
        wait_until(|| setup.service.accepted_events().len() == 2);
        // The input is open, and has nothing more.
        running.signal(signal);
        let Ended { out, err, .. } = running.end().code(code);
        assert_eq!(out, summary(2, 0, 0, 0, 0).trim_end().to_owned() + "; stopped before the end of the input\n");
        assert!(err.starts_with("journey: interrupted"), "{err}");
        drop(input);
    }
}

#[test]
fn a_deadline_ends_a_run_that_waits_for_input() {
    let setup = Setup::new("idle-deadline", 0);
    let (child, input) = start_with_input(&setup, 3, &["--batch-size", "3", "--deadline", "1s"]);
    let Ended { out, err, .. } = Ended::from(child.wait_with_output().unwrap()).code(1);
    assert_eq!(out, summary(3, 0, 0, 0, 0).trim_end().to_owned() + "; stopped before the end of the input\n");
    assert_eq!(err, "journey: stopped at the deadline, before the end of the input\n");
    drop(input);
}

#[test]
fn the_rate_spaces_the_requests() {
    let setup = Setup::new("rate", 4);
    setup.run(&["--batch-size", "1", "--rate", "1200"]).printed(0, &summary(4, 0, 0, 0, 0));
    let at: Vec<Instant> =
        setup.service.requests().iter().filter(|seen| seen.raw_path.ends_with("/events")).map(|seen| seen.at).collect();
    // Four slots, 50 ms apart. The first request may be late.
    assert!(at[3] - at[0] >= Duration::from_millis(100), "{:?}", at[3] - at[0]);
}

#[test]
fn a_deadline_ends_the_run_and_leaves_nothing_unknown() {
    let setup = Setup::new("deadline", 1_000);
    let Ended { out, err, .. } = setup.run(&["--batch-size", "1", "--rate", "600", "--deadline", "1s"]).code(1);
    assert!(out.ends_with("0 unknown, 0 bad; stopped before the end of the input\n"), "{out}{err}");
    assert!(err.lines().count() == 1 && (err.contains("at the deadline") || err.contains("timeout error")), "{err}");
    assert!(setup.service.accepted_events().len() < 20);
    setup.run(&["--quiet"]).printed(0, "");
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 1_000)]));
}

#[test]
fn bytes_limit_a_batch_too() {
    let setup = Setup::new("bytes", 0);
    let note = "x".repeat(400_000);
    let lines =
        (1..=5).map(|n| event_line(n).replace("\"attributes\":{", &format!("\"attributes\":{{\"n\":\"{note}\",")));
    setup.write(lines.collect::<String>());
    setup.run(&[]).printed(0, &summary(5, 0, 0, 0, 0));
    assert_eq!(setup.batches(), [2, 2, 1]);
}

#[test]
fn read_only_and_missing_options_are_refused() {
    let setup = Setup::new("options", 1);
    setup.run(&["--read-only"]).failed(2, "--read-only");
    for args in [["ingest", "--configuration", "c"], ["ingest", "--checkpoint", "c"]] {
        let Ended { err, .. } = run(at(&setup.service), args).code(2);
        assert!(err.contains("required"), "{err}");
    }
    let missing = setup.path("missing");
    let args = ["ingest", &missing, "--configuration", "c", "--checkpoint", &setup.path("checkpoint")];
    run(at(&setup.service), args).failed(2, &missing);
    assert!(setup.batches().is_empty());
}

/// Returns the peak memory in KiB of a run over this many lines, as read when the last event arrives.
#[cfg(target_os = "linux")]
fn peak_memory(lines: usize) -> u64 {
    let setup = Setup::new(&format!("memory-{lines}"), 0);
    let (pid, peak) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (pid_of_child, peak_of_child, last) = (pid.clone(), peak.clone(), format!("e{lines}"));
    setup.service.faults().refuse_events(move |event| {
        if event["id"] == last.as_str() {
            let status = fs::read_to_string(format!("/proc/{}/status", pid_of_child.lock().unwrap())).unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            *peak_of_child.lock().unwrap() = line.trim().trim_end_matches(" kB").parse().unwrap();
        }
        None
    });
    let (child, input) = start_with_input(&setup, 0, &["--batch-size", "500"]);
    *pid.lock().unwrap() = child.id();
    let mut input = std::io::BufWriter::new(input);
    let note = format!("\"attributes\":{{\"note_text\":\"{}\",", "x".repeat(600));
    for n in 1..=lines {
        input.write_all(event_line(n).replace("\"attributes\":{", &note).as_bytes()).unwrap();
        if n % 10_000 == 0 {
            // The stand-in keeps the last requests, which would take more memory than the machine may have.
            setup.service.clear_requests();
        }
    }
    drop(input);
    Ended::from(child.wait_with_output().unwrap()).printed(0, &summary(lines, 0, 0, 0, 0));
    assert_eq!(setup.accepted(), BTreeMap::from([(1, lines)]));
    let peak = *peak.lock().unwrap();
    assert!(peak > 0);
    peak
}

/// `INGEST_LINES=1000000` reads a million lines.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_lines() {
    let lines = std::env::var("INGEST_LINES").map_or(30_000, |lines| lines.parse().unwrap());
    let [few, many] = [2_000, lines].map(peak_memory);
    // 30,000 lines are 24 MB.
    assert!(many < few + 4_096, "{few} KiB for 2,000 lines, {many} KiB for {lines}");
}
