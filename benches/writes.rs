//! Writes over TLS: `cargo bench -p genesys-benches --bench writes`.
//!
//! The server is in this process, with a certificate of its own. Wall time is measured through a relay with a round trip of
//! 40 ms, which also delays connecting.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use genesys_bench_worker::Cost;
use genesys_benches::measure::{OURS, Spread, TUNED, Work, counts_only};
use genesys_benches::server::TlsServer;

const ROUND_TRIP: Duration = Duration::from_millis(40);

fn main() {
    let server = TlsServer::start();
    let near = &server.url(server.port);
    let far = &server.url(relay(server.port));
    let ours = |url, task| Work { url, task, variant: OURS };
    let baseline = |url, task| Work { url, task, variant: TUNED };

    let before = server.handshakes();
    ours(near, "edit").run(0);
    println!("edit, handshakes                              {}", server.handshakes() - before);

    if counts_only() {
        return;
    }
    println!("\nratios over TLS, ours / baseline");
    let cpu = |cost: Cost| cost.cpu.as_secs_f64();
    let wall = |cost: Cost| cost.wall.as_secs_f64();
    for task in ["get", "create", "update"] {
        let spread = pairs(40, 500, ours(near, task), baseline(near, task), cpu);
        println!("{:<46}{spread}", format!("{task}, CPU time"));
    }
    for task in ["get", "create", "update"] {
        let spread = pairs(6, 10, ours(far, task), baseline(far, task), wall);
        println!("{:<46}{spread}", format!("{task}, wall time at a round trip of 40 ms"));
    }
    println!("\ncalls a second over TLS, ours / baseline");
    for task in ["get threads=8", "get and create threads=8"] {
        let spread = pairs(20, 8_000, baseline(near, task), ours(near, task), wall);
        println!("{task:<46}{spread}");
    }
}

fn pairs(pairs: usize, calls: usize, a: Work<'_>, b: Work<'_>, of: fn(Cost) -> f64) -> Spread {
    Spread::of_pairs(pairs, || of(a.run(calls)), || of(b.run(calls)))
}

/// A port whose connections lead to the other port, a round trip away.
fn relay(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(("127.0.0.1", to)).expect("the server listens");
            // Nothing arrives before the connection would have been made.
            let connected = Instant::now() + ROUND_TRIP;
            let twin = |stream: &TcpStream| stream.try_clone().expect("a descriptor is left");
            let (near_twin, far_twin) = (twin(&near), twin(&far));
            std::thread::spawn(move || pass(near, far, connected));
            std::thread::spawn(move || pass(far_twin, near_twin, connected));
        }
    });
    port
}

/// Passes bytes on, half a round trip later.
fn pass(mut from: TcpStream, mut to: TcpStream, connected: Instant) {
    let _ = to.set_nodelay(true);
    let mut end = to.try_clone().expect("a descriptor is left");
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        for (due, bytes) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = end.shutdown(Shutdown::Write);
        let _ = end.flush();
    });
    let mut buffer = [0; 64 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let due = Instant::now().max(connected) + ROUND_TRIP / 2;
        if sender.send((due, buffer[..n].to_vec())).is_err() {
            break;
        }
    }
}
