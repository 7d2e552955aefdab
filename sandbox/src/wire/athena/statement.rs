//! What sort of statement a text is, by its first word: that decides how Athena writes its result.

/// How Athena files a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementType {
    /// SELECT and its kin: a CSV with a header.
    Dml,
    /// SHOW, DESCRIBE, EXPLAIN: plain text without one.
    Utility,
    /// CREATE and its kin.
    Ddl,
}

impl StatementType {
    /// Files `sql`.
    pub(super) fn of(sql: &str) -> Self {
        match first_word(sql).as_str() {
            "SELECT" | "WITH" | "VALUES" | "TABLE" | "EXECUTE" | "INSERT" | "UNLOAD" => Self::Dml,
            "SHOW" | "DESCRIBE" | "DESC" | "EXPLAIN" => Self::Utility,
            _ => Self::Ddl,
        }
    }

    /// The value of `StatementType`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Dml => "DML",
            Self::Utility => "UTILITY",
            Self::Ddl => "DDL",
        }
    }

    /// The result file's extension.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Dml => "csv",
            Self::Utility | Self::Ddl => "txt",
        }
    }
}

/// The first word after comments and opening parentheses, in capitals.
pub(super) fn first_word(sql: &str) -> String {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
        }
    }
}

/// Whether the same text may give another result another time, so that Athena does not reuse one.
pub(super) fn is_repeatable(sql: &str) -> bool {
    const MOVING: [&str; 8] =
        ["now(", "current_timestamp", "current_date", "current_time", "localtimestamp", "random(", "rand(", "uuid("];
    let sql = sql.to_lowercase();
    let moves = MOVING.iter().any(|function| sql.contains(function));
    let unordered_limit = sql.contains("limit ") && !sql.contains("order by");
    !moves && !unordered_limit && matches!(first_word(&sql).as_str(), "SELECT" | "WITH" | "EXECUTE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_decides() {
        for (sql, expected) in [
            ("SELECT 1", StatementType::Dml),
            ("-- why\n/* how */ (with a as (select 1) select * from a)", StatementType::Dml),
            ("values 1", StatementType::Dml),
            ("SHOW TABLES", StatementType::Utility),
            ("describe t", StatementType::Utility),
            ("explain select 1", StatementType::Utility),
            ("create table t (a int)", StatementType::Ddl),
            ("/* never ends", StatementType::Ddl),
            ("", StatementType::Ddl),
        ] {
            assert_eq!(StatementType::of(sql), expected, "{sql}");
        }
    }

    #[test]
    fn moving_statements_are_not_reused() {
        for (sql, repeatable) in [
            ("SELECT 1", true),
            ("SELECT a FROM t ORDER BY a LIMIT 3", true),
            ("SELECT a FROM t LIMIT 3", false),
            ("SELECT now()", false),
            ("SHOW TABLES", false),
        ] {
            assert_eq!(is_repeatable(sql), repeatable, "{sql}");
        }
    }
}
