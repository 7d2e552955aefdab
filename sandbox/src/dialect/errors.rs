//! DataFusion's errors in the services' words, with the place in the statement where it can be found.

use datafusion::common::{DataFusionError, SchemaError};

use super::SqlDialect;
use crate::engine::QueryError;

/// The error that the service answers for one of DataFusion's. `sql` is the statement as it was written.
#[must_use]
pub fn service_error(error: &DataFusionError, sql: &str, dialect: SqlDialect) -> QueryError {
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => semantic(&schema_error(schema, sql), dialect),
        DataFusionError::Plan(message) => semantic(&plan_error(message, sql), dialect),
        DataFusionError::NotImplemented(message) => semantic(&format!("NOT_SUPPORTED: {message}"), dialect),
        DataFusionError::SQL(error, _) => QueryError::Syntax { line: 1, column: 1, message: error.to_string() },
        DataFusionError::ResourcesExhausted(_) => QueryError::Execution(with_code(
            "EXCEEDED_LOCAL_MEMORY_LIMIT: Query exceeded the memory limit of the sandbox. Read fewer rows or group by less.",
            dialect,
        )),
        DataFusionError::Execution(message) => {
            let message = first_line(message);
            if is_semantic(message) {
                semantic(&placed(message, sql), dialect)
            } else {
                QueryError::Execution(with_code(message, dialect))
            }
        }
        DataFusionError::ArrowError(error, _) => match error.as_ref() {
            arrow::error::ArrowError::DivideByZero => {
                QueryError::Execution(with_code("DIVISION_BY_ZERO: Division by zero", dialect))
            }
            error => QueryError::Execution(with_code(&format!("GENERIC_USER_ERROR: {error}"), dialect)),
        },
        other => {
            let message = other.strip_backtrace();
            if message.contains("Divide by zero") {
                return QueryError::Execution(with_code("DIVISION_BY_ZERO: Division by zero", dialect));
            }
            QueryError::Execution(with_code(&format!("GENERIC_INTERNAL_ERROR: {}", first_line(&message)), dialect))
        }
    }
}

fn semantic(message: &str, dialect: SqlDialect) -> QueryError {
    QueryError::Semantic(with_code(message, dialect))
}

/// Errors that the planner finds, whatever it calls them.
fn is_semantic(message: &str) -> bool {
    ["TYPE_MISMATCH", "FUNCTION_NOT_FOUND", "NOT_SUPPORTED"].iter().any(|code| message.starts_with(code))
}

/// Athena begins a message with the error's name, Timestream does not.
fn with_code(message: &str, dialect: SqlDialect) -> String {
    let message = if dialect == SqlDialect::Timestream { &message.replace("awsdatacatalog.", "") } else { message };
    if dialect == SqlDialect::Trino {
        return message.to_owned();
    }
    match message.split_once(": ") {
        Some((code, rest)) if code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') => rest.to_owned(),
        _ => message.to_owned(),
    }
}

fn schema_error(error: &SchemaError, sql: &str) -> String {
    match error {
        SchemaError::FieldNotFound { field, .. } => {
            let place = place_of(field.name(), sql);
            format!("COLUMN_NOT_FOUND: {place}Column '{}' cannot be resolved", field.flat_name().replace('"', ""))
        }
        SchemaError::AmbiguousReference { field } => {
            let place = place_of(field.name(), sql);
            format!("AMBIGUOUS_NAME: {place}Column '{}' is ambiguous", field.name())
        }
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            format!("DUPLICATE_COLUMN_NAME: {}Column name '{name}' specified more than once", place_of(name, sql))
        }
    }
}

fn plan_error(message: &str, sql: &str) -> String {
    let message = first_line(message);
    let quoted = || message.split('\'').nth(1).unwrap_or_default();
    if message.starts_with("table ") && message.ends_with("not found") {
        let name = quoted().replace('"', "");
        let table = name.rsplit('.').next().unwrap_or_default();
        return format!("TABLE_NOT_FOUND: {}Table '{name}' does not exist", place_of(table, sql));
    }
    if message.starts_with("Invalid function") {
        let name = quoted();
        return format!("FUNCTION_NOT_FOUND: {}Function '{name}' not registered", place_of(name, sql));
    }
    if let Some(column) = message.strip_prefix("Column in SELECT must be in GROUP BY or an aggregate function: ") {
        let column = column.split('"').nth(1).or_else(|| column.split('\'').nth(1)).unwrap_or(column);
        let column = column.rsplit('.').next().unwrap_or(column);
        return format!(
            "EXPRESSION_NOT_AGGREGATE: {}'{column}' must be an aggregate expression or appear in GROUP BY clause",
            place_of(column, sql)
        );
    }
    if let Some(rest) = message.find(": ").map(|at| &message[..at])
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        return placed(message, sql);
    }
    format!("SYNTAX_ERROR: {message}")
}

/// Puts the place of the operator or function in which the error is before its words.
fn placed(message: &str, sql: &str) -> String {
    let Some((code, words)) = message.split_once(": ") else { return message.to_owned() };
    let place = if let Some((_, name)) = words.rsplit_once("for function ") {
        place_of(name, sql)
    } else if let Some(types) = words.strip_prefix("Cannot apply operator: ") {
        types
            .split(' ')
            .find(|word| word.starts_with(|first: char| first.is_ascii_punctuation()))
            .map_or_else(String::new, |operator| place_of_operator(operator, sql))
    } else {
        String::new()
    };
    format!("{code}: {place}{words}")
}

/// `line 1:8: ` of a name's first use as a whole word; nothing if it is not in the text.
fn place_of(name: &str, sql: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    for (line, text) in sql.lines().enumerate() {
        let folded = text.to_lowercase();
        let found = folded.match_indices(&name.to_lowercase()).find(|(at, found)| {
            !folded[..*at].chars().next_back().is_some_and(is_part)
                && !folded[at + found.len()..].chars().next().is_some_and(is_part)
        });
        if let Some((at, _)) = found {
            // A qualified name begins with its first part.
            let at = folded[..at].trim_end_matches(|before: char| is_part(before) || matches!(before, '.' | '"')).len();
            return format!("line {}:{}: ", line + 1, folded[..at].chars().count() + 1);
        }
    }
    String::new()
}

/// The place of an operator, if it is the only one of its kind.
fn place_of_operator(operator: &str, sql: &str) -> String {
    let mut found = sql.lines().enumerate().flat_map(|(line, text)| {
        text.match_indices(operator).map(move |(at, _)| (line + 1, text[..at].chars().count() + 1))
    });
    match (found.next(), found.next()) {
        (Some((line, column)), None) => format!("line {line}:{column}: "),
        _ => String::new(),
    }
}

/// Without suggestions and backtraces.
fn first_line(message: &str) -> &str {
    let line = message.lines().next().unwrap_or(message);
    line.trim()
}
