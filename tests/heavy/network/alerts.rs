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

use super::tls::{Ca, Server};
use genesys_listener::calls::*;

const HANDSHAKE_FAILURE: u8 = 40;
const BAD_CERTIFICATE: u8 = 42;
const ACCESS_DENIED: u8 = 49;
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

/// Makes a write that meets the alert. Returns whether its outcome is known.
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
fn a_refused_client_certificate_under_tls_1_3_is_known() {
    assert!(is_known(&TLS13, BAD_CERTIFICATE, 0));
}

#[test]
fn an_alert_under_tls_1_2_leaves_writes_unknown() {
    for alert in [BAD_CERTIFICATE, HANDSHAKE_FAILURE, INTERNAL_ERROR] {
        assert!(!is_known(&TLS12, alert, 0), "{alert}");
    }
}

#[test]
fn another_alert_under_tls_1_3_leaves_writes_unknown() {
    for alert in [HANDSHAKE_FAILURE, ACCESS_DENIED, INTERNAL_ERROR] {
        assert!(!is_known(&TLS13, alert, 0), "{alert}");
    }
}

/// The TLS library of the system does not report session tickets.
#[test]
#[cfg(feature = "rustls")]
fn a_refusal_after_a_session_ticket_leaves_writes_unknown() {
    assert!(!is_known(&TLS13, BAD_CERTIFICATE, 2));
}

/// Returns the error of a write to a server that sends these bytes instead of a handshake.
fn error_of_handshake(bytes: &'static [u8], client: Option<(String, String)>) -> genesys_journey::Error {
    let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = accepting.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in accepting.incoming().map_while(Result::ok) {
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(bytes);
            while client.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {}
        }
    });
    let settings = settings(&format!("https://localhost:{port}")).call_timeout(LONG_TIMEOUT).max_attempts(2);
    let settings = settings.attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT);
    let settings = client.into_iter().fold(settings, |settings, (chain, key)| settings.client_certificate(chain, key));
    Op::Create.call(&settings.token(TOKEN).unwrap()).unwrap_err()
}

#[test]
fn a_failed_handshake_is_retried_unless_its_cause_is_lasting() {
    // A fatal alert: 21, the version, the length of 2, the level and the alert.
    let cases: [(&[u8], u32, &str); 7] = [
        (&[21, 3, 3, 0, 2, 2, INTERNAL_ERROR], 2, "the TLS handshake with localhost failed: "),
        // Decode error, and a handshake message of no known type.
        (&[21, 3, 3, 0, 2, 2, 50], 2, "the TLS handshake with localhost failed: "),
        (&[22, 3, 3, 0, 5, 99, 0, 0, 1, 0], 2, "the TLS handshake with localhost failed: "),
        (&[21, 3, 3, 0, 2, 2, HANDSHAKE_FAILURE], 1, "localhost refused the TLS handshake"),
        (&[21, 3, 3, 0, 2, 2, BAD_CERTIFICATE], 1, "localhost requires a client certificate, and none was sent"),
        (&[21, 3, 3, 0, 2, 2, 70], 1, "localhost supports neither TLS 1.3 nor TLS 1.2"),
        (&[21, 3, 3, 0, 2, 2, 112], 1, "the server has no certificate for localhost"),
    ];
    for (bytes, attempts, words) in cases {
        let error = error_of_handshake(bytes, None);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, attempts), "{bytes:?}: {error}");
        assert_eq!((error.is_transient(), error.outcome_unknown()), (attempts == 2, false), "{bytes:?}: {error}");
        assert!(error.to_string().contains(&format!("not sent: {words}")), "{bytes:?}: {error}");
    }
    let client = Ca::new().issue("client", false).pem();
    let error = error_of_handshake(&[21, 3, 3, 0, 2, 2, BAD_CERTIFICATE], Some(client));
    assert_eq!(error.attempts(), 1, "{error}");
    assert!(error.to_string().contains("localhost refused the client certificate that was sent"), "{error}");
}

#[test]
fn an_unusual_certificate_is_final() {
    let ca = Ca::new();
    let server = Server::start(ca.issue_for_clients("localhost"), None);
    let settings = settings(&format!("https://localhost:{}", server.port)).extra_roots(ca.pem());
    let error = Op::Create.call(&settings.call_timeout(LONG_TIMEOUT).token(TOKEN).unwrap()).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
    assert!(!error.is_transient() && error.to_string().contains("the certificate of localhost "), "{error}");
}
