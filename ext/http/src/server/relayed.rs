//! Connections whose sockets another process has.

use super::{Core, Server};
use crate::connection::{Addresses, Connection, Link};
use crate::relay::{Relay, Wire};
use highper_engine::{reactor, scheduler};
use std::rc::Rc;

/// A connection that another process hands in.
pub struct Handed<'a> {
    /// Its number.
    pub session: u64,
    /// Which of the server's listeners it came from.
    pub listener: usize,
    /// Bytes of its input that other processes have taken.
    pub offset: u64,
    /// Both ends.
    pub addresses: Addresses,
    /// Does its client speak TLS with the other process?
    pub is_secure: bool,
    /// The client's certificate, PEM.
    pub certificate: Option<String>,
    /// Is it new, so that the service is told?
    pub is_new: bool,
    /// What a process that had it before has said of the protocol that it speaks: [`crate::Protocol::state`].
    pub state: Option<&'a [u8]>,
}

/// How far the input of a connection was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// So many bytes.
    pub taken: u64,
    /// Is something of them under way that would be lost with this process?
    pub is_busy: bool,
}

impl Server {
    /// Serves a connection whose socket another process has.
    #[must_use]
    pub fn hand_in(&self, wire: Rc<dyn Wire>, handed: Handed<'_>) -> Rc<Connection> {
        let core = &self.core;
        let slot = core.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut connections = core.connections.borrow_mut();
            connections.push(None);
            connections.len() - 1
        });
        let relay = Relay::new(
            wire,
            handed.session,
            handed.offset,
            handed.is_secure,
            handed.certificate,
        );
        let connection = Rc::new(Connection::new(
            Link::Relay(Box::new(relay)),
            slot,
            handed.session,
            handed.listener,
            reactor::coarse_now(),
        ));
        connection.set_addresses(handed.addresses);
        core.connections.borrow_mut()[slot] = Some(Rc::clone(&connection));
        core.open.set(core.open.get() + 1);
        core.accepted
            .set(core.accepted.get() + u64::from(handed.is_new));
        core.sweep_soon();
        if let Some(state) = handed.state {
            match core.service.revive(self, &connection, state) {
                Some(protocol) => {
                    let _first = connection.protocol.set(protocol);
                }
                None => core.drop_connection(&connection),
            }
        } else if handed.is_new {
            core.service.opened(&connection);
        }
        connection
    }

    /// It comes back from another process, which has taken its input up to here.
    pub fn seek(&self, connection: &Connection, offset: u64) {
        connection.with_relay(|relay| relay.seek(offset));
    }

    /// Bytes came on it.
    pub fn feed(&self, connection: &Rc<Connection>, bytes: &[u8]) {
        connection.with_relay(|relay| relay.push(bytes));
        self.core.take_up(connection);
    }

    /// Its client has ended its side, or is `gone`.
    pub fn ended(&self, connection: &Rc<Connection>, gone: bool) {
        connection.with_relay(|relay| match gone {
            true => relay.lose(),
            false => relay.end(),
        });
        match gone {
            true => self.core.drop_connection(connection),
            false => self.core.take_up(connection),
        }
    }

    /// There is room again for what it has to send.
    pub fn room(&self, connection: &Rc<Connection>) {
        if !connection.has_output() {
            return;
        }
        let sent = connection.flush();
        self.core.settle(connection, sent);
        if sent == crate::output::Sent::All
            && let Some(protocol) = connection.protocol()
        {
            protocol.drained(connection);
            self.core.take_up(connection);
        }
    }

    /// Another process serves it from now on: it is forgotten, and nobody told.
    pub fn forget(&self, connection: &Rc<Connection>) {
        let core = &self.core;
        if !connection.is_open() {
            return;
        }
        connection.with_relay(Relay::lose);
        connection.close();
        core.connections.borrow_mut()[connection.slot] = None;
        core.free.borrow_mut().push(connection.slot);
        core.open.set(core.open.get() - 1);
        core.service.moved(connection);
        if core.open.get() == 0 {
            core.next_blank.take();
            core.spare.borrow_mut().clear();
            if core.draining.get() {
                core.drained();
            }
        }
    }

    /// Takes no part in ending: who has the sockets takes its connections back as they come to rest.
    /// [`super::Service::drained`] follows when there is none any more.
    pub fn drain_handed(&self) {
        if self.core.draining.replace(true) {
            return;
        }
        for connection in self.core.all() {
            // What nobody else can take over says good-bye.
            if let Some(protocol) = connection.protocol()
                && protocol.state().is_none()
            {
                protocol.drain(&connection);
            }
        }
        scheduler::retain_loop();
        if self.core.open.get() == 0 {
            self.core.drained();
        }
    }

    /// How far the input of a connection was taken.
    #[must_use]
    pub fn standing(&self, connection: &Connection) -> Standing {
        let given = connection
            .with_relay(|relay| relay.given())
            .unwrap_or_default();
        let is_clean = match connection.protocol() {
            Some(protocol) => protocol.is_clean(),
            None => connection.exchange.borrow().is_none() && connection.partial.borrow().is_none(),
        };
        let is_busy = !is_clean || connection.has_output() || connection.closing.get();
        Standing {
            taken: given.saturating_sub(connection.carry.borrow().len() as u64),
            is_busy,
        }
    }
}

impl Core {
    /// Reads on, as after an event of a socket.
    fn take_up(&self, connection: &Rc<Connection>) {
        match connection.is_upgraded() {
            true => self.read_upgraded(connection, true),
            false => self.read(connection, true),
        }
    }
}
