//! What editors ask for: names of what there is in AWS, the datasets, macros and filters, answered with JSON.

use std::{sync::Arc, time::Duration};

use arrow::array::AsArray as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{DataSource, PanelContext};
use crate::{
    dataset::{self, ColumnType, Dataset},
    error::{Error, ErrorKind, Result},
    leg::Leg,
    plan::Route,
    query::{self, Query},
    settings,
    sql::macros,
    time::TimeRange,
};

/// How long the values of a filter are kept: long enough for a dashboard that opens with ten drop-downs.
pub(super) const VALUES_LIFETIME: Duration = Duration::from_mins(1);
/// The window of a list of values that is asked for without a range, and the grid that windows are widened to, so that the
/// same list serves the next minutes.
const WINDOW: TimeDelta = TimeDelta::hours(24);
const WINDOW_GRID: TimeDelta = TimeDelta::minutes(5);

/// What a list of values is kept by: dataset, column, and the window in milliseconds since the epoch.
pub(super) type ValuesKey = (String, String, i64, i64);

/// What a column held in a window.
#[derive(Debug)]
pub(super) struct Values {
    listed: Vec<String>,
    /// Whether there are more than are listed.
    more: bool,
}

/// Every path that is answered: [`DataSource::resource`] answers those that are read, [`DataSource::explain`] and
/// [`DataSource::expand`] what is posted to theirs.
pub const RESOURCES: &[&str] = &[
    "regions",
    "datasets",
    "macros",
    "templates",
    "explain",
    "expand",
    "tag-keys",
    "tag-values",
    "realtime/databases",
    "realtime/tables",
    "realtime/measures",
    "realtime/columns",
    "historical/catalogs",
    "historical/databases",
    "historical/tables",
    "historical/columns",
    "historical/workgroups",
];

/// Named parameters of a resource path.
struct Parameters<'a>(&'a [(String, String)]);

impl<'a> Parameters<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let Self(all) = self;
        all.iter().find(|(key, value)| key == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }

    fn required(&self, name: &str, example: &str) -> Result<&'a str> {
        self.get(name)
            .ok_or_else(|| Error::bad_query(format!("This resource needs the parameter {name}, as in {example}.")))
    }

    /// The instants `from` and `to`, in milliseconds since the epoch; the last day where they are not given.
    fn window(&self, now: DateTime<Utc>) -> Result<TimeRange> {
        let instant = |name: &str| {
            let Some(text) = self.get(name) else { return Ok(None) };
            text.parse()
                .ok()
                .and_then(DateTime::from_timestamp_millis)
                .map(Some)
                .ok_or_else(|| Error::bad_query(format!("Parameter {name} must be milliseconds since the epoch.")))
        };
        let to = instant("to")?.unwrap_or(now);
        let from = instant("from")?.or_else(|| to.checked_sub_signed(WINDOW)).unwrap_or(to);
        if from > to {
            return Err(Error::bad_query("The time range ends before it begins: swap from and to."));
        }
        Ok(TimeRange { from, to })
    }
}

