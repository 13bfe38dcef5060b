//! Action maps: the request, the response and one error of each operation, the union by media type, and estimates.

mod diff;
mod ensure;

use std::time::Duration;

use genesys_journey::action_maps::estimates::{EstimateRequest, EstimateState, JobOptions};
use genesys_journey::action_maps::{
    self, Action, ActionKind, ActionMap, ActionMapUpdate, ActionUpdate, Activation, ActivationType,
    ArchitectFlowFields, EventCondition, ListActionMaps, MediaType, NewActionMap, OpenActionFields,
    OutcomeProbabilityCondition, RequestMapping, ScheduleGroups, ScheduleGroupsUpdate, UrlCondition,
    WebMessagingOfferFields, estimates,
};
use genesys_journey::criteria::{Operator, StreamType};
use genesys_journey::references::{EntityRef, NamedEntityRef};
use genesys_journey::{ErrorKind, Update};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::json;

const PATH: &str = "journey/actionmaps";

fn offer() -> WebMessagingOfferFields {
    WebMessagingOfferFields { offer_text: Some("Can we help?".into()), architect_flow: Some(EntityRef::new("flow")) }
}

fn add(service: &StandIn, name: &str) -> String {
    service.add(PATH, json!({ "displayName": name, "triggerWithSegments": ["s1"], "pageUrlConditions": [] }))
}

/// The request line of the last request, without the host.
fn last_line(service: &StandIn) -> String {
    let seen = service.last_request();
    format!("{} {} {}", seen.method, seen.raw_path, seen.raw_query).trim_end().to_owned()
}

#[test]
fn list_sends_every_option_in_the_vendors_spelling() {
    let service = StandIn::start();
    let config = config!(service);
    add(&service, "Offers");
    let list = ListActionMaps {
        page_size: Some(3),
        page_number: Some(1),
        sort_by: Some("-displayName".into()),
        query_fields: vec!["displayName".into(), "weight".into()],
        query_value: Some("off".into()),
        ..ListActionMaps::with_field("weight", "2")
    };
    assert_eq!(action_maps::list(&config, &list).unwrap().entities.len(), 1);
    assert_eq!(
        last_line(&service),
        "GET /api/v2/journey/actionmaps pageSize=3&pageNumber=1&sortBy=-displayName&filterField=weight&filterValue=2\
         &queryFields=displayName&queryFields=weight&queryValue=off"
    );
    assert!(action_maps::list(&config, &ListActionMaps::with_field("weight", "3")).unwrap().entities.is_empty());
}

#[test]
fn a_list_that_the_service_would_refuse_is_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    let refused = |list: ListActionMaps| {
        let error = action_maps::list(&config, &list).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.field().unwrap().to_owned()
    };
    let ids = |n: usize| vec!["7".to_owned(); n];
    assert_eq!(refused(ListActionMaps { action_map_ids: ids(101), ..Default::default() }), "actionMapIds");
    assert_eq!(
        refused(ListActionMaps { action_map_ids: ids(1), page_size: Some(1), ..Default::default() }),
        "actionMapIds"
    );
    let with_field = ListActionMaps::with_field("weight", "2");
    assert_eq!(refused(ListActionMaps { action_map_ids: ids(1), ..with_field.clone() }), "actionMapIds");
    assert_eq!(refused(ListActionMaps { filter_value: None, ..with_field.clone() }), "filterValue");
    assert_eq!(refused(ListActionMaps { filter_field: None, ..with_field }), "filterField");
    assert_eq!(refused(ListActionMaps { query_value: Some("x".into()), ..Default::default() }), "queryFields");
    assert_eq!(refused(ListActionMaps { page_size: Some(0), ..Default::default() }), "pageSize");
    assert!(service.requests().is_empty());
}

#[test]
fn list_all_reads_every_page_or_the_ids() {
    let service = StandIn::start();
    let config = config!(service);
    let added: Vec<String> = (0..130).map(|n| add(&service, &format!("Map {n}"))).collect();
    let all = |list: &ListActionMaps| -> Vec<String> {
        action_maps::list_all(&config, list).map(|map| map.unwrap().id).collect()
    };
    assert_eq!(all(&ListActionMaps::default()), added);
    assert_eq!(service.requests().len(), 2);
    assert_eq!(all(&ListActionMaps { action_map_ids: added[..2].to_vec(), ..Default::default() }), added[..2]);
    assert_eq!(service.requests().len(), 3);
}

