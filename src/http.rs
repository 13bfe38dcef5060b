//! One attempt of one request: the only file that knows ureq.
//!
//! What was found out about ureq 3.5 by experiment, and what is done about it here:
//!
//! * A time-out for the whole call makes its resolver spawn a thread for each call, and it resolves
//!   before it looks into its pool. Here names are resolved by the connector: only for a new
//!   connection, and in a thread only if the host is a name.
//! * Its errors do not tell whether anything was sent. Here whatever fails while connecting is marked
//!   [`NotConnected`]; every other failure may have been seen by the service.
//! * It probes a pooled connection for having been closed, yet one that closes just after the probe
//!   loses the request. So writes use an agent that keeps no idle connections.
//! * `write_all` under a socket time-out is granted the time-out anew after each partial write, and
//!   each changed time-out is a system call. [`Tcp`] holds to the time it is given, and rounds what it
//!   tells the socket.
//! * It sends head and body in two writes. [`Joined`] makes them one.
//! * A line of a head that does not fit into its output buffer is an error that looks as if something had
//!   been sent. So longer targets and tokens are refused before.
//! * Informational answers are passed over without end; only the time-out ends them.
//! * It reads no answer before it has written all of the request: one that came early is lost where the
//!   rest of the body then meets a reset. What it was is not known, so the outcome is unknown.
//! * It closes a connection with bytes left over in its buffer, but those that come later only
//!   [`Tcp::is_open`] sees.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::uri::{Authority, PathAndQuery, Scheme, Uri};
use ureq::http::{self, Method};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as Within;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};
use ureq::{Agent, Proxy};

use crate::error::Error;
use crate::tls;

/// What attempts are made with, as the configuration says it.
pub(crate) struct Settings {
    /// One attempt, from connecting to the last byte of the reply.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub user_agent: String,
    /// Decoded bytes of one reply.
    pub max_response: u64,
    /// `None` is what the environment says.
    pub proxy: Option<String>,
    pub tls: Option<tls::Client>,
}

/// A base URL: scheme, host, port, and a path prefix without a slash at its end.
#[derive(Clone)]
pub(crate) struct Base {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

/// A header value that is never printed.
#[derive(Clone)]
pub(crate) struct SecretHeader(HeaderValue);

/// One request as it goes out.
pub(crate) struct Outgoing<'a> {
    pub method: &'static str,
    pub base: &'a Base,
    /// Path and query, escaped, from the first slash.
    pub target: &'a str,
    pub authorization: Option<&'a SecretHeader>,
    pub body: Option<(&'static str, &'a [u8])>,
    /// Not over a connection that has been idle.
    pub fresh: bool,
}

/// Why there is no reply.
pub(crate) struct Failure {
    /// The service may have seen the request; `false` only where it provably has not.
    pub sent: bool,
    pub cause: Cause,
    pub what: String,
    /// What came instead, as far as it is known.
    pub came: Vec<u8>,
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Timeout,
    Transport,
    /// A certificate that is not trusted and its like: the next attempt would fail in the same way.
    Refused,
    /// The reply is complete, or larger than allowed, but not what it should be.
    Decode,
}

/// The head of a reply, and its body still to be read.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

/// The body of a reply, at most as many bytes as allowed.
pub(crate) struct Body {
    reader: ureq::BodyReader<'static>,
    expected: u64,
    limit: u64,
    /// The same for a piece of a stream.
    piece: u64,
    read: u64,
}

pub(crate) struct Http {
    /// For what may be repeated: keeps connections.
    pooled: Agent,
    /// For what must not be lost: a new connection each time.
    fresh: Agent,
    user_agent: HeaderValue,
    timeout: Duration,
    max_response: u64,
}

/// Attempts that may last this much less than configured need no settings of their own.
const SLACK: Duration = Duration::from_millis(20);
const INPUT_BUFFER: usize = 32 * 1024;
const OUTPUT_BUFFER: usize = 16 * 1024;
/// Idle connections kept: one for each of as many threads.
const IDLE: usize = 32;

