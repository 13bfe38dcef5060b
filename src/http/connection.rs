//! Opens connections for ureq, through a proxy if there is one.
//!
//! Invariants: an error shows whether any byte was sent, and a connection with an unread byte in any layer is not
//! reused.

use std::fmt;
use std::io;

use super::lookup::Lookups;
use super::proxy::{ProxyServer, Route};
use super::socket::{Secure, Socket, Stream, Until};
use super::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};
use super::{AgentConfig, HttpError, INPUT, OUTPUT, ResolvedSocketAddrs, Resolver, Uri, base};
use crate::tls::{REGION, TlsClient};

/// An error before any byte of the request was sent.
#[derive(Debug)]
pub(super) struct NotSent {
    pub error: HttpError,
    /// The step and the remedy at the end of a timeout message.
    pub hint: Option<String>,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for NotSent {}

fn not_sent(error: HttpError) -> HttpError {
    match error {
        HttpError::Other(inner) if inner.is::<NotSent>() => HttpError::Other(inner),
        error => HttpError::Other(Box::new(NotSent { error, hint: None })),
    }
}

/// Adds the step to a timeout: the place and the remedy.
fn during(error: HttpError, step: impl FnOnce() -> String) -> HttpError {
    match error {
        HttpError::Timeout(_) => HttpError::Other(Box::new(NotSent { error, hint: Some(step()) })),
        error => error,
    }
}

/// Adds the remedy to a failed direct connection.
fn explain_direct(error: HttpError, host: &str, port: u16, hint: &str) -> HttpError {
    let check = if base::is_loopback(host) { "that the service is running" } else { "that no firewall blocks it" };
    let error = during(error, || format!(" while connecting to {host}:{port}; check {check}{hint}"));
    let HttpError::Io(error) = error else { return error };
    let words = if error.kind() == io::ErrorKind::NotFound {
        format!("{error}; check the host in {REGION}, and the network{hint}")
    } else {
        format!("no connection to {host}:{port}: {error}; check {check}, and the host and port in {REGION}{hint}")
    };
    HttpError::Io(io::Error::new(error.kind(), words))
}

/// A resolver that leaves the name lookup to [`Dial`]. ureq would look up the name even for a pooled connection, which
/// costs a thread and half of the system calls of a call (`benches/calls.rs`).
#[derive(Debug)]
pub(super) struct LookUpLater;

impl Resolver for LookUpLater {
    fn resolve(&self, _: &Uri, _: &AgentConfig, _: NextTimeout) -> Result<ResolvedSocketAddrs, HttpError> {
        Ok(self.empty())
    }
}

/// Opens connections: name lookup, TCP, proxy and TLS, all within one timeout.
#[derive(Clone)]
pub(super) struct Dial {
    pub tls: Option<TlsClient>,
    pub user_agent: String,
    /// The ways to the hosts.
    pub routes: Vec<Route>,
    pub lookups: Lookups,
}

impl Connector for Dial {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, HttpError> {
        self.open(details).map(Some).map_err(not_sent)
    }
}

impl Dial {
    fn open(&self, details: &ConnectionDetails) -> Result<Connection, HttpError> {
        let until = Until::new(details.timeout);
        let host = details.uri.host().unwrap_or_default();
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        // A missing TLS feature is an error before any connection is opened.
        let tls = if details.needs_tls() { Some(self.tls()?) } else { None };
        let route = self.routes.iter().find(|route| route.host == host && route.port == port);
        let proxy = route.and_then(|route| route.proxy.as_ref());
        let mut stream: Box<dyn Stream> = match proxy {
            Some(proxy) => self.tunnel(proxy, host, port, until)?,
            None => {
                let hint = route.map_or("", |route| &route.hint);
                let socket = Socket::connect(host, port, until, &self.lookups);
                Box::new(socket.map_err(|error| explain_direct(error, host, port, hint))?)
            }
        };
        if let Some(tls) = tls {
            let secure = Secure::handshake(tls, tls.peer(host, None), stream);
            stream = Box::new(secure.map_err(|error| match (error, proxy) {
                (HttpError::Io(error), Some(proxy)) => HttpError::Io(proxy.name_in_tunnel(error)),
                (error, Some(proxy)) => during(error, || proxy.step_of_service(host)),
                (error, None) => during(error, || {
                    let check = "check that this port speaks TLS, and that no firewall blocks it";
                    format!(" during the TLS handshake with {host}:{port}; {check}")
                }),
            })?);
        }
        stream.socket().untouched = true;
        let buffers = LazyBuffers::new(INPUT, OUTPUT);
        let is_tls = details.needs_tls();
        Ok(Connection { stream, buffers, head: Vec::new(), has_read: false, is_tls })
    }

