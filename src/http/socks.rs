//! A tunnel through a SOCKS 5 proxy (RFC 1928, RFC 1929). ureq's own connector is not used, because it would replace
//! the socket that enforces the deadline.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::HttpError;
use super::lookup::Lookups;
use super::socket::{Stream, Until};

/// The host that the proxy connects to.
pub(super) enum Target {
    Address(SocketAddr),
    Name(String, u16),
}

impl Target {
    /// Returns the target. With `lookups` this machine looks up the name (`socks5`), otherwise the proxy does
    /// (`socks5h`).
    pub fn new(host: &str, port: u16, lookups: Option<&Lookups>, until: &Until) -> Result<Target, HttpError> {
        let host = host.trim_matches(['[', ']']);
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(Target::Address(SocketAddr::new(ip, port)));
        }
        if let Some(lookups) = lookups {
            let address = lookups.resolve(host, port, until)?.first().copied().ok_or(HttpError::HostNotFound)?;
            return Ok(Target::Address(address));
        }
        Ok(Target::Name(host.to_owned(), port))
    }

    fn encode(&self, request: &mut Vec<u8>) -> io::Result<()> {
        let port = match self {
            Target::Address(address) => {
                match address.ip() {
                    IpAddr::V4(ip) => {
                        request.push(1);
                        request.extend(ip.octets());
                    }
                    IpAddr::V6(ip) => {
                        request.push(4);
                        request.extend(ip.octets());
                    }
                }
                address.port()
            }
            Target::Name(name, port) => {
                request.push(3);
                push_text(request, name)?;
                *port
            }
        };
        request.extend(port.to_be_bytes());
        Ok(())
    }
}

/// Connects to the target. An error of kind `Other` is final.
pub(super) fn connect(stream: &mut dyn Stream, target: &Target, credentials: Option<(&str, &str)>) -> io::Result<()> {
    // The version, and the accepted methods: no authentication, and a password if there is one.
    let greeting: &[u8] = if credentials.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
    match (exchange(stream, greeting)?, credentials) {
        ([5, 0], _) => {}
        ([5, 2], Some((user, password))) => {
            let mut request = vec![1];
            push_text(&mut request, user)?;
            push_text(&mut request, password)?;
            if exchange(stream, &request)?[1] != 0 {
                return Err(io::Error::other("it refused the user and password"));
            }
        }
        ([5, _], None) => return Err(io::Error::other("it requires a user and a password")),
        ([5, _], Some(_)) => return Err(io::Error::other("it accepts no user and password")),
        _ => return Err(not_socks()),
    }
    let mut request = vec![5, 1, 0];
    target.encode(&mut request)?;
    match exchange(stream, &request)? {
        [5, 0] => {}
        [5, 2] => return Err(io::Error::other("its rules do not allow this host")),
        [5, reply] => return Err(io::Error::new(io::ErrorKind::ConnectionRefused, explain(reply))),
        _ => return Err(not_socks()),
    }
    // The address that the proxy uses.
    let [_, kind] = read(stream)?;
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => read::<1>(stream)?[0].into(),
        _ => return Err(not_socks()),
    };
    for _ in 0..length + 2 {
        read::<1>(stream)?;
    }
    Ok(())
}

fn exchange(stream: &mut dyn Stream, request: &[u8]) -> io::Result<[u8; 2]> {
    stream.write_all(request)?;
    stream.flush()?;
    read(stream)
}

fn read<const N: usize>(stream: &mut dyn Stream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn push_text(request: &mut Vec<u8>, text: &str) -> io::Result<()> {
    let too_long = |_| io::Error::other("the host, the user or the password is longer than 255 bytes");
    let length = u8::try_from(text.len()).map_err(too_long)?;
    request.push(length);
    request.extend(text.as_bytes());
    Ok(())
}

fn not_socks() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it does not speak SOCKS 5")
}

fn explain(reply: u8) -> &'static str {
    match reply {
        3 => "the network of the host is unreachable",
        4 => "the host is unreachable",
        5 => "the host refused the connection",
        6 => "the host is too far away",
        7 | 8 => "it does not support this kind of connection",
        _ => "it reports a failure without a reason",
    }
}
