//! A connection that one coroutine keeps: in a transaction, or for what it does to the session.

use crate::driver::Driver;
use crate::error::Kind;
use crate::source::{Lease, Source};
use crate::{Error, Outcome, Param, Statement};
use highper_engine::{self as engine, scheduler};
use highper_pool::Ticket;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A connection that one coroutine keeps.
pub struct Held {
    source: Rc<Source>,
    coroutine: u64,
    /// Coroutines with greater ids were made later.
    pub(crate) after: u64,
    place: String,
    /// Gone while it works, and when it is lost.
    driver: RefCell<Option<Box<dyn Driver>>>,
    ticket: Cell<Option<Ticket>>,
    /// Transactions in one another.
    depth: Cell<usize>,
    pins: Cell<usize>,
    /// The session may have been changed.
    is_changed: Cell<bool>,
    /// Why it is of no use any more.
    lost: RefCell<Option<Error>>,
    is_over: Cell<bool>,
}

/// What a coroutine keeps; what is left at its end is let go.
#[derive(Default)]
struct Kept(RefCell<Vec<Rc<Held>>>);

impl Drop for Kept {
    fn drop(&mut self) {
        for held in self.0.take() {
            held.abandon();
        }
    }
}

impl Held {
    pub(crate) fn new(
        source: Rc<Source>,
        coroutine: u64,
        (ticket, driver): Lease,
        place: String,
    ) -> Self {
        Self {
            source,
            coroutine,
            after: scheduler::stats().last_id,
            place,
            driver: RefCell::new(Some(driver)),
            ticket: Cell::new(Some(ticket)),
            depth: Cell::new(0),
            pins: Cell::new(0),
            is_changed: Cell::new(false),
            lost: RefCell::default(),
            is_over: Cell::new(false),
        }
    }

    /// The coroutine that keeps it; 0 for none.
    #[must_use]
    pub fn coroutine(&self) -> u64 {
        self.coroutine
    }

