//! TLS before a listener: its scripted responses are sent over TLS.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use socket2::SockRef;

use genesys_listener::Listener;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// As TLS wants it, before the connection is closed.
    Said,
    /// The connection is closed without a word, as many servers do.
    Unsaid,
}

pub struct Front {
    port: u16,
    handshakes: Arc<AtomicU64>,
}

impl Front {
    /// Before this listener, with this certificate and its key.
    pub fn of(listener: &Listener, (chain, key): (String, String), goodbye: Goodbye) -> Front {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = accepting.local_addr().unwrap().port();
        let handshakes = Arc::new(AtomicU64::new(0));
        let (behind, counter) = (listener.address(), handshakes.clone());
        // Ends with the process: it waits for connections that no longer come.
        std::thread::spawn(move || {
            for client in accepting.incoming().map_while(Result::ok) {
                let tls = ServerConnection::new(config.clone()).unwrap();
                let counter = counter.clone();
                // That either side leaves is no error.
                std::thread::spawn(move || drop(relay(tls, client, behind, &counter, goodbye)));
            }
        });
        Front { port, handshakes }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// How many have come to their end.
    pub fn handshakes(&self) -> u64 {
        self.handshakes.load(Ordering::SeqCst)
    }
}

/// Passes on what comes from either side until one of them leaves.
fn relay(
    mut tls: ServerConnection,
    mut client: TcpStream,
    behind: SocketAddr,
    handshakes: &AtomicU64,
    goodbye: Goodbye,
) -> io::Result<()> {
    tls.complete_io(&mut client)?;
    handshakes.fetch_add(1, Ordering::SeqCst);
    let mut service = TcpStream::connect(behind)?;
    client.set_nodelay(true)?;
    service.set_nodelay(true)?;
    // Each is listened to for a moment in turn.
    client.set_read_timeout(Some(Duration::from_millis(1)))?;
    service.set_read_timeout(Some(Duration::from_millis(1)))?;
    let mut buffer = [0; 16 * 1024];
    loop {
        // Some may have come with the end of the handshake.
        while let Some(n) = heard(tls.reader().read(&mut buffer))?.filter(|n| *n > 0) {
            service.write_all(&buffer[..n])?;
        }
        match heard(tls.read_tls(&mut client))? {
            Some(0) => return Ok(()),
            Some(_) => {
                tls.process_new_packets().map_err(io::Error::other)?;
            }
            None => {}
        }
        match service.read(&mut buffer) {
            Ok(0) => {
                if goodbye == Goodbye::Said {
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
            nothing => drop(heard(nothing)?),
        }
        while tls.wants_write() {
            tls.write_tls(&mut client)?;
        }
    }
}

/// What was read; `None` where nothing has come yet.
fn heard(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        other => other.map(Some),
    }
}
