//! External events: the request, the response and one error of each operation.

mod send;
mod send_all;

use genesys_journey::external_events::configurations::{
    self, ConfigurationUpdate, ListConfigurations, NewConfiguration,
};
use genesys_journey::external_events::schemas::{self, JsonSchema, SchemaUpdate, core_types, versions};
use genesys_journey::external_events::{Event, ExternalId, Identifiers};
use genesys_journey::{ErrorKind, Timestamp};
use genesys_stand_in::{EXAMPLE_ID, Response, StandIn, config};
use serde_json::{Value, json};

const CONFIGURATIONS: &str = "journey/externalevents/configurations";
const SCHEMAS: &str = "journey/externalevents/schemas";

/// An organisation with the configuration `EXAMPLE_ID`.
fn organisation() -> StandIn {
    StandIn::doc_example()
}

fn add(service: &StandIn, name: &str) -> String {
    service.add(CONFIGURATIONS, json!({ "name": name, "source": "Warehouse" }))
}

fn event(id: &str) -> Event {
    let mut event = Event::new(id, Timestamp::from("2026-04-21T06:30:00.000Z"));
    event.identifiers = Identifiers::new([ExternalId::new("C-1", "source-1")]);
    event
}

fn events(number: usize) -> Vec<Event> {
    (0..number).map(|n| event(&format!("e{n}"))).collect()
}

#[test]
fn list_sends_the_page_and_refuses_more_than_20() {
    let service = organisation();
    let config = config!(service);
    let list = |page_size, page_number| configurations::list(&config, &ListConfigurations { page_size, page_number });
    assert_eq!(list(Some(20), Some(1)).unwrap().entities[0].id, EXAMPLE_ID);
    assert_eq!(service.last_request().raw_query, "pageSize=20&pageNumber=1");
    for (page_size, page_number, field) in
        [(Some(21), None, "pageSize"), (Some(0), None, "pageSize"), (None, Some(0), "pageNumber")]
    {
        let error = list(page_size, page_number).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(field)));
    }
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn list_all_requests_pages_of_20() {
    let service = StandIn::start();
    let added: Vec<String> = (0..45).map(|n| add(&service, &format!("Source {n}"))).collect();
    let all = configurations::list_all(&config!(service), &Default::default());
    assert_eq!(all.map(|it| it.unwrap().id).collect::<Vec<_>>(), added);
    assert_eq!(service.requests().len(), 3);
    assert_eq!(service.last_request().raw_query, "pageSize=20&pageNumber=3");
    let numbered = ListConfigurations { page_number: Some(2), ..Default::default() };
    let error = configurations::list_all(&config!(service), &numbered).next().unwrap().unwrap_err();
    assert_eq!(error.field(), Some("pageNumber"));
}

#[test]
fn find_by_name_compares_the_whole_name() {
    let service = StandIn::start();
    let config = config!(service);
    (0..25).for_each(|n| _ = add(&service, &format!("Warehouse {n}")));
    let wanted = add(&service, "Warehouse");
    assert_eq!(configurations::find_by_name(&config, "Warehouse").unwrap().unwrap().id, wanted);
    assert_eq!(configurations::find_by_name(&config, "warehouse").unwrap(), None);
    let other = add(&service, "Warehouse");
    let error = configurations::find_by_name(&config, "Warehouse").unwrap_err();
    assert!(error.to_string().contains(&wanted) && error.to_string().contains(&other), "{error}");
    let requests = service.requests().len();
    assert_eq!(configurations::find_by_name(&config, "").unwrap_err().field(), Some("name"));
    assert_eq!(service.requests().len(), requests);
}

#[test]
fn find_by_name_fails_if_the_list_is_incomplete() {
    let service = StandIn::start();
    (0..25).for_each(|n| _ = add(&service, &format!("Warehouse {n}")));
    service.faults().delete_during_listing(20);
    let error = configurations::find_by_name(&config!(service), "none").unwrap_err();
    assert!(error.is_incomplete(), "{error}");
}

#[test]
fn a_configuration_is_created_read_updated_and_deleted() {
    let service = StandIn::start();
    let config = config!(service);
    let new = NewConfiguration {
        name: "Warehouse".into(),
        description: "Shipments".into(),
        division_id: "d1".into(),
        schema_id: "s1".into(),
        source: "Warehouse".into(),
    };
    let created = configurations::create(&config, &new).unwrap();
    let body = json!({
        "name": "Warehouse", "description": "Shipments", "divisionId": "d1", "schemaId": "s1", "source": "Warehouse",
    });
    assert_eq!((service.last_request().method, service.last_request().body), ("POST".into(), Some(body)));
    assert_eq!((created.schema_active, created.source.as_deref()), (Some(true), Some("Warehouse")));
    let update = ConfigurationUpdate { name: Some("Linz".into()), ..ConfigurationUpdate::default() };
    assert_eq!(configurations::update(&config, &created.id, &update).unwrap().name.as_deref(), Some("Linz"));
    assert_eq!(service.last_request().body, Some(json!({ "name": "Linz" })));
    assert_eq!(configurations::get(&config, &created.id).unwrap().description.as_deref(), Some("Shipments"));
    configurations::delete(&config, &created.id).unwrap();
    assert!(configurations::get(&config, &created.id).unwrap_err().is_not_found());
    assert!(configurations::update(&config, &created.id, &update).unwrap_err().is_not_found());
    assert!(configurations::delete(&config, &created.id).unwrap_err().is_not_found());

    let requests = service.requests().len();
    let unnamed = NewConfiguration { name: String::new(), ..new };
    assert_eq!(configurations::create(&config, &unnamed).unwrap_err().field(), Some("name"));
    let unnamed = ConfigurationUpdate { name: Some(String::new()), ..ConfigurationUpdate::default() };
    assert_eq!(configurations::update(&config, "c1", &unnamed).unwrap_err().field(), Some("name"));
    assert_eq!(configurations::get(&config, ".").unwrap_err().field(), Some("configId"));
    assert_eq!(service.requests().len(), requests);
}