    /// How many transactions in one another are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    /// `a transaction`
    pub(crate) fn what(&self) -> &'static str {
        match self.depth.get() {
            0 => "pin()",
            _ => "a transaction",
        }
    }

    pub(crate) fn begun_at(&self) -> String {
        match self.place.is_empty() {
            true => String::new(),
            false => format!(" (begun at {})", self.place),
        }
    }

    /// Lets it go when its coroutine ends, at the latest.
    pub(crate) fn keep(self: &Rc<Self>) {
        if self.coroutine != 0 {
            scheduler::set_local_of(self.coroutine, Kept::default);
            let own = Rc::clone(self);
            scheduler::local::<Kept, _>(self.coroutine, |kept| {
                let mut kept = kept.0.borrow_mut();
                kept.retain(|held| !held.is_over.get());
                if !kept.iter().any(|held| Rc::ptr_eq(held, &own)) {
                    kept.push(own);
                }
            });
        }
    }

    /// Is it the running coroutine's?
    ///
    /// # Errors
    /// It is another's, or over.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_over.get() {
            return Err(Error::usage("this transaction is over"));
        }
        let id = engine::current().unwrap_or(0);
        if id != self.coroutine {
            return Err(Error::usage(format!(
                "coroutine {id} can't use {} of coroutine {}{}: a connection serves one coroutine at a time",
                self.what(),
                self.coroutine,
                self.begun_at()
            )));
        }
        Ok(())
    }

    fn with<R>(&self, work: impl FnOnce(&mut dyn Driver) -> Result<R, Error>) -> Result<R, Error> {
        self.check()?;
        let Some(mut driver) = self.driver.take() else {
            return Err(match &*self.lost.borrow() {
                Some(error) => Error {
                    message: format!(
                        "the connection of this transaction is gone, and with it all that it did: {}",
                        error.message
                    ),
                    is_unsent: false,
                    ..Error::new(Kind::Connection, "08003", "")
                },
                None => Error::usage("the connection is at work for this coroutine already"),
            });
        };
        let done = work(&mut *driver);
        match &done {
            Err(error) if !driver.is_good() || error.kind == Kind::Connection => {
                if matches!(error.kind, Kind::Timeout | Kind::Cancelled) {
                    self.source.cancel(&*driver);
                }
                let old = self.lost.replace(Some(error.clone()));
                drop(old);
                drop(driver);
                return done;
            }
            _ => {}
        }
        self.driver.replace(Some(driver));
        done
    }

    /// Runs a statement on it.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run(
        &self,
        statement: &Statement,
        params: &[Param<'_>],
        deadline: Option<u64>,
    ) -> Result<Outcome, Error> {
        self.with(|driver| driver.run(statement, params, deadline))
    }

    /// Counts and runs a statement on it, within the time that statements have.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run_now(&self, statement: &Statement, params: &[Param<'_>]) -> Result<Outcome, Error> {
        self.source.count();
        self.run(statement, params, self.source.deadline())
    }

    /// Begins a transaction, or one inside of that. Returns its depth, from 1.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin(&self) -> Result<usize, Error> {
        let depth = self.depth.get() + 1;
        let deadline = self.source.deadline();
        let text = match depth {
            1 => "BEGIN".to_owned(),
            _ => format!("SAVEPOINT highper_{depth}"),
        };
        let done = self.with(|driver| driver.command(&text, deadline));
        if let Err(error) = done {
            self.release_if_free();
            return Err(error);
        }
        self.depth.set(depth);
        Ok(depth)
    }

    /// Ends the transaction of a depth, and those in it, for good.
    ///
    /// # Errors
    /// What the database says; it is over all the same.
    pub fn commit(&self, depth: usize) -> Result<(), Error> {
        self.check()?;
        if depth > self.depth.get() || depth == 0 {
            return Err(Error::usage("this transaction is over"));
        }
        let deadline = self.source.deadline();
        let done = self.with(|driver| {
            if !driver.in_transaction() {
                let why = match driver.is_open() {
                    true => "a statement of this transaction has failed, so that nothing of it can be committed",
                    false => {
                        "nothing to commit: the database has ended this transaction before, by a failed statement or one that \
                         commits by itself"
                    }
                };
                return Err(Error::new(Kind::Statement, "25P01", why));
            }
            match depth {
                1 => driver.command("COMMIT", deadline),
                _ => driver.command(&format!("RELEASE SAVEPOINT highper_{depth}"), deadline),
            }
        });
        if done.is_err() && depth == 1 {
            // Whatever is left of it.
            let _over = self.with(|driver| match driver.is_open() {
                true => driver.command("ROLLBACK", deadline),
                false => Ok(()),
            });
        }
        if depth == 1 {
            self.source.wrote();
        }
        if done.is_ok() || depth == 1 {
            self.depth.set(depth - 1);
            self.release_if_free();
        }
        done
    }

    /// Ends the transaction of a depth, and those in it, as if nothing had been done.
    ///
    /// # Errors
    /// What the database says. A connection that is lost has rolled back by itself.
    pub fn rollback(&self, depth: usize) -> Result<(), Error> {
        self.check()?;
        if depth > self.depth.get() || depth == 0 {
            return Err(Error::usage("this transaction is over"));
        }
        let is_lost = self.lost.borrow().is_some();
        // What ended the work may have used up its time.
        let deadline = Some(highper_engine::clock::after(
            std::time::Duration::from_secs(2),
        ));
        let done = if is_lost {
            Ok(())
        } else {
            self.with(|driver| match depth {
                1 => driver.command("ROLLBACK", deadline),
                _ => {
                    driver.command(&format!("ROLLBACK TO SAVEPOINT highper_{depth}"), deadline)?;
                    driver.command(&format!("RELEASE SAVEPOINT highper_{depth}"), deadline)
                }
            })
        };
        self.depth.set(depth - 1);
        self.release_if_free();
        done
    }

    /// Is the transaction of a depth neither committed nor rolled back?
    #[must_use]
    pub fn is_open(&self, depth: usize) -> bool {
        !self.is_over.get() && depth > 0 && depth <= self.depth.get()
    }

    /// Can the running coroutine use the transaction of a depth?
    ///
    /// # Errors
    /// It is over, or another coroutine's.
    pub fn check_depth(&self, depth: usize) -> Result<(), Error> {
        self.check()?;
        match self.is_open(depth) {
            true => Ok(()),
            false => Err(Error::usage("this transaction is over")),
        }
    }

    /// Nobody has the transaction of a depth any more. One that is still open is rolled back, by closing its connection;
    /// one in another takes that along.
    pub fn let_go(&self, depth: usize) {
        if !self.is_open(depth) {
            return;
        }
        if depth == 1 && self.pins.get() == 0 {
            self.abandon();
            return;
        }
        let error = Error::usage(
            "a transaction was let go without commit() or rollback(), so that all of it is rolled back",
        );
        let old = self.lost.replace(Some(error));
        drop(old);
        let driver = self.driver.take();
        drop(driver);
    }

    /// The coroutine wants it for what it does to the session.
    pub fn pin(&self) {
        self.pins.set(self.pins.get() + 1);
        self.is_changed.set(true);
    }

    /// It does not any more.
    pub fn unpin(&self) {
        self.pins.set(self.pins.get().saturating_sub(1));
        self.source.wrote();
        self.release_if_free();
    }

    fn release_if_free(&self) {
        if self.depth.get() > 0 || self.pins.get() > 0 || self.is_over.replace(true) {
            return;
        }
        self.source.forget(self.coroutine);
        let (Some(ticket), driver) = (self.ticket.take(), self.driver.take()) else {
            return;
        };
        let Some(mut driver) = driver else {
            self.source.pool().give_up(ticket);
            return;
        };
        if self.is_changed.get() {
            let deadline = Some(highper_engine::clock::after(
                std::time::Duration::from_secs(2),
            ));
            if driver.is_open() || !matches!(driver.reset(deadline), Ok(true)) {
                drop(driver);
                self.source.pool().give_up(ticket);
                return;
            }
        }
        self.source.give_back((ticket, driver));
    }

    /// Its connection is the parent's.
    pub(crate) fn leave(&self) {
        self.is_over.set(true);
        if let Some(driver) = self.driver.take() {
            driver.leave();
        }
    }

    /// Its coroutine has ended.
    fn abandon(&self) {
        if self.is_over.replace(true) {
            return;
        }
        self.source.forget(self.coroutine);
        let driver = self.driver.take();
        drop(driver);
        if let Some(ticket) = self.ticket.take() {
            self.source.pool().give_up(ticket);
        }
    }
}
