//! Writes segments as code.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use genesys_journey::segments::Segment;

/// The name of the list of all constants, which no segment may take.
const ALL: &str = "ALL";
/// The constant of a segment whose name has no letter or digit; the start of its id always follows.
const NAMELESS: &str = "SEGMENT";

/// Returns a constant with the id of each segment, and a list of all with their names. The order of the segments does not
/// matter.
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
        // Segments of the same constant get the start of their id, so that none of them depends on the others.
        if wanted.get(&constant).is_some_and(|wanted| *wanted > 1) {
            constant = identifier(&format!("{constant} {}", id.chars().take(8).collect::<String>()));
        }
        while !taken.insert(constant.clone()) {
            constant.push('_');
        }
        // `Debug` writes a text as a literal on one line, and escapes characters that are not printable.
        let _ = writeln!(code, "/// {display_name:?}\npub const {constant}: &str = {id:?};");
        let _ = writeln!(list, "    ({display_name:?}, {constant}),");
    }
    let _ = writeln!(code, "\n/// The name and the id of each.\npub const {ALL}: &[(&str, &str)] = &[\n{list}];");
    code
}

/// Returns a name as a constant: its ASCII letters and digits, in capitals. No keyword has capitals only.
fn identifier(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let identifier = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    match identifier.chars().next() {
        None => NAMELESS.to_owned(),
        Some('0'..='9') => format!("{NAMELESS}_{identifier}"),
        Some(_) => identifier,
    }
}
