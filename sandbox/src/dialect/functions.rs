//! Functions that DataFusion has by another name, of another type, or not as a function: a table of rewrite rules.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident, ObjectName, OrderByExpr, OrderByOptions, UnaryOperator, Value,
    helpers::attached_token::AttachedToken, visit_expressions_mut,
};

use super::SqlDialect;
use super::grammar::{CAST, TRY_CAST, call, cast, plain_number, string};
use super::rewrite::{Rewriter, binary, place};
use crate::engine::QueryError;

/// Functions that only have another name.
const RENAMED: &[(&str, &str)] = &[
    ("arbitrary", "any_value"),
    ("arrays_overlap", "array_has_any"),
    ("ceiling", "ceil"),
    ("contains", "array_has"),
    ("day_of_month", "day"),
    ("dow", "day_of_week"),
    ("doy", "day_of_year"),
    ("every", "bool_and"),
    ("filter", "array_filter"),
    ("pow", "power"),
    ("rand", "random"),
    ("stddev", "stddev_samp"),
    ("transform", "array_transform"),
    ("any_match", "array_any_match"),
    ("variance", "var_samp"),
    ("week_of_year", "week"),
    ("yow", "year_of_week"),
];

/// Functions whose result is a bigint here and an unsigned or shorter integer in DataFusion, with DataFusion's name.
const BIGINT: &[(&str, &str)] = &[
    ("approx_distinct", "approx_distinct"),
    ("array_position", "array_position_or_zero"),
    ("codepoint", "ascii"),
    ("dense_rank", "dense_rank"),
    ("length", "character_length"),
    ("levenshtein_distance", "levenshtein"),
    ("ntile", "ntile"),
    ("rank", "rank"),
    ("regexp_count", "regexp_count"),
    ("row_number", "row_number"),
    ("strpos", "strpos"),
];

/// How a function is rewritten.
type Rule = fn(Call, &Rewriter) -> Result<Expr, QueryError>;

/// Functions that become something else: name, fewest and most arguments, rule.
const RULES: &[(&str, usize, usize, Rule)] = &[
    ("ago", 1, 1, |call, rewriter| Ok(binary(rewriter.now_literal(), BinaryOperator::Minus, call.argument(0)))),
    ("all_match", 2, 2, |call, _| Ok(call.all_match())),
    ("approx_percentile", 2, 3, |call, _| Ok(call.approx_percentile())),
    ("avg", 1, 1, |call, rewriter| Ok(call.average(rewriter))),
    ("cardinality", 1, 1, |call, _| Ok(bigint(call.renamed("cardinality")))),
    ("concat", 2, 127, |call, _| Ok(call.concat())),
    ("count_if", 1, 1, |call, _| Ok(call.count_if())),
    ("create_time_series", 2, 2, |call, _| Ok(call.time_series())),
    ("current_date", 0, 0, |_, rewriter| Ok(rewriter.instant("date"))),
    ("current_time", 0, 0, |_, rewriter| Ok(rewriter.instant("time"))),
    ("current_timestamp", 0, 1, |call, rewriter| Ok(call.current_timestamp(rewriter))),
    ("current_timezone", 0, 0, |_, _| Ok(string("UTC"))),
    ("e", 0, 0, |_, _| Ok(cast(string("2.718281828459045"), "double"))),
    ("from_iso8601_timestamp", 1, 1, |call, rewriter| Ok(call.iso8601_timestamp(rewriter))),
    ("geometric_mean", 1, 1, |call, _| Ok(call.geometric_mean())),
    ("greatest", 1, 127, |call, _| Ok(call.null_if_any_null())),
    ("histogram", 1, 1, |call, _| Ok(call.histogram())),
    ("if", 2, 3, |call, _| Ok(call.conditional())),
    ("infinity", 0, 0, |_, _| Ok(cast(string("Infinity"), "double"))),
    ("is_nan", 1, 1, |call, _| Ok(call.renamed("isnan"))),
    ("least", 1, 127, |call, _| Ok(call.null_if_any_null())),
    ("listagg", 1, 2, |call, _| Ok(call.string_agg())),
    ("localtime", 0, 0, |_, rewriter| Ok(rewriter.instant("time"))),
    ("localtimestamp", 0, 1, |_, rewriter| Ok(rewriter.instant("timestamp(3)"))),
    ("log", 2, 2, |call, _| Ok(call.renamed("log"))),
    ("map_agg", 2, 2, |call, _| Ok(call.map_agg())),
    ("max_by", 2, 2, |call, _| Ok(call.first_by(true))),
    ("min_by", 2, 2, |call, _| Ok(call.first_by(false))),
    ("mod", 2, 2, |mut call, _| Ok(binary(call.take(0), BinaryOperator::Modulo, call.take(1)))),
    ("nan", 0, 0, |_, _| Ok(cast(string("NaN"), "double"))),
    ("none_match", 2, 2, |call, _| Ok(not(call.renamed("array_any_match")))),
    ("now", 0, 0, |_, rewriter| Ok(rewriter.now_literal())),
    ("replace", 2, 3, |call, _| Ok(call.replace())),
    ("sum", 1, 1, |call, rewriter| Ok(call.sum(rewriter))),
    ("to_iso8601", 1, 1, |call, rewriter| Ok(call.iso8601_text(rewriter))),
    (CAST, 2, 2, |call, rewriter| Ok(call.cast(rewriter))),
    (TRY_CAST, 2, 2, |call, rewriter| Ok(call.cast(rewriter))),
    ("try", 1, 1, |call, _| Ok(attempt(call.argument(0)))),
];

