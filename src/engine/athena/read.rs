//! The rows of a finished execution: the first page from Athena, which also says what the columns are, and what is beyond it out
//! of the result's file in S3, or page by page where that cannot be had.

use arrow::array::RecordBatch;
use aws_sdk_athena::{
    operation::get_query_results::GetQueryResultsOutput,
    types::{QueryExecution, ResultSet, ResultSetMetadata},
};

use super::{
    Athena,
    file::{FirstPage, Whole},
    run::patiently,
    table::{Layout, Table},
};
use crate::{
    engine::{Budget, Delivery},
    error::{Error, ErrorKind, Result},
    notice::Notice,
};

/// Rows that a page of GetQueryResults has at most.
const PAGE_ROWS: i32 = 1000;
/// Pages without a row that may follow each other.
const MOST_EMPTY_PAGES: u32 = 100;

/// What was read of a result.
pub(super) struct Rows {
    /// The rows kept.
    pub(super) batch: RecordBatch,
    /// What their reader should know.
    pub(super) notices: Vec<Notice>,
    /// Pages read.
    pub(super) pages: u64,
    /// Rows read, before any cut.
    pub(super) seen: u64,
    /// Which way they came.
    pub(super) delivery: Delivery,
}

/// Reads the result of `finished`, to the end or to the row limit.
///
/// # Errors
///
/// Whatever Athena answers, and when what it answers is no result.
pub(super) async fn read(athena: &Athena, id: &str, finished: &QueryExecution, budget: &Budget) -> Result<Rows> {
    let layout = Layout::of(finished);
    let mut delivery = Delivery::default();
    let mut table: Option<Table> = None;
    let (mut token, mut pages, mut empty) = (None::<String>, 0, 0);
    loop {
        let page = page(athena, id, token.clone(), budget).await?;
        pages += 1;
        let results = page.result_set.unwrap_or_else(|| ResultSet::builder().build());
        let columns = results.result_set_metadata().map(ResultSetMetadata::column_info).unwrap_or_default();
        let is_first = table.as_ref().is_none_or(|table| table.rows_seen() == 0);
        if table.is_none() && !columns.is_empty() {
            table = Some(Table::new(columns, layout, budget.max_rows));
        }
        match &mut table {
            Some(table) => table.push(results.rows())?,
            None if results.rows().is_empty() => {}
            None => return Err(broken(id, "rows without saying what their columns are")),
        }
        empty = if results.rows().is_empty() { empty + 1 } else { 0 };
        let next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() || table.as_ref().is_some_and(Table::is_cut) {
            break;
        }
        if is_first && let Some(table) = table.as_ref().filter(|table| table.rows_seen() > 0) {
            let has_header = table.had_header();
            let page = FirstPage { columns, rows: results.rows().to_vec(), layout, has_header };
            match athena.files.read(finished, page, budget.max_rows).await? {
                Ok(Whole { table, bytes }) => {
                    return rows(table, pages, Delivery { file_bytes: bytes, why_pages: None });
                }
                Err(why) => delivery.why_pages = Some(why),
            }
        }
        if empty > MOST_EMPTY_PAGES {
            return Err(broken(id, "a hundred pages without a row, and promises more"));
        }
        if next == token && empty == 0 {
            return Err(broken(id, "the same page twice"));
        }
        token = next;
    }
    rows(table.unwrap_or_else(|| Table::new(&[], layout, budget.max_rows)), pages, delivery)
}

async fn page(athena: &Athena, id: &str, token: Option<String>, budget: &Budget) -> Result<GetQueryResultsOutput> {
    patiently(budget.deadline, || {
        athena.service.call("athena:GetQueryResults", None, |client| {
            client
                .get_query_results()
                .query_execution_id(id)
                .max_results(PAGE_ROWS)
                .set_next_token(token.clone())
                .send()
        })
    })
    .await
}

fn rows(table: Table, pages: u64, delivery: Delivery) -> Result<Rows> {
    let seen = table.rows_seen();
    let (batch, notices) = table.finish()?;
    Ok(Rows { batch, notices, pages, seen, delivery })
}

fn broken(id: &str, what: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "Athena answered {what}, so the result cannot be read to its end. Run the panel again; if it stays so, look execution \
             {id} up in the Athena console."
        ),
    )
}
