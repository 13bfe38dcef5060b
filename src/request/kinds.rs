//! Further kinds of requests: without a token, with effects that their method does not show, and with lists in one
//! text.

use std::fmt::Display;

use super::Request;

impl Request {
    /// Sends no token, although the configuration may have one. Nothing signs in for this request.
    #[cfg(any(test, feature = "deployments"))]
    pub fn without_token(mut self) -> Request {
        self.needs_token = false;
        self
    }

    /// Declares that the request is about a person. Its errors and log lines show neither text of the response, nor the
    /// query, nor a segment of the path that is appended from now on, unless that is a UUID.
    #[cfg(any(
        test,
        feature = "deployments",
        feature = "external-contacts",
        feature = "external-events",
        feature = "sessions"
    ))]
    pub fn personal(mut self) -> Request {
        self.shown = Some(self.target.clone());
        self
    }

    /// Declares that each request has an effect, also if its method is GET. It is not retried if it may have been processed.
    #[cfg(any(test, feature = "deployments"))]
    pub fn not_idempotent(mut self) -> Request {
        self.idempotency = crate::retry::Idempotency::NonIdempotent;
        self
    }

    /// Refuses a number that is larger than this maximum.
    #[cfg(any(feature = "external-contacts", feature = "external-events", feature = "sessions"))]
    pub fn at_most(self, key: &'static str, value: Option<u32>, max: u32) -> Request {
        match value {
            Some(value) if value > max => {
                self.refused(crate::error::Error::input(key, format_args!("is {value}; at most {max} is allowed")))
            }
            _ => self,
        }
    }

    /// Appends one pair with all values, separated by commas, if there are any.
    #[cfg_attr(not(any(feature = "sessions", feature = "views", test)), expect(dead_code, reason = "for two families"))]
    pub fn query_joined<V: Display>(self, key: &str, values: impl IntoIterator<Item = V>) -> Request {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.query(key, (!values.is_empty()).then(|| values.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use genesys_listener::{Listener, Request as Seen, Scripted};
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Config;
    use crate::error::ErrorKind;
    use crate::region::Region;

    const PATH: &str = "/api/v2/journey/things";

    fn config(listener: &Listener) -> Config {
        let region = Region::custom(&listener.url(), &listener.url()).unwrap();
        Config::builder(region).initial_backoff(Duration::from_millis(1)).token("a-token").unwrap()
    }

    /// Sends a request to a listener that responds with this text. Returns the result and the request on the wire.
    fn exchange<T>(status: u16, text: &str, send: impl FnOnce(&Config) -> crate::error::Result<T>) -> (T, Seen) {
        let listener = Listener::scripted([Scripted::text(status, text)]);
        let received = send(&config(&listener)).unwrap();
        let mut seen = listener.requests();
        assert_eq!(seen.len(), 1);
        (received, seen.remove(0))
    }

    #[test]
    fn a_request_without_a_token_has_no_authorization() {
        let (_, seen) = exchange(200, "{}", |config| Request::get(PATH).without_token().send::<Value>(config));
        assert_eq!(seen.header("authorization"), None);
        let (_, seen) = exchange(200, "{}", |config| Request::get(PATH).send::<Value>(config));
        assert_eq!(seen.header("authorization"), Some("Bearer a-token"));
    }

    #[test]
    fn a_request_without_a_token_needs_no_sign_in() {
        let listener = Listener::scripted([Scripted::text(200, "{}")]);
        let region = Region::custom(&listener.url(), &listener.url()).unwrap();
        let anonymous = Config::builder(region).anonymous().unwrap();
        Request::get(PATH).without_token().send::<Value>(&anonymous).unwrap();
        assert_eq!(Request::get(PATH).send::<Value>(&anonymous).unwrap_err().kind(), ErrorKind::Input);
    }

    #[test]
    fn a_request_that_is_not_idempotent_is_sent_once() {
        let attempts = |request: Request| {
            let listener = Listener::scripted([Scripted::text(503, "")]);
            let error = request.send::<Value>(&config(&listener)).unwrap_err();
            (listener.count(), error.outcome_unknown())
        };
        assert_eq!(attempts(Request::get(PATH)), (4, false));
        assert_eq!(attempts(Request::get(PATH).not_idempotent()), (1, true));
        assert_eq!(attempts(Request::delete(PATH).not_idempotent()), (1, true));
        assert_eq!(attempts(Request::put(PATH)), (1, true));
        assert_eq!(attempts(Request::post(PATH)), (1, true));
        assert_eq!(attempts(Request::post(PATH).read_only()), (4, false));
    }

    #[test]
    fn a_read_only_configuration_refuses_a_get_with_effects() {
        let listener = Listener::scripted([Scripted::text(200, "{}")]);
        let region = Region::custom(&listener.url(), &listener.url()).unwrap();
        let config = Config::builder(region).read_only().token("a-token").unwrap();
        let error = Request::get(PATH).not_idempotent().send::<Value>(&config).unwrap_err();
        assert_eq!((error.kind(), listener.count()), (ErrorKind::Input, 0));
        Request::post(PATH).read_only().send::<Value>(&config).unwrap();
    }

    #[test]
    fn a_post_without_a_body_has_the_length_0() {
        let (_, seen) = exchange(200, "{}", |config| Request::post(PATH).send::<Value>(config));
        assert_eq!((seen.header("content-length"), seen.header("content-type")), (Some("0"), None));
        assert!(seen.body.is_empty());
    }

    #[test]
    fn a_put_sends_a_body() {
        let body = json!({ "version": 3 });
        let (_, seen) = exchange(200, "{}", |config| Request::put(PATH).json(&body).send::<Value>(config));
        assert_eq!((seen.method.as_str(), seen.json()), ("PUT", body));
    }

    #[test]
    fn a_body_may_be_a_list() {
        let labels = vec!["a", "b"];
        let (_, seen) = exchange(200, "{}", |config| Request::post(PATH).json(&labels).send::<Value>(config));
        assert_eq!(seen.json(), json!(["a", "b"]));
    }

    #[test]
    fn a_response_may_be_a_bare_text() {
        let (state, _) = exchange(200, r#""Queued""#, |config| Request::get(PATH).send_any::<String>(config));
        assert_eq!(state, "Queued");
    }

    #[test]
    fn a_create_may_have_an_empty_response() {
        let create = |config: &Config| Request::post(PATH).json(&json!({})).send_any::<Option<Value>>(config);
        assert_eq!(exchange(201, "", create).0, None);
        assert_eq!(exchange(201, r#"{"id":"7"}"#, create).0, Some(json!({ "id": "7" })));
    }

    #[test]
    fn values_of_a_query_are_joined_or_repeated() {
        let request = Request::get(PATH).query_joined("id", ["a", "b c", "ü"]).query_joined("none", [""; 0]);
        assert_eq!(request.target, format!("{PATH}?id=a%2Cb%20c%2C%C3%BC"));
        assert_eq!(Request::get(PATH).query_all("id", ["a", "b"]).target, format!("{PATH}?id=a&id=b"));
    }

    #[test]
    fn a_number_is_sent_as_text_in_path_and_query() {
        let request = Request::get(PATH).segment("versionId", &12.to_string()).query("pageSize", Some(200));
        assert_eq!(request.target, format!("{PATH}/12?pageSize=200"));
    }
}
