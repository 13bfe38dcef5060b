//! `journey ingest`: lines, batches, the checkpoint, and what a second run sends.

use std::collections::BTreeMap;
use std::fmt::Write as _;
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
    folder: PathBuf,
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
        let setup = Setup { service: StandIn::doc_example(), folder: folder(&format!("ingest-{test}")) };
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
        let args = setup.args(&["--batch-size", "10"]).into_iter().filter(|arg| *arg != setup.path("lines"));
        let mut program = at(&setup.service);
        program.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let lines: String = (1..=30).map(event_line).collect();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        Ended::from(child.wait_with_output().unwrap()).printed(0, &summary(expected, 0, 0, 0, 0));
    }
    assert_eq!(setup.batches(), [10, 10, 10]);
}

#[test]
fn a_bad_line_is_reported_with_its_number() {
    let setup = Setup::new("bad", 0);
    let long = format!("{}\n", "x".repeat(2 << 20));
    let unknown = event_line(5).replace("\"id\"", "\"color\":1,\"id\"");
    setup.write([event_line(1), "{\n".into(), "\n".into(), long, unknown, event_line(6)].concat());
    let Ended { out, err, .. } = setup.run(&[]).code(2);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("line 2: bad: is not JSON"), "{out}");
    assert_eq!(lines[1], "line 4: bad: is longer than 1048576 bytes");
    assert_eq!(lines[2], "line 5: bad: has the unknown field \"color\"");
    assert_eq!(lines[3..], [summary(2, 0, 0, 0, 3).trim_end()]);
    assert!(err.starts_with("journey: line 2: bad") && err.ends_with("(and 2 more)\n"), "{err}");
    assert_eq!(setup.service.accepted_events().into_keys().collect::<Vec<_>>(), ["e1", "e6"]);
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
    assert!(err.contains("may have been processed") && err.contains("(and 3 more)"), "{err}");
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
    let finished = setup.checkpoint().lines().last().unwrap().to_owned();
    assert!(finished.contains(r#""accepted":2,"retry":[],"unknown":[[1,2]]"#), "{finished}");
    // All stay retryable: nothing of the batch is lost.
    setup.run(&["--resend-unknown"]).code(1);
    setup.service.faults().clear();
    setup.run(&[]).printed(0, &summary(2, 0, 0, 0, 0));
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
fn a_refusal_of_all_requests_stops_the_run_and_the_next_sends_the_rest() {
    let setup = Setup::new("stop", 6);
    setup.service.faults().status_for_request(2, 403);
    let Ended { out, err, .. } = setup.run(&["--batch-size", "2"]).code(1);
    let end = "2 accepted, 0 rejected, 2 retry, 0 unknown, 0 bad; stopped before the end of the input\n";
    assert!(out.ends_with(end) && err.contains("missing.permission"), "{out}");
    assert_eq!(setup.batches(), [2, 2]);
    setup.run(&[]).printed(0, &summary(4, 0, 0, 0, 0));
    assert_eq!(setup.batches(), [2, 2]);
    assert_eq!(setup.accepted(), BTreeMap::from([(1, 6)]));
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
    assert_eq!(records.len(), 5);
    // The second record of the last batch is incomplete: the batch is unknown.
    for torn in [&records[4][..10], "", "\0\0\0\n", "{\"finished\":2\n"] {
        fs::write(setup.path("checkpoint"), records[..4].concat() + torn).unwrap();
        let Ended { out, .. } = setup.run(&[]).code(2);
        assert!(out.starts_with("lines 3-4: unknown"), "{out}");
        assert_eq!(setup.checkpoint(), records[..4].concat());
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
    let note = "x".repeat(600);
    let mut text = String::new();
    for n in 1..=lines {
        let line = event_line(n).replace("\"attributes\":{", &format!("\"attributes\":{{\"note_text\":\"{note}\","));
        text.write_str(&line).unwrap();
    }
    setup.write(text);
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
    let mut program = at(&setup.service);
    program
        .args(setup.args(&["--batch-size", "500"]))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = {
        // Kept until the child has its number.
        let mut pid = pid.lock().unwrap();
        let child = program.spawn().unwrap();
        *pid = child.id();
        child
    };
    Ended::from(child.wait_with_output().unwrap()).printed(0, &summary(lines, 0, 0, 0, 0));
    let peak = *peak.lock().unwrap();
    assert!(peak > 0);
    peak
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_lines() {
    let [few, many] = [2_000, 30_000].map(peak_memory);
    // All lines are 24 MB.
    assert!(many < few + 4_096, "{few} KiB for 2,000 lines, {many} KiB for 30,000");
}
