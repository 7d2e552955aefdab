//! Instants written by a date pattern of Joda-Time, the library behind Trino's `parse_datetime` and `format_datetime`.
//! Source: the letters of Joda's `DateTimeFormat`; English names, UTC.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, Timelike, Utc};

/// The letters understood, for error messages.
const LETTERS: &str = "y, Y, M, d, D, E, e, a, H, k, h, K, m, s, S, z, Z, and text in ''";

/// Writes `at` by `pattern`. Finer units than the pattern names are cut off.
///
/// # Errors
///
/// A letter that is not understood, or a quote that is not closed; the text continues a sentence.
pub(in crate::sql) fn format(at: DateTime<Utc>, pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("''") {
            out.push('\'');
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('\'') {
            rest = literal(tail, &mut out).ok_or("has a pattern with a quote that is not closed")?;
        } else if first.is_ascii_alphabetic() {
            let count = rest.find(|c| c != first).unwrap_or(rest.len());
            field(at, first, count, &mut out)
                .ok_or_else(|| format!("has the letter {first} in its pattern, which is none of {LETTERS}"))?;
            rest = rest.get(count..).unwrap_or_default();
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(out)
}

/// Copies quoted text, which `rest` begins with, and answers what follows its closing quote.
fn literal<'a>(mut rest: &'a str, out: &mut String) -> Option<&'a str> {
    loop {
        let (text, tail) = rest.split_once('\'')?;
        out.push_str(text);
        match tail.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some(tail),
        }
    }
}

/// Writes the field of `count` times `letter`; `None` if there is no such field.
fn field(at: DateTime<Utc>, letter: char, count: usize, out: &mut String) -> Option<()> {
    // A pattern is untrusted text: padding is no way to ask for megabytes.
    let width = count.min(20);
    let number = match letter {
        'y' | 'Y' if count == 2 => i64::from(at.year().rem_euclid(100)),
        'y' | 'Y' => i64::from(at.year()),
        'M' if count <= 2 => i64::from(at.month()),
        'd' => i64::from(at.day()),
        'D' => i64::from(at.ordinal()),
        'e' => i64::from(at.weekday().number_from_monday()),
        'H' => i64::from(at.hour()),
        'k' => i64::from(if at.hour() == 0 { 24 } else { at.hour() }),
        'h' => i64::from(at.hour12().1),
        'K' => i64::from(at.hour() % 12),
        'm' => i64::from(at.minute()),
        's' => i64::from(at.second()),
        'S' => {
            let nanos = format!("{:09}", at.nanosecond() % 1_000_000_000);
            let _infallible = write!(out, "{:0<width$}", nanos.get(..width.min(9)).unwrap_or(&nanos));
            return Some(());
        }
        _ => {
            match letter {
                'M' => write!(out, "{}", at.format(if count == 3 { "%b" } else { "%B" })),
                'E' => write!(out, "{}", at.format(if count <= 3 { "%a" } else { "%A" })),
                'a' => write!(out, "{}", at.format("%p")),
                'z' if count <= 3 => write!(out, "UTC"),
                'z' => write!(out, "Coordinated Universal Time"),
                'Z' => write!(out, "{}", ["+0000", "+00:00", "UTC"].get(count - 1).unwrap_or(&"UTC")),
                _ => return None,
            }
            .ok();
            return Some(());
        }
    };
    let _infallible = write!(out, "{number:0width$}");
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_what_joda_writes() {
        let at = DateTime::parse_from_rfc3339("2022-03-04T00:05:06.070809Z").unwrap().to_utc();
        for (pattern, expected) in [
            ("yyyy-MM-dd HH:mm:ss", "2022-03-04 00:05:06"),
            ("yyyy/MM/dd/HH", "2022/03/04/00"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2022-03-04T00:05:06.070Z"),
            ("yy M d H:m:s", "22 3 4 0:5:6"),
            ("MMM MMMM E EEEE", "Mar March Fri Friday"),
            ("hh K kk a", "12 0 24 AM"),
            ("D DDD e", "63 063 5"),
            ("SSSSSS S SSSSSSSSSSS", "070809 0 07080900000"),
            ("Z ZZ ZZZ z", "+0000 +00:00 UTC UTC"),
            ("''yyyy'o''clock'", "'2022o'clock"),
            ("year='yyyy'", "invalid"),
        ] {
            match format(at, pattern) {
                Ok(text) => assert_eq!(text, expected, "{pattern}"),
                Err(_) => assert_eq!("invalid", expected, "{pattern}"),
            }
        }
        assert!(format(at, "yyyy-MM-dd q").unwrap_err().contains("the letter q"));
        assert!(format(at, "yyyy'T").unwrap_err().contains("not closed"));
    }

    proptest! {
        #[test]
        fn never_panics(pattern in "[a-zA-Z'é ]{0,40}", millis in any::<i64>()) {
            if let Some(at) = DateTime::from_timestamp_millis(millis) {
                let _ = format(at, &pattern);
            }
        }
    }
}
