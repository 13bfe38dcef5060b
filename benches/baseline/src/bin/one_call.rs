//! One call in a process, as from cron.

fn main() {
    let url = std::env::args().nth(1).unwrap_or_default();
    println!("{}", genesys_bench_baseline::Baseline::tuned(&url).get("7").display_name);
}
