//! Names that the service has changed: trimmed, cut, or in another case.
//!
//! A program that ensures such a name finds no entity of it, however often it runs. So an entity whose name may
//! come from the wanted one prevents a create.

use super::Resource;
use crate::error::{Error, ErrorKind};

/// A name is taken for a cut one only from this length on: a shorter one is a name of its own.
const MIN_CUT_LENGTH: usize = 40;

/// Whether the service may have made this name of the wanted one.
pub(super) fn may_be_rewritten(wanted: &str, actual: &str) -> bool {
    let (wanted, actual) = (normalized(wanted), normalized(actual));
    let is_cut = actual.chars().count() >= MIN_CUT_LENGTH && wanted.starts_with(&actual);
    wanted == actual || is_cut
}

/// The name in lower case, with single blanks between words.
fn normalized(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl<Entity, New, Update> Resource<Entity, New, Update> {
    /// The error instead of a create, because of this entity.
    pub(super) fn similar_name(&self, wanted: &str, similar: &Entity) -> Error {
        let (noun, id, name) = (self.noun, (self.id)(similar), (self.name)(similar));
        let problem = format_args!(
            "no {noun} is named {wanted:?}, but {noun} {id} is named {name:?}, which the service may have made of it; \
             use that name"
        );
        Error::input(self.name_field, problem)
    }

    /// The error after a create whose name the service has changed.
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
        for (wanted, actual) in [(" VIP ", "VIP"), ("vip", "VIP"), ("a  b", "A b"), (&long, &long[..45])] {
            assert!(may_be_rewritten(wanted, actual), "{wanted:?} {actual:?}");
        }
        for (wanted, actual) in [("VIP", "VI"), ("VIPs", "VIP"), ("VIP", "VIPs"), (&long, &long[..20])] {
            assert!(!may_be_rewritten(wanted, actual), "{wanted:?} {actual:?}");
        }
    }
}
