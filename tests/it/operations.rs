//! The nine operations: the request, the response and one error of each.

use genesys_journey::action_targets::{self, ActionTargetUpdate, ListActionTargets, MediaType, ServiceLevel};
use genesys_journey::analytics::{
    self, AggregateQuery, AggregationRange, Clause, Dimension, Filter, Interval, Metric, Predicate, TimeDimension, View,
};
use genesys_journey::criteria::{Context, ContextCriterion, ContextPattern, Operator};
use genesys_journey::segments::{
    self, ExternalSegment, ExternalSegmentUpdate, ExternalSource, ListSegments, NewSegment, Scope, SegmentUpdate,
};
use genesys_journey::{Config, ErrorKind, Region, Update};
use genesys_stand_in::{RecordedRequest, Response, StandIn, builder, config};
use serde_json::{Value, json};

/// Method, path and query as one line, decoded.
fn request_line(seen: &RecordedRequest) -> String {
    let query: Vec<String> = seen.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} /{} {}", seen.method, seen.path.join("/"), query.join("&")).trim_end().to_owned()
}

fn assert_headers(seen: &RecordedRequest, with_body: bool) {
    assert_eq!(seen.header("authorization"), Some("Bearer stand-in-token"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("content-type"), with_body.then_some("application/json"));
    assert_eq!(seen.header("user-agent"), Some(concat!("genesys-journey/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(seen.body.is_some(), with_body);
}

#[test]
fn list_without_settings_sends_no_query() {
    let service = StandIn::start();
    service.seed_segments(30);
    let page = segments::list(&config!(service), &ListSegments::default()).unwrap();
    assert_eq!(request_line(&service.last_request()), "GET /api/v2/journey/segments");
    assert_headers(&service.last_request(), false);
    assert_eq!((page.entities.len(), page.total, page.page_count), (25, Some(30), Some(2)));
    assert!(page.next_uri.is_some() && page.previous_uri.is_none());
}

#[test]
fn list_sends_every_setting_in_the_vendors_spelling() {
    let service = StandIn::start();
    service.seed_segments(8);
    let list = ListSegments {
        sort_by: Some("displayName".into()),
        page_size: Some(3),
        page_number: Some(2),
        is_active: Some(true),
        query_fields: vec!["displayName".into(), "description".into()],
        query_value: Some("a & b".into()),
        ..ListSegments::default()
    };
    segments::list(&config!(service), &list).unwrap();
    assert_eq!(
        request_line(&service.last_request()),
        "GET /api/v2/journey/segments sortBy=displayName&pageSize=3&pageNumber=2&isActive=true\
         &queryFields=displayName&queryFields=description&queryValue=a & b"
    );
}

#[test]
fn list_sorts_filters_and_pages() {
    let service = StandIn::start();
    service.seed_segments(9);
    let config = config!(service);
    let sort_by = Some("-displayName".into());
    let list = ListSegments { sort_by, is_active: Some(false), ..Default::default() };
    let page = segments::list(&config, &list).unwrap();
    let names: Vec<&str> = page.entities.iter().map(|segment| segment.display_name.as_str()).collect();
    assert_eq!(names, ["Mobile campaign 7", "Back again 3"]);

    let list = ListSegments { page_size: Some(4), page_number: Some(3), ..Default::default() };
    assert_eq!(segments::list(&config, &list).unwrap().entities.len(), 1);
}

#[test]
fn list_by_ids_sends_one_key_for_each_id() {
    let service = StandIn::start();
    let ids = service.seed_segments(3);
    let list = ListSegments { segment_ids: vec![ids[2].clone(), ids[0].clone()], ..Default::default() };
    let page = segments::list(&config!(service), &list).unwrap();
    assert_eq!(service.last_request().query_all("segmentIds"), [&ids[2], &ids[0]]);
    let found: Vec<&String> = page.entities.iter().map(|segment| &segment.id).collect();
    assert!(found.len() == 2 && found.contains(&&ids[2]) && found.contains(&&ids[0]), "{found:?}");
}

#[test]
fn get_reads_every_field_of_a_segment() {
    let service = StandIn::start();
    let id = service.add_segment(json!({
        "displayName": "VIP", "description": "The best", "color": "#aa33cc", "assignmentExpirationDays": 7,
        "shouldDisplayToAgent": true,
        "context": {"patterns": [{"criteria": [{"key": "device.type", "values": ["mobile"], "entityType": "visit"}]}]},
        "journey": {"patterns": [{"criteria": [{"key": "page.url", "values": ["/vip"]}],
                                  "count": 3, "streamType": "Web", "sessionType": "web", "eventName": "bought"}]},
        "externalSegment": {"id": "e1", "name": "Loyal", "source": "Custom"},
    }));
    let segment = segments::get(&config!(service), &id).unwrap();
    assert_eq!(request_line(&service.last_request()), format!("GET /api/v2/journey/segments/{id}"));
    assert_headers(&service.last_request(), false);
    assert_eq!(segment.id, id);
    assert_eq!((segment.display_name.as_str(), segment.description.as_deref()), ("VIP", Some("The best")));
    assert_eq!((segment.color.as_deref(), segment.assignment_expiration_days), (Some("#aa33cc"), Some(7)));
    assert_eq!((segment.version, segment.is_active, segment.should_display_to_agent), (1, true, Some(true)));
    assert_eq!(segment.scope, Some(Scope::Customer));
    assert_eq!(segment.context.unwrap().patterns[0].criteria[0].operator, Some(Operator::Equal));
    assert_eq!(segment.journey.unwrap().patterns[0].event_name.as_deref(), Some("bought"));
    assert_eq!(segment.external_segment.unwrap().source, Some(ExternalSource::Custom));
    assert_eq!(segment.self_uri, Some(format!("/api/v2/journey/segments/{id}")));
    let [created, modified] = [segment.created_date, segment.modified_date].map(|date| date.unwrap().to_system_time());
    assert!(created.is_some() && created <= modified);
}

#[test]
fn get_of_a_missing_segment_is_not_found() {
    let service = StandIn::start();
    let error = segments::get(&config!(service), "nobody").unwrap_err();
    assert!(error.is_not_found() && !error.outcome_unknown());
    assert_eq!((error.kind(), error.status(), error.code()), (ErrorKind::Api, Some(404), Some("not.found")));
    assert_eq!(error.service_error().entity_id.as_deref(), Some("nobody"));
    assert_eq!(error.service_error().entity_name.as_deref(), Some("segment"));
    assert_eq!(error.service_error().message_params["id"], "nobody");
    assert_eq!((error.method(), error.attempts()), (Some("GET"), 1));
    assert_eq!(error.url().unwrap(), format!("{}/api/v2/journey/segments/nobody", service.url()));
    assert_eq!(error.correlation_id(), Some("00000000-0000-4000-8000-000000000001"));
    assert!(error.body().contains("Unable to find a segment"));
}

#[test]
fn create_sends_only_set_fields() {
    let service = StandIn::start();
    let segment = segments::create(&config!(service), &NewSegment::new("VIP")).unwrap();
    let seen = service.last_request();
    assert_eq!(request_line(&seen), "POST /api/v2/journey/segments");
    assert_headers(&seen, true);
    assert_eq!(seen.body, Some(json!({"displayName": "VIP"})));
    assert_eq!(service.segment(&segment.id).unwrap()["displayName"], "VIP");
}

#[test]
fn create_sends_every_field_in_the_vendors_spelling() {
    let service = StandIn::start();
    let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile"]);
    let external = ExternalSegment { id: "e".into(), name: "n".into(), source: Some(ExternalSource::Custom) };
    let new = NewSegment {
        is_active: Some(false),
        version: Some(1),
        description: Some("d".into()),
        color: Some("#AABBCC".into()),
        should_display_to_agent: Some(true),
        context: Some(Context::new([ContextPattern::new([phone])])),
        journey: Some(Default::default()),
        external_segment: Some(external),
        assignment_expiration_days: Some(0),
        ..NewSegment::new("VIP")
    };
    segments::create(&config!(service), &new).unwrap();
    let expected = json!({
        "isActive": false, "displayName": "VIP", "version": 1, "description": "d", "color": "#AABBCC",
        "shouldDisplayToAgent": true,
        "context": {"patterns": [{"criteria": [
            {"key": "device.category", "values": ["mobile"], "operator": "equal", "entityType": "visit"}]}]},
        "journey": {"patterns": []},
        "externalSegment": {"id": "e", "name": "n", "source": "Custom"},
        "assignmentExpirationDays": 0,
    });
    assert_eq!(service.last_request().body, Some(expected));
}

#[test]
fn create_of_a_taken_name_is_an_api_error() {
    let service = StandIn::start();
    service.refuse_duplicate_names();
    service.add_segment(json!({"displayName": "VIP"}));
    let error = segments::create(&config!(service), &NewSegment::new("VIP")).unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(409), Some("segment.name.conflict")));
    assert!(!error.outcome_unknown());
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn update_keeps_clears_and_sets_each_field() {
    let service = StandIn::start();
    let id = service.add_segment(json!({
        "displayName": "VIP", "description": "old", "assignmentExpirationDays": 3,
        "externalSegment": {"id": "e", "name": "old", "source": "Custom"},
    }));
    let update = SegmentUpdate {
        display_name: Some("VIP 2".into()),
        version: Some(1),
        description: Update::Clear,
        is_active: Some(false),
        context: Update::Clear,
        assignment_expiration_days: Update::Clear,
        external_segment: Some(ExternalSegmentUpdate { name: Some("new".into()) }),
        ..SegmentUpdate::default()
    };
    let segment = segments::update(&config!(service), &id, &update).unwrap();
    let seen = service.last_request();
    assert_eq!(request_line(&seen), format!("PATCH /api/v2/journey/segments/{id}"));
    assert_headers(&seen, true);
    let expected = json!({
        "displayName": "VIP 2", "version": 1, "description": null, "isActive": false, "context": {"patterns": []},
        "assignmentExpirationDays": null, "externalSegment": {"name": "new"},
    });
    assert_eq!(seen.body, Some(expected));
    assert_eq!((segment.version, segment.description, segment.assignment_expiration_days), (2, None, None));
    assert_eq!(segment.display_name, "VIP 2");
    assert_eq!(segment.external_segment.unwrap().name, "new");
}

#[test]
fn each_field_with_a_known_way_to_clear_it_is_cleared() {
    let service = StandIn::start();
    let id = service.add_segment(json!({ "displayName": "VIP" }));
    let update = SegmentUpdate {
        is_active: None,
        display_name: None,
        version: None,
        description: Update::Clear,
        color: Update::Clear,
        should_display_to_agent: Update::Clear,
        context: Update::Clear,
        journey: Update::Clear,
        external_segment: None,
        assignment_expiration_days: Update::Clear,
    };
    // The service may refuse it.
    let _ = segments::update(&config!(service), &id, &update);
    let expected = json!({
        "description": null, "color": null, "shouldDisplayToAgent": null, "context": {"patterns": []},
        "journey": {"patterns": []}, "assignmentExpirationDays": null,
    });
    assert_eq!(service.last_request().body, Some(expected));
}

#[test]
fn the_user_agent_ends_with_the_suffix_of_the_program() {
    let service = StandIn::start();
    let config = builder!(service).user_agent("night-job/1.4").token(&service.token()).unwrap();
    segments::list(&config, &ListSegments::default()).unwrap();
    let expected = concat!("genesys-journey/", env!("CARGO_PKG_VERSION"), " night-job/1.4");
    assert_eq!(service.last_request().header("user-agent"), Some(expected));
}

#[test]
fn an_error_is_one_pointer_and_send() {
    fn size_of_shareable<T: Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size_of_shareable::<genesys_journey::Error>(), size_of::<usize>());
    size_of_shareable::<Config>();
}

#[test]
fn every_iterator_can_move_to_another_thread() {
    fn is_send<T: Iterator + Send + 'static>() {}
    is_send::<genesys_journey::ListAll<segments::Segment>>();
    is_send::<analytics::ContainerStream>();
    is_send::<analytics::jobs::JobContainers>();
    is_send::<genesys_journey::views::jobs::ChartStream>();
}

#[test]
fn update_with_a_stale_version_is_a_version_conflict() {
    for as_400 in [false, true] {
        let service = StandIn::start();
        if as_400 {
            service.version_conflict_status(400);
        }
        let id = service.seed_segments(1).remove(0);
        let update = SegmentUpdate { version: Some(7), color: "#000000".into(), ..SegmentUpdate::default() };
        let error = segments::update(&config!(service), &id, &update).unwrap_err();
        assert!(error.is_version_conflict() && !error.outcome_unknown(), "{error}");
        assert_eq!(error.message(), "Version 7 does not match the current version 1");
        assert_eq!(service.segment(&id).unwrap()["version"], 1);
    }
}

#[test]
fn delete_removes_the_segment_and_a_second_delete_fails() {
    let service = StandIn::start();
    let id = service.seed_segments(1).remove(0);
    let config = config!(service);
    segments::delete(&config, &id).unwrap();
    assert_eq!(request_line(&service.last_request()), format!("DELETE /api/v2/journey/segments/{id}"));
    assert_headers(&service.last_request(), false);
    assert!(service.segment(&id).is_none());
    assert!(segments::delete(&config, &id).unwrap_err().is_not_found());
}

#[test]
fn delete_succeeds_with_any_success_response() {
    let service = StandIn::start();
    for response in
        [Response::text(200, "{}"), Response::text(202, ""), Response::text(200, "<html>"), Response::text(204, "")]
    {
        service.respond_next([response]);
        segments::delete(&config!(service), "7").unwrap();
    }
}

#[test]
fn action_targets_are_listed_page_by_page() {
    let service = StandIn::start();
    let list = ListActionTargets { page_size: Some(1), page_number: Some(2) };
    let page = action_targets::list(&config!(service), &list).unwrap();
    assert_eq!(request_line(&service.last_request()), "GET /api/v2/journey/actiontargets pageSize=1&pageNumber=2");
    assert_headers(&service.last_request(), false);
    assert_eq!((page.entities.len(), page.total), (1, Some(2)));
    let error = action_targets::list(&config!(service), &ListActionTargets { page_size: Some(501), page_number: None });
    assert_eq!(error.unwrap_err().status(), Some(400));
}

#[test]
fn an_action_target_is_read_with_every_field() {
    let service = StandIn::start();
    let id = service.add_action_target(json!({
        "name": "Sales", "userData": [{"key": "k", "value": "v"}], "supportedMediaTypes": ["webchat"],
        "state": "inactive", "description": "d", "serviceLevel": {"percentage": 80.5, "durationMs": 20000},
        "shortAbandonThreshold": 10,
    }));
    let target = action_targets::get(&config!(service), &id).unwrap();
    assert_eq!(request_line(&service.last_request()), format!("GET /api/v2/journey/actiontargets/{id}"));
    assert_eq!((target.name.as_deref(), target.description.as_deref()), (Some("Sales"), Some("d")));
    assert_eq!((target.user_data[0].key.as_deref(), target.user_data[0].value.as_deref()), (Some("k"), Some("v")));
    assert_eq!(target.supported_media_types, [MediaType::Webchat]);
    assert_eq!(target.state, Some(action_targets::ActionTargetState::Inactive));
    assert_eq!(target.service_level, Some(ServiceLevel::new(80.5, 20_000)));
    assert_eq!(target.short_abandon_threshold, Some(10));
    assert!(target.created_date.is_some() && target.modified_date.is_some() && target.self_uri.is_some());
    assert!(action_targets::get(&config!(service), "nobody").unwrap_err().is_not_found());
}

#[test]
fn an_action_target_is_changed_field_by_field() {
    let service = StandIn::start();
    let id = service.add_action_target(json!({"name": "Sales", "shortAbandonThreshold": 10}));
    let update = ActionTargetUpdate {
        name: Some("Support".into()),
        service_level: Some(ServiceLevel { percentage: Some(0.8), duration_ms: None }),
        short_abandon_threshold: Some(20),
    };
    let target = action_targets::update(&config!(service), &id, &update).unwrap();
    let seen = service.last_request();
    assert_eq!(request_line(&seen), format!("PATCH /api/v2/journey/actiontargets/{id}"));
    assert_headers(&seen, true);
    let expected = json!({
        "name": "Support", "serviceLevel": {"percentage": 0.8}, "shortAbandonThreshold": 20,
    });
    assert_eq!(seen.body, Some(expected));
    assert_eq!((target.name.as_deref(), target.short_abandon_threshold), (Some("Support"), Some(20)));
    assert!(action_targets::update(&config!(service), "nobody", &update).unwrap_err().is_not_found());
}

#[test]
fn aggregate_queries_send_every_field_in_the_vendors_spelling() {
    let service = StandIn::start();
    service.seed_segments(2);
    let few = AggregationRange { gte: Some(1.0), lt: Some(3.0) };
    let query = AggregateQuery {
        granularity: Some("PT1H".into()),
        time_zone: Some("Europe/Berlin".into()),
        group_by: vec![Dimension::JourneySegmentId, "dimensionOfTomorrow".into()],
        filter: Some(
            Filter::and([Predicate::exists(Dimension::JourneySegmentId)])
                .with_clause(Clause::or([Predicate::equals(Dimension::JourneyDeviceCategory, "mobile")])),
        ),
        flatten_multivalued_dimensions: Some(true),
        views: vec![View::range_bound("few", Metric::NJourneySessions, few)],
        alternate_time_dimension: Some(TimeDimension::EventTime),
        ..AggregateQuery::new(
            "2026-01-01T00:00:00Z/2026-01-01T02:00:00Z".parse::<Interval>().unwrap(),
            [Metric::NJourneySessions, Metric::from("metricOfTomorrow")],
        )
    };
    let response = analytics::query_aggregates(&config!(service), &query).unwrap();
    let seen = service.last_request();
    assert_eq!(request_line(&seen), "POST /api/v2/analytics/journeys/aggregates/query");
    assert_headers(&seen, true);
    let expected = json!({
        "interval": "2026-01-01T00:00:00Z/2026-01-01T02:00:00Z", "granularity": "PT1H", "timeZone": "Europe/Berlin",
        "groupBy": ["journeySegmentId", "dimensionOfTomorrow"],
        "filter": {
            "type": "and",
            "clauses": [{"type": "or", "predicates": [{
                "type": "dimension", "dimension": "journeyDeviceCategory", "operator": "matches", "value": "mobile"}]}],
            "predicates": [{"type": "dimension", "dimension": "journeySegmentId", "operator": "exists"}],
        },
        "metrics": ["nJourneySessions", "metricOfTomorrow"], "flattenMultivaluedDimensions": true,
        "views": [{"target": "nJourneySessions", "name": "few", "function": "rangeBound", "range": {"gte": 1.0, "lt": 3.0}}],
        "alternateTimeDimension": "eventTime",
    });
    assert_eq!(seen.body, Some(expected));
    assert_eq!(response.results.len(), 2);
    let data = &response.results[0].data[0];
    assert_eq!(data.metrics.len(), 1, "unknown metrics are missing");
    assert_eq!(data.views[0].name.as_deref(), Some("few"));
}

#[test]
fn a_refused_aggregate_query_is_an_api_error() {
    let service = StandIn::start();
    let interval: Interval = "2026-01-01T00:00:00Z/2026-01-01T02:00:00Z".parse().unwrap();
    let query = AggregateQuery {
        granularity: Some("P1000Y".into()),
        ..AggregateQuery::new(interval, [Metric::NJourneySessions])
    };
    let error = analytics::query_aggregates(&config!(service), &query).unwrap_err();
    assert_eq!((error.kind(), error.status(), error.message()), (ErrorKind::Api, Some(400), "Unknown granularity"));
}

#[test]
fn a_wrong_token_is_an_auth_error_after_one_request() {
    let service = StandIn::start();
    let region = Region::custom(&service.url(), &service.url()).unwrap();
    let config = Config::new(region, "wrong").unwrap();
    let error = segments::list(&config, &Default::default()).unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(401), Some("bad.credentials")));
    assert!(error.to_string().contains("cannot be renewed"), "{error}");
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn odd_ids_arrive_as_one_decoded_segment() {
    let service = StandIn::start();
    let config = config!(service);
    let odd =
        ["seg 1", "a/b", "100%", "a?b", "a#b", "a+b", "ü", "日", "%2e%2e", "a\r\nb", "x:y@z", "a;b=c", "~tilde_-."];
    for id in odd {
        service.add_segment(json!({"id": id, "displayName": id}));
        assert_eq!(segments::get(&config, id).unwrap().id, id);
        assert_eq!(service.last_request().path, ["api", "v2", "journey", "segments", id]);
        segments::delete(&config, id).unwrap();
        assert!(action_targets::get(&config, id).unwrap_err().is_not_found());
        assert_eq!(service.last_request().path, ["api", "v2", "journey", "actiontargets", id]);
    }
    assert_eq!(service.segments(), Vec::<Value>::new());
}

#[test]
fn an_api_error_has_every_field_of_the_response() {
    let service = StandIn::start();
    let body = json!({
        "message": "Too much", "code": "too.much", "status": 400, "entityId": "7", "entityName": "segment",
        "messageWithParams": "Too {what}", "messageParams": {"what": "much"}, "contextId": "ctx",
        "details": [{"errorCode": "e1", "fieldName": "color", "entityId": "7", "entityName": "segment"}],
        "errors": [{"message": "inner", "code": "inner.code"}],
        "limit": {"key": "segments", "namespace": "journey", "value": 500},
    });
    service.respond_next([Response::json(400, &body)]);
    let error = segments::get(&config!(service), "7").unwrap_err();
    assert_eq!((error.message(), error.code()), ("Too much", Some("too.much")));
    assert_eq!(error.details()[0].field_name.as_deref(), Some("color"));
    let service_error = error.service_error();
    assert_eq!(service_error.errors[0].code.as_deref(), Some("inner.code"));
    assert_eq!(service_error.message_with_params.as_deref(), Some("Too {what}"));
    assert_eq!(service_error.message_params["what"], "much");
    let limit = service_error.limit.as_ref().unwrap();
    assert_eq!((limit.key.as_deref(), limit.namespace.as_deref()), (Some("segments"), Some("journey")));
    assert_eq!(limit.value, Some(500));
    let line = error.to_string();
    assert_eq!(line, format!("{error:?}"));
    assert!(!line.contains('\n'), "{line}");
    for part in ["GET http://", "400", "too.much", "Too much", "color", "1 attempt", "correlation id"] {
        assert!(line.contains(part), "{part:?} is not in {line}");
    }
}

#[test]
fn an_error_body_that_is_not_json_is_kept() {
    let service = StandIn::start();
    service.respond_next([Response::text(410, "<html>short and stout</html>"), Response::text(500, "")]);
    let error = segments::get(&config!(service), "7").unwrap_err();
    assert_eq!((error.kind(), error.status(), error.code()), (ErrorKind::Api, Some(410), None));
    assert_eq!(error.body(), "<html>short and stout</html>");
    let error = segments::get(&config!(service), "7").unwrap_err();
    assert_eq!((error.status(), error.body()), (Some(500), ""));
}

#[test]
fn gateways_with_a_path_prefix_are_reached() {
    let service = StandIn::start();
    let region = Region::custom(&format!("{}/gateway/", service.url()), &format!("{}/login", service.url())).unwrap();
    let config = Config::new(region, &service.token()).unwrap();
    let error = segments::get(&config, "7").unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert_eq!(service.last_request().raw_path, "/gateway/api/v2/journey/segments/7");
}
