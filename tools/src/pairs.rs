//! The entities of a backup and their present states.

use crate::kind::Entity;
use crate::references::{Counterpart, Ids};

/// Each entity of a backup and its present state, which has the same id, or else the same name; and the entities
/// that the backup does not have.
pub struct Pairs<'a, E> {
    pub pairs: Vec<(&'a E, Option<&'a E>)>,
    pub new: Vec<&'a E>,
}

impl<'a, E: Entity> Pairs<'a, E> {
    pub fn new(backup: &'a [E], now: &'a [E]) -> Pairs<'a, E> {
        let mut left: Vec<&E> = now.iter().collect();
        let mut take = |matches: &dyn Fn(&E) -> bool| {
            let index = left.iter().position(|entity| matches(entity))?;
            Some(left.remove(index))
        };
        let by_id: Vec<Option<&E>> = backup.iter().map(|then| take(&|entity| entity.id() == then.id())).collect();
        let pair =
            |(then, now): (&'a E, Option<&'a E>)| (then, now.or_else(|| take(&|entity| entity.name() == then.name())));
        let pairs = backup.iter().zip(by_id).map(pair).collect();
        Pairs { pairs, new: left }
    }

    /// Returns the present counterparts of the entities, also of those that the backup does not have.
    pub fn ids(&self) -> Ids {
        let id = |now: &E| Counterpart::Id(now.id().to_owned());
        let pair = |(then, now): &(&E, Option<&E>)| {
            let counterpart = now.map_or_else(|| Counterpart::lacking(*then, "does not exist"), id);
            (then.id().to_owned(), counterpart)
        };
        let new = self.new.iter().map(|now| (now.id().to_owned(), id(now)));
        new.chain(self.pairs.iter().map(pair)).collect()
    }
}
