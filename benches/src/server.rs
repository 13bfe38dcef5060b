//! A server on loopback. Its responses are made in advance, and it allocates nothing while it responds.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub use genesys_bench_worker::SEGMENTS;
use genesys_bench_worker::root_file;
use serde_json::{Value, json};

/// Bytes of the large response, about.
pub const LARGE: usize = 20 * 1024 * 1024;

/// Whole responses, with their heads.
struct Responses {
    one: Vec<u8>,
    pages: Vec<Vec<u8>>,
    aggregates: Vec<u8>,
}

/// Starts the server and returns its URL. It serves until the process ends.
pub fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("the listener is bound"));
    let responses = responses();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let responses = responses.clone();
            let _ = stream.set_nodelay(true);
            std::thread::spawn(move || serve(stream, &responses));
        }
    });
    url
}

/// The same server under TLS.
pub struct TlsServer {
    pub port: u16,
    handshakes: Arc<AtomicU64>,
    root: String,
}

impl TlsServer {
    pub fn start() -> TlsServer {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate can be made");
        let chain: Vec<CertificateDer<'static>> = vec![cert.der().clone()];
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("the key is valid");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.expect("the versions are supported").with_no_client_auth().with_single_cert(chain, key);
        let config = Arc::new(config.expect("the key belongs to the certificate"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("the listener is bound").port();
        let handshakes = Arc::new(AtomicU64::new(0));
        let (responses, counter) = (responses(), handshakes.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (responses, config, counter) = (responses.clone(), config.clone(), counter.clone());
                let _ = stream.set_nodelay(true);
                std::thread::spawn(move || {
                    counter.fetch_add(1, Ordering::SeqCst);
                    let connection = ServerConnection::new(config).expect("the configuration is valid");
                    serve(StreamOwned::new(connection, stream), &responses);
                });
            }
        });
        let server = TlsServer { port, handshakes, root: cert.pem() };
        server.url(port);
        server
    }

    /// Returns the URL through this port, and writes the root certificate to a file for the clients.
    pub fn url(&self, port: u16) -> String {
        let url = format!("https://localhost:{port}");
        std::fs::write(root_file(&url), &self.root).expect("the root certificate can be written");
        url
    }

    pub fn handshakes(&self) -> u64 {
        self.handshakes.load(Ordering::SeqCst)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(root_file(&self.url(self.port)));
    }
}

fn responses() -> Arc<Responses> {
    let pages = SEGMENTS / 100;
    let page = |number: usize| {
        let entities: Vec<Value> = (0..100).map(|n| segment(number * 100 + n)).collect();
        let list = json!({
            "entities": entities, "pageSize": 100, "pageNumber": number + 1, "total": SEGMENTS, "pageCount": pages,
        });
        response(&list.to_string())
    };
    Arc::new(Responses {
        one: response(&segment(7).to_string()),
        pages: (0..pages).map(page).collect(),
        aggregates: response(&aggregates()),
    })
}

/// Serves a connection. Requests are small; a body is a JSON object.
fn serve(mut stream: impl Read + Write, responses: &Responses) {
    let mut buffer = [0; 16 * 1024];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(n) => filled += n,
        }
        let request = &buffer[..filled];
        let end: &[u8] = if request.starts_with(b"P") { b"}" } else { b"\r\n\r\n" };
        if request.ends_with(end) {
            filled = 0;
            let target = request.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            if stream.write_all(responses.to(target)).and_then(|()| stream.flush()).is_err() {
                return;
            }
        }
    }
}

impl Responses {
    fn to(&self, target: &[u8]) -> &[u8] {
        let target = std::str::from_utf8(target).unwrap_or_default();
        if target.ends_with("/aggregates/query") {
            return &self.aggregates;
        }
        if !target.contains("pageSize=") {
            return &self.one;
        }
        let number = target.split("pageNumber=").nth(1).and_then(|number| number.parse().ok()).unwrap_or(1);
        self.pages.get(number - 1).unwrap_or(&self.pages[0])
    }
}

fn response(body: &str) -> Vec<u8> {
    let mut response = String::new();
    let _ = write!(response, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let _ = write!(response, "ININ-Correlation-Id: 5f0c7c5e-0000-4000-8000-000000000001\r\n\r\n{body}");
    response.into_bytes()
}

fn segment(n: usize) -> Value {
    let id = format!("3f1d9c52-7a0e-4b6d-9e11-{n:012x}");
    json!({
        "id": id, "isActive": true, "displayName": format!("Local visitors {n}"), "version": 1,
        "description": "An example", "color": "#008000", "scope": "Session", "shouldDisplayToAgent": false,
        "context": { "patterns": [{ "criteria": [{ "key": "geolocation.postalCode", "values": ["10115"],
            "shouldIgnoreCase": true, "operator": "equal", "entityType": "visit" }] }] },
        "journey": { "patterns": [{ "criteria": [{ "key": "page.hostname", "values": ["shop.example.com"],
            "shouldIgnoreCase": false, "operator": "equal" }], "count": 1, "streamType": "Web", "sessionType": "web" }] },
        "assignmentExpirationDays": 1, "selfUri": format!("/api/v2/journey/segments/{id}"),
        "createdDate": "2026-05-04T08:15:30.123Z", "modifiedDate": "2026-05-04T08:15:30.123Z",
    })
}

/// Returns an aggregates response: 24 hours for each of many segments.
fn aggregates() -> String {
    let mut text = String::from(r#"{"results":["#);
    let mut n = 0;
    while text.len() < LARGE {
        if n > 0 {
            text.push(',');
        }
        let data: Vec<Value> = (0..24)
            .map(|hour| {
                json!({
                    "interval": format!("2026-05-04T{hour:02}:00:00.000Z/2026-05-04T{:02}:00:00.000Z", hour + 1),
                    "metrics": [
                        { "metric": "nJourneySessions", "stats": { "count": n * 7 + hour } },
                        { "metric": "oJourneyOutcomeValue",
                          "stats": { "count": 3, "sum": (n * 31 + hour) as f64 / 8.0, "min": 0.5, "max": 12.25 } },
                    ],
                })
            })
            .collect();
        let group = json!({ "journeySegmentId": format!("3f1d9c52-7a0e-4b6d-9e11-{n:012x}") });
        text.push_str(&json!({ "group": group, "data": data }).to_string());
        n += 1;
    }
    text.push_str("]}");
    text
}
