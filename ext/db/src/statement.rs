//! Statements: one way to write places for values, whatever the database.
//!
//! `?` stands for the next value, `:name` for one by its name, `??` for a question mark of the database's own.
//! Quoted text, comments and `::` are left alone.

use crate::reading::only_reads;
use crate::shape::{dollar_tag, end_of_quoted, is_word};
use crate::{Error, shape};
use std::cell::OnceCell;

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite
    Sqlite,
    /// MySQL and MariaDB
    MySql,
    /// PostgreSQL
    Postgres,
}

/// Where the values of a statement come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// In their order; so many.
    Ordered(usize),
    /// By their names; one may stand in several places.
    Named(Vec<Box<str>>),
}

/// A statement as its database takes it.
#[derive(Debug)]
pub struct Statement {
    /// As it was written.
    source: Box<str>,
    /// As it is sent.
    sql: Box<str>,
    places: Places,
    shape: OnceCell<Box<str>>,
    dialect: Dialect,
    only_reads: OnceCell<bool>,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// `?` and `:name` in one statement.
    pub fn parse(source: &str, dialect: Dialect) -> Result<Self, Error> {
        let bytes = source.as_bytes();
        let mut sql: Vec<u8> = Vec::with_capacity(bytes.len() + 16);
        let mut ordered = 0;
        let mut names: Vec<Box<str>> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied();
            let end = match byte {
                b'\'' => {
                    end_of_quoted(bytes, at, dialect == Dialect::MySql || is_escape(bytes, at))
                }
                b'"' => end_of_quoted(bytes, at, dialect == Dialect::MySql),
                b'`' if dialect != Dialect::Postgres => end_of_quoted(bytes, at, false),
                b'-' if next == Some(b'-') => line_end(bytes, at),
                b'#' if dialect == Dialect::MySql => line_end(bytes, at),
                b'/' if next == Some(b'*') => {
                    let found = memchr::memmem::find(&bytes[at + 2..], b"*/");
                    found.map_or(bytes.len(), |found| at + found + 4)
                }
                b'$' if dialect == Dialect::Postgres => match dollar_tag(bytes, at) {
                    Some(tag) => {
                        let tag_end = at + tag;
                        let found = memchr::memmem::find(&bytes[tag_end..], &bytes[at..tag_end]);
                        found.map_or(bytes.len(), |found| tag_end + found + tag)
                    }
                    None => at + 1,
                },
                b':' if next == Some(b':') => at + 2,
                b'?' if next == Some(b'?') => {
                    sql.push(b'?');
                    at += 2;
                    continue;
                }
                b'?' if !next.is_some_and(|b| b.is_ascii_digit()) => {
                    ordered += 1;
                    place(&mut sql, dialect, ordered);
                    at += 1;
                    continue;
                }
                b':' if next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
                    && !at
                        .checked_sub(1)
                        .is_some_and(|before| is_word(bytes[before])) =>
                {
                    let mut end = at + 1;
                    while end < bytes.len() && is_word(bytes[end]) {
                        end += 1;
                    }
                    let name = &source[at + 1..end];
                    at = end;
                    let known = names.iter().position(|known| **known == *name);
                    if dialect == Dialect::Postgres {
                        let number = known.unwrap_or(names.len());
                        if known.is_none() {
                            names.push(name.into());
                        }
                        place(&mut sql, dialect, number + 1);
                    } else {
                        names.push(name.into());
                        place(&mut sql, dialect, names.len());
                    }
                    continue;
                }
                _ => at + 1,
            };
            sql.extend_from_slice(&bytes[at..end]);
            at = end;
        }
        if ordered > 0 && !names.is_empty() {
            return Err(Error::usage(
                "a statement has ? or :names for its values, not both; ?? is a question mark of the database's own",
            ));
        }
        Ok(Self {
            // What was cut out and put in is ASCII.
            sql: String::from_utf8_lossy(&sql).into(),
            source: source.into(),
            places: match names.is_empty() {
                true => Places::Ordered(ordered),
                false => Places::Named(names),
            },
            shape: OnceCell::new(),
            dialect,
            only_reads: OnceCell::new(),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// As its database takes it.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Where its values come from.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Does it only read what every session would read?
    pub(crate) fn only_reads(&self) -> bool {
        *self
            .only_reads
            .get_or_init(|| only_reads(&self.source, self.dialect))
    }

    /// What it looks like without its values.
    pub fn shape(&self) -> &str {
        self.shape.get_or_init(|| shape::shape(&self.source).into())
    }
}

/// `E'…'` of PostgreSQL knows backslashes.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    let letter = at.checked_sub(1).map(|before| bytes[before]);
    let before = at.checked_sub(2).map(|before| bytes[before]);
    matches!(letter, Some(b'e' | b'E')) && !before.is_some_and(is_word)
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |found| from + found)
}

fn place(sql: &mut Vec<u8>, dialect: Dialect, number: usize) {
    match dialect {
        Dialect::Postgres => sql.extend_from_slice(format!("${number}").as_bytes()),
        _ => sql.push(b'?'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str, dialect: Dialect) -> (String, Places) {
        let parsed = Statement::parse(text, dialect).unwrap();
        (parsed.sql().to_owned(), parsed.places().clone())
    }

    #[test]
    fn places_become_the_databases_own() {
        let text =
            "SELECT '?', \"a?\" FROM t -- ?\nWHERE a = ? AND b ?? 'x' /* ? */ AND c = ?::int";
        let (postgres, places) = sql(text, Dialect::Postgres);
        assert_eq!(
            postgres,
            "SELECT '?', \"a?\" FROM t -- ?\nWHERE a = $1 AND b ? 'x' /* ? */ AND c = $2::int"
        );
        assert_eq!(places, Places::Ordered(2));
        assert_eq!(
            sql("SELECT $q$ ? $q$, ?", Dialect::Postgres).0,
            "SELECT $q$ ? $q$, $1"
        );
        assert_eq!(
            sql(r"SELECT '\'?', ?", Dialect::MySql).1,
            Places::Ordered(1)
        );
        assert_eq!(sql(r"SELECT '\', ?", Dialect::Sqlite).1, Places::Ordered(1));
        assert_eq!(
            sql(r"SELECT E'\'', ?", Dialect::Postgres).1,
            Places::Ordered(1)
        );
    }

    #[test]
    fn names_may_repeat() {
        let text = "SELECT :a, :b, :a, x::text, '12:30', @v:=1";
        let (mysql, places) = sql(text, Dialect::MySql);
        assert_eq!(mysql, "SELECT ?, ?, ?, x::text, '12:30', @v:=1");
        assert_eq!(
            places,
            Places::Named(vec!["a".into(), "b".into(), "a".into()])
        );
        let (postgres, places) = sql(text, Dialect::Postgres);
        assert_eq!(postgres, "SELECT $1, $2, $1, x::text, '12:30', @v:=1");
        assert_eq!(places, Places::Named(vec!["a".into(), "b".into()]));
        assert!(Statement::parse("SELECT ?, :a", Dialect::MySql).is_err());
    }

    #[test]
    fn nothing_breaks_it() {
        let mut seed = 7_u64;
        let letters = b"?:'\"`$a1-/*#\\ \n;E";
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(letters[(seed >> 33) as usize % letters.len()] as char);
            }
            for dialect in [Dialect::Sqlite, Dialect::MySql, Dialect::Postgres] {
                let _ = Statement::parse(&text, dialect).map(|s| s.shape().len());
            }
        }
    }
}
