//! The grants: the ways to sign in.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};
use crate::escape::escaped;
use crate::http::SecretHeader;
use crate::region::Region;
use crate::retry::Idempotency;

/// A way to sign in: one of the grants that an OAuth client of the platform can have.
///
/// | Constructor | For | Renewed with |
/// |---|---|---|
/// | [`client_credentials`](Grant::client_credentials) | programs without a person, such as cron jobs | the same grant |
/// | [`authorization_code`](Grant::authorization_code) | a person who signed in at the vendor's page | the refresh token |
/// | [`authorization_code_pkce`](Grant::authorization_code_pkce) | the same, without a client secret | the refresh token |
/// | [`refresh_token`](Grant::refresh_token), [`refresh_token_pkce`](Grant::refresh_token_pkce) | programs that stored a refresh token | the newest refresh token |
/// | [`saml2_bearer`](Grant::saml2_bearer) | a person who signed in at the company's identity provider | the refresh token, if there is one |
///
/// `Debug` shows the kind and the client id, never a secret.
///
/// ```no_run
/// use genesys_journey::{Config, Region};
/// use genesys_journey::auth::Grant;
///
/// let config = Config::builder(Region::EU_WEST_1).sign_in(Grant::client_credentials("client id", "client secret"))?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone)]
pub struct Grant {
    client_id: String,
    /// Without a secret, the form contains the client id.
    client_secret: Option<String>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    ClientCredentials,
    AuthorizationCode { code: String, redirect_uri: String, code_verifier: Option<String> },
    RefreshToken { refresh_token: String },
    Saml2Bearer { org_name: String, assertion: String },
}

impl Grant {
    /// Returns the grant of a client that acts for itself (`client_credentials`).
    pub fn client_credentials(client_id: impl Into<String>, client_secret: impl Into<String>) -> Grant {
        Grant { client_id: client_id.into(), client_secret: Some(client_secret.into()), kind: Kind::ClientCredentials }
    }

    /// Returns the grant of a person who signed in at the page of [`AuthorizeUrl`].
    ///
    /// The page redirects the person to `redirect_uri` with a `code`.
    pub fn authorization_code(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        redirect_uri: impl Into<String>,
        code: impl Into<String>,
    ) -> Grant {
        let kind =
            Kind::AuthorizationCode { code: code.into(), redirect_uri: redirect_uri.into(), code_verifier: None };
        Grant { client_id: client_id.into(), client_secret: Some(client_secret.into()), kind }
    }

    /// Returns the grant of a person who signed in, for a client without a secret (PKCE).
    ///
    /// `code_verifier` is the text whose hash is [`AuthorizeUrl::code_challenge`]. Range: 43 to 128 characters.
    pub fn authorization_code_pkce(
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
        code: impl Into<String>,
        code_verifier: impl Into<String>,
    ) -> Grant {
        let code_verifier = Some(code_verifier.into());
        let kind = Kind::AuthorizationCode { code: code.into(), redirect_uri: redirect_uri.into(), code_verifier };
        Grant { client_id: client_id.into(), client_secret: None, kind }
    }

    /// Returns the grant of a refresh token from an earlier sign-in by code.
    pub fn refresh_token(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        refresh_token: impl Into<String>,
    ) -> Grant {
        let kind = Kind::RefreshToken { refresh_token: refresh_token.into() };
        Grant { client_id: client_id.into(), client_secret: Some(client_secret.into()), kind }
    }

    /// Returns the grant of a refresh token from an earlier sign-in by code with PKCE.
    pub fn refresh_token_pkce(client_id: impl Into<String>, refresh_token: impl Into<String>) -> Grant {
        let kind = Kind::RefreshToken { refresh_token: refresh_token.into() };
        Grant { client_id: client_id.into(), client_secret: None, kind }
    }

    /// Returns the grant of a person who signed in at the company's identity provider.
    ///
    /// `org_name` is the short name of the organisation, and `assertion` the base64 text of the SAML response.
    pub fn saml2_bearer(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        org_name: impl Into<String>,
        assertion: impl Into<String>,
    ) -> Grant {
        let kind = Kind::Saml2Bearer { org_name: org_name.into(), assertion: assertion.into() };
        Grant { client_id: client_id.into(), client_secret: Some(client_secret.into()), kind }
    }

