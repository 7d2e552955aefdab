//! What kind of statement it is, and so whether its range may be cut into slices. Decided on the parsed statement, macros
//! still in it; when in doubt, opaque.
//!
//! [`parse`] turns away what cannot be looked into, [`mark`] makes the rest parsable, [`statement`] takes it apart and
//! [`walk`] looks into each of its expressions; [`grouping`], [`order`], [`value`] and [`totals`] decide how its slices'
//! answers become one.

mod functions;
mod grouping;
mod mark;
mod mentions;
mod names;
mod order;
mod parse;
mod statement;
mod totals;
mod value;
mod walk;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{
    dataset::{ColumnType, Dataset},
    error::Result,
    sql::{
        kind::{grouping::Key, mentions::Mentions, order::Sorting, statement::Statement},
        token::{self, Token, TokenKind},
    },
    stitch::{Concat, Order, Totals},
    time::{Step, format_interval},
};

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Grouped by the time bucket, which is in the output: any cut between buckets is exact.
    Buckets,
    /// No aggregate: any cut is exact.
    Rows,
    /// Aggregates that decompose: partial results merge.
    Totals,
    /// All else: one leg answers.
    Opaque,
}

impl Kind {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buckets => "buckets",
            Self::Rows => "rows",
            Self::Totals => "totals",
            Self::Opaque => "opaque",
        }
    }
}

/// What is known of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Its kind.
    pub kind: Kind,
    /// Why, as a sentence.
    pub reason: String,
    /// The datasets it reads, each once, in the order of their first use. Empty for native SQL.
    pub datasets: Vec<String>,
    /// The bucket it groups by, where it is of kind buckets; else the first bucket in its text, for filling.
    pub step: Option<Step>,
    /// How the rows of its slices follow each other; for buckets and rows.
    pub concat: Concat,
    /// How it is asked in parts that merge: always for totals; for buckets where every aggregate decomposes, so that a
    /// bucket may straddle the boundary.
    pub decomposed: Option<Decomposed>,
}

/// A statement in parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposed {
    /// What each slice is asked, macros not expanded: the keys, then the partials, without order and limit.
    pub sql: String,
    /// How the answers merge.
    pub totals: Totals,
}

/// Analyses `sql`, macros not expanded. `interval` is Grafana's, for `$__timeGroup(auto)` and `$__interval`; `datasets` tell what
/// their columns hold, since only numbers of groups are calculated with here.
///
/// # Errors
///
/// A text that cannot be cut into tokens. What does not parse is opaque, and the engine says what is wrong with it.
pub fn analyse(sql: &str, interval: Duration, datasets: &[Dataset]) -> Result<Analysis> {
    let tokens = token::tokenize(sql)?;
    let mentions = Mentions::of(&tokens, interval);
    let verdict = decide(&tokens, &mentions, interval, datasets).unwrap_or_else(Verdict::opaque);
    Ok(Analysis {
        kind: verdict.kind,
        reason: verdict.reason,
        datasets: mentions.datasets,
        step: verdict.step.or(mentions.step),
        concat: verdict.concat,
        decomposed: verdict.decomposed,
    })
}

/// What was decided of a statement.
#[derive(Debug)]
struct Verdict {
    kind: Kind,
    reason: String,
    step: Option<Step>,
    concat: Concat,
    decomposed: Option<Decomposed>,
}

impl Verdict {
    fn opaque(reason: String) -> Self {
        Self { kind: Kind::Opaque, reason, step: None, concat: Concat::default(), decomposed: None }
    }
}

