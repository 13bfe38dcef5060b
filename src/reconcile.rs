//! Generic code that brings a resource into a wanted state: `find_by_name`, `edit`, `ensure` and `diff` of the
//! families.
//!
//! A family describes its resource by one table of functions, a [`Resource`]. The exact mode is a second table, made by
//! [`Resource::exact`]. The generic functions take everything from the table, so that they are compiled only once for
//! each resource.

mod change;
mod difference;
mod edit;
mod ensure;
#[cfg(any(feature = "action-maps", feature = "action-templates", feature = "outcomes"))]
mod fields;
mod find;
mod outcome;
mod poll;
mod rewritten;
mod unordered;

pub use change::Change;
pub(crate) use change::changes;
pub(crate) use difference::{changed, or_clear, same_context, same_journey, set, unless_equal, unless_equal_or_empty};
pub(crate) use edit::edit;
pub(crate) use ensure::{ensure, ensure_all};
#[cfg(feature = "action-maps")]
pub(crate) use fields::is_equal;
#[cfg(any(feature = "action-maps", feature = "action-templates", feature = "outcomes"))]
pub(crate) use fields::{completed, is_same, lacking};
pub(crate) use find::find_by_name;
pub use outcome::{Ensured, EnsuredExact, ExactDifference};

use crate::config::Config;
use crate::error::Result;
use crate::pagination::ListAll;

/// The largest number of updates against conflicts, and of searches against renames and deletions.
const MAX_TRIES: u32 = 20;

/// The functions of one kind of resource. The service returns an `Entity`; a `New` describes the wanted state
/// and creates an entity; an `Update` changes one.
pub(crate) struct Resource<Entity, New, Update> {
    /// The name of the resource in error messages, such as `segment`.
    pub noun: &'static str,
    /// The name field in error messages, as the vendor spells it.
    pub name_field: &'static str,
    pub id: fn(&Entity) -> &str,
    pub name: fn(&Entity) -> &str,
    pub wanted_name: fn(&New) -> &str,
    /// Whether the wanted state is an entity of a service: its name is not rewritten again, and the defaults of a new
    /// entity are cleared.
    pub is_exact: bool,
    /// Returns whether an entity that reads still show counts as deleted.
    pub is_deleted: fn(&Entity) -> bool,
    /// Returns the version, which grows with each change and lets the service refuse an outdated update.
    pub version: fn(&Entity) -> i64,

    /// Lists entities whose name resembles this one.
    pub search: fn(&Config, &str) -> ListAll<Entity>,
    pub list_all: fn(&Config) -> ListAll<Entity>,
    pub get: fn(&Config, &str) -> Result<Entity>,
    pub create: fn(&Config, &New) -> Result<Entity>,
    pub update: fn(&Config, &str, &Update) -> Result<Entity>,

    /// Fails if the wanted state differs in a field that no update can change.
    pub check_immutable: fn(&Entity, &New) -> Result<()>,
    /// Returns the update, with the version, that leads to the wanted state; `None` if nothing differs.
    pub difference: fn(&Entity, &New) -> Option<Update>,
    /// Removes from an update the fields that it does not change, and sets the version; `None` if no field
    /// is left.
    pub only_changes: fn(&Entity, Update) -> Option<Update>,
}

impl<Entity, New, Update> Resource<Entity, New, Update> {
    /// Returns the table of the mode in which the wanted state is a whole entity. No difference is refused.
    pub const fn exact(
        self,
        create: fn(&Config, &Entity) -> Result<Entity>,
        difference: fn(&Entity, &Entity) -> Option<Update>,
    ) -> Resource<Entity, Entity, Update> {
        Resource {
            noun: self.noun,
            name_field: self.name_field,
            id: self.id,
            name: self.name,
            wanted_name: self.name,
            is_exact: true,
            is_deleted: self.is_deleted,
            version: self.version,
            search: self.search,
            list_all: self.list_all,
            get: self.get,
            create,
            update: self.update,
            check_immutable: |_, _| Ok(()),
            difference,
            only_changes: self.only_changes,
        }
    }
}
