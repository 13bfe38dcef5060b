//! The environment: the variables of the vendor's command line tool, and one for a gateway.
//!
//! Only [`read`] reads the environment; everything else is a function of the values.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;

use super::{Config, ConfigBuilder, proxy};
use crate::auth::Grant;
use crate::call::LOG_TARGET;
use crate::error::{Error, Result};
use crate::region::Region;
use crate::tls;

/// The name of a variable and the expected value.
type Variable = (&'static str, &'static str);

const REGION: Variable = ("GENESYSCLOUD_REGION", "a region such as eu_west_1");
const GATEWAY: Variable = ("GENESYSCLOUD_GATEWAY_URL", "the URL of a gateway");
const TOKEN: Variable = ("GENESYSCLOUD_ACCESS_TOKEN", "an access token, without spaces or line breaks");
const CLIENT_ID: Variable = ("GENESYSCLOUD_OAUTHCLIENT_ID", "the id of the OAuth client");
const CLIENT_SECRET: Variable = ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "the secret of the OAuth client");

impl Region {
    /// Returns the region of the environment.
    ///
    /// It is that of `GENESYSCLOUD_GATEWAY_URL` if that is set, otherwise that of `GENESYSCLOUD_REGION`. See
    /// [`Config::from_env`].
    ///
    /// ```no_run
    /// use genesys_journey::{Config, Region};
    ///
    /// // Like Config::from_env, with a setting added.
    /// let config = Config::builder(Region::from_env()?).token_cache("token.json").credentials_from_env()?;
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Input` if the variable is missing, empty or malformed; the message names it.
    pub fn from_env() -> Result<Region> {
        Region::from_env_prefixed("")
    }

    /// Returns the region of the variables with a prefix; see [`Config::from_env_prefixed`].
    ///
    /// # Errors
    /// Those of [`Region::from_env`].
    pub fn from_env_prefixed(prefix: &str) -> Result<Region> {
        Environment { prefix, read: &read }.region()
    }
}

impl ConfigBuilder {
    /// Returns a configuration with the credentials of the environment; see [`Config::from_env`].
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn credentials_from_env(self) -> Result<Config> {
        self.credentials_from_env_prefixed("")
    }

    /// Returns a configuration with the credentials in the variables with a prefix; see
    /// [`Config::from_env_prefixed`].
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn credentials_from_env_prefixed(self, prefix: &str) -> Result<Config> {
        let environment = Environment { prefix, read: &read };
        let config = match environment.credentials()? {
            Credentials::Token(token) => self.token_of_env(&token),
            Credentials::Client(grant) => self.sign_in(grant),
        };
        config.map_err(|error| environment.name_variable(error))
    }
}

enum Credentials {
    Token(String),
    Client(Grant),
}

/// Variables whose names have a prefix.
struct Environment<'a> {
    prefix: &'a str,
    read: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Environment<'_> {
    fn region(&self) -> Result<Region> {
        let (parsed, variable) = match self.get(&GATEWAY)? {
            // Parsed as a region, so that a typing error in a host of the vendor is refused.
            Some(url) if url.contains("://") => (url.parse(), GATEWAY),
            Some(url) => (Region::custom(&url, &url), GATEWAY),
            None => (self.get(&REGION)?.ok_or_else(|| self.missing(&REGION))?.parse(), REGION),
        };
        parsed.map_err(|error| error.with_field(self.name(&variable)))
    }

    fn credentials(&self) -> Result<Credentials> {
        if let Some(token) = self.get(&TOKEN)? {
            return Ok(Credentials::Token(token));
        }
        match (self.get(&CLIENT_ID)?, self.get(&CLIENT_SECRET)?) {
            (Some(id), Some(secret)) => Ok(Credentials::Client(Grant::client_credentials(id, secret))),
            (Some(_), None) => Err(self.missing(&CLIENT_SECRET)),
            (None, Some(_)) => Err(self.missing(&CLIENT_ID)),
            (None, None) => {
                let [token, id, secret] = [TOKEN, CLIENT_ID, CLIENT_SECRET].map(|variable| self.name(&variable));
                Err(Error::input(token, format_args!("is not set, nor are {id} and {secret}; set one or the other")))
            }
        }
    }

    /// Reads a variable, without white space at its ends. An empty value is an error.
    fn get(&self, variable: &Variable) -> Result<Option<String>> {
        let (name, expected) = (self.name(variable), variable.1);
        let Some(value) = (self.read)(&name) else { return Ok(None) };
        let Ok(value) = value.into_string() else {
            return Err(Error::input(name, format_args!("is not UTF-8; expected {expected}")));
        };
        if value.trim().is_empty() {
            return Err(Error::input(name, format_args!("is empty; expected {expected}")));
        }
        Ok(Some(value.trim().to_owned()))
    }

    /// Replaces the field of the error by the name of the variable.
    fn name_variable(&self, error: Error) -> Error {
        let variable = match error.field() {
            Some("token") => TOKEN,
            Some("client_id") => CLIENT_ID,
            Some("client_secret") => CLIENT_SECRET,
            _ => return error,
        };
        Error::input(self.name(&variable), format_args!("cannot be used; expected {}", variable.1))
    }

    fn missing(&self, variable: &Variable) -> Error {
        Error::input(self.name(variable), format_args!("is not set; expected {}", variable.1))
    }

    fn name(&self, (name, _): &Variable) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// Returns the URL of the proxy for a host, and the variable that names it.
pub(super) fn proxy(host: &str, port: u16) -> Option<(&'static str, String)> {
    proxy::select(&read_lossy, host, port)
}

/// Returns the remedy for a failed direct connection to a host.
pub(super) fn proxy_hint(host: &str, port: u16) -> String {
    proxy::hint(&read_lossy, host, port)
}

/// Reads a variable about proxies. A URL that is not UTF-8 becomes an invalid URL, so that the error names its variable.
/// In `NO_PROXY`, such an entry matches no host.
fn read_lossy(name: &str) -> Option<String> {
    read(name).map(|value| value.to_string_lossy().into_owned())
}

/// Returns the root certificates in the file that `SSL_CERT_FILE` names. Logs a warning if it cannot be used.
pub(super) fn root_certificates() -> Vec<Vec<u8>> {
    let Some(path) = read("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Vec::new();
    };
    let warn = |problem: &dyn Display| {
        log::warn!(target: LOG_TARGET, "SSL_CERT_FILE: cannot use {}: {problem}", path.display());
    };
    // A read of a FIFO might never end.
    let file = match std::fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => Err(std::io::Error::other("not a regular file")),
        _ => std::fs::read(&path),
    };
    match file {
        Ok(pem) => {
            let (roots, problem) = tls::usable_roots(&pem);
            if let Some(problem) = problem {
                warn(&problem);
            }
            roots
        }
        Err(error) => {
            warn(&format_args!("{error}; correct the path"));
            Vec::new()
        }
    }
}

fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<'a>(values: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| values.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    fn region(values: &[(&str, &str)]) -> Result<Region> {
        Environment { prefix: "", read: &from(values) }.region()
    }

    fn credentials(values: &[(&str, &str)]) -> Result<Credentials> {
        Environment { prefix: "", read: &from(values) }.credentials()
    }

    #[test]
    fn a_gateway_takes_precedence_over_the_region() {
        let both = [("GENESYSCLOUD_REGION", "eu_west_1"), ("GENESYSCLOUD_GATEWAY_URL", "https://gateway.example")];
        assert_eq!(region(&both).unwrap().api_url(), "https://gateway.example");
        assert_eq!(region(&both[..1]).unwrap(), Region::EU_WEST_1);
    }

    #[test]
    fn an_unusable_value_names_its_variable() {
        for (name, value) in [("GENESYSCLOUD_REGION", "eu_west_9"), ("GENESYSCLOUD_GATEWAY_URL", "http://a.example")] {
            let error = region(&[(name, value)]).unwrap_err();
            assert_eq!(error.field(), Some(name), "{error}");
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }

    #[test]
    fn a_token_takes_precedence_over_a_client() {
        let all = [TOKEN, CLIENT_ID, CLIENT_SECRET].map(|(name, _)| (name, "value"));
        assert!(matches!(credentials(&all), Ok(Credentials::Token(_))));
        assert!(matches!(credentials(&all[1..]), Ok(Credentials::Client(_))));
        for (values, missing) in [(&all[1..2], CLIENT_SECRET), (&all[2..], CLIENT_ID), (&all[..0], TOKEN)] {
            let error = credentials(values).err().unwrap();
            assert_eq!(error.field(), Some(missing.0), "{error}");
        }
    }

    #[test]
    fn only_variables_with_the_prefix_are_read() {
        let values = [
            ("GENESYSCLOUD_REGION", "us_east_1"),
            ("GENESYSCLOUD_ACCESS_TOKEN", "token"),
            ("SOURCE_GENESYSCLOUD_REGION", "eu_west_1"),
            ("SOURCE_GENESYSCLOUD_OAUTHCLIENT_ID", "id"),
        ];
        let read = from(&values);
        let source = Environment { prefix: "SOURCE_", read: &read };
        assert_eq!(source.region().unwrap(), Region::EU_WEST_1);
        let error = source.credentials().err().unwrap();
        assert_eq!(error.field(), Some("SOURCE_GENESYSCLOUD_OAUTHCLIENT_SECRET"), "{error}");
        let target = Environment { prefix: "TARGET_", read: &read };
        assert_eq!(target.region().unwrap_err().field(), Some("TARGET_GENESYSCLOUD_REGION"));
        let error = target.credentials().err().unwrap().to_string();
        for name in ["ACCESS_TOKEN", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET"] {
            assert!(error.contains(&format!("TARGET_GENESYSCLOUD_{name}")), "{error}");
        }
        let named = target.name_variable(Error::input("token", "is empty"));
        assert_eq!(named.field(), Some("TARGET_GENESYSCLOUD_ACCESS_TOKEN"));
    }
}
