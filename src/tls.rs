//! TLS over any stream: by rustls, by the operating system's library, or not at all.

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod pem;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod problem;
#[cfg(feature = "native-tls")]
mod with_native_tls;
#[cfg(feature = "rustls")]
mod with_rustls;

use std::io::{self, Read, Write};

use crate::error::Error;

/// A TLS library; see [`ConfigBuilder::tls`](crate::ConfigBuilder::tls).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// rustls (feature `rustls`). Trusts Mozilla's root certificates, or, with feature `platform-verifier`, those
    /// of the operating system.
    Rustls,
    /// The library of the operating system (feature `native-tls`). Trusts what that library trusts.
    Native,
}

/// The settings of TLS.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// `None`: the default.
    pub library: Option<Tls>,
    /// PEM text of root certificates trusted besides the usual ones.
    pub extra_roots: Vec<u8>,
    /// Root certificates that the environment names, in DER form.
    #[cfg_attr(not(feature = "rustls"), allow(dead_code))]
    pub environment_roots: Vec<Vec<u8>>,
    /// PEM texts of a certificate chain and its private key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// A stream under TLS, and a way back to the stream below.
pub(crate) trait Session<S>: Read + Write + Send + Sync {
    fn below(&mut self) -> &mut S;
    /// Whether no decrypted byte is unread.
    fn is_drained(&mut self) -> bool;
    /// The explanation of an alert by which the other side refuses the certificate of this side, or the lack of
    /// one. Under TLS 1.3 it comes after the handshake. Only for an alert before the first byte of a response.
    fn refusal(&self, error: &io::Error) -> Option<String>;
}

/// Whether the default library trusts the certificates in `SSL_CERT_FILE` by this crate, not by its own rule.
pub(crate) const READS_SSL_CERT_FILE: bool = cfg!(all(feature = "rustls", not(feature = "platform-verifier")));

/// The other side of a handshake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Service,
    /// It gets no client certificate.
    Proxy,
}

/// TLS that is set up, for each kind of peer.
#[derive(Clone)]
pub(crate) struct TlsClient {
    service: Library,
    proxy: Library,
}

#[derive(Clone)]
enum Library {
    #[cfg(feature = "rustls")]
    Rustls(with_rustls::Client),
    #[cfg(feature = "native-tls")]
    Native(with_native_tls::Client),
}

impl TlsClient {
    /// Returns `None` if the crate was built without TLS.
    pub fn new(settings: &Settings) -> Result<Option<TlsClient>, Error> {
        let service = Library::new(settings)?;
        let proxy = match settings.identity {
            Some(_) => Library::new(&Settings { identity: None, ..settings.clone() })?,
            None => service.clone(),
        };
        Ok(service.zip(proxy).map(|(service, proxy)| TlsClient { service, proxy }))
    }

    pub fn handshake<S>(&self, peer: Peer, host: &str, stream: S) -> io::Result<Box<dyn Session<S>>>
    where
        S: Read + Write + Send + Sync + 'static,
    {
        match if peer == Peer::Proxy { &self.proxy } else { &self.service } {
            #[cfg(feature = "rustls")]
            Library::Rustls(client) => client.handshake(host, stream),
            #[cfg(feature = "native-tls")]
            Library::Native(client) => client.handshake(host, stream),
            #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
            none => {
                let _ = (host, stream);
                match *none {}
            }
        }
    }
}

impl Library {
    fn new(settings: &Settings) -> Result<Option<Library>, Error> {
        match settings.library {
            #[cfg(feature = "rustls")]
            None | Some(Tls::Rustls) => with_rustls::Client::new(settings).map(|client| Some(Library::Rustls(client))),
            #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
            None => with_native_tls::Client::new(settings).map(|client| Some(Library::Native(client))),
            #[cfg(feature = "native-tls")]
            Some(Tls::Native) => with_native_tls::Client::new(settings).map(|client| Some(Library::Native(client))),
            #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
            None if settings.extra_roots.is_empty() && settings.identity.is_none() => Ok(None),
            #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
            None => Err(Error::input("extra_roots or client_certificate", NO_TLS)),
            #[cfg(not(feature = "rustls"))]
            Some(Tls::Rustls) => Err(Error::input("tls", "needs feature rustls of genesys-journey")),
            #[cfg(not(feature = "native-tls"))]
            Some(Tls::Native) => Err(Error::input("tls", "needs feature native-tls of genesys-journey")),
        }
    }
}

/// The remedy where the crate was built without TLS.
pub(crate) const NO_TLS: &str = "TLS is needed: turn on feature rustls or native-tls of genesys-journey";

/// Returns the usable certificates of a PEM text in DER form, and a problem with the text or with some of them.
pub(crate) fn usable_roots(pem: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
    #[cfg(feature = "rustls")]
    {
        let all = match pem::parse_each(pem) {
            Ok(all) => all,
            Err(problem) => return (Vec::new(), Some(problem)),
        };
        let total = all.len();
        let (mut usable, mut unusable) = (Vec::new(), Vec::new());
        for (i, der) in all.into_iter().enumerate() {
            match der.filter(|der| with_rustls::is_root(der)) {
                Some(der) => usable.push(der),
                None => unusable.push((i + 1).to_string()),
            }
        }
        let problem = || format!("of its {total} certificates, these are not valid: {}", unusable.join(", "));
        (usable, (!unusable.is_empty()).then(problem))
    }
    #[cfg(not(feature = "rustls"))]
    {
        let _ = pem;
        (Vec::new(), None)
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn refused(field: &'static str, problem: impl std::fmt::Display) -> Error {
    Error::input(field, format_args!("cannot be used: {problem}"))
}
