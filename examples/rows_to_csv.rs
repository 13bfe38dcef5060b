//! Runs any query of journey aggregates and prints its rows as CSV.

mod common;

use std::process::ExitCode;

use common::Stop;
use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
use lexopt::prelude::*;

const HELP: &str = "\
usage: rows_to_csv [options]

Asks the journey aggregates, and writes a line for each group, interval and metric.

  --metric NAME       what to ask for, such as nJourneySessions; may be given several times
  --group-by NAME     a dimension, such as journeyDeviceCategory; may be given several times
  --granularity TIME  the length of one interval, such as PT1H or P1D; else the whole is one
  --days N            the last N whole days (UTC); 1 where nothing is said
  --interval FROM/TO  such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z
  -h, --help          print this

Exit codes: 0 done; 1 the service or the network failed; 2 somebody has to put something right.

";

fn main() -> ExitCode {
    common::main(&[HELP, common::ENVIRONMENT].concat(), run)
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode, Stop> {
    let mut query = AggregateQuery::new(Interval::last_days(1)?, []);
    while let Some(arg) = args.next()? {
        match arg {
            Long("metric") => query.metrics.push(Metric::from(args.value()?.string()?.as_str())),
            Long("group-by") => query.group_by.push(Dimension::from(args.value()?.string()?.as_str())),
            Long("granularity") => query.granularity = Some(args.value()?.string()?),
            Long("days") => query.interval = Interval::last_days(args.value()?.parse()?)?,
            Long("interval") => query.interval = args.value()?.parse()?,
            arg => return Err(common::other(arg)),
        }
    }
    if query.metrics.is_empty() {
        query.metrics.push(Metric::NJourneySessions);
    }
    let service = common::connect(None)?;
    let response = analytics::query_aggregates(&service.config, &query)?;

    let mut bytes = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    let dimensions = query.group_by.iter().map(Dimension::as_str);
    writer.write_record(dimensions.chain(["interval", "metric", "count", "sum", "min", "max"]))?;
    for row in response.rows() {
        for dimension in &query.group_by {
            writer.write_field(row.dimension(dimension).unwrap_or_default())?;
        }
        let number = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
        let count = row.stats.count.map_or(String::new(), |count| count.to_string());
        let stats = [count, number(row.stats.sum), number(row.stats.min), number(row.stats.max)];
        writer.write_record([row.interval, row.name].into_iter().chain(stats.iter().map(String::as_str)))?;
    }
    writer.flush()?;
    drop(writer);
    common::print(&bytes)?;
    Ok(ExitCode::SUCCESS)
}
