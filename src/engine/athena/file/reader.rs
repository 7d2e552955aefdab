//! A result's file to a table, piece by piece, held against the first page on the way: where the two agree in every value of their
//! common rows, the file is the result of this execution and means what the pages mean.

use aws_sdk_athena::types::{ColumnInfo, Datum, Row};

use super::{
    super::table::{Layout, Table},
    csv::{Malformed, Record, Splitter},
};
use crate::error::{Error, ErrorKind};

/// Why a file does not make a table.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The file cannot be trusted; the pages may do better.
    File(String),
    /// The result cannot be had in any way.
    Result(Error),
}

impl From<Malformed> for Trouble {
    fn from(why: Malformed) -> Self {
        Self::File(format!("the file is not as Athena writes it: {why}"))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::BadQuery => Self::Result(error),
            _ => Self::File(format!("the file does not fit the result's columns: {}", error.message())),
        }
    }
}

/// A table in the making.
pub(super) struct Reader {
    splitter: Splitter,
    table: Table,
    /// The first page's rows, the header among them.
    page: Vec<Row>,
    /// Rows of the file so far, its header among them.
    rows: usize,
}

impl Reader {
    /// For a file that begins like `page`, whose first row is the header.
    pub(super) fn new(columns: &[ColumnInfo], page: Vec<Row>, layout: Layout, most_rows: usize) -> Self {
        let table = Table::new(columns, layout.without_header(), most_rows);
        Self { splitter: Splitter::default(), table, page, rows: 0 }
    }

    /// Takes the next piece; `last` says that there is none after it. False: there are rows enough.
    ///
    /// # Errors
    ///
    /// When the file is not the one that was expected.
    pub(super) fn feed(&mut self, piece: &[u8], last: bool) -> Result<bool, Trouble> {
        let Self { splitter, table, page, rows } = self;
        splitter.feed(piece, last, |record| {
            let row = *rows;
            *rows += 1;
            if let Some(expected) = page.get(row)
                && !is_same(expected, record)
            {
                return Err(Trouble::File("the file does not begin with the rows of the first page".to_owned()));
            }
            if row > 0 {
                table.push_row(record.len(), record.values())?;
            }
            Ok(!table.is_cut())
        })?;
        Ok(!self.table.is_cut())
    }

    /// The table, once the last piece is in, or there are rows enough. There was a page after the first, so there are more rows.
    ///
    /// # Errors
    ///
    /// When the file has no more rows than the first page.
    pub(super) fn finish(self) -> Result<Table, Trouble> {
        if self.table.is_cut() || self.rows > self.page.len() {
            Ok(self.table)
        } else {
            Err(Trouble::File("the file ends with the first page, and the result does not".to_owned()))
        }
    }
}

fn is_same(row: &Row, record: &Record<'_>) -> bool {
    let cells = row.data();
    cells.len() == record.len()
        && cells.iter().map(Datum::var_char_value).zip(record.values()).all(|(cell, value)| cell == value.as_deref())
}

#[cfg(test)]
mod tests;
