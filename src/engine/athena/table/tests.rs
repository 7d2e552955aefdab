//! What Athena's rows become, by kind of statement.

use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;
use crate::notice::Severity;

const SELECT: Layout = Layout { header: true, tabs: false };
const SHOW: Layout = Layout { header: false, tabs: true };

fn column(name: &str, type_name: &str) -> ColumnInfo {
    ColumnInfo::builder().name(name).r#type(type_name).build().expect("name and type are given")
}

fn texts(names: &[&str]) -> Vec<ColumnInfo> {
    names.iter().map(|name| column(name, "varchar")).collect()
}

fn row(cells: &[Option<&str>]) -> Row {
    let cells = cells.iter().map(|cell| Datum::builder().set_var_char_value(cell.map(str::to_owned)).build());
    Row::builder().set_data(Some(cells.collect())).build()
}

fn rows(rows: &[&[&str]]) -> Vec<Row> {
    rows.iter().map(|cells| row(&cells.iter().map(|cell| Some(*cell)).collect::<Vec<_>>())).collect()
}

fn show(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("a type that can be shown"))
        .collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

#[test]
fn the_kind_of_statement_decides_the_layout() {
    for (statement, substatement, layout) in [
        (Some(StatementType::Dml), Some("SELECT"), SELECT),
        (Some(StatementType::Dml), None, SELECT),
        (None, None, SELECT),
        (Some(StatementType::Ddl), Some("SHOW_TABLES"), SHOW),
        (Some(StatementType::Utility), Some("SHOW_PARTITIONS"), SHOW),
        (Some(StatementType::Utility), Some("DESCRIBE_TABLE"), SHOW),
        (Some(StatementType::Utility), Some("EXPLAIN"), Layout { header: true, tabs: true }),
        (Some(StatementType::Dml), Some("SHOW_FUNCTIONS"), SHOW),
    ] {
        let execution = QueryExecution::builder()
            .set_statement_type(statement.clone())
            .set_substatement_type(substatement.map(str::to_owned))
            .build();
        assert_eq!(Layout::of(&execution), layout, "{statement:?} {substatement:?}");
    }
}

#[test]
fn exactly_one_header_row_is_taken_off() {
    for (case, layout, pages, left) in [
        ("header", SELECT, vec![rows(&[&["a", "b"], &["1", "2"]])], vec![["1", "2"]]),
        ("data like the header", SELECT, vec![rows(&[&["a", "b"], &["a", "b"]])], vec![["a", "b"]]),
        ("on the next page too", SELECT, vec![rows(&[&["a", "b"]]), rows(&[&["a", "b"]])], vec![["a", "b"]]),
        ("after an empty page", SELECT, vec![vec![], rows(&[&["a", "b"], &["1", "2"]])], vec![["1", "2"]]),
        ("no header at all", SELECT, vec![rows(&[&["1", "2"], &["a", "b"]])], vec![["1", "2"], ["a", "b"]]),
        ("SHOW has none", SHOW, vec![rows(&[&["a", "b"]])], vec![["a", "b"]]),
    ] {
        let mut table = Table::new(&texts(&["a", "b"]), layout, 100);
        for page in &pages {
            table.push(page).expect(case);
        }
        assert_eq!(table.rows_seen(), left.len() as u64, "{case}");
        let (batch, notices) = table.finish().expect(case);
        assert_eq!(show(&batch), left, "{case}");
        assert_eq!(notices, [], "{case}");
    }
}

#[test]
fn null_is_not_the_empty_string() {
    let mut table = Table::new(&texts(&["a", "b"]), SELECT, 100);
    table.push(&[row(&[Some("a"), Some("b")]), row(&[None, Some("")])]).expect("rows fit");
    assert_eq!(show(&table.finish().expect("a table").0), [["NULL", ""]]);
}

