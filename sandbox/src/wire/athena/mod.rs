//! Athena: executions that take their time, their results, workgroups, and the catalog.

mod catalog;
mod columns;
mod executions;
mod file;
mod results;
mod start;
mod statement;
mod workgroups;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    api::Api,
    aws_error::AwsError,
    dispatch::{Answer, Incoming},
};
pub(super) use executions::Athena;
pub use file::csv as result_file;

/// What is understood.
pub(super) const OPERATIONS: [&str; 14] = [
    "StartQueryExecution",
    "GetQueryExecution",
    "BatchGetQueryExecution",
    "StopQueryExecution",
    "GetQueryResults",
    "ListQueryExecutions",
    "GetWorkGroup",
    "ListWorkGroups",
    "GetDataCatalog",
    "ListDataCatalogs",
    "GetDatabase",
    "ListDatabases",
    "GetTableMetadata",
    "ListTableMetadata",
];

/// Answers a call.
///
/// # Errors
///
/// As Athena does.
pub(super) fn answer(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let (body, subject) = match incoming.operation {
        "StartQueryExecution" => start::start(incoming)?,
        "GetQueryExecution" => executions::get(incoming)?,
        "BatchGetQueryExecution" => (executions::batch_get(incoming)?, None),
        "StopQueryExecution" => executions::stop(incoming)?,
        "GetQueryResults" => return results::answer(incoming),
        "ListQueryExecutions" => (executions::list(incoming)?, None),
        "GetWorkGroup" => (workgroups::get(incoming)?, None),
        "ListWorkGroups" => (workgroups::list(incoming)?, None),
        "GetDataCatalog" => (catalog::data_catalog(incoming)?, None),
        "ListDataCatalogs" => (catalog::data_catalogs(incoming)?, None),
        "GetDatabase" => (catalog::database(incoming)?, None),
        "ListDatabases" => (catalog::databases(incoming)?, None),
        "GetTableMetadata" => (catalog::table(incoming)?, None),
        _ => (catalog::tables(incoming)?, None),
    };
    Ok(Answer::json(Api::Athena, body.to_string(), subject))
}

/// What Athena answers to most mistakes.
fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidRequestException", message)
}

/// The members every list request has.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Paging {
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// One page of a list: the entries from the token on, at most `MaxResults` and at most the sandbox's own page size.
fn list_page<T: Clone>(incoming: Incoming<'_>, entries: &[T]) -> Result<(Vec<T>, Option<String>), AwsError> {
    let paging: Paging = incoming.input()?;
    if paging.max_results == Some(0) {
        return Err(invalid("MaxResults must be at least 1"));
    }
    let first = match &paging.next_token {
        None => 0,
        Some(token) => token
            .strip_prefix("after-")
            .and_then(|place| place.parse().ok())
            .ok_or_else(|| invalid("The pagination token is invalid."))?,
    };
    let size = paging.max_results.unwrap_or(usize::MAX).min(incoming.state.options.catalog_page_size.max(1));
    let page: Vec<T> = entries.iter().skip(first).take(size).cloned().collect();
    let next = first + page.len();
    Ok((page, (next < entries.len()).then(|| format!("after-{next}"))))
}

/// A list's answer: its entries under `name`, and the token of the next page.
fn list_body(name: &str, page: (Vec<Value>, Option<String>)) -> Value {
    let mut body = serde_json::Map::new();
    body.insert(name.to_owned(), Value::Array(page.0));
    if let Some(token) = page.1 {
        body.insert("NextToken".to_owned(), Value::String(token));
    }
    Value::Object(body)
}

/// A member that must be there.
fn required<T: DeserializeOwned>(incoming: Incoming<'_>, name: &str) -> Result<T, AwsError> {
    incoming
        .input
        .get(name)
        .and_then(|value| serde_json::from_value(value.clone()).ok())
        .ok_or_else(|| invalid(format!("{name} is required.")))
}
