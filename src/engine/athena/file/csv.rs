//! Comma-separated values as Athena writes them, cut anywhere: every value is in quotes, a quote within is doubled, NULL is
//! nothing at all, and rows end with a line feed, which may also stand within quotes.
//!
//! Strict on purpose: what is written in another way is not what Athena wrote, and then no value can be trusted.

use std::{borrow::Cow, ops::Range, str::Utf8Error};

/// A row that is longer than this is no row: Athena's own limit is 32 MB, which quotes may double.
const MOST_ROW_BYTES: usize = 72 << 20;

/// Why bytes are not rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a value is not in quotes")]
    Unquoted,
    #[error("a value is not text in UTF-8")]
    NotText,
    #[error("a row is longer than Athena makes them")]
    TooLong,
    #[error("the last value does not end")]
    Unended,
}

/// Bytes in, rows out.
#[derive(Debug)]
pub(super) struct Splitter {
    most_row_bytes: usize,
    /// Bytes of a row that has not ended yet, then those of the next piece.
    pending: Vec<u8>,
    cells: Vec<Cell>,
}

/// Where a value lies in its row, the quotes around it left out; `None` is NULL.
type Cell = Option<Place>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    range: Range<usize>,
    /// It holds doubled quotes.
    doubled: bool,
}

/// What the next bytes hold.
enum Next {
    /// A row of so many bytes, its line feed included.
    Row(usize),
    /// A row, but not all of it.
    Part,
}

/// One row.
#[derive(Debug)]
pub(super) struct Record<'a> {
    text: &'a str,
    cells: &'a [Cell],
}

impl Record<'_> {
    /// How many values it has.
    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Its values in order; `None` is NULL.
    pub(super) fn values(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        self.cells.iter().map(|cell| {
            let Place { range, doubled } = cell.as_ref()?;
            // A quote is no part of a longer character, so the place is always one of text.
            let text = self.text.get(range.clone()).unwrap_or_default();
            Some(if *doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) })
        })
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self { most_row_bytes: MOST_ROW_BYTES, pending: Vec::new(), cells: Vec::new() }
    }
}

impl Splitter {
    /// Hands the rows that end within `piece` to `take`, until it answers false. Rows are cut off at will by pieces; `last` says
    /// that there is none after this one.
    ///
    /// # Errors
    ///
    /// When the bytes are not rows, or `take` fails.
    pub(super) fn feed<E: From<Malformed>>(
        &mut self,
        piece: &[u8],
        last: bool,
        mut take: impl FnMut(&Record<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        self.pending.extend_from_slice(piece);
        let mut start = 0;
        let mut goes_on = true;
        while goes_on && start < self.pending.len() {
            let rest = self.pending.get(start..).unwrap_or_default();
            let length = match next_row(rest, last, &mut self.cells)? {
                Next::Row(length) => length,
                Next::Part if rest.len() > self.most_row_bytes => return Err(Malformed::TooLong.into()),
                Next::Part if last => return Err(Malformed::Unended.into()),
                Next::Part => break,
            };
            let row = rest.get(..length).unwrap_or_default();
            let text = str::from_utf8(row).map_err(|_: Utf8Error| Malformed::NotText)?;
            goes_on = take(&Record { text, cells: &self.cells })?;
            start += length;
        }
        self.pending.drain(..start);
        Ok(())
    }
}

/// Finds the values of the first row in `bytes`. At the end of the file, a row may also end without a line feed.
fn next_row(bytes: &[u8], last: bool, cells: &mut Vec<Cell>) -> Result<Next, Malformed> {
    cells.clear();
    let mut at = 0;
    loop {
        let cell = match bytes.get(at) {
            Some(b'"') => {
                let Some(place) = quoted(bytes, at + 1) else { return Ok(Next::Part) };
                at = place.range.end + 1;
                Some(place)
            }
            Some(b',' | b'\n') => None,
            None if last => None,
            None => return Ok(Next::Part),
            Some(_) => return Err(Malformed::Unquoted),
        };
        cells.push(cell);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'\n') => return Ok(Next::Row(at + 1)),
            None if last => return Ok(Next::Row(at)),
            None => return Ok(Next::Part),
            Some(_) => return Err(Malformed::Unquoted),
        }
    }
}

