//! Ways to watch a process: what it says itself, what valgrind and strace say of it.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use crate::work::Took;

/// The processes that the benches start, as cargo built them for this one.
#[macro_export]
macro_rules! program {
    ($name:literal) => {
        env!(concat!("CARGO_BIN_EXE_", $name))
    };
}

/// A piece of work, as `work` takes it.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub url: &'a str,
    pub task: &'a str,
    pub hand: &'a str,
}

impl Work<'_> {
    /// The work n times, in a process of its own.
    pub fn run(&self, program: &str, n: usize) -> Took {
        let output = run(Command::new(program).args(self.arguments(n)));
        Took::parse(&String::from_utf8_lossy(&output.stdout))
    }

    pub fn arguments(&self, n: usize) -> [String; 4] {
        [self.url.to_owned(), self.task.to_owned(), self.hand.to_owned(), n.to_string()]
    }

    /// Instructions of one more call, by callgrind; `None` where it is not at hand.
    pub fn instructions(&self, program: &str) -> Option<u64> {
        const MORE: usize = 200;
        let all = |n| instructions(program, self.arguments(n));
        Some((all(50 + MORE)? - all(50)?) / MORE as u64)
    }

    /// System calls of one more call, by strace; `None` where it is not at hand.
    pub fn system_calls(&self, program: &str) -> Option<f64> {
        const MORE: usize = 100;
        let all = |n| system_calls(program, self.arguments(n));
        Some((all(20 + MORE)? - all(20)?) as f64 / MORE as f64)
    }
}

/// Instructions of a whole process.
pub fn instructions(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<u64> {
    let mut valgrind = Command::new("valgrind");
    // It counts `rep movsb` and `rep stosb` byte by byte, though the processor does them at once.
    const NO_REP: &str = "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824";
    valgrind.env("GLIBC_TUNABLES", NO_REP);
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", program]).args(arguments);
    let output = run_if_there(&mut valgrind)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let collected = text.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Some(collected.and_then(|number| number.parse().ok()).expect("callgrind says what it collected"))
}

/// System calls of a whole process, all threads.
pub fn system_calls(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<u64> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "signal=none", program]).args(arguments);
    let output = run_if_there(&mut strace)?;
    // A call that another thread interrupts is resumed on a line of its own.
    Some(String::from_utf8_lossy(&output.stderr).lines().filter(|line| !line.contains(" resumed>")).count() as u64)
}

fn run(command: &mut Command) -> Output {
    run_if_there(command).unwrap_or_else(|| panic!("{command:?} is not there"))
}

fn run_if_there(command: &mut Command) -> Option<Output> {
    let output = match command.stdin(Stdio::null()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        other => other.unwrap_or_else(|error| panic!("{command:?}: {error}")),
    };
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

/// The median of some ratios, and its quartiles.
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

    /// Of pairs that are measured one just after the other, in turns who is first.
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
