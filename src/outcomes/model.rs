//! The models of outcomes: the response, the request and the update.

use serde::{Deserialize, Serialize};

use crate::criteria::{Context, Journey};
use crate::open_enum::open_enum;
use crate::serde_util::optional_integer;
use crate::update::clear_as_default;
use crate::{Error, Result, Timestamp, Update};

open_enum! {
    /// The type of the value of an outcome.
    pub enum ValueType {
        Number = "Number",
        Integer = "Integer",
    }
}

/// The attribute of an event that has the value of an outcome.
#[doc(alias = "PatchAssociatedValueField")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssociatedValueField {
    /// The type of the value. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<ValueType>,
    /// The name of the attribute. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An outcome: a goal that visitors may achieve.
///
/// For a test, start from `Default`:
///
/// ```
/// use genesys_journey::outcomes::Outcome;
///
/// let mut outcome = Outcome::default();
/// outcome.id = "7".into();
/// outcome.display_name = Some("Purchase".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Outcome {
    /// The id, set by the service.
    pub id: String,
    /// Whether the outcome is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The version, which grows with each change; see [`OutcomeUpdate::version`].
    #[serde(default, deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its achievement is desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_positive: Option<bool>,
    /// The conditions on a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// The conditions on the events of a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// The attribute that has the value of the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated_value_field: Option<AssociatedValueField>,
    /// The path of the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date: Option<Timestamp>,
    /// The time of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<Timestamp>,
}

/// An outcome to create. Unset fields are not sent; the service chooses their values.
#[doc(alias = "OutcomeRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "nothing is created until it is sent"]
pub struct NewOutcome {
    /// Whether the outcome is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty.
    pub display_name: String,
    /// The first version. Default: chosen by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its achievement is desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_positive: Option<bool>,
    /// The conditions on a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// The conditions on the events of a visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// The attribute that has the value of the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associated_value_field: Option<AssociatedValueField>,
}

/// Changes to an outcome. Fields that are kept (see [`Update`]) or `None` are not sent.
///
/// The vendor requires the name in every update. Start from [`of`](Self::of), which copies it from the outcome.
#[doc(alias = "PatchOutcome")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is changed until the update is sent"]
pub struct OutcomeUpdate {
    /// Whether the outcome is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The name; not empty. The vendor requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The version that was read. If it is no longer the current one, the service refuses the update
    /// ([`Error::is_version_conflict`]). Without a version, the last update wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether its achievement is desired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_positive: Option<bool>,
    /// The conditions on a visit; replaces all of them. `Clear` is sent as an empty list of patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub context: Update<Context>,
    /// The conditions on the events of a visit; replaces all of them. `Clear` is sent as an empty list of patterns.
    #[serde(skip_serializing_if = "Update::is_keep", serialize_with = "clear_as_default")]
    pub journey: Update<Journey>,
    /// The attribute that has the value of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_value_field: Option<AssociatedValueField>,
}

impl AssociatedValueField {
    /// Returns the attribute of this type and name.
    pub fn new(data_type: ValueType, name: impl Into<String>) -> AssociatedValueField {
        AssociatedValueField { data_type: Some(data_type), name: Some(name.into()) }
    }
}

impl NewOutcome {
    /// Returns an outcome with this name and no other field set.
    pub fn new(display_name: impl Into<String>) -> NewOutcome {
        NewOutcome { display_name: display_name.into(), ..NewOutcome::default() }
    }

    pub(super) fn check(&self) -> Result<()> {
        check(Some(&self.display_name), self.context.as_ref(), self.journey.as_ref())
    }
}

/// Copies an outcome, without the fields that the service sets (id, version, dates).
impl From<&Outcome> for NewOutcome {
    fn from(outcome: &Outcome) -> NewOutcome {
        NewOutcome {
            is_active: outcome.is_active,
            display_name: outcome.display_name.clone().unwrap_or_default(),
            version: None,
            description: outcome.description.clone(),
            is_positive: outcome.is_positive,
            context: outcome.context.clone(),
            journey: outcome.journey.clone(),
            associated_value_field: outcome.associated_value_field.clone(),
        }
    }
}

impl OutcomeUpdate {
    /// Returns an update that changes nothing, with the version of the outcome, and the name because the vendor
    /// requires it.
    pub fn of(outcome: &Outcome) -> OutcomeUpdate {
        OutcomeUpdate {
            version: outcome.version,
            display_name: outcome.display_name.clone(),
            ..OutcomeUpdate::default()
        }
    }

    /// Returns whether no field is set. The version does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == OutcomeUpdate { version: self.version, ..OutcomeUpdate::default() }
    }

    pub(super) fn check(&self) -> Result<()> {
        check(self.display_name.as_ref(), self.context.value(), self.journey.value())
    }
}

fn check(name: Option<&String>, context: Option<&Context>, journey: Option<&Journey>) -> Result<()> {
    if name.is_some_and(String::is_empty) {
        return Err(Error::input("displayName", "is empty; an outcome must have a name"));
    }
    context.map_or(Ok(()), Context::check)?;
    journey.map_or(Ok(()), Journey::check)
}
