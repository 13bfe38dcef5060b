//! Every fault, over HTTP where HTTP makes a difference.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

fn vip() -> Value {
    json!({ "displayName": "VIP" })
}

#[test]
fn latency_delays_every_response() {
    let service = StandIn::start();
    service.faults().latency(Duration::from_millis(60));
    for target in [SEGMENTS, "/oauth/token", "/nowhere"] {
        let start = Instant::now();
        Client::of(&service).call("GET", target, &Value::Null);
        assert!(start.elapsed() >= Duration::from_millis(60), "{target}");
    }
}

#[test]
fn one_slow_response_does_not_delay_others() {
    let service = StandIn::start();
    service.faults().latency(Duration::from_secs(30));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            _ = Client::of(&service)
                .agent
                .get(service.url())
                .config()
                .timeout_global(Some(Duration::from_millis(200)))
                .build()
                .call()
        });
        while service.requests().is_empty() {
            std::thread::yield_now();
        }
        service.faults().clear();
        assert_eq!(Client::of(&service).call("GET", SEGMENTS, &Value::Null).0, 200);
    });
}

#[test]
fn a_lost_response_is_processed_and_closes_the_connection() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    let client = Client::of(&service);
    // Reads are not concerned.
    assert_eq!(client.call("GET", SEGMENTS, &Value::Null).0, 200);
    assert!(client.send("POST", SEGMENTS, &vip().to_string()).is_err());
    assert_eq!(service.segments().len(), 1);
    assert_eq!(client.call("POST", SEGMENTS, &vip()).0, 200);
}

#[test]
fn a_lost_response_sends_no_byte() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    let mut stream = TcpStream::connect(service.url().trim_start_matches("http://")).unwrap();
    let head = "DELETE /api/v2/journey/segments/7 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer stand-in-token\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    assert!(received.is_empty(), "{received:?}");
}

#[test]
fn a_lost_write_is_not_processed() {
    let service = StandIn::start();
    let id = service.add_segment(vip());
    service.faults().lose_writes(3);
    let client = Client::of(&service);
    let path = format!("{SEGMENTS}/{id}");
    for (method, target) in [("POST", SEGMENTS), ("PATCH", path.as_str()), ("DELETE", path.as_str())] {
        assert!(client.send(method, target, &json!({ "displayName": "Other" }).to_string()).is_err());
    }
    assert_eq!(service.segments().len(), 1);
    assert_eq!(service.segment(&id).unwrap()["displayName"], "VIP");
    assert_eq!(client.call("DELETE", &path, &Value::Null).0, 204);
}

#[test]
fn losses_are_in_the_order_in_which_they_were_set() {
    let service = StandIn::start();
    service.faults().lose_writes(1).lose_responses(1);
    service.call("POST", SEGMENTS, vip());
    assert!(service.segments().is_empty());
    service.call("POST", SEGMENTS, vip());
    assert_eq!(service.segments().len(), 1);
}

#[test]
fn a_query_by_post_is_no_write() {
    let service = StandIn::start();
    service.faults().lose_responses(1);
    let query = json!({ "interval": "2026-01-01/P1D", "metrics": ["nJourneySessions"] });
    assert_eq!(service.call("POST", "/api/v2/analytics/journeys/aggregates/query", &query).status, 200);
    assert_eq!(service.call("POST", "/api/v2/analytics/journeys/aggregates/jobs", &query).status, 503);
}

#[test]
fn random_losses_follow_the_seed() {
    let lost = |seed| {
        let service = StandIn::builder().seed(seed).start().unwrap();
        service.faults().lose_responses_at_random(0.3);
        (0..200).map(|_| service.call("GET", SEGMENTS, ()).status == 503).collect::<Vec<bool>>()
    };
    let first = lost(1);
    assert_eq!(first, lost(1));
    assert_ne!(first, lost(2));
    let count = first.iter().filter(|lost| **lost).count();
    assert!((30..=90).contains(&count), "{count} of 200");
}

#[test]
fn reads_lag_behind_creates_updates_and_deletes() {
    let service = StandIn::start();
    service.faults().lag_reads(2);
    let status = |path: &str| service.call("GET", path, ()).status;
    let name = |path: &str| service.call("GET", path, ()).read_json::<Value>().unwrap()["displayName"].clone();
    let listed = || ids(&service.call("GET", SEGMENTS, ()).read_json().unwrap()).len();

    let created: Value = service.call("POST", SEGMENTS, vip()).read_json().unwrap();
    let path = created["selfUri"].as_str().unwrap();
    assert_eq!((status(path), listed(), status(path), listed()), (404, 0, 200, 1));

    service.call("PATCH", path, json!({ "displayName": "New" }));
    assert_eq!([name(path), name(path), name(path)], ["VIP", "VIP", "New"]);

    service.call("DELETE", path, ());
    assert_eq!((listed(), status(path), status(path), listed()), (1, 200, 404, 0));
    assert!(service.segments().is_empty(), "the state itself does not lag");
}

