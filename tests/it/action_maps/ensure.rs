//! Action maps by name, guarded edits, and action maps as code. Requests are counted.

use std::time::Duration;

use genesys_journey::action_maps::{Ensured, EnsuredExact};
use genesys_journey::{Config, Result};
use genesys_stand_in::builder;
use serde_json::Value;

use super::*;

fn methods_of(service: &StandIn) -> String {
    let methods: Vec<String> = service.requests().into_iter().map(|seen| seen.method).collect();
    service.clear_requests();
    methods.join(" ")
}

/// Returns a configuration that leaves time to read, also on a busy machine.
fn with_slow_backoff(service: &StandIn) -> Config {
    builder!(service).initial_backoff(Duration::from_millis(50)).token(&service.token()).unwrap()
}

fn wanted() -> NewActionMap {
    NewActionMap {
        trigger_with_segments: vec!["s1".into(), "s2".into()],
        page_url_conditions: vec![UrlCondition::new(Operator::ContainsAny, ["a.example", "b.example"])],
        activation: Some(Activation::after_seconds(20)),
        action: Some(Action::web_messaging_offer(offer())),
        weight: Some(3),
        ..NewActionMap::new("Offers")
    }
}

fn all(service: &StandIn) -> Vec<Value> {
    service.all(PATH)
}

#[test]
fn a_name_is_found_by_one_request_or_not_at_all() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Offers");
    add(&service, "Offers, old");
    assert_eq!(action_maps::find_by_name(&config, "Offers").unwrap().unwrap().id, id);
    assert_eq!(service.last_request().raw_query, "pageSize=100&pageNumber=1&queryFields=displayName&queryValue=Offers");
    assert_eq!(methods_of(&service), "GET");
    // The search of the service is fuzzy, so that the list has to confirm it.
    assert_eq!(action_maps::find_by_name(&config, "Offer").unwrap(), None);
    assert_eq!(methods_of(&service), "GET GET");
    assert_eq!(action_maps::find_by_name(&config, "").unwrap_err().field(), Some("displayName"));
}

#[test]
fn a_name_that_is_found_twice_is_an_error_with_both_ids() {
    let service = StandIn::start();
    let ids = [add(&service, "Twins"), add(&service, "Twins")];
    let named = action_maps::find_by_name(&config!(service), "Twins").unwrap_err();
    let ensured = action_maps::ensure(&config!(service), &NewActionMap::new("Twins")).unwrap_err();
    for error in [named, ensured] {
        assert_eq!(error.kind(), ErrorKind::Api);
        let text = error.to_string();
        assert!(text.contains("several action maps") && ids.iter().all(|id| text.contains(id)), "{text}");
    }
    assert_eq!(methods_of(&service), "GET GET");
}

