//! Looks into expressions: whether all of one is understood, depends on nothing but rows and panel, and looks at one row or
//! at the rows of a group.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, DuplicateTreatment, Expr, Function,
    FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Ident, ObjectName, Subscript,
    UnaryOperator, Value,
};

use crate::sql::{
    excerpt,
    kind::{
        functions::{self, Role},
        mark,
        names::{self, Scope},
    },
};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where there are rows: WHERE, GROUP BY, the arguments of an aggregate.
    Rows,
    /// Where there may be groups: SELECT, HAVING, ORDER BY.
    Groups,
}

/// A function as it is called, when nothing about the call is out of the ordinary.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// Its name in lower case; of a macro as typed.
    pub name: String,
    pub is_macro: bool,
    pub arguments: Vec<&'a Expr>,
    /// `count(*)`.
    pub is_star: bool,
    pub is_distinct: bool,
    pub filter: Option<&'a Expr>,
    /// Expressions that the aggregated rows are ordered by.
    pub ordered_by: Vec<&'a Expr>,
}

/// What was found in expressions that are understood.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Found {
    pub aggregates: usize,
    pub macros: usize,
}

/// Passes `root` if all of it is understood, and adds to `found` what is in it.
///
/// # Errors
///
/// What is in the way, as a sentence.
pub(super) fn check(root: &Expr, place: Place, scope: &Scope, found: &mut Found) -> Result<(), String> {
    let mut waiting = vec![(root, place)];
    while let Some((expression, place)) = waiting.pop() {
        let mut inner = place;
        match expression {
            Expr::Function(function) => {
                let call = call(function)?;
                if role(&call, function)? == Role::Aggregate {
                    if place == Place::Rows {
                        return Err(format!("It has an aggregate ({}) where there are no groups.", shown(function)));
                    }
                    found.aggregates += 1;
                    inner = Place::Rows;
                }
                found.macros += usize::from(call.is_macro);
                check_macro(expression, &call.name, call.is_macro, scope)?;
            }
            Expr::Cast { expr, data_type, .. } if is_text(data_type) && may_be_time(expr, scope) => {
                return Err(format!(
                    "It makes text of a time ({}), which the engines write differently.",
                    excerpt(&mark::unmark(&expr.to_string()).unwrap_or_default())
                ));
            }
            Expr::Identifier(identifier) => {
                found.macros += usize::from(check_identifier(expression, identifier, scope)?);
            }
            _ => {}
        }
        waiting.extend(children(expression)?.into_iter().map(|child| (child, inner)));
    }
    Ok(())
}

fn is_text(data_type: &DataType) -> bool {
    let name = data_type.to_string().to_lowercase();
    ["varchar", "char", "text", "string"].iter().any(|text| name.starts_with(text))
}

/// Whether `expression` is a time as far as can be seen: the event's, a bucket's, or a column that holds no numbers.
fn may_be_time(expression: &Expr, scope: &Scope) -> bool {
    names::is_event_time(expression, scope)
        || names::bucket_column(expression, scope).is_some()
        || names::is_no_number(expression, scope)
}

/// How many rows `call` looks at: one, or those of a group.
fn role(call: &Call<'_>, function: &Function) -> Result<Role, String> {
    let role = if call.is_macro { functions::macro_role(&call.name) } else { functions::role(&call.name) };
    match role {
        Role::Changing => Err(changing(&call.name)),
        Role::Unknown => Err(unknown(function)),
        Role::RowWise if call.is_star || call.is_distinct || call.filter.is_some() || !call.ordered_by.is_empty() => {
            Err(not_understood(&shown(function)))
        }
        Role::RowWise | Role::Aggregate => Ok(role),
    }
}

/// Passes a name, and answers whether it is a macro's.
fn check_identifier(expression: &Expr, identifier: &Ident, scope: &Scope) -> Result<bool, String> {
    if identifier.quote_style.is_some() {
        return Ok(false);
    }
    if let Some(name) = mark::macro_of(&identifier.value) {
        // Written without parentheses, which an aggregate cannot be.
        return match functions::macro_role(name) {
            Role::RowWise => check_macro(expression, name, true, scope).map(|()| true),
            _ => Err(format!("What its $__{} means is not known.", excerpt(name))),
        };
    }
    let name = identifier.value.to_lowercase();
    match functions::role(&name) {
        Role::Changing => Err(changing(&name)),
        _ => Ok(false),
    }
}

/// What the macros about time must say so that they mean the same in every slice.
fn check_macro(expression: &Expr, name: &str, is_macro: bool, scope: &Scope) -> Result<(), String> {
    match name {
        "timeGroup" | "day" if is_macro && names::bucket_column(expression, scope).is_none() => {
            Err(format!("Its bucket $__{name} cannot be read."))
        }
        "timeFilter" if is_macro && !names::filters_event_time(expression, scope) => {
            Err("Its $__timeFilter is about another time than the event's.".to_owned())
        }
        _ => Ok(()),
    }
}

fn changing(name: &str) -> String {
    format!("It has {name}, which differs from one slice's run to another's.")
}

fn unknown(function: &Function) -> String {
    format!("It has a function that is not known ({}), which may look across rows.", shown(function))
}

fn not_understood(text: &str) -> String {
    format!("It has an expression that is not understood: {}.", excerpt(text))
}

/// The function's name as typed.
fn shown(function: &Function) -> String {
    let name = function.name.to_string();
    excerpt(&mark::unmark(&name).unwrap_or(name))
}

