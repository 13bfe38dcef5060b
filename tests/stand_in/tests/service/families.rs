//! The store, and the families of the stand-in.

use genesys_stand_in::{Family, Operation, Paging};
use serde_json::json;

use super::*;

const MAPS: &str = "/api/v2/journey/actionmaps";

fn with_maps() -> StandIn {
    let service = StandIn::start();
    service.add_family(
        Family::new("journey/actionmaps")
            .entity("actionmap")
            .required(["displayName"])
            .versioned()
            .defaults(json!({ "weight": 2 }))
            .operations([
                Operation::List,
                Operation::Get,
                Operation::Create,
                Operation::Update,
                Operation::Replace,
                Operation::Delete,
            ]),
    );
    service
}

#[test]
fn an_entity_is_created_read_updated_replaced_and_deleted() {
    let service = with_maps();
    let client = Client::of(&service);
    let sent = json!({ "displayName": "Offers", "id": "mine", "version": 9, "tags": ["a"] });
    let (status, created) = client.call("POST", MAPS, &sent);
    assert_eq!((status, &created["version"], &created["weight"]), (200, &json!(1), &json!(2)));
    let path = created["selfUri"].as_str().unwrap();
    assert_eq!(path, format!("{MAPS}/{}", created["id"].as_str().unwrap()));
    assert_eq!(client.call("GET", path, &Value::Null), (200, created.clone()));

    let (_, updated) = client.call("PATCH", path, &json!({ "weight": 3, "tags": null, "version": 1 }));
    assert_eq!((&updated["version"], &updated["weight"], updated.get("tags")), (&json!(2), &json!(3), None));
    assert!(updated["modifiedDate"].as_str() > created["modifiedDate"].as_str());
    assert_eq!(updated["createdDate"], created["createdDate"]);

    let (_, replaced) = client.call("PUT", path, &json!({ "displayName": "New" }));
    assert_eq!((&replaced["version"], &replaced["weight"]), (&json!(3), &json!(2)));
    assert_eq!((&replaced["id"], &replaced["createdDate"]), (&created["id"], &created["createdDate"]));

    assert_eq!(client.call("DELETE", path, &Value::Null), (204, Value::Null));
    let (status, error) = client.call("GET", path, &Value::Null);
    assert_eq!((status, &error["code"], &error["entityName"]), (404, &json!("not.found"), &json!("actionmap")));
}

#[test]
fn another_version_is_a_conflict_and_changes_nothing() {
    let service = with_maps();
    let id = service.add("journey/actionmaps", json!({ "displayName": "Offers" }));
    for (method, status) in [("PATCH", 409), ("PUT", 409), ("PATCH", 400)] {
        service.version_conflict_status(status);
        let stale = json!({ "displayName": "Stale", "version": 7 });
        let refused = service.call(method, &format!("{MAPS}/{id}"), stale);
        assert_eq!(refused.status, status);
        assert!(refused.body.contains("Version 7 does not match the current version 1"), "{}", refused.body);
    }
    assert_eq!(service.get::<Value>("journey/actionmaps", &id).unwrap()["displayName"], "Offers");
}

#[test]
fn a_required_field_cannot_be_missing_or_cleared() {
    let service = with_maps();
    let id = service.add("journey/actionmaps", json!({ "displayName": "Offers" }));
    let path = format!("{MAPS}/{id}");
    let bodies = [
        ("POST", MAPS, json!({})),
        ("POST", MAPS, json!({ "displayName": "" })),
        ("PATCH", path.as_str(), json!({ "displayName": null })),
        ("PUT", path.as_str(), json!({ "weight": 1 })),
    ];
    for (method, target, body) in bodies {
        let refused = service.call(method, target, &body);
        let error: Value = refused.read_json().unwrap();
        assert_eq!(
            (refused.status, &error["details"][0]["fieldName"]),
            (400, &json!("displayName")),
            "{method} {body}"
        );
    }
}

