//! Removes secrets from received text, in every encoding that a server may use, and recognises the few texts that
//! cannot be personal data.

use std::borrow::Cow;

/// The text that replaces a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// The least length of a secret. Shorter secrets are not redacted: they would match parts of ordinary words.
const MIN_LENGTH: usize = 8;

/// The secrets that a request was sent with.
#[derive(Default)]
pub(crate) struct Redactor<'a> {
    secrets: Vec<&'a str>,
}

impl<'a> Redactor<'a> {
    pub fn new(secrets: impl IntoIterator<Item = &'a str>) -> Redactor<'a> {
        Redactor { secrets: secrets.into_iter().filter(|secret| secret.chars().count() >= MIN_LENGTH).collect() }
    }

    /// Replaces each secret in the text, whether plain, percent-encoded, form-encoded or JSON-escaped.
    ///
    /// A secret that is truncated by the end of the text is replaced as well, because limits truncate bodies anywhere.
    ///
    /// Text must be redacted before it is truncated.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_from(text, 0)
    }

    /// Returns the redacted text from a position on. A secret that begins before the position is also replaced.
    pub fn redact_from<'t>(&self, text: &'t str, start: usize) -> Cow<'t, str> {
        let mut redacted = String::new();
        let mut copied = start;
        let mut at = 0;
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
            let Some(length) = self.secrets.iter().filter_map(|secret| match_length(rest, secret)).max() else {
                at += 1;
                continue;
            };
            let end = at + length;
            if end > start {
                redacted.push_str(text.get(copied..at).unwrap_or_default());
                redacted.push_str(REDACTED);
                copied = end;
            }
            at = end;
        }
        let rest = text.get(copied..).unwrap_or_default();
        if copied == start {
            return Cow::Borrowed(rest);
        }
        redacted.push_str(rest);
        Cow::Owned(redacted)
    }

    pub fn redact_in_place(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }
}

