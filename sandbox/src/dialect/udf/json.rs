//! JSON functions over text that is JSON.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use serde_json::Value;

use super::{
    Arguments, Definition, OnFailure, bigint, bigint_at, boolean, failure, fallible, function, json, text_at, varchar,
};

pub(super) const FUNCTIONS: &[Definition] = &[
    function("is_json_scalar", 1..=1, boolean, is_json_scalar),
    function("json_array_contains", 2..=2, boolean, json_array_contains),
    function("json_array_get", 2..=2, json, json_array_get),
    function("json_array_length", 1..=1, bigint, json_array_length),
    fallible("json_extract", "try_json_extract", 2..=2, json, json_extract),
    fallible("json_extract_scalar", "try_json_extract_scalar", 2..=2, varchar, json_extract_scalar),
    function("json_format", 1..=1, varchar, json_format),
    fallible("json_parse", "try_json_parse", 1..=1, json, json_parse),
    fallible("json_size", "try_json_size", 2..=2, bigint, json_size),
];

/// One step of a path.
enum Step {
    Member(String),
    Element(usize),
}

/// Reads `$.a["b c"][0]`.
fn parse_path(path: &str) -> Result<Vec<Step>> {
    let invalid = || failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid JSON path: '{path}'"));
    let Some(mut rest) = path.strip_prefix('$') else { return invalid() };
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            if end == 0 {
                return invalid();
            }
            steps.push(Step::Member(after[..end].to_owned()));
            rest = &after[end..];
            continue;
        }
        let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return invalid();
        };
        let quoted = inside.strip_prefix(['"', '\'']).and_then(|inside| inside.strip_suffix(['"', '\'']));
        steps.push(match (quoted, inside.parse()) {
            (Some(name), _) => Step::Member(name.to_owned()),
            (None, Ok(index)) => Step::Element(index),
            (None, Err(_)) => return invalid(),
        });
        rest = after;
    }
    Ok(steps)
}

fn walk<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Element(index) => value.get(index),
    })
}

/// The value at a path, handed to `read`; text that is no JSON has none.
fn at_path<T>(
    call: &Arguments,
    row: usize,
    (texts, paths): (&arrow::array::StringArray, &arrow::array::StringArray),
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>> {
    let (Some(text), Some(path)) = (text_at(texts, row), text_at(paths, row)) else { return Ok(None) };
    let steps = match (parse_path(path), call.on_failure) {
        (Err(_), OnFailure::Null) => return Ok(None),
        (steps, _) => steps?,
    };
    let value = serde_json::from_str::<Value>(text).ok();
    Ok(value.as_ref().and_then(|value| walk(value, &steps)).and_then(read))
}

fn json_extract(call: &Arguments) -> Result<ArrayRef> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    call.each_text(|row| at_path(call, row, (&texts, &paths), |value| Some(value.to_string())))
}

fn json_extract_scalar(call: &Arguments) -> Result<ArrayRef> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    call.each_text(|row| {
        at_path(call, row, (&texts, &paths), |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
    })
}

/// Members of an object, elements of an array, 0 of a scalar.
fn json_size(call: &Arguments) -> Result<ArrayRef> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    call.each_bigint(|row| {
        at_path(call, row, (&texts, &paths), |value| {
            i64::try_from(match value {
                Value::Array(items) => items.len(),
                Value::Object(members) => members.len(),
                _ => 0,
            })
            .ok()
        })
    })
}

fn json_parse(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    call.each_text(|row| match text_at(&texts, row).map(serde_json::from_str::<Value>) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value.to_string())),
        Some(Err(_)) => {
            failure("INVALID_FUNCTION_ARGUMENT", &format!("Cannot convert value to JSON: '{}'", texts.value(row)))
        }
    })
}

fn json_format(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    call.each_text(|row| Ok(text_at(&texts, row).map(str::to_owned)))
}

fn read(texts: &arrow::array::StringArray, row: usize) -> Option<Value> {
    text_at(texts, row).and_then(|text| serde_json::from_str(text).ok())
}

fn json_array_length(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    call.each_bigint(|row| {
        Ok(read(&texts, row).and_then(|value| value.as_array().and_then(|items| i64::try_from(items.len()).ok())))
    })
}

fn json_array_get(call: &Arguments) -> Result<ArrayRef> {
    let (texts, places) = (call.text(0)?, call.bigint(1)?);
    call.each_text(|row| {
        let (Some(Value::Array(items)), Some(place)) = (read(&texts, row), bigint_at(&places, row)) else {
            return Ok(None);
        };
        let place = if place < 0 { i64::try_from(items.len()).unwrap_or(i64::MAX) + place } else { place };
        Ok(usize::try_from(place).ok().and_then(|place| items.get(place)).map(Value::to_string))
    })
}

fn json_array_contains(call: &Arguments) -> Result<ArrayRef> {
    let (texts, wanted) = (call.text(0)?, call.array(1)?);
    let field = &call.fields[1];
    call.each_boolean(|row| {
        let Some(wanted) = super::json_values::to_json(wanted, field, row)? else { return Ok(None) };
        Ok(match read(&texts, row) {
            Some(Value::Array(items)) => Some(items.contains(&wanted)),
            _ => None,
        })
    })
}

fn is_json_scalar(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    call.each_boolean(|row| Ok(read(&texts, row).map(|value| !value.is_array() && !value.is_object())))
}
