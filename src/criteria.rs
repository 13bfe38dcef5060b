//! The conditions of a segment: patterns of criteria on the visit (its context) and on the events in it
//! (its journey).
//!
//! The patterns are alternatives: one of them must hold. All criteria of a pattern must hold. Create, read
//! and update share these types, so a condition that was read can be sent back.
//!
//! ```
//! use genesys_journey::criteria::{
//!     Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
//! };
//!
//! let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile"]);
//! let context = Context::new([ContextPattern::new([phone])]);
//!
//! let checkout = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Checkout", "Basket"]);
//! let twice = JourneyPattern { count: Some(2), ..JourneyPattern::new(StreamType::Web, "web", [checkout]) };
//! let journey = Journey::new([twice]);
//! ```
//!
//! Keys of a context that are known to work: `device.category`, `device.type`, `device.osFamily`,
//! `browser.family`, `browser.lang`, `browser.version`, `mktCampaign.source`, `.medium`, `.name`,
//! `.term`, `.content`, `.clickId`, `.network`, `geolocation.countryName`, `.locality`, `.region`,
//! `.postalCode`, `.country`, `ipOrganization`, `referrer.url`, `.medium`, `.hostname`,
//! `authenticated`. Keys of a journey: `eventName`, `page.url`, `.title`, `.hostname`, `.domain`,
//! `.fragment`, `.keywords`, `.pathname`, `.queryString`, `searchQuery`, `attributes.<name>.value`.
//! (Source: the schema of the vendor's Terraform provider 1.84.)

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::open_enum::open_enum;
use crate::serde_util::{filled_list, null_as_default, optional_integer, plain_list};

open_enum! {
    /// The comparison of a criterion.
    pub enum Operator {
        ContainsAll = "containsAll",
        ContainsAny = "containsAny",
        NotContainsAll = "notContainsAll",
        NotContainsAny = "notContainsAny",
        Equal = "equal",
        NotEqual = "notEqual",
        GreaterThan = "greaterThan",
        GreaterThanOrEqual = "greaterThanOrEqual",
        LessThan = "lessThan",
        LessThanOrEqual = "lessThanOrEqual",
        StartsWith = "startsWith",
        EndsWith = "endsWith",
    }
}

open_enum! {
    /// The subject of a criterion of a context.
    pub enum EntityType {
        Visit = "visit",
    }
}

open_enum! {
    /// The stream in which a journey is observed.
    pub enum StreamType {
        Web = "Web",
        Custom = "Custom",
        Conversation = "Conversation",
        App = "App",
    }
}

/// Conditions on a visit.
#[doc(alias = "RequestContext")]
#[doc(alias = "PatchContext")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The alternatives: one of them must hold. Empty means no condition.
    #[serde(default, deserialize_with = "filled_list")]
    pub patterns: Vec<ContextPattern>,
}

/// Conditions on a visit that must all hold.
#[doc(alias = "RequestContextPattern")]
#[doc(alias = "PatchContextPattern")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContextPattern {
    /// The conditions; at least one.
    #[serde(default, deserialize_with = "filled_list")]
    pub criteria: Vec<ContextCriterion>,
}

/// One condition on a visit.
#[doc(alias = "EntityTypeCriteria")]
#[doc(alias = "RequestEntityTypeCriteria")]
#[doc(alias = "PatchEntityTypeCriteria")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextCriterion {
    /// The attribute to compare; see the [module](self) for keys that are known to work. Not empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub key: String,
    /// The values to compare with.
    #[serde(default, deserialize_with = "plain_list")]
    pub values: Vec<String>,
    /// Whether upper and lower case are the same. Default: chosen by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// The comparison. Default: [`Operator::Equal`], chosen by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The subject of the criterion; required in requests. `Default` and `new` set [`EntityType::Visit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<EntityType>,
}

/// Conditions on the events of a visit.
#[doc(alias = "RequestJourney")]
#[doc(alias = "PatchJourney")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// The alternatives: one of them must hold. Empty means no condition.
    #[serde(default, deserialize_with = "filled_list")]
    pub patterns: Vec<JourneyPattern>,
}

/// An event that must have happened a number of times.
#[doc(alias = "RequestJourneyPattern")]
#[doc(alias = "PatchJourneyPattern")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JourneyPattern {
    /// The conditions on the event, which must all hold; at least one.
    #[serde(deserialize_with = "filled_list")]
    pub criteria: Vec<JourneyCriterion>,
    /// The number of times that it must have happened; required in requests.
    #[serde(deserialize_with = "optional_integer", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// The stream in which it is observed; required in requests. `Web` and `App` are known to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_type: Option<StreamType>,
    /// The type of session in which it is observed; required in requests. `web` with [`StreamType::Web`], `app` with
    /// [`StreamType::App`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// The name of the event, if it is a named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
}

