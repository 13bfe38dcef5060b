//! Journey views, their versions and their charts in the facts.

use genesys_journey::views::charts::{self, Chart};
use genesys_journey::views::{self, DataRange, Label, ListViews, NewView, View, versions};
use genesys_journey::{Config, Page, Result};
use serde_json::{Value, json};

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "views",
    responses: &[
        ("JourneyViewListing", response::<Page<View>>),
        ("JourneyView", response::<View>),
        ("JourneyViewChart", response::<Chart>),
        ("DataRange", response::<DataRange>),
    ],
    requests: &[("JourneyView", request::<NewView>), ("Label", request::<Label>)],
    private: &[("EntityListing", "validate_labels returns the entities; the replay compares them")],
    identified: &[("JourneyView", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("viewId");
    match call.operation() {
        "get_journey_views" => json_of(views::list(config, &list(call))),
        "get_journey_view" => json_of(views::get(config, id())),
        "post_journey_views" => json_of(views::create(config, &call.body())),
        "delete_journey_view" => json_of(views::delete(config, id())),
        "post_journey_view_versions" => json_of(versions::create(config, id(), &call.body())),
        "get_journey_view_version" => json_of(versions::get(config, id(), call.path("versionId"))),
        "put_journey_view_version" => json_of(versions::replace(config, id(), call.path("versionId"), &call.body())),
        "get_journey_view_version_chart" => {
            json_of(charts::get(config, id(), call.path("journeyViewVersion"), call.path("chartId")))
        }
        "get_journey_view_version_chart_version" => {
            let (version, chart_version) = (call.path("journeyViewVersion"), call.path("chartVersion"));
            json_of(charts::get_version(config, id(), version, call.path("chartId"), chart_version))
        }
        "get_journey_views_data_details" => json_of(views::data_range(config)),
        "post_journey_views_encodings_validate" => {
            let labels: Vec<Label> = call.body();
            Ok(json!({ "entities": views::validate_labels(config, &labels)? }))
        }
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListViews {
    ListViews {
        page_size: call.number("pageSize"),
        page_number: call.number("pageNumber"),
        name_or_created_by: call.text("nameOrCreatedBy"),
        expand: call.text("expand"),
        // No call has ids.
        ids: Vec::new(),
    }
}
