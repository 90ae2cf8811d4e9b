//! What a statement leaves behind in its session, as far as its text tells.

/// Whose SQL it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// MySQL, MariaDB.
    MySql,
    /// PostgreSQL.
    Postgres,
}

/// What was seen in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    /// All that it does is to set the session up: `SET …`, `USE …`, with no values of its own.
    pub is_setup: bool,
    /// Something of the session is changed for longer than a transaction: a variable, a temporary table, a lock by name.
    pub changes_session: bool,
    /// It may take numbers from sequences, which `lastval()` would tell of (PostgreSQL).
    pub takes_numbers: bool,
}

/// Statements that begin so change the session.
const CHANGES: [&str; 20] = [
    "SET",
    "USE",
    "LOCK",
    "CALL",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "HANDLER",
    "FLUSH",
    "XA",
    "RESET",
    "LISTEN",
    "UNLISTEN",
    "DECLARE",
    "LOAD",
    "DO",
    "DISCARD",
    "INSTALL",
    "CHANGE",
    "UNLOCK",
];
/// Functions and words that do, wherever they stand.
const WORDS: [&str; 12] = [
    "GET_LOCK",
    "RELEASE_LOCK",
    "RELEASE_ALL_LOCKS",
    "SET_CONFIG",
    "PG_ADVISORY_LOCK",
    "PG_ADVISORY_LOCK_SHARED",
    "PG_TRY_ADVISORY_LOCK",
    "PG_TRY_ADVISORY_LOCK_SHARED",
    "TEMPORARY",
    "TEMP",
    "DBLINK_CONNECT",
    "SETSEED",
];
/// Words that take numbers from sequences.
const NUMBERS: [&str; 5] = ["INSERT", "NEXTVAL", "COPY", "MERGE", "SETVAL"];

/// A bit for each length that a word of the list has: most words are told by that alone.
const fn lengths(list: &[&str]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < list.len() {
        bits |= 1 << list[at].len();
        at += 1;
    }
    bits
}

const CHANGES_LENGTHS: u64 = lengths(&CHANGES);
const WORDS_LENGTHS: u64 = lengths(&WORDS);
const NUMBERS_LENGTHS: u64 = lengths(&NUMBERS);

#[inline]
fn is_one_of(word: &[u8], list: &[&str], lengths: u64) -> bool {
    word.len() < 64 && lengths >> word.len() & 1 != 0 && is_one_of_that_length(word, list)
}

#[cold]
fn is_one_of_that_length(word: &[u8], list: &[&str]) -> bool {
    list.iter()
        .any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// What a byte may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Nothing,
    Word,
    /// Part of a word that has begun.
    Digit,
    Other,
}

const BYTES: [Byte; 256] = {
    let mut bytes = [Byte::Nothing; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        bytes[at] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Byte::Word,
            b'0'..=b'9' => Byte::Digit,
            b'\'' | b'"' | b'`' | b'-' | b'#' | b'/' | b'$' | b';' | b'?' | b':' | b'@' => {
                Byte::Other
            }
            _ => Byte::Nothing,
        };
        at += 1;
    }
    bytes
};

