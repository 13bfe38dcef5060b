//! The provider of cryptography that a program may set for its whole process.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

use super::tls::{Ca, Server};
use super::{at, list};

#[test]
fn the_process_wide_provider_is_neither_set_nor_used() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let list = || list(at(&format!("https://localhost:{}", server.port)).extra_roots(ca.pem()));
    list().unwrap();
    assert!(CryptoProvider::get_default().is_none());
    // With this one no handshake can succeed.
    CryptoProvider { cipher_suites: Vec::new(), ..ring::default_provider() }.install_default().unwrap();
    list().unwrap();
    let default: &Arc<CryptoProvider> = CryptoProvider::get_default().unwrap();
    assert!(default.cipher_suites.is_empty());
    assert_eq!(server.requests(), 2);
}
