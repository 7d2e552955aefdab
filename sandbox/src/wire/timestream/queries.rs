//! Queries that have run, and the tokens that lead through their pages.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{datum, invalid, page_body};
use crate::{
    engine::Output,
    wire::{
        aws_error::AwsError,
        backend::OutputRows,
        canned::{Canned, Page},
        options::Options,
        state::lock,
    },
};

/// How long a client token stands for the call that it came with.
const CLIENT_TOKEN_LIFETIME: Duration = Duration::from_mins(5);
/// How long a query can be paged at most, and how much the results of those that have ended may take up.
const MAX_LIFETIME: Duration = Duration::from_hours(1);
const MAX_FINISHED_BYTES: usize = 256 << 20;
/// Timestream bills at least this much a query.
const MIN_METERED: u64 = 10_000_000;

/// How far a client has read: rows, or pages of a result given in pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position(usize);

#[derive(Debug)]
enum Source {
    Generated(OutputRows),
    Canned(Arc<Canned>),
}

/// A query and its whole result.
#[derive(Debug)]
pub(super) struct StoredQuery {
    pub(super) id: String,
    pub(super) columns: Vec<Value>,
    pub(super) cancelled: AtomicBool,
    sql: String,
    source: Source,
    bytes_scanned: u64,
    created: Instant,
    /// The last page has been sent.
    done: AtomicBool,
    pages: AtomicUsize,
}

impl StoredQuery {
    pub(super) fn generated(sql: &str, output: Output) -> Self {
        let bytes_scanned = output.bytes_scanned;
        Self::new(sql, datum::column_info(&output.columns), bytes_scanned, Source::Generated(OutputRows::new(output)))
    }

    pub(super) fn canned(sql: &str, canned: Arc<Canned>) -> Self {
        Self::new(sql, canned.columns.clone(), canned.bytes_scanned, Source::Canned(canned))
    }

    fn new(sql: &str, columns: Vec<Value>, bytes_scanned: u64, source: Source) -> Self {
        Self {
            id: format!("AEB{}", Uuid::new_v4().simple().to_string().to_uppercase()),
            columns,
            cancelled: AtomicBool::new(false),
            sql: sql.to_owned(),
            source,
            bytes_scanned,
            created: Instant::now(),
            done: AtomicBool::new(false),
            pages: AtomicUsize::new(0),
        }
    }

    fn rows(&self) -> usize {
        match &self.source {
            Source::Generated(rows) => rows.len,
            Source::Canned(canned) => canned.timestream_rows.len(),
        }
    }

    /// Bytes that the result takes up in memory.
    fn memory(&self) -> usize {
        match &self.source {
            Source::Generated(rows) => rows.memory(),
            Source::Canned(_) => 0,
        }
    }

    fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"Data":"#);
        match &self.source {
            Source::Generated(rows) => {
                if let Some((batch, index)) = rows.locate(row) {
                    let values = batch.columns().iter().zip(&rows.columns);
                    datum::write_row(values.map(|(array, column)| (array.as_ref(), &column.sql_type)), index, out);
                }
            }
            Source::Canned(canned) => {
                out.extend_from_slice(canned.timestream_rows.get(row).map_or("[]", String::as_str).as_bytes());
            }
        }
        out.push(b'}');
    }

    /// The rows from `first` on that one page holds, at least one of them: their JSON, and the row after them.
    fn fill(&self, first: usize, max_rows: usize, page_bytes: usize) -> (Vec<u8>, usize) {
        let last = self.rows().min(first.saturating_add(max_rows));
        let (mut json, mut row) = (Vec::new(), first);
        while row < last {
            let before = json.len();
            if row > first {
                json.push(b',');
            }
            self.write_row(row, &mut json);
            if row > first && json.len() > page_bytes {
                json.truncate(before);
                break;
            }
            row += 1;
        }
        (json, row)
    }

    /// Whether the whole result fits one page of at most `max_rows`.
    pub(super) fn fits(&self, max_rows: usize, page_bytes: usize) -> bool {
        self.rows() <= max_rows && self.fill(0, max_rows, page_bytes).1 >= self.rows()
    }

    /// `QueryStatus` when `progress` percent of the result have been sent.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of bytes, for show until the last page"
    )]
    pub(super) fn status(&self, progress: f64) -> Value {
        let share = |bytes: u64| if progress < 100.0 { (bytes as f64 * progress / 100.0) as u64 } else { bytes };
        json!({
            "ProgressPercentage": progress,
            "CumulativeBytesScanned": share(self.bytes_scanned),
            "CumulativeBytesMetered": share(self.bytes_scanned.max(MIN_METERED)),
        })
    }
}

