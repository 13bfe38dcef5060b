//! Compares the counts of the standard calls with the expected ones: `cargo bench -p genesys-benches --bench regression`.
//!
//! Counts do not depend on the load of the machine. A count that is more than 3 % above the one in `regression.txt`
//! is a failure. `cargo bench -p genesys-benches --bench regression -- --renew` writes the file again.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use genesys_benches::measure::{OURS, Work};
use genesys_benches::server;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/regression.txt");
/// Instructions are compared only under the compiler that they were counted under.
const COMPILER: &str = "compiler";
const INSTRUCTIONS: &str = "instructions of a get";

fn main() -> ExitCode {
    let now = measure();
    if std::env::args().any(|argument| argument == "--renew") {
        let lines: String = now.iter().map(|(what, value)| format!("{what}: {value}\n")).collect();
        std::fs::write(FILE, lines).expect("regression.txt can be written");
        println!("written to {FILE}");
        return ExitCode::SUCCESS;
    }
    let text = std::fs::read_to_string(FILE).expect("regression.txt is there");
    let expected: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    let same_compiler = expected.get(COMPILER) == now.get(COMPILER).map(String::as_str).as_ref();
    let mut failed = false;
    for (what, value) in &expected {
        let result = match (*what, now.get(*what)) {
            (COMPILER, _) => continue,
            (_, None) => "not measured: valgrind is not installed",
            (INSTRUCTIONS, _) if !same_compiler => "not compared: another compiler",
            (_, Some(now)) if number(now) > number(value) * 1.03 => {
                failed = true;
                "MORE THAN 3 % ABOVE; if this is intended: cargo bench -p genesys-benches --bench regression -- --renew"
            }
            _ => "as expected",
        };
        let now = now.get(*what).map_or("?", String::as_str);
        println!("{what:<32}expected {value:>8}, now {now:>8}   {result}");
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn measure() -> BTreeMap<&'static str, String> {
    let url = &server::start();
    let get = Work { url, task: "get", variant: OURS };
    let page = Work { url, task: "page", variant: OURS };
    let create = Work { url, task: "create", variant: OURS };
    let allocations = |work: Work<'_>| (work.allocations(100).allocations / 100).to_string();
    let mut now = BTreeMap::from([
        (COMPILER, compiler()),
        ("allocations of a get", allocations(get)),
        ("allocations of a page of 100", allocations(page)),
        ("allocations of a create", allocations(create)),
        ("crates at run time", crates().to_string()),
    ]);
    now.extend(get.instructions().map(|n| (INSTRUCTIONS, n.to_string())));
    now
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn compiler() -> String {
    output(Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("--version"))
}

/// Returns the number of dependencies.
fn crates() -> usize {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "-p", "genesys-journey", "-e", "normal", "--prefix", "none", "--no-dedupe"]);
    let text = output(tree.args(["-f", "{p}"]));
    let crates: std::collections::BTreeSet<&str> = text.lines().collect();
    crates.iter().filter(|name| !name.starts_with("genesys-journey ")).count()
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
