//! Removes secrets from received text, in every spelling that the other side may use.

use std::borrow::Cow;

/// Replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Shorter secrets are not searched for: they would match parts of ordinary words.
const MIN_LENGTH: usize = 8;

/// The secrets that a request was sent with.
#[derive(Default)]
pub(crate) struct Redactor<'a> {
    secrets: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    pub fn new(secrets: impl IntoIterator<Item = &'a str>) -> Redactor<'a> {
        Redactor { secrets: secrets.into_iter().filter(|secret| secret.len() >= MIN_LENGTH).collect() }
    }

    /// Replaces each secret in the text, whether plain, percent-encoded, form-encoded or JSON-escaped. A secret
    /// that the end of the text cuts off is replaced as well, since limits cut bodies anywhere.
    ///
    /// Text must be redacted before it is truncated.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut redacted = String::new();
        let mut copied = 0;
        let mut at = 0;
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
            let Some(length) = self.secrets.iter().filter_map(|secret| match_length(rest, secret)).max() else {
                at += 1;
                continue;
            };
            redacted.push_str(text.get(copied..at).unwrap_or_default());
            redacted.push_str(REDACTED);
            at += length;
            copied = at;
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(text.get(copied..).unwrap_or_default());
        Cow::Owned(redacted)
    }

    pub fn redact_in_place(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }
}

/// The length of the secret at the start of the text, in any spelling; `None` if it is not there.
fn match_length(text: &[u8], secret: &str) -> Option<usize> {
    match_spelling(text, secret, plain_length).max(match_spelling(text, secret, encoded_length))
}

fn match_spelling(text: &[u8], secret: &str, length_of: fn(&[u8], u8) -> Option<usize>) -> Option<usize> {
    let mut length = 0;
    for (matched, byte) in secret.bytes().enumerate() {
        let rest = text.get(length..).unwrap_or_default();
        if rest.is_empty() && matched >= MIN_LENGTH {
            return Some(length);
        }
        length += length_of(rest, byte)?;
    }
    Some(length)
}

fn plain_length(text: &[u8], byte: u8) -> Option<usize> {
    text.first().filter(|first| **first == byte).map(|_| 1)
}

/// The length of one byte of a secret, which may be encoded, at the start of the text.
fn encoded_length(text: &[u8], byte: u8) -> Option<usize> {
    let is_hex = |digits: &[u8]| {
        std::str::from_utf8(digits).is_ok_and(|digits| u8::from_str_radix(digits, 16).is_ok_and(|value| value == byte))
    };
    match text {
        [b'%', high, low, ..] if is_hex(&[*high, *low]) => Some(3),
        [b'\\', b'u', b'0', b'0', high, low, ..] if is_hex(&[*high, *low]) => Some(6),
        [b'\\', escaped, ..] if *escaped == byte && matches!(byte, b'/' | b'"' | b'\\') => Some(2),
        [b'+', ..] if byte == b' ' => Some(1),
        _ => plain_length(text, byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a/b+c=d e\"f\\g~é";

    fn redact(text: &str) -> String {
        Redactor::new([SECRET, "second-secret"]).redact(text).into_owned()
    }

    #[test]
    fn every_spelling_is_redacted() {
        let json = serde_json::to_string(SECRET).unwrap();
        let percent = percent_encoding::utf8_percent_encode(SECRET, percent_encoding::NON_ALPHANUMERIC).to_string();
        let spellings = [
            SECRET.to_owned(),
            json.trim_matches('"').to_owned(),
            json.trim_matches('"').replace('/', "\\/"),
            json.trim_matches('"').replace('/', "\\u002f").replace('+', "\\u002B"),
            percent.clone(),
            percent.to_lowercase(),
            percent.replace("%20", "+"),
            SECRET.replace('/', "%2f"),
        ];
        for spelling in spellings {
            assert_eq!(redact(&format!("before {spelling} after")), "before [redacted] after", "{spelling}");
        }
    }

    #[test]
    fn all_occurrences_are_redacted_and_the_rest_is_kept() {
        assert_eq!(redact("ü second-secretsecond-secret é"), "ü [redacted][redacted] é");
        assert_eq!(redact("second-secre is not it"), "second-secre is not it");
        assert!(matches!(Redactor::new(["second-secret"]).redact("nothing"), Cow::Borrowed("nothing")));
    }

    #[test]
    fn a_secret_that_is_cut_off_is_redacted() {
        for end in MIN_LENGTH.."second-secret".len() {
            assert_eq!(redact(&format!("at the end: {}", &"second-secret"[..end])), "at the end: [redacted]");
        }
        assert_eq!(redact("at the end: second-"), "at the end: second-");
    }

    #[test]
    fn the_longest_of_several_secrets_is_redacted() {
        assert_eq!(Redactor::new(["secret-1", "secret-1-long"]).redact("secret-1-long!"), "[redacted]!");
    }

    #[test]
    fn short_secrets_leave_text_readable() {
        let text = "not a red herring: [redacted]";
        assert_eq!(Redactor::new(["a", "red", "not", "r", "seven77"]).redact(text), text);
    }
}
