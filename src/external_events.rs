//! External events: events from other systems, such as shipments, in the journeys of customers.
//!
//! A [schema](schemas) lists the attributes of one type of event. A [configuration](configurations) is a source of such
//! events, and [`send`] or [`send_all`] sends them. The service neither changes nor deletes a recorded event.
//!
//! ```no_run
//! use std::time::SystemTime;
//!
//! use genesys_journey::external_events::{self, Event, ExternalId, SendOptions};
//! use genesys_journey::{Config, Timestamp};
//! use serde_json::json;
//!
//! let config = Config::from_env()?;
//! let mut event = Event::new("shipment-417", Timestamp::try_from(SystemTime::now())?);
//! event.identifiers.external_ids.push(ExternalId::new("C-10023", "efd01a47-4ab4-56c2-b6b3-cb334ba49ed9"));
//! event.attributes.insert("parcels_integer".into(), json!(2));
//!
//! let report = external_events::send_all(&config, "a configuration", &[event], SendOptions::default())?;
//! println!("{} accepted", report.accepted());
//! # Ok::<(), genesys_journey::Error>(())
//! ```

pub mod configurations;
pub mod schemas;

mod model;
mod send_all;

use serde::Serialize;

use crate::request::Request;
use crate::{Config, Error, Result};

pub use model::{Event, ExternalId, Identifiers, SendResponse, UnprocessedEvent};
pub use send_all::{EventOutcome, Rejection, SendOptions, SendReport, send_all};

use configurations::CONFIGURATIONS;

/// Sends a batch of events, and returns the events that the service did not process.
///
/// **The response may list events that were not processed.** Check
/// [`is_complete`](SendResponse::is_complete), or turn them into an error with
/// [`into_result`](SendResponse::into_result). [`send_all`] sends those again for which the service recommends a retry.
///
/// The request is retried only if the service provably did not process it. The vendor does not document the largest
/// batch.
///
/// **Permission** `journey:externalEventsEvent:add`
///
/// # Errors
/// `Input` if there is no event, or one without an id or a date. With [`outcome_unknown`](Error::outcome_unknown) any of
/// the events may have been recorded, and the service may record them twice if they are sent again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::Timestamp;
/// use genesys_journey::external_events::{self, Event};
///
/// let event = Event::new("shipment-417", Timestamp::from("2026-05-04T08:15:30.123Z"));
/// let response = external_events::send(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &[event])?;
/// for unprocessed in &response.unprocessed_entities {
///     println!("{:?}: {:?}", unprocessed.original_request_index, unprocessed.error_message);
/// }
/// assert!(response.is_complete());
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyExternaleventsConfigurationEvents")]
#[doc(alias = "ExternalEventsRequest")]
#[inline]
pub fn send(config: &Config, configuration_id: &str, events: &[Event]) -> Result<SendResponse> {
    check(events)?;
    batch(configuration_id, events).send(config)
}

/// The body of a request.
#[derive(Serialize)]
struct Batch<'a, E> {
    entities: &'a [E],
}

/// Returns the request with these events.
fn batch<E: Serialize>(configuration_id: &str, entities: &[E]) -> Request {
    let request = Request::post(CONFIGURATIONS).personal().segment("configurationId", configuration_id);
    request.then("/events").json(&Batch { entities })
}

/// Refuses a batch that the service could not process.
fn check(events: &[Event]) -> Result<()> {
    if events.is_empty() {
        return Err(Error::input("entities", "is empty; a batch must have an event"));
    }
    for (index, event) in events.iter().enumerate() {
        if let Some((field, problem)) = event.problem() {
            return Err(Error::input(field, format_args!("of event {index} {problem}")));
        }
    }
    Ok(())
}
