//! The time range to slices: which engine answers which part of it, and how the parts become one answer. Pure: the
//! instant `now` is an argument, and a [`Plan`] is a value that can be printed.
//!
//! Two instants decide. The real-time leg is *relied on from* now - (retention - margin), the historical leg is *complete
//! until* now - lag. Between them lies the window in which the boundary T may be: `[from, T)` is historical, `[T, to)`
//! real-time, both half-open, so that no row is read twice and none is lost. A statement grouped by time has T where a
//! bucket begins; see [`boundary`].

mod boundary;
mod cut;

#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    leg::Leg,
    notice::Notice,
    sql::kind::{Analysis, Kind},
    time::{Step, TimeRange},
};

use self::boundary::Window;

/// Which legs may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Route {
    /// Whichever the plan says, part by part.
    #[default]
    Auto,
    /// This one alone.
    Only(Leg),
}

impl Route {
    /// The word of it in query JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Only(leg) => leg.name(),
        }
    }
}

/// What matters most where either leg could answer a part of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// The answer comes soon: real-time alone where it reaches, and as little of it as can be where it does not.
    #[default]
    Fastest,
    /// The answer scans little: the boundary stays where it is for as long as it can, so that Athena's part is asked in the
    /// same words and answered from its earlier result.
    Cheapest,
    /// Rows that came late are in: the historical leg answers all that it is complete for.
    Complete,
}

/// How far back the real-time leg reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// What is older than this is gone.
    pub retention: Duration,
    /// How much of the oldest end is not relied on.
    pub margin: Duration,
}

/// What is to be planned.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The statement.
    pub analysis: &'a Analysis,
    /// Which legs may answer.
    pub route: Route,
    /// What matters most.
    pub freshness: Freshness,
    /// The range on screen.
    pub range: TimeRange,
    /// The instant of the request.
    pub now: DateTime<Utc>,
    /// The real-time leg; `None` where it is switched off or lacks a dataset of the statement.
    pub realtime: Option<Reach>,
    /// How late the historical leg is complete; `None` where it is switched off or lacks a dataset of the statement.
    pub historical: Option<Duration>,
    /// How many slices the real-time part and the historical part are read in, side by side, where the kind allows it.
    pub pieces: Pieces,
}

/// How many slices each leg's part is read in; 0 counts as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    /// Of the real-time part.
    pub realtime: usize,
    /// Of the historical part.
    pub historical: usize,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { realtime: 1, historical: 1 }
    }
}

/// A part of the range and the leg that answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Who answers.
    pub leg: Leg,
    /// What part, half-open.
    pub range: TimeRange,
}

/// How the slices' rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Assembly {
    /// Each slice is asked the statement as it is; rows follow each other.
    Concat,
    /// Each slice is asked for partial results, which merge.
    Totals,
}

/// Where historical ends and real-time begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// T.
    pub at: DateTime<Utc>,
    /// Why there, as a sentence.
    pub why: String,
}

/// Who answers what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The range that is read: the one on screen, for buckets widened to whole ones.
    pub range: TimeRange,
    /// Its parts in the order of time: at least one, without gap or overlap.
    pub slices: Vec<Slice>,
    /// How their rows become one.
    pub assembly: Assembly,
    /// Where the legs meet, if they do.
    pub boundary: Option<Boundary>,
    /// Why these slices, as a sentence.
    pub why: String,
    /// What the reader of the answer should know.
    pub notices: Vec<Notice>,
}

