//! Journey views: journeys that are drawn from events, with versions, charts, jobs, schedules and event definitions.
//!
//! A view consists of elements, each of which stands for an event, and of links between them. A job counts the
//! customers at each element and the values of the charts; see [`jobs::run`].
//!
//! ```no_run
//! use genesys_journey::views::{self, jobs};
//!
//! let config = genesys_journey::Config::from_env()?;
//! for view in views::list_all(&config, &Default::default()) {
//!     let view = view?;
//!     let job = jobs::latest(&config, &view.id, view.version.unwrap_or(1))?;
//!     println!("{:?}: {:?}", view.name, job.status);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

mod build;
pub mod charts;
mod check;
mod diff;
mod element;
pub mod event_definitions;
mod find;
pub mod jobs;
mod json;
mod model;
pub mod schedules;
pub mod versions;

use serde::Deserialize;
use serde_json::Value;

use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::null_as_default;
use crate::{Config, Error, ListAll, Page, Result};

pub use crate::interval::Interval;
pub use build::element_id;
pub use diff::diff;
pub use element::{
    Bound, Element, ElementAttributes, ElementFilter, ElementPosition, ElementType, EventCountType, FilterType, Link,
    NumberPredicate, Operator, Predicate, Range, TimeConstraint, TimeUnit,
};
pub use find::find_by_name;
pub use model::{DataRange, Label, NewView, View, ViewUser};

const VIEWS: &str = "/api/v2/journey/views";

/// Returns one page of views, each in its newest version.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if the page size or number is 0, or there are more than 100 ids; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, Expand, ListViews};
///
/// let page = views::list(&config, &ListViews { expand: Some(Expand::Charts), ..Default::default() })?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViews")]
#[doc(alias = "JourneyViewListing")]
#[inline]
pub fn list(config: &Config, list: &ListViews) -> Result<Page<View>> {
    list.request()?.send(config)
}

/// Returns the newest version of a view.
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such view,
/// or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let view = genesys_journey::views::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?} (version {:?})", view.name, view.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyView")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<View> {
    Request::get(VIEWS).segment("viewId", id).send(config)
}

/// Creates a view and returns it.
///
/// The view is sent as it is; see [`NewView::check`]. The request is retried only if the service provably did not
/// process it. [`versions`] has the functions that change a view.
///
/// **Permission** `journey:views:add`
///
/// # Errors
/// `Input` if a number is not finite; see also [`Error`]. With [`outcome_unknown`](Error::outcome_unknown) the view may
/// exist: look for its name before you create it again. With [`during_sign_in`](Error::during_sign_in) it was not
/// created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, Element, NewView};
///
/// let view = NewView::new("Bots", [Element::event("Bot start", "4283fe19-b3eb-5c7b-9470-71b34a87c22b")]);
/// println!("created {}", views::create(&config, &view)?.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyViews")]
#[inline]
pub fn create(config: &Config, view: &NewView) -> Result<View> {
    Request::post(VIEWS).json(view).send(config)
}

/// Deletes a view with all its versions.
///
/// If the response is lost, the request is retried; a retry that finds no view succeeds.
///
/// **Permission** `journey:views:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such view. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::views::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyView")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(VIEWS).segment("viewId", id).send_for_nothing(config)
}

/// Iterates over all views of a list, page by page.
///
/// A request returns 100 views, or [`page_size`](ListViews::page_size).
///
/// **Permission** `journey:views:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for view in genesys_journey::views::list_all(&config, &Default::default()) {
///     println!("{:?}", view?.name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListViews) -> ListAll<View> {
    let wanted = list.clone();
    let fetch = move |config: &Config, page_size, page_number| {
        self::list(config, &ListViews { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |view| &view.id, fetch)
}

/// Returns the period for which the service has data.
///
/// **Permission** `journey:dataDetails:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let range = genesys_journey::views::data_range(&config)?;
/// println!("{:?} to {:?}", range.date_min, range.date_max);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsDataDetails")]
#[inline]
pub fn data_range(config: &Config) -> Result<DataRange> {
    Request::get(VIEWS).then("/data/details").send(config)
}

/// Returns which labels are in the data of the service.
///
/// The vendor does not document the entities of the response, so they are returned as JSON. A [`Label`] with
/// [`encoded`](Label::encoded) can probably be decoded from each. The request changes nothing, so it is retried.
///
/// **Permission** `journey:viewsEncodings:view`
///
/// # Errors
/// See [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::{self, Label};
///
/// for label in views::validate_labels(&config, &[Label::new("flowName", "Main menu")])? {
///     println!("{label}");
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyViewsEncodingsValidate")]
#[doc(alias = "EntityListing")]
#[inline]
pub fn validate_labels(config: &Config, labels: &[Label]) -> Result<Vec<Value>> {
    let Labels { entities } = Request::post(VIEWS).then("/encodings/validate").json(labels).read_only().send(config)?;
    Ok(entities)
}

#[derive(Deserialize)]
struct Labels {
    #[serde(deserialize_with = "null_as_default")]
    entities: Vec<Value>,
}

open_enum! {
    /// A part of a view that a list has only on request.
    pub enum Expand {
        Charts = "charts",
    }
}

/// The filter and the page of a list of views. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListViews {
    /// The number of views on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
    /// Only views with this name or author.
    pub name_or_created_by: Option<String>,
    /// A further part to return.
    pub expand: Option<Expand>,
    /// Only the views with these ids. Range: at most 100.
    pub ids: Vec<String>,
}

impl ListViews {
    fn request(&self) -> Result<Request> {
        let ids = self.ids.len();
        if ids > 100 {
            return Err(Error::input("id", format_args!("has {ids} ids; at most 100 are allowed in a request")));
        }
        Ok(Request::get(VIEWS)
            .paged(self.page_size, self.page_number)
            .query("nameOrCreatedBy", self.name_or_created_by.as_ref())
            .query("expand", self.expand.as_ref())
            .query_joined("id", &self.ids))
    }
}
