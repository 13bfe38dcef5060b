//! Credentials, and the settings that every subcommand has.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use genesys_journey::auth::Grant;
use genesys_journey::{Config, ConfigBuilder, Error, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn, region};
use log::{LevelFilter, Log, Metadata, Record};
use serde_json::json;

use crate::exit::{Failure, say};
use crate::interrupt;
use crate::kind::Entity;

/// The part of the help texts about the environment.
macro_rules! environment {
    () => {
        "Environment:
  GENESYSCLOUD_REGION              the region of the organisation, such as eu_west_1
  GENESYSCLOUD_GATEWAY_URL         instead of the region: a gateway for API and sign-in
  GENESYSCLOUD_ACCESS_TOKEN        an access token; or
  GENESYSCLOUD_OAUTHCLIENT_ID      an OAuth client with the client credentials grant
  GENESYSCLOUD_OAUTHCLIENT_SECRET  and its secret"
    };
}
pub(crate) use environment;

#[derive(clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Keep the access token in this file (mode 0600), so that not every run signs in
    #[arg(long, value_name = "FILE")]
    pub token_cache: Option<PathBuf>,
    /// Fail if the run takes longer, such as 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub deadline: Option<Duration>,
    /// The wait before the first retry; it doubles with each [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub initial_backoff: Option<Duration>,
    /// Refuse every request that may change something
    #[arg(long)]
    pub read_only: bool,
    /// Run on a stand-in of the service in this process, without credentials
    #[arg(long)]
    pub demo: bool,
    #[command(flatten)]
    pub verbosity: Verbosity,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Messages")]
pub struct Verbosity {
    /// Print retries on standard error; -vv: every request
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print no summary and no progress
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// The requests that a run may send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// A service to call: the real one, or a stand-in that ends with this.
pub struct Service {
    pub config: Config,
    _stand_in: Option<StandIn>,
}

impl Connection {
    /// Signs in with the credentials of the environment, or at a stand-in.
    pub fn connect(&self, access: Access) -> Result<Service, Failure> {
        self.connect_to("", access, demo)
    }

    /// Signs in with the variables of this prefix, or at this stand-in.
    pub fn connect_to(&self, prefix: &str, access: Access, demo: fn() -> StandIn) -> Result<Service, Failure> {
        self.connect_with(prefix, access, demo, |builder| builder)
    }

    /// Signs in like [`connect_to`](Self::connect_to), with further settings.
    pub fn connect_with(
        &self,
        prefix: &str,
        access: Access,
        demo: fn() -> StandIn,
        settings: impl Fn(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<Service, Failure> {
        self.verbosity.start_logging();
        if self.demo {
            let stand_in = demo();
            if !self.verbosity.quiet {
                say(format_args!("journey: running on a stand-in at {}", stand_in.url()));
            }
            let grant = Grant::client_credentials(CLIENT_ID, CLIENT_SECRET);
            let config = settings(self.builder(region!(stand_in), prefix, access)?).sign_in(grant)?;
            return Ok(Service { config, _stand_in: Some(stand_in) });
        }
        let config = Region::from_env_prefixed(prefix).map_err(missing).and_then(|region| {
            settings(self.builder(region, prefix, access)?).credentials_from_env_prefixed(prefix).map_err(missing)
        })?;
        Ok(Service { config, _stand_in: None })
    }

    /// Returns the builder with the settings of the command line.
    pub fn builder(&self, region: Region, prefix: &str, access: Access) -> Result<ConfigBuilder, Failure> {
        let mut builder = Config::builder(region).user_agent("journey");
        if let Some(path) = &self.token_cache {
            // Each organisation has a file of its own.
            let mut path = path.clone().into_os_string();
            if !prefix.is_empty() {
                path.push(format!(".{}", prefix.trim_end_matches('_').to_lowercase()));
            }
            builder = builder.token_cache(path);
        }
        if let Some(time) = self.deadline {
            let deadline = Instant::now().checked_add(time);
            builder = builder.deadline(deadline.ok_or_else(|| Failure::attention("--deadline: the time is too long"))?);
        }
        if let Some(backoff) = self.initial_backoff {
            builder = builder.initial_backoff(backoff);
        }
        if self.read_only || access == Access::Read {
            builder = builder.read_only();
        }
        Ok(builder)
    }

    /// Returns the time limit of a job. It leaves time before the deadline to cancel the job.
    pub fn job_timeout(&self, default: Duration) -> Duration {
        self.deadline.map_or(default, |deadline| deadline - (deadline / 5).min(Duration::from_secs(10)))
    }

    /// Whether a progress line may be shown.
    pub fn shows_progress(&self) -> bool {
        !self.verbosity.quiet && self.verbosity.verbose == 0
    }

    /// Reads a deleted entity until it is gone, so that a next run does not delete it again. Gives up after a while.
    pub fn wait_until_deleted<E: Entity>(&self, config: &Config, id: &str) {
        let mut wait = self.initial_backoff.unwrap_or(Duration::from_secs(1)) / 4;
        for _ in 0..6 {
            let is_gone = match E::get(config, id) {
                Ok(entity) => entity.is_deleted(),
                Err(error) => error.is_not_found() || !error.is_transient(),
            };
            if is_gone || interrupt::received().is_some() {
                return;
            }
            std::thread::sleep(wait);
            wait *= 2;
        }
    }
}

/// The organisation of `--demo`: the same at each run.
pub fn demo() -> StandIn {
    let stand_in = StandIn::start();
    let segments = stand_in.seed_segments(5);
    let template = json!({ "name": "Boots, spring", "mediaType": "contentOffer", "state": "Active" });
    let template = stand_in.add("journey/actiontemplates", template);
    let map = json!({
        "displayName": "Boots for VIPs", "triggerWithSegments": segments.first().as_slice(),
        "action": { "mediaType": "contentOffer", "actionTemplate": { "id": template } },
    });
    stand_in.add("journey/actionmaps", map);
    stand_in
}

/// Names `--demo` if a variable is not set.
pub fn missing(error: Error) -> Failure {
    let is_missing =
        error.field().is_some_and(|field| field.contains("GENESYSCLOUD_") && std::env::var_os(field).is_none());
    let mut failure = Failure::from(error);
    if is_missing {
        failure.message.push_str(" (to try the program without credentials: --demo)");
    }
    failure
}

impl Verbosity {
    pub fn start_logging(&self) {
        let level = match self.verbose {
            0 => return,
            1 => LevelFilter::Warn,
            _ => LevelFilter::Debug,
        };
        log::set_max_level(level);
        // It is set already if there are two organisations.
        _ = log::set_logger(&StderrLog);
    }
}

struct StderrLog;

impl Log for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The libraries below may log secrets.
        metadata.target().starts_with("genesys_journey")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            say(format_args!("journey: {}", record.args()));
        }
    }

    fn flush(&self) {}
}
