//! The jobs of journey views in the facts.

use genesys_journey::views::jobs::{self, ChartResult, Job, JobStatus, ListJobs, ViewResult};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::response;

pub const FAMILY: Family = Family {
    name: "view_jobs",
    responses: &[
        ("JourneyViewJob", response::<Job>),
        ("JourneyViewJobListing", response::<Page<Job>>),
        ("JourneyViewResult", response::<ViewResult>),
        ("JourneyViewChartResult", response::<ChartResult>),
    ],
    requests: &[],
    private: &[("JourneyViewJob", "cancel sends the status, the only field that may change; the replay compares it")],
    identified: &[("JourneyViewJob", "id"), ("JourneyViewChartResult", "id")],
    not_sent: &[("patch_journey_view_version_job", &["journeyView"])],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let (id, version, job) = (|| call.path("viewId"), || call.path("journeyVersionId"), || call.path("jobId"));
    match call.operation() {
        "post_journey_view_version_jobs" => json_of(jobs::submit(config, id(), version())),
        "get_journey_view_version_job" => json_of(jobs::get(config, id(), version(), job())),
        "patch_journey_view_version_job" => json_of(jobs::cancel(config, id(), version(), job())),
        "get_journey_view_version_jobs_latest" => json_of(jobs::latest(config, id(), version())),
        "get_journey_view_version_job_results" => {
            json_of(jobs::results(config, id(), call.path("journeyViewVersion"), job()))
        }
        "get_journey_view_version_job_results_chart" => {
            json_of(jobs::chart_results(config, id(), version(), job(), call.path("chartId")))
        }
        "get_journey_views_jobs" => json_of(jobs::list(config, &list(call))),
        "get_journey_views_jobs_me" => json_of(jobs::list_mine(config, &list(call))),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListJobs {
    let statuses: Option<String> = call.query()["statuses"].as_str().map(str::to_owned);
    ListJobs {
        page_size: call.number("pageSize"),
        page_number: call.number("pageNumber"),
        interval: call.query()["interval"].as_str().map(|interval| interval.parse().unwrap()),
        statuses: statuses.iter().flat_map(|statuses| statuses.split(',')).map(JobStatus::from).collect(),
    }
}
