//! A parsed query, rewritten: every select item named as the service names it, literals typed, time frozen, functions
//! replaced.

use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::DateTime;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DataType, Distinct, Expr, Function, GroupByExpr, Ident,
    LambdaFunction, LimitClause, OrderByKind, Query, Select, SelectItem, SetExpr, Spanned, Subscript, TableFactor,
    TrimWhereField, UnaryOperator, Value, ValueWithSpan, VisitMut, VisitorMut, WindowFrameBound, WindowType,
};

use super::grammar::{call, cast, plain_number, string};
use super::unnest::{self, Renamed};
use super::{SqlDialect, functions, tokens};
use crate::data::Millis;
use crate::engine::QueryError;

/// Ends an output column's name where a number had to be added to tell two columns of one name apart.
pub const DISAMBIGUATOR: char = '\u{1}';

/// A query that DataFusion can plan.
#[derive(Debug)]
pub struct Translated {
    /// The query.
    pub query: Query,
    /// The output columns' names that have capital letters, by their names in lower case.
    pub written_names: HashMap<String, String>,
    /// The statement's text.
    pub text: String,
}

/// Rewrites a parsed query.
///
/// # Errors
///
/// What the dialect does not have, such as a function called with too few arguments.
pub fn translate(mut query: Query, sql: &str, dialect: SqlDialect, now: Millis) -> Result<Translated, QueryError> {
    let written_names = written_names(&query, sql);
    let mut rewriter = Rewriter { dialect, now, renamed: Vec::new(), parameters: Vec::new() };
    if let ControlFlow::Break(error) = query.visit(&mut rewriter) {
        return Err(error);
    }
    Ok(Translated { query, written_names, text: sql.to_owned() })
}

/// Aliases of the outermost select as their author wrote them.
fn written_names(query: &Query, sql: &str) -> HashMap<String, String> {
    let mut body = query.body.as_ref();
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::SetOperation { left, .. } => body = left,
            SetExpr::Query(inner) => body = &inner.body,
            // DataFusion's names of the columns of VALUES, and the services' names.
            SetExpr::Values(values) => {
                let columns = values.rows.first().map_or(0, |row| row.content.len());
                return (0..columns).map(|column| (format!("column{}", column + 1), format!("_col{column}"))).collect();
            }
            _ => return HashMap::new(),
        }
    };
    let aliases = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias),
        _ => None,
    });
    aliases
        .filter_map(|alias| {
            let written = tokens::text_at(sql, alias.span.start, alias.span.end)?;
            let written = written.trim_matches('"').replace("\"\"", "\"");
            (written.to_lowercase() == alias.value && written != alias.value).then(|| (alias.value.clone(), written))
        })
        .collect()
}

/// The walk over the query.
pub(super) struct Rewriter {
    pub(super) dialect: SqlDialect,
    pub(super) now: Millis,
    /// Of the queries around the present place, innermost last: which aliases are read as which.
    renamed: Vec<Renamed>,
    /// Parameters of the lambdas around the present place.
    parameters: Vec<String>,
}

impl Rewriter {
    /// The statement's instant, as the dialect types it.
    pub(super) fn now_literal(&self) -> Expr {
        match self.dialect {
            SqlDialect::Trino => self.instant("timestamp(3) with time zone"),
            SqlDialect::Timestream => self.instant("timestamp(9)"),
        }
    }

    /// The statement's instant in UTC as this type.
    pub(super) fn instant(&self, type_name: &str) -> Expr {
        let instant = DateTime::from_timestamp_millis(self.now).unwrap_or_default();
        cast(string(&instant.format("%Y-%m-%d %H:%M:%S%.3f").to_string()), type_name)
    }
}

