//! The environment: the variables of the vendor's command line tool, and one for a gateway.
//!
//! Only [`read`] reads the environment; everything else is a function of the values.

use std::ffi::OsString;

use super::{Config, ConfigBuilder, proxy};
use crate::auth::Grant;
use crate::error::{Error, Result};
use crate::region::Region;

/// The name of a variable and the expected value.
type Variable = (&'static str, &'static str);

const REGION: Variable = ("GENESYSCLOUD_REGION", "a region such as eu_west_1");
const GATEWAY: Variable = ("GENESYSCLOUD_GATEWAY_URL", "the URL of a gateway");
const TOKEN: Variable = ("GENESYSCLOUD_ACCESS_TOKEN", "an access token, without spaces or line breaks");
const CLIENT_ID: Variable = ("GENESYSCLOUD_OAUTHCLIENT_ID", "the id of the OAuth client");
const CLIENT_SECRET: Variable = ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "the secret of the OAuth client");

impl Region {
    /// Returns the region of the environment: `GENESYSCLOUD_GATEWAY_URL` if it is set, else
    /// `GENESYSCLOUD_REGION`. See [`Config::from_env`].
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
        region(&variable)
    }
}

impl ConfigBuilder {
    /// Returns a configuration with the credentials of the environment; see [`Config::from_env`].
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn credentials_from_env(self) -> Result<Config> {
        match credentials(&variable)? {
            Credentials::Token(token) => self.token(&token).map_err(name_variable),
            Credentials::Client(grant) => self.sign_in(grant).map_err(name_variable),
        }
    }
}

enum Credentials {
    Token(String),
    Client(Grant),
}

type Read<'a> = dyn Fn(&Variable) -> Result<Option<String>> + 'a;

fn region(read: &Read<'_>) -> Result<Region> {
    let (parsed, (name, _)) = match read(&GATEWAY)? {
        Some(url) => (Region::custom(&url, &url), GATEWAY),
        None => (read(&REGION)?.ok_or_else(|| missing(&REGION))?.parse(), REGION),
    };
    parsed.map_err(|error| error.with_field(name))
}

fn credentials(read: &Read<'_>) -> Result<Credentials> {
    if let Some(token) = read(&TOKEN)? {
        return Ok(Credentials::Token(token));
    }
    match (read(&CLIENT_ID)?, read(&CLIENT_SECRET)?) {
        (Some(id), Some(secret)) => Ok(Credentials::Client(Grant::client_credentials(id, secret))),
        (Some(_), None) => Err(missing(&CLIENT_SECRET)),
        (None, Some(_)) => Err(missing(&CLIENT_ID)),
        (None, None) => {
            let problem =
                format_args!("is not set, nor are {} and {}; set one or the other", CLIENT_ID.0, CLIENT_SECRET.0);
            Err(Error::input(TOKEN.0, problem))
        }
    }
}

/// Puts the name of the variable in place of the field that it was read into.
fn name_variable(error: Error) -> Error {
    let (name, expected) = match error.field() {
        Some("token") => TOKEN,
        Some("client_id") => CLIENT_ID,
        Some("client_secret") => CLIENT_SECRET,
        _ => return error,
    };
    Error::input(name, format_args!("cannot be used; expected {expected}"))
}

fn missing((name, expected): &Variable) -> Error {
    Error::input(*name, format_args!("is not set; expected {expected}"))
}

/// Reads a variable, without white space at its ends. An empty value is an error.
fn variable((name, expected): &Variable) -> Result<Option<String>> {
    let Some(value) = read(name) else { return Ok(None) };
    let Ok(value) = value.into_string() else {
        return Err(Error::input(*name, format_args!("is not UTF-8; expected {expected}")));
    };
    if value.trim().is_empty() {
        return Err(Error::input(*name, format_args!("is empty; expected {expected}")));
    }
    Ok(Some(value.trim().to_owned()))
}

/// Returns the URL of the proxy for a host, and the variable that names it.
pub(super) fn proxy(host: &str, port: u16) -> Option<(&'static str, String)> {
    // A value that is not UTF-8 becomes one that is no URL, so that the error names its variable.
    proxy::select(&|name| read(name).map(|value| value.to_string_lossy().into_owned()), host, port)
}

fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<'a>(values: &'a [(&'a str, &'a str)]) -> impl Fn(&Variable) -> Result<Option<String>> + 'a {
        |(name, _)| Ok(values.iter().find(|(key, _)| key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_gateway_takes_precedence_over_the_region() {
        let both = [("GENESYSCLOUD_REGION", "eu_west_1"), ("GENESYSCLOUD_GATEWAY_URL", "https://gateway.example")];
        assert_eq!(region(&from(&both)).unwrap().api_url(), "https://gateway.example");
        assert_eq!(region(&from(&both[..1])).unwrap(), Region::EU_WEST_1);
    }

    #[test]
    fn an_unusable_value_names_its_variable() {
        for (name, value) in [("GENESYSCLOUD_REGION", "eu_west_9"), ("GENESYSCLOUD_GATEWAY_URL", "http://a.example")] {
            let error = region(&from(&[(name, value)])).unwrap_err();
            assert_eq!(error.field(), Some(name), "{error}");
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }

    #[test]
    fn a_token_takes_precedence_over_a_client() {
        let all = [TOKEN, CLIENT_ID, CLIENT_SECRET].map(|(name, _)| (name, "value"));
        assert!(matches!(credentials(&from(&all)), Ok(Credentials::Token(_))));
        assert!(matches!(credentials(&from(&all[1..])), Ok(Credentials::Client(_))));
        for (values, missing) in [(&all[1..2], CLIENT_SECRET), (&all[2..], CLIENT_ID), (&all[..0], TOKEN)] {
            let error = credentials(&from(values)).err().unwrap();
            assert_eq!(error.field(), Some(missing.0), "{error}");
        }
    }
}
