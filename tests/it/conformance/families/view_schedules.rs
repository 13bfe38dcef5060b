//! The schedules of journey views in the facts.

use genesys_journey::views::schedules::{self, ListSchedules, NewSchedule, Schedule};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "view_schedules",
    responses: &[
        ("JourneyViewScheduleListing", response::<Page<Schedule>>),
        ("JourneyViewSchedule", response::<Schedule>),
    ],
    requests: &[("JourneyViewSchedule", request::<NewSchedule>)],
    private: &[],
    // A create has an empty response.
    identified: &[],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("viewId");
    match call.operation() {
        "get_journey_views_schedules" => {
            let list = ListSchedules { page_size: call.number("pageSize"), page_number: call.number("pageNumber") };
            json_of(schedules::list(config, &list))
        }
        "get_journey_view_schedules" => json_of(schedules::get(config, id())),
        "post_journey_view_schedules" => json_of(schedules::create(config, id(), &call.body())),
        "put_journey_view_schedules" => json_of(schedules::replace(config, id(), &call.body())),
        "delete_journey_view_schedules" => json_of(schedules::delete(config, id())),
        other => panic!("{other} is not called"),
    }
}