impl DataSource {
    /// Answers a resource path such as `realtime/tables` with JSON: names as a list of texts, columns as a list of objects.
    ///
    /// # Errors
    ///
    /// An unknown path, a missing parameter, or whatever AWS answers.
    pub async fn resource(&self, path: &str, parameters: &[(String, String)]) -> Result<Value> {
        let given = Parameters(parameters);
        let (catalog, database, table) = (given.get("catalog"), given.get("database"), given.get("table"));
        Ok(match path {
            "regions" => json!(settings::regions()),
            "datasets" => dataset::describe(&self.settings.datasets),
            "macros" => macros::catalogue(),
            "templates" => dataset::templates(),
            "tag-keys" => self.tag_keys(),
            "tag-values" => {
                let key = given.required("key", "tag-values?key=queue")?;
                Box::pin(self.tag_values(key, given.window(Utc::now())?)).await?
            }
            "realtime/databases" => json!(self.realtime()?.engine.databases().await?),
            "realtime/tables" => json!(self.realtime()?.engine.tables(database).await?),
            "realtime/measures" => json!(self.realtime()?.engine.measures(database, table).await?),
            "realtime/columns" => json!(self.realtime()?.engine.columns(database, table).await?),
            "historical/catalogs" => json!(self.historical()?.engine.catalogs().await?),
            "historical/databases" => json!(self.historical()?.engine.databases(catalog).await?),
            "historical/tables" => json!(self.historical()?.engine.tables(catalog, database).await?),
            "historical/columns" => {
                let table = given.required("table", "historical/columns?table=contact_records")?;
                json!(self.historical()?.engine.columns(catalog, database, table).await?)
            }
            "historical/workgroups" => json!(self.historical()?.engine.workgroups().await?),
            _ => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("There is no such resource. There are: {}.", RESOURCES.join(", ")),
                ));
            }
        })
    }

    /// What `$__dataset` stands for on a leg over the last day, for the settings' preview of an entry that may not be saved yet:
    /// `{"sql": ...}`.
    ///
    /// # Errors
    ///
    /// What is wrong with the entry, or a leg that it is not on.
    pub fn expand(&self, entry: &Value, leg: Leg) -> Result<Value> {
        let dataset = settings::read_dataset(entry, &self.settings)?;
        let to = Utc::now();
        let range = TimeRange { from: to - WINDOW, to };
        let context = macros::Context {
            leg,
            range,
            now: to,
            interval: Duration::from_mins(1),
            database: None,
            table: None,
            column: None,
            measure: None,
            slice: range,
            datasets: std::slice::from_ref(&dataset),
            filters: &[],
        };
        Ok(json!({"sql": macros::expand(&format!("SELECT * FROM $__dataset({})", dataset.name), &context)?}))
    }

    /// The columns that a viewer may filter by: those of every dataset, each name once.
    fn tag_keys(&self) -> Value {
        let mut keys: Vec<(&str, ColumnType)> = Vec::new();
        for column in self.settings.datasets.iter().flat_map(|dataset| &dataset.columns) {
            if !keys.iter().any(|(name, _)| *name == column.name) {
                keys.push((&column.name, column.data_type));
            }
        }
        keys.into_iter().map(|(name, data_type)| json!({"text": name, "value": name, "type": data_type})).collect()
    }

    /// What a column held in a window: of the real-time leg where it has the column and still holds any of the window, else
    /// of the historical one.
    async fn tag_values(&self, key: &str, window: TimeRange) -> Result<Value> {
        let (dataset, column) = self.column(key)?;
        let mut legs = Leg::ALL;
        if window.to <= self.held_from(dataset) {
            legs.reverse();
        }
        let leg = legs
            .into_iter()
            .find(|leg| self.is_on(*leg) && dataset.is_on(*leg) && column.expression(*leg).is_some())
            .ok_or_else(|| Error::bad_query(format!("No leg that is switched on has {}.", column.name)))?;
        let grid = WINDOW_GRID.num_milliseconds();
        let floor = |at: DateTime<Utc>| at.timestamp_millis().div_euclid(grid) * grid;
        let (from, to) = (floor(window.from), floor(window.to).saturating_add(grid));
        let key: ValuesKey = (dataset.name.clone(), column.name.clone(), from, to);
        let values = self.values.get(key, || self.read_values(dataset, &column.name, leg, from, to)).await?;
        let entry = |value: &String| {
            if values.more {
                json!({"text": value, "value": value, "group": format!("The first {} of more, which can be typed", query::VALUES_LISTED)})
            } else {
                json!({"text": value, "value": value})
            }
        };
        Ok(values.listed.iter().map(entry).collect())
    }

    /// The oldest instant that the real-time leg can be relied on to hold of a dataset.
    fn held_from(&self, dataset: &Dataset) -> DateTime<Utc> {
        let realtime = &self.settings.realtime;
        let retention = dataset.realtime.as_ref().and_then(|table| table.retention).unwrap_or(realtime.retention);
        let held = TimeDelta::from_std(retention.saturating_sub(realtime.margin)).unwrap_or(TimeDelta::MAX);
        Utc::now().checked_sub_signed(held).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// The column that `key` names, as `column` or `dataset.column`.
    fn column(&self, key: &str) -> Result<(&Dataset, &dataset::Column)> {
        let found = match key.split_once('.') {
            Some((dataset, column)) => {
                let dataset = self.dataset(dataset)?;
                dataset.column(column).map(|column| (dataset, column))
            }
            None => self.settings.datasets.iter().find_map(|dataset| Some((dataset, dataset.column(key)?))),
        };
        found.ok_or_else(|| {
            let shown: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
            Error::bad_query(format!("No dataset has the column {shown}; tag-keys lists those that there are."))
        })
    }

    async fn read_values(&self, dataset: &Dataset, column: &str, leg: Leg, from: i64, to: i64) -> Result<Arc<Values>> {
        let instant = |millis| {
            DateTime::from_timestamp_millis(millis)
                .ok_or_else(|| Error::bad_query("The time range reaches beyond the years that can be counted."))
        };
        let query = Query { route: Route::Only(leg), ..Query::of_values(&dataset.name, column) };
        let panel = PanelContext {
            range: TimeRange { from: instant(from)?, to: instant(to)? },
            interval: Duration::from_mins(1),
            max_data_points: 1_000,
            now: Utc::now(),
            origin: Arc::default(),
        };
        let mut answer = self.statement(&query, &panel).await?;
        let more = answer.list_no_more_than(query::VALUES_LISTED);
        let values = answer.frames.first().and_then(|frame| frame.column_by_name("value"));
        let values = values.and_then(|values| values.as_string_opt::<i32>());
        let listed = values.into_iter().flatten().flatten().map(str::to_owned).collect();
        Ok(Arc::new(Values { listed, more }))
    }
}
