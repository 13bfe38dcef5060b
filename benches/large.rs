//! What large work costs: `cargo bench -p genesys-benches --bench large`.

use genesys_benches::measure::{Spread, Work};
use genesys_benches::work::{OURS, TUNED};
use genesys_benches::{program, server};

fn main() {
    let url = &server::start();
    let ours = |task| Work { url, task, hand: OURS };
    let baseline = |task| Work { url, task, hand: TUNED };
    let whole = baseline("aggregates");
    let buffer = ours("aggregates from a full buffer");

    println!("{} segments, 100 on a page; a response of {} MB\n", server::SEGMENTS, server::LARGE / 1_000_000);
    let peak = |work: Work<'_>| work.run(program!("counted"), 1).peak as f64 / (1024.0 * 1024.0);
    println!("peak on the heap, MiB, above idle");
    for work in
        [ours("list_all"), baseline("list_all"), ours("aggregates"), whole, ours("aggregates in pieces"), buffer]
    {
        println!("  {:<32}{:<18}{:>8.2}", work.task, work.hand, peak(work));
    }
    println!("  (from a full buffer: the decoded value alone, without the text)\n");

    println!("instructions, as a ratio");
    let instructions = |work: Work<'_>| {
        let program = program!("work");
        let all = |n: usize| genesys_benches::measure::instructions(program, work.arguments(n));
        Some((all(2)? - all(1)?) as f64)
    };
    for (a, b) in pairs(url) {
        match instructions(a).zip(instructions(b)) {
            Some((a_s, b_s)) => println!("  {:<56}{:>8.3}", title(a, b), a_s / b_s),
            None => println!("  {:<56}{:>8}", title(a, b), "?"),
        }
    }

    println!("\nCPU time, as a ratio of pairs: median and quartiles");
    for (a, b) in pairs(url) {
        let cpu = |work: Work<'_>| work.run(program!("work"), 3).cpu.as_secs_f64();
        println!("  {:<56}{}", title(a, b), Spread::of_pairs(24, || cpu(a), || cpu(b)));
    }
}

/// What is compared with what.
fn pairs(url: &str) -> [(Work<'_>, Work<'_>); 6] {
    let ours = |task| Work { url, task, hand: OURS };
    let baseline = |task| Work { url, task, hand: TUNED };
    [
        (ours("list_all"), baseline("list_all")),
        (ours("aggregates"), baseline("aggregates")),
        (ours("aggregates in pieces"), baseline("aggregates")),
        // An iterator against the callback of a serde visitor, from the connection and from memory.
        (ours("aggregates in pieces"), baseline("aggregates in pieces")),
        (ours("aggregates in pieces"), baseline("aggregates by callback")),
        (ours("aggregates in pieces"), ours("aggregates from a full buffer")),
    ]
}

fn title(a: Work<'_>, b: Work<'_>) -> String {
    match (a.task == b.task, a.hand == b.hand, b.task) {
        (true, ..) => format!("{}, / hand-written", a.task),
        (_, true, _) | (.., "aggregates by callback") => format!("{}, / {}", a.task, b.task),
        _ => format!("{}, / hand-written as a whole", a.task),
    }
}
