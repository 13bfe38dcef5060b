//! The values of a chart as an iterator that reads the response while it is received.

use std::fmt::{self, Display};
use std::io::Read;
use std::iter::FusedIterator;

use serde::de::IgnoredAny;

use super::{MetricValue, chart_request};
use crate::http::{Body, TransportError};
use crate::job;
use crate::request::{OpenRequest, Reader};
use crate::{Config, Result};

/// One value of a chart, and the metric that it belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamedValue {
    /// The id of the metric; empty if the response does not have it before the values of the metric.
    pub metric_id: String,
    /// The position of the metric in the chart, from 0. It is always known.
    pub metric_index: usize,
    /// The value, and its group.
    pub value: MetricValue,
}

/// Returns the values of one chart of a job that is complete, of any number.
///
/// The iterator holds one value and two buffers of 256 KiB, or of the size of a larger value.
/// [`max_response_bytes`](crate::ConfigBuilder::max_response_bytes) limits each value, not the response. The deadline of
/// the call also bounds the iteration, with the time that the caller spends between two values. The attempt timeout ends
/// an attempt only before the head of the response.
///
/// **Permission** `journey:viewsResults:view`
///
/// # Errors
/// Those of [`chart_results`](super::chart_results). The function returns when the first value has been read, and retries
/// until then, also a response "not found". Later errors are items of the iterator, and are not retried.
///
/// ```
/// # let config = genesys_stand_in::doc_example!();
/// use genesys_journey::views::jobs;
///
/// let (view, version) = ("3f1d9c52-7a0e-4b6d-9e11-2c5a8d0b7f64", 1);
/// let job = jobs::complete(&config, view, version, Default::default())?;
/// let chart = "0dcea0ec-00a0-592a-a971-614f4cd6e8e6";
/// for streamed in jobs::stream_chart_results(&config, view, version, &job, chart)? {
///     let streamed = streamed?;
///     println!("{},{:?},{}", streamed.metric_id, streamed.value.group("day"), streamed.value.text());
/// }
/// # Ok::<(), genesys_journey::Error>(())
/// ```
#[inline]
pub fn stream_chart_results(
    config: &Config,
    view_id: &str,
    version: impl Display,
    job_id: &str,
    chart_id: &str,
) -> Result<ChartStream> {
    job::results(config, |config| {
        let mut started = None;
        let request = chart_request(view_id, &version, job_id, chart_id).stream(config, &mut |response| {
            let mut values = Values::new(Reader::of_body(response.body.detach()));
            let first = values.next()?;
            started = Some((first, values));
            Ok(())
        })?;
        let (first, values) = started.map_or((None, None), |(first, values)| (first, Some(values)));
        Ok(ChartStream { first, values, request })
    })
}

/// An iterator over the values of a chart in an open response, returned by [`stream_chart_results`].
///
/// The iterator ends after the first error. Dropping it early closes the connection.
#[must_use = "the rest of the response is read as the iterator is used"]
pub struct ChartStream {
    first: Option<StreamedValue>,
    /// `None` after the end and after an error.
    values: Option<Values<Body>>,
    request: OpenRequest,
}

impl ChartStream {
    #[inline]
    fn read(&mut self) -> Result<Option<StreamedValue>, TransportError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        self.values.as_mut().map_or(Ok(None), Values::next)
    }
}

impl Iterator for ChartStream {
    type Item = Result<StreamedValue>;

    #[inline]
    fn next(&mut self) -> Option<Result<StreamedValue>> {
        let item = self.read().map_err(|error| self.request.error(error)).transpose();
        if !matches!(item, Some(Ok(_))) {
            // Frees the connection and the buffer.
            self.values = None;
        }
        item
    }
}

impl FusedIterator for ChartStream {}

impl fmt::Debug for ChartStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChartStream").field("is_finished", &self.values.is_none()).finish_non_exhaustive()
    }
}

