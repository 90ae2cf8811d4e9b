//! A server: the connection that coroutines share, and those that only one of them uses.

use crate::error::Kind;
use crate::line::Line;
use crate::{Address, Command, Config, Error, Reply, Tls};
use highper_engine::sync::Mutex;
use highper_engine::{self as engine, clock};
use highper_pool::{Counts, Held, Pool, Refused, Taken, Ticket};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How long a server may take to say that it lives.
const ANSWER: Duration = Duration::from_secs(2);
/// A connection that was heard of so lately is not asked whether it is open, in nanoseconds.
const FRESH: u64 = 5_000_000;
/// How often idle connections are looked through, in nanoseconds.
const REAP: u64 = 5_000_000_000;

/// What a server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything.
    Data,
    /// What only reads, of a cluster's replica.
    Replica,
    /// Where others are.
    Sentinel,
}

/// A server.
pub(crate) struct Node {
    config: Rc<Config>,
    pub(crate) address: Address,
    role: Role,
    shared: RefCell<Option<Rc<Line>>>,
    connecting: Mutex,
    /// When it could last not be connected to, and why.
    failed: RefCell<Option<(u64, Error)>>,
    pool: RefCell<Rc<Pool<Rc<Line>>>>,
    /// When a connection was last found dead: those idle since before are suspects.
    broken: Cell<u64>,
    reaped: Cell<u64>,
    /// Shared connections that were made, and that came to an end.
    made: Cell<u64>,
    ended: Cell<u64>,
    /// The process that the connections belong to.
    process: Cell<u32>,
}

/// A connection that only one coroutine uses.
pub(crate) struct Lease {
    pool: Rc<Pool<Rc<Line>>>,
    ticket: Option<Ticket>,
    pub(crate) line: Rc<Line>,
}

impl Lease {
    /// It may be used by others now.
    pub(crate) fn give_back(mut self) {
        if let Some(ticket) = self.ticket.take() {
            match self.line.is_good() && self.line.is_at_rest() {
                true => self.pool.give_back(ticket, Rc::clone(&self.line)),
                false => self.pool.give_up(ticket),
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            // Something may be under way on it.
            self.pool.give_up(ticket);
        }
    }
}

fn earlier(a: Option<u64>, b: u64) -> u64 {
    a.map_or(b, |a| a.min(b))
}

impl Node {
    pub(crate) fn new(config: &Rc<Config>, address: Address, role: Role) -> Rc<Self> {
        Rc::new(Self {
            pool: RefCell::new(Rc::new(Pool::new(config.limits))),
            config: Rc::clone(config),
            address,
            role,
            shared: RefCell::default(),
            connecting: Mutex::default(),
            failed: RefCell::default(),
            broken: Cell::new(0),
            reaped: Cell::new(0),
            made: Cell::new(0),
            ended: Cell::new(0),
            process: Cell::new(highper_engine::process::id()),
        })
    }

    fn check_process(&self) {
        let process = highper_engine::process::id();
        if self.process.replace(process) != process {
            // Forked: the connections are the parent's.
            let limits = self.pool.borrow().limits();
            let old = self.pool.replace(Rc::new(Pool::new(limits)));
            drop(old);
            let old = self.shared.take();
            drop(old);
        }
    }

    /// Runs commands one after the other: on the shared connection, or on one of its own outside of coroutines.
    pub(crate) fn run(
        &self,
        commands: &[&Command],
        deadline: Option<u64>,
    ) -> Result<Vec<Reply>, Error> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let mut again = true;
        loop {
            let done = if engine::can_suspend() {
                let line = self.line(deadline)?;
                line.run(commands, deadline)
            } else {
                let lease = self.lease(String::new, deadline)?;
                let done = lease.line.run(commands, deadline);
                if done.is_ok() {
                    lease.give_back();
                }
                done
            };
            match done {
                Err(error) if error.kind == Kind::Connection => {
                    self.broken.set(clock::now());
                    if error.is_unsent && again {
                        again = false;
                        continue;
                    }
                    return Err(self.named(error));
                }
                done => return done,
            }
        }
    }

