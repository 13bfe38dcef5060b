//! The responses of the token endpoint: tokens, and errors in the format of OAuth (RFC 6749, section 5).
//!
//! Invariant: no error contains a part of a response that may hold a token.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::bearer;
use crate::error::{Fields, ServiceError};

/// A token from the token endpoint or from the cache file.
pub(super) struct Fetched {
    pub access_token: String,
    pub lifetime: Option<Duration>,
    pub refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<String>,
    // Seconds: a number, or a number as text.
    #[serde(default)]
    expires_in: Value,
    refresh_token: Option<String>,
}

/// Reads a successful response. The error contains no part of the response: it may hold a token.
pub(super) fn read_token(body: &[u8]) -> Result<Fetched, String> {
    let body = std::str::from_utf8(body)
        .map_err(|error| format!("the token response is not UTF-8 from byte {} on", error.valid_up_to()))?;
    let response: TokenResponse = serde_json::from_str(body).map_err(|error| {
        format!("the token response cannot be read (line {}, column {})", error.line(), error.column())
    })?;
    let access_token = response.access_token.ok_or("the token response has no access_token")?;
    if bearer(&access_token).is_none() {
        return Err("the token response has an access_token that is empty or cannot be sent".to_owned());
    }
    let seconds = match &response.expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    const YEAR: f64 = 365.0 * 86_400.0;
    // A lifetime below one second is not plausible. Such a token is used until it is refused.
    let lifetime = seconds.filter(|seconds| *seconds >= 1.0).map(|seconds| Duration::from_secs_f64(seconds.min(YEAR)));
    let refresh_token = response.refresh_token.filter(|token| !token.is_empty());
    Ok(Fetched { access_token, lifetime, refresh_token })
}

/// Reads an error response; see [`crate::call::ReadError`].
pub(super) fn read_error(body: &str, status: u16) -> (ServiceError, u16) {
    let mut fields = Fields::read(body);
    let message = fields.text("error_description").or_else(|| fields.text("description"));
    let error = ServiceError { code: fields.text("error"), message, ..ServiceError::default() };
    // The token endpoint reports its rate limit with status 400.
    let status = if status == 400 && is_rate_limit(&error) { 429 } else { status };
    (error, status)
}

fn is_rate_limit(error: &ServiceError) -> bool {
    let message = error.message.as_deref().unwrap_or_default();
    message.to_ascii_lowercase().starts_with("rate limit exceeded")
}
