//! Segments in the facts.

use genesys_journey::segments::{self, ListSegments, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "segments",
    responses: &[("SegmentListing", response::<Page<Segment>>), ("JourneySegment", response::<Segment>)],
    requests: &[("JourneySegmentRequest", request::<NewSegment>), ("PatchSegment", request::<SegmentUpdate>)],
    private: &[],
    identified: &[("JourneySegment", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    match call.operation() {
        "get_journey_segments" => json_of(segments::list(config, &list(call))),
        "get_journey_segment" => json_of(segments::get(config, call.path("segmentId"))),
        "post_journey_segments" => json_of(segments::create(config, &call.body())),
        "patch_journey_segment" => json_of(segments::update(config, call.path("segmentId"), &call.body())),
        "delete_journey_segment" => json_of(segments::delete(config, call.path("segmentId"))),
        other => panic!("{other} is not called"),
    }
}

fn list(call: &Call) -> ListSegments {
    ListSegments {
        sort_by: call.text("sortBy"),
        page_size: call.number("pageSize"),
        page_number: call.number("pageNumber"),
        is_active: call.flag("isActive"),
        segment_ids: call.texts("segmentIds"),
        query_fields: call.texts("queryFields"),
        query_value: call.text("queryValue"),
    }
}
