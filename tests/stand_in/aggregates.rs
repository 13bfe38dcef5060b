//! Aggregates, computed from the segments: for each segment, hour, device and kind of session a number
//! of events that is always the same.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Response, error};

const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];
const METRICS: [&str; 5] = [
    "nJourneySessions",
    "nJourneySegmentsAssigned",
    "nWebActionsOffered",
    "nWebActionsAccepted",
    "oJourneyOutcomeValue",
];

/// What happened in one hour to one segment on one kind of device.
struct Event<'a> {
    hour: u64,
    dimensions: BTreeMap<&'static str, &'a str>,
    weight: u64,
}

pub fn answer(segments: &[String], body: Option<&Value>) -> Response {
    match results(segments, body.unwrap_or(&Value::Null)) {
        Ok(results) => Response::json(200, &json!({ "results": results })),
        Err(refusal) => refusal,
    }
}

pub fn results(segments: &[String], query: &Value) -> Result<Vec<Value>, Response> {
    let bad = |message: &str| error(400, "bad.request", message);
    let (start, end) = interval(query).ok_or_else(|| bad("The interval must be start/end"))?;
    let metrics = query["metrics"].as_array().filter(|metrics| !metrics.is_empty()).ok_or_else(|| bad("No metrics"))?;
    let views = query["views"].as_array().cloned().unwrap_or_default();
    if start >= end || views.len() > 10 {
        return Err(bad("The interval is empty, or there are too many views"));
    }
    let step = match query["granularity"].as_str() {
        Some("PT30M") => 1_800,
        Some("PT1H") => 3_600,
        Some("P1D") => 86_400,
        Some("P7D" | "P1W") => 7 * 86_400,
        Some(_) => return Err(bad("Unknown granularity")),
        None => end - start,
    };
    let group_by: Vec<&str> = query["groupBy"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut groups: BTreeMap<Vec<&str>, BTreeMap<u64, u64>> = BTreeMap::new();
    if group_by.is_empty() {
        groups.insert(Vec::new(), BTreeMap::new());
    }
    for event in events(segments, start, end).filter(|event| passes(&query["filter"], &event.dimensions)) {
        let key = group_by.iter().map(|name| event.dimensions.get(name).copied().unwrap_or_default()).collect();
        let from = event.hour.max(start);
        *groups.entry(key).or_default().entry(start + (from - start) / step * step).or_default() += event.weight;
    }
    let container = |(key, intervals): (Vec<&str>, BTreeMap<u64, u64>)| {
        let data: Vec<Value> = intervals
            .into_iter()
            .map(|(from, weight)| {
                let to = (from + step).min(end);
                let known = metrics.iter().filter_map(Value::as_str).filter(|metric| METRICS.contains(metric));
                let metrics: Vec<Value> = known.map(|metric| metric_data(metric, weight)).collect();
                let mut data = json!({ "interval": format!("{}/{}", rfc3339(from), rfc3339(to)), "metrics": metrics });
                if !views.is_empty() {
                    data["views"] = views.iter().map(|view| view_data(view, weight)).collect();
                }
                data
            })
            .collect();
        let group: BTreeMap<&str, &str> = group_by.iter().copied().zip(key).collect();
        if group.is_empty() { json!({ "data": data }) } else { json!({ "group": group, "data": data }) }
    };
    Ok(groups.into_iter().map(container).collect())
}

fn events(segments: &[String], start: u64, end: u64) -> impl Iterator<Item = Event<'_>> {
    let hours = (start / 3_600 * 3_600..end).step_by(3_600);
    hours.flat_map(move |hour| {
        segments.iter().flat_map(move |segment| {
            DEVICES.iter().map(move |device| {
                let weight = hash(&(segment, hour, device)) % 7;
                let session_type = if *device == "tablet" { "app" } else { "web" };
                let dimensions = BTreeMap::from([
                    ("journeySegmentId", segment.as_str()),
                    ("journeyDeviceCategory", *device),
                    ("journeySessionType", session_type),
                ]);
                Event { hour, dimensions, weight }
            })
        })
    })
}

fn metric_data(metric: &str, weight: u64) -> Value {
    let count = weight * (1 + hash(&metric) % 3);
    match metric.starts_with('o') {
        true => {
            json!({ "metric": metric, "stats": { "count": count, "sum": count as f64 * 2.5, "min": 0.5, "max": 4.5 } })
        }
        false => json!({ "metric": metric, "stats": { "count": count } }),
    }
}

fn view_data(view: &Value, weight: u64) -> Value {
    let bound = |key: &str, default: f64| view["range"][key].as_f64().unwrap_or(default);
    let within = (bound("gte", f64::MIN)..bound("lt", f64::MAX)).contains(&(weight as f64));
    json!({ "name": view["name"], "stats": { "count": if within { weight } else { 0 } } })
}

fn passes(filter: &Value, dimensions: &BTreeMap<&str, &str>) -> bool {
    if filter.is_null() {
        return true;
    }
    let clauses = filter["clauses"].as_array().into_iter().flatten().map(|clause| passes(clause, dimensions));
    let predicates = filter["predicates"].as_array().into_iter().flatten().map(|predicate| {
        let value = predicate["dimension"].as_str().and_then(|name| dimensions.get(name));
        match predicate["operator"].as_str() {
            Some("exists") => value.is_some(),
            Some("notExists") => value.is_none(),
            _ => value.is_some_and(|value| predicate["value"] == *value),
        }
    });
    let mut all = clauses.chain(predicates);
    match filter["type"].as_str() {
        Some("or") => all.any(|holds| holds),
        _ => all.all(|holds| holds),
    }
}

fn interval(query: &Value) -> Option<(u64, u64)> {
    let (start, end) = query["interval"].as_str()?.split_once('/')?;
    let seconds = |text| {
        let time: SystemTime = humantime::parse_rfc3339(text).ok()?;
        Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
    };
    Some((seconds(start)?, seconds(end)?))
}

fn rfc3339(seconds: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
