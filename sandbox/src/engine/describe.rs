//! The answers of SHOW and DESCRIBE.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::execute::Engine;
use super::provider::{Layout, PARTITION_COLUMNS, partition_values};
use super::tables::{CATALOG, DATABASE, VIEWS};
use super::{Column, Output, QueryContext, QueryError, Service, SqlType};
use crate::data::Snapshot;
use crate::dialect::types::name as type_name;
use crate::dialect::{Command, scalar_functions};

/// Runs a command.
///
/// # Errors
///
/// A database or table that there is not.
pub fn run(
    engine: &Engine,
    command: &Command,
    context: &QueryContext,
    snapshot: &Snapshot,
) -> Result<Output, QueryError> {
    Ok(match command {
        Command::Catalogs => text_output("Catalog", [CATALOG.to_lowercase()]),
        Command::Databases(pattern) => {
            let databases = [DATABASE].into_iter().filter(|name| is_like(name, pattern.as_deref()));
            match engine.service() {
                Service::Athena => text_output("database_name", databases.map(str::to_owned)),
                Service::Timestream => text_output("Database", databases.map(str::to_owned)),
            }
        }
        Command::Tables(database, pattern) => {
            check_database(database.as_deref().or(context.database.as_deref()))?;
            let names = engine.table_names().into_iter().filter(|name| is_like(name, pattern.as_deref()));
            let column = if engine.service() == Service::Athena { "tab_name" } else { "Table" };
            text_output(column, names.map(str::to_owned))
        }
        Command::Views(database) => {
            check_database(database.as_deref().or(context.database.as_deref()))?;
            text_output("views", VIEWS.iter().map(|view| view.name.to_owned()))
        }
        Command::Columns(table) => {
            let columns = columns_of(engine, table, context)?;
            text_output("field", columns.into_iter().filter_map(|column| column.name))
        }
        Command::Describe(table) => describe(engine, &columns_of(engine, table, context)?),
        Command::Partitions(table) => partitions(engine, table, context, snapshot)?,
        Command::CreateTable(table) => create_table(engine, table, context)?,
        Command::CreateView(view) => create_view(engine, view, context)?,
        Command::Measures(table, pattern) => measures(engine, table, pattern.as_deref(), context)?,
        Command::Functions => {
            let mut names: Vec<_> = scalar_functions().iter().map(|function| function.name().to_owned()).collect();
            names.sort();
            text_output("Function", names)
        }
    })
}

/// An answer of one varchar column.
pub fn text_output(name: &str, rows: impl IntoIterator<Item = String>) -> Output {
    table_output(&[name], &rows.into_iter().map(|row| vec![Some(row)]).collect::<Vec<_>>())
}

/// An answer of varchar columns.
fn table_output(names: &[&str], rows: &[Vec<Option<String>>]) -> Output {
    let columns = names
        .iter()
        .map(|name| Column { name: Some((*name).to_owned()), sql_type: SqlType::Varchar, partition: false })
        .collect();
    let schema = Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>());
    let arrays = (0..names.len()).map(|column| {
        Arc::new(rows.iter().map(|row| row.get(column).cloned().flatten()).collect::<StringArray>()) as _
    });
    // Every column has as many rows as there are.
    let batches =
        RecordBatch::try_new(Arc::new(schema), arrays.collect()).into_iter().filter(|batch| batch.num_rows() > 0);
    Output { columns, batches: batches.collect(), bytes_scanned: 0 }
}

fn check_database(name: Option<&str>) -> Result<(), QueryError> {
    match name {
        Some(name) if !name.is_empty() && !name.eq_ignore_ascii_case(DATABASE) => {
            Err(QueryError::Semantic(format!("SCHEMA_NOT_FOUND: line 1:1: Schema '{name}' does not exist")))
        }
        _ => Ok(()),
    }
}