#[test]
fn an_edit_sends_the_changes_the_version_and_the_required_fields() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Offers");
    let edited = action_maps::edit(&config, &id, |map| ActionMapUpdate {
        weight: map.weight.map(|weight| weight + 1),
        is_active: map.is_active,
        activation: map.activation.clone(),
        end_date: Update::Clear,
        trigger_with_event_conditions: Update::Clear,
        version: Some(99),
        ..ActionMapUpdate::default()
    });
    assert_eq!((edited.as_ref().unwrap().weight, edited.unwrap().version), (Some(3), Some(2)));
    let sent = json!({
        "version": 1, "displayName": "Offers", "triggerWithSegments": ["s1"], "pageUrlConditions": [], "weight": 3,
    });
    assert_eq!(service.last_request().body, Some(sent));
    assert_eq!(methods_of(&service), "GET PATCH");
    // A copy of the required fields is no change.
    action_maps::edit(&config, &id, ActionMapUpdate::of).unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_compares_references_by_id_and_times_by_instant() {
    let service = StandIn::start();
    let config = config!(service);
    let flow = json!({ "id": "f", "selfUri": "/flows/f" });
    let mapping = json!({ "name": "level", "value": "gold" });
    let action = json!({
        "mediaType": "architectFlow", "actionTemplate": { "id": "t", "selfUri": "/templates/t" },
        "architectFlowFields": { "architectFlow": flow, "flowRequestMappings": [mapping] },
        "webMessagingOfferFields": { "offerText": "Help?", "architectFlow": flow },
        "openActionFields": { "openAction": { "id": "o", "name": "Old name", "selfUri": "/open/o" } },
    });
    let id = service.add(PATH, json!({ "displayName": "Offers", "endDate": "2026-04-02T08:00:00Z", "action": action }));
    let edit = |change: &dyn Fn(&mut Action)| {
        let mut action = Action {
            action_template: Some(EntityRef::new("t")),
            open_action_fields: Some(OpenActionFields {
                open_action: Some(NamedEntityRef { name: Some("New name".into()), ..NamedEntityRef::new("o") }),
                ..OpenActionFields::default()
            }),
            web_messaging_offer_fields: Some(WebMessagingOfferFields {
                offer_text: Some("Help?".into()),
                architect_flow: Some(EntityRef::new("f")),
            }),
            ..Action::architect_flow(ArchitectFlowFields {
                architect_flow: Some(EntityRef::new("f")),
                flow_request_mappings: vec![serde_json::from_value(mapping.clone()).unwrap()],
            })
        };
        change(&mut action);
        let update = ActionMapUpdate {
            action: Some(ActionUpdate::from(&action)),
            end_date: Update::Set("2026-04-02T10:00:00+02:00".into()),
            ..ActionMapUpdate::default()
        };
        action_maps::edit(&config, &id, |_| update.clone()).unwrap();
        let sent = service.last_request().body;
        sent.map(|mut sent| sent["action"].take())
    };
    assert_eq!(edit(&|_| ()), None);
    // A part that lacks a field is sent: the service may replace the whole.
    let sent = edit(&|action| action.architect_flow_fields.as_mut().unwrap().flow_request_mappings.clear());
    let fields = json!({ "architectFlow": { "id": "f" } });
    assert_eq!(sent, Some(json!({ "mediaType": "architectFlow", "architectFlowFields": fields })));
    let sent = edit(&|action| action.action_template = Some(EntityRef::new("u"))).unwrap();
    assert_eq!(sent["actionTemplate"], json!({ "id": "u" }));
}

#[test]
fn an_edit_starts_again_after_a_conflict() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Offers");
    let mut others = 2;
    let edited = action_maps::edit(&config, &id, |map| {
        if others > 0 {
            others -= 1;
            service.call("PATCH", &format!("/api/v2/{PATH}/{id}"), json!({ "startDate": format!("202{others}") }));
        }
        ActionMapUpdate { weight: map.weight.map(|weight| weight + 1), ..ActionMapUpdate::default() }
    });
    assert_eq!((edited.as_ref().unwrap().weight, edited.unwrap().version), (Some(3), Some(4)));
}

#[test]
fn an_edit_of_the_media_type_clears_the_parts_of_the_others() {
    let service = StandIn::start();
    let config = config!(service);
    let id = action_maps::create(&config, &wanted()).unwrap().id;
    let action = ActionUpdate {
        media_type: Some(MediaType::ContentOffer),
        action_template: EntityRef::new("t").into(),
        ..ActionUpdate::default()
    };
    let update = ActionMapUpdate { action: Some(action), ..ActionMapUpdate::default() };
    let edited = action_maps::edit(&config, &id, |_| update.clone()).unwrap();
    assert_eq!(edited.action, Some(Action::content_offer("t")));
    let sent = json!({ "mediaType": "contentOffer", "actionTemplate": { "id": "t" }, "webMessagingOfferFields": null });
    assert_eq!(service.last_request().body.unwrap()["action"], sent);
    // The same again changes nothing.
    service.clear_requests();
    action_maps::edit(&config, &id, |_| update.clone()).unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn a_missing_map_is_created_once() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let Ensured::Created(map) = action_maps::ensure(&config, &wanted()).unwrap() else { panic!("not created") };
    assert_eq!(methods_of(&service), "GET GET POST GET");
    let again = action_maps::ensure(&config, &wanted()).unwrap();
    assert_eq!((&again, again.entity()), (&Ensured::Unchanged(map.clone()), &map));
    assert_eq!(methods_of(&service), "GET");
    assert_eq!(action_maps::ensure(&config, &NewActionMap::new("")).unwrap_err().field(), Some("displayName"));
}

