//! Aggregates that DataFusion has with another meaning: its sum of whole numbers wraps around where Trino's fails.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion::functions_aggregate::sum::Sum;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature};

/// The aggregates that take the place of DataFusion's own by the same name.
#[must_use]
pub fn aggregate_functions() -> Vec<AggregateUDF> {
    vec![AggregateUDF::new_from_impl(CheckedSum { sum: Sum::new() })]
}

/// `sum`: of whole numbers it fails where the result is no bigint; of all else it is DataFusion's.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum {
    sum: Sum,
}

fn is_checked(args: &AccumulatorArgs) -> bool {
    !args.is_distinct && *args.return_field.data_type() == DataType::Int64
}

impl AggregateUDFImpl for CheckedSum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn signature(&self) -> &Signature {
        self.sum.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.sum.return_type(arguments)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if is_checked(&args) { Ok(Box::new(WideSum::default())) } else { self.sum.accumulator(args) }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if !args.is_distinct && *args.return_type() == DataType::Int64 {
            let name = format_state_name(args.name, "sum");
            return Ok(vec![Field::new(name, DataType::Decimal128(38, 0), true).into()]);
        }
        self.sum.state_fields(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !is_checked(&args) && self.sum.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.sum.create_groups_accumulator(args)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if is_checked(&args) { Ok(Box::new(WideSum::default())) } else { self.sum.create_sliding_accumulator(args) }
    }
}

/// A sum with room for more than all bigints that there can be.
#[derive(Debug, Default)]
struct WideSum {
    sum: i128,
    count: usize,
}

impl WideSum {
    fn column(values: &[ArrayRef]) -> Result<&Int64Array> {
        let column = values.first().and_then(|values| values.as_primitive_opt::<Int64Type>());
        if let Some(column) = column { Ok(column) } else { exec_err!("A sum of whole numbers was given none") }
    }
}

impl Accumulator for WideSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = Self::column(values)?;
        self.sum += values.iter().flatten().map(i128::from).sum::<i128>();
        self.count += values.len() - values.null_count();
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = Self::column(values)?;
        self.sum -= values.iter().flatten().map(i128::from).sum::<i128>();
        self.count -= values.len() - values.null_count();
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states.first().and_then(|states| states.as_primitive_opt::<Decimal128Type>()) else {
            return exec_err!("The state of a sum is missing");
        };
        self.sum += states.iter().flatten().sum::<i128>();
        self.count += states.len() - states.null_count();
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Decimal128((self.count > 0).then_some(self.sum), 38, 0)])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.count == 0 {
            return Ok(ScalarValue::Int64(None));
        }
        match i64::try_from(self.sum) {
            Ok(sum) => Ok(ScalarValue::Int64(Some(sum))),
            Err(_) => Err(DataFusionError::Execution(format!(
                "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: the sum is {}",
                self.sum
            ))),
        }
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
