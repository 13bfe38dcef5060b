//! What the environment says, under the names that the vendor's command line tool uses; the gateway's is our own.

use super::{Config, ConfigBuilder};
use crate::auth::Grant;
use crate::error::{Error, Result};
use crate::http::Base;
use crate::region::Region;

impl Region {
    /// The region that the variable `GENESYSCLOUD_REGION` names, in any spelling that is parsed; or, where
    /// `GENESYSCLOUD_GATEWAY_URL` is set, whatever is behind that URL, sign-in included.
    ///
    /// ```no_run
    /// use genesys_journey::{Config, Region};
    ///
    /// // As Config::from_env does, and with a setting of one's own.
    /// let config = Config::builder(Region::from_env()?).token_cache("token.json").credentials_from_env()?;
    /// # Ok::<(), genesys_journey::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Input`, naming the variable, where it is missing or empty, or holds no region, or no URL of a gateway.
    pub fn from_env() -> Result<Region> {
        const REGION: &str = "GENESYSCLOUD_REGION";
        const HOLDS: &str = "it should hold a region such as eu_west_1";
        const GATEWAY: &str = "GENESYSCLOUD_GATEWAY_URL";
        if let Some(url) = variable(GATEWAY, "it should hold the URL of a gateway")? {
            // So that what is wrong with it is told under this name.
            Base::parse(GATEWAY, &url)?;
            return Region::custom(&url, &url);
        }
        let region =
            variable(REGION, HOLDS)?.ok_or_else(|| Error::input(REGION, format_args!("is not set; {HOLDS}")))?;
        region.parse().map_err(|error: Error| Error::input(REGION, error.message()))
    }
}

impl ConfigBuilder {
    /// The token or the OAuth client that the environment names, as [`Config::from_env`] does, with
    /// the region and the settings given here.
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn credentials_from_env(self) -> Result<Config> {
        const ID: (&str, &str) = ("GENESYSCLOUD_OAUTHCLIENT_ID", "it should hold the id of the OAuth client");
        const SECRET: (&str, &str) =
            ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "it should hold the secret of the OAuth client");
        const TOKEN: (&str, &str) =
            ("GENESYSCLOUD_ACCESS_TOKEN", "it should hold an access token, without spaces or line breaks");
        // What a field is called, and the variable that it came from.
        let named = |field: &str, (name, holds): (&str, &str), error: Error| match error.message().starts_with(field) {
            true => Error::input(name, format_args!("cannot be used; {holds}")),
            false => error,
        };
        if let Some(token) = variable(TOKEN.0, TOKEN.1)? {
            return self.token(&token).map_err(|error| named("token", TOKEN, error));
        }
        match (variable(ID.0, ID.1)?, variable(SECRET.0, SECRET.1)?) {
            (Some(id), Some(secret)) => {
                let signed_in = self.sign_in(Grant::client_credentials(id, secret));
                signed_in.map_err(|error| named("client_id", ID, named("client_secret", SECRET, error)))
            }
            (Some(_), None) => Err(Error::input(SECRET.0, format_args!("is not set; {}", SECRET.1))),
            (None, Some(_)) => Err(Error::input(ID.0, format_args!("is not set; {}", ID.1))),
            (None, None) => {
                let problem = format_args!("is not set, nor are {} and {}; one of both is needed", ID.0, SECRET.0);
                Err(Error::input(TOKEN.0, problem))
            }
        }
    }
}

/// A variable of the environment; one that is empty is an error, and none is `None`.
fn variable(name: &str, holds: &str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Err(Error::input(name, format_args!("is set, but empty; {holds}"))),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::input(name, format_args!("is not UTF-8; {holds}"))),
    }
}
