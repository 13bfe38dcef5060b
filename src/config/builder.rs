//! The builder of a `Config`: one method for each setting, and the ways to provide credentials.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::settings::ProxySetting;
use super::{Config, Settings, Shared};
use crate::auth::{Auth, Cache, Grant};
use crate::deadline::Deadline;
use crate::error::{Error, Result};
use crate::http::Base;
use crate::region::Region;
use crate::tls::Tls;

/// A builder of a [`Config`].
///
/// One of four methods ends the builder: [`token`](ConfigBuilder::token), [`sign_in`](ConfigBuilder::sign_in),
/// [`credentials_from_env`](ConfigBuilder::credentials_from_env) or [`anonymous`](ConfigBuilder::anonymous).
/// Each of them fails with an `Input` error if a setting is out of its range.
///
/// ```no_run
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
#[must_use = "a builder does nothing until token, sign_in, credentials_from_env or anonymous is called"]
pub struct ConfigBuilder {
    region: Region,
    settings: Settings,
}

impl ConfigBuilder {
    pub(super) fn new(region: Region) -> ConfigBuilder {
        ConfigBuilder { region, settings: Settings::default() }
    }

    /// Sets the timeout of one attempt, from connecting to the last byte of the response.
    ///
    /// For a [stream](crate::analytics::stream_aggregates) it applies to each step up to the head of the response:
    /// sending the head, sending the body, and waiting for the response.
    ///
    /// Default: 30 s. Range: above 0 to 24 h.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = timeout;
        self
    }

    /// Sets the timeout of connecting: name lookup, TCP, proxy and TLS together.
    ///
    /// Default: 10 s. Range: above 0 to 24 h.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of a whole call: its attempts, the waits between them, and the sign-in if one is needed.
    ///
    /// `edit`, `ensure`, `find_by_name` and `get_many` count as one call each. Each page of `list_all` is a call.
    ///
    /// Default: 5 min. Range: above 0 to 24 h.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.call_timeout = timeout;
        self
    }

    /// Sets the number of attempts of a call, the first included.
    ///
    /// With 1, nothing is retried, but every call still waits while a rate limit pauses all clones: a 429 with a
    /// wait from one call delays the others.
    ///
    /// Default: 4. Range: 1 to 20.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts;
        self
    }

    /// Sets the unit of the delays between attempts.
    ///
    /// The delays are 0.5–1, 1–2, 2–4, … times the unit. After a rate limit without `Retry-After` they are 3, 9, 27, …
    /// times the unit.
    ///
    /// Default: 1 s. Range: above 0 to 60 s.
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.settings.initial_backoff = backoff;
        self
    }

    /// Sets an absolute deadline for all calls, the first sign-in included.
    ///
    /// For a deadline that is known only later, see [`Config::with_deadline`].
    ///
    /// Default: none.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Sets the size limit of a response, in bytes after decompression.
    ///
    /// A streamed response ([`analytics::stream_aggregates`](crate::analytics::stream_aggregates)) may be larger. While
    /// a response is decoded into a type of this crate, it takes 4 to 9 times its size in memory. A response of the
    /// smallest possible entries takes more, but at most 60 times its size.
    ///
    /// Default: 64 MiB. Range: at least 1.
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_response_bytes = bytes;
        self
    }

    /// Permits writes to reuse a connection that has been idle for less than a second.
    ///
    /// If this is off, each write opens a connection. If it is on and the service restarts at the moment in which a
    /// write reuses a connection, the outcome of that write can be unknown.
    ///
    /// Default: on.
    pub fn reuse_connections_for_writes(mut self, reuse: bool) -> Self {
        self.settings.reuse_connections_for_writes = reuse;
        self
    }

    /// Adds text to the `User-Agent` header, after `genesys-journey/<version>`.
    ///
    /// Default: none. Range: 1 to 200 characters of printable ASCII.
    pub fn user_agent(mut self, suffix: impl Into<String>) -> Self {
        self.settings.user_agent = Some(suffix.into());
        self
    }

    /// Adds a header to every request, the sign-in included, for a gateway that requires one.
    ///
    /// The value is kept as secret as a token: it appears in no error, `Debug` or log line. The headers that
    /// the crate sets itself (such as `Authorization` and `Content-Type`) cannot be changed.
    ///
    /// ```no_run
    /// use genesys_journey::{Config, Region};
    ///
    /// let region = Region::custom("https://gateway.example.com", "https://gateway.example.com")?;
    /// let config = Config::builder(region).header("X-Api-Key", "a-gateway-key").token("an-access-token")?;
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a proxy (`http://user:password@host:port`), used with CONNECT for every host.
    ///
    /// The user and the password are percent-decoded once. Without a scheme the proxy is an `http` one. The default
    /// port is 80, 443 for an `https` proxy, and 1080 for `socks5` and `socks5h`, which need feature `socks-proxy`.
    ///
    /// Default: the first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is set and not empty,
    /// except for the hosts in `no_proxy` or `NO_PROXY`. They are read when the `Config` is built, for the API host
    /// and, if the `Config` signs in, for the login host. A loopback host uses no proxy by default.
    ///
    /// `NO_PROXY` is a list separated by commas or blanks: hosts and domains (with all their subdomains, with or
    /// without a leading dot), IP addresses, CIDR blocks, each with or without `:port`, or `*` for every host.
    /// Entries of any other form are ignored.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.settings.proxy = ProxySetting::Url(url.into());
        self
    }

    /// Connects directly, also if the environment names a proxy.
    ///
    /// Default: see [`proxy`](Self::proxy).
    pub fn no_proxy(mut self) -> Self {
        self.settings.proxy = ProxySetting::Direct;
        self
    }

    /// Sets the TLS library, for programs in which several are compiled in.
    ///
    /// Cargo features add up: another crate may turn on a second library.
    ///
    /// Default: [`Tls::Rustls`] if feature `rustls` is on, otherwise [`Tls::Native`].
    pub fn tls(mut self, library: Tls) -> Self {
        self.settings.tls = Some(library);
        self
    }

    /// Adds root certificates, as PEM text, to the trusted ones.
    ///
    /// rustls with Mozilla's root certificates also adds those in the PEM file of `SSL_CERT_FILE`; unlike in OpenSSL,
    /// they do not replace others. The file is read when the `Config` is built, unless all hosts use plain HTTP. If it
    /// cannot be used, a warning is logged. With feature `platform-verifier` and with [`Tls::Native`], the rules of the
    /// system apply.
    ///
    /// Default: none.
    pub fn extra_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        // A line break: an empty file is an error, and a second file begins on a line of its own.
        self.settings.extra_roots.extend(pem.into());
        self.settings.extra_roots.push(b'\n');
        self
    }

    /// Sets a client certificate with its chain, and its private key, both as PEM text.
    ///
    /// It is for a gateway that requests one. A proxy does not receive it. The key must not be encrypted. With
    /// [`Tls::Native`] it must be in PKCS #8 form.
    ///
    /// Default: none.
    pub fn client_certificate(mut self, chain_pem: impl Into<Vec<u8>>, key_pem: impl Into<Vec<u8>>) -> Self {
        self.settings.client_certificate = Some((chain_pem.into(), key_pem.into()));
        self
    }

    /// Limits the rate of requests over all clones and threads. The requests are evenly spaced.
    ///
    /// The platform allows 300 requests a minute for a token of the client credentials grant. With or without this
    /// setting, a 429 with a wait pauses all clones for that time, at most 5 minutes. A call whose deadline is earlier
    /// than its slot fails with a `Timeout` error and sends nothing.
    ///
    /// Default: off. Range: 1 to 60,000.
    pub fn requests_per_minute(mut self, requests: u32) -> Self {
        self.settings.requests_per_minute = Some(requests);
        self
    }

    /// Refuses every request that may change data, with an `Input` error.
    ///
    /// Nothing is sent. This is for reports that run with powerful credentials.
    ///
    /// Default: off.
    ///
    /// ```
    /// # let service = genesys_stand_in::StandIn::doc_example();
    /// # let (region, token) = (genesys_stand_in::region!(service), service.token());
    /// use genesys_journey::{Config, segments};
    ///
    /// let config = Config::builder(region).read_only().token(&token)?;
    /// assert!(segments::list(&config, &Default::default()).is_ok());
    /// let error = segments::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64").unwrap_err();
    /// assert_eq!(error.field(), Some("read_only"));
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    pub fn read_only(mut self) -> Self {
        self.settings.read_only = true;
        self
    }

    /// Keeps the access token in a file, so that a program that starts often does not sign in each time.
    ///
    /// The cache is for the client credentials grant only. [`sign_in`](Self::sign_in) with any other grant fails with
    /// an `Input` error, because its token belongs to a person.
    ///
    /// The file contains the access token, its expiry and the client id, never the client secret. It is created with
    /// mode 0600 and replaced by a rename, so that several programs may share it. A missing folder is created with mode
    /// 0700, and a symbolic link is followed. A file that others can read, or that belongs to another client, is
    /// ignored with a warning in the log, and replaced. On systems without Unix modes the permissions of the folder
    /// apply. If the file cannot be written, the program signs in at each start, with a warning in the log.
    ///
    /// A path to anything but a regular file (a folder, device, socket or FIFO) is an `Input` error, and so is this
    /// setting with [`token`](Self::token) or [`anonymous`](Self::anonymous), which do not sign in.
    /// [`credentials_from_env`](Self::credentials_from_env) does not use the file for an access token of the
    /// environment.
    ///
    /// Default: off.
    pub fn token_cache(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.token_cache = Some(path.into());
        self
    }

    /// Sets a callback that receives each new refresh token, so that the program can store it.
    ///
    /// Refresh tokens rotate: only the newest is valid. The callback receives them one at a time, in order,
    /// on a thread whose call renewed the token, before that call continues. If a renewal ends while the
    /// callback still runs, the running thread also delivers the newer token, and the other call continues.
    ///
    /// With [`token`](Self::token) or [`anonymous`](Self::anonymous), which do not sign in, it is an `Input` error.
    ///
    /// Default: none.
    pub fn on_refresh_token(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.settings.on_refresh_token = Some(Arc::new(callback));
        self
    }

    /// Returns a configuration with an access token, which cannot be renewed.
    ///
    /// # Errors
    /// `Input` if the token is empty or contains spaces, control or non-ASCII characters, if a setting is out of its
    /// range, or if [`token_cache`](Self::token_cache) or [`on_refresh_token`](Self::on_refresh_token) is set.
    pub fn token(self, token: &str) -> Result<Config> {
        self.check_no_sign_in()?;
        self.token_of_env(token)
    }

    /// Does the same as [`token`](Self::token), but permits the settings of a sign-in.
    pub(super) fn token_of_env(self, token: &str) -> Result<Config> {
        let auth = Auth::fixed(token)?;
        self.build(auth)
    }

    /// Returns a configuration without credentials. Every call that needs a token fails with an `Input` error.
    ///
    /// # Errors
    /// `Input` if a setting is out of its range, or if [`token_cache`](Self::token_cache) or
    /// [`on_refresh_token`](Self::on_refresh_token) is set.
    pub fn anonymous(self) -> Result<Config> {
        self.check_no_sign_in()?;
        self.build(Auth::anonymous())
    }

    /// Signs in, and renews the token from then on.
    ///
    /// The first token is requested at once, so that wrong credentials are detected at the start. A valid token in the
    /// [`token_cache`](Self::token_cache) makes that request unnecessary.
    ///
    /// # Errors
    /// `Input` if the grant contains empty texts or control characters, if the
    /// [`token_cache`](Self::token_cache) cannot be used, or if a setting is out of its range. `Auth` if the token
    /// endpoint refuses the credentials or responds without a usable token; the message contains its reason. Otherwise
    /// the error of the request, with [`during_sign_in`](crate::Error::during_sign_in).
    ///
    /// Client credentials are sent again like any idempotent request. A code, an assertion or a refresh token is
    /// sent once: it may be valid only once. If the response is lost, the error has
    /// [`outcome_unknown`](crate::Error::outcome_unknown).
    pub fn sign_in(self, grant: Grant) -> Result<Config> {
        grant.check()?;
        let login = Base::parse("login_url", &self.region.login_url())?;
        let cache = self.settings.token_cache.clone().map(|path| Cache::new(path, &self.region, &grant)).transpose()?;
        let auth = Auth::grant(login, grant, cache, self.settings.on_refresh_token.clone());
        let config = self.build(auth)?;
        config.authorization(None, config.deadline())?;
        Ok(config)
    }

    /// Refuses the settings of a sign-in, which would have no effect.
    fn check_no_sign_in(&self) -> Result<()> {
        let Settings { token_cache, on_refresh_token, .. } = &self.settings;
        let fields = [("token_cache", token_cache.is_some()), ("on_refresh_token", on_refresh_token.is_some())];
        match fields.into_iter().find(|(_, is_set)| *is_set) {
            Some((field, _)) => Err(Error::input(field, "has no effect without a sign-in; remove it, or use sign_in")),
            None => Ok(()),
        }
    }

    fn build(self, auth: Auth) -> Result<Config> {
        let ConfigBuilder { region, settings } = self;
        settings.check()?;
        let api = Base::parse("api_url", &region.api_url())?;
        let login = Base::parse("login_url", &region.login_url())?;
        let client = settings.client(&api, Some(&login).filter(|_| auth.signs_in()))?;
        let deadline = settings.deadline.map(Deadline::absolute);
        Ok(Config { shared: Arc::new(Shared { region, settings, api, client, auth }), deadline })
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConfigBuilder { region, settings } = self;
        write!(f, "ConfigBuilder {{ region: {region:?}, settings: {settings:?} }}")
    }
}
