//! External contacts: the sessions of a contact, and its segments.
//!
//! ```no_run
//! use genesys_journey::{Config, external_contacts};
//!
//! let config = Config::from_env()?;
//! for session in external_contacts::sessions::list_all(&config, "a-contact-id", &Default::default()) {
//!     let session = session?;
//!     println!("{:?} {:?}", session.created_date, session.session_type);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

pub mod segments;
pub mod sessions;

const CONTACTS: &str = "/api/v2/externalcontacts/contacts";
