//! `view`.

use genesys_stand_in::Response;
use serde_json::{Value, json};

use super::*;

const VIEWS: &str = "journey/views";

/// An organisation with a view of two elements and a chart. Jobs end at once.
fn organisation() -> StandIn {
    let service = StandIn::start();
    service.add(VIEWS, definition("P30D"));
    service.job_polls(0);
    service
}

fn definition(duration: &str) -> Value {
    let element = |id: &str, name: &str, links: Value| json!({ "id": id, "name": name, "attributes": { "type": "Event", "id": "event" }, "followedBy": links });
    json!({
        "name": "Bots & agents", "duration": duration,
        "elements": [element("a", "Bot start", json!([{ "id": "b" }])), element("b", "Agent", json!([]))],
        "charts": [{
            "name": "Agents a day", "groupByTime": "Day",
            "metrics": [{ "id": "m", "elementId": "b", "aggregate": "CustomerCount", "displayLabel": "Customers" }],
        }],
    })
}

fn requests(service: &StandIn) -> Vec<String> {
    let seen = service.requests().into_iter().filter(|seen| seen.raw_path != "/oauth/token");
    seen.map(|seen| format!("{} {}", seen.method, seen.raw_path.rsplit('/').next().unwrap())).collect()
}

#[test]
fn a_view_is_run_and_its_elements_are_a_table() {
    let service = organisation();
    let expected = "\
        element    id  customers  active  completed  dropped_out  moved_on\n\
        Bot start  a        5120       0       2560         2560         0\n\
        Agent      b        2560       0       2560            0         0\n";
    run(at(&service), ["view", "Bots & agents"]).printed(0, expected);
    assert_eq!(requests(&service), ["GET views", "POST jobs", "GET job-1", "GET results"]);
}

#[test]
fn an_element_without_counts_has_empty_cells() {
    let service = organisation();
    let view = service.all::<Value>(VIEWS).remove(0);
    let page = json!({ "entities": [view], "total": 1 });
    let job = json!({ "id": "j", "status": "Complete" });
    let result = json!({ "elements": [{ "id": "a", "metrics": { "participantCount": 7 } }] });
    let program = at(&service);
    service.respond_next([page, job.clone(), job, result].map(|body| Response::json(200, body)));
    let expected = "element,id,customers,active,completed,dropped_out,moved_on\nBot start,a,7,,,,\nAgent,b,,,,,\n";
    run(program, ["view", "Bots & agents", "--format", "csv"]).printed(0, expected);
}

#[test]
fn a_chart_is_rows_of_groups_metrics_and_values() {
    let service = organisation();
    let expected = "day,metric,value\n2026-04-30,Customers,412\n2026-05-01,Customers,387.5\n2026-05-02,Customers,\n";
    let args = ["view", "Bots & agents", "--chart", "Agents a day", "--format", "csv"];
    run(at(&service), args).printed(0, expected);
    assert!(requests(&service).iter().all(|line| line != "GET results"));
    run(at(&service), ["view", "Bots & agents", "--chart", "None"]).failed(2, "[\"Agents a day\"]");
}

