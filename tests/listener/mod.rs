//! A raw TCP listener with scripted responses, for faults that no HTTP library can produce.
//!
//! The n-th request to the listener gets the n-th scripted response, or the result of a function. The last response of
//! a script is sent to all later requests. Every connection has a thread; all end when the listener is dropped.

pub mod calls;
mod folder;
pub mod log_lines;
pub mod messages;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use folder::{FileInFolder, Folder};
use socket2::SockRef;
pub use socket2::Socket;

/// The scripted response to one request.
#[derive(Clone, Debug)]
pub enum Scripted {
    /// A complete response with its length.
    Response {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// A complete response that promises to keep the connection, which is then closed at once.
    ResponseThenClose(Box<Scripted>),
    /// A complete response that promises to keep the connection, which is closed when the next request arrives.
    ResponseThenCloseOnNext(Box<Scripted>),
    /// The same, but reset.
    ResponseThenResetOnNext(Box<Scripted>),
    /// These bytes; the connection stays open for more.
    Raw(Vec<u8>),
    RawThenClose(Vec<u8>),
    RawThenReset(Vec<u8>),
    /// These bytes, and more after a pause; the connection stays open.
    RawThenMore(Vec<u8>, Vec<u8>),
    /// These bytes and no more; the connection stays open.
    RawThenSilent(Vec<u8>),
    /// Reads the request, and closes.
    Close,
    /// Reads the request, and resets.
    Reset,
    /// Reads the request, and never responds.
    Silent,
    /// The head at once, then these bytes one at a time, over and over.
    Drip {
        head: Vec<u8>,
        bytes: Vec<u8>,
        every: Duration,
    },
    /// The head, then the same bytes over and over, until the client closes the connection.
    Flood {
        head: Vec<u8>,
        chunk: Vec<u8>,
    },
    /// Reads this number of bytes of the request, and resets.
    ResetMidRequest(usize),
    /// Neither reads nor writes.
    Stuck,
    /// Reads the head, and responds with the body unread.
    BeforeBody(Box<Scripted>),
    /// Responds as soon as a request begins, with all of it unread.
    Unsolicited(Box<Scripted>),
    /// Responds after this time.
    Delayed(Duration, Box<Scripted>),
}

impl Scripted {
    pub fn json(status: u16, body: impl ToString) -> Scripted {
        Scripted::text(status, body.to_string()).with("Content-Type", "application/json")
    }

    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Scripted {
        Scripted::Response { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Scripted {
        if let Scripted::Response { headers, .. } = &mut self {
            headers.push((name, value.to_string()));
        }
        self
    }

    pub fn then_close(self) -> Scripted {
        Scripted::ResponseThenClose(Box::new(self))
    }

    pub fn then_close_on_next(self) -> Scripted {
        Scripted::ResponseThenCloseOnNext(Box::new(self))
    }

    pub fn then_reset_on_next(self) -> Scripted {
        Scripted::ResponseThenResetOnNext(Box::new(self))
    }

    pub fn before_body(self) -> Scripted {
        Scripted::BeforeBody(Box::new(self))
    }

    pub fn unsolicited(self) -> Scripted {
        Scripted::Unsolicited(Box::new(self))
    }

    /// Returns whether the response is sent before the request or its body has been read.
    fn is_early(&self) -> bool {
        matches!(self, Scripted::ResetMidRequest(_) | Scripted::BeforeBody(_) | Scripted::Unsolicited(_))
    }

    /// Returns the bytes of a complete response.
    pub fn bytes(&self) -> Vec<u8> {
        let Scripted::Response { status, headers, body } = self else { panic!("{self:?} is no complete response") };
        let mut bytes = format!("HTTP/1.1 {status} Status\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        if !matches!(status, 204 | 304) {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }
}

/// A request as it arrived, or as much of it as was read.
#[derive(Clone, Debug)]
pub struct Request {
    /// From 0, over all connections.
    pub number: usize,
    /// From 0.
    pub connection: u64,
    /// Empty if the scripted response does not read the head.
    pub method: String,
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Everything that was read, as it came.
    pub raw: Vec<u8>,
    pub at: Instant,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

type Script = Box<dyn Fn(&Request) -> Scripted + Send + Sync>;

/// Before the response is chosen, only the connection and the number are known.
type Early = Box<dyn Fn(usize) -> Option<Scripted> + Send + Sync>;

struct Shared {
    script: Script,
    early: Early,
    state: Mutex<State>,
    changed: Condvar,
    ended: AtomicBool,
    /// Bytes written by `Flood`, and the second ones by `RawThenMore`.
    flooded: AtomicU64,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    numbers: usize,
    connections: u64,
    open: HashMap<u64, TcpStream>,
    /// The addresses of connections that only mark a place in the queue; see `wait_until_left`.
    markers: HashSet<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
}

pub struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Listener {
    /// Starts a listener that gives each request the next response; the last one is for all later requests.
    pub fn scripted(script: impl IntoIterator<Item = Scripted>) -> Listener {
        Listener::scripted_on(bound(), script)
    }

    /// Like `scripted`, on a socket that is already bound.
    pub fn scripted_on(socket: Socket, script: impl IntoIterator<Item = Scripted>) -> Listener {
        let script: Arc<[Scripted]> = script.into_iter().collect();
        let nth = |script: &[Scripted], n: usize| script[n.min(script.len() - 1)].clone();
        let early = script.clone();
        Listener::start(
            socket,
            Box::new(move |n| Some(nth(&early, n)).filter(Scripted::is_early)),
            Box::new(move |request| nth(&script, request.number)),
        )
    }

    /// Starts a listener that gives each request the response that `script` returns.
    pub fn responding(script: impl Fn(&Request) -> Scripted + Send + Sync + 'static) -> Listener {
        Listener::start(bound(), Box::new(|_| None), Box::new(script))
    }

    fn start(socket: Socket, early: Early, script: Script) -> Listener {
        socket.listen(1024).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script,
            early,
            state: Mutex::default(),
            changed: Condvar::new(),
            ended: AtomicBool::new(false),
            flooded: AtomicU64::new(0),
        });
        let accepting = {
            let shared = shared.clone();
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Listener { address, shared, accepting: Some(accepting) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    pub fn count(&self) -> usize {
        self.shared.lock().requests.len()
    }

    pub fn connections(&self) -> u64 {
        self.shared.lock().connections
    }

    pub fn flooded(&self) -> u64 {
        self.shared.flooded.load(Ordering::SeqCst)
    }

    /// Waits for this number of requests, and returns all.
    pub fn wait_for_requests(&self, n: usize) -> Vec<Request> {
        self.wait_until(|state| state.requests.len() >= n);
        self.requests()
    }

    /// Waits until this number of bytes has been written by `Flood` or `RawThenMore`.
    pub fn wait_for_flooded(&self, bytes: usize) {
        self.wait_until(|_| self.flooded() >= bytes as u64);
    }

    /// Waits until no connection is open, connections that are not accepted yet included: a client with a short
    /// timeout may have closed one before the listener ran.
    pub fn wait_until_left(&self) {
        let marker = bound();
        let address = marker.local_addr().unwrap().as_socket().unwrap();
        self.shared.lock().markers.insert(address);
        marker.connect(&self.address.into()).unwrap();
        // Connections are accepted in the order in which they were made.
        self.wait_until(|state| !state.markers.contains(&address) && state.open.is_empty());
    }

    /// Returns the number of requests when all connections are closed.
    pub fn count_of_all(&self) -> usize {
        self.wait_until_left();
        self.count()
    }

    fn wait_until(&self, reached: impl Fn(&State) -> bool) {
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), Duration::from_secs(60), |state| !reached(state));
        assert!(
            !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out(),
            "the listener never reached the awaited state"
        );
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let threads = {
            let mut state = self.shared.lock();
            for stream in state.open.values() {
                let _ = stream.shutdown(Shutdown::Both);
            }
            std::mem::take(&mut state.threads)
        };
        self.shared.changed.notify_all();
        for thread in threads {
            let joined = thread.join();
            if !std::thread::panicking() {
                joined.unwrap();
            }
        }
    }
}

/// Returns a socket that reserves a port but does not listen: connections are refused.
pub fn bound() -> Socket {
    let socket = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of the request that begins.
    fn next_number(&self) -> usize {
        let mut state = self.lock();
        state.numbers += 1;
        state.numbers - 1
    }

    fn over(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits until this time is over or the listener is dropped.
    fn pause(&self, time: Duration) {
        drop(self.changed.wait_timeout_while(self.lock(), time, |_| !self.over()));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.over() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let _ = stream.set_nodelay(true);
        let mut state = shared.lock();
        if stream.peer_addr().is_ok_and(|peer| state.markers.remove(&peer)) {
            shared.changed.notify_all();
            continue;
        }
        let connection = state.connections;
        state.connections += 1;
        let Ok(handle) = stream.try_clone() else { continue };
        state.open.insert(connection, handle);
        state.threads.retain(|thread| !thread.is_finished());
        let serving = shared.clone();
        state.threads.push(std::thread::spawn(move || {
            // An error means that the client closed the connection.
            let reset = serve(&stream, connection, &serving).unwrap_or(false);
            if reset {
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
            // Both handles share the socket: the connection ends when both are dropped.
            let handle = serving.lock().open.remove(&connection);
            drop(handle);
            drop(stream);
            serving.changed.notify_all();
        }));
    }
}

/// The state of a connection after a scripted response.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Stay,
    Close,
    Reset,
    CloseOnNext,
    ResetOnNext,
}

/// Serves a connection. Returns whether it ends with a reset.
fn serve(mut stream: &TcpStream, connection: u64, shared: &Shared) -> io::Result<bool> {
    let mut then = Then::Stay;
    let mut pending = Vec::new();
    loop {
        // The number is taken when the request begins to arrive.
        if pending.is_empty() && stream.peek(&mut [0])? == 0 {
            return Ok(false);
        }
        if then == Then::CloseOnNext {
            // Unread bytes would turn the close into a reset.
            let _ = read_request(stream, &mut pending, true);
        }
        if then != Then::Stay {
            return Ok(then == Then::ResetOnNext);
        }
        let number = shared.next_number();
        let early = (shared.early)(number);
        if let Some(Scripted::ResetMidRequest(length)) = early {
            let mut raw = vec![0; length];
            stream.read_exact(&mut raw)?;
            record(shared, Request { number, connection, raw, ..Request::nothing() });
            return Ok(true);
        }
        let read = match early {
            Some(Scripted::Unsolicited(_)) => Some(Request::nothing()),
            _ => read_request(stream, &mut pending, early.is_none())?,
        };
        let Some(request) = read else { return Ok(false) };
        let request = Request { number, connection, ..request };
        let scripted = match early {
            Some(Scripted::BeforeBody(scripted) | Scripted::Unsolicited(scripted)) => *scripted,
            _ => (shared.script)(&request),
        };
        record(shared, request);
        then = perform(scripted, stream, shared)?;
        if let Then::Close | Then::Reset = then {
            return Ok(then == Then::Reset);
        }
    }
}

/// Performs the scripted response to a request that was read.
fn perform(scripted: Scripted, mut stream: &TcpStream, shared: &Shared) -> io::Result<Then> {
    let write = |bytes: &[u8], then: Then| (&*stream).write_all(bytes).map(|()| then);
    match scripted {
        Scripted::Response { .. } => write(&scripted.bytes(), Then::Stay),
        Scripted::ResponseThenClose(response) => write(&response.bytes(), Then::Close),
        Scripted::ResponseThenCloseOnNext(response) => write(&response.bytes(), Then::CloseOnNext),
        Scripted::ResponseThenResetOnNext(response) => write(&response.bytes(), Then::ResetOnNext),
        Scripted::Raw(bytes) => write(&bytes, Then::Stay),
        Scripted::RawThenClose(bytes) => write(&bytes, Then::Close),
        Scripted::RawThenReset(bytes) => write(&bytes, Then::Reset),
        Scripted::RawThenSilent(bytes) => {
            write(&bytes, Then::Stay)?;
            until_left(stream)
        }
        Scripted::RawThenMore(bytes, more) => {
            write(&bytes, Then::Stay)?;
            shared.pause(Duration::from_millis(30));
            write(&more, Then::Stay)?;
            shared.flooded.fetch_add(more.len() as u64, Ordering::SeqCst);
            drop(shared.lock());
            shared.changed.notify_all();
            Ok(Then::Stay)
        }
        Scripted::Close => Ok(Then::Close),
        Scripted::Reset => Ok(Then::Reset),
        Scripted::Silent => until_left(stream),
        Scripted::Drip { head, bytes, every } => {
            stream.write_all(&head)?;
            for byte in bytes.iter().cycle().take_while(|_| !shared.over()) {
                stream.write_all(&[*byte])?;
                shared.pause(every);
            }
            Ok(Then::Close)
        }
        Scripted::Flood { head, chunk } => {
            stream.write_all(&head)?;
            loop {
                stream.write_all(&chunk)?;
                shared.flooded.fetch_add(chunk.len() as u64, Ordering::SeqCst);
            }
        }
        Scripted::Stuck => {
            shared.pause(Duration::from_secs(60));
            Ok(Then::Close)
        }
        Scripted::Delayed(time, scripted) => {
            shared.pause(time);
            perform(*scripted, stream, shared)
        }
        Scripted::ResetMidRequest(_) | Scripted::BeforeBody(_) | Scripted::Unsolicited(_) => unreachable!(),
    }
}

fn record(shared: &Shared, request: Request) {
    shared.lock().requests.push(request);
    shared.changed.notify_all();
}

fn until_left(mut stream: &TcpStream) -> io::Result<Then> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {}
    Ok(Then::Close)
}

impl Request {
    fn nothing() -> Request {
        Request {
            number: 0,
            connection: 0,
            method: String::new(),
            target: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            raw: Vec::new(),
            at: Instant::now(),
        }
    }
}

/// Reads a request. Returns `None` if the client closed the connection. Later bytes stay in `pending`.
fn read_request(mut stream: &TcpStream, pending: &mut Vec<u8>, with_body: bool) -> io::Result<Option<Request>> {
    let mut buffer = vec![0; 64 * 1024];
    let mut at = None;
    let head = loop {
        if let Some(end) = pending.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(None);
        }
        at.get_or_insert_with(Instant::now);
        pending.extend(&buffer[..n]);
    };
    let text = String::from_utf8_lossy(&pending[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request = Request {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        headers,
        at: at.unwrap_or_else(Instant::now),
        ..Request::nothing()
    };
    let length =
        if with_body { request.header("content-length").map_or(0, |length| length.parse().unwrap()) } else { 0 };
    while pending.len() < head + length {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            return Ok(None);
        }
        pending.extend(&buffer[..n]);
    }
    let rest = pending.split_off(head + length);
    request.raw = std::mem::replace(pending, rest);
    request.body = request.raw[head..].to_vec();
    Ok(Some(request))
}
