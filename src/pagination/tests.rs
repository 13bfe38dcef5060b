//! Lists without a server: the passes over numbered pages, and cursors inside `nextUri`.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::region::Region;

/// Returns the items of a list, and the numbers of the pages that it requested. `pages` receives the number of the
/// pass, from 1, and that of the page.
fn list_by_number(pages: impl Fn(usize, u32) -> Value + Send + 'static) -> (Vec<Result<String>>, Vec<u32>) {
    let config = Config::builder(Region::EU_WEST_1).no_proxy().token("token").unwrap();
    let requested = Arc::new(Mutex::new(Vec::new()));
    let numbers = requested.clone();
    let items = ListAll::numbered(&config, Some(2), None, String::as_str, move |_, _, number| {
        let mut requested = requested.lock().unwrap();
        requested.push(number.unwrap());
        let pass = requested.iter().filter(|number| **number == 1).count();
        Ok(serde_json::from_value(pages(pass, number.unwrap())).unwrap())
    });
    let items = items.take(1000).collect();
    (items, numbers.lock().unwrap().clone())
}

/// Returns a page with two of these entities.
fn page_of(entities: &str, number: u32, total: u64) -> Value {
    let entities: Vec<&str> = entities.split(' ').skip(2 * (number as usize - 1)).take(2).collect();
    json!({ "entities": entities, "total": total })
}

fn all(items: Vec<Result<String>>) -> String {
    items.into_iter().map(Result::unwrap).collect::<Vec<_>>().join(" ")
}

#[test]
fn one_pass_is_enough_if_the_total_is_right() {
    let (items, numbers) = list_by_number(|_, number| page_of("a b c d", number, 4));
    assert_eq!((all(items).as_str(), numbers), ("a b c d", vec![1, 2]));
}

#[test]
fn one_pass_is_enough_without_a_total() {
    let (items, numbers) = list_by_number(|_, number| match number {
        1 => json!({ "entities": ["a", "b"] }),
        _ => json!({ "entities": ["c"], "total": null }),
    });
    assert_eq!((all(items).as_str(), numbers), ("a b c", vec![1, 2]));
}

#[test]
fn two_equal_passes_are_complete_whatever_the_total() {
    for total in [0, 1, 2, 4, u64::MAX] {
        let (items, numbers) = list_by_number(move |_, number| page_of("a b c", number, total));
        assert_eq!(all(items), if total == 2 { "a b" } else { "a b c" });
        let passes = numbers.iter().filter(|number| **number == 1).count();
        assert_eq!(passes, if total == 2 { 1 } else { 2 }, "{total}");
    }
}

#[test]
fn a_total_on_some_pages_needs_a_second_pass() {
    let (items, numbers) = list_by_number(|pass, number| match (pass, number) {
        (1, 1) => json!({ "entities": ["a", "b"], "total": 3 }),
        (_, 1) => json!({ "entities": ["a", "b"] }),
        _ => json!({ "entities": ["c"] }),
    });
    assert_eq!((all(items).as_str(), numbers), ("a b c", vec![1, 2, 1, 2]));
}

#[test]
fn an_entity_that_was_missed_is_yielded_in_the_second_pass() {
    // "a" is deleted after the first page, so that "c" moves to it.
    let (items, numbers) = list_by_number(|pass, number| match (pass, number) {
        (1, 1) => page_of("a b c d e", number, 5),
        _ => page_of("b c d e", number, 4),
    });
    assert_eq!((all(items).as_str(), numbers), ("a b d e c", vec![1, 2, 1, 2]));
}

#[test]
fn the_third_pass_may_agree_with_either_pass_before() {
    for (passes, yielded) in [(["a b", "a c", "a c"], "a b c"), (["a b", "a c", "b a"], "a b c")] {
        let (items, numbers) = list_by_number(move |pass, number| page_of(passes[pass - 1], number, 9));
        assert_eq!((all(items).as_str(), numbers), (yielded, [1, 2, 3].repeat(3)));
    }
}

#[test]
fn three_different_passes_are_an_incomplete_list() {
    let (mut items, numbers) = list_by_number(|pass, number| page_of(["a b", "a c", "a d"][pass - 1], number, 9));
    let error = items.pop().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_incomplete(), error.is_transient()), (ErrorKind::Decode, true, true), "{error}");
    assert!(error.to_string().contains("4 entities"), "{error}");
    assert_eq!((all(items).as_str(), numbers), ("a b c d", [1, 2, 3].repeat(3)));
}

#[test]
fn a_pass_without_a_total_proves_nothing_after_one_with_a_total() {
    let (items, numbers) = list_by_number(|pass, _| match pass {
        1 => json!({ "entities": ["a"], "total": 2 }),
        _ => json!({ "entities": ["b"] }),
    });
    assert_eq!((all(items).as_str(), numbers), ("a b", vec![1, 2, 3, 1, 1]));
}