impl VisitorMut for Rewriter {
    type Break = QueryError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<QueryError> {
        if let Some(fetch) = query.fetch.take() {
            let offset = match query.limit_clause.take() {
                Some(LimitClause::LimitOffset { offset, .. }) => offset,
                _ => None,
            };
            let limit = fetch.quantity.or_else(|| Some(Expr::value(Value::Number("1".to_owned(), true))));
            query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: vec![] });
        }
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
            limit.iter_mut().chain(offset.iter_mut().map(|offset| &mut offset.value)).for_each(leave_number);
        }
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(expressions) = &mut order_by.kind
        {
            for order in expressions {
                if let Some(place) = place_in_output(&order.expr, &query.body) {
                    order.expr = plain_number(place);
                }
                leave_number(&mut order.expr);
            }
        }
        match unnest::rewrite(&mut query.body) {
            Ok(renamed) => {
                self.renamed.push(renamed);
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<QueryError> {
        self.renamed.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<QueryError> {
        if let Err(error) = refuse_foreign(select) {
            return ControlFlow::Break(error);
        }
        name_items(select);
        if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
            expressions.iter_mut().for_each(leave_number);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        if let Expr::Function(function) = expr {
            frame_counts(function).for_each(|count| set_left(count, true));
        }
        if let Expr::Lambda(lambda) = expr {
            self.parameters.extend(parameter_names(lambda));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        if let Expr::Lambda(lambda) = expr {
            let outer = self.parameters.len().saturating_sub(parameter_names(lambda).count());
            self.parameters.truncate(outer);
        }
        let taken = std::mem::replace(expr, Expr::value(Value::Null));
        match self.rewrite_expr(taken) {
            Ok(rewritten) => {
                *expr = rewritten;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Rewriter {
    fn rewrite_expr(&self, expr: Expr) -> Result<Expr, QueryError> {
        Ok(match expr {
            Expr::Value(ValueWithSpan { value: Value::Number(digits, false), .. }) => self.number(&digits),
            Expr::Value(ValueWithSpan { value: Value::UnicodeStringLiteral(text), .. }) => string(&text),
            Expr::CompoundIdentifier(mut names) => {
                if let Some(renamed) = self.renamed.last() {
                    unnest::rename(&mut names, renamed);
                }
                match names.split_first() {
                    // A field of a lambda's parameter; the planner looks for a table by that name.
                    Some((parameter, fields)) if self.parameters.contains(&parameter.value) => {
                        fields.iter().fold(Expr::Identifier(parameter.clone()), |row, field| {
                            call("get_field", vec![row, string(&field.value)])
                        })
                    }
                    _ => Expr::CompoundIdentifier(names),
                }
            }
            Expr::Function(mut function) => {
                // The planner reads a frame's counts only when they are plain.
                frame_counts(&mut function).for_each(|count| set_left(count, false));
                functions::rewrite(function, self)?
            }
            Expr::AtTimeZone { timestamp, time_zone } => call("at_timezone", vec![*timestamp, *time_zone]),
            Expr::Extract { field, expr, .. } => self.call(&field.to_string().to_lowercase(), vec![*expr])?,
            Expr::Between { expr, negated, low, high } => between(*expr, negated, *low, *high),
            Expr::InList { expr, list, negated } if list.len() <= 16 => in_list(&expr, list, negated),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let arguments = [Some(expr), substring_from, substring_for];
                self.call("substr", arguments.into_iter().flatten().map(|argument| *argument).collect())?
            }
            Expr::Position { expr, r#in } => self.call("strpos", vec![*r#in, *expr])?,
            Expr::Trim { trim_where, trim_what, expr, .. } => {
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                call(name, std::iter::once(*expr).chain(trim_what.map(|what| *what)).collect())
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(_) } => call("ceil", vec![*expr]),
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(_) } => call("floor", vec![*expr]),
            Expr::CompoundFieldAccess { root, access_chain } => field_access(*root, access_chain),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match *expr {
                // The number was typed before its sign was seen: the smallest bigint is no bigint without it.
                Expr::Cast { expr: number, data_type, kind, format, array } => Expr::Cast {
                    expr: Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: number }),
                    data_type,
                    kind,
                    format,
                    array,
                },
                other => call("negate", vec![other]),
            },
            other => other,
        })
    }

    /// A call of a function that was written as something else.
    fn call(&self, name: &str, arguments: Vec<Expr>) -> Result<Expr, QueryError> {
        match call(name, arguments) {
            Expr::Function(function) => functions::rewrite(function, self),
            other => Ok(other),
        }
    }

    /// A number literal with its type: integer or bigint, decimal in Trino, double with an exponent or in Timestream.
    fn number(&self, digits: &str) -> Expr {
        let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        let data_type = if is_whole {
            match digits.parse::<i64>() {
                Ok(number) if i32::try_from(number).is_ok() => DataType::Int(None),
                // One more than the greatest bigint can only be the smallest without its sign.
                Ok(_) => DataType::BigInt(None),
                Err(_) if digits == "9223372036854775808" => DataType::BigInt(None),
                Err(_) => return cast(string(digits), &format!("decimal({},0)", digits.len().min(38))),
            }
        } else if digits.contains(['e', 'E']) || self.dialect == SqlDialect::Timestream {
            return cast(string(digits), "double");
        } else {
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let whole = whole.trim_start_matches('0');
            let precision = (whole.len() + fraction.len()).clamp(1, 38);
            return cast(string(digits), &format!("decimal({precision},{})", fraction.len()));
        };
        Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(Expr::value(Value::Number(digits.to_owned(), true))),
            data_type,
            format: None,
            array: false,
        }
    }
}

/// The place of the output column that is this very expression, from 1. DataFusion does not always see that it is.
fn place_in_output(expr: &Expr, body: &SetExpr) -> Option<i64> {
    let SetExpr::Select(select) = body else { return None };
    if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_)) {
        return None;
    }
    let has_star = select
        .projection
        .iter()
        .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    let place = select.projection.iter().position(|item| match item {
        SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. } => item == expr,
        _ => false,
    })?;
    if has_star { None } else { i64::try_from(place + 1).ok() }
}