#[test]
fn a_lost_create_is_sent_once_and_a_lost_delete_again() {
    let service = organisation();
    let config = config!(service);
    service.faults().lose_responses(1);
    let new = NewConfiguration {
        name: "Warehouse".into(),
        description: "Shipments".into(),
        division_id: "d1".into(),
        schema_id: "s1".into(),
        source: "Warehouse".into(),
    };
    assert!(configurations::create(&config, &new).unwrap_err().outcome_unknown());
    assert_eq!((service.requests().len(), service.all::<Value>(CONFIGURATIONS).len()), (1, 2));
    service.faults().lose_responses(1);
    configurations::delete(&config, EXAMPLE_ID).unwrap();
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn a_schema_has_versions_and_refuses_an_outdated_one() {
    let service = StandIn::start();
    let config = config!(service);
    let mut new = JsonSchema::new("order_shipped");
    new.required.push("orderNumber_text".into());
    new.properties.insert("orderNumber_text".into(), json!({ "maxLength": 50 }));
    new.other.insert("additionalProperties".into(), json!(false));
    let created = schemas::create(&config, &new).unwrap();
    let body = json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "title": "order_shipped", "additionalProperties": false,
        "required": ["orderNumber_text"], "properties": { "orderNumber_text": { "maxLength": 50 } },
    });
    assert_eq!(service.last_request().body, Some(body.clone()));
    assert_eq!((created.version, created.enabled, created.json_schema.as_ref()), (Some(1), Some(true), Some(&new)));
    assert_eq!(schemas::create(&config, &new).unwrap_err().status(), Some(409));

    let mut update = SchemaUpdate::of(&created);
    update.enabled = Some(false);
    let replaced = schemas::replace(&config, &created.id, &update).unwrap();
    assert_eq!((replaced.version, replaced.enabled), (Some(2), Some(false)));
    // A keyword that the crate does not know is kept.
    assert_eq!(service.last_request().body, Some(json!({ "version": 1, "enabled": false, "jsonSchema": body })));
    assert_eq!(service.last_request().method, "PUT");
    assert!(schemas::replace(&config, &created.id, &update).unwrap_err().is_version_conflict());

    assert_eq!(schemas::get(&config, &created.id).unwrap(), replaced);
    let all = versions::list(&config, &created.id).unwrap();
    assert_eq!(all.entities.iter().map(|it| it.version).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(versions::get(&config, &created.id, "1").unwrap().enabled, Some(true));
    assert!(versions::get(&config, &created.id, "3").unwrap_err().is_not_found());
    assert_eq!(versions::get(&config, &created.id, "").unwrap_err().field(), Some("versionId"));
    assert!(versions::list(&config, "none").unwrap_err().is_not_found());
    assert_eq!(schemas::list(&config).unwrap().entities.len(), 1);
    schemas::delete(&config, &created.id).unwrap();
    assert!(schemas::get(&config, &created.id).unwrap_err().is_not_found());
    assert!(schemas::delete(&config, &created.id).unwrap_err().is_not_found());
}

#[test]
fn a_schema_without_a_title_is_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    for schema in [JsonSchema::new(""), JsonSchema::default()] {
        assert_eq!(schemas::create(&config, &schema).unwrap_err().field(), Some("title"));
        let update = SchemaUpdate { json_schema: schema, ..SchemaUpdate::default() };
        assert_eq!(schemas::replace(&config, "s1", &update).unwrap_err().field(), Some("title"));
    }
    assert!(service.requests().is_empty());
    let mut draft_7 = JsonSchema::new("shipped");
    draft_7.schema = Some("http://json-schema.org/draft-07/schema#".into());
    assert_eq!(schemas::create(&config, &draft_7).unwrap_err().status(), Some(400));
}

#[test]
fn core_types_and_limits_are_read() {
    let service = StandIn::start();
    let config = config!(service);
    assert_eq!(core_types::list(&config).unwrap().entities.len(), 3);
    let text = core_types::get(&config, "text").unwrap();
    assert_eq!(service.last_request().raw_path, format!("/api/v2/{SCHEMAS}/coretypes/text"));
    assert_eq!(text.validation_limits.unwrap().max_length.unwrap().max, Some(100));
    assert_eq!(text.schema.unwrap().json_types, ["string", "null"]);
    assert!(core_types::get(&config, "colour").unwrap_err().is_not_found());
    assert_eq!(schemas::limits(&config).unwrap().max_number_of_fields_per_schema, Some(50));
    service.respond_next([Response::error(403, "missing.permission", "No")]);
    assert_eq!(schemas::limits(&config).unwrap_err().status(), Some(403));
}

#[test]
fn an_object_without_entities_is_no_list() {
    let service = StandIn::start();
    let config = config!(service);
    for body in ["{}", r#"{"total":0}"#, r#"{"message":"Oops","code":"internal.server.error"}"#, "[]"] {
        service.respond_next((0..3).map(|_| Response::text(200, body)));
        assert_eq!(schemas::list(&config).unwrap_err().kind(), ErrorKind::Decode, "{body}");
        assert_eq!(versions::list(&config, "s1").unwrap_err().kind(), ErrorKind::Decode, "{body}");
        assert_eq!(core_types::list(&config).unwrap_err().kind(), ErrorKind::Decode, "{body}");
    }
    service.respond_next([Response::text(200, r#"{"entities":null}"#)]);
    assert!(schemas::list(&config).unwrap().entities.is_empty());
}
