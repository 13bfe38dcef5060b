//! The list of messages in `docs/errors.md`, and the comparison of a line with it.

use genesys_journey::{Error, ErrorKind};

const LIST: &str = include_str!("../../docs/errors.md");

/// A message of the list. `…` in the pattern stands for any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The heading of the table, such as `Input`.
    pub section: &'static str,
    pub pattern: &'static str,
}

impl Message {
    /// Returns whether the constant words of the pattern are in this text, in their order.
    pub fn is_in(&self, text: &str) -> bool {
        contains_pattern(text, self.pattern)
    }
}

/// Returns the messages of all tables: the code spans in the first columns.
pub fn all() -> Vec<Message> {
    let mut section = "";
    let mut messages = Vec::new();
    for line in LIST.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        let Some((first, _)) = line.strip_prefix("| `").and_then(|row| row.split_once(" | ")) else { continue };
        let patterns = first.split('`').step_by(2).filter(|span| !span.is_empty());
        messages.extend(patterns.map(|pattern| Message { section, pattern }));
    }
    messages
}

/// Returns the constant words of a pattern. Parts without letters, such as `; `, are left out.
pub fn constant_parts(pattern: &str) -> impl Iterator<Item = &str> {
    let parts = pattern.split('…').map(str::trim);
    parts.filter(|part| part.contains(|c: char| c.is_alphanumeric()))
}

/// Returns whether the constant words of a pattern are in a text, in their order.
pub fn contains_pattern(mut text: &str, pattern: &str) -> bool {
    constant_parts(pattern).all(|part| match text.split_once(part) {
        Some((_, rest)) => {
            text = rest;
            true
        }
        None => false,
    })
}

/// Checks that the list has the message of an error, in the table of its kind. The messages of the service are not in
/// the list.
#[track_caller]
pub fn assert_listed(error: &Error) {
    let is_of_service = match error.kind() {
        ErrorKind::Api => error.status().is_some(),
        ErrorKind::Auth => error.code().is_some(),
        _ => false,
    };
    let line = error.to_string();
    let section = format!("{:?}", error.kind());
    // A response of the token endpoint that cannot be read is of kind `Auth`.
    let is_of_kind = |section: &str, message: &Message| {
        message.section == section || (error.during_sign_in() && section == "Auth" && message.section == "Decode")
    };
    let is_listed = all().iter().any(|message| is_of_kind(&section, message) && message.is_in(&line));
    assert!(is_of_service || is_listed, "docs/errors.md has no row in the table {section} for: {line}");
}
