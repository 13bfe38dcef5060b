//! Action targets: where an action map may send a visitor.
//!
//! **Deprecated by the vendor**, all three operations, and still served.
//!
//! ```no_run
//! use genesys_journey::{Config, action_targets};
//! use genesys_journey::action_targets::ActionTargetUpdate;
//!
//! let config = Config::from_env()?;
//! for target in action_targets::list_all(&config, &Default::default()) {
//!     let update = ActionTargetUpdate { short_abandon_threshold: 30.into(), ..Default::default() };
//!     action_targets::update(&config, &target?.id, &update)?;
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::null_as_default;
use crate::{Config, ListAll, Page, Paging, Result, Timestamp, Update};

const ACTION_TARGETS: &str = "/api/v2/journey/actiontargets";

/// Lists one page of action targets. Deprecated by the vendor, and still served.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// `Input` where the page size or number is 0; else see [`Error`](crate::Error).
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// let page = genesys_journey::action_targets::list(&config, &Default::default())?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontargets")]
#[doc(alias = "ActionTargetListing")]
pub fn list(config: &Config, list: &ListActionTargets) -> Result<Page<ActionTarget>> {
    Request::get(ACTION_TARGETS).paged(list.page_size, list.page_number).send(config)
}

/// Reads one action target. Deprecated by the vendor, and still served.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// `Input` where the id is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found)
/// where there is no such action target.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// let target = genesys_journey::action_targets::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}", target.name);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontarget")]
pub fn get(config: &Config, id: &str) -> Result<ActionTarget> {
    Request::get(ACTION_TARGETS).segment("actionTargetId", id).send(config)
}

/// Changes an action target: what the update keeps stays as it is. Sent once.
/// Deprecated by the vendor, and still served.
///
/// **Permission** `journey:actiontarget:edit`
///
/// # Errors
/// `Input` where the id is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found)
/// where there is no such action target. With [`outcome_unknown`](crate::Error::outcome_unknown) the
/// change may have been made: read the action target before you repeat it.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// use genesys_journey::action_targets::{self, ActionTargetUpdate, ServiceLevel};
///
/// let level = ServiceLevel { percentage: Some(80.0), duration_ms: Some(20_000) };
/// let update = ActionTargetUpdate { service_level: level.into(), ..Default::default() };
/// action_targets::update(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyActiontarget")]
pub fn update(config: &Config, id: &str, update: &ActionTargetUpdate) -> Result<ActionTarget> {
    Request::patch(ACTION_TARGETS).segment("actionTargetId", id).json(update).send(config)
}

/// Walks over all action targets, asking for each page when it is wanted: 100 to a request unless
/// [`Paging::page_size`] says otherwise, so 220 action targets are 3 requests.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// Those of [`list`], as the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example();
/// for target in genesys_journey::action_targets::list_all(&config, &Default::default()) {
///     println!("{}", target?.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
pub fn list_all(config: &Config, list: &ListActionTargets) -> ListAll<ActionTarget> {
    ListAll::new(config, list.page_size, |target| &target.id, self::list)
}

/// What a list of action targets can be asked for: which page of it.
pub type ListActionTargets = Paging;

open_enum! {
    /// Whether an action target is in use.
    pub enum ActionTargetState {
        Active = "active",
        Inactive = "inactive",
        Deleted = "deleted",
    }
}

/// Where an action map may send a visitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActionTarget {
    /// Its id, given by the service.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Data of the organisation's own.
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_data: Vec<KeyValue>,
    /// The media types that it takes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub supported_media_types: Vec<String>,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ActionTargetState>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The service level to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevel>,
    /// Within how long an abandoned interaction does not count; the vendor does not say in which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_abandon_threshold: Option<i64>,
    /// Its path at the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A service level: so many percent within so long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceLevel {
    /// Percent of the interactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
    /// Milliseconds within which they are answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

/// What changes in an action target; what is kept is not sent. See [`Update`].
#[doc(alias = "PatchActionTarget")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionTargetUpdate {
    /// Its id, if the service is to be told it in the body, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub name: Update<String>,
    /// The service level to be kept.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub service_level: Update<ServiceLevel>,
    /// Within how long an abandoned interaction does not count.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub short_abandon_threshold: Update<i64>,
    /// Its path, if the service is to be told it in the body, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}
