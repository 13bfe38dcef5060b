//! Any number of events, in batches.
//!
//! Invariant: an event is sent again only if the service reported that it did not process the event and that a retry
//! may help, or if it refused the whole batch as too large.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Event, SendResponse, UnprocessedEvent, batch};
use crate::backoff::jitter;
use crate::{Config, Error, ErrorKind, Result};

/// After so many batches in a row with an unknown outcome, no further batch is sent.
const MAX_UNKNOWN_IN_A_ROW: u32 = 3;

/// After so many single events in a row whose content is refused by a status, no further batch is sent: the cause is
/// probably the same for all events.
const MAX_REFUSED_IN_A_ROW: u32 = 3;

/// The settings of [`send_all`], such as `SendOptions::default().batch_size(50)`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SendOptions {
    /// The number of events in a batch. The vendor documents no limit. Default: 100. Range: at least 1.
    pub batch_size: usize,
}

impl Default for SendOptions {
    fn default() -> Self {
        SendOptions { batch_size: 100 }
    }
}

impl SendOptions {
    /// Returns options with another number of events in a batch.
    #[must_use]
    pub fn batch_size(self, batch_size: usize) -> SendOptions {
        SendOptions { batch_size }
    }
}

/// The result of [`send_all`]: one outcome for each event.
///
/// For a test, start from `Default`, which is the result for no events.
#[derive(Debug, Default)]
#[must_use = "some events may not have been accepted"]
#[non_exhaustive]
pub struct SendReport {
    /// The outcomes, in the order of the events.
    pub outcomes: Vec<EventOutcome>,
    /// The error of the last batch that failed as a whole.
    pub error: Option<Error>,
    /// Whether sending ended early: the events after the failed batch were not sent.
    pub is_stopped: bool,
}

/// The outcome of one event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventOutcome {
    /// The service accepted the event.
    Accepted,
    /// The event was not processed. It was refused, or it was not sent.
    Rejected(Rejection),
    /// The service may have recorded the event, and may record it twice if it is sent again. The text is the error of
    /// its batch, and may be personal data.
    Unknown(String),
}

/// The reason why an event was not processed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rejection {
    /// The reason. It may quote the event, and so be personal data: do not log it.
    pub message: String,
    /// The HTTP status that stands for the reason.
    pub status: Option<i64>,
    /// Whether the same event may be accepted later. False if the event must change.
    pub is_retryable: bool,
}

/// Sends any number of events in batches, and returns the outcome of each.
///
/// Events that the service marks as retryable are sent again with backoff, up to
/// [`max_attempts`](crate::ConfigBuilder::max_attempts) times in all. No other event is sent twice. Each batch, with its
/// retries, has the timeout of one call; [`Config::with_deadline`] bounds them all.
///
/// If the outcome of a batch is unknown, so is that of its events; later batches are sent. A batch whose content
/// is refused (status 400, 413 or 422) is divided until the refused events are alone. Sending ends after 3 batches in a
/// row with an unknown outcome, and after 3 single events in a row whose content is refused. It also ends after an error
/// that would meet each batch, such as status 403 or a refused connection. The events after it are `Rejected` as not
/// sent.
///
/// **Permission** `journey:externalEventsEvent:add`
///
/// # Errors
/// `Input` if the batch size is 0, or the id is empty, `.` or `..`. Nothing has been sent then. Other errors are
/// in the report.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::Timestamp;
/// use genesys_journey::external_events::{self, Event, EventOutcome, SendOptions};
///
/// let date = Timestamp::from("2026-05-04T08:15:30.123Z");
/// let events: Vec<Event> = (0..250).map(|n| Event::new(format!("shipment-{n}"), date.clone())).collect();
/// let id = "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64";
/// let report = external_events::send_all(&config, id, &events, SendOptions::default())?;
/// for (event, outcome) in events.iter().zip(&report.outcomes) {
///     match outcome {
///         EventOutcome::Accepted => {}
///         EventOutcome::Rejected(rejection) => println!("{}: {}", event.id, rejection.message),
///         EventOutcome::Unknown(error) => println!("{}: perhaps recorded: {error}", event.id),
///         _ => println!("{}: {outcome:?}", event.id),
///     }
/// }
/// assert_eq!(report.accepted(), 250);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn send_all(config: &Config, configuration_id: &str, events: &[Event], options: SendOptions) -> Result<SendReport> {
    if options.batch_size == 0 {
        return Err(Error::input("batch_size", "is 0; it must be at least 1"));
    }
    let mut sending = Sending::new(events, options.batch_size);
    while let Some(batch) = sending.queue.pop_front() {
        let config = config.as_one_call();
        sending.send(&config, config.deadline().at, configuration_id, batch)?;
    }
    Ok(sending.report())
}

