//! The program, run as a process: arguments, environment, output, files and exit code.

mod changes;
mod ingest;
mod ingest_killed;
mod kinds;
mod mirror;
mod mirror_kinds;
mod operator;
mod outcomes;
mod reports;
mod sign_in;
mod view;
mod visitor;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use genesys_listener::{FileInFolder, Folder};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};

const DAY: &str = "2026-05-04T00:00:00Z/2026-05-05T00:00:00Z";

/// The program with an empty environment, as `env -i` starts it.
fn journey() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_journey"));
    program.env_clear();
    program
}

/// The program with the credentials of a stand-in.
fn at(service: &StandIn) -> Command {
    let mut program = journey();
    credentials(&mut program, "", service);
    program
}

fn credentials(program: &mut Command, prefix: &str, service: &StandIn) {
    program.env(format!("{prefix}GENESYSCLOUD_GATEWAY_URL"), service.url());
    program.env(format!("{prefix}GENESYSCLOUD_OAUTHCLIENT_ID"), CLIENT_ID);
    program.env(format!("{prefix}GENESYSCLOUD_OAUTHCLIENT_SECRET"), CLIENT_SECRET);
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run<'a>(mut program: Command, args: impl IntoIterator<Item = &'a str>) -> Ended {
    program.args(args).stdin(Stdio::null()).output().unwrap().into()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    #[track_caller]
    fn code(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// It printed nothing on standard error, and this on standard output.
    #[track_caller]
    fn printed(self, code: i32, out: &str) {
        let ended = self.code(code);
        assert_eq!((ended.out.as_str(), ended.err.as_str()), (out, ""));
    }

    /// It failed with this code and one line that contains this word, and gave no result.
    #[track_caller]
    fn failed(self, code: i32, word: &str) {
        let Ended { out, err, .. } = self.code(code);
        assert_eq!(out, "");
        assert!(err.lines().count() == 1 && err.starts_with("journey: ") && err.contains(word), "{err}");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The methods of the requests that change something.
fn writes(service: &StandIn) -> Vec<String> {
    let is_write = |method: &str, path: &str| method != "GET" && path != "/oauth/token" && !path.ends_with("/query");
    let seen = service.requests().into_iter().filter(|seen| is_write(&seen.method, &seen.raw_path));
    seen.map(|seen| seen.method).collect()
}

/// The last lines of a report about segments only.
fn summary(segments: &str) -> String {
    format!("segments: {segments}\noutcomes: 2 in sync\naction templates: none\naction maps: none\n")
}

/// Waits for another process, at most a minute.
#[track_caller]
fn wait_until(mut happened: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !happened() {
        assert!(start.elapsed().as_secs() < 60, "it did not happen within a minute");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