/// How `function` is called.
///
/// # Errors
///
/// It is a window function, or is called in a way that is not understood.
pub(super) fn call(function: &Function) -> Result<Call<'_>, String> {
    let Function { name, uses_odbc_syntax, parameters, args, filter, null_treatment, over, within_group } = function;
    if over.is_some() {
        return Err(format!("It has a window function ({}), which looks across rows.", shown(function)));
    }
    let odd = || not_understood(&shown(function));
    if *uses_odbc_syntax || *parameters != FunctionArguments::None || null_treatment.is_some() {
        return Err(odd());
    }
    let (name, is_macro) = function_name(name).ok_or_else(|| unknown(function))?;
    let mut call = Call {
        name,
        is_macro,
        arguments: Vec::new(),
        is_star: false,
        is_distinct: false,
        filter: filter.as_deref(),
        ordered_by: within_group.iter().map(|key| &key.expr).collect(),
    };
    let list = match args {
        FunctionArguments::None => return Ok(call),
        FunctionArguments::Subquery(_) => return Err(subquery()),
        FunctionArguments::List(list) => list,
    };
    call.is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    for argument in &list.args {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => call.arguments.push(expression),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if list.args.len() == 1 => call.is_star = true,
            _ => return Err(odd()),
        }
    }
    for clause in &list.clauses {
        match clause {
            FunctionArgumentClause::OrderBy(keys) => call.ordered_by.extend(keys.iter().map(|key| &key.expr)),
            _ => return Err(odd()),
        }
    }
    Ok(call)
}

/// A function's name in lower case, or a macro's as typed, and whether it is a macro.
fn function_name(name: &ObjectName) -> Option<(String, bool)> {
    let [part] = name.0.as_slice() else { return None };
    let identifier = part.as_ident()?;
    match mark::macro_of(&identifier.value) {
        Some(name) if identifier.quote_style.is_none() => Some((name.to_owned(), true)),
        _ => Some((identifier.value.to_lowercase(), false)),
    }
}

fn subquery() -> String {
    "It has a subquery, which may read rows of other slices.".to_owned()
}

/// The expressions right inside `expression`.
///
/// # Errors
///
/// It is of a sort that is not understood.
pub(super) fn children(expression: &Expr) -> Result<Vec<&Expr>, String> {
    let odd = || not_understood(&expression.to_string());
    Ok(match expression {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => Vec::new(),
        Expr::TypedString(typed) if is_plain(&typed.value.value) => Vec::new(),
        Expr::Value(value) if is_plain(&value.value) => Vec::new(),
        Expr::Function(function) => return function_children(function),
        Expr::BinaryOp { left, op, right } if is_known(op) => vec![left, right],
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => vec![left, right],
        Expr::Nested(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner) => vec![inner],
        Expr::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        Expr::Between { expr, low, high, .. } => vec![expr, low, high],
        Expr::Like { any: false, expr, pattern, .. } => vec![expr, pattern],
        Expr::Cast { kind: CastKind::Cast | CastKind::TryCast, expr, array: false, format: None, .. }
        | Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not, expr }
        | Expr::Extract { expr, .. }
        | Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) }
        | Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => vec![expr],
        Expr::AtTimeZone { timestamp, time_zone } => vec![timestamp, time_zone],
        Expr::Position { expr, r#in } => vec![expr, r#in],
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            [Some(expr), substring_from.as_ref(), substring_for.as_ref()].into_iter().flatten().map(|e| &**e).collect()
        }
        Expr::Trim { trim_what, expr, trim_characters: None, .. } => {
            trim_what.iter().chain([expr]).map(|e| &**e).collect()
        }
        Expr::Case { operand, conditions, else_result, .. } => operand
            .iter()
            .chain(else_result)
            .map(|e| &**e)
            .chain(conditions.iter().flat_map(|when| [&when.condition, &when.result]))
            .collect(),
        Expr::Tuple(all) => all.iter().collect(),
        Expr::Array(array) if array.named => array.elem.iter().collect(),
        Expr::Interval(interval) => vec![&interval.value],
        Expr::Lambda(lambda) => vec![&lambda.body],
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut all = vec![&**root];
            for access in access_chain {
                match access {
                    AccessExpr::Dot(Expr::Identifier(_)) => {}
                    AccessExpr::Subscript(Subscript::Index { index }) => all.push(index),
                    _ => return Err(odd()),
                }
            }
            all
        }
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => return Err(subquery()),
        Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_) => {
            return Err("It groups in several ways (GROUPING SETS, ROLLUP or CUBE).".to_owned());
        }
        _ => return Err(odd()),
    })
}

fn function_children(function: &Function) -> Result<Vec<&Expr>, String> {
    let call = call(function)?;
    let mut all = call.arguments;
    if call.is_macro && matches!(call.name.as_str(), "timeGroup" | "day") {
        // A bucket's width and zone may stand in quotes, macros in them; they were read as the macro reads them.
        all.retain(|argument| !matches!(argument, Expr::Value(_)));
    }
    all.extend(call.filter);
    all.extend(call.ordered_by);
    Ok(all)
}

/// A literal that means the same wherever it stands. A macro in a string may be expanded there, leg by leg.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Number(_, long) => !long,
        Value::SingleQuotedString(text) => !text.contains("$__") && !text.contains("${__"),
        Value::Boolean(_) | Value::Null => true,
        _ => false,
    }
}

/// An operator of Trino's.
fn is_known(operator: &BinaryOperator) -> bool {
    use BinaryOperator::{And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Modulo, Multiply, NotEq, Or, Plus, StringConcat};
    matches!(
        operator,
        Plus | Minus | Multiply | Divide | Modulo | StringConcat | Gt | Lt | GtEq | LtEq | Eq | NotEq | And | Or
    )
}
