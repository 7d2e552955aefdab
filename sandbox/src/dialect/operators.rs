//! Operators with Trino's and Timestream's meaning where it depends on the operands' types: which types go together at all,
//! decimals' precision, overflow, and arithmetic of times and intervals.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{DFSchema, Result, exec_err, plan_err};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, ScalarUDF, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::{SqlDialect, types as type_names};
use crate::engine::types;

/// Plans binary operators before DataFusion's own rules see them.
#[derive(Debug)]
pub struct TrinoOperators {
    dialect: SqlDialect,
    functions: HashMap<String, Arc<ScalarUDF>>,
}

impl TrinoOperators {
    /// Operators of a dialect, made of these functions.
    #[must_use]
    pub fn new(dialect: SqlDialect, functions: &[Arc<ScalarUDF>]) -> Self {
        let functions = functions.iter().map(|function| (function.name().to_owned(), Arc::clone(function))).collect();
        Self { dialect, functions }
    }

    fn call(&self, name: &str, arguments: Vec<Expr>) -> Result<Expr> {
        if let Some(function) = self.functions.get(name) {
            Ok(function.call(arguments))
        } else {
            exec_err!("The function {name} is missing")
        }
    }

    fn plan(&self, op: &BinaryOperator, left: &Expr, right: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
        let (from, to) = (left.get_type(schema)?, right.get_type(schema)?);
        if from == DataType::Null || to == DataType::Null {
            return Ok(None);
        }
        if let Some(operator) = comparison(op) {
            return self.compare(operator, (left, &from), (right, &to));
        }
        match op {
            BinaryOperator::StringConcat => self.concatenate(op, (left, &from), (right, &to)),
            BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo => self.calculate(op, (left, &from), (right, &to)),
            _ => Ok(None),
        }
    }

    /// Text only compares with text; Timestream reads text beside a time as a time.
    fn compare(&self, operator: Operator, left: (&Expr, &DataType), right: (&Expr, &DataType)) -> Result<Option<Expr>> {
        let (left_class, right_class) = (Class::of(left.1), Class::of(right.1));
        let reads_text = self.dialect == SqlDialect::Timestream
            && matches!((left_class, right_class), (Class::Text, Class::Time) | (Class::Time, Class::Text));
        if left_class != right_class && !reads_text {
            return cannot_apply(&operator.to_string(), left.1, right.1);
        }
        if reads_text {
            let as_time = |(expr, data_type): (&Expr, &DataType)| match Class::of(data_type) {
                Class::Text => self.call("trino_cast", vec![expr.clone(), lit("timestamp(9)")]),
                _ => Ok(expr.clone()),
            };
            return Ok(Some(binary(as_time(left)?, operator, as_time(right)?)));
        }
        Ok(None)
    }

    fn concatenate(
        &self,
        op: &BinaryOperator,
        left: (&Expr, &DataType),
        right: (&Expr, &DataType),
    ) -> Result<Option<Expr>> {
        match (Class::of(left.1), Class::of(right.1)) {
            (Class::Text, Class::Text) => Ok(None),
            (Class::Array, Class::Array) => self.array_concat(vec![left.0.clone(), right.0.clone()]),
            (Class::Array, _) => {
                let right = self.call("make_single", vec![right.0.clone()])?;
                self.array_concat(vec![left.0.clone(), right])
            }
            (_, Class::Array) => {
                let left = self.call("make_single", vec![left.0.clone()])?;
                self.array_concat(vec![left, right.0.clone()])
            }
            _ => cannot_apply(&op.to_string(), left.1, right.1),
        }
    }

    fn array_concat(&self, arrays: Vec<Expr>) -> Result<Option<Expr>> {
        self.call("concat_arrays", arrays).map(Some)
    }