/// Marks a number that is a place or a count, not a value, so that it stays as it is.
fn leave_number(expr: &mut Expr) {
    set_left(expr, true);
}

fn set_left(expr: &mut Expr, left: bool) {
    if let Expr::Value(ValueWithSpan { value: Value::Number(_, mark), .. }) = expr {
        *mark = left;
    }
}

/// The counts of a window frame's bounds.
fn frame_counts(function: &mut Function) -> impl Iterator<Item = &mut Expr> {
    let frame = match &mut function.over {
        Some(WindowType::WindowSpec(window)) => window.window_frame.as_mut(),
        _ => None,
    };
    let bounds =
        frame.into_iter().flat_map(|frame| std::iter::once(&mut frame.start_bound).chain(&mut frame.end_bound));
    bounds.filter_map(|bound| match bound {
        WindowFrameBound::Preceding(Some(count)) | WindowFrameBound::Following(Some(count)) => Some(count.as_mut()),
        _ => None,
    })
}

fn parameter_names(lambda: &LambdaFunction) -> impl Iterator<Item = String> {
    let parameters: Vec<_> = lambda.params.iter().map(|parameter| parameter.name.value.clone()).collect();
    parameters.into_iter()
}

/// Refuses what DataFusion understands, or passes over, and the services do not.
fn refuse_foreign(select: &Select) -> Result<(), QueryError> {
    let (line, column) = place(select);
    if matches!(select.distinct, Some(Distinct::On(_))) {
        return Err(QueryError::Syntax {
            line,
            column,
            message: "mismatched input 'ON'. Expecting: <expression>".to_owned(),
        });
    }
    let is_sampled = |factor: &TableFactor| {
        matches!(factor, TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. })
    };
    let sampled = select
        .from
        .iter()
        .any(|table| is_sampled(&table.relation) || table.joins.iter().any(|join| is_sampled(&join.relation)));
    if sampled {
        return Err(QueryError::Semantic(format!(
            "NOT_SUPPORTED: line {line}:{column}: The sandbox does not sample tables"
        )));
    }
    Ok(())
}