/// The state of [`send_all`]. A batch holds the indices of its events.
struct Sending<'a> {
    events: &'a [Event],
    queue: VecDeque<Vec<usize>>,
    /// By the index of the event; `None` until it is known.
    outcomes: Vec<Option<EventOutcome>>,
    error: Option<Error>,
    unknown_in_a_row: u32,
    refused_in_a_row: u32,
    is_stopped: bool,
}

impl<'a> Sending<'a> {
    fn new(events: &'a [Event], batch_size: usize) -> Sending<'a> {
        let invalid = |event: &Event| {
            let (field, problem) = event.problem()?;
            Some(rejected(format!("{field} {problem}"), None, false))
        };
        let outcomes: Vec<Option<EventOutcome>> = events.iter().map(invalid).collect();
        let valid = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_none()).map(|(index, _)| index);
        let queue = valid.collect::<Vec<_>>().chunks(batch_size).map(<[usize]>::to_vec).collect();
        Sending { events, queue, outcomes, error: None, unknown_in_a_row: 0, refused_in_a_row: 0, is_stopped: false }
    }

    /// Sends a batch, and again those of its events that are retryable.
    #[inline]
    fn send(&mut self, config: &Config, deadline: Instant, id: &str, mut indices: Vec<usize>) -> Result<()> {
        let policy = config.client().policy;
        for attempt in 1.. {
            let events: Vec<&Event> = indices.iter().filter_map(|index| self.events.get(*index)).collect();
            let response: SendResponse = match batch(id, &events).send(config) {
                Ok(response) => response,
                Err(error) if error.kind() == ErrorKind::Input => return Err(error),
                Err(error) => {
                    self.failed(indices, error);
                    return Ok(());
                }
            };
            let Some(refused) = refused(&events, response) else {
                let what = "the response lists an event that is not in the batch";
                self.failed(indices, Error::new(ErrorKind::Decode, what).with_outcome_unknown());
                return Ok(());
            };
            let delay = policy.backoff.delay(attempt, jitter());
            let may_retry = attempt < policy.max_attempts && Instant::now() + delay < deadline;
            indices = self.accept(&indices, refused, may_retry);
            if indices.is_empty() {
                break;
            }
            std::thread::sleep(delay);
        }
        Ok(())
    }

    /// Records a response. Returns the events to send again.
    fn accept(&mut self, indices: &[usize], refused: Vec<Option<UnprocessedEvent>>, may_retry: bool) -> Vec<usize> {
        (self.unknown_in_a_row, self.refused_in_a_row) = (0, 0);
        let mut retry = Vec::new();
        for (index, refused) in indices.iter().zip(refused) {
            let outcome = match refused {
                None => EventOutcome::Accepted,
                Some(refused) if may_retry && refused.is_retryable == Some(true) => {
                    retry.push(*index);
                    continue;
                }
                Some(refused) => {
                    let is_retryable = refused.is_retryable == Some(true);
                    rejected(refused.reason().to_owned(), refused.status_code, is_retryable)
                }
            };
            self.set(*index, outcome);
        }
        retry
    }

