//! The difference between an action template and its wanted state.

use serde::Serialize;

use super::{ActionTemplate, ActionTemplateUpdate, NewActionTemplate};
use crate::Update;
use crate::offers::{ContentOffer, ContentOfferUpdate, MediaType};
use crate::reconcile::{self, Change, changed, completed, is_same, or_clear, set};

/// Returns the update that [`ensure`](super::ensure()) would send, without sending a request.
///
/// Fields that `wanted` leaves unset are not compared and never cleared; to clear one, use [`update`](super::update). An
/// empty text equals an absent one. If a part of the looks differs, the update has all of them. A change of the media type
/// clears the content offer.
///
/// The update carries the version of the template and the name, which the vendor requires, so that the service refuses
/// it if the template has changed since. [`ActionTemplateUpdate::is_empty`] is true if nothing differs.
///
/// ```
/// use genesys_journey::action_templates::{ActionTemplate, NewActionTemplate, TemplateState, diff};
/// use genesys_journey::offers::MediaType;
///
/// let mut template = ActionTemplate::default();
/// template.name = Some("Boots".into());
/// template.media_type = Some(MediaType::ContentOffer);
/// template.state = Some(TemplateState::Active);
/// let wanted = NewActionTemplate::new("Boots", MediaType::ContentOffer, TemplateState::Active);
/// assert!(diff(&template, &wanted).is_empty());
///
/// let wanted = NewActionTemplate { description: Some("Spring".into()), ..wanted };
/// assert_eq!(diff(&template, &wanted).description, "Spring".into());
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff(template: &ActionTemplate, wanted: &NewActionTemplate) -> ActionTemplateUpdate {
    with_required(template, difference(template, wanted, false))
}

/// Returns the changes that [`ensure_exact`](super::ensure_exact()) would make, without sending a request.
///
/// Unlike in [`diff`], `like` is a whole template, perhaps of another organisation. Fields that it lacks are cleared:
///
/// | Unset in `wanted` or `like` | `diff` | `diff_exact` |
/// |---|---|---|
/// | description, content offer, its texts, picture and button, its looks and their parts | left alone | cleared |
/// | everything else, such as the label of the button and a colour | left alone | `unchangeable`, if the template has it |
///
/// Use `diff` and [`ensure`](super::ensure()) for a description of the fields that you care about. Use `diff_exact` and
/// [`ensure_exact`](super::ensure_exact()) for a copy, such as a backup or another organisation.
///
/// ```
/// use genesys_journey::action_templates::{ActionTemplate, NewActionTemplate, diff, diff_exact};
///
/// let like = ActionTemplate::default();
/// let mut template = like.clone();
/// template.description = Some("Spring".into());
///
/// let difference = diff_exact(&template, &like);
/// assert_eq!(serde_json::to_string(&difference.update)?, r#"{"description":""}"#);
/// assert!(difference.unchangeable.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff_exact(template: &ActionTemplate, like: &ActionTemplate) -> ExactDifference {
    let update = difference(template, &NewActionTemplate::from(like), true);
    let has_description = |it: &ActionTemplate| it.description.as_ref().is_some_and(|text| !text.is_empty());
    let lacks_offer = template.content_offer.is_some() && like.content_offer.is_none();
    let update = ActionTemplateUpdate {
        name: update.name.filter(|_| like.name.is_some()),
        media_type: update.media_type.filter(|_| like.media_type.is_some()),
        state: update.state.filter(|_| like.state.is_some()),
        description: or_clear(update.description, has_description(template) && !has_description(like)),
        content_offer: or_clear(update.content_offer, lacks_offer),
        ..update
    };
    ExactDifference::new(with_required(template, update), reconcile::lacking(template, like, &NOT_CLEARABLE))
}

/// The fields for which the vendor names no way to clear them.
const NOT_CLEARABLE: [&str; 30] = [
    "name",
    "mediaType",
    "state",
    "contentOffer.displayMode",
    "contentOffer.layoutMode",
    "contentOffer.callToAction.target",
    "contentOffer.callToAction.text",
    "contentOffer.callToAction.url",
    "contentOffer.style.offer.padding",
    "contentOffer.style.offer.color",
    "contentOffer.style.offer.backgroundColor",
    "contentOffer.style.closeButton.color",
    "contentOffer.style.closeButton.opacity",
    "contentOffer.style.ctaButton.textAlign",
    "contentOffer.style.ctaButton.color",
    "contentOffer.style.ctaButton.font",
    "contentOffer.style.ctaButton.fontSize",
    "contentOffer.style.ctaButton.backgroundColor",
    "contentOffer.style.title.textAlign",
    "contentOffer.style.title.color",
    "contentOffer.style.title.font",
    "contentOffer.style.title.fontSize",
    "contentOffer.style.headline.textAlign",
    "contentOffer.style.headline.color",
    "contentOffer.style.headline.font",
    "contentOffer.style.headline.fontSize",
    "contentOffer.style.body.textAlign",
    "contentOffer.style.body.color",
    "contentOffer.style.body.font",
    "contentOffer.style.body.fontSize",
];

