//! Outcomes in the facts, with their predictors and attributions.

use genesys_journey::outcomes::attributions::{self, AttributionJob, AttributionResult, NewAttributions};
use genesys_journey::outcomes::predictors::{self, NewPredictor, Predictor};
use genesys_journey::outcomes::{self, ListOutcomes, NewOutcome, Outcome, OutcomeUpdate};
use genesys_journey::{Config, Page, Result};
use serde_json::{Value, json};

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "outcomes",
    responses: &[
        ("OutcomeListing", response::<Page<Outcome>>),
        ("Outcome", response::<Outcome>),
        ("OutcomePredictorListing", response::<Page<Predictor>>),
        ("OutcomePredictor", response::<Predictor>),
        ("OutcomeAttributionJobStateResponse", response::<AttributionJob>),
        ("OutcomeAttributionResponseListing", response::<Page<AttributionResult>>),
    ],
    requests: &[
        ("OutcomeRequest", request::<NewOutcome>),
        ("PatchOutcome", request::<OutcomeUpdate>),
        ("OutcomePredictorRequest", request::<NewPredictor>),
        ("OutcomeAttributionListing", request::<NewAttributions>),
    ],
    private: &[(
        "OutcomeAttributionAsyncResponse",
        "attributions::submit returns the id in it; the replay compares it",
    )],
    identified: &[
        ("Outcome", "id"),
        ("OutcomePredictor", "id"),
        ("OutcomeAttributionAsyncResponse", "id"),
        ("OutcomeAttributionJobStateResponse", "id"),
    ],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let (id, predictor, job) = (|| call.path("outcomeId"), || call.path("predictorId"), || call.path("jobId"));
    match call.operation() {
        "get_journey_outcomes" => json_of(outcomes::list(config, &list(call))),
        "get_journey_outcome" => json_of(outcomes::get(config, id())),
        "post_journey_outcomes" => json_of(outcomes::create(config, &call.body())),
        "patch_journey_outcome" => json_of(outcomes::update(config, id(), &call.body())),
        "delete_journey_outcome" => json_of(outcomes::delete(config, id())),
        "get_journey_outcomes_predictors" => json_of(predictors::list(config)),
        "get_journey_outcomes_predictor" => json_of(predictors::get(config, predictor())),
        "post_journey_outcomes_predictors" => json_of(predictors::create(config, &call.body())),
        "delete_journey_outcomes_predictor" => json_of(predictors::delete(config, predictor())),
        "post_journey_outcomes_attributions_jobs" => {
            let mut response = call.response().clone();
            // Only the id is returned.
            response["id"] = json!(attributions::submit(config, &call.body())?);
            Ok(response)
        }
        "get_journey_outcomes_attributions_job" => json_of(attributions::status(config, job())),
        "get_journey_outcomes_attributions_job_results" => json_of(attributions::results(config, job())),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListOutcomes {
    ListOutcomes {
        page_number: call.number("pageNumber"),
        page_size: call.number("pageSize"),
        sort_by: call.text("sortBy"),
        outcome_ids: call.texts("outcomeIds"),
        query_fields: call.texts("queryFields"),
        query_value: call.text("queryValue"),
    }
}
