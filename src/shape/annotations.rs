//! Annotations: `time`, `timeEnd`, `text`, `tags` and `id`, under the names that Grafana's annotation layer looks for.
//!
//! Which column is which goes by name, in any case; the official Athena data source's `timeend` is among them. Tags are
//! text, separated by commas. Other columns stay as they are, behind these.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::cast,
    datatypes::{DataType, Field, FieldRef, Schema, TimeUnit},
};

use super::{
    FrameKind, Shaped, kernel_failed,
    time_column::{timed, to_nanoseconds},
};
use crate::error::Result;

const TIME_END: &[&str] = &["timeend", "time_end", "end"];
const TEXT: &[&str] = &["text", "title", "description", "message"];
const TAGS: &[&str] = &["tags"];
const ID: &[&str] = &["id"];

/// Lays `batch` out as annotations.
pub(super) fn shape(batch: &RecordBatch) -> Result<Shaped> {
    let mut notices = Vec::new();
    let source = timed(batch, "A list of annotations", &mut notices)?;
    let schema = source.batch.schema();
    let mut left: Vec<usize> = (0..source.batch.num_columns()).filter(|column| *column != source.column).collect();
    let mut take_named = |names: &[&str]| -> Option<usize> {
        let found = names
            .iter()
            .find_map(|name| left.iter().position(|column| schema.field(*column).name().eq_ignore_ascii_case(name)))?;
        Some(left.remove(found))
    };
    let parts = [
        ("timeEnd", take_named(TIME_END)),
        ("text", take_named(TEXT)),
        ("tags", take_named(TAGS)),
        ("id", take_named(ID)),
    ];

    let instant = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let mut fields: Vec<FieldRef> = vec![Arc::new(Field::new("time", instant.clone(), false))];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(source.times)];
    for (name, column) in parts {
        let Some(column) = column else { continue };
        let values = source.batch.column(column);
        let (values, data_type): (ArrayRef, _) = if name == "timeEnd" {
            (Arc::new(to_nanoseconds(name, values)?), instant.clone())
        } else {
            (cast(values, &DataType::Utf8).map_err(kernel_failed)?, DataType::Utf8)
        };
        fields.push(Arc::new(Field::new(name, data_type, true)));
        arrays.push(values);
    }
    for column in left {
        fields.push(Arc::clone(&schema.fields()[column]));
        arrays.push(Arc::clone(source.batch.column(column)));
    }
    let frame = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(kernel_failed)?;
    Ok(Shaped { frames: vec![frame], kind: FrameKind::Table, notices })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, Int64Array, StringArray, TimestampNanosecondArray};

    use super::*;

    #[test]
    fn columns_are_found_by_name_and_put_in_grafanas_order() {
        let batch = RecordBatch::try_from_iter([
            ("queue", Arc::new(StringArray::from(vec!["Billing"])) as ArrayRef),
            ("TAGS", Arc::new(StringArray::from(vec!["a,b"]))),
            ("timeend", Arc::new(Int64Array::from(vec![1_700_000_060]))),
            ("Time", Arc::new(TimestampNanosecondArray::from(vec![1_700_000_000_000_000_000]))),
            ("text", Arc::new(StringArray::from(vec!["Outage"]))),
        ])
        .unwrap();
        let shaped = shape(&batch).unwrap();
        let frame = &shaped.frames[0];
        let names: Vec<_> = frame.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["time", "timeEnd", "text", "tags", "queue"]);
        let ends = frame.column(1).as_primitive::<arrow::datatypes::TimestampNanosecondType>();
        assert_eq!(ends.value(0), 1_700_000_060_000_000_000, "seconds since the epoch");
        assert_eq!(frame.column(3).as_string::<i32>().value(0), "a,b");
    }

    #[test]
    fn an_end_that_is_missing_stays_missing() {
        let batch = RecordBatch::try_from_iter([
            ("time", Arc::new(TimestampNanosecondArray::from(vec![1, 2])) as ArrayRef),
            ("timeEnd", Arc::new(TimestampNanosecondArray::from(vec![None, Some(3)]))),
        ])
        .unwrap();
        assert_eq!(shape(&batch).unwrap().frames[0].column(1).null_count(), 1);
        let without_time = RecordBatch::try_from_iter([("text", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]);
        assert!(shape(&without_time.unwrap()).unwrap_err().message().contains("needs a time column"));
    }
}
