//! One batch of rows to the bytes of a Grafana frame: an Arrow IPC file whose schema metadata carry `name`, `refId` and
//! `meta`, and whose field metadata carry `name`, `labels`, `config` and `tstype`, as `data/arrow.go` of Grafana's Go SDK
//! reads and writes them.
//!
//! Grafana fails the whole response on a column type that it does not know, and reads every timestamp as nanoseconds;
//! so what it does not read is converted here.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, FieldRef, Schema, TimeUnit, TimestampNanosecondType},
    error::ArrowError,
    ipc::writer::FileWriter,
};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    notice::Notice,
    shape::{FrameKind, LABELS},
};

/// Field metadata key of a [`FieldConfig`], as JSON.
pub const CONFIG: &str = "config";

/// What a frame says beside its rows: Grafana's `FrameMeta`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameMeta {
    /// What kind of frame it is, such as `timeseries-wide`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Version of the kind's contract.
    pub type_version: [u32; 2],
    /// The SQL as it ran; shown in the query inspector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_query_string: Option<String>,
    /// Sentences shown on the panel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Numbers shown in the query inspector.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stats: Vec<Stat>,
    /// Anything else that the query inspector should show as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<serde_json::Value>,
    /// How Explore shows the frame: `graph`, `table` or `logs`.
    #[serde(rename = "preferredVisualisationType")]
    pub preferred_visualisation: &'static str,
}

impl FrameMeta {
    /// The meta of a frame of `kind`, that says nothing else.
    #[must_use]
    pub const fn new(kind: FrameKind) -> Self {
        Self {
            kind: kind.name(),
            type_version: [0, 1],
            executed_query_string: None,
            notices: Vec::new(),
            stats: Vec::new(),
            custom: None,
            preferred_visualisation: match kind {
                FrameKind::Table => "table",
                FrameKind::TimeSeriesWide | FrameKind::TimeSeriesMulti => "graph",
                FrameKind::LogLines => "logs",
            },
        }
    }
}

/// One number in the query inspector.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    /// What it counts.
    pub display_name: String,
    /// Grafana's id of the unit, such as `decbytes` or `ms`; without it the bare number is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How much.
    pub value: f64,
}

/// How Grafana shows a field: the part of its `FieldConfig` that a data source sets.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldConfig {
    /// The name shown instead of the one Grafana makes up of name and labels.
    #[serde(rename = "displayNameFromDS", skip_serializing_if = "Option::is_none")]
    pub display_name_from_ds: Option<String>,
    /// Grafana's id of the unit, such as `s` or `percentunit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Options of one visualisation, such as `{"cellOptions": {"type": "json-view"}}`.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub custom: serde_json::Map<String, serde_json::Value>,
}

impl FieldConfig {
    /// `field` with this configuration.
    ///
    /// # Errors
    ///
    /// None that input can cause; an internal one where the configuration does not serialise.
    pub fn attach(&self, field: Field) -> Result<Field> {
        let mut metadata = field.metadata().clone();
        metadata.insert(CONFIG.to_owned(), json(self)?);
        Ok(field.with_metadata(metadata))
    }
}

/// Encodes `batch` as the frame `name` of the query `ref_id`.
///
/// Field metadata [`LABELS`] (a JSON object of strings) and [`CONFIG`] (a JSON object) are passed on, other keys are not.
/// A binary column is JSON to Grafana: its values must be.
///
/// # Errors
///
/// An internal error that names the column, where its type is none that Grafana reads or that converts to one, where an
/// instant lies outside the years 1677 to 2262, or where its metadata are not the JSON they should be.
pub fn encode(batch: &RecordBatch, name: &str, ref_id: &str, meta: &FrameMeta) -> Result<Vec<u8>> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut arrays = Vec::with_capacity(batch.num_columns());
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let array = readable(array).map_err(|error| in_column(field, &error))?;
        fields.push(
            Field::new(field.name(), array.data_type().clone(), field.is_nullable()).with_metadata(metadata(field)?),
        );
        arrays.push(array);
    }
    let about = [("name", name.to_owned()), ("refId", ref_id.to_owned()), ("meta", json(meta)?)];
    let about: HashMap<_, _> = about.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, about));
    write(schema, batch.num_rows(), arrays).map_err(|error| {
        Error::internal(format!(
            "The frame could not be encoded: {error}. Please report this with the SQL of the panel."
        ))
    })
}

