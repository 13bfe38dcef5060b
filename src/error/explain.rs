//! The texts of an error: explanations, and the parts of a response that may be shown. Received text must be redacted
//! before it is passed to this module.

use crate::redact::is_code;

/// Explains an error response in another format, such as that of a gateway, by its message, its title or its first
/// words. Without `shows_text` it returns whether there is a text, and does not show it.
pub(crate) fn explain_foreign_body(message: Option<&str>, body: &str, shows_text: bool) -> String {
    let texts = [message.unwrap_or_default(), title(body).unwrap_or_default(), &without_tags(body)];
    match texts.map(excerpt).into_iter().find(|words| !words.is_empty()) {
        Some(words) if shows_text => format!("the response is not in the format of the service: {words:?}"),
        Some(_) => "the response is not in the format of the service".to_owned(),
        None if body.trim().is_empty() => "the response has no body".to_owned(),
        None => "the response has no text in its body".to_owned(),
    }
}

fn title(body: &str) -> Option<&str> {
    let start = body.to_ascii_lowercase().find("<title")?;
    let (_, text) = body.get(start..)?.split_once('>')?;
    text.split('<').next()
}

fn without_tags(body: &str) -> String {
    let texts: Vec<&str> = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    texts.join(" ")
}

/// Returns a library's message without the link to its documentation, which does not help the user of a program.
pub(crate) fn without_link(message: &str) -> &str {
    message.split_once(": https://").map_or(message, |(message, _)| message)
}

/// Returns the scheme and the host of a URL; "another page" if it has none.
pub(crate) fn origin(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_code(scheme)) else {
        return "another page";
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') { "another page" } else { url.get(..scheme.len() + 3 + host.len()).unwrap_or_default() }
}

/// Returns the first words of a text: one line of at most 100 characters.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_LENGTH: usize = 100;
    let mut line = String::new();
    for word in text.split_whitespace() {
        line.push_str(if line.is_empty() { "" } else { " " });
        line.extend(word.chars().take(MAX_LENGTH + 1));
        if let Some((end, _)) = line.char_indices().nth(MAX_LENGTH) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Returns whether a body begins like JSON, or is empty, so that it is not shown.
pub(crate) fn is_like_json(body: &str) -> bool {
    let body = body.trim_start_matches('\u{feff}').trim_start();
    // `)]}'` is the prefix that some services write before JSON.
    let is_word = ["true", "false", "null", ")]}"].iter().any(|word| body.starts_with(word));
    is_word || body.chars().next().is_none_or(|c| matches!(c, '{' | '[' | '"' | '-') || c.is_ascii_digit())
}
