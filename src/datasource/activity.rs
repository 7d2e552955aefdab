//! What this data source ran lately, for a dashboard about the data source itself: a row a statement, kept in memory since the
//! plugin started.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray},
    datatypes::{DataType, Field, Schema, TimeUnit},
};
use chrono::{DateTime, Utc};

use super::Origin;
use crate::{
    engine::{Answer, ROLE, ROLE_LABEL},
    error::{Error, Result},
    leg::Leg,
    sql::kind::Kind,
    time::TimeRange,
};

/// Statements remembered; the oldest make room.
const MOST: usize = 10_000;
/// Buckets of a series at most.
const MOST_BUCKETS: usize = 20_000;
/// The status of what went well; failures carry the word of their kind.
const OK: &str = "ok";

/// One statement that ran.
#[derive(Debug, Clone)]
struct Record {
    at: DateTime<Utc>,
    origin: Arc<Origin>,
    leg: Leg,
    kind: Kind,
    status: &'static str,
    elapsed: Duration,
    rows: u64,
    bytes_scanned: u64,
    dollars: Option<f64>,
    shared: bool,
    reused: bool,
}

/// What ran lately, oldest first.
#[derive(Debug, Default)]
pub(super) struct Activity {
    records: Mutex<VecDeque<Record>>,
}

impl Activity {
    /// Notes a statement that ended just now, `elapsed` after it was asked.
    pub fn note(
        &self,
        origin: &Arc<Origin>,
        leg: Leg,
        kind: Kind,
        elapsed: Duration,
        outcome: &Result<Arc<Answer>>,
        shared: bool,
    ) {
        let cost = outcome.as_ref().ok().map(|answer| &answer.cost);
        let record = Record {
            at: Utc::now(),
            origin: Arc::clone(origin),
            leg,
            kind,
            status: outcome.as_ref().err().map_or(OK, |error| error.kind().name()),
            elapsed,
            rows: cost.map_or(0, |cost| cost.rows),
            bytes_scanned: cost.map_or(0, |cost| cost.bytes_scanned),
            // Who joins a run of somebody else's pays nothing for it.
            dollars: cost.and_then(|cost| if shared { Some(0.0) } else { cost.dollars(leg) }),
            shared,
            reused: cost.is_some_and(|cost| cost.reused),
        };
        let mut records = self.lock();
        if records.len() >= MOST {
            records.pop_front();
        }
        records.push_back(record);
    }

    /// What ended within `range`, oldest first.
    pub fn rows(&self, range: TimeRange) -> Result<RecordBatch> {
        let records: Vec<Record> =
            self.lock().iter().filter(|record| (range.from..range.to).contains(&record.at)).cloned().collect();
        let text = |of: fn(&Record) -> &str| -> ArrayRef {
            Arc::new(records.iter().map(|r| Some(of(r))).collect::<StringArray>())
        };
        let yes = |of: fn(&Record) -> bool| -> ArrayRef {
            Arc::new(records.iter().map(|r| Some(of(r))).collect::<BooleanArray>())
        };
        let count = |of: fn(&Record) -> u64| -> ArrayRef {
            Arc::new(records.iter().map(|r| i64::try_from(of(r)).ok()).collect::<Int64Array>())
        };
        let times: TimestampNanosecondArray = records.iter().map(|record| record.at.timestamp_nanos_opt()).collect();
        let elapsed: Float64Array = records.iter().map(|record| Some(record.elapsed.as_secs_f64() * 1_000.0)).collect();
        let dollars: Float64Array = records.iter().map(|record| record.dollars).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("time", Arc::new(times)),
            ("dashboard", text(|r| &r.origin.dashboard)),
            ("panel", text(|r| &r.origin.panel)),
            ("ref_id", text(|r| &r.origin.ref_id)),
            ("alert", yes(|r| r.origin.alert)),
            ("leg", text(|r| r.leg.name())),
            ("kind", text(|r| r.kind.name())),
            ("status", text(|r| r.status)),
            ("elapsed_ms", Arc::new(elapsed)),
            ("rows", count(|r| r.rows)),
            ("bytes_scanned", count(|r| r.bytes_scanned)),
            ("dollars", Arc::new(dollars)),
            ("shared", yes(|r| r.shared)),
            ("reused", yes(|r| r.reused)),
        ];
        let schema =
            Schema::new(columns.iter().map(|(name, values)| field(name, values.data_type())).collect::<Vec<_>>());
        let arrays = columns.into_iter().map(|(_, values)| values).collect();
        RecordBatch::try_new(Arc::new(schema), arrays)
            .map_err(|error| Error::internal(format!("What ran lately could not be listed: {error}.")))
    }

    /// One figure of what ended within `range`, by leg, for every bucket of `step` from the epoch: zero where nothing ran, null
    /// where a mean is of nothing.
    ///
    /// # Errors
    ///
    /// A figure that there is not; more buckets than a panel can draw.
    pub fn series(&self, range: TimeRange, step: Duration, figure: &str) -> Result<RecordBatch> {
        let figure = Figure::named(figure)?;
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1_000);
        let (first, end) =
            (range.from.timestamp_millis().div_euclid(step), range.to.timestamp_millis().div_euclid(step));
        let buckets = usize::try_from(end.saturating_sub(first).saturating_add(1)).unwrap_or(usize::MAX);
        if buckets > MOST_BUCKETS {
            return Err(Error::bad_query(format!(
                "That is {buckets} buckets, and {MOST_BUCKETS} are the most: take a larger step."
            )));
        }
        let mut sums = vec![[(0.0, 0_u32); Leg::ALL.len()]; buckets];
        for record in self.lock().iter().filter(|record| (range.from..range.to).contains(&record.at)) {
            let bucket = usize::try_from(record.at.timestamp_millis().div_euclid(step) - first).ok();
            let leg = usize::from(record.leg == Leg::Historical);
            if let Some((sum, count)) =
                bucket.and_then(|bucket| sums.get_mut(bucket)).and_then(|legs| legs.get_mut(leg))
            {
                *sum += figure.of(record);
                *count += 1;
            }
        }
        let cells = || {
            (first..)
                .zip(&sums)
                .flat_map(|(bucket, legs)| Leg::ALL.into_iter().zip(legs).map(move |(leg, sum)| (bucket, leg, sum)))
        };
        let times: TimestampNanosecondArray =
            cells().map(|(bucket, ..)| bucket.checked_mul(step)?.checked_mul(1_000_000)).collect();
        let legs: StringArray = cells().map(|(_, leg, _)| Some(leg.name())).collect();
        let values: Float64Array = cells().map(|(.., (sum, count))| figure.total(*sum, *count)).collect();
        let schema = Schema::new(vec![
            field("time", &DataType::Timestamp(TimeUnit::Nanosecond, None)),
            field("leg", &DataType::Utf8),
            field(figure.name(), &DataType::Float64),
        ]);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(times), Arc::new(legs), Arc::new(values)])
            .map_err(|error| Error::internal(format!("What ran lately could not be counted: {error}.")))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Record>> {
        // The list holds no invariant that a panic could break half-way.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is counted of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Statements,
    Failures,
    ElapsedMs,
    BytesScanned,
    Dollars,
}

