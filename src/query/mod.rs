//! The query as dashboards save it, and as the two official data sources saved it.
//!
//! A dashboard moved over from Grafana's Athena or Timestream data source keeps its saved queries; their shapes are
//! recognised by the field that holds the SQL (`rawSQL`/`rawSql` for Athena, `rawQuery` for Timestream) and mean what they
//! meant there. Fields nobody knows are ignored, since Grafana adds its own.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    leg::Leg,
    plan::{Freshness, Route},
    shape::{Fill, Format, Layout},
    sql::filter::Filter,
    time::parse_interval,
};

#[cfg(test)]
mod tests;

/// Values of a column listed at most, for a variable or a filter: nobody reads further down a list.
pub const VALUES_LISTED: usize = 1_000;

/// What the Athena data source writes for "whatever the data source is set to".
const PEER_DEFAULT: &str = "__default";

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryKind {
    /// The rows of a statement.
    #[default]
    Statement,
    /// What a column of a dataset holds, [`VALUES_LISTED`] values at most: a statement too.
    Values,
    /// What the data source itself ran lately.
    Activity,
    /// Where the legs meet now, as an annotation.
    Boundary,
}

/// One panel query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What it asks for; the statement is empty where it is not one.
    pub kind: QueryKind,
    /// The dataset whose [`column`](Query::column) is listed, where values are asked for.
    pub dataset: Option<String>,
    /// Which legs may answer.
    pub route: Route,
    /// What matters most where either leg could answer.
    pub freshness: Freshness,
    /// Whether the other leg's part will do where one leg fails.
    pub allow_partial: bool,
    /// What the dashboard's viewer narrows every dataset by.
    pub filters: Vec<Filter>,
    /// SQL as typed, macros not yet expanded.
    pub sql: String,
    /// How the panel wants its rows.
    pub format: Format,
    /// How time series are laid out in frames.
    pub layout: Layout,
    /// What fills an empty bucket.
    pub fill: Fill,
    /// Bucket width to fill by, where the query says so.
    pub step: Option<Duration>,
    /// The real-time database or the historical one, in place of the settings'.
    pub database: Option<String>,
    /// What `$__table` means.
    pub table: Option<String>,
    /// What `$__column` means.
    pub column: Option<String>,
    /// What `$__measure` means.
    pub measure: Option<String>,
    /// Athena: the catalog, in place of the settings'.
    pub catalog: Option<String>,
    /// Athena: a region that the saved query insists on; it must be the leg's.
    pub region: Option<String>,
    /// Athena: whether an earlier result will do.
    pub reuse: Reuse,
}

/// Whether an earlier result of the same statement will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reuse {
    /// As the data source is set.
    #[default]
    AsConfigured,
    /// Never.
    Never,
    /// Up to this old.
    UpTo(Duration),
}

/// Which data source saved the query: it decides what numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Switchboard,
    AthenaPeer,
    TimestreamPeer,
}

impl Query {
    /// The query that says no more than its statement.
    #[must_use]
    pub fn of_sql(sql: String) -> Self {
        Self {
            kind: QueryKind::Statement,
            dataset: None,
            route: Route::Auto,
            freshness: Freshness::default(),
            allow_partial: false,
            filters: Vec::new(),
            sql,
            format: Format::default(),
            layout: Layout::default(),
            fill: Fill::default(),
            step: None,
            database: None,
            table: None,
            column: None,
            measure: None,
            catalog: None,
            region: None,
            reuse: Reuse::default(),
        }
    }

    /// The query for what `column` of `dataset` holds. Both names are identifiers.
    #[must_use]
    pub fn of_values(dataset: &str, column: &str) -> Self {
        Self {
            kind: QueryKind::Values,
            dataset: Some(dataset.to_owned()),
            column: Some(column.to_owned()),
            format: Format::Values,
            ..Self::of_sql(values_of(dataset, column))
        }
    }

