//! Outcomes by name, guarded edits, and outcomes as code. Requests are counted.

use genesys_journey::Config;
use genesys_journey::outcomes::Ensured;
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

/// Starts an organisation without outcomes.
fn start() -> StandIn {
    let service = StandIn::start();
    for id in ["outcome-1", "outcome-2"] {
        service.remove(PATH, id);
    }
    service
}

fn wanted() -> NewOutcome {
    NewOutcome {
        description: Some("A paid order".into()),
        is_positive: Some(true),
        context: Some(context()),
        associated_value_field: Some(AssociatedValueField::new(ValueType::Number, "price")),
        ..NewOutcome::new("Booking")
    }
}

fn all(service: &StandIn) -> Vec<Value> {
    service.all(PATH)
}

#[test]
fn a_name_is_found_by_one_request_or_not_at_all() {
    let service = start();
    let config = config!(service);
    let id = add(&service, "Booking");
    add(&service, "Booking, old");
    assert_eq!(outcomes::find_by_name(&config, "Booking").unwrap().unwrap().id, id);
    assert_eq!(
        service.last_request().raw_query,
        "pageSize=100&pageNumber=1&queryFields=displayName&queryValue=Booking"
    );
    assert_eq!(methods_of(&service), "GET");
    assert_eq!(outcomes::find_by_name(&config, "Book").unwrap(), None);
    assert_eq!(methods_of(&service), "GET GET");
    assert_eq!(outcomes::find_by_name(&config, "").unwrap_err().field(), Some("displayName"));
}

