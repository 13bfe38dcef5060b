//! The event definitions of journey views in the facts.

use genesys_journey::views::event_definitions::{
    self, EventDefinition, ExternalEvent, ExternalEventChanges, ExternalEventSettings,
};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "view_events",
    responses: &[
        ("JourneyEventDefinitionListing", response::<Page<EventDefinition>>),
        ("JourneyEventDefinition", response::<EventDefinition>),
        ("UpdateExternalEventResponse", response::<ExternalEvent>),
        ("ActivateExternalEventResponse", response::<ExternalEvent>),
        ("GetExternalEventsResponse", response::<Page<ExternalEvent>>),
        ("ExternalEventChangesResponse", response::<ExternalEventChanges>),
    ],
    requests: &[
        ("UpdateExternalEventRequest", request::<ExternalEventSettings>),
        ("ActivateExternalEventRequest", request::<ExternalEventSettings>),
    ],
    private: &[],
    identified: &[("JourneyEventDefinition", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = || call.path("eventDefinitionId");
    match call.operation() {
        "get_journey_views_eventdefinitions" => json_of(event_definitions::list(config)),
        "get_journey_views_eventdefinition" => json_of(event_definitions::get(config, id())),
        "put_journey_views_eventdefinition" => json_of(event_definitions::replace(config, id(), &call.body())),
        "put_journey_views_eventdefinition_activate" => {
            json_of(event_definitions::activate(config, id(), &call.body()))
        }
        "get_journey_views_eventdefinitions_external" => json_of(event_definitions::list_external(config)),
        "get_journey_views_eventdefinitions_external_changes" => {
            json_of(event_definitions::list_external_changes(config))
        }
        other => panic!("{other} is not called"),
    }
}
