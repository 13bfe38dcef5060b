//! The server on loopback: the only module that names hyper and tokio.
//!
//! One thread serves all connections. Invariant: a request ends in a response, or its connection is closed.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::request::RecordedRequest;
use crate::response::Response;
use crate::state::{Sent, State};

/// Larger bodies are refused with status 413.
const MAX_BODY: usize = 4 << 20;

pub(crate) type Shared = Arc<Mutex<State>>;

pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A running server. It stops when it is dropped.
pub(crate) struct Server {
    pub address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(port: u16, state: Shared) -> io::Result<Server> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<Infallible>();
        let serve = move || serve(&runtime, listener, state, stopped);
        let thread = thread::Builder::new().name("genesys-stand-in".to_owned()).spawn(serve)?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn serve(
    runtime: &Runtime,
    listener: std::net::TcpListener,
    state: Shared,
    stopped: tokio::sync::oneshot::Receiver<Infallible>,
) {
    runtime.spawn(accept(listener, state));
    // It ends when the sender is dropped. Then the runtime is dropped, and with it all connections.
    _ = runtime.block_on(stopped);
}

async fn accept(listener: std::net::TcpListener, state: Shared) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, state.clone()))),
            // Too many open files, for example: a later attempt may succeed.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, state: Shared) {
    _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(request, state.clone()));
    _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The response is lost: hyper closes the connection without one.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the response is lost")
    }
}

impl std::error::Error for Lost {}

async fn respond(request: Request<Incoming>, state: Shared) -> Result<hyper::Response<Full<Bytes>>, Lost> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return build(
            Response::error(413, "request.too.large", "The request body is too large").header("connection", "close"),
        );
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers: Vec<(String, String)> = head.headers.iter().map(header).collect();
    let request = RecordedRequest::new(head.method.as_str(), target, &headers, &body.to_bytes());
    let Sent { response, latency, close } = lock(&state).respond(request);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let response = response.ok_or(Lost)?;
    build(if close { response.header("connection", "close") } else { response })
}

/// Builds a response. One that HTTP cannot express counts as lost.
fn build(response: Response) -> Result<hyper::Response<Full<Bytes>>, Lost> {
    let Response { status, headers, body } = response;
    let status = StatusCode::from_u16(status).map_err(|_| Lost)?;
    let may_have_body = !status.is_informational() && status != 204 && status != 304;
    let mut builder = hyper::Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::from(if may_have_body { body } else { String::new() })).map_err(|_| Lost)
}
