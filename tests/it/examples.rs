//! The example programs, run as processes with arguments and an environment.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use genesys_listener::Folder;
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, CODE, REDIRECT_URI, StandIn};
use serde_json::json;

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
}

#[test]
fn without_an_environment_quickstart_runs_on_a_stand_in() {
    let Ended { out, .. } = run(program("quickstart"), []).code(0);
    assert!(out.contains("running on a stand-in") && out.contains("409 version.mismatch"), "{out}");
    for name in ["all_nine", "list_segments", "ensure_segments", "export_rows", "sign_in"] {
        let Ended { err, .. } = run(program(name), []);
        assert!(err.contains("GENESYSCLOUD_"), "{name}: {err}");
    }
}

#[test]
fn quickstart_only_reads_without_write() {
    let service = StandIn::start();
    service.seed_segments(1);
    let Ended { out, .. } = run(at(&service, "quickstart"), []).code(0);
    assert!(out.contains("VIP 0"), "{out}");
    let reads = ["GET", "GET", "POST"]; // a list, one entity, an aggregates query
    assert_eq!(methods(&service), reads);
    service.clear_requests();
    run(at(&service, "quickstart"), ["--write"]).code(0);
    assert_eq!(methods(&service).last().map(String::as_str), Some("GET"));
    assert!(methods(&service).contains(&"DELETE".to_owned()));
    assert_eq!(service.segments().len(), 1);
}

fn methods(service: &StandIn) -> Vec<String> {
    let requests = service.requests().into_iter().filter(|seen| seen.raw_path != "/oauth/token");
    requests.map(|seen| seen.method).collect()
}

#[test]
fn small_examples_print_segments_and_rows() {
    let service = StandIn::start();
    service.seed_segments(2);
    let Ended { out, .. } = run(at(&service, "list_segments"), []).code(0);
    assert!(out.lines().count() == 2 && out.contains("VIP 0"), "{out}");
    let Ended { out, .. } = run(at(&service, "export_rows"), []).code(0);
    assert_eq!(out.lines().count(), 1 + 3 * 24, "{out}");
    let mut sign_in = at(&service, "sign_in");
    sign_in.env("REDIRECT_URI", REDIRECT_URI).env("GENESYSCLOUD_REGION", service.url());
    let code = Folder::new("sign-in").file("code");
    fs::write(&code, CODE).unwrap();
    let output = sign_in.stdin(File::open(&code).unwrap()).output().unwrap();
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("\nVIP 0\n"));
}

#[test]
fn ensured_segments_are_written_once() {
    let service = StandIn::start();
    service.add_segment(json!({ "displayName": "VIP", "color": "#000000" }));
    let Ended { out, .. } = run(at(&service, "ensure_segments"), []).code(0);
    assert!(out.contains("changed VIP") && out.contains("created On the phone"), "{out}");
    service.clear_requests();
    let Ended { out, .. } = run(at(&service, "ensure_segments"), []).code(0);
    assert_eq!(out, "unchanged VIP\nunchanged On the phone\n");
    assert_eq!(methods(&service), ["GET"]);
}

/// The build script as cargo starts it, in a folder with a snapshot.
fn build_script(mut program: Command, folder: &Path) -> Ended {
    program.current_dir(folder).env("OUT_DIR", folder);
    run(program, [])
}

fn with_snapshot(test: &str) -> Folder {
    let folder = Folder::new(test);
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/build_script/segments.json");
    fs::copy(snapshot, folder.join("segments.json")).unwrap();
    folder
}

const VIP_OF_SNAPSHOT: &str = "pub const VIP: &str = \"9e3779b9-7c15-4000-9e11-000000000001\";";

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
    assert!(fs::read_to_string(folder.join("segments.rs")).unwrap().contains(VIP_OF_SNAPSHOT));
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
    // A backup of several kinds of entities is read, too.
    let backup = with_snapshot("backup");
    let snapshot = fs::read_to_string(backup.join("segments.json")).unwrap();
    fs::write(folder.join("segments.json"), format!(r#"{{"segments":{snapshot},"actionMaps":[]}}"#)).unwrap();
    build_script(program("build_script"), &folder).code(0);
    assert!(fs::read_to_string(&made).unwrap().contains(VIP_OF_SNAPSHOT));
}

#[test]
fn the_build_script_falls_back_without_access_or_network() {
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
        assert!(fs::read_to_string(folder.join("segments.rs")).unwrap().contains(VIP_OF_SNAPSHOT));
        fs::remove_file(folder.join("segments.rs")).unwrap();
    }
    fs::remove_file(folder.join("segments.json")).unwrap();
    let Ended { err, .. } = build_script(program("build_script"), &folder).code(1);
    assert!(err.contains("segments.json: "), "{err}");
}

#[test]
fn the_build_script_makes_code_that_compiles_of_any_names() {
    let (service, folder) = (StandIn::start(), Folder::new("names"));
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
