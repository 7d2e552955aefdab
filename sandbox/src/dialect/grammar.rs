//! The grammar that Trino and Timestream share, as a dialect of the `sqlparser` crate, which has none of its own for them.
//!
//! What the crate cannot parse, or parses into something that loses meaning, becomes a call of one of the sandbox's own
//! functions: casts and typed literals `trino_cast(value, 'type')`, intervals a cast of nanoseconds or months, `ROW(..)`.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, Value,
};
use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, Word};

use super::types;
use crate::engine::types::anonymous_field;

/// The function into which casts and typed literals are turned.
pub const CAST: &str = "trino_cast";
/// The same, null where the value cannot be cast.
pub const TRY_CAST: &str = "trino_try_cast";

/// The dialect.
#[derive(Debug, Default)]
pub struct TrinoGrammar;

impl Dialect for TrinoGrammar {
    fn dialect(&self) -> TypeId {
        // The parser asks for the generic dialect where it means "any that allows it".
        TypeId::of::<GenericDialect>()
    }

    fn is_identifier_start(&self, character: char) -> bool {
        character.is_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_alphanumeric() || matches!(character, '_' | '@' | '$')
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        character == '"'
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_within_after_array_aggregation(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_table_sample_before_alias(&self) -> bool {
        false
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else { return None };
        if word.quote_style.is_some() {
            return None;
        }
        let (name, keyword) = (word.value.clone(), word.keyword);
        let next = parser.peek_nth_token_ref(1).token.clone();
        match (keyword, next) {
            (Keyword::CAST, Token::LParen) => Some(parse_cast(parser, CAST)),
            (Keyword::TRY_CAST, Token::LParen) => Some(parse_cast(parser, TRY_CAST)),
            (Keyword::ROW, Token::LParen) => Some(parse_row(parser)),
            (Keyword::INTERVAL, Token::SingleQuotedString(_) | Token::Minus | Token::Plus) => {
                Some(parse_interval(parser))
            }
            (Keyword::TIMESTAMP | Keyword::DATE | Keyword::TIME, Token::SingleQuotedString(text)) => {
                parser.next_token();
                parser.next_token();
                Some(Ok(time_literal(&name, &text)))
            }
            (_, Token::SingleQuotedString(text)) if types::parse(&name).is_ok() => {
                parser.next_token();
                parser.next_token();
                let is_json = name == "json";
                Some(Ok(if is_json { call("json_parse", vec![string(&text)]) } else { cast(string(&text), &name) }))
            }
            _ => None,
        }
    }
}

/// A call of a function with plain arguments.
pub fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: vec![] }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// A text literal.
pub fn string(text: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(text.to_owned()))
}

/// A whole number that is not to be given a type of its own: the planner decides.
pub fn plain_number(number: i64) -> Expr {
    Expr::value(Value::Number(number.to_string(), true))
}

/// A cast to the type of this name.
pub fn cast(value: Expr, type_name: &str) -> Expr {
    call(CAST, vec![value, string(type_name)])
}

/// `CAST(value AS type)`: the type is read as text up to the closing parenthesis.
fn parse_cast(parser: &mut Parser, function: &str) -> Result<Expr, ParserError> {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let value = parser.parse_expr()?;
    parser.expect_keyword(Keyword::AS)?;
    let place = parser.peek_token_ref().span.start;
    let mut text = String::new();
    let mut depth = 0;
    loop {
        match parser.next_token().token {
            Token::RParen if depth == 0 => break,
            Token::EOF => return parser.expected("')' after the type", parser.peek_token()),
            token => {
                match token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth -= 1,
                    _ => {}
                }
                text.push_str(&token.to_string());
                text.push(' ');
            }
        }
    }
    match types::parse(&text) {
        Ok(sql_type) => Ok(call(function, vec![value, string(&types::name(&sql_type))])),
        Err(unknown) => Err(ParserError::ParserError(format!("Unknown type: {}{place}", unknown.trim()))),
    }
}

fn parse_row(parser: &mut Parser) -> Result<Expr, ParserError> {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let fields = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RParen)?;
    let named =
        fields.into_iter().enumerate().flat_map(|(position, field)| [string(&anonymous_field(position)), field]);
    Ok(call("named_struct", named.collect()))
}

