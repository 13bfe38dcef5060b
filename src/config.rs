//! What calls are made with.

mod builder;
mod env;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::auth::Auth;
use crate::call::{Authorization, Client};
use crate::error::{Error, Result};
use crate::http::Base;
use crate::region::Region;

pub use builder::ConfigBuilder;

/// The token, the region and the settings of all calls: the only state there is.
///
/// Cheap to clone, `Send + Sync`; clones share connections, token and pace. `Debug` shows the settings,
/// and never a secret.
///
/// ```
/// use genesys_journey::{Config, Region};
///
/// let config = Config::new(Region::EU_WEST_1, "an access token");
/// assert!(!format!("{config:?}").contains("an access token"));
/// ```
#[derive(Clone)]
pub struct Config {
    shared: Arc<Shared>,
    /// When all calls with this clone are to have ended.
    until: Option<Instant>,
}

struct Shared {
    region: Region,
    /// [`Config::new`] leaves what is wrong to the first call.
    inner: Result<Inner>,
}

struct Inner {
    settings: ConfigBuilder,
    api: Base,
    client: Client,
    auth: Auth,
}

impl Config {
    /// Calls with a token that the program already has, and the default settings. Such a token cannot
    /// be renewed: when it expires, calls end in an error with status 401.
    ///
    /// A token that cannot be sent (empty, or with spaces or control characters) is told by the first
    /// call, as an `Input` error; [`ConfigBuilder::token`] tells it at once.
    pub fn new(region: Region, token: &str) -> Config {
        let inner = Config::builder(region.clone()).build(|_| Auth::fixed(token));
        Config::of(Shared { region, inner })
    }

    fn of(shared: Shared) -> Config {
        Config { shared: Arc::new(shared), until: None }
    }

    /// Calls as the environment says:
    ///
    /// | Variable | Holds |
    /// |---|---|
    /// | `GENESYSCLOUD_REGION` | the region, in any spelling that [`Region`] parses |
    /// | `GENESYSCLOUD_GATEWAY_URL` | instead of the region: a gateway that API and sign-in are behind, or a test's own service |
    /// | `GENESYSCLOUD_ACCESS_TOKEN` | a token; wins over the next two |
    /// | `GENESYSCLOUD_OAUTHCLIENT_ID` | the id of an OAuth client with the client credentials grant |
    /// | `GENESYSCLOUD_OAUTHCLIENT_SECRET` | its secret |
    ///
    /// These are the names that the vendor's command line tool and its Terraform provider use, but for that
    /// of the gateway. With a client, the first token is asked for at once. For other settings there are
    /// [`Region::from_env`] and [`ConfigBuilder::credentials_from_env`].
    ///
    /// # Errors
    /// `Input`, naming the variable, where one is missing, empty or malformed; `Auth` where signing in
    /// fails.
    pub fn from_env() -> Result<Config> {
        Config::builder(Region::from_env()?).credentials_from_env()
    }

    /// Calls with settings of one's own; see [`ConfigBuilder`].
    pub fn builder(region: Region) -> ConfigBuilder {
        ConfigBuilder::new(region)
    }

    /// The region that calls go to.
    pub fn region(&self) -> &Region {
        &self.shared.region
    }

    /// A clone whose calls end by then, all of them together: what is not done by then ends in a `Timeout`
    /// error (`Auth`, where it was signing in), and what would be begun later is not sent. Each keeps the
    /// [`call_timeout`](ConfigBuilder::call_timeout) of a call, too.
    ///
    /// ```
    /// # let config = genesys_stand_in::doc_example();
    /// use std::time::{Duration, Instant};
    /// use genesys_journey::segments;
    ///
    /// // This job gives up after ten minutes, however many pages there are.
    /// let config = config.with_deadline(Instant::now() + Duration::from_secs(600));
    /// for segment in segments::list_all(&config, &Default::default()) {
    ///     println!("{}", segment?.display_name);
    /// }
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    #[must_use = "the end is for the clone that is returned"]
    pub fn with_deadline(&self, end: Instant) -> Config {
        Config { shared: self.shared.clone(), until: Some(self.until.map_or(end, |until| until.min(end))) }
    }

    /// For what takes several requests: all of them have the deadline of one call.
    pub(crate) fn as_one_call(&self) -> Result<Config> {
        Ok(self.with_deadline(self.deadline()?))
    }

    /// When all is to have ended, if that was said.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.until
    }

    fn inner(&self) -> Result<&Inner> {
        self.shared.inner.as_ref().map_err(Error::duplicate)
    }

    /// What calls go out over, and where to.
    pub(crate) fn client(&self) -> Result<(&Client, &Base)> {
        let inner = self.inner()?;
        Ok((&inner.client, &inner.api))
    }

    /// Until when a call that begins now may take.
    pub(crate) fn deadline(&self) -> Result<Instant> {
        let now = Instant::now();
        let deadline = now.checked_add(self.inner()?.settings.call_timeout).unwrap_or(now);
        Ok(self.until.map_or(deadline, |until| until.min(deadline)))
    }

    /// A token for a call; see [`Auth::authorization`].
    pub(crate) fn authorization(&self, refused: Option<u64>, deadline: Instant) -> Result<Authorization> {
        let inner = self.inner()?;
        inner.auth.authorization(&inner.client, refused, deadline)
    }

    /// The unit of waits.
    pub(crate) fn initial_backoff(&self) -> Result<Duration> {
        Ok(self.inner()?.settings.initial_backoff)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shared.inner {
            Ok(inner) => write!(f, "Config {{ auth: {:?}, settings: {:?} }}", inner.auth, inner.settings),
            Err(error) => write!(f, "Config {{ {error} }}"),
        }
    }
}
