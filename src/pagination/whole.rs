//! A list that comes whole, without pages.

use serde::Deserialize;

use crate::serde_util::{Entries, entries};

/// A list that comes whole. An object without entities is not one.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Whole<T> {
    #[serde(deserialize_with = "entries")]
    entities: Option<Entries<T>>,
}

impl<T> Whole<T> {
    pub fn into_entries(self) -> Entries<T> {
        self.entities.unwrap_or_default()
    }
}
