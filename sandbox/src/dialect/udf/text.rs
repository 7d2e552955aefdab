//! Text functions: those that count from the end, split, match regular expressions or format.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringBuilder};
use datafusion::common::{Result, exec_err};
use regex::Regex;

use super::{
    Arguments, Definition, array_of_varchar, bigint, bigint_at, double_at, failure, fallible, function, same_as_first,
    text_at, varchar, write_value,
};

pub(super) const FUNCTIONS: &[Definition] = &[
    fallible("format", "try_format", 1..=64, varchar, format),
    function("from_base", 2..=2, bigint, from_base),
    fallible("regexp_extract", "try_regexp_extract", 2..=3, varchar, regexp_extract),
    fallible("regexp_extract_all", "try_regexp_extract_all", 2..=3, array_of_varchar, regexp_extract_all),
    fallible("regexp_like", "try_regexp_like", 2..=2, super::boolean, regexp_like),
    fallible("regexp_replace", "try_regexp_replace", 2..=3, varchar, regexp_replace),
    fallible("regexp_split", "try_regexp_split", 2..=2, array_of_varchar, regexp_split),
    function("split", 2..=3, array_of_varchar, split),
    fallible("split_part", "try_split_part", 3..=3, varchar, split_part),
    function("substr", 2..=3, same_as_first, substr),
    function("substring", 2..=3, same_as_first, substr),
    function("to_base", 2..=2, varchar, to_base),
    function("url_extract_host", 1..=1, varchar, url_extract_host),
    function("url_extract_path", 1..=1, varchar, url_extract_path),
];

/// `substr(text, start [, length])`: from 1, or from the end where the start is negative; 0 is outside.
fn substr(call: &Arguments) -> Result<ArrayRef> {
    let (texts, starts) = (call.text(0)?, call.bigint(1)?);
    let lengths = if call.len() > 2 { Some(call.bigint(2)?) } else { None };
    call.each_text(|row| {
        let (Some(text), Some(start)) = (text_at(&texts, row), bigint_at(&starts, row)) else { return Ok(None) };
        let length = match &lengths {
            Some(lengths) => match bigint_at(lengths, row) {
                Some(length) => usize::try_from(length).unwrap_or(0),
                None => return Ok(None),
            },
            None => usize::MAX,
        };
        let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let first = if start < 0 { count + start } else { start - 1 };
        if start == 0 || first < 0 {
            return Ok(Some(String::new()));
        }
        Ok(Some(text.chars().skip(usize::try_from(first).unwrap_or(usize::MAX)).take(length).collect()))
    })
}

/// One list of texts a row.
fn each_list(
    call: &Arguments,
    mut parts: impl FnMut(usize) -> Result<Option<Vec<Option<String>>>>,
) -> Result<ArrayRef> {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..call.rows {
        match call.or_null(parts(row))? {
            Some(parts) => {
                for part in parts {
                    lists.values().append_option(part);
                }
                lists.append(true);
            }
            None => lists.append(false),
        }
    }
    Ok(Arc::new(lists.finish()))
}

fn split(call: &Arguments) -> Result<ArrayRef> {
    let (texts, delimiters) = (call.text(0)?, call.text(1)?);
    let limits = if call.len() > 2 { Some(call.bigint(2)?) } else { None };
    each_list(call, |row| {
        let (Some(text), Some(delimiter)) = (text_at(&texts, row), text_at(&delimiters, row)) else { return Ok(None) };
        if delimiter.is_empty() {
            return failure("INVALID_FUNCTION_ARGUMENT", "The delimiter may not be the empty string");
        }
        let limit = limits
            .as_ref()
            .and_then(|limits| bigint_at(limits, row))
            .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(1).max(1));
        Ok(Some(text.splitn(limit, delimiter).map(|part| Some(part.to_owned())).collect()))
    })
}

/// Null past the last part.
fn split_part(call: &Arguments) -> Result<ArrayRef> {
    let (texts, delimiters, places) = (call.text(0)?, call.text(1)?, call.bigint(2)?);
    call.each_text(|row| {
        let (Some(text), Some(delimiter), Some(place)) =
            (text_at(&texts, row), text_at(&delimiters, row), bigint_at(&places, row))
        else {
            return Ok(None);
        };
        match usize::try_from(place) {
            Ok(place @ 1..) => Ok(text.split(delimiter).nth(place - 1).map(str::to_owned)),
            _ => failure("INVALID_FUNCTION_ARGUMENT", "Index must be greater than zero"),
        }
    })
}