/// Rewrites one call, its arguments already rewritten.
///
/// # Errors
///
/// A number of arguments that the function does not take.
pub(super) fn rewrite(function: Function, rewriter: &Rewriter) -> Result<Expr, QueryError> {
    let call = Call::new(function);
    let name = call.name.clone();
    if let Some((_, fewest, most, rule)) = RULES.iter().find(|(rule, ..)| *rule == name) {
        let count = call.arguments.len();
        if !(*fewest..=*most).contains(&count) {
            let (line, column) = call.place;
            let expected = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
            return Err(QueryError::Semantic(format!(
                "FUNCTION_NOT_FOUND: line {line}:{column}: Unexpected number of arguments ({count}) for function {name}. \
                 Expected: {expected}"
            )));
        }
        return rule(call, rewriter);
    }
    if let Some((_, target)) = BIGINT.iter().find(|(from, _)| *from == name) {
        return Ok(bigint(call.renamed(target)));
    }
    if let Some((_, target)) = RENAMED.iter().find(|(from, _)| *from == name) {
        return Ok(call.renamed(target));
    }
    if name == "date" {
        return Ok(cast(call.argument(0), "date"));
    }
    Ok(Expr::Function(call.function))
}

/// A call being rewritten.
struct Call {
    name: String,
    place: (u64, u64),
    arguments: Vec<Expr>,
    function: Function,
}

