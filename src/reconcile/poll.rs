//! Polling after a write, until a read shows its effect.

use crate::backoff::{Backoff, Polling};
use crate::call::LOG_TARGET;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Error, ErrorKind, Result};

/// Calls `read` with growing waits until it returns an entity.
///
/// Returns `None` at the deadline of `config`, or after an error that is not temporary. The error is dropped, because
/// the caller already has the result of its write.
pub(super) fn poll<Entity>(config: &Config, read: &mut dyn FnMut() -> Result<Option<Entity>>) -> Option<Entity> {
    let mut polling = polling(config);
    loop {
        match read() {
            Ok(Some(seen)) => return Some(seen),
            Ok(None) => {}
            Err(error) if is_temporary(&error) => {
                log::debug!(target: LOG_TARGET, "reading after a write failed, trying again: {error}")
            }
            Err(error) => {
                log::debug!(target: LOG_TARGET, "reading after a write failed: {error}");
                return None;
            }
        }
        if !polling.wait() {
            return None;
        }
    }
}

/// Returns the waits between reads.
pub(super) fn polling(config: &Config) -> Polling {
    let unit = config.initial_backoff();
    Polling::new(Backoff { initial: unit / 4, max: unit * 8 }, config.deadline().at)
}

/// Returns the configuration for a write, with half of the remaining time. The other half is for reading its effect.
pub(super) fn half(config: &Config) -> Config {
    config.bounded_by(config.deadline().half())
}

/// Returns the configuration for polling after a refusal. Its time is limited, because no read may ever show the
/// reason.
pub(super) fn for_a_while(config: &Config) -> Config {
    config.bounded_by(Deadline::after(("time limit for reading after a write", config.initial_backoff() * 30)))
}

/// Returns whether a later read may succeed. A read that lags behind a create returns 404.
fn is_temporary(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || error.is_rate_limited()
        || matches!(error.status(), Some(404 | 408 | 500..))
}
