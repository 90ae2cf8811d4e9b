//! Which statements only read, so that a replica may answer them.

use crate::Dialect;
use crate::shape::{dollar_tag, end_of_quoted, is_word};

/// Words that make a statement one for the primary, wherever they stand: it changes something, locks something, or asks
/// for what belongs to a session.
const PRIMARY: [&str; 34] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "MERGE",
    "INTO",
    "LOCK",
    "SHARE",
    "CALL",
    "TRUNCATE",
    "GET_LOCK",
    "RELEASE_LOCK",
    "RELEASE_ALL_LOCKS",
    "IS_FREE_LOCK",
    "IS_USED_LOCK",
    "LAST_INSERT_ID",
    "ROW_COUNT",
    "FOUND_ROWS",
    "SQL_CALC_FOUND_ROWS",
    "CONNECTION_ID",
    "NEXTVAL",
    "SETVAL",
    "CURRVAL",
    "LASTVAL",
    "SET_CONFIG",
    "CURRENT_SETTING",
    "PG_NOTIFY",
    "PG_BACKEND_PID",
    "PG_ADVISORY_LOCK",
    "PG_ADVISORY_XACT_LOCK",
    "PG_TRY_ADVISORY_LOCK",
    "PG_ADVISORY_UNLOCK",
    "TXID_CURRENT",
    "PG_CURRENT_XACT_ID",
];

/// Does it only read what every session would read?
pub(crate) fn only_reads(sql: &str, dialect: Dialect) -> bool {
    let bytes = sql.as_bytes();
    let mut at = 0;
    let mut is_first = true;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match byte {
            b'\'' => at = end_of_quoted(bytes, at, dialect == Dialect::MySql),
            b'"' => at = end_of_quoted(bytes, at, dialect == Dialect::MySql),
            b'`' => at = end_of_quoted(bytes, at, false),
            b'-' if next == Some(b'-') => at = line_end(bytes, at),
            b'#' if dialect == Dialect::MySql => at = line_end(bytes, at),
            b'/' if next == Some(b'*') => {
                // What MySQL reads of a comment may be anything.
                if matches!(bytes.get(at + 2), Some(b'!' | b'M')) {
                    return false;
                }
                let end = memchr::memmem::find(&bytes[at + 2..], b"*/");
                at = end.map_or(bytes.len(), |end| at + end + 4);
            }
            b'$' if dialect == Dialect::Postgres && dollar_tag(bytes, at).is_some() => {
                return false;
            }
            // A variable of the session, or an operator of PostgreSQL.
            b'@' if dialect == Dialect::MySql => return false,
            // Another statement may follow.
            b';' => return bytes[at + 1..].iter().all(u8::is_ascii_whitespace) && !is_first,
            _ if is_word(byte) && !byte.is_ascii_digit() => {
                let from = at;
                while bytes.get(at).copied().is_some_and(is_word) {
                    at += 1;
                }
                let word = &sql[from..at];
                let is = |known: &str| known.eq_ignore_ascii_case(word);
                if is_first
                    && ![
                        "SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "VALUES", "TABLE", "WITH",
                    ]
                    .into_iter()
                    .any(is)
                {
                    return false;
                }
                is_first = false;
                if PRIMARY.into_iter().any(is) {
                    return false;
                }
            }
            _ => at += 1,
        }
    }
    !is_first
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_replicas() {
        for sql in [
            "SELECT 1",
            " (select * from t)",
            "-- why\nSELECT 1",
            "/* why */ SELECT 'insert into' AS \"delete\"",
            "SHOW TABLES",
            "WITH a AS (SELECT 1) SELECT * FROM a;  ",
            "EXPLAIN SELECT 1",
            "SELECT `update` FROM t -- for update\n",
        ] {
            assert!(only_reads(sql, Dialect::MySql), "{sql}");
        }
        for sql in [
            "",
            ";",
            "INSERT INTO t VALUES (1)",
            "SELECT * FROM t FOR UPDATE",
            "select * from t lock in share mode",
            "SELECT * FROM t FOR SHARE",
            "SELECT 1 INTO @a",
            "SELECT @a",
            "SELECT @@version",
            "SELECT GET_LOCK('a', 1)",
            "SELECT last_insert_id()",
            "SET @a = 1",
            "SELECT 1; DELETE FROM t",
            "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
            "/*! INSERT */ SELECT 1",
            "CREATE TABLE t (x INT)",
            "BEGIN",
            "EXPLAIN ANALYZE DELETE FROM t",
            "SELECT nextval('s')",
            "CALL p()",
        ] {
            assert!(!only_reads(sql, Dialect::MySql), "{sql}");
        }
        assert!(only_reads("SELECT a @> '{1}' FROM t", Dialect::Postgres));
        assert!(!only_reads("SELECT pg_advisory_lock(1)", Dialect::Postgres));
    }
}
