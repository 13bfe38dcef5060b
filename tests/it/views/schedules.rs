//! Schedules.

use genesys_journey::views::schedules::{self, Frequency, ListSchedules, NewSchedule};

use super::*;

#[test]
fn a_schedule_is_created_read_replaced_and_deleted() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    assert!(schedules::get(&config, &id).unwrap_err().is_not_found());
    // The response is empty.
    assert_eq!(schedules::create(&config, &id, &NewSchedule::new(Frequency::Daily)).unwrap(), None);
    assert_eq!(service.last_request().body, Some(json!({ "frequency": "Daily" })));
    let schedule = schedules::get(&config, &id).unwrap();
    assert_eq!((schedule.id.as_str(), schedule.frequency), (id.as_str(), Some(Frequency::Daily)));
    let error = schedules::create(&config, &id, &NewSchedule::new(Frequency::Daily)).unwrap_err();
    assert_eq!(error.code(), Some("schedule.exists"));
    let weekly = schedules::replace(&config, &id, &NewSchedule::new(Frequency::Weekly)).unwrap();
    assert_eq!(weekly.frequency, Some(Frequency::Weekly));
    // The body of the response is ignored.
    service.respond_next([Response::json(200, json!({ "frequency": "Weekly" }))]);
    schedules::delete(&config, &id).unwrap();
    schedules::delete(&config, &id).unwrap();
    assert!(schedules::delete(&config, &id).unwrap_err().is_not_found());
    let line = |method: &str| format!("{method} /{id}/schedules");
    let methods = ["GET", "POST", "GET", "POST", "PUT", "DELETE", "DELETE", "DELETE"];
    assert_eq!(take_lines(&service), methods.map(line));
    for error in [
        schedules::get(&config, "").unwrap_err(),
        schedules::create(&config, "", &NewSchedule::new(Frequency::Daily)).unwrap_err(),
        schedules::replace(&config, "", &NewSchedule::new(Frequency::Daily)).unwrap_err(),
        schedules::delete(&config, "").unwrap_err(),
    ] {
        assert_eq!(error.field(), Some("viewId"));
    }
    assert!(take_lines(&service).is_empty());
}

#[test]
fn a_created_schedule_is_returned_if_the_service_does() {
    let service = StandIn::start();
    let body = json!({ "id": "v", "frequency": "Monthly" });
    service.respond_next([Response::json(200, body)]);
    let created = schedules::create(&config!(service), "v", &NewSchedule::new(Frequency::Monthly)).unwrap();
    assert_eq!(created.unwrap().frequency, Some(Frequency::Monthly));
}

#[test]
fn a_delete_with_a_lost_response_is_retried() {
    let service = StandIn::start();
    let config = config!(service);
    let id = add(&service, &config);
    schedules::create(&config, &id, &NewSchedule::new(Frequency::Daily)).unwrap();
    take_lines(&service);
    service.faults().lose_responses(1);
    schedules::delete(&config, &id).unwrap();
    assert_eq!(take_lines(&service).len(), 2);
    service.faults().lose_responses(1);
    let error = schedules::create(&config, &id, &NewSchedule::new(Frequency::Daily)).unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(take_lines(&service).len(), 1);
}

#[test]
fn schedules_are_listed_page_by_page() {
    let service = StandIn::start();
    let config = config!(service);
    for n in 0..3 {
        service.add("journey/views/schedules", json!({ "id": n.to_string(), "frequency": "Daily" }));
    }
    let list = ListSchedules { page_size: Some(2), page_number: Some(2) };
    assert_eq!(schedules::list(&config, &list).unwrap().entities.len(), 1);
    let all = schedules::list_all(&config, &ListSchedules { page_size: Some(2), page_number: None });
    assert_eq!(all.map(|schedule| schedule.unwrap().id).collect::<Vec<_>>(), ["0", "1", "2"]);
    let page = |n| format!("GET /schedules?pageSize=2&pageNumber={n}");
    assert_eq!(take_lines(&service), [page(2), page(1), page(2)]);
    let error = schedules::list(&config, &ListSchedules { page_size: None, page_number: Some(0) }).unwrap_err();
    assert_eq!(error.field(), Some("pageNumber"));
    let error = schedules::list_all(&config, &list).next().unwrap().unwrap_err();
    assert_eq!(error.field(), Some("pageNumber"));
}