/// Plans; `None` where no leg can answer, because none is on that has the statement's datasets.
#[must_use]
pub fn plan(question: &Question<'_>) -> Option<Plan> {
    let range = whole_buckets(question);
    let single = |leg, why: String| Plan {
        range,
        slices: vec![Slice { leg, range }],
        assembly: Assembly::Concat,
        boundary: None,
        why,
        notices: missing(question, leg, range),
    };
    let mut plan = match (question.route, question.realtime, question.historical) {
        (Route::Only(leg), ..) => single(leg, format!("The query names the {leg} leg.")),
        (Route::Auto, Some(reach), Some(lag)) => both(question, range, Window::new(question.now, reach, lag)),
        (Route::Auto, Some(_), None) => single(Leg::Realtime, "Only the realtime leg has the data.".to_owned()),
        (Route::Auto, None, Some(_)) => single(Leg::Historical, "Only the historical leg has the data.".to_owned()),
        (Route::Auto, None, None) => return None,
    };
    cut::cut(&mut plan, question);
    Some(plan)
}

const OVER_THE_BOUNDARY: &str =
    "The range reaches over the boundary: Athena answers what is before it, Timestream what is after.";
const STRADDLES: &str = " No bucket begins where the legs can meet, so the one that lies across the boundary is merged from both legs' parts of it.";

/// Plans over both legs.
fn both(question: &Question<'_>, range: TimeRange, window: Window) -> Plan {
    let single = |leg, why: &str| Plan {
        range,
        slices: vec![Slice { leg, range }],
        assembly: Assembly::Concat,
        boundary: None,
        why: why.to_owned(),
        notices: missing(question, leg, range),
    };
    let complete = question.freshness == Freshness::Complete;
    if range.to <= window.complete_until && (complete || range.from < window.relied_on_from) {
        return single(Leg::Historical, "The whole range is old enough for Athena to be complete.");
    }
    if range.from >= window.relied_on_from && (!complete || range.from >= window.complete_until) {
        return single(Leg::Realtime, "The whole range is within what Timestream keeps.");
    }
    if question.analysis.kind == Kind::Opaque {
        let within = range.from >= window.relied_on_from;
        return if within {
            single(Leg::Realtime, "One leg must answer alone, and the whole range is within what Timestream keeps.")
        } else {
            single(Leg::Historical, "One leg must answer alone, and the range begins before what Timestream keeps.")
        };
    }
    let bucket = (question.analysis.kind == Kind::Buckets).then_some(question.analysis.step).flatten();
    // Where no bucket begins in the window, one of them straddles any boundary: its two parts are merged if they can be.
    let merged = || {
        question.analysis.decomposed.as_ref()?;
        Some((window.boundary(None, question.freshness)?, Assembly::Totals))
    };
    let boundary = window.boundary(bucket, question.freshness).map(|boundary| (boundary, Assembly::Concat));
    let Some((boundary, assembly)) = boundary.or_else(merged) else {
        if range.from >= window.relied_on_from {
            return single(
                Leg::Realtime,
                "One leg must answer alone, and the whole range is within what Timestream keeps.",
            );
        }
        return single(
            Leg::Historical,
            if window.is_empty() {
                "Athena is complete only for what Timestream no longer keeps, so the legs cannot meet, and one answers alone."
            } else {
                "No bucket begins where the legs can meet, and the statement's parts cannot be merged, so one leg answers alone."
            },
        );
    };
    let straddles = question.analysis.kind == Kind::Buckets && assembly == Assembly::Totals;
    let assembly = if question.analysis.kind == Kind::Totals { Assembly::Totals } else { assembly };
    let part = |leg, from, to| Some(Slice { leg, range: TimeRange { from, to } }).filter(|_| from < to);
    let at = boundary.at;
    let slices: Vec<Slice> =
        [part(Leg::Historical, range.from, range.to.min(at)), part(Leg::Realtime, range.from.max(at), range.to)]
            .into_iter()
            .flatten()
            .collect();
    match slices.as_slice() {
        [Slice { leg: Leg::Historical, .. }] => single(Leg::Historical, "The whole range lies before the boundary."),
        [_] => single(Leg::Realtime, "The whole range lies after the boundary."),
        _ => Plan {
            range,
            slices,
            assembly,
            why: format!("{OVER_THE_BOUNDARY}{}", if straddles { STRADDLES } else { "" }),
            boundary: Some(boundary),
            notices: Vec::new(),
        },
    }
}