/// Larger than the limit of a response that is read as a whole.
fn large_values(attribute: &str) -> String {
    let filler = "x".repeat(60_000);
    let group = format!(r#"[{{"attribute":"{attribute}","value":"a"}}]"#);
    let value = format!(r#"{{"value":1,"groupByAttributes":{group},"filler":"{filler}"}}"#);
    let values = vec![value; 1_200].join(",");
    assert!(values.len() > 64 << 20);
    values
}

/// Scripts the responses that lead to the results of the only view.
fn respond_with_a_job(service: &StandIn, results: impl IntoIterator<Item = String>) {
    let view = service.all::<Value>(VIEWS).remove(0);
    let job = json!({ "id": "j", "status": "Complete" });
    let job = [json!({ "entities": [view], "total": 1 }), job.clone(), job].map(|body| Response::json(200, body));
    service.respond_next(job.into_iter().chain(results.into_iter().map(|body| Response::text(200, body))));
}

#[test]
fn a_chart_of_any_size_is_written_in_bounded_memory() {
    let service = organisation();
    let program = at(&service);
    let chart = format!(r#"{{"id":"c","metrics":[{{"values":[{}],"id":"m"}}]}}"#, large_values("channel"));
    respond_with_a_job(&service, [chart.clone(), chart]);
    let ended = run(program, ["view", "Bots & agents", "--chart", "Agents a day", "--format", "csv"]).code(0);
    let lines: Vec<&str> = ended.out.lines().collect();
    // The id of the metric comes after its values.
    assert_eq!((lines.len(), lines[0], lines[1200]), (1_201, "channel,metric,value", "a,metric 1,1"));
}

#[test]
fn the_elements_are_a_table_however_large_the_charts_are() {
    let service = organisation();
    let program = at(&service);
    let charts = format!(r#"[{{"id":"c","metrics":[{{"id":"m","values":[{}]}}]}}]"#, large_values("day"));
    respond_with_a_job(&service, [format!(r#"{{"charts":{charts},"elements":[]}}"#)]);
    assert_eq!(run(program, ["view", "Bots & agents"]).code(0).out.lines().count(), 3);
}

#[test]
fn a_picture_has_a_largest_number_of_bars() {
    let service = organisation();
    let file = Folder::new("view-bars").file("bars.svg");
    let args = ["view", "Bots & agents", "--chart", "Agents a day", "--svg", file.to_str().unwrap()];
    for (values, code) in [(1_000, 0), (1_001, 2)] {
        let program = at(&service);
        let chart = json!({ "id": "c", "metrics": [{ "id": "m", "values": vec![json!({ "value": 1 }); values] }] });
        respond_with_a_job(&service, [chart.to_string()]);
        run(program, args).code(code);
    }
}

#[test]
fn a_view_is_found_by_its_id_and_version() {
    let service = organisation();
    let id = service.all::<Value>(VIEWS)[0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "Bots", "duration": "P1D", "elements": [definition("")["elements"][0]] });
    service.call("POST", &format!("/api/v2/journey/views/{id}/versions"), body);
    let lines = |args: &[&str]| run(at(&service), args.iter().copied()).code(0).out.lines().count();
    assert_eq!(lines(&["view", &id]), 2);
    assert_eq!(lines(&["view", &id, "--view-version", "1"]), 3);
    run(at(&service), ["view", "nothing"]).failed(2, "\"nothing\"");
    run(at(&service), ["view", &id, "--view-version", "9"]).failed(2, "404");
}

#[test]
fn without_a_name_the_views_are_listed() {
    let service = organisation();
    let id = service.all::<Value>(VIEWS)[0]["id"].as_str().unwrap().to_owned();
    let expected = format!("view,id,version,elements\nBots & agents,{id},1,2\n");
    run(at(&service), ["view", "--format", "csv"]).printed(0, &expected);
    assert_eq!(requests(&service), ["GET views"]);
}

#[test]
fn a_picture_is_written_whole() {
    let service = organisation();
    let folder = Folder::new("view-picture");
    let svg = |name: &str, args: &[&str]| {
        let file = folder.join(name);
        let args = ["view", "Bots & agents", "--svg", file.to_str().unwrap()].into_iter().chain(args.iter().copied());
        run(at(&service), args).printed(0, "");
        fs::read_to_string(file).unwrap()
    };
    let funnel = svg("funnel.svg", &[]);
    assert!(funnel.starts_with("<svg ") && funnel.ends_with("</svg>\n"));
    for part in ["Bots &amp; agents", "Bot start", "5120 (100.0 %)", "2560 (50.0 %)", "width=\"376.0\""] {
        assert!(funnel.contains(part), "{part} is not in {funnel}");
    }
    let chart = svg("chart.svg", &["--chart", "Agents a day"]);
    for part in ["Agents a day", "2026-05-01 · Customers", "387.5", "2026-05-02 · Customers", "no value"] {
        assert!(chart.contains(part), "{part} is not in {chart}");
    }
    assert_eq!(files(&folder), ["chart.svg", "funnel.svg"]);
    // A failure leaves the old picture.
    service.job_end("Failed", "");
    let file = folder.join("funnel.svg");
    run(at(&service), ["view", "Bots & agents", "--svg", file.to_str().unwrap()]).failed(2, "ended as Failed");
    assert_eq!(fs::read_to_string(file).unwrap(), funnel);
}

#[test]
fn a_definition_is_exported_compared_and_applied() {
    let service = StandIn::start();
    service.job_polls(0);
    let folder = Folder::new("view-definition");
    let file = folder.join("view.json");
    let path = file.to_str().unwrap();
    fs::write(&file, definition("P30D").to_string()).unwrap();
    let ended = run(at(&service), ["view", "--file", path]).code(3);
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", "journey: there is no view \"Bots & agents\"\n"));
    assert!(writes(&service).is_empty());
    let created = run(at(&service), ["view", "--file", path, "--apply"]).code(0);
    assert_eq!(created.out.lines().count(), 3);
    assert_eq!(writes(&service), ["POST", "POST"]);

    // A view that equals the definition is run.
    let Ended { out: exported, .. } = run(at(&service), ["view", "Bots & agents", "--export"]).code(0);
    fs::write(&file, exported).unwrap();
    run(at(&service), ["view", "--file", path]).code(0);
    fs::write(&file, definition("P90D").to_string()).unwrap();
    let changed = "journey: view \"Bots & agents\": duration: \"P30D\" -> \"P90D\"\n";
    assert_eq!(run(at(&service), ["view", "--file", path]).code(3).err, changed);
    assert_eq!(run(at(&service), ["view", "--file", path, "--apply"]).code(0).err, changed);
    assert_eq!(service.all::<Value>(VIEWS)[0]["version"], 2);
}

#[test]
fn a_wrong_definition_is_refused_before_anything_is_sent() {
    let service = organisation();
    let file = Folder::new("view-wrong").file("view.json");
    let path = file.to_str().unwrap();
    for (text, word) in [
        (definition("a month").to_string(), "duration"),
        (definition("P30D").to_string().replace("\"b\"}", "\"c\"}"), "elements[0].followedBy[0].id"),
        ("{".to_owned(), "line 1"),
    ] {
        fs::write(&file, text).unwrap();
        run(at(&service), ["view", "--file", path, "--apply"]).failed(2, word);
    }
    run(at(&service), ["view", "--file", "/nowhere.json"]).failed(2, "/nowhere.json");
    assert!(requests(&service).is_empty());
}

#[test]
fn a_job_that_takes_too_long_is_cancelled() {
    let service = organisation();
    service.job_polls(usize::MAX);
    let ended = run(at(&service), ["view", "Bots & agents", "--deadline", "2s", "--initial-backoff", "50ms"]);
    ended.failed(1, "job-1");
    let last = service.last_request();
    assert_eq!((last.method.as_str(), last.body), ("PATCH", Some(json!({ "status": "Cancelled" }))));
    run(at(&service), ["view", "Bots & agents", "--read-only"]).failed(2, "read");
}

#[test]
fn the_demo_has_a_view() {
    let ended = run(journey(), ["view", "--demo", "--quiet"]).code(0);
    assert!(ended.out.contains("From bot to agent"));
}
