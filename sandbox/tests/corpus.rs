//! Runs the statements of `corpus/` and compares every column's name and type and every value with what is written there.
//!
//! A file has three kinds of entries:
//!
//! ```text
//! expression => value :: type            one expression, selected by itself
//!
//! query                                  a statement: its columns with their types, then its rows in order
//! SELECT ...
//! ----
//! name type | name type
//! value | value
//!
//! error                                  a statement that fails, and a part of the message
//! SELECT ...
//! ----
//! part of the message
//! ```
//!
//! `NULL` is a null, `''` the empty string; arrays are written `[a, b]`, maps and rows `{key=value}`.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use sandbox::data::Clock;
use sandbox::dialect::{scalar_functions, types, write_value};
use sandbox::engine::{Output, QueryContext, Service, World, WorldOptions};

/// 2026-11-24 12:00:00 UTC.
const NOW: i64 = 1_795_521_600_000;

async fn world() -> Arc<World> {
    let options = WorldOptions { agents: 8, days: 2, ..WorldOptions::default() };
    World::generate_with_clock(options, Clock::standing_at(NOW), |_| {}).await
}

#[tokio::test]
async fn trino_statements_answer_as_written() {
    run(Service::Athena, include_str!("../corpus/trino.txt")).await;
}

#[tokio::test]
async fn timestream_statements_answer_as_written() {
    run(Service::Timestream, include_str!("../corpus/timestream.txt")).await;
}

/// Whatever a statement's author leaves out, the answer is an answer or a clear error, not a panic or a fault of the engine.
#[tokio::test]
async fn statements_cut_short_fail_clearly() {
    let world = world().await;
    let corpora = [
        (Service::Athena, include_str!("../corpus/trino.txt")),
        (Service::Timestream, include_str!("../corpus/timestream.txt")),
    ];
    for (service, corpus) in corpora {
        for entry in parse(corpus) {
            let characters: Vec<char> = entry.sql.chars().collect();
            for quarter in 1..4 {
                let cut: String = characters[..characters.len() * quarter / 4].iter().collect();
                if let Err(error) = world.query(service, &cut, &QueryContext::default()).await {
                    let message = error.to_string();
                    assert!(!message.is_empty() && !message.contains("INTERNAL_ERROR"), "{message}: {cut}");
                }
            }
        }
    }
}

/// Every function, called with whatever there is, answers or refuses.
#[tokio::test]
async fn functions_called_with_anything_fail_clearly() {
    const VALUES: [&str; 8] = [
        "NULL",
        "-3",
        "'x'",
        "now()",
        "ARRAY[1, NULL]",
        "MAP(ARRAY['a'], ARRAY[1])",
        "INTERVAL '1' HOUR",
        "ROW(1, 2e0)",
    ];
    let world = world().await;
    let functions = scalar_functions();
    let names = functions.iter().map(|function| function.name());
    let aggregates =
        ["max_by", "approx_percentile", "map_agg", "listagg", "histogram", "create_time_series", "avg", "sum"];
    for name in names.chain(aggregates) {
        let mut calls = vec![format!("{name}()")];
        calls.extend(VALUES.iter().map(|value| format!("{name}({value})")));
        for (at, first) in VALUES.iter().enumerate() {
            let [second, third] = [3, 1].map(|step| VALUES[(at + step) % VALUES.len()]);
            calls.push(format!("{name}({first}, {second})"));
            calls.push(format!("{name}({first}, {third})"));
            calls.push(format!("{name}({first}, {second}, {third})"));
        }
        for call in calls {
            let answer = world.query(Service::Athena, &format!("SELECT {call}"), &QueryContext::default()).await;
            if let Err(error) = answer {
                assert!(!error.to_string().contains("task ended early"), "{call}");
            }
        }
    }
}

async fn run(service: Service, corpus: &str) {
    let world = world().await;
    let entries = parse(corpus);
    assert!(entries.len() >= 150, "only {} statements", entries.len());
    let mut report = String::new();
    let mut failures = 0;
    for entry in &entries {
        let answer = world.query(service, &entry.sql, &QueryContext::default()).await;
        let found = match (&entry.expected, answer) {
            (Expected::Value(_), Ok(output)) => one_value(&output),
            (_, Ok(output)) => rows(&output),
            (_, Err(error)) => error.to_string(),
        };
        let (agrees, expected) = match &entry.expected {
            Expected::Value(expected) | Expected::Rows(expected) => (found == *expected, expected),
            Expected::Error(part) => (found.contains(part.as_str()), part),
        };
        if !agrees {
            failures += 1;
            write!(report, "\nline {}: {}\n  expected {expected}\n  found    {found}\n", entry.line, entry.sql)
                .unwrap();
        }
    }
    assert!(failures == 0, "{failures} of {} statements answer otherwise:{report}", entries.len());
}

struct Entry {
    line: usize,
    sql: String,
    expected: Expected,
}

enum Expected {
    Value(String),
    Rows(String),
    Error(String),
}

fn parse(corpus: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut lines = corpus.lines().zip(1..);
    while let Some((text, line)) = lines.next() {
        match text.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            kind @ ("query" | "error") => {
                let mut block = lines.by_ref().map(|(text, _)| text).take_while(|text| !text.trim().is_empty());
                let sql: Vec<_> = block.by_ref().take_while(|text| *text != "----").collect();
                let expected = block.map(str::trim).collect::<Vec<_>>().join("\n");
                let expected = if kind == "query" { Expected::Rows(expected) } else { Expected::Error(expected) };
                entries.push(Entry { line, sql: sql.join("\n"), expected });
            }
            text => {
                let (expression, expected) =
                    text.rsplit_once(" => ").unwrap_or_else(|| panic!("line {line} is no entry: {text}"));
                let expected = Expected::Value(expected.trim().to_owned());
                entries.push(Entry { line, sql: format!("SELECT {expression}"), expected });
            }
        }
    }
    entries
}

/// `value :: type` of an answer of one row and one column.
fn one_value(output: &Output) -> String {
    let count: usize = output.batches.iter().map(RecordBatch::num_rows).sum();
    match (output.batches.as_slice(), output.columns.as_slice()) {
        ([batch], [column]) if count == 1 => {
            format!("{} :: {}", write_cell(batch.column(0), 0), types::name(&column.sql_type))
        }
        _ => rows(output),
    }
}

fn rows(output: &Output) -> String {
    let columns = output
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name.as_deref().unwrap_or_default(), types::name(&column.sql_type)));
    let mut lines = vec![columns.collect::<Vec<_>>().join(" | ")];
    for batch in &output.batches {
        assert_eq!(batch.num_columns(), output.columns.len());
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = batch.columns().iter().map(|column| write_cell(column, row)).collect();
            lines.push(cells.join(" | ").trim().to_owned());
        }
    }
    lines.join("\n")
}

fn write_cell(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) || array.data_type() == &DataType::Null {
        return "NULL".to_owned();
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items: Vec<_> = (0..items.len()).map(|at| write_cell(&items, at)).collect();
            format!("[{}]", items.join(", "))
        }
        DataType::Struct(fields) => {
            let fields = fields.iter().zip(array.as_struct().columns());
            let fields: Vec<_> =
                fields.map(|(field, column)| format!("{}={}", field.name(), write_cell(column, row))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let entries: Vec<_> =
                (0..entries.len()).map(|at| format!("{}={}", write_cell(keys, at), write_cell(values, at))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        _ => match write_value(array, row).unwrap().unwrap_or_default() {
            empty if empty.is_empty() => "''".to_owned(),
            text => text,
        },
    }
}