/// The value whose opening quote stands before `start`; `None` if its closing quote is not there yet. A quote at the very end may
/// be half of a doubled one: the byte after it tells, and at the end of the file its absence does.
fn quoted(bytes: &[u8], start: usize) -> Option<Place> {
    let mut doubled = false;
    let mut from = start;
    loop {
        let quote = from + bytes.get(from..)?.iter().position(|byte| *byte == b'"')?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(Place { range: start..quote, doubled });
        }
        doubled = true;
        from = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    type Row = Vec<Option<String>>;

    fn split(file: &[u8], sizes: &[usize]) -> Result<Vec<Row>, Malformed> {
        let mut splitter = Splitter::default();
        let mut rows = Vec::new();
        let mut rest = file;
        let mut sizes = sizes.iter().cycle();
        loop {
            let (piece, after) = rest.split_at((*sizes.next().expect("a size")).min(rest.len()));
            rest = after;
            splitter.feed(piece, rest.is_empty(), |record| {
                let row: Row = record.values().map(|value| value.map(Cow::into_owned)).collect();
                assert_eq!(record.len(), row.len());
                rows.push(row);
                Ok::<_, Malformed>(true)
            })?;
            if rest.is_empty() {
                return Ok(rows);
            }
        }
    }

    fn written(rows: &[Row]) -> Vec<u8> {
        let cell = |cell: &Option<String>| {
            cell.as_ref().map_or_else(String::new, |text| format!("\"{}\"", text.replace('"', "\"\"")))
        };
        let line = |row: &Row| format!("{}\n", row.iter().map(cell).collect::<Vec<_>>().join(","));
        rows.iter().map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn rows_are_told_apart_at_every_cut() {
        let file = "\"a\",,\"\"\n\"say \"\"hi\"\",\nnow\",\"\"\"\",\"ü€𝄞\"\n,,\n";
        let text = |text: &str| Some(text.to_owned());
        let rows = vec![
            vec![text("a"), None, text("")],
            vec![text("say \"hi\",\nnow"), text("\""), text("ü€𝄞")],
            vec![None, None, None],
        ];
        for size in 1..=file.len() {
            assert_eq!(split(file.as_bytes(), &[size]).as_ref(), Ok(&rows), "{size}");
        }
        let without_last_feed = file.trim_end_matches('\n');
        assert_eq!(split(without_last_feed.as_bytes(), &[7]).as_ref(), Ok(&rows));
    }

    #[test]
    fn a_line_with_nothing_on_it_is_a_null() {
        assert_eq!(
            split(b"\"a\"\n\n\"\"\n", &[1]),
            Ok(vec![vec![Some("a".into())], vec![None], vec![Some(String::new())]])
        );
        assert_eq!(split(b"", &[1]), Ok(vec![]));
    }

    #[test]
    fn what_athena_would_not_write_is_refused() {
        for (file, why) in [
            (&b"a\n"[..], Malformed::Unquoted),
            (b"\"a\"b\n", Malformed::Unquoted),
            (b"\"a\" ,\"b\"\n", Malformed::Unquoted),
            (b"\"a\"\r\n", Malformed::Unquoted),
            (b"\"a\",1\n", Malformed::Unquoted),
            (b"\"\xff\"\n", Malformed::NotText),
            (b"\"\xe2\x82\"\n", Malformed::NotText),
            (b"\"a\n", Malformed::Unended),
            (b"\"a\"\"", Malformed::Unended),
            (b"<html></html>", Malformed::Unquoted),
        ] {
            for size in 1..=file.len() {
                assert_eq!(split(file, &[size]), Err(why), "{:?} by {size}", String::from_utf8_lossy(file));
            }
        }
    }

    #[test]
    fn a_row_without_end_is_given_up() {
        let mut splitter = Splitter { most_row_bytes: 1000, ..Splitter::default() };
        let piece = [b'"'; 100];
        let mut fed = 0;
        let error = loop {
            fed += piece.len();
            if let Err(error) = splitter.feed(&piece, false, |_| Ok::<_, Malformed>(true)) {
                break error;
            }
            assert!(fed <= 1000 + piece.len());
        };
        assert_eq!(error, Malformed::TooLong);
    }

    #[test]
    fn who_has_enough_gets_no_more() {
        let mut splitter = Splitter::default();
        let mut seen = 0;
        let enough = |_: &Record<'_>| {
            seen += 1;
            Ok::<_, Malformed>(seen < 2)
        };
        assert_eq!(splitter.feed(b"\"1\"\n\"2\"\n\"3\"\nbroken", true, enough), Ok(()));
        assert_eq!(seen, 2);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_however_it_is_cut(
            (width, rows) in (1_usize..5).prop_flat_map(|width| {
                let cell = option::of(prop_oneof!["[\",\n\r a-c€𝄞]{0,12}", ".{0,12}"]);
                (Just(width), vec(vec(cell, width), 0..12))
            }),
            sizes in vec(1_usize..40, 1..6),
        ) {
            let read = split(&written(&rows), &sizes);
            prop_assert_eq!(read, Ok(rows), "{} columns", width);
        }

        #[test]
        fn no_bytes_make_it_panic(file in vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), any::<u8>()], 0..60), size in 1_usize..9) {
            let whole = split(&file, &[file.len().max(1)]);
            prop_assert_eq!(split(&file, &[size]).is_ok(), whole.is_ok());
        }
    }
}