/// What the statement of `tokens` is, or why it is opaque, as a sentence.
fn decide(
    tokens: &[Token<'_>],
    mentions: &Mentions,
    interval: Duration,
    datasets: &[Dataset],
) -> Result<Verdict, String> {
    let references = mentions.references;
    if references == 0 {
        return Err("It names no dataset, so that one leg answers it as it is written.".to_owned());
    }
    let is_end = |token: &Token<'_>| token.is_trivia() || token.is_punctuation(";");
    let length = tokens.iter().rposition(|token| !is_end(token)).map_or(0, |last| last + 1);
    let tokens = tokens.get(..length).unwrap_or_default();
    let solid: Vec<Token<'_>> = tokens.iter().filter(|token| !token.is_trivia()).copied().collect();
    parse::screen(&solid)?;
    if references > 1 {
        return Err("It reads datasets more than once.".to_owned());
    }
    let macros = tokens.iter().filter(|token| token.kind == TokenKind::Macro).count();
    let query = parse::query(&mark::mark(tokens)?)?;
    let read =
        datasets.iter().filter(|dataset| mentions.datasets.iter().any(|name| dataset.name.eq_ignore_ascii_case(name)));
    let not_numbers = read
        .flat_map(|dataset| &dataset.columns)
        .filter(|column| !matches!(column.data_type, ColumnType::Integer | ColumnType::Double))
        .map(|column| column.name.to_lowercase())
        .collect();
    classify(&Statement::of(&query, macros.saturating_sub(references), interval, not_numbers)?)
}

fn classify(statement: &Statement<'_>) -> Result<Verdict, String> {
    if statement.group_by.is_empty() && !statement.has_aggregate && !statement.distinct {
        return rows(statement);
    }
    let keys = grouping::keys(statement)?;
    match grouping::bucket(statement, &keys) {
        Some((column, step)) if statement.limit.is_none() => buckets(statement, &keys, column, step),
        _ => merged(statement, &keys),
    }
}

fn rows(statement: &Statement<'_>) -> Result<Verdict, String> {
    if statement.limit.is_some() && statement.order_by.is_empty() {
        return Err("It has LIMIT without ORDER BY, so that any rows will do.".to_owned());
    }
    let is_time = |column: usize| {
        let expression = statement.items.get(column).and_then(|item| item.expression);
        expression.is_some_and(|expression| names::is_event_time(expression, &statement.scope))
    };
    let order = Sorting::of(statement).order(is_time)?;
    Ok(Verdict {
        kind: Kind::Rows,
        reason: "It has no aggregate, so that each of its rows lies in one slice.".to_owned(),
        step: None,
        concat: Concat { order, limit: statement.limit },
        decomposed: None,
    })
}

fn buckets(statement: &Statement<'_>, keys: &[Key<'_>], column: usize, step: Step) -> Result<Verdict, String> {
    let sorting = Sorting::of(statement);
    let bucket = statement.items.get(column).map(|item| item.canonical.as_str());
    let order = sorting.order(|column| statement.items.get(column).map(|item| item.canonical.as_str()) == bucket)?;
    let in_parts = || totals::decompose(statement, keys, sorting.columns()?);
    // Equal rows of one bucket are only known when all of the bucket is.
    let decomposed = if statement.distinct { None } else { in_parts().ok() };
    let width = match step {
        Step::Fixed(width) => format_interval(width),
        Step::Calendar { unit, zone } => format!("one {} in {zone}", unit.name()),
    };
    Ok(Verdict {
        kind: Kind::Buckets,
        reason: format!(
            "It is grouped by its time bucket of {width}, so that its range may be cut where a bucket begins."
        ),
        step: Some(step),
        concat: Concat { order, limit: None },
        decomposed,
    })
}

fn merged(statement: &Statement<'_>, keys: &[Key<'_>]) -> Result<Verdict, String> {
    let order = Sorting::of(statement).columns()?;
    let decomposed = totals::decompose(statement, keys, order)?;
    let reason = if decomposed.totals.partials.is_empty() {
        "Its rows are distinct, and the distinct rows of its slices tell those of the whole."
    } else {
        "Its aggregates can be put together from those of its slices."
    };
    Ok(Verdict {
        kind: Kind::Totals,
        reason: reason.to_owned(),
        step: None,
        concat: Concat { order: Order::Any, limit: None },
        decomposed: Some(decomposed),
    })
}