/// One condition on an event.
#[doc(alias = "Criteria")]
#[doc(alias = "RequestCriteria")]
#[doc(alias = "PatchCriteria")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JourneyCriterion {
    /// The attribute to compare; see the [module](self) for keys that are known to work. Not empty.
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    /// The values to compare with.
    #[serde(deserialize_with = "plain_list")]
    pub values: Vec<String>,
    /// Whether upper and lower case are the same. Default: chosen by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// The comparison. Default: [`Operator::Equal`], chosen by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
}

fn owned(values: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

impl Context {
    /// Returns a context of these alternatives.
    pub fn new(patterns: impl IntoIterator<Item = ContextPattern>) -> Context {
        Context { patterns: patterns.into_iter().collect() }
    }

    /// Refuses a pattern without criteria and a criterion without a key.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, pattern) in self.patterns.iter().enumerate() {
            let path = format!("context.patterns[{i}].criteria");
            check_keys(&path, pattern.criteria.iter().map(|criterion| &criterion.key))?;
        }
        Ok(())
    }
}

impl ContextPattern {
    /// Returns a pattern whose criteria must all hold.
    pub fn new(criteria: impl IntoIterator<Item = ContextCriterion>) -> ContextPattern {
        ContextPattern { criteria: criteria.into_iter().collect() }
    }
}

impl ContextCriterion {
    /// Returns a condition on a visit. Without an operator (`None`) the service compares for equality.
    ///
    /// ```
    /// use genesys_journey::criteria::{ContextCriterion, Operator};
    ///
    /// let french = ContextCriterion::new("browser.lang", Operator::StartsWith, ["fr"]);
    /// let phone = ContextCriterion::new("device.category", None, ["mobile"]);
    /// assert_eq!(phone.operator, None);
    /// ```
    pub fn new(
        key: impl Into<String>,
        operator: impl Into<Option<Operator>>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> ContextCriterion {
        ContextCriterion {
            key: key.into(),
            values: owned(values),
            operator: operator.into(),
            ..ContextCriterion::default()
        }
    }
}

impl Default for ContextCriterion {
    fn default() -> Self {
        ContextCriterion {
            key: String::new(),
            values: Vec::new(),
            should_ignore_case: None,
            operator: None,
            entity_type: Some(EntityType::Visit),
        }
    }
}

impl Journey {
    /// Returns a journey of these alternatives.
    pub fn new(patterns: impl IntoIterator<Item = JourneyPattern>) -> Journey {
        Journey { patterns: patterns.into_iter().collect() }
    }

    /// Refuses a pattern without criteria and a criterion without a key.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, pattern) in self.patterns.iter().enumerate() {
            let path = format!("journey.patterns[{i}].criteria");
            check_keys(&path, pattern.criteria.iter().map(|criterion| &criterion.key))?;
        }
        Ok(())
    }
}

impl JourneyPattern {
    /// Returns a pattern for an event that happened once. For more, set [`count`](Self::count).
    pub fn new(
        stream_type: StreamType,
        session_type: impl Into<String>,
        criteria: impl IntoIterator<Item = JourneyCriterion>,
    ) -> JourneyPattern {
        JourneyPattern {
            criteria: criteria.into_iter().collect(),
            count: Some(1),
            stream_type: Some(stream_type),
            session_type: Some(session_type.into()),
            event_name: None,
        }
    }
}

impl JourneyCriterion {
    /// Returns a condition on an event. Without an operator (`None`) the service compares for equality.
    ///
    /// ```
    /// use genesys_journey::criteria::{JourneyCriterion, Operator};
    ///
    /// let checkout = JourneyCriterion::new("page.url", Operator::EndsWith, ["/checkout"]);
    /// let offers = JourneyCriterion::new("page.title", None, ["Offers"]);
    /// assert_eq!(offers.operator, None);
    /// ```
    pub fn new(
        key: impl Into<String>,
        operator: impl Into<Option<Operator>>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> JourneyCriterion {
        let operator = operator.into();
        JourneyCriterion { key: key.into(), values: owned(values), should_ignore_case: None, operator }
    }
}

fn check_keys<'a>(path: &str, keys: impl ExactSizeIterator<Item = &'a String>) -> Result<()> {
    if keys.len() == 0 {
        return Err(Error::input(path.to_owned(), "is empty; a pattern must have at least one criterion"));
    }
    for (i, key) in keys.enumerate() {
        if key.is_empty() {
            return Err(Error::input(format!("{path}[{i}].key"), "is empty; a criterion must have a key"));
        }
    }
    Ok(())
}
