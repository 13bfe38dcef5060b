//! Journey views: the request, the response and one error of each operation, and the helpers above them.

mod definition;
mod event_definitions;
mod jobs;
mod run;
mod schedules;
mod versions;

use genesys_journey::views::charts::{Chart, ChartMetric, GroupByTime};
use genesys_journey::views::{self, Element, Expand, Label, Link, ListViews, NewView, TimeUnit};
use genesys_journey::{Config, ErrorKind};
use genesys_stand_in::{EXAMPLE_ID, Response, StandIn, config};
use serde_json::{Value, json};

const PATH: &str = "journey/views";
const BOT: &str = "4283fe19-b3eb-5c7b-9470-71b34a87c22b";
const AGENT: &str = "6eb77050-95f0-5a9a-afed-40115c7974d1";

/// A view of two elements and a chart.
fn bots(name: &str) -> NewView {
    let start = Element::event("Bot start", BOT).followed_by(Link::to("Agent").within(60, TimeUnit::Minutes));
    let chart = Chart {
        group_by_time: Some(GroupByTime::Day),
        ..Chart::new("Agents a day", [ChartMetric::customers("Agent")])
    };
    NewView {
        duration: Some("P30D".into()),
        charts: vec![chart],
        ..NewView::new(name, [start, Element::event("Agent", AGENT)])
    }
}

/// The request lines since the last call, below `/api/v2/journey/views`.
fn take_lines(service: &StandIn) -> Vec<String> {
    let lines = service.requests().into_iter().map(|seen| {
        let path = seen.raw_path.strip_prefix("/api/v2/journey/views").unwrap().to_owned();
        let query = if seen.raw_query.is_empty() { String::new() } else { format!("?{}", seen.raw_query) };
        format!("{} {path}{query}", seen.method)
    });
    let lines = lines.collect();
    service.clear_requests();
    lines
}

/// Adds a view, and returns its id.
fn add(service: &StandIn, config: &Config) -> String {
    let id = views::create(config, &bots("Bots")).unwrap().id;
    service.clear_requests();
    id
}

#[test]
fn list_sends_every_option_in_the_vendors_spelling() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    let list = ListViews {
        page_size: Some(3),
        page_number: Some(1),
        name_or_created_by: Some("bots".into()),
        expand: Some(Expand::Charts),
        ids: vec![id.clone(), "b,c".into()],
    };
    let page = views::list(&config, &list).unwrap();
    assert_eq!(page.entities.iter().map(|view| &view.id).collect::<Vec<_>>(), [&id]);
    let query = format!("?pageSize=3&pageNumber=1&nameOrCreatedBy=bots&expand=charts&id={id}%2Cb%2Cc");
    assert_eq!(take_lines(&service), [format!("GET {query}")]);
    let error = views::list(&config, &ListViews { page_size: Some(0), ..list }).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("pageSize")));
    let ids = (0..=100).map(|n| n.to_string()).collect();
    let error = views::list(&config, &ListViews { ids, ..Default::default() }).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("id")));
    assert!(take_lines(&service).is_empty());
}

#[test]
fn list_all_reads_every_page_with_the_filter() {
    let service = StandIn::start();
    let view = |n: usize| service.add(PATH, json!({ "name": format!("Bots {n}"), "elements": [] }));
    let added: Vec<String> = (0..120).map(view).collect();
    service.add(PATH, json!({ "name": "Other", "elements": [] }));
    let list = ListViews { name_or_created_by: Some("Bots".into()), ..Default::default() };
    let all = views::list_all(&config!(service), &list);
    assert_eq!(all.map(|view| view.unwrap().id).collect::<Vec<_>>(), added);
    let page = |n| format!("GET ?pageSize=100&pageNumber={n}&nameOrCreatedBy=Bots");
    assert_eq!(take_lines(&service), [page(1), page(2)]);
}

#[test]
fn a_view_is_created_read_and_deleted() {
    let service = StandIn::start();
    let config = config!(service);
    let created = views::create(&config, &bots("Bots")).unwrap();
    assert_eq!((created.name.as_deref(), created.version), (Some("Bots"), Some(1)));
    let sent = service.last_request().body.unwrap();
    assert_eq!(sent, json!(bots("Bots")));
    assert_eq!(sent["elements"][0]["followedBy"][0]["id"], sent["elements"][1]["id"]);
    assert_eq!(views::get(&config, &created.id).unwrap(), created);
    views::delete(&config, &created.id).unwrap();
    let error = views::get(&config, &created.id).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(views::delete(&config, &created.id).unwrap_err().is_not_found());
    for id in ["", ".", ".."] {
        assert_eq!(views::get(&config, id).unwrap_err().field(), Some("viewId"));
        assert_eq!(views::delete(&config, id).unwrap_err().field(), Some("viewId"));
    }
}

