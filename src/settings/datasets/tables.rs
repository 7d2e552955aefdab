//! Where a leg has a dataset: `realtime` and `historical` of a dataset's settings.

use serde_json::Value;

use super::{expression, partitions};
use crate::{
    dataset::{Dedupe, HistoricalTable, RealtimeTable, TIME},
    error::Result,
    settings::{
        Historical, Realtime,
        read::{LAGS, RETENTIONS},
        section::{Section, shorten},
    },
};

/// The longest name of either service's databases and tables.
const LONGEST_NAME: usize = 256;
const MOST_KEYS: usize = 20;

/// Reads `realtime` of a dataset; its database defaults to the leg's.
pub(super) fn read_realtime(mut section: Section<'_>, leg: &Realtime) -> Result<RealtimeTable> {
    let database = section.text("database")?;
    let table = section.text("table")?;
    let time = section.text("timeColumn")?.unwrap_or_else(|| TIME.to_owned());
    let measure_name = section.text("measureName")?;
    let filter = section.text("where")?;
    let retention = section.duration("retention", &RETENTIONS)?;
    let dedupe = section.section_unless_false("dedupe")?;
    section.finish(&[])?;

    let database = name_of(&section, "database", database.or_else(|| leg.database.clone()), leg.enabled, false)?;
    let table = name_of(&section, "table", table, true, false)?;
    check_sql(&section, &time, filter.as_deref())?;
    if measure_name.as_ref().is_some_and(|name| name.len() > LONGEST_NAME || name.contains(char::is_control)) {
        return Err(section.fault("measureName", &format!("must be at most {LONGEST_NAME} printable characters.")));
    }
    let dedupe = dedupe.map(|dedupe| read_dedupe(dedupe, &time)).transpose()?;
    Ok(RealtimeTable { database, table, time, measure_name, filter, dedupe, retention })
}

/// Reads `historical` of a dataset; its database defaults to the leg's.
pub(super) fn read_historical(mut section: Section<'_>, leg: &Historical) -> Result<HistoricalTable> {
    let catalog = section.text("catalog")?;
    let database = section.text("database")?;
    let table = section.text("table")?;
    let time = section.text("timeColumn")?;
    let layout = section.section_unless_false("partitions")?;
    let filter = section.text("where")?;
    let dedupe = section.section_unless_false("dedupe")?;
    let lag = section.duration("lag", &LAGS)?;
    section.finish(&[])?;

    let catalog = catalog.map(|name| checked_name(&section, "catalog", name, true)).transpose()?;
    let database = name_of(&section, "database", database.or_else(|| leg.database.clone()), leg.enabled, true)?;
    let table = name_of(&section, "table", table, true, true)?;
    let time = time.ok_or_else(|| {
        section
            .fault("timeColumn", "is missing: name the column that says when the event happened, not when it arrived.")
    })?;
    check_sql(&section, &time, filter.as_deref())?;
    let partitions = layout.map(partitions::read).transpose()?;
    let dedupe = dedupe.map(|dedupe| read_dedupe(dedupe, &time)).transpose()?;
    Ok(HistoricalTable { catalog, database, table, time, partitions, filter, dedupe, lag })
}

fn check_sql(section: &Section<'_>, time: &str, filter: Option<&str>) -> Result<()> {
    expression::check(&section.name("timeColumn"), time)?;
    filter.map_or(Ok(()), |filter| expression::check(&section.name("where"), filter))
}

/// A name of the service's, which must be there if `required`. Athena's have no dots.
fn name_of(
    section: &Section<'_>,
    key: &str,
    name: Option<String>,
    required: bool,
    without_dots: bool,
) -> Result<String> {
    match name {
        Some(name) if without_dots && name.contains('.') => {
            Err(section.fault(key, &format!("must be a single name without dots, not '{}'.", shorten(&name))))
        }
        Some(name) => checked_name(section, key, name, false),
        None if !required => Ok(String::new()),
        None if key == "database" => {
            let leg = if without_dots { "historical" } else { "realtime" };
            Err(section.fault(
                key,
                &format!("is missing, and so is {leg}.database, which it would be by default: set either."),
            ))
        }
        None => Err(section.fault(key, "is missing: name the table that holds the dataset's rows.")),
    }
}

fn checked_name(section: &Section<'_>, key: &str, name: String, is_catalog: bool) -> Result<String> {
    let quoted = name.contains(['"', '\'', '`', ';']);
    if !quoted && name.len() <= LONGEST_NAME && !name.contains(char::is_control) {
        return Ok(name);
    }
    let what = if is_catalog { "catalog" } else { key };
    Err(section.fault(
        key,
        &format!(
            "must be the {what}'s bare name, without quotes, of at most {LONGEST_NAME} characters, not '{}'.",
            shorten(&name)
        ),
    ))
}

/// Reads `dedupe`. Without an order, any of a key's rows may stay: they are the same.
fn read_dedupe(mut section: Section<'_>, time: &str) -> Result<Dedupe> {
    let keys = section.get("key");
    let order = section.text("order")?;
    section.finish(&[])?;
    let texts: Vec<&Value> = match keys {
        None => Vec::new(),
        Some(Value::Array(keys)) => keys.iter().collect(),
        Some(key) => vec![key],
    };
    if !(1..=MOST_KEYS).contains(&texts.len()) {
        return Err(section.fault(
            "key",
            &format!("must be what names a row: a column or expression, or a list of 1 to {MOST_KEYS} of them."),
        ));
    }
    let mut key = Vec::with_capacity(texts.len());
    for (index, text) in texts.into_iter().enumerate() {
        let setting = if matches!(keys, Some(Value::Array(_))) { format!("key[{index}]") } else { "key".to_owned() };
        let Some(sql) = text.as_str().map(str::trim) else { return Err(section.wrong(&setting, "a text", text)) };
        expression::check(&section.name(&setting), sql)?;
        key.push(sql.to_owned());
    }
    let Some(order) = order else {
        let order = key.first().cloned().unwrap_or_default();
        return Ok(Dedupe { key, order });
    };
    expression::check(&section.name("order"), &order)?;
    if let Some(direction) = expression::direction(&order) {
        return Err(section.fault("order", &format!("must be without {direction}: the row with the greatest stays.")));
    }
    if expression::same(&order, time) {
        return Err(section.fault(
            "order",
            "must not be timeColumn: a key keeps its event time when it is delivered again, or its rows could fall on \
             different sides of a range. Take what grows with each delivery, such as lastupdatetimestamp.",
        ));
    }
    Ok(Dedupe { key, order })
}
