//! Invalid input: the error names the field, and no request is sent.

use std::time::Duration;

use genesys_journey::analytics::{self, AggregateQuery, AggregationRange, Interval, Metric, View};
use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, ConfigBuilder, Error, ErrorKind, Region, action_targets, raw};
use genesys_stand_in::StandIn;

/// Checks that nothing was sent and that the message contains these words.
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, words: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    assert_eq!((error.attempts(), error.status(), error.outcome_unknown()), (0, None, false));
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    }
}

/// A service that must not receive a request.
struct Unused(StandIn, Config);

impl Unused {
    fn new() -> Unused {
        let service = StandIn::start();
        let config = Config::new(Region::custom(&service.url(), &service.url()).unwrap(), &service.token()).unwrap();
        Unused(service, config)
    }
}

impl Drop for Unused {
    fn drop(&mut self) {
        assert!(self.0.requests().is_empty(), "something was sent");
    }
}

#[test]
fn ids_that_cannot_be_in_a_path_are_refused() {
    let unused = Unused::new();
    for id in ["", ".", ".."] {
        assert_refused(segments::get(&unused.1, id), &["segmentId", &format!("{id:?}")]);
        assert_refused(segments::update(&unused.1, id, &SegmentUpdate::default()), &["segmentId"]);
        assert_refused(segments::delete(&unused.1, id), &["segmentId"]);
        assert_refused(action_targets::get(&unused.1, id), &["actionTargetId"]);
        assert_refused(action_targets::update(&unused.1, id, &Default::default()), &["actionTargetId"]);
        assert_refused(analytics::jobs::status(&unused.1, id), &["jobId"]);
        assert_refused(raw::get::<serde_json::Value>(&unused.1, &["journey", id], &[]), &["path"]);
    }
    assert_refused(raw::get::<serde_json::Value>(&unused.1, &[], &[]), &["path"]);
    assert_refused(segments::get(&unused.1, &"x".repeat(1_000_000)), &["8000"]);
}

#[test]
fn contradictory_list_settings_are_refused() {
    let unused = Unused::new();
    let list = |list: ListSegments| segments::list(&unused.1, &list);
    let ids = |n: usize| ListSegments { segment_ids: vec!["7".into(); n], ..Default::default() };
    assert_refused(list(ids(101)), &["segmentIds", "101", "100"]);
    assert_refused(list(ListSegments { sort_by: Some("x".into()), ..ids(1) }), &["segmentIds", "sortBy"]);
    assert_refused(list(ListSegments { page_size: Some(1), ..ids(1) }), &["segmentIds", "pageSize"]);
    assert_refused(list(ListSegments { page_number: Some(1), ..ids(1) }), &["segmentIds", "pageNumber"]);
    let query = |fields: &[&str], value: Option<&str>| ListSegments {
        query_fields: fields.iter().map(ToString::to_string).collect(),
        query_value: value.map(Into::into),
        ..Default::default()
    };
    assert_refused(list(ListSegments { segment_ids: vec!["7".into()], ..query(&["a"], Some("b")) }), &["queryFields"]);
    assert_refused(list(query(&["a"], None)), &["queryFields", "queryValue"]);
    assert_refused(list(query(&[], Some("b"))), &["queryFields", "queryValue"]);
    assert_refused(list(ListSegments { page_size: Some(0), ..Default::default() }), &["pageSize"]);
    assert_refused(list(ListSegments { page_number: Some(0), ..Default::default() }), &["pageNumber"]);
    let none = action_targets::ListActionTargets { page_size: Some(0), page_number: None };
    assert_refused(action_targets::list(&unused.1, &none), &["pageSize"]);
}