#[test]
fn rows_beyond_the_limit_are_cut_and_said_to_be() {
    for (limit, cut) in [(2, true), (3, false), (4, false), (1, true)] {
        let mut table = Table::new(&[column("n", "integer")], SELECT, limit);
        table.push(&rows(&[&["n"], &["1"], &["2"]])).expect("rows fit");
        table.push(&rows(&[&["3"]])).expect("rows fit");
        assert_eq!(table.is_cut(), cut, "{limit}");
        assert_eq!(table.rows_seen(), 3);
        let (batch, notices) = table.finish().expect("a table");
        assert_eq!(batch.num_rows(), limit.min(3));
        assert_eq!(notices.len(), usize::from(cut), "{limit}: {notices:?}");
        if let [notice] = notices.as_slice() {
            assert_eq!(notice.severity, Severity::Warning);
            assert!(notice.text.contains(&format!("first {limit} rows")), "{notice:?}");
        }
    }
}

#[test]
fn a_row_that_does_not_fit_the_columns_is_an_error() {
    for cells in [&["1"][..], &["1", "2", "3"], &[]] {
        let mut table = Table::new(&texts(&["a", "b"]), SELECT, 100);
        let error = table.push(&rows(&[&["a", "b"], &["x", "y"], cells])).expect_err("does not fit");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().contains(&format!("row 2 with {} values for 2 columns", cells.len())), "{error}");
    }
    let mut table = Table::new(&texts(&["a", "b"]), SHOW, 100);
    table.push(&rows(&[&["1", "2", "3"]])).expect_err("longer than the columns, even for SHOW");
}

#[test]
fn columns_get_names_of_their_own() {
    for (given, used, said) in [
        (vec!["a", "b"], vec!["a", "b"], false),
        (vec!["_col0", ""], vec!["_col0", "_col1"], false),
        (vec!["a", "a", "a"], vec!["a", "a_2", "a_3"], true),
        (vec!["a", "a", "a_2"], vec!["a", "a_3", "a_2"], true),
        (vec!["a_2", "a", "a", "a_2"], vec!["a_2", "a", "a_3", "a_2_2"], true),
        (vec!["", "_col0"], vec!["_col0", "_col0_2"], true),
    ] {
        let table = Table::new(&texts(&given), SELECT, 100);
        let (batch, notices) = table.finish().expect("a table");
        assert_eq!(names(&batch), used);
        assert_eq!(!notices.is_empty(), said, "{given:?}: {notices:?}");
    }
}

#[test]
fn a_label_serves_where_there_is_no_name() {
    let labelled = ColumnInfo::builder().name("").label("total").r#type("bigint").build().expect("name and type");
    assert_eq!(names(&Table::new(&[labelled], SELECT, 1).finish().expect("a table").0), ["total"]);
}

#[test]
fn describe_is_split_at_its_tabs() {
    let mut table = Table::new(&texts(&["col_name", "data_type", "comment"]), SHOW, 100);
    table
        .push(&rows(&[
            &["queue               \tstring              \twhere\tit waited"],
            &["year                \tint                 "],
            &[""],
            &["a", "b", "c"],
            &["a", "b"],
        ]))
        .expect("rows fit");
    assert_eq!(
        show(&table.finish().expect("a table").0),
        [
            ["queue", "string", "where\tit waited"],
            ["year", "int", "NULL"],
            ["", "NULL", "NULL"],
            ["a", "b", "c"],
            ["a", "b", "NULL"],
        ]
    );
}

#[test]
fn a_single_column_keeps_its_tabs() {
    let mut table = Table::new(&texts(&["createtab_stmt"]), SHOW, 100);
    table.push(&rows(&[&["CREATE TABLE t (\n\ta int)"]])).expect("rows fit");
    assert_eq!(show(&table.finish().expect("a table").0), [["CREATE TABLE t (\n\ta int)"]]);
}

#[test]
fn a_statement_without_columns_makes_an_empty_table() {
    let (batch, notices) = Table::new(&[], SHOW, 100).finish().expect("a table");
    assert_eq!((batch.num_columns(), batch.num_rows(), notices), (0, 0, vec![]));
}