impl Http {
    pub fn new(settings: Settings) -> Result<Http, Error> {
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| Error::input("user_agent", "must be printable ASCII"))?;
        let proxy = match &settings.proxy {
            None => Proxy::try_from_env(),
            Some(url) => Some(Proxy::new(url).map_err(|_| Error::input("proxy", "is no URL of a proxy"))?),
        };
        if proxy.as_ref().is_some_and(|proxy| connect_uri(proxy).is_none()) {
            return Err(Error::input("proxy", "must be an http or https proxy"));
        }
        let agent = |idle: usize| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .allow_non_standard_methods(false)
                .timeout_per_call(Some(settings.timeout))
                .timeout_connect(Some(settings.connect_timeout))
                .input_buffer_size(INPUT_BUFFER)
                .output_buffer_size(OUTPUT_BUFFER)
                .max_idle_connections(idle)
                .max_idle_connections_per_host(idle)
                .user_agent(&settings.user_agent)
                .proxy(proxy.clone())
                .build();
            let dial = ().chain(ConnectProxyConnector::default()).chain(Dial { tls: settings.tls.clone() });
            Agent::with_parts(config, Outermost(dial), ResolvedLater)
        };
        Ok(Http {
            pooled: agent(IDLE),
            fresh: agent(0),
            user_agent,
            timeout: settings.timeout,
            max_response: settings.max_response,
        })
    }

    /// Sends one request once and reads the head of the reply, all within `left`, or within the time-out
    /// of one attempt if that is shorter, the body included. A `stream` has all that is left.
    pub fn attempt(&self, out: &Outgoing<'_>, left: Duration, stream: bool) -> Result<Reply, Failure> {
        if left.is_zero() {
            return Err(Failure::new(false, Cause::Timeout, "the deadline passed before it was sent"));
        }
        let request = self.request(out).map_err(|error| Failure::new(false, Cause::Transport, error.to_string()))?;
        let agent = if out.fresh { &self.fresh } else { &self.pooled };
        let result = match out.body {
            Some((_, bytes)) => self.run(agent, request.map(|()| bytes), left, stream),
            None => self.run(agent, request, left, stream),
        };
        let (head, body) = result.map_err(failure)?.into_parts();
        let encoding = head.headers.get(header::CONTENT_ENCODING).filter(|value| *value != "identity");
        if let Some(encoding) = encoding {
            let what = format!("the reply has a Content-Encoding that was not asked for: {encoding:?}");
            return Err(Failure::new(true, Cause::Decode, what));
        }
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Body {
                expected: body.content_length().unwrap_or(0),
                reader: body.into_reader(),
                limit: if stream { u64::MAX } else { self.max_response },
                piece: self.max_response,
                read: 0,
            },
        })
    }

    fn request(&self, out: &Outgoing<'_>) -> Result<http::Request<()>, http::Error> {
        let mut request = http::Request::new(());
        *request.method_mut() = Method::from_bytes(out.method.as_bytes())?;
        *request.uri_mut() = out.base.uri(out.target)?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        if let Some(SecretHeader(value)) = out.authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        if let Some((content_type, _)) = out.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(request)
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        agent: &Agent,
        request: http::Request<B>,
        left: Duration,
        stream: bool,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        // Settings of its own cost a request a copy of all settings, so only where they differ.
        if !stream && left + SLACK >= self.timeout {
            return agent.run(request);
        }
        let within = if stream { left } else { left.min(self.timeout) };
        agent.run(agent.configure_request(request).timeout_per_call(Some(within)).build())
    }
}

