//! External events and deployments.

use genesys_stand_in::EXAMPLE_ID;
use serde_json::json;

use super::*;

const EVENTS: &str = "/api/v2/journey/externalevents";

fn event(id: &str) -> Value {
    let identifiers = json!({ "externalIds": [{ "value": "C-1", "externalSourceId": "s" }] });
    json!({ "id": id, "dateCreated": "2026-05-04T08:00:00.000Z", "identifiers": identifiers, "attributes": {} })
}

fn send(service: &StandIn, events: &[Value]) -> (u16, Value) {
    let path = format!("{EVENTS}/configurations/{EXAMPLE_ID}/events");
    let response = service.call("POST", &path, json!({ "entities": events }));
    (response.status, response.read_json().unwrap_or_default())
}

#[test]
fn accepted_events_are_counted_also_if_the_response_is_lost() {
    let service = StandIn::doc_example();
    let undated = json!({ "id": "c", "identifiers": { "externalIds": [] }, "attributes": {} });
    let (status, response) = send(&service, &[event("a"), undated, event("b"), json!(7)]);
    assert_eq!(status, 200);
    let unprocessed = response["unprocessedEntities"].as_array().unwrap();
    let indices: Vec<&Value> = unprocessed.iter().map(|entry| &entry["originalRequestIndex"]).collect();
    assert_eq!(indices, [1, 3]);
    assert_eq!((&unprocessed[0]["isRetryable"], &unprocessed[0]["event"]["id"]), (&json!(false), &json!("c")));
    service.faults().lose_responses(1).lose_writes(1);
    assert_eq!([send(&service, &[event("a")]).0, send(&service, &[event("a")]).0], [503, 503]);
    service.clear_requests();
    assert_eq!(service.accepted_events(), [("a".to_owned(), 2), ("b".to_owned(), 1)].into());
    let none =
        service.call("POST", &format!("{EVENTS}/configurations/none/events"), json!({ "entities": [event("a")] }));
    assert_eq!((none.status, send(&service, &[]).0), (404, 400));
}

#[test]
fn a_configuration_needs_every_field_and_pages_have_at_most_20() {
    let service = StandIn::start();
    let path = format!("{EVENTS}/configurations");
    let mut new = json!({ "name": "a", "description": "b", "divisionId": "c", "schemaId": "d", "source": "e" });
    let created: Value = service.call("POST", &path, &new).read_json().unwrap();
    assert!(created["dateLastModified"].is_string() && created["schemaActive"] == true, "{created}");
    new["schemaId"] = Value::Null;
    assert_eq!(service.call("POST", &path, new).status, 400);
    let status = |size: usize| service.call("GET", &format!("{path}?pageSize={size}"), ()).status;
    assert_eq!([status(20), status(21)], [200, 400]);
}

#[test]
fn a_schema_has_rules_for_its_versions() {
    let service = StandIn::start();
    let path = format!("{EVENTS}/schemas");
    let schema = |title: &str, required: &[&str]| {
        json!({
            "$schema": "http://json-schema.org/draft-04/schema#", "title": title, "required": required,
            "properties": { "a": {} },
        })
    };
    let created: Value = service.call("POST", &path, schema("x", &["a"])).read_json().unwrap();
    assert_eq!((&created["version"], &created["enabled"]), (&json!(1), &json!(true)));
    assert_eq!(service.call("POST", &path, schema("x", &[])).status, 409);
    assert_eq!(service.call("POST", &path, json!({ "title": "y" })).status, 400);
    let own = created["selfUri"].as_str().unwrap();
    let put = |version: i64, schema: Value| {
        service.call("PUT", own, json!({ "version": version, "enabled": true, "jsonSchema": schema })).status
    };
    assert_eq!(put(1, schema("x", &["a", "b"])), 400);
    assert_eq!([put(7, schema("x", &[])), put(1, schema("x", &[])), put(1, schema("x", &[]))], [409, 200, 409]);
    assert_eq!(service.call("PUT", own, json!({ "jsonSchema": schema("x", &[]) })).status, 400);
    let versions: Value = service.call("GET", &format!("{own}/versions"), ()).read_json().unwrap();
    assert_eq!((&versions["total"], &versions["entities"][0]["version"]), (&json!(2), &json!(1)));
    assert_eq!(service.call("GET", &format!("{own}/versions/1"), ()).status, 200);
    assert_eq!(service.call("GET", &format!("{own}/versions/9"), ()).status, 404);
}

#[test]
fn a_deployment_needs_no_token() {
    let service = StandIn::start();
    let path = "/api/v2/journey/deployments/d1";
    let send = |path: &str, body: Value| service.handle("POST", path, &[], body.to_string().as_bytes()).status;
    let action = json!({ "actionState": "accepted", "sessionId": "s", "actionId": "a" });
    assert_eq!(send(&format!("{path}/actionevent"), action), 202);
    let mut web =
        json!({ "customerCookieId": "c", "eventName": "e", "createdDate": "2026-05-04T07:30:00Z", "page": {} });
    assert_eq!(send(&format!("{path}/webevents"), web.clone()), 200);
    web["createdDate"] = json!("2026-05-04T07:00:00Z");
    assert_eq!(send(&format!("{path}/webevents"), web), 422);
    assert_eq!(send(&format!("{path}/appevents"), json!({})), 400);
    assert_eq!(service.handle("GET", &format!("{path}/customers/c/ping"), &[], b"").status, 200);
    assert_eq!(service.handle("GET", "/api/v2/journey/segments", &[], b"").status, 401);
}
