//! The settings of a `Config`: defaults, permitted ranges, and the HTTP client they describe.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::env;
use crate::auth::OnRefreshToken;
use crate::backoff::Backoff;
use crate::call::Client;
use crate::error::{Error, Result};
use crate::http::{self, Base, ExtraHeader, Http, ProxyServer, Route};
use crate::rate_limiter::RateLimiter;
use crate::retry::RetryPolicy;
use crate::tls::{self, Tls};

#[derive(Clone)]
pub(super) enum ProxySetting {
    Environment,
    Direct,
    Url(String),
}

#[derive(Clone)]
pub(super) struct Settings {
    pub attempt_timeout: Duration,
    pub connect_timeout: Duration,
    pub call_timeout: Duration,
    pub max_attempts: u32,
    pub initial_backoff: Duration,
    pub deadline: Option<Instant>,
    pub max_response_bytes: u64,
    pub reuse_connections_for_writes: bool,
    pub user_agent: Option<String>,
    pub headers: Vec<(String, String)>,
    pub proxy: ProxySetting,
    pub tls: Option<Tls>,
    pub extra_roots: Vec<u8>,
    pub client_certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub requests_per_minute: Option<u32>,
    pub read_only: bool,
    pub token_cache: Option<PathBuf>,
    pub on_refresh_token: Option<OnRefreshToken>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(300),
            max_attempts: 4,
            initial_backoff: Duration::from_secs(1),
            deadline: None,
            max_response_bytes: 64 * 1024 * 1024,
            reuse_connections_for_writes: true,
            user_agent: None,
            headers: Vec::new(),
            proxy: ProxySetting::Environment,
            tls: None,
            extra_roots: Vec::new(),
            client_certificate: None,
            requests_per_minute: None,
            read_only: false,
            token_cache: None,
            on_refresh_token: None,
        }
    }
}

impl Settings {
    /// Refuses values out of their range; the error names the setting.
    pub fn check(&self) -> Result<()> {
        const DAY: Duration = Duration::from_secs(86_400);
        let durations = [
            ("attempt_timeout", self.attempt_timeout, DAY),
            ("connect_timeout", self.connect_timeout, DAY),
            ("call_timeout", self.call_timeout, DAY),
            ("initial_backoff", self.initial_backoff, Duration::from_secs(60)),
        ];
        for (field, duration, max) in durations {
            if duration.is_zero() || duration > max {
                let problem = format!("is {duration:?}; it must be above zero and at most {} s", max.as_secs());
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
        self.user_agent.as_deref().map_or(Ok(()), check_user_agent)
    }

    /// Builds the client that these settings describe, for calls to `api`, and for sign-ins at `login` if there
    /// are any.
    pub fn client(&self, api: &Base, login: Option<&Base>) -> Result<Client> {
        let bases: Vec<&Base> = [api].into_iter().chain(login).collect();
        let routes = self.routes(&bases)?;
        let tls = self.tls(&bases, &routes)?;
        let version = concat!("genesys-journey/", env!("CARGO_PKG_VERSION"));
        let headers = self.headers.iter().map(|(name, value)| ExtraHeader::new(name, value));
        let http = Http::new(http::Settings {
            timeout: self.attempt_timeout.min(self.call_timeout),
            connect_timeout: self.connect_timeout,
            reuse_connections_for_writes: self.reuse_connections_for_writes,
            user_agent: self.user_agent.as_ref().map_or(version.to_owned(), |suffix| format!("{version} {suffix}")),
            headers: headers.collect::<Result<_>>()?,
            max_response: self.max_response_bytes,
            routes,
            tls,
        })?;
        let backoff = Backoff { initial: self.initial_backoff, max: Duration::MAX };
        let policy = RetryPolicy { max_attempts: self.max_attempts, backoff };
        let rate_limiter = RateLimiter::new(self.requests_per_minute);
        Ok(Client { http, policy, rate_limiter })
    }

    /// Returns the way to each host.
    fn routes(&self, bases: &[&Base]) -> Result<Vec<Route>> {
        let route = |base: &&Base| {
            let (host, port) = (base.host(), base.port());
            // A proxy on another machine cannot reach this machine by a loopback address.
            let reads_environment = matches!(self.proxy, ProxySetting::Environment) && !base.is_loopback();
            let proxy = match &self.proxy {
                ProxySetting::Url(url) => Some(("proxy", url.clone())),
                _ if reads_environment => env::proxy(host, port),
                _ => None,
            };
            let proxy = proxy.map(|(source, url)| ProxyServer::parse(source, &url)).transpose()?;
            let hint = if reads_environment { env::proxy_hint(host, port) } else { String::new() };
            Ok(Route { host: host.to_owned(), port, proxy, hint })
        };
        bases.iter().map(route).collect()
    }

    fn tls(&self, bases: &[&Base], routes: &[Route]) -> Result<Option<tls::TlsClient>> {
        let has_own = !self.extra_roots.is_empty() || self.client_certificate.is_some();
        let has_https_proxy = routes.iter().filter_map(|route| route.proxy.as_ref()).any(ProxyServer::is_https);
        let has_https = bases.iter().any(|base| base.is_https());
        if !(has_https || has_own || has_https_proxy || self.tls.is_some()) {
            return Ok(None);
        }
        let reads_variable =
            tls::READS_SSL_CERT_FILE && self.tls != Some(Tls::Native) && (has_https || has_https_proxy);
        let settings = tls::Settings {
            library: self.tls,
            extra_roots: self.extra_roots.clone(),
            environment_roots: if reads_variable { env::root_certificates() } else { Vec::new() },
            identity: self.client_certificate.clone(),
        };
        tls::TlsClient::new(&settings)
    }
}

fn check_user_agent(suffix: &str) -> Result<()> {
    let is_printable = suffix.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if suffix.trim().is_empty() || suffix.len() > 200 || !is_printable {
        let start: String = suffix.chars().take(200).collect();
        let problem = format!("is {start:?}; it must be 1 to 200 characters of printable ASCII");
        return Err(Error::input("user_agent", problem));
    }
    Ok(())
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header_names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Settings")
            .field("attempt_timeout", &self.attempt_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("initial_backoff", &self.initial_backoff)
            .field("deadline", &self.deadline)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("reuse_connections_for_writes", &self.reuse_connections_for_writes)
            .field("user_agent", &self.user_agent)
            .field("headers", &header_names)
            .field("proxy", &self.proxy)
            // A PEM text may contain a key.
            .field("tls", &self.tls)
            .field("extra_roots", &!self.extra_roots.is_empty())
            .field("client_certificate", &self.client_certificate.is_some())
            .field("requests_per_minute", &self.requests_per_minute)
            .field("read_only", &self.read_only)
            .field("token_cache", &self.token_cache)
            .finish_non_exhaustive()
    }
}

/// Omits the user and the password of the URL.
impl fmt::Debug for ProxySetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProxySetting::Environment => f.write_str("environment"),
            ProxySetting::Direct => f.write_str("none"),
            ProxySetting::Url(url) => fmt::Debug::fmt(url.rsplit('@').next().unwrap_or_default(), f),
        }
    }
}
