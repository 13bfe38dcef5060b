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
    /// The library. `None` selects the default.
    pub library: Option<Tls>,
    /// PEM text of root certificates trusted besides the usual ones.
    pub extra_roots: Vec<u8>,
    /// Root certificates that the environment names, in DER form.
    #[cfg_attr(not(feature = "rustls"), allow(dead_code))]
    pub environment_roots: Vec<Vec<u8>>,
    /// PEM texts of a certificate chain and its private key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

/// A TLS session over a stream.
pub(crate) trait Session<S>: Read + Write + Send + Sync {
    fn below(&mut self) -> &mut S;
    /// Returns whether all decrypted bytes have been read.
    fn is_drained(&mut self) -> bool;
    /// Returns the explanation of an alert that refuses the client certificate, or its absence. Under TLS 1.3 such an
    /// alert arrives after the handshake. It is reported only before the first byte of a response.
    fn refusal(&self, error: &io::Error, peer: &Peer) -> Option<String>;
}

/// Whether this crate reads `SSL_CERT_FILE` for the default TLS library. Other libraries follow their own rules.
pub(crate) const READS_SSL_CERT_FILE: bool = cfg!(all(feature = "rustls", not(feature = "platform-verifier")));

/// The other side of a handshake.
#[cfg_attr(not(any(feature = "rustls", feature = "native-tls")), allow(dead_code))]
pub(crate) struct Peer {
    pub host: String,
    /// The variable or setting that names the proxy. `None` for the service.
    pub proxy: Option<String>,
    /// Whether this side has a client certificate for it.
    has_certificate: bool,
}

/// The variables and the setting that name the host of the service.
pub(crate) const REGION: &str = "GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in code: Region)";

impl Peer {
    /// Returns the name of the setting with the host.
    #[cfg_attr(not(any(feature = "rustls", feature = "native-tls")), allow(dead_code))]
    fn setting(&self) -> &str {
        self.proxy.as_deref().unwrap_or(REGION)
    }
}

/// The TLS configurations, one for each kind of peer.
#[derive(Clone)]
pub(crate) struct TlsClient {
    service: Library,
    /// Without the client certificate.
    proxy: Library,
    has_certificate: bool,
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
        let has_certificate = settings.identity.is_some();
        Ok(service.zip(proxy).map(|(service, proxy)| TlsClient { service, proxy, has_certificate }))
    }

    /// Returns the service at a host, or a proxy with the setting that names it.
    pub fn peer(&self, host: &str, proxy: Option<String>) -> Peer {
        let has_certificate = self.has_certificate && proxy.is_none();
        Peer { host: host.trim_matches(['[', ']']).to_owned(), proxy, has_certificate }
    }

    pub fn handshake<S>(&self, peer: &Peer, stream: S) -> io::Result<Box<dyn Session<S>>>
    where
        S: Read + Write + Send + Sync + 'static,
    {
        match if peer.proxy.is_some() { &self.proxy } else { &self.service } {
            #[cfg(feature = "rustls")]
            Library::Rustls(client) => client.handshake(peer, stream),
            #[cfg(feature = "native-tls")]
            Library::Native(client) => client.handshake(peer, stream),
            #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
            none => {
                let _ = (peer, stream);
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
            None if settings.identity.is_some() => {
                Err(Error::input("client_certificate", format_args!("cannot be used: {NO_TLS}")))
            }
            #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
            None => Err(Error::input("extra_roots", format_args!("cannot be used: {NO_TLS}"))),
            #[cfg(not(feature = "rustls"))]
            Some(Tls::Rustls) => Err(Error::input("tls", "needs feature rustls of genesys-journey")),
            #[cfg(not(feature = "native-tls"))]
            Some(Tls::Native) => Err(Error::input("tls", "needs feature native-tls of genesys-journey")),
        }
    }
}

/// The remedy if the crate was built without TLS.
pub(crate) const NO_TLS: &str = "TLS is needed: turn on feature rustls or native-tls of genesys-journey";

/// Returns the usable certificates of a PEM text in DER form, and the problem if the text or a certificate is unusable.
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
        let problem = || {
            let positions = unusable.join(" and ");
            let [noun, verb] = if unusable.len() == 1 { ["certificate", "is"] } else { ["certificates", "are"] };
            format!("{noun} {positions} of {total} {verb} damaged and not used")
        };
        (usable, (!unusable.is_empty()).then(problem))
    }
    #[cfg(not(feature = "rustls"))]
    {
        let _ = pem;
        (Vec::new(), None)
    }
}

/// The ways to add a root certificate where the library trusts those of the system.
#[cfg(any(feature = "native-tls", feature = "platform-verifier"))]
const ADD_SYSTEM_ROOT: &str = "add its root certificate to the trust store of the system (in code: extra_roots)";
#[cfg(all(feature = "rustls", not(any(feature = "native-tls", feature = "platform-verifier"))))]
const ADD_SYSTEM_ROOT: &str = "";

#[cfg(any(feature = "rustls", feature = "native-tls"))]
fn refused(field: &'static str, problem: impl std::fmt::Display) -> Error {
    Error::input(field, format_args!("cannot be used: {problem}"))
}
