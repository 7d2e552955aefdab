//! What the guard passes and what it refuses. The refusals' texts are in `tests/malformed/sql.json`.

use proptest::{prelude::*, sample::select};

use super::*;

const READING: &[&str] = &[
    "SELECT 1",
    "select 1;",
    "SELECT 1 -- one; DROP TABLE x",
    "-- first\n/* ; */ SELECT 1 /* DROP TABLE x */;",
    "(SELECT 1)",
    "((SELECT 1) UNION (SELECT 2)) ORDER BY 1",
    "VALUES (1, 'a'), (2, 'b')",
    "TABLE contacts",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "WITH a (x, y) AS (SELECT 1, 2), \"b\" AS ((VALUES 1)) TABLE a",
    "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT sum(n) FROM t",
    "WITH delete AS (WITH update AS (SELECT 1) SELECT * FROM update) (SELECT * FROM delete)",
    "SHOW TABLES",
    "SHOW PARTITIONS contacts",
    "SHOW CREATE TABLE contacts",
    "SHOW MEASURES FROM \"my-db\".\"contacts\" LIKE '%a%'",
    "DESCRIBE contacts",
    "DESC contacts",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN ANALYZE VERBOSE WITH a AS (SELECT 1) TABLE a",
    "EXPLAIN (TYPE DISTRIBUTED, FORMAT JSON) SELECT 1",
    "EXPLAIN ANALYZE (FORMAT JSON) SELECT 1",
    "EXPLAIN (SELECT 1)",
    "EXPLAIN SHOW TABLES",
    "SELECT * FROM \"delete\"",
    "SELECT update, \"drop\", `insert` FROM t",
    "SELECT 'DELETE FROM x; DROP TABLE y' AS text",
    "SELECT * FROM t WHERE note = 'it''s; over'",
    "SELECT bin(time, 5m), measure_value::double FROM t WHERE time > ago(1h)",
    "SELECT transform(a, x -> x + 1), filter(b, (x, y) -> x > y) FROM t",
    "SELECT CREATE_TIME_SERIES(time, measure_value::bigint) FROM t GROUP BY 1",
    "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a ORDER BY b PATTERN (^ A B+ C? $) DEFINE B AS B.x > PREV(B.x))",
    "SELECT * FROM t CROSS JOIN UNNEST(sequence(1, 3)) WITH ORDINALITY AS u (n, i)",
    "SELECT * FROM t TABLESAMPLE BERNOULLI (10)",
    "SELECT a, count(*) FILTER (WHERE b) FROM t GROUP BY GROUPING SETS ((a), ())",
    "SELECT ARRAY[1, 2][1], MAP(ARRAY['a'], ARRAY[1])['a'], ROW(1, 2), DECIMAL '1.5', X'65683F', U&'\\0041'",
    "SELECT \"$path\" FROM t FOR TIMESTAMP AS OF TIMESTAMP '2026-01-01 00:00:00 UTC'",
    "SELECT * FROM TABLE(system.query(query => 'SELECT 1'))",
    "SELECT CAST(a AS ROW(b bigint, c array(varchar))), TRY(1/0), x IS NOT DISTINCT FROM y FROM t OFFSET 5 LIMIT 10",
    "SELECT date_trunc('hour', t AT TIME ZONE 'Europe/London'), INTERVAL '5' MINUTE, 1e-3, .5 FROM t",
];

const WRITING: &[&str] = &[
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE",
    "TRUNCATE TABLE t",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW v AS SELECT 1",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMNS (a int)",
    "GRANT SELECT ON t TO u",
    "REVOKE SELECT ON t FROM u",
    "CALL system.sync()",
    "PREPARE p FROM SELECT 1",
    "DEALLOCATE PREPARE p",
    "SET SESSION a = 1",
    "RESET SESSION a",
    "USE connect",
    "MSCK REPAIR TABLE t",
    "VACUUM t",
    "OPTIMIZE t REWRITE DATA USING BIN_PACK",
    "REFRESH MATERIALIZED VIEW v",
    "ANALYZE t",
    "COMMENT ON TABLE t IS 'x'",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "LOAD DATA INPATH 'x'",
    "EXPORT TABLE t",
    "UNLOAD (SELECT * FROM t) TO 's3://bucket/' WITH (format = 'PARQUET')",
    "USING EXTERNAL FUNCTION f(x int) RETURNS int LAMBDA 'l' SELECT f(1)",
    "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
    "WITH a AS (SELECT 1) DELETE FROM t",
    "WITH a AS (DELETE FROM t) SELECT 1",
    "WITH a AS (SELECT 1), b AS (WITH c AS (DROP TABLE t) SELECT 1) SELECT 1",
    "WITH a AS (SELECT 1) SHOW TABLES",
    "WITH a AS (SELECT 1)",
    "WITH FUNCTION f(x bigint) RETURNS bigint RETURN x + 1 SELECT f(1)",
    "(DELETE FROM t)",
    "((INSERT INTO t SELECT 1))",
    "(SHOW TABLES)",
    "EXPLAIN DELETE FROM t",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN ANALYZE VERBOSE INSERT INTO t SELECT 1",
    "EXPLAIN (TYPE LOGICAL) DROP TABLE t",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "EXECUTE p USING 1",
    "EXECUTE IMMEDIATE 'SELECT 1'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
    "SELECT 1; DROP TABLE t;",
    // Trino ends a line comment at either character of a line's end, and a block comment at its first end.
    "SELECT 1 -- x\r; DROP TABLE t",
    "-- SELECT 1\rDROP TABLE t",
    "/* /* */ DROP TABLE t -- */ SELECT 1",
    "SELECT 'a\\'; DROP TABLE t; --'",
    "\"SELECT\" 1",
    "'SELECT' 1",
    "SELECTED 1",
    "1",
    "",
    "-- nothing",
];

