//! Environment variables. Each case is a separate process: the test binary starts itself.

use std::ffi::OsStr;
use std::process::Output;

use genesys_journey::{Config, Region};
use genesys_stand_in::{CLIENT_ID, CLIENT_SECRET, StandIn};

use crate::child;

/// In the child process: reads the environment, and prints the result.
#[test]
fn child() {
    let Ok(url) = std::env::var("CHILD_OF_TEST") else { return };
    let config = match url.as_str() {
        "region" => Config::from_env(),
        "prefixed" => Config::from_env_prefixed("SOURCE_"),
        "token" => return report(Config::new(Region::EU_WEST_1, "a-token").map(drop)),
        "no_proxy" => return report(Config::builder(Region::EU_WEST_1).no_proxy().token("a-token").map(drop)),
        "loopback" => return report(Config::new(Region::custom(LOOPBACK, LOOPBACK).unwrap(), "a-token").map(drop)),
        // The cases send no request.
        "sign_in" => {
            let grant = genesys_journey::auth::Grant::client_credentials("id", "secret");
            return report(Config::builder(Region::EU_WEST_1).sign_in(grant).map(drop));
        }
        url => Config::builder(Region::custom(url, url).unwrap()).credentials_from_env(),
    };
    report(
        config.and_then(|config| genesys_journey::segments::list(&config, &Default::default())).map(|page| page.total),
    );
}

fn report<T: std::fmt::Debug>(result: genesys_journey::Result<T>) {
    match result {
        Ok(value) => println!("OK {value:?}"),
        Err(error) => println!("ERROR {:?} {:?} {error}", error.kind(), error.field()),
    }
}

const LOOPBACK: &str = "http://127.0.0.1:1";

fn run<V: AsRef<OsStr>>(url: &str, variables: &[(&str, V)]) -> String {
    let mut child = child::command(concat!(module_path!(), "::child"));
    child.arg("--nocapture").env("CHILD_OF_TEST", url);
    for name in ["REGION", "GATEWAY_URL", "ACCESS_TOKEN", "OAUTHCLIENT_ID", "OAUTHCLIENT_SECRET"] {
        child.env_remove(format!("GENESYSCLOUD_{name}"));
    }
    for name in ["https_proxy", "all_proxy", "no_proxy"] {
        child.env_remove(name).env_remove(name.to_uppercase());
    }
    child.env_remove("SSL_CERT_FILE").envs(variables.iter().map(|(name, value)| (name, value)));
    let Output { stdout, .. } = child.output().unwrap();
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
    let line = run(&service.url(), &[(TOKEN, service.token().as_str()), (ID, "wrong"), (SECRET, "wrong")]);
    assert!(line.contains("OK Some(0)"), "{line}");
    assert_eq!(service.token_requests(), 0);
}

#[test]
fn a_gateway_replaces_the_region() {
    let service = StandIn::start();
    let gateway = (GATEWAY, service.url());
    let pair = [(ID, CLIENT_ID), (SECRET, CLIENT_SECRET)];
    let line = run("region", &[(REGION, "eu_west_1"), (gateway.0, &gateway.1), pair[0], pair[1]]);
    assert!(line.contains("OK Some(0)"), "{line}");
    assert_eq!(service.token_requests(), 1);
}

#[test]
fn a_prefix_selects_the_variables_of_one_organisation() {
    let service = StandIn::start();
    let url = service.url();
    let source = [
        ("SOURCE_GENESYSCLOUD_GATEWAY_URL", url.as_str()),
        ("SOURCE_GENESYSCLOUD_OAUTHCLIENT_ID", CLIENT_ID),
        ("SOURCE_GENESYSCLOUD_OAUTHCLIENT_SECRET", CLIENT_SECRET),
    ];
    // Variables without the prefix are ignored, also unusable ones.
    let others = [(REGION, "eu_west_9"), (GATEWAY, "garbage"), (TOKEN, "a token"), (ID, "a\nb"), (SECRET, "")];
    let line = run("prefixed", &[&source[..], &others].concat());
    assert!(line.contains("OK Some(0)"), "{line}");
    assert_eq!(service.token_requests(), 1);

    // A proxy is a matter of the machine: its variable has no prefix.
    let line = run("prefixed", &[("SOURCE_HTTPS_PROXY", "garbage://x"), source[0], source[1], source[2]]);
    assert!(line.contains("OK Some(0)"), "{line}");

    let good = [("GENESYSCLOUD_GATEWAY_URL", url.as_str()), ("GENESYSCLOUD_ACCESS_TOKEN", "token")];
    let missing = "SOURCE_GENESYSCLOUD_REGION is not set; expected a region such as eu_west_1";
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&good, missing),
        (&[("SOURCE_GENESYSCLOUD_REGION", "eu_west_9")], "SOURCE_GENESYSCLOUD_REGION \"eu_west_9\" is not known"),
        (&source[..1], "SOURCE_GENESYSCLOUD_ACCESS_TOKEN is not set, nor are SOURCE_GENESYSCLOUD_OAUTHCLIENT_ID and"),
        (&source[..2], "SOURCE_GENESYSCLOUD_OAUTHCLIENT_SECRET is not set"),
        (
            &[source[0], ("SOURCE_GENESYSCLOUD_ACCESS_TOKEN", "a token")],
            "SOURCE_GENESYSCLOUD_ACCESS_TOKEN cannot be used",
        ),
    ];
    for (variables, words) in cases {
        let line = run("prefixed", variables);
        assert!(line.contains("ERROR Input Some(\"SOURCE_") && line.contains(words), "{variables:?} -> {line}");
    }
}

