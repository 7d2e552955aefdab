//! What an output column of merged groups holds. The rules are Trino's (`BigintOperators`, `DoubleOperators` and
//! `MathFunctions` of its sources): whole numbers are checked, floating-point numbers follow IEEE 754, null in is null out.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, NullArray, new_null_array},
    compute::{cast, is_not_null, kernels::cmp, kernels::zip::zip, nullif},
    datatypes::{DataType, Float64Type, Int64Type},
};

use super::{Arithmetic, Value, kernel_failed, mistake, unify::widen};
use crate::error::{Error, ErrorKind, Result};

/// A calculation nested deeper than this is refused.
const MAX_DEPTH: usize = 200;
/// The first whole number after those of 64 bits.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// Refuses a calculation that names columns other than the first `columns`, or is too deep to go down into.
pub(super) fn check(value: &Value, columns: usize) -> Result<()> {
    let mut rest = vec![(value, 0)];
    while let Some((value, depth)) = rest.pop() {
        let is_known = match value {
            Value::Column(column) => *column < columns,
            Value::Average { sum, count } => *sum < columns && *count < columns,
            _ => true,
        };
        if !is_known {
            return Err(mistake("a calculation names a column that no slice has"));
        }
        if depth > MAX_DEPTH {
            return Err(Error::bad_query("A calculation in the SELECT is nested too deeply: simplify it."));
        }
        rest.extend(operands(value).into_iter().map(|operand| (operand, depth + 1)));
    }
    Ok(())
}

/// Whether `value` is made of `column`.
pub(super) fn mentions(value: &Value, column: usize) -> bool {
    match value {
        Value::Column(index) => *index == column,
        Value::Average { sum, count } => *sum == column || *count == column,
        _ => operands(value).into_iter().any(|operand| mentions(operand, column)),
    }
}

fn operands(value: &Value) -> Vec<&Value> {
    match value {
        Value::Column(_) | Value::Integer(_) | Value::Double(_) | Value::Null | Value::Average { .. } => Vec::new(),
        Value::Binary(_, one, other) | Value::NullIf(one, other) => vec![one, other],
        Value::Negative(operand) | Value::ToDouble(operand) | Value::ToInteger(operand) | Value::Round(operand, _) => {
            vec![operand]
        }
        Value::Coalesce(values) => values.iter().collect(),
    }
}

/// The merged columns that outputs are made of.
pub(super) struct Merged {
    pub(super) columns: Vec<ArrayRef>,
    pub(super) rows: usize,
}

impl Merged {
    /// The column named `name`; `value` is [checked](check).
    pub(super) fn evaluate(&self, name: &str, value: &Value) -> Result<ArrayRef> {
        let column = Evaluation { merged: self, name }.array(value)?;
        // What is null whatever the rows hold has no type of its own.
        Ok(if *column.data_type() == DataType::Null { new_null_array(&DataType::Float64, self.rows) } else { column })
    }
}

/// Numbers to calculate with.
enum Numbers {
    Integers(Int64Array),
    /// Trino's `double`, and its `real`, whose results are rounded to 32 bits.
    Floats {
        values: Float64Array,
        real: bool,
    },
    /// Null, of any type.
    Unknown,
}

impl Numbers {
    /// As doubles; whole numbers beside reals become reals first.
    fn into_floats(self, beside_real: bool, rows: usize) -> Float64Array {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as in CAST(bigint AS double)")]
            Self::Integers(values) if beside_real => values.unary(|value| f64::from(value as f32)),
            #[expect(clippy::cast_precision_loss, reason = "as in CAST(bigint AS double)")]
            Self::Integers(values) => values.unary(|value| value as f64),
            Self::Floats { values, .. } => values,
            Self::Unknown => Float64Array::new_null(rows),
        }
    }

    fn is_real(&self) -> bool {
        matches!(self, Self::Floats { real: true, .. })
    }

    fn is_double(&self) -> bool {
        matches!(self, Self::Floats { real: false, .. })
    }
}

