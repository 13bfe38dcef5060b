//! TLS by the library of the operating system.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use native_tls::{Certificate, HandshakeError, Identity, TlsConnector, TlsStream};

use super::problem::{Problem, missing_certificate, refused_certificate};
use super::{ADD_SYSTEM_ROOT, Error, Peer, Read, Session, Settings, Write, io, pem, refused};

#[derive(Clone)]
pub(crate) struct Client(TlsConnector);

impl Client {
    pub fn new(settings: &Settings) -> Result<Client, Error> {
        let mut builder = TlsConnector::builder();
        if !settings.extra_roots.is_empty() {
            let roots = pem::certificates(&settings.extra_roots, is_certificate);
            for root in roots.map_err(|problem| refused("extra_roots", problem))? {
                let root = Certificate::from_der(&root).map_err(|error| refused("extra_roots", error))?;
                builder.add_root_certificate(root);
            }
        }
        if let Some(identity) = &settings.identity {
            let refuse = |problem: &str| refused("client_certificate", problem);
            let (chain, key, label) = pem::identity(identity, is_certificate).map_err(|problem| refuse(&problem))?;
            if label != "PRIVATE KEY" {
                let command = "openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out PKCS8.pem";
                return Err(refuse(&format!("the key is not in PKCS #8 form; convert it: {command}")));
            }
            let chain_pem: String = chain.iter().map(|der| pem::encode("CERTIFICATE", &STANDARD.encode(der))).collect();
            let identity = Identity::from_pkcs8(chain_pem.as_bytes(), key.as_bytes());
            builder.identity(identity.map_err(|error| refused("client_certificate", error))?);
            let algorithm = algorithm(key.as_bytes());
            if !algorithm.is_some_and(|algorithm| chain.first().is_some_and(|leaf| contains(leaf, &algorithm))) {
                return Err(refuse("the private key is not of the certificate's type"));
            }
        }
        // A key of the right type that does not belong to its certificate is detected only here.
        let field = if settings.identity.is_some() { "client_certificate" } else { "TLS" };
        Ok(Client(builder.build().map_err(|error| refused(field, error))?))
    }

    pub fn handshake<S>(&self, peer: &Peer, stream: S) -> io::Result<Box<dyn Session<S>>>
    where
        S: Read + Write + Send + Sync + 'static,
    {
        match self.0.connect(&peer.host, stream) {
            Ok(stream) => Ok(Box::new(stream)),
            Err(HandshakeError::Failure(error)) => Err(explain(&error.to_string(), broke_off(&error), peer)),
            Err(HandshakeError::WouldBlock(_)) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// Explains a failed handshake. A known cause and an untrusted certificate are final; the kind of any other error permits
/// a retry.
fn explain(text: &str, broke_off: bool, peer: &Peer) -> io::Error {
    let host = &peer.host;
    let words = explain_alert(text, peer).or_else(|| Some(problem(text)?.explain(peer, ADD_SYSTEM_ROOT)));
    let is_about_trust = || ["certificate", "trust"].iter().any(|word| text.to_ascii_lowercase().contains(word));
    let (kind, words) = match words {
        Some(words) => (io::ErrorKind::InvalidData, words),
        None if is_about_trust() => {
            (io::ErrorKind::InvalidData, format!("the certificate of {host} was refused: {text}; have it replaced"))
        }
        None if broke_off => {
            (io::ErrorKind::UnexpectedEof, format!("{host} closed the connection during the TLS handshake"))
        }
        // The next attempt may succeed, for example after the alert `internal_error`.
        None => (io::ErrorKind::ConnectionAborted, format!("the TLS handshake with {host} failed: {text}")),
    };
    io::Error::new(kind, words)
}

/// Returns the explanation of an alert that refuses the client certificate, or its absence. The library has no type for
/// alerts.
fn explain_alert(text: &str, peer: &Peer) -> Option<String> {
    // Without a client certificate, a denied access has another reason.
    let is_refusal = ["certificate", "unknown ca"].iter().any(|refusal| text.contains(refusal))
        || peer.has_certificate && text.contains("access denied");
    if !text.contains("alert") || !is_refusal {
        return None;
    }
    let is_missing = text.contains("certificate required");
    Some(if is_missing { missing_certificate(peer) } else { refused_certificate(peer, text) })
}

/// Returns whether the connection failed, rather than the handshake: the next attempt may succeed.
fn broke_off(error: &native_tls::Error) -> bool {
    let sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    error.to_string().contains("unexpected EOF") || sources.into_iter().any(|source| source.is::<io::Error>())
}

/// Returns the encoded algorithm of a PKCS #8 key. A certificate for the key contains the same bytes. OpenSSL accepts a
/// certificate and a key of different types, and then presents no certificate.
fn algorithm(key: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(key).ok()?;
    let text = text.split_once("-----BEGIN PRIVATE KEY-----")?.1.split_once("-----END")?.0;
    let text: String = text.split_whitespace().collect();
    let key = STANDARD.decode(text).ok()?;
    // A sequence of the version (an integer of one byte), the algorithm, and the key.
    let start = key.windows(4).position(|bytes| matches!(bytes, [2, 1, 0 | 1, 0x30]))? + 3;
    let length = usize::from(*key.get(start + 1)?);
    key.get(start..start + 2 + length).map(<[u8]>::to_vec)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

impl<S: Read + Write + Send + Sync> Session<S> for TlsStream<S> {
    fn below(&mut self) -> &mut S {
        self.get_mut()
    }

    fn is_drained(&mut self) -> bool {
        self.buffered_read_size().is_ok_and(|unread| unread == 0)
    }

    fn refusal(&self, error: &io::Error, peer: &Peer) -> Option<String> {
        explain_alert(&error.to_string(), peer)
    }
}

/// Finds the cause in the words of OpenSSL.
fn problem(error: &str) -> Option<Problem> {
    const WORDS: [(&str, Problem); 13] = [
        ("hostname mismatch", Problem::WrongHost),
        ("ip address mismatch", Problem::WrongHost),
        ("certificate has expired", Problem::Expired),
        ("not yet valid", Problem::NotYetValid),
        ("self-signed certificate", Problem::UnknownIssuer),
        ("self signed certificate", Problem::UnknownIssuer),
        ("local issuer certificate", Problem::UnknownIssuer),
        ("verify the first certificate", Problem::UnknownIssuer),
        ("wrong version number", Problem::NotTls),
        ("unsupported protocol", Problem::Incompatible),
        ("alert protocol version", Problem::Incompatible),
        ("unrecognized name", Problem::UnknownName),
        ("alert handshake failure", Problem::Refused),
    ];
    let error = error.to_ascii_lowercase();
    WORDS.iter().find(|(words, _)| error.contains(words)).map(|(_, problem)| *problem)
}

fn is_certificate(der: &[u8]) -> bool {
    Certificate::from_der(der).is_ok()
}