/// `INTERVAL '3' DAY`, `INTERVAL '1 02:30:00' DAY TO SECOND`, `INTERVAL '1-6' YEAR TO MONTH`, each with a sign or without.
fn parse_interval(parser: &mut Parser) -> Result<Expr, ParserError> {
    parser.next_token();
    let negative = if parser.consume_token(&Token::Minus) {
        true
    } else {
        let _ = parser.consume_token(&Token::Plus);
        false
    };
    let token = parser.next_token();
    let Token::SingleQuotedString(text) = &token.token else { return parser.expected("an interval in quotes", token) };
    let unit = parser.next_token();
    let Token::Word(Word { value: first, .. }) = &unit.token else {
        return parser.expected("an interval's unit", unit);
    };
    let last = if parser.parse_keyword(Keyword::TO) { parser.next_token().token.to_string() } else { first.clone() };
    let Some((amount, sql_type)) = interval(text, first, &last) else {
        let place = token.span.start;
        return Err(ParserError::ParserError(format!("Invalid interval '{text}' {first}{place}")));
    };
    Ok(cast(plain_number(if negative { -amount } else { amount }), sql_type))
}

/// Nanoseconds or months of an interval, and which of the two.
fn interval(text: &str, first: &str, last: &str) -> Option<(i64, &'static str)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let singular = |unit: &str| unit.to_lowercase().trim_end_matches('s').to_owned();
    let (first, last) = (singular(first), singular(last));
    if let Some(months) = match first.as_str() {
        "year" => Some(12),
        "quarter" => Some(3),
        "month" => Some(1),
        _ => None,
    } {
        let amount = match (first == last, text.split_once('-')) {
            (false, Some((years, rest))) => {
                years.parse::<i64>().ok()?.checked_mul(12)?.checked_add(rest.parse().ok()?)?
            }
            (true, None) => text.parse::<i64>().ok()?.checked_mul(months)?,
            _ => return None,
        };
        return Some((sign * amount, "interval year to month"));
    }
    let amount = if first == last { nanoseconds(text, &first)? } else { compound_nanoseconds(text, &first)? };
    Some((sign * amount, "interval day to second"))
}

/// A number of one unit, fractions allowed for seconds.
fn nanoseconds(text: &str, unit: &str) -> Option<i64> {
    let size = match unit {
        "nanosecond" => 1,
        "microsecond" => 1_000,
        "millisecond" => 1_000_000,
        "second" => 1_000_000_000,
        "minute" => 60_000_000_000,
        "hour" => 3_600_000_000_000,
        "day" => 86_400_000_000_000,
        "week" => 604_800_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut amount = whole.trim().parse::<i64>().ok()?.checked_mul(size)?;
    if !fraction.is_empty() {
        let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
        amount = amount.checked_add(digits.parse::<i64>().ok()?.checked_mul(size / 1_000_000_000)?)?;
    }
    Some(amount)
}

/// `1 02:30:00.5` from days on, `02:30` from hours on, and so forth.
fn compound_nanoseconds(text: &str, first: &str) -> Option<i64> {
    let units = ["day", "hour", "minute", "second"];
    let start = units.iter().position(|unit| *unit == first)?;
    let parts = text.split([' ', ':']).filter(|part| !part.is_empty());
    parts.zip(units.get(start..)?).try_fold(0_i64, |sum, (part, unit)| sum.checked_add(nanoseconds(part, unit)?))
}

/// `TIMESTAMP '...'` and its like: the precision is what is written, a zone makes it one with time zone.
fn time_literal(name: &str, text: &str) -> Expr {
    if name != "timestamp" {
        return cast(string(text), name);
    }
    let time = text.split_once([' ', 'T']).map_or("", |(_, time)| time);
    let digits =
        time.split_once('.').map_or(0, |(_, fraction)| fraction.chars().take_while(char::is_ascii_digit).count());
    let clock = |character: char| character.is_ascii_digit() || matches!(character, ':' | '.');
    let zone = time.trim_start_matches(clock).trim();
    if zone.is_empty() {
        return cast(string(text), &format!("timestamp({digits})"));
    }
    let instant = cast(string(text), &format!("timestamp({digits}) with time zone"));
    if zone == "Z" { instant } else { call("at_timezone", vec![instant, string(zone)]) }
}
