//! Lists all segments, page by page. Needs `GENESYSCLOUD_*` in the environment.

use genesys_journey::{Config, Result, segments};

fn main() -> Result<()> {
    let config = Config::from_env()?;
    for segment in segments::list_all(&config, &Default::default()) {
        let segment = segment?;
        let state = if segment.is_active { "active" } else { "inactive" };
        println!("{} {state:<8} {}", segment.id, segment.display_name);
    }
    Ok(())
}
