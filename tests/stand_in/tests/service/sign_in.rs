//! The token endpoint, and tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genesys_stand_in::{
    ASSERTION, CLIENT_ID, CLIENT_SECRET, CODE, FIRST_REFRESH_TOKEN, ORG_NAME, REDIRECT_URI, Response,
};

use super::*;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn sign_in(service: &StandIn, form: &str) -> (u16, Value) {
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    let headers = [("Authorization".to_owned(), basic)];
    let response = service.handle("POST", "/oauth/token", &headers, form.as_bytes());
    (response.status, response.read_json().unwrap())
}

/// Returns the status of a read with this token.
fn read(service: &StandIn, token: &Value) -> u16 {
    let headers = [("authorization".to_owned(), format!("Bearer {}", token["access_token"].as_str().unwrap()))];
    service.handle("GET", SEGMENTS, &headers, b"").status
}

#[test]
fn every_grant_gets_a_token_that_works() {
    let service = StandIn::start();
    let redirect = encoded(REDIRECT_URI);
    let forms = [
        "grant_type=client_credentials".to_owned(),
        format!("grant_type=authorization_code&code={CODE}&redirect_uri={redirect}"),
        "grant_type=refresh_token&refresh_token=stand-in-refresh-3".to_owned(),
        format!(
            "grant_type={}&orgName={ORG_NAME}&assertion={}",
            encoded("urn:ietf:params:oauth:grant-type:saml2-bearer"),
            encoded(ASSERTION)
        ),
    ];
    for form in forms {
        let (status, token) = sign_in(&service, &form);
        assert_eq!((status, token["expires_in"].as_u64()), (200, Some(86_400)), "{form}: {token}");
        assert_eq!(read(&service, &token), 200, "{form}");
    }
    assert_eq!(service.token_requests(), 4);
}

#[test]
fn codes_and_refresh_tokens_are_valid_once() {
    let service = StandIn::start();
    let code = format!("grant_type=authorization_code&code={CODE}&redirect_uri={}", encoded(REDIRECT_URI));
    let refresh = format!("grant_type=refresh_token&refresh_token={FIRST_REFRESH_TOKEN}");
    for form in [refresh, code.clone()] {
        assert_eq!(sign_in(&service, &form).0, 200);
        let (status, refused) = sign_in(&service, &form);
        assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
    }
    service.renew_code();
    assert_eq!(sign_in(&service, &code).0, 200);
}

#[test]
fn a_client_without_its_secret_is_refused() {
    let service = StandIn::start();
    let refused = service.handle("POST", "/oauth/token", &[], b"grant_type=client_credentials");
    assert_eq!((refused.status, refused.body.contains("invalid_client")), (400, true));
    assert_eq!(sign_in(&service, "grant_type=password").1["error"], "unsupported_grant_type");
}

#[test]
fn tokens_expire_by_the_clock_by_use_and_at_once() {
    let service = StandIn::start();
    let issue = || sign_in(&service, "grant_type=client_credentials").1;
    service.faults().token_lifetime(60);
    let token = issue();
    assert_eq!(read(&service, &token), 200);
    service.advance_time(Duration::from_secs(60));
    assert_eq!(read(&service, &token), 401);

    service.faults().token_uses(2);
    let token = issue();
    assert_eq!([read(&service, &token), read(&service, &token), read(&service, &token)], [200, 200, 401]);

    let token = issue();
    service.faults().expire_tokens();
    assert_eq!(read(&service, &token), 401);
    assert_eq!(service.call("GET", SEGMENTS, ()).status, 401, "the fixed one, too");
}

#[test]
fn any_lifetime_can_be_written() {
    let service = StandIn::start();
    for lifetime in [serde_json::json!("3600"), serde_json::json!(1e300), serde_json::json!(-1), Value::Null] {
        service.faults().token_lifetime(&lifetime);
        let (status, token) = sign_in(&service, "grant_type=client_credentials");
        assert_eq!((status, token.get("expires_in").cloned().unwrap_or_default()), (200, lifetime));
        assert_eq!(read(&service, &token), 200);
    }
}

#[test]
fn responses_of_the_token_endpoint_can_be_scripted() {
    let service = StandIn::start();
    service.respond_next_sign_in([Response::json(200, serde_json::json!({}))]);
    assert_eq!(sign_in(&service, "").1, serde_json::json!({}));
    assert_eq!(sign_in(&service, "").0, 400);
}

#[test]
fn a_request_without_a_token_is_refused() {
    let service = StandIn::start();
    for headers in [vec![], vec![("authorization".to_owned(), "Basic eA==".to_owned())]] {
        let refused = service.handle("GET", SEGMENTS, &headers, b"");
        assert_eq!((refused.status, refused.body.contains("authentication.required")), (401, true));
    }
}
