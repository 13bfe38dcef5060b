//! Lists of numbered pages: the number and time of the requests, and pages with wrong counts.

use std::sync::Mutex;

use genesys_journey::action_targets::{self, ListActionTargets};
use genesys_journey::segments::{self, ListSegments};
use genesys_journey::{Config, ErrorKind};
use genesys_stand_in::{Response, StandIn, config};
use serde_json::{Value, json};

use crate::heap::peak;

fn count(service: &StandIn) -> usize {
    service.requests().len()
}

fn by(page_size: u32) -> ListSegments {
    ListSegments { page_size: Some(page_size), ..ListSegments::default() }
}

/// The ids of a whole list, which must end.
fn list_ids(config: &Config, list: &ListSegments) -> Vec<String> {
    let ids: Vec<String> = segments::list_all(config, list).take(10_000).map(|segment| segment.unwrap().id).collect();
    assert!(ids.len() < 10_000, "it does not end");
    ids
}

/// Lists 13 segments, 5 on a page, with changed pages. Returns whether all were listed, and the requests.
fn list_changed(change: impl Fn(&mut Value) + Send + Sync + 'static) -> (bool, usize) {
    let service = StandIn::start();
    let ids = service.seed_segments(13);
    service.faults().mutate_lists(change);
    (list_ids(&config!(service), &by(5)) == ids, count(&service))
}

fn without(page: &mut Value, fields: &[&str]) {
    for field in fields {
        page.as_object_mut().unwrap().remove(*field);
    }
}

const CLAIMS: [&str; 8] =
    ["total", "pageCount", "pageSize", "pageNumber", "nextUri", "firstUri", "lastUri", "previousUri"];

#[test]
fn five_hundred_segments_are_five_requests() {
    let service = StandIn::start();
    let ids = service.seed_segments(500);
    assert_eq!(list_ids(&config!(service), &ListSegments::default()), ids);
    let queries: Vec<String> = service.requests().iter().map(|seen| seen.raw_query.clone()).collect();
    let expected: Vec<String> = (1..=5).map(|n| format!("pageSize=100&pageNumber={n}")).collect();
    assert_eq!(queries, expected);
}

#[test]
fn a_page_is_requested_when_its_first_segment_is_needed() {
    let service = StandIn::start();
    service.seed_segments(201);
    let mut all = segments::list_all(&config!(service), &ListSegments::default());
    assert_eq!(count(&service), 0);
    assert_eq!(all.by_ref().take(100).filter(Result::is_ok).count(), 100);
    assert_eq!(count(&service), 1);
    all.next().unwrap().unwrap();
    assert_eq!(count(&service), 2);
    assert_eq!(all.filter(Result::is_ok).count(), 100);
    assert_eq!(count(&service), 3);
}

#[test]
fn one_page_is_one_request_and_so_is_an_empty_list() {
    for n in [0, 1, 99, 100] {
        let service = StandIn::start();
        service.seed_segments(n);
        let mut all = segments::list_all(&config!(service), &ListSegments::default());
        assert_eq!(all.by_ref().filter(Result::is_ok).count(), n);
        assert!(all.next().is_none());
        assert_eq!(count(&service), 1, "{n} segments");
    }
}

#[test]
fn the_filters_go_with_every_page() {
    let service = StandIn::start();
    service.seed_segments(40);
    let list = ListSegments { is_active: Some(true), sort_by: Some("displayName".into()), ..by(10) };
    assert_eq!(list_ids(&config!(service), &list).len(), 30);
    let requests = service.requests();
    assert_eq!(requests.len(), 3);
    for seen in requests {
        assert_eq!((seen.query_all("isActive"), seen.query_all("sortBy")), (vec!["true"], vec!["displayName"]));
    }
}

#[test]
fn a_list_of_ids_is_one_request_without_paging() {
    let service = StandIn::start();
    let ids = service.seed_segments(120);
    let wanted = ListSegments { segment_ids: ids[..100].to_vec(), ..ListSegments::default() };
    assert_eq!(list_ids(&config!(service), &wanted), ids[..100]);
    assert_eq!(count(&service), 1);
    let seen = service.last_request();
    assert_eq!(seen.query_all("segmentIds").len(), 100);
    assert!(seen.query_all("pageSize").is_empty() && seen.query_all("pageNumber").is_empty());

    let too_many = ListSegments { segment_ids: ids[..101].to_vec(), ..ListSegments::default() };
    let mut all = segments::list_all(&config!(service), &too_many);
    assert_eq!(all.next().unwrap().unwrap_err().kind(), ErrorKind::Input);
    assert!(all.next().is_none());
    assert_eq!(count(&service), 1);
}

