//! Sessions: visits of websites and apps, and conversations, with their events.
//!
//! The sessions of a contact are in `external_contacts::sessions` (feature `external-contacts`).
//!
//! ```no_run
//! use genesys_journey::{Config, sessions};
//!
//! let config = Config::from_env()?;
//! for event in sessions::events::list_all(&config, "a-session-id", &Default::default()) {
//!     let event = event?;
//!     println!("{:?} {:?}", event.created_date, event.event_type);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

pub mod events;
mod scores;

#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::{Config, Result};

pub use crate::visitors::Session;
pub use scores::{OutcomeScore, OutcomeScores};

const SESSIONS: &str = "/api/v2/journey/sessions";

/// Returns one session.
///
/// **Permission** `journey:session:view` or `externalContacts:session:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such
/// session.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let session = genesys_journey::sessions::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}: {:?} events", session.session_type, session.event_count);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneySession")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Session> {
    session(id).send(config)
}

/// Returns the latest scores of the outcomes of a session. Deprecated by the vendor.
///
/// **Permission** `journey:outcomescores:view`
///
/// # Errors
/// As for [`get`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let scores = genesys_journey::sessions::outcome_scores(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// for score in scores.outcome_scores {
///     println!("{:?}: {:?}", score.outcome, score.probability);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneySessionOutcomescores")]
#[inline]
pub fn outcome_scores(config: &Config, id: &str) -> Result<OutcomeScores> {
    session(id).then("/outcomescores").send(config)
}

/// Returns the start of a request about one session.
fn session(id: &str) -> Request {
    Request::get(SESSIONS).personal().segment("sessionId", id)
}
