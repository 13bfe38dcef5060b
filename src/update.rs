//! The three states of a field in an update, and how each is written as JSON.
//!
//! Invariant: `Keep` is never written. A field that is kept is left out by `skip_serializing_if`; if that
//! attribute is missing, serialising fails instead of clearing the field.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The change of one field in an update: keep it, clear it, or set it.
///
/// A field has this type if there is a known way to clear it. `Clear` is written as the service expects it
/// for that field: `null`, or an empty text, list or object. Fields without a known way to clear them are
/// `Option`s.
///
/// ```
/// use genesys_journey::Update;
/// use genesys_journey::segments::SegmentUpdate;
///
/// let update = SegmentUpdate {
///     color: "#1F6FEB".into(),    // set
///     description: Update::Clear, // clear
///     ..SegmentUpdate::default()  // keep the rest
/// };
/// assert_eq!(serde_json::to_string(&update)?, r##"{"description":null,"color":"#1F6FEB"}"##);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// In a struct of your own, for example for [`raw::patch`](crate::raw::patch), a field needs both attributes.
/// Without `skip_serializing_if`, a field that is kept is a serialisation error.
///
/// ```
/// use genesys_journey::Update;
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct QueueUpdate {
///     #[serde(default, skip_serializing_if = "Update::is_keep")]
///     description: Update<String>,
/// }
/// assert_eq!(serde_json::to_string(&QueueUpdate::default())?, "{}");
/// assert!(serde_json::to_string(&Update::<String>::Keep).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Update<T> {
    /// Keeps the field as it is: it is not sent.
    #[default]
    Keep,
    /// Clears the field.
    Clear,
    /// Sets the field to this value.
    Set(T),
}

impl<T> Update<T> {
    /// Returns whether the field is kept as it is.
    #[must_use]
    pub fn is_keep(&self) -> bool {
        matches!(self, Update::Keep)
    }

    /// Returns the new value of the field, if it is set.
    #[must_use]
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

/// Writes `Clear` as `null`.
impl<T: Serialize> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Update::Keep => Err(keep_error()),
            Update::Clear => serializer.serialize_none(),
            Update::Set(value) => value.serialize(serializer),
        }
    }
}

/// Reads `null` as `Clear`. An absent field is `Keep` by `#[serde(default)]`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Update<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(set_or_clear(Option::deserialize(deserializer)?))
    }
}

/// Returns the change that leads to exactly this value: sets it, or clears the field.
pub(crate) fn set_or_clear<T>(value: Option<T>) -> Update<T> {
    value.map_or(Update::Clear, Update::Set)
}

/// Writes `Clear` as the empty value of the type, for `serialize_with`: `""`, `[]` or `{"patterns":[]}`.
pub(crate) fn clear_as_default<T, S>(update: &Update<T>, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Default + Serialize,
    S: Serializer,
{
    match update {
        Update::Clear => T::default().serialize(serializer),
        Update::Keep | Update::Set(_) => update.serialize(serializer),
    }
}

fn keep_error<E: serde::ser::Error>() -> E {
    E::custom("Update::Keep cannot be written (add skip_serializing_if = \"Update::is_keep\" to the field)")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Serialize)]
    struct WithoutSkip<T: Default + Serialize> {
        #[serde(serialize_with = "clear_as_default")]
        field: Update<T>,
    }

    #[derive(Default, Serialize)]
    struct Patterns {
        patterns: Vec<String>,
    }

    fn written<T: Default + Serialize>(field: Update<T>) -> serde_json::Result<Value> {
        serde_json::to_value(WithoutSkip { field })
    }

    #[test]
    fn clear_is_written_as_the_empty_value() {
        assert_eq!(written::<String>(Update::Clear).unwrap(), json!({ "field": "" }));
        assert_eq!(written::<Vec<i64>>(Update::Clear).unwrap(), json!({ "field": [] }));
        assert_eq!(written::<Patterns>(Update::Clear).unwrap(), json!({ "field": { "patterns": [] } }));
        assert_eq!(written(Update::Set(vec![1])).unwrap(), json!({ "field": [1] }));
    }

    #[test]
    fn keep_is_an_error_through_serialize_with() {
        let error = written::<String>(Update::Keep).unwrap_err();
        assert!(error.to_string().contains("skip_serializing_if"), "{error}");
    }
}