#[test]
fn a_difference_is_updated_once_and_returned() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Offers");
    let Ensured::Updated { entity, update, .. } = action_maps::ensure(&config, &wanted()).unwrap() else {
        panic!("not updated")
    };
    assert_eq!((entity.id, entity.version, entity.weight), (id, Some(2), Some(3)));
    assert_eq!(service.requests()[1].body, Some(serde_json::to_value(update).unwrap()));
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert!(matches!(action_maps::ensure(&config, &wanted()).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn lost_responses_write_nothing_twice() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    service.faults().lose_responses(1);
    assert!(matches!(action_maps::ensure(&config, &wanted()).unwrap(), Ensured::Created(_)));
    assert_eq!(methods_of(&service), "GET GET POST GET");
    service.faults().lose_responses(1);
    let heavier = NewActionMap { weight: Some(1), ..wanted() };
    assert!(matches!(action_maps::ensure(&config, &heavier).unwrap(), Ensured::Updated { .. }));
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert_eq!((all(&service).len(), &all(&service)[0]["version"]), (1, &json!(2)));
}

#[test]
fn lost_requests_are_unknown_for_a_create_and_sent_again_for_an_update() {
    let service = StandIn::start();
    let config = builder!(service).call_timeout(Duration::from_secs(1)).token(&service.token()).unwrap();
    service.faults().lose_writes(1);
    let error = action_maps::ensure(&config, &wanted()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("POST"), "{error}");
    assert_eq!((methods_of(&service).matches("POST").count(), all(&service).len()), (1, 0));

    let config = with_slow_backoff(&service);
    add(&service, "Offers");
    service.faults().lose_writes(1);
    assert!(matches!(action_maps::ensure(&config, &wanted()).unwrap(), Ensured::Updated { .. }));
    assert_eq!(methods_of(&service).matches("PATCH").count(), 2);
    assert_eq!(all(&service)[0]["version"], 2);
}

#[test]
fn reads_that_lag_create_nothing_twice() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    service.faults().lag_reads(4);
    assert!(matches!(action_maps::ensure(&config, &wanted()).unwrap(), Ensured::Created(_)));
    assert!(matches!(action_maps::ensure(&config, &wanted()).unwrap(), Ensured::Unchanged(_)));
    assert_eq!((methods_of(&service).matches("POST").count(), all(&service).len()), (1, 1));
}

#[test]
fn a_version_conflict_is_resolved() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Offers");
    let stale: Value = service.get(PATH, &id).unwrap();
    service.call("PATCH", &format!("/api/v2/{PATH}/{id}"), json!({ "startDate": "2026-03-02T08:00:00Z" }));
    service.clear_requests();
    service.respond_next([Response::json(200, json!({ "entities": [stale], "total": 1 }))]);
    let ensured = action_maps::ensure(&config, &wanted()).unwrap();
    assert_eq!((ensured.entity().version, ensured.entity().start_date.is_some()), (Some(3), true));
    assert_eq!(methods_of(&service), "GET PATCH GET PATCH GET");
}

