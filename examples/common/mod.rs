//! What the example programs share: how they end, where they run, and how they write.
#![allow(dead_code, unused_macros)] // Each of them uses a part.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use genesys_journey::auth::Grant;
use genesys_journey::{Config, Error, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn, region};
use lexopt::{Arg, Parser};

/// The part of a help text that says where a program runs; see [`connect`].
pub const ENVIRONMENT: &str = "\
Environment:
  GENESYSCLOUD_REGION              where the organisation lives, such as eu_west_1
  GENESYSCLOUD_GATEWAY_URL         instead of the region: API and sign-in behind a gateway
  GENESYSCLOUD_ACCESS_TOKEN        a token; or
  GENESYSCLOUD_OAUTHCLIENT_ID      an OAuth client with the client credentials grant
  GENESYSCLOUD_OAUTHCLIENT_SECRET  and its secret
With none of these it runs on a stand-in of the service, in the same process, and says so.
";

/// Why a program ends before its work is done.
pub enum Stop {
    /// The help text was requested.
    Help,
    /// It failed; a line for a person, and the exit code.
    Failure { code: u8, message: String },
}

impl Stop {
    /// Somebody has to put something right.
    pub fn wrong(message: impl Display) -> Stop {
        Stop::Failure { code: 2, message: message.to_string() }
    }

    pub fn file(path: &Path, error: impl Display) -> Stop {
        Stop::wrong(format_args!("{}: {error}", path.display()))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        let code = if error.is_transient() { 1 } else { 2 };
        Stop::Failure { code, message: error.to_string() }
    }
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Stop {
        Stop::wrong(format_args!("{error} (see --help)"))
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::wrong(error)
    }
}

impl From<csv::Error> for Stop {
    fn from(error: csv::Error) -> Stop {
        Stop::wrong(error)
    }
}

/// Runs a program: its help goes to standard output, and why it failed to standard error.
pub fn main(help: &str, run: impl FnOnce(Parser) -> Result<ExitCode, Stop>) -> ExitCode {
    match run(Parser::from_env()) {
        Ok(code) => code,
        Err(Stop::Help) => {
            _ = print(help.as_bytes());
            ExitCode::SUCCESS
        }
        Err(Stop::Failure { code, message }) => {
            eprintln!("{}: {message}", env!("CARGO_CRATE_NAME"));
            ExitCode::from(code)
        }
    }
}

/// What to do about an argument that a program does not know: `--help`, or a mistake.
pub fn other(arg: Arg<'_>) -> Stop {
    match arg {
        Arg::Short('h') | Arg::Long("help") => Stop::Help,
        arg => arg.unexpected().into(),
    }
}

/// A service to call: the real one, or a stand-in that ends with this.
pub struct Service {
    pub config: Config,
    pub stand_in: Option<StandIn>,
}

/// Signs in as the environment says; on a stand-in where it says nothing.
pub fn connect(token_cache: Option<PathBuf>) -> Result<Service, Stop> {
    if std::env::vars_os().all(|(name, _)| !name.to_string_lossy().starts_with("GENESYSCLOUD_")) {
        let service = StandIn::start();
        service.seed_segments(5);
        eprintln!("No GENESYSCLOUD_* in the environment: running on a stand-in at {}.", service.url());
        let grant = Grant::client_credentials(CLIENT_ID, CLIENT_SECRET);
        let config = Config::builder(region!(service)).sign_in(grant)?;
        return Ok(Service { config, stand_in: Some(service) });
    }
    let mut builder = Config::builder(Region::from_env()?).user_agent(env!("CARGO_CRATE_NAME"));
    if let Some(path) = token_cache {
        builder = builder.token_cache(path);
    }
    Ok(Service { config: builder.credentials_from_env()?, stand_in: None })
}

/// A line of a story on standard output. Unlike `println!` it goes on where nobody reads on (`| head`).
macro_rules! say {
    ($($text:tt)*) => { _ = common::print((format!($($text)*) + "\n").as_bytes()) };
}

/// Writes results to standard output. That nobody reads on (`| head`) is no failure.
pub fn print(bytes: &[u8]) -> Result<(), Stop> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a file whole: whoever reads it finds what was there before, or all of this.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let mut temporary = OsString::from(path);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Stop::file(path, error)
    })
}
