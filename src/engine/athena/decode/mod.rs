//! One column of an Athena result: texts in, one Arrow array out.
//!
//! Athena answers every value as text beside the column's type in Trino's words. A value that its type does not explain
//! is an error that names it; a value that Arrow's type cannot hold in full is kept as near as possible and counted in
//! a notice. Never is a value silently wrong.

mod temporal;

use std::{str::FromStr, sync::Arc};

use arrow::{
    array::{
        ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder,
        StringBuilder, TimestampNanosecondBuilder,
    },
    datatypes::Field,
};

use self::temporal::Moment;
use crate::{
    error::{Error, Result},
    notice::Notice,
};

/// A 64-bit float keeps every decimal of this many digits apart from its neighbours.
const DIGITS_KEPT: usize = 15;
/// Arrow's text arrays address their bytes with 32 bits.
const MOST_TEXT_BYTES: usize = i32::MAX as usize;

/// Collects one column.
pub(super) struct ColumnDecoder {
    name: String,
    type_name: String,
    values: Values,
    losses: Losses,
}

enum Values {
    Boolean(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    /// `real` too: a 32-bit float widened by its text stays the number Athena printed, widened by its bits it does not.
    Float64(Float64Builder),
    Decimal(Float64Builder),
    Temporal(TimestampNanosecondBuilder, fn(&str) -> Option<Moment>),
    /// Text, and every type that Grafana has no like for, as Athena prints it.
    Text(StringBuilder),
}

#[derive(Default)]
struct Losses {
    rounded: u64,
    out_of_range: u64,
    cut: u64,
    ambiguous: u64,
}

impl ColumnDecoder {
    /// A decoder for a column shown as `name`, whose type Athena calls `type_name`.
    pub(super) fn new(name: impl Into<String>, type_name: impl Into<String>) -> Self {
        let type_name = type_name.into();
        let values = match base_type(&type_name).as_str() {
            "boolean" => Values::Boolean(BooleanBuilder::new()),
            "tinyint" => Values::Int8(Int8Builder::new()),
            "smallint" => Values::Int16(Int16Builder::new()),
            "integer" | "int" => Values::Int32(Int32Builder::new()),
            "bigint" => Values::Int64(Int64Builder::new()),
            "double" | "float" | "real" => Values::Float64(Float64Builder::new()),
            "decimal" => Values::Decimal(Float64Builder::new()),
            "date" => Values::Temporal(TimestampNanosecondBuilder::new(), temporal::date),
            "time" | "time with time zone" => Values::Temporal(TimestampNanosecondBuilder::new(), temporal::time),
            "timestamp" | "timestamp with time zone" => {
                Values::Temporal(TimestampNanosecondBuilder::new(), temporal::timestamp)
            }
            _ => Values::Text(StringBuilder::new()),
        };
        Self { name: name.into(), type_name, values, losses: Losses::default() }
    }

    /// Takes the next row's value; `None` is NULL.
    ///
    /// # Errors
    ///
    /// When the type does not explain the value.
    pub(super) fn append(&mut self, cell: Option<&str>) -> Result<()> {
        let understood = match (&mut self.values, cell) {
            (values, None) => {
                values.append_null();
                true
            }
            (Values::Boolean(values), Some(text)) => put(text.parse().ok(), |value| values.append_value(value)),
            (Values::Int8(values), Some(text)) => put(parse(text), |value| values.append_value(value)),
            (Values::Int16(values), Some(text)) => put(parse(text), |value| values.append_value(value)),
            (Values::Int32(values), Some(text)) => put(parse(text), |value| values.append_value(value)),
            (Values::Int64(values), Some(text)) => put(parse(text), |value| values.append_value(value)),
            (Values::Float64(values), Some(text)) => put(parse(text), |value| values.append_value(value)),
            (Values::Decimal(values), Some(text)) => put(decimal(text), |(value, exact)| {
                values.append_value(value);
                self.losses.rounded += u64::from(!exact);
            }),
            (Values::Temporal(values, read), Some(text)) => put(read(text), |moment| match moment {
                Moment::At { nanoseconds, cut, ambiguous } => {
                    values.append_value(nanoseconds);
                    self.losses.cut += u64::from(cut);
                    self.losses.ambiguous += u64::from(ambiguous);
                }
                Moment::OutOfRange => {
                    values.append_null();
                    self.losses.out_of_range += 1;
                }
            }),
            (Values::Text(values), Some(text)) => {
                if values.values_slice().len() + text.len() > MOST_TEXT_BYTES {
                    return Err(self.too_much_text());
                }
                values.append_value(text);
                true
            }
        };
        if understood { Ok(()) } else { Err(self.not_understood(cell.unwrap_or_default())) }
    }

