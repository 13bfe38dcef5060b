//! `ensure_all`: one list, and only the writes that are needed.

use super::*;

fn wanted(names: impl IntoIterator<Item = String>) -> Vec<NewSegment> {
    names.into_iter().map(|name| NewSegment { color: Some("#1F6FEB".into()), ..NewSegment::new(name) }).collect()
}

#[test]
fn five_hundred_unchanged_segments_are_five_requests() {
    let service = StandIn::start();
    let names: Vec<String> = (0..500).map(|n| format!("Segment {n}")).collect();
    for name in &names {
        service.add_segment(json!({ "displayName": name, "color": "#1F6FEB" }));
    }
    let results = segments::ensure_all(&with_slow_backoff(&service), &wanted(names)).unwrap();
    assert_eq!(results.len(), 500);
    assert!(results.into_iter().all(|result| matches!(result, Ok(Ensured::Unchanged(_)))));
    assert_eq!(methods_of(&service), ["GET"; 5].join(" "));
}

#[test]
fn only_differences_are_written_in_the_given_order() {
    let service = StandIn::start();
    service.add_segment(json!({ "displayName": "Same", "color": "#1F6FEB" }));
    service.add_segment(json!({ "displayName": "Other", "color": "#000000" }));
    let all = wanted(["New", "Same", "Other"].map(str::to_owned));
    let results = segments::ensure_all(&with_slow_backoff(&service), &all).unwrap();
    let [Ok(Ensured::Created(new)), Ok(Ensured::Unchanged(same)), Ok(Ensured::Updated { entity: other, .. })] =
        &results[..]
    else {
        panic!("{results:?}")
    };
    assert_eq!([new, same, other].map(|segment| segment.display_name.as_str()), ["New", "Same", "Other"]);
    // The list; a search, a list, the create and a read; the update and a read.
    assert_eq!(methods_of(&service), "GET GET GET POST GET PATCH GET");
}

#[test]
fn a_failure_does_not_stop_the_others() {
    let service = StandIn::start();
    for _ in 0..2 {
        add(&service, "Twins");
    }
    let mut all = wanted(["Twins", "Bad", "New"].map(str::to_owned));
    all[1].color = Some("red".into());
    let results = segments::ensure_all(&with_slow_backoff(&service), &all).unwrap();
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::Api);
    assert_eq!(results[1].as_ref().unwrap_err().field(), Some("color"));
    assert!(matches!(results[2], Ok(Ensured::Created(_))));
    assert_eq!(service.segments().len(), 3);
}

#[test]
fn a_name_that_is_given_twice_is_refused() {
    let service = StandIn::start();
    let all = wanted(["VIP", "New", "VIP"].map(str::to_owned));
    let error = segments::ensure_all(&with_slow_backoff(&service), &all).unwrap_err();
    assert_eq!(error.field(), Some("displayName"));
    assert!(error.to_string().contains("\"VIP\""), "{error}");
    assert_input(&error, &service);
    assert!(segments::ensure_all(&with_slow_backoff(&service), &[]).unwrap().is_empty());
    assert_eq!(methods_of(&service), "");
}

#[test]
fn an_incomplete_list_is_an_error_and_nothing_is_written() {
    let service = StandIn::start();
    service.seed_segments(250);
    service.faults().unstable_order(true);
    let error = segments::ensure_all(&with_slow_backoff(&service), &wanted(["New".to_owned()])).unwrap_err();
    assert!(error.is_incomplete(), "{error}");
    assert_eq!(service.segments().len(), 250);
}

#[test]
fn two_names_that_become_one_are_created_once() {
    let service = StandIn::start();
    service.faults().rewrite_names(|name| name.trim().to_owned());
    let all = wanted(["VIP", "VIP "].map(str::to_owned));
    let results = segments::ensure_all(&with_slow_backoff(&service), &all).unwrap();
    assert!(matches!(results[0], Ok(Ensured::Created(_))), "{results:?}");
    assert_eq!(results[1].as_ref().unwrap_err().field(), Some("displayName"));
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn lost_responses_create_nothing_twice() {
    let service = StandIn::start();
    service.faults().lose_responses(3);
    let all = wanted((0..3).map(|n| format!("New {n}")));
    let results = segments::ensure_all(&with_slow_backoff(&service), &all).unwrap();
    assert!(results.iter().all(|result| matches!(result, Ok(Ensured::Created(_)))), "{results:?}");
    assert_eq!(service.segments().len(), 3);
}
