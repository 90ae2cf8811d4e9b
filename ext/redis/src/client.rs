//! A client of one server, of several that belong together, or of several that share the keys.

use crate::cluster::{Cluster, redirection};
use crate::config::Mode;
use crate::error::Kind;
use crate::group::Group;
use crate::keys::{self, Place};
use crate::node::{Node, Role};
use crate::pause::pause;
use crate::{Address, Command, Config, Error, Reply, Subscription, Watch};
use aws_lc_rs::digest;
use highper_engine::{self as engine, Ending, clock, scheduler};
use highper_pool::{Counts, Held, Ring};
use std::cell::Cell;
use std::rc::Rc;

/// How often a command is sent elsewhere, or again to a server that is not ready.
const ATTEMPTS: usize = 16;

/// A client: coroutines share it.
pub struct Client {
    config: Rc<Config>,
    servers: Servers,
    commands: Cell<u64>,
}

enum Servers {
    One(Rc<Node>),
    Group(Group),
    Cluster(Cluster),
    Shards(Ring, Vec<Rc<Client>>),
}

/// What is to be known of a client.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where its servers are, without passwords.
    pub place: String,
    /// Commands so far.
    pub commands: u64,
    /// Connections that coroutines share: open ones, and how many were made and ended.
    pub shared: (u64, u64, u64),
    /// At most so many connections to each server that one coroutine has for itself.
    pub max: usize,
    /// Their numbers.
    pub counts: Counts,
    /// Who keeps one: coroutine, since when (nanoseconds of the engine's clock), where.
    pub held: Vec<Held>,
}

/// What to do about a server's error.
enum Then {
    Give,
    /// Ask another server, once.
    Ask(Rc<Node>),
    Again,
    Later,
}

