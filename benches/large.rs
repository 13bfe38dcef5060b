//! The cost of large responses: `cargo bench -p genesys-benches --bench large`.

use genesys_benches::measure::{OURS, Spread, TUNED, Work, counts_only, is_wanted, ratio};
use genesys_benches::server;

fn main() {
    let url = &server::start();
    let ours = |task| Work { url, task, variant: OURS };
    let baseline = |task| Work { url, task, variant: TUNED };
    let mut pairs = vec![
        (ours("list_all"), baseline("list_all")),
        (ours("aggregates"), baseline("aggregates")),
        (ours("aggregates in pieces"), baseline("aggregates")),
        // The iterator of the crate, which reads from the connection, against two serde visitors: one that also reads from the
        // connection, and one that reads from memory.
        (ours("aggregates in pieces"), baseline("aggregates in pieces")),
        (ours("aggregates in pieces"), baseline("aggregates by callback")),
    ];
    pairs.retain(|(ours, _)| is_wanted(ours.task));

    println!("{} segments, 100 on a page; a response of {} MB", server::SEGMENTS, server::LARGE / 1_000_000);
    println!("\npeak on the heap, MiB");
    for task in ["list_all", "aggregates", "aggregates in pieces", "aggregates by callback"] {
        for work in [ours(task), baseline(task)] {
            if is_wanted(task) && (work.task, work.variant) != ("aggregates by callback", OURS) {
                let peak = work.allocations(1).peak as f64 / (1024.0 * 1024.0);
                println!("  {:<32}{:<18}{peak:>8.2}", work.task, work.variant);
            }
        }
    }

    println!("\ninstructions / baseline");
    for &(a, b) in &pairs {
        println!("  {:<56}{:>8}", title(a, b), ratio(a.more_instructions(1, 1), b.more_instructions(1, 1)));
    }
    if counts_only() {
        return;
    }
    println!("\nCPU time / baseline, of pairs: median and quartiles");
    for &(a, b) in &pairs {
        let cpu = |work: Work<'_>| work.run(3).cpu.as_secs_f64();
        println!("  {:<56}{}", title(a, b), Spread::of_pairs(24, || cpu(a), || cpu(b)));
    }
}

fn title(a: Work<'_>, b: Work<'_>) -> String {
    if a.task == b.task { a.task.to_owned() } else { format!("{} / {}", a.task, b.task) }
}
