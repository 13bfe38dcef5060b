//! Journey aggregates in the facts.

use genesys_journey::analytics::jobs::{self, JobResults, JobStatus};
use genesys_journey::analytics::{self, AggregateQuery, AggregateResponse};
use genesys_journey::{Config, Result};
use serde_json::{Value, json};

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "analytics",
    responses: &[
        ("JourneyAggregateQueryResponse", response::<AggregateResponse>),
        ("AsyncQueryStatus", response::<JobStatus>),
        ("JourneyAsyncAggregateQueryResponse", response::<JobResults>),
    ],
    requests: &[("JourneyAggregationQuery", request::<AggregateQuery>)],
    private: &[
        ("JourneyAsyncAggregationQuery", "an AggregateQuery and a page size; the replay compares it"),
        ("AsyncQueryResponse", "jobs::submit returns the id in it; the replay compares it"),
    ],
    identified: &[("AsyncQueryResponse", "jobId")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    match call.operation() {
        "post_analytics_journeys_aggregates_query" => {
            json_of(analytics::query_aggregates(config, &call.body::<AggregateQuery>()))
        }
        "post_analytics_journeys_aggregates_jobs" => {
            let page_size = call.sent()["pageSize"].as_u64().map(|size| size as u32);
            let job = jobs::submit(config, &call.body::<AggregateQuery>(), page_size)?;
            Ok(json!({ "jobId": job }))
        }
        "get_analytics_journeys_aggregates_job" => json_of(jobs::status(config, call.path("jobId"))),
        "get_analytics_journeys_aggregates_job_results" => {
            let cursor: Option<String> = call.text("cursor");
            json_of(jobs::results(config, call.path("jobId"), cursor.as_deref()))
        }
        "delete_analytics_journeys_aggregates_job" => json_of(jobs::cancel(config, call.path("jobId"))),
        other => panic!("{other} is not called"),
    }
}
