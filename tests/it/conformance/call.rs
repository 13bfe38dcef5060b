//! A recorded call of the vendor's Python SDK.

use genesys_journey::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Facts, Family};

/// The calls of the core.
const SAMPLE: &str = include_str!("../../fixtures/wire-sample.jsonl");
/// The calls of the other families. There may be calls of a family that the crate does not have.
const FAMILIES: &str = include_str!("../../fixtures/wire-families.jsonl");

pub struct Call {
    record: Value,
    /// The facts of the operation.
    pub facts: Value,
}

impl Call {
    /// All recorded calls.
    pub fn all() -> Vec<Call> {
        let facts = Facts::read();
        let call = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            let operation = record["op"].as_str().unwrap();
            let facts = facts.operations().find(|(name, _)| *name == operation).unwrap().1.clone();
            Call { record, facts }
        };
        SAMPLE.lines().chain(FAMILIES.lines()).map(call).collect()
    }

    /// The calls of the families that the crate has.
    pub fn of_families() -> Vec<(Call, &'static Family)> {
        let calls = Call::all().into_iter();
        calls
            .filter_map(|call| Family::find(call.facts["family"].as_str().unwrap()).map(|family| (call, family)))
            .collect()
    }

    pub fn operation(&self) -> &str {
        self.record["op"].as_str().unwrap()
    }

    /// A parameter of the path.
    pub fn path(&self, name: &str) -> &str {
        self.record["args"]["path"][name].as_str().unwrap()
    }

    /// Returns the same call with this text in place of each text of the path and the query.
    pub fn about(mut self, person: &str) -> Call {
        for part in ["path", "query"] {
            for (_, value) in self.record["args"][part].as_object_mut().into_iter().flatten() {
                if value.as_str().is_some_and(|text| text.parse::<u64>().is_err()) {
                    *value = person.into();
                }
            }
        }
        self
    }

    /// The parameters of the query.
    pub fn query(&self) -> &Value {
        &self.record["args"]["query"]
    }

    /// A number of the query, which may be written as text.
    pub fn number(&self, name: &str) -> Option<u32> {
        let value = &self.query()[name];
        value.as_u64().map(|number| number as u32).or_else(|| value.as_str()?.parse().ok())
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.query()[name].as_bool()
    }

    pub fn text<T: for<'a> From<&'a str>>(&self, name: &str) -> Option<T> {
        self.query()[name].as_str().map(Into::into)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        serde_json::from_value(self.query()[name].clone()).unwrap_or_default()
    }

    /// The body that the caller of the SDK passed.
    pub fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.record["args"]["body"].clone()).unwrap()
    }

    /// The body on the wire: the body that the caller passed, unless the SDK changed it.
    pub fn sent(&self) -> &Value {
        self.record["wire"].get("body").unwrap_or(&self.record["args"]["body"])
    }

    pub fn method(&self) -> &str {
        self.record["wire"]["method"].as_str().unwrap()
    }

    /// The segments of the path on the wire, below `/api/v2`.
    pub fn segments(&self) -> Vec<&str> {
        let segments = self.record["wire"]["path"].as_array().unwrap().iter().filter_map(Value::as_str);
        segments.skip_while(|segment| ["", "api", "v2"].contains(segment)).collect()
    }

    pub fn status(&self) -> u16 {
        self.record["response"]["status"].as_u64().unwrap() as u16
    }

    pub fn response(&self) -> &Value {
        &self.record["response"]["body"]
    }
}

/// Returns the result as JSON.
pub fn json_of<T: Serialize>(result: Result<T>) -> Result<Value> {
    Ok(json!(result?))
}
