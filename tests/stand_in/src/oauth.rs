//! The token endpoint, and the tokens that it issued.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::request::{RecordedRequest, pairs};
use crate::response::Response;
use crate::{ASSERTION, CLIENT_ID, CLIENT_SECRET, CODE, FIRST_REFRESH_TOKEN, ORG_NAME, REDIRECT_URI, TOKEN};

/// The number of tokens that are kept, which bounds the memory of a long run.
const MAX_TOKENS: usize = 1_000;

pub(crate) struct Tokens {
    valid: HashMap<String, Token>,
    issued: VecDeque<String>,
    count: usize,
    refresh_token: String,
    pub code_used: bool,
    pub requests: usize,
    pub expires_in: Value,
    pub uses: Option<usize>,
    pub scripted: VecDeque<Response>,
}

/// The requests and the time for which a token is still valid; `None` is no limit.
#[derive(Default)]
struct Token {
    uses: Option<usize>,
    end: Option<SystemTime>,
}

impl Default for Tokens {
    fn default() -> Tokens {
        Tokens {
            valid: HashMap::from([(TOKEN.to_owned(), Token::default())]),
            issued: VecDeque::new(),
            count: 0,
            refresh_token: FIRST_REFRESH_TOKEN.to_owned(),
            code_used: false,
            requests: 0,
            expires_in: json!(86_400),
            uses: None,
            scripted: VecDeque::new(),
        }
    }
}

impl Tokens {
    /// Makes every token invalid that was issued so far.
    pub fn expire_all(&mut self) {
        self.valid.clear();
        self.issued.clear();
    }

    /// Returns the refusal of a request without a valid token.
    pub fn refusal(&mut self, request: &RecordedRequest, now: SystemTime) -> Option<Response> {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else {
            let message = "No authentication bearer token specified in authorization header.";
            return Some(Response::error(401, "authentication.required", message));
        };
        match self.valid.get_mut(token) {
            Some(Token { end: Some(end), .. }) if *end <= now => {
                Some(Response::error(401, "bad.credentials", "Expired login credentials."))
            }
            Some(Token { uses: None, .. }) => None,
            Some(Token { uses: Some(left @ 1..), .. }) => {
                *left -= 1;
                None
            }
            _ => Some(Response::of_status(401)),
        }
    }

    pub fn respond(&mut self, request: &RecordedRequest, now: SystemTime) -> Response {
        self.requests += 1;
        if let Some(response) = self.scripted.pop_front() {
            return response;
        }
        if request.method != "POST" {
            return Response::method_not_allowed(&request.method);
        }
        let form: HashMap<String, String> = pairs(&request.text).into_iter().collect();
        let field = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        let with_secret = request.header("authorization") == Some(&basic);
        let public = request.header("authorization").is_none() && field("client_id") == CLIENT_ID;
        if !with_secret && !public {
            return refused("invalid_client", "client not found or invalid secret");
        }
        match field("grant_type") {
            "client_credentials" if with_secret => self.issue(false, now),
            "authorization_code" => {
                let verified = with_secret || field("code_verifier").len() >= 43;
                if field("code") != CODE || field("redirect_uri") != REDIRECT_URI || self.code_used || !verified {
                    return refused("invalid_grant", "code is invalid, expired or used");
                }
                self.code_used = true;
                self.issue(true, now)
            }
            "refresh_token" if field("refresh_token") == self.refresh_token => self.issue(true, now),
            "refresh_token" => refused("invalid_grant", "refresh token is invalid"),
            "urn:ietf:params:oauth:grant-type:saml2-bearer" if with_secret => {
                if field("orgName") == ORG_NAME && field("assertion") == ASSERTION {
                    return self.issue(false, now);
                }
                refused("invalid_grant", "assertion is invalid")
            }
            _ => refused("unsupported_grant_type", "this grant type is not allowed for the client"),
        }
    }

    fn issue(&mut self, with_refresh_token: bool, now: SystemTime) -> Response {
        self.count += 1;
        let token = format!("stand-in-access-{}", self.count);
        let life = self.expires_in.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let end = life.filter(|life| !life.is_zero()).and_then(|life| now.checked_add(life));
        self.valid.insert(token.clone(), Token { uses: self.uses, end });
        self.issued.push_back(token.clone());
        if self.issued.len() > MAX_TOKENS {
            self.issued.pop_front().map(|oldest| self.valid.remove(&oldest));
        }
        let mut body =
            Map::from_iter([("access_token".to_owned(), json!(token)), ("token_type".to_owned(), json!("bearer"))]);
        if !self.expires_in.is_null() {
            body.insert("expires_in".to_owned(), self.expires_in.clone());
        }
        if with_refresh_token {
            self.refresh_token = format!("stand-in-refresh-{}", self.count + 1);
            body.insert("refresh_token".to_owned(), json!(self.refresh_token));
        }
        Response::json(200, body)
    }
}

fn refused(error: &str, description: &str) -> Response {
    Response::json(400, json!({ "error": error, "error_description": description, "description": description }))
}