    /// Reads a query from the JSON that Grafana sends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadQuery`](crate::error::ErrorKind::BadQuery): names the field that is wrong and what is allowed.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(json).map_err(|error| {
            Error::bad_query(format!("The query is not JSON: see line {}, column {}.", error.line(), error.column()))
        })?;
        let Value::Object(map) = &value else {
            return Err(Error::bad_query("The query must be a JSON object with a sql field."));
        };
        let fields = Fields { map, path: "" };
        let kind = match fields.text("kind")?.as_deref() {
            None | Some("sql") => QueryKind::Statement,
            Some("values") => QueryKind::Values,
            Some("activity") => QueryKind::Activity,
            Some("boundary") => QueryKind::Boundary,
            Some(_) => return Err(fields.wrong("kind", "sql, values, activity or boundary")),
        };
        let (dialect, sql) = match kind {
            QueryKind::Statement => find_sql(&fields)?,
            QueryKind::Values => (Dialect::Switchboard, read_values(&fields)?),
            QueryKind::Activity | QueryKind::Boundary => (Dialect::Switchboard, String::new()),
        };
        let connection = fields.object("connectionArgs")?;
        let route = match fields.text("route")?.as_deref() {
            Some("auto") => Route::Auto,
            Some("realtime") => Route::Only(Leg::Realtime),
            Some("historical") => Route::Only(Leg::Historical),
            Some(_) => return Err(fields.wrong("route", "auto, realtime or historical")),
            None => match dialect {
                Dialect::TimestreamPeer => Route::Only(Leg::Realtime),
                Dialect::AthenaPeer => Route::Only(Leg::Historical),
                Dialect::Switchboard => Route::Auto,
            },
        };
        Ok(Self {
            kind,
            dataset: if kind == QueryKind::Values { fields.text("dataset")? } else { None },
            route,
            sql,
            freshness: match fields.text("freshness")?.as_deref() {
                None | Some("fastest") => Freshness::Fastest,
                Some("cheapest") => Freshness::Cheapest,
                Some("complete") => Freshness::Complete,
                Some(_) => return Err(fields.wrong("freshness", "fastest, cheapest or complete")),
            },
            allow_partial: fields.boolean("allowPartial")?.unwrap_or(false),
            filters: fields.get("adhocFilters").map(Filter::from_json).transpose()?.unwrap_or_default(),
            format: read_format(&fields, dialect)?,
            layout: match fields.text("layout")?.as_deref() {
                None | Some("wide") => Layout::Wide,
                Some("multi") => Layout::Multi,
                Some(_) => return Err(fields.wrong("layout", "wide or multi")),
            },
            fill: read_fill(&fields)?,
            step: fields
                .text("step")?
                .map(|text| {
                    parse_interval(&text)
                        .ok()
                        .filter(|step| !step.is_zero())
                        .ok_or_else(|| fields.wrong("step", "a width such as 30s, 5m or 1h"))
                })
                .transpose()?,
            database: either(connection.as_ref(), &fields, "database")?,
            table: fields.text("table")?.filter(|table| !is_unset(table)),
            column: fields.text("column")?.filter(|column| !is_unset(column)),
            measure: fields.text("measure")?.filter(|measure| !is_unset(measure)),
            catalog: either(connection.as_ref(), &fields, "catalog")?,
            region: either(connection.as_ref(), &fields, "region")?,
            reuse: read_reuse(&fields, connection.as_ref())?,
        })
    }
}

/// The Timestream data source leaves `${...}` behind where a variable was never set.
fn is_unset(text: &str) -> bool {
    text == PEER_DEFAULT || text.starts_with("${")
}

fn either(connection: Option<&Fields<'_>>, fields: &Fields<'_>, key: &'static str) -> Result<Option<String>> {
    let nested = connection.map(|connection| connection.text(key)).transpose()?.flatten();
    let found = match nested {
        Some(text) => Some(text),
        None => fields.text(key)?,
    };
    Ok(found.filter(|text| !is_unset(text)))
}

fn find_sql(fields: &Fields<'_>) -> Result<(Dialect, String)> {
    let candidates = [
        ("sql", Dialect::Switchboard),
        ("rawSQL", Dialect::AthenaPeer),
        ("rawSql", Dialect::AthenaPeer),
        ("rawQuery", Dialect::TimestreamPeer),
    ];
    for (key, dialect) in candidates {
        if let Some(Value::String(sql)) = fields.get(key) {
            if !sql.trim().is_empty() {
                return Ok((dialect, sql.clone()));
            }
        } else if fields.get(key).is_some() {
            return Err(fields.wrong(key, "a text"));
        }
    }
    Err(Error::bad_query("The query has no SQL: write a statement into its sql field."))
}

/// The statement of a query `{kind: values, dataset, column}`: what a column holds, for a dashboard's variable.
fn read_values(fields: &Fields<'_>) -> Result<String> {
    let name = |key: &str| {
        fields
            .text(key)?
            .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
            .ok_or_else(|| fields.wrong(key, "the name of one, in letters, digits and underscores"))
    };
    Ok(values_of(&name("dataset")?, &name("column")?))
}

/// The statement that lists what `column` of `dataset` holds, in order: one more than is listed, which tells that there are more.
fn values_of(dataset: &str, column: &str) -> String {
    format!(
        "SELECT \"{column}\" AS value FROM $__dataset({dataset}) WHERE \"{column}\" IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {limit}",
        column = column.to_lowercase(),
        limit = VALUES_LISTED + 1
    )
}

