//! TLS over any stream: by rustls, else by the operating system's library, else not at all.

use std::io::{self, Read, Write};

use crate::error::Error;

/// What TLS is set up with.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// PEM text of root certificates trusted besides the usual ones.
    pub extra_roots: Vec<u8>,
    /// PEM texts of a certificate chain and its private key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// A stream under TLS, and a way back to the stream below.
pub(crate) trait Session<S>: Read + Write + Send + Sync {
    fn below(&mut self) -> &mut S;
    /// Whether no decrypted byte is unread.
    fn is_drained(&mut self) -> bool;
    /// Whether the error is an alert by which the other side refuses the certificate of this side, or the lack
    /// of one. Under TLS 1.3 it comes after the handshake.
    fn is_refusal(&self, error: &io::Error) -> bool;
}

pub(crate) use imp::TlsClient;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn refused(field: &'static str, problem: impl std::fmt::Display) -> Error {
    Error::input(field, format_args!("cannot be used: {problem}"))
}

#[cfg(feature = "rustls")]
mod imp {
    use std::sync::Arc;

    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, StreamOwned};

    use super::*;

    #[derive(Clone)]
    pub(crate) struct TlsClient(Arc<ClientConfig>);

    impl TlsClient {
        pub fn new(settings: &Settings) -> Result<TlsClient, Error> {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let certificates = |field: &'static str, pem: &[u8]| {
                CertificateDer::pem_slice_iter(pem)
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| super::refused(field, error))
            };
            let roots = certificates("extra_roots", &settings.extra_roots)?;
            if roots.is_empty() && !settings.extra_roots.is_empty() {
                return Err(super::refused("extra_roots", "no certificate in PEM form in it"));
            }
            let builder = ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()
                .map_err(|error| super::refused("TLS", error))?
                // Not dangerous: what is set is a full verifier, of the same crate or the platform's.
                .dangerous()
                .with_custom_certificate_verifier(verifier(roots, provider)?);
            let config = match &settings.identity {
                None => builder.with_no_client_auth(),
                Some((chain, key)) => {
                    let field = "client_certificate";
                    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| super::refused(field, error))?;
                    let chain = certificates(field, chain)?;
                    builder.with_client_auth_cert(chain, key).map_err(|error| super::refused(field, error))?
                }
            };
            Ok(TlsClient(Arc::new(config)))
        }

        pub fn handshake<S>(&self, host: &str, mut stream: S) -> io::Result<Box<dyn Session<S>>>
        where
            S: Read + Write + Send + Sync + 'static,
        {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let mut connection = ClientConnection::new(self.0.clone(), name).map_err(io::Error::other)?;
            connection.complete_io(&mut stream)?;
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

        fn is_refusal(&self, error: &io::Error) -> bool {
            use rustls::AlertDescription as Alert;

            let error = error.get_ref().and_then(|inner| inner.downcast_ref());
            let Some(rustls::Error::AlertReceived(alert)) = error else { return false };
            matches!(
                alert,
                Alert::CertificateRequired
                    | Alert::NoCertificate
                    | Alert::BadCertificate
                    | Alert::UnsupportedCertificate
                    | Alert::CertificateRevoked
                    | Alert::CertificateExpired
                    | Alert::CertificateUnknown
                    | Alert::UnknownCA
                    | Alert::AccessDenied
                    | Alert::DecryptError
                    | Alert::HandshakeFailure
            )
        }
    }

    type Provider = Arc<rustls::crypto::CryptoProvider>;

    #[cfg(not(feature = "platform-verifier"))]
    fn verifier(extra: Vec<CertificateDer<'static>>, provider: Provider) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in extra {
            roots.add(root).map_err(|error| super::refused("extra_roots", error))?;
        }
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(verifier.map_err(|error| super::refused("extra_roots", error))?)
    }

    #[cfg(feature = "platform-verifier")]
    fn verifier(extra: Vec<CertificateDer<'static>>, provider: Provider) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider);
        Ok(Arc::new(verifier.map_err(|error| super::refused("extra_roots", error))?))
    }
}

#[cfg(all(feature = "native-tls", not(feature = "rustls")))]
mod imp {
    use base64::Engine;
    use native_tls::{Certificate, HandshakeError, Identity, TlsConnector, TlsStream};

    use super::*;

    #[derive(Clone)]
    pub(crate) struct TlsClient(TlsConnector);

    impl TlsClient {
        pub fn new(settings: &Settings) -> Result<TlsClient, Error> {
            let mut builder = TlsConnector::builder();
            if !settings.extra_roots.is_empty() {
                let roots = Certificate::stack_from_pem(&settings.extra_roots);
                for root in roots.map_err(|error| super::refused("extra_roots", error))? {
                    builder.add_root_certificate(root);
                }
            }
            if let Some((chain, key)) = &settings.identity {
                let refused = |error| super::refused("client_certificate", error);
                builder.identity(Identity::from_pkcs8(chain, key).map_err(refused)?);
                let leaf = Certificate::from_pem(chain).and_then(|leaf| leaf.to_der()).map_err(refused)?;
                if !algorithm(key).is_some_and(|algorithm| contains(&leaf, &algorithm)) {
                    return Err(super::refused("client_certificate", "the key is not of the certificate's type"));
                }
            }
            // A key of the same type that does not fit its certificate shows only here.
            let field = if settings.identity.is_some() { "client_certificate" } else { "TLS" };
            Ok(TlsClient(builder.build().map_err(|error| super::refused(field, error))?))
        }

        pub fn handshake<S>(&self, host: &str, stream: S) -> io::Result<Box<dyn Session<S>>>
        where
            S: Read + Write + Send + Sync + 'static,
        {
            match self.0.connect(host, stream) {
                Ok(stream) => Ok(Box::new(stream)),
                Err(HandshakeError::Failure(error)) => Err(io::Error::other(error)),
                Err(HandshakeError::WouldBlock(_)) => Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    /// The encoded algorithm of a PKCS #8 key. A certificate for the key contains the same bytes. OpenSSL keeps
    /// a certificate and a key of two types, and then presents none.
    fn algorithm(key: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(key).ok()?;
        let text = text.split_once("-----BEGIN PRIVATE KEY-----")?.1.split_once("-----END")?.0;
        let text: String = text.split_whitespace().collect();
        let key = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
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

        // The library has no type for alerts.
        fn is_refusal(&self, error: &io::Error) -> bool {
            const REFUSALS: [&str; 5] =
                ["certificate", "unknown ca", "access denied", "decrypt error", "handshake failure"];
            let text = error.to_string();
            text.contains("alert") && REFUSALS.iter().any(|refusal| text.contains(refusal))
        }
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
mod imp {
    use super::*;

    const NO_TLS: &str = "need TLS: turn on feature rustls or native-tls";

    #[derive(Clone)]
    pub(crate) struct TlsClient;

    impl TlsClient {
        pub fn new(settings: &Settings) -> Result<TlsClient, Error> {
            if settings.extra_roots.is_empty() && settings.identity.is_none() {
                Ok(TlsClient)
            } else {
                Err(Error::input("extra_roots and client_certificate", NO_TLS))
            }
        }

        pub fn handshake<S>(&self, _: &str, _: S) -> io::Result<Box<dyn Session<S>>> {
            Err(io::Error::new(io::ErrorKind::Unsupported, NO_TLS))
        }
    }
}