impl Call {
    fn new(function: Function) -> Self {
        let name =
            function.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone()).unwrap_or_default();
        let place = place(&function.name);
        let arguments = match &function.args {
            FunctionArguments::List(list) => list
                .args
                .iter()
                .filter_map(|argument| match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { name, place, arguments, function }
    }

    fn argument(mut self, position: usize) -> Expr {
        self.take(position)
    }

    fn take(&mut self, position: usize) -> Expr {
        match self.arguments.get_mut(position) {
            Some(argument) => std::mem::replace(argument, Expr::value(Value::Null)),
            None => Expr::value(Value::Null),
        }
    }

    /// The same call of another function, with all that belongs to it.
    fn renamed(mut self, name: &str) -> Expr {
        self.function.name = ObjectName::from(vec![Ident::new(name)]);
        Expr::Function(self.function)
    }

    /// A call of an aggregate with other arguments, and with this one's filter and window.
    fn aggregate(&self, name: &str, arguments: Vec<Expr>) -> Function {
        let mut function = self.function.clone();
        function.name = ObjectName::from(vec![Ident::new(name)]);
        if let FunctionArguments::List(list) = &mut function.args {
            list.args =
                arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
        }
        function
    }

    fn count_if(mut self) -> Expr {
        let condition = self.take(0);
        Expr::Function(self.aggregate("count", vec![when(condition, plain_number(1), None)]))
    }

    /// The value where another is greatest or least; where that one is null it does not count.
    fn first_by(mut self, greatest: bool) -> Expr {
        let (value, key) = (self.take(0), self.take(1));
        let mut function = self.aggregate("first_value", vec![value]);
        let present = Expr::IsNotNull(Box::new(key.clone()));
        function.filter = Some(Box::new(match function.filter.take() {
            Some(filter) => binary(Expr::Nested(filter), BinaryOperator::And, present),
            None => present,
        }));
        if let FunctionArguments::List(list) = &mut function.args {
            list.clauses = vec![FunctionArgumentClause::OrderBy(vec![order(key, !greatest)])];
        }
        Expr::Function(function)
    }

    fn time_series(mut self) -> Expr {
        let (time, value) = (self.take(0), self.take(1));
        let point = call("named_struct", vec![string("time"), time.clone(), string("value"), value]);
        let mut function = self.aggregate("array_agg", vec![point]);
        if let FunctionArguments::List(list) = &mut function.args {
            list.clauses = vec![FunctionArgumentClause::OrderBy(vec![order(time, true)])];
        }
        call("as_time_series", vec![Expr::Function(function)])
    }

    fn map_agg(mut self) -> Expr {
        let (key, value) = (self.take(0), self.take(1));
        let keys = Expr::Function(self.aggregate("array_agg", vec![key]));
        let values = Expr::Function(self.aggregate("array_agg", vec![value]));
        call("map_of_first", vec![keys, values])
    }

    fn string_agg(mut self) -> Expr {
        let value = self.take(0);
        let separator = if self.arguments.len() > 1 { self.take(1) } else { string("") };
        let order_by = std::mem::take(&mut self.function.within_group);
        let mut function = self.aggregate("string_agg", vec![value, separator]);
        if let FunctionArguments::List(list) = &mut function.args
            && !order_by.is_empty()
        {
            list.clauses = vec![FunctionArgumentClause::OrderBy(order_by)];
        }
        Expr::Function(function)
    }

    /// A mean of decimals is one of the same type.
    fn average(mut self, rewriter: &Rewriter) -> Expr {
        if rewriter.dialect == SqlDialect::Timestream {
            return self.renamed("avg");
        }
        let value = self.take(0);
        let greatest = Expr::Function(self.aggregate("max", vec![value.clone()]));
        call("decimal_like", vec![Expr::Function(self.aggregate("avg", vec![value])), greatest])
    }

    /// A sum of decimals has all the digits there are.
    fn sum(self, rewriter: &Rewriter) -> Expr {
        match rewriter.dialect {
            SqlDialect::Trino => call("decimal_of_38_digits", vec![self.renamed("sum")]),
            SqlDialect::Timestream => self.renamed("sum"),
        }
    }

    fn histogram(mut self) -> Expr {
        let value = self.take(0);
        call("map_of_counts", vec![Expr::Function(self.aggregate("array_agg", vec![value]))])
    }

    fn geometric_mean(mut self) -> Expr {
        let logarithm = call("ln", vec![self.take(0)]);
        call("exp", vec![Expr::Function(self.aggregate("avg", vec![logarithm]))])
    }

    /// One percentile, or an array of them; a weight in between is not looked at when it is absent.
    fn approx_percentile(mut self) -> Expr {
        let value = self.take(0);
        let fraction = self.take(self.arguments.len() - 1);
        let one = |fraction: Expr| {
            let fraction = literal_double(fraction);
            let percentile = Expr::Function(self.aggregate("approx_percentile_cont", vec![value.clone(), fraction]));
            // A percentile is of the values' type; only an aggregate of them can stand beside another.
            call("cast_like", vec![percentile, Expr::Function(self.aggregate("max", vec![value.clone()]))])
        };
        match fraction {
            Expr::Array(array) => call("make_array", array.elem.into_iter().map(one).collect()),
            fraction => one(fraction),
        }
    }

    fn concat(mut self) -> Expr {
        let mut parts = std::mem::take(&mut self.arguments).into_iter();
        let first = parts.next().unwrap_or_else(|| string(""));
        Expr::Nested(Box::new(parts.fold(first, |left, right| binary(left, BinaryOperator::StringConcat, right))))
    }

    fn conditional(mut self) -> Expr {
        let (condition, value) = (self.take(0), self.take(1));
        let otherwise = (self.arguments.len() > 2).then(|| self.take(2));
        when(condition, value, otherwise)
    }

    fn null_if_any_null(self) -> Expr {
        let any_null = self
            .arguments
            .iter()
            .map(|argument| Expr::IsNull(Box::new(argument.clone())))
            .reduce(|left, right| binary(left, BinaryOperator::Or, right));
        let name = self.name.clone();
        let value = self.renamed(&name);
        match any_null {
            Some(any_null) => when(any_null, Expr::value(Value::Null), Some(value)),
            None => value,
        }
    }

    /// Timestream's timestamps have nanoseconds, and no zone.
    fn cast(self, rewriter: &Rewriter) -> Expr {
        let name = self.name.clone();
        match self.arguments.as_slice() {
            [value, Expr::Value(target)] if rewriter.dialect == SqlDialect::Timestream => {
                let target = target.value.to_string().trim_matches('\'').replace("timestamp(3)", "timestamp(9)");
                call(&name, vec![value.clone(), string(&target)])
            }
            _ => self.renamed(&name),
        }
    }

    fn iso8601_timestamp(self, rewriter: &Rewriter) -> Expr {
        match rewriter.dialect {
            SqlDialect::Trino => self.renamed("from_iso8601_timestamp"),
            SqlDialect::Timestream => cast(self.renamed("from_iso8601_timestamp_nanos"), "timestamp(9)"),
        }
    }

    fn iso8601_text(self, rewriter: &Rewriter) -> Expr {
        match rewriter.dialect {
            SqlDialect::Trino => self.renamed("to_iso8601"),
            SqlDialect::Timestream => {
                call("to_iso8601", vec![call("at_timezone", vec![self.argument(0), string("UTC")])])
            }
        }
    }

    fn all_match(mut self) -> Expr {
        let (array, predicate) = (self.take(0), self.take(1));
        let Expr::Lambda(mut lambda) = predicate else { return call("array_any_match", vec![array, predicate]) };
        lambda.body = Box::new(not(Expr::Nested(lambda.body)));
        not(call("array_any_match", vec![array, Expr::Lambda(lambda)]))
    }

    fn replace(mut self) -> Expr {
        let replacement = if self.arguments.len() > 2 { self.take(2) } else { string("") };
        call("replace", vec![self.take(0), self.take(1), replacement])
    }

    fn current_timestamp(self, rewriter: &Rewriter) -> Expr {
        match self.arguments.first() {
            Some(Expr::Cast { expr, .. }) => rewriter.instant(&format!("timestamp({expr}) with time zone")),
            _ => rewriter.now_literal(),
        }
    }
}

fn when(condition: Expr, value: Expr, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result: value }],
        else_result: otherwise.map(Box::new),
    }
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) }
}

