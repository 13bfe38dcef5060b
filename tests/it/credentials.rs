//! Credentials of the environment. Each case is a separate process.

use genesys_journey::{Config, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, Response, StandIn};
use serde_json::json;

use crate::child;

const TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";
const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
/// The token cache of the child.
const CACHE: &str = "CHILD_CACHE";

/// In the child process: signs in with the environment, and prints the error.
#[test]
fn child() {
    let Ok(url) = std::env::var("CHILD_OF_CREDENTIALS") else { return };
    let mut settings = Config::builder(Region::custom(&url, &url).unwrap());
    if let Some(path) = std::env::var_os(CACHE) {
        settings = settings.token_cache(path);
    }
    match settings.credentials_from_env() {
        Ok(_) => println!("RESULT Ok"),
        Err(error) => println!("RESULT {:?} {:?} {error}", error.kind(), error.field()),
    }
}

fn result(service: &StandIn, variables: &[(&str, &str)]) -> String {
    let mut child = child::command(concat!(module_path!(), "::child"));
    child.arg("--nocapture").env("CHILD_OF_CREDENTIALS", service.url());
    for name in [TOKEN, ID, SECRET] {
        child.env_remove(name);
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_once("RESULT ").unwrap().1.lines().next().unwrap().to_owned()
}

#[test]
fn white_space_at_the_ends_of_a_value_is_ignored() {
    let service = StandIn::start();
    let (id, secret) = (format!(" {CLIENT_ID}\r\n"), format!("\t{CLIENT_SECRET} \n"));
    assert_eq!(result(&service, &[(ID, &id), (SECRET, &secret)]), "Ok");
    assert_eq!(result(&service, &[(TOKEN, " a-token\n")]), "Ok");
    assert_eq!(service.token_requests(), 1);
}

#[test]
fn an_error_of_the_token_endpoint_keeps_its_kind() {
    let service = StandIn::start();
    for text in ["client_id is unknown", "client_secret", "token"] {
        let refusal = json!({"error": text, "error_description": text});
        service.respond_next_sign_in([Response::json(400, &refusal), Response::text(500, text)]);
        let variables = [(ID, CLIENT_ID), (SECRET, CLIENT_SECRET)];
        let [refused, failed] = [result(&service, &variables), result(&service, &variables)];
        assert!(refused.starts_with("Auth None POST ") && refused.contains(text), "{refused}");
        assert!(failed.starts_with("Api None POST ") && failed.contains(text), "{failed}");
    }
}

#[test]
fn an_unusable_value_names_its_variable() {
    let service = StandIn::start();
    for (variables, name) in [
        ([(ID, "a:b"), (SECRET, CLIENT_SECRET)], ID),
        ([(ID, CLIENT_ID), (SECRET, "a\nb")], SECRET),
        ([(TOKEN, "a token"), (ID, CLIENT_ID)], TOKEN),
    ] {
        let line = result(&service, &variables);
        assert!(line.starts_with(&format!("Input Some({name:?}) {name} ")), "{line}");
    }
    assert!(service.requests().is_empty());
}

#[test]
fn a_token_of_the_environment_does_not_use_the_cache() {
    let service = StandIn::start();
    let path = std::env::temp_dir().join(format!("genesys-journey-environment-{}.json", std::process::id()));
    let cache = path.to_str().unwrap();
    assert_eq!(result(&service, &[(TOKEN, "a-token"), (CACHE, cache)]), "Ok");
    assert!(!path.exists() && service.requests().is_empty());
    assert_eq!(result(&service, &[(ID, CLIENT_ID), (SECRET, CLIENT_SECRET), (CACHE, cache)]), "Ok");
    std::fs::remove_file(path).unwrap();
}
