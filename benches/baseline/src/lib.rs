//! The baseline: the measured tasks as direct calls of ureq and serde. One GET on a TCP stream is the lower bound.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use genesys_bench_worker::{ID, QUERY, SEGMENTS, TOKEN, Worker, alternating, root};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    pub id: String,
    pub is_active: bool,
    pub display_name: String,
    pub version: i64,
    pub description: Option<String>,
    pub color: String,
    pub scope: String,
    pub should_display_to_agent: bool,
    pub context: Context,
    pub journey: Journey,
    pub external_segment: Option<ExternalSegment>,
    pub assignment_expiration_days: Option<i64>,
    pub self_uri: Option<String>,
    pub created_date: String,
    pub modified_date: String,
}

#[derive(Deserialize)]
pub struct ExternalSegment {
    pub id: String,
    pub name: String,
    pub source: Option<String>,
}

#[derive(Deserialize)]
pub struct Context {
    pub patterns: Vec<ContextPattern>,
}

#[derive(Deserialize)]
pub struct ContextPattern {
    pub criteria: Vec<Criterion>,
}

#[derive(Deserialize)]
pub struct Journey {
    pub patterns: Vec<JourneyPattern>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyPattern {
    pub criteria: Vec<Criterion>,
    pub count: i64,
    pub stream_type: String,
    pub session_type: String,
    pub event_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criterion {
    pub key: String,
    pub values: Vec<String>,
    pub should_ignore_case: Option<bool>,
    pub operator: Option<String>,
    pub entity_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    pub entities: Vec<Segment>,
    pub page_count: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSegment {
    pub display_name: &'static str,
}

#[derive(Serialize)]
pub struct SegmentUpdate {
    pub color: &'static str,
}

#[derive(Deserialize)]
pub struct AggregateResponse {
    pub results: Vec<Container>,
}

#[derive(Deserialize)]
pub struct Container {
    pub group: Option<HashMap<String, String>>,
    pub data: Vec<IntervalData>,
}

#[derive(Deserialize)]
pub struct IntervalData {
    pub interval: String,
    #[serde(default)]
    pub metrics: Vec<MetricData>,
    #[serde(default)]
    pub views: Vec<ViewData>,
}

#[derive(Deserialize)]
pub struct MetricData {
    pub metric: String,
    pub qualifier: Option<String>,
    pub stats: Stats,
}

#[derive(Deserialize)]
pub struct ViewData {
    pub name: String,
    pub stats: Stats,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    pub max: Option<f64>,
    pub min: Option<f64>,
    pub count: Option<i64>,
    pub count_negative: Option<i64>,
    pub count_positive: Option<i64>,
    pub sum: Option<f64>,
    pub current: Option<f64>,
    pub ratio: Option<f64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub target: Option<f64>,
    pub p95: Option<i64>,
    pub p99: Option<i64>,
    pub calculated_metric_value: Option<i64>,
}

/// On ureq and serde.
pub struct Baseline {
    agent: Agent,
    bearer: String,
    url: String,
}

impl Baseline {
    /// With the defaults of ureq.
    pub fn defaults(url: &str) -> Baseline {
        let agent = Agent::config_builder().tls_config(tls(url)).build().into();
        Baseline { agent, bearer: format!("Bearer {TOKEN}"), url: url.to_owned() }
    }

    /// With ureq's settings for least work: no redirects, no cookies, one small set of headers, no
    /// timeouts.
    pub fn tuned(url: &str) -> Baseline {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .save_redirect_history(false)
            .accept("application/json")
            .accept_encoding("")
            .user_agent("baseline")
            .input_buffer_size(32 * 1024)
            .output_buffer_size(16 * 1024)
            .max_idle_connections(32)
            .max_idle_connections_per_host(32)
            .tls_config(tls(url))
            .build();
        Baseline { agent: config.into(), ..Baseline::defaults(url) }
    }

    fn read(&self, path: &str) -> Vec<u8> {
        let mut response =
            self.agent.get(format!("{}{path}", self.url)).header("Authorization", &self.bearer).call().unwrap();
        whole(&mut response)
    }

    pub fn get(&self, id: &str) -> Segment {
        serde_json::from_slice(&self.read(&format!("/api/v2/journey/segments/{id}"))).unwrap()
    }

    pub fn page(&self, number: usize) -> Page {
        let path = format!("/api/v2/journey/segments?pageSize=100&pageNumber={number}");
        serde_json::from_slice(&self.read(&path)).unwrap()
    }

    /// Reads all pages, and counts the segments.
    pub fn count_all(&self) -> usize {
        let mut n = 0;
        for number in 1.. {
            let page = self.page(number);
            n += page.entities.len();
            if number as u64 >= page.page_count.unwrap_or(0) {
                break;
            }
        }
        n
    }

    pub fn create(&self, segment: &NewSegment) -> Segment {
        let request = self.agent.post(format!("{}/api/v2/journey/segments", self.url));
        let request = request.header("Authorization", &self.bearer).header("Content-Type", "application/json");
        let mut response = request.send(&serde_json::to_vec(segment).unwrap()).unwrap();
        serde_json::from_slice(&whole(&mut response)).unwrap()
    }

    pub fn update(&self, id: &str, update: &SegmentUpdate) -> Segment {
        let request = self.agent.patch(format!("{}/api/v2/journey/segments/{id}", self.url));
        let request = request.header("Authorization", &self.bearer).header("Content-Type", "application/json");
        let mut response = request.send(&serde_json::to_vec(update).unwrap()).unwrap();
        serde_json::from_slice(&whole(&mut response)).unwrap()
    }

    pub fn aggregates(&self) -> AggregateResponse {
        serde_json::from_slice(&whole(&mut self.query())).unwrap()
    }

    /// Calls `each` with each container of the response, which is read from the connection.
    pub fn aggregates_in_pieces(&self, each: &mut dyn FnMut(Container)) {
        let mut response = self.query();
        let reader = BufReader::with_capacity(256 * 1024, response.body_mut().as_reader());
        serde_json::Deserializer::from_reader(reader).deserialize_map(Callback(each)).unwrap();
    }

    /// Calls `each` with each container of the response, which is first read into memory.
    pub fn aggregates_by_callback(&self, each: &mut dyn FnMut(Container)) {
        let text = whole(&mut self.query());
        serde_json::Deserializer::from_slice(&text).deserialize_map(Callback(each)).unwrap();
    }

    fn query(&self) -> Response {
        let request = self.agent.post(format!("{}/api/v2/analytics/journeys/aggregates/query", self.url));
        let request = request.header("Authorization", &self.bearer).header("Content-Type", "application/json");
        request.send(QUERY).unwrap()
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// Reads `results` entry by entry.
struct Callback<'a>(&'a mut dyn FnMut(Container));

impl<'de> Visitor<'de> for Callback<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "results" => map.next_value_seed(Callback(&mut *self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(container) = list.next_element()? {
            (self.0)(container);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Callback<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

fn tls(url: &str) -> TlsConfig {
    let Some(root) = root(url) else { return TlsConfig::default() };
    let root = Certificate::from_pem(root.as_bytes()).unwrap();
    TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).build()
}

fn whole(response: &mut Response) -> Vec<u8> {
    response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().unwrap()
}

/// One GET on a TCP stream.
pub struct RawTcp {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl RawTcp {
    pub fn connect(url: &str) -> RawTcp {
        let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.set_nodelay(true).unwrap();
        RawTcp { stream, buffer: vec![0; 32 * 1024] }
    }

    pub fn get(&mut self, id: &str) -> Segment {
        let request = format!(
            "GET /api/v2/journey/segments/{id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
             Accept: application/json\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        let mut filled = 0;
        loop {
            filled += self.stream.read(&mut self.buffer[filled..]).unwrap();
            let Some(end) = self.buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
            let length = head.split("Content-Length: ").nth(1).unwrap().split("\r\n").next().unwrap();
            let body = end + 4..end + 4 + length.parse::<usize>().unwrap();
            if body.end <= filled {
                return serde_json::from_slice(&self.buffer[body]).unwrap();
            }
        }
    }
}

/// Returns the task that a measured process does. Variants: `tuned`, `defaults`, `raw tcp`.
pub fn worker(url: &str, task: &str, variant: &str) -> Worker {
    let client = match variant {
        "tuned" => Baseline::tuned(url),
        "defaults" => Baseline::defaults(url),
        "raw tcp" => {
            let stream = std::sync::Mutex::new(RawTcp::connect(url));
            return Box::new(move || drop(stream.lock().unwrap().get(ID)));
        }
        _ => panic!("no such variant: {variant}"),
    };
    match task {
        "get" => Box::new(move || drop(client.get(ID))),
        "page" => Box::new(move || drop(client.page(1))),
        "create" => Box::new(move || drop(client.create(&NewSegment { display_name: "VIP" }))),
        "update" => Box::new(move || drop(client.update(ID, &SegmentUpdate { color: "#008000" }))),
        "get and create" => {
            let client = std::sync::Arc::new(client);
            let reader = client.clone();
            let create = move || drop(client.create(&NewSegment { display_name: "VIP" }));
            Box::new(alternating(move || drop(reader.get(ID)), create))
        }
        "list_all" => Box::new(move || assert_eq!(client.count_all(), SEGMENTS)),
        "aggregates" => Box::new(move || drop(client.aggregates())),
        "aggregates in pieces" => Box::new(move || {
            let mut n = 0;
            client.aggregates_in_pieces(&mut |container| n += container.data.len());
            assert!(n > 0);
        }),
        "aggregates by callback" => Box::new(move || {
            let mut n = 0;
            client.aggregates_by_callback(&mut |container| n += container.data.len());
            assert!(n > 0);
        }),
        _ => panic!("no such task: {task}"),
    }
}
