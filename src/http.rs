//! One attempt of one request. This module and those below it are the only ones that name ureq.
//!
//! Properties of ureq 3.5 that the callers depend on:
//!
//! * It reads at most 128 headers, and a head that fits into its input buffer. A longer head looks like a lost
//!   connection. Its limit for heads would also count the bytes after an informational response.
//! * It skips any number of informational responses; only a timeout ends them.
//! * If a line of the head does not fit into its output buffer, it returns an error that looks as if bytes had been
//!   sent. So longer targets and tokens are refused earlier.
//! * It drops an idle connection that is too old for a request, instead of keeping it for others.

mod base;
mod body;
mod connection;
mod failure;
mod lookup;
mod proxy;
mod secret;
mod socket;
#[cfg(feature = "socks-proxy")]
mod socks;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

// All imports from ureq, also for the files of the submodules.
use ureq::config::Config as AgentConfig;
use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::uri::{Authority, Uri};
use ureq::http::{self, Method};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport;
use ureq::{Agent, AsSendBody, Body as ResponseBody, BodyReader, Error as HttpError};
use ureq::{Proxy, ProxyProtocol, Timeout as TimeoutReason};

use self::connection::{Dial, LookUpLater};
use self::failure::{Limits, failure};
use self::lookup::Lookups;
use crate::deadline::{Limit, timed_out};
use crate::error::Error;
use crate::tls;

pub(crate) use self::base::Base;
pub(crate) use self::body::Body;
pub(crate) use self::proxy::{ProxyServer, Route};
pub(crate) use self::secret::{ExtraHeader, SecretHeader};

/// The configuration of all attempts.
pub(crate) struct Settings {
    /// The timeout of one attempt, from connecting to the last byte of the response.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub reuse_connections_for_writes: bool,
    pub user_agent: String,
    pub headers: Vec<ExtraHeader>,
    /// The limit of one response, in decoded bytes.
    pub max_response: u64,
    /// The ways to the hosts.
    pub routes: Vec<Route>,
    pub tls: Option<tls::TlsClient>,
}

/// The connections that a request may reuse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Any idle connection: for a request that can be retried.
    Any,
    /// A connection that has been idle for less than [`RECENT`], if the settings permit that.
    Recent,
    /// A new connection only.
    Never,
}

/// One request.
pub(crate) struct HttpRequest<'a> {
    pub method: &'static str,
    pub base: &'a Base,
    /// Path and query, percent-encoded, from the first slash.
    pub target: &'a str,
    pub authorization: Option<&'a SecretHeader>,
    pub body: Option<(&'static str, &'a [u8])>,
    pub reuse: Reuse,
    /// The name and the length of the limit that set the deadline, for error messages.
    pub call_limit: Limit,
}

/// The failure of an attempt without a usable response.
#[derive(Debug)]
pub(crate) struct TransportError {
    /// Whether the service may have received the request; `false` only if it provably has not.
    pub sent: bool,
    pub cause: Cause,
    /// The explanation of the crate.
    pub what: String,
    /// A further explanation that may contain received text and must be redacted.
    pub received: Option<String>,
    /// The start of a response that could not be decoded.
    pub body: Vec<u8>,
    /// Whether `body` is a later part of the response.
    pub is_part: bool,
    /// The number of bytes at the start of `body` that are not shown. A secret that begins in them is redacted.
    pub context: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Timeout,
    Transport,
    /// The next attempt would fail in the same way, as with an untrusted certificate.
    Refused,
    /// The response is complete, or larger than permitted, and cannot be used.
    Decode,
}

/// The head of a response, and its body still to be read.
pub(crate) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

pub(crate) struct Http {
    agents: Mutex<Agents>,
    dial: Dial,
    reuse_for_writes: bool,
    user_agent: HeaderValue,
    headers: Vec<ExtraHeader>,
    proxy_secrets: Vec<String>,
    timeout: Duration,
    connect_timeout: Duration,
    max_response: u64,
}

struct Agents {
    /// Keeps idle connections, for all requests.
    pooled: Agent,
    /// Keeps none, for requests that need a new connection: ureq would drop the idle ones.
    unpooled: Agent,
}