    /// The column, and what was lost in it.
    pub(super) fn finish(mut self) -> (Field, ArrayRef, Vec<Notice>) {
        let array = self.values.finish();
        let notices = self.losses.notices(&self.name);
        (Field::new(self.name, array.data_type().clone(), true), array, notices)
    }

    fn not_understood(&self, text: &str) -> Error {
        const SHOWN: usize = 80;
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        Error::internal(format!(
            "Athena answered \"{shown}{more}\" in column \"{}\", which cannot be read as {}. CAST the column to varchar to see its \
             values as text.",
            self.name, self.type_name
        ))
    }

    fn too_much_text(&self) -> Error {
        Error::bad_query(format!(
            "Column \"{}\" holds more than 2 GB of text. Select fewer rows, or only the part of the text that the panel shows.",
            self.name
        ))
    }
}

impl Values {
    fn append_null(&mut self) {
        match self {
            Self::Boolean(values) => values.append_null(),
            Self::Int8(values) => values.append_null(),
            Self::Int16(values) => values.append_null(),
            Self::Int32(values) => values.append_null(),
            Self::Int64(values) => values.append_null(),
            Self::Float64(values) | Self::Decimal(values) => values.append_null(),
            Self::Temporal(values, _) => values.append_null(),
            Self::Text(values) => values.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let builder: &mut dyn ArrayBuilder = match self {
            Self::Boolean(values) => values,
            Self::Int8(values) => values,
            Self::Int16(values) => values,
            Self::Int32(values) => values,
            Self::Int64(values) => values,
            Self::Float64(values) | Self::Decimal(values) => values,
            Self::Temporal(values, _) => return Arc::new(values.finish()),
            Self::Text(values) => values,
        };
        builder.finish()
    }
}

impl Losses {
    fn notices(&self, column: &str) -> Vec<Notice> {
        let said = |count: u64, notice: fn(String) -> Notice, rest: &str| {
            (count > 0).then(|| notice(format!("Column \"{column}\": {count} {rest}")))
        };
        [
            said(
                self.out_of_range,
                Notice::warning,
                "value(s) lie outside the years 1677 to 2262 that a panel can show, and are null here.",
            ),
            said(
                self.rounded,
                Notice::info,
                "decimal(s) have more digits than a 64-bit floating point number keeps, and are rounded. CAST the column to \
                  varchar to see every digit.",
            ),
            said(self.cut, Notice::info, "value(s) are finer than a nanosecond, and are cut to it."),
            said(
                self.ambiguous,
                Notice::info,
                "local time(s) occurred twice, when clocks went back; the first is shown. Use AT TIME ZONE 'UTC' to tell them apart.",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn put<T>(value: Option<T>, append: impl FnOnce(T)) -> bool {
    value.map(append).is_some()
}

/// Numbers as Trino prints them; `NaN`, `Infinity` and `-Infinity` among the floats.
fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The nearest 64-bit float, and whether every digit can be had back from it.
fn decimal(text: &str) -> Option<(f64, bool)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let significant = whole.trim_start_matches('0').len() + fraction.len();
    if significant <= DIGITS_KEPT {
        return Some((value, true));
    }
    let printed = format!("{:.*}", fraction.len(), value.abs());
    Some((value, printed.trim_start_matches('0') == unsigned.trim_start_matches('0')))
}

/// `Timestamp(3) with time zone` -> `timestamp with time zone`; `array(varchar)`, `array<string>` -> `array`.
fn base_type(type_name: &str) -> String {
    let (mut base, mut depth) = (String::with_capacity(type_name.len()), 0_u32);
    for character in type_name.trim().chars() {
        match character {
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => base.push(character.to_ascii_lowercase()),
            _ => {}
        }
    }
    base
}

#[cfg(test)]
mod tests;