fn read_format(fields: &Fields<'_>, dialect: Dialect) -> Result<Format> {
    const ALLOWED: &str = "table, time_series, logs, annotations or values";
    let number = match fields.get("format") {
        Some(Value::String(text)) => {
            return match text.as_str() {
                "table" => Ok(Format::Table),
                "time_series" | "timeseries" => Ok(Format::TimeSeries),
                "logs" => Ok(Format::Logs),
                "annotations" => Ok(Format::Annotations),
                "values" => Ok(Format::Values),
                _ => Err(fields.wrong("format", ALLOWED)),
            };
        }
        None => None,
        Some(Value::Number(number)) => Some(number.as_u64().ok_or_else(|| fields.wrong("format", ALLOWED))?),
        Some(_) => return Err(fields.wrong("format", ALLOWED)),
    };
    // Absent is 0 in both official data sources.
    match (dialect, number.unwrap_or(0)) {
        (Dialect::Switchboard, _) if number.is_none() && fields.get("kind") == Some(&Value::from("values")) => {
            Ok(Format::Values)
        }
        (Dialect::Switchboard, _) if number.is_none() && fields.get("kind") == Some(&Value::from("boundary")) => {
            Ok(Format::Annotations)
        }
        (Dialect::Switchboard, _) if number.is_none() => Ok(Format::Table),
        (Dialect::AthenaPeer, 0) | (Dialect::TimestreamPeer, 1) => Ok(Format::TimeSeries),
        (Dialect::AthenaPeer, 1) | (Dialect::TimestreamPeer, 0) => Ok(Format::Table),
        (Dialect::AthenaPeer, 2) => Ok(Format::Logs),
        _ => Err(fields.wrong("format", ALLOWED)),
    }
}

fn read_fill(fields: &Fields<'_>) -> Result<Fill> {
    const ALLOWED: &str = "none, null, previous or value";
    if let Some(fill) = fields.object("fill")? {
        return match fill.text("mode")?.as_deref() {
            None | Some("none") => Ok(Fill::None),
            Some("null") => Ok(Fill::Null),
            Some("previous") => Ok(Fill::Previous),
            Some("value") => Ok(Fill::Value(fill.number("value")?.unwrap_or(0.0))),
            Some(_) => Err(fill.wrong("mode", ALLOWED)),
        };
    }
    // The Athena data source's numbers.
    let Some(fill) = fields.object("fillMode")? else { return Ok(Fill::None) };
    match fill.number("mode")? {
        None => Ok(Fill::None),
        Some(0.0) => Ok(Fill::Previous),
        Some(1.0) => Ok(Fill::Null),
        Some(2.0) => Ok(Fill::Value(fill.number("value")?.unwrap_or(0.0))),
        Some(_) => Err(fill.wrong("mode", "0 (previous), 1 (null) or 2 (value)")),
    }
}

fn read_reuse(fields: &Fields<'_>, connection: Option<&Fields<'_>>) -> Result<Reuse> {
    let minutes = |fields: &Fields<'_>, key: &'static str| -> Result<Duration> {
        let minutes = fields.number(key)?.unwrap_or(60.0);
        if (0.0..=10_080.0).contains(&minutes) {
            Ok(Duration::from_secs_f64(minutes * 60.0))
        } else {
            Err(fields.wrong(key, "a number of minutes from 0 to 10080"))
        }
    };
    if let Some(reuse) = fields.object("resultReuse")? {
        let enabled = reuse.boolean("enabled")?.unwrap_or(true);
        return if enabled { minutes(&reuse, "maxAgeMinutes").map(Reuse::UpTo) } else { Ok(Reuse::Never) };
    }
    // In the Athena data source a query can switch reuse on, never off.
    match connection {
        Some(connection) if connection.boolean("resultReuseEnabled")? == Some(true) => {
            minutes(connection, "resultReuseMaxAgeInMinutes").map(Reuse::UpTo)
        }
        _ => Ok(Reuse::AsConfigured),
    }
}

/// One JSON object of the query, read by key.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'static str,
}

impl<'a> Fields<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, allowed: &str) -> Error {
        let dot = if self.path.is_empty() { "" } else { "." };
        Error::bad_query(format!("Query field {}{dot}{key} must be {allowed}.", self.path))
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    fn boolean(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.wrong(key, "true or false")),
        }
    }

    fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(self.wrong(key, "a number")),
        }
    }

    fn object(&self, key: &'static str) -> Result<Option<Fields<'a>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Fields { map, path: key })),
            Some(_) => Err(self.wrong(key, "an object")),
        }
    }
}
