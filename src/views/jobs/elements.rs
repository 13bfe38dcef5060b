//! The counts of the elements of a job, without the charts in the same response.

use std::fmt::Display;
use std::io::Read;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{ElementResult, result_request};
use crate::http::TransportError;
use crate::job;
use crate::request::Reader;
use crate::serde_util::filled_list;
use crate::{Config, Result};

/// The deepest nesting of a skipped value. It is that of serde_json.
const MAX_DEPTH: usize = 128;

/// Returns the counts of the elements of a job that is complete, without the values of its charts.
///
/// The service sends the values of all charts, too. They are skipped while they are received, so that a response of any
/// size takes little memory. [`max_response_bytes`](crate::ConfigBuilder::max_response_bytes) limits the elements, not
/// the response. The attempt timeout ends an attempt only before the head of the response.
///
/// A response "not found" is retried, as by [`results`](super::results).
///
/// **Permission** `journey:viewsResults:view`
///
/// # Errors
/// Those of [`results`](super::results).
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let (view, version) = ("3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1);
/// let job = jobs::complete(&config, view, version, Default::default())?;
/// for element in jobs::element_results(&config, view, version, &job)? {
///     println!("{:?}: {:?}", element.id, element.metrics);
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn element_results(
    config: &Config,
    view_id: &str,
    version: impl Display,
    job_id: &str,
) -> Result<Vec<ElementResult>> {
    job::results(config, |config| {
        let mut elements = Vec::new();
        result_request(view_id, &version, job_id).stream(config, &mut |response| {
            elements = read(Reader::of_body(response.body.detach()))?;
            Ok(())
        })?;
        Ok(elements)
    })
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Elements(#[serde(deserialize_with = "filled_list")] Vec<ElementResult>);

/// Reads the elements. An object without elements and charts is no result, such as an error with status 200.
fn read<R: Read>(mut reader: Reader<R>) -> Result<Vec<ElementResult>, TransportError> {
    let (mut elements, mut is_result) = (Vec::new(), false);
    let mut is_ended = reader.open()?;
    while !is_ended {
        let key = key(&mut reader)?;
        is_result |= matches!(key.as_str(), "elements" | "charts");
        if key == "elements" {
            Elements(elements) = reader.value()?;
        } else {
            skip(&mut reader)?;
        }
        is_ended = reader.separator(b'}', true, false)?;
    }
    if !is_result {
        return Err(reader.lacks("elements"));
    }
    reader.end()?;
    Ok(elements)
}

fn key<R: Read>(reader: &mut Reader<R>) -> Result<String, TransportError> {
    let key = reader.value()?;
    reader.expect(b':')?;
    Ok(key)
}

/// Reads a value of any size, and holds only one of its numbers or texts at a time.
fn skip<R: Read>(reader: &mut Reader<R>) -> Result<(), TransportError> {
    // The ends of the lists and objects that are open.
    let mut ends = Vec::new();
    loop {
        let (end, is_empty) = if reader.next_is(b'[')? {
            (b']', reader.next_is(b']')?)
        } else if reader.next_is(b'{')? {
            (b'}', reader.next_is(b'}')?)
        } else {
            reader.value::<IgnoredAny>()?;
            (0, true)
        };
        if !is_empty {
            ends.push(end);
            if ends.len() > MAX_DEPTH {
                return reader.broken("less nesting");
            }
        } else if !next_entry(reader, &mut ends)? {
            return Ok(());
        }
        if ends.last() == Some(&b'}') {
            key(reader)?;
        }
    }
}

/// Reads what follows a value: the ends of lists and objects, and a comma. Returns whether another value follows.
fn next_entry<R: Read>(reader: &mut Reader<R>, ends: &mut Vec<u8>) -> Result<bool, TransportError> {
    while let Some(end) = ends.last() {
        if !reader.separator(*end, true, false)? {
            return Ok(true);
        }
        ends.pop();
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text in pieces of this size. Returns the ids of the elements.
    fn ids(text: &str, chunk: usize) -> Result<Vec<String>, TransportError> {
        let reader = Reader::new(text.as_bytes(), |_, _| Ok(usize::MAX), chunk);
        Ok(read(reader)?.into_iter().map(|element| element.id.unwrap_or_default()).collect())
    }

    const RESULT: &str = r#"{ "charts": [{"id": "c", "metrics": [{"values": [{"value": "a\"]}é"}, {}, 1.5e3, [[], {}]]}]}, null],
        "x": {}, "y": [ ], "z": "t", "elements": [{"id": "e1", "metrics": {"flowCount": 3}}, null, {"id": "e2"}], "n": -7 } "#;

    #[test]
    fn the_elements_do_not_depend_on_the_pieces() {
        for chunk in (1..60).chain([1_000]) {
            assert_eq!(ids(RESULT, chunk).unwrap(), ["e1", "e2"], "pieces of {chunk}");
        }
        assert!(ids(r#"{"charts":[]}"#, 9).unwrap().is_empty());
        assert!(ids(r#"{"elements":null}"#, 9).unwrap().is_empty());
    }

    #[test]
    fn a_part_of_a_response_is_an_error() {
        for length in (0..RESULT.trim_end().len()).filter(|length| RESULT.is_char_boundary(*length)) {
            assert!(ids(&RESULT[..length], 16).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn another_document_is_an_error() {
        let texts =
            ["[]", "{}", r#"{"message":"no"}"#, "<html>", "", "null", r#"{"elements":[]}{"#, r#"{"elements":7}"#];
        let charts = ["[}", "{]", "[1,]", "[1 2]", r#"{"a"}"#, "{1:2}", r#"{"a":1,}"#, "[nul]", "01", "{,}"];
        let charts = charts.map(|charts| format!(r#"{{"elements":[],"charts":{charts}}}"#));
        let deep = format!(r#"{{"elements":[],"charts":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        for text in texts.into_iter().chain(charts.iter().map(String::as_str)).chain([deep.as_str()]) {
            assert!(ids(text, 1_000).is_err(), "{text}");
        }
    }
}
