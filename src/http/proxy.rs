//! A proxy: reads its URL, opens tunnels, and explains its errors. No error shows the URL, which may contain a
//! password.

use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::lookup::Lookups;
use super::socket::{Stream, Until};
use super::{Authority, HttpError, Proxy, ProxyProtocol, base};
use crate::error::Error;
use crate::tls::REGION;

/// A proxy, and the variable or setting that names it.
#[derive(Clone)]
pub(crate) struct ProxyServer {
    proxy: Proxy,
    source: &'static str,
}

/// The way to a host.
#[derive(Clone)]
pub(crate) struct Route {
    pub host: String,
    pub port: u16,
    pub proxy: Option<ProxyServer>,
    /// The words about proxies at the end of the message if a direct connection fails.
    pub hint: String,
}

impl ProxyServer {
    /// Reads the URL of a proxy. An error is about `source`.
    pub fn parse(source: &'static str, url: &str) -> Result<ProxyServer, Error> {
        let refuse = |problem: &str| Err(Error::input(source, problem));
        // The parser drops a fragment, so an unescaped # would truncate a password.
        if url.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'#')) {
            return refuse(&format!("is not a proxy URL (expected {URL}); {ENCODE}"));
        }
        let Ok(proxy) = Proxy::new(url) else {
            return refuse(&format!("is not a proxy URL (expected {URL}); {ENCODE}"));
        };
        if proxy.host().is_empty() {
            return refuse(&format!("is not a proxy URL: it has no host (expected {URL})"));
        }
        if !proxy.uri().authority().is_some_and(base::has_valid_port) {
            return refuse(&format!("has a port that is not a number from 1 to 65535 (expected {URL}); {ENCODE}"));
        }
        match proxy.protocol() {
            ProxyProtocol::Http | ProxyProtocol::Https => {}
            ProxyProtocol::Socks5 | ProxyProtocol::Socks5h if cfg!(feature = "socks-proxy") => {}
            ProxyProtocol::Socks5 | ProxyProtocol::Socks5h => {
                return refuse(
                    "is a SOCKS proxy, and this program is built without support for SOCKS; set HTTPS_PROXY, which takes \
                     precedence, to an http proxy; or, in code, turn on feature socks-proxy of genesys-journey, or \
                     connect directly with ConfigBuilder::no_proxy()",
                );
            }
            _ => return refuse("must be an http, https, socks5 or socks5h proxy"),
        }
        Ok(ProxyServer { proxy, source })
    }

    /// Returns the variable or setting that names the proxy.
    pub(super) fn setting(&self) -> String {
        Source(self.source).to_string()
    }

    pub fn is_https(&self) -> bool {
        self.proxy.protocol() == ProxyProtocol::Https
    }

    /// Returns the password alone, and the credentials as they are sent.
    pub(super) fn secrets(&self) -> Vec<String> {
        let basic = self.has_credentials().then(|| BASE64.encode(self.credentials()));
        self.proxy.password().map(str::to_owned).into_iter().chain(basic).collect()
    }

    pub(super) fn address(&self) -> (&str, u16) {
        (self.proxy.host(), self.proxy.port())
    }

    /// Opens a tunnel to a host, over a connection to the proxy.
    pub(super) fn tunnel(
        &self,
        stream: &mut dyn Stream,
        host: &str,
        port: u16,
        user_agent: &str,
        until: &Until,
        lookups: &Lookups,
    ) -> Result<(), HttpError> {
        #[cfg(feature = "socks-proxy")]
        if let protocol @ (ProxyProtocol::Socks5 | ProxyProtocol::Socks5h) = self.proxy.protocol() {
            let credentials = self.proxy.username().map(|user| (user, self.proxy.password().unwrap_or_default()));
            let local = Some(lookups).filter(|_| protocol == ProxyProtocol::Socks5);
            let target = super::socks::Target::new(host, port, local, until)?;
            let tunnel = super::socks::connect(stream, &target, credentials);
            return tunnel.map_err(|error| until.explain(self.name_in_tunnel(error)));
        }
        #[cfg(not(feature = "socks-proxy"))]
        let _ = lookups;
        let target = format!("{host}:{port}");
        let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {user_agent}\r\n");
        if self.has_credentials() {
            head.push_str(&format!("Proxy-Authorization: Basic {}\r\n", BASE64.encode(self.credentials())));
        }
        head.push_str("Proxy-Connection: Keep-Alive\r\n\r\n");
        let explain = |error| until.explain(self.name_in_tunnel(error));
        stream.write_all(head.as_bytes()).and_then(|()| stream.flush()).map_err(explain)?;
        let response = read_response(stream).map_err(explain)?;
        self.check(&response, &target).map_err(HttpError::Io)?;
        // Bytes after the response to CONNECT would become the response to the first request.
        if stream.is_drained() && stream.socket().is_silent() {
            return Ok(());
        }
        let problem = format!(
            "no connection through {self}: it closed the tunnel, or sent data before the request; check {}, or ask the \
             administrator of the proxy",
            Source(self.source)
        );
        Err(HttpError::Io(retried(problem)))
    }

    /// Accepts the response to CONNECT, or explains it.
    fn check(&self, response: &str, target: &str) -> io::Result<()> {
        let retry = |what: String| Err(retried(what));
        // An error of kind `Other` is final.
        let refusal = |what: String| Err(io::Error::other(what));
        let source = Source(self.source);
        match status(response) {
            Some(200..=299) => Ok(()),
            Some(status @ (401 | 407)) if !accepts_basic(response) => {
                let methods = methods(response).join(" or ");
                refusal(format!(
                    "{self} wants {methods} ({status}), and this client can only send Basic; set {source} to a local \
                     proxy that does {methods}, such as cntlm or px"
                ))
            }
            Some(status @ (401 | 407)) if self.has_credentials() => {
                refusal(format!("{self} refused the user and password in {source} ({status}); correct them; {ENCODE}"))
            }
            Some(status @ (401 | 407)) => refusal(format!(
                "{self} requires a user and a password ({status}); add them to {source}, as in http://user:password@host:port; {ENCODE}"
            )),
            Some(status @ 403) => refusal(format!(
                "{self} refused to connect to {target} ({status}); have its administrator permit that host{}",
                self.exception()
            )),
            Some(status @ 300..=399) => refusal(format!(
                "{self} responded with a redirect ({status}) instead of a tunnel, often to the login page of a network; \
                 log in to the network with a browser, or check {source}"
            )),
            Some(status @ 502..=504) => retry(format!(
                "{self} could not connect to {target} ({status}); check the host in {REGION}, or ask the administrator of \
                 the proxy{}",
                self.exception()
            )),
            Some(status) => retry(format!(
                "{self} responded with {status} to CONNECT {target}; check that {source} names a proxy that tunnels https"
            )),
            None => retry(format!("{self} does not speak HTTP; check the scheme, host and port in {source}")),
        }
    }

    /// Names the proxy in an error of connecting to it. Keeps the kind, which decides about a retry.
    pub(super) fn name_in(&self, error: io::Error) -> io::Error {
        let source = Source(self.source);
        // The message of a certificate error already contains the remedy.
        let words = match error.kind() {
            io::ErrorKind::InvalidData => format!("no connection to {self} of {source}: {error}"),
            io::ErrorKind::NotFound => format!("no connection to {self}: {error}; check the host in {source}"),
            _ => format!("no connection to {self}: {error}; check {source}, and that the proxy is running"),
        };
        io::Error::new(error.kind(), words)
    }

    /// Names the proxy in an error of the tunnel. Keeps the kind.
    pub(super) fn name_in_tunnel(&self, error: io::Error) -> io::Error {
        // The message of a certificate error already names the service and the remedy.
        if error.kind() == io::ErrorKind::InvalidData {
            return error;
        }
        io::Error::new(error.kind(), format!("no connection through {self}: {error}; check {}", Source(self.source)))
    }

    /// Returns the step of a timeout before there is a connection to the proxy.
    pub(super) fn step_of_connecting(&self) -> String {
        format!(" while connecting to {self}; check {}, and that the proxy is running", Source(self.source))
    }

    /// Returns the step of a timeout of TLS to the proxy itself.
    pub(super) fn step_of_tls(&self) -> String {
        format!(
            " during the TLS handshake with {self}; check the port and the scheme in {}: use http:// unless the proxy \
             itself speaks TLS",
            Source(self.source)
        )
    }

    /// Returns the step of a timeout before the proxy has opened the tunnel.
    pub(super) fn step_of_tunnel(&self, host: &str, port: u16) -> String {
        let source = Source(self.source);
        format!(
            " while waiting for the response of {self} to CONNECT {host}:{port}; check that the proxy can reach that \
             host, and that {source} names a proxy that tunnels https"
        )
    }

    /// Returns the step of a timeout of TLS to the service.
    pub(super) fn step_of_service(&self, host: &str) -> String {
        format!(
            " during the TLS handshake with {host} through {self}; the proxy opened the tunnel, so ask its administrator \
             whether it can reach that host"
        )
    }

    /// Returns the remedy for a host that needs no proxy.
    fn exception(&self) -> &'static str {
        if self.source == SETTING {
            ""
        } else {
            ", or name that host in NO_PROXY (in code: no_proxy) if it can be reached without a proxy"
        }
    }

    fn has_credentials(&self) -> bool {
        self.proxy.username().is_some() || self.proxy.password().is_some()
    }

    fn credentials(&self) -> String {
        [self.proxy.username(), self.proxy.password()].map(Option::unwrap_or_default).join(":")
    }
}