impl Reply {
    /// The first value of a header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All values of a header.
    pub fn header_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl Body {
    /// All of it.
    pub fn read_all(&mut self) -> Result<Vec<u8>, Failure> {
        // A length that only claims to be large does not get the memory in advance.
        const TRUSTED: u64 = 1024 * 1024;
        let mut bytes = Vec::with_capacity(self.expected.min(self.limit).min(TRUSTED) as usize);
        io::copy(self, &mut bytes).map_err(Failure::from)?;
        Ok(bytes)
    }

    /// Refuses to hold more of a stream at once than of a reply that is held as a whole.
    pub fn check_piece(&self, held: u64) -> Result<(), Failure> {
        match held > self.piece {
            true => Err(Failure::new(true, Cause::Decode, too_large(self.piece))),
            false => Ok(()),
        }
    }

    /// The first bytes of it, and no error: for what is only shown.
    pub fn read_start(&mut self, at_most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.take(at_most as u64).read_to_end(&mut bytes);
        bytes
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.read += n as u64;
        if self.read > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large(self.limit)));
        }
        Ok(n)
    }
}

fn too_large(limit: u64) -> String {
    format!("the reply is larger than the limit of {limit} bytes")
}

impl Failure {
    pub fn new(sent: bool, cause: Cause, what: impl Into<String>) -> Failure {
        Failure { sent, cause, what: what.into(), came: Vec::new(), source: None }
    }
}

impl From<io::Error> for Failure {
    /// What reading a body may end in. Something was sent, else there would be no body.
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return Failure::new(true, Cause::Decode, error.to_string());
        }
        let mut failure = failure(error.into());
        failure.sent = true;
        failure
    }
}

fn failure(error: ureq::Error) -> Failure {
    let (sent, error) = match error {
        ureq::Error::Other(inner) => match inner.downcast::<NotConnected>() {
            Ok(not_connected) => (false, not_connected.0),
            Err(other) => (true, ureq::Error::Other(other)),
        },
        other => (true, other),
    };
    let cause = match &error {
        ureq::Error::Timeout(_) => Cause::Timeout,
        ureq::Error::Io(io) if !sent && is_refusal(io) => Cause::Refused,
        #[cfg(feature = "gzip")]
        ureq::Error::Decompress(..) => Cause::Decode,
        _ => Cause::Transport,
    };
    let what = match (&error, sent) {
        (ureq::Error::Timeout(phase), true) => format!("timed out ({phase})"),
        (ureq::Error::Timeout(phase), false) => format!("timed out before it was sent ({phase})"),
        (error, true) => format!("no complete reply: {error}"),
        (error, false) => format!("not sent: {error}"),
    };
    Failure { source: Some(Arc::new(error)), ..Failure::new(sent, cause, what) }
}

/// TLS that is set up wrong on either side, as opposed to a network that fails.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Unsupported | io::ErrorKind::Other)
}

impl SecretHeader {
    /// `None` where the text cannot stand in a header.
    pub fn new(text: &str) -> Option<SecretHeader> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(SecretHeader(value))
    }

    /// The credential behind the scheme, to look for it where it must not be.
    pub fn secret(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.split_once(' ')).map_or("", |(_, secret)| secret)
    }
}

