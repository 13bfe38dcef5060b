//! A long run under mixed load: the memory of the program stays constant.
//!
//! `SOAK_MINUTES=60 cargo test -p genesys-stand-in --test service soak -- --ignored --nocapture`
#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use super::program::Running;
use super::*;

const QUERY: &str = "/api/v2/analytics/journeys/aggregates/query";
const JOBS: &str = "/api/v2/analytics/journeys/aggregates/jobs";
/// The limits of the program: 1,000 requests and tokens, and 200 jobs, one for each round.
const TOKENS: usize = 1_000;
const WARM_UP: usize = 200;
/// A round is about 16 requests, and a tenth of this time on a core.
const ROUND: Duration = Duration::from_secs(1);
const REPORT: Duration = Duration::from_secs(600);

struct Load {
    running: Running,
    agent: Agent,
    requests: usize,
    lost: usize,
}

impl Load {
    /// Sends a request; `None` if the response is lost.
    fn send(&mut self, token: &str, method: &str, target: &str, body: &Value) -> Option<Value> {
        self.requests += 1;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = http::Request::builder().method(method).uri(format!("{}{target}", self.running.url));
        let request = request.header("Authorization", format!("Bearer {token}")).body(body).unwrap();
        let Ok(response) = self.agent.run(request) else {
            self.lost += 1;
            return None;
        };
        let text = response.into_body().read_to_string().unwrap();
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    fn token(&mut self) -> String {
        self.requests += 1;
        let request = self.agent.post(format!("{}/oauth/token", self.running.url));
        let response = request.header("Authorization", &self.running.basic).send("grant_type=client_credentials");
        let text = response.unwrap().into_body().read_to_string().unwrap();
        let response: Value = serde_json::from_str(&text).unwrap();
        response["access_token"].as_str().unwrap().to_owned()
    }

    /// Every operation once, with a token and connections of its own.
    fn round(&mut self, number: usize) {
        self.agent = agent();
        let token = &self.token();
        let name = format!("soak {number}");
        self.send(token, "GET", &format!("{SEGMENTS}?pageSize=100&pageNumber={}", number % 4 + 1), &Value::Null);
        let created = self.send(token, "POST", SEGMENTS, &json!({ "displayName": name }));
        if let Some(path) = created.as_ref().and_then(|created| created["selfUri"].as_str()) {
            self.send(token, "PATCH", path, &json!({ "version": 1, "color": "#1F6FEB" }));
            self.send(token, "GET", path, &Value::Null);
            self.send(token, "PATCH", path, &json!({ "version": 1, "color": "#1F6FEC" }));
        }
        let query = json!({ "interval": "2026-01-01/P7D", "metrics": ["nJourneySessions"], "granularity": "P1D" });
        self.send(token, "POST", QUERY, &query);
        if let Some(job) = self.send(token, "POST", JOBS, &query) {
            let path = format!("{JOBS}/{}", job["jobId"].as_str().unwrap_or_default());
            for target in [path.clone(), path.clone(), path.clone(), format!("{path}/results")] {
                self.send(token, "GET", &target, &Value::Null);
            }
        }
        self.send(token, "POST", "/api/v2/echo/large", &json!({ "text": "x".repeat(number * 7_919 % 40_000) }));
        self.send(token, "GET", &format!("/api/v2/nowhere/{number}"), &Value::Null);
        self.delete_own(token);
    }

    /// Deletes the segments of this and earlier rounds; the response to a create may have been lost.
    fn delete_own(&mut self, token: &str) {
        let search = format!("{SEGMENTS}?queryFields=displayName&queryValue=soak");
        let page = self.send(token, "GET", &search, &Value::Null).unwrap_or_default();
        let paths = page["entities"].as_array().into_iter().flatten();
        let paths: Vec<String> = paths.filter_map(|entity| entity["selfUri"].as_str()).map(str::to_owned).collect();
        for path in paths {
            self.send(token, "DELETE", &path, &Value::Null);
        }
    }

    /// The memory of the program in KiB.
    fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn report(&self, start: Instant) {
        let (minutes, memory) = (start.elapsed().as_secs_f64() / 60.0, self.memory());
        println!("{minutes:6.1} min: {memory} KiB, {} requests, {} lost responses", self.requests, self.lost);
    }
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

#[test]
#[ignore = "takes an hour, at a tenth of a core"]
fn mixed_load_leaves_the_memory_flat() {
    let minutes: u64 = std::env::var("SOAK_MINUTES").map_or(60, |minutes| minutes.parse().unwrap());
    let args = ["--until-killed", "--lose-responses", "0.02", "--lag", "20"];
    let running = Running::start(&args, Stdio::null());
    let mut load = Load { running, agent: agent(), requests: 0, lost: 0 };
    (0..TOKENS).for_each(|_| _ = load.token());
    (0..WARM_UP).for_each(|number| load.round(number));
    let start = Instant::now();
    load.report(start);
    let (mut reported, mut settled) = (0, None);
    for number in WARM_UP.. {
        if start.elapsed() >= Duration::from_secs(60 * minutes) {
            break;
        }
        let busy = Instant::now();
        load.round(number);
        std::thread::sleep(ROUND.saturating_sub(busy.elapsed()));
        let reports = start.elapsed().as_secs() / REPORT.as_secs();
        if reports > reported {
            reported = reports;
            load.report(start);
            // The allocator needs the first minutes.
            settled.get_or_insert(load.memory());
        }
    }
    load.report(start);
    let (settled, end) = (settled.unwrap_or(load.memory()), load.memory());
    assert!(end < settled + settled / 10, "{settled} KiB after ten minutes, {end} KiB at the end");
}