/// Patterns of a column, each compiled when it first differs from the one before.
struct Patterns {
    texts: arrow::array::StringArray,
    last: Option<(String, Regex)>,
}

impl Patterns {
    fn new(call: &Arguments) -> Result<Self> {
        Ok(Self { texts: call.text(1)?, last: None })
    }

    fn at(&mut self, row: usize) -> Result<Option<&Regex>> {
        let Some(pattern) = text_at(&self.texts, row) else { return Ok(None) };
        if self.last.as_ref().is_none_or(|(known, _)| known != pattern) {
            match Regex::new(pattern) {
                Ok(regex) => self.last = Some((pattern.to_owned(), regex)),
                Err(_) => {
                    return failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid regular expression: {pattern}"));
                }
            }
        }
        Ok(self.last.as_ref().map(|(_, regex)| regex))
    }
}

/// The number of the group to be had; 0 is the whole match.
fn group(call: &Arguments, regex: &Regex, row: usize) -> Result<usize> {
    let group = if call.len() > 2 { bigint_at(&call.bigint(2)?, row).unwrap_or(0) } else { 0 };
    match usize::try_from(group) {
        Ok(group) if group < regex.captures_len() => Ok(group),
        _ => failure(
            "INVALID_FUNCTION_ARGUMENT",
            &format!("Pattern has {} groups. Cannot access group {group}", regex.captures_len() - 1),
        ),
    }
}

fn regexp_like(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let mut patterns = Patterns::new(call)?;
    call.each_boolean(|row| {
        let regex = patterns.at(row)?;
        Ok(text_at(&texts, row).zip(regex).map(|(text, regex)| regex.is_match(text)))
    })
}

fn regexp_extract(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let mut patterns = Patterns::new(call)?;
    call.each_text(|row| {
        let (Some(text), Some(regex)) = (text_at(&texts, row), patterns.at(row)?) else { return Ok(None) };
        let group = group(call, regex, row)?;
        Ok(regex.captures(text).and_then(|found| found.get(group)).map(|found| found.as_str().to_owned()))
    })
}

fn regexp_extract_all(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let mut patterns = Patterns::new(call)?;
    each_list(call, |row| {
        let (Some(text), Some(regex)) = (text_at(&texts, row), patterns.at(row)?) else { return Ok(None) };
        let group = group(call, regex, row)?;
        let found = regex.captures_iter(text);
        Ok(Some(found.map(|found| found.get(group).map(|found| found.as_str().to_owned())).collect()))
    })
}

/// Every match is replaced; `$1` and `${name}` stand for groups.
fn regexp_replace(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let replacements = if call.len() > 2 { Some(call.text(2)?) } else { None };
    // `$1a` means group 1 and an a in Java, a group named 1a in the regex crate.
    let Ok(group_reference) = Regex::new(r"\$(\d+)") else {
        return exec_err!("The pattern of group references is broken");
    };
    let mut patterns = Patterns::new(call)?;
    call.each_text(|row| {
        let (Some(text), Some(regex)) = (text_at(&texts, row), patterns.at(row)?) else { return Ok(None) };
        let replacement = match &replacements {
            Some(replacements) => match text_at(replacements, row) {
                Some(replacement) => group_reference.replace_all(replacement, "$${$1}").into_owned(),
                None => return Ok(None),
            },
            None => String::new(),
        };
        Ok(Some(regex.replace_all(text, replacement.as_str()).into_owned()))
    })
}

fn regexp_split(call: &Arguments) -> Result<ArrayRef> {
    let texts = call.text(0)?;
    let mut patterns = Patterns::new(call)?;
    each_list(call, |row| {
        let (Some(text), Some(regex)) = (text_at(&texts, row), patterns.at(row)?) else { return Ok(None) };
        Ok(Some(regex.split(text).map(|part| Some(part.to_owned())).collect()))
    })
}

