//! Result pages to one table: the header row told from data, columns named so that a panel can use them, rows bounded.

use std::collections::HashSet;

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::Schema,
};
use aws_sdk_athena::types::{ColumnInfo, Datum, QueryExecution, Row, StatementType};

use super::decode::ColumnDecoder;
use crate::{
    error::{Error, ErrorKind, Result},
    notice::Notice,
};

/// How Athena lays out the rows of one kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// The first row repeats the column names.
    header: bool,
    /// A row may be one text, its columns parted by tabs and padded with blanks.
    tabs: bool,
}

impl Layout {
    /// The layout of a finished execution's result. A SELECT has a header row; SHOW, DESCRIBE and the rest of DDL have none,
    /// so that a table called like the column that lists it is not lost.
    pub(super) fn of(execution: &QueryExecution) -> Self {
        let substatement = execution.substatement_type().unwrap_or_default().to_ascii_uppercase();
        let lists = ["SHOW", "DESC"].iter().any(|word| substatement.starts_with(word));
        match execution.statement_type() {
            Some(StatementType::Ddl) => Self { header: false, tabs: true },
            Some(StatementType::Utility) => Self { header: !lists, tabs: true },
            _ => Self { header: !lists, tabs: lists },
        }
    }

    /// The same, for rows whose header has been taken off.
    pub(super) const fn without_header(self) -> Self {
        Self { header: false, ..self }
    }
}

/// Collects the rows of one result, page by page.
pub(super) struct Table {
    columns: Vec<ColumnDecoder>,
    /// The names that a header row repeats.
    names: Vec<String>,
    layout: Layout,
    header_due: bool,
    header_seen: bool,
    notices: Vec<Notice>,
    most_rows: usize,
    kept: usize,
    seen: u64,
}

