//! What people write by hand around the segments, and how many requests it takes.

use std::time::Duration;

use genesys_journey::criteria::{Context, ContextCriterion, ContextPattern, Operator};
use genesys_journey::segments::{self, Ensured, ListSegments, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Config, ErrorKind, Region, Update};
use genesys_stand_in::StandIn;
use serde_json::json;

fn at(service: &StandIn) -> Config {
    Config::builder(Region::at(&service.url(), &service.url()).unwrap())
        .base_wait(Duration::from_millis(1))
        .deadline(Duration::from_secs(5))
        .token(&service.token())
        .unwrap()
}

/// How many requests were made with each method, since the last time.
fn asked(service: &StandIn) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    service.requests().into_iter().for_each(|seen| *counts.entry(seen.method).or_insert(0) += 1);
    service.forget_requests();
    counts.into_iter().collect()
}

fn count(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
    pairs.iter().map(|(method, n)| ((*method).to_owned(), *n)).collect()
}

fn pattern(n: usize) -> ContextPattern {
    ContextPattern::new([ContextCriterion::new("device.type", Operator::Equal, [format!("type {n}")])])
}

#[test]
fn five_hundred_segments_are_five_requests_each_when_it_is_wanted() {
    let service = StandIn::start();
    service.seed_segments(500);
    let config = at(&service);
    let mut all = segments::list_all(&config, &Default::default());
    assert!(service.requests().is_empty(), "nothing is asked before the first is wanted");
    assert_eq!(all.by_ref().take(100).count(), 100);
    assert_eq!(asked(&service), count(&[("GET", 1)]));
    assert_eq!(all.size_hint(), (0, Some(400)));
    assert_eq!(all.by_ref().map(Result::unwrap).count(), 400);
    assert_eq!(asked(&service), count(&[("GET", 4)]));
    assert!(all.next().is_none());
    assert!(asked(&service).is_empty());
}

#[test]
fn the_walk_goes_on_after_its_config_is_dropped() {
    let service = StandIn::start();
    service.seed_segments(150);
    let all = segments::list_all(&at(&service), &ListSegments { page_size: Some(50), ..Default::default() });
    assert_eq!(all.map(Result::unwrap).count(), 150);
    assert_eq!(asked(&service), count(&[("GET", 3)]));
}

#[test]
fn many_ids_are_asked_for_by_the_hundred_once_each_and_come_in_order() {
    let service = StandIn::start();
    let config = at(&service);
    let mut ids = service.seed_segments(248);
    ids.insert(3, "nobody".into());
    ids.push("nobody else".into());
    ids.reverse();
    let twice: Vec<String> = ids.iter().chain(&ids).cloned().collect();
    let found = segments::get_many(&config, twice).unwrap();
    assert_eq!(asked(&service), count(&[("GET", 3)]));
    let there: Vec<&String> = ids.iter().filter(|id| !id.starts_with("nobody")).collect();
    assert_eq!(found.segments.iter().map(|segment| &segment.id).collect::<Vec<_>>(), there);
    assert_eq!(found.missing, ["nobody else", "nobody"]);
}

#[test]
fn no_ids_are_no_request_and_an_empty_id_is_refused() {
    let service = StandIn::start();
    let found = segments::get_many(&at(&service), Vec::<String>::new()).unwrap();
    assert!(found.segments.is_empty() && found.missing.is_empty());
    assert_eq!(segments::get_many(&at(&service), ["7", ""]).unwrap_err().kind(), ErrorKind::Input);
    assert!(service.requests().is_empty());
}

#[test]
fn a_name_is_found_exactly_active_or_not() {
    let service = StandIn::start();
    let config = at(&service);
    for name in ["VIP 1", "vip", "VIP", "A VIP", "50% & more? #1 + 日"] {
        service.add_segment(json!({"displayName": name, "isActive": name != "VIP"}));
    }
    for name in ["VIP", "50% & more? #1 + 日"] {
        assert_eq!(segments::find_by_name(&config, name).unwrap().unwrap().display_name, name);
        assert_eq!(asked(&service), count(&[("GET", 1)]), "one request where there is one");
    }
    service.seed_segments(495);
    assert_eq!(segments::find_by_name(&config, "nobody").unwrap(), None);
    assert_eq!(asked(&service), count(&[("GET", 6)]), "one, and five to be sure that there is none");
    assert_eq!(segments::find_by_name(&config, "").unwrap_err().kind(), ErrorKind::Input);
    assert!(asked(&service).is_empty());
}

