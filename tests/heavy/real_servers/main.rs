//! The client against squid, nginx and OpenSSL's server. `.ci/run` installs these programs; `cargo test` does not
//! run this target.
#![cfg(all(feature = "rustls", unix))]

mod nginx;
mod openssl;
mod program;
mod squid;
#[path = "../network/tls.rs"]
#[allow(dead_code)]
mod tls;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use genesys_journey::segments;
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, Result};

/// Returns a builder that reads no variable of the environment but `SSL_CERT_FILE`.
fn at(url: &str) -> ConfigBuilder {
    Config::builder(Region::custom(url, url).unwrap()).no_proxy().initial_backoff(Duration::from_millis(1))
}

fn list(builder: ConfigBuilder) -> Result<()> {
    segments::list(&builder.token("token")?, &Default::default()).map(drop)
}

/// Checks that an error is final, that nothing was sent, and that its line contains these words.
fn assert_refused(error: &Error, words: &str) {
    assert!(error.to_string().contains(words), "{words:?} is not in {error}");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
    assert!(!error.is_transient() && !error.outcome_unknown(), "{error}");
}

/// Runs the program `journey` against a gateway, in this environment; returns its exit code and its error line.
fn run_program(gateway: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let target = std::env::current_exe().unwrap();
    let target: PathBuf = target.ancestors().nth(2).unwrap().into();
    let mut program = Command::new(target.join("journey"));
    program.arg("report");
    program.env_clear().env("GENESYSCLOUD_GATEWAY_URL", gateway).env("GENESYSCLOUD_ACCESS_TOKEN", "token");
    let Output { status, stderr, .. } = program.envs(variables.iter().copied()).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}
