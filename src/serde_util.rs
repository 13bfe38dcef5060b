//! Reading JSON as the service writes it, which is less strict than serde's defaults.

mod find;
mod lists;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

pub(crate) use find::{Step, text_at};
pub(crate) use lists::{Entries, entries, filled_list, map, plain_list, push};

/// From here on, an `f64` no longer holds every integer.
pub(crate) const TWO_TO_53: f64 = 9_007_199_254_740_992.0;

/// Reads `null` as the default value, such as an empty text.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an integer, also from a number with an empty fraction, such as `3.0`.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(Integer::deserialize(deserializer)?.0)
}

/// Reads an integer like [`integer`], or `null`.
pub(crate) fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Integer>::deserialize(deserializer)?.map(|integer| integer.0))
}

/// Writes a number. NaN and the infinities are errors: serde_json would write `null`, which clears a field.
pub(crate) fn finite<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) if !number.is_finite() => Err(S::Error::custom(format_args!("{number} is not a finite number"))),
        _ => number.serialize(serializer),
    }
}

struct Integer(i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(IntegerVisitor).map(Integer)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer of at most 64 bits")
    }

    fn visit_i64<E>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        if number.fract() == 0.0 && number.abs() < TWO_TO_53 {
            Ok(number as i64)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Float(number), &self))
        }
    }
}

/// Makes a value of a text without a copy of the text in between.
pub(crate) fn borrowed_str<'de, D, T>(deserializer: D, make: fn(&str) -> T) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct Text<T>(fn(&str) -> T);

    impl<T> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E>(self, text: &str) -> Result<T, E> {
            Ok((self.0)(text))
        }
    }

    deserializer.deserialize_str(Text(make))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Numbers {
        #[serde(deserialize_with = "integer")]
        plain: i64,
        #[serde(default, deserialize_with = "optional_integer")]
        optional: Option<i64>,
    }

    fn read(number: &str) -> serde_json::Result<(i64, Option<i64>)> {
        let text = format!(r#"{{"plain":{number},"optional":{number}}}"#);
        let from_text: Numbers = serde_json::from_str(&text)?;
        let from_value: Numbers = serde_json::from_value(serde_json::from_str(&text)?)?;
        assert_eq!((from_text.plain, from_text.optional), (from_value.plain, from_value.optional));
        Ok((from_text.plain, from_text.optional))
    }

    #[test]
    fn an_integer_may_have_an_empty_fraction() {
        for (text, number) in [("3", 3), ("3.0", 3), ("-3.0", -3), ("3e2", 300), ("-0", 0), ("0.0", 0)] {
            assert_eq!(read(text).unwrap(), (number, Some(number)), "{text}");
        }
        for number in [i64::MIN, i64::MAX] {
            assert_eq!(read(&number.to_string()).unwrap(), (number, Some(number)));
        }
        let null: Numbers = serde_json::from_str(r#"{"plain":1,"optional":null}"#).unwrap();
        assert_eq!(null.optional, None);
    }

    #[test]
    fn a_number_is_never_rounded() {
        for text in ["1.5", "1e400", "9223372036854775808", "-9223372036854775809", "9.3e18", "\"3\"", "true", "[]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
