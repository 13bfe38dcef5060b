//! Lists with wrong counts and entries, and ids and settings that must not be sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_journey::segments::{self, ListSegments, NewSegment, Segment};
use genesys_journey::{Config, Error, ErrorKind, Region, action_targets, analytics};
use serde_json::{Map, Value, json};

use genesys_listener::calls::*;
use genesys_listener::{Listener, Request, Scripted};

/// Pages with these numbers of segments, and with these counts.
fn pages(sizes: &'static [usize], claims: Value) -> Listener {
    Listener::responding(move |request| {
        let number = page_number(request);
        let before: usize = sizes.iter().take(number - 1).sum();
        let size = sizes.get(number - 1).copied().unwrap_or_default();
        page((before..before + size).map(|n| format!("s{n}")), claims.as_object().unwrap())
    })
}

fn page_number(request: &Request) -> usize {
    let query = request.target.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix("pageNumber=")).unwrap().parse().unwrap()
}

fn page(ids: impl IntoIterator<Item = String>, claims: &Map<String, Value>) -> Scripted {
    let entities: Vec<Value> = ids
        .into_iter()
        .map(|id| {
            let mut segment = segment();
            segment["id"] = id.into();
            segment
        })
        .collect();
    let mut page = json!({"entities": entities});
    page.as_object_mut().unwrap().extend(claims.clone());
    Scripted::json(200, page)
}

/// Returns the items of a whole list, which must end.
fn list_ids(listener: &Listener, page_size: u32) -> Vec<Result<String, Error>> {
    let list = ListSegments { page_size: Some(page_size), ..ListSegments::default() };
    let ids = segments::list_all(&config(listener), &list).map(|segment| segment.map(|segment| segment.id));
    let ids: Vec<_> = ids.take(10_000).collect();
    assert!(ids.len() < 10_000, "it does not end");
    ids
}

fn is_each_once(ids: Vec<Result<String, Error>>, n: usize) {
    let ids: Vec<String> = ids.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids, (0..n).map(|n| format!("s{n}")).collect::<Vec<_>>());
}

#[test]
fn wrong_counts_hide_no_segment_and_add_none() {
    let claims = [
        json!({"pageSize": 5, "pageCount": 0}),
        json!({"pageSize": 5, "pageCount": 1}),
        json!({"pageSize": 5, "pageCount": 1, "total": 1}),
        json!({"pageSize": 5, "pageCount": 1, "total": 13}),
        json!({"pageSize": 5, "pageCount": 1_000_000_000}),
        json!({"pageSize": 5, "pageCount": u64::MAX, "total": u64::MAX}),
        json!({"pageSize": 5, "pageCount": 3, "total": 0}),
        json!({"pageSize": 5, "total": 1_000_000_000}),
        json!({"pageSize": 5, "total": 13}),
        json!({"pageSize": 5, "pageCount": 3}),
        json!({"pageSize": 5, "total": 0}),
        json!({"pageSize": 5}),
    ];
    at_once(claims, |claims| {
        let listener = pages(&[5, 5, 3], claims.clone());
        is_each_once(list_ids(&listener, 5), 13);
        // With a total that is wrong, the list is complete after two passes that received the same segments.
        let passes = if claims.get("total").is_none_or(|total| *total == 13) { 1 } else { 2 };
        assert!(listener.count() <= 5 * passes, "{claims}: {} pages", listener.count());
    });
}

#[test]
fn a_list_with_wrong_counts_of_full_pages_ends() {
    at_once([json!({"pageSize": 0, "pageCount": 4}), json!({"pageSize": 5}), json!({"total": 10})], |claims| {
        let listener = pages(&[5, 5], claims.clone());
        is_each_once(list_ids(&listener, 5), 10);
        assert!(listener.count() <= 4, "{claims}: {} pages", listener.count());
    });
}

