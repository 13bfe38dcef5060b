//! A failure on the way to a proxy names the proxy and the remedy, and its outcome is known.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Error, ErrorKind};
use genesys_listener::messages::assert_listed;

#[cfg(feature = "rustls")]
use super::front::{CloseNotify, Front};
use super::proxy::Proxy;
#[cfg(feature = "rustls")]
use super::{Ca, Server};
use super::{at, child_process, list};

/// Returns the error of a write through a proxy. The service does not exist.
fn error_through(proxy: &str) -> Error {
    let config = at("http://127.0.0.1:1").max_attempts(2).proxy(proxy).token("token").unwrap();
    let error = segments::create(&config, &NewSegment::new("VIP")).unwrap_err();
    assert_listed(&error);
    assert!(!error.outcome_unknown(), "{error}");
    assert!(!error.to_string().contains("pass-word"), "{error}");
    error
}

/// Returns the words after the proxy in a line, up to the number of attempts.
fn words(error: &Error, proxy: &str) -> String {
    let line = error.to_string();
    let (_, words) = line.split_once(proxy).unwrap_or_else(|| panic!("{proxy} is not in {line}"));
    let (start, words) = (line.split_once(proxy).unwrap().0, words.rsplit_once(" (").unwrap().0);
    format!("{}{words}", start.split_once("not sent: ").unwrap().1)
}

#[test]
fn a_refusal_of_a_proxy_is_final_and_names_the_remedy() {
    const PASSWORD: &str = "user:pass-word@";
    const ENCODE: &str =
        "percent-encode special characters of the user and the password, for example @ as %40 and # as %23";
    let refused =
        |status: &str| format!("refused the user and password in the setting proxy ({status}); correct them; {ENCODE}");
    let required = format!(
        "requires a user and a password (407); add them to the setting proxy, as in http://user:password@host:port; \
         {ENCODE}"
    );
    let cases = [
        (407, PASSWORD, "", refused("407")),
        (401, PASSWORD, "", refused("401")),
        (
            407,
            "",
            "Proxy-Authenticate: Basic realm=\"a\"\r\n",
            required.clone(),
        ),
        (
            407,
            PASSWORD,
            "Proxy-Authenticate: Negotiate\r\nPROXY-AUTHENTICATE: NTLM\r\n",
            "wants Negotiate or NTLM (407), and this client can only send Basic; set the setting proxy to a local proxy \
             that does Negotiate or NTLM, such as cntlm or px"
                .to_owned(),
        ),
        (
            407,
            "",
            "Proxy-Authenticate: a-word-that-is-much-too-long\r\n",
            required.clone(),
        ),
        (
            407,
            PASSWORD,
            "Proxy-Authenticate: Negotiate, Basic realm=\"a\"\r\n",
            refused("407"),
        ),
        (403, "", "", "refused to connect to 127.0.0.1:1 (403); have its administrator permit that host".to_owned()),
        (
            302,
            "",
            "",
            "responded with a redirect (302) instead of a tunnel, often to the login page of a network; log in to the \
             network with a browser, or check the setting proxy"
                .to_owned(),
        ),
    ];
    for (status, user, headers, expected) in cases {
        let proxy = Proxy::start_with(status, headers);
        let error = error_through(&format!("http://{user}127.0.0.1:{}", proxy.port));
        let name = format!("the proxy 127.0.0.1:{} ", proxy.port);
        assert_eq!(words(&error, &name), expected);
        assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 1, false), "{error}");
        assert_eq!(proxy.seen().len(), 1);
    }
}

#[test]
fn another_status_of_a_proxy_is_retried() {
    let cases = [
        (
            503,
            "could not connect to 127.0.0.1:1 (503); check the host in GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in \
         code: Region), or ask the administrator of the proxy",
        ),
        (
            405,
            "responded with 405 to CONNECT 127.0.0.1:1; check that the setting proxy names a proxy that tunnels https",
        ),
    ];
    for (status, expected) in cases {
        let proxy = Proxy::start(status);
        let error = error_through(&format!("http://127.0.0.1:{}", proxy.port));
        assert_eq!(words(&error, &format!("the proxy 127.0.0.1:{} ", proxy.port)), expected);
        assert_eq!((error.attempts(), error.is_transient(), proxy.seen().len()), (2, true, 2));
    }
}