#[test]
fn a_page_that_is_not_full_is_followed_by_another_if_a_count_says_so() {
    for claim in [json!({ "pageCount": 2 }), json!({ "nextUri": "/next" })] {
        let (items, _) = list_by_number(move |_, number| {
            let mut page = if number == 1 { claim.clone() } else { json!({}) };
            page["entities"] = json!([format!("{number}")]);
            page
        });
        assert_eq!(all(items), "1 2");
    }
}

#[test]
fn a_page_size_of_zero_is_ignored() {
    let (items, numbers) =
        list_by_number(|_, number| json!({ "entities": page_of("a b c", number, 0)["entities"], "pageSize": 0 }));
    assert_eq!((all(items).as_str(), numbers), ("a b c", vec![1, 2]));
}

#[test]
fn a_page_is_full_if_it_has_the_size_that_the_service_reports() {
    // The service permits only one entity to a page.
    let (items, numbers) = list_by_number(|_, number| {
        let entities: Vec<&str> = ["a", "b"].into_iter().skip(number as usize - 1).take(1).collect();
        json!({ "entities": entities, "pageSize": 1 })
    });
    assert_eq!((all(items).as_str(), numbers), ("a b", vec![1, 2, 3]));
}

#[test]
fn a_single_page_that_counts_one_page_is_complete() {
    let config = Config::builder(Region::EU_WEST_1).no_proxy().token("token").unwrap();
    let list = |page_count: u64| {
        let page = json!({ "entities": ["a"], "pageCount": page_count });
        let read = move |_: &Config| Ok(serde_json::from_value::<Page<String>>(page.clone()).unwrap());
        ListAll::single_page(&config, String::as_str, read).collect::<Result<Vec<_>>>()
    };
    assert_eq!(list(1).unwrap(), ["a"]);
    assert!(list(2).unwrap_err().is_incomplete());
}

#[test]
fn a_full_page_is_followed_by_another_if_the_counts_deny_it() {
    for counts in [json!({ "pageCount": 1 }), json!({ "pageCount": 0, "total": 1 }), json!({})] {
        let said = counts.clone();
        let (items, _) = list_by_number(move |_, number| {
            let mut page = said.clone();
            page["entities"] = page_of("a b c", number, 0)["entities"].clone();
            page
        });
        assert_eq!(all(items), "a b c", "{counts}");
    }
}

#[test]
fn null_entries_are_skipped_and_count_for_a_full_page() {
    let (items, numbers) = list_by_number(|_, number| match number {
        1 => json!({ "entities": [null, "a"] }),
        2 => json!({ "entities": ["b", null, "c"] }),
        _ => json!({ "entities": null }),
    });
    assert_eq!((all(items).as_str(), numbers), ("a b c", vec![1, 2, 3]));
}

fn read(text: &str) -> serde_json::Result<Page<String>> {
    serde_json::from_str(text)
}

