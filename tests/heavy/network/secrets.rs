//! Log lines of a connection under TLS contain no secret, even at the trace level of rustls.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_journey::auth::Grant;
use genesys_journey::segments::{self, NewSegment};
use genesys_listener::log_lines::is_free_of_secrets;

use super::at;
use super::tls::{Ca, Server};

const CLIENT_SECRET: &str = "a-secret-of-the-client";
const GATEWAY_KEY: &str = "a-key-of-the-gateway";
/// The server of these tests returns it.
const TOKEN: &str = "Bearer token";

/// A logger that counts lines and keeps those with a secret, from all tests of this process.
struct Log {
    traced: AtomicUsize,
    key: Mutex<String>,
    leaks: Mutex<Vec<String>>,
}

static LOG: Log = Log { traced: AtomicUsize::new(0), key: Mutex::new(String::new()), leaks: Mutex::new(Vec::new()) };

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        is_free_of_secrets(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        self.traced.fetch_add(usize::from(line.starts_with("TRACE rustls")), Ordering::SeqCst);
        if is_leak(&line, &self.key.lock().unwrap()) {
            self.leaks.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

fn is_leak(text: &str, key: &str) -> bool {
    [CLIENT_SECRET, GATEWAY_KEY, TOKEN].into_iter().chain(key.lines().nth(1)).any(|secret| text.contains(secret))
}

#[test]
fn no_secret_is_in_a_trace_of_tls() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let (chain, key) = clients.issue("client", false).pem();
    LOG.key.lock().unwrap().clone_from(&key);
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let server = Server::start(ca.issue("localhost", false), Some(&clients));
    let settings = at(&format!("https://localhost:{}", server.port))
        .client_certificate(chain, key.clone())
        .header("X-Gateway-Key", GATEWAY_KEY);
    let grant = || Grant::client_credentials("the-client", CLIENT_SECRET);
    let refused = settings.clone().sign_in(grant()).unwrap_err();
    let config = settings.clone().extra_roots(ca.pem()).sign_in(grant()).unwrap();
    segments::list(&config, &Default::default()).unwrap();
    let undecodable = segments::create(&config, &NewSegment::new("VIP")).err();
    log::set_max_level(log::LevelFilter::Off);
    assert!(LOG.traced.load(Ordering::SeqCst) > 10, "rustls traced nothing");
    assert_eq!(*LOG.leaks.lock().unwrap(), Vec::<String>::new());
    assert!(!is_leak(&format!("{settings:?} {config:?} {refused} {undecodable:?}"), &key));
}
