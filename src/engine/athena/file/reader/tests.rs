//! The file's way and the pages' way lead to the same table.

use arrow::array::RecordBatch;
use aws_sdk_athena::types::{QueryExecution, StatementType};
use proptest::{collection::vec, option, prelude::*, sample::select};
use sandbox::wire::result_file;

use super::*;
use crate::notice::Notice;

type Texts = Vec<Option<String>>;

fn columns(types: &[&str]) -> Vec<ColumnInfo> {
    let column = |(index, type_name): (usize, &&str)| {
        ColumnInfo::builder().name(format!("c{index}")).r#type(*type_name).build().expect("name and type are given")
    };
    types.iter().enumerate().map(column).collect()
}

fn names(columns: &[ColumnInfo]) -> Texts {
    columns.iter().map(|column| Some(column.name().to_owned())).collect()
}

fn row(texts: &Texts) -> Row {
    let cells = texts.iter().map(|text| Datum::builder().set_var_char_value(text.clone()).build());
    Row::builder().set_data(Some(cells.collect())).build()
}

fn select_layout() -> Layout {
    Layout::of(&QueryExecution::builder().statement_type(StatementType::Dml).build())
}

fn file(columns: &[ColumnInfo], rows: &[Texts]) -> Vec<u8> {
    result_file(columns.iter().map(|column| column.name().to_owned()).collect(), rows.iter().cloned())
}

fn first_page(columns: &[ColumnInfo], rows: &[Texts]) -> Vec<Row> {
    std::iter::once(&names(columns)).chain(rows).map(row).collect()
}

type Made = (RecordBatch, u64, Vec<Notice>);

fn by_pages(columns: &[ColumnInfo], rows: &[Texts], page: usize, most: usize) -> Result<Made, Error> {
    let mut table = Table::new(columns, select_layout(), most);
    for rows in first_page(columns, rows).chunks(page) {
        table.push(rows)?;
    }
    let seen = table.rows_seen();
    let (batch, notices) = table.finish()?;
    Ok((batch, seen, notices))
}

fn by_file(columns: &[ColumnInfo], page: &[Texts], file: &[u8], size: usize, most: usize) -> Result<Made, Trouble> {
    let mut reader = Reader::new(columns, first_page(columns, page), select_layout(), most);
    let mut rest = file;
    loop {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        if !reader.feed(piece, rest.is_empty())? || rest.is_empty() {
            break;
        }
    }
    let table = reader.finish()?;
    let seen = table.rows_seen();
    let (batch, notices) = table.finish()?;
    Ok((batch, seen, notices))
}