#[derive(Debug)]
struct PageToken {
    query: Arc<StoredQuery>,
    position: Position,
    issued: Instant,
    uses: u32,
}

#[derive(Debug, Default)]
struct Inner {
    queries: HashMap<String, Arc<StoredQuery>>,
    page_tokens: HashMap<String, PageToken>,
    client_tokens: HashMap<String, (Instant, Arc<StoredQuery>)>,
}

impl Inner {
    /// Lets go of queries that are an hour old, of those that ended a while ago, and of the oldest that ended where all
    /// of them take up too much; and of the tokens that lead to them.
    fn forget(&mut self) {
        let mut youngest_first: Vec<_> = self.queries.values().cloned().collect();
        youngest_first.sort_by_key(|query| Reverse(query.created));
        let mut finished_bytes = 0;
        for query in youngest_first {
            let finished = query.done.load(Ordering::Relaxed) || query.cancelled.load(Ordering::Relaxed);
            let lifetime = if finished { CLIENT_TOKEN_LIFETIME } else { MAX_LIFETIME };
            finished_bytes += if finished { query.memory() } else { 0 };
            if query.created.elapsed() > lifetime || (finished && finished_bytes > MAX_FINISHED_BYTES) {
                self.queries.remove(&query.id);
            }
        }
        self.page_tokens.retain(|_, token| self.queries.contains_key(&token.query.id));
        self.client_tokens.retain(|_, (_, query)| self.queries.contains_key(&query.id));
    }
}

/// Every query of the last hour.
#[derive(Debug)]
pub(in crate::wire) struct Timestream {
    inner: Mutex<Inner>,
    running: Arc<AtomicUsize>,
    concurrency: usize,
    token_lifetime: Duration,
    token_uses: u32,
}

