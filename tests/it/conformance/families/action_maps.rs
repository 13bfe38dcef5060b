//! Action maps in the facts.

use genesys_journey::action_maps::estimates::{self, Estimate, EstimateRequest};
use genesys_journey::action_maps::{self, ActionMap, ActionMapUpdate, ListActionMaps, NewActionMap};
use genesys_journey::{Config, Page, Result};
use serde_json::{Value, json};

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "action_maps",
    responses: &[
        ("ActionMapListing", response::<Page<ActionMap>>),
        ("ActionMap", response::<ActionMap>),
        ("ActionMapEstimateResult", response::<Estimate>),
    ],
    requests: &[
        ("ActionMap", request::<NewActionMap>),
        ("PatchActionMap", request::<ActionMapUpdate>),
        ("ActionMapEstimateRequest", request::<EstimateRequest>),
    ],
    private: &[("EstimateJobAsyncResponse", "submit returns the id in it; the replay compares it")],
    identified: &[("ActionMap", "id"), ("EstimateJobAsyncResponse", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    match call.operation() {
        "get_journey_actionmaps" => json_of(action_maps::list(config, &list(call))),
        "get_journey_actionmap" => json_of(action_maps::get(config, call.path("actionMapId"))),
        "post_journey_actionmaps" => json_of(action_maps::create(config, &call.body())),
        "patch_journey_actionmap" => json_of(action_maps::update(config, call.path("actionMapId"), &call.body())),
        "delete_journey_actionmap" => json_of(action_maps::delete(config, call.path("actionMapId"))),
        "post_journey_actionmaps_estimates_jobs" => {
            let id = estimates::submit(config, &call.body())?;
            // The path is not returned.
            Ok(json!({ "id": id, "selfUri": call.response()["selfUri"] }))
        }
        "get_journey_actionmaps_estimates_job" => json_of(estimates::status(config, call.path("jobId"))),
        "get_journey_actionmaps_estimates_job_results" => json_of(estimates::results(config, call.path("jobId"))),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListActionMaps {
    ListActionMaps {
        page_size: call.number("pageSize"),
        page_number: call.number("pageNumber"),
        sort_by: call.text("sortBy"),
        filter_field: call.text("filterField"),
        filter_value: call.text("filterValue"),
        action_map_ids: call.texts("actionMapIds"),
        query_fields: call.texts("queryFields"),
        query_value: call.text("queryValue"),
    }
}
