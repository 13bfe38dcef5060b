//! A request as it was received.

use std::collections::VecDeque;
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request that the stand-in received.
///
/// ```
/// let service = genesys_stand_in::StandIn::start();
/// service.call("GET", "/api/v2/journey/segments?queryFields=a&queryFields=b%20c", ());
/// let request = service.last_request();
/// assert_eq!((request.method.as_str(), request.raw_path.as_str()), ("GET", "/api/v2/journey/segments"));
/// assert_eq!(request.path, ["api", "v2", "journey", "segments"]);
/// assert_eq!(request.query_all("queryFields"), ["a", "b c"]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub raw_path: String,
    /// The segments of the path, decoded, without the first slash.
    pub path: Vec<String>,
    /// The query as it was sent, without the question mark.
    pub raw_query: String,
    /// The pairs of the query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The body as text.
    pub text: String,
    /// The time of arrival.
    pub at: Instant,
}

impl RecordedRequest {
    pub(crate) fn new(method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> RecordedRequest {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        RecordedRequest {
            method: method.to_owned(),
            raw_path: raw_path.to_owned(),
            path: raw_path.split('/').skip(1).map(decode).collect(),
            raw_query: raw_query.to_owned(),
            query: pairs(raw_query),
            headers: headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            body: serde_json::from_slice(body).ok(),
            text: String::from_utf8_lossy(body).into_owned(),
            at: Instant::now(),
        }
    }

    /// Returns the first value of a header. The case of the name does not matter.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments", ());
    /// assert_eq!(service.last_request().header("Authorization"), Some("Bearer stand-in-token"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a query parameter, in order.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments?segmentIds=1&segmentIds=2", ());
    /// assert_eq!(service.last_request().query_all("segmentIds"), ["1", "2"]);
    /// ```
    pub fn query_all(&self, key: &str) -> Vec<&str> {
        self.query.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the first value of a query parameter.
    ///
    /// ```
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("GET", "/api/v2/journey/segments?pageSize=100", ());
    /// assert_eq!(service.last_request().query_first("pageSize"), Some("100"));
    /// ```
    pub fn query_first(&self, key: &str) -> Option<&str> {
        self.query_all(key).first().copied()
    }

    /// Decodes the body.
    ///
    /// # Errors
    /// The body is not JSON of this type.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// let service = genesys_stand_in::StandIn::start();
    /// service.call("POST", "/api/v2/journey/segments", serde_json::json!({ "displayName": "VIP" }));
    /// let body: HashMap<String, String> = service.last_request().json()?;
    /// assert_eq!(body["displayName"], "VIP");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.text)
    }

    /// Returns whether the request may change something.
    pub(crate) fn is_write(&self) -> bool {
        match self.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => false,
            "POST" => !self.path.last().is_some_and(|last| last == "query" || last == "validate"),
            _ => true,
        }
    }

    /// Returns the values of a query parameter, each of which may be a list with commas.
    pub(crate) fn query_list(&self, key: &str) -> Vec<&str> {
        self.query_all(key).into_iter().flat_map(|value| value.split(',')).collect()
    }
}

/// The last requests. Bounded, so that a program that runs for days does not grow.
#[derive(Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    bytes: usize,
    /// Those that are no longer kept included.
    pub count: usize,
}

const MAX_REQUESTS: usize = 1_000;
const MAX_BYTES: usize = 16 << 20;

impl RequestLog {
    pub fn push(&mut self, request: RecordedRequest) {
        self.count += 1;
        self.bytes += request.text.len();
        self.requests.push_back(request);
        while self.requests.len() > MAX_REQUESTS || (self.bytes > MAX_BYTES && self.requests.len() > 1) {
            self.bytes -= self.requests.pop_front().map_or(0, |request| request.text.len());
        }
    }

    pub fn all(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub fn last(&self) -> Option<RecordedRequest> {
        self.requests.back().cloned()
    }

    pub fn clear(&mut self) {
        *self = RequestLog::default();
    }
}

/// Decodes a query or a form.
pub(crate) fn pairs(encoded: &str) -> Vec<(String, String)> {
    let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &[u8]) -> RecordedRequest {
        RecordedRequest::new("POST", "/a%2Fb/c?x=1+2&y&=%ff", &[("X-A".into(), "1".into())], body)
    }

    #[test]
    fn path_and_query_are_decoded_after_they_are_split() {
        let request = request(b"{}");
        assert_eq!(request.path, ["a/b", "c"]);
        let expected = [("x", "1 2"), ("y", ""), ("", "\u{fffd}")];
        assert_eq!(request.query, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(request.header("x-a"), Some("1"));
    }

    #[test]
    fn the_log_keeps_the_last_thousand_requests() {
        let mut log = RequestLog::default();
        (0..2_500).for_each(|n| log.push(request(n.to_string().as_bytes())));
        let all = log.all();
        assert_eq!((all.len(), all[0].text.as_str(), all[999].text.as_str()), (1_000, "1500", "2499"));
        assert_eq!(log.count, 2_500);
        log.clear();
        assert!(log.last().is_none() && log.bytes == 0);
    }

    #[test]
    fn the_log_is_bounded_in_bytes_too() {
        let mut log = RequestLog::default();
        (0..50).for_each(|_| log.push(request(&vec![b'x'; 1 << 20])));
        assert_eq!((log.all().len(), log.bytes), (16, 16 << 20));
    }

    #[test]
    fn queries_by_post_are_no_writes() {
        let is_write = |method: &str, path: &str| RecordedRequest::new(method, path, &[], b"").is_write();
        assert!(!is_write("GET", "/a") && !is_write("POST", "/a/query") && !is_write("POST", "/a/validate"));
        assert!(is_write("POST", "/a") && is_write("DELETE", "/a/query") && is_write("PUT", "/a"));
    }
}
