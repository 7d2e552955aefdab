//! What a query would do, without doing it: kind, plan, and every slice's statement.

use chrono::SecondsFormat;
use serde::Serialize;

use super::{DataSource, PanelContext, prepare::Ask};
use crate::{
    engine::Cost,
    error::Result,
    leg::Leg,
    notice::Notice,
    plan::{Assembly, Freshness, Plan, describe_step},
    query::Query,
    sql::{kind::Kind, partition},
};

/// What a query would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What kind of statement it is.
    pub kind: Kind,
    /// Why it is of that kind.
    pub reason: String,
    /// What the query asks for: `auto`, `realtime` or `historical`.
    pub route: &'static str,
    /// What the query prefers.
    pub freshness: Freshness,
    /// The bucket that the statement groups by.
    pub step: Option<String>,
    /// Where the legs meet.
    pub boundary: Option<ExplainedBoundary>,
    /// Why these slices.
    pub why: String,
    /// In a few words who answers what.
    pub summary: String,
    /// How the slices' rows become one.
    pub assembly: Assembly,
    /// The slices, in the order of time.
    pub slices: Vec<ExplainedSlice>,
    /// What the reader of the answer would be told.
    pub notices: Vec<Notice>,
    /// The same as text.
    pub text: String,
}

/// Where the legs meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedBoundary {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Why there.
    pub why: String,
}

/// One slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedSlice {
    /// Who answers.
    pub leg: Leg,
    /// Its service.
    pub service: &'static str,
    /// Where.
    pub region: String,
    /// The first instant inside, in milliseconds since the epoch.
    pub from: i64,
    /// The first instant after, in milliseconds since the epoch.
    pub to: i64,
    /// What it is asked.
    pub sql: String,
    /// Which partitions of each dataset are read; none for Timestream and for tables without partitions.
    pub partition: Option<String>,
    /// Bytes that it is likely to scan, by an earlier run of the statement.
    pub estimated_bytes: Option<f64>,
    /// Dollars that it is likely to cost, by an earlier run of the statement; none where the engine has no price by bytes.
    pub estimated_cost: Option<f64>,
}

impl DataSource {
    /// Explains `query` for `panel`; nothing runs.
    ///
    /// # Errors
    ///
    /// As [`DataSource::query`] before anything runs.
    pub fn explain(&self, query: &Query, panel: &PanelContext) -> Result<Explanation> {
        let prepared = self.prepare(query, panel)?;
        let slices =
            prepared.asks.iter().map(|ask| self.explain_slice(ask, &prepared.analysis.datasets, &prepared.name));
        let slices: Vec<ExplainedSlice> = slices.collect();
        let text = Self::text(&prepared.plan, prepared.analysis.kind, &prepared.analysis.reason, &slices);
        let plan = prepared.plan;
        Ok(Explanation {
            kind: prepared.analysis.kind,
            reason: prepared.analysis.reason,
            route: query.route.name(),
            freshness: query.freshness,
            step: prepared.analysis.step.map(describe_step),
            summary: plan.summary(),
            why: plan.why,
            boundary: plan
                .boundary
                .map(|boundary| ExplainedBoundary { at: boundary.at.timestamp_millis(), why: boundary.why }),
            assembly: plan.assembly,
            slices,
            notices: plan.notices,
            text,
        })
    }

    fn explain_slice(&self, ask: &Ask, datasets: &[String], name: &str) -> ExplainedSlice {
        let slice = ask.slice;
        let estimate = self.memory.estimate(name, &slice);
        ExplainedSlice {
            leg: slice.leg,
            service: slice.leg.service(),
            region: self.region(slice.leg).to_owned(),
            from: slice.range.from.timestamp_millis(),
            to: slice.range.to.timestamp_millis(),
            sql: ask.statement.sql.clone(),
            partition: self.partitions(ask, datasets),
            estimated_bytes: estimate.map(|estimate| estimate.bytes_scanned),
            estimated_cost: estimate.and_then(|estimate| Cost::dollars_for(slice.leg, estimate.bytes_scanned)),
        }
    }

    /// The partitions that a historical slice reads, as the predicate on the partition columns.
    fn partitions(&self, ask: &Ask, datasets: &[String]) -> Option<String> {
        if ask.slice.leg != Leg::Historical {
            return None;
        }
        let predicates: Vec<String> = datasets
            .iter()
            .filter_map(|name| self.dataset(name).ok()?.historical.as_ref()?.partitions.as_ref())
            .map(|partitions| partition::predicate(partitions, ask.slice.range))
            .collect();
        (!predicates.is_empty()).then(|| predicates.join("\n"))
    }

    pub(super) fn region(&self, leg: Leg) -> &str {
        match leg {
            Leg::Realtime => &self.settings.realtime.region,
            Leg::Historical => &self.settings.historical.region,
        }
    }

    fn text(plan: &Plan, kind: Kind, reason: &str, slices: &[ExplainedSlice]) -> String {
        let mut lines = vec![format!("kind: {}. {reason}", kind.name()), plan.to_string().trim_end().to_owned()];
        for (slice, planned) in slices.iter().zip(&plan.slices) {
            let instant = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
            lines.push(format!(
                "\n-- {} ({}, {}), {} to {}",
                slice.leg,
                slice.service,
                slice.region,
                instant(planned.range.from),
                instant(planned.range.to)
            ));
            if let Some(partition) = &slice.partition {
                lines.push(format!("-- partitions: {}", partition.replace('\n', "\n--             ")));
            }
            if let Some(cost) = slice.estimated_cost {
                lines.push(format!("-- about {cost:.6} dollars, by an earlier run"));
            }
            lines.push(slice.sql.clone());
        }
        lines.join("\n")
    }
}
