//! The read-only guard: exactly one statement, and it reads.
//!
//! Decided on tokens, by an allow list of how a statement begins: in Trino and Timestream a query holds nothing that
//! writes, so what a statement is, is settled by its first keyword, by what its EXPLAIN explains and by what its WITH leads
//! to. The rest of the statement is the engine's to judge, so that syntax no parser of ours knows passes.
//!
//! `EXECUTE IMMEDIATE` is refused whatever the policy, for it carries its statement in a string; so is Athena's
//! `USING EXTERNAL FUNCTION`, which runs code in Lambda. Federated passthrough (`system.query('...')`) passes: Athena
//! itself restricts it to reading.

use crate::{
    error::{Error, Result},
    sql::{
        excerpt,
        token::{self, Token, TokenKind},
    },
};

/// What the operator allows beyond reading statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// `EXECUTE` of a prepared statement.
    pub allow_execute: bool,
}

/// What is allowed, for error messages.
const ALLOWED: &str = "SELECT, WITH ... SELECT, VALUES, TABLE, SHOW, DESCRIBE, or EXPLAIN of one of these";

/// Keywords that begin a query.
const QUERY: [&str; 3] = ["SELECT", "VALUES", "TABLE"];

/// Keywords that begin a statement about tables that reads.
const INSPECTION: [&str; 3] = ["SHOW", "DESCRIBE", "DESC"];

/// Passes `sql` if it is exactly one statement that reads; a semicolon at its end and comments are no matter.
///
/// # Errors
///
/// Says what was found and what is allowed. Also refuses control characters, parentheses that do not match, and what is
/// longer than both services take.
pub fn check(sql: &str, policy: Policy) -> Result<()> {
    if let Some((offset, control)) =
        sql.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
    {
        let (line, column) = token::position(sql, offset);
        return Err(Error::bad_query(format!(
            "The statement holds the control character U+{:04X} at line {line}, column {column}. Remove it.",
            u32::from(control)
        )));
    }
    let tokens = token::tokenize(sql)?;
    let tokens: Vec<_> = tokens.into_iter().filter(|token| !token.is_trivia()).collect();
    let mut statements = tokens.split(|token| token.is_punctuation(";")).filter(|statement| !statement.is_empty());
    let Some(statement) = statements.next() else {
        return Err(Error::bad_query(format!("The query is empty. Write one statement: {ALLOWED}.")));
    };
    if let Some(second) = statements.next() {
        return Err(Error::bad_query(format!(
            "The query holds {} statements, the second of which begins with {}. Write exactly one.",
            2 + statements.count(),
            found(second.first()),
        )));
    }
    Statement::new(statement)?.check(policy)
}

/// One statement without comments and blanks.
struct Statement<'t, 's> {
    tokens: &'t [Token<'s>],
    /// For each opening parenthesis, where it closes; elsewhere meaningless.
    closing: Vec<usize>,
}