#[test]
fn a_list_of_the_same_page_ends() {
    let claims = [json!({}), json!({"pageCount": 1_000_000}), json!({"total": 1_000_000}), json!({"nextUri": "/next"})];
    at_once(claims, |claims| {
        let claimed = claims.clone();
        let listener = Listener::responding(move |_| {
            let mut fields = json!({"pageSize": 3});
            fields.as_object_mut().unwrap().extend(claimed.as_object().unwrap().clone());
            page((0..3).map(|n| format!("s{n}")), fields.as_object().unwrap())
        });
        is_each_once(list_ids(&listener, 3), 3);
        assert!(listener.count() <= 6, "{claims}: {} pages", listener.count());
    });
}

#[test]
fn an_empty_page_does_not_hide_the_next() {
    let listener = pages(&[5, 0, 5, 2], json!({"pageSize": 5, "pageCount": 4, "total": 12}));
    is_each_once(list_ids(&listener, 5), 12);
    let listener = pages(&[5, 0, 0, 0, 0], json!({"pageSize": 5, "pageCount": 1_000_000}));
    is_each_once(list_ids(&listener, 5), 5);
    assert!(listener.count() <= 4);
}

/// Starts a list of 250 segments in another order for each request, so that pages overlap and miss segments.
fn unstable(page_size: usize) -> Listener {
    let requests = AtomicUsize::new(0);
    Listener::responding(move |request| {
        let first = page_size * (page_number(request) - 1);
        let shift = 37 * requests.fetch_add(1, Ordering::Relaxed);
        let ids = (first..250.min(first + page_size)).map(|n| format!("s{}", (n + shift) % 250));
        page(
            ids,
            json!({"pageSize": page_size, "pageCount": 250_usize.div_ceil(page_size), "total": 250})
                .as_object()
                .unwrap(),
        )
    })
}

#[test]
fn a_list_in_unstable_order_ends_in_an_error() {
    let listener = unstable(100);
    let mut items = list_ids(&listener, 100);
    let error = items.pop().unwrap().unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(error.kind(), ErrorKind::Decode);
    let mut ids: Vec<String> = items.into_iter().map(Result::unwrap).collect();
    let received = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), received);
    assert!(received > 200, "{received}");
    assert!(error.to_string().contains(&format!("{received} entities")), "{error}");
    assert!(listener.count() <= 15, "{} pages", listener.count());
}

#[test]
fn nothing_follows_the_error_of_an_incomplete_list() {
    let listener = unstable(100);
    let mut all = segments::list_all(&config(&listener), &ListSegments::default());
    let error = all.find_map(Result::err).unwrap();
    assert!(error.is_incomplete(), "{error}");
    let requests = listener.count();
    for _ in 0..3 {
        assert!(all.next().is_none());
    }
    assert_eq!((listener.count(), all.size_hint()), (requests, (0, Some(0))));
}

