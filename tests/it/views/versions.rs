//! Versions and charts.

use genesys_journey::views::charts::{self, GroupByTime};
use genesys_journey::views::{View, versions};

use super::*;

fn longer(view: &View) -> NewView {
    NewView { duration: Some("P90D".into()), ..NewView::from(view) }
}

#[test]
fn a_version_is_created_read_and_replaced() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let first = versions::get(&config, &id, 1).unwrap();
    assert_eq!(first, views::get(&config, &id).unwrap());
    let second = versions::create(&config, &id, &longer(&first)).unwrap();
    assert_eq!((second.version, second.duration.as_deref()), (Some(2), Some("P90D")));
    let sent = service.last_request().body.unwrap();
    // The read-only fields of a chart are not sent.
    assert_eq!(sent["charts"][0].get("id").or(sent["charts"][0].get("version")), None);
    assert_eq!(versions::get(&config, &id, 2).unwrap().version, Some(2));
    assert_eq!(versions::get(&config, &id, "1").unwrap().duration.as_deref(), Some("P30D"));

    let changed = NewView { description: Some("old".into()), ..NewView::from(&first) };
    assert_eq!(versions::replace(&config, &id, 1, &changed).unwrap().version, Some(1));
    assert_eq!(versions::get(&config, &id, 1).unwrap().description.as_deref(), Some("old"));
    assert_eq!(views::get(&config, &id).unwrap().version, Some(2));
    let expected = [
        format!("GET /{id}/versions/1"),
        format!("GET /{id}"),
        format!("POST /{id}/versions"),
        format!("GET /{id}/versions/2"),
        format!("GET /{id}/versions/1"),
        format!("PUT /{id}/versions/1"),
        format!("GET /{id}/versions/1"),
        format!("GET /{id}"),
    ];
    assert_eq!(take_lines(&service), expected);
}

#[test]
fn a_missing_version_is_not_found() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    assert!(versions::get(&config, &id, 7).unwrap_err().is_not_found());
    assert!(versions::create(&config, "none", &bots("Bots")).unwrap_err().is_not_found());
    assert!(versions::replace(&config, &id, 7, &bots("Bots")).unwrap_err().is_not_found());
    take_lines(&service);
    assert_eq!(versions::get(&config, &id, "..").unwrap_err().field(), Some("version"));
    assert_eq!(versions::replace(&config, &id, "", &bots("Bots")).unwrap_err().field(), Some("version"));
    assert_eq!(versions::create(&config, "", &bots("Bots")).unwrap_err().field(), Some("viewId"));
    assert!(take_lines(&service).is_empty());
}

#[test]
fn a_new_version_with_a_lost_response_is_not_sent_again() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    service.faults().lose_responses(2);
    assert!(versions::create(&config, &id, &bots("Bots")).unwrap_err().outcome_unknown());
    assert!(versions::replace(&config, &id, 2, &bots("Bots")).unwrap_err().outcome_unknown());
    assert_eq!(take_lines(&service), [format!("POST /{id}/versions"), format!("PUT /{id}/versions/2")]);
    assert_eq!(views::get(&config, &id).unwrap().version, Some(2));
}

#[test]
fn a_conflict_is_reported() {
    let service = StandIn::start();
    let config = config!(service);
    service.respond_next([Response::error(409, "version.mismatch", "the version does not match")]);
    assert!(versions::replace(&config, "v", 1, &bots("Bots")).unwrap_err().is_version_conflict());
}

#[test]
fn a_number_that_is_not_finite_is_refused() {
    use genesys_journey::views::{Bound, NumberPredicate, Range};

    let service = StandIn::start();
    let range = Range { gt: Some(Bound::number(f64::NAN)), ..Range::default() };
    let element = Element::event("Bot start", BOT).filter_number(NumberPredicate::new("turnCount", range));
    let error = views::create(&config!(service), &NewView::new("Bots", [element])).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("number")));
    assert!(take_lines(&service).is_empty());
}

#[test]
fn charts_are_read_by_their_version() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let chart_id = views::get(&config, &id).unwrap().charts[0].id.clone().unwrap();
    take_lines(&service);
    let chart = charts::get(&config, &id, 1, &chart_id).unwrap();
    assert_eq!((chart.group_by_time.as_ref(), chart.version), (Some(&GroupByTime::Day), Some(1)));
    assert_eq!(charts::get_version(&config, &id, 1, &chart_id, 1).unwrap(), chart);
    assert!(charts::get(&config, &id, 1, "none").unwrap_err().is_not_found());
    assert!(charts::get_version(&config, &id, 1, &chart_id, 2).unwrap_err().is_not_found());
    let path = format!("GET /{id}/versions/1/charts");
    let expected = [
        format!("{path}/{chart_id}"),
        format!("{path}/{chart_id}/versions/1"),
        format!("{path}/none"),
        format!("{path}/{chart_id}/versions/2"),
    ];
    assert_eq!(take_lines(&service), expected);
    assert_eq!(charts::get(&config, &id, 1, "").unwrap_err().field(), Some("chartId"));
    assert_eq!(charts::get_version(&config, &id, 1, "c", "").unwrap_err().field(), Some("chartVersion"));
}
