//! `sign-in`.

use std::io::Write;

use genesys_stand_in::{CODE, REDIRECT_URI};

use super::*;

fn sign_in(service: &StandIn, args: &[&str], input: &str) -> Ended {
    let mut program = at(service);
    program.args(["sign-in", "--redirect-uri", REDIRECT_URI, "--format", "csv"]).args(args);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    // It may not read its input.
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_code_signs_in_and_lists_segments() {
    let service = StandIn::start();
    service.seed_segments(1);
    let Ended { out, err, .. } = sign_in(&service, &[], &format!("{CODE}\n")).code(0);
    assert!(out.starts_with("segment_id,segment\n") && out.ends_with(",VIP 0\n"), "{out}");
    assert!(err.contains(&format!("{}/oauth/authorize?", service.url())), "{err}");
}

#[test]
fn an_address_of_another_sign_in_is_refused() {
    let service = StandIn::start();
    let address = format!("{REDIRECT_URI}?code={CODE}&state=other\n");
    let Ended { out, err, .. } = sign_in(&service, &[], &address).code(2);
    assert!(out.is_empty() && err.contains("state"), "{err}");
    assert_eq!(service.token_requests(), 0);
    assert!(sign_in(&service, &[], "").code(2).err.contains("no code was given"));
}

#[test]
fn a_kept_refresh_token_needs_no_person() {
    let (service, folder) = (StandIn::start(), Folder::new("refresh"));
    let file = folder.join("refresh");
    let args = ["--refresh-token", file.to_str().unwrap()];
    sign_in(&service, &args, CODE).code(0);
    let first = fs::read_to_string(&file).unwrap();
    sign_in(&service, &args, "").code(0);
    assert_ne!(fs::read_to_string(&file).unwrap(), first, "each use makes a new one");
    assert_eq!(files(&folder), ["refresh"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
