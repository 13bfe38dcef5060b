//! The program as an operator meets it: an empty environment, a full disk, a closed pipe, a signal, a file that
//! cannot be written.

use std::process::Child;
use std::time::Duration;

use genesys_listener::{Listener, Scripted};
use genesys_stand_in::Response;

use super::*;

const SUBCOMMANDS: [&str; 9] =
    ["report", "rows", "backup", "diff", "restore", "mirror", "ingest", "sign-in", "completions"];

#[test]
fn each_help_text_has_an_example() {
    let Ended { out, .. } = run(journey(), ["--help"]).code(0);
    for word in SUBCOMMANDS.iter().chain(&["Exit codes:"]) {
        assert!(out.contains(word), "{word}: {out}");
    }
    for subcommand in SUBCOMMANDS {
        let Ended { out, err, .. } = run(journey(), [subcommand, "--help"]).code(0);
        let example = if subcommand == "completions" { "Example:" } else { "Example for cron" };
        assert!(out.contains(example) && err.is_empty(), "{out}");
        if subcommand != "completions" {
            for word in ["Environment:", "GENESYSCLOUD_REGION", "--deadline", "--token-cache", "--demo", "--read-only"]
            {
                assert!(out.contains(word), "{subcommand} {word}: {out}");
            }
        }
    }
}

#[test]
fn an_empty_environment_is_an_error_that_names_demo() {
    let folder = Folder::new("empty-environment");
    let file = folder.join("segments.json");
    fs::write(&file, "[]").unwrap();
    for subcommand in ["report", "rows", "backup", "mirror", "sign-in"] {
        run(journey(), [subcommand]).failed(2, "--demo");
    }
    for subcommand in ["diff", "restore"] {
        run(journey(), [subcommand, file.to_str().unwrap()]).failed(2, "--demo");
    }
}

#[test]
fn a_demo_needs_no_environment() {
    let cases: [(&str, i32, &str); 5] = [
        ("ingest", 0, "0 accepted"),
        ("report", 0, "Mobile campaign 2"),
        ("rows", 0, "nJourneySessions"),
        ("mirror", 3, "would create segment \"Full basket 4\""),
        ("sign-in", 0, "VIP 0"),
    ];
    for (subcommand, code, word) in cases {
        let Ended { out, err, .. } = run(journey(), [subcommand, "--demo"]).code(code);
        assert!(out.contains(word), "{out}");
        assert!(err.starts_with("journey: running on a stand-in") || subcommand == "sign-in", "{err}");
    }
    let file = Folder::new("demo").file("segments.json");
    let file = file.to_str().unwrap();
    run(journey(), ["backup", "--demo", "--quiet", "--output", file]).printed(0, "");
    run(journey(), ["diff", "--demo", "--quiet", file]).printed(0, "");
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    let cases: [(&[&str], &str); 9] = [
        (&["reprot"], "reprot"),
        (&["report", "--days"], "--days"),
        (&["report", "--days", "0"], "--days"),
        (&["report", "--interval", "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z"], "start"),
        (&["report", "report.csv"], "report.csv"),
        (&["report", "--deadline", "soon"], "--deadline"),
        (&["backup", "--format", "csv"], "--format"),
        (&["mirror", "--apply", "--read-only"], "--read-only"),
        (&["diff"], "<FILE>"),
    ];
    for (args, word) in cases {
        let Ended { out, err, .. } = run(journey(), args.iter().copied()).code(2);
        assert!(out.is_empty() && err.starts_with("journey: ") && err.contains(word), "{args:?}: {err}");
    }
}

#[test]
fn a_cron_job_prints_nothing_and_signs_in_once() {
    let (service, folder) = (StandIn::start(), Folder::new("cron"));
    service.seed_segments(2);
    let (report, token) = (folder.join("report.csv"), folder.join("token"));
    let (report, token) = (report.to_str().unwrap(), token.to_str().unwrap());
    let args = ["report", "--format", "csv", "--output", report, "--token-cache", token];
    for _ in 0..2 {
        run(at(&service), args).printed(0, "");
        assert_eq!(fs::read_to_string(report).unwrap().lines().count(), 3);
    }
    assert_eq!(service.token_requests(), 1);
    assert_eq!(files(&folder), ["report.csv", "token"]);
}