/// The table's own name, its database checked.
fn table_name<'a>(names: &'a [String], context: &QueryContext) -> Result<&'a str, QueryError> {
    let database = names.len().checked_sub(2).and_then(|at| names.get(at)).map(String::as_str);
    check_database(database.or(context.database.as_deref()))?;
    Ok(names.last().map_or("", String::as_str))
}

fn columns_of(engine: &Engine, names: &[String], context: &QueryContext) -> Result<Vec<Column>, QueryError> {
    let table = table_name(names, context)?;
    engine.columns(table).ok_or_else(|| unknown_table(table))
}

fn unknown_table(table: &str) -> QueryError {
    QueryError::Semantic(format!("TABLE_NOT_FOUND: line 1:1: Table '{DATABASE}.{table}' does not exist"))
}

/// Athena writes one tab-separated text a line, partition columns twice; Timestream a row of three columns.
fn describe(engine: &Engine, columns: &[Column]) -> Output {
    let name = |column: &Column| column.name.clone().unwrap_or_default();
    if engine.service() == Service::Timestream {
        let rows = columns.iter().map(|column| {
            let name = name(column);
            let kind = timestream_role(&name);
            vec![Some(name), Some(timestream_type(&column.sql_type)), Some(kind.to_owned())]
        });
        return table_output(&["Column", "Type", "Timestream attribute type"], &rows.collect::<Vec<_>>());
    }
    let line = |column: &Column| format!("{:<20}\t{:<20}\t{:<20}", name(column), hive_type(&column.sql_type), "");
    let mut lines: Vec<_> = columns.iter().map(line).collect();
    if columns.iter().any(|column| column.partition) {
        lines.push("\t \t ".to_owned());
        lines.push("# Partition Information\t \t ".to_owned());
        lines.push(format!("{:<20}\t{:<20}\t{:<20}", "# col_name", "data_type", "comment"));
        lines.push("\t \t ".to_owned());
        lines.extend(columns.iter().filter(|column| column.partition).map(line));
    }
    text_output("col_name", lines)
}

/// A type as Timestream's DESCRIBE writes it: a timestamp has but one precision.
fn timestream_type(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Timestamp { .. } => "timestamp".to_owned(),
        other => type_name(other),
    }
}

/// What a Timestream column is for.
fn timestream_role(column: &str) -> &'static str {
    match column {
        "time" => "TIMESTAMP",
        "measure_name" => "MEASURE_NAME",
        "instance" | "channel" | "queue" | "initiation_method" | "contact_id" | "agent" | "routing_profile" => {
            "DIMENSION"
        }
        column if column.starts_with("measure_value::") => "MEASURE_VALUE",
        _ => "MULTI",
    }
}

/// A type as Hive writes it, which is what DESCRIBE and SHOW CREATE TABLE speak.
fn hive_type(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Varchar => "string".to_owned(),
        SqlType::Integer => "int".to_owned(),
        SqlType::Timestamp { .. } => "timestamp".to_owned(),
        SqlType::Array(of) => format!("array<{}>", hive_type(of)),
        SqlType::Map(key, value) => format!("map<{},{}>", hive_type(key), hive_type(value)),
        SqlType::Row(fields) => {
            let fields =
                fields.iter().map(|(name, of)| format!("{}:{}", name.as_deref().unwrap_or_default(), hive_type(of)));
            format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
        }
        other => type_name(other),
    }
}

fn partitions(
    engine: &Engine,
    names: &[String],
    context: &QueryContext,
    snapshot: &Snapshot,
) -> Result<Output, QueryError> {
    let table = table_name(names, context)?;
    match engine.table(table) {
        Some(table) if table.layout() == Layout::ArrivalHours => {
            let rows = table.layout().hours(snapshot).into_iter().map(|hour| {
                let parts = PARTITION_COLUMNS.iter().zip(partition_values(hour));
                parts.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("/")
            });
            Ok(text_output("partition", rows))
        }
        _ => Err(unknown_table(table)),
    }
}

