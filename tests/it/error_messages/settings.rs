//! The messages about settings, regions, proxies and certificates. Nothing is sent.

use std::time::Duration;

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{ConfigBuilder, Error, Region};
use genesys_listener::calls::*;

use super::Case;

pub fn cases() -> Vec<Case> {
    [limits(), credentials(), urls(), proxies(), certificates()].into_iter().flatten().collect()
}

fn builder() -> ConfigBuilder {
    settings("http://127.0.0.1:1")
}

fn error_of(builder: ConfigBuilder) -> Error {
    builder.token(TOKEN).unwrap_err()
}

fn limits() -> Vec<Case> {
    let read_only = builder().read_only().token(TOKEN).unwrap();
    let header = |name: &str, value: &str| error_of(builder().header(name, value));
    vec![
        ("… is …; it must be above zero and at most … s", error_of(builder().attempt_timeout(Duration::ZERO))),
        ("… is …; it must be from … to …", error_of(builder().max_attempts(21))),
        ("… is 0; it must be at least 1", error_of(builder().max_response_bytes(0))),
        ("user_agent is …; it must be 1 to 200 characters of printable ASCII", error_of(builder().user_agent("ü"))),
        (
            "read_only is set; a … that may change data is not sent",
            segments::create(&read_only, &NewSegment::new("VIP")).unwrap_err(),
        ),
        ("header … is not the name of a header", header("a name", "value")),
        ("header … is set by the crate itself", header("Authorization", "value")),
        ("header … has a value of more than … bytes", header("X-Key", &"x".repeat(9_000))),
        (
            "header … has a value that cannot be sent; expected printable ASCII without white space at the ends",
            header("X-Key", " value"),
        ),
        #[cfg(not(feature = "native-tls"))]
        ("tls needs feature … of genesys-journey", error_of(builder().tls(genesys_journey::Tls::Native))),
    ]
}

fn credentials() -> Vec<Case> {
    let anonymous = builder().anonymous().unwrap();
    let sign_in = |grant: Grant| builder().sign_in(grant).unwrap_err();
    let cached =
        |path: &str| builder().token_cache(path).sign_in(Grant::client_credentials("id", "secret")).unwrap_err();
    vec![
        (
            "token must be a non-empty text of printable ASCII characters without spaces",
            builder().token("a token").unwrap_err(),
        ),
        (
            "token is needed for this call, and the configuration is anonymous; build it with token or sign_in",
            Op::Get.call(&anonymous).unwrap_err(),
        ),
        ("… must not be empty or contain control characters", sign_in(Grant::client_credentials("id\n", "secret"))),
        ("client_id must not contain a colon", sign_in(Grant::client_credentials("a:b", "secret"))),
        (
            "code_verifier must have 43 to 128 characters",
            sign_in(Grant::authorization_code_pkce("id", "http://localhost", "code", "short")),
        ),
        (
            "token_cache is for the client credentials grant only",
            builder().token_cache("token.json").sign_in(Grant::refresh_token("id", "secret", "token")).unwrap_err(),
        ),
        ("token_cache cannot be …: …", cached("folder/")),
        ("the path does not end in a file name", cached("folder/")),
        ("it is not a regular file", cached(env!("CARGO_MANIFEST_DIR"))),
        ("… has no effect without a sign-in; remove it, or use sign_in", error_of(builder().token_cache("token.json"))),
    ]
}

fn urls() -> Vec<Case> {
    let region = |text: &str| text.parse::<Region>().unwrap_err();
    let custom = |url: &str| Region::custom(url, url).unwrap_err();
    let long = format!("https://example.com/{}", "x".repeat(5_000));
    vec![
        ("… is not known; expected one of …, or the URL of a gateway", region("eu_west_9")),
        (
            "… is not a URL; it must start with https:// and a host, and have no spaces (it is …)",
            custom("https://exa mple.com"),
        ),
        ("… is not a URL; it must start with https:// and a host, and have no spaces (it is …)", custom("example.com")),
        ("… must be https; plain http is accepted for loopback hosts only", custom("http://example.com")),
        ("… must not carry a user or a password", custom("https://user@example.com")),
        ("… must not have a query or a fragment", custom("https://example.com?a=b")),
        ("… has a path of more than … bytes", custom(&long)),
        ("… has a port that is not a number from 1 to 65535", custom("https://example.com:65536")),
    ]
}

fn proxies() -> Vec<Case> {
    let proxy = |url: &str| error_of(builder().proxy(url));
    vec![
        (
            "… is not a proxy URL (expected http://host:port or http://user:password@host:port); percent-encode special \
             characters of the user and the password, for example @ as %40 and # as %23",
            proxy("http://user:pass#word@proxy:3128"),
        ),
        ("… is not a proxy URL: it has no host", proxy("http://:3128")),
        ("… has a port that is not a number from 1 to 65535", proxy("http://proxy:99999")),
        ("… must be an http, https, socks5 or socks5h proxy", proxy("socks4://proxy:1080")),
        #[cfg(not(feature = "socks-proxy"))]
        ("… is a SOCKS proxy, and this program is built without support for SOCKS; …", proxy("socks5://proxy:1080")),
    ]
}

fn certificates() -> Vec<Case> {
    let roots = |pem: &[u8]| error_of(builder().extra_roots(pem));
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    let (certificate, key) = (block("CERTIFICATE"), block("PRIVATE KEY"));
    vec![
        ("… cannot be used: …", roots(b"nothing")),
        ("it has no certificate in PEM form (-----BEGIN CERTIFICATE-----); pass a PEM file", roots(b"nothing")),
        (
            "it has a block BEGIN TRUSTED CERTIFICATE, a form that only OpenSSL reads; convert it: …",
            roots(block("TRUSTED CERTIFICATE").as_bytes()),
        ),
        ("it is a PKCS #12 file; convert it: …", roots(&[0x30, 0x82, 1, 1, 2, 1, 3, 0])),
        ("it is in DER form; convert it: …", roots(&[0x30, 0x82, 1, 1, 0x30])),
        ("it has a private key and no certificate; pass the certificate", roots(key.as_bytes())),
        ("certificate … of … is damaged and cannot be decoded; remove or replace it", roots(certificate.as_bytes())),
        (
            "the chain and the key are swapped; …",
            error_of(builder().client_certificate(key.clone(), certificate.clone())),
        ),
    ]
}
