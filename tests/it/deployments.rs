//! Deployments: the request, the response and one error of each operation. No request has a token.

use std::time::Duration;

use genesys_journey::deployments::{
    self, ActionEvent, ActionState, AppEvent, DeploymentPing, EventBrowser, EventDevice, EventPage, PingOptions,
    WebAction, WebActionKind, WebEvent,
};
use genesys_journey::visitors::{App, Attribute, DeviceCategory};
use genesys_journey::{Config, ErrorKind, Timestamp};
use genesys_listener::calls::{RELAXED_TIMEOUT, settings};
use genesys_listener::{Listener, Scripted};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, Response, StandIn, builder, config};
use serde_json::json;

const VISITOR: &str = "7a1c1f4e-0b8e-4d0a-9d55-0f6f3e5b2c11";

fn now() -> Timestamp {
    Timestamp::from("2026-05-04T08:15:00.000Z")
}

fn web_event() -> WebEvent {
    WebEvent::new(VISITOR, "page_viewed", EventPage::new("https://shop.example.com", "Shop"), now())
}

fn app_event() -> AppEvent {
    let app = App { name: Some("Shop".into()), ..App::default() };
    let device = EventDevice::new(DeviceCategory::Mobile, "Pixel 9", "Android", "16");
    AppEvent::new(VISITOR, "order_completed", "Checkout", app, device, now())
}

fn action_event() -> ActionEvent {
    ActionEvent::new(ActionState::Accepted, "s1", "a1")
}

/// A call of each function.
const CALLS: [fn(&Config) -> genesys_journey::Result<()>; 4] = [
    |config| deployments::ping(config, "d1", VISITOR, &PingOptions::default()).map(drop),
    |config| deployments::send_action_event(config, "d1", &action_event()),
    |config| deployments::send_app_event(config, "d1", &app_event()).map(drop),
    |config| deployments::send_web_event(config, "d1", &web_event()).map(drop),
];

fn call_all(config: &Config) -> [genesys_journey::Result<()>; 4] {
    CALLS.map(|call| call(config))
}

#[test]
fn no_call_has_a_token_or_needs_one() {
    let service = StandIn::start();
    let grant = genesys_journey::auth::Grant::client_credentials(CLIENT_ID, CLIENT_SECRET);
    let anonymous = builder!(service).anonymous().unwrap();
    for config in [anonymous, config!(service), builder!(service).sign_in(grant).unwrap()] {
        service.faults().expire_tokens();
        let token_requests = service.token_requests();
        service.clear_requests();
        for result in call_all(&config) {
            result.unwrap();
        }
        assert_eq!(service.requests().len(), 4);
        assert!(service.requests().iter().all(|seen| seen.header("authorization").is_none()));
        assert_eq!(service.token_requests(), token_requests);
    }
}

#[test]
fn no_call_is_retried_after_a_lost_response_and_each_after_a_rate_limit() {
    let service = StandIn::start();
    let config = config!(service);
    for call in CALLS {
        service.clear_requests();
        service.respond_next([Response::text(503, "")]);
        let error = call(&config).unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(service.requests().len(), 1);
        service.respond_next([Response::text(429, "")]);
        call(&config).unwrap();
        assert_eq!(service.requests().len(), 3);
    }
}

#[test]
fn no_call_is_sent_again_after_the_connection_was_closed() {
    for call in CALLS {
        // Closed after the request was read, without a byte of a response.
        let listener = Listener::scripted([Scripted::Close]);
        let settings = settings(&listener.url()).attempt_timeout(RELAXED_TIMEOUT).connect_timeout(RELAXED_TIMEOUT);
        let error = call(&settings.anonymous().unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Transport, true), "{error}");
        assert_eq!((error.attempts(), listener.count_of_all()), (1, 1), "{error}");
    }
}

#[test]
fn a_read_only_configuration_sends_none_of_them() {
    let service = StandIn::start();
    for result in call_all(&builder!(service).read_only().anonymous().unwrap()) {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Input);
    }
    assert!(service.requests().is_empty());
}

