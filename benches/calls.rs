//! The cost of one call: `cargo bench -p genesys-benches --bench calls`.

use genesys_bench_worker::Cost;
use genesys_benches::measure::{DEFAULTS, OURS, RAW_TCP, Spread, TUNED, Work, counts_only, is_wanted, ratio, shown};
use genesys_benches::server::{self, TlsServer};

fn main() {
    let by_address = &server::start();
    let by_name = &by_address.replace("127.0.0.1", "localhost");
    let tls = TlsServer::start();
    println!(
        "{:<8}{:<18}{:>14}{:>8}{:>14}{:>10}{:>14}   CPU time and wall time / baseline",
        "", "", "instructions", "ratio", "allocations", "bytes", "system calls"
    );
    for (title, url) in
        [("plain, by address", by_address), ("plain, by name", by_name), ("TLS, by name", &tls.url(tls.port))]
    {
        println!("{title}");
        for task in ["get", "create", "update", "page"].into_iter().filter(|task| is_wanted(task)) {
            report(url, task);
        }
    }
    println!("\n? means that valgrind or strace is not installed.");
}

fn report(url: &str, task: &str) {
    let expected = Work { url, task, variant: TUNED }.instructions();
    let mut variants = vec![OURS, TUNED, DEFAULTS];
    if task == "get" && url.starts_with("http://127.") {
        variants.push(RAW_TCP);
    }
    for variant in variants {
        let work = Work { url, task, variant };
        let instructions = work.instructions();
        let Cost { allocations, bytes, .. } = work.allocations(100);
        let times = if counts_only() || variant == TUNED { String::new() } else { times(work) };
        println!(
            "{task:<8}{variant:<18}{:>14}{:>8}{:>14}{:>10}{:>14}   {times}",
            shown(instructions, |n| n.to_string()),
            ratio(instructions, expected),
            allocations / 100,
            bytes / 100,
            shown(work.system_calls(), |n| format!("{n:.2}")),
        );
    }
}

/// Measures pairs of processes that do the task in this variant and in the baseline.
fn times(work: Work<'_>) -> String {
    const CALLS: usize = 500;
    const PAIRS: usize = 40;
    let baseline = Work { variant: TUNED, ..work };
    let ratio = |time: fn(Cost) -> f64| Spread::of_pairs(PAIRS, || time(work.run(CALLS)), || time(baseline.run(CALLS)));
    format!("{}  {}", ratio(|cost| cost.cpu.as_secs_f64()), ratio(|cost| cost.wall.as_secs_f64()))
}
