//! The configuration of all calls: credentials, region and settings. It is the only state of the crate.

mod builder;
mod env;
mod proxy;
mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::auth::Auth;
use crate::call::{Authorization, Client};
use crate::deadline::{Deadline, Limit};
use crate::error::{Error, Result};
use crate::http::Base;
use crate::region::Region;
use crate::retry::Idempotency;
use settings::Settings;

pub use builder::ConfigBuilder;

/// Credentials, region and settings, passed by reference to every call.
///
/// `Clone` is cheap; clones share connections, the token and the rate limiter. `Debug` shows the settings
/// and no secret.
///
/// ```no_run
/// use genesys_journey::{Config, Region};
///
/// let config = Config::new(Region::EU_WEST_1, "an-access-token")?;
/// assert!(!format!("{config:?}").contains("an-access-token"));
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone)]
pub struct Config {
    shared: Arc<Shared>,
    /// The common deadline of all calls with this clone.
    deadline: Option<Deadline>,
}

struct Shared {
    region: Region,
    settings: Settings,
    api: Base,
    client: Client,
    auth: Auth,
}

impl Config {
    /// Returns a configuration with an access token and the default settings.
    ///
    /// The token cannot be renewed: once it has expired, calls fail with status 401. To sign in, see
    /// [`ConfigBuilder::sign_in`].
    ///
    /// # Errors
    /// `Input` if the token is empty or contains spaces, control or non-ASCII characters.
    pub fn new(region: Region, token: &str) -> Result<Config> {
        Config::builder(region).token(token)
    }

    /// Returns a configuration with the region and the credentials of the environment.
    ///
    /// | Variable | Value |
    /// |---|---|
    /// | `GENESYSCLOUD_REGION` | the region, in any form that [`Region`] parses |
    /// | `GENESYSCLOUD_GATEWAY_URL` | instead of the region: the URL of a gateway in front of API and sign-in |
    /// | `GENESYSCLOUD_ACCESS_TOKEN` | an access token; takes precedence over the OAuth client |
    /// | `GENESYSCLOUD_OAUTHCLIENT_ID` | the id of an OAuth client with the client credentials grant |
    /// | `GENESYSCLOUD_OAUTHCLIENT_SECRET` | the secret of the OAuth client |
    ///
    /// The vendor's command line tool and Terraform provider read the same variables, except for the
    /// gateway. White space at the ends of a value is ignored. An OAuth client signs in at once. To change
    /// settings, use [`Region::from_env`] and [`ConfigBuilder::credentials_from_env`].
    ///
    /// # Errors
    /// `Input` if a variable is missing, empty or malformed; the message names the variable. `Auth` if the
    /// credentials are refused.
    pub fn from_env() -> Result<Config> {
        Config::builder(Region::from_env()?).credentials_from_env()
    }

    /// Returns a configuration from environment variables with a prefix, for programs with several organisations.
    ///
    /// With `SOURCE_` it reads `SOURCE_GENESYSCLOUD_REGION` and so on. Variables without the prefix are ignored.
    ///
    /// ```no_run
    /// use genesys_journey::Config;
    ///
    /// let source = Config::from_env_prefixed("SOURCE_")?;
    /// let target = Config::from_env_prefixed("TARGET_")?;
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn from_env_prefixed(prefix: &str) -> Result<Config> {
        Config::builder(Region::from_env_prefixed(prefix)?).credentials_from_env_prefixed(prefix)
    }

    /// Returns a builder, to change settings.
    pub fn builder(region: Region) -> ConfigBuilder {
        ConfigBuilder::new(region)
    }

    /// Returns the region.
    pub fn region(&self) -> &Region {
        &self.shared.region
    }

    /// Returns a clone whose calls share this absolute deadline.
    ///
    /// A call that has not finished by then fails with a `Timeout` error, and later calls fail without
    /// sending anything. Each call also keeps its own [`call_timeout`](ConfigBuilder::call_timeout).
    ///
    /// ```
    /// # let config = genesys_stand_in::doc_example!();
    /// use std::time::{Duration, Instant};
    /// use genesys_journey::segments;
    ///
    /// // Lists all segments within ten minutes, however many pages there are.
    /// let config = config.with_deadline(Instant::now() + Duration::from_secs(600));
    /// for segment in segments::list_all(&config, &Default::default()) {
    ///     println!("{}", segment?.display_name);
    /// }
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    #[must_use = "the deadline applies to the clone that is returned"]
    pub fn with_deadline(&self, deadline: Instant) -> Config {
        self.bounded_by(Deadline::absolute(deadline))
    }

    /// Returns a clone whose calls share this deadline, or the present one if that is earlier.
    pub(crate) fn bounded_by(&self, deadline: Deadline) -> Config {
        Config { shared: self.shared.clone(), deadline: Some(deadline.min(self.deadline)) }
    }

    /// Returns a clone for a helper of several requests, which share the deadline of one call.
    pub(crate) fn as_one_call(&self) -> Config {
        self.bounded_by(self.deadline())
    }

    /// Returns the deadline of a call that starts now.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline_after(("call timeout", self.shared.settings.call_timeout))
    }

    /// Returns the end of a limit that starts now, or the deadline of this clone if that is earlier.
    pub(crate) fn deadline_after(&self, limit: Limit) -> Deadline {
        Deadline::after(limit).min(self.deadline)
    }

    /// Returns the unit of all delays.
    pub(crate) fn initial_backoff(&self) -> Duration {
        self.shared.settings.initial_backoff
    }

    pub(crate) fn client(&self) -> &Client {
        &self.shared.client
    }

    /// Returns the base URL of API calls.
    pub(crate) fn api(&self) -> &Base {
        &self.shared.api
    }

    /// Returns a token for an API call; see [`Auth::authorization`].
    pub(crate) fn authorization(&self, refused: Option<u64>, deadline: Deadline) -> Result<Authorization> {
        self.shared.auth.authorization(&self.shared.client, refused, deadline)
    }

    /// Refuses a request that may change data if the configuration is read-only.
    pub(crate) fn check_read_only(&self, method: &str, idempotency: Idempotency) -> Result<()> {
        if self.shared.settings.read_only && idempotency != Idempotency::Safe {
            return Err(Error::input("read_only", format_args!("is set; a {method} that may change data is not sent")));
        }
        Ok(())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { region, settings, auth, .. } = &*self.shared;
        write!(f, "Config {{ region: {region:?}, auth: {auth:?}, settings: {settings:?} }}")
    }
}
