//! Event definitions and external events.

use genesys_journey::views::event_definitions::{
    self, ActivationStatus, EventSource, ExternalEventSettings, SystemStatus,
};

use super::*;

const SHIPPED: &str = "6b45c539-275a-56fc-a237-fa6e718d3176";

#[test]
fn event_definitions_are_listed_and_read() {
    let service = StandIn::start();
    let config = config!(service);
    let list = event_definitions::list(&config).unwrap();
    assert_eq!(list.entities.iter().map(|event| &*event.id).collect::<Vec<_>>(), [BOT, AGENT]);
    let bot = event_definitions::get(&config, BOT).unwrap();
    assert_eq!((bot.source.as_ref(), bot.display_name.as_deref()), (Some(&EventSource::Native), Some("Bot start")));
    let schema = bot.json_schema.unwrap();
    assert_eq!(schema.schema_type.as_deref(), Some("object"));
    assert_eq!(schema.properties["turnCount"], json!({ "type": "integer" }));
    assert!(event_definitions::get(&config, "none").unwrap_err().is_not_found());
    service.respond_next([Response::error(501, "not.implemented", "not here")]);
    assert_eq!(event_definitions::get(&config, BOT).unwrap_err().status(), Some(501));
    let path = "GET /eventdefinitions";
    let one = format!("{path}/{BOT}");
    assert_eq!(take_lines(&service), [path, &one, &format!("{path}/none"), &one]);
    assert_eq!(event_definitions::get(&config, "").unwrap_err().field(), Some("eventDefinitionId"));
}

#[test]
fn a_whole_list_needs_its_entities() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next(
        [json!({ "total": 3 }), json!({}), json!({ "entities": null })].map(|it| Response::json(200, it)),
    );
    assert_eq!(event_definitions::list(&config).unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(event_definitions::list_external(&config).unwrap_err().kind(), ErrorKind::Decode);
    assert!(event_definitions::list_external(&config).unwrap().entities.is_empty());
}

#[test]
fn an_external_event_is_changed_and_activated() {
    let service = StandIn::start();
    let config = config!(service);
    let settings = ExternalEventSettings::new("Order shipped", 3);
    let event = event_definitions::replace(&config, SHIPPED, &settings).unwrap();
    assert_eq!((event.display_name.as_deref(), event.rank), (Some("Order shipped"), Some(3)));
    assert_eq!(event.activation_status, Some(ActivationStatus::Deactivated));
    assert_eq!(service.last_request().body, Some(json!({ "displayName": "Order shipped", "rank": 3 })));
    let event = event_definitions::activate(&config, SHIPPED, &settings).unwrap();
    assert_eq!(event.activation_status, Some(ActivationStatus::Activated));
    assert_eq!(service.last_request().body, Some(json!({ "displayName": "Order shipped", "rank": 3 })));
    let listed = event_definitions::list_external(&config).unwrap().entities.remove(0);
    assert_eq!(
        (listed.system_status, listed.event_name.as_deref()),
        (Some(SystemStatus::Active), Some("order_shipped"))
    );
    let definition = event_definitions::get(&config, SHIPPED).unwrap();
    assert_eq!(definition.source, Some(EventSource::External));
    let path = format!("PUT /eventdefinitions/{SHIPPED}");
    let expected = [
        path.clone(),
        format!("{path}/activate"),
        "GET /eventdefinitions/external".to_owned(),
        format!("GET /eventdefinitions/{SHIPPED}"),
    ];
    assert_eq!(take_lines(&service), expected);
}

#[test]
fn an_external_event_needs_a_name() {
    let service = StandIn::start();
    let config = config!(service);
    let nameless = ExternalEventSettings::new("", 3);
    assert_eq!(event_definitions::replace(&config, "e", &nameless).unwrap_err().field(), Some("displayName"));
    assert_eq!(event_definitions::activate(&config, "e", &nameless).unwrap_err().field(), Some("displayName"));
    assert!(take_lines(&service).is_empty());
    let named = ExternalEventSettings::new("Shipped", 1);
    assert!(event_definitions::replace(&config, "none", &named).unwrap_err().is_not_found());
    assert!(event_definitions::activate(&config, "none", &named).unwrap_err().is_not_found());
    assert_eq!(event_definitions::activate(&config, "", &named).unwrap_err().field(), Some("eventDefinitionId"));
}

#[test]
fn changes_of_external_events_are_listed() {
    let service = StandIn::start();
    let config = config!(service);
    let changes = event_definitions::list_external_changes(&config).unwrap().changes;
    assert_eq!(changes[0].error_code.as_deref(), Some("schema.incompatible"));
    service.respond_next([Response::json(403, json!({ "code": "missing.permission" }))]);
    assert_eq!(event_definitions::list_external_changes(&config).unwrap_err().status(), Some(403));
    assert_eq!(take_lines(&service), ["GET /eventdefinitions/external/changes"; 2]);
}
