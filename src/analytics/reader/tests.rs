//! The reader at every boundary between two pieces of a response.

use serde_json::{Value, json};

use super::super::AggregateResponse;
use super::*;

/// More than any text of these tests.
const CHUNK: usize = 256 * 1024;

/// Returns the responses of the recorded calls.
fn documents() -> Vec<String> {
    let calls = include_str!("../../../tests/fixtures/wire-sample.jsonl");
    let calls = calls.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let calls = calls.filter(|call| call["op"] == "post_analytics_journeys_aggregates_query");
    let mut documents: Vec<String> = calls.map(|call| call["response"]["body"].to_string()).collect();
    assert!(documents.len() > 2, "the recorded calls have no aggregates");
    documents.push(every_token());
    documents
}

/// Returns a response with every kind of token, in fields that the crate knows and in others.
fn every_token() -> String {
    let unknown = r#"[-0, 12.5, -12.5e-3, 1e5, 1E+5, 123, true, false, null, "é\u00e9\ud83d\ude00\\\"日本"]"#;
    let stats = r#"{"count": 15e0, "max": -12.5e-1, "min": 1.0E+2, "sum": null, "p95": 3.0}"#;
    let metric = format!(r#"{{"metric": "né\u00e9w", "stats": {stats}, "new": {unknown}}}"#);
    let data = format!(r#"[{{"interval": null, "metrics": [{metric}], "views": []}}]"#);
    let container = format!(r#"{{"group": {{"日本": "\ud83d\ude00é"}}, "data": {data}}}"#);
    let results = format!("[ null, {container}\n,\r\n {container},null , {{}} ]");
    format!("\n {{\"a\": {unknown},\n \"b\": 12.5, \"results\" :{results}, \"y\": -1.5e+3, \"z\": 123 }}\n ")
}

fn read(text: &[u8], chunk: usize) -> Result<Vec<Container>, TransportError> {
    let mut containers = Containers::new(Reader::new(text, |_, _| Ok(usize::MAX), chunk));
    let mut all = Vec::new();
    while let Some(container) = containers.next()? {
        all.push(container);
    }
    assert!(containers.next().unwrap().is_none());
    Ok(all)
}

fn in_one_piece(text: &str) -> Vec<Container> {
    let mut value: Value = serde_json::from_str(text).unwrap();
    if let Some(results) = value["results"].as_array_mut() {
        results.retain(|entry| !entry.is_null());
    }
    serde_json::from_value::<AggregateResponse>(value).unwrap().results
}

#[test]
fn a_boundary_at_any_position_does_not_matter() {
    for text in documents() {
        let expected = in_one_piece(&text);
        for chunk in 1..=text.len() + 1 {
            let containers = read(text.as_bytes(), chunk);
            assert!(containers.as_ref().is_ok_and(|it| *it == expected), "{chunk} of {text}: {:?}", containers.err());
        }
    }
}

#[test]
fn a_text_that_follows_is_an_error_at_any_boundary() {
    let text = format!("{} 1", every_token());
    for chunk in 1..=text.len() + 1 {
        assert_eq!(read(text.as_bytes(), chunk).unwrap_err().cause, Cause::Decode, "{chunk}");
    }
    assert!(read(b"{} \n", 1).unwrap().is_empty());
    assert!(read(b"{}{}", 1).is_err());
}

#[test]
fn a_text_that_is_cut_is_an_error() {
    let text = every_token();
    for length in 0..text.trim_end().len() {
        let cut = &text.as_bytes()[..length];
        for chunk in [3, CHUNK] {
            assert_eq!(read(cut, chunk).unwrap_err().cause, Cause::Decode, "{length} bytes");
        }
    }
}

/// Returns the error of a text, and the number of bytes that were read before it.
fn read_before_error(text: &str, chunk: usize) -> (String, usize) {
    let mut containers = Containers::new(Reader::new(text.as_bytes(), |_, _| Ok(usize::MAX), chunk));
    loop {
        match containers.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error: {text}"),
            Err(error) => return (error.what, text.len() - containers.reader.source.len()),
        }
    }
}

#[test]
fn an_error_in_the_middle_of_the_buffer_is_found_at_once() {
    let start = r#"{"results": [{}, null, {"group": {"a": 1}}"#;
    let text = format!("{start}{}", ",{}".repeat(1_000));
    let (what, read) = read_before_error(&text, 64);
    assert!(read <= 192, "{read}");
    assert!(what.starts_with("entry 2 of the results: ") && what.contains("from byte 23 on"), "{what}");
}

#[test]
fn the_position_of_an_error_counts_all_bytes() {
    let text = format!(r#"{{"a": 12.5, "results": [{}{{"group": 7}}]}}"#, r#"{"group": {"a": "b"}}, "#.repeat(20));
    let at = text.find(r#"{"group": 7"#).unwrap();
    for chunk in [1, 7, 50, CHUNK] {
        let (what, _) = read_before_error(&text, chunk);
        assert!(what.contains(&format!("from byte {at} on")), "{chunk}: {what}");
    }
}

#[test]
fn an_object_without_results_is_empty_or_an_error() {
    for text in
        ["{}", r#"{"results": null}"#, r#"{"results": []}"#, r#"{"results": [null]}"#, r#"{"a": 1, "results": []}"#]
    {
        assert!(read(text.as_bytes(), CHUNK).unwrap().is_empty(), "{text}");
    }
    let error = json!({ "message": "Service under maintenance", "status": 503 }).to_string();
    for text in [&error, r#"{"results": {}}"#, r#"{"results": [[]]}"#, r#"{"results": [], "results": []}"#] {
        assert_eq!(read(text.as_bytes(), CHUNK).unwrap_err().cause, Cause::Decode, "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_after_the_containers_before() {
    let start = r#"{"results": [{"group": {"a": "日本"}}, {"group": {"a": "secret"#;
    // Never valid; cut by the next character; cut by the end of the response.
    for bad in [&b"\xff\"}}]}"[..], b"\xe6\x97\"}}]}", b"\xe6\x97"] {
        let text = [start.as_bytes(), bad].concat();
        for chunk in 1..=text.len() + 1 {
            let mut containers = Containers::new(Reader::new(&text[..], |_, _| Ok(usize::MAX), chunk));
            assert!(containers.next().unwrap().is_some(), "{chunk}");
            let error = containers.next().unwrap_err();
            assert_eq!(error.cause, Cause::Decode);
            let position = format!("not UTF-8 from byte {} on", start.len());
            assert!(error.what.contains(&position) && !error.what.contains("secret"), "{chunk}: {}", error.what);
            assert!(containers.next().unwrap().is_none());
        }
    }
}

/// Random numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Changes a text: a byte, a part that is missing or there twice, or a piece of JSON that is inserted.
    fn mutate(&mut self, text: &mut Vec<u8>) {
        const PIECES: [&str; 14] =
            ["null", "{}", "[", "]", "}", ",", "-", "12.", "1e", "\"", "\\u", " ", "\"results\":", "true"];
        let (a, b) = (self.below(text.len()), self.below(text.len()));
        let part = a.min(b)..a.max(b).min(a.min(b) + 40);
        match self.below(5) {
            0 => text[a] = self.below(256) as u8,
            1 => drop(text.drain(part)),
            2 => {
                let copy = text[part].to_vec();
                text.splice(a..a, copy);
            }
            3 => text.truncate(a.max(1)),
            _ => drop(text.splice(a..a, PIECES[self.below(PIECES.len())].bytes())),
        }
    }
}

/// `FUZZ_CASES` sets the number of texts.
#[test]
fn a_mutated_text_is_read_alike_in_pieces_of_any_size() {
    let cases = std::env::var("FUZZ_CASES").map_or(2_000, |cases| cases.parse().unwrap());
    let documents = documents();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..cases {
        let mut text = documents[random.below(documents.len())].clone().into_bytes();
        for _ in 0..=random.below(3) {
            random.mutate(&mut text);
        }
        let chunk = 1 + random.below(200);
        let (whole, pieces) = (read(&text, text.len() + 1), read(&text, chunk));
        let is_alike = match (&whole, &pieces) {
            (Ok(whole), Ok(pieces)) => whole == pieces,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        let shown = String::from_utf8_lossy(&text);
        assert!(is_alike, "{chunk} of {shown}: {:?} {:?}", whole.err(), pieces.err());
    }
}