#[test]
fn transient_failures_have_their_own_exit_code() {
    let (service, folder) = (StandIn::start(), Folder::new("codes"));
    let file = folder.join("report.csv");
    fs::write(&file, "the report of the day before").unwrap();
    let args = ["report", "--output", file.to_str().unwrap()];
    let with = |variable: &str, value: &str| {
        let mut report = at(&service);
        report.env(variable, value);
        report
    };
    service.respond_next([Response::error(500, "internal.server.error", "Oops")]);
    run(at(&service), args).failed(1, "500 internal.server.error");
    run(with("GENESYSCLOUD_ACCESS_TOKEN", "expired"), args).failed(2, "401");
    run(with("GENESYSCLOUD_OAUTHCLIENT_SECRET", "wrong"), args).failed(2, "invalid_client");
    run(with("GENESYSCLOUD_OAUTHCLIENT_SECRET", ""), args).failed(2, "GENESYSCLOUD_OAUTHCLIENT_SECRET");
    service.respond_next([Response::error(403, "missing.permission", "No")]);
    run(at(&service), args).failed(2, "missing.permission");

    assert_eq!(fs::read_to_string(&file).unwrap(), "the report of the day before");
    assert_eq!(files(&folder), ["report.csv"]);
}

#[test]
fn a_proxy_that_refuses_the_password_needs_attention() {
    let through = |proxy: &str| {
        let mut program = journey();
        program.env("GENESYSCLOUD_GATEWAY_URL", "https://service.invalid").env("GENESYSCLOUD_ACCESS_TOKEN", "token");
        program.env("https_proxy", proxy);
        run(program, ["report", "--initial-backoff", "1ms"])
    };
    let proxy = Listener::scripted([Scripted::text(407, "")]);
    let address = proxy.address();
    through(&format!("http://user:wrong@{address}")).failed(2, "refused the user and password in https_proxy");
    assert_eq!(proxy.count(), 1);
    through("garbage://x").failed(2, "https_proxy is not a proxy URL");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    through(&format!("http://{closed}")).failed(1, &format!("no connection to the proxy {closed}"));
}

#[test]
fn a_deadline_ends_the_run() {
    let service = StandIn::start();
    service.faults().latency(Duration::from_secs(60));
    run(at(&service), ["report", "--deadline", "100ms"]).failed(1, "deadline");
}

#[test]
fn verbose_runs_show_requests_and_no_secret() {
    let service = StandIn::start();
    service.faults().status_for_request(1, 503);
    let args = ["backup", "-v", "--initial-backoff", "1ms"];
    let Ended { err, .. } = run(at(&service), args).code(0);
    assert!(err.lines().count() == 1 && err.contains("503"), "{err}");
    let Ended { err, .. } = run(at(&service), ["backup", "-vv"]).code(0);
    assert!(err.contains("GET /api/v2/journey/segments") && !err.contains("stand-in/secret"), "{err}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let file = Folder::new("closed-pipe").file("segments.json");
    fs::write(&file, "[]").unwrap();
    let diff = ["diff", "--demo", file.to_str().unwrap()];
    let cases: [(&[&str], i32); 7] = [
        (&["report", "--demo"], 0),
        (&["rows", "--demo", "--format", "csv"], 0),
        (&["backup", "--demo"], 0),
        (&diff, 3),
        (&["mirror", "--demo", "--apply"], 0),
        (&["--help"], 0),
        (&["completions", "bash"], 0),
    ];
    for (args, code) in cases {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = journey();
        let output = program.args(args).stdin(Stdio::null()).stdout(writer).output().unwrap();
        let Ended { err, .. } = Ended::from(output).code(code);
        assert!(!err.contains("pipe"), "{err}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_line_and_exit_code_2() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let cases: [&[&str]; 6] = [
        &["report", "--demo", "--quiet"],
        &["report", "--demo", "--quiet", "--format", "csv"],
        &["rows", "--demo", "--quiet", "--format", "json"],
        &["backup", "--demo", "--quiet"],
        &["mirror", "--demo", "--quiet", "--apply"],
        &["--help"],
    ];
    for args in cases {
        let mut program = journey();
        let output = program.args(args).stdin(Stdio::null()).stdout(full()).output().unwrap();
        Ended::from(output).failed(2, "standard output: No space left on device");
    }
    // Standard error may be on the same disk.
    let status = journey().arg("report").stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));

    // A device of the test, so that a broken program does not replace that of the machine. Only root may make one.
    let device = Folder::new("full-disk").file("full");
    let path = device.to_str().unwrap();
    if Command::new("mknod").args([path, "c", "1", "7"]).stderr(Stdio::null()).status().is_ok_and(|it| it.success()) {
        run(journey(), ["report", "--demo", "--quiet", "--output", path])
            .failed(2, &format!("{path}: No space left on device"));
        assert!(!fs::metadata(&device).unwrap().is_file());
    }
}

