//! Action targets in the facts.

use genesys_journey::action_targets::{self, ActionTarget, ActionTargetUpdate, ListActionTargets};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "action_targets",
    responses: &[
        ("ActionTargetListing", response::<Page<ActionTarget>>),
        ("ActionTarget", response::<ActionTarget>),
    ],
    requests: &[("PatchActionTarget", request::<ActionTargetUpdate>)],
    private: &[],
    identified: &[("ActionTarget", "id")],
    not_sent: &[("patch_journey_actiontarget", &["id", "selfUri"])],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    match call.operation() {
        "get_journey_actiontargets" => {
            let list = ListActionTargets { page_size: call.number("pageSize"), page_number: call.number("pageNumber") };
            json_of(action_targets::list(config, &list))
        }
        "get_journey_actiontarget" => json_of(action_targets::get(config, call.path("actionTargetId"))),
        "patch_journey_actiontarget" => {
            json_of(action_targets::update(config, call.path("actionTargetId"), &call.body()))
        }
        other => panic!("{other} is not called"),
    }
}
