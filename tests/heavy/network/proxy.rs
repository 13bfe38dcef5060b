//! A CONNECT proxy that records its requests and connects every tunnel to this machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct Proxy {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Responds to CONNECT with this status, and tunnels if it is 200.
    pub fn start(status: u16) -> Proxy {
        Proxy::start_with(status, "")
    }

    /// Adds these header lines, each with its line break.
    pub fn start_with(status: u16, headers: &str) -> Proxy {
        Proxy::responding(format!("HTTP/1.1 {status} Said\r\n{headers}\r\n"), status == 200)
    }

    /// Sends this response to CONNECT, and then tunnels or closes the connection.
    pub fn responding(response: impl Into<Vec<u8>>, tunnels: bool) -> Proxy {
        let response: Arc<[u8]> = response.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (record, response) = (record.clone(), response.clone());
                thread::spawn(move || tunnel(stream.unwrap(), &response, tunnels, &record));
            }
        });
        Proxy { port, seen }
    }

    /// The heads of the requests for a tunnel.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn tunnel(mut client: TcpStream, response: &[u8], tunnels: bool, record: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match client.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().to_owned();
    record.lock().unwrap().push(head);
    let _ = client.write_all(response);
    if !tunnels {
        return;
    }
    let (_, port) = target.rsplit_once(':').unwrap();
    let mut service = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let (mut from_client, mut to_service) = (client.try_clone().unwrap(), service.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_service);
        let _ = to_service.shutdown(std::net::Shutdown::Both);
    });
    let _ = std::io::copy(&mut service, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Both);
}
