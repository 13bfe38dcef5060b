//! Lists with a cursor inside `nextUri`, without a server.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;
use crate::region::Region;

/// The items of a list with these pages, and the cursors of its requests.
fn list_by_next_uri(pages: impl Fn(Option<&str>) -> Value + Send + 'static) -> (Vec<Result<String>>, Vec<String>) {
    let config = Config::new(Region::EU_WEST_1, "token").unwrap();
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
        assert!(error.to_string().contains(uri), "{error}");
    }
}

#[test]
fn a_list_follows_the_cursors_of_its_pages() {
    let (items, cursors) = list_by_next_uri(|cursor| match cursor {
        None => json!({ "entities": ["a", "b"], "nextUri": "https://elsewhere.example/x?after=1%3D" }),
        Some("1=") => json!({ "entities": [], "nextUri": "/x?after=2" }),
        _ => json!({ "entities": ["b", "c"], "nextUri": null }),
    });
    assert_eq!(items.into_iter().map(Result::unwrap).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(cursors, ["first", "1=", "2"]);
}

#[test]
fn a_next_uri_that_repeats_is_an_error() {
    let (mut items, cursors) = list_by_next_uri(|_| json!({ "entities": ["a"], "nextUri": "/x?after=1" }));
    let error = items.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("\"1\" repeats"), "{error}");
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
    let counts = || Counts { total: Some(9), page_count: None, page_size: 1, has_next_uri: true };
    assert!(paginator.accept_id("a"));
    let next = paginator.accept_page(&Position::Number(u32::MAX - 1), 1, Following::Counts(counts())).unwrap();
    assert!(matches!(next, Step::Request(Position::Number(u32::MAX))));
    assert!(paginator.accept_id("b"));
    let next = paginator.accept_page(&Position::Number(u32::MAX), 1, Following::Counts(counts())).unwrap();
    assert!(matches!(next, Step::End));
}