#[test]
fn action_targets_are_listed_a_hundred_at_a_time() {
    let service = StandIn::start();
    for n in 0..218 {
        service.add_action_target(json!({ "name": format!("target {n}") }));
    }
    let config = config!(service);
    let all = action_targets::list_all(&config, &ListActionTargets::default());
    let mut ids: Vec<String> = all.map(|target| target.unwrap().id).collect();
    assert_eq!(ids.len(), 220);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 220);
    assert_eq!(count(&service), 3);
    let seen = service.last_request();
    assert_eq!((seen.query_all("pageSize"), seen.query_all("pageNumber")), (vec!["100"], vec!["3"]));

    let few = ListActionTargets { page_size: Some(200), ..ListActionTargets::default() };
    assert_eq!(action_targets::list_all(&config, &few).filter(Result::is_ok).count(), 220);
    assert_eq!(count(&service), 5);
}

#[test]
fn the_size_is_known_after_the_last_page() {
    let service = StandIn::start();
    service.seed_segments(250);
    let mut all = segments::list_all(&config!(service), &ListSegments::default());
    assert_eq!(all.size_hint(), (0, None));
    all.next().unwrap().unwrap();
    assert_eq!(all.size_hint(), (99, None));
    assert_eq!(all.by_ref().take(199).filter(Result::is_ok).count(), 199);
    assert_eq!(all.size_hint(), (0, None));
    all.next().unwrap().unwrap();
    assert_eq!(all.size_hint(), (49, Some(49)));
    assert_eq!(all.by_ref().filter(Result::is_ok).count(), 49);
    assert_eq!(all.size_hint(), (0, Some(0)));
}

#[test]
fn list_all_refuses_a_page_number() {
    let service = StandIn::start();
    service.seed_segments(3);
    let config = config!(service);
    let numbered = ListSegments { page_number: Some(1), ..ListSegments::default() };
    let targets = ListActionTargets { page_number: Some(2), ..ListActionTargets::default() };
    let mut all = segments::list_all(&config, &numbered);
    assert_eq!(all.size_hint(), (1, Some(1)));
    let errors =
        [all.next().unwrap().unwrap_err(), action_targets::list_all(&config, &targets).last().unwrap().unwrap_err()];
    for error in errors {
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("pageNumber")), "{error}");
    }
    assert!(all.next().is_none());
    assert_eq!(count(&service), 0);
}

#[test]
fn list_all_refuses_a_page_size_of_zero() {
    let service = StandIn::start();
    let config = config!(service);
    let mut all = segments::list_all(&config, &by(0));
    let error = all.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("pageSize")), "{error}");
    assert!(all.next().is_none());
    let none = ListActionTargets { page_size: Some(0), ..ListActionTargets::default() };
    let errors: Vec<_> = action_targets::list_all(&config, &none).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].as_ref().unwrap_err().field(), Some("pageSize"));
    assert_eq!(count(&service), 0);
}

#[test]
fn the_list_ends_with_the_first_error() {
    let service = StandIn::start();
    service.seed_segments(300);
    let mut all = segments::list_all(&config!(service), &ListSegments::default());
    assert_eq!(all.by_ref().take(200).filter(Result::is_ok).count(), 200);
    service.respond_next([Response::json(403, json!({ "code": "missing.permission" }))]);
    let error = all.next().unwrap().unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(403), Some("missing.permission")));
    for _ in 0..3 {
        assert!(all.next().is_none());
    }
    assert_eq!(all.size_hint(), (0, Some(0)));
    assert_eq!(count(&service), 3);
}

