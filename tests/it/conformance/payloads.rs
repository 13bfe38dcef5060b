//! Realistic bodies (`fixtures/payloads.json`) are written as they were read.

use genesys_journey::segments::{NewSegment, Segment, SegmentUpdate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PAYLOADS: &str = include_str!("../../fixtures/payloads.json");

fn written<T: Serialize + DeserializeOwned>(body: &Value) -> Value {
    json!(serde_json::from_value::<T>(body.clone()).unwrap())
}

#[test]
fn realistic_payloads_are_written_as_they_were_read() {
    let payloads: Value = serde_json::from_str(PAYLOADS).unwrap();
    for request in payloads["requests"].as_array().unwrap() {
        let body = &request["body"];
        let written =
            if request["method"] == "POST" { written::<NewSegment>(body) } else { written::<SegmentUpdate>(body) };
        assert_eq!(written, *body, "{}", request["name"]);
    }
    let segment = &payloads["responses"][0]["body"];
    assert_eq!(written::<Segment>(segment), *segment);
}