#[test]
fn two_of_one_name_are_an_error_with_both_ids() {
    let service = StandIn::start();
    let ids = ["VIP", "VIP"].map(|name| service.add_segment(json!({"displayName": name})));
    let error = segments::find_by_name(&at(&service), "VIP").unwrap_err();
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    assert!(segments::ensure(&at(&service), &NewSegment::new("VIP")).is_err());
}

#[test]
fn edit_sends_what_changed_with_the_version_that_was_read() {
    let service = StandIn::start();
    let id = service.add_segment(json!({"displayName": "VIP", "color": "#000000"}));
    let change = |segment: &Segment| SegmentUpdate {
        display_name: format!("{} 2", segment.display_name).into(),
        color: segment.color.clone().into(),
        description: Update::Clear,
        ..SegmentUpdate::default()
    };
    let segment = segments::edit(&at(&service), &id, change).unwrap();
    assert_eq!(service.last_request().body, Some(json!({"displayName": "VIP 2", "version": 1})));
    assert_eq!((segment.version, segment.display_name.as_str()), (2, "VIP 2"));
    assert_eq!(asked(&service), count(&[("GET", 1), ("PATCH", 1)]));
}

#[test]
fn edit_without_a_change_sends_nothing_and_a_forbidden_one_is_refused() {
    let service = StandIn::start();
    let id = service.seed_segments(1).remove(0);
    let config = at(&service);
    let same = |segment: &Segment| SegmentUpdate { is_active: segment.is_active.into(), ..SegmentUpdate::default() };
    assert_eq!(segments::edit(&config, &id, same).unwrap().version, 1);
    let error = segments::edit(&config, &id, |_| SegmentUpdate { color: "red".into(), ..SegmentUpdate::default() });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Input);
    assert_eq!(asked(&service), count(&[("GET", 2)]));
}

#[test]
fn two_threads_that_each_add_a_hundred_patterns_lose_none() {
    for as_400 in [false, true] {
        let service = StandIn::start();
        if as_400 {
            service.conflicts_as_400();
        }
        let id = service.add_segment(json!({"displayName": "VIP"}));
        let config = at(&service);
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (config, id) = (&config, &id);
                scope.spawn(move || {
                    for n in 0..100 {
                        let added = pattern(thread * 100 + n);
                        segments::edit(config, id, |segment| {
                            let mut context = segment.context.clone();
                            context.patterns.push(added.clone());
                            SegmentUpdate { context: context.into(), ..SegmentUpdate::default() }
                        })
                        .unwrap();
                    }
                });
            }
        });
        let segment = segments::get(&config, &id).unwrap();
        assert_eq!(segment.version, 201);
        let wanted = NewSegment { context: Some(Context::new((0..200).map(pattern))), ..NewSegment::new("VIP") };
        assert!(segments::diff(&segment, &wanted).is_empty(), "a pattern was lost");
    }
}

#[test]
fn edit_gives_up_on_a_conflict_that_never_ends() {
    let service = StandIn::start();
    let id = service.seed_segments(1).remove(0);
    service.lag_reads(1_000_000);
    let config = at(&service);
    let change = |color: &'static str| move |_: &Segment| SegmentUpdate { color: color.into(), ..Default::default() };
    segments::edit(&config, &id, change("#111111")).unwrap();
    service.forget_requests();
    // Reads lag for ever behind the first change.
    let error = segments::edit(&config, &id, change("#222222")).unwrap_err();
    assert!(error.is_version_conflict());
    assert_eq!(asked(&service), count(&[("GET", 20), ("PATCH", 20)]));
}