impl<'t, 's> Statement<'t, 's> {
    fn new(tokens: &'t [Token<'s>]) -> Result<Self> {
        let mut closing = vec![0; tokens.len()];
        let mut open = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            if token.is_punctuation("(") {
                open.push(index);
            } else if token.is_punctuation(")") {
                let opened = open.pop().ok_or_else(|| {
                    Error::bad_query("A closing parenthesis has no opening one. Remove it, or add the opening one.")
                })?;
                if let Some(slot) = closing.get_mut(opened) {
                    *slot = index;
                }
            }
        }
        if let Some(opened) = open.last() {
            let before = opened.checked_sub(1).and_then(|before| tokens.get(before));
            return Err(Error::bad_query(format!(
                "The parenthesis after {} is not closed. Add the closing one.",
                before.map_or("the beginning".to_owned(), |token| found(Some(token)))
            )));
        }
        Ok(Self { tokens, closing })
    }

    fn get(&self, index: usize) -> Option<&Token<'s>> {
        self.tokens.get(index)
    }

    fn is_keyword(&self, index: usize, keyword: &str) -> bool {
        self.get(index).is_some_and(|token| token.is_keyword(keyword))
    }

    fn is_punctuation(&self, index: usize, character: &str) -> bool {
        self.get(index).is_some_and(|token| token.is_punctuation(character))
    }

    /// The index behind the parenthesis that opens at `index`.
    fn behind(&self, index: usize) -> usize {
        self.closing.get(index).map_or(self.tokens.len(), |closing| closing + 1)
    }

    fn check(&self, policy: Policy) -> Result<()> {
        let start = self.explained();
        let begins_with = |keywords: &[&str]| keywords.iter().any(|keyword| self.is_keyword(start, keyword));
        if begins_with(&INSPECTION) {
            return Ok(());
        }
        if begins_with(&["EXECUTE"]) {
            return self.check_execute(start, policy);
        }
        self.check_query(start)
    }

    /// Where the statement begins that is run or explained.
    fn explained(&self) -> usize {
        let mut start = 0;
        while self.is_keyword(start, "EXPLAIN") {
            start += 1;
            for option in ["ANALYZE", "VERBOSE"] {
                start += usize::from(self.is_keyword(start, option));
            }
            // `(TYPE LOGICAL)` is a list of options, `(SELECT 1)` is what is explained.
            let options = ["TYPE", "FORMAT"].iter().any(|option| self.is_keyword(start + 1, option));
            if options && self.is_punctuation(start, "(") {
                start = self.behind(start);
            }
        }
        start
    }

    fn check_execute(&self, start: usize, policy: Policy) -> Result<()> {
        if self.is_keyword(start + 1, "IMMEDIATE") {
            return Err(Error::bad_query(
                "EXECUTE IMMEDIATE runs a statement out of a string, which cannot be checked. Write the statement itself.",
            ));
        }
        if !policy.allow_execute {
            return Err(Error::bad_query(format!(
                "EXECUTE runs a prepared statement, which this data source does not allow. \
                 Write the statement itself. Allowed are {ALLOWED}."
            )));
        }
        Ok(())
    }

    /// Checks the query at `start`, and every query that a WITH names. Queries that wait are kept in a list, not on the
    /// stack: nesting is as deep as whoever wrote the text likes.
    fn check_query(&self, start: usize) -> Result<()> {
        let mut waiting = vec![start];
        while let Some(mut start) = waiting.pop() {
            while self.is_punctuation(start, "(") {
                start += 1;
            }
            if self.is_keyword(start, "WITH") {
                self.named_queries(start + 1, &mut waiting)?;
            } else if !QUERY.iter().any(|keyword| self.is_keyword(start, keyword)) {
                let place =
                    if start == 0 { "The statement begins with" } else { "Where a query should begin there is" };
                return Err(Error::bad_query(format!(
                    "{place} {}. Only statements that read are run: {ALLOWED}.",
                    found(self.get(start))
                )));
            }
        }
        Ok(())
    }

    /// Reads `name [(columns)] AS (query), ...` from `index` on, and adds its queries and the main one to `waiting`.
    fn named_queries(&self, mut index: usize, waiting: &mut Vec<usize>) -> Result<()> {
        if self.is_keyword(index, "RECURSIVE") {
            index += 1;
        }
        loop {
            let name = self.get(index).ok_or_else(|| not_named_query(None))?;
            if !matches!(name.kind, TokenKind::Word | TokenKind::QuotedIdentifier | TokenKind::BackquotedIdentifier) {
                return Err(not_named_query(Some(name)));
            }
            index += 1;
            if self.is_punctuation(index, "(") {
                index = self.behind(index);
            }
            if !self.is_keyword(index, "AS") || !self.is_punctuation(index + 1, "(") {
                let wrong = if self.is_keyword(index, "AS") { index + 1 } else { index };
                return Err(not_named_query(self.get(wrong)));
            }
            waiting.push(index + 2);
            index = self.behind(index + 1);
            if !self.is_punctuation(index, ",") {
                waiting.push(index);
                return Ok(());
            }
            index += 1;
        }
    }
}

fn not_named_query(token: Option<&Token<'_>>) -> Error {
    Error::bad_query(format!(
        "After WITH there is {} where a named query should be. Write WITH name AS (SELECT ...), and then SELECT.",
        found(token)
    ))
}

/// What was found, for an error message.
fn found(token: Option<&Token<'_>>) -> String {
    token.map_or_else(|| "nothing".to_owned(), |token| format!("\"{}\"", excerpt(token.text)))
}

#[cfg(test)]
mod tests;