#[test]
fn invalid_segments_are_refused() {
    let unused = Unused::new();
    let create = |new: NewSegment| segments::create(&unused.1, &new);
    assert_refused(create(NewSegment::new("")), &["displayName", "empty"]);
    for color in ["", "red", "#12345", "#1234567", "123456", "#12345g", "#ÄÖÜ"] {
        let new = NewSegment { color: Some(color.into()), ..NewSegment::new("VIP") };
        assert_refused(create(new), &["color", "six hex digits", &format!("{color:?}")]);
    }
    let new = NewSegment { assignment_expiration_days: Some(-1), ..NewSegment::new("VIP") };
    assert_refused(create(new), &["assignmentExpirationDays", "-1"]);

    let good = ContextPattern::new([ContextCriterion::new("device.type", Operator::Equal, ["x"])]);
    let empty = Context::new([good, ContextPattern::default()]);
    let new = NewSegment { context: Some(empty), ..NewSegment::new("VIP") };
    assert_refused(create(new), &["context.patterns[1].criteria"]);
    let keyless = JourneyCriterion::new("", Operator::Equal, ["x"]);
    let journey = Journey::new([JourneyPattern::new(StreamType::Web, "web", [keyless])]);
    let new = NewSegment { journey: Some(journey.clone()), ..NewSegment::new("VIP") };
    assert_refused(create(new), &["journey.patterns[0].criteria[0].key"]);

    let update = |update: SegmentUpdate| segments::update(&unused.1, "7", &update);
    assert_refused(update(SegmentUpdate { display_name: Some("".into()), ..Default::default() }), &["displayName"]);
    assert_refused(update(SegmentUpdate { color: "red".into(), ..Default::default() }), &["color"]);
    assert_refused(update(SegmentUpdate { journey: journey.into(), ..Default::default() }), &["journey"]);
    let days = SegmentUpdate { assignment_expiration_days: (-5).into(), ..Default::default() };
    assert_refused(update(days), &["assignmentExpirationDays"]);
}

#[test]
fn queries_without_metrics_or_with_many_views_are_refused() {
    let unused = Unused::new();
    let interval: Interval = "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z".parse().unwrap();
    let query_with = |query: AggregateQuery| analytics::query_aggregates(&unused.1, &query);
    assert_refused(query_with(AggregateQuery::new(interval.clone(), [])), &["metrics"]);
    let view = View::range_bound("v", Metric::NJourneySessions, AggregationRange::default());
    let query = AggregateQuery { views: vec![view; 11], ..AggregateQuery::new(interval, [Metric::NJourneySessions]) };
    assert_refused(query_with(query.clone()), &["views", "11", "10"]);
    assert_refused(analytics::jobs::submit(&unused.1, &query, None), &["views"]);
    let read: AggregateQuery =
        serde_json::from_str(r#"{"interval": "2026-01-02/2026-01-01", "metrics": ["n"]}"#).unwrap();
    assert_refused(query_with(read), &["interval", "2026-01-02", "before it ends"]);
}

#[test]
fn reversed_intervals_are_refused() {
    for text in [
        "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z/2026-01-01T00:30:00+01:00",
    ] {
        assert_refused(text.parse::<Interval>(), &["interval", "before it ends"]);
    }
    assert_refused(Interval::last_days(0), &["interval"]);
    assert_refused(Interval::last_days(u32::MAX), &["interval"]);
    let now = std::time::SystemTime::now();
    assert_refused(Interval::new(now, now), &["interval"]);
    assert_refused(Interval::new(std::time::UNIX_EPOCH - Duration::from_secs(1), now), &["interval"]);
}

#[test]
fn tokens_with_invalid_characters_are_refused() {
    let unused = Unused::new();
    let region = unused.1.region().clone();
    for token in ["", " ", "a b", "a\r\nb", "a\0b", "tökén", "a\tb"] {
        assert_refused(Config::builder(region.clone()).token(token), &["token"]);
        let error = Config::new(region.clone(), token).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("token")));
        assert!(token.len() < 3 || !error.to_string().contains(token), "{error}");
    }
}

