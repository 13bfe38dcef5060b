//! Writes while the service restarts: `cargo bench -p genesys-benches --bench restarts`.
//!
//! 16 threads update segments. The service restarts gracefully every 300 ms: it finishes the requests that it has
//! begun to read, and closes idle connections, with or without a request on its way. It counts a request when it
//! has read it whole, before it responds. Printed is how many writes ended with an unknown outcome, how many of
//! those were processed, and how many were processed twice; with and without reuse of connections.
//!
//! If nginx is installed, the same with nginx, which reloads its configuration every 300 ms. The processed writes
//! are those in its access log.

use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use genesys_journey::segments::{self, SegmentUpdate};
use genesys_journey::{Config, Region};

const THREADS: usize = 16;
const EVERY: Duration = Duration::from_millis(300);
const RUN: Duration = Duration::from_secs(10);

const SEGMENT: &str = r##"{"id":"7","isActive":true,"displayName":"VIP","version":1,"color":"#008000","scope":"Session",
"shouldDisplayToAgent":false,"context":{"patterns":[]},"journey":{"patterns":[]},
"createdDate":"2026-05-04T08:15:30.123Z","modifiedDate":"2026-05-04T08:15:30.123Z"}"##;

/// How often each target was processed.
type Processed = HashMap<String, u32>;

fn main() {
    println!("16 threads update segments for {} s; a graceful restart every {} ms", RUN.as_secs(), EVERY.as_millis());
    println!("{:<42}{:>10}{:>10}{:>22}{:>10}", "", "writes", "unknown", "of them processed", "twice");
    for reuse in [true, false] {
        let service = Service::start();
        report("service", reuse, &service.url.clone(), || service.restart(), || service.processed());
    }
    for reuse in [true, false] {
        let Some(nginx) = Nginx::start() else {
            println!("nginx is not installed");
            return;
        };
        report("nginx", reuse, &nginx.url, || nginx.reload(), || nginx.processed());
    }
}

fn report(name: &str, reuse: bool, url: &str, restart: impl Fn() + Sync, processed: impl FnOnce() -> Processed) {
    let builder = Config::builder(Region::custom(url, url).expect("a loopback URL"));
    let builder = builder.reuse_connections_for_writes(reuse).initial_backoff(Duration::from_millis(1));
    let config = builder.token("a-token").expect("a valid token");
    let (writes, unknown) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let until = Instant::now() + RUN;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while Instant::now() < until {
                std::thread::sleep(EVERY);
                restart();
            }
        });
        for thread in 0..THREADS {
            let (config, writes, unknown) = (&config, &writes, &unknown);
            scope.spawn(move || {
                let update = SegmentUpdate { version: Some(1), color: "#008000".into(), ..Default::default() };
                for call in 0.. {
                    if Instant::now() >= until {
                        break;
                    }
                    let id = format!("{thread}-{call}");
                    writes.fetch_add(1, Ordering::Relaxed);
                    match segments::update(config, &id, &update) {
                        Ok(_) => {}
                        Err(error) if error.outcome_unknown() => unknown.lock().expect("no panic").push(id),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    // The service closes the connections, and has written down all of its requests then.
    drop(config);
    std::thread::sleep(EVERY);
    let processed = processed();
    let unknown = unknown.into_inner().expect("no panic");
    let lost = unknown.iter().filter(|id| processed.contains_key(&format!("/api/v2/journey/segments/{id}"))).count();
    let twice = processed.values().filter(|times| **times > 1).count();
    let reuse = if reuse { "connections are reused" } else { "a connection for each write" };
    let (name, writes) = (format!("{name}: {reuse}"), writes.into_inner());
    println!("{name:<42}{writes:>10}{:>10}{lost:>22}{twice:>10}", unknown.len());
    assert!(processed.len() as u64 + unknown.len() as u64 >= writes, "the service misses writes");
}

/// A service that restarts as gracefully as TCP permits.
struct Service {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    processed: Mutex<Processed>,
    generation: AtomicU64,
    ended: AtomicBool,
}

impl Service {
    fn start() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shared = Arc::new(Shared::default());
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.ended.load(Ordering::SeqCst) {
                    break;
                }
                let shared = accepting.clone();
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Service { url, shared }
    }

    fn restart(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn processed(&self) -> Processed {
        self.shared.processed.lock().expect("no panic").clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.restart();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Shared {
    /// Serves a connection until a restart finds it idle.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(Duration::from_millis(1)));
        let generation = self.generation.load(Ordering::SeqCst);
        let (mut buffer, mut filled) = ([0; 16 * 1024], 0);
        loop {
            let is_old = || generation != self.generation.load(Ordering::SeqCst);
            match stream.read(&mut buffer[filled..]) {
                Ok(0) => return,
                Ok(n) => filled += n,
                // Idle: nothing has been read. A request that arrives now meets a closed connection.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if filled == 0 && is_old() {
                        return;
                    }
                    continue;
                }
                Err(_) => return,
            }
            let request = String::from_utf8_lossy(&buffer[..filled]);
            if !request.split_once("\r\n\r\n").is_some_and(|(_, body)| body.ends_with('}')) {
                continue;
            }
            let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
            *self.processed.lock().expect("no panic").entry(target).or_default() += 1;
            filled = 0;
            let is_old = is_old();
            let close = if is_old { "Connection: close\r\n" } else { "" };
            let head = format!("HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n", SEGMENT.len());
            if stream.write_all((head + SEGMENT).as_bytes()).is_err() || is_old {
                return;
            }
        }
    }
}

/// An nginx with files of its own. It reloads on demand.
struct Nginx {
    url: String,
    folder: PathBuf,
    process: Child,
}

impl Nginx {
    /// Returns `None` if nginx is not installed.
    fn start() -> Option<Nginx> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let folder = std::env::temp_dir().join(format!("genesys-benches-nginx-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let path = |name: &str| folder.join(name).display().to_string();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {};", path(name))).join(" ");
        let settings = format!(
            "daemon off; worker_processes 2; pid {}; error_log {}; events {{ }}
            http {{ {temporary} log_format target '$request_uri'; access_log {} target; keepalive_requests 1000000;
            server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{SEGMENT}'; }} }} }}",
            path("pid"),
            path("error.log"),
            path("access.log"),
        );
        fs::write(folder.join("nginx.conf"), settings).expect("the folder is writable");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).args(["-c", &path("nginx.conf"), "-e", &path("error.log")]);
        let process = command.stderr(Stdio::null()).spawn().ok()?;
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Nginx { url: format!("http://127.0.0.1:{port}"), folder, process })
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "nginx has ended");
    }

    fn reload(&self) {
        self.signal("-HUP");
    }

    fn processed(&self) -> Processed {
        let log = fs::read_to_string(self.folder.join("access.log")).expect("nginx writes it");
        let mut processed = Processed::new();
        for target in log.lines() {
            *processed.entry(target.to_owned()).or_default() += 1;
        }
        processed
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.signal("-TERM");
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
