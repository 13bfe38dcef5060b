//! Records with the same columns, as a table, as CSV or as JSON.

use std::fmt::Write as _;
use std::io::Write;

use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output::{Format, Output};

/// A writer of records. CSV and JSON are written as they come; a table is printed at the end.
pub struct Records {
    columns: Vec<String>,
    sink: Sink,
}

enum Sink {
    Table(Output, Vec<Vec<Value>>),
    Csv(Box<csv::Writer<Output>>),
    /// Whether there was a record.
    Json(Output, bool),
}

impl Records {
    pub fn new(output: Output, format: Format, columns: Vec<String>) -> Result<Records, Failure> {
        let sink = match format {
            Format::Table => Sink::Table(output, Vec::new()),
            Format::Json => Sink::Json(output, false),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(&columns)?;
                Sink::Csv(Box::new(writer))
            }
        };
        Ok(Records { columns, sink })
    }

    /// Writes a record: one value for each column.
    pub fn write(&mut self, record: Vec<Value>) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Table(_, records) => records.push(record),
            Sink::Csv(writer) => writer.write_record(record.iter().map(text))?,
            Sink::Json(output, has_records) => {
                // By hand, since a map would sort the columns.
                let field = |(column, value): (&String, &Value)| format!("{}:{value}", json!(column));
                let fields: Vec<String> = self.columns.iter().zip(&record).map(field).collect();
                let separator = if *has_records { "," } else { "[" };
                *has_records = true;
                write!(output, "{separator}\n  {{{}}}", fields.join(","))?;
            }
        }
        Ok(())
    }

    /// Writes out what is complete.
    pub fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Table(output, _) | Sink::Json(output, _) => output.flush()?,
            Sink::Csv(writer) => writer.flush()?,
        }
        Ok(())
    }

    /// Returns whether the reader has gone away.
    pub fn is_closed(&self) -> bool {
        match &self.sink {
            Sink::Table(output, _) | Sink::Json(output, _) => output.is_closed(),
            Sink::Csv(writer) => writer.get_ref().is_closed(),
        }
    }

    pub fn commit(self) -> Result<(), Failure> {
        match self.sink {
            Sink::Table(mut output, records) => {
                output.write_all(table(&self.columns, &records).as_bytes())?;
                output.commit()?;
            }
            Sink::Csv(writer) => {
                let output = writer.into_inner().map_err(|error| Failure::attention(error.error()))?;
                output.commit()?;
            }
            Sink::Json(mut output, has_records) => {
                output.write_all(if has_records { b"\n]\n" } else { b"[]\n" })?;
                output.commit()?;
            }
        }
        Ok(())
    }
}

/// Returns a value as it stands in a table or in CSV.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // 3, not 3.0.
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        value => value.to_string(),
    }
}

fn table(columns: &[String], records: &[Vec<Value>]) -> String {
    let clean = |text: String| text.replace(char::is_control, " ");
    let rows: Vec<Vec<String>> =
        records.iter().map(|record| record.iter().map(|value| clean(text(value))).collect()).collect();
    let header = columns.to_vec();
    let lines: Vec<&Vec<String>> = [&header].into_iter().chain(&rows).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let is_number = |column: usize| {
        let mut cells = records.iter().filter_map(|record| record.get(column)).filter(|cell| !cell.is_null());
        cells.clone().next().is_some() && cells.all(Value::is_number)
    };
    let numbers: Vec<bool> = (0..columns.len()).map(is_number).collect();
    let mut table = String::new();
    for line in lines {
        let mut padded = String::new();
        for ((cell, width), is_number) in line.iter().zip(&widths).zip(&numbers) {
            _ = if *is_number { write!(padded, "{cell:>width$}  ") } else { write!(padded, "{cell:<width$}  ") };
        }
        table.push_str(padded.trim_end());
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let records = [vec![json!("a\nb"), json!(7)], vec![json!("c"), json!(1200)], vec![json!("d"), Value::Null]];
        let columns = ["name".to_owned(), "count".to_owned()];
        assert_eq!(table(&columns, &records), "name  count\na b       7\nc      1200\nd\n");
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!([json!(3.0), json!(0.5), json!(3), json!(null)].map(|value| text(&value)), ["3", "0.5", "3", ""]);
    }
}