impl Table {
    /// An empty table of at most `most_rows` rows.
    pub(super) fn new(columns: &[ColumnInfo], layout: Layout, most_rows: usize) -> Self {
        let mut notices = Vec::new();
        let names = unique_names(columns, &mut notices);
        Self {
            columns: names
                .into_iter()
                .zip(columns)
                .map(|(name, column)| ColumnDecoder::new(name, column.r#type()))
                .collect(),
            names: columns.iter().map(|column| column.name().to_owned()).collect(),
            layout,
            header_due: layout.header,
            header_seen: false,
            notices,
            most_rows,
            kept: 0,
            seen: 0,
        }
    }

    /// Takes the next page's rows.
    ///
    /// # Errors
    ///
    /// When a row does not fit the columns, or a value its type.
    pub(super) fn push(&mut self, rows: &[Row]) -> Result<()> {
        let mut rows = rows;
        if self.header_due
            && let [first, rest @ ..] = rows
        {
            // Exactly one row, and only if it is the header: data may look like it, and some statements have none.
            self.header_due = false;
            if self.is_header(first) {
                self.header_seen = true;
                rows = rest;
            }
        }
        let room = self.most_rows - self.kept;
        self.seen += rows.len() as u64;
        for row in rows.iter().take(room) {
            let cells = row.data();
            self.keep(cells.len(), cells.iter().map(Datum::var_char_value))?;
        }
        Ok(())
    }

    /// Takes the next row, of `count` values.
    ///
    /// # Errors
    ///
    /// As [`Self::push`].
    pub(super) fn push_row<T: AsRef<str>>(
        &mut self,
        count: usize,
        cells: impl Iterator<Item = Option<T>>,
    ) -> Result<()> {
        self.seen += 1;
        if self.kept < self.most_rows { self.keep(count, cells) } else { Ok(()) }
    }

    /// Whether the first row was a header, and has been taken off.
    pub(super) const fn had_header(&self) -> bool {
        self.header_seen
    }

    /// Whether more rows came than may be kept.
    pub(super) const fn is_cut(&self) -> bool {
        self.seen > self.kept as u64
    }

    /// Rows that Athena sent, without the header.
    pub(super) const fn rows_seen(&self) -> u64 {
        self.seen
    }

    /// The table, and what its reader should know.
    ///
    /// # Errors
    ///
    /// When the columns do not make a batch, which would be a fault of this module.
    pub(super) fn finish(self) -> Result<(RecordBatch, Vec<Notice>)> {
        let mut notices = self.notices;
        if self.seen > self.kept as u64 {
            notices.push(Notice::warning(format!(
                "Only the first {} rows are shown, because limits.maxRows says so; the statement has more. Aggregate in SQL, add a \
                 LIMIT, or raise limits.maxRows.",
                self.kept
            )));
        }
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for column in self.columns {
            let (field, array, lost) = column.finish();
            fields.push(field);
            arrays.push(array);
            notices.extend(lost);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.kept));
        let batch = RecordBatch::try_new_with_options(Schema::new(fields).into(), arrays, &options)
            .map_err(|error| Error::internal(format!("Athena's result does not make a table: {error}.")))?;
        Ok((batch, notices))
    }

    fn is_header(&self, row: &Row) -> bool {
        let cells = row.data();
        cells.len() == self.names.len()
            && cells.iter().zip(&self.names).all(|(cell, name)| cell.var_char_value() == Some(name))
    }

    fn keep<T: AsRef<str>>(&mut self, count: usize, mut cells: impl Iterator<Item = Option<T>>) -> Result<()> {
        if count == 1 && self.layout.tabs && self.columns.len() > 1 {
            let text = cells.next().flatten();
            self.push_tabbed(text.as_ref().map_or("", AsRef::as_ref))?;
        } else {
            let short_is_fine = self.layout.tabs && count < self.columns.len();
            if count != self.columns.len() && !short_is_fine {
                return Err(self.does_not_fit(count));
            }
            let cells = cells.chain(std::iter::repeat_with(|| None));
            for (column, cell) in self.columns.iter_mut().zip(cells) {
                column.append(cell.as_ref().map(AsRef::as_ref))?;
            }
        }
        self.kept += 1;
        Ok(())
    }

    fn does_not_fit(&self, count: usize) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "Athena answered row {} with {count} values for {} columns, so no value can be trusted to be in its column. Run the \
                 panel again; if it stays, look at the result in the Athena console.",
                self.kept + 1,
                self.columns.len()
            ),
        )
    }

    /// One text for the whole row: as many parts as there are columns, the last one takes the rest.
    fn push_tabbed(&mut self, text: &str) -> Result<()> {
        let mut parts = text.splitn(self.columns.len(), '\t').map(|part| part.trim_end_matches(' '));
        self.columns.iter_mut().try_for_each(|column| column.append(parts.next()))
    }
}

/// A name for each column that no other has: Athena's own, `_col0` and so on where it has none, `name_2` where it repeats.
fn unique_names(columns: &[ColumnInfo], notices: &mut Vec<Notice>) -> Vec<String> {
    let given: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| match (column.name(), column.label()) {
            ("", None | Some("")) => format!("_col{index}"),
            ("", Some(label)) => label.to_owned(),
            (name, _) => name.to_owned(),
        })
        .collect();
    let mut taken: HashSet<String> = HashSet::new();
    let all: HashSet<&String> = given.iter().collect();
    let mut renamed = Vec::new();
    let names = given
        .iter()
        .map(|name| {
            if taken.insert(name.clone()) {
                return name.clone();
            }
            // Of one number more than there are columns, one is free.
            let free = (2..=columns.len() + 1)
                .map(|number| format!("{name}_{number}"))
                .find(|candidate| !all.contains(candidate) && !taken.contains(candidate))
                .unwrap_or_else(|| name.clone());
            taken.insert(free.clone());
            renamed.push(format!("\"{name}\" as \"{free}\""));
            free
        })
        .collect();
    if !renamed.is_empty() {
        notices.push(Notice::info(format!(
            "Columns of the same name are shown under another: {}. Name them apart with AS.",
            renamed.join(", ")
        )));
    }
    names
}

#[cfg(test)]
mod tests;
