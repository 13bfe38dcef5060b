//! The measured tasks on genesys-journey.

use genesys_bench_worker::{ID, QUERY, SEGMENTS, TOKEN, Worker, alternating, root};
use genesys_journey::analytics::{self, AggregateQuery};
use genesys_journey::segments::{self, ListSegments, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Region};

/// Returns the task that a measured process does.
pub fn worker(url: &str, task: &str, _variant: &str) -> Worker {
    let builder = Config::builder(Region::custom(url, url).expect("a loopback URL"));
    let builder = root(url).into_iter().fold(builder, |builder, root| builder.extra_roots(root));
    let config = builder.token(TOKEN).expect("a valid token");
    let list = ListSegments { page_size: Some(100), page_number: Some(1), ..ListSegments::default() };
    match task {
        "get" => Box::new(move || drop(segments::get(&config, ID).unwrap())),
        "page" => Box::new(move || drop(segments::list(&config, &list).unwrap())),
        "create" => Box::new(move || drop(segments::create(&config, &NewSegment::new("VIP")).unwrap())),
        "update" => Box::new(move || {
            let update = SegmentUpdate { color: "#008000".into(), ..SegmentUpdate::default() };
            drop(segments::update(&config, ID, &update).unwrap());
        }),
        "edit" => Box::new(move || {
            let update = |_: &_| SegmentUpdate { color: "#1F6FEB".into(), ..SegmentUpdate::default() };
            drop(segments::edit(&config, ID, update).unwrap());
        }),
        "get and create" => Box::new(alternating(
            {
                let config = config.clone();
                move || drop(segments::get(&config, ID).unwrap())
            },
            move || drop(segments::create(&config, &NewSegment::new("VIP")).unwrap()),
        )),
        "list_all" => Box::new(move || {
            let n = segments::list_all(&config, &ListSegments::default()).map(Result::unwrap).count();
            assert_eq!(n, SEGMENTS);
        }),
        "aggregates" => Box::new(move || drop(analytics::query_aggregates(&config, &query()).unwrap())),
        "aggregates in pieces" => Box::new(move || {
            let mut n = 0;
            for container in analytics::stream_aggregates(&config, &query()).unwrap() {
                n += container.unwrap().data.len();
            }
            assert!(n > 0);
        }),
        _ => panic!("no such task: {task}"),
    }
}

fn query() -> AggregateQuery {
    serde_json::from_str(QUERY).expect("a query")
}
