//! The event in a line.
//!
//! Invariant: the event that is sent has everything that the line has, and nothing else.

use std::collections::HashSet;
use std::fmt;

use genesys_journey::external_events::Event;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Number, Value};

/// The reason why a line is no event. `Display` prints all of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind and the position, without any text of the line.
    pub brief: String,
    /// The name of a field, or the words of the parser. No value of the line.
    detail: String,
    /// Whether the line is not JSON. More bytes may make it JSON.
    pub is_syntax: bool,
}

impl Problem {
    pub fn new(brief: impl Into<String>) -> Problem {
        Problem { brief: brief.into(), detail: String::new(), is_syntax: false }
    }

    fn at(column: usize, kind: &str) -> Problem {
        Problem::new(format!("{kind} at column {column}"))
    }

    fn with(self, detail: String) -> Problem {
        Problem { detail, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.brief)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

/// The fields of an event, all of which are required.
const FIELDS: [&str; 4] = ["id", "dateCreated", "identifiers", "attributes"];

/// Returns the event in a line, or `None` if the line is empty.
pub fn parse(line: &[u8]) -> Result<Option<Event>, Problem> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    check_text(line)?;
    let wrong_type = |error: serde_json::Error| Problem::at(error.column(), "has a value of the wrong type");
    let value: Value = serde_json::from_slice(line).map_err(wrong_type)?;
    let Value::Object(fields) = &value else { return Err(Problem::new("is not a JSON object")) };
    if let Some(missing) = FIELDS.iter().find(|field| !fields.contains_key(**field)) {
        return Err(Problem::new(format!("has no field {missing:?}")));
    }
    if let Some(unknown) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        return Err(Problem::new("has an unknown field").with(format!("{unknown:?}")));
    }
    let event: Event = serde_json::from_slice(line).map_err(wrong_type)?;
    // Nothing of the line may be lost.
    let written = serde_json::to_value(&event).map_err(wrong_type)?;
    if let Some(field) = FIELDS.iter().find(|field| written.get(**field) != value.get(**field)) {
        return Err(Problem::new(format!("has a field {field:?} with unknown or missing parts")));
    }
    check_values(&event)?;
    Ok(Some(event))
}

/// Refuses text that is not JSON, or that JSON values cannot hold without a change.
fn check_text(line: &[u8]) -> Result<(), Problem> {
    if let Err(error) = serde_json::from_slice::<Unique>(line) {
        let words = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let words = words.strip_suffix(&place).unwrap_or(&words).to_owned();
        let is_syntax = error.classify() != Category::Data;
        let kind = if is_syntax { "is not JSON" } else { "has the same key twice" };
        return Err(Problem { is_syntax, ..Problem::at(error.column(), kind).with(words) });
    }
    let inexact = |column| Err(Problem::at(column, "has a number that cannot be sent exactly"));
    inexact_number(line).map_or(Ok(()), inexact)
}

/// Refuses values that the service would refuse.
fn check_values(event: &Event) -> Result<(), Problem> {
    if event.id.is_empty() {
        return Err(Problem::new("has an empty id"));
    }
    if event.date_created.as_ref().is_none_or(|date| date.to_system_time().is_none()) {
        return Err(Problem::new("has a dateCreated that is no date and time"));
    }
    let mut ids = event.identifiers.external_ids.iter();
    if ids.any(|id| id.value.is_none() || id.external_source_id.is_none()) {
        return Err(Problem::new("has an external id without value or externalSourceId"));
    }
    Ok(())
}

/// Any JSON in which no object has the same key twice. The error is that key.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        deserializer.deserialize_any(Unique)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("{key:?}")));
            }
            keys.insert(key);
            map.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

/// Returns the column of the first number that would be sent as another number. `line` is JSON.
fn inexact_number(line: &[u8]) -> Option<usize> {
    let is_of_number = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let (mut position, mut is_in_text) = (0, false);
    while let Some(byte) = line.get(position) {
        match byte {
            b'\\' => position += 1,
            b'"' => is_in_text = !is_in_text,
            b'-' | b'0'..=b'9' if !is_in_text => {
                let length = line.iter().skip(position).take_while(is_of_number).count();
                let number = line.get(position..position + length).and_then(|number| str::from_utf8(number).ok());
                if !number.is_some_and(is_exact) {
                    return Some(position + 1);
                }
                position += length - 1;
            }
            _ => {}
        }
        position += 1;
    }
    None
}

/// Returns whether a number is sent with the same value, and an integer as an integer.
fn is_exact(number: &str) -> bool {
    let Ok(read) = serde_json::from_str::<Number>(number) else { return false };
    let written = read.to_string();
    written == number || (number.contains(['.', 'e', 'E']) && decimal(&written) == decimal(number))
}