/// The calculation of one output.
struct Evaluation<'a> {
    merged: &'a Merged,
    name: &'a str,
}

impl Evaluation<'_> {
    fn array(&self, value: &Value) -> Result<ArrayRef> {
        let rows = self.merged.rows;
        Ok(match value {
            Value::Column(column) => self.column(*column)?.clone(),
            Value::Integer(value) => Arc::new(Int64Array::from_value(*value, rows)),
            Value::Double(value) => Arc::new(Float64Array::from_value(*value, rows)),
            Value::Null => Arc::new(NullArray::new(rows)),
            Value::Binary(arithmetic, one, other) => self.binary(*arithmetic, one, other)?,
            Value::Negative(operand) => match self.numbers(operand)? {
                Numbers::Integers(values) => self.checked(&values, |value| {
                    value.checked_neg().ok_or_else(|| format!("bigint negation overflow: {value}"))
                })?,
                Numbers::Floats { values, real } => floats(values.unary(|value: f64| -value), real)?,
                Numbers::Unknown => Arc::new(NullArray::new(rows)),
            },
            Value::ToDouble(operand) => Arc::new(self.numbers(operand)?.into_floats(false, rows)),
            Value::ToInteger(operand) => match self.numbers(operand)? {
                Numbers::Integers(values) => Arc::new(values),
                Numbers::Floats { values, .. } => self.to_integers(&values)?,
                Numbers::Unknown => new_null_array(&DataType::Int64, rows),
            },
            Value::Round(operand, digits) => self.round(operand, *digits)?,
            Value::Coalesce(values) => self.coalesce(values)?,
            Value::NullIf(one, other) => self.null_if(one, other)?,
            Value::Average { sum, count } => self.average(*sum, *count)?,
        })
    }

    fn column(&self, column: usize) -> Result<&ArrayRef> {
        self.merged.columns.get(column).ok_or_else(|| mistake("a calculation names a column that no slice has"))
    }

    fn numbers(&self, value: &Value) -> Result<Numbers> {
        self.as_numbers(&self.array(value)?)
    }

    fn as_numbers(&self, array: &ArrayRef) -> Result<Numbers> {
        let to = |data_type: DataType| cast(array, &data_type).map_err(kernel_failed);
        Ok(match array.data_type() {
            DataType::Null => Numbers::Unknown,
            data_type if data_type.is_integer() => {
                Numbers::Integers(to(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            data_type @ (DataType::Float32 | DataType::Float64) => Numbers::Floats {
                values: to(DataType::Float64)?.as_primitive::<Float64Type>().clone(),
                real: *data_type == DataType::Float32,
            },
            // Text is also what a column is that no slice has a value of.
            _ if !has_values(array) => Numbers::Unknown,
            _ => {
                return Err(Error::bad_query(format!(
                    "The column `{}` is calculated of something that is not a number in one of the engines. CAST it to a number \
                     in the SQL.",
                    self.name
                )));
            }
        })
    }

    fn binary(&self, arithmetic: Arithmetic, one: &Value, other: &Value) -> Result<ArrayRef> {
        let rows = self.merged.rows;
        match (self.numbers(one)?, self.numbers(other)?) {
            (Numbers::Unknown, Numbers::Unknown) => Ok(Arc::new(NullArray::new(rows))),
            (Numbers::Unknown, Numbers::Integers(_)) | (Numbers::Integers(_), Numbers::Unknown) => {
                Ok(new_null_array(&DataType::Int64, rows))
            }
            (Numbers::Integers(one), Numbers::Integers(other)) => {
                let pairs = one.iter().zip(&other);
                let value = |(one, other): (Option<i64>, Option<i64>)| {
                    one.zip(other).map(|(one, other)| integer(arithmetic, one, other)).transpose()
                };
                self.integers(pairs.map(value))
            }
            (one, other) => {
                let real = !one.is_double() && !other.is_double();
                let beside = (other.is_real(), one.is_real());
                let (one, other) = (one.into_floats(real && beside.0, rows), other.into_floats(real && beside.1, rows));
                let values = one.iter().zip(&other).map(|pair| match pair {
                    (Some(one), Some(other)) => Some(float(arithmetic, one, other)),
                    _ => None,
                });
                // Rounding a double to a real is exact here: a double has more than twice the digits.
                floats(values.collect(), real)
            }
        }
    }

    /// `values`, or the first failure as the engine would word it.
    fn integers(&self, values: impl Iterator<Item = Result<Option<i64>, String>>) -> Result<ArrayRef> {
        let values: Result<Int64Array, String> = values.collect();
        values.map(|values| Arc::new(values) as ArrayRef).map_err(|failure| {
            let advice = "Guard it with NULLIF, or calculate with CAST(... AS double).";
            Error::new(ErrorKind::Rejected, format!("{failure}, in the column `{}`. {advice}", self.name))
        })
    }

    fn checked(&self, values: &Int64Array, each: impl Fn(i64) -> Result<i64, String>) -> Result<ArrayRef> {
        self.integers(values.iter().map(|value| value.map(&each).transpose()))
    }

    /// `CAST(double AS bigint)`: Trino rounds to the nearest, halves away from zero, and refuses what does not fit.
    fn to_integers(&self, values: &Float64Array) -> Result<ArrayRef> {
        let round = |value: f64| {
            let rounded = value.round();
            #[expect(clippy::cast_possible_truncation, reason = "it fits")]
            let fits = (-TWO_TO_63..TWO_TO_63).contains(&rounded).then_some(rounded as i64);
            fits.ok_or_else(|| format!("Unable to cast {value} to bigint"))
        };
        self.integers(values.iter().map(|value| value.map(round).transpose()))
    }

    fn round(&self, operand: &Value, digits: i32) -> Result<ArrayRef> {
        match self.numbers(operand)? {
            Numbers::Integers(values) if digits >= 0 => Ok(Arc::new(values)),
            Numbers::Integers(values) => {
                let factor = digits.checked_neg().and_then(|zeros| 10_i64.checked_pow(zeros.unsigned_abs()));
                self.checked(&values, |value| {
                    factor
                        .and_then(|factor| round_integer(value, factor))
                        .ok_or_else(|| format!("numerical overflow: {value}"))
                })
            }
            Numbers::Floats { values, real } => floats(values.unary(|value| round_double(value, digits)), real),
            Numbers::Unknown => Ok(Arc::new(NullArray::new(self.merged.rows))),
        }
    }

    fn coalesce(&self, values: &[Value]) -> Result<ArrayRef> {
        let arrays = values.iter().map(|value| self.array(value)).collect::<Result<Vec<_>>>()?;
        let widest = |so_far: DataType, array: &ArrayRef| widen(&so_far, array.data_type());
        // Text is also what a column is that no slice has a value of.
        let common = arrays.iter().try_fold(DataType::Null, widest);
        let common =
            common.or_else(|| arrays.iter().filter(|array| has_values(array)).try_fold(DataType::Null, widest));
        let Some(common) = common else { return Err(self.mixed("coalesce")) };
        let mut first: ArrayRef = new_null_array(&common, self.merged.rows);
        for array in &arrays {
            let next = if has_values(array) {
                cast(array, &common).map_err(kernel_failed)?
            } else {
                new_null_array(&common, array.len())
            };
            let found = is_not_null(&first).map_err(kernel_failed)?;
            first = zip(&found, &first, &next).map_err(kernel_failed)?;
        }
        Ok(first)
    }

    fn null_if(&self, one: &Value, other: &Value) -> Result<ArrayRef> {
        let (array, other) = (self.array(one)?, self.array(other)?);
        if !has_values(&array) || !has_values(&other) {
            return Ok(array);
        }
        let is_number = |array: &ArrayRef| array.data_type().is_numeric();
        let equal: BooleanArray = if is_number(&array) && is_number(&other) {
            match (self.as_numbers(&array)?, self.as_numbers(&other)?) {
                (Numbers::Integers(one), Numbers::Integers(other)) => {
                    one.iter().zip(&other).map(|(one, other)| Some(one.is_some() && one == other)).collect()
                }
                (one, other) => {
                    let rows = self.merged.rows;
                    let (one, other) = (one.into_floats(false, rows), other.into_floats(false, rows));
                    // NaN equals nothing here, not even itself.
                    one.iter().zip(&other).map(|(one, other)| Some(one.is_some() && one == other)).collect()
                }
            }
        } else if array.data_type() == other.data_type() {
            cmp::eq(&array, &other).map_err(kernel_failed)?
        } else {
            return Err(self.mixed("nullif"));
        };
        nullif(&array, &equal).map_err(kernel_failed)
    }

    fn average(&self, sum: usize, count: usize) -> Result<ArrayRef> {
        let rows = self.merged.rows;
        let sums = self.as_numbers(self.column(sum)?)?.into_floats(false, rows);
        let counts = self.as_numbers(self.column(count)?)?.into_floats(false, rows);
        let average = |(sum, count): (Option<f64>, Option<f64>)| {
            let count = count.filter(|count| *count != 0.0)?;
            Some(sum? / count)
        };
        Ok(Arc::new(sums.iter().zip(&counts).map(average).collect::<Float64Array>()))
    }

    fn mixed(&self, function: &str) -> Error {
        Error::bad_query(format!(
            "The column `{}` has a {function} of values of different types. CAST them to one type in the SQL.",
            self.name
        ))
    }
}

fn has_values(array: &ArrayRef) -> bool {
    array.logical_null_count() < array.len()
}

fn floats(values: Float64Array, real: bool) -> Result<ArrayRef> {
    let values: ArrayRef = Arc::new(values);
    if real { cast(&values, &DataType::Float32).map_err(kernel_failed) } else { Ok(values) }
}

fn integer(arithmetic: Arithmetic, one: i64, other: i64) -> Result<i64, String> {
    let (result, name, sign) = match arithmetic {
        Arithmetic::Add => (one.checked_add(other), "addition", '+'),
        Arithmetic::Subtract => (one.checked_sub(other), "subtraction", '-'),
        Arithmetic::Multiply => (one.checked_mul(other), "multiplication", '*'),
        Arithmetic::Divide | Arithmetic::Modulo if other == 0 => return Err("Division by zero".to_owned()),
        Arithmetic::Divide => (one.checked_div(other), "division", '/'),
        // The least number divides by -1 without a rest.
        Arithmetic::Modulo => (Some(one.wrapping_rem(other)), "modulus", '%'),
    };
    result.ok_or_else(|| format!("bigint {name} overflow: {one} {sign} {other}"))
}

fn float(arithmetic: Arithmetic, one: f64, other: f64) -> f64 {
    match arithmetic {
        Arithmetic::Add => one + other,
        Arithmetic::Subtract => one - other,
        Arithmetic::Multiply => one * other,
        Arithmetic::Divide => one / other,
        Arithmetic::Modulo => one % other,
    }
}

/// `value` to the nearest multiple of `factor`, halves away from zero.
fn round_integer(value: i64, factor: i64) -> Option<i64> {
    let (value, factor) = (i128::from(value), i128::from(factor));
    let quotient = (value.abs() + factor / 2) / factor;
    i64::try_from(quotient * factor * value.signum()).ok()
}

/// `value` rounded to `digits` after the point, halves away from zero, by way of the decimal shift that Trino makes. A value
/// too large for that has no digits there and stays as it is.
fn round_double(value: f64, digits: i32) -> f64 {
    let factor = 10_f64.powf(f64::from(digits));
    let shifted = value.abs() * factor;
    if factor == 0.0 && value.is_finite() {
        0.0
    } else if shifted < TWO_TO_63 {
        (shifted.round() / factor).copysign(value)
    } else {
        value
    }
}
