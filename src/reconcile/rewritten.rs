//! Names that the service has changed: trimmed, truncated, or in another case.
//!
//! A program that ensures such a name never finds it, and would create an entity in each run. So nothing is
//! created while an entity has a name that may be a changed form of the wanted name.

use super::Resource;
use crate::error::{Error, ErrorKind};

/// The least length of a name that may be a truncated one. A shorter name counts as a different name.
const MIN_CUT_LENGTH: usize = 40;

/// Returns whether the service may have changed the wanted name to this one.
pub(super) fn may_be_rewritten(wanted: &str, actual: &str) -> bool {
    let (wanted, actual) = (normalized(wanted), normalized(actual));
    let Some(rest) = wanted.strip_prefix(&actual) else { return false };
    // The names of a series differ in their last number: `Region 1` and `Region 10`.
    let is_in_number = actual.ends_with(char::is_numeric) && rest.starts_with(char::is_numeric);
    rest.is_empty() || (!is_in_number && actual.chars().count() >= MIN_CUT_LENGTH)
}

/// Returns the name in lower case, with single blanks between words.
fn normalized(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl<Entity, New, Update> Resource<Entity, New, Update> {
    /// Returns the error that replaces a create if a similar name exists.
    pub(super) fn similar_name(&self, wanted: &str, similar: &Entity) -> Error {
        let (noun, id, name) = (self.noun, (self.id)(similar), (self.name)(similar));
        let problem = format!(
            "is {wanted:?}; no {noun} has this name, but {noun} {id} is named {name:?}, which the service may have made of \
             it; use that name"
        );
        Error::input(self.name_field, problem)
    }

    /// Returns the error after a create whose name the service has changed.
    pub(super) fn rewritten_name(&self, wanted: &str, created: &Entity) -> Error {
        let (noun, id, name) = (self.noun, (self.id)(created), (self.name)(created));
        let problem = format!("the service named the new {noun} {id} {name:?} instead of {wanted:?}; use that name");
        Error::new(ErrorKind::Api, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimmed_cut_and_folded_names_are_recognised() {
        let long = "Customers of the north who have bought twice this year".to_owned();
        for (wanted, actual) in
            [(" VIP ", "VIP"), ("vip", "VIP"), ("a  b", "A b"), (&long, &long[..45]), (&long, &long[..40])]
        {
            assert!(may_be_rewritten(wanted, actual), "{wanted:?} {actual:?}");
        }
        let (first, tenth) = (format!("{long} 1"), format!("{long} 10"));
        for (wanted, actual) in
            [("VIP", "VI"), ("VIPs", "VIP"), ("VIP", "VIPs"), (&long, &long[..39]), (&tenth, &first)]
        {
            assert!(!may_be_rewritten(wanted, actual), "{wanted:?} {actual:?}");
        }
    }
}
