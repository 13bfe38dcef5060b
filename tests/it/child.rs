//! Tests that start this binary again, because their subject is state of the whole process.

use std::process::Command;

/// Returns a command that runs only this test, given with the path of its module.
pub fn command(test: &str) -> Command {
    let (_, test) = test.split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact"]);
    command
}
