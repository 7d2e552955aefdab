//! A panel's answer as frames: what each is called, and what is said beside its rows.

use arrow::array::RecordBatch;
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::frame::{self, FrameMeta, Stat};
use crate::{
    datasource::{PanelAnswer, Run},
    error::Result,
    leg::Leg,
    settings::Settings,
    shape::LABELS,
    time::TimeRange,
};

/// One frame, not yet encoded.
#[derive(Debug)]
pub struct Frame {
    /// Its rows.
    pub batch: RecordBatch,
    name: String,
    meta: FrameMeta,
}

impl Frame {
    /// The frame as Grafana reads it.
    ///
    /// # Errors
    ///
    /// As [`frame::encode`].
    pub fn encode(&self, ref_id: &str) -> Result<Vec<u8>> {
        frame::encode(&self.batch, &self.name, ref_id, &self.meta)
    }
}

/// The frames of an answer. Every one says what ran; the first alone carries notices and cost, which Grafana adds up over
/// frames. An answer without rows is one frame without columns, so that its notices and cost are still told.
#[must_use]
pub fn frames(answer: PanelAnswer, ref_id: &str, settings: &Settings) -> Vec<Frame> {
    let PanelAnswer { frames: batches, kind, runs, plan, notices } = answer;
    let batches = if batches.is_empty() {
        vec![RecordBatch::new_empty(std::sync::Arc::new(arrow::datatypes::Schema::empty()))]
    } else {
        batches
    };
    let alone = batches.len() == 1;
    let executed = executed(&runs);
    let mut first = FrameMeta::new(kind);
    first.notices = notices;
    first.stats = all_stats(&runs);
    let about: Vec<Value> = runs.iter().map(|run| about(run, settings)).collect();
    first.custom = Some(json!({"plan": plan, "runs": about}));
    let mut first = Some(first);
    batches
        .into_iter()
        .map(|batch| {
            let mut meta = first.take().unwrap_or_else(|| FrameMeta::new(kind));
            meta.executed_query_string.clone_from(&executed);
            let name = if alone { ref_id.to_owned() } else { series_name(&batch).unwrap_or_else(|| ref_id.to_owned()) };
            Frame { batch, name, meta }
        })
        .collect()
}

/// The SQL that ran, ready to be copied; several statements are told apart by comments.
fn executed(runs: &[Run]) -> Option<String> {
    match runs {
        [] => None,
        [run] => Some(run.sql.clone()),
        runs => {
            let titled = runs.iter().map(|run| {
                let TimeRange { from, to } = run.slice.range;
                let (from, to) =
                    (from.to_rfc3339_opts(SecondsFormat::Secs, true), to.to_rfc3339_opts(SecondsFormat::Secs, true));
                let leg = run.slice.leg;
                format!("-- {leg} ({}), {from} to {to}\n{}", leg.service(), run.sql)
            });
            Some(titled.collect::<Vec<_>>().join("\n\n"))
        }
    }
}

/// What every run cost. Where several ran, each is named by its leg, and by its number where its leg ran several.
fn all_stats(runs: &[Run]) -> Vec<Stat> {
    let of_leg = |leg: Leg| runs.iter().filter(move |run| run.slice.leg == leg);
    let mut numbers = [0; Leg::ALL.len()];
    runs.iter()
        .flat_map(|run| {
            let leg = run.slice.leg;
            let number = &mut numbers[usize::from(leg == Leg::Historical)];
            *number += 1;
            let name = match (runs.len(), of_leg(leg).count()) {
                (1, _) => None,
                (_, 1) => Some(leg.name().to_owned()),
                (_, all) => Some(format!("{leg} {number} of {all}")),
            };
            stats(run, name.as_deref())
        })
        .collect()
}

