//! One call in a process, as from cron.

use genesys_journey::{Config, Region, segments};

fn main() -> Result<(), genesys_journey::Error> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let builder = Config::builder(Region::custom(&url, &url)?);
    let builder = genesys_bench_worker::root(&url).into_iter().fold(builder, |builder, root| builder.extra_roots(root));
    println!("{}", segments::get(&builder.token("a-token")?, "7")?.display_name);
    Ok(())
}
