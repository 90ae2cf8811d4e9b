//! Connections that have left HTTP: their events go to a handler of their own, so that requests know nothing of them.

use super::{Core, LISTENER_KEY, READ_BUFFER, Server};
use crate::connection::Connection;
use crate::exchange::{Exchange, Progress};
use crate::output::Sent;
use crate::request::{Body, Bytes, Request};
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_http1::{Conn as Codec, Event, Head};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// What is gathered in a burst before it is sent.
const GATHERED_MAX: usize = 64 * 1024;

struct Events(Rc<Core>);

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let core = &self.0;
        let Some(connection) = core.find(key) else {
            return;
        };
        let mut read = readiness.read;
        let hangup = readiness.hangup;
        let secure = connection
            .with_secure(|secure| secure.wet(hangup))
            .is_some();
        if readiness.write && connection.has_output() {
            let was_full = core.is_full(&connection);
            let sent = connection.flush();
            core.settle(&connection, sent);
            if sent == Sent::All
                && let Some(protocol) = connection.protocol()
            {
                protocol.drained(&connection);
            }
            // What was left with the kernel meanwhile brings no new edge.
            read |= was_full && !core.is_full(&connection);
        }
        if read {
            core.read_upgraded(&connection, readiness.hangup | secure);
        }
    }

    fn timer(&self, _key: u64) {}
}

/// A server that may be gone: for what its connections keep.
#[derive(Clone)]
pub struct WeakServer(Weak<Core>);

impl WeakServer {
    /// The server, if it is there.
    #[must_use]
    pub fn upgrade(&self) -> Option<Server> {
        self.0.upgrade().map(|core| Server { core })
    }
}

impl Server {
    /// For what its connections keep.
    #[must_use]
    pub fn downgrade(&self) -> WeakServer {
        WeakServer(Rc::downgrade(&self.core))
    }

    /// Closes a connection that went wrong: what waits is sent, then nothing more; what still comes is thrown away for a
    /// while, so that it does not destroy what was sent.
    pub fn close_lingering(&self, connection: &Rc<Connection>) {
        connection.closing.set(true);
        connection.lingering.set(true);
        if !connection.in_burst.get() {
            self.core.after_burst(connection);
        }
    }

    /// A record of the request that an upgraded connection began with, made anew of the bytes of its head; it was answered
    /// long ago. `None` where they are no head.
    #[must_use]
    pub fn recall(&self, connection: &Rc<Connection>, bytes: &[u8]) -> Option<Rc<Exchange>> {
        let mut head = Head::new();
        let limits = &self.core.settings.limits;
        let step = Codec::new().feed(bytes, &mut head, limits);
        if !matches!(step.event, Event::Head) {
            return None;
        }
        Some(Rc::new(Exchange {
            core: Rc::clone(&self.core),
            connection: Rc::clone(connection),
            request: Request {
                bytes: RefCell::new(Bytes::Own(bytes.to_vec())),
                head,
                body: Body::Empty,
                started: connection.opened(),
            },
            progress: Cell::new(Progress::Complete),
            status: Cell::new(101),
            body_bytes: Cell::new(0),
            owner: Cell::new(0),
            tag: Cell::new(None),
        }))
    }

    /// A protocol that held back takes more: what came meanwhile is read as soon as no coroutine runs.
    pub fn resume_reading(&self, connection: &Rc<Connection>) {
        let (core, connection) = (Rc::clone(&self.core), Rc::clone(connection));
        scheduler::defer_to_driver(move || {
            if connection.is_open() {
                core.read_upgraded(&connection, true);
            }
        });
    }

    pub(crate) fn of(core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
        }
    }

    /// Has bytes appended to what goes out on a connection. While the connection is being read they are gathered and sent
    /// together. False when it is gone; what the socket does not take waits in memory: see [`Connection::queued`].
    pub fn append(&self, connection: &Rc<Connection>, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        self.core.append(connection, write)
    }
}