    /// Runs a command that may wait at the server, on a connection of its own.
    pub(crate) fn run_alone(
        &self,
        command: &Command,
        place: impl Fn() -> String,
        deadline: Option<u64>,
    ) -> Result<Reply, Error> {
        let mut again = true;
        loop {
            let lease = self.lease(&place, deadline)?;
            match lease.line.run(&[command], deadline) {
                Ok(mut replies) => {
                    lease.give_back();
                    return replies
                        .pop()
                        .ok_or_else(|| Error::connection("the server has not answered"));
                }
                Err(error) if error.is_unsent && error.kind == Kind::Connection && again => {
                    again = false;
                }
                Err(error) if error.kind == Kind::Connection => return Err(self.named(error)),
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn named(&self, error: Error) -> Error {
        Error {
            message: format!("Redis at {}: {}", self.address, error.message),
            ..error
        }
    }

    /// Does a connection live that was at rest?
    fn lives(&self, line: &Rc<Line>) -> bool {
        let idle = clock::now().saturating_sub(line.used());
        // The loop hears of an end while others run: no call is needed to know of it.
        if idle < FRESH && (line.is_quiet() || self.config.tls != Tls::Disabled) {
            return true;
        }
        if !line.is_open() {
            return false;
        }
        let check = u64::try_from(self.config.check.as_nanos()).unwrap_or(u64::MAX);
        if idle < check && line.used() >= self.broken.get() {
            return true;
        }
        let ping = Command::new("PING");
        line.run(&[&ping], Some(clock::after(ANSWER))).is_ok()
    }

    /// The shared connection.
    fn line(&self, deadline: Option<u64>) -> Result<Rc<Line>, Error> {
        self.check_process();
        if let Some(line) = self.known() {
            return Ok(line);
        }
        let begun = clock::now();
        self.connecting.lock(deadline).map_err(Error::of_wake)?;
        let done = self.renew(begun, deadline);
        self.connecting.unlock();
        done
    }

    fn known(&self) -> Option<Rc<Line>> {
        let line = self.shared.borrow().clone()?;
        if line.is_good() && (!line.is_at_rest() || self.lives(&line)) {
            return Some(line);
        }
        self.let_go(&line);
        None
    }

    fn let_go(&self, line: &Rc<Line>) {
        line.retire();
        let is_it =
            |kept: &Option<Rc<Line>>| kept.as_ref().is_some_and(|kept| Rc::ptr_eq(kept, line));
        if is_it(&self.shared.borrow()) {
            let old = self.shared.take();
            drop(old);
            self.ended.set(self.ended.get() + 1);
        }
    }

    fn renew(&self, begun: u64, deadline: Option<u64>) -> Result<Rc<Line>, Error> {
        let made = self.shared.borrow().clone();
        if let Some(line) = made.filter(|line| line.is_good()) {
            return Ok(line);
        }
        if let Some((at, error)) = &*self.failed.borrow()
            && *at > begun
        {
            // Who was in line before it failed need not find out once more.
            return Err(error.clone());
        }
        match self.connect(deadline) {
            Ok(line) => {
                self.made.set(self.made.get() + 1);
                let old = self.shared.replace(Some(Rc::clone(&line)));
                drop(old);
                Ok(line)
            }
            Err(error) => {
                if error.kind == Kind::Connection {
                    self.failed.replace(Some((clock::now(), error.clone())));
                }
                Err(error)
            }
        }
    }

    /// A connection that only one coroutine uses.
    pub(crate) fn lease(
        &self,
        place: impl FnOnce() -> String,
        deadline: Option<u64>,
    ) -> Result<Lease, Error> {
        self.check_process();
        let pool = Rc::clone(&self.pool.borrow());
        let now = clock::now();
        if now.saturating_sub(self.reaped.get()) > REAP {
            self.reaped.set(now);
            while let Some(old) = pool.take_old() {
                drop(old);
            }
        }
        match pool.take(place, deadline) {
            Ok(Taken::Idle(ticket, line)) => {
                if line.is_good() && self.lives(&line) {
                    return Ok(Lease {
                        pool,
                        ticket: Some(ticket),
                        line,
                    });
                }
                self.broken.set(clock::now());
                drop(line);
                self.lease_new(pool, ticket, deadline)
            }
            Ok(Taken::New(ticket)) => self.lease_new(pool, ticket, deadline),
            Err(Refused::Cancelled) => Err(Error::of_wake(engine::Wake::Cancelled)),
            Err(Refused::TimedOut(..)) if deadline.is_some_and(|at| at <= clock::now()) => {
                Err(Error::of_wake(engine::Wake::Timeout))
            }
            Err(refused) => Err(Error::new(
                Kind::Exhausted,
                format!(
                    "no connection to Redis at {}: {refused}; pool.max is how many wait or watch at the same time, pool.wait how long \
                     one waits for that",
                    self.address
                ),
            )),
        }
    }

    /// Makes the connections of its pool that stay.
    pub(crate) fn warm(&self, deadline: Option<u64>) -> Result<(), Error> {
        let limits = self.pool.borrow().limits();
        let wanted = limits.min_idle.min(limits.max);
        let mut all = Vec::with_capacity(wanted);
        while all.len() < wanted && self.pool.borrow().has_room() {
            all.push(self.lease(String::new, deadline)?);
        }
        all.into_iter().for_each(Lease::give_back);
        Ok(())
    }

    fn lease_new(
        &self,
        pool: Rc<Pool<Rc<Line>>>,
        ticket: Ticket,
        deadline: Option<u64>,
    ) -> Result<Lease, Error> {
        match self.connect(deadline) {
            Ok(line) => Ok(Lease {
                pool,
                ticket: Some(ticket),
                line,
            }),
            Err(error) => {
                pool.give_up(ticket);
                Err(error)
            }
        }
    }

    /// A new connection, logged in.
    pub(crate) fn connect(&self, deadline: Option<u64>) -> Result<Rc<Line>, Error> {
        let own = clock::after(self.config.connect_timeout);
        let until = earlier(deadline, own);
        let made = Line::connect(&self.config, &self.address, Some(until))
            .map(Rc::new)
            .and_then(|line| {
                self.log_in(&line, Some(until))?;
                Ok(line)
            });
        made.map_err(|error| {
            let why = match error.kind {
                Kind::Timeout if until == own => format!(
                    "it took longer than {} s (connect_timeout)",
                    self.config.connect_timeout.as_secs_f64()
                ),
                Kind::Connection | Kind::Server => error.message,
                _ => return error,
            };
            let message = format!("cannot connect to Redis at {}: {why}", self.address);
            Error {
                code: error.code,
                ..Error::connection(message).unsent()
            }
        })
    }

    fn log_in(&self, line: &Rc<Line>, deadline: Option<u64>) -> Result<(), Error> {
        let (user, password) = match self.role {
            Role::Sentinel => (&self.config.sentinel_user, &self.config.sentinel_password.0),
            _ => (&self.config.user, &self.config.password.0),
        };
        let mut hello = Command::new("HELLO").arg("3");
        if !password.is_empty() {
            let user = if user.is_empty() { "default" } else { user };
            hello.push("AUTH").push(user).push(password);
        }
        let mut more = Vec::new();
        if let Some(name) = &self.config.name {
            more.push(Command::new("CLIENT SETNAME").arg(name));
        }
        if self.config.database != 0 && self.role != Role::Sentinel {
            more.push(Command::new("SELECT").arg(self.config.database.to_string()));
        }
        if self.role == Role::Replica {
            more.push(Command::new("READONLY"));
        }
        let mut first = vec![hello];
        loop {
            let commands: Vec<&Command> = first.iter().chain(&more).collect();
            let replies = line.run(&commands, deadline)?;
            let Some(refused) = replies.iter().find_map(Reply::error) else {
                return Ok(());
            };
            let error = Error::of_server(refused);
            let is_old = first.first().is_some_and(|first| first.name() == b"HELLO")
                && replies.first().is_some_and(|reply| reply.error().is_some())
                && (&*error.code == "NOPROTO" || error.message.contains("unknown command"));
            if !is_old {
                return Err(error);
            }
            // Before version 6 it speaks the older protocol.
            first.clear();
            if !password.is_empty() {
                let mut auth = Command::new("AUTH");
                if !user.is_empty() {
                    auth.push(user);
                }
                auth.push(password);
                first.push(auth);
            }
            if first.is_empty() && more.is_empty() {
                return Ok(());
            }
        }
    }

    /// Lets go of all connections that nobody uses.
    pub(crate) fn disconnect(&self) {
        let idle = self.pool.borrow().take_idle();
        drop(idle);
        let shared = self.shared.borrow().clone();
        if let Some(line) = shared.filter(|line| line.is_at_rest()) {
            self.let_go(&line);
        }
    }

    /// The numbers of its pool, and of shared connections: open, made, ended.
    pub(crate) fn counts(&self) -> (Counts, u64, u64, u64) {
        let open = u64::from(self.shared.borrow().is_some());
        (
            self.pool.borrow().counts(),
            open,
            self.made.get(),
            self.ended.get(),
        )
    }

    /// Who keeps a connection.
    pub(crate) fn held(&self) -> Vec<Held> {
        self.pool.borrow().held()
    }
}
