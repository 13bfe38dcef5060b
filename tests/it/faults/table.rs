//! The table of faults, `tests/faults.md`, and the tests that it names.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files that may have the tests of this module of a test target.
fn files(target: &str, module: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let roots = match target {
        "lib" => vec![root.join("src")],
        target => ["tests", "tests/heavy"].map(|folder| root.join(folder).join(target)).into(),
    };
    let mut files = Vec::new();
    for root in roots {
        let whole = module.iter().fold(root.clone(), |path, name| path.join(name));
        files.extend([whole.with_extension("rs"), whole.join("mod.rs"), whole.join("main.rs")]);
        // The unit tests of a module are often in its own file.
        files.push(whole.parent().unwrap().with_extension("rs"));
    }
    files
}

/// Returns whether a text has this test.
fn has_test(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let attributes = before.rsplit_once("\n\n").map_or(before, |(_, last)| last);
    attributes.contains("#[test]")
}

fn exists(test: &str) -> bool {
    let path: Vec<&str> = test.split("::").collect();
    let [target, module @ .., name] = path.as_slice() else { return false };
    files(target, module).iter().filter_map(|file| fs::read_to_string(file).ok()).any(|text| has_test(&text, name))
}

#[test]
fn each_fault_has_tests_that_exist() {
    let table = include_str!("../../faults.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"))
        .map(|line| line.trim_matches(['|', ' ']).split(" | ").collect())
        .collect();
    let numbers: Vec<String> = (1..=65).map(|number| number.to_string()).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), numbers);
    for row in rows {
        for test in row[2].split(", ") {
            let test = test.strip_prefix('`').and_then(|test| test.strip_suffix('`')).expect(test);
            assert!(exists(test), "fault {}: there is no test {test}", row[0]);
        }
    }
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    assert!(exists("it::faults::table::a_test_that_does_not_exist_is_noticed"));
    for test in ["it::faults::table::exists", "it::faults::table::other", "it::faults::other::exists", "exists"] {
        assert!(!exists(test), "{test}");
    }
}
