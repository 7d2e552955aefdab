//! GetQueryResults: pages of texts, the first of a SELECT led by its column names.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    columns,
    executions::{Execution, State},
    invalid,
    statement::{StatementType, first_word},
};
use crate::{
    engine::{Output, Service},
    wire::{
        api::Api,
        aws_error::AwsError,
        backend::OutputRows,
        canned::{Canned, Page},
        cell::Cell,
        dispatch::{Answer, Incoming},
        faults::Kind,
        text,
    },
};

const MAX_ROWS: usize = 1000;

#[derive(Debug)]
enum Source {
    Generated(OutputRows),
    Canned(Arc<Canned>),
}

/// A finished execution's result.
#[derive(Debug)]
pub(super) struct ResultSet {
    columns: Vec<Value>,
    source: Source,
    statement_type: StatementType,
}

impl ResultSet {
    pub(super) fn generated(sql: &str, output: Output) -> Self {
        let word = first_word(sql);
        let columns = match word.as_str() {
            "DESCRIBE" | "DESC" => ["col_name", "data_type", "comment"].map(columns::hive_column).to_vec(),
            "SHOW" => {
                let names = output.columns.iter().filter_map(|column| column.name.as_deref());
                names.map(columns::hive_column).collect()
            }
            _ => columns::column_info(&output.columns),
        };
        Self { columns, source: Source::Generated(OutputRows::new(output)), statement_type: StatementType::of(sql) }
    }

    pub(super) fn canned(sql: &str, canned: Arc<Canned>) -> Self {
        Self { columns: canned.columns.clone(), source: Source::Canned(canned), statement_type: StatementType::of(sql) }
    }

    pub(super) fn column_names(&self) -> Vec<String> {
        let name = |column: &Value| column.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.columns.iter().map(name).collect()
    }

    /// Rows of data, without the header.
    pub(super) fn rows(&self) -> usize {
        match &self.source {
            Source::Generated(rows) => rows.len,
            Source::Canned(canned) => canned.athena_rows.len(),
        }
    }

    /// The texts of one row; `None` is NULL. DESCRIBE declares three columns and has rows of one text with tabs in it.
    pub(super) fn values(&self, row: usize) -> Vec<Option<String>> {
        let rows = match &self.source {
            Source::Canned(canned) => return canned.athena_rows.get(row).cloned().unwrap_or_default(),
            Source::Generated(rows) => rows,
        };
        let Some((batch, index)) = rows.locate(row) else { return Vec::new() };
        let values =
            batch.columns().iter().zip(&rows.columns).map(|(array, column)| match Cell::read(array.as_ref(), index) {
                Cell::Null => None,
                cell => {
                    let mut printed = String::new();
                    text::write(&cell, &column.sql_type, Service::Athena, &mut printed);
                    Some(printed)
                }
            });
        values.collect()
    }

    /// Bytes that the result takes up in memory.
    pub(super) fn memory(&self) -> usize {
        match &self.source {
            Source::Generated(rows) => rows.memory(),
            Source::Canned(_) => 0,
        }
    }

    fn pages(&self) -> Option<&[Page]> {
        match &self.source {
            Source::Canned(canned) => canned.pages.as_deref(),
            Source::Generated(_) => None,
        }
    }

    /// A row as it is sent; row 0 of a SELECT is its header.
    fn sent_row(&self, row: usize) -> Value {
        let values = match (self.has_header(), row) {
            (true, 0) => self.column_names().into_iter().map(Some).collect(),
            (true, row) => self.values(row - 1),
            (false, row) => self.values(row),
        };
        let data = values.into_iter().map(|value| match value {
            Some(text) => json!({"VarCharValue": text}),
            None => json!({}),
        });
        json!({"Data": data.collect::<Value>()})
    }

    fn sent_rows(&self) -> usize {
        self.rows() + usize::from(self.has_header())
    }

    fn has_header(&self) -> bool {
        self.statement_type == StatementType::Dml
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    query_execution_id: String,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// Answers GetQueryResults.
///
/// # Errors
///
/// As Athena does.
pub(super) fn answer(incoming: Incoming<'_>) -> Result<Answer, AwsError> {
    let input: Input = incoming.input()?;
    let max_results = input.max_results.unwrap_or(MAX_ROWS);
    if !(1..=MAX_ROWS).contains(&max_results) {
        return Err(invalid("MaxResults is more than maximum allowed length 1000."));
    }
    let execution = incoming.state.athena.find(&input.query_execution_id)?;
    let result = finished(&execution)?;
    let place = match &input.next_token {
        Some(_) if incoming.meets(Kind::ExpiredPageToken) => return Err(invalid("The NextToken has expired.")),
        Some(token) => read_token(token, &execution.id).ok_or_else(|| invalid("The NextToken is invalid."))?,
        None => 0,
    };
    let body = if incoming.meets(Kind::EmptyPages) {
        page_body(&result, &[], Some(&token(&execution.id, place)))
    } else if let Some(pages) = result.pages() {
        canned_page(&result, pages, place, &execution.id)
    } else {
        let last = result.sent_rows().min(place.saturating_add(max_results));
        let rows: Vec<Value> = (place..last).map(|row| result.sent_row(row)).collect();
        let next = (last < result.sent_rows()).then(|| token(&execution.id, last));
        page_body(&result, &rows, next.as_deref())
    };
    Ok(Answer::json(Api::Athena, body, Some(execution.id.clone())))
}

fn finished(execution: &Execution) -> Result<Arc<ResultSet>, AwsError> {
    let progress = execution.progress();
    match (progress.state, &progress.result) {
        (State::Succeeded, Some(result)) => Ok(Arc::clone(result)),
        (State::Succeeded, None) => Err(invalid("The results of this query are no longer available.")),
        (State::Queued | State::Running, _) => {
            Err(invalid(format!("Query has not yet finished. Current state: {}", progress.state.name())))
        }
        _ => Err(invalid(format!("Query did not finish successfully. Final query state: {}", progress.state.name()))),
    }
}

/// Tokens are opaque to clients; here they say which row comes next.
fn token(id: &str, row: usize) -> String {
    format!("AVk{row:010}-{id}")
}

fn read_token(token: &str, id: &str) -> Option<usize> {
    let (row, of) = token.strip_prefix("AVk")?.split_once('-')?;
    if of == id { row.parse().ok() } else { None }
}

fn page_body(result: &ResultSet, rows: &[Value], next: Option<&str>) -> String {
    let mut body = json!({
        "UpdateCount": 0,
        "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": result.columns}},
    });
    if let (Some(next), Some(body)) = (next, body.as_object_mut()) {
        body.insert("NextToken".to_owned(), json!(next));
    }
    body.to_string()
}

fn canned_page(result: &ResultSet, pages: &[Page], place: usize, id: &str) -> String {
    let mut body = match pages.get(place) {
        Some(Page::Verbatim(body)) => return body.clone(),
        Some(Page::Completed(body)) => body.clone(),
        None => Map::new(),
    };
    let metadata = json!({"Rows": [], "ResultSetMetadata": {"ColumnInfo": result.columns}});
    body.entry("UpdateCount").or_insert(json!(0));
    body.entry("ResultSet").or_insert(metadata);
    if place + 1 < pages.len() {
        body.entry("NextToken").or_insert_with(|| json!(token(id, place + 1)));
    }
    Value::Object(body).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_execution() {
        assert_eq!(read_token(&token("one", 999), "one"), Some(999));
        assert_eq!(read_token(&token("one", 999), "two"), None);
        assert_eq!(read_token("nonsense", "one"), None);
    }
}