#[test]
fn pages_by_number_have_links_and_counts() {
    let service = StandIn::start();
    let seeded = service.seed_segments(60);
    let page = |query: &str| service.call("GET", &format!("{SEGMENTS}{query}"), ()).read_json::<Value>().unwrap();
    let first = page("");
    assert_eq!(ids(&first), seeded[..25]);
    assert_eq!((&first["total"], &first["pageCount"], &first["pageNumber"]), (&json!(60), &json!(3), &json!(1)));
    assert_eq!(first["nextUri"], format!("{SEGMENTS}?pageSize=25&pageNumber=2"));
    let last = page("?pageSize=40&pageNumber=2");
    assert_eq!((ids(&last).len(), last.get("nextUri")), (20, None));
    assert_eq!(last["previousUri"], format!("{SEGMENTS}?pageSize=40&pageNumber=1"));
    assert!(ids(&page("?pageNumber=18446744073709551615")).is_empty());
    for wrong in ["?pageSize=0", "?pageSize=501", "?pageNumber=0", "?pageSize=-1", "?pageSize=x", "?pageNumber="] {
        assert_eq!(service.call("GET", &format!("{SEGMENTS}{wrong}"), ()).status, 400, "{wrong}");
    }
}

#[test]
fn cursors_lead_through_the_whole_list() {
    let service = StandIn::start();
    for (path, paging) in [("journey/after", Paging::After), ("journey/cursor", Paging::Cursor)] {
        service.add_family(Family::new(path).paging(paging));
        let added: Vec<String> = (0..7).map(|n| service.add(path, json!({ "n": n }))).collect();
        let mut target = format!("/api/v2/{path}?pageSize=3");
        let mut listed = Vec::new();
        for _ in 0..3 {
            let page: Value = service.call("GET", &target, ()).read_json().unwrap();
            assert!(page.get("total").is_none());
            listed.extend(ids(&page));
            let cursor = page["cursor"].as_str().map(|cursor| format!("/api/v2/{path}?pageSize=3&cursor={cursor}"));
            target = page["nextUri"].as_str().map(str::to_owned).or(cursor).unwrap_or_default();
        }
        assert_eq!((target.as_str(), listed), ("", added));
        for cursor in ["after=x", "cursor=x", "after=from-", "cursor=from--1"] {
            let own = cursor.starts_with("after") == (paging == Paging::After);
            let status = service.call("GET", &format!("/api/v2/{path}?{cursor}"), ()).status;
            assert_eq!(status, if own { 400 } else { 200 }, "{path} {cursor}");
        }
    }
}

#[test]
fn a_whole_list_ignores_pages() {
    let service = StandIn::start();
    service.add_family(Family::new("journey/schemas").paging(Paging::Whole));
    (0..30).for_each(|_| _ = service.add("journey/schemas", json!({})));
    let list: Value = service.call("GET", "/api/v2/journey/schemas?pageSize=2", ()).read_json().unwrap();
    assert_eq!((ids(&list).len(), list.as_object().unwrap().len()), (30, 1));
}

#[test]
fn filters_and_sorting_are_combined() {
    let service = StandIn::start();
    service.add_family(
        Family::new("journey/actionmaps")
            .filter_ids("actionMapIds", 2)
            .filter_equal("state", "state")
            .filter_contains("name", ["displayName"])
            .filter_search("queryFields", "queryValue"),
    );
    let mut all = Vec::new();
    for (name, state, weight) in [("Apple", "Active", 10), ("apricot", "Active", 9), ("Apple pie", "Deleted", 1)] {
        all.push(service.add("journey/actionmaps", json!({ "displayName": name, "state": state, "weight": weight })));
    }
    let list = |query: &str| {
        let page: Value = service.call("GET", &format!("{MAPS}?{query}"), ()).read_json().unwrap();
        ids(&page).iter().map(|id| all.iter().position(|known| known == id).unwrap()).collect::<Vec<usize>>()
    };
    assert_eq!(list("state=Active"), [0, 1]);
    assert_eq!(list("state=Active,Deleted"), [0, 1, 2]);
    assert_eq!(list("name=apple"), [0, 2]);
    assert_eq!(list("queryFields=state&queryFields=displayName&queryValue=PIE"), [2]);
    assert_eq!(list("queryValue=pie"), Vec::<usize>::new(), "no field is searched");
    assert_eq!(list("name=ap&state=Active&sortBy=weight"), [1, 0]);
    assert_eq!(list("sortBy=-weight"), [0, 1, 2]);
    assert_eq!(list("sortBy=state,weight"), [1, 0, 2]);
    assert_eq!(list("sortBy=displayName:desc"), [1, 2, 0]);
    assert_eq!(list(&format!("actionMapIds={},{}&pageSize=1&state=Nothing", all[2], all[0])), [0, 2]);
    let too_many = format!("{MAPS}?actionMapIds=1&actionMapIds=2&actionMapIds=3");
    assert_eq!(service.call("GET", &too_many, ()).status, 400);
}

