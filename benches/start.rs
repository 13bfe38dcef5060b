//! A whole process that makes one call, and ends: `cargo bench -p genesys-benches --bench start`.

use std::process::{Command, Stdio};
use std::time::Instant;

use genesys_benches::measure::{Spread, instructions, system_calls};
use genesys_benches::{program, server};

fn main() {
    let url = &server::start();
    let (ours, baseline) = (program!("one_call"), program!("one_call_baseline"));
    let counts = [("instructions", instructions(ours, [url]), instructions(baseline, [url])), {
        ("system calls", system_calls(ours, [url]), system_calls(baseline, [url]))
    }];
    for (what, ours, baseline) in counts {
        match ours.zip(baseline) {
            Some((ours, baseline)) => {
                println!(
                    "{what:<14}{ours:>12}{baseline:>12} hand-written   ratio {:.3}",
                    ours as f64 / baseline as f64
                );
            }
            None => println!("{what:<14}?: valgrind or strace is not at hand"),
        }
    }
    let timed = |program: &str| {
        let start = Instant::now();
        let status = Command::new(program).arg(url).stdout(Stdio::null()).status().expect("it starts");
        assert!(status.success());
        start.elapsed().as_secs_f64()
    };
    println!("wall time     ratio {}", Spread::of_pairs(300, || timed(ours), || timed(baseline)));
}
