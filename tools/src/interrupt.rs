//! Ctrl-C and SIGTERM.
//!
//! A signal removes temporary files and ends the process. While a run writes to the service, the
//! first signal only ends it after the current write, so that the report shows every write.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::exit::{Failure, Status};

static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static DEFERRED: AtomicBool = AtomicBool::new(false);
static RECEIVED: AtomicU8 = AtomicU8::new(0);

fn temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a file to remove.
pub fn remove_on_signal(path: &Path) {
    temporary().push(path.to_owned());
}

/// Keeps a file that was to be removed.
pub fn keep_on_signal(path: &Path) {
    temporary().retain(|added| added != path);
}

/// From now on, the first signal is returned by [`received`] and does not end the process.
pub fn defer() {
    DEFERRED.store(true, Ordering::SeqCst);
}

/// Returns the status of an interrupted run, if a signal was received.
pub fn received() -> Option<Status> {
    let signal = RECEIVED.load(Ordering::SeqCst);
    (signal > 0).then_some(Status::Interrupted(signal))
}

#[cfg(unix)]
pub fn install() -> Result<(), Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            on_signal(u8::try_from(signal).unwrap_or_default());
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub fn install() -> Result<(), Failure> {
    Ok(())
}

#[cfg(unix)]
fn on_signal(signal: u8) {
    if DEFERRED.load(Ordering::SeqCst) && RECEIVED.swap(signal, Ordering::SeqCst) == 0 {
        crate::say("journey: interrupted; ending after the current write (Ctrl-C again: at once)");
        return;
    }
    // Kept locked, so that no other temporary file is created.
    let temporary = temporary();
    for path in &*temporary {
        _ = std::fs::remove_file(path);
    }
    crate::say("journey: interrupted");
    std::process::exit(128 + i32::from(signal));
}
