//! Date formats: MySQL's percent codes (`date_format`, `date_parse`) and Joda's letters (`format_datetime`,
//! `parse_datetime`), as formats of the `chrono` crate.

use chrono::format::{Item, Parsed, StrftimeItems, parse_and_remainder};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// Whose format it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `%Y-%m-%d`.
    MySql,
    /// `yyyy-MM-dd`.
    Joda,
}

/// A format that was read.
#[derive(Debug)]
pub struct DateFormat {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    /// Items of the crate's own.
    Items(Vec<Item<'static>>),
    /// A fraction of so many digits; of any number when it is read after a point.
    Fraction(usize),
    /// The zone's name.
    Zone,
}

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    ///
    /// The code that there is not.
    pub fn parse(format: &str, style: Style) -> Result<Self, String> {
        match style {
            Style::MySql => mysql(format),
            Style::Joda => joda(format),
        }
    }

    /// Writes a date and time, of which `zone` is the zone's name.
    #[must_use]
    pub fn write(&self, clock: NaiveDateTime, zone: &str) -> String {
        let nanos = chrono::Timelike::nanosecond(&clock);
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Items(items) => clock.format_with_items(items.iter()).to_string(),
                Piece::Fraction(digits) => format!("{nanos:09}").chars().take(*digits).collect(),
                Piece::Zone => zone.to_owned(),
            })
            .collect()
    }

    /// Reads a date and time; what the format does not say is 1970-01-01 00:00:00.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut parsed = Parsed::new();
        let mut rest = text;
        let mut nanos = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Items(items) => {
                    rest = parse_and_remainder(&mut parsed, rest, items.iter()).ok()?;
                }
                Piece::Fraction(_) => {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count().min(9);
                    nanos = format!("{:0<9}", rest.get(..digits)?).parse().ok()?;
                    rest = rest.get(digits..)?;
                }
                Piece::Zone => rest = rest.trim_start_matches("UTC").trim_start_matches('Z'),
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let date = date(&parsed)?;
        Some(date.and_time(time(&parsed, nanos)?))
    }
}

fn date(parsed: &Parsed) -> Option<NaiveDate> {
    if let Ok(date) = parsed.to_naive_date() {
        return Some(date);
    }
    let year =
        parsed.year().or_else(|| parsed.year_mod_100().map(|year| if year < 70 { 2_000 + year } else { 1_900 + year }));
    NaiveDate::from_ymd_opt(year.unwrap_or(1970), parsed.month().unwrap_or(1), parsed.day().unwrap_or(1))
}

fn time(parsed: &Parsed, nanos: u32) -> Option<NaiveTime> {
    let hour = parsed.hour_mod_12().map_or(0, |hour| hour + 12 * parsed.hour_div_12().unwrap_or(0));
    NaiveTime::from_hms_nano_opt(hour, parsed.minute().unwrap_or(0), parsed.second().unwrap_or(0), nanos)
}

/// Items of a format of the crate's.
fn items(format: &str) -> Result<Piece, String> {
    StrftimeItems::new(format)
        .map(|item| if item == Item::Error { Err(format.to_owned()) } else { Ok(item.to_owned()) })
        .collect::<Result<_, _>>()
        .map(Piece::Items)
}

fn literal(text: &str) -> Piece {
    Piece::Items(vec![Item::OwnedLiteral(text.into())])
}

fn mysql(format: &str) -> Result<DateFormat, String> {
    let mut pieces = Vec::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            pieces.push(literal(&character.to_string()));
            continue;
        }
        let Some(code) = characters.next() else { return Err("Invalid format: a % stands at the end".to_owned()) };
        let item = match code {
            'Y' | 'y' | 'm' | 'd' | 'H' | 'j' | 'p' | 'a' | 'b' | 'T' | 'w' => format!("%{code}"),
            'c' => "%-m".to_owned(),
            'e' => "%-d".to_owned(),
            'k' => "%-H".to_owned(),
            'h' | 'I' => "%I".to_owned(),
            'l' => "%-I".to_owned(),
            'i' => "%M".to_owned(),
            's' | 'S' => "%S".to_owned(),
            'r' => "%I:%M:%S %p".to_owned(),
            'W' => "%A".to_owned(),
            'M' => "%B".to_owned(),
            'v' => "%V".to_owned(),
            'x' => "%G".to_owned(),
            'f' => {
                pieces.push(Piece::Fraction(6));
                continue;
            }
            'D' | 'U' | 'u' | 'V' | 'X' => return Err(format!("%{code} not supported in date format string")),
            other => {
                pieces.push(literal(&other.to_string()));
                continue;
            }
        };
        pieces.push(items(&item)?);
    }
    Ok(DateFormat { pieces })
}

