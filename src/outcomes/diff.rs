//! The difference between an outcome and its wanted state.

use super::{AssociatedValueField, NewOutcome, Outcome, OutcomeUpdate};
use crate::criteria::{Context, Journey};
use crate::reconcile::{
    self, Change, changed, completed, is_same, or_clear, same_context, same_journey, set, unless_equal_or_empty,
};

/// Returns the update that [`ensure`](super::ensure()) would send, without sending a request.
///
/// Fields that `wanted` leaves unset are not compared and never cleared; to clear one, use [`update`](super::update).
/// The order of patterns, criteria and values does not matter. A pattern with an event name differs from the same
/// pattern without one.
///
/// The update carries the version of the outcome, so that the service refuses it if the outcome has changed since, and the
/// name, because the vendor requires it. [`OutcomeUpdate::is_empty`] is true if nothing differs.
///
/// ```
/// use genesys_journey::outcomes::{NewOutcome, Outcome, diff};
///
/// let mut outcome = Outcome::default();
/// outcome.display_name = Some("Purchase".into());
/// outcome.is_positive = Some(true);
/// assert!(diff(&outcome, &NewOutcome::new("Purchase")).is_empty());
///
/// let wanted = NewOutcome { is_positive: Some(false), ..NewOutcome::new("Purchase") };
/// assert_eq!(diff(&outcome, &wanted).is_positive, Some(false));
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff(outcome: &Outcome, wanted: &NewOutcome) -> OutcomeUpdate {
    with_name(outcome, difference(outcome, wanted))
}

/// Returns the changes that [`ensure_exact`](super::ensure_exact()) would make, without sending a request.
///
/// Unlike in [`diff`], `like` is a whole outcome, perhaps of another organisation. Fields that it lacks are cleared:
///
/// | Unset in `wanted` or `like` | `diff` | `diff_exact` |
/// |---|---|---|
/// | context, journey | left alone | cleared |
/// | everything else, such as description and value field | left alone | `unchangeable`, if the outcome has it |
/// | fields of patterns and criteria | equal to any value | equal to any value |
///
/// Use `diff` and [`ensure`](super::ensure()) for a description of the fields that you care about. Use `diff_exact` and
/// [`ensure_exact`](super::ensure_exact()) for a copy, such as a backup or another organisation.
///
/// ```
/// use genesys_journey::outcomes::{Outcome, diff_exact};
///
/// let like = Outcome::default();
/// let mut outcome = like.clone();
/// outcome.description = Some("A paid order".into());
/// let difference = diff_exact(&outcome, &like);
/// assert!(difference.update.is_empty());
/// assert_eq!(difference.unchangeable[0].to_string(), r#"description: "A paid order" -> none"#);
/// ```
#[must_use = "the difference is only returned, not applied"]
#[inline]
pub fn diff_exact(outcome: &Outcome, like: &Outcome) -> ExactDifference {
    let update = difference(outcome, &NewOutcome::from(like));
    let has_context = |it: &Outcome| it.context.as_ref().is_some_and(|context| !context.patterns.is_empty());
    let has_journey = |it: &Outcome| it.journey.as_ref().is_some_and(|journey| !journey.patterns.is_empty());
    let update = OutcomeUpdate {
        display_name: update.display_name.filter(|_| like.display_name.is_some()),
        context: or_clear(update.context, has_context(outcome) && !has_context(like)),
        journey: or_clear(update.journey, has_journey(outcome) && !has_journey(like)),
        ..update
    };
    ExactDifference::new(with_name(outcome, update), reconcile::lacking(outcome, like, &NOT_CLEARABLE))
}

/// The fields for which the vendor names no way to clear them.
const NOT_CLEARABLE: [&str; 7] = [
    "isActive",
    "displayName",
    "description",
    "isPositive",
    "associatedValueField",
    "associatedValueField.dataType",
    "associatedValueField.name",
];

/// The result of [`diff_exact`]. Unchangeable are absent fields for which the vendor names no way to clear them.
pub type ExactDifference = crate::ExactDifference<OutcomeUpdate>;

impl ExactDifference {
    /// Returns whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.update.is_empty() && self.unchangeable.is_empty()
    }
}

/// Returns the changes that an update makes to an outcome, one for each changed field.
///
/// The order of patterns, criteria and values does not matter, and the version is left out. `Display` prints a change
/// on one line.
///
/// ```
/// use genesys_journey::outcomes::{self, Outcome, OutcomeUpdate};
///
/// let outcome = Outcome::default();
/// let update = OutcomeUpdate { is_active: Some(false), ..OutcomeUpdate::of(&outcome) };
/// assert_eq!(outcomes::changes(&outcome, &update)[0].to_string(), "isActive: none -> false");
/// ```
#[must_use]
#[inline]
pub fn changes(outcome: &Outcome, update: &OutcomeUpdate) -> Vec<Change> {
    reconcile::changes(outcome, update)
}

/// Returns the update without the fields that have their new value already, and with the version of the outcome. If
/// anything changes, the update also has the name, because the vendor requires it.
pub(super) fn only_changes(outcome: &Outcome, update: OutcomeUpdate) -> OutcomeUpdate {
    let update = OutcomeUpdate {
        is_active: update.is_active.filter(|is_active| Some(*is_active) != outcome.is_active),
        display_name: update.display_name.filter(|name| Some(name) != outcome.display_name.as_ref()),
        version: outcome.version,
        description: update.description.filter(|text| !is_same(text, &outcome.description)),
        is_positive: update.is_positive.filter(|is_positive| Some(*is_positive) != outcome.is_positive),
        context: unless_equal_or_empty(outcome.context.as_ref(), update.context),
        journey: unless_equal_or_empty(outcome.journey.as_ref(), update.journey),
        associated_value_field: update
            .associated_value_field
            .filter(|field| !is_same(field, &outcome.associated_value_field)),
    };
    with_name(outcome, update)
}

/// Returns the update to the wanted fields, without the name if only the vendor requires it.
#[inline]
fn difference(outcome: &Outcome, wanted: &NewOutcome) -> OutcomeUpdate {
    let none = AssociatedValueField::default();
    let current = outcome.associated_value_field.as_ref().unwrap_or(&none);
    OutcomeUpdate {
        is_active: changed(wanted.is_active.as_ref(), |is_active| Some(*is_active) == outcome.is_active),
        display_name: changed(Some(&wanted.display_name), |name| Some(name) == outcome.display_name.as_ref()),
        version: outcome.version,
        // An empty text equals an absent description.
        description: changed(wanted.description.as_ref(), |text| is_same(text, &outcome.description)),
        is_positive: changed(wanted.is_positive.as_ref(), |is_positive| Some(*is_positive) == outcome.is_positive),
        context: set(changed(wanted.context.as_ref(), |context| {
            same_context(context, outcome.context.as_ref().unwrap_or(&Context::default()))
        })),
        journey: set(changed(wanted.journey.as_ref(), |journey| {
            same_journey(journey, outcome.journey.as_ref().unwrap_or(&Journey::default()))
        })),
        associated_value_field: changed(wanted.associated_value_field.as_ref(), |field| is_same(field, current))
            .map(|field| completed(current, &field)),
    }
}

/// Adds the name, which the vendor requires, unless nothing changes.
fn with_name(outcome: &Outcome, update: OutcomeUpdate) -> OutcomeUpdate {
    if update.is_empty() {
        return update;
    }
    OutcomeUpdate { display_name: update.display_name.or_else(|| outcome.display_name.clone()), ..update }
}