/// For buckets, the range widened to whole ones, so that no bucket is shown in part and texts repeat until the next bucket
/// begins; but never to more than twice its length.
fn whole_buckets(question: &Question<'_>) -> TimeRange {
    let range = question.range;
    let Some(step) = question.analysis.step.filter(|_| question.analysis.kind == Kind::Buckets) else { return range };
    match (step.floor(range.from), step.ceil(range.to)) {
        (Some(from), Some(to)) if to - from <= (range.to - range.from) * 2 => TimeRange { from, to },
        _ => range,
    }
}

/// What of `range` is not to be had of `leg`, as notices. Native SQL says itself what it reads, so nothing is said of it.
fn missing(question: &Question<'_>, leg: Leg, range: TimeRange) -> Vec<Notice> {
    if question.analysis.datasets.is_empty() || range.from >= range.to {
        return Vec::new();
    }
    // Who names a leg knows what it is.
    let notice = |text: String| match question.route {
        Route::Auto => Notice::warning(text),
        Route::Only(_) => Notice::info(text),
    };
    let mut notices = Vec::new();
    match leg {
        Leg::Realtime => {
            if let Some(reach) = question.realtime {
                let kept_from = before(question.now, reach.retention);
                if range.from < kept_from {
                    notices.push(notice(format!(
                        "Timestream keeps {}: rows from {} to {} are not in this answer.",
                        crate::time::format_interval(reach.retention),
                        instant(range.from),
                        instant(range.to.min(kept_from)),
                    )));
                }
            }
        }
        Leg::Historical => {
            if let Some(lag) = question.historical {
                let complete_until = before(question.now, lag);
                // What is to happen after now is not missing: no leg can have it.
                let (from, to) = (range.from.max(complete_until), range.to.min(question.now));
                if from < to {
                    notices.push(notice(format!(
                        "Athena is complete until {}: rows from {} to {} may be missing from this answer.",
                        instant(complete_until),
                        instant(from),
                        instant(to),
                    )));
                }
            }
        }
    }
    notices
}

/// `now` less `age`; the earliest instant that can be counted where there is none so early.
fn before(now: DateTime<Utc>, age: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(age).ok().and_then(|age| now.checked_sub_signed(age)).unwrap_or(DateTime::UNIX_EPOCH)
}

/// An instant for a person to read, to the second.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Plan {
    /// In a few words who answers what: `Athena until 2026-11-26T08:00:00Z, Timestream since`.
    #[must_use]
    pub fn summary(&self) -> String {
        match (&self.boundary, self.slices.first()) {
            (Some(boundary), _) => {
                format!(
                    "{} until {}, {} since",
                    Leg::Historical.service(),
                    instant(boundary.at),
                    Leg::Realtime.service()
                )
            }
            (None, Some(slice)) => slice.leg.service().to_owned(),
            (None, None) => String::new(),
        }
    }

    /// The legs that answer, each once.
    pub fn legs(&self) -> impl Iterator<Item = Leg> {
        Leg::ALL.into_iter().filter(|leg| self.slices.iter().any(|slice| slice.leg == *leg))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.why)?;
        if let Some(boundary) = &self.boundary {
            writeln!(f, "boundary {}: {}", instant(boundary.at), boundary.why)?;
        }
        for slice in &self.slices {
            let TimeRange { from, to } = slice.range;
            writeln!(f, "{:<10} [{}, {})", slice.leg.name(), instant(from), instant(to))?;
        }
        for notice in &self.notices {
            writeln!(f, "notice: {}", notice.text)?;
        }
        Ok(())
    }
}

/// A step as people write it: `5m`, `day in Europe/London`.
#[must_use]
pub fn describe_step(step: Step) -> String {
    match step {
        Step::Fixed(width) => crate::time::format_interval(width),
        Step::Calendar { unit, zone } => format!("{} in {}", unit.name(), zone.name()),
    }
}