#[test]
fn a_proxy_that_refuses_the_connection_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let name = format!("the proxy 127.0.0.1:{port}");
    let error = error_through(&format!("http://user:pass-word@127.0.0.1:{port}"));
    let expected = "no connection to : Connection refused (os error 111); check the setting proxy, and that the proxy \
                    is running";
    assert_eq!(words(&error, &name), expected);
    assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 2, true), "{error}");

    // The resolver itself refuses a label of more than 63 characters, without a network request.
    let host = format!("{}.invalid", "a".repeat(70));
    let with_default_ports = [
        ("", 80),
        ("http://", 80),
        ("https://", 443),
        #[cfg(feature = "socks-proxy")]
        ("socks5h://", 1080),
    ];
    for (scheme, port) in with_default_ports {
        let error = error_through(&format!("{scheme}{host}"));
        assert!(words(&error, &format!("the proxy {host}:{port}")).starts_with("no connection to : "), "{error}");
        assert!(error.to_string().contains("cannot be resolved"), "{error}");
        assert!(error.to_string().contains("; check the host in the setting proxy (2 attempts)"), "{error}");
    }
}

#[test]
fn the_variable_that_names_the_proxy_is_in_the_line() {
    let proxy = Proxy::start(407);
    let mut child = child_process();
    child.env("CHILD_URL", "https://service.invalid").env("CHILD_ROOTS", "");
    let url = format!("http://user:pass-word@127.0.0.1:{}", proxy.port);
    let output = child.env("all_proxy", url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let line = format!(
        "not sent: the proxy 127.0.0.1:{} refused the user and password in all_proxy (in code: proxy) (407); correct them",
        proxy.port
    );
    assert!(text.contains(&line) && !text.contains("pass-word"), "{text}");

    let proxy = Proxy::start(403);
    let mut child = child_process();
    child.env("CHILD_URL", "https://service.invalid").env("CHILD_ROOTS", "");
    let output = child.env("all_proxy", format!("http://127.0.0.1:{}", proxy.port)).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(
        text.contains(", or name that host in NO_PROXY (in code: no_proxy) if it can be reached without a proxy"),
        "{text}"
    );
}

#[test]
fn the_password_is_decoded_once() {
    let proxy = Proxy::start(407);
    for scheme in ["http://", ""] {
        error_through(&format!("{scheme}us%20er:p%2540%40%3A+@127.0.0.1:{}", proxy.port));
    }
    // "us er:p%40@:+"
    for head in proxy.seen() {
        assert!(head.contains("\r\nProxy-Authorization: Basic dXMgZXI6cCU0MEA6Kw==\r\n"), "{head}");
    }
}

#[cfg(feature = "rustls")]
#[test]
fn an_https_proxy_tunnels_and_its_certificate_is_checked() {
    let (ca, proxy) = (Ca::new(), Proxy::start(200));
    let behind = ([127, 0, 0, 1], proxy.port).into();
    let front = Front::before(behind, ca.issue("localhost", false).pem(), CloseNotify::Sent, &ca);
    let server = Server::start(ca.issue("localhost", false), None);
    let builder = at(&format!("https://localhost:{}", server.port)).proxy(front.url());
    list(builder.clone().extra_roots(ca.pem())).unwrap();
    assert_eq!((server.requests(), proxy.seen().len()), (1, 1));

    let error = list(builder).unwrap_err();
    let name = front.url().replace("https://", "the proxy ");
    let expected = "no connection to  of the setting proxy: the certificate of localhost has an unknown issuer; ";
    assert!(words(&error, &name).starts_with(expected), "{error}");
    assert_eq!((error.attempts(), error.is_transient(), proxy.seen().len()), (1, false, 1), "{error}");

    // The port of a plain-http proxy.
    let (port, _) = scripted(b"HTTP/1.1 400 Bad Request\r\n\r\n", true);
    let error = list(at("https://service.invalid").proxy(format!("https://127.0.0.1:{port}"))).unwrap_err();
    let name = format!("the proxy 127.0.0.1:{port}");
    assert!(words(&error, &name).contains("127.0.0.1 does not speak TLS at this port"), "{error}");
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
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not speak HTTP; check the scheme, host and port in the setting proxy"),
        (b"220 mail.example ESMTP\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "sent data before the request"),
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
fn a_timeout_names_its_step() {
    let full = full_listener();
    let (silent, _) = scripted(b"", false);
    let (tunnel, _) = scripted(b"HTTP/1.1 200 OK\r\n\r\n", false);
    let http = "http://127.0.0.1:1";
    let cases = [
        (
            http,
            format!("http://{full}"),
            format!(" while connecting to the proxy {full}; check the setting proxy, and that the proxy is running"),
        ),
        (
            http,
            format!("http://127.0.0.1:{silent}"),
            format!(
                " while waiting for the response of the proxy 127.0.0.1:{silent} to CONNECT 127.0.0.1:1; check that the \
                 proxy can reach that host, and that the setting proxy names a proxy that tunnels https"
            ),
        ),
        (
            http,
            format!("https://127.0.0.1:{silent}"),
            format!(
                " during the TLS handshake with the proxy 127.0.0.1:{silent}; check the port and the scheme in the setting \
                 proxy: use http:// unless the proxy itself speaks TLS"
            ),
        ),
        (
            "https://service.invalid",
            format!("http://127.0.0.1:{tunnel}"),
            format!(
                " during the TLS handshake with service.invalid through the proxy 127.0.0.1:{tunnel}; the proxy \
                 opened the tunnel, so ask its administrator whether it can reach that host"
            ),
        ),
    ];
    for (service, proxy, step) in cases {
        let builder = at(service).max_attempts(1).connect_timeout(Duration::from_millis(100)).proxy(&proxy);
        let error = segments::create(&builder.token("token").unwrap(), &NewSegment::new("VIP")).unwrap_err();
        assert_listed(&error);
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error}");
        let words = format!("not sent: timed out after 100 ms (connect timeout){step} (1 attempt)");
        assert!(error.to_string().contains(&words), "{words}: {error}");
    }
    let direct = [
        (
            format!("http://{full}"),
            format!(" while connecting to {full}; check that the service is running (1 attempt)"),
        ),
        (
            format!("https://127.0.0.1:{silent}"),
            format!(
                " during the TLS handshake with 127.0.0.1:{silent}; check that this port speaks TLS, and that no firewall blocks it (1 attempt)"
            ),
        ),
    ];
    for (service, step) in direct {
        let error = list(at(&service).max_attempts(1).connect_timeout(Duration::from_millis(100))).unwrap_err();
        let words = format!("not sent: timed out after 100 ms (connect timeout){step}");
        assert!(error.to_string().contains(&words), "{words}: {error}");
    }
}

/// Returns the address of a listener with a full queue. No connection to it is ever accepted.
fn full_listener() -> SocketAddr {
    let socket = genesys_listener::bound();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    // On Linux, one connection fits into a queue of 0.
    let queued: Vec<_> = (0..4)
        .map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(50)))
        .filter_map(Result::ok)
        .collect();
    std::mem::forget((socket, queued));
    address
}

