//! The frame of the measured processes: it does a task N times and prints the cost.
//!
//! Both sides of a comparison use it, each built in a workspace of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

pub const TOKEN: &str = "an-access-token-of-some-length-as-the-service-gives-them-out";
pub const ID: &str = "3f1d9c52-7a0e-4b6d-9e11-000000000007";
/// The segments on all pages together.
pub const SEGMENTS: usize = 10_000;

/// The body of every aggregates query.
pub const QUERY: &str = r#"{"interval":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z","metrics":["nJourneySessions"]}"#;

/// The cost of a process, from after the first call to the end of the last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    pub allocations: usize,
    pub bytes: usize,
    /// The highest number of bytes on the heap, above the number before.
    pub peak: usize,
}

/// An allocator that counts.
pub struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size.saturating_sub(layout.size()), Relaxed);
        let live = LIVE.fetch_add(size, Relaxed) + size - layout.size();
        LIVE.fetch_sub(layout.size(), Relaxed);
        PEAK.fetch_max(live, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// A task that can be done again and again.
pub type Worker = Box<dyn Fn() + Sync>;

/// Runs a measured process. Its arguments: `URL TASK VARIANT N`.
pub fn main(worker: fn(url: &str, task: &str, variant: &str) -> Worker) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, task, variant, n] = arguments.as_slice() else { panic!("usage: URL TASK VARIANT N") };
    let n: usize = n.parse().expect("N is a number");
    let cost = match task.split_once(" threads=") {
        Some((task, threads)) => in_threads(&worker(url, task, variant), threads.parse().expect("a number"), n),
        None => {
            let once = worker(url, task, variant);
            in_turn(&*once, n, task.starts_with("aggregates"))
        }
    };
    let Cost { wall, cpu, allocations, bytes, peak } = cost;
    println!("{} {} {allocations} {bytes} {peak}", wall.as_nanos(), cpu.as_nanos());
}

impl Cost {
    /// Parses the output of a measured process.
    pub fn parse(line: &str) -> Cost {
        let numbers: Vec<u64> = line.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        let [wall, cpu, allocations, bytes, peak] = numbers.try_into().expect("five numbers");
        Cost {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
            allocations: allocations as usize,
            bytes: bytes as usize,
            peak: peak as usize,
        }
    }
}

/// Unless the task is one large call, the first call is not counted, since it connects.
fn in_turn(once: &dyn Fn(), n: usize, large: bool) -> Cost {
    if !large {
        once();
    }
    let (allocations, bytes, live) = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(live, Relaxed);
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    for _ in 0..n {
        once();
    }
    Cost {
        wall: wall.elapsed(),
        cpu: cpu.elapsed(),
        allocations: ALLOCATIONS.load(Relaxed) - allocations,
        bytes: BYTES.load(Relaxed) - bytes,
        peak: PEAK.load(Relaxed) - live,
    }
}

fn in_threads(once: &Worker, threads: usize, n: usize) -> Cost {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..n / threads).for_each(|_| once()));
        }
    });
    Cost { wall: wall.elapsed(), cpu: cpu.elapsed(), ..Cost::default() }
}

/// Does one and the other in turns, across all threads.
pub fn alternating(one: impl Fn() + Sync, other: impl Fn() + Sync) -> impl Fn() + Sync {
    let turn = AtomicUsize::new(0);
    move || if turn.fetch_add(1, Relaxed).is_multiple_of(2) { one() } else { other() }
}

/// The root certificate of a server under TLS, which it has left in a file.
pub fn root(url: &str) -> Option<String> {
    url.starts_with("https").then(|| std::fs::read_to_string(root_file(url)).expect("the server wrote it"))
}

/// The file for the root certificate of this server.
pub fn root_file(url: &str) -> std::path::PathBuf {
    let port = url.rsplit(':').next().unwrap_or_default();
    std::env::temp_dir().join(format!("genesys-benches-root-{port}.pem"))
}
