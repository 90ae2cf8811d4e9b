//! A primary and its replicas: sentinels know which is which, or the servers themselves.

use crate::config::Mode;
use crate::error::Kind;
use crate::node::{Node, Role};
use crate::pause::{PAUSE, pause};
use crate::{Address, Command, Config, Error, Part, Reply};
use highper_engine::sync::Mutex;
use highper_engine::{self as engine, clock};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// How long a server may take to say what it is.
const ANSWER: Duration = Duration::from_secs(2);

/// A primary and its replicas.
pub(crate) struct Group {
    config: Rc<Config>,
    nodes: RefCell<HashMap<(Address, bool), Rc<Node>>>,
    primary: RefCell<Option<Rc<Node>>>,
    replicas: RefCell<Vec<Rc<Node>>>,
    finding: Mutex,
    turn: Cell<usize>,
}

/// What servers have said: the primary and the replicas.
type Found = (Address, Vec<Address>);

impl Group {
    pub(crate) fn new(config: &Rc<Config>) -> Self {
        Self {
            config: Rc::clone(config),
            nodes: RefCell::default(),
            primary: RefCell::default(),
            replicas: RefCell::default(),
            finding: Mutex::default(),
            turn: Cell::new(0),
        }
    }

    fn node(&self, address: &Address, role: Role) -> Rc<Node> {
        let mut nodes = self.nodes.borrow_mut();
        let made = nodes
            .entry((address.clone(), role == Role::Sentinel))
            .or_insert_with(|| Node::new(&self.config, address.clone(), role));
        Rc::clone(made)
    }

    /// The server for a command.
    pub(crate) fn pick(&self, only_reads: bool, deadline: Option<u64>) -> Result<Rc<Node>, Error> {
        if self.primary.borrow().is_none() {
            self.find(deadline)?;
        }
        if only_reads && self.config.reads_replicas {
            let replicas = self.replicas.borrow();
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            if let Some(index) = turn.checked_rem(replicas.len()) {
                return Ok(Rc::clone(&replicas[index]));
            }
        }
        let primary = self.primary.borrow().clone();
        primary.ok_or_else(|| Error::connection("there is no primary").unsent())
    }

    /// This server is not what it was taken for.
    pub(crate) fn forget(&self, node: &Rc<Node>) {
        let is_it = |kept: &Rc<Node>| Rc::ptr_eq(kept, node);
        let is_primary = self.primary.borrow().as_ref().is_some_and(is_it);
        if is_primary {
            let old = self.primary.take();
            drop(old);
        }
        self.replicas.borrow_mut().retain(|kept| !is_it(kept));
    }

    /// Looks for the primary, for as long as a failover may take.
    fn find(&self, deadline: Option<u64>) -> Result<(), Error> {
        if !engine::can_suspend() {
            return self.find_now(deadline);
        }
        self.finding.lock(deadline).map_err(Error::of_wake)?;
        let is_known = self.primary.borrow().is_some();
        let done = match is_known {
            // Somebody else has found it meanwhile.
            true => Ok(()),
            false => self.find_now(deadline),
        };
        self.finding.unlock();
        done
    }

    fn find_now(&self, deadline: Option<u64>) -> Result<(), Error> {
        let own = clock::after(self.config.failover);
        let until = deadline.map_or(own, |deadline| deadline.min(own));
        loop {
            let answer = clock::after(ANSWER).min(until);
            let done = match self.config.mode {
                Mode::Sentinel => self.ask_sentinels(answer),
                _ => self.ask_servers(answer),
            };
            match done {
                Ok((primary, replicas)) => {
                    let role = Role::Data;
                    let replicas = replicas.iter().map(|address| self.node(address, role));
                    let old = self.replicas.replace(replicas.collect());
                    drop(old);
                    let old = self.primary.replace(Some(self.node(&primary, role)));
                    drop(old);
                    return Ok(());
                }
                Err(error) if error.kind == Kind::Cancelled => return Err(error),
                Err(error) if clock::now() >= until.saturating_sub(PAUSE) => {
                    if deadline == Some(until) {
                        return Err(Error::of_wake(engine::Wake::Timeout));
                    }
                    return Err(Error::connection(format!(
                        "no primary of {} was found: {}",
                        self.config.place(),
                        error.message
                    )));
                }
                Err(_) => pause()?,
            }
        }
    }