impl Agents {
    /// Returns agents with the same settings, and without connections.
    fn renewed(&self, dial: &Dial) -> Agents {
        let [pooled, unpooled] = [&self.pooled, &self.unpooled]
            .map(|agent| Agent::with_parts(agent.config().clone(), dial.clone(), LookUpLater));
        Agents { pooled, unpooled }
    }
}

/// The timeouts of an attempt that differ from call to call.
#[derive(Clone, Copy)]
struct Times {
    /// The timeout of the whole attempt.
    within: Duration,
    /// The timeout of each step up to the head of a response that is a stream.
    head: Option<Duration>,
}

/// The idle time within which a write may reuse a connection. Services keep idle connections for 5 s and longer, so a
/// service closes a connection at that moment only if it restarts.
const RECENT: Duration = Duration::from_secs(1);
/// The least time for an attempt. With less, ureq may end the attempt between connecting and the first byte, with an
/// error that looks as if bytes had been sent.
const MIN_ATTEMPT_TIME: Duration = Duration::from_millis(1);
/// An attempt whose time is shorter than the configured timeout by at most this much uses the configured timeout. A
/// timeout of its own would cost a copy of all settings.
const SLACK: Duration = Duration::from_millis(20);
/// The maximum number of idle connections: one for each of 32 threads.
const IDLE: usize = 32;
/// The input buffer: two TLS records of the largest size, because a response may begin in the middle of a record.
const INPUT: usize = 32 * 1024;
/// The maximum length of a target and of a header value. Services refuse longer ones, and a line of the head must fit
/// into the output buffer.
const MAX_LINE: usize = 8_000;
/// The output buffer.
const OUTPUT: usize = 16 * 1024;