impl Client {
    /// A client without connections yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: Config) -> Result<Rc<Self>, String> {
        let config = Rc::new(config.check()?);
        let servers = match config.mode {
            Mode::Single => {
                let address = config.nodes.first().cloned();
                let address = address.ok_or("a client needs an address")?;
                Servers::One(Node::new(&config, address, Role::Data))
            }
            Mode::Sentinel | Mode::Replicas => Servers::Group(Group::new(&config)),
            Mode::Cluster => Servers::Cluster(Cluster::new(&config)),
            Mode::Shards => {
                let names = config.shards.iter();
                let ring = Ring::new(names.map(|shard| (&*shard.name, shard.weight)));
                let clients = config.shards.iter();
                let clients = clients.map(|shard| Self::new(shard.config.clone()));
                Servers::Shards(ring, clients.collect::<Result<_, _>>()?)
            }
        };
        Ok(Rc::new(Self {
            config,
            servers,
            commands: Cell::new(0),
        }))
    }

    /// When a command that begins now has to be over.
    pub(crate) fn deadline(&self) -> Option<u64> {
        match (self.config.timeout.map(clock::after), scheduler::deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn count(&self, commands: usize) {
        self.commands
            .set(self.commands.get() + u64::try_from(commands).unwrap_or(0));
    }

    /// Runs a command. An error of the server's is its reply.
    ///
    /// # Errors
    /// That it can't be sent, or was not answered.
    pub fn run(&self, command: &Command, place: impl Fn() -> String) -> Result<Reply, Error> {
        if let Some(why) = keys::refusal(command) {
            return Err(refused(command, why));
        }
        self.count(1);
        if let Servers::One(node) = &self.servers {
            if !keys::is_blocking(command) {
                let mut replies = node.run(&[command], self.deadline())?;
                return replies.pop().ok_or_else(unanswered);
            }
            return node.run_alone(command, place, scheduler::deadline());
        }
        if let Servers::Shards(_, clients) = &self.servers {
            let index = self.shard(command)?;
            return clients[index].run(command, place);
        }
        self.run_routed(command, &place)
    }

    /// Which of the shards a command is for: all of its keys have to be there.
    fn shard(&self, command: &Command) -> Result<usize, Error> {
        let Servers::Shards(ring, clients) = &self.servers else {
            return Ok(0);
        };
        let all = keys::all(command);
        if all.is_empty() {
            return match clients.len() {
                1 => Ok(0),
                _ => Err(refused(
                    command,
                    "it has no key that says which of the servers it is for: use shards() and run it on each",
                )),
            };
        }
        let mut found = None;
        for key in all {
            let index = ring.find(keys::tag(key));
            if *found.get_or_insert(index) != index {
                return Err(refused(
                    command,
                    "its keys belong to different servers; give them a common part in braces, as in {user:1}:name",
                ));
            }
        }
        Ok(found.unwrap_or(0))
    }

    /// The server for a command.
    fn route(&self, command: &Command, deadline: Option<u64>) -> Result<Rc<Node>, Error> {
        let only_reads = keys::is_read(command.name());
        match &self.servers {
            Servers::One(node) => Ok(Rc::clone(node)),
            Servers::Group(group) => group.pick(only_reads, deadline),
            Servers::Cluster(cluster) => match keys::place(command) {
                Place::Key(key) => cluster.of_slot(keys::slot(key), only_reads, deadline),
                Place::Any => {
                    let primaries = cluster.primaries(deadline)?;
                    primaries.first().cloned().ok_or_else(unanswered)
                }
            },
            Servers::Shards(_, clients) => {
                let index = self.shard(command)?;
                clients[index].route(command, deadline)
            }
        }
    }

    fn run_routed(&self, command: &Command, place: &dyn Fn() -> String) -> Result<Reply, Error> {
        let is_blocking = keys::is_blocking(command);
        let deadline = match is_blocking {
            true => scheduler::deadline(),
            false => self.deadline(),
        };
        let asking = Command::new("ASKING");
        let (mut ask, mut tried) = (None, 0);
        loop {
            tried += 1;
            let begun = clock::now();
            let asked: Option<Rc<Node>> = ask.take();
            let node = match &asked {
                Some(node) => Rc::clone(node),
                None => self.route(command, deadline)?,
            };
            let done = match (&asked, is_blocking) {
                (Some(_), _) => node
                    .run(&[&asking, command], deadline)
                    .and_then(|mut replies| replies.pop().ok_or_else(unanswered)),
                (None, true) => node.run_alone(command, place, deadline),
                (None, false) => node
                    .run(&[command], deadline)
                    .and_then(|mut replies| replies.pop().ok_or_else(unanswered)),
            };
            match done {
                Ok(reply) => {
                    let Some(text) = reply.error().filter(|_| tried < ATTEMPTS) else {
                        return Ok(reply);
                    };
                    match self.judge(&Error::of_server(text), &node, begun, deadline)? {
                        Then::Give => return Ok(reply),
                        Then::Ask(other) => ask = Some(other),
                        Then::Again => {}
                        Then::Later => pause()?,
                    }
                }
                Err(error) if error.kind == Kind::Connection => {
                    self.lost(&node, begun, deadline);
                    if !error.is_unsent || tried >= ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A server could not be reached.
    fn lost(&self, node: &Rc<Node>, begun: u64, deadline: Option<u64>) {
        match &self.servers {
            Servers::Group(group) => group.forget(node),
            Servers::Cluster(cluster) => {
                // What others say about it shows at the next attempt.
                let _as_known = cluster.ask(begun, deadline);
                let _pause = pause();
            }
            _ => {}
        }
    }

    fn judge(
        &self,
        error: &Error,
        node: &Rc<Node>,
        begun: u64,
        deadline: Option<u64>,
    ) -> Result<Then, Error> {
        match (&self.servers, &*error.code) {
            (Servers::Cluster(cluster), "MOVED") => {
                let Some((slot, address)) = redirection(&error.message, &node.address) else {
                    return Ok(Then::Give);
                };
                if cluster.knows(&address) {
                    cluster.moved(slot, &address);
                    return Ok(Then::Again);
                }
                cluster.ask(begun, deadline)?;
                Ok(match cluster.knows(&address) {
                    true => Then::Again,
                    // The others have not heard of it yet.
                    false => Then::Ask(cluster.node(&address, false)),
                })
            }
            (Servers::Cluster(cluster), "ASK") => {
                Ok(match redirection(&error.message, &node.address) {
                    Some((_, address)) => Then::Ask(cluster.node(&address, false)),
                    None => Then::Give,
                })
            }
            (Servers::Cluster(cluster), "CLUSTERDOWN") => {
                cluster.ask(begun, deadline)?;
                Ok(Then::Later)
            }
            (Servers::Cluster(_), "TRYAGAIN") => Ok(Then::Later),
            (Servers::Group(group), "READONLY" | "MASTERDOWN") => {
                group.forget(node);
                Ok(Then::Again)
            }
            (Servers::Group(_) | Servers::Cluster(_), "LOADING") => Ok(Then::Later),
            _ => Ok(Then::Give),
        }
    }

    /// Runs commands that are sent together; each has its own reply.
    ///
    /// # Errors
    /// That they can't be sent, or were not answered: what was done is unknown then.
    pub fn pipeline(&self, commands: &[Command]) -> Result<Vec<Reply>, Error> {
        for command in commands {
            if let Some(why) = keys::refusal(command) {
                return Err(refused(command, why));
            }
            if keys::is_blocking(command) {
                return Err(refused(
                    command,
                    "it may wait at the server, and a pipeline waits for none: run it by itself",
                ));
            }
        }
        self.count(commands.len());
        let deadline = self.deadline();
        if let Servers::One(node) = &self.servers {
            let commands: Vec<&Command> = commands.iter().collect();
            return node.run(&commands, deadline);
        }
        let mut groups: Vec<(Rc<Node>, Vec<usize>)> = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let node = self.route(command, deadline)?;
            let known = groups
                .iter_mut()
                .find(|(other, _)| Rc::ptr_eq(other, &node));
            match known {
                Some((_, all)) => all.push(index),
                None => groups.push((node, vec![index])),
            }
        }
        let mut replies: Vec<Option<Reply>> = commands.iter().map(|_| None).collect();
        for (node, indexes) in &groups {
            let begun = clock::now();
            let part: Vec<&Command> = indexes.iter().map(|index| &commands[*index]).collect();
            match node.run(&part, deadline) {
                Ok(done) => {
                    for (index, reply) in indexes.iter().zip(done) {
                        replies[*index] = Some(reply);
                    }
                }
                Err(error) => {
                    if error.kind == Kind::Connection {
                        self.lost(node, begun, deadline);
                    }
                    if !error.is_unsent {
                        return Err(error);
                    }
                }
            }
        }
        // What was not sent, or was sent to the wrong one, goes by itself.
        let mut all = Vec::with_capacity(commands.len());
        for (command, reply) in commands.iter().zip(replies) {
            let is_elsewhere = |reply: &Reply| {
                reply.error().is_some_and(|text| {
                    matches!(
                        &*Error::of_server(text).code,
                        "MOVED" | "ASK" | "TRYAGAIN" | "READONLY"
                    )
                })
            };
            all.push(match reply {
                Some(reply) if !is_elsewhere(&reply) => reply,
                _ => self.run(command, String::new)?,
            });
        }
        Ok(all)
    }

    /// The only server that commands are for.
    fn route_all(&self, commands: &[Command], deadline: Option<u64>) -> Result<Rc<Node>, Error> {
        let mut slot = None;
        let mut keyed = None;
        for command in commands {
            if let Some(why) = keys::refusal(command) {
                return Err(refused(command, why));
            }
            if let Servers::Shards(..) = &self.servers {
                let index = self.shard(command)?;
                if *slot.get_or_insert(index) != index {
                    return Err(apart(command));
                }
            }
            if let (Servers::Cluster(_), Place::Key(key)) = (&self.servers, keys::place(command)) {
                let own = usize::from(keys::slot(key));
                if *slot.get_or_insert(own) != own {
                    return Err(apart(command));
                }
                keyed = keyed.or(Some(key));
            }
        }
        match (&self.servers, keyed) {
            (Servers::Cluster(cluster), Some(key)) => {
                cluster.of_slot(keys::slot(key), false, deadline)
            }
            (Servers::Group(group), _) => group.pick(false, deadline),
            (Servers::Shards(_, clients), _) => {
                clients[slot.unwrap_or(0)].route_all(commands, deadline)
            }
            _ => match commands.first() {
                Some(command) => self.route(command, deadline),
                None => Err(Error::usage("nothing was asked for")),
            },
        }
    }

    /// Runs commands with nobody else's in between: the reply is the list of theirs.
    ///
    /// # Errors
    /// That one of them was refused before any ran; that they can't be sent, or were not answered: whether they were done
    /// is unknown then.
    pub fn transaction(&self, commands: &[Command]) -> Result<Reply, Error> {
        self.count(commands.len());
        let deadline = self.deadline();
        let (multi, exec) = (Command::new("MULTI"), Command::new("EXEC"));
        let mut all = vec![&multi];
        all.extend(commands);
        all.push(&exec);
        let mut tried = 0;
        loop {
            tried += 1;
            let begun = clock::now();
            let node = self.route_all(commands, deadline)?;
            let error = match node.run(&all, deadline).and_then(executed) {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if error.kind == Kind::Connection {
                self.lost(&node, begun, deadline);
            }
            let again = match error.kind {
                Kind::Connection => error.is_unsent,
                Kind::Server => match self.judge(&error, &node, begun, deadline)? {
                    Then::Give | Then::Ask(_) => false,
                    Then::Again => true,
                    Then::Later => {
                        pause()?;
                        true
                    }
                },
                _ => false,
            };
            if !again || tried >= ATTEMPTS {
                return Err(error);
            }
        }
    }

    /// Watches keys: what [`Watch::execute`] does is done only if nobody has changed them meanwhile.
    ///
    /// # Errors
    /// That they can't be watched.
    pub fn watch(
        self: &Rc<Self>,
        keys: &[Vec<u8>],
        place: impl Fn() -> String,
    ) -> Result<Watch, Error> {
        let mut command = Command::new("WATCH");
        keys.iter().for_each(|key| {
            command.push(key);
        });
        let deadline = self.deadline();
        let mut tried = 0;
        loop {
            tried += 1;
            let begun = clock::now();
            let node = self.route_keys(keys, deadline)?;
            let lease = node.lease(&place, deadline);
            let done = lease.and_then(|lease| {
                let reply = lease.line.run(&[&command], deadline)?.pop();
                reply.map_or_else(|| Err(unanswered()), Reply::into_result)?;
                Ok(Watch::new(Rc::clone(self), Rc::clone(&node), lease))
            });
            match done {
                Err(error) if tried < ATTEMPTS && error.kind == Kind::Server => {
                    if let Then::Give | Then::Ask(_) = self.judge(&error, &node, begun, deadline)? {
                        return Err(error);
                    }
                    pause()?;
                }
                Err(error) if error.kind == Kind::Connection && tried < ATTEMPTS => {
                    self.lost(&node, begun, deadline);
                    if let Servers::One(_) = self.servers {
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    fn route_keys(&self, keys: &[Vec<u8>], deadline: Option<u64>) -> Result<Rc<Node>, Error> {
        let mut command = Command::new("TOUCH");
        keys.iter().for_each(|key| {
            command.push(key);
        });
        self.route_all(std::slice::from_ref(&command), deadline)
    }

    /// Runs a script by its digest; where the server does not know it yet, by its text.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn script(
        &self,
        script: &[u8],
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
        place: impl Fn() -> String,
    ) -> Result<Reply, Error> {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, script);
        let mut hex = Vec::with_capacity(40);
        for byte in digest.as_ref() {
            hex.push(b"0123456789abcdef"[usize::from(byte >> 4)]);
            hex.push(b"0123456789abcdef"[usize::from(byte & 15)]);
        }
        let command = |name: &str, what: &[u8]| {
            let mut command = Command::new(name).arg(what);
            command.push(keys.len().to_string());
            keys.iter().chain(args).for_each(|arg| {
                command.push(arg);
            });
            command
        };
        let reply = self.run(&command("EVALSHA", &hex), &place)?;
        match reply.error() {
            Some(text) if text.starts_with(b"NOSCRIPT") => {
                self.run(&command("EVAL", script), &place)
            }
            _ => Ok(reply),
        }
    }

    /// Listens to channels, and to patterns of them, on a connection of its own.
    ///
    /// # Errors
    /// That it can't be made, or was refused.
    pub fn subscribe(
        &self,
        channels: &[Vec<u8>],
        patterns: &[Vec<u8>],
    ) -> Result<Subscription, Error> {
        let deadline = self.deadline();
        let node = match &self.servers {
            Servers::Shards(..) => self.route_keys(&[channels, patterns].concat(), deadline)?,
            _ => self.route(&Command::new("PING"), deadline)?,
        };
        Subscription::new(node, channels, patterns, deadline)
    }

    /// The clients of servers that share the keys; itself where there is one.
    #[must_use]
    pub fn shards(self: &Rc<Self>) -> Vec<(String, Rc<Self>)> {
        match &self.servers {
            Servers::Shards(_, clients) => {
                let names = self.config.shards.iter().map(|shard| shard.name.clone());
                names.zip(clients.iter().cloned()).collect()
            }
            _ => vec![(self.config.place(), Rc::clone(self))],
        }
    }

    /// Runs a command on each server that has keys of its own.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn on_each(&self, command: &Command) -> Result<Vec<Reply>, Error> {
        let deadline = self.deadline();
        match &self.servers {
            Servers::Shards(_, clients) => {
                let mut all = Vec::new();
                for client in clients {
                    all.extend(client.on_each(command)?);
                }
                Ok(all)
            }
            Servers::Cluster(cluster) => {
                let mut all = Vec::new();
                for node in cluster.primaries(deadline)? {
                    self.count(1);
                    all.append(&mut node.run(&[command], deadline)?);
                }
                Ok(all)
            }
            _ => Ok(vec![self.run(command, String::new)?]),
        }
    }

    /// How many servers have keys of their own.
    ///
    /// # Errors
    /// That a cluster can't be asked.
    pub fn parts(&self) -> Result<usize, Error> {
        Ok(match &self.servers {
            Servers::Shards(_, clients) => {
                let mut count = 0;
                for client in clients {
                    count += client.parts()?;
                }
                count
            }
            Servers::Cluster(cluster) => cluster.primaries(self.deadline())?.len(),
            _ => 1,
        })
    }

    /// Runs a command on one of the servers that have keys of their own: from 0 to below [`Client::parts`].
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn on_part(&self, part: usize, command: &Command) -> Result<Option<Reply>, Error> {
        match &self.servers {
            Servers::Shards(_, clients) => {
                let mut left = part;
                for client in clients {
                    let parts = client.parts()?;
                    if left < parts {
                        return client.on_part(left, command);
                    }
                    left -= parts;
                }
                Ok(None)
            }
            Servers::Cluster(cluster) => {
                self.count(1);
                let deadline = self.deadline();
                match cluster.primaries(deadline)?.get(part) {
                    Some(node) => Ok(node.run(&[command], deadline)?.pop()),
                    None => Ok(None),
                }
            }
            _ if part == 0 => self.run(command, String::new).map(Some),
            _ => Ok(None),
        }
    }

    fn nodes(&self) -> Vec<Rc<Node>> {
        match &self.servers {
            Servers::One(node) => vec![Rc::clone(node)],
            Servers::Group(group) => group.nodes(),
            Servers::Cluster(cluster) => cluster.nodes(),
            Servers::Shards(_, clients) => {
                clients.iter().flat_map(|client| client.nodes()).collect()
            }
        }
    }

    /// Makes the connections that stay (`pool.min`), before somebody needs one: the shared one of each server too. `failed` is told where none
    /// can be had.
    pub fn warm(self: &Rc<Self>, failed: impl FnOnce(&Error) + Clone + 'static) {
        if let Servers::Shards(_, clients) = &self.servers {
            clients.iter().for_each(|own| own.warm(failed.clone()));
            return;
        }
        if self.config.limits.min_idle == 0 {
            return;
        }
        let own = Rc::clone(self);
        let _started = engine::spawn(move || {
            let until = Some(clock::after(own.config.connect_timeout));
            // Which servers there are some say when they are asked.
            let found = own.on_each(&Command::new("PING"));
            let warm = found.and_then(|_| own.nodes().iter().try_for_each(|node| node.warm(until)));
            if let Err(error) = warm {
                failed(&error);
            }
            Ending::Returned
        });
    }

    /// Lets go of all connections that nobody uses.
    pub fn disconnect(&self) {
        self.nodes().iter().for_each(|node| node.disconnect());
    }

    /// What is to be known of it.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account {
            place: self.config.place(),
            commands: self.commands.get(),
            shared: (0, 0, 0),
            max: self.config.limits.max,
            counts: Counts::default(),
            held: Vec::new(),
        };
        if let Servers::Shards(_, clients) = &self.servers {
            account.commands = clients.iter().map(|client| client.commands.get()).sum();
        }
        for node in self.nodes() {
            let (counts, open, made, ended) = node.counts();
            let all = &mut account.shared;
            *all = (all.0 + open, all.1 + made, all.2 + ended);
            let sum = &mut account.counts;
            sum.idle += counts.idle;
            sum.taken += counts.taken;
            sum.waiting += counts.waiting;
            sum.takes += counts.takes;
            sum.waits += counts.waits;
            sum.waited += counts.waited;
            sum.refused += counts.refused;
            sum.made += counts.made;
            sum.ended += counts.ended;
            account.held.extend(node.held());
        }
        account.held.retain(|held| !held.place.is_empty());
        account
    }

    /// How it was configured.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where a key lives: for those who look for it.
    ///
    /// # Errors
    /// That a cluster can't be asked.
    pub fn address_of(&self, key: &[u8]) -> Result<Address, Error> {
        let command = Command::new("SET").arg(key);
        Ok(self.route(&command, self.deadline())?.address.clone())
    }
}

/// The reply of `EXEC`, or why there is none.
pub(crate) fn executed(mut replies: Vec<Reply>) -> Result<Reply, Error> {
    let Some(last) = replies.pop() else {
        return Err(unanswered());
    };
    if last.error().is_none() {
        return Ok(last);
    }
    // What was refused says more than that nothing was done.
    let first = replies.iter().find_map(Reply::error).or(last.error());
    Err(Error::of_server(first.unwrap_or_default()))
}

pub(crate) fn unanswered() -> Error {
    Error::connection("the server has not answered")
}

fn apart(command: &Command) -> Error {
    refused(
        command,
        "the keys of a transaction must be at one server; give them a common part in braces, as in {user:1}:name",
    )
}

pub(crate) fn refused(command: &Command, why: &str) -> Error {
    Error::usage(format!(
        "{} can't be sent here: {why}",
        String::from_utf8_lossy(command.name())
    ))
}