impl Figure {
    const ALL: [Self; 5] = [Self::Statements, Self::Failures, Self::ElapsedMs, Self::BytesScanned, Self::Dollars];

    const fn name(self) -> &'static str {
        match self {
            Self::Statements => "statements",
            Self::Failures => "failures",
            Self::ElapsedMs => "elapsed_ms",
            Self::BytesScanned => "bytes_scanned",
            Self::Dollars => "dollars",
        }
    }

    fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|figure| figure.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|figure| figure.name()).collect();
            Error::bad_query(format!("Query field column must be one of {} where kind is activity.", names.join(", ")))
        })
    }

    fn of(self, record: &Record) -> f64 {
        match self {
            Self::Statements => 1.0,
            Self::Failures => f64::from(u8::from(record.status != OK)),
            Self::ElapsedMs => record.elapsed.as_secs_f64() * 1_000.0,
            #[expect(clippy::cast_precision_loss, reason = "a figure for a person to read")]
            Self::BytesScanned => record.bytes_scanned as f64,
            Self::Dollars => record.dollars.unwrap_or(0.0),
        }
    }

    fn total(self, sum: f64, count: u32) -> Option<f64> {
        match (self, count) {
            (Self::ElapsedMs, 0) => None,
            (Self::ElapsedMs, count) => Some(sum / f64::from(count)),
            _ => Some(sum),
        }
    }
}

fn field(name: &str, data_type: &DataType) -> Field {
    let field = Field::new(name, data_type.clone(), !matches!(data_type, DataType::Timestamp(TimeUnit::Nanosecond, _)));
    if data_type == &DataType::Utf8 {
        return field.with_metadata([(ROLE.to_owned(), ROLE_LABEL.to_owned())].into());
    }
    field
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use chrono::TimeDelta;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_ran_is_listed_and_the_oldest_makes_room() {
        let activity = Activity::default();
        let origin = Arc::new(Origin { dashboard: "live".to_owned(), ..Origin::default() });
        let failure = Err(Error::new(ErrorKind::Throttled, "Later."));
        for _ in 0..=MOST {
            activity.note(&origin, Leg::Historical, Kind::Totals, Duration::from_millis(1_500), &failure, false);
        }
        let now = Utc::now() + TimeDelta::seconds(1);
        let rows = activity.rows(TimeRange { from: now - TimeDelta::minutes(5), to: now }).unwrap();
        assert_eq!(rows.num_rows(), MOST);
        let text = |name: &str| rows.column_by_name(name).unwrap().as_string::<i32>().value(0).to_owned();
        assert_eq!(
            (text("dashboard"), text("leg"), text("status")),
            ("live".into(), "historical".into(), "throttled".into())
        );
        assert_eq!(activity.rows(TimeRange { from: now, to: now }).unwrap().num_rows(), 0);
    }

    #[test]
    fn figures_are_counted_by_leg_and_are_zero_where_nothing_ran() {
        let activity = Activity::default();
        let failure = Err(Error::new(ErrorKind::Throttled, "Later."));
        activity.note(&Arc::default(), Leg::Historical, Kind::Rows, Duration::from_millis(40), &failure, false);
        let to = Utc::now() + TimeDelta::minutes(1);
        let range = TimeRange { from: to - TimeDelta::minutes(10), to };
        let sum = |figure: &str| {
            let series = activity.series(range, Duration::from_mins(1), figure).unwrap();
            let values = series.column(2).as_primitive::<arrow::datatypes::Float64Type>();
            (values.iter().flatten().sum::<f64>(), values.len(), arrow::array::Array::null_count(values))
        };
        assert_eq!(sum("failures"), (1.0, 22, 0), "eleven minutes, two legs");
        assert_eq!(sum("elapsed_ms"), (40.0, 22, 21), "the mean of nothing is nothing");
        let error = activity.series(range, Duration::from_mins(1), "panels").unwrap_err();
        assert!(error.message().contains("statements, failures"), "{error}");
        assert!(
            activity.series(TimeRange { from: DateTime::UNIX_EPOCH, to }, Duration::from_secs(1), "dollars").is_err()
        );
    }
}
