//! How a connection is made, and what goes over it: names, TCP, TLS, each within the time it is given.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::buffers::Joined;
use super::http::uri::Uri;
use super::resolver::{ResolvedSocketAddrs, Resolver};
use super::transport::time::Duration as Within;
use super::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, Transport, TransportAdapter,
};
use super::{AgentConfig, HttpError};
use crate::tls;

/// All that it takes to connect, by way of a proxy where there is one.
pub(super) fn connector(tls: Option<tls::TlsClient>) -> impl Connector {
    Outermost(().chain(ConnectProxyConnector::default()).chain(Dial { tls }))
}

/// Leaves the resolving to [`Dial`], which knows whether it is needed.
#[derive(Debug)]
pub(super) struct ResolvedLater;

impl Resolver for ResolvedLater {
    fn resolve(&self, _: &Uri, _: &AgentConfig, _: NextTimeout) -> Result<ResolvedSocketAddrs, HttpError> {
        Ok(self.empty())
    }
}

/// Failed before a byte of the request was sent.
#[derive(Debug)]
pub(super) struct NotConnected(pub(super) HttpError);

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for NotConnected {}

/// Marks what fails while connecting.
#[derive(Debug)]
struct Outermost<C>(C);

impl<C: Connector> Connector for Outermost<C> {
    type Out = C::Out;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, HttpError> {
        match self.0.connect(details, chained) {
            // A connection to a proxy is one within one: marked once.
            Err(HttpError::Other(error)) if error.is::<NotConnected>() => Err(HttpError::Other(error)),
            Err(error) => Err(HttpError::Other(Box::new(NotConnected(error)))),
            connected => connected,
        }
    }
}

/// Resolves, connects, and sets up TLS; over the tunnel of a proxy only the last.
struct Dial {
    tls: Option<tls::TlsClient>,
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl<In: Transport> Connector<In> for Dial {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, HttpError> {
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
        let failed = |error: io::Error| until.left().err().unwrap_or_else(|| error.into());
        let session = tls.handshake(host, adapter).map_err(failed)?;
        Ok(Some(Box::new(Tls { session, buffers: Joined::new() })))
    }
}

/// A point in time, and the reason that is given for it.
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
    fn left(&self) -> Result<Option<Duration>, HttpError> {
        let Some(at) = self.at else { return Ok(None) };
        match at.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(HttpError::Timeout(self.timeout.reason)),
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
    fn connect(host: &str, details: &ConnectionDetails, until: &Until) -> Result<Tcp, HttpError> {
        let port = details.uri.port_u16().unwrap_or(if details.needs_tls() { 443 } else { 80 });
        let addresses = resolve(host, port, until)?;
        let mut last = HttpError::HostNotFound;
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
                Err(error) if is_timeout(&error) => last = HttpError::Timeout(until.timeout.reason),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// The addresses of a host. A name is looked up in a thread: the system's resolver knows no time-out.
fn resolve(host: &str, port: u16, until: &Until) -> Result<Vec<SocketAddr>, HttpError> {
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
        Some(left) => receiver.recv_timeout(left).map_err(|_| HttpError::Timeout(until.timeout.reason))?,
        None => receiver.recv().map_err(|_| HttpError::HostNotFound)?,
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

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), HttpError> {
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

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, HttpError> {
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

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), HttpError> {
        self.session.below().set_timeout(timeout);
        self.session.write_all(self.buffers.release(amount))?;
        Ok(self.session.flush()?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, HttpError> {
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
