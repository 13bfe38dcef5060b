//! The messages about values and views. No request is sent, except to find an entity.

use std::time::{Duration, SystemTime};

use genesys_journey::action_templates::{self, NewActionTemplate, TemplateState};
use genesys_journey::analytics::{self, AggregateQuery, AggregationRange, Interval, Metric, View};
use genesys_journey::external_contacts::sessions;
use genesys_journey::external_events::{self, Event};
use genesys_journey::offers::MediaType;
use genesys_journey::outcomes::attributions::{self, Attribution, NewAttributions, Touchpoint};
use genesys_journey::segments::{self, ExternalSegment, ListSegments, NewSegment};
use genesys_journey::views::charts::{Aggregate, Chart, ChartMetric};
use genesys_journey::views::{Bound, Element, Link, NewView, NumberPredicate, Predicate, Range, TimeUnit};
use genesys_journey::{Config, Error, Timestamp, Update, raw};
use genesys_listener::Listener;
use genesys_listener::calls::*;
use serde_json::Value;

use super::Case;

pub fn cases() -> Vec<Case> {
    let config = settings("http://127.0.0.1:1").token(TOKEN).unwrap();
    [values(&config), options(&config), times(), ensured(), views()].into_iter().flatten().collect()
}

/// A type of a program that writes an unset update.
#[derive(serde::Serialize)]
struct WithoutSkip {
    field: Update<String>,
}

