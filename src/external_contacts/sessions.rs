//! The sessions of a contact.

use super::CONTACTS;
#[cfg(doc)]
use crate::Error;
use crate::pagination::DEFAULT_PAGE_SIZE;
use crate::request::Request;
use crate::{Config, ListAll, Page, Result};

pub use crate::visitors::Session;

const MAX_PAGE_SIZE: u32 = 200;

/// Returns one page of the sessions of a contact.
///
/// The page has no total. [`Page::next_cursor`] returns the cursor of the next page, for [`ListSessions::after`].
///
/// **Permission** `externalContacts:session:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`, or the page size is out of range; `Api` with
/// [`is_not_found`](Error::is_not_found) if there is no such contact.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_contacts::sessions;
///
/// let page = sessions::list(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &Default::default())?;
/// println!("{} sessions; next: {:?}", page.entities.len(), page.next_cursor()?);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetExternalcontactsContactJourneySessions")]
#[doc(alias = "SessionListing")]
#[inline]
pub fn list(config: &Config, contact_id: &str, list: &ListSessions) -> Result<Page<Session>> {
    list.request(contact_id).send(config)
}

/// Iterates over the sessions of a contact, page by page, in the order of the service.
///
/// A request returns 100 sessions, or [`page_size`](ListSessions::page_size). With [`after`](ListSessions::after), the
/// list starts behind that cursor.
///
/// **Permission** `externalContacts:session:view`
///
/// # Errors
/// Those of [`list`]; `Decode` if a `nextUri` has no cursor, or if the cursors do not end. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::external_contacts::sessions;
///
/// for session in sessions::list_all(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &Default::default()) {
///     println!("{:?}", session?.session_type);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, contact_id: &str, list: &ListSessions) -> ListAll<Session> {
    let (contact_id, mut wanted) = (contact_id.to_owned(), list.clone());
    wanted.page_size.get_or_insert(DEFAULT_PAGE_SIZE);
    ListAll::with_next_uri(
        config,
        |session| &session.id,
        move |config, cursor| {
            if let Some(cursor) = cursor {
                wanted.after = Some(cursor.to_owned());
            }
            self::list(config, &contact_id, &wanted)
        },
    )
}

/// The filter and the page of a list of sessions. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListSessions {
    /// The number of sessions on a page. Default: chosen by the service for [`list`], 100 for [`list_all`]. Range: 1 to
    /// 200.
    pub page_size: Option<u32>,
    /// The cursor before the page, from [`Page::next_cursor`]. Default: the first page.
    pub after: Option<String>,
    /// Whether the sessions of contacts that were merged with this one are included. Default: chosen by the service.
    pub include_merged: Option<bool>,
}

impl ListSessions {
    fn request(&self, contact_id: &str) -> Request {
        Request::get(CONTACTS)
            .segment("contactId", contact_id)
            .then("/journey/sessions")
            .paged(self.page_size, None)
            .at_most("pageSize", self.page_size, MAX_PAGE_SIZE)
            .query("after", self.after.as_ref())
            .query("includeMerged", self.include_merged)
    }
}
