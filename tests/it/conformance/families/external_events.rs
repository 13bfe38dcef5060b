//! External events in the facts.

use genesys_journey::external_events::configurations::{
    self, Configuration, ConfigurationUpdate, ListConfigurations, NewConfiguration,
};
use genesys_journey::external_events::schemas::core_types::{self, CoreType};
use genesys_journey::external_events::schemas::{self, JsonSchema, Schema, SchemaLimits, SchemaUpdate, versions};
use genesys_journey::external_events::{self, Event, SendResponse};
use genesys_journey::{Config, Page, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "external_events",
    responses: &[
        ("ExternalEventsConfigurationListing", response::<Page<Configuration>>),
        ("ExternalEventsConfiguration", response::<Configuration>),
        ("ExternalEventsResponse", response::<SendResponse>),
        ("JourneyExternalEventsSchemaListing", response::<Page<Schema>>),
        ("JourneyExternalEventsSchema", response::<Schema>),
        ("CoretypeListing", response::<Page<CoreType>>),
        ("Coretype", response::<CoreType>),
        ("SchemaQuantityLimits", response::<SchemaLimits>),
    ],
    requests: &[
        ("CreateExternalEventsConfigurationRequest", request::<NewConfiguration>),
        ("UpdateExternalEventsConfigurationRequest", request::<ConfigurationUpdate>),
        ("JourneyJsonSchemaRequest", request::<JsonSchema>),
        ("JourneySchemaUpdateRequest", request::<SchemaUpdate>),
    ],
    private: &[("ExternalEventsRequest", "send takes the events in it, which ExternalEventsResponse has, too")],
    identified: &[
        ("ExternalEventsConfiguration", "id"),
        ("JourneyExternalEventsSchema", "id"),
        ("Coretype", "id"),
        ("SchemaQuantityLimits", "id"),
    ],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let (id, schema_id) = (|| call.path("configId"), || call.path("schemaId"));
    match call.operation() {
        "get_journey_externalevents_configurations" => {
            let list =
                ListConfigurations { page_size: call.number("pageSize"), page_number: call.number("pageNumber") };
            json_of(configurations::list(config, &list))
        }
        "get_journey_externalevents_configuration" => json_of(configurations::get(config, id())),
        "post_journey_externalevents_configurations" => json_of(configurations::create(config, &call.body())),
        "patch_journey_externalevents_configuration" => json_of(configurations::update(config, id(), &call.body())),
        "delete_journey_externalevents_configuration" => json_of(configurations::delete(config, id())),
        "post_journey_externalevents_configuration_events" => {
            let body: Value = call.body();
            let events: Vec<Event> = serde_json::from_value(body["entities"].clone()).unwrap();
            json_of(external_events::send(config, call.path("configurationId"), &events))
        }
        "get_journey_externalevents_schemas" => json_of(schemas::list(config)),
        "get_journey_externalevents_schema" => json_of(schemas::get(config, schema_id())),
        "post_journey_externalevents_schemas" => json_of(schemas::create(config, &call.body())),
        "put_journey_externalevents_schema" => json_of(schemas::replace(config, schema_id(), &call.body())),
        "delete_journey_externalevents_schema" => json_of(schemas::delete(config, schema_id())),
        "get_journey_externalevents_schema_versions" => json_of(versions::list(config, schema_id())),
        "get_journey_externalevents_schema_version" => {
            json_of(versions::get(config, schema_id(), call.path("versionId")))
        }
        "get_journey_externalevents_schemas_coretypes" => json_of(core_types::list(config)),
        "get_journey_externalevents_schemas_coretype" => json_of(core_types::get(config, call.path("coreTypeName"))),
        "get_journey_externalevents_schemas_limits" => json_of(schemas::limits(config)),
        other => panic!("{other} is not called"),
    }
}