fn values(config: &Config) -> Vec<Case> {
    let no_date = Event { date_created: None, ..Event::new("1", Timestamp::from("")) };
    let event = || external_events::send(config, "7", std::slice::from_ref(&no_date)).unwrap_err();
    let purchase = Attribution::new("1", f64::NAN, [Touchpoint::new("2", 1.0)], SystemTime::now().try_into().unwrap());
    let attributions = NewAttributions::new([purchase]);
    let percent = NewAttributions { percent_failed_threshold: Some(101), ..NewAttributions::default() };
    let segment = NewSegment::new("VIP");
    let days = NewSegment { assignment_expiration_days: Some(-1), ..segment.clone() };
    let color = NewSegment { color: Some("red".into()), ..segment.clone() };
    let body = WithoutSkip { field: Update::Keep };
    vec![
        ("… is empty; … must have …", segments::create(config, &NewSegment::new("")).unwrap_err()),
        ("… is empty; … must have …", raw::get::<Value>(config, &[], &[]).unwrap_err()),
        ("… is missing; an event must have a date", event()),
        ("… of event … is …", event()),
        ("… is empty; every … has a name", segments::find_by_name(config, "").unwrap_err()),
        ("segmentIds contains an empty id; remove it", segments::get_many(config, [""]).unwrap_err()),
        (r#"… is …; it must not be empty, "." or "..""#, segments::get(config, ".").unwrap_err()),
        ("URL is longer than … bytes", segments::get(config, &"x".repeat(9_000)).unwrap_err()),
        (
            "URL is longer than … bytes, with the path of the gateway",
            segments::get(&settings("http://127.0.0.1:1/path").token(TOKEN).unwrap(), &"x".repeat(9_000)).unwrap_err(),
        ),
        ("… is …; it must be 0 or more", segments::create(config, &days).unwrap_err()),
        ("… is …; it must be from … to …", attributions::submit(config, &percent).unwrap_err()),
        (
            "… cannot be written as JSON: … is not a finite number",
            attributions::submit(config, &attributions).unwrap_err(),
        ),
        ("… cannot be written as JSON: …", raw::post::<Value>(config, &["a"], &[], &body).unwrap_err()),
        (
            "Update::Keep cannot be written (add skip_serializing_if = …)",
            raw::post::<Value>(config, &["a"], &[], &body).unwrap_err(),
        ),
        ("color is …; it must be # and six hex digits", segments::create(config, &color).unwrap_err()),
        (
            "state is Deleted; to delete a template, use action_templates::delete",
            action_templates::ensure(
                config,
                &NewActionTemplate::new("VIP", MediaType::ContentOffer, TemplateState::Deleted),
            )
            .unwrap_err(),
        ),
        ("… is given twice", segments::ensure_all(config, &[segment.clone(), segment]).unwrap_err()),
    ]
}

fn options(config: &Config) -> Vec<Case> {
    let of_101 = ListSegments { segment_ids: vec!["7".into(); 101], ..ListSegments::default() };
    let combined = ListSegments { sort_by: Some("name".into()), segment_ids: vec!["7".into()], ..Default::default() };
    let no_value = ListSegments { query_fields: vec!["displayName".into()], ..ListSegments::default() };
    let numbered = ListSegments { page_number: Some(2), ..ListSegments::default() };
    let zero = ListSegments { page_size: Some(0), ..ListSegments::default() };
    let of_201 = sessions::ListSessions { page_size: Some(201), ..Default::default() };
    let view = View::range_bound("v", Metric::NJourneySessions, AggregationRange::default());
    let eleven = AggregateQuery { views: vec![view; 11], ..query() };
    vec![
        ("… has …; at most … are allowed", segments::list(config, &of_101).unwrap_err()),
        ("… has …; at most … are allowed", analytics::query_aggregates(config, &eleven).unwrap_err()),
        ("… is 0; it must be at least 1", segments::list(config, &zero).unwrap_err()),
        ("… is …; at most … is allowed", sessions::list(config, "7", &of_201).unwrap_err()),
        ("… cannot be combined with …", segments::list(config, &combined).unwrap_err()),
        ("… must be set together with …", segments::list(config, &no_value).unwrap_err()),
        ("… is set; list_all returns all pages", segments::list_all(config, &numbered).find_map(Result::err).unwrap()),
    ]
}

fn times() -> Vec<Case> {
    let reversed = "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z".parse::<Interval>();
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let early = [Interval::last_days(u32::MAX), Interval::new(before_1970, SystemTime::now())].map(Result::unwrap_err);
    let mut cases: Vec<Case> = vec![
        ("interval is …; it must start before it ends", reversed.unwrap_err()),
        ("… must be within the years 1970 to 9999", Timestamp::try_from(before_1970).unwrap_err()),
    ];
    cases.extend(early.map(|error| ("… must be within the years 1970 to 9999", error)));
    #[cfg(feature = "jiff")]
    cases.push((
        "timestamp is …; it must be a time such as …",
        jiff::Timestamp::try_from(&Timestamp::from("today")).unwrap_err(),
    ));
    cases
}

/// Returns the errors of a helper that finds another entity than the wanted one.
fn ensured() -> Vec<Case> {
    let similar = Listener::scripted([Op::List.good()]);
    let wanted = NewSegment::new("vip");
    let similar = segments::ensure(&config(&similar), &wanted).unwrap_err();

    let other = Listener::scripted([Op::List.good()]);
    let external = ExternalSegment { id: "x".into(), name: "X".into(), ..ExternalSegment::default() };
    let wanted = NewSegment { external_segment: Some(external), ..NewSegment::new("VIP") };
    let other = segments::ensure(&config(&other), &wanted).unwrap_err();

    vec![
        ("… is …; no … has this name, but … is named …, which the service may have made of it; use that name", similar),
        ("externalSegment of segment … is …; only its name can be changed", other),
    ]
}

/// Returns the error of a view of two elements after a change.
fn problem(change: impl FnOnce(&mut NewView)) -> Error {
    let start = Element::event("Start", "a definition").followed_by("End");
    let elements = [start, Element::event("End", "a definition")];
    let chart = Chart::new("Ends", [ChartMetric::events("End")]);
    let mut view = NewView { duration: Some("P30D".into()), charts: vec![chart], ..NewView::new("Bots", elements) };
    view.check().unwrap();
    change(&mut view);
    view.check().unwrap_err()
}

fn views() -> Vec<Case> {
    let filter = |predicate: Predicate| problem(|view| view.elements[0] = view.elements[0].clone().filter(predicate));
    let number = |range: Range| {
        let predicate = NumberPredicate::new("turnCount", range);
        problem(|view| view.elements[0] = view.elements[0].clone().filter_number(predicate))
    };
    let gt = |bound: Bound| number(Range { gt: Some(bound), ..Range::default() });
    vec![
        ("interval and duration are both set or both unset; set only one", problem(|view| view.duration = None)),
        ("… must be set", problem(|view| view.elements[0].attributes.element_type = None)),
        ("… is empty; it must be set", problem(|view| view.elements[1].name.clear())),
        (
            "… is empty; it must be the id of an event definition",
            problem(|view| view.elements[0].attributes.id = Some(String::new())),
        ),
        (
            "… is empty; … needs an attribute",
            problem(|view| view.charts[0].metrics[0].aggregate = Some(Aggregate::Sum)),
        ),
        ("… is empty, and noValue is not set; set one of them", filter(Predicate::matches("channels", [""; 0]))),
        ("… has no bound; a range needs a bound", number(Range::default())),
        ("… must be either a number or a duration", gt(Bound::default())),
        ("… is …; it must be a finite number", gt(Bound::number(f64::INFINITY))),
        ("… is …; it must be an ISO 8601 duration such as P30D or PT30M", gt(Bound::duration("1 minute"))),
        (
            "… is …; it must not be negative",
            problem(|view| view.elements[1].followed_by.push(Link::to("End").after(-1, TimeUnit::Days))),
        ),
        ("… is …; no element has this id", problem(|view| view.elements[0].followed_by.push(Link::to("Nobody")))),
        ("… is …, as in an earlier entry; it must be unique", problem(|view| view.elements[1].name = "Start".into())),
        ("view cannot be read from JSON: …", NewView::from_json(r#"{"name": 7}"#).unwrap_err()),
    ]
}
