//! A base URL, parsed once: each call only adds its target.

use std::fmt;
use std::net::IpAddr;

use super::http::uri::{PathAndQuery, Scheme};
use super::{Authority, MAX_LINE, Uri, http};
use crate::error::Error;

/// The maximum length of a path prefix, which leaves room for the rest of a target.
const MAX_PREFIX: usize = MAX_LINE / 2;

const NO_URL: &str = "is not a URL; it must start with https:// and a host, and have no spaces";

/// A base URL: scheme, host, port, and a path prefix without a slash at its end.
#[derive(Clone)]
pub(crate) struct Base {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

impl Base {
    pub fn parse(field: &'static str, url: &str) -> Result<Base, Error> {
        // The text before an @ may be a secret.
        let value = if url.contains('@') { "" } else { url };
        let start: String = value.chars().take(100).collect();
        let refuse = |problem: &str| Err(Error::input(field, format_args!("{problem} (it is {start:?})")));
        let Ok(uri) = url.parse::<Uri>() else {
            return refuse(NO_URL);
        };
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return refuse(NO_URL);
        };
        if authority.as_str().contains('@') {
            return refuse("must not carry a user or a password");
        }
        if !has_valid_port(authority) {
            return refuse("has a port that is not a number from 1 to 65535");
        }
        if uri.query().is_some() || url.contains('#') {
            return refuse("must not have a query or a fragment");
        }
        let prefix = uri.path().trim_end_matches('/');
        if prefix.len() > MAX_PREFIX {
            return refuse(&format!("has a path of more than {MAX_PREFIX} bytes"));
        }
        let base = Base { scheme: scheme.clone(), authority: authority.clone(), prefix: prefix.to_owned() };
        let allowed = base.is_https() || (base.scheme == Scheme::HTTP && base.is_loopback());
        if !allowed {
            return refuse("must be https; plain http is accepted for loopback hosts only");
        }
        Ok(base)
    }

    /// Returns whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.authority.host())
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    pub fn host(&self) -> &str {
        self.authority.host()
    }

    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Refuses a target that is too long for this base.
    pub fn check(&self, target: &str) -> Result<(), Error> {
        if self.prefix.len() + target.len() <= MAX_LINE {
            return Ok(());
        }
        let gateway = if self.prefix.is_empty() { "" } else { ", with the path of the gateway" };
        Err(Error::input("URL", format_args!("is longer than {MAX_LINE} bytes{gateway}")))
    }

    pub(super) fn uri(&self, target: &str) -> Result<Uri, http::Error> {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        let mut path = String::with_capacity(self.prefix.len() + target.len());
        path.push_str(&self.prefix);
        path.push_str(target);
        parts.path_and_query = Some(PathAndQuery::try_from(path)?);
        Ok(Uri::from_parts(parts)?)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

/// Returns whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Returns whether the port is absent or valid. The parser accepts a port above 65535 and then returns no port.
pub(super) fn has_valid_port(authority: &Authority) -> bool {
    let has_port = authority.as_str().rsplit('@').next().is_some_and(|rest| rest.len() > authority.host().len());
    !has_port || authority.port_u16().is_some_and(|port| port > 0)
}