    fn calculate(
        &self,
        op: &BinaryOperator,
        left: (&Expr, &DataType),
        right: (&Expr, &DataType),
    ) -> Result<Option<Expr>> {
        match (Class::of(left.1), Class::of(right.1)) {
            (Class::Number, Class::Number) => self.numbers(op, left, right),
            (Class::Time, Class::DayInterval) if is_sum(op) => self.shift(op, left, right.0.clone()).map(Some),
            (Class::DayInterval, Class::Time) if *op == BinaryOperator::Plus => {
                self.shift(op, right, left.0.clone()).map(Some)
            }
            (Class::Time, Class::Time) if *op == BinaryOperator::Minus => Ok(Some(difference(left, right))),
            (Class::MonthInterval, Class::Time) if *op == BinaryOperator::Plus => Ok(None),
            (Class::Time | Class::MonthInterval, Class::MonthInterval) | (Class::DayInterval, Class::DayInterval)
                if is_sum(op) =>
            {
                Ok(None)
            }
            (Class::DayInterval, Class::Number) if *op == BinaryOperator::Multiply => {
                self.call("multiply_interval", vec![left.0.clone(), right.0.clone()]).map(Some)
            }
            (Class::Number, Class::DayInterval) if *op == BinaryOperator::Multiply => {
                self.call("multiply_interval", vec![right.0.clone(), left.0.clone()]).map(Some)
            }
            (Class::DayInterval, Class::Number) if *op == BinaryOperator::Divide => {
                let inverse = binary(lit(1.0), Operator::Divide, cast(right.0, DataType::Float64));
                self.call("multiply_interval", vec![left.0.clone(), inverse]).map(Some)
            }
            _ => cannot_apply(&op.to_string(), left.1, right.1),
        }
    }

    /// Whole numbers and decimals are checked; with a double or a real the result is one.
    fn numbers(
        &self,
        op: &BinaryOperator,
        left: (&Expr, &DataType),
        right: (&Expr, &DataType),
    ) -> Result<Option<Expr>> {
        if left.1.is_floating() || right.1.is_floating() {
            let both = [left.1, right.1];
            let of_real = both.iter().all(|data_type| **data_type == DataType::Float32 || data_type.is_integer());
            let result = if of_real { DataType::Float32 } else { DataType::Float64 };
            return Ok(Some(binary(cast(left.0, result.clone()), operator(op)?, cast(right.0, result))));
        }
        let function = match op {
            BinaryOperator::Plus => "checked_add",
            BinaryOperator::Minus => "checked_subtract",
            BinaryOperator::Multiply => "checked_multiply",
            BinaryOperator::Divide => "checked_divide",
            _ => "checked_modulo",
        };
        if left.1.is_integer() && right.1.is_integer() {
            let result = wider_integer(left.1, right.1);
            return self.call(function, vec![cast(left.0, result.clone()), cast(right.0, result)]).map(Some);
        }
        let (Some(left_size), Some(right_size)) = (decimal_size(left.1), decimal_size(right.1)) else {
            return Ok(None);
        };
        let exact = |expr: &Expr, (precision, scale): (i16, i16)| cast(expr, decimal(precision, scale));
        let (p1, s1) = left_size;
        let (p2, s2) = right_size;
        let scale = s1.max(s2);
        let (precision, scale) = match op {
            BinaryOperator::Multiply => (p1 + p2, s1 + s2),
            BinaryOperator::Divide => (p1 + s2 + (s2 - s1).max(0), scale),
            BinaryOperator::Modulo => ((p1 - s1).min(p2 - s2) + scale, scale),
            _ => ((p1 - s1).max(p2 - s2) + scale + 1, scale),
        };
        // A quotient gets four digits more than the dividend has, then is rounded to Trino's scale.
        let left = match op {
            BinaryOperator::Divide => exact(left.0, (38, scale)),
            _ => exact(left.0, left_size),
        };
        let result = binary(left, operator(op)?, exact(right.0, right_size));
        Ok(Some(cast(&result, decimal(precision, scale))))
    }

