//! Timestream Query: DescribeEndpoints, Query with its pages, CancelQuery.
//!
//! A query runs to its end on the first call and its result stays as it was then, so that all pages come from one
//! snapshot; what AWS computes while a client pages is only played.

mod datum;
mod queries;

use std::sync::{Arc, atomic::Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use self::queries::{Position, StoredQuery};
use super::{
    api::Api,
    aws_error::AwsError,
    dispatch::{Answer, Incoming},
    faults::Kind,
};
use crate::engine::{QueryContext, QueryError, Service};
pub(super) use queries::Timestream;

/// What is understood.
pub(super) const OPERATIONS: [&str; 3] = ["DescribeEndpoints", "Query", "CancelQuery"];

const MAX_STATEMENT: usize = 262_144;
const MAX_ROWS: usize = 1000;
const MAX_TOKEN: usize = 2048;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryInput {
    #[serde(default)]
    query_string: String,
    client_token: Option<String>,
    next_token: Option<String>,
    max_rows: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CancelInput {
    #[serde(default)]
    query_id: String,
}

/// Answers a call.
///
/// # Errors
///
/// As Timestream does.
pub(super) async fn answer(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    match incoming.operation {
        "DescribeEndpoints" => {
            let address = incoming.state.address.to_string();
            let body = json!({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}).to_string();
            Ok(Answer::json(Api::Timestream, body, None))
        }
        "Query" => query(incoming).await,
        _ => cancel(incoming),
    }
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("ValidationException", message)
}

/// The constraints of the API's model.
fn check(input: &QueryInput) -> Result<(), AwsError> {
    let length = input.query_string.chars().count();
    let broken = |name: &str, constraint: &str| {
        let message = format!(
            "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must {constraint}"
        );
        Err(invalid(message))
    };
    if length == 0 || length > MAX_STATEMENT {
        return broken("queryString", "have length between 1 and 262144");
    }
    if input.client_token.as_ref().is_some_and(|token| !(32..=128).contains(&token.len())) {
        return broken("clientToken", "have length between 32 and 128");
    }
    if input.next_token.as_ref().is_some_and(|token| token.is_empty() || token.len() > MAX_TOKEN) {
        return broken("nextToken", "have length between 1 and 2048");
    }
    if input.max_rows.is_some_and(|rows| !(1..=MAX_ROWS).contains(&rows)) {
        return broken("maxRows", "have value between 1 and 1000");
    }
    Ok(())
}

async fn query(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let input: QueryInput = incoming.input()?;
    check(&input)?;
    let timestream = &incoming.state.timestream;
    let (query, position) = match &input.next_token {
        Some(_) if incoming.meets(Kind::ExpiredPageToken) => return Err(invalid("The NextToken has expired.")),
        Some(token) => timestream.resume(token, &input.query_string)?,
        None => (first_call(incoming, &input).await?, Position::default()),
    };
    if query.cancelled.load(Ordering::Relaxed) {
        return Err(AwsError::bad_request("ConflictException", "Unable to poll results for a cancelled query."));
    }
    let body = if incoming.meets(Kind::EmptyPages) {
        let bare = incoming.fault.is_some_and(|fault| fault.bare);
        timestream.empty_page(&query, position, if bare { &[] } else { &query.columns })
    } else {
        // With MaxRows, a result that does not fit the first answer leaves only a token in it.
        let page_bytes = incoming.state.options.timestream_page_bytes;
        let first = input.next_token.is_none();
        match input.max_rows {
            Some(max_rows) if first && !query.fits(max_rows, page_bytes) => {
                timestream.empty_page(&query, position, &query.columns)
            }
            max_rows => timestream.page(&query, position, max_rows.unwrap_or(usize::MAX), page_bytes),
        }
    };
    Ok(Answer::json(Api::Timestream, body, Some(query.id.clone())))
}

/// The query that this call started, or the one that an earlier call with the same token did.
async fn first_call(incoming: Incoming<'_>, input: &QueryInput) -> Result<Arc<StoredQuery>, AwsError> {
    let state = incoming.state;
    let sql = &input.query_string;
    if let Some(token) = &input.client_token
        && let Some(query) = state.timestream.same_call(token, sql)?
    {
        return Ok(query);
    }
    let _running = state.timestream.begin().ok_or_else(|| {
        AwsError::bad_request("ThrottlingException", "Request rate limit exceeded: MaxQueryTCU exceeded.")
    })?;
    let query = if let Some(canned) = state.canned.find(Service::Timestream, sql) {
        StoredQuery::canned(sql, canned)
    } else {
        let output = state.backend.query(Service::Timestream, sql, &QueryContext::default()).await;
        StoredQuery::generated(sql, output.map_err(refusal)?)
    };
    Ok(state.timestream.store(query, input.client_token.clone()))
}

fn refusal(error: QueryError) -> AwsError {
    match error {
        QueryError::Syntax { .. } | QueryError::Semantic(_) => invalid(error.to_string()),
        QueryError::Execution(message) => AwsError::bad_request("QueryExecutionException", message),
    }
}

fn cancel(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let input: CancelInput = incoming.input()?;
    let message = incoming.state.timestream.cancel(&input.query_id)?;
    let body = json!({"CancellationMessage": message}).to_string();
    Ok(Answer::json(Api::Timestream, body, Some(input.query_id)))
}

/// The JSON of a page: everything but the rows is small.
fn page_body(query: &StoredQuery, columns: &[Value], rows: &[u8], next_token: Option<&str>, progress: f64) -> Vec<u8> {
    let mut body = Vec::with_capacity(rows.len() + 1024);
    body.extend_from_slice(format!(r#"{{"QueryId":"{}","Rows":["#, query.id).as_bytes());
    body.extend_from_slice(rows);
    body.extend_from_slice(format!(r#"],"ColumnInfo":{}"#, Value::from(columns)).as_bytes());
    if let Some(token) = next_token {
        body.extend_from_slice(format!(r#","NextToken":"{token}""#).as_bytes());
    }
    body.extend_from_slice(format!(r#","QueryStatus":{}}}"#, query.status(progress)).as_bytes());
    body
}
