//! TLS by rustls.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, ClientConnection, InvalidMessage, StreamOwned};

use super::problem::{Problem, missing_certificate, refused_certificate};
use super::{Error, Peer, Read, Session, Settings, Write, io, pem, refused};

/// The ways to add a root certificate.
const ADD_ROOT: &str = if super::READS_SSL_CERT_FILE {
    "name the PEM file of its root certificate in SSL_CERT_FILE (in code: extra_roots; the built-in roots stay in \
     use), or, in code, turn on feature platform-verifier, which trusts the roots of the system"
} else {
    super::ADD_SYSTEM_ROOT
};

#[derive(Clone)]
pub(crate) struct Client(Arc<ClientConfig>);

impl Client {
    pub fn new(settings: &Settings) -> Result<Client, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = settings.environment_roots.clone();
        if !settings.extra_roots.is_empty() {
            let extra = pem::certificates(&settings.extra_roots, is_root);
            roots.extend(extra.map_err(|problem| refused("extra_roots", problem))?);
        }
        let roots = roots.into_iter().map(CertificateDer::from).collect();
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("TLS", error))?
            // This is safe: the verifier is that of rustls or of the platform.
            .dangerous()
            .with_custom_certificate_verifier(verifier(roots, provider)?);
        let config = match &settings.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let refuse = |problem: &str| refused("client_certificate", problem);
                let (chain, key, _) = pem::identity(identity, is_certificate).map_err(|problem| refuse(&problem))?;
                let chain = chain.into_iter().map(CertificateDer::from).collect();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                    .map_err(|_| refuse("the private key is damaged; replace it"))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => {
                        refuse("the private key is not that of the first certificate; pass the key that belongs to it")
                    }
                    _ => refuse("the certificate or its private key is of an unsupported type"),
                })?
            }
        };
        Ok(Client(Arc::new(config)))
    }

    pub fn handshake<S>(&self, peer: &Peer, mut stream: S) -> io::Result<Box<dyn Session<S>>>
    where
        S: Read + Write + Send + Sync + 'static,
    {
        let name = ServerName::try_from(peer.host.clone()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(self.0.clone(), name).map_err(io::Error::other)?;
        connection.complete_io(&mut stream).map_err(|error| explain(error, peer))?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }
}

impl<S: Read + Write + Send + Sync> Session<S> for StreamOwned<ClientConnection, S> {
    fn below(&mut self) -> &mut S {
        &mut self.sock
    }

    fn is_drained(&mut self) -> bool {
        let state = self.conn.process_new_packets();
        state.is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
    }

    fn refusal(&self, error: &io::Error, peer: &Peer) -> Option<String> {
        match cause(error) {
            // A server also sends these two alerts for reasons other than the client certificate.
            Some(rustls::Error::AlertReceived(AlertDescription::DecryptError | AlertDescription::HandshakeFailure)) => {
                None
            }
            // The server sends tickets only after it has accepted the certificate.
            Some(rustls::Error::AlertReceived(alert)) if self.conn.tls13_tickets_received() == 0 => {
                explain_alert(*alert, peer)
            }
            _ => None,
        }
    }
}

fn cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Explains the cause of a failed handshake. A known cause is final; the kind of any other error permits a retry.
fn explain(error: io::Error, peer: &Peer) -> io::Error {
    let host = &peer.host;
    let words = match cause(&error) {
        Some(rustls::Error::AlertReceived(alert)) => explain_alert(*alert, peer),
        _ => None,
    };
    let words = words.or_else(|| Some(problem(cause(&error)?)?.explain(peer, ADD_ROOT)));
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return io::Error::new(error.kind(), format!("{host} closed the connection during the TLS handshake"));
    }
    match (words, cause(&error)) {
        (Some(words), _) => io::Error::new(io::ErrorKind::InvalidData, words),
        // The next attempt may succeed, for example after the alert `internal_error`.
        (None, Some(other)) => {
            io::Error::new(io::ErrorKind::ConnectionAborted, format!("the TLS handshake with {host} failed: {other}"))
        }
        (None, None) => io::Error::new(error.kind(), format!("the TLS handshake with {host} failed: {error}")),
    }
}

fn problem(error: &rustls::Error) -> Option<Problem> {
    let error = match error {
        rustls::Error::InvalidCertificate(error) => error,
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => return Some(Problem::NotTls),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            return Some(Problem::Incompatible);
        }
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => return Some(Problem::UnknownName),
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => return Some(Problem::Refused),
        _ => return None,
    };
    Some(match error {
        CertificateError::UnknownIssuer => Problem::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Problem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Problem::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Problem::WrongHost,
        CertificateError::BadSignature => Problem::BadSignature,
        CertificateError::Revoked => Problem::Revoked,
        // The error has a type of a dependency of rustls, so only its text can be compared.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            Problem::SelfSignedAuthority
        }
        _ => Problem::Invalid,
    })
}

/// Returns the explanation of an alert that refuses the client certificate, or its absence.
fn explain_alert(alert: AlertDescription, peer: &Peer) -> Option<String> {
    use AlertDescription as Alert;

    let alert = match alert {
        Alert::CertificateRequired | Alert::NoCertificate => return Some(missing_certificate(peer)),
        Alert::BadCertificate => "bad certificate",
        Alert::UnsupportedCertificate => "unsupported certificate",
        Alert::CertificateRevoked => "certificate revoked",
        Alert::CertificateExpired => "certificate expired",
        Alert::CertificateUnknown => "certificate unknown",
        Alert::UnknownCA => "unknown issuer",
        // Without a client certificate, these two have another reason.
        Alert::AccessDenied if peer.has_certificate => "access denied",
        Alert::DecryptError if peer.has_certificate => "bad signature",
        _ => return None,
    };
    Some(refused_certificate(peer, alert))
}

/// Returns whether a certificate can be a trusted root.
pub(super) fn is_root(der: &[u8]) -> bool {
    rustls::RootCertStore::empty().add(CertificateDer::from(der)).is_ok()
}

fn is_certificate(der: &[u8]) -> bool {
    rustls::server::ParsedCertificate::try_from(&CertificateDer::from(der)).is_ok()
}

type Provider = Arc<rustls::crypto::CryptoProvider>;

#[cfg(not(feature = "platform-verifier"))]
fn verifier(extra: Vec<CertificateDer<'static>>, provider: Provider) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // All of them are valid.
    roots.add_parsable_certificates(extra);
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    Ok(verifier.map_err(|error| refused("TLS", error))?)
}

#[cfg(feature = "platform-verifier")]
fn verifier(extra: Vec<CertificateDer<'static>>, provider: Provider) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider);
    // The extra roots are valid, so the cause is the trust store of the system.
    let problem = "the system has no trusted certificates; install them (package ca-certificates), or correct \
                   SSL_CERT_FILE or SSL_CERT_DIR if one of them is set";
    Ok(Arc::new(verifier.map_err(|_| refused("platform-verifier", problem))?))
}
