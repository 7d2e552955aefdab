//! The result file in S3: CSV in which every value is quoted and NULL is nothing at all, or the plain text of SHOW.

use super::{results::ResultSet, statement::StatementType};

/// The file's bytes.
pub(super) fn write(result: &ResultSet, statement_type: StatementType) -> Vec<u8> {
    let mut file = Vec::new();
    if statement_type == StatementType::Dml {
        return csv(result.column_names(), (0..result.rows()).map(|row| result.values(row)));
    }
    for row in 0..result.rows() {
        let text: Vec<String> = result.values(row).into_iter().map(Option::unwrap_or_default).collect();
        file.extend_from_slice(text.join("\t").as_bytes());
        file.push(b'\n');
    }
    file
}

/// The file of a SELECT with these columns' names and these rows; `None` is NULL.
#[must_use]
pub fn csv(names: Vec<String>, rows: impl Iterator<Item = Vec<Option<String>>>) -> Vec<u8> {
    let mut file = Vec::new();
    write_csv_row(&names.into_iter().map(Some).collect::<Vec<_>>(), &mut file);
    for row in rows {
        write_csv_row(&row, &mut file);
    }
    file
}

fn write_csv_row(values: &[Option<String>], file: &mut Vec<u8>) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            file.push(b',');
        }
        if let Some(text) = value {
            file.push(b'"');
            file.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            file.push(b'"');
        }
    }
    file.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_apart_from_the_empty_string_and_quotes_are_doubled() {
        let mut file = Vec::new();
        let text = |text: &str| Some(text.to_owned());
        write_csv_row(&[text("a"), None, text(""), text("say \"hi\",\nnow")], &mut file);
        assert_eq!(String::from_utf8(file).unwrap(), "\"a\",,\"\",\"say \"\"hi\"\",\nnow\"\n");
    }
}
