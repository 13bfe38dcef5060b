//! The list of messages in `docs/errors.md`: each text in the sources has a row, each row has a text in the sources,
//! and the crate really returns the messages.

mod input;
mod responses;
mod settings;

use std::collections::BTreeSet;
use std::path::Path;

use genesys_journey::Error;
use genesys_listener::messages::{self, Message, constant_parts, contains_pattern};

use crate::layers::sources;

/// An error, and the pattern of the list that it must match.
type Case = (&'static str, Error);

/// Parts of messages, and texts that are no messages.
const OTHER_TEXTS: [(&str, &[&str]); 8] = [
    ("names of settings and variables", &["GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in code: Region)"]),
    (
        "expected values of variables",
        &[
            "a region such as eu_west_1",
            "the URL of a gateway",
            "an access token, without spaces or line breaks",
            "the id of the OAuth client",
            "the secret of the OAuth client",
        ],
    ),
    (
        "parts of messages",
        &[
            "action map",
            "action template",
            "the setting proxy",
            "one is set",
            "another value",
            "another page",
            "less nesting",
            " with status …",
        ],
    ),
    ("limits of errors that the crate handles", &["time limit for cancelling", "time limit for reading after a write"]),
    (
        "commands",
        &["openssl x509 -in FILE -out CERTIFICATE.pem", "openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out PKCS8.pem"],
    ),
    (
        "texts of the service and of the TLS library",
        &[
            "Retry the request in [",
            "does not match the current version",
            "rate limit exceeded",
            "unknown ca",
            "access denied",
            "certificate required",
            "unexpected EOF",
            "hostname mismatch",
            "ip address mismatch",
            "certificate has expired",
            "not yet valid",
            "self-signed certificate",
            "self signed certificate",
            "local issuer certificate",
            "verify the first certificate",
            "wrong version number",
            "unsupported protocol",
            "alert protocol version",
            "unrecognized name",
            "alert handshake failure",
            "bad certificate",
            "unsupported certificate",
            "certificate revoked",
            "certificate expired",
            "certificate unknown",
            "unknown issuer",
            "bad signature",
        ],
    ),
    (
        "texts that are sent, and labels",
        &[
            "CONNECT … HTTP/1.1\\r\\nHost: …\\r\\nUser-Agent: …\\r\\n",
            "Proxy-Authorization: Basic …\\r\\n",
            "Proxy-Connection: Keep-Alive\\r\\n\\r\\n",
            "X509 CERTIFICATE",
        ],
    ),
    (
        "texts of Debug and of a visitor of serde",
        &[
            "Config { region: …, auth: …, settings: … }",
            "ConfigBuilder { region: …, settings: … }",
            "ListAll { next: …, buffered: … }",
            "Grant(… of client …)",
            "Region(the proxy …)",
            "the next value of a path",
        ],
    ),
];

/// Patterns whose texts are those of the service or of a library, or are made of single words.
const WITHOUT_TEXT: [&str; 14] = [
    "GET https://…: …",
    "signing in failed: … invalid_client",
    "signing in failed: … invalid_grant",
    "signing in failed: … unauthorized_client",
    "missing field …",
    "400 …",
    "403 …",
    "404 …",
    "409 …",
    "429 …",
    "500 …",
    "502 …",
    "503 …",
    "504 …",
];

/// A literal of the sources, with `…` for its placeholders.
#[derive(Debug)]
struct Literal {
    place: String,
    text: String,
}

/// Returns the string literals of a file, without those of tests, attributes, comments and debug lines of the log.
fn literals(name: &str, source: &str) -> Vec<Literal> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(skipped) = source[at..].find(['"', '/', '\'', '#']) {
        at += skipped;
        let (before, tail) = source.split_at(at);
        at += if tail.starts_with("//") {
            tail.find('\n').unwrap_or(tail.len())
        } else if tail.starts_with("#[") {
            tail.find("]\n").unwrap_or(1)
        } else if tail.starts_with("'\"'") {
            3
        } else if tail.starts_with('"') && before.ends_with("r#") {
            tail.find("\"#").unwrap() + 2
        } else if let Some(text) = tail.strip_prefix('"') {
            let length = length_of_literal(text);
            let statement = before.rsplit([';', '{', '}']).next().unwrap();
            if !statement.contains("log::debug!") {
                let place = format!("src/{name}:{}", before.lines().count());
                found.push(Literal { place, text: with_gaps(&text[..length]) });
            }
            length + 2
        } else {
            1
        };
    }
    found
}

