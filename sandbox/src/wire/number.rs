//! Floating point as Java prints it, which is what Trino and Timestream send.

use std::fmt::LowerExp;

/// `1.0`, `0.001`, `1.0E10`, `NaN`, `-Infinity`: the shortest digits that read back equal, with an exponent outside
/// `[0.001, 10,000,000)`.
pub(super) fn java_double(value: f64) -> String {
    special(value).unwrap_or_else(|| decimal(value, (1e-3..1e7).contains(&value.abs())))
}

/// The same for 32 bits.
pub(super) fn java_float(value: f32) -> String {
    special(f64::from(value)).unwrap_or_else(|| decimal(value, (1e-3..1e7).contains(&value.abs())))
}

fn special(value: f64) -> Option<String> {
    let text = match value {
        value if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        value if value == 0.0 && value.is_sign_negative() => "-0.0",
        0.0 => "0.0",
        _ => return None,
    };
    Some(text.to_owned())
}

fn decimal(value: impl LowerExp + std::fmt::Display, plain: bool) -> String {
    if plain {
        let text = value.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (-1.234_5e10, "-1.2345E10"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(java_double(value), text);
        }
    }

    #[test]
    fn floats_keep_their_own_digits() {
        for (value, text) in [(0.1_f32, "0.1"), (1e10, "1.0E10"), (16_777_216.0, "1.6777216E7")] {
            assert_eq!(java_float(value), text);
        }
    }
}