/// The result of [`diff_exact`]. Unchangeable are absent fields for which the vendor names no way to clear them.
pub type ExactDifference = crate::ExactDifference<ActionTemplateUpdate>;

impl ExactDifference {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.unchangeable.is_empty()
    }
}

/// Returns the changes that an update makes to an action template, one for each changed field.
///
/// The version is left out. `Display` prints a change on one line.
///
/// ```
/// use genesys_journey::action_templates::{self, ActionTemplate, ActionTemplateUpdate};
///
/// let template = ActionTemplate::default();
/// let update = ActionTemplateUpdate { description: "Spring".into(), ..ActionTemplateUpdate::of(&template) };
/// let changes = action_templates::changes(&template, &update);
/// assert_eq!(changes[0].to_string(), r#"description: none -> "Spring""#);
/// ```
#[must_use]
#[inline]
pub fn changes(template: &ActionTemplate, update: &ActionTemplateUpdate) -> Vec<Change> {
    reconcile::changes(template, update)
}

/// Returns the update without the fields that it does not change, with the version of the template and the name, which
/// the vendor requires.
pub(super) fn only_changes(template: &ActionTemplate, update: ActionTemplateUpdate) -> ActionTemplateUpdate {
    let none = ContentOffer::default();
    let update = ActionTemplateUpdate {
        version: template.version,
        name: update.name.filter(|name| Some(name) != template.name.as_ref()),
        media_type: update.media_type.filter(|media_type| Some(media_type) != template.media_type.as_ref()),
        state: update.state.filter(|state| Some(state) != template.state.as_ref()),
        description: unless_same(&template.description, update.description),
        content_offer: match update.content_offer {
            Update::Set(offer) => set(changed_offer(template.content_offer.as_ref().unwrap_or(&none), offer)),
            Update::Clear if template.content_offer.is_none() => Update::Keep,
            update => update,
        },
    };
    with_required(template, update)
}

/// Returns the update to the wanted fields, without the name if only the vendor requires it.
#[inline]
fn difference(template: &ActionTemplate, wanted: &NewActionTemplate, is_exact: bool) -> ActionTemplateUpdate {
    let none = ContentOffer::default();
    let current = template.content_offer.as_ref().unwrap_or(&none);
    let offer = wanted.content_offer.as_ref().and_then(|wanted| {
        let update = if is_exact { wanted.into() } else { (&completed(current, wanted)).into() };
        changed_offer(current, update)
    });
    ActionTemplateUpdate {
        version: template.version,
        name: changed(Some(&wanted.name), |name| Some(name) == template.name.as_ref()),
        media_type: changed(Some(&wanted.media_type), |media_type| Some(media_type) == template.media_type.as_ref()),
        state: changed(Some(&wanted.state), |state| Some(state) == template.state.as_ref()),
        description: set(changed(wanted.description.as_ref(), |text| is_same(text, &template.description))),
        content_offer: set(offer),
    }
}

/// Adds the name, which the vendor requires, unless nothing changes. Another media type has no content offer.
fn with_required(template: &ActionTemplate, update: ActionTemplateUpdate) -> ActionTemplateUpdate {
    if update.is_empty() {
        return update;
    }
    let has_offer = update.media_type.as_ref().is_none_or(|media_type| *media_type == MediaType::ContentOffer);
    let is_left = !has_offer && template.content_offer.is_some();
    ActionTemplateUpdate {
        name: update.name.or_else(|| template.name.clone()),
        content_offer: or_clear(update.content_offer, is_left),
        ..update
    }
}

/// Returns the parts of the update that change the content offer. Different looks are sent whole, since the service may
/// merge or replace them.
fn changed_offer(current: &ContentOffer, update: ContentOfferUpdate) -> Option<ContentOfferUpdate> {
    let changed = ContentOfferUpdate {
        display_mode: update.display_mode.filter(|mode| Some(mode) != current.display_mode.as_ref()),
        layout_mode: update.layout_mode.filter(|mode| Some(mode) != current.layout_mode.as_ref()),
        image_url: unless_same(&current.image_url, update.image_url),
        title: unless_same(&current.title, update.title),
        headline: unless_same(&current.headline, update.headline),
        body: unless_same(&current.body, update.body),
        call_to_action: unless_same(&current.call_to_action, update.call_to_action),
        style: unless_same(&current.style, update.style),
        image_alt_text: unless_same(&current.image_alt_text, update.image_alt_text),
    };
    (changed != ContentOfferUpdate::default()).then_some(changed)
}

/// Returns the update of a field, or `Keep` if it changes nothing. An empty value equals an absent one.
fn unless_same<T: Serialize>(current: &impl Serialize, update: Update<T>) -> Update<T> {
    if !update.is_keep() && is_same(&update, current) { Update::Keep } else { update }
}
