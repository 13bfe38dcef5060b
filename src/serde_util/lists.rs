//! Reading lists and maps: `null` is an empty one, and `null` entries are skipped.
//!
//! Invariant: a list holds a bounded multiple of its text in memory, also one of empty objects.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The entries of a list, without those that are `null`.
pub(crate) struct Entries<T> {
    pub entries: Vec<T>,
    /// The number of entries that were `null`.
    pub nulls: usize,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries { entries: Vec::new(), nulls: 0 }
    }
}

/// Reads the entries of a list. For a field whose default is `None`, so that an absent list differs from an
/// empty one.
pub(crate) fn entries<'de, D, T>(deserializer: D) -> Result<Option<Entries<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    read(deserializer, |_, _| true).map(Some)
}

/// Reads a list.
pub(crate) fn plain_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(read(deserializer, |_, _| true)?.entries)
}

/// Reads a list without entries that are empty like the one before: a few bytes of text would become a large value.
pub(crate) fn filled_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + PartialEq,
{
    let keep = |before: &[T], entry: &T| before.last() != Some(entry) || !is_empty(entry);
    Ok(read(deserializer, keep)?.entries)
}

/// Returns whether a value is that of an object without fields.
fn is_empty<'de, T: Deserialize<'de> + PartialEq>(value: &T) -> bool {
    let no_fields = std::iter::empty::<(&str, &str)>();
    let empty = T::deserialize(MapDeserializer::<_, serde::de::value::Error>::new(no_fields));
    empty.is_ok_and(|empty| empty == *value)
}

fn read<'de, D, T>(deserializer: D, keep: Keep<T>) -> Result<Entries<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_option(EntriesVisitor(keep))
}

/// Returns whether an entry is kept, given those before it.
type Keep<T> = fn(&[T], &T) -> bool;

struct EntriesVisitor<T>(Keep<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<Entries<T>, E> {
        Ok(Entries::default())
    }

    fn visit_unit<E>(self) -> Result<Entries<T>, E> {
        Ok(Entries::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entries<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries<T>, A::Error> {
        let mut read = Entries::default();
        let mut index = 0;
        loop {
            match list.next_element::<Option<T>>() {
                Ok(Some(Some(entry))) if (self.0)(&read.entries, &entry) => push(&mut read.entries, entry),
                Ok(Some(Some(_))) => {}
                Ok(Some(None)) => read.nulls += 1,
                Ok(None) => return Ok(read),
                Err(error) => return Err(A::Error::custom(format_args!("entry {index}: {error}"))),
            }
            index += 1;
        }
    }
}

/// Appends an entry. `Vec` alone would double a large list, and hold three times its entries while it grows.
pub(crate) fn push<T>(list: &mut Vec<T>, entry: T) {
    const LARGE: usize = 64 * 1024;
    if list.len() == list.capacity() && size_of_val(list.as_slice()) >= LARGE {
        list.reserve_exact(list.len() / 4);
    }
    list.push(entry);
}

/// Reads a map without values that are `null`.
pub(crate) fn map<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    deserializer.deserialize_option(ValuesVisitor(PhantomData))
}

struct ValuesVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for ValuesVisitor<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut read = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Option<V>>()? {
            // The last value of a key counts, also if it is `null`.
            match value {
                Some(value) => drop(read.insert(key, value)),
                None => drop(read.remove(&key)),
            }
        }
        Ok(read)
    }
}
