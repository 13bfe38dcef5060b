//! Shows the Journey API at work.
//!
//! Without `GENESYSCLOUD_*` in the environment it runs on a stand-in of the service in this process. With them it runs on
//! the real service, and only reads unless it is started with `--write`.

use genesys_journey::action_targets::{self, ActionTargetUpdate, ServiceLevel};
use genesys_journey::analytics::{self, AggregateQuery, Dimension, Interval, Metric};
use genesys_journey::criteria::{
    Context, ContextCriterion, ContextPattern, Journey, JourneyCriterion, JourneyPattern, Operator, StreamType,
};
use genesys_journey::segments::{self, NewSegment, Segment, SegmentUpdate};
use genesys_journey::{Config, Result, Update};
use genesys_stand_in::{StandIn, config};

fn main() -> Result<()> {
    let is_set = std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("GENESYSCLOUD_"));
    if is_set {
        return run(&Config::from_env()?, std::env::args().any(|arg| arg == "--write"));
    }
    let service = StandIn::start();
    service.seed_segments(5);
    println!("No GENESYSCLOUD_* in the environment: running on a stand-in at {}.", service.url());
    run(&config!(service), true)
}

fn run(config: &Config, write: bool) -> Result<()> {
    println!("Signed in at {}.", config.region());
    if write { write_and_read(config) } else { read(config) }
}

fn write_and_read(config: &Config) -> Result<()> {
    let segment = create(config)?;
    change(config, &segment)?;
    read(config)?;
    change_a_target(config)?;
    delete(config, &segment)
}

fn create(config: &Config) -> Result<Segment> {
    println!("\n* Create a segment: visitors on a phone who looked at the offers twice.");
    let phone = ContextCriterion::new("device.category", Operator::Equal, ["mobile"]);
    let offers = JourneyCriterion::new("page.title", Operator::ContainsAny, ["Offers"]);
    let segment = segments::create(
        config,
        &NewSegment {
            description: Some("Shown in the quickstart".into()),
            color: Some("#1F6FEB".into()),
            context: Some(Context::new([ContextPattern::new([phone])])),
            journey: Some(Journey::new([JourneyPattern {
                count: Some(2),
                ..JourneyPattern::new(StreamType::Web, "web", [offers])
            }])),
            ..NewSegment::new("Bargain hunters on the phone")
        },
    )?;
    println!("   {} is version {}, with id {}.", segment.display_name, segment.version, segment.id);
    Ok(segment)
}

fn change(config: &Config, segment: &Segment) -> Result<()> {
    println!("\n* Change its colour and clear its description, guarded by the version that was read.");
    let update = SegmentUpdate {
        version: Some(segment.version),
        color: "#0B5FFF".into(),
        description: Update::Clear,
        ..SegmentUpdate::default()
    };
    let changed = segments::update(config, &segment.id, &update)?;
    println!("   Version {}, {}, description {:?}.", changed.version, color(&changed), changed.description);

    println!("\n* Sending the same change again is refused, because the segment has a new version.");
    match segments::update(config, &segment.id, &update) {
        Err(error) if error.is_version_conflict() => println!("   {error}"),
        other => println!("   (this service does not mind: {:?})", other.map(|segment| segment.version)),
    }
    Ok(())
}

fn color(segment: &Segment) -> &str {
    segment.color.as_deref().unwrap_or("no colour")
}

fn change_a_target(config: &Config) -> Result<()> {
    println!("\n* Change an action target (deprecated by the vendor, and still served).");
    match action_targets::list_all(config, &Default::default()).next().transpose()? {
        Some(target) => {
            let level = ServiceLevel::new(0.9, 15_000);
            let update = ActionTargetUpdate { service_level: Some(level), ..ActionTargetUpdate::default() };
            let target = action_targets::update(config, &target.id, &update)?;
            println!(
                "   {:?} now has {:?}.",
                target.name.unwrap_or_default(),
                target.service_level.unwrap_or_default()
            );
        }
        None => println!("   There is none."),
    }
    Ok(())
}

fn delete(config: &Config, segment: &Segment) -> Result<()> {
    println!("\n* Delete the segment, and try to read it.");
    segments::delete(config, &segment.id)?;
    match segments::get(config, &segment.id) {
        Err(error) if error.is_not_found() => println!("   {error}"),
        other => println!("   (a read may lag behind a write: {:?})", other.map(|segment| segment.id)),
    }
    Ok(())
}

fn read(config: &Config) -> Result<()> {
    println!("\n* List all segments, page by page.");
    let mut first = None;
    for segment in segments::list_all(config, &Default::default()) {
        let segment = segment?;
        let is = if segment.is_active { "active" } else { "inactive" };
        println!("   {:<30} {:<9} {}", segment.display_name, is, color(&segment));
        first.get_or_insert(segment);
    }
    let Some(first) = first else {
        println!("   There is none.");
        return Ok(());
    };

    println!("\n* Read one of them.");
    let segment = segments::get(config, &first.id)?;
    let changed = segment.modified_date.as_ref().map_or("an unknown time", |date| date.as_str());
    println!("   {} was last changed at {changed}.", segment.display_name);

    println!("\n* How many visitors were assigned to them yesterday, by device?");
    let query = AggregateQuery {
        group_by: vec![Dimension::JourneySegmentId, Dimension::JourneyDeviceCategory],
        ..AggregateQuery::new(Interval::last_days(1)?, [Metric::NJourneySegmentsAssigned])
    };
    println!("   {:<38} {:<8} {:>8}", "segment", "device", "assigned");
    for row in analytics::query_aggregates(config, &query)?.rows() {
        println!(
            "   {:<38} {:<8} {:>8}",
            row.dimension(&Dimension::JourneySegmentId).unwrap_or("-"),
            row.dimension(&Dimension::JourneyDeviceCategory).unwrap_or("-"),
            row.stats.count.unwrap_or_default(),
        );
    }
    Ok(())
}