impl Base {
    pub fn parse(field: &str, url: &str) -> Result<Base, Error> {
        let refuse = |problem: &str| Err(Error::input(field, problem));
        let Ok(uri) = url.parse::<Uri>() else {
            return refuse("is no URL");
        };
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return refuse("is no URL: it must start with https:// and a host");
        };
        if authority.as_str().contains('@') {
            return refuse("must not carry a user or a password");
        }
        if uri.query().is_some() || url.contains('#') {
            return refuse("must not have a query or a fragment");
        }
        let host = authority.host().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if *scheme != Scheme::HTTPS && !(*scheme == Scheme::HTTP && loopback) {
            return refuse("must be https; plain http is accepted for loopback hosts only");
        }
        Ok(Base {
            scheme: scheme.clone(),
            authority: authority.clone(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    fn uri(&self, target: &str) -> Result<Uri, http::Error> {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        let mut path = String::with_capacity(self.prefix.len() + target.len());
        path.push_str(&self.prefix);
        path.push_str(target);
        parts.path_and_query = Some(PathAndQuery::try_from(path)?);
        Ok(Uri::from_parts(parts)?)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

fn connect_uri(proxy: &Proxy) -> Option<&Uri> {
    matches!(proxy.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https).then(|| proxy.uri())
}

// ---- Below this line: how a connection is made, and what goes over it.

/// Leaves the resolving to [`Dial`], which knows whether it is needed.
#[derive(Debug)]
struct ResolvedLater;

impl Resolver for ResolvedLater {
    fn resolve(&self, _: &Uri, _: &ureq::config::Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// Failed before a byte of the request was sent.
#[derive(Debug)]
struct NotConnected(ureq::Error);

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for NotConnected {}

/// Marks what fails while connecting.
#[derive(Debug)]
struct Outermost<C>(C);

impl<C: Connector> Connector for Outermost<C> {
    type Out = C::Out;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        match self.0.connect(details, chained) {
            // A connection to a proxy is one within one: marked once.
            Err(ureq::Error::Other(error)) if error.is::<NotConnected>() => Err(ureq::Error::Other(error)),
            Err(error) => Err(ureq::Error::Other(Box::new(NotConnected(error)))),
            connected => connected,
        }
    }
}

/// Resolves, connects, and sets up TLS; over the tunnel of a proxy only the last.
struct Dial {
    tls: Option<tls::Client>,
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl<In: Transport> Connector<In> for Dial {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let until = Until::new(details.timeout);
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let transport: Box<dyn Transport> = match chained {
            Some(tunnel) => Box::new(tunnel),
            None => Box::new(Tcp::connect(host, details, &until)?),
        };
        let Some(tls) = self.tls.as_ref().filter(|_| details.needs_tls()) else {
            return Ok(Some(transport));
        };
        let mut adapter = TransportAdapter::new(transport, details.current_time.clone());
        adapter.set_timeout(until.next());
        let session = tls.handshake(host, adapter)?;
        Ok(Some(Box::new(Tls { session, buffers: Joined::new() })))
    }
}

/// A point in time, and the reason that ureq gives for it.
struct Until {
    at: Option<Instant>,
    timeout: NextTimeout,
}

impl Until {
    fn new(timeout: NextTimeout) -> Until {
        let at = match timeout.after {
            Within::Exact(after) => Instant::now().checked_add(after),
            Within::NotHappening => None,
        };
        Until { at, timeout }
    }

    /// What is left of the time; `None` is no end.
    fn left(&self) -> Result<Option<Duration>, ureq::Error> {
        let Some(at) = self.at else { return Ok(None) };
        match at.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(ureq::Error::Timeout(self.timeout.reason)),
        }
    }

    fn next(&self) -> NextTimeout {
        let mut timeout = self.timeout;
        if let Some(at) = self.at {
            timeout.after = at.saturating_duration_since(Instant::now()).into();
        }
        timeout
    }
}

struct Tcp {
    stream: TcpStream,
    buffers: Joined,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// Just answered: no need to ask whether it is open.
    answered: bool,
}

impl Tcp {
    fn connect(host: &str, details: &ConnectionDetails, until: &Until) -> Result<Tcp, ureq::Error> {
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        let addresses = resolve(host, port, until)?;
        let mut last = ureq::Error::HostNotFound;
        for (i, address) in addresses.iter().enumerate() {
            // The first of several that is silent must not use up the time of the others.
            let share = until.left()?.map(|left| left / (addresses.len() - i) as u32);
            let stream = match share {
                Some(share) => TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))),
                None => TcpStream::connect(address),
            };
            match stream {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let buffers = Joined::new();
                    return Ok(Tcp { stream, buffers, read_timeout: None, write_timeout: None, answered: false });
                }
                Err(error) if is_timeout(&error) => last = ureq::Error::Timeout(until.timeout.reason),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// The addresses of a host. A name is looked up in a thread: the system's resolver knows no time-out.
fn resolve(host: &str, port: u16, until: &Until) -> Result<Vec<SocketAddr>, ureq::Error> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = host.to_owned();
    let look_up = move || {
        let _ = sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect));
    };
    std::thread::Builder::new().name("resolve".into()).spawn(look_up)?;
    let found: io::Result<Vec<SocketAddr>> = match until.left()? {
        Some(left) => receiver.recv_timeout(left).map_err(|_| ureq::Error::Timeout(until.timeout.reason))?,
        None => receiver.recv().map_err(|_| ureq::Error::HostNotFound)?,
    };
    found.map_err(|error| io::Error::new(io::ErrorKind::NotFound, format!("{host}: {error}")).into())
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// The largest time-out of four significant bits within `left`: as good as the same from call to call,
/// so that telling the socket is needed once. Who waits that long in vain waits once more for the rest.
fn rounded(left: Option<Duration>) -> Option<Duration> {
    let micros = u64::try_from(left?.as_micros()).unwrap_or(u64::MAX).max(1);
    let dropped = (u64::BITS - micros.leading_zeros()).saturating_sub(4);
    Some(Duration::from_micros(micros >> dropped << dropped))
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let until = Until::new(timeout);
        let mut output = self.buffers.release(amount);
        while !output.is_empty() {
            let wait = rounded(until.left()?);
            if self.write_timeout != wait {
                self.stream.set_write_timeout(wait)?;
                self.write_timeout = wait;
            }
            match self.stream.write(output) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(n) => output = output.get(n..).unwrap_or_default(),
                Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let until = Until::new(timeout);
        loop {
            let wait = rounded(until.left()?);
            if self.read_timeout != wait {
                self.stream.set_read_timeout(wait)?;
                self.read_timeout = wait;
            }
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(n) => {
                    self.buffers.input_appended(n);
                    self.answered = true;
                    return Ok(n > 0);
                }
                Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    // Asked twice: when a connection goes back to the pool, just after it answered, and when it is taken
    // from there. Only the second says anything.
    fn is_open(&mut self) -> bool {
        if std::mem::take(&mut self.answered) {
            return true;
        }
        let silent = |stream: &mut TcpStream| -> io::Result<bool> {
            stream.set_nonblocking(true)?;
            let read = stream.read(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        };
        silent(&mut self.stream).unwrap_or(false)
    }
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tcp({:?})", self.stream.peer_addr().ok())
    }
}

type Below = TransportAdapter<Box<dyn Transport>>;

struct Tls {
    session: Box<dyn tls::Session<Below>>,
    buffers: Joined,
}

impl Transport for Tls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.session.below().set_timeout(timeout);
        self.session.write_all(self.buffers.release(amount))?;
        Ok(self.session.flush()?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.session.below().set_timeout(timeout);
        let n = self.session.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(n);
        Ok(n > 0)
    }

    fn is_open(&mut self) -> bool {
        self.session.below().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Buffers that hold back the head of a request that has a body until the body is there, too.
struct Joined {
    buffers: LazyBuffers,
    /// Bytes of the head at the start of the output buffer.
    held: usize,
}

impl Joined {
    fn new() -> Joined {
        Joined { buffers: LazyBuffers::new(INPUT_BUFFER, OUTPUT_BUFFER), held: 0 }
    }

    /// What is to be sent now that `amount` more bytes are there: nothing, after a head alone.
    fn release(&mut self, amount: usize) -> &[u8] {
        let held = std::mem::take(&mut self.held);
        let output = self.buffers.output().get(..held + amount).unwrap_or_default();
        // POST, PUT and PATCH always have a body here, and no other method starts with a P.
        let is_head = output.starts_with(b"P") && output.ends_with(b"\r\n\r\n");
        if held == 0 && is_head && amount <= OUTPUT_BUFFER / 2 {
            self.held = amount;
            return &[];
        }
        output
    }
}

impl Buffers for Joined {
    fn output(&mut self) -> &mut [u8] {
        self.buffers.output().get_mut(self.held..).unwrap_or_default()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        let (tmp, output) = self.buffers.tmp_and_output();
        (tmp, output.get_mut(self.held..).unwrap_or_default())
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}
