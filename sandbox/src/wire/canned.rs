//! Results given in advance: exactly this answer to exactly that statement, so that tests can send types that no engine
//! produces, and bodies that no service should.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::state::lock;
use crate::engine::Service;

/// A result page given whole.
#[derive(Debug, Clone)]
pub(super) enum Page {
    /// An object; what it lacks is filled in: ids, columns, the token of the next page.
    Completed(Map<String, Value>),
    /// Sent byte by byte.
    Verbatim(String),
}

/// A result in the service's own JSON.
#[derive(Debug, Clone)]
pub(super) struct Canned {
    /// Timestream: `ColumnInfo` objects. Athena: the same of `ResultSetMetadata`.
    pub(super) columns: Vec<Value>,
    /// Timestream: the JSON text of each row's `Data`. Empty for Athena.
    pub(super) timestream_rows: Vec<String>,
    /// Athena: the text of each value. Empty for Timestream.
    pub(super) athena_rows: Vec<Vec<Option<String>>>,
    /// When present, the pages are these and the rows are not looked at.
    pub(super) pages: Option<Vec<Page>>,
    pub(super) bytes_scanned: u64,
}

/// An order as the admin route takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    service: String,
    sql: String,
    #[serde(default)]
    columns: Vec<Value>,
    #[serde(default)]
    rows: Vec<Value>,
    #[serde(default)]
    pages: Option<Vec<Value>>,
    #[serde(default)]
    bytes_scanned: u64,
}

/// The results in store, by service and statement.
#[derive(Debug, Default)]
pub(super) struct CannedResults {
    results: Mutex<HashMap<(Service, String), Arc<Canned>>>,
}

impl CannedResults {
    /// Stores a result; a later one for the same statement takes its place.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the order.
    pub(super) fn add(&self, order: Order) -> Result<(), String> {
        let service = match order.service.as_str() {
            "timestream" => Service::Timestream,
            "athena" => Service::Athena,
            other => return Err(format!("The service is timestream or athena, not {other}.")),
        };
        let mut canned = Canned {
            columns: order.columns.iter().map(|column| column_info(service, column)).collect::<Result<_, _>>()?,
            timestream_rows: Vec::new(),
            athena_rows: Vec::new(),
            pages: order.pages.map(|pages| pages.into_iter().map(page).collect::<Result<_, _>>()).transpose()?,
            bytes_scanned: order.bytes_scanned,
        };
        match service {
            Service::Timestream => {
                canned.timestream_rows = order.rows.iter().map(timestream_row).collect::<Result<_, _>>()?;
            }
            Service::Athena => canned.athena_rows = order.rows.iter().map(athena_row).collect::<Result<_, _>>()?,
        }
        lock(&self.results).insert((service, order.sql), Arc::new(canned));
        Ok(())
    }

    /// The result of a statement.
    pub(super) fn find(&self, service: Service, sql: &str) -> Option<Arc<Canned>> {
        lock(&self.results).get(&(service, sql.to_owned())).cloned()
    }

    /// The statements that have one.
    pub(super) fn list(&self) -> Vec<(&'static str, String)> {
        let name = |service| match service {
            Service::Timestream => "timestream",
            Service::Athena => "athena",
        };
        let mut statements: Vec<_> =
            lock(&self.results).keys().map(|(service, sql)| (name(*service), sql.clone())).collect();
        statements.sort();
        statements
    }

    pub(super) fn clear(&self) {
        lock(&self.results).clear();
    }
}

/// A column in the service's own shape (`Name`, `Type`) stays as it is; `{"name", "type": "bigint"}` is short for it.
fn column_info(service: Service, column: &Value) -> Result<Value, String> {
    let object = column.as_object().ok_or("A column is an object.")?;
    if object.contains_key("Type") {
        return Ok(column.clone());
    }
    let sql_type = object.get("type").and_then(Value::as_str).ok_or("A column has a Type, or a type in words.")?;
    let name = object.get("name").cloned();
    Ok(match service {
        Service::Timestream => {
            let mut info = Map::new();
            if let Some(name) = name {
                info.insert("Name".to_owned(), name);
            }
            info.insert("Type".to_owned(), json!({"ScalarType": sql_type.to_uppercase().replace(' ', "_")}));
            Value::Object(info)
        }
        Service::Athena => {
            let name = name.unwrap_or_else(|| json!("_col0"));
            json!({
                "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name,
                "Type": sql_type, "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false,
            })
        }
    })
}