fn order(expr: Expr, ascending: bool) -> OrderByExpr {
    OrderByExpr { expr, options: OrderByOptions { asc: Some(ascending), nulls_first: Some(false) }, with_fill: None }
}

/// DataFusion's own cast, which keeps a null a null of the type.
fn bigint(expr: Expr) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::BigInt(None),
        format: None,
        array: false,
    }
}

/// A literal that was typed, as a double that DataFusion sees as a literal.
fn literal_double(expr: Expr) -> Expr {
    let Expr::Function(function) = &expr else { return expr };
    let FunctionArguments::List(list) = &function.args else { return expr };
    match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(literal @ Expr::Value(_)))) => Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(literal.clone()),
            data_type: DataType::Double(ExactNumberInfo::None),
            format: None,
            array: false,
        },
        _ => expr,
    }
}

/// `try(..)`: what can fail within becomes what answers null instead.
fn attempt(mut expr: Expr) -> Expr {
    let _ = visit_expressions_mut(&mut expr, |part| {
        match part {
            Expr::Function(function) => {
                if let Some(name) = function.name.0.last().and_then(|part| part.as_ident())
                    && let Some(safe) = super::udf::null_on_failure(&name.value)
                {
                    function.name = ObjectName::from(vec![Ident::new(safe)]);
                }
            }
            Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, right, .. } => {
                let divisor = std::mem::replace(right.as_mut(), Expr::value(Value::Null));
                **right = call("zero_to_null", vec![divisor]);
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    expr
}
