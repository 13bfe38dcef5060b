//! Company networks: TLS with private authorities, client certificates, proxies and gateways, on loopback with real
//! connections.
#![cfg(any(feature = "rustls", feature = "native-tls"))]

mod alerts;
mod client_certificates;
mod crossed;
mod faults;
mod front;
#[cfg(feature = "rustls")]
mod provider;
mod proxy;
mod proxy_errors;
#[cfg(feature = "rustls")]
mod secrets;
#[cfg(feature = "socks-proxy")]
mod socks;
mod through_proxy;
mod tls;
mod trust;

use std::process::Command;
use std::time::{Duration, Instant};

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, Result};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};
use proxy::Proxy;
use tls::{Ca, Server};

fn at(url: &str) -> ConfigBuilder {
    Config::builder(Region::custom(url, url).unwrap())
        .initial_backoff(Duration::from_millis(1))
        .attempt_timeout(Duration::from_secs(5))
        .call_timeout(Duration::from_secs(10))
}

fn list(builder: ConfigBuilder) -> Result<()> {
    segments::list(&builder.token("token")?, &Default::default()).map(drop)
}

/// Checks that the certificate was not trusted, after one attempt with a known outcome.
fn assert_not_trusted(error: &Error, words: &str) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
    assert!(!error.outcome_unknown());
    assert!(error.to_string().to_lowercase().contains(words), "{words:?} is not in {error}");
}

#[test]
fn only_certificates_of_added_authorities_are_accepted() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let url = format!("https://localhost:{}", server.port);
    assert_not_trusted(&list(at(&url)).unwrap_err(), "certificate");
    assert_eq!(server.requests(), 0);
    assert_not_trusted(&list(at(&url).extra_roots(Ca::new().pem())).unwrap_err(), "certificate");
    list(at(&url).extra_roots(ca.pem())).unwrap();
    let both = format!("{}{}", Ca::new().pem(), ca.pem());
    list(at(&url).extra_roots(both)).unwrap();
    assert_eq!(server.requests(), 2);
}

#[test]
fn an_untrusted_write_is_known_not_to_be_sent() {
    let server = Server::start(Ca::new().issue("localhost", false), None);
    let config = at(&format!("https://localhost:{}", server.port)).token("token").unwrap();
    assert_not_trusted(&segments::create(&config, &NewSegment::new("VIP")).unwrap_err(), "certificate");
    assert_eq!(server.requests(), 0);
}

#[test]
fn expired_certificates_and_other_hosts_are_refused() {
    let ca = Ca::new();
    let other = Server::start(ca.issue("example.com", false), None);
    let error = list(at(&format!("https://localhost:{}", other.port)).extra_roots(ca.pem())).unwrap_err();
    assert_not_trusted(&error, "not valid for localhost");
    let expired = Server::start(ca.issue("localhost", true), None);
    let error = list(at(&format!("https://localhost:{}", expired.port)).extra_roots(ca.pem())).unwrap_err();
    assert_not_trusted(&error, "expired");
}

#[test]
fn a_client_certificate_is_sent_on_demand() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let server = Server::start(ca.issue("localhost", false), Some(&clients));
    let url = format!("https://localhost:{}", server.port);
    let without = list(at(&url).extra_roots(ca.pem())).unwrap_err();
    assert_eq!(without.kind(), ErrorKind::Transport, "{without}");
    let (chain, key) = clients.issue("client", false).pem();
    list(at(&url).extra_roots(ca.pem()).client_certificate(chain, key)).unwrap();
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_key_of_another_certificate_is_refused_at_build() {
    let ca = Ca::new();
    let ((chain, _), (_, key)) = (ca.issue("a", false).pem(), ca.issue("b", false).pem());
    let error = at("https://localhost:1").client_certificate(chain, key).token("token").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("client_certificate"), "{error}");
}

#[test]
fn a_silent_handshake_is_a_timeout_with_a_known_outcome() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let builder = at(&format!("https://127.0.0.1:{}", silent.local_addr().unwrap().port()));
    let config = builder.connect_timeout(Duration::from_millis(100)).max_attempts(2).token("token").unwrap();
    let start = Instant::now();
    let error = segments::create(&config, &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Timeout, 2, false), "{error}");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn signing_in_uses_the_same_tls_settings() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let builder = at(&format!("https://localhost:{}", server.port));
    let error = builder.clone().sign_in(Grant::client_credentials("id", "secret")).unwrap_err();
    assert_not_trusted(&error, "certificate");
    assert!(error.during_sign_in() && !error.is_transient(), "{error}");
    builder.extra_roots(ca.pem()).sign_in(Grant::client_credentials("id", "secret")).unwrap();
    assert_eq!(server.requests(), 1);
}

