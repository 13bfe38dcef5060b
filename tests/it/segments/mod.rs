//! What stands above the operations on segments: many ids, names, edits that lose nothing, set-up from
//! code. Each request is counted.

mod concurrent_changes;
mod diff;
mod edit;
mod ensure;
mod find;

use std::time::{Duration, Instant};

use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
};
use genesys_journey::segments::{
    self, Ensured, ExternalSegment, ExternalSegmentUpdate, ExternalSource, NewSegment, Segment, SegmentUpdate,
};
use genesys_journey::{Config, Error, ErrorKind, Region, Update};
use genesys_stand_in::{Response, StandIn};
use serde_json::{Value, json};

/// The methods of what was asked since the requests were last forgotten, and forgets them.
fn asked(service: &StandIn) -> String {
    let methods: Vec<String> = service.requests().into_iter().map(|seen| seen.method).collect();
    service.forget_requests();
    methods.join(" ")
}

fn add(service: &StandIn, name: &str) -> String {
    service.add_segment(json!({ "displayName": name }))
}

fn is_input(error: &Error, service: &StandIn) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
    assert_eq!(asked(service), "", "{error}");
}

fn on(key: &str, values: &[&str]) -> ContextPattern {
    ContextPattern::new([ContextCriterion::new(key, Operator::Equal, values.iter().copied())])
}

fn rich() -> NewSegment {
    let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile", "tablet"]);
    let french = ContextCriterion::new("browser.lang", Operator::StartsWith, ["fr"]);
    let offers = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Offers", "Sale"]);
    let checkout = JourneyCriterion::new("page.url", Operator::EndsWith, ["/checkout"]);
    NewSegment {
        is_active: Some(true),
        description: Some("From code".into()),
        color: Some("#1F6FEB".into()),
        should_display_to_agent: Some(true),
        context: Some(Context::new([ContextPattern::new([phone, french]), on("authenticated", &["true"])])),
        journey: Some(Journey::new([
            JourneyPattern {
                count: 2,
                event_name: Some("view".into()),
                ..JourneyPattern::new(StreamType::Web, "web", [offers, checkout.clone()])
            },
            JourneyPattern::new(StreamType::App, "app", [checkout]),
        ])),
        assignment_expiration_days: Some(30),
        ..NewSegment::new("From code")
    }
}

fn segment(fields: Value) -> Segment {
    let service = StandIn::start();
    let id = service.add_segment(fields);
    serde_json::from_value(service.segment(&id).unwrap()).unwrap()
}

/// What the service makes of it.
fn made_of(new: &NewSegment) -> Segment {
    segment(serde_json::to_value(new).unwrap())
}

/// Has time to look, whatever else the machine has to do.
fn patient(service: &StandIn) -> Config {
    service.settings().initial_backoff(Duration::from_millis(100)).token(&service.token()).unwrap()
}
