//! `datasets` of `jsonData` -> [`Dataset`]s: own ones, and the templates as they are or with parts overridden.
//!
//! Every fault names the dataset (by its name, else by its place), the leg and the key.

mod columns;
mod expression;
mod overlay;
mod partitions;
mod tables;

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Historical, Realtime, Settings,
    section::{Section, shorten, written},
};
use crate::{
    dataset::{Dataset, TEMPLATES, template},
    error::{Error, Result},
};

const MOST_DATASETS: usize = 100;
const LONGEST_NAME: usize = 128;

/// The settings of the legs, which datasets default to.
#[derive(Clone, Copy)]
struct Legs<'a> {
    realtime: &'a Realtime,
    historical: &'a Historical,
}

/// Reads the entries of `datasets`; when it is absent, the templates on the legs that name a database. A leg that is switched off has no
/// tables; a dataset that has then none at all is left out with a warning.
pub(super) fn read(
    entries: Option<&[Value]>,
    realtime: &Realtime,
    historical: &Historical,
    warnings: &mut Vec<String>,
) -> Result<Vec<Dataset>> {
    let legs = Legs { realtime, historical };
    let Some(entries) = entries else { return implied(legs, warnings) };
    if entries.len() > MOST_DATASETS {
        return Err(Error::bad_settings(format!(
            "Setting datasets holds {} datasets; at most {MOST_DATASETS}.",
            entries.len()
        )));
    }
    let mut datasets: Vec<Dataset> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = path_of("datasets", index, entry);
        let mut dataset = read_entry(&path, entry, legs)?;
        if names.contains(&dataset.name) {
            return Err(Error::bad_settings(format!(
                "Setting {path}.name: there are two datasets called {}. Give each a name of its own.",
                dataset.name
            )));
        }
        check_window(&path, &dataset, legs)?;
        names.push(dataset.name.clone());
        if drop_legs_that_are_off(&mut dataset, legs) {
            datasets.push(dataset);
        } else {
            warnings.push(format!("Dataset {} is left out: it is only on a leg that is switched off.", dataset.name));
        }
    }
    Ok(datasets)
}

/// The templates, on the legs where their tables may be. One that does not fit the retention is left out with a warning:
/// nobody asked for it.
fn implied(legs: Legs<'_>, warnings: &mut Vec<String>) -> Result<Vec<Dataset>> {
    let on_realtime = legs.realtime.enabled && legs.realtime.database.is_some();
    let on_historical = legs.historical.enabled && legs.historical.database.is_some();
    let mut datasets = Vec::new();
    if !on_realtime && !on_historical {
        return Ok(datasets);
    }
    for name in TEMPLATES {
        let mut entry = json!({"template": name});
        for (leg, is_on) in [("realtime", on_realtime), ("historical", on_historical)] {
            if !is_on && let Some(entry) = entry.as_object_mut() {
                entry.insert(leg.to_owned(), Value::Bool(false));
            }
        }
        let path = format!("datasets[{name}]");
        let dataset = read_entry(&path, &entry, legs)?;
        match check_window(&path, &dataset, legs) {
            Ok(()) => datasets.push(dataset),
            Err(error) => warnings.push(format!("Dataset {name} is left out: {}", error.message())),
        }
    }
    Ok(datasets)
}

/// Reads one entry that is not saved yet, as if it stood in `settings`: for a preview while it is edited.
///
/// # Errors
///
/// As for entries that are saved.
pub fn read_one(entry: &Value, settings: &Settings) -> Result<Dataset> {
    let legs = Legs { realtime: &settings.realtime, historical: &settings.historical };
    read_entry(&path_of("datasets", 0, entry), entry, legs)
}

/// Reads one entry: a template's name, or an object.
fn read_entry(path: &str, entry: &Value, legs: Legs<'_>) -> Result<Dataset> {
    let named = match entry {
        Value::String(name) => Some((path.to_owned(), name.trim())),
        Value::Object(map) => match map.get("template") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some((format!("{path}.template"), name.trim())),
            Some(_) => return Err(Error::bad_settings(format!("Setting {path}.template must be a template's name."))),
        },
        _ => {
            return Err(Error::bad_settings(format!(
                "Setting {path} must be an object, or the name of a template: {}.",
                TEMPLATES.join(", ")
            )));
        }
    };
    let Some((setting, name)) = named else { return read_dataset(Section::new(path.to_owned(), entry)?, legs) };
    let Some(base) = template(name) else {
        return Err(Error::bad_settings(format!(
            "Setting {setting} {}",
            super::section::unknown_word(name, &TEMPLATES)
        )));
    };
    let whole = overlay::apply(path, base, entry)?;
    read_dataset(Section::new(path.to_owned(), &whole)?, legs)
}

