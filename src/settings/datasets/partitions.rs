//! How an Athena table is partitioned: `historical.partitions` of a dataset's settings.

use std::{ops::RangeInclusive, time::Duration};

use chrono_tz::Tz;

use crate::{
    dataset::{PartitionStyle, PartitionValues, Partitions},
    error::Result,
    settings::section::{Section, shorten},
};

/// Firehose's buffer: a file is filed under the arrival of its first record.
const DEFAULT_BEFORE: Duration = Duration::from_mins(15);
const DEFAULT_AFTER: Duration = Duration::from_hours(24);
const BEFORE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(30 * 24);
const AFTER: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(366 * 24);
const LONGEST_NAME: usize = 255;
const LONGEST_FORMAT: usize = 64;

#[derive(Clone, Copy)]
enum Style {
    Columns,
    Projection,
}

pub(super) fn read(mut section: Section<'_>) -> Result<Partitions> {
    let Some(style) = section.choice("style", &[("columns", Style::Columns), ("projection", Style::Projection)])?
    else {
        return Err(section.fault(
            "style",
            "is missing: columns where year, month, day and hour have a column each, projection where one column holds them all.",
        ));
    };
    let zone = read_zone(&mut section)?;
    let before = section.duration("arrivalLagBefore", &BEFORE)?.unwrap_or(DEFAULT_BEFORE);
    let after = section.duration("arrivalLagAfter", &AFTER)?.unwrap_or(DEFAULT_AFTER);
    let style = match style {
        Style::Columns => read_columns(&mut section, zone)?,
        Style::Projection => read_projection(&mut section, zone)?,
    };
    Ok(Partitions { style, arrival_lag_before: before, arrival_lag_after: after })
}

fn read_zone(section: &mut Section<'_>) -> Result<Tz> {
    let Some(name) = section.text("timezone")? else { return Ok(Tz::UTC) };
    name.parse().map_err(|_| {
        section.fault(
            "timezone",
            &format!("must be a time zone's name such as UTC or Europe/London, not '{}'.", shorten(&name)),
        )
    })
}

fn read_columns(section: &mut Section<'_>, zone: Tz) -> Result<PartitionStyle> {
    let names = section.list("columns")?;
    let is_integer = section.choice("type", &[("string", false), ("int", true)])?.unwrap_or(false);
    let padded = section.get("padded").is_some();
    let is_padded = padded.then(|| section.boolean("padded", true)).transpose()?.unwrap_or(true);
    section.finish(&[])?;
    if is_integer && padded && is_padded {
        return Err(section.fault("padded", "must not be true where type is int: numbers have no zeros in front."));
    }
    let names = names.unwrap_or_default();
    if !(1..=4).contains(&names.len()) {
        return Err(section.fault(
            "columns",
            "must list 1 to 4 partition columns, coarsest first: for year, month, day and hour, or the first few of them.",
        ));
    }
    let mut columns: Vec<String> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let setting = format!("columns[{index}]");
        let Some(name) = name.as_str().map(str::trim) else { return Err(section.wrong(&setting, "a text", name)) };
        check_column(section, &setting, name)?;
        if columns.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(section.fault(&setting, &format!("names {} a second time.", shorten(name))));
        }
        columns.push(name.to_owned());
    }
    let values = match (is_integer, is_padded) {
        (true, _) => PartitionValues::Integer,
        (false, true) => PartitionValues::PaddedText,
        (false, false) => PartitionValues::Text,
    };
    Ok(PartitionStyle::Columns { columns, values, zone })
}

fn read_projection(section: &mut Section<'_>, zone: Tz) -> Result<PartitionStyle> {
    let column = section.text("column")?;
    let format = section.text("format")?;
    section.finish(&[])?;
    let column = column.ok_or_else(|| section.fault("column", "is missing: name the partition column."))?;
    check_column(section, "column", &column)?;
    let format = format.ok_or_else(|| {
        section.fault(
            "format",
            "is missing: write it as the table's projection.<column>.format has it, such as yyyy/MM/dd/HH.",
        )
    })?;
    if let Some(fault) = fault_of_format(&format) {
        return Err(section.fault("format", &format!("{fault}, not '{}'.", shorten(&format))));
    }
    Ok(PartitionStyle::Projection { column, format, zone })
}

fn check_column(section: &Section<'_>, key: &str, name: &str) -> Result<()> {
    let bare = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if bare {
        return Ok(());
    }
    Err(section.fault(
        key,
        &format!(
            "must be a partition column's bare name of letters, digits, underscores and hyphens, not '{}'.",
            shorten(name)
        ),
    ))
}

/// What keeps text in this format from sorting as time does, if anything.
fn fault_of_format(format: &str) -> Option<&'static str> {
    const UNITS: [&str; 4] = ["yyyy", "MM", "dd", "HH"];
    if format.len() > LONGEST_FORMAT {
        return Some("must be at most 64 characters");
    }
    let mut units = UNITS.iter();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() {
            let run = rest.find(|c| c != first).unwrap_or(rest.len());
            let (letters, tail) = rest.split_at(run);
            if !UNITS.contains(&letters) {
                return Some("must be made of yyyy, MM, dd and HH, zero padded, with separators between");
            }
            if units.next() != Some(&letters) {
                return Some(
                    "must go from coarse to fine without a gap (yyyy, then MM, then dd, then HH), so that text sorts as time does",
                );
            }
            rest = tail;
        } else if matches!(first, '/' | '-' | '_' | '.' | ':' | ' ' | ',' | '=') {
            rest = rest.split_at(1).1;
        } else {
            return Some("must have only / - _ . : , = and blanks between its parts");
        }
    }
    (units.len() == UNITS.len()).then_some("must hold at least yyyy")
}