fn write(schema: Arc<Schema>, rows: usize, arrays: Vec<ArrayRef>) -> Result<Vec<u8>, ArrowError> {
    let size: usize = arrays.iter().map(|array| array.to_data().get_slice_memory_size()).sum::<Result<_, _>>()?;
    let mut file = FileWriter::try_new(Vec::with_capacity(size + 1024 * (arrays.len() + 1)), &schema)?;
    // Without columns there is nothing that a batch could hold: Grafana's frame without data.
    if !arrays.is_empty() && rows > 0 {
        file.write(&RecordBatch::try_new(schema, arrays)?)?;
    }
    file.finish()?;
    file.into_inner()
}

/// `array` as a type that Grafana reads.
fn readable(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    use DataType as T;

    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let to = |data_type: T| cast_with_options(array, &data_type, &strict);
    match array.data_type() {
        T::Timestamp(TimeUnit::Nanosecond, None)
        | T::Boolean
        | T::Int8
        | T::Int16
        | T::Int32
        | T::Int64
        | T::UInt8
        | T::UInt16
        | T::UInt32
        | T::UInt64
        | T::Float32
        | T::Float64
        | T::Utf8
        | T::Binary => Ok(array.clone()),
        // First to nanoseconds in its zone, then the zone is dropped: the instant stays.
        T::Timestamp(_, zone) => {
            let instants = to(T::Timestamp(TimeUnit::Nanosecond, zone.clone()))?;
            Ok(Arc::new(instants.as_primitive::<TimestampNanosecondType>().clone().with_timezone_opt(None::<&str>)))
        }
        T::Date32 | T::Date64 => to(T::Timestamp(TimeUnit::Nanosecond, None)),
        T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..) => to(T::Float64),
        T::Float16 => to(T::Float32),
        T::LargeUtf8 | T::Utf8View | T::Time32(_) | T::Time64(_) | T::Null => to(T::Utf8),
        T::Dictionary(_, values) => readable(&to(values.as_ref().clone())?),
        other => Err(ArrowError::NotYetImplemented(format!("Grafana reads no {other}"))),
    }
}

fn in_column(field: &Field, error: &ArrowError) -> Error {
    Error::internal(format!(
        "The column `{}` cannot be shown: {error}. Convert it to text in the SQL, and please report this.",
        field.name()
    ))
}

/// The metadata of `field` that Grafana reads.
fn metadata(field: &FieldRef) -> Result<HashMap<String, String>> {
    let mut metadata = HashMap::from([("name".to_owned(), field.name().clone())]);
    metadata.insert("tstype".to_owned(), typescript_type(field.data_type()).to_owned());
    if let Some(labels) = field.metadata().get(LABELS) {
        serde_json::from_str::<BTreeMap<String, String>>(labels).map_err(|error| malformed(field, LABELS, &error))?;
        metadata.insert(LABELS.to_owned(), labels.clone());
    }
    if let Some(config) = field.metadata().get(CONFIG) {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(config)
            .map_err(|error| malformed(field, CONFIG, &error))?;
        metadata.insert(CONFIG.to_owned(), config.clone());
    }
    Ok(metadata)
}

fn malformed(field: &Field, key: &str, error: &serde_json::Error) -> Error {
    Error::internal(format!("The {key} of the column `{}` are not the JSON they should be: {error}.", field.name()))
}

/// Grafana's name in the browser for what a column of this type becomes.
fn typescript_type(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => "time",
        DataType::Boolean => "boolean",
        DataType::Binary => "other",
        DataType::Dictionary(_, values) => typescript_type(values),
        data_type if data_type.is_numeric() => "number",
        _ => "string",
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("The meta of a frame could not be written as JSON: {error}.")))
}

#[cfg(test)]
mod tests;
