//! A SELECT over one dataset, taken apart; whatever else a query may be is turned away here.

use std::time::Duration;

use sqlparser::ast::{
    Distinct, Expr, Fetch, FunctionArg, FunctionArgExpr, GroupByExpr, Ident, LimitClause, OrderByExpr, OrderByKind,
    Query, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor, TableWithJoins,
    WildcardAdditionalOptions,
};

use crate::sql::{
    excerpt,
    kind::{
        mark,
        names::{self, Scope},
        walk::{self, Found, Place},
    },
};

/// The most columns, keys and sort keys that are compared with each other.
const MAX_COLUMNS: usize = 500;

/// A SELECT over one dataset. All its expressions are understood.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub scope: Scope,
    pub from: &'a TableWithJoins,
    pub items: Vec<Item<'a>>,
    pub distinct: bool,
    pub filter: Option<&'a Expr>,
    pub group_by: &'a [Expr],
    pub having: Option<&'a Expr>,
    pub order_by: &'a [OrderByExpr],
    pub limit: Option<usize>,
    /// An aggregate stands somewhere.
    pub has_aggregate: bool,
}

/// An item of the SELECT list.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// `None` for `*`.
    pub expression: Option<&'a Expr>,
    /// Of the expression; see [`names::canonical`].
    pub canonical: String,
    /// The name of the output column: the alias, else the column's own.
    pub name: Option<String>,
    /// An alias was written.
    pub has_alias: bool,
}

impl<'a> Statement<'a> {
    /// Takes `query` apart, which was written with `macros` macros, that of its dataset apart.
    ///
    /// # Errors
    ///
    /// What else it is, as a sentence.
    pub fn of(query: &'a Query, macros: usize, interval: Duration, not_numbers: Vec<String>) -> Result<Self, String> {
        let odd = || "It has a clause that is not understood.".to_owned();
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        let plain = locks.is_empty() && for_clause.is_none() && settings.is_none() && format_clause.is_none();
        let SetExpr::Select(select) = &**body else { return Err(odd()) };
        if with.is_some() || !plain || !pipe_operators.is_empty() {
            return Err(odd());
        }
        let order_by = match order_by {
            None => &[][..],
            Some(order_by) => match &order_by.kind {
                OrderByKind::Expressions(keys) if order_by.interpolate.is_none() => keys,
                _ => return Err("It is ordered by ALL its columns.".to_owned()),
            },
        };
        let mut statement = Self::of_select(select, interval, not_numbers)?;
        statement.order_by = order_by;
        statement.limit = limit(limit_clause.as_ref(), fetch.as_ref())?;
        statement.check(macros)?;
        Ok(statement)
    }

    fn of_select(select: &'a Select, interval: Duration, not_numbers: Vec<String>) -> Result<Self, String> {
        let group_by = ordinary(select)?;
        let [from] = select.from.as_slice() else {
            return Err("It reads more than its dataset.".to_owned());
        };
        let scope = Scope { alias: dataset_alias(from)?, interval, not_numbers };
        let items: Vec<Item<'a>> =
            select.projection.iter().map(|item| Item::of(item, &scope)).collect::<Result<_, _>>()?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err("It keeps one row of several (DISTINCT ON).".to_owned()),
        };
        Ok(Self {
            scope,
            from,
            items,
            distinct,
            filter: select.selection.as_ref(),
            group_by,
            having: select.having.as_ref(),
            order_by: &[],
            limit: None,
            has_aggregate: false,
        })
    }

    /// Looks into all expressions.
    fn check(&mut self, macros: usize) -> Result<(), String> {
        let most = self.items.len().max(self.group_by.len()).max(self.order_by.len());
        if most > MAX_COLUMNS {
            return Err(format!("It has more than {MAX_COLUMNS} columns."));
        }
        let mut found = Found::default();
        for expression in self.filter.into_iter().chain(self.group_by) {
            walk::check(expression, Place::Rows, &self.scope, &mut found)?;
        }
        let items = self.items.iter().filter_map(|item| item.expression);
        let keys = self.order_by.iter().map(|key| &key.expr);
        for expression in items.chain(self.having).chain(keys) {
            walk::check(expression, Place::Groups, &self.scope, &mut found)?;
        }
        if found.macros != macros {
            return Err("It has a macro where no value stands.".to_owned());
        }
        if self.order_by.iter().any(|key| key.with_fill.is_some()) {
            return Err("It fills gaps by ORDER BY.".to_owned());
        }
        self.has_aggregate = found.aggregates > 0 || self.having.is_some();
        Ok(())
    }

    /// The item that the ordinal `digits` names.
    pub fn item_at(&self, digits: &str) -> Result<usize, String> {
        let wildcard = self.items.iter().position(|item| item.expression.is_none()).unwrap_or(self.items.len());
        let index = digits.parse::<usize>().ok().and_then(|ordinal| ordinal.checked_sub(1));
        index
            .filter(|index| *index < wildcard)
            .ok_or_else(|| format!("Which column its ordinal {} means is not known.", excerpt(digits)))
    }
}

