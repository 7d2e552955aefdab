//! What a statement is ordered by.
//!
//! In ORDER BY a name means the output column of that name before the dataset's column, inside expressions as well.

use sqlparser::ast::{Expr, OrderByExpr};

use crate::{
    dataset::TIME,
    sql::{
        excerpt,
        kind::{
            mark,
            names::{self, BucketColumn},
            statement::Statement,
        },
    },
    stitch::{Order, SortKey},
};

/// What a sort key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// An item of the SELECT list.
    Output(usize),
    /// The event time, not put out, or somewhere in `*`.
    EventTime,
}

/// What a statement is ordered by.
#[derive(Debug)]
pub(super) struct Sorting {
    keys: Vec<(Result<Meaning, String>, bool, bool)>,
}

impl Sorting {
    pub fn of(statement: &Statement<'_>) -> Self {
        let key = |key: &OrderByExpr| {
            let descending = key.options.asc == Some(false);
            let nulls_first = key.options.nulls_first == Some(true);
            (meaning(&key.expr, statement), descending, nulls_first)
        };
        Self { keys: statement.order_by.iter().map(key).collect() }
    }

    /// The order of the rows of slices, where `is_time` says which output column is the event time, or the bucket of it that
    /// slices are cut between.
    ///
    /// # Errors
    ///
    /// Which key cannot be found in the output, as a sentence.
    pub fn order(&self, is_time: impl Fn(usize) -> bool) -> Result<Order, String> {
        match self.keys.first() {
            None => Ok(Order::Any),
            Some((Ok(Meaning::EventTime), descending, _)) => Ok(Order::Time { descending: *descending }),
            Some((Ok(Meaning::Output(column)), descending, _)) if is_time(*column) => {
                Ok(Order::Time { descending: *descending })
            }
            Some(_) => self.columns().map(Order::Columns),
        }
    }

    /// The keys as output columns.
    ///
    /// # Errors
    ///
    /// As [`Self::order`].
    pub fn columns(&self) -> Result<Vec<SortKey>, String> {
        let column = |(meaning, descending, nulls_first): &(Result<Meaning, String>, bool, bool)| match meaning {
            Ok(Meaning::Output(column)) => {
                Ok(SortKey { column: *column, descending: *descending, nulls_first: *nulls_first })
            }
            Ok(Meaning::EventTime) => Err("It is ordered by the event time, which is not in its output.".to_owned()),
            Err(reason) => Err(reason.clone()),
        };
        self.keys.iter().map(column).collect()
    }
}

fn meaning(expression: &Expr, statement: &Statement<'_>) -> Result<Meaning, String> {
    if let Some(digits) = names::ordinal(expression) {
        return statement.item_at(digits).map(Meaning::Output);
    }
    let not_found = || {
        let text = expression.to_string();
        let text = mark::unmark(&text).unwrap_or(text);
        Err(format!("It is ordered by {}, which is not surely a column of its output.", excerpt(&text)))
    };
    let canonical = names::canonical(expression, &statement.scope);
    let bare = names::bare(expression);
    if let Expr::Identifier(name) = bare {
        let mut called = statement.items.iter().enumerate().filter(|(_, item)| item.is_called(&name.value));
        match (called.next(), called.next()) {
            (Some((index, _)), None) if !has_wildcard(statement) => return Ok(Meaning::Output(index)),
            (None, None) => {}
            // Two columns of one name, or perhaps so: no matter where all of them are the event time.
            _ => {
                let all_time = name.value.eq_ignore_ascii_case(TIME) && !is_hidden(TIME, None, statement);
                return if all_time { Ok(Meaning::EventTime) } else { not_found() };
            }
        }
    }
    let columns = names::columns(expression, &statement.scope);
    if columns.iter().any(|name| is_hidden(name, Some(&canonical), statement)) {
        return not_found();
    }
    if names::is_event_time(expression, &statement.scope) && (has_wildcard(statement) || !statement.has_aggregate) {
        let index = statement.items.iter().position(|item| item.canonical == canonical);
        return Ok(index.filter(|_| !has_wildcard(statement)).map_or(Meaning::EventTime, Meaning::Output));
    }
    if has_wildcard(statement) {
        return not_found();
    }
    statement
        .items
        .iter()
        .position(|item| item.canonical == canonical)
        .map_or_else(not_found, |index| Ok(Meaning::Output(index)))
}

fn has_wildcard(statement: &Statement<'_>) -> bool {
    statement.items.iter().any(|item| item.expression.is_none())
}

/// Whether an output column called `name` holds something else than the dataset's column `name`. The bucket `bucket` of a
/// column of buckets of the same sort is that column, so there it does not matter which of the two is meant.
fn is_hidden(name: &str, bucket: Option<&str>, statement: &Statement<'_>) -> bool {
    statement.items.iter().any(|item| {
        let Some(expression) = item.expression.filter(|_| item.is_called(name)) else { return false };
        let itself = if name == TIME {
            names::is_event_time(expression, &statement.scope)
        } else {
            matches!(names::bare(expression), Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                && item.canonical == name
        };
        let same_bucket =
            matches!(names::bucket_column(expression, &statement.scope), Some(BucketColumn::EventTime(_)))
                && bucket == Some(item.canonical.as_str());
        !itself && !same_bucket
    })
}