#[test]
fn lag_by_time_ends_by_the_clock() {
    let service = StandIn::start();
    service.stop_clock();
    service.faults().lag_time(Duration::from_secs(3));
    let created: Value = service.call("POST", SEGMENTS, vip()).read_json().unwrap();
    let path = created["selfUri"].as_str().unwrap();
    service.advance_time(Duration::from_millis(2_999));
    assert_eq!([service.call("GET", path, ()).status, service.call("GET", path, ()).status], [404, 404]);
    service.advance_time(Duration::from_millis(1));
    assert_eq!(service.call("GET", path, ()).status, 200);
}

#[test]
fn a_rate_limit_states_its_wait() {
    let service = StandIn::start();
    service.stop_clock();
    service.faults().limit_rate(2);
    let client = Client::of(&service);
    let get = || client.send("GET", SEGMENTS, "").unwrap();
    assert_eq!([get().status(), get().status()], [200, 200]);
    service.advance_time(Duration::from_secs(20));
    let refused = get();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "41"));
    service.advance_time(Duration::from_secs(40));
    assert_eq!(get().status(), 200);

    service.faults().limit_rate_in_words(0);
    let refused = get();
    assert!(refused.headers().get("retry-after").is_none());
    let body: Value = serde_json::from_str(&refused.into_body().read_to_string().unwrap()).unwrap();
    assert_eq!(body["message"], "Rate limit exceeded the maximum. Retry the request in [61] seconds");
}

#[test]
fn an_unstable_order_makes_pages_overlap() {
    let service = StandIn::start();
    let seeded = service.seed_segments(100);
    service.faults().unstable_order(true);
    let page = |n| ids(&service.call("GET", &format!("{SEGMENTS}?pageNumber={n}"), ()).read_json().unwrap());
    let mut seen: Vec<String> = (1..=4).flat_map(page).collect();
    assert_eq!(seen.len(), 100);
    seen.sort();
    seen.dedup();
    assert!(seen.len() < 100 && seen.iter().all(|id| seeded.contains(id)));
}

#[test]
fn an_entity_deleted_during_a_listing_shifts_the_next_page() {
    let service = StandIn::start();
    let seeded = service.seed_segments(60);
    service.faults().delete_during_listing(1);
    let page = |n| ids(&service.call("GET", &format!("{SEGMENTS}?pageNumber={n}"), ()).read_json().unwrap());
    assert_eq!(page(1), seeded[..25]);
    assert_eq!(page(2), seeded[26..51]);
    assert_eq!(page(3), seeded[51..]);
    assert_eq!(service.segments().len(), 59);
}

#[test]
fn lists_can_be_mutated_and_only_lists() {
    let service = StandIn::start();
    let id = service.add_segment(vip());
    service.faults().mutate_lists(|page| page["total"] = json!(7));
    assert_eq!(service.call("GET", SEGMENTS, ()).read_json::<Value>().unwrap()["total"], 7);
    let one: Value = service.call("GET", &format!("{SEGMENTS}/{id}"), ()).read_json().unwrap();
    assert!(one.get("total").is_none());
}

#[test]
fn an_error_page_has_status_200_and_no_effect() {
    let service = StandIn::start();
    service.faults().error_page_with_200(1);
    let client = Client::of(&service);
    let page = client.send("POST", SEGMENTS, &vip().to_string()).unwrap();
    assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (200, "text/html"));
    assert!(page.into_body().read_to_string().unwrap().starts_with("<html>"));
    assert!(service.segments().is_empty());
    assert_eq!(client.call("POST", SEGMENTS, &vip()).0, 200);
}

#[test]
fn a_status_is_for_the_nth_request_from_now() {
    let service = StandIn::start();
    service.call("GET", SEGMENTS, ());
    service.faults().status_for_request(3, 503).status_for_request(1, 404);
    let status = || service.call("GET", SEGMENTS, ()).status;
    assert_eq!([status(), status(), status(), status()], [404, 200, 503, 200]);
}

#[test]
fn connections_are_closed_after_each_response_if_that_is_set() {
    for close in [false, true] {
        let service = StandIn::start();
        service.faults().close_connections(close);
        let mut stream = TcpStream::connect(service.url().trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        for expected in 1..=2 {
            // A write to a closed connection may fail.
            _ = stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
            let mut received = Vec::new();
            let mut byte = [0];
            // The body of an error ends so.
            while !received.ends_with(b"\"status\":401}") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                received.extend(byte);
            }
            assert_eq!(received.is_empty(), close && expected == 2);
        }
        assert_eq!(service.requests().len(), if close { 1 } else { 2 });
    }
}

#[test]
fn clear_ends_all_faults() {
    let service = StandIn::start();
    let faults = service.faults().latency(Duration::from_secs(60)).lose_writes(9).lose_responses_at_random(1.0);
    faults.lag_reads(9).limit_rate(0).unstable_order(true).delete_during_listing(9).error_page_with_200(9);
    faults.status_for_request(1, 500).mutate_lists(|page| *page = Value::Null).close_connections(true);
    faults.clear();
    let client = Client::of(&service);
    let (status, created) = client.call("POST", SEGMENTS, &vip());
    assert_eq!(status, 200);
    assert_eq!(ids(&client.call("GET", SEGMENTS, &Value::Null).1), [created["id"].as_str().unwrap()]);
}
