//! The work that is measured, by whose hand it is done, and what the process that did it says it took.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Region};

use crate::baseline::{self, ByHand, RawTcp, TOKEN};

/// By whose hand.
pub const OURS: &str = "genesys-journey";
pub const TUNED: &str = "hand-written";
pub const DEFAULTS: &str = "ureq's defaults";
pub const RAW_TCP: &str = "raw tcp";

const ID: &str = "3f1d9c52-7a0e-4b6d-9e11-000000000007";

/// What a process says it took, from after the first call to the end of the last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
    pub allocations: usize,
    pub bytes: usize,
    /// Bytes on the heap at most, above what was there before.
    pub peak: usize,
}

/// Counts, and hands on.
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

/// The whole of a process that works: `URL TASK HAND N`.
pub fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, task, hand, n] = arguments.as_slice() else { panic!("wanted: URL TASK HAND N") };
    let n: usize = n.parse().expect("N is a number");
    let took = match task.split_once(" threads=") {
        Some((task, threads)) => in_threads(&worker(url, task, hand), threads.parse().expect("a number of threads"), n),
        None => {
            let once = worker(url, task, hand);
            in_turn(&*once, n, task.starts_with("aggregates"))
        }
    };
    let Took { wall, cpu, allocations, bytes, peak } = took;
    println!("{} {} {allocations} {bytes} {peak}", wall.as_nanos(), cpu.as_nanos());
}

impl Took {
    pub(crate) fn parse(line: &str) -> Took {
        let numbers: Vec<u64> = line.split_whitespace().map(|number| number.parse().expect("a number")).collect();
        let [wall, cpu, allocations, bytes, peak] = numbers.try_into().expect("five numbers");
        Took {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
            allocations: allocations as usize,
            bytes: bytes as usize,
            peak: peak as usize,
        }
    }
}

type Worker = Box<dyn Fn() + Sync>;

/// The first call, which connects, is not counted, where the work is not one large call.
fn in_turn(once: &dyn Fn(), n: usize, large: bool) -> Took {
    if !large {
        once();
    }
    let (allocations, bytes, live) = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed), LIVE.load(Relaxed));
    PEAK.store(live, Relaxed);
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    for _ in 0..n {
        once();
    }
    Took {
        wall: wall.elapsed(),
        cpu: cpu.elapsed(),
        allocations: ALLOCATIONS.load(Relaxed) - allocations,
        bytes: BYTES.load(Relaxed) - bytes,
        peak: PEAK.load(Relaxed) - live,
    }
}

fn in_threads(once: &Worker, threads: usize, n: usize) -> Took {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..n / threads).for_each(|_| once()));
        }
    });
    Took { wall: wall.elapsed(), cpu: cpu.elapsed(), ..Took::default() }
}

/// One and the other in turns, whoever calls.
fn alternating(one: impl Fn() + Sync, other: impl Fn() + Sync) -> impl Fn() + Sync {
    let turn = AtomicUsize::new(0);
    move || if turn.fetch_add(1, Relaxed).is_multiple_of(2) { one() } else { other() }
}

fn worker(url: &str, task: &str, hand: &str) -> Worker {
    match hand {
        OURS => ours(url, task),
        TUNED => baseline(ByHand::tuned(url), task),
        DEFAULTS => baseline(ByHand::defaults(url), task),
        RAW_TCP => {
            let stream = std::sync::Mutex::new(RawTcp::connect(url));
            Box::new(move || drop(stream.lock().unwrap().get(ID)))
        }
        _ => panic!("no such hand: {hand}"),
    }
}

