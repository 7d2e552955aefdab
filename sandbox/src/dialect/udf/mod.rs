//! Functions that DataFusion lacks, or that mean something else in Trino and Timestream.
//!
//! A function here is a name, how many arguments it takes, the type of its result and a body over Arrow arrays. Functions
//! that can fail on a value are there twice: the second answers null instead, for `try(..)`.

mod arithmetic;
mod cast;
mod collections;
mod instant;
mod json;
mod json_values;
mod sequences;
mod series;
mod text;
mod time;
mod written;

use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

pub use written::write_value;

use crate::engine::{SqlType, types};

/// What a function does about a value that it cannot work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OnFailure {
    Fail,
    Null,
}

/// The arguments of a call over a batch.
struct Arguments {
    arrays: Vec<ArrayRef>,
    fields: Vec<FieldRef>,
    result: FieldRef,
    on_failure: OnFailure,
    rows: usize,
}

impl Arguments {
    fn len(&self) -> usize {
        self.arrays.len()
    }

    fn array(&self, position: usize) -> Result<&ArrayRef> {
        if let Some(array) = self.arrays.get(position) { Ok(array) } else { exec_err!("An argument is missing") }
    }

    fn cast<T: Array + Clone + 'static>(&self, position: usize, data_type: &DataType) -> Result<T> {
        let cast = arrow::compute::cast(self.array(position)?, data_type)?;
        if let Some(array) = cast.as_any().downcast_ref::<T>() {
            Ok(array.clone())
        } else {
            exec_err!("An argument is not of type {data_type}")
        }
    }

    fn text(&self, position: usize) -> Result<StringArray> {
        self.cast(position, &DataType::Utf8)
    }

    fn bigint(&self, position: usize) -> Result<Int64Array> {
        self.cast(position, &DataType::Int64)
    }

    fn double(&self, position: usize) -> Result<Float64Array> {
        self.cast(position, &DataType::Float64)
    }

    /// One value a row; a failure is the statement's, or a null.
    fn each<T, A: FromIterator<Option<T>> + Array + 'static>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<T>>,
    ) -> Result<ArrayRef> {
        let values = (0..self.rows).map(|row| self.or_null(value(row))).collect::<Result<A>>()?;
        Ok(Arc::new(values))
    }

    fn each_text(&self, value: impl FnMut(usize) -> Result<Option<String>>) -> Result<ArrayRef> {
        self.each::<String, StringArray>(value)
    }

    fn each_bigint(&self, value: impl FnMut(usize) -> Result<Option<i64>>) -> Result<ArrayRef> {
        self.each::<i64, Int64Array>(value)
    }

    fn each_double(&self, value: impl FnMut(usize) -> Result<Option<f64>>) -> Result<ArrayRef> {
        self.each::<f64, Float64Array>(value)
    }

    fn each_boolean(&self, value: impl FnMut(usize) -> Result<Option<bool>>) -> Result<ArrayRef> {
        self.each::<bool, BooleanArray>(value)
    }

    fn or_null<T>(&self, value: Result<Option<T>>) -> Result<Option<T>> {
        match (value, self.on_failure) {
            (Err(_), OnFailure::Null) => Ok(None),
            (value, _) => value,
        }
    }
}

/// The text of a row, unless it is null.
fn text_at(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}

/// The number of a row, unless it is null.
fn bigint_at(array: &Int64Array, row: usize) -> Option<i64> {
    array.is_valid(row).then(|| array.value(row))
}

/// The number of a row, unless it is null.
fn double_at(array: &Float64Array, row: usize) -> Option<f64> {
    array.is_valid(row).then(|| array.value(row))
}

/// The type of a call's result, by its arguments.
type ResultType = fn(&ReturnFieldArgs) -> Result<Field>;
type Body = fn(&Arguments) -> Result<ArrayRef>;

/// A function.
struct Definition {
    name: &'static str,
    arguments: RangeInclusive<usize>,
    result: ResultType,
    body: Body,
    /// Its name when it answers null instead of failing.
    or_null: Option<&'static str>,
}

/// A function that fails for no value.
const fn function(name: &'static str, arguments: RangeInclusive<usize>, result: ResultType, body: Body) -> Definition {
    Definition { name, arguments, result, body, or_null: None }
}

