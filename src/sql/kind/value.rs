//! Output columns of grouped statements as calculations over partial results.

use std::collections::HashMap;

use sqlparser::ast::{BinaryOperator, CastKind, Expr, Function, UnaryOperator, Value as Literal};

use crate::{
    sql::{
        excerpt,
        kind::{
            functions::{self, Role},
            grouping::Key,
            mark,
            names::{self, Scope},
            walk::{self, Call},
        },
    },
    stitch::{Arithmetic, Partial, Value},
};

/// The deepest calculation that is taken over.
const MAX_DEPTH: usize = 64;

/// Functions whose value is a time.
const TIMES: &str = "
    date date_trunc date_add date_parse from_unixtime from_unixtime_nanos from_iso8601_timestamp from_iso8601_date
    from_iso8601_timestamp_nanos from_milliseconds from_nanoseconds parse_datetime parse_duration at_timezone with_timezone
    last_day_of_month bin
";

/// The partial results that outputs are calculated from, found on the way.
#[derive(Debug)]
pub(super) struct Partials<'s> {
    keys: &'s [Key<'s>],
    scope: &'s Scope,
    /// How each merges, and its SQL with marks.
    pub found: Vec<(Partial, String)>,
    places: HashMap<String, usize>,
}

impl<'s> Partials<'s> {
    pub fn new(keys: &'s [Key<'s>], scope: &'s Scope) -> Self {
        Self { keys, scope, found: Vec::new(), places: HashMap::new() }
    }

    /// What the column `expression` is calculated by.
    ///
    /// # Errors
    ///
    /// Why it cannot be, as a sentence.
    pub fn value(&mut self, expression: &Expr) -> Result<Value, String> {
        self.nested(expression, 0)
    }

    fn nested(&mut self, expression: &Expr, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err("It has a calculation that is nested too deep.".to_owned());
        }
        let expression = names::bare(expression);
        let canonical = names::canonical(expression, self.scope);
        if let Some(key) = self.keys.iter().position(|key| key.canonical == canonical) {
            return Ok(Value::Column(key));
        }
        let depth = depth + 1;
        match expression {
            Expr::Value(literal) => number(&literal.value).ok_or_else(|| not_calculated(expression)),
            Expr::BinaryOp { left, op, right } => {
                let operator = arithmetic(op).ok_or_else(|| not_calculated(expression))?;
                self.numbers_only([left, right])?;
                let left = self.nested(left, depth)?;
                Ok(Value::Binary(operator, Box::new(left), Box::new(self.nested(right, depth)?)))
            }
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
                self.numbers_only([expr])?;
                Ok(Value::Negative(Box::new(self.nested(expr, depth)?)))
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => self.nested(expr, depth),
            Expr::Cast { kind: CastKind::Cast, expr, data_type, .. } => {
                self.numbers_only([expr])?;
                let wrap = match data_type.to_string().to_lowercase().as_str() {
                    "double" => Value::ToDouble,
                    "bigint" => Value::ToInteger,
                    _ => return Err(not_calculated(expression)),
                };
                Ok(wrap(Box::new(self.nested(expr, depth)?)))
            }
            Expr::Function(function) => self.function(function, expression, depth),
            _ => Err(not_calculated(expression)),
        }
    }

    fn function(&mut self, function: &Function, expression: &Expr, depth: usize) -> Result<Value, String> {
        let call = walk::call(function)?;
        if !call.is_macro && (call.filter.is_none() && !call.is_distinct) {
            match (call.name.as_str(), call.arguments.as_slice()) {
                ("coalesce", [_, ..]) => {
                    let values = call.arguments.iter().map(|argument| self.nested(argument, depth));
                    return values.collect::<Result<_, _>>().map(Value::Coalesce);
                }
                ("nullif", [first, second]) => {
                    let first = self.nested(first, depth)?;
                    return Ok(Value::NullIf(Box::new(first), Box::new(self.nested(second, depth)?)));
                }
                ("round", [only]) => return self.round(only, 0, depth),
                ("round", [rounded, digits]) => {
                    let digits = whole(digits).ok_or_else(|| not_calculated(expression))?;
                    return self.round(rounded, digits, depth);
                }
                _ => {}
            }
        }
        self.aggregate(&call, expression)
    }

    fn round(&mut self, expression: &Expr, digits: i32, depth: usize) -> Result<Value, String> {
        self.numbers_only([expression])?;
        Ok(Value::Round(Box::new(self.nested(expression, depth)?), digits))
    }

    fn aggregate(&mut self, call: &Call<'_>, expression: &Expr) -> Result<Value, String> {
        let Call { name, is_macro, arguments, is_star, is_distinct, filter, ordered_by } = call;
        let role = if *is_macro { functions::macro_role(name) } else { functions::role(name) };
        if role != Role::Aggregate {
            return Err(not_calculated(expression));
        }
        let whole = || Err(format!("Its {} cannot be put together from parts.", shown(expression)));
        if *is_macro || !ordered_by.is_empty() {
            return whole();
        }
        let filter = filter.map(|filter| format!(" FILTER (WHERE {filter})")).unwrap_or_default();
        let one = match arguments.as_slice() {
            [one] if !is_star => Some(*one),
            _ => None,
        };
        let none = arguments.is_empty();
        let partial = match (name.as_str(), one, is_distinct) {
            ("count", None, false) if none => return Ok(self.column(Partial::Count, format!("count(*){filter}"))),
            ("count" | "count_if", Some(_), false) => Partial::Count,
            ("sum", Some(_), false) => Partial::Sum,
            ("min", Some(_), _) => Partial::Min,
            ("max", Some(_), _) => Partial::Max,
            ("bool_and" | "every", Some(_), _) => Partial::And,
            ("bool_or", Some(_), _) => Partial::Or,
            ("avg", Some(argument), false) => {
                self.numbers_only([argument])?;
                let sum = self.place(Partial::Sum, format!("sum(CAST({argument} AS DOUBLE)){filter}"));
                let count = self.place(Partial::Count, format!("count({argument}){filter}"));
                return Ok(Value::Average { sum, count });
            }
            _ => return whole(),
        };
        if let (Partial::Sum, Some(summed)) = (partial, one) {
            self.numbers_only([summed])?;
        }
        let argument = one.map(ToString::to_string).unwrap_or_default();
        Ok(self.column(partial, format!("{name}({argument}){filter}")))
    }

    fn column(&mut self, partial: Partial, sql: String) -> Value {
        Value::Column(self.place(partial, sql))
    }

    /// The place of a partial in the merged batch; the same for equal ones.
    fn place(&mut self, partial: Partial, sql: String) -> usize {
        let next = self.keys.len() + self.found.len();
        let place = *self.places.entry(sql.clone()).or_insert(next);
        if place == next {
            self.found.push((partial, sql));
        }
        place
    }

    /// Passes operands that may be numbers. Times can be calculated with too, but not here; text and booleans cannot.
    fn numbers_only<const N: usize>(&self, operands: [&Expr; N]) -> Result<(), String> {
        match operands.into_iter().find(|operand| self.is_time(operand)) {
            Some(operand) => Err(format!("It calculates with what is no number ({}) of whole groups.", shown(operand))),
            None => Ok(()),
        }
    }

    fn is_time(&self, expression: &Expr) -> bool {
        let expression = names::bare(expression);
        if names::is_event_time(expression, self.scope)
            || names::bucket_column(expression, self.scope).is_some()
            || names::is_no_number(expression, self.scope)
        {
            return true;
        }
        match expression {
            Expr::TypedString(_) | Expr::Interval(_) | Expr::AtTimeZone { .. } => true,
            Expr::Cast { data_type, .. } => {
                let name = data_type.to_string().to_lowercase();
                ["date", "time", "interval"].iter().any(|time| name.starts_with(time))
            }
            Expr::Value(value) => matches!(&value.value, Literal::SingleQuotedString(_)),
            Expr::Function(function) => walk::call(function).is_ok_and(|call| match call.name.as_str() {
                name if !call.is_macro && TIMES.split_ascii_whitespace().any(|time| time == name) => true,
                "from" | "to" if call.is_macro => true,
                "min" | "max" | "sum" | "avg" | "coalesce" | "nullif" | "round" => {
                    call.arguments.iter().any(|argument| self.is_time(argument))
                }
                _ => false,
            }),
            _ => false,
        }
    }
}