#[test]
fn get_returns_the_map_and_names_a_missing_one() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Offers");
    let map = action_maps::get(&config, &id).unwrap();
    assert_eq!((map.display_name.as_deref(), map.version, map.weight), (Some("Offers"), Some(1), Some(2)));
    assert_eq!(last_line(&service), format!("GET /api/v2/journey/actionmaps/{id}"));
    assert!(action_maps::get(&config, "none").unwrap_err().is_not_found());
    assert_eq!(action_maps::get(&config, "").unwrap_err().field(), Some("actionMapId"));
}

#[test]
fn create_sends_the_map_and_no_unset_field() {
    let service = StandIn::start();
    let config = config!(service);
    let map = NewActionMap {
        trigger_with_segments: vec!["s1".into()],
        trigger_with_event_conditions: vec![EventCondition {
            event_name: Some("page_viewed".into()),
            ..EventCondition::new(StreamType::Web, "web", "page.pathname", Operator::StartsWith, ["/checkout"])
        }],
        page_url_conditions: vec![UrlCondition::new(Operator::ContainsAny, ["shop.example.com/checkout"])],
        activation: Some(Activation::after_seconds(20)),
        weight: Some(2),
        action: Some(Action::web_messaging_offer(offer())),
        action_map_schedule_groups: Some(ScheduleGroups {
            action_map_schedule_group: Some(EntityRef::new("hours")),
            emergency_action_map_schedule_group: None,
        }),
        start_date: Some("2026-03-02T08:00:00.000Z".into()),
        ..NewActionMap::new("Help with the basket")
    };
    let created = action_maps::create(&config, &map).unwrap();
    let body = json!({
        "displayName": "Help with the basket",
        "triggerWithSegments": ["s1"],
        "triggerWithEventConditions": [{
            "key": "page.pathname", "values": ["/checkout"], "operator": "startsWith", "streamType": "Web",
            "sessionType": "web", "eventName": "page_viewed",
        }],
        "pageUrlConditions": [{ "values": ["shop.example.com/checkout"], "operator": "containsAny" }],
        "activation": { "type": "delay", "delayInSeconds": 20 },
        "weight": 2,
        "action": {
            "mediaType": "webMessagingOffer",
            "webMessagingOfferFields": { "offerText": "Can we help?", "architectFlow": { "id": "flow" } },
        },
        "actionMapScheduleGroups": { "actionMapScheduleGroup": { "id": "hours" } },
        "startDate": "2026-03-02T08:00:00.000Z",
    });
    assert_eq!(service.last_request().body, Some(body.clone()));
    let copy = NewActionMap::from(&created);
    assert_eq!(serde_json::to_value(NewActionMap { is_active: None, ..copy }).unwrap(), body);

    let error = action_maps::create(&config, &NewActionMap::new("")).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("displayName")));
    let condition = OutcomeProbabilityCondition { probability: Some(f64::NAN), ..Default::default() };
    let infinite = NewActionMap { trigger_with_outcome_probability_conditions: vec![condition], ..map };
    assert_eq!(action_maps::create(&config, &infinite).unwrap_err().field(), Some("probability"));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn an_update_of_a_map_has_its_version_and_the_fields_that_the_vendor_requires() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Offers");
    let map = action_maps::get(&config, &id).unwrap();
    let update = ActionMapUpdate {
        weight: Some(3),
        end_date: Update::Clear,
        action_map_schedule_groups: Update::Clear,
        trigger_with_event_conditions: Update::Clear,
        ..ActionMapUpdate::of(&map)
    };
    let updated = action_maps::update(&config, &id, &update).unwrap();
    assert_eq!((updated.weight, updated.version), (Some(3), Some(2)));
    let body = json!({
        "version": 1, "displayName": "Offers", "triggerWithSegments": ["s1"], "pageUrlConditions": [], "weight": 3,
        "endDate": null, "actionMapScheduleGroups": null, "triggerWithEventConditions": [],
    });
    assert_eq!(service.last_request().body, Some(body));
    assert_eq!(service.last_request().method, "PATCH");
    assert!(action_maps::update(&config, &id, &update).unwrap_err().is_version_conflict());
    let unnamed = ActionMapUpdate { display_name: Some(String::new()), ..ActionMapUpdate::default() };
    assert_eq!(action_maps::update(&config, &id, &unnamed).unwrap_err().field(), Some("displayName"));
}