/// Timestream's rows are `{"Data": [..]}` or the list alone; in it a string is a scalar, null is a null, and an object
/// is a datum as it stands.
fn timestream_row(row: &Value) -> Result<String, String> {
    let data = row.get("Data").unwrap_or(row).as_array().ok_or("A row is a list, or an object with Data.")?;
    let data: Vec<Value> = data
        .iter()
        .map(|datum| match datum {
            Value::Null => json!({"NullValue": true}),
            Value::String(text) => json!({"ScalarValue": text}),
            other => other.clone(),
        })
        .collect();
    Ok(Value::Array(data).to_string())
}

/// Athena's rows are `{"Data": [{"VarCharValue": ..}]}` or a list of texts and nulls.
fn athena_row(row: &Value) -> Result<Vec<Option<String>>, String> {
    let data = row.get("Data").unwrap_or(row).as_array().ok_or("A row is a list, or an object with Data.")?;
    data.iter()
        .map(|datum| match datum {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            Value::Object(object) => Ok(object.get("VarCharValue").and_then(Value::as_str).map(str::to_owned)),
            _ => Err("Athena's values are texts and nulls.".to_owned()),
        })
        .collect()
}

fn page(page: Value) -> Result<Page, String> {
    match page {
        Value::Object(body) => Ok(Page::Completed(body)),
        Value::String(body) => Ok(Page::Verbatim(body)),
        _ => Err("A page is an object, or a string that is sent as it stands.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(order: Value) -> Order {
        serde_json::from_value(order).unwrap()
    }

    #[test]
    fn short_forms_become_the_service_s_own() {
        let results = CannedResults::default();
        results
            .add(order(json!({"service": "timestream", "sql": "q", "columns": [{"name": "a", "type": "bigint"}, {"Name": "b", "Type": {"odd": 1}}], "rows": [["1", null], {"Data": [{"odd": 2}]}]})))
            .unwrap();
        let canned = results.find(Service::Timestream, "q").unwrap();
        assert_eq!(
            json!(canned.columns),
            json!([{"Name": "a", "Type": {"ScalarType": "BIGINT"}}, {"Name": "b", "Type": {"odd": 1}}])
        );
        assert_eq!(canned.timestream_rows, [r#"[{"ScalarValue":"1"},{"NullValue":true}]"#, r#"[{"odd":2}]"#]);
        assert!(results.find(Service::Athena, "q").is_none());

        results
            .add(order(
                json!({"service": "athena", "sql": "q", "rows": [["1", null], {"Data": [{"VarCharValue": "x"}, {}]}]}),
            ))
            .unwrap();
        let canned = results.find(Service::Athena, "q").unwrap();
        assert_eq!(canned.athena_rows, [[Some("1".to_owned()), None], [Some("x".to_owned()), None]]);
    }

    #[test]
    fn orders_that_make_no_sense_are_refused() {
        for broken in [
            json!({"service": "glue", "sql": "q"}),
            json!({"service": "athena", "sql": "q", "columns": [1]}),
            json!({"service": "athena", "sql": "q", "columns": [{"name": "a"}]}),
            json!({"service": "athena", "sql": "q", "rows": [1]}),
            json!({"service": "athena", "sql": "q", "rows": [[1]]}),
            json!({"service": "timestream", "sql": "q", "rows": ["x"]}),
            json!({"service": "timestream", "sql": "q", "pages": [1]}),
        ] {
            assert!(CannedResults::default().add(order(broken.clone())).is_err(), "{broken}");
        }
    }
}