/// A function that can fail, and its name when it answers null instead.
const fn fallible(
    name: &'static str,
    or_null: &'static str,
    arguments: RangeInclusive<usize>,
    result: ResultType,
    body: Body,
) -> Definition {
    Definition { name, arguments, result, body, or_null: Some(or_null) }
}

fn definitions() -> impl Iterator<Item = &'static Definition> {
    [
        arithmetic::FUNCTIONS,
        cast::FUNCTIONS,
        collections::FUNCTIONS,
        json::FUNCTIONS,
        sequences::FUNCTIONS,
        series::FUNCTIONS,
        text::FUNCTIONS,
        time::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The name under which a function answers null where it would fail.
pub fn null_on_failure(name: &str) -> Option<&'static str> {
    definitions().find(|definition| definition.name == name).and_then(|definition| definition.or_null)
}

/// All functions, to be registered with a session.
#[must_use]
pub fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    let named = |definition: &'static Definition, name, on_failure| {
        Arc::new(ScalarUDF::new_from_impl(TrinoFunction {
            name,
            definition,
            on_failure,
            signature: Signature::new(
                TypeSignature::OneOf(vec![TypeSignature::VariadicAny, TypeSignature::Nullary]),
                Volatility::Immutable,
            ),
        }))
    };
    definitions()
        .flat_map(|definition| {
            let or_null = definition.or_null.map(|name| named(definition, name, OnFailure::Null));
            std::iter::once(named(definition, definition.name, OnFailure::Fail)).chain(or_null)
        })
        .collect()
}

/// A [`Definition`] as DataFusion calls it.
struct TrinoFunction {
    name: &'static str,
    definition: &'static Definition,
    on_failure: OnFailure,
    signature: Signature,
}

impl std::fmt::Debug for TrinoFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrinoFunction").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for TrinoFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TrinoFunction {}

impl Hash for TrinoFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for TrinoFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        plan_err!("The type of {} depends on its arguments' values", self.name)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs) -> Result<FieldRef> {
        let count = arguments.arg_fields.len();
        if !self.definition.arguments.contains(&count) {
            let types: Vec<_> =
                arguments.arg_fields.iter().map(|field| super::types::name(&types::sql_type(field))).collect();
            return plan_err!(
                "FUNCTION_NOT_FOUND: Unexpected parameters ({}) for function {}",
                types.join(", "),
                self.name
            );
        }
        (self.definition.result)(&arguments).map(|field| Arc::new(field.with_nullable(true)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = arguments.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { arguments.number_rows };
        let arrays = arguments.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let call = Arguments {
            arrays,
            fields: arguments.arg_fields,
            result: arguments.return_field,
            on_failure: self.on_failure,
            rows,
        };
        let values = (self.definition.body)(&call)?;
        if is_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?));
        }
        Ok(ColumnarValue::Array(values))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends functions that can fail")]
fn of(sql_type: &SqlType) -> Result<Field> {
    Ok(types::field("value", sql_type))
}

fn varchar(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Varchar)
}

fn json(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Json)
}

fn bigint(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Bigint)
}

fn double(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Double)
}

fn boolean(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Boolean)
}

fn array_of_varchar(_: &ReturnFieldArgs) -> Result<Field> {
    of(&SqlType::Array(Box::new(SqlType::Varchar)))
}

/// The type of the argument at this place.
fn argument_field(arguments: &ReturnFieldArgs, position: usize) -> Result<Field> {
    if let Some(field) = arguments.arg_fields.get(position) {
        Ok(field.as_ref().clone())
    } else {
        plan_err!("An argument is missing")
    }
}

fn same_as_first(arguments: &ReturnFieldArgs) -> Result<Field> {
    argument_field(arguments, 0)
}

/// The text of an argument that has to be a literal.
fn literal_text<'a>(arguments: &'a ReturnFieldArgs, position: usize) -> Option<&'a str> {
    match arguments.scalar_arguments.get(position).copied().flatten()? {
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            Some(text)
        }
        _ => None,
    }
}

/// An error in a value, with Trino's name for it.
fn failure<T>(code: &str, message: &str) -> Result<T> {
    Err(DataFusionError::Execution(format!("{code}: {message}")))
}
