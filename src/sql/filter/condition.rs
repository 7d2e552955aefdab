//! Filters as conditions in SQL, typed by what the column holds. A value is a literal or an error, never text as it came.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::{
    dataset::{ColumnType, Dataset, TIME},
    error::{Error, Result},
    leg::Leg,
    sql::{
        dataset::event_time,
        excerpt,
        filter::{Filter, FilterOperator},
        literal,
    },
};

/// In characters.
const LONGEST_PATTERN: usize = 1_000;

/// SQL of the conditions that `filters` put on `dataset`, over the expressions of `leg`. A dashboard's filters are for all
/// its panels, so those on another dataset, or on a column that this one does not have, are no matter here.
///
/// # Errors
///
/// A value that the column cannot hold, or a column that only the other leg has: leaving the filter out would give rows
/// that the viewer excluded.
pub fn conditions(filters: &[Filter], dataset: &Dataset, leg: Leg) -> Result<Vec<String>> {
    let mut conditions = Vec::new();
    for filter in filters {
        if filter.dataset.as_ref().is_some_and(|name| !name.eq_ignore_ascii_case(&dataset.name)) {
            continue;
        }
        let (data_type, expression) = if filter.column.eq_ignore_ascii_case(TIME) {
            (ColumnType::Timestamp, event_time(dataset, leg))
        } else {
            match dataset.column(&filter.column) {
                Some(column) => (column.data_type, column.expression(leg)),
                None => continue,
            }
        };
        let Some(expression) = expression else {
            return Err(Error::bad_query(format!(
                "The ad-hoc filter on {} cannot be applied: the dataset {} has no such column on the {leg} leg ({}). \
                 Remove the filter, or choose a time range or route that does without this leg.",
                excerpt(&filter.column),
                dataset.name,
                leg.service()
            )));
        };
        let condition = Condition { leg, data_type, expression: literal::operand(expression) };
        conditions.push(condition.sql(filter).map_err(|reason| {
            Error::bad_query(format!("The ad-hoc filter on {} {reason}.", excerpt(&filter.column)))
        })?);
    }
    Ok(conditions)
}

struct Condition {
    leg: Leg,
    data_type: ColumnType,
    expression: String,
}

impl Condition {
    fn sql(&self, filter: &Filter) -> Result<String, String> {
        let expression = &self.expression;
        match filter.operator {
            FilterOperator::Equal | FilterOperator::OneOf => self.one_of(&filter.values),
            // A viewer who excludes one queue wants the rest, contacts without a queue among them.
            FilterOperator::NotEqual | FilterOperator::NotOneOf => self.none_of(&filter.values),
            FilterOperator::Matches => self.matches(&filter.values),
            FilterOperator::NotMatches => {
                Ok(format!("(NOT {} OR {expression} IS NULL)", self.matches(&filter.values)?))
            }
            FilterOperator::Less => self.compared("<", &filter.values),
            FilterOperator::Greater => self.compared(">", &filter.values),
            FilterOperator::AtMost => self.compared("<=", &filter.values),
            FilterOperator::AtLeast => self.compared(">=", &filter.values),
        }
    }

    /// Empty text stands for no value as well.
    fn one_of(&self, values: &[String]) -> Result<String, String> {
        let expression = &self.expression;
        let (literals, or_none) = self.literals(values)?;
        let listed = match literals.as_slice() {
            [] => return Ok(format!("{expression} IS NULL")),
            [only] => format!("{expression} = {only}"),
            several => format!("{expression} IN ({})", several.join(", ")),
        };
        Ok(if or_none { format!("({listed} OR {expression} IS NULL)") } else { listed })
    }

    fn none_of(&self, values: &[String]) -> Result<String, String> {
        let expression = &self.expression;
        let (literals, nor_none) = self.literals(values)?;
        let listed = match literals.as_slice() {
            [] => return Ok(format!("{expression} IS NOT NULL")),
            [only] => format!("{expression} <> {only}"),
            several => format!("{expression} NOT IN ({})", several.join(", ")),
        };
        Ok(if nor_none { listed } else { format!("({listed} OR {expression} IS NULL)") })
    }

    fn matches(&self, values: &[String]) -> Result<String, String> {
        let pattern = only(values)?;
        if pattern.chars().count() > LONGEST_PATTERN {
            return Err(format!("has a pattern of more than {LONGEST_PATTERN} characters: shorten it"));
        }
        if pattern.chars().any(char::is_control) {
            return Err("has control characters in its pattern: remove them".to_owned());
        }
        let text = match self.data_type {
            ColumnType::Text => self.expression.clone(),
            _ => format!("CAST({} AS varchar)", self.expression),
        };
        Ok(format!("regexp_like({text}, {})", literal::text(pattern)))
    }

    fn compared(&self, operator: &str, values: &[String]) -> Result<String, String> {
        if self.data_type == ColumnType::Boolean {
            return Err(format!("cannot use {operator} on a column of yes or no: use = or !="));
        }
        Ok(format!("{} {operator} {}", self.expression, self.literal(only(values)?)?))
    }

    /// The values as literals, and whether no value is among them.
    fn literals(&self, values: &[String]) -> Result<(Vec<String>, bool), String> {
        let none = values.iter().any(String::is_empty);
        let literals = values
            .iter()
            .filter(|value| self.data_type == ColumnType::Text || !value.is_empty())
            .map(|value| self.literal(value))
            .collect::<Result<Vec<_>, _>>()?;
        if literals.is_empty() && !none { Err("has no value: pick one".to_owned()) } else { Ok((literals, none)) }
    }

    fn literal(&self, value: &str) -> Result<String, String> {
        let wrong = |wanted: &str| format!("compares with \"{}\", which is not {wanted}", excerpt(value));
        match self.data_type {
            ColumnType::Text => Ok(literal::text(value)),
            ColumnType::Integer => {
                value.parse::<i64>().map(|number| number.to_string()).map_err(|_| wrong("a whole number: write 42"))
            }
            ColumnType::Double => value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| format!("{number:E}"))
                .ok_or_else(|| wrong("a number: write 4.2")),
            ColumnType::Boolean => match value {
                "true" | "false" => Ok(value.to_owned()),
                _ => Err(wrong("true or false: write one of these")),
            },
            ColumnType::Timestamp => {
                let at = timestamp(value).ok_or_else(|| {
                    wrong("a time of whole milliseconds: write 2026-01-31T09:00:00Z or 2026-01-31 09:00:00")
                })?;
                literal::instant(self.leg, at)
                    .map_err(|_| wrong("a time between the years 1 and 9999: write such a one"))
            }
        }
    }
}

fn only(values: &[String]) -> Result<&str, String> {
    match values {
        [only] => Ok(only),
        _ => Err("has not exactly one value: pick one".to_owned()),
    }
}

fn timestamp(value: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(value).map(|at| at.to_utc());
    zoned
        .or_else(|_| NaiveDateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f").map(|at| at.and_utc()))
        .ok()
        .filter(|at| at.timestamp_subsec_nanos().is_multiple_of(1_000_000))
}
