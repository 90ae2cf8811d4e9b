//! A database with a pool of connections, and what each coroutine has of it.

use crate::driver::{self, Driver, Look};
use crate::error::Kind;
use crate::replicas::{Replicas, Standing};
use crate::{Config, Counts, Dialect, Error, Held, Outcome, Param, Statement};
use highper_engine::{self as engine, Ending, clock, scheduler};
use highper_pool::{Held as Holder, Pool, Refused, Taken, Ticket, Turn as PoolTurn};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// Statements that are remembered as they were read.
const KNOWN: usize = 1024;
/// How long a server may take to say that it lives, or to hear that something is not wanted any more.
const ANSWER: Duration = Duration::from_secs(2);
/// How often idle connections are looked through.
const REAP: u64 = 5_000_000_000;
/// A coroutine's ancestors are looked at this far.
const ANCESTORS: usize = 64;

/// A connection, with the right to hold it.
pub(crate) type Lease = (Ticket, Box<dyn Driver>);

/// A connection is there, or may be made, for who has this.
pub struct Turn {
    _own: PoolTurn<Box<dyn Driver>>,
}

/// A database.
pub struct Source {
    config: Config,
    pool: RefCell<Rc<Pool<Box<dyn Driver>>>>,
    known: RefCell<HashMap<Box<str>, Rc<Statement>>>,
    /// By coroutine; 0 outside of them.
    held: RefCell<HashMap<u64, Rc<Held>>>,
    /// When a connection was last found dead: those idle since before are suspects.
    broken: Cell<u64>,
    reaped: Cell<u64>,
    statements: Cell<u64>,
    replicas: Option<Replicas>,
    /// The primary that was good last, among several addresses.
    primary: Cell<usize>,
    /// The process that the connections belong to.
    process: Cell<u32>,
}

/// What is to be known of a source.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it is, without its password.
    pub place: String,
    /// At most so many connections.
    pub max: usize,
    /// Statements so far.
    pub statements: u64,
    /// The pool's numbers.
    pub counts: Counts,
    /// Who keeps a connection: coroutine, since when (nanoseconds of the engine's clock), where.
    pub held: Vec<Holder>,
    /// How its replicas are.
    pub replicas: Vec<Standing>,
}

impl Source {
    /// A source without connections yet.
    #[must_use]
    pub fn new(config: Config) -> Rc<Self> {
        let mut limits = config.limits;
        if config.is_memory() {
            // It lives as long as its one connection.
            limits.max = 1;
            limits.idle = None;
            limits.lifetime = None;
        }
        let replicas = config.replicas.iter().map(|(replica, weight)| {
            let replica = Config {
                replicas: Vec::new(),
                primaries: Vec::new(),
                ..replica.clone()
            };
            (Self::new(replica), *weight)
        });
        let replicas: Vec<_> = replicas.collect();
        let (sticky, lag) = (config.sticky, config.lag);
        Rc::new(Self {
            replicas: (!replicas.is_empty()).then(|| Replicas::new(replicas, sticky, lag)),
            primary: Cell::new(0),
            pool: RefCell::new(Rc::new(Pool::new(limits))),
            config,
            known: RefCell::default(),
            held: RefCell::default(),
            broken: Cell::new(0),
            reaped: Cell::new(0),
            statements: Cell::new(0),
            process: Cell::new(std::process::id()),
        })
    }

    /// How it was configured.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A statement as its database takes it.
    ///
    /// # Errors
    /// As [`Statement::parse`].
    pub fn statement(&self, sql: &str) -> Result<Rc<Statement>, Error> {
        if let Some(known) = self.known.borrow().get(sql) {
            return Ok(Rc::clone(known));
        }
        let made = Rc::new(Statement::parse(sql, self.config.dialect)?);
        let mut known = self.known.borrow_mut();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(sql.into(), Rc::clone(&made));
        Ok(made)
    }

