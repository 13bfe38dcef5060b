//! The token endpoint, and the tokens that it handed out.

use std::collections::{HashMap, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;

pub struct Tokens {
    /// What is left of the uses of each token, and when its time is over; `None` is no end.
    good: HashMap<String, (Option<usize>, Option<Instant>)>,
    made: usize,
    refresh_token: String,
    pub code_used: bool,
    pub requests: usize,
    pub expires_in: Value,
    pub uses: Option<usize>,
    pub respond_next: VecDeque<Response>,
}

impl Default for Tokens {
    fn default() -> Self {
        Tokens {
            good: HashMap::from([(FIXED_TOKEN.to_owned(), (None, None))]),
            made: 0,
            refresh_token: FIRST_REFRESH_TOKEN.to_owned(),
            code_used: false,
            requests: 0,
            expires_in: json!(86_400),
            uses: None,
            respond_next: VecDeque::new(),
        }
    }
}

impl Tokens {
    pub fn expire_all(&mut self) {
        self.good.clear();
    }

    /// The refusal of a request without a good token.
    pub fn refuse(&mut self, seen: &Seen) -> Option<Response> {
        let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Some(error(401, "authentication.required", "No authentication bearer token specified"));
        };
        match self.good.get_mut(token) {
            Some((_, Some(end))) if *end <= Instant::now() => {
                Some(error(401, "bad.credentials", "Expired login credentials."))
            }
            Some((None, _)) => None,
            Some((Some(left), _)) if *left > 0 => {
                *left -= 1;
                None
            }
            _ => Some(error(401, "bad.credentials", "Invalid login credentials.")),
        }
    }

    pub fn answer(&mut self, seen: &Seen) -> Response {
        self.requests += 1;
        if let Some(answer) = self.respond_next.pop_front() {
            return answer;
        }
        let form: HashMap<String, String> = pairs(&seen.text).into_iter().collect();
        let field = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        let with_secret = seen.header("authorization") == Some(&basic);
        let public = seen.header("authorization").is_none() && field("client_id") == CLIENT_ID;
        if !with_secret && !public {
            return refused("invalid_client", "client not found or invalid secret");
        }
        match field("grant_type") {
            "client_credentials" if with_secret => self.token(false),
            "authorization_code" => {
                let verified = with_secret || field("code_verifier").len() >= 43;
                if field("code") != CODE || field("redirect_uri") != REDIRECT_URI || self.code_used || !verified {
                    return refused("invalid_grant", "code is invalid, expired or used");
                }
                self.code_used = true;
                self.token(true)
            }
            "refresh_token" if field("refresh_token") == self.refresh_token => self.token(true),
            "refresh_token" => refused("invalid_grant", "refresh token is invalid"),
            "urn:ietf:params:oauth:grant-type:saml2-bearer" if with_secret => {
                match field("orgName") == ORG_NAME && field("assertion") == ASSERTION {
                    true => self.token(false),
                    false => refused("invalid_grant", "assertion is invalid"),
                }
            }
            _ => refused("unsupported_grant_type", "this grant type is not allowed for the client"),
        }
    }

    fn token(&mut self, with_refresh_token: bool) -> Response {
        self.made += 1;
        let token = format!("stand-in-access-{}", self.made);
        let life = self.expires_in.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let end = life.filter(|life| !life.is_zero()).and_then(|life| Instant::now().checked_add(life));
        self.good.insert(token.clone(), (self.uses, end));
        let mut reply = json!({ "access_token": token, "token_type": "bearer" });
        if !self.expires_in.is_null() {
            reply["expires_in"] = self.expires_in.clone();
        }
        if with_refresh_token {
            self.refresh_token = format!("stand-in-refresh-{}", self.made + 1);
            reply["refresh_token"] = json!(self.refresh_token);
        }
        Response::json(200, &reply)
    }
}

fn refused(error: &str, description: &str) -> Response {
    Response::json(400, &json!({ "error": error, "error_description": description, "description": description }))
}
