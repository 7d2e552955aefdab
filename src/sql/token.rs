//! A lossless tokenizer for Trino's and Timestream's SQL: comments, strings and quoted identifiers told apart, so that
//! macros and the guard never mistake what is written inside them for SQL. It knows no grammar, so it accepts syntax that
//! no parser of ours knows (`5m`, `measure_value::double`, `x -> x + 1`).

use crate::{error::Error, sql::MAX_LENGTH};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Blanks and line ends.
    Whitespace,
    /// `-- to the end of the line` (without the line's end), or `/* to the first */`: block comments do not nest in Trino.
    Comment,
    /// `'text'`, a quote inside doubled.
    String,
    /// `"name"`, a quote inside doubled.
    QuotedIdentifier,
    /// `` `name` ``, as Athena's Hive statements write it.
    BackquotedIdentifier,
    /// Whatever starts with a digit: `1`, `1.5e-3`, `0xFF`, and Timestream's durations such as `5m`.
    Number,
    /// A keyword or a bare identifier.
    Word,
    /// `$__name` or `${__name}`.
    Macro,
    /// Any other single character.
    Punctuation,
}

/// A piece of SQL. Concatenating the text of all tokens gives the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, quotes included.
    pub text: &'a str,
}

impl<'a> Token<'a> {
    /// White space or a comment: what may stand between any two tokens without meaning anything.
    #[must_use]
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Whitespace | TokenKind::Comment)
    }

    /// The bare word `keyword`, in any case. A quoted identifier is never a keyword.
    #[must_use]
    pub fn is_keyword(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// This one character, outside all quotes.
    #[must_use]
    pub fn is_punctuation(&self, character: &str) -> bool {
        self.kind == TokenKind::Punctuation && self.text == character
    }

    /// The character that quotes the token, if any does.
    #[must_use]
    pub fn quote(&self) -> Option<char> {
        match self.kind {
            TokenKind::String => Some('\''),
            TokenKind::QuotedIdentifier => Some('"'),
            TokenKind::BackquotedIdentifier => Some('`'),
            _ => None,
        }
    }

    /// What stands between the quotes, doubled quotes still doubled; `None` if the token is not quoted.
    #[must_use]
    pub fn quoted_text(&self) -> Option<&'a str> {
        let quote = self.quote()?;
        self.text.strip_prefix(quote)?.strip_suffix(quote)
    }
}

/// Why a text cannot be cut into tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Something quoted or commented that never ends.
    #[error("The {what} that starts at line {line}, column {column} is not closed: add {close} where it ends.")]
    Unclosed {
        /// What it is, in words.
        what: &'static str,
        /// What would close it.
        close: &'static str,
        /// Line of its first character, from 1.
        line: usize,
        /// Column of its first character, from 1, in characters.
        column: usize,
    },
    /// More than either service takes.
    #[error("The statement is {length} bytes long; Timestream and Athena take at most {MAX_LENGTH}. Shorten it.")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::bad_query(error.to_string())
    }
}

/// Cuts `sql` into tokens.
///
/// # Errors
///
/// A string, quoted identifier or block comment that is not closed; a text longer than [`MAX_LENGTH`].
pub fn tokenize(sql: &str) -> Result<Vec<Token<'_>>, TokenError> {
    if sql.len() > MAX_LENGTH {
        return Err(TokenError::TooLong { length: sql.len() });
    }
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next(rest, first).map_err(|(what, close)| {
            let (line, column) = position(sql, sql.len() - rest.len());
            TokenError::Unclosed { what, close, line, column }
        })?;
        let (text, tail) = rest.split_at(length);
        tokens.push(Token { kind, text });
        rest = tail;
    }
    Ok(tokens)
}

/// The line and column of the character at byte `offset`, both from 1, columns in characters.
pub(super) fn position(sql: &str, offset: usize) -> (usize, usize) {
    let before = sql.get(..offset).unwrap_or(sql);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    (before.matches('\n').count() + 1, column + 1)
}

/// The kind and length of the token that starts `rest`, whose first character is `first`; or what is not closed, and by
/// what it would be.
fn next(rest: &str, first: char) -> Result<(TokenKind, usize), (&'static str, &'static str)> {
    let run = |of: fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len());
    Ok(match first {
        '\'' => (TokenKind::String, quoted(rest, '\'').ok_or(("string", "a '"))?),
        '"' => (TokenKind::QuotedIdentifier, quoted(rest, '"').ok_or(("quoted identifier", "a \""))?),
        '`' => (TokenKind::BackquotedIdentifier, quoted(rest, '`').ok_or(("quoted identifier", "a `"))?),
        // Trino ends the comment at either character of a line's end.
        '-' if rest.starts_with("--") => (TokenKind::Comment, run(|c| c != '\n' && c != '\r')),
        '/' if rest.starts_with("/*") => {
            let body = rest.get(2..).and_then(|body| body.find("*/")).ok_or(("comment", "*/"))?;
            (TokenKind::Comment, body + 4)
        }
        '$' => macro_length(rest).map_or((TokenKind::Punctuation, 1), |length| (TokenKind::Macro, length)),
        c if c.is_whitespace() => (TokenKind::Whitespace, run(char::is_whitespace)),
        c if c.is_ascii_digit() => (TokenKind::Number, number_length(rest)),
        c if is_word(c) => (TokenKind::Word, run(is_word)),
        c => (TokenKind::Punctuation, c.len_utf8()),
    })
}

