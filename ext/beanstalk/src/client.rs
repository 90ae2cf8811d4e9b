//! A client of a server.

use crate::connection::{Connection, line, unexpected};
use crate::error::Kind;
use crate::reply::{Job, Reply, document};
use crate::reservation::Reservation;
use crate::{Config, Error, name};
use highper_engine::{self as engine, clock, scheduler};
use highper_pool::{Counts, Pool, Refused, Taken, Ticket};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How a job is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// Smaller ones come first.
    pub priority: u32,
    /// Seconds before it is ready.
    pub delay: u32,
    /// Seconds that a worker has for it, before others get it; at least 1.
    pub ttr: u32,
}

/// Which job of a tube is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// The next one.
    Ready,
    /// The one that is ready soonest.
    Delayed,
    /// The first one that was put aside.
    Buried,
}

/// A client: coroutines share it.
pub struct Client {
    config: Config,
    pool: RefCell<Rc<Pool<Box<Connection>>>>,
    commands: Cell<u64>,
    /// The process that the connections belong to.
    process: Cell<u32>,
}

/// The turn of the running coroutine, which the next command uses.
pub struct Turn {
    _own: highper_pool::Turn<Box<Connection>>,
}

/// A connection, with the right to hold it.
pub(crate) type Lease = (Ticket, Box<Connection>);

impl Client {
    /// A client without connections yet.
    #[must_use]
    pub fn new(config: Config) -> Rc<Self> {
        Rc::new(Self {
            pool: RefCell::new(Rc::new(Pool::new(config.limits))),
            config,
            commands: Cell::new(0),
            process: Cell::new(std::process::id()),
        })
    }

