//! What a statement groups by.

use sqlparser::ast::{Expr, Value};

use crate::{
    sql::{
        excerpt,
        kind::{
            names::{self, BucketColumn},
            statement::{Item, Statement},
            walk::{self, Found, Place},
        },
    },
    time::Step,
};

/// A key of the groups.
#[derive(Debug)]
pub(super) struct Key<'a> {
    pub expression: &'a Expr,
    /// See [`names::canonical`].
    pub canonical: String,
}

/// The keys of `statement`, each once: its GROUP BY, or the columns of its DISTINCT.
///
/// # Errors
///
/// What a key is that cannot be looked into, as a sentence.
pub(super) fn keys<'a>(statement: &Statement<'a>) -> Result<Vec<Key<'a>>, String> {
    let mut expressions = Vec::new();
    for written in statement.group_by {
        expressions.push(grouped(written, statement)?);
    }
    if statement.distinct && statement.group_by.is_empty() {
        if statement.has_aggregate {
            return Err("It drops equal rows (DISTINCT) of its aggregates.".to_owned());
        }
        for item in &statement.items {
            expressions.push(item.expression.ok_or("It drops equal rows (DISTINCT) of unknown columns (*).")?);
        }
    }
    let mut keys: Vec<Key<'a>> = Vec::new();
    for expression in expressions {
        if is_floating_literal(expression) {
            return Err(format!("It groups by a floating-point number ({}).", excerpt(&expression.to_string())));
        }
        let canonical = names::canonical(expression, &statement.scope);
        if keys.iter().all(|key| key.canonical != canonical) {
            keys.push(Key { expression, canonical });
        }
    }
    Ok(keys)
}

/// The expression that `written`, of the GROUP BY, means.
fn grouped<'a>(written: &'a Expr, statement: &Statement<'a>) -> Result<&'a Expr, String> {
    if let Some(digits) = names::ordinal(written) {
        let index = statement.item_at(digits)?;
        let item = statement.items.get(index).and_then(|item| item.expression);
        let item = item.ok_or("It groups by a column that is not there.")?;
        walk::check(item, Place::Rows, &statement.scope, &mut Found::default())?;
        return Ok(item);
    }
    let bare = names::bare(written);
    if matches!(bare, Expr::Tuple(_)) || names::ordinal(bare).is_some() {
        return Err("It groups by a list in parentheses.".to_owned());
    }
    if let Expr::Identifier(name) = bare {
        let canonical = names::canonical(bare, &statement.scope);
        let hides = |item: &Item<'_>| item.has_alias && item.is_called(&name.value) && item.canonical != canonical;
        if statement.items.iter().any(hides) {
            return Err(format!(
                "Its GROUP BY {} may mean the column or the alias; group by its number instead.",
                excerpt(&name.value)
            ));
        }
    }
    Ok(written)
}

/// The first bucket of the event time among `keys` that `statement` puts out: where, and how wide.
pub(super) fn bucket(statement: &Statement<'_>, keys: &[Key<'_>]) -> Option<(usize, Step)> {
    keys.iter().find_map(|key| {
        let BucketColumn::EventTime(step) = names::bucket_column(key.expression, &statement.scope)? else {
            return None;
        };
        let is_output = |item: &Item<'_>| item.expression.is_some() && item.canonical == key.canonical;
        Some((statement.items.iter().position(is_output)?, step))
    })
}

fn is_floating_literal(expression: &Expr) -> bool {
    match names::bare(expression) {
        Expr::Value(value) => matches!(&value.value, Value::Number(digits, _) if digits.contains(['.', 'e', 'E'])),
        Expr::UnaryOp { expr, .. } => is_floating_literal(expr),
        _ => false,
    }
}
