//! Writes the sessions of yesterday by hour and device as lines with tabs, while the response is received.
//!
//! Needs `GENESYSCLOUD_*` in the environment.

use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
use genesys_journey::{Config, Result};

fn main() -> Result<()> {
    let config = Config::from_env()?;
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneyDeviceCategory],
        granularity: Some("PT1H".into()),
        ..AggregateQuery::new(Interval::last_days(1)?, [Metric::NJourneySessions])
    };
    println!("interval\tdevice\tsessions");
    for container in analytics::stream_aggregates(&config, &query)? {
        for row in container?.rows() {
            let device = row.dimension(&Dimension::JourneyDeviceCategory).unwrap_or_default();
            let interval = row.interval.map_or("", Interval::as_str);
            println!("{interval}\t{device}\t{}", row.stats.count.unwrap_or_default());
        }
    }
    Ok(())
}
