//! Action templates: the content of actions, such as a text with a picture, for any number of action maps.
//!
//! ```no_run
//! use genesys_journey::{Config, action_templates};
//! use genesys_journey::action_templates::{ListActionTemplates, TemplateState};
//!
//! let config = Config::from_env()?;
//! let active = ListActionTemplates { state: Some(TemplateState::Active), ..Default::default() };
//! for template in action_templates::list_all(&config, &active) {
//!     println!("{:?}", template?.name);
//! }
//! # Ok::<(), genesys_journey::Error>(())
//! ```

mod diff;
mod ensure;
mod model;
mod resource;

#[cfg(doc)]
use crate::Error;
use crate::request::Request;
use crate::{Config, ListAll, Page, Result};

pub use crate::offers::MediaType;
pub use diff::{ExactDifference, changes, diff, diff_exact};
pub use ensure::{Ensured, EnsuredExact, edit, ensure, ensure_all, ensure_exact, find_by_name};
pub use model::{ActionTemplate, ActionTemplateUpdate, NewActionTemplate, TemplateState};

const ACTION_TEMPLATES: &str = "/api/v2/journey/actiontemplates";

/// Returns one page of action templates.
///
/// **Permission** `journey:actiontemplate:view`
///
/// # Errors
/// `Input` if the page size or number is 0, or only one of `query_fields` and `query_value` is set; see also [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, ListActionTemplates};
/// use genesys_journey::offers::MediaType;
///
/// let list = ListActionTemplates { media_type: Some(MediaType::ContentOffer), ..Default::default() };
/// let page = action_templates::list(&config, &list)?;
/// println!("{} of {:?}", page.entities.len(), page.total);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontemplates")]
#[doc(alias = "ActionTemplateListing")]
#[inline]
pub fn list(config: &Config, list: &ListActionTemplates) -> Result<Page<ActionTemplate>> {
    list.request().send(config)
}

/// Returns one action template.
///
/// **Permission** `journey:actiontemplate:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such action
/// template, or if it was created a moment ago.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// let template = genesys_journey::action_templates::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?} (version {:?})", template.name, template.version);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyActiontemplate")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<ActionTemplate> {
    Request::get(ACTION_TEMPLATES).segment("actionTemplateId", id).send(config)
}

/// Creates an action template and returns it.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:actiontemplate:add`
///
/// # Errors
/// `Input` if the name is empty or a number is not finite. With
/// [`outcome_unknown`](Error::outcome_unknown) the action template may exist: look for its name before you create it again.
/// With [`during_sign_in`](Error::during_sign_in) it was not created.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, NewActionTemplate, TemplateState};
/// use genesys_journey::offers::MediaType;
///
/// let template = NewActionTemplate::new("Boots", MediaType::ContentOffer, TemplateState::Inactive);
/// println!("created {}", action_templates::create(&config, &template)?.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyActiontemplates")]
#[inline]
pub fn create(config: &Config, template: &NewActionTemplate) -> Result<ActionTemplate> {
    template.check()?;
    Request::post(ACTION_TEMPLATES).json(template).send(config)
}

/// Updates an action template and returns it.
///
/// The request is retried only if the service provably did not process it. With
/// [`ActionTemplateUpdate::version`], the service refuses the update if the template has changed since it was read.
///
/// **Permission** `journey:actiontemplate:edit`
///
/// # Errors
/// `Input` as for [`create`]; `Api` with [`is_version_conflict`](Error::is_version_conflict) if the version is no
/// longer the current one. With [`outcome_unknown`](Error::outcome_unknown) the change may have been made: read the
/// action template before you send the update again. With [`during_sign_in`](Error::during_sign_in) it was not made.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::action_templates::{self, ActionTemplateUpdate};
/// use genesys_journey::offers::ContentOfferUpdate;
///
/// let template = action_templates::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let offer = ContentOfferUpdate { headline: "30 % off".into(), ..ContentOfferUpdate::default() };
/// let update = ActionTemplateUpdate { content_offer: offer.into(), ..ActionTemplateUpdate::of(&template) };
/// action_templates::update(&config, &template.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchJourneyActiontemplate")]
#[inline]
pub fn update(config: &Config, id: &str, update: &ActionTemplateUpdate) -> Result<ActionTemplate> {
    update.check()?;
    Request::patch(ACTION_TEMPLATES).segment("actionTemplateId", id).json(update).send(config)
}

/// Deletes an action template.
///
/// Its state becomes `Deleted`; with `hard_delete`, it is removed. Default of the service: `false`. If the response is lost, the request is retried; a retry that finds no template succeeds.
///
/// **Permission** `journey:actiontemplate:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such action template. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::action_templates::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", Some(true))?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyActiontemplate")]
pub fn delete(config: &Config, id: &str, hard_delete: Option<bool>) -> Result<()> {
    let request = Request::delete(ACTION_TEMPLATES).segment("actionTemplateId", id);
    request.query("hardDelete", hard_delete).send_for_nothing(config)
}

/// Iterates over all action templates of a list, page by page.
///
/// A request returns 100 action templates, or [`page_size`](ListActionTemplates::page_size).
///
/// **Permission** `journey:actiontemplate:view`
///
/// # Errors
/// `Input` if a page number is set; [`is_incomplete`](Error::is_incomplete) if the list changed each time it was read;
/// otherwise those of [`list`]. An error is the last item.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for template in genesys_journey::action_templates::list_all(&config, &Default::default()) {
///     println!("{:?}", template?.name);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn list_all(config: &Config, list: &ListActionTemplates) -> ListAll<ActionTemplate> {
    let wanted = list.clone();
    let fetch = move |config: &Config, page_size, page_number| {
        self::list(config, &ListActionTemplates { page_size, page_number, ..wanted.clone() })
    };
    ListAll::numbered(config, list.page_size, list.page_number, |template| &template.id, fetch)
}

/// The filter, the order and the page of a list of action templates. Unset fields are not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListActionTemplates {
    /// The number of action templates on a page. Default: 25 for [`list`], 100 for [`list_all`]. Range: at least 1.
    pub page_size: Option<u32>,
    /// The number of the page, for [`list`] only. Default: 1. Range: at least 1.
    pub page_number: Option<u32>,
    /// The fields to sort by, separated by commas, such as `name`. A leading `-` sorts downwards.
    pub sort_by: Option<String>,
    /// Only templates of this kind.
    pub media_type: Option<MediaType>,
    /// Only templates in this state.
    pub state: Option<TemplateState>,
    /// The fields to search for [`query_value`](Self::query_value), such as `name`.
    pub query_fields: Vec<String>,
    /// The text to search for in the [`query_fields`](Self::query_fields).
    pub query_value: Option<String>,
}

impl ListActionTemplates {
    fn request(&self) -> Request {
        Request::get(ACTION_TEMPLATES)
            .paged(self.page_size, self.page_number)
            .query("sortBy", self.sort_by.as_ref())
            .query("mediaType", self.media_type.as_ref())
            .query("state", self.state.as_ref())
            .searched(&self.query_fields, self.query_value.as_ref())
    }
}
