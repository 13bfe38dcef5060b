//! Many threads with connections that break: no file descriptor leaks. A binary of its own, because file descriptors
//! belong to the whole process.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use genesys_journey::segments::{self, NewSegment, SegmentUpdate};
use genesys_journey::{Config, ErrorKind};

use genesys_listener::calls::*;
use genesys_listener::{Listener, Request, Scripted};

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

const THREADS: usize = 32;
const CALLS: usize = 1000;
const RELAXED_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes the n-th call. A write sends its number. Returns whether its response was lost.
fn is_lost(n: usize, config: &Config) -> bool {
    let op = ALL[n % ALL.len()];
    let name = n.to_string();
    let (result, _) = in_time(RELAXED_TIMEOUT, || match op {
        Op::Create => segments::create(config, &NewSegment::new(name)).map(drop),
        Op::Update => {
            segments::update(config, "7", &SegmentUpdate { display_name: Some(name), ..Default::default() }).map(drop)
        }
        _ => op.call(config),
    });
    let Err(error) = result else { return false };
    assert!(op.is_write(), "{op:?}: {error}");
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
    assert_eq!(error.attempts(), 1, "{error}");
    true
}

/// Makes all calls from all threads. Returns the writes whose responses were lost, and the highest number of
/// descriptors.
fn call_from_all_threads(config: &Config) -> (BTreeSet<usize>, usize) {
    let (lost, most, next) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0), AtomicUsize::new(0));
    at_once(0..THREADS, |_| {
        loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            if n >= CALLS {
                break;
            }
            if is_lost(n, config) {
                lost.lock().unwrap().insert(n);
            }
            if n % 50 == 0 {
                most.fetch_max(descriptors(), Ordering::SeqCst);
            }
        }
    });
    (lost.into_inner().unwrap(), most.into_inner())
}

/// Returns whether the listener closes the connection instead of responding: for every tenth request, or for all
/// requests over every tenth connection.
fn is_closed(request: &Request, by_connection: bool) -> bool {
    let number = if by_connection { request.connection } else { request.number as u64 };
    number % 10 == 9
}

/// Returns the writes that the listener received, and those among them that got no response.
fn seen_writes(listener: &Listener, by_connection: bool) -> (Vec<usize>, BTreeSet<usize>) {
    let requests = listener.requests();
    let writes = requests.iter().filter_map(|request| {
        let n = request.json()["displayName"].as_str()?.parse().ok()?;
        Some((n, is_closed(request, by_connection)))
    });
    let mut all: Vec<usize> = writes.clone().map(|(n, _)| n).collect();
    all.sort_unstable();
    (all, writes.filter(|(_, closed)| *closed).map(|(n, _)| n).collect())
}

#[test]
fn many_threads_with_broken_connections_lose_no_descriptor() {
    // Starts measuring the load of the machine.
    grace();
    // Writes share connections with reads, or each write opens one.
    for by_connection in [false, true] {
        loses_no_descriptor(by_connection);
    }
}

fn loses_no_descriptor(by_connection: bool) {
    let before = descriptors();
    let listener =
        Listener::responding(
            move |request| {
                if is_closed(request, by_connection) { Scripted::Close } else { success_for(request) }
            },
        );
    let config = settings(&listener.url())
        .attempt_timeout(RELAXED_TIMEOUT)
        .call_timeout(RELAXED_TIMEOUT)
        .max_attempts(8)
        .reuse_connections_for_writes(!by_connection)
        .token(TOKEN)
        .unwrap();
    let (lost, most) = call_from_all_threads(&config);
    drop(config);
    listener.wait_until_left();
    let (sent, without_response) = seen_writes(&listener, by_connection);
    let writes: Vec<usize> = (0..CALLS).filter(|n| ALL[n % ALL.len()].is_write()).collect();
    assert_eq!(sent, writes, "each write is sent once");
    assert_eq!(lost, without_response, "exactly the writes without a response report an unknown outcome");
    assert!((10..=80).contains(&lost.len()), "{} writes of {} met a closed connection", lost.len(), writes.len());
    // Both ends are in this process, and the listener holds its end twice.
    assert!(most < before + 4 * (2 * THREADS + 32), "{most} descriptors");
    drop(listener);
    assert_eq!(descriptors(), before);
}