#[test]
fn only_an_update_without_fields_is_empty() {
    let update = ActionMapUpdate { version: Some(3), ..ActionMapUpdate::default() };
    assert!(update.is_empty());
    assert!(!ActionMapUpdate { weight: Some(1), ..update }.is_empty());
}

#[test]
fn delete_succeeds_and_names_a_missing_map() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Offers");
    action_maps::delete(&config, &id).unwrap();
    assert_eq!(last_line(&service), format!("DELETE /api/v2/journey/actionmaps/{id}"));
    assert!(action_maps::delete(&config, &id).unwrap_err().is_not_found());
}

#[test]
fn kind_borrows_the_part_of_the_media_type() {
    let offer_action = Action::web_messaging_offer(offer());
    assert_eq!(offer_action.kind(), ActionKind::WebMessagingOffer(&offer()));
    assert_eq!(Action::content_offer("t").kind(), ActionKind::ContentOffer(&EntityRef::new("t")));
    let flow = ArchitectFlowFields {
        architect_flow: Some(EntityRef::new("flow")),
        flow_request_mappings: vec![RequestMapping { name: Some("SessionId".into()), ..Default::default() }],
    };
    assert_eq!(Action::architect_flow(flow.clone()).kind(), ActionKind::ArchitectFlow(&flow));
    let open = OpenActionFields { open_action: Some(NamedEntityRef::new("o")), ..Default::default() };
    assert_eq!(Action::open_action(open.clone()).kind(), ActionKind::OpenAction(&open));
    let integration = Action { media_type: Some(MediaType::IntegrationAction), ..Action::default() };
    assert_eq!(integration.kind(), ActionKind::IntegrationAction);

    let webchat = Action { media_type: Some("webchat".into()), ..offer_action };
    assert_eq!(webchat.kind(), ActionKind::Other(Some(&MediaType::from("webchat"))));
    assert_eq!(Action::default().kind(), ActionKind::Other(None));
    let without_part = Action { media_type: Some(MediaType::OpenAction), ..Action::default() };
    assert_eq!(without_part.kind(), ActionKind::Other(Some(&MediaType::OpenAction)));
}

#[test]
fn an_update_to_another_media_type_clears_the_other_parts() {
    let service = StandIn::start();
    let config = config!(service);
    let created = NewActionMap { action: Some(Action::web_messaging_offer(offer())), ..NewActionMap::new("Offers") };
    let map = action_maps::create(&config, &created).unwrap();
    let action = ActionUpdate::from(&Action::content_offer("template"));
    let update = ActionMapUpdate { action: Some(action), ..ActionMapUpdate::of(&map) };
    let updated = action_maps::update(&config, &map.id, &update).unwrap();
    assert_eq!(updated.action, Some(Action::content_offer("template")));
    let sent = service.last_request().body.unwrap()["action"].clone();
    let expected = json!({
        "mediaType": "contentOffer", "actionTemplate": { "id": "template" }, "architectFlowFields": null,
        "webMessagingOfferFields": null, "openActionFields": null,
    });
    assert_eq!(sent, expected);
}

