//! A TCP socket and the TLS layers above it. One deadline, stored in the socket, bounds all layers.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::lookup::Lookups;
use super::transport::NextTimeout;
use super::{HttpError, TimeoutReason};
use crate::tls;

/// Bytes to and from the service or a proxy.
pub(super) trait Stream: Read + Write + Send + Sync {
    fn socket(&mut self) -> &mut Socket;
    /// Returns whether no write failed and no layer above the socket holds a received but unread byte.
    fn is_drained(&mut self) -> bool;
}

/// A point in time, and the limit that it comes from.
#[derive(Clone, Copy)]
pub(super) struct Until {
    at: Instant,
    reason: TimeoutReason,
}

impl Until {
    pub fn new(timeout: NextTimeout) -> Until {
        // A year: no setting is longer, and an `Instant` cannot be arbitrarily late.
        const LONGEST: Duration = Duration::from_secs(365 * 86_400);
        Until { at: Instant::now() + (*timeout.after).min(LONGEST), reason: timeout.reason }
    }

    pub fn left(&self) -> Result<Duration, HttpError> {
        let left = self.at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.timed_out()) } else { Ok(left) }
    }

    pub fn timed_out(&self) -> HttpError {
        HttpError::Timeout(self.reason)
    }

    /// Returns a deadline at the end of a timeout that starts now.
    #[cfg(test)]
    pub fn within(time: Duration) -> Until {
        Until { at: Instant::now() + time, reason: TimeoutReason::Connect }
    }

    /// Returns a timeout error if the time is up, because a TLS library may hide that; otherwise the error itself.
    pub fn explain(&self, error: io::Error) -> HttpError {
        self.left().err().unwrap_or_else(|| error.into())
    }
}

pub(super) struct Socket {
    stream: TcpStream,
    pub until: Until,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// Whether the kernel has accepted no byte since this was set, so that nothing was sent.
    pub untouched: bool,
    /// Whether a write met the end of the connection. Later writes then succeed and drop their bytes, so that an early
    /// response can still be read: TLS libraries fail each read if they cannot write first.
    is_cut: bool,
}

impl Socket {
    pub fn connect(host: &str, port: u16, until: Until, lookups: &Lookups) -> Result<Socket, HttpError> {
        let addresses = lookups.resolve(host.trim_matches(['[', ']']), port, &until)?;
        let mut last = HttpError::HostNotFound;
        for (i, address) in addresses.iter().enumerate() {
            // A silent address must not use up the time of the addresses after it.
            let share = until.left()? / (addresses.len() - i) as u32;
            match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let (read_timeout, write_timeout) = (None, None);
                    return Ok(Socket { stream, until, read_timeout, write_timeout, untouched: true, is_cut: false });
                }
                Err(error) => last = connect_error(error, &until),
            }
        }
        Err(last)
    }

    /// Returns whether the connection is idle: it has no unread byte, and the other side has not closed it.
    pub fn is_silent(&mut self) -> bool {
        let mut probe = || -> io::Result<bool> {
            self.stream.set_nonblocking(true)?;
            let read = self.stream.read(&mut [0]);
            self.stream.set_nonblocking(false)?;
            Ok(read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        };
        probe().unwrap_or(false)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let wait = Some(rounded(self.until.left().map_err(HttpError::into_io)?));
            if self.read_timeout != wait {
                self.stream.set_read_timeout(wait)?;
                self.read_timeout = wait;
            }
            match self.stream.read(buffer) {
                Err(error) if is_temporary(&error) => {}
                // The failed write has cleared the error of the socket, so the end of the stream may be a reset.
                Ok(0) if self.is_cut && !buffer.is_empty() => return Err(io::ErrorKind::ConnectionReset.into()),
                result => return result,
            }
        }
    }
}

impl Write for Socket {
    // This does not use ureq's `write_all`, which restarts the timeout after each partial write
    // (tests/it/faults/connection.rs: `an_unread_request_ends_at_the_timeout`).
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while !self.is_cut {
            let wait = Some(rounded(self.until.left().map_err(HttpError::into_io)?));
            if self.write_timeout != wait {
                self.stream.set_write_timeout(wait)?;
                self.write_timeout = wait;
            }
            match self.stream.write(bytes) {
                Err(error) if is_temporary(&error) => {}
                Err(error) if is_end(&error) => self.is_cut = true,
                result => {
                    self.untouched &= result.is_err();
                    return result;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Socket {
    fn socket(&mut self) -> &mut Socket {
        self
    }

    fn is_drained(&mut self) -> bool {
        !self.is_cut
    }
}

/// Returns whether the other side has closed the connection.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionReset | ConnectionAborted)
}

/// Returns whether only the timeout of one system call has passed. On systems other than Windows, `TimedOut` means that
/// the connection ended because the other side acknowledged nothing for a long time.
fn is_temporary(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => true,
        kind => cfg!(windows) && kind == io::ErrorKind::TimedOut,
    }
}

/// Returns the error of a failed connect. A timeout with an error number of the system is the timeout of the kernel, which
/// may be shorter than that of this crate.
fn connect_error(error: io::Error, until: &Until) -> HttpError {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::TimedOut, None) => until.timed_out(),
        _ => error.into(),
    }
}