#[test]
fn statements_that_read_pass() {
    for sql in READING {
        assert_eq!(check(sql, Policy::default()), Ok(()), "{sql}");
    }
}

#[test]
fn everything_else_is_refused() {
    for sql in WRITING.iter().chain([&" ; "]) {
        assert!(check(sql, Policy::default()).is_err(), "{sql}");
    }
}

#[test]
fn execute_passes_only_where_it_is_enabled() {
    let policy = Policy { allow_execute: true };
    for sql in ["EXECUTE p", "execute p USING 1, 'a'", "EXPLAIN EXECUTE p"] {
        assert_eq!(check(sql, policy), Ok(()), "{sql}");
        assert!(check(sql, Policy::default()).unwrap_err().message().contains("prepared statement"), "{sql}");
    }
    assert!(check("EXECUTE IMMEDIATE 'DROP TABLE t'", policy).unwrap_err().message().contains("out of a string"));
    assert!(check("DROP TABLE t", policy).is_err());
}

#[test]
fn control_characters_are_refused_wherever_they_are() {
    for sql in ["SELECT\0 1", "SELECT '\u{1}'", "SELECT 1 -- \u{7f}", "SELECT \"\u{85}\"", "SELECT 1\u{c}"] {
        let error = check(sql, Policy::default()).unwrap_err();
        assert!(error.message().contains("control character U+"), "{error}");
    }
    assert_eq!(check("SELECT\t1,\r\n2", Policy::default()), Ok(()));
}

#[test]
fn lengths_are_counted_in_bytes() {
    let fits = format!("SELECT '{}'", "x".repeat(262_144 - 9));
    assert_eq!(check(&fits, Policy::default()), Ok(()));
    assert!(check(&format!("{fits} "), Policy::default()).unwrap_err().message().contains("at most 262144"));
}

proptest! {
    #[test]
    fn comments_and_blanks_change_no_verdict(
        sql in select([READING, WRITING].concat()),
        fillers in prop::collection::vec(select(vec![" ", "\n", "\t\r\n", " /* ; DROP */ ", " -- '\" (\n", " -- /*\r"]), 80),
    ) {
        let tokens = token::tokenize(sql).unwrap();
        let filled: String = tokens.iter().zip(fillers.iter().cycle()).fold(String::new(), |mut filled, (token, filler)| {
            filled.push_str(filler);
            // A comment at the very end needs no line end, but what is added behind it does.
            filled.push_str(token.text);
            if token.kind == TokenKind::Comment {
                filled.push('\n');
            }
            filled
        });
        prop_assert_eq!(check(&filled, Policy::default()).is_ok(), check(sql, Policy::default()).is_ok(), "{}", filled);
    }

    #[test]
    fn letter_case_changes_no_verdict(sql in select([READING, WRITING].concat())) {
        let verdict = check(sql, Policy::default()).is_ok();
        prop_assert_eq!(check(&sql.to_ascii_lowercase(), Policy::default()).is_ok(), verdict);
        prop_assert_eq!(check(&sql.to_ascii_uppercase(), Policy::default()).is_ok(), verdict);
    }

    #[test]
    fn nothing_panics(sql in r#"(WITH|AS|SELECT|EXPLAIN|ANALYZE|EXECUTE|TYPE|a|[-/*'"`(),; ]|\PC|\x00){0,40}"#) {
        let _ = check(&sql, Policy { allow_execute: true });
    }
}
