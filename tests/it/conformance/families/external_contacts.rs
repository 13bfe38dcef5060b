//! External contacts in the facts.

use genesys_journey::external_contacts::segments::{self, Assigned, ContactSegments, ListSegments, SegmentChanges};
use genesys_journey::external_contacts::sessions::{self, ListSessions, Session};
use genesys_journey::{Config, Page, Result};
use serde_json::{Value, json};

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "external_contacts",
    responses: &[
        ("SegmentAssignmentListing", response::<ContactSegments>),
        ("SessionListing", response::<Page<Session>>),
    ],
    requests: &[("UpdateSegmentAssignmentRequest", request::<SegmentChanges>)],
    private: &[("UpdateSegmentAssignmentResponse", "assign compares it with the request; the replay compares it")],
    identified: &[],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("contactId");
    match call.operation() {
        "get_externalcontacts_contact_journey_segments" => {
            let list = ListSegments { include_merged: call.flag("includeMerged"), limit: call.number("limit") };
            json_of(segments::list(config, id(), &list))
        }
        "post_externalcontacts_contact_journey_segments" => {
            let assigned: Assigned = segments::assign(config, id(), &call.body())?;
            let mut unprocessed = json!(assigned.failed);
            unprocessed["count"] = json!(assigned.failed_count);
            Ok(json!({ "unprocessedItems": unprocessed }))
        }
        "get_externalcontacts_contact_journey_sessions" => {
            let list = ListSessions {
                page_size: call.number("pageSize"),
                after: call.text("after"),
                include_merged: call.flag("includeMerged"),
            };
            json_of(sessions::list(config, id(), &list))
        }
        other => panic!("{other} is not called"),
    }
}