#[test]
fn a_page_that_fails_once_is_retried() {
    let service = StandIn::start();
    let ids = service.seed_segments(10);
    let config = config!(service);
    let mut all = segments::list_all(&config, &by(5));
    let mut given: Vec<String> = all.by_ref().take(5).map(|segment| segment.unwrap().id).collect();
    service.respond_next([Response::text(503, "")]);
    given.extend(all.map(|segment| segment.unwrap().id));
    assert_eq!(given, ids);
    assert_eq!(count(&service), 3);
}

#[test]
fn a_wrong_page_count_hides_nothing_and_adds_nothing() {
    for wrong in [json!(0), json!(1), json!(1_000_000_000), json!(u64::MAX), Value::Null] {
        let (all, requests) = list_changed({
            let wrong = wrong.clone();
            move |page| page["pageCount"] = wrong.clone()
        });
        assert!(all, "{wrong}");
        assert!((3..=5).contains(&requests), "{wrong}: {requests} requests");
    }
}

#[test]
fn a_page_count_of_zero_is_ignored() {
    // There is no other count.
    let (all, requests) = list_changed(|page| {
        without(page, &["total", "nextUri"]);
        page["pageCount"] = json!(0);
    });
    assert!(all);
    assert_eq!(requests, 3);
}

#[test]
fn a_wrong_total_hides_nothing_and_adds_nothing() {
    for wrong in [json!(0), json!(1), json!(12), json!(14), json!(1_000_000_000), json!(u64::MAX), Value::Null] {
        let (all, requests) = list_changed({
            let wrong = wrong.clone();
            move |page| page["total"] = wrong.clone()
        });
        assert!(all, "{wrong}");
        // The list is complete once two passes over its three pages received the same segments.
        let passes = if wrong.is_null() { 1 } else { 2 };
        assert!((3 * passes..=5 * passes).contains(&requests), "{wrong}: {requests} requests");
    }
}

#[test]
fn a_total_that_shrinks_between_pages_hides_nothing() {
    let (all, requests) = list_changed(|page| {
        let number = page["pageNumber"].as_u64().unwrap();
        page["total"] = json!(13 - 4 * (number - 1));
    });
    assert!(all);
    assert_eq!(requests, 6);
}

#[test]
fn without_counts_a_partial_page_is_the_last() {
    let (all, requests) = list_changed(|page| without(page, &["total", "pageCount", "nextUri"]));
    assert!(all);
    assert_eq!(requests, 3);
    // Without the size of a page, it is that of the request.
    let (all, requests) = list_changed(|page| without(page, &CLAIMS));
    assert!(all);
    assert_eq!(requests, 3);
}

#[test]
fn a_next_uri_alone_is_followed() {
    let (all, requests) = list_changed(|page| without(page, &["total", "pageCount", "pageSize"]));
    assert!(all);
    assert_eq!(requests, 3);
}

#[test]
fn a_list_of_the_same_page_ends() {
    for claims in
        [json!({}), json!({ "pageCount": 1_000_000 }), json!({ "total": 1_000_000 }), json!({ "nextUri": "/" })]
    {
        let service = StandIn::start();
        let ids = service.seed_segments(13);
        let first = Mutex::new(None);
        service.faults().mutate_lists(move |page| {
            without(page, &CLAIMS);
            page.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
            *page = first.lock().unwrap().get_or_insert(page.clone()).clone();
        });
        assert_eq!(list_ids(&config!(service), &by(5)), ids[..5]);
        assert!(count(&service) <= 6, "{} requests", count(&service));
    }
}

#[test]
fn an_empty_page_does_not_hide_the_next() {
    let service = StandIn::start();
    let ids = service.seed_segments(13);
    service.faults().mutate_lists(|page| {
        if page["pageNumber"] == 2 {
            page["entities"] = json!([]);
        }
    });
    let expected = [&ids[..5], &ids[10..]].concat();
    assert_eq!(list_ids(&config!(service), &by(5)), expected);
    // The total is larger than the number of segments received. Two more pages are requested, and a second pass.
    assert_eq!(count(&service), 10);
}

#[test]
fn a_list_of_empty_pages_ends() {
    let service = StandIn::start();
    service.seed_segments(13);
    service.faults().mutate_lists(|page| {
        page["entities"] = json!([]);
        page["total"] = json!(1_000_000_000);
        page["pageCount"] = json!(1_000_000_000);
        page["nextUri"] = json!("/next");
    });
    assert!(list_ids(&config!(service), &by(5)).is_empty());
    assert_eq!(count(&service), 4);
}