    /// A time later or earlier by an interval, of the time's own type.
    fn shift(&self, op: &BinaryOperator, (time, data_type): (&Expr, &DataType), interval: Expr) -> Result<Expr> {
        let interval = if *op == BinaryOperator::Minus { self.call("negate", vec![interval])? } else { interval };
        match data_type {
            DataType::Date32 => {
                let midnight = cast(time, DataType::Timestamp(TimeUnit::Nanosecond, None));
                Ok(cast(&binary(midnight, Operator::Plus, interval), DataType::Date32))
            }
            DataType::Timestamp(unit, zone) => {
                // An interval of milliseconds beside a timestamp of seconds: the finer of the two.
                let unit = if *unit == TimeUnit::Second { TimeUnit::Millisecond } else { *unit };
                let time = cast(time, DataType::Timestamp(unit, zone.clone()));
                Ok(binary(time, Operator::Plus, cast(&interval, DataType::Duration(unit))))
            }
            _ => Ok(binary(time.clone(), Operator::Plus, interval)),
        }
    }
}

impl ExprPlanner for TrinoOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        Ok(match self.plan(&expr.op, &expr.left, &expr.right, schema)? {
            Some(planned) => PlannerResult::Planned(planned),
            None => PlannerResult::Original(expr),
        })
    }
}

/// Types that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Number,
    Text,
    Boolean,
    Time,
    DayInterval,
    MonthInterval,
    Array,
    Other,
}

impl Class {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Time,
            DataType::Duration(_) | DataType::Interval(IntervalUnit::DayTime | IntervalUnit::MonthDayNano) => {
                Self::DayInterval
            }
            DataType::Interval(IntervalUnit::YearMonth) => Self::MonthInterval,
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => Self::Array,
            data_type if data_type.is_numeric() => Self::Number,
            _ => Self::Other,
        }
    }
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        _ => return None,
    })
}

fn is_sum(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::Plus | BinaryOperator::Minus)
}

fn operator(op: &BinaryOperator) -> Result<Operator> {
    Ok(match op {
        BinaryOperator::Plus => Operator::Plus,
        BinaryOperator::Minus => Operator::Minus,
        BinaryOperator::Multiply => Operator::Multiply,
        BinaryOperator::Divide => Operator::Divide,
        BinaryOperator::Modulo => Operator::Modulo,
        other => return plan_err!("The operator {other} does not calculate"),
    })
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn cast(expr: &Expr, to: DataType) -> Expr {
    Expr::Cast(datafusion::logical_expr::Cast::new(Box::new(expr.clone()), to))
}

fn difference(left: (&Expr, &DataType), right: (&Expr, &DataType)) -> Expr {
    let instant =
        |(expr, _): (&Expr, &DataType)| cast(expr, DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())));
    binary(instant(left), Operator::Minus, instant(right))
}

fn wider_integer(left: &DataType, right: &DataType) -> DataType {
    let width = |data_type: &DataType| data_type.primitive_width().unwrap_or(8);
    match width(left).max(width(right)) {
        1 => DataType::Int8,
        2 => DataType::Int16,
        4 => DataType::Int32,
        _ => DataType::Int64,
    }
}

/// Precision and scale of a decimal, or those of the decimal that holds a whole number.
fn decimal_size(data_type: &DataType) -> Option<(i16, i16)> {
    Some(match data_type {
        DataType::Decimal128(precision, scale) => (i16::from(*precision), i16::from(*scale)),
        DataType::Int8 => (3, 0),
        DataType::Int16 => (5, 0),
        DataType::Int32 => (10, 0),
        DataType::Int64 => (19, 0),
        DataType::UInt64 => (20, 0),
        _ => return None,
    })
}

fn decimal(precision: i16, scale: i16) -> DataType {
    DataType::Decimal128(
        u8::try_from(precision.clamp(1, 38)).unwrap_or(38),
        i8::try_from(scale.clamp(0, 38)).unwrap_or(38),
    )
}

fn cannot_apply<T>(operator: &str, left: &DataType, right: &DataType) -> Result<T> {
    let name = |data_type: &DataType| {
        type_names::name(&types::sql_type(&arrow::datatypes::Field::new("operand", data_type.clone(), true)))
    };
    plan_err!("TYPE_MISMATCH: Cannot apply operator: {} {operator} {}", name(left), name(right))
}
