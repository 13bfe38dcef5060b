//! Measures processes: by their own output, by valgrind and by strace.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use genesys_bench_worker::Cost;

/// The variants of a task. All but `OURS` are programs of the baseline.
pub const OURS: &str = "genesys-journey";
pub const TUNED: &str = "tuned";
pub const DEFAULTS: &str = "defaults";
pub const RAW_TCP: &str = "raw tcp";

/// A variant of a task.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub url: &'a str,
    pub task: &'a str,
    pub variant: &'a str,
}

impl Work<'_> {
    /// Does the task n times, in a process of its own.
    pub fn run(&self, n: usize) -> Cost {
        self.run_program("work", n)
    }

    /// Does the task n times, in a process that counts allocations.
    pub fn allocations(&self, n: usize) -> Cost {
        self.run_program("counted", n)
    }

    fn run_program(&self, name: &str, n: usize) -> Cost {
        let output = run(Command::new(program(self.variant, name)).args(self.arguments(n)));
        Cost::parse(&String::from_utf8_lossy(&output.stdout))
    }

    fn arguments(&self, n: usize) -> [String; 4] {
        [self.url.to_owned(), self.task.to_owned(), self.variant.to_owned(), n.to_string()]
    }

    /// Returns the instructions of one more call by callgrind; `None` if it is not installed.
    pub fn instructions(&self) -> Option<u64> {
        if self.task == "page" { self.more_instructions(5, 40) } else { self.more_instructions(50, 200) }
    }

    /// Returns the average instructions of a call after the first ones.
    pub fn more_instructions(&self, first: usize, more: usize) -> Option<u64> {
        let program = program(self.variant, "work");
        let all = |n| instructions(&program, self.arguments(n));
        Some((all(first + more)? - all(first)?) / more as u64)
    }

    /// Returns the system calls of one more call by strace; `None` if it is not installed.
    pub fn system_calls(&self) -> Option<f64> {
        const MORE: usize = 100;
        let program = program(self.variant, "work");
        let all = |n| system_calls(&program, self.arguments(n));
        Some((all(20 + MORE)? - all(20)?) as f64 / MORE as f64)
    }
}

/// Returns the path of a measured program of this variant.
pub fn program(variant: &str, name: &str) -> PathBuf {
    match variant {
        OURS => release().join(name),
        _ => baseline().join(name),
    }
}

/// The folder of the programs that cargo has built together with this bench.
fn release() -> PathBuf {
    let bench = std::env::current_exe().expect("a bench has a path");
    bench.parent().and_then(Path::parent).expect("a bench lies in target/release/deps").to_owned()
}

/// Builds the baseline once, in a workspace of its own. Returns the folder of its programs.
fn baseline() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = release().with_file_name("baseline");
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline/Cargo.toml");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir"]);
        run(cargo.arg(&target));
        target.join("release")
    })
}

/// Returns whether the bench measures no times: with the argument `--counts`.
pub fn counts_only() -> bool {
    std::env::args().any(|argument| argument == "--counts")
}

/// Returns whether the bench measures this task: all, or those that its arguments name.
pub fn is_wanted(task: &str) -> bool {
    let mut tasks = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).peekable();
    tasks.peek().is_none() || tasks.any(|wanted| wanted == task)
}

/// Shows a figure; `?` if its tool is not installed.
pub fn shown<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or("?".to_owned(), show)
}

/// Shows the ratio of two figures.
pub fn ratio(a: Option<u64>, b: Option<u64>) -> String {
    shown(a.zip(b), |(a, b)| format!("{:.3}", a as f64 / b as f64))
}

/// Returns the instructions of a whole process.
pub fn instructions(program: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<u64> {
    let mut valgrind = Command::new("valgrind");
    // Callgrind counts `rep movsb` and `rep stosb` byte by byte, although the processor does them at once.
    const NO_REP: &str = "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824";
    valgrind.env("GLIBC_TUNABLES", NO_REP);
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args(arguments);
    let output = run_if_installed(&mut valgrind)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let collected = text.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Some(collected.and_then(|number| number.parse().ok()).expect("callgrind prints a count"))
}

/// Returns the system calls of a whole process with all its threads.
pub fn system_calls(program: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<u64> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none"]).arg(program).args(arguments);
    let output = run_if_installed(&mut strace)?;
    // A call that another thread interrupts is resumed on a line of its own.
    Some(String::from_utf8_lossy(&output.stderr).lines().filter(|line| !line.contains(" resumed>")).count() as u64)
}

fn run(command: &mut Command) -> Output {
    run_if_installed(command).unwrap_or_else(|| panic!("{command:?} is not installed"))
}

fn run_if_installed(command: &mut Command) -> Option<Output> {
    // A program of the crate would read the certificates of the machine, too.
    let output = match command.env_remove("SSL_CERT_FILE").stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        other => other.unwrap_or_else(|error| panic!("{command:?}: {error}")),
    };
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

/// The median and the quartiles of some ratios.
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut ratios: Vec<f64>) -> Spread {
        ratios.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4]);
        Spread { low, median, high }
    }

    /// Measures pairs. The two of a pair run one just after the other, and in turns one or the other is first.
    pub fn of_pairs(pairs: usize, mut a: impl FnMut() -> f64, mut b: impl FnMut() -> f64) -> Spread {
        let pair = |n: usize| match n % 2 {
            0 => {
                let a = a();
                a / b()
            }
            _ => {
                let b = b();
                a() / b
            }
        };
        Spread::of((0..pairs).map(pair).collect())
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}
