//! A TLS server on rustls, with certificates made for the test.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// A certificate authority.
pub struct Ca(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Ca {
    pub fn new() -> Ca {
        Ca(CertifiedIssuer::self_signed(authority(), KeyPair::generate().unwrap()).unwrap())
    }

    pub fn intermediate(&self) -> Ca {
        Ca(CertifiedIssuer::signed_by(authority(), KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    /// Returns a self-signed certificate of an authority for `localhost`.
    pub fn self_signed() -> Identity {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Identity { certificate: params.self_signed(&key).unwrap(), key }
    }

    pub fn issue(&self, name: &str, expired: bool) -> Identity {
        self.issue_for(name, expired, vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// Returns a certificate that is not for servers.
    pub fn issue_for_clients(&self, name: &str) -> Identity {
        self.issue_for(name, false, vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    fn issue_for(&self, name: &str, expired: bool, usages: Vec<ExtendedKeyUsagePurpose>) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = usages;
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate, key }
    }
}

/// Returns the parameters of an authority with a unique name, because OpenSSL compares only names.
fn authority() -> CertificateParams {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = format!("Authority {} of a test", MADE.fetch_add(1, Ordering::Relaxed));
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Identity {
    pub fn der(&self) -> (Vec<u8>, Vec<u8>) {
        (self.certificate.der().to_vec(), self.key.serialize_der())
    }

    /// Certificate and key.
    pub fn pem(&self) -> (String, String) {
        (self.certificate.pem(), self.key.serialize_pem())
    }
}

/// A TLS server whose response is both a token and an empty list of segments.
pub struct Server {
    pub port: u16,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// `clients` is the authority whose certificates clients must have.
    pub fn start(identity: Identity, clients: Option<&Ca>) -> Server {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let roots = Arc::new(ca.roots());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let chain: Vec<CertificateDer<'static>> = vec![identity.certificate.der().clone()];
        let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        // Ends with the process: it waits for connections that no longer come.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, counter) = (config.clone(), counter.clone());
                thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    respond(StreamOwned::new(connection, stream.unwrap()), &counter);
                });
            }
        });
        Server { port, requests }
    }

    /// Requests that arrived under TLS.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn respond(mut stream: impl Read + Write, counter: &AtomicUsize) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
        let is_whole = request.ends_with(b"\r\n\r\n") || request.ends_with(b"grant_type=client_credentials");
        if is_whole {
            request.clear();
            counter.fetch_add(1, Ordering::SeqCst);
            let body = r#"{"access_token":"token","entities":[]}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(head.as_bytes()).and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    }
}