#[test]
fn a_view_is_sent_as_it_is_given() {
    let service = StandIn::start();
    let config = config!(service);
    let wrong = NewView::new("", []);
    assert!(wrong.check().is_err());
    views::create(&config, &wrong).unwrap();
    assert_eq!(service.last_request().body, Some(json!({ "name": "", "elements": [] })));
}

#[test]
fn a_view_without_elements_is_refused_by_the_service() {
    let service = StandIn::start();
    service.respond_next([Response::error(400, "invalid.value", "no elements")]);
    let error = views::create(&config!(service), &NewView::default()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some("invalid.value")));
}

#[test]
fn a_create_with_a_lost_response_is_found_by_its_name() {
    let service = StandIn::start();
    let config = config!(service);
    service.faults().lose_responses(1);
    let error = views::create(&config, &bots("Bots")).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(take_lines(&service), ["POST "]);
    let found = views::find_by_name(&config, "Bots").unwrap().unwrap();
    assert_eq!(views::diff(&NewView::from(&found), &bots("Bots")), []);
    assert_eq!(take_lines(&service), ["GET ?pageSize=100&pageNumber=1&nameOrCreatedBy=Bots&expand=charts"]);
    assert_eq!(views::find_by_name(&config, "bots").unwrap(), None);
    let whole = [
        "GET ?pageSize=100&pageNumber=1&nameOrCreatedBy=bots&expand=charts",
        "GET ?pageSize=100&pageNumber=1&expand=charts",
    ];
    assert_eq!(take_lines(&service), whole);
}

#[test]
fn several_views_of_a_name_are_an_error() {
    let service = StandIn::start();
    let config = config!(service);
    let ids = [add(&service, &config), add(&service, &config)];
    let error = views::find_by_name(&config, "Bots").unwrap_err();
    assert!(ids.iter().all(|id| error.to_string().contains(id)), "{error}");
    assert_eq!(views::find_by_name(&config, "").unwrap_err().field(), Some("name"));
}

#[test]
fn the_period_of_the_data_is_returned() {
    let service = StandIn::start();
    let config = config!(service);
    let range = views::data_range(&config).unwrap();
    assert!(range.date_min.is_some() && range.date_max.is_some());
    service.respond_next([Response::error(403, "missing.permission", "journey:dataDetails:view")]);
    assert_eq!(views::data_range(&config).unwrap_err().status(), Some(403));
    assert_eq!(take_lines(&service), ["GET /data/details", "GET /data/details"]);
}

#[test]
fn labels_are_validated_by_a_read() {
    let service = StandIn::start();
    let config = config!(service);
    let known = Label { encoded: Some(false), ..Label::new("flowName", "Main menu") };
    // A read is retried.
    service.respond_next([Response::text(503, "")]);
    let labels = views::validate_labels(&config, &[known, Label::new("flowName", "No such flow")]).unwrap();
    let labels: Vec<Label> = labels.into_iter().map(|label| serde_json::from_value(label).unwrap()).collect();
    assert_eq!(labels.iter().map(|label| label.encoded).collect::<Vec<_>>(), [Some(true), Some(false)]);
    let sent = json!([{ "name": "flowName", "value": "Main menu" }, { "name": "flowName", "value": "No such flow" }]);
    assert_eq!(service.last_request().body, Some(sent));
    assert_eq!(take_lines(&service), ["POST /encodings/validate", "POST /encodings/validate"]);
    service.respond_next([Response::json(200, json!({})), Response::json(200, json!({ "entities": null }))]);
    assert_eq!(views::validate_labels(&config, &[]).unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(views::validate_labels(&config, &[]).unwrap(), [Value::Null; 0]);
}

#[test]
fn the_example_is_there() {
    let service = StandIn::doc_example();
    let view = views::get(&config!(service), EXAMPLE_ID).unwrap();
    NewView::from(&view).check().unwrap();
}