/// Returns the sign, the significant digits and the exponent of a number.
fn decimal(number: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (is_negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |mantissa| (true, mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    let zeros = digits.len() - significant.len();
    let exponent = i64::from(exponent.parse::<i32>().ok()?) + zeros as i64 - fraction.len() as i64;
    let significant = significant.trim_start_matches('0').to_owned();
    let exponent = if significant.is_empty() { 0 } else { exponent };
    Some((is_negative, significant, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = concat!(
        r#"{"id":"e1","dateCreated":"2026-04-21T06:30:00Z","identifiers":{"externalIds":"#,
        r#"[{"value":"C-1","externalSourceId":"s"}]},"attributes":{"a":null,"b":[1.5]}}"#
    );

    fn problem(line: &str) -> Problem {
        parse(line.as_bytes()).unwrap_err()
    }

    /// The event with another text in place of a part.
    fn with(part: &str, other: &str) -> String {
        let line = EVENT.replacen(part, other, 1);
        assert_ne!(line, EVENT);
        line
    }

    fn with_attribute(value: &str) -> String {
        with("[1.5]", value)
    }

    #[test]
    fn an_event_is_read_and_an_empty_line_is_none() {
        let event = parse(format!(" {EVENT}\r").as_bytes()).unwrap().unwrap();
        assert_eq!((event.id.as_str(), event.attributes.len()), ("e1", 2));
        assert!(parse(b" \t\r").unwrap().is_none());
    }

    #[test]
    fn each_loss_is_a_problem() {
        for (line, expected) in [
            ("{".into(), "is not JSON at column 1: EOF while parsing an object"),
            ("{\"id\":}".into(), "is not JSON at column 7: expected value"),
            (with("}}", "}}}"), "is not JSON at column 154: trailing characters"),
            ("\u{feff}{}".into(), "is not JSON at column 1: expected value"),
            ("[]".into(), "is not a JSON object"),
            ("{}".into(), "has no field \"id\""),
            (with("\"id\":\"e1\"", "\"id\":\"\""), "has an empty id"),
            (with("\"e1\"", "7"), "has a value of the wrong type at column 7"),
            (with("\"e1\"", "null"), "has a field \"id\" with unknown or missing parts"),
            (with("\"id\"", "\"color\":1,\"id\""), "has an unknown field: \"color\""),
            (with("2026-04-21T06:30:00Z", "yesterday"), "has a dateCreated that is no date and time"),
            (with("\"externalIds\"", "\"externalids\""), "has a field \"identifiers\" with unknown or missing parts"),
            (with("\"value\":\"C-1\",", ""), "has an external id without value or externalSourceId"),
            (with("\"value\"", "\"color\":1,\"value\""), "has a field \"identifiers\" with unknown or missing parts"),
            (with("{\"a\":null,\"b\":[1.5]}", "null"), "has a field \"attributes\" with unknown or missing parts"),
        ] {
            assert_eq!(problem(&line).to_string(), expected, "{line}");
        }
    }

    #[test]
    fn a_problem_has_no_value_of_the_line() {
        for line in [
            with("\"a\":null", "\"a\":ann@example.com"),
            with("\"C-1\"", "{\"mail\":\"ann@example.com\"}"),
            with("{\"a\":null,\"b\":[1.5]}", "\"ann@example.com\""),
            with("2026-04-21T06:30:00Z", "ann@example.com"),
            "\"ann@example.com\"".into(),
        ] {
            let problem = problem(&line).to_string();
            assert!(!problem.contains("ann"), "{problem}");
        }
        // The name of a field is in the report only.
        for line in [with("\"id\"", "\"ann\":1,\"id\""), with("\"a\":null", "\"ann\":1,\"ann\":2")] {
            let problem = problem(&line);
            assert!(problem.to_string().contains("\"ann\"") && !problem.brief.contains("ann"), "{problem}");
        }
    }

    #[test]
    fn a_key_that_comes_twice_is_a_problem() {
        let twice = "has the same key twice at column";
        for (line, expected) in [
            (with("\"id\"", "\"id\":\"e0\",\"id\""), format!("{twice} 15: \"id\"")),
            // The same key in another spelling.
            (with("\"a\":null", r#""a":1,"\u0061":2"#), format!("{twice} 147: \"a\"")),
            (with_attribute(r#"[{"c":{"d":1,"e":2,"d":3}}]"#), format!("{twice} 168: \"d\"")),
        ] {
            let problem = problem(&line);
            assert_eq!((problem.to_string(), problem.is_syntax), (expected, false), "{line}");
        }
        assert!(parse(with_attribute(r#"[{"c":1},{"c":2},{"a":{"a":{}}}]"#).as_bytes()).is_ok());
    }

    #[test]
    fn a_number_is_sent_exactly_or_is_a_problem() {
        for number in [
            "0",
            "-1",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "0.1",
            "1.50",
            "-0.0",
            "100.0",
            "0.30000000000000004",
            "19.900000000000002",
            "1e5",
            "1.5E+3",
            "2.5e-7",
            "1.7976931348623157e308",
        ] {
            let event = parse(with_attribute(number).as_bytes()).unwrap().unwrap();
            let sent = event.attributes["b"].to_string();
            assert_eq!(decimal(&sent), decimal(number), "{sent}");
            assert_eq!(sent.contains('.') || sent.contains('e'), number.contains(['.', 'e', 'E']), "{sent}");
        }
        for number in [
            "18446744073709551616",
            "-9223372036854775809",
            "100000000000000000000",
            "-0",
            "0.12345678901234567890",
            "9007199254740993.0",
            "1e-400",
        ] {
            for value in [number.to_owned(), format!("[\"1\\\"\", {{\"c\": {number} }}]")] {
                let line = with_attribute(&value);
                let column = line.rfind(number).unwrap() + 1;
                let expected = format!("has a number that cannot be sent exactly at column {column}");
                assert_eq!(problem(&line).to_string(), expected, "{line}");
            }
        }
        assert!(parse(with_attribute("\"18446744073709551616, \\\" 1e-400\"").as_bytes()).is_ok());
    }
}
