//! The body of a response: decoded, and at most as large as permitted.

use std::io::{self, BufRead, BufReader, Read};

#[cfg(feature = "gzip")]
use flate2::bufread::MultiGzDecoder;

use super::failure::{Limits, failure};
use super::header::{self, HeaderMap};
use super::http::Version;
use super::http::response::Parts;
use super::{BodyReader, Cause, HttpError, ResponseBody, TransportError};

/// The body of a response, at most as many bytes as permitted.
pub(crate) struct Body {
    reader: Reader,
    limits: Limits,
    expected: u64,
    limit: u64,
    /// The limit of one piece of a stream.
    piece: u64,
    read: u64,
}

enum Reader {
    Plain(BodyReader<'static>),
    #[cfg(feature = "gzip")]
    Gzip(Box<MultiGzDecoder<BufReader<Received>>>),
    /// A body that has not been read yet. An empty body has no coding, even if its headers name one.
    Coded(BufReader<Received>, String),
    Empty,
}

/// The bytes before decoding. Its errors are distinct from those of the decoder.
struct Received {
    body: BodyReader<'static>,
    /// Whether the end of the connection ends the body.
    #[cfg_attr(not(feature = "gzip"), allow(dead_code))]
    ends_with_connection: bool,
}

impl Read for Received {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| io::Error::other(HttpError::from(error)))
    }
}

impl Reader {
    /// Reads the codings of a body: names are case-insensitive, and `identity` is none.
    fn new(body: ResponseBody, version: Version, headers: &HeaderMap) -> Reader {
        let ends_with_connection = body.content_length().is_none() && !is_chunked(version, headers);
        let body = body.into_reader();
        let values = headers.get_all(header::CONTENT_ENCODING).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let codings = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        let codings: Vec<&str> =
            codings.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")).collect();
        if codings.is_empty() {
            return Reader::Plain(body);
        }
        Reader::Coded(BufReader::new(Received { body, ends_with_connection }), codings.join(", "))
    }

    fn start(body: BufReader<Received>, coding: &str) -> io::Result<Reader> {
        #[cfg(feature = "gzip")]
        if ["gzip", "x-gzip"].iter().any(|name| coding.eq_ignore_ascii_case(name)) {
            return Ok(Reader::Gzip(Box::new(MultiGzDecoder::new(body))));
        }
        drop(body);
        Err(io::Error::new(io::ErrorKind::Unsupported, coding))
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Reader::Plain(body) => body.read(buffer),
            #[cfg(feature = "gzip")]
            Reader::Gzip(decoder) => {
                let ends_with_connection = decoder.get_ref().get_ref().ends_with_connection;
                decoder.read(buffer).map_err(|error| match error.kind() {
                    io::ErrorKind::Other => error,
                    // The connection broke.
                    io::ErrorKind::UnexpectedEof if ends_with_connection => error,
                    _ => io::Error::new(io::ErrorKind::InvalidData, error),
                })
            }
            Reader::Coded(body, _) => {
                if body.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                if let Reader::Coded(body, coding) = std::mem::replace(self, Reader::Empty) {
                    *self = Reader::start(body, &coding)?;
                }
                self.read(buffer)
            }
            Reader::Empty => Ok(0),
        }
    }
}

impl Body {
    pub(super) fn new(body: ResponseBody, head: &Parts, limits: Limits, limit: u64, piece: u64) -> Body {
        let expected = body.content_length().unwrap_or(0);
        Body { reader: Reader::new(body, head.version, &head.headers), limits, expected, limit, piece, read: 0 }
    }

    /// Returns the body, and leaves an empty one in the response.
    pub fn detach(&mut self) -> Body {
        let Body { limits, expected, limit, piece, read, .. } = *self;
        Body { reader: std::mem::replace(&mut self.reader, Reader::Empty), limits, expected, limit, piece, read }
    }

    /// Reads all of it.
    pub fn read_all(&mut self) -> Result<Vec<u8>, TransportError> {
        // Memory for more than this is not reserved in advance: the declared length may be wrong. Most responses are
        // smaller.
        const TRUSTED: u64 = 1024 * 1024;
        let mut bytes = Vec::with_capacity(self.expected.min(self.limit).min(TRUSTED) as usize);
        io::copy(self, &mut bytes).map_err(TransportError::from)?;
        Ok(bytes)
    }

    /// Returns how many more bytes of a stream may be held. It is one more than the limit, so that a larger piece is
    /// noticed. A piece may be as large as a whole response.
    pub fn room(&self, held: usize) -> Result<usize, TransportError> {
        match self.piece.checked_sub(held as u64) {
            Some(left) => Ok(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1)),
            None => Err(TransportError::new(true, Cause::Decode, too_large(self.piece))),
        }
    }

    /// Returns the first bytes, without an error, for an error message.
    pub fn read_start(&mut self, at_most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.take(at_most as u64).read_to_end(&mut bytes);
        bytes
    }

    fn failure(&self, error: io::Error) -> TransportError {
        // The first two kinds come from the decoder: the connection never reports them.
        let what = match error.kind() {
            io::ErrorKind::InvalidData => "the response cannot be decompressed",
            io::ErrorKind::Unsupported => "the response has a Content-Encoding that was not requested",
            _ => return TransportError { sent: true, ..failure(error.into(), &self.limits) },
        };
        TransportError { received: Some(error.to_string()), ..TransportError::new(true, Cause::Decode, what) }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer).map_err(|error| io::Error::other(self.failure(error)))?;
        self.read += n as u64;
        if self.read > self.limit {
            return Err(io::Error::other(TransportError::new(true, Cause::Decode, too_large(self.limit))));
        }
        Ok(n)
    }
}

/// Returns whether the body has chunks, by ureq's rule. ureq does not show it.
fn is_chunked(version: Version, headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::TRANSFER_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|value| value.split(','));
    version != Version::HTTP_10 && codings.any(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
}

fn too_large(limit: u64) -> String {
    format!("the response is larger than the limit of {limit} bytes")
}