/// Reads one value after the other.
struct Values<R> {
    reader: Reader<R>,
    state: State,
    metric_id: String,
    /// The number of metrics that have begun.
    metrics: usize,
    has_id: bool,
}

/// The next thing to read.
#[derive(Clone, Copy)]
enum State {
    Start,
    Key,
    AfterField,
    Metric,
    MetricKey,
    AfterMetricField,
    AfterMetric,
    Value,
    AfterValue,
    Ended,
}

impl<R: Read> Values<R> {
    fn new(reader: Reader<R>) -> Values<R> {
        Values { reader, state: State::Start, metric_id: String::new(), metrics: 0, has_id: false }
    }

    /// Returns the next value; `None` after the end of the response and after an error.
    fn next(&mut self) -> Result<Option<StreamedValue>, TransportError> {
        let mut state = std::mem::replace(&mut self.state, State::Ended);
        loop {
            state = match state {
                State::Ended => return Ok(None),
                State::Start => {
                    let is_empty = self.reader.open()?;
                    if is_empty { self.end()? } else { State::Key }
                }
                State::Key => self.field()?,
                State::AfterField => match self.reader.separator(b'}', State::Ended, State::Key)? {
                    State::Ended => self.end()?,
                    state => state,
                },
                State::Metric => self.metric()?,
                State::MetricKey => self.metric_field()?,
                State::AfterMetricField => self.reader.separator(b'}', State::AfterMetric, State::MetricKey)?,
                State::AfterMetric => self.reader.separator(b']', State::AfterField, State::Metric)?,
                State::AfterValue => self.reader.separator(b']', State::AfterMetricField, State::Value)?,
                State::Value => {
                    if let Some(value) = self.value()? {
                        self.state = State::AfterValue;
                        let metric_index = self.metrics.saturating_sub(1);
                        return Ok(Some(StreamedValue { metric_id: self.metric_id.clone(), metric_index, value }));
                    }
                    State::AfterValue
                }
            };
        }
    }

    /// Reads a field of the chart. Of `metrics`, it reads only the start of the list.
    fn field(&mut self) -> Result<State, TransportError> {
        let key: String = self.reader.value()?;
        self.reader.expect(b':')?;
        if key == "metrics" {
            return self.list(State::AfterField, State::Metric);
        }
        self.has_id |= key == "id";
        self.reader.value::<IgnoredAny>()?;
        Ok(State::AfterField)
    }

    fn metric(&mut self) -> Result<State, TransportError> {
        self.metric_id.clear();
        if self.reader.comes(b'n')? {
            self.reader.value::<()>()?;
            return Ok(State::AfterMetric);
        }
        self.reader.expect(b'{')?;
        self.metrics += 1;
        let is_empty = self.reader.next_is(b'}')?;
        Ok(if is_empty { State::AfterMetric } else { State::MetricKey })
    }

    /// Reads a field of a metric. Of `values`, it reads only the start of the list.
    fn metric_field(&mut self) -> Result<State, TransportError> {
        let key: String = self.reader.value()?;
        self.reader.expect(b':')?;
        match key.as_str() {
            "values" => return self.list(State::AfterMetricField, State::Value),
            "id" => self.metric_id = self.reader.value::<Option<String>>()?.unwrap_or_default(),
            _ => _ = self.reader.value::<IgnoredAny>()?,
        }
        Ok(State::AfterMetricField)
    }

    /// Reads the start of a list, or `null`.
    fn list(&mut self, after: State, entry: State) -> Result<State, TransportError> {
        if !self.reader.next_is(b'[')? {
            self.reader.value::<()>()?;
            return Ok(after);
        }
        let is_empty = self.reader.next_is(b']')?;
        Ok(if is_empty { after } else { entry })
    }

    /// Reads a value; `None` if it is `null`.
    fn value(&mut self) -> Result<Option<MetricValue>, TransportError> {
        if self.reader.comes(b'n')? {
            self.reader.value::<()>()?;
            return Ok(None);
        }
        // Serde accepts a list in place of an object.
        if !self.reader.comes(b'{')? {
            return self.reader.broken("a value of a metric");
        }
        self.reader.value().map(Some)
    }

