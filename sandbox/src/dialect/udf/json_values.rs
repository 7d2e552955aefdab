//! JSON to and from values of other types, as casts to and from json mean it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use serde_json::{Map, Number, Value};

use super::{failure, write_value};
use crate::engine::{SqlType, types};

/// The value of a row as JSON; `None` if it is null.
pub fn to_json(array: &ArrayRef, field: &Field, row: usize) -> Result<Option<Value>> {
    if array.is_null(row) {
        return Ok(None);
    }
    if types::sql_type(field) == SqlType::Json {
        let text = write_value(array, row)?.unwrap_or_default();
        return Ok(serde_json::from_str(&text).ok());
    }
    Ok(Some(match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            Value::from(cast(&array.slice(row, 1), &DataType::Int64)?.as_primitive::<Int64Type>().value(0))
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => {
            let value = cast(&array.slice(row, 1), &DataType::Float64)?.as_primitive::<Float64Type>().value(0);
            Number::from_f64(value).map_or(Value::Null, Value::Number)
        }
        DataType::List(item) => {
            let values = array.as_list::<i32>().value(row);
            Value::Array((0..values.len()).map(|at| element(&values, item, at)).collect::<Result<_>>()?)
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns);
            let members = members.map(|(field, column)| Ok((field.name().clone(), element(column, field, row)?)));
            Value::Object(members.collect::<Result<_>>()?)
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let field = &entries.fields()[1];
            let mut members = Map::new();
            for at in 0..entries.len() {
                members.insert(write_value(keys, at)?.unwrap_or_default(), element(values, field, at)?);
            }
            Value::Object(members)
        }
        _ => write_value(array, row)?.map_or(Value::Null, Value::String),
    }))
}

fn element(array: &ArrayRef, field: &Field, row: usize) -> Result<Value> {
    Ok(to_json(array, field, row)?.unwrap_or(Value::Null))
}

/// JSON texts as values of a field's type.
pub fn from_json(texts: &StringArray, to: &Field, null_on_failure: bool) -> Result<ArrayRef> {
    let values = texts.iter().map(|text| {
        let null = || ScalarValue::try_from(to.data_type());
        let Some(text) = text else { return null() };
        let value = match serde_json::from_str(text) {
            Ok(value) => read(&value, to),
            Err(_) => failure("INVALID_CAST_ARGUMENT", &format!("Cannot cast '{text}' to {}", name(to))),
        };
        match value {
            Err(_) if null_on_failure => null(),
            value => value,
        }
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    if values.is_empty() {
        return Ok(arrow::array::new_empty_array(to.data_type()));
    }
    ScalarValue::iter_to_array(values)
}

fn name(field: &Field) -> String {
    crate::dialect::types::name(&types::sql_type(field))
}

fn read(value: &Value, to: &Field) -> Result<ScalarValue> {
    let unreadable =
        || failure("INVALID_CAST_ARGUMENT", &format!("Cannot cast to {}. Unexpected token: {value}", name(to)));
    if types::sql_type(to) == SqlType::Json {
        return Ok(ScalarValue::Utf8(Some(value.to_string())));
    }
    match (value, to.data_type()) {
        (Value::Null, data_type) => ScalarValue::try_from(data_type),
        (Value::Array(items), DataType::List(item)) => {
            let items = items.iter().map(|value| read(value, item)).collect::<Result<Vec<_>>>()?;
            Ok(ScalarValue::List(ScalarValue::new_list_nullable(&items, item.data_type())))
        }
        (Value::Object(members), DataType::Struct(fields)) => {
            let values = fields
                .iter()
                .map(|field| read(members.get(field.name()).unwrap_or(&Value::Null), field)?.to_array())
                .collect::<Result<Vec<_>>>()?;
            Ok(ScalarValue::Struct(Arc::new(arrow::array::StructArray::try_new(fields.clone(), values, None)?)))
        }
        (Value::Object(members), DataType::Map(entries, sorted)) => read_map(members, entries, *sorted),
        (Value::String(text), DataType::Utf8) => Ok(ScalarValue::Utf8(Some(text.clone()))),
        (Value::Array(_) | Value::Object(_), _) => unreadable(),
        (scalar, data_type) => {
            let text = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
            ScalarValue::try_from_string(text, data_type).or_else(|_| unreadable())
        }
    }
}

fn read_map(members: &Map<String, Value>, entries: &Arc<Field>, sorted: bool) -> Result<ScalarValue> {
    let DataType::Struct(fields) = entries.data_type() else { return exec_err!("A map is expected") };
    let column = |field: &Field, values: Vec<ScalarValue>| {
        if values.is_empty() {
            Ok(arrow::array::new_empty_array(field.data_type()))
        } else {
            ScalarValue::iter_to_array(values)
        }
    };
    let keys = members.keys().map(|key| read(&Value::String(key.clone()), &fields[0])).collect::<Result<Vec<_>>>()?;
    let values = members.values().map(|value| read(value, &fields[1])).collect::<Result<Vec<_>>>()?;
    let columns = vec![column(&fields[0], keys)?, column(&fields[1], values)?];
    let structs = arrow::array::StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = arrow::buffer::OffsetBuffer::from_lengths([structs.len()]);
    Ok(ScalarValue::Map(Arc::new(arrow::array::MapArray::try_new(
        Arc::clone(entries),
        offsets,
        structs,
        None,
        sorted,
    )?)))
}
