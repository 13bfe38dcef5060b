//! The entities of one list, and the past states that reads still show.

use std::time::SystemTime;

use serde_json::Value;

use crate::random::mix;

/// The deleted entities that reads may still show.
const MAX_DELETED: usize = 1_000;

#[derive(Default)]
pub(crate) struct Collection {
    slots: Vec<Slot>,
    created: u64,
}

/// The place of an entity in its list. It outlives the entity while reads lag.
struct Slot {
    id: String,
    current: Option<Value>,
    past: Option<Past>,
}

/// The state before a write, as reads still show it.
pub(crate) struct Past {
    pub value: Option<Value>,
    pub reads_left: usize,
    pub until: SystemTime,
}

impl Collection {
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().filter_map(|slot| slot.current.as_ref())
    }

    pub fn len(&self) -> usize {
        self.all().count()
    }

    /// Returns an id like those of the service: the same for the same seed and number.
    pub fn new_id(&mut self, seed: u64, kind: u64) -> String {
        self.created += 1;
        let scattered = mix(seed) ^ self.created.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (high, low) = (scattered >> 32, scattered & 0xFFFF);
        format!("{high:08x}-{low:04x}-4{:03x}-9e11-{:012x}", kind & 0xFFF, self.created)
    }

    fn slot(&mut self, id: &str) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.id == id)
    }

    pub fn get(&self, id: &str) -> Option<&Value> {
        self.slots.iter().find(|slot| slot.id == id).and_then(|slot| slot.current.as_ref())
    }

    pub fn has_name(&self, name: Option<&Value>) -> bool {
        let named = |entity: &Value| entity.get("displayName").or_else(|| entity.get("name")) == name;
        name.is_some() && self.all().any(named)
    }

    pub fn put(&mut self, id: &str, entity: Value) {
        match self.slot(id) {
            Some(slot) => slot.current = Some(entity),
            None => self.slots.push(Slot { id: id.to_owned(), current: Some(entity), past: None }),
        }
    }

    pub fn remove(&mut self, id: &str, past: Option<Past>) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        let was_there = slot.current.take().is_some();
        if was_there {
            slot.past = past;
        }
        self.slots.retain(|slot| slot.current.is_some() || slot.past.is_some());
        self.forget_oldest_deleted();
        was_there
    }

    /// Bounds the memory for a program that deletes and never reads.
    fn forget_oldest_deleted(&mut self) {
        let is_deleted = |slot: &Slot| slot.current.is_none();
        if self.slots.iter().filter(|slot| is_deleted(slot)).count() > MAX_DELETED {
            let oldest = self.slots.iter().position(is_deleted);
            oldest.map(|oldest| self.slots.remove(oldest));
        }
    }

    /// Lets reads show the state before a write.
    pub fn show_past(&mut self, id: &str, past: Past) {
        if let Some(slot) = self.slot(id) {
            slot.past = Some(past);
        }
    }

    /// Returns what a read of one entity shows.
    pub fn visible(&mut self, id: &str, now: SystemTime) -> Option<&Value> {
        self.forget_past(now);
        let slot = self.slot(id)?;
        slot.visible()
    }

    /// Returns what a list shows.
    pub fn visible_all(&mut self, now: SystemTime) -> Vec<Value> {
        self.forget_past(now);
        self.slots.iter_mut().filter_map(|slot| slot.visible().cloned()).collect()
    }

    /// Drops what no read shows any more.
    fn forget_past(&mut self, now: SystemTime) {
        for slot in &mut self.slots {
            slot.past.take_if(|past| past.reads_left == 0 && past.until <= now);
        }
        self.slots.retain(|slot| slot.current.is_some() || slot.past.is_some());
    }
}

impl Slot {
    fn visible(&mut self) -> Option<&Value> {
        match &mut self.past {
            Some(past) => {
                past.reads_left = past.reads_left.saturating_sub(1);
                past.value.as_ref()
            }
            None => self.current.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_oldest_of_too_many_deleted_entities_is_forgotten() {
        let mut collection = Collection::default();
        for n in 0..=MAX_DELETED {
            let id = n.to_string();
            collection.put(&id, Value::from(n));
            let past = Past { value: collection.get(&id).cloned(), reads_left: 1, until: UNIX_EPOCH };
            assert!(collection.remove(&id, Some(past)));
        }
        assert_eq!((collection.len(), collection.slots.len()), (0, MAX_DELETED));
        assert_eq!(collection.visible("0", UNIX_EPOCH), None);
        assert_eq!(collection.visible("1", UNIX_EPOCH), Some(&Value::from(1)));
    }
}