fn not_calculated(expression: &Expr) -> String {
    format!("Its {} is neither a key, nor an aggregate, nor calculated from these in a known way.", shown(expression))
}

/// `expression` as typed.
fn shown(expression: &Expr) -> String {
    let text = expression.to_string();
    excerpt(&mark::unmark(&text).unwrap_or(text))
}

fn number(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Null => Some(Value::Null),
        Literal::Number(digits, _) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().map(Value::Integer)
        }
        Literal::Number(digits, _) => digits.parse().ok().filter(|double: &f64| double.is_finite()).map(Value::Double),
        _ => None,
    }
}

fn arithmetic(operator: &BinaryOperator) -> Option<Arithmetic> {
    Some(match operator {
        BinaryOperator::Plus => Arithmetic::Add,
        BinaryOperator::Minus => Arithmetic::Subtract,
        BinaryOperator::Multiply => Arithmetic::Multiply,
        BinaryOperator::Divide => Arithmetic::Divide,
        BinaryOperator::Modulo => Arithmetic::Modulo,
        _ => return None,
    })
}

/// The small whole number that `expression` is.
fn whole(expression: &Expr) -> Option<i32> {
    match names::bare(expression) {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => whole(expr)?.checked_neg(),
        expression => names::ordinal(expression)?.parse().ok(),
    }
}
