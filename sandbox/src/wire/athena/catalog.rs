//! The data catalog: one catalog, the engine's databases, tables and columns.

use serde_json::{Value, json};

use super::{columns::hive_type, invalid, list_body, list_page, required, workgroups::CREATED};
use crate::{
    engine::{Column, Service},
    wire::{aws_error::AwsError, dispatch::Incoming},
};

/// The only catalog.
pub(super) const CATALOG: &str = "AwsDataCatalog";

fn missing(message: String) -> AwsError {
    AwsError::bad_request("MetadataException", message)
}

/// GetDataCatalog.
pub(super) fn data_catalog(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let name: String = required(incoming, "Name")?;
    if name != CATALOG {
        return Err(invalid(format!("Data catalog {name} was not found")));
    }
    Ok(json!({"DataCatalog": {"Name": CATALOG, "Type": "GLUE", "Parameters": {}}}))
}

/// ListDataCatalogs.
pub(super) fn data_catalogs(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let catalogs = [json!({"CatalogName": CATALOG, "Type": "GLUE"})];
    Ok(list_body("DataCatalogsSummary", list_page(incoming, &catalogs)?))
}

fn check_catalog(incoming: Incoming<'_>) -> Result<(), AwsError> {
    let name: String = required(incoming, "CatalogName")?;
    if name.eq_ignore_ascii_case(CATALOG) { Ok(()) } else { Err(invalid(format!("Catalog {name} does not exist"))) }
}

fn check_database(incoming: Incoming<'_>) -> Result<String, AwsError> {
    let name: String = required(incoming, "DatabaseName")?;
    if incoming.state.backend.databases(Service::Athena).contains(&name) {
        Ok(name)
    } else {
        Err(missing(format!("EntityNotFoundException: Database {name} not found.")))
    }
}

fn database_body(name: &str) -> Value {
    json!({"Name": name, "Description": "", "Parameters": {}})
}

/// ListDatabases.
pub(super) fn databases(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    check_catalog(incoming)?;
    let names = incoming.state.backend.databases(Service::Athena);
    let databases: Vec<Value> = names.iter().map(|name| database_body(name)).collect();
    Ok(list_body("DatabaseList", list_page(incoming, &databases)?))
}

/// GetDatabase.
pub(super) fn database(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    check_catalog(incoming)?;
    Ok(json!({"Database": database_body(&check_database(incoming)?)}))
}

fn table_body(incoming: Incoming<'_>, name: &str, columns: &[Column]) -> Value {
    let is_view = incoming.state.backend.is_view(Service::Athena, name);
    let side = |partition: bool| -> Vec<Value> {
        columns
            .iter()
            .filter(|column| column.partition == partition)
            .map(|column| json!({"Name": column.name, "Type": hive_type(&column.sql_type)}))
            .collect()
    };
    json!({
        "Name": name,
        "CreateTime": CREATED,
        "LastAccessTime": 0.0,
        "TableType": if is_view { "VIRTUAL_VIEW" } else { "EXTERNAL_TABLE" },
        "Columns": side(false),
        "PartitionKeys": side(true),
        "Parameters": {"classification": "parquet"},
    })
}

/// ListTableMetadata; `Expression` is a pattern that names match from their start, as Athena's is.
pub(super) fn tables(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    check_catalog(incoming)?;
    let database = check_database(incoming)?;
    let backend = &incoming.state.backend;
    let expression = incoming.input.get("Expression").and_then(Value::as_str);
    let tables: Vec<Value> = backend
        .tables(Service::Athena, &database)
        .iter()
        .filter(|table| expression.is_none_or(|pattern| table.starts_with(pattern.trim_end_matches(['*', '.']))))
        .filter_map(|table| Some(table_body(incoming, table, &backend.columns(Service::Athena, &database, table)?)))
        .collect();
    Ok(list_body("TableMetadataList", list_page(incoming, &tables)?))
}

/// GetTableMetadata.
pub(super) fn table(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    check_catalog(incoming)?;
    let database = check_database(incoming)?;
    let name: String = required(incoming, "TableName")?;
    let columns = incoming
        .state
        .backend
        .columns(Service::Athena, &database, &name)
        .ok_or_else(|| missing(format!("EntityNotFoundException: Table {name} not found.")))?;
    Ok(json!({"TableMetadata": table_body(incoming, &name, &columns)}))
}
