//! From segments to code.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use genesys_journey::segments::Segment;

/// The name of the list of all constants, which no segment may take.
const ALL: &str = "ALL";
/// What a segment is called that has no letter or digit in its name; never without the start of its id.
const NAMELESS: &str = "SEGMENT";

/// A constant for each segment, which is its id, and a list of all with their names. The same whatever
/// the order of the segments.
pub fn constants(segments: &[Segment]) -> String {
    let mut segments: Vec<&Segment> = segments.iter().collect();
    segments.sort_by(|a, b| (&a.display_name, &a.id).cmp(&(&b.display_name, &b.id)));
    let mut wanted: HashMap<String, usize> = HashMap::from([ALL, NAMELESS].map(|name| (name.to_owned(), 1)));
    for segment in &segments {
        *wanted.entry(identifier(&segment.display_name)).or_default() += 1;
    }

    let mut code = String::from("// Made by build.rs.\n\n");
    let mut list = String::new();
    let mut taken: HashSet<String> = HashSet::from([ALL.to_owned()]);
    for Segment { id, display_name, .. } in segments {
        let mut constant = identifier(display_name);
        // All who want the same get the start of their id, so that none of them depends on the others.
        if wanted.get(&constant).is_some_and(|wanted| *wanted > 1) {
            constant = identifier(&format!("{constant} {}", id.chars().take(8).collect::<String>()));
        }
        while !taken.insert(constant.clone()) {
            constant.push('_');
        }
        // As `Debug` writes a text it is a literal, on one line, with whatever is not printable escaped.
        let _ = writeln!(code, "/// {display_name:?}\npub const {constant}: &str = {id:?};");
        let _ = writeln!(list, "    ({display_name:?}, {constant}),");
    }
    let _ = writeln!(code, "\n/// The name and the id of each.\npub const {ALL}: &[(&str, &str)] = &[\n{list}];");
    code
}

/// A name as a constant is written: its letters and digits (ASCII), in capitals, which no keyword is.
fn identifier(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let identifier = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    match identifier.chars().next() {
        None => NAMELESS.to_owned(),
        Some('0'..='9') => format!("{NAMELESS}_{identifier}"),
        Some(_) => identifier,
    }
}