/// `format('%s took %,d s (%.1f %%)', ..)`: the conversions s, d, f and x, with width, precision, zeros and commas.
fn format(call: &Arguments) -> Result<ArrayRef> {
    let formats = call.text(0)?;
    let Ok(conversion) = Regex::new(r"%(-?)(,?)(0?)(\d*)(?:\.(\d+))?([sdfx%n])") else {
        return exec_err!("The pattern of conversions is broken");
    };
    call.each_text(|row| {
        let Some(format) = text_at(&formats, row) else { return Ok(None) };
        let mut text = String::new();
        let (mut end, mut next) = (0, 1);
        for found in conversion.captures_iter(format) {
            let Some(whole) = found.get(0) else { continue };
            text.push_str(&format[end..whole.start()]);
            end = whole.end();
            let part = |group| found.get(group).map_or("", |part| part.as_str());
            let kind = part(6);
            if kind == "%" || kind == "n" {
                text.push(if kind == "%" { '%' } else { '\n' });
                continue;
            }
            let value = match (kind, call.array(next)) {
                (_, Err(_)) => {
                    return failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format string: {format}"));
                }
                ("f", Ok(_)) => {
                    let precision = part(5).parse().unwrap_or(6);
                    double_at(&call.double(next)?, row)
                        .map_or_else(|| "null".to_owned(), |value| format!("{value:.precision$}"))
                }
                ("x", Ok(_)) => {
                    bigint_at(&call.bigint(next)?, row).map_or_else(|| "null".to_owned(), |value| format!("{value:x}"))
                }
                (_, Ok(array)) => write_value(array, row)?.unwrap_or_else(|| "null".to_owned()),
            };
            next += 1;
            let value = if part(2).is_empty() { value } else { with_commas(&value) };
            text.push_str(&padded(&value, part(4).parse().unwrap_or(0), !part(1).is_empty(), !part(3).is_empty()));
        }
        text.push_str(&format[end..]);
        Ok(Some(text))
    })
}

/// Commas between the thousands of a number.
fn with_commas(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let digits = whole.trim_start_matches('-');
    let mut text: String = whole[..whole.len() - digits.len()].to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

fn padded(value: &str, width: usize, to_left: bool, with_zeros: bool) -> String {
    match (to_left, with_zeros) {
        (true, _) => format!("{value:<width$}"),
        (false, true) => {
            let sign = if value.starts_with('-') { "-" } else { "" };
            format!("{sign}{:0>1$}", value.trim_start_matches('-'), width.saturating_sub(sign.len()))
        }
        (false, false) => format!("{value:>width$}"),
    }
}

fn from_base(call: &Arguments) -> Result<ArrayRef> {
    let (texts, bases) = (call.text(0)?, call.bigint(1)?);
    call.each_bigint(|row| {
        let (Some(text), Some(base)) = (text_at(&texts, row), bigint_at(&bases, row)) else { return Ok(None) };
        match u32::try_from(base)
            .ok()
            .filter(|base| (2..=36).contains(base))
            .map(|base| i64::from_str_radix(text, base))
        {
            Some(Ok(number)) => Ok(Some(number)),
            _ => failure("INVALID_FUNCTION_ARGUMENT", &format!("Not a valid base-{base} number: {text}")),
        }
    })
}

fn to_base(call: &Arguments) -> Result<ArrayRef> {
    let (numbers, bases) = (call.bigint(0)?, call.bigint(1)?);
    call.each_text(|row| {
        let (Some(number), Some(base)) = (bigint_at(&numbers, row), bigint_at(&bases, row)) else { return Ok(None) };
        let Some(base) = u32::try_from(base).ok().filter(|base| (2..=36).contains(base)) else {
            return failure("INVALID_FUNCTION_ARGUMENT", "Radix must be between 2 and 36");
        };
        let mut rest = number.unsigned_abs();
        let mut digits = Vec::new();
        loop {
            let digit = u32::try_from(rest % u64::from(base)).unwrap_or(0);
            digits.push(char::from_digit(digit, base).unwrap_or('0'));
            rest /= u64::from(base);
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            digits.push('-');
        }
        Ok(Some(digits.into_iter().rev().collect()))
    })
}

/// Host and path of a URL.
fn url_parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.split_once("://")?.1;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next()?.split(':').next()?;
    Some((host, &rest[end..path_end.max(end)]))
}

fn url_extract_host(call: &Arguments) -> Result<ArrayRef> {
    let urls = call.text(0)?;
    call.each_text(|row| Ok(text_at(&urls, row).and_then(url_parts).map(|(host, _)| host.to_owned())))
}

fn url_extract_path(call: &Arguments) -> Result<ArrayRef> {
    let urls = call.text(0)?;
    call.each_text(|row| Ok(text_at(&urls, row).and_then(url_parts).map(|(_, path)| path.to_owned())))
}
