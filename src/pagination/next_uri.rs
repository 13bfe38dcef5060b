//! The cursor inside a `nextUri`.

use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind, Result};

/// Returns the cursor in the query parameter `after` of a `nextUri`, or `None` if no page follows.
///
/// A `+` stays a `+`: the service's cursors are base64, which has no spaces.
pub(super) fn cursor(next_uri: Option<&str>) -> Result<Option<String>> {
    let Some(uri) = next_uri.filter(|uri| !uri.is_empty()) else {
        return Ok(None);
    };
    let cursor = query(uri).split('&').find_map(|pair| pair.strip_prefix("after="));
    let decoded = cursor.and_then(|cursor| percent_decode_str(cursor).decode_utf8().ok());
    match decoded {
        Some(cursor) => Ok(Some(cursor.into_owned()).filter(|cursor| !cursor.is_empty())),
        None => Err(Error::new(ErrorKind::Decode, "nextUri has no cursor (expected the query parameter \"after\")")),
    }
}

fn query(uri: &str) -> &str {
    let without_fragment = uri.split('#').next().unwrap_or_default();
    without_fragment.split_once('?').map_or("", |(_, query)| query)
}