/// What a run cost, in Grafana's units. `named`: others ran too, so each figure says whose it is.
fn stats(run: &Run, named: Option<&str>) -> Vec<Stat> {
    #[expect(clippy::cast_precision_loss, reason = "figures for a person to read")]
    let count = |number: u64| number as f64;
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1_000.0;
    let cost = &run.cost;
    let mut figures = vec![
        ("Rows", None, count(cost.rows)),
        ("Result pages", None, count(cost.pages)),
        ("Bytes scanned", Some("decbytes"), count(cost.bytes_scanned)),
        ("Bytes metered", Some("decbytes"), count(cost.bytes_metered)),
    ];
    // What an engine does not say is left out: a zero would be read as a measurement.
    let times =
        [("Engine time", cost.engine_time), ("Queue time", cost.queue_time), ("Total time", Some(cost.elapsed))];
    figures.extend(times.into_iter().filter_map(|(name, time)| Some((name, Some("ms"), milliseconds(time?)))));
    if let Some(dollars) = cost.dollars(run.slice.leg) {
        figures.push(("Estimated cost", Some("currencyUSD"), dollars));
    }
    if cost.delivery.file_bytes > 0 {
        figures.push(("Bytes read from S3", Some("decbytes"), count(cost.delivery.file_bytes)));
    }
    if run.shared {
        figures.push(("Shared with an identical query", None, 1.0));
    }
    if cost.reused {
        figures.push(("Earlier result reused", None, 1.0));
    }
    figures
        .into_iter()
        .map(|(name, unit, value)| Stat {
            display_name: named.map_or_else(|| name.to_owned(), |whose| format!("{name} ({whose})")),
            unit: unit.map(str::to_owned),
            value,
        })
        .collect()
}

/// What a run read, what it took, and where it can be found in AWS. Times are milliseconds, instants milliseconds since the epoch.
fn about(run: &Run, settings: &Settings) -> Value {
    let leg = run.slice.leg;
    let region = match leg {
        Leg::Realtime => &settings.realtime.region,
        Leg::Historical => &settings.historical.region,
    };
    let mut about = json!({
        "leg": leg,
        "service": leg.service(),
        "region": region,
        "from": run.slice.range.from.timestamp_millis(),
        "to": run.slice.range.to.timestamp_millis(),
        "sql": run.sql,
        "rows": run.cost.rows,
        "pages": run.cost.pages,
        "bytesScanned": run.cost.bytes_scanned,
        "elapsedMs": u64::try_from(run.cost.elapsed.as_millis()).unwrap_or(u64::MAX),
        "dollars": run.cost.dollars(leg),
        "executionIds": run.cost.execution_ids,
        "shared": run.shared,
        "reused": run.cost.reused,
    });
    if leg == Leg::Historical {
        let delivery = &run.cost.delivery;
        about["rowsFrom"] = json!(if delivery.file_bytes > 0 { "s3" } else { "pages" });
        about["bytesFromS3"] = json!(delivery.file_bytes);
        about["whyPages"] = json!(delivery.why_pages);
    }
    about
}

