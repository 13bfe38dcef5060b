//! `journey view`: runs a journey view, and writes its results as a table, as CSV or as a picture.

use std::io::Write;
use std::path::{Path, PathBuf};

use genesys_journey::Config;
use genesys_journey::views::charts::Chart;
use genesys_journey::views::jobs::{self, ChartResult, ElementMetrics, JobOptions, JobStatus, ViewResult};
use genesys_journey::views::{self, ListViews, NewView, View, versions};
use genesys_stand_in::StandIn;
use serde_json::{Value, json};

use crate::connect::{Access, Connection, environment};
use crate::exit::{Failure, Status, say};
use crate::output::{Output, OutputArgs};
use crate::progress;
use crate::records::Records;
use crate::svg::{Bar, Shape, picture};

/// Run a journey view, and write the customers at each element, or the values of a chart
///
/// Without a view, the views are listed. With --file, a view that is missing or different is created, or gets a new
/// version, if --apply is given; without --apply the differences are shown, and the exit code is 3.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("one view").args(["view", "file"])))]
#[command(after_help = concat!(environment!(), "

Example:
  journey view --demo \"From bot to agent\" --svg funnel.svg"))]
pub struct Args {
    /// The name or the id of a view
    #[arg(conflicts_with = "file")]
    view: Option<String>,
    /// A definition of a view in JSON, as --export writes it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Create the view of --file, or its new version
    #[arg(long, requires = "file")]
    apply: bool,
    /// The number of a version [default: the newest]
    #[arg(long, value_name = "N", requires = "view")]
    view_version: Option<u32>,
    /// Write the values of this chart, by its name or id
    #[arg(long, value_name = "CHART", requires = "one view")]
    chart: Option<String>,
    /// Write the definition of the view as JSON, and run nothing
    #[arg(long, requires = "view", conflicts_with_all = ["chart", "svg", "format"])]
    export: bool,
    /// Write a picture to this file: a funnel, or the bars of a chart
    #[arg(long, value_name = "FILE", requires = "one view", conflicts_with_all = ["format", "output"])]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(args: &Args) -> Result<Status, Failure> {
    let definition = args.file.as_deref().map(read_definition).transpose()?;
    let mut output = Output::open(args.svg.as_deref().or(args.output.file.output.as_deref()))?;
    let only_reads = args.export || (args.view.is_none() && args.file.is_none());
    let access = if only_reads { Access::Read } else { Access::Write };
    let service = args.connection.connect_to("", access, StandIn::doc_example)?;
    let config = &service.config;
    let view = match (&args.view, &definition) {
        (Some(name), _) => find(config, name, args.view_version)?,
        (None, Some(definition)) => match apply(config, definition, args.apply)? {
            Some(view) => view,
            None => return Ok(Status::Differences),
        },
        (None, None) => return list(config, output, args),
    };
    if args.export {
        writeln!(output, "{}", NewView::from(&view).to_json()?)?;
        output.commit()?;
        return Ok(Status::Done);
    }
    let chart = args.chart.as_deref().map(|wanted| find_chart(&view, wanted)).transpose()?;
    let version = view.version.unwrap_or(1);
    let job = complete(config, &view, version, args)?;
    if let Some(chart) = chart {
        let id = chart.id.as_deref().unwrap_or_default();
        let result = jobs::chart_results(config, &view.id, version, &job, id)?;
        return write_chart(output, args, chart, &result);
    }
    write_elements(output, args, &view, &jobs::results(config, &view.id, version, &job)?)
}

fn read_definition(file: &Path) -> Result<NewView, Failure> {
    let json = std::fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
    let view = NewView::from_json(&json).map_err(|error| Failure::file(file, error))?;
    view.check().map_err(|error| Failure::file(file, error))?;
    Ok(view)
}

fn find(config: &Config, name: &str, version: Option<u32>) -> Result<View, Failure> {
    let found = match views::find_by_name(config, name)? {
        Some(view) => view,
        None => views::get(config, name).map_err(|error| {
            if error.is_not_found() {
                return Failure::attention(format_args!("there is no view with the name or the id {name:?}"));
            }
            Failure::from(error)
        })?,
    };
    Ok(match version {
        Some(version) => versions::get(config, &found.id, version)?,
        None => found,
    })
}

/// Returns the view that equals a definition, or `None` if it differs and nothing may be written.
fn apply(config: &Config, definition: &NewView, is_applied: bool) -> Result<Option<View>, Failure> {
    let name = definition.name.as_deref().unwrap_or_default();
    let current = views::find_by_name(config, name)?;
    let changes = match &current {
        Some(view) => views::diff(&NewView::from(view), definition),
        None => Vec::new(),
    };
    match current {
        Some(view) if changes.is_empty() => return Ok(Some(view)),
        Some(_) => changes.iter().for_each(|change| say(format_args!("journey: view {name:?}: {change}"))),
        None => say(format_args!("journey: there is no view {name:?}")),
    }
    if !is_applied {
        return Ok(None);
    }
    Ok(Some(match current {
        Some(view) => versions::create(config, &view.id, definition)?,
        None => views::create(config, definition)?,
    }))
}