fn joda(format: &str) -> Result<DateFormat, String> {
    let mut pieces = Vec::new();
    let characters: Vec<char> = format.chars().collect();
    let mut position = 0;
    while let Some(&character) = characters.get(position) {
        if character == '\'' {
            let (text, next) = quoted(&characters, position + 1)?;
            pieces.push(literal(&text));
            position = next;
            continue;
        }
        let run = characters[position..].iter().take_while(|other| **other == character).count();
        position += run;
        pieces.push(match joda_piece(character, run)? {
            Some(piece) => piece,
            None => literal(&character.to_string().repeat(run)),
        });
    }
    Ok(DateFormat { pieces })
}

/// The piece of a run of one letter; `None` if it is no letter.
fn joda_piece(letter: char, run: usize) -> Result<Option<Piece>, String> {
    let padded = |short: &str, long: &str| items(if run == 1 { short } else { long });
    let named = |number: (&str, &str), short: &str, long: &str| match run {
        1 => items(number.0),
        2 => items(number.1),
        3 => items(short),
        _ => items(long),
    };
    Ok(Some(match letter {
        'y' | 'Y' if run == 2 => items("%y")?,
        'y' | 'Y' => items("%Y")?,
        'x' => items("%G")?,
        'M' => named(("%-m", "%m"), "%b", "%B")?,
        'd' => padded("%-d", "%d")?,
        'D' => padded("%-j", "%j")?,
        'H' => padded("%-H", "%H")?,
        'h' => padded("%-I", "%I")?,
        'm' => padded("%-M", "%M")?,
        's' => padded("%-S", "%S")?,
        'S' => Piece::Fraction(run.min(9)),
        'w' => padded("%-V", "%V")?,
        'e' => items("%u")?,
        'E' => items(if run < 4 { "%a" } else { "%A" })?,
        'a' => items("%p")?,
        'Z' | 'z' => Piece::Zone,
        letter if letter.is_ascii_alphabetic() => return Err(format!("Illegal pattern component: {letter}")),
        _ => return Ok(None),
    }))
}

/// The text up to the closing quote, and the place behind it; two quotes are one.
fn quoted(characters: &[char], start: usize) -> Result<(String, usize), String> {
    if characters.get(start) == Some(&'\'') {
        return Ok(("'".to_owned(), start + 1));
    }
    let mut text = String::new();
    let mut position = start;
    while let Some(&character) = characters.get(position) {
        position += 1;
        if character != '\'' {
            text.push(character);
        } else if characters.get(position) == Some(&'\'') {
            text.push('\'');
            position += 1;
        } else {
            return Ok((text, position));
        }
    }
    Err("Invalid format: a quote is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 3, 5).unwrap().and_hms_milli_opt(14, 7, 9, 50).unwrap()
    }

    #[test]
    fn formats_write_what_their_authors_mean() {
        for (style, format, expected) in [
            (Style::MySql, "%Y-%m-%d %H:%i:%s", "2026-03-05 14:07:09"),
            (Style::MySql, "%W %e %M %y, %h:%i %p .%f%%", "Thursday 5 March 26, 02:07 PM .050000%"),
            (Style::MySql, "%x-W%v %T", "2026-W10 14:07:09"),
            (Style::Joda, "yyyy-MM-dd'T'HH:mm:ss.SSS", "2026-03-05T14:07:09.050"),
            (Style::Joda, "EEE d MMM yy, h:mm a 'o''clock' Z", "Thu 5 Mar 26, 2:07 PM o'clock UTC"),
        ] {
            assert_eq!(DateFormat::parse(format, style).unwrap().write(clock(), "UTC"), expected, "{format}");
        }
    }

    #[test]
    fn formats_read_what_they_write() {
        for (style, format) in [
            (Style::MySql, "%Y-%m-%d %H:%i:%s.%f"),
            (Style::Joda, "dd/MM/yyyy HH:mm:ss.SSS"),
            (Style::MySql, "%d %b %Y %h:%i:%s.%f %p"),
        ] {
            let format = DateFormat::parse(format, style).unwrap();
            assert_eq!(format.read(&format.write(clock(), "UTC")), Some(clock()));
        }
    }

    #[test]
    fn what_does_not_match_is_not_read() {
        let format = DateFormat::parse("%Y-%m-%d", Style::MySql).unwrap();
        for text in ["2026-13-01", "2026-01", "2026-01-01 ", "x"] {
            assert_eq!(format.read(text), None, "{text}");
        }
        assert!(DateFormat::parse("%D", Style::MySql).is_err());
        assert!(DateFormat::parse("yyyy 'x", Style::Joda).is_err());
    }
}