#[test]
fn only_the_proxy_receives_its_password() {
    let (service, proxy) = (StandIn::start(), Proxy::start(200));
    let url = service.url();
    let builder = at(&url).proxy(format!("http://user:pass-word@127.0.0.1:{}", proxy.port));
    let config = builder.sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap();
    segments::list(&config, &Default::default()).unwrap();
    // All calls share one tunnel.
    segments::create(&config, &NewSegment::new("VIP")).unwrap();
    let host = url.strip_prefix("http://").unwrap();
    let seen = proxy.seen();
    assert!(
        seen.len() == 1 && seen.iter().all(|head| head.starts_with(&format!("CONNECT {host} HTTP/1.1"))),
        "{seen:?}"
    );
    assert!(seen[0].contains("Proxy-Authorization: Basic dXNlcjpwYXNzLXdvcmQ="), "{}", seen[0]);
    assert!(!format!("{config:?}").contains("pass-word"));
    assert!(service.requests().iter().all(|seen| seen.header("proxy-authorization").is_none()));
}

#[test]
fn tls_works_through_a_proxy() {
    let (ca, proxy) = (Ca::new(), Proxy::start(200));
    let server = Server::start(ca.issue("localhost", false), None);
    let builder = at(&format!("https://localhost:{}", server.port)).extra_roots(ca.pem());
    list(builder.proxy(format!("http://127.0.0.1:{}", proxy.port))).unwrap();
    assert_eq!((server.requests(), proxy.seen().len()), (1, 1));
}

#[test]
fn a_refusal_of_the_proxy_is_a_transport_error() {
    let (service, proxy) = (StandIn::start(), Proxy::start(407));
    let config = at(&service.url()).proxy(format!("http://127.0.0.1:{}", proxy.port)).token("token").unwrap();
    let error = segments::create(&config, &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, false), "{error}");
    assert!(error.to_string().contains("407"), "{error}");
    assert!(service.requests().is_empty());
}

/// In the child process: makes one call with the proxy settings of the environment.
#[test]
fn child() {
    let Ok(url) = std::env::var("CHILD_URL") else { return };
    let roots = std::env::var("CHILD_ROOTS").ok().filter(|roots| !roots.is_empty());
    let builder = at(&url).max_attempts(1);
    let builder = roots.into_iter().fold(builder, ConfigBuilder::extra_roots);
    list(match std::env::var("CHILD_PROXY") {
        Ok(proxy) => builder.proxy(proxy),
        Err(_) if std::env::var("CHILD_NO_PROXY").is_ok() => builder.no_proxy(),
        Err(_) => builder,
    })
    .unwrap();
}

/// The authorities of the system are those in `SSL_CERT_FILE`, as for OpenSSL.
#[cfg(all(target_os = "linux", any(feature = "platform-verifier", not(feature = "rustls"))))]
#[test]
fn only_authorities_of_the_system_are_trusted() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let url = format!("https://localhost:{}", server.port);
    let file = std::env::temp_dir().join(format!("genesys-journey-roots-{}.pem", std::process::id()));
    for (trusted, expected) in [(&ca, true), (&Ca::new(), false)] {
        std::fs::write(&file, trusted.pem()).unwrap();
        let mut child = child_process();
        child.env("CHILD_URL", &url).env("CHILD_ROOTS", "").env("SSL_CERT_FILE", &file);
        assert_eq!(child.env("SSL_CERT_DIR", "/nowhere").output().unwrap().status.success(), expected);
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(server.requests(), 1);
}

/// Returns whether a call of a process in this environment succeeds.
fn succeeds(url: &str, roots: &str, proxies: &[(&str, &Proxy)], no_proxy: &str) -> bool {
    succeeds_with(url, roots, proxies, &[("NO_PROXY", no_proxy)])
}

fn succeeds_with(url: &str, roots: &str, proxies: &[(&str, &Proxy)], variables: &[(&str, &str)]) -> bool {
    let mut child = child_process();
    child.env("CHILD_URL", url).env("CHILD_ROOTS", roots).envs(variables.iter().copied());
    child.envs(proxies.iter().map(|(variable, proxy)| (variable, format!("http://127.0.0.1:{}", proxy.port))));
    child.output().unwrap().status.success()
}

/// Returns the test [`child`] as a separate process.
fn child_process() -> Command {
    process("child")
}

/// Returns a test as a separate process in an environment without proxies and certificates.
fn process(test: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        child.env_remove(name).env_remove(name.to_lowercase());
    }
    child.env_remove("SSL_CERT_FILE").args([test, "--exact", "--nocapture"]);
    child
}

