//! Action targets: the teams that receive the chats of an action map.
//!
//! The vendor has **deprecated** all three operations. They still work.
//!
//! ```no_run
//! use genesys_journey::{Config, action_targets};
//! use genesys_journey::action_targets::ActionTargetUpdate;
//!
//! let config = Config::from_env()?;
//! for target in action_targets::list_all(&config, &Default::default()) {
//!     let update = ActionTargetUpdate { short_abandon_threshold: Some(30), ..Default::default() };
//!     action_targets::update(&config, &target?.id, &update)?;
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::request::Request;
use crate::serde_util::{finite, optional_integer, plain_list};
use crate::{Config, ListAll, Page, Result, Timestamp};

const ACTION_TARGETS: &str = "/api/v2/journey/actiontargets";

/// Returns one page of action targets. Deprecated by the vendor, and still served.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// `Input` if the page size or number is 0; see also [`Error`](crate::Error).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let page = genesys_journey::action_targets::list(&config, &Default::default())?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontargets")]
#[doc(alias = "ActionTargetListing")]
#[inline]
pub fn list(config: &Config, list: &ListActionTargets) -> Result<Page<ActionTarget>> {
    Request::get(ACTION_TARGETS).paged(list.page_size, list.page_number).send(config)
}

/// Returns one action target. Deprecated by the vendor, and still served.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found) if there
/// is no such action target.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let target = genesys_journey::action_targets::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}", target.name);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontarget")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<ActionTarget> {
    Request::get(ACTION_TARGETS).segment("actionTargetId", id).send(config)
}

/// Updates an action target and returns it. Deprecated by the vendor, and still served.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:actiontarget:edit`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](crate::Error::is_not_found) if there
/// is no such action target. With [`outcome_unknown`](crate::Error::outcome_unknown) the change may have been
/// made: read the action target before you send the update again. With
/// [`during_sign_in`](crate::Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_targets::{self, ActionTargetUpdate, ServiceLevel};
///
/// let level = ServiceLevel::new(0.8, 20_000);
/// let update = ActionTargetUpdate { service_level: Some(level), ..Default::default() };
/// action_targets::update(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyActiontarget")]
#[inline]
pub fn update(config: &Config, id: &str, update: &ActionTargetUpdate) -> Result<ActionTarget> {
    Request::patch(ACTION_TARGETS).segment("actionTargetId", id).json(update).send(config)
}

/// Iterates over all action targets. Deprecated by the vendor, but it still works.
///
/// A page has 100 action targets, or [`page_size`](ListActionTargets::page_size). 220 action targets are 3 requests.
///
/// **Permission** `journey:actiontarget:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](crate::Error::is_incomplete) if the list changed each
/// time it was read; otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for target in genesys_journey::action_targets::list_all(&config, &Default::default()) {
///     println!("{}", target?.id);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListActionTargets) -> ListAll<ActionTarget> {
    let fetch =
        |config: &Config, page_size, page_number| self::list(config, &ListActionTargets { page_size, page_number });
    ListAll::numbered(config, list.page_size, list.page_number, |target| &target.id, fetch)
}

/// The options of a list of action targets. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListActionTargets {
    /// The number of action targets on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, from 1. Default: 1. Not for [`list_all`].
    pub page_number: Option<u32>,
}

open_enum! {
    /// Whether an action target is in use.
    pub enum ActionTargetState {
        Active = "active",
        Inactive = "inactive",
        Deleted = "deleted",
    }
}

open_enum! {
    /// A kind of interaction that an action target receives.
    pub enum MediaType {
        Callback = "callback",
        Call = "call",
        Email = "email",
        Generic = "generic",
        Messaging = "messaging",
        Social = "social",
        Webchat = "webchat",
    }
}

/// A team that receives the chats of an action map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActionTarget {
    /// The id, set by the service.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Custom data of the organisation.
    #[serde(default, deserialize_with = "plain_list")]
    pub user_data: Vec<KeyValue>,
    /// The kinds of interaction that the action target receives.
    #[serde(default, deserialize_with = "plain_list")]
    pub supported_media_types: Vec<MediaType>,
    /// Whether the action target is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ActionTargetState>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The service level to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevel>,
    /// The short-abandon threshold in seconds: interactions that are abandoned earlier do not count.
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub short_abandon_threshold: Option<i64>,
    /// The path of the action target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// A key and its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct KeyValue {
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A service level: the share of interactions that must be accepted within a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceLevel {
    /// The share of interactions, from 0 to 1.
    #[serde(serialize_with = "finite", skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
    /// The time in milliseconds.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

impl ServiceLevel {
    /// Returns a service level: this share of interactions, from 0 to 1, within this time in milliseconds.
    pub fn new(percentage: f64, duration_ms: i64) -> ServiceLevel {
        ServiceLevel { percentage: Some(percentage), duration_ms: Some(duration_ms) }
    }
}

/// Changes to an action target. Unset fields are not sent.
#[doc(alias = "PatchActionTarget")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct ActionTargetUpdate {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The service level to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevel>,
    /// The short-abandon threshold in seconds: interactions that are abandoned earlier do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_threshold: Option<i64>,
}
