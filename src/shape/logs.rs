//! Log lines: Grafana's `log-lines` frame with `timestamp`, `body`, `severity`, `id` and `labels`, newest first.
//!
//! Which column is which goes by name, in any case; the first of these that the answer has:
//!
//! | Field | Columns |
//! |---|---|
//! | `body` | `body`, `message`, `msg`, `line`, `content`, `log`, `text`, then the first other text column |
//! | `severity` | `severity`, `level`, `lvl`, `loglevel`, `log_level` |
//! | `id` | `id`, `log_id`, `event_id` |
//! | `labels` | every other column, null values left out |

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BinaryBuilder, RecordBatch, StringArray, UInt32Array},
    compute::{cast, take},
    datatypes::{DataType, Field, Schema, TimeUnit},
};

use super::{
    FrameKind, LABELS, Shaped,
    columns::{describe, is_text},
    kernel_failed,
    time_column::timed,
};
use crate::{
    error::{Error, Result},
    notice::Notice,
};

const BODY: &[&str] = &["body", "message", "msg", "line", "content", "log", "text"];
const SEVERITY: &[&str] = &["severity", "level", "lvl", "loglevel", "log_level"];
const ID: &[&str] = &["id", "log_id", "event_id"];

/// Lays `batch` out as log lines.
pub(super) fn shape(batch: &RecordBatch) -> Result<Shaped> {
    let mut notices = Vec::new();
    let source = timed(batch, "A list of log lines", &mut notices)?;
    let order = newest_first(source.times.values());
    let times = take(&source.times, &order, None).map_err(kernel_failed)?;
    let rows = arrow::compute::take_record_batch(&source.batch, &order).map_err(kernel_failed)?;
    let parts = Parts::find(&rows, source.column)?;

    let body = text(&rows, parts.body)?;
    let body: StringArray = body.iter().map(|line| Some(line.unwrap_or_default())).collect();
    let mut fields = vec![
        Field::new("timestamp", DataType::Timestamp(TimeUnit::Nanosecond, None), false),
        Field::new("body", DataType::Utf8, false),
    ];
    let mut arrays: Vec<ArrayRef> = vec![times, Arc::new(body)];
    for (name, column) in [("severity", parts.severity), ("id", parts.id)] {
        if let Some(column) = column {
            fields.push(Field::new(name, DataType::Utf8, true));
            arrays.push(Arc::new(text(&rows, column)?));
        }
    }
    // Grafana takes a binary column for JSON.
    fields.push(Field::new(LABELS, DataType::Binary, false));
    arrays.push(labels(&rows, &parts.labels, &mut notices)?);
    let frame = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(kernel_failed)?;
    Ok(Shaped { frames: vec![frame], kind: FrameKind::LogLines, notices })
}

/// The rows from the newest to the oldest; rows of one instant stay as they came.
fn newest_first(times: &[i64]) -> UInt32Array {
    let mut order: Vec<(i64, u32)> = times.iter().copied().zip(0..).collect();
    order.sort_by_key(|&(time, _)| std::cmp::Reverse(time));
    order.into_iter().map(|(_, row)| row).collect()
}

/// Which column plays which part.
struct Parts {
    body: usize,
    severity: Option<usize>,
    id: Option<usize>,
    labels: Vec<usize>,
}

impl Parts {
    fn find(rows: &RecordBatch, time: usize) -> Result<Self> {
        let fields = rows.schema_ref().fields();
        let find = |names: &[&str], wanted: &dyn Fn(&DataType) -> bool| {
            names.iter().find_map(|name| {
                let fits = |field: &Field| wanted(field.data_type()) && field.name().eq_ignore_ascii_case(name);
                (0..fields.len()).find(|&column| column != time && fits(&fields[column]))
            })
        };
        let (severity, id) = (find(SEVERITY, &|_| true), find(ID, &|_| true));
        let other_text = || {
            let taken = [Some(time), severity, id];
            (0..fields.len()).find(|column| !taken.contains(&Some(*column)) && is_text(fields[*column].data_type()))
        };
        let body = find(BODY, &is_text).or_else(other_text).ok_or_else(|| {
            Error::bad_query(format!(
                "Log lines need a text column and the answer has none; its columns are: {}. Alias the text of the line as \
                 `body`, or choose the table format.",
                describe(fields)
            ))
        })?;
        let taken = [Some(time), Some(body), severity, id];
        let labels = (0..fields.len()).filter(|column| !taken.contains(&Some(*column))).collect();
        Ok(Self { body, severity, id, labels })
    }
}

fn text(rows: &RecordBatch, column: usize) -> Result<StringArray> {
    let text = cast(rows.column(column), &DataType::Utf8).map_err(kernel_failed)?;
    Ok(text.as_string::<i32>().clone())
}

/// A JSON object of strings for each row, its keys sorted.
fn labels(rows: &RecordBatch, columns: &[usize], notices: &mut Vec<Notice>) -> Result<ArrayRef> {
    let mut labels = Vec::with_capacity(columns.len());
    for &column in columns {
        let name = rows.schema_ref().field(column).name();
        match text(rows, column) {
            Ok(values) => labels.push((json_string(name)?, values)),
            Err(error) => {
                notices.push(Notice::info(format!(
                    "The column `{name}` is no label, since it does not read as text: {error}"
                )));
            }
        }
    }
    labels.sort_by(|(a, _), (b, _)| a.cmp(b));

    let mut objects = BinaryBuilder::with_capacity(rows.num_rows(), rows.num_rows() * 64);
    let mut object = String::new();
    for row in 0..rows.num_rows() {
        object.clear();
        object.push('{');
        for (name, values) in labels.iter().filter(|(_, values)| values.is_valid(row)) {
            if object.len() > 1 {
                object.push(',');
            }
            object.push_str(name);
            object.push(':');
            object.push_str(&json_string(values.value(row))?);
        }
        object.push('}');
        objects.append_value(&object);
    }
    Ok(Arc::new(objects.finish()))
}

fn json_string(text: &str) -> Result<String> {
    serde_json::to_string(text).map_err(|error| Error::internal(format!("A label could not be written: {error}.")))
}
