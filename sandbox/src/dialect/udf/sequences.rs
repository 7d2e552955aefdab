//! `sequence`: numbers, dates or timestamps from one to another.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, IntervalUnit, IntervalYearMonthType, TimeUnit};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ReturnFieldArgs;

use super::instant::{Instants, Unit};
use super::{Arguments, Definition, argument_field, bigint_at, failure, fallible};

pub(super) const FUNCTIONS: &[Definition] = &[fallible("sequence", "try_sequence", 2..=3, sequence_type, sequence)];

/// Trino's limit.
const MOST_ENTRIES: usize = 10_000;

fn sequence_type(arguments: &ReturnFieldArgs) -> Result<Field> {
    let field = argument_field(arguments, 0)?;
    let item = match field.data_type() {
        DataType::Timestamp(..) | DataType::Date32 => field.data_type().clone(),
        _ => DataType::Int64,
    };
    Ok(Field::new("value", DataType::List(Arc::new(Field::new("item", item, true))), true))
}

/// How far one entry is from the next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Units(i64),
    Months(i64),
}

fn sequence(call: &Arguments) -> Result<ArrayRef> {
    let DataType::List(item) = call.result.data_type() else { return exec_err!("An array is expected") };
    let is_time = !matches!(item.data_type(), DataType::Int64);
    let (mut entries, mut lengths, mut valid) = (Vec::new(), Vec::new(), Vec::new());
    let bounds = Bounds::new(call, is_time)?;
    for row in 0..call.rows {
        let before = entries.len();
        let found = bounds.entries(row, &mut entries)?;
        valid.push(found);
        lengths.push(entries.len() - before);
    }
    let entries: ArrayRef = Arc::new(Int64Array::from(entries));
    let entries = match item.data_type() {
        DataType::Date32 => cast(&cast(&entries, &DataType::Timestamp(TimeUnit::Second, None))?, &DataType::Date32)?,
        other => cast(&entries, other)?,
    };
    let nulls = Some(NullBuffer::from(valid));
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), entries, nulls)?))
}

/// First, last and step of every row, in the units of the first.
struct Bounds {
    first: Int64Array,
    last: Int64Array,
    steps: Option<Int64Array>,
    by_month: bool,
    times: Option<Instants>,
}

impl Bounds {
    fn new(call: &Arguments, is_time: bool) -> Result<Self> {
        if !is_time {
            let steps = if call.len() > 2 { Some(call.bigint(2)?) } else { None };
            return Ok(Self { first: call.bigint(0)?, last: call.bigint(1)?, steps, by_month: false, times: None });
        }
        let times = Instants::new(call.array(0)?)?;
        // The last one in the units of the first.
        let last = Instants::new(&cast(call.array(1)?, call.array(0)?.data_type())?)?;
        let column = |times: &Instants| (0..call.rows).map(|row| times.utc(row)).collect::<Int64Array>();
        let by_month =
            call.len() > 2 && matches!(call.array(2)?.data_type(), DataType::Interval(IntervalUnit::YearMonth));
        let steps = match call.array(2) {
            Ok(steps) if by_month => {
                let months = steps.as_primitive::<IntervalYearMonthType>();
                Some(months.iter().map(|months| months.map(i64::from)).collect())
            }
            Ok(steps) => {
                let nanos = cast(&cast(steps, &DataType::Duration(TimeUnit::Nanosecond))?, &DataType::Int64)?;
                let unit = 1_000_000_000 / times.per_second;
                Some(nanos.as_primitive::<Int64Type>().unary(|nanos: i64| nanos / unit))
            }
            // A day.
            Err(_) => Some(Int64Array::from(vec![86_400 * times.per_second; call.rows])),
        };
        Ok(Self { first: column(&times), last: column(&last), steps, by_month, times: Some(times) })
    }

    /// Adds a row's entries; false if the row is null.
    fn entries(&self, row: usize, entries: &mut Vec<i64>) -> Result<bool> {
        let (Some(first), Some(last)) = (bigint_at(&self.first, row), bigint_at(&self.last, row)) else {
            return Ok(false);
        };
        let amount = match &self.steps {
            Some(steps) => bigint_at(steps, row),
            None => Some(if first <= last { 1 } else { -1 }),
        };
        let Some(amount) = amount else { return Ok(false) };
        let step = if self.by_month { Step::Months(amount) } else { Step::Units(amount) };
        if amount == 0 || (amount > 0) != (last >= first) && first != last {
            let message = "sequence stop value should be greater than or equal to start value if step is greater than zero \
                           otherwise stop should be less than or equal to start";
            return failure("INVALID_FUNCTION_ARGUMENT", message);
        }
        let start = entries.len();
        let mut entry = first;
        while if amount > 0 { entry <= last } else { entry >= last } {
            if entries.len() - start >= MOST_ENTRIES {
                let message = format!("result of sequence function must not have more than {MOST_ENTRIES} entries");
                return failure("INVALID_FUNCTION_ARGUMENT", &message);
            }
            entries.push(entry);
            let count = i64::try_from(entries.len() - start).unwrap_or(i64::MAX);
            entry = match (step, &self.times) {
                (Step::Months(months), Some(times)) => {
                    Unit::Months(1).add(first, months.saturating_mul(count), times)?
                }
                (Step::Units(units) | Step::Months(units), _) => match entry.checked_add(units) {
                    Some(next) => next,
                    None => break,
                },
            };
        }
        Ok(true)
    }
}
