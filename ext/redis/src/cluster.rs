//! A cluster: which of its servers has which slots.

use crate::node::{Node, Role};
use crate::{Address, Command, Config, Error, Part, Reply};
use highper_engine::sync::Mutex;
use highper_engine::{self as engine, clock};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Slots of a cluster.
const SLOTS: usize = 16384;
/// No server has it.
const NOBODY: u16 = u16::MAX;

/// Servers with the same slots.
struct Member {
    primary: Rc<Node>,
    replicas: Vec<Rc<Node>>,
}

/// What is known of a cluster.
pub(crate) struct Cluster {
    config: Rc<Config>,
    nodes: RefCell<HashMap<(Address, bool), Rc<Node>>>,
    members: RefCell<Vec<Member>>,
    slots: RefCell<Vec<u16>>,
    asking: Mutex,
    /// When it was last asked for.
    known: Cell<u64>,
    turn: Cell<usize>,
}

/// Servers of one range: from, to, addresses; the primary first.
type Range = (usize, usize, Vec<Address>);

/// Reads the answer of `CLUSTER SLOTS`.
fn ranges(reply: &Reply, asked: &Address) -> Option<Vec<Range>> {
    let mut walk = reply.walk();
    let Some(Part::List(count)) = walk.next() else {
        return None;
    };
    let own_host = match asked {
        Address::Tcp(host, _) => host.clone(),
        Address::Unix(_) => "127.0.0.1".into(),
    };
    let mut all = Vec::new();
    for _ in 0..count {
        let Some(Part::List(parts)) = walk.next() else {
            return None;
        };
        let (Some(Part::Int(from)), Some(Part::Int(to))) = (walk.next(), walk.next()) else {
            return None;
        };
        let mut addresses = Vec::new();
        for _ in 2..parts {
            let Some(Part::List(words)) = walk.next() else {
                return None;
            };
            let host = match walk.next()? {
                Part::Text(host) | Part::Status(host) => String::from_utf8_lossy(host).into_owned(),
                // The one that was asked does not know its own address.
                _ => String::new(),
            };
            let Some(Part::Int(port)) = walk.next() else {
                return None;
            };
            (2..words).for_each(|_| walk.skip_part());
            let host = match host.is_empty() {
                true => own_host.clone(),
                false => host,
            };
            if let Ok(port @ 1..) = u16::try_from(port)
                && host != "?"
            {
                addresses.push(Address::Tcp(host, port));
            }
        }
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        if from > to || to >= SLOTS {
            return None;
        }
        if !addresses.is_empty() {
            all.push((from, to, addresses));
        }
    }
    Some(all)
}

impl Cluster {
    pub(crate) fn new(config: &Rc<Config>) -> Self {
        Self {
            config: Rc::clone(config),
            nodes: RefCell::default(),
            members: RefCell::default(),
            slots: RefCell::default(),
            asking: Mutex::default(),
            known: Cell::new(0),
            turn: Cell::new(0),
        }
    }

    /// The server of an address.
    pub(crate) fn node(&self, address: &Address, is_replica: bool) -> Rc<Node> {
        let mut nodes = self.nodes.borrow_mut();
        let made = nodes
            .entry((address.clone(), is_replica))
            .or_insert_with(|| {
                let role = if is_replica {
                    Role::Replica
                } else {
                    Role::Data
                };
                Node::new(&self.config, address.clone(), role)
            });
        Rc::clone(made)
    }

    /// Asks which server has what, unless somebody has done that since `since`.
    pub(crate) fn ask(&self, since: u64, deadline: Option<u64>) -> Result<(), Error> {
        if engine::can_suspend() {
            self.asking.lock(deadline).map_err(Error::of_wake)?;
            let done = self.ask_all(since, deadline);
            self.asking.unlock();
            return done;
        }
        self.ask_all(since, deadline)
    }

    fn ask_all(&self, since: u64, deadline: Option<u64>) -> Result<(), Error> {
        if self.known.get() > since {
            return Ok(());
        }
        let mut addresses: Vec<Address> = self.config.nodes.clone();
        for member in self.members.borrow().iter() {
            addresses.push(member.primary.address.clone());
        }
        addresses.dedup();
        let command = Command::new("CLUSTER SLOTS");
        let mut why = None;
        for address in &addresses {
            let done = self.node(address, false).run(&[&command], deadline);
            let reply = done.and_then(|mut replies| {
                let reply = replies.pop();
                reply.map_or_else(|| Err(Error::usage("no answer")), Reply::into_result)
            });
            match reply {
                Ok(reply) => match ranges(&reply, address) {
                    Some(ranges) if !ranges.is_empty() => {
                        self.learn(ranges);
                        return Ok(());
                    }
                    _ => {
                        why = Some(Error::connection(format!(
                            "Redis at {address} knows of no slots: is it a part of a cluster that has begun to work?"
                        )));
                    }
                },
                Err(error) => why = Some(error),
            }
        }
        Err(why.unwrap_or_else(|| Error::usage("a cluster needs addresses of its servers")))
    }