    /// How it was configured.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Commands so far.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.commands.get()
    }

    pub(crate) fn pool(&self) -> Rc<Pool<Box<Connection>>> {
        let process = std::process::id();
        if self.process.replace(process) != process {
            // Forked: the connections are the parent's.
            let old = self.pool.replace(Rc::new(Pool::new(self.config.limits)));
            for connection in old.take_idle() {
                connection.leave();
            }
        }
        Rc::clone(&self.pool.borrow())
    }

    /// Waits here where all connections are taken, so that the command that follows need not wait deep in its stack: that keeps memory. Let go
    /// of what this gives when that has run.
    ///
    /// # Errors
    /// There was none in time.
    #[inline]
    pub fn await_turn(&self) -> Result<Option<Turn>, Error> {
        match self.pool.borrow().has_room() {
            true => Ok(None),
            false => self.wait_for_turn(),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_for_turn(&self) -> Result<Option<Turn>, Error> {
        let deadline = self.deadline();
        let turn = self.pool().await_turn(|| deadline);
        turn.map(|own| own.map(|own| Turn { _own: own }))
            .map_err(|why| self.refused(&why, deadline))
    }

    /// Makes the connections that stay (`pool.min`), before somebody needs one. `failed` is told where none can be had.
    pub fn warm(self: &Rc<Self>, failed: impl FnOnce(&Error) + 'static) {
        let own = Rc::clone(self);
        let make = move || Connection::open(&own.config, None).map_err(|e| own.unconnected(e));
        self.pool().warm(make, |error: Error| failed(&error));
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
                format!(
                    "no connection to beanstalkd at {}: {refused}; pool.max is how many there are (a reserved job keeps one), \
                     pool.wait how long one waits",
                    self.config.place()
                ),
            ),
        }
    }

    /// When a command that begins now has to be over.
    pub(crate) fn deadline(&self) -> Option<u64> {
        if let Some(ends) = self.pool.borrow().turn_ends() {
            // It has begun with the wait for its turn.
            return Some(ends);
        }
        match (self.config.timeout.map(clock::after), scheduler::deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(crate) fn named(&self, error: Error) -> Error {
        match error.kind {
            Kind::Connection | Kind::Server if !error.message.contains("beanstalkd at") => Error {
                message: format!("beanstalkd at {}: {}", self.config.place(), error.message),
                ..error
            },
            _ => error,
        }
    }

    fn lease(
        &self,
        pool: &Pool<Box<Connection>>,
        place: impl FnOnce() -> String,
        deadline: Option<u64>,
    ) -> Result<Lease, Error> {
        let (ticket, kept) = match pool.take(place, deadline) {
            Ok(Taken::Idle(ticket, connection)) => {
                (ticket, Some(connection).filter(|kept| kept.is_good()))
            }
            Ok(Taken::New(ticket)) => (ticket, None),
            Err(refused) => return Err(self.refused(&refused, deadline)),
        };
        if let Some(connection) = kept {
            return Ok((ticket, connection));
        }
        match Connection::open(&self.config, deadline) {
            Ok(connection) => Ok((ticket, connection)),
            Err(error) => {
                pool.give_up(ticket);
                Err(self.unconnected(error))
            }
        }
    }

    fn unconnected(&self, error: Error) -> Error {
        let place = self.config.place();
        match error.kind {
            Kind::Connection => Error {
                message: format!("cannot connect to beanstalkd at {place}: {}", error.message),
                ..error
            },
            Kind::Timeout => Error::connection(format!(
                "cannot connect to beanstalkd at {place}: it took longer than {} s (connect_timeout)",
                self.config.connect_timeout.as_secs_f64()
            )),
            _ => error,
        }
    }

    /// Does something on a connection; again where nothing had been sent on one that is dead.
    fn on_one<R>(
        self: &Rc<Self>,
        deadline: Option<u64>,
        mut act: impl FnMut(&mut Connection) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.commands.set(self.commands.get() + 1);
        let pool = self.pool();
        let mut again = true;
        loop {
            let (ticket, mut connection) = self.lease(&pool, String::new, deadline)?;
            let done = act(&mut connection);
            give_back(&pool, ticket, connection);
            match done {
                Err(error) if error.kind == Kind::Connection && error.is_unsent && again => {
                    again = false;
                }
                done => return done.map_err(|error| self.named(error)),
            }
        }
    }

    #[inline(never)]
    fn ask(self: &Rc<Self>, output: &[u8]) -> Result<Reply, Error> {
        let deadline = self.deadline();
        self.on_one(deadline, |connection| {
            match connection.ask(output, deadline)? {
                Reply::Refused(why, _) => Err(Error::new(Kind::Server, why)),
                reply => Ok(reply),
            }
        })
    }

    /// Asks for something of a tube.
    #[inline(never)]
    fn ask_of(self: &Rc<Self>, tube: &[u8], output: &[u8]) -> Result<Reply, Error> {
        name::check(tube)?;
        let deadline = self.deadline();
        self.on_one(deadline, |connection| {
            connection.use_tube(tube, deadline)?;
            match connection.ask(output, deadline)? {
                Reply::Refused(why, _) => Err(Error::new(Kind::Server, why)),
                reply => Ok(reply),
            }
        })
    }

    /// Puts a job into a tube; its number.
    ///
    /// # Errors
    /// That the server can't be asked, or refused: the job is too large, for example.
    pub fn put(self: &Rc<Self>, tube: &[u8], how: Put, data: &[u8]) -> Result<u64, Error> {
        let Put {
            priority,
            delay,
            ttr,
        } = how;
        let mut output =
            format!("put {priority} {delay} {} {}\r\n", ttr.max(1), data.len()).into_bytes();
        output.extend_from_slice(data);
        output.extend_from_slice(b"\r\n");
        match self.ask_of(tube, &output)? {
            Reply::Inserted(id) => Ok(id),
            Reply::Buried(Some(id)) => Err(self.named(Error::new(
                Kind::Server,
                format!("BURIED: the server has no memory for job {id}, and has put it aside"),
            ))),
            other => Err(self.named(unexpected(&other))),
        }
    }

    /// Waits for a job of these tubes, for so many whole seconds at most; `None` where none came. `place` tells where, for a leak's
    /// report.
    ///
    /// # Errors
    /// That the server can't be asked.
    #[inline(never)]
    pub fn reserve(
        self: &Rc<Self>,
        tubes: &[Vec<u8>],
        seconds: Option<u32>,
        place: fn() -> String,
    ) -> Result<Option<Reservation>, Error> {
        for tube in tubes {
            name::check(tube)?;
        }
        if tubes.is_empty() {
            return Err(Error::usage("name one tube at least"));
        }
        self.commands.set(self.commands.get() + 1);
        let pool = self.pool();
        let (ticket, mut connection) = self.lease(&pool, place, self.deadline())?;
        let asked = self.wait_for_job(&mut connection, tubes, seconds);
        match asked {
            Ok(Some(job)) => Ok(Some(Reservation::new(
                self,
                pool,
                (ticket, connection),
                job,
            ))),
            other => {
                give_back(&pool, ticket, connection);
                other.map(|_| None).map_err(|error| self.named(error))
            }
        }
    }

    fn wait_for_job(
        &self,
        connection: &mut Connection,
        tubes: &[Vec<u8>],
        seconds: Option<u32>,
    ) -> Result<Option<Job>, Error> {
        connection.watch(tubes, self.deadline())?;
        let (output, deadline) = match seconds {
            None => ("reserve\r\n".to_owned(), scheduler::deadline()),
            Some(seconds) => {
                let whole = self
                    .config
                    .timeout
                    .map(|more| clock::after(more + Duration::from_secs(seconds.into())));
                let until = match (whole, scheduler::deadline()) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                (format!("reserve-with-timeout {seconds}\r\n"), until)
            }
        };
        match connection.ask(output.as_bytes(), deadline)? {
            Reply::Job(job) => Ok(Some(job)),
            Reply::TimedOut | Reply::DeadlineSoon => Ok(None),
            other => Err(unexpected(&other)),
        }
    }

    fn job(&self, reply: Reply) -> Result<Option<Job>, Error> {
        match reply {
            Reply::Job(job) => Ok(Some(job)),
            Reply::NotFound => Ok(None),
            other => Err(self.named(unexpected(&other))),
        }
    }

    fn done(&self, reply: Reply) -> Result<bool, Error> {
        match reply {
            Reply::Done => Ok(true),
            Reply::NotFound => Ok(false),
            other => Err(self.named(unexpected(&other))),
        }
    }

    /// A job by its number, as it is.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn peek(self: &Rc<Self>, id: u64) -> Result<Option<Job>, Error> {
        self.job(self.ask(format!("peek {id}\r\n").as_bytes())?)
    }

    /// A job of a tube, as it is.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn peek_at(self: &Rc<Self>, tube: &[u8], which: Peek) -> Result<Option<Job>, Error> {
        let output: &[u8] = match which {
            Peek::Ready => b"peek-ready\r\n",
            Peek::Delayed => b"peek-delayed\r\n",
            Peek::Buried => b"peek-buried\r\n",
        };
        self.job(self.ask_of(tube, output)?)
    }

    /// Deletes a job that nobody has reserved. False where there is none.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn delete(self: &Rc<Self>, id: u64) -> Result<bool, Error> {
        self.done(self.ask(format!("delete {id}\r\n").as_bytes())?)
    }

    /// Makes so many jobs of a tube ready that were put aside; where there are none, that are delayed. How many it were.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn kick(self: &Rc<Self>, tube: &[u8], bound: u32) -> Result<u64, Error> {
        match self.ask_of(tube, format!("kick {bound}\r\n").as_bytes())? {
            Reply::Number(count) => Ok(count),
            other => Err(self.named(unexpected(&other))),
        }
    }

    /// Makes a job ready that was put aside or is delayed. False where there is none such.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn kick_job(self: &Rc<Self>, id: u64) -> Result<bool, Error> {
        self.done(self.ask(format!("kick-job {id}\r\n").as_bytes())?)
    }

    /// Gives out no job of a tube for so many seconds. False where there is no such tube.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn pause(self: &Rc<Self>, tube: &[u8], seconds: u32) -> Result<bool, Error> {
        name::check(tube)?;
        let mut output = b"pause-tube ".to_vec();
        output.extend_from_slice(tube);
        output.extend_from_slice(format!(" {seconds}\r\n").as_bytes());
        self.done(self.ask(&output)?)
    }

    fn text(self: &Rc<Self>, output: &[u8]) -> Result<Option<Vec<(String, String)>>, Error> {
        match self.ask(output)? {
            Reply::Text(text) => Ok(Some(document(&text))),
            Reply::NotFound => Ok(None),
            other => Err(self.named(unexpected(&other))),
        }
    }

    /// What the server says of itself.
    ///
    /// # Errors
    /// That it can't be asked.
    pub fn server_stats(self: &Rc<Self>) -> Result<Vec<(String, String)>, Error> {
        Ok(self.text(b"stats\r\n")?.unwrap_or_default())
    }

    /// What it says of a tube; `None` where there is no such tube.
    ///
    /// # Errors
    /// That it can't be asked.
    pub fn tube_stats(
        self: &Rc<Self>,
        tube: &[u8],
    ) -> Result<Option<Vec<(String, String)>>, Error> {
        name::check(tube)?;
        self.text(&line("stats-tube", tube))
    }

    /// What it says of a job; `None` where there is none.
    ///
    /// # Errors
    /// That it can't be asked.
    pub fn job_stats(self: &Rc<Self>, id: u64) -> Result<Option<Vec<(String, String)>>, Error> {
        self.text(format!("stats-job {id}\r\n").as_bytes())
    }

    /// The tubes that there are.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn tubes(self: &Rc<Self>) -> Result<Vec<String>, Error> {
        let members = self.text(b"list-tubes\r\n")?.unwrap_or_default();
        Ok(members.into_iter().map(|(_, name)| name).collect())
    }

    /// Lets go of all connections that nobody uses.
    pub fn disconnect(&self) {
        let idle = self.pool().take_idle();
        drop(idle);
    }

    /// The numbers of the pool.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.pool().counts()
    }
}

pub(crate) fn give_back(pool: &Pool<Box<Connection>>, ticket: Ticket, connection: Box<Connection>) {
    match connection.is_at_rest() {
        true => pool.give_back(ticket, connection),
        false => {
            drop(connection);
            pool.give_up(ticket);
        }
    }
}
