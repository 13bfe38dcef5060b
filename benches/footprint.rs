//! What the crate adds to a build: `cargo bench -p genesys-benches --bench footprint`.
//!
//! Builds small programs of their own from nothing, in a folder of their own, one after the other: a
//! program that calls all nine operations, and one that makes one typed GET hand-written, with the same
//! features; then the features and dependencies one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program: its features and dependencies, whether it is hand-written, and what it is compared with.
struct Program {
    name: &'static str,
    beside: &'static str,
    baseline: bool,
    ureq: &'static str,
    ours: &'static str,
    more: &'static str,
}

struct Cost {
    crates: usize,
    build: f64,
    size: u64,
}

const PROGRAMS: [Program; 11] = [
    Program { name: "default, hand-written", beside: "", baseline: true, ureq: DEFAULT, ours: "", more: "" },
    Program {
        name: "default",
        beside: "default, hand-written",
        baseline: false,
        ureq: "",
        ours: r#""rustls", "gzip""#,
        more: "",
    },
    Program {
        name: "native-tls, hand-written",
        beside: "",
        baseline: true,
        ureq: r#""native-tls""#,
        ours: "",
        more: "",
    },
    Program {
        name: "native-tls",
        beside: "native-tls, hand-written",
        baseline: false,
        ureq: "",
        ours: r#""native-tls""#,
        more: "",
    },
    Program { name: "no features, hand-written", beside: "", baseline: true, ureq: "", ours: "", more: "" },
    Program { name: "no features", beside: "no features, hand-written", baseline: false, ureq: "", ours: "", more: "" },
    Program { name: "gzip alone", beside: "no features", baseline: false, ureq: "", ours: r#""gzip""#, more: "" },
    Program { name: "rustls alone", beside: "no features", baseline: false, ureq: "", ours: r#""rustls""#, more: "" },
    Program {
        name: "default and platform-verifier",
        beside: "default",
        baseline: false,
        ureq: "",
        ours: PLATFORM,
        more: "",
    },
    // What the crate has that a program hand-written need not have.
    Program {
        name: "hand-written, and humantime",
        beside: "default, hand-written",
        baseline: true,
        ureq: DEFAULT,
        ours: "",
        more: "humantime = \"2.2\"\n",
    },
    Program {
        name: "hand-written, exact numbers",
        beside: "default, hand-written",
        baseline: true,
        ureq: DEFAULT,
        ours: "",
        more: "# float_roundtrip\n",
    },
];
const DEFAULT: &str = r#""rustls", "gzip""#;
const PLATFORM: &str = r#""rustls", "gzip", "platform-verifier""#;

fn main() {
    let folder = std::env::temp_dir().join(format!("genesys-journey-cost-{}", std::process::id()));
    println!("{:<32}{:>8}{:>16}{:>20}", "", "crates", "build, CPU s", "binary, stripped");
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut costs = BTreeMap::new();
    for program in &PROGRAMS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == program.name) {
            continue;
        }
        let Some(cost) = program.measure(&folder) else {
            println!("{:<32} does not build here", program.name);
            continue;
        };
        let Cost { crates, build, size } = cost;
        print!("{:<32}{crates:>8}{build:>16.1}{:>16} KiB", program.name, size / 1024);
        match costs.get(program.beside) {
            Some(Cost { build: other, size: least, .. }) => {
                let more = (size as i64 - *least as i64) / 1024;
                println!("   {:.2} × {}, {more:+} KiB", build / other, program.beside);
            }
            None => println!(),
        }
        costs.insert(program.name, cost);
    }
    let _ = fs::remove_dir_all(&folder);
}

impl Program {
    fn measure(&self, folder: &Path) -> Option<Cost> {
        let folder = folder.join(self.name.replace([' ', ','], "-"));
        self.write(&folder);
        let before = children_cpu();
        // One run of it is enough: CPU time hardly depends on what else the machine does.
        let mut build = cargo(&folder);
        let built = build.args(["build", "--release", "--quiet"]).status().expect("cargo runs");
        if !built.success() {
            return None;
        }
        let build = children_cpu() - before;
        let binary = folder.join("target/release/footprint");
        Some(Cost { crates: self.crates(&folder), build, size: fs::metadata(binary).ok()?.len() })
    }

    /// A crate that depends on what the workspace has locked.
    fn write(&self, folder: &Path) {
        let root = root();
        let dependencies = match self.baseline {
            true => format!(
                "ureq = {{ version = \"~3.5.2\", default-features = false, features = [{}] }}\n\
                 serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = {}\nbase64 = \"0.23\"\n{}",
                self.ureq,
                match self.more.contains("float_roundtrip") {
                    true => r#"{ version = "1", features = ["float_roundtrip"] }"#,
                    false => r#""1""#,
                },
                self.more,
            ),
            false => format!(
                "genesys-journey = {{ path = {root:?}, default-features = false, features = [{}] }}\n",
                self.ours
            ),
        };
        let manifest = format!(
            "[package]\nname = \"footprint\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
             [profile.release]\nstrip = true\n[dependencies]\n{dependencies}"
        );
        let program = match self.baseline {
            true => fs::read_to_string(root.join("benches/footprint/baseline.rs")),
            false => fs::read_to_string(root.join("examples/all_nine.rs")),
        };
        fs::create_dir_all(folder.join("src")).expect("a folder for it can be made");
        fs::write(folder.join("Cargo.toml"), manifest).expect("its manifest can be written");
        fs::write(folder.join("src/main.rs"), program.expect("the program is there")).expect("it can be written");
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file is there");
    }

    /// At run time, without the program and without this crate.
    fn crates(&self, folder: &Path) -> usize {
        let tree = cargo(folder)
            .args(["tree", "-e", "normal", "--prefix", "none", "--no-dedupe", "-f", "{p}"])
            .output()
            .expect("cargo runs");
        let text = String::from_utf8_lossy(&tree.stdout).into_owned();
        let own = |name: &&str| !name.starts_with("footprint ") && !name.starts_with("genesys-journey ");
        text.lines().filter(own).collect::<BTreeSet<&str>>().len()
    }
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    // What cargo has set for this bench must not be taken for settings of the build.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "RUSTFLAGS") {
        cargo.env_remove(name);
    }
    cargo
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches lies in the crate").to_owned()
}

/// Seconds that all processes started from here, and ended, have had a CPU; known on Linux only.
fn children_cpu() -> f64 {
    // Behind the name, which may have anything in it, cutime and cstime are numbers 14 and 15, in 1/100 s.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = after_name.split_whitespace().skip(13).take(2).flat_map(str::parse).collect();
    if ticks.is_empty() { f64::NAN } else { ticks.iter().sum::<f64>() / 100.0 }
}
