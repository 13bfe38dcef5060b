//! One attempt of one request: the only file that names ureq. What the files below this one use of it
//! they take from here.
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
//! * It reads at most 64 KiB of the head of an answer, and 128 headers: more is an error, as it should be, so
//!   that no limit is set here.
//! * Informational answers are passed over without end; only the time-out ends them.
//! * It reads no answer before it has written all of the request: one that came early is lost where the
//!   rest of the body then meets a reset. What it was is not known, so the outcome is unknown.
//! * It closes a connection with bytes left over in its buffer, but those that come later only
//!   [`Tcp::is_open`] sees.

mod base;
mod buffers;
mod connection;

use std::io::{self, Read};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
// All that is used of ureq, in the files below, too.
use ureq::config::Config as AgentConfig;
use ureq::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ureq::http::{self, Method};
use ureq::unversioned::{resolver, transport};
use ureq::{Agent, AsSendBody, Body as Answer, BodyReader, Error as HttpError, Proxy, ProxyProtocol};

use self::connection::{NotConnected, ResolvedLater, connector};
use crate::error::Error;
use crate::tls;

pub(crate) use self::base::Base;

/// What attempts are made with, as the configuration says it.
pub(crate) struct Settings {
    /// One attempt, from connecting to the last byte of the reply.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub user_agent: String,
    pub headers: Vec<ExtraHeader>,
    /// Decoded bytes of one reply.
    pub max_response: u64,
    pub proxy: ProxySetting,
    pub tls: Option<tls::TlsClient>,
}

/// By which way connections are made.
pub(crate) enum ProxySetting {
    Direct,
    /// According to the environment.
    Environment,
    Url(String),
}

/// A header value that is never printed.
#[derive(Clone)]
pub(crate) struct SecretHeader(HeaderValue);

/// A header that the program adds to every request. Its value is a secret.
pub(crate) struct ExtraHeader(HeaderName, HeaderValue);

impl ExtraHeader {
    pub fn new(name: &str, value: &str) -> Result<ExtraHeader, Error> {
        // The crate or ureq sets these itself.
        const RESERVED: [HeaderName; 12] = [
            header::ACCEPT,
            header::ACCEPT_ENCODING,
            header::AUTHORIZATION,
            header::CONNECTION,
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::EXPECT,
            header::HOST,
            header::TE,
            header::TRANSFER_ENCODING,
            header::USER_AGENT,
        ];
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::input("header", format_args!("{name:?} is not the name of a header")))?;
        if RESERVED.contains(&parsed) {
            return Err(Error::input("header", format_args!("{name:?} is set by the crate itself")));
        }
        // The value must not appear in the error.
        let is_text = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if value.is_empty() || value.trim() != value || !is_text {
            let expected = "expected printable ASCII without white space at the ends";
            return Err(Error::input("header", format_args!("{name:?} has a value that cannot be sent; {expected}")));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::input("header", "has an invalid value"))?;
        value.set_sensitive(true);
        Ok(ExtraHeader(parsed, value))
    }
}

/// One request as it goes out.
pub(crate) struct HttpRequest<'a> {
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
pub(crate) struct TransportError {
    /// The service may have seen the request; `false` only where it provably has not.
    pub sent: bool,
    pub cause: Cause,
    /// The explanation, in the crate's words.
    pub what: String,
    /// More of the explanation, which may contain text of the other side and must be redacted.
    pub received: Option<String>,
    /// The start of a response that could not be decoded.
    pub body: Vec<u8>,
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
pub(crate) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

/// The body of a reply, at most as many bytes as allowed.
pub(crate) struct Body {
    reader: BodyReader<'static>,
    /// The content coding that cannot be decoded.
    unreadable: Option<String>,
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
    headers: Vec<ExtraHeader>,
    proxy_secrets: Vec<String>,
    timeout: Duration,
    max_response: u64,
}

/// Attempts that may last this much less than configured need no settings of their own.
const SLACK: Duration = Duration::from_millis(20);
/// Idle connections kept: one for each of as many threads.
const IDLE: usize = 32;

impl Http {
    pub fn new(settings: Settings) -> Result<Http, Error> {
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| Error::input("user_agent", "must be printable ASCII"))?;
        let proxy = match &settings.proxy {
            ProxySetting::Direct => None,
            ProxySetting::Environment => Proxy::try_from_env(),
            ProxySetting::Url(url) => Some(Proxy::new(url).map_err(|_| Error::input("proxy", "is no URL of a proxy"))?),
        };
        if proxy.as_ref().is_some_and(|proxy| !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)) {
            return Err(Error::input("proxy", "must be an http or https proxy"));
        }
        let agent = |idle: usize| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .allow_non_standard_methods(false)
                .timeout_per_call(Some(settings.timeout))
                .timeout_connect(Some(settings.connect_timeout))
                .input_buffer_size(buffers::INPUT)
                .output_buffer_size(buffers::OUTPUT)
                .max_idle_connections(idle)
                .max_idle_connections_per_host(idle)
                .user_agent(&settings.user_agent)
                .proxy(proxy.clone())
                .build();
            Agent::with_parts(config, connector(settings.tls.clone()), ResolvedLater)
        };
        Ok(Http {
            pooled: agent(IDLE),
            fresh: agent(0),
            user_agent,
            headers: settings.headers,
            proxy_secrets: proxy.as_ref().map(proxy_secrets).unwrap_or_default(),
            timeout: settings.timeout,
            max_response: settings.max_response,
        })
    }

    /// Sends one request once and reads the head of the reply, all within `left`, or within the time-out
    /// of one attempt if that is shorter, the body included. A `stream` has all that is left.
    pub fn attempt(&self, out: &HttpRequest<'_>, left: Duration, stream: bool) -> Result<HttpResponse, TransportError> {
        if left.is_zero() {
            return Err(TransportError::new(false, Cause::Timeout, "the deadline passed before it was sent"));
        }
        let request =
            self.request(out).map_err(|error| TransportError::new(false, Cause::Transport, error.to_string()))?;
        let agent = if out.fresh { &self.fresh } else { &self.pooled };
        let result = match out.body {
            Some((_, bytes)) => self.run(agent, request.map(|()| bytes), left, stream),
            None => self.run(agent, request, left, stream),
        };
        let (head, body) = result.map_err(failure)?.into_parts();
        // The status is good all the same.
        let encoding = head.headers.get(header::CONTENT_ENCODING).filter(|value| *value != "identity");
        let unreadable = encoding.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        Ok(HttpResponse {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Body {
                expected: body.content_length().unwrap_or(0),
                reader: body.into_reader(),
                unreadable,
                limit: if stream { u64::MAX } else { self.max_response },
                piece: self.max_response,
                read: 0,
            },
        })
    }

    /// The secrets of every request: the values of the headers that the program adds, and the password of the
    /// proxy.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter_map(|ExtraHeader(_, value)| value.to_str().ok());
        headers.chain(self.proxy_secrets.iter().map(String::as_str))
    }

    fn request(&self, out: &HttpRequest<'_>) -> Result<http::Request<()>, http::Error> {
        let mut request = http::Request::new(());
        *request.method_mut() = Method::from_bytes(out.method.as_bytes())?;
        *request.uri_mut() = out.base.uri(out.target)?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        for ExtraHeader(name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        if let Some(SecretHeader(value)) = out.authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        if let Some((content_type, _)) = out.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(request)
    }

    fn run<B: AsSendBody>(
        &self,
        agent: &Agent,
        request: http::Request<B>,
        left: Duration,
        stream: bool,
    ) -> Result<http::Response<Answer>, HttpError> {
        // Settings of its own cost a request a copy of all settings, so only where they differ.
        if !stream && left + SLACK >= self.timeout {
            return agent.run(request);
        }
        let within = if stream { left } else { left.min(self.timeout) };
        agent.run(agent.configure_request(request).timeout_per_call(Some(within)).build())
    }
}

