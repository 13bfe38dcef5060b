//! Schedules: the regular calculation of a view. A view has at most one.
//!
//! ```no_run
//! use genesys_journey::views::schedules::{self, Frequency, NewSchedule};
//!
//! let config = genesys_journey::Config::from_env()?;
//! schedules::create(&config, "a view", &NewSchedule::new(Frequency::Daily))?;
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use super::VIEWS;
#[cfg(doc)]
use crate::Error;
use crate::open_enum::open_enum;
use crate::references::EntityRef;
use crate::request::Request;
use crate::{Config, ListAll, Page, Result, Timestamp};

/// Returns one page of the schedules of all views.
///
/// **Permission** `journey:viewsSchedule:view`
///
/// # Errors
/// `Input` if the page size or number is 0; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::schedules;
///
/// println!("{:?} schedules", schedules::list(&config, &Default::default())?.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewsSchedules")]
#[doc(alias = "JourneyViewScheduleListing")]
#[inline]
pub fn list(config: &Config, list: &ListSchedules) -> Result<Page<Schedule>> {
    Request::get(VIEWS).then("/schedules").paged(list.page_size, list.page_number).send(config)
}

/// Iterates over the schedules of all views, page by page.
///
/// A request returns 100 schedules, or [`page_size`](ListSchedules::page_size).
///
/// **Permission** `journey:viewsSchedule:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for schedule in genesys_journey::views::schedules::list_all(&config, &Default::default()) {
///     println!("{:?}", schedule?.frequency);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListSchedules) -> ListAll<Schedule> {
    let fetch = |config: &Config, page_size, page_number| self::list(config, &ListSchedules { page_size, page_number });
    ListAll::numbered(config, list.page_size, list.page_number, |schedule| &schedule.id, fetch)
}

/// Returns the schedule of a view.
///
/// **Permission** `journey:viewsSchedule:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if the view has no
/// schedule, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// # use genesys_journey::views::schedules::{Frequency, NewSchedule, create};
/// # create(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &NewSchedule::new(Frequency::Daily))?;
/// let schedule = genesys_journey::views::schedules::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}", schedule.frequency);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyViewSchedules")]
#[inline]
pub fn get(config: &Config, view_id: &str) -> Result<Schedule> {
    schedule_of(Request::get(VIEWS), view_id).send(config)
}

/// Creates the schedule of a view, and returns it if the service does: `None` for an empty response.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:viewsSchedule:add`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` if the view has a schedule. With
/// [`outcome_unknown`](Error::outcome_unknown) the schedule may exist: read it before you create it again. With
/// [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::schedules::{self, Frequency, NewSchedule};
///
/// schedules::create(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &NewSchedule::new(Frequency::Daily))?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyViewSchedules")]
#[inline]
pub fn create(config: &Config, view_id: &str, schedule: &NewSchedule) -> Result<Option<Schedule>> {
    schedule_of(Request::post(VIEWS), view_id).json(schedule).send_any(config)
}

/// Replaces the schedule of a view, and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:viewsSchedule:edit`
///
/// # Errors
/// As for [`get`]. With [`outcome_unknown`](Error::outcome_unknown) the change may have been made; it is safe to send it
/// again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::schedules::{self, Frequency, NewSchedule};
///
/// # schedules::create(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &NewSchedule::new(Frequency::Daily))?;
/// schedules::replace(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &NewSchedule::new(Frequency::Weekly))?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PutJourneyViewSchedules")]
#[inline]
pub fn replace(config: &Config, view_id: &str, schedule: &NewSchedule) -> Result<Schedule> {
    schedule_of(Request::put(VIEWS), view_id).json(schedule).send(config)
}

/// Deletes the schedule of a view.
///
/// If the response is lost, the request is retried; a retry that finds no schedule succeeds.
///
/// **Permission** `journey:viewsSchedule:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if the view has no schedule. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// # use genesys_journey::views::schedules::{Frequency, NewSchedule, create};
/// # create(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &NewSchedule::new(Frequency::Daily))?;
/// genesys_journey::views::schedules::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyViewSchedules")]
pub fn delete(config: &Config, view_id: &str) -> Result<()> {
    schedule_of(Request::delete(VIEWS), view_id).send_for_nothing(config)
}

fn schedule_of(request: Request, view_id: &str) -> Request {
    request.segment("viewId", view_id).then("/schedules")
}

/// The page of a list of schedules. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListSchedules {
    /// The number of schedules on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
}

open_enum! {
    /// The time between two calculations.
    pub enum Frequency {
        Daily = "Daily",
        Weekly = "Weekly",
        Monthly = "Monthly",
    }
}

/// The schedule of a view.
#[doc(alias = "JourneyViewSchedule")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Schedule {
    /// The id, which is that of the view.
    pub id: String,
    /// The time between two calculations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Frequency>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_modified: Option<Timestamp>,
    /// The user who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<EntityRef>,
    /// The path of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A schedule to create, or the new content of a schedule.
#[doc(alias = "JourneyViewSchedule")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is created until it is sent"]
pub struct NewSchedule {
    /// The time between two calculations.
    pub frequency: Frequency,
}

impl NewSchedule {
    /// Returns a schedule.
    pub fn new(frequency: Frequency) -> NewSchedule {
        NewSchedule { frequency }
    }
}
