//! A failure on the way to a proxy names the proxy and the remedy, and its outcome is known.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Error, ErrorKind};

use super::at;
use super::proxy::Proxy;

/// The error of a write through a proxy. The service does not exist.
fn error_through(proxy: &str) -> Error {
    let config = at("http://127.0.0.1:1").max_attempts(2).proxy(proxy).token("token").unwrap();
    let error = segments::create(&config, &NewSegment::new("VIP")).unwrap_err();
    assert!(!error.outcome_unknown(), "{error}");
    assert!(!error.to_string().contains("pass-word"), "{error}");
    error
}

#[test]
fn a_refusal_of_a_proxy_is_final_and_names_the_remedy() {
    let cases = [
        (407, "user:pass-word@", "refused its credentials (407); check the user and password in the setting proxy"),
        (401, "user:pass-word@", "refused its credentials (401); check the user and password in the setting proxy"),
        (407, "", "requires credentials (407); add a user and password to the setting proxy"),
        (403, "", "refused to connect to 127.0.0.1:1 (403); have its administrator permit that host"),
        (302, "", "responded with a redirect (302); check the setting proxy, or log in to the network first"),
    ];
    for (status, user, words) in cases {
        let proxy = Proxy::start(status);
        let error = error_through(&format!("http://{user}127.0.0.1:{}", proxy.port));
        let expected = format!("not sent: the proxy 127.0.0.1:{} {words}", proxy.port);
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 1, false), "{error}");
        assert_eq!(proxy.seen().len(), 1);
    }
}

#[test]
fn another_status_of_a_proxy_is_retried() {
    let proxy = Proxy::start(503);
    let error = error_through(&format!("http://127.0.0.1:{}", proxy.port));
    assert!(error.to_string().contains(&format!("the proxy 127.0.0.1:{} responded with 503", proxy.port)), "{error}");
    assert_eq!((error.attempts(), error.is_transient(), proxy.seen().len()), (2, true, 2));
}

#[test]
fn a_proxy_that_refuses_the_connection_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = error_through(&format!("http://user:pass-word@127.0.0.1:{port}"));
    assert!(error.to_string().contains(&format!("not sent: no connection by the proxy 127.0.0.1:{port}: ")), "{error}");
    assert!(error.to_string().contains("check the setting proxy"), "{error}");
    assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 2, true), "{error}");
}

/// Accepts connections, and responds to each request for a tunnel with these bytes.
fn scripted(response: &'static [u8], then_close: bool) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(response);
            if !then_close {
                open.push(stream);
            }
        }
    });
    (port, requests)
}

#[test]
fn a_proxy_that_does_not_work_is_named() {
    let cases: [(&[u8], &str); 4] = [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not speak HTTP; check the setting proxy"),
        (b"220 mail.example ESMTP\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "sent bytes that were not requested"),
        (b"HTTP/1.1 200", "sent no complete response"),
    ];
    for (response, words) in cases {
        let (port, requests) = scripted(response, true);
        let error = error_through(&format!("http://127.0.0.1:{port}"));
        let line = error.to_string();
        assert!(line.contains(&format!("the proxy 127.0.0.1:{port}")) && line.contains(words), "{line}");
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 2), "{line}");
        assert_eq!(requests.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn a_silent_proxy_is_named_in_the_timeout() {
    let (port, _) = scripted(b"", false);
    let builder = at("http://127.0.0.1:1").max_attempts(1).connect_timeout(Duration::from_millis(100));
    let config = builder.proxy(format!("http://127.0.0.1:{port}")).token("token").unwrap();
    let error = segments::create(&config, &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error}");
    let words = format!("not sent: timed out after 100 ms (connect timeout) at the proxy 127.0.0.1:{port}");
    assert!(error.to_string().contains(&words), "{error}");
}

#[test]
fn a_tunnel_that_closes_at_once_is_known_not_to_be_sent() {
    let (port, _) = scripted(b"HTTP/1.1 200 OK\r\n\r\n", true);
    let builder = at("https://service.invalid").max_attempts(2).proxy(format!("http://127.0.0.1:{port}"));
    let error = segments::create(&builder.token("token").unwrap(), &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 2), "{error}");
    assert!(!error.outcome_unknown() && error.to_string().contains("not sent"), "{error}");
}
