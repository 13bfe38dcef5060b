//! SOCKS 5 proxies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use genesys_listener::messages::assert_listed;
use genesys_stand_in::StandIn;

use super::{at, list};

/// Starts a SOCKS 5 proxy for one user that connects every host to this machine. `code` is the code of its response.
fn start(code: u8) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || tunnel(stream.unwrap(), code));
        }
    });
    port
}

fn read(stream: &mut TcpStream, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).ok().map(|()| bytes)
}

fn read_text(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let length = read(stream, 1)?[0];
    read(stream, length.into())
}

fn tunnel(mut client: TcpStream, code: u8) -> Option<()> {
    read(&mut client, 1)?;
    let methods = read_text(&mut client)?;
    if methods.contains(&2) {
        client.write_all(&[5, 2]).ok()?;
        read(&mut client, 1)?;
        let is_known = (read_text(&mut client)?, read_text(&mut client)?) == (b"user".to_vec(), b"pass word".to_vec());
        client.write_all(&[1, (!is_known).into()]).ok()?;
    } else {
        client.write_all(&[5, 0]).ok()?;
    }
    match read(&mut client, 4)?[3] {
        1 => drop(read(&mut client, 4)?),
        3 => assert_eq!(read_text(&mut client)?, b"localhost"),
        kind => panic!("address of kind {kind}"),
    }
    let port = read(&mut client, 2)?;
    client.write_all(&[5, code, 0, 3, 4, b'n', b'a', b'm', b'e', 0, 0]).ok()?;
    if code != 0 {
        return None;
    }
    let mut service = TcpStream::connect(("127.0.0.1", u16::from_be_bytes([port[0], port[1]]))).ok()?;
    let (mut from_client, mut to_service) = (client.try_clone().ok()?, service.try_clone().ok()?);
    thread::spawn(move || std::io::copy(&mut from_client, &mut to_service));
    std::io::copy(&mut service, &mut client).ok().map(drop)
}

#[test]
fn a_socks_proxy_tunnels_names_and_addresses() {
    let (service, proxy) = (StandIn::start(), start(0));
    let by_name = service.url().replace("127.0.0.1", "localhost");
    for (url, scheme) in [(service.url(), "socks5"), (service.url(), "socks5h"), (by_name, "socks5h")] {
        for user in ["", "user:pass%20word@"] {
            let builder = at(&url).proxy(format!("{scheme}://{user}127.0.0.1:{proxy}"));
            // The stand-in knows no such token, so that its refusal shows that the request arrived.
            assert_eq!(list(builder).unwrap_err().status(), Some(401), "{url} by {scheme}://{user}");
        }
    }
    assert_eq!(service.requests().len(), 6);
}

#[test]
fn a_refusal_of_a_socks_proxy_is_final_and_names_it() {
    let cases = [
        (0, "user:pass-word@", "it refused the user and password", 1),
        (2, "", "its rules do not allow this host", 1),
        (1, "", "it reports a failure without a reason", 2),
        (3, "", "the network of the host is unreachable", 2),
        (4, "", "the host is unreachable", 2),
        (5, "", "the host refused the connection", 2),
        (6, "", "the host is too far away", 2),
        (7, "", "it does not support this kind of connection", 2),
    ];
    for (code, user, words, attempts) in cases {
        let proxy = start(code);
        let builder = at("http://127.0.0.1:1").max_attempts(2).proxy(format!("socks5h://{user}127.0.0.1:{proxy}"));
        let error = list(builder).unwrap_err();
        assert_listed(&error);
        let line = error.to_string();
        let expected = format!("not sent: no connection through the proxy 127.0.0.1:{proxy}: {words}");
        assert!(line.contains(&expected) && !line.contains("pass-word"), "{line}");
        assert_eq!(error.attempts(), attempts, "{line}");
    }
}