fn ours(url: &str, task: &str) -> Worker {
    let builder = Config::builder(Region::custom(url, url).expect("a loopback URL"));
    let builder = crate::server::root(url).into_iter().fold(builder, |builder, root| builder.extra_roots(root));
    let config = builder.token(TOKEN).expect("a valid token");
    let list = ListSegments { page_size: Some(100), page_number: Some(1), ..ListSegments::default() };
    match task {
        "get" => Box::new(move || drop(segments::get(&config, ID).unwrap())),
        "page" => Box::new(move || drop(segments::list(&config, &list).unwrap())),
        "create" => Box::new(move || drop(segments::create(&config, &NewSegment::new("VIP")).unwrap())),
        "update" => Box::new(move || {
            let update = SegmentUpdate { color: "#008000".into(), ..SegmentUpdate::default() };
            drop(segments::update(&config, ID, &update).unwrap());
        }),
        "edit" => Box::new(move || {
            let update = |_: &_| SegmentUpdate { color: "#1F6FEB".into(), ..SegmentUpdate::default() };
            drop(segments::edit(&config, ID, update).unwrap());
        }),
        "get and create" => Box::new(alternating(
            {
                let config = config.clone();
                move || drop(segments::get(&config, ID).unwrap())
            },
            move || drop(segments::create(&config, &NewSegment::new("VIP")).unwrap()),
        )),
        "list_all" => Box::new(move || {
            let n = segments::list_all(&config, &ListSegments::default()).map(Result::unwrap).count();
            assert_eq!(n, crate::server::SEGMENTS);
        }),
        "aggregates" => Box::new(move || drop(analytics::query_aggregates(&config, &query()).unwrap())),
        "aggregates in pieces" => Box::new(move || {
            let mut n = 0;
            for container in analytics::stream_aggregates(&config, &query()).unwrap() {
                n += container.unwrap().data.len();
            }
            assert!(n > 0);
        }),
        "aggregates from a full buffer" => {
            let text = ByHand::tuned(url).aggregates_text(&serde_json::to_vec(&query()).unwrap());
            Box::new(move || drop(serde_json::from_slice::<analytics::AggregateResponse>(&text).unwrap()))
        }
        _ => panic!("no such task: {task}"),
    }
}

fn baseline(hand: ByHand, task: &str) -> Worker {
    let query = serde_json::to_vec(&query()).unwrap();
    match task {
        "get" => Box::new(move || drop(hand.get(ID))),
        "page" => Box::new(move || drop(hand.page(1))),
        "create" => Box::new(move || drop(hand.create(&baseline::NewSegment { display_name: "VIP" }))),
        "update" => Box::new(move || drop(hand.update(ID, &baseline::SegmentUpdate { color: "#008000" }))),
        "get and create" => {
            let hand = std::sync::Arc::new(hand);
            let reader = hand.clone();
            let create = move || drop(hand.create(&baseline::NewSegment { display_name: "VIP" }));
            Box::new(alternating(move || drop(reader.get(ID)), create))
        }
        "list_all" => Box::new(move || {
            let mut n = 0;
            for number in 1.. {
                let page = hand.page(number);
                n += page.entities.len();
                if number as u64 >= page.page_count.unwrap_or(0) {
                    break;
                }
            }
            assert_eq!(n, crate::server::SEGMENTS);
        }),
        "aggregates" => Box::new(move || drop(hand.aggregates(&query))),
        // The same type as that of the iterator, so that only the way to it differs.
        "aggregates in pieces" => Box::new(move || {
            let mut n = 0;
            hand.aggregates_in_pieces(&query, &mut |container: analytics::Container| n += container.data.len());
            assert!(n > 0);
        }),
        "aggregates by callback" => Box::new(move || {
            let mut n = 0;
            let text = hand.aggregates_text(&query);
            baseline::containers_of(&text, &mut |container: analytics::Container| n += container.data.len());
            assert!(n > 0);
        }),
        "aggregates from a full buffer" => {
            let text = hand.aggregates_text(&query);
            Box::new(move || drop(serde_json::from_slice::<baseline::AggregateResponse>(&text).unwrap()))
        }
        _ => panic!("no such task: {task}"),
    }
}

fn query() -> AggregateQuery {
    AggregateQuery::new(Interval::last_hours(24).unwrap(), [Metric::NJourneySessions])
}
