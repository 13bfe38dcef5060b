//! `journey rows`: the rows of any query of journey aggregates.

use genesys_journey::analytics::jobs::{self, JobOptions};
use genesys_journey::analytics::{self, AggregateQuery, Container, Dimension, Interval, Metric};
use genesys_journey::{Config, Error};
use serde_json::{Value, json};

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status};
use crate::output::{Output, OutputArgs};
use crate::progress;
use crate::records::Records;
use crate::report::Period;

/// Query journey aggregates, and write a row for each group, interval and metric
///
/// A response of any size is written while it is received, in csv and json.
#[derive(clap::Args)]
#[command(after_help = concat!(environment!(), "

Example for cron; it prints nothing unless it fails:
  5 * * * *  journey rows --metric nJourneySessions --group-by journeyDeviceCategory --granularity PT1H \\
               --format csv --output /srv/sessions.csv --token-cache ~/.journey.token"))]
pub struct Args {
    /// A metric, such as nJourneySessions; may be given several times
    #[arg(long = "metric", value_name = "NAME", default_value = "nJourneySessions")]
    metrics: Vec<String>,
    /// A dimension, such as journeyDeviceCategory; may be given several times
    #[arg(long, value_name = "NAME")]
    group_by: Vec<String>,
    /// The length of one interval, such as PT1H or P1D [default: the whole interval of the query]
    #[arg(long, value_name = "TIME")]
    granularity: Option<String>,
    /// The time zone of the intervals, such as Europe/Paris [default: UTC]
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,
    /// Run the query as a job: for long intervals
    #[arg(long, conflicts_with = "read_only")]
    job: bool,
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

type Containers = Box<dyn Iterator<Item = Result<Container, Error>>>;

pub fn run(args: &Args) -> Result<Status, Failure> {
    let query = AggregateQuery {
        group_by: args.group_by.iter().map(|name| Dimension::from(name.as_str())).collect(),
        granularity: args.granularity.clone(),
        time_zone: args.time_zone.clone(),
        ..AggregateQuery::new(args.period.interval()?, args.metrics.iter().map(|name| Metric::from(name.as_str())))
    };
    let output = Output::open(args.output.file.output.as_deref())?;
    // A job is created and cancelled.
    let access = if args.job { Access::Write } else { Access::Read };
    let service = args.connection.connect(access)?;
    let mut records = Records::new(output, args.output.format, columns(&args.group_by))?;
    let progress = progress::counter(args.connection.shows_progress(), "rows");
    for container in containers(&service.config, &query, args)? {
        for row in container?.rows() {
            let group = query.group_by.iter().map(|dimension| json!(row.dimension(dimension)));
            let stats = row.stats;
            let values = [
                json!(row.interval.map_or("", Interval::as_str)),
                json!(row.name),
                json!(row.qualifier),
                json!(stats.count),
                number(stats.sum),
                number(stats.min),
                number(stats.max),
            ];
            records.write(group.chain(values).collect())?;
            progress.inc(1);
        }
        if records.is_closed() {
            break;
        }
    }
    drop(progress);
    records.commit()?;
    Ok(Status::Done)
}

fn columns(group_by: &[String]) -> Vec<String> {
    let stats = ["interval", "metric", "qualifier", "count", "sum", "min", "max"].map(str::to_owned);
    group_by.iter().cloned().chain(stats).collect()
}

fn containers(config: &Config, query: &AggregateQuery, args: &Args) -> Result<Containers, Failure> {
    if !args.job {
        return Ok(Box::new(analytics::stream_aggregates(config, query)?));
    }
    let timeout = args.connection.job_timeout(JobOptions::default().timeout);
    Ok(Box::new(jobs::run(config, query, JobOptions { timeout, ..JobOptions::default() })?))
}

fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Null, |number| json!(number))
}
