//! Values as SQL text: whatever is put into a statement beside what its author typed is written here, and cannot leave the
//! literal that it is put in.

use chrono::{DateTime, Datelike, Utc};

use crate::{
    leg::Leg,
    sql::token::{self, TokenKind},
    time::TimeRange,
};

/// A string literal: one token, whatever `value` holds.
#[must_use]
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A quoted identifier: one token, whatever `name` holds.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A timestamp of whole milliseconds, rounded up: that way neighbouring ranges still share their boundary, and an event
/// is in one of them.
///
/// # Errors
///
/// A year that Athena cannot write, as the rest of a sentence.
pub fn instant(leg: Leg, at: DateTime<Utc>) -> Result<String, String> {
    let millis = TimeRange { from: at, to: at }.to_millis();
    match leg {
        Leg::Realtime => Ok(format!("from_milliseconds({millis})")),
        Leg::Historical => DateTime::from_timestamp_millis(millis)
            .filter(|at| (1..=9999).contains(&at.year()))
            .map(|at| at.format("TIMESTAMP '%Y-%m-%d %H:%M:%S%.3f'").to_string())
            .ok_or_else(|| {
                "cannot write a time outside the years 1 to 9999, which the panel's time range reaches".to_owned()
            }),
    }
}

/// `text`, SQL that somebody typed, such that an operator may stand beside it.
#[must_use]
pub fn operand(text: &str) -> String {
    let mut depth = 0_usize;
    let plain = token::tokenize(text).is_ok_and(|tokens| {
        tokens.iter().all(|token| match token.text {
            "(" | "[" => {
                depth += 1;
                true
            }
            ")" | "]" => {
                depth = depth.saturating_sub(1);
                true
            }
            "." | ":" => true,
            _ => depth > 0 || !matches!(token.kind, TokenKind::Punctuation | TokenKind::Whitespace),
        })
    });
    if plain { text.to_owned() } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn boundaries_round_to_the_same_millisecond_on_both_legs() {
        let at = DateTime::parse_from_rfc3339("2026-01-01T00:00:00.0005Z").unwrap().to_utc();
        assert_eq!(instant(Leg::Historical, at).as_deref(), Ok("TIMESTAMP '2026-01-01 00:00:00.001'"));
        assert_eq!(instant(Leg::Realtime, at).as_deref(), Ok("from_milliseconds(1767225600001)"));
        assert!(instant(Leg::Historical, DateTime::<Utc>::MAX_UTC).is_err());
        assert!(instant(Leg::Realtime, DateTime::<Utc>::MAX_UTC).is_ok());
    }

    #[test]
    fn operators_may_stand_beside_an_operand() {
        for (text, expected) in [
            ("a", "a"),
            ("t.\"a b\"[1]", "t.\"a b\"[1]"),
            ("coalesce(a, b)", "coalesce(a, b)"),
            ("measure_value::double", "measure_value::double"),
            ("a + b", "(a + b)"),
            ("a OR b", "(a OR b)"),
        ] {
            assert_eq!(operand(text), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_leaves_its_quotes(value in any::<String>()) {
            for (written, quote) in [(text(&value), "'"), (identifier(&value), "\"")] {
                let tokens = token::tokenize(&written).unwrap();
                prop_assert_eq!(tokens.len(), 1);
                prop_assert_eq!(tokens[0].quoted_text().unwrap().replace(&quote.repeat(2), quote), value.as_str());
            }
        }
    }
}
