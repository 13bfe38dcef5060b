//! Predictors: the scoring of outcomes. Deprecated by the vendor.

use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::Error;
use crate::pagination::WholeList;
use crate::references::EntityRef;
use crate::request::Request;
use crate::{Config, Page, Result};

const PREDICTORS: &str = "/api/v2/journey/outcomes/predictors";

/// Returns all predictors. Deprecated by the vendor.
///
/// They come on one page: an organisation can score at most 10 outcomes.
///
/// **Permission** `journey:outcomepredictor:view`
///
/// # Errors
/// Those of any read; see [`Error`].
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// for predictor in genesys_journey::outcomes::predictors::list(&config)?.entities {
///     println!("{:?}", predictor.outcome);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcomesPredictors")]
#[doc(alias = "OutcomePredictorListing")]
#[inline]
pub fn list(config: &Config) -> Result<Page<Predictor>> {
    Request::get(PREDICTORS).send(config).map(WholeList::into_page)
}

/// Returns one predictor. Deprecated by the vendor.
///
/// **Permission** `journey:outcomepredictor:view`
///
/// # Errors
/// `Input` if the id is empty, `.` or `..`; `Api` with [`is_not_found`](Error::is_not_found) if there is no such
/// predictor.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::predictors;
///
/// let predictor = predictors::get(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// println!("{:?}", predictor.outcome);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "GetJourneyOutcomesPredictor")]
#[inline]
pub fn get(config: &Config, id: &str) -> Result<Predictor> {
    Request::get(PREDICTORS).segment("predictorId", id).send(config)
}

/// Creates a predictor, which scores an outcome, and returns it. Deprecated by the vendor.
///
/// The request is retried only if the service provably did not process it.
///
/// **Permission** `journey:outcomepredictor:add`
///
/// # Errors
/// See [`Error`]. With [`outcome_unknown`](Error::outcome_unknown) the predictor may exist: read the
/// [`list`] before you create it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::outcomes::predictors::{self, NewPredictor};
///
/// let predictor = predictors::create(&config, &NewPredictor::new("outcome-1"))?;
/// println!("created {}", predictor.id);
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "PostJourneyOutcomesPredictors")]
#[inline]
pub fn create(config: &Config, predictor: &NewPredictor) -> Result<Predictor> {
    Request::post(PREDICTORS).json(predictor).send(config)
}

/// Deletes a predictor: the outcome is no longer scored. Deprecated by the vendor.
///
/// If the response is lost, the request is retried; a retry that finds no predictor succeeds.
///
/// **Permission** `journey:outcomepredictor:delete`
///
/// # Errors
/// `Api` with [`is_not_found`](Error::is_not_found) if there was no such predictor. With
/// [`outcome_unknown`](Error::outcome_unknown) it may be deleted; it is safe to delete it again.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// genesys_journey::outcomes::predictors::delete(&config, "3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64")?;
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[doc(alias = "DeleteJourneyOutcomesPredictor")]
pub fn delete(config: &Config, id: &str) -> Result<()> {
    Request::delete(PREDICTORS).segment("predictorId", id).send_for_nothing(config)
}

/// A predictor: the scoring of an outcome.
#[doc(alias = "OutcomePredictor")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Predictor {
    /// The id, set by the service.
    pub id: String,
    /// The outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EntityRef>,
    /// The path of the predictor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A predictor to create.
#[doc(alias = "OutcomePredictorRequest")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "nothing is created until it is sent"]
pub struct NewPredictor {
    /// The outcome to score.
    #[doc(alias = "OutcomeRefRequest")]
    pub outcome: EntityRef,
}

impl NewPredictor {
    /// Returns a predictor that scores the outcome with this id.
    pub fn new(outcome_id: impl Into<String>) -> NewPredictor {
        NewPredictor { outcome: EntityRef::new(outcome_id) }
    }
}