/// The position behind a quoted part that begins at `at`.
fn behind_quotes(text: &[u8], at: usize, dialect: Dialect) -> usize {
    let quote = text[at];
    let mut at = at + 1;
    while at < text.len() {
        match text[at] {
            b'\\' if quote != b'`' && dialect == Dialect::MySql => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

fn behind(text: &[u8], from: usize, end: &[u8]) -> usize {
    text.get(from..)
        .and_then(|rest| rest.windows(end.len()).position(|part| part == end))
        .map_or(text.len(), |found| from + found + end.len())
}

/// PostgreSQL's `$tag$ … $tag$`; `None` where it is something else.
fn behind_dollars(text: &[u8], at: usize) -> Option<usize> {
    let tag = text.get(at + 1..)?;
    let length = tag
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))?;
    if tag.get(length) != Some(&b'$') || tag.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mark = &text[at..at + length + 2];
    Some(behind(text, at + length + 2, mark))
}

/// What nearly all statements are, told at a glance: one that reads or writes rows of MySQL's, without a user's variable
/// and without a function whose name ends as those for locks do.
fn is_plain(text: &[u8]) -> bool {
    const FIRST: [&[u8]; 5] = [b"SELECT ", b"INSERT ", b"UPDATE ", b"DELETE ", b"REPLACE "];
    let is_known = |first: &&[u8]| {
        text.get(..first.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(first))
    };
    FIRST.iter().any(is_known)
        && memchr::memchr3_iter(b'@', b';', b'(', text).all(|at| {
            let before = text[..at].trim_ascii_end();
            text[at] == b'('
                && !matches!(before.last(), Some(b'K' | b'k' | b'S' | b's' | b'`' | b'/'))
        })
}

/// Looks a text over, which may hold several statements. Quoted parts and comments count for nothing.
pub(super) fn look(text: &[u8], dialect: Dialect) -> Seen {
    if dialect == Dialect::MySql && is_plain(text) {
        return Seen::default();
    }
    look_closely(text, dialect)
}

fn look_closely(text: &[u8], dialect: Dialect) -> Seen {
    let mut seen = Seen {
        is_setup: true,
        ..Seen::default()
    };
    let (mut at, mut word_number, mut any, mut is_set, mut has_values) =
        (0, 0, false, false, false);
    while at < text.len() {
        let byte = text[at];
        match BYTES[byte as usize] {
            Byte::Nothing | Byte::Digit => {
                at += 1;
                continue;
            }
            Byte::Word => {
                let begin = at;
                while at < text.len()
                    && matches!(BYTES[text[at] as usize], Byte::Word | Byte::Digit)
                {
                    at += 1;
                }
                let word = &text[begin..at];
                match word_number {
                    0 => {
                        any = true;
                        is_set = word.eq_ignore_ascii_case(b"SET");
                        seen.is_setup &= is_set || word.eq_ignore_ascii_case(b"USE");
                        seen.changes_session |= is_one_of(word, &CHANGES, CHANGES_LENGTHS);
                    }
                    // For the transaction that is open, or the next one.
                    1 if is_set
                        && ["LOCAL", "TRANSACTION", "CONSTRAINTS"]
                            .iter()
                            .any(|own| word.eq_ignore_ascii_case(own.as_bytes())) =>
                    {
                        seen.is_setup = false;
                        seen.changes_session &= dialect == Dialect::MySql;
                    }
                    _ => {}
                }
                seen.changes_session |= is_one_of(word, &WORDS, WORDS_LENGTHS);
                seen.takes_numbers |= is_one_of(word, &NUMBERS, NUMBERS_LENGTHS);
                word_number += 1;
                continue;
            }
            Byte::Other => {}
        }
        match byte {
            b'\'' | b'"' | b'`' => {
                at = behind_quotes(text, at, dialect);
                continue;
            }
            b'-' if text.get(at + 1) == Some(&b'-') => {
                at = behind(text, at, b"\n");
                continue;
            }
            b'#' if dialect == Dialect::MySql => {
                at = behind(text, at, b"\n");
                continue;
            }
            // What follows `/*!` is carried out.
            b'/' if text.get(at + 1) == Some(&b'*') && text.get(at + 2) != Some(&b'!') => {
                at = behind(text, at + 2, b"*/");
                continue;
            }
            b'$' if dialect == Dialect::Postgres => {
                if let Some(end) = behind_dollars(text, at) {
                    at = end;
                    continue;
                }
            }
            b';' => word_number = 0,
            b'?' => has_values = true,
            b':' => {
                let is_name = text
                    .get(at + 1)
                    .is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_');
                has_values |= is_name && (at == 0 || text[at - 1] != b':');
            }
            b'@' if dialect == Dialect::MySql => {
                // Reading a variable of the server's is no change; a user's variable may be one.
                if text.get(at + 1) == Some(&b'@') {
                    at += 1;
                } else {
                    seen.changes_session = true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    seen.is_setup &= any && !has_values;
    seen.takes_numbers &= dialect == Dialect::Postgres;
    seen
}

#[cfg(test)]
mod tests {
    use super::Dialect::{MySql, Postgres};
    use super::*;

    fn changes(text: &str, dialect: Dialect) -> bool {
        look(text.as_bytes(), dialect).changes_session
    }

    fn is_setup(text: &str, dialect: Dialect) -> bool {
        look(text.as_bytes(), dialect).is_setup
    }

    #[test]
    fn plain_statements_leave_nothing() {
        for text in [
            "SELECT * FROM t WHERE a = ? AND mail = 'me@example.com'",
            "insert into t (a) values (\"it's @home\")",
            "START TRANSACTION",
            "select @@version",
            "UPDATE `temporary` SET a = 1 -- set @x",
            "/* SET */ DELETE FROM t # use x",
            "CREATE TABLE t (a INT)",
            "",
        ] {
            assert!(!changes(text, MySql), "{text}");
            assert!(!is_setup(text, MySql), "{text}");
        }
    }

    #[test]
    fn what_stays_in_the_session_is_seen() {
        for text in [
            "SET SESSION sql_mode = ''",
            " (select GET_LOCK('a', 1))",
            "create temporary table t (a int)",
            "SELECT @a := 1",
            "SELECT 1; SET @x = 1",
            "/*!50000 SET @x = 1 */",
            "LOCK TABLES t WRITE",
            "SELECT 'it\\'s', get_lock('x', 0)",
        ] {
            assert!(changes(text, MySql), "{text}");
        }
        for text in [
            "SET search_path TO x",
            "LISTEN jobs",
            "CREATE TEMP TABLE t (a int)",
            "SELECT pg_advisory_lock(1)",
            "select set_config('a.b', 'c', false)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "DO $$ begin end $$",
        ] {
            assert!(changes(text, Postgres), "{text}");
        }
    }

    #[test]
    fn a_glance_sees_no_more_than_a_closer_look() {
        for text in [
            "SELECT v FROM t WHERE id = 1",
            "insert into t (a, b) values (?, ?)",
            "INSERT INTO keys (a) VALUES (1)",
            "select get_lock ('x', 1)",
            "SELECT RELEASE_ALL_LOCKS()",
            "SELECT GET_LOCK/**/('x', 1)",
            "SELECT '@', ';'",
            "SELECT 1; SET x = 1",
            "SELECT ?",
        ] {
            assert_eq!(
                look(text.as_bytes(), MySql),
                look_closely(text.as_bytes(), MySql),
                "{text}"
            );
        }
        assert!(is_plain(
            b"SELECT v FROM t WHERE id = 1 AND (a = ? OR b IN (2))"
        ));
    }

    #[test]
    fn settings_of_a_transaction_end_with_it() {
        assert!(!changes("SET LOCAL work_mem = '1MB'", Postgres));
        assert!(!changes(
            "set transaction isolation level serializable",
            Postgres
        ));
        assert!(!is_setup("SET LOCAL work_mem = '1MB'", Postgres));
        // MySQL keeps it for the next one, which may be somebody else's.
        assert!(changes(
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            MySql
        ));
    }

    #[test]
    fn setting_up_is_told_from_work() {
        assert!(is_setup(
            "set names 'utf8mb4' collate 'utf8mb4_unicode_ci'",
            MySql
        ));
        assert!(is_setup("use `test`;", MySql));
        assert!(is_setup("SET NAMES 'UTF8', SESSION sql_mode='x'", MySql));
        assert!(!is_setup("SET @a = ?", MySql));
        assert!(!is_setup("SET search_path TO :path", Postgres));
        assert!(is_setup("set time zone 'UTC'", Postgres));
        assert!(!is_setup("SET a = 1; SELECT 1", Postgres));
    }

    #[test]
    fn quotes_of_postgres_are_skipped() {
        assert!(!changes(
            "SELECT $$ SET x $$, $a$ get_lock $$ $a$",
            Postgres
        ));
        assert!(!changes(
            "SELECT $1, 'a\\', 'b' FROM t WHERE x @> '{}'",
            Postgres
        ));
        assert!(!changes("SELECT a::text FROM t", Postgres));
    }

    #[test]
    fn numbers_from_sequences_are_seen() {
        assert!(look(b"INSERT INTO t DEFAULT VALUES", Postgres).takes_numbers);
        assert!(look(b"WITH a AS (insert into t values (1)) SELECT 1", Postgres).takes_numbers);
        assert!(look(b"SELECT nextval('s')", Postgres).takes_numbers);
        assert!(!look(b"SELECT 'insert'", Postgres).takes_numbers);
        assert!(!look(b"INSERT INTO t VALUES (1)", MySql).takes_numbers);
    }
}
