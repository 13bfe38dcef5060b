//! Action templates by name, guarded edits, and action templates as code. Requests are counted.

use std::time::Duration;

use genesys_journey::Config;
use genesys_journey::action_templates::Ensured;
use genesys_stand_in::{Response, builder};
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

fn new(name: &str) -> NewActionTemplate {
    NewActionTemplate::new(name, MediaType::ContentOffer, TemplateState::Active)
}

fn wanted() -> NewActionTemplate {
    let offer = ContentOffer {
        display_mode: Some(DisplayMode::Toast),
        title: Some("Still comparing?".into()),
        style: Some(ContentOfferStyle {
            position: Some(Position { bottom: Some("20px".into()), ..Position::default() }),
            close_button: Some(CloseButtonStyle { color: Some("#666666".into()), opacity: Some(0.1) }),
            ..ContentOfferStyle::default()
        }),
        ..ContentOffer::default()
    };
    NewActionTemplate { description: Some("Spring".into()), content_offer: Some(offer), ..new("Boots") }
}

fn all(service: &StandIn) -> Vec<Value> {
    service.all(PATH)
}

#[test]
fn a_name_is_found_by_one_request_or_not_at_all() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Boots", "Inactive");
    add(&service, "Boots, old", "Active");
    assert_eq!(action_templates::find_by_name(&config, "Boots").unwrap().unwrap().id, id);
    assert_eq!(service.last_request().raw_query, "pageSize=100&pageNumber=1&queryFields=name&queryValue=Boots");
    assert_eq!(methods_of(&service), "GET");
    assert_eq!(action_templates::find_by_name(&config, "Boot").unwrap(), None);
    assert_eq!(methods_of(&service), "GET GET");
    assert_eq!(action_templates::find_by_name(&config, "").unwrap_err().field(), Some("name"));
}

#[test]
fn a_deleted_template_is_not_found_and_its_name_is_free() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let deleted = add(&service, "Boots", "Deleted");
    assert_eq!(action_templates::find_by_name(&config, "Boots").unwrap(), None);
    let Ensured::Created(created) = action_templates::ensure(&config, &wanted()).unwrap() else {
        panic!("not created")
    };
    assert_ne!(created.id, deleted);
    // One of two is deleted: the name is not found twice.
    assert_eq!(action_templates::find_by_name(&config, "Boots").unwrap().unwrap().id, created.id);
    let results = action_templates::ensure_all(&config, &[wanted()]).unwrap();
    assert!(matches!(results[..], [Ok(Ensured::Unchanged(_))]), "{results:?}");
    assert!(matches!(action_templates::ensure_exact(&config, &created).unwrap().ensured, Ensured::Unchanged(_)));
    assert_eq!(all(&service).len(), 2);
    assert_eq!(service.get::<Value>(PATH, &deleted).unwrap()["state"], "Deleted");
}

#[test]
fn a_deleted_template_with_a_similar_name_is_no_obstacle() {
    let service = StandIn::start();
    add(&service, "boots", "Deleted");
    let ensured = action_templates::ensure(&with_slow_backoff(&service), &wanted()).unwrap();
    assert!(matches!(ensured, Ensured::Created(_)));
}

#[test]
fn a_template_that_others_delete_stays_deleted() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Boots", "Active");
    let stale: Value = service.get(PATH, &id).unwrap();
    action_templates::delete(&config, &id, None).unwrap();
    service.clear_requests();
    service.respond_next([Response::json(200, json!({ "entities": [stale], "total": 1 }))]);
    let ensured = action_templates::ensure(&config, &wanted()).unwrap();
    assert!(matches!(&ensured, Ensured::Created(created) if created.id != id), "{ensured:?}");
    assert_eq!(service.get::<Value>(PATH, &id).unwrap()["state"], "Deleted");
    // The search, the refused update, the read of the deleted one; the search, the list, the create and a read.
    assert_eq!(methods_of(&service), "GET PATCH GET GET GET POST GET");
}

#[test]
fn a_deleted_template_cannot_be_wanted() {
    let service = StandIn::start();
    let config = config!(service);
    let deleted = NewActionTemplate { state: TemplateState::Deleted, ..wanted() };
    let like: ActionTemplate =
        serde_json::from_value(json!({ "id": "7", "name": "Boots", "state": "Deleted" })).unwrap();
    let errors = [
        action_templates::ensure(&config, &deleted).unwrap_err(),
        action_templates::ensure_exact(&config, &like).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.field() == Some("state")), "{errors:?}");
    assert_eq!(methods_of(&service), "");
    let results = action_templates::ensure_all(&config, &[deleted]).unwrap();
    assert_eq!(results[0].as_ref().unwrap_err().field(), Some("state"));
}

