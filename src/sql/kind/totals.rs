//! A grouped statement in parts: what each slice is asked, and how the answers merge.

use std::fmt::Write as _;

use crate::{
    sql::kind::{Decomposed, grouping::Key, mark, statement::Statement, value::Partials},
    stitch::{Output, SortKey, Totals},
};

/// `statement`, grouped by `keys` and ordered by `order`, in parts.
///
/// # Errors
///
/// Why it cannot be put together from parts, as a sentence.
pub(super) fn decompose(
    statement: &Statement<'_>,
    keys: &[Key<'_>],
    order: Vec<SortKey>,
) -> Result<Decomposed, String> {
    if statement.having.is_some() {
        return Err("It has HAVING, which is decided on whole groups.".to_owned());
    }
    if statement.limit.is_some() && order.is_empty() {
        return Err("It has LIMIT without ORDER BY, so that any rows will do.".to_owned());
    }
    if statement.distinct && !statement.group_by.is_empty() {
        return Err("It drops equal rows (DISTINCT) of its groups.".to_owned());
    }
    let mut partials = Partials::new(keys, &statement.scope);
    let mut outputs = Vec::with_capacity(statement.items.len());
    for (index, item) in statement.items.iter().enumerate() {
        let expression = item.expression.ok_or("It selects all columns (*) of groups.")?;
        let name = item.name.clone().unwrap_or_else(|| format!("_col{index}"));
        outputs.push(Output { name, value: partials.value(expression)? });
    }
    let sql = sliced(statement, keys, &partials);
    let sql = mark::unmark(&sql).ok_or("It is too long to be asked in parts.")?;
    let partials = partials.found.into_iter().map(|(partial, _)| partial).collect();
    let totals = Totals { keys: keys.len(), partials, outputs, order, limit: statement.limit };
    Ok(Decomposed { sql, totals })
}

/// What each slice is asked, with marks.
fn sliced(statement: &Statement<'_>, keys: &[Key<'_>], partials: &Partials<'_>) -> String {
    let mut sql = String::from("SELECT ");
    let keys_sql = keys.iter().enumerate().map(|(index, key)| format!("{} AS k{index}", key.expression));
    let partials_sql = partials.found.iter().enumerate().map(|(index, (_, sql))| format!("{sql} AS p{index}"));
    sql.push_str(&keys_sql.chain(partials_sql).collect::<Vec<_>>().join(", "));
    let _infallible = write!(sql, " FROM {}", statement.from);
    if let Some(filter) = statement.filter {
        let _infallible = write!(sql, " WHERE {filter}");
    }
    if !keys.is_empty() {
        let ordinals: Vec<String> = (1..=keys.len()).map(|ordinal| ordinal.to_string()).collect();
        let _infallible = write!(sql, " GROUP BY {}", ordinals.join(", "));
    }
    sql
}
