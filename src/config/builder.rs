//! The settings of calls, and what is made of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Config, Inner, Shared};
use crate::auth::{Auth, Cache, Grant, OnRefreshToken};
use crate::call::Client;
use crate::error::{Error, Result};
use crate::http::{self, Base, Http, ProxySetting};
use crate::rate_limiter::RateLimiter;
use crate::region::Region;
use crate::retry::RetryPolicy;
use crate::tls;

/// The settings of a [`Config`], each with a default; ends in [`token`](ConfigBuilder::token),
/// [`sign_in`](ConfigBuilder::sign_in) or [`credentials_from_env`](ConfigBuilder::credentials_from_env).
///
/// ```
/// use std::time::Duration;
/// use genesys_journey::{Config, Region};
///
/// let config = Config::builder(Region::EU_WEST_1)
///     .attempt_timeout(Duration::from_secs(10))
///     .call_timeout(Duration::from_secs(60))
///     .user_agent("night-job/1.4")
///     .token("an-access-token")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "ends in token, sign_in or credentials_from_env"]
pub struct ConfigBuilder {
    pub(super) region: Region,
    attempt_timeout: Duration,
    connect_timeout: Duration,
    pub(super) call_timeout: Duration,
    max_attempts: u32,
    pub(super) initial_backoff: Duration,
    max_response_bytes: u64,
    user_agent: Option<String>,
    proxy: Option<String>,
    extra_roots: Vec<u8>,
    client_certificate: Option<(Vec<u8>, Vec<u8>)>,
    requests_per_minute: Option<u32>,
    token_cache: Option<PathBuf>,
    on_refresh_token: Option<OnRefreshToken>,
}

impl ConfigBuilder {
    /// The defaults.
    pub(super) fn new(region: Region) -> ConfigBuilder {
        ConfigBuilder {
            region,
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(300),
            max_attempts: 4,
            initial_backoff: Duration::from_secs(1),
            max_response_bytes: 64 * 1024 * 1024,
            user_agent: None,
            proxy: None,
            extra_roots: Vec::new(),
            client_certificate: None,
            requests_per_minute: None,
            token_cache: None,
            on_refresh_token: None,
        }
    }

    /// The time-out of one attempt, from connecting to the last byte of the reply; 30 s, at most a day.
    pub fn attempt_timeout(mut self, attempt_timeout: Duration) -> Self {
        self.attempt_timeout = attempt_timeout;
        self
    }

