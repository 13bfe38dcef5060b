//! What makes a visitor part of a segment: patterns of criteria on the visit (its context) and on what
//! happened in it (its journey).
//!
//! The patterns of a segment are alternatives; the criteria of one pattern must all hold. The types are
//! shared by create, read and update, so what was read can be sent back.
//!
//! ```
//! use genesys_journey::criteria::*;
//!
//! let phones = ContextCriterion::new("device.category", Operator::Equal, ["mobile"]);
//! let context = Context::new([ContextPattern::new([phones])]);
//!
//! let checkout = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Checkout", "Basket"]);
//! let twice = JourneyPattern { count: 2, ..JourneyPattern::new(StreamType::Web, "web", [checkout]) };
//! let journey = Journey::new([twice]);
//! ```
//!
//! Keys seen to work. In a context: `device.category`, `device.type`, `device.osFamily`,
//! `browser.family`, `browser.lang`, `browser.version`, `mktCampaign.source`, `.medium`, `.name`,
//! `.term`, `.content`, `.clickId`, `.network`, `geolocation.countryName`, `.locality`, `.region`,
//! `.postalCode`, `.country`, `ipOrganization`, `referrer.url`, `.medium`, `.hostname`,
//! `authenticated`. In a journey: `eventName`, `page.url`, `.title`, `.hostname`, `.domain`,
//! `.fragment`, `.keywords`, `.pathname`, `.queryString`, `searchQuery`, `attributes.<name>.value`.
//! (Source: the schema of the vendor's Terraform provider 1.84.)

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::open_enum::open_enum;
use crate::serde_util::null_as_default;

open_enum! {
    /// How a criterion compares.
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
    /// What a criterion of a context is about.
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

/// What must be true of a visit.
#[doc(alias = "RequestContext")]
#[doc(alias = "PatchContext")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Alternatives: one of them must hold. Empty is no condition.
    #[serde(default, deserialize_with = "null_as_default")]
    pub patterns: Vec<ContextPattern>,
}

/// Conditions on a visit that must all hold.
#[doc(alias = "RequestContextPattern")]
#[doc(alias = "PatchContextPattern")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextPattern {
    /// The conditions; at least one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub criteria: Vec<ContextCriterion>,
}

/// One condition on a visit.
#[doc(alias = "EntityTypeCriteria")]
#[doc(alias = "RequestEntityTypeCriteria")]
#[doc(alias = "PatchEntityTypeCriteria")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextCriterion {
    /// What is compared; see the [module](self) for the keys seen to work.
    pub key: String,
    /// What it is compared with.
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<String>,
    /// Whether upper and lower case are the same; the service's default where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// How it is compared; the service's default where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// What the criterion is about.
    #[serde(default = "visit")]
    pub entity_type: EntityType,
}

/// What must have happened in a visit.
#[doc(alias = "RequestJourney")]
#[doc(alias = "PatchJourney")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Alternatives: one of them must hold. Empty is no condition.
    #[serde(default, deserialize_with = "null_as_default")]
    pub patterns: Vec<JourneyPattern>,
}

/// An event that must have happened a number of times.
#[doc(alias = "RequestJourneyPattern")]
#[doc(alias = "PatchJourneyPattern")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyPattern {
    /// The conditions on the event, which must all hold; at least one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub criteria: Vec<JourneyCriterion>,
    /// How often it must have happened.
    pub count: i64,
    /// The stream in which it is observed. `Web` and `App` are seen to work.
    pub stream_type: StreamType,
    /// The session in which it is observed: `web` with [`StreamType::Web`], `app` with
    /// [`StreamType::App`].
    pub session_type: String,
    /// The name of the event, if it is a named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
}

/// One condition on an event.
#[doc(alias = "Criteria")]
#[doc(alias = "RequestCriteria")]
#[doc(alias = "PatchCriteria")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyCriterion {
    /// What is compared; see the [module](self) for the keys seen to work.
    pub key: String,
    /// What it is compared with.
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<String>,
    /// Whether upper and lower case are the same; the service's default where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// How it is compared; the service's default where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
}

fn visit() -> EntityType {
    EntityType::Visit
}

fn owned(values: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

impl Context {
    /// A context of these alternatives.
    pub fn new(patterns: impl IntoIterator<Item = ContextPattern>) -> Context {
        Context { patterns: patterns.into_iter().collect() }
    }

    /// Refuses a pattern with no criteria and a criterion with no key.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, pattern) in self.patterns.iter().enumerate() {
            let path = format!("context.patterns[{i}].criteria");
            check_keys(&path, pattern.criteria.iter().map(|criterion| &criterion.key))?;
        }
        Ok(())
    }
}

impl ContextPattern {
    /// A pattern in which all of these must hold.
    pub fn new(criteria: impl IntoIterator<Item = ContextCriterion>) -> ContextPattern {
        ContextPattern { criteria: criteria.into_iter().collect() }
    }
}

impl ContextCriterion {
    /// A condition on a visit.
    pub fn new(
        key: impl Into<String>,
        operator: Operator,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> ContextCriterion {
        ContextCriterion {
            key: key.into(),
            values: owned(values),
            should_ignore_case: None,
            operator: Some(operator),
            entity_type: EntityType::Visit,
        }
    }
}

impl Journey {
    /// A journey of these alternatives.
    pub fn new(patterns: impl IntoIterator<Item = JourneyPattern>) -> Journey {
        Journey { patterns: patterns.into_iter().collect() }
    }

    /// Refuses a pattern with no criteria and a criterion with no key.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, pattern) in self.patterns.iter().enumerate() {
            let path = format!("journey.patterns[{i}].criteria");
            check_keys(&path, pattern.criteria.iter().map(|criterion| &criterion.key))?;
        }
        Ok(())
    }
}

impl JourneyPattern {
    /// An event that happened once; for more set [`count`](Self::count).
    pub fn new(
        stream_type: StreamType,
        session_type: impl Into<String>,
        criteria: impl IntoIterator<Item = JourneyCriterion>,
    ) -> JourneyPattern {
        JourneyPattern {
            criteria: criteria.into_iter().collect(),
            count: 1,
            stream_type,
            session_type: session_type.into(),
            event_name: None,
        }
    }
}

impl JourneyCriterion {
    /// A condition on an event.
    pub fn new(
        key: impl Into<String>,
        operator: Operator,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> JourneyCriterion {
        JourneyCriterion { key: key.into(), values: owned(values), should_ignore_case: None, operator: Some(operator) }
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