#[test]
fn a_name_that_is_found_twice_is_an_error_with_both_ids() {
    let service = start();
    let ids = [add(&service, "Booking"), add(&service, "Booking")];
    let error = outcomes::ensure(&config!(service), &wanted()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    let text = error.to_string();
    assert!(text.contains("several outcomes") && ids.iter().all(|id| text.contains(id)), "{text}");
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_sends_the_changes_the_version_and_the_name() {
    let service = start();
    let config = config!(service);
    let id = outcomes::create(&config, &wanted()).unwrap().id;
    service.clear_requests();
    let edited = outcomes::edit(&config, &id, |outcome| OutcomeUpdate {
        is_active: Some(false),
        is_positive: outcome.is_positive,
        context: outcome.context.clone().unwrap().into(),
        journey: Update::Clear,
        associated_value_field: outcome.associated_value_field.clone(),
        version: Some(99),
        ..OutcomeUpdate::default()
    });
    assert_eq!(edited.unwrap().version, Some(2));
    let sent = json!({ "version": 1, "displayName": "Booking", "isActive": false });
    assert_eq!(service.last_request().body, Some(sent));
    assert_eq!(methods_of(&service), "GET PATCH");
    // A copy of the required fields is no change, nor is an empty context where there is none.
    outcomes::edit(&config, &id, |outcome| OutcomeUpdate {
        context: outcome.context.clone().unwrap().into(),
        journey: Update::Set(Journey::default()),
        ..OutcomeUpdate::of(outcome)
    })
    .unwrap();
    assert_eq!(methods_of(&service), "GET");
    let id = add(&service, "Other");
    outcomes::edit(&config, &id, |_| OutcomeUpdate {
        context: Update::Clear,
        journey: Update::Clear,
        ..OutcomeUpdate::default()
    })
    .unwrap();
    assert_eq!(methods_of(&service), "GET");
}

#[test]
fn an_edit_starts_again_after_a_conflict() {
    let service = start();
    let config = with_slow_backoff(&service);
    let id = add(&service, "Booking");
    let mut others = 2;
    let edited = outcomes::edit(&config, &id, |outcome| {
        if others > 0 {
            others -= 1;
            service.call("PATCH", &format!("/api/v2/{PATH}/{id}"), json!({ "description": format!("{others}") }));
        }
        let text = outcome.description.clone().unwrap_or_default() + "!";
        OutcomeUpdate { description: Some(text), ..OutcomeUpdate::default() }
    });
    assert_eq!(edited.unwrap().description.as_deref(), Some("0!"));
}

#[test]
fn an_outcome_is_created_changed_and_kept() {
    let service = start();
    let config = with_slow_backoff(&service);
    let Ensured::Created(created) = outcomes::ensure(&config, &wanted()).unwrap() else { panic!("not created") };
    assert_eq!(methods_of(&service), "GET GET POST GET");
    assert_eq!(outcomes::ensure(&config, &wanted()).unwrap(), Ensured::Unchanged(created));
    assert_eq!(methods_of(&service), "GET");
    let other = NewOutcome { is_positive: Some(false), ..wanted() };
    let Ensured::Updated { entity, update, .. } = outcomes::ensure(&config, &other).unwrap() else {
        panic!("not updated")
    };
    assert_eq!((entity.is_positive, entity.version), (Some(false), Some(2)));
    let sent = json!({ "version": 1, "displayName": "Booking", "isPositive": false });
    assert_eq!(serde_json::to_value(update).unwrap(), sent);
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert_eq!(outcomes::ensure(&config, &NewOutcome::new("")).unwrap_err().field(), Some("displayName"));
    assert_eq!(methods_of(&service), "");
}

#[test]
fn lost_responses_write_nothing_twice() {
    let service = start();
    let config = with_slow_backoff(&service);
    service.faults().lose_responses(1).lag_reads(3);
    assert!(matches!(outcomes::ensure(&config, &wanted()).unwrap(), Ensured::Created(_)));
    assert_eq!(methods_of(&service).matches("POST").count(), 1);
    service.faults().lose_responses(1);
    let other = NewOutcome { description: Some("Any order".into()), ..wanted() };
    assert!(matches!(outcomes::ensure(&config, &other).unwrap(), Ensured::Updated { .. }));
    assert_eq!(methods_of(&service).matches("PATCH").count(), 1);
    assert_eq!((all(&service).len(), &all(&service)[0]["version"]), (1, &json!(2)));
}

#[test]
fn lost_requests_are_unknown_for_a_create_and_sent_again_for_an_update() {
    let service = start();
    let config = builder!(service).call_timeout(Duration::from_secs(1)).token(&service.token()).unwrap();
    service.faults().lose_writes(1);
    let error = outcomes::ensure(&config, &wanted()).unwrap_err();
    assert!(error.outcome_unknown() && error.method() == Some("POST"), "{error}");
    assert!(all(&service).is_empty());
    add(&service, "Booking");
    service.faults().lose_writes(1);
    let ensured = outcomes::ensure(&with_slow_backoff(&service), &wanted()).unwrap();
    assert!(matches!(ensured, Ensured::Updated { .. }));
    assert_eq!(all(&service)[0]["version"], 2);
}

#[test]
fn a_rate_limit_and_a_delayed_read_delay_only() {
    let service = start();
    let config = with_slow_backoff(&service);
    service.faults().lag_reads(2);
    service.respond_next([Response::error(429, "too.many.requests", "slow down")]);
    assert!(matches!(outcomes::ensure(&config, &wanted()).unwrap(), Ensured::Created(_)));
    assert_eq!(all(&service).len(), 1);
}

#[test]
fn a_name_that_the_service_rewrites_is_created_once() {
    let service = start();
    service.faults().rewrite_names(str::to_uppercase);
    let config = with_slow_backoff(&service);
    let first = outcomes::ensure(&config, &wanted()).unwrap_err();
    let second = outcomes::ensure(&config, &wanted()).unwrap_err();
    assert_eq!((first.kind(), second.field()), (ErrorKind::Api, Some("displayName")));
    assert_eq!(all(&service).len(), 1);
}

#[test]
fn a_copy_clears_the_conditions_that_the_original_lacks() {
    let service = start();
    let config = with_slow_backoff(&service);
    outcomes::create(&config, &wanted()).unwrap();
    service.clear_requests();
    let like: Outcome =
        serde_json::from_value(json!({ "id": "9", "displayName": "Booking", "isPositive": false })).unwrap();
    let copied = outcomes::ensure_exact(&config, &like).unwrap();
    assert!(matches!(&copied.ensured, Ensured::Updated { entity, .. } if entity.is_positive == Some(false)));
    let remaining: Vec<String> = copied.unchangeable.iter().map(ToString::to_string).collect();
    let field = r#"associatedValueField: {"dataType":"Number","name":"price"} -> none"#;
    assert_eq!(remaining, ["isActive: true -> none", r#"description: "A paid order" -> none"#, field]);
    assert_eq!(all(&service)[0]["context"], json!({ "patterns": [] }));
    assert_eq!(methods_of(&service), "GET PATCH GET");
    assert!(matches!(outcomes::ensure_exact(&config, &like).unwrap().ensured, Ensured::Unchanged(_)));
}

#[test]
fn many_outcomes_are_one_list_and_have_a_result_each() {
    let service = start();
    let config = with_slow_backoff(&service);
    add(&service, "Same");
    add(&service, "Other");
    let other = NewOutcome { is_active: Some(false), ..NewOutcome::new("Other") };
    let all = [NewOutcome::new("New"), NewOutcome::new("Same"), other, NewOutcome::new("")];
    let results = outcomes::ensure_all(&config, &all).unwrap();
    assert!(matches!(
        &results[..],
        [Ok(Ensured::Created(_)), Ok(Ensured::Unchanged(_)), Ok(Ensured::Updated { .. }), Err(_)]
    ));
    assert_eq!(methods_of(&service), "GET GET GET POST GET PATCH GET");
    let error = outcomes::ensure_all(&config, &[wanted(), wanted()]).unwrap_err();
    assert_eq!(error.field(), Some("displayName"));
}

#[test]
fn an_incomplete_list_is_an_error_and_nothing_is_written() {
    let service = start();
    (0..150).for_each(|n| drop(add(&service, &format!("Outcome {n}"))));
    service.faults().unstable_order(true);
    let error = outcomes::ensure_all(&config!(service), &[wanted()]).unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(all(&service).len(), 150);
}