    /// Checks that nothing follows. An object without an id is no chart, such as an error with status 200.
    fn end(&mut self) -> Result<State, TransportError> {
        if !self.has_id {
            return Err(self.reader.lacks("id"));
        }
        self.reader.end()?;
        Ok(State::Ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text in pieces of this size.
    fn read(text: &str, chunk: usize) -> Result<Vec<(String, String)>, TransportError> {
        let mut values = Values::new(Reader::new(text.as_bytes(), |_, _| Ok(usize::MAX), chunk));
        let mut all = Vec::new();
        while let Some(streamed) = values.next()? {
            let day = streamed.value.group("day").unwrap_or_default();
            all.push((streamed.metric_id.clone(), format!("{day}{}", streamed.value.text())));
        }
        assert!(values.next()?.is_none());
        Ok(all)
    }

    const CHART: &str = r#"{ "id": "c", "metrics": [
        {"id": "m1", "x": [1], "values": [{"value": 12.5, "groupByAttributes": [{"attribute": "day", "value": "é:"}]}, null, {}]},
        null, {}, {"values": null}, {"values": [], "id": null}, {"values": [{"value": "a\"]}"}]}, {"id": "m2", "values": [{"value": 7}]}
    ], "version": 3 } "#;

    #[test]
    fn the_values_do_not_depend_on_the_pieces() {
        let pair = |metric: &str, value: &str| (metric.to_owned(), value.to_owned());
        let expected = [pair("m1", "é:12.5"), pair("m1", ""), pair("", "a\"]}"), pair("m2", "7")];
        for chunk in (1..60).chain([1_000]) {
            assert_eq!(read(CHART, chunk).unwrap(), expected, "pieces of {chunk}");
        }
    }

    #[test]
    fn metrics_whose_ids_come_late_have_an_index() {
        let chart = r#"{"metrics": [{"values": [{"value": 1}, {"value": 2}], "id": "m1"}, null,
            {"values": [{"value": 3}], "id": "m2"}], "id": "c"}"#;
        let mut values = Values::new(Reader::new(chart.as_bytes(), |_, _| Ok(usize::MAX), 7));
        let mut all = Vec::new();
        while let Some(streamed) = values.next().unwrap() {
            assert_eq!(streamed.metric_id, "");
            all.push((streamed.metric_index, streamed.value.text().into_owned()));
        }
        assert_eq!(all, [(0, "1".to_owned()), (0, "2".to_owned()), (1, "3".to_owned())]);
        // The rows of a decoded chart have the same indexes.
        let decoded: super::super::ChartResult = serde_json::from_str(chart).unwrap();
        let rows: Vec<_> = decoded.rows().map(|row| (row.metric_index, row.text().into_owned())).collect();
        assert_eq!(rows, all);
    }

    #[test]
    fn a_part_of_a_response_is_an_error() {
        for length in (0..CHART.trim_end().len()).filter(|length| CHART.is_char_boundary(*length)) {
            assert!(read(&CHART[..length], 16).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn another_document_is_an_error() {
        let texts =
            ["[]", "{}", r#"{"message":"no"}"#, "<html>", "", "null", r#"{"id":"c"}{"#, r#"{"id":"c","metrics":7}"#];
        let values =
            ["[7]", "[[7]]", "7", r#"[{"value":1}"#].map(|it| format!(r#"{{"id":"c","metrics":[{{"values":{it}}}]}}"#));
        for text in texts.into_iter().chain(values.iter().map(String::as_str)) {
            assert!(read(text, 1_000).is_err(), "{text}");
        }
        assert!(read(r#"{"id":"c"}"#, 1_000).unwrap().is_empty());
        assert!(read(r#"{"metrics":null,"id":"c"}"#, 1_000).unwrap().is_empty());
    }
}