    fn ask(&self, node: &Rc<Node>, command: &Command, deadline: u64) -> Result<Reply, Error> {
        let mut replies = node.run(&[command], Some(deadline))?;
        match replies.pop() {
            Some(reply) => reply.into_result(),
            None => Err(Error::connection("the server has not answered")),
        }
    }

    /// What a server says that it is: `master` or `slave`.
    fn role(&self, address: &Address, deadline: u64) -> Result<String, Error> {
        let node = self.node(address, Role::Data);
        let reply = self.ask(&node, &Command::new("ROLE"), deadline)?;
        let mut walk = reply.walk();
        walk.next();
        match walk.next() {
            Some(Part::Text(word) | Part::Status(word)) => {
                Ok(String::from_utf8_lossy(word).into_owned())
            }
            _ => Err(Error::connection("the server does not say what it is")),
        }
    }

    fn ask_sentinels(&self, deadline: u64) -> Result<Found, Error> {
        let mut why = Error::connection("no sentinel has answered");
        for address in &self.config.nodes {
            let sentinel = self.node(address, Role::Sentinel);
            let command = Command::new("SENTINEL get-master-addr-by-name").arg(&self.config.master);
            let reply = match self.ask(&sentinel, &command, deadline) {
                Ok(reply) => reply.texts(),
                Err(error) if error.kind == Kind::Cancelled => return Err(error),
                Err(error) => {
                    why = error;
                    continue;
                }
            };
            let [host, port] = &*reply else {
                why = Error::connection(format!(
                    "the sentinel at {address} knows of no primary '{}'",
                    self.config.master
                ));
                continue;
            };
            let Ok(port) = port.parse() else { continue };
            let primary = Address::Tcp(host.clone(), port);
            // A sentinel may not have heard yet.
            match self.role(&primary, deadline) {
                Ok(role) if role == "master" => {}
                Ok(role) => {
                    why = Error::connection(format!("{primary} says that it is a {role}"));
                    continue;
                }
                Err(error) if error.kind == Kind::Cancelled => return Err(error),
                Err(error) => {
                    why = error;
                    continue;
                }
            }
            let replicas = match self.config.reads_replicas {
                true => self.replicas_of(&sentinel, deadline)?,
                false => Vec::new(),
            };
            return Ok((primary, replicas));
        }
        Err(why)
    }

    fn replicas_of(&self, sentinel: &Rc<Node>, deadline: u64) -> Result<Vec<Address>, Error> {
        let command = Command::new("SENTINEL replicas").arg(&self.config.master);
        let reply = self.ask(sentinel, &command, deadline)?;
        let mut walk = reply.walk();
        let Some(Part::List(count)) = walk.next() else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for _ in 0..count {
            let pairs = match walk.next() {
                Some(Part::Map(pairs)) => pairs,
                Some(Part::List(words)) => words / 2,
                _ => return Ok(all),
            };
            let (mut host, mut port, mut is_down) = (String::new(), 0, false);
            for _ in 0..pairs {
                let (Some(Part::Text(key)), Some(Part::Text(value))) = (walk.next(), walk.next())
                else {
                    return Ok(all);
                };
                let value = String::from_utf8_lossy(value);
                match key {
                    b"ip" => host = value.into_owned(),
                    b"port" => port = value.parse().unwrap_or(0),
                    b"flags" => is_down = value.contains("down") || value.contains("disconnected"),
                    _ => {}
                }
            }
            if !is_down && port != 0 {
                all.push(Address::Tcp(host, port));
            }
        }
        Ok(all)
    }

    fn ask_servers(&self, deadline: u64) -> Result<Found, Error> {
        let (mut primary, mut replicas) = (None, Vec::new());
        let mut why = Error::connection("none of the servers is one");
        for address in &self.config.nodes {
            match self.role(address, deadline) {
                Ok(role) if role == "master" && primary.is_none() => {
                    primary = Some(address.clone())
                }
                Ok(role) if role == "master" => {
                    return Err(Error::connection(format!(
                        "several of the servers say that they are the primary: {address} is one of them"
                    )));
                }
                Ok(_) => replicas.push(address.clone()),
                Err(error) if error.kind == Kind::Cancelled => return Err(error),
                Err(error) => why = error,
            }
        }
        match primary {
            Some(primary) => Ok((primary, replicas)),
            None => Err(why),
        }
    }

    /// All that are known and have data.
    pub(crate) fn nodes(&self) -> Vec<Rc<Node>> {
        self.nodes.borrow().values().map(Rc::clone).collect()
    }
}