fn create_table(engine: &Engine, names: &[String], context: &QueryContext) -> Result<Output, QueryError> {
    let table = table_name(names, context)?;
    let columns = match engine.table(table) {
        Some(table) if table.layout() == Layout::ArrivalHours => table.columns(),
        _ => return Err(unknown_table(table)),
    };
    let write = |partition: bool| {
        let of_kind = columns.iter().filter(move |column| column.partition == partition);
        let lines = of_kind.map(|column| {
            format!("  `{}` {}", column.name.as_deref().unwrap_or_default(), hive_type(&column.sql_type))
        });
        lines.collect::<Vec<_>>().join(", \n")
    };
    let text = format!(
        "CREATE EXTERNAL TABLE `{DATABASE}.{table}`(\n{})\nPARTITIONED BY ( \n{})\nROW FORMAT SERDE \n  \
         'org.openx.data.jsonserde.JsonSerDe'\nLOCATION\n  's3://connect-data/{table}/'",
        write(false),
        write(true)
    );
    Ok(text_output("createtab_stmt", text.lines().map(str::to_owned)))
}

fn create_view(engine: &Engine, names: &[String], context: &QueryContext) -> Result<Output, QueryError> {
    let name = table_name(names, context)?;
    let Some(view) = VIEWS.iter().find(|view| view.name == name) else { return Err(unknown_table(name)) };
    let columns = engine.columns(view.name).unwrap_or_default();
    let columns: Vec<_> = columns.into_iter().filter_map(|column| column.name).collect();
    let statement = view.statement.replace("{columns}", &columns.join(", "));
    Ok(text_output("Create View", [format!("CREATE VIEW {DATABASE}.{name} AS {statement}")]))
}

/// Each measure with its type and its dimensions, as JSON.
fn measures(
    engine: &Engine,
    names: &[String],
    pattern: Option<&str>,
    context: &QueryContext,
) -> Result<Output, QueryError> {
    let table = table_name(names, context)?;
    let columns = engine.columns(table).ok_or_else(|| unknown_table(table))?;
    let names = columns.iter().filter_map(|column| column.name.as_deref());
    let dimensions: Vec<_> = names
        .filter(|name| timestream_role(name) == "DIMENSION")
        .filter(|name| table == "agent_events" || *name != "agent")
        .map(|name| serde_json::json!({"data_type": "varchar", "dimension_name": name}))
        .collect();
    let dimensions = serde_json::Value::Array(dimensions).to_string();
    let measures: &[(&str, &str)] = match table {
        "contact_records" => &[("contact", "multi")],
        "contact_events" => &[("event", "multi")],
        "agent_events" => &[("agent", "multi")],
        _ => &[("agents_available", "bigint"), ("contacts_in_queue", "bigint"), ("oldest_wait_seconds", "double")],
    };
    let rows = measures.iter().filter(|(name, _)| is_like(name, pattern)).map(|(name, data_type)| {
        vec![Some((*name).to_owned()), Some((*data_type).to_owned()), Some(dimensions.clone())]
    });
    Ok(table_output(&["measure_name", "data_type", "dimensions"], &rows.collect::<Vec<_>>()))
}

/// SQL's LIKE; Athena's `*` and `|` of SHOW are understood too.
fn is_like(name: &str, pattern: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| {
        pattern.split('|').any(|pattern| matches(name.as_bytes(), pattern.to_lowercase().as_bytes()))
    })
}

fn matches(name: &[u8], pattern: &[u8]) -> bool {
    match (name.split_first(), pattern.split_first()) {
        (_, Some((b'%' | b'*', rest))) => (0..=name.len()).any(|skip| matches(&name[skip..], rest)),
        (Some((_, name)), Some((b'_', rest))) => matches(name, rest),
        (Some((character, name)), Some((expected, rest))) => character == expected && matches(name, rest),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        for (pattern, matched) in [
            ("contact%", true),
            ("%records", true),
            ("contact_records", true),
            ("contact*|x", true),
            ("contact", false),
            ("%x%", false),
        ] {
            assert_eq!(is_like("contact_records", Some(pattern)), matched, "{pattern}");
        }
    }
}
