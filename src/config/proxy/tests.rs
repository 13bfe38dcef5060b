//! The rules for `NO_PROXY` and for the order of the variables, as a table.

use super::*;

const HOST: &str = "api.mypurecloud.ie";

#[test]
fn the_first_variable_that_is_not_empty_names_the_proxy() {
    type Case = (&'static [(&'static str, &'static str)], Option<(&'static str, &'static str)>);
    let cases: [Case; 16] = [
        (&[], None),
        (&[("https_proxy", "http://a")], Some(("https_proxy", "http://a"))),
        (&[("HTTPS_PROXY", "http://a")], Some(("HTTPS_PROXY", "http://a"))),
        (&[("all_proxy", "http://a")], Some(("all_proxy", "http://a"))),
        (&[("ALL_PROXY", "http://a")], Some(("ALL_PROXY", "http://a"))),
        (&[("https_proxy", "http://a"), ("HTTPS_PROXY", "http://b")], Some(("https_proxy", "http://a"))),
        (&[("HTTPS_PROXY", "http://b"), ("all_proxy", "http://c")], Some(("HTTPS_PROXY", "http://b"))),
        (&[("all_proxy", "http://c"), ("ALL_PROXY", "http://d")], Some(("all_proxy", "http://c"))),
        (&[("HTTPS_PROXY", "http://b"), ("ALL_PROXY", "socks5://d")], Some(("HTTPS_PROXY", "http://b"))),
        (&[("https_proxy", ""), ("HTTPS_PROXY", "http://b")], Some(("HTTPS_PROXY", "http://b"))),
        (&[("https_proxy", "  "), ("ALL_PROXY", "http://d")], Some(("ALL_PROXY", "http://d"))),
        (&[("HTTPS_PROXY", " http://b\n")], Some(("HTTPS_PROXY", "http://b"))),
        (&[("http_proxy", "http://a"), ("HTTP_PROXY", "http://b")], None),
        (&[("HTTPS_PROXY", "garbage"), ("ALL_PROXY", "http://d")], Some(("HTTPS_PROXY", "garbage"))),
        (&[("HTTPS_PROXY", "garbage"), ("NO_PROXY", "*")], None),
        (&[("ALL_PROXY", "socks5://d"), ("no_proxy", ""), ("NO_PROXY", "mypurecloud.ie")], None),
    ];
    for (variables, expected) in cases {
        let read = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let selected = select(&read, HOST, 443);
        assert_eq!(selected.as_ref().map(|(name, url)| (*name, url.as_str())), expected, "{variables:?}");
    }
}

#[test]
fn the_lower_case_no_proxy_takes_precedence() {
    let read = |name: &str| match name {
        "no_proxy" => Some("other.example".to_owned()),
        "NO_PROXY" => Some("*".to_owned()),
        "https_proxy" => Some("http://a".to_owned()),
        _ => None,
    };
    assert!(select(&read, HOST, 443).is_some());
}

#[test]
fn no_proxy_names_hosts_domains_ports_and_networks() {
    let cases = [
        // No entry names the host.
        ("", HOST, 443, false),
        (",", HOST, 443, false),
        (" , ,", HOST, 443, false),
        (".", HOST, 443, false),
        ("*.", HOST, 443, false),
        (":443", HOST, 443, false),
        ("other.example", HOST, 443, false),
        // The host itself.
        ("api.mypurecloud.ie", HOST, 443, true),
        ("API.MyPureCloud.IE", HOST, 443, true),
        ("api.mypurecloud.ie.", HOST, 443, true),
        ("api.mypurecloud.ie", "api.mypurecloud.ie.", 443, true),
        ("login.mypurecloud.ie", HOST, 443, false),
        // Parent domains.
        ("mypurecloud.ie", HOST, 443, true),
        (".mypurecloud.ie", HOST, 443, true),
        ("*.mypurecloud.ie", HOST, 443, true),
        (".mypurecloud.ie", "mypurecloud.ie", 443, true),
        ("ie", HOST, 443, true),
        ("purecloud.ie", HOST, 443, false),
        ("pi.mypurecloud.ie", HOST, 443, false),
        ("www.api.mypurecloud.ie", HOST, 443, false),
        ("mypurecloud.ie.example", HOST, 443, false),
        ("*purecloud.ie", HOST, 443, false),
        ("api.*", HOST, 443, false),
        // Everything.
        ("*", HOST, 443, true),
        ("other.example, *", HOST, 443, true),
        // Separators.
        ("localhost,api.mypurecloud.ie", HOST, 443, true),
        ("localhost, api.mypurecloud.ie", HOST, 443, true),
        ("localhost ,api.mypurecloud.ie ", HOST, 443, true),
        ("localhost api.mypurecloud.ie", HOST, 443, true),
        ("localhost\tapi.mypurecloud.ie", HOST, 443, true),
        ("localhost\napi.mypurecloud.ie\n", HOST, 443, true),
        ("localhost;api.mypurecloud.ie", HOST, 443, false),
        // Ports.
        ("api.mypurecloud.ie:443", HOST, 443, true),
        ("api.mypurecloud.ie:8443", HOST, 443, false),
        ("api.mypurecloud.ie:8443", HOST, 8443, true),
        (".mypurecloud.ie:443", HOST, 443, true),
        (".mypurecloud.ie:80", HOST, 443, false),
        ("*:443", HOST, 443, true),
        ("*:80", HOST, 443, false),
        ("api.mypurecloud.ie:", HOST, 443, false),
        ("api.mypurecloud.ie:https", HOST, 443, false),
        ("api.mypurecloud.ie:99999", HOST, 443, false),
        // IPv4.
        ("10.1.2.3", "10.1.2.3", 443, true),
        ("10.1.2.3:443", "10.1.2.3", 443, true),
        ("10.1.2.3:80", "10.1.2.3", 443, false),
        ("10.1.2.4", "10.1.2.3", 443, false),
        ("2.3", "10.1.2.3", 443, false),
        ("10.0.0.0/8", "10.1.2.3", 443, true),
        ("10.1.2.0/24", "10.1.2.3", 443, true),
        ("10.1.2.0/31", "10.1.2.3", 443, false),
        ("10.1.2.3/32", "10.1.2.3", 443, true),
        ("0.0.0.0/0", "10.1.2.3", 443, true),
        ("11.0.0.0/8", "10.1.2.3", 443, false),
        ("10.0.0.0/33", "10.1.2.3", 443, false),
        ("10.0.0.0/-1", "10.1.2.3", 443, false),
        ("10.0.0.0/", "10.1.2.3", 443, false),
        ("10.0.0.0/8", HOST, 443, false),
        ("10.0.0.0/8:443", "10.1.2.3", 443, true),
        ("10.0.0.0/8:80", "10.1.2.3", 443, false),
        ("example, 10.0.0.0/8", "10.1.2.3", 443, true),
        ("::/0", "10.1.2.3", 443, false),
        // IPv6.
        ("fd00::1", "fd00::1", 443, true),
        ("fd00::1", "[fd00::1]", 443, true),
        ("[fd00::1]", "[fd00::1]", 443, true),
        ("[fd00::1]:443", "[fd00::1]", 443, true),
        ("[fd00::1]:80", "[fd00::1]", 443, false),
        ("fd00:0:0::1", "fd00::1", 443, true),
        ("fd00::/8", "[fd00::1]", 443, true),
        ("FD00::1", "fd00::1", 443, true),
        ("[fd00::]/8", "fd00::1", 443, false),
        ("::/0", "fd00::1", 443, true),
        ("fe80::/10", "fd00::1", 443, false),
        ("fd00::/129", "fd00::1", 443, false),
        ("0.0.0.0/0", "fd00::1", 443, false),
    ];
    assert!(cases.len() >= 60);
    for (no_proxy, host, port, expected) in cases {
        assert_eq!(is_excepted(no_proxy, host, port), expected, "NO_PROXY={no_proxy:?} for {host}:{port}");
    }
}
