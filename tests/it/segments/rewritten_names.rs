//! Names that the service trims, truncates or changes in case: nothing is created twice.

use super::*;

const LONG_NAME: &str = "Customers of the north who have bought twice this year";

/// Ensures the name twice with a service that rewrites names, and checks what is there afterwards.
fn ensured_twice(name: &str, rewritten: &str, rewrite: fn(&str) -> String) {
    let service = StandIn::start();
    service.faults().rewrite_names(rewrite);
    let config = with_slow_backoff(&service);
    let first = segments::ensure(&config, &NewSegment::new(name)).unwrap_err();
    assert_eq!((first.kind(), first.outcome_unknown()), (ErrorKind::Api, false), "{first}");
    let second = segments::ensure(&config, &NewSegment::new(name)).unwrap_err();
    assert_eq!((second.kind(), second.field()), (ErrorKind::Input, Some("displayName")), "{second}");
    let third = segments::ensure_all(&config, &[NewSegment::new(name)]).unwrap().remove(0).unwrap_err();
    assert_eq!(third.to_string(), second.to_string());
    let id = service.segments()[0]["id"].as_str().unwrap().to_owned();
    for error in [first, second] {
        let text = error.to_string();
        assert!(
            [format!("{name:?}"), format!("{rewritten:?}"), id.clone()].iter().all(|part| text.contains(part)),
            "{text}"
        );
    }
    assert_eq!(service.segments().len(), 1);
    // The error recommends the name that the service stored.
    let ensured = segments::ensure(&config, &NewSegment::new(rewritten)).unwrap();
    assert!(matches!(ensured, Ensured::Unchanged(_)));
}

#[test]
fn a_trimmed_name_is_created_once() {
    ensured_twice(" VIP\t", "VIP", |name| name.trim().to_owned());
}

#[test]
fn a_name_in_another_case_is_created_once() {
    ensured_twice("Vip", "VIP", str::to_uppercase);
}

#[test]
fn a_cut_name_is_created_once() {
    ensured_twice(LONG_NAME, &LONG_NAME[..50], |name| name.chars().take(50).collect());
}

#[test]
fn a_name_that_resembles_another_is_created() {
    let service = StandIn::start();
    for name in ["VIP 1", "VI", &LONG_NAME[..20]] {
        add(&service, name);
    }
    for name in ["VIP", LONG_NAME] {
        let ensured = segments::ensure(&with_slow_backoff(&service), &NewSegment::new(name)).unwrap();
        assert!(matches!(ensured, Ensured::Created(_)));
    }
}
