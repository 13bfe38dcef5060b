//! Headers whose values are secret. Invariant: neither `Debug` nor an error shows a value.

use super::MAX_LINE;
use super::header::{self, HeaderName, HeaderValue};
use crate::error::Error;

/// A header value that is never printed.
#[derive(Clone)]
pub(crate) struct SecretHeader(pub(super) HeaderValue);

impl SecretHeader {
    /// Returns `None` if the text cannot be sent in a header.
    pub fn new(text: &str) -> Option<SecretHeader> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(SecretHeader(value))
    }

    /// Returns the credential after the scheme, for redaction.
    pub fn secret(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.split_once(' ')).map_or("", |(_, secret)| secret)
    }
}

/// A header that the program adds to every request. Its value is a secret.
pub(crate) struct ExtraHeader(pub(super) HeaderName, pub(super) HeaderValue);

impl ExtraHeader {
    pub fn new(name: &str, value: &str) -> Result<ExtraHeader, Error> {
        // The crate or ureq sets these itself.
        const RESERVED: [HeaderName; 12] = [
            header::ACCEPT,
            header::ACCEPT_ENCODING,
            header::AUTHORIZATION,
            header::CONNECTION,
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::EXPECT,
            header::HOST,
            header::TE,
            header::TRANSFER_ENCODING,
            header::USER_AGENT,
        ];
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::input("header", format_args!("{name:?} is not the name of a header")))?;
        if RESERVED.contains(&parsed) {
            return Err(Error::input("header", format_args!("{name:?} is set by the crate itself")));
        }
        // No error below shows the value.
        if value.len() > MAX_LINE {
            let problem = format!("{name:?} has a value of more than {MAX_LINE} bytes");
            return Err(Error::input("header", problem));
        }
        let is_text = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if value.is_empty() || value.trim() != value || !is_text {
            let expected = "expected printable ASCII without white space at the ends";
            return Err(Error::input("header", format_args!("{name:?} has a value that cannot be sent; {expected}")));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::input("header", "has an invalid value"))?;
        value.set_sensitive(true);
        Ok(ExtraHeader(parsed, value))
    }
}
