//! `journey report`: the assignments of each active segment.

use std::collections::HashMap;
use std::io::Write;

use genesys_journey::Result as Journey;
use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
use genesys_journey::segments::{self, ListSegments, Segment};
use serde_json::{Value, json};

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status};
use crate::output::{Format, Output, OutputArgs};
use crate::progress;
use crate::records::Records;

/// Count the visitors that were assigned to each active segment
///
/// Segments without assignments are included. The days are whole days in UTC.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron; it prints nothing unless it fails:
  15 0 * * *  journey report --format csv --output /srv/segments.csv --token-cache ~/.journey.token"))]
pub struct Args {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

#[derive(clap::Args)]
#[group(multiple = false)]
pub struct Period {
    /// The last N whole days, in UTC [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    /// Any interval, such as 2026-01-01T00:00:00Z/2026-02-01T00:00:00Z
    #[arg(long, value_name = "START/END")]
    interval: Option<Interval>,
}

impl Period {
    pub fn interval(&self) -> Result<Interval, Failure> {
        match &self.interval {
            Some(interval) => Ok(interval.clone()),
            None => Ok(Interval::last_days(self.days.unwrap_or(1))?),
        }
    }
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let interval = args.period.interval()?;
    let output = Output::open(args.output.file.output.as_deref())?;
    let service = args.connection.connect(Access::Read)?;
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneySegmentId],
        ..AggregateQuery::new(interval.clone(), [Metric::NJourneySegmentsAssigned])
    };
    let mut assigned: HashMap<String, i64> = HashMap::new();
    for container in analytics::stream_aggregates(&service.config, &query)? {
        let container = container?;
        let count = container.rows().filter_map(|row| row.stats.count).sum::<i64>();
        if let Some(id) = container.dimension(&Dimension::JourneySegmentId) {
            *assigned.entry(id.to_owned()).or_default() += count;
        }
    }
    let progress = progress::counter(args.connection.shows_progress(), "segments");
    let active = ListSegments { is_active: Some(true), ..ListSegments::default() };
    let active = segments::list_all(&service.config, &active).inspect(|_| progress.inc(1));
    let mut active = active.collect::<Journey<Vec<Segment>>>()?;
    let count = |segment: &Segment| assigned.get(&segment.id).copied().unwrap_or_default();
    active.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.display_name.cmp(&b.display_name)));
    drop(progress);

    match args.output.format {
        Format::Table => write_table(output, &interval, &active, &count)?,
        format => write_records(output, format, &interval, &active, &count)?,
    }
    Ok(Status::Done)
}

fn write_table(
    mut output: Output,
    interval: &Interval,
    active: &[Segment],
    count: &dyn Fn(&Segment) -> i64,
) -> Result<(), Failure> {
    write!(output, "Assigned to active segments, {interval}\n\n")?;
    let mut records = Records::new(output, Format::Table, columns(&["segment", "id", "assigned"]))?;
    for segment in active {
        records.write(vec![json!(segment.display_name), json!(segment.id), json!(count(segment))])?;
    }
    records.write(vec![json!("total"), Value::Null, json!(active.iter().map(count).sum::<i64>())])?;
    records.commit()
}

fn write_records(
    output: Output,
    format: Format,
    interval: &Interval,
    active: &[Segment],
    count: &dyn Fn(&Segment) -> i64,
) -> Result<(), Failure> {
    let (from, to) = interval.as_str().split_once('/').unwrap_or_default();
    let mut records = Records::new(output, format, columns(&["from", "to", "segment_id", "segment", "assigned"]))?;
    for segment in active {
        let (id, name) = (json!(segment.id), json!(segment.display_name));
        records.write(vec![json!(from), json!(to), id, name, json!(count(segment))])?;
    }
    records.commit()
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(str::to_owned).collect()
}