#[test]
fn an_unreachable_host_names_the_proxy_variable() {
    let url = format!("https://{}.invalid", "a".repeat(70));
    let line = |variables: &[(&str, &str)]| {
        let mut child = child_process();
        child.env("CHILD_URL", &url).env("CHILD_ROOTS", "").envs(variables.iter().copied());
        let Output { stdout, stderr, .. } = child.output().unwrap();
        String::from_utf8([stdout, stderr].concat()).unwrap()
    };
    let hint = "; if this network requires a proxy, set HTTPS_PROXY (in code: proxy) (1 attempt)";
    assert!(line(&[]).contains(hint), "{}", line(&[]));
    let place =
        "; check the host in GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in code: Region), and the network; ";
    assert!(line(&[]).contains(place), "{}", line(&[]));
    assert!(!line(&[("CHILD_NO_PROXY", "1")]).to_lowercase().contains("proxy"), "{}", line(&[("CHILD_NO_PROXY", "1")]));
    let excepted = line(&[("https_proxy", "http://127.0.0.1:1"), ("NO_PROXY", "localhost, .invalid")]);
    let host = url.trim_start_matches("https://");
    let hint = format!("; an entry of NO_PROXY matches {host}, so the proxy in https_proxy is not used; if");
    assert!(excepted.contains(&hint), "{excepted}");

    let error = list(at(&url).no_proxy().max_attempts(1)).unwrap_err();
    assert!(!error.to_string().to_lowercase().contains("proxy"), "{error}");
    assert!(error.is_transient(), "{error}");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = list(at(&format!("https://localhost:{port}")).no_proxy().max_attempts(1)).unwrap_err();
    assert!(!error.to_string().contains("proxy"), "{error}");
    let words = format!(
        "not sent: no connection to localhost:{port}: Connection refused (os error 111); check that the service is running, \
         and the host and port in GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in code: Region)"
    );
    assert!(error.to_string().contains(&words), "{error}");
}

#[test]
fn a_tunnel_closed_at_once_has_a_known_outcome() {
    let (port, _) = scripted(b"HTTP/1.1 200 OK\r\n\r\n", true);
    let builder = at("https://service.invalid").max_attempts(2).proxy(format!("http://127.0.0.1:{port}"));
    let error = segments::create(&builder.token("token").unwrap(), &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 2), "{error}");
    // The end may come before the handshake or during it.
    let words = format!("not sent: no connection through the proxy 127.0.0.1:{port}: ");
    assert!(error.to_string().contains(&words), "{error}");
    assert!(error.to_string().contains("; check the setting proxy"), "{error}");
    assert!(!error.outcome_unknown(), "{error}");
}