#[test]
fn a_segment_that_a_delete_moves_to_an_earlier_page_is_yielded() {
    let service = StandIn::start();
    let ids = service.seed_segments(250);
    let config = config!(service);
    let mut all = segments::list_all(&config, &ListSegments::default()).map(|segment| segment.unwrap().id);
    let mut yielded: Vec<String> = all.by_ref().take(100).collect();
    // The 101st segment is now on the first page.
    segments::delete(&config, &ids[0]).unwrap();
    yielded.extend(all);
    assert_eq!(yielded.pop().as_ref(), Some(&ids[100]));
    assert_eq!(yielded, [&ids[..100], &ids[101..]].concat());
    // Two passes of three pages, and the delete.
    assert_eq!(count(&service), 7);
}

#[test]
fn a_segment_that_is_created_between_two_pages_is_yielded_once() {
    let service = StandIn::start();
    let ids = service.seed_segments(150);
    let config = config!(service);
    let mut all = segments::list_all(&config, &ListSegments::default()).map(|segment| segment.unwrap().id);
    let mut yielded: Vec<String> = all.by_ref().take(100).collect();
    let new = service.add_segment(json!({ "displayName": "new" }));
    yielded.extend(all);
    yielded.sort();
    let mut expected = [ids, vec![new]].concat();
    expected.sort();
    assert_eq!(yielded, expected);
    assert_eq!(count(&service), 4);
}

#[test]
fn a_segment_that_moves_to_the_next_page_is_yielded_once() {
    let service = StandIn::start();
    let ids = service.seed_segments(12);
    let first = ids[0].clone();
    let before = Mutex::new(Value::Null);
    service.faults().mutate_lists(move |page| {
        // An entity was added at the front, so that all others move by one.
        let mut before = before.lock().unwrap();
        let entities = page["entities"].as_array_mut().unwrap();
        if !before.is_null() {
            entities.insert(0, before.clone());
        }
        *before = entities.last().cloned().unwrap_or_default();
    });
    let given = list_ids(&config!(service), &by(5));
    assert_eq!(given.first(), Some(&first));
    assert_eq!(given, ids);
}

#[test]
fn a_segment_twice_on_one_page_is_yielded_once() {
    let service = StandIn::start();
    let ids = service.seed_segments(7);
    service.faults().mutate_lists(|page| {
        let entities = page["entities"].as_array_mut().unwrap();
        let twice = entities[0].clone();
        entities.push(twice);
    });
    assert_eq!(list_ids(&config!(service), &by(5)), ids);
}

#[test]
fn a_next_page_on_another_host_is_never_followed() {
    let other = StandIn::start();
    other.seed_segments(50);
    let elsewhere = format!("{}/api/v2/journey/segments?pageNumber=2", other.url());
    let (all, requests) = list_changed(move |page| page["nextUri"] = json!(elsewhere));
    assert!(all);
    // The last page has a nextUri, too. The page after it is empty, and no further page is requested.
    assert!((3..=5).contains(&requests), "{requests} requests");
    assert_eq!(count(&other), 0);
}

#[test]
fn a_total_of_a_thousand_million_reserves_nothing() {
    let service = StandIn::start();
    service.seed_segments(3);
    service.faults().mutate_lists(|page| page["total"] = json!(1_000_000_000));
    let config = config!(service);
    list_ids(&config, &by(3));
    let held = peak(|| assert_eq!(list_ids(&config, &by(3)).len(), 3));
    // A thousand million of anything would be a gigabyte.
    assert!(held < 256 << 20, "{} MiB were held", held >> 20);
    let mut all = segments::list_all(&config, &by(3));
    all.next().unwrap().unwrap();
    assert!(all.size_hint().0 < 10);
}

#[test]
fn the_iterator_is_send_and_its_debug_shows_the_progress() {
    let service = StandIn::start();
    service.seed_segments(30);
    let mut all = segments::list_all(&config!(service), &by(20));
    all.next().unwrap().unwrap();
    assert_eq!(format!("{all:?}"), "ListAll { next: Request(Number(2)), buffered: 19 }");
    assert_eq!(std::thread::spawn(move || all.count()).join().unwrap(), 29);
}
