//! The smallest program on the crate: one GET.

use genesys_journey::{Config, Region, segments};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::new(Region::EU_WEST_1, &std::env::var("GENESYSCLOUD_ACCESS_TOKEN")?)?;
    let id = std::env::args().nth(1).ok_or("usage: one_get SEGMENT_ID")?;
    let segment = segments::get(&config, &id)?;
    println!("{} {} {}", segment.id, segment.display_name, segment.version);
    Ok(())
}