    fn learn(&self, ranges: Vec<Range>) {
        let mut members: Vec<Member> = Vec::new();
        let mut slots = vec![NOBODY; SLOTS];
        for (from, to, mut addresses) in ranges {
            let primary = addresses.remove(0);
            let known = members
                .iter()
                .position(|member| member.primary.address == primary);
            let index = known.unwrap_or_else(|| {
                members.push(Member {
                    primary: self.node(&primary, false),
                    replicas: addresses
                        .iter()
                        .map(|address| self.node(address, true))
                        .collect(),
                });
                members.len() - 1
            });
            slots[from..=to].fill(u16::try_from(index).unwrap_or(NOBODY));
        }
        let gone = self.members.replace(members);
        self.slots.replace(slots);
        drop(gone);
        // Who is a part of it no more is forgotten; what runs there ends there.
        let members = self.members.borrow();
        let is_used = |node: &Rc<Node>| {
            members.iter().any(|member| {
                Rc::ptr_eq(&member.primary, node)
                    || member
                        .replicas
                        .iter()
                        .any(|replica| Rc::ptr_eq(replica, node))
            })
        };
        let mut nodes = self.nodes.borrow_mut();
        let unused = nodes.extract_if(|_, node| !is_used(node) && Rc::strong_count(node) == 1);
        let unused: Vec<_> = unused.collect();
        drop((nodes, members));
        drop(unused);
        self.known.set(clock::now());
    }

    /// The server of a slot.
    pub(crate) fn of_slot(
        &self,
        slot: u16,
        only_reads: bool,
        deadline: Option<u64>,
    ) -> Result<Rc<Node>, Error> {
        if self.known.get() == 0 {
            self.ask(0, deadline)?;
        }
        let index = self.slots.borrow().get(usize::from(slot)).copied();
        let members = self.members.borrow();
        let member = index.and_then(|index| members.get(usize::from(index)));
        let Some(member) = member else {
            return Err(Error {
                code: "CLUSTERDOWN".into(),
                ..Error::new(
                    crate::error::Kind::Server,
                    format!("CLUSTERDOWN no server of the cluster has slot {slot}"),
                )
            });
        };
        if only_reads && self.config.reads_replicas && !member.replicas.is_empty() {
            let turn = self.turn.get();
            self.turn.set(turn.wrapping_add(1));
            return Ok(Rc::clone(&member.replicas[turn % member.replicas.len()]));
        }
        Ok(Rc::clone(&member.primary))
    }

    /// A slot lives somewhere else now.
    pub(crate) fn moved(&self, slot: u16, address: &Address) {
        let members = self.members.borrow();
        let index = members
            .iter()
            .position(|member| member.primary.address == *address);
        if let (Some(index), Some(place)) =
            (index, self.slots.borrow_mut().get_mut(usize::from(slot)))
        {
            *place = u16::try_from(index).unwrap_or(NOBODY);
        }
    }

    /// Is this a primary that is known?
    pub(crate) fn knows(&self, address: &Address) -> bool {
        let members = self.members.borrow();
        members
            .iter()
            .any(|member| member.primary.address == *address)
    }

    /// All primaries.
    pub(crate) fn primaries(&self, deadline: Option<u64>) -> Result<Vec<Rc<Node>>, Error> {
        if self.known.get() == 0 {
            self.ask(0, deadline)?;
        }
        let members = self.members.borrow();
        Ok(members
            .iter()
            .map(|member| Rc::clone(&member.primary))
            .collect())
    }

    /// All that are known.
    pub(crate) fn nodes(&self) -> Vec<Rc<Node>> {
        self.nodes.borrow().values().map(Rc::clone).collect()
    }
}

/// Where a server says that a slot is: slot and address of `MOVED 1 host:port`, `ASK 1 host:port`.
pub(crate) fn redirection(message: &str, asked: &Address) -> Option<(u16, Address)> {
    let mut words = message.split(' ').skip(1);
    let slot = words.next()?.parse().ok()?;
    let (host, port) = words.next()?.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = match (host, asked) {
        ("", Address::Tcp(host, _)) => host.clone(),
        ("", Address::Unix(_)) => "127.0.0.1".into(),
        (host, _) => host.into(),
    };
    Some((slot, Address::Tcp(host, port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::Parser;

    #[test]
    fn slots_and_redirections() {
        let text = b"*2\r\n*4\r\n:0\r\n:8191\r\n*4\r\n$1\r\na\r\n:7000\r\n$2\r\nid\r\n*2\r\n+hostname\r\n+x\r\n*3\r\n$0\r\n\r\n:7001\r\n$2\r\nid\r\n\
            *3\r\n:8192\r\n:16383\r\n*3\r\n_\r\n:7002\r\n$2\r\nid\r\n";
        let (_, reply) = Parser::default().feed(text).unwrap();
        let asked = Address::Tcp("own".into(), 1);
        let tcp = |host: &str, port| Address::Tcp(host.into(), port);
        assert_eq!(
            ranges(&reply.unwrap(), &asked).unwrap(),
            [
                (0, 8191, vec![tcp("a", 7000), tcp("own", 7001)]),
                (8192, 16383, vec![tcp("own", 7002)])
            ]
        );
        assert_eq!(
            redirection("MOVED 3999 127.0.0.1:6381", &asked),
            Some((3999, tcp("127.0.0.1", 6381)))
        );
        assert_eq!(
            redirection("ASK 1 :6381", &asked),
            Some((1, tcp("own", 6381)))
        );
        assert_eq!(redirection("MOVED x", &asked), None);
    }
}
