//! Connections that speak another protocol after a request: RFC 9110, section 7.8.

use crate::connection::Connection;
use crate::exchange::{Exchange, SendError};
use crate::server::Server;
use highper_http1::{EncodeError, Response};
use std::any::Any;
use std::rc::Rc;

/// What a connection speaks after HTTP: one for each connection.
pub trait Protocol: Any {
    /// Bytes came: all those that it left over, and new ones behind them. Returns how many it has taken; at most a
    /// few may be left, which come again before the next ones. It may change them where they lie. Runs on the driver's stack.
    fn receive(&self, connection: &Rc<Connection>, bytes: &mut [u8]) -> usize;
    /// Does it take nothing more for now? What still comes stays with the kernel until [`Server::resume_reading`].
    fn holds_back(&self) -> bool {
        false
    }
    /// The server ends: say good-bye. The connection is closed a second later.
    fn drain(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// All that waited to be sent is with the kernel.
    fn drained(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// The connection is closed.
    fn closed(&self, connection: &Rc<Connection>) {
        let _ = connection;
    }
    /// Once a second: time-outs of its own. False leaves the connection to those of the server.
    fn check(&self, connection: &Rc<Connection>, now: u64) -> bool {
        let _ = (connection, now);
        false
    }
    /// The length of the first message in these bytes, where it is all there, and whether nothing is under way behind it.
    /// Asked where another process has the socket, and where the protocol [is clean](Self::is_clean).
    fn first(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        Some((bytes.len(), false))
    }
    /// Could another process take the connection over at this point?
    fn is_clean(&self) -> bool {
        false
    }
    /// What another process has to know for that: it is given to [`crate::Service::revive`].
    fn state(&self) -> Option<Vec<u8>> {
        None
    }
    /// Adds the requests that are under way on the connection.
    fn exchanges(&self, all: &mut Vec<Rc<Exchange>>) {
        let _ = all;
    }
}

impl Exchange {
    /// Sends `101 Switching Protocols` with `fields` (Upgrade among them; Connection is written here), and hands the
    /// connection over: what the client sends behind its request goes to the protocol. The service is told of its end
    /// as of any connection's.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then, except for [`SendError::Gone`]. [`EncodeError::Status`] when the request did not ask
    /// for an upgrade.
    pub fn upgrade<F>(&self, fields: F, protocol: Rc<dyn Protocol>) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        self.waiting()?;
        let after = self.core.gather(&self.connection, |out, stamp| {
            let mut codec = self.connection.codec.borrow_mut();
            let mut response = codec.respond(out, stamp, 101)?;
            fields(&mut response)?;
            response.switch()
        })?;
        self.status.set(101);
        let _only_once = self.connection.protocol.set(protocol);
        self.complete(after);
        Ok(())
    }

    /// The server that it came to.
    #[must_use]
    pub fn server(&self) -> Server {
        Server::of(&self.core)
    }
}
