//! Values for a dashboard's variable: `text`, which the viewer picks, and `value`, which goes into statements.
//!
//! Of two columns or more, those named `text` or `__text` and `value` or `__value` play these parts, as in Grafana's SQL data
//! sources; else the first is the text and the second the value. A single column is both.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{Array, AsArray, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Field, Schema},
};

use super::{FrameKind, Shaped, kernel_failed};
use crate::error::{Error, Result};

/// Lays `batch` out as pairs of text and value, each pair once, without those whose value is null.
pub(super) fn shape(batch: &RecordBatch) -> Result<Shaped> {
    let named = |names: [&str; 2]| {
        let schema = batch.schema_ref();
        schema.fields().iter().position(|field| names.iter().any(|name| field.name().eq_ignore_ascii_case(name)))
    };
    let (text, value) = match (batch.num_columns(), named(["text", "__text"]), named(["value", "__value"])) {
        (0, ..) => {
            return Err(Error::bad_query("A variable needs a column of values and the answer has none. Select one."));
        }
        (1, ..) => (0, 0),
        (_, Some(text), Some(value)) => (text, value),
        (_, Some(text), None) => (text, usize::from(text == 0)),
        (_, None, Some(value)) => (usize::from(value == 0), value),
        _ => (0, 1),
    };
    let texts = cast(batch.column(text), &DataType::Utf8).map_err(kernel_failed)?;
    let values = cast(batch.column(value), &DataType::Utf8).map_err(kernel_failed)?;
    let (texts, values) = (texts.as_string::<i32>(), values.as_string::<i32>());
    let mut seen = HashSet::new();
    let pairs: Vec<(&str, &str)> = (0..batch.num_rows())
        .filter(|row| values.is_valid(*row))
        .map(|row| {
            let value = values.value(row);
            (if texts.is_valid(row) { texts.value(row) } else { value }, value)
        })
        .filter(|pair| seen.insert(*pair))
        .collect();
    let column =
        |of: fn(&(&str, &str)) -> String| Arc::new(pairs.iter().map(|pair| Some(of(pair))).collect::<StringArray>());
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, true), Field::new("value", DataType::Utf8, true)]);
    let frame = RecordBatch::try_new(
        Arc::new(schema),
        vec![column(|(text, _)| (*text).to_owned()), column(|(_, value)| (*value).to_owned())],
    )
    .map_err(kernel_failed)?;
    Ok(Shaped { frames: vec![frame], kind: FrameKind::Table, notices: Vec::new() })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn pairs(columns: Vec<(&str, ArrayRef)>) -> Vec<(String, String)> {
        let shaped = shape(&RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        let [text, value] = [0, 1].map(|column| shaped.frames[0].column(column).as_string::<i32>().clone());
        (0..text.len()).map(|row| (text.value(row).to_owned(), value.value(row).to_owned())).collect()
    }

    fn texts(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    #[test]
    fn text_and_value_are_found() {
        let both = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(text, value)| ((*text).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(pairs(vec![("queue", texts(&["a", "b", "a"]))]), both(&[("a", "a"), ("b", "b")]));
        assert_eq!(pairs(vec![("x", texts(&["Billing"])), ("y", texts(&["q1"]))]), both(&[("Billing", "q1")]));
        assert_eq!(
            pairs(vec![("__value", texts(&["q1"])), ("__text", texts(&["Billing"]))]),
            both(&[("Billing", "q1")])
        );
        assert_eq!(pairs(vec![("value", texts(&["q1"])), ("name", texts(&["Billing"]))]), both(&[("Billing", "q1")]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
        assert_eq!(pairs(vec![("n", numbers)]), both(&[("7", "7")]));
    }
}
