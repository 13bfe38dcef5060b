//! What a call costs against the same call written by hand on ureq and serde, in the same run.
//!
//! `cargo bench --bench calls` prints allocations, which are exact, and times as ratios of pairs taken
//! in turns, which machines disturb less than times.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Page, Region};
use serde_json::{Value, json};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// Counts, and hands on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size() as u64, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let segment = segment();
    let page =
        json!({ "entities": vec![&segment; 100], "pageSize": 100, "pageNumber": 1, "total": 100, "pageCount": 1 });
    let one = serve(segment.to_string());
    let many = serve(page.to_string());

    let config = |url: &str| Config::new(Region::at(url, url).unwrap(), "token");
    let (ours, ours_many) = (config(&one), config(&many));
    let by_hand = ureq::Agent::new_with_defaults();
    let hand = |url: &str| {
        let mut reply = by_hand.get(url).header("Authorization", "Bearer token").call().unwrap();
        reply.body_mut().with_config().read_to_vec().unwrap()
    };
    let new = NewSegment::new("VIP");
    let update = SegmentUpdate { color: "#008000".into(), ..SegmentUpdate::default() };
    let one_url = format!("{one}/api/v2/journey/segments/7");
    let many_url = format!("{many}/api/v2/journey/segments?pageSize=100");
    let list = ListSegments { page_size: Some(100), ..ListSegments::default() };
    let send = |method: &str, url: &str, body: Vec<u8>| -> segments::Segment {
        let request = ureq::http::Request::builder().method(method).uri(url);
        let request = request.header("Authorization", "Bearer token").header("Content-Type", "application/json");
        let mut reply = by_hand.run(request.body(body).unwrap()).unwrap();
        serde_json::from_slice(&reply.body_mut().with_config().read_to_vec().unwrap()).unwrap()
    };

    println!(
        "{:<22}{:>14}{:>14}{:>14}{:>14}{:>20}",
        "", "allocations", "by hand", "bytes", "by hand", "time / by hand"
    );
    compare(
        "get",
        || drop(segments::get(&ours, "7").unwrap()),
        || drop(serde_json::from_slice::<segments::Segment>(&hand(&one_url)).unwrap()),
    );
    compare(
        "page of 100",
        || drop(segments::list(&ours_many, &list).unwrap()),
        || drop(serde_json::from_slice::<Page<segments::Segment>>(&hand(&many_url)).unwrap()),
    );
    compare(
        "create (new connection)",
        || drop(segments::create(&ours, &new).unwrap()),
        || drop(send("POST", &one_url, serde_json::to_vec(&new).unwrap())),
    );
    compare(
        "update (new connection)",
        || drop(segments::update(&ours, "7", &update).unwrap()),
        || drop(send("PATCH", &one_url, serde_json::to_vec(&update).unwrap())),
    );
}

/// Allocations of one call each, and the median ratio of their times with its quartiles.
fn compare(name: &str, mut ours: impl FnMut(), mut by_hand: impl FnMut()) {
    const PAIRS: usize = 300;
    let counted = |f: &mut dyn FnMut()| {
        for _ in 0..20 {
            f();
        }
        let before = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
        for _ in 0..100 {
            f();
        }
        ((ALLOCATIONS.load(Relaxed) - before.0) / 100, (BYTES.load(Relaxed) - before.1) / 100)
    };
    let (a, b) = (counted(&mut ours), counted(&mut by_hand));
    let timed = |f: &mut dyn FnMut()| -> Duration {
        let start = Instant::now();
        for _ in 0..5 {
            f();
        }
        start.elapsed()
    };
    let mut ratios: Vec<f64> =
        (0..PAIRS).map(|_| timed(&mut ours).as_secs_f64() / timed(&mut by_hand).as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let [low, median, high] = [1, 2, 3].map(|quarter| ratios[PAIRS * quarter / 4]);
    println!("{name:<22}{:>14}{:>14}{:>14}{:>14}{median:>8.2} ({low:.2}–{high:.2})", a.0, b.0, a.1, b.1);
}

fn segment() -> Value {
    json!({
        "id": "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", "isActive": true, "displayName": "Local visitors", "version": 1,
        "description": "An example", "color": "#008000", "scope": "Session", "shouldDisplayToAgent": false,
        "context": { "patterns": [{ "criteria": [{ "key": "geolocation.postalCode", "values": ["10115"],
            "shouldIgnoreCase": true, "operator": "equal", "entityType": "visit" }] }] },
        "journey": { "patterns": [{ "criteria": [{ "key": "page.hostname", "values": ["shop.example.com"],
            "shouldIgnoreCase": false, "operator": "equal" }], "count": 1, "streamType": "Web", "sessionType": "web" }] },
        "assignmentExpirationDays": 1, "selfUri": "/api/v2/journey/segments/3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64",
        "createdDate": "2026-05-04T08:15:30.123Z", "modifiedDate": "2026-05-04T08:15:30.123Z"
    })
}

/// A server that answers every request alike, and allocates nothing while it does.
fn serve(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer: &'static [u8] = Box::leak((head + &body).into_bytes().into_boxed_slice());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer_all(stream.unwrap(), answer));
        }
    });
    url
}

/// Requests here are small: head and body come in one or two reads, and end alike.
fn answer_all(mut stream: TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 16 * 1024];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(n) => filled += n,
        }
        let request = &buffer[..filled];
        let has_body = request.starts_with(b"P");
        if request.ends_with(if has_body { b"}" } else { b"\r\n\r\n" }) {
            filled = 0;
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}
