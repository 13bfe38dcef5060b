//! The program `journey`: reports, backups and mirrors of journey segments, for cron and the command line.

#![forbid(unsafe_code)]

mod backup;
mod connect;
mod diff;
mod differences;
mod exit;
mod ingest;
mod interrupt;
mod kind;
mod mirror;
mod organisation;
mod output;
mod pairs;
mod progress;
mod records;
mod references;
mod report;
mod restore;
mod rows;
mod sign_in;
mod svg;
mod timeline;
mod view;
mod visitor;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use exit::{Failure, Status, say};
use output::Output;

const ABOUT: &str =
    "Reports, backups and mirrors of the segments, outcomes, action templates and action maps of Genesys Cloud";

#[derive(Parser)]
#[command(name = "journey", version, about = ABOUT, after_help = exit::CODES, disable_help_subcommand = true, args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Report(report::Args),
    Rows(rows::Args),
    Backup(backup::Args),
    Diff(diff::Args),
    Restore(restore::Args),
    Mirror(mirror::Args),
    Ingest(ingest::Args),
    View(view::Args),
    Visitor(visitor::Args),
    SignIn(sign_in::Args),
    /// Print a script that completes the options of this program in a shell
    #[command(after_help = "Example:\n  journey completions bash > /etc/bash_completion.d/journey")]
    Completions {
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let status = match Cli::try_parse() {
        Ok(cli) => run(cli.command),
        Err(error) if error.use_stderr() => Err(Failure::attention(error.render().to_string().trim_end())),
        Err(help) => print(help.render().to_string().as_bytes()),
    };
    status.unwrap_or_else(Failure::report).into()
}

fn run(command: Command) -> Result<Status, Failure> {
    interrupt::install()?;
    match command {
        Command::Report(args) => report::run(&args),
        Command::Rows(args) => rows::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Mirror(args) => mirror::run(&args),
        Command::Ingest(args) => ingest::run(&args),
        Command::View(args) => view::run(&args),
        Command::Visitor(args) => visitor::run(&args),
        Command::SignIn(args) => sign_in::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "journey", &mut script);
            print(&script)
        }
    }
}

fn print(text: &[u8]) -> Result<Status, Failure> {
    let mut output = Output::open(None)?;
    output.write_all(text)?;
    output.commit()?;
    Ok(Status::Done)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        super::Cli::command().debug_assert();
    }
}
