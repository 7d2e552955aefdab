//! `CROSS JOIN UNNEST(..)`, which may refer to what stands left of it, as a derived table whose select list unnests.
//!
//! `FROM a CROSS JOIN UNNEST(a.xs) AS t (x)` becomes `FROM (SELECT *, unnest(a.xs) AS x FROM a) AS a`, and `t.x` becomes
//! `a.x`. Maps, time series and arrays of rows unnest into as many columns as the alias names.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Join, JoinOperator, ObjectNamePart, Query, Select, SelectItem, SetExpr, TableAlias, TableFactor,
    TableWithJoins, visit_expressions_mut,
};

use super::grammar::{call, plain_number};
use super::statement::parse_own;
use crate::engine::QueryError;

/// What a table's alias is called now.
pub type Renamed = HashMap<String, String>;

/// Rewrites the unnesting joins of a query's own selects; says which aliases have to be read as which.
///
/// # Errors
///
/// If the pieces do not make a query, which they always do.
pub fn rewrite(body: &mut SetExpr) -> Result<Renamed, QueryError> {
    let mut renamed = Renamed::new();
    match body {
        SetExpr::Select(select) => rewrite_select(select, &mut renamed)?,
        SetExpr::SetOperation { left, right, .. } => {
            renamed.extend(rewrite(left)?);
            renamed.extend(rewrite(right)?);
        }
        _ => {}
    }
    Ok(renamed)
}

/// Reads `alias.column` by the alias's new name.
pub fn rename(names: &mut [Ident], renamed: &Renamed) {
    if let [table, _, ..] = names
        && let Some(name) = renamed.get(&table.value)
    {
        *table = Ident::with_quote('"', name.clone());
    }
}

fn rewrite_select(select: &mut Select, renamed: &mut Renamed) -> Result<(), QueryError> {
    join_listed_unnests(&mut select.from);
    for table in &mut select.from {
        if is_unnest(&table.relation) {
            table.relation = unnested(None, table.relation.clone(), false, renamed)?;
        }
        while let Some(position) = table.joins.iter().position(|join| is_unnest(&join.relation)) {
            let rest = table.joins.split_off(position + 1);
            let Some(join) = table.joins.pop() else { break };
            let keeps_left = matches!(join.join_operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
            let left = TableWithJoins { relation: table.relation.clone(), joins: std::mem::take(&mut table.joins) };
            table.relation = unnested(Some(left), join.relation, keeps_left, renamed)?;
            table.joins = rest;
        }
    }
    Ok(())
}

/// `FROM a, UNNEST(..)` means `FROM a CROSS JOIN UNNEST(..)`.
fn join_listed_unnests(from: &mut Vec<TableWithJoins>) {
    let mut joined: Vec<TableWithJoins> = Vec::with_capacity(from.len());
    for table in from.drain(..) {
        match joined.last_mut() {
            Some(left) if is_unnest(&table.relation) => {
                let join_operator = JoinOperator::CrossJoin(datafusion::sql::sqlparser::ast::JoinConstraint::None);
                left.joins.push(Join { relation: table.relation, global: false, join_operator });
                left.joins.extend(table.joins);
            }
            _ => joined.push(table),
        }
    }
    *from = joined;
}

fn is_unnest(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { .. })
}

/// The derived table that stands for the tables on the left and the unnested columns.
fn unnested(
    left: Option<TableWithJoins>,
    unnest: TableFactor,
    keeps_left: bool,
    renamed: &mut Renamed,
) -> Result<TableFactor, QueryError> {
    let TableFactor::UNNEST { alias, array_exprs, with_ordinality, .. } = unnest else { return Ok(unnest) };
    let left_names: Vec<_> = left.iter().flat_map(factors).filter_map(factor_name).collect();
    let alias_name = alias.as_ref().map(|alias| alias.name.value.clone());
    let scope = match left_names.as_slice() {
        [only] => only.clone(),
        _ => alias_name.clone().unwrap_or_else(|| "unnested".to_owned()),
    };
    let mut arrays = array_exprs;
    for array in &mut arrays {
        let _ = visit_expressions_mut(array, |expr| {
            if let Expr::CompoundIdentifier(names) = expr {
                rename(names, renamed);
            }
            ControlFlow::<()>::Continue(())
        });
    }
    for name in left_names.into_iter().chain(alias_name) {
        if name != scope {
            renamed.insert(name, scope.clone());
        }
    }
    let names: Vec<_> = alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.clone()).collect();
    let mut query = parse_own(if left.is_some() { "SELECT *" } else { "SELECT 1" })?;
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(derived(query, scope)) };
    if left.is_none() {
        select.projection.clear();
    }
    select.projection.extend(items(arrays, &names, with_ordinality, keeps_left));
    select.from = left.into_iter().collect();
    Ok(derived(query, scope))
}

/// One select item an unnested column.
fn items(arrays: Vec<Expr>, names: &[String], with_ordinality: bool, keeps_left: bool) -> Vec<SelectItem> {
    let ordinal_of = arrays.first().cloned().filter(|_| with_ordinality);
    let columns = names.len() - usize::from(with_ordinality && !names.is_empty());
    let mut values: Vec<Expr> = match <[Expr; 1]>::try_from(arrays) {
        Ok([array]) if columns > 1 => {
            (0_i64..).take(columns).map(|part| call("unnest_part", vec![array.clone(), plain_number(part)])).collect()
        }
        Ok([array]) => vec![call("unnest_part", vec![array])],
        Err(arrays) => arrays.into_iter().map(|array| call("unnest_part", vec![array])).collect(),
    };
    values.extend(ordinal_of.map(|array| call("ordinals", vec![array])));
    values
        .into_iter()
        .enumerate()
        .map(|(position, value)| {
            let value = if keeps_left { call("at_least_null", vec![value]) } else { value };
            let name = names.get(position).cloned().unwrap_or_else(|| format!("_unnest{position}"));
            SelectItem::ExprWithAlias { expr: call("unnest", vec![value]), alias: Ident::with_quote('"', name) }
        })
        .collect()
}

fn derived(query: Query, name: String) -> TableFactor {
    let alias = TableAlias { explicit: true, name: Ident::with_quote('"', name), columns: vec![], at: None };
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

fn factors(table: &TableWithJoins) -> impl Iterator<Item = &TableFactor> {
    std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
}

/// The name by which a table's columns are qualified.
fn factor_name(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.value.clone())
        }
        TableFactor::Table { name, .. } => {
            name.0.last().and_then(ObjectNamePart::as_ident).map(|name| name.value.clone())
        }
        _ => None,
    }
}