fn read_dataset(mut section: Section<'_>, legs: Legs<'_>) -> Result<Dataset> {
    let name = section.text("name")?;
    section.text("template")?;
    let description = section.text("description")?;
    let realtime = section.section_unless_false("realtime")?;
    let historical = section.section_unless_false("historical")?;
    let columns = section.list("columns")?;
    section.finish(&[])?;

    let name = name.ok_or_else(|| section.fault("name", "is missing: say what $__dataset(name) calls the dataset."))?;
    check_identifier(&section.name("name"), &name)?;
    let realtime = realtime.map(|table| tables::read_realtime(table, legs.realtime)).transpose()?;
    let historical = historical.map(|table| tables::read_historical(table, legs.historical)).transpose()?;
    if realtime.is_none() && historical.is_none() {
        return Err(Error::bad_settings(format!(
            "Setting {} is on no leg: give it realtime, historical or both, each with a table.",
            section.path()
        )));
    }
    let columns = columns::read(&section, columns, realtime.is_some(), historical.is_some())?;
    Ok(Dataset { name, description, realtime, historical, columns })
}

/// Whether a leg is left; takes off what is on a leg that is switched off.
fn drop_legs_that_are_off(dataset: &mut Dataset, legs: Legs<'_>) -> bool {
    if !legs.realtime.enabled {
        dataset.realtime = None;
        dataset.columns.iter_mut().for_each(|column| column.realtime = None);
    }
    if !legs.historical.enabled {
        dataset.historical = None;
        dataset.columns.iter_mut().for_each(|column| column.historical = None);
    }
    dataset.columns.retain(|column| column.realtime.is_some() || column.historical.is_some());
    dataset.realtime.is_some() || dataset.historical.is_some()
}

/// Refuses a dataset on both legs whose own lag or retention leaves no instant that both hold.
fn check_window(path: &str, dataset: &Dataset, legs: Legs<'_>) -> Result<()> {
    let (Some(realtime), Some(historical)) = (&dataset.realtime, &dataset.historical) else { return Ok(()) };
    if !legs.realtime.enabled || !legs.historical.enabled {
        return Ok(());
    }
    let own = |is_own: bool, setting: &str| if is_own { format!("{path}.{setting}") } else { setting.to_owned() };
    check_seam(
        (&own(historical.lag.is_some(), "historical.lag"), historical.lag.unwrap_or(legs.historical.lag)),
        legs.realtime.margin,
        (
            &own(realtime.retention.is_some(), "realtime.retention"),
            realtime.retention.unwrap_or(legs.realtime.retention),
        ),
    )
}

/// Refuses a lag and a margin that leave no instant at which the historical leg is complete and the real-time leg still
/// reaches. Lag and retention come with the names of the settings that say them.
pub(super) fn check_seam(lag: (&str, Duration), margin: Duration, retention: (&str, Duration)) -> Result<()> {
    if lag.1.saturating_add(margin) < retention.1 {
        return Ok(());
    }
    Err(Error::bad_settings(format!(
        "Setting {} ({}) and realtime.margin ({}) together must be shorter than {} ({}), or there is no instant that both legs \
         hold: shorten {} to how late Athena's tables really are, or raise {} to how far back Timestream's tables reach.",
        lag.0,
        written(lag.1),
        written(margin),
        retention.0,
        written(retention.1),
        lag.0,
        retention.0,
    )))
}

/// What a person would look for: an entry of a list by its name, else by its place.
fn path_of(list: &str, index: usize, entry: &Value) -> String {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty());
    let name =
        entry.as_str().filter(|name| TEMPLATES.contains(name)).or_else(|| text("name")).or_else(|| text("template"));
    match name {
        Some(name) => format!("{list}[{}]", shorten(name)),
        None => format!("{list}[{index}]"),
    }
}

/// Refuses what is not a lower-case identifier.
fn check_identifier(setting: &str, name: &str) -> Result<()> {
    let shaped = name.len() <= LONGEST_NAME
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if shaped && !name.is_empty() {
        return Ok(());
    }
    Err(Error::bad_settings(format!(
        "Setting {setting} must be lower-case letters, digits and underscores, a digit not first, at most {LONGEST_NAME}, \
         not '{}'.",
        shorten(name)
    )))
}

#[cfg(test)]
mod tests;
