//! Deployments in the facts.

use genesys_journey::deployments::{
    self, ActionEvent, AppEvent, DeploymentPing, PingOptions, RecordedAppEvent, RecordedWebEvent, WebEvent,
};
use genesys_journey::{Config, Result};
use serde_json::Value;

use crate::conformance::Family;
use crate::conformance::call::{Call, json_of};
use crate::conformance::fields::{request, response};

pub const FAMILY: Family = Family {
    name: "deployments",
    responses: &[
        ("DeploymentPing", response::<DeploymentPing>),
        ("AppEventResponse", response::<RecordedAppEvent>),
        ("WebEventResponse", response::<RecordedWebEvent>),
    ],
    requests: &[
        ("ActionEventRequest", request::<ActionEvent>),
        ("AppEventRequest", request::<AppEvent>),
        ("WebEventRequest", request::<WebEvent>),
    ],
    private: &[],
    identified: &[("AppEventResponse", "id")],
    not_sent: &[],
    make,
};

fn make(call: &Call, config: &Config) -> Result<Value> {
    let id = call.path("deploymentId");
    match call.operation() {
        "get_journey_deployment_customer_ping" => {
            let options = PingOptions {
                page_url: call.text("dl"),
                page_title: call.text("dt"),
                app_namespace: call.text("appNamespace"),
                session_id: call.text("sessionId"),
                since_last_beacon_milliseconds: call.number("sinceLastBeaconMilliseconds").map(u64::from),
            };
            json_of(deployments::ping(config, id, call.path("customerCookieId"), &options))
        }
        "post_journey_deployment_actionevent" => json_of(deployments::send_action_event(config, id, &call.body())),
        "post_journey_deployment_appevents" => json_of(deployments::send_app_event(config, id, &call.body())),
        "post_journey_deployment_webevents" => json_of(deployments::send_web_event(config, id, &call.body())),
        other => panic!("{other} is not called"),
    }
}
