//! Ad-hoc filters: what a dashboard's viewer picks above the panels, applied inside `$__dataset`. Untrusted.

mod condition;
mod read;

#[cfg(test)]
mod tests;

pub use self::condition::conditions;

/// One ad-hoc filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The dataset that it is meant for; `None` is every dataset with such a column.
    pub dataset: Option<String>,
    /// A logical column's name.
    pub column: String,
    /// How it compares.
    pub operator: FilterOperator,
    /// What it compares with: one value, or several for `OneOf` and `NotOneOf`.
    pub values: Vec<String>,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=|`
    OneOf,
    /// `!=|`
    NotOneOf,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
}

impl FilterOperator {
    /// All of them, as Grafana writes them.
    pub const ALL: [(&'static str, Self); 10] = [
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("=|", Self::OneOf),
        ("!=|", Self::NotOneOf),
        ("=~", Self::Matches),
        ("!~", Self::NotMatches),
        ("<", Self::Less),
        (">", Self::Greater),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
    ];
}