#[test]
fn a_missing_empty_or_malformed_variable_is_named() {
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

#[test]
fn an_unusable_proxy_names_its_variable_and_not_its_value() {
    let values = [
        "http://bad host",
        "garbage://user:pass-word@proxy.example",
        "http://corp\\user:pass-word@proxy.example",
        "http://user:pass#word@proxy.example:3128",
        "http://user:pass/word@proxy.example:3128",
        "http://user:pass-word@proxy.example:99999",
        "http://user:pass-word@proxy.example:0",
        "http://user:pass-word@proxy.example:port",
        "http://:3128",
        "http://pröxy.example:3128",
        "socks4://user:pass-word@proxy.example",
    ];
    for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        for value in values {
            let line = run("token", &[(variable, value)]);
            assert!(line.contains(&format!("ERROR Input Some({variable:?}) ")), "{variable}={value} -> {line}");
            let leaks = ["pass-word", "pass#word", "pass/word", "corp", "bad host", "proxy.example"];
            assert!(!leaks.iter().any(|leak| line.contains(leak)), "{line}");
        }
    }
}

#[test]
fn an_unusable_proxy_that_is_not_used_is_no_error() {
    let bad = ("HTTPS_PROXY", "garbage://x");
    for (mode, variables) in [
        ("token", vec![bad, ("NO_PROXY", "localhost, mypurecloud.ie")]),
        ("token", vec![bad, ("no_proxy", "api.mypurecloud.ie:443")]),
        ("token", vec![bad, ("https_proxy", "http://127.0.0.1:3128")]),
        ("token", vec![("HTTPS_PROXY", "http://127.0.0.1:3128"), ("ALL_PROXY", "socks5://127.0.0.1:1080")]),
        ("token", vec![("HTTPS_PROXY", ""), ("ALL_PROXY", "  ")]),
        ("token", vec![("HTTPS_PROXY", "http://us%23er:p%40ss@127.0.0.1:3128/")]),
        ("no_proxy", vec![bad]),
        ("loopback", vec![bad, ("ALL_PROXY", "garbage://x"), ("SSL_CERT_FILE", "/nowhere")]),
    ] {
        let line = run(mode, &variables);
        assert!(line.contains("OK ()"), "{mode} {variables:?} -> {line}");
    }
}

#[test]
fn each_host_uses_its_proxy_of_the_environment() {
    let bad = ("HTTPS_PROXY", "garbage://x");
    let cases =
        [("token", "login.mypurecloud.ie"), ("sign_in", "login.mypurecloud.ie"), ("sign_in", "api.mypurecloud.ie")];
    for (mode, excepted) in cases {
        let line = run(mode, &[bad, ("NO_PROXY", excepted)]);
        assert!(line.contains("ERROR Input Some(\"HTTPS_PROXY\")"), "{mode}, NO_PROXY={excepted} -> {line}");
    }
}

#[cfg(not(feature = "socks-proxy"))]
#[test]
fn a_socks_proxy_without_its_feature_names_the_remedies() {
    let line = run("token", &[("ALL_PROXY", "socks5://127.0.0.1:1080")]);
    for words in ["ERROR Input Some(\"ALL_PROXY\")", "feature socks-proxy", "no_proxy()"] {
        assert!(line.contains(words), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_names_its_variable() {
    use std::os::unix::ffi::OsStrExt;

    let os = OsStr::from_bytes;
    for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        let line = run("token", &[(variable, os(b"http://pr\xffxy:3128"))]);
        assert!(line.contains(&format!("ERROR Input Some({variable:?}) {variable} is not a proxy URL")), "{line}");
    }
    let good = [(REGION, os(b"eu_west_1")), (ID, os(b"id")), (SECRET, os(b"secret"))];
    for (variable, mode) in
        [(REGION, "region"), (GATEWAY, "region"), (TOKEN, LOOPBACK), (ID, LOOPBACK), (SECRET, LOOPBACK)]
    {
        let mut variables = good.to_vec();
        variables.retain(|(name, _)| *name != variable);
        variables.push((variable, os(b"val\xffue")));
        let line = run(mode, &variables);
        assert!(line.contains(&format!("ERROR Input Some({variable:?}) {variable} is not UTF-8; expected ")), "{line}");
    }
}

/// The names of hosts are ASCII, so that no other entry can name one.
#[cfg(unix)]
#[test]
fn entries_of_no_proxy_that_are_not_utf_8_are_ignored() {
    use std::os::unix::ffi::OsStrExt;

    let os = OsStr::from_bytes;
    let bad = ("HTTPS_PROXY", os(b"garbage://x"));
    for variable in ["no_proxy", "NO_PROXY"] {
        let line = run("token", &[bad, (variable, os(b"m\xffller.example, api.mypurecloud.ie"))]);
        assert!(line.contains("OK ()"), "{line}");
        for value in [os(b"\xff"), os(b"api.mypurecloud.ie\xff"), os(b"\xff.mypurecloud.ie")] {
            let line = run("token", &[bad, (variable, value)]);
            assert!(line.contains("ERROR Input Some(\"HTTPS_PROXY\")"), "{value:?} -> {line}");
        }
    }
}
