//! What goes out: written by the codec, gathered in a burst, sent, and what follows from that.

use super::Core;
use crate::connection::Connection;
use crate::output::Sent;
use highper_engine::{clock, reactor, scheduler};
use highper_http1::{EncodeError, Stamp};
use std::rc::Rc;

impl Core {
    /// Brings the Date field up to date, at most once a second.
    #[inline]
    pub(super) fn set_stamp(&self) {
        let now = reactor::coarse_now();
        if now >= self.stamp_until.get() {
            self.renew_stamp(now);
        }
    }

    #[cold]
    fn renew_stamp(&self, now: u64) {
        let wall = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        self.stamp.borrow_mut().set(wall.as_secs());
        let wall_now = u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX);
        self.wall_offset.set(wall_now.saturating_sub(clock::now()));
        self.stamp_until
            .set(now + 1_000_000_000 - u64::from(wall.subsec_nanos()));
    }

    /// The time of day at a moment of the monotonic clock, nanoseconds since 1970.
    pub(crate) fn wall(&self, moment: u64) -> u64 {
        self.set_stamp();
        self.wall_offset.get() + moment
    }

    /// Lets the codec write; sends at once unless a burst gathers.
    pub(crate) fn gather<R>(
        &self,
        connection: &Rc<Connection>,
        write: impl FnOnce(&mut Vec<u8>, &Stamp) -> Result<R, EncodeError>,
    ) -> Result<R, EncodeError> {
        self.set_stamp();
        if connection.in_burst.get() {
            let mut out = self.gathered.borrow_mut();
            let start = out.len();
            let result = write(&mut out, &self.stamp.borrow());
            if result.is_err() {
                out.truncate(start);
            }
            return result;
        }
        let mut out = self.scratch.take();
        let result = write(&mut out, &self.stamp.borrow());
        if result.is_ok() {
            let sent = connection.send(&out);
            out.clear();
            if sent == Sent::Broken {
                self.broken(connection);
            }
        }
        out.clear();
        if out.capacity() <= 1 << 20 {
            *self.scratch.borrow_mut() = out;
        }
        result
    }

    /// What a burst has gathered for this connection.
    pub(crate) fn take_gathered(&self, connection: &Rc<Connection>) -> Vec<u8> {
        if connection.in_burst.get() {
            self.gathered.take()
        } else {
            Vec::new()
        }
    }

    pub(crate) fn flush_gathered(&self, connection: &Rc<Connection>) {
        let mut out = self.gathered.take();
        if !out.is_empty() {
            let sent = connection.send(&out);
            out.clear();
            if sent == Sent::Broken {
                self.broken(connection);
            }
        }
        if out.capacity() <= 1 << 20 {
            *self.gathered.borrow_mut() = out;
        }
    }

    /// The peer takes no more: closes, but never under a handler's feet.
    pub(super) fn broken(&self, connection: &Rc<Connection>) {
        if connection.in_burst.get() || scheduler::can_suspend() {
            connection.peer_closed.set(true);
            connection.closing.set(true);
            let core = self.me.clone();
            let connection = Rc::clone(connection);
            scheduler::defer_to_driver(move || {
                if let Some(core) = core.upgrade() {
                    core.drop_connection(&connection);
                }
            });
        } else {
            self.drop_connection(connection);
        }
    }

    /// What follows from an attempt to send.
    pub(crate) fn settle(&self, connection: &Rc<Connection>, sent: Sent) {
        match sent {
            Sent::Broken => self.broken(connection),
            Sent::Blocked => connection.since.set(reactor::coarse_now()),
            Sent::All => {
                if !connection.in_burst.get() && connection.exchange.borrow().is_none() {
                    self.after_burst(connection);
                }
            }
        }
    }
}
