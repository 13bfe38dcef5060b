//! A cron job: one call, and the end.

use genesys_journey::{Config, Region, segments};

fn main() -> Result<(), genesys_journey::Error> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let config = Config::new(Region::custom(&url, &url)?, "a-token")?;
    println!("{}", segments::get(&config, "7")?.display_name);
    Ok(())
}
