//! Many threads, and connections that break: no descriptor is lost. A binary of its own, since the
//! descriptors are those of the whole process.
#![cfg(target_os = "linux")]

mod listener;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use genesys_journey::ErrorKind;

use listener::calls::*;
use listener::{Listener, Play};

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_thousand_calls_from_32_threads_lose_no_descriptor_though_every_tenth_connection_is_closed() {
    const THREADS: usize = 32;
    const CALLS: usize = 1000;
    let before = descriptors();
    // Every tenth connection is closed before an answer; the others live for as long as they are used.
    let listener = Listener::answering(|request| match request.connection % 10 {
        9 => Play::Close,
        _ => suiting(request),
    });
    let timeout = Duration::from_secs(5);
    let config = settings(&listener.url()).timeout(timeout).deadline(timeout).attempts(8).token(TOKEN).unwrap();
    let (lost, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let next = AtomicUsize::new(0);
    at_once(0..THREADS, |_| {
        loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            if n >= CALLS {
                break;
            }
            let op = ALL[n % ALL.len()];
            match timed(op, &config, timeout).0 {
                Ok(()) => {}
                Err(error) => {
                    assert!(op.is_write(), "{op:?}: {error}");
                    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
                    lost.fetch_add(1, Ordering::SeqCst);
                }
            }
            if n % 50 == 0 {
                most.fetch_max(descriptors(), Ordering::SeqCst);
            }
        }
    });
    let lost = lost.load(Ordering::SeqCst);
    assert!((10..=80).contains(&lost), "{lost} writes of 333 met a closed connection");
    // Both ends are in this process, and the listener holds its end twice.
    let most = most.load(Ordering::SeqCst);
    assert!(most < before + 4 * (2 * THREADS + 32), "{most} descriptors");
    drop(config);
    listener.wait_until_left();
    drop(listener);
    assert_eq!(descriptors(), before);
}