#[test]
fn a_page_needs_one_field_of_a_list() {
    for text in [
        r#"{"entities":[]}"#,
        r#"{"entities":null}"#,
        r#"{"total":0}"#,
        r#"{"pageCount":0}"#,
        r#"{"pageNumber":1}"#,
        r#"{"pageSize":25}"#,
        r#"{"firstUri":"/"}"#,
        r#"{"lastUri":"/"}"#,
        r#"{"selfUri":"/"}"#,
        r#"{"nextUri":"/"}"#,
        r#"{"previousUri":"/"}"#,
    ] {
        assert!(read(text).unwrap().entities.is_empty(), "{text}");
    }
    for text in [
        "{}",
        "null",
        "[]",
        r#"{"total":null}"#,
        r#"{"message":"Service under maintenance","status":503}"#,
        r#"{"entities":{}}"#,
        r#"{"entities":""}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_named_by_its_index() {
    for (text, index) in [(r#"{"entities":[1]}"#, 0), (r#"{"entities":["a",null,{}]}"#, 2)] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("entry {index}: invalid type")), "{error}");
        assert_eq!(error.matches("at line 1 column").count(), 1, "{error}");
    }
}

#[test]
fn a_count_is_never_rounded() {
    let table = [("3", Some(3)), ("3.0", Some(3)), ("18446744073709551615", Some(u64::MAX)), ("-0", Some(0))];
    let none = ["-1", "-1.0", "-1.5", "null"].map(|text| (text, None));
    for (text, count) in table.into_iter().chain(none) {
        let page = read(&format!(r#"{{"entities":[],"total":{text}}}"#)).unwrap();
        assert_eq!(page.total, count, "{text}");
    }
    for text in ["1.5", "1e400", "18446744073709551616", "1e19", "\"3\"", "true", "[]"] {
        assert!(read(&format!(r#"{{"entities":[],"pageCount":{text}}}"#)).is_err(), "{text}");
    }
}

/// Returns the items of a list with these pages, and the cursors of its requests.
fn list_by_next_uri(pages: impl Fn(Option<&str>) -> Value + Send + 'static) -> (Vec<Result<String>>, Vec<String>) {
    let config = Config::builder(Region::EU_WEST_1).no_proxy().token("token").unwrap();
    let requested = Arc::new(Mutex::new(Vec::new()));
    let cursors = requested.clone();
    let items = ListAll::with_next_uri(&config, String::as_str, move |_, cursor| {
        requested.lock().unwrap().push(cursor.unwrap_or("first").to_owned());
        Ok(serde_json::from_value(pages(cursor)).unwrap())
    });
    let items = items.collect();
    (items, cursors.lock().unwrap().clone())
}

fn uri_of(uri: &str) -> Result<Option<String>> {
    next_uri::cursor(Some(uri))
}

#[test]
fn the_cursor_is_the_decoded_parameter_after() {
    let table = [
        ("/api/v2/journey/sessions/7/events?pageSize=3&after=eyJpZCI6IjMifQ%3D%3D", "eyJpZCI6IjMifQ=="),
        ("/events?after=MTI+/w==&pageSize=3", "MTI+/w=="),
        ("https://elsewhere.example/events?after=abc#after=x", "abc"),
        ("?before=1&after=a%20b%26c", "a b&c"),
    ];
    for (uri, cursor) in table {
        assert_eq!(uri_of(uri).unwrap().as_deref(), Some(cursor), "{uri}");
    }
}

#[test]
fn no_next_uri_is_the_end() {
    assert_eq!(next_uri::cursor(None).unwrap(), None);
    assert_eq!(uri_of("").unwrap(), None);
}

#[test]
fn a_next_uri_without_a_cursor_is_an_error() {
    for uri in ["/events", "/events?pageSize=3", "/events?thereafter=1", "/after=1", "/events#?after=1", "?after=%FF"] {
        let error = uri_of(uri).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{uri}");
        // The path may contain the id of a person.
        assert!(!error.to_string().contains(uri), "{error}");
    }
}

#[test]
fn a_list_follows_the_cursors_of_its_pages() {
    let (items, cursors) = list_by_next_uri(|cursor| match cursor {
        None => json!({ "entities": ["a", "b"], "nextUri": "https://elsewhere.example/x?after=1%3D" }),
        Some("1=") => json!({ "entities": [], "nextUri": "/x?after=2" }),
        Some("2") => json!({ "entities": ["b", "c"], "nextUri": null }),
        _ => unreachable!(),
    });
    assert_eq!(all(items), "a b c");
    assert_eq!(cursors, ["first", "1=", "2"]);
}

#[test]
fn an_empty_cursor_is_the_end() {
    let (items, cursors) = list_by_next_uri(|_| json!({ "entities": ["a"], "nextUri": "/x?after=" }));
    assert_eq!((all(items).as_str(), cursors.len()), ("a", 1));
}

#[test]
fn a_next_uri_that_repeats_is_an_error() {
    let (mut items, cursors) = list_by_next_uri(|_| json!({ "entities": ["a"], "nextUri": "/x?after=1" }));
    let error = items.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "the list does not end: a cursor occurs twice");
    assert_eq!((items.len(), cursors.len()), (1, 2));
}

#[test]
fn a_hundred_empty_pages_are_an_error() {
    let next = Mutex::new(0);
    let (items, cursors) = list_by_next_uri(move |_| {
        let mut next = next.lock().unwrap();
        *next += 1;
        json!({ "entities": [], "nextUri": format!("/x?after={next}") })
    });
    assert_eq!(items.len(), 1);
    assert_eq!(cursors.len(), 100);
}

#[test]
fn a_page_after_the_last_page_number_is_not_requested() {
    let mut paginator = Paginator::default();
    let counts = || Counts { total: None, page_count: None, page_size: 1, has_next_uri: true };
    assert!(paginator.accept_id("a"));
    let next = paginator.accept_page(&Position::Number(u32::MAX - 1), 1, Following::Counts(counts())).unwrap();
    assert!(matches!(next, Step::Request(Position::Number(u32::MAX))));
    assert!(paginator.accept_id("b"));
    let next = paginator.accept_page(&Position::Number(u32::MAX), 1, Following::Counts(counts())).unwrap();
    assert!(matches!(next, Step::End));
}
