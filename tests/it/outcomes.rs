//! Outcomes: the request, the response and one error of each operation, with predictors and attributions.

mod diff;
mod ensure;

use std::time::Duration;

use genesys_journey::criteria::{Context, ContextCriterion, ContextPattern, Journey, JourneyPattern};
use genesys_journey::outcomes::attributions::{
    self, Attribution, AttributionState, JobOptions, NewAttributions, ResultState, Touchpoint, TouchpointType,
};
use genesys_journey::outcomes::predictors::{self, NewPredictor};
use genesys_journey::outcomes::{
    self, AssociatedValueField, ListOutcomes, NewOutcome, Outcome, OutcomeUpdate, ValueType,
};
use genesys_journey::{ErrorKind, Timestamp, Update};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::json;

const PATH: &str = "journey/outcomes";

fn add(service: &StandIn, name: &str) -> String {
    service.add(PATH, json!({ "displayName": name, "journey": { "patterns": [] } }))
}

fn last_line(service: &StandIn) -> String {
    let seen = service.last_request();
    format!("{} {}", seen.method, seen.raw_path)
}

fn context() -> Context {
    Context::new([ContextPattern::new([ContextCriterion::new("device.category", None, ["mobile"])])])
}

#[test]
fn list_sends_every_option_in_the_vendors_spelling() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Booking");
    let list = ListOutcomes {
        page_size: Some(3),
        page_number: Some(1),
        sort_by: Some("-displayName".into()),
        query_fields: vec!["displayName".into(), "description".into()],
        query_value: Some("book".into()),
        ..ListOutcomes::default()
    };
    let page = outcomes::list(&config, &list).unwrap();
    assert_eq!(page.entities.iter().map(|outcome| &outcome.id).collect::<Vec<_>>(), [&id]);
    assert_eq!(
        service.last_request().raw_query,
        "pageSize=3&pageNumber=1&sortBy=-displayName&queryFields=displayName&queryFields=description&queryValue=book"
    );
    let ids = ListOutcomes { outcome_ids: vec![id.clone(), "outcome-1".into()], ..ListOutcomes::default() };
    assert_eq!(outcomes::list(&config, &ids).unwrap().entities.len(), 2);
    assert_eq!(service.last_request().raw_query, format!("outcomeIds={id}&outcomeIds=outcome-1"));
    assert_eq!(outcomes::list_all(&config, &ids).count(), 2);
}

#[test]
fn bad_options_of_a_list_are_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    let with = |ids: usize| ListOutcomes { outcome_ids: vec!["7".into(); ids], ..ListOutcomes::default() };
    for (field, list) in [
        ("outcomeIds", with(21)),
        ("outcomeIds", ListOutcomes { page_size: Some(5), ..with(1) }),
        ("outcomeIds", ListOutcomes { sort_by: Some("id".into()), ..with(1) }),
        ("queryValue", ListOutcomes { query_fields: vec!["displayName".into()], ..ListOutcomes::default() }),
        ("pageSize", ListOutcomes { page_size: Some(0), ..ListOutcomes::default() }),
    ] {
        let error = outcomes::list(&config, &list).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some(field)));
    }
    let numbered = ListOutcomes { page_number: Some(1), ..ListOutcomes::default() };
    assert_eq!(outcomes::list_all(&config, &numbered).next().unwrap().unwrap_err().field(), Some("pageNumber"));
    assert!(service.requests().is_empty());
    outcomes::list(&config, &with(20)).unwrap();
}

#[test]
fn list_all_reads_every_page() {
    let service = StandIn::start();
    let added: Vec<String> = (0..120).map(|n| add(&service, &format!("Outcome {n}"))).collect();
    let all: Vec<String> =
        outcomes::list_all(&config!(service), &Default::default()).map(|outcome| outcome.unwrap().id).collect();
    assert_eq!(all[2..], added);
    assert_eq!(service.last_request().raw_query, "pageSize=100&pageNumber=2");
}

#[test]
fn get_returns_the_outcome_and_names_a_missing_one() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Booking");
    let outcome = outcomes::get(&config, &id).unwrap();
    assert_eq!((outcome.display_name.as_deref(), outcome.version), (Some("Booking"), Some(1)));
    assert!(outcomes::get(&config, "none").unwrap_err().is_not_found());
    assert_eq!(outcomes::get(&config, ".").unwrap_err().field(), Some("outcomeId"));
}