#[test]
fn invalid_and_insecure_base_urls_are_refused() {
    let bad = [
        ("", "api_url"),
        ("gateway", "https"),
        ("/path", "https"),
        ("https://", "api_url"),
        ("ftp://example.com", "https"),
        ("http://example.com", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("http://127.0.0.1.example.com", "loopback"),
        ("http://localhost.example.com", "loopback"),
        ("https://user:pw@example.com", "user"),
        ("https://user@example.com", "user"),
        ("https://example.com?x=1", "query"),
        ("https://example.com#x", "fragment"),
        ("https://example.com\r\nX: y", "api_url"),
        ("https://exa mple.com", "api_url"),
        ("https://example.com:65536", "port"),
        ("https://example.com:99999999999/x", "port"),
        ("http://[::1]:70000", "port"),
        ("https://example.com:", "port"),
    ];
    for (url, word) in bad {
        let value = if url.contains('@') { "".to_owned() } else { format!("{url:?}") };
        assert_refused(Region::custom(url, "https://login.example.com"), &["api_url", word, &value]);
        assert_refused(Region::custom("https://api.example.com", url), &["login_url"]);
    }
    for url in [
        "https://example.com",
        "https://example.com:65535",
        "http://127.0.0.1:80",
        "http://localhost",
        "http://[::1]:8080/prefix/",
        "http://127.9.9.9",
    ] {
        Region::custom(url, url).unwrap();
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let build = |change: fn(ConfigBuilder) -> ConfigBuilder| {
        change(Config::builder(Region::custom("http://127.0.0.1:1", "http://127.0.0.1:1").unwrap())).token("token")
    };
    assert_refused(build(|b| b.attempt_timeout(Duration::ZERO)), &["attempt_timeout"]);
    assert_refused(build(|b| b.attempt_timeout(Duration::MAX)), &["attempt_timeout", "86400"]);
    assert_refused(build(|b| b.connect_timeout(Duration::ZERO)), &["connect_timeout"]);
    assert_refused(build(|b| b.call_timeout(Duration::ZERO)), &["call_timeout"]);
    assert_refused(build(|b| b.initial_backoff(Duration::ZERO)), &["initial_backoff"]);
    assert_refused(build(|b| b.initial_backoff(Duration::from_secs(61))), &["initial_backoff", "60"]);
    assert_refused(build(|b| b.max_attempts(0)), &["max_attempts"]);
    assert_refused(build(|b| b.max_attempts(21)), &["max_attempts", "20"]);
    assert_refused(build(|b| b.max_response_bytes(0)), &["max_response_bytes"]);
    assert_refused(build(|b| b.requests_per_minute(0)), &["requests_per_minute"]);
    for suffix in ["", "  ", "a\r\nb: c", "a\0b", "ü"] {
        let region = Region::custom("http://127.0.0.1:1", "http://127.0.0.1:1").unwrap();
        assert_refused(
            Config::builder(region).user_agent(suffix).token("token"),
            &["user_agent", "200", &format!("{suffix:?}")],
        );
    }
    assert_refused(build(|b| b.user_agent("x".repeat(201))), &["user_agent"]);
    assert_refused(build(|b| b.connect_timeout(Duration::from_secs(86_401))), &["connect_timeout", "86400"]);
    assert_refused(build(|b| b.call_timeout(Duration::from_secs(86_401))), &["call_timeout", "86400"]);
    assert_refused(build(|b| b.requests_per_minute(60_001)), &["requests_per_minute", "60000"]);
    assert_refused(build(|b| b.proxy("socks5://127.0.0.1:1")), &["proxy"]);
    assert_refused(build(|b| b.proxy("not a url")), &["proxy"]);
    assert_refused(build(|b| b.extra_roots("not PEM")), &["extra_roots"]);
    assert_refused(build(|b| b.client_certificate("not PEM", "not PEM")), &["client_certificate"]);
}

/// The vendor's list of regions.
const REGIONS: [(Region, &str, &str); 18] = [
    (Region::US_EAST_1, "us_east_1", "mypurecloud.com"),
    (Region::US_EAST_2, "us_east_2", "use2.us-gov-pure.cloud"),
    (Region::US_WEST_2, "us_west_2", "usw2.pure.cloud"),
    (Region::CA_CENTRAL_1, "ca_central_1", "cac1.pure.cloud"),
    (Region::MX_CENTRAL_1, "mx_central_1", "mxc1.pure.cloud"),
    (Region::SA_EAST_1, "sa_east_1", "sae1.pure.cloud"),
    (Region::EU_WEST_1, "eu_west_1", "mypurecloud.ie"),
    (Region::EU_WEST_2, "eu_west_2", "euw2.pure.cloud"),
    (Region::EU_CENTRAL_1, "eu_central_1", "mypurecloud.de"),
    (Region::EU_CENTRAL_2, "eu_central_2", "euc2.pure.cloud"),
    (Region::EUSC_DE_EAST_1, "eusc_de_east_1", "edee1.eusc-pure.cloud"),
    (Region::ME_CENTRAL_1, "me_central_1", "mec1.pure.cloud"),
    (Region::AP_SOUTH_1, "ap_south_1", "aps1.pure.cloud"),
    (Region::AP_SOUTHEAST_1, "ap_southeast_1", "apse1.pure.cloud"),
    (Region::AP_SOUTHEAST_2, "ap_southeast_2", "mypurecloud.com.au"),
    (Region::AP_NORTHEAST_1, "ap_northeast_1", "mypurecloud.jp"),
    (Region::AP_NORTHEAST_2, "ap_northeast_2", "apne2.pure.cloud"),
    (Region::AP_NORTHEAST_3, "ap_northeast_3", "apne3.pure.cloud"),
];

#[test]
fn each_region_has_the_vendors_hosts() {
    for (region, name, domain) in &REGIONS {
        assert_eq!((region.name(), region.to_string().as_str()), (*name, *name));
        assert_eq!(region.api_url(), format!("https://api.{domain}"));
        assert_eq!(region.login_url(), format!("https://login.{domain}"));
        let spellings = [
            name.to_string(),
            name.to_uppercase(),
            name.replace('_', "-"),
            domain.to_string(),
            format!("api.{domain}"),
            format!("login.{domain}"),
            format!("apps.{domain}"),
            format!("https://api.{domain}"),
            format!("HTTPS://API.{}/", domain.to_uppercase()),
            format!("https://login.{domain}"),
            format!("https://api.{domain} https://login.{domain}/"),
            format!(" {name}\n"),
        ];
        for spelling in spellings {
            assert_eq!(spelling.parse::<Region>().unwrap(), *region, "{spelling}");
        }
        let custom = Region::custom(&format!("https://api.{domain}/"), &region.login_url()).unwrap();
        assert_eq!(custom, *region);
        let text = serde_json::to_value(region).unwrap();
        assert_eq!(text, *name);
        assert_eq!(serde_json::from_value::<Region>(text).unwrap(), *region);
    }
    let all: &'static [Region] = Region::ALL;
    assert_eq!(all, REGIONS.map(|(region, ..)| region));
}

#[test]
fn unknown_regions_are_errors_that_name_the_known_ones() {
    for text in [
        "",
        "eu",
        "eu_west_9",
        "example.com",
        "gateway.example.com/api",
        "mypurecloud.example",
        "https://api.euw9.pure.cloud",
        "https://apis.mypurecloud.ie",
        "https://api.mypurecloud.ei",
        "https://api.mypurecloud.ie:8443",
        "https://api.use3.us-gov-pure.cloud/",
        "https://PURE.cloud.",
        "https://gateway.example.com https://login.euw9.pure.cloud",
        "https://api.euw9.pure.cloud https://login.euw9.pure.cloud",
        "eu_west_1 https://gateway.example.com",
        "https://a.example https://b.example https://c.example",
    ] {
        assert_refused(text.parse::<Region>(), &["region", "eu_west_1", "ap_northeast_3"]);
    }
    let error = serde_json::from_str::<Region>("\"eu_west_9\"").unwrap_err();
    assert!(error.to_string().contains("eu_west_9") && error.to_string().contains("eu_west_1"), "{error}");
    let error = "user:password@gateway.example.com".parse::<Region>().unwrap_err();
    assert!(!error.to_string().contains("password"), "{error}");
}

#[test]
fn a_text_with_a_scheme_is_a_custom_region() {
    let regions = [
        ("https://gateway.example.com", "https://gateway.example.com", "https://gateway.example.com"),
        ("https://a.example/Api/ https://b.example/", "https://a.example/Api", "https://b.example"),
        ("https://my-pure.cloud\thttp://127.0.0.1:80", "https://my-pure.cloud", "http://127.0.0.1:80"),
        (
            "https://api.mypurecloud.ie https://gateway.example.com",
            "https://api.mypurecloud.ie",
            "https://gateway.example.com",
        ),
        ("https://eu-west-1", "https://eu-west-1", "https://eu-west-1"),
    ];
    for (text, api, login) in regions {
        let region: Region = text.parse().unwrap();
        assert_eq!((region.api_url().as_str(), region.login_url().as_str()), (api, login), "{text}");
        assert_eq!(region, Region::custom(api, login).unwrap());
        let written = if api == login { api.to_owned() } else { format!("{api} {login}") };
        assert_eq!(region.to_string(), written);
        assert_eq!(format!("{region:?}"), format!("Region({written})"));
        assert_eq!(written.parse::<Region>().unwrap(), region);
    }
    // One URL would be read as the region in Ireland.
    let odd = Region::custom("https://api.mypurecloud.ie", "https://api.mypurecloud.ie").unwrap();
    assert_eq!(odd.to_string(), "https://api.mypurecloud.ie https://api.mypurecloud.ie");
    assert_refused("http://api.mypurecloud.ie".parse::<Region>(), &["api_url", "https"]);
    assert_refused("http://gateway.example.com".parse::<Region>(), &["api_url", "loopback"]);
    assert_refused("https://gateway.example.com ftp://b.example".parse::<Region>(), &["login_url", "https"]);
    // A region that is newer than the crate.
    Region::custom("https://api.euw9.pure.cloud", "https://login.euw9.pure.cloud").unwrap();
}
