//! The models of action templates: the response, the request and the update.

use serde::{Deserialize, Serialize};

use crate::offers::{ContentOffer, ContentOfferUpdate, MediaType};
use crate::open_enum::open_enum;
use crate::serde_util::optional_integer;
use crate::update::clear_as_default;
use crate::{Error, Result, Timestamp, Update};

open_enum! {
    /// Whether an action template is in use.
    pub enum TemplateState {
        Active = "Active",
        Inactive = "Inactive",
        Deleted = "Deleted",
    }
}

/// An action template: the content of an action, for any number of action maps.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::action_templates::ActionTemplate;
///
/// let mut template = ActionTemplate::default();
/// template.id = "7".into();
/// template.name = Some("Boots, spring".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActionTemplate {
    /// The id, set by the service.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind of action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TemplateState>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The version, which grows with each change; see [`ActionTemplateUpdate::version`].
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The content, for the media type `contentOffer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_offer: Option<ContentOffer>,
    /// The path of the action template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// An action template to create.
///
/// ```
/// use genesys_journey::action_templates::{NewActionTemplate, TemplateState};
/// use genesys_journey::offers::{ContentOffer, DisplayMode, LayoutMode, MediaType};
///
/// let template = NewActionTemplate {
///     content_offer: Some(ContentOffer {
///         display_mode: Some(DisplayMode::Toast),
///         layout_mode: Some(LayoutMode::TextOnly),
///         title: Some("20 % off until Sunday".into()),
///         ..ContentOffer::default()
///     }),
///     ..NewActionTemplate::new("Boots, spring", MediaType::ContentOffer, TemplateState::Active)
/// };
/// ```
#[doc(alias = "ActionTemplate")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is created until it is sent"]
pub struct NewActionTemplate {
    /// The name; not empty.
    pub name: String,
    /// The kind of action.
    pub media_type: MediaType,
    /// Whether it is in use.
    pub state: TemplateState,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The content, for the media type `contentOffer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_offer: Option<ContentOffer>,
}

/// Changes to an action template. Fields that are kept (see [`Update`]) or `None` are not sent.
///
/// The vendor requires the name in every update. Start from [`of`](Self::of), which copies it from the template.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::Update;
/// use genesys_journey::action_templates::{self, ActionTemplateUpdate};
///
/// let template = action_templates::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// let update = ActionTemplateUpdate { description: Update::Clear, ..ActionTemplateUpdate::of(&template) };
/// action_templates::update(&config, &template.id, &update)?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PatchActionTemplate")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct ActionTemplateUpdate {
    /// The version that was read. If it is no longer the current one, the service refuses the update
    /// ([`Error::is_version_conflict`]). Without a version, the last update wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The name; not empty. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<TemplateState>,
    /// The description.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub description: Update<String>,
    /// The content, for the media type `contentOffer`.
    #[serde(skip_serializing_if = "Update::is_keep")]
    pub content_offer: Update<ContentOfferUpdate>,
}

impl NewActionTemplate {
    /// Returns an action template with no other field set.
    pub fn new(name: impl Into<String>, media_type: MediaType, state: TemplateState) -> NewActionTemplate {
        NewActionTemplate { name: name.into(), media_type, state, description: None, content_offer: None }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check(Some(&self.name))
    }
}

/// Copies an action template, without the fields that the service sets (id, version, dates). An absent media type
/// becomes `contentOffer`, and an absent state `Active`.
impl From<&ActionTemplate> for NewActionTemplate {
    fn from(template: &ActionTemplate) -> NewActionTemplate {
        NewActionTemplate {
            name: template.name.clone().unwrap_or_default(),
            media_type: template.media_type.clone().unwrap_or(MediaType::ContentOffer),
            state: template.state.clone().unwrap_or(TemplateState::Active),
            description: template.description.clone(),
            content_offer: template.content_offer.clone(),
        }
    }
}

impl ActionTemplateUpdate {
    /// Returns an update that changes nothing, with the version of the template and the name, which the vendor
    /// requires.
    pub fn of(template: &ActionTemplate) -> ActionTemplateUpdate {
        ActionTemplateUpdate {
            version: template.version,
            name: template.name.clone(),
            ..ActionTemplateUpdate::default()
        }
    }

    /// Returns whether no field is set. The version does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == ActionTemplateUpdate { version: self.version, ..ActionTemplateUpdate::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check(self.name.as_ref())
    }
}

fn check(name: Option<&String>) -> Result<()> {
    if name.is_some_and(String::is_empty) {
        return Err(Error::input("name", "is empty; an action template must have a name"));
    }
    Ok(())
}