/// Gives every select item the name that the service gives its column.
fn name_items(select: &mut Select) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (position, item) in select.projection.iter_mut().enumerate() {
        let (expr, name) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            _ => continue,
        };
        let name = name.or_else(|| natural_name(expr)).unwrap_or_else(|| format!("_col{position}"));
        let repeats = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(0);
        let name = if *repeats == 0 { name } else { format!("{name}{DISAMBIGUATOR}{repeats}") };
        let expr = std::mem::replace(expr, Expr::value(Value::Null));
        *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) };
    }
}

/// The name of a column or of a row's field; other expressions have none.
fn natural_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.clone()),
        Expr::Nested(inner) => natural_name(inner),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(name))) => Some(name.value.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `low <= expr AND expr <= high`, so that the types are checked as those of any comparison.
fn between(expr: Expr, negated: bool, low: Expr, high: Expr) -> Expr {
    let above = binary(expr.clone(), BinaryOperator::GtEq, low);
    let below = binary(expr, BinaryOperator::LtEq, high);
    negate_if(negated, binary(above, BinaryOperator::And, below))
}

/// Comparisons joined by OR, for the same reason.
fn in_list(expr: &Expr, list: Vec<Expr>, negated: bool) -> Expr {
    let matches = list.into_iter().map(|item| binary(expr.clone(), BinaryOperator::Eq, item));
    let any = matches.reduce(|left, right| binary(left, BinaryOperator::Or, right));
    negate_if(negated, any.unwrap_or_else(|| Expr::value(Value::Boolean(false))))
}

fn negate_if(negated: bool, expr: Expr) -> Expr {
    let nested = Expr::Nested(Box::new(expr));
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(nested) } } else { nested }
}

pub(super) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// `value.field` and `value[key]`, one call each, in order.
fn field_access(root: Expr, chain: Vec<AccessExpr>) -> Expr {
    // A name with a dot may be a table's column: only the planner knows.
    let mut names = match root {
        Expr::Identifier(name) => Ok(vec![name]),
        Expr::CompoundIdentifier(names) => Ok(names),
        other => Err(other),
    };
    let mut value = None;
    for access in chain {
        match (access, &mut names, &mut value) {
            (AccessExpr::Dot(Expr::Identifier(field)), Ok(names), None) => names.push(field),
            (access, _, _) => {
                let base = value.take().unwrap_or_else(|| base(std::mem::replace(&mut names, Ok(vec![]))));
                value = Some(match access {
                    AccessExpr::Dot(Expr::Identifier(field)) => call("get_field", vec![base, string(&field.value)]),
                    AccessExpr::Dot(other) => call("get_field", vec![base, other]),
                    AccessExpr::Subscript(subscript) => call("subscript", vec![base, subscript_index(subscript)]),
                });
            }
        }
    }
    value.unwrap_or_else(|| base(names))
}

fn base(names: Result<Vec<Ident>, Expr>) -> Expr {
    match names {
        Ok(mut names) if names.len() == 1 => names.pop().map_or_else(|| Expr::value(Value::Null), Expr::Identifier),
        Ok(names) => Expr::CompoundIdentifier(names),
        Err(other) => other,
    }
}

fn subscript_index(subscript: Subscript) -> Expr {
    match subscript {
        Subscript::Index { index } => index,
        Subscript::Slice { .. } => Expr::value(Value::Null),
    }
}

/// Where an expression stands in the text.
pub(super) fn place(expr: &impl Spanned) -> (u64, u64) {
    let start = expr.span().start;
    (start.line.max(1), start.column.max(1))
}
