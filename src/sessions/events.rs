//! The events of a session.

mod model;
mod parts;

use super::SESSIONS;
#[cfg(doc)]
use crate::Error;
use crate::pagination::DEFAULT_PAGE_SIZE;
use crate::request::Request;
use crate::{Config, ListAll, Page, Result};

pub use crate::offers::{ActionState, MediaType};
pub use crate::visitors::SessionRef;
pub use model::{Event, EventKind, EventType};
pub use parts::{
    AppEvent, EventAction, OutcomeAchievedEvent, SegmentAssignmentEvent, VersionedRef, WebActionEvent, WebEvent,
};

const MAX_PAGE_SIZE: u32 = 200;

/// Returns one page of the events of a session.
///
/// The page has no total. [`Page::next_cursor`] returns the cursor of the next page, for [`ListEvents::after`].
///
/// **Permission** `journey:event:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`, or the page size is out of range; `Api` with
/// [`is_not_found`](Error::is_not_found) if there is no such session.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::sessions::events::{self, EventType, ListEvents};
///
/// let list = ListEvents { event_types: vec![EventType::Web, EventType::App], ..Default::default() };
/// let page = events::list(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &list)?;
/// println!("{} events; next: {:?}", page.entities.len(), page.next_cursor()?);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneySessionEvents")]
#[doc(alias = "EventListing")]
#[inline]
pub fn list(config: &Config, session_id: &str, list: &ListEvents) -> Result<Page<Event>> {
    list.request(session_id).send(config)
}

/// Iterates over the events of a session, page by page, in the order of the service.
///
/// A request returns 100 events, or [`page_size`](ListEvents::page_size). With [`after`](ListEvents::after), the list
/// starts behind that cursor.
///
/// **Permission** `journey:event:view`
///
/// # Errors
/// Those of [`list`]; `Decode` if a `nextUri` has no cursor, or if the cursors do not end. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::sessions::events;
///
/// for event in events::list_all(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &Default::default()) {
///     println!("{:?}", event?.event_type);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, session_id: &str, list: &ListEvents) -> ListAll<Event> {
    let (session_id, mut wanted) = (session_id.to_owned(), list.clone());
    wanted.page_size.get_or_insert(DEFAULT_PAGE_SIZE);
    ListAll::with_next_uri(
        config,
        |event| &event.id,
        move |config, cursor| {
            if let Some(cursor) = cursor {
                wanted.after = Some(cursor.to_owned());
            }
            self::list(config, &session_id, &wanted)
        },
    )
}

/// The filter and the page of a list of events. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListEvents {
    /// The number of events on a page. Default: chosen by the service for [`list`], 100 for [`list_all`]. Range: 1 to
    /// 200.
    pub page_size: Option<u32>,
    /// The cursor before the page, from [`Page::next_cursor`]. Default: the first page.
    pub after: Option<String>,
    /// Only events of these types. Default: all.
    pub event_types: Vec<EventType>,
}

impl ListEvents {
    fn request(&self, session_id: &str) -> Request {
        Request::get(SESSIONS)
            .segment("sessionId", session_id)
            .then("/events")
            .paged(self.page_size, None)
            .at_most("pageSize", self.page_size, MAX_PAGE_SIZE)
            .query("after", self.after.as_ref())
            .query_joined("eventType", &self.event_types)
    }
}
