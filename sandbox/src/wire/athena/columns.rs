//! Columns as Athena describes them: `ColumnInfo` of a result, and the Hive types of the catalog.

use serde_json::{Value, json};

use crate::engine::{Column, SqlType};

/// The `ColumnInfo` list of a result. Precisions are those that Athena reports for each type.
pub(super) fn column_info(columns: &[Column]) -> Vec<Value> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let name = column.name.clone().unwrap_or_else(|| format!("_col{index}"));
            let (type_name, precision, scale) = result_type(&column.sql_type);
            let case_sensitive = matches!(column.sql_type, SqlType::Varchar | SqlType::Char);
            info(&name, type_name, precision, scale, case_sensitive)
        })
        .collect()
}

/// A column of SHOW and DESCRIBE, which are Hive's, not Trino's.
pub(super) fn hive_column(name: &str) -> Value {
    info(name, "string", 0, 0, false)
}

fn info(name: &str, type_name: &str, precision: u32, scale: i8, case_sensitive: bool) -> Value {
    json!({
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": type_name,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": case_sensitive,
    })
}

/// Name, precision and scale of a type in a result.
fn result_type(sql_type: &SqlType) -> (&'static str, u32, i8) {
    match sql_type {
        SqlType::Unknown => ("unknown", 0, 0),
        SqlType::Boolean => ("boolean", 0, 0),
        SqlType::Tinyint => ("tinyint", 3, 0),
        SqlType::Smallint => ("smallint", 5, 0),
        SqlType::Integer => ("integer", 10, 0),
        SqlType::Bigint => ("bigint", 19, 0),
        SqlType::Real => ("float", 17, 0),
        SqlType::Double => ("double", 17, 0),
        SqlType::Decimal { precision, scale } => ("decimal", u32::from(*precision), *scale),
        SqlType::Char => ("char", 1, 0),
        SqlType::Varchar => ("varchar", 2_147_483_647, 0),
        SqlType::Varbinary => ("varbinary", 1_073_741_824, 0),
        SqlType::Json => ("json", 0, 0),
        SqlType::Uuid => ("uuid", 0, 0),
        SqlType::IpAddress => ("ipaddress", 0, 0),
        SqlType::Date => ("date", 0, 0),
        SqlType::Time => ("time", 3, 0),
        SqlType::Timestamp { .. } => ("timestamp", 3, 0),
        SqlType::TimestampWithTimeZone { .. } => ("timestamp with time zone", 3, 0),
        SqlType::IntervalDayToSecond => ("interval day to second", 0, 0),
        SqlType::IntervalYearToMonth => ("interval year to month", 0, 0),
        SqlType::Array(_) | SqlType::TimeSeries(_) => ("array", 0, 0),
        SqlType::Map(..) => ("map", 0, 0),
        SqlType::Row(_) => ("row", 0, 0),
    }
}

/// A type as the catalog spells it.
pub(super) fn hive_type(sql_type: &SqlType) -> String {
    let plain = match sql_type {
        SqlType::Decimal { precision, scale } => return format!("decimal({precision},{scale})"),
        SqlType::Array(item) | SqlType::TimeSeries(item) => return format!("array<{}>", hive_type(item)),
        SqlType::Map(key, value) => return format!("map<{},{}>", hive_type(key), hive_type(value)),
        SqlType::Row(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(index, (name, field))| {
                    let name = name.clone().unwrap_or_else(|| format!("field{index}"));
                    format!("{name}:{}", hive_type(field))
                })
                .collect();
            return format!("struct<{}>", fields.join(","));
        }
        SqlType::Boolean => "boolean",
        SqlType::Tinyint => "tinyint",
        SqlType::Smallint => "smallint",
        SqlType::Integer => "int",
        SqlType::Bigint => "bigint",
        SqlType::Real => "float",
        SqlType::Double => "double",
        SqlType::Varbinary => "binary",
        SqlType::Date => "date",
        SqlType::Timestamp { .. } | SqlType::TimestampWithTimeZone { .. } => "timestamp",
        _ => "string",
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_spells_types_as_hive_does() {
        let row = SqlType::Row(vec![
            (Some("name".to_owned()), SqlType::Varchar),
            (None, SqlType::Array(Box::new(SqlType::Integer))),
        ]);
        for (sql_type, expected) in [
            (SqlType::Varchar, "string"),
            (SqlType::Decimal { precision: 10, scale: 2 }, "decimal(10,2)"),
            (row, "struct<name:string,field1:array<int>>"),
            (SqlType::Map(Box::new(SqlType::Varchar), Box::new(SqlType::Real)), "map<string,float>"),
        ] {
            assert_eq!(hive_type(&sql_type), expected);
        }
    }

    #[test]
    fn unnamed_columns_are_called_by_their_place() {
        let column = |name: Option<&str>| Column {
            name: name.map(str::to_owned),
            sql_type: SqlType::Decimal { precision: 10, scale: 2 },
            partition: false,
        };
        let info = column_info(&[column(Some("a")), column(None)]);
        assert_eq!(info[1]["Name"], "_col1");
        assert_eq!(
            (&info[1]["Type"], &info[1]["Precision"], &info[1]["Scale"]),
            (&json!("decimal"), &json!(10), &json!(2))
        );
    }
}