    /// The time-out of connecting: name, TCP, proxy and TLS together; 10 s, at most a day.
    pub fn connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.connect_timeout = connect_timeout;
        self
    }

    /// The deadline of a whole call: its attempts, the waits between them, and the sign-in if it needs
    /// one; 5 minutes, at most a day.
    pub fn call_timeout(mut self, call_timeout: Duration) -> Self {
        self.call_timeout = call_timeout;
        self
    }

    /// How often a request is tried in all, the first time included; 4, from 1 to 20.
    pub fn max_attempts(mut self, max_attempts: u32) -> Self {
        self.max_attempts = max_attempts;
        self
    }

    /// The unit of the waits between attempts; 1 s, at most a minute. Waits are 0.5–1, 1–2, 2–4, … of
    /// it, and 3, 9, 27, … of it where the service turned it away and did not say for how long.
    pub fn initial_backoff(mut self, wait: Duration) -> Self {
        self.initial_backoff = wait;
        self
    }

    /// The largest reply that is read, in bytes after decompression; 64 MiB. What is streamed
    /// ([`analytics::for_each_result`](crate::analytics::for_each_result)) is exempt.
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// What the `User-Agent` says after `genesys-journey/<version>`; at most 200 characters of
    /// printable ASCII.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// An HTTP proxy (`http://user:password@host:port`), through which a tunnel is asked for with
    /// CONNECT. Without this setting `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY` are looked at, in this
    /// order, and `NO_PROXY` names the hosts that are reached directly; a region on a loopback host always
    /// is.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Root certificates, as PEM text, that are trusted besides the usual ones.
    pub fn extra_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots = pem.into();
        self
    }

    /// A client certificate with its chain, and its private key, both as PEM text, for a gateway that
    /// asks for one. With feature `native-tls` the key must be in PKCS #8 form.
    pub fn client_certificate(mut self, chain_pem: impl Into<Vec<u8>>, key_pem: impl Into<Vec<u8>>) -> Self {
        self.client_certificate = Some((chain_pem.into(), key_pem.into()));
        self
    }

    /// At most so many requests a minute, evenly spaced, over all clones and threads; off. The platform
    /// allows 300 a minute for a token of client credentials.
    pub fn requests_per_minute(mut self, requests: u32) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// Keeps the token in this file, so that a program that is started often signs in once a day; off.
    /// For [`sign_in`](Self::sign_in) and [`credentials_from_env`](Self::credentials_from_env).
    ///
    /// The file holds token, expiry and client id, never the secret. It is created with mode 0600 and
    /// put in place by a rename, so that two programs may share it; a file that others can read, or that
    /// is for another client, is ignored with a warning to the log. On systems without Unix modes the
    /// folder decides who may read it.
    pub fn token_cache(mut self, path: impl Into<PathBuf>) -> Self {
        self.token_cache = Some(path.into());
        self
    }

    /// Called with each refresh token that a sign-in gives, so that the program can keep it. They
    /// rotate: only the newest is good, and it is told last: one at a time and in their order, by a thread
    /// whose call renewed the token, before that call goes on. A call that renews while the program still
    /// keeps the one before goes on at once, and the thread that keeps it is told the next, too.
    pub fn on_refresh_token(mut self, keep: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_refresh_token = Some(Arc::new(keep));
        self
    }

    /// Calls with a token that the program already has; it cannot be renewed.
    ///
    /// # Errors
    /// `Input` where the token is empty or cannot be sent, or a setting is out of its range.
    pub fn token(self, token: &str) -> Result<Config> {
        self.config(|_| Auth::fixed(token))
    }

    /// Signs in, and keeps the token new from then on. Asks for the first token at once, so that a
    /// wrong secret shows at the start; a token in the [`token_cache`](Self::token_cache) saves that.
    ///
    /// # Errors
    /// `Input` where the grant has empty texts or control characters in it, or a setting is out of its
    /// range; `Auth` where the token endpoint does not give a token, with what it says.
    pub fn sign_in(self, grant: Grant) -> Result<Config> {
        let config = self.config(|settings| {
            grant.check()?;
            let login = Base::parse("login_url", &settings.region.login_url())?;
            let cache = settings.token_cache.clone().map(|path| Cache::new(path, &settings.region, &grant));
            Ok(Auth::grant(login, grant.clone(), cache, settings.on_refresh_token.clone()))
        })?;
        config.authorization(None, config.deadline()?)?;
        Ok(config)
    }

    fn config(self, auth: impl FnOnce(&ConfigBuilder) -> Result<Auth>) -> Result<Config> {
        let region = self.region.clone();
        let inner = Ok(self.build(auth)?);
        Ok(Config::of(Shared { region, inner }))
    }

    pub(super) fn build(self, auth: impl FnOnce(&ConfigBuilder) -> Result<Auth>) -> Result<Inner> {
        self.check()?;
        let auth = auth(&self)?;
        self.with(auth)
    }

    fn with(self, auth: Auth) -> Result<Inner> {
        let api = Base::parse("api_url", &self.region.api_url())?;
        let login = Base::parse("login_url", &self.region.login_url())?;
        let own_tls = !self.extra_roots.is_empty() || self.client_certificate.is_some();
        let proxy_tls = self.proxy.as_ref().is_some_and(|url| url.to_ascii_lowercase().starts_with("https:"));
        let tls = if api.is_https() || login.is_https() || own_tls || proxy_tls {
            let identity = self.client_certificate.clone();
            Some(tls::TlsClient::new(&tls::Settings { extra_roots: self.extra_roots.clone(), identity })?)
        } else {
            None
        };
        let proxy = match &self.proxy {
            Some(url) => ProxySetting::Proxy(url.clone()),
            // A proxy elsewhere cannot reach this machine by its loopback address.
            None if api.is_loopback() && login.is_loopback() => ProxySetting::Direct,
            None => ProxySetting::Environment,
        };
        let version = concat!("genesys-journey/", env!("CARGO_PKG_VERSION"));
        let http = Http::new(http::Settings {
            timeout: self.attempt_timeout.min(self.call_timeout),
            connect_timeout: self.connect_timeout,
            user_agent: self.user_agent.as_ref().map_or(version.to_owned(), |suffix| format!("{version} {suffix}")),
            max_response: self.max_response_bytes,
            proxy,
            tls,
        })?;
        let policy = RetryPolicy { max_attempts: self.max_attempts, initial_backoff: self.initial_backoff };
        let client = Client { http, policy, rate_limiter: RateLimiter::new(self.requests_per_minute) };
        Ok(Inner { settings: self, api, client, auth })
    }

    fn check(&self) -> Result<()> {
        const DAY: Duration = Duration::from_secs(86_400);
        let durations = [
            ("attempt_timeout", self.attempt_timeout, DAY),
            ("connect_timeout", self.connect_timeout, DAY),
            ("call_timeout", self.call_timeout, DAY),
            ("initial_backoff", self.initial_backoff, Duration::from_secs(60)),
        ];
        for (field, duration, most) in durations {
            if duration.is_zero() || duration > most {
                let problem = format_args!("is {duration:?}; it must be above zero and at most {} s", most.as_secs());
                return Err(Error::input(field, problem));
            }
        }
        if !(1..=20).contains(&self.max_attempts) {
            return Err(Error::input(
                "max_attempts",
                format_args!("is {}; it must be from 1 to 20", self.max_attempts),
            ));
        }
        if self.max_response_bytes == 0 {
            return Err(Error::input("max_response_bytes", "is 0; it must be at least 1"));
        }
        if let Some(requests @ (0 | 60_001..)) = self.requests_per_minute {
            return Err(Error::input("requests_per_minute", format_args!("is {requests}; it must be from 1 to 60000")));
        }
        if let Some(suffix) = &self.user_agent {
            let printable = suffix.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
            if suffix.trim().is_empty() || suffix.len() > 200 || !printable {
                let start: String = suffix.chars().take(200).collect();
                let problem = format_args!("is {start:?}; it must be of 1 to 200 characters of printable ASCII");
                return Err(Error::input("user_agent", problem));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("region", &self.region)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("initial_backoff", &self.initial_backoff)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("user_agent", &self.user_agent)
            // A proxy URL may carry a password, and a PEM text a key.
            .field("proxy", &self.proxy.as_ref().map(|url| url.rsplit('@').next().unwrap_or_default()))
            .field("extra_roots", &!self.extra_roots.is_empty())
            .field("client_certificate", &self.client_certificate.is_some())
            .field("requests_per_minute", &self.requests_per_minute)
            .field("token_cache", &self.token_cache)
            .finish_non_exhaustive()
    }
}