fn find_chart<'a>(view: &'a View, wanted: &str) -> Result<&'a Chart, Failure> {
    let is_wanted = |chart: &&Chart| chart.id.as_deref() == Some(wanted) || chart.name.as_deref() == Some(wanted);
    view.charts.iter().find(is_wanted).ok_or_else(|| {
        let names: Vec<&str> = view.charts.iter().filter_map(|chart| chart.name.as_deref()).collect();
        Failure::attention(format_args!("the view has no chart {wanted:?}; its charts are {names:?}"))
    })
}

/// Runs a job, and returns its id.
fn complete(config: &Config, view: &View, version: i64, args: &Args) -> Result<String, Failure> {
    let progress = progress::counter(args.connection.shows_progress(), "reads of the job's status");
    let mut on_state = |_: &JobStatus| progress.inc(1);
    let timeout = args.connection.job_timeout(JobOptions::default().timeout);
    let options = JobOptions { timeout, on_state: Some(&mut on_state) };
    Ok(jobs::complete(config, &view.id, version, options)?)
}

fn list(config: &Config, output: Output, args: &Args) -> Result<Status, Failure> {
    let mut records = records(output, args, &["view", "id", "version", "elements"])?;
    for view in views::list_all(config, &ListViews::default()) {
        let view = view?;
        records.write(vec![json!(view.name), json!(view.id), json!(view.version), json!(view.elements.len())])?;
    }
    records.commit()?;
    Ok(Status::Done)
}

fn write_elements(output: Output, args: &Args, view: &View, result: &ViewResult) -> Result<Status, Failure> {
    let none = ElementMetrics::default();
    let rows = view.elements.iter().map(|element| {
        let found = result.element(&element.id).and_then(|result| result.metrics.as_ref());
        (element, found.unwrap_or(&none))
    });
    if args.svg.is_some() {
        let first = rows.clone().find_map(|(_, metrics)| metrics.participant_count).unwrap_or_default();
        let bars = rows.map(|(element, metrics)| Bar {
            label: element.name.clone(),
            value: metrics.participant_count.map(|count| count as f64),
            note: metrics.participant_count.map_or("no value".to_owned(), |count| share(count, first)),
            series: 0,
        });
        return draw(output, view.name.as_deref(), Shape::Funnel, &bars.collect::<Vec<_>>());
    }
    let columns = ["element", "id", "customers", "active", "completed", "dropped_out", "moved_on"];
    let mut records = records(output, args, &columns)?;
    for (element, metrics) in rows {
        let ElementMetrics { participant_count, active_count, completed_count, dropout_count, flow_count, .. } =
            metrics;
        let counts = [participant_count, active_count, completed_count, dropout_count, flow_count];
        let texts = [json!(element.name), json!(element.id)];
        records.write(texts.into_iter().chain(counts.map(|count| json!(count))).collect())?;
    }
    records.commit()?;
    Ok(Status::Done)
}

/// Returns a count, and its share of the first one.
fn share(count: i64, first: i64) -> String {
    if first == 0 { count.to_string() } else { format!("{count} ({:.1} %)", count as f64 * 100.0 / first as f64) }
}

fn write_chart(output: Output, args: &Args, chart: &Chart, result: &ChartResult) -> Result<Status, Failure> {
    let metric_ids: Vec<&str> = chart.metrics.iter().map(|metric| &*metric.id).collect();
    let label = |id: &str| {
        let metric = chart.metrics.iter().find(|metric| metric.id == id);
        metric.and_then(|metric| metric.display_label.clone()).unwrap_or(id.to_owned())
    };
    if args.svg.is_some() {
        let bars = result.rows().map(|row| {
            let groups = row.groups.iter().filter_map(|group| group.value.as_deref());
            let texts: Vec<String> = groups.map(str::to_owned).chain([label(row.metric_id)]).collect();
            let note = if row.value.is_null() { "no value".to_owned() } else { row.text().into_owned() };
            let series = metric_ids.iter().position(|id| *id == row.metric_id).unwrap_or_default();
            Bar { label: texts.join(" · "), value: row.number(), note, series }
        });
        return draw(output, chart.name.as_deref(), Shape::Bars, &bars.collect::<Vec<_>>());
    }
    let mut attributes: Vec<&str> = Vec::new();
    for attribute in result.rows().flat_map(|row| row.groups).filter_map(|group| group.attribute.as_deref()) {
        if !attributes.contains(&attribute) {
            attributes.push(attribute);
        }
    }
    let columns: Vec<&str> = attributes.iter().copied().chain(["metric", "value"]).collect();
    let mut records = records(output, args, &columns)?;
    for row in result.rows() {
        let groups = attributes.iter().map(|attribute| json!(row.group(attribute)));
        let values: Vec<Value> = groups.chain([json!(label(row.metric_id)), row.value.clone()]).collect();
        records.write(values)?;
    }
    records.commit()?;
    Ok(Status::Done)
}

fn records(output: Output, args: &Args, columns: &[&str]) -> Result<Records, Failure> {
    Records::new(output, args.output.format, columns.iter().copied().map(str::to_owned).collect())
}

fn draw(mut output: Output, title: Option<&str>, shape: Shape, bars: &[Bar]) -> Result<Status, Failure> {
    output.write_all(picture(title.unwrap_or("Journey"), shape, bars).as_bytes())?;
    output.commit()?;
    Ok(Status::Done)
}