    fn tls(&self) -> Result<&TlsClient, HttpError> {
        self.tls.as_ref().ok_or(HttpError::TlsRequired)
    }

    /// Opens a tunnel to a host through a proxy. ureq's own CONNECT grants each read of the response the
    /// whole timeout (tests/it/faults/limits.rs: `a_proxy_that_drips_its_response_does_not_outlast_a_limit`).
    fn tunnel(&self, proxy: &ProxyServer, host: &str, port: u16, until: Until) -> Result<Box<dyn Stream>, HttpError> {
        let name_proxy = |error| match error {
            HttpError::Io(error) => HttpError::Io(proxy.name_in(error)),
            error => error,
        };
        let tls = if proxy.is_https() { Some(self.tls()?) } else { None };
        let (proxy_host, proxy_port) = proxy.address();
        let socket = Socket::connect(proxy_host, proxy_port, until, &self.lookups);
        let socket = socket.map_err(|error| during(name_proxy(error), || proxy.step_of_connecting()))?;
        let mut stream: Box<dyn Stream> = Box::new(socket);
        if let Some(tls) = tls {
            let secure = Secure::handshake(tls, tls.peer(proxy_host, Some(proxy.setting())), stream);
            stream = Box::new(secure.map_err(|error| during(name_proxy(error), || proxy.step_of_tls()))?);
        }
        let opened = proxy.tunnel(&mut *stream, host, port, &self.user_agent, &until, &self.lookups);
        opened.map_err(|error| during(error, || proxy.step_of_tunnel(host, port)))?;
        Ok(stream)
    }
}

/// A connection as ureq uses it.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    buffers: LazyBuffers,
    /// The head of a request whose body follows. Both are sent in one write, and over TLS in one
    /// record (`benches/writes.rs`: CPU time 0.57 instead of 0.72 of hand-written code).
    head: Vec<u8>,
    /// Whether bytes were read since the socket was last probed.
    has_read: bool,
    is_tls: bool,
}

impl Connection {
    fn write_head(&mut self) -> Result<(), HttpError> {
        let written = self.stream.write_all(&self.head).and_then(|()| self.stream.flush());
        self.head.clear();
        written.map_err(|error| self.failure(error))
    }

    fn failure(&mut self, error: io::Error) -> HttpError {
        let error = match self.stream.socket().until.explain(error) {
            // ureq treats every end of a connection, even a reset, as the end of a body without a length.
            HttpError::Io(error) if !self.stream.socket().untouched => HttpError::Other(Box::new(error)),
            error => error,
        };
        if self.stream.socket().untouched { not_sent(error) } else { error }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), HttpError> {
        self.stream.socket().until = Until::new(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        if !self.head.is_empty() {
            self.head.extend_from_slice(output);
            return self.write_head();
        }
        // Only POST, PUT and PATCH have a body.
        let is_head = self.stream.socket().untouched && output.starts_with(b"P") && output.ends_with(b"\r\n\r\n");
        if is_head {
            self.head.extend_from_slice(output);
            return Ok(());
        }
        let written = self.stream.write_all(output).and_then(|()| self.stream.flush());
        written.map_err(|error| self.failure(error))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, HttpError> {
        self.stream.socket().until = Until::new(timeout);
        if !self.head.is_empty() {
            self.write_head()?;
        }
        let n = match self.stream.read(self.buffers.input_append_buf()) {
            // Bytes that arrive before the request was sent cannot be its response.
            Ok(_) if self.stream.socket().untouched => return Err(self.failure(io::ErrorKind::BrokenPipe.into())),
            Ok(n) => n,
            Err(error) => return Err(self.failure(error)),
        };
        self.buffers.input_appended(n);
        self.has_read = true;
        Ok(n > 0)
    }

    // ureq calls this twice for each reuse: when it puts the connection into its pool, and when it takes it out. Only
    // the second call probes the socket, which saves three system calls for each request (`benches/calls.rs`).
    fn is_open(&mut self) -> bool {
        if !self.buffers.input().is_empty() || !self.stream.is_drained() {
            return false;
        }
        if std::mem::take(&mut self.has_read) {
            return true;
        }
        let socket = self.stream.socket();
        socket.untouched = true;
        socket.is_silent()
    }

    fn is_tls(&self) -> bool {
        self.is_tls
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}