/// Texts as Athena prints values of a type.
fn printed(type_name: &'static str) -> BoxedStrategy<String> {
    let floats = || {
        prop_oneof![
            any::<f64>().prop_map(|number| number.to_string()),
            select(vec!["NaN", "Infinity", "-Infinity", "1.0E10", "-0.0", "4.9E-324"]).prop_map(str::to_owned),
        ]
    };
    let clock = (0_u32..24, 0_u32..60, 0_u32..60, 0_u32..1000);
    let clock = clock.prop_map(|(hour, minute, second, milli)| format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"));
    let day = || {
        (1600_u32..2400, 1_u32..13, 1_u32..29).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
    };
    match type_name {
        "boolean" => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        "tinyint" => any::<i8>().prop_map(|value| value.to_string()).boxed(),
        "smallint" => any::<i16>().prop_map(|value| value.to_string()).boxed(),
        "integer" => any::<i32>().prop_map(|value| value.to_string()).boxed(),
        "bigint" => any::<i64>().prop_map(|value| value.to_string()).boxed(),
        "double" | "float" => floats().boxed(),
        "decimal" => "-?[0-9]{1,20}(\\.[0-9]{1,18})?".boxed(),
        "date" => day().boxed(),
        "time" => clock.boxed(),
        "timestamp" => (day(), clock).prop_map(|(day, clock)| format!("{day} {clock}")).boxed(),
        "timestamp with time zone" => (day(), clock, select(vec!["UTC", "Europe/London", "+05:30"]))
            .prop_map(|(day, clock, zone)| format!("{day} {clock} {zone}"))
            .boxed(),
        "varchar" => prop_oneof!["[\",\n\r a-c€𝄞]{0,20}", ".{0,20}"].boxed(),
        "array" => vec("[a-z\" ]{0,6}", 0..4).prop_map(|items| format!("[{}]", items.join(", "))).boxed(),
        "row" => "\\{[a-z]=[^}]{0,9}\\}".boxed(),
        "varbinary" => vec(any::<u8>(), 0..5)
            .prop_map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
            .boxed(),
        _ => "\\{\"[a-z]\":(null|[0-9]{1,3}|\"[^\"\\\\]{0,5}\")\\}".boxed(),
    }
}

const TYPES: [&str; 16] = [
    "boolean",
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "double",
    "float",
    "decimal",
    "date",
    "time",
    "timestamp",
    "timestamp with time zone",
    "varchar",
    "array",
    "row",
    "varbinary",
];

fn tables() -> impl Strategy<Value = (Vec<&'static str>, Vec<Texts>)> {
    vec(prop_oneof![select(TYPES.to_vec()), Just("json")], 1..6).prop_flat_map(|types| {
        let cells: Vec<_> = types.iter().map(|type_name| option::weighted(0.8, printed(type_name))).collect();
        (Just(types), vec(cells, 2..20))
    })
}

proptest! {
    #[test]
    fn a_file_and_its_pages_make_the_same_table(
        (types, rows) in tables(),
        page in 1_usize..10,
        size in 1_usize..200,
        most in prop_oneof![Just(usize::MAX), 1_usize..20],
    ) {
        let columns = columns(&types);
        let held = page.min(rows.len() - 1);
        let (pages, mut expected_seen, expected_notices) = by_pages(&columns, &rows, page, most).expect("printed as Athena prints");
        let (batch, seen, notices) =
            by_file(&columns, &rows[..held], &file(&columns, &rows), size, most).expect("written as Athena writes");
        prop_assert_eq!(show(&batch), show(&pages));
        prop_assert_eq!(batch.schema(), pages.schema());
        prop_assert_eq!(notices, expected_notices);
        // The file is left where the limit is passed.
        expected_seen = expected_seen.min((most as u64).saturating_add(1));
        prop_assert_eq!(seen, expected_seen);
    }
}

/// NaN equals nothing, itself included, and so does no batch that holds one.
fn show(batch: &RecordBatch) -> String {
    format!("{:?}", batch.columns())
}

fn texts(rows: &[&str]) -> Vec<Texts> {
    rows.iter().map(|text| vec![Some((*text).to_owned())]).collect()
}

fn reason(trouble: Trouble) -> String {
    match trouble {
        Trouble::File(why) => why,
        Trouble::Result(error) => panic!("{error}"),
    }
}

#[test]
fn a_file_that_is_not_the_results_is_refused() {
    let columns = columns(&["varchar"]);
    let page = texts(&["a", "b"]);
    let null = vec![vec![Some("a".to_owned())], vec![None]];
    for (case, page, file, said) in [
        ("another value", &page, file(&columns, &texts(&["a", "x", "c"])), "first page"),
        ("another order", &page, file(&columns, &texts(&["b", "a", "c"])), "first page"),
        ("NULL for the empty text", &null, file(&columns, &texts(&["a", "", "c"])), "first page"),
        ("no header", &page, b"\"a\"\n\"b\"\n\"c\"\n".to_vec(), "first page"),
        ("another header", &page, b"\"c1\"\n\"a\"\n\"b\"\n\"c\"\n".to_vec(), "first page"),
        ("no more rows", &page, file(&columns, &page), "ends with the first page"),
        ("fewer rows", &page, file(&columns, &texts(&["a"])), "ends with the first page"),
        ("nothing", &page, Vec::new(), "ends with the first page"),
        ("another shape later", &page, b"\"c0\"\n\"a\"\n\"b\"\n\"c\",\"d\"\n".to_vec(), "2 values for 1 columns"),
        ("no quotes", &page, b"\"c0\"\n\"a\"\n\"b\"\nc\n".to_vec(), "not in quotes"),
        ("cut", &page, b"\"c0\"\n\"a\"\n\"b\"\n\"c".to_vec(), "does not end"),
    ] {
        for size in [1, 5, 1000] {
            let why = by_file(&columns, page, &file, size, usize::MAX).map(|_| ()).map_err(reason).expect_err(case);
            assert!(why.contains(said), "{case}: {why}");
        }
    }
}

#[test]
fn a_value_that_its_type_does_not_explain_is_left_to_the_pages() {
    let columns = columns(&["integer"]);
    let rows = texts(&["1", "2", "three"]);
    let why = by_file(&columns, &rows[..1], &file(&columns, &rows), 7, usize::MAX).map(|_| ()).map_err(reason);
    assert!(why.expect_err("no integer").contains("three"));
}
