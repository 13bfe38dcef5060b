//! What the environment says, under the names that the vendor's command line tool uses.

use super::{Config, ConfigBuilder};
use crate::auth::Grant;
use crate::error::{Error, Result};
use crate::region::Region;

impl Region {
    /// The region that the variable `GENESYSCLOUD_REGION` names, in any spelling that is parsed.
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
    /// `Input`, naming the variable, where it is missing, empty or no region.
    pub fn from_env() -> Result<Region> {
        const REGION: &str = "GENESYSCLOUD_REGION";
        let region = variable(REGION)?
            .ok_or_else(|| Error::input(REGION, "is not set; it should hold a region such as eu_west_1"))?;
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
        const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
        const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
        const TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";
        if let Some(token) = variable(TOKEN)? {
            return self.token(&token).map_err(|error| match error.message().starts_with("token") {
                true => Error::input(TOKEN, "should hold an access token, without spaces or line breaks"),
                false => error,
            });
        }
        match (variable(ID)?, variable(SECRET)?) {
            (Some(id), Some(secret)) => self.sign_in(Grant::client_credentials(id, secret)),
            (Some(_), None) => Err(Error::input(SECRET, "is not set; it should hold the secret of the OAuth client")),
            (None, Some(_)) => Err(Error::input(ID, "is not set; it should hold the id of the OAuth client")),
            (None, None) => {
                Err(Error::input(TOKEN, format_args!("is not set, nor are {ID} and {SECRET}; one of both is needed")))
            }
        }
    }
}

/// A variable of the environment; one that is empty is an error, and none is `None`.
fn variable(name: &str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Err(Error::input(name, "is set, but empty")),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::input(name, "is not UTF-8")),
    }
}
