//! Name lookups that end at a deadline. The resolver of the system has no timeout, so that a lookup needs a thread.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use super::HttpError;
use super::socket::Until;

/// The running lookups of one `Config`. A lookup beyond the limit waits until its deadline, so that a resolver that
/// hangs does not accumulate threads.
#[derive(Clone, Default)]
pub(super) struct Lookups(Arc<Unfinished>);

#[derive(Default)]
struct Unfinished {
    count: Mutex<usize>,
    changed: Condvar,
}

/// The maximum number of running lookups: one for each pooled connection.
const AT_ONCE: usize = super::IDLE;

impl Lookups {
    /// Looks up a host. ureq's resolver starts a thread even for an IP address, and panics if no thread can be
    /// started (tests/it/faults/limits.rs: `a_lookup_without_a_thread_is_an_error`).
    pub fn resolve(&self, host: &str, port: u16, until: &Until) -> Result<Vec<SocketAddr>, HttpError> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = host.to_owned();
        let look_up = move || (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        let found: io::Result<Vec<SocketAddr>> = self.run(until, look_up)?;
        found.map_err(|error| {
            io::Error::new(io::ErrorKind::NotFound, format!("the name {host} cannot be resolved ({error})")).into()
        })
    }

    /// Runs a lookup in a thread of its own.
    fn run<T: Send + 'static>(
        &self,
        until: &Until,
        look_up: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HttpError> {
        let place = self.place(until)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("resolve".into());
        thread.spawn(move || {
            let found = look_up();
            drop(place);
            let _ = sender.send(found);
        })?;
        receiver.recv_timeout(until.left()?).map_err(|_| until.timed_out())
    }

    fn place(&self, until: &Until) -> Result<Place, HttpError> {
        let count = self.0.lock();
        let waited = self.0.changed.wait_timeout_while(count, until.left()?, |count| *count >= AT_ONCE);
        let (mut count, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(until.timed_out());
        }
        *count += 1;
        Ok(Place(self.0.clone()))
    }
}

impl Unfinished {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one running lookup. It is free again when the lookup returns.
struct Place(Arc<Unfinished>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn lookups_that_hang_are_limited_and_end_at_their_deadlines() {
        let lookups = Lookups::default();
        let (started, (hang, wait)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel::<()>());
        let wait = Arc::new(Mutex::new(wait));
        for _ in 0..AT_ONCE + 5 {
            let (started, wait) = (started.clone(), wait.clone());
            let error = lookups.run(&Until::within(Duration::from_millis(2)), move || {
                started.fetch_add(1, Ordering::SeqCst);
                let _ = wait.lock().unwrap().recv();
            });
            assert!(matches!(error, Err(HttpError::Timeout(_))));
        }
        assert!(started.load(Ordering::SeqCst) <= AT_ONCE);
        assert_eq!(*lookups.0.lock(), AT_ONCE);
        drop(hang);
        // The lookups have returned, so the next can run.
        assert_eq!(lookups.run(&Until::within(Duration::from_secs(60)), || 7).ok(), Some(7));
    }
}
