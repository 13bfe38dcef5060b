//! Each operation has a function, and each function that is an operation is in `docs/operations.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{FAMILIES, Facts};
use crate::layers::sources;

const DOCS: &str = include_str!("../../../docs/operations.md");

/// The functions of the crate by the vendor's names of their operations, from `#[doc(alias = "…")]`.
fn functions() -> BTreeMap<String, String> {
    let sources = sources();
    let is_public = |folder: &str, module: &str| {
        let declaration = format!("\npub mod {module};");
        sources.iter().any(|(name, text)| *name == format!("{folder}.rs") && text.contains(&declaration))
    };
    let mut functions = BTreeMap::new();
    for (name, text) in &sources {
        let file = name.trim_end_matches(".rs");
        let module = match file.rsplit_once('/') {
            Some((folder, module)) if !is_public(folder, module) => folder,
            _ => file,
        };
        let mut aliases = Vec::new();
        for line in text.lines() {
            if let Some(alias) = line.strip_prefix("#[doc(alias = \"") {
                aliases.push(alias.trim_end_matches("\")]").to_owned());
            } else if let Some(function) = line.strip_prefix("pub fn ") {
                let function = function.split(['(', '<']).next().unwrap();
                let path = format!("{}::{function}", module.replace('/', "::"));
                functions.extend(aliases.drain(..).map(|alias| (alias, path.clone())));
            } else if !line.starts_with('#') {
                aliases.clear();
            }
        }
    }
    functions
}

#[test]
fn a_family_has_a_function_for_each_operation() {
    let (facts, functions) = (Facts::read(), functions());
    assert_eq!(facts.operations().count(), 95);
    let mut lacking = Vec::new();
    for family in facts.families() {
        let vendor = |operation: &Value| operation["vendor"].as_str().unwrap().to_owned();
        let missing = facts.of_family(family).map(|(_, operation)| vendor(operation));
        let missing: Vec<String> = missing.filter(|vendor| !functions.contains_key(vendor)).collect();
        if !missing.is_empty() {
            println!("{family} lacks {}", missing.join(", "));
            lacking.push(family);
        }
    }
    assert!(lacking.is_empty(), "not complete: {lacking:?}");
}

#[test]
fn a_family_names_each_parameter_of_a_query() {
    let (facts, sources) = (Facts::read(), sources());
    for family in FAMILIES.iter().map(|family| family.name) {
        // The sub-modules of `views` are families of their own.
        let module = if family.starts_with("view_") { "views" } else { family };
        let is_of_family = |name: &str| ["/", "."].iter().any(|end| name.starts_with(&format!("{module}{end}")));
        let code: String =
            sources.iter().filter(|(name, _)| is_of_family(name)).map(|(_, text)| text.as_str()).collect();
        for (name, operation) in facts.of_family(family) {
            for parameter in operation["query"].as_array().into_iter().flatten() {
                let parameter = parameter.as_str().unwrap();
                let is_shared =
                    |parameters: [&str; 2], method| parameters.contains(&parameter) && code.contains(method);
                let is_shared = is_shared(["pageSize", "pageNumber"], ".paged(")
                    || is_shared(["queryFields", "queryValue"], ".searched(");
                let is_sent = ["query", "query_all", "query_joined"]
                    .iter()
                    .any(|method| code.contains(&format!(".{method}(\"{parameter}\"")));
                assert!(is_shared || is_sent, "{name} lacks {parameter}");
            }
        }
    }
}

/// The permissions in the docs of each operation, by the vendor's name of the operation.
fn permissions() -> BTreeMap<String, BTreeSet<String>> {
    let mut permissions = BTreeMap::new();
    for (_, text) in sources() {
        let (mut docs, mut aliases) = (String::new(), Vec::new());
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("///") {
                docs += &format!("{line}\n");
            } else if let Some(alias) = line.strip_prefix("#[doc(alias = \"") {
                aliases.push(alias.trim_end_matches("\")]").to_owned());
            } else if !line.starts_with("#[") {
                let paragraph = docs.split("**Permission**").nth(1).and_then(|rest| rest.split("\n\n").next());
                let names = paragraph.unwrap_or_default().split('`').skip(1).step_by(2).map(str::to_owned);
                let names: BTreeSet<String> = names.collect();
                permissions.extend(aliases.drain(..).map(|alias| (alias, names.clone())));
                docs.clear();
            }
        }
    }
    permissions
}

#[test]
fn docs_name_the_permissions_of_each_operation() {
    let (facts, permissions) = (Facts::read(), permissions());
    for (name, operation) in facts.operations() {
        let needed: BTreeSet<String> = serde_json::from_value(operation["permissions"].clone()).unwrap_or_default();
        assert_eq!(permissions[operation["vendor"].as_str().unwrap()], needed, "{name}");
    }
}

/// The row of an operation in the table of its family.
fn row(operation: &Value, functions: &BTreeMap<String, String>) -> String {
    let text = |key: &str| operation[key].as_str().unwrap();
    let function = functions.get(text("vendor")).map_or("not yet".to_owned(), |function| format!("`{function}`"));
    let deprecated = if operation["deprecated"] == true { " (deprecated)" } else { "" };
    format!("| `{}`{deprecated} | {} `{}` | {function} |", text("vendor"), text("method"), text("path"))
}

#[test]
fn docs_list_every_operation_with_its_function() {
    let (facts, functions) = (Facts::read(), functions());
    let rows: Vec<&str> = DOCS.lines().filter(|line| line.starts_with("| `")).collect();
    for (_, operation) in facts.operations() {
        let row = row(operation, &functions);
        assert!(rows.contains(&row.as_str()), "docs/operations.md lacks\n{row}");
    }
    assert_eq!(rows.len(), facts.operations().count());
}
