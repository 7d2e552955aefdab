//! Text to tokens, with what only tokens can tell: Timestream's durations and measure columns, and letter case.
//!
//! A parser would take `5m` for the number 5 named m, so durations are written out as intervals here. Names are folded to
//! lower case, quoted or not, because both services compare them so; how an output column was written is found again by its
//! place in the text.

use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Word};

use super::SqlDialect;
use crate::engine::QueryError;

/// The statement's tokens as the parser is to see them, each with its place in the text.
///
/// # Errors
///
/// Text that cannot be cut into tokens, such as a string without an end.
pub fn tokenize(sql: &str, dialect: SqlDialect, grammar: &dyn Dialect) -> Result<Vec<TokenWithSpan>, QueryError> {
    let tokens = Tokenizer::new(grammar, sql).tokenize_with_location().map_err(|error| QueryError::Syntax {
        line: error.location.line,
        column: error.location.column,
        message: error.message,
    })?;
    let mut rewritten = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(TokenWithSpan { token, span }) = rest.next() {
        let mut push = |token| rewritten.push(TokenWithSpan { token, span });
        match token {
            Token::Number(count, false) if dialect == SqlDialect::Timestream => {
                let unit = rest.next_if(|next| duration_unit(&next.token).is_some());
                match unit.and_then(|unit| duration_unit(&unit.token)) {
                    Some(unit) => {
                        push(keyword("interval", Keyword::INTERVAL));
                        push(Token::SingleQuotedString(count));
                        push(word(unit));
                    }
                    None => push(Token::Number(count, false)),
                }
            }
            Token::Word(name)
                if is_measure_value(&name) && rest.peek().is_some_and(|next| next.token == Token::DoubleColon) =>
            {
                rest.next();
                let kind = match rest.next().map(|next| next.token) {
                    Some(Token::Word(kind)) => kind.value.to_lowercase(),
                    other => {
                        let found = other.map_or_else(|| "the end".to_owned(), |token| format!("'{token}'"));
                        let Location { line, column } = span.start;
                        let message =
                            format!("measure_value:: must be followed by a type, such as double, not by {found}");
                        return Err(QueryError::Syntax { line, column, message });
                    }
                };
                let value = format!("measure_value::{kind}");
                push(Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword }));
            }
            Token::Word(word) => push(Token::Word(Word { value: word.value.to_lowercase(), ..word })),
            Token::Whitespace(_) => {}
            other => push(other),
        }
    }
    Ok(with_rows_in_parentheses(rewritten))
}

/// Writes `VALUES 1, 2` as `VALUES (1), (2)`, which is all that the parser knows.
fn with_rows_in_parentheses(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written = Vec::with_capacity(tokens.len());
    // How deep in parentheses the tokens are, and how deep the rows are that are being put in some.
    let (mut depth, mut rows) = (0_i32, Vec::new());
    let mut rest = tokens.into_iter().peekable();
    while let Some(next) = rest.next() {
        let span = next.span;
        let parenthesis = |token| TokenWithSpan { token, span };
        let ends_rows = match &next.token {
            Token::RParen => rows.last() == Some(&depth),
            Token::Word(word) => rows.last() == Some(&depth) && ends_values(word),
            _ => false,
        };
        if ends_rows {
            rows.pop();
            written.push(parenthesis(Token::RParen));
        }
        match &next.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        let separates = next.token == Token::Comma && rows.last() == Some(&depth);
        let begins = matches!(&next.token, Token::Word(word) if word.keyword == Keyword::VALUES && word.quote_style.is_none())
            && rest.peek().is_some_and(|first| !matches!(first.token, Token::LParen | Token::RParen | Token::Comma));
        if separates {
            written.push(parenthesis(Token::RParen));
        }
        written.push(next);
        if separates || begins {
            written.push(parenthesis(Token::LParen));
        }
        if begins {
            rows.push(depth);
        }
    }
    if let (Some(last), false) = (written.last().map(|last| last.span), rows.is_empty()) {
        written.push(TokenWithSpan { token: Token::RParen, span: last });
    }
    written
}

/// Words that follow the rows of VALUES.
fn ends_values(word: &Word) -> bool {
    matches!(
        word.keyword,
        Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::FETCH
            | Keyword::UNION
            | Keyword::EXCEPT
            | Keyword::INTERSECT
    )
}

fn is_measure_value(word: &Word) -> bool {
    word.value.eq_ignore_ascii_case("measure_value")
}

fn keyword(value: &str, keyword: Keyword) -> Token {
    Token::Word(Word { value: value.to_owned(), quote_style: None, keyword })
}

fn word(value: &str) -> Token {
    keyword(value, Keyword::NoKeyword)
}

/// Timestream's unit of a duration literal such as `5m`, by its interval name.
fn duration_unit(token: &Token) -> Option<&'static str> {
    let Token::Word(Word { value, quote_style: None, .. }) = token else { return None };
    Some(match value.to_lowercase().as_str() {
        "ns" => "nanosecond",
        "us" => "microsecond",
        "ms" => "millisecond",
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => return None,
    })
}

/// The text between two places, for a name as its author wrote it.
#[must_use]
pub fn text_at(sql: &str, from: Location, to: Location) -> Option<String> {
    if from.line == 0 || from.line != to.line {
        return None;
    }
    let line = sql.lines().nth(usize::try_from(from.line - 1).ok()?)?;
    let length = usize::try_from(to.column.checked_sub(from.column)?).ok()?;
    Some(line.chars().skip(usize::try_from(from.column.checked_sub(1)?).ok()?).take(length).collect())
}