#[test]
fn create_sends_the_conditions_and_the_field_of_the_value() {
    let service = StandIn::start();
    let config = config!(service);
    let wanted = NewOutcome {
        is_positive: Some(false),
        context: Some(context()),
        associated_value_field: Some(AssociatedValueField::new(ValueType::Integer, "price")),
        ..NewOutcome::new("Booking")
    };
    let created = outcomes::create(&config, &wanted).unwrap();
    assert_eq!(
        (created.is_positive, created.associated_value_field.clone()),
        (Some(false), wanted.associated_value_field.clone())
    );
    let body = json!({
        "displayName": "Booking", "isPositive": false,
        "context": { "patterns": [{ "criteria": [
            { "key": "device.category", "values": ["mobile"], "entityType": "visit" },
        ] }] },
        "associatedValueField": { "dataType": "Integer", "name": "price" },
    });
    assert_eq!(service.last_request().body, Some(body));
    let empty = Context::new([ContextPattern::default()]);
    let events = Journey::new([JourneyPattern::default()]);
    for (field, wanted) in [
        ("displayName", NewOutcome::new("")),
        ("context.patterns[0].criteria", NewOutcome { context: Some(empty), ..NewOutcome::new("a") }),
        ("journey.patterns[0].criteria", NewOutcome { journey: Some(events), ..NewOutcome::new("a") }),
    ] {
        assert_eq!(outcomes::create(&config, &wanted).unwrap_err().field(), Some(field));
    }
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn an_update_has_the_version_and_the_name_and_clears_conditions() {
    let service = StandIn::start();
    let config = config!(service);
    let id =
        outcomes::create(&config, &NewOutcome { context: Some(context()), ..NewOutcome::new("Booking") }).unwrap().id;
    let outcome = outcomes::get(&config, &id).unwrap();
    let update = OutcomeUpdate {
        is_active: Some(false),
        context: Update::Clear,
        journey: Update::Clear,
        ..OutcomeUpdate::of(&outcome)
    };
    let updated = outcomes::update(&config, &id, &update).unwrap();
    assert_eq!((updated.is_active, updated.version), (Some(false), Some(2)));
    let body = json!({
        "version": 1, "displayName": "Booking", "isActive": false, "context": { "patterns": [] },
        "journey": { "patterns": [] },
    });
    assert_eq!(service.last_request().body, Some(body));
    assert_eq!(last_line(&service), format!("PATCH /api/v2/journey/outcomes/{id}"));
    assert!(outcomes::update(&config, &id, &update).unwrap_err().is_version_conflict());
    let unnamed = OutcomeUpdate { display_name: Some(String::new()), ..OutcomeUpdate::default() };
    assert_eq!(outcomes::update(&config, &id, &unnamed).unwrap_err().field(), Some("displayName"));
    assert!(OutcomeUpdate { version: Some(1), ..OutcomeUpdate::default() }.is_empty());
}

#[test]
fn delete_succeeds_and_names_a_missing_outcome() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, "Booking");
    outcomes::delete(&config, &id).unwrap();
    assert_eq!(last_line(&service), format!("DELETE /api/v2/journey/outcomes/{id}"));
    assert!(outcomes::delete(&config, &id).unwrap_err().is_not_found());
}