#[test]
fn a_name_that_is_found_twice_is_an_error_with_both_ids() {
    let service = StandIn::start();
    let ids = [add(&service, "Boots", "Active"), add(&service, "Boots", "Inactive")];
    let error = action_templates::ensure(&config!(service), &wanted()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    let text = error.to_string();
    assert!(text.contains("several action templates") && ids.iter().all(|id| text.contains(id)), "{text}");
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_sends_the_changes_the_version_and_the_name() {
    let service = StandIn::start();
    let config = config!(service);
    let id = action_templates::create(&config, &wanted()).unwrap().id;
    service.clear_requests();
    let offer = ContentOfferUpdate {
        title: "Still comparing?".into(),
        headline: "30 % off".into(),
        image_url: Update::Clear,
        ..ContentOfferUpdate::default()
    };
    let edited = action_templates::edit(&config, &id, |template| ActionTemplateUpdate {
        state: template.state.clone(),
        media_type: template.media_type.clone(),
        description: Update::Clear,
        content_offer: offer.clone().into(),
        version: Some(99),
        ..ActionTemplateUpdate::default()
    });
    assert_eq!(edited.unwrap().version, Some(2));
    let sent = json!({ "version": 1, "name": "Boots", "description": "", "contentOffer": { "headline": "30 % off" } });
    assert_eq!(service.last_request().body, Some(sent));
    assert_eq!(methods_of(&service), "GET PATCH");
    action_templates::edit(&config, &id, |template| ActionTemplateUpdate {
        description: Update::Clear,
        content_offer: offer.clone().into(),
        ..ActionTemplateUpdate::of(template)
    })
    .unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_starts_again_after_a_conflict() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Boots", "Active");
    let mut others = 2;
    let edited = action_templates::edit(&config, &id, |template| {
        if others > 0 {
            others -= 1;
            service.call("PATCH", &format!("/api/v2/{PATH}/{id}"), json!({ "description": format!("{others}") }));
        }
        let text = template.description.clone().unwrap_or_default() + "!";
        ActionTemplateUpdate { description: text.into(), ..ActionTemplateUpdate::default() }
    });
    assert_eq!(edited.unwrap().description.as_deref(), Some("0!"));
}

#[test]
fn a_template_is_created_changed_and_kept() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    let Ensured::Created(created) = action_templates::ensure(&config, &wanted()).unwrap() else {
        panic!("not created")
    };
    assert_eq!(methods_of(&service), "GET GET POST GET");
    assert_eq!(action_templates::ensure(&config, &wanted()).unwrap(), Ensured::Unchanged(created));
    assert_eq!(methods_of(&service), "GET");
    let other = NewActionTemplate { state: TemplateState::Inactive, ..wanted() };
    let Ensured::Updated { entity, update, .. } = action_templates::ensure(&config, &other).unwrap() else {
        panic!("not updated")
    };
    assert_eq!((entity.state, entity.version), (Some(TemplateState::Inactive), Some(2)));
    let sent = json!({ "version": 1, "name": "Boots", "state": "Inactive" });
    assert_eq!(serde_json::to_value(update).unwrap(), sent);
    assert_eq!(methods_of(&service), "GET PATCH GET");
}

#[test]
fn lost_responses_write_nothing_twice() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    service.faults().lose_responses(1).lag_reads(3);
    assert!(matches!(action_templates::ensure(&config, &wanted()).unwrap(), Ensured::Created(_)));
    assert_eq!(methods_of(&service).matches("POST").count(), 1);
    service.faults().lose_responses(1);
    let other = NewActionTemplate { description: Some("Autumn".into()), ..wanted() };
    assert!(matches!(action_templates::ensure(&config, &other).unwrap(), Ensured::Updated { .. }));
    assert_eq!(methods_of(&service).matches("PATCH").count(), 1);
    assert_eq!((all(&service).len(), &all(&service)[0]["version"]), (1, &json!(2)));
}

#[test]
fn lost_requests_are_unknown_for_a_create_and_sent_again_for_an_update() {
    let service = StandIn::start();
    let config = builder!(service).call_timeout(Duration::from_secs(1)).token(&service.token()).unwrap();
    service.faults().lose_writes(1);
    let error = action_templates::ensure(&config, &wanted()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("POST"), "{error}");
    assert!(all(&service).is_empty());
    add(&service, "Boots", "Active");
    service.faults().lose_writes(1);
    let ensured = action_templates::ensure(&with_slow_backoff(&service), &wanted()).unwrap();
    assert!(matches!(ensured, Ensured::Updated { .. }));
    assert_eq!(all(&service)[0]["version"], 2);
}

#[test]
fn a_name_that_the_service_rewrites_is_created_once() {
    let service = StandIn::start();
    service.faults().rewrite_names(str::to_uppercase);
    let config = with_slow_backoff(&service);
    let first = action_templates::ensure(&config, &wanted()).unwrap_err();
    let second = action_templates::ensure(&config, &wanted()).unwrap_err();
    assert_eq!((first.kind(), second.field()), (ErrorKind::Api, Some("name")));
    assert_eq!(all(&service).len(), 1);
}

#[test]
fn many_templates_are_one_list_and_have_a_result_each() {
    let service = StandIn::start();
    let config = with_slow_backoff(&service);
    add(&service, "Same", "Active");
    add(&service, "Other", "Inactive");
    let results = action_templates::ensure_all(&config, &[new("New"), new("Same"), new("Other"), new("")]).unwrap();
    assert!(matches!(
        &results[..],
        [Ok(Ensured::Created(_)), Ok(Ensured::Unchanged(_)), Ok(Ensured::Updated { .. }), Err(_)]
    ));
    assert_eq!(methods_of(&service), "GET GET GET POST GET PATCH GET");
    let error = action_templates::ensure_all(&config, &[new("Same"), new("Same")]).unwrap_err();
    assert_eq!(error.field(), Some("name"));
}

#[test]
fn an_incomplete_list_is_an_error_and_nothing_is_written() {
    let service = StandIn::start();
    (0..150).for_each(|n| drop(add(&service, &format!("Template {n}"), "Active")));
    service.faults().unstable_order(true);
    let error = action_templates::ensure_all(&config!(service), &[wanted()]).unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(all(&service).len(), 150);
}