#[test]
fn the_path_of_a_template_is_read_and_not_sent() {
    let map: ActionMap = serde_json::from_value(json!({
        "id": "7", "action": { "mediaType": "contentOffer", "actionTemplate": { "id": "t", "selfUri": "/t" } },
    }))
    .unwrap();
    assert_eq!(serde_json::to_value(&map).unwrap()["action"]["actionTemplate"]["selfUri"], "/t");
    let sent = serde_json::to_value(NewActionMap::from(&map)).unwrap();
    assert_eq!(sent["action"]["actionTemplate"], json!({ "id": "t" }));
    let update = ActionUpdate::from(map.action.as_ref().unwrap());
    assert_eq!(serde_json::to_value(update).unwrap()["actionTemplate"], json!({ "id": "t" }));
}

#[test]
fn opening_hours_become_an_update_that_clears_missing_emergency_hours() {
    let groups = ScheduleGroups { action_map_schedule_group: Some(EntityRef::new("a")), ..Default::default() };
    let update = serde_json::to_value(ScheduleGroupsUpdate::from(&groups)).unwrap();
    assert_eq!(update, json!({ "actionMapScheduleGroup": { "id": "a" }, "emergencyActionMapScheduleGroup": null }));
}

#[test]
fn only_the_id_is_required() {
    let map: ActionMap = serde_json::from_str(r#"{"id":"7","triggerWithSegments":null,"weight":2.0}"#).unwrap();
    assert_eq!((map.id.as_str(), map.weight), ("7", Some(2)));
    assert!(serde_json::from_str::<ActionMap>("{}").is_err());
    let activation: Activation = serde_json::from_str(r#"{"type":"on-next-visit"}"#).unwrap();
    assert_eq!(activation, Activation::new(ActivationType::OnNextVisit));
}

#[test]
fn free_form_values_are_kept_as_they_are() {
    let fields =
        json!({ "openAction": { "id": "o" }, "configurationFields": { "a": null, "b": [1, { "type": "x" }] } });
    let read: OpenActionFields = serde_json::from_value(fields.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), fields);
}

#[test]
fn an_estimate_is_submitted_polled_and_read() {
    let service = StandIn::start();
    let wanted = EstimateRequest { segment_ids: vec!["s1".into(), "s2".into()], ..EstimateRequest::default() };
    let mut states = Vec::new();
    let mut on_state = |state: &EstimateState| states.push(state.clone());
    let options = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
    let estimate = estimates::run(&config!(service), &wanted, options).unwrap();
    assert_eq!(states, [EstimateState::Queued, EstimateState::Running, EstimateState::Succeeded]);
    assert_eq!((estimate.qualified_session_count, estimate.per_segment_counts.len()), (Some(20), 2));
    let lines: Vec<String> =
        service.requests().iter().map(|seen| format!("{} {}", seen.method, seen.raw_path)).collect();
    let jobs = "/api/v2/journey/actionmaps/estimates/jobs";
    assert_eq!(lines[0], format!("POST {jobs}"));
    assert_eq!(lines[1], format!("GET {jobs}/job-1"));
    assert_eq!(*lines.last().unwrap(), format!("GET {jobs}/job-1/results"));
    assert_eq!(service.requests()[0].body, Some(json!({ "segmentIds": ["s1", "s2"] })));
}

#[test]
fn an_estimate_that_does_not_end_is_a_timeout() {
    let service = StandIn::start();
    service.respond_next(
        [vec![Response::json(202, json!({ "id": "j" }))], vec![Response::json(200, "Running"); 1000]].concat(),
    );
    let options = JobOptions { timeout: Duration::from_millis(50), ..JobOptions::default() };
    let error = estimates::run(&config!(service), &EstimateRequest::default(), options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn an_estimate_that_fails_is_an_error() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next([Response::json(202, json!({ "id": "j" })), Response::json(200, "Failed")]);
    let error = estimates::run(&config, &EstimateRequest::default(), JobOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains("job j ended as Failed"), "{error}");
    assert!(estimates::status(&config, "none").unwrap_err().is_not_found());
    let job = estimates::submit(&config, &EstimateRequest::default()).unwrap();
    assert_eq!(estimates::results(&config, &job).unwrap_err().status(), Some(409));
    assert_eq!(estimates::status(&config, &job).unwrap(), EstimateState::Queued);
    service.respond_next([Response::json(200, "Paused")]);
    assert!(!estimates::status(&config, &job).unwrap().is_terminal());
}