#[test]
fn parents_have_lists_of_their_own() {
    let service = StandIn::start();
    service.add_family(Family::new("journey/sessions/{}/events"));
    let id = service.add("/api/v2/journey/sessions/a/events", json!({}));
    assert_eq!(service.all::<Value>("journey/sessions/a/events").len(), 1);
    assert!(service.all::<Value>("journey/sessions/b/events").is_empty());
    assert_eq!(service.call("GET", &format!("/api/v2/journey/sessions/b/events/{id}"), ()).status, 404);
    assert_eq!(service.call("GET", &format!("/api/v2/journey/sessions/a/events/{id}"), ()).status, 200);
}

#[test]
fn the_more_literal_path_wins() {
    let service = StandIn::start();
    service.add_family(Family::new("journey/outcomes/predictors").paging(Paging::Whole));
    assert_eq!(service.call("GET", "/api/v2/journey/outcomes/predictors", ()).body, r#"{"entities":[]}"#);
    assert_eq!(service.call("GET", "/api/v2/journey/outcomes/outcome-1", ()).status, 200);
}

#[test]
fn families_are_limited() {
    let service = StandIn::start();
    service.seed_segments(500);
    let refused = service.call("POST", SEGMENTS, json!({ "displayName": "One more" }));
    let error: Value = refused.read_json().unwrap();
    let limit = json!({ "key": "segments", "namespace": "journey", "value": 500 });
    assert_eq!((refused.status, &error["code"], &error["limit"]), (400, &json!("limit.exceeded"), &limit));
}

#[test]
fn names_may_be_unique() {
    let service = StandIn::start();
    service.add_segment(json!({ "displayName": "VIP" }));
    let create = || service.call("POST", SEGMENTS, json!({ "displayName": "VIP" })).status;
    assert_eq!(create(), 200);
    service.refuse_duplicate_names();
    assert_eq!(create(), 409);
}

#[test]
fn segments_are_completed_and_checked() {
    let service = StandIn::start();
    let context = json!({ "patterns": [{ "criteria": [{ "key": "device.category", "values": ["mobile"] }] }] });
    let created: Value =
        service.call("POST", SEGMENTS, json!({ "displayName": "VIP", "context": context })).read_json().unwrap();
    let criterion = &created["context"]["patterns"][0]["criteria"][0];
    assert_eq!((&criterion["operator"], &criterion["shouldIgnoreCase"]), (&json!("equal"), &json!(false)));
    assert_eq!((&created["scope"], &created["color"]), (&json!("Session"), &json!("#008000")));
    let wrong = [
        json!({ "color": "red" }),
        json!({ "color": 7 }),
        json!({ "assignmentExpirationDays": -1 }),
        json!({ "context": { "patterns": [{ "criteria": [] }] } }),
        json!({ "journey": { "patterns": [{}] } }),
        json!({ "journey": { "patterns": [7] } }),
        json!({ "context": 7 }),
        json!({ "context": { "patterns": {} } }),
        json!({ "context": { "patterns": [{ "criteria": [7] }] } }),
    ];
    for fields in wrong {
        let path = created["selfUri"].as_str().unwrap();
        assert_eq!(service.call("PATCH", path, &fields).status, 400, "{fields}");
    }
    assert_eq!(service.segments(), [created]);
}

#[test]
fn an_external_segment_is_merged() {
    let service = StandIn::start();
    let external = json!({ "id": "x", "name": "X", "source": "Custom" });
    let id = service.add_segment(json!({ "displayName": "Mirror", "externalSegment": external }));
    let path = format!("{SEGMENTS}/{id}");
    service.call("PATCH", &path, json!({ "externalSegment": { "name": "Y" }, "context": { "patterns": null } }));
    assert_eq!(service.segment(&id).unwrap()["context"], json!({ "patterns": null }), "others are replaced");
    let expected = json!({ "id": "x", "name": "Y", "source": "Custom" });
    let segment = service.segment(&id).unwrap();
    assert_eq!((&segment["externalSegment"], &segment["scope"]), (&expected, &json!("Customer")));
    service.call("PATCH", &path, json!({ "externalSegment": null }));
    assert!(service.segment(&id).unwrap().get("externalSegment").is_none());
}

#[test]
fn action_targets_are_not_created_or_deleted() {
    let service = StandIn::start();
    let id = service.add_action_target(json!({ "name": "Sales" }));
    let path = format!("/api/v2/journey/actiontargets/{id}");
    assert_eq!(service.call("PATCH", &path, json!({ "name": "Support", "id": "other" })).status, 200);
    let target: Value = service.get("journey/actiontargets", &id).unwrap();
    assert_eq!((&target["name"], &target["id"]), (&json!("Support"), &json!(id)));
    assert_eq!(service.call("POST", "/api/v2/journey/actiontargets", json!({})).status, 405);
    assert_eq!(service.call("DELETE", &path, ()).status, 405);
}

#[test]
fn the_seed_makes_the_organisation() {
    let organisation = |seed| {
        let service = StandIn::builder().seed(seed).start().unwrap();
        service.stop_clock();
        service.seed_segments(20);
        let query = json!({
            "interval": "2026-01-01/P1D", "metrics": ["nJourneySessions"], "groupBy": ["journeyDeviceCategory"],
        });
        let aggregates = service.call("POST", "/api/v2/analytics/journeys/aggregates/query", query);
        let names: Vec<Value> = service.segments().iter().map(|segment| segment["displayName"].clone()).collect();
        (ids(&json!({ "entities": service.segments() })), names, aggregates.body)
    };
    let (first, again, other) = (organisation(0), organisation(0), organisation(7));
    assert_eq!(first, again);
    assert!(first.0 != other.0 && first.1 != other.1 && first.2 != other.2);
    // The ids of the default seed are in documentation and snapshots.
    assert_eq!(first.0[0], "9e3779b9-7c15-4000-9e11-000000000001");
}

#[test]
fn some_seeded_segments_have_no_assignments() {
    let service = StandIn::start();
    let seeded = service.seed_segments(20);
    service.clear_assignments(&seeded[0]);
    let query =
        json!({ "interval": "2026-01-01/P1D", "metrics": ["nJourneySessions"], "groupBy": ["journeySegmentId"] });
    let response = service.call("POST", "/api/v2/analytics/journeys/aggregates/query", query);
    let results: Value = response.read_json().unwrap();
    let counted = |id: &String| {
        results["results"].as_array().unwrap().iter().any(|row| row["group"]["journeySegmentId"] == id.as_str())
    };
    let without: Vec<usize> = (0..20).filter(|n| !counted(&seeded[*n])).collect();
    // 3, 7, 11, 15 and 19 are inactive.
    assert_eq!(without, [0, 3, 7, 8, 11, 15, 18, 19]);
}

#[test]
fn a_job_has_the_results_of_the_query_in_pages() {
    let service = StandIn::start();
    service.seed_segments(6);
    let jobs = "/api/v2/analytics/journeys/aggregates/jobs";
    let mut query =
        json!({ "interval": "2026-01-01/P1D", "metrics": ["nJourneySessions"], "groupBy": ["journeySegmentId"] });
    let whole: Value = service.call("POST", "/api/v2/analytics/journeys/aggregates/query", &query).read_json().unwrap();
    query["pageSize"] = json!(2);
    let job: Value = service.call("POST", jobs, &query).read_json().unwrap();
    let path = format!("{jobs}/{}", job["jobId"].as_str().unwrap());
    assert_eq!(service.call("GET", &format!("{path}/results"), ()).status, 409);
    let state = || service.call("GET", &path, ()).read_json::<Value>().unwrap()["state"].clone();
    assert_eq!([state(), state(), state()], ["QUEUED", "PENDING", "FULFILLED"]);
    // A later change of the organisation is not in the results.
    service.seed_segments(3);
    let (mut results, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Value = service.call("GET", &format!("{path}/results{cursor}"), ()).read_json().unwrap();
        results.extend(page["results"].as_array().unwrap().clone());
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("?cursor={next}");
    }
    assert_eq!(json!(results), whole["results"]);
    assert_eq!(service.call("DELETE", &path, ()).status, 204);
    assert_eq!(state(), "CANCELLED");
}

#[test]
fn jobs_expire_by_the_clock_and_end_as_set() {
    let service = StandIn::start();
    service.job_polls(0);
    service.job_end("FAILED", "Too large");
    let jobs = "/api/v2/analytics/journeys/aggregates/jobs";
    service.call("POST", jobs, json!({ "interval": "2026-01-01/P1D", "metrics": ["nJourneySessions"] }));
    let job = || service.call("GET", &format!("{jobs}/job-1"), ());
    let status: Value = job().read_json().unwrap();
    assert_eq!((&status["state"], &status["errorMessage"]), (&json!("FAILED"), &json!("Too large")));
    service.advance_time(std::time::Duration::from_secs(86_400));
    assert_eq!(job().status, 404);
}
