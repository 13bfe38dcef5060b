//! The three states of a field in an update.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an update does to one field: keep it (it is not sent), clear it (`null` is sent), or set it.
///
/// ```
/// use genesys_journey::Update;
/// use genesys_journey::segments::SegmentUpdate;
///
/// let update = SegmentUpdate {
///     color: "#1F6FEB".to_string().into(), // set
///     description: Update::Clear,          // clear
///     ..SegmentUpdate::default()           // keep the rest
/// };
/// assert_eq!(serde_json::to_string(&update)?, r##"{"description":null,"color":"#1F6FEB"}"##);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Update<T> {
    /// Leave the field as it is.
    #[default]
    Keep,
    /// Empty the field.
    Clear,
    /// Give the field this value.
    Set(T),
}

impl<T> Update<T> {
    /// Whether the field is left as it is.
    pub fn is_keep(&self) -> bool {
        matches!(self, Update::Keep)
    }

    /// The value that the field is given, if it is given one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Update::Set(value) => Some(value),
            Update::Keep | Update::Clear => None,
        }
    }
}

impl<T> From<T> for Update<T> {
    fn from(value: T) -> Self {
        Update::Set(value)
    }
}

impl From<&str> for Update<String> {
    fn from(value: &str) -> Self {
        Update::Set(value.to_owned())
    }
}

// A field that is kept is left out by `skip_serializing_if`, and an absent one is `Keep` by `default`:
// here only null and values arrive.
impl<T: Serialize> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Update<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Update::Clear, Update::Set))
    }
}
