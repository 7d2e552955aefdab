//! What editors list: catalogs, databases, tables, columns, workgroups. Read to the last page, kept for a minute.

use std::time::Duration;

use super::service::SharedService;
use crate::{
    engine::{Column, cached::Cached},
    error::{Error, ErrorKind, Result},
};

const LIFETIME: Duration = Duration::from_mins(1);
/// Pages read of one list; a hundred thousand names are more than an editor can show.
const MOST_PAGES: usize = 2000;

/// A list of names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum List {
    Catalogs,
    Databases { catalog: String },
    Tables { catalog: String, database: String },
    Workgroups,
}

/// The lists, kept.
#[derive(Debug)]
pub(super) struct Catalog {
    service: SharedService,
    names: Cached<List, Vec<String>>,
    columns: Cached<[String; 3], Vec<Column>>,
}

impl Catalog {
    /// Knows nothing yet.
    pub(super) fn new(service: SharedService) -> Self {
        Self { service, names: Cached::new(LIFETIME), columns: Cached::new(LIFETIME) }
    }

    /// Names of the data catalogs.
    pub(super) async fn catalogs(&self) -> Result<Vec<String>> {
        self.list(List::Catalogs, |token: Option<String>| async move {
            let answer = self
                .service
                .call("athena:ListDataCatalogs", None, |client| {
                    client.list_data_catalogs().set_next_token(token.clone()).send()
                })
                .await?;
            let catalogs = answer.data_catalogs_summary.unwrap_or_default();
            Ok((catalogs.into_iter().filter_map(|catalog| catalog.catalog_name).collect(), answer.next_token))
        })
        .await
    }

    /// Names of a catalog's databases.
    pub(super) async fn databases(&self, catalog: &str) -> Result<Vec<String>> {
        self.list(List::Databases { catalog: catalog.to_owned() }, |token: Option<String>| async move {
            let answer = self
                .service
                .call("athena:ListDatabases", Some(catalog), |client| {
                    client.list_databases().catalog_name(catalog).set_next_token(token.clone()).send()
                })
                .await?;
            let databases = answer.database_list.unwrap_or_default();
            Ok((databases.into_iter().map(|database| database.name).collect(), answer.next_token))
        })
        .await
    }

    /// Names of a database's tables.
    pub(super) async fn tables(&self, catalog: &str, database: &str) -> Result<Vec<String>> {
        self.list(
            List::Tables { catalog: catalog.to_owned(), database: database.to_owned() },
            |token: Option<String>| async move {
                let answer = self
                    .service
                    .call("athena:ListTableMetadata", Some(database), |client| {
                        client
                            .list_table_metadata()
                            .catalog_name(catalog)
                            .database_name(database)
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let tables = answer.table_metadata_list.unwrap_or_default();
                Ok((tables.into_iter().map(|table| table.name).collect(), answer.next_token))
            },
        )
        .await
    }

    /// Names of the workgroups.
    pub(super) async fn workgroups(&self) -> Result<Vec<String>> {
        self.list(List::Workgroups, |token: Option<String>| async move {
            let answer = self
                .service
                .call("athena:ListWorkGroups", None, |client| {
                    client.list_work_groups().set_next_token(token.clone()).send()
                })
                .await?;
            let workgroups = answer.work_groups.unwrap_or_default();
            Ok((workgroups.into_iter().filter_map(|workgroup| workgroup.name).collect(), answer.next_token))
        })
        .await
    }

    /// Columns of a table, partition columns last.
    pub(super) async fn columns(&self, catalog: &str, database: &str, table: &str) -> Result<Vec<Column>> {
        let key = [catalog, database, table].map(str::to_owned);
        self.columns
            .get(key, || async {
                let answer = self
                    .service
                    .call("athena:GetTableMetadata", Some(table), |client| {
                        client
                            .get_table_metadata()
                            .catalog_name(catalog)
                            .database_name(database)
                            .table_name(table)
                            .send()
                    })
                    .await?;
                let table = answer.table_metadata.ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, format!("Athena knows no table {table} in database {database}."))
                })?;
                let columns = table.columns.unwrap_or_default().into_iter().map(|column| (column, "column"));
                let partitions =
                    table.partition_keys.unwrap_or_default().into_iter().map(|column| (column, "partition"));
                Ok(columns
                    .chain(partitions)
                    .map(|(column, role)| Column {
                        name: column.name,
                        data_type: column.r#type.unwrap_or_else(|| "unknown".to_owned()),
                        role,
                    })
                    .collect())
            })
            .await
    }

    /// The pages of a list, one after another, unless they are known.
    async fn list<F>(&self, list: List, page: impl Fn(Option<String>) -> F) -> Result<Vec<String>>
    where
        F: Future<Output = Result<(Vec<String>, Option<String>)>>,
    {
        self.names
            .get(list, || async {
                let (mut names, mut token) = (Vec::new(), None);
                for _ in 0..MOST_PAGES {
                    let (more, next) = page(token).await?;
                    names.extend(more);
                    token = next.filter(|token| !token.is_empty());
                    if token.is_none() {
                        return Ok(names);
                    }
                }
                Err(Error::new(
                    ErrorKind::Unavailable,
                    format!(
                        "Athena's list has not ended after {MOST_PAGES} pages. Type the name instead of choosing it."
                    ),
                ))
            })
            .await
    }
}
