//! The nine operations of the Journey API, one line each; links them all.
//!
//! Takes the id of a segment and of an action target. Changes them: for trying out, not for use.

use genesys_journey::action_targets::{self, ActionTargetUpdate};
use genesys_journey::analytics::{self, AggregateQuery, Interval, Metric};
use genesys_journey::segments::{self, NewSegment, SegmentUpdate};
use genesys_journey::{Config, Result};

fn main() -> Result<()> {
    let [segment_id, target_id] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap_or_else(|_| {
        eprintln!("usage: all_nine SEGMENT_ID ACTION_TARGET_ID (and GENESYSCLOUD_* in the environment)");
        std::process::exit(2)
    });
    let config = Config::from_env()?;

    println!("{:?}", segments::list(&config, &Default::default())?.total);
    println!("{:?}", segments::get(&config, &segment_id)?.display_name);
    let created = segments::create(&config, &NewSegment::new("All nine"))?;
    println!("{:?}", segments::update(&config, &created.id, &SegmentUpdate::default())?.version);
    segments::delete(&config, &created.id)?;

    println!("{:?}", action_targets::list(&config, &Default::default())?.total);
    println!("{:?}", action_targets::get(&config, &target_id)?.name);
    println!("{:?}", action_targets::update(&config, &target_id, &ActionTargetUpdate::default())?.name);

    let query = AggregateQuery::new(Interval::last_days(1)?, [Metric::NJourneySessions]);
    println!("{:?}", analytics::query_aggregates(&config, &query)?.results.len());
    Ok(())
}
