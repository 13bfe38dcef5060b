//! Action maps: the offers that visitors get, and the conditions and times for them.
//!
//! ```no_run
//! use genesys_journey::{Config, action_maps};
//! use genesys_journey::action_maps::{ActionKind, ListActionMaps};
//!
//! let config = Config::from_env()?;
//! for map in action_maps::list_all(&config, &ListActionMaps::default()) {
//!     let map = map?;
//!     if let Some(ActionKind::WebMessagingOffer(offer)) = map.action.as_ref().map(|action| action.kind()) {
//!         println!("{:?} offers {:?}", map.display_name, offer.offer_text);
//!     }
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```
//!
//! An organisation has at most 200 action maps. A read may lag behind a write: a 404 just after a create is normal.

mod action;
mod conditions;
mod diff;
mod ensure;
pub mod estimates;
mod model;
mod resource;
mod webchat;

use crate::request::Request;
use crate::{Config, Error, ListAll, Page, Result};

pub use crate::offers::MediaType;
pub use action::{
    Action, ActionKind, ActionUpdate, ArchitectFlowFields, AttributeType, MappingType, OpenActionFields,
    RequestMapping, WebMessagingOfferFields,
};
pub use conditions::{
    Activation, ActivationType, EventCondition, OutcomePercentileCondition, OutcomeProbabilityCondition,
    OutcomeQuantileCondition, ScheduleGroups, ScheduleGroupsUpdate, UrlCondition,
};
pub use diff::{ExactDifference, changes, diff, diff_exact};
pub use ensure::{Ensured, EnsuredExact, edit, ensure, ensure_all, ensure_exact, find_by_name};
pub use model::{ActionMap, ActionMapUpdate, NewActionMap};
pub use webchat::{ActionProperties, ActionSurvey, CustomerProperty, QuestionType, SurveyQuestion};

const ACTION_MAPS: &str = "/api/v2/journey/actionmaps";

/// Returns one page of action maps.
///
/// **Permission** `journey:actionmap:view`
///
/// # Errors
/// `Input` if the page size or number is 0, there are more than 100 ids, ids are combined with another option, or only
/// one of two options is set that belong together; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, ListActionMaps};
///
/// let list = ListActionMaps::with_field("action.actionTemplate.id", "443f5c59-2b86-5d0b-a1c7-eed503976094");
/// let page = action_maps::list(&config, &list)?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActionmaps")]
#[doc(alias = "ActionMapListing")]
#[inline]
pub fn list(config: &Config, list: &ListActionMaps) -> Result<Page<ActionMap>> {
    list.check()?;
    list.request().send(config)
}

/// Returns one action map.
///
/// **Permission** `journey:actionmap:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such action
/// map, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let map = genesys_journey::action_maps::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?} (version {:?})", map.display_name, map.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActionmap")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<ActionMap> {
    Request::get(ACTION_MAPS).segment("actionMapId", id).send(config)
}

/// Creates an action map and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:actionmap:add`
///
/// # Errors
/// `Input` if the name is empty or a number is not finite. With
/// [`outcome_unknown`](Error::outcome_unknown) the action map may exist: look for its name before you create it again.
/// With [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_maps::{self, Action, Activation, NewActionMap};
///
/// let map = NewActionMap {
///     trigger_with_segments: vec!["b15dcf37-5da3-5d41-a3c2-12ae6e6427df".into()],
///     activation: Some(Activation::after_seconds(20)),
///     action: Some(Action::content_offer("443f5c59-2b86-5d0b-a1c7-eed503976094")),
///     ..NewActionMap::new("Boots, spring")
/// };
/// println!("created {}", action_maps::create(&config, &map)?.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyActionmaps")]
#[inline]
pub fn create(config: &Config, map: &NewActionMap) -> Result<ActionMap> {
    map.check()?;
    Request::post(ACTION_MAPS).json(map).send(config)
}