    /// Refuses invalid values before anything is sent.
    pub(crate) fn check(&self) -> Result<()> {
        let secret = self.client_secret.iter().map(|secret| ("client_secret", secret));
        let own = match &self.kind {
            Kind::ClientCredentials => vec![],
            Kind::AuthorizationCode { code, redirect_uri, code_verifier } => {
                if code_verifier.as_ref().is_some_and(|verifier| !(43..=128).contains(&verifier.len())) {
                    return Err(Error::input("code_verifier", "must have 43 to 128 characters (RFC 7636)"));
                }
                let verifier = code_verifier.iter().map(|verifier| ("code_verifier", verifier));
                [("code", code), ("redirect_uri", redirect_uri)].into_iter().chain(verifier).collect()
            }
            Kind::RefreshToken { refresh_token } => vec![("refresh_token", refresh_token)],
            Kind::Saml2Bearer { org_name, assertion } => vec![("org_name", org_name), ("assertion", assertion)],
        };
        for (field, text) in [("client_id", &self.client_id)].into_iter().chain(secret).chain(own) {
            check_text(field, text)?;
        }
        if self.client_id.contains(':') && self.client_secret.is_some() {
            return Err(Error::input("client_id", "must not contain a colon"));
        }
        Ok(())
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn is_client_credentials(&self) -> bool {
        matches!(self.kind, Kind::ClientCredentials)
    }

    /// Returns whether a token request can be retried. Codes, assertions and refresh tokens may be valid only once.
    pub(crate) fn idempotency(&self) -> Idempotency {
        if self.is_client_credentials() { Idempotency::Safe } else { Idempotency::NonIdempotent }
    }

    pub(crate) fn first_refresh_token(&self) -> Option<&str> {
        match &self.kind {
            Kind::RefreshToken { refresh_token } => Some(refresh_token),
            _ => None,
        }
    }

    pub(crate) fn basic(&self) -> Option<SecretHeader> {
        let secret = self.client_secret.as_ref()?;
        SecretHeader::new(&format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.client_id))))
    }

    /// Returns the form of a token request, or `None` if no usable credential is left. `first` is true for the first
    /// request of a `Config`: codes and assertions are valid only once.
    pub(crate) fn form(&self, refresh_token: Option<&str>, first: bool) -> Option<String> {
        let grant_type = ("grant_type", self.kind.name());
        let mut pairs = match (&self.kind, refresh_token) {
            (Kind::ClientCredentials, _) => vec![grant_type],
            (_, Some(token)) => vec![("grant_type", "refresh_token"), ("refresh_token", token)],
            (Kind::AuthorizationCode { code, redirect_uri, code_verifier }, None) if first => {
                let mut pairs = vec![grant_type, ("code", code), ("redirect_uri", redirect_uri)];
                pairs.extend(code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.as_str())));
                pairs
            }
            (Kind::Saml2Bearer { org_name, assertion }, None) if first => {
                vec![grant_type, ("orgName", org_name), ("assertion", assertion)]
            }
            _ => return None,
        };
        if self.client_secret.is_none() {
            pairs.push(("client_id", &self.client_id));
        }
        Some(encode_pairs(&pairs))
    }

    /// Returns the secrets of a token request, for the redaction of errors.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let own: Vec<&str> = match &self.kind {
            Kind::ClientCredentials => vec![],
            Kind::AuthorizationCode { code, code_verifier, .. } => {
                code_verifier.iter().chain([code]).map(String::as_str).collect()
            }
            Kind::RefreshToken { refresh_token } => vec![refresh_token],
            Kind::Saml2Bearer { assertion, .. } => vec![assertion],
        };
        self.client_secret.as_deref().into_iter().chain(own)
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::ClientCredentials => "client_credentials",
            Kind::AuthorizationCode { .. } => "authorization_code",
            Kind::RefreshToken { .. } => "refresh_token",
            Kind::Saml2Bearer { .. } => "urn:ietf:params:oauth:grant-type:saml2-bearer",
        }
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grant({} of client {})", self.kind.name(), self.client_id)
    }
}

/// The URL of the page at which a person signs in.
///
/// ```
/// use genesys_journey::Region;
/// use genesys_journey::auth::AuthorizeUrl;
///
/// let url = AuthorizeUrl {
///     state: Some("af0ifjsldkj".to_owned()),
///     ..AuthorizeUrl::new("client id", "http://localhost:8080/callback")
/// };
/// assert_eq!(
///     url.url(&Region::EU_WEST_1)?,
///     "https://login.mypurecloud.ie/oauth/authorize?client_id=client%20id&response_type=code\
///      &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback&state=af0ifjsldkj"
/// );
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizeUrl {
    /// The id of the OAuth client.
    pub client_id: String,
    /// The URL that the page redirects to, with `code` and `state` in the query. It must be one of the authorised
    /// redirect URIs of the client.
    pub redirect_uri: String,
    /// A random text that the redirect returns, as a protection against forged redirects.
    pub state: Option<String>,
    /// For PKCE: the SHA-256 of the code verifier, in base64url without padding (RFC 7636).
    pub code_challenge: Option<String>,
}

impl AuthorizeUrl {
    /// Returns the page for a client that redirects to `redirect_uri`.
    pub fn new(client_id: impl Into<String>, redirect_uri: impl Into<String>) -> AuthorizeUrl {
        AuthorizeUrl { client_id: client_id.into(), redirect_uri: redirect_uri.into(), ..AuthorizeUrl::default() }
    }

    /// Returns the URL in a region.
    ///
    /// # Errors
    /// `Input` if a field is empty or contains control characters.
    pub fn url(&self, region: &Region) -> Result<String> {
        let mut pairs = vec![
            ("client_id", self.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", self.redirect_uri.as_str()),
        ];
        pairs.extend(self.state.iter().map(|state| ("state", state.as_str())));
        if let Some(challenge) = &self.code_challenge {
            pairs.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")]);
        }
        for (field, text) in &pairs {
            check_text(field, text)?;
        }
        Ok(format!("{}/oauth/authorize?{}", region.login_url(), encode_pairs(&pairs)))
    }
}

fn check_text(field: &'static str, text: &str) -> Result<()> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Error::input(field, "must not be empty or contain control characters"));
    }
    Ok(())
}

fn encode_pairs(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    pairs.join("&")
}
