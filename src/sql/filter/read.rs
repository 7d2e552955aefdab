//! Filters out of the JSON that Grafana sends, within limits: what comes is anybody's.

use serde_json::Value;

use crate::{
    error::{Error, Result},
    sql::{
        excerpt,
        filter::{Filter, FilterOperator},
    },
};

const MOST_FILTERS: usize = 100;
const MOST_VALUES: usize = 1_000;
/// In bytes.
const LONGEST_VALUE: usize = 4_096;
/// In bytes; names are shorter.
const LONGEST_KEY: usize = 512;

impl Filter {
    /// Reads a list of `{key, operator, value, values?}`, Grafana's ad-hoc filters; nothing at all is an empty list. A key
    /// is a column's name, alone or behind its dataset's and a dot. A filter without a key is one that is still being
    /// picked, and left out.
    ///
    /// # Errors
    ///
    /// What is not such a list, holds an operator that does not exist or characters that are none, or is too long. The
    /// error names the filter.
    pub fn from_json(json: &Value) -> Result<Vec<Self>> {
        let list = match json {
            Value::Null => return Ok(Vec::new()),
            Value::Array(list) => list,
            _ => {
                return Err(Error::bad_query(
                    "The ad-hoc filters are not a list. Send a list of key, operator and value.",
                ));
            }
        };
        if list.len() > MOST_FILTERS {
            return Err(Error::bad_query(format!(
                "There are {} ad-hoc filters; at most {MOST_FILTERS} are taken. Remove some.",
                list.len()
            )));
        }
        let filters: Vec<Self> =
            list.iter().filter_map(|filter| Self::one(filter).transpose()).collect::<Result<_>>()?;
        let values: usize = filters.iter().map(|filter| filter.values.len()).sum();
        if values > MOST_VALUES {
            return Err(Error::bad_query(format!(
                "The ad-hoc filters hold {values} values; at most {MOST_VALUES} are taken. Pick fewer, or match a pattern."
            )));
        }
        Ok(filters)
    }

    fn one(json: &Value) -> Result<Option<Self>> {
        let Some(key) = json.get("key").and_then(Value::as_str) else {
            return Err(Error::bad_query("An ad-hoc filter has no key. Send the name of a column as its key."));
        };
        let key = key.trim();
        if key.is_empty() {
            return Ok(None);
        }
        let wrong = |what: &str| Err(Error::bad_query(format!("The ad-hoc filter on {} {what}", excerpt(key))));
        if key.len() > LONGEST_KEY {
            return wrong("has a key that is no column's name. Pick a column.");
        }
        let sign = json.get("operator").and_then(Value::as_str).unwrap_or_default();
        let Some((_, operator)) = FilterOperator::ALL.into_iter().find(|(known, _)| *known == sign) else {
            let known = FilterOperator::ALL.map(|(known, _)| known).join(" ");
            return wrong(&format!("has the operator \"{}\". Use one of {known}.", excerpt(sign)));
        };
        let several = matches!(operator, FilterOperator::OneOf | FilterOperator::NotOneOf);
        let values = match (json.get("values").and_then(Value::as_array), json.get("value")) {
            (Some(values), _) if several && !values.is_empty() => values.iter().map(value).collect(),
            (_, Some(only)) => vec![value(only)],
            (_, None) => Vec::new(),
        };
        let Some(values) = values.into_iter().collect::<Option<Vec<String>>>().filter(|values| !values.is_empty())
        else {
            return wrong("has no value. Pick one.");
        };
        if values.iter().any(|value| value.len() > LONGEST_VALUE) {
            return wrong(&format!("has a value of more than {LONGEST_VALUE} bytes. Match a shorter pattern instead."));
        }
        if values.iter().any(|value| value.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))) {
            return wrong("has a value with control characters. Remove them.");
        }
        let (dataset, column) = match key.split_once('.') {
            Some((dataset, column)) => (Some(dataset.to_owned()), column.to_owned()),
            None => (None, key.to_owned()),
        };
        Ok(Some(Self { dataset, column, operator, values }))
    }
}

/// A value as text; `None` if it is none.
fn value(json: &Value) -> Option<String> {
    match json {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