#[test]
fn only_the_id_is_required() {
    let outcome: Outcome = serde_json::from_str(r#"{"id":"7","version":2.0,"context":null}"#).unwrap();
    assert_eq!((outcome.id.as_str(), outcome.version, outcome.context), ("7", Some(2), None));
    assert!(serde_json::from_str::<Outcome>("{}").is_err());
}

#[test]
fn predictors_are_created_listed_read_and_deleted() {
    let service = StandIn::start();
    let config = config!(service);
    let predictor = predictors::create(&config, &NewPredictor::new("outcome-1")).unwrap();
    assert_eq!(service.last_request().body, Some(json!({ "outcome": { "id": "outcome-1" } })));
    assert_eq!(last_line(&service), "POST /api/v2/journey/outcomes/predictors");
    assert_eq!(predictors::list(&config).unwrap().entities, std::slice::from_ref(&predictor));
    assert_eq!(last_line(&service), "GET /api/v2/journey/outcomes/predictors");
    assert_eq!(predictors::get(&config, &predictor.id).unwrap(), predictor);
    predictors::delete(&config, &predictor.id).unwrap();
    assert_eq!(last_line(&service), format!("DELETE /api/v2/journey/outcomes/predictors/{}", predictor.id));
    assert!(predictors::get(&config, &predictor.id).unwrap_err().is_not_found());
    assert!(predictors::delete(&config, &predictor.id).unwrap_err().is_not_found());
    assert_eq!(predictors::get(&config, "").unwrap_err().field(), Some("predictorId"));
    service.respond_next([Response::json(200, json!({}))]);
    assert_eq!(predictors::list(&config).unwrap_err().kind(), ErrorKind::Decode);
    (0..10).for_each(|_| drop(predictors::create(&config, &NewPredictor::new("outcome-1")).unwrap()));
    let error = predictors::create(&config, &NewPredictor::new("outcome-1")).unwrap_err();
    assert_eq!(error.code(), Some("limit.exceeded"));
}

fn time() -> Timestamp {
    serde_json::from_value(json!("2026-05-04T08:15:30.123Z")).unwrap()
}

fn purchase(outcome: &str) -> Attribution {
    let touchpoint = Touchpoint {
        media_type: Some(TouchpointType::Voice),
        conversation_id: Some("c1".into()),
        ..Touchpoint::new("agent", 12.5)
    };
    Attribution { external_contact_id: Some("contact".into()), ..Attribution::new(outcome, 49.9, [touchpoint], time()) }
}

#[test]
fn attributions_are_submitted_polled_and_read() {
    let service = StandIn::start();
    let config = config!(service);
    let wanted = NewAttributions {
        percent_failed_threshold: Some(50),
        ..NewAttributions::new([purchase("outcome-1"), purchase("none")])
    };
    let mut job_states = Vec::new();
    let mut on_state = |state: &AttributionState| job_states.push(state.clone());
    let options = JobOptions { on_state: Some(&mut on_state), ..JobOptions::default() };
    let results = attributions::run(&config, &wanted, options).unwrap().entities;
    let ended = AttributionState::CompletedWithErrors;
    assert_eq!(job_states, [AttributionState::Running, AttributionState::Running, ended]);
    let states: Vec<_> = results.iter().map(|result| (result.index, result.state.clone().unwrap())).collect();
    assert_eq!(states, [(Some(0), ResultState::Completed), (Some(1), ResultState::Invalid)]);
    assert_eq!(results[0].touchpoints[0].agent_id.as_deref(), Some("agent"));
    let attribution = |outcome: &str| {
        json!({
            "outcomeId": outcome, "externalContactId": "contact", "associatedValue": 49.9,
            "touchpoints": [
                { "mediaType": "Voice", "conversationId": "c1", "agentId": "agent", "associatedValue": 12.5 },
            ],
            "createdDate": "2026-05-04T08:15:30.123Z",
        })
    };
    let seen = service.requests();
    let body = json!({ "entities": [attribution("outcome-1"), attribution("none")], "percentFailedThreshold": 50 });
    assert_eq!(seen[0].body, Some(body));
    let lines: Vec<String> = seen.iter().map(|seen| format!("{} {}", seen.method, seen.raw_path)).collect();
    let jobs = "/api/v2/journey/outcomes/attributions/jobs";
    assert_eq!(lines[..2], [format!("POST {jobs}"), format!("GET {jobs}/job-1")]);
    assert_eq!(*lines.last().unwrap(), format!("GET {jobs}/job-1/results"));
}

#[test]
fn a_job_that_stops_is_an_error_that_names_it() {
    let service = StandIn::start();
    let config = config!(service);
    let wanted = NewAttributions::new([purchase("outcome-1"), purchase("none")]);
    let error = attributions::run(&config, &wanted, JobOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains("job job-1 ended as Failed"), "{error}");
    // The results exist.
    let results = attributions::results(&config, "job-1").unwrap().entities;
    assert_eq!(results[0].state, Some(ResultState::Valid));
}

#[test]
fn a_job_that_does_not_end_is_a_timeout_and_is_submitted_once() {
    let service = StandIn::start();
    let running = Response::json(200, json!({ "id": "j", "state": "Later" }));
    let submitted = Response::json(202, json!({ "id": "j" }));
    service.respond_next([vec![submitted], vec![running; 1000]].concat());
    let wanted = NewAttributions::new([purchase("outcome-1")]);
    let options = JobOptions { timeout: Duration::from_millis(50), ..JobOptions::default() };
    let error = attributions::run(&config!(service), &wanted, options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("job j "), "{error}");
    // The attributions may be recorded.
    assert!(error.outcome_unknown() && !error.is_transient());
    assert_eq!(service.requests().iter().filter(|seen| seen.method == "POST").count(), 1);
}

#[test]
fn attributions_whose_response_is_lost_are_not_sent_again() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    let wanted = NewAttributions::new([purchase("outcome-1")]);
    let error = attributions::run(&config!(service), &wanted, JobOptions::default()).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn bad_attributions_are_not_sent() {
    let service = StandIn::start();
    let config = config!(service);
    let wanted = NewAttributions::new([purchase("outcome-1")]);
    for percent in [-1, 101] {
        let wanted = NewAttributions { percent_failed_threshold: Some(percent), ..wanted.clone() };
        assert_eq!(attributions::submit(&config, &wanted).unwrap_err().field(), Some("percentFailedThreshold"));
    }
    let mut infinite = wanted.clone();
    infinite.entities[0].touchpoints[0].associated_value = f64::NAN;
    assert_eq!(attributions::submit(&config, &infinite).unwrap_err().field(), Some("associatedValue"));
    assert_eq!(attributions::status(&config, "").unwrap_err().field(), Some("jobId"));
    assert!(service.requests().is_empty());
    assert!(attributions::status(&config, "none").unwrap_err().is_not_found());
    let job = attributions::submit(&config, &wanted).unwrap();
    assert_eq!(attributions::results(&config, &job).unwrap_err().status(), Some(409));
    let status = attributions::status(&config, &job).unwrap();
    assert_eq!((status.id, status.state), (job, Some(AttributionState::Running)));
}
