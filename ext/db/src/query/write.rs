//! Statements that change rows, as text.

use super::{Name, Operand, Query, Text};
use crate::{Dialect, Error};

impl<V: Clone> Text<V> {
    fn columns(&mut self, columns: &[String]) -> Result<(), Error> {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.quoted(column)?;
        }
        Ok(())
    }

    /// `INSERT INTO … VALUES …`; where rows are there already they stay, if `is_ignoring`.
    ///
    /// # Errors
    /// A name that is none, or a row that has not as many values as there are columns.
    pub fn insert(
        &mut self,
        table: &Name<V>,
        columns: &[String],
        rows: &[Vec<V>],
        is_ignoring: bool,
    ) -> Result<(), Error> {
        let ignore = is_ignoring && self.dialect == Dialect::MySql;
        self.push(if ignore {
            "INSERT IGNORE INTO "
        } else {
            "INSERT INTO "
        });
        self.name(table)?;
        if columns.is_empty() {
            self.push(match self.dialect {
                Dialect::MySql => " () VALUES ()",
                _ => " DEFAULT VALUES",
            });
        } else {
            self.push(" (");
            self.columns(columns)?;
            self.push(") VALUES ");
            for (at, row) in rows.iter().enumerate() {
                if row.len() != columns.len() {
                    return Err(Error::usage(format!(
                        "row {} has other columns than the first",
                        at + 1
                    )));
                }
                self.push(if at > 0 { ", (" } else { "(" });
                for (at, value) in row.iter().enumerate() {
                    if at > 0 {
                        self.push(", ");
                    }
                    self.value(value);
                }
                self.push(")");
            }
        }
        if is_ignoring && !ignore {
            self.push(" ON CONFLICT DO NOTHING");
        }
        Ok(())
    }

    /// What an `INSERT` changes where a row of the same `unique` is there already: these columns to their new values.
    ///
    /// # Errors
    /// A name that is none.
    pub fn on_conflict(&mut self, unique: &[String], update: &[String]) -> Result<(), Error> {
        let is_mysql = self.dialect == Dialect::MySql;
        match (is_mysql, update.is_empty()) {
            (false, _) if unique.is_empty() => {
                return Err(Error::usage(
                    "upsert() needs the columns that say which row it is: those of a unique key",
                ));
            }
            (true, false) => {
                self.push(" ON DUPLICATE KEY UPDATE ");
            }
            (true, true) => {
                // Something has to be written, and changes nothing.
                let Some(first) = unique.first() else {
                    return Err(Error::usage("upsert() needs columns"));
                };
                self.push(" ON DUPLICATE KEY UPDATE ");
                self.quoted(first)?;
                self.push(" = ");
                return self.quoted(first);
            }
            (false, is_empty) => {
                self.push(" ON CONFLICT (");
                self.columns(unique)?;
                self.push(if is_empty {
                    ") DO NOTHING"
                } else {
                    ") DO UPDATE SET "
                });
            }
        }
        for (at, column) in update.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.quoted(column)?;
            self.push(if is_mysql {
                " = VALUES("
            } else {
                " = excluded."
            });
            self.quoted(column)?;
            self.push(if is_mysql { ")" } else { "" });
        }
        Ok(())
    }

    /// Asks for a column of the row that was inserted.
    ///
    /// # Errors
    /// A name that is none.
    pub fn returning(&mut self, column: &str) -> Result<(), Error> {
        self.push(" RETURNING ");
        self.quoted(column)
    }

    fn is_bare(query: &Query<V>, what: &str, dialect: Dialect) -> Result<(), Error> {
        let wrong = |why: &str| Err(Error::usage(format!("{what}() {why}")));
        if query.conditions.is_empty() {
            return wrong(
                "needs conditions; for all rows of a table say so: whereRaw('1 = 1'), or truncate()",
            );
        }
        if !query.joins.is_empty() || !query.groups.is_empty() || !query.unions.is_empty() {
            return wrong(
                "knows one table; name others in its conditions by whereIn() or whereExists()",
            );
        }
        let is_bound = query.limit.is_some() || query.offset.is_some() || !query.orders.is_empty();
        if is_bound && (dialect != Dialect::MySql || query.offset.is_some()) {
            return wrong(
                "with limit() or orderBy() is MySQL's alone; choose the rows by whereIn() with another query",
            );
        }
        Ok(())
    }

    /// `UPDATE … SET …`
    ///
    /// # Errors
    /// A name that is none; no conditions; what can't be updated.
    pub fn update(&mut self, query: &Query<V>, set: &[(String, Operand<V>)]) -> Result<(), Error> {
        Self::is_bare(query, "update", self.dialect)?;
        if set.is_empty() {
            return Err(Error::usage("update() needs values to set"));
        }
        self.push("UPDATE ");
        self.name(&query.table)?;
        for (at, (column, operand)) in set.iter().enumerate() {
            self.push(if at == 0 { " SET " } else { ", " });
            self.quoted(column)?;
            self.push(" = ");
            match operand {
                Operand::Value(value) => self.value(value),
                Operand::Name(name) => self.name(name)?,
            }
        }
        self.conditions(" WHERE ", &query.conditions)?;
        self.orders(query)?;
        self.limits(query);
        Ok(())
    }

    /// `DELETE FROM …`
    ///
    /// # Errors
    /// As [`Text::update`].
    pub fn delete(&mut self, query: &Query<V>) -> Result<(), Error> {
        Self::is_bare(query, "delete", self.dialect)?;
        self.push("DELETE FROM ");
        self.name(&query.table)?;
        self.conditions(" WHERE ", &query.conditions)?;
        self.orders(query)?;
        self.limits(query);
        Ok(())
    }

    /// Removes all rows of a table.
    ///
    /// # Errors
    /// A name that is none.
    pub fn truncate(&mut self, table: &Name<V>) -> Result<(), Error> {
        self.push(match self.dialect {
            Dialect::Sqlite => "DELETE FROM ",
            _ => "TRUNCATE TABLE ",
        });
        self.name(table)?;
        if self.dialect == Dialect::Postgres {
            self.push(" RESTART IDENTITY");
        }
        Ok(())
    }

    /// `column + by`, for an update.
    ///
    /// # Errors
    /// A name that is none.
    pub fn sum(dialect: Dialect, column: &str, by: V, is_minus: bool) -> Result<Name<V>, Error> {
        let mut text = Self::new(dialect);
        text.quoted(column)?;
        text.push(if is_minus { " - " } else { " + " });
        text.value(&by);
        Ok(Name::Raw(text.sql, text.values))
    }
}
