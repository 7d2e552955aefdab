//! A template with what a user says on top: given keys win, objects merge key by key, columns by name.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// `base`, a template, with `entry` of the settings laid over it. A text changes nothing.
pub(super) fn apply(path: &str, base: Value, entry: &Value) -> Result<Value> {
    let (mut whole, given) = match (base, entry) {
        (Value::Object(whole), Value::Object(given)) => (whole, given),
        (base, _) => return Ok(base),
    };
    for leg in ["realtime", "historical"] {
        if given.get(leg) == Some(&Value::Bool(false)) {
            forget_leg(&mut whole, leg);
        }
    }
    for (key, value) in given {
        if key == "columns" && !value.is_null() {
            let Value::Array(columns) = value else {
                return Err(Error::bad_settings(format!("Setting {path}.columns must be a list of columns.")));
            };
            apply_columns(path, whole.entry("columns").or_insert(Value::Null), columns)?;
        } else {
            merge(&mut whole, key, value);
        }
    }
    Ok(Value::Object(whole))
}

/// The template's columns have nothing on a leg that is given up.
fn forget_leg(whole: &mut Map<String, Value>, leg: &str) {
    for column in whole.get_mut("columns").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(column) = column {
            column.remove(leg);
        }
    }
}

fn merge(into: &mut Map<String, Value>, key: &str, value: &Value) {
    match (into.get_mut(key), value) {
        // Null counts as not given.
        (_, Value::Null) => {}
        (Some(Value::Object(base)), Value::Object(given)) => {
            if key == "partitions" {
                forget_other_style(base, given);
            }
            for (key, value) in given {
                merge(base, key, value);
            }
        }
        _ => {
            into.insert(key.to_owned(), value.clone());
        }
    }
}

/// Of a layout in another style, only the lags are of use.
fn forget_other_style(base: &mut Map<String, Value>, given: &Map<String, Value>) {
    if given.get("style").is_some_and(|style| !style.is_null() && Some(style) != base.get("style")) {
        base.retain(|key, _| key.starts_with("arrivalLag"));
    }
}

fn apply_columns(path: &str, base: &mut Value, given: &[Value]) -> Result<()> {
    let Value::Array(base) = base else { return Ok(()) };
    for (index, column) in given.iter().enumerate() {
        let place =
            base.iter().position(|known| known.get("name").is_some_and(|name| Some(name) == column.get("name")));
        let setting = || super::path_of(&format!("{path}.columns"), index, column);
        match (column.get("remove").filter(|remove| !remove.is_null()), place) {
            (None | Some(Value::Bool(false)), Some(place)) => {
                if let (Some(Value::Object(base)), Value::Object(given)) = (base.get_mut(place), column) {
                    for (key, value) in given.iter().filter(|(key, _)| *key != "remove") {
                        merge(base, key, value);
                    }
                }
            }
            (None | Some(Value::Bool(false)), None) => base.push(column.clone()),
            (Some(Value::Bool(true)), Some(place)) => {
                base.remove(place);
            }
            (Some(Value::Bool(true)), None) => {
                return Err(Error::bad_settings(format!(
                    "Setting {}.remove: the template has no column of this name.",
                    setting()
                )));
            }
            (Some(_), _) => {
                return Err(Error::bad_settings(format!("Setting {}.remove must be true or false.", setting())));
            }
        }
    }
    Ok(())
}
