//! What one call costs: `cargo bench -p genesys-benches --bench calls`.

use genesys_benches::measure::{Spread, Work};
use genesys_benches::work::{DEFAULTS, OURS, RAW_TCP, TUNED, Took};
use genesys_benches::{program, server};

fn main() {
    let url = &server::start();
    println!(
        "{:<8}{:<18}{:>14}{:>8}{:>14}{:>10}{:>14}   CPU time and wall time / hand-written",
        "", "", "instructions", "ratio", "allocations", "bytes", "system calls"
    );
    for task in ["get", "create", "update", "page"] {
        let floor = Work { url, task, hand: TUNED }.instructions(program!("work"));
        let hands: &[&str] = if task == "get" { &[OURS, TUNED, DEFAULTS, RAW_TCP] } else { &[OURS, TUNED, DEFAULTS] };
        for &hand in hands {
            let work = Work { url, task, hand };
            let instructions = work.instructions(program!("work"));
            let ratio = instructions.zip(floor).map(|(it, floor)| it as f64 / floor as f64);
            let Took { allocations, bytes, .. } = work.run(program!("counted"), 100);
            let times = if hand == TUNED { String::new() } else { times(work) };
            println!(
                "{task:<8}{hand:<18}{:>14}{:>8}{:>14}{:>10}{:>14}   {times}",
                shown(instructions, |n| n.to_string()),
                shown(ratio, |ratio| format!("{ratio:.3}")),
                allocations / 100,
                bytes / 100,
                shown(work.system_calls(program!("work")), |n| format!("{n:.2}")),
            );
        }
    }
    println!("\n? stands where valgrind or strace is not at hand.");
}

/// Pairs of processes that do the same by two hands, one just after the other.
fn times(work: Work<'_>) -> String {
    const CALLS: usize = 500;
    const PAIRS: usize = 40;
    let baseline = Work { hand: TUNED, ..work };
    let ratio = |time: fn(Took) -> f64| {
        Spread::of_pairs(
            PAIRS,
            || time(work.run(program!("work"), CALLS)),
            || time(baseline.run(program!("work"), CALLS)),
        )
    };
    format!("{}  {}", ratio(|took| took.cpu.as_secs_f64()), ratio(|took| took.wall.as_secs_f64()))
}

fn shown<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or("?".to_owned(), show)
}
