//! The text at a path of a JSON document, for error messages.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A step on the way to a value.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Key(&'static str),
    Index(usize),
}

/// Returns the text at a path; `None` if there is no text. The document may be invalid after it.
pub(crate) fn text_at(json: &str, path: &[Step]) -> Option<String> {
    let mut found = None;
    let find = Find { path, found: &mut found };
    // Reading ends with an error, since the rest of the document is not read.
    let _ = find.deserialize(&mut serde_json::Deserializer::from_str(json));
    found
}

struct Find<'a> {
    path: &'a [Step],
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.path.first() {
            Some(Step::Key(_)) => deserializer.deserialize_map(self),
            Some(Step::Index(_)) => deserializer.deserialize_seq(self),
            None => {
                *self.found = Some(String::deserialize(deserializer)?);
                Ok(())
            }
        }
    }
}

impl Find<'_> {
    fn next(self) -> Self {
        Find { path: self.path.get(1..).unwrap_or_default(), found: self.found }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the next value of a path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if matches!(self.path.first(), Some(Step::Key(wanted)) if key == *wanted) {
                return map.next_value_seed(self.next());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some(Step::Index(index)) = self.path.first() else { return Ok(()) };
        for _ in 0..*index {
            list.next_element::<IgnoredAny>()?;
        }
        list.next_element_seed(self.next()).map(drop)
    }
}
