//! Queries as text.

use super::{Condition, Lock, Name, Operand, Query, Test};
use crate::{Dialect, Error};

/// A statement's text, with its values in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Text<V> {
    pub(super) dialect: Dialect,
    /// With `?` where values belong.
    pub sql: String,
    /// The values.
    pub values: Vec<V>,
}

impl<V: Clone> Text<V> {
    /// No text yet.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sql: String::new(),
            values: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self
    }

    pub(super) fn value(&mut self, value: &V) {
        self.sql.push('?');
        self.values.push(value.clone());
    }

    fn part(&mut self, part: &str) {
        let quote = match self.dialect {
            Dialect::MySql => '`',
            _ => '"',
        };
        self.sql.push(quote);
        for letter in part.chars() {
            self.sql.push(letter);
            if letter == quote {
                self.sql.push(quote);
            }
        }
        self.sql.push(quote);
    }

    /// A name, its parts quoted; `*` stays.
    pub(super) fn quoted(&mut self, name: &str) -> Result<(), Error> {
        let name = name.trim();
        if name.is_empty() || name.contains('\0') {
            return Err(Error::usage("a table or column needs a name"));
        }
        for (at, part) in name.split('.').enumerate() {
            if at > 0 {
                self.sql.push('.');
            }
            match part {
                "*" => self.sql.push('*'),
                "" => {
                    return Err(Error::usage(format!(
                        "'{name}' is no name of a table or column: a part of it is empty"
                    )));
                }
                part => self.part(part),
            }
        }
        Ok(())
    }

    /// Another name for something.
    ///
    /// # Errors
    /// That it is none.
    pub fn alias(&mut self, name: &str) -> Result<(), Error> {
        self.quoted(name)
    }

    /// A name with its `as`, or text.
    pub(super) fn name(&mut self, name: &Name<V>) -> Result<(), Error> {
        match name {
            Name::Raw(text, values) => {
                self.push(text);
                self.values.extend(values.iter().cloned());
                Ok(())
            }
            Name::Plain(name) => {
                let lower = name.to_ascii_lowercase();
                match lower.rfind(" as ") {
                    Some(at) => {
                        self.quoted(&name[..at])?;
                        self.push(" AS ");
                        self.quoted(&name[at + 4..])
                    }
                    None => self.quoted(name),
                }
            }
        }
    }

    pub(super) fn names(&mut self, names: &[Name<V>]) -> Result<(), Error> {
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.name(name)?;
        }
        Ok(())
    }

    pub(super) fn conditions(
        &mut self,
        keyword: &str,
        conditions: &[Condition<V>],
    ) -> Result<(), Error> {
        if conditions.is_empty() {
            return Ok(());
        }
        self.push(keyword);
        for (at, condition) in conditions.iter().enumerate() {
            if at > 0 {
                self.push(if condition.is_or { " OR " } else { " AND " });
            }
            self.test(&condition.test)?;
        }
        Ok(())
    }

    fn test(&mut self, test: &Test<V>) -> Result<(), Error> {
        let not = |is_not: &bool| if *is_not { " NOT" } else { "" };
        match test {
            Test::Compare(name, operator, operand) => {
                self.name(name)?;
                self.push(" ").push(operator).push(" ");
                match operand {
                    Operand::Value(value) => self.value(value),
                    Operand::Name(name) => self.name(name)?,
                }
            }
            // Nothing is one of none.
            Test::In(_, values, is_not) if values.is_empty() => {
                self.push(if *is_not { "1 = 1" } else { "1 = 0" });
            }
            Test::In(name, values, is_not) => {
                self.name(name)?;
                self.push(not(is_not)).push(" IN (");
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        self.push(", ");
                    }
                    self.value(value);
                }
                self.push(")");
            }
            Test::InQuery(name, query, is_not) => {
                self.name(name)?;
                self.push(not(is_not)).push(" IN (");
                self.select(query)?;
                self.push(")");
            }
            Test::Null(name, is_not) => {
                self.name(name)?;
                self.push(if *is_not { " IS NOT NULL" } else { " IS NULL" });
            }
            Test::Between(name, from, to, is_not) => {
                self.name(name)?;
                self.push(not(is_not)).push(" BETWEEN ");
                self.value(from);
                self.push(" AND ");
                self.value(to);
            }
            Test::Exists(query, is_not) => {
                self.push(if *is_not { "NOT EXISTS (" } else { "EXISTS (" });
                self.select(query)?;
                self.push(")");
            }
            Test::Raw(text, values) => {
                // Whatever belongs to it must not reach what follows.
                self.push("(").push(text).push(")");
                self.values.extend(values.iter().cloned());
            }
            Test::Group(conditions, is_not) => {
                if conditions.is_empty() {
                    self.push("1 = 1");
                    return Ok(());
                }
                self.push(if *is_not { "NOT " } else { "" });
                self.conditions("(", conditions)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// `SELECT …`
    ///
    /// # Errors
    /// A name that is none.
    pub fn select(&mut self, query: &Query<V>) -> Result<(), Error> {
        self.push("SELECT ");
        if query.is_distinct {
            self.push("DISTINCT ");
        }
        match query.columns.is_empty() {
            true => {
                self.push("*");
            }
            false => self.names(&query.columns)?,
        }
        self.push(" FROM ");
        self.name(&query.table)?;
        for join in &query.joins {
            self.push(" ").push(join.kind).push(" JOIN ");
            self.name(&join.table)?;
            self.conditions(" ON ", &join.on)?;
        }
        self.conditions(" WHERE ", &query.conditions)?;
        if !query.groups.is_empty() {
            self.push(" GROUP BY ");
            self.names(&query.groups)?;
        }
        self.conditions(" HAVING ", &query.havings)?;
        for (other, is_all) in &query.unions {
            self.push(if *is_all { " UNION ALL " } else { " UNION " });
            let is_bound = other.limit.is_some() || !other.orders.is_empty();
            if is_bound && self.dialect == Dialect::Sqlite {
                self.push("SELECT * FROM (");
                self.select(other)?;
                self.push(")");
            } else if is_bound {
                self.push("(");
                self.select(other)?;
                self.push(")");
            } else {
                self.select(other)?;
            }
        }
        self.orders(query)?;
        self.limits(query);
        match (query.lock, self.dialect) {
            // A writer of SQLite has the whole database for itself.
            (None, _) | (_, Dialect::Sqlite) => {}
            (Some(Lock::Update), _) => {
                self.push(" FOR UPDATE");
            }
            (Some(Lock::Shared), Dialect::MySql) => {
                self.push(" LOCK IN SHARE MODE");
            }
            (Some(Lock::Shared), Dialect::Postgres) => {
                self.push(" FOR SHARE");
            }
        }
        Ok(())
    }

    pub(super) fn orders(&mut self, query: &Query<V>) -> Result<(), Error> {
        for (at, (name, is_down)) in query.orders.iter().enumerate() {
            self.push(if at == 0 { " ORDER BY " } else { ", " });
            self.name(name)?;
            self.push(if *is_down { " DESC" } else { "" });
        }
        Ok(())
    }

    pub(super) fn limits(&mut self, query: &Query<V>) {
        match (query.limit, query.offset, self.dialect) {
            (Some(limit), ..) => {
                self.push(&format!(" LIMIT {limit}"));
            }
            // These know no offset by itself.
            (None, Some(_), Dialect::MySql) => {
                self.push(" LIMIT 18446744073709551615");
            }
            (None, Some(_), Dialect::Sqlite) => {
                self.push(" LIMIT -1");
            }
            _ => {}
        }
        if let Some(offset) = query.offset {
            self.push(&format!(" OFFSET {offset}"));
        }
    }

    /// `SELECT function(column) AS aggregate …`: of the rows that the query would give.
    ///
    /// # Errors
    /// A name that is none.
    pub fn aggregate(
        &mut self,
        query: &Query<V>,
        function: &str,
        column: &Name<V>,
    ) -> Result<(), Error> {
        let is_plain = query.groups.is_empty()
            && query.havings.is_empty()
            && query.unions.is_empty()
            && query.limit.is_none()
            && query.offset.is_none()
            && !query.is_distinct;
        if is_plain {
            let mut call = Self::new(self.dialect);
            call.push(function).push("(");
            call.name(column)?;
            call.push(") AS ");
            call.quoted("aggregate")?;
            let mut query = query.clone();
            query.columns = vec![Name::Raw(call.sql, call.values)];
            query.orders.clear();
            return self.select(&query);
        }
        let mut inner = query.clone();
        inner.lock = None;
        if inner.limit.is_none() && inner.offset.is_none() {
            inner.orders.clear();
        }
        self.push("SELECT ").push(function).push("(");
        self.name(column)?;
        self.push(") AS ");
        self.quoted("aggregate")?;
        self.push(" FROM (");
        self.select(&inner)?;
        self.push(") AS ");
        self.quoted("rows")
    }

    /// `SELECT EXISTS (…)`
    ///
    /// # Errors
    /// A name that is none.
    pub fn exists(&mut self, query: &Query<V>) -> Result<(), Error> {
        self.push("SELECT EXISTS (");
        self.select(query)?;
        self.push(") AS ");
        self.quoted("exists")
    }
}
