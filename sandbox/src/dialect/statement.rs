//! What kind of statement it is: a query, or one of the commands that describe what is there.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::grammar::TrinoGrammar;
use super::rewrite::{Translated, translate};
use super::{SqlDialect, tokens};
use crate::data::Millis;
use crate::engine::QueryError;

/// A statement, ready to be run.
#[derive(Debug)]
pub enum Statement {
    /// SELECT, WITH, VALUES.
    Query(Translated),
    /// The plan of a query.
    Explain(Translated),
    /// SHOW, DESCRIBE.
    Command(Command),
}

/// A command that describes what is there. Names are as written, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `SHOW CATALOGS`.
    Catalogs,
    /// `SHOW DATABASES` or `SHOW SCHEMAS`, with a LIKE pattern.
    Databases(Option<String>),
    /// `SHOW TABLES`: of which database, with which pattern.
    Tables(Option<String>, Option<String>),
    /// `SHOW VIEWS`: of which database.
    Views(Option<String>),
    /// `SHOW COLUMNS FROM` a table.
    Columns(Vec<String>),
    /// `DESCRIBE` a table.
    Describe(Vec<String>),
    /// `SHOW PARTITIONS` of a table.
    Partitions(Vec<String>),
    /// `SHOW CREATE TABLE`.
    CreateTable(Vec<String>),
    /// `SHOW CREATE VIEW`.
    CreateView(Vec<String>),
    /// `SHOW MEASURES FROM` a table, with a pattern.
    Measures(Vec<String>, Option<String>),
    /// `SHOW FUNCTIONS`.
    Functions,
}

/// Reads one statement.
///
/// # Errors
///
/// Text that is no statement of the dialect, or more than one.
pub fn parse(sql: &str, dialect: SqlDialect, now: Millis) -> Result<Statement, QueryError> {
    let grammar = TrinoGrammar;
    let mut tokens = tokens::tokenize(sql, dialect, &grammar)?;
    while tokens.last().is_some_and(|last| last.token == Token::SemiColon) {
        tokens.pop();
    }
    if tokens.is_empty() {
        return Err(QueryError::Syntax { line: 1, column: 1, message: "The statement is empty".to_owned() });
    }
    if let Some(command) = Words::new(&tokens).command(dialect) {
        return command.map(Statement::Command);
    }
    let explained = tokens.first().is_some_and(|first| is_word(first, "explain"));
    let body = if explained { explained_tokens(tokens) } else { tokens };
    let end = body.last().map(|last| last.span.end);
    let mut parser = Parser::new(&grammar).with_recursion_limit(200).with_tokens_with_locations(body);
    let query = match parser.parse_query() {
        Ok(query) => query,
        Err(error) => return Err(syntax_error(error, &parser, end)),
    };
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let message = match rest.token {
            Token::SemiColon => "Only one sql statement is allowed".to_owned(),
            token => format!("mismatched input '{token}'. Expecting: <EOF>"),
        };
        return Err(QueryError::Syntax { line: rest.span.start.line, column: rest.span.start.column, message });
    }
    let translated = translate(*query, sql, dialect, now)?;
    Ok(if explained { Statement::Explain(translated) } else { Statement::Query(translated) })
}

/// The tokens after EXPLAIN, its options and ANALYZE.
fn explained_tokens(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut depth = 0;
    tokens
        .into_iter()
        .skip(1)
        .skip_while(|token| {
            match token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => return depth > 0 || is_word(token, "analyze") || is_word(token, "verbose"),
            }
            true
        })
        .collect()
}

fn is_word(token: &TokenWithSpan, expected: &str) -> bool {
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none() && word.value == expected)
}

/// The parser's error with its place: where its message ends with one, else where it stopped.
fn syntax_error(error: ParserError, parser: &Parser, end: Option<Location>) -> QueryError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => "The statement is nested too deeply".to_owned(),
    };
    let stopped = parser.peek_token_ref().span.start;
    let stopped = if stopped.line == 0 { end.unwrap_or(stopped) } else { stopped };
    let found = message.rfind(" at Line: ").and_then(|at| {
        let (line, column) = message[at + " at Line: ".len()..].split_once(", Column: ")?;
        Some((message[..at].to_owned(), line.parse::<u64>().ok()?, column.parse::<u64>().ok()?))
    });
    let (message, line, column) = found.unwrap_or((message, stopped.line, stopped.column));
    let message = match message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, found)) => {
            let found = if found == "EOF" { "<EOF>" } else { found };
            format!("mismatched input '{found}'. Expecting: {expected}")
        }
        None => message,
    };
    // An error at the end of the text is found past the last token.
    let (line, column) = if line == 0 { (stopped.line.max(1), stopped.column.max(1)) } else { (line, column) };
    QueryError::Syntax { line, column, message }
}

/// Reads commands word by word: their grammar is small, and the parser's own is that of other engines.
struct Words<'a> {
    tokens: &'a [TokenWithSpan],
}

impl<'a> Words<'a> {
    fn new(tokens: &'a [TokenWithSpan]) -> Self {
        Self { tokens }
    }

