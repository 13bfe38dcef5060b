//! The weight of the crate in a build: `cargo bench -p genesys-benches --bench footprint`.
//!
//! Builds small programs from nothing, one after the other, each in a folder of its own. The baseline makes one
//! typed GET on ureq and serde with the same features. The other programs make one GET or all nine operations with
//! the crate. Further programs show the cost of each feature and of single dependencies. Arguments name the programs
//! to build; the baseline should come first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program: its source, its features and dependencies, and the program to compare it with.
struct Program {
    name: &'static str,
    compared_with: &'static str,
    source: &'static str,
    /// The features of the crate, or of ureq for the baseline.
    features: &'static str,
    /// Further dependencies.
    more: &'static str,
}

struct Cost {
    crates: usize,
    build: f64,
    size: u64,
}

const BASELINE: &str = "benches/footprint/baseline.rs";
const ONE_GET: &str = "benches/footprint/one_get.rs";
const ALL_NINE: &str = "examples/all_nine.rs";

const PROGRAMS: [Program; 12] = [
    Program { name: "baseline", compared_with: "", source: BASELINE, features: DEFAULT, more: "" },
    Program { name: "one GET", compared_with: "baseline", source: ONE_GET, features: DEFAULT, more: "" },
    Program { name: "nine operations", compared_with: "baseline", source: ALL_NINE, features: DEFAULT, more: "" },
    Program { name: "native-tls, baseline", compared_with: "", source: BASELINE, features: NATIVE, more: "" },
    Program { name: "native-tls", compared_with: "native-tls, baseline", source: ALL_NINE, features: NATIVE, more: "" },
    Program { name: "no features, baseline", compared_with: "", source: BASELINE, features: "", more: "" },
    Program { name: "no features", compared_with: "no features, baseline", source: ALL_NINE, features: "", more: "" },
    Program { name: "gzip alone", compared_with: "no features", source: ALL_NINE, features: r#""gzip""#, more: "" },
    Program { name: "rustls alone", compared_with: "no features", source: ALL_NINE, features: r#""rustls""#, more: "" },
    Program {
        name: "default and platform-verifier",
        compared_with: "nine operations",
        source: ALL_NINE,
        features: PLATFORM,
        more: "",
    },
    // Dependencies that the crate needs and the baseline does not.
    Program {
        name: "baseline and humantime",
        compared_with: "baseline",
        source: BASELINE,
        features: DEFAULT,
        more: "humantime = \"2.2\"\n",
    },
    Program {
        name: "baseline, exact numbers",
        compared_with: "baseline",
        source: BASELINE,
        features: DEFAULT,
        more: "# float_roundtrip\n",
    },
];
const DEFAULT: &str = r#""rustls", "gzip""#;
const NATIVE: &str = r#""native-tls""#;
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
        match costs.get(program.compared_with) {
            Some(Cost { build: other, size: least, .. }) => {
                let more = (size as i64 - *least as i64) / 1024;
                println!("   {:.2} × {}, {more:+} KiB", build / other, program.compared_with);
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
        // One run is enough, since CPU time hardly depends on the load of the machine.
        let mut build = cargo(&folder);
        let built = build.args(["build", "--release", "--quiet"]).status().expect("cargo runs");
        if !built.success() {
            return None;
        }
        let build = children_cpu() - before;
        let binary = folder.join("target/release/footprint");
        Some(Cost { crates: self.crates(&folder), build, size: fs::metadata(binary).ok()?.len() })
    }

    /// Writes the program as a package whose dependencies have the versions of the workspace.
    fn write(&self, folder: &Path) {
        let root = root();
        let dependencies = match self.source {
            BASELINE => format!(
                "ureq = {{ version = \"~3.5.2\", default-features = false, features = [{}] }}\n\
                 serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = {}\nbase64 = \"0.23\"\n{}",
                self.features,
                match self.more.contains("float_roundtrip") {
                    true => r#"{ version = "1", features = ["float_roundtrip"] }"#,
                    false => r#""1""#,
                },
                self.more,
            ),
            _ => format!(
                "genesys-journey = {{ path = {root:?}, default-features = false, features = [{}] }}\n",
                self.features
            ),
        };
        let manifest = format!(
            "[package]\nname = \"footprint\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
             [profile.release]\nstrip = true\n[dependencies]\n{dependencies}"
        );
        let program = fs::read_to_string(root.join(self.source));
        fs::create_dir_all(folder.join("src")).expect("the folder is writable");
        fs::write(folder.join("Cargo.toml"), manifest).expect("the folder is writable");
        fs::write(folder.join("src/main.rs"), program.expect("the program exists")).expect("the folder is writable");
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file exists");
    }

    /// Returns the number of crates at run time, without the program and without this crate.
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
    // The build that is measured must not inherit the settings with which Cargo runs this bench.
    let is_setting =
        |name: &String| name.starts_with("CARGO_PKG") || name == "RUSTFLAGS" || name == "CARGO_INCREMENTAL";
    for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
        cargo.env_remove(name);
    }
    cargo
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches is a folder of the crate").to_owned()
}

/// Returns the CPU seconds of all child processes that have ended. Known on Linux only.
fn children_cpu() -> f64 {
    // After the name, which may have any character, cutime and cstime are numbers 14 and 15, in 1/100 s.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> = after_name.split_whitespace().skip(13).take(2).flat_map(str::parse).collect();
    if ticks.is_empty() { f64::NAN } else { ticks.iter().sum::<f64>() / 100.0 }
}