/// Returns `left`, rounded down to four significant bits. The result is mostly the same from call to call, which saves
/// two system calls for each call (`benches/calls.rs`).
fn rounded(left: Duration) -> Duration {
    let micros = u64::try_from(left.as_micros()).unwrap_or(u64::MAX).max(1);
    let dropped = (u64::BITS - micros.leading_zeros()).saturating_sub(4);
    Duration::from_micros(micros >> dropped << dropped)
}

/// TLS over another stream.
pub(super) struct Secure {
    session: Box<dyn tls::Session<Records>>,
    peer: tls::Peer,
    /// Whether bytes were read, so that the server has accepted the handshake.
    accepted: bool,
}

impl Secure {
    pub fn handshake(tls: &tls::TlsClient, peer: tls::Peer, mut stream: Box<dyn Stream>) -> Result<Secure, HttpError> {
        let until = stream.socket().until;
        let records = Records::new(stream);
        let session = tls.handshake(&peer, records).map_err(|error| until.explain(error))?;
        Ok(Secure { session, peer, accepted: false })
    }
}

impl Read for Secure {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.session.read(buffer);
        match &read {
            // Some TLS libraries treat any end of the connection as a regular one.
            Ok(0) if self.session.below().ended => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if !self.accepted && self.session.below().is_encrypted() => {
                match self.session.refusal(error, &self.peer) {
                    Some(words) => {
                        self.session.below().socket().untouched = true;
                        Err(io::Error::new(io::ErrorKind::InvalidData, words))
                    }
                    None => read,
                }
            }
            _ => {
                self.accepted |= read.is_ok();
                read
            }
        }
    }
}

impl Write for Secure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.session.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.session.flush()
    }
}

impl Stream for Secure {
    fn socket(&mut self) -> &mut Socket {
        self.session.below().socket()
    }

    fn is_drained(&mut self) -> bool {
        self.session.is_drained() && self.session.below().is_drained()
    }
}

/// The stream under TLS. It returns one record at a time, so that the TLS library never buffers bytes of the next
/// record.
pub(super) struct Records {
    stream: BufReader<Box<dyn Stream>>,
    header: [u8; 5],
    /// The number of header bytes that were read, and the number of bytes left in the record.
    have: usize,
    left: usize,
    /// The connection has ended.
    ended: bool,
}

impl Records {
    fn new(stream: Box<dyn Stream>) -> Records {
        Records { stream: BufReader::new(stream), header: [0; 5], have: 0, left: 0, ended: false }
    }

    /// Returns whether the type of the last record was encrypted, as it always is after a handshake of TLS 1.3. Under
    /// TLS 1.2, the client certificate is accepted before the handshake ends, so a later alert proves nothing.
    fn is_encrypted(&self) -> bool {
        const APPLICATION_DATA: u8 = 23;
        self.header.first() == Some(&APPLICATION_DATA)
    }

    fn socket(&mut self) -> &mut Socket {
        self.stream.get_mut().socket()
    }

    fn is_drained(&mut self) -> bool {
        self.have == 0 && self.stream.buffer().is_empty() && self.stream.get_mut().is_drained()
    }
}

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let in_header = self.have < self.header.len();
        let wanted = if in_header { self.header.len() - self.have } else { self.left };
        if buffer.is_empty() {
            return Ok(0);
        }
        let room = buffer.len().min(wanted);
        let Some(room) = buffer.get_mut(..room) else { return Ok(0) };
        let n = self.stream.read(room)?;
        self.ended = n == 0 && wanted > 0;
        if in_header {
            let read = room.iter().take(n);
            self.header.iter_mut().skip(self.have).zip(read).for_each(|(to, from)| *to = *from);
            self.have += n;
            let [_, _, _, high, low] = self.header;
            self.left = u16::from_be_bytes([high, low]).into();
        } else {
            self.left -= n;
        }
        if self.have == self.header.len() && self.left == 0 {
            self.have = 0;
        }
        Ok(n)
    }
}

impl Write for Records {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.get_mut().flush()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_the_own_limit_of_a_connect_is_a_timeout() {
        let until = Until::within(Duration::from_secs(60));
        assert!(matches!(connect_error(io::ErrorKind::TimedOut.into(), &until), HttpError::Timeout(_)));
        let system = io::Error::from_raw_os_error(if cfg!(windows) { 10060 } else { 110 });
        assert!(matches!(connect_error(system, &until), HttpError::Io(_)));
    }

    #[test]
    fn a_read_into_an_empty_buffer_is_not_the_end_of_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let until = Until::within(Duration::from_secs(60));
        let port = listener.local_addr().unwrap().port();
        let stream: Box<dyn Stream> = Box::new(Socket::connect("127.0.0.1", port, until, &Lookups::default()).unwrap());
        let mut records = Records::new(stream);
        assert_eq!(records.read(&mut []).unwrap(), 0);
        assert!(!records.ended);
        drop(listener);
    }
}