impl Core {
    /// See [`Server::append`].
    pub(crate) fn append(
        &self,
        connection: &Rc<Connection>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        if connection.closing.get() || !connection.is_open() {
            return false;
        }
        if connection.in_burst.get() {
            let length = {
                let mut out = self.gathered.borrow_mut();
                write(&mut out);
                out.len()
            };
            if length > GATHERED_MAX {
                self.flush_gathered(connection);
            }
            return connection.is_open();
        }
        let mut out = self.scratch.take();
        write(&mut out);
        let sent = connection.send(&out);
        out.clear();
        if out.capacity() <= 1 << 20 {
            *self.scratch.borrow_mut() = out;
        }
        self.settle(connection, sent);
        sent != Sent::Broken
    }

    fn is_full(&self, connection: &Connection) -> bool {
        connection.queued() > self.settings.output_high_water as u64
    }

    /// A connection speaks another protocol from now on.
    pub(super) fn switch(&self, connection: &Rc<Connection>) {
        let Some(me) = self.me.upgrade() else { return };
        if self.upgraded.get() == 0 {
            let handler = reactor::add_handler(Rc::new(Events(Rc::clone(&me))));
            self.upgraded.set(handler);
        }
        let key = connection.slot as u64 | (connection.serial & 0x7fff_ffff) << 32;
        let handed = match connection.descriptor() {
            Some(fd) => reactor::hand_over(fd, self.upgraded.get(), key & !LISTENER_KEY),
            None => Ok(()),
        };
        if let Err(error) = handed {
            self.service
                .trouble(&format!("an upgraded connection can't be watched: {error}"));
            connection.closing.set(true);
        }
        // Behind what runs now: who upgraded may still have something to do before the first message comes.
        let connection = Rc::clone(connection);
        scheduler::defer_to_driver(move || me.read_upgraded(&connection, true));
    }

    /// Drops a connection that is being read, with what was gathered for it: the next one must not get that.
    fn drop_in_burst(&self, connection: &Rc<Connection>) {
        connection.in_burst.set(false);
        self.gathered.borrow_mut().clear();
        self.drop_connection(connection);
    }

    pub(super) fn read_upgraded(&self, connection: &Rc<Connection>, to_the_end: bool) {
        let Some(protocol) = connection.protocol() else {
            return;
        };
        connection.in_burst.set(true);
        let mut rest = connection.carry.take();
        if rest.len() > 64 && connection.is_open() {
            // What came together with the request.
            let used = protocol.receive(connection, &mut rest);
            rest.drain(..used.min(rest.len()));
        }
        while connection.is_open() && (!connection.closing.get() || connection.lingering.get()) {
            if self.is_full(connection) || protocol.holds_back() {
                // One that does not take what it is sent is not listened to.
                break;
            }
            let mut buffer = self.take_buffer();
            let Some(bytes) = Rc::get_mut(&mut buffer) else {
                break;
            };
            let kept = rest.len();
            if kept > READ_BUFFER / 2 {
                self.service
                    .trouble("an upgraded connection was closed: its protocol takes nothing");
                return self.drop_in_burst(connection);
            }
            bytes[..kept].copy_from_slice(&rest);
            let received = connection.receive(&mut bytes[kept..]);
            let mut ended = false;
            let mut more = false;
            let length = match received {
                Some(Ok(0)) => {
                    ended = true;
                    kept
                }
                Some(Ok(n)) => {
                    more = kept + n == bytes.len() || to_the_end;
                    kept + n
                }
                Some(Err(())) => {
                    self.buffer.set(Some(buffer));
                    return self.drop_in_burst(connection);
                }
                None => kept,
            };
            rest.clear();
            if length > kept {
                connection.since.set(reactor::coarse_now());
            }
            let used = match length {
                0 => 0,
                _ if connection.lingering.get() => length,
                _ => protocol.receive(connection, &mut bytes[..length]),
            };
            rest.extend_from_slice(&bytes[used.min(length)..length]);
            self.buffer.set(Some(buffer));
            if ended {
                connection.peer_closed.set(true);
            }
            if !more || ended {
                break;
            }
        }
        connection.in_burst.set(false);
        self.flush_gathered(connection);
        if connection.is_open() {
            if !connection.peer_closed.get() {
                *connection.carry.borrow_mut() = rest;
            }
            self.after_burst(connection);
        }
    }
}