    /// The command, unless the statement begins like a query.
    fn command(mut self, dialect: SqlDialect) -> Option<Result<Command, QueryError>> {
        if self.take("describe") || self.take("desc") {
            self.take("table");
            return Some(self.table().and_then(|table| self.end(Command::Describe(table))));
        }
        if !self.take("show") {
            return None;
        }
        Some(match dialect {
            SqlDialect::Timestream => self.timestream_show(),
            SqlDialect::Trino => self.athena_show(),
        })
    }

    fn timestream_show(mut self) -> Result<Command, QueryError> {
        if self.take("databases") {
            let pattern = self.pattern()?;
            return self.end(Command::Databases(pattern));
        }
        if self.take("tables") {
            let database = self.scope()?;
            let pattern = self.pattern()?;
            return self.end(Command::Tables(database, pattern));
        }
        if self.take("measures") {
            if !self.take("from") {
                return Err(self.unexpected("'FROM'"));
            }
            let table = self.table()?;
            let pattern = self.pattern()?;
            return self.end(Command::Measures(table, pattern));
        }
        Err(self.unexpected("'DATABASES', 'MEASURES', 'TABLES'"))
    }

    fn athena_show(mut self) -> Result<Command, QueryError> {
        if self.take("databases") || self.take("schemas") {
            self.scope()?;
            let pattern = self.pattern()?;
            return self.end(Command::Databases(pattern));
        }
        if self.take("catalogs") {
            return self.end(Command::Catalogs);
        }
        if self.take("functions") {
            return self.end(Command::Functions);
        }
        if self.take("tables") {
            let database = self.scope()?;
            let pattern = self.pattern()?;
            return self.end(Command::Tables(database, pattern));
        }
        if self.take("views") {
            let database = self.scope()?;
            self.pattern()?;
            return self.end(Command::Views(database));
        }
        if self.take("columns") {
            if !self.take("from") && !self.take("in") {
                return Err(self.unexpected("'FROM', 'IN'"));
            }
            let mut table = self.table()?;
            if let Some(database) = self.scope()? {
                table.insert(0, database);
            }
            return self.end(Command::Columns(table));
        }
        if self.take("partitions") {
            let table = self.table()?;
            return self.end(Command::Partitions(table));
        }
        if self.take("create") {
            if self.take("view") {
                let table = self.table()?;
                return self.end(Command::CreateView(table));
            }
            if self.take("table") {
                let table = self.table()?;
                return self.end(Command::CreateTable(table));
            }
            return Err(self.unexpected("'TABLE', 'VIEW'"));
        }
        Err(self.unexpected(
            "'CATALOGS', 'COLUMNS', 'CREATE', 'DATABASES', 'FUNCTIONS', 'PARTITIONS', 'SCHEMAS', 'TABLES', 'VIEWS'",
        ))
    }

    fn take(&mut self, word: &str) -> bool {
        match self.tokens.split_first() {
            Some((first, rest)) if is_word(first, word) => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    /// `[FROM | IN name]`.
    fn scope(&mut self) -> Result<Option<String>, QueryError> {
        if self.take("from") || self.take("in") {
            return self.table().map(|mut names| names.pop());
        }
        Ok(None)
    }

    /// `[LIKE] 'pattern'`.
    fn pattern(&mut self) -> Result<Option<String>, QueryError> {
        let required = self.take("like");
        match self.tokens.split_first() {
            Some((TokenWithSpan { token: Token::SingleQuotedString(pattern), .. }, rest)) => {
                self.tokens = rest;
                Ok(Some(pattern.clone()))
            }
            _ if required => Err(self.unexpected("<string>")),
            _ => Ok(None),
        }
    }

    /// A name of up to three parts.
    fn table(&mut self) -> Result<Vec<String>, QueryError> {
        let mut names = Vec::new();
        loop {
            match self.tokens.split_first() {
                Some((TokenWithSpan { token: Token::Word(word), .. }, rest)) => {
                    names.push(word.value.clone());
                    self.tokens = rest;
                }
                _ => return Err(self.unexpected("<identifier>")),
            }
            match self.tokens.split_first() {
                Some((TokenWithSpan { token: Token::Period, .. }, rest)) => self.tokens = rest,
                _ => return Ok(names),
            }
        }
    }

    fn end(self, command: Command) -> Result<Command, QueryError> {
        if self.tokens.is_empty() { Ok(command) } else { Err(self.unexpected("<EOF>")) }
    }

    fn unexpected(&self, expected: &str) -> QueryError {
        let (found, place) = match self.tokens.first() {
            Some(token) => (token.token.to_string(), token.span.start),
            None => ("<EOF>".to_owned(), Location { line: 1, column: 1 }),
        };
        QueryError::Syntax {
            line: place.line,
            column: place.column,
            message: format!("mismatched input '{found}'. Expecting: {expected}"),
        }
    }
}

/// Parses a query that the sandbox itself wrote.
pub(super) fn parse_own(sql: &str) -> Result<ast::Query, QueryError> {
    let grammar = TrinoGrammar;
    Parser::new(&grammar)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_query())
        .map(|query| *query)
        .map_err(|error| QueryError::Execution(error.to_string()))
}
