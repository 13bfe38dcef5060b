//! The architecture: which modules may use which, and the shape of endpoints.

use std::fs;
use std::path::Path;

/// Returns every source file with its path below `src`.
pub fn sources() -> Vec<(String, String)> {
    fn visit(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, root, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    visit(&root, &root, &mut found);
    found
}

/// Returns the module of a file.
fn own(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap()
}

/// Returns the code of a file without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or_default())
}

#[test]
fn only_http_names_ureq() {
    let named: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| code(text).any(|line| line.contains("ureq")))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(named, ["http.rs"]);
}

/// The layers from the top down. Modules of one layer do not name each other, except in the lowest layer. A module
/// that is not listed is a family of endpoints, above all layers.
const LAYERS: [&[&str]; 10] = [
    &["reconcile", "visitors"],
    &["criteria", "interval", "job", "offers", "pagination", "references"],
    &["request"],
    &["config"],
    &["auth"],
    &["call"],
    &["retry", "rate_limiter", "region"],
    &["http"],
    &["tls"],
    &["error", "redact", "backoff", "deadline", "update", "open_enum", "timestamp", "serde_util", "escape"],
];

/// Returns the number of the layer. 0 is the top.
fn depth(module: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&module)).map_or(0, |depth| depth + 1)
}

fn is_family(module: &str) -> bool {
    module != "lib" && depth(module) == 0
}

#[test]
fn each_layer_names_only_layers_below_it() {
    for (name, text) in sources() {
        let own = own(&name);
        if own == "lib" {
            continue;
        }
        let own_depth = depth(own);
        for line in code(&text) {
            for named in line.split("crate::").skip(1) {
                let named: String = named.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // Only families may use types from the root of the crate, as users do.
                if named.starts_with(char::is_uppercase) || named.is_empty() {
                    assert!(is_family(own), "{name} names the root of the crate: {line}");
                    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                    let modules: Vec<&str> = words.filter(|word| depth(word) > 0).collect();
                    assert!(modules.is_empty(), "{name} names modules at the root of the crate: {line}");
                    continue;
                }
                let named_depth = depth(&named);
                let allowed =
                    named == own || named_depth > own_depth || own_depth == named_depth && own_depth == LAYERS.len();
                assert!(allowed, "{name} names {named}, which does not lie below it: {line}");
            }
        }
    }
}

#[test]
fn only_http_handles_bytes_on_the_wire() {
    for (name, text) in sources() {
        let is_below = ["http", "tls"].contains(&own(&name));
        for word in ["TcpStream", "HeaderMap", "rustls::", "native_tls::"] {
            assert!(is_below || !code(&text).any(|line| line.contains(word)), "{name} names {word}");
        }
    }
}

#[test]
fn each_endpoint_is_one_to_three_lines_of_code() {
    let mut endpoints = 0;
    for (name, text) in sources().into_iter().filter(|(name, _)| is_family(own(name))) {
        for function in text.split("\npub fn ").skip(1) {
            let function = function.split("\n}\n").next().unwrap();
            // A function that builds a request is an endpoint. One that calls endpoints is a helper.
            if function.contains("Request::") || function.contains(".send(config)") {
                endpoints += 1;
                let lines = function.lines().skip_while(|line| !line.ends_with('{')).skip(1).count();
                let title = function.split('(').next().unwrap();
                assert!((1..=3).contains(&lines), "{name}: {title} has {lines} lines");
            }
        }
    }
    assert!(endpoints >= 16, "only {endpoints} endpoints were found");
}

#[test]
fn each_function_of_a_family_is_documented_and_in_the_readme() {
    let readme = include_str!("../../README.md");
    // The families beyond the core.
    let operations = include_str!("../../docs/operations.md");
    let mut functions = 0;
    for (name, text) in sources().into_iter().filter(|(name, _)| is_family(own(name))) {
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub fn ")) {
            let docs: Vec<&str> =
                lines[..n].iter().rev().take_while(|line| line.starts_with(['/', '#'])).copied().collect();
            let says = |what: &str| docs.iter().any(|line| line.starts_with(what));
            // A function with a `Config` parameter sends requests.
            let signature: String =
                lines[n..].iter().take_while(|line| !line.ends_with('{')).chain([line]).copied().collect();
            if signature.contains("config: &Config") {
                functions += 1;
                let title = line.split('(').next().unwrap();
                // The permission for a `raw` call depends on the endpoint.
                let permission = says("/// **Permission**") || own(&name) == "raw";
                assert!(permission, "{name}: {title} does not say which permission it needs");
                assert!(says("/// # Errors"), "{name}: {title} does not say its errors");
                assert!(says("/// ```"), "{name}: {title} shows no example");
                let function = title.trim_start_matches("pub fn ").split('<').next().unwrap();
                let path = format!("`{}::{function}", own(&name));
                let (family, call) = (format!("`{}::", own(&name)), format!("::{function}`"));
                let in_docs = operations.lines().any(|line| line.contains(&family) && line.contains(&call));
                let listed = own(&name) == "raw"
                    || in_docs
                    || readme.contains(&path)
                    || readme.contains(&format!("`{function}`"));
                assert!(listed, "neither README.md nor docs/operations.md lists {path}`");
            }
        }
    }
    assert!(functions >= 23, "only {functions} functions were found");
}

/// Structs that never get another field: single values, and rows that borrow from a response.
const FIXED: [&str; 5] = ["Timestamp", "Interval", "Region", "Row", "ChartRow"];

/// A minor release may add a field of any type to a struct. It could not be an `f64` with `Eq`, or a `String` with `Copy`.
#[test]
fn structs_derive_no_trait_that_a_new_field_could_break() {
    let mut structs = 0;
    for (name, text) in sources() {
        for derived in text.split("\n#[derive(").skip(1) {
            let (traits, item) = derived.split_once(")]").unwrap();
            let is_item = |line: &&str| ["pub", "struct ", "enum "].iter().any(|start| line.starts_with(start));
            let Some(title) = item.lines().find(is_item).and_then(|line| line.strip_prefix("pub struct ")) else {
                continue;
            };
            let title = title.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            structs += 1;
            for fragile in ["Eq", "Ord", "PartialOrd", "Hash", "Copy"] {
                let is_derived = traits.split(", ").any(|derived| derived == fragile);
                assert!(!is_derived || FIXED.contains(&title), "{name}: {title} derives {fragile}");
            }
        }
    }
    assert!(structs >= 180, "only {structs} structs were found");
}

#[test]
fn requests_and_states_must_be_used() {
    let mut found = 0;
    for (name, text) in sources() {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (n, line) in lines.iter().enumerate() {
            if line.starts_with("pub struct New") || line.starts_with("pub fn is_terminal") {
                found += 1;
                let mut attributes = lines[..n].iter().rev().take_while(|line| line.starts_with(['/', '#']));
                assert!(attributes.any(|line| line.starts_with("#[must_use")), "{name}: {line}");
            }
        }
    }
    assert!(found >= 13, "only {found} were found");
}