impl Http {
    pub fn new(settings: Settings) -> Result<Http, Error> {
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| Error::input("user_agent", "must be printable ASCII"))?;
        let proxy_secrets =
            settings.routes.iter().filter_map(|route| route.proxy.as_ref()).flat_map(ProxyServer::secrets).collect();
        let dial = Dial {
            tls: settings.tls,
            user_agent: settings.user_agent,
            routes: settings.routes,
            lookups: Lookups::default(),
        };
        let agent = |idle: usize| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .timeout_per_call(Some(settings.timeout))
                .timeout_connect(Some(settings.connect_timeout))
                .input_buffer_size(INPUT)
                .output_buffer_size(OUTPUT)
                .max_idle_connections(idle)
                .max_idle_connections_per_host(idle)
                // `Dial` handles proxies. Without this line, ureq would read the environment.
                .proxy(None)
                .build();
            Agent::with_parts(config, dial.clone(), LookUpLater)
        };
        Ok(Http {
            agents: Mutex::new(Agents { pooled: agent(IDLE), unpooled: agent(0) }),
            dial,
            reuse_for_writes: settings.reuse_connections_for_writes,
            user_agent,
            headers: settings.headers,
            proxy_secrets,
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            max_response: settings.max_response,
        })
    }

    /// Sends one request once and reads the head of the response.
    ///
    /// The response must end within `left`, and within the timeout of an attempt. Of a `stream`, only the head must
    /// arrive within the timeout of an attempt, which begins when the connection is open.
    pub fn attempt(
        &self,
        outgoing: &HttpRequest<'_>,
        left: Duration,
        stream: bool,
    ) -> Result<HttpResponse, TransportError> {
        if left < MIN_ATTEMPT_TIME {
            return Err(TransportError::new(
                false,
                Cause::Timeout,
                format!("not sent: {}", timed_out(outgoing.call_limit)),
            ));
        }
        let request =
            self.request(outgoing).map_err(|error| TransportError::new(false, Cause::Refused, error.to_string()))?;
        let (limits, times) = self.limits(outgoing.call_limit, left, stream);
        let result = match outgoing.body {
            Some((_, bytes)) => self.run(request.map(|()| bytes), outgoing.reuse, times),
            // Without a length, ureq sends an empty chunked body, which not every gateway accepts.
            None if matches!(outgoing.method, "POST" | "PUT" | "PATCH") => {
                self.run(request.map(|()| &[][..]), outgoing.reuse, times)
            }
            None => self.run(request, outgoing.reuse, times),
        };
        let (head, body) = result.map_err(|error| failure(error, &limits))?.into_parts();
        let limit = if stream { u64::MAX } else { self.max_response };
        let body = Body::new(body, &head, limits, limit, self.max_response);
        Ok(HttpResponse { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Returns the secrets of every request: the values of the headers that the program adds, and the password of the
    /// proxy.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter_map(|ExtraHeader(_, value)| value.to_str().ok());
        headers.chain(self.proxy_secrets.iter().map(String::as_str))
    }

    fn request(&self, outgoing: &HttpRequest<'_>) -> Result<http::Request<()>, http::Error> {
        // ureq's own feature decodes only the exact name `gzip`, and fails for an empty body.
        const CODINGS: &str = if cfg!(feature = "gzip") { "gzip" } else { "identity" };
        let mut request = http::Request::new(());
        *request.method_mut() = Method::from_bytes(outgoing.method.as_bytes())?;
        *request.uri_mut() = outgoing.base.uri(outgoing.target)?;
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        for ExtraHeader(name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        if let Some(SecretHeader(value)) = outgoing.authorization {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        if let Some((content_type, _)) = outgoing.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(request)
    }

    /// Returns the limits of an attempt, and their values.
    fn limits(&self, call_limit: Limit, left: Duration, stream: bool) -> (Limits, Times) {
        let (connect, head) = (("connect timeout", self.connect_timeout), ("attempt timeout", self.timeout));
        if stream {
            let connect = if head.1 < connect.1 { head } else { connect };
            return (Limits { connect, head, attempt: call_limit }, Times { within: left, head: Some(self.timeout) });
        }
        let attempt = if left >= self.timeout { head } else { call_limit };
        (Limits { connect, head, attempt }, Times { within: left.min(self.timeout), head: None })
    }

    fn run<B: AsSendBody>(
        &self,
        request: http::Request<B>,
        reuse: Reuse,
        times: Times,
    ) -> Result<http::Response<ResponseBody>, HttpError> {
        let recent = reuse == Reuse::Recent && self.reuse_for_writes;
        let agent = self.agent(recent || reuse == Reuse::Any);
        let run = || {
            let Times { within, head } = times;
            // Per-request settings cost a copy of all settings, so they are used only if they differ.
            if !recent && head.is_none() && within + SLACK >= self.timeout {
                return agent.run(request);
            }
            let mut settings = agent.configure_request(request).timeout_per_call(Some(within));
            if let Some(head) = head {
                settings = settings.timeout_connect(Some(head.min(self.connect_timeout)));
                settings = settings.timeout_send_request(Some(head)).timeout_send_body(Some(head));
                settings = settings.timeout_recv_response(Some(head));
            }
            agent.run(if recent { settings.max_idle_age(RECENT) } else { settings }.build())
        };
        // ureq logs while it holds the lock of its pool. After a panic in a logger, each use of that pool would panic.
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let mut agents = self.lock();
            *agents = agents.renewed(&self.dial);
            drop(agents);
            resume_unwind(panic)
        })
    }

    fn agent(&self, is_pooled: bool) -> Agent {
        let agents = self.lock();
        if is_pooled { agents.pooled.clone() } else { agents.unpooled.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Agents> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpResponse {
    /// Returns a copy of the head, with the body if it has not been taken yet.
    pub fn detach(&mut self) -> HttpResponse {
        HttpResponse { status: self.status, headers: self.headers.clone(), body: self.body.detach() }
    }

    /// Returns the first value of a header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all values of a header.
    pub fn header_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl TransportError {
    pub fn new(sent: bool, cause: Cause, what: impl Into<String>) -> TransportError {
        TransportError { sent, cause, what: what.into(), received: None, body: Vec::new(), is_part: false, context: 0 }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl StdError for TransportError {}

impl From<io::Error> for TransportError {
    /// Returns the transport error inside an error of a [`Body`].
    fn from(error: io::Error) -> TransportError {
        error.downcast().unwrap_or_else(|error| TransportError::new(true, Cause::Transport, error.to_string()))
    }
}
