//! Bytes after a response are never read as the response to another request, in any layer.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_journey::segments;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::proxy::Proxy;
use super::tls::Ca;
use genesys_listener::calls::*;
use genesys_listener::{Listener, Scripted};

/// The records of the first response, which leave in one write.
struct Flight {
    records: Vec<Vec<u8>>,
    /// The number of bytes at the end that are sent only when the next request has arrived.
    withheld: usize,
}

/// A TLS server that sends a flight first, and proper responses afterwards. It counts connections.
fn serve(ca: &Ca, flight: Flight) -> (u16, Arc<AtomicUsize>) {
    let (chain, key) = ca.issue("localhost", false).pem();
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let accepting = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = accepting.local_addr().unwrap().port();
    let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, flight) = (connections.clone(), Arc::new(flight));
    // Ends with the process: it waits for connections that no longer come.
    std::thread::spawn(move || {
        for client in accepting.incoming().map_while(Result::ok) {
            counter.fetch_add(1, Ordering::SeqCst);
            let tls = ServerConnection::new(config.clone()).unwrap();
            let (flight, requests) = (flight.clone(), requests.clone());
            std::thread::spawn(move || drop(respond(tls, client, &flight, &requests)));
        }
    });
    (port, connections)
}

fn respond(
    mut tls: ServerConnection,
    mut client: TcpStream,
    flight: &Flight,
    requests: &AtomicUsize,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    tls.complete_io(&mut client)?;
    let mut withheld = Vec::new();
    loop {
        read_request(&mut tls, &mut client)?;
        client.write_all(&std::mem::take(&mut withheld))?;
        let is_first = requests.fetch_add(1, Ordering::SeqCst) == 0;
        let good = [Op::Get.good().bytes()];
        let mut bytes = Vec::new();
        for record in if is_first { &flight.records[..] } else { &good[..] } {
            tls.writer().write_all(record)?;
            while tls.wants_write() {
                tls.write_tls(&mut bytes)?;
            }
        }
        if is_first {
            withheld = bytes.split_off(bytes.len() - flight.withheld);
        }
        client.write_all(&bytes)?;
    }
}

fn read_request(tls: &mut ServerConnection, client: &mut TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match tls.reader().read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => request.extend(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if tls.read_tls(client)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                tls.process_new_packets().map_err(io::Error::other)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An unsolicited response that fits any GET.
fn unsolicited() -> Vec<u8> {
    Scripted::json(200, segment().to_string().replace("\"7\"", "\"stray\"")).bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Good first responses, in each framing.
fn good() -> Vec<Vec<u8>> {
    let body = Op::Get.good_body();
    let chunked = |coding: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{coding}\r\n{:x}\r\n", body.len());
        [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
    };
    let mut all = vec![Op::Get.good().bytes(), chunked("", body.as_bytes())];
    if cfg!(feature = "gzip") {
        let coded = gzip(body.as_bytes());
        all.push(Scripted::text(200, coded.clone()).with("Content-Encoding", "gzip").bytes());
        all.push(chunked("Content-Encoding: gzip\r\n", &coded));
    }
    all
}

/// Makes two GET calls, the first against the flight. The second gets its own response over a new connection.
fn gets_its_own_response(flight: Flight, by_proxy: bool) {
    let (ca, proxy) = (Ca::new(), Proxy::start(200));
    let (port, connections) = serve(&ca, flight);
    let settings = settings(&format!("https://localhost:{port}")).extra_roots(ca.pem());
    let settings =
        settings.attempt_timeout(LONG_TIMEOUT / 4).connect_timeout(LONG_TIMEOUT / 4).call_timeout(LONG_TIMEOUT);
    let settings = if by_proxy { settings.proxy(format!("http://127.0.0.1:{}", proxy.port)) } else { settings };
    let config = settings.token(TOKEN).unwrap();
    let _ = segments::get(&config, "7");
    assert_eq!(segments::get(&config, "7").unwrap().id, "7", "through a proxy: {by_proxy}");
    assert_eq!(connections.load(Ordering::SeqCst), 2, "through a proxy: {by_proxy}");
}

#[test]
fn bytes_in_the_same_record_are_not_the_next_response() {
    at_once(good(), |good| {
        for by_proxy in [false, true] {
            gets_its_own_response(
                Flight { records: vec![[good.clone(), unsolicited()].concat()], withheld: 0 },
                by_proxy,
            );
        }
    });
}

#[test]
fn bytes_in_the_next_record_are_not_the_next_response() {
    at_once(good(), |good| {
        for by_proxy in [false, true] {
            gets_its_own_response(Flight { records: vec![good.clone(), unsolicited()], withheld: 0 }, by_proxy);
        }
    });
}

#[test]
fn bytes_in_a_partial_record_are_not_the_next_response() {
    // The client has received the whole second record, its header, or a part of its header.
    let length = unsolicited().len();
    at_once([1, length, length + 10, length + 17, length + 20], |withheld| {
        gets_its_own_response(Flight { records: vec![Op::Get.good().bytes(), unsolicited()], withheld }, false);
    });
}

#[test]
fn bytes_in_the_tls_library_are_not_the_next_response() {
    // The head fills the buffer of the connection, so that only a part of the last record fits into it.
    const BUFFER: usize = 32 * 1024;
    let body = Op::Get.good_body();
    let end = format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let start = "HTTP/1.1 200 OK\r\nX-Padding: ";
    let padding = "x".repeat(BUFFER - start.len() - end.len());
    let mut head = [start, &padding, &end].concat().into_bytes();
    let last = [head.split_off(24_000), unsolicited()].concat();
    let second = head.split_off(12_000);
    gets_its_own_response(Flight { records: vec![head, second, last], withheld: 0 }, false);
}

#[test]
fn bytes_after_a_bodiless_response_are_not_the_next_response() {
    for records in [
        vec![Scripted::text(204, "").bytes(), unsolicited()],
        vec![[Scripted::text(204, "").bytes(), unsolicited()].concat()],
        vec![Scripted::text(404, "").bytes(), unsolicited()],
    ] {
        gets_its_own_response(Flight { records, withheld: 0 }, false);
    }
}

#[test]
fn a_partly_read_response_ends_the_connection() {
    // Only the start of an error is read, and only the status of a body in an unknown coding.
    let long = Scripted::text(400, vec![b'x'; 300 * 1024]).bytes();
    let unknown = Scripted::text(200, unsolicited()).with("Content-Encoding", "br").bytes();
    for records in [vec![long], vec![unknown]] {
        gets_its_own_response(Flight { records, withheld: 0 }, false);
    }
}

#[test]
fn bytes_after_a_plain_response_are_not_the_next_response() {
    at_once(good(), |good| {
        let listener = Listener::scripted([Scripted::Raw([good, unsolicited()].concat()), Op::Get.good()]);
        // This machine's own address goes through the proxy, too, if one is set.
        let proxy = Proxy::start(200);
        let settings = settings(&listener.url()).proxy(format!("http://127.0.0.1:{}", proxy.port));
        let config = settings.attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT).token(TOKEN).unwrap();
        segments::get(&config, "7").unwrap();
        assert_eq!(segments::get(&config, "7").unwrap().id, "7");
        assert_eq!((listener.count(), listener.connections()), (2, 2));
    });
}
