//! A client of one or several servers.

use crate::connection::Connection;
use crate::error::Kind;
use crate::reply::{Reply, Value};
use crate::{Config, Error};
use highper_engine::{self as engine, clock, scheduler};
use highper_pool::{Counts, Pool, Refused, Ring, Taken};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The longest key.
const KEY_MAX: usize = 250;
/// Times from here on are moments, for memcached; longer ones are given as such.
const MONTH: i64 = 60 * 60 * 24 * 30;

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Whatever is there.
    Set,
    /// Where nothing is.
    Add,
    /// Where something is.
    Replace,
    /// Behind what is there.
    Append,
    /// Before what is there.
    Prepend,
    /// Where that is still this state.
    Cas(u64),
}

/// The turn of the running coroutine, which the next command uses.
pub struct Turn {
    _own: highper_pool::Turn<Box<Connection>>,
}

/// What is to be known of a client.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its servers, with the numbers of their pools.
    pub servers: Vec<(String, Counts)>,
    /// Commands so far.
    pub commands: u64,
}

/// What a server says of itself: its name, and names with values.
pub type ServerStats = (String, Vec<(String, String)>);

/// A client: coroutines share it.
pub struct Client {
    config: Config,
    ring: Ring,
    pools: RefCell<Vec<Rc<Pool<Box<Connection>>>>>,
    commands: Cell<u64>,
    /// The process that the connections belong to.
    process: Cell<u32>,
}