/// Returns the number of bytes before the closing quote.
fn length_of_literal(text: &str) -> usize {
    let mut is_escaped = false;
    let is_end = |c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    };
    text.find(is_end).unwrap()
}

/// Joins the lines of a literal, and replaces its placeholders.
fn with_gaps(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let first = lines.next().unwrap().to_owned();
    let text = lines.fold(first, |text, line| text + line.trim_start()).replace("\\\"", "\"");
    // In `http/proxy.rs`, these are the words of `Display`.
    let text = text.replace("{self}", "the proxy …").replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts = text.split('{');
    let first = parts.next().unwrap().to_owned();
    let text = parts.fold(first, |text, part| text + "…" + part.split_once('}').map_or("", |(_, rest)| rest));
    text.replace('\u{1}', "{").replace('\u{2}', "}")
}

/// Returns whether a text has two words in a row.
fn is_sentence(text: &str) -> bool {
    let has_letter = |word: &str| word.contains(|c: char| c.is_alphabetic());
    constant_parts(text).any(|part| part.split_whitespace().filter(|word| has_letter(word)).count() > 1)
}

/// Returns whether a pattern and a text of the sources belong together: one has the constant words of the other.
fn belong_together(pattern: &str, text: &str) -> bool {
    // The first word of an `Input` error is the field, which is an argument of its own.
    let without_field = pattern.split_once(' ').map(|(_, rest)| rest).filter(|rest| letters(rest) >= 15);
    contains_pattern(text, pattern)
        || without_field.is_some_and(|rest| contains_pattern(text, rest))
        || is_sentence(text) && contains_pattern(pattern, text)
}

fn letters(pattern: &str) -> usize {
    constant_parts(pattern).flat_map(str::chars).filter(|c| c.is_alphabetic()).count()
}

fn all_literals() -> Vec<Literal> {
    // The guide is compiled by rustdoc only.
    let is_test = |name: &str| name.ends_with("/tests.rs") || name.ends_with("guide.rs");
    sources().iter().filter(|(name, _)| !is_test(name)).flat_map(|(name, text)| literals(name, text)).collect()
}

#[test]
fn each_text_of_the_sources_is_in_the_list() {
    let listed = messages::all();
    let others: BTreeSet<&str> = OTHER_TEXTS.iter().flat_map(|(_, texts)| texts.iter().copied()).collect();
    // A pattern with few letters would cover texts that it does not explain.
    let listed: Vec<Message> = listed.into_iter().filter(|message| letters(message.pattern) >= 9).collect();
    let mut unused = others.clone();
    let mut missing = Vec::new();
    for Literal { place, text } in all_literals() {
        unused.remove(text.as_str());
        let is_known = others.contains(text.as_str())
            || !is_sentence(&text)
            || listed.iter().any(|message| belong_together(message.pattern, &text));
        if !is_known {
            missing.push(format!("{place}: {text:?}"));
        }
    }
    assert!(
        missing.is_empty(),
        "add a row to docs/errors.md for each message, or a text to OTHER_TEXTS if it is none:\n{}",
        missing.join("\n")
    );
    assert!(unused.is_empty(), "OTHER_TEXTS has texts that are not in the sources: {unused:?}");
}

#[test]
fn each_row_of_the_list_has_a_text_in_the_sources() {
    let texts = all_literals();
    let patterns: BTreeSet<&str> = messages::all().iter().map(|message| message.pattern).collect();
    for pattern in &patterns {
        let has_text = texts.iter().any(|literal| belong_together(pattern, &literal.text));
        assert!(has_text || WITHOUT_TEXT.contains(pattern), "no source has the message {pattern:?}");
    }
    for pattern in WITHOUT_TEXT {
        assert!(patterns.contains(pattern), "docs/errors.md has no {pattern:?}");
    }
}