#[test]
fn helpers_fail_on_an_incomplete_list() {
    let listener = unstable(100);
    let config = config(&listener);
    let error = segments::find_by_name(&config, "not there").unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    let error = segments::ensure(&config, &NewSegment::new("not there")).unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert!(listener.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn a_truncated_response_to_ids_is_an_incomplete_list() {
    let claims = [json!({"total": 3}), json!({"total": 2, "pageCount": 2}), json!({"total": 2, "nextUri": "/next"})];
    at_once(claims, |claims| {
        let claims = claims.as_object().unwrap().clone();
        let listener = Listener::responding(move |_| page(["s0", "s1"].map(str::to_owned), &claims));
        let config = config(&listener);
        let error = segments::get_many(&config, ["s0", "s1", "s2"]).unwrap_err();
        assert!(error.is_incomplete() && error.to_string().contains("\"s2\""), "{error}");
        assert_eq!(listener.count(), 1);
        // Nothing is missing.
        assert_eq!(segments::get_many(&config, ["s1", "s0"]).unwrap().segments.len(), 2);
    });
}

#[test]
fn a_list_of_ids_is_confirmed_if_its_total_is_wrong() {
    let requests = AtomicUsize::new(0);
    let listener = Listener::responding(move |_| {
        let n = requests.fetch_add(1, Ordering::Relaxed);
        page(["s0".to_owned(), format!("s{}", n.min(1))], json!({"total": 3}).as_object().unwrap())
    });
    let ids = ListSegments { segment_ids: vec!["s0".into(), "s1".into(), "s2".into()], ..Default::default() };
    is_each_once(segments::list_all(&config(&listener), &ids).map(|segment| segment.map(|it| it.id)).collect(), 2);
    assert_eq!(listener.count(), 3);
}

#[test]
fn a_list_of_ids_on_several_pages_is_incomplete() {
    for counts in [json!({"pageCount": 2}), json!({"nextUri": "/api/v2/journey/segments?pageNumber=2"})] {
        let listener = Listener::scripted([page(["s0".to_owned()], counts.as_object().unwrap())]);
        let ids = ListSegments { segment_ids: vec!["s0".into(), "s1".into()], ..Default::default() };
        let mut items = segments::list_all(&config(&listener), &ids);
        assert_eq!(items.next().unwrap().unwrap().id, "s0");
        assert!(items.next().unwrap().unwrap_err().is_incomplete(), "{counts}");
        assert!(items.next().is_none());
    }
}

#[test]
fn other_errors_are_not_about_an_incomplete_list() {
    let listener = Listener::responding(|_| Scripted::json(200, "{}"));
    let error = segments::list(&config(&listener), &ListSegments::default()).unwrap_err();
    assert_eq!((error.kind(), error.is_incomplete(), error.is_transient()), (ErrorKind::Decode, false, false));
}

/// Success responses that hold no list.
const NO_LISTS: [&str; 7] = [
    "{}",
    r#"{"message":"Service under maintenance","status":503}"#,
    r#"{"message":"not found","code":"not.found","status":404,"details":[],"errors":[]}"#,
    r#"{"entities":{}}"#,
    r#"{"results":[]}"#,
    r#"{"total":null}"#,
    "null",
];

#[test]
fn a_response_without_a_list_is_never_an_empty_list() {
    at_once(NO_LISTS, |body| {
        let listener = Listener::responding(move |_| Scripted::json(200, body));
        let config = config(&listener);
        let ids = ListSegments { segment_ids: vec!["s1".into()], ..Default::default() };
        let errors = [
            segments::list(&config, &ListSegments::default()).unwrap_err(),
            segments::list_all(&config, &ListSegments::default()).last().unwrap().unwrap_err(),
            segments::list_all(&config, &ids).last().unwrap().unwrap_err(),
            segments::get_many(&config, ["s1"]).unwrap_err(),
            segments::find_by_name(&config, "VIP").unwrap_err(),
            segments::ensure(&config, &NewSegment::new("VIP")).unwrap_err(),
            action_targets::list(&config, &Default::default()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{body}: {error}");
        }
        assert!(listener.requests().iter().all(|request| request.method == "GET"));
    });
}

#[test]
fn a_job_page_without_results_and_cursor_is_an_error() {
    let bodies =
        ["{}", r#"{"cursor":null}"#, r#"{"message":"Service under maintenance","status":503}"#, r#"{"results":{}}"#];
    at_once(bodies, |body| {
        let listener = Listener::responding(move |_| Scripted::json(200, body));
        let error = analytics::jobs::results(&config(&listener), "job-1", None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
    });
    at_once([r#"{"results":null}"#, r#"{"results":[null]}"#, r#"{"cursor":"a"}"#], |body| {
        let listener = Listener::responding(move |_| Scripted::json(200, body));
        let page = analytics::jobs::results(&config(&listener), "job-1", None).unwrap();
        assert!(page.results.is_empty(), "{body}");
    });
}

#[test]
fn null_entries_are_skipped() {
    let listener =
        Listener::responding(|_| Scripted::json(200, json!({"entities": [null, segment(), null], "total": 1})));
    let config = config(&listener);
    assert_eq!(segments::list(&config, &ListSegments::default()).unwrap().entities.len(), 1);
    assert_eq!(segments::list_all(&config, &ListSegments::default()).map(Result::unwrap).count(), 1);
}

#[test]
fn an_entry_without_a_usable_id_is_named_by_its_index() {
    at_once([Value::Null, json!(7), json!({})], |id| {
        let bad = id.clone();
        let listener = Listener::responding(move |_| {
            let mut second = segment();
            second["id"] = bad.clone();
            Scripted::json(200, json!({"entities": [segment(), second]}))
        });
        let error = segments::list(&config(&listener), &ListSegments::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.to_string().contains("entry 1: "), "{error}");
    });
}

#[test]
fn an_unreadable_entry_is_named_by_its_id() {
    let problem_with = |change: &dyn Fn(&mut Value)| {
        let (mut second, mut third) = (segment(), segment());
        change(&mut second);
        // The error names the first entry that cannot be read.
        third["version"] = json!("x");
        let page = json!({ "total": 1, "entities": [null, segment(), second, third], "nextUri": null });
        let listener = Listener::responding(move |_| Scripted::json(200, &page));
        segments::list(&config(&listener), &ListSegments::default()).unwrap_err().to_string()
    };
    let error = problem_with(&|entry| {
        entry["id"] = json!("s \"2");
        entry["version"] = json!("Ann");
    });
    assert!(error.contains("entry 2: invalid type: string, expected an integer"), "{error}");
    assert!(error.contains(r#"the id of the entry is "s \"2""#) && !error.contains("Ann"), "{error}");
    let error = problem_with(&|entry| entry["journey"] = json!({ "patterns": [{}, { "criteria": [null, 7] }] }));
    assert!(error.contains("entry 2: entry 1: entry 1: invalid type: integer"), "{error}");
    assert!(error.contains("the id of the entry is"), "{error}");
    for id in [Value::Null, json!(7), json!({ "id": "x" }), json!("x".repeat(101))] {
        let error = problem_with(&|entry| {
            entry["id"] = id.clone();
            entry["version"] = json!("x");
        });
        assert!(error.contains("entry 2: ") && !error.contains("the id of the entry"), "{error}");
    }
    let error = problem_with(&|entry| {
        entry["id"] = json!(TOKEN);
        entry["version"] = json!("x");
    });
    assert!(error.contains("the id of the entry is") && !error.contains(TOKEN), "{error}");
}

#[test]
fn the_content_of_an_entry_is_not_in_the_error() {
    for (body, expected) in [
        (json!({"entities": [segment(), "Ann: O'Neil"]}), "entry 1: invalid type: string, expected "),
        (json!({"entities": [], "total": 4711.5}), "invalid value: number, expected a count"),
    ] {
        let listener = Listener::responding(move |_| Scripted::json(200, &body));
        let error = segments::list(&config(&listener), &ListSegments::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("Ann") && !error.contains("4711"), "{error}");
    }
}

#[test]
fn an_error_on_the_third_page_ends_the_list() {
    let listener = Listener::responding(|request| match page_number(request) {
        3 => Scripted::json(403, r#"{"code":"missing.permission"}"#),
        n => page((0..5).map(|i| format!("s{}", (n - 1) * 5 + i)), json!({"pageCount": 9}).as_object().unwrap()),
    });
    let config = config(&listener);
    let mut all = segments::list_all(&config, &ListSegments { page_size: Some(5), ..Default::default() });
    let first: Vec<Segment> = all.by_ref().take(10).collect::<Result<_, _>>().unwrap();
    assert_eq!(first[9].id, "s9");
    assert_eq!(all.next().unwrap().unwrap_err().code(), Some("missing.permission"));
    for _ in 0..5 {
        assert!(all.next().is_none());
    }
    assert_eq!(listener.count(), 3);
}

#[test]
fn a_segment_on_two_pages_is_yielded_once() {
    let listener = Listener::responding(|request| {
        let ids: &[&str] = match page_number(request) {
            1 => &["s0", "s1", "s2"],
            2 => &["s2", "s3", "s3"],
            _ => &["s0", "s4"],
        };
        page(ids.iter().map(|id| (*id).to_owned()), json!({"pageSize": 3, "pageCount": 3}).as_object().unwrap())
    });
    is_each_once(list_ids(&listener, 3), 5);
}

#[test]
fn a_next_uri_of_another_host_is_not_followed() {
    let other = Listener::responding(success_for);
    let next = format!("{}/api/v2/journey/segments?pageNumber=2", other.url());
    let claims = json!({"pageSize": 3, "nextUri": next, "lastUri": next, "selfUri": next, "firstUri": next});
    let listener = pages(&[3, 3, 1], claims);
    is_each_once(list_ids(&listener, 3), 7);
    assert_eq!((other.connections(), other.count()), (0, 0));
    assert!(listener.requests().iter().all(|request| request.target.starts_with("/api/v2/journey/segments?")));
}

#[test]
fn a_list_continues_after_its_config_is_dropped() {
    let listener = pages(&[3, 3, 1], json!({"pageSize": 3, "total": 7}));
    let config = config(&listener);
    let mut all = segments::list_all(&config, &ListSegments { page_size: Some(3), ..Default::default() });
    all.next().unwrap().unwrap();
    drop(config);
    assert_eq!(all.map(Result::unwrap).count(), 6);
}

/// Calls with this id in the path.
fn with_id(config: &Config, id: &str) -> Vec<Result<(), Error>> {
    vec![
        segments::get(config, id).map(drop),
        segments::delete(config, id),
        segments::update(config, id, &segments::SegmentUpdate { color: "#1F6FEB".into(), ..Default::default() })
            .map(drop),
        action_targets::get(config, id).map(drop),
        genesys_journey::raw::get::<Value>(config, &["journey", id], &[]).map(drop),
    ]
}

#[test]
fn ids_that_cannot_be_a_segment_of_a_path_are_refused() {
    let listener = Listener::responding(success_for);
    let config = config(&listener);
    let long = "x".repeat(1 << 20);
    for id in ["", ".", "..", &long] {
        for result in with_id(&config, id) {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{error}");
            assert!(error.to_string().len() < 1000);
        }
    }
    assert_eq!(listener.connections(), 0);
}

#[test]
fn any_other_id_is_one_escaped_segment_of_the_path() {
    let listener = Listener::responding(success_for);
    let config = config(&listener);
    let table = [
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("%2e%2e", "%252e%252e"),
        ("../../oauth", "..%2F..%2Foauth"),
        ("a\r\nX: y", "a%0D%0AX%3A%20y"),
        ("a\0b", "a%00b"),
        ("\\", "%5C"),
        ("...", "..."),
        (" ", "%20"),
        ("ü", "%C3%BC"),
        (";a=b", "%3Ba%3Db"),
    ];
    for (id, escaped) in table {
        let before = listener.count();
        // Some of these calls fail, because the response has another type.
        drop(with_id(&config, id));
        let requests = listener.requests();
        assert_eq!(requests.len(), before + 5, "{id:?}");
        for request in &requests[before..] {
            let (path, last) = request.target.rsplit_once('/').unwrap();
            assert_eq!(last, escaped);
            assert!(["/api/v2/journey/segments", "/api/v2/journey/actiontargets", "/api/v2/journey"].contains(&path));
            assert_eq!(request.header("x"), None);
        }
    }
    // The longest id that is sent, together with the longest token.
    let config = settings(&listener.url()).token(&"t".repeat(14_000)).unwrap();
    let longest = 8_000 - "/api/v2/journey/segments/".len();
    segments::get(&config, &"x".repeat(longest)).unwrap();
    let error = segments::get(&config, &"x".repeat(longest + 1)).unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0));
}

#[test]
fn invalid_headers_and_urls_are_refused_at_build() {
    let listener = Listener::responding(success_for);
    let url = listener.url();
    for bad in ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "", " ", "a b\r", "tökén\u{7}"] {
        let error = settings(&url).token(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{bad:?}");
        assert!(bad.trim().is_empty() || !error.to_string().contains(bad));
        let error = settings(&url).user_agent(bad).token(TOKEN).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{bad:?}");
        let error = Config::new(Region::EU_WEST_1, bad).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Input, 0), "{bad:?}");
    }
    for bad in ["http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\n", "http://127.0.0.1\0", "http://127.0.0.1/a b", ""] {
        assert_eq!(Region::custom(bad, &url).unwrap_err().kind(), ErrorKind::Input, "{bad:?}");
        assert_eq!(Region::custom(&url, bad).unwrap_err().kind(), ErrorKind::Input, "{bad:?}");
    }
    assert_eq!(settings(&url).token(&"t".repeat(14_001)).unwrap_err().kind(), ErrorKind::Input);
    assert_eq!(listener.connections(), 0);
}
