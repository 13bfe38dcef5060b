//! Flows: the request, the response and one error of the query, and the tree.

use genesys_journey::flows::{self, ElementType, FlowCategory, FlowPaths, PathsQuery};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::json;

#[test]
fn a_query_sends_the_flows_as_objects_and_returns_a_tree() {
    let service = StandIn::start();
    let query = PathsQuery::new(FlowCategory::AgentEscalation, ["f1", "f2"]);
    let paths = flows::paths(&config!(service), &query).unwrap();
    let seen = service.last_request();
    assert_eq!((seen.method.as_str(), seen.raw_path.as_str()), ("POST", "/api/v2/journey/flows/paths/query"));
    assert_eq!(seen.body, Some(json!({ "category": "AgentEscalation", "flows": [{ "id": "f1" }, { "id": "f2" }] })));
    let (id, root) = paths.root().unwrap();
    assert_eq!((id, root.count, root.flows.len()), ("root", Some(200), 2));
    let children: Vec<_> = paths.children(id).map(|(id, step)| (id, step.element_type.clone().unwrap())).collect();
    assert_eq!(children, [("disconnect", ElementType::Disconnect), ("milestone", ElementType::Milestone)]);
    assert_eq!(paths.children("disconnect").count(), 0);
}

#[test]
fn an_unknown_flow_has_no_steps() {
    let service = StandIn::start();
    service.respond_next([
        Response::json(200, json!({ "category": "All", "elements": {} })),
        Response::json(200, json!({})),
    ]);
    for _ in 0..2 {
        let paths = flows::paths(&config!(service), &PathsQuery::new(FlowCategory::All, ["none"])).unwrap();
        assert!(paths.elements.is_empty() && paths.root().is_none());
    }
}

#[test]
fn a_query_is_retried_and_allowed_in_a_read_only_configuration() {
    let service = StandIn::start();
    let config = genesys_stand_in::builder!(service).read_only().token(&service.token()).unwrap();
    service.respond_next([Response::text(503, "")]);
    flows::paths(&config, &PathsQuery::new(FlowCategory::All, ["f1"])).unwrap();
    assert_eq!(service.requests().len(), 2);
    service.respond_next([Response::error(403, "missing.permission", "no")]);
    assert_eq!(flows::paths(&config, &PathsQuery::new(FlowCategory::All, ["f1"])).unwrap_err().status(), Some(403));
}

#[test]
fn counts_may_have_an_empty_fraction_and_types_may_be_new() {
    let json = json!({
        "category": "Later", "dateStart": "2026-05-01T00:00:00Z",
        "elements": { "a": { "type": "TransferToMars", "count": 3.0, "flows": [], "parentId": "b" }, "b": null },
    });
    let paths: FlowPaths = serde_json::from_value(json).unwrap();
    assert_eq!(paths.elements["a"].count, Some(3));
    assert_eq!(paths.elements["a"].element_type.as_ref().unwrap().as_str(), "TransferToMars");
    assert_eq!(paths.elements.len(), 1);
    assert_eq!(paths.children("b").count(), 1);
}