/// The labels of the first column that has any, as `queue="Billing", channel="VOICE"`.
fn series_name(batch: &RecordBatch) -> Option<String> {
    let labels = batch.schema_ref().fields().iter().find_map(|field| field.metadata().get(LABELS))?;
    let labels: serde_json::Map<String, Value> = serde_json::from_str(labels).ok()?;
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    (!pairs.is_empty()).then(|| pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc, time::Duration};

    use arrow::{
        array::Int64Array,
        datatypes::{DataType, Field, Schema},
    };

    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{
        engine::{Cost, Delivery},
        notice::Notice,
        plan::Slice,
        settings::Gates,
        shape::FrameKind,
    };

    fn settings() -> Settings {
        Settings::from_grafana(b"{}", &HashMap::new(), &Gates::default()).unwrap()
    }

    fn series(labels: &str) -> RecordBatch {
        let field = Field::new("contacts", DataType::Int64, true)
            .with_metadata(HashMap::from([(LABELS.to_owned(), labels.to_owned())]));
        let values = Arc::new(Int64Array::from(vec![1, 2]));
        RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![values]).unwrap()
    }

    fn run(leg: Leg) -> Run {
        let cost = Cost {
            bytes_metered: 10_000_000,
            engine_time: Some(Duration::from_millis(1_500)),
            rows: 2,
            execution_ids: vec!["e-1".to_owned()],
            ..Cost::default()
        };
        let (from, to) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        let slice = Slice { leg, range: TimeRange { from, to } };
        Run { slice, sql: format!("SELECT '{leg}'"), cost, shared: false }
    }

    fn answer(frames: Vec<RecordBatch>, runs: Vec<Run>) -> PanelAnswer {
        let notices = vec![Notice::warning("Cut.")];
        PanelAnswer { frames, kind: FrameKind::TimeSeriesMulti, runs, plan: json!({"kind": "rows"}), notices }
    }

    #[test]
    fn cost_and_notices_are_told_once_and_the_sql_on_every_frame() {
        let batches = vec![series(r#"{"queue":"Billing","channel":"VOICE"}"#), series("{}")];
        let frames = frames(answer(batches, vec![run(Leg::Historical)]), "A", &settings());
        assert_eq!(
            frames.iter().map(|frame| frame.name.as_str()).collect::<Vec<_>>(),
            [r#"queue="Billing", channel="VOICE""#, "A"]
        );
        for frame in &frames {
            assert_eq!(frame.meta.executed_query_string.as_deref(), Some("SELECT 'historical'"));
        }
        let stat = |name: &str| frames[0].meta.stats.iter().find(|stat| stat.display_name == name).unwrap();
        assert_eq!((stat("Rows").value, stat("Engine time").value), (2.0, 1_500.0));
        assert!((stat("Estimated cost").value - 0.000_05).abs() < 1e-12);
        assert_eq!(frames[0].meta.notices, [Notice::warning("Cut.")]);
        assert!(frames[1].meta.stats.is_empty() && frames[1].meta.notices.is_empty());
        let custom = frames[0].meta.custom.as_ref().unwrap();
        assert_eq!(custom["plan"]["kind"], "rows");
        let run = &custom["runs"][0];
        assert_eq!(
            (&run["leg"], &run["service"], &run["region"]),
            (&json!("historical"), &json!("Athena"), &json!("eu-west-2"))
        );
        assert_eq!((&run["executionIds"], &run["to"], &run["rows"]), (&json!(["e-1"]), &json!(3_600_000), &json!(2)));
        assert_eq!(
            (&run["rowsFrom"], &run["bytesFromS3"], &run["whyPages"]),
            (&json!("pages"), &json!(0), &Value::Null)
        );
    }

    #[test]
    fn the_way_of_the_rows_is_told() {
        let with = |delivery: Delivery| {
            let mut run = run(Leg::Historical);
            run.cost.delivery = delivery;
            let frames = frames(answer(vec![series("{}")], vec![run]), "A", &settings());
            let meta = frames.into_iter().next().unwrap().meta;
            let stat = meta.stats.iter().find(|stat| stat.display_name == "Bytes read from S3").map(|stat| stat.value);
            (meta.custom.unwrap()["runs"][0].clone(), stat)
        };
        let (run, stat) = with(Delivery { file_bytes: 5_000_000, why_pages: None });
        assert_eq!((&run["rowsFrom"], &run["bytesFromS3"], stat), (&json!("s3"), &json!(5_000_000), Some(5e6)));
        let (run, stat) = with(Delivery { file_bytes: 0, why_pages: Some("S3 denies it".to_owned()) });
        assert_eq!((&run["rowsFrom"], &run["whyPages"], stat), (&json!("pages"), &json!("S3 denies it"), None));
    }

    #[test]
    fn two_legs_are_told_apart() {
        let frames =
            frames(answer(vec![series("{}")], vec![run(Leg::Realtime), run(Leg::Historical)]), "A", &settings());
        assert_eq!(
            frames[0].meta.executed_query_string.as_deref(),
            Some(
                "-- realtime (Timestream), 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z\nSELECT 'realtime'\n\n\
                 -- historical (Athena), 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z\nSELECT 'historical'"
            )
        );
        let names: Vec<&str> = frames[0].meta.stats.iter().map(|stat| stat.display_name.as_str()).collect();
        assert!(names.contains(&"Rows (realtime)") && names.contains(&"Rows (historical)"), "{names:?}");
        assert!(!names.contains(&"Estimated cost (realtime)"), "Timestream has no price by bytes");
        assert!(!names.contains(&"Queue time (realtime)"), "what the engine does not say is not shown as zero");
    }

    #[test]
    fn slices_of_one_leg_are_numbered() {
        let names: Vec<String> =
            all_stats(&[run(Leg::Realtime), run(Leg::Realtime)]).into_iter().map(|stat| stat.display_name).collect();
        assert!(
            names.contains(&"Rows (realtime 1 of 2)".to_owned())
                && names.contains(&"Rows (realtime 2 of 2)".to_owned())
        );
    }

    #[test]
    fn an_answer_without_rows_still_says_what_it_cost() {
        let frames = frames(answer(Vec::new(), vec![run(Leg::Realtime)]), "A", &settings());
        assert_eq!(frames.len(), 1);
        assert_eq!((frames[0].name.as_str(), frames[0].batch.num_columns()), ("A", 0));
        assert!(!frames[0].meta.stats.is_empty());
        assert!(frames[0].encode("A").is_ok());
    }
}