#[test]
fn a_ping_sends_every_option_and_returns_the_actions() {
    let service = StandIn::start();
    let config = config!(service);
    service.offer_actions([
        json!({ "mediaType": "webMessagingOffer", "id": "a1", "webMessagingOfferProperties": { "offerText": "Hi" } }),
        json!({ "mediaType": "contentOffer", "id": "a2", "contentOfferProperties": { "title": "Boots" } }),
        json!({ "mediaType": "openAction", "id": "a3", "openActionProperties": { "configurationFields": { "x": null } } }),
        json!({ "mediaType": "architectFlow" }),
        json!({ "mediaType": "integrationAction" }),
        json!({ "mediaType": "openAction" }),
        json!({ "mediaType": "hologram" }),
    ]);
    let options = PingOptions {
        page_url: Some("https://shop.example.com/?a=b".into()),
        page_title: Some("Shop".into()),
        app_namespace: Some("com.example".into()),
        session_id: Some("s1".into()),
        since_last_beacon_milliseconds: Some(1500),
    };
    let ping = deployments::ping(&config, "d/1", VISITOR, &options).unwrap();
    let seen = service.last_request();
    assert_eq!(seen.raw_path, format!("/api/v2/journey/deployments/d%2F1/customers/{VISITOR}/ping"));
    assert_eq!(
        seen.raw_query,
        "dl=https%3A%2F%2Fshop.example.com%2F%3Fa%3Db&dt=Shop&appNamespace=com.example&sessionId=s1\
         &sinceLastBeaconMilliseconds=1500"
    );
    let kind = |action: &WebAction| match action.kind() {
        WebActionKind::WebMessagingOffer(offer) => offer.offer_text.clone().unwrap(),
        WebActionKind::ContentOffer(offer) => offer.title.clone().unwrap(),
        WebActionKind::OpenAction(action) => json!(action.configuration_fields).to_string(),
        WebActionKind::ArchitectFlow => "flow".into(),
        WebActionKind::IntegrationAction => "integration".into(),
        WebActionKind::Other(media_type) => format!("other {}", media_type.unwrap()),
        other => panic!("{other:?}"),
    };
    let kinds: Vec<String> = ping.actions.iter().map(kind).collect();
    assert_eq!(kinds, ["Hi", "Boots", r#"{"x":null}"#, "flow", "integration", "other openAction", "other hologram"]);
    assert_eq!(ping.poll_interval(), Some(Duration::from_secs(60)));
    assert_eq!(deployments::ping(&config, "d1", "..", &options).unwrap_err().field(), Some("customerCookieId"));
    assert_eq!(deployments::ping(&config, "", VISITOR, &options).unwrap_err().field(), Some("deploymentId"));
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_ping_of_minus_one_has_no_interval() {
    let ping: DeploymentPing = serde_json::from_str(r#"{"pollIntervalMilliseconds":-1,"actions":null}"#).unwrap();
    assert_eq!((ping.poll_interval(), ping.poll_interval_milliseconds, ping.actions.len()), (None, Some(-1), 0));
    assert_eq!(DeploymentPing::default().poll_interval(), None);
}

#[test]
fn an_action_event_has_the_state_and_ignores_the_body_of_the_response() {
    let service = StandIn::start();
    let config = config!(service);
    let event = ActionEvent {
        error_code: Some("E1".into()),
        error_message: Some("no frame".into()),
        ..ActionEvent::new(ActionState::Errored, "s1", "a1")
    };
    deployments::send_action_event(&config, "d1", &event).unwrap();
    let body = json!({
        "actionState": "errored", "sessionId": "s1", "actionId": "a1", "errorCode": "E1", "errorMessage": "no frame",
    });
    assert_eq!((service.last_request().method, service.last_request().body), ("POST".into(), Some(body)));
    service.respond_next([Response::text(204, ""), Response::error(409, "invalid.transition", "No")]);
    deployments::send_action_event(&config, "d1", &action_event()).unwrap();
    let error = deployments::send_action_event(&config, "d1", &action_event()).unwrap_err();
    assert_eq!((error.status(), error.outcome_unknown()), (Some(409), false));
}

#[test]
fn an_app_event_is_returned_as_recorded() {
    let service = StandIn::start();
    let config = config!(service);
    let mut event = app_event();
    event.attributes.insert("total".into(), Attribute::new("Number", "12.5"));
    event.device.screen_height = Some(2400);
    let recorded = deployments::send_app_event(&config, "d1", &event).unwrap();
    let body = json!({
        "eventName": "order_completed", "screenName": "Checkout", "app": { "name": "Shop" },
        "device": {
            "category": "mobile", "type": "Pixel 9", "osFamily": "Android", "osVersion": "16", "screenHeight": 2400,
        },
        "attributes": { "total": { "dataType": "Number", "value": "12.5" } },
        "customerCookieId": VISITOR, "createdDate": "2026-05-04T08:15:00.000Z",
    });
    assert_eq!(service.last_request().body, Some(body));
    assert_eq!((recorded.id.as_str(), recorded.customer_id.as_deref()), ("event-1", Some(VISITOR)));
    assert_eq!(recorded.session.unwrap().screenview_count, Some(1));
    assert_eq!(recorded.attributes, event.attributes);
    service.advance_time(Duration::from_secs(3_601));
    let error = deployments::send_app_event(&config, "d1", &event).unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(422), Some("event.too.old")));
}

#[test]
fn a_web_event_is_returned_as_recorded() {
    let service = StandIn::start();
    let config = config!(service);
    let browser = EventBrowser { family: Some("Firefox".into()), ..EventBrowser::default() };
    let event = WebEvent {
        browser: Some(browser.clone()),
        user_agent_string: Some("Mozilla/5.0".into()),
        ip_address: Some("203.0.113.7".into()),
        ..web_event()
    };
    let recorded = deployments::send_web_event(&config, "d1", &event).unwrap();
    let body = json!({
        "customerCookieId": VISITOR, "eventName": "page_viewed",
        "page": { "url": "https://shop.example.com", "title": "Shop" }, "userAgentString": "Mozilla/5.0",
        "browser": { "family": "Firefox" }, "ipAddress": "203.0.113.7", "createdDate": "2026-05-04T08:15:00.000Z",
    });
    assert_eq!(service.last_request().body, Some(body));
    assert_eq!((recorded.browser, recorded.page.unwrap().title.as_deref()), (Some(browser), Some("Shop")));
    assert_eq!(recorded.session.unwrap().pageview_count, Some(1));
    let unnamed = WebEvent { event_name: String::new(), ..event };
    let error = deployments::send_web_event(&config, "d1", &unnamed).unwrap_err();
    assert_eq!(error.details()[0].field_name.as_deref(), Some("eventName"));
}