/// Counts as a running query until it is dropped.
pub(super) struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Timestream {
    pub(in crate::wire) fn new(options: &Options) -> Self {
        Self {
            inner: Mutex::default(),
            running: Arc::default(),
            concurrency: options.timestream_concurrency.unwrap_or(usize::MAX),
            token_lifetime: options.page_token_lifetime,
            token_uses: options.page_token_uses,
        }
    }

    /// Begins a query; `None` when as many run as may.
    pub(super) fn begin(&self) -> Option<Running> {
        let others = self.running.fetch_add(1, Ordering::Relaxed);
        // Dropped at once when there are too many, which takes it off the count again.
        let running = Running(Arc::clone(&self.running));
        (others < self.concurrency).then_some(running)
    }

    /// Keeps a query that has run, and forgets those that nobody can ask for any more.
    pub(super) fn store(&self, query: StoredQuery, client_token: Option<String>) -> Arc<StoredQuery> {
        let query = Arc::new(query);
        let mut inner = lock(&self.inner);
        inner.forget();
        if let Some(token) = client_token {
            inner.client_tokens.insert(token, (Instant::now(), Arc::clone(&query)));
        }
        inner.queries.insert(query.id.clone(), Arc::clone(&query));
        query
    }

    /// The query that was started with this client token in the last minutes.
    pub(super) fn same_call(&self, client_token: &str, sql: &str) -> Result<Option<Arc<StoredQuery>>, AwsError> {
        match lock(&self.inner).client_tokens.get(client_token) {
            Some((since, query)) if since.elapsed() < CLIENT_TOKEN_LIFETIME => {
                if query.sql == sql {
                    Ok(Some(Arc::clone(query)))
                } else {
                    Err(invalid("The ClientToken was used with another QueryString."))
                }
            }
            _ => Ok(None),
        }
    }

    /// The query and place that a page token stands for.
    pub(super) fn resume(&self, token: &str, sql: &str) -> Result<(Arc<StoredQuery>, Position), AwsError> {
        let mut inner = lock(&self.inner);
        let token = inner.page_tokens.get_mut(token).ok_or_else(|| invalid("The NextToken is invalid."))?;
        if token.query.sql != sql {
            return Err(invalid("The NextToken belongs to another QueryString."));
        }
        token.uses += 1;
        if token.uses > self.token_uses || token.issued.elapsed() > self.token_lifetime {
            return Err(invalid("The NextToken has expired."));
        }
        Ok((Arc::clone(&token.query), token.position))
    }

    fn issue_token(&self, query: &Arc<StoredQuery>, position: Position) -> String {
        let token = format!("{}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let entry = PageToken { query: Arc::clone(query), position, issued: Instant::now(), uses: 0 };
        lock(&self.inner).page_tokens.insert(token.clone(), entry);
        token
    }

    /// No rows, and a token for the same place.
    pub(super) fn empty_page(&self, query: &Arc<StoredQuery>, position: Position, columns: &[Value]) -> Vec<u8> {
        let token = self.issue_token(query, position);
        page_body(query, columns, &[], Some(&token), progress(position.0, query.rows()))
    }

    /// The page at `position`.
    pub(super) fn page(
        &self,
        query: &Arc<StoredQuery>,
        position: Position,
        max_rows: usize,
        page_bytes: usize,
    ) -> Vec<u8> {
        query.pages.fetch_add(1, Ordering::Relaxed);
        if let Source::Canned(canned) = &query.source
            && let Some(pages) = &canned.pages
        {
            return self.canned_page(query, pages, position);
        }
        let (rows, next) = query.fill(position.0, max_rows, page_bytes);
        let token = self.token_unless_done(query, Position(next), query.rows());
        let progress = if token.is_some() { progress(next, query.rows()) } else { 100.0 };
        page_body(query, &query.columns, &rows, token.as_deref(), progress)
    }

    fn token_unless_done(&self, query: &Arc<StoredQuery>, next: Position, end: usize) -> Option<String> {
        let done = next.0 >= end;
        query.done.fetch_or(done, Ordering::Relaxed);
        (!done).then(|| self.issue_token(query, next))
    }

    fn canned_page(&self, query: &Arc<StoredQuery>, pages: &[Page], position: Position) -> Vec<u8> {
        let next = Position(position.0 + 1);
        match pages.get(position.0) {
            Some(Page::Verbatim(body)) => body.clone().into_bytes(),
            page => {
                let token = self.token_unless_done(query, next, pages.len());
                let mut body = match page {
                    Some(Page::Completed(body)) => body.clone(),
                    _ => Map::new(),
                };
                let progress = if token.is_some() { progress(next.0, pages.len()) } else { 100.0 };
                let defaults = [
                    ("QueryId", json!(query.id)),
                    ("Rows", json!([])),
                    ("ColumnInfo", json!(query.columns)),
                    ("QueryStatus", query.status(progress)),
                ];
                for (name, value) in defaults.into_iter().chain(token.map(|token| ("NextToken", json!(token)))) {
                    body.entry(name).or_insert(value);
                }
                Value::Object(body).to_string().into_bytes()
            }
        }
    }

    /// Cancels a query; its further pages are refused.
    pub(super) fn cancel(&self, id: &str) -> Result<&'static str, AwsError> {
        let query = lock(&self.inner).queries.get(id).cloned().ok_or_else(|| invalid("The QueryId is unknown."))?;
        if query.done.load(Ordering::Relaxed) {
            return Ok("Query has already completed");
        }
        let before = query.cancelled.swap(true, Ordering::Relaxed);
        Ok(if before { "Query has already been cancelled" } else { "Query cancelled successfully" })
    }

    /// Every query still known, for the admin route.
    pub(in crate::wire) fn report(&self) -> Value {
        let inner = lock(&self.inner);
        let mut queries: Vec<_> = inner.queries.values().collect();
        queries.sort_by_key(|query| query.created);
        let queries = queries.into_iter().map(|query| {
            json!({
                "id": query.id,
                "sql": query.sql,
                "rows": query.rows(),
                "pages": query.pages.load(Ordering::Relaxed),
                "done": query.done.load(Ordering::Relaxed),
                "cancelled": query.cancelled.load(Ordering::Relaxed),
            })
        });
        queries.collect()
    }
}

/// Percent of a result that have been sent.
#[expect(clippy::cast_precision_loss, reason = "a percentage")]
fn progress(sent: usize, total: usize) -> f64 {
    if total == 0 { 0.0 } else { sent as f64 * 100.0 / total as f64 }
}