impl<'a> Item<'a> {
    fn of(item: &'a SelectItem, scope: &Scope) -> Result<Self, String> {
        let (expression, alias) = match item {
            SelectItem::UnnamedExpr(expression) => (expression, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias)),
            SelectItem::Wildcard(options) if *options == WildcardAdditionalOptions::default() => {
                return Ok(Self::wildcard());
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(of), options)
                if *options == WildcardAdditionalOptions::default()
                    && matches!(of.0.as_slice(), [part] if part.as_ident().is_some_and(|name| names::is_alias(name, scope))) =>
            {
                return Ok(Self::wildcard());
            }
            _ => return Err(format!("It selects what is not understood: {}.", excerpt(&item.to_string()))),
        };
        let name = alias.map_or_else(|| column_name(expression), |alias| Some(typed_name(alias)));
        Ok(Self {
            expression: Some(expression),
            canonical: names::canonical(expression, scope),
            name,
            has_alias: alias.is_some(),
        })
    }

    fn wildcard() -> Self {
        Self { expression: None, canonical: String::new(), name: None, has_alias: false }
    }

    /// Whether the output column is called `name`.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.to_lowercase() == name.to_lowercase())
    }
}

/// The name that a column's own gives to the output.
fn column_name(expression: &Expr) -> Option<String> {
    match names::bare(expression) {
        Expr::Identifier(name) if mark::macro_of(&name.value).is_none() => Some(typed_name(name)),
        Expr::CompoundIdentifier(path) => path.last().map(typed_name),
        _ => None,
    }
}

/// A name without its quotes.
fn typed_name(name: &Ident) -> String {
    match name.quote_style {
        Some(quote) => {
            let doubled = format!("{quote}{quote}");
            mark::typed(&name.value).unwrap_or(&name.value).replace(&doubled, &quote.to_string())
        }
        None => name.value.clone(),
    }
}

/// The GROUP BY of a `select` that has no clauses but Trino's usual ones.
fn ordinary(select: &Select) -> Result<&[Expr], String> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    if !named_window.is_empty() || qualify.is_some() {
        return Err("It has windows, which look across rows.".to_owned());
    }
    let plain = optimizer_hints.is_empty()
        && select_modifiers.is_none()
        && top.is_none()
        && exclude.is_none()
        && into.is_none()
        && lateral_views.is_empty()
        && prewhere.is_none()
        && connect_by.is_empty()
        && cluster_by.is_empty()
        && distribute_by.is_empty()
        && sort_by.is_empty()
        && value_table_mode.is_none()
        && *flavor == SelectFlavor::Standard;
    if !plain {
        return Err("It has a clause that is not understood.".to_owned());
    }
    match group_by {
        GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => Ok(keys),
        GroupByExpr::Expressions(..) => Err("It groups in several ways (GROUPING SETS, ROLLUP or CUBE).".to_owned()),
        GroupByExpr::All(_) => Err("It groups by ALL.".to_owned()),
    }
}

/// What the statement calls the dataset that `from` is.
fn dataset_alias(from: &TableWithJoins) -> Result<Option<String>, String> {
    let other = || Err("It reads something else than its dataset alone.".to_owned());
    let TableWithJoins { relation, joins } = from;
    let TableFactor::Table {
        name,
        alias,
        args: Some(args),
        with_hints,
        version: None,
        with_ordinality: false,
        partitions,
        json_path: None,
        sample: None,
        index_hints,
    } = relation
    else {
        return other();
    };
    let is_dataset = matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|name| {
        name.quote_style.is_none() && mark::macro_of(&name.value) == Some("dataset")
    }));
    let one = matches!(
        args.args.as_slice(),
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(_) | Expr::Value(_)))]
    );
    let plain = joins.is_empty() && with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty();
    if !is_dataset || !one || !plain || args.settings.is_some() {
        return other();
    }
    match alias {
        None => Ok(None),
        Some(alias) if alias.columns.is_empty() && alias.at.is_none() => Ok(Some(typed_name(&alias.name))),
        Some(_) => Err("It gives its dataset's columns other names.".to_owned()),
    }
}

/// How many rows are kept at most.
fn limit(clause: Option<&LimitClause>, fetch: Option<&Fetch>) -> Result<Option<usize>, String> {
    let count = |expression: &Expr| {
        names::ordinal(expression)
            .and_then(|digits| digits.parse::<usize>().ok())
            .ok_or_else(|| "Its LIMIT is not a plain number.".to_owned())
    };
    match (clause, fetch) {
        (None, None) => Ok(None),
        (Some(LimitClause::LimitOffset { limit, offset: None, limit_by }), None) if limit_by.is_empty() => {
            limit.as_ref().map(count).transpose()
        }
        (None, Some(Fetch { with_ties: false, percent: false, quantity })) => {
            quantity.as_ref().map_or(Ok(1), count).map(Some)
        }
        (_, Some(Fetch { with_ties: true, .. })) => Err("It keeps rows that tie (WITH TIES).".to_owned()),
        _ => Err("It skips rows (OFFSET), which lie in any slice.".to_owned()),
    }
}