/// Returns whether a text is a UUID, which is not personal data.
pub(crate) fn is_uuid(text: &str) -> bool {
    let is_allowed = |(at, byte): (usize, u8)| {
        if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    text.len() == 36 && text.bytes().enumerate().all(is_allowed)
}

/// Returns whether a text has the form of a code, such as `not.found` or `NOT_FOUND`.
pub(crate) fn is_code(text: &str) -> bool {
    const MAX_LENGTH: usize = 60;
    let is_like = |is_letter: fn(&u8) -> bool| text.bytes().all(|byte| is_letter(&byte) || b"._-".contains(&byte));
    text.len() <= MAX_LENGTH && (is_like(u8::is_ascii_lowercase) || is_like(u8::is_ascii_uppercase))
}

/// Returns the length of the secret at the start of the text, in any spelling; `None` if it is not there.
fn match_length(text: &[u8], secret: &str) -> Option<usize> {
    // A fast check. A secret begins with its first character, plain, or with a byte that begins an encoding. Most
    // positions of a text have neither.
    if text.first() != secret.as_bytes().first() && !matches!(text, [b'%' | b'\\' | b'+', ..]) {
        return None;
    }
    match_spelling(text, secret, plain_length).max(match_spelling(text, secret, encoded_length))
}

/// The length of one character at the start of the text; `None` if another one is there.
type LengthOf = fn(&[u8], char) -> Option<usize>;

fn match_spelling(text: &[u8], secret: &str, length_of: LengthOf) -> Option<usize> {
    let mut length = 0;
    for (matched, char) in secret.chars().enumerate() {
        let rest = text.get(length..).unwrap_or_default();
        match length_of(rest, char) {
            Some(more) => length += more,
            None if matched >= MIN_LENGTH && is_cut_off(rest) => return Some(text.len()),
            None => return None,
        }
    }
    Some(length)
}

/// Returns whether the text ends here, perhaps within one encoded character.
fn is_cut_off(rest: &[u8]) -> bool {
    /// The length of the longest encoded character, such as `%F0%9F%98%80` or `\ud83d\ude00`.
    const LONGEST: usize = 12;
    // Truncated UTF-8 has become U+FFFD when the body was read as text.
    rest.is_empty() || rest == "\u{fffd}".as_bytes() || rest.len() < LONGEST && matches!(rest, [b'%' | b'\\', ..])
}

fn plain_length(text: &[u8], char: char) -> Option<usize> {
    text.starts_with(char.encode_utf8(&mut [0; 4]).as_bytes()).then_some(char.len_utf8())
}

/// Returns the length of one character of a secret, which may be encoded, at the start of the text.
fn encoded_length(text: &[u8], char: char) -> Option<usize> {
    match text {
        [b'%', ..] => percent_length(text, char).or_else(|| plain_length(text, char)),
        [b'\\', b'u', ..] => json_length(text, char).or_else(|| plain_length(text, char)),
        [b'\\', escaped, ..] if char == char::from(*escaped) && matches!(char, '/' | '"' | '\\') => Some(2),
        [b'+', ..] if char == ' ' => Some(1),
        _ => plain_length(text, char),
    }
}

/// Returns the length of a character whose bytes are written as `%2F` or `%2f`.
fn percent_length(text: &[u8], char: char) -> Option<usize> {
    let mut length = 0;
    for byte in char.encode_utf8(&mut [0; 4]).bytes() {
        let digits = text.get(length..)?.strip_prefix(b"%")?.get(..2)?;
        length += (hex(digits) == Some(byte.into())).then_some(3)?;
    }
    Some(length)
}

/// Returns the length of a character whose UTF-16 units are written as `\u002F` or `\u002f`.
fn json_length(text: &[u8], char: char) -> Option<usize> {
    let mut length = 0;
    for unit in char.encode_utf16(&mut [0; 2]) {
        let digits = text.get(length..)?.strip_prefix(b"\\u")?.get(..4)?;
        length += (hex(digits) == Some(*unit)).then_some(6)?;
    }
    Some(length)
}

fn hex(digits: &[u8]) -> Option<u16> {
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
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
    fn characters_outside_ascii_are_redacted() {
        let secret = "grüße-😀-sesame";
        let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        let json = "gr\\u00fc\\u00DFe-\\ud83d\\ude00-sesame";
        for spelling in [secret, &percent, &percent.to_lowercase(), json] {
            let text = format!("ü {spelling} é");
            assert_eq!(Redactor::new([secret]).redact(&text), "ü [redacted] é");
            let cut = String::from_utf8_lossy(&text.as_bytes()[..text.len() - " é".len() - 1]).into_owned();
            assert_eq!(Redactor::new([secret]).redact(&cut), "ü [redacted]");
        }
    }

    #[test]
    fn a_secret_may_begin_with_an_encoded_character() {
        for (secret, spelling) in [
            ("/first+secret", "%2Ffirst%2bsecret"),
            ("/first+secret", "\\/first+secret"),
            ("/first+secret", "\\u002Ffirst\\u002bsecret"),
            (" first secret", "+first+secret"),
            ("first-secret", "%66irst-secret"),
        ] {
            assert_eq!(Redactor::new([secret]).redact(&format!("<{spelling}>")), "<[redacted]>");
        }
    }

    #[test]
    fn similar_encodings_are_kept() {
        for text in
            ["second%2Esecret", "second+secret", "second\\u002esecret", "second\\-secret", "second secret", "%2"]
        {
            assert_eq!(redact(text), text);
        }
        assert_eq!(Redactor::new(["long secret"]).redact("long+secret"), REDACTED);
        assert_eq!(Redactor::new(["long+secret"]).redact("long secret"), "long secret");
        // The secret itself looks encoded.
        for secret in ["%41bcdefgh", "\\u0041bcdefgh", "\\/bcdefgh", "a+b+c+d+e"] {
            assert_eq!(Redactor::new([secret]).redact(&format!("<{secret}>")), "<[redacted]>");
        }
    }

    #[test]
    fn all_occurrences_are_redacted_and_the_rest_is_kept() {
        assert_eq!(redact("ü second-secretsecond-secret é"), "ü [redacted][redacted] é");
        assert_eq!(redact("second-secre is not it"), "second-secre is not it");
        assert!(matches!(Redactor::new(["second-secret"]).redact("nothing"), Cow::Borrowed("nothing")));
        let mut text = "a second-secret".to_owned();
        Redactor::new(["second-secret"]).redact_in_place(&mut text);
        assert_eq!(text, "a [redacted]");
    }

    #[test]
    fn a_secret_that_begins_before_the_start_is_redacted() {
        let redact_from = |text, start| Redactor::new(["first-secret", "second-secret"]).redact_from(text, start);
        let text = "a first-secret b second-secret c";
        for (start, expected) in [
            (0, "a [redacted] b [redacted] c"),
            (2, "[redacted] b [redacted] c"),
            (3, "[redacted] b [redacted] c"),
            (13, "[redacted] b [redacted] c"),
            (14, " b [redacted] c"),
            (30, " c"),
            (32, ""),
        ] {
            assert_eq!(redact_from(text, start), expected, "{start}");
        }
        assert_eq!(redact_from("nothing", 3), "hing");
    }

    #[test]
    fn a_secret_that_is_cut_off_is_redacted() {
        for end in MIN_LENGTH.."second-secret".len() {
            assert_eq!(redact(&format!("at the end: {}", &"second-secret"[..end])), "at the end: [redacted]");
        }
        assert_eq!(redact("at the end: second-"), "at the end: second-");
        // The longest encoded character has 12 bytes, so that a cut one has at most 11.
        assert_eq!(redact("second-s%2345678901"), "[redacted]");
        assert_eq!(redact("second-s%23456789012"), "second-s%23456789012");
        assert_eq!(redact("second-s and more"), "second-s and more");
    }

    #[test]
    fn a_secret_that_is_cut_within_an_encoded_character_is_redacted() {
        let secret = "12345678/é😀/9";
        let spellings =
            ["12345678%2f%C3%A9%F0%9F%98%80%2F9", "12345678\\/\\u00e9\\ud83d\\ude00\\/9", "12345678\\u002F\\u00E9😀/9"];
        for spelling in spellings {
            for end in MIN_LENGTH..=spelling.len() {
                let cut = String::from_utf8_lossy(&spelling.as_bytes()[..end]).into_owned();
                assert_eq!(Redactor::new([secret]).redact(&format!("< {cut}")), "< [redacted]", "{cut}");
            }
        }
    }

    #[test]
    fn the_longest_of_several_secrets_is_redacted() {
        assert_eq!(Redactor::new(["secret-1", "secret-1-long"]).redact("secret-1-long!"), "[redacted]!");
    }

    #[test]
    fn only_uuids_and_codes_are_recognised() {
        assert!(is_uuid("3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64") && is_uuid("3F1D9C52-7A0E-4B6D-9E11-2C5A8D0B7F64"));
        for other in ["", "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f6", "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f6g"] {
            assert!(!is_uuid(other), "{other}");
        }
        assert!(!is_uuid("3f1d9c52a7a0e-4b6d-9e11-2c5a8d0b7f64") && !is_uuid("ann@example.com-0123-4567-89ab-012345"));
        assert!(is_code("not.found") && is_code("too_many-requests") && is_code("NOT_FOUND"));
        for other in ["Ann", "ann@example.com", "not found", "+4915112345678", "4915112345678", "é", &"a".repeat(61)] {
            assert!(!is_code(other), "{other}");
        }
    }

    #[test]
    fn short_secrets_leave_text_readable() {
        let text = "not a red herring: [redacted] seven77 äöüäöüä";
        assert_eq!(Redactor::new(["", "a", "red", "not", "r", "seven77", "äöüäöüä"]).redact(text), text);
        assert_eq!(Redactor::new(["redacted", "eight888"]).redact("eight888!"), "[redacted]!");
    }
}