/// The length of the quoted text that starts `rest`; a doubled quote stands for one.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut from = 1;
    loop {
        let end = from + rest.get(from..)?.find(quote)? + 1;
        if !rest.get(end..)?.starts_with(quote) {
            return Some(end);
        }
        from = end + 1;
    }
}

/// The length of the macro that starts `rest`, or `None` if none does. `$region` is not a macro: only two underscores are.
pub(super) fn macro_length(rest: &str) -> Option<usize> {
    if let Some(name) = rest.strip_prefix("$__") {
        return Some(3 + name.find(|c| !is_word(c)).unwrap_or(name.len()));
    }
    // A variable in braces may carry a format: `${__from:date:YYYY-MM}`. It never spans lines or quotes, and is short:
    // without a limit, a text full of openings would be searched to its end for each of them.
    let name = rest.strip_prefix("${__")?;
    let (end, last) = name.char_indices().take(100).find(|(_, c)| matches!(c, '}' | '\n' | '\r' | '\'' | '"' | '`'))?;
    (last == '}').then_some(4 + end + 1)
}

/// The length of the number that starts `rest`, units and exponents included.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let in_number = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let in_exponent = matches!(byte, b'+' | b'-')
            && length.checked_sub(1).and_then(|previous| bytes.get(previous)).is_some_and(|b| matches!(b, b'e' | b'E'))
            && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !in_number && !in_exponent {
            break;
        }
        length += 1;
    }
    length
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TokenKind::*, *};

    fn kinds(sql: &str) -> Vec<(TokenKind, &str)> {
        tokenize(sql).unwrap().iter().filter(|t| t.kind != Whitespace).map(|t| (t.kind, t.text)).collect()
    }

    #[test]
    fn tells_quotes_and_comments_apart() {
        for (sql, expected) in [
            ("'it''s' x", vec![(String, "'it''s'"), (Word, "x")]),
            ("'-- no' -- yes", vec![(String, "'-- no'"), (Comment, "-- yes")]),
            ("\"a\"\"b\"", vec![(QuotedIdentifier, "\"a\"\"b\"")]),
            ("`a``b`.c", vec![(BackquotedIdentifier, "`a``b`"), (Punctuation, "."), (Word, "c")]),
            ("/* a /* b */ c */", vec![(Comment, "/* a /* b */"), (Word, "c"), (Punctuation, "*"), (Punctuation, "/")]),
            ("/* ' */ 'x'", vec![(Comment, "/* ' */"), (String, "'x'")]),
            ("-- a\nb", vec![(Comment, "-- a"), (Word, "b")]),
            ("-- a\rb", vec![(Comment, "-- a"), (Word, "b")]),
            ("/**/", vec![(Comment, "/**/")]),
            ("''", vec![(String, "''")]),
        ] {
            assert_eq!(kinds(sql), expected, "{sql}");
        }
    }

    #[test]
    fn knows_the_syntax_of_both_engines() {
        for (sql, expected) in [
            ("5m", vec![(Number, "5m")]),
            ("1.5e-3", vec![(Number, "1.5e-3")]),
            ("1-2", vec![(Number, "1"), (Punctuation, "-"), (Number, "2")]),
            ("1e--x", vec![(Number, "1e"), (Comment, "--x")]),
            ("a::double", vec![(Word, "a"), (Punctuation, ":"), (Punctuation, ":"), (Word, "double")]),
            ("x->1", vec![(Word, "x"), (Punctuation, "-"), (Punctuation, ">"), (Number, "1")]),
            ("$__timeFilter(c)", vec![(Macro, "$__timeFilter"), (Punctuation, "("), (Word, "c"), (Punctuation, ")")]),
            ("${__interval}/2", vec![(Macro, "${__interval}"), (Punctuation, "/"), (Number, "2")]),
            ("${__from:date:iso}", vec![(Macro, "${__from:date:iso}")]),
            ("$region", vec![(Punctuation, "$"), (Word, "region")]),
            ("naïve", vec![(Word, "naïve")]),
        ] {
            assert_eq!(kinds(sql), expected, "{sql}");
        }
    }

    #[test]
    fn says_where_what_is_open_starts() {
        for (sql, says) in [
            ("SELECT 'x", "The string that starts at line 1, column 8 is not closed: add a '"),
            ("SELECT 1,\n  'it''s", "string that starts at line 2, column 3"),
            ("SELECT é, \"x", "quoted identifier that starts at line 1, column 11 is not closed: add a \""),
            ("`x", "quoted identifier that starts at line 1, column 1 is not closed: add a `"),
            ("SELECT 1 /* x", "comment that starts at line 1, column 10 is not closed: add */"),
            ("/*/", "comment that starts"),
        ] {
            let error = tokenize(sql).expect_err(sql).to_string();
            assert!(error.contains(says), "{sql}: {error}");
        }
        let long = " ".repeat(MAX_LENGTH + 1);
        assert!(tokenize(&long).unwrap_err().to_string().contains("262145 bytes long"));
        assert!(tokenize(&long[1..]).is_ok());
    }

    proptest! {
        #[test]
        fn is_lossless(sql in r#"([-/*'"`$_{}a-zé0-9.;() \n\r]|\PC){0,60}"#) {
            if let Ok(tokens) = tokenize(&sql) {
                prop_assert_eq!(tokens.iter().map(|t| t.text).collect::<std::string::String>(), sql.as_str());
                prop_assert!(tokens.iter().all(|t| !t.text.is_empty()));
            }
        }
    }
}
