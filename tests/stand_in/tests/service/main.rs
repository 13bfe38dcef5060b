//! The stand-in as its users see it: over HTTP, and through its own functions.

mod events;
mod families;
mod faults;
mod hostile;
mod program;
mod sign_in;
mod soak;

use genesys_stand_in::StandIn;
use serde_json::Value;
use ureq::{Agent, Body, http};

const SEGMENTS: &str = "/api/v2/journey/segments";

/// A client that takes every response as it is, over one pool of connections.
struct Client<'a> {
    agent: Agent,
    service: &'a StandIn,
}

impl<'a> Client<'a> {
    fn of(service: &'a StandIn) -> Client<'a> {
        let agent = Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        Client { agent, service }
    }

    fn send(&self, method: &str, target: &str, body: &str) -> Result<http::Response<Body>, ureq::Error> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.service.url()))
            .header("Authorization", format!("Bearer {}", self.service.token()))
            .body(body.to_owned())
            .unwrap();
        self.agent.run(request)
    }

    /// Returns the status and the body; it must be JSON, or empty.
    fn call(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send(method, target, &body).unwrap();
        let status = response.status().as_u16();
        let text = response.into_body().read_to_string().unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }
}

fn ids(page: &Value) -> Vec<String> {
    let entities = page["entities"].as_array().unwrap();
    entities.iter().map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
}