#[test]
fn a_name_that_the_service_rewrites_is_created_once() {
    let service = StandIn::start();
    service.faults().rewrite_names(|name| name.trim().to_owned());
    let config = with_slow_backoff(&service);
    let first = action_maps::ensure(&config, &NewActionMap::new(" Offers ")).unwrap_err();
    let second = action_maps::ensure(&config, &NewActionMap::new(" Offers ")).unwrap_err();
    assert_eq!((first.kind(), second.field()), (ErrorKind::Api, Some("displayName")));
    assert!(second.to_string().starts_with("displayName is \" Offers \"; no action map has this name"), "{second}");
    assert_eq!(all(&service).len(), 1);
    // A whole map has a name of the service, so that a similar name is another map.
    let mut like: ActionMap = serde_json::from_value(all(&service)[0].clone()).unwrap();
    like.display_name = Some("offers".into());
    assert!(matches!(action_maps::ensure_exact(&config, &like).unwrap().ensured, Ensured::Created(_)));
}

#[test]
fn a_copy_is_exact_and_a_second_run_writes_nothing() {
    let (service, other) = (StandIn::start(), StandIn::start());
    let config = with_slow_backoff(&service);
    let like = action_maps::create(&config!(other), &wanted()).unwrap();
    let EnsuredExact { ensured, unchangeable, .. } = action_maps::ensure_exact(&config, &like).unwrap();
    assert!(matches!(ensured, Ensured::Created(_)) && unchangeable.is_empty());

    let mut like = like;
    like.trigger_with_segments.clear();
    like.weight = None;
    service.clear_requests();
    let copy = action_maps::ensure_exact(&config, &like).unwrap();
    assert!(matches!(&copy.ensured, Ensured::Updated { entity, .. } if entity.trigger_with_segments.is_empty()));
    let lines: Vec<String> = copy.unchangeable.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["weight: 3 -> none"]);
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert!(matches!(action_maps::ensure_exact(&config, &like).unwrap().ensured, Ensured::Unchanged(_)));
    assert_eq!(methods_of(&service), "GET");
    like.display_name = None;
    assert_eq!(action_maps::ensure_exact(&config, &like).unwrap_err().field(), Some("displayName"));
}

#[test]
fn two_hundred_unchanged_maps_are_two_requests() {
    let service = StandIn::start();
    let names: Vec<String> = (0..200).map(|n| format!("Map {n}")).collect();
    names.iter().for_each(|name| drop(add(&service, name)));
    let wanted: Vec<NewActionMap> = names.iter().map(NewActionMap::new).collect();
    let results = action_maps::ensure_all(&config!(service), &wanted).unwrap();
    assert!(results.len() == 200 && results.iter().all(|result| matches!(result, Ok(Ensured::Unchanged(_)))));
    assert_eq!(methods_of(&service), "GET GET");
}

#[test]
fn many_maps_have_a_result_each() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    for name in ["Twins", "Twins", "Same", "Other"] {
        add(&service, name);
    }
    service.faults().lose_responses(1);
    let other = NewActionMap { weight: Some(1), ..NewActionMap::new("Other") };
    let new = |name: &str| NewActionMap::new(name);
    let all_wanted = [new("Twins"), new(""), new("New"), new("Same"), other];
    let results = action_maps::ensure_all(&config, &all_wanted).unwrap();
    let shown: Vec<String> = results.iter().map(shown).collect();
    assert_eq!(shown, ["Api", "Input", "created", "unchanged", "updated"]);
    assert_eq!(all(&service).len(), 5);

    let error = action_maps::ensure_all(&config, &[new("Same"), new("Same")]).unwrap_err();
    assert!(error.field() == Some("displayName") && error.to_string().contains("given twice"), "{error}");
}

fn shown(result: &Result<Ensured>) -> String {
    match result {
        Ok(Ensured::Created(_)) => "created".into(),
        Ok(Ensured::Updated { .. }) => "updated".into(),
        Ok(_) => "unchanged".into(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

#[test]
fn an_incomplete_list_is_an_error_and_nothing_is_written() {
    let service = StandIn::start();
    (0..150).for_each(|n| drop(add(&service, &format!("Map {n}"))));
    service.faults().unstable_order(true);
    let error = action_maps::ensure_all(&config!(service), &[wanted()]).unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(all(&service).len(), 150);
}
