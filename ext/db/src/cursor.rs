//! Rows as they come.

use crate::source::{Lease, Source};
use crate::{Error, Param, Rows, Statement};
use highper_engine as engine;
use std::rc::Rc;

/// Rows as they come from the server. It holds a connection until the last one was taken, or it is dropped.
pub struct Cursor {
    source: Rc<Source>,
    lease: Option<Lease>,
    rows: Rows,
    next: usize,
    coroutine: u64,
}

impl Cursor {
    /// Begins a statement. Inside of a transaction all rows are fetched at once, so that the connection is free for others.
    ///
    /// # Errors
    /// What went wrong.
    pub fn begin(
        source: &Rc<Source>,
        statement: &Statement,
        params: &[Param<'_>],
        place: impl FnOnce() -> String,
    ) -> Result<Self, Error> {
        let source = &source.reader(statement)?;
        source.count();
        let deadline = source.deadline();
        let mut this = Self {
            source: Rc::clone(source),
            lease: None,
            rows: Rows::default(),
            next: 0,
            coroutine: engine::current().unwrap_or(0),
        };
        if let Some(held) = source.held()? {
            this.rows = held.run(statement, params, deadline)?.rows;
            return Ok(this);
        }
        let (ticket, mut driver) = source.take(place, deadline)?;
        match driver.begin(statement, params, deadline) {
            Ok(()) => this.lease = Some((ticket, driver)),
            Err(error) => {
                source.return_failed((ticket, driver), &error);
                return Err(error);
            }
        }
        Ok(this)
    }

    /// The number of the next row in [`Cursor::rows`]; `None` at the end.
    ///
    /// # Errors
    /// What went wrong; it is over then.
    pub fn advance(&mut self) -> Result<Option<usize>, Error> {
        if self.next >= self.rows.len() {
            let Some((ticket, mut driver)) = self.lease.take() else {
                return Ok(None);
            };
            if engine::current().unwrap_or(0) != self.coroutine {
                self.lease = Some((ticket, driver));
                return Err(Error::usage(
                    "these rows are read by another coroutine; rows that come as they are read belong to the one that asked for them",
                ));
            }
            self.next = 0;
            match driver.next(&mut self.rows, self.source.deadline()) {
                Ok(()) if driver.is_good() => self.source.give_back((ticket, driver)),
                Ok(()) => self.lease = Some((ticket, driver)),
                Err(error) => {
                    self.rows.clear();
                    self.source.return_failed((ticket, driver), &error);
                    return Err(error);
                }
            }
            if self.rows.is_empty() {
                return Ok(None);
            }
        }
        self.next += 1;
        Ok(Some(self.next - 1))
    }

    /// The rows that have come last.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if let Some((ticket, driver)) = self.lease.take() {
            // The rest of the rows is on its way: the connection can't be used for anything else.
            drop(driver);
            self.source.pool().give_up(ticket);
        }
    }
}
