//! Outcomes: goals that visitors may achieve, with their predictors and attributions.
//!
//! **Deprecated by the vendor**, which removes outcomes from the platform since May 2026. The functions have no
//! `#[deprecated]`, so that programs for organisations that still have outcomes build without warnings.
//!
//! ```no_run
//! use genesys_journey::{Config, outcomes};
//!
//! let config = Config::from_env()?;
//! for outcome in outcomes::list_all(&config, &Default::default()) {
//!     println!("{:?}", outcome?.display_name);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

pub mod attributions;
mod diff;
mod ensure;
mod model;
pub mod predictors;
mod resource;

use crate::request::Request;
use crate::{Config, Error, ListAll, Page, Result};

pub use diff::{ExactDifference, changes, diff, diff_exact};
pub use ensure::{Ensured, EnsuredExact, edit, ensure, ensure_all, ensure_exact, find_by_name};
pub use model::{AssociatedValueField, NewOutcome, Outcome, OutcomeUpdate, ValueType};

const OUTCOMES: &str = "/api/v2/journey/outcomes";

/// Returns one page of outcomes, or the outcomes with the given ids. Deprecated by the vendor.
///
/// **Permission** `journey:outcome:view`
///
/// # Errors
/// `Input` if the page size or number is 0, there are more than 20 ids, ids are combined with another option, or only
/// one of `query_fields` and `query_value` is set; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, ListOutcomes};
///
/// let page = outcomes::list(&config, &ListOutcomes { sort_by: Some("displayName".into()), ..Default::default() })?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcomes")]
#[doc(alias = "OutcomeListing")]
#[inline]
pub fn list(config: &Config, list: &ListOutcomes) -> Result<Page<Outcome>> {
    list.check()?;
    list.request().send(config)
}

/// Returns one outcome. Deprecated by the vendor.
///
/// **Permission** `journey:outcome:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such
/// outcome, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let outcome = genesys_journey::outcomes::get(&config, "outcome-1")?;
/// println!("{:?} (version {:?})", outcome.display_name, outcome.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcome")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Outcome> {
    Request::get(OUTCOMES).segment("outcomeId", id).send(config)
}

/// Creates an outcome and returns it. Deprecated by the vendor.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:outcome:add`
///
/// # Errors
/// `Input` if the name is empty, or a pattern or a criterion is incomplete. With
/// [`outcome_unknown`](Error::outcome_unknown) the outcome may exist: look for its name before you create it again.
/// With [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, NewOutcome};
///
/// let outcome = outcomes::create(&config, &NewOutcome { is_positive: Some(true), ..NewOutcome::new("Booking") })?;
/// println!("created {}", outcome.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyOutcomes")]
#[inline]
pub fn create(config: &Config, outcome: &NewOutcome) -> Result<Outcome> {
    outcome.check()?;
    Request::post(OUTCOMES).json(outcome).send(config)
}

/// Updates an outcome and returns it. Deprecated by the vendor.
///
/// The request is retried only if the service provably did not process it. With [`OutcomeUpdate::version`], the service
/// refuses the update if the outcome has changed since it was read.
///
/// **Permission** `journey:outcome:edit`
///
/// # Errors
/// `Input` as for [`create`]; `Api` with [`is_version_conflict`](Error::is_version_conflict) if the version is no
/// longer the current one. With [`outcome_unknown`](Error::outcome_unknown) the change may have been made: read the
/// outcome before you send the update again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::{self, OutcomeUpdate};
///
/// let outcome = outcomes::get(&config, "outcome-1")?;
/// let update = OutcomeUpdate { is_active: Some(false), ..OutcomeUpdate::of(&outcome) };
/// outcomes::update(&config, &outcome.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyOutcome")]
#[inline]
pub fn update(config: &Config, id: &str, update: &OutcomeUpdate) -> Result<Outcome> {
    update.check()?;
    Request::patch(OUTCOMES).segment("outcomeId", id).json(update).send(config)
}

/// Deletes an outcome. Deprecated by the vendor.
///
/// If the response is lost, the request is retried; a retry that finds no outcome succeeds.
///
/// **Permission** `journey:outcome:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such outcome. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::outcomes::delete(&config, "outcome-1")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyOutcome")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(OUTCOMES).segment("outcomeId", id).send_for_nothing(config)
}

/// Iterates over all outcomes of a list, page by page. Deprecated by the vendor.
///
/// A request returns 100 outcomes, or [`page_size`](ListOutcomes::page_size). A list of ids is one request.
///
/// **Permission** `journey:outcome:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for outcome in genesys_journey::outcomes::list_all(&config, &Default::default()) {
///     println!("{:?}", outcome?.display_name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListOutcomes) -> ListAll<Outcome> {
    let wanted = list.clone();
    if !list.outcome_ids.is_empty() {
        return ListAll::single_page(config, |outcome| &outcome.id, move |config| self::list(config, &wanted));
    }
    let fetch = move |config: &Config, page_size, page_number| {
        self::list(config, &ListOutcomes { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |outcome| &outcome.id, fetch)
}

/// The filter, the order and the page of a list of outcomes. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOutcomes {
    /// The number of the page, from 1. Default: 1. Not for [`list_all`].
    pub page_number: Option<u32>,
    /// The number of outcomes on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The fields to sort by, separated by commas, such as `displayName`. A leading `-` sorts downwards.
    pub sort_by: Option<String>,
    /// Only the outcomes with these ids. Range: at most 20. Not together with paging, sorting or a query.
    pub outcome_ids: Vec<String>,
    /// The fields to search for [`query_value`](Self::query_value), such as `displayName`.
    pub query_fields: Vec<String>,
    /// The text to search for in the [`query_fields`](Self::query_fields).
    pub query_value: Option<String>,
}

impl ListOutcomes {
    fn check(&self) -> Result<()> {
        let ids = self.outcome_ids.len();
        let others = [
            ("sortBy", self.sort_by.is_some()),
            ("pageSize", self.page_size.is_some()),
            ("pageNumber", self.page_number.is_some()),
            ("queryFields", !self.query_fields.is_empty()),
            ("queryValue", self.query_value.is_some()),
        ];
        if ids > 20 {
            return Err(Error::input("outcomeIds", format_args!("has {ids} ids; at most 20 are allowed in a request")));
        }
        if let Some((other, _)) = others.iter().find(|(_, set)| ids > 0 && *set) {
            return Err(Error::input("outcomeIds", format_args!("cannot be combined with {other}")));
        }
        Ok(())
    }

    fn request(&self) -> Request {
        Request::get(OUTCOMES)
            .paged(self.page_size, self.page_number)
            .query("sortBy", self.sort_by.as_ref())
            .query_all("outcomeIds", &self.outcome_ids)
            .searched(&self.query_fields, self.query_value.as_ref())
    }
}
