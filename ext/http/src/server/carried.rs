//! Requests that come some other way than by a connection of HTTP: a message of another protocol, which is answered by
//! the same service.

use super::{Core, LISTENER_KEY, Server};
use crate::connection::{Addresses, Connection, Link};
use crate::output::{Output, Sent};
use highper_engine::reactor;
use std::rc::Rc;

/// Who takes the response to a request that was carried.
pub trait Carrier {
    /// Bytes of the response, as HTTP/1.1 has them. False where these are too many: then the response is given up.
    fn take(&self, bytes: &[u8]) -> bool;
    /// Nothing more comes: the response is complete, or never will be.
    fn over(&self);
    /// Did the request come through TLS?
    fn is_secure(&self) -> bool {
        false
    }
}

impl Server {
    /// Answers a request that somebody else has read: all bytes of one of HTTP/1.1, which says `Connection: close`. It
    /// has a connection of its own, with these addresses. False when the server has as many connections as it may.
    pub fn carry(&self, request: &[u8], addresses: Addresses, carrier: Rc<dyn Carrier>) -> bool {
        let core = &self.core;
        if core.open.get() >= core.settings.max_connections {
            return false;
        }
        let connection = core.open_carried(carrier);
        connection.set_addresses(addresses);
        core.service.opened(&connection);
        let bytes: Rc<[u8]> = request.into();
        connection.in_burst.set(true);
        core.process(&connection, &bytes, bytes.len());
        connection.in_burst.set(false);
        core.flush_gathered(&connection);
        if connection.is_open() {
            core.after_burst(&connection);
        }
        true
    }
}

impl Core {
    fn open_carried(&self, carrier: Rc<dyn Carrier>) -> Rc<Connection> {
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut connections = self.connections.borrow_mut();
            connections.push(None);
            connections.len() - 1
        });
        let serial = match self.numbers.get() {
            Some(numbers) => numbers(),
            None => self.serial.get() + 1,
        };
        debug_assert!(slot as u64 & LISTENER_KEY == 0);
        self.serial.set(serial);
        let now = reactor::coarse_now();
        let connection = Rc::new(Connection::new(
            Link::Carried(carrier),
            slot,
            serial,
            0,
            now,
        ));
        self.connections.borrow_mut()[slot] = Some(Rc::clone(&connection));
        self.open.set(self.open.get() + 1);
        self.accepted.set(self.accepted.get() + 1);
        self.sweep_soon();
        connection
    }
}

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 * 1024;

/// Gives all of a queue to a carrier.
pub(crate) fn hand_over(carrier: &dyn Carrier, output: &mut Output) -> Sent {
    let mut piece = Vec::new();
    loop {
        piece.clear();
        match output.take(PIECE, &mut piece) {
            Ok(0) => return Sent::All,
            Ok(_) if carrier.take(&piece) => {}
            _ => {
                output.clear();
                return Sent::Broken;
            }
        }
    }
}