#[test]
fn the_list_is_complete_and_has_no_message_twice() {
    let messages = messages::all();
    let sections = ["", "Input", "Auth", "Transport", "Timeout", "Api", "Decode", "Faults of the crate"];
    let found: BTreeSet<&str> = messages.iter().map(|message| message.section).collect();
    assert_eq!(found, sections.into_iter().chain(["Warnings in the log"]).collect());
    let mut seen = BTreeSet::new();
    for Message { section, pattern } in messages {
        assert!(seen.insert((section, pattern)), "{section} has {pattern:?} twice");
    }
}

#[test]
fn a_new_text_is_found() {
    let source = r##"
        // A comment with "a text".
        #[serde(rename = "some text")]
        fn check() -> Result<()> {
            log::debug!(target: LOG_TARGET, "not an error");
            let quote = '"';
            Err(Error::input("field", format_args!("is {value:?}; the moon \
                is not full")))
        }"##;
    let texts: Vec<String> = literals("x.rs", source).into_iter().map(|literal| literal.text).collect();
    assert_eq!(texts, ["field", "is …; the moon is not full"]);
    let is_listed = messages::all().iter().any(|message| belong_together(message.pattern, &texts[1]));
    assert!(!is_listed);
}

/// Messages that no test of this module causes, and the tests that do.
const ELSEWHERE: [(&str, &[&str]); 9] = [
    ("it/segments/exact.rs", &["the … was created, but its defaults were not cleared: it was not found"]),
    (
        "it/environment.rs",
        &[
            "… is not set; expected …",
            "… is not set, nor are … and …; set one or the other",
            "… is empty; expected …",
            "… is not UTF-8; expected …",
            "… cannot be used; expected …",
        ],
    ),
    (
        "it/sign_in.rs",
        &[
            "…; this was needed to retry …",
            "not sent: another call is still renewing the token, and … has passed",
            "the token could not be renewed; the current one is used, which is valid for …: …",
        ],
    ),
    ("it/log_lines.rs", &["… retrying in … after: …", "… the token was refused; renewing it"]),
    (
        "it/token_cache.rs",
        &[
            "token cache …: ignored: …",
            "it belongs to another client",
            "it is not a token cache (line …, column …)",
            "others may read or write it; it must have mode 0600",
            "token cache …: not written: …",
        ],
    ),
    (
        "heavy/network/trust.rs",
        &[
            "the certificate of … has an unknown issuer; if the issuer is a CA of your company, or a proxy or firewall that \
             re-signs TLS connections, …; otherwise … perhaps does not send its intermediate certificates: ask its \
             administrator to add them",
            "name the PEM file of its root certificate in SSL_CERT_FILE (in code: extra_roots; the built-in roots stay in \
             use), or, in code, turn on feature platform-verifier, which trusts the roots of the system",
            "add its root certificate to the trust store of the system (in code: extra_roots)",
            "… presents a CA certificate (CA:TRUE; often it is self-signed) instead of a server certificate; …",
            "the certificate of … has expired; …",
            "the certificate that the server presents is not valid for …; …",
            "the key is in DER form; convert it: …",
            "the key is in a PKCS #12 file; convert it: …",
            "the key is encrypted; decrypt it: …",
            "the key has a certificate and no private key; pass the private key",
            "the key has no private key in PEM form (-----BEGIN PRIVATE KEY-----)",
            "the private key is damaged; replace it",
            "the private key is not that of the first certificate; pass the key that belongs to it",
            "the system has no trusted certificates; install them (package ca-certificates), or correct SSL_CERT_FILE or \
             SSL_CERT_DIR if one of them is set",
            "SSL_CERT_FILE: cannot use …: …",
            "… damaged and not used",
            "not a regular file",
            "…; correct the path",
        ],
    ),
    (
        "heavy/network/alerts.rs",
        &[
            "the TLS handshake with … failed: …",
            "the server has no certificate for …; …",
            "… supports neither TLS 1.3 nor TLS 1.2 with a modern cipher suite; have that server updated",
            "… refused the TLS handshake: it supports no cipher suite of this client, or requires a client certificate …",
            "… requires a client certificate, and none was sent (…); set client_certificate (in code)",
            "… requires a client certificate, and none was sent; set client_certificate (in code)",
            "… refused the client certificate that was sent (…); set client_certificate to one that it accepts",
        ],
    ),
    (
        "heavy/network/proxy_errors.rs",
        &[
            "not sent: no connection to …: …; check that no firewall blocks it, and the host and port in …",
            "…; if this network requires a proxy, set HTTPS_PROXY (in code: proxy)",
            "…; an entry of … matches …, so the proxy in … is not used; if this host needs the proxy, delete that entry",
            "…, or name that host in NO_PROXY (in code: no_proxy) if it can be reached without a proxy",
            "no connection to the proxy … of …: …",
            "not sent: timed out after … (…) while connecting to …; check that no firewall blocks it",
            "not sent: timed out after … (…) while connecting to …; check that the service is running",
            "… while connecting to the proxy …; check …, and that the proxy is running",
        ],
    ),
    (
        "heavy/network/socks.rs",
        &[
            "it refused the user and password",
            "its rules do not allow this host",
            "the network of the host is unreachable",
            "the host is unreachable",
            "the host refused the connection",
            "the host is too far away",
            "it reports a failure without a reason",
            "it does not support this kind of connection",
        ],
    ),
];

