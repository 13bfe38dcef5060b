//! Alerts after a completed handshake: only a refusal of the client certificate proves that nothing was processed.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use genesys_journey::ErrorKind;
use rustls::crypto::cipher::{OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConfig, ServerConnection, SupportedCipherSuite,
    SupportedProtocolVersion,
};

use super::tls::Ca;
use genesys_listener::calls::*;

const HANDSHAKE_FAILURE: u8 = 40;
const BAD_CERTIFICATE: u8 = 42;
const INTERNAL_ERROR: u8 = 80;

/// Starts a TLS server that reads the start of each request, and ends the connection with a fatal alert.
fn serve(ca: &Ca, version: &'static SupportedProtocolVersion, alert: u8, tickets: usize) -> u16 {
    let (chain, key) = ca.issue("localhost", false).pem();
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.retain(|suite| format!("{suite:?}").contains("CHACHA20"));
    let builder = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(&[version]).unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.enable_secret_extraction = true;
    config.send_tls13_tickets = tickets;
    let config = Arc::new(config);
    let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = accepting.local_addr().unwrap().port();
    // Ends with the process: it waits for connections that no longer come.
    std::thread::spawn(move || {
        for client in accepting.incoming().map_while(Result::ok) {
            let tls = ServerConnection::new(config.clone()).unwrap();
            std::thread::spawn(move || respond(tls, client, alert).unwrap_or_else(|error| eprintln!("{error}")));
        }
    });
    port
}

fn respond(mut tls: ServerConnection, mut client: TcpStream, alert: u8) -> io::Result<()> {
    tls.complete_io(&mut client)?;
    // The client sends the request as one record, and then waits for the response.
    while tls.process_new_packets().unwrap().plaintext_bytes_to_read() == 0 {
        tls.read_tls(&mut client)?;
    }
    client.write_all(&encrypted(tls, alert))?;
    // Until the client closes the connection: a close with unread bytes would be a reset.
    client.shutdown(std::net::Shutdown::Write)?;
    while client.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {}
    Ok(())
}

/// Returns the record of a fatal alert.
fn encrypted(tls: ServerConnection, alert: u8) -> Vec<u8> {
    let suite = tls.negotiated_cipher_suite().unwrap();
    let (sequence, secrets) = tls.dangerous_extract_secrets().unwrap().tx;
    let ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } = secrets else { panic!("another cipher suite") };
    let mut encrypter = match suite {
        SupportedCipherSuite::Tls12(suite) => suite.aead_alg.encrypter(key, iv.as_ref(), &[]),
        SupportedCipherSuite::Tls13(suite) => suite.aead_alg.encrypter(key, iv),
    };
    let payload = OutboundChunks::Single(&[2, alert]);
    let message = OutboundPlainMessage { typ: ContentType::Alert, version: ProtocolVersion::TLSv1_2, payload };
    encrypter.encrypt(message, sequence).unwrap().encode()
}

/// A write that meets the alert. Returns whether its outcome is known.
fn is_known(version: &'static SupportedProtocolVersion, alert: u8, tickets: usize) -> bool {
    let ca = Ca::new();
    let port = serve(&ca, version, alert, tickets);
    let settings = settings(&format!("https://localhost:{port}")).extra_roots(ca.pem()).call_timeout(LONG_TIMEOUT);
    let config = settings.attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT).token(TOKEN).unwrap();
    let error = Op::Create.call(&config).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
    !error.outcome_unknown()
}

#[test]
fn a_refusal_of_the_client_certificate_under_tls_1_3_is_known() {
    assert!(is_known(&TLS13, BAD_CERTIFICATE, 0));
}

#[test]
fn an_alert_after_a_handshake_of_tls_1_2_leaves_writes_unknown() {
    for alert in [BAD_CERTIFICATE, HANDSHAKE_FAILURE, INTERNAL_ERROR] {
        assert!(!is_known(&TLS12, alert, 0), "{alert}");
    }
}

#[test]
fn another_alert_under_tls_1_3_leaves_writes_unknown() {
    for alert in [HANDSHAKE_FAILURE, INTERNAL_ERROR] {
        assert!(!is_known(&TLS13, alert, 0), "{alert}");
    }
}

/// The library of the system does not show tickets.
#[test]
#[cfg(feature = "rustls")]
fn a_refusal_after_a_session_ticket_leaves_writes_unknown() {
    assert!(!is_known(&TLS13, BAD_CERTIFICATE, 2));
}
