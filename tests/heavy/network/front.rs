//! TLS before a listener: its scripted responses are sent over TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection};
use socket2::SockRef;

use super::tls::Ca;
use genesys_listener::Listener;

/// Whether TLS ends with a `close_notify` alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseNotify {
    /// The alert is sent before the connection is closed, as TLS requires.
    Sent,
    /// The connection is closed without the alert, as many servers do.
    Omitted,
}

pub struct Front {
    pub port: u16,
    handshakes: Arc<AtomicU64>,
    client_certificates: Arc<AtomicU64>,
}

impl Front {
    /// Starts a TLS server before this listener, with this certificate and its key.
    pub fn of(listener: &Listener, identity: (String, String), close_notify: CloseNotify) -> Front {
        Front::before(listener.address(), identity, close_notify, &Ca::new())
    }

    /// Starts a TLS server before this address. It requests a client certificate of `clients`, which is optional.
    pub fn before(
        behind: SocketAddr,
        (chain, key): (String, String),
        close_notify: CloseNotify,
        clients: &Ca,
    ) -> Front {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients.roots()), provider.clone());
        let verifier = verifier.allow_unauthenticated().build().unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(builder.with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap());
        let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = accepting.local_addr().unwrap().port();
        let (handshakes, client_certificates) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counters = (handshakes.clone(), client_certificates.clone());
        // This thread ends with the process.
        std::thread::spawn(move || {
            for client in accepting.incoming().map_while(Result::ok) {
                let tls = ServerConnection::new(config.clone()).unwrap();
                let counters = counters.clone();
                // An error means that one side closed the connection.
                std::thread::spawn(move || drop(relay(tls, client, behind, (&counters.0, &counters.1), close_notify)));
            }
        });
        Front { port, handshakes, client_certificates }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Returns the number of completed handshakes.
    pub fn handshakes(&self) -> u64 {
        self.handshakes.load(Ordering::SeqCst)
    }

    /// Returns the number of handshakes with a client certificate.
    pub fn client_certificates(&self) -> u64 {
        self.client_certificates.load(Ordering::SeqCst)
    }
}

/// Relays bytes in both directions until one side closes the connection.
fn relay(
    mut tls: ServerConnection,
    mut client: TcpStream,
    behind: SocketAddr,
    (handshakes, client_certificates): (&AtomicU64, &AtomicU64),
    close_notify: CloseNotify,
) -> io::Result<()> {
    tls.complete_io(&mut client)?;
    handshakes.fetch_add(1, Ordering::SeqCst);
    client_certificates.fetch_add(tls.peer_certificates().is_some().into(), Ordering::SeqCst);
    let mut service = TcpStream::connect(behind)?;
    client.set_nodelay(true)?;
    service.set_nodelay(true)?;
    // Both sides are read in turn.
    client.set_read_timeout(Some(Duration::from_millis(1)))?;
    service.set_read_timeout(Some(Duration::from_millis(1)))?;
    let mut buffer = [0; 16 * 1024];
    let mut service_reads = true;
    loop {
        // The end of the handshake may have brought some bytes.
        while let Some(n) = received(tls.reader().read(&mut buffer))?.filter(|n| *n > 0) {
            // It may have sent a response before it closed the connection.
            service_reads = service_reads && service.write_all(&buffer[..n]).is_ok();
        }
        match received(tls.read_tls(&mut client))? {
            Some(0) => return Ok(()),
            Some(_) => {
                tls.process_new_packets().map_err(io::Error::other)?;
            }
            None => {}
        }
        match service.read(&mut buffer) {
            Ok(0) => {
                if close_notify == CloseNotify::Sent {
                    tls.send_close_notify();
                }
                while tls.wants_write() {
                    tls.write_tls(&mut client)?;
                }
                return Ok(());
            }
            Ok(n) => tls.writer().write_all(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return SockRef::from(&client).set_linger(Some(Duration::ZERO));
            }
            nothing => drop(received(nothing)?),
        }
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
    }
}

/// Returns the number of bytes read, or `None` if there are none yet.
fn received(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        other => other.map(Some),
    }
}