/// Updates an action map and returns it.
///
/// The request is retried only if the service provably did not process it. With
/// [`ActionMapUpdate::version`], the service refuses the update if the map has changed since it was read. Lists are
/// replaced as a whole.
///
/// **Permission** `journey:actionmap:edit`
///
/// # Errors
/// `Input` as for [`create`]; `Api` with [`is_version_conflict`](Error::is_version_conflict) if the version is no
/// longer the current one. With [`outcome_unknown`](Error::outcome_unknown) the change may have been made: read the
/// action map before you send the update again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::Update;
/// use genesys_journey::action_maps::{self, ActionMapUpdate};
///
/// let map = action_maps::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let update = ActionMapUpdate { end_date: Update::Clear, ..ActionMapUpdate::of(&map) };
/// action_maps::update(&config, &map.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyActionmap")]
#[inline]
pub fn update(config: &Config, id: &str, update: &ActionMapUpdate) -> Result<ActionMap> {
    update.check()?;
    Request::patch(ACTION_MAPS).segment("actionMapId", id).json(update).send(config)
}

/// Deletes an action map.
///
/// If the response is lost, the request is retried; a retry that finds no map succeeds.
///
/// **Permission** `journey:actionmap:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such action map. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::action_maps::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyActionmap")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(ACTION_MAPS).segment("actionMapId", id).send_for_nothing(config)
}

/// Iterates over all action maps of a list, page by page.
///
/// A request returns 100 action maps, or [`page_size`](ListActionMaps::page_size). 200 action maps are 2 requests; a
/// list of ids is one.
///
/// **Permission** `journey:actionmap:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for map in genesys_journey::action_maps::list_all(&config, &Default::default()) {
///     println!("{:?}", map?.display_name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListActionMaps) -> ListAll<ActionMap> {
    let wanted = list.clone();
    if !list.action_map_ids.is_empty() {
        return ListAll::single_page(config, |map| &map.id, move |config| self::list(config, &wanted));
    }
    let fetch = move |config: &Config, page_size, page_number| {
        self::list(config, &ListActionMaps { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |map| &map.id, fetch)
}

/// The filter, the order and the page of a list of action maps. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListActionMaps {
    /// The number of action maps on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
    /// The fields to sort by, separated by commas, such as `displayName`. A leading `-` sorts downwards.
    pub sort_by: Option<String>,
    /// The field that must have the [`filter_value`](Self::filter_value), such as `weight`.
    pub filter_field: Option<String>,
    /// The value of the [`filter_field`](Self::filter_field).
    pub filter_value: Option<String>,
    /// Only the action maps with these ids; not together with other options. Range: at most 100.
    pub action_map_ids: Vec<String>,
    /// The fields to search for [`query_value`](Self::query_value), such as `displayName`.
    pub query_fields: Vec<String>,
    /// The text to search for in the [`query_fields`](Self::query_fields).
    pub query_value: Option<String>,
}

impl ListActionMaps {
    /// Returns the list of the action maps whose field has this value.
    pub fn with_field(field: impl Into<String>, value: impl Into<String>) -> ListActionMaps {
        ListActionMaps {
            filter_field: Some(field.into()),
            filter_value: Some(value.into()),
            ..ListActionMaps::default()
        }
    }

    fn check(&self) -> Result<()> {
        let ids = self.action_map_ids.len();
        let only_ids = ListActionMaps { action_map_ids: self.action_map_ids.clone(), ..ListActionMaps::default() };
        if ids > 100 {
            let problem = format!("has {ids} ids; at most 100 are allowed in a request");
            return Err(Error::input("actionMapIds", problem));
        }
        if ids > 0 && *self != only_ids {
            return Err(Error::input("actionMapIds", "cannot be combined with another option"));
        }
        match (&self.filter_field, &self.filter_value) {
            (None, Some(_)) => Err(Error::input("filterField", "must be set together with filterValue")),
            (Some(_), None) => Err(Error::input("filterValue", "must be set together with filterField")),
            _ => Ok(()),
        }
    }

    fn request(&self) -> Request {
        Request::get(ACTION_MAPS)
            .paged(self.page_size, self.page_number)
            .query("sortBy", self.sort_by.as_ref())
            .query("filterField", self.filter_field.as_ref())
            .query("filterValue", self.filter_value.as_ref())
            .query_all("actionMapIds", &self.action_map_ids)
            .searched(&self.query_fields, self.query_value.as_ref())
    }
}
