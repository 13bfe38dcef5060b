//! The results of the helpers that bring a resource into a wanted state.

use super::Change;

/// The result of an `ensure`. The families have aliases of it, such as [`segments::Ensured`](crate::segments::Ensured).
///
/// A test of your program can make each variant:
///
/// ```
/// use genesys_journey::segments::{Ensured, Segment, SegmentUpdate};
///
/// let created = Ensured::Created(Segment::default());
/// let updated = Ensured::updated(Segment::default(), SegmentUpdate::default());
/// assert_eq!(created.entity(), updated.entity());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ensured<Entity, Update> {
    /// Nothing had this name; this entity was created.
    Created(Entity),
    /// The entity differed and was updated.
    #[non_exhaustive]
    Updated {
        /// The entity after the update.
        entity: Entity,
        /// The update that was sent.
        update: Update,
    },
    /// The entity matched; no write was sent.
    Unchanged(Entity),
}

impl<Entity, Update> Ensured<Entity, Update> {
    /// Returns an [`Updated`](Ensured::Updated) with this entity and update.
    pub fn updated(entity: Entity, update: Update) -> Self {
        Ensured::Updated { entity, update }
    }

    /// Returns the result of a create that was followed by this one.
    pub(crate) fn into_created(self) -> Self {
        match self {
            Ensured::Created(entity) | Ensured::Updated { entity, .. } | Ensured::Unchanged(entity) => {
                Ensured::Created(entity)
            }
        }
    }

    /// Returns the entity in its present state.
    pub fn entity(&self) -> &Entity {
        match self {
            Ensured::Created(entity) | Ensured::Updated { entity, .. } | Ensured::Unchanged(entity) => entity,
        }
    }
}

/// The result of an `ensure_exact`. A test of your program can make one from the result of an `ensure`.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "differences that cannot be changed are only listed"]
#[non_exhaustive]
pub struct EnsuredExact<T> {
    /// The result of the writes, with the entity in its present state.
    pub ensured: T,
    /// The differences that remain, because no update can remove them.
    pub unchangeable: Vec<Change>,
}

impl<T> EnsuredExact<T> {
    pub(crate) fn new(ensured: T, unchangeable: Vec<Change>) -> Self {
        EnsuredExact { ensured, unchangeable }
    }
}

impl<T> From<T> for EnsuredExact<T> {
    /// Returns a result without unchangeable differences.
    fn from(ensured: T) -> Self {
        EnsuredExact::new(ensured, Vec::new())
    }
}

/// The result of a `diff_exact`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ExactDifference<Update> {
    /// The update that removes all other differences.
    pub update: Update,
    /// The differences that no update can remove.
    pub unchangeable: Vec<Change>,
}

impl<Update> ExactDifference<Update> {
    pub(crate) fn new(update: Update, unchangeable: Vec<Change>) -> Self {
        ExactDifference { update, unchangeable }
    }
}
