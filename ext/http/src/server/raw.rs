//! Connections as such: bytes past the codec, closing, looking around.

use super::{Core, Server};
use crate::connection::Connection;
use crate::output::Sent;
use std::rc::Rc;

impl Server {
    /// Sends bytes as they are, behind what was sent before. False when the connection is gone.
    /// What the socket does not take waits in memory: see [`Connection::queued`].
    #[must_use]
    pub fn send(&self, connection: &Rc<Connection>, bytes: &[u8]) -> bool {
        if connection.in_burst.get() {
            self.core.flush_gathered(connection);
        }
        if connection.closing.get() || !connection.is_open() {
            return false;
        }
        let sent = connection.send(bytes);
        self.core.settle(connection, sent);
        sent != Sent::Broken
    }

    /// Closes a connection when what waits to be sent is with the kernel; a response under way is
    /// given up.
    pub fn close_gently(&self, connection: &Rc<Connection>) {
        connection.closing.set(true);
        let exchange = connection.exchange.borrow().clone();
        match exchange {
            Some(exchange) => exchange.abort(),
            None if connection.in_burst.get() => {}
            None => self.core.close_when_sent(connection),
        }
    }

    /// The serial numbers of the open connections, in their order.
    #[must_use]
    pub fn serials(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.core.all().iter().map(|c| c.serial).collect();
        all.sort_unstable();
        all
    }
}

impl Core {
    fn close_when_sent(&self, connection: &Rc<Connection>) {
        if !connection.has_output() {
            self.drop_connection(connection);
        }
    }
}