impl Client {
    /// A client without connections yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: Config) -> Result<Rc<Self>, String> {
        config.check()?;
        let names: Vec<String> = config.servers.iter().map(crate::Server::name).collect();
        let weights = config.servers.iter().map(|server| server.weight);
        let ring = Ring::new(names.iter().map(String::as_str).zip(weights));
        Ok(Rc::new(Self {
            pools: RefCell::new(pools(&config)),
            ring,
            config,
            commands: Cell::new(0),
            process: Cell::new(std::process::id()),
        }))
    }

    fn pool(&self, server: usize) -> Option<Rc<Pool<Box<Connection>>>> {
        let process = std::process::id();
        if self.process.replace(process) != process {
            // Forked: the connections are the parent's.
            let old = self.pools.replace(pools(&self.config));
            drop(old);
        }
        self.pools.borrow().get(server).cloned()
    }

    fn deadline(&self) -> Option<u64> {
        match (self.config.timeout.map(clock::after), scheduler::deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Waits here where all connections to the server of a key are taken, so that the command that follows need not wait deep in its stack:
    /// that keeps memory. Let go of what this gives when that has run.
    ///
    /// # Errors
    /// There was none in time.
    #[inline]
    pub fn await_turn(&self, key: &[u8]) -> Result<Option<Turn>, Error> {
        match self.pools.borrow().iter().all(|pool| pool.has_room()) {
            true => Ok(None),
            false => self.wait_for_turn(key),
        }
    }

    #[cold]
    #[inline(never)]
    fn wait_for_turn(&self, key: &[u8]) -> Result<Option<Turn>, Error> {
        let server = self.ring.find(key);
        let Some(pool) = self.pool(server) else {
            return Ok(None);
        };
        let deadline = self.deadline();
        let turn = pool.await_turn(|| deadline);
        turn.map(|own| own.map(|own| Turn { _own: own }))
            .map_err(|why| self.refused(server, &why, deadline))
    }

    #[cold]
    #[inline(never)]
    fn refused(&self, server: usize, why: &Refused, deadline: Option<u64>) -> Error {
        match why {
            Refused::Cancelled => Error::of_wake(engine::Wake::Cancelled),
            Refused::TimedOut(..) if deadline.is_some_and(|at| at <= clock::now()) => {
                Error::of_wake(engine::Wake::Timeout)
            }
            refused => Error::new(
                Kind::Exhausted,
                format!(
                    "no connection to memcached at {}: {refused}; pool.max is how many there are, pool.wait how long one waits",
                    self.name(server)
                ),
            ),
        }
    }

    /// Makes the connections that stay (`pool.min`), before somebody needs one. `failed` is told of a server of which none can be had.
    pub fn warm(self: &Rc<Self>, failed: impl FnOnce(&Error) + Clone + 'static) {
        for server in 0..self.config.servers.len() {
            let (own, failed) = (Rc::clone(self), failed.clone());
            if let Some(pool) = self.pool(server) {
                pool.warm(move || own.open(server, None), |error| failed(&error));
            }
        }
    }

    #[inline(never)]
    fn open(&self, server: usize, deadline: Option<u64>) -> Result<Box<Connection>, Error> {
        let Some(place) = self.config.servers.get(server) else {
            return Err(Error::usage("there is no such server"));
        };
        Connection::open(place, &self.config, deadline).map_err(|error| match error.kind {
            Kind::Connection => Error {
                message: format!(
                    "cannot connect to memcached at {}: {}",
                    place.name(),
                    error.message
                ),
                ..error
            },
            Kind::Timeout => Error::connection(format!(
                "cannot connect to memcached at {}: it took longer than {} s (connect_timeout)",
                place.name(),
                self.config.connect_timeout.as_secs_f64()
            )),
            _ => error,
        })
    }

    /// Of its pools together: what is now, and what has been.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let pools = self.pools.borrow();
        let counts = pools.iter().map(|pool| pool.counts());
        counts.fold(Counts::default(), |a, b| Counts {
            idle: a.idle + b.idle,
            taken: a.taken + b.taken,
            waiting: a.waiting + b.waiting,
            takes: a.takes + b.takes,
            waits: a.waits + b.waits,
            waited: a.waited + b.waited,
            refused: a.refused + b.refused,
            made: a.made + b.made,
            ended: a.ended + b.ended,
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

    fn name(&self, server: usize) -> String {
        let place = self.config.servers.get(server);
        place.map(crate::Server::name).unwrap_or_default()
    }

    /// Sends something to a server and gives the answer.
    #[inline(never)]
    fn ask(&self, server: usize, output: &[u8]) -> Result<Reply, Error> {
        self.commands.set(self.commands.get() + 1);
        let place = self.config.servers.get(server);
        let (Some(pool), Some(place)) = (self.pool(server), place) else {
            return Err(Error::usage("there is no such server"));
        };
        // It may have begun with the wait for its turn.
        let deadline = pool.turn_ends().or_else(|| self.deadline());
        let named = |error: Error| Error {
            message: format!("memcached at {}: {}", place.name(), error.message),
            ..error
        };
        let mut again = true;
        loop {
            let (ticket, kept) = match pool.take(String::new, deadline) {
                Ok(Taken::Idle(ticket, connection)) => {
                    (ticket, Some(connection).filter(|kept| kept.is_good()))
                }
                Ok(Taken::New(ticket)) => (ticket, None),
                Err(refused) => return Err(self.refused(server, &refused, deadline)),
            };
            let connection = match kept {
                Some(connection) => Ok(connection),
                None => self.open(server, deadline),
            };
            let mut connection = match connection {
                Ok(connection) => connection,
                Err(error) => {
                    pool.give_up(ticket);
                    return Err(error);
                }
            };
            let done = connection.ask(output, deadline);
            match connection.is_at_rest() {
                true => pool.give_back(ticket, connection),
                false => {
                    drop(connection);
                    pool.give_up(ticket);
                }
            }
            match done {
                Err(error) if error.kind == Kind::Connection && error.is_unsent && again => {
                    again = false;
                }
                Err(error) if error.kind == Kind::Connection => return Err(named(error)),
                Ok(Reply::Refused(why, _)) => {
                    return Err(named(Error::new(Kind::Server, why)));
                }
                done => return done,
            }
        }
    }

    fn server(&self, key: &[u8]) -> Result<usize, Error> {
        let is_good = (1..=KEY_MAX).contains(&key.len())
            && key.iter().all(|byte| *byte > b' ' && *byte != 0x7F);
        match is_good {
            true => Ok(self.ring.find(key)),
            false => Err(Error::usage(format!(
                "a key of memcached has 1 to {KEY_MAX} bytes, without spaces and control characters, {:?} given",
                String::from_utf8_lossy(&key[..key.len().min(60)])
            ))),
        }
    }

    /// Values of keys, those that there are, with their states.
    ///
    /// # Errors
    /// That a server can't be asked.
    pub fn get(&self, keys: &[Vec<u8>]) -> Result<Vec<Value>, Error> {
        let mut groups: Vec<Vec<&[u8]>> = vec![Vec::new(); self.config.servers.len()];
        for key in keys {
            let server = self.server(key)?;
            if let Some(group) = groups.get_mut(server) {
                group.push(key);
            }
        }
        let mut all = Vec::with_capacity(keys.len());
        for (server, group) in groups.iter().enumerate() {
            // A server need not remember a line without an end.
            for part in group.chunks(100) {
                let mut output = b"gets".to_vec();
                for key in part {
                    output.push(b' ');
                    output.extend_from_slice(key);
                }
                output.extend_from_slice(b"\r\n");
                match self.ask(server, &output)? {
                    Reply::Values(mut values) => all.append(&mut values),
                    other => return Err(unexpected(&other)),
                }
            }
        }
        Ok(all)
    }

    /// Stores a value, for so many seconds (0 for ever). False where it was not.
    ///
    /// # Errors
    /// That the server can't be asked, or refused: the value is too large, for example.
    pub fn store(
        &self,
        how: Store,
        key: &[u8],
        flags: u32,
        ttl: i64,
        data: &[u8],
    ) -> Result<bool, Error> {
        let (word, cas) = match how {
            Store::Set => ("set", String::new()),
            Store::Add => ("add", String::new()),
            Store::Replace => ("replace", String::new()),
            Store::Append => ("append", String::new()),
            Store::Prepend => ("prepend", String::new()),
            Store::Cas(state) => ("cas", format!(" {state}")),
        };
        let server = self.server(key)?;
        let mut output = Vec::with_capacity(key.len() + data.len() + 64);
        output.extend_from_slice(word.as_bytes());
        output.push(b' ');
        output.extend_from_slice(key);
        output.extend_from_slice(
            format!(" {flags} {} {}{cas}\r\n", expiry(ttl), data.len()).as_bytes(),
        );
        output.extend_from_slice(data);
        output.extend_from_slice(b"\r\n");
        done(self.ask(server, &output)?)
    }

    /// Adds to a number, or takes from it (not below 0); nothing where there is none.
    ///
    /// # Errors
    /// That the server can't be asked, or that the value is no number.
    pub fn count(&self, key: &[u8], by: u64, is_minus: bool) -> Result<Option<u64>, Error> {
        let word = if is_minus { "decr" } else { "incr" };
        let output = line(word, key, &format!(" {by}"));
        match self.ask(self.server(key)?, &output)? {
            Reply::Number(number) => Ok(Some(number)),
            Reply::NotFound => Ok(None),
            other => Err(unexpected(&other)),
        }
    }

    /// Removes a key. False where there was none.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn delete(&self, key: &[u8]) -> Result<bool, Error> {
        done(self.ask(self.server(key)?, &line("delete", key, ""))?)
    }

    /// Keeps a key for so many seconds from now on. False where there is none.
    ///
    /// # Errors
    /// That the server can't be asked.
    pub fn touch(&self, key: &[u8], ttl: i64) -> Result<bool, Error> {
        let output = line("touch", key, &format!(" {}", expiry(ttl)));
        done(self.ask(self.server(key)?, &output)?)
    }

    /// Removes all keys of all servers.
    ///
    /// # Errors
    /// That a server can't be asked.
    pub fn clear(&self) -> Result<(), Error> {
        for server in 0..self.config.servers.len() {
            done(self.ask(server, b"flush_all\r\n")?)?;
        }
        Ok(())
    }

    /// What each server says of itself.
    ///
    /// # Errors
    /// That a server can't be asked.
    pub fn server_stats(&self) -> Result<Vec<ServerStats>, Error> {
        let mut all = Vec::new();
        for (number, server) in self.config.servers.iter().enumerate() {
            match self.ask(number, b"stats\r\n")? {
                Reply::Stats(stats) => all.push((server.name(), stats)),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(all)
    }

    /// Lets go of all connections that nobody uses.
    pub fn disconnect(&self) {
        let pools = self.pools.borrow().clone();
        for pool in pools {
            let idle = pool.take_idle();
            drop(idle);
        }
    }

    /// What is to be known of it.
    #[must_use]
    pub fn account(&self) -> Account {
        let pools = self.pools.borrow();
        let names = self.config.servers.iter().map(crate::Server::name);
        Account {
            servers: names.zip(pools.iter().map(|pool| pool.counts())).collect(),
            commands: self.commands.get(),
        }
    }
}

fn pools(config: &Config) -> Vec<Rc<Pool<Box<Connection>>>> {
    let servers = config.servers.iter();
    servers.map(|_| Rc::new(Pool::new(config.limits))).collect()
}

fn line(word: &str, key: &[u8], rest: &str) -> Vec<u8> {
    let mut output = format!("{word} ").into_bytes();
    output.extend_from_slice(key);
    output.extend_from_slice(rest.as_bytes());
    output.extend_from_slice(b"\r\n");
    output
}

/// Seconds as memcached takes them: a month and more are moments there.
fn expiry(ttl: i64) -> i64 {
    match ttl {
        ttl if ttl < MONTH => ttl,
        ttl => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
            now.saturating_add(ttl)
        }
    }
}

fn done(reply: Reply) -> Result<bool, Error> {
    match reply {
        Reply::Done => Ok(true),
        Reply::NotStored | Reply::Changed | Reply::NotFound => Ok(false),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(reply: &Reply) -> Error {
    Error::connection(format!("the server answered to something else: {reply:?}"))
}