#[test]
#[cfg(unix)]
fn a_fifo_is_written_and_not_replaced() {
    let folder = Folder::new("fifo");
    let path = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let fifo = path.to_str().unwrap();
    let running = Running::start(journey(), ["backup", "--demo", "--quiet", "--output", fifo]);
    let backup = fs::read_to_string(fifo).unwrap();
    running.end().printed(0, "");
    assert!(backup.ends_with("]\n}\n"), "{backup}");
    assert_eq!(files(&folder), ["fifo"]);
    assert!(!fs::metadata(&path).unwrap().is_file());
}

#[test]
fn an_output_that_cannot_be_written_is_named_before_any_request() {
    let (service, folder) = (StandIn::start(), Folder::new("not-writable"));
    let nowhere = folder.join("nowhere").join("report.csv");
    for path in [nowhere.to_str().unwrap(), folder.to_str().unwrap(), ".."] {
        run(at(&service), ["report", "--output", path]).failed(2, path);
        run(at(&service), ["backup", "--output", path]).failed(2, path);
    }
    assert_eq!(service.token_requests(), 0);
    assert!(files(&folder).is_empty());
}

#[test]
#[cfg(unix)]
fn a_replaced_file_keeps_its_permissions_and_its_links() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("permissions");
    let (file, link) = (folder.join("report.csv"), folder.join("link.csv"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("report.csv", &link).unwrap();
    run(journey(), ["report", "--demo", "--quiet", "--output", link.to_str().unwrap()]).printed(0, "");
    assert!(fs::read_to_string(&file).unwrap().starts_with("Assigned"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// A running program. It is killed when the test ends early.
#[cfg(unix)]
pub struct Running(pub Option<Child>);

#[cfg(unix)]
impl Running {
    pub fn start<'a>(mut program: Command, args: impl IntoIterator<Item = &'a str>) -> Running {
        program.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(program.spawn().unwrap()))
    }

    pub fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.0.as_ref().unwrap().id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub fn end(mut self) -> Ended {
        self.0.take().unwrap().wait_with_output().unwrap().into()
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

#[test]
#[cfg(unix)]
fn a_signal_leaves_nothing_half_written() {
    let (service, folder) = (StandIn::start(), Folder::new("signal"));
    service.faults().latency(Duration::from_secs(60));
    let file = folder.join("rows.csv");
    fs::write(&file, "the rows of the day before").unwrap();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let running = Running::start(at(&service), ["rows", "--format", "csv", "--output", file.to_str().unwrap()]);
        wait_until(|| files(&folder).len() == 2);
        running.signal(signal);
        running.end().failed(code, "interrupted");
        assert_eq!(files(&folder), ["rows.csv"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "the rows of the day before");
    }
}