/// Messages that no test causes. They are only compared with the sources.
const NOT_CAUSED: &[&str] = &[
    "user_agent must be printable ASCII",
    "header has an invalid value",
    "TLS is needed: turn on feature rustls or native-tls of genesys-journey",
    "the key is not in PKCS #8 form; convert it: …",
    "the private key is not of the certificate's type",
    "the certificate or its private key is of an unsupported type",
    "the certificate of … is not valid yet; …",
    "the certificate of … has a signature that does not fit the key of its issuer; …",
    "the certificate of … has been revoked; …",
    "the certificate of … is malformed, of an unsupported type, or not for servers; …",
    "the certificate of … was refused: …; have it replaced",
    "… requires a client certificate, and the one that is set does not fit; set client_certificate to one of a type \
     and an issuer that it requests",
    "… closed the connection during the TLS handshake",
    "it requires a user and a password",
    "it accepts no user and password",
    "it does not speak SOCKS 5",
    "the host, the user or the password is longer than 255 bytes",
    "unknown variant …, expected …",
    "expected a value of a metric",
    "token cache …: not removed: …",
    "there is no response to decode",
    "there is no token response",
    "the token was given by the program and cannot be renewed",
];

#[test]
fn the_crate_returns_the_messages_of_the_list() {
    let listed = messages::all();
    let cases: Vec<Case> = [input::cases(), settings::cases(), responses::cases()].into_iter().flatten().collect();
    let mut wrong = Vec::new();
    for (pattern, error) in &cases {
        let section = format!("{:?}", error.kind());
        // The first table is about the parts of all lines.
        let is_of_kind = |message: &&Message| [&section, ""].contains(&message.section);
        let message = listed.iter().filter(is_of_kind).find(|message| message.pattern == *pattern);
        if !message.is_some_and(|message| message.is_in(&error.to_string())) {
            wrong.push(format!("{section}: {pattern:?} is not the message of: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let caused: BTreeSet<&str> = cases.iter().map(|(pattern, _)| *pattern).collect();
    for (file, _) in ELSEWHERE {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file).exists(), "{file}");
    }
    let elsewhere = ELSEWHERE.iter().flat_map(|(_, patterns)| patterns.iter()).chain(NOT_CAUSED);
    let elsewhere: BTreeSet<&str> = elsewhere.copied().collect();
    let listed: BTreeSet<&str> = listed.iter().map(|message| message.pattern).collect();
    let unclear: Vec<&&str> = listed.iter().filter(|it| caused.contains(**it) == elsewhere.contains(**it)).collect();
    assert!(unclear.is_empty(), "either a case or an entry in ELSEWHERE is needed for each of {unclear:#?}");
    assert!(elsewhere.is_subset(&listed), "not listed: {:?}", elsewhere.difference(&listed));
}