    /// When a statement that begins now has to be over.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Some(ends) = self.pool.borrow().turn_ends() {
            // It has begun with the wait for its turn.
            return Some(ends);
        }
        let own = self.config.timeout.map(clock::after);
        match (own, scheduler::deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(crate) fn pool(&self) -> Rc<Pool<Box<dyn Driver>>> {
        let process = std::process::id();
        if self.process.replace(process) != process {
            // Forked: those of the parent are the parent's.
            let limits = self.pool.borrow().limits();
            let old = self.pool.replace(Rc::new(Pool::new(limits)));
            for driver in old.take_idle() {
                driver.leave();
            }
            for (_, held) in self.held.take() {
                held.leave();
            }
        }
        Rc::clone(&self.pool.borrow())
    }

    /// Waits here where all connections are taken, so that what runs next need not wait deep in its stack: that keeps memory. Let go of
    /// what this gives when that has run.
    ///
    /// # Errors
    /// Those of the pool.
    #[inline]
    pub fn await_turn(&self) -> Result<Option<Turn>, Error> {
        match self.replicas.is_some() || self.pool.borrow().has_room() {
            true => Ok(None),
            false => self.wait_for_turn(),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_for_turn(&self) -> Result<Option<Turn>, Error> {
        let pool = self.pool();
        if pool.has_room() || !engine::can_suspend() || self.held()?.is_some() {
            return Ok(None);
        }
        let deadline = self.deadline();
        let turn = pool.turn(deadline);
        turn.map(|own| Some(Turn { _own: own }))
            .map_err(|why| self.refused(&why, deadline))
    }

    #[cold]
    #[inline(never)]
    fn refused(&self, why: &Refused, deadline: Option<u64>) -> Error {
        match why {
            Refused::Cancelled => Error::of_wake(engine::Wake::Cancelled),
            Refused::TimedOut(..) if deadline.is_some_and(|at| at <= clock::now()) => {
                Error::of_wake(engine::Wake::Timeout)
            }
            refused => Error::new(
                Kind::Exhausted,
                "08004",
                format!(
                    "no connection to {}: {refused}; pool.max is how many there are, pool.wait how long one waits",
                    self.config.place()
                ),
            ),
        }
    }

    /// Runs a statement: on the running coroutine's own connection, or on one of the pool.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run(
        self: &Rc<Self>,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<Outcome, Error> {
        let Some(replicas) = &self.replicas else {
            return self.run_here(statement, params);
        };
        if !statement.only_reads() {
            let done = self.run_here(statement, params);
            replicas.wrote();
            return done;
        }
        if self.held()?.is_none()
            && let Some(done) = replicas.run(statement, params)
        {
            self.count();
            return done;
        }
        self.run_here(statement, params)
    }

    /// The source of a replica that may answer a statement, or itself.
    ///
    /// # Errors
    /// As [`Source::held`].
    pub(crate) fn reader(self: &Rc<Self>, statement: &Statement) -> Result<Rc<Self>, Error> {
        if let Some(replicas) = &self.replicas
            && statement.only_reads()
            && self.held()?.is_none()
            && let Some(source) = replicas.source()
        {
            return Ok(source);
        }
        Ok(Rc::clone(self))
    }

    /// Something was changed in a transaction, or may have been.
    pub(crate) fn wrote(&self) {
        if let Some(replicas) = &self.replicas {
            replicas.wrote();
        }
    }

    /// Runs a statement on this server.
    pub(crate) fn run_here(
        self: &Rc<Self>,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Result<Outcome, Error> {
        self.count();
        let deadline = self.deadline();
        if let Some(held) = self.held()? {
            return held.run(statement, params, deadline);
        }
        let mut again = true;
        loop {
            let (ticket, mut driver) = self.take(String::new, deadline)?;
            let done = driver.run(statement, params, deadline);
            let left_open = done.is_ok() && driver.is_open();
            if left_open {
                // What comes of it shows in the connection's state.
                let _as_it_is = driver.command("ROLLBACK", deadline);
            }
            match &done {
                Err(error) => self.return_failed((ticket, driver), error),
                Ok(_) => self.give_back((ticket, driver)),
            }
            match done {
                Err(error) if error.is_unsent && error.kind == Kind::Connection && again => {
                    again = false;
                }
                // Refused, and not done: another one is the primary now.
                Err(error) if again && self.has_others() && error.is_read_only() => {
                    again = false;
                    self.turn();
                }
                Ok(_) if left_open => {
                    return Err(Error::usage(
                        "this statement has begun a transaction on a connection that others get next, so it was rolled back; \
                         use transaction(), begin() or pin()",
                    ));
                }
                done => return done,
            }
        }
    }

    pub(crate) fn count(&self) {
        self.statements.set(self.statements.get() + 1);
    }

    /// What the running coroutine keeps.
    ///
    /// # Errors
    /// It was begun inside a transaction of another coroutine, which only that one can use.
    pub fn held(&self) -> Result<Option<Rc<Held>>, Error> {
        if self.held.borrow().is_empty() {
            return Ok(None);
        }
        // In a child none of it is its own.
        self.pool();
        let id = engine::current().unwrap_or(0);
        if let Some(held) = self.held.borrow().get(&id) {
            return Ok(Some(Rc::clone(held)));
        }
        let mut at = id;
        for _ in 0..ANCESTORS {
            if at == 0 {
                break;
            }
            let child = at;
            at = engine::info(at).map_or(0, |info| info.parent);
            let holds = self.held.borrow().get(&at).cloned();
            if let Some(holder) = holds
                && child > holder.after
            {
                return Err(Error::usage(format!(
                    "coroutine {id} was started inside {} of coroutine {at}{}, whose connection it can't share; \
                     do the database's work there, or start the coroutine before or after it",
                    holder.what(),
                    holder.begun_at(),
                )));
            }
        }
        Ok(None)
    }

    /// Keeps a connection for the running coroutine, or gives what it keeps already.
    ///
    /// # Errors
    /// Those of connecting and of the pool.
    pub fn hold(self: &Rc<Self>, place: impl FnOnce() -> String) -> Result<Rc<Held>, Error> {
        if let Some(held) = self.held()? {
            return Ok(held);
        }
        let mut words = String::new();
        let lease = self.take(
            || {
                words = place();
                words.clone()
            },
            self.deadline(),
        )?;
        let id = engine::current().unwrap_or(0);
        let held = Rc::new(Held::new(Rc::clone(self), id, lease, words));
        self.held.borrow_mut().insert(id, Rc::clone(&held));
        held.keep();
        Ok(held)
    }

    pub(crate) fn forget(&self, coroutine: u64) {
        let gone = self.held.borrow_mut().remove(&coroutine);
        drop(gone);
    }

    /// Takes a connection that lives, or makes one.
    pub(crate) fn take(
        &self,
        place: impl FnOnce() -> String,
        deadline: Option<u64>,
    ) -> Result<Lease, Error> {
        let pool = self.pool();
        match pool.take(place, deadline) {
            Ok(Taken::Idle(ticket, mut driver)) => {
                let idle = ticket.idle();
                let since =
                    clock::now().saturating_sub(u64::try_from(idle.as_nanos()).unwrap_or(0));
                let (is_good, look) = (driver.is_good(), driver.look());
                let is_suspect = idle >= self.config.check || since < self.broken.get();
                let mut answers = || driver.ping(Some(clock::after(ANSWER))).is_ok();
                let lives = is_good
                    && match look {
                        Look::Dead => false,
                        Look::News => answers(),
                        Look::Quiet => !is_suspect || answers(),
                    };
                if lives {
                    return Ok((ticket, driver));
                }
                self.broken.set(clock::now());
                drop(driver);
                self.make(&pool, ticket, deadline)
            }
            Ok(Taken::New(ticket)) => self.make(&pool, ticket, deadline),
            Err(why) => Err(self.refused(&why, deadline)),
        }
    }

    fn make(
        &self,
        pool: &Pool<Box<dyn Driver>>,
        ticket: Ticket,
        deadline: Option<u64>,
    ) -> Result<Lease, Error> {
        let own = clock::after(self.config.connect_timeout);
        let until = deadline.map_or(own, |deadline| deadline.min(own));
        match self.connect(until) {
            Ok(driver) => Ok((ticket, driver)),
            Err(error) => {
                pool.give_up(ticket);
                Err(match error.kind {
                    Kind::Timeout if until == own => Error::new(
                        Kind::Connection,
                        "08001",
                        format!(
                            "cannot connect to {}: it took longer than {} s (connect_timeout)",
                            self.config.place(),
                            self.config.connect_timeout.as_secs_f64()
                        ),
                    ),
                    Kind::Connection => Error {
                        message: format!(
                            "cannot connect to {}: {}",
                            self.config.place(),
                            error.message
                        ),
                        is_unsent: false,
                        ..error
                    },
                    _ => error,
                })
            }
        }
    }

    fn has_others(&self) -> bool {
        !self.config.primaries.is_empty()
    }

    /// Another one is the primary now.
    fn turn(&self) {
        let count = self.config.primaries.len() + 1;
        self.primary.set((self.primary.get() + 1) % count);
        self.disconnect_here();
    }

    /// Connects to the primary: of several addresses, to the first that can be written to.
    fn connect(&self, until: u64) -> Result<Box<dyn Driver>, Error> {
        if !self.has_others() {
            return driver::connect(&self.config, Some(until));
        }
        let count = self.config.primaries.len() + 1;
        let first = self.primary.get();
        let mut why = None;
        for turn in 0..count {
            let at = (first + turn) % count;
            let config = match at.checked_sub(1) {
                None => &self.config,
                Some(at) => &self.config.primaries[at],
            };
            // One that does not answer must not use up the time of all.
            let left = until.saturating_sub(clock::now());
            let share = clock::now() + left / (count - turn) as u64;
            let connected =
                driver::connect(config, Some(share.min(until))).and_then(|mut driver| match driver
                    .is_read_only(
                    Some(until),
                )? {
                    true => Err(Error::connection(format!(
                        "{} can only be read",
                        config.place()
                    ))),
                    false => Ok(driver),
                });
            match connected {
                Ok(driver) => {
                    self.primary.set(at);
                    return Ok(driver);
                }
                Err(error) if error.kind == Kind::Cancelled => return Err(error),
                Err(error) => why = Some(error),
            }
        }
        let why = why.unwrap_or_else(|| Error::connection("there is no address"));
        Err(Error {
            kind: Kind::Connection,
            message: format!("none of the {count} primaries: {}", why.message),
            ..why
        })
    }

    /// Makes the connections that stay when idle, beside what runs. `failed` is told why one can't be made.
    pub fn warm(self: &Rc<Self>, failed: impl FnOnce(&Error) + 'static) {
        let limits = self.pool().limits();
        let wanted = limits.min_idle.min(limits.max);
        if wanted == 0 {
            return;
        }
        let own = Rc::clone(self);
        let _started = engine::spawn(move || {
            let until = Some(clock::after(own.config.connect_timeout));
            let mut leases = Vec::with_capacity(wanted);
            let mut failed = Some(failed);
            while leases.len() < wanted {
                match own.take(String::new, until) {
                    Ok(lease) => leases.push(lease),
                    Err(error) => {
                        if let Some(failed) = failed.take() {
                            failed(&error);
                        }
                        break;
                    }
                }
            }
            for lease in leases {
                own.give_back(lease);
            }
            Ending::Returned
        });
    }

    /// Gives one back that did what it was asked.
    pub(crate) fn give_back(&self, (ticket, driver): Lease) {
        let pool = self.pool();
        if !driver.is_good() || driver.is_open() {
            pool.give_up(ticket);
            return;
        }
        pool.give_back(ticket, driver);
        let now = clock::now();
        if now.saturating_sub(self.reaped.get()) > REAP {
            self.reaped.set(now);
            while let Some(old) = pool.take_old() {
                drop(old);
            }
        }
    }

    /// Gives one back whose statement has failed.
    pub(crate) fn return_failed(&self, (ticket, driver): Lease, error: &Error) {
        match error.kind {
            Kind::Timeout | Kind::Cancelled => {
                self.cancel(&*driver);
                let good = driver.is_good() && !driver.is_open();
                if good {
                    self.pool().give_back(ticket, driver);
                } else {
                    drop(driver);
                    self.pool().give_up(ticket);
                }
            }
            Kind::Connection => {
                self.broken.set(clock::now());
                drop(driver);
                self.pool().give_up(ticket);
            }
            _ => self.give_back((ticket, driver)),
        }
    }

    /// Tells the server that what a connection does is not wanted any more; nobody waits for that.
    pub(crate) fn cancel(&self, driver: &dyn Driver) {
        let Some(canceller) = driver.canceller() else {
            return;
        };
        let config = self.config.clone();
        let tell = move || {
            // It ends by itself where the server does not listen.
            let _told = driver::cancel(&config, &canceller, clock::after(ANSWER));
            Ending::Returned
        };
        if engine::is_running() {
            let _started = engine::spawn(tell);
        } else {
            tell();
        }
    }

    /// Lets go of all connections that nobody uses.
    pub fn disconnect(&self) {
        self.disconnect_here();
        if let Some(replicas) = &self.replicas {
            replicas.disconnect();
        }
    }

    fn disconnect_here(&self) {
        let idle = self.pool().take_idle();
        drop(idle);
    }

    /// What is to be known of it.
    #[must_use]
    pub fn account(&self) -> Account {
        let pool = self.pool();
        let mut held = pool.held();
        held.retain(|holder| !holder.place.is_empty());
        Account {
            place: self.config.place(),
            max: pool.limits().max,
            statements: self.statements.get(),
            counts: pool.counts(),
            held,
            replicas: self
                .replicas
                .as_ref()
                .map(Replicas::standings)
                .unwrap_or_default(),
        }
    }

    /// Whose SQL it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.config.dialect
    }
}
