//! Flows in the facts.

use genesys_journey::flows::{self, FlowPaths, PathsQuery};
use genesys_journey::{Config, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "flows",
    responses: &[("FlowPaths", response::<FlowPaths>)],
    requests: &[("FlowPathsQuery", request::<PathsQuery>)],
    private: &[],
    identified: &[],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    match call.operation() {
        "post_journey_flows_paths_query" => json_of(flows::paths(config, &call.body())),
        other => panic!("{other} is not called"),
    }
}
