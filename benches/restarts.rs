//! Writes while the service restarts: `cargo bench -p genesys-benches --bench restarts`.
//!
//! 16 threads create segments. The server restarts every 300 ms, as gracefully as it can: it closes idle
//! connections, and others after their response, which says `Connection: close`. Printed is how many writes
//! ended with an unknown outcome, with and without reuse of connections, and whether any was processed twice.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{Config, Region};

const THREADS: usize = 16;
const EVERY: Duration = Duration::from_millis(300);
const RUN: Duration = Duration::from_secs(10);

/// The service: how often each name was created, and its open connections by the generation they belong to.
#[derive(Default)]
struct Service {
    created: Mutex<HashMap<String, u32>>,
    idle: Mutex<HashMap<u64, TcpStream>>,
    generation: AtomicU64,
    ended: AtomicBool,
}

fn main() {
    println!("16 threads create segments for {} s; a graceful restart every {} ms", RUN.as_secs(), EVERY.as_millis());
    println!("{:<34}{:>10}{:>10}{:>22}{:>10}", "", "writes", "unknown", "of them processed", "twice");
    for reuse in [true, false] {
        run(reuse);
    }
}

fn run(reuse: bool) {
    let service = Arc::new(Service::default());
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let accepting = service.clone();
    std::thread::spawn(move || {
        for (id, stream) in listener.incoming().flatten().enumerate() {
            let service = accepting.clone();
            std::thread::spawn(move || service.serve(id as u64, stream));
        }
    });
    let restarting = service.clone();
    let restarts = std::thread::spawn(move || {
        while !restarting.ended.load(Ordering::SeqCst) {
            std::thread::sleep(EVERY);
            restarting.restart();
        }
    });
    let builder = Config::builder(Region::custom(&url, &url).expect("a loopback URL"));
    let builder = builder.reuse_connections_for_writes(reuse).initial_backoff(Duration::from_millis(1));
    let config = builder.token("a-token").expect("a valid token");
    let (writes, unknown) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let until = Instant::now() + RUN;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (config, writes, unknown) = (&config, &writes, &unknown);
            scope.spawn(move || {
                for call in 0.. {
                    if Instant::now() >= until {
                        break;
                    }
                    let name = format!("{thread}-{call}");
                    writes.fetch_add(1, Ordering::Relaxed);
                    match segments::create(config, &NewSegment::new(&name)) {
                        Ok(_) => {}
                        Err(error) if error.outcome_unknown() => unknown.lock().expect("no panic").push(name),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    service.ended.store(true, Ordering::SeqCst);
    restarts.join().expect("no panic");
    let created = service.created.lock().expect("no panic");
    let unknown = unknown.into_inner().expect("no panic");
    let processed = unknown.iter().filter(|name| created.contains_key(*name)).count();
    let twice = created.values().filter(|times| **times > 1).count();
    let name = if reuse { "connections are reused (default)" } else { "a connection for each write" };
    println!("{name:<34}{:>10}{:>10}{processed:>22}{twice:>10}", writes.into_inner(), unknown.len());
}

impl Service {
    /// Closes the idle connections, as a worker does that ends.
    fn restart(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        for (_, stream) in self.idle.lock().expect("no panic").drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn serve(&self, id: u64, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let generation = self.generation.load(Ordering::SeqCst);
        let (mut buffer, mut filled, mut is_first) = ([0; 16 * 1024], 0, true);
        while let Ok(n @ 1..) = stream.read(&mut buffer[filled..]) {
            filled += n;
            let request = String::from_utf8_lossy(&buffer[..filled]).into_owned();
            let Some((_, body)) = request.split_once("\r\n\r\n").filter(|(_, body)| body.ends_with('}')) else {
                continue;
            };
            // No longer idle: a restart leaves it alone until it has its response. A request that arrives over
            // a connection that was closed is not processed.
            let was_idle = self.idle.lock().expect("no panic").remove(&id).is_some();
            if !std::mem::take(&mut is_first) && !was_idle {
                break;
            }
            filled = 0;
            let name = body.split('"').nth(3).unwrap_or_default().to_owned();
            *self.created.lock().expect("no panic").entry(name.clone()).or_default() += 1;
            let is_old = generation != self.generation.load(Ordering::SeqCst);
            let body = format!(
                r##"{{"id":"{name}","isActive":true,"displayName":"{name}","version":1,"color":"#008000",
                "scope":"Session","shouldDisplayToAgent":false,"context":{{"patterns":[]}},"journey":{{"patterns":[]}},
                "createdDate":"2026-05-04T08:15:30.123Z","modifiedDate":"2026-05-04T08:15:30.123Z"}}"##
            );
            let close = if is_old { "Connection: close\r\n" } else { "" };
            let head = format!("HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n", body.len());
            if stream.write_all((head + &body).as_bytes()).is_err() || is_old {
                break;
            }
            let twin = stream.try_clone().expect("a descriptor is left");
            self.idle.lock().expect("no panic").insert(id, twin);
        }
        self.idle.lock().expect("no panic").remove(&id);
    }
}