#[test]
fn no_proxy_excludes_hosts_from_the_proxy() {
    let ca = Ca::new();
    // Only the proxy can resolve this name.
    let server = Server::start(ca.issue("api.gateway.invalid", false), None);
    let url = format!("https://api.gateway.invalid:{}", server.port);
    let port = format!("gateway.invalid:{}", server.port);
    for (variable, no_proxy, by_proxy) in [
        ("HTTPS_PROXY", "", true),
        ("https_proxy", "example.com", true),
        ("ALL_PROXY", "gateway.invalid:1", true),
        ("all_proxy", "", true),
        ("HTTP_PROXY", "", false),
        ("HTTPS_PROXY", "localhost, api.gateway.invalid", false),
        ("HTTPS_PROXY", ".gateway.invalid", false),
        ("HTTPS_PROXY", port.as_str(), false),
        ("ALL_PROXY", "*", false),
    ] {
        let proxy = Proxy::start(200);
        let succeeds = succeeds(&url, &ca.pem(), &[(variable, &proxy)], no_proxy);
        assert_eq!((succeeds, proxy.seen().len()), (by_proxy, by_proxy.into()), "{variable}, NO_PROXY={no_proxy}");
    }
}

#[test]
fn the_first_of_several_proxies_is_used() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("gateway.invalid", false), None);
    let url = format!("https://gateway.invalid:{}", server.port);
    let in_this_order = ["CHILD_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    for first in 0..in_this_order.len() {
        let proxies = in_this_order.map(|variable| (variable, Proxy::start(200)));
        let named: Vec<(&str, &Proxy)> = proxies[first..].iter().map(|(variable, proxy)| (*variable, proxy)).collect();
        // The variable does not apply to the proxy of the configuration.
        let no_proxy = if first == 0 { "gateway.invalid" } else { "" };
        assert!(succeeds(&url, &ca.pem(), &named, no_proxy), "from number {first} on");
        let seen: Vec<usize> = proxies.iter().map(|(_, proxy)| proxy.seen().len()).collect();
        let expected: Vec<usize> = (0..proxies.len()).map(|n| usize::from(n == first)).collect();
        assert_eq!(seen, expected, "of {in_this_order:?} from number {first} on");
    }
}

#[test]
fn no_proxy_overrides_the_environment() {
    let (ca, proxy) = (Ca::new(), Proxy::start(200));
    let server = Server::start(ca.issue("gateway.invalid", false), None);
    let url = format!("https://gateway.invalid:{}", server.port);
    let succeeds = succeeds_with(&url, &ca.pem(), &[("HTTPS_PROXY", &proxy)], &[("CHILD_NO_PROXY", "1")]);
    assert_eq!((succeeds, proxy.seen().len()), (false, 0));
}

#[test]
fn loopback_hosts_bypass_the_proxy_of_the_environment() {
    let (ca, proxy) = (Ca::new(), Proxy::start(200));
    let server = Server::start(ca.issue("localhost", false), None);
    assert!(succeeds(&format!("https://localhost:{}", server.port), &ca.pem(), &[("HTTPS_PROXY", &proxy)], ""));
    assert_eq!((server.requests(), proxy.seen().len()), (1, 0));
}

#[test]
fn gateways_have_separate_prefixes_for_api_and_sign_in() {
    let service = StandIn::start();
    let region =
        Region::custom(&format!("{}/api-gateway", service.url()), &format!("{}/login-gateway/", service.url()));
    let builder = Config::builder(region.unwrap());
    // The stand-in does not have these paths. The test checks only the paths of the requests.
    builder.clone().sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap_err();
    assert_eq!(service.last_request().raw_path, "/login-gateway/oauth/token");
    segments::get(&builder.token("token").unwrap(), "7").unwrap_err();
    assert_eq!(service.last_request().raw_path, "/api-gateway/api/v2/journey/segments/7");
}

#[test]
fn a_gateway_header_is_in_every_request_except_connect() {
    let (service, proxy) = (StandIn::start(), Proxy::start(200));
    let builder = at(&service.url()).header("X-Api-Key", "a-gateway-key").header("X-Stage", "test");
    let builder = builder.proxy(format!("http://127.0.0.1:{}", proxy.port));
    let config = builder.sign_in(Grant::client_credentials(CLIENT_ID, CLIENT_SECRET)).unwrap();
    segments::create(&config, &NewSegment::new("VIP")).unwrap();
    assert_eq!(service.request_count(), 2);
    for request in service.requests() {
        assert_eq!(request.header("x-api-key"), Some("a-gateway-key"), "{request:?}");
        assert_eq!(request.header("x-stage"), Some("test"), "{request:?}");
    }
    assert!(!proxy.seen()[0].to_lowercase().contains("x-api-key"), "{:?}", proxy.seen());
    assert!(!format!("{config:?}").contains("a-gateway-key"));
}

#[test]
fn an_invalid_header_is_refused_without_showing_its_value() {
    for (name, value) in [
        ("Host", "secret-value"),
        ("authorization", "secret-value"),
        ("X Key", "secret-value"),
        ("X-Key", "secret-value\r\nX-Other: a"),
        ("X-Key", " secret-value"),
        ("X-Key", ""),
    ] {
        let error = at("http://127.0.0.1:1").header(name, value).token("token").unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("header")), "{error}");
        assert!(error.to_string().contains(name) && !error.to_string().contains("secret-value"), "{error}");
    }
}
