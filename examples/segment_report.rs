//! How many visitors were assigned to each active segment yesterday, as a table or as CSV. For cron.

mod common;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use common::Stop;
use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
use genesys_journey::segments::{self, ListSegments};
use genesys_journey::{Config, Result};
use lexopt::prelude::*;

const HELP: &str = "\
usage: segment_report [options]

How many visitors were assigned to each active segment in the last whole day (UTC), those without
assignments included. For cron.

  --days N            the last N whole days (UTC)
  --interval FROM/TO  such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z
  --csv               comma-separated values (from,to,segment_id,segment,assigned), not a table
  --output FILE       write the report there, whole or not at all, and print nothing
  --token-cache FILE  keep the token there (mode 0600): one sign-in a day, not one a run
  -h, --help          print this

Exit codes:
  0  the report is written
  1  the service or the network failed, after all repeats: a later run may succeed
  2  somebody has to put something right: arguments, environment, credentials, permissions, files
With 1 and 2 there is no report, and one line on standard error that says why. Cron mails what is
printed; with --output that is failures only:

  15 0 * * *  segment_report --csv --output /srv/reports/segments.csv --token-cache ~/.segments.token

";

fn main() -> ExitCode {
    common::main(&[HELP, common::ENVIRONMENT].concat(), run)
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode, Stop> {
    let mut interval = Interval::last_days(1)?;
    let (mut csv, mut output, mut token_cache) = (false, None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("days") => interval = Interval::last_days(args.value()?.parse()?)?,
            Long("interval") => interval = args.value()?.parse()?,
            Long("csv") => csv = true,
            Long("output") => output = Some(PathBuf::from(args.value()?)),
            Long("token-cache") => token_cache = Some(PathBuf::from(args.value()?)),
            arg => return Err(common::other(arg)),
        }
    }
    let service = common::connect(token_cache)?;
    let lines = count(&service.config, &interval)?;
    let report = if csv { as_csv(&interval, &lines)? } else { as_table(&interval, &lines).into_bytes() };
    match output {
        Some(path) => common::write_whole(&path, &report)?,
        None => common::print(&report)?,
    }
    Ok(ExitCode::SUCCESS)
}

struct Line {
    id: String,
    name: String,
    assigned: i64,
}

/// The active segments, those with the most assignments first.
fn count(config: &Config, interval: &Interval) -> Result<Vec<Line>> {
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneySegmentId],
        ..AggregateQuery::new(interval.clone(), [Metric::NJourneySegmentsAssigned])
    };
    let response = analytics::query_aggregates(config, &query)?;
    let mut assigned: HashMap<&str, i64> = HashMap::new();
    for row in response.rows() {
        if let Some(id) = row.dimension(&Dimension::JourneySegmentId) {
            *assigned.entry(id).or_default() += row.stats.count.unwrap_or_default();
        }
    }
    let active = ListSegments { is_active: Some(true), ..ListSegments::default() };
    let line = |segment: segments::Segment| Line {
        assigned: assigned.get(segment.id.as_str()).copied().unwrap_or_default(),
        id: segment.id,
        name: segment.display_name,
    };
    let mut lines: Vec<Line> =
        segments::list_all(config, &active).map(|segment| segment.map(line)).collect::<Result<_>>()?;
    lines.sort_by(|a, b| b.assigned.cmp(&a.assigned).then_with(|| a.name.cmp(&b.name)));
    Ok(lines)
}

fn as_csv(interval: &Interval, lines: &[Line]) -> Result<Vec<u8>, csv::Error> {
    let (from, to) = interval.as_str().split_once('/').unwrap_or_default();
    let mut bytes = Vec::new();
    let mut writer = csv::Writer::from_writer(&mut bytes);
    writer.write_record(["from", "to", "segment_id", "segment", "assigned"])?;
    for line in lines {
        writer.write_record([from, to, &line.id, &line.name, &line.assigned.to_string()])?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

fn as_table(interval: &Interval, lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or_default().max("segment".len());
    let mut table = format!("Assigned to active segments, {interval}\n\n");
    let mut row = |name: &str, id: &str, assigned: &dyn std::fmt::Display| {
        let _ = writeln!(table, "{:<width$}  {id:<36}  {assigned:>9}", name.replace(char::is_control, " "));
    };
    row("segment", "id", &"assigned");
    for line in lines {
        row(&line.name, &line.id, &line.assigned);
    }
    row("total", "", &lines.iter().map(|line| line.assigned).sum::<i64>());
    table
}
