//! The program `stand_in`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_stand_in"))
}

/// A running program. It is killed when a test ends without waiting for it.
pub(crate) struct Running {
    pub child: Child,
    pub url: String,
    pub basic: String,
}

impl Running {
    pub fn start(args: &[&str], stdin: Stdio) -> Running {
        let mut child = program().args(args).stdin(stdin).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let (first, second) = (lines.next().unwrap(), lines.next().unwrap());
        let values: Vec<String> = format!("{first} {second}")
            .split(' ')
            .filter_map(|word| word.split_once('='))
            .map(|(_, value)| value.trim_matches('\'').to_owned())
            .collect();
        let [url, id, secret] = values.as_slice() else { panic!("{values:?}") };
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        Running { child, url: url.clone(), basic }
    }

    fn get(&self, target: &str) -> Option<(u16, Value)> {
        self.send("GET", target, "")
    }

    /// Sends a request with a new token, and returns the status and the body, or `None` if the response is lost.
    fn send(&self, method: &str, target: &str, body: &str) -> Option<(u16, Value)> {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{}/oauth/token", self.url)).header("Authorization", &self.basic);
        let token = request.send("grant_type=client_credentials").unwrap().into_body().read_to_string().unwrap();
        let token: Value = serde_json::from_str(&token).unwrap();
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        let request = http::Request::builder().method(method).uri(format!("{}{target}", self.url));
        let request = request.header("Authorization", bearer).body(body.to_owned()).unwrap();
        let response = agent.run(request).ok()?;
        let status = response.status().as_u16();
        Some((status, serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap()))
    }

    fn page(&self) -> Value {
        self.get(SEGMENTS).unwrap().1
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program().args(args).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn it_serves_until_its_input_ends() {
    let mut running = Running::start(&[], Stdio::piped());
    assert_eq!(running.page()["total"], 250);
    drop(running.child.stdin.take());
    assert!(running.child.wait().unwrap().success());
    assert_eq!(run(&[]).0, Some(0), "an empty input ends it at once");
}

#[test]
fn it_serves_until_it_is_killed() {
    let mut running = Running::start(&["--until-killed", "--segments", "3"], Stdio::null());
    assert_eq!(running.page()["total"], 3);
    assert!(running.child.try_wait().unwrap().is_none());
}

#[test]
fn another_seed_is_another_organisation() {
    let ids_of = |seed| ids(&Running::start(&["--seed", seed], Stdio::piped()).page());
    let (first, again, other) = (ids_of("1"), ids_of("1"), ids_of("2"));
    assert!(first == again && first != other);
}

#[test]
fn faults_are_arguments() {
    let limited = Running::start(&["--limit-rate", "1"], Stdio::piped());
    assert_eq!(limited.get(SEGMENTS).unwrap().0, 200);
    assert_eq!(limited.get(SEGMENTS).unwrap().0, 429);
    let lagging = Running::start(&["--lag", "3600000", "--segments", "1"], Stdio::piped());
    assert_eq!(lagging.send("POST", SEGMENTS, r#"{ "displayName": "New" }"#).unwrap().0, 200);
    assert_eq!(lagging.page()["total"], 1);
    let lossy = Running::start(&["--lose-responses", "1"], Stdio::piped());
    assert!(lossy.get(SEGMENTS).is_none());
}

#[test]
fn dates_are_those_of_today() {
    let running = Running::start(&["--segments", "1"], Stdio::piped());
    let created = running.page()["entities"][0]["createdDate"].as_str().unwrap().to_owned();
    let age = std::time::SystemTime::now().duration_since(humantime::parse_rfc3339(&created).unwrap()).unwrap();
    assert!(age.as_secs() < 60, "{created}");
}

#[test]
fn a_port_in_use_is_exit_code_1() {
    let service = StandIn::start();
    let port = service.url().rsplit(':').next().unwrap().to_owned();
    let (code, out, err) = run(&["--port", &port]);
    assert_eq!((code, out.as_str(), err.lines().count()), (Some(1), "", 1));
    assert!(err.starts_with(&format!("stand_in: port {port}: ")), "{err}");
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    for args in [
        &["--port", "x"][..],
        &["--port", "65536"],
        &["--segments", "501"],
        &["--segments"],
        &["--lose-responses", "1.5"],
        &["--lose-responses", "NaN"],
        &["--lag", "-1"],
        &["--seeds", "1"],
        &["file"],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{args:?}: {err}");
        assert!(err.starts_with("stand_in: ") && err.ends_with("(see --help)\n"), "{err}");
    }
}

#[test]
fn help_names_every_option() {
    let (code, out, err) = run(&["--help"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for option in ["--port", "--segments", "--seed", "--limit-rate", "--lose-responses", "--lag", "--until-killed"] {
        assert!(out.contains(option), "{option}");
    }
}

#[test]
fn a_closed_output_does_not_end_it() {
    let mut running = Running::start(&[], Stdio::piped());
    // The reader of its output is gone by now.
    assert_eq!(running.page()["total"], 250);
    drop(running.child.stdin.take());
    let mut rest = String::new();
    _ = running.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut rest));
    assert!(running.child.wait().unwrap().success(), "{rest}");
}
