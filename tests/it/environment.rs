//! What the environment says. Each case is a process of its own: the test binary starts itself.

use std::process::Output;

use genesys_journey::{Config, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};

use crate::child;

/// In the child: reads the environment, and prints what came of it.
#[test]
fn child() {
    let Ok(url) = std::env::var("CHILD_OF_TEST") else { return };
    let config = match url.as_str() {
        "region" => Config::from_env(),
        url => Config::builder(Region::custom(url, url).unwrap()).credentials_from_env(),
    };
    match config.and_then(|config| genesys_journey::segments::list(&config, &Default::default())) {
        Ok(page) => println!("OK {:?}", page.total),
        Err(error) => println!("ERROR {:?} {error}", error.kind()),
    }
}

fn run(url: &str, variables: &[(&str, &str)]) -> String {
    let mut child = child::command(concat!(module_path!(), "::child"));
    child.arg("--nocapture").env("CHILD_OF_TEST", url);
    for name in ["REGION", "GATEWAY_URL", "ACCESS_TOKEN", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET"] {
        child.env_remove(format!("GENESYSCLOUD_{name}"));
    }
    let Output { stdout, .. } = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    text.lines().find(|line| line.contains("OK ") || line.contains("ERROR ")).unwrap_or_default().to_owned()
}

const REGION: &str = "GENESYSCLOUD_REGION";
const GATEWAY: &str = "GENESYSCLOUD_GATEWAY_URL";
const TOKEN: &str = "GENESYSCLOUD_ACCESS_TOKEN";
const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";

#[test]
fn the_client_pair_signs_in() {
    let service = StandIn::start();
    service.seed_segments(2);
    assert!(run(&service.url(), &[(ID, CLIENT_ID), (SECRET, CLIENT_SECRET)]).contains("OK Some(2)"));
    assert_eq!(service.token_requests(), 1);
}

#[test]
fn the_access_token_wins_over_the_pair() {
    let service = StandIn::start();
    let line = run(&service.url(), &[(TOKEN, &service.token()), (ID, "wrong"), (SECRET, "wrong")]);
    assert!(line.contains("OK Some(0)"), "{line}");
    assert_eq!(service.token_requests(), 0);
}

#[test]
fn a_gateway_is_asked_instead_of_the_region() {
    let service = StandIn::start();
    let gateway = (GATEWAY, service.url());
    let pair = [(ID, CLIENT_ID), (SECRET, CLIENT_SECRET)];
    let line = run("region", &[(REGION, "eu_west_1"), (gateway.0, &gateway.1), pair[0], pair[1]]);
    assert!(line.contains("OK Some(0)"), "{line}");
    assert_eq!(service.token_requests(), 1);
}

#[test]
fn what_is_missing_empty_or_malformed_is_named() {
    let service = StandIn::start();
    let url = service.url();
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Variables, &str, &str); 14] = [
        (&url, &[], TOKEN, "nor are"),
        (&url, &[(ID, CLIENT_ID)], SECRET, "expected the secret"),
        (&url, &[(SECRET, CLIENT_SECRET)], ID, "expected the id"),
        (&url, &[(ID, ""), (SECRET, CLIENT_SECRET)], ID, "expected the id"),
        (&url, &[(ID, "a\nb"), (SECRET, CLIENT_SECRET)], ID, "expected the id"),
        (&url, &[(ID, "a:b"), (SECRET, CLIENT_SECRET)], ID, "expected the id"),
        (&url, &[(ID, CLIENT_ID), (SECRET, "a\nb")], SECRET, "expected the secret"),
        (&url, &[(TOKEN, " ")], TOKEN, "expected an access token"),
        (&url, &[(TOKEN, "a token")], TOKEN, "expected an access token"),
        ("region", &[(TOKEN, "token")], REGION, "expected a region"),
        ("region", &[(REGION, ""), (TOKEN, "token")], REGION, "expected a region"),
        ("region", &[(REGION, "eu_west_9"), (TOKEN, "token")], REGION, "eu_west_1"),
        ("region", &[(REGION, "eu_west_1"), (GATEWAY, ""), (TOKEN, "token")], GATEWAY, "expected the URL"),
        ("region", &[(GATEWAY, "http://gateway.example"), (TOKEN, "token")], GATEWAY, "loopback"),
    ];
    for (url, variables, name, holds) in cases {
        let line = run(url, variables);
        let named = line.contains("ERROR Input") && line.contains(name) && line.contains(holds);
        assert!(named, "{variables:?} -> {line}");
    }
    assert!(service.requests().is_empty());
}
