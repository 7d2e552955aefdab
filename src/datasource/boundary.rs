//! Where the legs meet now, as a mark on time: an annotation for dashboards that reach over the boundary.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, TimestampNanosecondArray},
    datatypes::{DataType, Field, Schema, TimeUnit},
};

use super::{DataSource, PanelContext};
use crate::{
    error::{Error, Result},
    leg::Leg,
    plan,
    query::Query,
    sql::kind::{Analysis, Kind},
    stitch::Concat,
};

impl DataSource {
    /// One row with `time`, `text` and `tags` if the range reaches over the boundary, else none: as for rows of the dataset
    /// that the query names as its table, or of the first that both legs have.
    pub(super) fn boundary(&self, query: &Query, panel: &PanelContext) -> Result<RecordBatch> {
        let on_both = |name: &str| {
            self.settings.datasets.iter().find(|dataset| {
                Leg::ALL.into_iter().all(|leg| dataset.is_on(leg)) && (name.is_empty() || dataset.name == name)
            })
        };
        let dataset = on_both(query.table.as_deref().unwrap_or_default());
        let analysis = Analysis {
            kind: Kind::Rows,
            reason: String::new(),
            datasets: dataset.iter().map(|dataset| dataset.name.clone()).collect(),
            step: None,
            concat: Concat::default(),
            decomposed: None,
        };
        let boundary = if analysis.datasets.is_empty() {
            None
        } else {
            plan::plan(&self.question(query, panel, &analysis)?).and_then(|plan| plan.boundary)
        };
        let times: TimestampNanosecondArray =
            boundary.iter().map(|boundary| boundary.at.timestamp_nanos_opt()).collect();
        let texts: StringArray = boundary
            .iter()
            .map(|boundary| Some(format!("Athena answers what is before, Timestream what is after: {}", boundary.why)))
            .collect();
        let tags: StringArray = boundary.iter().map(|_| Some("switchboard,boundary")).collect();
        let schema = Schema::new(vec![
            Field::new("time", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
            Field::new("text", DataType::Utf8, true),
            Field::new("tags", DataType::Utf8, true),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(times), Arc::new(texts), Arc::new(tags)];
        RecordBatch::try_new(Arc::new(schema), columns)
            .map_err(|error| Error::internal(format!("The boundary could not be told: {error}.")))
    }
}