/// The password of a proxy, alone and as it is sent.
fn proxy_secrets(proxy: &Proxy) -> Vec<String> {
    let Some(password) = proxy.password() else { return Vec::new() };
    let basic = STANDARD.encode(format!("{}:{password}", proxy.username().unwrap_or_default()));
    vec![password.to_owned(), basic]
}

impl HttpResponse {
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
    pub fn read_all(&mut self) -> Result<Vec<u8>, TransportError> {
        // A length that only claims to be large does not get the memory in advance.
        const TRUSTED: u64 = 1024 * 1024;
        let mut bytes = Vec::with_capacity(self.expected.min(self.limit).min(TRUSTED) as usize);
        io::copy(self, &mut bytes).map_err(TransportError::from)?;
        Ok(bytes)
    }

    /// How many bytes more of a stream may be held: one too many, so that it is seen when there are more. At
    /// once no more is held than of a reply that is held as a whole.
    pub fn room(&self, held: usize) -> Result<usize, TransportError> {
        match self.piece.checked_sub(held as u64) {
            Some(left) => Ok(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1)),
            None => Err(TransportError::new(true, Cause::Decode, too_large(self.piece))),
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
        if let Some(what) = &self.unreadable {
            return Err(io::Error::new(io::ErrorKind::Unsupported, what.as_str()));
        }
        let n = self.reader.read(buffer)?;
        self.read += n as u64;
        if self.read > self.limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large(self.limit)));
        }
        Ok(n)
    }
}

fn too_large(limit: u64) -> String {
    format!("the response is larger than the limit of {limit} bytes")
}

impl TransportError {
    pub fn new(sent: bool, cause: Cause, what: impl Into<String>) -> TransportError {
        TransportError { sent, cause, what: what.into(), received: None, body: Vec::new() }
    }
}

impl From<io::Error> for TransportError {
    /// What reading a body may end in. Something was sent, else there would be no body.
    fn from(error: io::Error) -> TransportError {
        match error.kind() {
            io::ErrorKind::FileTooLarge => return TransportError::new(true, Cause::Decode, error.to_string()),
            io::ErrorKind::Unsupported => {
                let what = "the response has a Content-Encoding that was not requested";
                let received = Some(error.to_string());
                return TransportError { received, ..TransportError::new(true, Cause::Decode, what) };
            }
            _ => {}
        }
        let mut failure = failure(error.into());
        failure.sent = true;
        failure
    }
}

fn failure(error: HttpError) -> TransportError {
    let (sent, error) = match error {
        HttpError::Other(inner) => match inner.downcast::<NotConnected>() {
            Ok(not_connected) => (false, not_connected.0),
            Err(other) => (true, HttpError::Other(other)),
        },
        other => (true, other),
    };
    let cause = match &error {
        HttpError::Timeout(_) => Cause::Timeout,
        HttpError::Io(io) if !sent && is_refusal(io) => Cause::Refused,
        #[cfg(feature = "gzip")]
        HttpError::Decompress(..) => Cause::Decode,
        _ => Cause::Transport,
    };
    let what = match (&error, sent) {
        (HttpError::Timeout(_), true) => "timed out",
        (HttpError::Timeout(_), false) => "timed out before it was sent",
        (_, true) => "no complete response",
        (_, false) => "not sent",
    };
    let received = match error {
        HttpError::Timeout(phase) => phase.to_string(),
        error => error.to_string(),
    };
    TransportError { received: Some(received), ..TransportError::new(sent, cause, what) }
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