#[test]
fn ensure_creates_then_leaves_alone_then_changes_what_differs() {
    let service = StandIn::start();
    let config = at(&service);
    let wanted = NewSegment {
        color: Some("#AABBCC".into()),
        context: Some(Context::new([pattern(1), pattern(2)])),
        ..NewSegment::new("VIP")
    };
    let created = segments::ensure(&config, &wanted).unwrap();
    assert!(matches!(created, Ensured::Created(_)));
    assert_eq!(asked(&service), count(&[("GET", 3), ("POST", 1)]));

    let shuffled = NewSegment {
        color: Some("#aabbcc".into()),
        context: Some(Context::new([pattern(2), pattern(1)])),
        ..wanted.clone()
    };
    assert!(matches!(segments::ensure(&config, &shuffled).unwrap(), Ensured::Unchanged(_)));
    assert_eq!(asked(&service), count(&[("GET", 1)]));

    let other = NewSegment { is_active: Some(false), description: Some("new".into()), ..wanted };
    let Ensured::Updated { segment, update, .. } = segments::ensure(&config, &other).unwrap() else { panic!() };
    assert_eq!(serde_json::to_value(&update).unwrap(), json!({"isActive": false, "description": "new", "version": 1}));
    assert_eq!((segment.version, segment.is_active), (2, false));
    assert_eq!(asked(&service), count(&[("GET", 2), ("PATCH", 1)]));
}

#[test]
fn ensure_waits_until_what_it_wrote_can_be_read() {
    let service = StandIn::start();
    service.lag_reads(4);
    let config = at(&service);
    segments::ensure(&config, &NewSegment::new("VIP")).unwrap();
    assert!(segments::find_by_name(&config, "VIP").unwrap().is_some(), "the next read shows it");
    let wanted = NewSegment { is_active: Some(false), ..NewSegment::new("VIP") };
    segments::ensure(&config, &wanted).unwrap();
    assert!(!segments::find_by_name(&config, "VIP").unwrap().unwrap().is_active);
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn ensure_looks_before_it_says_that_an_outcome_is_unknown_and_never_creates_twice() {
    let service = StandIn::start();
    let config = at(&service);
    service.lose_answers(1);
    let ensured = segments::ensure(&config, &NewSegment::new("VIP")).unwrap();
    assert_eq!(ensured.segment().display_name, "VIP");
    assert_eq!(
        (service.segments().len(), service.requests().iter().filter(|seen| seen.method == "POST").count()),
        (1, 1)
    );

    service.lose_answers(1);
    let wanted = NewSegment { is_active: Some(false), ..NewSegment::new("VIP") };
    assert!(matches!(segments::ensure(&config, &wanted).unwrap(), Ensured::Updated { .. }));
    assert_eq!(service.segments()[0]["version"], 2);
}

#[test]
fn ensure_of_a_create_that_never_shows_up_says_so() {
    let service = StandIn::start();
    let region = Region::at(&service.url(), &service.url()).unwrap();
    let hasty = Config::builder(region).base_wait(Duration::from_millis(1)).deadline(Duration::from_millis(200));
    let config = hasty.token(&service.token()).unwrap();
    service.lose_writes(1);
    let error = segments::ensure(&config, &NewSegment::new("VIP")).unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(service.requests().iter().filter(|seen| seen.method == "POST").count(), 1);
}

#[test]
fn which_external_segment_is_mirrored_cannot_be_changed() {
    let service = StandIn::start();
    service.add_segment(json!({"displayName": "VIP", "externalSegment": {"id": "a", "name": "A", "source": "Custom"}}));
    let external = |id: &str, name: &str| {
        let external = segments::ExternalSegment { id: id.into(), name: name.into(), source: None };
        NewSegment { external_segment: Some(external), ..NewSegment::new("VIP") }
    };
    let config = at(&service);
    assert_eq!(segments::ensure(&config, &external("b", "A")).unwrap_err().kind(), ErrorKind::Input);
    let Ensured::Updated { segment, .. } = segments::ensure(&config, &external("a", "B")).unwrap() else { panic!() };
    assert_eq!(segment.external_segment.unwrap().name, "B");
}