/// The form of a URL in the messages.
const URL: &str = "http://host:port or http://user:password@host:port";
const ENCODE: &str =
    "percent-encode special characters of the user and the password, for example @ as %40 and # as %23";

/// The name of the setting, in contrast to a variable.
const SETTING: &str = "proxy";

/// Returns an error that is retried.
fn retried(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

const HTTP: &[u8] = b"HTTP/1.";

/// Reads the head of the final response one byte at a time, so that no byte after it is consumed.
fn read_response(stream: &mut dyn Stream) -> io::Result<String> {
    // The limit of ureq for a response to CONNECT.
    const LONGEST: usize = 16 * 1024;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && head.iter().zip(HTTP).all(|(byte, expected)| byte == expected) {
        if head.len() == LONGEST || stream.read(&mut byte)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it sent no complete response"));
        }
        head.extend(byte);
        if head.ends_with(b"\r\n\r\n") && status(&String::from_utf8_lossy(&head)).is_some_and(|status| status < 200) {
            head.clear();
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Returns the status in the first line of a response.
fn status(response: &str) -> Option<u16> {
    let mut line = response.lines().next()?.split(' ');
    line.next().filter(|version| version.as_bytes().starts_with(HTTP))?;
    line.next()?.parse().ok().filter(|status| (100..=999).contains(status))
}

/// The proxy without its password.
impl fmt::Display for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.proxy.uri().authority().map_or("", Authority::host);
        write!(f, "the proxy {host}:{}", self.proxy.port())
    }
}

/// Returns the authentication schemes, such as `Basic`, in the headers of a response.
fn methods(response: &str) -> Vec<&str> {
    let is_method = |word: &&str| {
        (1..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let headers = response.lines().filter_map(|line| line.split_once(':'));
    let values = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate")).map(|(_, value)| value);
    // A scheme is the first word of a header or of a part after a comma. A word with `=` is a parameter.
    let words = values.flat_map(|value| value.split(',')).filter_map(|part| part.split_whitespace().next());
    words.filter(is_method).take(8).collect()
}

/// Returns whether a response names the method Basic, or names no method.
fn accepts_basic(response: &str) -> bool {
    let methods = methods(response);
    methods.is_empty() || methods.iter().any(|method| method.eq_ignore_ascii_case("basic"))
}

struct Source(&'static str);

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == SETTING { f.write_str("the setting proxy") } else { write!(f, "{} (in code: proxy)", self.0) }
    }
}