    /// Records the error of a batch.
    fn failed(&mut self, mut indices: Vec<usize>, error: Error) {
        // These statuses concern the content of the batch. One of its events may be the cause, so the batch is divided.
        let concerns_batch = matches!(error.status(), Some(400 | 413 | 422)) && !error.during_sign_in();
        if concerns_batch && indices.len() > 1 {
            let second = indices.split_off(indices.len() / 2);
            self.queue.push_front(second);
            self.queue.push_front(indices);
            return;
        }
        // During a sign-in, the events are not sent.
        let is_unknown = error.outcome_unknown() && !error.during_sign_in();
        self.unknown_in_a_row = if is_unknown { self.unknown_in_a_row + 1 } else { 0 };
        self.refused_in_a_row += u32::from(concerns_batch);
        // The report is data of the caller, so that it has the message that `Display` leaves out.
        let message = match &error.service_error().message {
            Some(message) => format!("{error}: {message}"),
            None => error.to_string(),
        };
        for index in indices {
            let outcome = if is_unknown {
                EventOutcome::Unknown(message.clone())
            } else {
                rejected(message.clone(), error.status().map(i64::from), !concerns_batch)
            };
            self.set(index, outcome);
        }
        let may_continue = if is_unknown {
            self.unknown_in_a_row < MAX_UNKNOWN_IN_A_ROW
        } else {
            concerns_batch && self.refused_in_a_row < MAX_REFUSED_IN_A_ROW
        };
        if !may_continue {
            self.is_stopped = true;
            self.queue.clear();
        }
        self.error = Some(error);
    }

    fn set(&mut self, index: usize, outcome: EventOutcome) {
        if let Some(place) = self.outcomes.get_mut(index) {
            *place = Some(outcome);
        }
    }

    fn report(self) -> SendReport {
        let Sending { outcomes, error, is_stopped, .. } = self;
        let reason = error.as_ref().map(Error::to_string).unwrap_or_default();
        let not_sent = || rejected(format!("not sent, after an earlier batch failed: {reason}"), None, true);
        let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(not_sent)).collect();
        SendReport { outcomes, error, is_stopped }
    }
}

/// Returns for each event of a batch whether it was refused. `None` if an entry of the response belongs to no event.
fn refused(events: &[&Event], response: SendResponse) -> Option<Vec<Option<UnprocessedEvent>>> {
    let mut refused: Vec<Option<UnprocessedEvent>> = events.iter().map(|_| None).collect();
    for entry in response.unprocessed_entities {
        let place = refused.get_mut(position(events, &entry)?)?;
        // Of two entries for one event, the one that forbids a retry counts.
        if place.as_ref().is_none_or(|earlier| earlier.is_retryable == Some(true)) {
            *place = Some(entry);
        }
    }
    Some(refused)
}

/// Returns the position of an event in its batch: by the index, if the id does not contradict it, else by the id.
fn position(events: &[&Event], entry: &UnprocessedEvent) -> Option<usize> {
    let id = entry.event.as_ref().map(|event| event.id.as_str()).filter(|id| !id.is_empty());
    let index = entry.original_request_index.and_then(|index| usize::try_from(index).ok());
    let at_index = index.and_then(|index| events.get(index));
    if at_index.is_some_and(|event| id.is_none_or(|id| id == event.id)) {
        return index;
    }
    let mut same = events.iter().enumerate().filter(|(_, event)| id == Some(event.id.as_str()));
    same.next().filter(|_| same.next().is_none()).map(|(position, _)| position)
}

fn rejected(message: String, status: Option<i64>, is_retryable: bool) -> EventOutcome {
    EventOutcome::Rejected(Rejection { message, status, is_retryable })
}

impl SendReport {
    /// Returns the number of accepted events.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.outcomes.iter().filter(|outcome| **outcome == EventOutcome::Accepted).count()
    }

    /// Returns whether all events were accepted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.accepted() == self.outcomes.len()
    }
}
