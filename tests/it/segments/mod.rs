//! The helpers above the operations on segments: many ids, names, edits, segments as code. Requests are counted.

mod concurrent_changes;
mod diff;
mod edit;
mod ensure;
mod ensure_all;
mod exact;
mod find;
mod rewritten_names;
mod unknown_outcomes;

use std::time::{Duration, Instant};

use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
};
use genesys_journey::segments::{
    self, Ensured, ExternalSegment, ExternalSegmentUpdate, ExternalSource, NewSegment, Segment, SegmentUpdate,
};
use genesys_journey::{Config, Error, ErrorKind, Region, Update, raw};
use genesys_stand_in::{Response, StandIn, builder};
use serde_json::{Value, json};

/// Returns the methods of the requests since the last call.
fn methods_of(service: &StandIn) -> String {
    let methods: Vec<String> = service.requests().into_iter().map(|seen| seen.method).collect();
    service.clear_requests();
    methods.join(" ")
}

fn add(service: &StandIn, name: &str) -> String {
    service.add_segment(json!({ "displayName": name }))
}

fn assert_input(error: &Error, service: &StandIn) {
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
    assert_eq!(methods_of(service), "", "{error}");
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
                count: Some(2),
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

/// Returns the segment that the service creates.
fn created_from(new: &NewSegment) -> Segment {
    segment(serde_json::to_value(new).unwrap())
}

/// Returns a configuration that leaves time to read, also on a busy machine.
fn with_slow_backoff(service: &StandIn) -> Config {
    builder!(service).initial_backoff(Duration::from_millis(100)).token(&service.token()).unwrap()
}
